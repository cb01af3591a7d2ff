"""
Pages of a Parquet file, looked at before a library reads them.

The library takes the counts of values that a page claims for granted and asks for memory, and where
that is refused it ends the whole process, which nothing in the process can catch. So footer and
heads of pages are read here first, which takes no time beside the values. Counts that cannot be are
damage. Sizes that do not fit, which a careless writer may write, are tried in a process of its own:
if the library ends that one, the file is damaged.
"""

import sys
from collections.abc import Iterator, Mapping
from mmap import mmap
from typing import Final

#: bytes at the start and the end of a file
_MARK: Final = b"PAR1"
#: nesting of structures; the format needs seven
_DEEPEST: Final = 16
#: numbers of fields, by the structure that holds them
_ROW_GROUPS, _ROWS = 4, 3
_COLUMNS = 1
_COLUMN = 3
_VALUES, _WHOLE, _PACKED, _FIRST_PAGE, _DICTIONARY = 5, 6, 7, 9, 11
_PAGE_WHOLE, _PAGE_PACKED, _PAGE_HEADS = 2, 3, (5, 7, 8)
#: heads of pages with values, and their number of values
_DATA_HEADS, _HELD = (5, 8), 1
#: numbers of values, nulls and rows in each of those heads, and lengths of levels
_COUNTS: Final = {5: (1,), 7: (1,), 8: (1, 2, 3, 5, 6)}
#: what the other process runs; the places of packages come as arguments
_READ: Final = (
    "import io, sys; sys.path[:] = sys.argv[1:]; import polars;"
    " polars.read_parquet(io.BytesIO(sys.stdin.buffer.read()))"
)
#: kinds of values: those with a sign; bytes of those that have a length; the others
_SIGNED: Final = (4, 5, 6)
_LENGTHS: Final = {1: 1, 2: 1, 3: 1, 7: 8}
_TEXT, _LISTS, _STRUCTURE = 8, (9, 10), 12
#: size of a list that stands behind its head
_LONG: Final = 15
_Fields = Mapping[int, object]


class _Damage(Exception):
    """Something that no writer of the format writes."""


class _Odd(Exception):
    """Something that a careless writer may write."""


def problem(data: bytes | mmap) -> str:
    """
    Say why the library must not read a file; empty if it may, which does not make it sound.

    Args:
        data: the whole file, or what maps it.
    """
    try:
        _check_pages(data)
    except _Damage as damage:
        return str(damage)
    except IndexError:
        return "it is cut"
    except _Odd as odd:
        return str(odd) if _ends_its_process(data) else ""
    return ""


def _check_pages(data: bytes | mmap) -> None:
    """
    Walk over the pages of all columns.

    Raises:
        _Damage, _Odd, IndexError: the file claims what it does not hold.
    """
    footer = _footer(data)
    for group in _structures(footer.get(_ROW_GROUPS)) if footer else ():
        _check(_number(group, _ROWS) >= 0, "a negative number of rows")
        for column in _structures(group.get(_COLUMNS)):
            _check_column(data, _structure(column.get(_COLUMN)))


def _ends_its_process(data: bytes | mmap) -> bool:
    """Tell whether the library ends a process that reads *data*; an error it can tell is no end."""
    if not sys.executable:
        return True  # there is no way to find out
    import subprocess

    done = subprocess.run(  # noqa: S603 - our own program, with the library that was asked for
        [sys.executable, "-c", _READ, *sys.path],
        input=data[:],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode not in (0, 1)  # Python ends with 1 for what is raised


def _footer(data: bytes | mmap) -> _Fields:
    """Give the footer; empty if there is none, which the library says itself."""
    size = int.from_bytes(data[-8:-4], "little")
    if data[-4:] != _MARK or size > len(data) - 12:
        return {}
    return _Reader(data, len(data) - 8 - size).structure()


def _check_column(data: bytes | mmap, column: _Fields) -> None:
    """
    Walk over the pages of a column in a group of rows.

    Raises:
        _Damage, _Odd: a page claims what the column does not hold.
    """
    values, whole = _number(column, _VALUES), _number(column, _WHOLE)
    offsets = [_number(column, field) for field in (_FIRST_PAGE, _DICTIONARY) if field in column]
    start = min((at for at in offsets if at > 0), default=0)
    end = start + _number(column, _PACKED)
    if not 0 < start <= end <= len(data):
        raise _Odd("a column that is not there")
    _check(values >= 0 and whole >= 0, "a column of negative size")
    held = 0
    for head, counts in _pages(data, start, end):
        _check(all(0 <= count <= values for count in counts), "a page of more than its column")
        held += sum(_number(_structure(head[kind]), _HELD) for kind in _DATA_HEADS if kind in head)
        if not 0 <= _number(head, _PAGE_WHOLE) <= whole:
            raise _Odd("a page larger than its column")
    _check(held == values, "pages of fewer than their column")


def _pages(data: bytes | mmap, at: int, end: int) -> Iterator[tuple[_Fields, list[int]]]:
    """Give the head of each page, with the numbers of values that it claims."""
    while at < end:
        reader = _Reader(data, at)
        head = reader.structure()
        inner = {field: head[field] for field in _PAGE_HEADS if field in head}
        packed = _number(head, _PAGE_PACKED)
        if not 0 <= packed <= end - reader.at:
            raise _Odd("a page that does not end")
        yield (
            head,
            [
                _number(_structure(fields), field)
                for kind, fields in inner.items()
                for field in _COUNTS[kind]
                if field in _structure(fields)
            ],
        )
        at = reader.at + packed


def _check(sound: object, words: str) -> None:
    if not sound:
        raise _Damage(words)


def _number(fields: _Fields, field: int) -> int:
    value = fields.get(field)
    if not isinstance(value, int):
        raise _Damage("a head without its numbers")
    return value


def _structure(value: object) -> _Fields:
    if not isinstance(value, dict):
        raise _Damage("a head without its parts")
    return value


def _structures(value: object) -> Iterator[_Fields]:
    if not isinstance(value, list):
        raise _Damage("a footer without its parts")
    return map(_structure, value)


class _Reader:
    """Structures in the compact protocol of Thrift, field number to value."""

    def __init__(self, data: bytes | mmap, at: int) -> None:
        self._data = data
        self.at = at

    def structure(self, depth: int = 0) -> dict[int, object]:
        """Give the fields of the structure that begins here."""
        fields: dict[int, object] = {}
        field = 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._signed()
            kind = head & 15
            fields[field] = kind == 1 if kind in (1, 2) else self._value(kind, depth)
        return fields

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _skip(self, size: int) -> str:
        """Pass over what is of no use here."""
        _check(size <= len(self._data) - self.at, "a text that does not end")
        self.at += size
        return ""

    def _whole(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            _check(shift < 70, "a number that does not end")

    def _signed(self) -> int:
        number = self._whole()
        return number >> 1 ^ -(number & 1)

    def _value(self, kind: int, depth: int) -> object:
        _check(depth < _DEEPEST, "nested too deeply")
        if kind in _SIGNED:
            return self._signed()
        if kind in _LENGTHS:
            return self._skip(_LENGTHS[kind])
        if kind == _TEXT:
            return self._skip(self._whole())
        if kind in _LISTS:
            size, of = divmod(self._byte(), 16)
            size = self._whole() if size == _LONG else size
            return [self._value(of, depth + 1) for _ in range(size)]
        if kind == _STRUCTURE:
            return self.structure(depth + 1)
        raise _Damage("a value of no kind")
