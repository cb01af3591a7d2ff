"""Where reports go, baselines and settings: pairs, whole files, exit codes, clear refusals."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import vssfsm
from vssfsm import baseline, outputs
from vssfsm.cli import main
from vssfsm.config import schema
from vssfsm.config.settings import KEYS, Settings
from vssfsm.errors import UsageError
from vssfsm.outputs import FILE, FORMAT, Target, plan
from vssfsm.reports.formats import FORMATS

WRITER = {"host": "srv", "session": "s1", "instance": "i1", "actor": "writer"}


def line(event: str, session: str = "s1") -> str:
    """Give one line of a canonical trace."""
    return json.dumps(WRITER | {"session": session, "event": event, "outcome": "ok"})


TRACES = {
    "good.jsonl": [line("PrepareBackup"), line("BackupComplete")],
    "bad.jsonl": [line("PrepareBackup"), line("Thaw")],
    "worse.jsonl": [line(e, s) for s in ("s1", "s2") for e in ("PrepareBackup", "Thaw")],
    "warned.jsonl": [line("PrepareBackup"), line("PrepareBackup"), line("BackupComplete")],
    "owed.jsonl": [line("PrepareBackup")],
    "unread.jsonl": [line("PrepareBackup"), line("BackupComplete"), "no json"],
}
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run `vssfsm check` among the traces: exit code, output, standard error."""
    for name, lines in TRACES.items():
        (tmp_path / name).write_text("".join(f"{text}\n" for text in lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(arguments: str) -> tuple[int, str, str]:
        try:
            code = main(["check", *arguments.split()])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return call


def report(run: Command, arguments: str) -> dict:
    """Check and read the JSON report back; its exit code is under `exit`."""
    code, out, _ = run(f"{arguments} --output-format json")
    return {"exit": code, **json.loads(out)}


# --- pairs -------------------------------------------------------------------
PLANS = {
    "": [("text", "-")],
    "F:json": [("json", "-")],
    "o:a": [("text", "a")],
    "o:-": [("text", "-")],
    "F:json o:a": [("json", "a")],
    "o:a F:json": [("json", "a")],
    "F:sarif o:a F:text": [("sarif", "a"), ("text", "-")],
    "F:text F:sarif o:a": [("text", "-"), ("sarif", "a")],
    "F:json o:a F:text o:b": [("json", "a"), ("text", "b")],
    "F:json F:text o:a o:b": [("json", "a"), ("text", "b")],
    "o:a o:b F:json F:text": [("json", "a"), ("text", "b")],
    "F:json o:a F:json o:b": [("json", "a"), ("json", "b")],
    "F:json o:a F:text o:-": [("json", "a"), ("text", "-")],
}
ODD = {
    "o:a o:b": "more -o than",
    "F:json o:a o:b": "more -o than",
    "F:json F:text": "share standard output",
    "F:json o:- F:text": "share standard output",
    "F:json o:a F:text o:a": "written twice",
    "F:json o:a F:text o:./a": "written twice",
    "o:a F:json F:text": "right behind",
    "F:json F:text F:sarif o:a o:b": "right behind",
}


def options(text: str) -> list[tuple[str, str]]:
    """Read options as the command line gives them."""
    kinds = {"F": FORMAT, "o": FILE}
    return [(kinds[word[0]], word[2:]) for word in text.split()]


@pytest.mark.parametrize("text", PLANS)
def test_formats_and_files_pair(text: str) -> None:
    """As many of both pair in order; else a file belongs to the format right before it."""
    assert plan(options(text), "text") == [Target(*pair) for pair in PLANS[text]]


@pytest.mark.parametrize("text", ODD)
def test_odd_combinations_are_refused(text: str, run: Command) -> None:
    """What cannot be meant is exit code 2 with the reason, and nothing is written."""
    with pytest.raises(UsageError, match=ODD[text]):
        plan(options(text), "text")
    words = text.replace("F:", "--output-format ").replace("o:", "-o ")
    code, out, err = run(f"good.jsonl {words}")
    assert (code, out) == (2, "")
    assert ODD[text] in err
    assert sorted(os.listdir()) == sorted(TRACES)


def test_all_formats_in_one_run(run: Command) -> None:
    """Each file holds what the format prints alone; one goes to standard output."""
    pairs = " ".join(f"--output-format {name} -o out.{name}" for name in FORMATS if name != "text")
    code, out, _ = run(f"bad.jsonl {pairs} --output-format text")
    assert (code, out) == run("bad.jsonl")[:2]
    for name in FORMATS:
        if name != "text":
            alone = run(f"bad.jsonl --output-format {name}")
            assert alone[0] == 1
            assert Path(f"out.{name}").read_bytes().decode() == alone[1]
    assert sorted(os.listdir()) == sorted([*TRACES, *(f"out.{n}" for n in FORMATS if n != "text")])


# --- whole files -------------------------------------------------------------
def test_a_failure_leaves_what_was_there(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """If one report cannot be written, the others stay as they were, and nothing is left."""
    Path("a.json").write_text("old", encoding="utf-8")
    pairs = "--output-format json -o a.json --output-format sarif -o"
    assert run(f"bad.jsonl {pairs} no/such/b.sarif")[0] == 2
    assert run(f"bad.jsonl {pairs} .")[:2] == (2, "")
    assert Path("a.json").read_text("utf-8") == "old"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs.os, "replace", full)
    code, out, err = run("bad.jsonl -o a.json")
    assert (code, out) == (2, "")
    assert "a.json: No space left" in err
    assert Path("a.json").read_text("utf-8") == "old"
    assert sorted(os.listdir()) == sorted([*TRACES, "a.json"])


def test_a_file_is_replaced_and_keeps_its_mode(run: Command) -> None:
    """A report replaces the old one; who may read it stays as it was."""
    Path("a.txt").write_text("old", encoding="utf-8")
    Path("a.txt").chmod(0o640)
    before = Path("a.txt").stat().st_mode
    assert run("bad.jsonl -o a.txt")[0] == 1
    assert Path("a.txt").read_text("utf-8").startswith("bad.jsonl:2")
    assert Path("a.txt").stat().st_mode == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_and_devices_stay(run: Command, tmp_path: Path) -> None:
    """A link stays a link to the written file; a device is written, never replaced."""
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    assert run("bad.jsonl -o link.txt")[0] == 1
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text("utf-8").startswith("bad.jsonl:2")
    assert run(f"bad.jsonl -o {os.devnull}")[0] == 1
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["bad.jsonl", "./bad.jsonl", "vssfsm.toml"])
def test_evidence_and_settings_are_not_overwritten(name: str, run: Command) -> None:
    """A report into a file that the run reads is refused."""
    Path("vssfsm.toml").write_text("strict = false\n", encoding="utf-8")
    before = Path(name).read_bytes()
    code, out, err = run(f"bad.jsonl -o {name}")
    assert (code, out) == (2, "")
    assert "read by this run" in err
    assert Path(name).read_bytes() == before
    assert run(f"good.jsonl --write-baseline {name} bad.jsonl")[0] == 2
    assert Path(name).read_bytes() == before


# --- baseline ----------------------------------------------------------------
def test_a_baseline_accepts_what_is_there(run: Command) -> None:
    """What a baseline covers is not reported, counts as baselined and fails nothing."""
    first = report(run, "worse.jsonl warned.jsonl --write-baseline known.json")
    assert (first["exit"], first["counts"]["errors"], first["counts"]["baselined"]) == (1, 2, 0)
    again = report(run, "worse.jsonl warned.jsonl --baseline known.json")
    assert (again["exit"], again["findings"], again["baseline_unused"]) == (0, [], [])
    counts = again["counts"]
    assert counts["baselined"] == len(first["findings"])
    assert (counts["errors"], counts["warnings"], counts["infos"]) == (0, 0, 0)
    assert counts["sessions_violates"] == 0
    assert counts["records"] == first["counts"]["records"]
    assert "VIOLATES" not in {s["verdict"] for s in (*again["sessions"], *again["inputs"])}


def test_a_baseline_file_is_golden(run: Command) -> None:
    """The file is sorted and versioned, and the same every time."""
    run("worse.jsonl warned.jsonl good.jsonl --write-baseline known.json")
    text = Path("known.json").read_text("utf-8")
    content = json.loads(text)
    assert list(content) == ["version", "findings"]
    assert content["version"] == 1
    order = [(item["rule"], item["fingerprint"]) for item in content["findings"]]
    assert order == sorted(order)
    thaw = next(item for item in content["findings"] if item["rule"] == "WTR101")
    assert thaw | {"fingerprint": ""} == {
        "fingerprint": "",
        "count": 2,
        "rule": "WTR101",
        "name": "thaw-before-freeze",
        "writer": "",
        "event": "Thaw",
    }
    run("good.jsonl warned.jsonl worse.jsonl --write-baseline known.json")
    assert Path("known.json").read_text("utf-8") == text


def test_an_entry_covers_as_many_as_it_counts(run: Command) -> None:
    """A second occurrence of an accepted finding is new; one that is gone is told."""
    run("bad.jsonl --write-baseline known.json")
    worse = report(run, "worse.jsonl --baseline known.json")
    assert (worse["exit"], worse["counts"]["errors"]) == (1, 1)
    assert [s["session"] for s in worse["sessions"] if s["verdict"] == "VIOLATES"] == ["s2"]
    run("worse.jsonl --write-baseline known.json")
    fixed = report(run, "bad.jsonl --baseline known.json")
    assert fixed["exit"] == 0
    assert {i["rule"]: i["count"] for i in fixed["baseline_unused"]}["WTR101"] == 1
    text = run("bad.jsonl --baseline known.json")[1]
    assert "baseline: WTR101 thaw-before-freeze no longer occurs" in text
    assert "left out" in text


def test_the_rest_of_a_session_stays_inconclusive(run: Command) -> None:
    """Accepting an error does not prove what the session still owes."""
    run("owed.jsonl --write-baseline known.json")
    again = report(run, "owed.jsonl --baseline known.json")
    assert (again["exit"], again["verdict"]) == (0, "INCONCLUSIVE")
    assert run("owed.jsonl --baseline known.json --strict")[0] == 1
    run("warned.jsonl --write-baseline known.json")
    assert run("warned.jsonl --strict")[0] == 1
    assert run("warned.jsonl --baseline known.json --strict")[0] == 0


def test_unread_input_is_never_accepted(run: Command) -> None:
    """INP findings are not written to a baseline, and one that names them covers nothing."""
    run("unread.jsonl --write-baseline known.json")
    assert json.loads(Path("known.json").read_text("utf-8"))["findings"] == []
    finding = vssfsm.check("unread.jsonl").findings[0]
    assert finding.rule == "INP101"
    entry = baseline.Accepted(finding.fingerprint, 9, finding.rule)
    Path("known.json").write_text(baseline.text([entry]), encoding="utf-8")
    again = report(run, "unread.jsonl --baseline known.json")
    assert (again["exit"], again["counts"]["warnings"], again["counts"]["baselined"]) == (3, 1, 0)
    assert [item["count"] for item in again["baseline_unused"]] == [9]


def test_a_baseline_is_brought_up_to_date_in_one_run(run: Command) -> None:
    """The same file may be read and written; the first time it may be missing."""
    assert run("bad.jsonl --baseline known.json")[0] == 2
    assert run("bad.jsonl --baseline known.json --write-baseline ./known.json")[0] == 1
    assert run("worse.jsonl --baseline known.json --write-baseline known.json")[0] == 1
    assert run("worse.jsonl --baseline known.json")[0] == 0


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", "no json", "[" * 100_000, '{"version": 2, "findings": []}'),
        *('{"version": 1}', '{"version": 1, "findings": [1]}'),
        '{"version": 1, "findings": [{"fingerprint": 7}]}',
        '{"version": 1, "findings": [{"fingerprint": "a", "count": 0}]}',
        '{"version": 1, "findings": [{"fingerprint": "a", "count": true}]}',
    ],
)
def test_a_broken_baseline_is_told(content: str, run: Command) -> None:
    """A file that is no baseline is exit code 2, naming it."""
    Path("known.json").write_text(content, encoding="utf-8")
    code, out, err = run("bad.jsonl --baseline known.json")
    assert (code, out) == (2, "")
    assert "known.json" in err


