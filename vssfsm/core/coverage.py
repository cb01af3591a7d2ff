"""Which rows evidence takes, how often, and which row follows which in the same track."""

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from vssfsm.core.record import Symbol
from vssfsm.core.table import CAP, Belief, Stride, Table
from vssfsm.spec.rows import Row

#: region and code of a row
RowKey = tuple[str, str]


class Counts(NamedTuple):
    """
    How often rows were taken, and how often one followed another in one session.

    Args:
        rows: (region, code) -> times; of each region with a history.
        pairs: (region, code, code of the next row) -> times.
    """

    rows: Mapping[RowKey, int] = MappingProxyType({})
    pairs: Mapping[tuple[str, str, str], int] = MappingProxyType({})


def merged(all_counts: Iterable[Counts | None]) -> Counts:
    """Add up counts; what was not counted adds nothing."""
    rows: Counter[RowKey] = Counter()
    pairs: Counter[tuple[str, str, str]] = Counter()
    for counts in all_counts:
        if counts is not None:
            rows.update(counts.rows)
            pairs.update(counts.pairs)
    return Counts(rows, pairs)


class Visits(set[Stride]):
    """How beliefs were stepped; of very many only the rows are kept."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: set[str] = set()

    def follow(self, before: Stride | None, visit: Stride) -> None:  # noqa: ARG002 - for counting
        """Take a visit that comes right after *before* in its track; None: nothing is known."""
        self.add(visit)
        if len(self) > CAP:
            self._codes |= rows_taken(self)
            self.clear()

    def forget(self) -> None:
        """Forget all visits."""
        self.clear()
        self._codes.clear()

    @property
    def codes(self) -> set[str]:
        """Codes of the rows that were taken."""
        return self._codes | rows_taken(self)


class CountedVisits(Visits):
    """Visits with how often they came, and which one followed which."""

    def __init__(self) -> None:
        super().__init__()
        self._times: Counter[Stride] = Counter()
        self._next: Counter[tuple[Stride, Stride]] = Counter()

    def follow(self, before: Stride | None, visit: Stride) -> None:
        """Take and count a visit."""
        self.add(visit)
        self._times[visit] += 1
        if before is not None:
            self._next[before, visit] += 1

    @property
    def counts(self) -> Counts:
        """How often each row was taken, and each pair of rows."""
        rows: Counter[RowKey] = Counter()
        pairs: Counter[tuple[str, str, str]] = Counter()
        for visit, times in self._times.items():
            for code in _codes(visit):
                rows[visit.table.region.name, code] += times
        for (first, second), times in self._next.items():
            for code in _codes(first):
                for following in _codes(second):
                    pairs[first.table.region.name, code, following] += times
        return Counts(rows, pairs)


def taken_rows(table: Table, belief: Belief, symbol: Symbol) -> list[Row]:
    """Give the rows by which the cheapest states of *belief* go on at the least cost, each once."""
    moves = [move for s in belief.cheapest for move in table.moves(s, symbol).values()]
    least = min(move.cost for move in moves)
    rows = (move.row for move in moves if move.cost == least and move.row is not None)
    return list({id(row): row for row in rows}.values())


def rows_taken(visits: Iterable[Stride]) -> set[str]:
    """Give the codes of the rows that visits took."""
    return {code for visit in visits for code in _codes(visit)}


def _codes(visit: Stride) -> list[str]:
    return list(
        dict.fromkeys(row.code for row in taken_rows(visit.table, visit.before, visit.symbol))
    )
