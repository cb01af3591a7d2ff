"""CSV and Parquet give the same Run by columns as record by record."""

import csv
import json
from pathlib import Path
from typing import Any

import fuzz
import pytest
from tabled import cells_of, write

import vssfsm
from benchmarks.traces import records
from vssfsm import fast
from vssfsm.traces.values import KEYS

polars = pytest.importorskip("polars")

FORMATS = ("csv", "parquet")
_TWO = list(records(200, "backups", hosts=1, faulty=0))
BACKUP = [record for record in _TWO if record["session"] == _TWO[0]["session"]]
WRITERS = list(records(28 * 3, "writers", hosts=1, faulty=0))
TRACES = sorted(fuzz.DATA.glob("**/*.jsonl"))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan however short a trace is."""
    monkeypatch.setattr(fast, "SMALL", 0)


def _scan(path: str, release: str | None = None) -> Any:
    return fast.scan_table(path, path.rpartition(".")[2], release)


def _agree(path: str, release: str | None = None) -> vssfsm.Run:
    run = vssfsm.check(path, release=release, repair=False)
    assert run == vssfsm.check(path, release=release, fast=False, repair=False)
    return run


@pytest.mark.long
@pytest.mark.nightly
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
                path = write(tmp_path, given, name)
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
    """The literal traces under new keys, damaged and interleaved."""
    traces = fuzz.literal_traces()
    wanted = number = 0
    for seed in range(20 * part, 20 * (part + 1)):
        given = fuzz.trace(traces, seed)
        path = write(tmp_path, given, name)
        found = _scan(path)
        wanted += len(found.wanted) if found else len(given)
        number += len(given)
        _agree(path, ("2019", None)[seed % 2])
    assert wanted < 0.97 * number


@pytest.mark.long
@pytest.mark.property
@pytest.mark.parametrize("name", FORMATS)
def test_most_are_scanned(tmp_path: Path, name: str) -> None:
    """Of all that `test_fuzzed` draws: one part of it may have bad luck."""
    traces = fuzz.literal_traces()
    drawn = (write(tmp_path, fuzz.trace(traces, seed), name) for seed in range(80))
    assert sum(_scan(path) is not None for path in drawn) > 40


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shape", ["writers", "backups"])
def test_generated(tmp_path: Path, shape: str, name: str) -> None:
    """Interleaved sessions: the reference sees few of them."""
    given = list(records(2_000, shape, hosts=5, faulty=0.05))
    path = write(tmp_path, given, name)
    run = _agree(path)
    assert len(run.findings) > 5
    assert vssfsm.check(path) == vssfsm.check(path, fast=False)
    found = _scan(path)
    assert found is not None
    assert len(found.wanted) < 0.4 * len(given)


# --- blocks ----------------------------------------------------------------------
def _text(given: list[fuzz.Record], **options: Any) -> list[str]:
    cells = cells_of(given)
    import io

    file = io.StringIO(newline="")
    writer = csv.writer(file, **{"lineterminator": "\n", **options})
    writer.writerow(cells)
    writer.writerows(zip(*cells.values(), strict=True))
    return file.getvalue().splitlines(keepends=True)


def _save(path: Path, lines: list[str]) -> str:
    path = path / "trace.csv"
    path.write_text("".join(lines), encoding="utf-8", newline="")
    return str(path)


GIVEN = [*BACKUP, *WRITERS]


@pytest.mark.parametrize("bytes_", [300, 1 << 12, 1 << 22])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lineterminator": "\r\n"},
        {"quoting": csv.QUOTE_ALL},
        {"delimiter": ";"},
        {"delimiter": "\t", "quoting": csv.QUOTE_NONNUMERIC},
    ],
)
def test_forms_of_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], bytes_: int
) -> None:
    """Whatever parts cells and rows, and wherever a block ends, no block needs our own reader."""
    from vssfsm.fast import blocks

    monkeypatch.setattr(blocks, "BYTES", bytes_)
    slowly = []
    monkeypatch.setattr(blocks._Table, "_slowly", lambda *given: slowly.append(given))
    path = _save(tmp_path, _text(GIVEN, **options))
    found = _scan(path)
    assert found is not None
    assert not slowly
    monkeypatch.undo()
    monkeypatch.setattr(fast, "SMALL", 0)
    _agree(path)


@pytest.mark.parametrize(
    ("at", "old", "new"),
    [
        (5, "\n", "\n\n"),
        (5, "\n", ",\n"),
        (5, "requester", '"requester"'),
        (5, "requester", '"reques"ter"'),
        (5, "requester", '"req"uest"er"'),
        (5, "requester", 'req"uest"er'),
        (5, "requester,", '"requester",'),
        (5, "requester,", '"re\nquester",'),
        (5, "requester,", ","),
        (5, "\n", "\r"),
        (5, "\n", "\r\n"),
        (5, "requester", "request\0er"),
        (5, "requester", "'requester"),
        (5, "host-00000", "'=host"),
        (5, "host-00000", '"host,""0"""'),
        (5, "host-00000", "h\u00f6st \U0001f4be"),
        (5, "host-00000", ""),
        (5, "S_OK", "S_NOTHING"),
        (5, "S_OK", "0"),
        (5, "S_OK", " 0 "),
        (5, "2026-", "2026-2-"),
        (5, "2026-01-", "2026-13-"),
        (5, "Z,", "z,"),
        (5, "Z,", "+02:00,"),
        (5, "Z,", "123456789Z,"),
        (5, "2026-", " 2026-"),
        (5, "2026-", "'2026-"),
        (1, "CreateVss", "Create"),
        (2, "\n", ",x\n"),
        (0, "\n", ",\n"),
        (0, "time,", "time,time,"),
        (0, "process", "other"),
        (0, "event", "ev\u00e9nt"),
    ],
)
def test_bad_cells(tmp_path: Path, at: int, old: str, new: str) -> None:
    """A cell, a row, a block that is odd, or only looks so, means what the reference says."""
    lines = _text(GIVEN)
    assert old in "".join(lines[at:])
    at = next(n for n in range(at, len(lines)) if old in lines[n])
    lines[at] = lines[at].replace(old, new, 1)
    _agree(_save(tmp_path, lines))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "change",
    [
        {"state": "99"},
        {"state": "NOTHING"},
        {"event": "Nothing"},
        {"actor": "nobody"},
        {"actor": None},
        {"thread": "x"},
        {"thread": "7"},
        {"time": "yesterday"},
        {"time": "12"},
        {"ended": "2026-01-01T00:00:00Z"},
        {"ended": "never"},
        {"ended": "5", "time": None},
        {"observation": "partial"},
        {"v": "2"},
        {"args": "{"},
        {"args": '{"count": "x"}'},
        {"session": "'=s"},
        {"host": ""},
        {"session": ""},
        {"session": None},
        {"instance": ""},
        {"source": '{"path": "p", "line": 3, "format": "jsonl"}'},
        {"source": {"line": 3, "notes": [{"rule": "INP104", "message": "state"}]}},
        {"source": {"line": 3, "notes": [{"rule": "INP104", "message": "v"}], "unread": True}},
        {"at": "entry"},
        {"other": "x"},
    ],
)
@pytest.mark.parametrize("at", [3, 20, len(BACKUP) + 30])
def test_bad_records(tmp_path: Path, change: fuzz.Record, at: int, name: str) -> None:
    """One record that is wrong, or unusual, in a call, a handler, a writer alone."""
    given = [dict(record) for record in GIVEN]
    given[at] |= change
    _agree(write(tmp_path, given, name))


