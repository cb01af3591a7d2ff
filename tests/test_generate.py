"""Traces made from the rows: the legal ones conform, the near misses break exactly their rule."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.monitor import Monitor
from vssfsm.spec.catalogue import ROWS, RULES
from vssfsm.spec.rows import INFO
from vssfsm.testing.generate import ROLES, legal, near_miss, text
from vssfsm.testing.generation.near import breakable, way_to, why_not, wrong_steps
from vssfsm.testing.generation.row_steps import WRITER
from vssfsm.traces.canonical import read_mapping

RELEASES = (None, "xp", "2003", "2008", "2019", "11")
#: traces of each role that are judged here, over all releases
COUNT = 120


def judge(records: list[dict[str, object]]) -> tuple[list[vssfsm.Finding], tuple[str, ...]]:
    """Give all findings of a trace, and the doubts that are left."""
    monitor = Monitor()
    findings = [
        found
        for number, record in enumerate(records, 1)
        for found in monitor.feed(*read_mapping(record, number))
    ]
    findings += monitor.close()
    return findings, monitor.doubts


def accused(records: list[dict[str, object]]) -> list[str]:
    """Give the rules that a trace breaks."""
    return [found.rule for found in judge(records)[0] if found.severity != INFO]


# --- legal -------------------------------------------------------------------
@pytest.mark.long
@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("role", ROLES)
def test_legal_traces_conform(role: str, release: str | None) -> None:
    """No error, no warning, nothing owed and nothing unread: complete evidence, CONFORMS."""
    for number in range(COUNT // len(RELEASES)):
        records = legal(role, seed=3, number=number, release=release)
        findings, doubts = judge(records)
        assert [f for f in findings if f.severity != INFO] == [], text(records)
        assert doubts == (), text(records)
        assert {record.get("release") for record in records} == {release}


@pytest.mark.parametrize("role", ROLES)
def test_traces_of_one_input_do_not_meet(role: str, tmp_path: Path) -> None:
    """Traces with other numbers share no key: written into one file they conform, too."""
    path = tmp_path / "all.jsonl"
    path.write_text("".join(text(legal(role, number=n)) for n in range(8)), encoding="utf-8")
    run = vssfsm.check(path)
    assert run.verdict == "CONFORMS"
    assert run.counts["sessions"] >= 8


def test_actors_of_each_role() -> None:
    """A role has the records of its participants, and of nobody else."""
    seen = {
        role: {str(r["actor"]) for n in range(20) for r in legal(role, number=n)} for role in ROLES
    }
    assert seen == {
        "writer": {"writer"},
        "requester": {"requester"},
        "session": {"requester", "writer"},
    }


def test_writers_show_what_writers_can() -> None:
    """Outcomes, codes, restores, backups without a copy, Identify, own calls, interleaving."""
    records = [r for n in range(60) for r in legal(number=n)]
    assert {r.get("outcome") for r in records} >= {"ok", "soft", "veto", "timeout"}
    assert len({r.get("failure") for r in records}) >= 7
    events = {r["event"] for r in records}
    assert events >= {"Identify", "PreRestore", "PostRestore", "Abort", "SetWriterFailure"}
    sessions: dict[object, list[object]] = {}
    for record in records:
        if record["event"] not in ("Identify", "Initialize", "Subscribe", "Unsubscribe"):
            sessions.setdefault(record.get("session"), []).append(record["event"])
    orders = [[e for e in events if e in ("PrepareBackup", "BackupComplete", "Abort", "Freeze")]
              for events in sessions.values()]  # fmt: skip
    assert any(order[:2] == ["PrepareBackup", "BackupComplete"] for order in orders)
    assert any(order.count("Abort") > 1 for order in orders)
    in_turn = [r.get("session") for r in legal(number=3) if r.get("session")]
    assert len(set(in_turn)) > 1
    changes = sum(a != b for a, b in pairwise(in_turn))
    assert changes > len(set(in_turn)) - 1


@pytest.mark.parametrize("role", ROLES)
def test_length_is_about_what_was_asked(role: str) -> None:
    """A longer trace is longer."""
    short, long = (
        sum(len(legal(role, number=n, length=length)) for n in range(10)) for length in (10, 200)
    )
    assert short < 10 * 60
    assert long > 10 * 150


# --- near misses -------------------------------------------------------------
def test_every_rule_can_be_broken_or_says_why_not() -> None:
    """Nothing is left out in silence; only rules about evidence have no step."""
    assert {code for code in RULES if why_not(code)} == {c for c in RULES if c.startswith("INP")}
    assert set(breakable()) == {code for code in RULES if not code.startswith("INP")}


@pytest.mark.parametrize("code", breakable())
def test_near_miss_breaks_its_rule(code: str) -> None:
    """The rule is found, once if it accuses, and nobody is accused of anything else."""
    severities = {row.severity for row in ROWS if row.code == code}
    for number in range(2):
        records = near_miss(code, number=number)
        findings, _ = judge(records)
        mine = [found for found in findings if found.rule == code]
        assert mine, text(records)
        assert {found.severity for found in mine} <= severities
        wanted = [code] if mine[0].severity != INFO else []
        assert accused(records) == wanted, text(records)


@pytest.mark.long
@pytest.mark.parametrize(
    "code", [c for c in RULES if any(row.code == c for row in (*WRITER.rows, *WRITER.unexplained))]
)
def test_every_wrong_step_of_a_writer_is_found(code: str) -> None:
    """Enumerated: each state and each step that breaks the rule there, as the last record."""
    steps = wrong_steps(code)
    assert steps
    records: list[dict[str, object]] = []
    lines = []
    for number, wrong in enumerate(steps):
        keys = {"host": "h", "session": str(number), "instance": "i"}
        before = [step.record for step in way_to(wrong.source, None)]
        records += [record | keys for record in (*before, wrong.step.record)]
        lines.append(len(records))
    found = [item.line for item in judge(records)[0] if item.rule == code]
    assert sorted(found) == lines


def test_names_of_rules_are_taken() -> None:
    """A rule's name stands for its code."""
    assert near_miss("thaw-before-freeze") == near_miss("WTR101")


