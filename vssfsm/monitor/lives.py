"""
Which backup sessions are remembered: those that owe something, and the last ones of the others.

Both have a limit. One that was forgotten may come again; then anything may be hidden before.
"""

from collections import OrderedDict
from typing import Final

from vssfsm.monitor.keys import Key

#: sessions that owe nothing which are remembered (contract 2.6), and as many of those that owe
TOMBSTONES: Final = 1_000_000


class Lives:
    """Sessions in the order of their newest records."""

    def __init__(self) -> None:
        #: those that owe something, and those that do not, with the line of their newest record
        self._open: OrderedDict[Key, int] = OrderedDict()
        self._over: OrderedDict[Key, int] = OrderedDict()
        self._forgotten: set[Key] = set()
        #: those that were forgotten before their end
        self.cut: set[Key] = set()
        #: most lines between a record after which a session owed nothing, and its next one
        self.longest_pause = 0

    def was_forgotten(self, key: Key) -> bool:
        """Tell whether something of the session of *key* is remembered no more."""
        return bool(self._forgotten) and Key(key.host, key.session) in self._forgotten

    def take(self, key: Key, line: int, *, owes: bool) -> Key | None:
        """
        Take a record of a session; give the one that is to be forgotten for it.

        Args:
            key: host and session.
            line: of the record.
            owes: something is owed to the session after it.
        """
        before = self._over.pop(key, None)
        if before is not None:
            self.longest_pause = max(self.longest_pause, line - before)
        elif self._open.pop(key, None) is None and key in self._forgotten:
            self.cut.add(key)
        kept = self._open if owes else self._over
        kept[key] = line
        if len(kept) <= TOMBSTONES:
            return None
        gone, _ = kept.popitem(last=False)
        self._forgotten.add(gone)
        if owes:
            self.cut.add(gone)
        return gone

    def dissolve(self, field: str) -> list[Key]:
        """Drop the sessions whose key lacks *field*: they were none. Give the forgotten ones."""
        for kept in (self._open, self._over):
            for key in [key for key in kept if getattr(key, field) is None]:
                del kept[key]
        gone = [key for key in self._forgotten if getattr(key, field) is None]
        self._forgotten.difference_update(gone)
        self.cut.difference_update(gone)
        return gone
