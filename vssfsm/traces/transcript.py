"""
Logs of lines: patterns in order, the first one that knows a line decides what becomes of it.

A pattern makes a record, tells something that is known and not used, or only knows the line. A
line that no pattern knows is unread, which is no finding: a log of a program holds much that is not
about shadow copies, and its reader declares that anything may lie between two records.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.traces.aside import Seen, Share, Tally
from vssfsm.traces.pasted import parts, straight
from vssfsm.traces.wrapped import Wrapped, whole_lines

Made = tuple[Record, tuple[Note, ...]]


class Pattern(NamedTuple):
    """
    One kind of line.

    Args:
        name: what the report calls it.
        regex: searched in the line, without what mails and pages make of it.
        make: gives the record of a match on a line, with notes; None if the line is not used.
        tells: gives name and meaning of what is known and not used.
        begins: how such a line begins, where a mail may have wrapped it.
        anywhere: one that begins and is cut is a hole wherever it stands, not only at the end.
    """

    name: str
    regex: re.Pattern[str]
    make: Callable[[re.Match[str], int], Made] | None = None
    tells: Callable[[re.Match[str]], tuple[str, str]] | None = None
    begins: re.Pattern[str] | None = None
    anywhere: bool = False

    @property
    def wrapped(self) -> Wrapped | None:
        """How its lines are put together again, if they may be wrapped."""
        if self.begins is None:
            return None
        return Wrapped(self.begins, self.regex, self.regex, self.anywhere)


_Known = tuple[Pattern, re.Match[str]]


class Transcript(NamedTuple):
    """What the patterns made of a text."""

    made: tuple[Made, ...]
    seen: tuple[Seen, ...]
    share: Share


def transcribe(text: str, patterns: Sequence[Pattern]) -> Transcript:
    """
    Give what *patterns* make of the lines of *text*; lines are numbered from 1.

    Args:
        text: the log.
        patterns: what is known, the first one counts before others.
    """
    log = _Taken()
    tally = Tally()
    given = [[straight(part) for part in parts(whole) if part] for whole in text.split("\n")]
    lines, rests, cut = whole_lines(given, [one.wrapped for one in patterns if one.wrapped])
    for number, line in enumerate(lines, start=1):
        found = [log.take(known, number) for part in line for known in _known(patterns, part)]
        if number in cut:
            log.made.append(_cut(number))
        if number in rests and not any(found):
            found = [""]
        if found:  # where breaks were lost, the part that is used decides, then one that is known
            known = sorted(pattern for pattern in found if pattern is not None)
            tally.take(known[0] if known else None)
    seen = tuple(Seen(name, means, times) for (name, means), times in sorted(log.told.items()))
    return Transcript(tuple(log.made), seen, tally.share())


def _cut(line: int) -> Made:
    note = Note(inputs.INCOMPLETE_BLOCK.code, line, "the line is cut before what it tells")
    return Record(line=line, hole=True, actor="observer"), (note,)


class _Taken:
    """What was made and told so far."""

    def __init__(self) -> None:
        self.made: list[Made] = []
        self.told: dict[tuple[str, str], int] = {}

    def take(self, known: _Known | None, number: int) -> str | None:
        """Take a line; gives the pattern that knew it, empty if it is used, None if unread."""
        if known is None:
            return None
        pattern, match = known
        if pattern.make:
            self.made.append(pattern.make(match, number))
            return None if self.made[-1][0].hole else ""
        if pattern.tells:
            told = pattern.tells(match)
            self.told[told] = self.told.get(told, 0) + 1
        return pattern.name


def _known(patterns: Sequence[Pattern], line: str) -> Iterator[_Known | None]:
    """Give what is known of a line, from left to right: one thing, unless lines were joined."""
    at = 0
    while True:
        found = ((pattern, pattern.regex.search(line, at)) for pattern in patterns)
        known = [(pattern, match) for pattern, match in found if match]
        if not known:
            break
        first = min(known, key=lambda one: one[1].start())
        yield first
        at = first[1].end()
    if not at:
        yield None
