"""A machine weighed by what tests visited: unvisited parts are grey, failing ones are red."""

from collections.abc import Iterable, Mapping

from vssfsm.draw.graph import Edge, Graph, Node

#: state, event, state
Way = tuple[str, str, str]
#: state, event, code of the rule that was broken
Broken = tuple[str, str, str]


def weigh(graph: Graph, visits: Mapping[Way, int], broken: Iterable[Broken] = ()) -> Graph:
    """
    Give *graph* with the numbers of visits, and with what was broken.

    Args:
        graph: of a machine whose nodes stand for states.
        visits: how often each way was taken; others were never taken.
        broken: where a rule was broken, and by which event.
    """
    broken = list(broken)
    edges = tuple(_weighed(edge, visits, broken) for edge in graph.edges)
    reached = {state for way in visits for state in (way[0], way[2])}
    ends = {key for edge in edges if edge.visits for key in edge[:2]}
    nodes = tuple(_reached(node, reached, ends, broken) for node in graph.nodes)
    return graph._replace(nodes=nodes, edges=edges)


def touches(graph: Graph, visits: Mapping[Way, int], broken: Iterable[Broken] = ()) -> bool:
    """Tell whether any way of *graph* was taken, or broken."""
    ways = {move[1:] for edge in graph.edges for move in edge.moves}
    starts = {way[:2] for way in ways}
    return bool(ways & visits.keys()) or any(one[:2] in starts for one in broken)


def _weighed(edge: Edge, visits: Mapping[Way, int], broken: list[Broken]) -> Edge:
    ways = {move[1:] for move in edge.moves}
    starts = {way[:2] for way in ways}
    return edge._replace(
        visits=sum(visits.get(way, 0) for way in ways),
        is_broken=any(one[:2] in starts for one in broken),
    )


def _reached(node: Node, reached: set[str], ends: set[str], broken: list[Broken]) -> Node:
    is_reached = node.key in ends or not reached.isdisjoint(node.states)
    rules = sorted({rule for state, _, rule in broken if state in node.states})
    return node._replace(visits=int(is_reached), broken=", ".join(rules))
