"""
Stable tokens for what evidence tells of its owner: hosts, programs, writers, volumes, components.

One name gives one token wherever it occurs, also where tools spell a GUID in different ways, so
that records which belong together still do. Keys that the format does not know are dropped, as are
values that cannot be read: nobody can say what they hold.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.monitor.keys import Key, key_of
from vssfsm.traces.values import ARGS_KEYS, KEYS, accepts

#: key of the format -> first part of its tokens
_NAMES: Final = {
    "host": "host",
    "session": "session",
    "process": "process",
    "writer": "writer",
    "writer_id": "class",
    "instance": "instance",
}
#: likewise of `args`: texts that only name, and those with a shape that rules look at
_ARGS_NAMES: Final = {"selected": "component", "last_error": "text"}
#: first part of the tokens of a component's name, and of the directories of its path
_COMPONENT, _DIRECTORY, _VOLUME = "component", "directory", "volume"
#: what marks a share or a device in front of a volume's name
_MARK: Final = re.compile(r"\\\\(?:[?.]\\)?")
#: keys whose values differ only if they differ in more than case and braces
_FOLDED: Final = ("writer_id", "instance")


class Redactor:
    """Give tokens, the same for the same name, in the order in which names come."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        #: token -> the name that it stands for
        self.names: dict[str, str] = {}

    def token(self, kind: str, name: str, folded: str | None = None) -> str:
        """Give the token of *name*; *folded* is what it is compared by."""
        key = kind, name if folded is None else folded
        if key not in self._tokens:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._tokens[key] = f"{kind}-{self._counts[kind]}"
            self.names[self._tokens[key]] = name
        return self._tokens[key]

    def values(self, values: Mapping[str, object], record: Record) -> dict[str, object]:
        """Give the values of *record* without names; *values* are those that it was read from."""
        kept = {key: values[key] for key in KEYS if _is_readable(values, key)}
        if record.event is None:
            kept.pop("event", None)
        kept |= dict(self._identities(record))
        if "args" in kept:
            kept["args"] = self._args(kept["args"])
        return kept

    def _identities(self, record: Record) -> Iterable[tuple[str, str]]:
        folds = key_of(record)
        for key, kind in _NAMES.items():
            name = getattr(record, key)
            if name:
                folded = getattr(folds, key) if key in Key._fields else None
                if folded != "":  # braces around nothing: no name, and nothing to hide
                    yield key, self.token(kind, name, folded)

    def _args(self, given: object) -> dict[str, object]:
        args = json.loads(given) if isinstance(given, str) else given
        if not isinstance(args, dict):
            return {}
        kept = {key: args[key] for key in ARGS_KEYS if _is_readable(args, key)}
        kept |= {key: args[key] for key, known in _HARMLESS.items() if known(args.get(key))}
        for key, hide in self._hiding().items():
            if args.get(key) is not None:
                kept[key] = self._hidden(hide, args[key])
        return kept

    def _hiding(self) -> dict[str, Callable[[str], str]]:
        """Give for each key of `args` with a text what hides it."""
        return {
            "component": self._component,
            "logical_path": self._path,
            "volume": self._volume,
            **{key: partial(self.token, kind) for key, kind in _ARGS_NAMES.items()},
        }

    def _component(self, text: str) -> str:
        """Hide a component's name, which is the same in any case, and the path before it."""
        path, mark, name = text.replace("/", "\\").rpartition("\\")
        token = name and self.token(_COMPONENT, name, name.casefold())
        return self._path(path) + mark + token

    def _path(self, text: str) -> str:
        """Hide each directory of a path by itself: what lies in what stays to be seen."""
        parts = text.replace("/", "\\").split("\\")
        return "\\".join(part and self.token(_DIRECTORY, part) for part in parts)

    def _volume(self, text: str) -> str:
        mark = _MARK.match(text)
        return (mark[0] if mark else "") + self.token(_VOLUME, text)

    def _hidden(self, hide: Callable[[str], str], value: object) -> object:
        """Give *value* with tokens for its texts; numbers tell nothing of anybody."""
        if isinstance(value, str):
            return hide(value)
        if isinstance(value, list):
            return [self._hidden(hide, item) for item in value]
        return value if isinstance(value, (bool, int)) else None

    def notes(self, notes: Iterable[Note]) -> tuple[Note, ...]:
        """Give *notes* without what they cite."""
        return tuple(
            note._replace(message=note.message and self.token("text", note.message))
            for note in notes
        )

    def map(self) -> str:
        """Give the names that the tokens stand for, as JSON."""
        return json.dumps(self.names, indent=1) + "\n"


def _is_code(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"0x[0-9a-fA-F]{8}", value))


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and accepts("time", f"{value}Z")


#: keys that readers put into `args`, and what their values look like
_HARMLESS: Final[Mapping[str, Callable[[object], bool]]] = {
    "logged": _is_code,
    "process_id": lambda value: type(value) is int,
    "local_time": _is_moment,
}


def _is_readable(values: Mapping[str, object], key: str) -> bool:
    reads: Callable[[str, object], bool] = accepts
    return values.get(key) is not None and reads(key, values[key])
