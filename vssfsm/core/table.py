"""
A region compiled: which moves a symbol allows from a state, and what they cost.

A cost is one integer whose digits are counts of errors, warnings and notes, in that order of
weight; so costs add up exactly and compare as the severities do. A *belief* maps each state that
can explain the records to its cost above the cheapest one. `Table.step` is total: an event without
a permitted row falls under a prohibition, whose target is what the record says.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from vssfsm.core.record import Symbol
from vssfsm.spec.rows import ERROR, FREE, INFO, SAME, WARNING, Region, Row
from vssfsm.spec.vocabulary import STATE_NAMES

_BITS: Final = 32
COST: Final = {FREE: 0, INFO: 1, WARNING: 1 << _BITS, ERROR: 1 << 2 * _BITS}
#: states dearer than the cheapest one by more than this explain nothing that matters
MARGIN: Final = 2 * COST[ERROR]
#: interned beliefs and memoized moves; beyond it everything is computed without being stored
CAP: Final = 100_000


def counts_of(cost: int) -> dict[str, int]:
    """Split a cost into its counts of errors, warnings and notes."""
    digit = (1 << _BITS) - 1
    return {ERROR: cost >> 2 * _BITS, WARNING: (cost >> _BITS) & digit, INFO: cost & digit}


class Move(NamedTuple):
    """One way to go: its cost, and the row that is paid (None where the region is untouched)."""

    cost: int
    row: Row | None


Moves = Mapping[str, Move]


class Belief:
    """States that can explain the records, each with its cost above the cheapest; interned."""

    __slots__ = ("costs", "ends", "hidden", "next", "phases")

    def __init__(self, costs: dict[str, int]) -> None:
        self.costs = costs
        #: strides by their symbols, and what holes lead to, by whether a session may begin there
        self.next: dict[Symbol, Stride] = {}
        self.hidden: dict[bool, tuple[Belief, int]] = {}
        #: once somebody asked: phases of the states, and whether one of the cheapest is final
        self.phases: frozenset[str] = frozenset()
        self.ends: bool | None = None

    @property
    def cheapest(self) -> tuple[str, ...]:
        """The states of cost 0."""
        return tuple(state for state, cost in self.costs.items() if cost == 0)


class Stride:
    """
    A belief *before*, stepped by a *symbol* that is projected: the one *after*, and its *rise*.

    Made once as long as the belief remembers it, and told apart by being another one.
    """

    __slots__ = ("after", "before", "rise", "symbol", "table")

    def __init__(
        self, table: "Table", before: Belief, symbol: Symbol, after: Belief, rise: int
    ) -> None:
        self.table = table
        self.before = before
        self.symbol = symbol
        self.after = after
        self.rise = rise


class _Reading(NamedTuple):
    """
    What a symbol says to the rows of its event, whatever the state.

    Args:
        possible: identities of the rows that match for some value of the fields that it lacks.
        certain: of those that match for every value.
        given: states that the possible permitted rows name, with what is reported.
        stays: one of them leads to the state that it came from.
    """

    possible: frozenset[int]
    certain: frozenset[int]
    given: frozenset[str]
    stays: bool


class Table:
    """The rows of one region, indexed; see the module's docstring for the semantics."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.order = {state.name: index for index, state in enumerate(region.states)}
        self.states = {state.name: state for state in region.states}
        self.events = tuple(dict.fromkeys(event for row in region.rows for event in row.on))
        self._known = frozenset(self.events)
        self._reported = {
            state.name: None if state.reported is None else STATE_NAMES[state.reported]
            for state in region.states
        }
        self._permitted: dict[tuple[str, str | None], list[Row]] = {}
        self._prohibited: dict[tuple[str, str | None], list[Row]] = {}
        self._rows: dict[str | None, list[Row]] = {event: [] for event in self.events}
        for row in region.rows:
            for event in dict.fromkeys(row.on):
                self._rows[event].append(row)
            index = self._permitted if row.to else self._prohibited
            for state in row.source:
                for event in row.on:
                    index.setdefault((state, event), []).append(row)
        self._gone = frozenset(state.name for state in region.states if state.is_gone)
        self._unexplained = {row.on[0]: row for row in region.unexplained}
        fields = {field for row in region.rows for when in row.when for field in when}
        if any(reported is not None for reported in self._reported.values()):
            fields.add("state")
        self._fields = tuple(sorted(fields))
        self._moves: dict[tuple[str, Symbol], Moves] = {}
        self._beliefs: dict[tuple[tuple[str, int], ...], Belief] = {}
        self._readings: dict[Symbol, _Reading] = {}
        self._closures: dict[tuple[str, bool], Moves] = {}
        self._projected: dict[Symbol, Symbol] = {}
        self._typical: dict[tuple[str | None, str | None, _Reading, _Reading], Symbol] = {}
        self.start = self.belief({region.initial: 0})

    def tells(self, field: str) -> bool:
        """Tell whether some row of this region names *field*."""
        return field in self._fields

    def project(self, symbol: Symbol) -> Symbol:
        """Blank the fields that no row of this region names."""
        known = self._projected.get(symbol)
        if known is None:
            fields = {field: getattr(symbol, field) for field in self._fields}
            known = Symbol(symbol.event, **fields)
            if len(self._projected) < CAP:
                self._projected[symbol] = known
        return known

    def typical(self, symbol: Symbol) -> Symbol:
        """Give the first symbol met that no row tells from the projected *symbol*."""
        bare = symbol._replace(state=None)
        key = symbol.event, symbol.state, self._reading(symbol), self._reading(bare)
        return self._typical.setdefault(key, symbol)

    def is_about_report(self, row: Row) -> bool:
        """Tell whether *row* is broken by what is reported, not by the event."""
        return row is self._unexplained.get(row.on[0])

    def knows(self, event: str | None) -> bool:
        """Tell whether any row names *event*."""
        return event in self._known

    # --- one state -----------------------------------------------------------
    def moves(self, state: str, symbol: Symbol) -> Moves:
        """Give every move that the projected *symbol* allows from *state*; never empty."""
        found = self._moves.get((state, symbol))
        if found is None:
            found = self._find_moves(state, symbol)
            if len(self._moves) < CAP:
                self._moves[state, symbol] = found
        return found

    def _find_moves(self, state: str, symbol: Symbol) -> Moves:
        permitted = self.matching(state, symbol)
        moves: dict[str, Move] = {}
        for row in permitted:
            for target in self._targets(row, (state,), symbol):
                _keep_cheaper(moves, target, Move(COST[row.pays], row))
        for rule in self._rules_broken(state, symbol, permitted, explained=bool(moves)):
            for target in self._believed(state, symbol, rule):
                _keep_cheaper(moves, target, Move(COST[rule.severity], rule))
        return moves or {state: Move(0, None)}

    def _rules_broken(
        self, state: str, symbol: Symbol, permitted: list[Row], *, explained: bool
    ) -> list[Row]:
        """Give the prohibitions of those values of the missing fields that no row permits."""
        unexplained = self._unexplained.get(symbol.event or "")
        rules = []
        if self._reading(symbol).certain.isdisjoint(map(id, permitted)):
            broken = self._broken(state, symbol)
            # A report that no row of the event gives is wrong wherever the event comes.
            if broken and unexplained and not self._given(state, symbol):
                broken = max(broken, unexplained, key=lambda row: COST[row.severity])
            rules += [broken] if broken else []
        if permitted and unexplained and not explained:
            rules.append(unexplained)
        return rules

    def matching(self, state: str, symbol: Symbol) -> list[Row]:
        """Give the permitted rows of *state* that *symbol* may mean, whatever it reports."""
        possible = self._reading(symbol).possible
        rows = self._permitted.get((state, symbol.event), ())
        return [row for row in rows if id(row) in possible]

    def _reading(self, symbol: Symbol) -> _Reading:
        found = self._readings.get(symbol)
        if found is None:
            found = self._find_reading(symbol)
            if len(self._readings) < CAP:
                self._readings[symbol] = found
        return found

    def _find_reading(self, symbol: Symbol) -> _Reading:
        rows = self._rows.get(symbol.event, ())
        possible = [row for row in rows if _may_match(row, symbol)]
        named = {to for row in possible for to in row.to}
        return _Reading(
            possible=frozenset(map(id, possible)),
            certain=frozenset(id(row) for row in rows if _must_match(row, symbol)),
            given=frozenset(to for to in named if to != SAME and self._fits(to, symbol.state)),
            stays=SAME in named,
        )

    def _targets(self, row: Row, sources: Iterable[str], symbol: Symbol) -> Iterator[str]:
        for to in row.to:
            for target in sources if to == SAME else (to,):
                if self._fits(target, symbol.state):
                    yield target

    def _fits(self, state: str, reported: str | None) -> bool:
        own = self._reported[state]
        return reported is None or own is None or own == reported

    def _broken(self, state: str, symbol: Symbol) -> Row | None:
        """Give the broken prohibition: the gravest certain one, else the mildest possible."""
        rows = self._prohibited.get((state, symbol.event), ())
        reading = self._reading(symbol)
        certain = [row for row in rows if id(row) in reading.certain]
        if certain:
            return max(certain, key=lambda row: COST[row.severity])
        possible = [row for row in rows if id(row) in reading.possible]
        return min(possible, key=lambda row: COST[row.severity], default=None)

    def _believed(self, state: str, symbol: Symbol, rule: Row) -> tuple[str, ...]:
        """
        Believe the record: every target of the event with this report, else every such state.

        A row that changes nothing leaves the state as it is. Where the object is gone, it cannot
        have been: then any state may be in which the event is free and changes nothing. Where it is
        the report that breaks a rule, the event may be right: then its own targets stay too. Where
        the rule only warns of an event with a report, the event may be of another session: then the
        state stays too.
        """
        targets = self._given(state, symbol)
        if not targets and symbol.state is not None:
            targets = frozenset(n for n in self.order if self._fits(n, symbol.state))
        if rule is self._unexplained.get(symbol.event or ""):
            bare = symbol._replace(state=None)
            for row in self.matching(state, symbol):
                targets = targets.union(self._targets(row, (state,), bare))
        if rule.severity == WARNING and self._unexplained and self._fits(state, symbol.state):
            targets = targets | {state}
        return tuple(sorted(targets or {state}, key=self.order.__getitem__))

    def _given(self, state: str, symbol: Symbol) -> frozenset[str]:
        """Give every state that the event could have led to from anywhere, with this report."""
        reading = self._reading(symbol)
        stays = reading.stays and self._fits(state, symbol.state)
        given = reading.given | {state} if stays else reading.given
        if state in self._gone and (unmoved := self._unmoved(symbol)):
            given |= unmoved | {state}
        return given

    def _unmoved(self, symbol: Symbol) -> frozenset[str]:
        """Give the states that *symbol* may leave as they are at no cost, where there is one."""
        moves = ((n, self.moves(n, symbol).get(n)) for n in self.order if n not in self._gone)
        return frozenset(name for name, move in moves if move is not None and not move.cost)

    # --- beliefs -------------------------------------------------------------
    def belief(self, costs: dict[str, int]) -> Belief:
        """Intern a belief; *costs* has to hold a 0."""
        key = tuple(sorted(costs.items(), key=lambda item: self.order[item[0]]))
        found = self._beliefs.get(key)
        if found is None:
            found = Belief(dict(key))
            if len(self._beliefs) < CAP:
                self._beliefs[key] = found
        return found

    def step(self, belief: Belief, symbol: Symbol) -> tuple[Belief, int]:
        """Step *belief* by a projected *symbol*: the new belief, and how far the minimum rose."""
        stride = self.stride(belief, symbol)
        return stride.after, stride.rise

    def stride(self, belief: Belief, symbol: Symbol) -> Stride:
        """Step *belief* by a projected *symbol*."""
        try:
            return belief.next[symbol]
        except KeyError:
            moves = {state: self.moves(state, symbol) for state in belief.costs}
            stride = Stride(self, belief, symbol, *self._moved(belief, moves))
            if len(belief.next) < CAP:
                belief.next[symbol] = stride
            return stride

    def hole(self, belief: Belief, *, restart: bool) -> tuple[Belief, int]:
        """Step *belief* by any symbols; *restart*: a new session may have begun in between."""
        try:
            return belief.hidden[restart]
        except KeyError:
            moves = {state: self.closure(state, restart=restart) for state in belief.costs}
            found = belief.hidden[restart] = self._moved(belief, moves)
            return found

    def _moved(self, belief: Belief, moves: Mapping[str, Moves]) -> tuple[Belief, int]:
        """Give the belief that the *moves* of each state lead to, and how far the minimum rose."""
        costs: dict[str, int] = {}
        for state, paid in belief.costs.items():
            for target, move in moves[state].items():
                cost = paid + move.cost
                if cost < costs.get(target, cost + 1):
                    costs[target] = cost
        rise = min(costs.values())
        return self.belief({s: c - rise for s, c in costs.items() if c - rise <= MARGIN}), rise

    def closure(self, state: str, *, restart: bool) -> Moves:
        """Give the cheapest cost of every state that hidden steps may reach from *state*."""
        found = self._closures.get((state, restart))
        if found is None:
            found = self._closures[state, restart] = self._find_closure(state, restart=restart)
        return found

    def _find_closure(self, state: str, *, restart: bool) -> Moves:
        best: dict[str, Move] = {}
        queue: list[tuple[int, int, str, Row | None]] = [(0, 0, state, None)]
        while queue:
            cost, _, here, paid = heapq.heappop(queue)
            if here in best:
                continue
            best[here] = Move(cost, paid)
            for target, move in self._hidden_steps(here, restart=restart):
                if target not in best and cost + move.cost <= MARGIN:
                    row = move.row if move.cost else paid
                    heapq.heappush(queue, (cost + move.cost, self.order[target], target, row))
        return best

    def _hidden_steps(self, state: str, *, restart: bool) -> Iterator[tuple[str, Move]]:
        if restart and not self.states[state].owed:
            yield self.region.initial, Move(0, None)
        for event in self.events:
            permitted = self._permitted.get((state, event), ())
            for row in permitted:
                for target in self._targets(row, (state,), Symbol(event)):
                    yield target, Move(COST[row.pays], row)
            for rule in self._prohibited.get((state, event), ()):
                for target in self._believed(state, Symbol(event), rule):
                    yield target, Move(COST[rule.severity], rule)
            if permitted and event in self._unexplained:
                rule = self._unexplained[event]
                for target in self.order:
                    yield target, Move(COST[rule.severity], rule)

    # --- questions -----------------------------------------------------------
    def expected(self, states: Iterable[str]) -> tuple[str, ...]:
        """Give the events that may succeed from any of *states* without a note."""
        states = tuple(states)
        return tuple(
            event
            for event in self.events
            if any(
                row.pays == FREE and _may_match(row, Symbol(event, outcome="ok", result="ok"))
                for state in states
                for row in self._permitted.get((state, event), ())
            )
        )

    def owed(self, belief: Belief) -> tuple[str, ...]:
        """Give what is still owed: nothing as soon as a cheapest state is final."""
        if self.may_have_ended(belief):
            return ()
        owed = (event for name in belief.cheapest for event in self.states[name].owed)
        return tuple(dict.fromkeys(owed))

    def phases(self, belief: Belief) -> frozenset[str]:
        """Give the phases of all states that can explain the records."""
        belief.phases = belief.phases or frozenset(self.states[s].phase for s in belief.costs)
        return belief.phases

    def may_have_ended(self, belief: Belief) -> bool:
        """Tell whether one of the cheapest states is final."""
        if belief.ends is None:
            belief.ends = any(not self.states[name].owed for name in belief.cheapest)
        return belief.ends


def _keep_cheaper(moves: dict[str, Move], target: str, move: Move) -> None:
    if target not in moves or move.cost < moves[target].cost:
        moves[target] = move


def _may_match(row: Row, symbol: Symbol) -> bool:
    """Tell whether some value of the fields that *symbol* lacks makes *row* match."""
    return any(
        all(
            (value := getattr(symbol, field)) is None or value in allowed
            for field, allowed in w.items()
        )
        for w in row.when
    )


def _must_match(row: Row, symbol: Symbol) -> bool:
    """Tell whether *row* matches whatever the fields are that *symbol* lacks."""
    return any(all(getattr(symbol, f) in allowed for f, allowed in w.items()) for w in row.when)
