"""
Lower bounds of what a repair still costs, from one table at a time.

Each table alone, with fewer things remembered, is easier to satisfy than all of them together; what
it costs from there to the end is found backwards, level by level. The greatest of these bounds
guides the search, and never overestimates.
"""

import heapq
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final, NamedTuple

from vssfsm.core.lazy import Lazy
from vssfsm.core.record import Symbol
from vssfsm.core.table import CAP, Table
from vssfsm.core.walk import Walk, permitted

#: more than any repair costs
NEVER: Final = 1 << 100
_Symbols = tuple[Symbol, ...]
#: symbols that a record may stand for in a mode, and the mode after it
Outline = tuple[tuple[_Symbols, int], ...]
#: per mode what a record may stand for
Outlines = Sequence[Outline]


#: per state, the states that it may lead to, with their notes
_Targets = tuple[tuple[tuple[int, int], ...], ...]


class Prices(NamedTuple):
    """What edits cost, in the unit of notes."""

    insert: int
    drop: int
    replace: int


class _Sight:
    """What one table sees of outlines, and where that leads; states are numbers."""

    def __init__(self, table: Table) -> None:
        self.names = tuple(table.order)
        self._table = table
        self._seen: dict[_Symbols, _Symbols] = {}
        self._rows: dict[_Symbols, _Targets] = {}

    def of(self, outline: Outline) -> Outline:
        """Leave out what the table does not know; what looks alike then is there once."""
        return tuple(dict.fromkeys([(self._see(symbols), after) for symbols, after in outline]))

    def _see(self, symbols: _Symbols) -> _Symbols:
        """Give those that the table knows; of such as lead alike, the first that it met."""
        found = self._seen.get(symbols)
        if found is None:
            table = self._table
            known = (table.project(symbol) for symbol in symbols if table.knows(symbol.event))
            found = tuple(map(table.typical, known))
            if len(self._seen) < CAP:
                self._seen[symbols] = found
        return found

    def targets(self, symbols: _Symbols) -> _Targets:
        """Give, for each state, those that *symbols*, as they are seen, may lead to, with notes."""
        found = self._rows.get(symbols)
        if found is None:
            found = tuple(self._targets(symbols, name) for name in self.names)
            if len(self._rows) < CAP:
                self._rows[symbols] = found
        return found

    def _targets(self, symbols: _Symbols, state: str) -> tuple[tuple[int, int], ...]:
        costs = {state: 0}
        for symbol in symbols:
            costs = self._step(costs, symbol)
        return tuple((self._table.order[name], cost) for name, cost in costs.items())

    def _step(self, sources: dict[str, int], symbol: Symbol) -> dict[str, int]:
        found: dict[str, int] = {}
        for source, paid in sources.items():
            for target, cost in permitted(self._table.moves(source, symbol)):
                if paid + cost < found.get(target, NEVER):
                    found[target] = paid + cost
        return found


_sight = lru_cache(maxsize=256)(_Sight)
#: per node, where to and at what cost
_Moves = list[dict[int, int]]


class Graph:
    """
    Where a table's events lead: nodes are (mode, state), as mode times states plus state.

    It depends on no session; sessions of one input share it.

    Args:
        sight: of the table.
        inserts: per mode what inserted events may stand for, as the table sees it.
        silent: per mode what may come unasked, for nothing.
        prices: of edits.
    """

    def __init__(self, sight: _Sight, inserts: Outlines, silent: Outlines, prices: Prices) -> None:
        self.sight = sight
        self.prices = prices
        self.modes = len(inserts)
        self.out = _others(self.moves(inserts))
        self.into: list[list[tuple[int, int]]] = [[] for _ in self.out]
        for edges, paid in ((self.out, prices.insert), (_others(self.moves(silent)), 0)):
            for here, targets in enumerate(edges):
                for there in targets:
                    self.into[there].append((here, paid))

    def moves(self, outlines: Outlines) -> _Moves:
        """Give where each node goes, if the table sees *outlines*."""
        size = len(self.sight.names)
        found: _Moves = [{} for _ in range(len(outlines) * size)]
        for mode, outline in enumerate(outlines):
            nodes = found[mode * size : (mode + 1) * size]
            for symbols, after in outline:
                for moves, targets in zip(nodes, self.sight.targets(symbols), strict=True):
                    for target, cost in targets:
                        there = after * size + target
                        if cost < moves.get(there, NEVER):
                            moves[there] = cost
        return found


def _others(moves: _Moves) -> list[list[int]]:
    """Give the other nodes that each leads to."""
    return [[there for there in targets if there != here] for here, targets in enumerate(moves)]


_graph = lru_cache(maxsize=256)(Graph)


