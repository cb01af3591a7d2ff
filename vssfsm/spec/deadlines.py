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
)
