"""Cases: several sources judged as one, in the order of their times."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Step, mutated_walks, records_of, walks

import vssfsm
from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.reports.html import render as html
from vssfsm.reports.json import render as as_json
from vssfsm.reports.junit import render as junit
from vssfsm.reports.sarif import render as sarif
from vssfsm.reports.text import render
from vssfsm.results import Run
from vssfsm.traces.casefile import load
from vssfsm.traces.merge import Place, blurred, order

NS = 1_000_000_000
KEYS = {"host": "srv1", "session": "s1"}
WRITER = KEYS | {"actor": "writer", "writer": "Mail", "instance": "i"}
#: seconds and state after each event of a whole backup
STEPS = (
    ("PrepareBackup", 2.0, 1),
    ("PrepareSnapshot", 12.0, 2),
    ("Freeze", 13.0, 3),
    ("Thaw", 14.0, 4),
    ("PostSnapshot", 15.0, 5),
    ("BackupComplete", 40.0, 1),
    ("BackupShutdown", 50.0, 1),
)
CALLS = (
    ("CreateVssBackupComponents", 0.0),
    ("InitializeForBackup", 0.1),
    ("SetBackupState", 0.2),
    ("GatherWriterMetadata", 0.3),
    ("StartSnapshotSet", 0.5),
    ("AddToSnapshotSet", 0.6),
    ("PrepareForBackup", 1.0),
    ("GatherWriterStatus", 4.0),
    ("GetWriterStatus", 5.0),
    ("FreeWriterStatus", 5.1),
    ("DoSnapshotSet", 11.0),
    ("GatherWriterStatus", 20.0),
    ("GetWriterStatus", 21.0),
    ("FreeWriterStatus", 21.1),
    ("BackupComplete", 39.0),
    ("GatherWriterStatus", 42.0),
    ("GetWriterStatus", 43.0),
    ("FreeWriterStatus", 43.1),
    ("Release", 49.0),
)


def at(seconds: float) -> int:
    """Give a time in nanoseconds."""
    return 1_772_499_600 * NS + round(seconds * NS)


def write(path: Path, records: list[dict[str, object]]) -> Path:
    """Write a trace."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def writer(shift: float = 0.0) -> list[dict[str, object]]:
    """Give the writer's own log of the backup."""
    return [
        WRITER | {"event": event, "time": at(s + shift), "state": state, "failure": "S_OK"}
        for event, s, state in STEPS
    ]


def calls(second: int = 5) -> list[dict[str, object]]:
    """Give the requester's log; *second* is the state that its second round read."""
    states = iter((1, second, 1))
    status = {"writer": "Mail", "instance": "i", "failure": "S_OK"}
    return [
        KEYS
        | {"actor": "requester", "event": event, "time": at(s)}
        | (status | {"state": next(states)} if event == "GetWriterStatus" else {})
        for event, s in CALLS
    ]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """Give a directory with two sources that contradict one another, and no case.toml."""
    write(tmp_path / "calls.jsonl", calls(second=2))
    write(tmp_path / "writer.jsonl", writer())
    return tmp_path


def told(run: Run) -> list[tuple[str, str, str, int]]:
    """Give (severity, rule, file, line) of errors and warnings."""
    return [
        (f.severity, f.rule, Path(f.path).name, f.line)
        for f in run.findings
        if f.severity != "info"
    ]


CONTRADICTION = [("warning", "CPL301", "calls.jsonl", 13)]


# --- what is merged ----------------------------------------------------------
def test_a_directory_is_judged_trace_by_trace_unless_it_asks(case: Path) -> None:
    """Without a case.toml nothing is merged; with one, even empty, the sources meet."""
    assert told(vssfsm.check(case)) == []
    assert vssfsm.check(case).cases == ()
    (case / "case.toml").write_text("", "utf-8")
    run = vssfsm.check(case)
    assert told(run) == CONTRADICTION
    assert [Path(one.path).name for one in run.inputs] == ["calls.jsonl", "writer.jsonl"]
    assert (run.counts["sessions"], run.counts["records"]) == (1, 26)


