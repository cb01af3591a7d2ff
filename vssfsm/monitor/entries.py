"""
Calls that have two lines: one that says that they began, and one that says that they returned.

Such a call is judged once, when it is known how it ended: at its second line, or as soon as another
record of the same participant shows that it is over. Without a second line it counts as it stands,
unless that line may be missing.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from vssfsm.core.record import Record
from vssfsm.monitor.keys import Key, key_of, participant
from vssfsm.spec.vocabulary import LASTING_CALLS, NAMES_OF, OWN_CALLS, RESULT_CALLS, STOPS_WAITING

#: calls of one participant that wait; beyond it the first one counts as over
_WAITING_KEPT: Final = 100
#: calls that were judged before their second line came
_JUDGED_KEPT: Final = 256
#: what the second line of a call says better than the first
_ENDED: Final = ("hresult", "async_result", "state", "failure", "position", "total", "outcome")

Call = tuple[str | None, str | None]


class Ready(NamedTuple):
    """
    What a record lets be judged.

    Args:
        records: in order; the record itself is among them unless it waits, or was judged.
        is_doubtful: a call ended otherwise than it was judged.
    """

    records: tuple[Record, ...]
    is_doubtful: bool = False


class Entries:
    """Calls that began and have not returned, by whose they are."""

    def __init__(self) -> None:
        self._waiting: dict[Key, list[Record]] = {}
        #: how the calls were judged whose second line may still come
        self._judged: dict[Key, dict[Call, int | None]] = {}

    def __contains__(self, key: Key) -> bool:
        """Tell whether a call of the backup session of *key* waits that is not its last."""
        return any(each.event != "Release" or each.of for each in self._waiting.get(key, ()))

    def take(self, record: Record, key: Key) -> Ready:
        """Take a record of a requester or a writer."""
        owner = _owner(record, key)
        if record.at is None and owner not in self._waiting:
            return Ready((record,))
        waiting = self._waiting.pop(owner, [])
        if record.at == "return" and _is_call(record):
            entry = next((each for each in waiting if _is_second(record, each)), None)
            if entry is not None:
                self._keep(owner, [each for each in waiting if each is not entry])
                return Ready((_joined(entry, record),))
            judged = self._judged.get(owner, {})
            if _call(record) in judged:
                self._keep(owner, waiting)
                return Ready((), judged.pop(_call(record)) != record.hresult)
        over = [each for each in waiting if _is_over(each, record)]
        kept = [each for each in waiting if each not in over]
        if record.at == "entry" and _is_call(record):
            kept.append(record)
            over += [kept.pop(0)] if len(kept) > _WAITING_KEPT else []
            self._judged.get(owner, {}).pop(_call(record), None)
        self._keep(owner, kept)
        self._judge(owner, over)
        return Ready((*over, *(() if record in kept else (record,))))

    def rest(self) -> list[Record]:
        """Give the calls that still wait, in the order of their lines."""
        waiting = (record for known in self._waiting.values() for record in known)
        found = sorted(waiting, key=lambda record: record.line)
        self._waiting.clear()
        return found

    def forget(self, key: Key) -> None:
        """Forget the calls of the backup session of *key*."""
        self._waiting.pop(key, None)
        self._judged.pop(key, None)

    def _keep(self, owner: Key, waiting: list[Record]) -> None:
        if waiting:
            self._waiting[owner] = waiting

    def _judge(self, owner: Key, over: list[Record]) -> None:
        if over:
            judged = self._judged.setdefault(owner, {})
            judged.update((_call(each), each.hresult) for each in over)
            while len(judged) > _JUDGED_KEPT:
                del judged[next(iter(judged))]


def in_one(records: Iterable[Record]) -> list[Record]:
    """Give *records* with each call that has two lines as one, in the order of judging."""
    entries = Entries()
    found: list[Record] = []
    for record in records:
        known = record.actor in ("requester", "writer") and not record.hole
        found += entries.take(record, key_of(record)).records if known else (record,)
    return found + entries.rest()


def _owner(record: Record, key: Key) -> Key:
    return participant(key) if record.actor == "writer" else Key(key.host, key.session)


def _call(record: Record) -> Call:
    return record.event, record.of


def _is_call(record: Record) -> bool:
    """Tell whether *record* is a call; a handler's two lines are steps of its lifecycle."""
    if record.actor == "writer":
        return record.event in OWN_CALLS
    return record.event in NAMES_OF["requester"]


def _is_elsewhere(one: Record, other: Record) -> bool:
    """Tell whether two records are surely of different threads."""
    return None not in (one.thread, other.thread) and one.thread != other.thread


def _is_second(record: Record, entry: Record) -> bool:
    return _call(record) == _call(entry) and not _is_elsewhere(record, entry)


def _is_over(entry: Record, record: Record) -> bool:
    """Tell whether *record* shows that *entry* is over: a thread makes one call at a time."""
    if record.actor == "writer" and not _is_call(record):
        return entry.event not in LASTING_CALLS  # of others all that counts is said already
    stops = entry.event in RESULT_CALLS and record.event in (*RESULT_CALLS, *STOPS_WAITING)
    return not (stops or _is_elsewhere(entry, record))


def _joined(entry: Record, record: Record) -> Record:
    """Give a call as both of its lines tell it: it stands where it began."""
    given = {
        name: value
        for name, value in record._asdict().items()
        if value is not None and (name in _ENDED or getattr(entry, name) is None)
    }
    begun = {"line": entry.line, "at": None, "second": record.line}
    return entry._replace(**given | begun, ended_ns=record.ended_ns or record.time_ns)
