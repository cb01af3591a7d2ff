"""
Judge a case: several sources as one piece of evidence, in the order of their times.

A finding names the source that each of its facts came from. One that may hang on the order of
records which the clocks cannot tell apart is a note: the mildest explanation counts, and the
verdict says so. Sources whose times are unknown are judged apart, unless they hold
nothing that has an order.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding, Note, finding
from vssfsm.core.record import Record
from vssfsm.core.timeline import Timeline, mark
from vssfsm.judging import (
    UNREAD_LISTED,
    Judged,
    Options,
    half_read,
    judge_input,
    more_unread,
    not_read,
    told_by,
)
from vssfsm.monitor import Monitor, SessionReport
from vssfsm.monitor.keys import key_of
from vssfsm.repair import with_repairs
from vssfsm.results import INCONCLUSIVE, VIOLATES, CaseReport, Input
from vssfsm.spec import inputs
from vssfsm.spec.rows import ERROR, INFO
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces.aside import Aside
from vssfsm.traces.casefile import Case, Source
from vssfsm.traces.merge import Step, blurred, has_times, order
from vssfsm.traces.origin import place
from vssfsm.traces.reading import Reading, enter
from vssfsm.traces.values import accepts, read_time

_NS_PER_S: Final = 1_000_000_000


class _Item(NamedTuple):
    """A record of a source, with what was wrong with it, and the line where it stands there."""

    record: Record
    notes: tuple[Note, ...]
    line: int


class _Read(NamedTuple):
    """A source as it was read."""

    source: Source
    format: str
    observation: str
    items: tuple[_Item, ...]
    aside: Aside
    cut: str = ""

    @property
    def times(self) -> list[int | None]:
        """When each of its records was made, as far as it is known."""
        return [item.record.time_ns for item in self.items]

    @property
    def is_ordered(self) -> bool:
        """Tell whether it says anything about what came after what."""
        return any(
            item.record.actor != "observer" and item.record.observation != OBSERVATIONS[-1]
            for item in self.items
        )


def judge_case(case: Case, options: Options) -> list[Judged]:
    """Give the sources of *case*, judged together as far as their order is known."""
    judged: list[Judged] = []
    read: list[_Read] = []
    for source in case.sources:
        with enter(source.path, _format(source, options), options.columns) as entered:
            if isinstance(entered, Note):
                judged.append(not_read(source.path, "unknown", entered.code, entered.message))
            else:
                read.append(_take(source, Reading(entered), entered.format, options))
    apart = _without_order(read)
    together = [one for one in read if one not in apart]
    if together:
        judged += _Merged(case, together, options, tuple(one.source.path for one in apart)).judged()
    for one in apart:
        own = options._replace(input_format=_format(one.source, options))
        judged.append(judge_input(one.source.path, own))
    return judged


def _format(source: Source, options: Options) -> str:
    return options.input_format if source.format == "auto" else source.format


def _take(source: Source, reading: Reading, name: str, options: Options) -> _Read:
    """Read a whole source, and fill in what is known of its records."""
    kinds = (reading.reader.OBSERVATION, source.observation, options.observation)
    kind = max(kinds, key=OBSERVATIONS.index)
    items: list[_Item] = []
    cut, unread = "", 0
    try:
        for record, notes in reading:
            unread += record.hole
            kept = notes if not record.hole or unread <= UNREAD_LISTED else ()
            items.append(_Item(_filled(record, source, kind), kept, record.line))
    except EOFError as error:
        cut = str(error)
    return _Read(source, name, kind, tuple(items), reading.aside, cut)


def _filled(record: Record, source: Source, kind: str) -> Record:
    return record._replace(
        time_ns=_time(record, source),
        ended_ns=None if record.ended_ns is None else record.ended_ns - source.ahead_ns,
        host=record.host or source.host,
        session=record.session or source.session,
        release=record.release or source.release,
        observation=max(record.observation or kind, kind, key=OBSERVATIONS.index),
    )


def _time(record: Record, source: Source) -> int | None:
    """Give the time of a record: as it says, or in the zone that is stated for its source."""
    if record.time_ns is not None:
        return record.time_ns - source.ahead_ns
    local = (record.args or {}).get("local_time")
    if source.zone_ns is None or not isinstance(local, str) or not accepts("time", local):
        return None
    return read_time(local) - source.zone_ns - source.ahead_ns


def _without_order(read: Sequence[_Read]) -> list[_Read]:
    """Give the sources that need an order among others and have no times."""
    ordered = [one for one in read if one.is_ordered]
    return [one for one in ordered if not has_times(one.times)] if len(ordered) > 1 else []


class _Outcome(NamedTuple):
    """What one order shows: findings as they stand in the sources, and the monitor."""

    findings: list[Finding]
    monitor: Monitor
    judged: list[int]


class _Merged:
    """The sources that are judged as one."""

    def __init__(
        self, case: Case, read: Sequence[_Read], options: Options, apart: tuple[str, ...]
    ) -> None:
        self._case = case
        self._read = read
        self._options = options
        self._apart = apart
        self._origins: dict[tuple[str, int], str] = {
            (one.source.path, item.line): place(item.record.source)
            for one in read
            for item in one.items
            if item.record.source
        }

    def judged(self) -> list[Judged]:
        """Give each source, judged; what belongs to no source stands beside the first one."""
        likely = self._judge(order(self._times), whole=True)
        findings, hanging = self._settled(likely)
        report = CaseReport(
            self._case.path,
            self._tolerance_s,
            tuple(one.source.path for one in self._read),
            self._apart,
            hanging,
        )
        made = [self._source(number, likely, findings) for number in range(len(self._read))]
        doubt = report.doubt
        doubts = (*likely.monitor.doubts, *((doubt,) if doubt else ()))
        made[0] = made[0]._replace(
            sessions=tuple(_session(one, findings, doubt) for one in likely.monitor.sessions),
            failed_writers=likely.monitor.failed_writers,
            judged=likely.monitor.judged,
            coverage=likely.monitor.coverage,
            counts=likely.monitor.counts,
            events=frozenset(likely.monitor.events),
            doubts=doubts,
            case=report,
        )
        return made

    @property
    def _times(self) -> list[list[int | None]]:
        return [one.times for one in self._read]

    def _judge(self, steps: Sequence[Step], *, whole: bool) -> _Outcome:
        monitor = Monitor(
            release=self._options.release,
            path=self._case.path,
            selected=self._options.selected,
            counts_rows=self._options.keep_counts,
        )
        findings: list[Finding] = []
        judged = [0] * len(self._read)
        for number, step in enumerate(steps, start=1):
            item = self._read[step.place.source].items[step.place.record]
            record = item.record._replace(line=number)
            if step.ghost:  # a moment that nothing is known of, to its participant alone
                record = record._replace(observation=OBSERVATIONS[-1])
            notes = tuple(note._replace(line=number) for note in item.notes)
            before = monitor.judged_records
            findings += monitor.feed(record, notes)
            judged[step.place.source] += monitor.judged_records - before
        findings += monitor.close(truncated=any(one.cut for one in self._read))
        if whole and self._options.repair:
            findings = with_repairs(findings, monitor.repairs)
        return _Outcome([self._placed(item, steps) for item in findings], monitor, judged)

    def _settled(self, likely: _Outcome) -> tuple[list[Finding], int]:
        """
        Give the findings of the likely order, those that may hang on it as notes.

        Returns:
            The findings, and how many may hang on the order.
        """
        paths = [one.source.path for one in self._read]
        accused = {item.path for item in likely.findings if _is_accusation(item)}
        moments = [number for number, one in enumerate(self._read) if not one.is_ordered]
        certain: set[_Same] = set()
        for number, path in enumerate(paths):
            if path in accused:
                steps = blurred(self._times, self._case.tolerance_ns, number, moments)
                found = self._judge(list(self._thinned(steps)), whole=False).findings
                certain |= {_same(item) for item in found if item.path == path}
        text = f"it hangs on the order of records within {self._tolerance_s:g} s of each other"
        settled = [
            item
            if not _is_accusation(item) or _same(item) in certain
            else item._replace(
                severity=INFO, message=f"{item.message}; {text}", repair=(), repair_cost=0
            )
            for item in likely.findings
        ]
        pairs = zip(settled, likely.findings, strict=True)
        return settled, sum(a.severity != b.severity for a, b in pairs)

    def _thinned(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Leave out ghosts of participants of which one stands in the same place."""
        there: set[tuple[object, ...]] = set()
        for step in steps:
            record = self._read[step.place.source].items[step.place.record].record
            who = (record.actor, *key_of(record), record.hole)
            if not step.ghost:
                there.clear()
            elif who in there:
                continue
            else:
                there.add(who)
            yield step

    @property
    def _tolerance_s(self) -> float:
        return self._case.tolerance_ns / _NS_PER_S

    def _placed(self, item: Finding, steps: Sequence[Step]) -> Finding:
        """Give a finding with paths and lines of the sources, not of the order."""
        path, line = self._place(item.line, steps)
        since, since_line = self._place(item.since_line or 0, steps)
        edits = tuple(
            edit | dict(zip(("path", "line"), self._place(_number(edit), steps), strict=True))
            for edit in item.repair
        )
        return item._replace(
            path=path,
            line=line,
            since_line=since_line if item.since_line else None,
            since_path=since if item.since_line and since != path else "",
            repair=edits,
            origin=self._origins.get((path, line), ""),
        )

    def _place(self, number: int, steps: Sequence[Step]) -> tuple[str, int]:
        """Give path and line of the record with *number* in an order; 0 is no record."""
        if not number or not steps:
            return self._case.path, 0
        at = steps[min(number, len(steps)) - 1].place
        one = self._read[at.source]
        # An edit behind the last record has a line of its own.
        return one.source.path, one.items[at.record].line + (number > len(steps))

    def _source(self, number: int, likely: _Outcome, findings: Sequence[Finding]) -> Judged:
        one = self._read[number]
        path = one.source.path
        own = [item for item in findings if item.path == path]
        own += [item for item in _of_reading(one) if self._options.selected(item.rule)]
        unread = sum(item.record.hole for item in one.items)
        doubts = (*(("the input ends in the middle",) if one.cut else ()), *half_read(own))
        marks = tuple(mark(item.record._replace(line=item.line)) for item in one.items)
        read = Input(
            path=path,
            format=one.format,
            observation=one.observation,
            records=len(one.items),
            unread=unread + bool(one.cut),
            judged=likely.judged[number],
            not_judged=len(one.items) - unread - likely.judged[number],
        )
        return Judged(
            input=told_by(read, one.aside, own, doubts),
            findings=sorted(own, key=lambda item: item.order),
            timeline=Timeline(path, marks, ()) if self._options.keep_records else None,
        )


