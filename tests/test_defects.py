"""What fails of ours is told as ours: exit code 4, never a traceback, and never an accusation."""

import json
import os
import subprocess
import sys

import pytest
from test_hostile import BAD, GOOD, ROOT

import vssfsm
from vssfsm import cli
from vssfsm.errors import REPORT_AT, TRACEBACK, TraceFormatError
from vssfsm.monitor import Monitor
from vssfsm.processes import shared

FORMATS = ("text", "json", "sarif", "junit", "github", "html")


@pytest.fixture(autouse=True)
def _caught(monkeypatch):
    """Catch defects here, as users have them; elsewhere they end a test."""
    monkeypatch.delenv(TRACEBACK, raising=False)


@pytest.fixture
def traces(tmp_path):
    """A sound trace, one with an error, and one of a session that the monitor cannot judge."""
    (tmp_path / "good.jsonl").write_text("\n".join(GOOD), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text("\n".join(BAD), encoding="utf-8")
    worse = "\n".join(BAD).replace("srv", "worse\\u001b")
    (tmp_path / "worse.jsonl").write_text(worse, encoding="utf-8")
    return tmp_path


@pytest.fixture
def _broken(monkeypatch):
    """Let the monitor fail at records of one host."""
    feed = Monitor.feed

    def fail(self, record, notes=()):
        if record.host and record.host.startswith("worse"):
            raise KeyError("\x1b[2J\n::error::")
        return feed(self, record, notes)

    monkeypatch.setattr(Monitor, "feed", fail)


@pytest.mark.usefixtures("_broken")
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("more", [(), ("--pieces",), ("--merge",)], ids=" ".join)
def test_a_defect_in_one_input_leaves_the_others(form, more, traces, capsys):
    """The findings of the others are given, where it happened is told, and the exit code is 4."""
    names = ["worse.jsonl"] if more else ["bad.jsonl", "worse.jsonl", "good.jsonl"]
    paths = [str(traces / name) for name in names]
    assert cli.main(["check", *paths, *more, "--output-format", form]) == 4
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    assert line.startswith("vssfsm: a defect of vssfsm: KeyError: ")
    assert line.endswith(f"please report it, with what shows it, at {REPORT_AT}")
    assert ".py:" in line
    assert line.isprintable()
    assert "a defect of vssfsm" in out
    assert ("WTR101" in out or form == "sarif") == (not more or form == "sarif")


@pytest.mark.usefixtures("_broken")
def test_a_defect_is_no_verdict(traces):
    """An input that we failed at is INCONCLUSIVE, with the reason; without it nothing is."""
    run = vssfsm.check(traces / "worse.jsonl", traces / "good.jsonl")
    assert (run.verdict, run.exit_code(), run.exit_code(strict=True)) == ("INCONCLUSIVE", 4, 4)
    assert [one.verdict for one in run.inputs] == ["INCONCLUSIVE", "CONFORMS"]
    assert run.counts["errors"] == 0
    assert run.counts["unread"] == 1
    sound = vssfsm.check(traces / "good.jsonl")
    assert (sound.verdict, sound.exit_code(), sound.defects) == ("CONFORMS", 0, ())


@pytest.mark.usefixtures("_broken")
def test_a_state_that_we_fail_at_is_told(traces, capsys):
    """`--state` tells of a defect as every check does."""
    arguments = ["--state", str(traces / "state"), "--output-format", "html"]
    assert cli.main(["check", str(traces / "worse.jsonl"), *arguments]) == 4
    assert "a defect of vssfsm" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyError("x"), 4, "vssfsm: a defect of vssfsm: KeyError: 'x' (at cli.py:"),
        (RecursionError("deep"), 4, "vssfsm: a defect of vssfsm: RecursionError: deep (at "),
        (MemoryError(), 3, "vssfsm: there is not enough memory for this\n"),
        (PermissionError(13, "no", "a\x1b"), 2, "vssfsm: cannot use a\\x1b: no\n"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_command_ends_in_a_traceback(raised, code, said, traces, capsys, monkeypatch):
    """Whatever is raised where nobody foresaw it is one line, and accuses nobody."""

    def fail(*_, **__):
        raise raised

    monkeypatch.setattr("vssfsm.convert.convert", fail)
    assert cli.main(["convert", str(traces / "good.jsonl")]) == code
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("raised", [MemoryError(), OSError(5, "Input/output error")])
def test_what_a_machine_cannot_do_is_no_defect(raised, traces, monkeypatch):
    """An input for which memory or a disk is missing could not be read; others are judged."""

    def fail(*_, **__):
        raise raised

    monkeypatch.setattr(Monitor, "feed", fail)
    run = vssfsm.check(traces / "good.jsonl")
    assert [item.rule for item in run.findings] == ["INP114"]
    assert (run.exit_code(), run.defects) == (3, ())


@pytest.mark.usefixtures("_broken")
def test_who_mends_it_gets_the_traceback(traces, monkeypatch):
    """Where the environment asks for it, a defect is not caught; so it is in these tests."""
    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(KeyError):
        vssfsm.check(traces / "worse.jsonl")
    with pytest.raises(KeyError):
        cli.main(["check", str(traces / "worse.jsonl")])


# --- streams that are closed ----------------------------------------------------------
needs_shell = pytest.mark.skipif(os.name == "nt", reason="a shell closes streams there otherwise")


@needs_shell
@pytest.mark.parametrize(
    ("arguments", "closed", "code"),
    [
        ("check demo", ">&-", 1),
        ("check demo/clean.jsonl", ">&-", 0),
        ("check demo/clean.jsonl", "<&- >&- 2>&-", 0),
        ("check demo", "<&- >&- 2>&-", 1),
        ("check none.jsonl", "2>&-", 3),
        ("check -", "<&-", 3),
        ("triage -", "<&-", 3),
        ("convert -", "<&-", 3),
        ("convert demo/clean.jsonl --to csv", ">&- 2>&-", 0),
        ("rule", ">&-", 0),
        ("rule NONE", "2>&-", 2),
    ],
)
def test_closed_streams_are_nobody(arguments, closed, code):
    """A service may have no standard streams: the exit code is that of the evidence."""
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m vssfsm {arguments} {closed}', sys.executable],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == code


@needs_shell
def test_closed_input_is_told():
    """Nothing to read is not the same as nothing in it."""
    done = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m vssfsm check - --output-format json <&-', sys.executable],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["rule"], found["path"]) == ("INP114", "-")
    assert "standard input is closed" in found["message"]


def test_a_process_that_is_killed_is_no_defect():
    """What was ended from outside is told, with what to do; nothing is judged without it."""
    with pytest.raises(TraceFormatError, match="--jobs"):
        list(shared(os._exit, [9, 9], 2))
    assert list(shared(abs, [-1, -2, 3], 2)) == [1, 2, 3]
