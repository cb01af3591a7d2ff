"""The canonical trace as JSON Lines."""

from collections.abc import Iterator
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.traces.canonical import read_line
from vssfsm.traces.source import Opened, lines

OBSERVATION: Final = "complete"


def read(opened: Opened) -> Iterator[tuple[Record, tuple[Note, ...]]]:
    """Give each record with what was wrong with it; blank lines are skipped, but counted."""
    for number, text in lines(opened):
        if isinstance(text, Note):
            yield Record(line=number, hole=True), (text,)
        elif text.strip("\x00 \t\r\n"):
            yield read_line(text, number)
        elif "\x00" in text:
            note = Note(inputs.UNREADABLE.code, number, "it holds zero bytes only")
            yield Record(line=number, hole=True), (note,)
