"""
The requester's lifecycle: one IVssBackupComponents object from its creation to its Release.

Scope: backups with and without writers, backups without a copy, transportable import, restores, and
programs that only list or query. A state is how far the object got. What runs beside it has
regions of its own (`spec/regions`): asynchronous calls, metadata, status rounds, components,
counters; a call is legal when each region that knows it permits it.

Left out: pointers and their lifetime, COM and security, provider selection.

An asynchronous call moves when it completes. In a *folded* session the call's own line tells how it
ended; the monitor finds out which kind of session it is before the first call that depends on it.

Reading order: states, permitted rows in the order of a backup and of a restore, prohibitions.
Closed world: a call without a permitted row in the current state falls under a prohibition.
"""

from typing import Final

from vssfsm.spec.calls import ASYNC_RESULTS, CALL, CALL_FAILED, RESULT, forbid, permit, results, run
from vssfsm.spec.methods import ASYNC, BACKUP, METHODS, RESERVED, RESTORE, RESTORE_INFERRED
from vssfsm.spec.rounds import NOT_SUCCEEDED
from vssfsm.spec.rows import INFERRED, INFO, OPEN, SAME, Region, Row, State

# --- States ------------------------------------------------------------------


def _state(name: str, phase: str, means: str, *owed: str) -> State:
    return State(name=name, phase=phase, means=means, owed=owed or ("Release",))


START: Final = State(name="START", phase="start", means="nothing was recorded yet")
CREATED: Final = _state("CREATED", "start", "the object exists")
INITIALIZED: Final = _state("INITIALIZED", "backup", "initialized for backup, with writers")
PLAIN: Final = _state("PLAIN", "no writers", "initialized, in a context without writers")
QUERYING: Final = _state(
    "QUERYING", "query", "initialized, in VSS_CTX_ALL: only to query and delete"
)
SET_OPEN: Final = _state("SET_OPEN", "backup", "a shadow copy set was started")
PLAIN_SET_OPEN: Final = _state("PLAIN_SET_OPEN", "no writers", "a set was started")
_ABORT: Final = ("AbortBackup",)
PREPARING: Final = _state("PREPARING", "backup", "PrepareForBackup runs", *_ABORT)
PREPARED: Final = _state("PREPARED", "backup", "PrepareForBackup succeeded", *_ABORT)
PREPARE_FAILED: Final = _state("PREPARE_FAILED", "backup", "PrepareForBackup failed")
SNAPPING: Final = _state("SNAPPING", "backup", "DoSnapshotSet runs", *_ABORT)
SNAPSHOT_DONE: Final = _state(
    "SNAPSHOT_DONE", "backup", "the copy exists", "BackupComplete", "AbortBackup"
)
SNAPSHOT_FAILED: Final = _state("SNAPSHOT_FAILED", "backup", "DoSnapshotSet failed", *_ABORT)
COMPLETING: Final = _state("COMPLETING", "backup", "BackupComplete runs")
COMPLETE: Final = _state("COMPLETE", "backup", "BackupComplete succeeded")
ABORTED: Final = _state("ABORTED", "backup", "AbortBackup was called")
GIVEN_UP: Final = _state(
    "GIVEN_UP", "backup", "AbortBackup was refused, and the requester leaves it at that", *_ABORT
)
PLAIN_SNAPPING: Final = _state("PLAIN_SNAPPING", "no writers", "DoSnapshotSet runs")
PLAIN_DONE: Final = _state("PLAIN_DONE", "no writers", "the copy exists")
PLAIN_FAILED: Final = _state("PLAIN_FAILED", "no writers", "DoSnapshotSet failed")
IMPORTING: Final = _state("IMPORTING", "import", "ImportSnapshots runs")
IMPORTED: Final = _state("IMPORTED", "import", "a transportable copy was imported")
RESTORE_READY: Final = _state("RESTORE_READY", "restore", "initialized for restore")
PRE_RESTORING: Final = _state("PRE_RESTORING", "restore", "PreRestore runs", "PostRestore")
PRE_RESTORED: Final = _state("PRE_RESTORED", "restore", "PreRestore succeeded", "PostRestore")
PRE_RESTORE_FAILED: Final = _state("PRE_RESTORE_FAILED", "restore", "PreRestore failed")
POST_RESTORING: Final = _state("POST_RESTORING", "restore", "PostRestore runs")
RESTORED: Final = _state("RESTORED", "restore", "PostRestore ended")
RELEASED: Final = State(name="RELEASED", phase="end", means="the object was released", is_gone=True)

STATES: Final = (
    *(START, CREATED, INITIALIZED, PLAIN, QUERYING, SET_OPEN, PLAIN_SET_OPEN),
    *(PREPARING, PREPARED, PREPARE_FAILED, SNAPPING, SNAPSHOT_DONE, SNAPSHOT_FAILED),
    *(COMPLETING, COMPLETE, ABORTED, GIVEN_UP, PLAIN_SNAPPING, PLAIN_DONE, PLAIN_FAILED),
    *(IMPORTING, IMPORTED, RESTORE_READY, PRE_RESTORING, PRE_RESTORED, PRE_RESTORE_FAILED),
    *(POST_RESTORING, RESTORED, RELEASED),
)


