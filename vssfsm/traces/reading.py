"""Which reader an input has: the one that was asked for, else the one that its content shows."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.errors import UsageError
from vssfsm.spec import inputs
from vssfsm.spec.evidence import NOT_READ
from vssfsm.traces import source
from vssfsm.traces.aside import Aside
from vssfsm.traces.columns import NO_COLUMNS, Columns
from vssfsm.traces.formats import AUTO, PASTED, READERS

#: records with what was wrong with them; returns what a reader knows beside them
_Records = Generator[tuple[Record, tuple[Note, ...]], None, Aside | None]


class Entered(NamedTuple):
    """An open input, the format that it is read in, and blank lines of it that are holes."""

    opened: source.Opened
    format: str
    holes: tuple[Note, ...] = ()

    @property
    def reader(self) -> Any:
        """The module that reads it, or a reader of another package."""
        if self.format in READERS:
            return import_module(f"vssfsm.traces.readers.{self.format}")
        from vssfsm.traces.plugins import load

        return load(self.format)


def check_format(name: str) -> None:
    """
    Refuse a format that there is no reader for.

    Raises:
        UsageError: there is none.
    """
    if name in (AUTO, *READERS):
        return
    from vssfsm.traces.plugins import names

    others = names()
    if name not in others:
        known = ", ".join((AUTO, *READERS, *others))
        raise UsageError(f"unknown input format {name!r}; known: {known}")


class Reading:
    """The records of an input, and what its reader knows beside them, once it has ended."""

    def __init__(self, entered: Entered) -> None:
        self.reader = entered.reader
        self._records: _Records = self.reader.read(entered.opened)
        self._holes = entered.holes
        self.aside = Aside()

    def __iter__(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        if not self._holes:
            self.aside = (yield from self._records) or self.aside
            return
        waiting = list(reversed(self._holes))
        for item in self._own():
            while waiting and waiting[-1].line < item[0].line:
                yield _hole(waiting.pop())
            yield item
        yield from map(_hole, reversed(waiting))

    def _own(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        self.aside = (yield from self._records) or self.aside


def _hole(note: Note) -> tuple[Record, tuple[Note, ...]]:
    return Record(note.line, hole=True), (note,)


@contextmanager
def enter(path: str, wanted: str, columns: Columns = NO_COLUMNS) -> Iterator[Entered | Note]:
    """
    Open *path* and choose its reader; a note says why it cannot be read.

    Args:
        path: a file, or `-` for standard input.
        wanted: `auto`, or the name of a format.
        columns: what names in tables and attributes stand for.

    Raises:
        MissingExtra: it is packed in a way that needs a package which is not installed.
    """
    try:
        opened = source.open_input(path)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        yield Note(inputs.UNREADABLE_INPUT.code, 1, reason)
        return
    try:
        yield choose(opened, wanted, columns)
    finally:
        if path != source.STDIN:  # standard input is not ours to close
            opened.stream.close()


def choose(opened: source.Opened, wanted: str, columns: Columns = NO_COLUMNS) -> Entered | Note:
    """Choose the reader of an open input, as `enter` does."""
    opened = opened._replace(columns=columns)
    name = format_of(opened, wanted)
    if name is None and not opened.head.empty:
        known = ", ".join(READERS)
        text = (
            f"{_named(source.beginning(opened))}tried {known}; --input-format says which one it is,"
            " and `vssfsm explain CODE` what a code in it means"
        )
        return Note(inputs.UNKNOWN_FORMAT.code, 1, text)
    if wanted == AUTO and name in PASTED:
        from vssfsm.traces.readers.mail import is_mail

        name = "mail" if is_mail(opened, name) else name
    return Entered(opened, name or "jsonl")


def format_of(opened: source.Opened, wanted: str) -> str | None:
    """Give the format that was asked for, else the one that an input shows; None: no known one."""
    if wanted != AUTO or opened.head.format is not None or opened.head.empty:
        return opened.head.format if wanted == AUTO else wanted
    from vssfsm.traces.plugins import telling

    return telling(source.beginning(opened))


def _named(text: str) -> str:
    """Say which tool *text* names, whose output no reader knows; empty if it names none."""
    import re

    match = re.search(rf"(?i)(?<![a-z])({'|'.join(NOT_READ)})(?![a-z])", text)
    return f"it names {match[1]}, {NOT_READ[match[1].lower()]}; " if match else ""
