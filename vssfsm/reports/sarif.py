"""
SARIF 2.1.0: one run with the whole rule catalogue, a result per finding, and how the run went.

Addresses of inputs are relative to the directory that the check ran in, where they lie below it.
Text is made visible where a viewer would act on it: control characters, links, placeholders.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

import vssfsm
from vssfsm.baseline import as_mapping
from vssfsm.core.finding import Finding
from vssfsm.reports.json import finding_facts, input_facts, session_facts
from vssfsm.reports.page import sentence
from vssfsm.reports.words import one_line
from vssfsm.results import Input, Run
from vssfsm.spec import SPEC_VERSION
from vssfsm.spec.advice import advice
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.digest import digest
from vssfsm.spec.rows import ERROR, INFO, WARNING, Row
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.sources import PAGES

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {ERROR: "error", WARNING: "warning", INFO: "note"}
#: name of the fingerprint, with the version of how it is made
FINGERPRINT: Final = "vssfsm/v1"
#: base of relative addresses; whoever reads the report knows where it is
_BASE: Final = "%SRCROOT%"
_INDEX: Final = {code: index for index, code in enumerate(RULES)}
_EXITS: Final = {
    0: "judged, no error",
    1: "an error, or what --strict or --fail-on makes one",
    3: "something could not be read, or nothing at all could be judged",
    4: "a defect of vssfsm",
}
_Facts = dict[str, object]


def render(run: Run) -> str:
    """Give the report with a final line end."""
    report = {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": _driver()},
                "invocations": [_invocation(run)],
                "originalUriBaseIds": {_BASE: {"description": {"text": "Where the check ran."}}},
                "artifacts": [_artifact(one) for one in run.inputs],
                "results": [_result(item) for item in run.findings],
                "columnKind": "utf16CodeUnits",
                "properties": _visible(_facts_of(run)),
            }
        ],
    }
    return json.dumps(report, indent=2) + "\n"


# --- The tool ----------------------------------------------------------------
def _driver() -> _Facts:
    return {
        "name": "vssfsm",
        "version": vssfsm.__version__,
        "rules": [_rule(row) for row in RULES.values()],
        "properties": {"spec": SPEC_VERSION, "spec_digest": digest()},
    }


def _rule(row: Row) -> _Facts:
    return {
        "id": row.code,
        "name": row.name,
        "shortDescription": {"text": sentence(row.says)},
        "fullDescription": {"text": sentence(row.why)},
        "help": {"text": _help(row)},
        "defaultConfiguration": {"level": LEVELS[row.severity]},
        "properties": {
            "grade": row.grade,
            "status": row.status,
            "blame": row.blame,
            "sources": row.sources,
            "tags": [row.code[:3], row.grade],
        },
    }


def _help(row: Row) -> str:
    lines = [sentence(row.says), f"Why: {sentence(row.why)}"]
    if row.ruling in RULINGS:
        lines.append(f"Ruling: {RULINGS[row.ruling]}")
    lines += [f"At stake: {advice(row.code).stake}", f"Next: {advice(row.code).then}"]
    lines.append(f"Blame: {row.blame}. Evidence: {row.grade}. Status: {row.status}.")
    lines += [f"Source: {PAGES[slug][0]}, {PAGES[slug][1]}" for slug in row.sources]
    lines.append(f"A bad and a good trace: vssfsm rule {row.code}")
    return "\n".join(lines)


# --- The run -----------------------------------------------------------------
def _invocation(run: Run) -> _Facts:
    code = run.exit_code(strict=run.strict, fail_on=run.fail_on)
    return {
        "executionSuccessful": not (run.unreadable or run.defects),
        "exitCode": code,
        "exitCodeDescription": _EXITS[code],
        "toolExecutionNotifications": [
            *(_notification(item) for item in run.findings if item.family == "INP"),
            *({"level": "error", "message": {"text": _text(told)}} for told in run.defects),
        ],
    }


def _notification(item: Finding) -> _Facts:
    return {
        "level": LEVELS[item.severity],
        "message": {"text": _text(item.message)},
        "locations": [{"physicalLocation": _place(item.path, item.line)}],
        "associatedRule": {"id": item.rule, "index": _INDEX[item.rule]},
    }


def _artifact(one: Input) -> _Facts:
    facts = {name: value for name, value in input_facts(one).items() if name != "path"}
    return {
        "location": _location(one.path),
        "roles": ["analysisTarget"],
        "properties": _visible(facts),
    }


def _facts_of(run: Run) -> _Facts:
    return {
        "verdict": run.verdict,
        "inconclusive": run.inconclusive,
        "counts": run.counts,
        "sessions": [session_facts(session) for session in run.sessions],
        "baseline_unused": [as_mapping(entry) for entry in run.baseline_unused],
    }


# --- Results -----------------------------------------------------------------
_ELSEWHERE: Final = ("rule", "name", "severity", "message", "path", "line", "fingerprint")


def _result(item: Finding) -> _Facts:
    facts = {key: value for key, value in finding_facts(item).items() if key not in _ELSEWHERE}
    result: _Facts = {
        "ruleId": item.rule,
        "ruleIndex": _INDEX[item.rule],
        "level": LEVELS[item.severity],
        "message": {"text": _text(item.message)},
        "locations": [{"physicalLocation": _place(item.path, item.line)}],
        "partialFingerprints": {FINGERPRINT: item.fingerprint},
        "properties": _visible(facts),
    }
    if item.since_line:
        result["relatedLocations"] = [
            {
                "id": 1,
                "message": {"text": "The record that led to the state."},
                "physicalLocation": _place(item.since_path or item.path, item.since_line),
            }
        ]
    return result


def _text(message: str) -> str:
    """Give a message in which nothing is a link or a placeholder."""
    text = one_line(sentence(message)).replace("](", "] (")
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text)


def _visible(value: object) -> object:
    """Make all text in *value* printable: lone surrogates are no JSON for most readers."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Mapping):
        return {one_line(str(key)): _visible(inner) for key, inner in value.items()}
    return [_visible(inner) for inner in value] if isinstance(value, Iterable) else value


# --- Places ------------------------------------------------------------------
def _place(path: str, line: int) -> _Facts:
    return {"artifactLocation": _location(path), "region": {"startLine": line}}


def _location(path: str) -> _Facts:
    """Give the address of an input; it is relative if it lies below the present directory."""
    if os.path.isabs(path):
        from pathlib import Path

        inside = _below(path)
        if not inside:
            return {"uri": Path(path).as_uri()}
        path = inside
    return {"uri": _quoted(os.path.normpath(path).replace(os.sep, "/")), "uriBaseId": _BASE}


def _below(path: str) -> str:
    try:
        inside = os.path.relpath(path)
    except ValueError:  # another drive
        return ""
    return "" if inside.split(os.sep)[0] == os.pardir else inside


def _quoted(path: str) -> str:
    try:
        return quote(os.fsencode(path), safe="/")
    except UnicodeEncodeError:
        return quote(path.encode("utf-8", "surrogatepass"), safe="/")
