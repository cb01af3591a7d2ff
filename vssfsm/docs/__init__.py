"""
The reference pages of the documentation, from the tables that judge.

Pages by hand stand beside them in `docs/`. No fact is typed here: a page is a table of names,
meanings and rows. `python -m vssfsm.docs docs` writes them, `--check` names those that are stale.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from vssfsm.reports.page import marked, sentence
from vssfsm.reports.rule import FAMILY_TITLES, check_page, page_of
from vssfsm.spec.catalogue import FAMILIES, REGIONS, RULES
from vssfsm.spec.checks import CHECKS
from vssfsm.spec.codes import MEANINGS
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.lint import matches
from vssfsm.spec.notes import CODE_MEANS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import ERROR, FREE, GRADES, INFO, WARNING, Region
from vssfsm.spec.status import CODES, STATUS, VIA_OTHER
from vssfsm.spec.vocabulary import STATE_PREFIX, WRITER_STATES
from vssfsm.traces.schema import schema

_VERDICTS: Final = {FREE: "legal", INFO: "note", WARNING: "suspicious", ERROR: "illegal"}
_MADE: Final = "<!-- Written by `python -m vssfsm.docs docs` from the tables; do not edit. -->"


def pages() -> dict[str, str]:
    """Give every generated page: its path below `docs`, with slashes, and its Markdown."""
    made = {path: make() for path, make in _PAGES.items()}
    made |= {f"rules/{code}.md": page_of(code).markdown() for code in RULES}
    made |= {f"rules/{code}.md": check_page(code).markdown() for code in CHECKS}
    return {path: f"{text.rstrip()}\n\n{_MADE}\n" for path, text in made.items()}


def _page(title: str, *parts: str | Iterable[str]) -> str:
    texts = [part if isinstance(part, str) else "\n".join(part) for part in parts]
    return "\n\n".join((f"# {title}", *texts))


def _table(heading: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield f"|{' --- |' * len(heading)}"
    yield from (f"| {' | '.join(line)} |" for line in lines)


def _code(text: object) -> str:
    return f"`{text}`"


# --- Rules -------------------------------------------------------------------
def _rules() -> str:
    parts: list[str | Iterable[str]] = [
        f"{len(RULES)} rules. `vssfsm rule CODE` prints the page of one. What a grade makes of a"
        " severity is said in [Grades](../explanation/grades.md).",
        _table(("grade", ERROR, WARNING, INFO), _grades()),
    ]
    for family in FAMILIES:
        rows = [row for code, row in RULES.items() if code.startswith(family)]
        if rows:
            parts.append(f"## {family}: {FAMILY_TITLES[family]}")
            lines = (
                (
                    f"[{row.code}]({row.code}.md)",
                    _code(row.name),
                    row.severity,
                    row.grade,
                    marked(sentence(row.says)),
                )
                for row in rows
            )
            parts.append(_table(("code", "name", "severity", "grade", "what it says"), lines))
    parts.append(f"## MDL: {FAMILY_TITLES['MDL']}")
    parts.append(_table(("code", "name", "what it finds"), _checks()))
    return _page("Rules", *parts)


def _checks() -> Iterator[tuple[str, ...]]:
    for code, check in CHECKS.items():
        yield f"[{code}]({code}.md)", _code(check.name), marked(sentence(check.finds))


def _grades() -> Iterator[tuple[str, ...]]:
    """Give how many rules there are of each grade and severity."""
    for grade in GRADES:
        severities = [row.severity for row in RULES.values() if row.grade == grade]
        yield (grade, *(str(severities.count(kind)) for kind in (ERROR, WARNING, INFO)))


# --- States, machines --------------------------------------------------------
def _states() -> str:
    reported = (
        (str(s.number), _code(STATE_PREFIX + s.name), s.group, marked(sentence(s.means)))
        for s in WRITER_STATES
    )
    return _page(
        "States",
        "What a writer reports is coarser than what it went through: an idle, a prepared, a"
        " completed, an aborted and a restoring session all report STABLE. So a state of the"
        " machine is a reported state and a phase. `vssfsm explain 9` says more of one.",
        "## Reported states (`VSS_WRITER_STATE`)",
        _table(("number", "name", "group", "meaning"), reported),
        *_states_of(REGIONS["writer"]),
        *_states_of(REGIONS["requester"]),
    )


def _states_of(region: Region) -> Iterator[str | Iterable[str]]:
    yield f"## Region `{region.name}`: {region.title}"
    lines = (
        (_code(s.name), s.phase, marked(sentence(s.means)), ", ".join(map(_code, s.owed)))
        for s in region.states
    )
    yield _table(("state", "phase", "meaning", "one of these is owed"), lines)


def _machines() -> str:
    lines = (
        (
            _code(name),
            marked(region.title),
            str(len(region.states)),
            str(sum(bool(row.to) for row in region.rows)),
            str(sum(not row.to for row in region.rows)),
        )
        for name, region in REGIONS.items()
    )
    heading = ("name", "about", "states", "permitted rows", "prohibitions")
    return _page(
        "Machines",
        "A region is a small machine that sees every record it knows; a record is legal when each"
        " region that knows it permits it. `vssfsm diagram NAME` draws one, `--as promela`, `tla`,"
        " `scxml`, `xstate` and `plantuml` write it for other tools. `restore` is the part of"
        " `writer` that is about a restore; `failures`, `sequence-backup` and `sequence-restore`"
        " are pictures.",
        _table(heading, lines),
    )


# --- Codes -------------------------------------------------------------------
def _codes() -> str:
    known = ((_code(n), _code(f"0x{value:08X}"), _meaning(n)) for n, value in HRESULTS.items())
    pairs = (
        (_code(state.name), *(_verdict(state.name, code) for code in CODES))
        for state in WRITER_STATES
    )
    short = tuple(code.removeprefix("VSS_E_").removeprefix("WRITERERROR_") for code in CODES)
    return _page(
        "Codes",
        "`vssfsm explain CODE` says who returns a code and what to do; a name, hex or decimal will"
        " do.",
        "## HRESULTs",
        _table(("name", "value", "meaning"), known),
        "## Pairs of writer state and failure code",
        f"On the latest release ({RELEASES[-1]}), read from a trace. A legal pair may still report"
        " a failure: that is a note.",
        _table(("state", *map(_code, short)), pairs),
    )


def _meaning(name: str) -> str:
    """Say what a code means: as a writer's failure, else as what a method returns."""
    fact = MEANINGS.get(name)
    return marked(sentence(CODE_MEANS.get(name) or (fact.says if fact else "")))


