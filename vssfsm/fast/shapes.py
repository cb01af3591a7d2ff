"""
Shapes of sessions: their symbols in order, with participants by number. The reference judges each.

What the reference says of a session is a function of its shape and of times, threads, processes
and what its host was told before. The scan looks after those; so a session whose shape was sound
once is sound.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding
from vssfsm.core.record import Record, level_class
from vssfsm.core.record import symbol as record_symbol
from vssfsm.core.table import Belief
from vssfsm.fast.states import Common, End, States
from vssfsm.fast.symbols import HOLE, WRITER, Symbol
from vssfsm.monitor import Monitor, table
from vssfsm.monitor.keys import Key, key_of, participant
from vssfsm.monitor.scopes import UNREAD
from vssfsm.spec.interface import SEEN_LATE
from vssfsm.spec.vocabulary import HANDLER_CALLS, SUBSCRIPTION_CALLS

#: records of a writer's subscription that are followed
_LONGEST: Final = 50
_LATE: Final = table("subscription").belief({SEEN_LATE.name: 0})
_SUBSCRIPTION: Final = frozenset(row.code for row in table("subscription").region.rows)


class Named(NamedTuple):
    """Who a record names, each name by a word that stands for it."""

    instance: str | None = None
    writer_id: str | None = None
    writer: str | None = None


class Context(NamedTuple):
    """
    What a writer's subscription has said.

    Args:
        symbols: records that lead there.
        belief: None where nothing was recorded.
        budget_ms, level: of its Initialize.
        is_sound: nothing was wrong with it.
    """

    symbols: tuple[Symbol, ...] = ()
    belief: Belief | None = None
    budget_ms: int | None = None
    level: str | None = None
    is_sound: bool = True


class Heard(NamedTuple):
    """
    What a record of a writer's subscription leads to.

    Args:
        context: what was said with it.
        judged: how much of it is judged.
        rows: codes of the rows that it and those before it take.
    """

    context: Context
    judged: int = 0
    rows: frozenset[str] = frozenset()


#: who takes part in a session; the context of each writer once
Names = tuple[tuple[Named, Context], ...]
#: a writer whose first record is no call of its subscription
LATE: Final = Context()


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


class Cast:
    """Who takes part in a session, and what was said before; each distinct one exists once."""

    __slots__ = ("host", "names")

    def __init__(self, names: Names, host: str | None) -> None:
        self.names = names
        self.host = host


class Shapes:
    """
    Judge shapes, each once.

    Args:
        release: of records that do not name theirs.
    """

    def __init__(self, release: str | None) -> None:
        self._release = release
        self._common = Common()
        #: rows of sessions, those of each kind once
        self._rows: dict[frozenset[str], frozenset[str]] = {}
        self._states: dict[Cast, States[tuple[Symbol, int]]] = {}
        self._casts: dict[object, Cast] = {}
        self._contexts: dict[tuple[Context | None, Symbol], Heard] = {}
        self._heard: dict[object, Context] = {}
        self._stays: dict[tuple[Context, Symbol], bool] = {}

    # --- sessions ------------------------------------------------------------
    def cast(
        self,
        words: Sequence[tuple[str | None, ...]],
        contexts: Sequence[Context | None],
        *,
        named: bool,
    ) -> Cast:
        """
        Give the cast of a session.

        Args:
            words: instance, class and name of each participant, as the reference compares them.
            contexts: what was said before.
            named: records name their host.
        """
        known: dict[str, str] = {}
        names = tuple(
            (
                Named(
                    *(
                        None if word is None else known.setdefault(word, f"x{len(known)}")
                        for word in each
                    )
                ),
                context or LATE,
            )
            for each, context in zip(words, contexts, strict=True)
        )
        host = "h" if named else None
        return self._casts.setdefault((names, host), Cast(names, host))

    def judge_writers(
        self, casts: Sequence[Cast], symbols: tuple[Symbol, ...], places: tuple[int, ...]
    ) -> Verdict:
        """
        Judge writers of a session without a requester and without levels: each by itself.

        Args:
            casts: a cast for each writer alone.
            symbols: of the session, in order.
            places: whose each of them is, numbered as they come.
        """
        parts: list[list[Symbol]] = [[] for _ in casts]
        for symbol, place in zip(symbols, places, strict=True):
            for part in parts if symbol is HOLE else (parts[place],):
                if symbol is not HOLE or part[-1:] != [HOLE]:
                    part.append(symbol)
        verdicts = [
            self.judge(cast, tuple(part), tuple(-(one is HOLE) for one in part))
            for cast, part in zip(casts, parts, strict=True)
        ]
        return Verdict(
            is_sound=all(one.is_sound for one in verdicts),
            spreads=any(one.spreads for one in verdicts),
            counts=any(one.counts for one in verdicts),
            judged=sum(one.judged for one in verdicts),
            judged_records=sum(one.judged_records for one in verdicts),
            rows=self._once(frozenset().union(*(one.rows for one in verdicts))),
            parts=tuple(verdicts),
        )

    def judge(self, cast: Cast, symbols: tuple[Symbol, ...], places: tuple[int, ...]) -> Verdict:
        """
        Judge a session.

        Args:
            cast: who takes part.
            symbols: in order.
            places: whose each of them is; of a hole it does not matter.
        """
        return self.look_up(cast, symbols, places) or self._judge(cast, symbols, places)

    def look_up(
        self, cast: Cast, symbols: tuple[Symbol, ...], places: tuple[int, ...]
    ) -> Verdict | None:
        """Judge a session by steps that were made before; None if that would be dear."""
        states = self._states_of(cast)
        moves = states.walk([*zip(symbols, places, strict=True)])
        if moves is None:
            return None
        if moves[-1].state is None:
            return UNSOUND if self._all_stay(cast, symbols, places) else None
        end = states.end(moves[-1])
        if not end.is_sound and not end.spreads:
            return UNSOUND
        return Verdict(
            is_sound=end.is_sound,
            spreads=end.spreads,
            counts=end.counts,
            judged=sum(move.judged for move in moves),
            judged_records=sum(move.records for move in moves),
            rows=self._once(end.rows.union(*(move.rows for move in moves))),
        )

    def _once(self, rows: frozenset[str]) -> frozenset[str]:
        return self._rows.setdefault(rows, rows)

    def _states_of(self, cast: Cast) -> States[tuple[Symbol, int]]:
        """Give the states behind what was said before a session of *cast*."""
        found = self._states.get(cast)
        if found is None:
            found = self._states[cast] = States(
                partial(self._begin, cast),
                partial(_feed, cast),
                partial(self._close, cast),
                self._common,
            )
        return found

    def _begin(self, cast: Cast) -> Monitor:
        """Give a monitor that was told what was said before a session."""
        monitor = Monitor(release=self._release)
        told: set[Key] = set()
        for name, context in cast.names:
            key = _key(name, cast)
            if key not in told:
                told.add(key)
                for symbol in context.symbols:
                    monitor.feed(_record(symbol, name, cast.host, None))
        return monitor

    def _close(self, cast: Cast, monitor: Monitor) -> End:
        """End a session in which nothing was found so far."""
        findings = monitor.close()
        sound = not findings and not monitor.failed_writers
        sound &= len(monitor.doubts) == (monitor.unread > 0)
        sound &= all(one.reasons in ((), (UNREAD,)) for one in monitor.sessions)
        touches = any(item.rule in _SUBSCRIPTION for item in findings)
        return End(
            is_sound=sound,
            spreads=touches or (not monitor.unread and self._has_moved(monitor, cast)),
            counts=bool(monitor.sessions),
            rows=frozenset(monitor.coverage),
        )

    def _judge(self, cast: Cast, symbols: tuple[Symbol, ...], places: tuple[int, ...]) -> Verdict:
        """Judge a session by all of its records."""
        monitor = self._begin(cast)
        before, early = monitor.judged, monitor.judged_records
        findings = []
        for step in zip(symbols, places, strict=True):
            findings += _feed(cast, monitor, step)
        judged, records = monitor.judged - before, monitor.judged_records - early
        end = self._close(cast, monitor)
        touches = any(item.rule in _SUBSCRIPTION for item in findings)
        return Verdict(
            is_sound=end.is_sound and not findings,
            spreads=end.spreads or touches,
            counts=end.counts,
            judged=judged,
            judged_records=records,
            rows=end.rows,
        )

    def _has_moved(self, monitor: Monitor, cast: Cast) -> bool:
        """Tell whether the session changed what is believed of a subscription."""
        believed: dict[Key, Belief] = {}
        for name, context in cast.names:
            believed.setdefault(_key(name, cast), context.belief or _LATE)
        return any(
            one.track.belief is not believed.get(key, _LATE)
            for key, one in monitor.instances.items()
        )

    # --- subscriptions -------------------------------------------------------
    def _all_stay(self, cast: Cast, symbols: tuple[Symbol, ...], places: tuple[int, ...]) -> bool:
        """Tell whether no record of a session changes what was said before it."""
        return all(
            symbol is HOLE or self.stays(cast.names[place][1], symbol)
            for symbol, place in {*zip(symbols, places, strict=True)}
        )

    def stays(self, context: Context, symbol: Symbol) -> bool:
        """Tell whether a record within a session leaves alone what was said before it."""
        found = self._stays.get((context, symbol))
        if found is None:
            found = self._stays[context, symbol] = self._find_stays(context, symbol)
        return found

    def _find_stays(self, context: Context, symbol: Symbol) -> bool:
        known, belief = table("subscription"), context.belief or _LATE
        if symbol.kind != WRITER or not known.knows(symbol.record.event):
            return True
        seen = record_symbol(symbol.record, self._release)
        bare = seen._replace(state=None, failure=None)  # an illegal report counts as none
        return all(known.step(belief, known.project(one)) == (belief, 0) for one in (seen, bare))

    def subscribe(self, known: Context | None, symbol: Symbol, *, named: bool) -> Heard:
        """
        Give what a writer's record without a session leads to.

        Args:
            known: what was said before; None before the writer's first record.
            symbol: of the record.
            named: it names its host.
        """
        found = self._contexts.get((known, symbol))
        if found is None:
            host = "h" if named else None
            found = self._contexts[known, symbol] = self._subscribe(known, symbol, host)
        return found

    def _subscribe(self, known: Context | None, symbol: Symbol, host: str | None) -> Heard:
        symbols = (*(known.symbols if known else ()), symbol)
        late = known == LATE and symbol.record.event in SUBSCRIPTION_CALLS
        if late or len(symbols) > _LONGEST or symbol.record.event in HANDLER_CALLS:
            return Heard(Context(is_sound=False))
        monitor = Monitor(release=self._release)
        findings, before = [], 0
        for line, each in enumerate(symbols, 1):
            before = monitor.judged
            findings += monitor.feed(_record(each, Named("x"), host, None)._replace(line=line))
        findings += monitor.close()
        (one,) = monitor.instances.values()
        if findings or monitor.failed_writers:
            return Heard(Context(is_sound=False))
        state = one.track.belief, one.budget_ms, level_class(one.app_level)
        new = LATE if state == (_LATE, None, None) else Context(symbols, *state)
        context = self._heard.setdefault(state, new)
        return Heard(context, monitor.judged - before, frozenset(monitor.coverage))


def _record(symbol: Symbol, name: Named, host: str | None, session: str | None) -> Record:
    instance, writer_id, writer = name
    return symbol.record._replace(
        line=1, host=host, session=session, instance=instance, writer_id=writer_id, writer=writer
    )


def _feed(cast: Cast, monitor: Monitor, step: tuple[Symbol, int]) -> list[Finding]:
    """Let *monitor* take a record of a session."""
    symbol, place = step
    line = monitor.records + 1  # tells records apart
    if symbol is HOLE:
        return monitor.feed(Record(line, hole=True))
    name, _ = cast.names[place]
    return monitor.feed(_record(symbol, name, cast.host, "s")._replace(line=line))


def _key(name: Named, cast: Cast) -> Key:
    """Give the key of a participant."""
    return participant(key_of(Record(host=cast.host, **name._asdict())))
