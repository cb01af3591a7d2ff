"""
What a requester makes of status rounds: failures that it knows of, and what a round can show.

`heeding` (going on after a report of failure), `listing` (status without metadata), `fresh`
(rounds since the last event). Whether a round was read in full, and whose reports it held, compares
records with one another: those rules are registers.
"""

from typing import Final

from vssfsm.spec.calls import (
    ANY_CALL,
    ANY_RESULT,
    CALL,
    CALL_FAILED,
    CALL_OK,
    NOT_FAILED,
    RESULT,
    forbid,
    permit,
    state,
)
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import RAISES
from vssfsm.spec.rows import INFERRED, INFO, OBSERVED, OPEN, SAME, Region, When

#: what a report says of a writer: success needs a healthy state and the code S_OK
HEALTHY: Final = "healthy"
FAILED: Final = "failed"
#: it is healthy in a later round, and nobody is left of those who had failed
RECOVERED: Final = "recovered"
#: half of a report, or a failure of a writer that may have no part in the backup
UNCLEAR: Final = "unclear"
HEALTH: Final = (HEALTHY, FAILED, RECOVERED, UNCLEAR)
#: what SetBackupSucceeded says of a component
SUCCEEDED: Final = "yes"
NOT_SUCCEEDED: Final = "no"

_READS: Final = ("GetWriterStatus", "GetWriterStatusEx")
_ROUNDS: Final = "determining-writer-status"
_VETOES: Final = "writer-errors-and-vetoes"


def _read(health: str) -> tuple[When, ...]:
    return ({"stage": (CALL,), "result": NOT_FAILED, "health": (health,)},)


# --- heeding: going on after a report of failure -------------------------
_CLEAR: Final = state("NO_FAILURE_KNOWN", "no failure is known that this backup has to heed")
_KNOWN: Final = state("FAILURE_KNOWN", "a writer's failure was read and not heeded")
#: the state in which a failure has to be heeded
KNOWN: Final = _KNOWN.name
_KNOWING: Final = (_CLEAR.name, _KNOWN.name)
_FIRST: Final = ("PrepareForBackup", "PreRestore")
_NEXT: Final = ("DoSnapshotSet", "BackupComplete")

