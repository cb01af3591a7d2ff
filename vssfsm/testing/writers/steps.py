"""
What the test bed may deliver to a writer: steps, derived from the rows.

The test bed stands in for the service, so it takes permitted rows only: never one that breaks a
rule, and no note that blames anybody but a requester. Codes are those that a writer can set, where
the pair with the state they lead to is not suspicious.
"""

from functools import cache
from typing import Final, NamedTuple

from vssfsm.core.record import Symbol
from vssfsm.monitor.tables import table
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import FREE, OPEN, Row
from vssfsm.spec.status import CELLS, VIA_OTHER
from vssfsm.spec.vocabulary import FAILURE_CALLS, STATE_NAMES
from vssfsm.testing.adapters import Abilities

IDENTIFY: Final = "Identify"
TABLE: Final = table("writer")
_ANYTIME: Final = table("anytime")
#: cells that are no suspicion beside a code that the handler set
_QUIET: Final = ("s", "f")
#: codes that a handler can set on every release
ARGUMENTS: Final = next(
    tuple(when["failure"])
    for row in REGIONS["interface"].rows
    if row.to and row.on == FAILURE_CALLS[:1]
    for when in row.when
    if "failure" in when
)
#: the freeze timer's own Abort: rows that name the code it leaves, where no other reading is left
TIMER: Final = tuple(
    row
    for row in TABLE.region.rows
    if row.to and row.grade != OPEN and any("failure" in when for when in row.when)
)


class Step(NamedTuple):
    """
    One request.

    Args:
        op: `deliver`, `timeout` or `status`.
        event: what is delivered; of a time-out the event that the writer gives itself.
        fail: code that the handler is told to set; of a time-out the code that it leaves.
        soft: the handler is told to go on.
    """

    op: str
    event: str = ""
    fail: str | None = None
    soft: bool = False

    @property
    def request(self) -> dict[str, object]:
        """The line that a program gets."""
        if self.op != "deliver":
            return {"op": self.op}
        soft = {"soft": True} if self.soft else {}
        return {"op": "deliver", "event": self.event, "fail": self.fail, **soft}

    @property
    def outcome(self) -> str:
        """What the handler is told to do."""
        return "ok" if self.fail is None else "soft" if self.soft else "veto"

    @property
    def kind(self) -> tuple[str, str, str]:
        """What the step is, whatever code it sets."""
        return self.op, self.event, self.outcome

    @property
    def words(self) -> str:
        """The step as people say it."""
        if self.op != "deliver":
            return {"timeout": "the freeze time runs out", "status": "status"}[self.op]
        told = {"ok": "", "soft": ", which records %s", "veto": ", which fails with %s"}
        return self.event + told[self.outcome].replace("%s", str(self.fail))


STATUS: Final = Step("status")


def step_of(request: dict[str, object]) -> Step:
    """Give the step of a request that was printed."""
    op = str(request["op"])
    if op == "timeout":
        return TIMEOUT
    if op == "status":
        return STATUS
    fail = request.get("fail")
    told = None if fail is None else str(fail)
    return Step(op, str(request["event"]), told, bool(request.get("soft")))


TIMEOUT: Final = Step("timeout", TIMER[0].on[0], TIMER[0].when[0]["failure"][0])


@cache
def matching(state: str, event: str, outcome: str | None = None) -> tuple[Row, ...]:
    """Give the permitted rows of *event* in *state*, with *outcome* or with any."""
    return tuple(TABLE.matching(state, Symbol(event, outcome=outcome)))


@cache
def rows_of(state: str, event: str) -> tuple[Row, ...]:
    """
    Give the rows that may answer *event* in *state*, as far as the test bed delivers it.

    Where the event may succeed, its success decides; a late Thaw can only fail.
    """
    succeeds = matching(state, event, "ok")
    if succeeds and not any(is_delivered(row) for row in succeeds):
        return ()
    return tuple(row for row in matching(state, event) if is_delivered(row))


def is_delivered(row: Row) -> bool:
    """Tell whether the service may do what *row* permits."""
    return bool(row.to) and (row.pays == FREE or row.blame == "requester")


@cache
def is_open(state: str, event: str) -> bool:
    """Tell whether the pages leave open whatever *event* does in *state*."""
    return all(row.grade == OPEN for row in matching(state, event))


def is_note(state: str, event: str) -> bool:
    """Tell whether the event is worth a note in *state* however the writer answers."""
    return all(row.pays != FREE for row in rows_of(state, event))


@cache
def options(
    states: tuple[str, ...], abilities: Abilities, release: str | None = None
) -> tuple[Step, ...]:
    """Give every step that is legal in each of *states*, plain ones first."""
    plain = [Step("deliver", event) for event in TABLE.events if _may_come(states, event, release)]
    plain += [Step("deliver", IDENTIFY)]
    if abilities.can_time_out and all(state in TIMER[0].source for state in states):
        plain.append(TIMEOUT)
    told = [step for one in plain[:-1] for step in _failing(states, one.event, abilities)]
    return (*plain, *dict.fromkeys(told))


def _may_come(states: tuple[str, ...], event: str, release: str | None) -> bool:
    symbol = Symbol(event, release=release or RELEASES[-1])
    exists = not _ANYTIME.knows(event) or _ANYTIME.matching("any", symbol)
    return bool(exists) and all(rows_of(state, event) for state in states)


def _failing(states: tuple[str, ...], event: str, abilities: Abilities) -> list[Step]:
    steps = []
    for soft, able in ((False, abilities.can_fail), (True, abilities.can_soft)):
        if event in able:
            codes = [code for code in ARGUMENTS if _is_quiet(states, event, code, soft=soft)]
            if any(is_open(state, event) for state in states):
                codes = codes[-1:]  # whatever it does is open, so that one code says it all
            steps += [Step("deliver", event, code, soft) for code in codes]
    return steps


def _is_quiet(states: tuple[str, ...], event: str, code: str, *, soft: bool) -> bool:
    """Tell whether *code* fits every state that the failing *event* may lead to."""
    seen = TABLE.project(Symbol(event, outcome="soft" if soft else "veto"))
    moves = [TABLE.moves(state, seen) for state in states]
    if not all(any(move.row and move.row.to for move in one.values()) for one in moves):
        return False
    reported = {TABLE.states[target].reported for one in moves for target in one}
    return all(CELLS[STATE_NAMES[n], code] in _QUIET for n in reported if n is not None)


def status_symbol(state: str | None, failure: str | None, release: str | None) -> Symbol:
    """Give the symbol of a pair."""
    return Symbol("status", state=state, failure=failure, release=release, via=VIA_OTHER)
