"""
Lines of JSON, typed, and only where nothing can be wrong with them.

What the typed decoder does not take is read with the tolerant reader; what that one complains about
is not for the fast path.
"""

import io
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, Protocol

import msgspec

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import (
    ACTORS,
    HANDLERS,
    METHODS,
    NAMES_OF,
    OBSERVATIONS,
    OUTCOMES,
    SPELLINGS,
    STATE_NUMBERS,
    STATE_PREFIX,
    writer_event,
)
from vssfsm.traces.canonical import KEYS, LONGEST_LINE
from vssfsm.traces.readers.jsonl import row_of
from vssfsm.traces.source import decoded

#: bytes that are read at once
BLOCK: Final = 1 << 16
#: characters that surely are no more bytes than a line may have
_LONG: Final = LONGEST_LINE // 4


class UnfitError(Exception):
    """The input has something that only the reference can judge."""


def _spellings(names: Collection[str]) -> tuple[str, ...]:
    """Give accepted spellings of events; one that is missed here is only slower."""
    bare = (*names, *SPELLINGS)
    found = (f"{on}{name}{ex}" for name in bare for on in ("", "On") for ex in ("", "Ex"))
    return tuple(name for name in found if writer_event(name) in names)


_TEXT: Final = str | None
_NUMBER: Final = int | None
_CODES: Final = tuple(
    dict.fromkeys(
        text for name, code in HRESULTS.items() for text in (name, f"0x{code:08X}", f"0x{code:08x}")
    )
)
_STATES: Final = (*STATE_NUMBERS, *(f"{STATE_PREFIX}{name}" for name in STATE_NUMBERS))
_EVENTS: Final = dict.fromkeys(
    (*NAMES_OF["requester"], *NAMES_OF["observer"], *_spellings(NAMES_OF["writer"]))
)


def _names(*names: str) -> Any:
    return Literal[names] | None


#: what a symbol depends on, in this order; then who and when
SEEN: Final[dict[str, Any]] = {
    "event": _names(*_EVENTS),
    "state": int | _names(*_STATES),
    "outcome": _names(*OUTCOMES),
    "failure": int | _names(*_CODES),
    "actor": _names(*ACTORS),
    "hresult": int | _names(*_CODES),
    "of": _names(*METHODS),
    "async_result": int | _names(*_CODES),
    "release": _names(*RELEASES),
    "at": _names("entry", "return"),
    "during": _names(*dict.fromkeys(_spellings(HANDLERS))),
    "observation": _names(*OBSERVATIONS),
    "v": _NUMBER,
    "args": msgspec.Raw,
}
#: an origin that says nothing about reading
_Source: Final[Any] = msgspec.defstruct(
    "Source",
    [("path", _TEXT, None), ("line", _NUMBER, None), ("format", _TEXT, None)],
    gc=False,
)
_FIELDS: Final[dict[str, Any]] = {
    **SEEN,
    "time": int | _TEXT,
    "ended": int | _TEXT,
    "host": _TEXT,
    "session": _TEXT,
    "process": _TEXT,
    "writer": _TEXT,
    "writer_id": _TEXT,
    "instance": _TEXT,
    "thread": _NUMBER,
    "source": _Source | None,
}
assert _FIELDS.keys() == set(KEYS)
_Line: Final[Any] = msgspec.defstruct(
    "Line", [(name, kind, None) for name, kind in _FIELDS.items()], gc=False
)
_decode: Final = msgspec.json.Decoder(_Line).decode


class Odd(NamedTuple):
    """
    A line as the reference reads it.

    Args:
        record: it.
        values: as they are given there.
        noted: the reader says something about it.
    """

    record: Record
    values: Mapping[str, object]
    noted: bool


def read_line(text: str) -> Any:
    """
    Read one line that is written as most are.

    Raises:
        UnfitError: something may be wrong with it, or it has a value of another type.
    """
    try:
        found = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise UnfitError from None
    # No key is unknown or comes twice, and no string holds an escaped quote, if there are as many
    # quotes as the keys and values need: no line has fewer.
    if text.count('"') != _quotes(found) or len(text) > _LONG:
        raise UnfitError
    return found


def read_odd(text: str, number: int) -> Odd | None:
    """
    Read any line that is a record for the reference; None for a blank one.

    Raises:
        UnfitError: it is none.
    """
    if len(text) > _LONG:
        raise UnfitError
    row = row_of(text.rstrip("\r\n"), number)
    if row is None:
        return None
    record, notes = row.read()
    if record.hole or row.values is None:
        raise UnfitError
    return Odd(record, row.values, bool(notes))


