"""Copies of monitors: each goes on from where the one that it was made of stands."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from vssfsm.core.coverage import Visits
from vssfsm.core.table import Belief, Table
from vssfsm.core.track import Track
from vssfsm.monitor.keys import Holes
from vssfsm.monitor.memory import PARTS, UnlikeError
from vssfsm.monitor.sessions import Monitor
from vssfsm.monitor.tracks import Tracks

#: what never changes, or is the same whoever fills it
_SHARED: Final = (type(None), bool, int, str, frozenset, type, Belief, Table)
_COMMON: Final = frozenset({"_symbols", "_kinds", "_pair_routes"})
#: what is found again when it is asked for, and counts as taken then
_ANEW: Final = frozenset({"_rows", "_known"})

_Way = Callable[[Any], Any]


def copy_of(monitor: Monitor) -> Monitor:
    """
    Give a copy of *monitor* of which no row was taken so far.

    Raises:
        UnlikeError: it holds something of an unknown kind.
    """
    copied = _Copies().copy(monitor)
    assert isinstance(copied, Monitor)
    copied.forget_coverage()
    return copied


class _Copies:
    """Copies of all that a monitor holds, each made once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._ways: dict[type, _Way] = {
            **dict.fromkeys((*PARTS, Holes), self._part),
            **dict.fromkeys((dict, OrderedDict), self._mapping),
            Tracks: self._tracks,
            Track: self._track,
            list: self._sequence,
            set: set,
            object: _another,
            Visits: _none,
        }

    def copy(self, value: Any) -> Any:
        """Give the copy of *value*; what is in a tuple never changes."""
        if isinstance(value, (tuple, *_SHARED)):
            return value
        found = self._made.get(id(value))
        if found is None:
            way = self._ways.get(type(value))
            if way is None:
                raise UnlikeError
            found = self._made[id(value)] = way(value)
        return found

    def _part(self, part: Any) -> Any:
        found = self._made[id(part)] = object.__new__(type(part))
        for name, held in vars(part).items():
            vars(found)[name] = (
                held if name in _COMMON else {} if name in _ANEW else self.copy(held)
            )
        return found

    def _mapping(self, values: Any) -> Any:
        found = type(values)()
        for key, held in values.items():
            found[key] = self.copy(held)
        return found

    def _tracks(self, tracks: Tracks) -> Tracks:
        found = Tracks.__new__(Tracks)
        vars(found).update(vars(tracks))
        for name, track in tracks.items():
            found[name] = self.copy(track)
        return found

    def _track(self, track: Track) -> Track:
        return track.copy(self.copy(track.visits))

    def _sequence(self, values: list[Any]) -> list[Any]:
        return [*map(self.copy, values)]


def _another(_value: object) -> object:
    return object()


def _none(_visits: Visits) -> Visits:
    return Visits()
