"""Every output format: its structure, the same facts in all of them, hostile text made harmless."""

import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import pytest

import vssfsm
from vssfsm.core.finding import Finding
from vssfsm.reports import sarif
from vssfsm.reports.formats import FORMATS
from vssfsm.reports.words import inert, one_line
from vssfsm.results import Run
from vssfsm.spec.catalogue import RULES

KEYS = {"host": "srv", "session": "s1", "instance": "i1", "actor": "writer"}


def line(event: str, **more: object) -> str:
    """Give one line of a canonical trace."""
    return json.dumps(KEYS | {"event": event, "outcome": "ok"} | more)


GOOD = (line("PrepareBackup"), line("BackupComplete"))
BAD = (line("PrepareBackup"), line("Thaw"))
TRACES = {
    "good.jsonl": GOOD,
    "bad.jsonl": BAD,
    "warned.jsonl": (line("PrepareBackup"), line("PrepareBackup"), line("BackupComplete")),
    "owed.jsonl": (line("PrepareBackup"),),
    "unread.jsonl": (*GOOD, "no json"),
    "odd name, 100%:é#.jsonl": BAD,
}
RUN = ("good.jsonl", "bad.jsonl", "warned.jsonl", "owed.jsonl", "unread.jsonl", "missing.jsonl")


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Check inputs among the traces."""
    for name, lines in TRACES.items():
        (tmp_path / name).write_text("".join(f"{text}\n" for text in lines), "utf-8")
    monkeypatch.chdir(tmp_path)
    return vssfsm.check


def render(run: Run, name: str) -> str:
    """Render *run* in a format."""
    text: str = import_module(FORMATS[name]).render(run)
    assert text.endswith("\n")
    return text


def sarif_run(run: Run) -> dict:
    """Render SARIF, read it back and give its only run."""
    report = json.loads(render(run, "sarif"))
    assert (report["version"], report["$schema"]) == ("2.1.0", sarif.SCHEMA)
    (only,) = report["runs"]
    return only


# --- SARIF -------------------------------------------------------------------
def test_sarif_carries_the_whole_catalogue(check: Callable[..., Run]) -> None:
    """Each rule stands once, with what a viewer shows of it, and without an address of help."""
    driver = sarif_run(check("good.jsonl"))["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(RULES)
    for rule in driver["rules"]:
        row = RULES[rule["id"]]
        assert rule["name"] == row.name
        assert rule["defaultConfiguration"] == {"level": sarif.LEVELS[row.severity]}
        assert all(rule[k]["text"] for k in ("shortDescription", "fullDescription", "help"))
        assert "helpUri" not in rule
        facts = rule["properties"]
        assert (facts["grade"], facts["status"]) == (row.grade, row.status)
        assert facts["sources"] == list(row.sources)


def test_each_finding_is_a_result(check: Callable[..., Run]) -> None:
    """A result has its rule, level, place and fingerprint, in the order of the findings."""
    run = check(*RUN)
    report = sarif_run(run)
    rules = report["tool"]["driver"]["rules"]
    assert len(report["results"]) == len(run.findings) >= 4
    for result, item in zip(report["results"], run.findings, strict=True):
        assert result["ruleId"] == rules[result["ruleIndex"]]["id"] == item.rule
        assert result["level"] == sarif.LEVELS[item.severity]
        assert result["message"]["text"]
        (place,) = result["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == item.path
        assert place["physicalLocation"]["region"] == {"startLine": item.line}
        assert result["partialFingerprints"] == {"vssfsm/v1": item.fingerprint}
        assert result["properties"]["blame"] == item.blame
        assert ("relatedLocations" in result) == bool(item.since_line)


def test_what_could_not_be_read_is_a_notification(check: Callable[..., Run]) -> None:
    """Unread input makes the invocation unsuccessful, with a notification each."""
    report = sarif_run(check(*RUN))
    (invocation,) = report["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 1)
    notes = invocation["toolExecutionNotifications"]
    assert [note["associatedRule"]["id"] for note in notes] == ["INP101", "INP114"]
    rules = report["tool"]["driver"]["rules"]
    assert all(rules[n["associatedRule"]["index"]]["id"].startswith("INP") for n in notes)
    (good,) = sarif_run(check("good.jsonl"))["invocations"]
    assert (good["executionSuccessful"], good["exitCode"]) == (True, 0)
    assert good["toolExecutionNotifications"] == []


def test_sarif_states_the_exit_code_of_the_options(check: Callable[..., Run]) -> None:
    """With --strict the invocation has the exit code of --strict."""
    run = check("warned.jsonl")
    assert sarif_run(run)["invocations"][0]["exitCode"] == 0
    assert sarif_run(run._replace(strict=True))["invocations"][0]["exitCode"] == 1


@pytest.mark.parametrize("absolute", [False, True])
def test_sarif_addresses_are_relative_and_quoted(
    absolute: bool,  # noqa: FBT001
    check: Callable[..., Run],
    tmp_path: Path,
) -> None:
    """A path below the present directory is relative; what an address may not hold is quoted."""
    name = "odd name, 100%:é#.jsonl"
    report = sarif_run(check(tmp_path / name if absolute else name))
    for location in (
        report["artifacts"][0]["location"],
        report["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"],
    ):
        assert location == {"uri": "odd%20name%2C%20100%25%3A%C3%A9%23.jsonl"} | {
            "uriBaseId": "%SRCROOT%"
        }
        assert unquote(location["uri"]) == name


def test_a_path_elsewhere_is_absolute(
    check: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path that does not lie below the present directory is a `file:` address."""
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    path = tmp_path / "good.jsonl"
    assert sarif_run(check(path))["artifacts"][0]["location"] == {"uri": path.as_uri()}


