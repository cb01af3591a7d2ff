"""
The words of the protocol, each typed once: states, events, outcomes, methods, accepted spellings.

Source: the enumeration VSS_WRITER_STATE, the pages of CVssWriter and IVssBackupComponents.
"""

from typing import Final, NamedTuple

from vssfsm.spec import methods


class WriterState(NamedTuple):
    """One member of VSS_WRITER_STATE: number, name without VSS_WS_, group, meaning."""

    number: int
    name: str
    group: str
    means: str


#: VSS_WRITER_STATE; the enumeration starts at 0 (page ne-vss-vss_writer_state)
WRITER_STATES: Final = (
    WriterState(0, "UNKNOWN", "unknown", "the state is not known, which is a fault of the writer"),
    WriterState(
        1,
        "STABLE",
        "idle",
        "the writer has finished with its shadow copy events, or PrepareSnapshot has not reached it"
        " yet; idle, prepared, completed, aborted and restoring sessions all report it",
    ),
    WriterState(2, "WAITING_FOR_FREEZE", "waiting", "PrepareSnapshot is done, Freeze is next"),
    WriterState(
        3, "WAITING_FOR_THAW", "waiting", "the writer holds its writes; Thaw or Abort is next"
    ),
    WriterState(4, "WAITING_FOR_POST_SNAPSHOT", "waiting", "thawed; PostSnapshot is next"),
    WriterState(
        5,
        "WAITING_FOR_BACKUP_COMPLETE",
        "waiting",
        "the shadow copy exists; the requester has yet to finish the backup",
    ),
    WriterState(6, "FAILED_AT_IDENTIFY", "failed", "the writer vetoed when asked for its metadata"),
    WriterState(7, "FAILED_AT_PREPARE_BACKUP", "failed", "the writer vetoed in PrepareBackup"),
    WriterState(8, "FAILED_AT_PREPARE_SNAPSHOT", "failed", "the writer vetoed in PrepareSnapshot"),
    WriterState(
        9, "FAILED_AT_FREEZE", "failed", "the writer vetoed in Freeze, or its freeze time ran out"
    ),
    WriterState(10, "FAILED_AT_THAW", "failed", "the writer vetoed the shadow copy in Thaw"),
    WriterState(
        11, "FAILED_AT_POST_SNAPSHOT", "failed", "the writer vetoed the shadow copy in PostSnapshot"
    ),
    WriterState(
        12,
        "FAILED_AT_BACKUP_COMPLETE",
        "failed",
        "the shadow copy exists, but the writer failed in BackupComplete",
    ),
    WriterState(13, "FAILED_AT_PRE_RESTORE", "failed", "the writer failed in PreRestore"),
    WriterState(14, "FAILED_AT_POST_RESTORE", "failed", "the writer failed in PostRestore"),
    WriterState(
        15,
        "FAILED_AT_BACKUPSHUTDOWN",
        "failed",
        "the writer failed while the backup program shut down; not on Windows XP",
    ),
)
#: reserved: the number of states, never a reported value
COUNT: Final = WriterState(16, "COUNT", "reserved", "the number of states; never reported")

STATE_NAMES: Final = {state.number: state.name for state in WRITER_STATES}
STATE_NUMBERS: Final = {state.name: state.number for state in (*WRITER_STATES, COUNT)}
STATE_PREFIX: Final = "VSS_WS_"
#: failure codes of the service, which did not reach the writer: the state beside them is old
SERVICE_CODES: Final = ("VSS_E_WRITER_NOT_RESPONDING", "VSS_E_WRITER_STATUS_NOT_AVAILABLE")
#: states that name no state of the lifecycle (contract 2.4)
NO_LIFECYCLE_STATE: Final = frozenset({"UNKNOWN", "FAILED_AT_IDENTIFY"})
FAILED_STATES: Final = tuple(s.name for s in WRITER_STATES if s.group == "failed")

