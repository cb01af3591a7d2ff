"""Small phrases and line breaking for people."""

from collections.abc import Iterator, Sequence
from typing import Final

#: names of one group that are listed; more are counted
_LISTED: Final = 4


def count(number: int, word: str) -> str:
    """Give a number with its word, in the plural where it needs one."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def either(names: Sequence[str]) -> str:
    """Join alternatives: a, b or c."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def some(states: Sequence[str]) -> str:
    """Name a few states, and count the rest."""
    if len(states) <= _LISTED:
        return either(states)
    return f"{', '.join(states[: _LISTED - 1])} and {len(states) - _LISTED + 1} more states"


def one_line(text: str) -> str:
    """Make control characters of hostile input visible."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def wrap(text: str, width: int) -> Iterator[str]:
    """Break *text* at spaces into lines of at most *width*, longer words excepted."""
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
