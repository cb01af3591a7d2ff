"""
What the scan knows of hosts, writers and open sessions.

Memory is bound by the sessions that are open: of one that is over its name is left, in bytes.
"""

from array import array
from collections.abc import Iterator
from itertools import chain, pairwise
from typing import Final, NamedTuple

from vssfsm.core.record import Record
from vssfsm.fast.contexts import LATE, Context, Heard
from vssfsm.fast.graph import Node
from vssfsm.fast.limits import MOST_INSTANCES
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.names import Names
from vssfsm.fast.shapes import Verdict
from vssfsm.fast.steps import NOTHING_MORE, More, Roster, Step
from vssfsm.fast.symbols import Symbol
from vssfsm.monitor.keys import Key, key_of, participant
from vssfsm.spec.deadlines import FLUSH_AND_HOLD_S, FREEZE

#: before every time
_NEVER: Final = -(1 << 80)
#: names of sessions that are compared at a time, about
_PART: Final = 20_000
_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
#: how long writes may be held
HOLD_NS: Final = int(FLUSH_AND_HOLD_S * _NS_PER_S)


def near_ns(context: Context) -> float:
    """Give how long a writer is frozen when that comes near its budget."""
    budget = context.budget_ms
    limit = FREEZE.budget_s * _NS_PER_S if budget is None else budget * _NS_PER_MS
    return FREEZE.near_share * limit


class Writer:
    """A writer on its host, over all of its sessions."""

    def __init__(self, key: Key) -> None:
        self.key = key
        #: what its subscription said
        self.context = LATE
        #: it has had a record
        self.has_begun = False
        #: line of the newest record that changed the context
        self.changed = 0
        #: time of its newest handler
        self.time = _NEVER
        #: line of the newest record that told of its health
        self.told = 0


class Who:
    """
    What one combination of names stands for.

    Args:
        host: where it is.
        kind: of the records that name it so.
        key: the names as the reference compares them.
    """

    def __init__(self, host: "Host", kind: str, key: Key) -> None:
        self.host = host
        #: whose sessions it takes part in; an observer takes part in none
        self.home = None if kind == "observer" else host
        self.acts = kind == "writer"
        self.asks = kind == "requester"
        self.writer = host.writer(participant(key))
        self.words = key.instance, key.writer_id, key.writer
        #: tells those of a host apart
        self.place = len(host.whos)
        host.whos.append(self)


class Entry:
    """
    What records say that differ in time, line and session alone.

    Args:
        symbol: what is said.
        who: whose record it is.
        process: as it is named there.
    """

    __slots__ = (
        *("acts", "failed", "host", "is_last", "is_more", "is_special", "is_timed", "mark"),
        *("process", "symbol", "tells", "who", "writer"),
    )

    def __init__(self, symbol: Symbol, who: Who, process: str | None) -> None:
        self.symbol = symbol
        self.who = who
        self.process = process
        self.host = who.host
        self.writer = who.writer
        #: a writer's handler: its time is compared with that of the one before
        self.acts = who.acts and symbol.is_handler
        self.tells = symbol.tells_health
        self.is_timed = self.acts and (symbol.starts or symbol.ends)
        #: whose it is, and what of a Freeze; see `Session.moments`
        self.mark = who.place << 2 | symbol.starts << 1 | symbol.ends
        self.is_special = symbol.is_special
        self.is_last = symbol.is_last
        #: something is to be done beside a step of its session
        self.is_more = self.is_special or self.is_last
        #: processes of the host whose last operation failed
        self.failed = who.host.failed


