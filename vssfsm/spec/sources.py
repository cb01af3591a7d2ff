"""The pages that rows cite: slug, title and address."""

from typing import Final

from vssfsm.spec.methods import METHODS

_WIN32 = "https://learn.microsoft.com/windows/win32/vss/"
_API = "https://learn.microsoft.com/windows/win32/api/"
_KB = "https://support.microsoft.com/kb/"


def _handler(name: str) -> tuple[str, str]:
    slug = f"nf-vswriter-cvsswriter-{name.lower()}"
    return f"CVssWriter::{name}", f"{_API}vswriter/{slug}"


def _win32(title: str, slug: str) -> tuple[str, str]:
    return title, _WIN32 + slug


def _page_of(interface: str, name: str, page: str) -> tuple[str, str]:
    header = page.split("-")[1]
    return name if interface == "function" else f"{interface}::{name}", f"{_API}{header}/{page}"


#: slug -> (title, address); a method's slug is its name in lower case
PAGES: Final = {
    **{m.name.lower(): _page_of(m.interface, m.name, m.page) for m in METHODS},
    "ne-vss-vss_writer_state": ("VSS_WRITER_STATE", f"{_API}vss/ne-vss-vss_writer_state"),
    "ne-vss-vss_application_level": (
        "VSS_APPLICATION_LEVEL",
        f"{_API}vss/ne-vss-vss_application_level",
    ),
    "ne-vswriter-vss_subscribe_mask": (
        "VSS_SUBSCRIBE_MASK",
        f"{_API}vswriter/ne-vswriter-vss_subscribe_mask",
    ),
    "nl-vswriter-cvsswriter": ("CVssWriter", f"{_API}vswriter/nl-vswriter-cvsswriter"),
    "nl-vswriter-cvsswriterex": ("CVssWriterEx", f"{_API}vswriter/nl-vswriter-cvsswriterex"),
    "nl-vswriter-cvsswriterex2": ("CVssWriterEx2", f"{_API}vswriter/nl-vswriter-cvsswriterex2"),
    "onidentify": _handler("OnIdentify"),
    "onpreparebackup": _handler("OnPrepareBackup"),
    "onpreparesnapshot": _handler("OnPrepareSnapshot"),
    "onfreeze": _handler("OnFreeze"),
    "onthaw": _handler("OnThaw"),
    "onpostsnapshot": _handler("OnPostSnapshot"),
    "onbackupcomplete": _handler("OnBackupComplete"),
    "onbackupshutdown": _handler("OnBackupShutdown"),
    "onabort": _handler("OnAbort"),
    "onprerestore": _handler("OnPreRestore"),
    "onpostrestore": _handler("OnPostRestore"),
    "onbackoffioonvolume": _handler("OnBackOffIOOnVolume"),
    "oncontinueioonvolume": _handler("OnContinueIOOnVolume"),
    "onvssshutdown": _handler("OnVSSShutdown"),
    "onvssapplicationstartup": _handler("OnVSSApplicationStartup"),
    "initialize": _handler("Initialize"),
    "subscribe": _handler("Subscribe"),
    "unsubscribe": _handler("Unsubscribe"),
    "setwriterfailure": _handler("SetWriterFailure"),
    "getcurrentsnapshotsetid": _handler("GetCurrentSnapshotSetId"),
    "setwriterfailureex": (
        "CVssWriterEx2::SetWriterFailureEx",
        f"{_API}vswriter/nf-vswriter-cvsswriterex2-setwriterfailureex",
    ),
    "overview-of-backup-initialization": _win32(
        "Overview of Backup Initialization", "overview-of-backup-initialization"
    ),
    "overview-of-restore-initialization": _win32(
        "Overview of Restore Initialization", "overview-of-restore-initialization"
    ),
    "overview-of-backup-termination": _win32(
        "Overview of Backup Termination", "overview-of-backup-termination"
    ),
    "shadow-copy-creation-details": _win32(
        "Shadow Copy Creation Details", "shadow-copy-creation-details"
    ),
    "shadow-copy-context-configurations": _win32(
        "Shadow Copy Context Configurations", "shadow-copy-context-configurations"
    ),
    "writers": _win32("Writers", "writers"),
    "writer-errors-and-vetoes": _win32("Writer Errors and Vetoes", "writer-errors-and-vetoes"),
    "determining-writer-status": _win32("Determining Writer Status", "determining-writer-status"),
    "aborting-vss-operations": _win32("Aborting VSS Operations", "aborting-vss-operations"),
    "handling-backupshutdown-events": _win32(
        "Handling BackupShutdown Events", "handling-backupshutdown-events"
    ),
    "overview-of-pre-backup-tasks": _win32(
        "Overview of Pre-Backup Tasks", "overview-of-pre-backup-tasks"
    ),
    "writer-role-in-backing-up-complex-stores": _win32(
        "Writer Role in Backing Up Complex Stores", "writer-role-in-backing-up-complex-stores"
    ),
    "overview-of-preparing-for-restore": _win32(
        "Overview of Preparing for Restore", "overview-of-preparing-for-restore"
    ),
    "overview-of-restore-clean-up-and-termination": _win32(
        "Overview of Restore Clean up and Termination",
        "overview-of-restore-clean-up-and-termination",
    ),
    "the-shadow-copy-creation-process": _win32(
        "The Shadow Copy Creation Process", "the-shadow-copy-creation-process"
    ),
    "shadow-copy-creation-for-providers": _win32(
        "Shadow Copy Creation for Providers", "shadow-copy-creation-for-providers"
    ),
    "summary-of-vss-api-changes-in-the-current-release": _win32(
        "Summary of VSS API Changes", "summary-of-vss-api-changes-in-the-current-release"
    ),
    "vss-test-writer-tool": _win32("VSS Test Writer Tool", "vss-test-writer-tool"),
    "working-with-file-system-and-security-features": _win32(
        "Working with File System and Security Features",
        "working-with-file-system-and-security-features",
    ),
    "usage-conventions": _win32("Usage Conventions", "usage-conventions"),
    "overview-of-actual-backup-of-files": _win32(
        "Overview of Actual Backup of Files", "overview-of-actual-backup-of-files"
    ),
    "use-of-components-by-the-requestor": _win32(
        "Use of Components by the Requestor", "use-of-components-by-the-requestor"
    ),
    "kb-826936": ("Microsoft support article 826936 (NTDS fails at thaw)", f"{_KB}826936"),
    "kb-915331": ("Microsoft support article 915331 (freeze timer)", f"{_KB}915331"),
    "kb-978773": ("Microsoft support article 978773 (writer sessions)", f"{_KB}978773"),
    "kb-4037535": (
        "Microsoft support article 4037535 (Exchange, stable with failure)",
        f"{_KB}4037535",
    ),
    "kb-4504103": (
        "Microsoft support article 4504103 (SQL Server at PostSnapshot)",
        f"{_KB}4504103",
    ),
    "event-8229": (
        "Event VSS 8229, a writer rejected an event",
        "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-server-2008-R2-and-2008/ee264195(v=ws.10)",
    ),
    "vss-event-messages": (
        "Message table of the VSS service, as in winevt-kb",
        "https://github.com/libyal/winevt-kb",
    ),
    "error-handling-in-shadow-copy-providers": _win32(
        "Error Handling in Shadow Copy Providers", "error-handling-in-shadow-copy-providers"
    ),
    "vsserror.h": (
        "vsserror.h, a public header",
        "https://learn.microsoft.com/windows/win32/api/_vss/",
    ),
    "vssadmin-list-writers": (
        "vssadmin list writers",
        "https://learn.microsoft.com/windows-server/administration/windows-commands/vssadmin-list-writers",
    ),
    "field-listing-freeze-no-error": (
        "Published listings of FAILED writers without an error (tests/data/README.md)",
        "https://support.microsoft.com/kb/2952783",
    ),
    "trace-format": (
        "The canonical trace, version 1",
        "https://github.com/vssfsm/vssfsm#the-trace-format",
    ),
}
