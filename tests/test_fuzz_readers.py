"""Readers under fuzz: two thousand inputs for each; `make nightly` takes a hundred thousand."""

import importlib.util
import time

import fuzz_readers
import pytest

from vssfsm.traces.formats import READERS
from vssfsm.traces.reading import Reading

COUNT = 2_000
NEEDS = {"evtx": "evtx", "parquet": "polars"}


@pytest.mark.long
@pytest.mark.parametrize("form", READERS)
def test_whatever_stands_in_an_input_is_read_or_told(form: str) -> None:
    """Damage, splices, other encodings and noise: nothing raises, nothing is accused wrongly."""
    if form in NEEDS and importlib.util.find_spec(NEEDS[form]) is None:
        pytest.skip(f"{NEEDS[form]} is not installed")
    faults = [one for seed in range(COUNT) for one in fuzz_readers.complaints(form, seed)]
    assert faults == []


def test_the_fuzz_reaches_what_readers_do() -> None:
    """Most inputs still hold records, some hold none, and many are told as damaged."""
    for form in ("vssadmin", "status", "eventlog", "backuplog", "sqlwriter"):
        told = sum(
            any(rule.startswith("INP") for rule in fuzz_readers.broken_rules(form, data))
            for data, _ in (fuzz_readers.fuzzed(form, seed) for seed in range(60))
        )
        assert 3 < told < 60, form


def test_a_reader_that_fails_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """What raises, what takes long and what accuses is seen by the fuzz."""

    def fail(_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Reading, "__iter__", fail)
    assert fuzz_readers.complaints("vssadmin", 1) == ["vssadmin 1: KeyError: 'x'"]
    monkeypatch.setattr(fuzz_readers, "broken_rules", lambda *_: {"WTR101": 1, "INP101": 1})
    assert fuzz_readers.complaints("vssadmin", 1) == ["vssadmin 1: WTR101"]
    clock = iter((0.0, 9.0))
    monkeypatch.setattr(fuzz_readers, "broken_rules", lambda *_: {})
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    assert fuzz_readers.complaints("vssadmin", 1) == ["vssadmin 1: took 9.0 s"]
