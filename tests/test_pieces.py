"""Pieces of one evidence, merged in any grouping, give the report of the whole, byte for byte."""

import json
import random
from pathlib import Path

import fuzz
import pieces
import pytest

import vssfsm
from benchmarks.traces import records
from vssfsm.cli import main
from vssfsm.fast import scan as fast_scan
from vssfsm.fleet import judge_summary
from vssfsm.run import options_of
from vssfsm.summary import Settings, condense, merge, scan, summarise
from vssfsm.summary.seen import lines_in
from vssfsm.testing import generate

COUNTS = (1, 2, 7, 64)


@pytest.fixture(params=["patient", "hasty"])
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Close sessions as late as ever, or as soon as they may have ended."""
    if request.param == "hasty":
        monkeypatch.setattr(fast_scan, "_WAITING", -1)
        monkeypatch.setattr(scan, "WAITING", -1_000)
    return str(request.param)


def _write(path: Path, given: list[fuzz.Record]) -> Path:
    path.write_text("".join(f"{json.dumps(r)}\n" for r in given), encoding="utf-8")
    return path


# --- any grouping ------------------------------------------------------------
@pytest.mark.long
@pytest.mark.property
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("shape", ["writers", "backups"])
def test_generated(tmp_path: Path, patience: str, shape: str, count: int) -> None:
    """Interleaved sessions with faults: what is over is closed, also in the middle."""
    given = list(records(1_000, shape, hosts=2, faulty=0.05))
    merged = pieces.agrees(_write(tmp_path / "t.jsonl", given), count, 1)
    assert merged.facts is not None
    assert patience == "patient" or sum(len(host.over) for host in merged.facts.hosts) > 1


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.property
@pytest.mark.parametrize("count", [1, 7])
def test_most_is_closed(tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is bound by open and faulty sessions, not by the length of the trace."""
    monkeypatch.setattr(fast_scan, "_WAITING", 5)
    monkeypatch.setattr(scan, "WAITING", 5)
    for shape in ("writers", "backups"):
        given = list(records(4_000, shape, hosts=2, faulty=0.01))
        merged = pieces.agrees(_write(tmp_path / "t.jsonl", given), count, 2)
        assert merged.facts is not None
        assert len(merged.facts.numbers) < 0.25 * len(given)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.property
@pytest.mark.parametrize("part", range(4))
@pytest.mark.usefixtures("patience")
def test_fuzzed(tmp_path: Path, part: int) -> None:
    """The literal traces under new keys, damaged and interleaved."""
    traces = fuzz.literal_traces()
    for seed in range(8 * part, 8 * (part + 1)):
        path = _write(tmp_path / "t.jsonl", fuzz.trace(traces, seed))
        pieces.agrees(path, COUNTS[seed % 4], seed)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.usefixtures("patience")
def test_values_beside(tmp_path: Path, count: int) -> None:
    """Values that change from line to line are cut out of the lines of a piece one by one."""
    given = [
        {**record, "thread": n, "source": {"path": "a.log", "line": n, "format": "vsstrace"}}
        for n, record in enumerate(records(300, "writers", hosts=2, faulty=0.1))
    ]
    merged = pieces.agrees(_write(tmp_path / "t.jsonl", given), count, 9)
    assert merged.facts is not None


@pytest.mark.property
@pytest.mark.parametrize("count", COUNTS)
def test_damaged(tmp_path: Path, count: int) -> None:
    """Lines that cannot be read, anywhere: pieces, a whole that is scanned, and the reference."""
    chance = random.Random(count)
    lines = [json.dumps(r) for r in records(600, "writers", hosts=2, faulty=0.1, seed=count)]
    for _ in range(4):
        at = chance.randrange(len(lines))
        lines[at] = lines[at][: chance.randrange(1, len(lines[at]))]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    pieces.agrees(path, count, 8)
    assert pieces.report(vssfsm.check(path)) == pieces.report(vssfsm.check(path, fast=False))


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.property
@pytest.mark.parametrize("role", ["writer", "requester", "session"])
@pytest.mark.usefixtures("patience")
def test_walks(tmp_path: Path, role: str) -> None:
    """Walks over the rows, legal ones and near misses, one behind the other, with lost lines."""
    for seed in range(12):
        chance = random.Random(seed)
        given = [
            record
            for number in range(6)
            for record in generate.legal(role, seed=seed, number=number, length=20)
            if chance.random() > 0.02
        ]
        pieces.agrees(_write(tmp_path / "t.jsonl", given), COUNTS[seed % 4], seed)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.property
