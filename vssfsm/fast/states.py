"""
What the reference remembers behind records, as states: each step from one to another is made once.

Sessions that differ in what was said long ago meet again where the reference remembers the same, so
even sessions of which no two are alike are judged by looking steps up.
"""

from collections.abc import Callable
from typing import Final, Generic, NamedTuple, TypeVar

from vssfsm.core.finding import Finding
from vssfsm.monitor import Monitor
from vssfsm.monitor.copies import copy_of
from vssfsm.monitor.memory import Memories

#: monitors that are kept to go on from where they stand, and steps between those that stay there
_LIVE: Final = 200
_BETWEEN: Final = 8
#: what making a step costs more than looking it up, and how much may be spent ahead
_PRICE: Final = 8
_CREDIT: Final = 16_000
#: states, and distinct parts of memories, beyond which no more are made
_STATES: Final = 50_000
_PARTS: Final = 200_000

Step = TypeVar("Step")


class End(NamedTuple):
    """
    What the reference says of a session that ends in a state.

    Args:
        is_sound: nothing was found, then or before.
        spreads: other sessions of the host may be touched.
        counts: it makes a backup session.
        rows: codes of those that its end takes.
    """

    is_sound: bool
    spreads: bool
    counts: bool
    rows: frozenset[str]


class Move(NamedTuple, Generic[Step]):
    """
    What a step does.

    Args:
        state: where it leads to; None if something is found there.
        judged, records: what the monitor counts for it.
        rows: codes of those that it takes.
    """

    state: "State[Step] | None"
    judged: int = 0
    records: int = 0
    rows: frozenset[str] = frozenset()


class State(Generic[Step]):
    """
    What is remembered.

    Args:
        before: the state from which it was reached first; None at the root.
        step: by which.
    """

    __slots__ = ("before", "depth", "end", "moves", "step")

    def __init__(self, before: "State[Step] | None" = None, step: Step | None = None) -> None:
        self.before = before
        self.step = step
        self.depth: int = 0 if before is None else before.depth + 1
        self.moves: dict[Step, Move[Step]] = {}
        #: once somebody asked
        self.end: End | None = None


class States(Generic[Step]):
    """
    The states behind one beginning.

    Args:
        begin: gives a monitor that stands there.
        feed: lets it take a step.
        close: ends it.
        common: what the states of all beginnings share.
    """

    def __init__(
        self,
        begin: Callable[[], Monitor],
        feed: Callable[[Monitor, Step], list[Finding]],
        close: Callable[[Monitor], End],
        common: "Common",
    ) -> None:
        self._begin = begin
        self._feed = feed
        self._close = close
        self._common = common
        self.root: State[Step] = State()
        self._known: dict[object, State[Step]] = {}
        self._live: dict[State[Step], Monitor] = {}

    def move(self, state: State[Step], step: Step) -> Move[Step] | None:
        """Give what a step does; None if that cannot be known, or is dearer than it is worth."""
        move = state.moves.get(step)
        if move is None:
            return self._make(state, step)
        self._common.earn()
        return move

    def end(self, state: State[Step]) -> End:
        """Give what is said of a session that ends in *state*."""
        if state.end is None:
            monitor = self._monitor(state)
            monitor.forget_coverage()
            state.end = self._close(monitor)
        return state.end

    def _make(self, state: State[Step], step: Step) -> Move[Step] | None:
        """Make a step that nobody made before."""
        if not self._common.may_make():
            return None
        monitor = self._monitor(state)
        monitor.forget_coverage()
        judged, records = monitor.judged, monitor.judged_records
        if self._feed(monitor, step) or monitor.is_holding:
            move: Move[Step] = Move(None)
        else:
            memory = self._common.memories.of(monitor)
            if memory is None:
                return None
            after = self._known.get(memory)
            if after is None:
                after = self._known[memory] = State(state, step)
                self._common.states += 1
            self._keep(after, monitor)
            judged, records = monitor.judged - judged, monitor.judged_records - records
            move = Move(after, judged, records, frozenset(monitor.coverage))
        state.moves[step] = move
        return move

    def _monitor(self, state: State[Step]) -> Monitor:
        """Give a monitor that stands at *state*; it is nobody else's."""
        steps, at = [], state
        while at not in self._live and at.before is not None and at.step is not None:
            steps.append(at.step)
            at = at.before
        monitor = self._take(at, branches=at is not state or bool(state.moves))
        self._common.spend(len(steps))
        for step in reversed(steps):
            self._feed(monitor, step)
        if steps:  # others will go on from there, too
            self._keep(state, copy_of(monitor))
        return monitor

    def _take(self, state: State[Step], *, branches: bool) -> Monitor:
        """Take the monitor that is kept at *state*, or its copy where others may go on from it."""
        monitor = self._live.pop(state, None)
        if monitor is None:
            return self._begin()
        if branches or state.depth % _BETWEEN == 0:
            self._keep(state, monitor)
            monitor = copy_of(monitor)
        return monitor

    def _keep(self, state: State[Step], monitor: Monitor) -> None:
        self._live[state] = monitor
        if len(self._live) > _LIVE:
            del self._live[next(iter(self._live))]


class Common:
    """What the states of one input share: what is remembered, and what may still be spent."""

    def __init__(self) -> None:
        self.memories = Memories()
        self.states = 0
        self._credit = _CREDIT

    def may_make(self) -> bool:
        """Tell whether one more step may be made, and pay for it."""
        full = self.states >= _STATES or len(self.memories) >= _PARTS
        if full or self._credit <= 0:
            return False
        self._credit -= _PRICE
        return True

    def spend(self, steps: int) -> None:
        """Pay for *steps* that are taken once more."""
        self._credit -= steps

    def earn(self) -> None:
        """Note that a step was looked up, for less than the reference takes."""
        if self._credit < _CREDIT:
            self._credit += 1
