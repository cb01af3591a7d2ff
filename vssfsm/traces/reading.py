"""Which reader an input has: the one that was asked for, else the one that its content shows."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.errors import UsageError
from vssfsm.spec import inputs
from vssfsm.traces import source
from vssfsm.traces.aside import Aside

AUTO: Final = "auto"
#: formats; each is a module of `vssfsm.traces.readers`, imported when it is needed
READERS: Final = ("jsonl", "csv", "parquet", "vssadmin", "status", "eventlog", "evtx")
#: records with what was wrong with them; returns what a reader knows beside them
_Records = Generator[tuple[Record, tuple[Note, ...]], None, Aside | None]


class Entered(NamedTuple):
    """An open input and the format that it is read in."""

    opened: source.Opened
    format: str

    @property
    def reader(self) -> Any:
        """The module that reads it."""
        return import_module(f"vssfsm.traces.readers.{self.format}")


def check_format(name: str) -> None:
    """
    Refuse a format that there is no reader for.

    Raises:
        UsageError: there is none.
    """
    if name not in (AUTO, *READERS):
        known = ", ".join((AUTO, *READERS))
        raise UsageError(f"unknown input format {name!r}; known: {known}")


class Reading:
    """The records of an input, and what its reader knows beside them, once it has ended."""

    def __init__(self, entered: Entered) -> None:
        self._records: _Records = entered.reader.read(entered.opened)
        self.aside = Aside()

    def __iter__(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        self.aside = (yield from self._records) or self.aside


@contextmanager
def enter(path: str, wanted: str) -> Iterator[Entered | Note]:
    """
    Open *path* and choose its reader; a note says why it cannot be read.

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
        yield _choose(opened, wanted)
    finally:
        if path != source.STDIN:  # standard input is not ours to close
            opened.stream.close()


def _choose(opened: source.Opened, wanted: str) -> Entered | Note:
    name = opened.head.format if wanted == AUTO else wanted
    if name is None and not opened.head.empty:
        known = ", ".join(READERS)
        text = (
            f"tried {known}; --input-format says which one it is, and `vssfsm explain CODE`"
            " what a code in it means"
        )
        return Note(inputs.UNKNOWN_FORMAT.code, 1, text)
    return Entered(opened, name or "jsonl")
