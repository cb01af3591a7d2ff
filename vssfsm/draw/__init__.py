"""
Diagrams from the rows: rows, a small graph, then DOT, Mermaid, SVG or PNG.

No edge is typed here. What is merged or left to text is decided by `condense`.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from vssfsm.draw import dot, mermaid, sequence_dot, sequence_mermaid
from vssfsm.draw.condense import draw_restore, draw_writer
from vssfsm.draw.failures import draw_failures
from vssfsm.draw.graph import Graph
from vssfsm.draw.picture import render
from vssfsm.draw.regions import draw_region
from vssfsm.draw.requester import draw_requester
from vssfsm.draw.sequence import draw_sequence
from vssfsm.errors import UsageError
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.sequences import SEQUENCES

#: machines by name, each with the function that gives its graph
MACHINES: Final[dict[str, Callable[[], Graph]]] = {
    **{name: partial(draw_region, region) for name, region in REGIONS.items()},
    "writer": draw_writer,
    "restore": draw_restore,
    "requester": draw_requester,
    "failures": draw_failures,
}
#: machines that a trace can be laid over: the lifecycles, and the regions of a requester
OVERLAID: Final = (
    *("writer", "restore", "failures"),
    *(name for name, r in REGIONS.items() if r.scope == REQUESTER.scope and len(r.states) > 1),
)
PICTURES: Final = ("dot", "svg", "png", "mermaid")


def draw(machine: str, picture: str, *, overlay: str | None = None) -> str | bytes:
    """
    Draw *machine*.

    Args:
        machine: name of `MACHINES`, or of a sequence.
        picture: one of `PICTURES`.
        overlay: path of a trace; the way of its first session is lit.

    Returns:
        Text of DOT, Mermaid or SVG; the bytes of a PNG.

    Raises:
        UsageError: no such machine or picture, or the trace holds nothing to light.
        MissingExtra: SVG or PNG, and nothing that draws is installed.
    """
    if picture not in PICTURES:
        raise UsageError(f"unknown picture {picture!r}; known: {', '.join(PICTURES)}")
    if picture == "mermaid":
        return _mermaid(machine, overlay)
    text = _dot(machine, overlay)
    if picture == "dot":
        return text
    data = render(text, picture)
    return data.decode().replace("\r\n", "\n") if picture == "svg" else data


def _mermaid(machine: str, overlay: str | None) -> str:
    if machine in SEQUENCES and overlay is None:
        return sequence_mermaid.render(draw_sequence(machine))
    return mermaid.render(graph_of(machine, overlay))


def _dot(machine: str, overlay: str | None) -> str:
    if machine in SEQUENCES and overlay is None:
        return sequence_dot.render(draw_sequence(machine))
    return dot.render(graph_of(machine, overlay))


def graph_of(machine: str, overlay: str | None = None) -> Graph:
    """
    Give the graph of *machine*, with the way of the trace *overlay* lit.

    Raises:
        UsageError: as for `draw`.
    """
    if overlay is not None and machine in {*MACHINES, *SEQUENCES} - {*OVERLAID}:
        raise UsageError(f"--overlay is for the machines {', '.join(OVERLAID)}")
    if machine not in MACHINES:
        known = ", ".join(sorted((*MACHINES, *SEQUENCES)))
        raise UsageError(f"unknown machine {machine!r}; known: {known}")
    graph = MACHINES[machine]()
    if overlay is None:
        return graph
    from vssfsm.draw.overlay import light, path_of

    return light(graph, path_of(overlay, machine))
