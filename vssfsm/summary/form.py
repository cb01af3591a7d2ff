"""
The file of a summary: what it holds, and how it is written and read.

The first line says which format and which rows it is of, so that another version of either is
refused before anything else is read. Everything behind it is MessagePack.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from vssfsm.errors import UsageError
from vssfsm.spec.digest import digest
from vssfsm.summary.opening import read_again

_MAGIC: Final = "vssfsm-summary"
VERSION: Final = 1
#: bytes that are unpacked at once
_BLOCK: Final = 1 << 20
#: names of a writer: instance, class and name
Names = tuple[str | None, str | None, str | None]


class WriterFacts(msgspec.Struct, array_like=True, frozen=True):
    """
    A writer on its host.

    Args:
        names: as the reference compares them.
        first_line: of its first record in a session that is closed; 0 if there is none.
        first_time: of its first handler there, in nanoseconds.
        time: of its newest handler.
        told: line of the newest record of a closed session, or of an observer, that told of its
            health; it was a good one.
    """

    names: Names
    first_line: int = 0
    first_time: int | None = None
    time: int | None = None
    told: int = 0


class HostFacts(msgspec.Struct, array_like=True, frozen=True):
    """
    A host: what is left of its closed sessions, and what they may be touched by.

    Args:
        name: None where records name no host.
        spreads: all of its records are in question; none of them is kept.
        subscribed: a writer's subscription is recorded.
        over: keys of the closed sessions.
        silent: those of them that are no backup sessions.
        first, last: first and last line of the closed sessions; 0 if there are none.
        records, judged, judged_records: of sound records that are not kept.
        processes, failed: of requesters, and those whose last operation failed.
    """

    name: str | None
    spreads: bool
    subscribed: bool
    over: list[str]
    silent: list[str]
    first: int
    last: int
    records: int
    judged: int
    judged_records: int
    processes: list[str]
    failed: list[str]
    writers: list[WriterFacts]


class Facts(msgspec.Struct, array_like=True, frozen=True):
    """
    What is known of an evidence without the records that are kept.

    Args:
        hosts: each host.
        names: which names the writers' records carry.
        begun: number of sessions.
        coverage: codes of the rows that closed sessions took.
        events: that records tell of.
        numbers, kept: lines of the records that are kept, and their packed text.
    """

    hosts: list[HostFacts]
    names: tuple[bool, ...] | None
    begun: int
    coverage: list[str]
    events: list[str]
    numbers: list[int]
    kept: bytes

    @property
    def lines(self) -> dict[int, bytes]:
        """
        The records that are kept, by their lines.

        Raises:
            UsageError: they are damaged.
        """
        try:
            return dict(zip(self.numbers, zlib.decompress(self.kept).split(b"\n"), strict=False))
        except zlib.error as error:
            raise UsageError(f"a summary is damaged: {error}") from error


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """
    A piece of an evidence: where it came from, how many lines it has, and its packed text.

    Args:
        path: as it was named.
        lines: number of them.
        ended: its last line has an end.
        text: packed; None where it can be read again.
    """

    path: str
    lines: int
    ended: bool
    text: bytes | None


class Summary(msgspec.Struct, array_like=True, frozen=True):
    """
    Pieces of one evidence in their order, and what they show together.

    Args:
        pieces: in the order of time.
        release, observation, input_format: as for `check`.
        facts: None where nothing may be judged before all pieces are there.
    """

    pieces: list[Piece]
    release: str | None
    observation: str
    input_format: str
    facts: Facts | None

    @property
    def count(self) -> int:
        """Number of lines."""
        return sum(piece.lines for piece in self.pieces)


# --- Text --------------------------------------------------------------------
def text_of(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """
    Give the text of pieces, in blocks; a piece ends with the end of a line.

    Raises:
        UsageError: it is damaged.
        TraceFormatError: a piece that does not hold it cannot be read again.
    """
    open_end = False
    for piece in pieces:
        if open_end:
            yield b"\n"
        yield from _unpack(piece, piece.text) if piece.text is not None else read_again(piece.path)
        open_end = not piece.ended


def _unpack(piece: Piece, rest: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    try:
        while rest and not unpacker.eof:
            yield unpacker.decompress(rest, _BLOCK)
            rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise UsageError(f"the summary of {piece.path} is damaged: {error}") from error


# --- Files -------------------------------------------------------------------
def encode(summary: Summary) -> bytes:
    """Give the bytes of a summary's file."""
    return _head() + msgspec.msgpack.encode(summary)


def decode(data: bytes, path: str) -> Summary:
    """
    Read a summary.

    Args:
        data: of its file.
        path: of it, for messages.

    Raises:
        UsageError: it is none, it is damaged, or it is of another format or specification.
    """
    check_head(data, _head(), path, "summary")
    try:
        return msgspec.msgpack.decode(data[len(_head()) :], type=Summary)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is a damaged summary: {error}") from error


def _head() -> bytes:
    return head_of(_MAGIC, VERSION)


def head_of(magic: str, version: int) -> bytes:
    """Give the first line of a file of ours."""
    return f"{magic} {version} {digest()}\n".encode()


def check_head(data: bytes, head: bytes, path: str, what: str) -> None:
    """
    Refuse a file of another kind, format or specification.

    Raises:
        UsageError: it is one.
    """
    if data.startswith(head):
        return
    line, _, _ = data[:200].partition(b"\n")
    words, own = line.decode("ascii", "replace").split(" "), head.decode().split()
    if words[0] != own[0] or len(words) != len(own):
        raise UsageError(f"{path} is no {what} of vssfsm")
    if words[1] != own[1]:
        raise UsageError(f"{path} is a {what} of format {words[1]}; this vssfsm knows {own[1]}")
    raise UsageError(
        f"{path} is a {what} by the specification {words[2]}; this vssfsm has {own[2]}:"
        " make it again"
    )
