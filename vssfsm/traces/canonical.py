"""
The canonical trace, version 1: one JSON object a line into a record.

A value that cannot be read makes the line a hole: the keys that could be read still tell whose.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import (
    ACTORS,
    HANDLERS,
    METHODS,
    NAMES_OF,
    OBSERVATIONS,
    OUTCOMES,
    STATE_NUMBERS,
    STATE_PREFIX,
    writer_event,
)
from vssfsm.traces.nesting import is_deep
from vssfsm.traces.origin import told_by

VERSION: Final = 1
#: characters of a line; a longer one is no record
LONGEST_LINE: Final = 16 * 1024 * 1024
_SIGNED_MIN: Final = -(2**31)
_UNSIGNED_MAX: Final = 2**32 - 1
_matches_time: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):([0-5]\d|60)(?:\.(\d{1,18}))?([Zz]|[+-]\d\d:\d\d)?"
).fullmatch
_NS_PER_S: Final = 1_000_000_000
#: nanoseconds since 1970 that tables of other programs hold
_TIMES: Final = range(-(2**63), 2**63)
#: bits of a number; a longer one is not even worth showing
LONGEST_NUMBER: Final = 1024


class _Bad(NamedTuple):
    """Why a value cannot be used."""

    code: str
    text: str


class _Refused(Exception):
    def __init__(self, text: str, code: str = inputs.WRONG_TYPE.code) -> None:
        super().__init__(text)
        self.bad = _Bad(code, text)


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
        return no_row(line, _shorten(_reason(error)))
    if not isinstance(value, dict):
        return no_row(line, f"it is {_kind(value)}")
    names = ", ".join(_shorten(name) for name in twice)
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
    problems: list[_Bad] = []
    fields = _read_fields(value, _READERS, "", problems)
    args = fields.get("args")
    if isinstance(args, dict):
        fields |= _read_fields(args, _ARGS_READERS, "args.", problems)
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
    value: Mapping[str, object], readers: "_Readers", prefix: str, problems: list[_Bad]
) -> dict[str, object]:
    fields: dict[str, object] = {}
    bad: dict[str, _Bad] = {}
    for key, given in value.items():
        read = readers.get(key)
        if read is not None and given is not None:
            try:
                fields[ATTRIBUTES[key]] = read(given)
            except _Refused as refused:
                bad[key] = _Bad(refused.bad.code, f"{prefix}{key} {refused.bad.text}")
    if bad:
        problems += [bad[key] for key in readers if key in bad]
    return fields


def _resolve_event(fields: dict[str, object]) -> list[_Bad]:
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
    return [_Bad(inputs.UNKNOWN_NAME.code, f"event {_show(name)} is unknown{whose}")]


# --- Values ------------------------------------------------------------------
def _version(value: object) -> None:
    number = _integer(value)
    if number > VERSION:
        raise _Refused(f"{number} is newer than {VERSION}", inputs.NEWER_VERSION.code)
    if number < VERSION:
        raise _Refused(f"{number} is no version")


def _text(value: object) -> str | None:
    """Read a name or key: numeric text equals the number; an empty one is missing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(_sized(value))
    if isinstance(value, str):
        return value or None
    raise _Refused(f"is {_kind(value)}, not a string")


def _name(value: object) -> str:
    if isinstance(value, str):
        return value
    raise _Refused(f"is {_kind(value)}, not a string")


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return _sized(value)
    if isinstance(value, str):
        try:
            number = int(value.strip(), 0 if value.strip()[:2].lower() == "0x" else 10)
        except ValueError:
            raise _Refused(f"{_show(value)} is no integer") from None
        return _sized(number)
    raise _Refused(f"is {_kind(value)}, not an integer")


def _sized(number: int) -> int:
    if number.bit_length() > LONGEST_NUMBER:
        raise _Refused(f"is a number of {number.bit_length():,} bits")
    return number


