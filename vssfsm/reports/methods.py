"""The page of one method of the requester: what it is for, where it is legal, what it leads to."""

from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.monitor import table
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.words import count, either, some
from vssfsm.spec.calls import CALL, RESULT
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.codes import BY_QUERY_STATUS, NOT_ON_PAGE, codes_of, releases_of
from vssfsm.spec.methods import ASYNC, METHOD, RESERVED, RESTORE_INFERRED, Method
from vssfsm.spec.notes import METHODS_NOTES, PURPOSES
from vssfsm.spec.raises import RAISES
from vssfsm.spec.regions import DUE, NEEDERS
from vssfsm.spec.releases import RELEASES, span
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import FREE, OPEN, SAME, Row
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.vocabulary import HANDLERS, RESULT_CALLS, SPELLINGS

RELEASE: Final = "Release"
_USES: Final = {RESTORE_INFERRED: "restore, as its purpose says", "both": "backup and restore"}
#: regions whose states do not say where a call belongs
_ASIDE: Final = (REQUESTER.name, "methods", "returns", "operation")
#: from so many states, "any initialized object" is said instead of their names
_MOST: Final = 20
_CALL_OK: Final = (CALL, "ok")


def explain_method(name: str) -> str:
    """Give the page of the method *name*, or of `Release`."""
    method = METHOD.get(name)
    page = Page(f"{name}: {_title(method)}")
    page.row("does", PURPOSES.get(name, ""))
    if method is not None:
        use = _USES.get(method.use, method.use)
        page.row("use", f"{use}; since {method.since}; {_manner(method)}")
    rows = [row for row in REQUESTER.rows if row.to and name in row.on]
    called = [row for row in rows if _allows(row, *_CALL_OK)]
    page.entries("legal in", _places(name, [row for row in called if row.grade != OPEN]))
    page.entries("also", _beside(name))
    page.entries("left open", _open(called))
    if name in RESULT_CALLS:
        page.row("legal in", "every state in which the call that `of` names runs, or has ended")
    page.row("then", _ends(name, rows))
    page.row("raises", _raised(name))
    page.row("due", _due(name))
    page.row("needs", _needs(name))
    page.row("needed by", _needed_by(name))
    page.row("next", _next(name, rows))
    if name in METHODS_NOTES:
        page.row("note", METHODS_NOTES[name].says)
    page.row("codes", ", ".join(with_notes(name)) if method and method.codes else "")
    page.row("rules", _rules(name))
    page.row("event", _event(name))
    page.cite(name.lower() if method else "overview-of-backup-termination")
    return page.text()


def _title(method: Method | None) -> str:
    if method is None:
        return "the last release of the requester's object"
    if method.use == RESERVED:
        return f"a reserved method of {method.interface}, never to be called"
    if method.interface == "function":
        return "a function of the requester"
    kind = "an asynchronous method" if method.is_async else "a method"
    return f"{kind} of the requester ({method.interface})"


def _manner(method: Method) -> str:
    if method.is_async:
        return "asynchronous: S_OK says that it began, QueryStatus how it ended"
    return "synchronous"


# --- Where it is legal -------------------------------------------------------
def _allows(row: Row, stage: str, *results: str) -> bool:
    """Tell whether *row* is about a call, or a result, that is one of *results*, not folded."""
    return any(
        stage in when.get("stage", (CALL, RESULT))
        and set(results).intersection(when.get("result", results))
        and "no" in when.get("folded", ("no",))
        for when in row.when
    )


def _places(name: str, rows: Iterable[Row]) -> Iterator[str]:
    """Give a line per target: the states that the call may come in."""
    by_target: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.pays == FREE:
            for to in row.to:
                by_target.setdefault(to, {}).update(dict.fromkeys(row.source))
    for to, states in by_target.items():
        leads = "" if to == SAME else f" -> {to}"
        yield f"{_where(tuple(states))}{leads}{_contexts(name, to)}"


def _where(states: tuple[str, ...]) -> str:
    if len(states) >= _MOST:
        return f"every initialized object ({count(len(states), 'state')})"
    return some(states)


def _contexts(name: str, to: str) -> str:
    rows = [row for row in REQUESTER.rows if name in row.on and to in row.to]
    found = [c for row in rows for when in row.when for c in when.get("context", ())]
    return f" (context: {either(found)})" if found else ""


