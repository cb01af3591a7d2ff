"""
What sessions share that the same tables judge and whose readers read alike.

The faulty sessions of one input are nearly the same: they lack, repeat or swap a record or two of
many. So most of their steps have the same to come, as far as bounds tell: they are the same stages,
and what is found of one serves every session.

No result depends on what was shared: memories are numbers here, but sessions order them as they
meet them.
"""

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from vssfsm.core.bound import Bound, Level, bound_of, graph_of
from vssfsm.core.edit import PRICES, Edit, price_of_insert
from vssfsm.core.reader import Entry, Insert, Reader
from vssfsm.core.record import Symbol
from vssfsm.core.stage import Insertion, Layer, Path, Places, Stage, changes, taken
from vssfsm.core.walk import Walk
from vssfsm.spec.edits import INSERT, REPLACE

#: ways, insertions and stages that are kept, of all groups of a process together: of 150 to 250
#: bytes each, they stay below 25 MB. Beyond it everything is computed without being stored.
KEPT: Final = 100_000
#: groups that are kept at once
GROUPS: Final = 64


class _Reading(NamedTuple):
    """
    An event that may be inserted, read in some memory.

    Args:
        edits: the price of an insertion, the insertion and the replacement.
        path: of what it means.
        due: of what is due of it.
        then: the memory after it.
    """

    edits: tuple[int, Edit, Edit]
    path: Path
    due: Path
    then: int


def _edits_of(item: Insert) -> tuple[int, Edit, Edit]:
    insert, replace = (Edit(op, 0, item.event, item.of) for op in (INSERT, REPLACE))
    return price_of_insert(item.event), insert, replace


