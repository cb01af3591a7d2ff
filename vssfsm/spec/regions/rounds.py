"""The region `rounds`: the status of writers is gathered, read, and freed."""

from typing import Final

from vssfsm.spec.calls import (
    ANY_CALL,
    ASYNC_RESULTS,
    CALL_FAILED,
    CALL_OK,
    forbid,
    permit,
    results,
    state,
)
from vssfsm.spec.rows import INFERRED, INFO, OPEN, SAME, Region

_NO_STATUS: Final = state("NO_STATUS", "no status was gathered")
_STATUS: Final = state("STATUS", "a status was gathered")
_STATUS_FREED: Final = state("STATUS_FREED", "the status was freed")
_GATHER_STATUS: Final = ("GatherWriterStatus",)
_READ_STATUS: Final = ("GetWriterStatus", "GetWriterStatusEx")
_ANY_STATUS: Final = tuple(s.name for s in (_NO_STATUS, _STATUS, _STATUS_FREED))

ROUNDS: Final = Region(
    name="rounds",
    title="status rounds: gathered, read, freed",
    scope="requester",
    states=(_NO_STATUS, _STATUS, _STATUS_FREED),
    rows=(
        permit(
            "REQ-ROUND-GATHER",
            _GATHER_STATUS,
            _ANY_STATUS,
            (_STATUS.name,),
            "status is gathered as often as wanted",
            "gatherwriterstatus",
            when=CALL_OK,
        ),
        permit(
            "REQ-ROUND-GATHER-REFUSED",
            _GATHER_STATUS,
            _ANY_STATUS,
            (SAME,),
            "a failed gathering changes nothing",
            "gatherwriterstatus",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-ROUND-GATHER-RESULT",
            _GATHER_STATUS,
            _ANY_STATUS,
            (SAME,),
            "the gathering went on or ended",
            "gatherwriterstatus",
            when=results(*ASYNC_RESULTS),
        ),
        permit(
            "REQ-ROUND-GATHER-FAILED",
            _GATHER_STATUS,
            (_STATUS.name,),
            (_NO_STATUS.name,),
            "a gathering that failed may have left nothing to free",
            "gatherwriterstatus",
            when=results("failed", "cancelled", "wait-failed"),
        ),
        permit(
            "REQ-ROUND-COUNT",
            ("GetWriterStatusCount",),
            (_STATUS.name,),
            (SAME,),
            "the number of writers is asked for after gathering",
            "getwriterstatuscount",
            when=ANY_CALL,
        ),
        permit(
            "REQ-ROUND-READ",
            _READ_STATUS,
            (_STATUS.name,),
            (SAME,),
            "the status of each writer is read after gathering",
            "getwriterstatus",
            when=ANY_CALL,
        ),
        permit(
            "REQ-ROUND-FREE",
            ("FreeWriterStatus",),
            (_STATUS.name,),
            (_STATUS_FREED.name,),
            "the status is freed after it was read",
            "gatherwriterstatus",
            when=ANY_CALL,
        ),
        permit(
            "REQ301",
            ("FreeWriterStatus",),
            (_NO_STATUS.name, _STATUS_FREED.name),
            (SAME,),
            "a status was freed that had not been gathered, or was freed twice",
            "gatherwriterstatus",
            when=ANY_CALL,
            name="no-status-to-free",
            why="No page says what the call does then.",
            grade=OPEN,
            pays=INFO,
            blame="requester",
        ),
        permit(
            "REQ-ROUND-RELEASE",
            ("Release",),
            (_NO_STATUS.name, _STATUS_FREED.name),
            (SAME,),
            "what was gathered has been freed",
            "gatherwriterstatus",
            when=ANY_CALL,
        ),
        forbid(
            "REQ304",
            "status-not-freed",
            ("Release",),
            (_STATUS.name,),
            "an object was released without FreeWriterStatus",
            "The status holds resources of the writers' sessions.",
            "gatherwriterstatus",
            mild=True,
        ),
        forbid(
            "REQ302",
            "status-before-gather",
            ("GetWriterStatusCount", *_READ_STATUS),
            (_NO_STATUS.name,),
            "a writer's status was read before it was gathered",
            "GatherWriterStatus has to be called, and waited for, first.",
            "getwriterstatus",
            "gatherwriterstatus",
        ),
        forbid(
            "REQ303",
            "status-after-free",
            ("GetWriterStatusCount", *_READ_STATUS),
            (_STATUS_FREED.name,),
            "a writer's status was read after FreeWriterStatus",
            "It is gone until it is gathered again.",
            "gatherwriterstatus",
            grade=INFERRED,
        ),
    ),
)
