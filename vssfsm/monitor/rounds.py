"""
Registers of status rounds: indexes, identities, counts. Unknown after a hole, and then silent.

One object of a requester reads lists of writers: metadata once, status in rounds. A list knows its
length from the Get...Count call, if that was recorded, and what was read of it.
"""

from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record, Symbol
from vssfsm.monitor.keys import ANYTHING, Key, key_of, participant
from vssfsm.spec import rounds
from vssfsm.spec.contexts import context_class
from vssfsm.spec.hresults import is_failure
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import RAISES
from vssfsm.spec.rows import INFO
from vssfsm.spec.vocabulary import FAILED_STATES, STATUS_CALLS

_EVENTFUL: Final = frozenset(call for call in RAISES if call in ASYNC) - {"GatherWriterMetadata"}
#: what was gathered before them may be of an earlier operation
_FIRST: Final = ("PrepareForBackup", "PreRestore")
_METADATA_CALLS: Final = ("GetWriterMetadata", "GetWriterMetadataEx")
_ENDS: Final = ("GatherWriterStatus", "FreeWriterStatus", "Release")
_UNHEALTHY: Final = frozenset((*FAILED_STATES, "UNKNOWN"))


def health(seen: Symbol) -> str | None:
    """Give what a report says of its writer, None if it does not say enough."""
    if seen.state in _UNHEALTHY or seen.failure not in (None, "S_OK"):
        return rounds.FAILED
    return None if None in (seen.state, seen.failure) else rounds.HEALTHY


class _Reporter(NamedTuple):
    """Whose report it is: a writer's names, or where it stood in the list."""

    writer: Key
    place: int | None

    def may_be(self, other: "_Reporter") -> bool:
        """Tell whether both may be one; indexes tell only those apart who are not named."""
        if ANYTHING not in (self.writer, other.writer):
            return self.writer.may_be(other.writer)
        return None in (self.place, other.place) or self.place == other.place


class Listing:
    """A list of writers as far as it was read."""

    def __init__(self) -> None:
        self.count: int | None = None
        self.by_index: dict[int, Key] = {}
        #: reads whose index is not recorded
        self.unplaced = 0
        self.failed = False

    @property
    def reads(self) -> int:
        """The number of writers that may have been read."""
        return len(self.by_index) + self.unplaced

    @property
    def is_whole(self) -> bool:
        """Tell whether every writer of the list is known by name."""
        return self.count is not None and len(self.by_index) == self.count and not self.unplaced


