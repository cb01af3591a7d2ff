"""The region `operation`: one asynchronous call at a time, and what needs its end."""

from typing import Final

from vssfsm.spec.calls import (
    ANY_CALL,
    ASYNC_RESULTS,
    BEGUN,
    BEGUN_FOLDED,
    CALL_FAILED,
    RESULT,
    forbid,
    permit,
    results,
    state,
)
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.rows import INFERRED, SAME, Region, Row

_IDLE: Final = state("IDLE", "no asynchronous call is known to run")
_ASYNC: Final = tuple(name for name in ASYNC if name not in ("PreFastRecovery", "FastRecovery"))
_RUNNING: Final = {name: state(f"RUNNING_{name}", f"{name} runs") for name in _ASYNC}
_ENDED: Final = {name: state(f"ENDED_{name}", f"{name} has ended") for name in _ASYNC}


def is_running(state: str) -> bool:
    """Tell whether an asynchronous call runs in a *state* of `operation`."""
    return any(state == running.name for running in _RUNNING.values())


#: calls that need the completion of another one first (contract 3)
_NEEDERS: Final = {
    "GatherWriterMetadata": (
        *("GetWriterMetadataCount", "GetWriterMetadata", "GetWriterMetadataEx"),
        *("FreeWriterMetadata", "AddComponent", "SetSelectedForRestore"),
        "SetSelectedForRestoreEx",
    ),
    "GatherWriterStatus": (
        *("GetWriterStatusCount", "GetWriterStatus", "GetWriterStatusEx", "FreeWriterStatus"),
    ),
    "PrepareForBackup": ("SetBackupSucceeded", "GetWriterComponents"),
    "DoSnapshotSet": ("GetSnapshotProperties", "SaveAsXML", "SetBackupSucceeded"),
    "PreRestore": ("SetFileRestoreStatus",),
}
NEEDERS: Final = {
    name: (*_NEEDERS.get(name, ()), *(other for other in _ASYNC if other != name), "Release")
    for name in _ASYNC
}
_ASYNC_PAGES: Final = ("wait", "querystatus")
#: the one operation that Cancel has no effect on
_UNSTOPPABLE: Final = "QueryRevertStatus"
_CANCELLED: Final = ("cancelled",)


def _operation_rows(name: str) -> tuple[Row, ...]:
    running, ended = _RUNNING[name].name, _ENDED[name].name
    cancelled = () if name == _UNSTOPPABLE else _CANCELLED
    idle = (_IDLE.name, *(state.name for state in _ENDED.values()))
    code = f"REQ-OPERATION-{name.upper()}"
    return (
        permit(code, (name,), idle, (running,), f"{name} begins", *_ASYNC_PAGES, when=BEGUN),
        permit(
            f"{code}-FOLDED",
            (name,),
            idle,
            (ended,),
            f"{name} ends on its own line",
            *_ASYNC_PAGES,
            when=BEGUN_FOLDED,
        ),
        permit(
            f"{code}-REFUSED",
            (name,),
            idle,
            (SAME,),
            f"{name} may fail at once",
            *_ASYNC_PAGES,
            when=CALL_FAILED,
        ),
        permit(
            f"{code}-PENDING",
            (name,),
            (running,),
            (SAME,),
            f"{name} still runs",
            *_ASYNC_PAGES,
            when=results("pending"),
        ),
        permit(
            f"{code}-ENDED",
            (name,),
            (running,),
            (ended,),
            f"{name} has ended",
            *_ASYNC_PAGES,
            when=results("finished", "ended", "failed", *cancelled),
        ),
        permit(
            f"{code}-WAIT-FAILED",
            (name,),
            (running,),
            (ended, running),
            f"{name} failed, or only the Wait did",
            *_ASYNC_PAGES,
            when=results("wait-failed"),
        ),
        permit(
            f"{code}-AGAIN",
            (name,),
            (ended,),
            (SAME,),
            f"the result of {name} is asked for again",
            *_ASYNC_PAGES,
            when=results("finished", "ended", "failed", *cancelled, "wait-failed"),
        ),
    )


