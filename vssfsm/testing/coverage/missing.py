"""The tests that a corpus lacks: short traces that take the rows which no trace of it takes."""

import json
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final, NamedTuple

from vssfsm.monitor import Monitor
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import Row
from vssfsm.testing.coverage.counts import Coverage, permitted
from vssfsm.testing.generation.atlas import atlas_of
from vssfsm.testing.generation.operations import Operation
from vssfsm.testing.generation.row_steps import WRITER, RowStep, way, way_out
from vssfsm.testing.generation.writer_traces import Records, guid
from vssfsm.testing.writers.steps import TIMEOUT, Step
from vssfsm.traces.canonical import read_mapping

_KEYS: Final[dict[str, object]] = {"host": "host", "session": "1"}
_WHO: Final[dict[str, object]] = {"writer": "Writer", "instance": guid(0)}


class Missing(NamedTuple):
    """
    A test that a corpus lacks.

    Args:
        region, code: the row that it takes.
        says: what the row says.
        records: a legal trace, complete evidence.
        requests: what a writer under test would be told, None where it cannot be.
    """

    region: str
    code: str
    says: str
    records: Records
    requests: tuple[dict[str, object], ...] | None = None

    @property
    def name(self) -> str:
        """A name for files and tests."""
        return f"{self.region}.{self.code}"


def missing_tests(known: Coverage) -> tuple[list[Missing], list[tuple[str, str]]]:
    """
    Give the tests that would take what *known* does not.

    Returns:
        Tests, each the shortest that is known for its row, without those whose row another one
        takes; and (region, code) of rows to which no way was found.
    """
    wanted = [(region.name, code) for region in known.regions for code in region.missing]
    found = {key: shortest_test(*key) for key in wanted}
    lost = [key for key in wanted if found[key] is None]
    tests = [test for test in found.values() if test is not None]
    return list(_needed(tests)), lost


def _needed(tests: Iterable[Missing]) -> Iterator[Missing]:
    """Leave out tests whose row a longer one takes on its way."""
    covered: set[tuple[str, str]] = set()
    for test in sorted(tests, key=lambda test: -len(test.records)):
        if (test.region, test.code) not in covered:
            covered |= rows_of(test.records)
            yield test


def rows_of(records: Records) -> set[tuple[str, str]]:
    """Give region and code of the rows that *records* take."""
    monitor = Monitor(counts_rows=True)
    for number, record in enumerate(records, 1):
        monitor.feed(*read_mapping(record, number))
    monitor.close()
    counts = monitor.counts
    return set() if counts is None else set(counts.rows)


def shortest_test(region: str, code: str) -> Missing | None:
    """Give the shortest test that is known for a permitted row, None where no way was found."""
    row = permitted(REGIONS[region])[code]
    return _of_writer(row) if region == WRITER.name else _of_requester(region, row)


def _of_writer(row: Row) -> Missing | None:
    found = way(WRITER.initial, lambda step: step.row.code == row.code)
    found = found or way(WRITER.initial, lambda step: step.row.code == row.code, noted=True)
    if found is None:
        return None
    steps = (*found, *way_out(found[-1].target))
    records = [{**step.record, **_KEYS, **_WHO} for step in steps]
    return Missing(WRITER.name, row.code, row.says, records, _requests(steps))


def _requests(steps: Iterable[RowStep]) -> tuple[dict[str, object], ...] | None:
    """Give the requests that lead a writer this way; the timer is the only time-out there is."""
    found = []
    for step in steps:
        if (step.event, step.failure) == (TIMEOUT.event, TIMEOUT.fail):
            found.append(TIMEOUT.request)
        elif step.outcome == "timeout":
            return None
        else:
            fail = None if step.outcome == "ok" else step.failure
            found.append(Step("deliver", step.event, fail, step.outcome == "soft").request)
    return tuple(found)


def _of_requester(region: str, row: Row) -> Missing | None:
    rows = [one for one in REGIONS[region].rows if one.code == row.code]
    named = {r for one in rows for when in one.when for r in when.get("release", ())}
    for release in (None, *(release for release in reversed(RELEASES) if release in named)):
        found = atlas_of(release).free(region, row.code)
        if found is not None:
            keys = _KEYS | ({"release": release} if release else {})
            # The number of writers is all that is drawn: one is enough.
            operation = Operation(Random(0), release, keys, writers=1)  # noqa: S311
            for act in (*found.before, found.act):
                operation.take(act)
            operation.leave()
            return Missing(region, row.code, row.says, operation.records)
    return None


# --- as pytest ---------------------------------------------------------------
_HEAD: Final = '''\
"""Rows that the corpus does not take, each as a test to paste."""

import pytest

import vssfsm
from vssfsm.errors import OtherAnswer
from vssfsm.testing import replay

#: the writer under test: a program that speaks JSON Lines on its streams
PROGRAM = ["python", "-m", "vssfsm.testing.reference"]


def said_of(session: list[dict[str, object]]) -> str:
    """Give what is wrong with the writer; it may answer otherwise where the rows leave a choice."""
    try:
        return replay(PROGRAM, [session])
    except OtherAnswer as other:
        pytest.skip(str(other))


def accused(trace: list[dict[str, object]]) -> list[str]:
    """Give the rules that a trace breaks."""
    monitor = vssfsm.Monitor()
    found = [finding for record in trace for finding in monitor.feed(record)]
    return [f.rule for f in [*found, *monitor.close()] if f.severity != "info"]
'''


def pytest_file(tests: Iterable[Missing]) -> str:
    """Give a module of tests: of a writer's program where it can be told to, else of a trace."""
    return "".join((_HEAD, *(f"\n\n{pytest_test(test)}" for test in tests)))


def pytest_test(test: Missing) -> str:
    """Give one test; it holds what stands in its trace."""
    name = test.name.lower().replace(".", "_").replace("-", "_")
    says = test.says.replace("\\", "/").replace('"', "'")
    lines = [f"def test_{name}() -> None:", f'    """{test.code}: {says}."""']
    if test.requests is not None:
        lines += ["    session = [", *(f"        {one!r}," for one in test.requests), "    ]"]
        lines += ['    assert said_of(session) == ""']
    else:
        lines += ["    trace = [", *(f"        {one!r}," for one in test.records), "    ]"]
        lines += ["    assert accused(trace) == []"]
    return "\n".join(lines) + "\n"


def files(tests: Iterable[Missing]) -> Iterator[tuple[str, str]]:
    """Give name and content of each file: a trace for each test, and all of them as pytest."""
    tests = list(tests)
    for test in tests:
        lines = (json.dumps(record) + "\n" for record in test.records)
        yield f"{test.name}.jsonl", "".join(lines)
    if tests:
        yield "test_missing.py", pytest_file(tests)
