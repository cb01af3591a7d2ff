"""Summaries of files, and of summaries: closed sessions as counts, the rest as it stands."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from msgspec import structs

from vssfsm.errors import UsageError
from vssfsm.fast.lines import UnfitError
from vssfsm.spec.inputs import TRUNCATED, UNREADABLE_INPUT
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.summary.form import Facts, Piece, Summary, is_scanned, text_of
from vssfsm.summary.opening import Unread, blocks_in, opened
from vssfsm.summary.scan import PieceScan
from vssfsm.summary.seen import lines_in
from vssfsm.traces.canonical import LONGEST_LINE
from vssfsm.traces.formats import AUTO
from vssfsm.traces.reading import format_of
from vssfsm.traces.source import format_by_name

#: bytes of lines that are scanned before those of closed sessions are let go
CHUNK: Final = 1 << 24
#: lines that are scanned at once
_PART: Final = 4_096
_READ: Final = 1 << 20
_LEVEL: Final = 6
#: formats that are no lines of text
_WHOLE: Final = ("parquet", "evtx")


class Condenser:
    """
    Take lines, and keep only those of sessions that are not closed.

    Args:
        release: of records that do not name theirs.
        facts: of the lines before.
        line: number of them.
        merges: what is known is merged with others.
    """

    def __init__(
        self,
        release: str | None,
        facts: Facts | None = None,
        line: int = 0,
        *,
        merges: bool = True,
    ) -> None:
        self.scan = PieceScan(release, merges=merges)
        self.line = line
        self.lines = self.scan.take_up(facts) if facts is not None else {}

    def take(self, block: bytes) -> None:
        """
        Take whole lines.

        Raises:
            UnfitError: only the whole evidence can be judged.
        """
        old, start = self.lines, self.line
        texts = block.split(b"\n")
        texts.pop()
        # Sessions that began before them are noticed part by part.
        for at in range(0, len(texts), _PART):
            part = texts[at : at + _PART]
            self.scan.take_part(part, self.line)
            self.line += len(part)
        self.lines = {
            number: texts[number - start - 1] if number > start else old[number]
            for number in self.scan.open_lines()
        }

    @property
    def facts(self) -> Facts:
        """What is known of the lines so far."""
        return self.scan.facts(self.lines)


def blocks_of(data: Iterable[bytes], size: int = 0) -> Iterator[bytes]:
    """
    Give whole lines in blocks; a last line without an end comes by itself, without one.

    Args:
        data: in any parts.
        size: bytes of a block, about; 0: those of a chunk.

    Raises:
        UnfitError: a line is too long.
    """
    parts: list[bytes] = []
    length, size = 0, size or CHUNK
    for part in data:
        length += len(part)
        cut = part.rfind(b"\n") + 1
        if length < size or not cut:
            if length > size + LONGEST_LINE:
                raise UnfitError
            parts.append(part)
            continue
        yield b"".join((*parts, part[:cut]))
        parts = [part[cut:]]
        length = len(parts[0])
    rest = b"".join(parts)
    cut = rest.rfind(b"\n") + 1
    yield from (part for part in (rest[:cut], rest[cut:]) if part)


# --- one file ----------------------------------------------------------------
class Settings(NamedTuple):
    """What a piece is judged by: release, kind of evidence and format, as for `check`."""

    release: str | None = None
    observation: str = OBSERVATIONS[0]
    input_format: str = AUTO


def summarise(path: str, settings: Settings, *, text: bool = True) -> Summary:
    """
    Give the summary of one piece; what of it cannot be read is a hole.

    Args:
        path: of a file, or `-`.
        settings: that all pieces share.
        text: keep the text; without it the file has to be there where it is needed.

    Raises:
        UsageError: it is of a format that is no lines of text.
        MissingExtra: it needs a package that is not installed.
    """
    packer, wide = _Packer(), False
    name: str | None = None if settings.input_format == AUTO else settings.input_format
    code = UNREADABLE_INPUT.code
    lost = None
    try:
        with opened(path) as found:
            name = format_of(found, settings.input_format)
            _refuse_whole(path, name)
            code = TRUNCATED.code
            wide = found.head.encoding != "utf-8"
            packer.take(blocks_in(found))
    except Unread as error:
        lost = code, error.reason
        name = name or format_by_name(path)
        _refuse_whole(path, name)
    piece = packer.piece(path, name, lost)
    fit = is_scanned(name) and not (wide or lost) and settings.observation == OBSERVATIONS[0]
    facts = facts_of(text_of([piece]), settings.release) if fit else None
    kept = piece if text or lost else structs.replace(piece, text=None)
    return Summary([kept], *settings, facts)


def _refuse_whole(path: str, name: str | None) -> None:
    if name in _WHOLE:
        raise UsageError(
            f"{path} is no text, so it cannot be a piece; `vssfsm convert` makes JSON Lines of it"
        )


class _Packer:
    """Pack text as it comes, and count its lines; the last one waits for its end."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(_LEVEL)
        self._packed: list[bytes] = []
        self._rest: list[bytes] = []
        self._lines = 0

    def take(self, data: Iterable[bytes]) -> None:
        """Take blocks of text."""
        for part in data:
            cut = part.rfind(b"\n") + 1
            if cut:
                self._pack([*self._rest, part[:cut]])
                self._rest.clear()
            self._rest.append(part[cut:])

    def _pack(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self._lines += part.count(b"\n")
            self._packed.append(self._packer.compress(part))

    def piece(self, path: str, name: str | None, lost: tuple[str, str] | None) -> Piece:
        """Give all that was taken; what is lost, and the line that it cuts, are one line."""
        self._pack([b"\n"] if lost else self._rest)
        ended = bool(lost) or not any(self._rest)
        packed = b"".join((*self._packed, self._packer.flush()))
        return Piece(path, self._lines + (not ended), ended, packed, name, lost)


def facts_of(text: Iterable[bytes], release: str | None) -> Facts | None:
    """
    Give what is known of lines by themselves; None where only the whole evidence can be judged.

    Args:
        text: of them.
        release: of records that do not name theirs.
    """
    taker = Condenser(release)
    try:
        for block in blocks_of(text):
            taker.take(block if block.endswith(b"\n") else block + b"\n")
    except UnfitError:
        return None
    return taker.facts


# --- several -----------------------------------------------------------------
def merge(summaries: Sequence[Summary]) -> Summary:
    """
    Give the summary of all pieces, in the order of the summaries.

    Raises:
        UsageError: they were not made by the same settings.
    """
    first = summaries[0]
    if len(summaries) == 1:
        return first
    for other in summaries[1:]:
        _refuse_other(first, other)
    pieces = [piece for one in summaries for piece in one.pieces]
    whole = structs.replace(first, pieces=pieces, facts=None)
    return structs.replace(whole, facts=_merged(summaries, whole))


def _refuse_other(first: Summary, other: Summary) -> None:
    for name in Settings._fields:
        if getattr(first, name) != getattr(other, name):
            option = name.replace("_", "-")
            paths = f"{first.pieces[0].path} and {other.pieces[0].path}"
            raise UsageError(f"{paths} were summarised with different --{option}")


def _merged(summaries: Sequence[Summary], whole: Summary) -> Facts | None:
    """Give the facts of *whole*; None where one has none, or its pieces are of another format."""
    given = [(one.scanned, one.facts) for one in summaries if one.scanned]
    facts = [one for _, one in given if one is not None]
    taken = [id(piece) for pieces, _ in given for piece in pieces]
    if not facts or len(facts) < len(given) or taken != [*map(id, whole.scanned)]:
        return None
    scan = PieceScan(whole.release)
    try:
        lines = scan.take_up(facts[0])
        base = _lines(given[0][0])
        for (pieces, _), one in zip(given[1:], facts[1:], strict=True):
            lines |= scan.take_in(one, base, partial(lines_of, pieces, base=base))
            base += _lines(pieces)
        return scan.facts(lines)
    except UnfitError:
        return None


def _lines(pieces: Iterable[Piece]) -> int:
    return sum(piece.lines for piece in pieces)


def lines_of(pieces: Sequence[Piece], hosts: set[str | None], *, base: int = 0) -> dict[int, bytes]:
    """
    Give the lines of records of *hosts*.

    Args:
        pieces: in order.
        hosts: names.
        base: number of lines before the first.

    Raises:
        UnfitError: a line cannot be read.
    """
    found: dict[int, bytes] = {}
    for block in blocks_of(text_of(pieces), _READ):
        texts = block.removesuffix(b"\n").split(b"\n")
        for number, line in lines_in(texts, base + 1):
            if line.host in hosts:
                found[number] = texts[number - base - 1]
        base += len(texts)
    return found
