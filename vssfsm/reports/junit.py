"""
JUnit XML, as build servers read it: a suite per input, a case per session and one for the input.

Errors are failures. What could not be read is an error of its case, so that exit code 3 is never
green there; what proves less than it could is skipped, with its reasons. Warnings and notes are
output. XML forbids most control characters even as references: they are made visible.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding
from vssfsm.monitor import SessionReport
from vssfsm.reports.page import sentence
from vssfsm.reports.text import session_name, summary
from vssfsm.reports.words import one_line
from vssfsm.results import CaseReport, Input, Run
from vssfsm.spec.rows import ERROR, WARNING

#: name of the suite that holds the counts of the whole run, and no case
_RUN: Final = "vssfsm"
_FAILURE: Final = "failure"
_ERROR: Final = "error"
_SKIPPED: Final = "skipped"
_COUNTED: Final = ("records", "unread", "judged", "not_judged", "skipped")
_Key = tuple[str, str]


class _Case(NamedTuple):
    """One test case: what became of it (nothing: it passed), why, the findings that say so."""

    name: str
    path: str
    findings: Sequence[Finding] = ()
    doubts: Sequence[str] = ()
    result: str = ""
    message: str = ""
    grave: Sequence[Finding] = ()


def render(run: Run) -> str:
    """Give the report with a final line end."""
    suites = [_cases(run, one) for one in run.inputs]
    merged = [(case.path, _merged(run, case)) for case in run.cases]
    every = [case for cases in (*suites, *(found for _, found in merged)) for case in cases]
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<testsuites {_totals(_RUN, every)}>"]
    facts = {"verdict": run.verdict, **run.counts}
    lines += [f"<testsuite {_totals(_RUN, ())}>", *_properties(facts)]
    lines += [*_output(summary(run)), "</testsuite>"]
    for one, cases in zip(run.inputs, suites, strict=True):
        known = one._asdict()
        facts = {name: known[name] for name in ("format", "observation", "verdict", *_COUNTED)}
        lines += [f"<testsuite {_totals(one.path, cases)}>", *_properties(facts)]
        lines += [line for case in cases for line in _case(case)]
        lines.append("</testsuite>")
    for path, cases in merged:
        lines.append(f"<testsuite {_totals(path, cases)}>")
        lines += [line for case in cases for line in _case(case)]
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


# --- Cases -------------------------------------------------------------------
def _cases(run: Run, one: Input) -> list[_Case]:
    """Give the input's case, which has what belongs to no session, and one per session."""
    sessions = _sessions(run, one.path)
    keys = {(item.host, item.session) for item in sessions}
    keys |= {
        (item.host, item.session)
        for case in run.cases
        if one.path in case.merged
        for item in _sessions(run, case.path)
    }
    found: dict[_Key | None, list[Finding]] = {}
    for item in run.findings:
        if item.path == one.path:
            key = item.host, item.session
            found.setdefault(key if key in keys and item.family != "INP" else None, []).append(item)
    return [
        _input_case(run, one, found.get(None, [])),
        *(_session_case(item, found.get((item.host, item.session), [])) for item in sessions),
    ]


def _merged(run: Run, case: CaseReport) -> list[_Case]:
    """Give what was judged of several inputs together: the case, and its sessions."""
    doubts = [case.doubt] if case.doubt else []
    return [
        _decided(_Case("case", case.path, (), doubts)),
        *(
            _session_case(
                session,
                [
                    item
                    for item in run.findings
                    if item.path in case.merged
                    and item.family != "INP"
                    and (item.host, item.session) == (session.host, session.session)
                ],
            )
            for session in _sessions(run, case.path)
        ),
    ]


def _sessions(run: Run, path: str) -> list[SessionReport]:
    return sorted(item for item in (*run.sessions, *run.conforming) if item.path == path)


def _input_case(run: Run, one: Input, findings: Sequence[Finding]) -> _Case:
    case = _decided(_Case("input", one.path, findings, one.inconclusive))
    unread = [item for item in findings if item.family == "INP" and item.severity == WARNING]
    if case.result != _FAILURE and unread:
        return case._replace(result=_ERROR, message=_told(unread), grave=unread)
    if case.result != _FAILURE and not run.counts["judged"]:
        return case._replace(result=_ERROR, message="; ".join(run.inconclusive))
    return case


def _session_case(session: SessionReport, findings: Sequence[Finding]) -> _Case:
    return _decided(_Case(session_name(session), session.path, findings, session.reasons))


def _decided(case: _Case) -> _Case:
    errors = [item for item in case.findings if item.severity == ERROR]
    if errors:
        return case._replace(result=_FAILURE, message=_told(errors), grave=errors)
    if case.doubts:
        return case._replace(result=_SKIPPED, message="; ".join(case.doubts))
    return case


def _told(findings: Sequence[Finding]) -> str:
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{findings[0].rule} {findings[0].name}: {findings[0].message}{more}"


# --- XML ---------------------------------------------------------------------
def _case(case: _Case) -> Iterator[str]:
    yield f"<testcase {_attributes(classname=case.path, name=case.name, time='0')}>"
    if case.grave:
        rule = case.grave[0].rule
        yield f"<{case.result} {_attributes(message=case.message, type=rule)}>"
        yield from (_escape(_line(item)) for item in case.grave)
        yield f"</{case.result}>"
    elif case.result:
        yield f"<{case.result} {_attributes(message=case.message)}/>"
    lines = [_line(item) for item in case.findings if item not in case.grave]
    if case.result != _SKIPPED:
        lines += [f"inconclusive: {reason}" for reason in case.doubts]
    yield from _output(lines)
    yield "</testcase>"


def _line(item: Finding) -> str:
    who = f" of {item.writer or item.instance}" if item.writer or item.instance else ""
    where = f"{item.path}:{item.line}: {item.severity} {item.rule} {item.name}{who}"
    return f"{where}: {sentence(item.message)}"


def _output(lines: Iterable[str]) -> Iterator[str]:
    texts = [_escape(line) for line in lines]
    if texts:
        yield "<system-out>"
        yield from texts
        yield "</system-out>"


def _totals(name: str, cases: Sequence[_Case]) -> str:
    results = [case.result for case in cases]
    return _attributes(
        name=name,
        tests=len(cases),
        failures=results.count(_FAILURE),
        errors=results.count(_ERROR),
        skipped=results.count(_SKIPPED),
    )


def _properties(facts: dict[str, object]) -> Iterator[str]:
    yield "<properties>"
    for name, value in facts.items():
        yield f"<property {_attributes(name=name, value=value)}/>"
    yield "</properties>"


def _attributes(**values: object) -> str:
    return " ".join(f'{name}="{_escape(str(value))}"' for name, value in values.items())


def _escape(text: str) -> str:
    """Make *text* fit for XML 1.0, between tags and in attributes."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;")
    return text.replace(">", "&gt;").replace('"', "&quot;")
