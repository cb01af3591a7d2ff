"""
A sequence as a list of steps: who calls whom, which events come, what the writers report then.

Only the calls are a list (`vssfsm.spec.sequences`). The events are those that the calls raise, and
the state after each is where the writer's permitted rows lead; an event that costs a note is left
out.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from vssfsm.draw.condense import STATES, look_of
from vssfsm.draw.graph import NOTED, Move, line_of, moves_of, strength
from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.coupling import LEVELS
from vssfsm.spec.deadlines import FREEZE
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import RAISES
from vssfsm.spec.rows import OPEN, State
from vssfsm.spec.sequences import DURING, EACH, SEQUENCES, Sequence
from vssfsm.spec.vocabulary import STATE_NAMES
from vssfsm.spec.writer import WRITER

# Lanes, from left to right.
REQUESTER: Final = "requester"
SERVICE: Final = "service"
WRITERS: Final = "writers"
LANES: Final = {REQUESTER: "Requester", SERVICE: "VSS coordinator", WRITERS: "Writers"}

# Kinds of a step.
CALL: Final = "call"
BEGIN: Final = "begin"
RETURN: Final = "return"
EVENT: Final = "event"
WORK: Final = "work"
KINDS: Final = {
    CALL: "calls",
    BEGIN: "an asynchronous call",
    RETURN: "how it ended",
    EVENT: "an event to every writer that takes part",
}

_AWAITED: Final = "Wait, QueryStatus"
_FINISHED: Final = "VSS_S_ASYNC_FINISHED"
#: marks a call that comes once for each of something
_EACH: Final = "*"
#: characters of the calls that share an arrow
_WIDTH: Final = 60
_LIFECYCLE: Final = frozenset(event for row in WRITER.rows for event in row.on)


class Step(NamedTuple):
    """
    One step.

    Args:
        kind: of `KINDS`, or `WORK`: what somebody does, on a lane of its own.
        source, target: keys of `LANES`.
        text: what is written at it.
        detail: more of it, in small letters, or empty.
        line: of `graph.LINES` for an event; empty for everything else.
        state: what the writers stand in afterwards, if the step tells.
    """

    kind: str
    source: str
    target: str
    text: str
    detail: str = ""
    line: str = ""
    state: State | None = None


class Chart(NamedTuple):
    """
    A sequence picture.

    Args:
        name, title: of the sequence.
        steps: from top to bottom.
        window: numbers of the first and the last step of the freeze, or None.
        budget: what is written at the window.
        legend: what the marks in the texts mean.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    window: tuple[int, int] | None = None
    budget: str = ""
    legend: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that occur, in the order of `KINDS`."""
        found = {step.kind for step in self.steps}
        return tuple(kind for kind in KINDS if kind in found)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of events that occur, in the order of their first event."""
        return tuple(dict.fromkeys(step.line for step in self.steps if step.line))

    @property
    def looks(self) -> tuple[str, ...]:
        """The looks of the states that occur, in the order of the first one."""
        return tuple(dict.fromkeys(look_of(step.state) for step in self.steps if step.state))


def draw_sequence(name: str) -> Chart:
    """Give the chart of the sequence *name* of `SEQUENCES`."""
    sequence = SEQUENCES[name]
    steps = tuple(_steps(sequence))
    marked = any(call in EACH for call in sequence.calls)
    return Chart(
        name=name,
        title=sequence.title,
        steps=steps,
        window=_window(steps),
        budget=f"frozen: at most {FREEZE.budget_s:g} s,\nunless Initialize chose another time",
        legend=f"{_EACH} once for each {_either(sequence)}" if marked else "",
    )


def written(state: State) -> str:
    """Give the number and the name that a writer in *state* reports."""
    number = state.reported or 0
    return f"{number}  {STATE_NAMES[number]}"


def _either(sequence: Sequence) -> str:
    *most, last = sorted({EACH[call] for call in sequence.calls if call in EACH})
    return f"{', '.join(most)} or {last}" if most else last


def _window(steps: tuple[Step, ...]) -> tuple[int, int] | None:
    ends = {step.text: number for number, step in enumerate(steps) if step.kind == EVENT}
    return (ends[FREEZE.start], ends[FREEZE.end]) if FREEZE.start in ends else None


# --- Steps -------------------------------------------------------------------
def _steps(sequence: Sequence) -> Iterator[Step]:
    state = STATES[WRITER.initial]
    plain: list[str] = []
    for call in sequence.calls:
        alone = call in ASYNC or call in RAISES or call in sequence.work
        if alone or len(", ".join((*plain, _named(call)))) > _WIDTH:
            yield from _together(plain)
            plain = []
        if call in sequence.work:
            yield Step(WORK, REQUESTER, REQUESTER, sequence.work[call])
        if call not in ASYNC and call not in RAISES:
            plain.append(_named(call))
            continue
        yield Step(BEGIN if call in ASYNC else CALL, REQUESTER, SERVICE, _named(call))
        for step in _events(call, state):
            state = step.state or state
            yield step
        if call in ASYNC:
            yield Step(CALL, REQUESTER, SERVICE, _AWAITED)
            yield Step(RETURN, SERVICE, REQUESTER, _FINISHED)
    yield from _together(plain)


def _together(calls: list[str]) -> Iterator[Step]:
    if calls:
        yield Step(CALL, REQUESTER, SERVICE, ", ".join(calls))


def _named(call: str) -> str:
    return f"{call} {_EACH}" if call in EACH else call


def _events(call: str, state: State) -> Iterator[Step]:
    """Give the events that *call* raises at writers in *state*."""
    for event in RAISES.get(call, ()):
        move = _move(event, state)
        line = line_of(move.row)
        if line != NOTED:
            known = STATES.get(move.target)
            detail = _order() if event == FREEZE.start else ""
            yield Step(EVENT, SERVICE, WRITERS, event, detail, line, known)
            state = known or state
        if event in DURING:
            yield Step(WORK, SERVICE, SERVICE, DURING[event])


def _move(event: str, state: State) -> Move:
    """Give the strongest move of a success of *event* from *state*."""
    moves = [
        move
        for move in moves_of(WRITER if event in _LIFECYCLE else ANYTIME)
        if move.event == event and move.source in (state.name, ANYTIME.initial) and _is_ok(move)
    ]
    return min(moves, key=lambda move: strength(move.row))


def _is_ok(move: Move) -> bool:
    return any("ok" in when.get("outcome", ("ok",)) for when in move.row.when)


def _order() -> str:
    """Name the application levels in the order in which they freeze."""
    told = (row for row in LEVELS.rows if row.to and row.grade != OPEN)
    found = dict.fromkeys(
        level for row in told for when in row.when for level in when.get("level", ())
    )
    return ", then ".join(
        level.removeprefix("VSS_APP_").lower().replace("_", " ") for level in found
    )
