"""Values of the canonical trace, each read by its key: text, numbers, names, times, codes."""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.spec import inputs
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import (
    ACTORS,
    HANDLERS,
    METHODS,
    OBSERVATIONS,
    OUTCOMES,
    STATE_NUMBERS,
    STATE_PREFIX,
    writer_event,
)
from vssfsm.traces.nesting import is_deep

VERSION: Final = 1
_SIGNED_MIN: Final = -(2**31)
_UNSIGNED_MAX: Final = 2**32 - 1
_matches_time: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):([0-5]\d|60)(?:\.(\d{1,18}))?([Zz]|[+-]\d\d:\d\d)?"
).fullmatch
_NS_PER_S: Final = 1_000_000_000
#: nanoseconds since 1970 that tables of other programs hold
_TIMES: Final = range(-(2**63), 2**63)
_UNKNOWN: Final = inputs.UNKNOWN_NAME.code
#: texts that records share; older ones are read anew
_SHARED_KEPT: Final = 16_384
#: bits of a number; a longer one is not even worth showing
LONGEST_NUMBER: Final = 1024


class Bad(NamedTuple):
    """Why a value cannot be used."""

    code: str
    text: str


class RefusedError(Exception):
    """A value cannot be read; `bad` says why."""

    def __init__(self, text: str, code: str = inputs.WRONG_TYPE.code) -> None:
        super().__init__(text)
        self.bad = Bad(code, text)


def _version(value: object) -> None:
    number = _integer(value)
    if number > VERSION:
        raise RefusedError(f"{number} is newer than {VERSION}", inputs.NEWER_VERSION.code)
    if number < VERSION:
        raise RefusedError(f"{number} is no version")


def _text(value: object) -> str | None:
    """Read a name or key: numeric text equals the number; an empty one is missing."""
    if isinstance(value, str):
        return _shared(value) or None
    if isinstance(value, int) and not isinstance(value, bool):
        return _shared(str(_sized(value)))
    raise RefusedError(f"is {kind(value)}, not a string")


@lru_cache(maxsize=_SHARED_KEPT)
def _shared(text: str) -> str:
    """Give one text for all that are alike: records that are kept say the same things."""
    return text


def _name(value: object) -> str:
    if isinstance(value, str):
        return _shared(value)
    raise RefusedError(f"is {kind(value)}, not a string")


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return _sized(value)
    if isinstance(value, str):
        try:
            number = int(value.strip(), 0 if value.strip()[:2].lower() == "0x" else 10)
        except ValueError:
            raise RefusedError(f"{shown(value)} is no integer") from None
        return _sized(number)
    raise RefusedError(f"is {kind(value)}, not an integer")


def _sized(number: int) -> int:
    if number.bit_length() > LONGEST_NUMBER:
        raise RefusedError(f"is a number of {number.bit_length():,} bits")
    return number


def _one_of(names: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        name = _name(value)
        if name not in names:
            raise RefusedError(f"{shown(value)} is none of {', '.join(names)}", _UNKNOWN)
        return name

    return read


def _release(value: object) -> str:
    """Read a release; a number counts as its text."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return _one_of(RELEASES)(str(value) if number else value)


def _method(value: object) -> str | None:
    name = _text(value)
    if name is not None and name not in METHODS:
        raise RefusedError(f"{shown(name)} is no method", _UNKNOWN)
    return name


def _handler(value: object) -> str:
    event = writer_event(_name(value))
    if event not in HANDLERS:
        raise RefusedError(f"{shown(value)} is no handler", _UNKNOWN)
    return event


def _state(value: object) -> int:
    if isinstance(value, str):
        number = STATE_NUMBERS.get(value.removeprefix(STATE_PREFIX))
        if number is not None:
            return number
        if not value.strip().lstrip("+-").isdigit():
            raise RefusedError(f"{shown(value)} is no writer state", _UNKNOWN)
    return _integer(value)


def read_hresult(value: object) -> int:
    """Read an HRESULT: a documented name, 0x digits, or a signed or unsigned integer."""
    if isinstance(value, str) and value in HRESULTS:
        return HRESULTS[value]
    if isinstance(value, str) and not re.fullmatch(r"\s*([+-]?\d+|0[xX][0-9A-Fa-f]+)\s*", value):
        raise RefusedError(f"{shown(value)} is no HRESULT", _UNKNOWN)
    number = _integer(value)
    if not _SIGNED_MIN <= number <= _UNSIGNED_MAX:
        raise RefusedError(f"{shortened(str(number))} has more than 32 bits")
    return number & _UNSIGNED_MAX


def read_time(value: object) -> int:
    """Read an RFC 3339 string or integer nanoseconds; a time without an offset is UTC."""
    if isinstance(value, str):
        match = _matches_time(value.strip())
        if match is not None or not value.strip().lstrip("+-").isdigit():
            return _rfc3339(value, match)
    number = _integer(value)
    if number not in _TIMES:
        raise RefusedError(f"{number} has more than 64 bits")
    return number


def _rfc3339(value: str, match: re.Match[str] | None) -> int:
    if match is None:
        raise RefusedError(f"{shown(value)} is no RFC 3339 time")
    minute, second, fraction, offset = match.groups()
    try:
        seconds = _minute(minute, offset or "Z") + int(second)
    except ValueError:
        raise RefusedError(f"{shown(value)} is no time") from None
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
        raise RefusedError(f"{shown(value)} is neither true nor false")
    return known[text]


def _args(value: object) -> dict[str, object]:
    if isinstance(value, str):
        try:
            value = None if is_deep(value) else json.loads(value)
        except (ValueError, RecursionError):
            raise RefusedError(f"{shown(value)} is no JSON object") from None
    if not isinstance(value, dict):
        raise RefusedError(f"is {kind(value)}, not an object")
    return value


# --- Words -------------------------------------------------------------------
def kind(value: object) -> str:
    """Say of what kind a value is, for a message."""
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "a boolean",
        float: "a float",
    }
    return kinds.get(type(value), "an integer" if isinstance(value, int) else "null")


def shown(value: object) -> str:
    """Give a value as a message shows it: in quotes, and not too long."""
    return json.dumps(shortened(str(value)))


def shortened(text: str, most: int = 60) -> str:
    """Give a text of at most *most* characters."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


Readers = Mapping[str, Callable[[object], object]]
#: attributes of a record that are named otherwise than their keys
_ATTRIBUTES: Final = {
    "v": "version",
    "time": "time_ns",
    "ended": "ended_ns",
    "index": "position",
    "count": "total",
}
ARGS_READERS: Final[Readers] = {
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
READERS: Final[Readers] = {
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
KEYS: Final = tuple(READERS)
ARGS_KEYS: Final = tuple(ARGS_READERS)
#: key of the format -> attribute of a record
ATTRIBUTES: Final = {key: _ATTRIBUTES.get(key, key) for key in (*READERS, *ARGS_READERS)}


def accepts(key: str, value: object) -> bool:
    """Tell whether *value* can be read as that of *key*, which is one of `KEYS` or `ARGS_KEYS`."""
    try:
        (READERS.get(key) or ARGS_READERS[key])(value)
    except RefusedError:
        return False
    return True
