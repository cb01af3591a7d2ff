"""Writer sessions: one writer's part in one backup or restore."""

from functools import partial
from typing import Final

from vssfsm.core.align import align
from vssfsm.core.coverage import Visits
from vssfsm.core.finding import finding
from vssfsm.core.record import Record, Symbol
from vssfsm.core.track import STEPS_KEPT, Paid, Track
from vssfsm.monitor.evidence import Draft, Evidence, Owner
from vssfsm.monitor.instances import Instance, Instances
from vssfsm.monitor.keys import Key, session_key
from vssfsm.monitor.registers import FreezeTimer, timeout_too_early
from vssfsm.monitor.repairs import Repairs
from vssfsm.monitor.scopes import Scopes
from vssfsm.monitor.tables import table
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, OWN_CALLS, SESSION_STARTS, STATE_NAMES
from vssfsm.spec.writer import OWED

#: events that may still come for a session after the next one has begun
_LATE_ENDS: Final = ("BackupShutdown", "Abort")


class WriterSession(Owner):
    """One writer in one session."""

    def __init__(self, key: Key, visits: Visits) -> None:
        super().__init__(key)
        self._visits = visits
        self.kind = "complete"
        self.last: Record | None = None
        #: the session before this one of the same key may still get its end
        self.left_open = False
        self.renew()

    def renew(self) -> None:
        """Begin a new session of the same key: the file is the scope."""
        self.track = Track(table("writer"), restart=self.key.session is None, visits=self._visits)
        self.timer = FreezeTimer()
        #: the first steps were forgotten
        self.is_cut = False


