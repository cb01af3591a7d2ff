"""
Registers of one requester's arguments: components, contexts, shares. Silent after a hole.

A component is told from others by its writer (its instance, else its class), its logical path and
its name; where a record lacks one of them, two components may be alike and neither is accused.
"""

from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.monitor.keys import key_of
from vssfsm.spec import requests
from vssfsm.spec.contexts import excludes_itself, not_in_release
from vssfsm.spec.hresults import is_failure

_SELECTIONS: Final = ("SetSelectedForRestore", "SetSelectedForRestoreEx")
#: event -> calls that choose the writers that get it
_CHOOSING: Final = {
    "PrepareBackup": ("AddComponent",),
    "PreRestore": _SELECTIONS,
    "PostRestore": _SELECTIONS,
}
#: keys of `args` that are read here; the others that anybody reads are fields of a record
COMPONENT, LOGICAL_PATH, VOLUME = ARGS_READ = ("component", "logical_path", "volume")
_SHARE: Final = "\\\\"
_DEVICES: Final = ("\\\\?\\", "\\\\.\\")


class Component(NamedTuple):
    """A component as a record names it; `path` is None where the record leaves it out."""

    writer: str
    path: str | None
    name: str

    @property
    def is_told_apart(self) -> bool:
        """Tell whether no other component has these names."""
        return bool(self.writer) and self.path is not None

    @property
    def tail(self) -> str:
        """The end of its name, by which it is known where its path is left out."""
        whole = self.name.replace("/", "\\").rstrip("\\").casefold()
        return whole.rpartition("\\")[2] or self.name


def component_of(record: Record) -> Component | None:
    """Give the component that *record* names in its `args`, None if it names none."""
    args = record.args or {}
    text = args.get(COMPONENT)
    if not isinstance(text, str) or not text:
        return None
    key = key_of(record)
    writer = key.instance or key.writer_id or key.writer or ""
    given = args.get(LOGICAL_PATH)
    if isinstance(given, str):  # the name may hold anything
        return Component(writer, given, text)
    path, _, name = text.replace("/", "\\").rpartition("\\")
    return Component(writer, path or None, name or text)


class Requests:
    """What one object was asked for."""

    def __init__(self) -> None:
        self.clear()
        for event in _CHOOSING:
            self._chosen[event] = set()

    def clear(self) -> None:
        """Forget everything: something may be missing."""
        self._chosen: dict[str, set[str] | None] = dict.fromkeys(_CHOOSING)
        self._added: dict[Component, int] = {}
        self._options: dict[Component, int] = {}
        self._told: set[str] = set()
        #: a record that names no component may be about any
        self._vague = False

    @property
    def components(self) -> tuple[frozenset[Component], frozenset[Component]]:
        """Components that were added, and those with restore options."""
        return frozenset(self._added), frozenset(self._options)

    def take(self, record: Record, release: str | None) -> list[Note]:
        """Take a requester's call; of those that were refused only what was tried to be told."""
        if record.of is None and record.event == "SetBackupSucceeded":
            component = component_of(record)
            self._vague |= component is None
            self._told.update([component.tail] if component else ())
        if record.of is not None or is_failure(record.hresult or 0):
            return []
        if record.event == "SetContext":
            return _judge_context(record, release)
        if record.event in requests.EARLY_SHARE.on:
            return _judge_volume(record, release)
        if record.event == "BackupComplete":
            return self._complete(record)
        for event, calls in _CHOOSING.items():
            if record.event in calls:
                self._choose(event, key_of(record).writer_id)
        return self._take_component(record)

    def _take_component(self, record: Record) -> list[Note]:
        if record.event == "AddComponent":
            return self._once(record, self._added, requests.COMPONENT_TWICE.code)
        if record.event == "SetRestoreOptions":
            return self._once(record, self._options, requests.OPTIONS_TWICE.code)
        return []

    def _choose(self, event: str, writer_id: str | None) -> None:
        known = self._chosen[event]
        if writer_id is None or known is None:
            self._chosen[event] = None
        else:
            known.add(writer_id)

    def leaves_out(self, event: str, writer_id: str | None) -> bool:
        """Tell whether components were chosen, and surely none of this class of writers."""
        chosen = self._chosen.get(event)
        return bool(chosen) and writer_id is not None and writer_id not in (chosen or ())

    def _once(self, record: Record, known: dict[Component, int], code: str) -> list[Note]:
        component = component_of(record)
        if component is None:
            self._vague = True
            return []
        first = known.setdefault(component, record.line)
        if first == record.line or not component.is_told_apart:
            return []
        return [Note(code, record.line, f"{component.name}, first at line {first}")]

    def _complete(self, record: Record) -> list[Note]:
        """Compare what was added with what was told; if nothing was, another rule speaks."""
        left = sorted({one.name for one in self._added if one.tail not in self._told})
        if self._vague or not self._told or not left:
            return []
        return [Note(requests.NEVER_TOLD.code, record.line, ", ".join(left))]


def _judge_context(record: Record, release: str | None) -> list[Note]:
    lacking = not_in_release(record.context, record.release or release)
    if lacking:
        return [Note(requests.UNKNOWN_BIT.code, record.line, lacking)]
    if excludes_itself(record.context):
        return [Note(requests.TWO_WAYS.code, record.line, "")]
    return []


def _judge_volume(record: Record, release: str | None) -> list[Note]:
    volume = (record.args or {}).get(VOLUME)
    is_share = isinstance(volume, str) and volume.startswith(_SHARE)
    if not isinstance(volume, str) or not is_share or volume.startswith(_DEVICES):
        return []
    if (record.release or release) not in requests.WITHOUT_SHARES:
        return []
    return [Note(requests.EARLY_SHARE.code, record.line, volume)]
