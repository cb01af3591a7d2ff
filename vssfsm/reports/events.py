"""Pages about writer events, a writer's own calls, and methods of the requester."""

from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.monitor import table
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.words import either
from vssfsm.spec.catalogue import ROWS
from vssfsm.spec.notes import EVENTS, METHODS_NOTES, EventNote
from vssfsm.spec.rows import ERROR, FREE, OPEN, SAME, Row
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.vocabulary import (
    HELPERS,
    METHODS,
    OBSERVER_NAMES,
    OUTCOMES,
    SPELLINGS,
    WRITER_NAMES,
)
from vssfsm.spec.writer import WRITER

#: states of one prohibition that are listed; more are counted
_LISTED: Final = 4
_LIFECYCLE: Final = WRITER.name


def explain_event(name: str) -> str:
    """Give the page of a writer event, own call, requester method or observation *name*."""
    event = SPELLINGS.get(name, name)
    if event in EVENTS:
        return _event_page(event, EVENTS[event], name)
    if name in WRITER_NAMES:
        return _own_call_page(name)
    return _requester_page(name)


# --- Writer events -----------------------------------------------------------
def _event_page(event: str, note: EventNote, name: str) -> str:
    page = Page(f"{event}: an event to a writer, received by {note.handler}")
    page.row("comes", note.comes)
    page.row("raised by", note.raised_by)
    if name in METHODS_NOTES:
        page.row("method", METHODS_NOTES[name].says, *METHODS_NOTES[name].sources)
    rows = [row for row in WRITER.rows if event in row.on]
    permitted = [row for row in rows if row.to and row.pays == FREE]
    told = [row for row in permitted if row.grade != OPEN]
    page.entries("legal in", _moves(told))
    page.entries("left open", _open(page, [row for row in permitted if row.grade == OPEN]))
    if event not in table(_LIFECYCLE).events:
        page.row("legal in", "every state; it changes none, and belongs to no session")
    page.row("failing", note.failing)
    page.row("note", note.more)
    page.row("next", _next(told))
    page.entries("illegal", _illegal(rows))
    page.cite(*note.sources)
    return page.text()


def _moves(rows: Iterable[Row]) -> Iterator[str]:
    """Give a line per source state: where each outcome leads."""
    by_source: dict[tuple[str, ...], dict[str, dict[str, None]]] = {}
    for row in rows:
        for when in row.when:
            for outcome in when.get("outcome", ("any outcome",)):
                targets = by_source.setdefault(row.source, {}).setdefault(outcome, {})
                targets.update(dict.fromkeys("the same" if to == SAME else to for to in row.to))
    for source, outcomes in by_source.items():
        yield f"{_some(source)}: {'; '.join(_outcomes(outcomes))}"


def _outcomes(outcomes: dict[str, dict[str, None]]) -> Iterator[str]:
    order = (*OUTCOMES, "any outcome")
    for outcome in sorted(outcomes, key=order.index):
        yield f"{outcome} -> {either(list(outcomes[outcome]))}"


def _open(page: Page, rows: list[Row]) -> Iterator[str]:
    """Give a line per ruling: the states that it is about, and what was decided."""
    by_ruling: dict[str, dict[str, None]] = {}
    for row in rows:
        by_ruling.setdefault(row.ruling, {}).update(dict.fromkeys(row.source))
        page.cite(row.sources[0])
    for ruling, states in by_ruling.items():
        yield f"{_some(tuple(states))}: {RULINGS.get(ruling, '')}".strip(": ")


def _next(rows: Iterable[Row]) -> str:
    """Say what is expected after a success."""
    done = [to for row in rows for when in row.when for to in row.to if _succeeds(when, to)]
    expected = table(_LIFECYCLE).expected(done)
    return f"{either(expected)}, after a success" if expected else ""


def _succeeds(when: object, to: str) -> bool:
    outcomes = when.get("outcome", OUTCOMES) if hasattr(when, "get") else ()
    return to != SAME and "ok" in outcomes


def _illegal(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if not row.to:
            yield f"{row.code} {row.name} ({row.severity}): {_some(row.source)}"


def _some(states: tuple[str, ...]) -> str:
    """Name a few states, and count the rest."""
    if len(states) <= _LISTED:
        return either(states)
    return f"{', '.join(states[: _LISTED - 1])} and {len(states) - _LISTED + 1} more states"


# --- Own calls and methods ---------------------------------------------------
def _own_call_page(name: str) -> str:
    rows = [row for row in ROWS if name in row.on]
    reserved = all(row.severity == ERROR for row in rows)
    what = (
        "a reserved event, which is never delivered" if reserved else "a call that a writer makes"
    )
    page = Page(f"{name}: {what}")
    codes = {
        c: None for row in rows if row.to for when in row.when for c in when.get("failure", ())
    }
    page.row("codes", ", ".join(codes))
    page.items("legal", [_permission(row) for row in rows if row.to and not row.name])
    page.items("noted", [_named(row) for row in rows if row.to and row.name])
    page.items("illegal", [_named(row) for row in rows if not row.to])
    if name in METHODS:
        page.row("note", f"A method of the requester is called {name}, too.")
    for row in rows:
        own = [slug for slug in row.sources if slug.endswith(name.lower())]
        page.cite(*(own or row.sources[:2]))
    return page.text()


def _permission(row: Row) -> str:
    states = "" if row.source == ("any",) else f" (in state {either(row.source)})"
    return sentence(row.says).removesuffix(".") + states


def _named(row: Row) -> str:
    return f"{row.code} {row.name} ({row.severity}): {row.says}"


def _requester_page(name: str) -> str:
    page = Page(f"{name}: {_requester_word(name)}")
    raised = [event for event, note in EVENTS.items() if _raises(note, name)]
    page.row("raises", f"{either(raised)} at the writers" if raised else "no event at a writer")
    if name in METHODS_NOTES:
        page.row("note", METHODS_NOTES[name].says, *METHODS_NOTES[name].sources)
    rows = [row for row in ROWS if name in row.on]
    page.items("rules", [_named(row) for row in rows if row.name])
    if name in OBSERVER_NAMES:
        page.row("judged", "Its state and failure code as a pair; it belongs to no session.")
    elif name in HELPERS:
        page.row("judged", "No: helper functions are read and not judged.")
    elif not rows:
        page.row("judged", "No: this version does not judge the order of requester calls yet.")
    return page.text()


def _raises(note: EventNote, method: str) -> bool:
    return method in note.raised_by.replace(",", " ").split()


def _requester_word(name: str) -> str:
    if name in OBSERVER_NAMES:
        return "a status report that another program read"
    if name in HELPERS:
        return "a helper function"
    return "a method of the requester"
