"""
Lower bounds of what a repair still costs, from one table at a time.

Each table alone, with fewer things remembered, is easier to satisfy than all of them together; what
it costs from there to the end is found backwards, level by level. The greatest of these bounds
guides the search, and never overestimates.
"""

import heapq
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.record import Symbol
from vssfsm.core.table import CAP, Table
from vssfsm.core.walk import Walk, permitted

#: more than any repair costs
NEVER: Final = 1 << 100
_Symbols = tuple[Symbol, ...]
#: symbols that a record may stand for in a mode, and the mode after it
Outline = tuple[tuple[_Symbols, int], ...]


class Prices(NamedTuple):
    """What edits cost, in the unit of notes."""

    insert: int
    drop: int
    replace: int


class _Graph:
    """
    What a table's readings lead to: nodes are (mode, state), as mode times states plus state.

    It depends on no session; sessions of one input share it.
    """

    def __init__(
        self, table: Table, inserts: Sequence[Outline], silent: Sequence[Outline], price: int
    ) -> None:
        self._table = table
        self.names = tuple(table.order)
        self._reached: dict[tuple[_Symbols, str], dict[str, int]] = {}
        self.out = self._edges(inserts)
        self.into: list[list[tuple[int, int]]] = [[] for _ in self.out]
        for edges, paid in ((self.out, price), (self._edges(silent), 0)):
            for here, targets in enumerate(edges):
                for there in targets:
                    self.into[there].append((here, paid))

    def _edges(self, outlines: Sequence[Outline]) -> list[list[int]]:
        """Give the nodes that the readings of each mode lead to, by node."""
        size = len(self.names)
        out: list[dict[int, None]] = [{} for _ in range(len(outlines) * size)]
        for mode, outline in enumerate(outlines):
            for symbols, after in dict.fromkeys(self.known_part(outline)):
                if symbols or after != mode:
                    for number, name in enumerate(self.names):
                        here = mode * size + number
                        for target in self.targets(symbols, name):
                            out[here][after * size + self._table.order[target]] = None
        return [[there for there in found if there != here] for here, found in enumerate(out)]

    def known_part(self, outline: Outline) -> tuple[tuple[_Symbols, int], ...]:
        """Leave out what this table does not know."""
        knows = self._table.knows
        return tuple(
            (tuple(symbol for symbol in symbols if knows(symbol.event)), after)
            for symbols, after in outline
        )

    def targets(self, symbols: _Symbols, state: str) -> dict[str, int]:
        """Give each state that *symbols* may lead to, with its notes."""
        key = symbols, state
        found = self._reached.get(key)
        if found is None:
            found = {state: 0}
            for symbol in symbols:
                found = self._step(found, self._table.project(symbol))
            if len(self._reached) < CAP:
                self._reached[key] = found
        return found

    def _step(self, sources: dict[str, int], symbol: Symbol) -> dict[str, int]:
        found: dict[str, int] = {}
        for source, paid in sources.items():
            for target, cost in permitted(self._table.moves(source, symbol)):
                found[target] = min(paid + cost, found.get(target, NEVER))
        return found


_graph = lru_cache(maxsize=64)(_Graph)
_Level = tuple[int, ...]


class _Memo:
    """Levels found so far from one walk and graph; sessions that end alike share them."""

    def __init__(self, walk: Walk, graph: _Graph) -> None:  # noqa: ARG002 - what it belongs to
        self.before: dict[tuple[int, Hashable], _Level] = {}
        self.interned: dict[_Level, _Level] = {}
        self.least: dict[tuple[int, int, int], int] = {}

    @property
    def is_large(self) -> bool:
        """Tell whether it is time to begin anew."""
        return len(self.before) + len(self.least) > CAP


_memo = lru_cache(maxsize=256)(_Memo)


def _memo_of(walk: Walk, graph: _Graph) -> _Memo:
    memo = _memo(walk, graph)
    if memo.is_large:
        _memo.cache_clear()
        memo = _memo(walk, graph)
    return memo


class Bound:
    """
    What one table costs from each level, mode and state to the end.

    Args:
        walk: the table's permitted moves.
        outlines: per step and mode what the record may stand for; None: anything.
        inserts: per mode what inserted events may stand for.
        silent: per mode what may come unasked, for nothing.
        prices: of edits.
    """

    def __init__(
        self,
        walk: Walk,
        outlines: Sequence[Sequence[Outline] | None],
        inserts: tuple[Outline, ...],
        silent: tuple[Outline, ...],
        prices: Prices,
    ) -> None:
        self._walk = walk
        self._graph = _graph(walk.table, inserts, silent, prices.insert)
        self._names = self._graph.names
        self._index = walk.table.order
        self._modes = len(inserts)
        self._prices = prices
        self._memo = _memo_of(walk, self._graph)
        self._levels = self._find_levels(outlines)

    def least(self, taken: int, mode: int, place: int) -> int:
        """Give a lower bound of the cost from *place*, with *taken* steps consumed."""
        level = self._levels[taken]
        key = id(level), mode, place
        found = self._memo.least.get(key)
        if found is None:
            at = mode * len(self._names)
            found = self._memo.least[key] = min(
                level[at + self._index[state]] + cost for state, cost in self._walk.states(place)
            )
        return found

    # --- levels --------------------------------------------------------------
    def _find_levels(self, outlines: Sequence[Sequence[Outline] | None]) -> list[tuple[int, ...]]:
        states = self._walk.table.states
        ends = [NEVER if states[name].owed else 0 for name in self._names]
        level = self._relaxed(ends * self._modes)
        levels = [level]
        for outline in reversed(outlines):
            level = self._level_before(level, outline)
            levels.append(level)
        return levels[::-1]

    def _level_before(
        self, after: tuple[int, ...], outline: Sequence[Outline] | None
    ) -> tuple[int, ...]:
        mine = None if outline is None else tuple(map(self._graph.known_part, outline))
        key = id(after), mine
        found = self._memo.before.get(key)
        if found is None:
            if mine is None:
                found = self._relaxed(self._before_hole(after))
            else:
                found = self._relaxed(self._before_record(after, mine))
            self._memo.before[key] = found
        return found

    def _before_hole(self, after: tuple[int, ...]) -> list[int]:
        size = len(self._names)
        return [
            min(
                after[mode * size + self._index[target]] + cost
                for target, cost in self._walk.moves(name, None)
            )
            for mode in range(self._modes)
            for name in self._names
        ]

    def _before_record(self, after: tuple[int, ...], outline: Sequence[Outline]) -> list[int]:
        size = len(self._names)
        level = []
        for here, stay in enumerate(after):
            mode, number = divmod(here, size)
            best = stay + self._prices.drop
            for symbols, then in outline[mode]:
                for target, cost in self._graph.targets(symbols, self._names[number]).items():
                    best = min(best, after[then * size + self._index[target]] + cost)
            least = min((after[there] for there in self._graph.out[here]), default=NEVER)
            level.append(min(best, least + self._prices.replace))
        return level

    def _relaxed(self, level: list[int]) -> tuple[int, ...]:
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
        return self._memo.interned.setdefault(key, key)
