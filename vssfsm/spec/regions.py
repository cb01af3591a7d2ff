"""
What runs beside the requester's lifecycle: small machines that each see every call.

`operation` (one asynchronous call at a time, results), `metadata`, `rounds` (writer status), `due`
(where a round is due), `duty` (AbortBackup), `success` (SetBackupSucceeded), `description`
(SetBackupState), `context` (SetContext once), `volumes` (64 in a set), and `methods` (reserved
ones, releases). Kept apart, never multiplied.
"""

from typing import Final

from vssfsm.spec.anytime import ANY
from vssfsm.spec.methods import ASYNC, METHODS, RESERVED
from vssfsm.spec.releases import CLIENTS, RELEASES, before, since
from vssfsm.spec.requester import (
    ANY_CALL,
    ASYNC_RESULTS,
    CALL,
    CALL_FAILED,
    CALL_OK,
    LEAKED,
    RESULT,
    forbid,
    permit,
)
from vssfsm.spec.rows import INFERRED, INFO, OPEN, SAME, Region, Row, State, When

_OK: Final = CALL_OK
_FAILED: Final = CALL_FAILED
_CALLED: Final = ANY_CALL
_BEGUN: Final[tuple[When, ...]] = (
    {"stage": (CALL,), "result": ("ok", "s_false"), "folded": ("no", "open")},
)
_FOLDED: Final[tuple[When, ...]] = (
    {"stage": (CALL,), "result": ("ok", "s_false"), "folded": ("yes",)},
)
_ALL_RESULTS: Final = ASYNC_RESULTS
_CREATION: Final = "shadow-copy-creation-details"


def _results(*results: str) -> tuple[When, ...]:
    return ({"stage": (RESULT,), "result": results},)


def _state(name: str, means: str) -> State:
    return State(name=name, means=means)


# --- operation: one asynchronous call at a time ------------------------------
_IDLE: Final = _state("IDLE", "no asynchronous call is known to run")
_ASYNC: Final = tuple(name for name in ASYNC if name not in ("PreFastRecovery", "FastRecovery"))
_RUNNING: Final = {name: _state(f"RUNNING_{name}", f"{name} runs") for name in _ASYNC}
_ENDED: Final = {name: _state(f"ENDED_{name}", f"{name} has ended") for name in _ASYNC}


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
        permit(code, (name,), idle, (running,), f"{name} begins", *_ASYNC_PAGES, when=_BEGUN),
        permit(
            f"{code}-FOLDED",
            (name,),
            idle,
            (ended,),
            f"{name} ends on its own line",
            *_ASYNC_PAGES,
            when=_FOLDED,
        ),
        permit(
            f"{code}-REFUSED",
            (name,),
            idle,
            (SAME,),
            f"{name} may fail at once",
            *_ASYNC_PAGES,
            when=_FAILED,
        ),
        permit(
            f"{code}-PENDING",
            (name,),
            (running,),
            (SAME,),
            f"{name} still runs",
            *_ASYNC_PAGES,
            when=_results("pending"),
        ),
        permit(
            f"{code}-ENDED",
            (name,),
            (running,),
            (ended,),
            f"{name} has ended",
            *_ASYNC_PAGES,
            when=_results("finished", "ended", "failed", *cancelled),
        ),
        permit(
            f"{code}-WAIT-FAILED",
            (name,),
            (running,),
            (ended, running),
            f"{name} failed, or only the Wait did",
            *_ASYNC_PAGES,
            when=_results("wait-failed"),
        ),
        permit(
            f"{code}-AGAIN",
            (name,),
            (ended,),
            (SAME,),
            f"the result of {name} is asked for again",
            *_ASYNC_PAGES,
            when=_results("finished", "ended", "failed", *cancelled, "wait-failed"),
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
                (_ASYNC, tuple(result for result in _ALL_RESULTS if result not in _CANCELLED)),
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
            when=_results(*_CANCELLED),
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
                when=_CALLED,
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
                when=_results(*_ALL_RESULTS),
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
                when=_results("pending"),
            )
            for name in _ASYNC
        ),
    ),
)


