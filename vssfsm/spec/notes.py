"""
Facts for people that no row needs: what `vssfsm explain` says beside the rows.

A fact has sources and says what it applies to. What only field output shows is marked as OBSERVED,
what follows from names as INFERRED. Nothing here judges.
"""

from typing import Final, NamedTuple

from vssfsm.spec.deadlines import FLUSH_AND_HOLD_S, FREEZE
from vssfsm.spec.raises import RAISED_BY
from vssfsm.spec.rows import INFERRED, OBSERVED, STATED
from vssfsm.spec.status import FAILURE_CODES
from vssfsm.spec.vocabulary import FAILED_STATES, SERVICE_CODES, WRITER_STATES

_ALL: Final = ()
_TIMEOUT: Final = "VSS_E_WRITERERROR_TIMEOUT"


class Fact(NamedTuple):
    """
    One sentence with its sources.

    Args:
        says: the sentence, in our own words.
        states, codes: names that it is about; empty is all of them.
        grade: grade of the evidence (`GRADES`).
        sources: slugs of `PAGES`; never empty.
    """

    says: str
    sources: tuple[str, ...]
    states: tuple[str, ...] = _ALL
    codes: tuple[str, ...] = _ALL
    grade: str = STATED

    def is_about(self, state: str | None, code: str | None) -> bool:
        """Tell whether the fact holds for a pair; None is every state, or every code."""
        return (not self.states or state in self.states) and (not self.codes or code in self.codes)


def facts_about(facts: tuple[Fact, ...], state: str | None, code: str | None) -> tuple[Fact, ...]:
    """Give the facts about a pair, those about fewer pairs first."""
    found = [fact for fact in facts if fact.is_about(state, code)]
    return tuple(sorted(found, key=lambda fact: -bool(fact.states) - bool(fact.codes)))


# --- What a report does not prove --------------------------------------------
NOT_PROVED: Final = (
    Fact(
        says="The writer as a whole: a state belongs to one backup or restore session of a writer.",
        sources=("kb-978773",),
    ),
    Fact(
        says="The last backup: a listing by another process may show an earlier failure, another"
        " session, or a writer that is busy; which one vssadmin shows is not documented.",
        sources=("determining-writer-status",),
    ),
    Fact(
        says="That anything still runs: a FAILED state may stay visible after Abort and after the"
        " end of its session.",
        states=FAILED_STATES[1:],
        grade=OBSERVED,
        sources=("onabort", "determining-writer-status"),
    ),
    Fact(
        says=f"That volumes were slow: the writer's own time runs from Freeze to Thaw (Exchange:"
        f" 20 s); flush and hold have {FLUSH_AND_HOLD_S:g} s of their own, and other codes.",
        codes=(_TIMEOUT,),
        sources=("initialize", "shadow-copy-creation-for-providers"),
    ),
    Fact(
        says="That nothing runs: the label Stable carries no phase.",
        states=("STABLE",),
        sources=("ne-vss-vss_writer_state",),
    ),
    Fact(
        says="That data is protected: S_OK says only that no failure is recorded.",
        codes=("S_OK",),
        sources=("getwriterstatus",),
    ),
    Fact(
        says="That something hangs: the state is normal until the requester completes the backup"
        " or lets go of its object.",
        states=("WAITING_FOR_BACKUP_COMPLETE",),
        sources=("ne-vss-vss_writer_state", "handling-backupshutdown-events"),
    ),
    Fact(
        says="That other writers failed: this veto raises no Abort by itself.",
        states=(
            "FAILED_AT_PREPARE_BACKUP",
            "FAILED_AT_PREPARE_SNAPSHOT",
            "FAILED_AT_POST_SNAPSHOT",
        ),
        sources=("aborting-vss-operations",),
    ),
    Fact(
        says="That the copy was never made: the provider commits it before Thaw.",
        states=("FAILED_AT_THAW",),
        sources=("the-shadow-copy-creation-process",),
    ),
    Fact(
        says="That the state is fresh: where the service could not ask, the state beside the code"
        " is stale.",
        codes=SERVICE_CODES,
        grade=INFERRED,
        sources=("getwriterstatus",),
    ),
    Fact(
        says="That the writer is broken: sessions that leaked or were never completed use up its"
        " sessions. Up to Server 2008 SP2 a session counts as completed only after"
        " GatherWriterStatus.",
        codes=("VSS_E_WRITER_STATUS_NOT_AVAILABLE",),
        sources=("getwriterstatus", "gatherwriterstatus", "kb-978773"),
    ),
)