def test_the_base_of_addresses_is_declared(check: Callable[..., Run]) -> None:
    """Each base that an address names is one of the run."""
    report = sarif_run(check(*RUN))
    named = set(re.findall(r'"uriBaseId": "([^"]+)"', json.dumps(report)))
    assert named == set(report["originalUriBaseIds"])


# --- JUnit -------------------------------------------------------------------
def junit(run: Run) -> ET.Element:
    """Render JUnit XML, read it back, and prove its totals."""
    root = ET.fromstring(render(run, "junit").encode())  # noqa: S314 - we wrote it
    assert root.tag == "testsuites"
    for whole in (root, *root.findall("testsuite")):
        assert int(whole.get("tests", "")) == len(whole.findall(".//testcase"))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(whole.get(name, "")) == len(whole.findall(f".//testcase/{tag}"))
    return root


def cases(run: Run) -> dict[tuple[str, str], str]:
    """Give what became of each case: passed, or the tag of its result."""
    found = {}
    for case in junit(run).findall(".//testcase"):
        results = [child.tag for child in case if child.tag != "system-out"]
        assert len(results) <= 1
        found[case.get("classname", ""), case.get("name", "")] = (*results, "passed")[0]
    return found


def test_junit_has_a_case_per_session_and_input(check: Callable[..., Run]) -> None:
    """An error is a failure, unread input an error, doubt is skipped, the rest passes."""
    session = "session srv/s1"
    assert cases(check(*RUN)) == {
        ("good.jsonl", "input"): "passed",
        ("good.jsonl", session): "passed",
        ("bad.jsonl", "input"): "passed",
        ("bad.jsonl", session): "failure",
        ("warned.jsonl", "input"): "passed",
        ("warned.jsonl", session): "passed",
        ("owed.jsonl", "input"): "skipped",
        ("owed.jsonl", session): "skipped",
        ("unread.jsonl", "input"): "error",
        ("unread.jsonl", session): "skipped",
        ("missing.jsonl", "input"): "error",
    }


def test_junit_tells_findings_and_reasons(check: Callable[..., Run]) -> None:
    """Failures name rule and line, skipped cases their reasons; warnings are output."""
    root = junit(check(*RUN))
    (failure,) = root.findall(".//failure")
    assert failure.get("type") == "WTR101"
    assert "bad.jsonl:2: error WTR101 thaw-before-freeze" in (failure.text or "")
    skipped = [item.get("message", "") for item in root.findall(".//skipped")]
    assert all(skipped)
    assert any("still owes" in message for message in skipped)
    (warned,) = [s for s in root.findall("testsuite") if s.get("name") == "warned.jsonl"]
    assert "warned.jsonl:2: warning" in "".join(o.text or "" for o in warned.iter("system-out"))
    assert not warned.findall(".//failure")


