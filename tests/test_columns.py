"""CSV and Parquet give the same Run by columns as record by record."""

import csv
import json
from pathlib import Path
from typing import Any

import fuzz
import pytest

import vssfsm
from benchmarks.traces import records
from vssfsm import fast
from vssfsm.fast import trace
from vssfsm.traces.canonical import KEYS

polars = pytest.importorskip("polars")

FORMATS = ("csv", "parquet")
_TWO = list(records(200, "backups", hosts=1, faulty=0))
BACKUP = [record for record in _TWO if record["session"] == _TWO[0]["session"]]
WRITERS = list(records(28 * 3, "writers", hosts=1, faulty=0))
TRACES = sorted(fuzz.DATA.glob("**/*.jsonl"))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan however short a trace is."""
    monkeypatch.setattr(trace, "SMALL", 0)


def _cells(given: list[fuzz.Record]) -> dict[str, list[str | None]]:
    names = dict.fromkeys(("actor", "event", *(name for record in given for name in record)))
    return {
        name: [_cell(record.get(name)) for record in given] for name in names if "\0" not in name
    }


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _write(path: Path, given: list[fuzz.Record], name: str, **options: Any) -> str:
    """Write records as a table, every cell as text."""
    path = path / f"trace.{name}"
    cells = _cells(given)
    if name == "parquet":
        polars.DataFrame(cells, schema=dict.fromkeys(cells, polars.String)).write_parquet(path)
        return str(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, **{"lineterminator": "\n", **options})
        writer.writerow(cells)
        writer.writerows(zip(*cells.values(), strict=True))
    return str(path)


def _scan(path: str, release: str | None = None) -> Any:
    return fast.scan_table(path, path.rpartition(".")[2], release)


def _agree(path: str, release: str | None = None) -> vssfsm.Run:
    run = vssfsm.check(path, release=release, repair=False)
    assert run == vssfsm.check(path, release=release, fast=False, repair=False)
    return run


@pytest.mark.long
def test_test_data(tmp_path: Path) -> None:
    """Every trace of the test data that tables can hold."""
    scanned = 0
    for source in TRACES:
        given = []
        for text in source.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                record = json.loads(text)
            except ValueError:
                continue
            if isinstance(record, dict):
                given.append({k: v for k, v in record.items() if k in KEYS})
        for name in FORMATS:
            try:
                path = _write(tmp_path, given, name)
            except UnicodeEncodeError:
                continue  # half a pair of surrogates
            scanned += _scan(path) is not None
            _agree(path)
    assert scanned > 40


@pytest.mark.long
@pytest.mark.property
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("part", range(4))
def test_fuzzed(tmp_path: Path, part: int, name: str) -> None:
    """The literal traces under new keys, damaged and interleaved; most of them are scanned."""
    traces = fuzz.literal_traces()
    scanned = wanted = number = 0
    for seed in range(20 * part, 20 * (part + 1)):
        given = fuzz.trace(traces, seed)
        path = _write(tmp_path, given, name)
        found = _scan(path)
        scanned += found is not None
        wanted += len(found.wanted) if found else len(given)
        number += len(given)
        _agree(path, ("2019", None)[seed % 2])
    assert scanned > 10
    assert wanted < 0.97 * number


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shape", ["writers", "backups"])
def test_generated(tmp_path: Path, shape: str, name: str) -> None:
    """Interleaved sessions: the reference sees few of them."""
    given = list(records(2_000, shape, hosts=5, faulty=0.05))
    path = _write(tmp_path, given, name)
    run = _agree(path)
    assert len(run.findings) > 5
    assert vssfsm.check(path) == vssfsm.check(path, fast=False)
    found = _scan(path)
    assert found is not None
    assert len(found.wanted) < 0.4 * len(given)
