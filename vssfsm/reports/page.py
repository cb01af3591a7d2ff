"""A page for people: title, labelled rows broken at the width, bullets, addresses of sources."""

from collections.abc import Iterable
from typing import Final

from vssfsm.reports.words import one_line, wrap
from vssfsm.spec.sources import PAGES

WIDTH: Final = 100
_LABEL: Final = 11
_INDENT: Final = "  "


class Page:
    """Collect the lines of one page; `text` gives it with a final line end."""

    def __init__(self, title: str) -> None:
        self.lines: list[str] = [*wrap(one_line(title), WIDTH), ""]
        self._sources: list[str] = []

    def row(self, label: str, text: str, *sources: str) -> None:
        """Add *text* behind *label*; an empty text adds nothing."""
        if text:
            self._labelled(label, [text])
            self.cite(*sources)

    def items(self, label: str, texts: Iterable[str]) -> None:
        """Add each text as a bullet behind *label*; none add nothing."""
        self._labelled(label, texts, bullet="- ")

    def entries(self, label: str, texts: Iterable[str]) -> None:
        """Add each text on lines of its own behind *label*; further lines of one hang."""
        self._labelled(label, texts, hang=2)

    def literal(self, label: str, lines: Iterable[str]) -> None:
        """Add *lines* as they are, indented, under *label*."""
        self.lines += [f"{_INDENT}{label}", *(f"{_INDENT * 2}{one_line(line)}" for line in lines)]

    def _labelled(self, label: str, texts: Iterable[str], bullet: str = "", hang: int = 0) -> None:
        indent = " " * (len(bullet) or hang)
        for text in texts:
            start = bullet
            for line in wrap(one_line(text), WIDTH - len(_INDENT) - _LABEL - len(indent)):
                self.lines.append(f"{_INDENT}{label:{_LABEL}}{start}{line}")
                label, start = "", indent

    def cite(self, *slugs: str) -> None:
        """Remember sources for the end of the page."""
        self._sources += [slug for slug in slugs if slug not in self._sources]

    def text(self) -> str:
        """Give the page, its sources last."""
        if self._sources:
            self.lines.append(f"{_INDENT}sources")
        self.lines += [f"{_INDENT}{PAGES[slug][1]}" for slug in self._sources]
        return "\n".join(line.rstrip() for line in self.lines) + "\n"


def sentence(text: str) -> str:
    """Give *text* as a sentence: a capital, and a full stop."""
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
