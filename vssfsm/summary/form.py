"""
The file of a summary: what it holds, and how it is written and read.

The first line says which format and which rows it is of, so that another version of either is
refused before anything else is read. Behind it stand a digest, by which damage is told, and
MessagePack. A summary comes from elsewhere: what it packs may not grow without bound, and it names
no file to read.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Final, TypeVar

import msgspec

from vssfsm.core.finding import Note
from vssfsm.errors import UsageError
from vssfsm.spec.digest import digest
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.summary.opening import read_again
from vssfsm.traces.formats import PASTED
from vssfsm.traces.unpack import MOST_GROWTH, is_bomb

_Held = TypeVar("_Held", bound=msgspec.Struct)
#: how each file of ours begins, and bytes that hold its first line
_OURS: Final = b"vssfsm-"
_FIRST_LINE: Final = 200
_MAGIC: Final = "vssfsm-summary"
VERSION: Final = 5
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
        open: number of sessions that are not closed.
        subscribed: a writer's subscription is recorded.
        over: keys of the closed sessions.
        silent: those of them that are no backup sessions.
        first, last: first and last line of the closed sessions; 0 if there are none.
        records, judged, judged_records: of sound records that are not kept.
        coverage: codes of the rows that they took.
        processes, failed: of requesters, and those whose last operation failed.
    """

    name: str | None
    spreads: bool
    open: int
    subscribed: bool
    over: list[str]
    silent: list[str]
    first: int
    last: int
    records: int
    judged: int
    judged_records: int
    coverage: list[str]
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
        most_open: so many were not closed at once, at most.
        events: that records tell of.
        numbers, kept: lines of the records that are kept, and their packed text.
    """

    hosts: list[HostFacts]
    names: tuple[bool, ...] | None
    begun: int
    most_open: int
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
        text = b"".join(unpacked_blocks(self.kept, "a summary"))
        return dict(zip(self.numbers, text.split(b"\n"), strict=False))


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """
    A piece of an evidence: where it came from, how many lines it has, and its packed text.

    Args:
        path: as it was named.
        lines: number of them.
        ended: its last line has an end.
        text: packed; None where it can be read again.
        format: that it shows by itself; None: it may go on with what comes before it.
        lost: rule, and reason, why its last line stands for what cannot be read.
    """

    path: str
    lines: int
    ended: bool
    text: bytes | None
    format: str | None = None
    lost: tuple[str, str] | None = None


class Summary(msgspec.Struct, array_like=True, frozen=True):
    """
    Pieces of one evidence in their order, and what they show together.

    Args:
        pieces: in the order of time.
        release, observation, input_format: as for `check`.
        facts: of the pieces that are JSON Lines; None where nothing may be judged before all
            pieces are there.
    """

    pieces: list[Piece]
    release: str | None
    observation: str
    input_format: str
    facts: Facts | None

    @property
    def evidences(self) -> "list[Summary]":
        """The pieces of each format by themselves: those of two are never one text."""
        return [
            msgspec.structs.replace(
                self,
                pieces=pieces,
                facts=self.facts if is_scanned(name) else None,
                input_format=self.input_format if name is None or name in PASTED else name,
            )
            for name, pieces in self._by_format.items()
        ]

    @property
    def scanned(self) -> list[Piece]:
        """The pieces that may have facts."""
        return [p for name, pieces in self._by_format.items() if is_scanned(name) for p in pieces]

    @property
    def _by_format(self) -> dict[str | None, list[Piece]]:
        found: dict[str | None, list[Piece]] = {}
        newest = next((piece.format for piece in self.pieces if piece.format), None)
        for piece in self.pieces:
            newest = piece.format or newest
            found.setdefault(newest, []).append(piece)
        return found


def is_scanned(name: str | None) -> bool:
    """Tell whether pieces of a format, or of none that is known, may have facts."""
    return name in (None, "jsonl")


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
        if piece.text is None:
            yield from read_again(piece.path)
        else:
            yield from unpacked_blocks(piece.text, f"the summary of {piece.path}")
        open_end = not piece.ended


def holes_of(pieces: Sequence[Piece]) -> tuple[Note, ...]:
    """Give the lines of pieces that stand for what cannot be read."""
    ends = accumulate(piece.lines for piece in pieces)
    return tuple(
        Note(piece.lost[0], end, piece.lost[1])
        for piece, end in zip(pieces, ends, strict=True)
        if piece.lost
    )


def unpacked_blocks(packed: bytes, what: str) -> Iterator[bytes]:
    """
    Unpack what a file of ours holds, in blocks.

    Args:
        packed: by zlib.
        what: it is, for messages.

    Raises:
        UsageError: it is damaged.
    """
    unpacker, rest = zlib.decompressobj(), packed
    try:
        while rest and not unpacker.eof:
            yield unpacker.decompress(rest, _BLOCK)
            rest = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise UsageError(f"{what} is damaged: {error}") from error


# --- Files -------------------------------------------------------------------
def encode(summary: Summary) -> bytes:
    """Give the bytes of a summary's file."""
    return sealed(_head(), summary)


