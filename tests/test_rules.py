"""
Every rule of the catalogue is decided by two literal traces: one that breaks it, one that does not.

`data/rules/CODE.bad.*` and `data/rules/CODE.good.*`; what is to be found stands in the traces
themselves (`expect`), or in a sidecar where a line cannot carry keys. See data/README.md.
"""

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from vssfsm.core.finding import Finding
from vssfsm.run import check
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.rows import GRADES, SEVERITIES
from vssfsm.traces.canonical import LONGEST_LINE

DATA = Path(__file__).parent / "data"
TRACES = sorted(path for path in DATA.glob("rules/*.*") if path.suffix != ".json")
#: rules whose bad input cannot lie in a file of the repository; it is made by `_bad`
MADE_HERE = {
    "INP106": "a line beyond the limit of 16 MiB",
    "INP114": "an input that cannot be opened",
}

Expected = Counter[tuple[int, str]]


def expected(path: Path) -> Expected:
    """Give what *path* declares: (line, code) of every finding of any severity."""
    sidecar = path.with_name(f"{path.name}.expect.json")
    if sidecar.exists():
        return Counter((line, code) for line, code in json.loads(sidecar.read_text("utf-8")))
    if path.suffix == ".txt":
        return Counter()
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return Counter(
        (number, code)
        for number, line in enumerate(data.decode().split("\n"), start=1)
        if line.strip()
        for code in json.loads(line).get("expect", ())
    )


def found(findings: tuple[Finding, ...]) -> Expected:
    """Give (line, code) of every finding."""
    return Counter((item.line, item.rule) for item in findings)


def _file(code: str, kind: str) -> Path:
    (path,) = (path for path in TRACES if path.name.startswith(f"{code}.{kind}."))
    return path


def _bad(code: str, tmp_path: Path) -> tuple[Path, Expected]:
    """Give the bad input of *code* and what is to be found in it."""
    if code not in MADE_HERE:
        path = _file(code, "bad")
        return path, expected(path)
    if code == "INP114":
        return tmp_path / "missing.jsonl", Counter({(1, code): 1})
    path = tmp_path / "long.jsonl"
    start, end = b'{"actor":"writer","event":"Identify","pad":"', b'"}\n'
    path.write_bytes(start + b"x" * LONGEST_LINE + end + b'{"actor":"writer","event":"Identify"}\n')
    return path, Counter({(1, code): 1})


def _differences(findings: tuple[Finding, ...], declared: Expected) -> str:
    got = found(findings)
    return f"not declared: {sorted(got - declared)}; not found: {sorted(declared - got)}"


@pytest.mark.parametrize("code", RULES)
def test_bad_trace_is_found_at_its_line(code: str, tmp_path: Path) -> None:
    """The bad trace has exactly the declared findings, and the rule's own severity."""
    path, declared = _bad(code, tmp_path)
    assert any(rule == code for _, rule in declared), f"{path.name} does not expect {code}"
    run = check(path)
    assert found(run.findings) == declared, _differences(run.findings, declared)
    severities = {item.severity for item in run.findings if item.rule == code}
    assert severities == {RULES[code].severity}


@pytest.mark.parametrize("code", RULES)
def test_bad_trace_has_one_accusation(code: str, tmp_path: Path) -> None:
    """One mistake is one finding: a bad trace accuses once, or only notes."""
    _, declared = _bad(code, tmp_path)
    accused = [rule for _, rule in declared.elements() if RULES[rule].severity != "info"]
    if code == "INP113":  # needs a hundred unread lines before it
        accused = [rule for rule in accused if rule != "INP101"]
    assert accused == ([code] if RULES[code].severity != "info" else [])


@pytest.mark.parametrize("code", RULES)
def test_good_trace_passes(code: str) -> None:
    """The neighbour of the bad trace is not accused, and never of this rule."""
    path = _file(code, "good")
    declared = expected(path)
    run = check(path)
    assert found(run.findings) == declared, _differences(run.findings, declared)
    assert {item.severity for item in run.findings} <= {"info"}
    assert code not in {rule for _, rule in declared}
    assert run.counts["records"]


def test_line_of_the_limit_is_read(tmp_path: Path) -> None:
    """A line of exactly the limit is a record; one byte more is INP106."""
    start, end = b'{"actor":"writer","event":"Identify","pad":"', b'"}\n'
    path = tmp_path / "limit.jsonl"
    path.write_bytes(start + b"x" * (LONGEST_LINE - len(start) - len(end)) + end)
    assert found(check(path).findings) == Counter()


def test_every_rule_has_its_two_traces() -> None:
    """Nothing is missing, and no file speaks of a rule that does not exist."""
    names = Counter(tuple(path.name.split(".")[:2]) for path in TRACES)
    wanted = {(code, kind) for code in RULES for kind in ("bad", "good")}
    wanted -= {(code, "bad") for code in MADE_HERE}
    assert names == Counter(wanted)


@pytest.mark.parametrize("code", RULES)
def test_rule_has_a_page(code: str) -> None:
    """A rule says what is wrong and why it matters, and has a status, a grade and sources."""
    row = RULES[code]
    assert row.code == code
    assert row.says
    assert row.why
    assert row.sources
    assert row.status in ("preview", "stable", "retired")
    assert row.grade in GRADES
    assert row.severity in SEVERITIES[1:]


def test_a_finding_names_its_region() -> None:
    """A row's finding names the region of the row; a rule that compares records has none."""
    by_row = check(DATA / "rules" / "REQ403.bad.jsonl").findings
    by_register = check(DATA / "rules" / "REQ333.bad.jsonl").findings
    assert {f.region for f in by_row if f.rule == "REQ403"} == {"operation"}
    assert {f.region for f in by_register if f.rule == "REQ333"} == {""}
