"""
The records of a table as columns of numbers: session, who, what, when.

What reaches beyond a session is looked after here: subscriptions, records without a session, and
cells that cannot be read. Rows are numbered from 0; lines are kept apart.
"""

from bisect import bisect_right
from typing import Any, Final

from vssfsm.fast.blocks import Block
from vssfsm.fast.cells import Distinct, Names, Sources, Times
from vssfsm.fast.contexts import LATE, Context
from vssfsm.fast.limits import Patterns
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.owners import Host, Who, Writer
from vssfsm.fast.shapes import Shapes
from vssfsm.fast.symbols import OBSERVER, REQUESTER, Symbol
from vssfsm.fast.vectors import places_of
from vssfsm.fast.voices import SAID, VOICE, Sayings, Voices
from vssfsm.traces.canonical import read_mapping

#: no session
NOWHERE: Final = (1 << 32) - 1
#: rows of an input, and those that cannot be read
_MOST_ROWS: Final = NOWHERE
_MOST_STRANGE: Final = 100_000


class Columns:
    """
    Take the blocks of one input.

    Args:
        release: of records that do not name theirs.
        polars: the library.

    Every method raises `UnfitError` where only the reference can judge the input.
    """

    def __init__(self, release: str | None, polars: Any) -> None:
        self.polars = polars
        self.shapes = Shapes(release)
        self.voices = Voices()
        self.sayings = Sayings(release)
        self.sessions = Names(polars)
        #: numbers of those that have an apostrophe before them
        self._guarded: list[int] = []
        self._voice = Distinct(VOICE, self.voices.learn, polars)
        self._said = Distinct(SAID, self.sayings.learn, polars)
        self._times = Times(polars)
        self.sources = Sources(polars)
        self._parts: list[Any] = []
        self.rows = 0
        #: first rows of blocks, and what to add for the line; or the lines themselves
        self._firsts: list[int] = []
        self._lines: list[int | list[int]] = []
        #: values of rows that cannot be read
        self.strange: dict[int, dict[str, object]] = {}
        self._holes = Patterns()
        #: sessions that observers name, by row
        self.told_by_observers: dict[int, int] = {}
        #: what the subscriptions of writers said, from which row on; and the hosts, by row
        self.contexts: dict[Writer, list[tuple[int, Context]]] = {}
        self.changes: list[tuple[Host, int]] = []
        #: numbers of writers that had records in earlier blocks, of which so many were looked at
        self._begun: set[int] = set()
        self._looked_at = 0

    def table(self, values: list[Any], kind: Any) -> Any:
        """Give a column of *values*, to be looked up in."""
        return self.polars.Series(values, dtype=kind)

    def line(self, row: int) -> int:
        """Give the line of a row."""
        at = bisect_right(self._firsts, row) - 1
        lines = self._lines[at]
        return row + lines if isinstance(lines, int) else lines[row - self._firsts[at]]

    def finish(self) -> Any:
        """Give all rows: `session`, `voice`, `said`, `time`; and `thread`, `ended`, `source`."""
        polars = self.polars
        if not self._parts:
            raise UnfitError
        names = dict.fromkeys(name for part in self._parts for name in part.columns)
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for part in self._parts:
            for name in names:
                columns[name].append(
                    part[name]
                    if name in part.columns
                    else polars.Series(name, [None] * part.height, dtype=polars.Int64)
                )
        self._parts.clear()
        self.sessions.settle()
        return polars.DataFrame([polars.concat(columns.pop(name), rechunk=False) for name in names])

    # --- blocks --------------------------------------------------------------
    def take(self, block: Block) -> None:
        """Take some rows."""
        polars, frame = self.polars, block.frame
        if not frame.height:
            return
        rows = polars.DataFrame(
            [
                self._session(frame),
                self._voice.numbers(frame, block.plain).alias("voice"),
                self._said.numbers(frame, block.plain).alias("said"),
                *self._numbers(frame),
            ]
        )
        self._refuse(frame, rows, block)
        rows = self._without_observers(rows)
        self._firsts.append(self.rows)
        lines = block.lines
        self._lines.append(lines - self.rows if isinstance(lines, int) else lines)
        self._take_apart(rows)
        self._parts.append(rows.rechunk())
        self.rows += frame.height
        if self.rows > _MOST_ROWS:
            raise UnfitError

    def _session(self, frame: Any) -> Any:
        polars = self.polars
        if "session" not in frame.columns:
            return polars.repeat(NOWHERE, frame.height, dtype=polars.UInt32, eager=True).alias(
                "session"
            )
        texts = frame["session"]
        if texts.dtype.is_integer():
            texts = texts.cast(polars.String)
        if texts.dtype not in (polars.String, polars.Null):
            raise UnfitError
        if texts.dtype == polars.Null:
            texts = texts.cast(polars.String)
        if texts.str.len_bytes().min() == 0:
            texts = texts.replace("", None)
        before = self.sessions.count
        found = self.sessions.numbers(texts)
        new = polars.int_range(before, self.sessions.count, dtype=polars.UInt32, eager=True)
        guarded = self.sessions.texts(new).str.starts_with("'")
        self._guarded += new.filter(guarded).to_list()
        found = found.fill_null(NOWHERE) if found.null_count() else found
        return found.alias("session")

    def _numbers(self, frame: Any) -> list[Any]:
        """Give times, threads and origins."""
        polars = self.polars
        if "time" in frame.columns:
            times = self._times.read(frame["time"])
        else:
            times = polars.repeat(None, frame.height, dtype=polars.Int64, eager=True)
        found = [times.alias("time")]
        if "ended" in frame.columns and frame["ended"].null_count() < frame.height:
            found.append(self._times.read(frame["ended"]).alias("ended"))
        if "source" in frame.columns and frame["source"].null_count() < frame.height:
            found.append(self.sources.read(frame["source"]).alias("source"))
        if "thread" in frame.columns and frame["thread"].null_count() < frame.height:
            threads = frame["thread"]
            if not threads.dtype.is_integer() and threads.dtype != polars.String:
                raise UnfitError
            found.append(threads.cast(polars.Int64, strict=False).alias("thread"))
        return found

    # --- rows that cannot be read ----------------------------------------------
    def _refuse(self, frame: Any, rows: Any, block: Block) -> None:
        """Give hosts to the reference that have a record which cannot be read."""
        polars, voices = self.polars, self.voices
        odd = [
            frame[name].is_not_null() & rows[name].is_null()
            for name in ("time", "ended", "thread", "source")
            if name in frame.columns and name in rows.columns and rows[name].null_count()
        ]
        if "ended" in rows.columns:
            odd.append(rows["ended"].is_not_null() & rows["time"].is_null())
        if self._guarded:
            odd.append(rows["session"].is_in(self._guarded))
        if not all(voices.fits):
            odd.append(~self.table(voices.fits, polars.Boolean)[rows["voice"]])
        if None in self.sayings.symbols:
            known = [self.sayings.symbols[at] is None for at in self.sayings.symbol]
            odd.append(self.table(known, polars.Boolean)[rows["said"]])
        for at in sorted({at for mask in odd if mask.any() for at in mask.arg_true()}):
            host = voices.all[rows["voice"][at]].host
            if host.name is None or len(self.strange) >= _MOST_STRANGE:
                raise UnfitError
            host.spreads = True
            given = frame.row(at, named=True)
            values = self.strange[self.rows + at] = {
                name: plain
                for name, value in given.items()
                if value is not None and (plain := block.plain(value)) is not None
            }
            record, _ = read_mapping(values, 0)
            if record.hole:
                self._holes.note(record)

    # --- records without a session ------------------------------------------------
    def _without_observers(self, rows: Any) -> Any:
        """Give rows with those of observers in no session."""
        polars = self.polars
        observers = self.sayings.of_observers()
        if not any(observers):
            return rows
        said = self.table([observers[at] for at in self.sayings.symbol], polars.Boolean)
        mask = said[rows["said"]]
        for row in (mask & (rows["session"] < NOWHERE)).arg_true():
            self.told_by_observers[self.rows + row] = rows["session"][row]
        session = polars.when(mask).then(NOWHERE).otherwise(polars.col("session"))
        return rows.with_columns(session.cast(polars.UInt32).alias("session"))

    def _take_apart(self, rows: Any) -> None:
        """Take the records that belong to no session, in their order."""
        at = places_of(rows["session"] == NOWHERE)
        if not len(at):
            return
        part = rows[at]
        first: dict[int, int] = {}
        for row, voice, said in zip(at, part["voice"], part["said"], strict=True):
            if self.rows + row in self.strange:
                continue
            who = self.voices.all[voice].who
            symbol = self.sayings.symbols[self.sayings.symbol[said]]
            assert who is not None
            assert symbol is not None
            if symbol.kind == OBSERVER:
                who.host.observe(symbol, self.rows + row)
            elif symbol.kind == REQUESTER or symbol.is_lifecycle:
                raise UnfitError
            else:
                first = first or self._first_rows(rows)
                number = self.voices.writer[voice]
                begun = first[number] < row or number in self._begun_before()
                self._subscribe(who, symbol, self.rows + row, begun=begun)

    def _first_rows(self, rows: Any) -> dict[int, int]:
        """Give the first row of each writer's own records in a block."""
        polars, voices = self.polars, self.voices
        acts = self.table(voices.acts, polars.Boolean)[rows["voice"]]
        writers = self.table(voices.writer, polars.Int64)[rows["voice"]]
        own = polars.DataFrame({"writer": writers}).with_row_index("row").filter(acts)
        return dict(own.group_by("writer").agg(polars.col("row").min()).iter_rows())

    def _begun_before(self) -> set[int]:
        """Give the writers that had records in earlier blocks."""
        voices = self.voices
        for part in self._parts[self._looked_at :]:
            self._begun.update(
                voices.writer[at] for at in part["voice"].unique() if voices.acts[at]
            )
        self._looked_at = len(self._parts)
        return self._begun

    def _subscribe(self, who: Who, symbol: Symbol, row: int, *, begun: bool) -> None:
        """Take what a writer's subscription says."""
        writer, host = who.writer, who.host
        before = writer.context if begun else None
        heard = self.shapes.contexts.subscribe(before, symbol, named=host.name is not None)
        writer.context = heard.context
        host.hear(heard, row)
        if writer.context is not (before or LATE):
            self.contexts.setdefault(writer, []).append((row, writer.context))
            self.changes.append((host, row))
