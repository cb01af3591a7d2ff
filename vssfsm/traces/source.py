"""
Evidence as bytes: where it lies, how it is packed and encoded, in which format it is.

Everything is decided by content: compression by magic numbers, encoding by marks and zero bytes,
the format by what the first lines look like. Lines end in LF or CRLF and are numbered from 1.
"""

import codecs
import io
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, NamedTuple, cast

from vssfsm.core.finding import Note
from vssfsm.errors import MissingExtra, TraceFormatError, UsageError
from vssfsm.spec import inputs
from vssfsm.traces.canonical import LONGEST_LINE
from vssfsm.traces.columns import NO_COLUMNS, Columns
from vssfsm.traces.shapes import shape_of

STDIN: Final = "-"
#: bytes that decide about the format
_HEAD: Final = 1 << 16
_MAGIC: Final = 4
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
#: endings of files that a directory is searched for
_ENDINGS: Final = (
    ".jsonl",
    ".ndjson",
    ".txt",
    ".log",
    ".out",
    ".csv",
    ".tsv",
    ".parquet",
    ".evtx",
    ".xml",
    ".xes",
    ".json",
)
_TRACE_ENDINGS: Final = (".jsonl", ".ndjson")
_CSV_ENDINGS: Final = (".csv", ".tsv")
_PARQUET: Final = b"PAR1"
_EVTX: Final = b"ElfFile\x00"
_PACKED: Final = ("", ".gz", ".zst")


class Head(NamedTuple):
    """What the first bytes showed: format (None: unknown) and text encoding."""

    format: str | None
    encoding: str
    mark: int
    empty: bool


class Opened(NamedTuple):
    """An open input: its bytes without compression, and its head, already looked at."""

    stream: io.BufferedReader
    head: Head
    columns: Columns = NO_COLUMNS


def expand(paths: list[str]) -> list[str]:
    """
    Give the inputs that *paths* name: patterns expanded, directories searched and sorted.

    Raises:
        UsageError: a pattern matches nothing.
        TraceFormatError: a directory holds no trace.
    """
    found: list[str] = []
    for path in paths:
        if path != STDIN and not os.path.exists(path) and is_pattern(path):
            found += _matches(path)
        elif path != STDIN and os.path.isdir(path):
            found += _traces_in(path)
        else:
            found.append(path)
    return found


def is_pattern(path: str) -> bool:
    """Tell whether *path* may stand for several files."""
    return re.search(r"[*?\[]", path) is not None


def _matches(pattern: str) -> list[str]:
    from glob import glob

    matches = sorted(glob(pattern, recursive=True))
    if not matches:
        raise UsageError(f"no file matches {pattern}")
    return expand(matches)


def _traces_in(directory: str) -> list[str]:
    endings = tuple(e + p for e in _ENDINGS for p in _PACKED)
    names = sorted(
        os.path.join(folder, name)
        for folder, _, files in os.walk(directory)
        for name in files
        if name.lower().endswith(endings)
    )
    traces = [name for name in names if _is_trace(name)]
    if not traces:
        raise TraceFormatError(f"directory {directory} holds no trace")
    return traces


def _is_trace(name: str) -> bool:
    bare = name.lower().removesuffix(".gz").removesuffix(".zst")
    if bare.endswith(_TRACE_ENDINGS):
        return True
    try:
        with open_input(name).stream as stream:
            found = look(stream).format
            # Settings and reports are JSON as well.
            return found == "eventlog" if bare.endswith(".json") else found is not None
    except (OSError, EOFError, zlib.error):
        return True  # `check` will say what is wrong with it


def open_input(path: str) -> Opened:
    """
    Open *path* (`-` is standard input), unpack it, and look at its head.

    Raises:
        OSError: it cannot be opened or unpacked.
        MissingExtra: it is packed with Zstandard and the extra is not installed.
    """
    packed = _with_head(sys.stdin.buffer if path == STDIN else open(path, "rb"), _MAGIC)
    try:
        return _unpack(path, packed)
    except BaseException:
        packed.close()
        raise


