"""What the lines of a part show at first sight: where sessions and writers come first."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec

from vssfsm.core.record import Record
from vssfsm.fast.lines import UnfitError, read_hole
from vssfsm.monitor.keys import Key, key_of, participant
from vssfsm.spec.vocabulary import HANDLERS, OBJECT_STARTS, SESSION_STARTS, writer_event
from vssfsm.summary.form import HostFacts
from vssfsm.traces.values import accepts, read_time


class Line(msgspec.Struct, gc=False):
    """The keys of a record that tell whose it is, and when."""

    host: str | None = None
    session: str | None = None
    actor: str | None = None
    event: str | None = None
    instance: str | None = None
    writer_id: str | None = None
    writer: str | None = None
    time: int | str | None = None


_DECODER: Final = msgspec.json.Decoder(Line)
_EMPTY: Final = b'""'
#: keys that are missing where they are empty; no other may be
_NAMES: Final = Key._fields


def lines_in(lines: Iterable[bytes], number: int) -> Iterator[tuple[int, Line]]:
    """
    Give the records of whole lines, with their numbers; blank ones and holes are left out.

    Args:
        lines: with or without their ends.
        number: of the first one.

    Raises:
        UnfitError: a line may be one, and cannot be read here.
    """
    for at, text in enumerate(lines, number):
        try:
            line = _DECODER.decode(text)
            yield at, _without_empty(line) if _EMPTY in text else line
        except (msgspec.DecodeError, RecursionError):
            if text.strip(b" \t\r\n"):
                read_hole(text, at)


def _without_empty(line: Line) -> Line:
    """Give a line in which a name that is empty is missing, as it is for the reference."""
    given = {name: getattr(line, name) or None for name in _NAMES}
    return msgspec.structs.replace(line, **given)


@lru_cache(10_000)
def _event(name: str | None) -> tuple[bool, bool]:
    """Tell whether an event begins a session, unless it began unseen, and whether a handler ran."""
    known = writer_event(name) if name else ""
    return name in OBJECT_STARTS or known in SESSION_STARTS, known in HANDLERS


class FirstOfWriter:
    """Line of a writer's first record, and the time of its first handler in nanoseconds."""

    __slots__ = ("line", "time")

    def __init__(self, line: int) -> None:
        self.line = line
        self.time: int | None = None


class Seen:
    """Where sessions and writers come first."""

    def __init__(self) -> None:
        #: host -> key of a session -> first line
        self.sessions: dict[str | None, dict[str, int]] = {}
        self.writers: dict[tuple[str | None, Key], FirstOfWriter] = {}
        self._known: dict[Any, FirstOfWriter] = {}

    def take(self, lines: Iterable[tuple[int, Line]]) -> list[tuple[str | None, str]]:
        """Take lines in order; give the sessions that may have begun before them."""
        late = []
        known = self._known
        for number, line in lines:
            actor, key = line.actor, line.session
            if actor == "observer":
                continue
            if key is not None:
                sessions = self.sessions.get(line.host)
                if sessions is None:
                    sessions = self.sessions[line.host] = {}
                if key not in sessions:
                    sessions[key] = number
                    if not _event(line.event)[0]:
                        late.append((line.host, key))
            if actor == "writer":
                names = line.host, line.instance, line.writer_id, line.writer
                first = known.get(names)
                if first is None:
                    first = known[names] = self._first(names, number)
                if first.time is None and line.time is not None and _event(line.event)[1]:
                    first.time = _time(line.time)
        return late

    def _first(self, names: tuple[str | None, ...], number: int) -> FirstOfWriter:
        host, instance, writer_id, writer = names
        record = Record(0, instance=instance, writer_id=writer_id, writer=writer)
        key = participant(key_of(record))
        return self.writers.setdefault((host, key), FirstOfWriter(number))

    def add(self, one: HostFacts, base: int) -> None:
        """Add what was seen of a host in lines behind these; *base* lines stand before them."""
        sessions = self.sessions.setdefault(one.name, {})
        for key in one.over:
            sessions.setdefault(key, base + one.first)
        for fact in one.writers:
            if fact.first_line:
                first = self.writers.setdefault(
                    (one.name, key_of_names(fact.names)), FirstOfWriter(base + fact.first_line)
                )
                first.time = fact.first_time if first.time is None else first.time


def key_of_names(names: tuple[str | None, ...]) -> Key:
    """Give the key of a writer on its host."""
    return Key(None, None, *names)


def _time(value: int | str) -> int:
    if not accepts("time", value):
        raise UnfitError
    return read_time(value)
