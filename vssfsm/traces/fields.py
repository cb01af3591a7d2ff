"""
Lines of a listing of writers: what stands before the colon and behind, and which line it is.

Labels of known languages tell it; those of others are learned from the listing itself, whose blocks
all have the same five lines. A value that a mail wrapped is whole.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from unicodedata import normalize

from vssfsm.spec.labels import (
    CLASS,
    CODE_OF_LABEL,
    ERROR,
    INSTANCE,
    LINE_LABELS,
    NAME,
    STATE,
)
from vssfsm.traces.pasted import GUID, QUOTES, hyphens, parts

_FIELD: Final = re.compile(r"^(?P<label>[^:：]{1,60})[:：]\s*(?P<value>.*)$")
_COLON: Final = re.compile("[:：]")
#: an id, in braces or without
ID_VALUE: Final = re.compile(rf"\{{?({GUID})\}}?", re.IGNORECASE)
#: a state, as a number in brackets
STATE_VALUE: Final = re.compile(r"^\[\s*(\d{1,18})\s*\]")
#: a code in the place of a text
CODE: Final = re.compile(r"\(?0x([0-9a-f]{8})\)?", re.IGNORECASE)
#: lines of a block, in their order
_BLOCK: Final = (NAME, CLASS, INSTANCE, STATE, ERROR)
#: how a name in quotes begins
OPENING: Final = ("'", '"', "‘", "‚", "“", "„", "«", "»")


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


class Field(NamedTuple):
    """
    A line with a colon.

    Args:
        line: its number, from 1.
        label, value: what stands before the colon and behind.
        guid: the GUID in the value, or nothing.
        kind: which line of a block the label stands for; empty if nobody knows.
    """

    line: int
    label: str
    value: str
    guid: str
    kind: str


@lru_cache(64)
def _kind_of(label: str) -> str:
    return _KIND_OF.get(bare(label), "")


def bare(label: str) -> str:
    """Give the letters of a label, however they were copied."""
    return re.sub(r"[\W_]+", "", normalize("NFC", label)).casefold()


_KIND_OF: Final = {bare(text): kind for kind, texts in LINE_LABELS.items() for text in texts}


def read_fields(lines: Sequence[str]) -> list[Field]:
    """Give the lines with a colon; labels that no table knows have the kinds that blocks show."""
    fields = list(_fields(lines))
    kinds = _learned(fields)
    return [
        field if field.kind else field._replace(kind=kinds.get(bare(field.label), ""))
        for field in fields
    ]


def _learned(fields: Sequence[Field]) -> Mapping[str, str]:
    """Give what labels stand for, by the place of each in blocks that have all their lines."""
    places: tuple[Counter[str], ...] = tuple(Counter() for _ in _BLOCK)
    for block in zip(*(fields[at:] for at in range(len(_BLOCK))), strict=False):
        if _is_whole(block):
            for place, field in zip(places, block, strict=True):
                place[bare(field.label)] += 1
    usual = [place.most_common(1)[0][0] for place in places if place]
    return {
        label: kind
        for label, kind in zip(usual, _BLOCK, strict=False)
        if label and usual.count(label) == 1
    }


def _is_whole(block: Sequence[Field]) -> bool:
    name, own, instance, state, error = block
    held = own.guid and instance.guid and STATE_VALUE.match(state.value)
    # Above a block without its name stands the error of another one.
    if bare(name.label) == bare(error.label):
        return False
    return bool(held) and not (name.guid or error.guid or STATE_VALUE.match(error.value))


def _fields(lines: Sequence[str]) -> Iterator[Field]:
    """Give the lines with a colon; the rest of a wrapped value stands on the next with text."""
    held: Field | None = None
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


def _rest(value: str, text: str) -> str:
    """Give *text* if it is the rest of *value*: of none, of an open name, of a known error."""
    whole = f"{value} {text}"
    is_open = value.startswith(OPENING) and not is_quoted(value) and is_quoted(whole)
    known = folded(value) not in CODE_OF_LABEL and folded(whole) in CODE_OF_LABEL
    return text if not value or is_open or known else ""


def _field(line: int, label: str, value: str) -> Field:
    found = ID_VALUE.search(value)
    return Field(line, label, value, hyphens(found[1]) if found else "", _kind_of(label))


def _labelled(line: str) -> Iterator[str]:
    """Give the lines of a listing in *line*, each from its label on where that is known."""
    for part in parts(line):
        text = part.replace("*", "").strip(" _|")
        many = len(_COLON.findall(text)) > 1
        starts = [match.start() for match in _LABELLED.finditer(text)] if many else []
        ends = [*starts[1:], len(text)]
        yield from (text[a:b] for a, b in zip(starts, ends, strict=True)) if starts else (text,)


def is_known(text: str) -> bool:
    """Tell whether *text* is that of an error, in a known language or as a code."""
    return folded(text) in CODE_OF_LABEL or bool(CODE.search(text))


def folded(text: str) -> str:
    """Give the text of an error as the table has it, however it was copied."""
    plain = " ".join(normalize("NFC", hyphens(text)).split())
    return plain.strip(QUOTES).rstrip(".").casefold()


def is_quoted(value: str) -> bool:
    """Tell whether *value* stands in quotes, of whatever language."""
    return len(value) > 1 and value.startswith(OPENING) and value[-1] in QUOTES
