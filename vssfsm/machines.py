"""
Permitted rows as `transitions` machines. The only module that imports `transitions`.

Its defaults would add semantics of their own: a trigger into every state, a first row that wins
silently, a queue that makes every trigger succeed. So each (state, trigger) has one target here by
construction: where readings of one (state, event, outcome) differ, the target is in the trigger's
name.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from transitions import Machine

from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.rows import SAME, Row
from vssfsm.spec.vocabulary import OUTCOMES
from vssfsm.spec.writer import WRITER

#: events that have a place in the lifecycle
_LIFECYCLE: Final = frozenset(event for row in WRITER.rows for event in row.on)


class Arrow(NamedTuple):
    """One permitted step of a writer: an event with an outcome, from a state to another."""

    source: str
    event: str
    outcome: str
    target: str


class Lifecycle:
    """The model of a machine: its `state` is the name of a state of region `writer`."""

    state: str


def writer_machine() -> Machine:
    """
    Make the writer's lifecycle as a deterministic machine.

    Returns:
        A Machine whose model is one `Lifecycle` in the initial state. Triggers are the event and
        its outcome (`Freeze_ok`), and the target where readings differ
        (`Abort_ok_to_STABLE_aborted`). Without auto transitions and without a queue.

    Source:
        the permitted rows of region `writer`; those of region `anytime` whose events have no
        place in the lifecycle are loops on every state.
    """
    return Machine(
        model=Lifecycle(),
        states=[state.name for state in WRITER.states],
        transitions=[[trigger, arrow.source, arrow.target] for trigger, arrow in _triggers()],
        initial=WRITER.initial,
        auto_transitions=False,
        queued=False,
    )


def _triggers() -> Iterator[tuple[str, Arrow]]:
    arrows = sorted({*_lifecycle_arrows(), *_anytime_arrows()})
    readings: dict[tuple[str, str, str], int] = {}
    for arrow in arrows:
        readings[arrow[:3]] = readings.get(arrow[:3], 0) + 1
    for arrow in arrows:
        trigger = f"{arrow.event}_{arrow.outcome}"
        differ = readings[arrow[:3]] > 1
        yield f"{trigger}_to_{arrow.target}" if differ else trigger, arrow


def _lifecycle_arrows() -> Iterator[Arrow]:
    for row in WRITER.rows:
        for source in row.source:
            yield from _arrows(row, source)


def _anytime_arrows() -> Iterator[Arrow]:
    for row in ANYTIME.rows:
        if not _LIFECYCLE.intersection(row.on):
            for state in WRITER.states:
                yield from _arrows(row, state.name)


def _arrows(row: Row, source: str) -> Iterator[Arrow]:
    for event in row.on:
        for when in row.when:
            for outcome in when.get("outcome", OUTCOMES):
                for to in row.to:
                    yield Arrow(source, event, outcome, source if to == SAME else to)