def _names(*states: State) -> tuple[str, ...]:
    return tuple(state.name for state in states)


def _phases(*phases: str) -> tuple[str, ...]:
    return tuple(state.name for state in STATES if state.phase in phases)


_UNINITIALIZED: Final = _names(START, CREATED)
_RESTORE: Final = _phases("restore")
_BACKUP: Final = _phases("backup", "no writers", "query", "import")
_BEFORE_PREPARE: Final = _names(INITIALIZED, SET_OPEN)
_NO_WRITERS: Final = (*_phases("no writers"), QUERYING.name)
_AFTER_SNAPSHOT: Final = _names(SNAPPING, SNAPSHOT_DONE, SNAPSHOT_FAILED, GIVEN_UP)
_ENDED: Final = _names(COMPLETING, COMPLETE, ABORTED)
_SELECTION_OVER: Final = _names(
    PRE_RESTORING, PRE_RESTORED, PRE_RESTORE_FAILED, POST_RESTORING, RESTORED
)

# --- Permitted rows ----------------------------------------------------------
_OVERVIEW: Final = "overview-of-backup-initialization"
_CREATION: Final = "shadow-copy-creation-details"
_ABORTING: Final = "aborting-vss-operations"

_START_ROWS: Final = (
    permit(
        "REQ-CREATE",
        ("CreateVssBackupComponents",),
        _names(START),
        _names(CREATED),
        "an object is created first",
        _OVERVIEW,
    ),
    permit(
        "REQ-INITIALIZE-BACKUP",
        ("InitializeForBackup",),
        _UNINITIALIZED,
        _names(INITIALIZED),
        "a new object is initialized for backup",
        _OVERVIEW,
    ),
    permit(
        "REQ-INITIALIZE-RESTORE",
        ("InitializeForRestore",),
        _UNINITIALIZED,
        _names(RESTORE_READY),
        "a new object is initialized for restore",
        "overview-of-restore-initialization",
    ),
    *(
        permit(
            f"REQ-SETCONTEXT-{context.upper()}",
            ("SetContext",),
            _names(INITIALIZED, PLAIN, QUERYING),
            _names(target),
            says,
            "setcontext",
            "shadow-copy-context-configurations",
            when=({"stage": (CALL,), "result": ("ok", "s_false"), "context": (context,)},),
        )
        for context, target, says in (
            ("writers", INITIALIZED, "a context with writers"),
            ("plain", PLAIN, "a context without writers"),
            ("all", QUERYING, "VSS_CTX_ALL serves queries and deletions"),
        )
    ),
)

_SET_ROWS: Final = (
    permit(
        "REQ-STARTSNAPSHOTSET",
        ("StartSnapshotSet",),
        _names(INITIALIZED),
        _names(SET_OPEN),
        "a set is started before PrepareForBackup",
        "startsnapshotset",
    ),
    permit(
        "REQ-STARTSNAPSHOTSET-PLAIN",
        ("StartSnapshotSet",),
        _names(PLAIN),
        _names(PLAIN_SET_OPEN),
        "without writers a set is started right away",
        _CREATION,
    ),
    permit(
        "REQ-ADDTOSNAPSHOTSET",
        ("AddToSnapshotSet",),
        _names(SET_OPEN, PLAIN_SET_OPEN),
        (SAME,),
        "volumes are added to an open set",
        "addtosnapshotset",
    ),
    *run(
        "PrepareForBackup",
        _names(SET_OPEN),
        PREPARING.name,
        PREPARED.name,
        PREPARE_FAILED.name,
        "prepareforbackup",
    ),
    *run(
        "DoSnapshotSet",
        _names(PREPARED),
        SNAPPING.name,
        SNAPSHOT_DONE.name,
        SNAPSHOT_FAILED.name,
        "dosnapshotset",
        "overview-of-pre-backup-tasks",
    ),
    *run(
        "DoSnapshotSet",
        _names(PLAIN_SET_OPEN),
        PLAIN_SNAPPING.name,
        PLAIN_DONE.name,
        PLAIN_FAILED.name,
        "dosnapshotset",
        _CREATION,
    ),
)

