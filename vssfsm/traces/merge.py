"""
Records of several sources in one order, by their times.

The order of a source is never changed: where its clock goes backwards, its newest time so far
counts. A record without a time stands right behind the one before it. What clocks cannot tell apart
may have happened in any order, so besides the likely order others are given: each source early, and
each late, by as much as its clock may be wrong.
"""

from collections.abc import Sequence
from typing import NamedTuple

#: per source, per record: nanoseconds since 1970 UTC, or None
Times = Sequence[Sequence[int | None]]


class Place(NamedTuple):
    """A record: the number of its source, and its own number there; both from 0."""

    source: int
    record: int


Order = tuple[Place, ...]


def has_times(times: Sequence[int | None]) -> bool:
    """Tell whether a source can be put in order with others."""
    return any(time is not None for time in times)


def orders(times: Times, tolerance_ns: int) -> list[Order]:
    """
    Give orders of all records, the likely one first, and no order twice.

    Args:
        times: of sources that all have times.
        tolerance_ns: how far clocks may differ.
    """
    known = [_filled(one) for one in times]
    likely = _order(known, [(0, 0)] * len(known))
    found = {likely: None}
    if len(known) > 1:
        for number in range(len(known)):
            for sign in (-1, 1):
                shifts = [(0, 0)] * len(known)
                shifts[number] = sign * tolerance_ns, sign
                found.setdefault(_order(known, shifts), None)
    return list(found)


def _order(known: Sequence[Sequence[int]], shifts: Sequence[tuple[int, int]]) -> Order:
    """Sort by time; *shifts* hold how far a source's clock is off, and its rank among equals."""
    keyed = [
        ((time + shifts[source][0], shifts[source][1], source, number), Place(source, number))
        for source, times in enumerate(known)
        for number, time in enumerate(times)
    ]
    return tuple(place for _, place in sorted(keyed))


def _filled(times: Sequence[int | None]) -> list[int]:
    """Give times that never fall: a missing one is the one before it, the first ones the next."""
    newest = next((time for time in times if time is not None), 0)
    filled = []
    for time in times:
        newest = newest if time is None else max(newest, time)
        filled.append(newest)
    return filled