def read_any(text: bytes, number: int) -> Any:
    """
    Read any line with its end; its names are attributes.

    Raises:
        UnfitError: it is no record.
    """
    whole = text_of(text)
    try:
        return read_line(whole)
    except UnfitError:
        found = read_odd(whole, number)
        if found is None:
            raise
        return found.record


def text_of(line: bytes) -> str:
    """
    Give the text of a line.

    Raises:
        UnfitError: it is none.
    """
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        raise UnfitError from None


def read_whole(text: bytes, number: int) -> tuple[Record, tuple[Note, ...]]:
    """Read a line with its end as the reference does; it is not blank."""
    found = decoded(text, number)
    row = row_of(found if isinstance(found, Note) else found.rstrip("\r\n"), number)
    assert row is not None
    return row.read()


def read_hole(text: bytes, number: int) -> Record:
    """
    Read a line that is a hole for the reference.

    Raises:
        UnfitError: it is none.
    """
    record, _ = read_whole(text, number)
    if not record.hole:
        raise UnfitError
    return record


def _quotes(record: Any) -> int:
    """Give the number of quotes that *record* needs."""
    values = msgspec.structs.astuple(record)
    kinds = [*map(type, values)]
    texts, numbers = kinds.count(str), kinds.count(int)
    quotes = 4 * texts + 2 * numbers
    if len(kinds) - texts - numbers > kinds.count(type(None)):
        if record.args is not None:
            quotes += 2 + bytes(record.args).count(b'"')
        if record.source is not None:
            parts = msgspec.structs.astuple(record.source)
            quotes += 2 + sum(2 + 2 * isinstance(one, str) for one in parts if one is not None)
    return quotes


class Stream(Protocol):
    """What bytes are read from, packed or not."""

    def readinto(self, buffer: Any, /) -> int | None:
        """Fill a buffer; give the number of bytes, 0 at the end."""

    def seekable(self) -> bool:
        """Tell whether bytes can be left out."""

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Leave out bytes."""


class _Guard(io.RawIOBase):
    """The bytes of a stream, as long as one line does not take too many of them."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        #: bytes since the last lists of lines
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        size = self._stream.readinto(buffer) or 0
        self.taken += size
        if self.taken > LONGEST_LINE:
            raise UnfitError
        return size


class Blocks:
    """Lists of lines that follow one another: how many lines, and bytes, are in each."""

    def __init__(self) -> None:
        self.lines = array("L")
        self.bytes = array("L")

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.lines, self.bytes, strict=True)

    def add(self, lines: list[bytes]) -> None:
        """Note the next list."""
        self.lines.append(len(lines))
        self.bytes.append(sum(map(len, lines)))


def lines_of(stream: Stream) -> Iterator[list[bytes]]:
    """Give the lines of *stream* in lists, each line with its end."""
    guard = _Guard(stream)
    reader = io.BufferedReader(guard, BLOCK)
    while lines := reader.readlines(BLOCK):
        guard.taken = 0
        yield lines


def lines_at(stream: Stream, blocks: Blocks, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """
    Give some lines of *stream*, with their numbers and ends; of the others few are read.

    Args:
        stream: which `lines_of` took, from its start.
        blocks: the lists that it gave.
        numbers: of the lines, ascending, from 1.

    Raises:
        EOFError: it is shorter than it was.
    """
    before = 0
    wanted = iter(numbers)
    number = next(wanted, 0)
    for count, size in blocks:
        if not number:
            return
        if number > before + count:
            _skip(stream, size)
        else:
            lines = io.BytesIO(_read(stream, size)).readlines()
            while 0 < number <= before + count:
                yield number, lines[number - before - 1]
                number = next(wanted, 0)
        before += count


def _skip(stream: Stream, size: int) -> None:
    if stream.seekable():
        stream.seek(size, io.SEEK_CUR)
    else:
        _read(stream, size)


def _read(stream: Stream, size: int) -> bytearray:
    """Read so many bytes."""
    found = bytearray(size)
    rest = memoryview(found)
    while rest:
        taken = stream.readinto(rest) or 0
        if not taken:
            raise EOFError("the input became shorter while it was read")
        rest = rest[taken:]
    return found