_END_ROWS: Final = (
    permit(
        "REQ-SETBACKUPSUCCEEDED",
        ("SetBackupSucceeded",),
        _names(SNAPSHOT_DONE, PREPARED),
        (SAME,),
        "success is told per component once the copy exists, or in a backup that needs none",
        "setbackupsucceeded",
    ),
    *run(
        "BackupComplete",
        _names(SNAPSHOT_DONE, PREPARED),
        COMPLETING.name,
        COMPLETE.name,
        COMPLETE.name,
        "backupcomplete",
        "overview-of-pre-backup-tasks",
    ),
    permit(
        "REQ-ABORTBACKUP-NOTHING-RUNNING",
        ("AbortBackup",),
        _names(CREATED, INITIALIZED, PLAIN, QUERYING, COMPLETE, ABORTED, IMPORTING, IMPORTED),
        (SAME,),
        "AbortBackup with nothing running is ignored",
        "abortbackup",
    ),
    permit(
        "REQ-ABORTBACKUP",
        ("AbortBackup",),
        (
            *_names(SET_OPEN, PLAIN_SET_OPEN, PREPARING, PREPARED, PREPARE_FAILED, SNAPPING),
            *_names(SNAPSHOT_DONE, SNAPSHOT_FAILED, GIVEN_UP, COMPLETING),
            *_names(PLAIN_SNAPPING, PLAIN_DONE, PLAIN_FAILED),
        ),
        _names(ABORTED),
        "a backup that ends before its time is aborted",
        "abortbackup",
        _ABORTING,
    ),
    permit(
        "REQ-SAVEASXML",
        ("SaveAsXML",),
        (
            *_names(PREPARED, PREPARE_FAILED, SNAPSHOT_DONE, SNAPSHOT_FAILED, GIVEN_UP),
            *_ENDED,
            *_phases("no writers", "import"),
        ),
        (SAME,),
        "the document is saved after PrepareForBackup",
        "saveasxml",
    ),
    permit(
        "REQ-SAVEASXML-RESTORE",
        ("SaveAsXML",),
        _RESTORE,
        (SAME,),
        "whether a restore may save the document is not documented",
        "saveasxml",
        grade=OPEN,
        ruling="stock-bad-state",
    ),
    *run(
        "ImportSnapshots",
        _names(INITIALIZED, PLAIN, QUERYING, IMPORTED),
        IMPORTING.name,
        IMPORTED.name,
        IMPORTED.name,
        "importsnapshots",
    ),
    permit(
        "REQ-RELEASE",
        ("Release",),
        (
            *_names(CREATED, INITIALIZED, PLAIN, QUERYING, PREPARE_FAILED, GIVEN_UP),
            *_ENDED,
            *_names(PLAIN_SNAPPING, PLAIN_DONE, PLAIN_FAILED, IMPORTING, IMPORTED),
            *_names(RESTORE_READY, PRE_RESTORE_FAILED, POST_RESTORING, RESTORED),
        ),
        _names(RELEASED),
        "an object is released when nothing is left open",
        "overview-of-backup-termination",
        _ABORTING,
        when=({"stage": (CALL,)},),
    ),
)

_OPEN_SET_ROW: Final = permit(
    "REQ152",
    ("Release",),
    _names(SET_OPEN, PLAIN_SET_OPEN),
    _names(RELEASED),
    "an object was released although a set was open",
    "abortbackup",
    _ABORTING,
    when=({"stage": (CALL,)},),
    name="release-of-open-set",
    why="One page asks for AbortBackup from StartSnapshotSet on, another only after"
    " PrepareForBackup succeeded.",
    grade=OPEN,
    pays=INFO,
    ruling="abort-duty",
    blame="requester",
)

_REFUSED_ABORT_ROW: Final = permit(
    "REQ155",
    ("AbortBackup",),
    _names(PREPARING, PREPARED, SNAPPING, SNAPSHOT_DONE, SNAPSHOT_FAILED),
    _names(GIVEN_UP),
    "AbortBackup was refused, and nothing else ended the backup",
    "abortbackup",
    _ABORTING,
    when=CALL_FAILED,
    name="refused-abort",
    why="The requester did what the pages ask for; whether the set was left behind is not known.",
    grade=OPEN,
    pays=INFO,
    ruling="refused-abort",
    blame="unknown",
)
_TOLD_AFTER_ABORT_ROW: Final = permit(
    "REQ-SETBACKUPSUCCEEDED-AFTER-ABORT",
    ("SetBackupSucceeded",),
    _names(ABORTED),
    (SAME,),
    "that a component was not saved is no more than AbortBackup says",
    "setbackupsucceeded",
    when=({"stage": (CALL,), "succeeded": (NOT_SUCCEEDED,)},),
    grade=INFERRED,
)

#: methods that choose what is restored: before PreRestore
_SELECTION: Final = (
    *("SetSelectedForRestore", "SetSelectedForRestoreEx", "SetRestoreOptions", "AddNewTarget"),
    *("SetRestoreState", "AddRestoreSubcomponent", "SetAdditionalRestores"),
    *("SetAuthoritativeRestore", "SetRollForward", "SetRestoreName"),
)
#: of these, those whose deadline a page states
_SELECTION_STATED: Final = _SELECTION[:6]
#: methods that tell what was restored: between PreRestore and PostRestore
_REPORTING: Final = ("SetFileRestoreStatus", "AddAlternativeLocationMapping", "SetRangesFilePath")

