"""Scenarios out of a configuration of the Test Writer: what is read, and what is refused."""

from pathlib import Path

import pytest
from test_requesters import Blind

from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.testing import ReferenceRequester, conform_requester
from vssfsm.testing.requesters.scenarios import Play
from vssfsm.testing.requesters.testwriter import read_scenarios

GOOD = """<?xml version="1.0"?>
<TestWriter usage="USER_DATA">
  <FailEvent writerEvent="Freeze" retryable="yes" numFailures="2"/>
  <FailEvent writerEvent="OnPrepareSnapshot" retryable="no"/>
</TestWriter>
"""


def write(path: Path, text: str) -> str:
    """Write a configuration."""
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_each_fail_event_is_a_scenario(tmp_path: Path) -> None:
    """Event, code and number of failures are those of the file; names are places in it."""
    path = write(tmp_path / "w.xml", GOOD)
    first, second = read_scenarios(path)
    assert first.play == Play("Freeze", "VSS_E_WRITERERROR_RETRYABLE", sessions=2)
    assert second.play == Play("PrepareSnapshot", "VSS_E_WRITERERROR_NONRETRYABLE", sessions=1)
    assert (first.name, second.name) == (f"{path}:3:Freeze", f"{path}:4:PrepareSnapshot")


def test_a_requester_meets_them(tmp_path: Path) -> None:
    """The reference passes; a requester that reads no status claims success after the veto."""
    found = read_scenarios(write(tmp_path / "w.xml", GOOD))
    assert conform_requester(ReferenceRequester, found).fault is None
    outcome = conform_requester(Blind, found)
    assert outcome.fault is not None
    assert outcome.played[-1] in {scenario.name for scenario in found} | set(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<a><FailEvent writerEvent='Fly'/></a>", ":1: writerEvent 'Fly' is no event"),
        ("<a>\n<FailEvent/></a>", ":2: writerEvent '' is no event"),
        ("<a><FailEvent writerEvent='Thaw' retryable='maybe'/></a>", "retryable is yes or no"),
        ("<a><FailEvent writerEvent='Thaw' numFailures='0'/></a>", "what another one means is not"),
        ("<a><FailEvent writerEvent='Thaw' numFailures='-1'/></a>", "a number from 1, not '-1'"),
        ("<a>\n\n<b></a>", ":3: no XML"),
        ("", ":1: no XML"),
        ("<a/>", "holds no FailEvent"),
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "document types and entities are not read"),
        ("<a>" + " " * (1 << 20) + "</a>", "too long"),
    ],
)
def test_what_cannot_be_used_is_refused(text: str, says: str, tmp_path: Path) -> None:
    """The message names the file, and the line where there is one."""
    path = write(tmp_path / "w.xml", text)
    with pytest.raises(UsageError) as stop:
        read_scenarios(path)
    assert says in str(stop.value)
    assert path in str(stop.value)


def test_the_command_takes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is missing is wrong usage."""
    missing = str(tmp_path / "missing.xml")
    assert main(["conform", "--role", "requester", "--scenario", missing, "--", "true"]) == 2
    assert f"cannot read {missing}" in capsys.readouterr().err
