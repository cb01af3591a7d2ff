"""Pieces as bytes: files of this machine, and of object stores by their addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from typing import Any, Final

from vssfsm.errors import MissingExtra, TraceFormatError
from vssfsm.traces.source import Opened, open_input, open_stream

#: bytes that are read at once: as many as a stream has ready
_READ: Final = 1 << 16
_STORE: Final = "://"


def is_stored(path: str) -> bool:
    """Tell whether *path* is an address in an object store, such as `s3://bucket/log.jsonl`."""
    return _STORE in path


class Unread(TraceFormatError):
    """A piece, or the rest of one, that cannot be read, and the reason."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot read {path}: {reason}")
        self.reason = reason
        self._given = path, reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Cross from one process to another."""
        return Unread, self._given


@contextmanager
def opened(path: str) -> Iterator[Opened]:
    """
    Open a piece; a mark of UTF-8 is behind.

    Raises:
        Unread: it cannot be read, or it is damaged.
        MissingExtra: it lies in an object store, and the extra is not installed.
    """
    try:
        found = _open_stored(path) if is_stored(path) else open_input(path)
        with found.stream:
            if found.head.encoding == "utf-8":
                found.stream.read(found.head.mark)
                found = found._replace(head=found.head._replace(mark=0))
            yield found
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unread(path, reason) from error


def blocks_in(found: Opened) -> Iterator[bytes]:
    """Give the bytes of an open piece; those that stand before damage are not lost."""
    return iter(partial(found.stream.read1, _READ), b"")


def read_again(path: str) -> Iterator[bytes]:
    """Give the bytes of a piece."""
    with opened(path) as found:
        yield from blocks_in(found)


def _open_stored(path: str) -> Opened:
    stream = store().open(path, "rb").open()
    return open_stream(path, BufferedReader(stream))


def store() -> Any:
    """
    Give what opens object stores.

    Raises:
        MissingExtra: the extra is not installed.
    """
    try:
        import fsspec
    except ImportError:
        raise MissingExtra("reading from an object store", "dask") from None
    return fsspec
