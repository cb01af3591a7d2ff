"""
Logs of lines: patterns in order, the first one that knows a line decides what becomes of it.

A pattern makes a record, tells something that is known and not used, or only knows the line. A
line that no pattern knows is unread, which is no finding: a log of a program holds much that is not
about shadow copies, and its reader declares that anything may lie between two records.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.traces.aside import Seen, Share, Tally
from vssfsm.traces.source import LONGEST

Made = tuple[Record, tuple[Note, ...]]
#: what a mail or a page puts around a line
_QUOTED: Final = re.compile(r"^[>\s\ufeff]+|[\s\u200b]+$")


class Pattern(NamedTuple):
    """
    One kind of line.

    Args:
        name: what the report calls it.
        regex: searched in the line, without quote marks and space around it.
        make: gives the record of a match on a line, with notes; None if the line is not used.
        tells: gives name and meaning of what is known and not used.
    """

    name: str
    regex: re.Pattern[str]
    make: Callable[[re.Match[str], int], Made] | None = None
    tells: Callable[[re.Match[str]], tuple[str, str]] | None = None


class Transcript(NamedTuple):
    """What the patterns made of a text."""

    made: tuple[Made, ...]
    seen: tuple[Seen, ...]
    share: Share


def transcribe(text: str, patterns: Sequence[Pattern]) -> Transcript:
    """Give what *patterns* make of the lines of *text*; lines are numbered from 1."""
    made: list[Made] = []
    told: dict[tuple[str, str], int] = {}
    tally = Tally()
    for number, whole in enumerate(text.split("\n"), start=1):
        line = _QUOTED.sub("", whole[:LONGEST])
        if not line:
            continue
        pattern, match = _first(patterns, line)
        if pattern is None or match is None:
            tally.unread += 1
        elif pattern.make:
            made.append(pattern.make(match, number))
            hole = made[-1][0].hole
            tally.used += not hole
            tally.unread += hole
        else:
            tally.know(pattern.name)
            if pattern.tells:
                told[pattern.tells(match)] = told.get(pattern.tells(match), 0) + 1
    seen = tuple(Seen(name, means, times) for (name, means), times in sorted(told.items()))
    return Transcript(tuple(made), seen, tally.share())


def _first(
    patterns: Sequence[Pattern], line: str
) -> tuple[Pattern, re.Match[str]] | tuple[None, None]:
    for pattern in patterns:
        if match := pattern.regex.search(line):
            return pattern, match
    return None, None
