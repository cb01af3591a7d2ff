"""
A requester's records as symbols: calls, results of asynchronous calls, folded sessions.

A session is *folded* when the first call that needs a completion comes before any record that names
the asynchronous call in `of`. Until the evidence settles it, both readings stay.
"""

from typing import Final

from vssfsm.core.record import Record, Symbol
from vssfsm.spec.contexts import context_class
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.regions import NEEDERS
from vssfsm.spec.requester import CALL, RESULT
from vssfsm.spec.vocabulary import RESULT_CALLS

_PENDING: Final = HRESULTS["VSS_S_ASYNC_PENDING"]
_FINISHED: Final = (HRESULTS["VSS_S_ASYNC_FINISHED"], HRESULTS["S_OK"])
_CANCELLED: Final = HRESULTS["VSS_S_ASYNC_CANCELLED"]
OPEN: Final = "open"
YES: Final = "yes"
NO: Final = "no"


class Folding:
    """Whether a session tells the ends of its asynchronous calls apart: open, yes or no."""

    def __init__(self) -> None:
        self.state = OPEN
        self._begun: set[str] = set()
        self._named: set[str] = set()

    def take(self, record: Record) -> None:
        """Learn from a record, before it is judged."""
        if record.folded is not None:
            self.state = YES if record.folded else NO
        if record.of is not None and record.event in RESULT_CALLS:
            self._named.add(record.of)
            self.state = NO if self.state == OPEN else self.state
        elif self.state == OPEN and any(
            record.event in NEEDERS[name] for name in self._begun - self._named
        ):
            self.state = YES
        if record.event in NEEDERS and not is_failure(record.hresult or 0):
            self._begun.add(record.event)


def call_symbol(record: Record, seen: Symbol, folding: Folding) -> Symbol | None:
    """
    Give the symbol that a requester's regions see, None for what they do not judge.

    A result belongs to the call that it names; one that names none may belong to any and says
    nothing. A `Release` with `of` releases an IVssAsync, and closes nothing.
    """
    if record.event in RESULT_CALLS:
        return _result_symbol(record, seen) if record.of is not None else None
    if record.event == "Release" and record.of is not None:
        return None
    return seen._replace(
        stage=CALL, folded=folding.state, context=context_class(record.context), outcome=None
    )


def _result_symbol(record: Record, seen: Symbol) -> Symbol | None:
    if record.event == "QueryStatus" and is_failure(record.hresult or 0):
        return None  # the question failed, and says nothing of the operation
    result = _result_of_wait(record) if record.async_result is None else _class_of(record)
    return seen._replace(event=record.of, stage=RESULT, result=result, release=None)


def _class_of(record: Record) -> str | None:
    code = record.async_result
    if code == _PENDING:
        return "pending"
    if code in _FINISHED:
        return "finished"
    if code == _CANCELLED:
        return "cancelled"
    return "failed" if is_failure(code or 0) else "finished"


def _result_of_wait(record: Record) -> str | None:
    """Read the return code of Wait or Cancel; QueryStatus without a result says nothing."""
    code = record.hresult or 0
    if record.event == "QueryStatus":
        return None
    if is_failure(code):
        return "wait-failed"
    if code in (_PENDING, _CANCELLED, _FINISHED[0]):
        return _class_of(record._replace(async_result=code))
    return "ended" if record.event == "Wait" else None