def open_stream(path: str, stream: io.BufferedReader) -> Opened:
    """Look at the head of *stream*, whose bytes are those of the file *path*."""
    return _unpack(path, _with_head(stream, _MAGIC))


def is_packed(path: str) -> bool:
    """Tell whether the file *path* is compressed."""
    with open(path, "rb") as file:
        return file.read(_MAGIC).startswith((_GZIP, _ZSTD))


def _unpack(path: str, packed: io.BufferedReader) -> Opened:
    magic = packed.peek(_MAGIC)
    stream: BinaryIO = packed
    if magic.startswith(_GZIP):
        from gzip import GzipFile

        stream = cast("BinaryIO", GzipFile(fileobj=packed))
    elif magic.startswith(_ZSTD):
        stream = _unzstd(packed)
    plain = _with_head(stream, _HEAD, under=packed)
    head = look(plain)
    return Opened(plain, head._replace(format=_by_name(bare_name(path), head.format)))


def _by_name(name: str, shown: str | None) -> str | None:
    """Give the format that the ending of *name* says, else the one that the content showed."""
    if name.endswith(_TRACE_ENDINGS):
        return "jsonl"
    if name.endswith(".parquet"):
        return "parquet"
    return "csv" if name.endswith(_CSV_ENDINGS) and shown is None else shown


