"""
A writer that is correct by construction: it takes permitted rows, and nothing else.

Where the rows leave a choice, a *variant* chooses. `python -m vssfsm.testing.reference [VARIANT]`
speaks the protocol, as an example and for tests.
"""

import json
import sys
from typing import Final, NamedTuple, TextIO

from vssfsm.spec.rows import SAME, Row
from vssfsm.spec.vocabulary import FAILED_STATES, STATE_NAMES
from vssfsm.testing.adapters import VETOED, Reply, Report
from vssfsm.testing.writers.steps import TABLE, TIMER, is_delivered, matching

_OK: Final = "S_OK"
_DEFAULT: Final = "VSS_E_WRITERERROR_RETRYABLE"


class Variant(NamedTuple):
    """
    One way to choose where the pages leave a choice.

    Args:
        says: what is special about it.
        prefers: which of several targets: `first`, `last`, or the index from 0.
        keeps_code: a failure stays visible in a state that is none.
        returns: what a veto returns: False, True, or None for not saying.
        soft_is_veto: a handler that is told to go on leaves its FAILED state all the same.
        thaws_late: outcome of a Thaw that comes too late.
    """

    says: str
    prefers: int = 0
    keeps_code: bool = False
    returns: bool | None = False
    soft_is_veto: bool = False


VARIANTS: Final = {
    "plain": Variant("keeps failures, forgets codes"),
    "recovering": Variant("recovers from what it can, ends in STABLE", prefers=-1, returns=True),
    "last": Variant("Abort leaves the FAILED state of the last event", prefers=1, keeps_code=True),
    "next": Variant("Abort leaves the FAILED state of the next event", prefers=2, returns=None),
    "keeping": Variant("keeps states and codes for as long as it may", keeps_code=True),
    "hard": Variant("takes every failure for a veto", soft_is_veto=True, returns=True),
}


class ReferenceWriter:
    """
    A writer that follows the rows.

    Args:
        variant: a name of `VARIANTS`.
        can_fail, can_soft: events at which it can be told to fail.
    """

    def __init__(
        self,
        variant: str = "plain",
        *,
        can_fail: tuple[str, ...] = VETOED,
        can_soft: tuple[str, ...] = VETOED,
    ) -> None:
        own = type(self) is ReferenceWriter
        self.name = f"reference ({variant})" if own else type(self).__name__
        self.can_fail = can_fail
        self.can_soft = can_soft
        self._way = VARIANTS[variant]
        self.reset()

    def reset(self) -> None:
        """Begin the next session."""
        self.state = TABLE.region.initial
        self.failure = _OK

    def deliver(self, event: str, fail: str | None = None, soft: bool = False) -> Reply:  # noqa: FBT001, FBT002 - as the contract has it
        """Take *event*; *fail* is the code to set, with *soft* the handler goes on."""
        told = "ok" if fail is None else "soft" if soft else "veto"
        found = self._choose(event, told)
        if found is not None:
            _, target = found
            self._go(target, fail)
        return self._reply()

    def timeout(self) -> Reply:
        """Let the freeze time run out: the timer's own Abort."""
        (row,) = TIMER
        if self.state in row.source:
            self.state, self.failure = row.to[0], row.when[0]["failure"][0]
        return self._reply()

    def status(self) -> Report:
        """Give what is reported now."""
        return Report(self._number(), self.failure)

    # --- choices -------------------------------------------------------------
    def _choose(self, event: str, told: str) -> tuple[Row, str] | None:
        """Give the row that is taken and its target; None where the event changes nothing."""
        rows = [row for row in matching(self.state, event) if is_delivered(row)]
        if told == "soft" and self._way.soft_is_veto:
            told = "veto"
        for outcome in (told, "veto", "timeout"):  # a late Thaw has no row for a success
            fitting = [row for row in rows if _fits(row, outcome)]
            if fitting:
                row = fitting[0]
                return row, self._target(row)
        return None

    def _target(self, row: Row) -> str:
        wish = self._way.prefers
        to = row.to[min(wish, len(row.to) - 1)]
        return self.state if to == SAME else to

    def _go(self, target: str, fail: str | None) -> None:
        before = TABLE.states[self.state].reported
        self.state = target
        is_failed = STATE_NAMES[self._number()] in FAILED_STATES
        is_kept = is_failed and self._number() == before
        if fail is not None and not is_kept:
            self.failure = fail
        elif is_failed and not is_kept:
            self.failure = self.failure if self.failure != _OK else _DEFAULT
        elif not is_failed and fail is None and not self._way.keeps_code:
            self.failure = _OK

    def _number(self) -> int:
        return TABLE.states[self.state].reported or 0

    def _reply(self) -> Reply:
        failed = STATE_NAMES[self._number()] in FAILED_STATES
        return Reply(self._number(), self.failure, self._way.returns if failed else True)


def _fits(row: Row, outcome: str) -> bool:
    return any(
        "failure" not in when and outcome in when.get("outcome", (outcome,)) for when in row.when
    )


# --- as a program ------------------------------------------------------------
def answer(writer: ReferenceWriter, request: dict[str, object]) -> dict[str, object]:
    """Give the reply to one request of the protocol."""
    op = request["op"]
    if op == "hello":
        return {"name": writer.name, "can_fail": writer.can_fail, "can_soft": writer.can_soft}
    if op == "deliver":
        fail = request.get("fail")
        told = None if fail is None else str(fail)
        reply = writer.deliver(str(request["event"]), told, bool(request.get("soft")))
        return _facts(reply)
    if op == "timeout":
        return _facts(writer.timeout())
    if op == "status":
        return writer.status()._asdict()
    if op == "reset":
        writer.reset()
    return {}


def _facts(reply: Reply) -> dict[str, object]:
    return {key: value for key, value in reply._asdict().items() if value is not None}


def serve(writer: ReferenceWriter, requests: TextIO, replies: TextIO) -> None:
    """Answer requests until `bye`."""
    for line in requests:
        request = json.loads(line)
        print(json.dumps(answer(writer, request)), file=replies, flush=True)
        if request["op"] == "bye":
            return


if __name__ == "__main__":
    serve(ReferenceWriter(*sys.argv[1:2]), sys.stdin, sys.stdout)
