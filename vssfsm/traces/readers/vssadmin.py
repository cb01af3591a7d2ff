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
from itertools import zip_longest
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.labels import CLASS, CODE_OF_LABEL, ERROR, INSTANCE, LINE_LABELS, NAME, STATE
from vssfsm.traces.aside import PROSE, Aside, Share, Tally
from vssfsm.traces.beside import beside
from vssfsm.traces.fields import (
    CODE,
    ID_VALUE,
    OPENING,
    STATE_VALUE,
    Field,
    bare,
    folded,
    is_known,
    is_quoted,
    read_fields,
)
from vssfsm.traces.pasted import LONGEST, QUOTES, joined, unstamped
from vssfsm.traces.source import Opened, text_of

OBSERVATION: Final = "sampled"
#: what the program says about itself, in every language
_BANNER: Final = re.compile(r"vssadmin 1\.1|^\W*\(C\)", re.IGNORECASE)
#: what stands for an id that was taken out
_PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}|(?:writer|class|instance| )*id", re.IGNORECASE)
#: what stands around a name whose quotes the console's code page does not have
_LOST_QUOTES: Final = ("??", "\ufffd\ufffd")
#: characters that are cited of what stands there instead of writers
_SAID: Final = 160
_Read = tuple[Record, tuple[Note, ...]]


class _Listing:
    """What is known of a listing while it is read."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        #: number of the last line that holds a colon
        self.last = 1
        self.blocks = 0
        self.holes = 0
        self.pending: list[Field] = []
        self._used: set[int] = set()
        #: labels of lines with names, and with class ids
        self._heads: set[str] = set()
        self._classes: set[str] = set()

    @property
    def skipped(self) -> int:
        """How many lines with text belong to no block."""
        return sum(bool(line.strip()) for line in self.lines) - len(self._used)

    def record(self, field: Field, state: int) -> Record:
        """Give the record of the block whose state stands in *field*."""
        self.blocks += 1
        made, used = _record(field.line, state, self.pending)
        self._used |= {field.line, *(one.line for one in used)}
        self._heads |= _head(self.pending)
        self.pending = []
        return made

    def finish(self, record: Record, errors: Sequence[Field]) -> _Read:
        """Give the whole block, whose last error stands in *errors*: one, or the same again."""
        self._used |= {field.line for field in errors}
        read = [_finish(record, one.value, cut=one.line == len(self.lines)) for one in errors]
        if len({(made.failure, notes) for made, notes in read}) == 1:
            return read[0]
        said = "; ".join(dict.fromkeys(one.value for one in errors))
        return record, (_incomplete(record.line, f"several last errors stand in it: {said}"),)

    def lost(self) -> Iterator[_Read]:
        """Give a hole for a block before the one whose state comes now, if it has no state."""
        own, _ = _ids(self.pending[-2:])
        self._classes |= {own.label} if own else set()
        ids = [one for one in self.pending[:-2] if one.guid and one.label in self._classes]
        above = self.pending[: _start(self.pending)]
        ids += [one for one in above if one.guid and one.kind and one not in ids]
        names = [one for one in self.pending if one.kind == NAME and is_quoted(one.value)]
        yield from self._hole((ids or names[:-1])[:1])

    def cut(self) -> Iterator[_Read]:
        """Give a hole for a last block whose state never came, if there is one."""
        # The context of an event has ids too, with labels of its own.
        ids = [one for one in self.pending if one.guid and one.label in self._classes]
        if not self.blocks:
            ids = list(_ids_of_writers(self.pending, len(self.lines)))
        names = [
            one
            for one in self.pending
            if one.label in self._heads or (one.kind == NAME and is_quoted(one.value))
        ]
        yield from self._hole((ids or names or self._cut_name())[:1])

    def _cut_name(self) -> list[Field]:
        """Give the last line if it is the beginning of a writer's name line, or nothing."""
        said = self.lines[-1].strip("> \t\r")
        if self.pending and self.pending[-1].line == len(self.lines):
            return self.pending[-1:] if _is_cut_name(self.pending[-1]) else []
        heads = self._heads or LINE_LABELS[NAME]
        starts = said and any(label.startswith(said) for label in heads)
        starts = starts and self.lines.count(self.lines[-1]) == 1  # or a log's own words
        return [Field(len(self.lines), said, "", "", "")] if starts else []

    def _hole(self, found: Sequence[Field]) -> Iterator[_Read]:
        for field in found:
            self.holes += 1
            yield _hole(field.line, inputs.INCOMPLETE_BLOCK.code, "the state is missing")


