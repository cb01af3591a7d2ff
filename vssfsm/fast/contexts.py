"""What the subscriptions of writers said before sessions began."""

from typing import Final, NamedTuple

from vssfsm.core.record import Record, level_class
from vssfsm.core.record import symbol as record_symbol
from vssfsm.core.table import Belief
from vssfsm.fast.symbols import WRITER, Symbol
from vssfsm.monitor import Monitor, table
from vssfsm.spec.interface import SEEN_LATE
from vssfsm.spec.vocabulary import HANDLER_CALLS, SUBSCRIPTION_CALLS

#: records of a writer's subscription that are followed
_LONGEST: Final = 50
#: what is believed of a writer whose subscription was not recorded
UNSEEN: Final = table("subscription").belief({SEEN_LATE.name: 0})


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


#: of a writer whose first record is no call of its subscription
LATE: Final = Context()


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


class Contexts:
    """
    What leads from one context to another, each found once.

    Args:
        release: of records that do not name theirs.
    """

    def __init__(self, release: str | None) -> None:
        self._release = release
        self._known: dict[tuple[Context | None, Symbol], Heard] = {}
        self._states: dict[object, Context] = {}
        self._stays: dict[tuple[Context, Symbol], bool] = {}

    def stays(self, context: Context, symbol: Symbol) -> bool:
        """Tell whether a record within a session leaves alone what was said before it."""
        found = self._stays.get((context, symbol))
        if found is None:
            found = self._stays[context, symbol] = self._find_stays(context, symbol)
        return found

    def _find_stays(self, context: Context, symbol: Symbol) -> bool:
        known, belief = table("subscription"), context.belief or UNSEEN
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
        found = self._known.get((known, symbol))
        if found is None:
            host = "h" if named else None
            found = self._known[known, symbol] = self._subscribe(known, symbol, host)
        return found

    def _subscribe(self, known: Context | None, symbol: Symbol, host: str | None) -> Heard:
        symbols, record = (*(known.symbols if known else ()), symbol), symbol.record
        late = known == LATE and record.event in SUBSCRIPTION_CALLS
        waits = record.at is not None or record.event in HANDLER_CALLS  # for what comes later
        if late or waits or len(symbols) > _LONGEST:
            return Heard(Context(is_sound=False))
        monitor = Monitor(release=self._release)
        findings, before = [], 0
        for line, each in enumerate(symbols, 1):
            before = monitor.judged
            findings += monitor.feed(record_of(each, Named("x"), host, None, line))
        findings += monitor.close()
        (one,) = monitor.instances.values()
        if findings or monitor.failed_writers:
            return Heard(Context(is_sound=False))
        state = one.track.belief, one.budget_ms, level_class(one.app_level)
        new = LATE if state == (UNSEEN, None, None) else Context(symbols, *state)
        context = self._states.setdefault(state, new)
        return Heard(context, monitor.judged - before, frozenset(monitor.coverage))


def record_of(
    symbol: Symbol, named: Named, host: str | None, session: str | None, line: int
) -> Record:
    """Give a record that says *symbol*."""
    instance, writer_id, writer = named
    return symbol.record._replace(
        line=line, host=host, session=session, instance=instance, writer_id=writer_id, writer=writer
    )