_RESTORE_ROWS: Final = (
    permit(
        "REQ-SELECTION",
        _SELECTION,
        _names(RESTORE_READY),
        (SAME,),
        "what is restored is chosen before PreRestore",
        "overview-of-preparing-for-restore",
    ),
    *run(
        "PreRestore",
        _names(RESTORE_READY),
        PRE_RESTORING.name,
        PRE_RESTORED.name,
        PRE_RESTORE_FAILED.name,
        "prerestore",
    ),
    permit(
        "REQ-RESTORE-REPORTS",
        _REPORTING,
        _names(PRE_RESTORED, PRE_RESTORE_FAILED),
        (SAME,),
        "what was restored is told between PreRestore and PostRestore",
        "setfilerestorestatus",
    ),
    *run(
        "PostRestore",
        _names(PRE_RESTORED, PRE_RESTORE_FAILED),
        POST_RESTORING.name,
        RESTORED.name,
        RESTORED.name,
        "postrestore",
    ),
)

#: methods whose place is judged elsewhere, or nowhere: legal on every initialized object
_ANYWHERE: Final = (
    *("GatherWriterMetadata", "GetWriterMetadataCount", "GetWriterMetadata"),
    *("GetWriterMetadataEx", "FreeWriterMetadata", "GatherWriterStatus", "GetWriterStatusCount"),
    *("GetWriterStatus", "GetWriterStatusEx", "FreeWriterStatus", "GetWriterComponentsCount"),
    *("GetWriterComponents", "EnableWriterClasses", "DisableWriterClasses"),
    *("DisableWriterInstances", "GetSessionId", "GetRootAndLogicalPrefixPaths"),
)
#: methods on existing copies: no page asks for an initialized object
_ON_COPIES: Final = (
    *("DeleteSnapshots", "BreakSnapshotSet", "BreakSnapshotSetEx", "RevertToSnapshot"),
    "QueryRevertStatus",
)
#: methods on volumes and copies that belong to backup objects
_ON_BACKUPS: Final = (
    *("IsVolumeSupported", "GetSnapshotProperties", "Query", "ExposeSnapshot"),
    "UnexposeSnapshot",
)
_RECOVERY: Final = ("AddSnapshotToRecoverySet", "RecoverSet")

_OTHER_ROWS: Final = (
    permit(
        "REQ-ANYWHERE",
        _ANYWHERE,
        (*_BACKUP, *_RESTORE),
        (SAME,),
        "these calls need an initialized object only; regions of their own judge their order",
        _OVERVIEW,
        when=({"stage": (CALL,)},),
    ),
    permit(
        "REQ-ON-COPIES",
        _ON_COPIES,
        (*_names(CREATED), *_BACKUP, *_RESTORE),
        (SAME,),
        "existing copies are deleted, broken and reverted at any time",
        "deletesnapshots",
        when=({"stage": (CALL,)},),
    ),
    permit(
        "REQ-ON-BACKUPS",
        _ON_BACKUPS,
        _BACKUP,
        (SAME,),
        "volumes and copies are looked at with an object that is initialized for backup",
        "query",
    ),
    permit(
        "REQ-RECOVERY-SET",
        _RECOVERY,
        _RESTORE,
        (SAME,),
        "a recovery set belongs to an object that is initialized for restore",
        "recoverset",
        when=({"stage": (CALL,)},),
    ),
    permit(
        "REQ-SETBACKUPSTATE",
        ("SetBackupState",),
        (*_BEFORE_PREPARE, *_phases("no writers", "query", "import")),
        (SAME,),
        "the backup's state is set before PrepareForBackup",
        "setbackupstate",
    ),
    permit(
        "REQ-SETBACKUPSTATE-RESTORE",
        ("SetBackupState",),
        _RESTORE,
        (SAME,),
        "the page forbids it in a restore, and Microsoft's sample does it",
        "setbackupstate",
        grade=OPEN,
        ruling="stock-bad-state",
    ),
    permit(
        "REQ-COMPONENTS",
        ("AddComponent", "SetBackupOptions", "SetPreviousBackupStamp"),
        _BEFORE_PREPARE,
        (SAME,),
        "components are added and described before PrepareForBackup",
        "addcomponent",
    ),
)


_ASYNC: Final = frozenset(ASYNC)


def _refused(row: Row) -> Row:
    """A call that fails at once where it is legal changes nothing."""
    return row._replace(
        code=f"{row.code}-REFUSED",
        to=(SAME,),
        when=CALL_FAILED,
        says=f"{row.on[0]} may fail, and then changes nothing",
    )


_ORDERLY: Final = (
    *_START_ROWS,
    *_SET_ROWS,
    *_END_ROWS,
    _OPEN_SET_ROW,
    *_RESTORE_ROWS,
    *_OTHER_ROWS,
)
PERMITTED: Final = (
    *_ORDERLY,
    _REFUSED_ABORT_ROW,
    _TOLD_AFTER_ABORT_ROW,
    *(
        _refused(row)
        for row in _ORDERLY
        if not row.name
        and "result" in row.when[0]
        and row.on[0] not in _ASYNC
        and row.on[0] != "SetContext"
    ),
    permit(
        "REQ-SETCONTEXT-REFUSED",
        ("SetContext",),
        _names(INITIALIZED, PLAIN, QUERYING),
        (SAME,),
        "SetContext may fail, and then changes nothing",
        "setcontext",
        when=CALL_FAILED,
    ),
)

