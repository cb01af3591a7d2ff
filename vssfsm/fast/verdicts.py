"""
Which sessions of a table are sound, which the reference has to judge.

Each distinct course is judged once for each host. Then sessions are compared with others of their
host: requesters at work at the same time, programs whose last operation failed, late sessions.
"""

import secrets
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final

from vssfsm.fast.columns import Columns
from vssfsm.fast.contexts import LATE, Context
from vssfsm.fast.courses import Sorted
from vssfsm.fast.ends import Path, is_late, judge_node, sound_parts
from vssfsm.fast.graph import Graph, Node
from vssfsm.fast.limits import MOST_SESSIONS
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.owners import Entry, Host, Session, Who
from vssfsm.fast.shapes import Shapes, Verdict
from vssfsm.fast.steps import NOTHING_MORE, More, Roster, Step
from vssfsm.fast.symbols import Symbol
from vssfsm.fast.vectors import WIDE, places_of
from vssfsm.fast.ways import Ways, sum_of

#: courses that are made before any of them is judged, and at most at once
_FIRST: Final = 100
_MOST: Final = 10_000
#: beyond all rows
_NEVER: Final = 1 << 40
#: what tells courses apart
_KEYS: Final = ("h0", "h1", "size", "host", "epoch")


class Course:
    """
    What is said of a course on a host.

    Args:
        host: where.
        node: where it ends.
        roster: who takes part.
        more: what counts for it beside what leads to the node.
        works: places where a requester begins to be at work, and where it ends.
        starts: places where it begins to create a set.
        stops: it ends in the middle of something that others may meet.
        passing: places of failures that ask for a repetition.
        in_question: something beside its session has to be looked at.
        asked: a requester takes part.
        moves: it may change what is believed of a subscription.

    After that it has a `verdict`, None if nobody judged it, and who is `sound`, by place on the
    host, though others are not.
    """

    __slots__ = (
        *("asked", "host", "in_question", "more", "moves", "node", "passing"),
        *("roster", "sound", "starts", "stops", "verdict", "works"),
    )

    def __init__(self, host: Host, node: Node, roster: Roster, more: More = NOTHING_MORE) -> None:
        self.host = host
        self.node = node
        self.roster = roster
        self.more = more
        self.works: list[tuple[int, int]] = []
        self.starts: list[int] = []
        self.passing: list[int] = []
        self.in_question = self.asked = self.moves = self.stops = False
        self.verdict: Verdict | None = None
        self.sound: dict[int, Verdict] = {}

    def judge(self, shapes: Shapes, ways: Ways, *, waits: bool) -> None:
        """Let the reference judge what leads to its node, once; *waits*: not where it is dear."""
        self.verdict = judge_node(shapes, ways, self.node, self.roster, waits=waits)
        if self.verdict is not None:
            self.host.spreads |= self.verdict.spreads
            if self.more == NOTHING_MORE:  # else it is all together
                sound = sound_parts(self.node, self.roster, self.verdict)
                self.sound = {who.place: part for who, part in sound.items()}

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is wrong with it."""
        return self.verdict is not None and self.verdict.is_sound

    @property
    def again(self) -> bool:
        """Tell whether a requester is at work after its release."""
        return len(self.works) > 1


class Verdicts:
    """
    Judge the sessions of one input.

    Args:
        columns: what is known of all rows.
        rows: all rows.
        found: them, by session.

    After that `frame` has a row for each session, with the number of its `course`, whether it is
    `wanted` by the reference, and as a `whole`; `courses` are listed by number.
    """

    def __init__(self, columns: Columns, rows: Any, found: Sorted) -> None:
        self._columns = columns
        self._polars = columns.polars
        self._rows = rows
        self._order = found.order
        self._graph = Graph()
        self._ways = Ways(self._graph, columns.shapes)
        self.courses: list[Course] = []
        frame, found.frame = found.frame, None  # it takes memory
        self.frame = self._numbered(self._with_epochs(frame))
        self._mark()

    # --- courses -----------------------------------------------------------------
    def _with_epochs(self, frame: Any) -> Any:
        """Note how many changes of subscriptions came before each session; none comes within."""
        polars, columns = self._polars, self._columns
        if not columns.changes:
            return frame.with_columns(polars.lit(0, dtype=polars.UInt32).alias("epoch"))
        numbers = {host: at for at, host in enumerate(columns.voices.hosts)}
        self._changes = sorted(numbers[host] * WIDE + row for host, row in columns.changes)
        changes = polars.Series(self._changes, dtype=polars.UInt64)
        wide = frame["host"].cast(polars.UInt64) * WIDE
        epoch = changes.search_sorted(wide + frame["first"])
        within = epoch != changes.search_sorted(wide + frame["last"])
        for host in frame["host"].filter(within).unique():
            columns.voices.hosts[host].spreads = True
        return frame.with_columns(epoch.cast(polars.UInt32).alias("epoch"))

    def _numbered(self, frame: Any) -> Any:
        """Judge each distinct course, and give sessions with the number of theirs."""
        keys = frame.select(_KEYS).hash_rows(secrets.randbits(63)).alias("key").to_frame()
        firsts = keys.with_row_index("at").unique("key", keep="first", maintain_order=True)
        numbers = firsts.with_row_index("course")
        keys = keys.join(numbers, on="key", how="left", maintain_order="left")
        if any((frame[key] != frame[key][keys["at"]]).any() for key in _KEYS):
            raise UnfitError
        firsts = frame[firsts["at"]]
        frame = frame.drop("h0", "h1", "epoch").with_columns(keys["course"])
        del keys
        for part in _growing(firsts):
            found = [*self._courses_of(part)]
            for one in found:
                self._judge(one, waits=True)
            self.courses += found
        self._judge_others(frame)
        return frame

    def _judge(self, course: Course, *, waits: bool) -> None:
        if not course.host.spreads:
            course.judge(self._columns.shapes, self._ways, waits=waits)

    def _judge_others(self, frame: Any) -> None:
        """
        Judge courses that are dear to judge.

        One that a single session takes is judged with its session: twice would be dearer. If nobody
        is asked in it, its writers are alone, and most of them are like others.
        """
        often: dict[Node, int] = {}
        for course, times in frame["course"].value_counts().iter_rows():
            node = self.courses[course].node
            often[node] = often.get(node, 0) + times
        for one in self.courses:
            lonely = often[one.node] == 1 and one.asked and not one.moves
            if one.verdict is None and not lonely:
                self._judge(one, waits=False)

    def _courses_of(self, part: Any) -> Iterator[Course]:
        """Give the courses of which *part* has a session each."""
        polars, columns = self._polars, self._columns
        ends = part["start"] + part["size"]
        places = polars.int_ranges(part["start"], ends, dtype=polars.UInt32, eager=True)
        rows = self._rows[self._order[places.explode()]]
        said = columns.table(columns.sayings.symbol, polars.UInt32)[rows["said"]].to_list()
        voices = rows["voice"].to_list()
        at = 0
        for host, size, first in part.select("host", "size", "first").iter_rows():
            owner = columns.voices.hosts[host]
            symbols = [columns.sayings.symbols[number] for number in said[at : at + size]]
            whos = [columns.voices.all[number].who for number in voices[at : at + size]]
            at += size
            if owner.spreads:  # it may have what is not understood
                yield Course(owner, self._graph.root(turns=True), owner.roster)
            else:
                yield self._course(owner, symbols, whos, first)

    def _course(self, host: Host, symbols: list[Symbol], whos: list[Who], row: int) -> Course:
        """Give a course that begins at *row*."""
        contexts = self._contexts_at(host, row)
        node = self._graph.root(turns=not any(one.level for one in contexts.values()))
        roster, more = host.roster, NOTHING_MORE
        for symbol, who in zip(symbols, whos, strict=True):
            context = contexts.get(who, LATE)
            node, roster, beside, rows = self._ways.follow(node, roster, symbol, who, context)
            more = sum_of(more, beside)
            host.rows.add(rows)
        course, stays = Course(host, node, roster, more), self._columns.shapes.contexts.stays
        begun: int | None = None
        for at, (symbol, who) in enumerate(zip(symbols, whos, strict=True)):
            course.moves |= not stays(contexts.get(who, LATE), symbol)
            if who.asks and begun is None:
                begun, course.asked = at, True
            if symbol.is_special:
                _look_at(course, symbol, at)
                if symbol.is_release and begun is not None:
                    course.works.append((begun, at))
                    begun = None
        if begun is not None:
            course.works.append((begun, self._end_of_work(course, whos)))
        if host.name is None:
            course.works.clear()
        return course

    def _end_of_work(self, course: Course, whos: list[Who]) -> int:
        """Give where a requester that is not released is at work for the last time."""
        path = Path(course.node, course.roster.cast)
        if course.host.name is None:
            return _NEVER
        course.stops = not path.rests(self._columns.shapes)
        if course.stops:
            return _NEVER
        return max(at for at, who in enumerate(whos) if who.asks)

    def _contexts_at(self, host: Host, row: int) -> dict[Who, Context]:
        """Give what the subscriptions of writers said before *row*."""
        found = {}
        known = self._columns.contexts
        if known:
            for who in host.whos:
                said = known.get(who.writer, ())
                at = bisect_left(said, row, key=lambda one: one[0])
                if at:
                    found[who] = said[at - 1][1]
        return found

    # --- sessions ------------------------------------------------------------------
    def _mark(self) -> None:
        """Tell which sessions are wanted."""
        polars, courses = self._polars, self.courses
        numbers = self.frame["course"]
        kinds = [one.in_question or bool(one.passing) or one.verdict is None for one in courses]
        whole = self._columns.table(kinds, polars.Boolean)[numbers]
        sound = [one.is_sound for one in courses]
        self.frame = self.frame.with_row_index("number").with_columns(
            (whole | self.frame["back"]).alias("whole"),
            self._columns.table(sound, polars.Boolean)[numbers].alias("sound"),
        )
        more = {*self._at_work(), *self._late(), *self._failing(), *self._pausing()}
        if more:
            numbers = self.frame["number"]
            extra = numbers.is_in(polars.Series(sorted(more), dtype=numbers.dtype).implode())
            self.frame = self.frame.with_columns(polars.col("whole") | extra)
        self.frame = self.frame.with_columns(
            (polars.col("whole") | ~polars.col("sound")).alias("wanted")
        )

    def _at_work(self) -> list[int]:
        """Give the sessions whose requester is at work while another of its host is."""
        polars = self._polars
        spans = [(n, *span) for n, one in enumerate(self.courses) for span in one.works]
        if not spans:
            return []
        kinds = {"course": polars.UInt32, "begin": polars.UInt32, "end": polars.UInt64}
        work = polars.DataFrame(spans, schema=kinds, orient="row")
        work = self.frame.select("number", "host", "course", "start", "size").join(
            work, on="course"
        )
        begin = self._order[work["start"] + work["begin"]]
        ends = work["end"] < _NEVER
        place = polars.select(
            polars.when(ends).then(work["start"] + work["end"]).otherwise(work["start"])
        ).to_series()
        row = self._order[place].cast(polars.UInt64)
        end = polars.select(
            polars.when(ends).then(row).otherwise(_NEVER).cast(polars.UInt64)
        ).to_series()
        work = work.select("number", "host", "course", begin=begin, end=end)
        work = self._overtaken(work).sort("host", "begin")
        host, same = work["host"], work["host"] == work["host"].shift()
        # The latest end so far, hosts one after another.
        wide = host.cast(polars.UInt64) * (2 * _NEVER)
        latest = (wide + work["end"]).cum_max().shift()
        touches = same & (latest > wide + work["begin"])
        touched = (host == host.shift(-1)) & (work["begin"].shift(-1) < work["end"])
        self._find_again()
        found: list[int] = (
            work["number"].filter((touches | touched).fill_null(value=False)).to_list()
        )
        return found

    def _overtaken(self, work: Any) -> Any:
        """Let who stopped in the middle be at work until the next set of his host is begun."""
        polars, courses = self._polars, self.courses
        if not any(one.stops for one in courses):
            return work
        stops = self._columns.table([one.stops for one in courses], polars.Boolean)
        last = self.frame.select("number", polars.col("last").cast(polars.UInt64))
        work = work.join(last, on="number").sort("last")
        work = work.join_asof(
            self._starts(),
            left_on="last",
            right_on="row",
            by="host",
            check_sortedness=False,
            strategy="forward",
        )
        open_ended = stops[work["course"]] & (work["end"] == _NEVER)
        end = polars.when(open_ended).then(polars.col("row").fill_null(_NEVER)).otherwise("end")
        return work.with_columns(end.alias("end"))

    def _starts(self) -> Any:
        """Give the rows in which sets begin, by host."""
        polars = self._polars
        places = [(n, at) for n, one in enumerate(self.courses) for at in one.starts]
        kinds = {"course": polars.UInt32, "at": polars.UInt32}
        starts = polars.DataFrame(places, schema=kinds, orient="row")
        starts = self.frame.select("host", "course", "start").join(starts, on="course")
        rows = self._order[starts["start"] + starts["at"]].cast(polars.UInt64)
        return starts.select("host", row=rows).sort("row")

    def _pausing(self) -> Any:
        """Give the sessions with so many rows between two of theirs that they may be forgotten."""
        frame, order = self.frame, self._order
        few = frame.height <= MOST_SESSIONS
        if few or not (frame["last"] - frame["first"] > MOST_SESSIONS).any():
            return []
        before, after = order.slice(0, len(order) - 1), order.slice(1)
        places = places_of((after > before) & (after - before > MOST_SESSIONS), 1)
        numbers = frame["start"].search_sorted(places, side="right") - 1
        return numbers.filter(frame["start"][numbers] < places)

    def _find_again(self) -> None:
        """Doubt hosts where a requester goes on after its release while others may be at work."""
        polars, frame = self._polars, self.frame
        again = [one.again for one in self.courses]
        if not any(again):
            return
        mask = self._columns.table(again, polars.Boolean)[frame["course"]]
        for number, host, start in frame.filter(mask).select("number", "host", "start").iter_rows():
            owner = self._columns.voices.hosts[host]
            for begin, _ in self.courses[frame["course"][number]].works[1:]:
                rows = self._order[[start + begin - 1, start + begin]].to_list()
                owner.spreads |= self._others(host, number, *rows) > 0

    def _others(self, host: int, number: int, first: int, last: int) -> int:
        """Count other sessions of a host that may have a record between two rows."""
        polars = self._polars
        column = polars.col
        others = (column("host") == host) & (column("number") != number)
        between = (column("first") < last) & (column("last") > first)
        return int(self.frame.filter(others & between).height)

    def _late(self) -> list[int]:
        """Give the sessions of which a time comes near a budget."""
        polars, columns, frame = self._polars, self._columns, self.frame
        hosts = columns.voices.hosts
        least = columns.table([min(host.least_ns, _NEVER) for host in hosts], polars.Float64)
        # A span below nothing has more than 64 bits.
        span = (frame["span"] >= least[frame["host"]]) | (frame["span"] < 0)
        doubted = frame.filter(~frame["whole"] & (span | (frame["untimed"] > 0)))
        changed = {host for host, _ in columns.changes}
        return [
            number
            for number, host, course, start, size in doubted.select(
                "number", "host", "course", "start", "size"
            ).iter_rows()
            if hosts[host] in changed
            or self._is_late(hosts[host], self.courses[course], start, size)
        ]

    def _is_late(self, host: Host, course: Course, start: int, size: int) -> bool:
        columns = self._columns
        session = Session(host, b"", Step(self._graph.root(turns=True), host.roster))
        session.asked = course.asked
        rows = self._rows[self._order.slice(start, size)]
        for voice, said, time in rows.select("voice", "said", "time").iter_rows():
            symbol = columns.sayings.symbols[columns.sayings.symbol[said]]
            who = columns.voices.all[voice].who
            if symbol is not None and who is not None and (symbol.starts or symbol.ends):
                session.take_time(Entry(symbol, who, None), time)
        return session.in_question or is_late(session)

    # --- programs whose last operation failed ----------------------------------------
    def _failing(self) -> list[int]:
        """Give the sessions in which a program is at work whose last operation failed."""
        polars, frame = self._polars, self.frame
        some = [bool(one.passing) for one in self.courses]
        if not any(some):
            return []
        mask = self._columns.table(some, polars.Boolean)[frame["course"]]
        settled = self._settled()
        found: set[int] = set()
        for number, host, course, start, first in (
            frame.filter(mask).select("number", "host", "course", "start", "first").iter_rows()
        ):
            owner = self._columns.voices.hosts[host]
            for row in self._order[[start + at for at in self.courses[course].passing]]:
                process = self._columns.voices.all[self._rows["voice"][row]].process
                if process and not owner.spreads:
                    owner.spreads |= self._others(host, number, first, row) > 0
                    ends = settled.get((owner, process), [])
                    at = bisect_left(ends, row + 1)
                    found.update(self._touching(host, row, ends[at] if at < len(ends) else _NEVER))
        return [*found]

    def _touching(self, host: int, first: int, last: int) -> Any:
        column = self._polars.col
        between = (column("host") == host) & (column("first") <= last) & (column("last") >= first)
        return self.frame.filter(between)["number"]

    def _settled(self) -> dict[tuple[Host, str], list[int]]:
        """Give the rows that end repetitions, by host and program."""
        polars, columns = self._polars, self._columns
        settles = columns.sayings.which("settles")
        said = columns.table([settles[at] for at in columns.sayings.symbol], polars.Boolean)
        at = said[self._rows["said"]].arg_true()
        found: dict[tuple[Host, str], list[int]] = {}
        for row, voice in zip(at, self._rows["voice"][at], strict=True):
            one = columns.voices.all[voice]
            if one.process:
                found.setdefault((one.host, one.process), []).append(row)
        return found


def _growing(frame: Any) -> Iterator[Any]:
    """Give slices of *frame*, small ones first: what is judged of them helps the others."""
    first, size = 0, _FIRST
    while first < frame.height:
        yield frame.slice(first, size)
        first, size = first + size, min(2 * size, _MOST)


def _look_at(course: Course, symbol: Symbol, at: int) -> None:
    """Note what a symbol that stands at *at* asks for beside its session."""
    course.in_question |= symbol.doubts
    course.host.spreads |= symbol.spreads
    if symbol.starts_set:
        course.starts.append(at)
    if symbol.is_passing:
        course.passing.append(at)
