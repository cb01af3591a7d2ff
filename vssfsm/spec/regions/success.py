"""The region `success`: components are told how the backup went."""

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
from vssfsm.spec.rows import INFERRED, SAME, Region

_NO_COMPONENTS: Final = state("NO_COMPONENTS", "no component was added")
_ADDED: Final = state("COMPONENTS_ADDED", "components were added, and not told about success")
_TOLD: Final = state("SUCCESS_TOLD", "SetBackupSucceeded was called")
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
            when=CALL_OK,
        ),
        permit(
            "REQ-SUCCESS-ADD-REFUSED",
            ("AddComponent",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (SAME,),
            "a component that is refused is none",
            "addcomponent",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-SUCCESS-TELL",
            ("SetBackupSucceeded",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (_TOLD.name,),
            "components are told how the backup went",
            "setbackupsucceeded",
            when=ANY_CALL,
        ),
        permit(
            "REQ-SUCCESS-COMPLETE",
            ("BackupComplete",),
            (_NO_COMPONENTS.name, _TOLD.name),
            (SAME,),
            "without components nothing has to be told",
            "setbackupsucceeded",
            when=ANY_CALL,
        ),
        permit(
            "REQ-SUCCESS-RESULT",
            ("BackupComplete",),
            (_NO_COMPONENTS.name, _ADDED.name, _TOLD.name),
            (SAME,),
            "results are judged elsewhere",
            "backupcomplete",
            when=results(*ASYNC_RESULTS),
        ),
        permit(
            "REQ-SUCCESS-DESCRIBE",
            ("SetBackupOptions", "SetPreviousBackupStamp"),
            (_ADDED.name, _TOLD.name),
            (SAME,),
            "components that were added are described",
            "setbackupoptions",
            when=ANY_CALL,
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
