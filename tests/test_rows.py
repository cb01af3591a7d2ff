"""
Every row of every region is decided by a literal trace: without it, some trace is judged otherwise.

The traces (`data/rows`, `data/rules`) say by `expect` keys what is to be found in them. Each row
is dropped, and each target of a permitted row replaced by another state; a change that no trace
notices is a row that nobody checks. See data/README.md.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

import oracle
import pytest
from test_rules import DATA, expected, found

from vssfsm.core.finding import Note
from vssfsm.core.record import Record, Symbol
from vssfsm.core.table import Belief, Moves, Table
from vssfsm.monitor import Monitor, writers
from vssfsm.monitor.tables import TABLES
from vssfsm.run import check
from vssfsm.spec import delivery
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.raises import handler
from vssfsm.spec.rows import SAME, Region, Row
from vssfsm.traces.canonical import read_line

ROW_TRACES = sorted(DATA.glob("rows/*.jsonl"))
#: traces of rules about evidence itself say nothing about rows
TRACES = (
    *ROW_TRACES,
    *sorted(p for p in DATA.glob("rules/*.jsonl") if p.name[:4] not in ("INP1", "INP2", "CPL2")),
)

Found = Counter[tuple[int, str]]


class Piece(NamedTuple):
    """
    One session of a trace, or a trace without sessions.

    Args:
        name: of the trace and the session.
        records: with what was wrong with them.
        expected: line and code of what is to be found.
        events: that rows can name; every report is a `status`.
        calls: whether a requester has records in it.
    """

    name: str
    records: tuple[tuple[Record, tuple[Note, ...]], ...]
    expected: Found
    events: frozenset[str]
    calls: bool


def pieces(path: Path) -> Iterator[Piece]:
    """Give the sessions of a trace one by one: they are judged apart anyway."""
    text = path.read_text("utf-8").split("\n")
    read = [read_line(line, number) for number, line in enumerate(text, start=1) if line]
    declared = expected(path)
    names = dict.fromkeys(record.session for record, _ in read)
    for name in [None] if None in names else names:
        mine = tuple(item for item in read if name in (None, item[0].session))
        lines = {record.line for record, _ in mine}
        of_mine = Counter({key: count for key, count in declared.items() if key[0] in lines})
        named = (name for record, _ in mine for name in (record.event, record.of) if name)
        named_so = (name for event in named for name in (event, handler(event)))
        events = frozenset(named_so)
        label = f"{path.stem} {name}" if name else path.stem
        calls = any(record.actor == "requester" for record, _ in mine)
        yield Piece(label, mine, of_mine, events | {"status"}, calls)


PIECES = tuple(piece for path in TRACES for piece in pieces(path))


def judge(piece: Piece) -> Found:
    """Judge a piece with the tables that the monitor has now."""
    monitor = Monitor()
    findings = [item for record, notes in piece.records for item in monitor.feed(record, notes)]
    return found(tuple(findings + monitor.close()))


@pytest.mark.parametrize("path", ROW_TRACES, ids=lambda path: path.stem)
def test_literal_trace(path: Path) -> None:
    """The whole trace, all sessions together, has exactly the findings that it declares."""
    got, declared = found(check(path).findings), expected(path)
    assert got == declared, (
        f"not declared: {sorted(got - declared)}; not found: {sorted(declared - got)}"
    )


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_session_apart(piece: Piece) -> None:
    """A session alone is judged as among others."""
    assert judge(piece) == piece.expected


# --- Tables that the monitor can be given ------------------------------------
def install(monkeypatch: pytest.MonkeyPatch, compiled: Mapping[str, Table]) -> None:
    """Make the monitor judge by *compiled*."""
    for name, table in compiled.items():
        monkeypatch.setitem(TABLES, name, table)


class Watched(Table):
    """A table that remembers which of its rows were taken from a cheapest state."""

    def __init__(self, region: Region) -> None:
        super().__init__(region)
        self.taken: set[int] = set()

    def step(self, belief: Belief, symbol: Symbol) -> tuple[Belief, int]:
        """Look at what the cheapest states do; a remembered step would not."""
        for state in belief.cheapest:
            self.moves(state, symbol)
        return super().step(belief, symbol)

    def moves(self, state: str, symbol: Symbol) -> Moves:
        """Note the rows of all moves."""
        moves = super().moves(state, symbol)
        self.taken.update(id(move.row) for move in moves.values() if move.row)
        return moves


def rows(region: Region) -> tuple[Row, ...]:
    """Give all rows of *region*."""
    return (*region.rows, *region.unexplained)


@pytest.fixture(scope="module")
def visits() -> dict[str, set[int]]:
    """Per piece, the rows that it takes."""
    taken = {}
    watched = {name: Watched(region) for name, region in REGIONS.items()}
    with pytest.MonkeyPatch.context() as patch:
        install(patch, watched)
        for piece in PIECES:
            for table in watched.values():
                table.taken = set()
            judge(piece)
            taken[piece.name] = set().union(*(table.taken for table in watched.values()))
    return taken


@pytest.mark.parametrize("name", REGIONS)
def test_every_row_is_taken(name: str, visits: dict[str, set[int]]) -> None:
    """Row coverage is complete."""
    taken = set().union(*visits.values())
    missed = [
        f"{row.code} {row.on} from {row.source}"
        for row in rows(REGIONS[name])
        if id(row) not in taken and row.code not in UNTAKEN
    ]
    assert not missed, f"rows that no literal trace takes: {missed}"


# --- Mutants -----------------------------------------------------------------
#: rows that are made from others by one rule: their phases and sources are tried there
DERIVED = ("WTR205",)
_UNTOUCHED = "it changes nothing where nothing is forbidden, as an event without a row does"
#: rows that can be dropped without any difference, and why
EQUIVALENT = {
    "WTR-IDENTIFY": _UNTOUCHED,
    "FLR-EVENT": _UNTOUCHED,
    "FLR-INITIALIZE-FAILED": _UNTOUCHED,
    "FLR-SUBSCRIBE-FAILED": _UNTOUCHED,
    "FLR-SUBSCRIBE-INACTIVE": _UNTOUCHED,
    "FLR-SUBSCRIBE-AGAIN-FAILED": _UNTOUCHED,
    "FLR-UNSUBSCRIBE-FAILED": _UNTOUCHED,
}
#: regions whose rows are taken, and not decided by the mutator yet: too many sessions are missing
UNDECIDED_REGIONS = (
    *("requester", "operation", "heeding", "listing", "fresh"),
    *(region.name for region in delivery.REGIONS),
)
_RELEASED = "what comes after a Release is an error of the lifecycle, which stands for the record"
_SHADOWED = "the lifecycle tells of the same record, and its finding stands for it"
_MISSING = "some of its sources or results have no session yet"
#: rows of a requester that no literal trace decides yet, and why
UNDECIDED = {
    "REQ-ROUND-RELEASE": _RELEASED,
    "REQ-DUE-RELEASE": _RELEASED,
    "REQ-DUTY-RELEASE": _RELEASED,
    "REQ-SUCCESS-COMPLETE": "a second BackupComplete is an error of the lifecycle",
    "REQ-SUCCESS-RESULT": "a second BackupComplete is an error of the lifecycle",
    "REQ-SUCCESS-ADD-REFUSED": _MISSING,
    "REQ-SUCCESS-TELL": _MISSING,
    "REQ-VOLUMES-REFUSED": _MISSING,
    "REQ-DUE-FIRST": _MISSING,
    "REQ-DUE-NEXT": _MISSING,
    "REQ-DUE-COMPLETE": _MISSING,
    "REQ-DUE-REFUSED": _MISSING,
    "REQ-DUE-RESULTS": _MISSING,
    "REQ-DUE-GATHER-RESULT": _MISSING,
    "REQ-DUE-READ": _MISSING,
    "REQ-DUE-ABORT": _MISSING,
    "REQ-DUTY-PREPARE": _SHADOWED,
    "REQ-DUTY-PREPARE-FAILED": _SHADOWED,
    "REQ-DUTY-PREPARE-RESULT": _SHADOWED,
    "REQ-DUTY-SNAPSHOT": _SHADOWED,
    "REQ-DUTY-SNAPSHOT-GOES-ON": _SHADOWED,
    "REQ-DUTY-KEPT": _SHADOWED,
    "REQ-DUTY-COMPLETE-RESULT": _SHADOWED,
    "REQ-DUTY-DONE": _SHADOWED,
    "REQ-DUTY-COMPLETE": _SHADOWED,
    "REQ-DUTY-COMPLETE-ELSEWHERE": _SHADOWED,
    **dict.fromkeys(
        (
            "CPL-FREEZE-FRONT-END",
            "CPL-FREEZE-BACK-END",
            "CPL-FREEZE-SYSTEM",
            "CPL-FREEZE-ELSEWHERE",
            "CPL-FREEZE-AGAIN",
        ),
        "it stays where it is, as an event without a row does",
    ),
}
_ALREADY = "REQ-ANYWHERE and REQ-ON-COPIES permit the results too: the row is dead"
#: rows that no trace can take, and why
UNTAKEN = {
    "REQ-RELEASE-REFUSED": "Release returns a count, no HRESULT: it cannot fail",
    "REQ-METHOD-RESULT": "the region is asked with Wait and QueryStatus, not with their call",
    "REQ-GATHERWRITERMETADATA-ELSEWHERE": _ALREADY,
    "REQ-GATHERWRITERSTATUS-ELSEWHERE": _ALREADY,
    "REQ-QUERYREVERTSTATUS-ELSEWHERE": _ALREADY,
    "REQ-BREAKSNAPSHOTSETEX-ELSEWHERE": _ALREADY,
    "REQ-RECOVERSET-ELSEWHERE": "REQ-RECOVERY-SET permits the results too: the row is dead",
}


class Mutant(NamedTuple):
    """A region with one row edited."""

    what: str
    row: Row
    region: Region


def edited(region: Region, row: Row, new: Row | None) -> Region:
    """Give *region* with *new* in the place of *row*."""

    def edit(old: tuple[Row, ...]) -> tuple[Row, ...]:
        changed = (new if r is row else r for r in old)
        return tuple(r for r in changed if r is not None)

    return region._replace(rows=edit(region.rows), unexplained=edit(region.unexplained))


def elsewhere(region: Region, row: Row, target: str) -> Iterator[str]:
    """Give what *target* is replaced by: every state that reports the same, and one other."""
    reported = {state.name: state.reported for state in region.states}
    others = [name for name in reported if name not in row.to and (name,) != row.source]
    if len(others) >= 10 and not any(reported.values()):  # a few of many that look alike
        yield from dict.fromkeys((others[0], others[len(others) // 2], others[-1]))
    elif len(others) < 10:  # nothing is reported, or there is nowhere to go
        yield from others if len(reported) > 1 else ()
    elif target == SAME:
        yield "WAITING_FOR_THAW"
    else:
        given = {reported.get(name) for name in row.to}
        if row.code not in DERIVED:
            yield from (name for name in others if reported[name] == reported[target])
        yield next(n for n in others if reported[n] in (3, 5) and reported[n] not in given)


def changes(region: Region, row: Row) -> Iterator[tuple[str, Row | None]]:
    """Give the edits of *row*: dropped, a source less, a target replaced."""
    if row.code not in EQUIVALENT:
        yield "dropped", None
    if row.to and len(row.source) > 1 and row.code not in (*DERIVED, *EQUIVALENT):
        for gone in row.source:
            rest = tuple(name for name in row.source if name != gone)
            yield f"not from {gone}", row._replace(source=rest)
    for target in row.to:
        for other in elsewhere(region, row, target):
            to = tuple(other if name == target else name for name in row.to)
            yield f"{target} is {other}", row._replace(to=to)


def mutants(region: Region) -> Iterator[Mutant]:
    """Give every edit of every row."""
    for row in rows(region):
        source = row.source[0] if row.source else "any"
        for what, new in changes(region, row):
            label = f"{row.code} {'/'.join(row.on)} from {source}: {what}"
            yield Mutant(label, row, edited(region, row, new))


def survives(mutant: Mutant, visits: dict[str, set[int]], patch: pytest.MonkeyPatch) -> bool:
    """Tell whether every piece is judged as it declares, those that take the row first."""
    install(patch, {mutant.region.name: Table(mutant.region)})
    mine = [piece for piece in PIECES if not piece.events.isdisjoint(mutant.row.on)]
    if mutant.region.scope == "requester":  # no writer's trace holds a call
        mine = [piece for piece in mine if piece.calls]
    mine.sort(key=lambda piece: id(mutant.row) not in visits[piece.name])
    try:
        return all(judge(piece) == piece.expected for piece in mine)
    except KeyError:  # the table is not total any more: an unexplained report has no rule
        return False


def moves_of(region: Region, events: tuple[str, ...]) -> list[dict[str, int]]:
    """Give what each symbol of *events* costs to each target, from every state of *region*."""
    table, kinds = Table(region), oracle.fields(region.name)
    facts = [dict(zip(kinds, values, strict=True)) for values in product(*kinds.values())]
    symbols = [Symbol(e, **f) for e in events for f in facts if oracle.possible(e, f)]
    return [
        {target: move.cost for target, move in table.moves(state, symbol).items()}
        for state in table.states
        for symbol in symbols
    ]


def changes_nothing(mutant: Mutant) -> bool:
    """Tell whether a requester's region moves in the same way with the edited row as without."""
    old = REGIONS[mutant.region.name]
    if old.scope != "requester":
        return False
    return moves_of(old, mutant.row.on) == moves_of(mutant.region, mutant.row.on)


@pytest.mark.parametrize("name", [name for name in REGIONS if name not in UNDECIDED_REGIONS])
def test_every_row_is_decided(
    name: str, visits: dict[str, set[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No edit of a row goes unnoticed."""
    monkeypatch.setattr(writers, "align", lambda *_: None)  # repairs are slow, and not compared
    left = [
        m.what
        for m in mutants(REGIONS[name])
        if m.row.code not in UNDECIDED
        and survives(m, visits, monkeypatch)
        and not changes_nothing(m)
    ]
    assert not left, f"{len(left)} edits that no literal trace notices: {left}"


def test_equivalent_rows_change_nothing() -> None:
    """The exceptions are permitted rows that stay where they are, where nothing is forbidden."""
    for code in EQUIVALENT:
        region, row = next((g, r) for g in REGIONS.values() for r in rows(g) if r.code == code)
        forbidden = {(e, s) for r in region.rows if not r.to for e in r.on for s in r.source}
        for state in row.source:
            assert {state if to == SAME else to for to in row.to} == {state}
            assert forbidden.isdisjoint((event, state) for event in row.on)
