"""
A page for people: title, labelled rows broken at the width, bullets, addresses of sources.

The same parts are given as text for a terminal, and as Markdown for the documentation.
"""

import re
from collections.abc import Iterable
from typing import Final

from vssfsm.reports.words import one_line, wrap
from vssfsm.spec.sources import PAGES

WIDTH: Final = 100
_LABEL: Final = 11
_INDENT: Final = "  "
#: characters that Markdown may read as its own; inside of a word an underscore is none
_MARKUP: Final = re.compile(r"[\\`*\[\]|]|\b_|_\b")


class Page:
    """Collect the parts of one page; `text` and `markdown` give it with a final line end."""

    def __init__(self, title: str) -> None:
        self.lines: list[str] = [*wrap(one_line(title), WIDTH), ""]
        self._sources: list[str] = []
        self._marked: list[str] = [f"# {marked(title)}", ""]

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
        lines = [one_line(line) for line in lines]
        self.lines += [f"{_INDENT}{label}", *(f"{_INDENT * 2}{line}" for line in lines)]
        self._marked += ["", f"## {_titled(label)}", "", "```text", *lines, "```"]

    def _labelled(self, label: str, texts: Iterable[str], bullet: str = "", hang: int = 0) -> None:
        indent = " " * (len(bullet) or hang)
        texts = [*texts]
        self._marked += [f"* **{_titled(label)}**: {marked(text)}" for text in texts[:1]]
        self._marked += [f"    * {marked(text)}" for text in texts[1:]]
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

    def markdown(self) -> str:
        """Give the page as Markdown, its sources last, with their titles."""
        lines = [*self._marked]
        if self._sources:
            lines += ["", "## Sources", ""]
        for slug in self._sources:
            title, url = PAGES[slug]
            lines.append(f"* {marked(title)}: <{url}>")
        return "\n".join(lines).rstrip("\n") + "\n"


def marked(text: str) -> str:
    """Give *text* so that Markdown shows it as it is."""
    from html import escape

    return escape(_MARKUP.sub(r"\\\g<0>", one_line(text)), quote=False)


def _titled(label: str) -> str:
    return label[:1].upper() + label[1:]


def sentence(text: str) -> str:
    """Give *text* as a sentence: a capital, and a full stop."""
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
