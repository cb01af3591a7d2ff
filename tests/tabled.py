"""Records as files that a scan may read: tables, and lines."""

import csv
import json
from pathlib import Path
from typing import Any

import fuzz
import pytest

polars = pytest.importorskip("polars")


def cells_of(given: list[fuzz.Record]) -> dict[str, list[str | None]]:
    """Give columns by name."""
    names = dict.fromkeys(("actor", "event", *(name for record in given for name in record)))
    return {
        name: [_cell(record.get(name)) for record in given] for name in names if "\0" not in name
    }


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def write(path: Path, given: list[fuzz.Record], name: str, **options: Any) -> str:
    """Write records as `jsonl`, or as a table, every cell as text."""
    path = path / f"trace.{name}"
    if name == "jsonl":
        path.write_text("".join(f"{json.dumps(r)}\n" for r in given), encoding="utf-8")
        return str(path)
    cells = cells_of(given)
    if name == "parquet":
        polars.DataFrame(cells, schema=dict.fromkeys(cells, polars.String)).write_parquet(path)
        return str(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, **{"lineterminator": "\n", **options})
        writer.writerow(cells)
        writer.writerows(zip(*cells.values(), strict=True))
    return str(path)
