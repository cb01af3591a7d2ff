"""Requesters that stop, or go on much later, beside others of their host: on every path alike."""

from pathlib import Path
from random import Random
from typing import Any

import fuzz
import pieces
import pytest
from tabled import write

import vssfsm
from benchmarks.traces import records
from vssfsm import fast

_GIVEN = list(records(4_000, "backups", hosts=1, faulty=0))
NAMES = list(dict.fromkeys(record["session"] for record in _GIVEN))[:20]
BACKUPS = [[record for record in _GIVEN if record["session"] == name] for name in NAMES]
FORMATS = ("jsonl", "csv", "parquet")


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan however short a trace is."""
    monkeypatch.setattr(fast, "SMALL", 0)


def agree(path: str) -> vssfsm.Run:
    """Read a trace record by record and by scan; the runs are the same."""
    run = vssfsm.check(path, repair=False)
    assert run == vssfsm.check(path, fast=False, repair=False)
    return run


def _wanted(path: str) -> int:
    kind = path.rpartition(".")[2]
    found = fast.scan_file(path, None) if kind == "jsonl" else fast.scan_table(path, kind, None)
    assert found is not None
    return len(list(found.records()))


def _up_to(event: str, backup: list[fuzz.Record]) -> list[fuzz.Record]:
    """Give a backup up to the last record of *event*."""
    at = max(n for n, record in enumerate(backup) if record["event"] == event)
    return backup[: at + 1]


@pytest.mark.parametrize("name", FORMATS)
def test_who_is_at_rest_touches_nobody(tmp_path: Path, name: str) -> None:
    """Who was never released has done his work; only his own records are in question."""
    left = _up_to("FreeWriterStatus", BACKUPS[0])
    path = write(tmp_path, [*left, *(r for one in BACKUPS[1:] for r in one)], name)
    assert [(item.rule, item.session) for item in agree(path).findings] == [("REQ701", NAMES[0])]
    assert _wanted(path) == len(left)


@pytest.mark.parametrize("name", FORMATS)
def test_who_goes_on_after_his_release_comes_to_rest(tmp_path: Path, name: str) -> None:
    """A call too late is a mistake of its session alone."""
    late = [dict(record) for record in BACKUPS[0]]
    at = next(n for n, record in enumerate(late) if record["event"] == "Release")
    early, after = late[at - 1 : at + 1]
    late[at - 1 : at + 1] = [{**after, "time": early["time"]}, {**early, "time": after["time"]}]
    path = write(tmp_path, [*late, *(r for one in BACKUPS[1:] for r in one)], name)
    assert "REQ107" in {item.rule for item in agree(path).findings}
    assert _wanted(path) == len(late)


@pytest.mark.parametrize("name", FORMATS)
def test_who_stopped_in_the_middle_is_in_the_way_once(tmp_path: Path, name: str) -> None:
    """After that the record is believed: his set is in nobody's way."""
    left = _up_to("AddToSnapshotSet", BACKUPS[0])
    path = write(tmp_path, [*left, *(r for one in BACKUPS[1:4] for r in one)], name)
    found = [(item.rule, item.session) for item in agree(path).findings]
    assert found == [("REQ701", NAMES[0]), ("CPL201", NAMES[1])]
    assert _wanted(path) == len(left) + len(BACKUPS[1])


@pytest.mark.parametrize("name", FORMATS)
def test_who_stopped_while_a_call_ran_is_met_by_others(tmp_path: Path, name: str) -> None:
    """Nobody saw the end of his gathering: others gather beside it."""
    at = next(n for n, r in enumerate(BACKUPS[0]) if r.get("of") == "PrepareForBackup")
    left = [*BACKUPS[0][: at + 1], {**BACKUPS[0][at], "event": "AbortBackup", "of": None}]
    gather = next(n for n, r in enumerate(BACKUPS[0]) if r["event"] == "GatherWriterStatus")
    running = BACKUPS[0][: gather + 1]
    for begun, rules in ((left, set()), (running, {"REQ324"})):
        path = write(tmp_path, [*begun, *BACKUPS[1]], name)
        assert rules <= {item.rule for item in agree(path).findings}


