"""
A step of a session with what is left behind it at least: the ways that lead on from there.

Nothing here knows a line, nor what came before the step. So sessions share stages, and the ways out
of a stage are found once: see `core/group.py`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vssfsm.core.bound import NEVER, Bound, Costs, Level
from vssfsm.core.edit import PRICES, Edit
from vssfsm.core.reader import Entry
from vssfsm.core.walk import Leads
from vssfsm.spec.edits import DROP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.core.group import Group

Places = tuple[int, ...]
#: tables, and where a symbol leads in each; of one symbol after the other
Path = tuple[tuple[int, Leads], ...]


class Way(NamedTuple):
    """
    One way out of a stage.

    Args:
        price: of the edit, or the notes of a step that stays.
        least: what the way to an end takes at least from there, as the strictest table says.
        onward: steps that it consumes, 0 or 1.
        memory, places: where it leads.
        edit: without its line; None if the step stays.
    """

    price: int
    least: int
    onward: int
    memory: int
    places: Places
    edit: Edit | None


class Ways(NamedTuple):
    """All ways from one memory and its places, and the memories met in finding them, in order."""

    ways: tuple[Way, ...]
    met: tuple[int, ...]


class Insertion(NamedTuple):
    """An event that may come, as edits, and where it leads."""

    price: int
    insert: Edit
    replace: Edit
    memory: int
    places: Places


#: price, steps consumed, memory, places and edit of a way
_Edge = tuple[int, int, int, Places, Edit | None]


class Layer:
    """What is left at least between two steps, whatever the session that they are of."""

    __slots__ = ("_bounds", "_costs", "levels")

    def __init__(self, bounds: Sequence[Bound], levels: tuple[Level, ...]) -> None:
        self.levels = levels
        self._bounds = bounds
        self._costs: dict[int, list[Costs]] = {}

    def least(self, mode: int, places: Places) -> list[int]:
        """Give, per table, a price that the way from its place to an end takes at least."""
        known = self._costs.get(mode)
        if known is None:
            pairs = zip(self._bounds, self.levels, strict=True)
            known = self._costs[mode] = [bound.costs(level, mode) for bound, level in pairs]
        return [costs[place] for costs, place in zip(known, places, strict=True)]


class Stage:
    """
    A step with the layers around it; the one behind all steps has none.

    Args:
        here, behind: the layers before and after the step.
        step: with any line.
        stays: whether the step may stay as it is.
    """

    __slots__ = ("_stays", "_step", "_ways", "behind", "here")

    def __init__(
        self,
        here: Layer,
        behind: Layer,
        step: Entry | None = None,
        *,
        stays: bool = True,
    ) -> None:
        self.here = here
        self.behind = behind
        self._step = step
        self._stays = stays
        self._ways: dict[tuple[int, Places], Ways] = {}

    def ways(self, group: "Group", memory: int, places: Places) -> Ways:
        """
        Give every way out of the stage: inserting stays at it, the others consume the step.

        *group*: that it is of; it is given, not kept, so that both go as soon as nobody needs them.
        """
        found = self._ways.get((memory, places))
        if found is None:
            found = self._find(group, memory, places)
            if group.room.take(1 + len(found.ways)):
                self._ways[memory, places] = found
        return found

    def _find(self, group: "Group", memory: int, places: Places) -> Ways:
        met: dict[int, None] = {}
        ways = []
        for price, onward, then, there, edit in self._edges(group, memory, places, met):
            layer = self.behind if onward else self.here
            least = max(layer.least(group.modes[then], there))
            if least < NEVER:
                ways.append(Way(price, least, onward, then, there, edit))
        return Ways(tuple(ways), tuple(met))

    def _edges(
        self, group: "Group", memory: int, places: Places, met: dict[int, None]
    ) -> Iterator[_Edge]:
        step = self._step
        if step is not None and self._stays:
            yield from self._together(group, step, memory, places, met)
        if step is not None and step.symbol is None:
            return  # a hole hides what is permitted anyway
        inserted = group.insertions(memory, places, met)
        for item in inserted:
            yield item.price, 0, item.memory, item.places, item.insert
        if step is not None:
            yield PRICES.drop, 1, memory, places, Edit(DROP, 0, step.event or "")
            for item in inserted:
                yield PRICES.replace, 1, item.memory, item.places, item.replace

    def _together(
        self, group: "Group", step: Entry, memory: int, places: Places, met: dict[int, None]
    ) -> Iterator[_Edge]:
        if step.symbol is None:
            there, notes = group.hidden(places)
            then = group.hide(memory)
            met[then] = None
            yield notes, 1, then, there, None
            return
        meaning = group.read(memory, step)
        if meaning is None:
            return
        symbols, then = meaning
        met[then] = None
        found = taken(places, group.path(symbols, perhaps=step.perhaps))
        if found is not None:
            yield found[1], 1, then, found[0], None


def taken(places: Places, path: Path) -> tuple[Places, int] | None:
    """Give the places at the end of *path* and the notes taken, None where a table forbids it."""
    there, notes = list(places), 0
    for number, leads in path:
        found = leads[there[number]]
        if found is None:
            return None
        there[number] = found[0]
        notes += found[1]
    return tuple(there), notes


def changes(places: Places, path: Path) -> bool:
    """Tell whether *path* can be taken and leads elsewhere."""
    found = taken(places, path)
    return found is not None and found[0] != places
