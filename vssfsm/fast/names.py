"""Names of sessions, as lines hold them: in bytes, and many of them in few."""

from collections.abc import Collection, Iterator
from typing import Final

from vssfsm.fast.cut import is_plain

#: no text of JSON holds it: before a name that is written in several ways
_ODD: Final = b'"'


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
        self._odd: list[bytes] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        for name in (*bytes(self._text).split(b"\n")[:-1], *self._odd):
            yield name_of(name)

    def __contains__(self, name: object) -> bool:
        return any(name == one for one in self)

    def append(self, name: bytes) -> None:
        """Add what `written` gives of a name."""
        self._count += 1
        if name.startswith(_ODD):
            self._odd.append(name)
        else:
            self._text += name + b"\n"
