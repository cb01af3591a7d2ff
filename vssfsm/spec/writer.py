"""
The writer's lifecycle: one writer in one backup or restore session.

Scope: every event that the service delivers to a writer between PrepareBackup and BackupShutdown,
and the two events of a restore. A state is a reported VSS_WRITER_STATE and a phase, because the
enumeration is coarser than the lifecycle: idle, prepared, completed, aborted and restoring
sessions all report STABLE, and a FAILED state stays visible while the others go on.

Left out: Identify, reserved events (region `anytime`); provider events; return values of handlers.

Reading order: states, permitted rows by event in the order of the chain, prohibitions by event.
Closed world: an event without a permitted row in the current state falls under the prohibition
that names the state. What the pages leave open has several targets, or a row that pays a note.
"""

from typing import Final

from vssfsm.spec.rows import (
    ALWAYS,
    INFERRED,
    INFO,
    OPEN,
    SAME,
    STATED,
    Region,
    Row,
    State,
    When,
)
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, STATE_NAMES

# --- States ------------------------------------------------------------------


def _state(number: int, suffix: str, phase: str, means: str, owed: tuple[str, ...] = ()) -> State:
    name = STATE_NAMES[number] + (f"_{suffix}" if suffix else "")
    return State(name=name, reported=number, phase=phase, means=means, owed=owed)


_FINISH: Final = ("BackupComplete", "BackupShutdown")
IDLE: Final = _state(1, "idle", "idle", "no event of this session has come yet")
PREPARED: Final = _state(1, "prepared", "prepare", "PrepareBackup succeeded", _FINISH)
VETOED: Final = _state(7, "", "prepare", "vetoed in PrepareBackup")
FREEZING: Final = _state(2, "", "snapshot", "PrepareSnapshot succeeded", ("Freeze", "Abort"))
VETOED_AT_SNAPSHOT: Final = _state(
    7, "at_snapshot", "snapshot", "the veto of PrepareBackup was ignored"
)
UNREADY: Final = _state(8, "", "snapshot", "vetoed in PrepareSnapshot")
FROZEN: Final = _state(3, "", "frozen", "Freeze succeeded, writes are held", ("Thaw", "Abort"))
UNFROZEN: Final = _state(
    9, "", "frozen", "vetoed in Freeze, or a late Thaw was rejected", ("Abort",)
)
TIMED_OUT: Final = _state(9, "timed_out", "frozen", "the freeze time ran out", ("Abort",))
VETOED_FROZEN: Final = _state(7, "at_freeze", "frozen", "the veto of PrepareBackup was ignored")
UNREADY_FROZEN: Final = _state(8, "at_freeze", "frozen", "the veto of PrepareSnapshot was ignored")
THAWED: Final = _state(4, "", "thawed", "Thaw succeeded", ("PostSnapshot", "Abort"))
UNTHAWED: Final = _state(10, "", "thawed", "failed in Thaw", ("Abort",))
VETOED_THAWED: Final = _state(7, "at_thaw", "thawed", "the veto of PrepareBackup was ignored")
UNREADY_THAWED: Final = _state(8, "at_thaw", "thawed", "the veto of PrepareSnapshot was ignored")
POSTED: Final = _state(5, "", "posted", "PostSnapshot succeeded; the copy exists", _FINISH)
UNPOSTED: Final = _state(11, "", "posted", "failed in PostSnapshot")
VETOED_POSTED: Final = _state(
    7, "at_post_snapshot", "posted", "the veto of PrepareBackup was ignored"
)
UNREADY_POSTED: Final = _state(
    8, "at_post_snapshot", "posted", "the veto of PrepareSnapshot was ignored"
)
COMPLETED: Final = _state(1, "completed", "completed", "BackupComplete succeeded")
INCOMPLETE: Final = _state(12, "", "completed", "failed in BackupComplete")
VETOED_COMPLETED: Final = _state(7, "completed", "completed", "completed, an old veto still shows")
UNREADY_COMPLETED: Final = _state(8, "completed", "completed", "completed, an old veto still shows")
UNPOSTED_COMPLETED: Final = _state(11, "completed", "completed", "completed, a failure still shows")
ABORTED: Final = _state(1, "aborted", "aborted", "aborted; nothing of the failure shows")
VETOED_ABORTED: Final = _state(7, "aborted", "aborted", "aborted, with the failure kept")
UNREADY_ABORTED: Final = _state(8, "aborted", "aborted", "aborted, with the failure kept")
UNFROZEN_ABORTED: Final = _state(9, "aborted", "aborted", "aborted, with the failure kept")
TIMED_OUT_ABORTED: Final = _state(
    9, "timed_out_aborted", "aborted", "the freeze timer aborted the writer; a late Thaw may come"
)
UNTHAWED_ABORTED: Final = _state(10, "aborted", "aborted", "aborted, with the failure kept")
UNPOSTED_ABORTED: Final = _state(11, "aborted", "aborted", "aborted, with the failure kept")
POSTED_ABORTED: Final = _state(5, "aborted", "aborted", "aborted after PostSnapshot, state kept")
INCOMPLETE_ABORTED: Final = _state(12, "aborted", "aborted", "aborted after the end, state kept")
CLOSED: Final = _state(1, "closed", "closed", "the backup program has let go of the session")
UNCLOSED: Final = _state(15, "", "closed", "failed in BackupShutdown")
VETOED_CLOSED: Final = _state(7, "closed", "closed", "shut down, with the failure kept")
UNREADY_CLOSED: Final = _state(8, "closed", "closed", "shut down, with the failure kept")
UNFROZEN_CLOSED: Final = _state(9, "closed", "closed", "shut down, with the failure kept")
UNTHAWED_CLOSED: Final = _state(10, "closed", "closed", "shut down, with the failure kept")
UNPOSTED_CLOSED: Final = _state(11, "closed", "closed", "shut down, with the failure kept")
INCOMPLETE_CLOSED: Final = _state(12, "closed", "closed", "shut down, with the failure kept")
POSTED_CLOSED: Final = _state(5, "closed", "closed", "shut down without BackupComplete, state kept")
RESTORING: Final = _state(1, "restoring", "restore", "PreRestore succeeded", ("PostRestore",))
UNRESTORABLE: Final = _state(13, "", "restore", "failed in PreRestore")
RESTORED: Final = _state(1, "restored", "restore", "PostRestore succeeded")
UNRESTORED: Final = _state(14, "", "restore", "failed in PostRestore")
UNRESTORABLE_RESTORED: Final = _state(
    13, "restored", "restore", "PostRestore came after a failed PreRestore, failure kept"
)

