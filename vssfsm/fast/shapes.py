"""
Shapes of sessions: their symbols in order, with participants by number. The reference judges each.

What the reference says of a session is a function of its shape and of times, threads, processes
and what its host was told before. The scan looks after those; so a session whose shape was sound
once is sound.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vssfsm.core.record import Record, level_class
from vssfsm.core.record import symbol as record_symbol
from vssfsm.core.table import Belief
from vssfsm.fast.symbols import HOLE, WRITER, Symbol
from vssfsm.monitor import Monitor, table
from vssfsm.monitor.keys import Key, key_of, participant
from vssfsm.monitor.scopes import UNREAD
from vssfsm.spec.interface import SEEN_LATE
from vssfsm.spec.vocabulary import HANDLER_CALLS, SUBSCRIPTION_CALLS

#: symbols in all the shapes that are kept
KEPT: Final = 1_000_000
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
        self._verdicts: dict[tuple[Cast, tuple[Symbol, ...], tuple[int, ...]], Verdict] = {}
        self._casts: dict[object, Cast] = {}
        self._contexts: dict[tuple[Context | None, Symbol], tuple[Context, int]] = {}
        self._states: dict[object, Context] = {}
        self._stays: dict[tuple[Context, Symbol], bool] = {}
        self._room = KEPT
        #: codes of the rows that sound records take
        self.coverage: set[str] = set()

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
            rows=frozenset().union(*(one.rows for one in verdicts)),
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
        found = self._verdicts.get((cast, symbols, places))
        if found is None:
            found = self._judge(cast, symbols, places)
            if self._room > 0:
                self._room -= len(symbols)
                self._verdicts[cast, symbols, places] = found
        return found

    def _judge(self, cast: Cast, symbols: tuple[Symbol, ...], places: tuple[int, ...]) -> Verdict:
        monitor = Monitor(release=self._release)
        findings = []
        told: set[Key] = set()
        for name, context in cast.names:
            key = _key(name, cast)
            if key not in told:
                told.add(key)
                for symbol in context.symbols:
                    findings += monitor.feed(_record(symbol, name, cast.host, None))
        before, early = monitor.judged, monitor.judged_records
        for line, (symbol, index) in enumerate(zip(symbols, places, strict=True), 2):
            if symbol is HOLE:
                findings += monitor.feed(Record(line, hole=True))
                continue
            name, _ = cast.names[index]
            record = _record(symbol, name, cast.host, "s")._replace(line=line)
            findings += monitor.feed(record)
        judged, records = monitor.judged - before, monitor.judged_records - early
        findings += monitor.close()
        sound = not findings and not monitor.failed_writers
        sound &= len(monitor.doubts) == (monitor.unread > 0)
        sound &= all(one.reasons in ((), (UNREAD,)) for one in monitor.sessions)
        return Verdict(
            is_sound=sound,
            spreads=any(item.rule in _SUBSCRIPTION for item in findings)
            or (HOLE not in symbols and self._has_moved(monitor, cast)),
            counts=bool(monitor.sessions),
            judged=judged,
            judged_records=records,
            rows=frozenset(monitor.coverage),
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

    def subscribe(
        self, known: Context | None, symbol: Symbol, *, named: bool
    ) -> tuple[Context, int]:
        """
        Give what a writer's record without a session leads to, and how much of it is judged.

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

    def _subscribe(
        self, known: Context | None, symbol: Symbol, host: str | None
    ) -> tuple[Context, int]:
        symbols = (*(known.symbols if known else ()), symbol)
        late = known == LATE and symbol.record.event in SUBSCRIPTION_CALLS
        if late or len(symbols) > _LONGEST or symbol.record.event in HANDLER_CALLS:
            return Context(is_sound=False), 0
        monitor = Monitor(release=self._release)
        findings, before = [], 0
        for line, each in enumerate(symbols, 1):
            before = monitor.judged
            findings += monitor.feed(_record(each, Named("x"), host, None)._replace(line=line))
        findings += monitor.close()
        (one,) = monitor.instances.values()
        if findings or monitor.failed_writers:
            return Context(is_sound=False), 0
        self.coverage.update(monitor.coverage)
        state = one.track.belief, one.budget_ms, level_class(one.app_level)
        new = LATE if state == (_LATE, None, None) else Context(symbols, *state)
        return self._states.setdefault(state, new), monitor.judged - before


def _record(symbol: Symbol, name: Named, host: str | None, session: str | None) -> Record:
    instance, writer_id, writer = name
    return symbol.record._replace(
        line=1, host=host, session=session, instance=instance, writer_id=writer_id, writer=writer
    )


def _key(name: Named, cast: Cast) -> Key:
    """Give the key of a participant."""
    return participant(key_of(Record(host=cast.host, **name._asdict())))