def decode(data: bytes, path: str) -> Summary:
    """
    Read a summary.

    Args:
        data: of its file.
        path: of it, for messages.

    Raises:
        UsageError: it is none, it is damaged, or it is of another format or specification.
    """
    summary = unsealed(data, _head(), path, "summary", Summary)
    known = summary.observation in OBSERVATIONS and summary.release in (None, *RELEASES)
    if not known or any(p.text is None or p.lines < 0 or p.lost for p in summary.pieces):
        raise UsageError(f"{path} is a summary that vssfsm did not write")
    if summary.facts is not None:
        _refuse_bomb(summary.facts.kept, path)
    return summary


def _refuse_bomb(packed: bytes, path: str) -> None:
    """Refuse what has to be in memory as a whole, and is not evidence; texts are read in blocks."""
    taken = 0
    for block in unpacked_blocks(packed, path):
        taken += len(block)
        if is_bomb(taken, len(packed)):
            raise UsageError(f"{path} unpacks to more than {MOST_GROWTH} times its size")


def _head() -> bytes:
    return head_of(_MAGIC, VERSION)


def sealed(head: bytes, held: msgspec.Struct) -> bytes:
    """Give the bytes of a file of ours: first line, digest, what it holds."""
    body = msgspec.msgpack.encode(held)
    return head + sha256(body).digest() + body


def unsealed(data: bytes, head: bytes, path: str, what: str, kind: type[_Held]) -> _Held:
    """
    Give what a file of ours holds.

    Raises:
        UsageError: it is another one, or it is damaged.
    """
    check_head(data, head, path, what)
    start = len(head) + sha256().digest_size
    if sha256(data[start:]).digest() != data[len(head) : start]:
        raise UsageError(f"{path} is a damaged {what}: remove it, and make it again")
    try:
        return msgspec.msgpack.decode(data[start:], type=kind)
    except msgspec.DecodeError as error:
        raise UsageError(f"{path} is a damaged {what}: {error}") from error


def read_whole(path: str) -> bytes:
    """Give the bytes of a file of ours; of another one no more than tells that it is one."""
    with open(path, "rb") as file:
        start = file.read(_FIRST_LINE)
        return start + file.read() if start.startswith(_OURS) else start


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
    line, _, _ = data[:_FIRST_LINE].partition(b"\n")
    words, own = line.decode("ascii", "replace").split(" "), head.decode().split()
    if words[0] != own[0] or len(words) != len(own):
        raise UsageError(f"{path} is no {what} of vssfsm")
    if words[1] != own[1]:
        raise UsageError(f"{path} is a {what} of format {words[1]}; this vssfsm knows {own[1]}")
    raise UsageError(
        f"{path} is a {what} by the specification {words[2]}; this vssfsm has {own[2]}:"
        " make it again"
    )
