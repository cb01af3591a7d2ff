"""
The monitor: sorts records into sessions, steps their regions, and gives findings.

Sans I/O, no clock. The lifecycle belongs to a *writer session* (host, session, participant), the
subscription to an *instance* (host, participant), one-state regions to nobody. Findings of a
session whose keys are incomplete are held until `close`: a later record may show that the input
does tell sessions apart, and then they would have judged a mixture.
"""

from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from typing import Any, Final, NamedTuple, TypeVar

from vssfsm.core.align import Edit, align
from vssfsm.core.finding import Finding, Note, finding, one_accusation
from vssfsm.core.record import Record, Symbol, failure_class, state_class, symbol
from vssfsm.core.table import Table
from vssfsm.core.track import Paid, Track
from vssfsm.monitor.keys import ANYTHING, Holes, Key, key_of
from vssfsm.monitor.registers import FreezeTimer, HandlerCalls, timeout_too_early
from vssfsm.spec import inputs
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.interface import SEEN_LATE
from vssfsm.spec.rows import ERROR, INFO, WARNING, Row
from vssfsm.spec.status import OTHER
from vssfsm.spec.vocabulary import (
    FAILED_STATES,
    FAILURE_CALLS,
    HANDLERS,
    LIFECYCLE_EVENTS,
    NO_LIFECYCLE_STATE,
    OBJECT_STARTS,
    OBSERVATIONS,
    OWN_CALLS,
    SESSION_STARTS,
    STATUS_CALLS,
    SUBSCRIPTION_CALLS,
)
from vssfsm.spec.writer import OWED

#: writer sessions remembered at most (contract 2.6); the oldest are evicted
TOMBSTONES: Final = 1_000_000
_ONE_STATE: Final = ("interface", "anytime")
_FAILED: Final = frozenset(FAILED_STATES) | {"UNKNOWN"}
_REPORTING: Final = frozenset((*HANDLERS, *STATUS_CALLS, "WriterStatus"))
_HOLD_SESSION: Final = ("host", "session", "instance")


class _Tables(dict[str, Table]):
    """Regions, each compiled when it is first needed."""

    def __missing__(self, name: str) -> Table:
        self[name] = compiled = Table(REGIONS[name])
        return compiled


_TABLES: Final = _Tables()


def table(name: str) -> Table:
    """Give the compiled region *name*."""
    return _TABLES[name]


class SessionReport(NamedTuple):
    """Verdict of one backup session, what it still owes, and the input that it is in."""

    host: str
    session: str
    verdict: str
    owed: tuple[str, ...]
    path: str


