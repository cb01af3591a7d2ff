"""
A graph as a model for Spin: one process that takes any permitted step.

`state` is where the machine stands, `before` where it stood, `event` and `said` what happened last;
`over` is set when the session has ended, which it may do where nothing is owed. Readings are
several options of one loop. Prefixes keep names out of the way of the language's words; sets of
states are macros, so that claims can name them.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.export.graph import Graph, Step, heading
from vssfsm.export.names import names, one_line

#: stands for "no event yet", and for an event of which nothing is recorded
NONE: Final = "none"


def render(graph: Graph) -> str:
    """Give *graph* as Promela text."""
    lines = [f"/* {_comment(line)} */" for line in heading(graph)]
    lines += [*_declarations(graph), ""]
    return "\n".join((*lines, *_process(graph), ""))


def states_of(graph: Graph) -> dict[str, str]:
    """Give the Promela name of each place."""
    return names((place.name for place in graph.places), "s_")


def events_of(graph: Graph) -> dict[str, str]:
    """Give the Promela name of each event; `NONE` comes first."""
    return names((NONE, *(step.event for step in graph.steps)), "e_")


def said_of(graph: Graph) -> dict[str, str]:
    """Give the Promela name of what is recorded of events; `NONE` comes first."""
    return names((NONE, *(step.said or NONE for step in graph.steps)), "r_")


def sets_of(graph: Graph) -> dict[str, str]:
    """Give the name of the macro of each set of places."""
    return names(graph.sets)


def _comment(text: str) -> str:
    return one_line(text).replace("*/", "* /").replace("/*", "/ *")


def _declarations(graph: Graph) -> Iterator[str]:
    states = states_of(graph)
    yield ""
    for name, found in (("State", states), ("Event", events_of(graph)), ("Said", said_of(graph))):
        yield f"mtype:{name} = {{ {', '.join(found.values())} }};"
    yield ""
    for name, macro in sets_of(graph).items():
        yield _macro(macro, [states[place] for place in graph.sets[name]])
    yield _macro("may_end", [states[place] for place in graph.ends])
    yield ""
    start = states[graph.initial]
    yield f"mtype:State state = {start}, before = {start};"
    yield f"mtype:Event event = {events_of(graph)[NONE]};"
    yield f"mtype:Said said = {said_of(graph)[NONE]};"
    yield "bool over = false;"


def _macro(name: str, members: Iterable[str]) -> str:
    return f"#define {name}(x) ({' || '.join(f'(x) == {member}' for member in members) or 'false'})"


def _process(graph: Graph) -> Iterator[str]:
    states, events, said = states_of(graph), events_of(graph), said_of(graph)
    yield "active proctype machine() {"
    yield "  do"
    for place in graph.places:
        yield f"  /* {_comment(f'{place.name}: {place.means}')} */"
        for step in graph.leaving(place.name):
            codes = _comment(" ".join(step.codes))
            yield f"  :: {_option(step, states, events, said)} /* {codes} */"
    yield "  :: may_end(state) -> over = true; break"
    yield "  od"
    yield "}"


def _option(
    step: Step, states: dict[str, str], events: dict[str, str], said: dict[str, str]
) -> str:
    source, target = states[step.source], states[step.target]
    return (
        f"d_step {{ state == {source} -> before = {source}; event = {events[step.event]};"
        f" said = {said[step.said or NONE]}; state = {target} }}"
    )
