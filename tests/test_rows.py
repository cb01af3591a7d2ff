"""
Every row of every region is decided by a literal trace: without it, some trace is judged otherwise.

The traces (`data/rows`, `data/rules`) say by `expect` keys what is to be found in them. Each row
is dropped, and each target of a permitted row replaced by another state; a change that no trace
notices is a row that nobody checks. See data/README.md.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from test_rules import DATA, expected, found

from vssfsm.core.finding import Note, one_accusation
from vssfsm.core.record import Record, Symbol
from vssfsm.core.table import Belief, Moves, Table
from vssfsm.monitor import sessions
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import SAME, Region, Row
from vssfsm.traces.canonical import read_line

ROW_TRACES = sorted(DATA.glob("rows/*.jsonl"))
#: traces of rules about evidence itself say nothing about rows
TRACES = (*ROW_TRACES, *sorted(p for p in DATA.glob("rules/*.jsonl") if p.name[:3] != "INP"))

Read = tuple[tuple[Record, tuple[Note, ...]], ...]


@cache
def records(path: Path) -> Read:
    """Give the records of a trace; blank lines count as lines."""
    lines = path.read_text("utf-8").split("\n")
    return tuple(read_line(text, n) for n, text in enumerate(lines, start=1) if text)


@cache
def declared(path: Path) -> Counter[tuple[int, str]]:
    """Give what *path* expects."""
    return expected(path)


@cache
def events(path: Path) -> frozenset[str]:
    """Give the events that rows can name in *path*; every report is a `status`."""
    return frozenset(r.event for r, _ in records(path) if r.event) | {"status"}


def judge(path: Path) -> Counter[tuple[int, str]]:
    """Judge a trace with the tables that the monitor has now."""
    monitor = sessions.Monitor()
    findings = [item for record, notes in records(path) for item in monitor.feed(record, notes)]
    return found(tuple(one_accusation(findings + monitor.close())))


@pytest.mark.parametrize("path", ROW_TRACES, ids=lambda path: path.stem)
def test_literal_trace(path: Path) -> None:
    """The trace has exactly the findings that it declares."""
    got = judge(path)
    assert got == declared(path), (
        f"not declared: {sorted(got - declared(path))}; not found: {sorted(declared(path) - got)}"
    )


# --- Tables that the monitor can be given ------------------------------------
def install(monkeypatch: pytest.MonkeyPatch, tables: dict[str, Table]) -> None:
    """Make the monitor judge by *tables*."""
    for name, table in tables.items():
        monkeypatch.setitem(sessions._TABLES, name, table)


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
def visits() -> dict[Path, set[int]]:
    """Per trace, the rows that it takes."""
    taken = {}
    for path in TRACES:
        with pytest.MonkeyPatch.context() as patch:
            watched = {name: Watched(region) for name, region in REGIONS.items()}
            install(patch, watched)
            judge(path)
            taken[path] = {row for table in watched.values() for row in table.taken}
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
    """Give states that *target* is replaced by."""
    reported = {state.name: state.reported for state in region.states}
    given = {reported.get(name) for name in row.to}
    for state in region.states:
        if state.name not in row.to and (
            state.reported == reported.get(target) or state.reported not in given
        ):
            yield state.name


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


def survivors(name: str, visits, patch) -> list[str]:
    left = []
    for mutant in mutants(REGIONS[name]):
        install(patch, {name: Table(mutant.region)})
        paths = [p for p in TRACES if events(p) & set(mutant.row.on)]
        paths.sort(key=lambda p: id(mutant.row) not in visits[p])
        if all(judge(p) == declared(p) for p in paths):
            left.append(mutant.what)
    return left