@pytest.mark.parametrize(
    ("code", "says"),
    [("XYZ999", "no rule has"), ("INP101", "how evidence is read"), ("", "no rule has")],
)
def test_a_rule_that_no_step_breaks(code: str, says: str) -> None:
    """The reason is said."""
    with pytest.raises(UsageError, match=says):
        near_miss(code)


@pytest.mark.parametrize("code", ["REQ313", "STS203", "WTR162", "FLR111", "REQ603"])
def test_a_rule_of_other_releases(code: str) -> None:
    """What only old releases forbid cannot be broken on a new one."""
    assert accused(near_miss(code)) == [code]
    with pytest.raises(UsageError, match="2019"):
        near_miss(code, release="2019")


# --- seeds -------------------------------------------------------------------
@pytest.mark.parametrize("role", ROLES)
def test_seeds_decide(role: str) -> None:
    """The same seed gives the same trace, another one another; a number is like a seed."""
    assert legal(role, seed=5, number=2) == legal(role, seed=5, number=2)
    assert legal(role, seed=5) != legal(role, seed=6)
    assert legal(role, seed=-1) != legal(role, seed=1)
    assert legal(role, number=1) != legal(role, number=2)


def test_what_was_asked_before_changes_nothing() -> None:
    """Near misses do not depend on what was explored for others."""
    alone = near_miss("REQ121", seed=4)
    for code in ("REQ321", "REQ402", "REQ154"):
        near_miss(code, seed=4)
    assert near_miss("REQ121", seed=4) == alone


def run(*arguments: str, **more: str) -> bytes:
    """Run the command line in a new process."""
    command = [sys.executable, "-m", "vssfsm", "generate", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ | more)
    assert done.stderr == b""
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize("what", [("--role", "session"), ("--rule", "REQ204")])
def test_same_bytes_everywhere(what: tuple[str, str]) -> None:
    """Hash seed, locale and time zone change nothing; a longer run begins like a shorter one."""
    first = run(*what, "--count", "3", PYTHONHASHSEED="1", LC_ALL="C")
    again = run(*what, "--count", "3", PYTHONHASHSEED="2", TZ="Asia/Tokyo")
    assert first == again
    assert run(*what, "--count", "4").startswith(first)


# --- the command -------------------------------------------------------------
def test_a_file_for_each_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that ends in a separator is made, and gets a file for each trace."""
    out = tmp_path / "new" / "corpus"
    assert main(["generate", "--rule", "WTR101", "--rule", "WTR113", "--count", "2",
                 "-o", f"{out}{os.sep}"]) == 0  # fmt: skip
    assert [path.name for path in sorted(out.iterdir())] == [
        *("WTR101-0.jsonl", "WTR101-1.jsonl", "WTR113-0.jsonl", "WTR113-1.jsonl"),
    ]
    assert capsys.readouterr().out == ""
    assert main(["check", str(out)]) == 1


def test_one_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another name is a file with all traces, as on standard output."""
    path = tmp_path / "all.jsonl"
    assert main(["generate", "--count", "2", "-o", str(path)]) == 0
    assert main(["generate", "--count", "2"]) == 0
    assert capsys.readouterr().out == path.read_text("utf-8")
    lines = path.read_text("utf-8").splitlines()
    assert {json.loads(line)["actor"] for line in lines} == {"writer"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--count", "0"), "at least 1, not 0"),
        (("--count", "-3"), "at least 1, not -3"),
        (("--length", "0"), "at least one record, not 0"),
        (("--release", "win95"), "unknown release 'win95'"),
        (("--rule", "NOPE"), "no rule has the code or name 'NOPE'"),
        (("--rule", "INP102"), "INP102 is about how evidence is read"),
        (("--rule", "STS203", "--release", "2019"), "breaks STS203 on release 2019"),
        (("-o", os.path.join("nowhere", "x.jsonl")), "cannot write"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be made is said in one line, with exit code 2."""
    assert main(["generate", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.count("\n") == 1


def test_a_closed_pipe_is_no_error() -> None:
    """Who reads only the first line gets it, and no traceback."""
    command = [sys.executable, "-m", "vssfsm", "generate", "--count", "400"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
