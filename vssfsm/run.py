"""
Judge whole inputs: open, read, feed a monitor per input, put everything together.

This is the one path that the command line and `vssfsm.check` share.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from vssfsm.core.coverage import merged
from vssfsm.core.finding import Finding
from vssfsm.errors import UsageError
from vssfsm.judging import Judged, Options, attempt, judge_input
from vssfsm.monitor import Monitor as RecordMonitor
from vssfsm.monitor import SessionReport
from vssfsm.processes import check_jobs, shared
from vssfsm.results import (
    CONFORMS,
    INCONCLUSIVE,
    VIOLATES,
    Conforming,
    Input,
    Run,
    by_rules,
    by_severity,
    by_verdict,
    verdict_of,
)
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import WARNING
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces import source
from vssfsm.traces.canonical import read_mapping
from vssfsm.traces.columns import columns_of
from vssfsm.traces.formats import READERS
from vssfsm.traces.reading import check_format

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
#: the family of rules about evidence itself
EVIDENCE: Final = "INP"


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

    @property
    def coverage(self) -> tuple[str, ...]:
        """Codes of the rows that the events took so far, sorted."""
        return self._records.coverage


def check(  # noqa: PLR0913 - options by name
    *paths: str | os.PathLike[str],
    release: str | None = None,
    observation: str | None = None,
    input_format: str = "auto",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    keep_records: bool = False,
    keep_counts: bool = False,
    repair: bool = True,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    merge: bool = False,
    tolerance_s: float | None = None,
    fast: bool = True,
    jobs: int = 1,
    watch: Callable[[str, int, int], None] | None = None,
) -> Run:
    """
    Judge traces and listings.

    Args:
        paths: files, directories, patterns, or `-` for standard input.
        release: Windows release of records that do not name theirs, or None.
        observation: kind of evidence; coarser than what the input declares, or None.
        input_format: `auto`, a format of `READERS`, or the name of a reader of another package.
        columns: names of columns in tables, or of attributes -> keys of the format.
        constants: keys of the format -> values of every record of a table that says no other.
        merge: judge all inputs as one case; a directory with a `case.toml` always is one.
        tolerance_s: seconds that the clocks of a case may differ by, or None.
        select: codes, names or families of rules (`WTR`, `WTR101`, `thaw-before-freeze`).
        ignore: likewise; what is ignored counts nowhere.
        keep_records: keep what reports need that show the records (`Run.timelines`).
        keep_counts: count how often rows are taken (`Run.taken`).
        repair: give findings the edits that mend their sessions; that takes most of the time where
            sessions are accused.
        fast: judge sessions of a long trace that are alike once; the Run is the same.
        jobs: processes that share the inputs, if there are several; a script that asks for more
            than one needs `if __name__ == "__main__":`, as with every new process.
        watch: is told the name of each input before it is judged, its number, and how many there
            are.

    Returns:
        The Run; a violation is a value, never an exception.

    Raises:
        UsageError: an option or a pattern is wrong.
        MissingExtra: an input needs a package that is not installed.
    """
    check_jobs(jobs)
    if tolerance_s is not None:
        from vssfsm.traces.casefile import check_tolerance

        check_tolerance(tolerance_s)
    options = options_of(
        release=release,
        observation=observation,
        input_format=input_format,
        select=select,
        ignore=ignore,
        keep_records=keep_records,
        columns=columns,
        constants=constants,
    )._replace(keep_counts=keep_counts, repair=repair, fast=fast)
    names = [os.fspath(path) for path in paths]
    if merge:
        return together(_judge_case(names, options, ", ".join(names), tolerance_s), options)
    return together(_judge(names, options, tolerance_s, jobs, watch), options)


def options_of(  # noqa: PLR0913 - options by name
    *,
    release: str | None = None,
    observation: str | None = None,
    input_format: str = "auto",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    keep_records: bool = False,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
) -> Options:
    """
    Give what `check` judges every input by; its arguments say what they mean.

    Raises:
        UsageError: one is wrong.
    """
    _check_options(release, observation)
    check_format(input_format)
    return Options(
        release=release,
        observation=observation or "complete",
        input_format=input_format,
        selected=_selection(select, ignore),
        counts_unread=not any(code.startswith(EVIDENCE) for code in _codes(ignore)),
        keep_records=keep_records,
        columns=columns_of(columns, constants),
    )


def _judge(
    names: Sequence[str],
    options: Options,
    tolerance_s: float | None,
    jobs: int,
    watch: Callable[[str, int, int], None] | None,
) -> list[Judged]:
    """Judge inputs one by one, in as many processes as are wanted and of use."""
    from vssfsm.traces.casefile import is_case

    units = [
        (path, case)
        for name in names
        for case in (name != source.STDIN and is_case(name),)
        for path in ([name] if case else source.expand([name]))
    ]
    files = [path for path, case in units if not case and path != source.STDIN]
    apart = shared(partial(judge_input, options=options), files, jobs)
    judged: list[Judged] = []
    for number, (path, case) in enumerate(units, start=1):
        if watch is not None:
            watch(path, number, len(units))
        if case:
            judged += _judge_case([path], options, path, tolerance_s)
        else:
            judged.append(judge_input(path, options) if path == source.STDIN else next(apart))
    return judged


def _judge_case(
    names: list[str], options: Options, name: str, tolerance_s: float | None
) -> list[Judged]:
    from vssfsm.case import judge_case
    from vssfsm.traces.casefile import case_of

    case = case_of(names, name=name, tolerance_s=tolerance_s)
    judged = attempt(partial(judge_case, case, options), name)
    return [judged] if isinstance(judged, Judged) else judged


def _selection(select: Sequence[str], ignore: Sequence[str]) -> Callable[[str], bool]:
    wanted = _codes(select) if select else set(RULES)
    return frozenset(wanted - _codes(ignore)).__contains__


def _codes(names: Sequence[str]) -> set[str]:
    return {code for name in names for code in codes(name)}


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


def together(judged: Sequence[Judged], options: Options) -> Run:
    """Put inputs together that were judged, as *options* ask."""
    findings = tuple(item for one in judged for item in one.findings)
    read = tuple(one.input for one in judged)
    sessions = [session for one in judged for session in one.sessions]
    sound = sum(len(one.sound) for one in judged)
    said = [text for one in judged for text in (*one.input.inconclusive, *one.doubts)]
    doubts = tuple(dict.fromkeys(said))
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
            "sessions": sum(session.segments for session in sessions) + sound,
            **by_severity(findings),
            "failed_writers": sum(one.failed_writers for one in judged),
            "judged": sum(one.judged for one in read),
            "not_judged": sum(one.not_judged for one in read),
            "skipped": sum(one.skipped for one in read),
            **_plus(by_verdict(sessions), sound),
            **by_rules({name for one in judged for name in one.events}),
            "baselined": 0,
        },
        sessions=tuple(session for session in sessions if session.verdict != CONFORMS),
        inputs=read,
        unreadable=nothing
        or (options.counts_unread and any(one.unread for one in read))
        or any(item.family == EVIDENCE and item.severity == WARNING for item in findings),
        coverage=tuple(sorted({code for one in judged for code in one.coverage})),
        conforming=_conforming(judged) if sound else tuple(_that_conform(sessions)),
        timelines=tuple(one.timeline for one in judged if one.timeline),
        cases=tuple(one.case for one in judged if one.case),
        taken=merged(one.counts for one in judged),
        defects=tuple(text for one in judged for text in one.defects),
    )


def _plus(counts: dict[str, int], conforming: int) -> dict[str, int]:
    """Count sessions that conform, too."""
    name = f"sessions_{CONFORMS.lower()}"
    return counts | {name: counts[name] + conforming}


def _conforming(judged: Sequence[Judged]) -> Conforming:
    return Conforming((tuple(_that_conform(one.sessions)), one.sound) for one in judged)


def _that_conform(sessions: Iterable[SessionReport]) -> Iterator[SessionReport]:
    return (session for session in sessions if session.verdict == CONFORMS)