def test_an_input_of_which_nothing_is_judged_is_no_green_case(check: Callable[..., Run]) -> None:
    """Exit code 3 is an error of a case, also where the findings about it are ignored."""
    run = check("unread.jsonl", select=("STS",))
    assert "error" not in cases(run).values()
    Path("helper.jsonl").write_text('{"actor": "requester", "event": "IsVolumeSnapshotted"}\n')
    run = check("helper.jsonl")
    assert run.exit_code() == 3
    assert "error" in cases(run).values()


# --- GitHub ------------------------------------------------------------------
COMMAND = re.compile(r"::(error|warning|notice) ((?:[a-z]+=[^,:\r\n]*,?)+)::(.+)")


def commands(run: Run) -> list[tuple[str, dict[str, str], str]]:
    """Read the workflow commands as GitHub's runner does."""
    found = []
    for text in render(run, "github").splitlines():
        if text.lstrip().startswith("::"):
            match = COMMAND.fullmatch(text)
            assert match, text
            pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
            found.append((match[1], {k: unquote(v) for k, v in pairs.items()}, match[3]))
        assert "##" not in text
    return found


def test_each_finding_is_an_annotation(check: Callable[..., Run]) -> None:
    """Severity, file, line and title are those of the finding; the rest is for the log."""
    run = check(*RUN)
    names = {"error": "error", "warning": "warning", "info": "notice"}
    assert [(level, facts) for level, facts, _ in commands(run)] == [
        (
            names[item.severity],
            {"file": item.path, "line": str(item.line), "title": f"{item.rule} {item.name}"},
        )
        for item in run.findings
    ]
    assert "VIOLATES: 1 error" in render(run, "github")


def test_properties_of_annotations_are_escaped(check: Callable[..., Run]) -> None:
    """Percent signs, colons and commas in a path do not end a property."""
    name = "odd name, 100%:é#.jsonl"
    assert "file=odd name%2C 100%25%3Aé#.jsonl,line=2," in render(check(name), "github")
    assert commands(check(name))[0][1]["file"] == name


# --- counts ------------------------------------------------------------------
def test_counts_add_up(check: Callable[..., Run]) -> None:
    """Each record is judged, not judged or unread; each session has one verdict."""
    Path("helper.jsonl").write_text('{"actor": "requester", "event": "IsVolumeSnapshotted"}\n')
    run = check(*RUN, "helper.jsonl")
    counts = run.counts
    assert counts["records"] == 12
    assert (counts["judged"], counts["not_judged"], counts["unread"]) == (10, 1, 2)
    assert counts["sessions"] == sum(counts[k] for k in counts if k.startswith("sessions_"))
    assert (counts["sessions_violates"], counts["sessions_conforms"]) == (1, 2)
    for one in run.inputs:
        lines = 0 if one.path == "missing.jsonl" else one.judged + one.not_judged + one.unread
        assert one.records == lines


def test_prose_around_a_listing_is_counted(check: Callable[..., Run], tmp_path: Path) -> None:
    """Lines with text that belong to no block are skipped, and counted; a block's are not."""
    block = (
        "Writer name: 'A'\n   Writer Id: {e8132975-6f93-4464-a53e-1050253ae220}\n"
        "   Writer Instance Id: {77d3b0b1-51e2-4a0f-9f0a-6c1f8a3c1d22}\n"
        "   State: [1] Stable\n   Last error: No error\n\n"
    )
    path = tmp_path / "listing.txt"
    for prose, skipped in (("", 0), ("Hello,\nthis is what it says: nothing\n\n", 2)):
        path.write_text(prose + block + block, encoding="utf-8")
        assert check(path).counts["skipped"] == skipped


