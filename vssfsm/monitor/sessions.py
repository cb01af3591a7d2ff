"""
The monitor: sorts records into scopes, lets the parts judge them, and gives findings.

Sans I/O, no clock. The lifecycle belongs to a *writer session* (host, session, participant), the
subscription to an *instance* (host, participant), one-state regions to nobody. Findings of a
session whose keys are incomplete are held until `close`: a later record may show that the input
does tell sessions apart, and then they would have judged a mixture.
"""

from collections.abc import Callable, Iterable, Mapping

from vssfsm.core.align import Repair
from vssfsm.core.coverage import Counts
from vssfsm.core.finding import Finding, Note, Participant, one_accusation
from vssfsm.core.record import Record, Symbol
from vssfsm.core.timeline import Way
from vssfsm.monitor.coupling import Coupling
from vssfsm.monitor.entries import Entries
from vssfsm.monitor.evidence import Draft, Evidence
from vssfsm.monitor.instances import Instance, Instances
from vssfsm.monitor.keys import ANYTHING, Holes, Key, key_of
from vssfsm.monitor.pairs import Pairs, reported
from vssfsm.monitor.repairs import Aligned, Repairs
from vssfsm.monitor.requesters import KEYS as REQUESTER_KEYS
from vssfsm.monitor.requesters import Requesters
from vssfsm.monitor.scopes import Scopes, SessionReport
from vssfsm.monitor.writers import Writers
from vssfsm.spec.rows import ERROR
from vssfsm.spec.vocabulary import (
    NAMES_OF,
    writer_event,
)