def _number(edit: dict[str, object]) -> int:
    return int(str(edit["line"]))


def _of_reading(one: _Read) -> Iterator[Finding]:
    """Give what there is to say of a source as a whole."""
    path, last = one.source.path, one.items[-1].line if one.items else 0
    if one.cut:
        yield finding(inputs.TRUNCATED.code, one.cut, path=path, line=last + 1)
    unread = [item.line for item in one.items if item.record.hole]
    yield from more_unread(len(unread), path, unread[-1] if unread else 0)
    if not one.items and not one.cut:
        yield finding(inputs.EMPTY.code, path=path, line=1)


def _is_accusation(item: Finding) -> bool:
    return item.severity != INFO and item.family != "INP"


#: what two orders have in common of a finding
_Same = tuple[str, str, str, int, str]


def _same(item: Finding) -> _Same:
    return item.rule, item.severity, item.path, item.line, item.instance


def _session(one: SessionReport, findings: Sequence[Finding], doubt: str) -> SessionReport:
    """Give a session's verdict by the findings that are left of it."""
    left = any(
        (item.host, item.session, item.severity) == (one.host, one.session, ERROR)
        for item in findings
    )
    if one.verdict != VIOLATES or left or not doubt:
        return one
    return one._replace(verdict=INCONCLUSIVE, reasons=(*one.reasons, doubt))
