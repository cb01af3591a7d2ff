"""
Which pairs of (VSS_WRITER_STATE, failure HRESULT) can be reported, per release.

One state. The matrix is the table of the pages and of published pairs: one line per state, one
column per code, a letter per cell; each letter is a rule or a permitted row. Codes of no writer and
states outside of the enumeration are illegal everywhere.
"""

from typing import Final

from vssfsm.spec.anytime import ANY
from vssfsm.spec.releases import RELEASES, before, since
from vssfsm.spec.rows import INFERRED, INFO, SAME, STATED, Region, Row, When

#: failure codes of writers and of the service, in the order of the matrix's columns
CODES: Final = (
    "S_OK",
    "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT",
    "VSS_E_WRITERERROR_OUTOFRESOURCES",
    "VSS_E_WRITERERROR_TIMEOUT",
    "VSS_E_WRITERERROR_RETRYABLE",
    "VSS_E_WRITERERROR_NONRETRYABLE",
    "VSS_E_WRITERERROR_PARTIAL_FAILURE",
    "VSS_E_WRITER_NOT_RESPONDING",
    "VSS_E_WRITER_STATUS_NOT_AVAILABLE",
    "VSS_E_WRITERERROR_RECOVERY_FAILED",
)
#: stands for every code that is no writer failure code
OTHER: Final = "other"
#: stands for every number outside 0..15
BEYOND: Final = "beyond"
FAILURE_CODES: Final = CODES[1:]
_PARTIAL: Final = "VSS_E_WRITERERROR_PARTIAL_FAILURE"
_NOT_AVAILABLE: Final = "VSS_E_WRITER_STATUS_NOT_AVAILABLE"
_SHUTDOWN_STATE: Final = "FAILED_AT_BACKUPSHUTDOWN"

#: releases that know a code or a state at all; others know it since the beginning
KNOWN_SINCE: Final = {
    _PARTIAL: since("7"),
    _NOT_AVAILABLE: since("vistasp1"),
    _SHUTDOWN_STATE: since("2003"),
}

#: how a pair was read
VIA_PLAIN: Final = "GetWriterStatus"
VIA_EX: Final = "GetWriterStatusEx"
VIA_OTHER: Final = "other"

#: columns as in CODES. Legal: `.` healthy, `s` soft failure, `f` failure, `v` seen by the service;
#: suspicious: u unknown state, i identify, n no code, t time-out elsewhere, c inconsistent after
#: the copy, r recovery-failed code
MATRIX: Final = """
UNKNOWN                      u u u u u u u v v r
STABLE                       . s s t s s s v v r
WAITING_FOR_FREEZE           . s s t s s s v v r
WAITING_FOR_THAW             . s s t s s s v v r
WAITING_FOR_POST_SNAPSHOT    . s s t s s s v v r
WAITING_FOR_BACKUP_COMPLETE  . s s t s s s v v r
FAILED_AT_IDENTIFY           i i i i i i i i i i
FAILED_AT_PREPARE_BACKUP     n f f t f f f v v r
FAILED_AT_PREPARE_SNAPSHOT   n f f t f f f v v r
FAILED_AT_FREEZE             n f f f f f f v v r
FAILED_AT_THAW               n c f f f f f v v r
FAILED_AT_POST_SNAPSHOT      n f f t f f f v v r
FAILED_AT_BACKUP_COMPLETE    n c f t f f f v v r
FAILED_AT_PRE_RESTORE        n c f t f f f v v r
FAILED_AT_POST_RESTORE       n c f t f f f v v r
FAILED_AT_BACKUPSHUTDOWN     n c f t f f f v v r
"""
CELLS: Final = {
    (line.split()[0], code): letter
    for line in MATRIX.strip().splitlines()
    for code, letter in zip(CODES, line.split()[1:], strict=True)
}


def _known(state: str, code: str) -> tuple[str, ...]:
    known = set(KNOWN_SINCE.get(state, RELEASES)) & set(KNOWN_SINCE.get(code, RELEASES))
    return tuple(release for release in RELEASES if release in known)


def _cells(letters: str, via: tuple[str, ...] = ()) -> tuple[When, ...]:
    """Give one alternative per cell with one of *letters*; *via* limits PARTIAL_FAILURE only."""
    return tuple(
        {"state": (state,), "failure": (code,), "release": _known(state, code)}
        | ({"via": via} if via and code == _PARTIAL else {})
        for (state, code), letter in CELLS.items()
        if letter in letters
    )


