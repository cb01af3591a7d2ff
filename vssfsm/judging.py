"""Judge one input: open, read, feed a monitor, put together what it found."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from vssfsm.core.coverage import Counts
from vssfsm.core.finding import Finding, Note, finding
from vssfsm.core.timeline import Mark, Timeline, mark
from vssfsm.errors import VssfsmError, defect
from vssfsm.monitor import Monitor, SessionReport
from vssfsm.repair import with_repairs
from vssfsm.results import CONFORMS, CaseReport, Input, Sound, verdict_of
from vssfsm.spec import inputs
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces.aside import Aside
from vssfsm.traces.columns import NO_COLUMNS, Columns
from vssfsm.traces.origin import place
from vssfsm.traces.reading import Entered, Reading, choose, enter
from vssfsm.traces.source import STDIN, open_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader

    from vssfsm.fast import Scanned, Tabled

_Given = TypeVar("_Given")
#: unread lines of one input that are listed; the rest is counted
UNREAD_LISTED: Final = 100


class Options(NamedTuple):
    """What the user asked for, for every input alike."""

    release: str | None
    observation: str
    input_format: str
    selected: Callable[[str], bool]
    keep_records: bool = False
    keep_counts: bool = False
    repair: bool = True
    columns: Columns = NO_COLUMNS
    fast: bool = True


class Judged(NamedTuple):
    """
    One input, judged.

    Args:
        sound: sessions that conform, beside *sessions*.
        doubts, case: of the case whose first source it is.
        defects: of ours, for which it was not judged.
    """

    input: Input
    findings: list[Finding]
    sessions: tuple[SessionReport, ...] = ()
    failed_writers: int = 0
    judged: int = 0
    coverage: tuple[str, ...] = ()
    timeline: Timeline | None = None
    counts: Counts | None = None
    events: frozenset[str] = frozenset()
    doubts: tuple[str, ...] = ()
    case: CaseReport | None = None
    sound: Sound = Sound()
    defects: tuple[str, ...] = ()


def attempt(judge: Callable[[], _Given], path: str) -> _Given | Judged:
    """Judge; where something of ours fails, that is told of *path*, and others are still judged."""
    try:
        return judge()
    except VssfsmError:
        raise
    except MemoryError:
        return not_read(
            path, "unknown", inputs.UNREADABLE_INPUT.code, "there is not enough memory for it"
        )
    except OSError as error:
        return not_read(path, "unknown", inputs.UNREADABLE_INPUT.code, error.strerror or str(error))
    except Exception as error:  # noqa: BLE001 - nobody foresaw it
        return _broken(path, defect(error))


def _broken(path: str, text: str) -> Judged:
    read = Input(path, "unknown", OBSERVATIONS[0], records=0, unread=1, inconclusive=(text,))
    return Judged(input=read, findings=[], defects=(text,))


def judge_input(path: str, options: Options) -> Judged:
    """Judge the input *path* on its own."""
    return attempt(partial(_judge_input, path, options), path)


def _judge_input(path: str, options: Options) -> Judged:
    with enter(path, options.input_format, options.columns) as entered:
        if isinstance(entered, Note):
            return not_read(path, "unknown", entered.code, entered.message)
        return judge_opened(path, entered, options, _scan(path, entered, options))


def judge_stream(path: str, stream: "BufferedReader", options: Options) -> Judged:
    """Judge what *stream* gives, as if it were the file *path*."""
    entered = choose(open_stream(path, stream), options.input_format, options.columns)
    if isinstance(entered, Note):
        return not_read(path, "unknown", entered.code, entered.message)
    return judge_opened(path, entered, options)


def not_read(path: str, name: str, code: str, text: str) -> Judged:
    """Give what stands for an input that cannot be read, for the reason *code*."""
    return Judged(
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


def judge_opened(
    path: str, entered: Entered, options: Options, scanned: "Scanned | Tabled | None" = None
) -> Judged:
    """
    Judge an open input.

    Args:
        path: of it.
        entered: it, with its reader.
        options: for every input.
        scanned: what a scan of it gave; None: the monitor has to see every record.
    """
    reading = Reading(entered)
    kind = _kind(entered, options)
    monitor = Monitor(
        release=options.release,
        observation=kind,
        path=path,
        selected=options.selected,
        keep_ways=options.keep_records,
        counts_rows=options.keep_counts,
    )
    findings: list[Finding] = []
    marks: list[Mark] = []
    origins: dict[int, str] = {}
    listed = last = last_unread = 0
    cut = ""
    try:
        for record, notes in reading if scanned is None else scanned.records():
            last = record.line
            listed += record.hole
            last_unread = last if record.hole else last_unread
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
        findings.append(finding(inputs.MORE_UNREAD.code, text, path=path, line=last_unread))
    if not monitor.records and not findings:
        findings.append(finding(inputs.EMPTY.code, path=path, line=1))
    doubts = (
        *monitor.doubts,
        *(("the input ends in the middle",) if cut else ()),
        *half_read(findings),
    )
    wanted = [
        item._replace(origin=origins.get(item.line, ""))
        for item in findings
        if options.selected(item.rule)
    ]
    read = Input(
        path=path,
        format=entered.format,
        observation=kind,
        records=monitor.records,
        unread=monitor.unread + bool(cut),
        judged=monitor.judged_records,
        not_judged=monitor.records - monitor.unread - monitor.judged_records,
    )
    return Judged(
        input=told_by(read, reading.aside, wanted, doubts),
        findings=sorted(_mended(wanted, monitor, options), key=lambda item: item.order),
        sessions=_sessions(monitor, scanned),
        failed_writers=monitor.failed_writers,
        judged=monitor.judged,
        coverage=monitor.coverage,
        timeline=_timeline(path, marks, monitor) if options.keep_records else None,
        counts=monitor.counts,
        events=frozenset(monitor.events),
        sound=Sound() if scanned is None else scanned.sound,
    )


def _sessions(monitor: Monitor, scanned: "Scanned | Tabled | None") -> tuple[SessionReport, ...]:
    if scanned is None:
        return monitor.sessions
    return tuple(sorted((*monitor.sessions, *scanned.doubtful)))


def _kind(entered: Entered, options: Options) -> str:
    own: str = entered.reader.OBSERVATION
    return max(own, options.observation, key=OBSERVATIONS.index)


def _scan(path: str, entered: Entered, options: Options) -> "Scanned | Tabled | None":
    """Scan a long trace; None where the monitor has to see every record."""
    kind = _kind(entered, options)
    known = entered.format in ("jsonl", "csv", "parquet")
    fit = known and kind == "complete" and options.columns == NO_COLUMNS
    keeps = options.keep_records or options.keep_counts
    if not fit or keeps or not options.fast or path == STDIN:
        return None
    from vssfsm import fast

    if fast.is_small(path, entered.format):
        return None
    if entered.format == "jsonl":
        return fast.scan_file(path, options.release)
    return fast.scan_table(path, entered.format, options.release)


def told_by(
    read: Input, aside: Aside, findings: Sequence[Finding], doubts: tuple[str, ...]
) -> Input:
    """Give an input with what its reader knows beside its records, and its verdict."""
    return read._replace(
        skipped=aside.skipped,
        guessed=aside.guessed,
        holds=aside.holds,
        seen=aside.seen,
        lines=aside.share,
        verdict=verdict_of(findings, doubts),
        inconclusive=doubts,
    )


def _mended(findings: list[Finding], monitor: Monitor, options: Options) -> Sequence[Finding]:
    return with_repairs(findings, monitor.repairs) if options.repair else findings


def _timeline(path: str, marks: list[Mark], monitor: Monitor) -> Timeline:
    sound = [(s.host, s.session) for s in monitor.sessions if s.verdict == CONFORMS]
    return Timeline(path, tuple(marks), monitor.ways, tuple(sound))


def half_read(findings: list[Finding]) -> tuple[str, ...]:
    """Give a doubt where a block was judged although a part of it is missing."""
    code = inputs.INCOMPLETE_BLOCK.code
    return (RULES[code].says,) if any(item.rule == code for item in findings) else ()
