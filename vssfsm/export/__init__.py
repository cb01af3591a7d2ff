"""
Machines for other tools: rows, a small graph, then the text of a format.

Every permitted row of a machine is an edge of it in every format, readings included. A format is
one pure function of the graph; none of them knows a fact of the protocol.
"""

from collections.abc import Callable
from typing import Final

from vssfsm.errors import UsageError
from vssfsm.export import plantuml, promela, scxml, tla, xstate
from vssfsm.export.graph import NAMES, Graph, graph_of

#: formats by name, each with the function that renders a graph
EXPORTS: Final[dict[str, Callable[[Graph], str]]] = {
    "plantuml": plantuml.render,
    "scxml": scxml.render,
    "promela": promela.render,
    "tla": tla.render,
    "xstate": xstate.render,
}


def export(machine: str, form: str) -> str:
    """
    Give *machine* as a text for another tool.

    Args:
        machine: one of `NAMES`.
        form: a key of `EXPORTS`.

    Raises:
        UsageError: no such machine or format.
    """
    if form not in EXPORTS:
        raise UsageError(f"unknown format {form!r}; known: {', '.join(EXPORTS)}")
    if machine not in NAMES:
        raise UsageError(f"no machine {machine!r} to export; known: {', '.join(sorted(NAMES))}")
    return EXPORTS[form](graph_of(machine))
