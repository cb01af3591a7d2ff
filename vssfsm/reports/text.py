"""The text report: one block per finding, then the verdict and what it does not prove."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from vssfsm.core.finding import Finding
from vssfsm.monitor import SessionReport
from vssfsm.reports.page import sentence
from vssfsm.reports.words import (
    count,
    either,
    equally_cheap,
    health,
    inert,
    one_line,
    show_edit,
    wrap,
)
from vssfsm.results import Accepted, Run
from vssfsm.spec.advice import advice
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.rows import GRADE_SAYS
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.sources import PAGES

_WIDTH = 10
_Painter = Callable[[str, str], str]


def render(run: Run, *, color: bool = False) -> str:
    """Give the report with a final line end; *color* marks severities and the verdict."""
    paint = _paint if color else _plain
    lines: list[str] = []
    advised: set[str] = set()
    for item in run.findings:
        lines += [*block(item, paint, advised=item.rule not in advised), ""]
        advised.add(item.rule)
    lines += summary(run, paint)
    return "\n".join(lines) + "\n"


def block(item: Finding, paint: _Painter | None = None, *, advised: bool = True) -> Iterator[str]:
    """Give the lines of one finding; *advised*: with what its rule means and what to do."""
    paint = paint or _plain
    place = inert(one_line(f"{item.path}:{item.line}"))
    yield f"{place}: {paint(item.severity, item.severity)} {item.rule} {item.name}"
    yield from _row("what", sentence(item.message))
    if item.actor or item.event:
        yield from _row("saw", _seen(item))
    if item.origin:
        yield from _row("from", item.origin)
    if item.states:
        region = f"region {item.region}" if item.region else ""
        told = ", ".join(part for part in (region, _since(item)) if part)
        yield from _row("state", either(item.states) + (f" ({told})" if told else ""))
    if item.expected:
        yield from _row("expected", either(item.expected))
    if item.repair:
        yield from _row("repair", _repair(item))
    yield from _why(item.rule)
    if advised:
        yield from _row("stake", advice(item.rule).stake)
        yield from _row("next", advice(item.rule).then)
    yield from _whence(item.blame, item.grade, item.sources)


@cache
def _why(rule: str) -> tuple[str, ...]:
    """Give the lines that every finding of a rule has; long reports repeat them very often."""
    row = RULES[rule]
    ruling = RULINGS.get(row.ruling, "")
    return (*_row("why", sentence(row.why)), *_row("ruling", ruling))


@cache
def _whence(blame: str, grade: str, sources: tuple[str, ...]) -> tuple[str, ...]:
    pages = (PAGES[slug] for slug in sources)
    return (
        *_row("blame", blame + _evidence(grade)),
        *(f"  {'source':{_WIDTH}}{title}  {address}" for title, address in pages),
    )


def since_of(item: Finding) -> str:
    """Say where the states of a finding came from, with the input if it is another one."""
    line = item.since_line
    return f"{one_line(item.since_path)}:{line}" if item.since_path else f"line {line}"


def _seen(item: Finding) -> str:
    who = item.writer or item.instance or item.actor
    where = [f"host {item.host}"] if item.host else []
    where += [f"session {item.session}"] if item.session else []
    where += [f"instance {item.instance}"] if item.instance and item.instance != who else []
    text = f"{item.event or 'a record'} of {who}" if who else item.event
    return one_line(text + (f" ({', '.join(where)})" if where else ""))


def _evidence(grade: str) -> str:
    return f"; evidence {grade}: {GRADE_SAYS[grade]}" if grade else ""


def _since(item: Finding) -> str:
    """Name the other end: the record that came before."""
    if not item.since_line:
        return ""
    event = f"{item.since_event} on " if item.since_event else ""
    return f"since {event}{since_of(item)}"


def _repair(item: Finding) -> str:
    edits = "; ".join(show_edit(edit) for edit in item.repair)
    return edits + equally_cheap(item.repair_alternatives)


def _row(label: str, text: str) -> Iterator[str]:
    if not text:
        return
    first = f"  {label:{_WIDTH}}"
    for line in wrap(one_line(text), 100 - len(first)):
        yield inert(first + line)
        first = " " * len(first)


def _plain(kind: str, text: str) -> str:  # noqa: ARG001 - same shape as _paint
    return text


def summary(run: Run, paint: _Painter = _plain) -> Iterator[str]:
    """Give the lines at the end: verdict, counts, what is not proved, health."""
    counts = run.counts
    yield paint(run.verdict, run.verdict) + (
        f": {count(counts['errors'], 'error')}, {count(counts['warnings'], 'warning')},"
        f" {count(counts['infos'], 'note')} in {count(counts['records'], 'record')},"
        f" {count(counts['sessions'], 'session')}, {count(len(run.inputs), 'input')}"
    )
    yield from (f"  {line}" for line in proportions(counts))
    for one in run.inputs:
        yield from (inert(one_line(f"  {one.path}: {remark}")) for remark in one.remarks)
    for case in run.cases:
        yield inert(one_line(f"  case {case.path}: {case.said()}"))
    for session in run.sessions:
        yield inert(one_line(f"  {session_name(session)} of {session.path}: {_outcome(session)}"))
    for reason in run.inconclusive:
        yield inert(one_line(f"  inconclusive: {reason}"))
    if counts["baselined"]:
        yield f"  baseline: {count(counts['baselined'], 'accepted finding')} left out"
    for entry in run.baseline_unused:
        yield inert(one_line(f"  baseline: {_unused(entry)}"))
    yield f"{health(counts['failed_writers'], counts['judged'])}; legality is not health."


def proportions(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Say how many of the records were judged, what became of sessions, and what had its say."""
    return (
        f"records: {counts['judged']} judged, {counts['not_judged']} not judged,"
        f" {counts['unread']} unread; {count(counts['skipped'], 'line')} of prose skipped",
        f"sessions: {counts['sessions_conforms']} CONFORMS,"
        f" {counts['sessions_violates']} VIOLATES, {counts['sessions_inconclusive']} INCONCLUSIVE",
        f"rules: {counts['rules_applied']} are about what was recorded,"
        f" {counts['rules_not_applicable']} not applicable",
    )


def session_name(session: SessionReport) -> str:
    """Name a session by its keys."""
    name = "/".join(part for part in (session.host, session.session) if part)
    return f"session {name or '(no key)'}"


def _outcome(session: SessionReport) -> str:
    reasons = "; ".join(session.reasons)
    return f"{session.verdict}; {reasons}" if reasons else session.verdict


def _unused(entry: Accepted) -> str:
    who = f" of {entry.writer}" if entry.writer else ""
    times = f" {entry.times} times" if entry.times > 1 else ""
    return f"{entry.rule} {entry.name}{who} no longer occurs{times} ({entry.fingerprint})"


# --- Colours -----------------------------------------------------------------
_COLORS = {
    "error": "31;1",
    "warning": "33;1",
    "info": "36",
    "VIOLATES": "31;1",
    "INCONCLUSIVE": "33;1",
    "CONFORMS": "32;1",
}


def _paint(kind: str, text: str) -> str:
    return f"\x1b[{_COLORS[kind]}m{text}\x1b[0m"
