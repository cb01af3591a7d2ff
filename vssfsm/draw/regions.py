"""Regions other than the lifecycle: a sheet for one state, a plain graph for several."""

import textwrap

from vssfsm.draw.calls import STAYING, edge_of, is_quiet, kind_of, loop_of
from vssfsm.draw.graph import (
    FAILED,
    GATHER,
    PLAIN,
    STABLE,
    SUCCESS,
    VETO,
    WAITING,
    Edge,
    Graph,
    Move,
    Node,
    Sheet,
    line_of,
    moves_of,
)
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import ERROR, FREE, INFO, WARNING, Region, Row, State

_SHADES = {FREE: STABLE, INFO: GATHER, WARNING: WAITING, ERROR: FAILED}
#: events of one row that are named on an edge
_NAMED = 3
#: so many states of one stem are one node
_FAMILY = 4
#: characters of a sentence on one line
_WIDTH = 64


def draw_region(region: Region) -> Graph:
    """
    Give *region*: its states, with the edges of the same ends and kind put together.

    Many states whose names differ in their last part only are one node; where that part is a
    number, the first and the last stand apart.
    """
    if len(region.states) == 1:
        return _sheet(region)
    if region.scope == REQUESTER.scope:
        return _calls(region)
    nodes = tuple(
        Node(state.name, state.name, state.means, PLAIN, "", (state.name,))
        for state in region.states
    )
    groups: dict[tuple[str, str, str], list[Move]] = {}
    for move in moves_of(region):
        groups.setdefault((move.source, move.target, _label(move.row)), []).append(move)
    edges = tuple(_edge(*ends, moves) for ends, moves in groups.items())
    return Graph(region.name, _title(region), nodes, edges)


# --- Regions of the requester ------------------------------------------------
def _calls(region: Region) -> Graph:
    homes = _homes(region)
    groups: dict[tuple[str, str, str, bool], list[Move]] = {}
    for move in moves_of(region):
        quiet = move.source == move.target and is_quiet(move)
        ends = homes[move.source], homes[move.target]
        groups.setdefault((*ends, kind_of([move]), quiet), []).append(move)
    edges = [
        edge_of(source, target, moves) if source != target else loop_of(source, moves, quiet=quiet)
        for (source, target, _, quiet), moves in groups.items()
    ]
    held: dict[str, list[State]] = {}
    for state in region.states:
        held.setdefault(homes[state.name], []).append(state)
    nodes = [_family(key, states) for key, states in held.items()]
    note = Node("staying", "not drawn", _wrap(STAYING), GATHER)
    return Graph(region.name, _title(region), (*nodes, note), tuple(edges))


def _homes(region: Region) -> dict[str, str]:
    """Give the key of each state's node."""
    families: dict[str, list[str]] = {}
    for state in region.states:
        families.setdefault(state.name.rpartition("_")[0], []).append(state.name)
    homes = {state.name: state.name for state in region.states}
    for stem, names in families.items():
        if stem and len(names) >= _FAMILY:
            numbered = all(name.rpartition("_")[2].isdigit() for name in names)
            inner = names[1:-1] if numbered else names
            homes.update(dict.fromkeys(inner, f"{stem}_more"))
    return homes


def _family(key: str, states: list[State]) -> Node:
    first, last = states[0], states[-1]
    names = tuple(state.name for state in states)
    if len(states) == 1:
        return Node(key, first.name, first.means, PLAIN, "", names)
    title = f"{first.name} … {last.name}"
    detail = f"{len(states)} states, the first: {first.means}"
    return Node(key, title, detail, PLAIN, "", names)


# --- Other regions -----------------------------------------------------------
def _title(region: Region) -> str:
    return region.title[:1].upper() + region.title[1:]


def _label(row: Row) -> str:
    names = " or ".join(row.on)
    if len(row.on) > _NAMED:
        names = "any event"
    results = {result for when in row.when for result in when.get("result", ())} - {"ok"}
    plain = not results or any("ok" in when.get("result", ()) for when in row.when)
    return names if plain else f"{names} ({', '.join(sorted(results))})"


def _edge(source: str, target: str, label: str, moves: list[Move]) -> Edge:
    row = moves[0].row
    failed = all(when.get("result") == ("failed",) for when in row.when)
    kind = VETO if failed else SUCCESS
    return Edge(source, target, label, kind, line_of(row), tuple(moves))


def _sheet(region: Region) -> Graph:
    rows = sorted(region.rows, key=lambda row: (_SHADES_ORDER.index(row.severity), row.code))
    lines = tuple((row.code, _events(row), _wrap(row.says), _verdict(row)) for row in rows)
    shades = tuple(_SHADES[row.severity] for row in rows)
    sheet = Sheet(("row", "events", "what it says", "verdict"), lines, shades)
    return Graph(region.name, _title(region), (), (), sheet=sheet)


_SHADES_ORDER = tuple(_SHADES)


def _events(row: Row) -> str:
    return "\n".join(textwrap.wrap(", ".join(row.on), 30))


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _WIDTH))


def _verdict(row: Row) -> str:
    return f"permitted, {row.grade}" if row.severity == FREE else f"{row.severity}, {row.grade}"
