"""
The JSON Schema of the settings, derived from the keys; editors complete and check files with it.

`python -m vssfsm.config.schema` writes it beside this module; a test proves the file fresh.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from vssfsm.config.settings import KEYS, Key

FILE: Final = Path(__file__).with_name("vssfsm.schema.json")
_Schema = dict[str, Any]


def schema() -> _Schema:
    """Give the schema of `vssfsm.toml`, and of `[tool.vssfsm]` in pyproject.toml."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vssfsm settings",
        "type": "object",
        "properties": {name: _property(key) for name, key in KEYS.items()},
        "additionalProperties": False,
    }


def _property(key: Key) -> _Schema:
    if key.kind is bool:
        return {"description": key.what, "type": "boolean"}
    text: _Schema = {"type": "string"} | ({"enum": list(key.values)} if key.values else {})
    if key.kind is dict:
        return {"description": key.what, "type": "object", "additionalProperties": text}
    if key.kind is list:
        return {"description": key.what, "type": "array", "items": text}
    return {"description": key.what, **text}


def text() -> str:
    """Give the bytes of the shipped file, as text."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{FILE.name}\n")
