"""
`vssadmin list writers` in any language, read by structure.

A writer's block is: a name, two lines with a GUID (class, instance), a line whose value starts with
a bracketed number (the state), a line with the last error. Labels are never needed, except for the
text of the error, which stands for a code. Prose around the blocks is skipped. Survives lost
indentation, quote marks, bold marks, `>` prefixes, blank lines in between, missing id lines.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.labels import CODE_OF_LABEL
from vssfsm.traces.source import Opened, everything

OBSERVATION: Final = "sampled"
_MARKUP: Final = re.compile(r"<[^>\n]*>|&nbsp;|[*>`\ufeff]|\\(?=[\[\]_*])")
_FIELD: Final = re.compile(r"^(?P<label>[^:：]{1,60})[:：]\s*(?P<value>.*)$")
_GUID: Final = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)
_STATE: Final = re.compile(r"^\[\s*(\d{1,18})\s*\]")
_CODE: Final = re.compile(r"\(?0x([0-9a-f]{8})\)?", re.IGNORECASE)
#: what stands for an id that was taken out
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}|(?:writer|class|instance| )*id", re.IGNORECASE)
_OPENING: Final = ("'", '"', "‘", "‚", "“", "„", "«", "»")
_QUOTES: Final = "'\"‘’‚‛“”„«»‹› \t\u00a0\u202f"


class _Field(NamedTuple):
    line: int
    value: str


def read(opened: Opened) -> Generator[tuple[Record, tuple[Note, ...]], None, int]:
    """
    Give one observer's record per block, with the line of its bracketed state.

    Returns:
        How many lines with text belong to no block: prose, which is skipped.
    """
    blocks = 0
    lines = _lines(opened)
    skipped = sum(bool(line.strip()) for line in lines)
    last = 1
    pending: list[_Field] = []
    waiting: Record | None = None
    fields = list(_fields(lines))
    for field, behind in zip_longest(fields, fields[1:]):
        last = field.line
        if waiting is not None:
            if not _starts_block(field.value, behind):
                yield _finish(waiting, field.value)
                skipped -= 1
                waiting, pending = None, []
                continue
            yield waiting, (_incomplete(waiting.line, "the last error is missing"),)
            waiting = None
        state = _STATE.match(field.value)
        if state:
            waiting, pending = _record(field.line, int(state[1]), pending), []
            skipped -= _size(waiting)
            blocks += 1
        else:
            pending.append(field)
    if waiting is not None:
        yield waiting, (_incomplete(waiting.line, "the last error is missing"),)
    if cut := _cut_block(pending):
        hole = Record(line=cut.line, hole=True, actor="observer")
        yield hole, (_incomplete(cut.line, "the state is missing"),)
    elif not blocks:
        note = Note(inputs.NO_WRITERS.code, last, "")
        yield Record(line=last, hole=True, actor="observer"), (note,)
    return skipped


def _size(record: Record) -> int:
    """Give the number of lines that a block's name, ids and state were read from."""
    return 1 + sum(map(bool, (record.writer, record.writer_id, record.instance)))


def _lines(opened: Opened) -> list[str]:
    data = everything(opened)
    try:
        text = data.decode(opened.head.encoding)
    except UnicodeDecodeError:
        # A console's code page: names and numbers are ASCII, and labels are not needed.
        text = data.decode("latin-1" if opened.head.encoding == "utf-8" else "utf-16", "replace")
    return text.split("\n")


def _fields(lines: Sequence[str]) -> Iterator[_Field]:
    for number, line in enumerate(lines, start=1):
        match = _FIELD.match(_MARKUP.sub("", line).strip())
        if match:
            yield _Field(number, match["value"].strip())


def _starts_block(value: str, behind: _Field | None) -> bool:
    """
    Tell whether a value cannot be the text of an error: an id, another state, or a name.

    A name is in quotes, or has an id right *behind* it; the text of an error has a name there.
    """
    if _STATE.match(value) or _GUID.search(value):
        return True
    if _is_known(value.strip(_QUOTES)):
        return False
    return value.startswith(_OPENING) or bool(behind and _GUID.search(behind.value))


def _is_known(text: str) -> bool:
    return text.rstrip(".").casefold() in CODE_OF_LABEL or bool(_CODE.search(text))


def _record(line: int, state: int, pending: list[_Field]) -> Record:
    ids = [match[1] for field in pending[-2:] if (match := _GUID.search(field.value))]
    names = [
        field.value
        for field in pending
        if not _GUID.search(field.value) and not _PLACEHOLDER.fullmatch(field.value)
    ]
    name = names[-1].strip(_QUOTES) if names else None
    return Record(
        line=line,
        actor="observer",
        event="WriterStatus",
        state=state,
        writer=name or None,
        writer_id=ids[0] if len(ids) == 2 else None,
        instance=ids[-1] if ids else None,
    )


def _finish(record: Record, label: str) -> tuple[Record, tuple[Note, ...]]:
    text = label.strip(_QUOTES).rstrip(".")
    code = CODE_OF_LABEL.get(text.casefold())
    number = _CODE.search(text)
    if code is None and number is None:
        known = record._replace(args={"last_error": text})
        return known, (Note(inputs.UNKNOWN_LABEL.code, record.line, text),)
    failure = HRESULTS[code] if code else int(number[1], 16) if number else None
    return record._replace(failure=failure), ()


def _incomplete(line: int, text: str) -> Note:
    return Note(inputs.INCOMPLETE_BLOCK.code, line, text)


def _cut_block(pending: list[_Field]) -> _Field | None:
    """Give the first id of a block whose state never came."""
    return next((field for field in pending if _GUID.search(field.value)), None)