def test_a_session_without_anything_judged_is_told(check: Callable[..., Run]) -> None:
    """The run is not better than its worst session."""
    helper = {"actor": "requester", "event": "IsVolumeSnapshotted", "host": "srv", "session": "s9"}
    Path("t.jsonl").write_text("\n".join([*GOOD, json.dumps(helper)]), encoding="utf-8")
    run = check("t.jsonl")
    assert run.verdict == "INCONCLUSIVE"
    assert run.inconclusive == ("1 session(s) hold nothing that could be judged",)
    assert check("good.jsonl").verdict == "CONFORMS"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_counts(name: str, check: Callable[..., Run]) -> None:
    """Judged, not judged, unread, skipped, sessions and reasons stand in every format."""
    text = render(check(*RUN), name)
    if name in ("json", "sarif"):
        report = json.loads(text)
        facts = report if name == "json" else report["runs"][0]["properties"]
        assert facts["counts"] == check(*RUN).counts
        assert facts["inconclusive"] == list(check(*RUN).inconclusive)
    else:
        said = text.lower()
        assert "records: 10 judged, 0 not judged, 2 unread; 0 lines of prose skipped" in said
        assert "sessions: 2 conforms, 1 violates, 2 inconclusive" in said
        assert "inconclusive: 1 session(s) still owe an event" in said


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_the_same_every_time(name: str, check: Callable[..., Run]) -> None:
    """A format gives the same bytes for the same input."""
    assert render(check(*RUN), name) == render(check(*RUN), name)


# --- hostile text ------------------------------------------------------------
HOSTILE = {
    "ansi": "\x1b[31mred\x1b[0m\x9b2J",
    "script": "</script><img src=x onerror=alert(1)>",
    "command": "x ::error file=a.py,line=1::owned",
    "old-command": "##[error]owned ##vso[task.complete]",
    "cdata": "]]> & <b>\"'",
    "nul": "a\x00b\x01\x0b\x7f",
    "surrogate": "a\ud800b\udc80",
    "newline": "a\n::error::owned\r\n::warning::too\u2028::error::x\x85y",
    "bidi": "a\u202egnp.exe\u200b\ufeff\ufffe",
    "link": "[click](http://example.com) {0}",
    "spaces": "x" * 95 + " ::error::owned " + "y" * 95 + " ::error::owned",
}


@pytest.fixture
def hostile(request: pytest.FixtureRequest, check: Callable[..., Run]) -> Run:
    """Check a trace whose every name is hostile; it is accused, owes and has an unread line."""
    bad = request.param
    names = dict.fromkeys(("host", "session", "instance", "writer"), bad)
    lines = [json.dumps(json.loads(text) | names) for text in BAD]
    odd = json.dumps(KEYS | {"event": bad})
    Path("t.jsonl").write_text("\n".join([*lines, odd]) + "\n", encoding="utf-8")
    run = check("t.jsonl")
    assert run.counts["errors"] == 1
    return run


every_hostile = pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE, indirect=True)


def assert_inert(text: str) -> None:
    """No line acts on a terminal or a build server."""
    for shown in text.removesuffix("\n").split("\n"):
        assert shown.isprintable(), shown
        assert not shown.lstrip().startswith("::"), shown
        assert "##" not in shown, shown


@every_hostile
def test_text_is_inert(hostile: Run) -> None:
    """The text report shows hostile names, and none of them acts."""
    assert_inert(render(hostile, "text"))


@every_hostile
def test_json_and_sarif_are_ascii(hostile: Run) -> None:
    """JSON keeps the names as they are; SARIF makes them visible; both are ASCII."""
    item = hostile.findings[0]
    report = json.loads(render(hostile, "json").encode("ascii"))
    assert report["findings"][0]["writer"] == item.writer
    result = json.loads(render(hostile, "sarif").encode("ascii"))["runs"][0]["results"][0]
    assert result["properties"]["writer"] == one_line(item.writer)
    for found in strings(result):
        assert found.isprintable()
    assert "](" not in result["message"]["text"]


