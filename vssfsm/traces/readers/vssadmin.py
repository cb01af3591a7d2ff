"""
`vssadmin list writers` in any language, read by structure.

A writer's block is: a name, two lines with a GUID (class, instance), a line whose value starts with
a bracketed number (the state), a line with the last error. Labels are never needed, except for the
text of the error, which stands for a code; where a label is known, it tells lines apart that were
joined, and a line whose value was taken out. Prose around the blocks is skipped. Survives lost
indentation and line ends, quote marks, bold marks, `>` prefixes, blank lines in between, missing id
lines, and every code page of Windows.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Final, NamedTuple
from unicodedata import normalize

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.labels import CLASS, CODE_OF_LABEL, ERROR, INSTANCE, LINE_LABELS, NAME, STATE
from vssfsm.traces.aside import PROSE, Aside, Share, Tally
from vssfsm.traces.beside import beside
from vssfsm.traces.pasted import GUID, LONGEST, QUOTES, hyphens, joined, parts, unstamped
from vssfsm.traces.source import Opened, text_of

OBSERVATION: Final = "sampled"
_FIELD: Final = re.compile(r"^(?P<label>[^:：]{1,60})[:：]\s*(?P<value>.*)$")
_COLON: Final = re.compile("[:：]")
_GUID: Final = re.compile(rf"\{{?({GUID})\}}?", re.IGNORECASE)
_STATE: Final = re.compile(r"^\[\s*(\d{1,18})\s*\]")
_CODE: Final = re.compile(r"\(?0x([0-9a-f]{8})\)?", re.IGNORECASE)
#: what the program says about itself, in every language
_BANNER: Final = re.compile(r"vssadmin 1\.1|^\W*\(C\)", re.IGNORECASE)
#: what stands for an id that was taken out
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}|(?:writer|class|instance| )*id", re.IGNORECASE)
#: characters that are cited of what stands there instead of writers
_SAID: Final = 160
_OPENING: Final = ("'", '"', "‘", "‚", "“", "„", "«", "»")


def _spelled(label: str) -> str:
    """Give a pattern of *label* as it may have been copied."""
    return re.escape(label).replace(r"\ ", r"\s+").replace("'", "['’]")


#: a label that is known, with the colon behind it; that of the state is also an ordinary word
_LABELLED: Final = re.compile(
    "|".join(
        rf"(?<![\w-]){_spelled(label)}\s*[:：]" + (r"(?=\s*\[\s*\d)" if line == STATE else "")
        for line, labels in LINE_LABELS.items()
        for label in labels
    ),
    re.IGNORECASE,
)


class _Field(NamedTuple):
    """A line with a colon: what stands before it and behind, and the GUID in that, or nothing."""

    line: int
    label: str
    value: str
    guid: str

    @property
    def kind(self) -> str:
        """Which line of a block the label is known to stand for; empty if it is not known."""
        return _kind_of(self.label)


@lru_cache(64)
def _kind_of(label: str) -> str:
    return _KIND_OF.get(_bare(label), "")


def _bare(label: str) -> str:
    """Give the letters of a label, however they were copied."""
    return re.sub(r"[\W_]+", "", normalize("NFC", label)).casefold()


_KIND_OF: Final = {_bare(text): kind for kind, texts in LINE_LABELS.items() for text in texts}


_Read = tuple[Record, tuple[Note, ...]]


class _Listing:
    """What is known of a listing while it is read."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.blocks = 0
        self.holes = 0
        self.pending: list[_Field] = []
        self._used: set[int] = set()
        #: labels of lines with names, and with class ids
        self._heads: set[str] = set()
        self._classes: set[str] = set()

    @property
    def skipped(self) -> int:
        """How many lines with text belong to no block."""
        return sum(bool(line.strip()) for line in self.lines) - len(self._used)

    def record(self, field: _Field, state: int) -> Record:
        """Give the record of the block whose state stands in *field*."""
        self.blocks += 1
        made, used = _record(field.line, state, self.pending)
        self._used |= {field.line, *(one.line for one in used)}
        self._heads |= _head(self.pending)
        self.pending = []
        return made

    def finish(self, record: Record, field: _Field) -> _Read:
        """Give the whole block, whose last error stands in *field*."""
        self._used.add(field.line)
        return _finish(record, field.value, cut=field.line == len(self.lines))

    def lost(self) -> Iterator[_Read]:
        """Give a hole for a block before the one whose state comes now, if it has no state."""
        own, _ = _ids(self.pending[-2:])
        self._classes |= {own.label} if own else set()
        ids = [one for one in self.pending[:-2] if one.guid and one.label in self._classes]
        above = self.pending[: _start(self.pending)]
        ids += [one for one in above if one.guid and one.kind and one not in ids]
        names = [one for one in self.pending if one.kind == NAME and _is_quoted(one.value)]
        yield from self._hole((ids or names[:-1])[:1])

    def cut(self) -> Iterator[_Read]:
        """Give a hole for a last block whose state never came, if there is one."""
        # The context of an event has ids too, with labels of its own.
        ids = [one for one in self.pending if one.guid and one.label in self._classes]
        if not self.blocks:
            ids = list(_ids_of_writers(self.pending))
        names = [
            one
            for one in self.pending
            if one.label in self._heads or (one.kind == NAME and _is_quoted(one.value))
        ]
        yield from self._hole((ids or names or self._cut_name())[:1])

    def _cut_name(self) -> list[_Field]:
        """Give the last line if it is the beginning of a writer's name line, or nothing."""
        said = self.lines[-1].strip("> \t\r")
        starts = said and any(label.startswith(said) for label in self._heads)
        starts = starts and self.lines.count(self.lines[-1]) == 1  # or a log's own words
        return [_Field(len(self.lines), said, "", "")] if starts else []

    def _hole(self, found: Sequence[_Field]) -> Iterator[_Read]:
        for field in found:
            self.holes += 1
            hole = Record(line=field.line, hole=True, actor="observer")
            yield hole, (_incomplete(field.line, "the state is missing"),)


