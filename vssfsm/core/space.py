"""
The space in which a repair is searched: nodes, the edits between them, and what is left at least.

A node is (steps consumed, memory, a place per table). *Memory* is what a reader of records keeps to
tell what they mean: nothing for a writer's, how asynchronous calls end for a requester's.
"""

from collections.abc import Collection, Hashable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from vssfsm.core.bound import Bound, Graph, Outlines, Prices, graph_of
from vssfsm.core.reader import Entry, Insert, Reader
from vssfsm.core.record import Symbol
from vssfsm.core.table import CAP
from vssfsm.core.walk import Walk
from vssfsm.spec.edits import DROP, EDITS, INSERT, REPLACE, UNLIKELY, UNLIKELY_RANK

#: an edit outweighs all ranks, a rank outweighs all notes of a session that is short enough
EDIT_BITS: Final = 40
_RANK_BITS: Final = 20
_PRICE: Final = {e.op: (e.cost << EDIT_BITS) + (e.rank << _RANK_BITS) for e in EDITS}
_UNLIKELY: Final = UNLIKELY_RANK << _RANK_BITS
_PRICES: Final = Prices(_PRICE[INSERT], _PRICE[DROP], _PRICE[REPLACE])


class Edit(NamedTuple):
    """One edit: `insert` an event before *line*, `drop` that record, or `replace` it."""

    op: str
    line: int
    event: str
    of: str = ""

    def as_dict(self) -> dict[str, object]:
        """Give the keys that say something: `of` for the result of an asynchronous call only."""
        return {key: value for key, value in self._asdict().items() if key != "of" or value}


Places = tuple[int, ...]
Node = tuple[int, int, Places]
#: price, where it leads, and the edit if it is one
Edge = tuple[int, Node, Edit | None]
_Inserted = tuple[Insert, int, Places]
#: memories in the order in which they were met; number, memory and places of what can be inserted
_Found = tuple[tuple[Hashable, ...], list[tuple[int, Hashable, Places]]]


class _Shared:
    """What sessions share that the same tables judge, and whose readers read alike."""

    def __init__(self, walks: tuple[Walk, ...], kind: Hashable) -> None:  # noqa: ARG002 - whose
        self.inserted: dict[tuple[Hashable, Places], _Found] = {}
        #: a graph per table, once a session was there
        self.graphs: tuple[Graph, ...] = ()


_shared = lru_cache(maxsize=64)(_Shared)


