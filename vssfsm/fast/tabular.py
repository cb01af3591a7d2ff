"""
A table in two steps: its columns, then the reference over the rows in question.

The reference gets the same records, with the same lines, as if it had seen all. They are put
together from what is known of each distinct combination, so nothing is read twice.
"""

import gc
from collections.abc import Iterator
from typing import Any

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.fast.blocks import blocks_of
from vssfsm.fast.columns import NOWHERE, Columns
from vssfsm.fast.courses import sort_sessions
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.trace import GARBAGE
from vssfsm.fast.verdicts import Verdicts
from vssfsm.monitor import Monitor, SessionReport
from vssfsm.traces.canonical import read_mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.monitor.keys import Key

#: rows that are put together at a time
_ROWS = 50_000


class Tabled:
    """What the columns of a table give: the records that the reference needs, and the others."""

    def __init__(self, path: str, columns: Columns) -> None:
        self._path = path
        self._columns = columns
        self._polars = columns.polars
        self._rows = columns.finish()
        found = sort_sessions(columns, self._rows)
        self._order = found.order
        verdicts = Verdicts(columns, self._rows, found)
        self._courses = verdicts.courses
        self._spreading = {host for host in columns.voices.hosts if host.spreads}
        if any(host.name is None for host in self._spreading):
            raise UnfitError
        self._sessions = self._of_sound_hosts(verdicts.frame)
        #: rows of sound participants of sessions that are wanted
        self._left_out: list[int] = []
        self.wanted = self._wanted_rows()
        self._sound = self._sessions.filter(~self._sessions["wanted"])
        self._reports = self._reports_of(self._sound)

    def _of_sound_hosts(self, frame: Any) -> Any:
        """Give the sessions of hosts that do not go to the reference as a whole."""
        spreads = self._spreads()
        if not any(spreads):
            return frame
        mask = self._columns.table(spreads, self._polars.Boolean).gather(frame["host"])
        return frame.filter(~mask)

    def _spreads(self) -> list[bool]:
        return [host.spreads for host in self._columns.voices.hosts]

    # --- rows in question ----------------------------------------------------------
    def _wanted_rows(self) -> Any:
        """Give the rows that the reference needs, sorted."""
        polars = self._polars
        wanted = self._sessions.filter("wanted")
        found = {*self._rows_of(wanted.filter("whole"))}
        for course, start, size in (
            wanted.filter(~wanted["whole"]).select("course", "start", "size").iter_rows()
        ):
            found.update(self._rows_accused(course, start, size))
        asking = {*wanted["host"]}
        for number, host in enumerate(self._columns.voices.hosts):
            if not host.spreads:
                found.update(host.strange)
                if number in asking:
                    found.update(host.apart)
        rows = polars.Series(sorted(found), dtype=polars.UInt32)
        return polars.concat([rows, self._rows_of_hosts()]).unique().sort()

    def _rows_of(self, sessions: Any) -> Any:
        """Give the rows of whole sessions."""
        polars = self._polars
        if not sessions.height:
            return []
        ends = sessions["start"] + sessions["size"]
        places = polars.int_ranges(sessions["start"], ends, dtype=polars.UInt32, eager=True)
        return self._order.gather(places.explode())

    def _rows_accused(self, course: int, start: int, size: int) -> list[int]:
        """Give the rows of a session without those of participants that are sound."""
        sound = self._courses[course].sound
        rows: list[int] = self._order.slice(start, size).to_list()
        if not sound:
            return rows
        place, voices = self._columns.voices.place, self._rows["voice"]
        kept = [row for row in rows if place[voices[row]] not in sound]
        self._left_out += {*rows}.difference(kept)
        return kept

    def _rows_of_hosts(self) -> Any:
        """Give the rows of hosts that go to the reference as a whole."""
        polars, columns = self._polars, self._columns
        spreads = self._spreads()
        if not any(spreads):
            return polars.Series([], dtype=polars.UInt32)
        mask = [spreads[host] for host in columns.voices.host]
        return columns.table(mask, polars.Boolean).gather(self._rows["voice"]).arg_true()

    def records(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        """Give the records that the reference needs."""
        columns = self._columns
        known: dict[tuple[int, int], Record] = {}
        for at in range(0, len(self.wanted), _ROWS):
            numbers = self.wanted.slice(at, _ROWS)
            part = self._rows[numbers]
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

    def _record(self, voice: int, said: int) -> Record:
        """Give what records of a voice with a saying have in common."""
        columns = self._columns
        record, _ = read_mapping(
            {**columns.voices.all[voice].values, **columns.sayings.values[said]}, 0
        )
        return record

    # --- what was not fed ------------------------------------------------------------
    def credit(self, monitor: Monitor) -> None:
        """Tell *monitor*, which has ended, of the records that it was not given."""
        columns = self._columns
        asking = {*self._sessions.filter("wanted")["host"]}
        for number, host in enumerate(columns.voices.hosts):
            if not host.spreads:
                monitor.credit(host.records, host.judged, host.judged_records)
                if number not in asking:
                    monitor.credit(len(host.apart), host.apart_judged, host.apart_judged_records)
        self._credit_sound(monitor)
        self._credit_parts(monitor)
        monitor.credit_rows(columns.shapes.coverage)
        monitor.credit_events(columns.sayings.events)
        self._credit_health(monitor)

    def _credit_sound(self, monitor: Monitor) -> None:
        polars, sound = self._polars, self._sound
        for course, times, rows in (
            sound.group_by("course").agg(
                polars.len().alias("n"), polars.col("size").sum().alias("r")
            )
        ).iter_rows():
            verdict = self._courses[course].verdict
            assert verdict is not None
            monitor.credit(rows, times * verdict.judged, times * verdict.judged_records)
            monitor.credit_rows(verdict.rows)
        monitor.credit_sessions(self._reports)

    def _reports_of(self, sound: Any) -> list[SessionReport]:
        """Give the reports of sound sessions, sorted."""
        columns, polars = self._columns, self._polars
        counts = [one.verdict is not None and one.verdict.counts for one in self._courses]
        mask = columns.table(counts, polars.Boolean).gather(sound["course"])
        sound = sound.filter(mask)
        hosts = columns.table([host.name or "" for host in columns.voices.hosts], polars.String)
        names = polars.DataFrame(
            {"host": hosts.gather(sound["host"]), "name": columns.sessions.texts(sound["session"])}
        ).sort("host", "name")
        return [
            SessionReport(host, name, "CONFORMS", (), self._path)
            for host, name in zip(names["host"], names["name"], strict=True)
        ]

    def _credit_parts(self, monitor: Monitor) -> None:
        """Tell of those who are sound in sessions where others are not."""
        monitor.credit(len(self._left_out), 0, 0)
        parts = self._sessions.filter(self._sessions["wanted"] & ~self._sessions["whole"])
        for course in parts["course"]:
            for part in self._courses[course].sound.values():
                monitor.credit(0, part.judged, part.judged_records)
                monitor.credit_rows(part.rows)

    def _credit_health(self, monitor: Monitor) -> None:
        """Tell of writers whose last report was sound, if others were not."""
        polars, columns = self._polars, self._columns
        failed = {key for key, is_failed in monitor.health.items() if is_failed}
        if not failed:
            return
        voices, sayings = columns.voices, columns.sayings
        named: dict[int, Key] = {}
        for number, (writer, host) in enumerate(zip(voices.writers, voices.homes, strict=True)):
            key = writer.key._replace(host=host.name)
            if key in failed and not host.spreads:
                named[number] = key
        tells = sayings.which("tells_health")
        said = columns.table([tells[at] for at in sayings.symbol], polars.Boolean)
        of = columns.table([number in named for number in voices.writer], polars.Boolean)
        rows = (said.gather(self._rows["said"]) & of.gather(self._rows["voice"])).arg_true()
        whose = columns.table(voices.writer, polars.Int64).gather(self._rows["voice"].gather(rows))
        last = (
            polars.DataFrame({"writer": whose, "row": rows})
            .group_by("writer")
            .agg(polars.col("row").max())
        )
        fed = {*self.wanted}
        monitor.credit_health(named[writer] for writer, row in last.iter_rows() if row not in fed)


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
    thresholds = gc.get_threshold()
    gc.set_threshold(GARBAGE)
    try:
        for block in blocks_of(path, name, pl):
            columns.take(block)
        return Tabled(path, columns)
    except (UnfitError, EOFError):
        return None
    except BaseException as error:
        from vssfsm.traces.readers.parquet import is_damage

        if is_damage(error):
            return None  # the reference says what is wrong with the file
        raise
    finally:
        gc.set_threshold(*thresholds)
