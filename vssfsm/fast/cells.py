"""
Cells of tables as numbers: distinct combinations are read once, and times in parts.

A combination is known again by two sums of its cells' hashes. Seeds and factors are drawn anew in
every run, so nobody can make two that are taken for one.
"""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from vssfsm.fast.lines import UnfitError
from vssfsm.fast.times import SECOND
from vssfsm.fast.vectors import low_bits
from vssfsm.fast.words import WIDTH, read_words
from vssfsm.traces.origin import NOTES
from vssfsm.traces.values import accepts, read_time

#: combinations of one kind that are told apart
_KEPT: Final = 1 << 21
#: known combinations beyond which only those of the block are looked up
_FEW: Final = 1 << 14
#: numbers that the lowest bits of a hash make
_SLOTS: Final = 1 << 20
#: distinct times of odd forms that are read one by one
_ODD: Final = 200_000
#: characters of a time up to its minute
_MINUTE: Final = SECOND - len("00")
#: digits of fractions that are as few as to be listed
_FEW_DIGITS: Final = 3
_NS_PER_S: Final = 1_000_000_000
#: origins in one block that differ in more than a line, those in all, and lines
_ORIGINS: Final = 16
_ORIGINS_KEPT: Final = 10_000
_LINES: Final = 1 << 40
_find_line: Final = re.compile(r'(.*"line": ?)([0-9]+)([^0-9].*)', re.DOTALL).fullmatch
#: a minute may have one more, which is rare
_LAST_SECOND: Final = 59
#: nanoseconds that have 64 bits with what is added to a minute
_TIMES: Final = range(-(1 << 63), (1 << 63) - 100 * _NS_PER_S)


def _seed() -> int:
    return secrets.randbits(63)


def _time(text: str) -> int | None:
    """
    Give nanoseconds since 1970 UTC; None where *text* is no time.

    Raises:
        UnfitError: it is centuries away.
    """
    if not accepts("time", text):
        return None
    found = read_time(text)
    if found not in _TIMES:
        raise UnfitError
    return found


def _sum(columns: list[Any]) -> Any:
    """Add up columns of at least one; sums wrap around."""
    return sum(columns[1:], start=columns[0])


class _Known:
    """
    Combinations of some columns that are known: their hashes, and their numbers.

    Args:
        width: number of the columns.
        polars: the library.
    """

    def __init__(self, width: int, polars: Any) -> None:
        self._polars = polars
        self._seeds = [(_seed(), _seed() | 1) for _ in range(width)]
        kinds = {"h0": polars.UInt64, "h1": polars.UInt64, "number": polars.UInt32}
        self._table = polars.DataFrame(schema=kinds)
        #: places in the table by the lowest bits of the first hash; None where these are not enough
        self._places: Any = None

    def hashed(self, part: Any) -> Any:
        """Give the hashes of rows; to hash a cell is dear, so each is hashed once."""
        cells = [column.hash(seed) for column, (seed, _) in zip(part, self._seeds, strict=True)]
        again = [cell * factor for cell, (_, factor) in zip(cells, self._seeds, strict=True)]
        return self._polars.DataFrame({"h0": _sum(cells), "h1": _sum(again)})

    def add(self, more: Any) -> None:
        """Take combinations that are new."""
        polars = self._polars
        self._table = table = polars.concat([self._table, more], rechunk=True)
        self._places = None
        lowest = low_bits(table["h0"], polars) % _SLOTS
        if table.height <= _FEW and lowest.n_unique() == table.height:
            places = polars.zeros(_SLOTS, dtype=polars.UInt32, eager=True)
            own = polars.int_range(0, table.height, dtype=polars.UInt32, eager=True)
            self._places = places.scatter(lowest, own)

    def find(self, hashes: Any) -> Any:
        """Give the numbers of rows by their *hashes*; null where they are not known."""
        found = None if self._places is None else self._find_all(hashes)
        return self._find_some(hashes) if found is None else found

    def _find_all(self, hashes: Any) -> Any:
        """Give the numbers of rows; None if one is not known."""
        table = self._table
        places = self._places[low_bits(hashes["h0"], self._polars) % _SLOTS]
        for name in ("h0", "h1"):
            if not (table[name][places] == hashes[name]).all():
                return None
        return table["number"][places]

    def _find_some(self, hashes: Any) -> Any:
        """Give the numbers of rows; null where they are not known."""
        table = self._table
        if table.height > _FEW:
            table = table.filter(table["h0"].is_in(hashes["h0"].unique().implode()))
        joined = hashes.join(table, on="h0", how="left", maintain_order="left")
        if (joined["h1"] != joined["h1_right"]).any():
            raise UnfitError
        return joined["number"]


