"""`vssfsm rule`: the catalogue of all rules, and the page of one."""

import difflib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from vssfsm.errors import UsageError
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.text import block
from vssfsm.reports.words import count, either, wrap
from vssfsm.run import check
from vssfsm.spec.advice import advice
from vssfsm.spec.catalogue import FAMILIES, REGIONS_OF, ROWS, RULES
from vssfsm.spec.checks import CHECKS
from vssfsm.spec.examples import BAD, GOOD, Example, example, example_path
from vssfsm.spec.returns import DEPENDING
from vssfsm.spec.rows import ERROR, GRADE_SAYS, INFO, WARNING, Row
from vssfsm.spec.rulings import RULINGS

#: what each family is about
FAMILY_TITLES: Final = {
    "INP": "evidence that could not be read",
    "STS": "pairs of writer state and failure code",
    "FLR": "a writer's own calls and failures",
    "WTR": "the writer's lifecycle",
    "REQ": "the requester's calls",
    "RET": "return codes of the requester's calls",
    "CPL": "what one call owes the other participants",
    "TIM": "time budgets",
    "MDL": "findings of `vssfsm lint` in our own tables",
}
_LISTED: Final = 6
_INDENT: Final = 10
_WIDTH: Final = 100
#: what the rows of the status region call `status`
_PAIR: Final = "every record that reports a state or a failure code"


# --- The catalogue -----------------------------------------------------------
def render_all(families: Sequence[str] = FAMILIES) -> str:
    """Give the rules of *families* with name, severity, grade and what they say, and a footer."""
    lines: list[str] = []
    listed: list[Row] = []
    for family in families:
        rows = [row for code, row in RULES.items() if code.startswith(family)]
        listed += rows
        if rows:
            lines += [f"{family}  {FAMILY_TITLES[family]}", *_entries(rows), ""]
    return "\n".join([*lines, *_footer(listed)]) + "\n"


def render(name: str) -> str:
    """
    Give the rules of a family, or the page of one rule.

    Args:
        name: a family such as WTR, a code, or the name of a rule; in any case.

    Raises:
        UsageError: as `page_of` does.
    """
    family = name.strip().upper()
    checks = [code for code in CHECKS if family in (code, code[:3], CHECKS[code].name.upper())]
    if checks:
        return "\n".join(check_page(code).text() for code in checks)
    has_rules = family in {code[:3] for code in RULES}
    return render_all((family,)) if has_rules else render_rule(name)


def _entries(rows: list[Row]) -> Iterator[str]:
    width = max(len(row.name) for row in RULES.values())
    for row in rows:
        yield f"  {row.code}  {row.name:{width}}  {row.severity:7}  {row.grade}"
        yield from (f"{' ' * _INDENT}{line}" for line in wrap(sentence(row.says), _WIDTH - _INDENT))


def _footer(listed: Sequence[Row]) -> Iterator[str]:
    kinds = [row.severity for row in listed]
    numbers = ", ".join(
        f"{kinds.count(severity)} {severity}" for severity in (ERROR, WARNING, INFO)
    )
    yield f"{count(len(listed), 'rule')}: {numbers}."
    yield from (f"{grade}: {says}." for grade, says in GRADE_SAYS.items())
    yield "`vssfsm rule CODE` shows one: why, a bad and a good trace, sources."


# --- One rule ----------------------------------------------------------------
def render_rule(code_or_name: str) -> str:
    """
    Give the page of one rule as text.

    Raises:
        UsageError: no rule has this code or name; the message holds close matches.
    """
    return page_of(code_or_name).text()


def page_of(code_or_name: str) -> Page:
    """
    Give the page of one rule, for a terminal or for the documentation.

    Raises:
        UsageError: as `render_rule` does.
    """
    row = _find(code_or_name)
    page = Page(f"{row.code} {row.name}")
    page.row("says", sentence(row.says))
    page.row("why", sentence(row.why))
    page.row("at stake", advice(row.code).stake)
    page.row("next", advice(row.code).then)
    page.row("severity", f"{row.severity}{_exceptions(row)}")
    page.row("grade", f"{row.grade}: {GRADE_SAYS[row.grade]}; blame: {row.blame}")
    page.row("status", f"{row.status} rule")
    page.row("ruling", RULINGS.get(row.ruling, ""))
    page.row("events", _events(row.code))
    page.row("region", ", ".join(REGIONS_OF[row.code]))
    page.row("states", _states(row.code))
    page.row("releases", _releases(row.code))
    _trace(page, "bad", example(row.code, BAD))
    _output(page, row.code)
    _trace(page, "good", example(row.code, GOOD))
    page.cite(*row.sources)
    return page


def check_page(code: str) -> Page:
    """Give the page of what `lint` finds under *code*."""
    page = Page(f"{code} {CHECKS[code].name}")
    page.row("finds", sentence(CHECKS[code].finds))
    page.row("next", CHECKS[code].mend)
    page.row("severity", "a defect of vssfsm: exit code 4 of `vssfsm lint`")
    return page


def _find(name: str) -> Row:
    wanted = name.strip().casefold()
    for row in RULES.values():
        if wanted in (row.code.casefold(), row.name):
            return row
    names = {known.casefold(): known for row in RULES.values() for known in (row.code, row.name)}
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.5)
    hint = f"did you mean {either([names[key] for key in close])}?" if close else ""
    raise UsageError(f"no rule has the code or name {name!r}; {hint or '`vssfsm rule` lists them'}")


def _exceptions(row: Row) -> str:
    """Say where the severity is another one."""
    if row.code.startswith("STS") and row.severity == WARNING:
        return "; info in a listing, whose report belongs to no session"
    if row.code in DEPENDING:
        return "; info where no release is named"
    return "; and exit code 3" if row.code.startswith("INP") and row.severity == WARNING else ""


def _events(code: str) -> str:
    found = {event: None for row in ROWS if row.code == code for event in row.on}
    return either([_PAIR if event == "status" else event for event in found])


def _states(code: str) -> str:
    """Name the states that the rule starts from; "any" says nothing."""
    states = list({s: None for row in ROWS if row.code == code for s in row.source if s != "any"})
    if len(states) <= _LISTED:
        return either(states)
    return f"{', '.join(states[:_LISTED])} and {len(states) - _LISTED} more"


def _releases(code: str) -> str:
    """Name the releases that its rows are bound to."""
    rows = [row for row in ROWS if row.code == code]
    named = {name: None for row in rows for when in row.when for name in when.get("release", ())}
    return ", ".join(named)


def _output(page: Page, code: str) -> None:
    lines = _said_of_bad(code)
    if lines:
        page.literal("output", lines)


@cache
def _said_of_bad(code: str) -> tuple[str, ...]:
    """Give what `check` says of the bad trace, as far as it is about the rule."""
    path = example_path(code, BAD)
    if path is None:
        return ()
    found = (item for item in check(path).findings if item.rule == code)
    return tuple(line for item in found for line in block(item._replace(path=path.name)))


def _trace(page: Page, label: str, shown: Example | None) -> None:
    if shown is None:
        return
    marks = [f"-> line {line}: {', '.join(codes)}" for line, codes in shown.expected.items()]
    page.literal(f"{label} trace", (*shown.lines, *(marks or ["-> nothing is found"])))