@pytest.mark.parametrize("part", range(8))
def test_test_data(tmp_path: Path, part: int) -> None:
    """
    All of the test data, whatever its format: a file is what its pieces are.

    Files of literal traces have a fault in every session. Their repairs take most of an hour, and
    are made of findings that are compared here.
    """
    found = [
        path
        for path in sorted(fuzz.DATA.glob("**/*"))
        if path.suffix in {".jsonl", ".txt", ".log", ".csv"}
    ]
    assert len(found) > 400
    for number, path in enumerate(found[part::8]):
        copy = tmp_path / f"whole{path.suffix}"
        copy.write_bytes(path.read_bytes())
        pieces.agrees(copy, COUNTS[number % 4], number, repair=False)


@pytest.mark.long
@pytest.mark.parametrize("count", [2, 7])
@pytest.mark.parametrize(
    "more",
    [
        '{"actor":"writer"',
        '{"actor":"writer","event":"Freeze"}',
        '{"actor":"writer","event":"Freeze","host":"host-00000","session":"s","instance":5}',
        "",
        '{"actor":"observer","event":"WriterStatus","host":"host-00000","instance":"i","state":1}',
        '{"actor":"writer","event":"Initialize","host":"host-00000","instance":"i","outcome":"ok"}',
        '{"actor":"writer","event":"Identify","host":"host-00000","instance":"i","outcome":"ok"}',
    ],
)
def test_one_line(tmp_path: Path, more: str, count: int) -> None:
    """A line that reaches beyond its session, wherever it stands."""
    given = [json.dumps(r) for r in records(300, "backups", hosts=2, faulty=0.1)]
    given[150:150] = [more]
    path = tmp_path / "t.jsonl"
    for text in ("\n".join(given), "\r\n".join([*given, more])):
        path.write_bytes(text.encode())
        pieces.agrees(path, count, 3)


def test_settings_hold(tmp_path: Path) -> None:
    """Release and kind of evidence are those of the pieces."""
    path = _write(tmp_path / "t.jsonl", list(records(500, "writers", hosts=2, faulty=0.1)))
    pieces.agrees(path, 3, 4, release="2019")
    pieces.agrees(path, 3, 5, observation="partial")


# --- what reaches over a border ------------------------------------------------
def _two(tmp_path: Path, first: list[fuzz.Record], second: list[fuzz.Record]) -> vssfsm.Run:
    """Judge two pieces, and compare with the whole."""
    whole = _write(tmp_path / "whole.jsonl", [*first, *second])
    made = [
        summarise(str(_write(tmp_path / f"{n}.jsonl", part)), Settings())
        for n, part in enumerate((first, second))
    ]
    run = judge_summary(merge(made), options_of(), str(whole))
    assert pieces.report(run) == pieces.report(vssfsm.check(whole))
    return run


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_scan, "_WAITING", -1)
    monkeypatch.setattr(scan, "WAITING", -1_000)


@pytest.mark.usefixtures("_hasty")
def test_a_closed_session_comes_again(tmp_path: Path) -> None:
    """A call on an object that was released in an earlier piece is an error all the same."""
    given = list(records(300, "backups", hosts=1, faulty=0))
    again = [{**given[3], "time": given[-1]["time"]}]
    assert not _two(tmp_path, given[:200], given[200:]).counts["errors"]
    assert _two(tmp_path, given, again).counts["errors"]


