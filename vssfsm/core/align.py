"""
The cheapest repair of a session: its records paired with a permitted walk.

Moves of an alignment: a record and a permitted row together cost nothing; to drop a record, to
insert an event before one, or to replace a record by a bare event costs 1. The walk has to end
where nothing is owed, so that the repaired session conforms.
"""

import heapq
from collections.abc import Iterator
from typing import Final, NamedTuple

from vssfsm.core.record import Symbol
from vssfsm.core.table import Table
from vssfsm.core.track import Step
from vssfsm.spec.rows import SAME

INSERT: Final = "insert"
DROP: Final = "drop"
REPLACE: Final = "replace"
#: steps of a session that are aligned; a longer one gets no repair
LONGEST: Final = 5_000


class Edit(NamedTuple):
    """One edit: `insert` an event before *line*, `drop` that record, or `replace` it."""

    op: str
    line: int
    event: str


class _Node(NamedTuple):
    """A place of the search: steps consumed, and the state stood in."""

    taken: int
    state: str


_Edge = tuple[int, _Node, Edit | None]


def align(table: Table, steps: list[Step], base: str = "") -> tuple[Edit, ...] | None:
    """
    Give the fewest edits that make *steps* a permitted walk from *base*.

    Args:
        table: a compiled region.
        steps: of one session, in order; a symbol of None is a hole.
        base: the state before the first step; the region's initial one by default.

    Returns:
        Edits in the order of lines, empty if the steps conform; None if the session is too long.

    Source:
        van der Aalst et al., alignments: moves on log, on model and synchronous.
    """
    if len(steps) > LONGEST:
        return None
    search = _Search(table, steps)
    start = _Node(0, base or table.region.initial)
    best: dict[_Node, tuple[_Node | None, Edit | None]] = {}
    queue: list[tuple[int, int, int, _Node, _Node | None, Edit | None]] = [
        (0, 0, 0, start, None, None)
    ]
    count = 0
    while queue:
        cost, _, _, node, previous, edit = heapq.heappop(queue)
        if node in best:
            continue
        best[node] = previous, edit
        if node.taken == len(steps) and not table.states[node.state].owed:
            return _edits(best, node)
        for price, target, made in search.edges(node):
            if target not in best:
                count += 1
                heapq.heappush(queue, (cost + price, -target.taken, count, target, node, made))
    return None


def _edits(
    best: dict[_Node, tuple[_Node | None, Edit | None]], node: _Node | None
) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    while node is not None:
        node, edit = best[node]
        if edit is not None:
            edits.append(edit)
    return tuple(reversed(edits))


class _Search:
    """The edges of the search graph."""

    #: an edit costs more than any number of notes on a session that is short enough
    EDIT: Final = 1 << 20
    #: among equally few edits, to insert what is missing says more than to drop or to replace
    DROPPED: Final = EDIT + (1 << 13)
    REPLACED: Final = EDIT + (1 << 14)

    def __init__(self, table: Table, steps: list[Step]) -> None:
        self._table = table
        self._steps = steps
        self._walks = {state: tuple(_bare_steps(table, state)) for state in table.order}
        self._end = steps[-1].line + 1 if steps else 1

    def edges(self, node: _Node) -> Iterator[_Edge]:
        """Give every edge out of *node*; inserting stays at the index, the others consume."""
        index, state = node
        step = self._steps[index] if index < len(self._steps) else None
        line = step.line if step else self._end
        if step is not None:
            yield from self._together(node, step)
        for event, target in self._walks[state]:
            yield self.EDIT, _Node(index, target), Edit(INSERT, line, event)
        if step is not None and step.event is not None:
            yield self.DROPPED, _Node(index + 1, state), Edit(DROP, line, step.event)
            for event, target in self._walks[state]:
                yield self.REPLACED, _Node(index + 1, target), Edit(REPLACE, line, event)

    def _together(self, node: _Node, step: Step) -> Iterator[_Edge]:
        if step.perhaps:
            yield 0, _Node(node.taken + 1, node.state), None
        if step.symbol is None:
            moves = self._table.closure(node.state, restart=False)
        else:
            moves = self._table.moves(node.state, step.symbol)
        for target, move in moves.items():
            if move.cost < self.EDIT:  # permitted, perhaps with a note
                yield move.cost, _Node(node.taken + 1, target), None


def _bare_steps(table: Table, state: str) -> Iterator[tuple[str, str]]:
    """Give (event, target) of the permitted rows of *state* that need no note."""
    for event in table.events:
        for row in table.matching(state, Symbol(event)):
            if row.severity == "free":
                for to in row.to:
                    yield event, state if to == SAME else to
