"""Retries: a failed operation, repeated by the same process too soon or too often."""

from collections import OrderedDict
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record, failure_class
from vssfsm.monitor.keys import Holes, Key
from vssfsm.spec.deadlines import (
    MOST_RETRIES,
    REPEATED,
    RESTORES,
    RETRY_OVER_S,
    RETRY_TOO_SOON,
    RETRY_WAIT_S,
    TOO_MANY_RETRIES,
    TRANSIENT_FAILURES,
    TRANSIENT_RESULTS,
)
from vssfsm.spec.hresults import NAMES, is_failure
from vssfsm.spec.vocabulary import STATUS_CALLS

_NS_PER_S: Final = 1_000_000_000
#: success of these ends what was tried
ENDS: Final = ("BackupComplete", "PostRestore")
#: processes remembered at most; the oldest are forgotten
PROCESSES_KEPT: Final = 10_000


class _Try(NamedTuple):
    """The last operation of a process: of which object, whether it failed, how often before."""

    operation: str
    owner: object
    failed_ns: int | None = None
    retries: int = 0
    #: of its newest record
    number: int = 0


class Retries:
    """The operations of every process; times of one host and process are compared, no others."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str | None, str], _Try] = OrderedDict()

    def forget(self, record: Record) -> None:
        """Something of the process of *record* may be missing."""
        self._tries.pop((record.host, record.process or ""), None)

    def take(
        self, record: Record, owner: object, number: int, holes: Holes, *, concerns: bool
    ) -> list[Note]:
        """
        Take a requester's record.

        Args:
            record: it.
            owner: the object that it is of.
            number: of the record.
            holes: what may hide how a try went on.
            concerns: if it reads of a writer, that one takes part.
        """
        if record.process is None:
            return []
        key = record.host, record.process
        known = self._tries.get(key)
        if known is not None and holes.since(known.number, Key(record.host)):
            known = None
        notes: list[Note] = []
        if record.event in REPEATED:
            known, notes = _next(record, known, owner)
        elif record.event in ENDS and not is_failure(record.hresult or 0):
            known = None
        is_own = known is not None and known.owner == owner
        if known is not None and is_own and concerns and _fails(record, known.operation):
            known = known._replace(failed_ns=record.time_ns)
        self._tries.pop(key, None)
        if known is not None:
            self._tries[key] = known._replace(number=number)
        if len(self._tries) > PROCESSES_KEPT:
            self._tries.popitem(last=False)
        return notes


def _fails(record: Record, operation: str) -> bool:
    """Tell whether *record* shows that the operation failed for a passing reason."""
    if record.event in STATUS_CALLS:
        return failure_class(record.failure) in TRANSIENT_FAILURES
    if operation not in (record.event, record.of):
        return False
    codes = (record.hresult, record.async_result)
    return any(NAMES.get(code or 0) in TRANSIENT_RESULTS for code in codes)


def _next(record: Record, known: _Try | None, owner: object) -> tuple[_Try, list[Note]]:
    """Begin an operation: a repetition, if the last one failed as another object's."""
    event = record.event or ""
    if known is None or (event in RESTORES) != (known.operation in RESTORES):
        return _Try(event, owner), []
    if known.owner == owner:
        return _Try(event, owner, retries=known.retries), []
    if known.failed_ns is None:  # the last one did not fail, as far as is known
        return _Try(event, owner), []
    if REPEATED.index(event) < REPEATED.index(known.operation):
        return known, []  # on the way to what failed
    elapsed = ((record.time_ns or 0) - known.failed_ns) / _NS_PER_S
    if not 0 <= elapsed <= RETRY_OVER_S:  # unknown, after a step of the clock, or another operation
        return _Try(event, owner), []
    retries = known.retries + 1
    return _Try(event, owner, retries=retries), _judge(record, elapsed, retries)


def _judge(record: Record, elapsed: float, retries: int) -> list[Note]:
    if elapsed < RETRY_WAIT_S:
        text = f"{record.event} after {elapsed:.0f} s of {RETRY_WAIT_S:g} s"
        return [Note(RETRY_TOO_SOON, record.line, text)]
    if retries > MOST_RETRIES:
        text = f"{record.event}, repetition {retries} of {MOST_RETRIES}"
        return [Note(TOO_MANY_RETRIES, record.line, text)]
    return []
