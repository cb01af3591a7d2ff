"""Pieces as bytes: files of this machine, and of object stores by their addresses."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from typing import Any, Final

from vssfsm.errors import MissingExtra, TraceFormatError
from vssfsm.traces.source import Opened, open_input, open_stream

_READ: Final = 1 << 20
_STORE: Final = "://"


def is_stored(path: str) -> bool:
    """Tell whether *path* is an address in an object store, such as `s3://bucket/log.jsonl`."""
    return _STORE in path


@contextmanager
def opened(path: str) -> Iterator[Opened]:
    """
    Open a piece; a mark of UTF-8 is behind.

    Raises:
        TraceFormatError: it cannot be read, or it is damaged.
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
        raise TraceFormatError(f"cannot read {path}: {reason}") from error


def blocks_in(found: Opened) -> Iterator[bytes]:
    """Give the bytes of an open piece."""
    return iter(partial(found.stream.read, _READ), b"")


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
