"""
Writers of a table whose times step back.

Most hosts run one session after another, and their times only grow, which is seen from sessions
that are sorted already. Only where that is not so rows are sorted by writer.
"""

from typing import Any, Final

from vssfsm.fast.columns import NOWHERE, Columns
from vssfsm.fast.vectors import begins_of, lasts_of, places_of, sorted_by

_BEFORE_ALL: Final = -(1 << 80)


class Clocks:
    """
    Look for hosts on which a clock may have stepped back.

    Args:
        columns: what is known of all rows.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._polars = columns.polars
        #: numbers of hosts where times do not simply grow
        self._doubted: set[int] = set()
        #: by writer, the newest time
        self._newest: dict[int, int] = {}

    def take(self, times: Any, hosts: Any, begins: Any) -> bool:
        """
        Take the rows of some sessions, sorted by session; *begins* is true at their starts.

        Tell whether no time is missing, or less than the one before it in its session.
        """
        if times.null_count():
            self._doubted.update(hosts.filter(times.is_null()).unique())
        back = (times.slice(1) < times.slice(0, len(times) - 1)) & ~begins.slice(1)
        if back.any():
            self._doubted.update(hosts.slice(1).filter(back).unique())
            return False
        return not times.null_count()

    def judge(self, sessions: Any, pieces: list[Any]) -> None:
        """
        Doubt the hosts of writers whose times step back.

        Args:
            sessions: `host`, `first` and `last` row, and their times `begin` and `end`.
            pieces: all rows.
        """
        if all(piece["time"].null_count() == piece.height for piece in pieces):
            return
        self._compare(sessions)
        for piece in pieces:
            apart = piece.filter(piece["session"] == NOWHERE)
            if apart.height:
                hosts = self._columns.voices.host
                self._doubted.update(hosts[voice] for voice in apart["voice"].unique())
        if self._doubted:
            for piece in pieces:
                self._follow(piece)

    def _compare(self, sessions: Any) -> None:
        """Compare each session with the next one of its host."""
        sessions = sessions[sorted_by(sessions["first"], self._polars)]
        sessions = sessions[sorted_by(sessions["host"], self._polars)]
        before, after = sessions.head(-1), sessions.slice(1)
        overlap = (after["first"] < before["last"]) | (after["begin"] < before["end"])
        mask = (after["host"] == before["host"]) & overlap
        self._doubted.update(after["host"].filter(mask).unique())

    def _follow(self, rows: Any) -> None:
        """Compare each time of a writer with the one before it."""
        polars, voices, sayings = self._polars, self._columns.voices, self._columns.sayings
        table = self._columns.table
        handlers = sayings.which("is_handler")
        said = table([handlers[at] for at in sayings.symbol], polars.Boolean)
        pairs = zip(voices.acts, voices.host, strict=True)
        acts = table([acts and host in self._doubted for acts, host in pairs], polars.Boolean)
        mask = acts[rows["voice"]] & said[rows["said"]] & rows["time"].is_not_null()
        times = rows["time"].filter(mask)
        if not len(times):
            return
        whose = table(voices.writer, polars.Int64)[rows["voice"].filter(mask)]
        order = sorted_by(whose, polars)
        whose, times = whose[order], times[order]
        begins = begins_of(whose, polars)
        back = ~begins.slice(1) & (times.slice(1) < times.slice(0, len(times) - 1))
        late = set(whose.slice(1).filter(back).unique()) if back.any() else set()
        firsts = places_of(begins)
        lasts = lasts_of(firsts, len(times), polars)
        newest = self._newest
        for one, first, last in zip(whose[firsts], times[firsts], times[lasts], strict=True):
            if first < newest.get(one, _BEFORE_ALL):
                late.add(one)
            newest[one] = last
        for one in late:
            voices.homes[one].spreads = True
