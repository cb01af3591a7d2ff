"""
The cheapest repair of a session: its records paired with a permitted walk of every table.

Moves of an alignment: a record that every table permits costs nothing; to drop a record, to insert
an event before one, or to replace a record by a bare event costs what `spec/edits.py` says. The
walk has to end where nothing is owed, so that the repaired session conforms.

A node of the search is (steps consumed, memory, a place per table). *Memory* is what a reader of
records keeps to tell what they mean: nothing for a writer's, how asynchronous calls end for a
requester's. Best first with the bounds of `core/bound.py`; equal costs in a fixed order.
"""

import heapq
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from vssfsm.core.bound import NEVER, Bound, Outline, Prices
from vssfsm.core.reader import Entry, Insert, Plain, Reader
from vssfsm.core.record import Symbol
from vssfsm.core.table import CAP, Table
from vssfsm.core.walk import Walk, walk_of
from vssfsm.spec.edits import (
    ALTERNATIVES,
    DROP,
    EDITS,
    INSERT,
    REPLACE,
    UNLIKELY,
    UNLIKELY_RANK,
)

#: steps of a session for which the fewest edits are searched; of a longer one, only a few
LONGEST: Final = 5_000
#: steps of a session that are aligned at all; a longer one gets no repair
TOO_LONG: Final = 20_000
#: how many times longer a step takes with several tables
_JOINT: Final = 5
#: nodes looked at for the cheapest repair, steps apart; beyond it any short one will do
MOST_NODES: Final = 6_000
#: edits beyond which no cheapest repair is searched for, only a short one
FAR: Final = 12
#: nodes kept per step where a short repair will do; more of them if the few lead nowhere
WIDTHS: Final = (4, 64, 512)
#: insertions tried before a step, and after the last one
_ROUNDS: Final = 2
_LAST_ROUNDS: Final = 10
#: sessions whose alignment is remembered for others that are alike
ALIKE: Final = 4_096
#: nodes looked at after a repair was found, to count the equally cheap ones
COUNTED_NODES: Final = 4_000
#: an edit outweighs all ranks, a rank outweighs all notes of a session that is short enough
_EDIT_BITS: Final = 40
_RANK_BITS: Final = 20


_PRICE: Final = {e.op: (e.cost << _EDIT_BITS) + (e.rank << _RANK_BITS) for e in EDITS}
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


class Move(NamedTuple):
    """One move: the number of the step (None for an insertion), the edit, states after it."""

    number: int | None
    edit: Edit | None
    states: tuple[str, ...]


class Repair(NamedTuple):
    """
    The cheapest repair of a session.

    Args:
        edits: in the order of lines.
        alternatives: number of equally cheap repairs, itself among them, at most
            `ALTERNATIVES`; 0 if they were not counted, and there may be a cheaper one.
        moves: the whole alignment.
    """

    edits: tuple[Edit, ...]
    alternatives: int
    moves: tuple[Move, ...]


def align(  # noqa: PLR0913 - all that a session leaves behind
    tables: Sequence[Table],
    steps: Sequence[Entry],
    bases: Sequence[str] = (),
    reader: Reader | None = None,
    *,
    restart: bool = False,
    banned: Collection[int] = (),
) -> Repair | None:
    """
    Give the fewest edits that make *steps* a permitted walk of every table from its base.

    Args:
        tables: compiled regions; a record is permitted where each that knows it permits it.
        steps: of one session, in order.
        bases: the states before the first step; the regions' initial ones by default.
        reader: tells what steps mean; their own symbols by default.
        restart: a hole may hide the start of a new session.
        banned: lines of records that must not stay, whatever the tables say.

    Returns:
        The repair, without edits if the steps conform; None if the session is too long or its
        repair too far away. It is a cheapest one unless its `alternatives` are 0.

    Source:
        van der Aalst et al., alignments: moves on log, on model and synchronous.
    """
    if len(steps) > TOO_LONG:
        return None
    walks = tuple(
        walk_of(known, base, restart=restart)
        for known, base in zip(tables, bases or [""] * len(tables), strict=True)
    )
    if reader is None:
        found = _align_alike(walks, tuple(_Alike(s.symbol, s.event, s.perhaps) for s in steps))
        return found and _relocated(found, steps)
    return _Search(walks, steps, reader, frozenset(banned)).run()


