"""
Canonical records as XES, the XML format of process mining (IEEE 1849): the subset that holds them.

A trace per backup session, an event per record. `concept:name` is the name of the event and
`time:timestamp` its time; every key of the record stands there once more as `vss:KEY`, so that
nothing is lost, and `vss:order` keeps the order across traces. What XML cannot hold, and what is
nested, stands as JSON text in `vss.json:KEY`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from vssfsm.traces.values import accepts, read_time

NAME: Final = "concept:name"
TIME: Final = "time:timestamp"
PREFIX: Final = "vss:"
JSON_PREFIX: Final = "vss.json:"
ORDER: Final = "vss:order"
_HEAD: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
"""
#: what no XML document may hold
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PLAIN_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_NS_PER_S: Final = 1_000_000_000
#: seconds that `time:timestamp` can hold: years 1 to 9999
_SECONDS: Final = range(-62_135_596_800, 253_402_300_800)
_Values = Mapping[str, object]


def render(records: Sequence[_Values]) -> bytes:
    """Give *records* as one log; traces stand in the order of their first records."""
    traces: dict[tuple[str, str], list[tuple[int, _Values]]] = {}
    for number, values in enumerate(records, start=1):
        key = str(values.get("host") or ""), str(values.get("session") or "")
        traces.setdefault(key, []).append((number, values))
    text = "".join(part for key, events in traces.items() for part in _trace(key, events))
    return f"{_HEAD}{text}</log>\n".encode()


def _trace(key: tuple[str, str], events: Sequence[tuple[int, _Values]]) -> Iterator[str]:
    yield "  <trace>\n"
    name = "/".join(part for part in key if part)
    if name and not _NO_XML.search(name):
        yield f"    {_attribute('string', NAME, name)}\n"
    for number, values in events:
        parts = [*_standard(values), _attribute("int", ORDER, str(number))]
        parts += [_own(key, value) for key, value in values.items() if value is not None]
        yield "    <event>\n"
        yield from (f"      {part}\n" for part in parts)
        yield "    </event>\n"
    yield "  </trace>\n"


def _standard(values: _Values) -> Iterator[str]:
    """Give the attributes that every program of process mining reads."""
    event, time = values.get("event"), values.get("time")
    if isinstance(event, str) and event and not _NO_XML.search(event):
        yield _attribute("string", NAME, event)
    if time is not None and accepts("time", time) and (date := _date(time)):
        yield _attribute("date", TIME, date)


def _date(time: object) -> str | None:
    if isinstance(time, str) and _PLAIN_TIME.fullmatch(time):
        return time
    from datetime import UTC, datetime, timedelta

    seconds, rest = divmod(read_time(time), _NS_PER_S)
    if seconds not in _SECONDS:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09}+00:00" if moment.year > 999 else None


def _own(key: str, value: object) -> str:
    plain = isinstance(value, str) and not _NO_XML.search(value)
    if _NO_XML.search(key) or not (plain or type(value) in (int, bool)):
        return _attribute("string", JSON_PREFIX + json.dumps(key)[1:-1], _json(value))
    if isinstance(value, bool):
        return _attribute("boolean", PREFIX + key, "true" if value else "false")
    kind = "int" if isinstance(value, int) else "string"
    return _attribute(kind, PREFIX + key, str(value))


def _json(value: object) -> str:
    return json.dumps(value, default=str)


def _attribute(kind: str, key: str, value: str) -> str:
    return f"<{kind} key={quoteattr(key)} value={quoteattr(value, _BREAKS)}/>"


#: an attribute would lose line ends otherwise
_BREAKS: Final = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