# --- Prohibitions ------------------------------------------------------------
_NEEDS_OBJECT: Final = "A call on an object that is not initialized gets VSS_E_BAD_STATE."
_ONE_BACKUP: Final = "An object serves one backup; another attempt needs a new object."
LEAKED: Final = (
    "A set that is left behind keeps the machine busy: other programs get"
    " VSS_E_SNAPSHOT_SET_IN_PROGRESS, and writers wait for an end that does not come."
)
_MUST_PREPARE: Final = "Writers have not been told; they neither flush nor hold what they write."
_ALL_METHODS: Final = tuple(
    m.name for m in METHODS if m.interface != "IVssAsync" and m.use != RESERVED
)
_USE: Final = {m.name: m.use for m in METHODS}


def _used_for(*uses: str) -> tuple[str, ...]:
    return tuple(m.name for m in METHODS if m.use in uses)


#: methods whose page asks for an initialized object
_NEED_INITIALIZE: Final = tuple(
    name
    for name in (*_ALL_METHODS, "Release")
    if name
    not in (
        *("CreateVssBackupComponents", "InitializeForBackup", "InitializeForRestore", "Release"),
        *(*_ON_COPIES, "AbortBackup"),
    )
)
_LATER_SETS: Final = (*_AFTER_SNAPSHOT, *_ENDED, *_names(PLAIN_SNAPPING, PLAIN_DONE, PLAIN_FAILED))
_PREPARE_STATES: Final = _names(PREPARING, PREPARED, PREPARE_FAILED)

