"""
Lines of JSON without what changes from line to line: the time and the session.

What is left of a line, its *rest*, comes again and again. Whoever has read one line knows all lines
with the same rest, provided that what was cut out is one value as a whole: `proof` gives the same
line with other values there, to be read too.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol

#: values that stand for others in a proof
TIME: Final = "2001-02-03T04:05:06Z"
SESSION: Final = "a session"
#: stands in a rest where something was cut out; no JSON holds it
_GAP: Final = b"\0"
_starts_with_time: Final = re.compile(rb'\{\s*"time"\s*:\s*').match
_find_time: Final = re.compile(rb'"time"\s*:\s*').search
_find_session: Final = re.compile(rb'"session"\s*:\s*"').search
_is_plain: Final = re.compile(rb'[^"\\\x00-\x1f]+').fullmatch


class Cut(NamedTuple):
    """
    A line in pieces.

    Args:
        head, tail: the rest, before and behind the session; where the time was there may be a gap.
        time: as it stands there.
        session: without its quotes.
    """

    head: bytes
    tail: bytes
    time: bytes
    session: bytes


Pieces = tuple[bytes, bytes, bytes, bytes]


class Layout(Protocol):
    """
    Where lines are cut.

    Args:
        before: what stands before the digits of a time that was cut out.
    """

    before: bytes

    def cuts(self, lines: Iterable[bytes]) -> Iterator[Pieces]:
        """Cut each line; one of another layout has pieces that `line` does not put together."""

    def line(self, cut: Cut) -> bytes:
        """Give the line that was cut, empty for what no line was cut into."""


class TimeFirst:
    """The time is the first value; the session stands somewhere behind it."""

    def __init__(self, start: bytes, marker: bytes) -> None:
        self.before = start + b'"'
        self._marker = marker

    def cuts(self, lines: Iterable[bytes]) -> Iterator[Pieces]:
        """Cut each line."""
        marker = self._marker
        for text in lines:
            head, _, tail = text.partition(marker)
            session, _, tail = tail.partition(b'"')
            time, _, head = head.partition(b",")
            yield head, tail, time, session

    def line(self, cut: Cut) -> bytes:
        """Give the line that was cut."""
        head, tail, time, session = cut
        return b"".join((time, b",", head, self._marker, session, b'"', tail))


class Anywhere:
    """Time and session stand anywhere, in the order in which the markers are given."""

    def __init__(self, time: bytes, session: bytes, *, time_first: bool) -> None:
        self.before = b'"'
        self._time = time
        self._session = session
        self._time_first = time_first

    def cuts(self, lines: Iterable[bytes]) -> Iterator[Pieces]:
        """Cut each line."""
        for text in lines:
            head, _, tail = text.partition(self._session)
            session, _, tail = tail.partition(b'"')
            if self._time_first:
                before, _, head = head.partition(self._time)
                time, _, head = head.partition(b",")
                head = before + _GAP + head
            else:
                before, _, tail = tail.partition(self._time)
                time, _, tail = tail.partition(b",")
                tail = before + _GAP + tail
            yield head, tail, time, session

    def line(self, cut: Cut) -> bytes:
        """Give the line that was cut."""
        head, tail, time, session = cut
        time = b"".join((self._time, time, b","))
        before, gap, behind = (head if self._time_first else tail).partition(_GAP)
        if not gap:
            return b""
        if self._time_first:
            head = before + time + behind
        else:
            tail = before + time + behind
        return b"".join((head, self._session, session, b'"', tail))


def layout_of(text: bytes) -> Layout | None:
    """Give the layout of lines like *text*; None where a time or a session is missing."""
    time, session = _find_time(text), _find_session(text)
    if time is None or session is None:
        return None
    start = _starts_with_time(text)
    if start is not None:
        return TimeFirst(start.group(), session.group())
    first = time.start() < session.start()
    return Anywhere(time.group(), session.group(), time_first=first)


def proof(layout: Layout, text: bytes, cut: Cut) -> bytes:
    """
    Give *text* with `TIME` and `SESSION` where it was cut; empty if it cannot be put together.

    If that line has these values, every line with this rest has those that are cut out of it, as
    long as they are plain: strings in JSON know nothing of what stands around them.
    """
    if layout.line(cut) != text or not is_plain(cut.session):
        return b""
    time = layout.before + TIME.encode() + b'"'
    return layout.line(cut._replace(time=time, session=SESSION.encode()))


def is_plain(text: bytes) -> bool:
    """Tell whether *text* is written in JSON as it is."""
    return _is_plain(text) is not None
