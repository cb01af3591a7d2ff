"""What reaches beyond a session, or beside it, tells sessions apart as in the reference."""

import csv
import json
from pathlib import Path

import pytest

import vssfsm
from benchmarks.traces import records
from vssfsm import fast

Record = dict[str, object]
_NS = 10**9
WRITER = {"actor": "writer", "host": "h", "instance": "i"}
EVENTS = [dict(r) for r in records(28, "writers", hosts=1, faulty=0) if r["writer"] == "WMI Writer"]
_TWO = list(records(200, "backups", hosts=1, faulty=0))
BACKUP = [record for record in _TWO if record["session"] == _TWO[0]["session"]]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan however short a trace is."""
    monkeypatch.setattr(fast, "SMALL", 0)


def _agree(path: Path, given: list[Record]) -> vssfsm.Run:
    path.write_text("".join(f"{json.dumps(r)}\n" for r in given), encoding="utf-8")
    return _both(path)


def _session(name: str, **more: object) -> list[Record]:
    """Give a session of one writer."""
    return [{**r, "session": name, "time": None, **WRITER, **more} for r in EVENTS]


def _sessions(count: int, host: str) -> list[Record]:
    return [record for n in range(count) for record in _session(f"{host}-{n}", host=host)]


@pytest.mark.parametrize("again", [True, False])
def test_subscription_that_ended_long_ago(tmp_path: Path, *, again: bool) -> None:
    """A session of a writer that unsubscribed is not like those before, though its lines are."""
    begins: list[Record] = [
        {**WRITER, "event": "Initialize", "args": {"timeout_ms": 90_000}},
        {**WRITER, "event": "Subscribe"},
    ]
    ends: list[Record] = [{**WRITER, "event": "Unsubscribe"}]
    between = _sessions(80, "other")  # by then the first ones are over
    given = [*begins, *_session("a"), *between, *ends, *(begins if again else []), *_session("b")]
    found = {(f.rule, f.session) for f in _agree(tmp_path / "t.jsonl", given).findings}
    assert found == (set() if again else {("FLR205", "b")})


@pytest.mark.parametrize("lines", [("entry", "return"), ("entry", "return") * 2, ("return",)])
@pytest.mark.parametrize("first", [True, False])
def test_identify_in_two_lines(tmp_path: Path, lines: tuple[str, ...], *, first: bool) -> None:
    """Two lines of one handler without a session count once."""
    told: list[Record] = [
        {**WRITER, "event": "Identify", "outcome": "ok", "at": at} for at in lines
    ]
    given = [*told, *_session("a")] if first else [*_session("a"), *told]
    run = _agree(tmp_path / "t.jsonl", given)
    assert run.counts["judged"] == len(given) - len(lines) // 2


@pytest.mark.parametrize(
    ("ended", "thaw", "late"),
    [(-60, 1, False), (0, 1, False), (5, 14, False), (0, 14, True), (-60, 14, True)],
)
def test_end_of_a_freeze(tmp_path: Path, ended: int, thaw: int, *, late: bool) -> None:
    """How long writes are held counts from the end of a Freeze, but not from before its start."""
    given: list[Record] = []
    for n in range(4):
        start = 10**18 + n * 1_000 * _NS
        for record in BACKUP:
            more = {"time": start, "session": f"s{n}", "process": None}
            if record["event"] == "Freeze":
                more["ended"] = start + ended * _NS
            elif record["event"] == "Thaw":
                more["time"] = start = start + (0 if given[-1]["event"] == "Thaw" else thaw * _NS)
            given.append({**record, **more})
    rules = {f.rule for f in _agree(tmp_path / "t.jsonl", given).findings}
    assert rules == ({"TIM105"} if late else set())


def test_braces_around_nothing(tmp_path: Path) -> None:
    """An instance that is no more than its braces is one, so a record without one lacks it."""
    path = tmp_path / "t.jsonl"
    named = {"writer": "W", "writer_id": "c"}
    braces = _session("a", instance="{}", **named)
    assert _agree(path, [*braces, *_session("b", instance="{}", **named)]).verdict == "CONFORMS"
    run = _agree(path, [*braces, *_session("b", instance=None, **named)])
    assert run.verdict == "INCONCLUSIVE"
    assert fast.scan_file(str(path), None) is None
    assert _agree(path, _session("a", instance="{i}", **named)).verdict == "CONFORMS"
    assert fast.scan_file(str(path), None) is not None


@pytest.mark.parametrize("name", ["a-0", "a-7", "b"])
def test_hole_in_a_session_that_is_over(tmp_path: Path, name: str) -> None:
    """A line that cannot be read says less of its session, however long that has been over."""
    hole: Record = {"actor": "writer", "event": "No", "host": "a", "session": name}
    given = [*_sessions(80, "a"), hole, *_session("c", host="a")]
    run = _agree(tmp_path / "t.jsonl", given)
    told = [one.session for one in run.sessions if one.verdict != "CONFORMS"]
    assert told == ([] if name == "b" else [name])


@pytest.mark.parametrize("count", [100, 101, 150])
def test_many_holes(tmp_path: Path, count: int) -> None:
    """The rest of the lines that cannot be read is told at the last of them."""
    holes: list[Record] = [{"actor": "observer", "event": "No", "host": "a"}] * count
    given = [*_session("a"), *holes, *_session("b"), *_session("c")]
    rest = [f.line for f in _agree(tmp_path / "t.jsonl", given).findings if "after" in f.message]
    assert rest == ([7 + count] if count > 100 else [])


@pytest.mark.parametrize("depth", [499, 500, 950, *range(960, 1_000, 4), 5_000])
def test_deep_lines(tmp_path: Path, depth: int) -> None:
    """How deep a line may be nested does not depend on who reads it."""
    path = tmp_path / "t.jsonl"
    lines = [json.dumps(r)[:-1] for n in range(3) for r in _session(f"s{n}")]
    lines[9] += ', "x": ' + "[" * depth + "]" * depth
    path.write_text("".join(f"{line}}}\n" for line in lines), encoding="utf-8")
    run = vssfsm.check(path)
    assert run == vssfsm.check(path, fast=False)
    assert run.counts["unread"] == (depth >= 500)  # the record is an object itself


@pytest.mark.parametrize("count", [100, 1_001])
@pytest.mark.parametrize("key", ["host", "session"])
def test_holes_of_many(tmp_path: Path, count: int, key: str) -> None:
    """So many lines of others that cannot be read may be anybody's."""
    hole = {**WRITER, "session": "z", "event": "No"}
    holes: list[Record] = [{**hole, key: f"z{n}"} for n in range(count)]
    given = [*_session("a"), *holes, *_session("b")]
    run = _agree(tmp_path / "t.jsonl", given)
    told = [one.session for one in run.sessions if one.verdict != "CONFORMS"]
    assert told == (["a", "b"] if count > 1_000 else [])
    path = tmp_path / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*given[0]])
        writer.writeheader()
        writer.writerows(given)
    assert run.sessions == tuple(s._replace(path=run.inputs[0].path) for s in _both(path).sessions)