# --- What a failure code says ------------------------------------------------
CODE_MEANS: Final = {
    "S_OK": "no failure is recorded",
    "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT": "the shadow copy set holds only a part of the volumes"
    " that the writer's data needs",
    "VSS_E_WRITERERROR_OUTOFRESOURCES": "the writer ran out of memory or another resource",
    _TIMEOUT: "the freeze took longer than the writer allows",
    "VSS_E_WRITERERROR_RETRYABLE": "a passing error: another try may succeed",
    "VSS_E_WRITERERROR_NONRETRYABLE": "an error that another try would probably meet again",
    "VSS_E_WRITERERROR_PARTIAL_FAILURE": "some components of the writer failed, others did not",
    "VSS_E_WRITER_NOT_RESPONDING": "the writer did not answer the service",
    "VSS_E_WRITER_STATUS_NOT_AVAILABLE": "the writer has no session left that could hold a status",
    "VSS_E_WRITERERROR_RECOVERY_FAILED": "a constant of the header; no page says what it means",
}

_RETRY: Final = (
    "After DoSnapshotSet, wait ten minutes and repeat with a new object, up to three times after"
    " the first try."
)
#: what a method's return code means, and what to do about it; never a writer's failure
METHOD_CODES: Final = {
    "S_FALSE": Fact(
        says="Initialize answers it in safe mode and during set-up; the writer then gets no event.",
        sources=("initialize",),
    ),
    "VSS_S_ASYNC_PENDING": Fact(
        says="IVssAsync::QueryStatus answers it while the operation runs.",
        sources=("gatherwriterstatus",),
    ),
    "VSS_S_ASYNC_FINISHED": Fact(
        says="IVssAsync::QueryStatus answers it once the operation is done.",
        sources=("gatherwriterstatus",),
    ),
    "VSS_S_ASYNC_CANCELLED": Fact(
        says="IVssAsync::QueryStatus answers it once the operation was cancelled: it ended and is"
        " not done.",
        sources=("gatherwriterstatus",),
    ),
    "E_ACCESSDENIED": Fact(
        says="The caller is no administrator and no backup operator with the privileges, or COM"
        " security keeps the writer and the requester apart. Run elevated; look for events 8194"
        " and 8213 in the Application log.",
        sources=("gatherwriterstatus", "event-8229", "vss-event-messages"),
    ),
    "VSS_E_WRITER_INFRASTRUCTURE": Fact(
        says="The machinery that calls the writers does not work. Are the COM+ Event System and"
        " the Volume Shadow Copy services started? Look for event 12302 in the Application log.",
        sources=("gatherwriterstatus", "vss-event-messages"),
    ),
    "VSS_E_BAD_STATE": Fact(
        says="The object is not initialized, was initialized for the other operation, or the call"
        " came out of order. The sentence 'called during a restore operation' also stands on pages"
        " of methods that belong to a restore, and Determining Writer Status asks for status in a"
        " restore: do not read it as a rule.",
        sources=("getwriterstatus", "gatherwriterstatus", "determining-writer-status"),
    ),
    "VSS_E_SNAPSHOT_SET_IN_PROGRESS": Fact(
        says="Only one shadow copy set may be under creation on a machine. Wait and repeat; if no"
        " other program creates one, a requester has left its set open without AbortBackup.",
        sources=("error-handling-in-shadow-copy-providers", "abortbackup"),
    ),
    "VSS_E_PROVIDER_VETO": Fact(
        says="A provider refused; the event log has its reason. BreakSnapshotSet answers it for"
        f" copies of a software provider. {_RETRY}",
        sources=("dosnapshotset", "breaksnapshotset"),
    ),
    "VSS_E_UNEXPECTED_PROVIDER_ERROR": Fact(
        says=f"A provider failed in a way of its own. {_RETRY}", sources=("dosnapshotset",)
    ),
    "VSS_E_TRANSACTION_FREEZE_TIMEOUT": Fact(
        says="The transaction managers did not freeze in time. Retry; no page gives an interval.",
        sources=("working-with-file-system-and-security-features",),
    ),
    "VSS_E_TRANSACTION_THAW_TIMEOUT": Fact(
        says="The transaction managers did not thaw in time. Retry; no page gives an interval.",
        sources=("working-with-file-system-and-security-features",),
    ),
    "VSS_E_INSUFFICIENT_STORAGE": Fact(
        says="The storage for copies is full. Free space first; a retry alone does not help.",
        sources=("dosnapshotset",),
    ),
    "VSS_E_REBOOT_REQUIRED": Fact(
        says="The machine has to restart before a copy can be made.", sources=("dosnapshotset",)
    ),
    "VSS_E_OBJECT_ALREADY_EXISTS": Fact(
        says="The component was added before.", sources=("addcomponent",)
    ),
    "VSS_E_REVERT_IN_PROGRESS": Fact(
        says="A revert of that volume runs already; QueryRevertStatus follows it.",
        sources=("reverttosnapshot",),
    ),
    "VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED": Fact(
        says="A set holds 64 volumes.", sources=("addtosnapshotset",)
    ),
    "VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED": Fact(
        says="A volume holds 512 copies of the software provider, and 64 for shared folders unless"
        " configured otherwise.",
        sources=("usage-conventions",),
    ),
    "VSS_E_NESTED_VOLUME_LIMIT": Fact(
        says="Virtual disks lie too deep in one another. Since Windows 7 and Server 2008 R2.",
        sources=("isvolumesupported",),
    ),
    "E_NOTIMPL": Fact(
        says="SetContext answers it on Windows XP, which knows the default context only.",
        sources=("setcontext",),
    ),
    "VSS_E_FLUSH_WRITES_TIMEOUT": Fact(
        says=f"The volumes did not flush within the {FLUSH_AND_HOLD_S:g} s of flush and hold: slow"
        " storage, not a writer's veto. Look for events 12340 and 12341 in the Application log."
        f" {_RETRY}",
        sources=("shadow-copy-creation-for-providers", "vss-event-messages", "dosnapshotset"),
    ),
    "VSS_E_HOLD_WRITES_TIMEOUT": Fact(
        says=f"The volumes could not be held for the {FLUSH_AND_HOLD_S:g} s of flush and hold: slow"
        f" storage or a slow provider, not a writer's veto. {_RETRY}",
        sources=("shadow-copy-creation-for-providers", "dosnapshotset"),
    ),
    "VSS_E_UNEXPECTED": Fact(
        says="An unexpected error; the event log has the real one. Since Windows 7 and Server 2008"
        " R2; older releases answer E_UNEXPECTED.",
        sources=("getwriterstatus",),
    ),
    "E_UNEXPECTED": Fact(
        says="An unexpected error; the event log has the real one. Windows 7, Server 2008 R2 and"
        " later answer VSS_E_UNEXPECTED.",
        sources=("getwriterstatus",),
    ),
    "VSS_E_OBJECT_NOT_FOUND": Fact(
        says="The index, or the object that an id names, does not exist; GetWriterStatus takes the"
        " indexes 0 to count - 1. From GetSnapshotProperties the copy may still be in the making;"
        " from QueryRevertStatus the revert may be done already, or the volume is wrong.",
        sources=("getwriterstatus", "getsnapshotproperties", "queryrevertstatus"),
    ),
    "E_INVALIDARG": Fact(
        says="An argument is wrong: a pointer, an index or a value. On Server 2003 Wait takes no"
        " other time than INFINITE.",
        sources=("getwriterstatus", "wait"),
    ),
    "E_OUTOFMEMORY": Fact(
        says="The caller is out of memory or of other resources.", sources=("getwriterstatus",)
    ),
    "VSS_E_WRITER_ALREADY_SUBSCRIBED": Fact(
        says="Subscribe was called by a writer that is subscribed.", sources=("subscribe",)
    ),
}
#: about every other code
ANY_CODE: Final = Fact(
    says="The S_OK or error that a call returns says nothing about a writer; the failure code that"
    " GetWriterStatus hands out does.",
    sources=("getwriterstatus",),
)

