"""Readers of other packages, and what columns of other programs stand for."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.config.settings import load
from vssfsm.errors import UsageError
from vssfsm.traces.columns import columns_of
from vssfsm.traces.plugins import GROUP, names

PAGE = Path(vssfsm.__file__).parents[1] / "docs" / "evidence" / "plugins.md"
#: what the page shows to copy: a reader and its test
TEMPLATE, ITS_TEST = re.findall(r"```py\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Give a function that installs a package with one reader named `example`."""
    site = tmp_path / "site"

    def make(source: str, name: str = "example") -> Path:
        (site / f"{name}_reader-1.dist-info").mkdir(parents=True)
        (site / f"{name}_reader-1.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}-reader\nVersion: 1\n", "utf-8"
        )
        (site / f"{name}_reader-1.dist-info" / "entry_points.txt").write_text(
            f"[vssfsm.readers]\n{name} = {name}_reader\n", "utf-8"
        )
        (site / f"{name}_reader.py").write_text(source, "utf-8")
        return site

    monkeypatch.syspath_prepend(str(site))
    yield make
    for name in [name for name in sys.modules if name.endswith("_reader")]:
        del sys.modules[name]


def log(tmp_path: Path, text: str = "#example 1\nhello\nfrozen Mail\n") -> Path:
    """Write a log of the example."""
    path = tmp_path / "a.log"
    path.write_text(text, "utf-8")
    return path


def test_the_template_is_read_by_name_and_by_content(install, tmp_path: Path) -> None:
    """The entry point is the format; records carry its lines and its kind of evidence."""
    install(TEMPLATE)
    assert "example" in names()
    path = log(tmp_path)
    for wanted in ("example", "auto"):
        run = vssfsm.check(path, input_format=wanted)
        (item,) = run.inputs
        assert (item.format, item.observation, item.records) == ("example", "partial", 1)
        assert run.exit_code() == 0


@pytest.mark.parametrize("change", [("3", "3"), ("text[7:]", "text[6:]"), ("frozen ", "hello")])
def test_the_template_has_a_test_that_can_fail(
    install, tmp_path: Path, change: tuple[str, str]
) -> None:
    """It passes for the reader of the page, and not for one that is off by a letter."""
    install(TEMPLATE.replace(*change))
    tests: dict[str, object] = {}
    exec(compile(ITS_TEST, "test_example.py", "exec"), tests)  # noqa: S102 - our own page
    exact, cut = tests["test_the_sample_is_read_exactly"], tests["test_cut_samples_accuse_nobody"]
    if change[0] == change[1]:
        exact()  # type: ignore[operator]
        cut(tmp_path)  # type: ignore[operator]
    else:
        with pytest.raises(AssertionError):
            exact()  # type: ignore[operator]


def test_the_page_shows_what_a_package_declares() -> None:
    """The group of entry points on the page is the one that is looked for."""
    assert f'[project.entry-points."{GROUP}"]' in PAGE.read_text("utf-8")


def test_records_of_a_reader_are_converted(install, tmp_path: Path, capsys) -> None:
    """`convert` writes what the reader gave, with its origin."""
    install(TEMPLATE)
    assert main(["convert", str(log(tmp_path)), "--no-config"]) == 0
    out = capsys.readouterr().out
    assert '"event": "Freeze", "writer": "Mail", "observation": "partial"' in out
    assert '"line": 3, "format": "example"' in out


def test_without_the_package_the_format_is_unknown(tmp_path: Path, capsys) -> None:
    """A name that no reader has is wrong usage; the content is of no known format."""
    assert "example" not in names()
    assert main(["check", str(log(tmp_path)), "--input-format", "example"]) == 2
    assert "unknown input format 'example'; known: auto, jsonl" in capsys.readouterr().err
    assert [item.rule for item in vssfsm.check(log(tmp_path)).findings] == ["INP109"]


def test_a_reader_that_fails_is_a_hole(install, tmp_path: Path) -> None:
    """What it raises is a finding behind what it gave before; exit code 3."""
    install(TEMPLATE + "    raise ZeroDivisionError('oh')\n")
    run = vssfsm.check(log(tmp_path), input_format="example")
    assert [(f.rule, f.line) for f in run.findings] == [("INP114", 3)]
    assert "reader 'example' failed: ZeroDivisionError: oh" in run.findings[0].message
    assert (run.counts["records"], run.exit_code()) == (2, 3)