KNOWN_FAILURE: Final = Region(
    name="heeding",
    title="failures of writers that the requester read",
    scope="requester",
    states=(_CLEAR, _KNOWN),
    rows=(
        permit(
            "REQ-KNOWN-STALE",
            _FIRST,
            _KNOWING,
            (_CLEAR.name,),
            "what was read before the first event may be of an earlier session",
            _ROUNDS,
            when=CALL_OK,
        ),
        permit(
            "REQ-KNOWN-FAILURE",
            _READS,
            _KNOWING,
            (_KNOWN.name,),
            "a writer's failure is read",
            "getwriterstatus",
            _VETOES,
            when=_read(FAILED),
        ),
        permit(
            "REQ-KNOWN-HEALTH",
            _READS,
            _KNOWING,
            (SAME,),
            "a healthy writer is read",
            "getwriterstatus",
            when=_read(HEALTHY),
        ),
        permit(
            "REQ-KNOWN-RECOVERED",
            _READS,
            _KNOWING,
            (_CLEAR.name,),
            "a later round shows each writer healthy that had failed: what was read before is old",
            "gatherwriterstatus",
            _ROUNDS,
            grade=INFERRED,
            when=_read(RECOVERED),
        ),
        permit(
            "REQ-KNOWN-UNCLEAR",
            _READS,
            (_CLEAR.name,),
            _KNOWING,
            "a report may be of a failure that this backup has to heed, or of none",
            "getwriterstatus",
            when=_read(UNCLEAR),
        ),
        permit(
            "REQ-KNOWN-UNCLEAR-KEPT",
            _READS,
            (_KNOWN.name,),
            (SAME,),
            "a report that may be of no failure takes back none",
            "getwriterstatus",
            when=_read(UNCLEAR),
        ),
        permit(
            "REQ-KNOWN-NOTHING",
            _READS,
            _KNOWING,
            (SAME,),
            "a read that fails says nothing of the writer",
            "getwriterstatus",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-KNOWN-ABORT",
            ("AbortBackup",),
            _KNOWING,
            (_CLEAR.name,),
            "a backup that is aborted heeds the failure",
            _VETOES,
            when=CALL_OK,
        ),
        permit(
            "REQ-KNOWN-ABORT-REFUSED",
            ("AbortBackup",),
            _KNOWING,
            (SAME,),
            "where AbortBackup is refused, the failure is still to be heeded",
            _VETOES,
            when=CALL_FAILED,
        ),
        permit(
            "REQ-KNOWN-MARKED",
            ("SetBackupSucceeded",),
            _KNOWING,
            (_CLEAR.name,),
            "a component that is told to have failed heeds the failure",
            "setbackupsucceeded",
            when=({"stage": (CALL,), "result": NOT_FAILED, "succeeded": (NOT_SUCCEEDED,)},),
        ),
        permit(
            "REQ-KNOWN-CLAIMED",
            ("SetBackupSucceeded",),
            _KNOWING,
            (SAME,),
            "success of a component says nothing of another one's failure",
            "setbackupsucceeded",
            when=(
                {"stage": (CALL,), "result": NOT_FAILED, "succeeded": (SUCCEEDED,)},
                *CALL_FAILED,
            ),
        ),
        permit(
            "REQ-KNOWN-NEXT",
            _NEXT,
            (_CLEAR.name,),
            (_CLEAR.name,),
            "without a known failure the backup goes on",
            _ROUNDS,
            when=CALL_OK,
        ),
        permit(
            "REQ-KNOWN-REFUSED",
            (*_FIRST, *_NEXT),
            _KNOWING,
            (SAME,),
            "a call that fails at once does not go on",
            _ROUNDS,
            when=CALL_FAILED,
        ),
        permit(
            "REQ-KNOWN-RESULTS",
            (*_FIRST, *_NEXT),
            _KNOWING,
            (SAME,),
            "results are judged elsewhere",
            _ROUNDS,
            when=ANY_RESULT,
        ),
        forbid(
            "REQ321",
            "known-failure-ignored",
            _NEXT,
            (_KNOWN.name,),
            "the backup went on although a writer's failure had been read",
            "A requester may leave out a writer that it does not need; one that it needs has not"
            " been saved. AbortBackup, or SetBackupSucceeded with false, says so.",
            _VETOES,
            _ROUNDS,
            when=CALL_OK,
            mild=True,
        ),
    ),
)

# --- listing: status without metadata ------------------------------------------
_NEW: Final = state("NOT_INITIALIZED", "the object was not initialized")
_UNLISTED: Final = state("UNLISTED", "initialized for backup, and no metadata was gathered")
_LISTED: Final = state("LISTED", "metadata was gathered, or the object restores")
_LISTING: Final = (_NEW.name, _UNLISTED.name, _LISTED.name)

LISTING: Final = Region(
    name="listing",
    title="metadata before status, in a backup",
    scope="requester",
    states=(_NEW, _UNLISTED, _LISTED),
    rows=(
        permit(
            "REQ-LISTING-BACKUP",
            ("InitializeForBackup",),
            (_NEW.name, _UNLISTED.name),
            (_UNLISTED.name,),
            "only writers that identified themselves have a status",
            _ROUNDS,
            when=CALL_OK,
        ),
        permit(
            "REQ-LISTING-AGAIN",
            ("InitializeForBackup",),
            (_LISTED.name,),
            (SAME,),
            "a second initialization is judged elsewhere",
            "initializeforbackup",
            when=CALL_OK,
        ),
        permit(
            "REQ-LISTING-RESTORE",
            ("InitializeForRestore",),
            _LISTING,
            (_LISTED.name,),
            "a restore may gather status without metadata, to learn which writers run",
            _ROUNDS,
            when=CALL_OK,
            grade=OPEN,
            ruling="status-without-metadata",
        ),
        permit(
            "REQ-LISTING-REFUSED",
            ("InitializeForBackup", "InitializeForRestore", "GatherWriterMetadata"),
            _LISTING,
            (SAME,),
            "a call that fails at once lists nothing",
            _ROUNDS,
            when=CALL_FAILED,
        ),
        permit(
            "REQ-LISTING-GATHER",
            ("GatherWriterMetadata",),
            _LISTING,
            (_LISTED.name,),
            "gathering metadata lets writers identify themselves",
            "gatherwritermetadata",
            when=(*CALL_OK, *ANY_RESULT),
        ),
        permit(
            "REQ-LISTING-STATUS",
            ("GatherWriterStatus",),
            (_NEW.name, _LISTED.name),
            (SAME,),
            "status is gathered of writers that identified themselves",
            _ROUNDS,
            when=(*ANY_CALL, *ANY_RESULT),
        ),
        permit(
            "REQ-LISTING-STATUS-RESULT",
            ("GatherWriterStatus",),
            (_UNLISTED.name,),
            (SAME,),
            "results are judged elsewhere",
            _ROUNDS,
            when=ANY_RESULT,
        ),
        permit(
            "REQ322",
            ("GatherWriterStatus",),
            (_UNLISTED.name,),
            (_LISTED.name,),
            "status was gathered in a backup before metadata",
            _ROUNDS,
            when=ANY_CALL,
            name="status-without-metadata",
            why="Only writers that identified themselves have a status: the round may be empty.",
            grade=OBSERVED,
            pays=INFO,
            blame="requester",
        ),
    ),
)