class _Writer:
    """One writer in one session."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.number = 0
        self.segments = 1
        self.kind = "complete"
        self.names: Record | None = None
        self.renew()

    def renew(self) -> None:
        """Begin a new session of the same key: the file is the scope."""
        self.track = Track(_TABLES["writer"], restart=self.key.session is None)
        self.timer = FreezeTimer()


class _Instance:
    """One writer on its host, over all of its sessions."""

    def __init__(self, key: Key, start: str) -> None:
        self.key = key
        self.number = 0
        self.track = Track(_TABLES["subscription"], start=start)
        self.calls = HandlerCalls()
        self.budget_ms: int | None = None
        self.time_ns: int | None = None
        self.clock_steps = 0


_Owner = TypeVar("_Owner", _Writer, _Instance)


class _Scope:
    """One backup session, or the file where no key tells sessions apart."""

    def __init__(self) -> None:
        self.errors = 0
        self.judged = 0
        self.segments = 1
        self.initialized = False
        self.owed: list[str] = []


class _Draft(NamedTuple):
    """A finding, and the session or instance that it stands or falls with."""

    finding: Finding
    owner: object | None = None


class Monitor:
    """
    Judge the records of one input, in observed order.

    Args:
        release: of records that do not name theirs.
        observation: kind of evidence, one of `OBSERVATIONS`; the coarser of it and a record's own
            counts.
        path: reported in findings.
        selected: tells by its code whether a rule is wanted; all are by default.
    """

    def __init__(
        self,
        *,
        release: str | None = None,
        observation: str = "complete",
        path: str = "",
        selected: Callable[[str], bool] = bool,
    ) -> None:
        self._release = release
        self._observation = observation
        self._path = path
        self._selected = selected
        self._seen: set[str] = set()
        self._writers: OrderedDict[Key, _Writer] = OrderedDict()
        self._instances: dict[Key, _Instance] = {}
        self._scopes: dict[tuple[str | None, str | None], _Scope] = {}
        self._holes = Holes()
        self._unread_holes = Holes()
        self._held: list[_Draft] = []
        self._failed: dict[Key, bool] = {}
        self._symbols: dict[tuple[object, ...], Symbol] = {}
        self._evicted = 0
        self._evicted_open = 0
        self._loose = 0
        self.records = 0
        self.unread = 0
        self.judged = 0
        self.unjudged_calls = 0
        self.sessions: tuple[SessionReport, ...] = ()
        self.session_count = 0
        #: (host, session, writer, instance) as in findings -> edits in the order of lines
        self.repairs: dict[tuple[str, str, str, str], list[Edit]] = {}

    @property
    def failed_writers(self) -> int:
        """Number of writers last seen with a failure."""
        return sum(self._failed.values())

    # --- feeding -------------------------------------------------------------
    def feed(self, record: Record, problems: tuple[Note, ...] = ()) -> list[Finding]:
        """Take one record; *problems* are what reading it showed. Gives what is certain now."""
        self.records += 1
        drafts = [_Draft(self._place(note, record)) for note in problems]
        key = key_of(record)
        if record.hole:
            self._take_unread(record, key)
            return self._settle(drafts, hold=False)
        if record.actor not in (None, "observer"):
            self._see(record, key)
        if _may_be_any_event(record):
            self._add_hole(key)
        symbol_ = self._symbol(record)
        drafts += self._take_pair(record, key, symbol_)
        symbol_ = _reported(symbol_, drafts)
        if record.actor == "requester":
            self._take_call(record)
        if record.actor != "writer" or self._kind(record) == "sampled":
            return self._settle(drafts, hold=False)
        drafts += self._take_one_state(record, key, symbol_)
        drafts += self._take_instance(record, key, symbol_)
        if record.event in LIFECYCLE_EVENTS or record.event in OWN_CALLS:
            drafts += self._take_session(record, key, symbol_)
        return self._settle(drafts, hold=None in key[:3])

    def close(self, *, truncated: bool = False) -> list[Finding]:
        """End the evidence: what is owed, what was held, the verdicts of the sessions."""
        if truncated:
            self._add_unread(ANYTHING)
        drafts = []
        for writer in self._writers.values():
            drafts += self._close_writer(writer)
        self.session_count = sum(self._segments().values())
        self._held += drafts
        findings = self._settle([], hold=False, final=True)
        self.sessions = tuple(self._reports())
        return findings

    # --- keys and holes ------------------------------------------------------
    def _see(self, record: Record, key: Key) -> None:
        fields = Key._fields if record.actor == "writer" else ("host", "session")
        for field in fields:
            if getattr(key, field) is not None and field not in self._seen:
                self._seen.add(field)
                self._dissolve(field)

    def _dissolve(self, field: str) -> None:
        """Records without *field* turn out to be loose: their sessions were no sessions."""
        gone: list[_Writer | _Instance] = [*_take_out(self._writers, field)]
        if field != "session":
            gone += _take_out(self._instances, field)
        for owner in gone:
            self._holes.add(owner.key, owner.number)
        self._loose += len(gone)
        owners = {id(owner) for owner in gone}
        self._held = [draft for draft in self._held if id(draft.owner) not in owners]
        if field in ("host", "session"):
            index = ("host", "session").index(field)
            self._scopes = {k: scope for k, scope in self._scopes.items() if k[index] is not None}

    def _is_loose(self, key: Key, fields: tuple[str, ...]) -> bool:
        if not key.instance:
            fields += ("instance",) if "instance" in self._seen else ("writer_id", "writer")
        return any(getattr(key, field) is None and field in self._seen for field in fields)

    def _add_hole(self, key: Key) -> None:
        self._loose += 1
        self._holes.add(key, self.records)

    def _add_unread(self, key: Key) -> None:
        self._holes.add(key, self.records + 1)
        self._unread_holes.add(key, self.records + 1)

    def _take_unread(self, record: Record, key: Key) -> None:
        self.unread += 1
        if record.actor in (None, "writer"):
            self._holes.add(key, self.records)
        if record.actor != "observer":
            self._unread_holes.add(key, self.records)

    def _kind(self, record: Record) -> str:
        own = record.observation or "complete"
        return max(own, self._observation, key=OBSERVATIONS.index)

    # --- one record ----------------------------------------------------------
    def _symbol(self, record: Record) -> Symbol:
        key = (
            *(record.event, record.outcome, record.state, record.failure, record.hresult),
            *(record.during, record.release, record.mask),
        )
        found = self._symbols.get(key)
        if found is None:
            found = symbol(record, self._release)
            if len(self._symbols) < TOMBSTONES:
                self._symbols[key] = found
        return found

    def _place(self, note: Note, record: Record) -> Finding:
        return finding(
            note.code,
            note.message,
            severity=note.severity,
            **self._where(record) | {"line": note.line},
        )

    def _where(self, record: Record) -> dict[str, Any]:
        return {
            "path": self._path,
            "line": record.line,
            "host": record.host or "",
            "session": record.session or "",
            "actor": record.actor or "",
            "writer": record.writer or record.writer_id or "",
            "instance": record.instance or "",
            "event": record.event or "",
        }

    def _take_pair(self, record: Record, key: Key, seen: Symbol) -> list[_Draft]:
        if record.state is None and (record.failure is None or record.event not in _REPORTING):
            self._note_outcome(record, key)
            return []
        if record.event in FAILURE_CALLS:  # its argument is no report (family FLR)
            seen = seen._replace(failure=None)
        self.judged += 1
        self._failed[_participant(key)] = seen.state in _FAILED or seen.failure not in (
            None,
            "S_OK",
        )
        pair = seen._replace(event="status", outcome=None)
        row = _only_row(_TABLES["status"], pair)
        if row is None or row.severity not in (ERROR, WARNING, INFO):
            return []
        severity = row.severity
        if severity == WARNING and (record.actor == "observer" or self._kind(record) == "sampled"):
            severity = INFO
        code = None if record.event in FAILURE_CALLS else record.failure
        text = f"{_show_state(record.state)}, {_show_code(code)}"
        made = finding(row.code, text, severity=severity, **self._where(record))
        return [_Draft(made)]

    def _note_outcome(self, record: Record, key: Key) -> None:
        if record.actor == "writer" and record.event in LIFECYCLE_EVENTS and record.outcome:
            # A handler that succeeds without a report proves no health, save at a new start.
            failed = record.outcome != "ok"
            if failed or record.event in SESSION_STARTS:
                self._failed[_participant(key)] = failed

    def _take_one_state(self, record: Record, key: Key, seen: Symbol) -> list[_Draft]:
        instance = self._instances.get(_participant(key))
        if instance and record.at == "return" and instance.calls.entered(record):
            return []
        drafts = []
        for known in map(table, _ONE_STATE):
            if known.knows(seen.event):
                self.judged += 1
                row = _only_row(known, seen)
                if row is not None and row.name:
                    drafts.append(_Draft(finding(row.code, **self._where(record))))
        return drafts

    def _take_call(self, record: Record) -> None:
        """Count backup sessions; their calls are judged by regions of their own."""
        self.unjudged_calls += 1
        if self._is_loose(Key(record.host, record.session, "-"), ("host", "session")):
            return
        scope = self._scopes.get((record.host, record.session))
        if scope is None:
            scope = self._scopes[record.host, record.session] = _Scope()
        elif record.event in OBJECT_STARTS and record.session is None:
            starts_anew = record.event == OBJECT_STARTS[0] or scope.initialized
            scope.segments += starts_anew
            scope.initialized = scope.initialized and not starts_anew
        scope.initialized |= record.event in OBJECT_STARTS[1:]

    # --- an instance ---------------------------------------------------------
    def _take_instance(self, record: Record, key: Key, seen: Symbol) -> list[_Draft]:
        if self._is_loose(key, ("host",)):
            self._holes.add(key._replace(session=None), self.records)
            return []
        instance = self._instance(record, key)
        again = instance.calls.entered(record)
        drafts = []
        if not again:
            drafts += self._step_subscription(record, instance, seen)
        notes = self._step_clock(record, instance)
        if record.event in HANDLERS:
            notes += instance.calls.handler(record)
        elif self._kind(record) != "partial":
            notes += instance.calls.call(record)
        if record.event in ("Initialize", "InitializeEx"):
            instance.budget_ms = record.timeout_ms
        return drafts + [_Draft(self._place(note, record), instance) for note in notes]

    def _instance(self, record: Record, key: Key) -> _Instance:
        own = _participant(key)
        instance = self._instances.get(own)
        if instance is None:
            recorded = record.event in SUBSCRIPTION_CALLS
            start = "" if recorded and not self._holes.since(0, key) else SEEN_LATE.name
            instance = self._instances[own] = _Instance(key._replace(session=None), start)
        kind = self._kind(record)
        if self._holes.since(instance.number, instance.key) or _starts_in_hole(kind, instance):
            instance.track.take_hole(record.line)
            instance.calls.clear()
            instance.budget_ms = None
        instance.number = self.records
        return instance

    def _step_subscription(self, record: Record, instance: _Instance, seen: Symbol) -> list[_Draft]:
        if not _TABLES["subscription"].knows(record.event):
            return []
        self.judged += 1
        if len(instance.track.history) > _HISTORY_KEPT:
            instance.track.forget()
        paid = instance.track.take(seen, record.line)
        return [_Draft(self._paid(item, instance.track, record), instance) for item in paid]

    def _step_clock(self, record: Record, instance: _Instance) -> list[Note]:
        if record.time_ns is None or record.event not in HANDLERS:
            return []
        last, instance.time_ns = instance.time_ns, record.time_ns
        if last is None or record.time_ns >= last:
            return []
        instance.clock_steps += 1
        text = f"by {(last - record.time_ns) / 1e9:.3f} s"
        return [Note(inputs.CLOCK_STEP.code, record.line, text)]

    # --- a writer's session --------------------------------------------------
    def _take_session(self, record: Record, key: Key, seen: Symbol) -> list[_Draft]:
        if self._is_loose(key, ("host", "session")):
            if record.event in LIFECYCLE_EVENTS:
                self._add_hole(key)
            return []
        instance = self._instances.get(_participant(key))
        if record.event in OWN_CALLS:
            return self._take_own_call(record, key, instance)
        writer = self._writer(record, key, seen)
        scope = self._scopes.setdefault((key.host, key.session), _Scope())
        scope.judged += 1
        self.judged += 1
        kind = self._kind(record)
        if self._holes.since(writer.number, writer.key) or _starts_in_hole(kind, writer):
            writer.track.take_hole(record.line)
            writer.timer.clear()
        writer.number, writer.kind, writer.names = self.records, kind, record
        self._begin_anew(writer, record, seen)
        drafts = [
            _Draft(self._paid(paid, writer.track, record), writer)
            for paid in writer.track.take(seen, record.line, record.at)
        ]
        if instance:
            notes = writer.timer.take(record, instance.budget_ms, instance.clock_steps)
            drafts += [_Draft(self._place(note, record), writer) for note in notes]
        if writer.track.is_in("closed") and not writer.track.accused:
            writer.track.forget()
        return drafts

    def _take_own_call(self, record: Record, key: Key, instance: _Instance | None) -> list[_Draft]:
        writer = self._writers.get(_session_key(key))
        if writer is None or instance is None or self._holes.since(writer.number, writer.key):
            return []
        elapsed = writer.timer.elapsed_ns(record.time_ns, instance.clock_steps)
        notes = timeout_too_early(record, elapsed, instance.budget_ms)
        return [_Draft(self._place(note, record), writer) for note in notes]

    def _writer(self, record: Record, key: Key, seen: Symbol) -> _Writer:
        own = _session_key(key)
        writer = self._writers.get(own)
        if writer is None:
            writer = self._writers[own] = _Writer(key)
            if self._evicted and not writer.track.is_free(seen):
                writer.track.take_hole(record.line)
            self._evict()
        else:
            self._writers.move_to_end(own)
        return writer

    def _evict(self) -> None:
        if len(self._writers) > TOMBSTONES:
            _, oldest = self._writers.popitem(last=False)
            self._evicted += 1
            self._evicted_open += not oldest.track.is_in("closed")

    def _begin_anew(self, writer: _Writer, record: Record, seen: Symbol) -> None:
        """Where the file is the scope, an event that starts sessions may start the next one."""
        if (
            writer.key.session is None
            and record.event in SESSION_STARTS
            and not writer.track.is_free(seen)
            and writer.track.may_have_ended
        ):
            self._repair(writer)
            writer.renew()
            writer.segments += 1

    def _paid(self, paid: Paid, track: Track, record: Record) -> Finding:
        where = self._where(record)
        where |= {"line": paid.line, "event": paid.event}
        text = _show_paid(paid)
        return finding(
            paid.row.code,
            text,
            since_line=paid.since_line,
            states=paid.states,
            expected=track.table.expected(paid.states),
            **where,
        )

    # --- the end -------------------------------------------------------------
    def _close_writer(self, writer: _Writer) -> list[_Draft]:
        if writer.kind == "window" or self._holes.since(writer.number, writer.key):
            writer.track.take_hole(writer.track.last_line)
        self._repair(writer)
        owed = writer.track.owed
        if not owed or writer.names is None:
            return []
        scope = self._scopes.setdefault((writer.key.host, writer.key.session), _Scope())
        scope.owed += [event for event in owed if event not in scope.owed]
        where = self._where(writer.names) | {"line": writer.track.last_line}
        states = writer.track.belief.cheapest
        text = " or ".join(owed)
        return [_Draft(finding(OWED.code, text, states=states, expected=owed, **where), writer)]

    def _repair(self, writer: _Writer) -> None:
        """Align a session that was accused, at its end."""
        edits = align(writer.track.table, writer.track.history) if writer.track.accused else None
        if edits and writer.names is not None:
            where = self._where(writer.names)
            key = where["host"], where["session"], where["writer"], where["instance"]
            self.repairs.setdefault(key, []).extend(edits)

    def _segments(self) -> dict[tuple[str | None, str | None], int]:
        segments = {key: scope.segments for key, scope in self._scopes.items()}
        for writer in self._writers.values():
            key = writer.key.host, writer.key.session
            segments[key] = max(segments.get(key, 1), writer.segments)
        return segments

    def _reports(self) -> list[SessionReport]:
        reports = []
        for (host, session), scope in self._scopes.items():
            unread = self._unread_holes.since(0, Key(host, session))
            doubtful = scope.owed or unread or not scope.judged
            verdict = "VIOLATES" if scope.errors else "INCONCLUSIVE" if doubtful else "CONFORMS"
            reports.append(
                SessionReport(host or "", session or "", verdict, tuple(scope.owed), self._path)
            )
        return sorted(reports)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Reasons why the evidence proves less than it could, in a fixed order."""
        owed = sum(bool(scope.owed) for scope in self._scopes.values())
        reasons = (
            (owed, f"{owed} session(s) still owe an event"),
            (self.unread, f"{self.unread} line(s) could not be read"),
            (self._loose, f"{self._loose} record(s) lack a key that others carry"),
            (self._evicted_open, f"{self._evicted_open} session(s) were evicted from memory"),
            (self.unjudged_calls, "the order of requester calls is not judged by this version"),
            (not self.judged, "nothing could be judged"),
        )
        return tuple(text for holds, text in reasons if holds)

    def _settle(self, drafts: list[_Draft], *, hold: bool, final: bool = False) -> list[Finding]:
        if hold:
            self._held += drafts
            return []
        if final:
            drafts, self._held = self._held, []
        wanted = [d.finding for d in drafts if self._selected(d.finding.rule)]
        kept = one_accusation(wanted)
        for item in kept:
            scope = self._scopes.get((item.host or None, item.session or None))
            if scope and item.severity == ERROR:
                scope.errors += 1
        return sorted(kept, key=lambda item: item.order)


