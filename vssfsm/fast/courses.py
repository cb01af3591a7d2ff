"""
Sessions of a table as courses: what is said in them, in order, and by whom on their host.

Rows are sorted by session. Two sessions have the same course if the hashes of their rows at their
places add up to the same, twice, with seeds that are drawn anew in every run.
"""

import secrets
from typing import Any, Final

from vssfsm.fast.clocks import Clocks
from vssfsm.fast.columns import NOWHERE, WIDE, Columns, sorted_by
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.voices import MOST

#: rows that are sorted at a time
_PART: Final = 1 << 18


class Sorted:
    """
    Sessions of all rows.

    Args:
        frame: one row each: `session`, `host`, `start` (place of its first row in `order`), `size`,
            `first` and `last` (rows), `h0` and `h1` (hashes), `span` (from the least to the most
            time of its Freeze and Thaw), `untimed` (how many of them have none).
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
            orders.append(numbers.gather(order))
            start += part.height
    if not parts:
        raise UnfitError
    order = polars.concat(orders, rechunk=True)
    orders.clear()
    frame = polars.concat(parts, rechunk=False)
    parts.clear()
    frame = frame.with_columns(
        order.gather(frame["start"]).alias("first"),
        order.gather(frame["start"] + frame["size"] - 1).alias("last"),
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
            numbers.append(mask.arg_true() + first)
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
        self._place = columns.table(voices.place, polars.UInt64)
        self._symbol = columns.table(sayings.symbol, polars.UInt64) * MOST
        self._is_timed = columns.table([timed[at] for at in sayings.symbol], polars.Boolean)
        self._seeds = secrets.randbits(63), secrets.randbits(63)
        self.clocks = Clocks(columns)

    def sort(self, part: Any) -> tuple[Any, Any]:
        """Give the sessions of some rows, and the order of the rows."""
        polars = self._polars
        order = sorted_by(part["session"], polars)
        session = part["session"].gather(order)
        voice = part["voice"].gather(order)
        host = self.host.gather(voice)
        keys = session
        begins = _begins(session)
        if (_begins(host) & ~begins).any():
            # The same name on several hosts.
            both = polars.DataFrame({"a": host.cast(polars.UInt64) * WIDE + session})["a"]
            names = both.unique().sort().to_frame("a").with_row_index("key")
            keys = both.to_frame("a").join(names, on="a", how="left", maintain_order="left")["key"]
            again = sorted_by(keys, polars)
            order, session, voice = order.gather(again), session.gather(again), voice.gather(again)
            host, keys = host.gather(again), keys.gather(again)
            begins = _begins(keys)
        said = part["said"].gather(order)
        token = self._symbol.gather(said) + self._place.gather(voice)
        starts = begins.arg_true()
        sizes = (
            polars.concat([starts.slice(1), polars.Series([len(begins)], dtype=polars.UInt32)])
            - starts
        )
        number = keys.rle_id()
        places = polars.int_range(0, len(begins), dtype=polars.UInt32, eager=True)
        within = places - starts.gather(number)
        code = token * WIDE + within
        times = part["time"].gather(order)
        self.clocks.take(times, host, begins)
        frame = polars.DataFrame(
            {
                "session": session.gather(starts),
                "host": host.gather(starts),
                "start": starts,
                "size": sizes,
                "begin": times.gather(starts),
                "end": times.gather(starts + sizes - 1),
            }
        ).with_columns(
            _sums(code.hash(seed), starts, sizes).alias(f"h{at}")
            for at, seed in enumerate(self._seeds)
        )
        timed = self._is_timed.gather(said)
        return frame.with_columns(self._spans(timed, number, times, frame.height)), order

    def _spans(self, timed: Any, number: Any, times: Any, height: int) -> list[Any]:
        """Give what lies between the times of each session's Freeze and Thaw."""
        polars, time = self._polars, self._polars.col("time")
        some = polars.DataFrame(
            {"number": number.filter(timed).set_sorted(), "time": times.filter(timed)}
        )
        found = some.group_by("number").agg(
            (time.max() - time.min()).alias("span"), time.null_count().alias("untimed")
        )
        every = polars.int_range(0, height, dtype=number.dtype, eager=True).to_frame("number")
        found = every.join(found, on="number", how="left", maintain_order="left")
        return [found["span"], found["untimed"].fill_null(0).cast(polars.UInt32)]


def _begins(keys: Any) -> Any:
    """Tell of each of *keys* whether it is another one than that before it."""
    return (keys != keys.shift()).fill_null(value=True)


def _sums(hashes: Any, starts: Any, sizes: Any) -> Any:
    """Give the sum of each session's hashes; sums wrap around."""
    sums = hashes.cum_sum()
    return sums.gather(starts + sizes - 1) - sums.gather(starts) + hashes.gather(starts)
