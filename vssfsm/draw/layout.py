"""
Drawn machines whose states and steps can be found again: for a report that lights a path later.

The pictures are those of `diagrams/`, shipped with the package, so that nothing has to be laid out
when a report is written. One that no longer shows what the rows say is not given.
"""

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from vssfsm.draw import graph_of
from vssfsm.draw.graph import Edge, Graph

_PACKAGE: Final = Path(__file__).with_name("pictures")
_CHECKOUT: Final = Path(__file__).parents[2] / "diagrams"
#: machines that show a region, by the region's name
MACHINES: Final = {"writer": ("writer", "restore"), "requester": ("requester",)}
_ELEMENT: Final = re.compile(r'<g id="((?:node|edge)\d+)" class="\w+">\s*<title>(.*?)</title>')


class Layout(NamedTuple):
    """
    One drawn machine.

    Args:
        name, title: of the machine.
        svg: an element to be inlined; its parts carry `data-part` instead of an id.
        steps: (source, event, target) -> parts that stand for the step.
        states: name of a state -> the part that stands for it.
    """

    name: str
    title: str
    svg: str
    steps: dict[tuple[str, str, str], tuple[str, ...]]
    states: dict[str, str]


@cache
def layouts_of(region: str) -> tuple[Layout, ...]:
    """Give the drawn machines that show *region*; none if it has none, or they are not at hand."""
    found = (_layout(name) for name in MACHINES.get(region, ()))
    return tuple(layout for layout in found if layout is not None)


def _layout(name: str) -> Layout | None:
    home = _PACKAGE if _PACKAGE.is_dir() else _CHECKOUT
    path = home / f"{name}.svg"
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    graph = graph_of(name)
    drawn = [edge for edge in graph.edges if edge.source != edge.target]
    parts = {part: title.replace("&#45;", "-").replace("&gt;", ">") for part, title in _parts(text)}
    if not _shows(graph, drawn, parts):
        return None
    boxes = {title: part for part, title in parts.items() if part.startswith("node")}
    steps: dict[tuple[str, str, str], list[str]] = {}
    for number, edge in enumerate(drawn, 1):
        for move in edge.moves:
            steps.setdefault((move.source, move.event, move.target), []).append(f"edge{number}")
    return Layout(
        name=name,
        title=graph.title,
        svg=_inline(text),
        steps={step: tuple(dict.fromkeys(edges)) for step, edges in steps.items()},
        states={state: boxes[node.key] for node in graph.nodes for state in node.states},
    )


def _parts(text: str) -> list[tuple[str, str]]:
    return _ELEMENT.findall(text)


def _shows(graph: Graph, drawn: list[Edge], parts: dict[str, str]) -> bool:
    """Tell whether the picture has every node and edge of *graph*, numbered as they are written."""
    edges = {f"edge{number}": f"{e.source}->{e.target}" for number, e in enumerate(drawn, 1)}
    return edges.items() <= parts.items() and {n.key for n in graph.nodes} <= set(parts.values())


def _inline(text: str) -> str:
    """Make an element of a page out of a file: no prologue, no ids, no addresses, no tooltips."""
    svg = text[text.index("<svg") :].strip()
    svg = re.sub(r'\s(xmlns(:\w+)?|xml:space|width|height)="[^"]*"', "", svg, flags=re.ASCII)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<title>.*?</title>\n?", "", svg)
    return re.sub(r'\bid="', 'data-part="', svg)
