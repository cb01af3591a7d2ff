"""
Where a converted record comes from, and what was said when its line was read.

`convert` writes `source`: path, line and format of the evidence. What its reader had to say about
the line stands there too, as rule and message, so that a converted trace gives the same findings
about reading as the evidence itself: a line that could not be read stays a hole.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.spec import inputs
from vssfsm.spec.rows import WARNING

NOTES: Final = "notes"
UNREAD: Final = "unread"
#: keys of `source` that have a meaning
KEYS: Final = ("path", "line", "format", NOTES, UNREAD)
#: keys of a note
NOTE_KEYS: Final = ("rule", "message")
_SEVERITY: Final = {row.code: row.severity for row in inputs.ROWS}


class Told(NamedTuple):
    """What `source` says about reading: notes, and whether the line was unread as a whole."""

    notes: tuple[Note, ...] = ()
    unread: bool = False


_NOTHING: Final = Told()


def told_by(source: object, line: int) -> Told:
    """
    Give what `source` says about reading.

    Only rules about reading are believed: nothing that a trace says about itself may accuse anybody
    of anything else.
    """
    if not isinstance(source, dict) or NOTES not in source:
        return _NOTHING
    given = source[NOTES]
    notes = tuple(_notes(given, line)) if isinstance(given, list) else ()
    told = any(_SEVERITY[note.code] == WARNING for note in notes)
    return Told(notes, told and source.get(UNREAD) is True)


def _notes(given: list[object], line: int) -> Iterable[Note]:
    for item in given:
        rule = item.get("rule") if isinstance(item, dict) else None
        if isinstance(rule, str) and rule in _SEVERITY:
            message = item.get("message") if isinstance(item, dict) else None
            yield Note(rule, line, message if isinstance(message, str) else "")


def origin(
    path: str, line: int, name: str, notes: tuple[Note, ...] = (), *, unread: bool = False
) -> dict[str, object]:
    """Give the value of `source` of a record on *line* of *path*, in the format *name*."""
    value: dict[str, object] = {"path": path, "line": line, "format": name}
    if notes:
        value[NOTES] = [{"rule": note.code, "message": note.message} for note in notes]
        if unread:
            value[UNREAD] = True
    return value


def place(source: dict[str, object] | None) -> str:
    """Give path and line of the evidence that a record was converted from; empty if unknown."""
    path, line = (source or {}).get("path"), (source or {}).get("line")
    return f"{path}:{line}" if isinstance(path, str) and isinstance(line, int) else ""
