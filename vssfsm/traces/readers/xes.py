"""
XES, the XML format of process mining: a trace per backup session, an event per record.

Keys of the canonical trace are read as `vss:KEY`, or by their own name; else `concept:name` is the
event, `time:timestamp` the time, and the name of the trace the session. A log says nothing about
the order of events in different traces: `vss:order` does, else their times; else everything in it
is partial evidence. Document types, entities and deep nesting are refused. A line is the one on
which an event begins.
"""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.traces.canonical import Row, no_row
from vssfsm.traces.source import Opened, everything
from vssfsm.traces.values import KEYS, accepts, read_time
from vssfsm.traces.xes import JSON_PREFIX, NAME, ORDER, PREFIX, TIME

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

OBSERVATION: Final = "complete"
#: levels of elements; logs need five
_DEEPEST: Final = 64
_TRACE, _EVENT = "trace", "event"
_SIMPLE: Final = ("string", "date", "int", "float", "boolean", "id")
_STANDARD: Final = {NAME: "event", TIME: "time"}


def read(opened: Opened) -> Iterator[tuple[Record, tuple[Note, ...]]]:
    """Give each record with what was wrong with it."""
    return (row.read() for row in rows(opened))


def rows(opened: Opened) -> Iterator[Row]:
    """
    Give keys and values of each event, in the order that the log shows.

    Raises:
        EOFError: the compressed data ends in the middle, or is damaged.
    """
    log = _Log(opened.columns.names)
    data = everything(opened)
    problem = log.parse(data, opened.head.encoding) if data else None
    for event in _ordered(log.events, log.traces):
        yield Row(event.line, {**opened.columns.constants, **event.values})
    if problem:
        yield problem


class _Event(NamedTuple):
    """Keys and values of an event, where it begins, and its place in the order if it is known."""

    line: int
    values: dict[str, object]
    order: int | None


class _RefusedError(Exception):
    """The document holds what no log needs."""


class _Log:
    """The events of a document, taken from the calls of a parser."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        self.events: list[_Event] = []
        self.traces = 0
        self._columns = columns
        self._depth = 0
        #: depth and attributes of the trace and of the event that are open
        self._open: dict[str, tuple[int, dict[str, str]]] = {}
        self._line = 1

    def parse(self, data: bytes, encoding: str) -> Row | None:
        """Take all events of *data*; gives a hole where the document ends to be one."""
        from xml.parsers import expat

        wide = encoding != "utf-8"
        parser = expat.ParserCreate("utf-8" if wide else None)
        self._connect(parser)
        try:
            parser.Parse(data.decode(encoding, "replace").encode() if wide else data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            text = f"no XML: {error}"
        except _RefusedError as refused:
            text = str(refused)
        else:
            return None
        return no_row(parser.CurrentLineNumber, text, inputs.UNREADABLE_INPUT.code)

    def _connect(self, parser: "XMLParserType") -> None:
        def begin(name: str, attributes: dict[str, str]) -> None:
            self._line = parser.CurrentLineNumber
            self._begin(name.rpartition(":")[2], attributes)

        def refuse(*_: object) -> None:
            raise _RefusedError("it has a document type or declares entities")

        parser.StartElementHandler = begin
        parser.EndElementHandler = lambda name: self._end(name.rpartition(":")[2])
        parser.StartDoctypeDeclHandler = refuse
        parser.EntityDeclHandler = refuse

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _RefusedError("it is nested too deeply")
        if name in (_TRACE, _EVENT):
            self.traces += name == _TRACE
            self._open[name] = self._depth, {"": str(self._line)}
        elif name in _SIMPLE and "key" in attributes and "value" in attributes:
            for depth, held in self._open.values():
                if depth == self._depth - 1:
                    held[attributes["key"]] = attributes["value"]

    def _end(self, name: str) -> None:
        if name in self._open and self._open[name][0] == self._depth:
            _, held = self._open.pop(name)
            if name == _EVENT:
                self._take(held)
        self._depth -= 1

    def _take(self, held: dict[str, str]) -> None:
        values: dict[str, object] = {}
        _, trace = self._open.get(_TRACE, (0, {}))
        if NAME in trace and not any(key.startswith((PREFIX, JSON_PREFIX)) for key in held):
            values["session"] = trace[NAME]
        line = int(held.pop(""))
        for key, value in held.items():
            values |= self._value(key, value)
        order = held.get(ORDER, "")
        number = int(order) if order.isascii() and order.isdigit() and len(order) < 19 else None
        self.events.append(_Event(line, values, number))

    def _value(self, key: str, value: str) -> dict[str, object]:
        """Give the key of the format that an attribute stands for, with its value."""
        if key in self._columns:
            return {self._columns[key]: value}
        if key == ORDER:
            return {}
        if key.startswith(JSON_PREFIX):
            return {_name(key.removeprefix(JSON_PREFIX)): _json(value)}
        bare = key.removeprefix(PREFIX)
        own = bare != key or bare in KEYS
        return {bare: value} if own else {_STANDARD.get(key, key): value}


def _name(text: str) -> str:
    name = _json(f'"{text}"')
    return name if isinstance(name, str) else text


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def _ordered(events: list[_Event], traces: int) -> list[_Event]:
    """Give the events in the order that the log shows; without any, each of them is partial."""
    if all(event.order is not None for event in events):
        return sorted(events, key=lambda event: event.order or 0)
    if traces < 2:
        return events
    times = [event.values.get("time") for event in events]
    if all(time is not None and accepts("time", time) for time in times):
        return sorted(events, key=lambda event: read_time(event.values["time"]))
    for event in events:
        event.values.setdefault("observation", "partial")
    return events
