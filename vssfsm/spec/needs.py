"""
What a call needs that the lifecycle does not count: small regions beside it.

`selection` (parts of a component that was chosen), `recovery` (a set with a volume in it), and
`imports` (a set is imported once).
"""

from typing import Final

from vssfsm.spec.calls import (
    ANY_RESULT,
    BEGUN,
    BEGUN_FOLDED,
    CALL_FAILED,
    CALL_OK,
    forbid,
    permit,
    results,
    state,
)
from vssfsm.spec.rows import INFO, OPEN, SAME, Region

_ROOTS: Final = ("SetSelectedForRestore", "SetSelectedForRestoreEx")
_PART: Final = "AddRestoreSubcomponent"
_ADD: Final = "AddSnapshotToRecoverySet"
_RECOVER: Final = "RecoverSet"
_IMPORT: Final = "ImportSnapshots"


# --- selection: a part of what was chosen ------------------------------------------
_NOTHING: Final = state("NOTHING_SELECTED", "no component was chosen for the restore")
_SELECTED: Final = state("SELECTED", "a component was chosen for the restore")
_SELECTION_STATES: Final = (_NOTHING.name, _SELECTED.name)

SELECTION: Final = Region(
    name="selection",
    title="parts of components that were chosen",
    scope="requester",
    states=(_NOTHING, _SELECTED),
    rows=(
        permit(
            "REQ-CHOSEN-ROOT",
            _ROOTS,
            _SELECTION_STATES,
            (_SELECTED.name,),
            "a component is chosen for the restore",
            "setselectedforrestore",
            when=CALL_OK,
        ),
        permit(
            "REQ-CHOSEN-REFUSED",
            (*_ROOTS, _PART),
            _SELECTION_STATES,
            (SAME,),
            "a call that fails chooses nothing",
            "setselectedforrestore",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-CHOSEN-PART",
            (_PART,),
            (_SELECTED.name,),
            (SAME,),
            "a part of a chosen component is added",
            "addrestoresubcomponent",
            when=CALL_OK,
        ),
        forbid(
            "REQ171",
            "subcomponent-without-selection",
            (_PART,),
            (_NOTHING.name,),
            "a part of a component was added before any component was chosen",
            "SetSelectedForRestore chooses the component that the part is of, and comes first.",
            "addrestoresubcomponent",
            when=CALL_OK,
        ),
    ),
)

# --- recovery: a set with something in it ------------------------------------------
_EMPTY: Final = state("EMPTY_SET", "the recovery set holds no volume")
_FILLED: Final = state("FILLED_SET", "the recovery set holds a volume")
_RECOVERY_STATES: Final = (_EMPTY.name, _FILLED.name)

RECOVERY: Final = Region(
    name="recovery",
    title="recovery sets that hold a volume",
    scope="requester",
    states=(_EMPTY, _FILLED),
    rows=(
        permit(
            "REQ-RESYNC-ADD",
            (_ADD,),
            _RECOVERY_STATES,
            (_FILLED.name,),
            "a volume is put into the recovery set",
            "addsnapshottorecoveryset",
            when=CALL_OK,
        ),
        permit(
            "REQ-RESYNC-REFUSED",
            (_ADD, _RECOVER),
            _RECOVERY_STATES,
            (SAME,),
            "a call that fails changes no set",
            "addsnapshottorecoveryset",
            "recoverset",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-RESYNC-START",
            (_RECOVER,),
            (_FILLED.name,),
            (SAME,),
            "the volumes of the set are resynchronized",
            "recoverset",
            when=CALL_OK,
        ),
        permit(
            "REQ-RESYNC-RESULT",
            (_RECOVER,),
            _RECOVERY_STATES,
            (SAME,),
            "results are judged elsewhere",
            "recoverset",
            when=ANY_RESULT,
        ),
        forbid(
            "REQ172",
            "empty-recovery-set",
            (_RECOVER,),
            (_EMPTY.name,),
            "a recovery set was resynchronized before any volume was put into it",
            "For an empty set the page names VSS_E_BAD_STATE.",
            "recoverset",
            when=CALL_OK,
        ),
    ),
)

# --- imports: a set is imported once -----------------------------------------------
_FIRST: Final = state("NOT_IMPORTED", "no import is known to have succeeded")
_ONCE: Final = state("IMPORTED_ONCE", "the set of this document was imported")
_IMPORT_STATES: Final = (_FIRST.name, _ONCE.name)

IMPORTS: Final = Region(
    name="imports",
    title="one import of a set",
    scope="requester",
    states=(_FIRST, _ONCE),
    rows=(
        permit(
            "REQ-IMPORTS-BEGUN",
            (_IMPORT,),
            (_FIRST.name,),
            (SAME,),
            "an import begins",
            "importsnapshots",
            when=BEGUN,
        ),
        permit(
            "REQ-IMPORTS-FOLDED",
            (_IMPORT,),
            (_FIRST.name,),
            (_ONCE.name,),
            "an import ends on its own line",
            "importsnapshots",
            when=BEGUN_FOLDED,
        ),
        permit(
            "REQ-IMPORTS-REFUSED",
            (_IMPORT,),
            _IMPORT_STATES,
            (SAME,),
            "a call that fails imports nothing",
            "importsnapshots",
            when=CALL_FAILED,
        ),
        permit(
            "REQ-IMPORTS-DONE",
            (_IMPORT,),
            _IMPORT_STATES,
            (_ONCE.name,),
            "the set is imported",
            "importsnapshots",
            when=results("finished"),
        ),
        permit(
            "REQ-IMPORTS-ENDED",
            (_IMPORT,),
            (_FIRST.name,),
            _IMPORT_STATES,
            "the import ended, and it is not said how",
            "importsnapshots",
            when=results("ended"),
        ),
        permit(
            "REQ-IMPORTS-KNOWN",
            (_IMPORT,),
            (_ONCE.name,),
            (SAME,),
            "what ended somehow may have ended well",
            "importsnapshots",
            when=results("ended"),
        ),
        permit(
            "REQ-IMPORTS-RESULT",
            (_IMPORT,),
            _IMPORT_STATES,
            (SAME,),
            "an import goes on, or failed",
            "importsnapshots",
            when=(
                *results("pending", "wait-failed"),
                {**results("failed", "cancelled")[0], "folded": ("no", "open", "earlier")},
            ),
        ),
        permit(
            "REQ-IMPORTS-DECIDES",
            (_IMPORT,),
            _IMPORT_STATES,
            (_FIRST.name,),
            "a result of an import in a folded session decides: it failed",
            "importsnapshots",
            when=({**results("failed", "cancelled")[0], "folded": ("yes",)},),
        ),
        permit(
            "REQ173",
            (_IMPORT,),
            (_ONCE.name,),
            (SAME,),
            "the set of a document was imported twice",
            "importsnapshots",
            when=CALL_OK,
            name="second-import",
            why="A set is imported once; whether a document describes several is not documented.",
            grade=OPEN,
            pays=INFO,
            blame="requester",
        ),
    ),
)

REGIONS: Final = (SELECTION, RECOVERY, IMPORTS)
