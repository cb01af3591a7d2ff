"""
Bytes of a file without their compression: gzip, Zstandard, or none, decided by magic numbers.

A cut end and damage are told as one exception, and so is a bomb: what is unpacked may grow only so
far, and is never held as a whole.
"""

import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast

from vssfsm.errors import MissingExtra

_MAGIC: Final = 4
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
#: a file that unpacks to more than this is a bomb if it also grows by more than that many times
FREE_OUTPUT: Final = 16 * 1024 * 1024
MOST_GROWTH: Final = 500
#: bytes of a Zstandard frame that are unpacked at once: each may grow to 32 KiB
_PIECE: Final = 1024


def is_bomb(taken: int, packed: int) -> bool:
    """Tell whether *packed* bytes, which unpack to *taken*, grow more than evidence does."""
    return bool(packed) and taken > FREE_OUTPUT and taken > MOST_GROWTH * packed


class Meter:
    """How many bytes of the newest input were read, for whoever shows how far a check is."""

    taken = 0


METER: Final = Meter()


class Metered(io.FileIO):
    """A file of which it is told how far it was read."""

    def readinto(self, buffer: Any) -> int:
        """Fill *buffer*; give the number of bytes, 0 at the end."""
        size = super().readinto(buffer) or 0
        METER.taken = self.tell()
        return size


def is_packed(path: str) -> bool:
    """Tell whether the file *path* is compressed."""
    with open(path, "rb") as file:
        return file.read(_MAGIC).startswith((_GZIP, _ZSTD))


def unpacked(file: BinaryIO, head: int) -> io.BufferedReader:
    """
    Give the bytes of *file* without compression, of which *head* can be looked at.

    Raises:
        OSError: it cannot be read.
        MissingExtra: it is packed with Zstandard and the extra is not installed.
    """
    METER.taken = 0
    packed = _with_head(file, _MAGIC)
    try:
        return _with_head(_unpack(packed), head, under=packed)
    except BaseException:
        packed.close()
        raise


def _unpack(packed: io.BufferedReader) -> BinaryIO:
    magic = packed.peek(_MAGIC)
    if magic.startswith(_GZIP):
        from gzip import GzipFile

        return cast("BinaryIO", GzipFile(fileobj=packed))
    return _unzstd(packed) if magic.startswith(_ZSTD) else packed


def _with_head(
    stream: BinaryIO, size: int, under: io.BufferedReader | None = None
) -> io.BufferedReader:
    return io.BufferedReader(_Resumed(stream, size, under), max(size, io.DEFAULT_BUFFER_SIZE))


class _Resumed(io.RawIOBase):
    """
    Bytes that were read ahead, then the rest of the stream, or the damage that was met.

    What is unpacked from *under* may not grow without bound.
    """

    def __init__(self, stream: BinaryIO, size: int, under: io.BufferedReader | None = None) -> None:
        self._rest = stream
        self._under = under
        #: bytes that were read from the stream
        self.taken = 0
        self._damage: Exception | None = None
        head = bytearray()
        try:
            while len(head) < size and (data := stream.read1(size - len(head))):  # type: ignore[attr-defined]
                head += data
        except Exception as error:
            if not is_damage(error):
                raise
            self._damage = error
        self._head = bytes(head)
        self.taken = len(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data, self._head = self._head[: len(view)], self._head[len(view) :]
        if not data:
            if self._damage is not None:
                raise EOFError(str(self._damage)) from self._damage
            with damage_as_end():
                data = self._rest.read(len(view))
            self.taken += len(data)
            if self._under is None:
                METER.taken = self.taken
            self._refuse_bomb()
        view[: len(data)] = data
        return len(data)

    def _refuse_bomb(self) -> None:
        packed = 0 if self._under is None else cast("_Resumed", self._under.raw).taken
        if is_bomb(self.taken, packed):
            raise EOFError(f"it unpacks to more than {MOST_GROWTH} times its size")

    def close(self) -> None:
        if sys.stdin is None or self._rest is not sys.stdin.buffer:
            self._rest.close()
        if self._under is not None:  # unpackers leave open what they unpack
            self._under.close()
        super().close()


def _unzstd(stream: BinaryIO) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise MissingExtra("reading a .zst file", "zst") from None
    return cast("BinaryIO", io.BufferedReader(_Frames(stream, zstandard.ZstdDecompressor())))


class _Frames(io.RawIOBase):
    """Zstandard frames one after another; unlike the library's reader it tells of a cut end."""

    def __init__(self, stream: BinaryIO, decompressor: Any) -> None:
        self._stream = stream
        self._decompressor = decompressor
        self._frame: Any = None
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        while not self._ready:
            data = self._stream.read(_PIECE)
            if not data:
                if self._frame is not None:
                    raise EOFError("the last Zstandard frame is not complete")
                return 0
            self._ready = memoryview(b"".join(self._unpack(data)))
        size = min(len(view), len(self._ready))
        view[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._frame is None:
                self._frame = self._decompressor.decompressobj()
            yield self._frame.decompress(data)
            data = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = None


def is_damage(error: Exception) -> bool:
    """Tell whether an unpacker raised *error* because the data is damaged."""
    if isinstance(error, (OSError, EOFError, zlib.error)):
        return True
    return type(error).__module__.partition(".")[0] == "zstandard"


@contextmanager
def damage_as_end() -> Iterator[None]:
    """Turn what the unpackers raise on damaged data into one exception."""
    try:
        yield
    except Exception as error:
        if not is_damage(error):
            raise
        raise EOFError(str(error)) from error
