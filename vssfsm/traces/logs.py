"""
Exported event logs, taken apart: XML, JSON, CSV and pasted text into entries.

An entry is what every form has: where it stands, source, number, machine, time, and its text. What
an entry means is no matter of this module.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from operator import attrgetter
from typing import Final, NamedTuple

from vssfsm.spec.eventlog import ANY_HEAD, ANY_SOURCE, ENGLISH_HEAD
from vssfsm.spec.labels import LINE_LABELS, NAME
from vssfsm.traces.pasted import plain, unstamped
from vssfsm.traces.shapes import delimiter_of
from vssfsm.traces.values import accepts, read_time

#: characters of one event; a longer one is none
_LONGEST: Final = 1 << 20
_EVENT: Final = re.compile(r"<Event[\s>]")
_END: Final = "</Event>"
#: what stands in the place of an event as XML where pasted ones are looked for
_XML: Final = "\x00"
_TAG: Final = re.compile(r"^\{[^}]*\}")
#: a number, perhaps with the mark of thousands that a country writes
_WHOLE: Final = r"\d{1,2}[.,]\d{3}|\d{1,5}"
_PLAIN_NUMBER: Final = re.compile(
    rf"^[ \t>]*[^:：\n]{{1,40}}[:：][ \t]*({_WHOLE})[ \t\r]*$", re.MULTILINE
)
_EVENT_ID: Final = re.compile(
    rf"^[ \t>]*Event ?ID[ \t]*:[ \t]*({_WHOLE})[ \t\r]*$", re.MULTILINE | re.IGNORECASE
)
_SOURCE_LINE: Final = re.compile(
    rf"^[ \t>]*[^:：\n]{{1,40}}[:：][ \t]*({ANY_SOURCE})[ \t\r]*$",
    re.MULTILINE | re.IGNORECASE,
)
#: what cannot be of an event: it begins other evidence in a mail
_OTHER_KIND: Final = re.compile(
    rf"vssadmin 1\.1 |(?:{'|'.join(LINE_LABELS[NAME])})[ \t]*[:：]\s*['\"‘“„«]", re.IGNORECASE
)
_COMPUTER: Final = re.compile(r"^[ \t>]*Computer:[ \t]*(\S+)", re.MULTILINE)
#: the head of an event that was pasted into one line
_COLLAPSED: Final = re.compile(ENGLISH_HEAD, re.IGNORECASE | re.DOTALL)
_COLLAPSED_ABROAD: Final = re.compile(ANY_HEAD, re.IGNORECASE)
#: the English text of a veto, without any head
_VETO: Final = re.compile(r"rejected an event with error 0x[0-9a-f]{8}", re.IGNORECASE)
#: a name at the end of a text; behind a class id, the id of the instance follows it
_LAST_NAME: Final = re.compile(r"[ \t>]*Writer Name[ \t]*:[ \t]*(\S.*)", re.IGNORECASE)
_CLASS_ID: Final = re.compile(r"^[ \t>]*Writer Class Id[ \t]*:", re.MULTILINE | re.IGNORECASE)
#: characters in front of the end of a text in which the block of its writer begins
_BLOCK: Final = 4096
_OLD_JSON_TIME: Final = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_BLANK: Final = " \t\r\n,[]\ufeff"


class Entry(NamedTuple):
    """
    One event of a log; number None: it could not be taken apart, and the text says why.

    One that is cut ends in the middle of a value, which is left out.
    """

    line: int
    source: str
    number: int | None
    text: str
    host: str | None = None
    time_ns: int | None = None
    order: int | None = None
    is_cut: bool = False


def entries(text: str) -> Iterator[Entry]:
    """Give the events of a log in any form, as they stand."""
    start = text.lstrip(" \t\r\n\ufeff")[:1]
    if _EVENT.search(text):
        return iter(sorted((*_from_xml(text), *_beside_xml(text)), key=attrgetter("line")))
    if start in ("{", "["):
        return _from_json(text)
    if delimiter := delimiter_of(text.lstrip("\ufeff")):
        return _from_csv(text.lstrip("\ufeff"), delimiter)
    return _from_text(text)


def begins_other(line: str) -> bool:
    """Tell whether evidence of another kind begins on a line, as in a mail."""
    return _OTHER_KIND.search(line) is not None


class _Lines:
    """Numbers of lines at places of a text, each behind the one before."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def at(self, place: int) -> int:
        """Give the 1-based line of *place*."""
        self._line += self._text.count("\n", self._at, place)
        self._at = place
        return self._line