# --- Writer events -----------------------------------------------------------
BACKUP_EVENTS: Final = (
    "PrepareBackup",
    "PrepareSnapshot",
    "Freeze",
    "Thaw",
    "PostSnapshot",
    "BackupComplete",
)
RESTORE_EVENTS: Final = ("PreRestore", "PostRestore")
LIFECYCLE_EVENTS: Final = (*BACKUP_EVENTS, "Abort", "BackupShutdown", *RESTORE_EVENTS)
HANDLERS: Final = ("Identify", *LIFECYCLE_EVENTS)
#: events that begin a new session of a writer where no key tells sessions apart (contract 2.6)
SESSION_STARTS: Final = ("PrepareBackup", "PreRestore")
RESERVED_EVENTS: Final = (
    "BackOffIOOnVolume",
    "ContinueIOOnVolume",
    "VSSShutdown",
    "VSSApplicationStartup",
)
OUTCOMES: Final = ("ok", "soft", "veto", "timeout")

# --- A writer's own calls ----------------------------------------------------
INITIALIZE_CALLS: Final = ("Initialize", "InitializeEx")
SUBSCRIPTION_CALLS: Final = (
    *INITIALIZE_CALLS,
    "Subscribe",
    "SubscribeEx",
    "Unsubscribe",
)
FAILURE_CALLS: Final = ("SetWriterFailure", "SetWriterFailureEx")
HANDLER_CALLS: Final = (*FAILURE_CALLS, "GetSessionId", "GetCurrentSnapshotSetId")
OWN_CALLS: Final = (*SUBSCRIPTION_CALLS, *HANDLER_CALLS)
#: own calls that belong to the thread of their handler (page vss:writers)
THREAD_BOUND_CALLS: Final = (*FAILURE_CALLS, "GetSessionId")
#: own calls during which events still come
LASTING_CALLS: Final = ("Unsubscribe",)
WRITER_NAMES: Final = frozenset((*HANDLERS, *OWN_CALLS, *RESERVED_EVENTS))

#: accepted spellings of a handler: an On prefix and an Ex suffix are dropped, then these
SPELLINGS: Final = {
    "PrepareForBackup": "PrepareBackup",
    "PrepareForSnapshot": "PrepareSnapshot",
}

# --- The requester -----------------------------------------------------------
METHODS: Final = tuple(method.name for method in methods.METHODS)
#: known helper functions: read and not judged
HELPERS: Final = (
    "VssFreeSnapshotProperties",
    "IsVolumeSnapshotted",
    "ShouldBlockRevert",
    "CreateVssExamineWriterMetadata",
    "CreateVssExpressWriter",
    "GetProviderMgmtInterface",
    "CoInitializeEx",
    "CoInitializeSecurity",
    "CoUninitialize",
)
REQUESTER_NAMES: Final = frozenset((*METHODS, *HELPERS, "Release"))
#: calls that begin a new backup session where no key tells sessions apart (contract 2.6)
OBJECT_STARTS: Final = ("CreateVssBackupComponents", "InitializeForBackup", "InitializeForRestore")
#: methods of IVssAsync: they tell of the call named in `of`
RESULT_CALLS: Final = methods.RESULTS
#: calls that end what a Wait waits for, so that they come from another thread
STOPS_WAITING: Final = ("AbortBackup",)
STATUS_CALLS: Final = ("GetWriterStatus", "GetWriterStatusEx")

# --- The observer ------------------------------------------------------------
OBSERVER_NAMES: Final = frozenset(("WriterStatus",))

NAMES_OF: Final = {
    "requester": REQUESTER_NAMES,
    "writer": WRITER_NAMES,
    "observer": OBSERVER_NAMES,
}
ACTORS: Final = tuple(NAMES_OF)
OBSERVATIONS: Final = ("complete", "partial", "window", "sampled")


def writer_event(name: str) -> str | None:
    """Give the documented name of a writer event or own call from an accepted spelling."""
    if name in WRITER_NAMES:
        return name
    bare = name.removeprefix("On")
    for spelling in (bare, bare.removesuffix("Ex")):
        event = SPELLINGS.get(spelling, spelling)
        if event in HANDLERS:
            return event
    return None