class Writers:
    """Step the lifecycle of every writer in every session."""

    def __init__(
        self, evidence: Evidence, instances: Instances, scopes: Scopes, repairs: Repairs
    ) -> None:
        self._evidence = evidence
        self._instances = instances
        self._scopes = scopes
        self._repairs = repairs
        self._sessions: dict[Key, WriterSession] = {}
        #: the same by backup session
        self._parts: dict[Key, dict[Key, WriterSession]] = {}

    def dissolve(self, field: str) -> None:
        """Take out the sessions whose key lacks *field*."""
        self._evidence.take_out(self._sessions, field)
        self._parts.clear()
        for own, session in self._sessions.items():
            self._add_part(own, session)

    def _add_part(self, own: Key, session: WriterSession) -> None:
        self._parts.setdefault(Key(own.host, own.session), {})[own] = session

    def __contains__(self, key: Key) -> bool:
        """Tell whether a writer takes part in the backup session of *key*."""
        return key in self._parts

    def owes(self, key: Key) -> bool:
        """Tell whether a writer of the backup session of *key* still owes an event."""
        parts = self._parts.get(key)
        return parts is not None and not all(one.track.may_have_ended for one in parts.values())

    def reported(self, key: Key) -> frozenset[str]:
        """Give every state that the writer of *key* may report now; "" for one not known."""
        session = self._sessions.get(session_key(key))
        if session is None:
            return frozenset({""})
        numbers = [session.track.table.states[s].reported for s in session.track.belief.costs]
        return frozenset("" if n is None else STATE_NAMES[n] for n in numbers)

    def take(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Take a writer's record; what is no event of the lifecycle is left alone."""
        if record.event in LIFECYCLE_EVENTS:
            if self._evidence.is_loose(key, ("host", "session")):
                self._evidence.add_hole(key)
                return []
            return self._take_event(record, key, seen)
        instance = self._instances.get(key)
        known = self._sessions.get(session_key(key))
        if record.event not in OWN_CALLS or known is None or instance is None:
            return []
        return self._take_own_call(record, known, instance)

    def _take_event(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        session = self._session(key)
        scope = self._scopes.get(key)
        scope.judged += 1
        self._evidence.judged += 1
        kind = self._evidence.kind(record)
        if self._evidence.hidden_before(session, kind):
            session.track.take_hole(record.line)
            session.timer.clear()
        session.number, session.kind, session.last = self._evidence.number, kind, record
        self._begin_anew(session, record, seen)
        drafts = [
            Draft(self._evidence.paid(paid, session.track, record), session)
            for paid in self._take_step(record, session, seen)
        ]
        drafts += self._take_time(record, session, self._instances.get(key))
        if session.track.is_in("closed") and not self._repairs.wanted(session.track.accused):
            self._evidence.keep_way(session.track, record)
            session.track.forget()
        if len(session.track.history) > STEPS_KEPT:
            session.is_cut = True
            session.track.forget()
        return drafts

    def _take_step(self, record: Record, session: WriterSession, seen: Symbol) -> list[Paid]:
        if session.left_open and record.event in _LATE_ENDS:
            # Where the file is the scope, the end may be that of the session before.
            session.left_open = record.event != _LATE_ENDS[0]
            session.track.take_perhaps(seen, record.line)
            return []
        if record.at == "return" and _may_have_run(session.track, seen):
            session.track.take_perhaps(seen, record.line)
            return []
        return session.track.take(seen, record.line, record.at)

    def _take_time(
        self, record: Record, session: WriterSession, instance: Instance | None
    ) -> list[Draft]:
        if instance is None:
            return []
        notes = session.timer.take(record, instance.budget_ms, instance.clock.steps)
        if instance.hides_budget:
            return []
        return [Draft(self._evidence.place(note, record), session) for note in notes]

    def _take_own_call(
        self, record: Record, session: WriterSession, instance: Instance
    ) -> list[Draft]:
        if self._evidence.hidden_before(session, self._evidence.kind(record)):
            return []
        elapsed = session.timer.spent_ns(record.time_ns, instance.clock.steps)
        notes = timeout_too_early(record, elapsed, instance.budget_ms)
        return [Draft(self._evidence.place(note, record), session) for note in notes]

    def _session(self, key: Key) -> WriterSession:
        own = session_key(key)
        session = self._sessions.get(own)
        if session is None:
            session = self._sessions[own] = WriterSession(key, self._evidence.visits)
            self._add_part(own, session)
        return session

    def _begin_anew(self, session: WriterSession, record: Record, seen: Symbol) -> None:
        """Where the file is the scope, an event that starts sessions may start the next one."""
        if (
            session.key.session is None
            and record.event in SESSION_STARTS
            and session.track.has_begun
            and not session.track.is_return(seen, record.at)
            and not session.track.is_free(seen)
            and session.track.may_have_ended
        ):
            self._evidence.keep_way(session.track, session.last)
            self._repair(session)
            session.left_open = not session.track.is_in("closed")
            session.renew()
            self._scopes.get(session.key).renewed(session_key(session.key))

    def close(self) -> list[Draft]:
        """End every session: what is still owed, and what would mend the accused ones."""
        return [draft for session in self._sessions.values() for draft in self._close(session)]

    def forget(self, key: Key) -> None:
        """Forget the writers of the backup session of *key*."""
        for own, session in self._parts.pop(key, {}).items():
            del self._sessions[own]
            self._evidence.keep_way(session.track, session.last)
            self._repair(session)

    def _close(self, session: WriterSession) -> list[Draft]:
        self._evidence.keep_way(session.track, session.last)
        if session.track.owed and self._evidence.hidden_after(session, session.kind):
            session.track.take_hole(session.track.last_line)
        self._repair(session)
        owed = session.track.owed
        if not owed or session.last is None:
            return []
        self._scopes.get(session.key).owe(owed)
        where = self._evidence.where(session.last) | {"line": session.track.last_line}
        states = session.track.belief.cheapest
        text = " or ".join(owed)
        return [Draft(finding(OWED.code, text, states=states, expected=owed, **where), session)]

    def _repair(self, session: WriterSession) -> None:
        """Align a session that was accused, at its end."""
        track = session.track
        if session.last is None or session.is_cut:
            return
        if self._repairs.wanted(track.accused):
            find = partial(align, (track.table,), track.history, (track.base,))
            self._repairs.add(self._evidence.where(session.last), track.history, find)


def _may_have_run(track: Track, seen: Symbol) -> bool:
    """Tell whether a handler that returns now may have been entered before a timer's Abort."""
    known = track.is_return(seen, "return") or track.is_free(seen)
    return track.is_in("aborted") and not known