#: history of a subscription that is kept for explanations
_HISTORY_KEPT: Final = 10_000


def _take_out(owners: MutableMapping[Key, _Owner], field: str) -> list[_Owner]:
    """Take out the owners whose key lacks *field*; an instance needs no names beside it."""
    named = field in ("writer_id", "writer")
    lacking = [
        key for key in owners if getattr(key, field) is None and not (named and key.instance)
    ]
    return [owners.pop(key) for key in lacking]


def _participant(key: Key) -> Key:
    return (
        Key(key.host, None, key.instance)
        if key.instance
        else Key(key.host, None, None, key.writer_id, key.writer)
    )


def _session_key(key: Key) -> Key:
    return _participant(key)._replace(session=key.session)


def _starts_in_hole(kind: str, owner: _Writer | _Instance) -> bool:
    """Tell whether the kind of observation leaves room for hidden steps before this record."""
    return kind == "partial" or (kind == "window" and not owner.number)


def _may_be_any_event(record: Record) -> bool:
    """Tell whether *record* may stand for an event of a writer's session, and for others."""
    if record.actor is None:
        return record.event is None or record.event in (*LIFECYCLE_EVENTS, *SUBSCRIPTION_CALLS)
    return record.actor == "writer" and record.event is None


def _only_row(known: Table, seen: Symbol) -> Row | None:
    """Give the row that a one-state region takes."""
    (move,) = known.moves("any", known.project(seen)).values()
    return move.row


def _reported(seen: Symbol, drafts: list[_Draft]) -> Symbol:
    """An illegal pair counts as not reported; two states name none of the lifecycle."""
    if any(d.finding.family == "STS" and d.finding.severity == ERROR for d in drafts):
        return seen._replace(state=None, failure=None)
    if seen.state in NO_LIFECYCLE_STATE:
        return seen._replace(state=None)
    return seen


def _show_state(number: int | None) -> str:
    if number is None:
        return "no state"
    return f"{number} {name}" if (name := state_class(number)) != "beyond" else str(number)


def _show_code(code: int | None) -> str:
    if code is None:
        return "no failure code"
    name = failure_class(code)
    return f"0x{code:08X}" if name == OTHER else f"{name} (0x{code:08X})"


def _show_paid(paid: Paid) -> str:
    return f"{paid.event} in {' or '.join(paid.states)}"
