"""
Ways of sessions through the graph: from node to node, and on from the twin of each.

What is counted for the records of a session is what leads to its last node counts for, and what was
left out or added where it went on from a twin.
"""

from vssfsm.fast.contexts import Context
from vssfsm.fast.graph import Graph, Node
from vssfsm.fast.owners import NOTHING_MORE, More, Roster, Who
from vssfsm.fast.shapes import Shapes, renamed
from vssfsm.fast.symbols import Symbol

#: where a session is, who has taken part, and what counts beside what leads there
Place = tuple[Node, Roster, More]


class Ways:
    """
    Follow sessions.

    Args:
        graph, shapes: those of the input.
    """

    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self._graph = graph
        self._shapes = shapes

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
        place = roster.places.get(who)
        if place is not None:
            before, found = self._graph.follow(node, symbol.token(place))
        else:
            place, roster = len(roster.whos), roster.join(who, context)
            before, found = self._graph.follow(node, symbol.token(place), roster.names[-1])
        if not found.reached and before.reached and roster.is_plain:
            self._settle(before, found, roster, symbol, place)
        return found.twin, roster, sum_of(gap(node, before), gap(found, found.twin))

    def hide(self, node: Node) -> tuple[Node, More]:
        """Give where records that could not be read lead to."""
        before, found = self._graph.hide(node)
        return found, gap(node, before)

    def _settle(self, node: Node, found: Node, roster: Roster, symbol: Symbol, place: int) -> None:
        """Note what is remembered behind *node*, if it is known what its next record does."""
        if node.is_bound != found.is_bound:
            return
        reached = [*node.reached]
        named, at = roster.names[place].named, 0
        if not node.is_bound:
            named, at = renamed(named), place
            if place == len(reached) - 1:  # as one who has not come before
                reached.append(reached[-1])
        after = self._shapes.known(reached[at], (symbol, named))
        if after is not None:
            reached[at] = after
            self._graph.settle(found, roster.names, tuple(reached))


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
