"""
How an alignment reads the steps of a session: what each means depends on what is remembered.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol

from vssfsm.core.bound import Outline, Outlines
from vssfsm.core.record import Symbol


class Entry(Protocol):
    """A step to align: a symbol of None is a hole; *perhaps*: it may be of another session."""

    @property
    def symbol(self) -> Symbol | None:
        """What tables see of it."""

    @property
    def line(self) -> int:
        """Where it stands."""

    @property
    def event(self) -> str | None:
        """Its event."""

    @property
    def perhaps(self) -> bool:
        """Whether it may be of another session."""


class Recorded(Entry, Protocol):
    """A step as it was recorded."""

    @property
    def second(self) -> int:
        """Where its second line stands; 0 if it has one only."""


class Insert(NamedTuple):
    """
    An event that may be inserted, and the step that it then is.

    What is *due* of it is told by the events after it; it is inserted only where that is permitted
    and changes something.
    """

    event: str
    of: str
    step: Any
    due: tuple[Symbol, ...] = ()


class Reader(Protocol):
    """
    Tells what a record means in the light of those before it.

    The bounds see the mode alone, a number below `modes`, of all that is remembered.
    """

    @property
    def start(self) -> Hashable:
        """What is remembered before the first step."""

    @property
    def modes(self) -> int:
        """Number of modes."""

    @property
    def inserts(self) -> Sequence[Insert]:
        """What may be inserted."""

    @property
    def kind(self) -> Hashable:
        """Tells readers apart that read any step differently, or have other modes or inserts."""

    def told(self, step: Any) -> Hashable:
        """Give all that `read` and `outlines` see of *step*, and its event."""

    def read(self, memory: Any, step: Any) -> tuple[tuple[Symbol, ...], Any] | None:
        """Give what *step* means and what is remembered then; None if it must not come there."""

    def hidden(self, memory: Any) -> Any:
        """Give what is remembered where anything may have come in between."""

    def mode(self, memory: Any) -> int:
        """Give the mode of *memory*."""

    def outlines(self, step: Any) -> Outlines:
        """Give, per mode, everything that `read` may give in any memory of it."""

    def silent(self, mode: int) -> Outline:
        """Give what may be due in *mode* before anything."""


class Plain:
    """Reader of steps that mean what their symbols say."""

    modes: Final = 1

    def __init__(self, step: Any, events: Sequence[str]) -> None:
        self.start: Hashable = None
        self.inserts = tuple(Insert(name, "", step(Symbol(name), 0, name)) for name in events)
        self.kind: Hashable = tuple(events)

    def told(self, step: Any) -> Hashable:
        """Give what is the same of a step wherever it stands."""
        return step.symbol, step.event, step.perhaps

    def read(self, memory: Any, step: Any) -> tuple[tuple[Symbol, ...], Any]:
        """Give the step's own symbol."""
        return (step.symbol,), memory

    def hidden(self, memory: Any) -> Any:
        """Remember the same."""
        return memory

    def mode(self, memory: Any) -> int:  # noqa: ARG002 - there is one only
        """Give the only mode."""
        return 0

    def outlines(self, step: Any) -> Outlines:
        """Give the step's own symbol."""
        return _outlines_of(step.symbol)

    def silent(self, mode: int) -> Outline:  # noqa: ARG002 - nothing is ever due
        """Give nothing."""
        return ()


@lru_cache(maxsize=4_096)
def _outlines_of(symbol: Symbol) -> Outlines:
    return ((((symbol,), 0),),)