STATES: Final = (
    *(IDLE, PREPARED, VETOED, FREEZING, VETOED_AT_SNAPSHOT, UNREADY),
    *(FROZEN, UNFROZEN, TIMED_OUT, VETOED_FROZEN, UNREADY_FROZEN),
    *(THAWED, UNTHAWED, VETOED_THAWED, UNREADY_THAWED),
    *(POSTED, UNPOSTED, VETOED_POSTED, UNREADY_POSTED),
    *(COMPLETED, INCOMPLETE, VETOED_COMPLETED, UNREADY_COMPLETED, UNPOSTED_COMPLETED),
    *(ABORTED, VETOED_ABORTED, UNREADY_ABORTED, UNFROZEN_ABORTED, TIMED_OUT_ABORTED),
    *(UNTHAWED_ABORTED, UNPOSTED_ABORTED, POSTED_ABORTED, INCOMPLETE_ABORTED),
    *(CLOSED, UNCLOSED, VETOED_CLOSED, UNREADY_CLOSED, UNFROZEN_CLOSED, UNTHAWED_CLOSED),
    *(UNPOSTED_CLOSED, INCOMPLETE_CLOSED, POSTED_CLOSED),
    *(RESTORING, UNRESTORABLE, RESTORED, UNRESTORED, UNRESTORABLE_RESTORED),
)


def _names(*states: State) -> tuple[str, ...]:
    return tuple(state.name for state in states)


def _phases(*phases: str) -> tuple[str, ...]:
    return tuple(state.name for state in STATES if state.phase in phases)


# --- Permitted rows ----------------------------------------------------------
_NAMES: Final = "states-follow-names"
_ENUM: Final = "ne-vss-vss_writer_state"
#: a handler that returned true; a failure that it recorded leaves the state as it advances
_DONE: Final[tuple[When, ...]] = ({"outcome": ("ok", "soft")},)
#: a veto is the state and the code; a handler that returned TRUE beside them vetoed too
_VETO: Final[tuple[When, ...]] = ({"outcome": ("veto", "soft")},)
_TIMEOUT: Final[tuple[When, ...]] = ({"outcome": ("timeout",)},)
_LATE: Final[tuple[When, ...]] = ({"outcome": ("timeout", "veto", "soft")},)


def _row(  # noqa: PLR0913 - a row has that many facts
    code: str,
    event: str,
    source: tuple[str, ...],
    to: tuple[str, ...],
    says: str,
    *sources: str,
    when: tuple[When, ...] = ALWAYS,
    grade: str = INFERRED,
    ruling: str = _NAMES,
) -> Row:
    return Row(
        code=code,
        on=(event,),
        source=source,
        when=when,
        to=to,
        says=says,
        sources=sources,
        grade=grade,
        ruling=ruling,
    )


