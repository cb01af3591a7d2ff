"""
Lines of JSON without what changes from line to line: the time and the session.

What is left of a line, its *rest*, comes again and again. Whoever has read one line knows all lines
with the same rest, provided that what was cut out is one value as a whole: `proof` gives the same
line with other values there, to be read too.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from struct import Struct
from typing import Any, Final, NamedTuple

#: values that stand for others in a proof
TIME: Final = "2001-02-03T04:05:06Z"
SESSION: Final = "a session"
#: stands in a rest where something was cut out; no JSON holds it
_GAP: Final = b"\0"
#: lengths of lines that are told apart
_LENGTHS: Final = 4_000
_starts_with_time: Final = re.compile(rb'\{\s*"time"\s*:\s*').match
_find_time: Final = re.compile(rb'"time"\s*:\s*').search
_find_session: Final = re.compile(rb'"session"\s*:\s*"').search
_is_plain: Final = re.compile(rb'[^"\\\x00-\x1f]+').fullmatch


class Cut(NamedTuple):
    """
    A line in pieces, the time in front.

    Args:
        time: as it stands there, with what is before it.
        head, tail: the rest, before and behind the session, with its quotes and the comma behind
            the time; where the time was there may be a gap.
        session: without its quotes.
    """

    time: bytes
    head: bytes
    session: bytes
    tail: bytes


class Layout:
    """
    Where lines are cut.

    Args:
        before: what stands before a time that was cut out.
        session: what stands before a session.
        time: what stands before a time; None where it is the first value.
        is_number: the times are numbers.
    """

    def __init__(
        self, before: bytes, session: bytes, time: bytes | None, *, is_number: bool
    ) -> None:
        self.before = before
        self.is_number = is_number
        self.session = session
        self._time = time

    def width(self, lines: Iterable[bytes]) -> int:
        """Give the length of what stands before the comma behind a time, in most *lines*."""
        lengths = Counter(line.find(b",") for line in self.ordered(lines))
        return max(0, lengths.most_common(1)[0][0])

    def ordered(self, lines: Iterable[bytes]) -> Iterable[bytes]:
        """Give lines with the time and a comma in front."""
        return lines if self._time is None else map(self._moved, lines)

    def _moved(self, text: bytes) -> bytes:
        assert self._time is not None
        before, _, behind = text.partition(self._time)
        time, _, behind = behind.partition(b",")
        return b"".join((time, b",", before, _GAP, behind))

    def cut(self, text: bytes) -> Cut:
        """Cut a line as `ordered` gives it."""
        before, marker, behind = text.partition(self.session)
        time, comma, head = before.partition(b",")
        session, quote, tail = behind.partition(b'"')
        return Cut(time, comma + head + marker, session, quote + tail)

    def line(self, cut: Cut) -> bytes:
        """Give the line that was cut; another one where it has another layout."""
        time, head, session, tail = cut
        if self._time is None:
            return b"".join(cut)
        before, _, behind = b"".join((head, session, tail)).removeprefix(b",").partition(_GAP)
        return b"".join((before, self._time, time, b",", behind))


class Cuts(dict[int, Callable[[bytes], tuple[Any, ...]]]):
    """
    Cut lines by their lengths: most that are as long are cut at the same places.

    What is cut gives, put together, the line again; whoever knows all pieces knows that the places
    are right.

    Args:
        size, width: of the first part of a time, and of most times.
    """

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self._size = size
        self._width = width

    def learn(self, cut: Cut) -> None:
        """Cut lines as long as this one at its places; its time is as wide as most are."""
        if len(cut.time) != self._width or self._width < self._size:
            return
        if len(self) >= _LENGTHS:
            self.clear()
        sizes = (self._size, self._width - self._size, *map(len, cut[1:]))
        self[sum(sizes)] = _unpack(sizes)


@lru_cache(_LENGTHS)
def _unpack(sizes: tuple[int, ...]) -> Callable[[bytes], tuple[Any, ...]]:
    return Struct("".join(f"{size}s" for size in sizes)).unpack


def layout_of(text: bytes) -> Layout | None:
    """Give the layout of lines like *text*; None where a time or a session is missing."""
    time, session, start = _find_time(text), _find_session(text), _starts_with_time(text)
    if time is None or session is None:
        return None
    number = not text.startswith(b'"', time.end())
    if start is not None:
        return Layout(start.group(), session.group(), None, is_number=number)
    return Layout(b"", session.group(), time.group(), is_number=number)


def proof(layout: Layout, text: bytes, cut: Cut) -> bytes:
    """
    Give *text* with `TIME` and `SESSION` where it was cut; empty if it cannot be put together.

    If that line has these values where *text* has others (`is_proven`), every line with this rest
    has those that are cut out of it, as long as they are plain: strings in JSON know nothing of
    what stands around them.
    """
    if layout.line(cut) != text or not is_plain(cut.session):
        return b""
    time = layout.before + b'"' + TIME.encode() + b'"'
    return layout.line(cut._replace(time=time, session=SESSION.encode()))


def is_proven(values: Mapping[str, object], other: Mapping[str, object]) -> bool:
    """Tell whether *other*, of a proof, has its values where *values*, of the line, has not."""
    pairs = (("time", TIME), ("session", SESSION))
    return all(values.get(key) != value == other.get(key) for key, value in pairs)


def is_plain(text: bytes) -> bool:
    """Tell whether *text* is written in JSON as it is."""
    return _is_plain(text) is not None
