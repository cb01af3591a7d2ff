"""What a reader knows beside its records."""

from typing import Final, NamedTuple


class Seen(NamedTuple):
    """
    What a reader knows and does not use.

    Args:
        name, means: what it is, and what it tells.
        times: how often it was there.
        first, last: when, as RFC 3339; empty if nothing says so.
    """

    name: str
    means: str
    times: int
    first: str = ""
    last: str = ""

    def said(self) -> str:
        """Give a sentence without its end."""
        often = "1 time" if self.times == 1 else f"{self.times} times"
        when = f" at {self.first}" if self.first else ""
        when = f" from {self.first} to {self.last}" if self.last != self.first else when
        return f"{self.name}, {often}{when}, not used: {self.means}"


class Share(NamedTuple):
    """
    What became of the lines of an input that hold text.

    Args:
        used: lines that records were read from.
        known: pattern that knew lines which are not used, and how many; sorted.
        unread: lines that no pattern knows, or that could not be read.
        unit: what is counted: `line`, or `event` where a log has no lines.
    """

    used: int = 0
    known: tuple[tuple[str, int], ...] = ()
    unread: int = 0
    unit: str = "line"

    @property
    def total(self) -> int:
        """How many there are."""
        return self.used + sum(times for _, times in self.known) + self.unread

    def said(self) -> str:
        """Give the shares as a sentence without its end."""
        listed = ", ".join(f"{name} {times}" for name, times in self.known)
        total = sum(times for _, times in self.known)
        known = f"{total} known and not used" + (f" ({listed})" if listed else "")
        return f"{self.unit}s: {self.used} used, {known}, {self.unread} unread"


class Aside(NamedTuple):
    """
    What a reader returns at its end, beside its records.

    Args:
        skipped: lines with text that belong to no record: prose, which is skipped.
        guessed: the code page that the text was read in, if nothing named it.
        seen: what is known and not used.
        share: what became of the lines; None for formats whose every line is a record.
        holds: formats of the evidence that a text of several kinds holds.
    """

    skipped: int = 0
    guessed: str = ""
    seen: tuple[Seen, ...] = ()
    share: Share | None = None
    holds: tuple[str, ...] = ()


#: pattern of text around a listing or a log
PROSE: Final = "prose"


class Tally:
    """Count lines while they are read."""

    def __init__(self) -> None:
        self.used = 0
        self.unread = 0
        self._known: dict[str, int] = {}

    def know(self, pattern: str, times: int = 1) -> None:
        """Count lines that *pattern* knows and nobody uses."""
        if times:
            self._known[pattern] = self._known.get(pattern, 0) + times

    def take(self, pattern: str | None) -> None:
        """Count one: known by *pattern*; empty: used; None: unread."""
        if pattern:
            self.know(pattern)
        elif pattern is None:
            self.unread += 1
        else:
            self.used += 1

    def share(self, unit: str = "line") -> Share:
        """Give what was counted."""
        return Share(self.used, tuple(sorted(self._known.items())), self.unread, unit)


def remarks(aside: Aside) -> tuple[str, ...]:
    """Give what has to be said about how an input was read, a sentence each."""
    page = f"in code page {aside.guessed}, which is a guess"
    several = f"several kinds of evidence: {', '.join(aside.holds)}"
    return (
        *((page,) if aside.guessed else ()),
        *((several,) if aside.holds else ()),
        *(one.said() for one in aside.seen),
    )
