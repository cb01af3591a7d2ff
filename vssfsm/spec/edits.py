"""
What the edits of a repair cost, and what cannot be inserted.

The cheapest repair has the least sum of costs; among equally cheap ones the one with the least sum
of ranks is shown. A replacement is a drop and an insertion at one place, so it must not be cheaper
than a drop: else it would serve to drop a record.
"""

from typing import Final, NamedTuple

from vssfsm.spec.vocabulary import RESULT_CALLS


class EditCost(NamedTuple):
    """One kind of edit: what it costs, its rank among equally cheap ones, and what it does."""

    op: str
    cost: int
    rank: int
    says: str


INSERT: Final = "insert"
DROP: Final = "drop"
REPLACE: Final = "replace"
EDITS: Final = (
    EditCost(INSERT, 1, 0, "a bare event comes before the line; it says what was missing"),
    EditCost(DROP, 1, 1, "the record of the line goes"),
    EditCost(REPLACE, 1, 2, "a bare event takes the place of the line's record"),
)
COST_OF: Final = {edit.op: edit.cost for edit in EDITS}
#: calls whose arguments decide what they do, and results that name no call: a bare one would
#: explain too much
NOT_INSERTED: Final = frozenset({"SetContext", *RESULT_CALLS})
#: rule about what somebody left out -> the call that comes before the record which shows it
LEFT_OUT: Final = {
    "REQ224": "SetBackupSucceeded",
    "REQ334": "GetWriterStatus",
    "FLR204": "Subscribe",
    "FLR205": "Subscribe",
}
#: rule that participants break together -> the call whose recorded arguments are doubted
DOUBTED: Final = {"CPL103": "SetContext"}
#: rules that a record breaks by its place among others: it is moved before them
MOVED: Final = frozenset({"CPL101"})
#: rules that a record breaks by being there: the session is mended without it, and without another
WITHOUT: Final = frozenset({"CPL201"})
#: calls that turn to another plan: what was missing is more likely something else
UNLIKELY: Final = frozenset({"AbortBackup", "ImportSnapshots"})
UNLIKELY_RANK: Final = 3
#: equally cheap repairs that are told apart; more are not counted
ALTERNATIVES: Final = 1_000
