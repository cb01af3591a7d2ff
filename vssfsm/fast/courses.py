"""
Sessions of a table as courses: what is said in them, in order, and by whom on their host.

Rows are sorted by session. Two sessions have the same course if the hashes of their rows at their
places add up to the same, twice, with seeds that are drawn anew in every run.
"""

import secrets
from typing import Any, Final

from vssfsm.fast.clocks import Clocks
from vssfsm.fast.columns import NOWHERE, Columns
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.vectors import WIDE, begins_of, lasts_of, places_of, sorted_by
from vssfsm.fast.voices import MOST

#: rows that are sorted at a time
_PART: Final = 1 << 18


class Sorted:
    """
    Sessions of all rows.

    Args:
        frame: one row each: `session`, `host`, `start` (place of its first row in `order`), `size`,
            `first` and `last` (rows), `h0` and `h1` (hashes), `span` (from the least to the most
            time of its Freeze and Thaw), `untimed` (how many of them have none), `back` (its
            requester's times step back).
        order: rows, by session.
    """

    def __init__(self, frame: Any, order: Any) -> None:
        self.frame: Any = frame
        self.order = order


def sort_sessions(columns: Columns, rows: Any) -> Sorted:
    """
    Sort *rows* by session.

    Raises:
        UnfitError: there is none.
    """
    polars = columns.polars
    looks = _Looks(columns)
    parts, orders, start = [], [], 0
    pieces = _pieces(rows.select("session", "voice", "said", "time"))
    spans = [_span(piece["session"]) for piece in pieces]
    for low, high in _ranges(columns.sessions.count, rows.height):
        part, numbers = _between(pieces, spans, (low, high), polars)
        if part.height:
            found, order = looks.sort(part)
            parts.append(found.with_columns(polars.col("start") + start))
            orders.append(numbers[order])
            start += part.height
    if not parts:
        raise UnfitError
    order = polars.concat(orders, rechunk=True)
    orders.clear()
    frame = polars.concat(parts, rechunk=False)
    parts.clear()
    frame = frame.with_columns(
        order[frame["start"]].alias("first"),
        order[frame["start"] + frame["size"] - 1].alias("last"),
    )
    looks.clocks.judge(frame.select("host", "first", "last", "begin", "end"), pieces)
    return Sorted(frame.drop("begin", "end"), order)


def _pieces(rows: Any) -> list[Any]:
    """Give rows in the pieces that they lie in, of which none is copied."""
    found, first = [], 0
    for size in rows["session"].chunk_lengths():
        found.append(rows.slice(first, size))
        first += size
    return found


def _span(sessions: Any) -> tuple[int, int]:
    """Give the least and the most number of a session; new ones have greater numbers."""
    sessions = sessions.filter(sessions < NOWHERE)
    return (sessions.min(), sessions.max()) if len(sessions) else (NOWHERE, NOWHERE)


def _between(
    pieces: list[Any], spans: list[tuple[int, int]], wanted: tuple[int, int], polars: Any
) -> tuple[Any, Any]:
    """Give the rows of a range of sessions, and the numbers of these rows."""
    low, high = wanted
    found, numbers, first = [pieces[0].clear()], [], 0
    for piece, (least, most) in zip(pieces, spans, strict=True):
        if least < high and most >= low:
            mask = (piece["session"] >= low) & (piece["session"] < high)
            found.append(piece.filter(mask))
            numbers.append(places_of(mask, first))
        first += piece.height
    numbers = numbers or [polars.Series([], dtype=polars.UInt32)]
    return polars.concat(found, rechunk=True), polars.concat(numbers, rechunk=True)


