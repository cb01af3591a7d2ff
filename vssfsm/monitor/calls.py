"""
A requester's records as symbols: calls, results of asynchronous calls, folded sessions.

A session is *folded* when the first call that needs a completion comes before any record that names
the asynchronous call in `of`. Where records are missing that might have settled this, it may be
either from there on.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.record import Record, Symbol
from vssfsm.spec.calls import CALL, EARLIER, FOLDED, OPEN_YET, RESULT, UNFOLDED
from vssfsm.spec.contexts import context_class
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.regions import NEEDERS
from vssfsm.spec.rounds import NOT_SUCCEEDED, SUCCEEDED
from vssfsm.spec.vocabulary import RESULT_CALLS

_PENDING: Final = HRESULTS["VSS_S_ASYNC_PENDING"]
_FINISHED: Final = (HRESULTS["VSS_S_ASYNC_FINISHED"], HRESULTS["S_OK"])
_CANCELLED: Final = HRESULTS["VSS_S_ASYNC_CANCELLED"]
_YES_NO: Final[dict[bool | None, str]] = {True: SUCCEEDED, False: NOT_SUCCEEDED}
OPEN: Final = OPEN_YET
#: symbols that are made of others, and are kept
_SYMBOLS_KEPT: Final = 16_384
YES: Final = FOLDED
NO: Final = UNFOLDED
#: what a result says of a call that is over
_OVER: Final = ("finished", "failed", "cancelled")
#: what settled it may be missing; rows of both kinds of sessions count
HIDDEN: Final = None


class Memory(NamedTuple):
    """
    What a session's records so far say of its asynchronous calls.

    Args:
        state: `OPEN`, whether the session is folded, or `HIDDEN`.
        begun: calls that began while this is open.
        waited: calls that a Wait ended somehow, with no other call after it.
        called: calls that began; a result of any other decides nothing.
        last: the call that began last.
        is_whole: no record was missing.
        ended: calls of which a result told that they had ended.
    """

    state: str | None = OPEN
    begun: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()
    called: frozenset[str] = frozenset()
    last: str = ""
    is_whole: bool = True
    ended: frozenset[str] = frozenset()

    def hidden(self) -> "Memory":
        """Give what is remembered where any calls and results may have come in between."""
        state = HIDDEN if self.state == OPEN else self.state
        return Memory(state, called=self.called, is_whole=False)

    def learn(self, record: Record) -> "tuple[tuple[Symbol, ...], Memory]":
        """Learn from a record; give the symbols that come before its own."""
        state = self.state
        if record.folded is not None:
            state = YES if record.folded else NO
        if record.event in RESULT_CALLS:
            return (), self._learn_result(record, state)
        if state == OPEN and record.of is not None:  # it releases the IVssAsync of a call
            state = NO
        implied: tuple[Symbol, ...] = ()
        if self.waited:
            now = self._replace(state=state)
            implied = tuple(result(name, "ended", now.state_for(name)) for name in self.waited)
        begun, called, last = self.begun, self.called, self.last
        ended = self.ended.union(self.waited)
        if state == OPEN and any(needs(record, name) for name in begun):
            state = YES
            implied += tuple(result(name, "finished", OPEN) for name in begun)
        name = record.event
        if name in NEEDERS and not is_failure(record.hresult or 0):
            begun = (*(other for other in begun if other != name), name)
            called, last, ended = called | {name}, name, ended - {name}
        begun = begun if state == OPEN else ()
        return implied, Memory(state, begun, (), called, last, self.is_whole, ended)

    def _learn_result(self, record: Record, state: str | None) -> "Memory":
        name = record.of
        if name is None:
            return self._replace(state=state)
        waited = (*(other for other in self.waited if other != name),)
        if is_vague(record):
            waited = self.waited if name in self.waited else (*waited, name)
        state = NO if state == OPEN else state
        over = _class_or_none(record) in _OVER
        ended = self.ended | {name} if over else self.ended
        return self._replace(state=state, begun=(), waited=waited, ended=ended)

    def state_for(self, method: str, said: str | None = None) -> str | None:
        """
        Give the state for a result of *method* that says *said*.

        One of a call that was never made decides nothing, nor does it that what ended still runs.
        """
        if self.state != NO and said == "pending" and method in self.ended:
            return EARLIER
        if self.state is HIDDEN:
            return HIDDEN
        if method not in self.called and self.is_whole:
            return NO
        return self.state if self.state == YES or method == self.last else EARLIER

    def unnamed(self) -> tuple[Symbol, ...]:
        """Give what a result that names no call may say: anything, of each call that was made."""
        return tuple(result(name, None, self.state) for name in sorted(self.called))


def needs(record: Record, name: str) -> bool:
    """Tell whether a record needs the completion of the asynchronous call *name*."""
    return record.event in (name, *NEEDERS[name])


class Folding:
    """
    Whether a session tells the ends of its asynchronous calls apart, and which ends are due.

    `before` gives the results that a record implies: of calls that ended on their own lines, as
    soon as the session turns out to be folded, and of calls that a Wait ended somehow, as soon as
    another call follows.
    """

    def __init__(self) -> None:
        self.memory = Memory()

    def unnamed(self) -> tuple[Symbol, ...]:
        """Give what a result that names no call may say: anything, of each call that was made."""
        return self.memory.unnamed()

    @property
    def state(self) -> str | None:
        """Whether the session is folded; `HIDDEN`: it may be either."""
        return self.memory.state

    def hide(self) -> None:
        """Let any records have come here."""
        self.memory = self.memory.hidden()

    def before(self, record: Record) -> tuple[Symbol, ...]:
        """Learn from a record; give the symbols that come before its own."""
        implied, self.memory = self.memory.learn(record)
        return implied


def is_vague(record: Record) -> bool:
    """Tell whether a result says that a call ended, not how."""
    vague = record.event != "QueryStatus" and not is_failure(record.hresult or 0)
    return vague and _class_or_none(record) is None


def is_call(symbol: Symbol) -> bool:
    """Tell whether *symbol* is a call, not a result of one."""
    return symbol.stage == CALL


@lru_cache(maxsize=_SYMBOLS_KEPT)
def result(name: str, said: str | None, folded: str | None) -> Symbol:
    """Give the symbol of what was said of an asynchronous call; None: anything."""
    return Symbol(name, result=said, stage=RESULT, folded=folded)


def call_symbol(record: Record, seen: Symbol, memory: Memory) -> Symbol | None:
    """
    Give the symbol that a requester's regions see, None for what they do not judge now.

    A result belongs to the call that it names; one that names none may belong to any and says
    nothing. A `Release` with `of` releases an IVssAsync, and closes nothing.
    """
    if record.event in RESULT_CALLS:
        said = _class_or_none(record)
        if record.of is None or (said is None and not _is_bare(record)):
            return None
        return result(record.of, said, memory.state_for(record.of, said))
    if record.event == "Release" and record.of is not None:
        return None
    context, succeeded = context_class(record.context), _YES_NO.get(record.succeeded)
    return _call(seen, memory.state, context, succeeded)


@lru_cache(maxsize=_SYMBOLS_KEPT)
def _call(seen: Symbol, folded: str | None, context: str | None, succeeded: str | None) -> Symbol:
    return seen._replace(
        stage=CALL, folded=folded, context=context, outcome=None, succeeded=succeeded
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