class Room:
    """How much may still be kept."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, size: int) -> bool:
        """Take room for so much, if there was any left."""
        self.left -= size
        return self.left + size > 0


class Group:
    """
    Sessions that the same tables judge, and whose readers are of one kind.

    Args:
        walks: a table each, from its base.
        reader: of one of them; they read alike.

    Attributes:
        modes: of each memory; memories are numbers here.
        room: for what is kept.
    """

    def __init__(self, walks: tuple[Walk, ...], reader: Reader, room: Room) -> None:
        self.walks = walks
        self.modes: list[int] = []
        self.room = room
        self._reader = reader
        self._memories: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._paths: dict[tuple[Symbol, bool], Path] = {}
        self._readings: dict[int, list[_Reading]] = {}
        self._inserted: dict[tuple[int, Places], tuple[Insertion, ...]] = {}
        self._bounds = self._find_bounds()
        self._layers: dict[tuple[int, ...], Layer] = {}
        self._stages: dict[tuple[Hashable, bool, Layer], Stage] = {}
        #: the stage behind all steps
        last = self._layer([bound.end() for bound in self._bounds])
        self.end = Stage(last, last)

    def _find_bounds(self) -> list[Bound]:
        reader, modes = self._reader, range(self._reader.modes)
        each = [reader.outlines(item.step) for item in reader.inserts]
        inserts = tuple(tuple(one for outlines in each for one in outlines[m]) for m in modes)
        silent = tuple(reader.silent(mode) for mode in modes)
        return [
            bound_of(walk, graph_of(walk.table, inserts, silent, PRICES)) for walk in self.walks
        ]

    @property
    def is_large(self) -> bool:
        """Tell whether it is time to begin anew."""
        return any(bound.is_large for bound in self._bounds)

    # --- stages --------------------------------------------------------------
    def stage(self, step: Entry, behind: Layer, *, stays: bool) -> Stage:
        """Give the stage of *step* before *behind*."""
        key = self._reader.told(step), stays, behind
        found = self._stages.get(key)
        if found is None:
            # What may be of another session may do anything here: no bound overestimates it.
            free = step.symbol is None or step.perhaps
            outlines = None if free else self._reader.outlines(step)
            pairs = zip(self._bounds, behind.levels, strict=True)
            here = self._layer([bound.before(level, outlines) for bound, level in pairs])
            found = self._stages[key] = Stage(here, behind, step, stays=stays)
            self.room.take(1)
        return found

    def _layer(self, levels: Sequence[Level]) -> Layer:
        key = tuple(map(id, levels))
        if key not in self._layers:
            self._layers[key] = Layer(self._bounds, tuple(levels))
        return self._layers[key]

    # --- memories ------------------------------------------------------------
    def number(self, memory: Hashable) -> int:
        """Give the number of *memory*."""
        found = self._numbers.get(memory)
        if found is None:
            found = self._numbers[memory] = len(self._memories)
            self._memories.append(memory)
            self.modes.append(self._reader.mode(memory))
        return found

    def read(self, memory: int, step: Any) -> tuple[tuple[Symbol, ...], int] | None:
        """Give what *step* means and the memory after it; None if it must not come there."""
        found = self._reader.read(self._memories[memory], step)
        return found and (found[0], self.number(found[1]))

    def hide(self, memory: int) -> int:
        """Give the memory behind a hole."""
        return self.number(self._reader.hidden(self._memories[memory]))

    # --- insertions ----------------------------------------------------------
    def insertions(
        self, memory: int, places: Places, met: dict[int, None]
    ) -> tuple[Insertion, ...]:
        """Give the events that can be inserted without a note, and that some table needs."""
        readings = self._readings_in(memory)
        for reading in readings:
            met[reading.then] = None
        found = self._inserted.get((memory, places))
        if found is None:
            found = tuple(self._find_insertions(memory, places, readings))
            if self.room.take(1 + len(found)):
                self._inserted[memory, places] = found
        return found

    def _readings_in(self, memory: int) -> list[_Reading]:
        found = self._readings.get(memory)
        if found is None:
            pairs = [(item, self.read(memory, item.step)) for item in self._reader.inserts]
            found = self._readings[memory] = [
                _Reading(_edits_of(item), self.path(meaning[0]), self.path(item.due), meaning[1])
                for item, meaning in pairs
                if meaning is not None
            ]
            self.room.take(len(found))
        return found

    def _find_insertions(
        self, memory: int, places: Places, readings: Sequence[_Reading]
    ) -> Iterator[Insertion]:
        for edits, path, due, then in readings:
            if not due or changes(places, due):
                found = taken(places, path)
                if found is not None and not found[1] and (then, found[0]) != (memory, places):
                    yield Insertion(*edits, then, found[0])

    # --- places --------------------------------------------------------------
    def hidden(self, places: Places) -> tuple[Places, int]:
        """Give the places behind a hole and the notes taken."""
        reached = [w.step(p, None) for w, p in zip(self.walks, places, strict=True)]
        there = tuple(found[0] for found in reached if found is not None)
        return there, sum(found[1] for found in reached if found is not None)

    def path(self, symbols: tuple[Symbol, ...], *, perhaps: bool = False) -> Path:
        """Give where *symbols* lead, one after the other, in each table that knows them."""
        return tuple(part for symbol in symbols for part in self._path(symbol, perhaps=perhaps))

    def _path(self, symbol: Symbol, *, perhaps: bool) -> Path:
        known = self._paths.get((symbol, perhaps))
        if known is None:
            known = self._paths[symbol, perhaps] = tuple(
                (number, walk.leads(walk.table.project(symbol), perhaps=perhaps))
                for number, walk in enumerate(self.walks)
                if walk.table.knows(symbol.event)
            )
        return known


class Groups:
    """
    Groups, until they keep too much; then all begin anew, with the next session.

    Args:
        size: of what is kept.
    """

    def __init__(self, size: int = KEPT) -> None:
        self._known: dict[tuple[tuple[Walk, ...], Hashable], Group] = {}
        self._size = size
        self._room = Room(size)

    def of(self, walks: Sequence[Walk], reader: Reader) -> Group:
        """Give what a session shares with others that *walks* judge and *reader* may read."""
        key = tuple(walks), reader.kind
        group = self._known.get(key)
        if self._is_full(group):
            self._known.clear()
            self._room, group = Room(self._size), None
        if group is None:
            group = self._known[key] = Group(key[0], reader, self._room)
        return group

    def _is_full(self, group: Group | None) -> bool:
        if group is None:
            return self._room.left <= 0 or len(self._known) >= GROUPS
        return self._room.left <= 0 or group.is_large


#: of the process
_GROUPS: Final = Groups()


def group_of(walks: Sequence[Walk], reader: Reader) -> Group:
    """Give the group of a session that begins."""
    return _GROUPS.of(walks, reader)
