"""
Stable tokens for what evidence tells of its owner: hosts, programs, writers, volumes, components.

One name gives one token wherever it occurs, also where tools spell a GUID in different ways, so
that records which belong together still do. Keys that the format does not know are dropped, as are
values that cannot be read: nobody can say what they hold.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.monitor.keys import Key, key_of
from vssfsm.traces.canonical import ARGS_KEYS, KEYS, accepts

#: key of the format -> first part of its tokens
_NAMES: Final = {
    "host": "host",
    "session": "session",
    "process": "process",
    "writer": "writer",
    "writer_id": "class",
    "instance": "instance",
}
#: likewise of `args`
_ARGS_NAMES: Final = {
    "volume": "volume",
    "component": "component",
    "selected": "component",
    "last_error": "text",
}
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
        for key, kind in _ARGS_NAMES.items():
            if args.get(key) is not None:
                kept[key] = self._hidden(kind, args[key])
        return kept

    def _hidden(self, kind: str, value: object) -> object:
        """Give *value* with tokens for its texts; numbers tell nothing of anybody."""
        if isinstance(value, str):
            return self.token(kind, value)
        if isinstance(value, list):
            return [self._hidden(kind, item) for item in value]
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


def _is_readable(values: Mapping[str, object], key: str) -> bool:
    reads: Callable[[str, object], bool] = accepts
    return values.get(key) is not None and reads(key, values[key])
