"""What a reader knows beside its records."""

from typing import NamedTuple


class Seen(NamedTuple):
    """What a reader knows and does not use: its name, what it means, how often it was there."""

    name: str
    means: str
    times: int


class Aside(NamedTuple):
    """
    What a reader returns at its end, beside its records.

    Args:
        skipped: lines with text that belong to no record: prose, which is skipped.
        guessed: the code page that the text was read in, if nothing named it.
        seen: what is known and not used.
    """

    skipped: int = 0
    guessed: str = ""
    seen: tuple[Seen, ...] = ()


def remarks(aside: Aside) -> tuple[str, ...]:
    """Give what has to be said about how an input was read, a sentence each."""
    page = f"in code page {aside.guessed}, which is a guess"
    known = (
        f"{one.name}, {one.times} {'time' if one.times == 1 else 'times'}, not used: {one.means}"
        for one in aside.seen
    )
    return (*((page,) if aside.guessed else ()), *known)
