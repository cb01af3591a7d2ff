"""Regions of what is set before a backup: `description`, `context` and `volumes`."""

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
from vssfsm.spec.rows import SAME, Region

_UNDESCRIBED: Final = state("UNDESCRIBED", "SetBackupState was not called")
_DESCRIBED: Final = state("DESCRIBED", "SetBackupState was called")

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
            when=CALL_OK,
        ),
        permit(
            "REQ-DESCRIBE-REFUSED",
            ("SetBackupState",),
            (_UNDESCRIBED.name, _DESCRIBED.name),
            (SAME,),
            "a failed SetBackupState sets nothing",
            "setbackupstate",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-DESCRIBED-PREPARE",
            ("PrepareForBackup",),
            (_DESCRIBED.name,),
            (SAME,),
            "PrepareForBackup follows SetBackupState",
            "prepareforbackup",
            when=ANY_CALL,
        ),
        permit(
            "REQ-DESCRIBED-PREPARE-RESULT",
            ("PrepareForBackup",),
            (_UNDESCRIBED.name, _DESCRIBED.name),
            (SAME,),
            "how PrepareForBackup ends is judged elsewhere",
            "prepareforbackup",
            when=results(*ASYNC_RESULTS),
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

_UNSET: Final = state("CONTEXT_UNSET", "SetContext was not called with success")
_SET: Final = state("CONTEXT_SET", "SetContext succeeded")
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
            when=CALL_OK,
        ),
        permit(
            "REQ-CONTEXT-REFUSED",
            ("SetContext",),
            (_UNSET.name, _SET.name),
            (SAME,),
            "a failed SetContext does not use it up",
            "setcontext",
            when=CALL_FAILED,
        ),
        forbid(
            "REQ212",
            "repeated-set-context",
            ("SetContext",),
            (_SET.name,),
            "SetContext succeeded twice on one object",
            "It may be called once, before most other calls.",
            "setcontext",
            when=CALL_OK,
        ),
    ),
)

MOST_VOLUMES: Final = 64
_VOLUMES: Final = tuple(
    state(f"VOLUMES_{number}", f"{number} volumes are in the set")
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
                when=CALL_OK,
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
            when=CALL_FAILED,
        ),
        forbid(
            "REQ501",
            "too-many-volumes",
            ("AddToSnapshotSet",),
            (_FULL,),
            f"more than {MOST_VOLUMES} volumes were added to a set",
            "The service answers VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED.",
            "addtosnapshotset",
            when=CALL_OK,
        ),
    ),
)
