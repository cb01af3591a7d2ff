"""
Symbols of the fast path: a record without whose and when, and what it asks for beside its session.
"""

from functools import cache
from typing import Any, Final

from vssfsm.core.record import Record, level_class
from vssfsm.fast.lines import SEEN, UnfitError
from vssfsm.monitor import Monitor
from vssfsm.monitor.coupling import BUSY
from vssfsm.monitor.requests import ARGS_READ
from vssfsm.monitor.retries import ENDS
from vssfsm.monitor.sessions import events_told
from vssfsm.monitor.tables import table
from vssfsm.spec.coupling import TWO_CREATIONS
from vssfsm.spec.deadlines import FREEZE, TRANSIENT_FAILURES, TRANSIENT_RESULTS
from vssfsm.spec.hresults import NAMES, is_failure
from vssfsm.spec.requester import RELEASED
from vssfsm.spec.rows import SAME
from vssfsm.spec.vocabulary import (
    HANDLERS,
    LIFECYCLE_EVENTS,
    OBSERVATIONS,
    OWN_CALLS,
    SUBSCRIPTION_CALLS,
)
from vssfsm.traces.canonical import read_mapping
from vssfsm.traces.values import ARGS_KEYS, ATTRIBUTES, KEYS

#: distinct symbols that are kept, and spellings of them
KEPT: Final = 20_000
WRITER, REQUESTER, OBSERVER = range(3)
_CLOSED: Final = "closed"
#: keys of `args` that symbols depend on
READ_OF_ARGS: Final = dict.fromkeys((*ARGS_READ, *ARGS_KEYS)).keys()
#: whose a record is and when, which no symbol tells
_APART: Final[dict[str, Any]] = {
    "line": 0,
    **dict.fromkeys(ATTRIBUTES[key] for key in KEYS if key not in SEEN),
}


class Token:
    """A symbol, and the place of whose it is; each exists once."""

    __slots__ = ("place", "symbol")

    def __init__(self, symbol: "Symbol", place: int) -> None:
        self.symbol = symbol
        self.place = place


class Symbol:
    """
    What a record says beside whose it is and when.

    Args:
        record: it, as the reference reads it, without those keys.
        release: of records that do not name theirs.
    """

    def __init__(self, record: Record, release: str | None) -> None:
        self.record = record
        self.kind = (WRITER, REQUESTER, OBSERVER)[
            ("writer", "requester", "observer").index(record.actor or "")
        ]
        event, failed = record.event, is_failure(record.hresult or 0)
        self.is_lifecycle = event in LIFECYCLE_EVENTS
        self.is_handler = event in HANDLERS
        #: an own call or one of two lines: registers compare it with others by time and thread
        has_two_lines = record.at is not None and self.kind != OBSERVER
        self.is_involved = has_two_lines or (self.kind == WRITER and event in OWN_CALLS)
        self.starts = event == FREEZE.start
        self.ends = event == FREEZE.end
        self.has_level = level_class(record.app_level) is not None
        asks = self.kind == REQUESTER
        releases = asks and event in _closing("requester") and record.of is None
        #: the object is gone, and touches no other session of its host
        self.is_release = releases and not failed
        self.is_last = self.is_release or (self.kind == WRITER and event in _closing("writer"))
        codes = (record.hresult, record.async_result, record.failure)
        passing = {NAMES.get(code or 0) for code in codes}
        #: a failure that asks for a repetition, and what ends repetitions
        self.is_passing = asks and bool(passing & {*TRANSIENT_FAILURES, *TRANSIENT_RESULTS})
        self.settles = asks and event in ENDS and not failed
        is_busy = asks and record.hresult == BUSY
        #: a set whose creation others may meet
        self.starts_set = asks and event in TWO_CREATIONS.on and not failed and _is_whole(record)
        #: its session is in question; all of its host's are
        self.doubts = self.is_involved or is_busy or self.has_level
        self.spreads = is_busy or (self.is_involved and event in SUBSCRIPTION_CALLS)
        #: something beside its session has to be looked at
        self.is_special = any(
            (self.doubts, self.is_release, self.is_passing, self.settles, self.starts_set)
        )
        #: writers may change places in a row of it: each sees its own, and what is shared the same
        self.turns = self.is_lifecycle and self.kind == WRITER and not self.has_level
        #: it, by the place of whose it is among those who take part in a session
        self.tokens: list[Token] = []
        named = record._replace(line=1, host="h", session="s", instance="i")
        alone = Monitor(release=release)
        findings = alone.feed(named)
        #: it says whether its writer was last seen with a failure
        self.tells_health = bool(alone.health)
        #: it says that its writer failed
        self.fails = alone.failed_writers > 0
        self.is_sound = not findings and not self.fails
        self.judged = alone.judged
        self.coverage = frozenset(alone.coverage)

    def token(self, place: int) -> "Token":
        """Give it as that of *place*."""
        while len(self.tokens) <= place:
            self.tokens.append(Token(self, len(self.tokens)))
        return self.tokens[place]


