"""
Events that have no place in the lifecycle: legal in every state, or in none.

One state; a row limits releases, never a history.
"""

from typing import Final

from vssfsm.spec.releases import before, since
from vssfsm.spec.rows import SAME, STATED, Region, Row, State
from vssfsm.spec.vocabulary import RESERVED_EVENTS

ANY: Final = State(name="any", means="whatever the lifecycle stands in")

ANYTIME: Final = Region(
    name="anytime",
    title="events without a place in the lifecycle",
    scope="session",
    states=(ANY,),
    rows=(
        Row(
            code="WTR-IDENTIFY",
            on=("Identify",),
            source=("any",),
            to=(SAME,),
            grade=STATED,
            sources=("onidentify", "writers"),
            says="Identify may come at any time and changes no session",
        ),
        Row(
            code="WTR-BACKUPSHUTDOWN-SINCE-2003",
            on=("BackupShutdown",),
            source=("any",),
            when=({"release": since("2003")},),
            to=(SAME,),
            grade=STATED,
            sources=("summary-of-vss-api-changes-in-the-current-release",),
            says="BackupShutdown exists since Server 2003",
        ),
        Row(
            code="WTR161",
            name="reserved-event",
            on=RESERVED_EVENTS,
            source=("any",),
            grade=STATED,
            sources=(
                "onbackoffioonvolume",
                "oncontinueioonvolume",
                "onvssshutdown",
                "onvssapplicationstartup",
            ),
            says="a reserved event was recorded, which the service never delivers",
            why="The handler is reserved for system use; a record of it comes from a wrong"
            " recorder.",
            blame="recorder",
        ),
        Row(
            code="WTR162",
            name="backup-shutdown-on-xp",
            on=("BackupShutdown",),
            source=("any",),
            when=({"release": before("2003")},),
            grade=STATED,
            sources=("summary-of-vss-api-changes-in-the-current-release", "onbackupshutdown"),
            says="BackupShutdown was recorded on Windows XP, which does not have it",
            why="The event came with Server 2003; the release or the record is wrong.",
            blame="recorder",
        ),
    ),
)
