"""Columns of numbers, and distinct combinations of cells as numbers."""

import random

import pytest

from vssfsm.fast import cells
from vssfsm.fast.cells import Distinct
from vssfsm.fast.vectors import begins_of, lasts_of, low_bits, places_of, sorted_by

pl = pytest.importorskip("polars")


def _column(values: list[int]) -> "pl.Series":
    return pl.Series(values, dtype=pl.UInt32)


def test_runs() -> None:
    """Runs begin where another value stands before, and end before the next one."""
    begins = begins_of(_column([5, 5, 7, 5]), pl)
    assert begins.to_list() == [True, False, True, True]
    firsts = places_of(begins)
    assert firsts.to_list() == [0, 2, 3]
    assert lasts_of(firsts, 4, pl).to_list() == [1, 2, 3]
    assert places_of(begins, 10).to_list() == [10, 12, 13]


def test_no_runs() -> None:
    """Of nothing there is no run."""
    begins = begins_of(_column([]), pl)
    assert begins.to_list() == []
    assert lasts_of(places_of(begins), 0, pl).to_list() == []


def test_order() -> None:
    """Equal keys stay as they stand, and the greatest one has all of its bits."""
    keys = [3, (1 << 32) - 1, 1, 3, 1]
    assert sorted_by(_column(keys), pl).to_list() == sorted(range(5), key=keys.__getitem__)
    words = pl.Series([(7 << 32) + 5, (1 << 64) - 1], dtype=pl.UInt64)
    assert low_bits(words, pl).to_list() == [5, (1 << 32) - 1]


@pytest.mark.parametrize("slots", [1, 1 << 20])
@pytest.mark.parametrize("seed", range(4))
def test_distinct(seed: int, slots: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows have one number where all of their cells are equal, however many slots there are."""
    monkeypatch.setattr(cells, "_SLOTS", slots)
    rng = random.Random(seed)
    learned: list[dict[str, object]] = []
    distinct = Distinct(("a", "b", "c"), learned.append, pl)
    numbers: dict[tuple[str | None, ...], int] = {}
    for _ in range(3):
        rows = [tuple(rng.choice(("x", "y", "", None)) for _ in "abc") for _ in range(50)]
        frame = pl.DataFrame(rows, schema=dict.fromkeys("abc", pl.String), orient="row")
        for row, number in zip(rows, distinct.numbers(frame, lambda value: value), strict=True):
            assert numbers.setdefault(row, number) == number
    assert sorted(numbers.values()) == [*range(len(numbers))]
    for row, number in numbers.items():
        given = {name: cell for name, cell in zip("abc", row, strict=True) if cell is not None}
        assert learned[number] == given
