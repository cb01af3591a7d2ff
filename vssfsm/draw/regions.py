"""Regions other than the lifecycle: a sheet for one state, a plain graph for several."""

import textwrap

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
from vssfsm.spec.rows import ERROR, FREE, INFO, WARNING, Region, Row

_SHADES = {FREE: STABLE, INFO: GATHER, WARNING: WAITING, ERROR: FAILED}
#: events of one row that are named on an edge
_NAMED = 3
#: characters of a sentence on one line
_WIDTH = 64


def draw_region(region: Region) -> Graph:
    """Give *region* as it is: nothing is condensed but edges of one row with the same ends."""
    if len(region.states) == 1:
        return _sheet(region)
    nodes = tuple(
        Node(state.name, state.name, state.means, PLAIN, "", (state.name,))
        for state in region.states
    )
    groups: dict[tuple[str, str, str], list[Move]] = {}
    for move in moves_of(region):
        groups.setdefault((move.source, move.target, _label(move.row)), []).append(move)
    edges = tuple(_edge(*ends, moves) for ends, moves in groups.items())
    return Graph(region.name, _title(region), nodes, edges)


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
