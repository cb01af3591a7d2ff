"""
Proofs about our own tables: well-formed rows, reachable states, total and unambiguous regions.

What is proved, over every row:

* a code has one shape, one name and one meaning; every page and ruling exists, every ruling is
  cited; grades, events, fields and values are words of the vocabulary, and of the whole catalogue
  each event and value is named or excused;

over every region:

* every state is reached from the initial one by permitted rows, and reaches a state that owes
  nothing; what a state owes is permitted there;
* total: from every state, every event that the region names has a row for every combination of
  values, missing ones included, of the fields that the event's rows name;
* in a region of one state, a permitted and a prohibited row never match one symbol. In a region
  with a history a permitted row is the exception to a prohibition of whole phases, and wins;
* no two rows of different codes permit the same moves under the same conditions;
* where several prohibitions match, the gravest counts. Among equals the first in the table does;
  that order is data in a region of one state only, where rules look at separate fields. In a region
  with a history a tie is a problem. Every prohibition counts for at least one symbol.

How the requester's regions stand together is proved in `spec/product.py`.

Not proved here: that a record which says less is never accused more. It follows from how `core`
reads a missing value, as the mildest of its values, and is a property test.

Values that no row of an event tells apart are tried once. The matcher below shares nothing with
`core`, on purpose: it is a second opinion.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from vssfsm.spec.calls import (
    ASYNC_RESULTS,
    CALL,
    CALL_RESULTS,
    EARLIER,
    FOLDED,
    OPEN_YET,
    RESULT,
    UNFOLDED,
)
from vssfsm.spec.catalogue import FAMILIES, REGIONS, ROWS
from vssfsm.spec.checks import CHECKS
from vssfsm.spec.interface import LEVELS, MASK, NO_LEVEL, OTHER_MASK
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import handler
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.returns import RETURN_CODES
from vssfsm.spec.rounds import HEALTH, NOT_SUCCEEDED, SUCCEEDED
from vssfsm.spec.rows import FREE, GRADES, INFO, SAME, SEVERITIES, Region, Row, When
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.sources import PAGES
from vssfsm.spec.status import BEYOND, CODES, OTHER, VIA_EX, VIA_OTHER, VIA_PLAIN
from vssfsm.spec.vocabulary import (
    HANDLERS,
    HELPERS,
    NAMES_OF,
    OBSERVER_NAMES,
    OUTCOMES,
    STATE_NAMES,
)

#: field -> every value that a record's symbol can have there; None stands for a missing one
DOMAINS: Final[dict[str, tuple[str, ...]]] = {
    "outcome": OUTCOMES,
    "state": (*STATE_NAMES.values(), BEYOND),
    "failure": (*CODES, OTHER),
    "result": (*CALL_RESULTS, *ASYNC_RESULTS),
    "stage": (CALL, RESULT),
    "folded": (OPEN_YET, FOLDED, UNFOLDED, EARLIER),
    "context": ("writers", "plain", "all"),
    "during": HANDLERS,
    "release": RELEASES,
    "mask": (MASK, OTHER_MASK),
    "level": (*LEVELS, NO_LEVEL),
    "via": (VIA_PLAIN, VIA_EX, VIA_OTHER),
    "health": HEALTH,
    "at": ("entry", "return"),
    "succeeded": (SUCCEEDED, NOT_SUCCEEDED),
    "code": RETURN_CODES,
}

Symbol = Mapping[str, str | None]

_RULE_CODE: Final = re.compile(r"([A-Z]{3})[0-9]{3}")
_PERMITTED_CODE: Final = re.compile(r"(?:WTR|FLR|STS|REQ|RET|CPL)(?:-[A-Z0-9][A-Za-z0-9_]*)+")
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_EVENTS: Final = frozenset({"status"}).union(*NAMES_OF.values(), map(handler, HANDLERS))


def lint(
    regions: Iterable[Region] | None = None,
    rows: Iterable[Row] | None = None,
    rulings: Mapping[str, str] = RULINGS,
) -> list[str]:
    """
    Find what is wrong with the tables.

    Args:
        regions: regions to prove sound; all of the catalogue by default.
        rows: rows to check one by one; by default those of *regions*, and every row of the
            catalogue if no regions are given either.
        rulings: decisions that the rows may cite, and have to cite.

    Returns:
        One sentence per problem, beginning with its code and name of `CHECKS`; empty if all is
        well. Order is that of the tables.
    """
    whole = rows is None and regions is None
    if rows is None:
        rows = ROWS if regions is None else [row for region in regions for row in _all_rows(region)]
    rows = tuple(rows)
    problems = [*_codes(rows), *_rulings(rows, rulings)]
    for row in rows:
        problems += _row(row)
    if whole:
        problems += unused(rows)
    for region in REGIONS.values() if regions is None else regions:
        problems += _region(region)
    return list(dict.fromkeys(problems))


def _all_rows(region: Region) -> tuple[Row, ...]:
    return (*region.rows, *region.unexplained)


def problem(code: str, text: str) -> str:
    """Give the sentence of a problem."""
    return f"{code} {CHECKS[code].name}: {text}"


# --- Rows one by one ---------------------------------------------------------
def _codes(rows: tuple[Row, ...]) -> Iterator[str]:
    meanings: dict[str, tuple[str, str]] = {}
    codes: dict[str, str] = {}
    for row in rows:
        if not _is_shaped(row):
            yield problem("MDL101", f"{row.code} ({row.name or 'no name'})")
        if meanings.setdefault(row.code, (row.name, row.says)) != (row.name, row.says):
            yield problem("MDL102", f"{row.code} stands for rows that say different things")
        if row.name and codes.setdefault(row.name, row.code) != row.code:
            yield problem("MDL102", f"{row.name} is {codes[row.name]} and {row.code}")


def _is_shaped(row: Row) -> bool:
    """Tell whether a rule has family and number and a name, and any other row a speaking code."""
    if not row.name:
        return _PERMITTED_CODE.fullmatch(row.code) is not None
    match = _RULE_CODE.fullmatch(row.code)
    return bool(match and match[1] in FAMILIES and _NAME.fullmatch(row.name))


def _rulings(rows: tuple[Row, ...], rulings: Mapping[str, str]) -> Iterator[str]:
    cited = {row.ruling: row.code for row in rows if row.ruling}
    for ruling, code in cited.items():
        if ruling not in rulings:
            yield problem("MDL105", f"{code} cites {ruling}")
    for ruling in rulings:
        if ruling not in cited:
            yield problem("MDL106", f"no row cites {ruling}")


def _row(row: Row) -> Iterator[str]:
    if not row.sources:
        yield problem("MDL103", f"{row.code} cites no page")
    for slug in row.sources:
        if slug not in PAGES:
            yield problem("MDL104", f"{row.code} cites {slug}")
    if row.grade not in GRADES or row.pays not in (FREE, INFO):
        yield problem("MDL107", f"{row.code} is {row.grade} and pays {row.pays}")
    if not row.says or not (row.to or row.name) or (row.name and not row.why):
        yield problem("MDL108", f"{row.code} lacks what it says, its targets, or why it matters")
    for event in row.on:
        if event not in _EVENTS:
            yield problem("MDL109", f"{row.code} names {event}")
    for when in row.when:
        yield from _values(row, when)


def _values(row: Row, when: When) -> Iterator[str]:
    for field, allowed in when.items():
        unknown = [value for value in allowed if value not in DOMAINS.get(field, ())]
        if unknown or not allowed:
            text = ", ".join(unknown) or "nothing"
            yield problem("MDL110", f"{row.code} wants {text} of {field}")


def unused(rows: Iterable[Row]) -> Iterator[str]:
    """Find the events and values that none of *rows* names; helpers are read and not judged."""
    rows = tuple(rows)
    events = {event for row in rows for event in row.on}
    named = {
        (f, value) for row in rows for w in row.when for f, values in w.items() for value in values
    }
    for event in sorted(
        frozenset().union(*NAMES_OF.values()) - events - {*HELPERS, *OBSERVER_NAMES}
    ):
        yield problem("MDL111", f"no row names {event}")
    for field, domain in DOMAINS.items():
        for value in domain:
            if (field, value) not in named:
                yield problem("MDL111", f"no row wants {value} of {field}")


# --- States ------------------------------------------------------------------
def _region(region: Region) -> Iterator[str]:
    unknown = tuple(_unknown_states(region))
    yield from unknown
    if unknown or not all(_in_domain(row) for row in region.rows):
        return
    yield from _reachability(region)
    yield from _duties(region)
    yield from _unexplained(region)
    yield from _coverage(region)
    yield from _alike(region)


def _alike(region: Region) -> Iterator[str]:
    """Find rows that permit the same: one of them would be a fact that is typed twice."""
    known: dict[object, str] = {}
    for row in (row for row in region.rows if row.to):
        whens = frozenset(
            frozenset((f, frozenset(v)) for f, v in when.items()) for when in row.when
        )
        for event, state in product(row.on, row.source):
            first = known.setdefault((event, state, frozenset(row.to), whens), row.code)
            if first != row.code:
                text = f"{first} and {row.code} permit {event} in {state} of {region.name} alike"
                yield problem("MDL306", text)


def _in_domain(row: Row) -> bool:
    return not any(True for when in row.when for _ in _values(row, when))


def _unknown_states(region: Region) -> Iterator[str]:
    names = [state.name for state in region.states]
    for name in names:
        if names.count(name) > 1:
            yield problem("MDL201", f"{region.name} has {name} twice")
    for row in region.rows:
        for name in (*row.source, *row.to):
            if name not in names and not (name == SAME and name in row.to):
                yield problem("MDL202", f"{row.code} of {region.name} names {name}")


def _reachability(region: Region) -> Iterator[str]:
    edges = {
        (source, source if to == SAME else to)
        for row in region.rows
        for source in row.source
        for to in row.to
    }
    reached = _closure({region.initial}, edges)
    back = {(target, source) for source, target in edges}
    ending = _closure({state.name for state in region.states if not state.owed}, back)
    for state in region.states:
        if state.name not in reached:
            yield problem("MDL203", f"no permitted rows of {region.name} lead to {state.name}")
        if state.name not in ending:
            text = f"from {state.name} of {region.name} every way owes something for ever"
            yield problem("MDL204", text)


def _closure(start: set[str], edges: set[tuple[str, str]]) -> set[str]:
    """Give every state that *edges* lead to from *start*."""
    reached, frontier = set(start), set(start)
    while frontier:
        frontier = {target for source, target in edges if source in frontier} - reached
        reached |= frontier
    return reached


def _duties(region: Region) -> Iterator[str]:
    for state in region.states:
        for event in state.owed:
            if not any(
                row.to and event in row.on and state.name in row.source for row in region.rows
            ):
                text = f"{state.name} of {region.name} owes {event}, which is not permitted there"
                yield problem("MDL205", text)


# --- Symbols -----------------------------------------------------------------
def _unexplained(region: Region) -> Iterator[str]:
    """Where states are reported, a report may exclude every target: that needs one rule."""
    if all(state.reported is None for state in region.states):
        return
    rules = [event for row in region.unexplained for event in row.on]
    for event in dict.fromkeys(event for row in region.rows if row.to for event in row.on):
        if rules.count(event) != 1:
            text = f"{rules.count(event)} rules of {region.name} for a report after {event}"
            yield problem("MDL302", text)


def _coverage(region: Region) -> Iterator[str]:
    counted: set[str] = set()
    for event in dict.fromkeys(event for row in region.rows for event in row.on):
        rows = [row for row in region.rows if event in row.on]
        symbols = [symbol for symbol in _symbols(rows) if is_possible(event, symbol)]
        for state in region.states:
            here = [row for row in rows if state.name in row.source]
            where = f"{event} in {state.name} of {region.name}"
            yield from _meet(here, symbols, where, counted, one_state=len(region.states) == 1)
    for row in region.rows:
        if not row.to and row.code not in counted:
            yield problem("MDL305", f"{row.code} of {region.name}")


def _symbols(rows: list[Row]) -> Iterator[Symbol]:
    """Give every combination of values that *rows* can tell apart; None is a missing value."""
    whens = [when for row in rows for when in row.when]
    fields = sorted({field for when in whens for field in when})
    for values in product(*(_distinct(field, whens) for field in fields)):
        yield dict(zip(fields, values, strict=True))


def is_possible(event: str, symbol: Symbol) -> bool:
    """Tell whether a record can be so: what a result says depends on what it is a result of."""
    stage, result = symbol.get("stage", CALL), symbol.get("result")
    if event not in ASYNC and (stage == RESULT or result not in (None, *CALL_RESULTS)):
        return False
    if symbol.get("folded") == EARLIER and (stage != RESULT or event not in ASYNC):
        return False
    known = {CALL: CALL_RESULTS, RESULT: ASYNC_RESULTS}.get(stage or "", ())
    return stage is None or result is None or result in known


def _distinct(field: str, whens: list[When]) -> tuple[str | None, ...]:
    """Give one value for each set of alternatives that a value of *field* satisfies."""
    limits = [frozenset(when[field]) for when in whens if field in when]
    found: dict[tuple[bool, ...], str] = {}
    for value in DOMAINS[field]:
        found.setdefault(tuple(value in limit for limit in limits), value)
    return (None, *found.values())


def _meet(
    rows: list[Row], symbols: list[Symbol], where: str, counted: set[str], *, one_state: bool
) -> Iterator[str]:
    """Prove one state and event; *counted* gathers the prohibitions that count somewhere."""
    for symbol in symbols:
        certain = [row for row in rows if matches(row, symbol)]
        permitted = [row for row in certain if row.to]
        prohibited = [row for row in certain if not row.to]
        if not certain and not any(_may_match(row, symbol) for row in rows):
            yield problem("MDL301", f"{where}{show(symbol)} has no row")
        if permitted and prohibited and one_state:
            text = f"{permitted[0].code} and {prohibited[0].code}, {where}{show(symbol)}"
            yield problem("MDL304", text)
        gravest = [] if permitted else _gravest(prohibited)
        counted.update(row.code for row in gravest[:1])
        if len({row.code for row in gravest}) > 1 and not one_state:
            text = " and ".join(row.code for row in gravest)
            yield problem("MDL303", f"{text}, {where}{show(symbol)}")


def matches(row: Row, symbol: Symbol) -> bool:
    """Tell whether *row* matches whatever the missing values are."""
    return any(all(symbol.get(field) in allowed for field, allowed in w.items()) for w in row.when)


def _may_match(row: Row, symbol: Symbol) -> bool:
    """Tell whether *row* matches for some of the missing values."""
    return any(
        all((value := symbol[field]) is None or value in allowed for field, allowed in w.items())
        for w in row.when
    )


def _gravest(rows: list[Row]) -> list[Row]:
    top = max(map(rank, rows), default=0)
    return [row for row in rows if rank(row) == top]


def show(symbol: Symbol) -> str:
    """Give what is known of a symbol, as the end of a sentence."""
    shown = [f"{field} {value}" for field, value in symbol.items() if value is not None]
    return f" with {', '.join(shown)}" if shown else ""


def rank(row: Row) -> int:
    """Give how grave it is to take *row*."""
    return SEVERITIES.index(row.severity)


def size() -> str:
    """Say how much was proved, where nothing was found."""
    permitted = [bool(row.to) for region in REGIONS.values() for row in region.rows]
    rows = f"{len(permitted):,} rows, of which {sum(permitted)} permit, in {len(REGIONS)} regions"
    return f"tables: {rows}; {len(CHECKS)} checks found nothing"
