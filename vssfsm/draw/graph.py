"""
A small graph: what every renderer draws, and nothing that only one of them knows.

Each edge carries the *moves* that it stands for: the permitted rows' own edges, one per state,
event and target. Condensing merges moves into edges and drops none; the tests count them.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from vssfsm.spec.rows import FREE, GRADES, INFO, SAME, Region, Row

# Kinds of an edge, by which renderers colour it.
SUCCESS: Final = "success"
VETO: Final = "veto"
TIMEOUT: Final = "timeout"
ABORT: Final = "abort"
SHUTDOWN: Final = "shutdown"
IGNORED: Final = "ignored"
GIVEN_UP: Final = "given-up"
RELEASE: Final = "release"
VIOLATION: Final = "violation"
KINDS: Final = {
    SUCCESS: "success",
    VETO: "failure",
    TIMEOUT: "the freeze time ran out",
    ABORT: "Abort",
    SHUTDOWN: "BackupShutdown",
    IGNORED: "events after a veto",
    GIVEN_UP: "AbortBackup",
    RELEASE: "Release",
    VIOLATION: "what the trace broke",
}

# Lines of an edge, by grade of evidence; NOTED costs a note.
NOTED: Final = "NOTED"
LINES: Final = {
    "STATED": "stated by a page",
    "INFERRED": "inferred from names",
    "OPEN": "pages are silent or disagree",
    NOTED: "open, and worth a note (info)",
}

# Looks of a node.
STABLE: Final = "stable"
WAITING: Final = "waiting"
FAILED: Final = "failed"
TERMINAL: Final = "terminal"
EVENT: Final = "event"
PLAIN: Final = "plain"
OBJECT: Final = "object"
RUNNING: Final = "running"
BROKEN: Final = "broken"
OVER: Final = "over"
GATHER: Final = "gather"
LOOKS: Final = {
    STABLE: "reports STABLE",
    WAITING: "waits for the next event",
    FAILED: "reports a failure",
    TERMINAL: "the session is over",
    EVENT: "an event",
    PLAIN: "a state",
    OBJECT: "how far the object got",
    RUNNING: "an asynchronous call runs",
    BROKEN: "a call failed",
    OVER: "the object is gone",
    GATHER: "the phases that the event may come from",
}


class Move(NamedTuple):
    """One edge of the rows, before anything is condensed."""

    row: Row
    source: str
    event: str
    target: str


class Node(NamedTuple):
    """
    A box.

    Args:
        key: name inside of the graph.
        title, detail: lines of text; *detail* may hold several, with line feeds.
        look: one of `LOOKS`.
        cluster: the cluster it stands in, or empty.
        states: states of the region that it stands for.
        lit: the overlay's path goes through it.
        broken: the code of a rule that the overlay's trace broke here.
        visits: how often tests came here, or None where that is not drawn.
    """

    key: str
    title: str
    detail: str
    look: str
    cluster: str = ""
    states: tuple[str, ...] = ()
    lit: bool = False
    broken: str = ""
    visits: int | None = None


class Edge(NamedTuple):
    """
    An arrow between nodes.

    Args:
        source, target: keys of nodes.
        label: text, may hold line feeds.
        kind, line: of `KINDS` and of `LINES`.
        moves: what it stands for.
        to_cluster: it ends at the border of the target's cluster.
        lit: the overlay's path goes along it.
        is_both: it leads back, too.
        visits: how often tests went this way, or None where that is not drawn.
        is_broken: a rule was broken on this way.
    """

    source: str
    target: str
    label: str
    kind: str
    line: str
    moves: tuple[Move, ...] = ()
    to_cluster: bool = False
    lit: bool = False
    is_both: bool = False
    visits: int | None = None
    is_broken: bool = False


class Sheet(NamedTuple):
    """A table instead of a drawing, for regions with one state: a heading and its lines."""

    heading: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    shades: tuple[str, ...]


class Graph(NamedTuple):
    """
    Nodes and edges in the order in which they are drawn; clusters by key, with their labels.

    Args:
        name, title: of the machine.
        nodes, edges: what is drawn.
        clusters: pairs of key and label.
        across: from left to right.
        sheet: a table instead of nodes.
        is_stacked: one cluster stands below the other.
        is_compared: black what came, whatever its kind, and red what no row permits.
    """

    name: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[tuple[str, str], ...] = ()
    across: bool = False
    sheet: Sheet | None = None
    is_stacked: bool = True
    is_compared: bool = False

    @property
    def is_weighed(self) -> bool:
        """Tell whether visits are drawn."""
        return any(edge.visits is not None for edge in self.edges)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of edges that occur, in the order of `KINDS`."""
        found = {edge.kind for edge in self.edges if edge.source != edge.target}
        return tuple(kind for kind in KINDS if kind in found)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that occur, in the order of `LINES`."""
        found = {edge.line for edge in self.edges if edge.source != edge.target}
        return tuple(line for line in LINES if line in found)

    @property
    def looks(self) -> tuple[str, ...]:
        """The looks that occur, in the order of `LOOKS`."""
        found = {node.look for node in self.nodes}
        return tuple(look for look in LOOKS if look in found)

    def loops(self, key: str) -> tuple[str, ...]:
        """Give what leaves node *key* as it is: drawn as text inside of it."""
        labels = (e.label for e in self.edges if e.source == e.target == key)
        return tuple(dict.fromkeys(label for label in labels if label))


def moves_of(region: Region) -> Iterator[Move]:
    """Give every edge of the permitted rows of *region*, in the order of the rows."""
    for row in region.rows:
        for source in row.source:
            for event in row.on:
                for to in row.to:
                    yield Move(row, source, event, source if to == SAME else to)


def strength(row: Row) -> tuple[int, int]:
    """Give the rank of *row* among rows with the same ends: one without a note, better proven."""
    return (FREE, INFO).index(row.pays), GRADES.index(row.grade)


def line_of(row: Row) -> str:
    """Give the line that *row* is drawn with."""
    return row.grade if row.pays == FREE else NOTED
