"""
A simulated service for requesters under test: it answers every call, and judges them all.

Each call becomes a record, judged by the monitor as if it had succeeded. One that would be an error
of the requester is refused with the documented code and is a fault; all others are answered as the
scenario has it (`requesters/backup.py`). Time is virtual.

A Wait of a failed call returns its failure, as one of the two readings of the page has it. A
requester that never names a call to wait for is folded: it gets results as return codes.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from vssfsm.core.finding import Finding
from vssfsm.reports.words import listed
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rounds import KNOWN_FAILURE
from vssfsm.spec.rows import ERROR, INFO
from vssfsm.spec.vocabulary import OBJECT_STARTS, REQUESTER_NAMES, RESULT_CALLS
from vssfsm.testing.adapters import Broken
from vssfsm.testing.faults import Fault, fault
from vssfsm.testing.requesters.backup import ABORT, OK, Backup
from vssfsm.testing.requesters.played import PlayedWriter
from vssfsm.testing.requesters.records import Answer, call_record
from vssfsm.testing.requesters.refusals import missing, refusal
from vssfsm.testing.requesters.scenarios import Scenario
from vssfsm.testing.visits import Visits, Way
from vssfsm.testing.watch import WatchedMonitor, broken_places

_NS_PER_MS: Final = 1_000_000
#: virtual time that a call takes
_CALL_NS: Final = 10 * _NS_PER_MS
#: the beginning of virtual time, so that no record tells when it was made
_EPOCH_NS: Final = 1_700_000_000_000_000_000
#: calls after which a requester is taken for endless
MOST_CALLS: Final = 1_000
#: refusals of one method in a scenario
MOST_REFUSALS: Final = 5
#: calls that neither save, restore nor list
_IDLE: Final = frozenset((*OBJECT_STARTS, "SetContext", "SetBackupState", ABORT, "Release"))
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
        #: a set that another object left behind is in the way
        self._is_leaked = False
        self._before: int = after.sessions if after else 0
        #: number of sessions so far; the last one's number is its key
        self.sessions: int = self._before
        self._is_late = is_late
        self._acts = 0
        self._names_calls = False
        self._refused: Counter[str] = Counter()
        self._broken: list[Way] = []
        self._backup = self._begin()

    def _begin(self) -> Backup:
        """Begin a new object."""
        self.sessions += 1
        return Backup(self.scenario, self._release, self.sessions - self._before)

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
        is_start = name == OBJECT_STARTS[0] or (name in OBJECT_STARTS and self._backup.is_released)
        if is_start and not self._backup.is_fresh:
            self._is_leaked |= self._backup.holds_set
            self._backup = self._begin()
        self._backup.is_fresh = False
        self.now_ns += _CALL_NS
        args = dict(args or {})
        if name in RESULT_CALLS:
            return self._result(name, args, of)
        if name == "Release" and of is not None:
            self._names_calls = True
            return self._keep(self._record(name, args, Answer(OK, {}), of))
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
        if not self.faults and not self._backup.is_released and ABORT in owed:
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
        if not self._backup.is_released:
            self.doubts.append("the requester was done, and Release of its object was still owed")
        planned = self.scenario._replace(name="", says="") != Scenario("", "")
        refused = any(is_failure(HRESULTS[str(record["hresult"])]) for record in self.records)
        if not success and not planned and not refused and not self._backup.failed:
            self.doubts.append("failure was claimed, and nothing had failed")

    def _false_claims(self) -> list[Fault]:
        backup = self._backup
        claims = [fault("success-despite-writer", _sentence(writer)) for writer in backup.lost()]
        ended = [f"{name} failed with {backup.ends[name]}" for name in backup.failed]
        ended += [] if backup.has_achieved else backup.hindered
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
        if name == "StartSnapshotSet" and self._is_leaked:
            refused = "VSS_E_SNAPSHOT_SET_IN_PROGRESS"  # an object leaked its set
        refused = refused or missing(name, self._release)
        if refused is not None:
            self._backup.hindered.append(f"{name} was refused with {refused}")
            return self._keep(self._record(name, args, Answer(refused, {})))
        answer = self._backup.answer(name, args, len(self.records))
        record = self._record(name, args, answer)
        if self._judge(record) is not None and name != "Release":
            return self._replace(self._record(name, args, Answer(refusal(name), {})))
        self.records.append(record)
        is_folded = name in ASYNC and bool(self._backup.ends) and not self._names_calls
        self._take(name, args)
        ends = self._backup.ends.get(name, OK)
        if is_folded and is_failure(HRESULTS[ends]):
            self._backup.done.add(name)
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

    def _take(self, name: str, args: dict[str, object]) -> None:
        """Let happen what a legal call does."""
        self._backup.take(name, args)
        self._is_leaked &= name != ABORT
        if name == "Release" and not self.faults:  # a set that is leaked stays in the way
            self._backup.holds_set = False

    def _result(self, name: str, args: dict[str, object], of: str | None) -> Answer:
        self._names_calls = self._names_calls or of is not None
        answer = self._backup.result(name, of)
        record = self._record(name, args, answer, of)
        self._judge(record)
        self.records.append(record)
        return answer

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


def _broken(found: Finding) -> Fault:
    """Give the fault of a finding; its message is what the finding adds to what the rule says."""
    added = found.message.removeprefix(RULES[found.rule].says).removeprefix(": ")
    return Fault(found.rule, found.name, added or found.event, found.expected)


def _sentence(writer: PlayedWriter) -> str:
    return f"{writer.facts['writer']} reported {writer.failure}"
