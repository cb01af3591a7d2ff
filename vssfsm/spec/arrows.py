"""
Permitted rows written out: one arrow for each state, event and what is recorded of it.

What is recorded is in the arrow's *parts*, as words: the outcome of a writer's event; of a call the
context, how it returned, or what a result said of it, and `folded` where its own line tells how it
ended. Where the rows tell folded sessions apart, the arrow without `folded` is that of the other
sessions; elsewhere it serves both. Where rows of a region beside the lifecycles depend on what has
too many values for names (codes, releases, reported states), the word is the row's code.

Other fields are no part of a name: rows that differ only there are readings of one arrow.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.calls import ASYNC_RESULTS, CALL, CALL_RESULTS, RESULT
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import SAME, Region, Row, When
from vssfsm.spec.vocabulary import OUTCOMES
from vssfsm.spec.writer import WRITER

_RESULTS_OF: Final = {CALL: CALL_RESULTS, RESULT: ASYNC_RESULTS}
#: regions of a writer's events, which the outcome tells apart
_BY_OUTCOME: Final = ("writer", "anytime")
#: fields of the other regions whose values are words; a field that is not here has too many
_WORDS: Final = ("stage", "result", "folded", "outcome", "level", "at", "context")


class Arrow(NamedTuple):
    """One permitted step: an event and what is recorded of it, from a state to another."""

    source: str
    event: str
    parts: tuple[str, ...]
    target: str

    @property
    def trigger(self) -> str:
        """The name of the step, an identifier."""
        return "_".join((self.event, *self.parts)).replace("-", "_")


def arrows_of(region: Region) -> Iterator[tuple[Arrow, Row]]:
    """
    Give every arrow of the permitted rows of *region* with its row, in the order of the rows.

    The writer's lifecycle has those of region `anytime`, too, whose events have no place in it: as
    loops on every state.
    """
    for row in region.rows:
        for source in row.source:
            yield from _arrows(region, row, source)
    if region.name == WRITER.name:
        placed = {event for row in region.rows for event in row.on}
        for row in ANYTIME.rows:
            for state in () if placed.intersection(row.on) else region.states:
                yield from _arrows(ANYTIME, row, state.name)


def triggers_of(arrows: Iterable[Arrow]) -> dict[Arrow, str]:
    """
    Name *arrows* so that a state and a trigger have one target, sorted.

    Where readings of one (state, event, what is recorded) differ, the target is in the name.
    """
    readings: dict[tuple[object, ...], set[str]] = {}
    for arrow in arrows:
        readings.setdefault(arrow[:3], set()).add(arrow.target)
    return {
        arrow: f"{arrow.trigger}_to_{arrow.target}"
        if len(readings[arrow[:3]]) > 1
        else arrow.trigger
        for arrow in sorted(set(arrows))
    }


def _arrows(region: Region, row: Row, source: str) -> Iterator[tuple[Arrow, Row]]:
    for to in row.to:
        target = source if to == SAME else to
        for event in row.on:
            parts = (found for when in row.when for found in _parts(region, row, event, when))
            for known in dict.fromkeys(parts):
                yield Arrow(source, event, known, target), row


def _parts(region: Region, row: Row, event: str, when: When) -> Iterator[tuple[str, ...]]:
    """Give what is recorded of *event* under *when*; releases are no part of a name."""
    if region.name in _BY_OUTCOME:
        yield from ((outcome,) for outcome in when.get("outcome", OUTCOMES))
    elif region.scope == REQUESTER.scope:
        yield from _of_call(region, event, when)
    else:
        yield from _of_others(region, row, event, when)


def _of_call(region: Region, event: str, when: When) -> Iterator[tuple[str, ...]]:
    stages = (CALL, RESULT) if event in ASYNC else (CALL,)
    for stage in when.get("stage", stages):
        for result in when.get("result", _RESULTS_OF[stage]):
            for context in _values(region, event, "context", when):
                said = (stage,) if stage == RESULT else ()
                for folded in _folded(region, event, stage, result, when):
                    yield (*context, *said, result, *folded)


def _of_others(region: Region, row: Row, event: str, when: When) -> Iterator[tuple[str, ...]]:
    told = {f for r in region.rows if event in r.on for w in r.when for f in w}
    if told.difference(_WORDS):
        yield (row.code,)
        return
    calls = _of_call(region, event, when) if told.intersection(("stage", "result")) else ((),)
    apart = [_values(region, event, field, when) for field in ("outcome", "level", "at")]
    for parts in itertools.product(calls, *apart):
        yield tuple(itertools.chain(*parts))


def _folded(
    region: Region, event: str, stage: str, result: str, when: When
) -> Iterator[tuple[str, ...]]:
    """Tell sessions apart where rows of the region do, for what *result* says of *event*."""
    told = any(
        "folded" in other
        and stage in other.get("stage", (stage,))
        and result in other.get("result", (result,))
        for row in region.rows
        if event in row.on
        for other in row.when
    )
    sessions = when.get("folded", ("no", "yes"))
    if not told or "no" in sessions:
        yield ()
    if told and "yes" in sessions:
        yield ("folded",)


def _values(region: Region, event: str, field: str, when: When) -> tuple[tuple[str, ...], ...]:
    """Give the values of *field* in *when*, of those that the region tells apart for *event*."""
    rows = (row for row in region.rows if event in row.on)
    told = {value: None for row in rows for w in row.when for value in w.get(field, ())}
    return tuple((value,) for value in when.get(field, tuple(told))) if told else ((),)
