"""
What the parts of the monitor share about one input: its kind, its keys, its holes, its findings.
"""

from collections.abc import Callable, MutableMapping
from typing import Any, Final, NamedTuple, TypeVar

from vssfsm.core.coverage import CountedVisits, Counts, Visits
from vssfsm.core.finding import Finding, Note, finding
from vssfsm.core.record import Record, Symbol, symbol
from vssfsm.core.timeline import Way
from vssfsm.core.track import Paid, Track
from vssfsm.monitor.keys import Holes, Key
from vssfsm.monitor.lives import Lives
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.raises import event_of
from vssfsm.spec.rows import ERROR, Row
from vssfsm.spec.vocabulary import OBSERVATIONS, RESULT_CALLS

#: distinct symbols that are kept
_SYMBOLS_KEPT: Final = 100_000
_BAD_STATE: Final = HRESULTS["VSS_E_BAD_STATE"]


class Owner:
    """A scope that records are sorted into: a writer's session, an instance, ..."""

    #: fields of its key that tell it from others
    FIELDS: tuple[str, ...] = Key._fields

    def __init__(self, key: Key) -> None:
        self.key = key
        #: number of its newest record; 0 before the first
        self.number = 0

    def lacks(self, field: str) -> bool:
        """Tell whether it is none once records carry *field*: its own are of any that is one."""
        named = field in ("writer_id", "writer") and self.key.instance is not None
        return field in self.FIELDS and not named and getattr(self.key, field) is None


class Draft(NamedTuple):
    """A finding, and the scope that it stands or falls with."""

    finding: Finding
    owner: Owner | None = None


_Owner = TypeVar("_Owner", bound=Owner)


def is_refusal(record: Record) -> bool:
    """Tell whether the service refused a call as one that the object's state does not allow."""
    called = record.actor == "requester" and record.event not in RESULT_CALLS
    return called and record.hresult == _BAD_STATE


def _describe(paid: Paid, record: Record) -> str:
    states = " or ".join(paid.states)
    if paid.hidden:  # the evidence has a hole there, and no other way leads to what was recorded
        return f"{paid.row.on[0]}, hidden before this {paid.event}, in {states}"
    text = f"{paid.event} in {states}"
    refused = is_refusal(record) and (paid.event, paid.line) == (record.event, record.line)
    if not refused or paid.row.severity != ERROR:
        return text
    led = f" (line {paid.led_line} led there)" if paid.led_line else ""
    return f"{text}{led}; the service answered VSS_E_BAD_STATE because of it"


