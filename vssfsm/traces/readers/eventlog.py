"""
Event logs of Windows: exported XML, `Get-WinEvent` as JSON or CSV, and pasted text.

Event 8229 of VSS, a writer's veto, becomes a record: the handler where the log names it, the
failure where it is a code of writers, name and ids where they are printed. Other events that tell
of shadow copies are counted with their meaning and not used; those of other programs are skipped.
A log proves no order: each record stands for itself.
"""

import re
from collections.abc import Generator, Sequence
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.eventlog import (
    BY_NUMBER,
    DEDICATED,
    OLD_SESSION,
    OLD_SESSION_MEANS,
    PREFIX,
    REMARK,
    UNKNOWN_MEANS,
    VETO,
    LogEvent,
)
from vssfsm.spec.hresults import NAMES
from vssfsm.spec.status import CODES
from vssfsm.spec.vocabulary import HANDLERS, SPELLINGS, writer_event
from vssfsm.traces.aside import PROSE, Aside, Seen, Share, Tally
from vssfsm.traces.beside import beside
from vssfsm.traces.logs import Entry, begins_other, entries
from vssfsm.traces.moments import moment
from vssfsm.traces.pasted import GUID, hyphens
from vssfsm.traces.source import Opened, text_of

OBSERVATION: Final = "sampled"
_CODE: Final = re.compile(r"0x([0-9a-f]{8})", re.IGNORECASE)
_SPELLED: Final = (*SPELLINGS, *HANDLERS)
#: of them words of other languages, too
_WORDS: Final = ("Identify", "Abort")
_OPERATION: Final = re.compile(rf"\b(?:On)?({'|'.join(_SPELLED)})\s+event\b", re.IGNORECASE)
#: keys of the block that tells of the writer, in the order in which a longer one hides a shorter
_KEYS: Final = {
    "writer_id": r"Writer Class Id",
    "instance": r"Writer Instance ID",
    "writer": r"Writer Name",
}
#: in other languages: a heading, and behind it a handler's name among a few words, up to the end of
#: the line or the next heading
_ABROAD: Final = re.compile(
    r"(?:^[ \t|]*[^\s:：][^:：\n]{0,29}|\s[^\s:：]{2,20}[ \t]?)[:：]\s*"
    r"(?:[^\s:：]{1,20}[ \t]+){0,2}(?:On)?"
    rf"({'|'.join(name for name in _SPELLED if name not in _WORDS)})"
    r"(?:-[^\s:：]{1,20})?(?:[ \t\r|]*$|[ \t]+[^\s:：]{2,20}[ \t]?[:：])",
    re.MULTILINE,
)
_FIELD: Final = re.compile(r"^[ \t]*[^:：\n]{1,60}[:：][ \t]*(\S.*?)[ \t\r|]*$", re.MULTILINE)
_ID: Final = re.compile(rf"\{{?{GUID}\}}?", re.IGNORECASE)
_PROCESS: Final = re.compile(r"\bProcess ID\s*[:：]\s*(\d{1,9})\b", re.IGNORECASE)
#: every key of that block, which ends the value of another where all stand in one line
_ENDS: Final = (
    r"(?=\s+(?:Execution Context|Writer Class Id|Writer Name|Writer Instance Name"
    r"|Writer Instance ID|Command Line|Process ID|Old [a-z ]+)\s*[:：]|\s*[\r\n]|\s*$)"
)
_VALUES: Final = {
    key: re.compile(rf"{label}\s*[:：]\s*(\S.*?){_ENDS}", re.IGNORECASE)
    for key, label in _KEYS.items()
}
_HANDLERS: Final = {handler.casefold(): handler for handler in HANDLERS}

#: pattern of the events of other programs
OTHERS: Final = "other programs"
#: characters of an event that are searched
_SEARCHED: Final = 8192

_Read = tuple[Record, tuple[Note, ...]]


def read(opened: Opened) -> Generator[_Read, None, Aside]:
    """
    Give a record per veto, in the order of the log's own numbers or times where it has them.

    Returns:
        What else was seen: events with their meaning, and the code page if it was guessed.
    """
    text, guessed, _ = text_of(opened)
    found = list(entries(text))
    seen = yield from records_of(found)
    return Aside(0, guessed, (*seen, *beside(text, "eventlog")), _share(text, found))


def records_of(found: Sequence[Entry]) -> Generator[_Read, None, tuple[Seen, ...]]:
    """
    Give a record per veto, a hole per event that cannot be read.

    Returns:
        Events that are known and not used, with their meaning.
    """
    seen: dict[tuple[str, str], list[int | None]] = {}
    found = [entry._replace(text=entry.text[:_SEARCHED]) for entry in found]
    for entry in sorted(found, key=_order) if _has_order(found) else found:
        known = _known(entry)
        if entry.number is None:
            note = Note(inputs.INCOMPLETE_BLOCK.code, entry.line, _unread(entry))
            yield Record(line=entry.line, hole=True, actor="observer"), (note,)
        elif known and known.use == VETO:
            yield _veto(entry), _missing(entry)
        elif known:
            old = known.number == 12289 and _code(entry) == OLD_SESSION
            key = f"{known.source} {known.number}", OLD_SESSION_MEANS if old else known.means
            seen.setdefault(key, []).append(entry.time_ns)
    return tuple(_seen(*key, times) for key, times in sorted(seen.items()))


