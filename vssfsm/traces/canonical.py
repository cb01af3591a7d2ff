"""
The canonical trace, version 1: one JSON object a line into a record.

A value that cannot be read makes the line a hole: the keys that could be read still tell whose.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.vocabulary import ACTORS, NAMES_OF, writer_event
from vssfsm.traces.nesting import is_deep
from vssfsm.traces.origin import told_by
from vssfsm.traces.values import (
    ARGS_READERS,
    ATTRIBUTES,
    READERS,
    Bad,
    Readers,
    RefusedError,
    kind,
    shortened,
    shown,
)

#: characters of a line; a longer one is no record
LONGEST_LINE: Final = 16 * 1024 * 1024


def read_line(text: str, line: int) -> tuple[Record, tuple[Note, ...]]:
    """
    Read one line of a canonical trace.

    Args:
        text: the line without its end; may be anything.
        line: its 1-based number.

    Returns:
        The record (a hole if the line cannot be read), and what was wrong with it.
    """
    return row_of_line(text, line).read()


def is_record(text: str) -> bool:
    """Tell whether a line is a record of somebody's event, and no other JSON."""
    row = row_of_line(text, 1)
    record, _ = row.read()
    return record.event is not None or (record.actor is not None and "event" in (row.values or ()))


class Row(NamedTuple):
    """A record before its values are read: None where there is no record, and what was wrong."""

    line: int
    values: Mapping[str, object] | None
    notes: tuple[Note, ...] = ()

    def read(self) -> tuple[Record, tuple[Note, ...]]:
        """Give the record, a hole if there is none, and everything that was wrong."""
        if self.values is None:
            return Record(line=self.line, hole=True), self.notes
        record, notes = read_mapping(self.values, self.line)
        return record, (*self.notes, *notes)


def row_of_line(text: str, line: int) -> Row:
    """Give the keys and values of one line of JSON."""
    twice: list[str] = []
    try:
        value = _decode(text, twice)
    except RecursionError:
        return no_row(line, "it is nested too deeply")
    except ValueError as error:
        return no_row(line, shortened(_reason(error)))
    if not isinstance(value, dict):
        return no_row(line, f"it is {kind(value)}")
    names = ", ".join(shortened(name) for name in twice)
    return Row(line, value, (Note(inputs.DUPLICATE_KEY.code, line, names),) if twice else ())


class _Twice(Exception):
    """An object has a key twice."""


def _decode(text: str, twice: list[str]) -> object:
    """Decode JSON; *twice* takes the keys that an object has several times, sorted."""
    if is_deep(text):
        raise RecursionError
    try:
        return _DECODER.decode(text)
    except _Twice:
        return json.loads(text, object_pairs_hook=_noting(twice), parse_constant=_refuse_constant)


def _once(items: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(items)
    if len(result) != len(items):
        raise _Twice
    return result


def _noting(twice: list[str]) -> Callable[[list[tuple[str, object]]], dict[str, object]]:
    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in items]
        twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return dict(items)

    return pairs


def _reason(error: ValueError) -> str:
    """Say what is wrong without the decoder's own count of lines."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' at')} at character {error.pos + 1}"
    return str(error)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


#: made once: a decoder takes longer to make than a line to decode
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_refuse_constant)


def no_row(line: int, text: str, code: str = inputs.UNREADABLE.code) -> Row:
    """Give what stands for a line that holds no record."""
    return Row(line, None, (Note(code, line, text),))


def read_mapping(value: Mapping[str, object], line: int) -> tuple[Record, tuple[Note, ...]]:
    """Read a record from its keys and values; unknown keys are ignored."""
    problems: list[Bad] = []
    fields = _read_fields(value, READERS, "", problems)
    args = fields.get("args")
    if isinstance(args, dict):
        fields |= _read_fields(args, ARGS_READERS, "args.", problems)
    problems += _resolve_event(fields)
    told = told_by(fields.get("source"), line)
    if told.unread:
        return Record(line, hole=True, **fields), told.notes  # type: ignore[arg-type]
    if problems:
        # One unread line is one mistake: the first cause gives the code, all are named.
        note = Note(problems[0].code, line, "; ".join(bad.text for bad in problems))
        return Record(line, hole=True, **fields), (*told.notes, note)  # type: ignore[arg-type]
    return Record(line, **fields), told.notes  # type: ignore[arg-type]


def _read_fields(
    value: Mapping[str, object], readers: "Readers", prefix: str, problems: list[Bad]
) -> dict[str, object]:
    fields: dict[str, object] = {}
    bad: dict[str, Bad] = {}
    for key, given in value.items():
        read = readers.get(key)
        if read is not None and given is not None:
            try:
                fields[ATTRIBUTES[key]] = read(given)
            except RefusedError as refused:
                bad[key] = Bad(refused.bad.code, f"{prefix}{key} {refused.bad.text}")
    if bad:
        problems += [bad[key] for key in readers if key in bad]
    return fields


def _resolve_event(fields: dict[str, object]) -> list[Bad]:
    """Give the event its documented name; which names there are depends on the actor."""
    name, actor = fields.pop("event", None), fields.get("actor")
    if name is None:
        return []
    for who in ACTORS if actor is None else (str(actor),):
        known = writer_event(str(name)) if who == "writer" else str(name)
        if known in NAMES_OF[who]:
            fields["event"] = known
            return []
    whose = f"; actor {actor} has none of that name" if actor else ""
    return [Bad(inputs.UNKNOWN_NAME.code, f"event {shown(name)} is unknown{whose}")]
