"""Writer instances: what belongs to a writer on its host over all of its sessions."""

from collections import OrderedDict
from typing import Final

from vssfsm.core.coverage import Visits
from vssfsm.core.finding import Note, finding
from vssfsm.core.record import Record, Symbol
from vssfsm.core.track import Track
from vssfsm.monitor.evidence import Draft, Evidence, Owner
from vssfsm.monitor.keys import Key, participant
from vssfsm.monitor.registers import Clock, HandlerCalls
from vssfsm.monitor.tables import table
from vssfsm.spec.interface import SEEN_LATE
from vssfsm.spec.vocabulary import (
    FAILURE_CALLS,
    HANDLERS,
    INITIALIZE_CALLS,
    SUBSCRIPTION_CALLS,
)

_ONE_STATE: Final = ("interface", "anytime")
#: steps of a subscription that are kept for explanations
_HISTORY_KEPT: Final = 10_000
#: instances remembered at most; those with the oldest records are forgotten
INSTANCES_KEPT: Final = 1_000_000


class Instance(Owner):
    """One writer on its host."""

    FIELDS = tuple(field for field in Key._fields if field != "session")

    def __init__(self, key: Key, start: str, visits: Visits) -> None:
        super().__init__(key)
        self.track = Track(table("subscription"), start=start, visits=visits)
        self.calls = HandlerCalls()
        self.budget_ms: int | None = None
        #: it had a budget, or may have had one, and may have another one
        self.hides_budget = False
        self.app_level: int | str | None = None
        #: of its handlers; its own calls stand before the line of theirs
        self.clock = Clock()


class Instances:
    """Step the subscription, the one-state regions and the registers of every instance."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.known: OrderedDict[Key, Instance] = OrderedDict()
        self._forgot = False

    def get(self, key: Key) -> Instance | None:
        """Give the instance of *key*, None before its first record."""
        return self.known.get(participant(key))

    def dissolve(self, field: str) -> None:
        """Take out the instances whose key lacks *field*."""
        self._evidence.take_out(self.known, field)

    def take(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Take a writer's record."""
        again = record.second == record.line
        drafts = [] if again else self._take_one_state(record, key, seen)
        if self._evidence.is_loose(key, ("host",)):
            self._evidence.holes.add(key._replace(session=None), self._evidence.number)
            return drafts
        instance = self._instance(record, key)
        if not again:
            drafts += self._step_subscription(record, instance, seen)
        notes = self._step_registers(record, instance)
        return drafts + [Draft(self._evidence.place(note, record), instance) for note in notes]

    def is_second_line(self, record: Record, key: Key) -> bool:
        """Tell whether *record* is the return of a handler whose entry was judged."""
        known = self.get(key)
        return known is not None and known.calls.entered(record)

    def _take_one_state(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        drafts = []
        for name in _ONE_STATE:
            if table(name).knows(seen.event):
                self._evidence.judged += 1
                row = self._evidence.row(name, seen)
                if row is not None and row.name:
                    drafts.append(Draft(finding(row.code, **self._evidence.where(record))))
                    if record.event in FAILURE_CALLS and self._evidence.selected(row.code):
                        self._evidence.accused_codes.add((participant(key), record.failure))
        return drafts

    def _instance(self, record: Record, key: Key) -> Instance:
        own = participant(key)
        instance = self.known.get(own) or self._begin(record, key)
        may_be_back = self._forgot and not instance.number
        if may_be_back or self._evidence.hidden_before(instance, self._evidence.kind(record)):
            instance.track.take_hole(record.line)
            instance.calls.clear()
            instance.hides_budget |= may_be_back or instance.budget_ms is not None
            instance.budget_ms = instance.app_level = None
        instance.number = self._evidence.number
        self.known.move_to_end(own)
        return instance

    def _begin(self, record: Record, key: Key) -> Instance:
        """Give an instance that had no record, or is remembered no more."""
        recorded = record.event in SUBSCRIPTION_CALLS
        start = "" if recorded and not self._evidence.holes.since(0, key) else SEEN_LATE.name
        found = Instance(key._replace(session=None), start, self._evidence.visits)
        self.known[participant(key)] = found
        if len(self.known) > INSTANCES_KEPT:
            self.known.popitem(last=False)
            self._forgot = True
        return found

    def _step_subscription(self, record: Record, instance: Instance, seen: Symbol) -> list[Draft]:
        if not instance.track.table.knows(record.event):
            return []
        self._evidence.judged += 1
        if len(instance.track.history) > _HISTORY_KEPT:
            instance.track.forget()
        return [
            Draft(self._evidence.paid(paid, instance.track, record), instance)
            for paid in instance.track.take(seen, record.line)
        ]

    def _step_registers(self, record: Record, instance: Instance) -> list[Note]:
        if record.event in INITIALIZE_CALLS:
            instance.budget_ms = _budget(record.timeout_ms)
            instance.hides_budget = False
            instance.app_level = record.app_level
        if record.event in HANDLERS:
            return [*instance.clock.take(record), *instance.calls.handler(record)]
        if self._evidence.kind(record) == "partial":
            return []
        return instance.calls.call(record)


def _budget(timeout_ms: int | None) -> int | None:
    """Read a DWORD that may have been logged as signed; what 0 means is not documented."""
    return (timeout_ms or 0) & 0xFFFFFFFF or None
