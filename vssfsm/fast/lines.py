"""
Lines of JSON, typed, and only where nothing can be wrong with them.

What the typed decoder does not take is read with the tolerant reader; what that one complains about
is not for the fast path.
"""

import io
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, NamedTuple, Protocol

import msgspec
from msgspec.structs import astuple

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
from vssfsm.traces.canonical import LONGEST_LINE
from vssfsm.traces.nesting import DEEPEST
from vssfsm.traces.origin import NOTES
from vssfsm.traces.readers.jsonl import row_of
from vssfsm.traces.source import decoded
from vssfsm.traces.values import KEYS

#: bytes that are read at once
BLOCK: Final = 1 << 16
#: bytes of a line; a longer one is for the reference
_LONG: Final = LONGEST_LINE // 4


class UnfitError(Exception):
    """The input has something that only the reference can judge."""


def _spellings(names: Collection[str]) -> tuple[str, ...]:
    """Give accepted spellings of events; one that is missed here is only slower."""
    bare = (*names, *SPELLINGS)
    found = (f"{on}{name}{ex}" for name in bare for on in ("", "On") for ex in ("", "Ex"))
    return tuple(name for name in found if writer_event(name) in names)


_TEXT: Final = str | None
_NUMBER: Final = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)] | None
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
    "hresult": int | _names(*_CODES),
    "of": _names(*METHODS),
    "async_result": int | _names(*_CODES),
    "release": _names(*RELEASES),
    "at": _names("entry", "return"),
    "during": _names(*dict.fromkeys(_spellings(HANDLERS))),
    "observation": _names(*OBSERVATIONS),
    "v": int | None,
    "actor": _names(*ACTORS),
    "args": dict[str, Any] | None,
}
#: an origin that says nothing about reading
_Source: Final[Any] = msgspec.defstruct(
    "Source",
    [("path", _TEXT, None), ("line", _NUMBER, None), ("format", _TEXT, None)],
    gc=False,
)
_FIELDS: Final[dict[str, Any]] = {
    **{key: kind for key, kind in SEEN.items() if key != "args"},
    "host": _TEXT,
    "instance": _TEXT,
    "writer_id": _TEXT,
    "writer": _TEXT,
    "args": SEEN["args"],
    "time": int | _TEXT,
    "ended": int | _TEXT,
    "session": _TEXT,
    "process": _TEXT,
    "source": _Source | None,
    "thread": _NUMBER,
}
assert _FIELDS.keys() == set(KEYS)
FIELDS: Final = tuple(_FIELDS)
#: where what is said stands among them, and whose it is, in the order of `WHO`
SAID_AT: Final = slice(0, FIELDS.index("host"))
WHO_AT: Final = slice(FIELDS.index("actor"), FIELDS.index("args"))
WHO: Final = FIELDS[WHO_AT]
#: and the others, of which the thread is not asked for
REST_AT: Final = slice(FIELDS.index("args"), FIELDS.index("source"))
_ARGS: Final = FIELDS.index("args")
_SOURCE: Final = FIELDS.index("source")
#: whose a record is
who_of: Final = attrgetter(*WHO)
_Line: Final[Any] = msgspec.defstruct(
    "Line", [(name, kind, None) for name, kind in _FIELDS.items()], gc=False
)
_decode: Final = msgspec.json.Decoder(_Line).decode
_decode_any: Final = msgspec.json.Decoder().decode
#: combinations of types that are kept
_KINDS: Final = 10_000
_QUOTE: Final = b'"'
#: a quote that is not written as one
_HIDDEN: Final = b"\\u0022"


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


def read_line(text: bytes) -> tuple[Any, ...]:
    """
    Read one line that is written as most are: its values in the order of `FIELDS`.

    Raises:
        UnfitError: something may be wrong with it, or it has a value of another type.
    """
    if len(text) > _LONG or text.count(b"[") + text.count(b"{") > DEEPEST:
        raise UnfitError
    if not text.isascii():
        text_of(text)
    try:
        values: tuple[Any, ...] = astuple(_decode(text))
        if not _has_no_twins(text, values):
            raise UnfitError
    except (msgspec.DecodeError, RecursionError):
        raise UnfitError from None
    return values


def read_odd(text: bytes, number: int) -> Odd | None:
    """
    Read any line that is a record for the reference; None for a blank one.

    Raises:
        UnfitError: it is none.
    """
    if len(text) > _LONG:
        raise UnfitError
    row = row_of(text_of(text).rstrip("\r\n"), number)
    if row is None:
        return None
    record, notes = row.read()
    if record.hole or row.values is None:
        raise UnfitError
    return Odd(record, row.values, bool(notes))


def read_who(text: bytes, number: int) -> tuple[str | None, ...]:
    """
    Tell whose any line with its end is, in the order of `WHO`.

    Raises:
        UnfitError: it is no record.
    """
    try:
        return read_line(text)[WHO_AT]
    except UnfitError:
        found = read_odd(text, number)
        if found is None:
            raise
        return tuple(who_of(found.record))


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


class _Quotes(dict[tuple[type, ...], int]):
    """Quotes that keys need, with their values, by the types of these; without what is in them."""

    def __missing__(self, kinds: tuple[type, ...]) -> int:
        if len(self) >= _KINDS:
            self.clear()
        found = 4 * kinds.count(str) + 2 * (len(kinds) - kinds.count(str))
        found = self[kinds] = found - 2 * kinds.count(type(None))
        return found


_QUOTES: Final = _Quotes()


def _has_no_twins(text: bytes, values: tuple[Any, ...]) -> bool:
    """
    Tell whether no key of a line comes twice, and its origin says nothing about reading.

    That is so if there are as many quotes as the keys and strings need that were found: no line has
    fewer. Keys that nobody asks for are looked at only if there are more.
    """
    quotes = _QUOTES[(*map(type, values),)]
    args, source = values[_ARGS], values[_SOURCE]
    if args:
        quotes += _quotes_in(args)
    if source is not None:
        quotes += _QUOTES[(*map(type, astuple(source)),)]
    if text.count(_QUOTE) != quotes:
        every = _decode_any(text)
        source = every.get("source")
        if text.count(_QUOTE) != _quotes_in(every) or (source and NOTES in source):
            return False
    return _HIDDEN not in text


def _quotes_in(values: dict[str, Any] | list[Any]) -> int:
    """Give the quotes within an object or a list, if none is hidden."""
    quotes = 0
    if type(values) is dict:
        for key in values:
            quotes += 2 + key.count('"')
        values = [*values.values()]
    for value in values:
        if type(value) is str:
            quotes += 2 + value.count('"')
        elif type(value) is dict or type(value) is list:
            quotes += _quotes_in(value)
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
