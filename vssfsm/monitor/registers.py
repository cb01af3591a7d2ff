"""
Registers: what a table cannot see because it compares two records.

Each belongs to a scope and is unknown after a hole: it then accuses nobody.
"""

from typing import Any, NamedTuple, TypeVar

from vssfsm.core.finding import Note
from vssfsm.core.record import Record, failure_class
from vssfsm.spec import inputs
from vssfsm.spec.deadlines import FLUSH_AND_HOLD_S, FREEZE, HELD_TOO_LONG, OUT_OF_TIME
from vssfsm.spec.interface import AT_ONCE, FAILURE_TWICE, OTHER_THREAD, TIMEOUT_TOO_EARLY
from vssfsm.spec.vocabulary import FAILURE_CALLS, STATE_NAMES, THREAD_BOUND_CALLS

_NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000
#: calls kept of one handler that has not come yet
_CALLS_KEPT = 100
#: handlers of one writer, over all of its sessions, whose line has not come yet
_HANDLERS_KEPT = 10_000


class Clock:
    """The times of one participant's records, which do not go back."""

    def __init__(self) -> None:
        #: steps back so far
        self.steps = 0
        self._newest: int | None = None

    def take(self, record: Record) -> list[Note]:
        """Take a record that has its line when it begins, or when it ends."""
        if record.time_ns is None:
            return []
        last, self._newest = self._newest, record.time_ns
        # What began before another one may have its line when it ends.
        latest = max(record.time_ns, record.ended_ns or record.time_ns)
        if last is None or latest >= last:
            self._newest = max(record.time_ns, last or record.time_ns)
            return []
        self.steps += 1
        text = f"by {(last - record.time_ns) / _NS_PER_S:.3f} s"
        return [Note(inputs.CLOCK_STEP.code, record.line, text)]


class FreezeTimer:
    """The time from a session's Freeze to its Thaw, against the writer's own budget or 60 s."""

    def __init__(self) -> None:
        self._frozen: int | None = None
        #: that was when the handler returned; it was received before
        self._is_late = False
        self._frozen_line = 0
        self._steps = 0
        self._thawed: int | None = None

    def clear(self) -> None:
        """Forget the freeze: something may be missing."""
        self._frozen = self._thawed = None

    def elapsed_ns(self, now: int | None, clock_steps: int) -> int | None:
        """Give the time since Freeze, None where it is unknown or the clock was stepped."""
        if self._frozen is None or now is None or clock_steps != self._steps:
            return None
        return now - self._frozen

    def spent_ns(self, now: int | None, clock_steps: int) -> int | None:
        """Give the same, None also where Freeze may have been received before."""
        return None if self._is_late else self.elapsed_ns(now, clock_steps)

    def take(self, record: Record, budget_ms: int | None, clock_steps: int) -> list[Note]:
        """Take a handler's record; judges at Thaw."""
        if record.event == FREEZE.start:
            if record.at != "return" or self._frozen is None:
                self._frozen, self._frozen_line = record.time_ns, record.line
                self._is_late = record.at == "return"
                self._steps = clock_steps
            return []
        if record.event != FREEZE.end:
            return []
        if record.at == "entry":
            self._thawed = record.time_ns
            return []
        received = record.time_ns if self._thawed is None else self._thawed
        if record.at == "return" and self._thawed is None:
            received = None  # before that
        elapsed = self.elapsed_ns(received, clock_steps)
        self.clear()
        return [] if elapsed is None else _judge_freeze(record, elapsed, budget_ms)


class HoldTimer:
    """The time from a session's last Freeze to its first Thaw, against that of flush and hold."""

    def __init__(self) -> None:
        self._frozen: int | None = None

    def take(self, record: Record) -> list[Note]:
        """Take a handler's record; judges at the first Thaw."""
        if record.event == FREEZE.start:
            # An end before the start shows a clock that was stepped: then the start counts.
            times = [each for each in (record.time_ns, record.ended_ns) if each is not None]
            self._frozen = max(times, default=None)
        if record.event != FREEZE.end or self._frozen is None or record.time_ns is None:
            return []
        if record.at == "return":  # it was received before
            self._frozen = None
            return []
        elapsed = (record.time_ns - self._frozen) / _NS_PER_S
        self._frozen = None
        if elapsed <= FLUSH_AND_HOLD_S:
            return []
        return [Note(HELD_TOO_LONG, record.line, f"{elapsed:.1f} s of {FLUSH_AND_HOLD_S:g} s")]


