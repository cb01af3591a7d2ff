"""
The JSON Schema of a canonical record, derived from the vocabulary.

`python -m vssfsm.traces.schema` writes it beside this module; a test proves the file fresh.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.interface import LEVELS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import (
    ACTORS,
    HANDLERS,
    METHODS,
    OBSERVATIONS,
    OUTCOMES,
    STATE_NUMBERS,
    STATE_PREFIX,
)
from vssfsm.traces.origin import NOTES, UNREAD

FILE: Final = Path(__file__).with_name("trace-v1.schema.json")
_Schema = dict[str, Any]
_TEXT: Final[_Schema] = {"type": ["string", "integer", "null"]}
_NUMBER: Final[_Schema] = {
    "anyOf": [
        {"type": ["integer", "null"]},
        {"type": "string", "pattern": r"^\s*([+-]?\d+|0[xX][0-9A-Fa-f]+)\s*$"},
    ]
}
_TIME: Final[_Schema] = {
    "anyOf": [
        {"type": ["integer", "null"]},
        {"type": "string", "format": "date-time"},
        {"type": "string", "pattern": r"^[+-]?\d+$"},
    ]
}


def _one_of(names: tuple[str, ...]) -> _Schema:
    return {"enum": [*names, None]}


def _named(names: list[str]) -> _Schema:
    return {"anyOf": [*_NUMBER["anyOf"], {"enum": names}]}


def _source() -> _Schema:
    """Give the properties of `source`, which `convert` writes."""
    note = {"rule": {"type": "string"}, "message": {"type": "string"}}
    return {
        "path": {},
        "line": {},
        "format": {},
        NOTES: {"items": {"type": "object", "properties": note}},
        UNREAD: {},
    }


def schema() -> _Schema:
    """Give the schema of one line of a canonical trace, version 1."""
    hresult = _named(list(HRESULTS))
    states = [prefix + name for name in STATE_NUMBERS for prefix in ("", STATE_PREFIX)]
    level = _named([*LEVELS, "VSS_APP_UNKNOWN", "VSS_APP_AUTO"])
    args = {"timeout_ms": _NUMBER, "mask": _NUMBER, "app_level": level}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vssfsm canonical trace, version 1: one record",
        "type": "object",
        "properties": {
            "v": {"enum": [1, "1", None]},
            "time": _TIME,
            "ended": _TIME,
            "at": _one_of(("entry", "return")),
            **dict.fromkeys(("host", "session", "process"), _TEXT),
            "actor": _one_of(ACTORS),
            "event": {"type": ["string", "null"]},
            **dict.fromkeys(("writer", "writer_id", "instance"), _TEXT),
            "outcome": _one_of(OUTCOMES),
            "state": _named(states),
            **dict.fromkeys(("failure", "hresult", "async_result"), hresult),
            "of": {"enum": [*METHODS, "", None]},
            "during": {"type": ["string", "null"], "examples": list(HANDLERS)},
            "thread": _NUMBER,
            "args": {"type": ["object", "string", "null"], "properties": args},
            "release": _one_of(RELEASES),
            "observation": _one_of(OBSERVATIONS),
            "source": {"type": ["object", "string", "null"], "properties": _source()},
        },
        "additionalProperties": True,
    }


def text() -> str:
    """Give the bytes of the shipped file, as text."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{FILE.name}\n")
