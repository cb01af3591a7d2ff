"""
Records of several sources in one order, by their times; and what of that order is certain.

The order of a source is never changed: where its clock goes backwards, its newest time so far
counts. A record without a time lies between its neighbours that have one. Records of two sources
are *close* if their clocks, which may differ by a tolerance, cannot tell which of them came first.

A finding is certain if it needs no close record of another source. To find out, an order is
*blurred* for one source: its own records stand as they are, and so do those of other sources that
are close to nothing; each close one is a ghost in every place where it may have been. A ghost only
says that something of its participant happened there. So whatever the true order is, the blurred
one shows less, and what is accused in it is accused in all.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterator, Sequence
from typing import Final, NamedTuple

#: per source, per record: nanoseconds since 1970 UTC, or None
Times = Sequence[Sequence[int | None]]
#: beyond all times that a record can have
_FAR: Final = 1 << 200


class Place(NamedTuple):
    """A record: the number of its source, and its own number there; both from 0."""

    source: int
    record: int


class Step(NamedTuple):
    """A record in an order, or its ghost."""

    place: Place
    ghost: bool = False


class Spans(NamedTuple):
    """The earliest and the latest time of each record of a source; both never fall."""

    first: tuple[int, ...]
    last: tuple[int, ...]


def has_times(times: Sequence[int | None]) -> bool:
    """Tell whether a source can be put in order with others."""
    return any(time is not None for time in times)


def order(times: Times) -> list[Step]:
    """Give the likely order of all records: by time, of equal ones the first source first."""
    keyed = []
    for source, one in enumerate(times):
        newest = next((time for time in one if time is not None), 0)
        for number, time in enumerate(one):
            newest = newest if time is None else max(newest, time)
            keyed.append((newest, source, number))
    return [Step(Place(source, number)) for _, source, number in sorted(keyed)]


def blurred(
    times: Times, tolerance_ns: int, source: int, moments: Container[int] = ()
) -> list[Step]:
    """
    Give the order for *source*: what is close to others of another source is a ghost.

    Args:
        times: of all sources.
        tolerance_ns: how far clocks may differ.
        source: its number.
        moments: numbers of sources that hold single moments only, which have no order.
    """
    spans = [None if number in moments else _spans(one) for number, one in enumerate(times)]
    steps: list[Step] = []
    around: dict[int, list[Step]] = {}
    ghosts = set()
    for place in (step.place for step in order(times) if step.place.source != source):
        near = _near(spans, place, tolerance_ns)
        if near:
            ghosts.add(place)
            for number in near.get(source, ()):
                around.setdefault(number, []).append(Step(place, ghost=True))
    for step in order(times):
        own = around.get(step.place.record, []) if step.place.source == source else []
        steps += [*own, Step(step.place, step.place in ghosts), *own]
    return steps


def _near(spans: Sequence[Spans | None], place: Place, tolerance_ns: int) -> dict[int, range]:
    """Give the records of other sources that are close to one, by source."""
    own = spans[place.source]
    if own is None:
        return {}
    first, last = own.first[place.record], own.last[place.record]
    found = {}
    for number, other in enumerate(spans):
        if other is not None and number != place.source:
            start = bisect_left(other.last, first - tolerance_ns)
            end = bisect_right(other.first, last + tolerance_ns)
            if start < end:
                found[number] = range(start, end)
    return found


def _spans(times: Sequence[int | None]) -> Spans:
    backwards = tuple(_latest(times))
    return Spans(tuple(_earliest(times)), backwards[::-1])


def _earliest(times: Sequence[int | None]) -> Iterator[int]:
    newest = -_FAR
    for time in times:
        newest = newest if time is None else max(newest, time)
        yield newest


def _latest(times: Sequence[int | None]) -> Iterator[int]:
    """Give the latest times from the last record to the first."""
    following = _FAR
    for time, newest in zip(reversed(times), reversed(tuple(_earliest(times))), strict=True):
        following = following if time is None else newest
        yield following