# --- metadata: gathered once, read, freed ------------------------------------
_NO_METADATA: Final = _state("NO_METADATA", "no metadata was gathered")
_METADATA: Final = _state("METADATA", "the metadata can be read")
_METADATA_FREED: Final = _state("METADATA_FREED", "the metadata was freed")
_GATHER: Final = ("GatherWriterMetadata",)
_READ_METADATA: Final = ("GetWriterMetadataCount", "GetWriterMetadata", "GetWriterMetadataEx")
_FREE_METADATA: Final = ("FreeWriterMetadata",)
_CHOOSE: Final = ("EnableWriterClasses", "DisableWriterClasses", "DisableWriterInstances")

METADATA: Final = Region(
    name="metadata",
    title="writer metadata: gathered once, read, freed",
    scope="requester",
    states=(_NO_METADATA, _METADATA, _METADATA_FREED),
    rows=(
        permit(
            "REQ-METADATA-GATHER",
            _GATHER,
            (_NO_METADATA.name,),
            (_METADATA.name,),
            "metadata is gathered once per object",
            "gatherwritermetadata",
            when=_OK,
        ),
        permit(
            "REQ-METADATA-GATHER-REFUSED",
            _GATHER,
            (_NO_METADATA.name,),
            (SAME,),
            "a failed gathering leaves nothing",
            "gatherwritermetadata",
            when=_FAILED,
        ),
        permit(
            "REQ-METADATA-GATHER-ENDED",
            _GATHER,
            (_NO_METADATA.name, _METADATA.name, _METADATA_FREED.name),
            (SAME,),
            "the gathering went on or ended",
            "gatherwritermetadata",
            when=_results("pending", "finished", "ended", "wait-failed"),
        ),
        permit(
            "REQ-METADATA-GATHER-FAILED",
            _GATHER,
            (_METADATA.name, _METADATA_FREED.name, _NO_METADATA.name),
            (_NO_METADATA.name,),
            "a gathering that failed leaves nothing",
            "gatherwritermetadata",
            when=_results("failed", "cancelled", "wait-failed"),
        ),
        permit(
            "REQ-METADATA-READ",
            _READ_METADATA,
            (_METADATA.name,),
            (SAME,),
            "gathered metadata is read",
            "getwritermetadata",
            when=_CALLED,
        ),
        permit(
            "REQ-METADATA-FREE",
            _FREE_METADATA,
            (_METADATA.name,),
            (_METADATA_FREED.name,),
            "gathered metadata is freed",
            "freewritermetadata",
            when=_CALLED,
        ),
        permit(
            "REQ201",
            _FREE_METADATA,
            (_NO_METADATA.name, _METADATA_FREED.name),
            (SAME,),
            "metadata was freed that had not been gathered, or was freed twice",
            "freewritermetadata",
            when=_CALLED,
            name="nothing-to-free",
            why="No page says what the call does then.",
            grade=OPEN,
            pays=INFO,
            blame="requester",
        ),
        permit(
            "REQ-METADATA-USE",
            ("AddComponent", "SetSelectedForRestore", "SetSelectedForRestoreEx"),
            (_METADATA.name, _METADATA_FREED.name),
            (SAME,),
            "components are named once metadata was gathered",
            "addcomponent",
            when=_CALLED,
        ),
        permit(
            "REQ-METADATA-CHOOSE",
            _CHOOSE,
            (_NO_METADATA.name,),
            (SAME,),
            "writers are enabled and disabled before metadata is gathered",
            "disablewriterclasses",
            when=_CALLED,
        ),
        permit(
            "REQ-METADATA-PREPARE",
            ("PrepareForBackup", "PreRestore"),
            (_METADATA.name, _METADATA_FREED.name),
            (SAME,),
            "writers are prepared after metadata was gathered",
            "gatherwritermetadata",
            when=_CALLED,
        ),
        permit(
            "REQ-METADATA-PREPARE-RESULT",
            ("PrepareForBackup", "PreRestore"),
            (_NO_METADATA.name, _METADATA.name, _METADATA_FREED.name),
            (SAME,),
            "results are judged elsewhere",
            "gatherwritermetadata",
            when=_results(*_ALL_RESULTS),
        ),
        permit(
            "REQ208",
            ("PreRestore",),
            (_NO_METADATA.name,),
            (SAME,),
            "PreRestore came without metadata",
            "overview-of-restore-initialization",
            when=_CALLED,
            name="restore-without-metadata",
            why="One page asks every requester to gather it; a sequence of automated recovery does"
            " without.",
            grade=OPEN,
            pays=INFO,
            blame="requester",
        ),
        forbid(
            "REQ207",
            "prepare-without-metadata",
            ("PrepareForBackup",),
            (_NO_METADATA.name,),
            "PrepareForBackup came without metadata, in a context with writers",
            "Backups with writers gather it, even where no component is chosen.",
            _CREATION,
            mild=True,
        ),
        forbid(
            "REQ202",
            "metadata-before-gather",
            _READ_METADATA,
            (_NO_METADATA.name,),
            "metadata was read before it was gathered",
            "There is nothing to read; the service answers VSS_E_BAD_STATE.",
            "getwritermetadata",
        ),
        forbid(
            "REQ203",
            "metadata-after-free",
            _READ_METADATA,
            (_METADATA_FREED.name,),
            "metadata was read after FreeWriterMetadata",
            "It is gone, and it cannot be gathered again with this object.",
            "freewritermetadata",
        ),
        forbid(
            "REQ204",
            "repeated-gather-metadata",
            _GATHER,
            (_METADATA.name, _METADATA_FREED.name),
            "metadata was gathered again with one object",
            "It may be gathered once per object.",
            "gatherwritermetadata",
        ),
        forbid(
            "REQ205",
            "component-before-metadata",
            ("AddComponent", "SetSelectedForRestore", "SetSelectedForRestoreEx"),
            (_NO_METADATA.name,),
            "a component was named before metadata was gathered",
            "Pages ask for the metadata first, except for one sequence of automated recovery.",
            "addcomponent",
            mild=True,
        ),
        forbid(
            "REQ206",
            "writer-selection-after-gather",
            _CHOOSE,
            (_METADATA.name, _METADATA_FREED.name),
            "writers were enabled or disabled after metadata was gathered",
            "The call then does nothing, though it may return S_OK.",
            "disablewriterclasses",
            mild=True,
        ),
    ),
)

