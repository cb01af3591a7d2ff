"""Readers under fuzz: five hundred inputs for each; `make nightly` takes a hundred thousand."""

import importlib.util
import subprocess
import time

import fuzz_readers
import pytest

from vssfsm.traces.formats import READERS
from vssfsm.traces.reading import Reading

COUNT = 500
NEEDS = {"evtx": "evtx", "parquet": "polars"}


@pytest.mark.long
@pytest.mark.parametrize("form", READERS)
def test_whatever_stands_in_an_input_is_read_or_told(form: str) -> None:
    """Damage, splices, other encodings and noise: nothing raises, nothing is accused wrongly."""
    if form in NEEDS and importlib.util.find_spec(NEEDS[form]) is None:
        pytest.skip(f"{NEEDS[form]} is not installed")
    if form == "parquet":
        faults, ended = fuzz_readers.apart(form, range(COUNT))
        assert (faults, ended) == ([], [])
    else:
        faults = [one for seed in range(COUNT) for one in fuzz_readers.complaints(form, seed)]
        assert faults == []


def test_the_fuzz_reaches_what_readers_do() -> None:
    """Some inputs are told as damaged, and not all; a log of lines has lines that nobody knows."""
    for form in ("vssadmin", "status", "eventlog"):
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
    monkeypatch.setattr(time, "process_time", lambda: next(clock))
    assert fuzz_readers.complaints("vssadmin", 1) == ["vssadmin 1: took 9.0 s"]


def test_what_a_library_ends_is_counted_and_the_rest_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The inputs behind one that ends the process are read; another end is a fault."""
    ends = [(-6, "seed 2\nseed 3\n", "memory allocation of 9 bytes failed"), (0, "fault x\n", "")]
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        calls.append(command[2:])
        code, out, err = ends.pop(0)
        return subprocess.CompletedProcess(command, code, out, err)

    monkeypatch.setattr(subprocess, "run", run)
    assert fuzz_readers.apart("parquet", range(2, 9)) == (["x"], [3])
    assert calls == [["parquet", "2", "9"], ["parquet", "4", "9"]]
    ends.append((1, "seed 2\n", "boom"))
    assert fuzz_readers.apart("parquet", range(2, 9)) == (["parquet from 2: boom"], [])