# --- XML ---------------------------------------------------------------------
def _from_xml(text: str) -> Iterator[Entry]:
    numbers = _Lines(text)
    for match in _EVENT.finditer(text):
        line = numbers.at(match.start())
        end = text.find(_END, match.start())
        following = _EVENT.search(text, match.end())
        if end < 0 or (following and following.start() < end):
            yield Entry(line, "", None, "it does not end")
        elif end - match.start() > _LONGEST:
            yield Entry(line, "", None, "it is too long")
        else:
            yield xml_entry(text[match.start() : end + len(_END)], line)


def _beside_xml(text: str) -> Iterator[Entry]:
    """Give pasted events that no XML of their own stands below."""
    starts = [match.start() for match in _EVENT.finditer(text)]
    kept = [text[: starts[0]]]
    for start, following in zip_longest(starts, starts[1:], fillvalue=len(text)):
        end = text.find(_END, start, following)
        end = following if end < 0 else end + len(_END)
        kept += [_XML, "\n" * text.count("\n", start, end), text[end:following]]
    for event in _pasted(plain("".join(kept)), _SOURCE_LINE):
        entry = _by_lines(event)
        if entry and _XML not in event.body:
            yield entry


def xml_entry(text: str, line: int) -> Entry:
    """Give the event that *text* holds, one element and nothing else."""
    import xml.etree.ElementTree as ET

    # Entities are declared in a document type; a part that holds none cannot grow.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return Entry(line, "", None, "it declares entities")
    try:
        root = ET.fromstring(text)  # noqa: S314 - without entities, and short
    except (ET.ParseError, ValueError) as error:
        return Entry(line, "", None, str(error))
    parts = [(_TAG.sub("", part.tag), part) for part in root.iter()]
    found = dict(reversed(parts))
    provider, number = found.get("Provider"), found.get("EventID")
    words = [part.text or "" for name, part in parts if name in ("Data", "Message")]
    moment = found.get("TimeCreated")
    return Entry(
        line,
        provider.get("Name") or "" if provider is not None else "",
        _number(number.text if number is not None else None),
        "\n".join(words),
        (found["Computer"].text or None) if "Computer" in found else None,
        _time(moment.get("SystemTime") if moment is not None else None),
        _number(found["EventRecordID"].text if "EventRecordID" in found else None),
    )


def _number(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"\d{1,18}", text) and text.isascii() else None


def _time(value: object) -> int | None:
    """Give a time that names its zone, or milliseconds as an old PowerShell writes them."""
    text = str(value or "").strip()
    old = _OLD_JSON_TIME.fullmatch(text)
    if old:
        return int(old[1]) * 1_000_000
    if not re.search(r"[Tt ]\d\d:\d\d.*([Zz]|[+-]\d\d:\d\d)$", text):
        return None
    return read_time(text) if accepts("time", text) else None


# --- JSON and CSV ------------------------------------------------------------
def _from_json(text: str) -> Iterator[Entry]:
    decoder = json.JSONDecoder()
    numbers, at = _Lines(text), 0
    while at < len(text):
        if text[at] in _BLANK:
            at += 1
            continue
        line = numbers.at(at)
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield Entry(line, "", None, "it is no JSON")
            return
        if isinstance(value, dict):
            yield _table_entry(value, line)