# --- What to do about a state ------------------------------------------------
GROUP_ADVICE: Final = {
    "unknown": Fact(
        says="Read the writer's own entries in the event log; the page calls the state an error of"
        " the writer.",
        sources=("ne-vss-vss_writer_state",),
    ),
    "idle": Fact(
        says="Nothing, if the failure code is S_OK. Another code counts as a failure all the same.",
        sources=("getwriterstatus", "kb-4037535"),
    ),
    "waiting": Fact(
        says="Wait while a backup runs. If none does, a requester has left its session behind;"
        " BackupShutdown comes when its object is released, or its process ends.",
        sources=("handling-backupshutdown-events",),
    ),
    "failed": Fact(
        says="Explain it together with its failure code. Read event 8229 and the writer's entries"
        " in the Application log. The next backup is a session of its own and need not wait.",
        sources=("determining-writer-status", "event-8229"),
    ),
    "reserved": Fact(
        says="Mistrust the tool that reported it.", sources=("ne-vss-vss_writer_state",)
    ),
}

#: a FAILED state beside S_OK
WITHOUT_CODE: Final = Fact(
    says="Treat the writer as failed: the state is one. Whether another try may help cannot be told"
    " without a code; read event 8229 and the writer's own entries in the Application log.",
    sources=("setwriterfailure", "event-8229"),
)