class Distinct:
    """
    Number the distinct combinations of some columns.

    Args:
        columns: their names.
        learn: takes the values of a new combination; those that are missing are left out.
        polars: the library.
    """

    def __init__(
        self, columns: tuple[str, ...], learn: Callable[[dict[str, object]], None], polars: Any
    ) -> None:
        self._columns = columns
        self._learn = learn
        self._polars = polars
        #: by the columns that are not empty: what is known; or its number, if there is none
        self._known: dict[Any, _Known] = {}
        self._constants: dict[Any, int] = {}
        self._number = 0

    def numbers(self, frame: Any, plain: Callable[[object], object]) -> Any:
        """Give the number of each row's combination; *plain* gives what a value is read as."""
        polars = self._polars
        height = frame.height
        used = [
            name
            for name in self._columns
            if name in frame.columns and frame[name].null_count() < height
        ]
        kind = tuple((name, str(frame[name].dtype)) for name in used)
        if not used:
            return self._constant(kind, height)
        part = frame.select(used)
        known = self._known.get(kind)
        if known is None:
            known = self._known[kind] = _Known(len(used), polars)
        hashes = known.hashed(part)
        found = known.find(hashes)
        if found.null_count():
            new = hashes.with_row_index("row").filter(found.is_null())
            new = new.unique("h0", keep="first", maintain_order=True)
            for values in part[new["row"]].iter_rows(named=True):
                given = {name: plain(value) for name, value in values.items() if value is not None}
                self._learn({name: value for name, value in given.items() if value is not None})
            known.add(new.select("h0", "h1", number=self._new(new.height)))
            found = known.find(hashes)
        return found

    def _new(self, count: int) -> Any:
        """Give numbers to new combinations."""
        first = self._number
        self._number += count
        if self._number > _KEPT:
            raise UnfitError
        return self._polars.int_range(first, self._number, dtype=self._polars.UInt32)

    def _constant(self, kind: Any, height: int) -> Any:
        """Number rows where all of the columns are empty."""
        if kind not in self._constants:
            self._learn({})
            self._constants[kind] = self._number
            self._number += 1
        number = self._constants[kind]
        return self._polars.repeat(number, height, dtype=self._polars.UInt32, eager=True)


class Names:
    """Texts as numbers from 0 that are the same in all blocks."""

    def __init__(self, polars: Any) -> None:
        self._polars = polars
        self._kind = polars.Categorical(polars.Categories.random(physical=polars.UInt32))
        #: the numbers last as long as a column of them
        self._kept = polars.Series([], dtype=self._kind)
        self.count = 0
        #: all of them, once there come no more
        self._all: Any = None

    def numbers(self, texts: Any) -> Any:
        """Give the number of each text; None stays None."""
        found = texts.cast(self._kind).to_physical()
        most = found.max()
        self.count = self.count if most is None else max(self.count, most + 1)
        return found

    def texts(self, numbers: Any) -> Any:
        """Give the text of each number."""
        if self._all is not None:
            return self._all[numbers]
        return numbers.cat.to(self._kind).cast(self._polars.String)

    def settle(self) -> None:
        """Keep the texts alone: there come no more, and telling them apart takes more memory."""
        polars = self._polars
        self._all = self.texts(polars.int_range(0, self.count, dtype=polars.UInt32, eager=True))
        self._kind = self._kept = None


class _Worth:
    """
    What parts of times are worth in nanoseconds, each part read once.

    Args:
        before, behind: what makes a time of a part.
        polars: the library.
    """

    def __init__(self, before: str, behind: str, polars: Any) -> None:
        self._polars = polars
        self._around = before, behind
        self._names = Names(polars)
        self._known: list[int | None] = []

    def read(self, texts: Any) -> Any:
        """Give what each text is worth; null where it is no such part."""
        polars = self._polars
        numbers = self._names.numbers(texts)
        known = len(self._known)
        if self._names.count > known:
            new = polars.int_range(known, self._names.count, dtype=polars.UInt32, eager=True)
            self._known += map(self._read, self._names.texts(new))
        return polars.Series(self._known, dtype=polars.Int64)[numbers]

    def _read(self, part: str) -> int | None:
        before, behind = self._around
        text = f"{before}{part}{behind}"
        return _time(text) if text == text.strip() else None


