"""The region `due`: status rounds that the pages ask for."""

from typing import Final

from vssfsm.spec.calls import (
    ANY_CALL,
    ASYNC_RESULTS,
    CALL,
    CALL_FAILED,
    CALL_OK,
    NOT_FAILED,
    forbid,
    permit,
    results,
    state,
)
from vssfsm.spec.releases import before, since
from vssfsm.spec.rows import INFO, OPEN, SAME, Region, State, When

_NOTHING_DUE: Final = state("NOTHING_DUE", "no status round is due")
_ROUND_DUE: Final = state("ROUND_DUE", "writers had an event since their status was gathered")
_UNREAD: Final = state("ROUND_UNREAD", "a due status was gathered and not yet read")
_COMPLETION_DUE: Final = state(
    "COMPLETION_DUE", "BackupComplete on a release where gathering completes the session"
)
_TRIED: Final = state("ROUND_TRIED", "a due status was asked for, and could not be gathered")
_DUE_STATES: Final = tuple(
    s.name for s in (_NOTHING_DUE, _ROUND_DUE, _UNREAD, _COMPLETION_DUE, _TRIED)
)
_RAISING: Final = ("DoSnapshotSet", "BackupComplete", "PostRestore")
#: calls after which a further round is due, none, or one that completes the writers' sessions
_NEXT_DUE: Final[tuple[tuple[tuple[str, ...], State, When], ...]] = (
    (("DoSnapshotSet", "PostRestore"), _ROUND_DUE, {}),
    (("BackupComplete",), _NOTHING_DUE, {"release": since("7")}),
    (("BackupComplete",), _COMPLETION_DUE, {"release": before("7")}),
)
_BLIND: Final = "Who does not look, takes a failed writer's data for saved."