def _ranges(sessions: int, rows: int) -> list[tuple[int, int]]:
    """Give ranges of sessions' numbers, each of some of the rows."""
    parts = -(-rows // _PART)
    step = max(1, -(-sessions // parts))
    return [(low, low + step) for low in range(0, sessions, step)]


class _Looks:
    """What numbers of voices and sayings stand for, as columns to look up in."""

    def __init__(self, columns: Columns) -> None:
        polars = columns.polars
        self._polars = polars
        voices, sayings = columns.voices, columns.sayings
        timed = [
            a or b for a, b in zip(sayings.which("starts"), sayings.which("ends"), strict=True)
        ]
        self.host = columns.table(voices.host, polars.UInt32)
        self._asks = columns.table(voices.asks, polars.Boolean)
        self._place = columns.table(voices.place, polars.UInt64)
        self._symbol = columns.table(sayings.symbol, polars.UInt64) * MOST
        self._is_timed = columns.table([timed[at] for at in sayings.symbol], polars.Boolean)
        self._seeds = secrets.randbits(63), secrets.randbits(63)
        self.clocks = Clocks(columns)

    def sort(self, part: Any) -> tuple[Any, Any]:
        """Give the sessions of some rows, and the order of the rows."""
        polars = self._polars
        order = sorted_by(part["session"], polars)
        session = part["session"][order]
        voice = part["voice"][order]
        host = self.host[voice]
        keys = session
        begins = begins_of(session, polars)
        if (begins_of(host, polars) & ~begins).any():
            # The same name on several hosts.
            both = polars.DataFrame({"a": host.cast(polars.UInt64) * WIDE + session})["a"]
            names = both.unique().sort().to_frame("a").with_row_index("key")
            keys = both.to_frame("a").join(names, on="a", how="left", maintain_order="left")["key"]
            again = sorted_by(keys, polars)
            order, session, voice = order[again], session[again], voice[again]
            host, keys = host[again], keys[again]
            begins = begins_of(keys, polars)
        said = part["said"][order]
        token = self._symbol[said] + self._place[voice]
        starts = places_of(begins)
        lasts = lasts_of(starts, len(begins), polars)
        number = keys.rle_id()
        places = polars.int_range(0, len(begins), dtype=polars.UInt32, eager=True)
        within = places - starts[number]
        code = token * WIDE + within
        times = part["time"][order]
        grows = self.clocks.take(times, host, begins)
        frame = polars.DataFrame(
            {
                "session": session[starts],
                "host": host[starts],
                "start": starts,
                "size": lasts - starts + 1,
                "begin": times[starts],
                "end": times[lasts],
                "h0": _sums(code.hash(self._seeds[0]), starts, lasts),
                "h1": _sums(code.hash(self._seeds[1]), starts, lasts),
            }
        )
        timed = self._is_timed[said]
        spans = self._spans(number.filter(timed), times.filter(timed), grows=grows)
        backs = self._backs(number, voice, times) if not grows else number.clear()
        every = polars.int_range(0, frame.height, dtype=number.dtype, eager=True).to_frame("number")
        spans = every.join(spans, on="number", how="left", maintain_order="left")
        untimed = spans["untimed"].fill_null(0).cast(polars.UInt32)
        back = every["number"].is_in(backs.implode()).alias("back")
        return frame.with_columns(spans["span"], untimed, back), order

    def _backs(self, numbers: Any, voices: Any, times: Any) -> Any:
        """Give the numbers of sessions in which a time of the requester is before his last one."""
        mask = self._asks[voices] & times.is_not_null()
        numbers, times = numbers.filter(mask), times.filter(mask)
        back = (times.slice(1) < times.head(-1)) & (numbers.slice(1) == numbers.head(-1))
        return numbers.slice(1).filter(back).unique()

    def _spans(self, numbers: Any, times: Any, *, grows: bool) -> Any:
        """
        Give what lies between the times of each session's Freeze and Thaw.

        Args:
            numbers: of the sessions of all Freeze and Thaw.
            times: of these.
            grows: no time is missing or less than the one before it.
        """
        polars, time = self._polars, self._polars.col("time")
        if grows:
            firsts = places_of(begins_of(numbers, polars))
            span = times[lasts_of(firsts, len(times), polars)] - times[firsts]
            found = polars.DataFrame({"number": numbers[firsts], "span": span})
            return found.with_columns(polars.lit(0, dtype=polars.UInt32).alias("untimed"))
        some = polars.DataFrame({"number": numbers.set_sorted(), "time": times})
        return some.group_by("number").agg(
            (time.max() - time.min()).alias("span"), time.null_count().alias("untimed")
        )


def _sums(hashes: Any, starts: Any, lasts: Any) -> Any:
    """Give the sum of each session's hashes; sums wrap around."""
    sums = hashes.cum_sum()
    return sums[lasts] - sums[starts] + hashes[starts]
