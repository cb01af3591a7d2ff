"""The command line: exit codes, options, formats, help. The same run, whatever its output."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.reports.formats import FORMATS
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.rows import GRADES

ROOT = Path(vssfsm.__file__).parents[1]
KEYS = {"host": "srv", "session": "s1", "instance": "i1", "actor": "writer"}


def line(event: str, outcome: str = "ok", **more: object) -> str:
    """Give one line of a canonical trace."""
    return json.dumps(KEYS | {"event": event, "outcome": outcome} | more)


TRACES = {
    "good": [line("PrepareBackup"), line("BackupComplete")],
    "error": [line("PrepareBackup"), line("Thaw")],
    "warning": [line("PrepareBackup"), line("PrepareBackup"), line("BackupComplete")],
    "owed": [line("PrepareBackup")],
    "failed": [line("PrepareBackup", "veto", state=7, failure="VSS_E_WRITERERROR_RETRYABLE")],
    "unread": [line("PrepareBackup"), line("BackupComplete"), "no json"],
    "both": [line("PrepareBackup"), line("Thaw"), "no json"],
    "empty": [],
}


@pytest.fixture
def traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with every trace."""
    for name, lines in TRACES.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(f"{text}\n" for text in lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(traces: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line among the traces: exit code, output, standard error."""
    assert traces.is_dir()

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        out, err = capsys.readouterr()
        return code, out, err

    return call


# --- exit codes --------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("good.jsonl", 0),
        ("warning.jsonl", 0),
        ("owed.jsonl", 0),
        ("failed.jsonl", 0),
        ("error.jsonl", 1),
        ("unread.jsonl", 3),
        ("both.jsonl", 1),
        ("empty.jsonl", 3),
        ("missing.jsonl", 3),
        ("good.jsonl --strict", 0),
        ("warning.jsonl --strict", 1),
        ("owed.jsonl --strict", 1),
        ("unread.jsonl --strict", 1),
        ("failed.jsonl --strict", 0),
        ("good.jsonl --fail-on writer-failure", 0),
        ("failed.jsonl --fail-on writer-failure", 1),
        ("good.jsonl error.jsonl", 1),
        ("good.jsonl unread.jsonl", 3),
        ("unread.jsonl error.jsonl", 1),
        ("error.jsonl --ignore WTR", 0),
        ("error.jsonl --ignore WTR101", 0),
        ("error.jsonl --ignore thaw-before-freeze", 0),
        ("error.jsonl --ignore WTR102", 1),
        ("error.jsonl --select WTR101", 1),
        ("error.jsonl --select STS,FLR", 0),
        ("error.jsonl --select WTR --ignore WTR101", 0),
        ("unread.jsonl --ignore INP", 0),
        ("error.jsonl --observation partial", 0),
        ("error.jsonl --observation complete", 1),
        ("error.jsonl --release 2019", 1),
    ],
)
@pytest.mark.parametrize("output", FORMATS)
def test_exit_codes_of_check(arguments: str, code: int, output: str, run: Run) -> None:
    """1 wins over 3; no output format changes the exit code."""
    assert run("check", *arguments.split(), "--output-format", output)[0] == code


@pytest.mark.parametrize(
    "arguments",
    [
        "check good.jsonl --select XYZ101",
        "check good.jsonl --ignore WTR999",
        "check good.jsonl --select WTR,nonsense",
        "check good.jsonl --release 2020",
        "check good.jsonl --observation whole",
        "check good.jsonl --input-format csvx",
        "check good.jsonl --output-format yaml",
        "check good.jsonl --fail-on anything",
        "check good.jsonl --nonsense",
        "check good.jsonl -o a.txt -o b.txt",
        "check good.jsonl -o no/such/directory.txt",
        "check nothing*.jsonl",
        "nonsense",
        "",
    ],
)
def test_wrong_usage_is_told(arguments: str, run: Run) -> None:
    """Wrong usage is exit code 2 with a sentence on standard error, and no report."""
    code, out, err = run(*arguments.split())
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_nothing_on_a_terminal_is_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a path a terminal is not waited for."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    code, out, err = run("check")
    assert (code, out) == (2, "")
    assert "--help" in err


# --- reports -----------------------------------------------------------------
REPORT = {
    "version": int,
    "tool": dict,
    "verdict": str,
    "inconclusive": list,
    "counts": dict,
    "inputs": list,
    "sessions": list,
    "findings": list,
    "baseline_unused": list,
}
COUNTS = (
    *("records", "unread", "sessions", "errors", "warnings", "infos", "failed_writers"),
    *("judged", "not_judged", "skipped"),
    *("sessions_conforms", "sessions_violates", "sessions_inconclusive"),
    *("rules_applied", "rules_not_applicable", "baselined"),
)
INPUT = (
    *("path", "format", "observation", "records", "unread"),
    *("judged", "not_judged", "skipped", "verdict", "inconclusive"),
)
FINDING = {
    "rule": str,
    "name": str,
    "severity": str,
    "message": str,
    "path": str,
    "line": int,
    "since_line": (int, type(None)),
    "host": str,
    "session": str,
    "actor": str,
    "writer": str,
    "instance": str,
    "event": str,
    "states": list,
    "expected": list,
    "blame": str,
    "grade": str,
    "sources": list,
    "repair": list,
    "repair_cost": int,
    "repair_alternatives": int,
    "region": str,
    "since_event": str,
    "fingerprint": str,
}
BLAMES = ("requester", "writer", "provider", "coordinator", "recorder", "unknown")


@pytest.mark.parametrize("name", TRACES)
def test_the_json_report_has_every_key(name: str, run: Run) -> None:
    """Every key of the contract is there with its type, and no value is out of its range."""
    report = json.loads(run("check", f"{name}.jsonl", "--output-format", "json")[1])
    assert {key: type(value) for key, value in report.items()} == REPORT
    assert report["version"] == 1
    assert report["tool"]["name"] == "vssfsm"
    assert set(report["tool"]) == {"name", "version", "spec", "spec_digest"}
    assert report["verdict"] in ("CONFORMS", "VIOLATES", "INCONCLUSIVE")
    assert tuple(report["counts"]) == COUNTS
    assert all(type(number) is int for number in report["counts"].values())
    for item in report["inputs"]:
        assert tuple(item) == INPUT
    for item in report["sessions"]:
        assert {"host", "session", "verdict", "owed"} <= set(item)
        assert item["verdict"] != "CONFORMS"
    for item in report["findings"]:
        assert list(item) == list(FINDING)
        assert all(isinstance(item[key], kind) for key, kind in FINDING.items())
        assert (item["rule"] in RULES, RULES[item["rule"]].name) == (True, item["name"])
        assert item["severity"] in ("error", "warning", "info")
        assert item["blame"] in BLAMES
        assert item["grade"] in GRADES
        assert item["line"] >= 1


def test_counts_and_verdicts(run: Run) -> None:
    """The report counts what it lists, and the run has the worst verdict."""
    verdicts = {
        "good": "CONFORMS",
        "warning": "CONFORMS",
        "failed": "CONFORMS",
        "error": "VIOLATES",
        "both": "VIOLATES",
        "owed": "INCONCLUSIVE",
        "unread": "INCONCLUSIVE",
        "empty": "INCONCLUSIVE",
    }
    for name, verdict in verdicts.items():
        report = json.loads(run("check", f"{name}.jsonl", "--output-format", "json")[1])
        assert (name, report["verdict"]) == (name, verdict)
        assert bool(report["inconclusive"]) == (name in ("owed", "unread", "empty", "both"))
        judged = [i["severity"] for i in report["findings"]]
        assert report["counts"]["errors"] == judged.count("error")
        assert report["counts"]["warnings"] == judged.count("warning")
        assert report["counts"]["infos"] == judged.count("info")
        assert report["counts"]["records"] == len(TRACES[name])
    _, out, _ = run("check", "good.jsonl", "owed.jsonl", "--output-format", "json")
    assert json.loads(out)["verdict"] == "INCONCLUSIVE"


def test_a_finding_says_where_and_what(run: Run) -> None:
    """An error names its rule, its line, where it came from and what was expected."""
    report = json.loads(run("check", "error.jsonl", "--output-format", "json")[1])
    (item,) = [i for i in report["findings"] if i["severity"] == "error"]
    assert (item["rule"], item["name"]) == ("WTR101", "thaw-before-freeze")
    assert (item["path"], item["line"], item["since_line"]) == ("error.jsonl", 2, 1)
    assert (item["host"], item["session"], item["instance"]) == ("srv", "s1", "i1")
    assert (item["event"], item["states"]) == ("Thaw", ["STABLE_prepared"])
    assert "PrepareSnapshot" in item["expected"]


def test_findings_are_sorted_by_input_and_line(run: Run) -> None:
    """Findings stand in the order of the inputs, then of the lines."""
    _, out, _ = run("check", "unread.jsonl", "both.jsonl", "--output-format", "json")
    places = [(i["path"], i["line"]) for i in json.loads(out)["findings"]]
    names = ["unread.jsonl", "both.jsonl"]
    assert places == sorted(places, key=lambda place: (names.index(place[0]), place[1]))


def test_a_fingerprint_holds_no_lines(run: Run, traces: Path) -> None:
    """The same mistake on another line, in another session, has the same fingerprint."""
    text = "\n".join(TRACES["error"]).replace("s1", "s2").replace("srv", "other")
    (traces / "later.jsonl").write_text(f"\n\n{text}\n", "utf-8")
    _, out, _ = run("check", "error.jsonl", "later.jsonl", "--output-format", "json")
    errors = [i for i in json.loads(out)["findings"] if i["severity"] == "error"]
    assert [i["line"] for i in errors] == [2, 4]
    assert errors[0]["fingerprint"] == errors[1]["fingerprint"]
    _, out, _ = run("check", "warning.jsonl", "--output-format", "json")
    assert errors[0]["fingerprint"] not in [i["fingerprint"] for i in json.loads(out)["findings"]]


def test_the_text_report_tells_a_person(run: Run) -> None:
    """The text names place, rule and verdict, and ends with what legality is not."""
    _, out, _ = run("check", "error.jsonl")
    assert out.startswith("error.jsonl:2: error WTR101 thaw-before-freeze\n")
    assert "VIOLATES" in out
    assert out.endswith("legality is not health.\n")
    assert "\x1b" not in out
    assert "1 writer was last seen with a failure" in run("check", "failed.jsonl")[1]


def test_outputs_come_in_pairs(run: Run, traces: Path) -> None:
    """The n-th format goes into the n-th file, one without a file to standard output."""
    pairs = ["--output-format", "json", "-o", "a.json", "--output-format", "text", "-o", "b.txt"]
    code, out, _ = run("check", "error.jsonl", *pairs)
    assert (code, out) == (1, "")
    assert json.loads((traces / "a.json").read_text("utf-8"))["verdict"] == "VIOLATES"
    assert (traces / "b.txt").read_text("utf-8").startswith("error.jsonl:2: error")
    code, out, _ = run("check", "error.jsonl", *pairs[:-2])
    assert (code, out) == (1, (traces / "b.txt").read_text("utf-8"))
    code, out, _ = run("check", "error.jsonl", "-o", "c.txt")
    assert (code, out) == (1, "")
    assert (traces / "c.txt").read_bytes() == (traces / "b.txt").read_bytes()


def test_failed_writers_are_counted_and_legal(run: Run) -> None:
    """Legality is not health: a failed writer conforms, and is counted."""
    report = json.loads(run("check", "failed.jsonl", "--output-format", "json")[1])
    assert (report["counts"]["failed_writers"], report["verdict"]) == (1, "CONFORMS")
    report = json.loads(run("check", "good.jsonl", "--output-format", "json")[1])
    assert report["counts"]["failed_writers"] == 0


# --- help --------------------------------------------------------------------
def commands() -> list[str]:
    """Give the names of all commands, as help lists them."""
    from vssfsm.cli import _parser

    (action,) = [a for a in _parser()._actions if a.metavar == "COMMAND"]
    return sorted(action.choices)


@pytest.mark.parametrize("command", ["", *commands()])
def test_help_shows_an_example_and_exit_codes(command: str, run: Run) -> None:
    """Every command has help with an example and the exit codes."""
    code, out, err = run(*([command] if command else []), "--help")
    assert (code, err) == (0, "")
    assert f"example: vssfsm {command}".rstrip() in out
    assert "exit codes:" in out
    assert all(f"\n  {number}  " in out for number in range(5))


def test_the_promised_commands_exist() -> None:
    """Commands of the contract that are there keep their names."""
    assert {"check", "explain", "rule", "diagram", "lint"} <= set(commands())


def test_the_version_is_the_package_s(run: Run) -> None:
    """`--version` names the tool and its version."""
    assert run("--version")[:2] == (0, f"vssfsm {vssfsm.__version__}\n")


# --- a process of its own ----------------------------------------------------
def process(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess:
    """Run `python -m vssfsm` in the present directory."""
    return subprocess.run(
        [sys.executable, "-m", "vssfsm", *arguments],
        input=stdin,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_the_module_is_the_command(run: Run) -> None:
    """`python -m vssfsm` gives the bytes and the exit code of the command."""
    done = process("check", "error.jsonl")
    code, out, _ = run("check", "error.jsonl")
    assert (done.returncode, done.stdout.decode(), done.stderr) == (code, out, b"")


@pytest.mark.usefixtures("traces")
def test_standard_input_is_an_input() -> None:
    """`-`, and no path at all, read standard input; its path in findings is `-`."""
    stdin = "\n".join(TRACES["error"]).encode()
    for arguments in (("check", "-"), ("check",)):
        done = process(*arguments, "--output-format", "json", stdin=stdin)
        report = json.loads(done.stdout)
        assert (done.returncode, done.stderr) == (1, b"")
        assert {i["path"] for i in report["findings"]} == {"-"}


@pytest.mark.usefixtures("traces")
def test_output_is_bytes_of_utf_8_everywhere() -> None:
    """A console that cannot print a character gets an ASCII one; nothing fails."""
    stdin = line("Thaw", writer="Schreiber Ω").encode()
    for encoding in ("ascii", "cp1252", "utf-8"):
        done = process("check", "-", stdin=stdin, PYTHONIOENCODING=encoding)
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"Schreiber" in done.stdout


@pytest.mark.usefixtures("traces")
def test_a_closed_pipe_is_no_failure() -> None:
    """A reader that goes away early gets no traceback."""
    command = [sys.executable, "-m", "vssfsm", "rule"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as started:
        started.stdout.close()
        assert b"Traceback" not in started.stderr.read()


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminal")
@pytest.mark.usefixtures("traces")
@pytest.mark.parametrize(("no_color", "colored"), [("", True), ("1", False)])
def test_colors_are_for_terminals_only(no_color: str, colored: bool) -> None:  # noqa: FBT001
    """A terminal gets colours, unless NO_COLOR is set."""
    import pty

    ours, theirs = pty.openpty()
    try:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": no_color, "TERM": "xterm"}
        subprocess.run(
            [sys.executable, "-m", "vssfsm", "check", "owed.jsonl"],
            stdout=theirs,
            env=environment,
            check=False,
        )
        assert (b"\x1b[" in os.read(ours, 1 << 16)) == colored
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_could_not_be_read_is_told_whatever_is_selected(tmp_path: Path) -> None:
    """Only who ignores rules about evidence itself is not told by the exit code."""
    path = tmp_path / "t.jsonl"
    record = '{"actor":"observer","event":"WriterStatus","state":"STABLE","failure":"S_OK"}\n'
    path.write_text(f"{record}garbage\n", encoding="utf-8")
    for options, code in (
        ((), 3),
        (("--select", "STS"), 3),
        (("--select", "STS", "--state", str(tmp_path / "state")), 3),
        (("--select", "STS", "--ignore", "INP"), 0),
    ):
        assert main(["check", str(path), *options]) == code
    path.write_text(record, encoding="utf-8")
    assert main(["check", str(path), "--select", "STS"]) == 0
