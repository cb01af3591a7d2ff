"""Alignments of requesters' sessions: the lifecycle, every region beside it, and single calls."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Final

from vssfsm.core.align import ALIKE, Repair, align, relocated
from vssfsm.core.record import symbol
from vssfsm.core.table import Table
from vssfsm.monitor.calls import Memory
from vssfsm.monitor.reading import Call, CallReader, alike
from vssfsm.monitor.tables import table
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.requester import REQUESTER

#: what a repair has to satisfy; regions with one state come last
ALIGNED: Final = tuple(
    sorted(
        (name for name, region in REGIONS.items() if region.scope == REQUESTER.scope),
        key=lambda name: len(REGIONS[name].states) == 1,
    )
)


def align_calls(  # noqa: PLR0913 - all that a session leaves behind
    calls: Sequence[Call],
    bases: tuple[str, ...],
    memory: Memory,
    release: str | None,
    *,
    tells_ends: bool,
    restart: bool,
    banned: Mapping[int, str],
) -> Repair | None:
    """
    Give the fewest edits that mend a requester's session; sessions that are alike share them.

    Args:
        calls: of the session, in order.
        bases: the states before them, one of each region that is aligned.
        memory: what is remembered before them.
        release: of records that do not name theirs.
        tells_ends: the session has results of asynchronous calls.
        restart: a hole may hide the start of a new session.
        banned: line -> event of what must not be there, whatever the regions permit.
    """
    found = _align_alike(
        tuple(table(name) for name in ALIGNED),
        alike(calls),
        bases,
        memory,
        release,
        tells_ends=tells_ends,
        restart=restart,
        banned=frozenset(n for n, call in enumerate(calls, 1) if call.line in banned),
        gone=frozenset(banned.values()),
    )
    return found and relocated(found, calls)


@lru_cache(maxsize=ALIKE)
def _align_alike(  # noqa: PLR0913
    tables: tuple[Table, ...],
    calls: tuple[Call, ...],
    bases: tuple[str, ...],
    memory: Memory,
    release: str | None,
    *,
    tells_ends: bool,
    restart: bool,
    banned: frozenset[int],
    gone: frozenset[str],
) -> Repair | None:
    """Align calls whose lines are their numbers; *gone*: events that are not inserted."""
    known = dict.fromkeys(event for known in tables for event in known.events)
    events = [event for event in known if event not in gone]
    reader = CallReader(
        calls, memory, events, partial(symbol, release=release), tells_ends=tells_ends
    )
    return align(tables, calls, bases, reader, restart=restart, banned=banned)