def _chain(
    event: str, source: State, done: State, failed: State, page: str, *more: str
) -> tuple[Row, Row]:
    code = f"WTR-{event.upper()}"
    return (
        _row(
            code,
            event,
            _names(source),
            _names(done),
            f"{event} that returns true leaves {done.name}, whether or not the handler recorded a"
            " failure that is not fatal",
            page,
            _ENUM,
            when=_DONE,
        ),
        _row(
            f"{code}-VETO",
            event,
            _names(source),
            _names(failed),
            f"{event} that vetoes leaves {failed.name}",
            page,
            _ENUM,
            *more,
            when=_VETO,
            ruling="veto-is-the-code",
        ),
    )


def _ignored(  # noqa: PLR0913 - a row has that many facts
    event: str,
    source: State,
    stay: State,
    done: State,
    failed: State,
    *,
    ruling: str = "ignored-veto",
) -> tuple[Row, Row]:
    code = f"WTR-{event.upper()}-FROM-{source.name}"
    says = f"after an ignored veto, {event}"
    page = "writer-errors-and-vetoes"
    return (
        _row(
            code,
            event,
            _names(source),
            _names(stay, done),
            f"{says} may leave the failure or recover",
            page,
            when=_DONE,
            grade=OPEN,
            ruling=ruling,
        ),
        _row(
            f"{code}-VETO",
            event,
            _names(source),
            _names(failed, stay),
            f"{says} may veto anew",
            page,
            when=_VETO,
            grade=OPEN,
            ruling=ruling,
        ),
    )


_PREPARE_ROWS: Final = (
    *_chain("PrepareBackup", IDLE, PREPARED, VETOED, "onpreparebackup"),
    *_chain(
        "PrepareSnapshot",
        PREPARED,
        FREEZING,
        UNREADY,
        "onpreparesnapshot",
        "aborting-vss-operations",
    ),
    *_ignored("PrepareSnapshot", VETOED, VETOED_AT_SNAPSHOT, FREEZING, UNREADY),
)

_FREEZE_ROWS: Final = (
    *_chain("Freeze", FREEZING, FROZEN, UNFROZEN, "onfreeze", "overview-of-pre-backup-tasks"),
    _row(
        "WTR-FREEZE-TIMEOUT",
        "Freeze",
        _names(FREEZING),
        _names(TIMED_OUT),
        "a freeze whose time ran out leaves FAILED_AT_FREEZE; the writer's own OnAbort runs",
        "initialize",
        "kb-915331",
        when=_TIMEOUT,
        ruling="abort-by-freeze-timer",
    ),
    *_ignored("Freeze", VETOED_AT_SNAPSHOT, VETOED_FROZEN, FROZEN, UNFROZEN),
    *_ignored("Freeze", UNREADY, UNREADY_FROZEN, FROZEN, UNFROZEN),
    *(
        _row(
            f"WTR-FREEZE-FROM-{source.name}-TIMEOUT",
            "Freeze",
            _names(source),
            _names(TIMED_OUT, stay),
            "after an ignored veto, the freeze time may run out all the same",
            "writer-errors-and-vetoes",
            when=_TIMEOUT,
            grade=OPEN,
            ruling="ignored-veto",
        )
        for source, stay in ((VETOED_AT_SNAPSHOT, VETOED_FROZEN), (UNREADY, UNREADY_FROZEN))
    ),
)

_THAW_ROWS: Final = (
    *_chain("Thaw", FROZEN, THAWED, UNTHAWED, "onthaw", "aborting-vss-operations", "kb-826936"),
    _row(
        "WTR-THAW-TIMEOUT",
        "Thaw",
        _names(FROZEN),
        _names(UNFROZEN, UNTHAWED),
        "a Thaw that came too late leaves FAILED_AT_FREEZE or FAILED_AT_THAW",
        "event-8229",
        when=_TIMEOUT,
        grade=OPEN,
        ruling="abort-by-freeze-timer",
    ),
    _row(
        "WTR-THAW-LATE",
        "Thaw",
        _names(TIMED_OUT),
        _names(UNFROZEN, UNTHAWED),
        "a Thaw after the freeze time ran out is rejected",
        "event-8229",
        when=_LATE,
        grade=OPEN,
        ruling="abort-by-freeze-timer",
    ),
    Row(
        code="WTR206",
        name="late-thaw-with-failure",
        on=("Thaw",),
        source=_names(TIMED_OUT),
        when=({"outcome": ("soft",)},),
        to=_names(THAWED),
        pays=INFO,
        grade=OPEN,
        ruling="late-thaw-accepted",
        sources=("event-8229", "setwriterfailure"),
        says="a Thaw after the freeze time had run out went on, but recorded a failure",
        why="The failure is on record, so the requester can see that the copy is doubtful.",
        blame="writer",
    ),
    _row(
        "WTR-THAW-LATE-ABORTED",
        "Thaw",
        _names(TIMED_OUT_ABORTED),
        _names(UNFROZEN_ABORTED, UNTHAWED_ABORTED),
        "a Thaw after the freeze timer's own Abort is rejected",
        "event-8229",
        when=_LATE,
        grade=OPEN,
        ruling="abort-by-freeze-timer",
    ),
    *_ignored("Thaw", VETOED_FROZEN, VETOED_THAWED, THAWED, UNTHAWED),
    *_ignored("Thaw", UNREADY_FROZEN, UNREADY_THAWED, THAWED, UNTHAWED),
    *(
        _row(
            f"WTR-THAW-FROM-{source.name}-TIMEOUT",
            "Thaw",
            _names(source),
            _names(UNFROZEN, UNTHAWED, stay),
            "after an ignored veto, Thaw may come too late all the same",
            "writer-errors-and-vetoes",
            when=_TIMEOUT,
            grade=OPEN,
            ruling="ignored-veto",
        )
        for source, stay in ((VETOED_FROZEN, VETOED_THAWED), (UNREADY_FROZEN, UNREADY_THAWED))
    ),
)