def _beside(name: str) -> Iterator[str]:
    """Give a line per other region that permits the call in some of its states only."""
    for region in REGIONS.values():
        if region.scope != REQUESTER.scope or region.name in _ASIDE:
            continue
        rows = [row for row in region.rows if name in row.on and row.to and row.pays == FREE]
        free = {s for row in rows if _allows(row, *_CALL_OK) for s in row.source}
        if free and len(free) < len(region.states):
            names = tuple(state.name for state in region.states if state.name in free)
            yield f"{some(names)} ({region.title})"


def _open(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row.grade == OPEN:
            yield f"{some(row.source)}: {RULINGS.get(row.ruling, '')}"


# --- What it leads to --------------------------------------------------------
def _targets(name: str, rows: Iterable[Row], *results: str) -> tuple[str, ...]:
    """Give the states that a result of *name* leads to, those that it comes in left out."""
    stage = RESULT if name in ASYNC else CALL
    found = {to: None for row in rows if _allows(row, stage, *results) for to in row.to}
    return tuple(to for to in found if to != SAME)


def _ends(name: str, rows: list[Row]) -> str:
    if name not in ASYNC:
        return ""
    done, failed = _targets(name, rows, "finished"), _targets(name, rows, "failed")
    if not done:
        return ""
    if done == failed:
        return f"{either(done)} when it has ended, whichever way"
    return f"{either(done)} when it has succeeded; {either(failed)} when it failed or was cancelled"


def _raised(name: str) -> str:
    raised = RAISES.get(name, ())
    return f"{', '.join(raised)} at the writers" if raised else ""


def _due(name: str) -> str:
    says = {
        row.says: None
        for row in DUE.rows
        if name in row.on and row.to and _allows(row, *_CALL_OK) and name not in _ROUND_CALLS
    }
    return " ".join(sentence(text) for text in says if "is due" in text or "complet" in text)


_ROUND_CALLS: Final = ("GatherWriterStatus", "GetWriterStatus", "GetWriterStatusEx")


def _needs(name: str) -> str:
    if name in ASYNC or name == RELEASE:
        return "the end of every other asynchronous call that runs"
    found = [method for method, needers in NEEDERS.items() if name in needers]
    return f"the end of {' and of '.join(found)}, where it was called" if found else ""


def _needed_by(name: str) -> str:
    if name not in NEEDERS:
        return ""
    own = [needer for needer in NEEDERS[name] if needer not in ASYNC and needer != RELEASE]
    return ", ".join((*own, "any other asynchronous call", RELEASE))


def _next(name: str, rows: list[Row]) -> str:
    """Name the calls that move on from where a success leads."""
    states = set(_targets(name, rows, "finished" if name in ASYNC else "ok"))
    if not states:
        return ""
    moving = {
        event
        for row in REQUESTER.rows
        if row.pays == FREE and states.intersection(row.source) and _allows(row, *_CALL_OK)
        for event in row.on
        if any(to not in (SAME, *states) for to in row.to)
    }
    names = [event for event in table(REQUESTER.name).events if event in moving]
    return f"{either(names)}, after a success" if names else ""


# --- Codes -------------------------------------------------------------------
def with_notes(name: str) -> Iterator[str]:
    """Give every code that the method *name* returns, with what holds for some releases only."""
    for code in codes_of(name):
        notes = code_notes(name, code)
        yield f"{code} ({'; '.join(notes)})" if notes else code


def code_notes(name: str, code: str) -> list[str]:
    """Say what is special about *code* where the method *name* returns it."""
    releases = releases_of(name, code)
    notes = [] if releases == RELEASES else [span(releases)]
    if (name, code) in BY_QUERY_STATUS:
        notes.append("as the result only" if name in RESULT_CALLS else "by QueryStatus only")
    if (name, code) in NOT_ON_PAGE:
        notes.append(f"on no page: {NOT_ON_PAGE[name, code]}")
    return notes


# --- Rules, and the event ----------------------------------------------------
def _rules(name: str) -> str:
    regions = [region for region in REGIONS.values() if region.scope == REQUESTER.scope]
    named = [row for region in regions for row in region.rows if row.name and name in row.on]
    rows = {row.code: row for row in named}
    return ", ".join(f"{code} {row.name}" for code, row in sorted(rows.items()))


def _event(name: str) -> str:
    """Point to the writer's event of the same name."""
    if name in HANDLERS:
        return f"vssfsm explain On{name}: the writer's event of the same name"
    if name in SPELLINGS:
        return f"vssfsm explain {SPELLINGS[name]}: the writer's event, which is spelled {name}, too"
    return ""
