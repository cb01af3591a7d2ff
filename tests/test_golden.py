"""Golden outputs: what users see, byte for byte. `make golden` writes them anew; review them."""

import json
import re
import sys
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main

ROOT = Path(vssfsm.__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden"
#: the version of the program is no part of a report's content
_VERSION = f'"version": "{vssfsm.__version__}"'

COMMANDS = {
    "check-demo.txt": ("check", "demo"),
    "check-demo.json": ("check", "demo", "--output-format", "json"),
    "check-demo.sarif": ("check", "demo", "--output-format", "sarif"),
    "check-demo.xml": ("check", "demo", "--output-format", "junit"),
    "check-demo.github": ("check", "demo", "--output-format", "github"),
    "check-unread.xml": ("check", "tests/data/rules/INP101.bad.jsonl", "--output-format", "junit"),
    "rule.txt": ("rule",),
    "rule-WTR131.txt": ("rule", "WTR131"),
    "align-demo.txt": ("align", "demo/vetoed.jsonl"),
    "triage-demo.txt": ("triage", "demo"),
    "explain-pair.txt": ("explain", "9", "0x800423f2"),
    "explain-Freeze.txt": ("explain", "Freeze"),
    "explain-line.txt": ("explain", "demo/vetoed.jsonl:5"),
    "diagram-restore.mmd": ("diagram", "restore", "--as", "mermaid"),
    "help.txt": ("--help",),
    **{
        f"help-{name}.txt": (name, "--help")
        for name in (
            *(
                "check",
                "merge",
                "align",
                "convert",
                "triage",
                "explain",
                "rule",
                "diagram",
                "conform",
                "lint",
            ),
            *("generate", "coverage", "learn", "diff"),
        )
    },
}
CODES = {
    **{f"check-demo.{ending}": 1 for ending in ("txt", "json", "sarif", "xml", "github")},
    "check-unread.xml": 3,
    "triage-demo.txt": 1,
    "align-demo.txt": 1,
}


def output(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """Run a command in the root of the repository: exit code and standard output."""
    patch.chdir(ROOT)
    patch.setenv("NO_COLOR", "1")
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    out, err = capsys.readouterr()
    assert err == ""
    return code, out.replace(_VERSION, '"version": "VERSION"')


def without_catalogue(text: str) -> str:
    """Leave out the rules that no result names: rule.txt has them all."""
    report = json.loads(text)
    (run,) = report["runs"]
    named = {result["ruleId"] for result in run["results"]}
    driver = run["tool"]["driver"]
    driver["rules"] = [rule for rule in driver["rules"] if rule["id"] in named]
    for result in run["results"]:
        result["ruleIndex"] = [rule["id"] for rule in driver["rules"]].index(result["ruleId"])
    return json.dumps(report, indent=2) + "\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_output_is_golden(
    name: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """A command prints what was reviewed, and ends with its exit code."""
    if name.startswith("help") and sys.version_info >= (3, 13):
        pytest.skip("argparse lays out options otherwise from 3.13 on")
    code, text = output(COMMANDS[name], capsys, monkeypatch)
    if name.endswith(".sarif"):
        text = without_catalogue(text)
    path = GOLDEN / name
    if request.config.getoption("--golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_bytes().decode("utf-8")
    assert code == CODES.get(name, 0)


def test_every_golden_output_is_tested() -> None:
    """No golden output is left behind by a command that is gone."""
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(COMMANDS)


def test_every_command_has_golden_help() -> None:
    """The help of each command that the program knows is reviewed."""
    listed = re.findall(r"^    (\w+) +\S", (GOLDEN / "help.txt").read_text("utf-8"), re.MULTILINE)
    assert listed
    assert sorted(f"help-{name}.txt" for name in listed) == sorted(
        name for name in COMMANDS if name.startswith("help-")
    )


@pytest.mark.parametrize("name", [name for name in COMMANDS if name.startswith("help")])
def test_help_shows_an_example_and_the_exit_codes(name: str) -> None:
    """Every help has an example and what each exit code means."""
    text = (GOLDEN / name).read_text(encoding="utf-8")
    assert "\nexample: vssfsm " in text
    assert re.findall(r"^  (\d)  \S", text, re.MULTILINE) == ["0", "1", "2", "3", "4"]


def test_readme_shows_the_real_output(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report in the README is what the command prints, verbatim."""
    command = "vssfsm check demo/vetoed.jsonl"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(
        rf"^```\n\$ {re.escape(command)}\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL
    )
    assert (1, shown) == output(tuple(command.split()[1:]), capsys, monkeypatch)