class Times:
    """Read columns of times."""

    def __init__(self, polars: Any) -> None:
        self._polars = polars
        self._minutes = _Worth("", "00Z", polars)
        self._ends = _Worth("1970-01-01T00:00:00", "", polars)

    def read(self, column: Any) -> Any:
        """
        Give nanoseconds since 1970 UTC; null where nothing can be read.

        Raises:
            UnfitError: it is a column of another type.
        """
        polars = self._polars
        if column.dtype.is_integer() or column.dtype == polars.Null:
            return column.cast(polars.Int64, strict=False)
        if column.dtype != polars.String:
            raise UnfitError
        sizes = column.str.len_bytes()
        if sizes.min() == sizes.max():
            return self._read_alike(column, sizes.min())
        parts = polars.DataFrame({"text": column, "size": sizes}).with_row_index("row")
        done = [
            part.select("row", self._read_alike(part["text"], part["size"][0]).alias("time"))
            for part in parts.partition_by("size")
        ]
        return polars.concat(done).sort("row")["time"]

    def _read_alike(self, texts: Any, size: int | None) -> Any:
        """Read texts of one size; None: there are none."""
        if size is None:
            return texts.cast(self._polars.Int64)
        plain = self._read_plain(texts, size) if size > SECOND else None
        return self._read_odd(texts) if plain is None else plain

    def _read_plain(self, texts: Any, size: int) -> Any:
        """Read texts in UTC with as many digits; None if one is something else."""
        if size >= WIDTH:
            found = read_words(texts, size, self._polars)
            if found is not None:
                return found
        digits = size - SECOND - 2
        if digits == 0 or digits > _FEW_DIGITS:
            return None
        seconds = texts.str.slice(_MINUTE, 2)
        # Two characters that make a number are digits, but for a sign before one.
        if (seconds.min() or "") < "0":
            return None
        parts = (
            self._minutes.read(texts.str.slice(0, _MINUTE)),
            seconds.cast(self._polars.Int64, strict=False) * _NS_PER_S,
            self._ends.read(texts.str.slice(SECOND)),
        )
        if parts[1].max() is None or parts[1].max() > _LAST_SECOND * _NS_PER_S:
            return None
        found = sum(parts[1:], start=parts[0])
        return None if found.null_count() != texts.null_count() else found

    def _read_odd(self, texts: Any) -> Any:
        """Read texts of any form, each once."""
        polars = self._polars
        known = texts.drop_nulls().unique()
        if len(known) > _ODD:
            raise UnfitError
        values = [*map(_time, known)]
        return texts.replace_strict(known, polars.Series(values, dtype=polars.Int64))


class Sources:
    """
    Origins that `convert` wrote: alike but for a line.

    Args:
        polars: the library.
    """

    def __init__(self, polars: Any) -> None:
        self._polars = polars
        #: what stands before and behind a line, by number; and the numbers
        self._frames: list[tuple[str, str]] = []
        self._numbers: dict[tuple[str, str], int] = {}

    def read(self, texts: Any) -> Any:
        """Give a number for each origin; null where there is none, or one that says more."""
        polars = self._polars
        if texts.dtype != polars.String:
            raise UnfitError
        found = polars.repeat(None, len(texts), dtype=polars.Int64, eager=True)
        for _ in range(_ORIGINS):
            rest = (found.is_null() & texts.is_not_null()).arg_true()
            frame = self._frame(texts[rest[0]]) if len(rest) else None
            if frame is None:
                break
            before, behind = frame
            size = texts.str.len_chars().cast(polars.Int64) - len(before) - len(behind)
            digits = texts.str.slice(len(before), size.clip(0))
            lines = digits.cast(polars.Int64, strict=False)
            fits = texts.str.starts_with(before) & texts.str.ends_with(behind) & (size > 0)
            fits &= (lines.cast(polars.String) == digits) & (lines >= 0) & (lines < _LINES)
            new = lines + self._numbers[frame] * _LINES
            found = polars.select(polars.when(found.is_null() & fits).then(new).otherwise(found))
            found = found.to_series()
        return found

    def _frame(self, text: str) -> tuple[str, str] | None:
        """Give what stands around the line of an origin; None if it says more."""
        match = _find_line(text)
        if match is None:
            return None
        frame = match[1], match[3]
        if frame not in self._numbers:
            value = _object(f"{match[1]}7{match[3]}")
            if value is None or value.get("line") != 7 or NOTES in value:
                return None
            if len(self._frames) >= _ORIGINS_KEPT:
                raise UnfitError
            self._numbers[frame] = len(self._frames)
            self._frames.append(frame)
        return frame

    def value(self, number: int) -> dict[str, object] | None:
        """Give the origin of a number."""
        frame, line = divmod(number, _LINES)
        before, behind = self._frames[frame]
        return _object(f"{before}{line}{behind}")


def _object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
