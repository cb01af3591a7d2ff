"""
A graph as a TLA+ module: one named action for each event and what is recorded of it.

Readings are several disjuncts of one action. The state graph that a model checker writes of it has
the edges of the rows, with the actions as labels.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.export.graph import Graph, Step, heading
from vssfsm.export.names import names, one_line, quoted

#: words of the language, and those that the module defines itself
RESERVED: Final = (
    *("ACTION", "ASSUME", "ASSUMPTION", "AXIOM", "BY", "CASE", "CHOOSE", "CONSTANT", "CONSTANTS"),
    *("COROLLARY", "DEF", "DEFINE", "DEFS", "DOMAIN", "ELSE", "ENABLED", "EXCEPT", "EXTENDS"),
    *("FALSE", "HAVE", "HIDE", "IF", "IN", "INSTANCE", "LAMBDA", "LEMMA", "LET", "LOCAL"),
    *("MODULE", "NEW", "OBVIOUS", "OMITTED", "ONLY", "OTHER", "PICK", "PROOF", "PROPOSITION"),
    *("PROVE", "QED", "RECURSIVE", "STATE", "SUBSET", "SUFFICES", "TAKE", "TEMPORAL", "THEN"),
    *("THEOREM", "TRUE", "UNCHANGED", "UNION", "USE", "VARIABLE", "VARIABLES", "WITH", "WITNESS"),
    *("BOOLEAN", "STRING", "Init", "Next", "Spec", "State", "States", "MayEnd", "TypeOK"),
)
#: names may not begin so: the language's signs of fairness
STARTS: Final = ("WF_", "SF_")


def render(graph: Graph) -> str:
    """Give *graph* as a TLA+ module, with what its configuration has to hold in a comment."""
    lines = [f"---- MODULE {module_of(graph)} ----"]
    lines += [f"\\* {one_line(line)}" for line in heading(graph)]
    lines += [r"\* Configuration: SPECIFICATION Spec  INVARIANT TypeOK; option: -deadlock", ""]
    lines += ["VARIABLE state", "", *_sets(graph)]
    lines += ["Init == state = " + quoted(graph.initial), ""]
    actions = actions_of(graph)
    for name, steps in actions.items():
        lines += [f"{name} ==", *(f"  \\/ {_disjunct(step)}" for step in steps), ""]
    lines += ["Next ==", *(f"  \\/ {name}" for name in actions), ""]
    lines += ["Spec == Init /\\ [][Next]_state", "", "===="]
    return "\n".join((*lines, ""))


def module_of(graph: Graph) -> str:
    """Give the name of the module, which has to be that of its file."""
    return names((graph.name,), reserved=RESERVED, starts=STARTS)[graph.name]


def actions_of(graph: Graph) -> dict[str, list[Step]]:
    """Give the steps of each action, by its name."""
    found: dict[str, list[Step]] = {}
    for step in graph.steps:
        found.setdefault("_".join(filter(None, (step.event, step.said))), []).append(step)
    safe = names(found, reserved=(*RESERVED, graph.name), starts=STARTS)
    return {safe[text]: steps for text, steps in found.items()}


def _sets(graph: Graph) -> Iterator[str]:
    yield f"States == {_set(place.name for place in graph.places)}"
    yield r"\* where nothing is owed, so that a session may end"
    yield f"MayEnd == {_set(graph.ends)}"
    yield r"TypeOK == state \in States"
    yield ""


def _set(members: Iterable[str]) -> str:
    return "{" + ", ".join(quoted(member) for member in members) + "}"


def _disjunct(step: Step) -> str:
    moves = f"state = {quoted(step.source)} /\\ state' = {quoted(step.target)}"
    return f"{moves} \\* {' '.join(step.codes)}"
