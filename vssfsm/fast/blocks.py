"""
Tables in blocks of bounded size: columns of the format, and the line of each row.

Whatever the library of tables and our own readers may see differently is refused, or read by our
own reader: a CSV block counts only if its bytes are those of its cells and of what parts them.
"""

import io
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from vssfsm.fast.lines import UnfitError
from vssfsm.traces.canonical import KEYS, LONGEST_LINE
from vssfsm.traces.readers import csv, parquet
from vssfsm.traces.source import Opened, lines, open_input
from vssfsm.traces.table import header_problem, unguarded
from vssfsm.traces.unpack import METER, is_packed

#: rows of Parquet, and bytes of CSV, that are read at a time
ROWS: Final = 1 << 18
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
        UnfitError: only the reference can read it.
    """
    return (_parquet if name == "parquet" else _csv)(path, polars)


# --- Parquet -----------------------------------------------------------------
def _parquet(path: str, polars: Any) -> Iterator[Block]:
    if is_packed(path):
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
        yield Block(frame, first + 1, parquet.plain)


def _plain_column(scan: Any, name: str, kind: Any, polars: Any) -> Any:
    column = polars.col(name)
    if kind in (polars.Categorical, polars.Enum):
        return column.cast(polars.String)
    if not kind.is_float():
        return parquet.with_plain_type(column, kind, polars)
    filled = column.fill_nan(None)
    facts = scan.select((filled == filled.round()).all(), filled.abs().max().alias("most"))
    whole, most = facts.collect().row(0)
    return filled.cast(polars.Int64) if whole and (most or 0) < 2**53 else filled


# --- CSV ---------------------------------------------------------------------
def _csv(path: str, polars: Any) -> Iterator[Block]:
    opened = open_input(path)
    with opened.stream:
        if opened.head.encoding != "utf-8":
            raise UnfitError
        table = _Table(opened, polars)
        for data in _pieces(opened.stream):
            METER.taken += len(data)
            yield table.block(data)


def _pieces(stream: Any) -> Iterator[bytes]:
    """Give bytes up to ends of rows."""
    rest = b""
    while data := stream.read(BYTES):
        data = rest + data
        end = _end(data)
        rest = data[end:]
        if len(rest) > LONGEST_LINE:
            raise UnfitError
        if end:
            yield data[:end]
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


def _end(data: bytes) -> int:
    """Give where the last row ends that does so in *data*: at a line end outside of quotes."""
    end = data.rfind(b"\n") + 1
    quotes = data.count(b'"', 0, end)
    while end and quotes % 2:
        before = data.rfind(b"\n", 0, end - 1) + 1
        quotes -= data.count(b'"', before, end)
        end = before
    return end


class _Table:
    """The rows below a header; blocks have to be given in order."""

    def __init__(self, opened: Opened, polars: Any) -> None:
        self._polars = polars
        physical = csv.Physical(lines(opened, ends=True))
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

    def block(self, data: bytes) -> Block:
        """Give the block that *data* holds."""
        first = self._line
        rows = data.count(b"\n")
        self._line += rows
        frame = self._frame(data, rows)
        if frame is not None:
            return Block(frame.select(self._known), first, _plain_cell)
        return self._slowly(data, first)

    def _frame(self, data: bytes, rows: int) -> Any:
        """Give a frame of cells; None if our own reader has to look."""
        polars = self._polars
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
        if frame.shape != (rows, len(self._columns)):
            return None
        return frame if self._accounts_for(frame, data) else None

    def _accounts_for(self, frame: Any, data: bytes) -> bool:
        """
        Tell whether *data* is the cells of *frame*, what parts them, and quotes around some.

        Quoted are the cells that need it, or all that are not missing. Then every quote within a
        cell is doubled, and no other two follow one another but those of empty cells.
        """
        every = self._polars.all()
        size = sum(frame.select(every.str.len_bytes().sum()).row(0)) + frame.height * frame.width
        quotes = data.count(b'"')
        if not quotes:
            return bool(size == len(data))
        likely = frame.select(name for name in _QUOTED if name in self._known)
        for part in (likely, frame):
            texts = part.select(every.str.count_matches('"', literal=True).sum()).row(0)
            inside = sum(texts)
            special = every.str.contains(f'["\n{re.escape(self._delimiter)}]').sum()
            needed = sum(part.select(special).row(0))
            if (quotes - 2 * inside) % 2 or size + quotes - inside != len(data):
                continue
            quoted = (quotes - 2 * inside) // 2
            filled = frame.height * frame.width - sum(frame.null_count().row(0))
            empty = sum(frame.select((every == "").sum()).row(0)) if quoted == filled else 0
            if quoted in (needed, filled) and data.count(b'""') == inside + empty:
                return True
        return False

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


def _plain_cell(value: object) -> object:
    return unguarded(value) or None if isinstance(value, str) else value
