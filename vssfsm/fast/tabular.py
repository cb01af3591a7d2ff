"""
A table in two steps: its columns, then the reference over the rows in question.

The reference gets the same records, with the same lines, as if it had seen all. They are put
together from what is known of each distinct combination, so nothing is read twice.
"""

from collections.abc import Collection, Iterator
from typing import Any

from vssfsm.core.finding import Note
from vssfsm.core.garbage import collected_rarely
from vssfsm.core.record import Record
from vssfsm.fast.blocks import blocks_of
from vssfsm.fast.choice import Choice
from vssfsm.fast.columns import NOWHERE, Columns
from vssfsm.fast.courses import sort_sessions
from vssfsm.fast.limits import MOST_SESSIONS, check_forgotten
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.verdicts import Verdicts
from vssfsm.monitor import Monitor, SessionReport
from vssfsm.results import Sound
from vssfsm.traces.canonical import read_mapping

#: rows that are put together at a time
_ROWS = 50_000


class Tabled:
    """
    What the columns of a table give: the records that the reference needs, and the others.

    After that `wanted` are the numbers of the rows that it needs, and `sound` the sessions that
    conform, of which it needs nothing.
    """

    #: of all sessions in doubt the reference gets the records
    doubtful: tuple[SessionReport, ...] = ()

    def __init__(self, path: str, columns: Columns) -> None:
        self._path = path
        self._columns = columns
        self._polars = columns.polars
        rows = columns.finish()
        found = sort_sessions(columns, rows)
        verdicts = Verdicts(columns, rows, found)
        self._courses = verdicts.courses
        if any(host.name is None and host.spreads for host in columns.voices.hosts):
            raise UnfitError
        #: sessions, all of them
        self._begun: int = verdicts.frame.height
        if self._begun > MOST_SESSIONS and self._most_open(verdicts.frame) > MOST_SESSIONS:
            raise UnfitError  # the reference forgets who is open
        sessions = self._of_sound_hosts(verdicts.frame)
        order = found.order
        del found, verdicts
        self._choice = Choice(columns, rows, order, sessions, self._courses)
        self.wanted = self._choice.wanted
        del rows, order
        #: of wanted sessions: where, and the courses of those that are wanted in part
        self._asking = {*sessions.filter("wanted")["host"]}
        self._partly = sessions.filter(sessions["wanted"] & ~sessions["whole"])["course"]
        sound = sessions.filter(~sessions["wanted"]).select("host", "session", "course", "size")
        del sessions
        self._sums = sound.group_by("course").agg(
            self._polars.len(), self._polars.col("size").sum()
        )
        self.sound = self._names_of(sound)

    def _most_open(self, frame: Any) -> int:
        """Give how many sessions are open at once, at most; those that are wanted do not end."""
        begun = frame["first"].sort()
        ended = frame.filter(~frame["wanted"])["last"].sort().search_sorted(begun)
        before = self._polars.int_range(0, len(begun), eager=True)
        return int((before - ended.cast(before.dtype)).max()) + 1

    def _of_sound_hosts(self, frame: Any) -> Any:
        """Give the sessions of hosts that do not go to the reference as a whole."""
        spreads = [host.spreads for host in self._columns.voices.hosts]
        if not any(spreads):
            return frame
        mask = self._columns.table(spreads, self._polars.Boolean)[frame["host"]]
        return frame.filter(~mask)

    # --- rows in question ----------------------------------------------------------
    def records(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        """Give the records that the reference needs."""
        columns = self._columns
        known: dict[tuple[int, int], Record] = {}
        for at in range(0, len(self.wanted), _ROWS):
            numbers = self.wanted.slice(at, _ROWS)
            part = self._choice.part.slice(at, _ROWS)
            names = self._names(numbers, part["session"])
            for row, session, values in zip(
                numbers, names, part.iter_rows(named=True), strict=True
            ):
                line = columns.line(row)
                if row in columns.strange:
                    yield read_mapping(columns.strange[row], line)
                    continue
                key = values["voice"], values["said"]
                found = known.get(key)
                if found is None:
                    found = known[key] = self._record(*key)
                yield (
                    found._replace(
                        line=line,
                        session=session,
                        time_ns=values["time"],
                        ended_ns=values.get("ended"),
                        thread=values.get("thread"),
                        source=self._source(values.get("source")),
                    ),
                    (),
                )

    def _names(self, rows: Any, sessions: Any) -> Any:
        """Give the names of sessions; where there is none, None."""
        known = self._columns.told_by_observers
        if known:
            numbers = [known.get(row, at) for row, at in zip(rows, sessions, strict=True)]
            sessions = self._columns.table(numbers, self._polars.UInt32)
        mask = sessions < NOWHERE
        if not mask.any():
            return [None] * len(sessions)
        if not mask.all():
            some = sessions.filter(mask)[0]
            filled = sessions.replace(NOWHERE, some)
            names = self._columns.sessions.texts(filled)
            return [name if is_one else None for name, is_one in zip(names, mask, strict=True)]
        return self._columns.sessions.texts(sessions)

    def _source(self, number: int | None) -> dict[str, object] | None:
        """Give an origin."""
        return None if number is None else self._columns.sources.value(number)

    def _record(self, voice: int, said: int) -> Record:
        """Give what records of a voice with a saying have in common."""
        columns = self._columns
        record, _ = read_mapping(
            {**columns.voices.all[voice].values, **columns.sayings.values[said]}, 0
        )
        return record

    # --- what was not fed ------------------------------------------------------------
    def credit(self, monitor: Monitor) -> None:
        """
        Tell *monitor*, which has ended, of the records that it was not given.

        Raises:
            UnfitError: it remembers a session that is forgotten where all are given.
        """
        check_forgotten(monitor, self._begun)
        columns = self._columns
        for number, host in enumerate(columns.voices.hosts):
            if not host.spreads:
                monitor.credit(host.records, host.judged, host.judged_records)
                monitor.credit_rows(host.coverage)
                if number not in self._asking:
                    monitor.credit(len(host.apart), host.apart_judged, host.apart_judged_records)
        self._credit_sound(monitor)
        self._credit_parts(monitor)
        monitor.credit_events(columns.sayings.events)
        monitor.credit_health(self._choice.healthy)

    def _credit_sound(self, monitor: Monitor) -> None:
        for course, times, rows in self._sums.iter_rows():
            verdict, more = self._courses[course].verdict, self._courses[course].more
            assert verdict is not None
            judged, judged_records = verdict.judged + more[0], verdict.judged_records + more[1]
            monitor.credit(rows, times * judged, times * judged_records)
            monitor.credit_rows(verdict.rows)

    def _names_of(self, sound: Any) -> Sound:
        """Give the names of sound sessions."""
        columns, polars = self._columns, self._polars
        counts = [one.verdict is not None and one.verdict.counts for one in self._courses]
        mask = columns.table(counts, polars.Boolean)[sound["course"]]
        hosts = columns.voices.hosts
        sound = sound.select("host", "session").filter(mask)
        names: dict[str, _Texts] = {}
        for part in sound.partition_by("host"):
            host = hosts[part["host"][0]].name or ""
            names[host] = _Texts(columns.sessions.texts(part["session"]))
        return Sound(self._path, names)

    def _credit_parts(self, monitor: Monitor) -> None:
        """Tell of those who are sound in sessions where others are not."""
        monitor.credit(self._choice.left_out, 0, 0)
        for course in self._partly:
            for part in self._courses[course].sound.values():
                monitor.credit(0, part.judged, part.judged_records)
                monitor.credit_rows(part.rows)


class _Texts(Collection[str]):
    """Texts in few bytes."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __iter__(self) -> Iterator[str]:
        return iter(self._column.to_list())

    def __contains__(self, text: object) -> bool:
        return text in self._column.to_list()


def scan_table(path: str, name: str, release: str | None) -> Tabled | None:
    """
    Judge what is sound in a table; None where only the reference can judge it.

    Args:
        path: of a file.
        name: its format, `csv` or `parquet`.
        release: of records that do not name theirs.
    """
    try:
        import polars as pl
    except ImportError:
        return None
    if not hasattr(pl, "Categories"):  # an older one has no numbers of texts that last
        return None
    columns = Columns(release, pl)
    try:
        with collected_rarely():
            for block in blocks_of(path, name, pl):
                columns.take(block)
            return Tabled(path, columns)
    except (UnfitError, EOFError):
        return None
