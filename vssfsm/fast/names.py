"""Names of sessions, as lines hold them: in bytes, and many of them in few."""

import zlib
from collections.abc import Collection, Iterator
from typing import Final

from vssfsm.fast.cut import is_plain

#: no text of JSON holds it: before a name that is written in several ways
_ODD: Final = b'"'
#: ends a name: no text in UTF-8 holds it
_END: Final = b"\xff"
#: bytes of names that are packed at once
_PACKED: Final = 4096
_BITS: Final = -zlib.MAX_WBITS
_MEMORY: Final = 5


def written(name: str) -> bytes:
    """Give the name of a session as lines hold it; what no line holds if that is not certain."""
    try:
        text = name.encode("utf-8")
    except UnicodeEncodeError:  # half a pair of surrogates
        return _ODD + name.encode("utf-8", "surrogatepass")
    return text if is_plain(text) else _ODD + text


def name_of(text: bytes) -> str:
    """Give the name of a session by what `written` gives."""
    return text.removeprefix(_ODD).decode("utf-8", "surrogatepass")


class Names(Collection[str]):
    """Names of sessions in few bytes."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._packed: list[bytes] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return map(name_of, self.written())

    def __contains__(self, name: object) -> bool:
        return any(name == one for one in self)

    def append(self, name: bytes) -> None:
        """Add what `written` gives of a name."""
        self._count += 1
        self._text += name + _END
        if len(self._text) >= _PACKED:
            self._packed.append(_pack(self._text))
            self._text = bytearray()

    def written(self) -> Iterator[bytes]:
        """Give what `append` took, in order."""
        for part in self._packed:
            yield from zlib.decompress(part, _BITS).split(_END)[:-1]
        yield from bytes(self._text).split(_END)[:-1]


def _pack(text: bytearray) -> bytes:
    """Pack names: most are digits by chance, of which few are in use and no row comes again."""
    packer = zlib.compressobj(1, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_HUFFMAN_ONLY)
    return packer.compress(text) + packer.flush()
