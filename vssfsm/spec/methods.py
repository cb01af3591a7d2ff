"""
Every method of a requester: interface, use, first release, documented return codes.

Source: the pages of IVssBackupComponents, its Ex to Ex4, and IVssAsync; the use is that of the
operation, not of the stock sentence about restores that stands on pages of methods which restores
need (ruling `stock-bad-state`).
"""

from typing import Final, NamedTuple

#: uses of a method
BACKUP: Final = "backup"
RESTORE: Final = "restore"
RESTORE_INFERRED: Final = "restore-inferred"
BOTH: Final = "both"
RESERVED: Final = "reserved"


class Method(NamedTuple):
    """One method: documented name, interface, use, first release, page, codes, asynchronous."""

    name: str
    interface: str
    use: str
    since: str
    page: str
    codes: tuple[str, ...]
    is_async: bool


def _method(  # noqa: PLR0913 - a method has that many facts
    name: str, interface: str, use: str, since: str, page: str, codes: str, *, is_async: bool
) -> Method:
    return Method(name, interface, use, since, page, tuple(codes.split()), is_async)


METHODS: Final = (
    _method(
        "CreateVssBackupComponents",
        "function",
        "both",
        "xp",
        "nf-vsbackup-createvssbackupcomponents",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "InitializeForBackup",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-initializeforbackup",
        "S_OK E_ACCESSDENIED E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "InitializeForRestore",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-initializeforrestore",
        "S_OK E_ACCESSDENIED E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetContext",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setcontext",
        "S_OK E_INVALIDARG VSS_E_BAD_STATE VSS_E_UNEXPECTED E_NOTIMPL VSS_E_UNSUPPORTED_CONTEXT",
        is_async=False,
    ),
    _method(
        "SetBackupState",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setbackupstate",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "EnableWriterClasses",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-enablewriterclasses",
        "S_OK E_ACCESSDENIED E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "DisableWriterClasses",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-disablewriterclasses",
        "S_OK E_ACCESSDENIED E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "DisableWriterInstances",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-disablewriterinstances",
        "S_OK E_ACCESSDENIED E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "GatherWriterMetadata",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-gatherwritermetadata",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_WRITER_INFRASTRUCTURE VSS_E_UNEXPECTED",
        is_async=True,
    ),
    _method(
        "GetWriterMetadataCount",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getwritermetadatacount",
        "S_OK E_INVALIDARG VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "GetWriterMetadata",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getwritermetadata",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "FreeWriterMetadata",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-freewritermetadata",
        "S_OK VSS_E_BAD_STATE",
        is_async=False,
    ),
    _method(
        "AddComponent",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-addcomponent",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_OBJECT_ALREADY_EXISTS VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "StartSnapshotSet",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-startsnapshotset",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_SNAPSHOT_SET_IN_PROGRESS "
        "VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "IsVolumeSupported",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-isvolumesupported",
        "S_OK E_ACCESSDENIED VSS_E_NESTED_VOLUME_LIMIT E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "AddToSnapshotSet",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-addtosnapshotset",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED "
        "VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED VSS_E_NESTED_VOLUME_LIMIT "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_NOT_REGISTERED VSS_E_PROVIDER_VETO "
        "VSS_E_SNAPSHOT_SET_IN_PROGRESS VSS_E_VOLUME_NOT_SUPPORTED "
        "VSS_E_VOLUME_NOT_SUPPORTED_BY_PROVIDER VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=False,
    ),
    _method(
        "SetBackupOptions",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setbackupoptions",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetPreviousBackupStamp",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setpreviousbackupstamp",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "PrepareForBackup",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-prepareforbackup",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=True,
    ),
    _method(
        "DoSnapshotSet",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-dosnapshotset",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_INSUFFICIENT_STORAGE VSS_E_FLUSH_WRITES_TIMEOUT VSS_E_HOLD_WRITES_TIMEOUT "
        "VSS_E_NESTED_VOLUME_LIMIT VSS_E_PROVIDER_VETO VSS_E_REBOOT_REQUIRED "
        "VSS_E_TRANSACTION_FREEZE_TIMEOUT VSS_E_TRANSACTION_THAW_TIMEOUT VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=True,
    ),
    _method(
        "GetSnapshotProperties",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getsnapshotproperties",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=False,
    ),
    _method(
        "SetBackupSucceeded",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setbackupsucceeded",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "BackupComplete",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-backupcomplete",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_WRITER_ERROR",
        is_async=True,
    ),
    _method(
        "AbortBackup",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-abortbackup",
        "S_OK E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SaveAsXML",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-saveasxml",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "GatherWriterStatus",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-gatherwriterstatus",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED "
        "VSS_E_WRITER_INFRASTRUCTURE",
        is_async=True,
    ),
    _method(
        "GetWriterStatusCount",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getwriterstatuscount",
        "S_OK E_INVALIDARG VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "GetWriterStatus",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getwriterstatus",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "FreeWriterStatus",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-freewriterstatus",
        "S_OK E_OUTOFMEMORY VSS_E_BAD_STATE",
        is_async=False,
    ),
    _method(
        "GetWriterComponentsCount",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getwritercomponentscount",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "GetWriterComponents",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-getwritercomponents",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "Query",
        "IVssBackupComponents",
        "backup",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-query",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=False,
    ),
    _method(
        "DeleteSnapshots",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-deletesnapshots",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_UNEXPECTED "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=False,
    ),
    _method(
        "BreakSnapshotSet",
        "IVssBackupComponents",
        "both",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-breaksnapshotset",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "ImportSnapshots",
        "IVssBackupComponents",
        "backup",
        "2003",
        "nf-vsbackup-ivssbackupcomponents-importsnapshots",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED "
        "VSS_E_NO_SNAPSHOTS_IMPORTED VSS_S_SOME_SNAPSHOTS_NOT_IMPORTED "
        "VSS_E_SOME_SNAPSHOTS_NOT_IMPORTED",
        is_async=True,
    ),
    _method(
        "ExposeSnapshot",
        "IVssBackupComponents",
        "backup",
        "2003",
        "nf-vsbackup-ivssbackupcomponents-exposesnapshot",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=False,
    ),
    _method(
        "RevertToSnapshot",
        "IVssBackupComponents",
        "both",
        "2003sp1",
        "nf-vsbackup-ivssbackupcomponents-reverttosnapshot",
        "S_OK E_ACCESSDENIED E_FAIL E_INVALIDARG E_NOTIMPL E_OUTOFMEMORY "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_NOT_REGISTERED VSS_E_REVERT_IN_PROGRESS "
        "VSS_E_UNSUPPORTED_CONTEXT VSS_E_VOLUME_IN_USE VSS_E_VOLUME_NOT_SUPPORTED",
        is_async=False,
    ),
    _method(
        "QueryRevertStatus",
        "IVssBackupComponents",
        "both",
        "2003sp1",
        "nf-vsbackup-ivssbackupcomponents-queryrevertstatus",
        "S_OK E_ACCESSDENIED E_FAIL E_INVALIDARG E_NOTIMPL E_OUTOFMEMORY E_POINTER "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_VOLUME_NOT_SUPPORTED",
        is_async=True,
    ),
    _method(
        "SetRestoreState",
        "IVssBackupComponents",
        "restore",
        "2003",
        "nf-vsbackup-ivssbackupcomponents-setrestorestate",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetSelectedForRestore",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setselectedforrestore",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "AddRestoreSubcomponent",
        "IVssBackupComponents",
        "restore",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-addrestoresubcomponent",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetRestoreOptions",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setrestoreoptions",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetAdditionalRestores",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setadditionalrestores",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "AddNewTarget",
        "IVssBackupComponents",
        "restore-inferred",
        "2003",
        "nf-vsbackup-ivssbackupcomponents-addnewtarget",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "PreRestore",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-prerestore",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_UNEXPECTED",
        is_async=True,
    ),
    _method(
        "AddAlternativeLocationMapping",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-addalternativelocationmapping",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetRangesFilePath",
        "IVssBackupComponents",
        "restore",
        "2003",
        "nf-vsbackup-ivssbackupcomponents-setrangesfilepath",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetFileRestoreStatus",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-setfilerestorestatus",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "PostRestore",
        "IVssBackupComponents",
        "restore-inferred",
        "xp",
        "nf-vsbackup-ivssbackupcomponents-postrestore",
        "S_OK E_ACCESSDENIED E_OUTOFMEMORY E_INVALIDARG VSS_E_BAD_STATE "
        "VSS_E_PROVIDER_VETO VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=True,
    ),
    _method(
        "GetWriterMetadataEx",
        "IVssBackupComponentsEx",
        "both",
        "2003sp1",
        "nf-vsbackup-ivssbackupcomponentsex-getwritermetadataex",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_INVALID_XML_DOCUMENT "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetSelectedForRestoreEx",
        "IVssBackupComponentsEx",
        "restore-inferred",
        "2003sp1",
        "nf-vsbackup-ivssbackupcomponentsex-setselectedforrestoreex",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_INVALID_XML_DOCUMENT VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "UnexposeSnapshot",
        "IVssBackupComponentsEx2",
        "backup",
        "vista",
        "nf-vsbackup-ivssbackupcomponentsex2-unexposesnapshot",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED "
        "VSS_E_UNEXPECTED_PROVIDER_ERROR",
        is_async=False,
    ),
    _method(
        "SetAuthoritativeRestore",
        "IVssBackupComponentsEx2",
        "restore",
        "vista",
        "nf-vsbackup-ivssbackupcomponentsex2-setauthoritativerestore",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetRollForward",
        "IVssBackupComponentsEx2",
        "restore",
        "vista",
        "nf-vsbackup-ivssbackupcomponentsex2-setrollforward",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "SetRestoreName",
        "IVssBackupComponentsEx2",
        "restore",
        "vista",
        "nf-vsbackup-ivssbackupcomponentsex2-setrestorename",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "BreakSnapshotSetEx",
        "IVssBackupComponentsEx2",
        "both",
        "vistasp1",
        "nf-vsbackup-ivssbackupcomponentsex2-breaksnapshotsetex",
        "S_OK E_ACCESSDENIED E_INVALIDARG E_OUTOFMEMORY VSS_E_BREAK_REVERT_ID_FAILED "
        "VSS_E_OBJECT_NOT_FOUND VSS_E_PROVIDER_VETO VSS_E_UNEXPECTED",
        is_async=True,
    ),
    _method(
        "PreFastRecovery",
        "IVssBackupComponentsEx2",
        "reserved",
        "vista",
        "nf-vsbackup-ivssbackupcomponentsex2-prefastrecovery",
        "",
        is_async=True,
    ),
    _method(
        "FastRecovery",
        "IVssBackupComponentsEx2",
        "reserved",
        "vista",
        "nf-vsbackup-ivssbackupcomponentsex2-fastrecovery",
        "",
        is_async=True,
    ),
    _method(
        "GetWriterStatusEx",
        "IVssBackupComponentsEx3",
        "both",
        "7",
        "nf-vsbackup-ivssbackupcomponentsex3-getwriterstatusex",
        "S_OK E_INVALIDARG E_OUTOFMEMORY VSS_E_BAD_STATE VSS_E_OBJECT_NOT_FOUND",
        is_async=False,
    ),
    _method(
        "AddSnapshotToRecoverySet",
        "IVssBackupComponentsEx3",
        "restore-inferred",
        "7",
        "nf-vsbackup-ivssbackupcomponentsex3-addsnapshottorecoveryset",
        "S_OK VSS_E_BAD_STATE VSS_E_LEGACY_PROVIDER VSS_E_OBJECT_NOT_FOUND "
        "VSS_E_RESYNC_IN_PROGRESS VSS_E_SNAPSHOT_NOT_IN_SET VSS_E_VOLUME_NOT_SUPPORTED",
        is_async=False,
    ),
    _method(
        "RecoverSet",
        "IVssBackupComponentsEx3",
        "restore",
        "7",
        "nf-vsbackup-ivssbackupcomponentsex3-recoverset",
        "S_OK E_NOTIMPL VSS_E_BAD_STATE VSS_E_LEGACY_PROVIDER VSS_E_PROVIDER_VETO "
        "VSS_E_UNSELECTED_VOLUME VSS_E_CANNOT_REVERT_DISKID",
        is_async=True,
    ),
    _method(
        "GetSessionId",
        "IVssBackupComponentsEx3",
        "both",
        "7",
        "nf-vsbackup-ivssbackupcomponentsex3-getsessionid",
        "S_OK",
        is_async=False,
    ),
    _method(
        "GetRootAndLogicalPrefixPaths",
        "IVssBackupComponentsEx4",
        "both",
        "8",
        "nf-vsbackup-ivssbackupcomponentsex4-getrootandlogicalprefixpaths",
        "S_OK E_OUTOFMEMORY",
        is_async=False,
    ),
    _method(
        "Cancel",
        "IVssAsync",
        "both",
        "xp",
        "nf-vss-ivssasync-cancel",
        "S_OK VSS_S_ASYNC_CANCELLED VSS_S_ASYNC_FINISHED VSS_E_UNEXPECTED",
        is_async=False,
    ),
    _method(
        "Wait",
        "IVssAsync",
        "both",
        "xp",
        "nf-vss-ivssasync-wait",
        "S_OK E_ACCESSDENIED VSS_E_UNEXPECTED E_INVALIDARG",
        is_async=False,
    ),
    _method(
        "QueryStatus",
        "IVssAsync",
        "both",
        "xp",
        "nf-vss-ivssasync-querystatus",
        "S_OK E_ACCESSDENIED E_INVALIDARG VSS_E_UNEXPECTED VSS_S_ASYNC_PENDING "
        "VSS_S_ASYNC_FINISHED VSS_S_ASYNC_CANCELLED",
        is_async=False,
    ),
)
METHOD: Final = {method.name: method for method in METHODS}
ASYNC: Final = tuple(method.name for method in METHODS if method.is_async)
#: methods of IVssAsync; they belong to the call named in `of`
RESULTS: Final = ("Wait", "QueryStatus", "Cancel")
