"""
Every row of every region is decided by a literal trace: without it, some trace is judged otherwise.

The traces (`data/rows`, `data/rules`) say by `expect` keys what is to be found in them. Each row
is dropped, and each target of a permitted row replaced by another state; a change that no trace
notices is a row that nobody checks. See data/README.md.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from test_rules import DATA, expected, found

from vssfsm.core.finding import Note, one_accusation
from vssfsm.core.record import Record, Symbol
from vssfsm.core.table import Belief, Moves, Table
from vssfsm.monitor import Monitor
from vssfsm.monitor.tables import TABLES
from vssfsm.run import check
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import SAME, Region, Row
from vssfsm.traces.canonical import read_line

ROW_TRACES = sorted(DATA.glob("rows/*.jsonl"))
#: traces of rules about evidence itself say nothing about rows
TRACES = (*ROW_TRACES, *sorted(p for p in DATA.glob("rules/*.jsonl") if p.name[:3] != "INP"))

Found = Counter[tuple[int, str]]


class Piece(NamedTuple):
    """One session of a trace, or a trace without sessions: records and what is to be found."""

    name: str
    records: tuple[tuple[Record, tuple[Note, ...]], ...]
    expected: Found

    @property
    def events(self) -> frozenset[str]:
        """The events that rows can name; every report is a `status`."""
        return frozenset(record.event for record, _ in self.records if record.event) | {"status"}


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
        yield Piece(f"{path.stem} {name or ''}", mine, of_mine)


PIECES = tuple(piece for path in TRACES for piece in pieces(path))


def judge(piece: Piece) -> Found:
    """Judge a piece with the tables that the monitor has now."""
    monitor = Monitor()
    findings = [item for record, notes in piece.records for item in monitor.feed(record, notes)]
    return found(tuple(one_accusation(findings + monitor.close())))


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
def install(monkeypatch: pytest.MonkeyPatch, compiled: dict[str, Table]) -> None:
    """Make the monitor judge by *compiled*."""
    for name, table in compiled.items():
        monkeypatch.setitem(TABLES, name, table)


class Watched(Table):
    """A table that remembers which of its rows were taken from a cheapest state."""

    def __init__(self, region: Region) -> None:
        super().__init__(region)
        self.taken: set[int] = set()

    def step(self, belief: Belief, symbol: Symbol) -> tuple[Belief, int]:
        for state in belief.cheapest:
            self.moves(state, symbol)
        return super().step(belief, symbol)

    def moves(self, state: str, symbol: Symbol) -> Moves:
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
    for piece in PIECES:
        with pytest.MonkeyPatch.context() as patch:
            watched = {name: Watched(region) for name, region in REGIONS.items()}
            install(patch, watched)
            judge(piece)
            taken[piece.name] = {row for table in watched.values() for row in table.taken}
    return taken


@pytest.mark.parametrize("name", REGIONS)
def test_every_row_is_taken(name: str, visits: dict[Path, set[int]]) -> None:
    """Row coverage is complete."""
    taken = set().union(*visits.values())
    missed = [f"{row.code} {row.on} from {row.source}" for row in rows(REGIONS[name])
              if id(row) not in taken]
    assert not missed, f"rows that no literal trace takes: {missed}"


# --- Mutants -----------------------------------------------------------------
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
    states = [name for name in reported if name not in row.to]
    if target == SAME:
        few = len(region.states) < 10
        yield from () if len(states) == 1 else states if few else ("WAITING_FOR_THAW",)
        return
    yield from (name for name in states if reported[name] == reported[target])
    given = {reported.get(name) for name in row.to}
    yield from [n for n in states if reported[n] not in given and reported[n] in (3, 5)][:1]


def mutants(region: Region) -> Iterator[Mutant]:
    """Drop every row, drop every source, replace every target."""
    for row in rows(region):
        label = f"{row.code} {'/'.join(row.on)} from {row.source[0] if row.source else 'any'}"
        yield Mutant(f"{label}: dropped", row, edited(region, row, None))
        if len(row.source) > 1:
            for gone in row.source:
                rest = tuple(name for name in row.source if name != gone)
                yield Mutant(f"{label}: source {gone} dropped", row, edited(region, row, row._replace(source=rest)))
        for target in row.to:
            for other in elsewhere(region, row, target):
                to = tuple(other if name == target else name for name in row.to)
                yield Mutant(f"{label}: {target} is {other}", row, edited(region, row, row._replace(to=to)))


def survives(mutant: Mutant, visits: dict[str, set[int]], patch: pytest.MonkeyPatch) -> bool:
    """Tell whether every piece is judged as it declares, those that take the row first."""
    install(patch, {mutant.region.name: Table(mutant.region)})
    mine = [piece for piece in PIECES if not piece.events.isdisjoint(mutant.row.on)]
    mine.sort(key=lambda piece: id(mutant.row) not in visits[piece.name])
    return all(judge(piece) == piece.expected for piece in mine)
