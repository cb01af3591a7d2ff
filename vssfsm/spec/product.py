"""
The requester's regions multiplied: what `lint` proves of them together.

The monitor keeps the regions apart, each with its own belief. Here they are multiplied and every
product state that permitted rows lead to is enumerated, under full observation: each call and each
result is seen, with all that rows say of it. A symbol is permitted where a permitted row of every
region that knows the event matches; readings of several regions give all their combinations.

What is not in a product state:

* what one session has from its begin to its end (`HIDDEN`): one product for each class of values;
* regions of `ABSTRACTED`, which count, and regions of one state, which have no history. They only
  take calls away, never add one;
* regions of `LEFT_OUT`, which bar no way to a release;
* the context, of which there is only its class, and only in SetContext.

What is proved of every product state:

* a way leads to a released object, over symbols that no region outside the product takes away: so
  it is there wherever these stand, and on every release;
* the regions apart accept what the product permits, and nothing else. Apart, a region accepts a
  symbol also where no row of it matches, or where a prohibition is only worth a note. If no product
  state has such a symbol that all regions accept, the beliefs of the regions multiplied are the
  product's belief after every permitted sequence. By induction: the surviving states of the regions
  are chosen independently of one another, and so are their readings;
* a result that does not tell how a call ended (`VAGUE`) may, where all regions permit it, be read
  in one way by all of them: a result that tells leads to where their readings meet. So vague
  results are permitted or not as others are, but no edge is theirs. After one of them regions apart
  may accept more than the product; that each reads it in its own way is what keeping them apart
  costs, and is not proved away.

And of the product as a whole: each state of each region occurs in it, and each permitted row is
taken somewhere, but for those that `EXCUSED` names.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from vssfsm.spec.alphabet import HIDDEN, Effect, alphabet, constants_of, effect, registers
from vssfsm.spec.calls import RESULT
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.lint import Symbol, matches, problem, show
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.requester import RELEASED, REQUESTER
from vssfsm.spec.rows import Region, Row

#: results that do not tell how a call ended
VAGUE: Final = ("ended", "wait-failed")
#: region with a history that is left out -> why it may be
ABSTRACTED: Final[Mapping[str, str]] = {
    "volumes": "a counter: one call steps it, and nothing else depends on where it stands"
}
#: region that sees more of a record than the alphabet says, or only warns -> what it judges
LEFT_OUT: Final[Mapping[str, str]] = {
    "returns": "return codes, which bar no call",
    "heeding": "what was read of writers; from everywhere AbortBackup leads back",
    "listing": "a note on a round without metadata",
    "fresh": "a note on a round without an event",
}
#: permitted row, or REGION.STATE, that the product cannot show -> why
EXCUSED: Final[Mapping[str, str]] = {}


class Proof(NamedTuple):
    """
    What the enumeration found.

    Args:
        states: product states that can be reached, over all classes of hidden constants.
        edges: steps between them: a state, a target, and a class of symbols with one effect.
        problems: one sentence per problem, as `lint` gives them.
    """

    states: int
    edges: int
    problems: tuple[str, ...]

    def __str__(self) -> str:
        """Give the size, and what holds of all of it."""
        size = f"requester product: {self.states:,} states, {self.edges:,} edges"
        return size if self.problems else f"{size}; Release reachable from everywhere"


def prove(
    regions: Iterable[Region] | None = None,
    *,
    goal: str = RELEASED.name,
    hidden: Mapping[str, tuple[str, ...]] = HIDDEN,
    abstracted: Mapping[str, str] = ABSTRACTED,
    excused: Mapping[str, str] = EXCUSED,
) -> Proof:
    """
    Enumerate the product of the requester's regions and find what is wrong with it.

    Args:
        regions: regions that see the same records; those of scope `requester` by default.
        goal: name of the states to which a way has to lead from everywhere.
        hidden: fields that are the same in a whole session, with the values to tell apart.
        abstracted: names of regions with a history that are left out.
        excused: codes of permitted rows, and `REGION.STATE`, that the product need not show.

    Returns:
        The size of the product, and its problems.
    """
    if regions is None:
        regions = [
            region
            for region in REGIONS.values()
            if region.scope == REQUESTER.scope and region.name not in LEFT_OUT
        ]
    regions = tuple(regions)
    inside = [r for r in regions if len(r.states) > 1 and r.name not in abstracted]
    outside = [region for region in regions if region not in inside]
    shown, problems, states, edges = _Shown(), dict[str, None](), 0, 0
    for constants in constants_of(inside, hidden):
        part = Product(inside, constants, goal=goal, outside=outside)
        problems |= dict.fromkeys((*part.no_way(), *part.differences))
        part.show_in(shown)
        states, edges = states + len(part.numbers), edges + part.edges
    problems |= dict.fromkeys(_never(inside, outside, shown, excused))
    return Proof(states, edges, tuple(problems))


# --- The product -------------------------------------------------------------
class _Shown:
    """What was seen in some product: states of regions, and symbols permitted in them."""

    def __init__(self) -> None:
        self.states: set[tuple[str, str]] = set()
        self.rows: set[tuple[str, int]] = set()
        self.symbols: list[Symbol] = []


_Tuple = tuple[int, ...]


class Product:
    """
    The product of some regions for one choice of hidden constants, enumerated breadth first.

    Symbols of one effect are one class; sets of classes are the bits of an integer, so that a
    product state is decided by one `&` per region.
    """

    def __init__(
        self,
        regions: Iterable[Region],
        constants: Mapping[str, str],
        *,
        goal: str = RELEASED.name,
        outside: Iterable[Region] = (),
    ) -> None:
        told = tuple(regions)
        self.constants = constants
        self.goal = goal
        #: the regions, and what has to be known of calls beside them
        self.regions = (*told, *registers(told, constants))
        #: regions that are told about; the others are registers
        self.told = len(told)
        classes: dict[tuple[Effect, ...], list[Symbol]] = {}
        for symbol in alphabet(told, constants):
            classes.setdefault(tuple(effect(r, symbol) for r in self.regions), []).append(symbol)
        self.effects = tuple(classes)
        self.symbols = tuple(classes.values())
        self._index()
        outside = tuple(outside)
        #: classes that no region outside ever takes away
        self._open = _mask(any(_is_open(s, outside) for s in group) for group in self.symbols)
        #: product state -> its number, in the order of discovery
        self.numbers: dict[_Tuple, int] = {}
        self.edges = 0
        #: problems of MDL402 and MDL406, in the order of discovery
        self.differences: dict[str, None] = {}
        self._before: list[list[int]] = []
        self._taken = [[0] * len(region.states) for region in self.regions]
        self._enumerate()

    def _index(self) -> None:
        """Note the classes that a region's state permits, lets pass, stays in, and may stay in."""
        self._permits: list[list[int]] = []
        self._passes: list[list[int]] = []
        self._stays: list[list[int]] = []
        self._keeps: list[list[int]] = []
        for at, region in enumerate(self.regions):
            columns = [effects[at] for effects in self.effects]
            numbers = range(len(region.states))
            self._permits.append([_mask(bool(c.targets[n]) for c in columns) for n in numbers])
            self._passes.append([_mask(c.passes[n] for c in columns) for n in numbers])
            self._stays.append([_mask(c.targets[n] == (n,) for c in columns) for n in numbers])
            self._keeps.append([_mask(n in c.targets[n] for c in columns) for n in numbers])
        #: by class: the regions that it may move, with their targets by state
        self._movers = [
            [(at, e.targets) for at, e in enumerate(effects) if _moves(e)]
            for effects in self.effects
        ]
        self._told = _mask(any(s.get("result") not in VAGUE for s in g) for g in self.symbols)
        #: vague classes, each with the classes that may tell what it does not
        self._vague = list(self._readings())

    def _readings(self) -> Iterator[tuple[int, int, Symbol]]:
        for number, group in enumerate(self.symbols):
            for symbol in group:
                if symbol.get("result") in VAGUE:
                    yield (
                        number,
                        _mask(any(_tells(s, symbol) for s in g) for g in self.symbols),
                        symbol,
                    )

    def permitted(self, state: _Tuple) -> int:
        """Give the classes of symbols that every region permits in *state*."""
        return _meet(self._permits, state)

    def targets(self, state: _Tuple, number: int) -> list[_Tuple]:
        """Give every state that the class *number* may lead to from *state*."""
        found = [state]
        for at, effect_of in self._movers[number]:
            to = effect_of[state[at]]
            found = [(*one[:at], target, *one[at + 1 :]) for one in found for target in to]
        return found

    def _enumerate(self) -> None:
        start = (0,) * len(self.regions)
        self.numbers[start] = 0
        self._before.append([])
        queue = [start]
        for state in queue:
            permitted = self.permitted(state)
            if permitted != (passed := _meet(self._passes, state)):
                self._differ(state, passed & ~permitted)
            for taken, at in zip(self._taken, state, strict=True):
                taken[at] |= permitted
            self._read(state, permitted)
            permitted &= self._told
            stays = permitted & _meet(self._stays, state)
            self.edges += stays.bit_count()
            for number in _bits(permitted & ~stays):
                for target in self.targets(state, number):
                    self.edges += 1
                    if target not in self.numbers:
                        self.numbers[target] = len(self.numbers)
                        self._before.append([])
                        queue.append(target)
                    if self._open >> number & 1:
                        self._before[self.numbers[target]].append(self.numbers[state])

    def _read(self, state: _Tuple, permitted: int) -> None:
        """Find vague results that no result which tells explains in all regions at once."""
        kept = permitted & _meet(self._keeps, state)
        for number, readings, symbol in self._vague:
            bit = 1 << number
            if not permitted & bit or (kept & bit and kept & readings):
                continue
            joint = set(self.targets(state, number))
            if not any(joint & {*self.targets(state, n)} for n in _bits(permitted & readings)):
                text = f"{_say(symbol)} has no one reading for all regions"
                self.differences.setdefault(problem("MDL406", text))

    def _differ(self, state: _Tuple, classes: int) -> None:
        for number in _bits(classes):
            silent = [
                region.name
                for region, allowed, at in zip(self.regions, self._permits, state, strict=True)
                if not allowed[at] >> number & 1
            ]
            names, said = " and ".join(silent), _say(self.symbols[number][0])
            text = f"{said}: apart, {names} let it pass, and no row permits it"
            self.differences.setdefault(problem("MDL402", text))

    def name(self, state: _Tuple) -> str:
        """Give the names of what *state* is made of."""
        parts = zip(self.regions, state, strict=True)
        return ", ".join(region.states[at].name for region, at in parts)

    def no_way(self) -> Iterator[str]:
        """Find the product states from which no way leads to the goal."""
        goals = [
            number
            for state, number in self.numbers.items()
            if any(
                r.states[at].name == self.goal for r, at in zip(self.regions, state, strict=True)
            )
        ]
        reached = bytearray(len(self.numbers))
        while goals:
            number = goals.pop()
            if not reached[number]:
                reached[number] = 1
                goals += self._before[number]
        lost = [state for state, number in self.numbers.items() if not reached[number]]
        if lost:
            where = f"{self.name(lost[0])}{show(self.constants)}"
            text = f"{len(lost)} product states have no way to {self.goal}, the first is {where}"
            yield problem("MDL401", text)

    def show_in(self, shown: _Shown) -> None:
        """Add what occurs in this product."""
        occurring = [set(column) for column in zip(*self.numbers, strict=True)]
        for at, region in enumerate(self.regions[: self.told]):
            shown.states |= {(region.name, region.states[n].name) for n in occurring[at]}
            for number, row in enumerate(region.rows):
                if row.to and self._takes(at, row):
                    shown.rows.add((region.name, number))
        everywhere = _any(classes for taken in self._taken for classes in taken)
        shown.symbols += [symbol for n in _bits(everywhere) for symbol in self.symbols[n]]

    def _takes(self, at: int, row: Row) -> bool:
        """Tell whether *row* of region number *at* is a way that some product state goes."""
        states = zip(self.regions[at].states, self._taken[at], strict=True)
        return any(
            symbol["event"] in row.on and matches(row, symbol)
            for number in _bits(_any(taken for state, taken in states if state.name in row.source))
            for symbol in self.symbols[number]
        )