PROHIBITIONS: Final = (
    forbid(
        "REQ101",
        "call-before-initialize",
        _NEED_INITIALIZE,
        _UNINITIALIZED,
        "a call came before the object was initialized",
        _NEEDS_OBJECT,
        _OVERVIEW,
    ),
    forbid(
        "REQ101",
        "call-before-initialize",
        (*_ON_COPIES, "AbortBackup", "Release"),
        _names(START),
        "a call came before the object was initialized",
        _NEEDS_OBJECT,
        _OVERVIEW,
    ),
    forbid(
        "REQ102",
        "repeated-create",
        ("CreateVssBackupComponents",),
        (*_names(CREATED), *_BACKUP, *_RESTORE),
        "an object was created again in one session",
        "Each object is a session of its own; the recorder mixed two.",
        _OVERVIEW,
        grade=INFERRED,
        blame="recorder",
    ),
    forbid(
        "REQ103",
        "repeated-object-initialize",
        ("InitializeForBackup",),
        _BACKUP,
        "an object was initialized again",
        _ONE_BACKUP,
        _OVERVIEW,
        grade=INFERRED,
    ),
    forbid(
        "REQ103",
        "repeated-object-initialize",
        ("InitializeForRestore",),
        (*_BACKUP, *_RESTORE),
        "an object was initialized again",
        _ONE_BACKUP,
        _OVERVIEW,
        grade=INFERRED,
    ),
    forbid(
        "REQ104",
        "backup-call-in-restore",
        tuple(m for m in _used_for(BACKUP) if m != "SetBackupState"),
        _RESTORE,
        "a call that belongs to backups was made on an object initialized for restore",
        "Its page gives VSS_E_BAD_STATE for it; restores have a chain of their own.",
        "overview-of-restore-initialization",
        _ABORTING,
        ruling="stock-bad-state",
    ),
    forbid(
        "REQ105",
        "restore-call-in-backup",
        (*_used_for(RESTORE), "AddSnapshotToRecoverySet"),
        _BACKUP,
        "a call whose page asks for a restore was made on an object initialized for backup",
        "Its page asks for a restore.",
        "overview-of-preparing-for-restore",
    ),
    forbid(
        "REQ106",
        "restore-call-outside-restore",
        tuple(
            m for m in _used_for(RESTORE_INFERRED) if m not in ("InitializeForRestore", *_RECOVERY)
        ),
        _BACKUP,
        "a call that serves a restore only was made on an object initialized for backup",
        "Its purpose is a restore, though its page carries a stock sentence to the contrary.",
        "overview-of-preparing-for-restore",
        grade=INFERRED,
    ),
    forbid(
        "REQ107",
        "call-after-release",
        (*_ALL_METHODS, "Release"),
        _names(RELEASED),
        "a call was made on an object that had been released",
        "The object is gone; the call goes to memory that may belong to something else.",
        "overview-of-backup-termination",
    ),
    forbid(
        "REQ108",
        "context-after-set",
        ("SetContext",),
        tuple(n for n in _BACKUP if n not in _names(INITIALIZED, PLAIN, QUERYING)),
        "SetContext came after a set was started",
        "The context decides how the set is made; most calls have to come after it.",
        "setcontext",
        grade=INFERRED,
    ),
    # --- the set ---
    forbid(
        "REQ111",
        "repeated-start-snapshot-set",
        ("StartSnapshotSet",),
        (*_names(SET_OPEN, PLAIN_SET_OPEN), *_PREPARE_STATES),
        "StartSnapshotSet came again for one object",
        _ONE_BACKUP,
        "startsnapshotset",
        grade=INFERRED,
    ),
    forbid(
        "REQ112",
        "second-backup-with-one-object",
        ("StartSnapshotSet", "DoSnapshotSet"),
        _LATER_SETS,
        "a second backup was begun with one object",
        _ONE_BACKUP,
        _OVERVIEW,
    ),
    forbid(
        "REQ112",
        "second-backup-with-one-object",
        ("PrepareForBackup",),
        (*_AFTER_SNAPSHOT, *_ENDED),
        "a second backup was begun with one object",
        _ONE_BACKUP,
        _OVERVIEW,
    ),
    forbid(
        "REQ113",
        "set-without-creatable-context",
        ("StartSnapshotSet", "AddToSnapshotSet", "DoSnapshotSet"),
        _names(QUERYING),
        "a set was begun in VSS_CTX_ALL",
        "VSS_CTX_ALL serves queries, deletions, breaking and exposing only.",
        "shadow-copy-context-configurations",
    ),
    forbid(
        "REQ114",
        "volume-before-set",
        ("AddToSnapshotSet",),
        _names(INITIALIZED, PLAIN),
        "a volume was added before a set was started",
        "There is no set that it could belong to.",
        "addtosnapshotset",
    ),
    forbid(
        "REQ115",
        "volume-after-prepare",
        ("AddToSnapshotSet",),
        _PREPARE_STATES,
        "a volume was added after PrepareForBackup",
        "Writers have decided by the set as it was.",
        "addtosnapshotset",
        grade=INFERRED,
    ),
    forbid(
        "REQ116",
        "volume-after-snapshot",
        ("AddToSnapshotSet",),
        _LATER_SETS,
        "a volume was added after DoSnapshotSet",
        "The copy has been made without it.",
        "addtosnapshotset",
        grade=INFERRED,
        ruling="volumes-before-snapshot",
    ),
    forbid(
        "REQ117",
        "prepare-without-set",
        ("PrepareForBackup",),
        _names(INITIALIZED),
        "PrepareForBackup came before StartSnapshotSet",
        "Its page asks for the set first, even for an empty one.",
        "prepareforbackup",
        "startsnapshotset",
    ),
    forbid(
        "REQ118",
        "writer-call-without-writers",
        ("PrepareForBackup", "BackupComplete", "AddComponent", "SetBackupSucceeded"),
        _NO_WRITERS,
        "a call for writers was made in a context without writers",
        "In these contexts the call gives an error; no writer takes part.",
        _CREATION,
    ),
    forbid(
        "REQ118",
        "writer-call-without-writers",
        ("SetBackupOptions", "SetPreviousBackupStamp"),
        _NO_WRITERS,
        "a call for writers was made in a context without writers",
        "In these contexts the call gives an error; no writer takes part.",
        _CREATION,
        grade=INFERRED,
    ),
    forbid(
        "REQ119",
        "repeated-prepare-for-backup",
        ("PrepareForBackup",),
        _PREPARE_STATES,
        "PrepareForBackup came again for one object",
        _ONE_BACKUP,
        "prepareforbackup",
        grade=INFERRED,
    ),
    forbid(
        "REQ121",
        "snapshot-before-prepare",
        ("DoSnapshotSet",),
        _names(SET_OPEN, PREPARE_FAILED),
        "DoSnapshotSet came without a successful PrepareForBackup",
        _MUST_PREPARE,
        "dosnapshotset",
        "prepareforbackup",
    ),
    forbid(
        "REQ122",
        "snapshot-while-preparing",
        ("DoSnapshotSet",),
        _names(PREPARING),
        "DoSnapshotSet came before PrepareForBackup had ended",
        "PrepareForBackup is asynchronous: it has to be waited for.",
        "dosnapshotset",
        "prepareforbackup",
    ),
    forbid(
        "REQ123",
        "snapshot-without-set",
        ("DoSnapshotSet",),
        _names(INITIALIZED, PLAIN),
        "DoSnapshotSet came before StartSnapshotSet",
        "There is no set to make.",
        "dosnapshotset",
    ),
    # --- the end ---
    forbid(
        "REQ131",
        "complete-before-prepare",
        ("BackupComplete",),
        (*_names(INITIALIZED, SET_OPEN, PREPARING, PREPARE_FAILED, SNAPPING),),
        "BackupComplete came although nothing was prepared, or the copy not yet made",
        "The service answers VSS_E_BAD_STATE; writers would truncate logs of a backup that is"
        " none.",
        "backupcomplete",
    ),
    forbid(
        "REQ132",
        "complete-after-failed-snapshot",
        ("BackupComplete", "SetBackupSucceeded"),
        _names(SNAPSHOT_FAILED, GIVEN_UP),
        "a backup was declared complete although DoSnapshotSet had failed",
        "There is no copy; the backup has to be aborted.",
        "backupcomplete",
        "setbackupsucceeded",
        _ABORTING,
    ),
    forbid(
        "REQ133",
        "complete-after-abort",
        ("BackupComplete", "SetBackupSucceeded"),
        _names(ABORTED),
        "a backup was declared complete after AbortBackup",
        "The writers have been told to give up.",
        "backupcomplete",
        grade=INFERRED,
    ),
    forbid(
        "REQ134",
        "repeated-backup-complete-call",
        ("BackupComplete",),
        _names(COMPLETING, COMPLETE),
        "BackupComplete came again for one object",
        _ONE_BACKUP,
        "backupcomplete",
        grade=INFERRED,
    ),
    forbid(
        "REQ135",
        "success-before-snapshot",
        ("SetBackupSucceeded",),
        _names(INITIALIZED, SET_OPEN, PREPARING, PREPARE_FAILED, SNAPPING),
        "success was told before the copy existed",
        "Whether a component was saved is not known yet.",
        "setbackupsucceeded",
        grade=INFERRED,
    ),
    forbid(
        "REQ136",
        "success-after-complete",
        ("SetBackupSucceeded",),
        _names(COMPLETING, COMPLETE),
        "success was told after BackupComplete",
        "Writers read it in BackupComplete; it comes too late for them.",
        "setbackupsucceeded",
    ),
    forbid(
        "REQ137",
        "call-for-writers-after-import",
        (
            *("StartSnapshotSet", "AddToSnapshotSet", "AddComponent", "SetBackupOptions"),
            *("SetPreviousBackupStamp", "PrepareForBackup", "DoSnapshotSet", "BackupComplete"),
            "SetBackupSucceeded",
        ),
        _names(IMPORTING, IMPORTED),
        "a backup's call was made on an object that imports a copy",
        "The importing machine makes no copy and has no part in the backup's end.",
        "importsnapshots",
        grade=INFERRED,
    ),
    forbid(
        "REQ138",
        "import-in-backup",
        ("ImportSnapshots",),
        tuple(n for n in _BACKUP if n not in _names(INITIALIZED, PLAIN, QUERYING, IMPORTED)),
        "a copy was imported on an object that makes one, or while another import ran",
        "Imports come one at a time, on an object of their own.",
        "importsnapshots",
        grade=INFERRED,
    ),
    forbid(
        "REQ141",
        "save-before-prepare",
        ("SaveAsXML",),
        _names(INITIALIZED, SET_OPEN, PREPARING, QUERYING, SNAPPING),
        "the document was saved before PrepareForBackup, or while the copy was being made",
        "Writers have not written their part of it.",
        "saveasxml",
    ),
    forbid(
        "REQ142",
        "component-after-prepare",
        ("AddComponent",),
        (*_PREPARE_STATES, *_AFTER_SNAPSHOT, *_ENDED),
        "a component was added after PrepareForBackup",
        "Writers have decided by the components as they were.",
        "addcomponent",
        grade=INFERRED,
        ruling="components-before-prepare",
    ),
    forbid(
        "REQ143",
        "option-after-prepare",
        ("SetBackupOptions",),
        (*_PREPARE_STATES, *_AFTER_SNAPSHOT, *_ENDED),
        "a component's options were set after PrepareForBackup",
        "Writers read them in PrepareForBackup.",
        "setbackupoptions",
    ),
    forbid(
        "REQ144",
        "late-backup-description",
        ("SetPreviousBackupStamp", "SetBackupState"),
        (*_PREPARE_STATES, *_AFTER_SNAPSHOT, *_ENDED),
        "the backup was described after PrepareForBackup",
        "Writers read it in PrepareForBackup.",
        "setbackupstate",
        mild=True,
    ),
    # --- release ---
    forbid(
        "REQ151",
        "release-without-abort",
        ("Release",),
        _names(PREPARING, PREPARED, SNAPPING, SNAPSHOT_FAILED),
        "an object was released although a prepared backup had neither ended nor been aborted",
        LEAKED,
        "abortbackup",
        _ABORTING,
    ),
    forbid(
        "REQ153",
        "release-without-completion",
        ("Release",),
        _names(SNAPSHOT_DONE),
        "an object was released with a copy, without BackupComplete and without AbortBackup",
        "Writers never learn how the backup ended; logs stay, sessions pile up.",
        "overview-of-backup-termination",
        _ABORTING,
        mild=True,
    ),
    forbid(
        "REQ154",
        "release-without-post-restore",
        ("Release",),
        _names(PRE_RESTORING, PRE_RESTORED),
        "an object was released between PreRestore and PostRestore",
        "Writers that stopped for the restore wait for PostRestore.",
        "overview-of-restore-clean-up-and-termination",
        grade=INFERRED,
    ),
    # --- restore ---
    forbid(
        "REQ161",
        "selection-after-pre-restore",
        _SELECTION_STATED,
        _SELECTION_OVER,
        "what is to be restored was chosen after PreRestore",
        "Writers read the selection in PreRestore.",
        "overview-of-preparing-for-restore",
    ),
    forbid(
        "REQ162",
        "late-restore-description",
        _SELECTION[len(_SELECTION_STATED) :],
        _SELECTION_OVER,
        "the restore was described after PreRestore",
        "Writers read it in PreRestore.",
        "overview-of-preparing-for-restore",
        grade=INFERRED,
    ),
    forbid(
        "REQ163",
        "post-restore-without-pre-restore",
        ("PostRestore",),
        _names(RESTORE_READY, PRE_RESTORING),
        "PostRestore came without a PreRestore that had ended",
        "Writers have not made room for the restored files.",
        "postrestore",
    ),
    forbid(
        "REQ164",
        "repeated-pre-restore-call",
        ("PreRestore",),
        _SELECTION_OVER,
        "PreRestore came again for one object",
        "The chain of a restore has one PreRestore.",
        "prerestore",
        grade=INFERRED,
    ),
    forbid(
        "REQ165",
        "repeated-post-restore-call",
        ("PostRestore",),
        _names(POST_RESTORING, RESTORED),
        "PostRestore came again for one object",
        "The chain of a restore has one PostRestore.",
        "postrestore",
        grade=INFERRED,
    ),
    forbid(
        "REQ166",
        "file-status-outside-restore",
        ("SetFileRestoreStatus",),
        _names(RESTORE_READY, PRE_RESTORING, POST_RESTORING, RESTORED),
        "a file's status was told outside of PreRestore and PostRestore",
        "Writers read it in PostRestore; before PreRestore there is nothing to tell.",
        "setfilerestorestatus",
        mild=True,
    ),
    forbid(
        "REQ167",
        "file-report-outside-restore",
        _REPORTING[1:],
        _names(RESTORE_READY, PRE_RESTORING, POST_RESTORING, RESTORED),
        "what was restored was told outside of PreRestore and PostRestore",
        "Writers read it in PostRestore.",
        "overview-of-restore-clean-up-and-termination",
        grade=INFERRED,
    ),
)

