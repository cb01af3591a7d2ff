"""
Limits of the reference, and what becomes of them where most records are not given to it.

Beyond some of them it forgets, or takes things together, for all records of an input: then it has
to judge that input alone. The names here are those that the fast path asks for.
"""

from typing import Final

from vssfsm.core.record import Record
from vssfsm.fast.lines import UnfitError
from vssfsm.monitor import Monitor
from vssfsm.monitor.instances import INSTANCES_KEPT
from vssfsm.monitor.keys import CAP, Key, key_of
from vssfsm.monitor.lives import TOMBSTONES
from vssfsm.monitor.retries import PROCESSES_KEPT

MOST_SESSIONS: Final = TOMBSTONES
MOST_HOLES: Final = CAP
MOST_INSTANCES: Final = INSTANCES_KEPT
MOST_PROCESSES: Final = PROCESSES_KEPT

_GONE: Final = "as long as few are open: who comes again is in question, and nobody else is missed"
_ALONE: Final = "beyond it the reference judges the input alone"
_AGAIN: Final = "what is kept is found again without it"
_WHOLE: Final = "of one session or host, of which the reference gets all or nothing"
_ACCUSED: Final = "of what is told about sessions that the reference judges anyway"
#: limits of `vssfsm.monitor`, by module and name, and why the fast path agrees beyond them
LIMITS: Final = {
    ("keys", "CAP"): _ALONE,
    ("lives", "TOMBSTONES"): _GONE,
    ("instances", "INSTANCES_KEPT"): _ALONE,
    ("retries", "PROCESSES_KEPT"): _ALONE,
    ("entries", "_JUDGED_KEPT"): _WHOLE,
    ("entries", "_WAITING_KEPT"): _WHOLE,
    ("instances", "_HISTORY_KEPT"): _WHOLE,
    ("track", "STEPS_KEPT"): _WHOLE,
    ("judging", "UNREAD_LISTED"): _ACCUSED,
    ("keys", "_KEPT"): _AGAIN,
    ("calls", "_SYMBOLS_KEPT"): _AGAIN,
    ("coupling", "_SYMBOLS_KEPT"): _AGAIN,
    ("evidence", "_SYMBOLS_KEPT"): _AGAIN,
    ("requesters", "_SYMBOLS_KEPT"): _AGAIN,
    ("table", "CAP"): _AGAIN,
    ("memory", "_LONGEST"): _AGAIN,
}


def check_forgotten(monitor: Monitor, sessions: int) -> None:
    """
    Make sure that *monitor* forgot whom it would have forgotten had it been given all *sessions*.

    Raises:
        UnfitError: one that was over came again behind so many lines that it may be forgotten.
    """
    if sessions > MOST_SESSIONS and monitor.evidence.lives.longest_pause > MOST_SESSIONS:
        raise UnfitError


class Patterns(set[Key]):
    """Whose records may be hidden by what could not be read; so many may be anybody's."""

    def note(self, record: Record) -> Key:
        """
        Note a record that is a hole, and give its key.

        Raises:
            UnfitError: the reference takes so many together.
        """
        key = key_of(record)
        self.add(key)
        if len(self) > MOST_HOLES:
            raise UnfitError
        return key