# --- Published examples and traces in event logs -----------------------------
#: pairs that a support article shows
PUBLISHED: Final = {
    ("STABLE", "VSS_E_WRITERERROR_RETRYABLE"): "kb-4037535",
    ("WAITING_FOR_BACKUP_COMPLETE", "VSS_E_WRITERERROR_NONRETRYABLE"): "kb-978773",
    ("FAILED_AT_FREEZE", _TIMEOUT): "kb-915331",
    ("FAILED_AT_THAW", "VSS_E_WRITERERROR_RETRYABLE"): "kb-826936",
    ("FAILED_AT_POST_SNAPSHOT", "VSS_E_WRITERERROR_NONRETRYABLE"): "kb-4504103",
}

_REJECTED: Final = tuple(code for code in FAILURE_CODES if code not in SERVICE_CODES)
#: events of source VSS in the Application log that go with a pair
LOG_EVENTS: Final = (
    Fact(
        says="8229, the writer rejected an event with this code; its component edits are lost",
        states=FAILED_STATES[1:],
        codes=_REJECTED,
        sources=("event-8229",),
    ),
    Fact(
        says="4003, a writer has been frozen for more than two minutes",
        states=("WAITING_FOR_THAW",),
        grade=OBSERVED,
        sources=("vss-event-messages",),
    ),
    Fact(
        says="12349, a writer spent too long in Freeze and may make others time out",
        states=("FAILED_AT_FREEZE",),
        codes=(_TIMEOUT,),
        grade=OBSERVED,
        sources=("vss-event-messages",),
    ),
    Fact(
        says="12301, a writer did not answer",
        codes=("VSS_E_WRITER_NOT_RESPONDING",),
        sources=("event-8229",),
    ),
    Fact(
        says="12289 with 0x80042409, sessions older than two days were cleaned up; it is not about"
        " the backup that runs",
        codes=("VSS_E_WRITER_STATUS_NOT_AVAILABLE",),
        sources=("kb-978773",),
    ),
)

# --- vssadmin ----------------------------------------------------------------
#: number -> text behind the bracketed number in English, as seen in published output
STATE_LABELS: Final = {
    1: "Stable",
    5: "Waiting for completion",
    **dict.fromkeys(range(7, 12), "Failed"),
}
#: not seen yet; inferred from the other failed states
INFERRED_LABELS: Final = {
    state.number: "Failed"
    for state in WRITER_STATES
    if state.group == "failed" and state.number not in STATE_LABELS
}


# --- Writer events -----------------------------------------------------------
class EventNote(NamedTuple):
    """
    What a writer event is about.

    Args:
        handler: the method of CVssWriter that receives it.
        comes: when the service delivers it.
        raised_by: methods of the requester, or other causes.
        failing: what a failure in it leads to, beside the state.
        more: what is easily got wrong.
        sources: slugs of `PAGES`.
    """

    handler: str
    comes: str
    raised_by: str
    failing: str
    sources: tuple[str, ...]
    more: str = ""


def _requesters(event: str) -> str:
    """Name the call that raises *event*."""
    return f"the requester's {RAISED_BY[event]}"


