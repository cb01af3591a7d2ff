"""
A requester's regions walked side by side: what may be called next, and the way to a call.

A *place* is the belief of every region, and what is remembered of asynchronous calls. An act is
legal where every region that knows it takes it at no cost, which is how the monitor judges. The way
to a release is searched through places, led by how far each region alone is from letting go.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from vssfsm.core.coverage import taken_rows
from vssfsm.core.record import Symbol, symbol
from vssfsm.core.table import COST, Belief, Table
from vssfsm.monitor.calls import OPEN, YES, Memory, call_symbol
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.calls import CALL, GOES_ON
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.codes import codes_of
from vssfsm.spec.contexts import context_class, not_in_release
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import RAISES
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rounds import HEALTHY
from vssfsm.spec.rows import FREE, SAME, WARNING, Region, Row
from vssfsm.spec.vocabulary import STATUS_CALLS
from vssfsm.testing.generation.acts import RELEASE, Act, all_acts, all_failures, is_sure

#: regions with a history over one requester's records
WITH_HISTORY: Final = tuple(
    name
    for name, region in REGIONS.items()
    if region.scope == REQUESTER.scope and len(region.states) > 1
)
#: places that a search may open
_MOST_PLACES: Final = 4_000
_FAR: Final = 1_000
_GATHER: Final = "GatherWriterStatus"
_EVENTFUL: Final = frozenset(name for name in RAISES if name in ASYNC) - {"GatherWriterMetadata"}
_ROUND_ENDS: Final = (*_EVENTFUL, _GATHER, "FreeWriterStatus", "Release")
#: states in which a call of a folded session runs, as a result has told
_RUNNING: Final = frozenset(
    state for row in REQUESTER.rows if row.when == GOES_ON for state in row.to
)
_LIFECYCLE: Final = WITH_HISTORY.index(REQUESTER.name)


class Place(NamedTuple):
    """
    Where a session stands.

    Args:
        memory: of asynchronous calls.
        beliefs: of the regions in `WITH_HISTORY`.
        status: of the round: nothing gathered, `fresh`, `counted`, `read`, or `stale` after an
            event.
        is_plain: the context has no writers.
    """

    memory: Memory
    beliefs: tuple[Belief, ...]
    status: str = ""
    is_plain: bool = False


class Taken(NamedTuple):
    """A row that a region took, and whether it was paid."""

    region: str
    row: Row
    paid: bool


class _Route:
    """One region's share of an act: what it makes of each belief, computed once."""

    def __init__(self, index: int, known: Table, seen: Symbol) -> None:
        self.index = index
        self._table = known
        self._seen = seen
        self._taken: dict[Belief, tuple[Belief, int, tuple[Taken, ...]]] = {}

    def take(self, belief: Belief) -> tuple[Belief, int, tuple[Taken, ...]]:
        """Give the belief after the act, what it costs, and the rows that are taken."""
        found = self._taken.get(belief)
        if found is None:
            after, rise = self._table.step(belief, self._seen)
            rows = taken_rows(self._table, belief, self._seen)
            name = self._table.region.name
            taken = tuple(Taken(name, row, rise > 0) for row in rows)
            found = self._taken[belief] = after, rise, taken
        return found

    def free_states(self) -> frozenset[str]:
        """Give the states in which the act costs nothing."""
        order = self._table.order
        moves = {state: self._table.moves(state, self._seen).values() for state in order}
        return frozenset(s for s in order if not min(move.cost for move in moves[s]))


