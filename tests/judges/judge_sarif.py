"""Microsoft's SARIF validator on our reports: no error, and a planted one is seen."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from vssfsm.reports import sarif
from vssfsm.run import check

ROOT = Path(__file__).parents[2]
RULES = ROOT / "tests" / "data" / "rules"
#: warnings of the validator that we do not heed, and why
EXCUSED = {
    "SARIF2005": "the project has no page of its own to name yet",
}


@pytest.fixture
def validate(need, tmp_path):
    """Give a function that validates a report, and returns (level, rule) of each complaint."""

    def run(text):
        need("sarif-multitool")
        report, found = tmp_path / "report.sarif", tmp_path / "found.sarif"
        report.write_text(text, encoding="utf-8")
        command = ("sarif-multitool", "validate", str(report), "--output", str(found))
        settings = os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        subprocess.run(
            (*command, "--log", "ForceOverwrite", "--level", "Error;Warning"),
            env=settings, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        (one,) = json.loads(found.read_text("utf-8-sig"))["runs"]
        return [(item.get("level", "warning"), item["ruleId"]) for item in one["results"]]

    return run


@pytest.mark.parametrize("inputs", ["demo", "rules", "nothing"])
def test_reports_are_valid(inputs, validate, tmp_path):
    """Reports of the demo, of a bad trace of each rule, and of nothing at all have no error."""
    paths = {
        "demo": [ROOT / "demo"],
        "rules": sorted(RULES.glob("*.bad.jsonl")),
        "nothing": [tmp_path / "missing.jsonl"],
    }
    found = validate(sarif.render(check(*paths[inputs])))
    assert [item for item in found if item[1] not in EXCUSED] == []


def test_a_broken_report_is_not_valid(validate):
    """A report whose result names no rule of the catalogue is refused."""
    report = json.loads(sarif.render(check(ROOT / "demo")))
    report["runs"][0]["results"][0]["ruleIndex"] = 100_000
    assert "error" in {level for level, _ in validate(json.dumps(report))}