# --- settings ----------------------------------------------------------------
#: key -> a value that changes the outcome, the trace, the exit code with and without it
EFFECTS = {
    "select": ('["STS"]', "bad.jsonl", 0, 1),
    "ignore": ('["thaw-before-freeze"]', "bad.jsonl", 0, 1),
    "observation": ('"partial"', "bad.jsonl", 0, 1),
    "release": ('"2019"', "bad.jsonl", 1, 1),
    "strict": ("true", "warned.jsonl", 1, 0),
    "fail-on": ('["writer-failure"]', "failed.jsonl", 1, 0),
    "baseline": ('"known.json"', "bad.jsonl", 0, 1),
    "output-format": ('"json"', "bad.jsonl", 1, 1),
    "columns": ('{Step = "event"}', "steps.csv", 1, 3),
    "constants": ('{actor = "writer"}', "actorless.csv", 1, 3),
}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("name", ["vssfsm.toml", "pyproject.toml"])
def test_every_key_counts(key: str, name: str, run: Command) -> None:
    """Each key does what its option does, in either file, from a directory below."""
    value, trace, code, without = EFFECTS[key]
    failed = WRITER | {"event": "PrepareBackup", "outcome": "veto", "state": 7}
    failed["failure"] = "VSS_E_WRITERERROR_RETRYABLE"
    Path("failed.jsonl").write_text(json.dumps(failed) + "\n", encoding="utf-8")
    Path("steps.csv").write_text("Step,actor\nPrepareBackup,writer\nThaw,writer\n", "utf-8")
    Path("actorless.csv").write_text("event,host\nPrepareBackup,a\nThaw,a\n", "utf-8")
    run("bad.jsonl --write-baseline known.json")
    head = "[tool.vssfsm]\n" if name == "pyproject.toml" else ""
    Path(name).write_text(f"{head}{key} = {value}\n", encoding="utf-8")
    Path("below").mkdir()
    os.chdir("below")
    assert run(f"../{trace}")[0] == code
    assert run(f"../{trace} --no-config")[0] == without
    assert run(f"../{trace} --config ../{name}")[0] == code
    assert run(f"../{trace}")[1].startswith("{") == (key == "output-format")


