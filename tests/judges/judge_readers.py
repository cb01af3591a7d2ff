"""A hundred thousand damaged inputs for each reader: nothing comes of them but findings."""

import fuzz_readers
import pytest

from vssfsm.traces.formats import READERS

COUNT, PARTS = 100_000, 20
NEEDS = {"evtx": ("evtx",), "parquet": ("polars",)}


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("form", READERS)
def test_a_part_of_a_hundred_thousand(form, part, need):
    """Nothing raises, takes long, or accuses of what no input of its kind can show."""
    need(modules=NEEDS.get(form, ()))
    seeds = range(part * COUNT // PARTS, (part + 1) * COUNT // PARTS)
    assert [one for seed in seeds for one in fuzz_readers.complaints(form, seed)] == []
