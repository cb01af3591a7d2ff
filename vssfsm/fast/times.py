"""
Times of the fast path: a minute, a second and a fraction are read once each.

A text is cut behind its minute and behind its second; what the parts are worth adds up.
"""

from typing import Final

from vssfsm.fast.lines import UnfitError
from vssfsm.traces.canonical import accepts, read_time

#: parts that are kept
_KEPT: Final = 100_000
_NS_PER_S: Final = 1_000_000_000
#: where a text is cut
MINUTE: Final = 16
SECOND: Final = 20


class _Parts(dict[str, int]):
    """What a part is worth in nanoseconds, beside a given start and end of a time."""

    def __init__(self, start: str, end: str) -> None:
        super().__init__()
        self._start = start
        self._end = end

    def __missing__(self, part: str) -> int:
        text = f"{self._start}{part}{self._end}"
        if len(part) + len(self._end) < 4 or text != text.strip() or not accepts("time", text):
            raise KeyError(part)
        worth = read_time(text)
        if len(self) < _KEPT:
            self[part] = worth
        return worth


class _Fractions(_Parts):
    def __missing__(self, part: str) -> int:
        digits = part[:-1]
        if part[-1:] == "Z" and len(digits) <= 9 and digits.isascii() and digits.isdigit():
            worth = int(digits.ljust(9, "0"))
            if len(self) < _KEPT:
                self[part] = worth
            return worth
        return super().__missing__(part)


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
    """What the parts of times are worth: their sum is the time, a `KeyError` says `read` it."""

    def __init__(self) -> None:
        self.minutes: dict[str, int] = _Parts("", ":00Z")
        self.seconds = {
            f":{second:02}{end}": second * _NS_PER_S for second in range(61) for end in ".Z"
        }
        self.fractions: dict[str, int] = _Fractions("1970-01-01T00:00:00.", "")
        self.fractions[""] = 0
