"""
The path of a trace, held against a machine and lit in its graph.

In the lifecycle of writers it is that of the first writer session; in a region of the requester,
that of the first object. A move that is drawn through a state lights the way to that state, too.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record, Symbol, symbol
from vssfsm.core.track import Taken, Track
from vssfsm.draw.graph import EVENT, GATHER, VIOLATION, Edge, Graph, Node
from vssfsm.errors import UsageError
from vssfsm.monitor.calls import Folding, call_symbol
from vssfsm.monitor.entries import in_one
from vssfsm.monitor.keys import Key, key_of
from vssfsm.monitor.requesters import begins_anew
from vssfsm.monitor.tables import table
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.vocabulary import (
    LIFECYCLE_EVENTS,
    NO_LIFECYCLE_STATE,
    REQUESTER_NAMES,
    RESULT_CALLS,
    SESSION_STARTS,
)
from vssfsm.traces.formats import AUTO
from vssfsm.traces.reading import enter

_WRITER: Final = "writer"


# --- The path ----------------------------------------------------------------
def path_of(trace: str, machine: str = _WRITER) -> list[Taken]:
    """
    Give the cheapest explanation of the first session in the file *trace*.

    Args:
        trace: its path.
        machine: a region of the requester: its first object; anything else: its first writer.

    Raises:
        UsageError: it cannot be read, or holds nothing of that participant.
    """
    records = _records(trace)
    region = REGIONS.get(machine)
    if region is not None and region.scope == REQUESTER.scope:
        return _requesters_path(trace, records, machine)
    first = next((record for record in records if _is_event(record)), None)
    if first is None:
        raise UsageError(f"{trace} holds no writer event that could be laid over a diagram")
    key = key_of(first)
    track = Track(table(_WRITER), restart=key.session is None)
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
        with enter(trace, AUTO) as entered:
            if isinstance(entered, Note):
                raise UsageError(f"cannot read {trace}: {entered.message}")
            reader = entered.reader
            return [
                record._replace(observation=record.observation or reader.OBSERVATION)
                for record, _ in reader.read(entered.opened)
            ]
    except EOFError as error:
        raise UsageError(f"cannot read {trace}: {error}") from error


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


# --- The path of a requester -------------------------------------------------
def _requesters_path(trace: str, records: list[Record], machine: str) -> list[Taken]:
    first = next((record for record in records if _is_call(record)), None)
    if first is None:
        raise UsageError(f"{trace} holds no call of a requester that could be laid over a diagram")
    key = _object_of(first)
    calls = _Calls(machine, restart=key.session is None)
    for record in in_one(records[records.index(first) :]):
        if not key.may_be(_object_of(record)):
            continue
        if record.hole:
            calls.take_hole(record)
        elif _is_call(record) and not calls.take(record):
            break
    return calls.tracks[machine].path()


def _is_call(record: Record) -> bool:
    return record.actor == "requester" and record.event in REQUESTER_NAMES | {*RESULT_CALLS}


def _object_of(record: Record) -> Key:
    key = key_of(record)
    return Key(key.host, key.session)


class _Calls:
    """One object: the region that is drawn, and the lifecycle, which tells where it ends."""

    def __init__(self, machine: str, *, restart: bool) -> None:
        self.tracks = {
            name: Track(table(name), restart=restart) for name in (REQUESTER.name, machine)
        }
        self._folding = Folding()
        self._restart = restart

    def take_hole(self, record: Record) -> None:
        self._folding.hide()
        for track in self.tracks.values():
            track.take_hole(record.line)

    def take(self, record: Record) -> bool:
        """Step by *record*; tells whether it still belongs to the first object."""
        lifecycle = self.tracks[REQUESTER.name]
        if self._restart and begins_anew(record, lifecycle):
            return False
        kind = record.observation
        if kind == "partial" or (kind == "window" and not lifecycle.history):
            self.take_hole(record)
        implied = self._folding.before(record)
        own = call_symbol(record, symbol(record, None), self._folding.memory)
        for seen in (*implied, *(() if own is None else (own,))):
            for track in self.tracks.values():
                if track.table.knows(seen.event):
                    track.take(seen, record.line)
        return True


# --- The light ---------------------------------------------------------------
def light(graph: Graph, path: list[Taken]) -> Graph:
    """
    Mark nodes and edges of *graph* that *path* uses, and the steps that broke a rule.

    Raises:
        UsageError: the path does not touch the graph.
    """
    homes = {state: node.key for node in graph.nodes for state in node.states}
    steps = {(taken.source, taken.event, taken.target) for taken in path}
    edges = _lit_edges(graph, steps)
    used = {key for edge in edges if edge.lit and not edge.to_cluster for key in edge[:2]}
    used |= {edge.source for edge in edges if edge.lit}
    if _stands_for_states(graph):
        used |= {homes[s] for taken in path for s in (taken.source, taken.target) if s in homes}
    if not used:
        raise UsageError(f"the trace does not touch the machine {graph.name}")
    broken = [taken for taken in path if taken.row and taken.row.severity in (ERROR, WARNING)]
    nodes = tuple(_lit_node(node, used, broken) for node in graph.nodes)
    wrong = tuple(wrong_edges(broken, homes))
    return graph._replace(nodes=nodes, edges=(*edges, *wrong))


def _stands_for_states(graph: Graph) -> bool:
    """Tell whether every edge starts in a state, not at an event."""
    return all(node.look != EVENT for node in graph.nodes)


def _lit_edges(graph: Graph, steps: set[tuple[str, str, str]]) -> list[Edge]:
    gathers = {node.key for node in graph.nodes if node.look in (GATHER, EVENT)}
    states = {state for node in graph.nodes for state in node.states}
    passed = {
        (move.source, move.event, edge.source)
        for edge in graph.edges
        for move in edge.moves
        if edge.source in states - gathers and (move.source, move.event, move.target) in steps
    }
    return [_lit_edge(edge, steps | passed) for edge in graph.edges]


def _lit_edge(edge: Edge, steps: set[tuple[str, str, str]]) -> Edge:
    return edge._replace(lit=any((m.source, m.event, m.target) in steps for m in edge.moves))


def _lit_node(node: Node, used: set[str], broken: Iterable[Taken]) -> Node:
    rows = [taken.row for taken in broken if taken.row and taken.source in node.states]
    rules = dict.fromkeys(f"{row.code} {row.name}" for row in rows)
    return node._replace(lit=node.key in used, broken=", ".join(rules))


def wrong_edges(broken: Iterable[Taken], homes: dict[str, str]) -> Iterator[Edge]:
    """Give a red edge for each step that broke a rule and led to another node; *homes* by state."""
    for taken in broken:
        start, end = homes.get(taken.source), homes.get(taken.target)
        if taken.row and start and end and start != end:
            yield Edge(start, end, f"{taken.event}\n{taken.row.code}", VIOLATION, taken.row.grade)