_WAIT_FIRST: Final = (
    "S_OK of an asynchronous call says that it began. Only QueryStatus tells how it ended."
)
_BUSY: Final = tuple(state.name for state in (*_RUNNING.values(), *_ENDED.values()))
OPERATION: Final = Region(
    name="operation",
    title="asynchronous calls, one at a time, and their results",
    scope="requester",
    states=(_IDLE, *_RUNNING.values(), *_ENDED.values()),
    rows=(
        *(row for name in _ASYNC for row in _operation_rows(name)),
        *(
            permit(
                "REQ-OPERATION-DECIDES",
                methods,
                _BUSY,
                (SAME,),
                "a result of an earlier call, asked for again or told after all",
                *_ASYNC_PAGES,
                when=({"stage": (RESULT,), "result": results, "folded": ("yes", "earlier")},),
            )
            for methods, results in (
                (_ASYNC, tuple(result for result in ASYNC_RESULTS if result not in _CANCELLED)),
                (tuple(name for name in _ASYNC if name != _UNSTOPPABLE), _CANCELLED),
            )
        ),
        forbid(
            "REQ406",
            "revert-cancelled",
            (_UNSTOPPABLE,),
            _BUSY,
            "a revert was reported as cancelled",
            "A revert cannot be stopped; Cancel has no effect on it.",
            "queryrevertstatus",
            "reverttosnapshot",
            blame="recorder",
            when=results(*_CANCELLED),
        ),
        *(
            forbid(
                "REQ401",
                "call-before-completion",
                NEEDERS[name],
                (_RUNNING[name].name,),
                "a call came before the asynchronous call that it needs had ended",
                _WAIT_FIRST,
                *_ASYNC_PAGES,
                grade=INFERRED,
                ruling="wait-first",
            )
            for name in _ASYNC
        ),
        *(
            permit(
                f"REQ-OPERATION-NEEDED-BESIDE-{state.name}",
                tuple(
                    other
                    for other in dict.fromkeys(n for ns in NEEDERS.values() for n in ns)
                    if other not in _ASYNC and other not in NEEDERS.get(name, ())
                ),
                (state.name,),
                # IDLE by name: what comes too early (REQ401) may end what ran, and is one finding.
                (_IDLE.name,) if state is _IDLE else (SAME,),
                "a call that needs no result of what runs",
                *_ASYNC_PAGES,
                when=ANY_CALL,
            )
            for name, state in (
                ("", _IDLE),
                *_RUNNING.items(),
                *(("", state) for state in _ENDED.values()),
            )
        ),
        *(
            forbid(
                "REQ402",
                "repeated-call-before-completion",
                (name,),
                (_RUNNING[name].name,),
                "an asynchronous call was repeated before it had ended",
                _WAIT_FIRST,
                *_ASYNC_PAGES,
                grade=INFERRED,
                ruling="wait-first",
            )
            for name in _ASYNC
        ),
        *(
            forbid(
                "REQ403",
                "result-without-call",
                (name,),
                tuple(
                    state.name
                    for state in (_IDLE, *_RUNNING.values(), *_ENDED.values())
                    if state not in (_RUNNING[name], _ENDED[name])
                ),
                "a result was recorded of an asynchronous call that does not run",
                "A result belongs to the IVssAsync of a call that was made.",
                *_ASYNC_PAGES,
                grade=INFERRED,
                blame="recorder",
                when=results(*ASYNC_RESULTS),
            )
            for name in _ASYNC
        ),
        *(
            forbid(
                "REQ404",
                "pending-after-end",
                (name,),
                (_ENDED[name].name,),
                "an asynchronous call that had ended was reported as pending",
                "A call ends once.",
                *_ASYNC_PAGES,
                grade=INFERRED,
                blame="recorder",
                when=results("pending"),
            )
            for name in _ASYNC
        ),
    ),
)
