"""
Tables in blocks of bounded size: columns of the format, and the line of each row.

Whatever the library of tables and our own readers may see differently is refused, or read by our
own reader: a CSV block counts only if its bytes are those of its cells and of what parts them.
"""

import io
import mmap
import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.fast.lines import UnfitError
from vssfsm.traces import pages
from vssfsm.traces.canonical import LONGEST_LINE
from vssfsm.traces.readers import csv, parquet
from vssfsm.traces.source import MOST_WHOLE, Opened, lines, open_input
from vssfsm.traces.table import header_problem, unguarded
from vssfsm.traces.unpack import METER, Metered, is_packed
from vssfsm.traces.values import KEYS

#: rows of Parquet, and bytes of CSV, that are read at a time
ROWS: Final = 1 << 17
BYTES: Final = 1 << 22
#: columns that hold JSON: most quotes are there
_QUOTED: Final = ("args", "source")


class Block(NamedTuple):
    """
    Some rows.

    Args:
        frame: columns of the format that the table has.
        lines: of the rows; where they follow one another, the first alone.
        plain: gives what the reader of the format makes of a value.
    """

    frame: Any
    lines: int | list[int]
    plain: Callable[[object], object]


def blocks_of(path: str, name: str, polars: Any) -> Iterator[Block]:
    """
    Give the blocks of a file in the format *name*.

    Raises:
        UnfitError: only the reference can read it, or say what is wrong with it.
    """
    blocks = (_parquet if name == "parquet" else _csv)(path, polars)
    while True:
        try:
            block = next(blocks)
        except StopIteration:
            return
        except BaseException as error:
            if parquet.is_damage(error):
                raise UnfitError from error
            raise
        yield block
        del block  # its memory is there for the next one


# --- Parquet -----------------------------------------------------------------
def _parquet(path: str, polars: Any) -> Iterator[Block]:
    if is_packed(path) or not _may_be_read(path):
        raise UnfitError
    scan = polars.scan_parquet(path, glob=False, hive_partitioning=False)
    schema = scan.collect_schema()
    names = list(schema)
    if header_problem(names):
        raise UnfitError
    columns = [_plain_column(scan, name, schema[name], polars) for name in names if name in {*KEYS}]
    total = scan.select(polars.len()).collect().item()
    for first in range(0, total, ROWS):
        frame = scan.slice(first, ROWS).select(columns).collect()
        METER.taken = os.path.getsize(path) * (first + frame.height) // total
        yield Block(frame, first + 1, parquet.plain)
        del frame


def _may_be_read(path: str) -> bool:
    """Tell whether the library may read a file: some damage would end the process."""
    if not 0 < os.path.getsize(path) <= MOST_WHOLE:
        return False
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return not pages.problem(data)


def _plain_column(scan: Any, name: str, kind: Any, polars: Any) -> Any:
    column = polars.col(name)
    if kind in (polars.Categorical, polars.Enum):
        return column.cast(polars.String)
    if not kind.is_float():
        return parquet.with_plain_type(column, kind, polars)
    filled = column.fill_nan(None)
    whole, most = parquet.facts_of_floats(filled)
    facts = scan.select(whole.alias("whole"), most.alias("most")).collect().row(0)
    return filled.cast(polars.Int64) if parquet.are_whole(*facts) else filled


# --- CSV ---------------------------------------------------------------------
def _csv(path: str, polars: Any) -> Iterator[Block]:
    opened = open_input(path)
    with opened.stream as stream:
        if opened.head.encoding != "utf-8":
            raise UnfitError
        table = _Table(opened, polars)
        if is_packed(path):
            yield from _joined(map(table.block, _pieces(stream.readinto)), polars)
            return
        with Metered(path) as file:
            file.seek(opened.head.mark + table.size)
            yield from _joined(map(table.block, _pieces(file.readinto)), polars)


def _joined(blocks: Iterator[Block], polars: Any) -> Iterator[Block]:
    """Give blocks of about half as many rows as those of Parquet: each step has its price."""
    kept: list[Block] = []
    for block in blocks:
        if kept and (isinstance(block.lines, list) or kept[0].plain is not block.plain):
            yield _together(kept, polars)
            kept.clear()
        kept.append(block)
        if isinstance(block.lines, list) or sum(one.frame.height for one in kept) >= ROWS // 2:
            yield _together(kept, polars)
            kept.clear()
    if kept:
        yield _together(kept, polars)


def _together(blocks: list[Block], polars: Any) -> Block:
    first = blocks[0]
    frames = [one.frame for one in blocks]
    return first._replace(frame=frames[0] if len(frames) == 1 else polars.concat(frames))


class _Piece(NamedTuple):
    """Bytes of whole rows, and how many quotes are among them."""

    data: bytes
    quotes: int


def _pieces(fill: Callable[[Any], int | None]) -> Iterator[_Piece]:
    """Give bytes up to ends of rows; *fill* reads into a buffer, and gives their number."""
    buffer = bytearray(BYTES)
    kept = 0
    while True:
        if kept == len(buffer):
            buffer += bytes(kept)
        with memoryview(buffer) as view:
            size = fill(view[kept:]) or 0
            if not size:
                break
            full = kept + size
            end, quotes = _end(buffer, full)
            if max(end, full - end) > LONGEST_LINE:
                raise UnfitError
            if end:
                yield _Piece(bytes(view[:end]), quotes)
            rest = bytes(view[end:full])
            view[: len(rest)] = rest
            kept = len(rest)
    if kept:
        rest = bytes(buffer[:kept])
        rest = rest if rest.endswith(b"\n") else rest + b"\n"
        yield _Piece(rest, rest.count(b'"'))


