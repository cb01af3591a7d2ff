"""The region `methods`: reserved ones, and those that a release does not have."""

from typing import Final

from vssfsm.spec.anytime import ANY
from vssfsm.spec.calls import ASYNC_RESULTS, CALL, CALL_FAILED, CALL_OK, forbid, permit, results
from vssfsm.spec.methods import METHODS, RESERVED
from vssfsm.spec.releases import CLIENTS, RELEASES, before, since
from vssfsm.spec.rows import INFERRED, OPEN, SAME, Region, When

_NEWER: Final = tuple(m for m in METHODS if m.since != RELEASES[0] and m.use != RESERVED)
#: methods whose pages name no client that supports them
_ON_SERVERS: Final = frozenset(
    ("ImportSnapshots", "RevertToSnapshot", "AddSnapshotToRecoverySet", "RecoverSet")
)
#: a list of changes gives these to plain Server 2003, their pages to SP1
_DISPUTED: Final = ("RevertToSnapshot", "QueryRevertStatus")
_DISPUTED_ON: Final = ("2003",)


def _lacking(name: str, first: str) -> tuple[str, ...]:
    """Give the releases that do not have the method *name* of *first*, whichever page is right."""
    return tuple(r for r in before(first) if name not in _DISPUTED or r not in _DISPUTED_ON)


def _having(name: str, first: str) -> tuple[When, ...]:
    """Give when the method *name* of *first* can be called; elsewhere it may fail."""
    if name not in _ON_SERVERS:
        return ({"release": since(first)},)
    servers = tuple(release for release in since(first) if release not in CLIENTS)
    return ({"release": servers}, {"release": _clients(first), "result": ("failed",)})


def _clients(first: str) -> tuple[str, ...]:
    return tuple(release for release in since(first) if release in CLIENTS)


METHODS_REGION: Final = Region(
    name="methods",
    title="reserved methods, and methods younger than the release",
    scope="requester",
    states=(ANY,),
    rows=(
        *(
            permit(
                f"REQ-SINCE-{method.since.upper()}-{method.name.upper()}",
                (method.name,),
                ("any",),
                (SAME,),
                f"{method.name} exists since {method.since}",
                method.name.lower(),
                when=_having(method.name, method.since),
            )
            for method in _NEWER
        ),
        *(
            forbid(
                "REQ601",
                "method-not-in-release",
                (method.name,),
                ("any",),
                "a method was called on a release that does not have it",
                "The release or the record is wrong.",
                method.name.lower(),
                when=({"stage": (CALL,), "release": _lacking(method.name, method.since)},),
                blame="recorder",
            )
            for method in _NEWER
        ),
        permit(
            "REQ-SINCE-2003-PERHAPS",
            _DISPUTED,
            ("any",),
            (SAME,),
            "pages differ on whether plain Server 2003 has reverts",
            "reverttosnapshot",
            "summary-of-vss-api-changes-in-the-current-release",
            grade=OPEN,
            when=({"release": _DISPUTED_ON},),
        ),
        *(
            forbid(
                "REQ604",
                "server-method-on-client",
                (method.name,),
                ("any",),
                "a method of Windows Server succeeded on a client",
                "Its page names no client that supports it; the release or the record is wrong.",
                method.name.lower(),
                when=({**CALL_OK[0], "release": _clients(method.since)},),
                grade=INFERRED,
                blame="recorder",
            )
            for method in _NEWER
            if method.name in _ON_SERVERS
        ),
        permit(
            "REQ-METHOD-RESULT",
            tuple(m.name for m in METHODS if m.is_async and m in _NEWER),
            ("any",),
            (SAME,),
            "results are judged with their calls",
            "querystatus",
            when=results(*ASYNC_RESULTS),
        ),
        permit(
            "REQ-SINCE-2003-SETCONTEXT",
            ("SetContext",),
            ("any",),
            (SAME,),
            "SetContext has worked since Server 2003; on XP it fails",
            "setcontext",
            when=({"release": since("2003")}, *CALL_FAILED),
        ),
        forbid(
            "REQ603",
            "set-context-on-xp",
            ("SetContext",),
            ("any",),
            "SetContext succeeded on Windows XP, where it is not implemented",
            "XP has the default context only, and answers E_NOTIMPL.",
            "setcontext",
            blame="recorder",
            when=({**CALL_OK[0], "release": before("2003")},),
        ),
        forbid(
            "REQ602",
            "reserved-method",
            tuple(m.name for m in METHODS if m.use == RESERVED),
            ("any",),
            "a reserved method was called",
            "It is reserved for future use and does nothing that could be relied on.",
            "prefastrecovery",
            when=({},),
        ),
    ),
)