DUE: Final = Region(
    name="due",
    title="status rounds after calls that raise events",
    scope="requester",
    states=(_NOTHING_DUE, _ROUND_DUE, _UNREAD, _COMPLETION_DUE, _TRIED),
    rows=(
        permit(
            "REQ-DUE-FIRST",
            ("PrepareForBackup", "PreRestore"),
            _DUE_STATES,
            (_ROUND_DUE.name,),
            "after the first events a status round is due",
            "determining-writer-status",
            when=CALL_OK,
        ),
        permit(
            "REQ-DUE-NEXT",
            ("DoSnapshotSet", "PostRestore"),
            (_NOTHING_DUE.name, _COMPLETION_DUE.name),
            (_ROUND_DUE.name,),
            "after the next events a status round is due",
            "determining-writer-status",
            when=CALL_OK,
        ),
        permit(
            "REQ-DUE-COMPLETE",
            ("BackupComplete",),
            (_NOTHING_DUE.name, _COMPLETION_DUE.name),
            (_NOTHING_DUE.name,),
            "from Windows 7 on, the round after BackupComplete is only recommended",
            "gatherwriterstatus",
            when=({"stage": (CALL,), "result": NOT_FAILED, "release": since("7")},),
        ),
        permit(
            "REQ-DUE-COMPLETE-OLD",
            ("BackupComplete",),
            (_NOTHING_DUE.name, _COMPLETION_DUE.name),
            (_COMPLETION_DUE.name,),
            "up to Server 2008 SP2, gathering after BackupComplete completes the session",
            "gatherwriterstatus",
            "determining-writer-status",
            when=({"stage": (CALL,), "result": NOT_FAILED, "release": before("7")},),
        ),
        permit(
            "REQ-DUE-REFUSED",
            ("PrepareForBackup", "PreRestore", *_RAISING),
            _DUE_STATES,
            (SAME,),
            "a call that fails at once raises no events",
            "determining-writer-status",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-DUE-RESULTS",
            ("PrepareForBackup", "PreRestore", "DoSnapshotSet", "PostRestore"),
            _DUE_STATES,
            (SAME,),
            "results are judged elsewhere",
            "determining-writer-status",
            when=results(*ASYNC_RESULTS),
        ),
        permit(
            "REQ-DUE-COMPLETE-RESULT",
            ("BackupComplete",),
            _DUE_STATES,
            (SAME,),
            "BackupComplete went on or ended",
            "gatherwriterstatus",
            when=results("pending", "finished", "ended", "wait-failed"),
        ),
        permit(
            "REQ-DUE-COMPLETE-FAILED",
            ("BackupComplete",),
            (_COMPLETION_DUE.name,),
            (_NOTHING_DUE.name,),
            "a BackupComplete that failed may have left no session that could be completed",
            "gatherwriterstatus",
            when=results("failed", "cancelled", "wait-failed"),
            grade=OPEN,
        ),
        permit(
            "REQ-DUE-COMPLETE-FAILED-RESULT",
            ("BackupComplete",),
            (_NOTHING_DUE.name, _ROUND_DUE.name, _UNREAD.name, _TRIED.name),
            (SAME,),
            "a BackupComplete that failed changes nothing where no completion is due",
            "gatherwriterstatus",
            when=results("failed", "cancelled"),
        ),
        permit(
            "REQ-DUE-GATHERED",
            ("GatherWriterStatus",),
            (_ROUND_DUE.name, _UNREAD.name, _TRIED.name),
            (_UNREAD.name,),
            "a due status is gathered",
            "determining-writer-status",
            when=CALL_OK,
        ),
        permit(
            "REQ-DUE-GATHERED-REFUSED",
            ("GatherWriterStatus",),
            (_ROUND_DUE.name, _TRIED.name),
            (_TRIED.name,),
            "a due status is asked for, and cannot be gathered",
            "determining-writer-status",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-DUE-GATHERED-BEFORE",
            ("GatherWriterStatus",),
            (_UNREAD.name,),
            (SAME,),
            "what was gathered before can be read yet",
            "determining-writer-status",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-DUE-COMPLETED",
            ("GatherWriterStatus",),
            (_COMPLETION_DUE.name, _NOTHING_DUE.name),
            (_NOTHING_DUE.name,),
            "gathering after BackupComplete completes the writers' sessions",
            "gatherwriterstatus",
            when=ANY_CALL,
        ),
        permit(
            "REQ-DUE-GATHER-RESULT",
            ("GatherWriterStatus",),
            _DUE_STATES,
            (SAME,),
            "the gathering went on or ended",
            "gatherwriterstatus",
            when=results("pending", "finished", "ended", "cancelled", "wait-failed"),
        ),
        permit(
            "REQ-DUE-GATHER-FAILED",
            ("GatherWriterStatus",),
            (_UNREAD.name,),
            (_TRIED.name,),
            "a gathering that failed shows nothing",
            "gatherwriterstatus",
            when=results("failed", "wait-failed"),
        ),
        permit(
            "REQ-DUE-GATHER-FAILED-RESULT",
            ("GatherWriterStatus",),
            (_NOTHING_DUE.name, _ROUND_DUE.name, _COMPLETION_DUE.name, _TRIED.name),
            (SAME,),
            "where no gathering is to be read, it shows nothing either way",
            "gatherwriterstatus",
            when=results("failed"),
        ),
        permit(
            "REQ-DUE-READ",
            ("GetWriterStatus", "GetWriterStatusEx", "GetWriterStatusCount"),
            (_NOTHING_DUE.name, _ROUND_DUE.name, _UNREAD.name, _TRIED.name),
            (_NOTHING_DUE.name,),
            "a due status is read",
            "determining-writer-status",
            when=ANY_CALL,
        ),
        permit(
            "REQ-DUE-READ-LATER",
            ("GetWriterStatus", "GetWriterStatusEx", "GetWriterStatusCount"),
            (_COMPLETION_DUE.name,),
            (SAME,),
            "reading does not complete a session",
            "gatherwriterstatus",
            when=ANY_CALL,
        ),
        permit(
            "REQ-DUE-ABORT",
            ("AbortBackup",),
            _DUE_STATES,
            (_NOTHING_DUE.name,),
            "after AbortBackup no round is due",
            "determining-writer-status",
            when=CALL_OK,
        ),
        permit(
            "REQ-DUE-ABORT-REFUSED",
            ("AbortBackup",),
            _DUE_STATES,
            (SAME,),
            "an AbortBackup that is refused ends nothing",
            "abortbackup",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-DUE-RELEASE",
            ("Release",),
            (_NOTHING_DUE.name, _ROUND_DUE.name, _UNREAD.name, _TRIED.name),
            (_NOTHING_DUE.name,),
            "a release ends what is due",
            "overview-of-backup-termination",
            when=ANY_CALL,
        ),
        forbid(
            "REQ311",
            "no-status-round",
            _RAISING,
            (_ROUND_DUE.name,),
            "the requester went on without asking how the writers stand",
            _BLIND,
            "determining-writer-status",
            when=CALL_OK,
            mild=True,
        ),
        forbid(
            "REQ312",
            "status-never-read",
            _RAISING,
            (_UNREAD.name,),
            "the writers' status was gathered and never read",
            _BLIND,
            "determining-writer-status",
            when=CALL_OK,
            mild=True,
        ),
        *(
            permit(
                "REQ314",
                methods,
                (_TRIED.name,),
                (to.name,),
                "the requester went on although the writers' status could not be gathered",
                "determining-writer-status",
                "gatherwriterstatus",
                when=({**CALL_OK[0], **releases},),
                name="status-not-gathered",
                why="It asked, and got no answer; no page says what follows from that. A writer"
                " that failed is not known of.",
                grade=OPEN,
                pays=INFO,
                blame="requester",
            )
            for methods, to, releases in _NEXT_DUE
        ),
        forbid(
            "REQ313",
            "session-never-completed",
            ("Release",),
            (_COMPLETION_DUE.name,),
            "an object was released without GatherWriterStatus after BackupComplete, on a release"
            " where that completes the writers' sessions",
            "Sessions that are never completed use up the writers' session slots"
            " (VSS_E_WRITER_STATUS_NOT_AVAILABLE).",
            "gatherwriterstatus",
            "kb-978773",
        ),
    ),
)
