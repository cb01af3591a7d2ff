"""
What a session's regions can see under full observation, and what each makes of it.

Every call and every result, with all that rows can say of it; what is the same in a whole session
is fixed beforehand (`HIDDEN`). A region that knows a symbol has targets in some states; the others
stay what they are.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple

from vssfsm.spec.calls import CALL, RESULT
from vssfsm.spec.lint import DOMAINS, Symbol, is_possible, matches, rank
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import INFERRED, INFO, SAME, SEVERITIES, Region, Row, State

#: what is the same in all records of a session, and what full observation may know of it
#: (what is told late of an earlier call is not enumerated: `operation` permits it everywhere;
#: nor that a call was told to have ended, after which the monitor lets it run no more)
HIDDEN: Final[Mapping[str, tuple[str, ...]]] = {"folded": ("no", "yes"), "release": RELEASES}

_NOTED: Final = SEVERITIES.index(INFO)
_UNCALLED: Final = State(name="UNCALLED", means="the call was not made")
_CALLED: Final = State(name="CALLED", means="the call was made, and not refused")


def constants_of(
    regions: Iterable[Region], hidden: Mapping[str, tuple[str, ...]] = HIDDEN
) -> Iterator[dict[str, str]]:
    """Give every combination of hidden constants, with the last value of each class."""
    whens = [when for region in regions for row in region.rows for when in row.when]
    classes = []
    for field, values in hidden.items():
        limits = [frozenset(when[field]) for when in whens if field in when]
        classes.append({tuple(v in limit for limit in limits): v for v in values}.values())
    for chosen in product(*classes):
        yield dict(zip(hidden, chosen, strict=True))


def alphabet(regions: Iterable[Region], constants: Mapping[str, str]) -> Iterator[Symbol]:
    """Give every symbol of the events that *regions* know, with all that rows can name of it."""
    rows = [row for region in regions for row in region.rows]
    for event in dict.fromkeys(event for row in rows for event in row.on):
        whens = [when for row in rows if event in row.on for when in row.when]
        fields = sorted({field for when in whens for field in when} - constants.keys())
        for values in product(*(DOMAINS[field] for field in fields)):
            symbol = {"event": event, **constants, **dict(zip(fields, values, strict=True))}
            if is_possible(event, symbol):
                yield symbol


def registers(regions: Iterable[Region], constants: Mapping[str, str]) -> Iterator[Region]:
    """
    Give a region for each call whose results move something even in a folded session.

    There a result counts if its call was made, wherever the calls in between have led. Elsewhere
    region `operation` follows that by itself; and so does a region whose results move it only from
    where no other call leads.
    """
    if constants.get("folded") != "yes":
        return
    moving = {name for region in regions for name in _moved_by_results(region, constants)}
    for name in sorted(moving):
        yield _register(name)


def _moved_by_results(region: Region, constants: Mapping[str, str]) -> Iterator[str]:
    """Give each call of which a result moves *region* from a state that it is in without it."""
    effects = [(symbol, effect(region, symbol)) for symbol in alphabet([region], constants)]
    told = {str(symbol["event"]) for symbol, _ in effects if symbol.get("stage") == RESULT}
    for name in sorted(told):
        reached = _reached([e for symbol, e in effects if symbol["event"] != name])
        own = (e for s, e in effects if s["event"] == name and s.get("stage") == RESULT)
        if any(set(one.targets[n]) - {n} for one in own for n in reached):
            yield name


def _reached(effects: list["Effect"]) -> set[int]:
    """Give the states that symbols of these effects lead to."""
    reached, queue = {0}, [0]
    for state in queue:
        new = {target for one in effects for target in one.targets[state]} - reached
        reached |= new
        queue += new
    return reached


def _register(name: str) -> Region:
    """Make the region that knows whether *name* was called."""
    bare = Row(code="MDL402", grade=INFERRED, sources=(), says="", on=(name,))
    done = {"stage": (CALL,), "result": ("ok", "s_false")}
    refused = {"stage": (CALL,), "result": ("failed",)}
    rows = (
        bare._replace(source=(_UNCALLED.name,), to=(_CALLED.name,), when=(done,)),
        bare._replace(source=(_UNCALLED.name,), to=(SAME,), when=(refused,)),
        bare._replace(source=(_UNCALLED.name,), when=({"stage": (RESULT,)},)),
        bare._replace(source=(_CALLED.name,), to=(SAME,)),
    )
    return Region(f"{name} called", "", REQUESTER.scope, (_UNCALLED, _CALLED), rows)


class Effect(NamedTuple):
    """What a region makes of a symbol: targets by state, and states that let it pass apart."""

    targets: tuple[tuple[int, ...], ...]
    passes: tuple[bool, ...]


def effect(region: Region, symbol: Symbol) -> Effect:
    """Give what *region* makes of a symbol; one that it does not know changes nothing."""
    numbers = {state.name: number for number, state in enumerate(region.states)}
    known = [row for row in region.rows if symbol["event"] in row.on]
    rows = [row for row in known if matches(row, symbol)]
    targets, passes = [], []
    for number, state in enumerate(region.states):
        here = [row for row in rows if state.name in row.source]
        to = {state.name if to == SAME else to for row in here for to in row.to}
        worst = max((rank(row) for row in here if not row.to), default=0)
        targets.append(tuple(sorted(numbers[name] for name in to)) if known else (number,))
        passes.append(bool(to) or worst <= _NOTED)
    return Effect(tuple(targets), tuple(passes))
