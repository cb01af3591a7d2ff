"""
The requester's lifecycle, condensed until it can be read.

A move that skips a state is drawn through it: so a call whose own line tells how it ended goes
through the state in which it runs. A result that corrects it has an arrow of its own. An event that
comes from many states starts at a *gather* node, which lists them. Moves back are drawn with the
way there. Calls that leave most states as they are, refused calls and repeated results are text.
All of it follows from the rows.
"""

import textwrap
from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.draw.calls import STAYING, edge_of, is_quiet, kind_of, loop_of
from vssfsm.draw.graph import (
    BROKEN,
    GATHER,
    GIVEN_UP,
    NOTED,
    OBJECT,
    OVER,
    RELEASE,
    RUNNING,
    VETO,
    Edge,
    Graph,
    Move,
    Node,
    line_of,
    moves_of,
)
from vssfsm.spec.calls import RESULT
from vssfsm.spec.requester import ABORTED, RELEASED, REQUESTER
from vssfsm.spec.rows import State

_ORDER: Final = {state.name: number for number, state in enumerate(REQUESTER.states)}
_PHASE: Final = {state.name: state.phase for state in REQUESTER.states}
#: states whose event gives the colour
_ENDS: Final = {ABORTED.name: GIVEN_UP, RELEASED.name: RELEASE}
#: from so many states, one event into one state starts at a gather node
_MANY: Final = 3
#: calls that stay in so many states go without saying
_MOST: Final = 15
_WIDTH: Final = 40


def draw_requester() -> Graph:
    """Give the lifecycle of one backup-components object."""
    moves = list(moves_of(REQUESTER))
    groups: dict[tuple[str, str], list[Move]] = {}
    for ends, move in _through([move for move in moves if move.source != move.target]):
        groups.setdefault(ends, []).append(move)
    gathers = _gathers([(*ends, move) for ends, held in groups.items() for move in held])
    gathered = {id(move) for held in gathers.values() for move in held}
    nodes = [_node(state, groups) for state in REQUESTER.states]
    nodes += [_gather_node(key, held) for key, held in gathers.items()]
    edges = [
        _edge(*ends, left)
        for ends, held in groups.items()
        if (left := [move for move in held if id(move) not in gathered])
    ]
    edges += [_edge(key, held[0].target, held, label="") for key, held in gathers.items()]
    everywhere = _everywhere(moves)
    edges += _loops([move for move in moves if move.source == move.target], everywhere)
    return Graph(
        name=REQUESTER.name,
        title="A VSS requester: one backup-components object",
        nodes=(*nodes, _note(everywhere)),
        edges=tuple(edges),
        clusters=tuple((phase, phase) for phase in dict.fromkeys(_PHASE.values())),
        is_stacked=False,
    )


# --- Moves -------------------------------------------------------------------
def _through(moves: list[Move]) -> Iterator[tuple[tuple[str, str], Move]]:
    """Give each move with the ends that it is drawn between."""
    ends = {(m.event, m.source, m.target) for m in moves if not _decides(m)}
    calls = {(m.event, m.source, m.target) for m in moves if not _is_result(m)}
    for move in moves:
        event, source, target = move.event, move.source, move.target
        for middle in _ORDER:
            skipped = (event, source, middle) in ends and (event, middle, target) in ends
            if skipped and _ORDER[middle] < _ORDER[target] and (event, middle, source) not in ends:
                source = middle
        there = ends if _decides(move) else calls
        if (event, target, source) in there and _ORDER[source] > _ORDER[target]:
            source, target = target, source
        yield (source, target), move


def _is_result(move: Move) -> bool:
    return all(when.get("stage") == (RESULT,) for when in move.row.when)


def _decides(move: Move) -> bool:
    """Tell whether *move* is a result that comes after its call was taken to have succeeded."""
    return _is_result(move) and all("folded" in when for when in move.row.when)


