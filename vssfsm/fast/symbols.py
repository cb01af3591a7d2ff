"""
Symbols of the fast path: a record without whose and when, and what it asks for beside its session.
"""

from functools import cache
from typing import Any, Final

from vssfsm.core.record import Record, level_class
from vssfsm.fast.lines import UnfitError
from vssfsm.monitor import Monitor
from vssfsm.monitor.coupling import BUSY
from vssfsm.monitor.requests import ARGS_READ
from vssfsm.monitor.retries import ENDS
from vssfsm.monitor.sessions import events_told
from vssfsm.monitor.tables import table
from vssfsm.spec.deadlines import FREEZE, TRANSIENT_FAILURES, TRANSIENT_RESULTS
from vssfsm.spec.hresults import NAMES, is_failure
from vssfsm.spec.requester import RELEASED
from vssfsm.spec.rows import SAME
from vssfsm.spec.vocabulary import HANDLERS, LIFECYCLE_EVENTS, OWN_CALLS
from vssfsm.traces.canonical import read_mapping, row_of_line

#: distinct symbols that are kept, and spellings of them
KEPT: Final = 20_000
WRITER, REQUESTER, OBSERVER = range(3)
_CLOSED: Final = "closed"


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
        self.is_involved = self.kind == WRITER and (event in OWN_CALLS or record.at is not None)
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
        self.is_busy = asks and record.hresult == BUSY
        #: something beside its session has to be looked at
        self.is_special = (
            *(self.is_involved, self.is_last),
            *(self.is_passing, self.settles, self.is_busy),
        ) != (False,) * 5
        named = record._replace(line=1, host="h", session="s", instance="i")
        alone = Monitor(release=release)
        findings = alone.feed(named)
        #: it says whether its writer was last seen with a failure
        self.tells_health = bool(alone.health)
        self.is_sound = not findings and not alone.failed_writers
        self.judged = alone.judged
        self.coverage = alone.coverage


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
        kept = record.observation in (None, "complete") and record.actor and record.event
        if notes or record.hole or not kept:
            raise UnfitError
        args = record.args or {}
        read = {key: args[key] for key in ARGS_READ if isinstance(args.get(key), str)}
        record = record._replace(args=read or None, observation=None, version=None)
        key = record._replace(args=tuple(sorted(read.items())))  # type: ignore[arg-type]
        found = self._known.get(key)
        if found is None:
            found = Symbol(record, self._release)
            self.events.update(events_told(record))
            if len(self._known) < KEPT:
                self._known[key] = found
        return found


class Spellings(dict[Any, tuple[Symbol, int]]):
    """
    Symbols by the values of records, each with the quotes that its text needs.

    Args:
        symbols: those of the input.
        keys: whose values these are; the raw text of `args` may stand behind them.
    """

    def __init__(self, symbols: Symbols, keys: tuple[str, ...]) -> None:
        super().__init__()
        self._symbols = symbols
        self._keys = keys

    def __missing__(self, values: tuple[Any, ...]) -> tuple[Symbol, int]:
        given = {
            key: value for key, value in zip(self._keys, values, strict=False) if value is not None
        }
        quotes = sum(4 if isinstance(value, str) else 2 for value in given.values())
        if len(values) > len(self._keys):
            given["args"] = _args(values[-1])
            quotes += 2 + values[-1].count(b'"')
        found = self._symbols.get(given), quotes
        if len(self) < KEPT:
            self[values] = found
        return found


def _args(raw: bytes) -> object:
    try:
        row = row_of_line(f'{{"args":{raw.decode("utf-8")}}}', 0)
    except UnicodeDecodeError:
        raise UnfitError from None
    if row.notes or row.values is None:
        raise UnfitError
    return row.values["args"]