def read(opened: Opened) -> Generator[_Read, None, Aside]:
    """
    Give one observer's record per block, with the line of its bracketed state.

    Returns:
        How many lines with text belong to no block, and the code page if it was guessed.
    """
    text, guessed, torn = text_of(opened)
    listing = _Listing(unstamped(text.split("\n")))
    notes: tuple[Note, ...] = ()
    for record, notes in _blocks(listing):
        yield record, notes
    last = listing.last
    if torn and not any(note.code == inputs.INCOMPLETE_BLOCK.code for note in notes):
        listing.holes += 1
        yield _hole(last, inputs.TRUNCATED.code, "its last character is cut")
    unread = listing.holes
    if not listing.blocks and not listing.holes:
        unread = listing.skipped
        yield _hole(last, inputs.NO_WRITERS.code, _last_words(listing.lines))
    return Aside(listing.skipped, guessed, beside(text, "vssadmin"), _share(listing, unread))


def _blocks(listing: _Listing) -> Iterator[_Read]:
    """Give the blocks, and what became of those that are not whole."""
    waiting: Record | None = None
    fields = read_fields(listing.lines)
    states = _states(fields)
    end = 0
    for at, (field, behind) in enumerate(zip_longest(fields, fields[1:])):
        listing.last = field.line
        if at < end:
            continue
        if waiting is not None:
            if not _starts_block(field, behind):
                end = _end_of_errors(fields, at)
                yield listing.finish(waiting, fields[at:end])
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


def _hole(line: int, code: str, text: str) -> _Read:
    return Record(line=line, hole=True, actor="observer"), (Note(code, line, text),)


def _share(listing: _Listing, unread: int) -> Share:
    """Give the shares of a listing."""
    tally, skipped = Tally(), listing.skipped
    banner = min(sum(bool(_BANNER.search(line[:LONGEST])) for line in listing.lines), skipped)
    tally.know("banner", banner)
    tally.unread = min(unread, skipped - banner)
    tally.know(PROSE, skipped - banner - tally.unread)
    tally.used = sum(bool(line.strip()) for line in listing.lines) - skipped
    return tally.share()


def _states(fields: Sequence[Field]) -> dict[Field, int]:
    """
    Give the lines with the state of a writer, and the states.

    Around a listing other words may stand before a number in brackets: a line counts if its label
    is that of a line below an id, or is known; where there is none, if anything stands above it.
    """
    found = {
        field: (above, int(state[1]))
        for above, field in zip((None, *fields), fields, strict=False)
        if (state := STATE_VALUE.match(field.value))
    }
    labels = {bare(field.label) for field, (above, _) in found.items() if above and above.guid}
    labels |= {bare(field.label) for field in found if field.kind == STATE}
    return {
        field: number
        for field, (above, number) in found.items()
        if (bare(field.label) in labels if labels else above)
    }


def _starts_block(field: Field, behind: Field | None) -> bool:
    """
    Tell whether a line cannot hold the text of an error: an id, another state, or a name.

    A name is in quotes, or has an id right *behind* it; the text of an error has a name there.
    """
    value = field.value
    if STATE_VALUE.match(value) or field.guid:
        return True
    if field.kind or is_known(value.strip(QUOTES)):
        return field.kind in (NAME, CLASS, INSTANCE)
    return value.startswith(OPENING) or bool(behind and behind.guid)


def _end_of_errors(fields: Sequence[Field], at: int) -> int:
    """Give the place behind the last error at *at*, and behind lines of the same kind below it."""
    end = at + 1
    while end < len(fields) and fields[end].kind == ERROR and fields[at].kind in (ERROR, ""):
        end += 1
    return end


def _record(line: int, state: int, pending: Sequence[Field]) -> tuple[Record, tuple[Field, ...]]:
    """Give the record of a block with the fields in front of its state, and those it is made of."""
    pending = _of_block(pending)
    own, instance = _ids(pending[-2:])
    name = _name(pending)
    record = Record(
        line=line,
        actor="observer",
        event="WriterStatus",
        state=state,
        writer=_unquoted(name.value) or None if name else None,
        writer_id=own.guid if own else None,
        instance=instance.guid if instance else None,
    )
    return record, tuple(field for field in (name, own, instance) if field)


