"""What a corpus of traces covers: rows and pairs of rows, of the writer and of the requester."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple

from vssfsm.core.coverage import Counts
from vssfsm.results import Run
from vssfsm.run import check
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import FREE, SAME, Region, Row
from vssfsm.testing.generation.calls import WITH_HISTORY
from vssfsm.testing.generation.row_steps import WRITER

#: regions whose rows are counted
COUNTED: Final = (WRITER.name, *WITH_HISTORY)


class RegionCoverage(NamedTuple):
    """
    What was taken of one region.

    Args:
        name: of the region.
        rows: code -> times, of permitted rows; 0 for one that no trace takes.
        pairs: (code, code of the next row) -> times, likewise; every pair that the states of the
            region allow is in it.
        rules: code -> times, of rows that are forbidden or worth a note; only those taken.
    """

    name: str
    rows: Mapping[str, int]
    pairs: Mapping[tuple[str, str], int]
    rules: Mapping[str, int]

    @property
    def missing(self) -> tuple[str, ...]:
        """Codes of the permitted rows that no trace takes, in the order of the table."""
        return tuple(code for code, times in self.rows.items() if not times)


class Coverage(NamedTuple):
    """
    What a corpus covers.

    Args:
        run: the check of the corpus.
        regions: those of the participants that the corpus holds, or that were asked for.
    """

    run: Run
    regions: tuple[RegionCoverage, ...]

    @property
    def rows(self) -> tuple[int, int]:
        """Number of permitted rows taken, and of all."""
        return _taken(times for region in self.regions for times in region.rows.values())

    @property
    def pairs(self) -> tuple[int, int]:
        """Number of pairs taken, and of all."""
        return _taken(times for region in self.regions for times in region.pairs.values())

    @property
    def percent(self) -> float:
        """Share of the permitted rows that are taken, from 0 to 100."""
        return share(*self.rows)


def _taken(times: Iterator[int]) -> tuple[int, int]:
    known = list(times)
    return sum(1 for one in known if one), len(known)


def share(taken: int, known: int) -> float:
    """Give a share in percent; nothing of nothing is nothing."""
    return 100 * taken / known if known else 0.0


def coverage(
    paths: Sequence[str],
    *,
    regions: Sequence[str] = (),
    release: str | None = None,
    observation: str | None = None,
    input_format: str = "auto",
) -> Coverage:
    """
    Count what traces cover.

    Args:
        paths: files, directories, patterns, or `-` for standard input.
        regions: names of `COUNTED`; by default those of the participants that have records.
        release: Windows release of records that do not name theirs, or None.
        observation: kind of evidence, as for `check`.
        input_format: likewise.

    Raises:
        UsageError: an option or a pattern is wrong.
    """
    run = check(
        *paths,
        release=release,
        observation=observation,
        input_format=input_format,
        keep_counts=True,
        repair=False,
    )
    return covered(run, regions)


def covered(run: Run, regions: Sequence[str] = ()) -> Coverage:
    """Give what *run* covers; it has to be made with its counts kept. *regions*: see `coverage`."""
    names = [n for n in COUNTED if n in regions] if regions else _present(run.taken)
    return Coverage(run, tuple(_of(REGIONS[name], run.taken) for name in names))


def _present(taken: Counts) -> list[str]:
    """Give the regions of the participants that took any row."""
    seen = {name for name, _ in taken.rows}
    calls = bool(seen & set(WITH_HISTORY))
    return [name for name in COUNTED if (name in seen if name == WRITER.name else calls)]


def _of(region: Region, taken: Counts) -> RegionCoverage:
    times = {code: count for (name, code), count in taken.rows.items() if name == region.name}
    rows = {code: times.get(code, 0) for code in permitted(region)}
    pairs = {
        (a, b): taken.pairs.get((region.name, a, b), 0) for a, b in possible_pairs(region.name)
    }
    rules = {code: count for code, count in sorted(times.items()) if code not in rows}
    return RegionCoverage(region.name, rows, pairs, rules)


def permitted(region: Region) -> dict[str, Row]:
    """Give the first permitted row of each code of *region* that costs nothing."""
    rows: dict[str, Row] = {}
    for row in region.rows:
        if row.to and row.pays == FREE:
            rows.setdefault(row.code, row)
    return rows


@cache
def possible_pairs(name: str) -> tuple[tuple[str, str], ...]:
    """Give every pair of permitted rows of which the second begins where the first may end."""
    rows = [row for row in REGIONS[name].rows if row.to and row.pays == FREE]
    ends = [{s if to == SAME else to for s in row.source for to in row.to} for row in rows]
    found = {
        (first.code, second.code): None
        for first, reached in zip(rows, ends, strict=True)
        for second in rows
        if not reached.isdisjoint(second.source)
    }
    return tuple(found)