@pytest.mark.long
@pytest.mark.usefixtures("_hasty")
def test_a_set_is_left_open_over_the_border(tmp_path: Path) -> None:
    """Two requesters at work on one host at once are seen, although one was closed alone."""
    given = list(records(400, "backups", hosts=1, faulty=0))
    first = given[0]["session"]
    own = [r for r in given if r["session"] == first]
    other = [r for r in given if r["session"] != first][:70]
    cut = next(i for i, r in enumerate(own) if r["event"] == "DoSnapshotSet")
    found = _two(tmp_path, own[:cut], [*other, *own[cut:]])
    alone = _two(tmp_path, own, other)
    assert len(found.findings) > len(alone.findings)


@pytest.mark.usefixtures("_hasty")
def test_a_clock_goes_back_over_the_border(tmp_path: Path) -> None:
    """A step of a writer's clock between two pieces is a finding."""
    given = list(records(28 * 4, "writers", hosts=1, faulty=0))
    back = [{**r, "time": "2001" + r["time"][4:]} for r in given[56:]]
    assert not _two(tmp_path, given[:56], given[56:]).findings
    assert _two(tmp_path, given[:56], back).findings


@pytest.mark.usefixtures("_hasty")
def test_a_writer_recovers_in_the_next_piece(tmp_path: Path) -> None:
    """Whoever was last seen with a failure is told by the last piece that says so."""
    given = [dict(r) for r in records(28 * 3, "writers", hosts=1, faulty=0)]
    given[8] |= {"outcome": "veto", "state": 9, "failure": "VSS_E_WRITERERROR_TIMEOUT"}
    failed = given[:12]
    assert _two(tmp_path, failed, given[28:]).counts["failed_writers"] == 0
    assert _two(tmp_path, given[28:], failed).counts["failed_writers"] == 1


