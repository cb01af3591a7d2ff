"""
The writer's lifecycle, condensed until it can be read.

States that still show the failure of an earlier phase are one node per phase. An event that comes
from many places, or that leaps over phases, starts at a *gather* node, which lists where it comes
from. Readings that reach most of a phase end at its border. All of it follows from the rows.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from vssfsm.draw.graph import (
    ABORT,
    FAILED,
    GATHER,
    IGNORED,
    NOTED,
    SHUTDOWN,
    STABLE,
    SUCCESS,
    TERMINAL,
    TIMEOUT,
    VETO,
    WAITING,
    Edge,
    Graph,
    Move,
    Node,
    line_of,
    moves_of,
    strength,
)
from vssfsm.spec.rows import Row, State
from vssfsm.spec.vocabulary import STATE_NAMES, WRITER_STATES
from vssfsm.spec.writer import WRITER

#: states of the lifecycle by name
STATES: Final = {state.name: state for state in WRITER.states}
_PHASES: Final = tuple(dict.fromkeys(state.phase for state in WRITER.states))
_GROUPS: Final = {state.number: state.group for state in WRITER_STATES}
_LOOKS: Final = {"idle": STABLE, "waiting": WAITING, "failed": FAILED}
#: phases in which a session has ended: the event that leads there gives the colour
_ENDS: Final = {"aborted": ABORT, "closed": SHUTDOWN}
#: rulings on what a writer that vetoed goes through all the same
_AFTER_VETO: Final = ("ignored-veto", "left-out-writer")
_TIMED_OUT: Final = "VSS_E_WRITERERROR_TIMEOUT"
#: from so many phases, or nodes, one event into one phase starts at a gather node
_MANY_PHASES: Final = 3
_MANY_NODES: Final = 4
#: an edge ends at the border of a phase if it leads to so many of its nodes
_MOST: Final = 3


class Arc(NamedTuple):
    """All moves with the same ends and event; the strongest row speaks for them."""

    source: str
    event: str
    target: str
    moves: tuple[Move, ...]

    @property
    def row(self) -> Row:
        """The strongest row."""
        return min((move.row for move in self.moves), key=strength)

    @property
    def kind(self) -> str:
        """The kind of the edge."""
        return kind_of(self.row, STATES[self.target])


def draw_writer() -> Graph:
    """Give the backup lifecycle: every state but those of a restore."""
    return _condense("writer", "A VSS writer in one backup session", _backup)


def draw_restore() -> Graph:
    """Give the lifecycle of a restore: its own states, and those at its ends."""
    return _condense("restore", "A VSS writer in one restore session", _restore)


def _backup(move: Move) -> bool:
    return not _restore(move)


def _restore(move: Move) -> bool:
    return "restore" in (STATES[move.source].phase, STATES[move.target].phase)


def kind_of(row: Row, target: State) -> str:
    """Give the kind of the edges of *row* into *target*."""
    outcomes = {outcome for when in row.when for outcome in when.get("outcome", ("ok",))}
    failures = {code for when in row.when for code in when.get("failure", ())}
    if row.ruling in _AFTER_VETO:
        return IGNORED
    if VETO in outcomes and "ok" not in outcomes:
        return VETO
    if outcomes == {TIMEOUT}:
        return TIMEOUT
    if failures == {_TIMED_OUT}:
        return TIMEOUT
    return _ENDS.get(target.phase, SUCCESS)


def look_of(state: State) -> str:
    """Give the look of *state*."""
    look = _LOOKS[_GROUPS[state.reported or 0]]
    return TERMINAL if look == STABLE and state.phase in _ENDS else look


def _condense(name: str, title: str, wanted: Callable[[Move], bool]) -> Graph:
    moves = [move for move in moves_of(WRITER) if wanted(move)]
    used = {end for move in moves for end in (move.source, move.target)}
    states = [state for state in WRITER.states if state.name in used]
    nodes = _nodes(states)
    arcs = _gather(arcs_of(moves), nodes)
    edges = _edges(arcs, nodes)
    phases = dict.fromkeys(node.cluster for node in nodes.values())
    clusters = tuple((phase, phase) for phase in _PHASES if phase in phases)
    return Graph(name, title, tuple(nodes.values()), edges, clusters)


# --- Nodes -------------------------------------------------------------------
def _nodes(states: list[State]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for state in states:
        key = _key(state)
        held = (*nodes[key].states, state.name) if key in nodes else (state.name,)
        nodes[key] = _node(key, tuple(STATES[name] for name in held))
    return nodes


def _key(state: State) -> str:
    return f"{state.phase}_kept" if _is_kept(state) else state.name


def _is_kept(state: State) -> bool:
    """Tell whether *state* shows what an earlier phase left."""
    phase = _PHASES.index(state.phase)
    earlier = {s.reported for s in WRITER.states if _PHASES.index(s.phase) < phase}
    return look_of(state) in (FAILED, WAITING) and state.reported in earlier


def _node(key: str, states: tuple[State, ...]) -> Node:
    first = states[0]
    if key == first.name:
        number = first.reported or 0
        look, detail = look_of(first), first.means
        title = f"{number}  {STATE_NAMES[number]}"
    else:
        look, detail = FAILED, "an earlier state still shows"
        title = "kept: " + _numbers(states, ", ")
    return Node(key, title, detail, look, first.phase, tuple(state.name for state in states))


def _numbers(states: Iterable[State], last: str = " or ") -> str:
    texts = [str(number) for number in sorted({state.reported or 0 for state in states})]
    return ", ".join(texts[:-1]) + last + texts[-1] if texts[1:] else texts[0]


# --- Edges -------------------------------------------------------------------
def arcs_of(moves: list[Move]) -> list[Arc]:
    """Put the *moves* with the same ends and event together."""
    together: dict[tuple[str, str, str], list[Move]] = {}
    for move in moves:
        together.setdefault((move.source, move.event, move.target), []).append(move)
    return [Arc(*ends, tuple(held)) for ends, held in together.items()]


def _gather(arcs: list[Arc], nodes: dict[str, Node]) -> list[tuple[str, Arc]]:
    """Give each arc with the node that it starts at; makes the gather nodes."""
    sources: dict[tuple[str, ...], set[str]] = {}
    for arc in arcs:
        if not _stays(arc):
            sources.setdefault(_crossing(arc), set()).add(arc.source)
    groups: dict[str, list[Arc]] = {}
    starts = []
    for arc in arcs:
        start = _key(STATES[arc.source])
        if not _stays(arc) and (_leaps(arc) or _ends(arc, sources[_crossing(arc)])):
            start = "_".join(("from", *_crossing(arc), *(("noted",) if _is_noted(arc) else ())))
            groups.setdefault(start, []).append(arc)
        starts.append((start, arc))
    for key, group in groups.items():
        nodes[key] = _gather_node(key, group)
    return starts


def _crossing(arc: Arc) -> tuple[str, ...]:
    """Give what arcs have in common that may start at one gather node."""
    apart = (arc.kind,) if arc.kind == TIMEOUT else ()
    return arc.event, STATES[arc.target].phase, *apart


def _ends(arc: Arc, sources: set[str]) -> bool:
    """Tell whether *arc* ends a session as many do, from all the *sources*."""
    phases = {STATES[name].phase for name in sources}
    keys = {_key(STATES[name]) for name in sources}
    many = len(phases) >= _MANY_PHASES or len(keys) >= _MANY_NODES
    return many and STATES[arc.target].phase in _ENDS


def _leaps(arc: Arc) -> bool:
    """Tell whether *arc* leads over a phase that lies between its ends."""
    source, target = (_PHASES.index(STATES[name].phase) for name in (arc.source, arc.target))
    return target - source > 1 and STATES[arc.target].phase != "restore"


def _stays(arc: Arc) -> bool:
    return _key(STATES[arc.source]) == _key(STATES[arc.target])


def _is_noted(arc: Arc) -> bool:
    return line_of(arc.row) == NOTED


def _gather_node(key: str, arcs: list[Arc]) -> Node:
    sources = {arc.source for arc in arcs}
    texts = [text for phase in _PHASES if (text := _part_of(phase, sources))]
    cluster = STATES[arcs[0].target].phase
    return Node(key, arcs[0].event, "from " + ", ".join(texts), GATHER, cluster)


def _part_of(phase: str, sources: set[str]) -> str:
    """Name the part of *phase* that is in *sources*: all of it, what it keeps, or numbers."""
    whole = {state.name for state in WRITER.states if state.phase == phase}
    part = whole & sources
    if part in (whole, set()):
        return phase if part else ""
    if part == {name for name in whole if _is_kept(STATES[name])}:
        return f"{phase} kept"
    return f"{phase} {_numbers([STATES[name] for name in part], ', ')}"


def _edges(starts: list[tuple[str, Arc]], nodes: dict[str, Node]) -> tuple[Edge, ...]:
    fans: dict[tuple[str, str, str, str], list[Arc]] = {}
    for start, arc in starts:
        kind, end = arc.kind, "loop" if _stays(arc) else STATES[arc.target].phase
        if nodes[start].look == GATHER:
            kind, end = "", _key(STATES[arc.target])
        fans.setdefault((start, arc.event, kind, end), []).append(arc)
    return tuple(edge for (start, *_), arcs in fans.items() for edge in _fan(start, arcs, nodes))


def _fan(start: str, arcs: list[Arc], nodes: dict[str, Node]) -> list[Edge]:
    """Draw the arcs of one start, event and kind into one phase: to each node, or to its border."""
    targets = dict.fromkeys(_key(STATES[arc.target]) for arc in arcs)
    phase = STATES[arcs[0].target].phase
    boxes = [n for n in nodes.values() if n.cluster == phase and n.look != GATHER]
    most = max(2, min(len(boxes), _MOST))
    if len(targets) >= most and nodes[start].cluster != phase:
        return [_edge(start, next(iter(targets)), arcs, to_cluster=True)]
    return [
        _edge(start, target, [a for a in arcs if _key(STATES[a.target]) == target])
        for target in targets
    ]


def _edge(start: str, target: str, arcs: list[Arc], *, to_cluster: bool = False) -> Edge:
    best = min(arcs, key=lambda arc: strength(arc.row))
    words = words_of([arc for arc in arcs if arc.kind == best.kind])
    label = words if start.startswith("from_") else f"{best.event} {words}".strip()
    if to_cluster:
        label += "\nto " + _numbers(STATES[arc.target] for arc in arcs)
    moves = tuple(move for arc in arcs for move in arc.moves)
    return Edge(start, target, label, best.kind, line_of(best.row), moves, to_cluster=to_cluster)


def words_of(arcs: list[Arc]) -> str:
    """Name the outcomes of a failure; those of a success go without saying."""
    if arcs[0].kind not in (VETO, TIMEOUT):
        return ""
    outcomes = outcomes_of(arcs)
    return ", ".join(outcome for outcome in (VETO, TIMEOUT) if outcome in outcomes)


def outcomes_of(arcs: list[Arc]) -> set[str]:
    """Give the outcomes of the strongest rows of *arcs*; a row without any is a time-out's."""
    rows = [move.row for arc in arcs for move in arc.moves if move.row.pays == arc.row.pays]
    return {o for row in rows for when in row.when for o in when.get("outcome", (TIMEOUT,))}
