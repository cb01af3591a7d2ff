"""
Which records belong together, and which of them could belong to several.

A record that lacks a key which other records of the input carry may belong to any session that its
other keys allow: it is a *loose* record, a hole for each of them. Holes are kept as patterns with
the number of the record that made them; a scope asks for those that are newer than its last step.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.record import Record

#: patterns kept; beyond it they melt into one that allows everything
CAP: Final = 1_000
#: keys of sessions that are under way, and are read again and again
_KEPT: Final = 16_384


class Key(NamedTuple):
    """Host, session and identity of a participant; None matches anything."""

    host: str | None = None
    session: str | None = None
    instance: str | None = None
    writer_id: str | None = None
    writer: str | None = None

    def may_be(self, other: "Key") -> bool:
        """Tell whether no part of the two keys differs."""
        return all(a is None or b is None or a == b for a, b in zip(self, other, strict=True))


ANYTHING: Final = Key()


def _guid(text: str | None) -> str | None:
    """Fold what tools write in different ways: case, and braces."""
    return text.strip("{}").lower() if text else None


def key_of(record: Record) -> Key:
    """Give the key that *record* carries; GUIDs without braces and in lower case."""
    return _key(record.host, record.session, record.instance, record.writer_id, record.writer)


@lru_cache(maxsize=_KEPT)
def _key(
    host: str | None,
    session: str | None,
    instance: str | None,
    writer_id: str | None,
    writer: str | None,
) -> Key:
    return Key(host, session, _guid(instance), _guid(writer_id), writer)


class Holes:
    """Patterns of holes, each with the number of the newest record that made it."""

    def __init__(self) -> None:
        self._newest: dict[Key, int] = {}
        self.last = 0

    def add(self, pattern: Key, number: int) -> None:
        """Remember a hole for every scope that *pattern* may be."""
        if pattern not in self._newest and len(self._newest) >= CAP:
            pattern = ANYTHING
        self._newest[pattern] = self.last = number

    @property
    def patterns(self) -> frozenset[Key]:
        """All patterns."""
        return frozenset(self._newest)

    def since(self, number: int, key: Key) -> bool:
        """Tell whether a hole newer than record *number* may belong to *key*."""
        if self.last <= number:
            return False
        return any(
            newest > number and pattern.may_be(key) for pattern, newest in self._newest.items()
        )


@lru_cache(maxsize=_KEPT)
def participant(key: Key) -> Key:
    """Give the part of *key* that names a writer on its host."""
    if key.instance:
        return Key(key.host, None, key.instance)
    return Key(key.host, None, None, key.writer_id, key.writer)


@lru_cache(maxsize=_KEPT)
def session_key(key: Key) -> Key:
    """Give the part of *key* that names a writer in its session."""
    return participant(key)._replace(session=key.session)
