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

from typing import Final

from transitions import Machine

from vssfsm.spec.arrows import arrows_of, triggers_of
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import Region
from vssfsm.spec.writer import WRITER

_SCOPE: Final = REQUESTER.scope


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
    return _machine(WRITER)


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
    return _machine(REQUESTER)


def requester_regions() -> dict[str, Machine]:
    """
    Make a machine of every region of the requester, the lifecycle among them.

    Returns:
        Machines by the name of their region. A call is legal when each region that knows it has a
        trigger for it.
    """
    regions = [region for region in REGIONS.values() if region.scope == _SCOPE]
    return {region.name: _machine(region) for region in regions}


def _machine(region: Region) -> Machine:
    arrows = triggers_of([arrow for arrow, _ in arrows_of(region)])
    return Machine(
        model=Lifecycle(),
        states=[state.name for state in region.states],
        transitions=[[name, arrow.source, arrow.target] for arrow, name in arrows.items()],
        initial=region.initial,
        auto_transitions=False,
        queued=False,
    )
