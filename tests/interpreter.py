"""
An independent judge of whole traces: every record priced by `oracle`, straight from the rows.

It takes complete evidence whose records all say whose they are, and shares no code with the
checker: neither its tables, nor its reading of records, nor its bookkeeping. It knows the regions,
and nothing of rules that compare records. Slow, and easy to check.
"""

from functools import cache
from itertools import chain
from typing import NamedTuple

import oracle

from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.contexts import CONTEXTS, NO_WRITERS
from vssfsm.spec.delivery import PAIRED, SHARED
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.interface import LEVEL_NUMBERS, LEVELS, MASK, NO_LEVEL, OTHER_MASK, SEEN_LATE
from vssfsm.spec.regions import NEEDERS
from vssfsm.spec.returns import JUDGED, OTHER_CODE, OTHER_VSS, RETURN_CODES, SUCCESS
from vssfsm.spec.rounds import (
    FAILED,
    HEALTHY,
    KNOWN,
    NOT_SUCCEEDED,
    RECOVERED,
    SUCCEEDED,
    UNCLEAR,
)
from vssfsm.spec.status import BEYOND, CODES, OTHER, VIA_EX, VIA_OTHER, VIA_PLAIN
from vssfsm.spec.vocabulary import (
    FAILED_STATES,
    FAILURE_CALLS,
    HANDLERS,
    LIFECYCLE_EVENTS,
    NO_LIFECYCLE_STATE,
    STATE_NAMES,
    STATUS_CALLS,
    SUBSCRIPTION_CALLS,
)


class Seen(NamedTuple):
    """What the rows can ask of a record; None stands for every value."""

    event: str
    outcome: str | None = None
    state: str | None = None
    failure: str | None = None
    result: str | None = None
    during: str | None = None
    release: str | None = None
    mask: str | None = None
    level: str | None = None
    stage: str | None = None
    folded: str | None = None
    context: str | None = None
    via: str | None = None
    health: str | None = None
    succeeded: str | None = None
    code: str | None = None
    at: str | None = None


FREE, INFO, WARNING, ERROR = range(4)
NAMES = {number: name for name, number in HRESULTS.items()}
HISTORIES = [n for n, r in REGIONS.items() if r.scope == "requester" and len(r.states) > 1]
SINGLES = [n for n, r in REGIONS.items() if r.scope == "requester" and len(r.states) == 1]
#: calls whose results have codes that are judged
JUDGED_LATE = {method.name for method in JUDGED if method.is_async}
RESULTS = ("Wait", "QueryStatus", "Cancel")
#: events whose failure is a report of the writer, also without a state
REPORTING = (*HANDLERS, *STATUS_CALLS, "WriterStatus")


# --- regions -------------------------------------------------------------------
@cache
def knows(region, event):
    """Tell whether a region has rows of *event*."""
    return bool(oracle.rows_on(region, event))


@cache
def _stepped(region, belief, seen):
    """Step a belief, a set of (state, cost), and say how the least cost rose."""
    before = dict(belief)
    after = oracle.step(region, before, seen)
    least = min(after.values())
    paid = tuple(a - b for a, b in zip(least, min(before.values()), strict=True))
    sunk = {s: tuple(a - b for a, b in zip(c, least, strict=True)) for s, c in after.items()}
    return frozenset(sunk.items()), severity(paid)


def severity(cost):
    """Give the worst severity in a cost."""
    errors, warnings, notes = cost
    return ERROR if errors > 0 else WARNING if warnings > 0 else INFO if notes > 0 else FREE


class Region:
    """One region on its way through the records of whom it follows."""

    def __init__(self, name, start=""):
        self.name = name
        self.belief = frozenset({(start or REGIONS[name].initial, (0, 0, 0))})

    def step(self, seen):
        """Take what is seen; give how bad that is."""
        if not knows(self.name, seen.event):
            return FREE
        self.belief, paid = _stepped(self.name, self.belief, seen)
        return paid


def single(name, seen):
    """Ask a region with one state."""
    return Region(name).step(seen)


# --- values --------------------------------------------------------------------
def number(code):
    """Give a code as an unsigned number; what is missing means S_OK."""
    if isinstance(code, str):
        code = HRESULTS[code] if code in HRESULTS else int(code, 0)
    return (code or 0) & 0xFFFFFFFF


def fails(code):
    """Tell whether a code is a failure: its topmost bit."""
    return number(code) >> 31 == 1


