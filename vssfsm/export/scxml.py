"""
A graph as SCXML of the W3C: deterministic, the target in an event's name where readings differ.

Names of events have no dots, so that none is the beginning of another. Where a session may end is
said in a comment: a `final` state could not be left.
"""

from collections.abc import Iterator

from vssfsm.export.graph import Graph, heading
from vssfsm.export.names import names, one_line


def render(graph: Graph) -> str:
    """Give *graph* as an SCXML document."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines += [_comment(line) for line in heading(graph)]
    return "\n".join((*lines, *_document(graph), ""))


def _document(graph: Graph) -> Iterator[str]:
    states = names(place.name for place in graph.places)
    events = names(step.trigger for step in graph.steps)
    (name,) = names((graph.name,)).values()
    yield (
        '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" datamodel="null"'
        f' name="{name}" initial="{states[graph.initial]}">'
    )
    for place in graph.places:
        ends = "; the session may end here" if place.may_end else ""
        yield f'  <state id="{states[place.name]}"> {_comment(place.means + ends)}'
        for step in graph.leaving(place.name):
            event, target, codes = events[step.trigger], states[step.target], " ".join(step.codes)
            yield f'    <transition event="{event}" target="{target}"/> {_comment(codes)}'
        yield "  </state>"
    yield "</scxml>"


def _comment(text: str) -> str:
    """Give a comment of XML, in which no two hyphens may meet; the blank keeps one off the end."""
    return f"<!-- {one_line(text).replace('--', '- -').replace('--', '- -')} -->"
