"""
How participants of one backup session fit together.

`levels`: writers freeze in the order of their application levels, where evidence gives the levels.
A level that is not given stands for every level. Sets under creation: one per named host.
"""

from typing import Final

from vssfsm.spec.requester import (
    PLAIN_SET_OPEN,
    PLAIN_SNAPPING,
    PREPARED,
    PREPARING,
    SET_OPEN,
    SNAPPING,
)
from vssfsm.spec.rows import OPEN, SAME, STATED, Region, Row, State

_PAGE: Final = "ne-vss-vss_application_level"
_FRONT: Final = State(name="FRONT_END_FREEZES", means="only front-end writers were frozen")
_BACK: Final = State(name="BACK_END_FREEZES", means="a back-end writer was frozen")
_SYSTEM: Final = State(name="SYSTEM_FREEZES", means="a system writer was frozen")
_ALL: Final = (_FRONT.name, _BACK.name, _SYSTEM.name)


def _freeze(code: str, level: str, source: tuple[str, ...], to: str, says: str) -> Row:
    return Row(
        code=code,
        on=("Freeze",),
        source=source,
        when=({"level": (level,)},),
        to=(to,),
        grade=STATED,
        sources=(_PAGE,),
        says=says,
    )


LEVELS: Final = Region(
    name="levels",
    title="the order in which writers of a session freeze",
    scope="coupling",
    states=(_FRONT, _BACK, _SYSTEM),
    rows=(
        _freeze(
            "CPL-FREEZE-FRONT-END",
            "VSS_APP_FRONT_END",
            (_FRONT.name,),
            SAME,
            "front-end writers freeze first",
        ),
        _freeze(
            "CPL-FREEZE-BACK-END",
            "VSS_APP_BACK_END",
            (_FRONT.name, _BACK.name),
            _BACK.name,
            "back-end writers freeze after front-end ones",
        ),
        _freeze(
            "CPL-FREEZE-SYSTEM",
            "VSS_APP_SYSTEM",
            _ALL,
            _SYSTEM.name,
            "system writers freeze last",
        ),
        Row(
            code="CPL-FREEZE-ELSEWHERE",
            on=("Freeze",),
            source=_ALL,
            when=({"level": ("VSS_APP_SYSTEM_RM", "none")},),
            to=(SAME,),
            grade=OPEN,
            ruling="system-rm-rank",
            sources=(_PAGE,),
            says="the rank of system resource managers is not documented",
        ),
        Row(
            code="CPL-FREEZE-AGAIN",
            on=("PrepareSnapshot",),
            source=_ALL,
            to=(_FRONT.name,),
            grade=STATED,
            sources=("writers",),
            says="another creation begins with PrepareSnapshot",
        ),
        Row(
            code="CPL101",
            name="freeze-out-of-level-order",
            on=("Freeze",),
            source=(_BACK.name, _SYSTEM.name),
            when=({"level": ("VSS_APP_FRONT_END",)},),
            grade=STATED,
            sources=(_PAGE,),
            says="a writer froze after a writer of a lower application level",
            why="Front ends depend on back ends, and these on the system: what is frozen too"
            " early cannot serve the others.",
            blame="coordinator",
        ),
        Row(
            code="CPL101",
            name="freeze-out-of-level-order",
            on=("Freeze",),
            source=(_SYSTEM.name,),
            when=({"level": ("VSS_APP_BACK_END",)},),
            grade=STATED,
            sources=(_PAGE,),
            says="a writer froze after a writer of a lower application level",
            why="Front ends depend on back ends, and these on the system: what is frozen too"
            " early cannot serve the others.",
            blame="coordinator",
        ),
    ),
)

#: states of a requester's session in which its set is under creation
CREATING: Final = frozenset(
    state.name
    for state in (SET_OPEN, PLAIN_SET_OPEN, PREPARING, PREPARED, SNAPPING, PLAIN_SNAPPING)
)
#: those of them that a folded session leaves on the line of the call
SNAPPING_STATES: Final = frozenset((SNAPPING.name, PLAIN_SNAPPING.name))
TWO_CREATIONS: Final = Row(
    code="CPL201",
    name="two-sets-under-creation",
    on=("StartSnapshotSet",),
    grade=STATED,
    sources=("startsnapshotset", "error-handling-in-shadow-copy-providers"),
    says="a set was started on a host where another session's set is under creation",
    why="One set at a time is created on a machine; the service answers"
    " VSS_E_SNAPSHOT_SET_IN_PROGRESS.",
    blame="recorder",
)
REGISTERS: Final = (TWO_CREATIONS,)