class Calls:
    """
    The acts of one release, and the ways between places.

    Args:
        release: Windows release, or None.
        observed: writers are recorded, and must not be left in the middle of a restore.
    """

    def __init__(self, release: str | None = None, *, observed: bool = False) -> None:
        self.release = release
        self._tables = tuple(table(name) for name in WITH_HISTORY)
        known = (act for act in all_acts() if not observed or is_sure(act))
        self.acts = tuple(act for act in known if self._exists(act))
        self.start = Place(Memory(), tuple(known.start for known in self._tables))
        self._known: dict[tuple[Memory, Act], tuple[tuple[_Route, ...], Memory]] = {}
        self._routes: dict[Symbol, tuple[_Route, ...]] = {}
        self._ways: dict[tuple[Place, str], tuple[Act, ...]] = {}
        self._to_release = tuple(self._release_distances())

    def _exists(self, act: Act) -> bool:
        """
        Tell whether the release has the method, the code and the context.

        Without a release, some one has the method, and every one has the code and the context.
        """
        if act.context and any(not_in_release(act.context, r) for r in self._releases):
            return False
        code = act.async_result if act.async_result in all_failures() else act.hresult
        name = act.of or act.event
        if act.event == "Wait":
            name = act.event
        if code and any(r not in codes_of(name).get(code, ()) for r in self._releases):
            return False
        return _is_permitted("methods", symbol(act.record, self.release)._replace(stage=CALL))

    @property
    def _releases(self) -> tuple[str, ...]:
        return (self.release,) if self.release else RELEASES

    # --- steps ---------------------------------------------------------------
    def step(self, place: Place, act: Act) -> tuple[Place, int]:
        """Give the place after *act*, and what it costs there."""
        routes, memory = self._read(place.memory, act)
        beliefs, cost = list(place.beliefs), 0
        for route in routes:
            beliefs[route.index], rise, _ = route.take(beliefs[route.index])
            cost += rise
        status, is_plain = _round(place, act)
        return Place(memory, tuple(beliefs), status, is_plain), cost

    def rows(self, place: Place, act: Act) -> list[Taken]:
        """Give the rows by which the regions take *act* at the least cost, free or paid."""
        beliefs: dict[int, Belief] = {}
        found: list[Taken] = []
        for route in self._read(place.memory, act)[0]:
            belief = beliefs.get(route.index, place.beliefs[route.index])
            beliefs[route.index], _, rows = route.take(belief)
            found += rows
        return found

    def _read(self, memory: Memory, act: Act) -> tuple[tuple[_Route, ...], Memory]:
        """Give what the regions see of *act*, and what is remembered after it."""
        found = self._known.get((memory, act))
        if found is None:
            record = act.record
            implied, after = memory.learn(record)
            seen = symbol(record, self.release)._replace(health=act.health or HEALTHY)
            own = call_symbol(record, seen, after)
            # Only the newest call gets results here, so that no other one has to be remembered.
            newest = {after.last}
            after = after._replace(called=after.called & newest, ended=after.ended & newest)
            symbols = implied if own is None else (*implied, own)
            routes = tuple(route for one in symbols for route in self._route(one))
            found = self._known[memory, act] = routes, after
        return found

    def _route(self, seen: Symbol) -> tuple[_Route, ...]:
        if seen not in self._routes:
            self._routes[seen] = tuple(
                _Route(index, known, known.project(seen))
                for index, known in enumerate(self._tables)
                if known.knows(seen.event)
            )
        return self._routes[seen]

    def legal(
        self, place: Place, acts: Sequence[Act] = (), *, mode: str = "", limit: int = 1
    ) -> Iterator[tuple[Act, Place]]:
        """
        Give every act that costs less than *limit*, with the place that it leads to.

        Args:
            place: where the session stands.
            acts: those to try; all by default.
            mode: `yes` keeps the session folded, `no` keeps it from becoming so; else either.
            limit: 1 lets nothing pass that costs anything.
        """
        for act in acts or self.acts:
            if self.is_fit(place, act):
                after, cost = self.step(place, act)
                if cost < limit and (not mode or after.memory.state in (OPEN, mode)):
                    yield act, after

    def is_fit(self, place: Place, act: Act) -> bool:
        """Tell whether registers that compare records have nothing to say of *act*."""
        if act.of:
            return act.of == place.memory.last
        if act.event in ASYNC and _goes_on(place):
            return False  # it needs a result, and only the newest call gets some
        return _fits_round(place, act)

    # --- ways ----------------------------------------------------------------
    def way_out(self, place: Place, *, mode: str = "") -> tuple[Act, ...]:
        """
        Give acts that lead to a released object that owed nothing, the last one its Release.

        Places are tried in the order of how far the regions, each alone, are from letting go.
        """
        key = place, mode
        if key not in self._ways:
            found = self._search(place, mode, 1) or self._search(place, "", 1)
            self._ways[key] = found or self._search(place, "", COST[WARNING])
        return self._ways[key]

    def _search(self, start: Place, mode: str, limit: int) -> tuple[Act, ...]:
        """Look for a way on which each act costs less than *limit*."""
        queue = [(self._far(start), 0, 0, start)]
        before: dict[Place, tuple[Place, Act] | None] = {start: None}
        while queue:
            _, _, length, here = heapq.heappop(queue)
            if self.is_fit(here, RELEASE) and self.step(here, RELEASE)[1] < limit:
                return (*path(before, here), RELEASE)
            for act, after in self.legal(here, mode=mode, limit=limit):
                if after not in before and len(before) < _MOST_PLACES:
                    before[after] = here, act
                    bound = length + 1 + self._far(after)
                    heapq.heappush(queue, (bound, len(before), length + 1, after))
        return ()

    def _far(self, place: Place) -> int:
        return sum(
            min(known.get(state, _FAR) for state in place.beliefs[index].cheapest)
            for index, known in self._to_release
        )

    def _release_distances(self) -> Iterator[tuple[int, Mapping[str, int]]]:
        """Give by region how many rows lie between a state and one in which Release is free."""
        for route in self._read(Memory(), RELEASE)[0]:
            yield route.index, _distances(WITH_HISTORY[route.index], route.free_states())


