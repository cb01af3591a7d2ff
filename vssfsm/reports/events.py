"""Pages about writer events, a writer's own calls, and names that stand for neither."""

from collections.abc import Iterable, Iterator
from typing import Final

from vssfsm.monitor import table
from vssfsm.reports.methods import RELEASE, explain_method
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.words import either, some
from vssfsm.spec import delivery
from vssfsm.spec.catalogue import REGIONS, ROWS
from vssfsm.spec.notes import EVENTS, EventNote
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import ERROR, FREE, OPEN, SAME, Row
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.vocabulary import (
    METHODS,
    OBSERVER_NAMES,
    OUTCOMES,
    OWN_CALLS,
    WRITER_NAMES,
)
from vssfsm.spec.writer import WRITER

_LIFECYCLE: Final = WRITER.name


def explain_event(name: str) -> str:
    """
    Give the page of an event, own call, method, helper function or observation *name*.

    A name that is a method of the requester and something of a writer has the method's page; the
    writer's event is asked for by the name of its handler, a writer's own call follows.
    """
    handler = name.removeprefix("On")
    if handler != name and handler in EVENTS:
        return _event_page(handler, EVENTS[handler])
    if name in METHODS or name == RELEASE:
        page = explain_method(name)
        return page if name not in OWN_CALLS else f"{page}\n{_own_call_page(name)}"
    if name in EVENTS:
        return _event_page(name, EVENTS[name])
    return _own_call_page(name) if name in WRITER_NAMES else _other_page(name)


# --- Writer events -----------------------------------------------------------
def _event_page(event: str, note: EventNote) -> str:
    page = Page(f"{event}: an event to a writer, received by {note.handler}")
    page.row("comes", note.comes)
    page.row("raised by", note.raised_by)
    if event in METHODS:
        page.row("method", f"vssfsm explain {event}: the requester's method of the same name")
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
        yield f"{some(source)}: {'; '.join(_outcomes(outcomes))}"


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
        yield f"{some(tuple(states))}: {RULINGS.get(ruling, '')}".strip(": ")


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
            yield f"{row.code} {row.name} ({row.severity}): {some(row.source)}"


# --- Own calls, and others ----------------------------------------------------
def _own_call_page(name: str) -> str:
    beside = (*(r for r in REGIONS.values() if r.scope == REQUESTER.scope), *delivery.REGIONS)
    calls = {id(row) for region in beside for row in region.rows}
    rows = [row for row in ROWS if name in row.on and id(row) not in calls]
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
    for row in rows:
        own = [slug for slug in row.sources if slug.endswith(name.lower())]
        page.cite(*(own or row.sources[:2]))
    return page.text()


def _permission(row: Row) -> str:
    states = "" if row.source == ("any",) else f" (in state {either(row.source)})"
    return sentence(row.says).removesuffix(".") + states


def _named(row: Row) -> str:
    return f"{row.code} {row.name} ({row.severity}): {row.says}"


def _other_page(name: str) -> str:
    if name in OBSERVER_NAMES:
        page = Page(f"{name}: a status report that another program read")
        page.row("judged", "Its state and failure code as a pair; it belongs to no session.")
    else:
        page = Page(f"{name}: a helper function")
        page.row("judged", "No: helper functions are read, and no rule is about them.")
    return page.text()