EVENTS: Final = {
    "Identify": EventNote(
        handler="OnIdentify or OnIdentifyEx",
        comes="Whenever any program asks for writer metadata, in any state and in mid-backup.",
        raised_by=_requesters("Identify") + ", of any process (vssadmin too)",
        failing="A writer that returns false vanishes from the metadata and from the status lists;"
        " SetWriterFailure is not allowed here.",
        more="The metadata has to be the same each time; the handler must not set any state.",
        sources=("onidentify", "writers", "determining-writer-status"),
    ),
    "PrepareBackup": EventNote(
        handler="OnPrepareBackup",
        comes="Once in a backup session, before the shadow copy. A writer none of whose components"
        " are selected does not get it in component mode.",
        raised_by=_requesters("PrepareBackup"),
        failing="The requester sees the veto and may ignore it; no Abort is raised.",
        more="Success leaves STABLE: there is no state that says prepared.",
        sources=("onpreparebackup", "writer-errors-and-vetoes"),
    ),
    "PrepareSnapshot": EventNote(
        handler="OnPrepareSnapshot (has to be overridden)",
        comes="At the begin of the creation of a shadow copy set.",
        raised_by=_requesters("PrepareSnapshot"),
        failing="A veto raises no Abort by itself; the other writers may finish.",
        more="Work that PrepareBackup began has to be done before it returns. In which order"
        " writers get it is not documented.",
        sources=("onpreparesnapshot", "aborting-vss-operations"),
    ),
    "Freeze": EventNote(
        handler="OnFreeze (has to be overridden)",
        comes="Right before the copy: front-end writers (level 3) first, then back-end (2), then"
        " system (1).",
        raised_by=_requesters("Freeze"),
        failing="A veto raises Abort. It is the last chance for a veto before the copy.",
        more=f"From here to Thaw the writer's own time runs: {FREEZE.budget_s:g} s unless"
        " Initialize chose another; when it has run out, the writer's OnAbort runs by itself."
        " The order within a level is not documented.",
        sources=("onfreeze", "initialize", "ne-vss-vss_application_level"),
    ),
    "Thaw": EventNote(
        handler="OnThaw (has to be overridden)",
        comes="After the provider has committed the copy. The order of writers is not documented.",
        raised_by=_requesters("Thaw"),
        failing="A failure, or a Thaw that comes too late, raises Abort though the copy was made.",
        sources=("onthaw", "the-shadow-copy-creation-process", "aborting-vss-operations"),
    ),
    "PostSnapshot": EventNote(
        handler="OnPostSnapshot",
        comes="After Thaw, before the asynchronous DoSnapshotSet ends.",
        raised_by=_requesters("PostSnapshot"),
        failing="A failure raises no Abort by itself.",
        more="After it, Abort should not come any more (pages disagree). In which order writers get"
        " it is not documented.",
        sources=("onpostsnapshot", "vss-test-writer-tool", "aborting-vss-operations"),
    ),
    "BackupComplete": EventNote(
        handler="OnBackupComplete",
        comes="When the requester has copied the data. It is never guaranteed to come.",
        raised_by=_requesters("BackupComplete"),
        failing="The shadow copy exists. One page says that failures here are never reported, while"
        " the enumeration has a state for them.",
        more="Logs are truncated here, and never in BackupShutdown.",
        sources=("onbackupcomplete", "vss-test-writer-tool", "ne-vss-vss_writer_state"),
    ),
    "BackupShutdown": EventNote(
        handler="OnBackupShutdown (since Server 2003 and Vista)",
        comes="When an object that took part in a backup is released: by the program, or by the"
        " system after its death. It can be the only event that cleans up.",
        raised_by=f"the last {RAISED_BY['BackupShutdown']} of the backup object, or the end of its"
        " process",
        failing="The state FAILED_AT_BACKUPSHUTDOWN records it.",
        more="No logs are truncated here; after the death of a requester the id of the set may be"
        " that of another backup.",
        sources=("onbackupshutdown", "handling-backupshutdown-events"),
    ),
    "Abort": EventNote(
        handler="OnAbort (has to be overridden)",
        comes="Any time from PrepareBackup to PostSnapshot, several times or never.",
        raised_by=_requesters("Abort") + ", a veto or time-out in Freeze or Thaw, a failure of"
        " a provider or of the service, or the writer's own freeze timer",
        failing="An Abort cannot be vetoed, and no state records it.",
        more="Which state it leaves is not documented.",
        sources=("onabort", "aborting-vss-operations", "initialize"),
    ),
    "PreRestore": EventNote(
        handler="OnPreRestore",
        comes="Before files are restored; not to a writer without a selected component.",
        raised_by=_requesters("PreRestore"),
        failing="The writer vetoes the restore of its data.",
        more="A restore has no Abort and no waiting state: success leaves STABLE.",
        sources=("onprerestore", "overview-of-preparing-for-restore", "aborting-vss-operations"),
    ),
    "PostRestore": EventNote(
        handler="OnPostRestore",
        comes="After files were restored.",
        raised_by=_requesters("PostRestore"),
        failing="The data has been restored; the writer could not take it over.",
        sources=("onpostrestore", "overview-of-restore-clean-up-and-termination"),
    ),
}

