"""
Every violation of our traces can be acted on: line, sources, advice, and repairs that mend it.

The repairs stand in the findings; applied together they make every session free of errors.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from vssfsm.core.finding import Finding, Participant, participant
from vssfsm.run import Run, check
from vssfsm.spec.advice import ADVICE, advice
from vssfsm.spec.catalogue import ROWS, RULES
from vssfsm.spec.edits import COST_OF, DROP, INSERT
from vssfsm.spec.rows import ERROR

DATA = Path(__file__).parent / "data"
RULE_TRACES = sorted(DATA.glob("rules/*.jsonl"))
ROW_TRACES = sorted(DATA.glob("rows/*.jsonl"))
#: the traces of rows hold hundreds of sessions each
TRACES = [*RULE_TRACES, *(pytest.param(path, marks=pytest.mark.long) for path in ROW_TRACES)]
#: what an inserted or replaced record keeps of another one of its session
KEPT = ("actor", "host", "session", "process", "writer", "writer_id", "instance", "observation")
Line = dict[str, object]
Edits = dict[int, list[tuple[Finding, Line]]]


def _owner(line: Line) -> Participant:
    keys = ("actor", "host", "session", "writer", "instance")
    known = {key: str(line.get(key) or "") for key in keys}
    known["writer"] = known["writer"] or str(line.get("writer_id") or "")
    return participant(**known)


def _read(path: Path) -> list[tuple[str, Line]]:
    found = []
    for text in path.read_text("utf-8").splitlines():
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        found.append((text, value if isinstance(value, dict) else {}))
    return found


def repaired(path: Path, run: Run) -> str:
    """Apply the edits of all findings: insert before a line, drop it, put a bare event there."""
    lines = _read(path)
    owners = {_owner(line): line for _, line in reversed(lines)}
    edits: Edits = defaultdict(list)
    for item in run.findings:
        for edit in item.repair:
            edits[int(str(edit["line"]))].append((item, edit))

    def bare(item: Finding, edit: Line, line: Line) -> str:
        keys = line if edit["op"] != INSERT else owners[item.participant]
        made = {key: keys[key] for key in KEPT if key in keys} | {"event": edit["event"]}
        return json.dumps(made | ({"of": edit["of"]} if "of" in edit else {}))

    def apply() -> Iterator[str]:
        for number, (text, line) in enumerate([*lines, ("", {})], start=1):
            here = edits[number]
            yield from (bare(i, e, line) for i, e in here if e["op"] == INSERT)
            changes = [(i, e) for i, e in here if e["op"] != INSERT]
            assert len(changes) <= 1, f"two changes of line {number}"
            yield from (bare(i, e, line) for i, e in changes if e["op"] != DROP)
            if not changes:
                yield text

    return "\n".join(apply()) + "\n"


@pytest.mark.parametrize("path", TRACES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_violation_can_be_mended(path: Path, tmp_path: Path) -> None:
    """Each error has its place and its row's sources; the repairs of a session leave no error."""
    run = check(path)
    errors = [item for item in run.findings if item.severity == ERROR]
    for item in errors:
        assert item.line > 0
        assert item.sources in [row.sources for row in ROWS if row.code == item.rule]
    for item in run.findings:
        assert item.repair_cost == sum(COST_OF[str(edit["op"])] for edit in item.repair)
    if not errors:
        return
    mended = tmp_path / "mended.jsonl"
    mended.write_text(repaired(path, run), encoding="utf-8")
    again = check(mended).findings
    assert [(i.host, i.session, i.line, i.rule) for i in again if i.severity == ERROR] == []


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_advice(code: str) -> None:
    """Somebody who is told of the rule learns what it means for the backup and what to do."""
    found = advice(code)
    assert found.stake.endswith(".")
    assert found.then.endswith(".")


def test_no_advice_is_idle() -> None:
    """Each entry of the table is the advice on some rule, and no prefix stands in two."""
    prefixes = [prefix for entry in ADVICE for prefix in entry.codes]
    assert len(prefixes) == len(set(prefixes))
    given = {advice(code) for code in RULES}
    assert [entry.codes for entry in ADVICE if entry not in given] == []