def _legal(code: str, name: str, letters: str, says: str, why: str, *sources: str) -> Row:
    return Row(
        code=code,
        name=name,
        on=("status",),
        source=("any",),
        when=_cells(letters, (VIA_EX, VIA_OTHER)),
        to=(SAME,),
        pays=INFO,
        grade=STATED,
        sources=sources,
        says=says,
        why=why,
        blame="writer" if letters != "v" else "unknown",
    )


def _suspicious(  # noqa: PLR0913 - a row has that many facts
    code: str, name: str, when: tuple[When, ...], says: str, why: str, ruling: str, *sources: str
) -> Row:
    return Row(
        code=code,
        name=name,
        on=("status",),
        source=("any",),
        when=when,
        grade=INFERRED,
        mild=True,
        ruling=ruling,
        sources=sources,
        says=says,
        why=why,
        blame="writer",
    )


def _illegal(  # noqa: PLR0913 - a row has that many facts
    code: str, name: str, when: tuple[When, ...], says: str, why: str, ruling: str, *sources: str
) -> Row:
    return Row(
        code=code,
        name=name,
        on=("status",),
        source=("any",),
        when=when,
        grade=INFERRED,
        ruling=ruling,
        sources=sources,
        says=says,
        why=why,
        blame="unknown",
    )


STATUS: Final = Region(
    name="status",
    title="pairs of reported state and failure code",
    scope="session",
    states=(ANY,),
    rows=(
        Row(
            code="STS-HEALTHY",
            on=("status",),
            source=("any",),
            when=_cells("."),
            to=(SAME,),
            grade=STATED,
            sources=("ne-vss-vss_writer_state", "getwriterstatus"),
            says="a state that is no failure, with S_OK",
        ),
        _legal(
            "STS001",
            "writer-failure",
            "f",
            "the writer failed, and says so with a code that fits",
            "The pair is legal; the writer's data is not protected by this backup.",
            "getwriterstatus",
            "writer-errors-and-vetoes",
        ),
        _legal(
            "STS002",
            "soft-failure",
            "s",
            "the writer went on, but recorded a failure",
            "The failure code decides: a requester has to treat it as a failure although the state"
            " is none.",
            "getwriterstatus",
            "kb-4037535",
            "kb-978773",
        ),
        _legal(
            "STS003",
            "writer-not-reached",
            "v",
            "the service could not get the writer's status",
            "The code comes from the service and may stand beside any state, which is then stale.",
            "getwriterstatus",
        ),
        _suspicious(
            "STS101",
            "unknown-state",
            _cells("u"),
            "the state is UNKNOWN, which is a fault of the writer",
            "UNKNOWN names no state of the lifecycle.",
            "unknown-state",
            "ne-vss-vss_writer_state",
        ),
        _suspicious(
            "STS102",
            "failed-at-identify",
            _cells("i"),
            "FAILED_AT_IDENTIFY is reported, though such a writer has no status entry",
            "A writer that fails in Identify vanishes from the metadata and status lists.",
            "failed-identify-has-no-status",
            "determining-writer-status",
            "ne-vss-vss_writer_state",
        ),
        _suspicious(
            "STS103",
            "failed-without-code",
            _cells("n"),
            "a FAILED state without a failure code",
            "A handler that returns false has to call SetWriterFailure first; without a code the"
            " requester cannot tell whether to retry.",
            "failed-without-code",
            "setwriterfailure",
            "field-listing-freeze-no-error",
        ),
        _suspicious(
            "STS104",
            "timeout-code-elsewhere",
            _cells("t"),
            "the TIMEOUT code beside a state outside of the freeze",
            "The code is defined as the time between Freeze and Thaw having run out.",
            "timeout-elsewhere",
            "setwriterfailure",
            "kb-915331",
        ),
        _suspicious(
            "STS105",
            "inconsistent-snapshot-after-copy",
            _cells("c"),
            "the INCONSISTENTSNAPSHOT code at a point where the volumes were already settled",
            "The code says that the shadow copy set lacks volumes of the writer, which is known"
            " before the copy.",
            "states-follow-names",
            "setwriterfailure",
        ),
        _suspicious(
            "STS106",
            "recovery-failed-code",
            _cells("r"),
            "0x800423F5 (RECOVERY_FAILED), a code of the header that no page lists",
            "Only a sentence that codes can be among those of the header covers it.",
            "recovery-failed-code",
            "getwriterstatus",
            "vsserror.h",
        ),
        _suspicious(
            "STS107",
            "partial-failure-by-plain-status",
            tuple(
                {**cell, "via": (VIA_PLAIN,)}
                for cell in _cells("sf")
                if _PARTIAL in cell["failure"]
            ),
            "PARTIAL_FAILURE through the plain GetWriterStatus, which does not list it",
            "The code is documented for the method of IVssBackupComponentsEx3.",
            "partial-by-plain-status",
            "getwriterstatusex",
        ),
        _illegal(
            "STS201",
            "no-writer-failure-code",
            ({"failure": (OTHER,)},),
            "the failure code is none of a writer and none of the service's two",
            "Return codes of methods and codes of other facilities are not failure codes of"
            " writers; whoever wrote the record mixed them up.",
            "codes-of-writers",
            "getwriterstatus",
        ),
        _illegal(
            "STS202",
            "no-writer-state",
            ({"state": (BEYOND,)},),
            "the state is outside of 0..15",
            "16 is COUNT, which is reserved; greater and negative numbers are no members.",
            "states-of-writers",
            "ne-vss-vss_writer_state",
        ),
        _illegal(
            "STS203",
            "backup-shutdown-state-on-xp",
            ({"state": (_SHUTDOWN_STATE,), "release": before("2003")},),
            "FAILED_AT_BACKUPSHUTDOWN on Windows XP, which does not have it",
            "The state came with Server 2003, together with the event.",
            "shutdown-state-on-xp",
            "summary-of-vss-api-changes-in-the-current-release",
        ),
        _illegal(
            "STS204",
            "partial-failure-before-windows-7",
            ({"failure": (_PARTIAL,), "release": before("7")},),
            "PARTIAL_FAILURE before Windows 7 and Server 2008 R2",
            "Only SetWriterFailureEx can set it, which came with these releases.",
            "partial-by-plain-status",
            "setwriterfailureex",
        ),
        _illegal(
            "STS205",
            "status-not-available-before-2008",
            ({"failure": (_NOT_AVAILABLE,), "release": before("vistasp1")},),
            "WRITER_STATUS_NOT_AVAILABLE before Server 2008",
            "The page excludes Windows XP, Server 2003 and Vista.",
            "codes-of-writers",
            "getwriterstatus",
        ),
    ),
)

