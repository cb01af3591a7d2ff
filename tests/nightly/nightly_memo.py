"""
z3 proves the memo equal to the rows: one formula for every region, state and event.

The memo is what the checker looks up, `Table.moves`; it is written down as nested choices over the
values of fields. The rows are written down apart from it, as their definitions say: which match,
what they permit, what is paid, which record is believed. z3 looks for a record on which the two
differ, over all values at once, and proves that there is none.
"""

import time
from functools import cached_property
from itertools import product

import oracle
import pytest

from vssfsm.core.record import Symbol
from vssfsm.core.table import Table, counts_of
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import ERROR, FREE, INFO, SAME, WARNING
from vssfsm.spec.vocabulary import STATE_NAMES

z3 = pytest.importorskip("z3", reason="not installed: z3-solver")
pytestmark = pytest.mark.nightly
#: a cost in one number; no single move costs more than one error
PRICE = {FREE: 0, INFO: 1, WARNING: 2, ERROR: 3}
#: the cost of a state that is not reached
NEVER = 9
#: seconds by the clock for a region, and for z3 on one formula; the longest region took 206
LIMIT = 3600
LIMIT_OF_ONE = 300


# --- values ----------------------------------------------------------------------
class Values:
    """The fields of a region as numbers: what each can be where *event* comes."""

    def __init__(self, region, event):
        kinds, rows = oracle.fields(region), oracle.rows_on(region, event)
        named = {field for row in rows for when in row.when for field in when}
        self.of = {f: list(oracle.VALUES[f] if f in named else kinds[f]) for f in kinds}
        if "state" in kinds:
            self.of["state"] = list(kinds["state"])
        self.variables = {field: z3.Int(field) for field in self.of}

    def is_in(self, field, values):
        """Say that a field has one of *values*."""
        known = self.of[field]
        at = [known.index(value) for value in values if value in known]
        return z3.Or([self.variables[field] == n for n in at])

    @property
    def possible(self):
        """Say that every field has a value, and what records can say together."""
        within = [z3.And(v >= 0, v < len(self.of[f])) for f, v in self.variables.items()]
        return z3.And(within)


# --- the rows --------------------------------------------------------------------
def matches(values, row):
    """Say that a row speaks of the record."""
    return z3.Or([z3.And([values.is_in(f, when[f]) for f in when]) for when in row.when])


def reports(region, values, state):
    """Say that a state may be what is reported."""
    (number,) = (s.reported for s in REGIONS[region].states if s.name == state)
    return z3.BoolVal(True) if number is None else values.is_in("state", (STATE_NAMES[number],))


class Spoken:
    """What the rows say of an event, wherever it comes."""

    def __init__(self, region, event):
        self.region, self.event = REGIONS[region], event
        self.values = Values(region, event)
        self.names = [state.name for state in self.region.states]
        self.fits = {name: reports(region, self.values, name) for name in self.names}
        self.rows = [(row, matches(self.values, row)) for row in oracle.rows_on(region, event)]

    @cached_property
    def ends(self):
        """Say of each state that some row leads there, those that stay apart."""
        ends = {name: [] for name in self.names}
        for row, met in self.rows:
            for to in row.to:
                if to != SAME:
                    ends[to].append(met)
        return {name: z3.And(z3.Or(mets), self.fits[name]) for name, mets in ends.items()}

    def given(self, state):
        """Say of each state that some row leads there, were it taken in *state*."""
        stay = z3.Or([met for row, met in self.rows if SAME in row.to])
        own = z3.Or(self.ends[state], z3.And(stay, self.fits[state]))
        found = self.ends | {state: own}
        if not oracle.is_gone(self.region.name, state):
            return found
        others = [name for name in self.names if not oracle.is_gone(self.region.name, name)]
        unmoved = {name: self.leaves(name) for name in others}
        left = {**unmoved, state: z3.Or(list(unmoved.values()))}
        return found | {name: z3.Or(found[name], is_so) for name, is_so in left.items()}

    def leaves(self, state):
        """Say that the event is free in *state*, and changes nothing."""
        here = [(row, met) for row, met in self.rows if state in row.source]
        free = [met for row, met in here if {SAME, state} & {*row.to} and not PRICE[row.pays]]
        nothing = z3.Not(z3.Or([met for _, met in here]))
        return z3.And(z3.Or(*free, nothing), self.fits[state])