# --- fresh: rounds since the last event ------------------------------------------
_UNSEEN: Final = state("NOT_LOOKED", "no status was gathered since the writers' last event")
_SEEN: Final = state("LOOKED", "status was gathered since the writers' last event")
_LOOKING: Final = (_UNSEEN.name, _SEEN.name)
_EVENTFUL: Final = tuple(call for call in RAISES if call in ASYNC)

FRESH: Final = Region(
    name="fresh",
    title="one status round per step",
    scope="requester",
    states=(_UNSEEN, _SEEN),
    rows=(
        permit(
            "REQ-FRESH-EVENT",
            _EVENTFUL,
            _LOOKING,
            (_UNSEEN.name,),
            "a call that raises events makes the last round stale",
            "gatherwriterstatus",
            when=(*ANY_CALL, *ANY_RESULT),
        ),
        permit(
            "REQ-FRESH-ABORT",
            ("AbortBackup",),
            _LOOKING,
            (_UNSEEN.name,),
            "AbortBackup raises events that make the last round stale",
            "abortbackup",
            when=ANY_CALL,
        ),
        permit(
            "REQ-FRESH-GATHER",
            ("GatherWriterStatus",),
            (_UNSEEN.name,),
            (_SEEN.name,),
            "status is gathered after the writers' last event",
            "gatherwriterstatus",
            when=CALL_OK,
        ),
        permit(
            "REQ-FRESH-REFUSED",
            ("GatherWriterStatus",),
            _LOOKING,
            (SAME,),
            "a gathering that fails at once shows nothing",
            "gatherwriterstatus",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-FRESH-FAILED",
            ("GatherWriterStatus",),
            _LOOKING,
            (_UNSEEN.name,),
            "a gathering that failed shows nothing",
            "gatherwriterstatus",
            when=({"stage": (RESULT,), "result": ("failed", "cancelled", "wait-failed")},),
        ),
        permit(
            "REQ-FRESH-RESULT",
            ("GatherWriterStatus",),
            _LOOKING,
            (SAME,),
            "the gathering went on or ended",
            "gatherwriterstatus",
            when=({"stage": (RESULT,), "result": ("pending", "finished", "ended", "wait-failed")},),
        ),
        permit(
            "REQ323",
            ("GatherWriterStatus",),
            (_SEEN.name,),
            (SAME,),
            "status was gathered again although no event had come since the last round",
            _ROUNDS,
            when=CALL_OK,
            name="round-without-event",
            why="It can show nothing new of this backup; what it shows may belong to another.",
            grade=OPEN,
            pays=INFO,
            blame="requester",
        ),
    ),
)

REGIONS: Final = (KNOWN_FAILURE, LISTING, FRESH)