def _end(data: bytearray, size: int) -> tuple[int, int]:
    """Give where the last row ends, at a line end outside of quotes, and the quotes up to it."""
    end = data.rfind(b"\n", 0, size) + 1
    if data.find(b'"', 0, end) < 0:  # much faster than to count
        return end, 0
    quotes = data.count(b'"', 0, end)
    while end and quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end, quotes


class _Table:
    """The rows below a header; blocks have to be given in order."""

    def __init__(self, opened: Opened, polars: Any) -> None:
        self._polars = polars
        #: bytes of the header
        self.size = 0
        physical = csv.Physical(self._measured(opened))
        found = csv.header(physical, {})
        if found is None or physical.unread:
            raise UnfitError
        _, self._delimiter, self._names = found
        if header_problem(self._names):
            raise UnfitError
        self._line = physical.number + 1
        self._known = [name for name in self._names if name in {*KEYS}]
        #: columns without a name, and those that the format does not know, have to be told apart
        self._columns = [
            name if name in {*KEYS} else f"\0{at}" for at, name in enumerate(self._names)
        ]

    def _measured(self, opened: Opened) -> Iterator[tuple[int, str | Note]]:
        """Give the first lines, and count their bytes."""
        for number, text in lines(opened, ends=True):
            self.size += len(text.encode()) if isinstance(text, str) else 0
            yield number, text

    def block(self, piece: _Piece) -> Block:
        """Give the block that *piece* holds."""
        first = self._line
        frame = self._frame(piece)
        if frame is None:
            self._line += piece.data.count(b"\n")
            return self._slowly(piece.data, first)
        self._line += frame.height
        return Block(frame.select(self._known), first, plain_cell)

    def _frame(self, piece: _Piece) -> Any:
        """Give a frame of cells; None if our own reader has to look."""
        polars, data = self._polars, piece.data
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n")
        if b"\r" in data or b"\0" in data:
            return None
        try:
            frame = polars.read_csv(
                data,
                has_header=False,
                new_columns=self._columns,
                separator=self._delimiter,
                infer_schema=False,
            )
        except (polars.exceptions.PolarsError, UnicodeDecodeError):
            return None
        if frame.width != len(self._columns):
            return None
        return frame if self._accounts_for(frame, data, piece.quotes) else None

    def _accounts_for(self, frame: Any, data: bytes, quotes: int) -> bool:
        """
        Tell whether *data* is the cells of *frame*, what parts them, and quotes around some.

        Quoted are the cells that need it, or all that are not missing. Then every quote within a
        cell is doubled, and no other two follow one another but those of empty cells. A cell that
        is missing at the end of a row, or a row too many, would leave bytes over.
        """
        every = self._polars.all()
        size = sum(frame.select(every.str.len_bytes().sum()).row(0)) + frame.height * frame.width
        if not quotes:
            return bool(size == len(data))
        likely = frame.select(name for name in _QUOTED if name in self._known)
        return any(
            self._quotes_fit(frame, part, data, size=size, quotes=quotes)
            for part in (likely, frame)
        )

    def _quotes_fit(self, frame: Any, part: Any, data: bytes, *, size: int, quotes: int) -> bool:
        """Tell whether that is so if no quotes are within cells but those of *part*."""
        every = self._polars.all()
        inside = sum(part.select(every.str.count_matches('"', literal=True).sum()).row(0))
        if (quotes - 2 * inside) % 2 or size + quotes - inside != len(data):
            return False
        quoted = (quotes - 2 * inside) // 2
        special = every.str.contains(f'["\n{re.escape(self._delimiter)}]').sum()
        filled = frame.height * frame.width - sum(frame.null_count().row(0))
        empty = 0
        if quoted == filled:
            empty = sum(frame.select((every == "").sum()).row(0))
        elif quoted != sum(part.select(special).row(0)):
            return False
        within = frame if quoted == filled else part
        breaks = within.select(every.str.contains("\n", literal=True).any()).row(0)
        return not any(breaks) and data.count(b'""') == inside + empty

    def _slowly(self, data: bytes, first: int) -> Block:
        """Read a block with the tolerant reader; what is no row may belong to any session."""
        try:
            texts = io.StringIO(data.decode("utf-8"), newline="\n")
        except UnicodeDecodeError:
            raise UnfitError from None
        physical = csv.Physical(zip(count(first), texts, strict=False), first - 1)
        starts: list[int] = []
        rows = []
        for start, cells in csv.records(physical, self._delimiter):
            if isinstance(cells, str):
                raise UnfitError
            if any(cells):
                row = csv.row_of(start, self._names, cells, {})
                if row.values is None:
                    raise UnfitError
                starts.append(start)
                rows.append(row.values)
        cells_of = {name: [row.get(name) for row in rows] for name in self._known}
        frame = self._polars.DataFrame(
            cells_of, schema=dict.fromkeys(self._known, self._polars.String)
        )
        return Block(frame, starts, lambda value: value)


def plain_cell(value: object) -> object:
    """Give what a cell is read as; None where it is empty."""
    return unguarded(value) or None if isinstance(value, str) else value
