"""
The canonical trace as Parquet: the same columns, `args` a struct or JSON text.

A line is the number of a record. Dates with times are nanoseconds since 1970, in UTC where the
column names no zone. Whole numbers in a column of floats are integers: tables with missing integers
are often written so.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any, Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.errors import MissingExtra
from vssfsm.spec import inputs
from vssfsm.traces import pages
from vssfsm.traces.canonical import Row, no_row
from vssfsm.traces.source import Opened, everything
from vssfsm.traces.table import header_problem

OBSERVATION: Final = "complete"
#: rows that are turned into records at a time
_ROWS: Final = 10_000
#: below it every integer is a float of its own
_EXACT: Final = 2**53


def read(opened: Opened) -> Iterator[tuple[Record, tuple[Note, ...]]]:
    """Give each record with what was wrong with it."""
    return (row.read() for row in rows(opened))


def rows(opened: Opened) -> Iterator[Row]:
    """Give names and values of each row, numbered from 1."""
    polars = library("reading a Parquet file")
    data = everything(opened)
    if not data:
        return
    if odd := pages.problem(data):
        yield no_row(1, f"no Parquet file: {odd}", inputs.UNREADABLE_INPUT.code)
        return
    try:
        frame = _with_plain_types(polars.read_parquet(io.BytesIO(data)), polars)
    except BaseException as error:
        if not is_damage(error):
            raise
        reason = str(error).partition("\n")[0]
        yield no_row(1, f"no Parquet file: {reason}", inputs.UNREADABLE_INPUT.code)
        return
    problem = header_problem(frame.columns)
    if problem:
        yield no_row(1, problem, inputs.MISFIT_HEADER.code)
        return
    number = 0
    for part in frame.iter_slices(_ROWS):
        for values in part.iter_rows(named=True):
            number += 1
            yield Row(number, {k: plain(v) for k, v in values.items() if v is not None})


def library(purpose: str) -> Any:
    """
    Give the library of tables.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import polars as pl
    except ImportError:
        raise MissingExtra(purpose, "parquet") from None
    return pl


def is_damage(error: BaseException) -> bool:
    """Tell whether the library raised *error* about the file; its panics are no `Exception`."""
    known = isinstance(error, (OSError, ValueError, OverflowError))
    return known or type(error).__module__.partition(".")[0] in ("polars", "pyo3_runtime")


def facts_of_floats(filled: Any) -> tuple[Any, Any]:
    """Give whether all are whole, and the most; *filled* is a column, or an expression for one."""
    return (filled == filled.round()).all(), filled.abs().max()


def are_whole(whole: bool | None, most: float | None) -> bool:  # noqa: FBT001 - a fact of a column
    """Tell whether floats with these facts are integers, each of them exact."""
    return bool(whole) and (most or 0) < _EXACT


def _with_plain_types(frame: Any, polars: Any) -> Any:
    """Give times as integers, whole floats as integers, days as text."""
    changed: list[object] = []
    for name, kind in frame.schema.items():
        if kind.is_float():
            filled = frame[name].fill_nan(None)
            fits = are_whole(*facts_of_floats(filled))
            changed.append(filled.cast(polars.Int64) if fits else filled)
        else:
            changed.append(with_plain_type(polars.col(name), kind, polars))
    return frame.with_columns(changed)


def with_plain_type(column: Any, kind: Any, polars: Any) -> Any:
    """Give a column of another type than floats: times as integers, days as text."""
    if kind == polars.Datetime:
        return column.dt.epoch("ns")
    return column.cast(polars.String) if kind == polars.Date else column


def plain(value: object) -> object:
    """Give what JSON knows of; a missing field of a struct is no key."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    known: Callable[[object], bool] = (bool, int, float, str).__contains__
    return value if known(type(value)) else str(value)