# --- files ---------------------------------------------------------------------
def _summaries(tmp_path: Path, count: int) -> tuple[Path, list[str]]:
    whole = _write(tmp_path / "t.jsonl", list(records(400, "writers", hosts=3, faulty=0.4)))
    names = []
    for piece in pieces.cut(whole, count, random.Random(5)):
        names.append(piece.replace(".jsonl", ".sum"))
        assert main(["check", piece, "--summary-out", names[-1]]) == 0
    return whole, names


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Summaries are files; merging some of them first changes nothing."""
    whole, names = _summaries(tmp_path, 4)
    some = str(tmp_path / "some.sum")
    assert main(["merge", *names[1:3], "--summary-out", some]) == 0
    assert capsys.readouterr().out == ""
    code = main(["check", str(whole), "--output-format", "json"])
    want = capsys.readouterr().out
    merge_again = ["merge", names[0], some, names[3], "--output-format", "json"]
    assert main([*merge_again, "--as", str(whole)]) == code == 1
    assert capsys.readouterr().out == want


def test_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name for the whole, findings name the piece and its own line."""
    whole, names = _summaries(tmp_path, 3)
    assert main(["merge", *names, "--output-format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    lines = whole.read_text("utf-8").splitlines()
    known = {item.line: item for item in vssfsm.check(whole).findings}
    texts = {item["path"]: Path(item["path"]).read_text("utf-8").splitlines() for item in found}
    assert len(texts) > 1
    for item in found:
        text = texts[item["path"]][item["line"] - 1]
        assert item["rule"] in {one.rule for n, one in known.items() if lines[n - 1] == text}
    assert main(["check", "--pieces", *(n.replace(".sum", ".jsonl") for n in names)]) == 1


def test_html(tmp_path: Path) -> None:
    """A page that shows the records is that of the whole, under the name of the pieces."""
    whole, names = _summaries(tmp_path, 2)
    page, other = tmp_path / "a.html", tmp_path / "b.html"
    shown = ["--output-format", "html", "-o"]
    assert main(["check", str(whole), *shown, str(page)]) == 1
    assert main(["merge", *names, "--as", str(whole), *shown, str(other)]) == 1
    assert other.read_bytes() == page.read_bytes()
    assert main(["merge", *names, *shown, str(other)]) == 1
    assert "and 1 more" in other.read_text("utf-8")


def test_groups(tmp_path: Path) -> None:
    """The files of a directory follow one another; those of another one stand apart."""
    from vssfsm.fleet import check_pieces

    for host in ("a", "b"):
        (tmp_path / host).mkdir()
        given = list(records(400, "writers", hosts=1, faulty=0.2, seed=ord(host)))
        pieces.cut(_write(tmp_path / host / "t.jsonl", given), 3, random.Random(1))
        (tmp_path / host / "t.jsonl").rename(tmp_path / f"{host}.jsonl")
    run = check_pieces([str(tmp_path / "[ab]")], options_of())
    apart = [vssfsm.check(tmp_path / f"{host}.jsonl") for host in ("a", "b")]
    assert len(run.inputs) == 2
    assert [f.message for f in run.findings] == [f.message for r in apart for f in r.findings]
    assert run.counts["sessions"] == sum(r.counts["sessions"] for r in apart)


def test_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no summary, is of other rows, or was made otherwise, is refused with a reason."""
    whole, names = _summaries(tmp_path, 2)
    data = Path(names[0]).read_bytes()
    head, rest = data.split(b"\n", 1)
    magic, version, rows = head.decode().split()

    def said(content: bytes) -> str:
        Path(names[0]).write_bytes(content)
        assert main(["merge", *names]) == 2
        return capsys.readouterr().err

    assert "is no summary" in said(b"{}\n")
    assert "is no summary" in said(b"")
    for other in (int(version) - 1, int(version) + 1):
        assert f"format {other}" in said(f"{magic} {other} {rows}\n".encode() + rest)
    other_rows = f"{magic} {version} 000000000000\n".encode()
    assert "by the specification 000000000000" in said(other_rows + rest)
    assert "damaged" in said(data[:-20])
    assert main(["merge", str(tmp_path / "none.sum")]) == 2
    assert "none.sum" in capsys.readouterr().err
    assert main(["check", str(whole), "--release", "2019", "--summary-out", names[0]]) == 0
    assert main(["merge", *names]) == 2
    assert "--release" in capsys.readouterr().err
    assert main(["check", str(whole), "--summary-out", str(whole)]) == 2
    assert main(["check", str(whole), "--summary-out", "x", "--pieces"]) == 2
    assert main(["check", str(tmp_path / "none.jsonl"), "--summary-out", "x"]) == 3


def test_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A format without lines cannot be cut into pieces."""
    pytest.importorskip("polars")
    whole, _ = _summaries(tmp_path, 1)
    table = str(tmp_path / "t.parquet")
    assert main(["convert", str(whole), "--to", "parquet", "-o", table]) == 0
    capsys.readouterr()
    assert main(["check", table, "--summary-out", str(tmp_path / "x.sum")]) == 2
    assert "vssfsm convert" in capsys.readouterr().err


_LISTING = """\
vssadmin 1.1 - Volume Shadow Copy Service administrative command-line tool

Writer name: 'System Writer'
   Writer Id: {e8132975-6f93-4464-a53e-1050253ae220}
   Writer Instance Id: {d2a0b0a5-5d7a-4d2e-8a0e-2b8f3f1f6c01}
   State: [1] Stable
   Last error: No error
"""


def _of_formats(tmp_path: Path) -> list[str]:
    """Write a listing, a trace with an error, a table and a log, each with its own format."""
    given = list(records(200, "writers", hosts=2, faulty=0.4))
    listing, trace = tmp_path / "listing.txt", _write(tmp_path / "trace.jsonl", given)
    listing.write_text(_LISTING, encoding="utf-8")
    table = tmp_path / "table.csv"
    assert main(["convert", str(trace), "--to", "csv", "-o", str(table)]) == 0
    log = tmp_path / "bareos.txt"
    log.write_text('VSS Writer (BackupComplete): "W", State: 0x1 (VSS_WS_STABLE)\n', "utf-8")
    return [str(listing), str(trace), str(table), str(log)]


@pytest.mark.parametrize("shown", ["text", "json", "html"])
def test_formats_stay_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str], shown: str) -> None:
    """Pieces of several formats are judged as `check` judges them, in any order and grouping."""
    files = _of_formats(tmp_path)
    for _ in files:
        files.append(files.pop(0))
        sums = [f"{file}.sum" for file in files]
        assert main(["check", *files, "--output-format", shown]) == 1
        want = capsys.readouterr().out
        for file, made in zip(files, sums, strict=True):
            assert main(["check", file, "--summary-out", made]) == 0
        some = str(tmp_path / "some.sum")
        assert main(["merge", *sums[1:3], "--summary-out", some]) == 0
        for given in (["merge", *sums], ["merge", sums[0], some, sums[3]]):
            assert main([*given, "--output-format", shown]) == 1
            assert capsys.readouterr().out == want
        assert main(["check", "--pieces", *files, "--output-format", shown]) == 1
        assert capsys.readouterr().out == want
        assert main(["check", *files, "--summary-out", some]) == 0
        assert main(["merge", some, "--output-format", shown]) == 1
        assert capsys.readouterr().out == want