_FINISH_ROWS: Final = (
    *_chain("PostSnapshot", THAWED, POSTED, UNPOSTED, "onpostsnapshot", "kb-4504103"),
    *_ignored("PostSnapshot", VETOED_THAWED, VETOED_POSTED, POSTED, UNPOSTED),
    *_ignored("PostSnapshot", UNREADY_THAWED, UNREADY_POSTED, POSTED, UNPOSTED),
    *_chain("BackupComplete", POSTED, COMPLETED, INCOMPLETE, "onbackupcomplete"),
    _row(
        "WTR-BACKUPCOMPLETE-WITHOUT-SNAPSHOT",
        "BackupComplete",
        _names(PREPARED),
        _names(COMPLETED),
        "a backup that needs no shadow copy goes from PrepareBackup to BackupComplete",
        "overview-of-pre-backup-tasks",
        "writer-role-in-backing-up-complex-stores",
        when=_DONE,
        ruling="no-snapshot-backup",
    ),
    _row(
        "WTR-BACKUPCOMPLETE-WITHOUT-SNAPSHOT-VETO",
        "BackupComplete",
        _names(PREPARED),
        _names(INCOMPLETE),
        "a backup without shadow copy may fail in BackupComplete",
        "overview-of-pre-backup-tasks",
        _ENUM,
        when=_VETO,
        ruling="no-snapshot-backup",
    ),
    *(
        row
        for source, stay in (
            (VETOED, VETOED_COMPLETED),
            (VETOED_AT_SNAPSHOT, VETOED_COMPLETED),
            (UNREADY, UNREADY_COMPLETED),
            (VETOED_POSTED, VETOED_COMPLETED),
            (UNREADY_POSTED, UNREADY_COMPLETED),
            (UNPOSTED, UNPOSTED_COMPLETED),
        )
        for row in _ignored(
            "BackupComplete",
            source,
            stay,
            COMPLETED,
            INCOMPLETE,
            ruling="ignored-veto" if source.phase == "posted" else "left-out-writer",
        )
    ),
)


def _abort(source: tuple[State, ...], *to: State, says: str, page: str = "onabort") -> Row:
    return _row(
        f"WTR-ABORT-FROM-{source[0].name}",
        "Abort",
        _names(*source),
        _names(*to),
        says,
        page,
        "aborting-vss-operations",
        grade=OPEN,
        ruling="abort-target-open",
    )


_LAST_OR_NEXT: Final = "Abort leaves STABLE, or the FAILED state of the last or the next event"
_KEPT: Final = "Abort keeps a FAILED state or goes back to STABLE"
_ABORT_ROWS: Final = (
    _row(
        "WTR-ABORT-NOTHING-RUNNING",
        "Abort",
        _names(IDLE),
        (SAME,),
        "an Abort with nothing running changes nothing",
        "abortbackup",
        grade=STATED,
        ruling="",
    ),
    _abort((PREPARED,), ABORTED, VETOED_ABORTED, UNREADY_ABORTED, says=_LAST_OR_NEXT),
    _abort((FREEZING,), ABORTED, UNREADY_ABORTED, UNFROZEN_ABORTED, says=_LAST_OR_NEXT),
    _abort((FROZEN,), ABORTED, UNFROZEN_ABORTED, UNTHAWED_ABORTED, says=_LAST_OR_NEXT),
    _row(
        "WTR-ABORT-BY-TIMER",
        "Abort",
        _names(FROZEN),
        _names(TIMED_OUT_ABORTED),
        "when the freeze time runs out, the writer's own Abort leaves (FAILED_AT_FREEZE, TIMEOUT)",
        "initialize",
        "kb-915331",
        when=({"failure": ("VSS_E_WRITERERROR_TIMEOUT",)},),
        ruling="abort-by-freeze-timer",
    ),
    _abort((THAWED,), ABORTED, UNTHAWED_ABORTED, UNPOSTED_ABORTED, says=_LAST_OR_NEXT),
    _row(
        "WTR-ABORT-BY-TIMER-AFTER-THAW",
        "Abort",
        _names(THAWED),
        _names(UNFROZEN_ABORTED),
        "the freeze timer may fire although Thaw has come, and fail a healthy writer",
        "kb-915331",
        when=({"failure": ("VSS_E_WRITERERROR_TIMEOUT",)},),
        grade=OPEN,
        ruling="abort-by-freeze-timer",
    ),
    _abort(
        (VETOED, VETOED_AT_SNAPSHOT, VETOED_FROZEN, VETOED_THAWED),
        VETOED_ABORTED,
        ABORTED,
        says=_KEPT,
    ),
    _abort((UNREADY, UNREADY_FROZEN, UNREADY_THAWED), UNREADY_ABORTED, ABORTED, says=_KEPT),
    _abort((UNFROZEN,), UNFROZEN_ABORTED, ABORTED, says=_KEPT),
    _abort((TIMED_OUT,), TIMED_OUT_ABORTED, ABORTED, says=_KEPT),
    _abort((UNTHAWED,), UNTHAWED_ABORTED, ABORTED, says=_KEPT),
    _row(
        "WTR-ABORT-AGAIN",
        "Abort",
        _phases("aborted"),
        (SAME, ABORTED.name),
        "several Aborts may come; the later ones change nothing, or clear the failure",
        "aborting-vss-operations",
        "onabort",
        grade=OPEN,
        ruling="abort-target-open",
    ),
)


