"""
Canonical traces as tables: what CSV and Parquet have in common.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a
formula, and names in evidence are hostile. Such a cell is written with one apostrophe before it,
unless it is a number; so is one that has apostrophes before such a character. Reading takes one
apostrophe away again, so every text comes back as it was.
"""

import re
from collections.abc import Container, Sequence
from typing import Final

#: columns without which a table holds no records
NEEDED: Final = ("event", "actor")
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")


def guarded(text: str) -> str:
    """Give *text* as a cell that no spreadsheet takes for a formula."""
    harmless = not _FORMULA.match(text) or _NUMBER.fullmatch(text)
    return text if harmless else f"'{text}"


def unguarded(cell: str) -> str:
    """Give the text that `guarded` made *cell* of."""
    return cell[1:] if _GUARDED.match(cell) else cell


def header_problem(names: Sequence[str], constants: Container[str] = ()) -> str | None:
    """Say why *names* head no table of records; None if they do, or *constants* make up for it."""
    missing = [name for name in NEEDED if name not in names and name not in constants]
    if missing:
        return f"no column {' and no column '.join(missing)}; found: {_some(names)}"
    twice = sorted({name for name in names if name and names.count(name) > 1})
    return f"twice: {_some(twice)}" if twice else None


def _some(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(name if len(name) <= 40 else f"{name[:37]}..." for name in names[:most])
    return shown + (", ..." if len(names) > most else "") or "nothing"
