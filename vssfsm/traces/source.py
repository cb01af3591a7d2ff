"""
Evidence as bytes: where it lies, how it is packed and encoded, in which format it is.

Everything is decided by content: compression by magic numbers, encoding by marks and zero bytes,
the format by what the first lines look like. Lines end in LF or CRLF and are numbered from 1.
"""

import codecs
import errno
import io
import os
import re
import stat
import sys
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.errors import UsageError
from vssfsm.spec import inputs
from vssfsm.traces.canonical import LONGEST_LINE, is_record
from vssfsm.traces.columns import NO_COLUMNS, Columns
from vssfsm.traces.shapes import shape_of
from vssfsm.traces.unpack import damage_as_end, is_damage, unpacked
from vssfsm.traces.values import KEYS

STDIN: Final = "-"
#: bytes that decide about the format
_HEAD: Final = 1 << 16
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
#: endings that only evidence has: what cannot be read there is told
_CLAIMS: Final = (*_TRACE_ENDINGS, ".parquet", ".evtx", ".xes")
#: so many columns that a trace has, and no other table by chance
_COLUMNS: Final = 2
_PARQUET: Final = b"PAR1"
_EVTX: Final = b"ElfFile\x00"
_PACKED: Final = ("", ".gz", ".zst")
#: what no text of two bytes a character holds: a line of ASCII
_NARROW: Final = re.compile(rb"[\t\n\r -~]{32,}")
#: single bytes that a tool appends to text of two bytes a character
_ENDS: Final = (b"\n", b"\r", b" ", b"\x1a")
#: bytes of an input that has to be read as a whole
MOST_WHOLE: Final = 1024 * 1024 * 1024
#: bytes of it that are read at once
_BLOCK: Final = 1024 * 1024


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

    A directory that holds no trace is an input that cannot be read: others are still judged.

    Raises:
        UsageError: a pattern matches nothing.
    """
    found: list[str] = []
    for path in paths:
        if path != STDIN and not os.path.exists(path) and is_pattern(path):
            found += _matches(path)
        elif path != STDIN and os.path.isdir(path):
            found += traces_in(path) or [path]
        else:
            found.append(path)
    return found


def is_pattern(path: str) -> bool:
    """Tell whether *path* may stand for several files."""
    return re.search(r"[*?\[]", path) is not None


def _matches(pattern: str) -> list[str]:
    matches = sorted(name for name in set(_glob(pattern)) if not is_pipe_or_device(name))
    if not matches:
        raise UsageError(f"no file matches {pattern}")
    return expand(matches)


def _glob(pattern: str) -> Iterator[str]:
    """Give what matches; `**` stands for directories, and follows no link: it could be a loop."""
    from glob import escape, glob

    match = re.search(r"(?:^|(?<=[/\\]))\*\*(?:[/\\]|$)", pattern)
    if match is None:
        yield from glob(pattern)
        return
    before, after = pattern[: match.start()], pattern[match.end() :]
    for top in glob(before) if before else [os.curdir]:
        closed: list[OSError] = []
        for folder, inner, files in os.walk(top, onerror=closed.append):
            inner[:] = [name for name in inner if not name.startswith(".")]
            here = "" if folder == os.curdir else os.path.join(folder, "").removeprefix("./")
            if after:
                yield from _glob(escape(here) + after)
            else:
                yield from (here + name for name in files if not name.startswith("."))
        yield from _names_of(closed)


def _names_of(closed: list[OSError]) -> list[str]:
    """Give the directories that could not be opened: as inputs, they are told."""
    return [str(error.filename) for error in closed]


def traces_in(directory: str) -> list[str]:
    """Give the traces in a directory, sorted, and the directories in it that cannot be opened."""
    endings = tuple(e + p for e in _ENDINGS for p in _PACKED)
    closed: list[OSError] = []
    found = (
        os.path.join(folder, name)
        for folder, _, files in os.walk(directory, onerror=closed.append)
        for name in files
        if name.lower().endswith(endings)
    )
    names = [name for name in found if not is_pipe_or_device(name)]
    return sorted([*filter(_is_trace, names), *_names_of(closed)])


def is_pipe_or_device(name: str) -> bool:
    """Tell whether *name* is a pipe or a device: to read it could take for ever."""
    try:
        mode = os.stat(name).st_mode
    except OSError:
        return False  # `check` will say what is wrong with it
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _is_trace(name: str) -> bool:
    bare = bare_name(name)
    if bare.endswith(_CLAIMS):
        return True
    try:
        opened = open_input(name)
        with opened.stream:
            found = opened.head.format
            if bare.endswith(_CSV_ENDINGS):
                text = beginning(opened)
                return shape_of(text) is not None or _may_be_table(text)
            if bare.endswith(".json"):  # as settings and reports are
                lines = beginning(opened).splitlines() if found == "jsonl" else ()
                return found in ("eventlog", "vssadmin") or any(map(is_record, lines))
            return found is not None
    except (OSError, EOFError, zlib.error):
        return True  # `check` will say what is wrong with it


def _may_be_table(text: str) -> bool:
    """Tell whether *text* begins a trace with a wrong header, or nothing; not another table."""
    header = set(re.findall(r"\w+", text.partition("\n")[0].lower()))
    return not text or len(header.intersection(KEYS)) >= _COLUMNS


def open_input(path: str) -> Opened:
    """
    Open *path* (`-` is standard input), unpack it, and look at its head.

    Raises:
        OSError: it cannot be opened or unpacked.
        MissingExtra: it is packed with Zstandard and the extra is not installed.
    """
    if path != STDIN and os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "no trace can be found in this directory", path)
    return open_stream(path, _standard_input() if path == STDIN else open(path, "rb"))


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return sys.stdin.buffer


def open_stream(path: str, stream: BinaryIO) -> Opened:
    """Open *stream*, whose bytes are those of the file *path*, as `open_input` does."""
    plain = unpacked(stream, _HEAD)
    try:
        head = look(plain)
    except BaseException:
        plain.close()
        raise
    return Opened(plain, head._replace(format=format_by_name(path, head.format)))


def format_by_name(path: str, shown: str | None = None) -> str | None:
    """Give the format that the ending of *path* says, else the one that the content showed."""
    name = bare_name(path)
    if name.endswith(_TRACE_ENDINGS) and shown != "eventlog":  # events are JSON Lines, too
        return "jsonl"
    if name.endswith(".parquet"):
        return "parquet"
    return "csv" if name.endswith(_CSV_ENDINGS) and shown is None else shown


def bare_name(path: str) -> str:
    """Give the lower-case name without the ending of a compression."""
    return path.lower().removesuffix(".gz").removesuffix(".zst")


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


def first_bytes(opened: Opened) -> bytes:
    """Give the first bytes of an input with their mark, without consuming them."""
    return opened.stream.peek(_HEAD)[:_HEAD]


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
        try:
            line = next(reader, None)
        except Exception as error:  # a context manager would take most of the time of blank lines
            if not is_damage(error):
                raise
            raise EOFError(str(error)) from error
        if line is None:
            return
        number += 1
        text = decoded(line, number) if isinstance(line, bytes) else line
        yield number, text if ends or isinstance(text, Note) else text.rstrip("\r\n")


class Text(NamedTuple):
    """A whole text, the code page if it is a guess, and whether its last character is cut."""

    text: str
    page: str = ""
    torn: bool = False


def text_of(opened: Opened) -> Text:
    """
    Give the whole text of an input that a console wrote.

    Raises:
        EOFError: the compressed data ends in the middle, or is damaged.
    """
    data = everything(opened)
    if opened.head.encoding != "utf-8":
        return _wide_text(data, opened.head.encoding)
    data = data.replace(b"\0", b"")  # of a part that another console appended
    # The first bytes of a character at the end are a cut, and no other encoding.
    decoder = codecs.getincrementaldecoder("utf-8")("replace" if opened.head.mark else "strict")
    try:
        return Text(decoder.decode(data), torn=bool(decoder.getstate()[0]))
    except UnicodeDecodeError:
        from vssfsm.traces.codepage import guess

        found = guess(data)
        return Text(found.text, found.page)


def _wide_text(data: bytes, encoding: str) -> Text:
    """Decode text of two bytes a character, to which another console may have appended."""
    ends = [0, *(end for match in _NARROW.finditer(data) for end in match.span()), len(data)]
    pieces = [data[start:end] for start, end in pairwise(ends)]
    text = "".join(
        piece.decode("ascii")
        if number % 2
        else piece[: len(piece) & ~1].decode(encoding, "replace")
        for number, piece in enumerate(pieces)
    )
    return Text(text, torn=len(pieces[-1]) % 2 == 1 and pieces[-1][-1:] not in _ENDS)


def everything(opened: Opened) -> bytes:
    """
    Give all bytes behind the mark, for formats that are not read by lines.

    Raises:
        EOFError: the compressed data ends in the middle, or is damaged; or there is too much.
    """
    opened.stream.read(opened.head.mark)
    data = io.BytesIO()
    with damage_as_end():
        # To read the limit at once would reserve that memory for the smallest file.
        while data.tell() <= MOST_WHOLE and (block := opened.stream.read(_BLOCK)):
            data.write(block)
    if data.tell() > MOST_WHOLE:
        raise EOFError(f"a file of this format is read up to {MOST_WHOLE:,} bytes")
    return data.getvalue()


def _byte_lines(stream: io.BufferedReader) -> Iterator[bytes]:
    while line := stream.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)  # swallow what is too long
        yield line


def decoded(line: bytes, number: int) -> str | Note:
    """Give the text of a line, or a note where it is none."""
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
