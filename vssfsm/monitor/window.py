"""
The window of a status round: every state that a writer may have had while status was gathered.

A report describes the writer at some moment between GatherWriterStatus and its completion. The
window opens at the line of the call, or at the requester's record before, where the line says that
it was written when the call returned; it closes with the first record that needs the completion.
"""

from typing import Final

from vssfsm.core.record import FAILED, Symbol
from vssfsm.monitor.keys import Key

_GATHER: Final = "GatherWriterStatus"
#: a state that nothing was reported of; it excludes no report
UNKNOWN: Final = ""

States = frozenset[str]


class Window:
    """The states of every writer of a session, now and while the last round was gathered."""

    def __init__(self) -> None:
        self._now: dict[Key, States] = {}
        self._recent: dict[Key, States] = {}
        self._gathered: dict[Key, States] | None = None
        self._open = False

    def take_event(self, writer: Key, states: States) -> None:
        """Take what *writer* may report after an event."""
        before = self._recent.get(writer) or self._now.get(writer) or frozenset()
        self._now[writer] = states
        self._recent[writer] = before | states
        if self._open and self._gathered is not None:
            self._gathered[writer] = self._gathered.get(writer, frozenset({UNKNOWN})) | states

    def take_call(self, symbol: Symbol, *, calls: bool) -> None:
        """Take a requester's call, or a result of one."""
        if symbol.event == _GATHER and calls:
            late = symbol.at == "return"
            self._gathered = self._now | self._recent if late else dict(self._now)
            self._open = symbol.result != FAILED
        elif calls or (symbol.event == _GATHER and symbol.result != "pending"):
            self._open = False
        if calls:
            self._recent = {}

    def conflict(self, writer: Key, state: str | None) -> list[str]:
        """Give the states that *writer* may have had, sorted, if *state* is none of them."""
        known = (self._gathered or {}).get(writer)
        if not known or state is None or UNKNOWN in known or state in known:
            return []
        return sorted(known)