def test_records_of_a_reader_are_read_as_all_others(install, tmp_path: Path) -> None:
    """An unknown event, or no mapping at all, is a finding on its line."""
    install(
        'OBSERVATION = "complete"\ndef events(data):\n'
        '    yield 4, {"actor": "writer", "event": "Lunch"}\n    yield 5, "text"\n'
    )
    run = vssfsm.check(log(tmp_path), input_format="example")
    assert [(f.rule, f.line) for f in run.findings] == [("INP102", 4), ("INP101", 5)]


BROKEN = {
    "no kind": "def events(data):\n    return []\n",
    "wrong kind": "OBSERVATION = 'whole'\ndef events(data):\n    return []\n",
    "no events": "OBSERVATION = 'partial'\n",
    "no module": "import no_such_module_anywhere\n",
    "no syntax": "def events(:\n",
}


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_a_broken_reader_is_wrong_configuration(install, source, tmp_path, capsys) -> None:
    """A reader without its parts ends with exit code 2, and its name is told."""
    install(source)
    assert main(["check", str(log(tmp_path)), "--input-format", "example"]) == 2
    assert "reader 'example'" in capsys.readouterr().err


def test_a_reader_whose_guess_fails_knows_nothing(install, tmp_path: Path) -> None:
    """A `shows` that raises is no; the input stays of no known format."""
    install(TEMPLATE.replace('text.startswith("#example 1")', "1 / 0"))
    assert [item.rule for item in vssfsm.check(log(tmp_path)).findings] == ["INP109"]


def test_no_reader_is_looked_for_where_ours_knows_the_format() -> None:
    """Other packages cost nothing as long as the format is known."""
    import subprocess

    root = Path(vssfsm.__file__).parents[1]
    code = (
        "import sys, vssfsm; vssfsm.check('demo/clean.jsonl');"
        " print('importlib.metadata' in sys.modules, 'vssfsm.traces.plugins' in sys.modules)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert out.stdout == "False False\n"


# --- columns -----------------------------------------------------------------
TABLE = (
    "When;Step;Part\n2026-03-03T01:00:00Z;OnPrepareBackup;Mail\n2026-03-03T01:00:01Z;OnThaw;Mail\n"
)
SETTINGS = """\
[columns]
When = "time"
Step = "event"
Part = "writer"

[constants]
actor = "writer"
session = "s1"
"""


def test_columns_of_another_program_stand_for_keys(tmp_path: Path, capsys, monkeypatch) -> None:
    """Settings name them: `check` and `convert` read the table, and lines are real."""
    (tmp_path / "steps.csv").write_text(TABLE, "utf-8")
    (tmp_path / "vssfsm.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "steps.csv"]) == 1
    assert "steps.csv:3: error WTR101" in capsys.readouterr().out
    assert main(["convert", "steps.csv"]) == 0
    assert '"session": "s1"' in capsys.readouterr().out
    assert main(["check", "steps.csv", "--no-config"]) == 3
    assert "INP117" in capsys.readouterr().out


def test_what_a_row_says_counts_before_the_constant(tmp_path: Path) -> None:
    """A constant only fills what is missing."""
    path = tmp_path / "a.csv"
    path.write_text("event,actor\nFreeze,writer\nRelease,\n", "utf-8")
    run = vssfsm.check(path, constants={"actor": "requester"}, keep_records=True)
    assert [mark.actor for mark in run.timelines[0].marks] == ["writer", "requester"]


WRONG = {
    '[columns]\nWhen = "moment"\n': "columns: 'moment' is no key",
    '[constants]\nmoment = "x"\n': "constants: 'moment' is no key",
    "[columns]\nWhen = 7\n": "columns is a table of strings",
    'columns = "x"\n': "columns is a table of strings",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_columns_are_told(text: str, tmp_path: Path) -> None:
    """A key that the format does not have is wrong configuration; file and key are named."""
    path = tmp_path / "vssfsm.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=WRONG[text]):
        load(str(path))


def test_columns_of_a_call_are_checked() -> None:
    """The same holds for Python."""
    assert columns_of({"a": "event"}).names == {"a": "event"}
    with pytest.raises(UsageError, match="no key of the trace format"):
        vssfsm.check("demo", columns={"a": "b"})