def path(before: Mapping[Place, tuple[Place, Act] | None], place: Place) -> tuple[Act, ...]:
    """Give the acts by which *place* was reached, in order."""
    acts = []
    while (step := before[place]) is not None:
        place, act = step
        acts.append(act)
    return tuple(reversed(acts))


def _goes_on(place: Place) -> bool:
    """Tell whether a call of a folded session still runs."""
    states = place.beliefs[_LIFECYCLE].cheapest
    return place.memory.state == YES and not _RUNNING.isdisjoint(states)


def _fits_round(place: Place, act: Act) -> bool:
    """Tell whether *act* is one for which the round of status is as far."""
    if act.event in STATUS_CALLS:
        return place.status in ("fresh", "counted")
    if act.event == "GetWriterStatusCount":
        return place.status not in ("", "stale")
    if act.event in _ROUND_ENDS and place.status == "counted":
        return False  # who counted the writers has to read them all
    if act.event == "FreeWriterStatus" and not act.fails:
        return place.status != "fresh"  # nor could they be read later without a note
    return act.event != _GATHER or not place.is_plain


def _round(place: Place, act: Act) -> tuple[str, bool]:
    """Give what became of the round of status, and whether the context has writers."""
    status, is_plain = place.status, place.is_plain
    if act.fails or act.of:
        return status, is_plain
    if act.event == _GATHER:
        status = "fresh"
    elif act.event == "GetWriterStatusCount" and status == "fresh":
        status = "counted"
    elif act.event in STATUS_CALLS:
        status = "read"
    elif act.event in _EVENTFUL and status:
        status = "stale"
    elif act.event == "FreeWriterStatus":
        status = ""
    elif act.event == "SetContext":
        is_plain = context_class(act.context) == "plain"
    return status, is_plain


# --- acts --------------------------------------------------------------------
@cache
def calls_of(release: str | None, *, observed: bool = False) -> Calls:
    """Give the acts of a release; made once."""
    return Calls(release, observed=observed)


def _is_permitted(name: str, seen: Symbol) -> bool:
    known = table(name)
    row = only_row(known, seen) if known.knows(seen.event) else None
    return row is None or row.severity == FREE


# --- rows --------------------------------------------------------------------
@cache
def _distances(name: str, goals: frozenset[str]) -> dict[str, int]:
    """Give for each state how many free rows at least lead to one of *goals*."""
    before = _before(REGIONS[name])
    found = dict.fromkeys(goals, 0)
    queue: Sequence[str] = sorted(goals)
    while queue:
        reached = []
        for state in queue:
            for source in before.get(state, ()):
                if source not in found:
                    found[source] = found[state] + 1
                    reached.append(source)
        queue = reached
    return found


def _before(region: Region) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for row in region.rows:
        for to in row.to if row.pays == FREE else ():
            if to != SAME:
                found.setdefault(to, {}).update(dict.fromkeys(row.source))
    return {state: list(sources) for state, sources in found.items()}
