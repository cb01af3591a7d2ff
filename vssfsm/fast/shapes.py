"""
Shapes of sessions: their symbols in order, with participants by number. The reference judges each.

What the reference says of a session is a function of its shape and of times, threads, processes
and what its host was told before. The scan looks after those; so a session whose shape was sound
once is sound.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding
from vssfsm.core.record import Record
from vssfsm.core.table import Belief
from vssfsm.fast.contexts import UNSEEN, Context, Contexts, Named, record_of
from vssfsm.fast.states import Common, End, State, States
from vssfsm.fast.symbols import HOLE, Symbol
from vssfsm.monitor import Monitor, table
from vssfsm.monitor.keys import Key, key_of, participant
from vssfsm.monitor.scopes import UNREAD

#: sets of rows that are kept
_ROWS: Final = 10_000
_SUBSCRIPTION: Final = frozenset(row.code for row in table("subscription").region.rows)


class Joined(NamedTuple):
    """
    Who takes part in a session.

    Args:
        named: the names, by words.
        context: what was said before.
        is_again: of the same writer are others who take part.
    """

    named: Named
    context: Context
    is_again: bool = False


class Cast(NamedTuple):
    """
    All who take part in a session.

    Args:
        names: in the order of their first records.
        has_host: records name their host.
    """

    names: tuple[Joined, ...]
    has_host: bool

    @property
    def host(self) -> str | None:
        """What stands for the host."""
        return "h" if self.has_host else None

    @property
    def is_plain(self) -> bool:
        """Tell whether nothing was said of anybody before."""
        return not any(one.context.symbols for one in self.names)

    def alone(self, place: int) -> "Cast":
        """Give the cast of one of them alone."""
        named, context, _ = self.names[place]
        return Cast((Joined(renamed(named), context),), self.has_host)


@lru_cache
def renamed(named: Named) -> Named:
    """Give the names of one who is alone."""
    words: dict[str | None, str | None] = {None: None}
    return Named(*(words.setdefault(word, f"x{len(words) - 1}") for word in named))


class Verdict(NamedTuple):
    """
    What the reference says of a shape, should it end here.

    Args:
        is_sound: no finding, nothing owed, no writer that failed.
        spreads: other sessions of the host may be touched.
        counts: it makes a backup session.
        judged, judged_records: as in the monitor.
        rows: codes of those that it takes.
        parts: verdicts of the participants by place, if nothing binds them to one another.
    """

    is_sound: bool
    spreads: bool
    counts: bool
    judged: int
    judged_records: int
    rows: frozenset[str]
    parts: tuple["Verdict", ...] = ()


#: something is wrong with it, and nobody else is touched
UNSOUND: Final = Verdict(
    is_sound=False, spreads=False, counts=False, judged=0, judged_records=0, rows=frozenset()
)

#: a symbol, and whose it is; of a hole nobody's
Said = tuple[Symbol, Named | None]


class Reached(NamedTuple):
    """
    How far records lead.

    Args:
        states: those behind the same beginning.
        state: what is remembered; None where something was found.
        judged, records: what the monitor counts for them.
        rows: codes of those that they take.
    """

    states: States[Said]
    state: State[Said] | None
    judged: int = 0
    records: int = 0
    rows: frozenset[str] = frozenset()


class Shapes:
    """
    Judge shapes, each once.

    Args:
        release: of records that do not name theirs.
    """

    def __init__(self, release: str | None) -> None:
        self._release = release
        self.contexts = Contexts(release)
        self._common = Common()
        #: rows of sessions, those of each kind once; and of two together
        self._rows: dict[frozenset[str], frozenset[str]] = {}
        self._both: dict[tuple[frozenset[str], frozenset[str]], frozenset[str]] = {}
        self._states: dict[object, States[Said]] = {}

    # --- by steps that were made before ----------------------------------------
    def start(self, cast: Cast) -> Reached:
        """Give what is remembered before the first record of a session."""
        told = Cast(tuple(one for one in cast.names if one.context.symbols), cast.has_host)
        states = self._states.get(told)
        if states is None:
            states = self._states[told] = States(
                partial(self._begin, told),
                partial(_feed, cast.host),
                partial(_close, before=_believed(told)),
                self._common,
            )
        return Reached(states, states.root)

    def go(self, reached: Reached, said: Said) -> Reached | None:
        """Give where a record leads to; None where that would be dear to know."""
        states, state, judged, records, rows = reached
        if state is None:
            return reached
        move = states.move(state, said)
        if move is None:
            return None
        both = rows, move.rows
        known = self._both.get(both)
        if known is None:
            if len(self._both) >= _ROWS:
                self._both.clear()
            known = self._both[both] = self._once(rows | move.rows)
        return Reached(states, move.state, judged + move.judged, records + move.records, known)

    def end(self, reached: Reached) -> Verdict:
        """Give what is said of a session that ends there."""
        states, state, judged, records, rows = reached
        if state is None:
            return UNSOUND
        end = states.end(state)
        return Verdict(
            is_sound=end.is_sound,
            spreads=end.spreads,
            counts=end.counts,
            judged=judged,
            judged_records=records,
            rows=self._once(rows | end.rows),
        )

    def together(self, verdicts: Sequence[Verdict]) -> Verdict:
        """Give what is said of participants who have nothing to do with one another."""
        return Verdict(
            is_sound=all(one.is_sound for one in verdicts),
            spreads=any(one.spreads for one in verdicts),
            counts=any(one.counts for one in verdicts),
            judged=sum(one.judged for one in verdicts),
            judged_records=sum(one.judged_records for one in verdicts),
            rows=self._once(frozenset().union(*(one.rows for one in verdicts))),
            parts=tuple(verdicts),
        )

    def _once(self, rows: frozenset[str]) -> frozenset[str]:
        if len(self._rows) >= _ROWS:
            self._rows.clear()
        return self._rows.setdefault(rows, rows)

    # --- by all records --------------------------------------------------------
    def judge_writers(
        self, cast: Cast, records: Sequence[tuple[Symbol, int]], told: int
    ) -> Verdict:
        """Judge writers of a session, each alone; see `judge`."""
        parts: list[list[tuple[Symbol, int]]] = [[] for _ in cast.names]
        known = [0] * len(parts)
        for number, (symbol, place) in enumerate(records):
            for at in range(len(parts)) if symbol is HOLE else (place,):
                parts[at].append((symbol, 0))
                known[at] += number < told
        casts = map(cast.alone, range(len(parts)))
        return self.together([*map(self.judge, casts, parts, known)])

    def judge(self, cast: Cast, records: Sequence[tuple[Symbol, int]], told: int) -> Verdict:
        """
        Judge a session.

        Args:
            cast: who takes part.
            records: symbols in order, and whose each of them is; of a hole it does not matter.
            told: of so many of the first ones the rows are known.
        """
        monitor = self._begin(cast)
        before, early = monitor.judged, monitor.judged_records
        findings = []
        for number, (symbol, place) in enumerate(records, 1):
            named = None if symbol is HOLE else cast.names[place].named
            findings += _feed(cast.host, monitor, (symbol, named))
            if number == told:
                monitor.forget_coverage()
        judged, counted = monitor.judged - before, monitor.judged_records - early
        end = _close(monitor, _believed(cast))
        touches = any(item.rule in _SUBSCRIPTION for item in findings)
        return Verdict(
            is_sound=end.is_sound and not findings,
            spreads=end.spreads or touches,
            counts=end.counts,
            judged=judged,
            judged_records=counted,
            rows=self._once(end.rows),
        )

    def rests(self, cast: Cast, records: Sequence[tuple[Symbol, int]]) -> bool:
        """Tell whether a session is at rest behind *records*: it touches no other one."""
        monitor = self._begin(cast)
        for symbol, place in records:
            named = None if symbol is HOLE else cast.names[place].named
            _feed(cast.host, monitor, (symbol, named))
        return monitor.is_at_rest

    def _begin(self, cast: Cast) -> Monitor:
        """Give a monitor that was told what was said before a session."""
        monitor = Monitor(release=self._release)
        told: set[Key] = set()
        for named, context, _ in cast.names:
            key = _key(named, cast.host)
            if key not in told:
                told.add(key)
                for symbol in context.symbols:
                    monitor.feed(record_of(symbol, named, cast.host, None, 1))
        return monitor


def _close(monitor: Monitor, before: Mapping[Key, Belief]) -> End:
    """
    End a session.

    Args:
        monitor: that was fed with it.
        before: what was believed of each subscription when it began, if anything was said.
    """
    findings = monitor.close()
    sound = not findings and not monitor.failed_writers
    sound &= len(monitor.doubts) == (monitor.unread > 0)
    sound &= all(one.reasons in ((), (UNREAD,)) for one in monitor.sessions)
    touches = any(item.rule in _SUBSCRIPTION for item in findings)
    return End(
        is_sound=sound,
        spreads=touches or (not monitor.unread and _has_moved(monitor, before)),
        counts=bool(monitor.sessions),
        rows=frozenset(monitor.coverage),
    )


def _believed(cast: Cast) -> dict[Key, Belief]:
    """Give what is believed of the subscriptions of *cast*."""
    believed: dict[Key, Belief] = {}
    for named, context, _ in cast.names:
        believed.setdefault(_key(named, cast.host), context.belief or UNSEEN)
    return believed


def _has_moved(monitor: Monitor, before: Mapping[Key, Belief]) -> bool:
    """Tell whether a session changed what is believed of a subscription."""
    return any(
        one.track.belief is not before.get(key, UNSEEN) for key, one in monitor.instances.items()
    )


def _feed(host: str | None, monitor: Monitor, said: Said) -> list[Finding]:
    """Let *monitor* take a record of a session."""
    symbol, named = said
    line = monitor.records + 1  # tells records apart
    if named is None:
        return monitor.feed(Record(line, hole=True))
    return monitor.feed(record_of(symbol, named, host, "s", line))


def _key(named: Named, host: str | None) -> Key:
    """Give the key of a participant."""
    return participant(key_of(Record(host=host, **named._asdict())))
