"""Small phrases and line breaking for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vssfsm.spec.edits import ALTERNATIVES, DROP, INSERT, REPLACE

#: names of one group that are listed; more are counted
_LISTED: Final = 4


def count(number: int, word: str) -> str:
    """Give a number with its word, in the plural where it needs one."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def health(failed: int, judged: int) -> str:
    """Say how many writers were last seen with a failure; nothing judged is no good news."""
    if failed:
        return (
            f"{count(failed, 'writer')} {'was' if failed == 1 else 'were'} last seen with a failure"
        )
    if not judged:
        return "Nothing is known of any writer"
    return "No writer was last seen with a failure"


def either(names: Sequence[str]) -> str:
    """Join alternatives: a, b or c."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Join names; of more than *most*, the first ones and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def some(states: Sequence[str]) -> str:
    """Name a few states, and count the rest."""
    if len(states) <= _LISTED:
        return either(states)
    return f"{', '.join(states[: _LISTED - 1])} and {len(states) - _LISTED + 1} more states"


def one_line(text: str) -> str:
    """Make what a terminal or a parser would act on visible: control characters and the like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _visible(ord(c)) for c in text)


def _visible(code: int) -> str:
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def inert(line: str) -> str:
    """Make harmless a line that a build server would take for a command (`::`, `##[`, `##vso[`)."""
    if line.lstrip().startswith("::"):
        line = line.replace(":", "\\x3a", 1)
    return line.replace("##", "#\\x23") if "##" in line else line


def wrap(text: str, width: int) -> Iterator[str]:
    """Break *text* at spaces into lines of at most *width*, longer words excepted."""
    if len(text) <= width and not text.startswith(" "):
        yield text  # most texts are short
        return
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


_EDITS: Final = {
    INSERT: "insert {what} before line {line}",
    REPLACE: "replace line {line} by {what}",
    DROP: "drop line {line} ({what})",
}


def show_edit(edit: Mapping[str, object]) -> str:
    """Say what an edit of a repair does."""
    what = f"{edit['event']} of {edit['of']}" if edit.get("of") else str(edit["event"])
    path = one_line(f" of {edit['path']}") if edit.get("path") else ""
    return _EDITS[str(edit["op"])].format(what=what, line=f"{edit['line']}{path}")


def equally_cheap(alternatives: int) -> str:
    """Say how many repairs are as cheap, where they were counted and are several."""
    if alternatives < 2:
        return ""
    more = " or more" if alternatives >= ALTERNATIVES else ""
    return f" (1 of {alternatives}{more} equally cheap)"
