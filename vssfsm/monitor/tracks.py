"""Tracks of several regions over the same records: a symbol goes to those that know its event."""

from collections.abc import Iterable
from functools import lru_cache

from vssfsm.core.coverage import Visits
from vssfsm.core.table import Table
from vssfsm.core.track import Track
from vssfsm.monitor.tables import table


class Tracks(dict[str, Track]):
    """
    Regions by name, each with its track.

    Args:
        names: of the regions, in the order in which they take a symbol.
        restart: keys tell no sessions apart, so that a hole may hide the start of a new one.
        visits: takes each belief that was stepped, with its symbol.
    """

    def __init__(self, names: Iterable[str], *, restart: bool, visits: Visits) -> None:
        super().__init__(
            (name, Track(table(name), restart=restart, visits=visits)) for name in names
        )
        self._routes = routes_of(tuple(self))

    def knowing(self, event: str | None) -> list[Track]:
        """Give the tracks of the regions whose rows name *event*."""
        return [self[name] for name in self._routes[event]]


class Routes(dict[str | None, tuple[str, ...]]):
    """Events, each with the names of the regions that know it."""

    def __init__(self, tables: tuple[tuple[str, Table], ...]) -> None:
        super().__init__()
        self._tables = tables

    def __missing__(self, event: str | None) -> tuple[str, ...]:
        self[event] = found = tuple(name for name, known in self._tables if known.knows(event))
        return found


_routes = lru_cache(maxsize=64)(Routes)


def routes_of(names: tuple[str, ...]) -> Routes:
    """Give what regions know of each event."""
    return _routes(tuple((name, table(name)) for name in names))