def _late_abort(source: tuple[State, ...], *to: State) -> Row:
    return Row(
        code="WTR201",
        name="abort-after-post-snapshot",
        on=("Abort",),
        source=_names(*source),
        to=_names(*to),
        pays=INFO,
        grade=OPEN,
        ruling="abort-after-post-snapshot",
        sources=("onabort", "abortbackup"),
        says="Abort came after PostSnapshot",
        why="Pages contradict one another: one says that Abort is not called once PostSnapshot"
        " ran, another that AbortBackup reaches every writer.",
        blame="requester",
    )


_OPEN_ABORT_ROWS: Final = (
    _late_abort((POSTED,), ABORTED, POSTED_ABORTED),
    _late_abort((UNPOSTED, UNPOSTED_COMPLETED), UNPOSTED_ABORTED, ABORTED),
    _late_abort((VETOED_POSTED, VETOED_COMPLETED), VETOED_ABORTED, ABORTED),
    _late_abort((UNREADY_POSTED, UNREADY_COMPLETED), UNREADY_ABORTED, ABORTED),
    _late_abort((COMPLETED,), ABORTED),
    _late_abort((INCOMPLETE,), INCOMPLETE_ABORTED, ABORTED),
    Row(
        code="WTR202",
        name="abort-after-shutdown",
        on=("Abort",),
        source=_phases("closed"),
        to=(SAME,),
        pays=INFO,
        grade=OPEN,
        ruling="abort-after-post-snapshot",
        sources=("onabort", "abortbackup"),
        says="Abort came after BackupShutdown",
        why="The session is over; no page says that an Abort can still come, and none that it"
        " cannot.",
        blame="requester",
    ),
)


def _shutdown(source: tuple[State, ...], *to: State) -> Row:
    return _row(
        f"WTR-BACKUPSHUTDOWN-FROM-{source[0].name}",
        "BackupShutdown",
        _names(*source),
        _names(*to),
        "BackupShutdown closes the session; STABLE or the earlier state shows",
        "onbackupshutdown",
        "handling-backupshutdown-events",
        when=_DONE,
        grade=OPEN,
        ruling="backup-shutdown-anywhere",
    )


