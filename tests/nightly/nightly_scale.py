"""
A million records, some faulty and some unreadable: every way to judge them gives the same bytes.

`VSSFSM_SCALE` is the number of records; what the reference says of them takes most of the time.
"""

import json
import os
import random
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import interpreter
import pieces
import pytest

import vssfsm
from benchmarks.traces import records, write_table
from vssfsm import cluster
from vssfsm.fast import scan_file, scan_table
from vssfsm.fleet import check_pieces, judge_summary
from vssfsm.run import options_of
from vssfsm.spec.catalogue import REGIONS_OF
from vssfsm.spec.rows import INFO
from vssfsm.summary import Settings, summarise

pytestmark = pytest.mark.nightly
SCALE = int(os.environ.get("VSSFSM_SCALE", "1000000"))
#: of so many lines one is cut
CUT = 25_000
#: records that the independent interpreter judges
TOLD = min(SCALE, 100_000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Backups of two fleets and writers of a third, record by record in turn; some are cut."""
    chance = random.Random(SCALE)
    backups = ({**r, "host": f"b-{r['host']}"} for r in records(SCALE, "backups"))
    varied = ({**r, "host": f"v-{r['host']}"} for r in records(SCALE, "varied"))
    streams = cycle((backups, records(SCALE, "writers"), varied))
    path = tmp_path_factory.mktemp("scale") / "whole.jsonl"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for stream in islice(streams, SCALE):
            line = json.dumps(next(stream))
            file.write((line if chance.randrange(CUT) else line[: len(line) // 2]) + "\n")
    return path


@pytest.fixture(scope="module")
def said(whole: Path) -> str:
    """What the reference says of it."""
    return pieces.report(vssfsm.check(whole, fast=False))


def test_streaming(whole: Path, said: str) -> None:
    """Line by line, and few of them step by step."""
    found = scan_file(str(whole), None)
    assert found is not None
    assert len(found.wanted) < SCALE / 4
    assert pieces.report(vssfsm.check(whole)) == said


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_pieces(whole: Path, said: str, count: int) -> None:
    """Pieces that are merged with their neighbours in any order."""
    chance = random.Random(count)
    made = pieces.merged(
        [summarise(one, Settings()) for one in pieces.cut(whole, count, chance)], chance
    )
    assert pieces.report(judge_summary(made, options_of(), str(whole))) == said


@pytest.mark.filterwarnings("ignore")
def test_cluster(whole: Path) -> None:
    """Two workers give what this process gives of the same pieces."""
    distributed = pytest.importorskip("distributed")
    names = pieces.cut(whole, 7, random.Random(7))
    want = pieces.report(check_pieces(names, options_of()))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as local:
        address = local.scheduler_address
        found = cluster.check_on_dask(names, options_of(), scheduler=address, pieces=True)
    assert pieces.report(found) == want


@pytest.mark.parametrize("shape", ["writers", "backups", "varied"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_columns(tmp_path: Path, form: str, shape: str) -> None:
    """Tables by columns."""
    pytest.importorskip("polars")
    path = tmp_path / f"table.{form}"
    write_table(path, SCALE // 4, shape, seed=2)
    assert scan_table(str(path), form, None) is not None
    assert pieces.report(vssfsm.check(path)) == pieces.report(vssfsm.check(path, fast=False))


@pytest.mark.parametrize("shape", ["writers", "backups"])
def test_the_interpreter_agrees(tmp_path: Path, shape: str) -> None:
    """An independent reading of the rows accuses the same sessions."""
    sessions: dict[str, list[dict[str, Any]]] = {}
    for record in records(TOLD, shape, faulty=0.1, seed=3):
        own = {**record, "host": f"host-of-{record['session']}"}
        sessions.setdefault(record["session"], []).append(own)
    path = tmp_path / "trace.jsonl"
    path.write_text(
        "".join(f"{json.dumps(r)}\n" for given in sessions.values() for r in given), "utf-8"
    )
    accused = {
        item.session
        for item in vssfsm.check(path, repair=False).findings
        if item.severity != INFO and REGIONS_OF[item.rule]
    }
    illegal = {
        name
        for name, given in sessions.items()
        if max(interpreter.judge(given), default=0) >= interpreter.WARNING
    }
    assert accused == illegal
    assert len(sessions) / 50 < len(illegal) < len(sessions) / 5
