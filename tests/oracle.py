"""An independent reading of the rows, straight from their definitions: slow, and easy to check."""

from functools import cache
from itertools import product

from vssfsm.spec import interface, returns, rounds, status, vocabulary
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.releases import RELEASES

#: a cost counts errors, warnings and notes, and compares in that order
PRICE = {"free": (0, 0, 0), "info": (0, 0, 1), "warning": (0, 1, 0), "error": (1, 0, 0)}
#: what a call can return, and what a later record can say of an asynchronous one
RETURNED = ("ok", "s_false", "failed")
TOLD = ("pending", "finished", "ended", "failed", "cancelled", "wait-failed")
VALUES = {
    "outcome": vocabulary.OUTCOMES,
    "failure": (*status.CODES, status.OTHER),
    "result": (*RETURNED, *(result for result in TOLD if result not in RETURNED)),
    "stage": ("call", "result"),
    "folded": ("yes", "no", "open", "earlier"),
    "context": ("writers", "plain", "all"),
    "during": vocabulary.HANDLERS,
    "release": RELEASES,
    "mask": (interface.MASK, interface.OTHER_MASK),
    "level": (*interface.LEVELS, interface.NO_LEVEL),
    "health": rounds.HEALTH,
    "at": ("entry", "return"),
    "succeeded": (rounds.SUCCEEDED, rounds.NOT_SUCCEEDED),
    "via": (status.VIA_PLAIN, status.VIA_EX, status.VIA_OTHER),
    "code": returns.RETURN_CODES,
    "state": (*vocabulary.STATE_NAMES.values(), status.BEYOND),
}
_ALL = VALUES.items()


@cache
def fields(region):
    """Give the fields that decide in a region, each with one value of every kind."""
    whens, states = [w for r in REGIONS[region].rows for w in r.when], REGIONS[region].states
    kinds = {f: {(*(v in w.get(f, vs) for w in whens), *_stages(f, v)): v for v in vs}
             for f, vs in _ALL}  # fmt: skip
    named = {f: list(kind.values()) for f, kind in kinds.items() if len(kind) > 1
             and any(f in w for w in whens)}  # fmt: skip
    shown = sorted({vocabulary.STATE_NAMES[s.reported] for s in states if s.reported is not None})
    return named | ({"state": shown} if shown else {})


def _stages(field, value):
    """Tell of a result whether a call can return it, and whether a later record can say it."""
    return (value in RETURNED, value in TOLD) if field == "result" else ()


def possible(event, facts):
    """Tell whether a record can say *facts*: only an asynchronous call has a later result."""
    stage, result = facts.get("stage"), facts.get("result")
    if facts.get("folded") == "earlier" and stage != "result":
        return False
    if stage == "result":
        return event in ASYNC and result in (None, *TOLD)
    return stage is None or result in (None, *RETURNED)


@cache
def rows_on(region, event):
    """Give the rows of a region that name *event*."""
    return [row for row in REGIONS[region].rows if event in row.on]


@cache
def is_gone(region, state):
    """Tell whether there is no object any more in a state."""
    return next(s.is_gone for s in REGIONS[region].states if s.name == state)


@cache
def decided(region, state, event, facts):
    """Give (target, price) of every way to take one event, all of whose fields are known."""
    known, says, said = dict(facts), vocabulary.STATE_NAMES.get, dict(facts).get("state")
    fits = {s.name for s in REGIONS[region].states if says(s.reported) in (None, said)}
    met = [r for r in rows_on(region, event)
           if any(all(known[f] in w[f] for f in w) for w in r.when)]  # fmt: skip
    here = [r for r in met if state in r.source]
    ends = {id(r): {state if t == "=" else t for t in r.to} & fits for r in met}
    moves = [(state if t == "=" else t, PRICE[r.pays]) for r in here for t in r.to]
    if free := [(target, price) for target, price in moves if target in fits]:
        return free
    odd = [r for r in REGIONS[region].unexplained if event in r.on and not any(ends.values())]
    paid = [r for r in REGIONS[region].unexplained if event in r.on] if moves else here + odd
    unmoved = {
        other
        for other in (s.name for s in REGIONS[region].states)
        if is_gone(region, state) and not is_gone(region, other)
        and (other, PRICE["free"]) in decided(region, other, event, facts)
    }  # fmt: skip
    left = unmoved and unmoved | {state}
    believed = set().union(*ends.values(), left) or (fits if said else set()) or {state}
    price = max((PRICE[r.severity] for r in paid), default=PRICE["free"])
    stays = price == PRICE["warning"] and REGIONS[region].unexplained
    kept = {state} & fits if stays else {target for target, _ in moves}
    return [(target, price) for target in (believed | kept if paid else {state})]


def cheapest(moves):
    """Keep the lowest cost of each state; drop what is dearer than the best by two errors."""
    best = dict(sorted(moves, key=lambda move: move[1], reverse=True))
    errors, *less = min(best.values())
    return {state: cost for state, cost in best.items() if cost <= (errors + 2, *less)}


@cache
def moves(region, state, symbol):
    """Give the cost of each target; a missing field is the union over its values."""
    events = [symbol.event] if symbol else {e for row in REGIONS[region].rows for e in row.on}
    given = {f: [v] if (v := getattr(symbol, f, "")) else vs for f, vs in fields(region).items()}
    facts = product(*([(field, value) for value in values] for field, values in given.items()))
    ways = [m for k in facts for e in events if possible(e, dict(k))
            for m in decided(region, state, e, k)]  # fmt: skip
    return cheapest([*ways, *elsewhere(region, state, symbol, ways)])


def elsewhere(region, state, symbol, ways):
    """Let an event that is only warned of, and reports no state, be of another session."""
    mildest = min(price for _, price in ways)
    silent = symbol and symbol.state is None and REGIONS[region].unexplained
    return [(state, mildest)] if silent and mildest == PRICE["warning"] else []


def step(region, belief, symbol):
    """Step a belief {state: cost so far}; a symbol of None is a hole: to a fixed point."""
    add = [(t, tuple(a + b for a, b in zip(paid, c, strict=True)))
           for s, paid in belief.items() for t, c in moves(region, s, symbol).items()]  # fmt: skip
    after = cheapest(add if symbol else [*belief.items(), *add])
    return after if symbol or after == belief else step(region, after, None)


def total(region, symbols):
    """Give the least that a list of symbols costs in a region."""
    belief = {REGIONS[region].initial: PRICE["free"]}
    for symbol in symbols:
        belief = step(region, belief, symbol)
    return min(belief.values())