_RUNS: Final = (
    ("PrepareForBackup", PREPARED, PREPARE_FAILED),
    ("DoSnapshotSet", SNAPSHOT_DONE, SNAPSHOT_FAILED),
    ("DoSnapshotSet", PLAIN_DONE, PLAIN_FAILED),
    ("BackupComplete", COMPLETE, COMPLETE),
    ("ImportSnapshots", IMPORTED, IMPORTED),
    ("PreRestore", PRE_RESTORED, PRE_RESTORE_FAILED),
    ("PostRestore", RESTORED, RESTORED),
)
#: a result that contradicts what was recorded of the same call before
CONTRADICTIONS: Final = tuple(
    forbid(
        "REQ405",
        "contradictory-result",
        (method,),
        (state.name,),
        "an asynchronous call has two results that contradict one another",
        "A call ends once, and in one way.",
        "querystatus",
        grade=INFERRED,
        blame="recorder",
        when=results(*said),
    )
    for method, done, failed in _RUNS
    for state, said in (
        ((done, ("pending",)),)
        if done is failed
        else ((done, ("pending", "failed", "cancelled")), (failed, ("pending", "finished")))
    )
)


def _elsewhere(method: str) -> Row:
    """A result in a state that knows nothing of its call: region `operation` judges it."""
    known = {
        name
        for row in (*PERMITTED, *CONTRADICTIONS)
        if method in row.on and row.when[0].get("stage") == (RESULT,)
        for name in row.source
    }
    return permit(
        f"REQ-{method.upper()}-ELSEWHERE",
        (method,),
        tuple(state.name for state in STATES if state.name not in known),
        (SAME,),
        f"a result of {method} that the lifecycle knows nothing of",
        "querystatus",
        when=results(*ASYNC_RESULTS),
    )


ELSEWHERE: Final = tuple(_elsewhere(method) for method in ASYNC if _USE[method] != RESERVED)

REQUESTER: Final = Region(
    name="requester",
    title="the requester's lifecycle: one backup-components object",
    scope="requester",
    states=STATES,
    rows=(*PERMITTED, *PROHIBITIONS, *CONTRADICTIONS, *ELSEWHERE),
)

#: what a trace that ends too early leaves open; a note, and the session is INCONCLUSIVE
LEFT_OPEN: Final = Row(
    code="REQ701",
    name="session-left-open",
    grade=OPEN,
    sources=(_OVERVIEW, "overview-of-backup-termination"),
    says="the trace ends while the requester still owes a call",
    why="The evidence may have been cut, or the program may have died.",
    blame="requester",
)
