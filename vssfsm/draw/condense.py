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

_STATES: Final = {state.name: state for state in WRITER.states}
_PHASES: Final = tuple(dict.fromkeys(state.phase for state in WRITER.states))
_GROUPS: Final = {state.number: state.group for state in WRITER_STATES}
_LOOKS: Final = {"idle": STABLE, "waiting": WAITING, "failed": FAILED}
#: phases in which a session has ended: the event that leads there gives the colour
_ENDS: Final = {"aborted": ABORT, "closed": SHUTDOWN}
_TIMED_OUT: Final = "VSS_E_WRITERERROR_TIMEOUT"
#: from so many phases, or nodes, one event into one phase starts at a gather node
_MANY_PHASES: Final = 3
_MANY_NODES: Final = 4
#: an edge ends at the border of a phase if it leads to so many of its nodes
_MOST: Final = 3


class _Arc(NamedTuple):
    """All moves with the same ends and event; the strongest row speaks for them."""

    source: str
    event: str
    target: str
    moves: tuple[Move, ...]

    @property
    def row(self) -> Row:
        return min((move.row for move in self.moves), key=strength)

    @property
    def kind(self) -> str:
        return kind_of(self.row, _STATES[self.target])


def draw_writer() -> Graph:
    """Give the backup lifecycle: every state but those of a restore."""
    return _condense("writer", "A VSS writer in one backup session", lambda move: not _restore(move))


def draw_restore() -> Graph:
    """Give the lifecycle of a restore: its own states, and those at its ends."""
    return _condense("restore", "A VSS writer in one restore session", _restore)


def _restore(move: Move) -> bool:
    return "restore" in (_STATES[move.source].phase, _STATES[move.target].phase)


def kind_of(row: Row, target: State) -> str:
    """Give the kind of the edges of *row* into *target*."""
    outcomes = {outcome for when in row.when for outcome in when.get("outcome", ("ok",))}
    failures = {code for when in row.when for code in when.get("failure", ())}
    if row.ruling == "ignored-veto":
        return IGNORED
    if "ok" not in outcomes:
        return VETO if "veto" in outcomes else TIMEOUT
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
    arcs = _gather(_arcs(moves), nodes)
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
        nodes[key] = _node(key, tuple(_STATES[name] for name in held))
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
def _arcs(moves: list[Move]) -> list[_Arc]:
    together: dict[tuple[str, str, str], list[Move]] = {}
    for move in moves:
        together.setdefault((move.source, move.event, move.target), []).append(move)
    return [_Arc(*ends, tuple(held)) for ends, held in together.items()]


def _gather(arcs: list[_Arc], nodes: dict[str, Node]) -> list[tuple[str, _Arc]]:
    """Give each arc with the node that it starts at; makes the gather nodes."""
    sources: dict[tuple[str, ...], set[str]] = {}
    for arc in arcs:
        if not _stays(arc):
            sources.setdefault(_crossing(arc), set()).add(arc.source)
    groups: dict[str, list[_Arc]] = {}
    starts = []
    for arc in arcs:
        start = _key(_STATES[arc.source])
        if not _stays(arc) and (_leaps(arc) or _are_many(sources[_crossing(arc)])):
            start = "_".join(("from", *_crossing(arc), *(("noted",) if _is_noted(arc) else ())))
            groups.setdefault(start, []).append(arc)
        starts.append((start, arc))
    for key, group in groups.items():
        nodes[key] = _gather_node(key, group)
    return starts


def _crossing(arc: _Arc) -> tuple[str, ...]:
    """Give what arcs have in common that may start at one gather node."""
    apart = (arc.kind,) if arc.kind in (IGNORED, TIMEOUT) else ()
    return arc.event, _STATES[arc.target].phase, *apart


def _are_many(sources: set[str]) -> bool:
    phases = {_STATES[name].phase for name in sources}
    keys = {_key(_STATES[name]) for name in sources}
    return len(phases) >= _MANY_PHASES or len(keys) >= _MANY_NODES


def _leaps(arc: _Arc) -> bool:
    """Tell whether *arc* leads over a phase that lies between its ends."""
    source, target = (_PHASES.index(_STATES[name].phase) for name in (arc.source, arc.target))
    return target - source > 1 and _STATES[arc.target].phase != "restore"


def _stays(arc: _Arc) -> bool:
    return _key(_STATES[arc.source]) == _key(_STATES[arc.target])


def _is_noted(arc: _Arc) -> bool:
    return line_of(arc.row) == NOTED


def _gather_node(key: str, arcs: list[_Arc]) -> Node:
    sources = {arc.source for arc in arcs}
    texts = []
    for phase in _PHASES:
        whole = {state.name for state in WRITER.states if state.phase == phase}
        if whole <= sources:
            texts.append(phase)
        elif whole & sources:
            texts.append(f"{phase} {_numbers([_STATES[s] for s in whole & sources], ', ')}")
    cluster = _STATES[arcs[0].target].phase
    return Node(key, arcs[0].event, "from " + ", ".join(texts), GATHER, cluster)


def _edges(starts: list[tuple[str, _Arc]], nodes: dict[str, Node]) -> tuple[Edge, ...]:
    fans: dict[tuple[str, str, str, str], list[_Arc]] = {}
    for start, arc in starts:
        loop = "loop" if _stays(arc) else _STATES[arc.target].phase
        fans.setdefault((start, arc.event, arc.kind, loop), []).append(arc)
    return tuple(edge for (start, *_), arcs in fans.items() for edge in _fan(start, arcs, nodes))


def _fan(start: str, arcs: list[_Arc], nodes: dict[str, Node]) -> list[Edge]:
    """Draw the arcs of one start, event and kind into one phase: to each node, or to its border."""
    targets = dict.fromkeys(_key(_STATES[arc.target]) for arc in arcs)
    phase = _STATES[arcs[0].target].phase
    boxes = [n for n in nodes.values() if n.cluster == phase and n.look != GATHER]
    if len(targets) > 1 and len(targets) >= min(len(boxes), _MOST) and nodes[start].cluster != phase:
        return [_edge(start, next(iter(targets)), arcs, to_cluster=True)]
    return [
        _edge(start, target, [a for a in arcs if _key(_STATES[a.target]) == target])
        for target in targets
    ]


def _edge(start: str, target: str, arcs: list[_Arc], *, to_cluster: bool = False) -> Edge:
    row = min((arc.row for arc in arcs), key=strength)
    words = _words(arcs)
    label = f"{arcs[0].event} {words}".strip() if not start.startswith("from_") else words
    if to_cluster:
        label += "\nto " + _numbers(_STATES[arc.target] for arc in arcs)
    moves = tuple(move for arc in arcs for move in arc.moves)
    return Edge(start, target, label, arcs[0].kind, line_of(row), moves, to_cluster=to_cluster)


def _words(arcs: list[_Arc]) -> str:
    """Name the outcomes of a failure; those of a success go without saying."""
    if arcs[0].kind not in (VETO, TIMEOUT):
        return ""
    rows = [move.row for arc in arcs for move in arc.moves if move.row.pays == arc.row.pays]
    outcomes = {o for row in rows for when in row.when for o in when.get("outcome", ("timeout",))}
    return ", ".join(outcome for outcome in ("veto", "timeout") if outcome in outcomes)
