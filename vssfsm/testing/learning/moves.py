"""What traces show against the rows: rows that never came, moves that no row permits."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from vssfsm.core.timeline import Timeline, Way
from vssfsm.core.track import Taken
from vssfsm.draw import MACHINES
from vssfsm.draw.graph import Graph, Node
from vssfsm.draw.overlay import wrong_edges
from vssfsm.draw.visited import weigh
from vssfsm.results import Run
from vssfsm.run import check
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import Row
from vssfsm.testing.coverage.counts import Coverage, covered

#: machines whose moves are compared, each with the region that its rows are of
REGION_OF: Final = {"writer": "writer", "restore": "writer", "requester": "requester"}


class Forbidden(NamedTuple):
    """A move that no row permits, and the rule that it breaks, with its severity."""

    source: str
    event: str
    target: str
    rule: str
    severity: str


class Difference(NamedTuple):
    """
    What traces show of one machine.

    Args:
        machine: a key of `REGION_OF`.
        coverage: of its region; `run` in it is the check of the traces.
        moves: (state, event, state) -> times, of permitted moves.
        forbidden: the others -> times.
    """

    machine: str
    coverage: Coverage
    moves: Mapping[tuple[str, str, str], int]
    forbidden: Mapping[Forbidden, int]

    @property
    def graph(self) -> Graph:
        """The machine: grey what never came, black what came, red what no row permits."""
        graph = weigh(MACHINES[self.machine](), self.moves)
        homes = {state: node.key for node in graph.nodes for state in node.states}
        wrong = [Taken(*one[:3], row_of(one.rule, self.region)) for one in self.forbidden]
        edges = (*graph.edges, *wrong_edges(wrong, homes))
        return graph._replace(nodes=self._nodes(graph), edges=edges, is_compared=True)

    def _nodes(self, graph: Graph) -> tuple[Node, ...]:
        """Give the nodes with the rules that moves from them break: a move may change nothing."""
        return tuple(
            node._replace(
                broken=", ".join(
                    sorted({f.rule for f in self.forbidden if f.source in node.states})
                )
            )
            for node in graph.nodes
        )

    @property
    def region(self) -> str:
        """The name of the region of the machine."""
        return REGION_OF[self.machine]


def watched(
    paths: Sequence[str],
    *,
    release: str | None = None,
    observation: str | None = None,
    input_format: str = "auto",
) -> Run:
    """Judge traces, and keep the ways of their sessions; see `vssfsm.check`."""
    return check(
        *paths,
        release=release,
        observation=observation,
        input_format=input_format,
        keep_records=True,
        keep_counts=True,
        repair=False,
    )


def difference(run: Run, machine: str) -> Difference:
    """
    Compare what *run* saw with the rows.

    Args:
        run: of `watched`.
        machine: a key of `REGION_OF`.
    """
    moves: Counter[tuple[str, str, str]] = Counter()
    forbidden: Counter[Forbidden] = Counter()
    for _, way in ways_of(run, REGION_OF[machine]):
        for step in way.steps:
            if rule := broken_by(step):
                forbidden[Forbidden(*step[:3], rule.code, rule.severity)] += 1
            elif step.event:
                moves[step[:3]] += 1
    return Difference(machine, covered(run, (REGION_OF[machine],)), moves, forbidden)


def ways_of(run: Run, region: str) -> Iterator[tuple[Timeline, Way]]:
    """Give each way of *run* through *region*, with the input that it is in."""
    for timeline in run.timelines:
        yield from ((timeline, way) for way in timeline.ways if way.region == region)


def broken_by(step: Taken) -> Row | None:
    """Give the rule that a *step* breaks, None where a row permits it or nothing was recorded."""
    return step.row if step.event and step.row is not None and not step.row.to else None


def row_of(code: str, region: str) -> Row:
    """Give the rule *code* of *region*."""
    found = REGIONS[region]
    return next(row for row in (*found.rows, *found.unexplained) if row.code == code)
