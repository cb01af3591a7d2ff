"""
Times of one width as words of eight bytes: their digits are checked and added up eight at a time.

A word has its first character in its lowest byte. What is not written as expected is told by None,
and is left to whoever reads times part by part.
"""

from calendar import monthrange
from typing import Any, Final

from vssfsm.traces.values import accepts, read_time

_WORD: Final = 8
#: characters of three words
WIDTH: Final = len("2026-01-01T00:00:00.000Z")
_DIGITS: Final = 9
#: of a digit, the half of its byte that is 3, and the other, which is its number
_HIGH: Final = 0xF0
_LOWS: Final = 0x0F0F0F0F0F0F0F0F
_MINUTES_A_DAY: Final = 24 * 60
_LAST_HOUR: Final = 23
_MS_PER_MINUTE: Final = 60_000
_NS_PER_MS: Final = 1_000_000
#: of months, those in one column that are told apart, and the years whose times have 64 bits
_MONTHS: Final = 64
_YEARS: Final = range(1700, 2262)


class _Pattern:
    """
    What a word looks like.

    Args:
        text: its characters; a figure is the most that the digit there may be.
    """

    def __init__(self, text: str) -> None:
        digits = [int(one) if one.isdigit() else None for one in text]
        self._mask = _word(0xFF if most is None else _HIGH for most in digits)
        self._marks = _word(
            ord(one) if most is None else ord("0") for one, most in zip(text, digits, strict=True)
        )
        #: what lifts a digit that is too great into the higher half
        self._lift = _word(0 if most is None else 0x0F - most for most in digits)
        self._lifted = _word(0 if most is None else _HIGH for most in digits)
        self._digits = _word(0 if most is None else ord("0") for most in digits)

    def fits(self, words: Any) -> bool:
        """Tell whether all *words* look so."""
        if not ((words & self._mask) == self._marks).all():
            return False
        return bool((((words + self._lift) & self._lifted) == self._digits).all())


def _word(given: Any) -> int:
    """Give the word of some bytes."""
    return int.from_bytes(bytes(given), "little")


_MINUTE: Final = _Pattern("39T29:59")
_MILLISECOND: Final = _Pattern(":59.999Z")
#: more digits come behind
_FRACTION: Final = _Pattern(":59.9999")


def read_words(texts: Any, size: int, polars: Any) -> Any:
    """
    Give nanoseconds since 1970 UTC of times in UTC, with milliseconds or finer.

    Args:
        texts: of *size* bytes, at least `WIDTH`; some may be null.
        size: of all texts.
        polars: the library.

    Returns:
        a column; None where one of *texts* is written in another way, or is no time.
    """
    if texts.null_count():
        missing = texts.is_null()
        found = read_words(texts.fill_null(texts.drop_nulls()[0]), size, polars)
        nothing = polars.Series([None], dtype=polars.Int64)
        return None if found is None else found.zip_with(~missing, nothing)
    months, minutes, seconds = _three(texts, size, polars)
    pattern = _MILLISECOND if size == WIDTH else _FRACTION
    if not (_MINUTE.fits(minutes) and pattern.fits(seconds)):
        return None
    minutes = _since_month(minutes)
    known = _months(months, polars)
    if minutes is None or known is None:
        return None
    before, most = known
    if minutes.min() < _MINUTES_A_DAY or not (minutes < most).all():
        return None
    since = minutes * _MS_PER_MINUTE + _milliseconds(seconds)
    found = since.cast(polars.Int64, wrap_numerical=True) * _NS_PER_MS + before
    return found if size == WIDTH else _finer(found, texts, size, polars)


def _three(texts: Any, size: int, polars: Any) -> tuple[Any, Any, Any]:
    """Give the first three words of texts, of which none is null."""
    data = texts.cast(polars.Binary)
    if size > WIDTH:
        data = data.bin.slice(0, WIDTH)
    kind = polars.Array(polars.UInt64, WIDTH // _WORD)
    words = data.bin.reinterpret(dtype=kind, endianness="little").explode()
    firsts = polars.int_range(0, len(words), WIDTH // _WORD, dtype=polars.UInt32, eager=True)
    return words[firsts], words[firsts + 1], words[firsts + 2]


def _pairs(words: Any) -> Any:
    """Give words whose bytes are the number that the digit there makes with the next one."""
    digits = words & _LOWS
    return digits * 10 + digits // (1 << 8)


def _since_month(words: Any) -> Any:
    """Give the minutes of a day, hour and minute; None where there is no such hour."""
    pairs = _pairs(words)
    if (pairs & _word((0, 0, 0, 0xFF))).max() > _LAST_HOUR << 24:
        return None
    # The pairs lie 24 bits apart, and so do what they are worth: products that count meet in one.
    worth = (_MINUTES_A_DAY << 48) + (60 << 24) + 1
    return (pairs & _word((0xFF, 0, 0, 0xFF, 0, 0, 0xFF))) * worth // (1 << 48)


def _milliseconds(words: Any) -> Any:
    """Give the milliseconds of a second and three digits of its fraction."""
    pairs = _pairs(words) & _word((0, 0xFF, 0, 0, 0xFF))
    last = words & _word((0, 0, 0, 0, 0, 0, 0x0F))
    return (pairs + last) * ((1000 << 40) + (10 << 16) + 1) // (1 << 48)


def _months(words: Any, polars: Any) -> Any:
    """
    Give what lies before the first day of each month, and the minutes up to its end.

    The first day is 1: what lies before it begins a day earlier. Where all months are one, numbers
    stand for columns; None where something is no month.
    """
    known = [words[0]] if words.min() == words.max() else words.unique().to_list()
    if len(known) > _MONTHS:
        return None
    found = [_month(word) for word in known]
    if None in found:
        return None
    if len(found) == 1:
        return found[0]
    columns = zip(*found, strict=True)
    kinds = polars.Int64, polars.UInt64
    return tuple(
        words.replace_strict(known, polars.Series(values, dtype=kind), return_dtype=kind)
        for values, kind in zip(columns, kinds, strict=True)
    )


def _month(word: int) -> tuple[int, int] | None:
    text = word.to_bytes(_WORD, "little").decode("latin-1")
    first = f"{text}01T00:00:00Z"
    if not (text.isascii() and accepts("time", first)):
        return None
    year, month = int(text[:4]), int(text[5:7])
    if year not in _YEARS:
        return None
    day = _MINUTES_A_DAY * _MS_PER_MINUTE * _NS_PER_MS
    return read_time(first) - day, (monthrange(year, month)[1] + 1) * _MINUTES_A_DAY


def _finer(found: Any, texts: Any, size: int, polars: Any) -> Any:
    """Add what stands behind the milliseconds; None where that is not digits and a Z."""
    digits = size - WIDTH
    marks = texts.str.slice(size - 1, 1)
    if digits > _DIGITS - 3 or marks.min() != "Z" or marks.max() != "Z":
        return None
    number = texts.str.slice(WIDTH - 1, digits).cast(polars.Int64, strict=False)
    if number.null_count():
        return None
    return found + number * 10 ** (_DIGITS - 3 - digits)