def state_of(record):
    """Give the name of the reported state."""
    value = record.get("state")
    if isinstance(value, str) and not value.isdecimal():
        return value.removeprefix("VSS_WS_")
    return None if value is None else STATE_NAMES.get(int(value), BEYOND)


def failure_of(record):
    """Give the name of a writer's failure code."""
    if record.get("failure") is None:
        return None
    name = NAMES.get(number(record["failure"]))
    return name if name in CODES else OTHER


def code_class(code):
    """Give whose code it is that a method returned."""
    value = number(code)
    if not fails(value):
        return SUCCESS
    name = NAMES.get(value, "")
    return name if name in RETURN_CODES else OTHER_VSS if value >> 8 in (0x800423, 0x800424) else (
        OTHER_CODE
    )  # fmt: skip


def seen_of(record):
    """Give what the rows can ask of a record."""
    args, code = record.get("args") or {}, record.get("hresult")
    mask, value = args.get("mask"), args.get("context")
    context = CONTEXTS.get(value, value)
    return Seen(
        record["event"],
        outcome=record.get("outcome"),
        state=state_of(record),
        failure=failure_of(record),
        result="failed" if fails(code) else "s_false" if number(code) == 1 else "ok",
        during=record.get("during"),
        release=record.get("release"),
        mask=None if mask is None else MASK if str(mask) == MASK else OTHER_MASK,
        level=_level(args.get("app_level")),
        context=context if context is None else _context(context & 0xFFFFFFFF),
        via=record["event"] if record["event"] in (VIA_PLAIN, VIA_EX) else VIA_OTHER,
        code=code_class(code),
        at=record.get("at"),
    )


def _level(value):
    if value is None:
        return None
    name = LEVEL_NUMBERS.get(value, value)
    return name if name in LEVELS else NO_LEVEL


def _context(bits):
    return "all" if bits == CONTEXTS["VSS_CTX_ALL"] else "plain" if bits & NO_WRITERS else "writers"


# --- writers -------------------------------------------------------------------
class Writers:
    """Every writer: what it reports, its lifecycle in each session, its subscription."""

    def __init__(self):
        self.lifecycles = {}
        self.subscriptions = {}

    def take(self, record, seen):
        """Take a record of a writer; give how bad it is."""
        pair, seen = self._report(record, seen)
        who = record.get("host"), record["instance"]
        found = [pair, *(single(name, seen) for name in ("anytime", "interface"))]
        if who not in self.subscriptions:
            late = "" if record["event"] in SUBSCRIPTION_CALLS else SEEN_LATE.name
            self.subscriptions[who] = Region("subscription", late)
        found.append(self.subscriptions[who].step(seen))
        if record["event"] in LIFECYCLE_EVENTS:
            key = *who, record.get("session")
            found.append(self.lifecycles.setdefault(key, Region("writer")).step(seen))
        return max(found)

    @staticmethod
    def _report(record, seen):
        """Judge the pair; one that is illegal, and two states, say nothing of the lifecycle."""
        worst = FREE
        if seen.state or (seen.failure and record["event"] in REPORTING):
            failure = None if record["event"] in FAILURE_CALLS else seen.failure
            worst = single("status", seen._replace(event="status", outcome=None, failure=failure))
        if worst == ERROR:
            return worst, seen._replace(state=None, failure=None)
        return worst, seen._replace(state=None) if seen.state in NO_LIFECYCLE_STATE else seen


