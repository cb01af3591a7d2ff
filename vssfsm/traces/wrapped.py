"""
Lines that a mail wrapped, put together again; and lines that were cut before they said anything.

A line whose beginning is known and whose rest is missing goes on in the lines below it. Where it
does not, it is cut, which is no silence: the line was about to tell of a writer.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

#: lines that one line may be wrapped to
_MOST: Final = 3


class Wrapped(NamedTuple):
    """
    How the lines of one kind begin, and what they hold if they are whole.

    Args:
        begins: finds the beginning of such a line.
        holds: finds everything that the line tells.
        suffices: finds what is enough to read it; a line without that is cut.
        anywhere: a line that is cut is told wherever it stands, and not at the end of a file alone.
    """

    begins: re.Pattern[str]
    holds: re.Pattern[str]
    suffices: re.Pattern[str]
    anywhere: bool = True


class Lines(NamedTuple):
    """
    Lines in parts, each on the line where it begins.

    Args:
        parts: parts of each line; what was put to a line above is empty.
        rests: numbers of the lines that were put to a line above.
        cut: numbers of the lines that begin and hold nothing.
    """

    parts: list[list[str]]
    rests: frozenset[int]
    cut: frozenset[int]


def whole_lines(lines: Sequence[Sequence[str]], kinds: Sequence[Wrapped]) -> Lines:
    """Give *lines* with those put together that were wrapped; lines are numbered from 1."""
    parts = [list(line) for line in lines]
    rests: set[int] = set()
    cut: list[int] = []
    last = max((at for at, line in enumerate(parts) if any(line)), default=0)
    for at, line in enumerate(parts):
        kind = _begun(line[-1], kinds) if line else None
        if kind is None:
            continue
        taken = _taken(parts, at, kind)
        for below in taken:
            line[-1] += f" {parts[below].pop(0)}"
            rests.add(below + 1)
        if not kind.suffices.search(line[-1]) and (kind.anywhere or at == last):
            cut.append(at + 1)
    return Lines(parts, frozenset(rests), frozenset(cut))


def _begun(part: str, kinds: Sequence[Wrapped]) -> Wrapped | None:
    """Give the kind of the last line that begins in *part* and is not whole."""
    starts = [(match.start(), kind) for kind in kinds for match in kind.begins.finditer(part)]
    if not starts:
        return None
    start, kind = max(starts, key=lambda one: one[0])
    return None if kind.holds.search(part, start) else kind


def _taken(parts: Sequence[Sequence[str]], at: int, kind: Wrapped) -> tuple[int, ...]:
    """Give the places of the lines that complete the line at *at*; none if they do not."""
    text, taken = parts[at][-1], []
    for below in _below(parts, at):
        first = parts[below][0]
        if kind.begins.search(first):
            break
        text = f"{text} {first}"
        taken.append(below)
        if kind.holds.search(text):
            return tuple(taken)
    return ()


def _below(parts: Sequence[Sequence[str]], at: int) -> Iterator[int]:
    """Give the places of the next lines with text; a blank one may stand between two."""
    found = at
    for _ in range(_MOST):
        near = range(found + 1, min(found + 3, len(parts)))
        below = next((place for place in near if any(parts[place])), None)
        if below is None or not parts[below][0]:
            return
        found = below
        yield found
