"""
Ways of sessions through the graph: from node to node, and on from the twin of each.

What is counted for the records of a session is what those count for that led to its last node, and
what was left out or added where it went on from a twin.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vssfsm.fast.contexts import Context
from vssfsm.fast.graph import NOWHERE, Graph, Node
from vssfsm.fast.owners import Who
from vssfsm.fast.shapes import Cast, Reached, Said, Shapes
from vssfsm.fast.steps import NOTHING_MORE, More, Roster
from vssfsm.fast.symbols import HOLE, Symbol


class Place(NamedTuple):
    """
    Where a record leads to.

    Args:
        node: where.
        roster: who has taken part.
        more: what counts for it beside what leads to the node.
        rows: codes of those that it takes, as far as the end of the session does not tell them.
    """

    node: Node
    roster: Roster
    more: More
    rows: frozenset[str]


class Ways:
    """
    Follow sessions.

    Args:
        graph, shapes: those of the input.
    """

    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self._graph = graph
        self._shapes = shapes
        #: what a session takes on its way counts at once; if not, at its end
        self.finds_twins = True

    def follow(
        self, node: Node, roster: Roster, symbol: Symbol, who: Who, context: Context
    ) -> Place:
        """
        Give where a record leads to.

        Args:
            node: what was before.
            roster: who took part in it.
            symbol: what is said.
            who: by whom.
            context: what was said of *who* before the session.
        """
        place, joined = roster.places.get(who), None
        if place is None:
            place, roster = len(roster.whos), roster.join(who, context)
            joined = roster.names[-1]
        before, found = self._graph.follow(node, symbol.token(place), joined)
        return self._place(node, before, found, roster)

    def hide(self, node: Node, roster: Roster) -> Place:
        """Give where records that could not be read lead to."""
        before, found = self._graph.hide(node)
        return self._place(node, before, found, roster)

    def _place(self, node: Node, before: Node, found: Node, roster: Roster) -> Place:
        """Give where *found* is, to which somebody came from *node* or its twin *before*."""
        self._look_at(found, roster)
        more = sum_of(gap(node, before), gap(found, found.twin))
        return Place(found.twin, roster, more, found.taken)

    def _look_at(self, node: Node, roster: Roster) -> None:
        """Find the twin of a node that nobody came to before."""
        if self.finds_twins and roster.is_plain and not node.reached and not node.is_lost:
            self.reach(node, roster.cast)
            node.is_lost = not node.reached

    # --- what is remembered ------------------------------------------------------
    def reach(self, node: Node, cast: Cast) -> list[Reached] | None:
        """
        Give what is remembered at *node*, of all together or of each alone; None where it is dear.

        Nodes on the way are settled: twins are the same whatever was said before a session only
        where nothing was.
        """
        settles = self.finds_twins and cast.is_plain
        known, ahead = known_before(node) if settles else ((), node.trail())
        seen = _Seen(self._shapes, cast, known, is_bound=node.is_bound)
        for one in ahead:
            if not seen.take(one.records()):
                return None
            if settles and one.is_bound == node.is_bound and not one.is_lost:
                so_far = seen.so_far(one.count)
                if all(each.state is not None for each in so_far):
                    self._graph.settle(one, cast.names[: one.count], so_far)
                    seen.forget_rows()
        return seen.reached[: 1 if node.is_bound else len(cast.names)]


def known_before(node: Node) -> tuple[tuple[Reached, ...], list[Node]]:
    """Give what is known to be remembered last, at *node* or before, and the nodes from there."""
    trail = node.trail()
    for at in range(len(trail) - 1, -1, -1):
        if trail[at].reached and trail[at].is_bound == node.is_bound:
            return trail[at].reached, trail[at + 1 :]
    return (), trail


class _Seen:
    """
    What those who take part have seen of a session.

    Args:
        shapes: of the input.
        cast: who takes part.
        known: what is remembered at its start; see `Node.reached`.
        is_bound: they are judged together. If not, behind all of them stands one who never comes.
    """

    def __init__(
        self, shapes: Shapes, cast: Cast, known: tuple[Reached, ...], *, is_bound: bool
    ) -> None:
        places = range(len(cast.names))
        nobody = Cast((), cast.has_host)
        casts = [cast] if is_bound else [*map(cast.alone, places), nobody]
        self._go = shapes.go
        self._is_bound = is_bound
        self._names = [one.named for each in casts for one in each.names]
        more = len(casts) - len(known)
        self.reached = [*known, *[known[-1]] * more] if known else [*map(shapes.start, casts)]

    def take(self, records: Iterable[tuple[Symbol, int]]) -> bool:
        """Take symbols with their places; tells whether it is known what they do."""
        for symbol, place in records:
            said: Said = (symbol, None if symbol is HOLE else self._names[place])
            for at in self._parts(place):
                found = self._go(self.reached[at], said)
                if found is None:
                    return False
                self.reached[at] = found
        return True

    def so_far(self, count: int) -> tuple[Reached, ...]:
        """Give what is remembered where *count* have taken part."""
        if self._is_bound:
            return tuple(self.reached)
        return *self.reached[:count], self.reached[-1]

    def forget_rows(self) -> None:
        """Let rows begin anew: those so far are told."""
        self.reached = [one._replace(rows=frozenset()) for one in self.reached]

    def _parts(self, place: int) -> Sequence[int]:
        """Give the numbers of those who see a record of *place*."""
        if self._is_bound:
            return (0,)
        return range(len(self.reached)) if place == NOWHERE else (place,)


def gap(node: Node, twin: Node) -> More:
    """Give what *node* counts for beyond its twin."""
    if node is twin:
        return NOTHING_MORE
    return (
        sum(one.judged for one in node.reached) - sum(one.judged for one in twin.reached),
        sum(one.records for one in node.reached) - sum(one.records for one in twin.reached),
    )


def sum_of(one: More, other: More) -> More:
    """Add up."""
    return one[0] + other[0], one[1] + other[1]