def test_the_command_line_wins(run: Command) -> None:
    """An option takes the place of its key."""
    Path("vssfsm.toml").write_text(
        'select = ["STS"]\nignore = ["WTR"]\nstrict = true\nobservation = "partial"\n'
        'output-format = "json"\n',
        encoding="utf-8",
    )
    assert run("bad.jsonl --no-strict")[0] == 0
    arguments = "bad.jsonl --select WTR --ignore STS --observation complete"
    code, out, _ = run(f"{arguments} --output-format text")
    assert (code, out.startswith("bad.jsonl:2: error WTR101")) == (1, True)
    assert run("warned.jsonl --select WTR --ignore STS --observation complete")[0] == 1
    assert run("warned.jsonl --select WTR --ignore STS --observation complete --no-strict")[0] == 0


def test_the_nearest_file_counts(run: Command) -> None:
    """The nearest file counts, vssfsm.toml first; a project file without our table does not."""
    Path("vssfsm.toml").write_text("strict = true\n", encoding="utf-8")
    Path("pyproject.toml").write_text("[tool.vssfsm]\nstrict = false\n", encoding="utf-8")
    Path("below").mkdir()
    os.chdir("below")
    assert run("../warned.jsonl")[0] == 1
    for text in ("[project]\n", "[tool.other]\nname = 'vssfsm'\n", "broken ["):
        Path("pyproject.toml").write_text(text, encoding="utf-8")
        assert run("../warned.jsonl")[0] == 1
    Path("pyproject.toml").write_text("tool.vssfsm.strict = false\n", encoding="utf-8")
    assert run("../warned.jsonl")[0] == 0


