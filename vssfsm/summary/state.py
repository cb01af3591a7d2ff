"""
A file that grows: what was read of it, and what it showed, in a state that appears whole or not.

Offset and facts are one file. It is written beside its place, brought to the disk and moved there,
so that whoever is killed in between finds the old one. Of what was read the state keeps digests of
the start and of the end: a file that was cut, turned or written anew is noticed, and is judged from
its start. A last line without an end is judged, as `check` does, and read again the next time.
"""

import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import BinaryIO, Final

import msgspec

from vssfsm.errors import UsageError
from vssfsm.fast.lines import UnfitError
from vssfsm.judging import Judged, Options, judge_input
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.summary.condense import Condenser, blocks_of, lines_of
from vssfsm.summary.form import Facts, Piece, head_of, read_whole, sealed, unsealed
from vssfsm.summary.judge import judge_scan
from vssfsm.traces.source import STDIN, is_pipe_or_device, open_input
from vssfsm.traces.unpack import is_packed

_MAGIC: Final = "vssfsm-state"
VERSION: Final = 2
#: bytes at the start and at the end of what was read that are compared
WINDOW: Final = 1 << 20
_READ: Final = 1 << 20


class State(msgspec.Struct, array_like=True, frozen=True):
    """
    How far a file was read.

    Args:
        release: by which it was judged.
        offset, lines: bytes and whole lines that were read.
        start, end: digests of their first and of their last bytes.
        facts: what they showed; None where only the whole file can be judged.
    """

    release: str | None
    offset: int
    lines: int
    start: str
    end: str
    facts: Facts | None


def follow(path: str, state: str, options: Options, say: Callable[[str], None]) -> Judged:
    """
    Judge a file as a whole, and read only what is new since the last time.

    Args:
        path: of JSON Lines, in UTF-8 and not packed.
        state: file of the state; it is made if it is missing.
        options: of the check.
        say: takes a sentence where the file has to be judged from its start.

    Raises:
        UsageError: the state is none, or cannot be written; the file cannot be followed.
    """
    _refuse(path, state, options)
    if not _can_be_followed(path, options):
        return judge_input(path, options)
    known = _load(state)
    reason = "" if known is None else _changed(known, path, options)
    if reason:
        say(f"{path} {reason}; it is judged from its start")
        known = None
    with open(path, "rb") as file:
        found = _Follower(path, file, state, options, known).judged()
    return found or judge_input(path, options)


def _refuse(path: str, state: str, options: Options) -> None:
    """Refuse what has no state, or nowhere to keep it."""
    if path == STDIN:
        raise UsageError("--state needs a file; standard input cannot be read again")
    if is_pipe_or_device(path):
        raise UsageError(f"--state needs a file; {path} cannot be read again")
    if options.observation != OBSERVATIONS[0]:
        raise UsageError("--state needs complete evidence; --observation says that it is not")
    if os.path.exists(state) and not os.path.isfile(state):
        raise UsageError(f"{state} is no file that a state could be kept in")


def _can_be_followed(path: str, options: Options) -> bool:
    """
    Tell whether a file can be read at all.

    Raises:
        UsageError: it can, and is of a kind that is not followed.
    """
    try:
        opened = open_input(path)
        opened.stream.close()
        packed = is_packed(path)
    except (OSError, EOFError):
        return False
    name = opened.head.format if options.input_format == "auto" else options.input_format
    plain = opened.head.encoding == "utf-8" and not packed
    if name not in (None, "jsonl") or not plain:
        raise UsageError(f"--state follows JSON Lines in UTF-8 that are not packed; {path} is none")
    return True


def _load(path: str) -> State | None:
    """
    Read a state; None where it has to be made anew.

    Raises:
        UsageError: the file is another one, which must not be lost.
    """
    try:
        data = read_whole(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    return unsealed(data, head_of(_MAGIC, VERSION), path, "state", State)


def save(state: State, path: str) -> None:
    """
    Bring a state to the disk, whole or not at all.

    Raises:
        UsageError: it cannot be written; what was there before still is.
    """
    place = os.path.realpath(path)
    beside = f"{place}.new"
    try:
        with open(beside, "wb") as file:
            file.write(sealed(head_of(_MAGIC, VERSION), state))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
        _sync_directory(os.path.dirname(place))
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}; what it held before is still there"
        ) from error
    finally:
        if os.path.exists(beside):
            os.unlink(beside)


def _sync_directory(path: str) -> None:
    """Bring the new name to the disk, where directories can be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- what was read -----------------------------------------------------------
def _digests(file: BinaryIO, offset: int) -> tuple[str, str]:
    """Give the digests of the first and of the last bytes of what was read."""
    file.seek(0)
    start = sha256(file.read(min(WINDOW, offset))).hexdigest()
    file.seek(max(0, offset - WINDOW))
    return start, sha256(file.read(min(WINDOW, offset))).hexdigest()


def _changed(known: State, path: str, options: Options) -> str:
    """Say why a state is of no use; empty if it is."""
    if known.release != options.release:
        return "was judged by another --release before"
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < known.offset:
            return "is shorter than before"
        if _digests(file, known.offset) != (known.start, known.end):
            return "is another one than before"
    return ""


def _mark(file: BinaryIO) -> int:
    """Give the length of the mark of UTF-8 at the start."""
    return len(BOM_UTF8) if file.read(len(BOM_UTF8)) == BOM_UTF8 else 0


class _Follower:
    """Read what is new, and keep a state after each block of it."""

    def __init__(
        self, path: str, file: BinaryIO, state: str, options: Options, known: State | None
    ) -> None:
        self._path = path
        self._file = file
        self._state = state
        self._options = options
        self._known = known or State(options.release, _mark(file), 0, "", "", None)
        self._is_new = known is None
        #: what is there now; what is appended meanwhile is for the next time
        self._size = os.fstat(file.fileno()).st_size

    def judged(self) -> Judged | None:
        """Judge the file; None where only the whole of it can be judged."""
        try:
            taker, rest = self._read()
        except UnfitError:
            self._keep(self._size, 0, None)
            return None
        if self._is_new and not taker.line:
            self._keep(self._known.offset, 0, taker.facts)
        if self._options.keep_records or self._options.keep_counts:
            return None
        try:
            if rest:
                taker.take(rest + b"\n")
            return judge_scan(taker.scan, taker.lines, self._fetch, self._path, self._options)
        except UnfitError:
            return None

    def _fetch(self, hosts: set[str | None]) -> Mapping[int, bytes]:
        return lines_of([Piece(self._path, 0, ended=True, text=None)], hosts)

    def _read(self) -> tuple[Condenser, bytes]:
        """Take all whole lines; give the rest beside."""
        if not self._is_new and self._known.facts is None:
            raise UnfitError
        known = self._known
        taker = Condenser(self._options.release, known.facts, known.lines, merges=False)
        return taker, self._take(taker)

    def _take(self, taker: Condenser) -> bytes:
        for block in blocks_of(self._data()):
            if not block.endswith(b"\n"):
                return block
            taker.take(block)
            self._keep(self._known.offset + len(block), taker.line, taker.facts)
        return b""

    def _data(self) -> Iterator[bytes]:
        at = self._known.offset
        while at < self._size:
            self._file.seek(at)
            data = self._file.read(min(_READ, self._size - at))
            if not data:
                return
            at += len(data)
            yield data

    def _keep(self, offset: int, lines: int, facts: Facts | None) -> None:
        start, end = _digests(self._file, offset)
        self._known = State(self._options.release, offset, lines, start, end, facts)
        save(self._known, self._state)
