"""
Permitted rows as `transitions` machines. The only module that imports `transitions`.

Its defaults would add semantics of their own: a trigger into every state, a first row that wins
silently, a queue that makes every trigger succeed. So each (state, trigger) has one target here by
construction: where readings of one (state, event, what was recorded of it) differ, the target is in
the trigger's name.

A trigger is the event and what a row says of it: `Freeze_ok`, `PrepareForBackup_failed`,
`PrepareForBackup_result_finished`, `SetContext_plain_ok`, and `PrepareForBackup_ok_folded` for a
call whose own line tells how it ended. Where the rows tell folded sessions apart, the trigger
without `_folded` is that of the other sessions; elsewhere it serves both.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from transitions import Machine

from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.requester import ASYNC_RESULTS, CALL, CALL_RESULTS, REQUESTER, RESULT
from vssfsm.spec.rows import SAME, Region, Row, When
from vssfsm.spec.vocabulary import OUTCOMES
from vssfsm.spec.writer import WRITER

_SCOPE: Final = REQUESTER.scope
_RESULTS_OF: Final = {CALL: CALL_RESULTS, RESULT: ASYNC_RESULTS}


class Arrow(NamedTuple):
    """One permitted step: an event and what is recorded of it, from a state to another."""

    source: str
    event: str
    parts: tuple[str, ...]
    target: str

    @property
    def trigger(self) -> str:
        """The name of the step, an identifier."""
        return "_".join((self.event, *self.parts)).replace("-", "_")


class Lifecycle:
    """The model of a machine: its `state` is the name of a state of its region."""

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
    return _machine(WRITER, {*_arrows_of(WRITER), *_anytime_arrows()})


def requester_machine() -> Machine:
    """
    Make the requester's lifecycle as a deterministic machine.

    Returns:
        A Machine as `writer_machine` gives it. Triggers are the call and how it returned
        (`PrepareForBackup_ok`), what a result said of an asynchronous call
        (`PrepareForBackup_result_finished`), and the target where readings differ
        (`PrepareForBackup_result_ended_to_PREPARED`).

    Source:
        the permitted rows of region `requester`.
    """
    return _machine(REQUESTER, set(_arrows_of(REQUESTER)))


def requester_regions() -> dict[str, Machine]:
    """
    Make a machine of every region of the requester, the lifecycle among them.

    Returns:
        Machines by the name of their region. A call is legal when each region that knows it has a
        trigger for it.
    """
    regions = [region for region in REGIONS.values() if region.scope == _SCOPE]
    return {region.name: _machine(region, set(_arrows_of(region))) for region in regions}


def _machine(region: Region, arrows: set[Arrow]) -> Machine:
    return Machine(
        model=Lifecycle(),
        states=[state.name for state in region.states],
        transitions=[[name, arrow.source, arrow.target] for name, arrow in _triggers(arrows)],
        initial=region.initial,
        auto_transitions=False,
        queued=False,
    )


def _triggers(arrows: set[Arrow]) -> Iterator[tuple[str, Arrow]]:
    readings: dict[tuple[object, ...], int] = {}
    for arrow in arrows:
        readings[arrow[:3]] = readings.get(arrow[:3], 0) + 1
    for arrow in sorted(arrows):
        differ = readings[arrow[:3]] > 1
        yield f"{arrow.trigger}_to_{arrow.target}" if differ else arrow.trigger, arrow


# --- Arrows ------------------------------------------------------------------
def _arrows_of(region: Region) -> Iterator[Arrow]:
    for row in region.rows:
        for source in row.source:
            yield from _arrows(region, row, source)


def _anytime_arrows() -> Iterator[Arrow]:
    lifecycle = {event for row in WRITER.rows for event in row.on}
    for row in ANYTIME.rows:
        if not lifecycle.intersection(row.on):
            for state in WRITER.states:
                yield from _arrows(ANYTIME, row, state.name)


def _arrows(region: Region, row: Row, source: str) -> Iterator[Arrow]:
    for to in row.to:
        target = source if to == SAME else to
        for event in row.on:
            for when in row.when:
                for parts in _parts(region, event, when):
                    yield Arrow(source, event, parts, target)


def _parts(region: Region, event: str, when: When) -> Iterator[tuple[str, ...]]:
    """Give what is recorded of *event* under *when*; releases are no part of a name."""
    if region.scope != _SCOPE:
        yield from ((outcome,) for outcome in when.get("outcome", OUTCOMES))
        return
    stages = (CALL, RESULT) if event in ASYNC else (CALL,)
    for stage in when.get("stage", stages):
        for result in when.get("result", _RESULTS_OF[stage]):
            for context in _contexts(region, event, when):
                said = (stage,) if stage == RESULT else ()
                for folded in _folded(region, event, stage, result, when):
                    yield (*context, *said, result, *folded)


def _folded(
    region: Region, event: str, stage: str, result: str, when: When
) -> Iterator[tuple[str, ...]]:
    """Tell sessions apart where rows of the region do, for what *result* says of *event*."""
    told = any(
        "folded" in other
        and stage in other.get("stage", (stage,))
        and result in other.get("result", (result,))
        for row in region.rows
        if event in row.on
        for other in row.when
    )
    sessions = when.get("folded", ("no", "yes"))
    if not told or "no" in sessions:
        yield ()
    if told and "yes" in sessions:
        yield ("folded",)


def _contexts(region: Region, event: str, when: When) -> Iterator[tuple[str, ...]]:
    """Give the contexts of *when*, out of those that rows of the region tell apart for *event*."""
    rows = (row for row in region.rows if event in row.on)
    told = {context: None for row in rows for w in row.when for context in w.get("context", ())}
    yield from ((context,) for context in when.get("context", tuple(told))) if told else ((),)
