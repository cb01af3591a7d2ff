"""
A table's permitted moves, determinised: which states a list of symbols may lead to.

A *place* is a number: a set of states, each with the notes that it took above the least. Symbols
lead from place to place, or nowhere. So a list of records with edits has one path, and paths count
repairs.
"""

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import Final

from vssfsm.core.lazy import Lazy
from vssfsm.core.record import Symbol
from vssfsm.core.table import CAP, COST, Moves, Table
from vssfsm.spec.rows import WARNING

#: what is paid less is a note; the rest is not permitted
_LIMIT: Final = COST[WARNING]
_Set = tuple[tuple[str, int], ...]
#: a place and the notes taken, None where it is not permitted
Step = tuple[int, int] | None
#: per place, where one symbol leads
Leads = Lazy[int, Step]


def permitted(moves: Moves) -> list[tuple[str, int]]:
    """Give (target, notes) of the moves that break no rule."""
    return [(target, move.cost) for target, move in moves.items() if move.cost < _LIMIT]


def walk_of(table: Table, base: str = "", *, restart: bool = False) -> "Walk":
    """Give the walk of a table from a base; sessions share it until it has grown large."""
    walk = _walk(table, base, restart=restart)
    if walk.is_large:
        _walk.cache_clear()
        walk = _walk(table, base, restart=restart)
    return walk


class Walk:
    """
    The places of one table, interned.

    Args:
        table: a compiled region.
        base: the state of place 0; the region's initial one by default.
        restart: a hole may hide the start of a new session.
    """

    def __init__(self, table: Table, base: str = "", *, restart: bool = False) -> None:
        self.table = table
        self._restart = restart
        self._sets: list[_Set] = []
        self._places: dict[_Set, int] = {}
        self._leads: dict[tuple[Symbol | None, bool], Leads] = {}
        self._steps = 0
        self._intern([(base or table.region.initial, 0)])

    def _intern(self, costs: Iterable[tuple[str, int]]) -> Step:
        least: dict[str, int] = {}
        for state, cost in costs:
            least[state] = min(cost, least.get(state, cost))
        if not least:
            return None
        rise = min(least.values())
        key = tuple(
            (state, least[state] - rise)
            for state in sorted(least, key=self.table.order.__getitem__)
        )
        if key not in self._places:
            self._places[key] = len(self._sets)
            self._sets.append(key)
        return self._places[key], rise

    @property
    def is_large(self) -> bool:
        """Tell whether so many moves are known that they cost more than they save."""
        return self._steps > CAP

    def states(self, place: int) -> _Set:
        """Give the states of *place*, with their notes above the least."""
        return self._sets[place]

    def cheapest(self, place: int) -> tuple[str, ...]:
        """Give the states of *place* that took the fewest notes."""
        return tuple(state for state, cost in self._sets[place] if not cost)

    def step(self, place: int, symbol: Symbol | None, *, perhaps: bool = False) -> Step:
        """
        Give the place after *symbol* and the notes taken, None where it is not permitted.

        A symbol of None is a hole; *perhaps*: it may belong to another session.
        """
        return self.leads(symbol, perhaps=perhaps)[place]

    def leads(self, symbol: Symbol | None, *, perhaps: bool = False) -> Leads:
        """Give, per place, what `step` gives."""
        key = symbol, perhaps
        if key not in self._leads:
            self._leads[key] = Lazy(partial(self._step, symbol, perhaps))
        return self._leads[key]

    def _step(self, symbol: Symbol | None, perhaps: bool, place: int) -> Step:  # noqa: FBT001 - of `leads`
        self._steps += 1
        reached = [
            (target, paid + cost)
            for state, paid in self._sets[place]
            for target, cost in self.moves(state, symbol)
        ]
        return self._intern((*reached, *(self._sets[place] if perhaps else ())))

    def moves(self, state: str, symbol: Symbol | None) -> list[tuple[str, int]]:
        """Give (target, notes) of what a projected *symbol*, or a hole, permits from *state*."""
        if symbol is None:
            return permitted(self.table.closure(state, restart=self._restart))
        return permitted(self.table.moves(state, symbol))

    def may_end(self, place: int) -> bool:
        """Tell whether nothing is owed in *place*."""
        return any(not self.table.states[state].owed for state in self.cheapest(place))


_walk = lru_cache(maxsize=256)(Walk)
