"""
What a failed backup looks like: which writers failed, where, since when, legal or not.

Everything comes from a run that kept its records. A writer counts as failed if one of the inputs
saw it last with a failure. Names join what inputs tell of one writer; where a single machine is
named, inputs that name none are taken to be about it, save those of a directory beside.
"""

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding
from vssfsm.core.record import failure_class, state_class
from vssfsm.core.timeline import Mark
from vssfsm.results import Run
from vssfsm.spec.evidence import EVENT_LOG, KINDS, Evidence
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.services import Hosted, services_of
from vssfsm.spec.vocabulary import (
    FAILED_STATES,
    FAILURE_CALLS,
    LIFECYCLE_EVENTS,
    SESSION_STARTS,
)

_FAILED: Final = frozenset(FAILED_STATES) | {"UNKNOWN"}


class Report(NamedTuple):
    """
    What one record tells of a writer's health.

    Args:
        path, line: where it stands.
        failed: it tells of a failure.
        state, code: as reported, or None.
        event: handler or call.
        time_ns: nanoseconds since 1970 UTC, or None.
        local_time: time in a zone that nothing names, or empty.
        process: number of the process that hosts the writer, or None.
    """

    path: str
    line: int
    failed: bool
    state: int | None
    code: int | None
    event: str
    time_ns: int | None = None
    local_time: str = ""
    process: int | None = None

    @property
    def place(self) -> str:
        """Path and line."""
        return f"{self.path}:{self.line}"


class Failed(NamedTuple):
    """
    A writer that failed.

    Args:
        name, host: as the records have them; empty if none does. Without a name it may be several.
        reports: the last report of each input that tells of a failure.
        first: the earliest report of the failure that lasts.
        accusations: errors and warnings about the writer's records.
        services: what tables say of the service that hosts it.
        processes: number of a host's process -> where it is said.
    """

    name: str
    host: str
    reports: tuple[Report, ...]
    first: Report
    accusations: tuple[Finding, ...]
    services: tuple[Hosted, ...]
    processes: tuple[tuple[int, str], ...]

    @property
    def last(self) -> Report:
        """The report that says most: one with a failure code, then one with a state."""
        return max(self.reports, key=lambda one: (bool(one.code), one.state is not None))


class Triage(NamedTuple):
    """Failed writers, the number of the others, and what evidence is there and is missing."""

    failed: tuple[Failed, ...]
    healthy: int
    present: tuple[Evidence, ...]
    missing: tuple[Evidence, ...]
    run: Run


class _Seen:
    """A writer as the inputs tell of it."""

    def __init__(self) -> None:
        self.name = ""
        self.host = ""
        self.reports: dict[str, list[Report]] = {}
        self.accusations: list[Finding] = []


def triage(run: Run) -> Triage:
    """Give what *run* shows; it has to have kept its records."""
    writers = _writers(run)
    for item in run.findings:
        if item.severity in (ERROR, WARNING) and item.family != "INP":
            key = _key(run, item.host, item.writer, item.instance)
            if key in writers:
                writers[key].accusations.append(item)
    failed = [_of_its_host(one, run) for one in map(_failed, writers.values()) if one]
    named = {report.path for one in failed for report in one.reports}
    nameless = (_failed(seen) for path, seen in _nameless(run).items() if path not in named)
    failed += [one for one in nameless if one]
    present = tuple(kind for kind in KINDS if _is_there(kind, run))
    return Triage(
        tuple(sorted(failed, key=lambda one: (one.name.casefold(), one.host))),
        sum(bool(one.reports) for one in writers.values()) - sum(bool(one.name) for one in failed),
        present,
        tuple(kind for kind in KINDS if kind not in present),
        run,
    )


def _writers(run: Run) -> dict[tuple[str, str], _Seen]:
    writers: dict[tuple[str, str], _Seen] = {}
    # Of a mail's kinds of evidence nobody knows which one is the last: each stands for itself.
    mails = {one.path for one in run.inputs if one.holds}
    for line in run.timelines:
        for mark in line.marks:
            if _is_of_writer(mark) and (report := _report(line.path, mark)):
                key = _key(run, mark.host, mark.writer, mark.instance)
                seen = writers.setdefault(key, _Seen())
                seen.name = seen.name or mark.writer or mark.instance
                seen.host = seen.host or mark.host
                kind = f"{line.path} {mark.actor}" if line.path in mails else line.path
                seen.reports.setdefault(kind, []).append(report)
    return writers