def _is_cut_name(field: Field) -> bool:
    """Tell whether a line without an end is that of a name whose quotes are still open."""
    is_open = field.value.startswith(OPENING) and not is_quoted(field.value)
    return is_open or (field.kind == NAME and not field.value)


def _unquoted(value: str) -> str:
    """Give a name without its quotes, or what a console put in their place."""
    name = joined(value.strip(QUOTES))
    ends = name[:1] + name[-1:]
    return name[1:-1] if len(name) > 2 and ends in _LOST_QUOTES else name


def _of_block(pending: Sequence[Field]) -> Sequence[Field]:
    """Give what is of the block whose state comes next: nothing above an id of another one."""
    # A name that is labelled so and has no id behind it stands alone.
    return pending[-1:] if pending and pending[-1].kind == NAME else pending[_start(pending) :]


def _start(pending: Sequence[Field]) -> int:
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


def _ids(last: Sequence[Field]) -> tuple[Field | None, Field | None]:
    """Give the lines with class and instance; where one was taken out, the label or place tells."""
    found = [field for field in last if field.guid]
    if len(found) != 1:
        swapped = bool(found) and (found[0].kind, found[1].kind) == (INSTANCE, CLASS)
        return (found[swapped], found[not swapped]) if found else (None, None)
    (field,) = found
    known = field.kind in (CLASS, INSTANCE)
    is_class = field.kind == CLASS if known else field is not last[-1]
    return (field, None) if is_class else (None, field)


def _ids_of_writers(pending: Sequence[Field], end: int) -> Iterator[Field]:
    """Give lines with ids that are those of a writer, and not of what other lists hold."""
    for one, behind in zip_longest(pending, pending[1:]):
        paired = behind is None or behind.line == end or ID_VALUE.fullmatch(behind.value)
        if one.guid and (one.kind == CLASS or (ID_VALUE.fullmatch(one.value) and paired)):
            yield one


def _name(pending: Sequence[Field]) -> Field | None:
    """Give the line with the name: in front of ids, by its label, else the last without an id."""
    named = [field for field in pending if field.kind == NAME]
    others = [
        field
        for field in pending
        if not field.guid
        and field.kind not in (CLASS, INSTANCE, ERROR)
        and not _PLACEHOLDER.fullmatch(field.value)
    ]
    quoted = [field for field in others[-3:] if is_quoted(field.value)]
    # In front of a listing an event may stand, whose context names a writer of its own.
    head = [field for field in others[-1:] if field.label in _head(pending)]
    return next((known[-1] for known in (head, named, quoted, others) if known), None)


def _finish(record: Record, label: str, *, cut: bool) -> _Read:
    """Give the record with its failure; *cut* tells that nothing ends the line."""
    text = label.strip(QUOTES).rstrip(".")
    code = CODE_OF_LABEL.get(folded(text))
    number = CODE.search(text)
    if code is None and number is None:
        if not text or (cut and any(known.startswith(folded(text)) for known in CODE_OF_LABEL)):
            return record, (_incomplete(record.line, "the last error is cut"),)
        known = record._replace(args={"last_error": text})
        return known, (Note(inputs.UNKNOWN_LABEL.code, record.line, text),)
    failure = HRESULTS[code] if code else int(number[1], 16) if number else None
    return record._replace(failure=failure), ()


def _incomplete(line: int, text: str) -> Note:
    return Note(inputs.INCOMPLETE_BLOCK.code, line, text)


def _head(pending: Sequence[Field]) -> set[str]:
    """Give the label of the name of a block, the field in front of its ids."""
    ids = sum(bool(field.guid) for field in pending[-2:])
    return {pending[-ids - 1].label} if 0 < ids < len(pending) else set()


def _last_words(lines: Sequence[str]) -> str:
    """Give what stands there instead of writers: as a rule the program says why."""
    words = [line.strip() for line in lines if line.strip()]
    said = " ".join(line for line in words[-2:] if "vssadmin" not in line and "(C)" not in line)
    return said if len(said) <= _SAID else f"{said[: _SAID - 3]}..."