class _Resumed(io.RawIOBase):
    """Bytes that were read ahead, then the rest of the stream, or the damage that was met."""

    def __init__(self, stream: BinaryIO, size: int, under: BinaryIO | None = None) -> None:
        self._rest = stream
        self._under = under
        self._damage: Exception | None = None
        head = bytearray()
        try:
            while len(head) < size and (data := stream.read1(size - len(head))):  # type: ignore[attr-defined]
                head += data
        except Exception as error:
            if not _is_damage(error):
                raise
            self._damage = error
        self._head = bytes(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data, self._head = self._head[: len(view)], self._head[len(view) :]
        if not data:
            if self._damage is not None:
                raise EOFError(str(self._damage)) from self._damage
            with _damage_as_end():
                data = self._rest.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if self._rest is not sys.stdin.buffer:
            self._rest.close()
        if self._under is not None:  # unpackers leave open what they unpack
            self._under.close()
        super().close()


def _with_head(stream: BinaryIO, size: int, under: BinaryIO | None = None) -> io.BufferedReader:
    return io.BufferedReader(_Resumed(stream, size, under), max(size, io.DEFAULT_BUFFER_SIZE))


def _is_damage(error: Exception) -> bool:
    """Tell whether an unpacker raised *error* because the data is damaged."""
    if isinstance(error, (OSError, EOFError, zlib.error)):
        return True
    return type(error).__module__.partition(".")[0] == "zstandard"


def bare_name(path: str) -> str:
    """Give the lower-case name without the ending of a compression."""
    return path.lower().removesuffix(".gz").removesuffix(".zst")


def _unzstd(stream: BinaryIO) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise MissingExtra("reading a .zst file", "zst") from None
    return cast("BinaryIO", io.BufferedReader(_Frames(stream, zstandard.ZstdDecompressor())))


class _Frames(io.RawIOBase):
    """Zstandard frames one after another; unlike the library's reader it tells of a cut end."""

    def __init__(self, stream: BinaryIO, decompressor: Any) -> None:
        self._stream = stream
        self._decompressor = decompressor
        self._frame: Any = None
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ready:
            data = self._stream.read(io.DEFAULT_BUFFER_SIZE)
            if not data:
                if self._frame is not None:
                    raise EOFError("the last Zstandard frame is not complete")
                return 0
            self._ready = b"".join(self._unpack(data))
        size = min(len(view), len(self._ready))
        view[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._frame is None:
                self._frame = self._decompressor.decompressobj()
            yield self._frame.decompress(data)
            data = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = None


def look(stream: io.BufferedReader) -> Head:
    """Tell format and encoding from the first bytes, without consuming them."""
    data = stream.peek(_HEAD)[:_HEAD]
    encoding, mark = _encoding(data)
    if data.startswith(_PARQUET):
        return Head("parquet", "utf-8", 0, empty=False)
    if data.startswith(_EVTX):
        return Head("evtx", "utf-8", 0, empty=False)
    text = data[mark:].decode(encoding, "replace")
    return Head(shape_of(text), encoding, mark, not text.strip())


def beginning(opened: Opened) -> str:
    """Give the first characters of an input, without consuming them."""
    data = opened.stream.peek(_HEAD)[opened.head.mark : _HEAD]
    return data.decode(opened.head.encoding, "replace")


def _encoding(data: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    pairs = data[:200]
    even, odd = pairs[::2].count(0), pairs[1::2].count(0)
    # Every text has spaces and digits; in many scripts nothing else has a zero byte.
    if odd > len(pairs) // 16 and odd > 8 * even and len(pairs) >= 4:
        return "utf-16-le", 0
    if even > len(pairs) // 16 and even > 8 * odd and len(pairs) >= 4:
        return "utf-16-be", 0
    return "utf-8", 0


def lines(opened: Opened, *, ends: bool = False) -> Iterator[tuple[int, str | Note]]:
    """
    Give each line with its number: its text, or a note where it cannot be decoded.

    Args:
        opened: the input.
        ends: keep the ends of lines.

    Raises:
        EOFError: the compressed data ends in the middle, or is damaged.
    """
    opened.stream.read(opened.head.mark)
    wide = opened.head.encoding != "utf-8"
    reader = _wide_lines(opened) if wide else _byte_lines(opened.stream)
    number = 0
    while True:
        with _damage_as_end():
            line = next(reader, None)
        if line is None:
            return
        number += 1
        text = _decode(line, number) if isinstance(line, bytes) else line
        yield number, text if ends or isinstance(text, Note) else text.rstrip("\r\n")


def text_of(opened: Opened) -> tuple[str, str]:
    """
    Give the whole text of an input that a console wrote, and the code page if it is a guess.

    Raises:
        EOFError: the compressed data ends in the middle, or is damaged.
    """
    data = everything(opened)
    if opened.head.encoding != "utf-8" or opened.head.mark:
        return data.decode(opened.head.encoding, "replace"), ""
    try:
        # The first bytes of a character at the end are a cut, and no other encoding.
        return codecs.getincrementaldecoder("utf-8")().decode(data), ""
    except UnicodeDecodeError:
        from vssfsm.traces.codepage import guess

        found = guess(data)
        return found.text, found.page


def everything(opened: Opened) -> bytes:
    """
    Give all bytes behind the mark, for formats that are not read by lines.

    Raises:
        EOFError: the compressed data ends in the middle, or is damaged.
    """
    opened.stream.read(opened.head.mark)
    with _damage_as_end():
        return opened.stream.read()


@contextmanager
def _damage_as_end() -> Iterator[None]:
    """Turn what the unpackers raise on damaged data into one exception."""
    try:
        yield
    except Exception as error:
        if not _is_damage(error):
            raise
        raise EOFError(str(error)) from error


def _byte_lines(stream: io.BufferedReader) -> Iterator[bytes]:
    while line := stream.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)  # swallow what is too long
        yield line


def _decode(line: bytes, number: int) -> str | Note:
    if len(line) > LONGEST_LINE:
        return Note(inputs.LINE_TOO_LONG.code, number, f"more than {LONGEST_LINE} bytes")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        return Note(inputs.UNREADABLE.code, number, f"byte {error.start + 1} is no UTF-8")


def _wide_lines(opened: Opened) -> Iterator[str]:
    # A cut surrogate or a stray byte becomes a replacement character, which no JSON string needs.
    text = io.TextIOWrapper(
        opened.stream, encoding=opened.head.encoding, errors="replace", newline="\n"
    )
    while line := text.readline(LONGEST_LINE + 1):
        yield line
