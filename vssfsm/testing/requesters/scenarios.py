"""
Scenarios of the simulated service, as data: what its writers and its calls do to a requester.

Each event that writers may veto has a scenario, derived from the rows; the others are listed here.
"""

from typing import Final, NamedTuple

from vssfsm.spec.raises import RAISED_BY
from vssfsm.spec.vocabulary import RESTORE_EVENTS
from vssfsm.testing.adapters import VETOED

RETRYABLE: Final = "VSS_E_WRITERERROR_RETRYABLE"
_SHUTDOWN: Final = "BackupShutdown"


class Play(NamedTuple):
    """
    What one writer does wrong.

    Args:
        event: in which event.
        failure: code that it reports from then on.
        soft: it goes on all the same.
        timer: its freeze time runs out before *event*.
        gone: it is no longer listed.
        unreachable: it goes on, but the service cannot ask it.
        sessions: number of backups or restores in which it does so, from the first.
        writer: which of the two, from 0.
    """

    event: str
    failure: str = RETRYABLE
    soft: bool = False
    timer: bool = False
    gone: bool = False
    unreachable: bool = False
    sessions: int = 1_000
    writer: int = 0


class Scenario(NamedTuple):
    """
    What a requester meets.

    Args:
        name: as in `--scenario`.
        says: one sentence.
        play: what one of two writers does wrong, or None.
        results: asynchronous method -> code that it ends with.
        refusals: method -> code that it is refused with, the first few times.
    """

    name: str
    says: str
    play: Play | None = None
    results: tuple[tuple[str, str], ...] = ()
    refusals: tuple[tuple[str, str], ...] = ()


def _kebab(event: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in event).strip("-")


def _vetoes() -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            f"{'restore-' if event in RESTORE_EVENTS else ''}veto-in-{_kebab(event)}",
            f"a writer vetoes {event}, raised by {RAISED_BY[event]}",
            Play(event),
        )
        for event in VETOED
        if event != _SHUTDOWN  # a requester that has released its object never sees it
    )


SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario("plain", "everything goes well"),
        Scenario("restore-plain", "everything goes well; for requesters that restore"),
        *_vetoes(),
        Scenario(
            "nonretryable-veto",
            "a writer vetoes PrepareSnapshot for good",
            Play("PrepareSnapshot", "VSS_E_WRITERERROR_NONRETRYABLE"),
        ),
        Scenario(
            "veto-by-second-writer",
            "the second writer vetoes PostSnapshot, the first one is well",
            Play("PostSnapshot", writer=1),
        ),
        Scenario(
            "soft-failure",
            "a writer records a failure in PostSnapshot and goes on: its state is none",
            Play("PostSnapshot", soft=True),
        ),
        Scenario(
            "freeze-timeout",
            "the freeze time of a writer runs out before its Thaw",
            Play("Thaw", "VSS_E_WRITERERROR_TIMEOUT", timer=True),
        ),
        Scenario(
            "writer-silent",
            "a writer no longer answers when its status is gathered",
            Play("PrepareSnapshot", "VSS_E_WRITER_NOT_RESPONDING", unreachable=True),
        ),
        Scenario(
            "writer-gone",
            "a writer vanishes after PrepareBackup, and is not listed again; what that is worth is"
            " the requester's choice",
            Play("PrepareSnapshot", gone=True),
        ),
        Scenario(
            "veto-once",
            "a writer vetoes the first PrepareBackup, and none after it",
            Play("PrepareBackup", sessions=1),
        ),
        Scenario(
            "copy-fails",
            "DoSnapshotSet begins, and fails for lack of space",
            results=(("DoSnapshotSet", "VSS_E_INSUFFICIENT_STORAGE"),),
        ),
        Scenario(
            "prepare-fails",
            "PrepareForBackup begins, and fails",
            results=(("PrepareForBackup", "E_OUTOFMEMORY"),),
        ),
        Scenario(
            "status-fails",
            "the status of writers cannot be gathered",
            results=(("GatherWriterStatus", "VSS_E_WRITER_INFRASTRUCTURE"),),
        ),
        Scenario(
            "set-in-progress",
            "another program's shadow copy set is under creation for long",
            refusals=(("StartSnapshotSet", "VSS_E_SNAPSHOT_SET_IN_PROGRESS"),),
        ),
        Scenario(
            "volume-refused",
            "a volume cannot be added to the set",
            refusals=(("AddToSnapshotSet", "VSS_E_VOLUME_NOT_SUPPORTED"),),
        ),
    )
}