def _seen(name: str, means: str, times: Sequence[int | None]) -> Seen:
    known = [time for time in times if time is not None]
    return Seen(
        name,
        means,
        len(times),
        moment(min(known)) if known else "",
        moment(max(known)) if known else "",
    )


def _known(entry: Entry) -> LogEvent | None:
    """Give what is known of an event; None if it is another program's, or cannot be read."""
    if entry.number is None:
        return None
    source = _source(entry)
    if source in DEDICATED and (source, entry.number) not in BY_NUMBER:
        return LogEvent(DEDICATED[source], entry.number, REMARK, UNKNOWN_MEANS)
    return BY_NUMBER.get((source, entry.number))


def pattern_of(entry: Entry) -> str | None:
    """Name the pattern that knows an event; empty if it is used, None if it cannot be read."""
    if entry.number is None:
        return None
    known = _known(entry)
    if known is None:
        return OTHERS
    return "" if known.use == VETO else f"{known.source} {known.number}"


def _share(text: str, found: Sequence[Entry]) -> Share:
    """Give every line with text to the event that begins on it or was the last to begin."""
    patterns: dict[int, list[str | None]] = {}
    for entry in found:
        patterns.setdefault(entry.line, []).append(pattern_of(entry))
    tally = Tally()
    now: str | None = PROSE
    for number, line in enumerate(text.split("\n"), start=1):
        names = patterns.get(number)
        if begins_other(line):
            now = PROSE
        if names:  # of several on one line the one that is used decides
            now = "" if "" in names else next((name for name in names if name), None)
        if line.strip():
            tally.take(now)
    return tally.share()


def _unread(entry: Entry) -> str:
    return f"an event of the log cannot be read: {entry.text}"


def _source(entry: Entry) -> str:
    """Give the name of a source without what newer systems put before it."""
    return entry.source.casefold().removeprefix(PREFIX)


def _has_order(found: list[Entry]) -> bool:
    return all(entry.order is not None for entry in found)


def _order(entry: Entry) -> int:
    return entry.order or 0


def _code(entry: Entry) -> int | None:
    match = _CODE.search(entry.text)
    return int(match[1], 16) if match else None


def _veto(entry: Entry) -> Record:
    event = _operation(entry.text)
    code = _code(entry)
    # The service may log a code that no writer set, or none: then nothing is said of the pair.
    failure = code if NAMES.get(code or 0) in CODES and code else None
    record = Record(
        line=entry.line,
        time_ns=entry.time_ns,
        host=entry.host,
        actor="writer" if event else "observer",
        event=event or "WriterStatus",
        outcome="veto" if event and code else None,
        failure=failure,
        args=_args(entry, code),
    )
    return record._replace(**_names(entry.text))  # type: ignore[arg-type]


def _names(text: str) -> dict[str, str]:
    """Give name and ids of the writer: by their keys, else by their place."""
    found = {key: pattern.search(text) for key, pattern in _VALUES.items()}
    said = {key: match[1] for key, match in found.items() if match} or _names_abroad(text)
    names = {key: value.strip(" \t'\"{}|") for key, value in said.items()}
    # What stands for an id that was taken out or cut is none.
    return {
        key: name if key == "writer" else hyphens(name)
        for key, name in names.items()
        if key == "writer" or _ID.fullmatch(name)
    }


def _names_abroad(text: str) -> dict[str, str]:
    """Give what stands behind keys of other languages: class, name, perhaps more, instance."""
    values = _FIELD.findall(text)
    ids = [place for place, value in enumerate(values) if _ID.fullmatch(value)]
    if len(ids) != len(_KEYS) - 1 or ids[1] - ids[0] < len(ids):
        return {}
    return {
        "writer_id": values[ids[0]],
        "writer": values[ids[0] + 1],
        "instance": values[ids[1]],
    }


def _missing(entry: Entry) -> tuple[Note, ...]:
    """Give a finding if a veto's text is cut, or missing as where its source is not installed."""
    if entry.is_cut:
        return (Note(inputs.INCOMPLETE_BLOCK.code, entry.line, "the event is cut"),)
    if _code(entry) is not None or _operation(entry.text) or _names(entry.text):
        return ()
    return (Note(inputs.INCOMPLETE_BLOCK.code, entry.line, "the text of the event is missing"),)


def _operation(text: str) -> str | None:
    match = _OPERATION.search(text) or _ABROAD.search(text)
    return writer_event(_spelled(match[1])) if match else None


def _args(entry: Entry, code: int | None) -> dict[str, object]:
    """Give the code that was logged, and the process that hosts the writer."""
    process = _PROCESS.search(entry.text)
    return ({} if code is None else {"logged": f"0x{code:08x}"}) | (
        {"process_id": int(process[1])} if process else {}
    )


def _spelled(name: str) -> str:
    plain = name.casefold().replace("preparefor", "prepare")
    return _HANDLERS.get(plain, name)
