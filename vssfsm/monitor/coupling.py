"""
Participants against one another: calls and events, freeze order, reports, sets on a host.

A session is followed from its requester's first record to its Release; a writer that is seen alone
is not coupled, except for the order of freezes.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from vssfsm.core.coverage import Visits
from vssfsm.core.edit import Edit, of_both_lines
from vssfsm.core.finding import Finding, Note, finding
from vssfsm.core.record import Record, Symbol, level_class
from vssfsm.core.track import Paid, Track
from vssfsm.monitor.calls import is_call
from vssfsm.monitor.evidence import Draft, Evidence, Owner
from vssfsm.monitor.instances import Instances
from vssfsm.monitor.keys import Key, participant, session_key
from vssfsm.monitor.registers import HoldTimer
from vssfsm.monitor.requesters import Requesters, RequesterSession
from vssfsm.monitor.tables import table
from vssfsm.monitor.tracks import Tracks, routes_of
from vssfsm.monitor.window import Window
from vssfsm.monitor.writers import Writers
from vssfsm.spec.coupling import TWO_CREATIONS
from vssfsm.spec.delivery import (
    IN_PROGRESS,
    ONE_INSTANCE_RELEASES,
    PAIRED,
    REPORT_DIFFERS,
    SHARED,
    TWO_INSTANCES,
    UNCHOSEN,
    UNIDENTIFIED,
)
from vssfsm.spec.edits import COST_OF, DOUBTED, DROP, INSERT, MOVED, REPLACE
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.raises import event_of, handler
from vssfsm.spec.vocabulary import (
    HANDLERS,
    LIFECYCLE_EVENTS,
    OBJECT_STARTS,
    SERVICE_CODES,
    STATUS_CALLS,
)

_SHARED: Final = tuple(region.name for region in SHARED)
_PAIRED: Final = tuple(region.name for region in PAIRED)
_LISTS: Final = frozenset(UNIDENTIFIED.on)
#: symbols that are made of others, and are kept
_SYMBOLS_KEPT: Final = 16_384
BUSY: Final = HRESULTS["VSS_E_SNAPSHOT_SET_IN_PROGRESS"]
_KEYS: Final = ("host", "session")


class CoupledSession(Owner):
    """One backup session over its participants."""

    FIELDS = _KEYS

    def __init__(self, key: Key, visits: Visits) -> None:
        super().__init__(key)
        self._visits = visits
        self.levels = Track(table("levels"), restart=key.session is None, visits=visits)
        #: the requester's object; None before its first record
        self.object: object = None
        self.renew(None)

    def renew(self, owner: object) -> None:
        """Follow another object of the same key."""
        self.object = owner
        self.shared = self._tracks(_SHARED)
        self.paired: dict[Key, Tracks] = {}
        self._pair_routes = routes_of(_PAIRED)
        self.window = Window()
        self.hold = HoldTimer()
        #: region -> the event that came before its call
        self.early: dict[str, Record] = {}
        #: writers that failed Identify, and those that did not fail all the time
        self.unidentified: set[Key] = set()
        self.identified: set[Key] = set()
        #: lines of calls that began, and are not judged yet
        self.begun: set[int] = set()
        self.restored: dict[str, str] = {}

    def _tracks(self, names: tuple[str, ...]) -> Tracks:
        return Tracks(names, restart=self.key.session is None, visits=self._visits)

    def pair(self, writer: Key) -> Tracks:
        """Give the tracks of a writer and the requester."""
        if writer not in self.paired:
            self.paired[writer] = self._tracks(_PAIRED)
        return self.paired[writer]

    def pairs_knowing(self, event: str | None) -> list[tuple[Key, Track]]:
        """Give the tracks of writers and the requester whose rows name *event*, and the writer."""
        if not self._pair_routes[event]:
            return []
        pairs = self.paired.items()
        return [(writer, track) for writer, tracks in pairs for track in tracks.knowing(event)]

    def drop_writers_without(self, field: str) -> None:
        """Writers whose key lacks *field* turn out to be any writer."""
        named = field in ("writer_id", "writer")
        gone = [k for k in self.paired if getattr(k, field) is None and not (named and k.instance)]
        for key in gone:
            del self.paired[key]
        if gone:
            self.hide(self.levels.last_line)

    def hide(self, line: int) -> None:
        """Let anything have come before the record of *line*."""
        self.levels.take_hole(line)
        for tracks in (self.shared, *self.paired.values()):
            for track in tracks.values():
                track.take_hole(line)
        self.window, self.hold = Window(), HoldTimer()
        self.early.clear()
        self.unidentified.clear()


class Coupling:
    """Step the regions that several participants share."""

    def __init__(
        self, evidence: Evidence, instances: Instances, writers: Writers, requesters: Requesters
    ) -> None:
        self._evidence = evidence
        self._instances = instances
        self._writers = writers
        self._requesters = requesters
        self._sessions: dict[Key, CoupledSession] = {}
        #: writers, and the sessions in which they have taken part; some may be over
        self._parts: dict[Key, set[Key]] = {}
        #: host -> session and line of a set that was left under creation
        self._leaked: dict[str | None, tuple[str, int]] = {}

    def dissolve(self, field: str) -> None:
        """Take out the sessions whose key lacks *field*, or the writers in them."""
        if field not in _KEYS:
            for session in self._sessions.values():
                session.drop_writers_without(field)
        self._evidence.take_out(self._sessions, field)

    def __contains__(self, key: Key) -> bool:
        """Tell whether the session of *key* is followed."""
        return key in self._sessions

    def forget(self, key: Key) -> None:
        """Forget the session of *key*."""
        session = self._sessions.pop(key, None)
        for writer in () if session is None else session.paired:
            self._leave(writer, key)

    def _leave(self, writer: Key, key: Key) -> None:
        sessions = self._parts.get(writer, set())
        sessions.discard(key)
        if not sessions:
            self._parts.pop(writer, None)

    # --- writers -------------------------------------------------------------
    def take_event(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Take a writer's event: levels count only where the evidence gives them."""
        if record.event == "Unsubscribe":
            self._take_unsubscribe(record, participant(key), seen)
        if record.event not in HANDLERS or self._evidence.lacks(key, _KEYS):
            return []
        session = self._sessions.get(Key(key.host, key.session))
        level = seen.level or self._level_of(key)
        if session is None and (level is None or not table("levels").knows(record.event)):
            return []
        session = self._session(record, key)
        drafts = self._freeze_order(record, session, seen._replace(level=level))
        if session.object is None or record.event is None:
            return drafts
        if record.event in LIFECYCLE_EVENTS:
            if self._evidence.is_loose(key, _KEYS):
                session.hide(record.line)
                return drafts
            drafts += self._take_handler(record, key, session, seen)
        elif record.event == "Identify":
            _note_identify(session, participant(key), record.outcome)
        return drafts

    def _take_unsubscribe(self, record: Record, writer: Key, seen: Symbol) -> None:
        """Let a writer leave all of its sessions."""
        for key in sorted(self._parts.get(writer, ()), key=str):
            session = self._sessions.get(key)
            if session is not None and writer in session.paired:
                for track in session.paired[writer].knowing(record.event):
                    track.take(seen, record.line)
            else:
                self._leave(writer, key)

    def _freeze_order(self, record: Record, session: CoupledSession, seen: Symbol) -> list[Draft]:
        if not table("levels").knows(record.event):
            return []
        return [
            Draft(
                _moved(self._evidence.paid(paid, session.levels, record), session.levels), session
            )
            for paid in session.levels.take(seen, record.line)
        ]

    def _level_of(self, key: Key) -> str | None:
        instance = self._instances.get(key)
        return None if instance is None else level_class(instance.app_level)

    def _take_handler(
        self, record: Record, key: Key, session: CoupledSession, seen: Symbol
    ) -> list[Draft]:
        symbol = _as_handler(seen)
        drafts = []
        for track in session.shared.knowing(symbol.event):
            before = track.belief
            drafts += self._take(record, session, track, symbol)
            if track.belief is not before:
                session.early.setdefault(track.table.region.name, record)
        if not drafts:  # an event that is out of place shows no part in the session
            self._parts.setdefault(participant(key), set()).add(session.key)
            for track in session.pair(participant(key)).knowing(symbol.event):
                drafts += self._take(record, session, track, symbol)
        session.window.take_event(session_key(key), self._writers.reported(key))
        notes = session.hold.take(record)
        drafts += [Draft(self._evidence.place(note, record), session) for note in notes]
        known = self._requesters.get(key)
        if known and known.requests.leaves_out(record.event or "", key.writer_id):
            drafts.append(self._note(UNCHOSEN.code, "", record, session))
        return drafts + self._two_instances(record, key, session)

    def _two_instances(self, record: Record, key: Key, session: CoupledSession) -> list[Draft]:
        release = record.release or self._evidence.release
        known = record.event in TWO_INSTANCES.on and release in ONE_INSTANCE_RELEASES
        if not known or not key.writer_id:
            return []
        first = session.restored.setdefault(key.writer_id, key.instance or "")
        if not key.instance or not first or first == key.instance:
            return []
        session.restored[key.writer_id] = ""  # once is enough
        text = f"{first} and {key.instance}"
        return [self._note(TWO_INSTANCES.code, text, record, session)]

    # --- the requester -------------------------------------------------------
    def take_call(self, record: Record, key: Key) -> list[Draft]:
        """Take a requester's call before it is judged: one set under creation per named host."""
        if record.event != "StartSnapshotSet" or self._evidence.lacks(key, _KEYS):
            return []
        refused = is_failure(record.hresult or 0)
        if record.hresult == BUSY:
            return self._explain_busy(record, key)
        if refused:
            return []
        self._leaked.pop(key.host, None)
        own = self._requesters.get(key)
        if own is not None:
            own.overtaken_by = None
        if not key.host or self._evidence.kind(record) != "complete":
            return []
        others = self._creating(key)
        accused = [other.key.session for other in others if not other.may_have_its_set]
        for other in self._requesters.on_host(key.host):
            # Whatever became of its set, or of its call, it is in nobody's way.
            if other.is_busy and other.key.session != key.session:
                other.overtaken_by = Key(key.host, key.session)
        if not accused:
            return []
        text = f"session {accused[0]}"
        return [Draft(finding(TWO_CREATIONS.code, text, **self._evidence.where(record)))]

    def _creating(self, key: Key) -> list[RequesterSession]:
        return [
            other
            for other in self._requesters.on_host(key.host)
            if other.key.session != key.session
            and other.is_creating
            and other.overtaken_by is None
            and other.kind == "complete"
            and not self._evidence.call_holes.since(other.number, other.key)
        ]

    def _explain_busy(self, record: Record, key: Key) -> list[Draft]:
        """Say whose set is in the way, where the evidence holds it."""
        where = self._evidence.where(record)
        leaked = self._leaked.get(key.host)
        if leaked is not None:
            name, line = leaked
            text = f"{name or 'the object'} released at line {line} left its set behind"
            return [Draft(finding(IN_PROGRESS.code, text, since_line=line, **where))]
        others = self._creating(key)
        if not others:
            return []
        text = f"session {others[0].key.session} is still creating its set"
        since = others[0].lifecycle.last_line or None
        return [Draft(finding(IN_PROGRESS.code, text, since_line=since, **where))]

    def take_entry(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Take the line of a call that begins: from here on its events may come."""
        known, session = self._requesters.get(key), self._sessions.get(Key(key.host, key.session))
        if known is None or session is None or session.object != known.object:
            return []
        symbol = known.symbol_of(record, seen)
        if symbol is None or not is_call(symbol):
            return []
        session = self._session(record, key)
        session.begun.add(record.line)
        symbol = symbol._replace(at=record.at)
        session.window.take_call(symbol, calls=True)
        tracks = [track for track in session.shared.knowing(symbol.event) if _is_placed(track)]
        return self._take_shared(record, session, symbol, tracks)

    def take_steps(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Take a requester's record after it was judged: calls and results against the events."""
        known = self._requesters.get(key)
        if known is None or self._evidence.lacks(key, _KEYS):
            return []
        session = self._session(record, key)
        if session.object != known.object:
            session.renew(known.object)
            if not known.whole and record.event not in OBJECT_STARTS:
                session.hide(record.line)
        drafts = self._compare(record, key, session, seen)
        for symbol in known.steps:
            drafts += self._take_symbol(record, session, symbol)
        session.begun.discard(record.line)
        if record.event == "Release" and record.of is None:
            self._note_leak(record, key, known)
            self.forget(session.key)
        return drafts

    def _take_symbol(self, record: Record, session: CoupledSession, symbol: Symbol) -> list[Draft]:
        symbol = symbol if record.at is None else symbol._replace(at=record.at)
        tracks = session.shared.knowing(symbol.event)
        if record.line in session.begun:  # its events have their places by the line of its begin
            tracks = [track for track in tracks if not _is_placed(track)]
        else:
            session.window.take_call(symbol, calls=is_call(symbol))
        drafts = self._take_shared(record, session, symbol, tracks)
        for writer, track in session.pairs_knowing(symbol.event):
            for paid in track.take(symbol, record.line):
                found = _about(writer, self._place(paid, track, record))
                drafts.append(Draft(found, session))
        return drafts

    def _take_shared(
        self, record: Record, session: CoupledSession, symbol: Symbol, tracks: Iterable[Track]
    ) -> list[Draft]:
        drafts = []
        for track in tracks:
            name = track.table.region.name
            for paid in track.take(symbol, record.line, second=record.second):
                found = self._place(paid, track, record, session.early.get(name))
                drafts.append(Draft(found, session))
            if is_call(symbol):
                session.early.pop(name, None)
        return drafts

    def _note_leak(self, record: Record, key: Key, known: RequesterSession) -> None:
        if known.left_creating:
            self._leaked[key.host] = (f"session {key.session}" if key.session else "", record.line)

    def _compare(
        self, record: Record, key: Key, session: CoupledSession, seen: Symbol
    ) -> list[Draft]:
        """Compare what the requester reads of a writer with the writer's own records."""
        if record.event not in _LISTS or is_failure(record.hresult or 0):
            return []
        writer = participant(key)
        drafts = []
        if writer in session.unidentified:
            session.unidentified.discard(writer)
            drafts.append(self._note(UNIDENTIFIED.code, "", record, session))
        told = record.event in STATUS_CALLS and seen.failure not in SERVICE_CODES
        if told and self._evidence.kind(record) == "complete":
            states = session.window.conflict(session_key(key), seen.state)
            if states:
                text = f"{seen.state} was read, {' or '.join(states)} recorded"
                drafts.append(self._note(REPORT_DIFFERS.code, text, record, session))
        return drafts

    # --- both ----------------------------------------------------------------
    def _session(self, record: Record, key: Key) -> CoupledSession:
        own = Key(key.host, key.session)
        session = self._sessions.get(own)
        if session is None:
            session = self._sessions[own] = CoupledSession(own, self._evidence.visits)
        kind = self._evidence.kind(record)
        holes = (self._evidence.holes, self._evidence.call_holes)
        if any(self._evidence.hidden_before(session, kind, hole) for hole in holes):
            session.hide(record.line)
        session.number = self._evidence.number
        return session

    def _take(
        self, record: Record, session: CoupledSession, track: Track, symbol: Symbol
    ) -> list[Draft]:
        paid = track.take(symbol, record.line)
        return [Draft(self._place(one, track, record), session) for one in paid] if paid else []

    def _place(
        self, paid: Paid, track: Track, record: Record, early: Record | None = None
    ) -> Finding:
        """An event without its call stands where the event stands, not where that is proved."""
        found = _doubted(self._evidence.paid(paid, track, record), paid)
        expected = tuple(dict.fromkeys(map(event_of, found.expected)))
        if early is None:
            return found._replace(expected=expected)
        text = f"{paid.row.says}: {early.event}, then {record.event} at line {record.line}"
        where = self._evidence.where(early)
        return found._replace(
            **where, message=text, expected=expected, since_line=None, since_event=""
        )

    def _note(self, code: str, text: str, record: Record, session: CoupledSession) -> Draft:
        return Draft(self._evidence.place(Note(code, record.line, text), record), session)


@lru_cache(maxsize=_SYMBOLS_KEPT)
def _as_handler(seen: Symbol) -> Symbol:
    """Give the symbol of an event as the calls that raise it see it."""
    return seen._replace(event=handler(seen.event or ""))


def _is_placed(track: Track) -> bool:
    """Tell whether a region tells at which end of a call its line was written."""
    return track.table.tells("at")


def _note_identify(session: CoupledSession, writer: Key, outcome: str | None) -> None:
    if outcome != "veto":
        session.unidentified.discard(writer)
        session.identified.add(writer)
    elif writer not in session.identified:  # anybody may have asked a second time
        session.unidentified.add(writer)


def _moved(found: Finding, track: Track) -> Finding:
    """Mend an event that came too late: it goes before the last one that it had to precede."""
    if found.rule not in MOVED:
        return found
    at = next(i for i, step in enumerate(track.history) if step.line == found.line)
    early = next(i for i in range(at, -1, -1) if track.permits_at(i, at))
    edits = (
        Edit(INSERT, track.history[early].line, found.event),
        Edit(DROP, found.line, found.event),
    )
    return _mended(found, *edits)


def _doubted(found: Finding, paid: Paid) -> Finding:
    """Mend by a call whose arguments were recorded wrongly."""
    if found.rule not in DOUBTED or paid.led_line is None:
        return found
    edit = Edit(REPLACE, paid.led_line, DOUBTED[found.rule])
    return _mended(found, *of_both_lines(edit, paid.led_second))


def _mended(found: Finding, *edits: Edit) -> Finding:
    cost = sum(COST_OF[edit.op] for edit in edits)
    return found._replace(repair=tuple(edit.as_dict() for edit in edits), repair_cost=cost)


def _about(writer: Key, found: Finding) -> Finding:
    """Name the writer whose events are missing."""
    return found._replace(
        writer=writer.writer or writer.writer_id or "", instance=writer.instance or ""
    )
