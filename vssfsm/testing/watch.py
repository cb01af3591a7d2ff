"""What evidence visited: rows, pairs and ways of the sessions that a monitor followed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from vssfsm.core.finding import Finding
from vssfsm.core.timeline import Way
from vssfsm.core.track import Taken
from vssfsm.monitor import Monitor as RecordMonitor
from vssfsm.monitor.tables import table
from vssfsm.results import Run
from vssfsm.run import Monitor
from vssfsm.spec.rows import ERROR, WARNING, Row
from vssfsm.testing.visits import Visits


class WatchedMonitor(Monitor):
    """
    A monitor that also counts what its events visited.

    Args:
        release: Windows release of events that do not name theirs, or None.
        path: reported in findings.
    """

    def __init__(self, *, release: str | None = None, path: str = "") -> None:
        super().__init__(release=release, path=path)
        self._records = RecordMonitor(release=release, path=path, keep_ways=True)
        self._is_closed = False
        #: what was found so far
        self.findings: list[Finding] = []

    def feed(self, event: Mapping[str, object]) -> list[Finding]:
        """Take one event; see `vssfsm.Monitor.feed`."""
        found = super().feed(event)
        self.findings += found
        return found

    def close(self) -> list[Finding]:
        """End the evidence; see `vssfsm.Monitor.close`. A second time there is nothing to give."""
        if self._is_closed:
            return []
        self._is_closed = True
        found = super().close()
        self.findings += found
        return found

    @property
    def is_closed(self) -> bool:
        """Tell whether the evidence has ended."""
        return self._is_closed

    @property
    def visits(self) -> Visits:
        """What the events visited; sessions count when they end, the latest at `close`."""
        return visited(self._records.coverage, self._records.ways)


def visits_of_run(run: Run) -> Visits:
    """Give what *run* visited; it has to be made with its records kept."""
    ways = [way for timeline in run.timelines for way in timeline.ways]
    return visited(run.coverage, ways)


def visited(coverage: Iterable[str], ways: Iterable[Way]) -> Visits:
    """Count *ways* step by step, and once each other row of *coverage*."""
    visits = Visits()
    for way in ways:
        _follow(visits, way)
    visits.rows.update(code for code in coverage if code not in visits.rows)
    return visits


def _follow(visits: Visits, way: Way) -> None:
    steps = [(step, _row(way.region, step)) for step in way.steps]
    for step, row in steps:
        if row is not None:
            visits.take((), (row.code,), ((way.region, step.source, step.event, step.target),))
        if row is not None and row.severity in (ERROR, WARNING):
            visits.broken[way.region, step.source, step.event, row.code] += 1
    visits.pairs += Counter((a.code, b.code) for (_, a), (_, b) in pairwise(steps) if a and b)


def _row(region: str, step: Taken) -> Row | None:
    """Give the row that *step* took; None in a hole."""
    if step.symbol is None:
        return None
    return table(region).moves(step.source, step.symbol)[step.target].row
