"""
A case: several sources of evidence about the same machines, and what is known of their clocks.

A directory with a file `case.toml` is one. The file may be empty: every trace in the directory is a
source, in sorted order. What it says of single sources only fills what their records leave out.
"""

import os
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from vssfsm.errors import UsageError
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces import source

FILE: Final = "case.toml"
#: seconds that clocks may differ by where nothing else is said: many logs have whole seconds
TOLERANCE_S: Final = 1.0
_NS_PER_S: Final = 1_000_000_000
#: a day: what differs by more is no matter of clocks
_MOST_S: Final = 86_400.0
_ZONE: Final = re.compile(r"([+-])(\d\d):(\d\d)")


class Source(NamedTuple):
    """
    One source of a case.

    Args:
        path: the file.
        format: name of a reader, or `auto`.
        host, session, release: of records that do not name theirs.
        observation: kind of evidence, if it is coarser than what its reader declares.
        zone_ns: offset from UTC of times that name no zone, or None if it is not known.
        ahead_ns: how far its clock is ahead of the others.
    """

    path: str
    format: str = "auto"
    host: str | None = None
    session: str | None = None
    release: str | None = None
    observation: str = OBSERVATIONS[0]
    zone_ns: int | None = None
    ahead_ns: int = 0


class Case(NamedTuple):
    """Sources that are judged together, and how far their clocks may differ, in nanoseconds."""

    path: str
    sources: tuple[Source, ...]
    tolerance_ns: int


def is_case(path: str) -> bool:
    """Tell whether *path* is a directory with a file that asks for merging."""
    return os.path.isfile(os.path.join(path, FILE))


def case_of(paths: list[str], *, name: str, tolerance_s: float | None = None) -> Case:
    """
    Give the case that *paths* make: each file is a source, a directory's own file is heeded.

    Args:
        paths: files, directories, patterns.
        name: of the case.
        tolerance_s: seconds that clocks may differ by; None: what a file says, else a second.

    Raises:
        UsageError: a pattern matches nothing, or a file is wrong; names file and key.
    """
    sources: list[Source] = []
    told: list[float] = []
    for path in paths:
        if is_case(path):
            said = load(path)
            sources += said.sources
            told.append(said.tolerance_ns / _NS_PER_S)
        else:
            sources += [Source(one) for one in source.expand([path])]
    seconds = tolerance_s if tolerance_s is not None else max(told, default=TOLERANCE_S)
    return Case(name, tuple(sources), _tolerance("--tolerance", seconds))


def check_tolerance(seconds: float) -> None:
    """
    Refuse a tolerance that no case can have.

    Raises:
        UsageError: it is one.
    """
    _tolerance("--tolerance", seconds)


def load(directory: str) -> Case:
    """
    Give the case of a directory with its file.

    Raises:
        UsageError: the file is wrong; names it and the key.
    """
    file = os.path.join(directory, FILE)
    table = _table(file)
    _known(file, table, ("tolerance", "host", "source"))
    named = table.get("source", [])
    if not isinstance(named, list) or not all(isinstance(one, dict) for one in named):
        raise UsageError(f"{file}: source is written as [[source]]")
    host = _text(file, table, "host")
    own = {one.path: one for one in (_source(file, directory, item) for item in named)}
    found = source.traces_in(directory) or [directory] * (not own)
    whole = [own.pop(os.path.normpath(path), Source(path)) for path in found]
    whole += own.values()
    tolerance = _tolerance(f"{file}: tolerance", table.get("tolerance", TOLERANCE_S))
    sources = tuple(one._replace(host=one.host or host) for one in whole)
    return Case(directory, sources, tolerance)


def _table(file: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(file, "rb") as opened:
            return tomllib.loads(opened.read().decode("utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} is no TOML: {error}") from error


_KEYS: Final = ("path", "format", "host", "session", "release", "observation", "zone", "ahead")


def _source(file: str, directory: str, item: Mapping[str, Any]) -> Source:
    _known(file, item, _KEYS)
    name = _text(file, item, "path")
    if not name:
        raise UsageError(f"{file}: a source has no path")
    path = os.path.normpath(os.path.join(directory, name))
    if not os.path.isfile(path):
        raise UsageError(f"{file}: path: there is no file {path}")
    return Source(
        path,
        _text(file, item, "format") or "auto",
        _text(file, item, "host"),
        _text(file, item, "session"),
        _one_of(file, item, "release", tuple(RELEASES)),
        _one_of(file, item, "observation", OBSERVATIONS) or OBSERVATIONS[0],
        _zone(file, _text(file, item, "zone")),
        _ns(f"{file}: ahead", item.get("ahead", 0)),
    )


def _known(file: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            raise UsageError(f"{file}: unknown key {key!r}; known: {', '.join(keys)}")


def _text(file: str, table: Mapping[str, Any], key: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"{file}: {key} is a string, not {value!r}")
    return value or None


def _one_of(file: str, table: Mapping[str, Any], key: str, values: tuple[str, ...]) -> str | None:
    value = _text(file, table, key)
    if value is not None and value not in values:
        raise UsageError(f"{file}: {key} is one of {', '.join(values)}, not {value!r}")
    return value


def _zone(file: str, text: str | None) -> int | None:
    if text is None:
        return None
    match = _ZONE.fullmatch("+00:00" if text == "Z" else text)
    if match is None:
        raise UsageError(f"{file}: zone is an offset such as +01:00, not {text!r}")
    minutes = int(match[2]) * 60 + int(match[3])
    return (minutes if match[1] == "+" else -minutes) * 60 * _NS_PER_S


def _ns(where: str, seconds: object) -> int:
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not number or not abs(float(str(seconds))) <= _MOST_S:
        raise UsageError(f"{where} is a number of seconds, at most a day, not {seconds!r}")
    return round(float(str(seconds)) * _NS_PER_S)


def _tolerance(where: str, seconds: object) -> int:
    given = _ns(where, seconds)
    if given < 0:
        raise UsageError(f"{where} is no negative number")
    return given
