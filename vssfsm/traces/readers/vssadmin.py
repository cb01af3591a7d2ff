"""
`vssadmin list writers` in any language, read by structure.

A writer's block is: a name, two lines with a GUID (class, instance), a line whose value starts with
a bracketed number (the state), a line with the last error. Labels are never needed, except for the
text of the error, which stands for a code. Prose around the blocks is skipped. Survives lost
indentation, quote marks, bold marks, `>` prefixes, blank lines in between, missing id lines, and
every code page of Windows.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple
from unicodedata import normalize

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.labels import CODE_OF_LABEL
from vssfsm.traces.aside import PROSE, Aside, Share, Tally
from vssfsm.traces.source import LONGEST, Opened, text_of

OBSERVATION: Final = "sampled"
_MARKUP: Final = re.compile(
    r"<[^>\n]*>|&nbsp;|[*>`\ufeff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]|\\(?=[\[\]_*])"
)
_FIELD: Final = re.compile(r"^(?P<label>[^:：]{1,60})[:：]\s*(?P<value>.*)$")
_GUID: Final = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)
_STATE: Final = re.compile(r"^\[\s*(\d{1,18})\s*\]")
_CODE: Final = re.compile(r"\(?0x([0-9a-f]{8})\)?", re.IGNORECASE)
#: what the program says about itself, in every language
_BANNER: Final = re.compile(r"vssadmin 1\.1|^\W*\(C\)", re.IGNORECASE)
#: what stands for an id that was taken out
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}|(?:writer|class|instance| )*id", re.IGNORECASE)
#: characters that are cited of what stands there instead of writers
_SAID: Final = 160
_OPENING: Final = ("'", '"', "‘", "‚", "“", "„", "«", "»")
_QUOTES: Final = "'\"‘’‚‛“”„«»‹› \t\u00a0\u202f"


class _Field(NamedTuple):
    line: int
    label: str
    value: str


def read(opened: Opened) -> Generator[tuple[Record, tuple[Note, ...]], None, Aside]:
    """
    Give one observer's record per block, with the line of its bracketed state.

    Returns:
        How many lines with text belong to no block, and the code page if it was guessed.
    """
    blocks = 0
    text, guessed = text_of(opened)
    lines = text.split("\n")
    heads: set[str] = set()
    skipped = sum(bool(line.strip()) for line in lines)
    last = 1
    pending: list[_Field] = []
    waiting: Record | None = None
    fields = list(_fields(lines))
    for field, behind in zip_longest(fields, fields[1:]):
        last = field.line
        if waiting is not None:
            if not _starts_block(field.value, behind):
                yield _finish(waiting, field.value, cut=field.line == len(lines))
                skipped -= 1
                waiting, pending = None, []
                continue
            yield waiting, (_incomplete(waiting.line, "the last error is missing"),)
            waiting = None
        state = _STATE.match(field.value)
        if state:
            waiting = _record(field.line, int(state[1]), pending)
            heads |= _head(pending)
            pending = []
            skipped -= _size(waiting)
            blocks += 1
        else:
            pending.append(field)
    if waiting is not None:
        yield waiting, (_incomplete(waiting.line, "the last error is missing"),)
    unread = 0
    if cut := _cut_block(pending, heads):
        unread = 1
        hole = Record(line=cut.line, hole=True, actor="observer")
        yield hole, (_incomplete(cut.line, "the state is missing"),)
    elif not blocks:
        unread = skipped
        note = Note(inputs.NO_WRITERS.code, last, _last_words(lines))
        yield Record(line=last, hole=True, actor="observer"), (note,)
    return Aside(skipped, guessed, share=_share(lines, skipped, unread))


def _share(lines: Sequence[str], skipped: int, unread: int) -> Share:
    """Give the shares of a listing, of whose lines *skipped* belong to no block."""
    tally = Tally()
    banner = min(sum(bool(_BANNER.search(line[:LONGEST])) for line in lines), skipped)
    tally.know("banner", banner)
    tally.unread = min(unread, skipped - banner)
    tally.know(PROSE, skipped - banner - tally.unread)
    tally.used = sum(bool(line.strip()) for line in lines) - skipped
    return tally.share()


def _size(record: Record) -> int:
    """Give the number of lines that a block's name, ids and state were read from."""
    return 1 + sum(map(bool, (record.writer, record.writer_id, record.instance)))


def _fields(lines: Sequence[str]) -> Iterator[_Field]:
    for number, line in enumerate(lines, start=1):
        match = _FIELD.match(_MARKUP.sub("", line[:LONGEST]).strip())
        if match:
            yield _Field(number, match["label"].strip(), match["value"].strip())


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
    return _folded(text) in CODE_OF_LABEL or bool(_CODE.search(text))


def _folded(text: str) -> str:
    """Give the text of an error as the table has it, however it was copied."""
    plain = " ".join(normalize("NFC", text).split())
    return plain.strip(_QUOTES).rstrip(".").casefold()


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


def _finish(record: Record, label: str, *, cut: bool) -> tuple[Record, tuple[Note, ...]]:
    """Give the record with its failure; *cut* tells that nothing ends the line."""
    text = label.strip(_QUOTES).rstrip(".")
    code = CODE_OF_LABEL.get(_folded(text))
    number = _CODE.search(text)
    if code is None and number is None:
        if not text or (cut and any(known.startswith(_folded(text)) for known in CODE_OF_LABEL)):
            return record, (_incomplete(record.line, "the last error is cut"),)
        known = record._replace(args={"last_error": text})
        return known, (Note(inputs.UNKNOWN_LABEL.code, record.line, text),)
    failure = HRESULTS[code] if code else int(number[1], 16) if number else None
    return record._replace(failure=failure), ()


def _incomplete(line: int, text: str) -> Note:
    return Note(inputs.INCOMPLETE_BLOCK.code, line, text)


def _head(pending: list[_Field]) -> set[str]:
    """Give the label of the name of a block, the field in front of its ids."""
    ids = sum(bool(_GUID.search(field.value)) for field in pending[-2:])
    return {pending[-ids - 1].label} if 0 < ids < len(pending) else set()


def _cut_block(pending: list[_Field], heads: set[str]) -> _Field | None:
    """Give the first id of a block whose state never came, or its name where its label is known."""
    ids = (field for field in pending if _GUID.search(field.value))
    return next(ids, None) or next((field for field in pending if field.label in heads), None)


def _last_words(lines: Sequence[str]) -> str:
    """Give what stands there instead of writers: as a rule the program says why."""
    words = [line.strip() for line in lines if line.strip()]
    said = " ".join(line for line in words[-2:] if "vssadmin" not in line and "(C)" not in line)
    return said if len(said) <= _SAID else f"{said[: _SAID - 3]}..."
