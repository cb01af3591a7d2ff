"""The report of `vssfsm triage`, as text and as one HTML file that loads nothing."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

import vssfsm
from vssfsm.core.finding import Finding
from vssfsm.core.record import state_class
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.status import show_code, show_state
from vssfsm.reports.words import count, one_line
from vssfsm.spec import SPEC_VERSION
from vssfsm.spec.evidence import SERVICE_OF_PROCESS, Evidence
from vssfsm.spec.hresults import hresult_name
from vssfsm.spec.notes import WITHOUT_CODE
from vssfsm.spec.status import ADVICE
from vssfsm.spec.vocabulary import FAILED_STATES, WRITER_STATES
from vssfsm.traces.moments import moment
from vssfsm.triage import Failed, Report, Triage

_MEANS: Final = {state.number: state.means for state in WRITER_STATES}
#: accusations of one writer that are listed
_LISTED: Final = 5
_STYLE: Final = """\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
dl{display:grid;grid-template-columns:7rem 1fr;gap:.25rem 1rem}
dt{font-weight:600;grid-column:1}dd{grid-column:2;margin:0;overflow-wrap:anywhere}
@media(max-width:40rem){dl{grid-template-columns:1fr}dd{grid-column:1}}"""


class _Row(NamedTuple):
    """A label and what stands behind it, each text on lines of its own."""

    label: str
    texts: tuple[str, ...]


class _Section(NamedTuple):
    """A part of the report."""

    title: str
    rows: tuple[_Row, ...]


def as_text(found: Triage) -> str:
    """Give the report with a final line end."""
    parts = [_headline(found) + "\n"]
    for section in _sections(found):
        page = Page(section.title)
        for row in section.rows:
            page.entries(row.label, row.texts)
        parts.append(page.text())
    return "\n".join([*parts, "\n".join(_closing(found)) + "\n"])


def as_html(found: Triage) -> str:
    """Give the report as a page of its own, in ASCII."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
    title = _text(_headline(found))
    body = "\n".join(_html_section(section) for section in _sections(found))
    closing = "\n".join(f"<p>{_text(line)}</p>" for line in _closing(found))
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{title}</h1>\n{body}\n{closing}\n</main>\n"
        f"<footer><p>vssfsm {vssfsm.__version__}, specification {SPEC_VERSION}</p></footer>\n"
        "</body>\n</html>\n"
    )
    return page.encode("ascii", "xmlcharrefreplace").decode()


def _html_section(section: _Section) -> str:
    rows = "".join(
        f"<dt>{_text(row.label)}</dt>" + "".join(f"<dd>{_text(text)}</dd>" for text in row.texts)
        for row in section.rows
        if row.texts
    )
    return f"<section>\n<h2>{_text(section.title)}</h2>\n<dl>{rows}</dl>\n</section>"


def _text(text: str) -> str:
    return escape(one_line(text))


# --- What the report says ----------------------------------------------------
def _headline(found: Triage) -> str:
    failed = count(len(found.failed), "writer")
    if found.failed:
        return f"{failed} failed, {found.healthy} did not"
    if found.healthy:
        return f"No writer failed: {count(found.healthy, 'writer')} seen"
    return "Nothing is known of any writer"


def _sections(found: Triage) -> Iterator[_Section]:
    for one in found.failed:
        yield _Section(_name(one), tuple(_writer(one)))
    for kind in found.missing:
        yield _Section(f"Missing: {kind.name}", tuple(_evidence(kind)))


def _name(one: Failed) -> str:
    return (one.name or "A writer that no record names") + (f" of {one.host}" if one.host else "")


def _writer(one: Failed) -> Iterator[_Row]:
    yield _Row("failed", (_phase(one.last),))
    yield _Row("seen", tuple(_seen(report) for report in one.reports))
    yield _Row("since", (_since(one),))
    yield _Row("legal", tuple(_legal(one)))
    yield _Row("service", tuple(_service(one)))
    yield _Row("do", (_advice(one.last),))


def _phase(last: Report) -> str:
    """Say in which phase it failed, from the state, else from the event that it rejected."""
    code = "" if last.code is None else f", {show_code(last.code)}"
    if state_class(last.state) in FAILED_STATES:
        return f"{sentence(_MEANS.get(last.state or 0, ''))} {show_state(last.state or 0)}{code}"
    if last.state is not None:
        return f"It went on, and recorded a failure: {show_state(last.state)}{code}"
    if last.code is None:
        return f"In {last.event}; neither state nor code is recorded"
    return f"In {last.event}{code}" if last.event not in _NO_PHASE else f"Phase not known{code}"


#: names that tell of a status, not of a phase
_NO_PHASE: Final = ("WriterStatus", "GetWriterStatus", "GetWriterStatusEx")


def _seen(report: Report) -> str:
    pair = [] if report.state is None else [show_state(report.state)]
    pair += [] if report.code is None else [hresult_name(report.code)]
    return f"{report.place}: {report.event}" + (f", {', '.join(pair)}" if pair else "")


def _since(one: Failed) -> str:
    first = one.first
    if first.time_ns is not None:
        return f"{moment(first.time_ns)} at the latest ({first.place})"
    if first.local_time:
        return f"{first.local_time} at the latest, in a zone that is not named ({first.place})"
    return f"Not known: no record of the failure has a time (first at {first.place})"


def _legal(one: Failed) -> Iterator[str]:
    if not one.accusations:
        yield "As far as the evidence goes: a writer may fail, and it broke no rule."
        return
    for item in one.accusations[:_LISTED]:
        yield _accusation(item)
    if len(one.accusations) > _LISTED:
        yield f"{len(one.accusations) - _LISTED} more; see `vssfsm check`"


def _accusation(item: Finding) -> str:
    place = f"{item.path}:{item.line}"
    return f"No: {item.rule} {item.name}, {item.severity}, blame {item.blame} ({place})"


def _service(one: Failed) -> Iterator[str]:
    answers = sorted({answer.service for answer in one.services})
    if len(answers) > 1:
        yield "Published tables disagree:"
    yield from (f"{answer.service}, says {answer.by}" for answer in one.services)
    for process, place in one.processes:
        yield f"Process {process} hosted it ({place}); while it runs, this names its service:"
        yield SERVICE_OF_PROCESS.format(process=process)
    if not answers and not one.processes:
        yield "Not known: no table that we know names it. Event 8229 names its process; then:"
        yield SERVICE_OF_PROCESS.format(process="NUMBER")


def _advice(last: Report) -> str:
    name = "" if last.code is None else hresult_name(last.code)
    if name in ADVICE and name != "S_OK":
        return ADVICE[name][1]
    return WITHOUT_CODE.says


def _evidence(kind: Evidence) -> Iterator[_Row]:
    yield _Row("shows", (sentence(kind.shows),))
    yield _Row("collect", kind.collect)
    yield _Row("note", (kind.hint,) if kind.hint else ())


def _closing(found: Triage) -> Iterator[str]:
    run = found.run
    if found.present:
        yield f"Evidence: {', '.join(kind.name for kind in found.present)}."
    yield (
        f"Verdict: {run.verdict}; {count(run.counts['errors'], 'error')},"
        f" {count(run.counts['warnings'], 'warning')}; `vssfsm check` shows them."
    )
    if run.counts["unread"]:
        yield f"{count(run.counts['unread'], 'record')} could not be read."
    yield "A state may be of an earlier backup; legality is not health."