# --- rounds: writer status, gathered and read --------------------------------
_NO_STATUS: Final = _state("NO_STATUS", "no status was gathered")
_STATUS: Final = _state("STATUS", "a status was gathered")
_STATUS_FREED: Final = _state("STATUS_FREED", "the status was freed")
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
            when=_OK,
        ),
        permit(
            "REQ-ROUND-GATHER-REFUSED",
            _GATHER_STATUS,
            _ANY_STATUS,
            (SAME,),
            "a failed gathering changes nothing",
            "gatherwriterstatus",
            when=_FAILED,
        ),
        permit(
            "REQ-ROUND-GATHER-RESULT",
            _GATHER_STATUS,
            _ANY_STATUS,
            (SAME,),
            "the gathering went on or ended",
            "gatherwriterstatus",
            when=_results(*_ALL_RESULTS),
        ),
        permit(
            "REQ-ROUND-COUNT",
            ("GetWriterStatusCount",),
            (_STATUS.name,),
            (SAME,),
            "the number of writers is asked for after gathering",
            "getwriterstatuscount",
            when=_CALLED,
        ),
        permit(
            "REQ-ROUND-READ",
            _READ_STATUS,
            (_STATUS.name,),
            (SAME,),
            "the status of each writer is read after gathering",
            "getwriterstatus",
            when=_CALLED,
        ),
        permit(
            "REQ-ROUND-FREE",
            ("FreeWriterStatus",),
            (_STATUS.name,),
            (_STATUS_FREED.name,),
            "the status is freed after it was read",
            "gatherwriterstatus",
            when=_CALLED,
        ),
        permit(
            "REQ301",
            ("FreeWriterStatus",),
            (_NO_STATUS.name, _STATUS_FREED.name),
            (SAME,),
            "a status was freed that had not been gathered, or was freed twice",
            "gatherwriterstatus",
            when=_CALLED,
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
            when=_CALLED,
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

# --- description, context, volumes -------------------------------------------
_UNDESCRIBED: Final = _state("UNDESCRIBED", "SetBackupState was not called")
_DESCRIBED: Final = _state("DESCRIBED", "SetBackupState was called")

DESCRIPTION: Final = Region(
    name="description",
    title="SetBackupState before PrepareForBackup",
    scope="requester",
    states=(_UNDESCRIBED, _DESCRIBED),
    rows=(
        permit(
            "REQ-DESCRIBE",
            ("SetBackupState",),
            (_UNDESCRIBED.name, _DESCRIBED.name),
            (_DESCRIBED.name,),
            "the backup's state is set before PrepareForBackup",
            "setbackupstate",
            when=_OK,
        ),
        permit(
            "REQ-DESCRIBE-REFUSED",
            ("SetBackupState",),
            (_UNDESCRIBED.name, _DESCRIBED.name),
            (SAME,),
            "a failed SetBackupState sets nothing",
            "setbackupstate",
            when=_FAILED,
        ),
        permit(
            "REQ-DESCRIBED-PREPARE",
            ("PrepareForBackup",),
            (_DESCRIBED.name,),
            (SAME,),
            "PrepareForBackup follows SetBackupState",
            "prepareforbackup",
            when=_CALLED,
        ),
        permit(
            "REQ-DESCRIBED-PREPARE-RESULT",
            ("PrepareForBackup",),
            (_UNDESCRIBED.name, _DESCRIBED.name),
            (SAME,),
            "how PrepareForBackup ends is judged elsewhere",
            "prepareforbackup",
            when=_results(*_ALL_RESULTS),
        ),
        forbid(
            "REQ211",
            "prepare-without-backup-state",
            ("PrepareForBackup",),
            (_UNDESCRIBED.name,),
            "PrepareForBackup came without SetBackupState",
            "Writers decide by the backup's type what they do.",
            "prepareforbackup",
            "setbackupstate",
        ),
    ),
)

_UNSET: Final = _state("CONTEXT_UNSET", "SetContext was not called with success")
_SET: Final = _state("CONTEXT_SET", "SetContext succeeded")
CONTEXT: Final = Region(
    name="context",
    title="SetContext at most once",
    scope="requester",
    states=(_UNSET, _SET),
    rows=(
        permit(
            "REQ-CONTEXT",
            ("SetContext",),
            (_UNSET.name,),
            (_SET.name,),
            "SetContext is called at most once",
            "setcontext",
            when=_OK,
        ),
        permit(
            "REQ-CONTEXT-REFUSED",
            ("SetContext",),
            (_UNSET.name, _SET.name),
            (SAME,),
            "a failed SetContext does not use it up",
            "setcontext",
            when=_FAILED,
        ),
        forbid(
            "REQ212",
            "repeated-set-context",
            ("SetContext",),
            (_SET.name,),
            "SetContext succeeded twice on one object",
            "It may be called once, before most other calls.",
            "setcontext",
            when=_OK,
        ),
    ),
)

MOST_VOLUMES: Final = 64
_VOLUMES: Final = tuple(
    _state(f"VOLUMES_{number}", f"{number} volumes are in the set")
    for number in range(MOST_VOLUMES + 1)
)
_FULL: Final = _VOLUMES[-1].name
VOLUMES: Final = Region(
    name="volumes",
    title=f"at most {MOST_VOLUMES} volumes in a set",
    scope="requester",
    states=_VOLUMES,
    rows=(
        *(
            permit(
                "REQ-VOLUMES",
                ("AddToSnapshotSet",),
                (_VOLUMES[number].name,),
                (_VOLUMES[number + 1].name,),
                f"a set has at most {MOST_VOLUMES} volumes",
                "addtosnapshotset",
                when=_OK,
            )
            for number in range(MOST_VOLUMES)
        ),
        permit(
            "REQ-VOLUMES-REFUSED",
            ("AddToSnapshotSet",),
            tuple(state.name for state in _VOLUMES),
            (SAME,),
            "a volume that is refused does not count",
            "addtosnapshotset",
            when=_FAILED,
        ),
        forbid(
            "REQ501",
            "too-many-volumes",
            ("AddToSnapshotSet",),
            (_FULL,),
            f"more than {MOST_VOLUMES} volumes were added to a set",
            "The service answers VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED.",
            "addtosnapshotset",
            when=_OK,
        ),
    ),
)

# --- methods: reserved ones, and releases ------------------------------------
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
                when=({**_OK[0], "release": _clients(method.since)},),
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
            when=_results(*_ALL_RESULTS),
        ),
        permit(
            "REQ-SINCE-2003-SETCONTEXT",
            ("SetContext",),
            ("any",),
            (SAME,),
            "SetContext has worked since Server 2003; on XP it fails",
            "setcontext",
            when=({"release": since("2003")}, *_FAILED),
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
            when=({**_OK[0], "release": before("2003")},),
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

# --- duty: a failed copy has to be aborted -----------------------------------
_NO_DUTY: Final = _state("NO_DUTY", "nothing has to be aborted")
_PREPARED: Final = _state("WRITERS_PREPARED", "writers were prepared")
_ABORT_DUE: Final = _state("ABORT_DUE", "DoSnapshotSet failed with writers prepared")
_NOT_FAILED: Final = ("ok", "s_false")

DUTY: Final = Region(
    name="duty",
    title="AbortBackup after a failed copy",
    scope="requester",
    states=(_NO_DUTY, _PREPARED, _ABORT_DUE),
    rows=(
        permit(
            "REQ-DUTY-PREPARE",
            ("PrepareForBackup",),
            (_NO_DUTY.name, _PREPARED.name, _ABORT_DUE.name),
            (_PREPARED.name,),
            "PrepareForBackup prepares the writers",
            "prepareforbackup",
            when=_OK,
        ),
        permit(
            "REQ-DUTY-PREPARE-FAILED",
            ("PrepareForBackup",),
            (_NO_DUTY.name, _PREPARED.name, _ABORT_DUE.name),
            (_NO_DUTY.name,),
            "after a failed PrepareForBackup nothing has to be aborted",
            "aborting-vss-operations",
            when=(*_FAILED, *_results("failed", "cancelled")),
        ),
        permit(
            "REQ-DUTY-PREPARE-RESULT",
            ("PrepareForBackup",),
            (_NO_DUTY.name, _PREPARED.name, _ABORT_DUE.name),
            (SAME, _NO_DUTY.name),
            "PrepareForBackup goes on, or ended somehow",
            "prepareforbackup",
            when=_results("pending", "finished", "ended", "wait-failed"),
        ),
        permit(
            "REQ-DUTY-SNAPSHOT-FAILED",
            ("DoSnapshotSet",),
            (_PREPARED.name, _ABORT_DUE.name),
            (_ABORT_DUE.name,),
            "after a failed DoSnapshotSet the backup has to be aborted",
            "aborting-vss-operations",
            "abortbackup",
            when=(*_FAILED, *_results("failed", "cancelled")),
        ),
        permit(
            "REQ-DUTY-SNAPSHOT",
            ("DoSnapshotSet",),
            (_PREPARED.name, _ABORT_DUE.name),
            (SAME, _ABORT_DUE.name),
            "DoSnapshotSet ended somehow",
            "dosnapshotset",
            when=_results("ended", "wait-failed"),
        ),
        permit(
            "REQ-DUTY-SNAPSHOT-GOES-ON",
            ("DoSnapshotSet",),
            (_PREPARED.name, _ABORT_DUE.name),
            (SAME,),
            "DoSnapshotSet runs, or succeeded",
            "dosnapshotset",
            when=(*_OK, *_results("pending", "finished")),
        ),
        permit(
            "REQ-DUTY-SNAPSHOT-WITHOUT-WRITERS",
            ("DoSnapshotSet",),
            (_NO_DUTY.name,),
            (SAME,),
            "without prepared writers a failed DoSnapshotSet needs no AbortBackup",
            "shadow-copy-creation-details",
            when=(*_CALLED, *_results(*_ALL_RESULTS)),
        ),
        permit(
            "REQ-DUTY-KEPT",
            ("AbortBackup",),
            (_NO_DUTY.name, _PREPARED.name, _ABORT_DUE.name),
            (SAME,),
            "a failed AbortBackup does not do what is due",
            "abortbackup",
            when=_FAILED,
        ),
        permit(
            "REQ-DUTY-COMPLETE-ELSEWHERE",
            ("BackupComplete",),
            (_NO_DUTY.name, _ABORT_DUE.name),
            (SAME,),
            "BackupComplete does not stand for AbortBackup",
            "backupcomplete",
            when=(*_CALLED, *_results(*_ALL_RESULTS)),
        ),
        permit(
            "REQ-DUTY-COMPLETE-RESULT",
            ("BackupComplete",),
            (_PREPARED.name,),
            (SAME,),
            "a BackupComplete that is refused changes nothing; its results are judged elsewhere",
            "backupcomplete",
            when=(*_FAILED, *_results(*_ALL_RESULTS)),
        ),
        permit(
            "REQ-DUTY-DONE",
            ("AbortBackup",),
            (_NO_DUTY.name, _PREPARED.name, _ABORT_DUE.name),
            (_NO_DUTY.name,),
            "AbortBackup does what is due",
            "abortbackup",
            when=_OK,
        ),
        permit(
            "REQ-DUTY-COMPLETE",
            ("BackupComplete",),
            (_PREPARED.name,),
            (_NO_DUTY.name,),
            "BackupComplete ends a backup that did not fail",
            "backupcomplete",
            when=_OK,
        ),
        permit(
            "REQ-DUTY-RELEASE",
            ("Release",),
            (_NO_DUTY.name, _PREPARED.name),
            (SAME,),
            "the lifecycle judges other releases",
            "aborting-vss-operations",
            when=_CALLED,
        ),
        forbid(
            "REQ151",
            "release-without-abort",
            ("Release",),
            (_ABORT_DUE.name,),
            "an object was released although a prepared backup had neither ended nor been aborted",
            LEAKED,
            "abortbackup",
            "aborting-vss-operations",
        ),
    ),
)

# --- due: status rounds that the pages ask for -------------------------------
_NOTHING_DUE: Final = _state("NOTHING_DUE", "no status round is due")
_ROUND_DUE: Final = _state("ROUND_DUE", "writers had an event since their status was gathered")
_UNREAD: Final = _state("ROUND_UNREAD", "a due status was gathered and not yet read")
_COMPLETION_DUE: Final = _state(
    "COMPLETION_DUE", "BackupComplete on a release where gathering completes the session"
)
_DUE_STATES: Final = tuple(s.name for s in (_NOTHING_DUE, _ROUND_DUE, _UNREAD, _COMPLETION_DUE))
_RAISING: Final = ("DoSnapshotSet", "BackupComplete", "PostRestore")
_BLIND: Final = "Who does not look, takes a failed writer's data for saved."

DUE: Final = Region(
    name="due",
    title="status rounds after calls that raise events",
    scope="requester",
    states=(_NOTHING_DUE, _ROUND_DUE, _UNREAD, _COMPLETION_DUE),
    rows=(
        permit(
            "REQ-DUE-FIRST",
            ("PrepareForBackup", "PreRestore"),
            _DUE_STATES,
            (_ROUND_DUE.name,),
            "after the first events a status round is due",
            "determining-writer-status",
            when=_OK,
        ),
        permit(
            "REQ-DUE-NEXT",
            ("DoSnapshotSet", "PostRestore"),
            (_NOTHING_DUE.name, _COMPLETION_DUE.name),
            (_ROUND_DUE.name,),
            "after the next events a status round is due",
            "determining-writer-status",
            when=_OK,
        ),
        permit(
            "REQ-DUE-COMPLETE",
            ("BackupComplete",),
            (_NOTHING_DUE.name, _COMPLETION_DUE.name),
            (_NOTHING_DUE.name,),
            "from Windows 7 on, the round after BackupComplete is only recommended",
            "gatherwriterstatus",
            when=({"stage": (CALL,), "result": _NOT_FAILED, "release": since("7")},),
        ),
        permit(
            "REQ-DUE-COMPLETE-OLD",
            ("BackupComplete",),
            (_NOTHING_DUE.name, _COMPLETION_DUE.name),
            (_COMPLETION_DUE.name,),
            "up to Server 2008 SP2, gathering after BackupComplete completes the session",
            "gatherwriterstatus",
            "determining-writer-status",
            when=({"stage": (CALL,), "result": _NOT_FAILED, "release": before("7")},),
        ),
        permit(
            "REQ-DUE-REFUSED",
            ("PrepareForBackup", "PreRestore", *_RAISING),
            _DUE_STATES,
            (SAME,),
            "a call that fails at once raises no events",
            "determining-writer-status",
            when=_FAILED,
        ),
        permit(
            "REQ-DUE-RESULTS",
            ("PrepareForBackup", "PreRestore", *_RAISING),
            _DUE_STATES,
            (SAME,),
            "results are judged elsewhere",
            "determining-writer-status",
            when=_results(*_ALL_RESULTS),
        ),
        permit(
            "REQ-DUE-GATHERED",
            ("GatherWriterStatus",),
            (_ROUND_DUE.name, _UNREAD.name),
            (_UNREAD.name,),
            "a due status is gathered",
            "determining-writer-status",
            when=_CALLED,
        ),
        permit(
            "REQ-DUE-COMPLETED",
            ("GatherWriterStatus",),
            (_COMPLETION_DUE.name, _NOTHING_DUE.name),
            (_NOTHING_DUE.name,),
            "gathering after BackupComplete completes the writers' sessions",
            "gatherwriterstatus",
            when=_CALLED,
        ),
        permit(
            "REQ-DUE-GATHER-RESULT",
            ("GatherWriterStatus",),
            _DUE_STATES,
            (SAME,),
            "the gathering went on or ended",
            "gatherwriterstatus",
            when=_results(*_ALL_RESULTS),
        ),
        permit(
            "REQ-DUE-READ",
            ("GetWriterStatus", "GetWriterStatusEx", "GetWriterStatusCount"),
            (_NOTHING_DUE.name, _ROUND_DUE.name, _UNREAD.name),
            (_NOTHING_DUE.name,),
            "a due status is read",
            "determining-writer-status",
            when=_CALLED,
        ),
        permit(
            "REQ-DUE-READ-LATER",
            ("GetWriterStatus", "GetWriterStatusEx", "GetWriterStatusCount"),
            (_COMPLETION_DUE.name,),
            (SAME,),
            "reading does not complete a session",
            "gatherwriterstatus",
            when=_CALLED,
        ),
        permit(
            "REQ-DUE-ABORT",
            ("AbortBackup",),
            _DUE_STATES,
            (_NOTHING_DUE.name,),
            "after AbortBackup no round is due",
            "determining-writer-status",
            when=_CALLED,
        ),
        permit(
            "REQ-DUE-RELEASE",
            ("Release",),
            (_NOTHING_DUE.name, _ROUND_DUE.name, _UNREAD.name),
            (SAME,),
            "a release ends what is due",
            "overview-of-backup-termination",
            when=_CALLED,
        ),
        forbid(
            "REQ311",
            "no-status-round",
            _RAISING,
            (_ROUND_DUE.name,),
            "the requester went on without asking how the writers stand",
            _BLIND,
            "determining-writer-status",
            when=_OK,
            mild=True,
        ),
        forbid(
            "REQ312",
            "status-never-read",
            _RAISING,
            (_UNREAD.name,),
            "the writers' status was gathered and never read",
            _BLIND,
            "determining-writer-status",
            when=_OK,
            mild=True,
        ),
        forbid(
            "REQ313",
            "session-never-completed",
            ("Release",),
            (_COMPLETION_DUE.name,),
            "an object was released without GatherWriterStatus after BackupComplete, on a release"
            " where that completes the writers' sessions",
            "Sessions that are never completed use up the writers' session slots"
            " (VSS_E_WRITER_STATUS_NOT_AVAILABLE).",
            "gatherwriterstatus",
            "kb-978773",
        ),
    ),
)

# --- success: components are told how the backup went ------------------------
_NO_COMPONENTS: Final = _state("NO_COMPONENTS", "no component was added")
_ADDED: Final = _state("COMPONENTS_ADDED", "components were added, and not told about success")
_TOLD: Final = _state("SUCCESS_TOLD", "SetBackupSucceeded was called")
SUCCESS: Final = Region(
    name="success",
    title="SetBackupSucceeded in component mode",
    scope="requester",
    states=(_NO_COMPONENTS, _ADDED, _TOLD),
    rows=(
        permit(
            "REQ-SUCCESS-ADD",
            ("AddComponent",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (_ADDED.name,),
            "a component that is added has to be told how the backup went",
            "setbackupsucceeded",
            when=_OK,
        ),
        permit(
            "REQ-SUCCESS-ADD-REFUSED",
            ("AddComponent",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (SAME,),
            "a component that is refused is none",
            "addcomponent",
            when=_FAILED,
        ),
        permit(
            "REQ-SUCCESS-TELL",
            ("SetBackupSucceeded",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (_TOLD.name,),
            "components are told how the backup went",
            "setbackupsucceeded",
            when=_CALLED,
        ),
        permit(
            "REQ-SUCCESS-COMPLETE",
            ("BackupComplete",),
            (_NO_COMPONENTS.name, _TOLD.name),
            (SAME,),
            "without components nothing has to be told",
            "setbackupsucceeded",
            when=_CALLED,
        ),
        permit(
            "REQ-SUCCESS-RESULT",
            ("BackupComplete",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (SAME,),
            "results are judged elsewhere",
            "backupcomplete",
            when=_results(*_ALL_RESULTS),
        ),
        permit(
            "REQ-SUCCESS-DESCRIBE",
            ("SetBackupOptions", "SetPreviousBackupStamp"),
            (_ADDED.name, _TOLD.name),
            (SAME,),
            "components that were added are described",
            "setbackupoptions",
            when=_CALLED,
        ),
        forbid(
            "REQ222",
            "option-without-component",
            ("SetBackupOptions", "SetPreviousBackupStamp"),
            (_NO_COMPONENTS.name,),
            "a component was described, and none had been added",
            "There is no component that the call could name.",
            "setbackupoptions",
            "setpreviousbackupstamp",
            grade=INFERRED,
        ),
        forbid(
            "REQ221",
            "components-without-success",
            ("BackupComplete",),
            (_ADDED.name,),
            "BackupComplete came in component mode without SetBackupSucceeded",
            "Writers take the components for not saved, and keep their logs.",
            "setbackupsucceeded",
            mild=True,
        ),
    ),
)

REGIONS: Final = (
    *(OPERATION, METADATA, ROUNDS, DESCRIPTION, CONTEXT, VOLUMES, METHODS_REGION),
    *(DUTY, DUE, SUCCESS),
)