def test_formats_between_pieces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A listing between two pieces of a trace breaks neither; one name is not enough for both."""
    whole = _write(tmp_path / "t.jsonl", list(records(400, "writers", hosts=2, faulty=0.4)))
    listing = tmp_path / "l.txt"
    listing.write_text(_LISTING, encoding="utf-8")
    first, second = pieces.cut(whole, 2, random.Random(5))
    made = [summarise(str(path), Settings()) for path in (first, listing, second)]
    merged = merge([made[0], merge(made[1:])])
    assert merged.facts is not None
    whole_run = vssfsm.check(whole, listing)
    run = judge_summary(merged, options_of())
    assert run.counts == whole_run.counts
    assert [f.message for f in run.findings] == [f.message for f in whole_run.findings]
    for path in (first, listing):
        assert main(["check", str(path), "--summary-out", f"{path}.sum"]) == 0
    assert main(["merge", f"{first}.sum", f"{listing}.sum", "--as", "x"]) == 2
    assert "several formats" in capsys.readouterr().err


def test_careful_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, odd keys and blank lines are read as ever."""
    monkeypatch.setattr(condense, "CHUNK", 3_000)
    monkeypatch.setattr(condense, "_READ", 1_000)
    lines = [json.dumps(r) for r in records(300, "writers", hosts=2, faulty=0.1)]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    pieces.agrees(path, 2, 6)
    odd = lines[70].replace('{"', '{"new":"x","', 1)
    path.write_text("\n".join([*lines[:100], "", odd, *lines[100:]]) + "\n", "utf-8")
    assert pieces.agrees(path, 2, 6).facts is not None


@pytest.mark.parametrize("key", ["host", "session", "instance", "writer_id", "writer"])
def test_empty_names_are_missing(tmp_path: Path, key: str) -> None:
    """In every piece, as in the whole: no record is lost."""
    keys = {"actor": "writer", "instance": "i", "host": "h", key: ""}
    events = ("PrepareBackup", "PrepareBackup", "Thaw")
    given = [
        {"session": session, **keys, "event": event}
        for session, event in zip("122", events, strict=True)
    ]
    path = _write(tmp_path / "t.jsonl", given)
    for seed in range(4):
        pieces.agrees(path, 2, seed)
    assert vssfsm.check(path).verdict == "VIOLATES"


def test_only_names_are_missing_where_they_are_empty() -> None:
    """A time of 0 is one, whatever is empty beside it."""
    ((number, line),) = lines_in([b'{"host":"","session":"s","writer":"","time":0}'], 5)
    assert (number, line.host, line.session, line.writer, line.time) == (5, None, "s", None, 0)
