"""
A requester's records as symbols: calls, results of asynchronous calls, folded sessions.

A session is *folded* when the first call that needs a completion comes before any record that names
the asynchronous call in `of`.
"""

from typing import Final

from vssfsm.core.record import Record, Symbol
from vssfsm.spec.contexts import context_class
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.regions import NEEDERS
from vssfsm.spec.requester import CALL, RESULT
from vssfsm.spec.rounds import NOT_SUCCEEDED, SUCCEEDED
from vssfsm.spec.vocabulary import RESULT_CALLS

_PENDING: Final = HRESULTS["VSS_S_ASYNC_PENDING"]
_FINISHED: Final = (HRESULTS["VSS_S_ASYNC_FINISHED"], HRESULTS["S_OK"])
_CANCELLED: Final = HRESULTS["VSS_S_ASYNC_CANCELLED"]
_YES_NO: Final[dict[bool | None, str]] = {True: SUCCEEDED, False: NOT_SUCCEEDED}
OPEN: Final = "open"
YES: Final = "yes"
NO: Final = "no"


class Folding:
    """
    Whether a session tells the ends of its asynchronous calls apart, and which ends are due.

    `before` gives the results that a record implies: of calls that ended on their own lines, as
    soon as the session turns out to be folded, and of calls that a Wait ended somehow, as soon as
    another call follows.
    """

    def __init__(self) -> None:
        self.state = OPEN
        self._begun: dict[str, None] = {}
        self._waited: dict[str, None] = {}
        self._called: set[str] = set()

    def unnamed(self) -> list[Symbol]:
        """Give what a result that names no call may say: anything, of each call that was made."""
        return [_result(name, None, self.state) for name in sorted(self._called)]

    def state_for(self, method: str) -> str:
        """Give the state for a result of *method*: one that was never called decides nothing."""
        return self.state if method in self._called else NO

    def before(self, record: Record) -> list[Symbol]:
        """Learn from a record; give the symbols that come before its own."""
        if record.folded is not None:
            self.state = YES if record.folded else NO
        if record.event in RESULT_CALLS:
            self._take_result(record)
            return []
        implied = [_result(name, "ended", self.state) for name in self._waited]
        self._waited.clear()
        needed = (name for name in self._begun if record.event in (name, *NEEDERS[name]))
        if self.state == OPEN and any(needed):
            self.state = YES
            implied += [_result(name, "finished", OPEN) for name in self._begun]
            self._begun.clear()
        if record.event in NEEDERS and not is_failure(record.hresult or 0):
            self._begun[record.event] = None
            self._called.add(record.event)
        return implied

    def _take_result(self, record: Record) -> None:
        if record.of is None:
            return
        self.state = NO if self.state == OPEN else self.state
        self._begun.pop(record.of, None)
        if is_vague(record):
            self._waited[record.of] = None
        else:
            self._waited.pop(record.of, None)


def is_vague(record: Record) -> bool:
    """Tell whether a result says that a call ended, not how."""
    vague = record.event != "QueryStatus" and not is_failure(record.hresult or 0)
    return vague and _class_or_none(record) is None


def is_call(symbol: Symbol) -> bool:
    """Tell whether *symbol* is a call, not a result of one."""
    return symbol.stage == CALL


def _result(name: str, result: str | None, folded: str) -> Symbol:
    return Symbol(name, result=result, stage=RESULT, folded=folded)


def call_symbol(record: Record, seen: Symbol, folding: Folding) -> Symbol | None:
    """
    Give the symbol that a requester's regions see, None for what they do not judge now.

    A result belongs to the call that it names; one that names none may belong to any and says
    nothing. A `Release` with `of` releases an IVssAsync, and closes nothing.
    """
    if record.event in RESULT_CALLS:
        result = _class_or_none(record)
        if record.of is None or (result is None and not _is_bare(record)):
            return None
        return _result(record.of, result, folding.state_for(record.of))
    if record.event == "Release" and record.of is not None:
        return None
    return seen._replace(
        stage=CALL,
        folded=folding.state,
        context=context_class(record.context),
        outcome=None,
        succeeded=_YES_NO.get(record.succeeded),
    )


def _is_bare(record: Record) -> bool:
    """Tell whether a QueryStatus that worked leaves out what it said: it may have said anything."""
    worked = record.event == "QueryStatus" and not is_failure(record.hresult or 0)
    return worked and record.async_result is None


def _class_or_none(record: Record) -> str | None:
    """Give what a result says; None: nothing, or that the call ended without saying how."""
    code = record.hresult or 0
    if record.event == "QueryStatus" and (is_failure(code) or record.async_result is None):
        return None
    if record.async_result is not None:
        return _class_of(record.async_result)
    if is_failure(code):
        return "wait-failed"
    return _class_of(code) if code in (_PENDING, _CANCELLED, _FINISHED[0]) else None


def _class_of(code: int) -> str:
    if code == _PENDING:
        return "pending"
    if code == _CANCELLED:
        return "cancelled"
    return "failed" if is_failure(code) else "finished"
