"""
Diagrams from the rows: rows, a small graph, then DOT, Mermaid, SVG or PNG.

No edge is typed here. What is merged or left to text is decided by `condense`.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from vssfsm.draw import dot, mermaid
from vssfsm.draw.condense import draw_restore, draw_writer
from vssfsm.draw.failures import draw_failures
from vssfsm.draw.graph import Graph
from vssfsm.draw.picture import render
from vssfsm.draw.regions import draw_region
from vssfsm.draw.requester import draw_requester
from vssfsm.errors import UsageError
from vssfsm.spec.catalogue import REGIONS

#: machines by name, each with the function that gives its graph
MACHINES: Final[dict[str, Callable[[], Graph]]] = {
    **{name: partial(draw_region, region) for name, region in REGIONS.items()},
    "writer": draw_writer,
    "restore": draw_restore,
    "requester": draw_requester,
    "failures": draw_failures,
}
#: machines that a trace can be laid over: those of the lifecycle
OVERLAID: Final = ("writer", "restore", "failures")
PICTURES: Final = ("dot", "svg", "png", "mermaid")


def draw(machine: str, picture: str, *, overlay: str | None = None) -> str | bytes:
    """
    Draw *machine*.

    Args:
        machine: name of `MACHINES`.
        picture: one of `PICTURES`.
        overlay: path of a trace; the way of its first writer session is lit.

    Returns:
        Text of DOT, Mermaid or SVG; the bytes of a PNG.

    Raises:
        UsageError: no such machine or picture, or the trace holds nothing to light.
        MissingExtra: SVG or PNG, and nothing that draws is installed.
    """
    if picture not in PICTURES:
        raise UsageError(f"unknown picture {picture!r}; known: {', '.join(PICTURES)}")
    graph = graph_of(machine, overlay)
    if picture == "mermaid":
        return mermaid.render(graph)
    text = dot.render(graph)
    if picture == "dot":
        return text
    data = render(text, picture)
    return data.decode().replace("\r\n", "\n") if picture == "svg" else data


def graph_of(machine: str, overlay: str | None = None) -> Graph:
    """
    Give the graph of *machine*, with the way of the trace *overlay* lit.

    Raises:
        UsageError: as for `draw`.
    """
    if machine not in MACHINES:
        raise UsageError(f"unknown machine {machine!r}; known: {', '.join(sorted(MACHINES))}")
    graph = MACHINES[machine]()
    if overlay is None:
        return graph
    if machine not in OVERLAID:
        raise UsageError(f"--overlay is for the machines {', '.join(OVERLAID)}")
    from vssfsm.draw.overlay import light, path_of

    return light(graph, path_of(overlay))
