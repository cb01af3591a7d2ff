"""Time budgets. A deadline compares two records of one session and never moves a state."""

from typing import Final

from vssfsm.spec.rows import INFERRED, OBSERVED, OPEN, STATED, Deadline, Row

FREEZE: Final = Deadline(
    start="Freeze",
    end="Thaw",
    budget_s=60.0,
    own="TIM101",
    default="TIM102",
    near="TIM104",
    near_share=0.85,
)
DEADLINES: Final = (FREEZE,)
#: seconds in which all volumes have to flush and hold their writes; not the writer's budget
FLUSH_AND_HOLD_S: Final = 10.0
#: a failed operation is repeated after so many seconds, and so many times
RETRY_WAIT_S: Final = 600.0
MOST_RETRIES: Final = 3
#: a later try is an operation of its own (ruling `retry-or-new`)
RETRY_OVER_S: Final = 6 * RETRY_WAIT_S
#: codes that ask for a wait and a repetition: of a writer, and of DoSnapshotSet itself
TRANSIENT_FAILURES: Final = (
    *("VSS_E_WRITERERROR_OUTOFRESOURCES", "VSS_E_WRITERERROR_TIMEOUT"),
    "VSS_E_WRITERERROR_RETRYABLE",
)
TRANSIENT_RESULTS: Final = (
    *("VSS_E_FLUSH_WRITES_TIMEOUT", "VSS_E_HOLD_WRITES_TIMEOUT", "VSS_E_PROVIDER_VETO"),
    "VSS_E_UNEXPECTED_PROVIDER_ERROR",
)
#: the rules for more time than flush and hold have, and for repetitions
HELD_TOO_LONG: Final = "TIM105"
RETRY_TOO_SOON: Final = "TIM201"
TOO_MANY_RETRIES: Final = "TIM202"
#: operations that are repeated as a whole, in the order in which an attempt comes to them
REPEATED: Final = ("PrepareForBackup", "DoSnapshotSet", "PreRestore")
#: those of a restore, which repeats no backup
RESTORES: Final = ("PreRestore",)
#: the rule for a budget that was exceeded where the handler did not claim success
OUT_OF_TIME: Final = "TIM103"

ROWS: Final = (
    Row(
        code="TIM101",
        name="freeze-longer-than-own-budget",
        on=("Thaw",),
        grade=STATED,
        sources=("initialize", "setwriterfailure"),
        says="Thaw succeeded although the writer's own freeze budget was exceeded",
        why="When the budget of Initialize runs out, the writer's OnAbort runs; a Thaw that"
        " succeeds afterwards covers data that was written unfrozen.",
        blame="writer",
    ),
    Row(
        code="TIM102",
        name="freeze-longer-than-default",
        on=("Thaw",),
        grade=INFERRED,
        mild=True,
        ruling="longer-budget",
        sources=("initialize", "kb-915331"),
        says="the freeze lasted longer than the default of 60 s, and Thaw succeeded",
        why="Unless the writer asked for more time in Initialize, its timer ran out and the copy"
        " may be inconsistent.",
        blame="coordinator",
    ),
    Row(
        code="TIM103",
        name="freeze-out-of-time",
        on=("Thaw",),
        grade=OPEN,
        sources=("initialize", "event-8229"),
        ruling="abort-by-freeze-timer",
        says="the freeze ran out of time, and Thaw did not claim success",
        why="It explains the failure; nothing illegal happened.",
        blame="coordinator",
    ),
    Row(
        code="TIM104",
        name="freeze-close-to-budget",
        on=("Thaw",),
        grade=OBSERVED,
        sources=("initialize", "shadow-copy-creation-for-providers"),
        says="the freeze used up most of its budget",
        why="Under a little more load the next backup fails.",
        blame="coordinator",
    ),
    Row(
        code=HELD_TOO_LONG,
        name="freeze-longer-than-hold",
        on=("Thaw",),
        grade=OBSERVED,
        sources=("shadow-copy-creation-for-providers",),
        says="more time lay between the last Freeze and the first Thaw than flush and hold have",
        why=f"Flush and hold of all volumes have {FLUSH_AND_HOLD_S:g} s of their own within it;"
        " what else took time, the records do not tell.",
        blame="provider",
    ),
    Row(
        code=RETRY_TOO_SOON,
        name="retry-too-soon",
        on=REPEATED,
        grade=STATED,
        mild=True,
        sources=("getwriterstatus", "writer-errors-and-vetoes"),
        says="a failed operation was repeated by the same process before ten minutes had passed",
        why="What failed for want of time or resources needs time to recover.",
        blame="requester",
    ),
    Row(
        code=TOO_MANY_RETRIES,
        name="too-many-retries",
        on=REPEATED,
        grade=STATED,
        mild=True,
        ruling="retry-or-new",
        sources=("getwriterstatus", "writer-errors-and-vetoes"),
        says="a failed operation was repeated more than three times by the same process",
        why="What fails after three repetitions does not recover by itself.",
        blame="requester",
    ),
)
