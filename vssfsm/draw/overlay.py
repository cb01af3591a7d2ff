"""The path of a trace: its first writer session, held against the lifecycle, and lit in a graph."""

import zlib
from collections.abc import Iterable, Iterator
from importlib import import_module

from vssfsm.core.record import Record, Symbol, symbol
from vssfsm.core.track import Taken, Track
from vssfsm.draw.graph import VIOLATION, Edge, Graph, Node
from vssfsm.errors import UsageError
from vssfsm.monitor.keys import Key, key_of
from vssfsm.monitor.tables import table
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, NO_LIFECYCLE_STATE, SESSION_STARTS
from vssfsm.traces import source


# --- The path ----------------------------------------------------------------
def path_of(trace: str) -> list[Taken]:
    """
    Give the cheapest explanation of the first writer session in the file *trace*.

    Raises:
        UsageError: it cannot be read, or holds no event of a writer.
    """
    records = _records(trace)
    first = next((record for record in records if _is_event(record)), None)
    if first is None:
        raise UsageError(f"{trace} holds no writer event that could be laid over a diagram")
    key = key_of(first)
    track = Track(table("writer"), restart=key.session is None)
    for record in records[records.index(first) :]:
        if not key.may_be(key_of(record)):
            continue
        if record.hole:
            track.take_hole(record.line)
        elif _is_event(record) and not _take(track, record, key):
            break
    return track.path()


def _is_event(record: Record) -> bool:
    return record.actor == "writer" and record.event in LIFECYCLE_EVENTS


def _records(trace: str) -> list[Record]:
    try:
        opened = source.open_input(trace)
        with opened.stream:
            reader = import_module(f"vssfsm.traces.readers.{opened.head.format or 'jsonl'}")
            return [
                record._replace(observation=record.observation or reader.OBSERVATION)
                for record, _ in reader.read(opened)
            ]
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read {trace}: {reason}") from error


def _take(track: Track, record: Record, key: Key) -> bool:
    """Step *track*; tells whether *record* still belongs to the first session."""
    seen = _seen(record)
    starts = record.event in SESSION_STARTS and key.session is None
    if starts and not track.is_free(seen) and track.may_have_ended:
        return False
    if record.observation == "partial" or (record.observation == "window" and not track.history):
        track.take_hole(record.line)
    track.take(seen, record.line, record.at)
    return True


def _seen(record: Record) -> Symbol:
    """Give the symbol of *record*; an illegal pair counts as not reported."""
    seen = symbol(record, None)
    if record.state is None and record.failure is None:
        return seen
    status = table("status")
    pair = status.project(seen._replace(event="status", outcome=None))
    rows = [move.row for move in status.moves("any", pair).values()]
    if any(row is not None and row.severity == ERROR for row in rows):
        return seen._replace(state=None, failure=None)
    return seen._replace(state=None) if seen.state in NO_LIFECYCLE_STATE else seen


# --- The light ---------------------------------------------------------------
def light(graph: Graph, path: list[Taken]) -> Graph:
    """
    Mark nodes and edges of *graph* that *path* uses, and the steps that broke a rule.

    Raises:
        UsageError: the path does not touch the graph.
    """
    homes = {state: node.key for node in graph.nodes for state in node.states}
    steps = {(taken.source, taken.event, taken.target) for taken in path}
    edges = [_lit_edge(edge, steps) for edge in graph.edges]
    used = {key for edge in edges if edge.lit and not edge.to_cluster for key in edge[:2]}
    used |= {edge.source for edge in edges if edge.lit}
    if _stands_for_states(graph):
        used |= {homes[s] for taken in path for s in (taken.source, taken.target) if s in homes}
    if not used:
        raise UsageError(f"the trace does not touch the machine {graph.name}")
    broken = [taken for taken in path if taken.row and taken.row.severity in (ERROR, WARNING)]
    nodes = tuple(_lit_node(node, used, broken) for node in graph.nodes)
    wrong = tuple(_wrong_edges(broken, homes))
    return graph._replace(nodes=nodes, edges=(*edges, *wrong))


def _stands_for_states(graph: Graph) -> bool:
    """Tell whether every edge starts in a state, not at an event."""
    return bool(graph.clusters)


def _lit_edge(edge: Edge, steps: set[tuple[str, str, str]]) -> Edge:
    return edge._replace(lit=any((m.source, m.event, m.target) in steps for m in edge.moves))


def _lit_node(node: Node, used: set[str], broken: Iterable[Taken]) -> Node:
    rows = [taken.row for taken in broken if taken.row and taken.source in node.states]
    rules = dict.fromkeys(f"{row.code} {row.name}" for row in rows)
    return node._replace(lit=node.key in used, broken=", ".join(rules))


def _wrong_edges(broken: Iterable[Taken], homes: dict[str, str]) -> Iterator[Edge]:
    for taken in broken:
        start, end = homes.get(taken.source), homes.get(taken.target)
        if taken.row and start and end and start != end:
            yield Edge(start, end, f"{taken.event}\n{taken.row.code}", VIOLATION, taken.row.grade)