def _both(path: Path) -> vssfsm.Run:
    run = vssfsm.check(path, repair=False)
    assert run == vssfsm.check(path, repair=False, fast=False)
    return run


def _rounds(name: str, first: list[int], second: list[int]) -> list[Record]:
    """Give a backup that reads the status of two instances of one class twice, in these orders."""
    given, orders = [], iter((first, second))
    for record in BACKUP:
        if record["actor"] == "writer" or record["event"] == "GetWriterStatus":
            continue
        new = {**record, "session": name, "time": None, "process": None}
        if record["event"] == "GetWriterStatusCount":
            new["args"] = {"count": 2}
        given.append(new)
        if record["event"] == "FreeWriterMetadata":
            given[-1:-1] = [_read(new, "GetWriterMetadata", n) for n in range(2)]
        if record["event"] == "GetWriterStatusCount":
            given += [_read(new, "GetWriterStatus", n) for n in next(orders, (0, 1))]
    return given


def _read(call: Record, event: str, number: int) -> Record:
    who = {"writer": "W", "writer_id": "c", "instance": f"i{number}"}
    return {**call, **who, "event": event, "args": {"index": number}}


def test_order_of_a_round(tmp_path: Path) -> None:
    """Instances of one class may be read in any order; one that was not there before is told."""
    orders = [[0, 1], [1, 0]]
    given = [
        record for n in range(8) for record in _rounds(f"s{n}", orders[n % 2], orders[n // 2 % 2])
    ]
    assert not _agree(tmp_path / "t.jsonl", given).findings
    last = [at for at, r in enumerate(given) if r.get("instance")][-1]
    given[last]["instance"] = "i7"
    rules = [(f.rule, f.session) for f in _agree(tmp_path / "t.jsonl", given).findings]
    assert rules == [("REQ339", "s7")]