#: what is easily got wrong about a method of the requester
METHODS_NOTES: Final = {
    "GatherWriterStatus": Fact(
        says="Asynchronous: wait for it before the first GetWriterStatus. After BackupComplete it"
        " completes the writers' sessions, which Server 2008 SP2 and older need.",
        sources=("gatherwriterstatus", "determining-writer-status"),
    ),
    "GetWriterStatus": Fact(
        says="Indexes run from 0 to count - 1. Its own S_OK says nothing about the writer: the"
        " failure code that it hands out does, whatever the state is.",
        sources=("getwriterstatus", "determining-writer-status"),
    ),
    "GetWriterStatusEx": Fact(
        says="Like GetWriterStatus; it also hands out PARTIAL_FAILURE, since Windows 7 and Server"
        " 2008 R2.",
        sources=("getwriterstatusex",),
    ),
    "FreeWriterStatus": Fact(
        says="Comes after the status of every writer was read.", sources=("gatherwriterstatus",)
    ),
    "AbortBackup": Fact(
        says="Needed wherever a backup ends early after PrepareForBackup succeeded; without it the"
        " machine's one set under creation stays taken. It is ignored when nothing runs. A failed"
        " DoSnapshotSet needs it, though writers may then see Abort twice.",
        sources=("abortbackup", "aborting-vss-operations"),
    ),
    "BackupComplete": Fact(
        says="Not to be called after DoSnapshotSet failed. In a no-writer context it gives an"
        " error. The machine that imports a transportable copy reports its success first.",
        sources=("backupcomplete", "shadow-copy-creation-details"),
    ),
    "CreateVssBackupComponents": Fact(
        says="COM comes first, with CoInitializeSecurity at most once in a process. Only members of"
        " Administrators and Backup Operators, and Local System, may create the object. It serves"
        " one backup, one restore or one query.",
        sources=("createvssbackupcomponents", "overview-of-backup-initialization"),
    ),
    "SetContext": Fact(
        says="At most once, before most other calls. The default is VSS_CTX_BACKUP, the only one on"
        " XP. VSS_CTX_ALL has every bit set, that of the contexts without writers, too.",
        sources=("setcontext", "shadow-copy-context-configurations"),
    ),
    "SetBackupState": Fact(
        says="Its one documented deadline is PrepareForBackup; the overview's place before the"
        " metadata is an order, no rule.",
        sources=("setbackupstate", "prepareforbackup"),
    ),
    "EnableWriterClasses": Fact(
        says="After the metadata was gathered it does nothing. Its first call voids every earlier"
        " DisableWriterClasses, not the other way round.",
        sources=("enablewriterclasses",),
    ),
    "DisableWriterClasses": Fact(
        says="After the metadata was gathered it does nothing. To list writers and then leave some"
        " out takes a second object.",
        sources=("disablewriterclasses", "gatherwritermetadata"),
    ),
    "GatherWriterMetadata": Fact(
        says="Once per object, unlike GatherWriterStatus; it cannot be gathered again after it was"
        " freed. No status round is due after it.",
        sources=("gatherwritermetadata", "determining-writer-status"),
    ),
    "AddComponent": Fact(
        says="Pages differ on its deadline: StartSnapshotSet, or DoSnapshotSet. A component that"
        " cannot be selected, below one that can, is undefined. With one component of a writer all"
        " that it needs have to be added.",
        sources=("addcomponent", "shadow-copy-creation-details"),
    ),
    "PrepareForBackup": Fact(
        says="Needs SetBackupState and StartSnapshotSet, even with an empty set or no component; in"
        " a no-writer context it gives an error. S_OK says only that it began.",
        sources=("prepareforbackup", "shadow-copy-creation-details"),
    ),
    "DoSnapshotSet": Fact(
        says="May be left out if nothing to be saved needs a copy. S_OK says only that it began:"
        " QueryStatus brings VSS_E_INSUFFICIENT_STORAGE, VSS_E_PROVIDER_VETO and"
        " VSS_E_UNEXPECTED_PROVIDER_ERROR.",
        sources=("dosnapshotset", "overview-of-pre-backup-tasks"),
    ),
    "GetSnapshotProperties": Fact(
        says="During the creation one page promises VSS_E_OBJECT_NOT_FOUND, its own page"
        " VSS_E_BAD_STATE. Who frees the strings is said differently, too.",
        sources=("getsnapshotproperties",),
    ),
    "SetBackupSucceeded": Fact(
        says="For every component that was added, before BackupComplete; false if a file of it or"
        " of its set failed. Backups without components do not need it.",
        sources=("setbackupsucceeded",),
    ),
    "SaveAsXML": Fact(
        says="Never before PrepareForBackup, and after DoSnapshotSet has ended; complete only after"
        " the last SetBackupSucceeded. A transportable copy is saved before BackupComplete.",
        sources=("saveasxml", "overview-of-actual-backup-of-files"),
    ),
    "GetWriterComponents": Fact(
        says="What it hands out expires at PrepareForBackup, DoSnapshotSet, BackupComplete,"
        " PreRestore and PostRestore. In a restore, what writers changed shows after PreRestore.",
        sources=("getwritercomponents", "use-of-components-by-the-requestor"),
    ),
    "Query": Fact(
        says="One page wants SetContext first, and an object that only queries; an overview lists"
        " Query inside a backup. Both are accepted.",
        sources=("query", "overview-of-backup-initialization"),
    ),
    "DeleteSnapshots": Fact(
        says="Stops at the first copy that it cannot delete. Calls have to come one at a time.",
        sources=("deletesnapshots",),
    ),
    "BreakSnapshotSet": Fact(
        says="For imported copies of hardware providers: a software copy gets VSS_E_PROVIDER_VETO.",
        sources=("breaksnapshotset",),
    ),
    "BreakSnapshotSetEx": Fact(
        says="Its flag 1 excludes 2, 4 and 8; 4 excludes 8. It is asynchronous, unlike"
        " BreakSnapshotSet.",
        sources=("breaksnapshotsetex",),
    ),
    "ImportSnapshots": Fact(
        says="One at a time, once per set, on Windows Server. After a failure the requester cleans"
        " up the disks itself.",
        sources=("importsnapshots",),
    ),
    "ExposeSnapshot": Fact(
        says="Locally for copies of VSS_CTX_NAS_ROLLBACK and VSS_CTX_APP_ROLLBACK only; never for"
        " client-accessible ones.",
        sources=("exposesnapshot",),
    ),
    "RevertToSnapshot": Fact(
        says="Begins at once and ends later: QueryRevertStatus gives its IVssAsync. Only persistent"
        " copies; on Windows Server. Nothing stops it, not even a restart.",
        sources=("reverttosnapshot", "queryrevertstatus"),
    ),
    "QueryRevertStatus": Fact(
        says="Cancel has no effect on a revert. VSS_E_OBJECT_NOT_FOUND may mean that it is done.",
        sources=("queryrevertstatus",),
    ),
    "AddNewTarget": Fact(
        says="Its page demands it before PreRestore, while an overview tells of a restore that was"
        " done already. It belongs to restores, whatever its stock sentence says.",
        sources=("addnewtarget",),
    ),
    "SetAdditionalRestores": Fact(
        says="Its page demands it before PreRestore; an overview lists it under file restoration.",
        sources=("setadditionalrestores",),
    ),
    "SetRestoreOptions": Fact(
        says="At most once for each component, before PreRestore.", sources=("setrestoreoptions",)
    ),
    "RecoverSet": Fact(
        says="Needs InitializeForRestore and a snapshot in the recovery set; not in WinPE or safe"
        " mode. On Windows Server since 2008 R2.",
        sources=("recoverset",),
    ),
    "Wait": Fact(
        says="Its S_OK says that waiting worked; ask QueryStatus how the operation ended. The page"
        " also says that it returns the operation's error.",
        sources=("wait",),
    ),
    "QueryStatus": Fact(
        says="PENDING, FINISHED and CANCELLED are all success codes: FAILED() tells nothing, and a"
        " cancelled operation is not done. Polling without Wait is fine.",
        sources=("querystatus",),
    ),
    "Cancel": Fact(
        says="Answers VSS_S_ASYNC_FINISHED for what had ended, and the error of what had failed.",
        sources=("cancel",),
    ),
    "Release": Fact(
        says="The last one raises BackupShutdown if the object took part in a backup; before that,"
        " every IVssAsync is released. In a restore, writers finish PostRestore first.",
        sources=("handling-backupshutdown-events", "overview-of-backup-termination"),
    ),
}