def read(opened: Opened) -> Generator[_Read, None, Aside]:
    """
    Give one observer's record per block, with the line of its bracketed state.

    Returns:
        How many lines with text belong to no block, and the code page if it was guessed.
    """
    text, guessed = text_of(opened)
    listing = _Listing(unstamped(text.split("\n")))
    last = 1
    waiting: Record | None = None
    fields = list(_fields(listing.lines))
    states = _states(fields)
    for field, behind in zip_longest(fields, fields[1:]):
        last = field.line
        if waiting is not None:
            if not _starts_block(field, behind):
                yield listing.finish(waiting, field)
                waiting = None
                continue
            yield waiting, (_incomplete(waiting.line, "the last error is missing"),)
            waiting = None
        if field in states:
            yield from listing.lost()
            waiting = listing.record(field, states[field])
        else:
            listing.pending.append(field)
    if waiting is not None:
        yield waiting, (_incomplete(waiting.line, "the last error is missing"),)
    yield from listing.cut()
    unread = listing.holes
    if not listing.blocks and not listing.holes:
        unread = listing.skipped
        note = Note(inputs.NO_WRITERS.code, last, _last_words(listing.lines))
        yield Record(line=last, hole=True, actor="observer"), (note,)
    return Aside(listing.skipped, guessed, beside(text, "vssadmin"), _share(listing, unread))


def _share(listing: _Listing, unread: int) -> Share:
    """Give the shares of a listing."""
    tally, skipped = Tally(), listing.skipped
    banner = min(sum(bool(_BANNER.search(line[:LONGEST])) for line in listing.lines), skipped)
    tally.know("banner", banner)
    tally.unread = min(unread, skipped - banner)
    tally.know(PROSE, skipped - banner - tally.unread)
    tally.used = sum(bool(line.strip()) for line in listing.lines) - skipped
    return tally.share()


def _fields(lines: Sequence[str]) -> Iterator[_Field]:
    """Give the lines with a colon; the rest of a wrapped value stands on the next with text."""
    held: _Field | None = None
    for number, line in enumerate(lines, start=1):
        for text in filter(None, _labelled(line)):
            match = _FIELD.match(text)
            near = held is not None and held.line >= number - 2
            if held and near and not match and (rest := _rest(held.value, text)):
                at = held.line if held.value else number
                held = _field(at, held.label, f"{held.value} {rest}".strip())
                continue
            if held:
                yield held
                held = None
            if match:
                held = _field(number, match["label"].strip(), match["value"].strip())
    if held is not None:
        yield held


def _states(fields: Sequence[_Field]) -> dict[_Field, int]:
    """
    Give the lines with the state of a writer, and the states.

    Around a listing other words may stand before a number in brackets: a line counts if its label
    is that of a line below an id, or is known; where there is none, if anything stands above it.
    """
    found = {
        field: (above, int(state[1]))
        for above, field in zip((None, *fields), fields, strict=False)
        if (state := _STATE.match(field.value))
    }
    labels = {_bare(field.label) for field, (above, _) in found.items() if above and above.guid}
    labels |= {_bare(field.label) for field in found if field.kind == STATE}
    return {
        field: number
        for field, (above, number) in found.items()
        if (_bare(field.label) in labels if labels else above)
    }


def _rest(value: str, text: str) -> str:
    """Give *text* if it is the rest of *value*: of none, of an open name, of a known error."""
    whole = f"{value} {text}"
    is_open = value.startswith(_OPENING) and not _is_quoted(value) and _is_quoted(whole)
    known = _folded(value) not in CODE_OF_LABEL and _folded(whole) in CODE_OF_LABEL
    return text if not value or is_open or known else ""


def _field(line: int, label: str, value: str) -> _Field:
    found = _GUID.search(value)
    return _Field(line, label, value, hyphens(found[1]) if found else "")


def _labelled(line: str) -> Iterator[str]:
    """Give the lines of a listing in *line*, each from its label on where that is known."""
    for part in parts(line):
        text = part.replace("*", "").strip(" _|")
        many = len(_COLON.findall(text)) > 1
        starts = [match.start() for match in _LABELLED.finditer(text)] if many else []
        ends = [*starts[1:], len(text)]
        yield from (text[a:b] for a, b in zip(starts, ends, strict=True)) if starts else (text,)