def _judge_freeze(record: Record, elapsed_ns: int, budget_ms: int | None) -> list[Note]:
    limit_ns = int(FREEZE.budget_s * _NS_PER_S) if budget_ms is None else budget_ms * _NS_PER_MS
    whose = "the default" if budget_ms is None else "the writer's own budget"
    text = f"{elapsed_ns / _NS_PER_S:.1f} s of {limit_ns / _NS_PER_S:g} s ({whose})"
    if elapsed_ns > limit_ns:
        if not _claims_success(record):
            return [Note(OUT_OF_TIME, record.line, text)]
        return [Note(FREEZE.default if budget_ms is None else FREEZE.own, record.line, text)]
    if elapsed_ns >= FREEZE.near_share * limit_ns:
        return [Note(FREEZE.near, record.line, text)]
    return []


def _claims_success(record: Record) -> bool:
    """Tell whether Thaw surely succeeded: a recorded failure shows that the copy is doubtful."""
    if record.outcome is not None:
        return record.outcome == "ok"
    healthy = failure_class(record.failure) == "S_OK"
    return healthy and STATE_NAMES.get(record.state or 0) == "WAITING_FOR_POST_SNAPSHOT"


class _Call(NamedTuple):
    event: str
    thread: int | None
    line: int
    second: int


class HandlerCalls:
    """Own calls of one writer, by session and handler, until the handler's line settles them."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str | None, str], list[_Call]] = {}
        self._entered: dict[tuple[str | None, str], int | None] = {}

    def clear(self) -> None:
        """Forget all calls: something may be missing."""
        self._calls.clear()
        self._entered.clear()

    def entered(self, record: Record) -> bool:
        """Tell whether *record* is the return of a handler whose entry was seen."""
        return record.at == "return" and (record.session, record.event or "") in self._entered

    def call(self, record: Record) -> list[Note]:
        """Take an own call that names its handler."""
        if record.during is None or record.event not in THREAD_BOUND_CALLS:
            return []
        key = record.session, record.during
        known = _kept(self._calls).setdefault(key, [])
        notes = []
        if record.event in FAILURE_CALLS and any(c.event in FAILURE_CALLS for c in known):
            notes.append(Note(FAILURE_TWICE.code, record.line, f"in {record.during}"))
        if len(known) < _CALLS_KEPT:
            known.append(_Call(record.event, record.thread, record.line, record.second or 0))
        thread = self._entered.get(key)
        alone = record.during not in AT_ONCE
        if alone and thread is not None and record.thread not in (None, thread):
            notes.append(_other_thread(known[-1], record.during, thread))
        return notes

    def handler(self, record: Record) -> list[Note]:
        """Settle the calls of a handler at its line, unless its entry was seen."""
        key = record.session, record.event or ""
        calls = self._calls.pop(key, [])
        if record.at == "entry":
            _kept(self._entered)[key] = record.thread
            return []
        if key in self._entered:
            self._entered.pop(key)
            return []
        if record.event in AT_ONCE:
            return []
        threads = [c.thread for c in calls if c.thread is not None]
        thread = record.thread if record.thread is not None else next(iter(threads), None)
        return [
            _other_thread(call, record.event or "", thread)
            for call in calls
            if thread is not None and call.thread not in (None, thread)
        ]


_Waiting = TypeVar("_Waiting", bound=dict[tuple[str | None, str], Any])


def _kept(waiting: _Waiting) -> _Waiting:
    """Forget the first one where too many wait."""
    if len(waiting) > _HANDLERS_KEPT:
        del waiting[next(iter(waiting))]
    return waiting


def _other_thread(call: _Call, handler: str, thread: int) -> Note:
    text = f"{call.event} on thread {call.thread}, {handler} on thread {thread}"
    return Note(OTHER_THREAD.code, call.line, text, second=call.second)


def timeout_too_early(record: Record, elapsed_ns: int | None, budget_ms: int | None) -> list[Note]:
    """Judge a TIMEOUT code that is set between Freeze and Thaw against a known budget."""
    if record.event not in FAILURE_CALLS or elapsed_ns is None or budget_ms is None:
        return []
    if failure_class(record.failure) != "VSS_E_WRITERERROR_TIMEOUT":
        return []
    if record.during not in (FREEZE.start, FREEZE.end) or elapsed_ns < 0:
        return []
    if elapsed_ns >= budget_ms * _NS_PER_MS:
        return []
    text = f"after {elapsed_ns / _NS_PER_S:.1f} s of {budget_ms / 1000:g} s"
    return [Note(TIMEOUT_TOO_EARLY.code, record.line, text)]
