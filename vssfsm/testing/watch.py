"""What evidence visited: rows, pairs and ways of the sessions that a monitor followed."""

from collections.abc import Iterable, Mapping

from vssfsm.core.coverage import Counts
from vssfsm.core.finding import Finding
from vssfsm.core.timeline import Way
from vssfsm.monitor import Monitor as RecordMonitor
from vssfsm.results import Run
from vssfsm.run import Monitor
from vssfsm.spec.catalogue import REGIONS_OF
from vssfsm.spec.rows import ERROR
from vssfsm.testing.visits import Visits
from vssfsm.testing.visits import Way as Place


class WatchedMonitor(Monitor):
    """
    A monitor that also counts what its events visited.

    Args:
        release: Windows release of events that do not name theirs, or None.
        path: reported in findings.
    """

    def __init__(self, *, release: str | None = None, path: str = "") -> None:
        super().__init__(release=release, path=path)
        self._records = RecordMonitor(release=release, path=path, keep_ways=True, counts_rows=True)
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
        monitor = self._records
        return visited(monitor.counts or Counts(), monitor.coverage, monitor.ways, self.findings)


def visits_of_run(run: Run) -> Visits:
    """Give what *run* visited; it has to be made with its records and counts kept."""
    ways = [way for timeline in run.timelines for way in timeline.ways]
    return visited(run.taken, run.coverage, ways, run.findings)


def visited(
    taken: Counts, coverage: Iterable[str], ways: Iterable[Way], findings: Iterable[Finding]
) -> Visits:
    """
    Count what evidence visited.

    Args:
        taken: of regions with a history: how often rows and pairs were taken.
        coverage: codes of all rows that were taken; others count once.
        ways: through the lifecycles.
        findings: whose errors are what was broken.
    """
    visits = Visits()
    for (_, code), times in taken.rows.items():
        visits.rows[code] += times
    for (_, first, second), times in taken.pairs.items():
        visits.pairs[first, second] += times
    visits.rows.update(code for code in coverage if code not in visits.rows)
    visits.ways.update(
        (way.region, step.source, step.event, step.target)
        for way in ways
        for step in way.steps
        if step.event
    )
    visits.broken.update(place for item in findings for place in broken_places(item))
    return visits


def broken_places(item: Finding) -> list[Place]:
    """Give where an error broke a rule: region, state, event, code; nothing for other findings."""
    if item.severity != ERROR:
        return []
    region = (*REGIONS_OF.get(item.rule, ()), "")[0]
    return [(region, state, item.event, item.rule) for state in item.states or ("",)]
