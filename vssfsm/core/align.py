"""
The cheapest repair of a session: its records paired with a permitted walk of every table.

Moves of an alignment: a record that every table permits costs nothing; to drop a record, to insert
an event before one, or to replace a record by a bare event costs what `spec/edits.py` says. The
walk has to end where nothing is owed, so that the repaired session conforms.

The search goes through `core/space.py`, best first with the bounds of `core/bound.py`; equal costs
in a fixed order. Sessions share what is found on the way: see `core/group.py`.
"""

import heapq
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.bound import NEVER
from vssfsm.core.edit import EDIT_BITS, Edit, of_both_lines
from vssfsm.core.reader import Plain, Reader, Recorded
from vssfsm.core.record import Symbol
from vssfsm.core.space import Node, Space
from vssfsm.core.table import Table
from vssfsm.core.walk import Walk, walk_of
from vssfsm.spec.edits import ALTERNATIVES, INSERT

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
    steps: Sequence[Recorded],
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
        return found and relocated(found, steps)
    return _Search(Space(walks, steps, reader, frozenset(banned))).run()


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
    return _Search(Space(walks, placed, _plain([walk.table for walk in walks]))).run()


def relocated(repair: Repair, steps: Sequence[Recorded]) -> Repair:
    """
    Give the repair of *steps* from one whose lines are their numbers, from 1.

    Edits are of both lines of a step that has two.
    """
    if not repair.edits:
        return repair
    lines = [step.line for step in steps]
    lines.append(lines[-1] + 1 if lines else 1)

    def placed(edit: Edit) -> Edit:
        return edit._replace(line=lines[edit.line - 1])

    def second_of(edit: Edit) -> int:
        return 0 if edit.op == INSERT else steps[edit.line - 1].second

    moves = (m if m.edit is None else m._replace(edit=placed(m.edit)) for m in repair.moves)
    edits = (each for edit in repair.edits for each in of_both_lines(placed(edit), second_of(edit)))
    in_order = sorted(edits, key=lambda edit: edit.line)
    return repair._replace(edits=tuple(in_order), moves=tuple(moves))


def _plain(tables: Sequence[Table]) -> Reader:
    from vssfsm.core.track import Step

    return Plain(Step, tuple(dict.fromkeys(event for known in tables for event in known.events)))


#: bound, depth, number, cost, node, the one before, the edit between
_Queued = tuple[int, int, int, int, Node, Node | None, Edit | None]


class _Search:
    """Best-first search over the nodes of one session."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._width = 0
        self._best: dict[Node, tuple[int, Node | None, Edit | None]] = {}

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
        weight = len(self._space.steps) * (_JOINT if len(self._space.walks) > 1 else 1)
        return weight > LONGEST or max(self._space.least(self._space.start)) >> EDIT_BITS > FAR

    def _find(self) -> tuple[Node | None, bool]:
        """Give a nearest end, and whether all nodes that are as near were seen."""
        queue: list[_Queued] = [(0, 0, 0, 0, self._space.start, None, None)]
        goal: Node | None = None
        self._best.clear()
        limit, count, room = NEVER, 0, MOST_NODES + 2 * len(self._space.steps)
        while queue and queue[0][0] >> EDIT_BITS <= limit:
            if len(self._best) >= room:
                return goal, False
            _, _, _, cost, node, previous, edit = heapq.heappop(queue)
            if node in self._best:
                continue
            self._best[node] = cost, previous, edit
            if goal is None and self._space.is_end(node):
                goal, limit = node, cost >> EDIT_BITS
                room = len(self._best) + COUNTED_NODES
            for price, least, target, made in self._space.edges(node):
                if target not in self._best:
                    bound = cost + price + least
                    if bound >> EDIT_BITS <= limit:
                        count += 1
                        entry = (bound, -target[0], count, cost + price, target, node, made)
                        heapq.heappush(queue, entry)
        return goal, True

    def _descend(self, width: int) -> Node | None:
        """Give an end that is near: step by step, only the most promising nodes are kept."""
        self._width = width
        self._best = {self._space.start: (0, None, None)}
        layer = [self._space.start]
        for _ in self._space.steps:
            layer = self._onward(self._widened(layer, _ROUNDS))
        ends = [node for node in self._widened(layer, _LAST_ROUNDS) if self._space.is_end(node)]
        return min(ends, key=lambda node: self._best[node][0], default=None)

    def _widened(self, layer: list[Node], rounds: int) -> list[Node]:
        """Give *layer* with what insertions lead to, the most promising nodes first."""
        known, newest = list(layer), layer
        for _ in range(rounds):
            reached = self._reached(newest, consuming=False)
            newest = self._promising(node for node in reached if node not in known)
            known += newest
        return known

    def _onward(self, layer: list[Node]) -> list[Node]:
        return self._promising(self._reached(layer, consuming=True))

    def _reached(self, layer: list[Node], *, consuming: bool) -> dict[Node, None]:
        """Give the nodes after those of *layer*, and remember the cheapest way to each."""
        reached: dict[Node, None] = {}
        for node in layer:
            for price, _, target, edit in self._space.edges(node):
                if (target[0] != node[0]) == consuming:
                    cost = self._best[node][0] + price
                    if target not in self._best or (consuming and cost < self._best[target][0]):
                        self._best[target] = cost, node, edit
                        reached[target] = None
        return reached

    def _promising(self, nodes: Iterable[Node]) -> list[Node]:
        scored = [
            (self._best[node][0] + sum(self._space.least(node)), self._space.rank(node), node)
            for node in nodes
        ]
        return [node for score, _, node in sorted(scored)[: self._width] if score < NEVER]

    def _moves(self, goal: Node) -> tuple[Move, ...]:
        moves: list[Move] = []
        node: Node | None = goal
        while node is not None:
            _, previous, edit = self._best[node]
            if previous is not None:
                edit = edit and self._space.placed(edit, previous[0])
                number = None if previous[0] == node[0] else previous[0]
                states = self._space.walks[0].cheapest(node[2][0])
                moves.append(Move(number, edit, states))
            node = previous
        return tuple(reversed(moves))

    def _count(self, goal: Node) -> int:
        """Count the paths to an end that cost as much as that to *goal*, notes and ranks apart."""
        limit = self._best[goal][0] >> EDIT_BITS
        ways: dict[Node, int] = {}
        for node in sorted(self._best, key=lambda n: (self._best[n][0] >> EDIT_BITS, n[0])):
            cost, previous, _ = self._best[node]
            here = ways.get(node, 0) if previous is not None else 1
            near = cost >> EDIT_BITS
            for price, _, target, _ in self._space.edges(node):
                reached = self._best.get(target)
                if reached and near + (price >> EDIT_BITS) == reached[0] >> EDIT_BITS:
                    ways[target] = min(ways.get(target, 0) + here, ALTERNATIVES)
            ways[node] = here
        ends = (
            number
            for node, number in ways.items()
            if self._best[node][0] >> EDIT_BITS == limit and self._space.is_end(node)
        )
        return min(sum(ends), ALTERNATIVES)