# --- requesters ----------------------------------------------------------------
class Requester:
    """
    One object: its regions, and what its records tell of asynchronous calls (contract 3).

    `folded` is `open` until a record names a call in `of` (`no`), or one needs the completion of a
    call that no record has named (`yes`).
    """

    def __init__(self):
        self.regions = [Region(name) for name in HISTORIES]
        self.folded = "open"
        self.running = []
        self.waited = []
        self.called = set()
        #: calls of which a result told that they had ended
        self.ended = set()
        self.last = None
        #: classes of writers with a component; None: one is not known
        self.chosen = set()
        self.gathered = self.stale = False
        #: whose failures are to be heeded, with the number of the round
        self.failed = []
        self.round = 0

    def take(self, record, seen):
        """Take a record; give how bad it is, and the symbols that the regions saw."""
        symbols = self._symbols(record, seen)
        worst = max((r.step(one) for one in symbols for r in self.regions), default=FREE)
        self._note(record)
        return max(worst, self._singles(record, seen)), symbols

    def _symbols(self, record, seen):
        if record["event"] in RESULTS:
            return self._result(record)
        before = [self._told(name, "ended") for name in self.waited]
        self.ended.update(self.waited)
        self.waited = []
        if self.folded == "open" and any(self._needs(record, name) for name in self.running):
            self.folded = "yes"
            before += [_result(name, "finished", "open") for name in self.running]
        if record["event"] in NEEDERS and not fails(record.get("hresult")):
            self.running = [n for n in self.running if n != record["event"]] + [record["event"]]
            self.called.add(record["event"])
            self.ended.discard(record["event"])
            self.last = record["event"]
        if record["event"] == "Release" and record.get("of"):
            return before
        args = record.get("args") or {}
        done = {True: SUCCEEDED, False: NOT_SUCCEEDED}.get(args.get("succeeded"))
        healthy = _health(seen)
        if healthy != HEALTHY:  # of who may take part, nothing is known
            healthy = {True: healthy, False: HEALTHY, None: None}[self._concerns(record)]
        if record["event"] in STATUS_CALLS and not fails(record.get("hresult")):
            healthy = self._heard(record, healthy)
        call = seen._replace(stage="call", folded=self.folded, outcome=None, health=healthy)
        return [*before, call._replace(succeeded=done)]

    def _heard(self, record, healthy):
        """Give what a report says, also of those before it; a later round takes failures back."""
        who = _who(record)
        heeding = next(region for region in self.regions if region.name == "heeding")
        if KNOWN not in dict(heeding.belief):
            self.failed = []
        if healthy == FAILED:
            self.failed = [*self.failed, (who, self.round)]
            return FAILED
        left = [known for known in self.failed if known[1] == self.round or _differ(known[0], who)]
        recovers = len(left) < len(self.failed) and not left
        if healthy is None:
            return None if recovers else UNCLEAR
        self.failed = left
        return RECOVERED if recovers else healthy

    @staticmethod
    def _needs(record, name):
        return record["event"] in (name, *NEEDERS[name])

    def _told(self, name, said):
        """Give what is said of a call; of one that is not the newest it is told late."""
        if name not in self.called:
            return _result(name, said, "no")
        if self.folded == "yes" and said == "pending" and name in self.ended:
            return _result(name, said, "earlier")
        late = self.folded != "yes" and name != self.last
        return _result(name, said, "earlier" if late else self.folded)

    def _result(self, record):
        name, code = record.get("of"), record.get("hresult")
        if name is None:
            return []
        said = _said(record)
        self.folded = "no" if self.folded == "open" else self.folded
        self.running = []
        if said in ("finished", "failed", "cancelled"):
            self.ended.add(name)
        if said is None and record["event"] != "QueryStatus" and not fails(code):
            self.waited += [name] if name not in self.waited else []
            return []
        self.waited = [other for other in self.waited if other != name]
        silent = said is None and (record["event"] != "QueryStatus" or fails(code))
        return [] if silent else [self._told(name, said)]

    def _concerns(self, record):
        """Tell whether the writer of a status takes part, as far as is known."""
        of = record.get("writer_id")
        if self.stale or not self.chosen:
            return not self.stale
        return None if of is None else of in self.chosen

    def _note(self, record):
        event = record["event"]
        if record.get("of") or fails(record.get("hresult")) or event in STATUS_CALLS:
            return
        if event == "GatherWriterStatus":
            self.gathered, self.stale = True, False
            self.round += 1
        elif event in ("FreeWriterStatus", "Release"):
            self.gathered = False
        elif event in ("PrepareForBackup", "PreRestore"):
            self.stale |= self.gathered
        elif event == "AddComponent" and self.chosen is not None:
            of = record.get("writer_id")
            self.chosen = None if of is None else self.chosen | {of}

    @staticmethod
    def _singles(record, seen):
        """Ask the regions with one state of the call's code, and of the code of a result."""
        own = seen._replace(stage="call")
        asked = [[own]]
        if record["event"] in RESULTS:
            if record.get("of") not in JUDGED_LATE:
                return FREE
            result = own._replace(event=record["of"], stage="result", result=None)
            if record["event"] != "QueryStatus":  # the code is its own, or the operation's
                asked = [[own, result]]
            if record.get("async_result") is not None:
                asked.append([result._replace(code=code_class(record["async_result"]))])
        found = [
            min((single(n, r) for r in readings if knows(n, r.event)), default=FREE)
            for readings in asked
            for n in SINGLES
        ]
        return max(found, default=FREE)


