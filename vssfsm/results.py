"""What a check gives: the run, its inputs, its verdicts and counts; values only."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from types import MappingProxyType
from typing import Final, NamedTuple, overload

from vssfsm.core.coverage import Counts
from vssfsm.core.finding import Finding
from vssfsm.core.timeline import Timeline
from vssfsm.monitor import SessionReport
from vssfsm.spec.catalogue import EVENTS_OF
from vssfsm.spec.rows import ERROR, INFO, WARNING
from vssfsm.traces.aside import Aside, Seen, Share, remarks

CONFORMS: Final = "CONFORMS"
VIOLATES: Final = "VIOLATES"
INCONCLUSIVE: Final = "INCONCLUSIVE"


class Sound(NamedTuple):
    """Names of sessions of one input that conform, by host; a long trace has very many of them."""

    path: str = ""
    names: Mapping[str, Collection[str]] = MappingProxyType({})

    def __len__(self) -> int:
        return sum(map(len, self.names.values()))

    def reports(self) -> Iterator[SessionReport]:
        """Give their reports, sorted."""
        for host, names in sorted(self.names.items()):
            for name in sorted(names):
                yield SessionReport(host, name, CONFORMS, (), self.path)


class Conforming(Sequence[SessionReport]):
    """
    Reports of sessions that conform; those that a name stands for are made when they are wanted.

    Args:
        parts: for each input reports that exist, sorted, and names of other sessions.
    """

    def __init__(self, parts: Iterable[tuple[Sequence[SessionReport], Sound]]) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        return sum(len(reports) + len(sound) for reports, sound in self._parts)

    def __iter__(self) -> Iterator[SessionReport]:
        for reports, sound in self._parts:
            yield from merge(reports, sound.reports())

    @overload
    def __getitem__(self, index: int) -> SessionReport: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SessionReport]: ...
    def __getitem__(self, index: int | slice) -> SessionReport | Sequence[SessionReport]:
        if isinstance(index, int) and index >= 0:
            for report in islice(self, index, None):
                return report
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Conforming | tuple):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


class Input(NamedTuple):
    """
    What became of one input.

    Args:
        judged, not_judged: records that a part of the specification knows, and the others that were
            read; records that could not be read are neither.
        skipped: lines of prose around a listing.
        guessed: the code page that its text was read in, if nothing named it.
        seen: what its reader knows and does not use.
        lines: what became of its lines; None where each of them is a record.
        inconclusive: reasons why it proves less than it could.
        holds: formats of the evidence that a text of several kinds holds.
    """

    path: str
    format: str
    observation: str
    records: int
    unread: int
    judged: int = 0
    not_judged: int = 0
    skipped: int = 0
    verdict: str = INCONCLUSIVE
    inconclusive: tuple[str, ...] = ()
    guessed: str = ""
    seen: tuple[Seen, ...] = ()
    lines: Share | None = None
    holds: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What has to be said about how it was read."""
        aside = Aside(guessed=self.guessed, seen=self.seen, holds=self.holds)
        return (*remarks(aside), *((self.lines.said(),) if self.lines else ()))


class CaseReport(NamedTuple):
    """
    How the sources of a case were put together.

    Args:
        path: of the case.
        tolerance_s: seconds that their clocks may differ by.
        merged: sources that were judged as one, by their times.
        apart: sources that need an order and have no times, judged apart.
        hanging: errors and warnings that hang on the order within the tolerance.
    """

    path: str
    tolerance_s: float
    merged: tuple[str, ...]
    apart: tuple[str, ...] = ()
    hanging: int = 0

    @property
    def doubt(self) -> str:
        """Why the case proves less than it could; empty if no order matters."""
        if not self.hanging:
            return ""
        what = "1 finding hangs" if self.hanging == 1 else f"{self.hanging} findings hang"
        return f"{what} on the order of records within {self.tolerance_s:g} s of each other"

    def said(self) -> str:
        """Give a sentence without its end."""
        apart = f", {', '.join(self.apart)} judged apart for want of times" if self.apart else ""
        number = len(self.merged)
        sources = f"{number} source" if number == 1 else f"{number} sources"
        return f"{sources} merged by time, clocks agree within {self.tolerance_s:g} s{apart}"


class Accepted(NamedTuple):
    """One entry of a baseline: a fingerprint and how often it may occur; the rest is for people."""

    fingerprint: str
    times: int
    rule: str = ""
    name: str = ""
    writer: str = ""
    event: str = ""


class Run(NamedTuple):
    """
    The result of a check.

    Args:
        verdict: the worst of all sessions and inputs.
        inconclusive: reasons why it proves less than it could.
        findings: sorted by input, line, rule, instance.
        counts: as in the JSON report.
        sessions: those that do not conform.
        inputs: one per input, in the order given.
        unreadable: something could not be read, or nothing at all could be judged.
        coverage: codes of the rows that the evidence took, sorted.
        conforming: the other sessions.
        timelines: the records of each input, if they were asked for.
        baseline_unused: accepted findings that no longer occur.
        taken: how often rows and pairs of rows were taken, if that was asked for.
        cases: what was merged.
        defects: what failed of ours, which is reason enough to report it.
        strict, fail_on: what the command line was told, for reports that state the exit code.
    """

    verdict: str
    inconclusive: tuple[str, ...]
    findings: tuple[Finding, ...]
    counts: dict[str, int]
    sessions: tuple[SessionReport, ...]
    inputs: tuple[Input, ...]
    unreadable: bool
    coverage: tuple[str, ...] = ()
    conforming: Sequence[SessionReport] = ()
    baseline_unused: tuple[Accepted, ...] = ()
    strict: bool = False
    fail_on: tuple[str, ...] = ()
    timelines: tuple[Timeline, ...] = ()
    taken: Counts = Counts()
    cases: tuple[CaseReport, ...] = ()
    defects: tuple[str, ...] = ()

    def exit_code(self, *, strict: bool = False, fail_on: Sequence[str] = ()) -> int:
        """Give the exit code of the command line (contract 4)."""
        if self.defects:
            return 4
        if self.counts["errors"] or (strict and (self.counts["warnings"] or self.inconclusive)):
            return 1
        if "writer-failure" in fail_on and self.counts["failed_writers"]:
            return 1
        return 3 if self.unreadable else 0


def verdict_of(findings: Iterable[Finding], doubts: Sequence[str]) -> str:
    """Give the verdict of what has *findings*, and reasons why it proves less than it could."""
    if any(item.severity == ERROR for item in findings):
        return VIOLATES
    return INCONCLUSIVE if doubts else CONFORMS


def by_severity(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings, as in the JSON report."""
    found = [item.severity for item in findings]
    return {f"{severity}s": found.count(severity) for severity in (ERROR, WARNING, INFO)}


def by_rules(events: Collection[str]) -> dict[str, int]:
    """Count the rules that speak of one of the recorded *events*, and those that do not."""
    applied = sum(not named.isdisjoint(events) for named in EVENTS_OF.values())
    return {"rules_applied": applied, "rules_not_applicable": len(EVENTS_OF) - applied}


def by_verdict(sessions: Sequence[SessionReport]) -> dict[str, int]:
    """Count sessions by their verdict, as in the JSON report."""
    return {
        f"sessions_{verdict.lower()}": sum(
            session.segments for session in sessions if session.verdict == verdict
        )
        for verdict in (CONFORMS, VIOLATES, INCONCLUSIVE)
    }
