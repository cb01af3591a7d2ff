"""Participants against one another: freeze order in a session, sets under creation on a host."""

from vssfsm.core.finding import finding
from vssfsm.core.record import Record, Symbol, level_class
from vssfsm.core.track import Track, Visit
from vssfsm.monitor.evidence import Draft, Evidence, Owner
from vssfsm.monitor.instances import Instances
from vssfsm.monitor.keys import Key
from vssfsm.monitor.requesters import Requesters
from vssfsm.monitor.tables import table
from vssfsm.spec.coupling import CREATING, TWO_CREATIONS
from vssfsm.spec.hresults import is_failure


class _Session(Owner):
    """The writers of one backup session, together."""

    def __init__(self, key: Key, visits: set[Visit]) -> None:
        super().__init__(key)
        self.track = Track(table("levels"), restart=key.session is None, visits=visits)


class Coupling:
    """Step the regions that several participants share."""

    def __init__(self, evidence: Evidence, instances: Instances, requesters: Requesters) -> None:
        self._evidence = evidence
        self._instances = instances
        self._requesters = requesters
        self._sessions: dict[Key, _Session] = {}

    def dissolve(self, field: str) -> list[_Session]:
        """Take out the sessions whose key lacks *field*."""
        if field not in ("host", "session"):
            return []
        return self._evidence.take_out(self._sessions, field)

    def take_event(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Take a writer's event: levels count only where the evidence gives them."""
        known = table("levels")
        if not known.knows(record.event) or self._evidence.lacks(key, ("host", "session")):
            return []
        level = seen.level or self._level_of(key)
        own = Key(key.host, key.session)
        session = self._sessions.get(own)
        if session is None:
            if level is None:
                return []
            session = self._sessions[own] = _Session(own, self._evidence.visits)
        if self._evidence.hidden_before(session, self._evidence.kind(record)):
            session.track.take_hole(record.line)
        session.number = self._evidence.number
        return [
            Draft(self._evidence.paid(paid, session.track, record), session)
            for paid in session.track.take(seen._replace(level=level), record.line)
        ]

    def _level_of(self, key: Key) -> str | None:
        instance = self._instances.get(key)
        return None if instance is None else level_class(instance.app_level)

    def take_call(self, record: Record, key: Key) -> list[Draft]:
        """Take a requester's call: one set under creation per named host."""
        if record.event != "StartSnapshotSet" or is_failure(record.hresult or 0):
            return []
        if not key.host or self._evidence.kind(record) != "complete":
            return []
        others = [
            other.key.session
            for other in self._requesters.on_host(key.host)
            if other.key.session != key.session
            and CREATING.issuperset(other.lifecycle.belief.costs)
        ]
        if not others:
            return []
        text = f"session {others[0]}"
        return [Draft(finding(TWO_CREATIONS.code, text, **self._evidence.where(record)))]
