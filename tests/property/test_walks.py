"""The requester's product against core and monitor: which records they accept, and which not."""

import random
from functools import cache

import pytest
from strategies import blamed, judge

from vssfsm.core.record import Symbol
from vssfsm.core.table import Table, counts_of
from vssfsm.spec.alphabet import alphabet, constants_of, effect
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.product import ABSTRACTED, LEFT_OUT, VAGUE, Product, prove
from vssfsm.spec.regions import METHODS_REGION
from vssfsm.spec.rows import Region

pytestmark = pytest.mark.property

REQUESTER = [
    region
    for region in REGIONS.values()
    if region.scope == "requester" and region.name not in LEFT_OUT
]
INSIDE = [r for r in REQUESTER if len(r.states) > 1 and r.name not in ABSTRACTED]
CONSTANTS = list(constants_of(INSIDE))


def _ids(constants: dict[str, str]) -> str:
    return "-".join(constants.values())


@cache
def product_of(number: int) -> Product:
    """Give the product for one choice of hidden constants."""
    return Product(INSIDE, CONSTANTS[number])


@pytest.mark.long
def test_the_shipped_regions_stand_together() -> None:
    """A Release can be reached from everywhere, and nothing else is wrong with the product."""
    proof = prove()
    assert proof.problems == ()
    assert proof.states > 10_000
    assert proof.edges > 10 * proof.states


# --- against core ------------------------------------------------------------
@pytest.mark.parametrize("constants", CONSTANTS, ids=_ids)
@pytest.mark.parametrize("region", INSIDE, ids=lambda region: region.name)
def test_core_takes_each_symbol_as_the_product_does(
    region: Region, constants: dict[str, str]
) -> None:
    """In every state, `core` goes freely where the product's matcher does, and nowhere else."""
    table = Table(region)
    for seen in alphabet([region], constants):
        made = effect(region, seen)
        symbol = table.project(Symbol(**seen))
        for number, state in enumerate(region.states):
            moves = table.moves(state.name, symbol)
            free = {
                target
                for target, move in moves.items()
                if not any(counts_of(move.cost)[how] for how in ("error", "warning"))
            }
            permitted = {region.states[to].name for to in made.targets[number]}
            assert (free == permitted) if permitted else (bool(free) == made.passes[number])


# --- against the monitor -----------------------------------------------------
_HRESULTS = {"ok": "S_OK", "s_false": "S_FALSE", "failed": "E_UNEXPECTED", None: "S_OK"}
_ENDS = {
    "pending": "VSS_S_ASYNC_PENDING",
    "finished": "VSS_S_ASYNC_FINISHED",
    "cancelled": "VSS_S_ASYNC_CANCELLED",
    "failed": "VSS_E_UNEXPECTED",
}
_CONTEXTS = {"writers": 0, "plain": 16, "all": 0xFFFFFFFF}


def record_of(seen: dict[str, str]) -> dict[str, object]:
    """Give the canonical record that is seen as one symbol."""
    args: dict[str, object] = {"folded": seen["folded"] == "yes"}
    record = {"actor": "requester", "host": "srv", "session": "1", "args": args}
    if seen.get("stage") == "result":
        told = {"event": "QueryStatus", "of": seen["event"], "async_result": _ENDS[seen["result"]]}
        return record | told
    if "context" in seen:
        args["context"] = _CONTEXTS[seen["context"]]
    return record | {"event": seen["event"], "hresult": _HRESULTS[seen.get("result")]}


class Walk:
    """A walk through the product by what is seen: every product state that it may be in."""

    def __init__(self, product: Product, rng: random.Random) -> None:
        self._product = product
        self._rng = rng
        self._called: set[str] = set()
        self._ended: set[str] = set()
        self._newest = ""
        self.belief = {next(iter(product.numbers))}
        self.records: list[dict[str, object]] = []

    def classes(self) -> tuple[set[int], set[int]]:
        """Give the classes that some product state permits, and those that none does."""
        masks = [self._product.permitted(state) for state in self.belief]
        every = set(range(len(self._product.symbols)))
        permitted = {number for number in every if any(mask >> number & 1 for mask in masks)}
        return permitted, every - permitted

    def symbol(self, classes: set[int]) -> tuple[int, dict[str, str]] | None:
        """Draw a symbol of one of *classes* that a record can say, and its class."""
        drawn = [
            (number, symbol)
            for number in sorted(classes)
            for symbol in self._product.symbols[number]
            if self._can_be_said(symbol)
        ]
        return self._rng.choice(drawn) if drawn else None

    def _can_be_said(self, symbol: dict[str, str]) -> bool:
        """
        Leave out what the monitor tells apart and the product does not.

        These are vague results, results without a call, or of one that was told to have ended,
        where folded, of calls before the newest one where not, and too new methods.
        """
        if symbol.get("result") in VAGUE:
            return False
        if symbol.get("stage") == "result":
            called = symbol["event"] in self._called
            if symbol["folded"] == "no":
                return not called or symbol["event"] == self._newest
            return called and not (symbol["result"] == "pending" and symbol["event"] in self._ended)
        known = any(symbol["event"] in row.on for row in METHODS_REGION.rows)
        return not known or bool(effect(METHODS_REGION, symbol).targets[0])

    def step(self) -> bool:
        """Take one permitted symbol, more likely one that moves something."""
        permitted, _ = self.classes()
        moving = {n for n in permitted if self._after(n) != self.belief}
        drawn = self.symbol(moving if moving and self._rng.random() < 0.8 else permitted)
        if drawn is None:
            return False
        number, symbol = drawn
        self.belief = self._after(number)
        self.records.append(record_of(symbol))
        self._note(symbol)
        return True

    def _note(self, symbol: dict[str, str]) -> None:
        event, result = symbol["event"], symbol.get("result")
        if symbol.get("stage") == "result":
            self._ended |= {event} if result != "pending" else set()
        elif result != "failed":
            self._called.add(event)
            self._ended.discard(event)
            if event in ASYNC:
                self._newest = event

    def _after(self, number: int) -> set[tuple[int, ...]]:
        return {
            target
            for state in self.belief
            if self._product.permitted(state) >> number & 1
            for target in self._product.targets(state, number)
        }


@pytest.mark.long
@pytest.mark.parametrize("number", range(len(CONSTANTS)), ids=map(_ids, CONSTANTS))
def test_the_monitor_accuses_where_the_product_ends(number: int) -> None:
    """On random walks the monitor accuses none of the permitted records, and the first other."""
    rng = random.Random(number)
    product = product_of(number)
    steps = 0
    while steps < 1000:
        walk = Walk(product, rng)
        length = rng.randint(1, 40)
        while len(walk.records) < length and walk.step():
            steps += 1
        drawn = walk.symbol(walk.classes()[1])
        wrong = [] if drawn is None else [record_of(drawn[1])]
        records = [*walk.records, *wrong]
        found = blamed(judge(records, release=CONSTANTS[number]["release"]))
        # Return codes are judged apart from the order of calls.
        lines = {line for line, code, _ in found if not code.startswith("RET")}
        assert lines == ({len(records)} if wrong else set()), records
