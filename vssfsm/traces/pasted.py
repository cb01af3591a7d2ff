"""
What mails, pages, tickets and consoles make of a line, undone.

Marks of emphasis and quoting go, entities become the characters that they stand for, and a line
that holds several is parted where a break stood. What a line says is never guessed.
"""

import re
from collections.abc import Sequence
from html import unescape
from typing import Final

#: characters of one part of a line that are looked at
LONGEST: Final = 4096
#: a line end that came as text, or that no console writes; a carriage return at the end is none
_BREAK: Final = re.compile(r"<br\s*/?>|\\r\\n|[\r\u2028\u2029]+(?!$)", re.IGNORECASE)
#: a line to which nothing was done
_USUAL: Final = re.compile(r"[ !-%'-)+-;=?-\[\]-_a-~]*\r?")
_ENTITY: Final = re.compile(
    r"&(?:amp;)?(?:#\d{1,6}|#x[0-9a-f]{1,5}|nbsp|quot|apos|amp|lt|gt);", re.IGNORECASE
)
#: tags, and marks that show nothing: emphasis, quoting, byte order, direction
_MARKS: Final = re.compile(
    r"<[^>\n]*>|\*\*|[>`\ufeff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    r"|\\(?=[][_*{}()'\"-])"
)
_SPACES: Final = re.compile(r"[\u00a0\u202f\u2007]")
_CURLED: Final = re.compile("[“”„‟]")
#: a hyphen, and what a word processor puts in its place
DASH: Final = r"[-\u2010-\u2015\u2212\uff0d]"
_DASHES: Final = re.compile(DASH)
_INSIDE: Final = re.compile(rf"(?<=\w){DASH}(?=\w)")
#: a time at the beginning of a line, as logs write it
_STAMP: Final = re.compile(
    r"(?:[^\w\n]{0,9}(?:\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[T ,]{1,2})?\d{1,2}:\d\d(?::\d\d)?"
    r"(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\b\]?[ \t]*)+"
)
_UP_TO_WORD: Final = re.compile(r".*\W", re.DOTALL)
#: a GUID, whatever became of its hyphens
GUID: Final = rf"[0-9a-f]{{8}}(?:{DASH}[0-9a-f]{{4}}){{3}}{DASH}[0-9a-f]{{12}}"
#: quote marks of any language, and what stands around them
QUOTES: Final = "'\"‘’‚‛“”„«»‹› \t\u00a0\u202f"


def parts(line: str) -> list[str]:
    """Give the lines that stand in *line*: one, as a rule; each without marks and outer space."""
    if _USUAL.fullmatch(line):
        return [line[:LONGEST].strip()]
    whole = unescaped(line.rstrip("\r"))
    return [_bare(part[:LONGEST]).strip() for part in _BREAK.split(whole)]


def plain(text: str) -> str:
    """Give *text* without marks; line ends in it stay where they are."""
    return _bare(unescaped(text))


def _bare(text: str) -> str:
    return _SPACES.sub(" ", _MARKS.sub("", text))


def unescaped(text: str) -> str:
    """Give *text* with the characters that its entities stand for, also where escaped twice."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda match: unescape(unescape(match[0])), text)


def broken(text: str) -> str:
    """Give a whole text with a line end wherever a break stands, straight quotes and no marks."""
    return straight(_bare(_BREAK.sub("\n", unescaped(text))))


def unstamped(lines: Sequence[str]) -> Sequence[str]:
    """Give *lines* without the time, and what else a log put before each; as they are if none."""
    stamped = [number for number, line in enumerate(lines) if _STAMP.match(line)]
    if not stamped or len(stamped) * 2 < sum(bool(line.strip()) for line in lines):
        return lines
    bare = {number: _STAMP.sub("", lines[number].rstrip(), count=1) for number in stamped}
    # Of a line without text the log's own words may stand alone.
    filled = [f"{line} " for line in bare.values() if line.strip()]
    prefix = _UP_TO_WORD.match(_common(min(filled, default=""), max(filled, default="")))
    common = prefix[0] if prefix else ""
    rest = (f"{bare.get(number, line)} " for number, line in enumerate(lines))
    return [line.removeprefix(common).removesuffix(" ") for line in rest]


def _common(one: str, two: str) -> str:
    """Give what two texts begin with."""
    pairs = enumerate(zip(one, two, strict=False))
    return one[: next((at for at, (a, b) in pairs if a != b), min(len(one), len(two)))]


def joined(name: str) -> str:
    """Give a name with hyphens in the place of dashes inside words."""
    return _INSIDE.sub("-", name)


def straight(text: str) -> str:
    """Give *text* with the double quotes of a console in the place of typographic ones."""
    return _CURLED.sub('"', text)


def hyphens(text: str) -> str:
    """Give *text* with hyphens in the place of all dashes."""
    return _DASHES.sub("-", text)