@pytest.mark.parametrize("name", FORMATS)
def test_who_died_in_a_call_is_met_until_a_set_is_begun(tmp_path: Path, name: str) -> None:
    """One backup that crashed says nothing about all that follow."""
    calls = [n for n, r in enumerate(BACKUPS[0]) if r["event"] == "DoSnapshotSet"]
    died = BACKUPS[0][: calls[0] + 1]
    path = write(tmp_path, [*died, *(r for one in BACKUPS[1:4] for r in one)], name)
    found = {(item.rule, item.session) for item in agree(path).findings}
    own, others = {"REQ701", "WTR301"}, {"CPL201", "REQ324"}
    assert found == {*((r, NAMES[0]) for r in own), *((r, NAMES[1]) for r in others)}
    assert _wanted(path) == len(died) + len(BACKUPS[1])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("earlier", [False, True])
def test_whose_clock_steps_back(tmp_path: Path, name: str, *, earlier: bool) -> None:
    """It is told of a requester as of a writer; the times of others do not count."""
    given = [dict(record) for one in BACKUPS[:3] for record in one]
    at = next(n for n, record in enumerate(given) if record["event"] == "Freeze")
    calls = [n for n in range(at) if given[n]["actor"] == "requester"]
    given[calls[-1]]["time"] = given[calls[-3 if earlier else -1] - 1]["time"]
    found = agree(write(tmp_path, given, name)).findings
    line = calls[-1] + 1 + (name == "csv")
    assert [(item.rule, item.line) for item in found] == [("INP110", line)] * earlier
    assert _wanted(str(tmp_path / f"trace.{name}")) == len(BACKUPS[0]) * earlier


@pytest.mark.parametrize("name", FORMATS)
def test_times_that_are_missing_step_nowhere(tmp_path: Path, name: str) -> None:
    """Between two times there may be lines without one."""
    given = [dict(record) for record in BACKUPS[0]]
    given[2]["time"] = None
    assert not agree(write(tmp_path, given, name)).findings
    given[3]["time"] = given[0]["time"]
    found = agree(write(tmp_path, given, name)).findings
    assert [(item.rule, item.line) for item in found] == [("INP110", 4 + (name == "csv"))]


def seeds(few: int, many: int) -> list[Any]:
    """Give seeds of which the first ones are for every day."""
    long = pytest.mark.long
    return [*range(few), *(pytest.param(seed, marks=long) for seed in range(few, many))]


def mixed(random: Random) -> list[fuzz.Record]:
    """Give backups of one host that stop somewhere, lose a record, or wait for others."""
    waiting: list[list[fuzz.Record]] = []
    given: list[fuzz.Record] = []
    for backup in random.sample(BACKUPS, 9):
        records = [dict(record) for record in backup]
        if random.random() < 0.4:
            del records[random.randrange(len(records)) :]
        if records and random.random() < 0.3:
            del records[random.randrange(len(records))]
        waiting.append(records)
        while len(waiting) > random.choice((0, 0, 1, 2)):
            one = random.choice(waiting)
            size = random.choice((1, 3, 10, 80))
            if random.random() < 0.03:
                one[0]["time"] = random.choice((None, BACKUPS[0][0]["time"]))
            given += one[:size]
            del one[:size]
            waiting = [each for each in waiting if each]
    return [*given, *(record for one in waiting for record in one)]


@pytest.mark.property
@pytest.mark.parametrize("seed", seeds(6, 24))
def test_at_random(tmp_path: Path, seed: int) -> None:
    """Each way of reading gives the same, and so do pieces."""
    random = Random(seed)
    given = mixed(random)
    runs = [agree(write(tmp_path, given, name)) for name in FORMATS]
    assert len({len(run.findings) for run in runs}) == 1
    pieces.agrees(tmp_path / "trace.jsonl", 3, seed)
