"""
What a requester can do, as far as its regions tell acts apart: calls, and results of calls.

An *act* is a call or a result with all that rows can say of it.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from vssfsm.core.record import Record
from vssfsm.spec.codes import codes_of
from vssfsm.spec.contexts import CONTEXTS
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import ASYNC, METHODS, RESERVED, RESULTS
from vssfsm.spec.raises import RAISES
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rounds import FAILED, HEALTHY
from vssfsm.spec.vocabulary import RESTORE_EVENTS, STATUS_CALLS

_ENDS: Final = {
    "pending": "VSS_S_ASYNC_PENDING",
    "finished": "VSS_S_ASYNC_FINISHED",
    "cancelled": "VSS_S_ASYNC_CANCELLED",
}
_REFUSED: Final = "VSS_E_BAD_STATE"


class Act(NamedTuple):
    """
    A call, or the result of one.

    Args:
        event: documented name.
        of: the asynchronous call that a result belongs to.
        hresult: name of the call's own code; of a result that of `Wait`.
        async_result: what QueryStatus gives.
        context: of SetContext.
        health: of a status that is read.
        succeeded: of SetBackupSucceeded.
    """

    event: str
    of: str = ""
    hresult: str = ""
    async_result: str = ""
    context: str = ""
    health: str = ""
    succeeded: bool | None = None

    @property
    def record(self) -> Record:
        """The record as the tables see it."""
        return Record(
            actor="requester",
            event=self.event,
            of=self.of or None,
            hresult=HRESULTS[self.hresult] if self.hresult else None,
            async_result=HRESULTS[self.async_result] if self.async_result else None,
            context=self.context or None,
            succeeded=self.succeeded,
        )

    @property
    def keys(self) -> dict[str, object]:
        """The keys of a canonical record that say the same."""
        args: dict[str, object] = {"context": self.context} if self.context else {}
        if self.succeeded is not None:
            args["succeeded"] = self.succeeded
        said = {"hresult": self.hresult, "of": self.of, "async_result": self.async_result}
        return {
            "actor": "requester",
            "event": self.event,
            **{key: value for key, value in said.items() if value},
            **({"args": args} if args else {}),
        }

    @property
    def fails(self) -> bool:
        """Tell whether the call failed on its own line."""
        return bool(self.hresult) and is_failure(HRESULTS[self.hresult])


RELEASE: Final = Act("Release")


def is_sure(act: Act) -> bool:
    """Tell whether *act* leaves no doubt that the events of a restore come, all of them."""
    if not set(RESTORE_EVENTS) & set(RAISES.get(act.of or act.event, ())):
        return True
    told = act.event != "Wait" and act.async_result in ("", _ENDS["pending"], _ENDS["finished"])
    return told and not act.fails


@cache
def all_failures() -> frozenset[str]:
    """Give the names of all failure codes."""
    return frozenset(name for name, value in HRESULTS.items() if is_failure(value))


def _failure(name: str, *, result: bool = False) -> str:
    """Give a failure code that *name* returns on every release, if there is one."""
    codes = [c for c, on in codes_of(name).items() if c in all_failures() and on == RELEASES]
    wanted = [code for code in codes if code != _REFUSED]
    return (wanted[-1] if result else wanted[0]) if wanted else ""


def all_acts() -> Iterator[Act]:
    """Give every act, whatever release it needs; one failure of a call stands for all."""
    for method in METHODS:
        if method.use == RESERVED or method.name in RESULTS:
            continue
        yield from _variants(method.name)
        if code := _failure(method.name):
            yield Act(method.name, hresult=code)
    for name in ASYNC:
        for end in _ENDS.values():
            yield Act("QueryStatus", of=name, async_result=end)
        if code := _failure(name, result=True):
            yield Act("QueryStatus", of=name, async_result=code)
        yield Act("Wait", of=name)
        yield Act("Wait", of=name, hresult=_failure("Wait"))
    yield RELEASE


def _variants(name: str) -> Iterator[Act]:
    if name == "SetContext":
        yield from (Act(name, context=context) for context in CONTEXTS)
    elif name in STATUS_CALLS:
        yield from (Act(name, health=health) for health in (HEALTHY, FAILED))
    elif name == "SetBackupSucceeded":
        yield from (Act(name, succeeded=succeeded) for succeeded in (True, False))
    else:
        yield Act(name)