def _gathers(drawn: list[tuple[str, str, Move]]) -> dict[str, list[Move]]:
    """Give the moves of one event into one state that come from many, by the gather's key."""
    groups: dict[tuple[str, ...], list[Move]] = {}
    for source, target, move in drawn:
        if (source, target) == (move.source, move.target):
            line = line_of(move.row)
            noted = ("noted",) if line == NOTED else ()
            groups.setdefault((move.event, target, *noted), []).append(move)
    many = {key[:2] for key, held in groups.items() if len({move.source for move in held}) >= _MANY}
    return {"_".join(("from", *key)): held for key, held in groups.items() if key[:2] in many}


def _edge(source: str, target: str, moves: list[Move], label: str | None = None) -> Edge:
    edge = edge_of(source, target, moves, named=False)
    both = any((move.source, move.target) == (target, source) for move in moves)
    kind = _ENDS.get(target, edge.kind)
    text = _label(source, target, moves) if label is None else label
    return edge._replace(kind=kind, label=text, is_both=both)


def _label(source: str, target: str, moves: list[Move]) -> str:
    """Say what leads along an edge, and apart what decides only in folded sessions."""
    deciding = [*filter(_decides, moves)]
    others = [move for move in moves if move not in deciding]
    first, back = (
        edge_of(source, target, part, named=False).label if part else ""
        for part in (others, deciding)
    )
    if not first:
        return f"folded: {back}"
    return f"{first}\nback, folded: {back}" if back else first


def _everywhere(moves: Iterable[Move]) -> set[str]:
    """Give the calls that leave most states as they are."""
    staying: dict[str, set[str]] = {}
    for move in moves:
        if move.source == move.target and not is_quiet(move):
            staying.setdefault(move.event, set()).add(move.source)
    return {event for event, states in staying.items() if len(states) >= _MOST}


def _loops(moves: Iterable[Move], everywhere: set[str]) -> Iterator[Edge]:
    """Put what stays in a state together; what goes without saying has no label."""
    groups: dict[tuple[str, bool], list[Move]] = {}
    for move in moves:
        quiet = is_quiet(move) or move.event in everywhere
        groups.setdefault((move.source, quiet), []).append(move)
    for (state, quiet), held in groups.items():
        yield loop_of(state, held, quiet=quiet)


# --- Nodes -------------------------------------------------------------------
def _node(state: State, groups: dict[tuple[str, str], list[Move]]) -> Node:
    name = state.name
    entering = {kind_of(held) for (_, target), held in groups.items() if target == name}
    runs = any(
        source == name and all(map(_is_result, held))
        for (source, _), moved in groups.items()
        if (held := [move for move in moved if move.source == name and not _decides(move)])
    )
    look = RUNNING if runs else BROKEN if entering == {VETO} else OBJECT
    look = OVER if name == RELEASED.name else look
    return Node(name, name, state.means, look, state.phase, (name,))


def _gather_node(key: str, moves: list[Move]) -> Node:
    sources = {move.source for move in moves}
    texts = [text for phase in dict.fromkeys(_PHASE.values()) if (text := _part(phase, sources))]
    detail = "\n".join(textwrap.wrap("from " + ", ".join(texts), _WIDTH))
    return Node(key, moves[0].event, detail, GATHER, _PHASE[moves[0].target])


def _part(phase: str, sources: set[str]) -> str:
    """Name the part of *phase* that is in *sources*: all of it, or its states."""
    whole = [name for name in _PHASE if _PHASE[name] == phase]
    part = [name for name in whole if name in sources]
    return f"all of {phase}" if part == whole else ", ".join(part)


def _note(everywhere: set[str]) -> Node:
    """Say once what is true of most states."""
    text = (
        f"in most states {len(everywhere)} calls stay: other regions judge them, or nothing does;"
        f" {STAYING}; a call whose own line tells how it ended goes through the state in which it"
        " runs, and a result that follows may still lead from its success to its failure, or back"
    )
    return Node("staying", "not drawn", "\n".join(textwrap.wrap(text, 60)), GATHER)