def _table_entry(values: Mapping[str, object], line: int) -> Entry:
    """Give an event of PowerShell from its properties."""
    moment = values.get("TimeCreated")
    if isinstance(moment, dict):  # an older PowerShell nests it
        moment = moment.get("value") or moment.get("DateTime")
    return Entry(
        line,
        str(values.get("ProviderName") or ""),
        _number(values.get("Id")),
        str(values.get("Message") or ""),
        str(values.get("MachineName") or "") or None,
        _time(moment),
        _number(values.get("RecordId")),
    )


def _from_csv(text: str, delimiter: str) -> Iterator[Entry]:
    # Only a strict reader tells that the last cell does not end.
    is_odd = text.count('"') % 2 > 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=is_odd)
    names: Sequence[str] = ()
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Entry(line, "", None, str(error))
            continue
        if cells is None:
            return
        if not names:
            names = () if not cells or cells[0].startswith("#TYPE") else cells
        elif cells:
            whole = len(cells) == len(names)
            values = dict(zip(names, cells, strict=False))
            yield _table_entry(values, line) if whole else Entry(line, "", None, "it is cut")


# --- Text --------------------------------------------------------------------
class _Pasted(NamedTuple):
    """An event in a text: what found it, what stands behind that, the line, what stood before."""

    match: re.Match[str]
    body: str
    line: int
    before: str


def _from_text(given: str) -> Iterator[Entry]:
    """Give pasted events: by the line with their source, by an English head, or by their text."""
    text = plain("\n".join(unstamped(given.split("\n"))))
    for pattern, take in _TAKING:
        made = (take(event) for event in _pasted(text, pattern))
        if taken := [entry for entry in made if entry]:
            yield from taken[:-1]
            yield _without_cut_name(taken[-1])
            return


def _without_cut_name(entry: Entry) -> Entry:
    """Leave out a name in which a text ends before what follows it, unless it is whole."""
    above, _, last = entry.text[-_BLOCK:].rpartition("\n")
    name = _LAST_NAME.fullmatch(last)
    if name is None or name[1].casefold().endswith("writer") or not _CLASS_ID.search(above):
        return entry
    return entry._replace(text=entry.text.removesuffix(name[1]), is_cut=True)


def _pasted(text: str, pattern: re.Pattern[str]) -> Iterator[_Pasted]:
    """Give the places where *pattern* finds an event; what stands between two is of the first."""
    found = list(pattern.finditer(text))
    numbers = _Lines(text)
    above = 0
    number = _EVENT_ID.search(text)
    # Where the first number stands above the first source, each stands above its own.
    reversed_ = bool(found and number and number.start() < found[0].start())
    for match, behind in zip_longest(found, found[1:]):
        line = numbers.at(match.start(1 if match.lastindex else 0))
        end = behind.start() if behind else len(text)
        before = text[above : match.start()] if reversed_ else ""
        other = _OTHER_KIND.search(text, match.end(), end)
        yield _Pasted(match, text[match.end() : other.start() if other else end], line, before)
        above = match.end()


def _by_lines(event: _Pasted) -> Entry | None:
    match, body = event.match, event.body
    above = _EVENT_ID.findall(event.before)
    number = _EVENT_ID.search(body) or _PLAIN_NUMBER.search(body)
    if number is None and not above:  # the subject of a mail, for one
        return None
    digits = above[-1] if above else number[1] if number else ""
    computer = _COMPUTER.search(body)
    text = body if above or number is None else body[number.end() :]
    whole = int(re.sub(r"\D", "", digits))
    return Entry(event.line, match[1], whole, text, computer[1] if computer else None)


def _by_head(event: _Pasted) -> Entry:
    return Entry(event.line, event.match[1], int(event.match[2]), event.body)


def _by_text(event: _Pasted) -> Entry:
    return Entry(event.line, "VSS", 8229, event.match[0] + event.body)


#: ways to find pasted events, and what makes one; the first one that finds any counts
_TAKING: Final = (
    *((_SOURCE_LINE, _by_lines), (_COLLAPSED, _by_head), (_COLLAPSED_ABROAD, _by_head)),
    (_VETO, _by_text),
)
