"""
The canonical trace as CSV: one header, an empty cell is missing, `args` is JSON text.

Columns are parted by commas, semicolons, tabs or bars, whichever gives the header most of the names
of the format; settings may say what other names stand for. A record begins on the line where its
first cell does, also if a quoted cell holds line ends.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.traces.canonical import LONGEST_LINE, Row, no_row
from vssfsm.traces.source import Opened, lines
from vssfsm.traces.table import header_problem, unguarded
from vssfsm.traces.values import KEYS

OBSERVATION: Final = "complete"
_DELIMITERS: Final = (",", ";", "\t", "|")
#: what a spreadsheet writes before the header
_SEPARATOR: Final = re.compile(r"(?i)\s*\"?sep=(.)\"?\s*")


def read(opened: Opened) -> Iterator[tuple[Record, tuple[Note, ...]]]:
    """Give each record with what was wrong with it."""
    return (row.read() for row in rows(opened))


def rows(opened: Opened) -> Iterator[Row]:
    """Give names and cells of each row below the header; blank ones are skipped."""
    physical = Physical(lines(opened, ends=True))
    columns = opened.columns
    found = header(physical, columns.names)
    if found is None:
        return
    line, delimiter, names = found
    problem = header_problem(names, columns.constants)
    if problem:
        yield no_row(line, problem, inputs.MISFIT_HEADER.code)
        return
    for start, cells in records(physical, delimiter):
        if physical.unread:
            yield Row(physical.unread[0].line, None, tuple(physical.unread))
            physical.unread.clear()
        elif isinstance(cells, str):
            yield no_row(start, cells, inputs.MISFIT_ROW.code)
        elif any(cells):
            yield row_of(start, names, cells, columns.constants)


class Physical:
    """The lines of the input, counted; those that cannot be decoded are blank and remembered."""

    def __init__(self, numbered: Iterator[tuple[int, str | Note]], before: int = 0) -> None:
        self._numbered = numbered
        self.number = before
        self.unread: list[Note] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, text = next(self._numbered)
        if isinstance(text, Note):
            self.unread.append(text)
            return "\n"
        return text


def header(physical: Physical, own: Mapping[str, str]) -> tuple[int, str, list[str]] | None:
    """Give line, delimiter and names of the header; None in an empty input."""
    told = ""
    for text in physical:
        separator = _SEPARATOR.fullmatch(text)
        if separator:
            told = separator[1]
        elif text.strip("\x00 \t\r\n"):
            tried = [(d, _names(text, d, own)) for d in ((told,) if told else _DELIMITERS)]
            return physical.number, *max(tried, key=lambda one: len({*one[1]} & {*KEYS}))
    return None


def _names(text: str, delimiter: str, own: Mapping[str, str]) -> list[str]:
    """Give the names of the columns, in the words of the format where *own* has them."""
    try:
        cells = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    found = [unguarded(cell.strip()) for cell in cells]
    return [own.get(name, name) for name in found]


def records(physical: Physical, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Give each row with the line where it starts: its cells, or what is wrong with it."""
    if csv.field_size_limit() < LONGEST_LINE:
        csv.field_size_limit(LONGEST_LINE)
    reader = csv.reader(physical, delimiter=delimiter, strict=True)
    while True:
        start = physical.number + 1
        try:
            cells: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = str(error)
        yield start, cells


def row_of(
    line: int, names: Sequence[str], cells: Sequence[str], constants: Mapping[str, str]
) -> Row:
    """Give the names and cells of a row; none where they do not fit."""
    if len(cells) < len(names) or any(cells[len(names) :]):
        text = f"{len(cells)} cells under {len(names)} names"
        return no_row(line, text, inputs.MISFIT_ROW.code)
    pairs = zip(names, cells, strict=False)
    return Row(
        line, {**constants, **{name: unguarded(cell) for name, cell in pairs if name and cell}}
    )
