"""
Whole operations as the calls of a requester, in their order: what a picture of a sequence shows.

One call stands for all of its kind; asynchronous ones are waited for. Nothing judges by these
lists: the tests hold them against the rows.
"""

from typing import Final, NamedTuple

from vssfsm.spec.deadlines import FLUSH_AND_HOLD_S

#: what is done between two calls
COPY_FILES: Final = "copy the files from the shadow copy"
RESTORE_FILES: Final = "restore the files"
#: writer event -> what the service does before the next one (the-shadow-copy-creation-process)
DURING: Final = {
    "Freeze": f"flush the volumes and hold their writes: at most {FLUSH_AND_HOLD_S:g} s;\n"
    "the provider commits the shadow copy",
}


class Sequence(NamedTuple):
    """
    One operation.

    Args:
        name: as in `vssfsm diagram NAME`.
        title: what it is about.
        calls: methods of the requester.
        work: method -> what the requester does right before it.
        sources: slugs of `PAGES`.
    """

    name: str
    title: str
    calls: tuple[str, ...]
    work: dict[str, str]
    sources: tuple[str, ...]


_METADATA: Final = (
    "GatherWriterMetadata",
    "GetWriterMetadataCount",
    "GetWriterMetadata",
    "FreeWriterMetadata",
)
_ROUND: Final = (
    "GatherWriterStatus",
    "GetWriterStatusCount",
    "GetWriterStatus",
    "FreeWriterStatus",
)

#: calls that come once for each of something
EACH: Final = {
    "GetWriterMetadata": "writer",
    "GetWriterStatus": "writer",
    "AddComponent": "component",
    "AddToSnapshotSet": "volume",
    "GetSnapshotProperties": "volume",
    "SetBackupSucceeded": "component",
    "GetWriterComponents": "writer",
    "SetSelectedForRestore": "component",
    "SetFileRestoreStatus": "component",
}

BACKUP: Final = Sequence(
    name="sequence-backup",
    title="A whole backup",
    calls=(
        *("CreateVssBackupComponents", "InitializeForBackup", "SetContext", "SetBackupState"),
        *(*_METADATA, "AddComponent"),
        *("StartSnapshotSet", "AddToSnapshotSet"),
        *("PrepareForBackup", *_ROUND),
        *("DoSnapshotSet", *_ROUND, "GetSnapshotProperties"),
        *("SetBackupSucceeded", "BackupComplete", *_ROUND),
        *("SaveAsXML", "Release"),
    ),
    work={"SetBackupSucceeded": COPY_FILES},
    sources=(
        "overview-of-backup-initialization",
        "shadow-copy-creation-details",
        "overview-of-pre-backup-tasks",
        "determining-writer-status",
        "overview-of-backup-termination",
        "handling-backupshutdown-events",
    ),
)
RESTORE: Final = Sequence(
    name="sequence-restore",
    title="A whole restore",
    calls=(
        *("CreateVssBackupComponents", "InitializeForRestore", "SetRestoreState"),
        *(*_METADATA, "GetWriterComponentsCount", "GetWriterComponents"),
        *("SetSelectedForRestore", "PreRestore", *_ROUND),
        *("SetFileRestoreStatus", "PostRestore", *_ROUND),
        "Release",
    ),
    work={"SetFileRestoreStatus": RESTORE_FILES},
    sources=(
        "overview-of-restore-initialization",
        "overview-of-preparing-for-restore",
        "determining-writer-status",
        "overview-of-restore-clean-up-and-termination",
    ),
)
SEQUENCES: Final = {sequence.name: sequence for sequence in (BACKUP, RESTORE)}