def _nameless(run: Run) -> dict[str, _Seen]:
    """Give what each input tells of failures of writers that it does not name: one, or several."""
    found: dict[str, _Seen] = {}
    for line in run.timelines:
        for mark in line.marks:
            report = None if _is_of_writer(mark) else _report(line.path, mark)
            if mark.event and report and report.failed:
                seen = found.setdefault(line.path, _Seen())
                seen.host = seen.host or mark.host
                seen.reports.setdefault(line.path, []).append(report)
    return found


def _is_of_writer(mark: Mark) -> bool:
    return bool(mark.event and (mark.writer or mark.instance))


def _key(run: Run, host: str, writer: str, instance: str) -> tuple[str, str]:
    hosts = {mark.host for line in run.timelines for mark in line.marks if mark.host}
    name = writer or instance.strip("{}")
    return host if len(hosts) > 1 else "", name.casefold()


def _report(path: str, mark: Mark) -> Report | None:
    """Give what a record tells of a writer's health; None if it tells nothing."""
    code = None if mark.event in FAILURE_CALLS else mark.failure
    if mark.state is None and code is None:
        # A handler that succeeds without a report proves no health, save at a new start.
        handler = mark.actor == "writer" and mark.event in LIFECYCLE_EVENTS and mark.outcome
        failed = bool(handler) and mark.outcome != "ok"
        if not failed and not (handler and mark.event in SESSION_STARTS):
            return None
    else:
        failed = state_class(mark.state) in _FAILED or failure_class(code) not in (None, "S_OK")
    local, process = (mark.args or {}).get("local_time"), (mark.args or {}).get("process_id")
    return Report(
        path,
        mark.line,
        failed,
        mark.state,
        code,
        mark.event,
        mark.time_ns,
        local if isinstance(local, str) else "",
        process if isinstance(process, int) else None,
    )


def _failed(seen: _Seen) -> Failed | None:
    lasting = [list(_lasting(reports)) for reports in seen.reports.values()]
    shown = [reports for reports in lasting if reports]
    if not shown:
        return None
    everything = [report for reports in shown for report in reports]
    timed = [report for report in everything if report.time_ns is not None]
    first = min(timed, key=lambda one: one.time_ns or 0) if timed else everything[0]
    processes = {one.process: one.place for one in everything if one.process is not None}
    return Failed(
        seen.name,
        seen.host,
        tuple(reports[-1] for reports in shown),
        first,
        tuple(seen.accusations),
        services_of(seen.name),
        tuple(sorted(processes.items())),
    )


def _of_its_host(one: Failed, run: Run) -> Failed:
    """Leave out the host if a report lies in another directory beside that where it is named."""
    named = {
        os.path.dirname(line.path)
        for line in run.timelines
        if any(mark.host == one.host for mark in line.marks)
    }
    others = {os.path.dirname(report.path) for report in one.reports} - named
    parents = {os.path.dirname(directory) for directory in others if directory}
    beside = parents & {os.path.dirname(directory) for directory in named if directory}
    return one._replace(host="") if one.host and beside else one


def _lasting(reports: list[Report]) -> Iterator[Report]:
    """Give the reports of the failure that an input saw last, in their order."""
    start = len(reports)
    while start and reports[start - 1].failed:
        start -= 1
    yield from reports[start:]


def _is_there(kind: Evidence, run: Run) -> bool:
    formats = {one.path: (one.format, *one.holds) for one in run.inputs if one.records > one.unread}
    silent = [one for one in run.inputs if kind.silence and one.lines and one.lines.known]
    held = (*formats.values(), *((one.format, *one.holds) for one in silent))
    if not {name for names in held for name in names}.isdisjoint(kind.formats):
        return True
    return any(
        mark.actor in kind.actors and mark.event
        for line in run.timelines
        # the vetoes of an event log are no log of a writer
        if set(formats.get(line.path, ())).isdisjoint(EVENT_LOG.formats)
        for mark in line.marks
    )