def _one_of(names: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if _name(value) not in names:
            raise _Refused(f"{_show(value)} is none of {', '.join(names)}", _UNKNOWN)
        return str(value)

    return read


_UNKNOWN: Final = inputs.UNKNOWN_NAME.code


def _release(value: object) -> str:
    """Read a release; a number counts as its text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return _one_of(RELEASES)(str(value) if number else value)


def _method(value: object) -> str | None:
    name = _text(value)
    if name is not None and name not in METHODS:
        raise _Refused(f"{_show(name)} is no method", _UNKNOWN)
    return name


def _handler(value: object) -> str:
    event = writer_event(_name(value))
    if event not in HANDLERS:
        raise _Refused(f"{_show(value)} is no handler", _UNKNOWN)
    return event


def _state(value: object) -> int:
    if isinstance(value, str):
        number = STATE_NUMBERS.get(value.removeprefix(STATE_PREFIX))
        if number is not None:
            return number
        if not value.strip().lstrip("+-").isdigit():
            raise _Refused(f"{_show(value)} is no writer state", _UNKNOWN)
    return _integer(value)


def read_hresult(value: object) -> int:
    """Read an HRESULT: a documented name, 0x digits, or a signed or unsigned integer."""
    if isinstance(value, str) and value in HRESULTS:
        return HRESULTS[value]
    if isinstance(value, str) and not re.fullmatch(r"\s*([+-]?\d+|0[xX][0-9A-Fa-f]+)\s*", value):
        raise _Refused(f"{_show(value)} is no HRESULT", _UNKNOWN)
    number = _integer(value)
    if not _SIGNED_MIN <= number <= _UNSIGNED_MAX:
        raise _Refused(f"{_shorten(str(number))} has more than 32 bits")
    return number & _UNSIGNED_MAX


def read_time(value: object) -> int:
    """Read an RFC 3339 string or integer nanoseconds; a time without an offset is UTC."""
    if isinstance(value, str):
        match = _matches_time(value.strip())
        if match is not None or not value.strip().lstrip("+-").isdigit():
            return _rfc3339(value, match)
    number = _integer(value)
    if number not in _TIMES:
        raise _Refused(f"{number} has more than 64 bits")
    return number


def _rfc3339(value: str, match: re.Match[str] | None) -> int:
    if match is None:
        raise _Refused(f"{_show(value)} is no RFC 3339 time")
    minute, second, fraction, offset = match.groups()
    try:
        seconds = _minute(minute, offset or "Z") + int(second)
    except ValueError:
        raise _Refused(f"{_show(value)} is no time") from None
    return seconds * _NS_PER_S + int((fraction or "0").ljust(9, "0")[:9])


@lru_cache(4096)
def _minute(text: str, offset: str) -> int:
    """Give the seconds since 1970 UTC at the start of a minute."""
    from datetime import UTC, datetime

    day, minute = text[:10], text[11:]
    zone = "+00:00" if offset in ("Z", "z") else offset
    since = datetime.fromisoformat(f"{day}T{minute}:00{zone}") - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400 + since.seconds


def _level(value: object) -> int | str:
    """Read an application level: its number, or its name with VSS_APP_."""
    if isinstance(value, str) and value.startswith("VSS_APP_"):
        return value
    return _integer(value)


def _context(value: object) -> int | str:
    """Read a context: its number, or its name with VSS_CTX_."""
    if isinstance(value, str) and value.startswith("VSS_CTX_"):
        return value
    return _integer(value)


def _boolean(value: object) -> bool:
    """Read a truth value; numeric text and words of other tools count too."""
    known = {"true": True, "1": True, "false": False, "0": False}
    text = str(value).lower()
    if text not in known:
        raise _Refused(f"{_show(value)} is neither true nor false")
    return known[text]


def _args(value: object) -> dict[str, object]:
    if isinstance(value, str):
        try:
            value = None if is_deep(value) else json.loads(value)
        except (ValueError, RecursionError):
            raise _Refused(f"{_show(value)} is no JSON object") from None
    if not isinstance(value, dict):
        raise _Refused(f"is {_kind(value)}, not an object")
    return value


# --- Words -------------------------------------------------------------------
def _kind(value: object) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        float: "a float",
    }
    return kinds.get(type(value), "an integer" if isinstance(value, int) else "null")


def _show(value: object) -> str:
    return json.dumps(_shorten(str(value)))


def _shorten(text: str, most: int = 60) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


_Readers = Mapping[str, Callable[[object], object]]
#: attributes of a record that are named otherwise than their keys
_ATTRIBUTES: Final = {
    "v": "version",
    "time": "time_ns",
    "ended": "ended_ns",
    "index": "position",
    "count": "total",
}
_ARGS_READERS: Final[_Readers] = {
    "timeout_ms": _integer,
    "mask": _integer,
    "app_level": _level,
    "context": _context,
    "folded": _boolean,
    "index": _integer,
    "count": _integer,
    "succeeded": _boolean,
}
#: key of the format -> reader of its value
_READERS: Final[_Readers] = {
    "v": _version,
    "time": read_time,
    "ended": read_time,
    "at": _one_of(("entry", "return")),
    "host": _text,
    "session": _text,
    "process": _text,
    "actor": _one_of(ACTORS),
    "event": _name,
    "writer": _text,
    "writer_id": _text,
    "instance": _text,
    "outcome": _one_of(OUTCOMES),
    "state": _state,
    "failure": read_hresult,
    "hresult": read_hresult,
    "of": _method,
    "async_result": read_hresult,
    "during": _handler,
    "thread": _integer,
    "args": _args,
    "release": _release,
    "observation": _one_of(OBSERVATIONS),
    "source": _args,
}
#: every key that is read; others are ignored
KEYS: Final = tuple(_READERS)
ARGS_KEYS: Final = tuple(_ARGS_READERS)
#: key of the format -> attribute of a record
ATTRIBUTES: Final = {key: _ATTRIBUTES.get(key, key) for key in (*_READERS, *_ARGS_READERS)}


def accepts(key: str, value: object) -> bool:
    """Tell whether *value* can be read as that of *key*, which is one of `KEYS` or `ARGS_KEYS`."""
    try:
        (_READERS.get(key) or _ARGS_READERS[key])(value)
    except _Refused:
        return False
    return True