def strings(value: object) -> list[str]:
    """Give all strings within *value*."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in strings(one)]


@every_hostile
def test_junit_is_read_back(hostile: Run) -> None:
    """Hostile names come back from the XML as the visible text that they were made into."""
    root = junit(hostile)
    name = one_line(f"session {hostile.findings[0].host}/{hostile.findings[0].session}")
    assert name in [case.get("name") for case in root.findall(".//testcase")]
    assert {element.tag for element in root.iter()} <= {
        *("testsuites", "testsuite", "testcase", "properties", "property"),
        *("failure", "error", "skipped", "system-out"),
    }


@every_hostile
def test_github_has_no_command_of_the_evidence(hostile: Run) -> None:
    """There is one command per finding, and it is ours."""
    found = commands(hostile)
    assert len(found) == len(hostile.findings)
    for (_, facts, message), item in zip(found, hostile.findings, strict=True):
        assert facts == {"file": "t.jsonl", "line": str(item.line)} | {
            "title": f"{item.rule} {item.name}"
        }
        assert message.isprintable()


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_paths_and_messages_are_inert(name: str, check: Callable[..., Run]) -> None:
    """A path or a message that holds commands and control characters does not act either."""
    bad = "::error::\x1b[1m\n##[error]x\ud800]]>"
    item = Finding("WTR101", "n", "error", bad, path=bad, line=1)
    good = check("good.jsonl")
    run = good._replace(
        findings=(item,),
        inputs=(good.inputs[0]._replace(path=bad),),
        inconclusive=(bad,),
    )
    text = render(run, name)
    if name == "github":
        assert len(commands(run)) == 1
    elif name == "text":
        assert_inert(text)
    elif name == "junit":
        assert junit(run).findall("testsuite")[1].get("name") == one_line(bad)
    elif name == "html":
        assert text.isascii()
        assert "\x1b" not in text
    else:
        assert json.loads(text.encode("ascii"))


def test_visible_text() -> None:
    """Printable text stays; the rest is shown by its number; commands lose their marks."""
    assert one_line("Größe 日本 😀") == "Größe 日本 😀"
    assert one_line("\x1b\n\u202e\ud800\U000e0001") == r"\x1b\x0a\u202e\ud800\U000e0001"
    assert inert("a::b") == "a::b"
    assert inert("  ::error::x") == r"  \x3a:error::x"
    assert inert("a ##[error]") == r"a #\x23[error]"


# --- an independent judge ----------------------------------------------------
MULTITOOL = shutil.which("Sarif.Multitool")


@pytest.mark.skipif(not MULTITOOL, reason="Sarif.Multitool is not installed")
@pytest.mark.parametrize("names", [RUN, ("t.jsonl", "odd name, 100%:é#.jsonl")])
def test_the_sarif_validator_finds_no_error(
    names: tuple[str, ...], check: Callable[..., Run]
) -> None:
    """Microsoft's validator accepts schema and structure, of hostile names too."""
    bad = dict.fromkeys(("host", "session", "instance", "writer"), "".join(HOSTILE.values()))
    lines = [json.dumps(json.loads(text) | bad) for text in BAD]
    Path("t.jsonl").write_text("\n".join(lines), encoding="utf-8")
    text = render(check(*names), "sarif")
    assert validator_errors(text) == []
    assert validator_errors(text.replace('"columnKind"', '"columnKinds"'))


def validator_errors(text: str) -> list[str]:
    """Give the errors that the validator finds; its notes prove that it has read all of it."""
    Path("out.sarif").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            *(str(MULTITOOL), "validate", "out.sarif"),
            *("--rule-kind", "Sarif", "--level", "Error;Warning;Note"),
        ],
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "note SARIF2012" in done.stdout
    return re.findall(r"error [A-Z]+\d+.*", done.stdout)


def test_rules_that_had_nothing_to_judge_are_counted(check: Callable[..., Run]) -> None:
    """A rule is not applicable where none of its events was recorded; both counts add up."""
    good, nothing = check("good.jsonl").counts, check("empty.jsonl").counts
    assert good["rules_applied"] > 0
    assert nothing["rules_applied"] == 0
    assert good["rules_applied"] + good["rules_not_applicable"] == nothing["rules_not_applicable"]
