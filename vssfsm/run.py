"""
Judge whole inputs: open, read, feed a monitor per input, put everything together.

This is the one path that the command line and `vssfsm.check` share.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding, Note, finding
from vssfsm.core.timeline import Mark, Timeline, mark
from vssfsm.errors import UsageError
from vssfsm.monitor import Monitor as RecordMonitor
from vssfsm.monitor import SessionReport
from vssfsm.repair import with_repairs
from vssfsm.results import (
    CONFORMS,
    INCONCLUSIVE,
    VIOLATES,
    Input,
    Run,
    by_severity,
    by_verdict,
    verdict_of,
)
from vssfsm.spec import inputs
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import WARNING
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces import source
from vssfsm.traces.canonical import read_mapping
from vssfsm.traces.origin import place
from vssfsm.traces.reading import READERS, Entered, Reading, check_format, enter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.fast import Scanned

__all__ = [
    "CONFORMS",
    "INCONCLUSIVE",
    "READERS",
    "VIOLATES",
    "Input",
    "Monitor",
    "Run",
    "check",
    "codes",
]

NOTHING_JUDGED: Final = "nothing could be judged"
#: unread lines of one input that are listed; the rest is counted
UNREAD_LISTED: Final = 100


class Monitor:
    """
    Judge events of one input as they come: sans I/O, no clock.

    Args:
        release: Windows release of events that do not name theirs, or None.
        observation: kind of evidence, one of complete, partial, window, sampled.
        path: reported in findings.

    Raises:
        UsageError: *release* or *observation* is unknown, or an event is no mapping.
    """

    def __init__(
        self, *, release: str | None = None, observation: str = "complete", path: str = ""
    ) -> None:
        _check_options(release, observation)
        self._records = RecordMonitor(release=release, observation=observation, path=path)
        self._line = 0

    def feed(self, event: Mapping[str, object]) -> list[Finding]:
        """
        Take one event: the keys and values of a canonical record.

        Returns:
            What is certain now; findings of records without host, session and instance are held
            until `close`. The line is the event's number, from 1.
        """
        if not isinstance(event, Mapping):
            raise UsageError(f"an event is a mapping of keys to values, not {type(event).__name__}")
        self._line += 1
        record, notes = read_mapping(event, self._line)
        return self._records.feed(record, notes)

    def close(self) -> list[Finding]:
        """End the evidence; gives what was held and what is still owed."""
        return self._records.close()


def check(  # noqa: PLR0913 - options by name
    *paths: str | os.PathLike[str],
    release: str | None = None,
    observation: str | None = None,
    input_format: str = "auto",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    keep_records: bool = False,
    repair: bool = True,
    fast: bool = True,
    jobs: int = 1,
) -> Run:
    """
    Judge traces and listings.

    Args:
        paths: files, directories, patterns, or `-` for standard input.
        release: Windows release of records that do not name theirs, or None.
        observation: kind of evidence; coarser than what the input declares, or None.
        input_format: `auto`, or a format of `READERS`.
        select: codes, names or families of rules (`WTR`, `WTR101`, `thaw-before-freeze`).
        ignore: likewise; what is ignored counts nowhere.
        keep_records: keep what reports need that show the records (`Run.timelines`).
        repair: give findings the edits that mend their sessions; that takes most of the time where
            sessions are accused.
        fast: judge sessions of a long trace that are alike once; the Run is the same.
        jobs: processes that share the inputs, if there are several; a script that asks for more
            than one needs `if __name__ == "__main__":`, as with every new process.

    Returns:
        The Run; a violation is a value, never an exception.

    Raises:
        UsageError: an option or a pattern is wrong.
        MissingExtra: an input needs a package that is not installed.
    """
    _check_options(release, observation)
    if jobs < 1:
        raise UsageError(f"--jobs takes a number of processes from 1, not {jobs}")
    check_format(input_format)
    names = source.expand([os.fspath(path) for path in paths])
    options = _Options(
        release=release,
        observation=observation or "complete",
        input_format=input_format,
        selected=_selection(select, ignore),
        keep_records=keep_records,
        repair=repair,
        fast=fast,
    )
    return _together(_check_all(names, options, jobs))


class _Options(NamedTuple):
    """What the user asked for, for every input alike."""

    release: str | None
    observation: str
    input_format: str
    selected: Callable[[str], bool]
    keep_records: bool = False
    repair: bool = True
    fast: bool = True


def _selection(select: Sequence[str], ignore: Sequence[str]) -> Callable[[str], bool]:
    wanted = {code for name in select for code in codes(name)} if select else set(RULES)
    unwanted = {code for name in ignore for code in codes(name)}
    return frozenset(wanted - unwanted).__contains__


def codes(name: str) -> list[str]:
    """
    Give the rules that a code, a name or a family stands for.

    Raises:
        UsageError: there is none.
    """
    found = [c for c, row in RULES.items() if name == row.name or (name and c.startswith(name))]
    if not found:
        raise UsageError(f"no rule has the code or name {name!r}; `vssfsm rule` lists them")
    return found


def _check_options(release: str | None, observation: str | None) -> None:
    if release is not None and release not in RELEASES:
        raise UsageError(f"unknown release {release!r}; known: {', '.join(RELEASES)}")
    if observation is not None and observation not in OBSERVATIONS:
        raise UsageError(f"unknown observation {observation!r}; known: {', '.join(OBSERVATIONS)}")


class _Judged(NamedTuple):
    """One input, judged."""

    input: Input
    findings: list[Finding]
    sessions: tuple[SessionReport, ...] = ()
    failed_writers: int = 0
    judged: int = 0
    coverage: tuple[str, ...] = ()
    timeline: Timeline | None = None


def _check_all(names: Sequence[str], options: _Options, jobs: int) -> list[_Judged]:
    """Judge inputs, in as many processes as are wanted and of use; in the order of *names*."""
    files = [name for name in names if name != source.STDIN]
    jobs = min(jobs, len(files))
    if jobs < 2:
        return [_check_one(name, options) for name in names]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        found = pool.map(_check_one, files, [options] * len(files))
        return [
            _check_one(name, options) if name == source.STDIN else next(found) for name in names
        ]


def _check_one(path: str, options: _Options) -> _Judged:
    with enter(path, options.input_format) as entered:
        if isinstance(entered, Note):
            return _not_read(path, "unknown", entered.code, entered.message)
        return _judge(path, entered, options)


def _not_read(path: str, name: str, code: str, text: str) -> _Judged:
    return _Judged(
        input=Input(
            path=path,
            format=name,
            observation="complete",
            records=0,
            unread=1,
            inconclusive=(RULES[code].says,),
        ),
        findings=[finding(code, text, path=path, line=1)],
    )


def _judge(path: str, entered: Entered, options: _Options) -> _Judged:
    reader = entered.reader
    reading = Reading(entered)
    kind = max(reader.OBSERVATION, options.observation, key=OBSERVATIONS.index)
    monitor = RecordMonitor(
        release=options.release,
        observation=kind,
        path=path,
        selected=options.selected,
        keep_ways=options.keep_records,
    )
    scanned = _scan(path, entered, kind, options)
    findings: list[Finding] = []
    marks: list[Mark] = []
    origins: dict[int, str] = {}
    listed = last = 0
    cut = ""
    try:
        for record, notes in reading if scanned is None else scanned.records():
            last = record.line
            listed += record.hole
            if record.source:
                origins[record.line] = place(record.source)
            kept = notes if not record.hole or listed <= UNREAD_LISTED else ()
            findings += monitor.feed(record, kept)
            if options.keep_records:
                marks.append(mark(record))
    except EOFError as error:
        cut = str(error)
        findings.append(finding(inputs.TRUNCATED.code, cut, path=path, line=last + 1))
    findings += monitor.close(truncated=bool(cut))
    if scanned is not None:
        scanned.credit(monitor)
    if listed > UNREAD_LISTED:
        text = f"{listed - UNREAD_LISTED} after the first {UNREAD_LISTED}"
        findings.append(finding(inputs.MORE_UNREAD.code, text, path=path, line=last))
    if not monitor.records and not findings:
        findings.append(finding(inputs.EMPTY.code, path=path, line=1))
    doubts = (
        *monitor.doubts,
        *(("the input ends in the middle",) if cut else ()),
        *_half_read(findings),
    )
    wanted = [
        item._replace(origin=origins.get(item.line, ""))
        for item in findings
        if options.selected(item.rule)
    ]
    return _Judged(
        input=Input(
            path=path,
            format=entered.format,
            observation=kind,
            records=monitor.records,
            unread=monitor.unread + bool(cut),
            judged=monitor.judged_records,
            not_judged=monitor.records - monitor.unread - monitor.judged_records,
            skipped=reading.aside.skipped,
            guessed=reading.aside.guessed,
            seen=reading.aside.seen,
            verdict=verdict_of(wanted, doubts),
            inconclusive=doubts,
        ),
        findings=sorted(_mended(wanted, monitor, options), key=lambda item: item.order),
        sessions=monitor.sessions,
        failed_writers=monitor.failed_writers,
        judged=monitor.judged,
        coverage=monitor.coverage,
        timeline=_timeline(path, marks, monitor) if options.keep_records else None,
    )


def _scan(path: str, entered: Entered, kind: str, options: _Options) -> "Scanned | None":
    """Scan a long trace; None where the reference has to see every record."""
    fit = entered.format == "jsonl" and kind == "complete" and not options.keep_records
    if not fit or not options.fast or path == source.STDIN:
        return None
    from vssfsm import fast

    return None if fast.is_small(path) else fast.scan_file(path, options.release)


def _mended(
    findings: list[Finding], monitor: RecordMonitor, options: _Options
) -> Sequence[Finding]:
    return with_repairs(findings, monitor.repairs) if options.repair else findings


def _timeline(path: str, marks: list[Mark], monitor: RecordMonitor) -> Timeline:
    sound = [(s.host, s.session) for s in monitor.sessions if s.verdict == CONFORMS]
    return Timeline(path, tuple(marks), monitor.ways, tuple(sound))


def _half_read(findings: list[Finding]) -> tuple[str, ...]:
    """Give a doubt where a block was judged although a part of it is missing."""
    code = inputs.INCOMPLETE_BLOCK.code
    return (RULES[code].says,) if any(item.rule == code for item in findings) else ()


def _together(judged: list[_Judged]) -> Run:
    findings = tuple(item for one in judged for item in one.findings)
    read = tuple(one.input for one in judged)
    sessions = [session for one in judged for session in one.sessions]
    doubts = tuple(dict.fromkeys(text for one in read for text in one.inconclusive))
    nothing = not sum(one.judged for one in judged)
    if nothing and NOTHING_JUDGED not in doubts:
        doubts = (*doubts, NOTHING_JUDGED)
    return Run(
        verdict=verdict_of(findings, doubts),
        inconclusive=doubts,
        findings=findings,
        counts={
            "records": sum(one.records for one in read),
            "unread": sum(one.unread for one in read),
            "sessions": sum(session.segments for session in sessions),
            **by_severity(findings),
            "failed_writers": sum(one.failed_writers for one in judged),
            "judged": sum(one.judged for one in read),
            "not_judged": sum(one.not_judged for one in read),
            "skipped": sum(one.skipped for one in read),
            **by_verdict(sessions),
            "baselined": 0,
        },
        sessions=tuple(session for session in sessions if session.verdict != CONFORMS),
        inputs=read,
        unreadable=nothing
        or any(item.family == "INP" and item.severity == WARNING for item in findings),
        coverage=tuple(sorted({code for one in judged for code in one.coverage})),
        conforming=tuple(session for session in sessions if session.verdict == CONFORMS),
        timelines=tuple(one.timeline for one in judged if one.timeline),
    )
