"""
One region following one participant: its belief, its symbols and lines, its explanation.

The belief says *that* something was broken: the minimum rose. The explanation says *what*: the rows
paid on the cheapest path through all symbols so far, found forward with back-pointers. The line
where the minimum rises need not hold the paid row.
"""

from typing import Final, NamedTuple

from vssfsm.core.coverage import Visits
from vssfsm.core.record import Symbol
from vssfsm.core.table import COST, MARGIN, Stride, Table, counts_of
from vssfsm.spec.rows import ERROR, INFO, WARNING, Row


class Step(NamedTuple):
    """
    One entry of a track's history; a symbol of None is a hole.

    Args:
        line: where the record stands; that of a handler's entry, if it has two lines.
        report: where its report stands; that of a handler's return, if it has two lines.
        perhaps: it may belong to another session.
    """

    symbol: Symbol | None
    line: int
    event: str | None
    report: int = 0
    perhaps: bool = False

    @property
    def second(self) -> int:
        """Where its second line stands; 0 if it has one only."""
        return self.report if self.report > self.line else 0


class Taken(NamedTuple):
    """One step of the cheapest path; *event* is empty in a hole, *row* is what was paid."""

    source: str
    event: str
    target: str
    row: Row | None
    line: int = 0


class Paid(NamedTuple):
    """
    A row that the cheapest explanation pays, with what stood before it.

    Args:
        since_line: where the record before it stands.
        since_event: the event of that record.
        led_line: where the record stands that led to the state; None if that was not recorded.
        led_second: where its second line stands; 0 if it has one only.
    """

    row: Row
    line: int
    since_line: int | None
    event: str
    states: tuple[str, ...]
    hidden: bool = False
    led_line: int | None = None
    led_second: int = 0
    since_event: str = ""


class _Reached(NamedTuple):
    """A state in one layer of the explanation: its cost so far, where from, and the row taken."""

    cost: int
    previous: str
    row: Row | None


_Layer = dict[str, _Reached]


def _stay(layer: _Layer, before: _Layer) -> None:
    """Let a step not have been taken: every state stays what it was, at no cost."""
    for state, reached in before.items():
        if state not in layer or reached.cost < layer[state].cost:
            layer[state] = _Reached(reached.cost, state, None)


#: steps of a session that does not end that are kept for explanations; more are not aligned
STEPS_KEPT: Final = 50_000