WRONG = {
    "selct = []": ("'selct'", "did you mean 'select'"),
    "fail_on = []": ("'fail_on'", "did you mean 'fail-on'"),
    "zzz = 1": ("'zzz'", "known: select"),
    "select = 'WTR'": ("select", "list of strings"),
    "select = [1]": ("select", "list of strings"),
    "select = ['XYZ']": ("select", "no rule"),
    "ignore = ['']": ("ignore", "no rule"),
    "strict = 'yes'": ("strict", "true or false"),
    "strict = 1": ("strict", "true or false"),
    "release = 2019": ("release", "a string"),
    "release = '2020'": ("release", "2022"),
    "observation = 'whole'": ("observation", "sampled"),
    "output-format = 'yaml'": ("output-format", "sarif"),
    "fail-on = ['anything']": ("fail-on", "writer-failure"),
    "baseline = true": ("baseline", "a string"),
    "strict = \n": ("no TOML", "(at line"),
    "strict = true\nstrict = true": ("no TOML", "overwrite"),
    '"\\u001b[31m" = 1': ("unknown key", "known:"),
    "\x00": ("no TOML", "(at line"),
    "a = " + "[" * 100_000: ("no TOML", ""),
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
@pytest.mark.parametrize("name", ["vssfsm.toml", "pyproject.toml"])
def test_a_wrong_setting_names_file_and_key(text: str, name: str, run: Command) -> None:
    """A wrong key or value is exit code 2 with the file, the key and what would be right."""
    head = "[tool.vssfsm]\n" if name == "pyproject.toml" else ""
    Path(name).write_text(head + text, encoding="utf-8")
    code, out, err = run("good.jsonl")
    assert (code, out) == (2, "")
    key, hint = WRONG[text]
    assert err.startswith(f"vssfsm: {name}")
    assert key in err
    assert hint in err
    assert "\x1b" not in err
    assert run("good.jsonl --no-config")[0] == 0


def test_configuration_that_is_not_there_is_told(run: Command) -> None:
    """A named file must exist and have our table; two options that contradict are refused."""
    Path("pyproject.toml").write_text("[project]\n", encoding="utf-8")
    for arguments, reason in (
        ("--config none.toml", "none.toml"),
        ("--config pyproject.toml", "no table [tool.vssfsm]"),
        ("--config pyproject.toml --no-config", "not allowed with"),
    ):
        code, out, err = run(f"good.jsonl {arguments}")
        assert (code, out) == (2, "")
        assert reason in err
    Path("pyproject.toml").write_text("[tool]\nvssfsm = 3\n", encoding="utf-8")
    assert "is a table" in run("good.jsonl")[2]
    Path("pyproject.toml").write_bytes(b"[tool.vssfsm]\n# \xff\n")
    assert "no TOML" in run("good.jsonl")[2]


def test_the_python_interface_reads_no_settings(run: Command) -> None:
    """`vssfsm.check` does what its arguments say."""
    Path("vssfsm.toml").write_text('ignore = ["WTR"]\n', encoding="utf-8")
    assert run("bad.jsonl")[0] == 0
    assert vssfsm.check("bad.jsonl").exit_code() == 1


def test_the_schema_is_fresh_and_whole() -> None:
    """The shipped schema is what the keys give; each key is a setting."""
    assert schema.FILE.read_text(encoding="utf-8") == schema.text()
    assert sorted(schema.schema()["properties"]) == sorted(KEYS)
    assert sorted(key.replace("-", "_") for key in KEYS) == sorted(set(Settings._fields) - {"path"})


def test_hostile_paths_in_refusals_are_visible(run: Command) -> None:
    """A refusal shows a hostile name without acting on it."""
    code, out, err = run("good\x1b[31m*.jsonl")
    assert (code, out) == (2, "")
    assert "\\x1b[31m" in err
    assert "\x1b" not in err


def test_help_does_not_load_what_it_does_not_need() -> None:
    """The parser knows formats and settings without loading what renders or reads them."""
    import subprocess

    code = "import sys, vssfsm.cli; vssfsm.cli._parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "vssfsm.reports.formats" in loaded
    assert not loaded & {"vssfsm.run", "vssfsm.reports.text", "vssfsm.config.settings", "tomllib"}
