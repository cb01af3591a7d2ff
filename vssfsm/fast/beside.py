"""
Values that change from line to line and decide nothing for sessions of the fast path.

Such a value is cut out of a line, and a gap is left. A line with another value there says the same,
as long as the value is one of its kind.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

#: stands where a line must be like no other; no JSON holds it
_UNLIKE: Final = b"\x1f"
#: a text or a number at the start, with something behind it
_value: Final = re.compile(rb'("[^"\\]*"|-?(?:0|[1-9][0-9]{0,17}))(?=\s*[,}])').match


class Kind(NamedTuple):
    """
    A key whose values are cut out.

    Args:
        key: of a record, or of the object that is the value of its key *within*.
        gap: what stands for a value.
        value: the one that a proof has; hardly ever that of a line.
    """

    key: str
    gap: bytes
    value: object
    within: str = ""

    @property
    def written(self) -> bytes:
        """The value in JSON."""
        return json.dumps(self.value).encode("ascii")

    def of(self, values: Mapping[str, object]) -> object:
        """Give its value among those of a line; None if there is none."""
        if not self.within:
            return values.get(self.key)
        inner = values.get(self.within)
        return inner.get(self.key) if isinstance(inner, dict) else getattr(inner, self.key, None)


KINDS: Final = (
    Kind("ended", b"\x01", "2001-02-03T04:05:07Z"),
    Kind("thread", b"\x02", 736_451_982_034),
    Kind("line", b"\x03", 736_451_982_035, "source"),
)


class Beside:
    """
    Cut such values out.

    Args:
        lines: some of the trace, to learn how it writes them.
        is_time: tells whether a text is one.
    """

    def __init__(self, lines: Sequence[bytes], is_time: Callable[[bytes], bool]) -> None:
        found = ((kind, _key_in(lines, kind)) for kind in KINDS)
        self._keys = tuple((kind, key) for kind, key in found if key)
        self._is_time = is_time

    def cut(self, lines: Sequence[bytes]) -> Iterable[bytes]:
        """Give lines without the values."""
        return map(self.cut_one, lines) if self._keys else lines

    def cut_one(self, text: bytes) -> bytes:
        """Give a line without the values; like no other if one of them is not of its kind."""
        for kind, key in self._keys:
            before, found, behind = text.partition(key)
            if found:
                value = _value(behind)
                if value is None or not self._fits(kind, value[0]):
                    return text + _UNLIKE
                text = b"".join((before, kind.gap, behind[value.end() :]))
            elif kind.gap in text:
                return text + _UNLIKE
        return text

    def _fits(self, kind: Kind, value: bytes) -> bool:
        return self._is_time(value) if isinstance(kind.value, str) else not value.startswith(b'"')

    def fill(self, text: bytes) -> bytes:
        """Give a line with the values of a proof where some were cut out."""
        for kind, key in self._keys:
            text = text.replace(kind.gap, key + kind.written)
        return text

    def proves(
        self, text: bytes, values: Mapping[str, object], other: Mapping[str, object]
    ) -> bool:
        """
        Tell whether what was cut out of *text* is what is read of it, and nothing else.

        Args:
            text: without it.
            values: of the line.
            other: those of its proof; they are those of one where *values* are not.
        """
        return all(
            kind.of(values) != kind.value == kind.of(other)
            for kind, _ in self._keys
            if kind.gap in text
        )


def _key_in(lines: Sequence[bytes], kind: Kind) -> bytes:
    """Find how a key is written; empty if it is not there."""
    outer = rb'"%s"\s*:\s*\{[^{}]*' % kind.within.encode("ascii") if kind.within else b""
    pattern = re.compile(rb'%s("%s"\s*:\s*)' % (outer, kind.key.encode("ascii")))
    found = next(filter(None, map(pattern.search, lines)), None)
    return b"" if found is None else found[1]
