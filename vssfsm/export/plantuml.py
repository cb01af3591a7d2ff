"""
A graph as a state diagram of PlantUML: one arrow between two states, with a line for each trigger.

A step that stays is a line of its state's description, so that the picture has fewer arrows than
there are steps.
"""

from collections.abc import Iterator
from typing import Final

from vssfsm.export.graph import Graph, Step, heading
from vssfsm.export.names import names, one_line

#: words that PlantUML reads at the beginning of a line
RESERVED: Final = (
    *("as", "caption", "center", "end", "endlegend", "footer", "header", "hide", "left", "legend"),
    *("mainframe", "newpage", "note", "of", "order", "over", "page", "right", "rotate", "scale"),
    *("show", "skin", "skinparam", "state", "title", "top", "bottom", "direction", "to"),
)
#: a line feed inside of a label
NEW_LINE: Final = "\\n"


def render(graph: Graph) -> str:
    """Give *graph* as PlantUML text."""
    lines = ["@startuml", *(f"' {one_line(line)}" for line in heading(graph))]
    lines += [f"title {_text(graph.title)}", "hide empty description"]
    return "\n".join((*lines, *_states(graph), *_arrows(graph), "@enduml", ""))


def _names(graph: Graph) -> dict[str, str]:
    return names((place.name for place in graph.places), reserved=RESERVED)


def _states(graph: Graph) -> Iterator[str]:
    labels = _labels(graph.steps)
    for place, name in zip(graph.places, _names(graph).values(), strict=True):
        yield f'state "{_text(place.name)}" as {name}'
        yield f"{name} : {_text(place.means)}"
        for step, label in zip(graph.steps, labels, strict=True):
            if step.source == step.target == place.name:
                yield f"{name} : stays on {label}"


def _arrows(graph: Graph) -> Iterator[str]:
    found = _names(graph)
    yield f"[*] --> {found[graph.initial]}"
    together: dict[tuple[str, str], list[str]] = {}
    for step, label in zip(graph.steps, _labels(graph.steps), strict=True):
        if step.source != step.target:
            together.setdefault((step.source, step.target), []).append(label)
    for (source, target), labels in sorted(together.items()):
        yield f"{found[source]} --> {found[target]} : {NEW_LINE.join(labels)}"
    for name in graph.ends:
        yield f"{found[name]} --> [*]"


def _labels(steps: tuple[Step, ...]) -> list[str]:
    """Give the label of each step: its trigger as an identifier, and the codes of its rows."""
    triggers = names(step.trigger for step in steps)
    return [f"{triggers[step.trigger]} ({_text(' '.join(step.codes))})" for step in steps]


def _text(text: str) -> str:
    """Give *text* without what PlantUML reads as markup: quotes, tags, escapes, creole."""
    kept = one_line(text).replace('"', "'").replace("\\", "/").replace("<", "(").replace(">", ")")
    return kept.replace("__", "_ _").replace("--", "- -").replace("**", "* *").replace("//", "/ /")
