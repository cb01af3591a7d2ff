"""Short decisions where pages are silent or contradict one another; each is cited by rows."""

from typing import Final

RULINGS: Final = {
    "states-follow-names": (
        "No page says which state follows which event. The enumeration's names and definitions"
        " leave one cycle; every permitted target is inferred from them. A report outside of them"
        " (Freeze ending in FAILED_AT_THAW) contradicts the enumeration page, whichever way the"
        " silent pages are read."
    ),
    "abort-target-open": (
        "No page names the state after Abort. The session may go back to STABLE, keep its FAILED"
        " state, or stand in the FAILED state of its last or of its next event; all are permitted."
    ),
    "abort-after-post-snapshot": (
        "OnAbort's page says that it is not called once PostSnapshot ran; AbortBackup's page says"
        " that every writer handles it. Both are accepted: at most a note."
    ),
    "abort-by-freeze-timer": (
        "When the freeze time runs out, the writer's own OnAbort runs and leaves (9, TIMEOUT). The"
        " service may still deliver a late Thaw, which is then rejected with 9 or 10."
    ),
    "veto-is-the-code": (
        "The handler pages veto by returning false, the vetoes page by returning TRUE. The state"
        " and the code decide; either return value is accepted."
    ),
    "ignored-veto": (
        "A requester may ignore a veto. Whether the writer still gets the later events, and where"
        " they leave it, is not documented: it may stay, recover or veto anew; the order of the"
        " chain still holds."
    ),
    "left-out-writer": (
        "A writer that vetoed before Freeze may be left out of the copy and still get"
        " BackupComplete with the others. Pages are silent: permitted."
    ),
    "no-snapshot-backup": (
        "StartSnapshotSet is asked for before PrepareForBackup on one page, while another describes"
        " backups that need no shadow copy. PrepareBackup followed by BackupComplete is permitted."
    ),
    "prepare-backup-once": (
        "The chain of the Writers page has one PrepareBackup a session. During creation a second"
        " one breaks it; elsewhere the pages do not speak of it, hence a warning."
    ),
    "backup-shutdown-anywhere": (
        "BackupShutdown can be the only clean-up event and may come in any state; what it shows"
        " afterwards (STABLE or the FAILED state) is not documented."
    ),
    "backup-shutdown-while-frozen": (
        "Freeze promises Thaw or Abort, while BackupShutdown may be the only clean-up event. A"
        " shutdown of a frozen writer is accepted with a note."
    ),
    "backup-shutdown-in-restore": (
        "BackupShutdown is described for objects that took part in a backup. In a restore it is"
        " neither promised nor forbidden: accepted with a note."
    ),
    "timeout-elsewhere": (
        "Budgets are documented for Freeze and Thaw only. A time-out of another handler is read as"
        " success or as a veto: accepted with a note."
    ),
    "post-restore-after-failure": (
        "Whether PostRestore follows a failed PreRestore is not documented: permitted, and the"
        " failure may stay visible."
    ),
    "failed-identify-has-no-status": (
        "FAILED_AT_IDENTIFY is an enumerator, yet a writer that fails there has no status entry."
        " The pair is suspicious, never illegal."
    ),
    "failed-without-code": (
        "Returning false asks for SetWriterFailure first. Listings show FAILED writers without an"
        " error; the default code is not documented. Suspicious, not illegal."
    ),
    "recovery-failed-code": (
        "0x800423F5 stands in the header and in no list; a page says that codes can be among those"
        " of the header. Suspicious, not illegal."
    ),
    "partial-by-plain-status": (
        "PARTIAL_FAILURE is listed for the Ex3 method only. Through the plain method it is"
        " suspicious; before Windows 7 and Server 2008 R2 it does not exist."
    ),
    "codes-of-writers": (
        "GetWriterStatus lists the failure codes of writers and says who sets them. A method's"
        " return code or a code of another facility can be none of them."
    ),
    "states-of-writers": (
        "The enumeration has the members 0 to 15 and a reserved count of them, 16. No page knows"
        " another number."
    ),
    "safe-mode": (
        "Initialize may return S_FALSE in safe mode and during set-up: a success code, but the"
        " writer gets no events."
    ),
    "unsubscribe-not-subscribed": (
        "Unsubscribe has no code for a writer that is not subscribed; pages are silent: a note."
    ),
    "subscribe-again": (
        "A Subscribe after Unsubscribe on the same object is not described: a note."
    ),
    "failure-outside-handler": (
        "Pages do not speak of SetWriterFailure called outside a handler or twice in one: a note."
    ),
    "longer-budget": (
        "A freeze budget above 60 s is not forbidden, so a freeze that is longer than the default"
        " is a warning where the writer's own budget is unknown."
    ),
    "late-thaw-accepted": (
        "The text of event 8229 says that a late Thaw is rejected. A late Thaw that succeeds is"
        " suspicious, as no page describes it."
    ),
    "stock-bad-state": (
        "A stock sentence about restores stands on the pages of 21 methods that restores need; it"
        " is not used. What a call belongs to follows from its purpose, and from the pages that"
        " say it outright; SetBackupState and SaveAsXML in a restore stay open."
    ),
    "abort-duty": (
        "AbortBackup's page asks for it from StartSnapshotSet to the end of DoSnapshotSet; the page"
        " on aborting lets a plain Release do until PrepareForBackup succeeded. Before that, a"
        " Release is worth a note."
    ),
    "refused-abort": (
        "No page says what is left to do where AbortBackup itself is refused. Who asked for it has"
        " done what is due: a Release after that is worth a note."
    ),
    "wait-first": (
        "The pages of the readers say that the gathering has to be waited for; DoSnapshotSet and"
        " SaveAsXML follow what has ended. S_OK of an asynchronous call only says that it began,"
        " so going on without its result contradicts every reading."
    ),
    "components-before-prepare": (
        "One page wants components before StartSnapshotSet, another before DoSnapshotSet. Writers"
        " learn of them in PrepareForBackup, so that a later one contradicts both purposes."
    ),
    "volumes-before-snapshot": (
        "No page gives AddToSnapshotSet a deadline. A volume that is added after the copy was made"
        " can be in no reading of it."
    ),
    "retry-or-new": (
        "Pages ask for up to three repetitions, ten minutes apart, and do not say when a later try"
        " is an operation of its own. An hour after the failure it counts as one; three are read"
        " as repetitions after the first try."
    ),
    "status-without-metadata": (
        "One page says that metadata is always gathered, another that a restore may gather status"
        " alone to learn which writers run. The second is accepted; counts are not compared then."
    ),
    "writers-in-a-round": (
        "GetWriterStatusCount counts all writers of the system on one page, and those that gave"
        " their metadata on another. A difference is worth a note."
    ),
    "system-rm-rank": (
        "The enumeration has SYSTEM_RM with an empty description; whether resource managers freeze"
        " before or after other system writers is not documented."
    ),
    "unknown-state": "UNKNOWN counts as a fault of the writer on the enumeration page: suspicious.",
    "shutdown-state-on-xp": (
        "The enumeration page gives XP as its minimum for all states; the change list says that"
        " state 15 came with Server 2003. State 15 on XP is illegal."
    ),
}
