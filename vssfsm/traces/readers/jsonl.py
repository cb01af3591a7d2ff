"""The canonical trace as JSON Lines."""

from collections.abc import Iterator
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.traces.canonical import Row, no_row, row_of_line
from vssfsm.traces.source import Opened, lines

OBSERVATION: Final = "complete"


def read(opened: Opened) -> Iterator[tuple[Record, tuple[Note, ...]]]:
    """Give each record with what was wrong with it."""
    return (row.read() for row in rows(opened))


def rows(opened: Opened) -> Iterator[Row]:
    """Give keys and values of each record; blank lines are skipped, but counted."""
    for number, text in lines(opened):
        row = row_of(text, number)
        if row is not None:
            yield row


def row_of(text: str | Note, number: int) -> Row | None:
    """Give keys and values of a line without its end, or why there are none; None: it is blank."""
    if isinstance(text, Note):
        return Row(number, None, (text,))
    if text.strip("\x00 \t\r\n"):
        return row_of_line(text, number)
    if "\x00" in text:
        return no_row(number, "it holds zero bytes only", inputs.UNREADABLE.code)
    return None
