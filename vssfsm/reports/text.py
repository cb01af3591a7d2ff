"""The text report: one block per finding, then the verdict and what it does not prove."""

from collections.abc import Callable, Iterator

from vssfsm.core.finding import Finding
from vssfsm.reports.words import count, either, one_line, wrap
from vssfsm.run import CONFORMS, Run
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.sources import PAGES

_WIDTH = 10
_Painter = Callable[[str, str], str]


def render(run: Run, *, color: bool = False) -> str:
    """Give the report with a final line end; *color* marks severities and the verdict."""
    paint = _paint if color else _plain
    lines: list[str] = []
    for item in run.findings:
        lines += [*_block(item, paint), ""]
    lines += _summary(run, paint)
    return "\n".join(lines) + "\n"


def _block(item: Finding, paint: _Painter) -> Iterator[str]:
    yield f"{item.path}:{item.line}: {paint(item.severity, item.severity)} {item.rule} {item.name}"
    yield from _row("what", _sentence(item.message))
    if item.actor or item.event:
        yield from _row("saw", _seen(item))
    if item.states:
        since = f" (since line {item.since_line})" if item.since_line else ""
        yield from _row("state", either(item.states) + since)
    if item.expected:
        yield from _row("expected", either(item.expected))
    yield from _row("why", _sentence(RULES[item.rule].why))
    yield from _row("blame", f"{item.blame}; evidence {item.grade}")
    for slug in item.sources:
        title, address = PAGES[slug]
        yield f"  {'source':{_WIDTH}}{title}  {address}"


def _seen(item: Finding) -> str:
    who = item.writer or item.instance or item.actor
    where = [f"host {item.host}"] if item.host else []
    where += [f"session {item.session}"] if item.session else []
    where += [f"instance {item.instance}"] if item.instance and item.instance != who else []
    text = f"{item.event or 'a record'} of {who}" if who else item.event
    return one_line(text + (f" ({', '.join(where)})" if where else ""))


def _row(label: str, text: str) -> Iterator[str]:
    first = f"  {label:{_WIDTH}}"
    for line in wrap(one_line(text), 100 - len(first)):
        yield first + line
        first = " " * len(first)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _summary(run: Run, paint: _Painter) -> Iterator[str]:
    counts = run.counts
    yield paint(run.verdict, run.verdict) + (
        f": {count(counts['errors'], 'error')}, {count(counts['warnings'], 'warning')},"
        f" {count(counts['infos'], 'note')} in {count(counts['records'], 'record')},"
        f" {count(counts['sessions'], 'session')}, {count(len(run.inputs), 'input')}"
    )
    for session in run.sessions:
        if session.verdict != CONFORMS:
            name = "/".join(part for part in (session.host, session.session) if part)
            owed = f", owes {either(session.owed)}" if session.owed else ""
            yield one_line(
                f"  session {name or '(no key)'} of {session.path}: {session.verdict}{owed}"
            )
    for reason in run.inconclusive:
        yield f"  inconclusive: {reason}"
    failed = counts["failed_writers"]
    verb = "was" if failed == 1 else "were"
    yield (
        f"{count(failed, 'writer')} {verb} last seen with a failure; legality is not health."
        if failed
        else "No writer was last seen with a failure; legality is not health."
    )


# --- Colours -----------------------------------------------------------------
_COLORS = {
    "error": "31;1",
    "warning": "33;1",
    "info": "36",
    "VIOLATES": "31;1",
    "INCONCLUSIVE": "33;1",
    "CONFORMS": "32;1",
}


def _plain(kind: str, text: str) -> str:  # noqa: ARG001 - same shape as _paint
    return text


def _paint(kind: str, text: str) -> str:
    return f"\x1b[{_COLORS[kind]}m{text}\x1b[0m"
