"""Judge one input: open, read, feed a monitor, put together what it found."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from vssfsm.core.coverage import Counts
from vssfsm.core.finding import Finding, Note, finding
from vssfsm.core.garbage import collected_rarely
from vssfsm.core.record import Record
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
    #: what could not be read counts, whether its rules are selected or not
    counts_unread: bool = True
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
        return _judge_scanned(path, entered, options) or judge_opened(path, entered, options)


def _judge_scanned(path: str, entered: Entered, options: Options) -> Judged | None:
    """Judge a long trace by a scan; None where the monitor has to see every record."""
    scanned = _scan(path, entered, options)
    if scanned is None:
        return None
    from vssfsm.fast import UnfitError

    try:
        return judge_opened(path, entered, options, scanned)
    except UnfitError:
        return None


def judge_stream(
    path: str, stream: "BufferedReader", options: Options, holes: tuple[Note, ...] = ()
) -> Judged:
    """Judge what *stream* gives, as if it were the file *path*; blank lines of it are *holes*."""
    entered = choose(open_stream(path, stream), options.input_format, options.columns)
    if isinstance(entered, Note):
        return not_read(path, "unknown", entered.code, entered.message)
    return judge_opened(path, entered._replace(holes=holes), options)


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

    Raises:
        UnfitError: what the scan gave is not enough.
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
    fed = _Fed(path, monitor, keeps_marks=options.keep_records)
    with collected_rarely():  # most of what is made stays
        fed.take(reading if scanned is None else scanned.records())
    if scanned is not None:
        scanned.credit(monitor)
    fed.note_reading()
    wanted = [
        item._replace(origin=fed.origins.get(item.line, ""))
        for item in fed.findings
        if options.selected(item.rule)
    ]
    read = Input(
        path=path,
        format=entered.format,
        observation=kind,
        records=monitor.records,
        unread=monitor.unread + bool(fed.cut),
        judged=monitor.judged_records,
        not_judged=monitor.records - monitor.unread - monitor.judged_records,
    )
    return Judged(
        input=told_by(read, reading.aside, wanted, fed.doubts),
        findings=sorted(_mended(wanted, monitor, options), key=lambda item: item.order),
        sessions=_sessions(monitor, scanned),
        failed_writers=monitor.failed_writers,
        judged=monitor.judged,
        coverage=monitor.coverage,
        timeline=_timeline(path, fed.marks, monitor) if options.keep_records else None,
        counts=monitor.counts,
        events=frozenset(monitor.events),
        sound=Sound() if scanned is None else scanned.sound,
    )


class _Fed:
    """
    What feeding a monitor with the records of an input gives.

    Args:
        path: of the input.
        monitor: takes the records.
        keeps_marks: keep a mark of each record.
    """

    def __init__(self, path: str, monitor: Monitor, *, keeps_marks: bool) -> None:
        self._path = path
        self._monitor = monitor
        self._keeps_marks = keeps_marks
        #: lines that could not be read, and the last one
        self._unread = self._last_unread = 0
        self.findings: list[Finding] = []
        self.marks: list[Mark] = []
        #: of lines that say where they come from
        self.origins: dict[int, str] = {}
        #: why the input ends in the middle; empty if it does not
        self.cut = ""

    def take(self, records: Iterable[tuple[Record, tuple[Note, ...]]]) -> None:
        """Feed all records, and end."""
        last = 0
        try:
            for record, notes in records:
                last = record.line
                self._take(record, notes)
        except EOFError as error:
            self.cut = str(error)
            self._add(inputs.TRUNCATED.code, self.cut, last + 1)
        self.findings += self._monitor.close(truncated=bool(self.cut))

    def _take(self, record: Record, notes: tuple[Note, ...]) -> None:
        if record.hole:
            self._unread += 1
            self._last_unread = record.line
            if self._unread > UNREAD_LISTED:
                notes = ()
        if record.source:
            self.origins[record.line] = place(record.source)
        self.findings += self._monitor.feed(record, notes)
        if self._keeps_marks:
            self.marks.append(mark(record))

    def note_reading(self) -> None:
        """Find what is to be told of the input as a whole."""
        self.findings += more_unread(self._unread, self._path, self._last_unread)
        if not self._monitor.records and not self.findings:
            self._add(inputs.EMPTY.code, "", 1)

    def _add(self, code: str, text: str, line: int) -> None:
        self.findings.append(finding(code, text, path=self._path, line=line))

    @property
    def doubts(self) -> tuple[str, ...]:
        """Reasons why less is proved than could be."""
        ends = ("the input ends in the middle",) if self.cut else ()
        return (*self._monitor.doubts, *ends, *half_read(self.findings))


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


def more_unread(count: int, path: str, line: int) -> list[Finding]:
    """Tell how many lines could not be read beside those that are listed; *line* is the last."""
    if count <= UNREAD_LISTED:
        return []
    text = f"{count - UNREAD_LISTED} after the first {UNREAD_LISTED}"
    return [finding(inputs.MORE_UNREAD.code, text, path=path, line=line)]


def half_read(findings: list[Finding]) -> tuple[str, ...]:
    """Give a doubt where a block was judged although a part of it is missing."""
    code = inputs.INCOMPLETE_BLOCK.code
    return (RULES[code].says,) if any(item.rule == code for item in findings) else ()