def test_one_bad_cell_is_of_its_host(tmp_path: Path) -> None:
    """A record that cannot be read leaves the other hosts alone."""
    given = list(records(600, "writers", hosts=3, faulty=0))
    at = next(n for n, r in enumerate(given) if r["host"] == "host-00001")
    given[at + 30] |= {"state": "NOTHING"}
    path = write(tmp_path, given, "csv")
    found = _scan(path)
    assert found is not None
    assert 100 < len(found.wanted) < 450
    assert _agree(path).counts["unread"] == 1


def test_types_of_parquet(tmp_path: Path) -> None:
    """Times, numbers, structs and categories mean the same as texts."""
    path = write(tmp_path, GIVEN, "parquet")
    frame = polars.read_parquet(path)
    time = polars.col("time").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us")
    frame = frame.with_columns(
        time,
        polars.col("event").cast(polars.Categorical),
        polars.col("args").str.json_decode(polars.Struct({"count": polars.Int64})),
        polars.Series("thread", [7.0, None] * (len(GIVEN) // 2) + [None] * (len(GIVEN) % 2)),
    )
    frame.write_parquet(path, row_group_size=50)
    assert _scan(path) is not None
    run = _agree(path)
    assert not run.counts["unread"]
    frame.with_columns(polars.col("thread") + 0.5).write_parquet(path)
    assert _agree(path).counts["unread"]
    frame.with_columns(session=polars.lit(5), host=polars.lit(1.5)).write_parquet(path)
    _agree(path)


def test_small_blocks_of_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions go on from block to block, and from one sorted part to the next."""
    from vssfsm.fast import blocks, courses

    monkeypatch.setattr(blocks, "ROWS", 17)
    monkeypatch.setattr(courses, "_PART", 50)
    given = list(records(900, "backups", hosts=4, faulty=0.2))
    for name in FORMATS:
        path = write(tmp_path, given, name)
        assert _scan(path) is not None
        assert len(_agree(path).findings) > 5


def test_not_at_all(tmp_path: Path) -> None:
    """No rows, no columns that are needed, no table at all."""
    for lines in (["actor,event\n"], ["actor,event"], ["a,b\n", "1,2\n"], ["\n"], []):
        path = _save(tmp_path, lines)
        assert _scan(path) is None
        _agree(path)
    broken = tmp_path / "trace.parquet"
    broken.write_bytes(b"PAR1 is not enough")
    assert _scan(str(broken)) is None
    _agree(str(broken))


# --- beyond a session ------------------------------------------------------------------
def _subscribed(given: list[fuzz.Record]) -> list[fuzz.Record]:
    names = ("actor", "host", "writer", "writer_id", "instance")
    first = {r["instance"]: {name: r[name] for name in names} for r in given}
    calls: list[fuzz.Record] = []
    for who in first.values():
        calls += [{**who, "event": "Initialize", "hresult": "S_OK"}]
        calls += [{**who, "event": "Subscribe", "hresult": "S_OK"}]
    return calls


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("at", [0, 3, 28, 40, 84])
def test_subscriptions(tmp_path: Path, at: int, name: str) -> None:
    """What writers say of themselves before, within and between sessions."""
    calls = _subscribed(WRITERS)
    path = write(tmp_path, [*WRITERS[:at], *calls, *WRITERS[at:]], name)
    found = _scan(path)
    _agree(path)
    if at == 0:
        assert found is not None
        assert len(found.wanted) == 0
    _agree(write(tmp_path, [*WRITERS[:at], *calls[1:], *WRITERS[at:]], name))


def test_observers(tmp_path: Path) -> None:
    """Reports that others saw belong to no session, whatever they name."""
    seen = {"actor": "observer", "event": "WriterStatus", "host": "host-00000", "instance": "i"}
    reports = [{**seen, "state": 1}, {**seen, "state": 9}, {**seen, "state": 1, "session": "s"}]
    for name in FORMATS:
        path = write(tmp_path, [*WRITERS[:9], *reports, *WRITERS[9:]], name)
        found = _scan(path)
        assert found is not None
        assert len(found.wanted) == 1
        assert _agree(path).counts["failed_writers"] == 0
        assert _agree(write(tmp_path, [*WRITERS, *reports[:2]], name)).counts["failed_writers"] == 1


@pytest.mark.parametrize("seconds", [9, 12, 50, 55, 61])
def test_late(tmp_path: Path, seconds: int) -> None:
    """What is frozen or held for long is in question, also beside a writer that is accused."""
    for given in (BACKUP, WRITERS[:28], [r for n, r in enumerate(WRITERS[:28]) if n != 18]):
        at = next(i for i, r in enumerate(given) if r["event"] == "Thaw")
        late = [
            {
                **r,
                "time": f"2026-01-01T10:{0 if i < at else seconds // 60:02}:"
                f"{0 if i < at else seconds % 60:02}Z",
            }
            for i, r in enumerate(given)
        ]
        for name in FORMATS:
            _agree(write(tmp_path, late, name))


def test_clock_steps_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a block and between two, of text and of numbers."""
    from vssfsm.fast import blocks

    for rows in (10, 1000):
        monkeypatch.setattr(blocks, "ROWS", rows)
        given = [{**r, "time": str(10**18 + n)} for n, r in enumerate(WRITERS)]
        assert not _agree(write(tmp_path, given, "parquet")).findings
        given[70]["time"] = str(10**18 + 60)
        run = _agree(write(tmp_path, given, "parquet"))
        assert {f.rule for f in run.findings} == {"INP110"}


@pytest.mark.parametrize("name", FORMATS)
def test_clocks_of_hosts(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only hosts where a writer's time steps back are for the reference, whatever overlaps."""
    from vssfsm.fast import blocks

    monkeypatch.setattr(blocks, "ROWS", 50)
    alone = [
        {**r, "host": host, "instance": f"{r['instance']}{host}", "session": f"{r['session']}{n}"}
        for n, r in enumerate(WRITERS[:28] * 4)
        for n in [n // 28]
        for host in ("a", "b")
    ]
    both = [{**r, "session": f"{r['session']}{m}"} for r in WRITERS[:28] for m in range(2)]
    both = [{**r, "host": "c", "instance": f"{r['instance']}{r['session'][-1]}"} for r in both]
    given = [*both, *alone, *({**r, "session": f"{r['session']}x"} for r in both)]
    timed = [{**r, "time": f"2026-01-01T00:00:00.{n:03}Z"} for n, r in enumerate(given)]
    found = _scan(write(tmp_path, timed, name))
    assert found is not None
    assert len(found.wanted) == 0
    for at in (20, 75, 100, 200, len(given) - 1):
        late = [dict(r) for r in timed]
        late[at]["time"] = "2026-01-01T00:00:00.000Z"
        run = _agree(write(tmp_path, late, name))
        assert {f.rule for f in run.findings} == {"INP110"}
        found = _scan(write(tmp_path, late, name))
        assert found is not None
        assert len(found.wanted) == sum(r["host"] == late[at]["host"] for r in late)
        late[at]["time"] = None
        assert not _agree(write(tmp_path, late, name)).findings


def test_two_at_work(tmp_path: Path) -> None:
    """Requesters at work on one host at the same time, and one that goes on after its release."""
    other = [{**r, "session": "other"} for r in BACKUP]
    mixed = [r for pair in zip(BACKUP, other, strict=True) for r in pair]
    for given in (mixed, [*BACKUP[:-9], *other], [*BACKUP, *other, BACKUP[-5], *WRITERS]):
        for name in FORMATS:
            _agree(write(tmp_path, [{**r, "time": None} for r in given], name))
    released = next(n for n, r in enumerate(BACKUP) if r["event"] == "Release")
    again = [{**r, "session": "again"} for r in BACKUP]
    given = [*BACKUP[: released + 1], BACKUP[released], *BACKUP[released + 1 :], *other, *again]
    path = write(tmp_path, [{**r, "time": None} for r in given], "csv")
    found = _scan(path)
    assert found is not None
    assert len(found.wanted) == len(BACKUP) + 1
    assert _agree(path).counts["errors"] == 1


def test_failures_ask_for_repetition(tmp_path: Path) -> None:
    """A program whose operation failed for now is followed through its other sessions."""
    failed = [dict(r) for r in BACKUP]
    at = next(n for n, r in enumerate(failed) if r["event"] == "DoSnapshotSet")
    failed[at] |= {"hresult": "VSS_E_FLUSH_WRITES_TIMEOUT"}
    others = [{**r, "session": f"s{n}"} for n in range(3) for r in BACKUP]
    for given in ([*failed, *others], [*failed[: at + 1], *others], [*others, *failed]):
        for name in FORMATS:
            _agree(write(tmp_path, [{**r, "time": None} for r in given], name))


def test_one_name_on_two_hosts(tmp_path: Path) -> None:
    """Sessions of the same name on two hosts, at the same time, are two sessions."""
    given = [
        {**r, "host": host, "instance": f"{r['instance']}{host}"}
        for r in WRITERS[:28]
        for host in ("a", "b")
    ]
    assert not _agree(write(tmp_path, given, "csv")).findings
    del given[20]
    assert _agree(write(tmp_path, given, "csv")).counts["sessions_violates"] == 1


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, CSV is judged record by record."""
    import sys

    path = write(tmp_path, WRITERS, "csv")
    run = vssfsm.check(path)
    monkeypatch.setitem(sys.modules, "polars", None)
    assert _scan(path) is None
    assert vssfsm.check(path) == run


def test_chosen_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short table is not worth it."""
    monkeypatch.undo()
    path = write(tmp_path, WRITERS, "csv")
    monkeypatch.setattr(fast, "scan_table", lambda *_: pytest.fail("it was scanned"))
    vssfsm.check(path)
    path = write(tmp_path, WRITERS * 20, "csv")
    with pytest.raises(pytest.fail.Exception):
        vssfsm.check(path)


@pytest.mark.parametrize("name", FORMATS)
def test_converted(tmp_path: Path, name: str) -> None:
    """What `convert` writes is scanned; findings name the evidence."""
    from vssfsm.convert import convert

    given = list(records(400, "writers", hosts=2, faulty=0.3))
    paths = []
    for part in range(2):
        path = tmp_path / f"{part}.jsonl"
        lines = [json.dumps(record) for record in given[part * 200 : part * 200 + 200]]
        lines[40] = lines[40].replace("STABLE", "NOTHING") if part else lines[40]
        path.write_text("\n".join(lines), encoding="utf-8")
        paths.append(str(path))
    path = tmp_path / f"trace.{name}"
    path.write_bytes(convert(paths[:1], to=name).content)
    found = _scan(str(path))
    assert found is not None
    assert len(found.wanted) < 150
    assert _agree(str(path)).findings[0].origin.startswith(paths[0])
    path.write_bytes(convert(paths, to=name).content)
    _agree(str(path))


@pytest.mark.parametrize("name", FORMATS)
def test_counts_of_rows(tmp_path: Path, name: str) -> None:
    """How often rows are taken needs every record."""
    path = write(tmp_path, WRITERS, name)
    run = vssfsm.check(path, keep_counts=True)
    assert run == vssfsm.check(path, keep_counts=True, fast=False)
    assert run.taken


def test_progress(tmp_path: Path) -> None:
    """Whoever shows how far a check is sees the bytes of the file."""
    from vssfsm.traces.unpack import METER

    for name in FORMATS:
        path = write(tmp_path, WRITERS * 20, name)
        assert _scan(path) is not None
        size = Path(path).stat().st_size
        assert 0.9 * size < METER.taken <= size


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_packed(tmp_path: Path, ending: str) -> None:
    """CSV may be packed; a cut end is for the reference."""
    import gzip

    data = "".join(_text(GIVEN)).encode()
    data = gzip.compress(data) if ending else data
    path = tmp_path / f"trace.csv{ending}"
    path.write_bytes(data)
    assert (fast.scan_table(str(path), "csv", None) is not None) is True
    _agree(str(path))
    path.write_bytes(data[:-9])
    _agree(str(path))


def test_long_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row longer than a block is read; one longer than a line may be is for the reference."""
    from vssfsm.fast import blocks

    monkeypatch.setattr(blocks, "BYTES", 1_000)
    given = [dict(record) for record in GIVEN]
    given[5]["other"] = "x" * 5_000
    assert _scan(write(tmp_path, given, "csv")) is not None
    monkeypatch.setattr(blocks, "LONGEST_LINE", 4_000)
    assert _scan(write(tmp_path, given, "csv")) is None
    lines = _text(GIVEN)
    lines[5] = lines[5].replace("requester", 'request"er')
    assert _scan(_save(tmp_path, lines)) is None
    _agree(_save(tmp_path, lines))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "time", ["9999-12-31T00:00:00Z", "0001-01-01T00:00:00.000Z", "2262-04-11T23:47:16.9Z"]
)
@pytest.mark.parametrize("key", ["time", "ended"])
def test_times_centuries_away(tmp_path: Path, name: str, time: str, key: str) -> None:
    """Dates by which programs say that there is none do not fit into 64 bits: they are read."""
    given = [{**record, key: time} if n > 40 else record for n, record in enumerate(WRITERS)]
    path = write(tmp_path, given, name)
    assert _agree(path).counts["unread"] == 0
    assert _scan(path) is None
    assert _scan(write(tmp_path, WRITERS, name)) is not None


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("centuries", [0, 1, 3, 5.8])
def test_freezes_of_centuries(tmp_path: Path, name: str, centuries: float) -> None:
    """However long a writer was frozen, it is told."""
    given, gap = [], int(centuries * 100 * 365.25 * 86_400) * 10**9
    for n, record in enumerate(WRITERS[:28]):
        after = record["event"] not in ("PrepareBackup", "PrepareSnapshot", "Freeze")
        given.append({**record, "time": gap // 2 * (1 if after else -1) + n})
    path = write(tmp_path, given, name)
    rules = {finding.rule for finding in _agree(path).findings}
    assert _scan(path) is not None
    assert rules == ({"TIM102"} if centuries else set())


@pytest.mark.parametrize("name", ["jsonl", *FORMATS])
def test_levels_tie_writers_together(tmp_path: Path, name: str) -> None:
    """Who froze too early is found by what another one told of its level: no row permits it."""
    given = [dict(record) for record in WRITERS[:28]]
    levels = ("VSS_APP_SYSTEM", "VSS_APP_FRONT_END")
    freezes = [record for record in given if record["event"] == "Freeze"]
    for record, level in zip(freezes, levels, strict=False):
        record["args"] = {"app_level": level}
    run = _agree(write(tmp_path, given, name))
    assert "CPL101" in {item.rule for item in run.findings}
    assert "CPL-FREEZE-FRONT-END" not in run.coverage
