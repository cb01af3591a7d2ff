"""
Canonical records written down: JSON Lines, CSV, Parquet and XES.

JSON is written in ASCII, because consoles and pipes of Windows change everything else.
"""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vssfsm.core.record import Record
from vssfsm.spec.hresults import NAMES
from vssfsm.spec.inputs import LINE_TOO_LONG
from vssfsm.traces.canonical import LONGEST_LINE
from vssfsm.traces.origin import KEYS as ORIGIN_KEYS
from vssfsm.traces.origin import NOTES, UNREAD
from vssfsm.traces.table import NEEDED, guarded
from vssfsm.traces.values import ARGS_KEYS, ATTRIBUTES, KEYS, accepts

JSONL: Final = "jsonl"
CSV: Final = "csv"
PARQUET: Final = "parquet"
XES: Final = "xes"
FORMATS: Final = (JSONL, CSV, PARQUET, XES)
Values = Mapping[str, object]
_HRESULTS: Final = ("failure", "hresult", "async_result")
_LARGEST: Final = 1.7976931348623157e308
_INT64: Final = range(-(2**63), 2**63)


def values_of(record: Record) -> dict[str, object]:
    """Give the keys and values that are read as *record*, for readers of other formats."""
    given = ((key, getattr(record, ATTRIBUTES[key])) for key in KEYS)
    values = {key: value for key, value in given if value is not None}
    return values | {key: _code(values[key]) for key in _HRESULTS if key in values}


def _code(value: object) -> str:
    number = int(str(value))
    return NAMES.get(number, f"0x{number:08x}")


def render(records: Sequence[Values], name: str) -> bytes:
    """
    Give *records* in the format *name*, one of `FORMATS`.

    Raises:
        MissingExtra: it is Parquet, and its package is not installed.
    """
    if name == JSONL:
        return b"".join(json_line(values) for values in records)
    records = [_shallow(values) for values in records]
    if name == XES:
        from vssfsm.traces import xes

        return xes.render(records)
    columns = _columns(records)
    return _csv(records, columns) if name == CSV else _parquet(records, columns)


# --- JSON --------------------------------------------------------------------
def json_line(values: Values) -> bytes:
    """Give one line of JSON that a reader takes: where it would be too long, without the rest."""
    line = _json(_shallow(values)).encode("ascii") + b"\n"
    if len(line) > LONGEST_LINE:
        line = _json(_known(values)).encode("ascii") + b"\n"
    if len(line) > LONGEST_LINE:
        note = {"rule": LINE_TOO_LONG.code, "message": f"more than {LONGEST_LINE} bytes"}
        line = _json({"source": {NOTES: [note], UNREAD: True}}).encode("ascii") + b"\n"
    return line


def _shallow(values: Values) -> Values:
    """Give *values* as they are, or what is known of them if they are nested too deeply."""
    try:
        _json(values)
    except RecursionError:
        return _known(values)
    return values


def _known(values: Values) -> Values:
    """Give what a reader reads of *values*."""
    known = _readable(values, KEYS)
    for key, inner in (("args", ARGS_KEYS), ("source", ORIGIN_KEYS)):
        held = known.get(key)
        if isinstance(held, dict):
            known[key] = _readable(held, inner)
    return known


def _readable(values: Values, keys: Sequence[str]) -> dict[str, object]:
    return {
        key: values[key]
        for key in keys
        if key in values and (key in ORIGIN_KEYS or accepts(key, values[key]))
    }


def _json(value: object) -> str:
    try:
        return json.dumps(value, allow_nan=False, default=str)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, default=str)


def _finite(value: object) -> object:
    """Give floats beyond all bounds a value that JSON can hold; they stay floats."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return math.copysign(_LARGEST, value)
    return value


# --- Tables ------------------------------------------------------------------
def _columns(records: Sequence[Values]) -> list[str]:
    """Give the keys of the format that occur, in its order, then the others as they came."""
    seen = dict.fromkeys(key for values in records for key in values)
    known = [key for key in KEYS if key in seen or key in NEEDED]
    # A name that reads as another one would make a header which nobody can read.
    return known + [key for key in seen if key.strip() == key != "" and key not in known]


def _cell(values: Values, column: str) -> str | int | None:
    """
    Give a cell: text, a number, or None for a missing one.

    What a record holds against its type is left out: its line was unread, and `source` says so.
    """
    value = values.get(column)
    if value is None or (column in KEYS and not accepts(column, value)):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return str(value) if column == "release" else _json(value)


def _csv(records: Sequence[Values], columns: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([guarded(column) for column in columns])
    for values in records:
        cells = [_cell(values, column) for column in columns]
        writer.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _parquet(records: Sequence[Values], columns: Sequence[str]) -> bytes:
    from vssfsm.traces.readers.parquet import library

    polars = library("writing a Parquet file")
    cells = {column: [_cell(values, column) for values in records] for column in columns}
    frame = polars.DataFrame(
        [_series(polars, column, given) for column, given in cells.items()],
    )
    data = io.BytesIO()
    frame.write_parquet(data)
    return data.getvalue()


def _series(polars: Any, name: str, cells: list[str | int | None]) -> Any:
    """Give a column of integers where all cells are, else of text."""
    given = [cell for cell in cells if cell is not None]
    if given and all(isinstance(cell, int) and cell in _INT64 for cell in given):
        return polars.Series(name, cells, dtype=polars.Int64)
    return polars.Series(
        name, [None if cell is None else str(cell) for cell in cells], dtype=polars.String
    )
