"""Which event's failure leads to which FAILED state: the newly failing moves of the lifecycle."""

from statistics import fmean
from typing import Final

from vssfsm.draw.condense import STATES, Arc, arcs_of, outcomes_of, words_of
from vssfsm.draw.graph import (
    ABORT,
    EVENT,
    FAILED,
    TIMEOUT,
    VETO,
    Edge,
    Graph,
    Move,
    Node,
    line_of,
    moves_of,
    strength,
)
from vssfsm.spec.vocabulary import STATE_NAMES, STATE_NUMBERS, WRITER_STATES, WriterState
from vssfsm.spec.writer import WRITER

_FAILURES: Final = {state.number: state for state in WRITER_STATES if state.group == "failed"}


def draw_failures() -> Graph:
    """Give the events on the left, and the FAILED states that they lead to on the right."""
    moves = [move for move in moves_of(WRITER) if fails(move)]
    groups: dict[tuple[str, int, str], list[Arc]] = {}
    for arc in arcs_of(moves):
        groups.setdefault((arc.event, _number(arc.target), _family(arc)), []).append(arc)
    edges = tuple(_edge(*ends, arcs) for ends, arcs in sorted(groups.items()))
    return Graph("failures", "What leads to which failure", _nodes(edges), edges, across=True)


def _family(arc: Arc) -> str:
    if arc.kind == ABORT:
        return ABORT
    return VETO if VETO in outcomes_of([arc]) else TIMEOUT


def fails(move: Move) -> bool:
    """Tell whether *move* leaves a failure that was not there before it."""
    target = _number(move.target)
    return target in _FAILURES and target != _number(move.source)


def _number(state: str) -> int:
    return STATES[state].reported or 0


def _nodes(edges: tuple[Edge, ...]) -> tuple[Node, ...]:
    """Give the FAILED states by number, and the events in the middle of what they lead to."""
    numbers: dict[str, list[int]] = {}
    for edge in edges:
        numbers.setdefault(edge.source, []).append(STATE_NUMBERS[edge.target])
    events = sorted(numbers, key=lambda event: (fmean(numbers[event]), len(numbers[event])))
    used = sorted({number for held in numbers.values() for number in held})
    return (
        *(Node(event, event, "", EVENT) for event in events),
        *(_failed(_FAILURES[number]) for number in used),
    )


def _failed(state: WriterState) -> Node:
    title = f"{state.number}  {state.name}"
    return Node(state.name, title, state.means, FAILED, "", _states(state.number))


def _states(number: int) -> tuple[str, ...]:
    return tuple(state.name for state in WRITER.states if state.reported == number)


def _edge(event: str, number: int, family: str, arcs: list[Arc]) -> Edge:
    best = min(arcs, key=lambda arc: strength(arc.row))
    moves = tuple(move for arc in arcs for move in arc.moves)
    words = "" if family == ABORT else words_of([arc for arc in arcs if arc.kind == best.kind])
    return Edge(event, STATE_NAMES[number], words, best.kind, line_of(best.row), moves)
