"""
What a monitor remembers: two that remember the same find the same from there on.

All that its parts hold counts, but for what is named here: what findings are told with, what can be
made anew, and numbers of which only the order counts. In what order a mapping was filled does not
count, so nothing that is found may depend on it. What is of an unknown kind is like nothing.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from vssfsm.core.coverage import Visits
from vssfsm.core.record import Symbol
from vssfsm.core.table import Belief, Table
from vssfsm.core.track import Track
from vssfsm.monitor.calls import Folding, Memory
from vssfsm.monitor.coupling import CoupledSession, Coupling
from vssfsm.monitor.entries import Entries
from vssfsm.monitor.evidence import Evidence, Owner
from vssfsm.monitor.instances import Instance, Instances
from vssfsm.monitor.keys import Holes, Key
from vssfsm.monitor.lives import Lives
from vssfsm.monitor.pairs import Pairs
from vssfsm.monitor.registers import Clock, FreezeTimer, HandlerCalls, HoldTimer
from vssfsm.monitor.repairs import Repairs
from vssfsm.monitor.requesters import Requesters, RequesterSession
from vssfsm.monitor.requests import Component, Requests
from vssfsm.monitor.retries import Retries
from vssfsm.monitor.returns import OneState
from vssfsm.monitor.rounds import Listing, Rounds
from vssfsm.monitor.scopes import Scope, Scopes
from vssfsm.monitor.sessions import Monitor
from vssfsm.monitor.tracks import Tracks
from vssfsm.monitor.window import Window
from vssfsm.monitor.writers import Writers, WriterSession

#: parts, and of what they hold that on which no finding of a blameless session depends
PARTS: Final[dict[type, frozenset[str]]] = {
    # What was counted or told so far; the same for all records of an input.
    Monitor: frozenset({"_path", "events", "judged_records", "sessions", "unread"}),
    # Whether anything was, is looked at; holes are compared with the numbers of their owners.
    Evidence: frozenset(
        {
            *("number", "judged", "loose", "taken", "release", "selected"),
            *("_kinds", "_path", "_symbols"),
        }
    ),
    Entries: frozenset(),
    Pairs: frozenset({"_rows"}),
    OneState: frozenset({"_known"}),
    # What a session owes is what its tracks believe.
    Lives: frozenset({"_open", "_over", "_forgotten", "cut", "longest_pause"}),
    Scopes: frozenset(),
    Scope: frozenset({"judged"}),
    Repairs: frozenset(),
    Instances: frozenset(),
    Instance: frozenset({"number"}),
    Clock: frozenset(),
    HandlerCalls: frozenset(),
    Writers: frozenset(),
    WriterSession: frozenset({"number", "last"}),
    FreezeTimer: frozenset({"_frozen_line"}),
    HoldTimer: frozenset(),
    Requesters: frozenset(),
    # Calls and what they started from are for repairs, and only the accused are mended.
    RequesterSession: frozenset({"number", "last", "steps", "calls", "memory", "bases"}),
    Folding: frozenset(),
    Rounds: frozenset(),
    Listing: frozenset(),
    # A component is told with the line where it came first.
    Requests: frozenset({"_added", "_options"}),
    Retries: frozenset(),
    Coupling: frozenset({"_parts"}),
    # The event that came before its call is where that is told.
    CoupledSession: frozenset({"number", "early", "_pair_routes"}),
    Window: frozenset(),
}
#: what is asked of that instead
_ASKED: Final[dict[type, Callable[[Any], object]]] = {
    Scope: lambda scope: scope.judged > 0,
    Requests: lambda requests: requests.components,
}
_ATOMS: Final = (
    *(type(None), bool, int, str, frozenset),
    *(Belief, Table, Symbol, Key, Memory, Component),
)
_MAPPINGS: Final = (dict, OrderedDict, Tracks)
#: beyond them a session forgets how it began; then it is like nothing
_LONGEST: Final = 5_000

_See = Callable[[Any], object]


class UnlikeError(Exception):
    """Something is remembered that cannot be compared."""


class Memories:
    """What monitors remember, each distinct one once."""

    def __init__(self) -> None:
        self._known: dict[object, object] = {}
        #: of the monitor that is looked at: its parts by identity, and other things
        self._walked: dict[int, object] = {}
        self._others: dict[int, int] = {}
        self._evidence: Evidence | None = None
        self._ways: dict[type, _See] = {
            **dict.fromkeys(_ATOMS, _itself),
            **dict.fromkeys(_MAPPINGS, self._mapping),
            list: self._sequence,
            tuple: self._sequence,
            set: self._set,
            object: self._identity,
            Visits: _nothing,
            Track: self._track,
            Holes: _patterns,
        }
        self._ways |= {part: self._part_of(part) for part in PARTS}

    def __len__(self) -> int:
        """Give how many distinct parts are kept."""
        return len(self._known)

    def of(self, monitor: Monitor) -> object:
        """
        Give what stands for all that *monitor* remembers; None if that is like nothing.

        It must have found nothing so far, or what it finds next is told with what came before.
        """
        evidence = self._evidence = monitor.evidence
        if monitor.is_holding or evidence.loose or evidence.number > _LONGEST:
            return None
        try:
            return self._once((self._see(monitor), monitor.unread > 0, evidence.judged > 0))
        except UnlikeError:
            return None
        finally:
            self._walked.clear()
            self._others.clear()
            self._evidence = None

    def _see(self, value: Any) -> object:
        way = self._ways.get(type(value))
        if way is None:
            raise UnlikeError
        return way(value)

    def _once(self, seen: object) -> object:
        """Give what stands for a part: the same for equal ones."""
        return self._known.setdefault(seen, object())

    def _part_of(self, part: type) -> _See:
        """Give how a part is seen."""
        left_out = PARTS[part]
        ask = self._hidden if issubclass(part, Owner) else _ASKED.get(part, _nothing)

        def see(value: Any) -> object:
            found = self._walked.get(id(value))
            if found is None:
                held = [self._see(v) for name, v in vars(value).items() if name not in left_out]
                found = self._walked[id(value)] = self._once((part, *held, ask(value)))
            return found

        return see

    def _hidden(self, owner: Owner) -> tuple[bool, ...]:
        """Tell whether something was hidden since the newest record of *owner*."""
        assert self._evidence is not None
        holes = self._evidence.holes, self._evidence.call_holes
        return owner.number > 0, *(each.since(owner.number, owner.key) for each in holes)

    def _track(self, track: Track) -> object:
        if track.has_entries:
            raise UnlikeError
        return self._once(
            (track.table, track.belief, track.total, track.has_begun, track.is_in_hole)
        )

    def _mapping(self, values: dict[Any, Any]) -> object:
        see = self._see
        return frozenset([(see(key), see(value)) for key, value in values.items()])

    def _sequence(self, values: list[Any] | tuple[Any, ...]) -> object:
        return tuple(map(self._see, values))

    def _set(self, values: set[Any]) -> object:
        return frozenset(map(self._see, values))

    def _identity(self, value: object) -> object:
        """Number what tells things apart by being another one."""
        return self._others.setdefault(id(value), len(self._others))


def _itself(value: object) -> object:
    return value


def _nothing(_value: object) -> object:
    return None


def _patterns(holes: Holes) -> object:
    return holes.patterns
