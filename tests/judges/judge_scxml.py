"""Qt's SCXML engine, on the documents that we write: it passes through the states of the rows."""

import json
import subprocess
from pathlib import Path

import pytest
from walks_of_events import walks

from vssfsm.export import export

TOTALS = {"writer": 65_000, "restore": 5_000, "requester": 30_000}
#: the Python of the system, for which distributions package Qt
PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("qt_scxml.py")


@pytest.fixture(scope="session")
def qt(need):
    """Give the command that runs Qt."""
    need(PYTHON)
    asked = (PYTHON, "-c", "import PySide2.QtScxml")
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        need("python3-pyside2.qtscxml")
    return PYTHON, str(PROGRAM)


def passed(command, scxml, events):
    """Give the states that Qt passes through, walk by walk."""
    asked = json.dumps({"scxml": scxml, "walks": events})
    done = subprocess.run(
        command, input=asked, capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", TOTALS)
def test_qt_agrees(name, qt):
    """Of 100,000 events in all, each leads Qt where the rows say; every edge is among them."""
    found, share = walks(name, TOTALS[name])
    assert share == 1
    assert passed(qt, export(name, "scxml"), [e for e, _ in found]) == [s for _, s in found]


def test_qt_sees_a_planted_twin(qt):
    """An edge that goes elsewhere leads Qt elsewhere."""
    found, _ = walks("restore", 5_000)
    text = export("restore", "scxml")
    planted = text.replace('target="STABLE_restored"', 'target="STABLE_restoring"', 1)
    assert planted != text
    assert passed(qt, planted, [e for e, _ in found]) != [s for _, s in found]