def test_inputs_are_merged_on_demand(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--merge` merges what is named; findings keep path and line of their source."""
    files = [str(case / "writer.jsonl"), str(case / "calls.jsonl")]
    assert main(["check", *files, "--no-config"]) == 0
    assert "CPL301" not in capsys.readouterr().out
    assert main(["check", *files, "--merge", "--no-config"]) == 0
    out = capsys.readouterr().out
    assert f"{case / 'calls.jsonl'}:13: warning CPL301" in out
    assert "2 sources merged by time, clocks agree within 1 s" in out


def test_sources_that_agree_are_accused_of_nothing(case: Path) -> None:
    """The right state in the second round leaves nothing to say."""
    write(case / "calls.jsonl", calls())
    run = vssfsm.check(case, merge=True)
    assert (told(run), run.verdict) == ([], "CONFORMS")


def test_a_fact_of_another_source_is_named(tmp_path: Path) -> None:
    """Where the state came from another source, its path stands beside the line."""
    first, second = writer()[:3], writer()[2:4]
    second[0] = second[0] | {"time": at(13.5)}  # frozen again
    files = write(tmp_path / "a.jsonl", first), write(tmp_path / "b.jsonl", second)
    run = vssfsm.check(*files, merge=True, tolerance_s=0, keep_records=True)
    accused = next(f for f in run.findings if f.severity != "info")
    assert (accused.path, accused.line) == (str(files[1]), 1)
    assert (accused.since_path, accused.since_line) == (str(files[0]), 3)
    assert f"sinceFreezeon{files[0]}:3" in "".join(render(run).split())
    assert str(files[0]) in json.loads(as_json(run))["findings"][0]["since_path"]
    assert "a.jsonl" in sarif(run)
    assert "a.jsonl" in html(run)
    assert {Path(str(edit["path"])).name for f in run.findings for edit in f.repair} <= {
        "a.jsonl",
        "b.jsonl",
    }


# --- clocks ------------------------------------------------------------------
def test_a_verdict_that_hangs_on_close_times_says_so(tmp_path: Path) -> None:
    """Within the tolerance it is a note and the verdict is open; beyond it, it is an error."""
    first = [WRITER | {"event": "PrepareBackup", "time": at(0)}]
    first += [WRITER | {"event": "Freeze", "time": at(10.4)}]
    second = [WRITER | {"event": "PrepareSnapshot", "time": at(10.5)}]
    files = write(tmp_path / "a.jsonl", first), write(tmp_path / "b.jsonl", second)
    exact = vssfsm.check(*files, merge=True, tolerance_s=0)
    assert exact.verdict == "VIOLATES"
    assert (told(exact)[0][0], exact.cases[0].hanging) == ("error", 0)
    vague = vssfsm.check(*files, merge=True, tolerance_s=1)
    assert (told(vague), vague.verdict) == ([], "INCONCLUSIVE")
    assert any("hangs on the order of records within 1 s" in f.message for f in vague.findings)
    assert any("on the order of records within 1 s" in text for text in vague.inconclusive)
    assert {one.verdict for one in vague.sessions} == {"INCONCLUSIVE"}


def test_equal_times_have_no_order(tmp_path: Path) -> None:
    """Even with exact clocks, records of one moment may have come in any order."""
    first = [WRITER | {"event": "PrepareBackup", "time": at(0)}]
    second = [WRITER | {"event": "PrepareSnapshot", "time": at(0)}]
    late, early = write(tmp_path / "b.jsonl", second), write(tmp_path / "a.jsonl", first)
    for files in ((early, late), (late, early)):
        run = vssfsm.check(*files, merge=True, tolerance_s=0)
        assert [item for item in told(run) if item[0] == "error"] == []
    assert run.cases[0].hanging == 2  # the likely order is that of the inputs


def test_a_clock_that_is_known_to_be_ahead_is_set_right(case: Path) -> None:
    """A stated difference of clocks moves a source, and with it the verdict."""
    write(case / "calls.jsonl", calls())
    write(case / "writer.jsonl", writer(shift=7.35))
    (case / "case.toml").write_text("tolerance = 0.1", "utf-8")
    assert told(vssfsm.check(case)) != []
    text = 'tolerance = 0.1\n[[source]]\npath = "writer.jsonl"\nahead = 7.35\n'
    (case / "case.toml").write_text(text, "utf-8")
    run = vssfsm.check(case)
    assert (told(run), run.verdict) == ([], "CONFORMS")


def test_a_stated_zone_gives_local_times_their_place(tmp_path: Path) -> None:
    """SQL Server's writer names no zone: without one it is judged apart, with one it is merged."""
    lines = [f"[03/03/2026 02:00:{s:02}, TID 1a] Entering SQL Writer On{event}.\n" for event, s in
             (("PrepareBackup", 2), ("PrepareSnapshot", 12), ("Freeze", 13))]  # fmt: skip
    (tmp_path / "sql.log").write_text("".join(lines), "utf-8")
    write(tmp_path / "calls.jsonl", calls())
    (tmp_path / "case.toml").write_text("", "utf-8")
    run = vssfsm.check(tmp_path)
    assert [Path(path).name for path in run.cases[0].apart] == ["sql.log"]
    assert "sql.log judged apart for want of times" in render(run)
    text = 'host = "srv1"\n[[source]]\npath = "sql.log"\nzone = "+01:00"\nsession = "s1"\n'
    (tmp_path / "case.toml").write_text(text, "utf-8")
    run = vssfsm.check(tmp_path, keep_records=True)
    assert (run.cases[0].apart, len(run.cases[0].merged)) == ((), 2)
    marks = {Path(line.path).name: line.marks for line in run.timelines}
    assert marks["sql.log"][0].time_ns == at(2)
    assert {mark.host for mark in marks["sql.log"]} == {"srv1"}


def test_evidence_without_an_order_needs_no_times(case: Path) -> None:
    """A listing has single moments: it is part of the case, wherever it was taken."""
    (case / "list.txt").write_text(
        "   State: [1] Stable\n   Last error: No error\n\nWriter: 'a'\n   State: [1] Stable\n"
        "   Last error: No error\n",
        "utf-8",
    )
    run = vssfsm.check(case, merge=True)
    assert (len(run.cases[0].merged), run.cases[0].apart) == (3, ())
    assert told(run) == CONTRADICTION


# --- damage ------------------------------------------------------------------
def test_what_cannot_be_read_of_a_source_is_told_there(case: Path) -> None:
    """An unread line is a finding of its source and a hole for the case; exit code 3."""
    with (case / "writer.jsonl").open("a", encoding="utf-8") as file:
        file.write("no json\n")
    (case / "empty.jsonl").write_bytes(b"")
    (case / "strange.bin").write_bytes(b"what is this")
    run = vssfsm.check(case, case / "strange.bin", merge=True)
    assert {(rule, name, line) for _, rule, name, line in told(run) if rule[:3] == "INP"} == {
        ("INP101", "writer.jsonl", 8),
        ("INP108", "empty.jsonl", 1),
        ("INP109", "strange.bin", 1),
    }
    assert run.exit_code() == 3
    assert run.counts["unread"] == 2


def test_a_source_that_is_cut_is_told(case: Path) -> None:
    """A compressed source that ends early is a finding, and the rest is judged."""
    import gzip

    data = gzip.compress((case / "writer.jsonl").read_bytes())
    (case / "writer.jsonl").unlink()
    (case / "writer.jsonl.gz").write_bytes(data[:-12])
    run = vssfsm.check(case, merge=True)
    assert [rule for _, rule, _, _ in told(run) if rule[:3] == "INP"] == ["INP107"]
    assert any("ends in the middle" in text for text in run.inconclusive)


WRONG = {
    "tolerance = -1": "no negative number",
    "tolerance = 'a'": "tolerance is a number of seconds",
    "tolerance = true": "tolerance is a number of seconds",
    "tolerance = 1e9": "tolerance is a number of seconds",
    "tolerance = nan": "tolerance is a number of seconds",
    "hosts = 'a'": "unknown key 'hosts'",
    "host = 7": "host is a string",
    "source = 7": "source is written as",
    "[[source]]\nhost = 'a'": "a source has no path",
    "[[source]]\npath = 'nothing.log'": "there is no file",
    "[[source]]\npath = 'calls.jsonl'\nzone = 'CET'": "zone is an offset",
    "[[source]]\npath = 'calls.jsonl'\nrelease = '2020'": "release is one of",
    "[[source]]\npath = 'calls.jsonl'\nobservation = 'whole'": "observation is one of",
    "[[source]]\npath = 'calls.jsonl'\nname = 'x'": "unknown key 'name'",
    "host = ": "is no TOML",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_wrong_configuration(text: str, case: Path) -> None:
    """File and key are named, and the exit code is 2."""
    (case / "case.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=WRONG[text]) as raised:
        load(str(case))
    assert "case.toml" in str(raised.value)
    assert main(["check", str(case), "--no-config"]) == 2


def test_a_negative_tolerance_is_wrong_usage(case: Path) -> None:
    """So it is on the command line."""
    assert main(["check", str(case), "--merge", "--tolerance", "-1", "--no-config"]) == 2


# --- laws --------------------------------------------------------------------
TIMES = st.lists(st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=5), max_size=3)


@given(times=TIMES, tolerance=st.integers(0, 3), data=st.data())
def test_an_order_holds_every_record_and_keeps_that_of_its_source(
    times: list[list[int | None]], tolerance: int, data: st.DataObject
) -> None:
    """The likely order is a merge of the sources; a blurred one keeps its source as it is."""
    everything = {Place(s, r) for s, one in enumerate(times) for r in range(len(one))}
    places = [step.place for step in order(times)]
    assert len(places) == len(everything)
    assert set(places) == everything
    for number in range(len(times)):
        own = [place.record for place in places if place.source == number]
        assert own == sorted(own)
    if times:
        source = data.draw(st.integers(0, len(times) - 1))
        steps = blurred(times, tolerance, source)
        assert {step.place for step in steps} == everything
        solid = [step.place for step in steps if not step.ghost]
        assert solid == [place for place in places if place in solid]
        assert {Place(source, r) for r in range(len(times[source]))} <= {*solid}


@given(times=TIMES, tolerance=st.integers(0, 3), data=st.data())
def test_a_blurred_order_shows_no_more_than_any_order_that_the_clocks_allow(
    times: list[list[int | None]], tolerance: int, data: st.DataObject
) -> None:
    """What is solid keeps its place in the true order, and every other record has a ghost there."""
    if not times:
        return
    true = drawn_order(times, tolerance, data)
    source = data.draw(st.integers(0, len(times) - 1))
    steps = blurred(times, tolerance, source)
    solid = [step.place for step in steps if not step.ghost]
    assert [place for place in true if place in {*solid}] == solid
    for place in {*true} - {*solid}:
        before = sum(other in {*solid} for other in true[: true.index(place)])
        gaps = [
            sum(not one.ghost for one in steps[:at])
            for at, step in enumerate(steps)
            if step.place == place
        ]
        assert before in gaps


def drawn_order(times: list[list[int | None]], tolerance: int, data: st.DataObject) -> list[Place]:
    """Draw an order in which each record may have been as late as its source's clock allows."""
    shifts = [data.draw(st.integers(0, tolerance)) for _ in times]
    keyed = []
    for number, one in enumerate(times):
        known = [time for time in one if time is not None]
        newest = known[0] if known else 0
        for record, time in enumerate(one):
            newest = newest if time is None else max(newest, time)
            keyed.append((newest + shifts[number], data.draw(st.integers(0, 9)), number, record))
    keyed.sort(key=lambda one: (one[0], one[1]))  # ties between sources are broken at random
    queues = {
        number: [r for _, _, n, r in sorted(keyed, key=lambda one: (one[2], one[3])) if n == number]
        for number in range(len(times))
    }
    return [Place(n, queues[n].pop(0)) for _, _, n, _ in keyed]


@given(records=mutated_walks())
def test_a_single_source_is_judged_as_without_a_case(
    records: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Merging one source changes nothing but the name of the case."""
    path = tmp_path_factory.getbasetemp() / "single.jsonl"
    write(path, records)
    alone, merged = vssfsm.check(path), vssfsm.check(path, merge=True)
    assert [f._replace(repair=()) for f in merged.findings] == [
        f._replace(repair=()) for f in alone.findings
    ]
    assert [
        [{k: v for k, v in edit.items() if k != "path"} for edit in f.repair]
        for f in merged.findings
    ] == [[dict(edit) for edit in f.repair] for f in alone.findings]
    assert (merged.verdict, merged.counts) == (alone.verdict, alone.counts)


@given(records=mutated_walks(), split=st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_trace_in_two_files_is_judged_as_in_one(
    records: list[dict[str, object]],
    split: list[bool],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """With exact clocks and different times, the file that a record stands in does not matter."""
    base = tmp_path_factory.getbasetemp()
    timed = [record | WRITER | {"time": at(number)} for number, record in enumerate(records)]
    halves = [[], []]
    for record, side in zip(timed, split, strict=False):
        halves[side].append(record)
    whole = vssfsm.check(write(base / "whole.jsonl", timed[: len(split)]))
    files = [write(base / f"half-{n}.jsonl", half) for n, half in enumerate(halves) if half]
    if files:
        run = vssfsm.check(*files, merge=True, tolerance_s=0)
        assert sorted((f.rule, f.severity, f.event) for f in run.findings) == sorted(
            (f.rule, f.severity, f.event) for f in whole.findings
        )
        assert run.verdict == whole.verdict


def test_build_servers_see_a_case_once(case: Path) -> None:
    """JUnit has a suite for the case: its doubt, and its sessions with their findings."""
    write(case / "writer.jsonl", [WRITER | {"event": "Thaw", "time": at(0)}, *writer()[1:]])
    run = vssfsm.check(case, merge=True)
    root = ET.fromstring(junit(run))  # noqa: S314 - our own
    suites = {suite.get("name"): suite for suite in root}
    names = {
        name: [c.get("name") for c in suite.iter("testcase")] for name, suite in suites.items()
    }
    assert names[str(case)] == ["case", "session srv1/s1"]
    assert names[str(case / "writer.jsonl")] == ["input"]
    failing = [c.get("name") for c in root.iter("testcase") if c.find("failure") is not None]
    assert failing == ["session srv1/s1"]
    assert root.get("failures") == "1"


@given(
    walk=walks(),
    split=st.lists(st.booleans(), min_size=12, max_size=12),
    gaps=st.lists(st.integers(0, 3), min_size=12, max_size=12),
    off=st.integers(-2, 2),
)
def test_a_legal_backup_in_two_files_with_vague_clocks_is_accused_of_nothing(
    walk: list[Step],
    split: list[bool],
    gaps: list[int],
    off: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whichever clock is off by less than the tolerance, no order is taken for a mistake."""
    base = tmp_path_factory.getbasetemp()
    halves: list[list[dict[str, object]]] = [[], []]
    now = 100
    for record, side, gap in zip(records_of(walk), split, gaps, strict=False):
        now += gap
        halves[side].append(record | WRITER | {"time": at(now + off * side)})
    files = [write(base / f"vague-{n}.jsonl", half) for n, half in enumerate(halves) if half]
    run = vssfsm.check(*files, merge=True, tolerance_s=2)
    wrong = [f for f in run.findings if f.severity != "info" and f.family not in ("TIM", "INP")]
    assert wrong == []


@given(off=st.floats(-2, 2))
def test_clocks_of_both_sides_may_be_off_by_the_tolerance(
    off: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Calls and events of one legal backup agree, however much one clock is off within it."""
    base = tmp_path_factory.getbasetemp()
    files = (
        write(base / "calls-off.jsonl", calls(second=5)),
        write(base / "writer-off.jsonl", writer(shift=off)),
    )
    run = vssfsm.check(*files, merge=True, tolerance_s=2)
    assert told(run) == []


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf"])
def test_a_tolerance_is_looked_at_without_a_case(
    seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What no case can have is refused, whether there is one or not."""
    trace = str(Path(vssfsm.__file__).parents[1] / "demo" / "clean.jsonl")
    assert main(["check", trace, "--tolerance", seconds]) == 2
    assert "--tolerance" in capsys.readouterr().err
    assert main(["check", trace, "--tolerance", "2"]) == 0