class _Alike(NamedTuple):
    """What tells steps apart: sessions whose steps are alike are aligned once."""

    symbol: Symbol | None
    event: str | None
    perhaps: bool


class _Placed(NamedTuple):
    """A step whose line is its number, from 1."""

    symbol: Symbol | None
    line: int
    event: str | None
    perhaps: bool


@lru_cache(maxsize=ALIKE)
def _align_alike(walks: tuple[Walk, ...], steps: tuple[_Alike, ...]) -> Repair | None:
    placed = [_Placed(s.symbol, n, s.event, s.perhaps) for n, s in enumerate(steps, 1)]
    return _Search(walks, placed, _plain([walk.table for walk in walks])).run()


def _relocated(repair: Repair, steps: Sequence[Entry]) -> Repair:
    """Put the lines of *steps* in the place of their numbers."""
    if not repair.edits:
        return repair
    lines = [step.line for step in steps]
    lines.append(lines[-1] + 1 if lines else 1)

    def placed(edit: Edit) -> Edit:
        return edit._replace(line=lines[edit.line - 1])

    moves = (m if m.edit is None else m._replace(edit=placed(m.edit)) for m in repair.moves)
    return repair._replace(edits=tuple(map(placed, repair.edits)), moves=tuple(moves))


def _plain(tables: Sequence[Table]) -> Reader:
    from vssfsm.core.track import Step

    return Plain(Step, tuple(dict.fromkeys(event for known in tables for event in known.events)))


_Places = tuple[int, ...]
_Node = tuple[int, int, _Places]
_Edge = tuple[int, _Node, Edit | None]
#: bound, depth, number, cost, node, the one before, the edit between
_Queued = tuple[int, int, int, int, _Node, _Node | None, Edit | None]
_Inserted = tuple[Insert, int, _Places]
#: memories in the order in which they were met; number, memory and places of what can be inserted
_Found = tuple[tuple[Hashable, ...], list[tuple[int, Hashable, _Places]]]


@lru_cache(maxsize=64)
def _inserts_of(
    walks: tuple[Walk, ...],  # noqa: ARG001 - sessions of one kind share what is found
    kind: Hashable,  # noqa: ARG001
) -> dict[tuple[Hashable, _Places], _Found]:
    return {}


