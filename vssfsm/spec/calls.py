"""
What a record says of a requester's call, and how rows of its regions are written.

An asynchronous call moves when it completes; `run` makes the rows of one.
"""

from typing import Any, Final

from vssfsm.spec.rows import SAME, STATED, Row, State, When

CALL: Final = "call"
RESULT: Final = "result"
#: whether a session is folded; of a result: `earlier`, of a call that is not the newest
OPEN_YET: Final = "open"
FOLDED: Final = "yes"
UNFOLDED: Final = "no"
EARLIER: Final = "earlier"
#: how a call itself can return
CALL_RESULTS: Final = ("ok", "s_false", "failed")
NOT_FAILED: Final = ("ok", "s_false")
#: what a result can say of an asynchronous call; `ended`: somehow, `wait-failed`: or only the Wait
ASYNC_RESULTS: Final = ("pending", "finished", "ended", "failed", "cancelled", "wait-failed")
#: alternatives that regions share: any call, one that did not fail, one that did, any result
ANY_CALL: Final[tuple[When, ...]] = ({"stage": (CALL,)},)
CALL_OK: Final[tuple[When, ...]] = ({"stage": (CALL,), "result": NOT_FAILED},)
CALL_FAILED: Final[tuple[When, ...]] = ({"stage": (CALL,), "result": ("failed",)},)
ANY_RESULT: Final[tuple[When, ...]] = ({"stage": (RESULT,), "result": ASYNC_RESULTS},)
#: the call's own line in a session that is not folded: the end is still to come
BEGUN: Final[tuple[When, ...]] = (
    {"stage": (CALL,), "result": NOT_FAILED, "folded": ("no", "open")},
)
#: the same in a folded session: how it returned is how it ended
BEGUN_FOLDED: Final[tuple[When, ...]] = (
    {"stage": (CALL,), "result": NOT_FAILED, "folded": ("yes",)},
)
#: a call of a folded session is asked for after all: its own line did not tell its end
GOES_ON: Final[tuple[When, ...]] = (
    {"stage": (RESULT,), "result": ("pending",), "folded": ("yes",)},
)


def results(*said: str) -> tuple[When, ...]:
    """Give when a result says one of *said*."""
    return ({"stage": (RESULT,), "result": said},)


def state(name: str, means: str) -> State:
    """Make a state of a region beside the lifecycle."""
    return State(name=name, means=means)


def permit(
    code: str,
    on: tuple[str, ...],
    source: tuple[str, ...],
    to: tuple[str, ...],
    says: str,
    *sources: str,
    **more: Any,
) -> Row:
    """Make a permitted row of a requester's region."""
    more.setdefault("grade", STATED)
    more.setdefault("when", CALL_OK)
    return Row(code=code, on=on, source=source, to=to, says=says, sources=sources, **more)


def forbid(  # noqa: PLR0913 - a row has that many facts
    code: str,
    name: str,
    on: tuple[str, ...],
    source: tuple[str, ...],
    says: str,
    why: str,
    *sources: str,
    **more: Any,
) -> Row:
    """Make a prohibition row of a requester's region; the requester is to blame."""
    more.setdefault("grade", STATED)
    more.setdefault("blame", "requester")
    more.setdefault("when", ({"stage": (CALL,)},))
    return Row(
        code=code, name=name, on=on, source=source, says=says, why=why, sources=sources, **more
    )


def run(
    method: str,
    source: tuple[str, ...],
    running: str,
    done: str,
    failed: str,
    *sources: str,
) -> tuple[Row, ...]:
    """
    Make the rows of an asynchronous call: begun, begun in a folded session, and its results.

    A cancelled call leaves what a failed one leaves; a failing Wait is the operation's failure or
    says nothing; Wait with S_OK says that it ended, not how.
    """
    code = f"REQ-{method.upper()}-FROM-{source[0]}"
    # A call that is refused changes nothing, save where a page says that it leaves a failed step.
    refused = SAME if done == failed else failed
    ends = (done,) if done == failed else (done, failed)

    def row(part: str, on: tuple[str, ...], to: tuple[str, ...], says: str, when: Any) -> Row:
        return permit(f"{code}{part}", (method,), on, to, says, *sources, when=when)

    return (
        row("", source, (running,), f"{method} begins", BEGUN),
        row("-FOLDED", source, (done,), f"{method} ends on its own line", BEGUN_FOLDED),
        row("-REFUSED", source, (refused,), f"{method} fails at once", CALL_FAILED),
        row("-PENDING", (running,), (SAME,), f"{method} is still running", results("pending")),
        row("-FINISHED", (running,), (done,), f"{method} succeeded", results("finished")),
        row("-ENDED", (running,), ends, f"{method} ended somehow", results("ended")),
        row(
            "-FAILED",
            (running,),
            (failed,),
            f"{method} failed or was cancelled",
            results("failed", "cancelled"),
        ),
        row(
            "-WAIT-FAILED",
            (running,),
            (failed, running),
            f"{method} failed, or only the Wait did",
            results("wait-failed"),
        ),
        row(
            "-AGAIN",
            (done,),
            (SAME,),
            f"the result of {method} is asked for again",
            results("finished", "ended", "wait-failed"),
        ),
        *(
            ()
            if done == failed
            else (
                row(
                    "-DECIDES",
                    (done,),
                    (failed,),
                    f"a result of {method} in a folded session decides",
                    ({**results("failed", "cancelled")[0], "folded": ("yes",)},),
                ),
            )
        ),
        row(
            "-GOES-ON",
            (done,),
            (running,),
            f"a result of {method} in a folded session tells that it still runs",
            GOES_ON,
        ),
        row(
            "-FAILED-AGAIN",
            (failed,),
            (SAME,),
            f"the failure of {method} is asked for again",
            results("failed", "cancelled", "ended", "wait-failed"),
        ),
    )
