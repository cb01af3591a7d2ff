"""
Times of the fast path: a minute, a second and a fraction are read once each.

A text is cut behind its second; what the parts are worth adds up.
"""

import re
from typing import Final

from vssfsm.fast.lines import UnfitError
from vssfsm.traces.canonical import accepts, read_time

#: parts that are kept; then they are read anew
_KEPT: Final = 20_000
_NS_PER_S: Final = 1_000_000_000
#: characters of a time up to its second
SECOND: Final = len("2026-01-01T00:00:00")
#: characters of a number
_LONGEST: Final = 20
_is_integer: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)").fullmatch


class _Parts(dict[bytes, int]):
    """What a part is worth in nanoseconds; a `KeyError` says that it is none."""

    def __missing__(self, part: bytes) -> int:
        worth = self.read(part)
        if len(self) >= _KEPT:
            self.clear()
        self[part] = worth
        return worth

    def read(self, part: bytes) -> int:
        raise NotImplementedError


class _Text(_Parts):
    """Parts that are times with something before and behind them."""

    def __init__(self, before: str, behind: str, cut: tuple[int, int]) -> None:
        super().__init__()
        self._around = before, behind
        self._cut = cut

    def read(self, part: bytes) -> int:
        start, end = self._cut
        before, behind = self._around
        text = f"{before}{part[start : len(part) - end].decode('latin-1')}{behind}"
        if text != text.strip() or not accepts("time", text):
            raise KeyError(part)
        return read_time(text)


class _Seconds(_Parts):
    """Parts up to the second, with what stands before a time."""

    def __init__(self, before: bytes) -> None:
        super().__init__()
        self._minutes = _Text("", ":00Z", (len(before), 0))
        self._before = before
        self._seconds = {b":%02d" % second: second * _NS_PER_S for second in range(61)}

    def read(self, part: bytes) -> int:
        if not part.startswith(self._before) or len(part) != len(self._before) + SECOND:
            raise KeyError(part)
        return self._minutes[part[:-3]] + self._seconds[part[-3:]]


class _Fractions(_Text):
    """Parts behind the second, with the quote at the end."""

    def __init__(self) -> None:
        super().__init__("1970-01-01T00:00:00", "", (0, 1))

    def read(self, part: bytes) -> int:
        digits = part[1:-2]
        plain = digits.isdigit() and len(digits) <= 9
        if plain and part[:1] == b"." and part[-2:] == b'Z"':
            return int(digits.ljust(9, b"0"))
        if part[-1:] != b'"':
            raise KeyError(part)
        return super().read(part)


def read(value: int | str) -> int:
    """
    Give nanoseconds since 1970 UTC.

    Raises:
        UnfitError: it is no time.
    """
    if not accepts("time", value):
        raise UnfitError
    return read_time(value)


class Times:
    """
    What the parts of times are worth: their sum is the time.

    Args:
        before: what stands before the digits.
    """

    def __init__(self, before: bytes) -> None:
        #: characters of the first part
        self.size = len(before) + SECOND
        self.seconds: dict[bytes, int] = _Seconds(before)
        self.fractions: dict[bytes, int] = _Fractions()
        self._before = before

    def read(self, text: bytes) -> int:
        """
        Give the time of what is no text of two parts: a number.

        Raises:
            KeyError: it is something else.
        """
        start = self._before[:-1]
        number = text[len(start) :]
        if not text.startswith(start) or len(number) > _LONGEST or not _is_integer(number):
            raise KeyError(text)
        return int(number)