_SHUTDOWN_ROWS: Final = (
    _shutdown((IDLE, PREPARED, FREEZING, THAWED, COMPLETED, ABORTED, CLOSED), CLOSED),
    _shutdown((POSTED, POSTED_ABORTED, POSTED_CLOSED), POSTED_CLOSED, CLOSED),
    _shutdown(
        (
            *(VETOED, VETOED_AT_SNAPSHOT, VETOED_FROZEN, VETOED_THAWED, VETOED_POSTED),
            *(VETOED_COMPLETED, VETOED_ABORTED, VETOED_CLOSED),
        ),
        VETOED_CLOSED,
        CLOSED,
    ),
    _shutdown(
        (
            *(UNREADY, UNREADY_FROZEN, UNREADY_THAWED, UNREADY_POSTED, UNREADY_COMPLETED),
            *(UNREADY_ABORTED, UNREADY_CLOSED),
        ),
        UNREADY_CLOSED,
        CLOSED,
    ),
    _shutdown(
        (UNFROZEN, TIMED_OUT, UNFROZEN_ABORTED, TIMED_OUT_ABORTED, UNFROZEN_CLOSED),
        UNFROZEN_CLOSED,
        CLOSED,
    ),
    _shutdown((UNTHAWED, UNTHAWED_ABORTED, UNTHAWED_CLOSED), UNTHAWED_CLOSED, CLOSED),
    _shutdown(
        (UNPOSTED, UNPOSTED_COMPLETED, UNPOSTED_ABORTED, UNPOSTED_CLOSED), UNPOSTED_CLOSED, CLOSED
    ),
    _shutdown((INCOMPLETE, INCOMPLETE_ABORTED, INCOMPLETE_CLOSED), INCOMPLETE_CLOSED, CLOSED),
    _shutdown((UNCLOSED,), UNCLOSED, CLOSED),
    Row(
        code="WTR203",
        name="backup-shutdown-while-frozen",
        on=("BackupShutdown",),
        source=_names(FROZEN),
        when=_DONE,
        to=_names(CLOSED),
        pays=INFO,
        grade=OPEN,
        ruling="backup-shutdown-while-frozen",
        sources=("onfreeze", "handling-backupshutdown-events"),
        says="BackupShutdown came to a frozen writer",
        why="Freeze promises a Thaw or an Abort; a shutdown alone may leave writes held.",
        blame="coordinator",
    ),
    _row(
        "WTR-BACKUPSHUTDOWN-VETO",
        "BackupShutdown",
        tuple(state.name for state in STATES if state.phase != "restore"),
        _names(UNCLOSED),
        "BackupShutdown that fails leaves FAILED_AT_BACKUPSHUTDOWN",
        _ENUM,
        "onbackupshutdown",
        when=_VETO,
        grade=STATED,
        ruling="veto-is-the-code",
    ),
    *(
        Row(
            code="WTR204",
            name="backup-shutdown-in-restore",
            on=("BackupShutdown",),
            source=_phases("restore"),
            when=when,
            to=to,
            pays=INFO,
            grade=OPEN,
            ruling="backup-shutdown-in-restore",
            sources=("onbackupshutdown",),
            says="BackupShutdown came in a restore session",
            why="The event is described for objects that took part in a backup.",
            blame="coordinator",
        )
        for when, to in ((_DONE, (SAME,)), (_VETO, _names(UNCLOSED)))
    ),
)

_RESTORE_ROWS: Final = (
    *_chain("PreRestore", IDLE, RESTORING, UNRESTORABLE, "onprerestore"),
    *_chain("PostRestore", RESTORING, RESTORED, UNRESTORED, "onpostrestore"),
    _row(
        "WTR-POSTRESTORE-AFTER-FAILURE",
        "PostRestore",
        _names(UNRESTORABLE),
        _names(RESTORED, UNRESTORABLE_RESTORED),
        "PostRestore may follow a failed PreRestore; the failure may stay visible",
        "overview-of-restore-clean-up-and-termination",
        when=_DONE,
        grade=OPEN,
        ruling="post-restore-after-failure",
    ),
    _row(
        "WTR-POSTRESTORE-AFTER-FAILURE-VETO",
        "PostRestore",
        _names(UNRESTORABLE),
        _names(UNRESTORED, UNRESTORABLE_RESTORED),
        "PostRestore after a failed PreRestore may fail too",
        "overview-of-restore-clean-up-and-termination",
        when=_VETO,
        grade=OPEN,
        ruling="post-restore-after-failure",
    ),
)

_ORDERLY_ROWS: Final = (
    *_PREPARE_ROWS,
    *_FREEZE_ROWS,
    *_THAW_ROWS,
    *_FINISH_ROWS,
    *_ABORT_ROWS,
    *_OPEN_ABORT_ROWS,
    *_SHUTDOWN_ROWS,
    *_RESTORE_ROWS,
)


def _timeout_elsewhere(row: Row) -> Row:
    """Read a time-out outside of Freeze and Thaw as what *row* permits, for a note."""
    return row._replace(
        code="WTR205",
        name="timeout-outside-freeze",
        when=_TIMEOUT,
        pays=INFO,
        grade=OPEN,
        ruling="timeout-elsewhere",
        sources=("initialize", "setwriterfailure"),
        says="a handler other than Freeze and Thaw is recorded as timed out",
        why="Only the time between Freeze and Thaw has a documented budget.",
        blame="recorder",
    )


PERMITTED: Final = (
    *_ORDERLY_ROWS,
    *(
        _timeout_elsewhere(row)
        for row in _ORDERLY_ROWS
        if "outcome" in row.when[0] and row.on[0] not in ("Freeze", "Thaw")
    ),
)

# --- Prohibitions ------------------------------------------------------------
_CHAIN_PAGE: Final = "writers"
_ORDER: Final = (
    "The order PrepareBackup, PrepareSnapshot, Freeze, Thaw, PostSnapshot, BackupComplete is the"
    " contract on which writers base what they flush, hold and release."
)


