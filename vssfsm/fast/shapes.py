"""
Shapes of sessions: their symbols in order, with participants by number. The reference judges each.

What the reference says of a session is a function of its shape and of times, threads, processes
and what its host was told before. The scan looks after those; so a session whose shape was sound
once is sound.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from vssfsm.core.record import Record, level_class
from vssfsm.core.table import Belief
from vssfsm.fast.symbols import REQUESTER, WRITER, Symbol
from vssfsm.monitor import Monitor, table
from vssfsm.monitor.keys import Key, key_of, participant
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


Places = tuple[tuple[int, int], ...]


class Verdict(NamedTuple):
    """
    What the reference says of a shape, should it end here.

    Args:
        is_sound: no finding, nothing owed, no writer that failed.
        spreads: other sessions of the host may be touched.
        counts: it makes a backup session.
        judged, judged_records: as in the monitor.
        frozen: places of each Freeze and the Thaw that ends it.
        held: places of the newest Freeze of all and the first Thaw.
        told: place of the newest report of each participant.
    """

    is_sound: bool
    spreads: bool
    counts: bool
    judged: int
    judged_records: int
    frozen: Places = ()
    held: Places = ()
    told: tuple[int, ...] = ()


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
        self._verdicts: dict[object, Verdict] = {}
        self._casts: dict[object, Cast] = {}
        self._contexts: dict[tuple[Context | None, Symbol], tuple[Context, int]] = {}
        self._states: dict[object, Context] = {}
        self._room = KEPT
        #: codes of the rows that all the shapes take
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

    def judge(self, cast: Cast, symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> Verdict:
        """
        Judge a session.

        Args:
            cast: who takes part.
            symbols: in order.
            who: the place of each in the cast.
        """
        usual = _in_turn(symbols, who) if _may_turn(cast, symbols) else who
        found = self.get(cast, symbols, usual)
        if found is None:
            found = self._judge(cast, symbols, usual)
            self.keep(cast, symbols, usual, found)
        frozen, held = _timed(symbols, who)
        found = found._replace(told=_told(symbols, who), frozen=frozen, held=held)
        self.keep(cast, symbols, who, found)
        return found

    def get(self, cast: Cast, symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> Verdict | None:
        """Give the verdict of a shape that was judged."""
        return self._verdicts.get((cast, symbols, who))

    def keep(
        self, cast: Cast, symbols: tuple[Symbol, ...], who: tuple[int, ...], verdict: Verdict
    ) -> None:
        """Remember a verdict, while there is room."""
        if self._room > 0:
            self._room -= len(symbols) + 10
            self._verdicts[cast, symbols, who] = verdict

    def _judge(self, cast: Cast, symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> Verdict:
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
        for line, (symbol, index) in enumerate(zip(symbols, who, strict=True), 2):
            name, _ = cast.names[index]
            record = _record(symbol, name, cast.host, "s")._replace(line=line)
            findings += monitor.feed(record)
        judged, records = monitor.judged - before, monitor.judged_records - early
        findings += monitor.close()
        sound = not findings and not monitor.doubts and not monitor.failed_writers
        sound &= all(one.verdict == "CONFORMS" for one in monitor.sessions)
        if sound:
            self.coverage.update(monitor.coverage)
        return Verdict(
            is_sound=sound,
            spreads=any(item.rule in _SUBSCRIPTION for item in findings)
            or self._has_moved(monitor, cast),
            counts=bool(monitor.sessions),
            judged=judged,
            judged_records=records,
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


def _may_turn(cast: Cast, symbols: tuple[Symbol, ...]) -> bool:
    """Tell whether writers may change places: levels would tell them apart."""
    levels = any(context.level for _, context in cast.names) or any(s.has_level for s in symbols)
    return len(cast.names) > 1 and not levels


def _in_turn(symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> tuple[int, ...]:
    """
    Let the writers of equal events take turns in the order of the cast.

    What several participants share sees the same symbols either way, and each writer its own.
    """
    turned = list(who)
    start = 0
    for end in range(1, len(symbols) + 1):
        if end == len(symbols) or symbols[end] is not symbols[start]:
            if symbols[start].is_lifecycle and symbols[start].kind == WRITER:
                turned[start:end] = sorted(turned[start:end])
            start = end
    return tuple(turned)


def _frozen(symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> Places:
    """Give the places of each participant's Freeze and of the first Thaw behind it."""
    frozen: dict[int, int] = {}
    found = []
    for place, (symbol, index) in enumerate(zip(symbols, who, strict=True)):
        if symbol.starts:
            frozen[index] = place
        elif symbol.ends and index in frozen:
            found.append((frozen.pop(index), place))
    return tuple(found)


def _timed(symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> tuple[Places, Places]:
    """Give the places whose times are compared: each writer's, and the session's."""
    asked = any(symbol.kind == REQUESTER for symbol in symbols)
    return _frozen(symbols, who), _frozen(symbols, (0,) * len(who)) if asked else ()


def _told(symbols: tuple[Symbol, ...], who: tuple[int, ...]) -> tuple[int, ...]:
    """Give the place of the newest report of each participant."""
    newest = {
        index: place
        for place, (symbol, index) in enumerate(zip(symbols, who, strict=True))
        if symbol.tells_health
    }
    return tuple(newest.values())