class Whos(dict[tuple[str | None, ...], Who]):
    """Who is named by actor, host, instance, class and name."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts: dict[str | None, Host] = {}
        #: something could not be read that may be of any host
        self.is_holed = False

    def __missing__(self, names: tuple[str | None, ...]) -> Who:
        actor, name, instance, writer_id, writer = names
        if "" in names or actor is None or len(self) >= MOST_INSTANCES:
            raise UnfitError
        key = key_of(Record(0, instance=instance, writer_id=writer_id, writer=writer))
        if "" in key:  # braces around nothing: a name that is there, and none
            raise UnfitError
        found = self[names] = Who(self.host(name), actor, key)
        return found

    def host(self, name: str | None) -> "Host":
        """Give the host of that name; either all have names, or there is one."""
        host = self.hosts.get(name)
        if host is None:
            if self.hosts and (name is None) != (None in self.hosts):
                raise UnfitError
            host = self.hosts[name] = Host(name)
            host.is_holed = host.is_hidden = self.is_holed
        return host


#: of sessions without a Freeze, and of those of which no part is sound
_NO_TIMES: Final = array("q")
_NOBODY: Final[dict[Who, Verdict]] = {}
#: stands for a time that is missing
_UNKNOWN: Final = -(1 << 63)


class Moment(NamedTuple):
    """A Freeze, a Thaw, or both, of a writer; its time in nanoseconds, None if it is missing."""

    time: int | None
    who: Who
    starts: bool
    ends: bool


class Session:
    """
    An open session.

    Args:
        host: where it is.
        name: as `written` gives it.
        step: what came before its first record.
    """

    __slots__ = (
        *("asked", "host", "in_question", "is_doubted", "is_idle", "lines", "more", "name"),
        *("rests", "sound", "step", "time", "times", "waits"),
    )

    def __init__(self, host: "Host", name: bytes, step: Step) -> None:
        self.host = host
        self.name = name
        #: its newest one
        self.step = step
        #: what counts for it beside what leads to the node of its step
        self.more = NOTHING_MORE
        #: of its records
        self.lines = array("I")
        #: of the requester's newest record
        self.time = _NEVER
        #: times of its Freeze and Thaw, each with the mark of its entry
        self.times = _NO_TIMES
        #: a requester took part; none is at work; it is not over, but touches no other session
        self.asked = False
        self.is_idle = True
        self.rests = False
        self.in_question = self.waits = False
        #: something of it could not be read, which its steps know nothing of
        self.is_doubted = False
        #: of those who take part, the ones that are sound though the others are not
        self.sound = _NOBODY

    @property
    def node(self) -> Node:
        """All of its records so far."""
        return self.step.node

    def pauses(self, most: int) -> bool:
        """Tell whether there are more than so many lines between two of its records."""
        if self.lines[-1] - self.lines[0] <= most:
            return False
        return any(after - before > most for before, after in pairwise(self.lines))

    def doubt(self) -> None:
        """Note that something of it could not be read; from here its steps are its own."""
        self.in_question = self.is_doubted = True
        self.step = Step(self.step.node, self.step.roster)

    def count(self, more: More) -> None:
        """Count what is beside its node."""
        if more != NOTHING_MORE:
            self.more = self.more[0] + more[0], self.more[1] + more[1]

    def take_time(self, entry: Entry, time: int | None) -> None:
        """Take a Freeze or a Thaw."""
        if not self.times:
            self.times = array("q")
        append = self.times.append
        try:
            append(_UNKNOWN if time is None else time)
        except OverflowError:  # centuries away
            append(_UNKNOWN)
            self.in_question = True
        append(entry.mark)

    @property
    def moments(self) -> Iterator[Moment]:
        """Its Freeze and Thaw, in order."""
        whos = self.host.whos
        for time, mark in zip(self.times[::2], self.times[1::2], strict=True):
            known = None if time == _UNKNOWN else time
            yield Moment(known, whos[mark >> 2], bool(mark & 2), bool(mark & 1))


class Host:
    """A host, its writers and its sessions."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        #: nobody takes part; and what stands before the first record of its sessions
        self.roster = Roster(has_host=name is not None)
        self.start: Step | None = None
        #: by their names as they are written
        self.sessions: dict[bytes, Session] = {}
        #: those that had no record since something could not be read
        self.asleep: dict[bytes, Session] = {}
        #: names of sessions of which something could not be read
        self.doubted: set[bytes] = set()
        #: something could not be read that may be of any session; or of a writer, at least
        self.is_holed = self.is_hidden = False
        self.writers: dict[Key, Writer] = {}
        #: all that take part in its sessions, by place
        self.whos: list[Who] = []
        #: line of the newest record that changed what a writer's subscription says
        self.changed = 0
        #: no time that comes near a budget is shorter
        self.least_ns = min(HOLD_NS, near_ns(LATE))
        #: no writer has a level
        self.turns = True
        #: all of its records are in question
        self.spreads = False
        #: lines of observers' records that are in question
        self.strange: list[int] = []
        #: lines of writers' records without a session, and how many symbols were judged there
        self.apart: list[int] = []
        self.apart_judged = 0
        self.apart_judged_records = 0
        #: sessions whose requester is at work
        self.live: dict[Session, None] = {}
        #: those that were not at rest when another one began a set; few, and so no mark of each
        self.overtaken: set[Session] = set()
        #: processes, and those whose last operation failed
        self.processes: set[str] = set()
        self.failed: set[str] = set()
        #: sessions that are over, backup sessions and others, and their last line
        self.sound, self.silent = Names(), Names()
        self.last_over = 0
        #: of the sound records that are over
        self.records = self.judged = self.judged_records = 0
        #: codes of the rows that they took, those of each kind of session once
        self.rows: set[frozenset[str]] = set()

    def writer(self, key: Key) -> Writer:
        """Give the writer of *key*."""
        return self.writers.setdefault(key, Writer(key))

    def observe(self, symbol: Symbol, place: int) -> None:
        """Take an observer's record; *place* is its line, or its row."""
        if not symbol.is_sound:
            self.strange.append(place)
            return
        self.records += 1
        self.judged += symbol.judged
        self.judged_records += symbol.judged > 0
        self.rows.add(symbol.coverage)

    @property
    def coverage(self) -> frozenset[str]:
        """Codes of all rows that sound records took."""
        return frozenset().union(*self.rows)

    def hear(self, heard: Heard, place: int) -> None:
        """Take a record of a writer's subscription; *place* is its line, or its row."""
        context, judged, rows = heard
        self.spreads |= not context.is_sound
        self.least_ns = min(self.least_ns, near_ns(context))
        self.apart.append(place)
        self.apart_judged += judged
        self.apart_judged_records += judged > 0
        self.rows.add(rows)

    def change(self, line: int) -> None:
        """Note that a writer's subscription says something else: sessions begin anew from here."""
        self.changed = line
        # Steps tell who takes part, and what was said of them before: none may be found again.
        self.roster, self.start = Roster(has_host=self.name is not None), None

    def overlaps(self, session: Session, line: int) -> bool:
        """Tell whether another session's requester may have been at work since *line*."""
        return self.last_over > line or any(
            other is not session and other.asked and other.lines[-1] > line for other in self.open
        )

    @property
    def open(self) -> list[Session]:
        """All open sessions."""
        return [*self.sessions.values(), *self.asleep.values()]

    def get(self, name: bytes) -> Session | None:
        """Give an open session, None if there is none of that name."""
        return self.sessions.get(name) or self.asleep.get(name)

    def close(self, session: Session, verdict: Verdict) -> None:
        """Forget an open session that is sound, but for what counts for it."""
        if self.sessions.pop(session.name, None) is None:
            del self.asleep[session.name]
        self.last_over = max(self.last_over, session.lines[-1])
        self.records += len(session.lines)
        self.judged += verdict.judged + session.more[0]
        self.judged_records += verdict.judged_records + session.more[1]
        (self.sound if verdict.counts else self.silent).append(session.name)
        self.rows.add(verdict.rows)

    def hide(self) -> None:
        """Note that something of any session could not be read."""
        self.is_holed = True
        self.asleep |= self.sessions
        self.sessions.clear()
        self.hide_writers()

    def hide_writers(self) -> None:
        """Note that something of a writer could not be read; of what was said before it."""
        self.is_hidden = True
        self.spreads |= self.changed > 0

    def has_twice(self) -> bool:
        """Tell whether a session that was over may have come again, or what is no record of it."""
        again = {hash(name) for name in (*self.sessions, *self.doubted)}
        return any(
            len(each) > len(found) or not again.isdisjoint(found)
            for each in _parted(self.sound, self.silent)
            for found in (set(each),)
        )


def _parted(*names: Names) -> "Iterator[array[int]]":
    """Give hashes of names in parts that fit in sets: those that are equal in the same one."""
    parts = [array("q") for _ in range(1 + sum(map(len, names)) // _PART)]
    for value in map(hash, chain.from_iterable(each.written() for each in names)):
        parts[value % len(parts)].append(value)
    return iter(parts)
