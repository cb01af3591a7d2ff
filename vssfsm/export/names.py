"""Names and texts that are safe in another language: one for all formats."""

import re
from collections.abc import Collection, Iterable
from typing import Final

_OTHER: Final = re.compile(r"[^A-Za-z0-9_]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def names(
    texts: Iterable[str],
    prefix: str = "",
    reserved: Collection[str] = (),
    starts: tuple[str, ...] = (),
) -> dict[str, str]:
    """
    Give each of *texts* an identifier of its own.

    Args:
        texts: in the order in which they are served; of several that clash, the first keeps its
            name.
        prefix: put before each.
        reserved: words that none may be, in upper or lower case.
        starts: beginnings that none may have.

    Returns:
        text -> letters, digits and underscores, a letter first; no two alike in any case.
    """
    taken = {word.casefold() for word in reserved}
    found: dict[str, str] = {}
    for text in dict.fromkeys(texts):
        base = prefix + _OTHER.sub("_", text)
        if not base[:1].isalpha() or base.startswith(starts or ("\0",)):
            base = f"n_{base}"
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name.casefold())
        found[text] = name
    return found


def one_line(text: str) -> str:
    """Give *text* without line feeds and other controls, which would end a comment or break XML."""
    return _CONTROL.sub(" ", text)


def quoted(text: str) -> str:
    """Give *text* as a string of the languages that escape with a backslash."""
    return '"' + one_line(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