#: what a requester should do about a code, and who produces it (pages getwriterstatus,
#: writer-errors-and-vetoes); the answer of `vssfsm explain`
ADVICE: Final = {
    "S_OK": ("nobody", "Nothing: no failure is recorded."),
    "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT": (
        "the writer",
        "Add the volumes that the writer's components need to the shadow copy set, and redo it.",
    ),
    "VSS_E_WRITERERROR_OUTOFRESOURCES": (
        "the writer",
        "Wait ten minutes and repeat the operation, up to three times; lower the load.",
    ),
    "VSS_E_WRITERERROR_TIMEOUT": (
        "the writer, or the freeze timer on its side",
        "Wait ten minutes and repeat the operation, up to three times; lower the load. The time"
        " between Freeze and Thaw ran over the writer's own budget (60 s unless it chose another).",
    ),
    "VSS_E_WRITERERROR_RETRYABLE": (
        "the writer",
        "Wait ten minutes and repeat the whole backup, restore or creation, up to three times;"
        " then restart the service that hosts the writer.",
    ),
    "VSS_E_WRITERERROR_NONRETRYABLE": (
        "the writer",
        "Do not count on a retry: one page says that the error might recur, another that it would"
        " likely occur again. Read the writer's own event log first.",
    ),
    "VSS_E_WRITERERROR_PARTIAL_FAILURE": (
        "the writer, by SetWriterFailureEx",
        "Ask each component for its failure (IVssComponentEx2::GetFailure).",
    ),
    "VSS_E_WRITER_NOT_RESPONDING": (
        "the service",
        "Do not back up this writer's data; look whether its host process still answers.",
    ),
    "VSS_E_WRITER_STATUS_NOT_AVAILABLE": (
        "the service",
        "The writer ran out of sessions, which leaked or never completed sessions lead to. Retry"
        " when the machine is less busy.",
    ),
    "VSS_E_WRITERERROR_RECOVERY_FAILED": (
        "unknown: no page lists it",
        "Read the writer's own event log.",
    ),
}
