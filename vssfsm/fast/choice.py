"""Which rows of a table the reference needs, and whose health the others tell of."""

from typing import Any, Final

from vssfsm.fast.columns import Columns
from vssfsm.fast.verdicts import Course
from vssfsm.monitor.keys import Key

#: rows at the end that are looked at first
_LAST: Final = 1 << 14


class Choice:
    """
    Choose the rows that the reference needs.

    Args:
        columns: what is known of all rows.
        rows: all of them.
        order: their numbers, by session.
        sessions: those of hosts that do not go to the reference as a whole.
        courses: of the sessions.

    After that `wanted` are their numbers, sorted, and `part` is what is known of them; `left_out`
    rows belong to sound participants of sessions that are wanted; `healthy` writers failed in a
    wanted row, and were sound in a later one that is not.
    """

    def __init__(
        self, columns: Columns, rows: Any, order: Any, sessions: Any, courses: list[Course]
    ) -> None:
        self._columns = columns
        self._polars = columns.polars
        self._rows = rows
        self._order = order
        self._courses = courses
        self.left_out = 0
        self.wanted = self._choose(sessions.filter("wanted"))
        self.part = rows[self.wanted]
        self.healthy = self._healthy_writers()
        del self._rows, self._order

    def _choose(self, sessions: Any) -> Any:
        """Give the rows that are needed of wanted *sessions*, and beside them."""
        polars = self._polars
        found = {*self._rows_of(sessions.filter("whole"))}
        for course, start, size in (
            sessions.filter(~sessions["whole"]).select("course", "start", "size").iter_rows()
        ):
            found.update(self._rows_accused(course, start, size))
        asking = {*sessions["host"]}
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
        return self._order[places.explode()]

    def _rows_accused(self, course: int, start: int, size: int) -> list[int]:
        """Give the rows of a session without those of participants that are sound."""
        sound = self._courses[course].sound
        rows: list[int] = self._order.slice(start, size).to_list()
        if not sound:
            return rows
        place, voices = self._columns.voices.place, self._rows["voice"]
        kept = [row for row in rows if place[voices[row]] not in sound]
        self.left_out += size - len(kept)
        return kept

    def _rows_of_hosts(self) -> Any:
        """Give the rows of hosts that go to the reference as a whole."""
        polars, columns = self._polars, self._columns
        spreads = [host.spreads for host in columns.voices.hosts]
        if not any(spreads):
            return polars.Series([], dtype=polars.UInt32)
        mask = [spreads[host] for host in columns.voices.host]
        return columns.table(mask, polars.Boolean)[self._rows["voice"]].arg_true()

    def _healthy_writers(self) -> list[Key]:
        """Give writers of which a row that is not wanted is the last to tell."""
        polars, columns = self._polars, self._columns
        voices, sayings = columns.voices, columns.sayings
        fails, tells = sayings.which("fails"), sayings.which("tells_health")
        pairs = self.part.select("voice", "said").unique()
        failed = {
            voices.writer[voice]
            for voice, said in pairs.iter_rows()
            if fails[sayings.symbol[said]] and not voices.all[voice].host.spreads
        }
        if not failed:
            return []
        told = columns.table([tells[at] for at in sayings.symbol], polars.Boolean)
        last = self._last_rows(failed, told)
        wanted = {*self.wanted}
        return [
            voices.writers[writer].key._replace(host=voices.homes[writer].name)
            for writer, row in last.items()
            if row not in wanted
        ]

    def _last_rows(self, writers: set[int], told: Any) -> dict[int, int]:
        """Give the last row of each of *writers* whose saying is in *told*, from the end on."""
        polars, columns = self._polars, self._columns
        of = columns.table([n in writers for n in columns.voices.writer], polars.Boolean)
        number = columns.table(columns.voices.writer, polars.Int64)
        found: dict[int, int] = {}
        end, size = self._rows.height, _LAST
        while end and len(found) < len(writers):
            first, size = max(0, end - size), size * 2
            rows = self._rows.slice(first, end - first)
            at = (told[rows["said"]] & of[rows["voice"]]).arg_true()
            part = polars.DataFrame({"writer": number[rows["voice"].gather(at)], "row": at})
            last = part.group_by("writer").agg(polars.col("row").max())
            found = {**{n: first + row for n, row in last.iter_rows()}, **found}
            end = first
        return found
