"""Pages about writer states, failure codes, and pairs of both."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from vssfsm.core.record import Symbol, failure_class, state_class
from vssfsm.errors import SpecError
from vssfsm.monitor import table
from vssfsm.reports.methods import code_notes
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.words import either
from vssfsm.spec.codes import MEANINGS, NEXT, methods_of
from vssfsm.spec.hresults import HRESULTS, hresult_name, is_failure
from vssfsm.spec.interface import INTERFACE
from vssfsm.spec.labels import ERROR_LABELS
from vssfsm.spec.notes import (
    ANY_CODE,
    CODE_MEANS,
    GROUP_ADVICE,
    INFERRED_LABELS,
    LOG_EVENTS,
    NOT_PROVED,
    PUBLISHED,
    STATE_LABELS,
    WITHOUT_CODE,
    Fact,
    facts_about,
)
from vssfsm.spec.releases import KERNELS, RELEASES, span
from vssfsm.spec.rows import ERROR, FREE, INFO, OPEN, WARNING, Row
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.sources import PAGES
from vssfsm.spec.status import ADVICE, CODES, KNOWN_SINCE, OTHER, VIA_EX, VIA_PLAIN
from vssfsm.spec.vocabulary import (
    COUNT,
    FAILURE_CALLS,
    LIFECYCLE_EVENTS,
    OUTCOMES,
    STATE_NUMBERS,
    STATE_PREFIX,
    WRITER_STATES,
    WriterState,
)
from vssfsm.spec.writer import WRITER

_STATES: Final = {state.number: state for state in (*WRITER_STATES, COUNT)}
_VERDICTS: Final = {FREE: "LEGAL", INFO: "LEGAL", WARNING: "SUSPICIOUS", ERROR: "ILLEGAL"}
_SIGN: Final = 1 << 31
#: from so many methods, their number is said
_MANY: Final = 8
#: facilities of an HRESULT that are met around shadow copies
_FACILITIES: Final = {0: "COM", 1: "RPC", 3: "storage", 4: "of its interface", 7: "Win32"}


# --- Names -------------------------------------------------------------------
def show_state(number: int) -> str:
    """Give number and name, or the number alone where there is no such state."""
    return f"{number} {_STATES[number].name}" if number in _STATES else str(number)


def show_code(value: int) -> str:
    """Give an unsigned code's name, its hexadecimal and, for a failure, its signed spelling."""
    name = hresult_name(value)
    text = f"0x{value:08X}" + (f", {value - 2 * _SIGN}" if value >= _SIGN else "")
    return text if name.startswith("0x") else f"{name} ({text})"


# --- A pair ------------------------------------------------------------------
class _Ruled(NamedTuple):
    """A row of the status region, and where it applies."""

    row: Row
    where: str


def explain_pair(number: int, code: int) -> str:
    """Say whether a writer can report state *number* with *code*, and what to do about it."""
    state, failure = state_class(number), failure_class(code)
    page = Page(f"{show_state(number)} with {show_code(code)}")
    rules = _rules(state, failure)
    page.entries("verdict", [_show_rule(rule) for rule in rules])
    _why(page, rules)
    page.row("ruling", RULINGS.get(rules[0].row.ruling, ""))
    if number in _STATES:
        page.row("state", sentence(_STATES[number].means))
    _code_rows(page, code, number)
    if (state, failure) in PUBLISHED:
        slug = PUBLISHED[str(state), str(failure)]
        page.row("published", f"in {PAGES[slug][0]}", slug)
    page.items("log", _says(page, facts_about(LOG_EVENTS, state, failure)))
    _vssadmin(page, number, code)
    if failure != OTHER and number in _STATES:
        page.items("proves not", _says(page, facts_about(NOT_PROVED, state, failure)))
    return page.text()