class Evidence:
    """
    One input as far as it was read.

    Args:
        release: of records that do not name theirs.
        observation: kind of evidence; the coarser of it and a record's own counts.
        path: reported in findings.
        selected: tells by its code whether a rule is wanted.
        counts_rows: count how often rows are taken, not only whether they are.
    """

    def __init__(
        self,
        release: str | None,
        observation: str,
        path: str,
        selected: Callable[[str], bool],
        *,
        counts_rows: bool = False,
    ) -> None:
        self.selected = selected
        self.number = 0
        self.judged = 0
        self.loose = 0
        #: what may hide events of writers, and what may hide calls of requesters
        self.holes = Holes()
        self.call_holes = Holes()
        self.unread_holes = Holes()
        #: which backup sessions are remembered
        self.lives = Lives()
        self.visits = CountedVisits() if counts_rows else Visits()
        #: paths of ended sessions, for reports that show them; None: nobody asked
        self.ways: list[Way] | None = None
        #: codes of the rows that regions with one state took
        self.taken: set[str] = set()
        #: participants and the codes that they were accused of setting
        self.accused_codes: set[tuple[Key, int | None]] = set()
        self.release = release
        #: kind that a record has of itself -> kind that counts
        self._kinds = {own: max(own, observation, key=OBSERVATIONS.index) for own in OBSERVATIONS}
        self._path = path
        self._keys: set[str] = set()
        self._symbols: dict[tuple[object, ...], Symbol] = {}

    # --- records -------------------------------------------------------------
    def kind(self, record: Record) -> str:
        """Give the kind of observation that *record* was made with."""
        return self._kinds[record.observation or "complete"]

    def symbol(self, record: Record) -> Symbol:
        """Give the record's symbol; each combination of values is read once."""
        key = (
            *(record.event, record.outcome, record.state, record.failure, record.hresult),
            *(record.during, record.release, record.mask, record.app_level, record.async_result),
        )
        found = self._symbols.get(key)
        if found is None:
            found = symbol(record, self.release)
            if len(self._symbols) < _SYMBOLS_KEPT:
                self._symbols[key] = found
        return found

    # --- keys ----------------------------------------------------------------
    def sees_first(self, key: Key, fields: tuple[str, ...]) -> list[str]:
        """Note which of *fields* the key carries; give those that no record carried before."""
        new = [f for f in fields if f not in self._keys and getattr(key, f) is not None]
        self._keys.update(new)
        return new

    def is_loose(self, key: Key, fields: tuple[str, ...]) -> bool:
        """Tell whether *key* lacks one of *fields*, or an identity, that other records carry."""
        if not key.instance:
            fields += ("instance",) if "instance" in self._keys else ("writer_id", "writer")
        return self.lacks(key, fields)

    def lacks(self, key: Key, fields: tuple[str, ...]) -> bool:
        """Tell whether *key* lacks one of *fields* that other records carry."""
        return None in key and any(
            getattr(key, field) is None and field in self._keys for field in fields
        )

    def add_hole(self, key: Key) -> None:
        """Note a record that may belong to any scope that *key* may be."""
        self.loose += 1
        self.holes.add(key, self.number)

    def take_out(
        self, owners: MutableMapping[Key, _Owner], field: str, holes: Holes | None = None
    ) -> list[_Owner]:
        """Take out the scopes whose key lacks *field*: their records turn out to be loose."""
        gone = [owners.pop(key) for key in [k for k, owner in owners.items() if owner.lacks(field)]]
        for owner in gone:
            (holes or self.holes).add(owner.key, owner.number)
        self.loose += len(gone)
        return gone

    def dissolve(self, field: str) -> None:
        """Let backup sessions that were forgotten, whose key lacks *field*, be holes."""
        for key in self.lives.dissolve(field):
            for holes in (self.holes, self.call_holes):
                holes.add(key, self.number - 1)
            self.loose += 1

    def hidden_before(self, owner: Owner, kind: str, holes: Holes | None = None) -> bool:
        """Tell whether anything may have happened since the owner's last record."""
        if kind == "partial" or (kind == "window" and not owner.number):
            return True
        if not owner.number and self.lives.was_forgotten(owner.key):
            return True
        return (holes or self.holes).since(owner.number, owner.key)

    def hidden_after(self, owner: Owner, kind: str, holes: Holes | None = None) -> bool:
        """Tell whether anything may have happened after the owner's last record."""
        return kind == "window" or (holes or self.holes).since(owner.number, owner.key)

    @property
    def coverage(self) -> tuple[str, ...]:
        """Codes of the rows that the evidence took, sorted."""
        return tuple(sorted(self.taken | self.visits.codes))

    def forget_coverage(self) -> None:
        """Forget which rows were taken."""
        self.taken.clear()
        self.visits.forget()

    @property
    def counts(self) -> Counts | None:
        """How often rows were taken, None where nobody asked."""
        return self.visits.counts if isinstance(self.visits, CountedVisits) else None

    def row(self, name: str, seen: Symbol) -> Row | None:
        """Give the row that the one-state region *name* takes; None if it does not know it."""
        row = only_row(table(name), seen)
        if row is not None:
            self.taken.add(row.code)
        return row

    def keep_way(self, track: Track, record: Record | None) -> None:
        """Keep the path of a session that ends with *record*, if anybody asked for it."""
        if self.ways is not None and record is not None and track.history:
            where = self.where(record)
            who = {name: where[name] for name in ("host", "session", "actor", "writer", "instance")}
            self.ways.append(Way(track.table.region.name, steps=tuple(track.path()), **who))

    # --- findings ------------------------------------------------------------
    def where(self, record: Record) -> dict[str, Any]:
        """Give the fields of a finding that say whose record it is about."""
        return {
            "path": self._path,
            "line": record.line,
            "host": record.host or "",
            "session": record.session or "",
            "actor": record.actor or "",
            "writer": record.writer or record.writer_id or "",
            "instance": record.instance or "",
            "event": record.event or "",
            "second_line": record.second or 0,
        }

    def _where_of(self, line: int, record: Record, second: int = 0) -> dict[str, Any]:
        """Say the same of another line of that participant, which *record* showed."""
        where = self.where(record)
        return where if line == record.line else where | {"line": line, "second_line": second}

    def place(self, note: Note, record: Record) -> Finding:
        """Make a finding of a note about *record*."""
        where = self._where_of(note.line, record, note.second)
        return finding(note.code, note.message, severity=note.severity, **where)

    def paid(self, paid: Paid, track: Track, record: Record) -> Finding:
        """Make a finding of a row that *track* paid, at the latest with *record*."""
        where = self._where_of(paid.line, record) | {"event": paid.event}
        return finding(
            paid.row.code,
            _describe(paid, record),
            row=paid.row,
            since_line=paid.since_line,
            since_event=event_of(paid.since_event) if paid.since_line else "",
            states=paid.states,
            expected=track.table.expected(paid.states),
            **where,
        )
