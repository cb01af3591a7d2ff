"""
A simulated service for requesters under test: it answers every call, and judges them all.

Each call becomes a record, judged by the monitor as if it had succeeded. One that would be an error
of the requester is refused with the documented code and is a fault; all others are answered as the
scenario has it. Writers are played by the reference writer, so that what a status round shows is
what the rows allow. Time is virtual.

An asynchronous call ends when it is waited for, or at the second QueryStatus. A Wait of a failed
one returns its failure, as one of the two readings of the page has it. A requester that never
names a call to wait for is folded: it gets results as return codes.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from vssfsm.core.finding import Finding
from vssfsm.reports.words import listed
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.contexts import context_class
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import RAISES
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rounds import KNOWN_FAILURE
from vssfsm.spec.rows import ERROR, INFO
from vssfsm.spec.vocabulary import OBJECT_STARTS, REQUESTER_NAMES, RESULT_CALLS, STATUS_CALLS
from vssfsm.testing.adapters import Broken
from vssfsm.testing.faults import Fault, fault
from vssfsm.testing.requesters.played import PlayedWriter
from vssfsm.testing.requesters.records import BESIDE, Answer, call_record
from vssfsm.testing.requesters.refusals import missing, refusal, unexpected
from vssfsm.testing.requesters.scenarios import Scenario
from vssfsm.testing.visits import Visits, Way
from vssfsm.testing.watch import WatchedMonitor, broken_places

_OK: Final = "S_OK"
_PENDING, _FINISHED, _CANCELLED = (
    f"VSS_S_ASYNC_{name}" for name in ("PENDING", "FINISHED", "CANCELLED")
)
_NS_PER_MS: Final = 1_000_000
#: virtual time that a call takes
_CALL_NS: Final = 10 * _NS_PER_MS
#: the beginning of virtual time, so that no record tells when it was made
_EPOCH_NS: Final = 1_700_000_000_000_000_000
#: calls after which a requester is taken for endless
MOST_CALLS: Final = 1_000
#: refusals of one method in a scenario
MOST_REFUSALS: Final = 5
_COPY: Final = "DoSnapshotSet"
_ABORT: Final = "AbortBackup"
#: asynchronous calls that gather, or only begin a backup or a restore
_PREPARE: Final = ("GatherWriterMetadata", "GatherWriterStatus", "PrepareForBackup", "PreRestore")
#: those whose good end is what was wanted
_ACHIEVE: Final = frozenset(ASYNC) - frozenset(_PREPARE)
#: calls that neither save, restore nor list
_IDLE: Final = frozenset((*OBJECT_STARTS, "SetContext", "SetBackupState", _ABORT, "Release"))
#: methods that read a list by index, and those that count one
_LISTS: Final = ("GetWriterMetadata", "GetWriterMetadataEx", "GetWriterComponents", *STATUS_CALLS)
_COUNTS: Final = {f"{name}Count": name for name in _LISTS if f"{name}Count" in REQUESTER_NAMES}
#: rules that tell of going on after a failure that was read
_IGNORED: Final = tuple(row.code for row in KNOWN_FAILURE.rows if not row.to)


class TimeIsUpError(Exception):
    """A scenario takes longer than the run may."""


class Service:
    """
    The service in one scenario.

    Args:
        scenario: what the requester meets.
        release: Windows release.
        after: the service of the scenario before, whose time and sessions go on.
        is_late: tells that the scenario takes too long.
    """

    def __init__(
        self,
        scenario: Scenario,
        release: str = RELEASES[-1],
        *,
        after: "Service | None" = None,
        is_late: Callable[[], bool] = bool,
    ) -> None:
        self.scenario = scenario
        #: canonical records of all calls
        self.records: list[dict[str, object]] = []
        #: what is wrong, worst first kept
        self.faults: list[Fault] = []
        self.warnings: list[Finding] = []
        #: why what was played proves less than it could
        self.doubts: list[str] = []
        self._release = release
        #: virtual time, ns since 1970 UTC
        self.now_ns: int = after.now_ns if after else _EPOCH_NS
        self._monitor = WatchedMonitor(release=release)
        self._set_owner = 0
        self._before: int = after.sessions if after else 0
        #: number of sessions so far; the last one's number is its key
        self.sessions: int = self._before
        self._is_late = is_late
        self._acts = 0
        self._names_calls = False
        self._refused: Counter[str] = Counter()
        self._broken: list[Way] = []
        self._begin()

    def _begin(self) -> None:
        """Begin a new object."""
        self.sessions += 1
        self._is_fresh = True
        self._is_released = False
        self._writers = [PlayedWriter(1), PlayedWriter(2)]
        self._round: list[dict[str, object]] = []
        self._ends: dict[str, str] = {}
        self._polled: set[str] = set()
        self._done: set[str] = set()
        self._selected: set[object] = set()
        self._failed: list[str] = []
        self._has_writers = True
        #: an operation that ends a backup, a restore or an import has ended well
        self._has_achieved = False
        self._has_begun = False
        #: what stood in the way
        self._hindered: list[str] = []

    @property
    def visits(self) -> Visits:
        """What the records visited; complete when the scenario is done."""
        visits = self._monitor.visits
        visits.broken = Counter(self._broken)
        return visits

    # --- what a requester does -----------------------------------------------
    def sleep_ms(self, milliseconds: float) -> None:
        """
        Let virtual time pass.

        Raises:
            Broken: the requester never ends.
            TimeIsUpError: the scenario takes too long.
        """
        self._count()
        self.now_ns += max(int(milliseconds * _NS_PER_MS), 0)

    def call(
        self, name: str, args: Mapping[str, object] | None = None, of: str | None = None
    ) -> Answer:
        """
        Call a method.

        Args:
            name: documented name; `Release` without *of* releases the object.
            args: arguments by their names in the trace format.
            of: for `Wait`, `QueryStatus`, `Cancel`, `Release`: the asynchronous call.

        Raises:
            Broken: there is no such method, or the requester never ends.
            TimeIsUpError: the scenario takes too long.
        """
        if name not in REQUESTER_NAMES:
            raise Broken("wrong-value", f"there is no method {name!r:.60}")
        self._count()
        is_start = name == OBJECT_STARTS[0] or (name in OBJECT_STARTS and self._is_released)
        if is_start and not self._is_fresh:
            self._begin()
        self._is_fresh = False
        self.now_ns += _CALL_NS
        args = dict(args or {})
        if name in RESULT_CALLS:
            return self._result(name, args, of)
        if name == "Release" and of is not None:
            self._names_calls = True
            return self._keep(self._record(name, args, Answer(_OK, {}), of))
        return self._method(name, args)

    def _count(self) -> None:
        """Count what the requester does, so that it ends."""
        if self._is_late():
            raise TimeIsUpError
        if self._acts >= MOST_CALLS:
            raise Broken(
                "hang", f"the requester did {MOST_CALLS} calls and sleeps, and no end came"
            )
        self._acts += 1

    def done(self, *, success: bool) -> Fault | None:
        """End the scenario with what the requester claims; give the fault that counts, if any."""
        owed = {event for item in self._monitor.close() for event in item.expected}
        if not self.faults and not self._is_released and _ABORT in owed:
            self.faults.append(fault("leaked-set", "the requester is done, and owes AbortBackup"))
        idle = all(record["event"] in _IDLE for record in self.records)
        if not self.faults and success and idle:
            names = dict.fromkeys(str(record["event"]) for record in self.records)
            text = f"it called {listed(list(names))}" if names else "it made no call"
            self.faults.append(fault("success-without-calls", text))
        if not self.faults and success:
            self.faults += self._false_claims()
        if not self.faults and self.records:
            self._doubt(success=success)
        return self.faults[0] if self.faults else None

    def _doubt(self, *, success: bool) -> None:
        """See what is no fault, and leaves open whether the requester works."""
        if not self._is_released:
            self.doubts.append("the requester was done, and Release of its object was still owed")
        planned = self.scenario._replace(name="", says="") != Scenario("", "")
        refused = any(is_failure(HRESULTS[str(record["hresult"])]) for record in self.records)
        if not success and not planned and not refused and not self._failed:
            self.doubts.append("failure was claimed, and nothing had failed")

    def _false_claims(self) -> list[Fault]:
        failed = [w for w in self._writers if w.failure and self._is_needed(w)]
        claims = [fault("success-despite-writer", _sentence(writer)) for writer in failed]
        ended = [f"{name} failed with {self._ends[name]}" for name in self._failed]
        ended += [] if self._has_achieved else self._hindered
        claims += [fault("success-despite-failure", text) for text in ended]
        here = [w for w in self.warnings if w.session == str(self.sessions)]
        claims += [_broken(w) for w in here if w.rule in _IGNORED]
        return claims

    # --- methods -------------------------------------------------------------
    def _method(self, name: str, args: dict[str, object]) -> Answer:
        refused = dict(self.scenario.refusals).get(name)
        self._refused[name] += refused is not None
        if self._refused[name] > MOST_REFUSALS:  # a requester that tries again has its way
            refused = None
        if name == "StartSnapshotSet" and self._set_owner not in (0, self.sessions):
            refused = "VSS_E_SNAPSHOT_SET_IN_PROGRESS"  # an object leaked its set
        refused = refused or missing(name, self._release)
        if refused is not None:
            self._hindered.append(f"{name} was refused with {refused}")
            return self._keep(self._record(name, args, Answer(refused, {})))
        answer = self._answer(name, args)
        record = self._record(name, args, answer)
        if self._judge(record) is not None and name != "Release":
            return self._replace(self._record(name, args, Answer(refusal(name), {})))
        self.records.append(record)
        is_folded = name in ASYNC and bool(self._ends) and not self._names_calls
        self._effect(name, args)
        ends = self._ends.get(name, _OK)
        if is_folded and is_failure(HRESULTS[ends]):
            self._done.add(name)
            del self.records[-1]
            return self._replace(self._record(name, args, Answer(ends, {})))
        return answer

    def _replace(self, record: dict[str, object]) -> Answer:
        """
        Judge everything again, with *record* for the call that was tried.

        After the first fault nothing more is to be learned, so that is not done again and again.
        """
        if len(self.faults) <= 1:
            self._monitor = WatchedMonitor(release=self._release)
            for known in (*self.records, record):
                self._monitor.feed(known)
        self.records.append(record)
        return Answer(str(record["hresult"]), {})

    def _judge(self, record: dict[str, object]) -> Finding | None:
        """Judge a call as if it succeeded; what would be an error of the requester is a fault."""
        found = [item for item in self._monitor.feed(record) if item.blame == "requester"]
        errors = [item for item in found if item.severity == ERROR]
        if not errors:
            self.warnings += [item for item in found if item.severity != INFO]
        self._broken += [place for item in errors for place in broken_places(item)]
        self.faults += map(_broken, errors)
        return errors[0] if errors else None

    def _answer(self, name: str, args: dict[str, object]) -> Answer:
        """Give what a legal call answers, before anything comes of it."""
        if name in _LISTS:
            return _at(self._list(name), args)
        out: dict[str, object] = {}
        if name in _COUNTS:
            out = {"count": len(self._list(_COUNTS[name]))}
        elif name == "IsVolumeSupported":
            out = {"supported": True}
        elif name in ("StartSnapshotSet", "AddToSnapshotSet"):
            out = {"id": f"{{{len(self.records):08d}-0000-0000-0000-000000000000}}"}
        return Answer(_OK, out)

    def _list(self, name: str) -> list[dict[str, object]]:
        """Give the list that *name* reads by index."""
        if name in STATUS_CALLS:
            return self._round
        return [{**w.facts, "components": ["files"]} for w in self._writers if w.is_listed]

    def _effect(self, name: str, args: dict[str, object]) -> None:
        """Let happen what a legal call does."""
        if name == "AddComponent":
            self._selected |= {args[key] for key in BESIDE if args.get(key)}
            self._selected |= set() if self._selected else {None}
        elif name == "StartSnapshotSet":
            self._has_begun = True
            self._set_owner = self.sessions
        elif name == "SetContext":
            context = args.get("context")
            known = context if isinstance(context, int | str) else None
            self._has_writers = context_class(known) in (None, "writers")
        elif name == _ABORT:
            if self._has_begun:
                self._hindered.append(f"{name} gave up what was begun")
            self._set_owner = 0
            self._raise(name)
        elif name == "Release":
            self._is_released = True
            if not self.faults and self._set_owner == self.sessions:
                self._set_owner = 0
        elif name in ASYNC:
            self._start(name)

    def _start(self, name: str) -> None:
        self._ends[name] = self._planned_end(name)
        self._polled.discard(name)
        self._done.discard(name)
        if name == "GatherWriterStatus":
            self._round = [writer.report for writer in self._writers if writer.is_listed]
        if not is_failure(HRESULTS[dict(self.scenario.results).get(name, _OK)]):
            self._raise(name)
            self._ends[name] = self._planned_end(name)
        self._has_begun |= name in RAISES
        if not is_failure(HRESULTS[self._ends[name]]):
            self._has_achieved |= name in _ACHIEVE
            self._set_owner = 0 if name == _COPY else self._set_owner
        elif name in RAISES:
            self._failed.append(name)

    def _planned_end(self, name: str) -> str:
        """Give how a call ends; a veto in Freeze or Thaw fails the creation."""
        own = dict(self.scenario.results).get(name)
        if own is not None:
            return own
        vetoed = {writer.failed_in for writer in self._writers}
        if name == _COPY and vetoed & set(_FATAL):
            return unexpected(self._release)
        return _FINISHED

    def _raise(self, name: str) -> None:
        """Deliver the events that a call raises to every writer."""
        events = RAISES.get(name, ()) if self._has_writers else ()
        for event in events:
            for number, writer in enumerate(self._writers):
                self._deliver(writer, event, number)
                if writer.failed_in:
                    writer.note()
            if event in _FATAL and any(w.failed_in == event for w in self._writers):
                for writer in self._writers:
                    writer.inner.deliver("Abort")
                return
        for writer in self._writers:  # a failure that a later event hides cannot be seen
            writer.note()

    def _deliver(self, writer: PlayedWriter, event: str, number: int) -> None:
        play = self.scenario.play
        if (
            play is None
            or play.writer != number
            or play.event != event
            or self.sessions - self._before > play.sessions
        ):
            writer.inner.deliver(event)
        elif play.timer:
            writer.inner.timeout()
            writer.failed_in = event
        elif play.gone:
            writer.is_listed = False
        elif play.unreachable:
            writer.inner.deliver(event)
            writer.overlay = play.failure
        else:
            writer.inner.deliver(event, play.failure, play.soft)
            writer.failed_in = "" if play.soft else event

    # --- results of asynchronous calls ----------------------------------------
    def _result(self, name: str, args: dict[str, object], of: str | None) -> Answer:
        self._names_calls = self._names_calls or of is not None
        target = of or next(reversed(self._ends), None)
        ends = self._ends.get(str(target), _FINISHED)
        if name == "Cancel" and target is not None and target not in self._done:
            self._ends[target] = ends = _CANCELLED
            self._failed += [target] * (target in RAISES)
        if name == "QueryStatus":
            polled = self._poll(str(target), ends)
            answer = Answer(_OK, {"async_result": polled, "pHrResult": polled})
        else:
            self._done.add(str(target))
            answer = Answer(ends if is_failure(HRESULTS[ends]) else _OK, {})
        record = self._record(name, args, answer, of)
        self._judge(record)
        self.records.append(record)
        return answer

    def _poll(self, target: str, ends: str) -> str:
        if target in self._done or target in self._polled:
            self._done.add(target)
            return ends
        self._polled.add(target)
        return _PENDING

    # --- records -------------------------------------------------------------
    def _keep(self, record: dict[str, object]) -> Answer:
        self._judge(record)
        self.records.append(record)
        return Answer(str(record["hresult"]), {})

    def _record(
        self, name: str, args: dict[str, object], answer: Answer, of: str | None = None
    ) -> dict[str, object]:
        """Make the record of a call; arguments that no record can hold are left out."""
        known = {
            "time": self.now_ns,
            "host": "test-bed",
            "session": str(self.sessions),
            "process": "requester",
        }
        return call_record(name, args, answer, of, known)

    def _is_needed(self, writer: PlayedWriter) -> bool:
        """Tell whether a component of *writer* was added; unknown ones tell nothing."""
        listed_ones = {fact for one in self._writers for fact in one.facts.values()}
        known = self._selected & listed_ones
        return not known or bool(known & set(writer.facts.values()))


#: a failure in these ends the creation: Abort follows (page aborting-vss-operations)
_FATAL: Final = ("Freeze", "Thaw")


def _at(items: list[dict[str, object]], args: Mapping[str, object]) -> Answer:
    index = args.get("index", 0)
    if isinstance(index, int) and 0 <= index < len(items):
        return Answer(_OK, items[index])
    return Answer("VSS_E_OBJECT_NOT_FOUND", {})


def _broken(found: Finding) -> Fault:
    """Give the fault of a finding; its message is what the finding adds to what the rule says."""
    added = found.message.removeprefix(RULES[found.rule].says).removeprefix(": ")
    return Fault(found.rule, found.name, added or found.event, found.expected)


def _sentence(writer: PlayedWriter) -> str:
    return f"{writer.facts['writer']} reported {writer.failure}"