def graph_of(table: Table, inserts: Outlines, silent: Outlines, prices: Prices) -> Graph:
    """Give the graph of *table*; inserts and silent events that it cannot tell apart share it."""
    sight = _sight(table)
    return _graph(sight, tuple(map(sight.of, inserts)), tuple(map(sight.of, silent)), prices)


#: per node of a graph, what it costs from there to the end
Level = tuple[int, ...]


#: per place, what it costs from there to the end
Costs = Lazy[int, int]


class Bound:
    """
    What one table costs from each mode and state to the end, level by level.

    Sessions that end alike share levels. What is looked up often goes by its identity: whatever is
    named here is kept here.

    Args:
        walk: the table's permitted moves.
        graph: where inserted and silent events lead.
    """

    def __init__(self, walk: Walk, graph: Graph) -> None:
        self._walk = walk
        self._graph = graph
        self._moves: dict[int, tuple[Outlines, _Moves]] = {}
        self._alike: dict[Outlines, _Moves] = {}
        self._edited: dict[int, tuple[int, ...]] = {}
        self._before: dict[tuple[int, int | None], Level] = {}
        self._interned: dict[Level, Level] = {}
        self._costs: dict[tuple[int, int], Costs] = {}
        self._found = 0

    @property
    def is_large(self) -> bool:
        """Tell whether it is time to begin anew."""
        return len(self._moves) + len(self._before) + len(self._costs) + self._found > CAP

    def costs(self, level: Level, mode: int) -> Costs:
        """Give the least of *level* in *mode* from the states of a place, per place."""
        key = id(level), mode
        if key not in self._costs:
            self._costs[key] = Lazy(partial(self._least, level, mode))
        return self._costs[key]

    def _least(self, level: Level, mode: int, place: int) -> int:
        self._found += 1
        at, order = mode * len(self._graph.sight.names), self._walk.table.order
        return min(level[at + order[state]] + cost for state, cost in self._walk.states(place))

    # --- levels --------------------------------------------------------------
    def end(self) -> Level:
        """Give the level behind all steps."""
        states = self._walk.table.states
        ends = [NEVER if states[name].owed else 0 for name in self._graph.sight.names]
        return self._relaxed(ends * self._graph.modes)

    def before(self, after: Level, outlines: Outlines | None) -> Level:
        """Give the level before a record, or a hole, from that behind it."""
        moves = None if outlines is None else self._moves_of(outlines)
        key = id(after), None if moves is None else id(moves)
        found = self._before.get(key)
        if found is None:
            level = self._before_hole(after) if moves is None else self._before_record(after, moves)
            found = self._before[key] = self._relaxed(level)
        return found

    def _moves_of(self, outlines: Outlines) -> _Moves:
        known = self._moves.get(id(outlines))
        if known is None:
            seen = tuple(map(self._graph.sight.of, outlines))
            if seen not in self._alike:
                self._alike[seen] = self._graph.moves(seen)
            known = self._moves[id(outlines)] = outlines, self._alike[seen]
        return known[1]

    def _before_hole(self, after: Level) -> list[int]:
        names, order = self._graph.sight.names, self._walk.table.order
        # A hole may lead to another mode.
        least = [min(after[number :: len(names)]) for number in range(len(names))]
        before = [
            min(least[order[target]] + cost for target, cost in self._walk.moves(name, None))
            for name in names
        ]
        return before * self._graph.modes

    def _before_record(self, after: Level, moves: _Moves) -> list[int]:
        level = list(self._before_edit(after))
        for here, targets in enumerate(moves):
            for there, cost in targets.items():
                level[here] = min(level[here], after[there] + cost)
        return level

    def _before_edit(self, after: Level) -> tuple[int, ...]:
        """Give the costs before any record that is dropped or replaced."""
        found = self._edited.get(id(after))
        if found is None:
            _, drop, replace = self._graph.prices
            found = self._edited[id(after)] = tuple(
                min(stay + drop, min([after[there] for there in out], default=NEVER) + replace)
                for stay, out in zip(after, self._graph.out, strict=True)
            )
        return found

    def _relaxed(self, level: list[int]) -> Level:
        """Let events be inserted at this level."""
        queue = [(cost, here) for here, cost in enumerate(level) if cost < NEVER]
        heapq.heapify(queue)
        while queue:
            cost, here = heapq.heappop(queue)
            if cost > level[here]:
                continue
            for source, price in self._graph.into[here]:
                if cost + price < level[source]:
                    level[source] = cost + price
                    heapq.heappush(queue, (cost + price, source))
        key = tuple(level)
        return self._interned.setdefault(key, key)


_bound = lru_cache(maxsize=256)(Bound)


def bound_of(walk: Walk, graph: Graph) -> Bound:
    """Give the bounds of a table; sessions share them until they are many."""
    bound = _bound(walk, graph)
    if bound.is_large:
        _bound.cache_clear()
        bound = _bound(walk, graph)
    return bound
