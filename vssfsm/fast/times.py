"""
Times of the fast path: a minute, a second and a fraction are read once each.

A text is cut behind its second; what the parts are worth adds up.
"""

import re
from typing import Final

from vssfsm.fast.lines import UnfitError
from vssfsm.traces.values import accepts, read_time

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


class _Numbers(dict[bytes, int]):
    """Times that are numbers, with what stands before them; none is kept."""

    def __init__(self, before: bytes) -> None:
        super().__init__()
        self._before = before

    def __missing__(self, part: bytes) -> int:
        number = part[len(self._before) :]
        plain = part.startswith(self._before) and len(number) <= _LONGEST
        if not plain or not _is_integer(number) or not accepts("time", int(number)):
            raise KeyError(part)
        return int(number)


class Times:
    """
    What the parts of times are worth: their sum is the time.

    Args:
        before: what stands before a time.
        is_number: most times are numbers; else most are texts.
        width: characters of most times, with what stands before them.
    """

    def __init__(self, before: bytes, *, is_number: bool, width: int = 0) -> None:
        self._plain = _Seconds(b'"')
        self._numbers, self._alone = _Numbers(before), _Numbers(b"")
        #: characters of the first part, and of most times
        self.size = width if is_number else len(before) + SECOND + 1
        self.width = width
        self.seconds: dict[bytes, int] = self._numbers if is_number else _Seconds(before + b'"')
        self._behind = _Fractions()
        self.fractions: dict[bytes, int] = self._behind
        if is_number:
            self.fractions[b""] = 0

    def read(self, text: bytes) -> int:
        """
        Give the time of a text of any width, with what stands before it.

        Raises:
            KeyError: it is none.
        """
        try:
            return self.seconds[text[: self.size]] + self.fractions[text[self.size :]]
        except KeyError:
            return self._numbers[text]

    def is_one(self, text: bytes) -> bool:
        """Tell whether *text* is a time as JSON writes it, and nothing else."""
        try:
            if text.startswith(b'"'):
                _ = self._plain[text[: SECOND + 1]], self._behind[text[SECOND + 1 :]]
            else:
                _ = self._alone[text]
        except KeyError:
            return False
        return True

    def value(self, value: int | str) -> int:
        """
        Give nanoseconds since 1970 UTC.

        Raises:
            UnfitError: it is no time.
        """
        if isinstance(value, str) and value.isascii():
            text = f'"{value}"'.encode()
            try:
                return self._plain[text[: SECOND + 1]] + self.fractions[text[SECOND + 1 :]]
            except KeyError:
                pass  # it may be one nevertheless
        if not accepts("time", value):
            raise UnfitError
        return read_time(value)