class _Search:
    """Best-first search over the nodes of one session."""

    def __init__(
        self,
        walks: Sequence[Walk],
        steps: Sequence[Entry],
        reader: Reader,
        banned: Collection[int] = frozenset(),
    ) -> None:
        self._walks = walks
        self._banned = banned
        self._steps = steps
        self._reader = reader
        self._memories: list[Hashable] = []
        self._numbers: dict[Hashable, int] = {}
        self._routes: dict[Symbol, tuple[tuple[int, Symbol], ...]] = {}
        self._read: dict[tuple[int, int], tuple[tuple[Symbol, ...], int] | None] = {}
        self._inserted: dict[tuple[int, _Places], list[_Inserted]] = {}
        self._alike = _inserts_of(tuple(walks), reader.kind)
        self._end = steps[-1].line + 1 if steps else 1
        self._width = 0
        self._best: dict[_Node, tuple[int, _Node | None, Edit | None]] = {}
        self._bounds = self._find_bounds()
        #: per (steps consumed, mode), per table, the bound of a place
        self._known_least: dict[tuple[int, int], list[dict[int, int]]] = {}

    def _find_bounds(self) -> list[Bound]:
        reader, modes = self._reader, range(self._reader.modes)
        outlines: list[Sequence[Outline] | None] = [
            # What may be of another session may do anything here: no bound overestimates it.
            None
            if step.symbol is None or step.perhaps
            else [tuple(reader.outline(m, step)) for m in modes]
            for step in self._steps
        ]
        inserts = tuple(
            tuple(reading for item in reader.inserts for reading in reader.outline(m, item.step))
            for m in modes
        )
        silent = tuple(reader.silent(mode) for mode in modes)
        return [Bound(walk, outlines, inserts, silent, _PRICES) for walk in self._walks]

    # --- the search ----------------------------------------------------------
    def run(self) -> Repair | None:
        """Find the cheapest path to the end; where that takes too long, a short one."""
        goal, complete = (None, False) if self._is_far() else self._find()
        if goal is None and not complete:
            ends = (self._descend(width) for width in WIDTHS)
            goal, complete = next((end for end in ends if end), None), False
        if goal is None:
            return None
        moves = self._moves(goal)
        edits = tuple(move.edit for move in moves if move.edit is not None)
        return Repair(edits, self._count(goal) if complete else 0, moves)

    def _is_far(self) -> bool:
        """Tell whether so many edits are needed that the search for the fewest would not end."""
        weight = len(self._steps) * (_JOINT if len(self._walks) > 1 else 1)
        return weight > LONGEST or max(self._least(self._start)) >> _EDIT_BITS > FAR

    @property
    def _start(self) -> _Node:
        return (0, self._number(self._reader.start), (0,) * len(self._walks))

    def _find(self) -> tuple[_Node | None, bool]:
        """Give a nearest end, and whether all nodes that are as near were seen."""
        queue: list[_Queued] = [(0, 0, 0, 0, self._start, None, None)]
        goal: _Node | None = None
        self._best.clear()
        limit, count, room = NEVER, 0, MOST_NODES + 2 * len(self._steps)
        while queue and queue[0][0] >> _EDIT_BITS <= limit:
            if len(self._best) >= room:
                return goal, False
            _, _, _, cost, node, previous, edit = heapq.heappop(queue)
            if node in self._best:
                continue
            self._best[node] = cost, previous, edit
            if goal is None and self._is_end(node):
                goal, limit = node, cost >> _EDIT_BITS
                room = len(self._best) + COUNTED_NODES
            for price, target, made in self._edges(node):
                if target not in self._best and (least := max(self._least(target))) < NEVER:
                    bound = cost + price + least
                    if bound >> _EDIT_BITS <= limit:
                        count += 1
                        entry = (bound, -target[0], count, cost + price, target, node, made)
                        heapq.heappush(queue, entry)
        return goal, True

    def _descend(self, width: int) -> _Node | None:
        """Give an end that is near: step by step, only the most promising nodes are kept."""
        self._width = width
        self._best = {self._start: (0, None, None)}
        layer = [self._start]
        for _ in self._steps:
            layer = self._onward(self._widened(layer, _ROUNDS))
        ends = [node for node in self._widened(layer, _LAST_ROUNDS) if self._is_end(node)]
        return min(ends, key=lambda node: self._best[node][0], default=None)

    def _widened(self, layer: list[_Node], rounds: int) -> list[_Node]:
        """Give *layer* with what insertions lead to, the most promising nodes first."""
        known, newest = list(layer), layer
        for _ in range(rounds):
            reached = self._reached(newest, consuming=False)
            newest = self._promising(node for node in reached if node not in known)
            known += newest
        return known

    def _onward(self, layer: list[_Node]) -> list[_Node]:
        return self._promising(self._reached(layer, consuming=True))

    def _reached(self, layer: list[_Node], *, consuming: bool) -> dict[_Node, None]:
        """Give the nodes after those of *layer*, and remember the cheapest way to each."""
        reached: dict[_Node, None] = {}
        for node in layer:
            for price, target, edit in self._edges(node):
                if (target[0] != node[0]) == consuming:
                    cost = self._best[node][0] + price
                    if target not in self._best or (consuming and cost < self._best[target][0]):
                        self._best[target] = cost, node, edit
                        reached[target] = None
        return reached

    def _promising(self, nodes: Iterable[_Node]) -> list[_Node]:
        scored = [(self._best[node][0] + sum(self._least(node)), node) for node in nodes]
        return [node for score, node in sorted(scored)[: self._width] if score < NEVER]

    def _is_end(self, node: _Node) -> bool:
        taken, _, places = node
        return taken == len(self._steps) and all(
            walk.may_end(place) for walk, place in zip(self._walks, places, strict=True)
        )

    def _least(self, node: _Node) -> list[int]:
        taken, memory, places = node
        key = taken, self._reader.mode(self._memories[memory])
        row = self._known_least.get(key)
        if row is None:
            row = self._known_least[key] = [{} for _ in self._walks]
        for known, bound, place in zip(row, self._bounds, places, strict=True):
            if place not in known:
                known[place] = bound.least(*key, place)
        return [known[place] for known, place in zip(row, places, strict=True)]

    def _moves(self, goal: _Node) -> tuple[Move, ...]:
        moves: list[Move] = []
        node: _Node | None = goal
        while node is not None:
            _, previous, edit = self._best[node]
            if previous is not None:
                number = None if previous[0] == node[0] else previous[0]
                states = self._walks[0].cheapest(node[2][0])
                moves.append(Move(number, edit, states))
            node = previous
        return tuple(reversed(moves))

    def _count(self, goal: _Node) -> int:
        """Count the paths to an end that cost as much as that to *goal*, notes and ranks apart."""
        limit = self._best[goal][0] >> _EDIT_BITS
        ways: dict[_Node, int] = {}
        for node in sorted(self._best, key=lambda n: (self._best[n][0] >> _EDIT_BITS, n[0])):
            cost, previous, _ = self._best[node]
            here = ways.get(node, 0) if previous is not None else 1
            near = cost >> _EDIT_BITS
            for price, target, _ in self._edges(node):
                reached = self._best.get(target)
                if reached and near + (price >> _EDIT_BITS) == reached[0] >> _EDIT_BITS:
                    ways[target] = min(ways.get(target, 0) + here, ALTERNATIVES)
            ways[node] = here
        ends = (
            number
            for node, number in ways.items()
            if self._best[node][0] >> _EDIT_BITS == limit and self._is_end(node)
        )
        return min(sum(ends), ALTERNATIVES)

    # --- edges ---------------------------------------------------------------
    def _edges(self, node: _Node) -> Iterator[_Edge]:
        """Give every edge out of *node*; inserting stays at the index, the others consume."""
        taken, memory, places = node
        step = self._steps[taken] if taken < len(self._steps) else None
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

    def _together(self, node: _Node, step: Entry) -> Iterator[_Edge]:
        taken, memory, places = node
        if step.symbol is None:
            reached = [w.step(p, None) for w, p in zip(self._walks, places, strict=True)]
            there = tuple(found[0] for found in reached if found is not None)
            notes = sum(found[1] for found in reached if found is not None)
            yield notes, (taken + 1, memory, there), None
            return
        meaning = self._meaning(memory, taken, step)
        found = meaning and self._apply(places, meaning[0], perhaps=step.perhaps)
        if meaning and found:
            yield found[1], (taken + 1, meaning[1], found[0]), None

    def _inserts(self, memory: int, places: _Places) -> list[_Inserted]:
        """Give the events that can be inserted without a note, and that some table needs."""
        known = self._inserted.get((memory, places))
        if known is None:
            key = self._memories[memory], places
            found = self._alike.get(key)
            if found is None:
                found = self._find_inserts(memory, places)
                if len(self._alike) < CAP:
                    self._alike[key] = found
            numbers = {then: self._number(then) for then in found[0]}
            known = self._inserted[memory, places] = [
                (self._reader.inserts[at], numbers[then], there) for at, then, there in found[1]
            ]
        return known

    def _find_inserts(self, memory: int, places: _Places) -> _Found:
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

    def _is_due(self, places: _Places, item: Insert) -> bool:
        if not item.due:
            return True
        found = self._apply(places, item.due)
        return found is not None and found[0] != places

    def _apply(
        self, places: _Places, symbols: tuple[Symbol, ...], *, perhaps: bool = False
    ) -> tuple[_Places, int] | None:
        """Give the places after *symbols* and the notes taken, None where a table forbids it."""
        there, notes = list(places), 0
        for symbol in symbols:
            for number, projected in self._route(symbol):
                found = self._walks[number].step(there[number], projected, perhaps=perhaps)
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
                for number, walk in enumerate(self._walks)
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