def _starts_block(field: _Field, behind: _Field | None) -> bool:
    """
    Tell whether a line cannot hold the text of an error: an id, another state, or a name.

    A name is in quotes, or has an id right *behind* it; the text of an error has a name there.
    """
    value = field.value
    if _STATE.match(value) or field.guid:
        return True
    if field.kind or _is_known(value.strip(QUOTES)):
        return field.kind in (NAME, CLASS, INSTANCE)
    return value.startswith(_OPENING) or bool(behind and behind.guid)


def _is_known(text: str) -> bool:
    return _folded(text) in CODE_OF_LABEL or bool(_CODE.search(text))


def _folded(text: str) -> str:
    """Give the text of an error as the table has it, however it was copied."""
    plain = " ".join(normalize("NFC", hyphens(text)).split())
    return plain.strip(QUOTES).rstrip(".").casefold()


def _record(line: int, state: int, pending: Sequence[_Field]) -> tuple[Record, tuple[_Field, ...]]:
    """Give the record of a block with the fields in front of its state, and those it is made of."""
    pending = _of_block(pending)
    own, instance = _ids(pending[-2:])
    name = _name(pending)
    record = Record(
        line=line,
        actor="observer",
        event="WriterStatus",
        state=state,
        writer=joined(name.value.strip(QUOTES)) or None if name else None,
        writer_id=own.guid if own else None,
        instance=instance.guid if instance else None,
    )
    return record, tuple(field for field in (name, own, instance) if field)


def _of_block(pending: Sequence[_Field]) -> Sequence[_Field]:
    """Give what is of the block whose state comes next: nothing above an id of another one."""
    # A name that is labelled so and has no id behind it stands alone.
    return pending[-1:] if pending and pending[-1].kind == NAME else pending[_start(pending) :]


def _start(pending: Sequence[_Field]) -> int:
    """Give the place behind the last id whose line comes again below it."""
    own = pending[-2:]
    twice = (
        len(own) > 1 and all(one.guid and one.kind for one in own) and own[0].kind == own[1].kind
    )
    labels = {one.label for one in (own[1:] if twice else own) if one.guid}
    above = pending[: -1 if twice else -2]
    return max(
        (at + 1 for at, one in enumerate(above) if one.guid and one.label in labels), default=0
    )


def _ids(last: Sequence[_Field]) -> tuple[_Field | None, _Field | None]:
    """Give the lines with class and instance; where one was taken out, the label or place tells."""
    found = [field for field in last if field.guid]
    if len(found) != 1:
        swapped = bool(found) and (found[0].kind, found[1].kind) == (INSTANCE, CLASS)
        return (found[swapped], found[not swapped]) if found else (None, None)
    (field,) = found
    known = field.kind in (CLASS, INSTANCE)
    is_class = field.kind == CLASS if known else field is not last[-1]
    return (field, None) if is_class else (None, field)


def _ids_of_writers(pending: Sequence[_Field]) -> Iterator[_Field]:
    """Give lines with ids that are those of a writer, and not of what other lists hold."""
    for one, behind in zip_longest(pending, pending[1:]):
        paired = behind is None or _GUID.fullmatch(behind.value)
        if one.guid and (one.kind == CLASS or (_GUID.fullmatch(one.value) and paired)):
            yield one


def _name(pending: Sequence[_Field]) -> _Field | None:
    """Give the line with the name: in front of ids, by its label, else the last without an id."""
    named = [field for field in pending if field.kind == NAME]
    others = [
        field
        for field in pending
        if not field.guid
        and field.kind not in (CLASS, INSTANCE, ERROR)
        and not _PLACEHOLDER.fullmatch(field.value)
    ]
    quoted = [field for field in others[-3:] if _is_quoted(field.value)]
    # In front of a listing an event may stand, whose context names a writer of its own.
    head = [field for field in others[-1:] if field.label in _head(pending)]
    return next((known[-1] for known in (head, named, quoted, others) if known), None)


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value.startswith(_OPENING) and value[-1] in QUOTES


def _finish(record: Record, label: str, *, cut: bool) -> _Read:
    """Give the record with its failure; *cut* tells that nothing ends the line."""
    text = label.strip(QUOTES).rstrip(".")
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


def _head(pending: Sequence[_Field]) -> set[str]:
    """Give the label of the name of a block, the field in front of its ids."""
    ids = sum(bool(field.guid) for field in pending[-2:])
    return {pending[-ids - 1].label} if 0 < ids < len(pending) else set()


def _last_words(lines: Sequence[str]) -> str:
    """Give what stands there instead of writers: as a rule the program says why."""
    words = [line.strip() for line in lines if line.strip()]
    said = " ".join(line for line in words[-2:] if "vssadmin" not in line and "(C)" not in line)
    return said if len(said) <= _SAID else f"{said[: _SAID - 3]}..."