#: what a method of the requester is for; its page is the source
PURPOSES: Final = {
    "CreateVssBackupComponents": "Makes the object that one backup or one restore is done with.",
    "InitializeForBackup": "Makes the object one for a backup, an import or a query.",
    "InitializeForRestore": "Makes the object one for a restore, from a saved document.",
    "SetContext": "Chooses what kind of copy is made, how long it lives, and if writers take part.",
    "SetBackupState": "Tells the writers what kind of backup this is: full, incremental, ...",
    "EnableWriterClasses": "Limits the backup to these classes of writers.",
    "DisableWriterClasses": "Leaves classes of writers out.",
    "DisableWriterInstances": "Leaves single instances of writers out.",
    "GatherWriterMetadata": "Asks every writer what it has to back up.",
    "GetWriterMetadataCount": "Says how many writers answered with metadata.",
    "GetWriterMetadata": "Hands out one writer's metadata.",
    "GetWriterMetadataEx": "Hands out one writer's metadata, with its instance's name.",
    "FreeWriterMetadata": "Frees what GatherWriterMetadata gathered.",
    "AddComponent": "Puts a writer's component into the backup.",
    "SetBackupOptions": "Hands a component options that its writer understands.",
    "SetPreviousBackupStamp": "Names the backup that an incremental one builds on.",
    "IsVolumeSupported": "Tells whether a provider can copy a volume.",
    "StartSnapshotSet": "Opens a shadow copy set; a machine has one under creation at a time.",
    "AddToSnapshotSet": "Puts a volume into the open set, 64 at most.",
    "PrepareForBackup": "Has the writers get ready: components, kind of backup, volumes are known.",
    "DoSnapshotSet": "Makes the copy: writers freeze, providers commit, writers thaw.",
    "GetSnapshotProperties": "Says where a copy can be read, and what it is.",
    "SetBackupSucceeded": "Tells a writer whether its component was saved.",
    "BackupComplete": "Tells the writers that the backup is over.",
    "AbortBackup": "Tells the writers and the service that the backup ends before its time.",
    "SaveAsXML": "Gives the document that a restore or an import needs.",
    "GatherWriterStatus": "Asks every writer for its state and failure code.",
    "GetWriterStatusCount": "Says how many writers answered with a status.",
    "GetWriterStatus": "Hands out one writer's state and failure code.",
    "GetWriterStatusEx": "Hands out one writer's state, failure code and the application's code.",
    "FreeWriterStatus": "Frees what GatherWriterStatus gathered.",
    "GetWriterComponentsCount": "Says how many writers have components in the document.",
    "GetWriterComponents": "Hands out one writer's components, with what it wrote there.",
    "Query": "Lists the copies and providers of the machine.",
    "DeleteSnapshots": "Deletes a copy or a set.",
    "BreakSnapshotSet": "Takes a set out of the service's hands: its volumes become plain ones.",
    "BreakSnapshotSetEx": "Breaks a set, with options, asynchronously.",
    "ImportSnapshots": "Brings a transportable set to this machine.",
    "ExposeSnapshot": "Gives a copy a drive letter, a mount point or a share.",
    "UnexposeSnapshot": "Takes that back.",
    "RevertToSnapshot": "Puts a volume back to what the copy holds.",
    "QueryRevertStatus": "Gives the IVssAsync of a running revert.",
    "SetRestoreState": "Tells the writers what kind of restore this is.",
    "SetSelectedForRestore": "Chooses a component to be restored.",
    "SetSelectedForRestoreEx": "Chooses a component of one instance of a writer to be restored.",
    "AddRestoreSubcomponent": "Adds a part of a chosen component to the restore.",
    "SetRestoreOptions": "Hands a component restore options that its writer understands.",
    "SetAdditionalRestores": "Says that more restores of this component follow.",
    "AddNewTarget": "Names another place that files are restored to.",
    "PreRestore": "Has the writers make room for restored files.",
    "AddAlternativeLocationMapping": "Says that files were restored to another place.",
    "SetRangesFilePath": "Says where the ranges of partial files lie.",
    "SetFileRestoreStatus": "Tells a writer how far its component was restored.",
    "PostRestore": "Tells the writers that files were restored.",
    "SetAuthoritativeRestore": "Marks a component's restore as the authoritative one.",
    "SetRollForward": "Says how far logs are to be rolled forward.",
    "SetRestoreName": "Renames a component in the restore.",
    "AddSnapshotToRecoverySet": "Puts a volume into a set that is resynchronized from copies.",
    "RecoverSet": "Resynchronizes the volumes of a recovery set.",
    "GetSessionId": "Gives the id of the backup session.",
    "GetRootAndLogicalPrefixPaths": "Splits a path into its volume's root and the rest.",
    "PreFastRecovery": "Reserved for future use.",
    "FastRecovery": "Reserved for future use.",
    "Wait": "Waits for an asynchronous call; its S_OK says that it ended, not how.",
    "QueryStatus": "Tells whether an asynchronous call runs, and how it ended.",
    "Cancel": "Asks an asynchronous call to stop; what was cancelled is not done.",
    "Release": "Gives the object back; the last one ends its part in a backup.",
}