class Space:
    """
    The nodes of one session.

    Args:
        walks: a table each, from its base.
        steps: of the session, in order.
        reader: tells what steps mean.
        banned: lines of records that must not stay, whatever the tables say.
    """

    def __init__(
        self,
        walks: Sequence[Walk],
        steps: Sequence[Entry],
        reader: Reader,
        banned: Collection[int] = frozenset(),
    ) -> None:
        self.walks = walks
        self.steps = steps
        self._banned = banned
        self._reader = reader
        self._memories: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._routes: dict[Symbol, tuple[tuple[int, Symbol], ...]] = {}
        self._read: dict[tuple[int, int], tuple[tuple[Symbol, ...], int] | None] = {}
        self._inserted: dict[tuple[int, Places], list[_Inserted]] = {}
        self._shared = _shared(tuple(walks), reader.kind)
        self._end = steps[-1].line + 1 if steps else 1
        self._bounds = self._find_bounds()
        #: per (steps consumed, mode), the bounds of places, and those of each table's place
        self._known_least: dict[
            tuple[int, int], tuple[dict[Places, list[int]], list[dict[int, int]]]
        ] = {}
        #: nothing is consumed, and every table is at its base
        self.start: Node = (0, self._number(reader.start), (0,) * len(walks))

    def _find_bounds(self) -> list[Bound]:
        shared = self._shared
        shared.graphs = shared.graphs or self._find_graphs()
        steps: list[Outlines | None] = [
            # What may be of another session may do anything here: no bound overestimates it.
            None if step.symbol is None or step.perhaps else self._reader.outlines(step)
            for step in self.steps
        ]
        return [
            Bound(walk, graph, steps) for walk, graph in zip(self.walks, shared.graphs, strict=True)
        ]

    def _find_graphs(self) -> tuple[Graph, ...]:
        reader, modes = self._reader, range(self._reader.modes)
        each = [reader.outlines(item.step) for item in reader.inserts]
        inserts = tuple(tuple(one for outlines in each for one in outlines[m]) for m in modes)
        silent = tuple(reader.silent(mode) for mode in modes)
        return tuple(graph_of(walk.table, inserts, silent, _PRICES) for walk in self.walks)

    def is_end(self, node: Node) -> bool:
        """Tell whether all steps are consumed, and nothing is owed."""
        taken, _, places = node
        return taken == len(self.steps) and all(
            walk.may_end(place) for walk, place in zip(self.walks, places, strict=True)
        )

    def least(self, node: Node) -> list[int]:
        """Give, per table, a price that the way to an end takes at least."""
        taken, memory, places = node
        key = taken, self._reader.mode(self._memories[memory])
        known = self._known_least.get(key)
        if known is None:
            known = self._known_least[key] = {}, [{} for _ in self.walks]
        rows, tables = known
        row = rows.get(places)
        if row is None:
            row = rows[places] = [
                costs[place]
                if place in costs
                else costs.setdefault(place, bound.least(*key, place))
                for costs, bound, place in zip(tables, self._bounds, places, strict=True)
            ]
        return row

    # --- edges ---------------------------------------------------------------
    def edges(self, node: Node) -> Iterator[Edge]:
        """Give every edge out of *node*; inserting stays at the index, the others consume."""
        taken, memory, places = node
        step = self.steps[taken] if taken < len(self.steps) else None
        line = step.line if step else self._end
        if step is not None:
            if line not in self._banned:
                yield from self._together(node, step)
            if step.symbol is None:
                return  # a hole hides what is permitted anyway
        inserted = self._inserts(memory, places)
        for item, then, there in inserted:
            price = _PRICES.insert + (_UNLIKELY if item.event in UNLIKELY else 0)
            yield price, (taken, then, there), Edit(INSERT, line, item.event, item.of)
        if step is not None:
            yield _PRICES.drop, (taken + 1, memory, places), Edit(DROP, line, step.event or "")
            for item, then, there in inserted:
                edit = Edit(REPLACE, line, item.event, item.of)
                yield _PRICES.replace, (taken + 1, then, there), edit

    def _together(self, node: Node, step: Entry) -> Iterator[Edge]:
        taken, memory, places = node
        if step.symbol is None:
            reached = [w.step(p, None) for w, p in zip(self.walks, places, strict=True)]
            there = tuple(found[0] for found in reached if found is not None)
            notes = sum(found[1] for found in reached if found is not None)
            then = self._number(self._reader.hidden(self._memories[memory]))
            yield notes, (taken + 1, then, there), None
            return
        meaning = self._meaning(memory, taken, step)
        found = meaning and self._apply(places, meaning[0], perhaps=step.perhaps)
        if meaning and found:
            yield found[1], (taken + 1, meaning[1], found[0]), None

    def _inserts(self, memory: int, places: Places) -> list[_Inserted]:
        """Give the events that can be inserted without a note, and that some table needs."""
        known = self._inserted.get((memory, places))
        if known is None:
            key = self._memories[memory], places
            found = self._shared.inserted.get(key)
            if found is None:
                found = self._find_inserts(memory, places)
                if len(self._shared.inserted) < CAP:
                    self._shared.inserted[key] = found
            numbers = {then: self._number(then) for then in found[0]}
            known = self._inserted[memory, places] = [
                (self._reader.inserts[at], numbers[then], there) for at, then, there in found[1]
            ]
        return known

    def _find_inserts(self, memory: int, places: Places) -> _Found:
        """Give all memories that inserts lead to, and those inserts that are of use."""
        thens: dict[Hashable, None] = {}
        kept = []
        for at, item in enumerate(self._reader.inserts):
            meaning = self._meaning(memory, -at - 1, item.step)
            if meaning is None:
                continue
            symbols, then = meaning
            thens[self._memories[then]] = None
            if self._is_due(places, item):
                found = self._apply(places, symbols)
                if found is not None and not found[1] and (then, found[0]) != (memory, places):
                    kept.append((at, self._memories[then], found[0]))
        return tuple(thens), kept

    def _is_due(self, places: Places, item: Insert) -> bool:
        if not item.due:
            return True
        found = self._apply(places, item.due)
        return found is not None and found[0] != places

    def _apply(
        self, places: Places, symbols: tuple[Symbol, ...], *, perhaps: bool = False
    ) -> tuple[Places, int] | None:
        """Give the places after *symbols* and the notes taken, None where a table forbids it."""
        there, notes = list(places), 0
        for symbol in symbols:
            for number, projected in self._route(symbol):
                found = self.walks[number].step(there[number], projected, perhaps=perhaps)
                if found is None:
                    return None
                there[number] = found[0]
                notes += found[1]
        return tuple(there), notes

    def _route(self, symbol: Symbol) -> tuple[tuple[int, Symbol], ...]:
        """Give the tables that know *symbol*, and what each sees of it."""
        known = self._routes.get(symbol)
        if known is None:
            known = self._routes[symbol] = tuple(
                (number, walk.table.project(symbol))
                for number, walk in enumerate(self.walks)
                if walk.table.knows(symbol.event)
            )
        return known

    def _meaning(self, memory: int, key: int, step: Any) -> tuple[tuple[Symbol, ...], int] | None:
        if (memory, key) not in self._read:
            found = self._reader.read(self._memories[memory], step)
            self._read[memory, key] = found and (found[0], self._number(found[1]))
        return self._read[memory, key]

    def _number(self, memory: Hashable) -> int:
        if memory not in self._numbers:
            self._numbers[memory] = len(self._memories)
            self._memories.append(memory)
        return self._numbers[memory]
