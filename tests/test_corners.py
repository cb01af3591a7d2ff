"""Corners of the command line and of repairs that no other test comes by."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

import vssfsm
from vssfsm import cli
from vssfsm.core.align import TOO_LONG, align
from vssfsm.core.finding import finding
from vssfsm.core.record import Symbol
from vssfsm.core.track import Step
from vssfsm.errors import UsageError
from vssfsm.monitor.tables import table
from vssfsm.repair import with_repairs
from vssfsm.spec.lint import size
from vssfsm.spec.product import Proof

WRITER = table("writer")


def steps(*events: str | None) -> list[Step]:
    """Give steps of bare events, one a line from 1; None is a hole."""
    return [
        Step(None if event is None else Symbol(event), line, event)
        for line, event in enumerate(events, start=1)
    ]


def edits(*events: str | None) -> list[tuple[str, int, str]] | None:
    """Give the edits that mend *events*, None if they are too many."""
    found = align([WRITER], steps(*events))
    return None if found is None else [tuple(edit)[:3] for edit in found.edits]


# --- alignments --------------------------------------------------------------
@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), []),
        (("PrepareBackup", "BackupComplete"), []),
        (("PrepareBackup",), []),  # it may have been vetoed
        (("BackupComplete",), [("insert", 1, "PrepareBackup")]),
        (("PrepareBackup", "Thaw", "BackupComplete"), [("drop", 2, "Thaw")]),
        ((None, "Thaw", "PostSnapshot", "BackupComplete"), []),
        (("PrepareBackup", None), []),
    ],
)
def test_edits_of_small_sessions(
    events: tuple[str | None, ...], expected: list[tuple[str, int, str]]
) -> None:
    """Holes hide what is missing; elsewhere it is inserted, and what is too much dropped."""
    assert edits(*events) == expected


def test_a_long_session_gets_no_repair() -> None:
    """Beyond the limit nothing is aligned; at the limit it is, if not with the fewest edits."""
    whole = ("PrepareBackup", "BackupComplete")
    filler = [None] * (TOO_LONG - len(whole))
    assert edits(whole[0], *filler, whole[1]) == []
    assert edits(whole[0], *filler, None, whole[1]) is None


def test_an_edit_without_a_finding_is_nobodys() -> None:
    """A repair goes to a finding of its own session, and to no other."""
    from vssfsm.core.align import Repair
    from vssfsm.core.edit import Edit

    item = finding("WTR101", host="a", session="1", actor="writer", writer="w", states=("STABLE",))
    edit = Edit("drop", 1, "Thaw")
    repair = Repair((edit,), 3, ())
    (kept,) = with_repairs([item], {("writer", "a", "2", "w", ""): [repair]})
    assert (kept.repair, kept.repair_cost) == ((), 0)
    (kept,) = with_repairs([item], {("writer", "a", "1", "w", ""): [repair]})
    assert (kept.repair, kept.repair_cost) == ((edit.as_dict(),), 1)
    assert kept.repair_alternatives == 3


WHAT_NEXT = "`vssfsm rule {}` says what that is, and how it is mended\n"


# --- the command line --------------------------------------------------------
def test_lint_of_the_shipped_tables_tells_the_size_of_the_product(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables without a problem give exit code 0 and one line, which may hold a problem instead."""
    proof = Proof(1234, 56789, ())
    monkeypatch.setattr("vssfsm.spec.lint.lint", list)
    monkeypatch.setattr("vssfsm.spec.product.prove", lambda: proof)
    assert (cli.main(["lint"]), capsys.readouterr().out) == (0, f"{size()}\n{proof}\n")
    assert str(proof) == (
        "requester product: 1,234 states, 56,789 edges; Release reachable from everywhere"
    )
    lost = proof._replace(problems=("MDL401 lost",))
    monkeypatch.setattr("vssfsm.spec.product.prove", lambda: lost)
    text = "requester product: 1,234 states, 56,789 edges\nMDL401 lost\n" + WHAT_NEXT.format(
        "MDL401"
    )
    assert (cli.main(["lint"]), capsys.readouterr().out) == (4, text)


def test_a_problem_of_the_tables_is_a_defect_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lint finds is printed line by line, with exit code 4."""
    monkeypatch.setattr("vssfsm.spec.lint.lint", lambda: ["MDL101 one", "MDL102 two"])
    assert (cli.main(["lint"]), capsys.readouterr().out) == (
        4,
        "MDL101 one\nMDL102 two\n" + WHAT_NEXT.format("MDL101"),
    )


def test_the_package_runs_as_a_module() -> None:
    """`python -m vssfsm` is the command line."""
    command = (sys.executable, "-m", "vssfsm", "--version")
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stdout == f"vssfsm {vssfsm.__version__}\n"


def test_an_interrupted_check_says_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control-C ends with the exit code of shells, without a traceback."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vssfsm.run.check", interrupt)
    assert (cli.main(["check", "x.jsonl"]), capsys.readouterr()) == (130, ("", ""))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "marked"), [("", True), ("1", False)])
def test_a_terminal_gets_colours(
    no_color: str, *, marked: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Severities are marked on a terminal, unless NO_COLOR says otherwise."""
    path = tmp_path / "t.jsonl"
    path.write_text('{"actor": "writer", "event": "Thaw", "outcome": "ok"}\n', encoding="utf-8")
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert cli.main(["check", str(path)]) == 1
    assert ("\x1b[31;1merror\x1b[0m" in terminal.getvalue()) is marked
    assert ("\x1b[" in terminal.getvalue()) is marked


def test_nothing_on_a_terminal_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a path a check does not wait for somebody to type a trace."""
    monkeypatch.setattr(sys, "stdin", _Terminal())
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err.startswith("vssfsm: nothing to check")


# --- the library -------------------------------------------------------------
@pytest.mark.parametrize(
    "options", [{"input_format": "nonsense"}, {"release": "2020"}, {"observation": "whole"}]
)
def test_wrong_options_are_wrong_usage(options: dict[str, str], tmp_path: Path) -> None:
    """A library call with an option that does not exist names those that do."""
    path = tmp_path / "t.jsonl"
    path.write_text('{"actor": "writer", "event": "Identify"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match="known: "):
        vssfsm.check(str(path), **options)
    assert vssfsm.check(str(path), input_format="jsonl").findings == ()
