"""Judge what a summary holds, as the whole evidence would be judged."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from io import BufferedReader, RawIOBase
from itertools import accumulate
from typing import Final

from vssfsm.core.finding import Finding, Note
from vssfsm.core.record import Record
from vssfsm.fast import Scanned
from vssfsm.fast.lines import UnfitError, read_whole
from vssfsm.judging import Judged, Options, judge_opened, judge_stream
from vssfsm.summary.condense import lines_of
from vssfsm.summary.form import Piece, Summary, holes_of, text_of
from vssfsm.summary.scan import Fetch, PieceScan
from vssfsm.traces.reading import Entered
from vssfsm.traces.source import open_stream

_FORMAT: Final = "jsonl"


class Condensed(Scanned):
    """
    A scan that has ended, with the lines that the reference needs.

    Args:
        path: of the evidence.
        scan: of all its lines.
        lines: those that it kept.
        fetch: gives the lines of hosts that are in question as a whole.

    Raises:
        UnfitError: only the reference can judge the evidence.
    """

    def __init__(
        self, path: str, scan: PieceScan, lines: Mapping[int, bytes], fetch: Fetch
    ) -> None:
        scan.finish()
        spread = {host.name for host in scan.hosts if host.spreads}
        if None in spread:
            raise UnfitError
        #: lines of hosts that are in question as a whole
        self._spread = fetch(spread) if spread else {}
        self._lines = {**lines, **self._spread}
        super().__init__(path, scan)

    def _lines_in_question(self) -> Iterator[int]:
        for host in self._scan.hosts:
            if not host.spreads:
                yield from host.strange
                for session in host.sessions.values():
                    yield from session.lines
                if host.sessions:
                    yield from host.apart
        yield from self._spread
        yield from self._scan.unread

    def records(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        """Give the records that the reference needs."""
        for number in self.wanted:
            text = self._lines[number]
            session = self._partly.get(number)
            if session is not None and self._scan.leave_out(session, text, number):
                self._wanted.discard(number)
            else:
                yield read_whole(text, number)


def judge(summary: Summary, name: str, options: Options) -> Judged:
    """
    Judge all pieces as one evidence.

    Args:
        summary: of them, with their text.
        name: of the evidence.
        options: the release, observation and format of the summary are taken.
    """
    options = options._replace(
        release=summary.release,
        observation=summary.observation,
        input_format=summary.input_format,
    )
    found = _by_facts(summary, name, options)
    return found or judge_text(summary.pieces, name, options)


def _by_facts(summary: Summary, name: str, options: Options) -> Judged | None:
    facts = summary.facts
    if facts is None or options.keep_records or options.keep_counts or not options.fast:
        return None
    try:
        scan = PieceScan(summary.release)
        lines = scan.take_up(facts)
        return judge_scan(scan, lines, partial(lines_of, summary.pieces), name, options)
    except UnfitError:
        return None


def judge_scan(
    scan: PieceScan, lines: Mapping[int, bytes], fetch: Fetch, name: str, options: Options
) -> Judged:
    """
    Judge an evidence that was scanned to its end.

    Raises:
        UnfitError: only the reference can judge it.
    """
    found = Condensed(name, scan, lines, fetch)
    opened = open_stream(name, BufferedReader(_Text(iter(()))))
    return judge_opened(name, Entered(opened, _FORMAT), options, found)


def judge_text(pieces: Sequence[Piece], name: str, options: Options) -> Judged:
    """Judge an evidence by its text."""
    return judge_stream(name, BufferedReader(_Text(text_of(pieces))), options, holes_of(pieces))


class _Text(RawIOBase):
    """Blocks of bytes as a stream."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ready:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._ready = block
        size = min(len(view), len(self._ready))
        view[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


# --- where it stands ---------------------------------------------------------
def placed(judged: Judged, pieces: Sequence[Piece]) -> Judged:
    """Give findings with the paths and lines of the pieces, not of the whole."""
    ends = list(accumulate(piece.lines for piece in pieces))
    return judged._replace(findings=[_placed(item, pieces, ends) for item in judged.findings])


def _placed(item: Finding, pieces: Sequence[Piece], ends: Sequence[int]) -> Finding:
    path, line = _place(item.line, pieces, ends)
    since, since_line = _place(item.since_line or 1, pieces, ends)
    edits = []
    for edit in item.repair:
        where = _place(int(str(edit["line"])), pieces, ends)
        edits.append(edit | dict(zip(("path", "line"), where, strict=True)))
    return item._replace(
        path=path,
        line=line,
        since_line=since_line if item.since_line else None,
        since_path=since if item.since_line and since != path else "",
        repair=tuple(edits),
    )


def _place(line: int, pieces: Sequence[Piece], ends: Sequence[int]) -> tuple[str, int]:
    """Give path and line of a line of the whole; one behind the end belongs to the last piece."""
    from bisect import bisect_left

    index = min(bisect_left(ends, line), len(pieces) - 1)
    return pieces[index].path, line - (ends[index] - pieces[index].lines)
