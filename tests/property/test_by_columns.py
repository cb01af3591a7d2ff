"""Whatever follows whatever: by columns a table means the same as record by record."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import vssfsm
from vssfsm import fast
from vssfsm.spec.vocabulary import HANDLERS, OUTCOMES, STATE_NUMBERS

polars = pytest.importorskip("polars")

CALLS = (
    *("CreateVssBackupComponents", "InitializeForBackup", "SetBackupState", "StartSnapshotSet"),
    *("GatherWriterMetadata", "PrepareForBackup", "DoSnapshotSet", "BackupComplete", "Release"),
)
_HOSTS, _SESSIONS = st.sampled_from(["a", "b"]), st.sampled_from(["s", "t", "\u00fc"])
_HANDLED = st.fixed_dictionaries(
    {
        "actor": st.just("writer"),
        "host": _HOSTS,
        "session": _SESSIONS,
        "instance": st.sampled_from(["i", "{J}", "j"]),
        "event": st.sampled_from(HANDLERS),
    },
    optional={
        "outcome": st.sampled_from(OUTCOMES),
        "state": st.sampled_from([*STATE_NUMBERS, "77", "odd"]),
        "failure": st.sampled_from(["S_OK", "0x800423F4"]),
        "time": st.integers(0, 3).map(lambda n: f"2026-01-01T00:00:{20 * n:02}Z"),
    },
)
_CALLED = st.fixed_dictionaries(
    {
        "actor": st.just("requester"),
        "host": _HOSTS,
        "session": _SESSIONS,
        "event": st.sampled_from(CALLS),
    },
    optional={
        "hresult": st.sampled_from(["S_OK", "VSS_E_SNAPSHOT_SET_IN_PROGRESS", "E_FAIL"]),
        "process": st.sampled_from(["p", "q"]),
        "time": st.integers(0, 59).map(lambda n: f"2026-01-01T00:00:{n:02}.5Z"),
    },
)


@pytest.mark.long
@pytest.mark.property
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    records=st.lists(_HANDLED | _CALLED | _HANDLED, min_size=1, max_size=30),
    rows=st.sampled_from([3, 1000]),
)
def test_sequences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: list[dict[str, Any]], rows: int
) -> None:
    """Writers and requesters in any order, over several hosts, with any reports and times."""
    from vssfsm.fast import blocks

    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(blocks, "ROWS", rows)
    names = dict.fromkeys(name for record in records for name in record)
    cells = {name: [record.get(name) for record in records] for name in names}
    frame = polars.DataFrame(cells, schema=dict.fromkeys(names, polars.String))
    path = tmp_path / "trace.parquet"
    frame.write_parquet(path)
    assert fast.scan_table(str(path), "parquet", None) is not None
    assert vssfsm.check(path) == vssfsm.check(path, fast=False)
    path = tmp_path / "trace.csv"
    frame.write_csv(path)
    assert fast.scan_table(str(path), "csv", None) is not None
    assert vssfsm.check(path) == vssfsm.check(path, fast=False)