def _verdict(state: str, code: str) -> str:
    symbol = {"state": state, "failure": code, "release": RELEASES[-1], "via": VIA_OTHER}
    (row,) = (row for row in STATUS.rows if matches(row, symbol))
    rule = f" [{row.code}](../rules/{row.code}.md)" if row.name else ""
    return f"{_VERDICTS[row.severity]}{rule}"


# --- The trace format --------------------------------------------------------
def _trace_format() -> str:
    keys = schema()["properties"]
    lines = ((_code(key), *_type(found)) for key, found in keys.items())
    return _page(
        "The trace format",
        "JSON Lines, UTF-8, one record a line, in observed order; `.gz` and `.zst` are unpacked. A"
        " missing key or `null` stands for every value it could have, save `hresult`: a missing one"
        " means S_OK. Unknown keys are ignored. What each key means is said in"
        " [What to record](../how-to/writer-author.md) and"
        " [Trace a requester](../how-to/requester-author.md). The table is derived from the shipped"
        " JSON Schema, `vssfsm/traces/trace-v1.schema.json`.",
        _table(("key", "type", "names"), lines),
    )


def _type(found: dict[str, Any]) -> tuple[str, str]:
    """Give the types and the names that a key of the schema may have; `null` goes for all."""
    types: dict[str, None] = {}
    named: list[object] = []
    for one in found.get("anyOf", [found]):
        given = one.get("type", [])
        types |= dict.fromkeys([given] if isinstance(given, str) else given)
        named += one.get("enum", [])
    shown = list(dict.fromkeys(str(name) for name in named if name not in ("", None)))
    if any(isinstance(name, str) for name in named):
        types.setdefault("name" if types else "one of the names")
    types.pop("null", None)
    few = ", ".join(map(_code, shown)) if len(shown) <= _FEW else f"{len(shown)} names"
    return ", ".join(types), few if shown else ""


#: so many names are listed; more are counted
_FEW: Final = 20


_PAGES: Final[dict[str, Callable[[], str]]] = {
    "rules/index.md": _rules,
    "reference/states.md": _states,
    "reference/machines.md": _machines,
    "reference/codes.md": _codes,
    "reference/trace-format.md": _trace_format,
}