def _rule(  # noqa: PLR0913 - a row has that many facts
    code: str,
    name: str,
    events: tuple[str, ...],
    source: tuple[str, ...],
    says: str,
    *sources: str,
    why: str = _ORDER,
    grade: str = STATED,
    ruling: str = "",
    mild: bool = False,
    blame: str = "coordinator",
) -> Row:
    return Row(
        code=code,
        name=name,
        on=events,
        source=source,
        says=says,
        sources=sources,
        why=why,
        grade=grade,
        ruling=ruling,
        mild=mild,
        blame=blame,
    )


_CREATION: Final = _names(FREEZING, FROZEN, THAWED)
_PREPARE: Final = _phases("prepare")
_SNAPSHOT: Final = _phases("snapshot")
_FREEZE: Final = _phases("frozen")
_THAW: Final = _phases("thawed")
_POST: Final = _phases("posted")
_COMPLETE: Final = _phases("completed")
_CHAIN_EVENTS: Final = (
    "PrepareSnapshot",
    "Freeze",
    "Thaw",
    "PostSnapshot",
    "BackupComplete",
)

PROHIBITIONS: Final = (
    _rule(
        "WTR101",
        "thaw-before-freeze",
        ("Thaw",),
        (*_names(IDLE), *_PREPARE, *_SNAPSHOT),
        "Thaw came before Freeze",
        _CHAIN_PAGE,
        "onthaw",
    ),
    _rule(
        "WTR102",
        "freeze-before-prepare-snapshot",
        ("Freeze",),
        (*_names(IDLE), *_PREPARE),
        "Freeze came before PrepareSnapshot",
        _CHAIN_PAGE,
        "onfreeze",
    ),
    _rule(
        "WTR103",
        "prepare-snapshot-before-prepare-backup",
        ("PrepareSnapshot",),
        _names(IDLE),
        "PrepareSnapshot came before PrepareBackup",
        _CHAIN_PAGE,
        "onpreparesnapshot",
    ),
    _rule(
        "WTR104",
        "post-snapshot-before-thaw",
        ("PostSnapshot",),
        (*_names(IDLE), *_PREPARE, *_SNAPSHOT, *_FREEZE),
        "PostSnapshot came before Thaw",
        _CHAIN_PAGE,
        "onpostsnapshot",
    ),
    _rule(
        "WTR105",
        "backup-complete-before-post-snapshot",
        ("BackupComplete",),
        (*_names(IDLE, FREEZING), *_FREEZE, *_THAW),
        "BackupComplete came while the shadow copy was not finished, or nothing was prepared",
        _CHAIN_PAGE,
        "backupcomplete",
    ),
    _rule(
        "WTR111",
        "repeated-prepare-snapshot",
        ("PrepareSnapshot",),
        (*_SNAPSHOT, *_FREEZE, *_THAW, *_POST, *_COMPLETE),
        "PrepareSnapshot came again in one session",
        _CHAIN_PAGE,
        "onpreparesnapshot",
    ),
    _rule(
        "WTR112",
        "repeated-freeze",
        ("Freeze",),
        (*_FREEZE, *_THAW, *_POST, *_COMPLETE),
        "Freeze came again in one session",
        _CHAIN_PAGE,
        "onfreeze",
    ),
    _rule(
        "WTR113",
        "repeated-thaw",
        ("Thaw",),
        (*_THAW, *_POST, *_COMPLETE),
        "Thaw came again in one session",
        _CHAIN_PAGE,
        "onthaw",
    ),
    _rule(
        "WTR114",
        "repeated-post-snapshot",
        ("PostSnapshot",),
        (*_POST, *_COMPLETE),
        "PostSnapshot came again in one session",
        _CHAIN_PAGE,
        "onpostsnapshot",
    ),
    _rule(
        "WTR115",
        "repeated-backup-complete",
        ("BackupComplete",),
        _COMPLETE,
        "BackupComplete came again in one session",
        _CHAIN_PAGE,
        "onbackupcomplete",
    ),
    _rule(
        "WTR116",
        "thaw-after-freeze-veto",
        ("Thaw",),
        _names(UNFROZEN),
        "Thaw came to a writer that had failed in Freeze",
        "onfreeze",
        "aborting-vss-operations",
        why="A veto in Freeze raises Abort; a writer that is told to thaw what it never froze may"
        " release state that it does not hold.",
    ),
    _rule(
        "WTR117",
        "post-snapshot-after-thaw-failure",
        ("PostSnapshot",),
        _names(UNTHAWED),
        "PostSnapshot came to a writer that had failed in Thaw",
        "onthaw",
        "aborting-vss-operations",
        why="A failure in Thaw raises Abort; the shadow copy is not to be used.",
    ),
    _rule(
        "WTR118",
        "late-thaw-accepted",
        ("Thaw",),
        _names(TIMED_OUT),
        "a Thaw after the freeze time had run out succeeded",
        "event-8229",
        grade=INFERRED,
        ruling="late-thaw-accepted",
        mild=True,
        blame="writer",
        why="The copy may hold data written after the writer stopped holding its writes.",
    ),
    _rule(
        "WTR121",
        "prepare-backup-during-creation",
        ("PrepareBackup",),
        _CREATION,
        "PrepareBackup came while the shadow copy was being created",
        _CHAIN_PAGE,
        "onpreparebackup",
    ),
    _rule(
        "WTR122",
        "repeated-prepare-backup",
        ("PrepareBackup",),
        tuple(
            state.name
            for state in STATES
            if state.phase not in ("idle", "restore") and state.name not in _CREATION
        ),
        "PrepareBackup came again in one session",
        _CHAIN_PAGE,
        "onpreparebackup",
        grade=INFERRED,
        ruling="prepare-backup-once",
        mild=True,
    ),
    _rule(
        "WTR123",
        "prepare-backup-in-restore",
        ("PrepareBackup",),
        _phases("restore"),
        "PrepareBackup came in a restore session",
        _CHAIN_PAGE,
        "onpreparebackup",
        grade=INFERRED,
        ruling="prepare-backup-once",
        mild=True,
    ),
    _rule(
        "WTR131",
        "event-after-abort",
        _CHAIN_EVENTS,
        _phases("aborted"),
        "an event of the backup came after its Abort",
        "onabort",
        why="After Abort nothing more of the operation may reach the writer; it has released what"
        " it held.",
    ),
    _rule(
        "WTR132",
        "event-after-shutdown",
        _CHAIN_EVENTS,
        _phases("closed"),
        "an event of the backup came after its BackupShutdown",
        "writers",
        "handling-backupshutdown-events",
        why="BackupShutdown is the end of the session for the writer.",
    ),
    _rule(
        "WTR133",
        "backup-event-in-restore",
        _CHAIN_EVENTS,
        _phases("restore"),
        "an event of a backup came in a restore session",
        "writers",
        why="Backup and restore are separate chains.",
    ),
    _rule(
        "WTR134",
        "abort-in-restore",
        ("Abort",),
        _phases("restore"),
        "Abort came in a restore session",
        "aborting-vss-operations",
        why="Restores have no Abort; a writer that rolls back here may undo restored data.",
    ),
    _rule(
        "WTR141",
        "post-restore-before-pre-restore",
        ("PostRestore",),
        tuple(state.name for state in STATES if state.phase != "restore"),
        "PostRestore came without PreRestore",
        "writers",
        "overview-of-preparing-for-restore",
        why="The writer has not been told to make room for the restored files.",
    ),
    _rule(
        "WTR142",
        "repeated-post-restore",
        ("PostRestore",),
        _names(RESTORED, UNRESTORED, UNRESTORABLE_RESTORED),
        "PostRestore came again in one session",
        "writers",
        grade=INFERRED,
        why="The chain of a restore has one PostRestore.",
    ),
    _rule(
        "WTR143",
        "repeated-pre-restore",
        ("PreRestore",),
        _phases("restore"),
        "PreRestore came again in one session",
        "writers",
        grade=INFERRED,
        why="The chain of a restore has one PreRestore.",
    ),
    _rule(
        "WTR144",
        "pre-restore-in-backup",
        ("PreRestore",),
        tuple(state.name for state in STATES if state.phase not in ("idle", "restore")),
        "PreRestore came in a backup session",
        "writers",
        grade=INFERRED,
        why="Backup and restore are separate chains.",
    ),
)