class Rounds:
    """The lists that one object reads, and whose components it saves."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything: something may be missing."""
        self._metadata = Listing()
        self._round: Listing | None = None
        self._names: dict[str, Key] = {}
        #: class and name -> instances in the last round that had some
        self._earlier: dict[tuple[str | None, str | None], frozenset[str]] = {}
        self._selected: set[str] | None = set()
        #: an event came after the round was gathered
        self._stale = False
        #: the first event of the operation came after the round was gathered
        self._foreign = False
        self._without_writers = False
        #: number of rounds so far
        self._gathered = 0
        #: who reported a failure that no later round has taken back, and the round of that
        self._failed: dict[_Reporter, int] = {}

    def forget_failures(self) -> None:
        """No failure has to be heeded."""
        self._failed.clear()

    def takes_back(self, record: Record) -> bool:
        """Tell whether a good report leaves none of the failures that were read before."""
        return bool(self._failed) and not self._left(record)

    def _left(self, record: Record) -> dict[_Reporter, int]:
        """Give the failures that a good report does not take back; one of their round does not."""
        own = _reporter(record)
        return {
            who: gathered
            for who, gathered in self._failed.items()
            if gathered == self._gathered or not who.may_be(own)
        }

    def is_needed(self, record: Record) -> bool | None:
        """Tell whether what *record* reads of its writer concerns this backup; None: it may."""
        if self._foreign:
            return False
        if not self._selected:
            return True
        writer_id = key_of(record).writer_id
        return None if writer_id is None else writer_id in self._selected

    def take(self, record: Record) -> list[Note]:
        """Take a requester's record: what it shows about the lists."""
        event, refused = record.event, is_failure(record.hresult or 0)
        if record.of is not None:
            return []
        if event in STATUS_CALLS:
            stale, self._stale = self._stale and not refused, False  # once is enough
            notes = [Note(rounds.STALE.code, record.line, "")] if stale else []
            return notes + self._read_status(record, refused=refused)
        return [] if refused else [*self._look_at_step(record), *self._take_other(record)]

    def _look_at_step(self, record: Record) -> list[Note]:
        """Note what a round can show: the last event, and whether writers take part at all."""
        if record.event == "SetContext":
            self._without_writers = context_class(record.context) == "plain"
        elif record.event in _EVENTFUL:
            self._stale = self._round is not None
            self._foreign |= self._stale and record.event in _FIRST
        elif record.event == "GatherWriterStatus":
            self._stale = self._foreign = False
            self._gathered += 1
            if self._without_writers:
                return [Note(rounds.WITHOUT_WRITERS.code, record.line, "")]
        return []

    def _take_other(self, record: Record) -> list[Note]:
        if record.event in _ENDS:
            return self._end_round(record)
        if record.event == "GetWriterStatusCount":
            return self._count_status(record)
        if record.event in _METADATA_CALLS:
            return self._read_metadata(record)
        if record.event == "GetWriterMetadataCount":
            self._metadata.count = record.total
        elif record.event == "AddComponent":
            self._select(key_of(record).writer_id)
        return []

    def _select(self, writer_id: str | None) -> None:
        if self._selected is not None and writer_id is not None:
            self._selected.add(writer_id)
        else:
            self._selected = None

    # --- metadata ------------------------------------------------------------
    def _read_metadata(self, record: Record) -> list[Note]:
        key = key_of(record)
        _keep(self._metadata, record.position, key)
        return self._name(record, key)

    # --- status --------------------------------------------------------------
    def _end_round(self, record: Record) -> list[Note]:
        ended, self._round = self._round, None
        if record.event == "GatherWriterStatus":
            self._round = Listing()
        if ended is None:
            return []
        self._earlier |= _instances(ended)
        if ended.count is None or ended.reads >= ended.count:
            return []
        text = f"{ended.reads} of {ended.count}"
        # Who stops at the first failure has learnt what it needs to give up.
        severity = INFO if ended.failed else ""
        return [Note(rounds.PARTLY_READ.code, record.line, text, severity)]

    def _count_status(self, record: Record) -> list[Note]:
        if self._round is None or record.total is None:
            return []
        self._round.count = record.total
        known = self._metadata.count
        if known is None or known == record.total:
            return []
        text = f"{record.total} with a status, {known} with metadata"
        return [Note(rounds.COUNT_DIFFERS.code, record.line, text)]

    def _read_status(self, record: Record, *, refused: bool) -> list[Note]:
        current, index = self._round, record.position
        count = None if current is None else current.count
        if index is not None and (index < 0 or (count is not None and index >= count)):
            return [_outside(record, index, count, refused=refused)]
        if current is None:
            return []
        if refused:  # it was asked for, and may be asked for again
            current.unplaced += 1
            return []
        key = key_of(record)
        if index is not None and index in current.by_index:
            return [Note(rounds.INDEX_AGAIN.code, record.line, f"index {index}")]
        notes = [*self._twice(record, key), *self._name(record, key), *self._compare(record, key)]
        _keep(current, index, key)
        return notes

    def note_health(self, record: Record, value: str | None, heeded: str | None) -> None:
        """Note what the report that was just taken says of its writer, and how it is heeded."""
        if self._round is not None and value == rounds.FAILED:
            self._round.failed = True
        if is_failure(record.hresult or 0):
            return
        if heeded == rounds.FAILED:
            self._failed[_reporter(record)] = self._gathered
        elif value == rounds.HEALTHY:
            self._failed = self._left(record)

    def _twice(self, record: Record, key: Key) -> list[Note]:
        """Find another index of the round with the same instance."""
        if self._round is None or record.position is None or not key.instance:
            return []
        for index, other in self._round.by_index.items():
            if other.instance == key.instance:
                text = f"{key.instance} at {index} and {record.position}"
                return [Note(rounds.INSTANCE_TWICE.code, record.line, text)]
        return []

    def _name(self, record: Record, key: Key) -> list[Note]:
        """Compare the names of an instance with those that it had before."""
        if not key.instance:
            return []
        known = self._names.setdefault(key.instance, key)
        if known._replace(host=None, session=None).may_be(key._replace(host=None, session=None)):
            return []
        self._names[key.instance] = key
        text = f"{known.writer or known.writer_id} and {key.writer or key.writer_id}"
        return [Note(rounds.TWO_IDENTITIES.code, record.line, text)]

    def _compare(self, record: Record, key: Key) -> list[Note]:
        """Compare a writer of a round with the metadata, and with an earlier round."""
        if not key.instance:
            return []
        listed = [k.instance for k in self._metadata.by_index.values()]
        if self._metadata.is_whole and None not in listed and key.instance not in listed:
            return [Note(rounds.NOT_LISTED.code, record.line, _title(key))]
        earlier = self._earlier.get((key.writer_id, key.writer), frozenset())
        gone = earlier - self._present()
        if gone and key.writer and key.instance not in earlier:
            text = f"{_title(key)}: {min(gone)}, now {key.instance}"
            return [Note(rounds.INSTANCE_CHANGED.code, record.line, text)]
        return []

    def _present(self) -> set[str | None]:
        assert self._round is not None
        return {key.instance for key in self._round.by_index.values()}


def _instances(listing: Listing) -> dict[tuple[str | None, str | None], frozenset[str]]:
    """Give the instances of each class and name."""
    found: dict[tuple[str | None, str | None], frozenset[str]] = {}
    for key in listing.by_index.values():
        if key.instance:
            names = key.writer_id, key.writer
            found[names] = found.get(names, frozenset()) | {key.instance}
    return found


def _keep(known: Listing, index: int | None, key: Key) -> None:
    if index is None:
        known.unplaced += 1
    else:
        known.by_index[index] = key


def _reporter(record: Record) -> _Reporter:
    key = key_of(record)._replace(host=None, session=None)
    return _Reporter(participant(key), record.position)


def _title(key: Key) -> str:
    return key.writer or key.writer_id or key.instance or ""


def _outside(record: Record, index: int, count: int | None, *, refused: bool) -> Note:
    rule = rounds.INDEX_REFUSED if refused else rounds.INDEX_ANSWERED
    return Note(rule.code, record.line, f"index {index} of {'?' if count is None else count}")
