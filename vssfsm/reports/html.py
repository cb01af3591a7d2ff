"""
The HTML report: one file that needs nothing else, with a policy that lets it load nothing.

Verdict, health and counts are written here, so that they show without scripts, as do the findings,
in a plain table. All else is data in one JSON block, which `page.js` shows; it only ever sets text.
The page is ASCII, so that it does not matter how it is stored or sent.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

import vssfsm
from vssfsm.core.finding import Finding
from vssfsm.reports.lanes import machines_data, states_data, timeline_data
from vssfsm.reports.page import sentence
from vssfsm.reports.text import proportions
from vssfsm.reports.words import count, either, health, one_line
from vssfsm.run import Run
from vssfsm.spec import SPEC_VERSION
from vssfsm.spec.advice import advice
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.rows import SEVERITIES
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.sources import PAGES

#: findings that the page lists at most, those that its plain table does, remarks about inputs
REMARKS: Final = 40
FINDINGS: Final = 5_000
PLAIN: Final = 500
_HOME: Final = Path(__file__).parent
_SCRIPTS: Final = ("lanes.js", "page.js")
_PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
#: what could end a script element, or a line of a script
_UNSAFE: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def render(run: Run) -> str:
    """Give the page; lanes and ways need a run that kept its records."""
    findings = _listed(run)
    machines, pictures = machines_data(run.timelines)
    style, script = _asset("page.css"), "\n".join(_asset(name) for name in _SCRIPTS)
    parts = {
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        "verdict": run.verdict,
        "health": escape(_health(run)),
        "failing": "bad" if run.counts["failed_writers"] else "good",
        "summary": escape(_summary(run)),
        "doubts": "".join(f"<li>{_text(text)}</li>" for text in _doubts(run, len(findings))),
        "rows": "".join(_plain_rows(findings[:PLAIN])),
        "more": _text(_more(len(run.findings))),
        "machines": "".join(_picture(name, svg) for name, svg in pictures),
        "tool": f"vssfsm {vssfsm.__version__}, specification {SPEC_VERSION}",
        "data": _safe_json(_data(run, findings, machines)),
    }
    page = _PLACE.sub(lambda match: parts[match[1]], _asset("page.html"))
    return page.encode("ascii", "xmlcharrefreplace").decode()


@cache
def _asset(name: str) -> str:
    return (_HOME / name).read_text(encoding="ascii")


def _policy(style: str, script: str) -> str:
    """Allow the two blocks of the page by their hashes, an empty icon, and nothing else."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}';"
        " img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _safe_json(value: object) -> str:
    """Give *value* as JSON that cannot end the element that it stands in."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.translate(_UNSAFE)


def _text(text: str) -> str:
    return escape(one_line(text))


# --- Above the fold ----------------------------------------------------------
def _health(run: Run) -> str:
    return f"{health(run.counts['failed_writers'], run.counts['judged'])}."


def _summary(run: Run) -> str:
    counts = run.counts
    return (
        f"{count(counts['errors'], 'error')}, {count(counts['warnings'], 'warning')},"
        f" {count(counts['infos'], 'note')} in {count(counts['records'], 'record')},"
        f" {count(counts['sessions'], 'session')}, {count(len(run.inputs), 'input')}."
    )


def _doubts(run: Run, listed: int) -> Iterator[str]:
    """Say what was not judged, and what the page does not show."""
    unread = run.counts["unread"]
    yield (
        f"Not judged: {count(unread, 'record')} that could not be read."
        if unread
        else ("Every record could be read.")
    )
    yield from (f"{line[0].upper()}{line[1:]}." for line in proportions(run.counts))
    yield from (f"Inconclusive: {reason}." for reason in run.inconclusive)
    kinds = {item.observation for item in run.inputs} - {"complete"}
    if kinds:
        yield f"Evidence is {either(sorted(kinds))} in part: what it leaves out was not judged."
    yield from _remarks(run)
    if listed < len(run.findings):
        yield f"The page lists {listed} of {len(run.findings)} findings; the JSON report has all."
    if not run.timelines and run.inputs:
        yield "No timeline: the records were not kept."


def _remarks(run: Run) -> Iterator[str]:
    """Say how the inputs were read: shares of lines, what is known and not used, guesses."""
    told = [f"{one.path}: {remark}." for one in run.inputs for remark in one.remarks]
    told += [f"Case {case.path}: {case.said()}." for case in run.cases]
    yield from told[:REMARKS]
    if len(told) > REMARKS:
        yield f"{count(len(told) - REMARKS, 'remark')} more about inputs: the JSON report has all."


def _plain_rows(findings: Iterable[Finding]) -> Iterator[str]:
    for item in findings:
        cells = (
            f"{item.severity}: {item.rule} {item.name}",
            f"{item.path}:{item.line}",
            " ".join(part for part in (item.host, item.session, item.writer) if part),
            sentence(item.message),
            f"{RULES[item.rule].why} Blame: {item.blame}; evidence {item.grade}.",
        )
        yield f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"


def _more(number: int) -> str:
    return f"{number - PLAIN} more findings are in the JSON report." if number > PLAIN else ""


def _picture(name: str, svg: str) -> str:
    return f'<div id="machine-{name}" class="machine">{svg}</div>'


# --- Data --------------------------------------------------------------------
def _listed(run: Run) -> list[Finding]:
    """Give the findings of the page in their order; beyond the limit, the most severe ones."""
    if len(run.findings) <= FINDINGS:
        return list(run.findings)
    rank = [-SEVERITIES.index(item.severity) for item in run.findings]
    kept = sorted(sorted(range(len(rank)), key=rank.__getitem__)[:FINDINGS])
    return [run.findings[index] for index in kept]


def _data(run: Run, findings: list[Finding], machines: dict[str, Any]) -> dict[str, Any]:
    rules = {code: _rule(code) for code in sorted({item.rule for item in findings})}
    cited = {slug for item in findings for slug in item.sources}
    return {
        "verdict": run.verdict,
        "inputs": [one_line(item.path) for item in run.inputs],
        "findings": [_finding(item) for item in findings],
        "rules": rules,
        "pages": {slug: PAGES[slug] for slug in sorted(cited)},
        "states": states_data(findings, run.timelines),
        "machines": machines,
        **timeline_data(run, findings),
    }


def _rule(code: str) -> dict[str, str]:
    row = RULES[code]
    ruling = RULINGS.get(row.ruling, "")
    return {
        "says": sentence(row.says),
        "why": sentence(row.why),
        "ruling": ruling,
        "stake": advice(code).stake,
        "next": advice(code).then,
    }


def _finding(item: Finding) -> dict[str, Any]:
    plain = ("rule", "name", "severity", "line", "since_line", "since_event", "blame", "grade")
    texts = ("path", "since_path", "host", "session", "actor", "writer", "instance", "event")
    return {
        **{name: getattr(item, name) for name in plain},
        **{name: one_line(getattr(item, name)) for name in texts},
        "message": sentence(one_line(item.message)),
        "states": item.states,
        "expected": item.expected,
        "sources": item.sources,
        "repair": [[edit["op"], edit["line"], edit["event"]] for edit in item.repair],
    }