def costs_of_rows(spoken, state):
    """Give what each state costs after the event, as the definitions say."""
    names, fits, region = spoken.names, spoken.fits, spoken.region
    here = [(row, met) for row, met in spoken.rows if state in row.source]
    bare, free = dict.fromkeys(names, z3.BoolVal(False)), {name: [] for name in names}
    for row, met in here:
        for to in row.to:
            target = state if to == SAME else to
            bare[target] = z3.Or(bare[target], met)
            free[target].append((z3.And(met, fits[target]), PRICE[row.pays]))
    given = spoken.given(state)
    permitted = z3.Or([met for row, met in here if row.to])
    explained = z3.Or([is_free for moves in free.values() for is_free, _ in moves])
    odd = next((r for r in region.unexplained if spoken.event in r.on), None)
    odd_price = PRICE[odd.severity] if odd else 0
    broken = _largest([(met, PRICE[row.severity]) for row, met in here if not row.to])
    alone = z3.If(z3.And(broken > 0, z3.Not(z3.Or(list(given.values())))), odd_price, 0)
    is_broken = z3.Or([met for row, met in here if not row.to])
    price = z3.If(
        permitted,
        z3.If(explained, 0, odd_price),
        z3.If(is_broken, z3.If(alone > broken, alone, broken), 0),
    )
    is_paid = z3.Or(
        z3.And(permitted, z3.Not(explained), z3.BoolVal(odd is not None)),
        z3.And(z3.Not(permitted), is_broken),
    )
    any_given = z3.Or(list(given.values()))
    has_reports = any(s.reported is not None for s in region.states)
    stays = z3.And(price == PRICE[WARNING], z3.BoolVal(bool(region.unexplained)))
    believed = {
        name: z3.Or(
            z3.If(any_given, given[name], z3.And(fits[name], z3.BoolVal(has_reports))),
            z3.And(permitted, bare[name]),
            z3.And(stays, fits[name]) if name == state else False,
        )
        for name in names
    }
    nobody = z3.Not(z3.Or(list(believed.values())))
    found = {}
    for name in names:
        least = _least(free[name])
        paid = believed[name] if name != state else z3.Or(believed[name], nobody)
        at_rest = z3.Not(z3.Or(explained, is_paid)) if name == state else z3.BoolVal(False)
        found[name] = z3.If(
            explained, least, z3.If(at_rest, 0, z3.If(z3.And(is_paid, paid), price, NEVER))
        )
    return found


def _largest(options):
    value = z3.IntVal(0)
    for is_so, price in options:
        value = z3.If(z3.And(is_so, value < price), price, value)
    return value


def _least(options):
    value = z3.IntVal(NEVER)
    for is_so, price in options:
        value = z3.If(z3.And(is_so, value > price), price, value)
    return value


# --- the memo --------------------------------------------------------------------
def memo(table, state, event, values):
    """Give the memo's moves for every record of the event, by the indexes of its values."""
    fields = list(values.of)
    found = {}
    for chosen in product(*(range(len(values.of[field])) for field in fields)):
        facts = {f: values.of[f][n] for f, n in zip(fields, chosen, strict=True)}
        moves = table.moves(state, table.project(Symbol(event, **facts)))
        found[chosen] = tuple(sorted((t, _price(move.cost)) for t, move in moves.items()))
    return fields, found


def _price(cost):
    (severity,) = [name for name, times in counts_of(cost).items() if times] or [FREE]
    return PRICE[severity]


def choices(fields, found, values):
    """Give the memo as nested choices: (condition, moves) of its leaves."""
    if len(set(found.values())) == 1:
        return [([], next(iter(found.values())))]
    first, *rest = fields
    parts = {}
    for chosen, moves in found.items():
        parts.setdefault(chosen[0], {})[chosen[1:]] = moves
    alike = {}
    for at, part in parts.items():
        alike.setdefault(tuple(part.items()), []).append(at)
    return [
        ([z3.Or([values.variables[first] == at for at in numbers]), *conditions], moves)
        for part, numbers in alike.items()
        for conditions, moves in choices(rest, dict(part), values)
    ]


def differs(spoken, state, table):
    """Give a record on which memo and rows differ, None if z3 proves that there is none."""
    values = spoken.values
    costs = costs_of_rows(spoken, state)
    fields, found = memo(table, state, spoken.event, values)
    alike = {}
    for conditions, moves in choices(fields, found, values):
        alike.setdefault(moves, []).append(z3.And(conditions))
    claims = [
        z3.Implies(
            z3.Or(met), z3.And([cost == dict(moves).get(n, NEVER) for n, cost in costs.items()])
        )
        for moves, met in alike.items()
    ]
    solver = z3.Solver()
    solver.set("timeout", LIMIT_OF_ONE * 1000)
    solver.add(values.possible, z3.Not(z3.And(claims)))
    answer = solver.check()
    assert answer != z3.unknown, f"z3 gave up: {spoken.event} in {state}"
    if answer == z3.unsat:
        return None
    model = solver.model()
    at = {f: model.eval(v, model_completion=True).as_long() for f, v in values.variables.items()}
    return {field: values.of[field][number] for field, number in at.items()}


@pytest.mark.parametrize("region", REGIONS)
def test_the_memo_is_the_rows(region):
    """For every state and event of the region there is no record on which they differ."""
    table, wrong, end = Table(REGIONS[region]), {}, time.monotonic() + LIMIT
    for number, event in enumerate(table.events):
        spoken = Spoken(region, event)
        for state in table.states:
            if (record := differs(spoken, state, table)) is not None:
                wrong[state, event] = record
        if time.monotonic() > end:
            pytest.fail(f"{number + 1} of {len(table.events)} events in {LIMIT} s")
    assert wrong == {}


@pytest.mark.parametrize("region", [name for name in REGIONS if len(REGIONS[name].states) > 1])
def test_a_wrong_memo_is_refuted(region):
    """One row that pays something else in the table than in the catalogue is found."""
    rows = REGIONS[region].rows
    at = next(i for i, row in enumerate(rows) if row.to and row.pays == FREE and row.source)
    wrong = (*rows[:at], rows[at]._replace(pays=INFO), *rows[at + 1 :])
    table = Table(REGIONS[region]._replace(rows=wrong))
    (event, *_), (state, *_) = rows[at].on, rows[at].source
    assert differs(Spoken(region, event), state, table) is not None
