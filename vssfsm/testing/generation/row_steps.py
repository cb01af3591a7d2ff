"""
The steps of a writer as its rows permit them, each with the record that it leaves.

A *row step* is one way from a state to the next: a row, a target, an outcome and a code. Here a
writer's every choice is known, so the states are single ones; a writer under test makes its own
choices, and is followed by `vssfsm.testing.writers.walks`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

from vssfsm.core.record import Symbol
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import FREE, INFO, SAME, SEVERITIES, Region, Row, When
from vssfsm.spec.status import CELLS, CODES, VIA_OTHER
from vssfsm.spec.vocabulary import STATE_NAMES, WRITER_STATES

WRITER: Final[Region] = REGIONS["writer"]
_STATES: Final = {state.name: state for state in WRITER.states}
#: what a code beside a reported state may be without a suspicion
_QUIET: Final = {
    state.name: tuple(code for code in CODES if CELLS[state.name, code] in ".sf")
    for state in WRITER_STATES
}
#: regions with one state that see what a writer records
_ONE_STATE: Final = ("anytime", "interface", "status")
_NOTED: Final = SEVERITIES.index(INFO)


class RowStep(NamedTuple):
    """
    One permitted way from a state to the next.

    Args:
        source, target: states of the region `writer`.
        row: the row that permits it.
        event, outcome: what was delivered, and how the handler ended.
        failure: code that the writer reports after it.
    """

    source: str
    row: Row
    target: str
    event: str
    outcome: str
    failure: str

    @property
    def record(self) -> dict[str, object]:
        """The canonical record, without keys of a session."""
        return {
            "actor": "writer",
            "event": self.event,
            "outcome": self.outcome,
            "state": _STATES[self.target].reported,
            "failure": self.failure,
        }


@cache
def row_steps(
    state: str, release: str | None = None, *, noted: bool = False
) -> tuple[RowStep, ...]:
    """
    Give every permitted step of *state*, in the order of the rows.

    Args:
        state: a state of the region `writer`.
        release: leaves out what it does not have; None: what some release does not have, too.
        noted: with the rows that cost a note.
    """
    worst = _NOTED if noted else SEVERITIES.index(FREE)
    found = (
        RowStep(state, row, target, event, outcome, failure)
        for row in WRITER.rows
        if state in row.source and row.to and SEVERITIES.index(row.pays) <= worst
        for when in row.when
        for event in row.on
        for outcome in when.get("outcome", ("ok",))
        for target in dict.fromkeys(state if to == SAME else to for to in row.to)
        for failure in _failures(target, outcome, when)
    )
    # Alternatives of one row may give a step twice.
    return tuple({_key(step): step for step in found if stands_alone(step, release)}.values())


def _key(step: RowStep) -> tuple[object, ...]:
    return id(step.row), step.target, step.event, step.outcome, step.failure


def reported(state: str) -> str:
    """Give the name of what a state of the region reports."""
    return STATE_NAMES[_STATES[state].reported or 0]


def quiet_codes(state: str) -> tuple[str, ...]:
    """Give the codes that are no suspicion beside the reported *state*."""
    return _QUIET[state]


def _failures(target: str, outcome: str, when: When) -> tuple[str, ...]:
    """Give the codes that fit what the step is: one of the row, else those of the outcome."""
    quiet = _QUIET[reported(target)]
    if "failure" in when:
        return tuple(code for code in quiet if code in when["failure"])
    codes = tuple(code for code in quiet if code != CODES[0])
    if CODES[0] not in quiet or outcome in ("veto", "soft"):
        return codes
    return CODES[:1]


def stands_alone(step: RowStep, release: str | None) -> bool:
    """Tell whether regions with one state let the record pass; a failure is worth its note."""
    seen = Symbol(
        step.event,
        outcome=step.outcome,
        state=reported(step.target),
        failure=step.failure,
        release=release,
        via=VIA_OTHER,
    )
    rows = [_row(name, seen) for name in _ONE_STATE]
    return all(row is None or SEVERITIES.index(row.severity) <= _NOTED for row in rows)


def _row(name: str, seen: Symbol) -> Row | None:
    known = table(name)
    if name == "status":
        seen = seen._replace(event=name, outcome=None)
    return only_row(known, seen) if known.knows(seen.event) else None


# --- ways --------------------------------------------------------------------
def is_over(state: str) -> bool:
    """Tell whether a session may end in *state*."""
    return not _STATES[state].owed


def way(
    state: str,
    is_wanted: Callable[[RowStep], bool],
    release: str | None = None,
    *,
    noted: bool = False,
) -> tuple[RowStep, ...] | None:
    """Give the fewest steps from *state* of which the last one is wanted, None without any."""
    before: dict[str, tuple[RowStep, ...]] = {state: ()}
    queue = deque([state])
    while queue:
        here = queue.popleft()
        for step in row_steps(here, release, noted=noted):
            if is_wanted(step):
                return (*before[here], step)
            if step.target not in before:
                before[step.target] = (*before[here], step)
                queue.append(step.target)
    return None


@cache
def way_out(state: str, release: str | None = None) -> tuple[RowStep, ...]:
    """Give the fewest steps to a state that owes nothing; empty in one."""
    if is_over(state):
        return ()
    return way(state, lambda step: is_over(step.target), release) or ()


def reachable(release: str | None = None, *, noted: bool = True) -> Iterator[RowStep]:
    """Give every step that permitted rows lead to, nearest first."""
    seen, queue = {WRITER.initial}, deque([WRITER.initial])
    while queue:
        for step in row_steps(queue.popleft(), release, noted=noted):
            yield step
            if step.target not in seen:
                seen.add(step.target)
                queue.append(step.target)