def _rules(state: str | None, failure: str | None) -> list[_Ruled]:
    """Give the distinct rows of a pair, the newest release first, with releases and method."""
    places: dict[str, tuple[Row, list[tuple[str, str]]]] = {}
    for via in (VIA_EX, VIA_PLAIN):
        for release in reversed(RELEASES):
            row = _row(Symbol("status", state=state, failure=failure, release=release, via=via))
            places.setdefault(row.code, (row, []))[1].append((via, release))
    rules = [_Ruled(row, _show_places(found)) for row, found in places.values()]
    return sorted(rules, key=lambda rule: _weight(rule.row))


def _row(symbol: Symbol) -> Row:
    status = table("status")
    (move,) = status.moves("any", status.project(symbol)).values()
    if move.row is None:
        raise SpecError(f"the status region has no row for {symbol}")
    return move.row


def _show_places(places: Sequence[tuple[str, str]]) -> str:
    methods = list(dict.fromkeys(via for via, _ in places))
    by = f" by {methods[0]}" if len(methods) == 1 else ""
    known = {release for _, release in places}
    return _show_releases([k for k in KERNELS if k[0] in known]) + by


def _show_releases(kernels: list[tuple[str, ...]]) -> str:
    """Say which run of kernels it is."""
    return span(tuple(release for kernel in kernels for release in kernel))


def _show_rule(rule: _Ruled) -> str:
    row = rule.row
    note = f"{row.code} {row.name}, {row.severity}, {row.grade}" if row.name else row.code
    word = _VERDICTS[row.severity]
    failed = "; it reports a failure" if row.severity == INFO else ""
    return f"{word} {rule.where}{failed} ({note})"


def _why(page: Page, rules: Sequence[_Ruled]) -> None:
    """Explain the first rule in full, the others in a sentence."""
    first = rules[0].row
    page.row("why", f"{sentence(first.says)} {first.why}".strip(), *first.sources)
    for rule in rules[1:]:
        page.row("", f"{rule.row.code}: {sentence(rule.row.says)}", *rule.row.sources)


def _says(page: Page, facts: Iterable[Fact]) -> list[str]:
    facts = tuple(facts)
    for fact in facts:
        page.cite(*fact.sources)
    return [fact.says for fact in facts]


def _code_rows(page: Page, code: int, number: int | None) -> None:
    """Say what a code means, who sets it, and what to do about it beside state *number*."""
    name = hresult_name(code)
    if name in ADVICE:
        who, what = ADVICE[name]
        if name == "S_OK" and number in _STATES:
            what = _advice_without_code(page, _STATES[number])
        page.row("code", sentence(CODE_MEANS[name]), "getwriterstatus")
        page.row("set by", _set_by(name, who))
        page.row("do", what)
        return
    page.row("code", _no_writer_code(code))
    if name in MEANINGS:
        page.row("means", MEANINGS[name].says, *MEANINGS[name].sources)
        page.row("do", NEXT.get(name, ""))
        page.entries("returned", _returned_by(name))
    page.row("note", ANY_CODE.says, *ANY_CODE.sources)


def _advice_without_code(page: Page, state: WriterState) -> str:
    """Where the code says nothing, the state decides."""
    fact = WITHOUT_CODE if state.group == "failed" else GROUP_ADVICE[state.group]
    page.cite(*fact.sources)
    return fact.says