# --- registers: how a round was read, and whose reports it held --------------------
INDEX_ANSWERED: Final = forbid(
    "REQ331",
    "status-index-outside",
    _READS,
    (),
    "a writer's status was read at an index that does not exist, and was answered S_OK",
    "Indexes go from 0 to the number of writers less one; what was returned is nobody's status.",
    "getwriterstatus",
)
INDEX_REFUSED: Final = forbid(
    "REQ332",
    "refused-status-index",
    _READS,
    (),
    "a writer's status was asked for at an index that does not exist",
    "Indexes go from 0 to the number of writers less one; the loop runs too far.",
    "getwriterstatus",
    mild=True,
)
INDEX_AGAIN: Final = forbid(
    "REQ333",
    "status-index-read-twice",
    _READS,
    (),
    "a writer's status was read twice in one round",
    "It is the same report; a loop that does not count on skips the others.",
    "getwriterstatus",
    grade=OPEN,
)
PARTLY_READ: Final = forbid(
    "REQ334",
    "status-partly-read",
    ("FreeWriterStatus", "GatherWriterStatus", "Release"),
    (),
    "a round ended before the status of each writer had been read",
    "A writer that was not read may have failed.",
    "gatherwriterstatus",
    "getwriterstatus",
    mild=True,
)
COUNT_DIFFERS: Final = forbid(
    "REQ335",
    "status-count-differs",
    ("GetWriterStatusCount",),
    (),
    "the number of writers with a status is not that of the writers with metadata",
    "Both pages give the same number; one of them counts all writers of the system. A writer may"
    " have come or gone.",
    "getwriterstatuscount",
    "getwritermetadatacount",
    blame="unknown",
    ruling="writers-in-a-round",
    grade=OPEN,
)
NOT_LISTED: Final = forbid(
    "REQ336",
    "writer-not-in-metadata",
    _READS,
    (),
    "a writer has a status, and was not in the metadata that this object gathered",
    "Only writers that identified themselves have a status, says one page; another counts all.",
    _ROUNDS,
    "getwriterstatuscount",
    blame="unknown",
    ruling="writers-in-a-round",
    grade=OPEN,
)
INSTANCE_TWICE: Final = forbid(
    "REQ337",
    "instance-twice-in-round",
    _READS,
    (),
    "two indexes of one round gave the same writer instance",
    "An instance has one entry; either the record or the list is wrong.",
    "getwriterstatus",
    blame="unknown",
    grade=INFERRED,
)
TWO_IDENTITIES: Final = forbid(
    "REQ338",
    "instance-with-two-identities",
    (*_READS, "GetWriterMetadata", "GetWriterMetadataEx"),
    (),
    "one writer instance was reported with two class ids or names",
    "An instance belongs to one writer; either the record or the report is wrong.",
    "getwriterstatus",
    blame="unknown",
    grade=INFERRED,
)
INSTANCE_CHANGED: Final = forbid(
    "REQ339",
    "instance-changed",
    _READS,
    (),
    "a writer has another instance than in an earlier round of this session",
    "Its process was started anew: it knows nothing of the backup that runs.",
    "getwriterstatus",
    blame="writer",
    grade=OPEN,
)
BESIDE: Final = forbid(
    "REQ324",
    "round-beside-operation",
    ("GatherWriterStatus",),
    (),
    "status was gathered while another session of the host had a call pending",
    "Writers may be busy with that session's event: what they report proves nothing here.",
    _ROUNDS,
    grade=OPEN,
)
STALE: Final = forbid(
    "REQ325",
    "stale-status-read",
    _READS,
    (),
    "a writer's status was read that had been gathered before the last event",
    "Each round describes the step before it; after the next event it is out of date.",
    "gatherwriterstatus",
    grade=OPEN,
)
WITHOUT_WRITERS: Final = forbid(
    "REQ326",
    "round-without-writers",
    ("GatherWriterStatus",),
    (),
    "status was gathered in a context without writers",
    "No writer takes part in this copy; what they report is of something else.",
    "shadow-copy-creation-details",
    grade=OPEN,
)
REGISTERS: Final = (
    *(INDEX_ANSWERED, INDEX_REFUSED, INDEX_AGAIN, PARTLY_READ, COUNT_DIFFERS, NOT_LISTED),
    *(INSTANCE_TWICE, TWO_IDENTITIES, INSTANCE_CHANGED, BESIDE, STALE, WITHOUT_WRITERS),
)