def _kebab(event: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in event).strip("-")


#: an event that is permitted, with a state that no reading of its rows gives
UNEXPLAINED: Final = tuple(
    Row(
        code=f"WTR{151 + index}",
        name=f"unexplained-report-of-{_kebab(event)}",
        on=(event,),
        grade=INFERRED,
        ruling="states-follow-names",
        sources=("ne-vss-vss_writer_state",),
        says=f"no reading of the pages lets {event}, as it ended, leave the reported state",
        why="A requester decides by the reported state; a wrong one hides failures or invents"
        " them.",
        blame="writer",
    )
    for index, event in enumerate(LIFECYCLE_EVENTS)
)

WRITER: Final = Region(
    name="writer",
    title="the writer's lifecycle in one backup or restore session",
    scope="session",
    states=STATES,
    rows=(*PERMITTED, *PROHIBITIONS),
    unexplained=UNEXPLAINED,
)

#: what a trace that ends too early leaves open; a note, and the session is INCONCLUSIVE
OWED: Final = Row(
    code="WTR301",
    name="owed-at-end",
    grade=OPEN,
    sources=("writers", "onfreeze", "handling-backupshutdown-events"),
    says="the trace ends while the writer's session still owes an event",
    why="The evidence may have been cut, or the session may have been left behind.",
)