class Track:
    """
    Follow one region: `take` steps it, and gives the rows that were newly paid.

    Args:
        table: the compiled region.
        start: the state to start in; the region's initial one by default.
        restart: keys tell no sessions apart, so that a hole may hide the start of a new one.
        visits: takes each belief that was stepped, with its symbol; for row coverage.
    """

    def __init__(
        self,
        table: Table,
        *,
        start: str = "",
        restart: bool = False,
        visits: Visits | None = None,
    ) -> None:
        self.table = table
        self._visits = visits
        #: the visit right before, where nothing is hidden in between
        self._visit: Stride | None = None
        self.restart = restart
        self.belief = table.belief({start: 0}) if start else table.start
        self.total = 0
        self.history: list[Step] = []
        #: a state that the history starts from
        self.base = start or table.region.initial
        self._last_line = 0
        #: the belief that the history starts from, and the layers as far as they were needed
        self._first = self.belief
        self._layers: list[_Layer] = []
        self._reported: dict[int, set[str]] = {}
        self._open: dict[str, tuple[int, object, int]] = {}

    def is_free(self, symbol: Symbol) -> bool:
        """Tell whether *symbol* can be taken without paying."""
        return self.table.step(self.belief, self.table.project(symbol))[1] == 0

    def take_hole(self, line: int) -> None:
        """Let any steps have happened; a hole never raises the minimum."""
        if self.is_in_hole:
            return
        self.belief, _ = self.table.hole(self.belief, restart=self.restart)
        self._visit = None
        self.history.append(Step(None, line, None))

    def take_perhaps(self, symbol: Symbol, line: int) -> None:
        """Step by *symbol*, or not: it may belong to another session."""
        symbol = self.table.project(symbol)
        after, rise = self.table.step(self.belief, symbol)
        costs = {state: rise + cost for state, cost in after.costs.items()}
        for state, cost in self.belief.costs.items():
            costs[state] = min(cost, costs.get(state, cost))
        self.belief = self.table.belief({s: c for s, c in costs.items() if c <= MARGIN})
        self.history.append(Step(symbol, line, symbol.event, line, perhaps=True))

    @property
    def has_begun(self) -> bool:
        """Tell whether any record was taken since the start."""
        return bool(self.history or self._last_line)

    @property
    def visits(self) -> Visits | None:
        """What takes its visits."""
        return self._visits

    def copy(self, visits: Visits | None) -> "Track":
        """Give a track that stands where this one does, and tells *visits* of what it takes."""
        found = Track.__new__(Track)
        reported = {index: set(told) for index, told in self._reported.items()}
        vars(found).update(
            vars(self),
            history=[*self.history],
            _layers=[],
            _open=dict(self._open),
            _reported=reported,
            _visit=None,
            _visits=visits,
        )
        return found

    @property
    def has_entries(self) -> bool:
        """Tell whether an entry was taken whose return may come."""
        return bool(self._open)

    @property
    def is_in_hole(self) -> bool:
        """Tell whether nothing was taken since the last hole."""
        return bool(self.history) and self.history[-1].symbol is None

    def is_return(self, symbol: Symbol, at: str | None) -> bool:
        """Tell whether *symbol* is the return of an entry that was taken."""
        return at == "return" and symbol.event in self._open

    def take(
        self, symbol: Symbol, line: int, at: str | None = None, *, second: int | None = None
    ) -> list[Paid]:
        """Step by *symbol*; at `entry` with all outcomes, redone at `return`."""
        report = second or line
        if at == "entry":
            self._open[symbol.event or ""] = len(self.history), self.belief, self.total
            symbol = symbol._replace(outcome=None, state=None, failure=None)
        elif at == "return" and symbol.event in self._open:
            index, belief, total = self._open.pop(symbol.event)
            if index != len(self.history) - 1:
                # Something came in between; what it reports has been judged as a pair.
                self.history[index] = self.history[index]._replace(report=report)
                return []
            line = self.history.pop().line
            self.belief, self.total = belief, total  # type: ignore[assignment]
            del self._layers[index + 1 :]
        symbol = self.table.project(symbol)
        stride = self.table.stride(self.belief, symbol)
        self.belief = stride.after
        self.history.append(Step(symbol, line, symbol.event, report))
        if self._visits is not None:
            self._visits.follow(self._visit, stride)
            self._visit = stride
        return self._pay(stride.rise) if stride.rise else []

    def _pay(self, rise: int) -> list[Paid]:
        before, self.total = self.total, self.total + rise
        return self._newly_paid(counts_of(before), counts_of(self.total))

    def _newly_paid(self, before: dict[str, int], after: dict[str, int]) -> list[Paid]:
        return [
            paid
            for severity in (ERROR, WARNING, INFO)
            for _ in range(after[severity] - before[severity])
            if (paid := self._explain(severity)) is not None
        ]

    # --- explanation ---------------------------------------------------------
    def layers(self) -> list[_Layer]:
        """Extend the forward pass to the end of the history: one layer per step, and the first."""
        if not self._layers:
            costs = self._first.costs.items()
            self._layers.append({state: _Reached(cost, "", None) for state, cost in costs})
        while len(self._layers) <= len(self.history):
            step = self.history[len(self._layers) - 1]
            layer = self._next_layer(self._layers[-1], step.symbol)
            if step.perhaps:
                _stay(layer, self._layers[-1])
            self._layers.append(layer)
        return self._layers

    def _next_layer(self, layer: _Layer, symbol: Symbol | None) -> _Layer:
        reached: _Layer = {}
        for state, here in layer.items():
            if symbol is None:
                moves = self.table.closure(state, restart=self.restart)
            else:
                moves = self.table.moves(state, symbol)
            for target, move in moves.items():
                cost = here.cost + move.cost
                if target not in reached or cost < reached[target].cost:
                    reached[target] = _Reached(cost, state, move.row if move.cost else None)
        limit = min(r.cost for r in reached.values()) + MARGIN
        return {state: r for state, r in reached.items() if r.cost <= limit}

    def _explain(self, severity: str) -> Paid | None:
        """Give the latest unreported row of *severity* on the cheapest path, and mark it."""
        layers = self.layers()
        last = layers[-1]
        state = min(last, key=lambda name: (last[name].cost, self.table.order[name]))
        for index in range(len(self.history) - 1, -1, -1):
            reached = layers[index + 1][state]
            reported = self._reported.setdefault(index, set()) if reached.row else set()
            if reached.row and reached.row.severity == severity and severity not in reported:
                reported.add(severity)
                return self._paid(index, reached.row, reached.previous)
            state = reached.previous
        return None

    def _paid(self, index: int, row: Row, state: str) -> Paid:
        step = self.history[index]
        if step.symbol is None:  # paid by what the hole hides: the record that proved it
            step = self.history[-1]
        led = self._led_to(index, state)
        earlier = (self.history[i] for i in range(index - 1, -1, -1))
        before = next((step for step in earlier if step.symbol is not None), None)
        return Paid(
            row=row,
            line=step.report if self.table.is_about_report(row) else step.line,
            hidden=self.history[index].symbol is None,
            since_line=(before.line if before else self._last_line) or None,
            since_event=(before.event if before else None) or "",
            event=step.event or row.on[0],
            states=self.states_before(index),
            led_line=led.line if led else None,
            led_second=led.second if led else 0,
        )

    def _led_to(self, index: int, state: str) -> Step | None:
        """Give the step before *index* that led to *state*, if it is known."""
        layers = self.layers()
        for at in range(index - 1, -1, -1):
            if layers[at + 1][state].previous != state:
                step = self.history[at]
                return step if step.symbol is not None else None
        return None

    def states_before(self, index: int) -> tuple[str, ...]:
        """Give the cheapest states before step *index* of the history."""
        layer = self.layers()[index]
        least = min(reached.cost for reached in layer.values())
        return tuple(
            sorted(
                (s for s, r in layer.items() if r.cost == least), key=self.table.order.__getitem__
            )
        )

    def permits_at(self, index: int, of: int) -> bool:
        """Tell whether the symbol of step *of* could have been taken before step *index*."""
        symbol = self.history[of].symbol
        return symbol is not None and all(
            any(move.cost == 0 for move in self.table.moves(state, symbol).values())
            for state in self.states_before(index)
        )

    def is_in(self, phase: str) -> bool:
        """Tell whether every state that can explain the records is of *phase*."""
        return self.table.phases(self.belief) == {phase}

    def path(self) -> list[Taken]:
        """Give the cheapest path through the history, in order."""
        layers = self.layers()
        last = layers[-1]
        state = min(last, key=lambda name: (last[name].cost, self.table.order[name]))
        path = []
        for step, layer in zip(reversed(self.history), reversed(layers[1:]), strict=True):
            reached = layer[state]
            path.append(Taken(reached.previous, step.event or "", state, reached.row, step.line))
            state = reached.previous
        return path[::-1]

    @property
    def accused(self) -> bool:
        """Tell whether an error or a warning was paid."""
        return self.total >= COST[WARNING]

    @property
    def may_have_ended(self) -> bool:
        """Tell whether nothing has to be owed."""
        return self.table.may_have_ended(self.belief)

    def forget(self) -> None:
        """Drop the history of a closed session: later findings explain themselves from here."""
        self._visit = None
        self._last_line = self.last_line
        self.base = self.belief.cheapest[0]
        self.history.clear()
        self._first = self.belief
        self._layers = []
        self._reported.clear()
        self._open.clear()
        self.total = 0

    @property
    def owed(self) -> tuple[str, ...]:
        """What is still owed, should the evidence end here."""
        return self.table.owed(self.belief)

    @property
    def last_line(self) -> int:
        """Line of the last record, 0 without one."""
        lines = (step.line for step in reversed(self.history) if step.symbol is not None)
        return next(lines, self._last_line)
