"""
Find, read and check the settings of a directory.

The nearest file counts, from the present directory upwards; in one directory `vssfsm.toml` comes
before `pyproject.toml`, which counts only if it has a table `[tool.vssfsm]`. Files are not merged.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from vssfsm.config import FAIL_ON
from vssfsm.errors import UsageError
from vssfsm.reports.formats import FORMATS
from vssfsm.run import codes
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces.columns import columns_of

OWN: Final = "vssfsm.toml"
SHARED: Final = "pyproject.toml"
_TABLE: Final = "vssfsm"


class Settings(NamedTuple):
    """What a file says; a name is the key with `_` for `-`. None: it says nothing."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    release: str | None = None
    observation: str | None = None
    output_format: str | None = None
    strict: bool | None = None
    fail_on: tuple[str, ...] | None = None
    baseline: str | None = None
    columns: Mapping[str, str] | None = None
    constants: Mapping[str, str] | None = None
    path: str = ""


class Key(NamedTuple):
    """
    One key: what its value is, and what it may be.

    Args:
        kind: `str`, `bool`, `list` for a list of strings, or `dict` for a table of strings.
        what: for the schema.
        values: allowed values; none allow any.
        check: raises UsageError for a value that is wrong in another way.
    """

    kind: type
    what: str
    values: tuple[str, ...] = ()
    check: Callable[[str], object] | None = None


KEYS: Final[Mapping[str, Key]] = {
    "select": Key(list, "judge by these rules only: codes, names or families", check=codes),
    "ignore": Key(list, "leave these rules out: codes, names or families", check=codes),
    "release": Key(str, "Windows release of records that do not name theirs", tuple(RELEASES)),
    "observation": Key(str, "what the evidence holds of what happened", tuple(OBSERVATIONS)),
    "output-format": Key(str, "format of the report, where none is given", tuple(FORMATS)),
    "strict": Key(bool, "warnings and inconclusive verdicts fail too"),
    "fail-on": Key(list, "what else makes the exit code 1", FAIL_ON),
    "baseline": Key(str, "file of accepted findings, relative to this file"),
    "columns": Key(
        dict,
        "keys of the trace format that columns of tables, or attributes, stand for",
        check=lambda key: columns_of({"": key}),
    ),
    "constants": Key(dict, "values that every record of a table has where it says no other"),
}
_CALLED: Final = {
    str: "a string",
    bool: "true or false",
    list: "a list of strings",
    dict: "a table of strings",
}


def find(start: str) -> str | None:
    """Give the file whose settings count in directory *start*, or None."""
    directory = os.path.abspath(start)
    while True:
        own = os.path.join(directory, OWN)
        if os.path.isfile(own):
            return own
        shared = os.path.join(directory, SHARED)
        if os.path.isfile(shared) and _table_of(shared) is not None:
            return shared
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent


def load(path: str) -> Settings:
    """
    Read the settings of one file.

    Raises:
        UsageError: it cannot be read, a key is unknown or a value is wrong; names file and key.
    """
    shown = _shown(path)
    table = _table_of(path)
    if table is None:
        raise UsageError(f"{shown} has no table [tool.{_TABLE}]")
    values: dict[str, Any] = {}
    for name, value in table.items():
        key = KEYS.get(name)
        if key is None:
            raise UsageError(f"{shown}: unknown key {name!r}; {_hint(name)}")
        values[name.replace("-", "_")] = _value(f"{shown}: {name}", key, value)
    if values.get("baseline"):
        values["baseline"] = _relative(path, values["baseline"])
    if values.get("constants"):
        _checked(f"{shown}: constants", lambda _: columns_of(None, values["constants"]), "")
    return Settings(**values, path=path)


def _relative(path: str, name: str) -> str:
    """Give *name*, which stands in the file *path*, as seen from the present directory."""
    return _shown(os.path.join(os.path.dirname(os.path.abspath(path)), name))


def _shown(path: str) -> str:
    """Give a path relative to the present directory, where it lies in or above it."""
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return path


def _hint(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.replace("_", "-"), KEYS, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(KEYS)}"


def _value(where: str, key: Key, value: Any) -> object:
    if type(value) is not key.kind:
        raise UsageError(f"{where} is {_CALLED[key.kind]}, not {value!r}")
    several = isinstance(value, (list, dict))
    for one in _items(value):
        if several and not isinstance(one, str):
            raise UsageError(f"{where} is {_CALLED[key.kind]}; {one!r} is none")
        if key.values and one not in key.values:
            raise UsageError(f"{where} is one of {', '.join(key.values)}, not {one!r}")
        if key.check is not None:
            _checked(where, key.check, one)
    return tuple(value) if isinstance(value, list) else value


def _items(value: Any) -> list[Any]:
    """Give the values of a list or of a table, or the one value that there is."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else [value]


def _checked(where: str, check: Callable[[str], object], value: Any) -> None:
    try:
        check(value)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error


def _table_of(path: str) -> dict[str, Any] | None:
    """Give our table of *path*; None if a shared file has none."""
    shown = _shown(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise UsageError(f"cannot read {shown}: {error.strerror}") from error
    shared = os.path.basename(path) == SHARED
    if shared and _TABLE.encode() not in data:
        return None  # it is none of our business whether the rest is sound
    import tomllib

    try:
        content = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{shown} is no TOML: {error}") from error
    if not shared:
        return content
    tool = content.get("tool")
    table = tool.get(_TABLE) if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{shown}: tool.{_TABLE} is a table, not {table!r}")
    return table
