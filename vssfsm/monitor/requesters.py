"""Requester sessions: one backup-components object, seen by every region of the requester."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final

from vssfsm.core.coverage import Visits
from vssfsm.core.finding import Note, finding
from vssfsm.core.record import Record, Symbol
from vssfsm.core.table import COST
from vssfsm.core.track import STEPS_KEPT, Track
from vssfsm.monitor.aligning import ALIGNED, align_calls
from vssfsm.monitor.calls import NO, Folding, call_symbol
from vssfsm.monitor.evidence import Draft, Evidence, Owner, is_refusal
from vssfsm.monitor.keys import Key
from vssfsm.monitor.reading import Call
from vssfsm.monitor.registers import Clock
from vssfsm.monitor.repairs import Repairs
from vssfsm.monitor.requests import Requests
from vssfsm.monitor.retries import Retries
from vssfsm.monitor.returns import OneState
from vssfsm.monitor.rounds import Rounds, health
from vssfsm.monitor.scopes import Scopes
from vssfsm.monitor.tracks import Tracks
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.coupling import CREATING, SNAPPING_STATES
from vssfsm.spec.edits import WITHOUT
from vssfsm.spec.hresults import is_failure
from vssfsm.spec.regions import OPERATION, is_running
from vssfsm.spec.requester import CREATED, LEFT_OPEN, RELEASED, START
from vssfsm.spec.returns import UNEXPLAINED
from vssfsm.spec.rounds import BESIDE, HEALTHY, KNOWN, KNOWN_FAILURE, RECOVERED, UNCLEAR
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.vocabulary import OBJECT_STARTS, RESULT_CALLS, STATUS_CALLS

KEYS: Final = ("host", "session")
_REGIONS: Final = tuple(name for name in ALIGNED if len(REGIONS[name].states) > 1)
#: symbols that are made of others, and are kept
_SYMBOLS_KEPT: Final = 16_384
_UNUSED: Final = frozenset((START.name, CREATED.name))


def begins_anew(record: Record, lifecycle: Track) -> bool:
    """Tell whether *record* begins another object than the one that *lifecycle* follows."""
    if record.event not in OBJECT_STARTS:
        return False
    unused = {START.name} if record.event == OBJECT_STARTS[0] else _UNUSED
    return not unused.intersection(lifecycle.belief.cheapest)


def names_no_call(record: Record) -> bool:
    """Tell whether *record* is a result that may be of any asynchronous call."""
    return record.event in RESULT_CALLS and record.of is None


@lru_cache(maxsize=_SYMBOLS_KEPT)
def _with_health(seen: Symbol, value: str | None) -> Symbol:
    return seen._replace(health=value)


class RequesterSession(Owner):
    """One object: a track per region, and whether the session is folded."""

    FIELDS = KEYS

    def __init__(self, key: Key, visits: Visits) -> None:
        super().__init__(key)
        self._visits = visits
        self.kind = "complete"
        self.last: Record | None = None
        #: nothing was hidden between its records so far
        self.whole = True
        self.clock = Clock()
        self.renew()

    def renew(self) -> None:
        """Begin a new object of the same key: the file is the scope."""
        restart = self.key.session is None
        self.tracks = Tracks(_REGIONS, restart=restart, visits=self._visits)
        self.folding = Folding()
        self.rounds = Rounds()
        self.requests = Requests()
        #: tells objects apart; only where the file is the scope one key has several
        self.object: object = object() if restart else self.key
        #: symbols of the newest record
        self.steps: list[Symbol] = []
        #: the session of the host that began a set while this one was busy: no later one meets it
        self.overtaken_by: Key | None = None
        #: the object was released while its set was under creation
        self.left_creating = False
        self.accused = False
        #: the first steps were forgotten
        self.is_cut = False
        #: line -> call of what must not be there, whatever the regions permit
        self.banned: dict[int, str] = {}
        self.forget_calls()

    def forget_calls(self) -> None:
        """Begin to remember what an alignment needs from here."""
        self.calls: list[Call] = []
        self.memory = self.folding.memory
        self.bases = tuple(
            self.tracks[name].base if name in self.tracks else "" for name in ALIGNED
        )

    def cut(self) -> None:
        """Forget the steps so far, without which there is no repair; the beliefs stay."""
        self.is_cut = True
        for track in self.tracks.values():
            track.forget()
        self.forget_calls()

    def hide(self, line: int) -> None:
        """Let any calls have come before the record of *line*."""
        self.whole = False
        self.rounds.clear()
        self.requests.clear()
        self.calls.append(Call(None, line, None))
        self.folding.hide()
        for track in self.tracks.values():
            track.take_hole(line)

    def implied(self, record: Record) -> tuple[Symbol, ...]:
        """Give what *record* shows before its own symbol; a result may be of any call that runs."""
        before = self.folding.before(record)
        if names_no_call(record):
            for symbol in self.folding.unnamed():
                for track in self.tracks.knowing(symbol.event):
                    track.take_perhaps(symbol, record.line)
        return before

    def seen(self, record: Record, seen: Symbol) -> Symbol:
        """Give what is seen of *record*; an unneeded writer may fail as it likes."""
        if record.event not in STATUS_CALLS:
            return seen
        value, needed = health(seen), self.rounds.is_needed(record)
        if not needed and value != HEALTHY:
            value = HEALTHY if needed is False else UNCLEAR
        if self.heeds_nothing:
            self.rounds.forget_failures()
        if value in (HEALTHY, None) and self.rounds.takes_back(record):
            return _with_health(seen, value and RECOVERED)
        return _with_health(seen, value or UNCLEAR)

    def note_status(self, record: Record, seen: Symbol, told: Symbol) -> None:
        """Note a report, of which *seen* is seen and *told* is what the regions see."""
        if record.event in STATUS_CALLS:
            self.rounds.note_health(record, health(seen), told.health)

    @property
    def heeds_nothing(self) -> bool:
        """Tell whether surely no failure is known that this backup has to heed."""
        return KNOWN not in self.tracks[KNOWN_FAILURE.name].belief.costs

    def symbol_of(self, record: Record, seen: Symbol) -> Symbol | None:
        """Give what the regions see of *record*, of which *seen* is seen."""
        return call_symbol(record, seen, self.folding.memory)

    def explains_refusal(self, symbol: Symbol) -> bool:
        """Tell whether some region would object to the call of *symbol*, had it succeeded."""
        symbol = symbol._replace(result="ok")
        return any(
            all(m.cost >= COST[WARNING] for m in track.table.moves(state, seen).values())
            for track in self.tracks.knowing(symbol.event)
            for seen in (track.table.project(symbol),)
            for state in track.belief.cheapest
        )

    @property
    def is_creating(self) -> bool:
        """Tell whether its set is surely under creation."""
        return CREATING.issuperset(self.lifecycle.belief.costs)

    @property
    def is_running(self) -> bool:
        """Tell whether an asynchronous call surely runs: the session is not folded."""
        states = self.tracks[OPERATION.name].belief.cheapest
        return self.folding.state == NO and all(is_running(state) for state in states)

    @property
    def is_busy(self) -> bool:
        """Tell whether others may meet its set, or a call that runs."""
        return self.overtaken_by is None and (self.is_creating or self.is_running)

    @property
    def may_have_its_set(self) -> bool:
        """Tell whether its set may be ready though no result says so, as in a folded session."""
        ready = SNAPPING_STATES.intersection(self.lifecycle.belief.costs)
        return self.folding.state != NO and bool(ready)

    @property
    def lifecycle(self) -> Track:
        """The track of the lifecycle."""
        return self.tracks["requester"]


class Requesters:
    """Step the regions of every requester session."""

    def __init__(self, evidence: Evidence, scopes: Scopes, repairs: Repairs) -> None:
        self._evidence = evidence
        self._scopes = scopes
        self._repairs = repairs
        self._one_state = OneState(evidence)
        self._sessions: dict[Key, RequesterSession] = {}
        #: by host, sessions that are not known to be over
        self._live: dict[str | None, dict[Key, RequesterSession]] = {}
        self._retries = Retries()

    def dissolve(self, field: str) -> None:
        """Take out the sessions whose key lacks *field*."""
        for session in self._evidence.take_out(self._sessions, field, self._evidence.call_holes):
            self._is_over(session)

    def _is_over(self, session: RequesterSession) -> None:
        """Note that a session is over, or was none."""
        live = self._live.get(session.key.host, {})
        live.pop(session.key, None)
        if not live:
            self._live.pop(session.key.host, None)

    def forget_answers(self) -> None:
        """Ask the regions with one state anew."""
        self._one_state.forget()

    def __contains__(self, key: Key) -> bool:
        """Tell whether a requester takes part in the backup session of *key*."""
        return key in self._sessions

    def owes(self, key: Key) -> bool:
        """Tell whether the requester of the backup session of *key* owes a call, or one runs."""
        session = self._sessions.get(key)
        if session is None:
            return False
        lives = self._living(key) is not None
        return not session.lifecycle.may_have_ended or (lives and session.is_running)

    def _living(self, key: Key) -> RequesterSession | None:
        """Give the session of *key* that is not known to be over."""
        return self._live.get(key.host, {}).get(Key(key.host, key.session))

    def get(self, key: Key) -> RequesterSession | None:
        """Give the session of *key*, None before its first record."""
        return self._sessions.get(Key(key.host, key.session))

    @property
    def are_at_rest(self) -> bool:
        """Tell whether no session is in the way of others."""
        live = (session for sessions in self._live.values() for session in sessions.values())
        return not any(session.is_busy for session in live)

    def on_host(self, host: str | None) -> list[RequesterSession]:
        """Give the sessions of a named host that are not known to be over."""
        return [*self._live.get(host, {}).values()]

    def take(
        self, record: Record, key: Key, seen: Symbol, beside: Sequence[Draft] = ()
    ) -> list[Draft]:
        """Take a requester's record; *beside* is what other participants have against it."""
        drafts = [*beside, *self._take_record(record, key, seen)]
        session = self._living(key)
        if session is not None and any(draft.finding.rule in WITHOUT for draft in beside):
            session.banned[record.line] = record.event or ""
            session.accused = True
        return drafts

    def _take_record(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        drafts = self._take_method(record, seen)
        if self._evidence.lacks(key, KEYS):
            self._evidence.loose += 1
            self._evidence.call_holes.add(Key(key.host, key.session), self._evidence.number)
            return drafts
        session = self._session(record, Key(key.host, key.session))
        session.steps = []
        if record.at is None and record.second is None:
            drafts += self._tick(record, session)
        here = session.seen(record, seen)
        session.calls.append(Call(here, record.line, record.event, record, names_no_call(record)))
        for symbol in session.implied(record):
            drafts += self._step(record, session, symbol)
        own = session.symbol_of(record, here)
        if own is not None:
            drafts = self._take_own(record, session, own, drafts)
        drafts += self._take_rounds(record, session)
        session.note_status(record, self._evidence.symbol(record), here)
        session.accused |= any(d.finding.severity in (ERROR, WARNING) for d in drafts)
        if session.lifecycle.is_in(RELEASED.phase) and not self._repairs.wanted(session.accused):
            session.forget_calls()
        return drafts

    def tick(self, record: Record, key: Key) -> list[Draft]:
        """Take the time of a line that is not judged when it comes."""
        session = self.get(key)
        return [] if session is None else self._tick(record, session)

    def _tick(self, record: Record, session: RequesterSession) -> list[Draft]:
        notes = session.clock.take(record)
        return [Draft(self._evidence.place(note, record), session) for note in notes]

    def _take_own(
        self, record: Record, session: RequesterSession, own: Symbol, drafts: list[Draft]
    ) -> list[Draft]:
        """Step by the record's own symbol; a refusal that nothing explains is worth a note."""
        puzzling = is_refusal(record) and session.whole and not session.explains_refusal(own)
        drafts = drafts + self._step(record, session, own)
        if puzzling and not drafts:
            where = self._evidence.where(record)
            drafts.append(Draft(finding(UNEXPLAINED.code, record.event or "", **where), session))
        return drafts

    def _take_rounds(self, record: Record, session: RequesterSession) -> list[Draft]:
        notes = session.rounds.take(record)
        notes += session.requests.take(record, self._evidence.release)
        if record.event == BESIDE.on[0] and not is_failure(record.hresult or 0):
            notes += self._beside(record, session)
        notes += self._retries.take(
            record,
            session.object,
            self._evidence.number,
            self._evidence.call_holes,
            concerns=session.rounds.is_needed(record) is True,
        )
        return [Draft(self._evidence.place(note, record), session) for note in notes]

    def _beside(self, record: Record, session: RequesterSession) -> list[Note]:
        """
        Note a gathering while another session of the same named host has a call pending.

        Who comes after a set that was begun meanwhile does not meet that call: its program may have
        died long ago.
        """
        if not session.key.host:
            return []
        others = (o for o in self.on_host(session.key.host) if o.key != session.key)
        met = (other for other in others if other.overtaken_by in (None, session.key))
        running = (other for other in met if other.is_running)
        name = next((other.key.session for other in running), None)
        return [Note(BESIDE.code, record.line, f"session {name}")] if name else []

    def _take_method(self, record: Record, seen: Symbol) -> list[Draft]:
        """Judge what has no history: each region with one state answers by itself."""
        known, answers = self._one_state.judge(record, seen)
        self._evidence.judged += known
        return [
            Draft(
                finding(row.code, says, severity=severity, row=row, **self._evidence.where(record))
            )
            for row, severity, says in answers
        ]

    def _step(self, record: Record, session: RequesterSession, symbol: Symbol) -> list[Draft]:
        drafts: list[Draft] = []
        session.steps.append(symbol)
        creating = session.is_creating
        knowing = session.tracks.knowing(symbol.event)
        for track in knowing:
            if paid := track.take(symbol, record.line):
                drafts += [Draft(self._evidence.paid(p, track, record), session) for p in paid]
        self._evidence.judged += len(knowing)
        self._scopes.get(session.key).judged += len(knowing)
        self._live.setdefault(session.key.host, {})[session.key] = session
        if len(session.lifecycle.history) > STEPS_KEPT:
            session.cut()
        if session.lifecycle.is_in(RELEASED.phase):
            session.left_creating = creating
            self._is_over(session)
            self._evidence.keep_way(session.lifecycle, record)
            for track in session.tracks.values():
                track.forget()
        return drafts

    def _session(self, record: Record, key: Key) -> RequesterSession:
        session = self._sessions.get(key)
        if session is None:
            session = self._sessions[key] = RequesterSession(key, self._evidence.visits)
            self._scopes.get(key)
        kind = self._evidence.kind(record)
        if self._may_hide(session, record, kind):
            session.hide(record.line)
            self._retries.forget(record)
        session.number, session.kind, session.last = self._evidence.number, kind, record
        self._begin_anew(session, record)
        return session

    def _may_hide(self, session: RequesterSession, record: Record, kind: str) -> bool:
        """Tell whether anything of the session may be missing right before *record*."""
        if not session.number and record.event == OBJECT_STARTS[0]:
            return False  # the object begins here
        return self._evidence.hidden_before(session, kind, self._evidence.call_holes)

    def _begin_anew(self, session: RequesterSession, record: Record) -> None:
        """Where the file is the scope, creating or initializing an object starts a session."""
        if session.key.session is None and begins_anew(record, session.lifecycle):
            self._evidence.keep_way(session.lifecycle, session.last)
            self._leave(session)
            self._repair(session)
            session.renew()
            self._scopes.get(session.key).renewed("requester")

    def _leave(self, session: RequesterSession) -> None:
        """Note what an object that was left behind still owes."""
        owed = session.lifecycle.owed
        if owed:
            self._scopes.get(session.key).owe(owed)

    def close(self) -> list[Draft]:
        """End every session: what is still owed."""
        return [draft for session in self._sessions.values() for draft in self._close(session)]

    def forget(self, key: Key) -> None:
        """Forget the requester of the backup session of *key*."""
        session = self._sessions.pop(key, None)
        if session is not None:
            self._is_over(session)
            self._evidence.keep_way(session.lifecycle, session.last)
            self._repair(session)

    def _close(self, session: RequesterSession) -> list[Draft]:
        self._evidence.keep_way(session.lifecycle, session.last)
        holes = self._evidence.call_holes
        if session.lifecycle.owed and self._evidence.hidden_after(session, session.kind, holes):
            session.lifecycle.take_hole(session.lifecycle.last_line)
            session.calls.append(Call(None, session.lifecycle.last_line, None))
        self._leave(session)
        self._repair(session)
        owed = session.lifecycle.owed
        if not owed or session.last is None:
            return []
        where = self._evidence.where(session.last)
        states = session.lifecycle.belief.cheapest
        text = " or ".join(owed)
        return [
            Draft(finding(LEFT_OPEN.code, text, states=states, expected=owed, **where), session)
        ]

    def _repair(self, session: RequesterSession) -> None:
        """Align a session that was accused, at its end."""
        if session.last is None or session.is_cut or not self._repairs.wanted(session.accused):
            return
        find = partial(
            align_calls,
            session.calls,
            session.bases,
            session.memory,
            self._evidence.release,
            tells_ends=session.folding.state == NO,
            restart=session.key.session is None,
            banned=session.banned,
        )
        self._repairs.add(self._evidence.where(session.last), session.calls, find)