def _returned_by(code: str) -> Iterator[str]:
    """Give a line per note: the methods that return *code* under it."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for method in methods_of(code):
        groups.setdefault(tuple(code_notes(method, code)), []).append(method)
    for notes, methods in groups.items():
        said = [*([f"{len(methods)} methods"] if len(methods) > _MANY else []), *notes]
        yield f"{'; '.join(said)}{': ' if said else ''}{', '.join(methods)}"


def _no_writer_code(code: int) -> str:
    """Say what else a code is."""
    name = hresult_name(code)
    if name in HRESULTS:
        kind = "a return code" if is_failure(code) else "a success code"
        return f"No writer failure code: {kind} of methods."
    facility = code >> 16 & 0x7FF
    whose = _FACILITIES.get(facility, "of another component")
    return (
        "No writer failure code, and no documented code of VSS:"
        f" facility {facility} ({whose}), code {code & 0xFFFF}."
    )


def _set_by(name: str, who: str) -> str:
    calls = {
        call: _handlers(name, call)
        for call in FAILURE_CALLS
        if any(call in row.on and _takes(row, name) for row in INTERFACE.rows if not row.name)
    }
    if not calls:
        return sentence(who)
    methods = either(list(calls))
    where = next(iter(calls.values()))
    return sentence(f"{who}, {where}" if methods in who else f"{who}; {methods} may set it {where}")


def _takes(row: Row, code: str) -> bool:
    return any(code in when.get("failure", ()) for when in row.when)


def _handlers(code: str, call: str) -> str:
    """Say in which handlers *call* may set *code*."""
    allowed = {
        handler
        for row in INTERFACE.rows
        if call in row.on and not row.name
        for when in row.when
        if code in when["failure"]
        for handler in when["during"]
    }
    if allowed == set(LIFECYCLE_EVENTS):
        return "in every handler but Identify's"
    return f"in {either([event for event in LIFECYCLE_EVENTS if event in allowed])}"


def _vssadmin(page: Page, number: int | None, code: int | None) -> None:
    """Say how the listing prints it."""
    parts = [] if number is None else [_state_label(number)]
    parts += [] if code is None else [_error_label(code)]
    page.row("vssadmin", "; ".join(part for part in parts if part), "vssadmin-list-writers")


def _state_label(number: int) -> str:
    if number in STATE_LABELS:
        return f"State: [{number}] {STATE_LABELS[number]}"
    if number in INFERRED_LABELS:
        return f"State: [{number}] {INFERRED_LABELS[number]} (inferred, not seen yet)"
    return f"State: [{number}], whose text was not seen yet" if number in _STATES else ""


def _error_label(code: int) -> str:
    name = hresult_name(code)
    labels = [label for label, code_name in ERROR_LABELS["en"].items() if code_name == name]
    if labels:
        return f"Last error: {labels[0]}"
    return "Last error: its text was not seen yet" if name in CODES else ""


# --- A state -----------------------------------------------------------------
def explain_state(number: int) -> str:
    """Say what a VSS_WRITER_STATE means, where it comes from, and which codes go with it."""
    known = _STATES.get(number)
    name = f" {STATE_PREFIX}{known.name}" if known else ""
    page = Page(f"Writer state {number}{name}")
    state = state_class(number)
    means = sentence(known.means) if known else "No member of VSS_WRITER_STATE."
    page.row("means", means, "ne-vss-vss_writer_state")
    if known:
        page.row("do", GROUP_ADVICE[known.group].says, *GROUP_ADVICE[known.group].sources)
    if known is None or known is COUNT:
        rules = _rules(state, None)
        page.entries("verdict", [_show_rule(rule) for rule in rules])
        _why(page, rules)
        return page.text()
    _lifecycle(page, known)
    rows = sorted(
        ((_pair_rule(state, code), code) for code in CODES), key=lambda cell: _weight(cell[0])
    )
    page.entries("codes", _by_rule(page, rows))
    page.items("log", _says(page, facts_about(LOG_EVENTS, state, None)))
    _vssadmin(page, number, None)
    page.items("proves not", _says(page, facts_about(NOT_PROVED, state, None)))
    return page.text()


def _weight(row: Row) -> int:
    """Sort what is legal before what is suspicious, and that before what is illegal."""
    return tuple(_VERDICTS).index(row.severity)


def _lifecycle(page: Page, known: WriterState) -> None:
    """Give the states of the lifecycle that report it: their meaning, origin and continuation."""
    states = [state for state in WRITER.states if state.reported == known.number]
    if not states:
        page.row("lifecycle", "It names no state of the writer's lifecycle.")
        return
    phases: dict[str, list[str]] = {}
    for state in states:
        phases.setdefault(state.means, []).append(state.name)
    page.items("phases", [f"{either(same)}: {means}" for means, same in phases.items()])
    names = {state.name for state in states}
    page.entries("comes from", _origins(names))
    expected = table("writer").expected([state.name for state in states])
    page.row("next", f"{either(expected) or 'nothing'}, depending on the phase")


def _origins(names: set[str]) -> Iterator[str]:
    """Give the events that lead to a state: those that the names tell, then what is left open."""
    told: dict[str, set[str]] = {}
    open_: dict[str, None] = {}
    for row in WRITER.rows:
        if not names & set(row.to) or row.pays != FREE:
            continue
        if row.grade == OPEN:
            open_[row.on[0]] = None
        else:
            outcomes = {o for when in row.when for o in when.get("outcome", OUTCOMES)}
            told.setdefault(row.on[0], set()).update(outcomes)
    if told:
        yield either([_with_outcomes(event, found) for event, found in told.items()])
    left = [event for event in open_ if event not in told]
    if left:
        yield f"left open by the pages: {either(left)}"


def _with_outcomes(event: str, outcomes: set[str]) -> str:
    if outcomes >= set(OUTCOMES):
        return event
    found = [outcome for outcome in OUTCOMES if outcome in outcomes]
    if "veto" in found and "ok" not in found:
        found.remove("soft")  # a veto that returned TRUE
    return f"{event} ({', '.join(found)})"


def _pair_rule(state: str | None, code: str | None) -> Row:
    """Give the row of a pair on the newest release, by the richer method."""
    newest = Symbol("status", state=state, failure=code, release=RELEASES[-1], via=VIA_EX)
    return _row(newest)


def _by_rule(page: Page, cells: Iterable[tuple[Row, str]]) -> Iterator[str]:
    """Give a line per rule: its verdict and what it covers."""
    groups: dict[str, tuple[Row, list[str]]] = {}
    for row, name in cells:
        groups.setdefault(row.code, (row, []))[1].append(_short(name))
    for row, names in groups.values():
        page.cite(row.sources[0])
        what = f"{row.code} {row.name}" if row.name else row.code
        yield f"{_VERDICTS[row.severity]} ({what}): {', '.join(names)}"


def _short(name: str) -> str:
    for prefix in ("VSS_E_WRITERERROR_", "VSS_E_WRITER_"):
        name = name.removeprefix(prefix)
    return name


# --- A code ------------------------------------------------------------------
def explain_code(value: int) -> str:
    """Say what an unsigned HRESULT means, who sets it, and which states go with it."""
    name = failure_class(value)
    kind = "Code" if name == OTHER else "Writer failure code"
    page = Page(f"{kind} {show_code(value)}")
    _code_rows(page, value, None)
    if name == OTHER or name is None:
        rules = _rules(None, OTHER)
        page.entries("as failure", [_show_rule(rule) for rule in rules])
        _why(page, rules)
        return page.text()
    pairs = ((_pair_rule(state.name, name), str(state.number)) for state in WRITER_STATES)
    cells = sorted(pairs, key=lambda cell: _weight(cell[0]))
    page.entries("beside", _by_rule(page, cells))
    if name in KNOWN_SINCE:
        page.row("releases", _show_releases([k for k in KERNELS if k[0] in KNOWN_SINCE[name]]))
    shown = [state for state, code in PUBLISHED if code == name]
    page.entries("published", [_published(page, state, name) for state in shown])
    page.items("log", _says(page, facts_about(LOG_EVENTS, None, name)))
    _vssadmin(page, None, value)
    page.items("proves not", _says(page, facts_about(NOT_PROVED, None, name)))
    return page.text()


def _published(page: Page, state: str, code: str) -> str:
    """Name the support article that shows a pair."""
    slug = PUBLISHED[state, code]
    page.cite(slug)
    return f"beside {STATE_NUMBERS[state]} {state} in {PAGES[slug][0]}"