#: stands for records that could not be read; it is a record of nobody, so it has no keys
HOLE: Final = Symbol.__new__(Symbol)


def _is_whole(record: Record) -> bool:
    return record.observation in (None, OBSERVATIONS[0])


@cache
def _closing(region: str) -> frozenset[str]:
    """Give the events that end what *region* follows."""
    states = table(region).states
    phases = {_CLOSED, RELEASED.phase}
    return frozenset(
        event
        for row in table(region).region.rows
        if row.to and all(to != SAME and states[to].phase in phases for to in row.to)
        for event in row.on
    )


class Symbols:
    """
    Symbols by what records say.

    Args:
        release: of records that do not name theirs.
    """

    def __init__(self, release: str | None) -> None:
        self._release = release
        self._known: dict[Any, Symbol] = {}
        #: events that records tell of
        self.events: set[str] = set()

    def get(self, given: dict[str, Any]) -> Symbol:
        """
        Give the symbol of a record's keys and values.

        Raises:
            UnfitError: only the reference can judge it.
        """
        record, notes = read_mapping(given, 0)
        if notes or record.hole:
            raise UnfitError
        return self.of(record)

    def of(self, record: Record) -> Symbol:
        """
        Give the symbol of a record as the reference reads it.

        Raises:
            UnfitError: only the reference can judge it.
        """
        kept = record.observation in (None, "complete") and record.actor and record.event
        if not kept:
            raise UnfitError
        args = record.args or {}
        read = {key: args[key] for key in ARGS_READ if isinstance(args.get(key), str)}
        record = record._replace(args=read or None, observation=None, version=None, **_APART)
        key = record._replace(args=tuple(sorted(read.items())))  # type: ignore[arg-type]
        found = self._known.get(key)
        if found is None:
            found = Symbol(record, self._release)
            self.events.update(events_told(record))
            if len(self._known) < KEPT:
                self._known[key] = found
        return found


class Spellings:
    """
    Symbols by the values of records.

    Args:
        symbols: those of the input.
    """

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._known: dict[Any, Symbol] = {}

    def find(self, values: tuple[Any, ...], args: dict[str, Any] | None) -> Symbol:
        """
        Give the symbol of a record.

        Args:
            values: in the order of `SEEN`, without `args`.
            args: with whatever is there; of other keys than `READ_OF_ARGS` nothing is kept.
        """
        key: Any = values
        if args and not READ_OF_ARGS.isdisjoint(args):  # 1, 1.0 and true are equal
            key = values, repr([args.get(each) for each in READ_OF_ARGS])
        found = self._known.get(key)
        if found is None:
            named = zip(SEEN, (*values, args), strict=True)
            found = self._symbols.get({each: given for each, given in named if given is not None})
            if len(self._known) < KEPT:
                self._known[key] = found
        return found