def _result(name, said, folded):
    return Seen(name, result=said, stage="result", folded=folded)


def _said(record):
    """Give what a result says of its call; None: nothing, or only that it ended."""
    code, told = record.get("hresult"), record.get("async_result")
    if record["event"] == "QueryStatus" and (fails(code) or told is None):
        return None
    if told is None and fails(code):
        return "wait-failed"
    name = NAMES.get(number(code if told is None else told), "")
    known = {
        "VSS_S_ASYNC_PENDING": "pending",
        "VSS_S_ASYNC_CANCELLED": "cancelled",
        "VSS_S_ASYNC_FINISHED": "finished",
    }
    if told is None:
        return known.get(name)
    return known.get(name) or ("failed" if fails(told) else "finished")


def _who(record):
    """Give the names of a report's writer, and its place in the list."""
    instance = (record.get("instance") or "").strip("{}").lower() or None
    of = (record.get("writer_id") or "").strip("{}").lower() or None
    names = (instance, None, None) if instance else (None, of, record.get("writer") or None)
    return names, (record.get("args") or {}).get("index")


def _differ(one, other):
    (names, place), (others, elsewhere) = one, other
    if any(names) and any(others):
        return any(a and b and a != b for a, b in zip(names, others, strict=True))
    return place is not None and elsewhere is not None and place != elsewhere


def _health(seen):
    if seen.state in (*FAILED_STATES, "UNKNOWN") or seen.failure not in (None, "S_OK"):
        return FAILED
    return None if None in (seen.state, seen.failure) else HEALTHY


# --- both ----------------------------------------------------------------------
class Together:
    """One session over its participants, from the requester's first record to its Release."""

    def __init__(self):
        self.shared = [Region(region.name) for region in SHARED]
        self.paired = {}

    def event(self, record, seen):
        """Take a writer's event; one that is out of place shows no part in the session."""
        told = seen._replace(event=f"On{record['event']}")
        worst = max(region.step(told) for region in self.shared)
        if worst:
            return worst
        mine = self.paired.setdefault(record["instance"], [Region(r.name) for r in PAIRED])
        return max(region.step(told) for region in mine)

    def call(self, record, symbols):
        """Take what a requester's regions saw."""
        regions = [*self.shared, *chain(*self.paired.values())]
        told = [one._replace(at=record.get("at")) for one in symbols]
        return max((region.step(one) for one in told for region in regions), default=FREE)


class Interpreter:
    """Judge the records of a trace, in order."""

    def __init__(self):
        self.writers = Writers()
        self.requesters = {}
        self.sessions = {}
        self.levels = {}
        self.level = {}

    def take(self, record):
        """Take a record; give how bad it is."""
        seen, key = seen_of(record), (record.get("host"), record.get("session"))
        if record["actor"] == "requester":
            return self._call(record, seen, key)
        if record["actor"] == "observer":
            found = Writers._report(record, seen)[0]
            # Such a status belongs to no session, so what is only suspicious stays a note.
            return INFO if found == WARNING else found
        who = record.get("host"), record["instance"]
        if record["event"].startswith("Initialize"):
            self.level[who] = seen.level
        worst, told = self.writers.take(record, seen), Writers._report(record, seen)[1]
        level = seen.level or self.level.get(who)
        if record["event"] in HANDLERS and (level or key in self.levels or key in self.sessions):
            levels = self.levels.setdefault(key, Region("levels"))
            worst = max(worst, levels.step(told._replace(level=level)))
        if key in self.sessions and record["event"] in LIFECYCLE_EVENTS:
            worst = max(worst, self.sessions[key].event(record, told))
        return worst

    def _call(self, record, seen, key):
        pair, told = Writers._report(record, seen)
        session = self.sessions.setdefault(key, Together())
        worst, symbols = self.requesters.setdefault(key, Requester()).take(record, told)
        worst = max(pair, worst, session.call(record, symbols))
        if record["event"] == "Release" and not record.get("of"):
            del self.sessions[key]
            self.levels.pop(key, None)
        return worst


def judge(records):
    """Give how bad each record of a trace is: `FREE`, `INFO`, `WARNING` or `ERROR`."""
    one = Interpreter()
    return [one.take(record) for record in records]