def _moves(made: Effect) -> bool:
    return any(to != (number,) for number, to in enumerate(made.targets))


def _is_open(symbol: Symbol, outside: Iterable[Region]) -> bool:
    """Tell whether every region outside permits *symbol*, on every release."""
    return all(
        all(effect(region, {**symbol, "release": release}).targets)
        for region in outside
        if any(symbol["event"] in row.on for row in region.rows)
        for release in RELEASES
    )


def _tells(symbol: Symbol, vague: Symbol) -> bool:
    """Tell whether *symbol* may tell what *vague* does not."""
    same = symbol["event"] == vague["event"] and symbol.get("stage") == RESULT
    return same and symbol.get("result") not in VAGUE


def _say(symbol: Symbol) -> str:
    return f"{symbol['event']}{show({f: v for f, v in symbol.items() if f != 'event'})}"


def _any(masks: Iterable[int]) -> int:
    met = 0
    for mask in masks:
        met |= mask
    return met


def _mask(flags: Iterable[bool]) -> int:
    return sum(1 << number for number, flag in enumerate(flags) if flag)


def _meet(masks: list[list[int]], state: _Tuple) -> int:
    met = -1
    for mask, at in zip(masks, state, strict=True):
        met &= mask[at]
    return met


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


# --- What never occurs -------------------------------------------------------
def _never(
    inside: list[Region], outside: list[Region], shown: _Shown, excused: Mapping[str, str]
) -> Iterator[str]:
    missing = dict(_missing(inside, outside, shown))
    yield from (text for name, text in missing.items() if name not in excused)
    for name in excused:
        if name not in missing:
            yield problem("MDL405", f"the product shows {name}")


def _missing(
    inside: list[Region], outside: list[Region], shown: _Shown
) -> Iterator[tuple[str, str]]:
    """Give the name of each state and row that the product does not show, and the problem."""
    for region in inside:
        for state in region.states:
            if (region.name, state.name) not in shown.states:
                text = f"no product state has {state.name} of {region.name}"
                yield f"{region.name}.{state.name}", problem("MDL403", text)
    taken = [
        (region, row, (region.name, number) in shown.rows)
        for region in inside
        for number, row in enumerate(region.rows)
    ]
    taken += [
        (region, row, any(_may_take(row, symbol) for symbol in shown.symbols))
        for region in outside
        for row in region.rows
    ]
    for region, row, is_taken in taken:
        if row.to and not is_taken:
            yield row.code, problem("MDL404", f"{row.code} of {region.name}")


def _may_take(row: Row, symbol: Symbol) -> bool:
    """Tell whether *row* matches a symbol for some value of the constants and of what it lacks."""
    return symbol["event"] in row.on and any(
        all(
            field in HIDDEN or symbol.get(field, allowed[0]) in allowed
            for field, allowed in w.items()
        )
        for w in row.when
    )