class Monitor:
    """
    Judge the records of one input, in observed order.

    Args:
        release: of records that do not name theirs.
        observation: kind of evidence, one of `OBSERVATIONS`; the coarser of it and a record's own
            counts.
        path: reported in findings.
        selected: tells by its code whether a rule is wanted; all are by default.
        keep_ways: keep the paths of all sessions; `ways` gives them.
        every: align every session, not only the accused ones.
        counts_rows: count how often rows are taken; `counts` gives that.
    """

    def __init__(  # noqa: PLR0913 - all of them have defaults
        self,
        *,
        release: str | None = None,
        observation: str = "complete",
        path: str = "",
        selected: Callable[[str], bool] = bool,
        keep_ways: bool = False,
        every: bool = False,
        counts_rows: bool = False,
    ) -> None:
        self._path = path
        self._evidence = Evidence(release, observation, path, selected, counts_rows=counts_rows)
        self._evidence.ways = [] if keep_ways else None
        self._scopes = Scopes(self._evidence)
        self._pairs = Pairs(self._evidence)
        self._entries = Entries()
        self._instances = Instances(self._evidence)
        self._repairs = Repairs(every=every)
        self._writers = Writers(self._evidence, self._instances, self._scopes, self._repairs)
        self._held: list[Draft] = []
        self._accused: dict[tuple[object, ...], int] = {}
        self._requesters = Requesters(self._evidence, self._scopes, self._repairs)
        self._coupling = Coupling(self._evidence, self._instances, self._writers, self._requesters)
        self.unread = 0
        #: number of records that some region judged
        self.judged_records = 0
        #: events that were recorded; `status` for a report of a state
        self.events: set[str] = set()
        self.sessions: tuple[SessionReport, ...] = ()

    # --- results -------------------------------------------------------------
    @property
    def records(self) -> int:
        """Number of records taken, unread ones included."""
        return self._evidence.number

    @property
    def judged(self) -> int:
        """Number of symbols that some region knew."""
        return self._evidence.judged

    @property
    def coverage(self) -> tuple[str, ...]:
        """Codes of the rows that the records took, sorted."""
        return self._evidence.coverage

    @property
    def counts(self) -> Counts | None:
        """How often rows were taken, None unless asked for."""
        return self._evidence.counts

    @property
    def ways(self) -> tuple[Way, ...]:
        """Paths of the sessions that ended, all after `close`; empty unless asked for."""
        return tuple(self._evidence.ways or ())

    @property
    def failed_writers(self) -> int:
        """Number of writers last seen with a failure."""
        return self._pairs.failed_writers

    @property
    def health(self) -> dict[Key, bool]:
        """Tell of each writer that was seen whether it was last seen with a failure."""
        return self._pairs.failed

    @property
    def instances(self) -> Mapping[Key, Instance]:
        """Give what is known of each writer on its host."""
        return self._instances.known

    @property
    def repairs(self) -> dict[Participant, list[Repair]]:
        """Repairs of the accused sessions, by whose they are; after `close`."""
        return self._repairs.by_participant()

    @property
    def aligned(self) -> tuple[Aligned, ...]:
        """Alignments of the accused sessions, of all sessions where wanted; after `close`."""
        return self._repairs.aligned

    @property
    def doubts(self) -> tuple[str, ...]:
        """Reasons why the evidence proves less than it could, in a fixed order."""
        owing = self._scopes.owing
        evicted = len(self._evidence.lives.cut)
        reasons = (
            (owing, f"{owing} session(s) still owe an event"),
            (self.unread, f"{self.unread} line(s) could not be read"),
            (
                self._evidence.loose,
                f"{self._evidence.loose} record(s) lack a key that others carry",
            ),
            (evicted, f"{evicted} session(s) were evicted from memory"),
            (
                self.judged and self._scopes.unjudged,
                f"{self._scopes.unjudged} session(s) hold nothing that could be judged",
            ),
            (not self.judged, "nothing could be judged"),
        )
        return tuple(text for holds, text in reasons if holds)

    # --- for those who compare monitors -------------------------------------
    @property
    def evidence(self) -> Evidence:
        """What the parts share about the input."""
        return self._evidence

    @property
    def is_at_rest(self) -> bool:
        """Tell whether nothing is under way here that another session of the host would meet."""
        return self._requesters.are_at_rest

    @property
    def is_holding(self) -> bool:
        """Tell whether it has found something that it tells at the end."""
        return bool(self._held)

    def forget_coverage(self) -> None:
        """Let `coverage` begin anew: it tells of the records from here."""
        self._evidence.forget_coverage()
        self._pairs.forget_rows()
        self._requesters.forget_answers()

    # --- records that were judged elsewhere ---------------------------------
    def credit(self, records: int, judged: int, judged_records: int) -> None:
        """Count sound records that were not fed."""
        self._evidence.number += records
        self._evidence.judged += judged
        self.judged_records += judged_records

    def credit_rows(self, codes: Iterable[str]) -> None:
        """Add the rows that they took."""
        self._evidence.taken.update(codes)

    def credit_events(self, events: Iterable[str]) -> None:
        """Add the events that they tell of."""
        self.events.update(events)

    def credit_health(self, writers: Iterable[Key]) -> None:
        """Note writers that were last seen without a failure there."""
        self._pairs.failed.update(dict.fromkeys(writers, False))

    # --- feeding -------------------------------------------------------------
    def feed(self, record: Record, problems: tuple[Note, ...] = ()) -> list[Finding]:
        """Take one record; *problems* are what reading it showed. Gives what is certain now."""
        before = self._evidence.judged
        self.events.update(events_told(record))
        findings = self._take(record, problems)
        self.judged_records += self._evidence.judged > before
        return findings

    def _take(self, record: Record, problems: tuple[Note, ...]) -> list[Finding]:
        self._evidence.number += 1
        drafts = [Draft(self._evidence.place(note, record)) for note in problems]
        key = key_of(record)
        if record.hole:
            self._take_unread(record, key)
            return self._settle(drafts)
        self._sort(record, key)
        if record.actor not in ("requester", "writer") or self._is_sampled(record):
            return self._judge(record, key, drafts)
        if record.actor == "requester" and record.at is not None:
            drafts += self._requesters.tick(record, key)
        ready = self._entries.take(record, key)
        if ready.is_doubtful:
            self._holes_of(record).add(key, self._evidence.number)
        calls = [each for each in ready.records if each is not record]
        findings = self._judge_calls(calls)
        if len(calls) < len(ready.records):
            return findings + self._judge(record, key, drafts)
        drafts += self._begin(record, key)
        return findings + self._tell(drafts, whole=is_whole(record, key))

    def _judge_calls(self, calls: list[Record], unseen: tuple[str, ...] = ()) -> list[Finding]:
        """Judge calls that are over; *unseen*: kinds of evidence that may lack their ends."""
        findings = []
        for call in calls:
            key = key_of(call)
            if call.second is None and self._lacks_end(call, key, ("partial", *unseen)):
                self._holes_of(call).add(key, self._evidence.number)
            else:
                findings += self._judge(call, key, [])
        return findings

    def _lacks_end(self, call: Record, key: Key, unseen: tuple[str, ...]) -> bool:
        """Tell whether the line may be missing that says how a call ended."""
        part = self._instances if call.actor == "writer" else self._requesters
        known = part.get(key)
        since = 0 if known is None else known.number
        return self._evidence.kind(call) in unseen or self._holes_of(call).since(since, key)

    def _begin(self, record: Record, key: Key) -> list[Draft]:
        """Take one of two lines of a call that is judged apart from it."""
        self._evidence.judged += 1
        if record.at != "entry" or record.actor != "requester":
            return []
        return self._coupling.take_entry(record, key, self._evidence.symbol(record))

    def _judge(self, record: Record, key: Key, drafts: list[Draft]) -> list[Finding]:
        if record.actor == "writer" and self._instances.is_second_line(record, key):
            record = record._replace(second=record.line)
        seen = self._evidence.symbol(record)
        drafts += self._pairs.take(record, key, seen)
        self._take_parts(record, key, reported(seen, drafts), drafts)
        return self._tell(drafts, whole=is_whole(record, key))

    def _tell(self, drafts: list[Draft], *, whole: bool) -> list[Finding]:
        if whole:
            return self._settle(drafts)
        self._held += drafts
        return []

    def _take_parts(self, record: Record, key: Key, seen: Symbol, drafts: list[Draft]) -> None:
        """Let the parts judge."""
        if record.actor not in ("requester", "writer"):
            return
        if self._is_sampled(record):
            # Judged as a pair only; for the lifecycle it is a moment that nothing is known of.
            self._holes_of(record).add(key, self._evidence.number)
            return
        if record.actor == "requester":
            drafts += self._take_call(record, key, seen)
        else:
            drafts += self._instances.take(record, key, seen)
            drafts += self._writers.take(record, key, seen)
            drafts += self._coupling.take_event(record, key, seen)
        self._remember(record, Key(key.host, key.session))

    def _is_sampled(self, record: Record) -> bool:
        return self._evidence.kind(record) == "sampled"

    def _remember(self, record: Record, key: Key) -> None:
        """Note what the backup session of *key* owes now; forget one that is over, or too many."""
        requesters, writers, coupling = self._requesters, self._writers, self._coupling
        if not (key in requesters or key in writers or key in coupling):
            return
        owes = requesters.owes(key) or writers.owes(key) or key in self._entries
        gone = self._evidence.lives.take(key, record.line, owes=owes)
        if gone is not None:
            for part in (requesters, writers, coupling, self._entries):
                part.forget(gone)

    def close(self, *, truncated: bool = False) -> list[Finding]:
        """End the evidence: what is owed, what was held, the verdicts of the sessions."""
        if truncated:
            self._evidence.number += 1
            self._evidence.holes.add(ANYTHING, self._evidence.number)
            self._evidence.call_holes.add(ANYTHING, self._evidence.number)
            self._evidence.unread_holes.add(ANYTHING, self._evidence.number)
            self._evidence.number -= 1
        findings = self._judge_calls(self._entries.rest(), ("window",))
        drafts = [*self._held, *self._requesters.close(), *self._writers.close()]
        findings = sorted([*findings, *self._settle(drafts)], key=lambda item: item.order)
        self._held = []
        self.sessions = tuple(self._scopes.reports(self._path))
        return findings

    def _take_unread(self, record: Record, key: Key) -> None:
        self.unread += 1
        if record.actor != "observer":
            self._evidence.holes.add(key, self._evidence.number)
            self._evidence.call_holes.add(Key(key.host, key.session), self._evidence.number)
            self._evidence.unread_holes.add(key, self._evidence.number)

    def _sort(self, record: Record, key: Key) -> None:
        """Learn from *record* which keys the input carries, and whose holes it may make."""
        if record.actor in ("requester", "writer"):
            fields = Key._fields if record.actor == "writer" else REQUESTER_KEYS
            for field in self._evidence.sees_first(key, fields):
                self._dissolve(field)
        if _may_be_any_event(record):
            self._evidence.add_hole(key)
        if _may_be_any_call(record):
            self._evidence.loose += 1
            self._evidence.call_holes.add(Key(key.host, key.session), self._evidence.number)

    def _dissolve(self, field: str) -> None:
        """Records without *field* turn out to be loose: their sessions were no sessions."""
        for part in (self._writers, self._instances, self._requesters, self._coupling):
            part.dissolve(field)
        self._held = [d for d in self._held if d.owner is None or not d.owner.lacks(field)]
        self._scopes.dissolve(field)
        if field in REQUESTER_KEYS:
            self._evidence.dissolve(field)

    def _take_call(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        if record.event is None:
            self._evidence.loose += 1
            self._evidence.call_holes.add(Key(key.host, key.session), self._evidence.number)
            return []
        beside = self._coupling.take_call(record, key)
        drafts = self._requesters.take(record, key, seen, beside)
        return drafts + self._coupling.take_steps(record, key, seen)

    def _holes_of(self, record: Record) -> Holes:
        writer = record.actor == "writer"
        return self._evidence.holes if writer else self._evidence.call_holes

    def _settle(self, drafts: list[Draft]) -> list[Finding]:
        if not drafts:
            return []
        wanted = [d.finding for d in drafts if self._evidence.selected(d.finding.rule)]
        kept = one_accusation(wanted, self._accused)
        for item in kept:
            if item.severity == ERROR:
                self._scopes.accuse(item.host, item.session)
        return sorted(kept, key=lambda item: item.order)


def events_told(record: Record) -> tuple[str, ...]:
    """Give the events that rules may name: that of the record, and its report."""
    named = () if record.event is None else (record.event,)
    return named if record.state is None and record.failure is None else (*named, "status")


def is_whole(record: Record, key: Key) -> bool:
    """Tell whether the keys of *record* settle where it belongs."""
    if record.actor == "requester":
        return None not in (key.host, key.session)
    return record.actor != "writer" or None not in (key.host, key.session, key.instance)


def _may_be_any_event(record: Record) -> bool:
    """Tell whether *record* may stand for an event of a writer's session, and for others."""
    if record.actor is None:
        event = None if record.event is None else writer_event(record.event)
        return record.event is None or event in NAMES_OF["writer"]
    return record.actor == "writer" and record.event is None


def _may_be_any_call(record: Record) -> bool:
    """Tell whether *record* may stand for a requester's call, and for others."""
    return record.actor is None and (record.event is None or record.event in NAMES_OF["requester"])
