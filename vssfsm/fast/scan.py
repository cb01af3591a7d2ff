"""
One pass over the records of a trace: which sessions are sound, and which lines the reference needs.

An open session is its symbols, participants and lines; when it may have ended, its shape is judged.
A session *in question* goes to the reference with all of its records. Where one session may touch
another, both do; where it cannot be told which, the whole host does.
"""

from collections import deque
from collections.abc import Mapping
from itertools import chain
from typing import Final

from vssfsm.fast.beside import Beside, learned
from vssfsm.fast.beyond import Beyond
from vssfsm.fast.cut import Cut, Cuts, Layout, is_plain, is_proven, layout_of, proof
from vssfsm.fast.ends import Ends, is_late
from vssfsm.fast.graph import Graph
from vssfsm.fast.limits import MOST_SESSIONS
from vssfsm.fast.lines import Blocks, UnfitError, read_who, text_of
from vssfsm.fast.names import written
from vssfsm.fast.owners import Entry, Host, Session, Who
from vssfsm.fast.said import Reader, Said, read_values, values_of
from vssfsm.fast.steps import Rest, Step
from vssfsm.fast.symbols import OBSERVER, Symbol
from vssfsm.fast.times import Times
from vssfsm.fast.ways import Ways

#: sessions that may have ended and wait for a late record; and one more for each host
_WAITING: Final = 64
#: lines after which an open session is silent; these are judged when so many more are open, and
#: when the open ones became more by such a part
_SILENT: Final = 200_000
_MORE: Final = 20_000
_PART: Final = 4
#: rests of lines that are kept, steps, and the longest line; those that are learned in any case
_KEPT: Final = 50_000
_STEPS: Final = 50_000
_LONGEST: Final = 1_000
_FIRST: Final = 5_000
#: of lines that do not seem to come again, one in so many is learned
_TRIED: Final = 16
#: sessions that are found by their names alone
_NEAR: Final = 20_000
#: lines that can be told apart
_MOST: Final = (1 << 32) - 1
_NOTHING: Final[Mapping[bytes, Rest]] = {}


class Scan(Beyond):
    """
    Take the lines of one input, then `finish`.

    Args:
        release: of records that do not name theirs.

    Every method raises `UnfitError` where only the reference can judge the input.
    """

    def __init__(self, release: str | None) -> None:
        super().__init__(release)
        self._graph = Graph()
        self._ways = Ways(self._graph, self.shapes)
        self._ends = Ends(self.shapes, self._ways)
        self._reader = Reader(self._symbols, self._whos)
        #: stands for a session that is not found by its name alone
        nowhere = Host(None)
        self._nobody = Session(nowhere, b"", Step(self._graph.root(turns=True), nowhere.roster))
        self._layout: Layout | None = None
        self._times = Times(b"", is_number=False)
        self._cuts = Cuts(0, 0)
        self._beside = Beside((), self._times.is_one)
        #: what lines say, by their rests
        self._rests: dict[bytes, dict[bytes, Rest]] = {}
        #: what they say, by whose it is; and steps behind nodes, as lines without a rest
        self._entries: dict[tuple[Symbol, Who, str | None], Rest] = {}
        self._waiting: deque[tuple[Session, int]] = deque()
        #: the lists that its lines came in, if they are to be read again
        self.blocks = Blocks()
        self._learned = self._kept = self._steps = 0
        #: sessions: all so far, those that are open, and the most that were
        self.begun = self._open = self._most_open = 0
        #: so many have to be open before silent ones are looked at
        self._many = _MORE
        #: lines that had to be read
        self._read = 0

    # --- lines -------------------------------------------------------------
    def take(self, lines: list[bytes], before: int) -> None:
        """Take *lines*, behind *before* others."""
        if before + len(lines) > _MOST:
            raise UnfitError
        if self._open > self._many:
            self._end_silent(before)
        if self._layout is None:
            self._layout = next(filter(None, map(layout_of, lines)), None)
            if self._layout is None:
                for number, text in enumerate(lines, before + 1):
                    self._take_line(text, number, None)
                return
            self._times, self._beside = learned(self._layout, lines)
            self._reader.times = self._times
            self._cuts = Cuts(self._times.size, self._times.width)
        self._take_cuts(self._layout, lines, before + 1)

    def _take_cuts(self, layout: Layout, lines: list[bytes], first: int) -> None:
        """Take lines, the number of the first is *first*: the inner loop."""
        near, nobody, rests, cuts = self._near.get, self._nobody, self._rests, self._cuts
        seconds, fractions = self._times.seconds, self._times.fractions
        for line, text in enumerate(layout.ordered(self._beside.cut(lines)), first):
            try:
                start, end, head, key, tail = cuts[len(text)](text)
                time = seconds[start] + fractions[end]
                session = near(key, nobody)
                step = session.step.after
                if step.tail != tail or step.head != head:
                    session, step = self._turn(session, key, rests[head][tail])
            except KeyError:
                self._take_odd(lines[line - first], line, layout.cut(text))
                continue
            if step.acts:
                writer = step.writer
                if time < writer.time:
                    session.host.spreads = True
                writer.time = time
            elif time < session.time or session.is_idle or step.entry.failed:
                self._take_call(session, step.entry, time)
            else:
                session.time = time
            session.step = step
            session.lines.append(line)
            if step.tells:
                step.writer.told = line
            if step.is_timed:
                session.take_time(step.entry, time)
            if step.is_more:
                session.count(step.more)
                self._take_more(session, step.entry)

    def _turn(self, session: Session, key: bytes, rest: Rest) -> tuple[Session, Step]:
        """
        Find the step of a line that comes as no line did before it; *session* may be another one.

        Raises:
            KeyError: its session has no plain name.
        """
        entry = rest.entry
        if session.host is not entry.host:
            session = entry.host.sessions.get(key) or self._meet(entry.host, key)
            if len(self._near) < _NEAR:
                self._near[key] = session
        step = self._step_of(session, rest)
        session.step.after = step
        return session, step

    def _step_of(self, session: Session, rest: Rest) -> Step:
        """Give the step that a line makes in *session*, by its rest."""
        now = session.step
        if session.is_doubted:  # what it would find is not what the reference finds
            return self._made(now, rest)[0]
        return rest.steps.get((now.node, now.roster)) or self._step(now, rest)

    def _meet(self, host: Host, key: bytes) -> Session:
        """Give a session that is new, or was hidden, by its name as a line holds it."""
        if not is_plain(key):
            raise KeyError(key)
        if not key.isascii():
            text_of(key)
        if len(self._near) >= _NEAR:
            self._near.clear()
        return self._wake(host, key)

    def _step(self, now: Step, rest: Rest) -> Step:
        """Make the step behind *now* that a line makes, by its rest."""
        self._steps += 1
        if self._steps > _STEPS:
            self._steps = 1
            known = (tails.values() for tails in self._rests.values())
            for each in chain(self._entries.values(), *known):
                each.steps.clear()
        found, rows = self._made(now, rest)
        rest.entry.host.rows.add(rows)
        rest.steps[now.node, now.roster] = found
        return found

    def _made(self, now: Step, rest: Rest) -> tuple[Step, frozenset[str]]:
        """Make a step behind *now*, and give the codes of the rows that it takes."""
        entry, who = rest.entry, rest.entry.who
        node, roster, more, rows = self._ways.follow(
            now.node, now.roster, entry.symbol, who, who.writer.context
        )
        return Step(node, roster, more, rest), rows

    def _take_odd(self, text: bytes, line: int, cut: Cut) -> None:
        """Take a line that is cut elsewhere, or has a time of another width; or any."""
        rest = self._rests.get(cut.head, _NOTHING).get(cut.tail)
        if rest is not None and is_plain(cut.session):
            self._cuts.learn(cut)
            try:
                time = self._times.read(cut.time)
            except KeyError:
                pass  # the reference may read it nevertheless
            else:
                near = self._near.get(cut.session, self._nobody)
                session, step = self._turn(near, cut.session, rest)
                self._take_step(session, rest.entry, step, time, line)
                return
        self._take_line(text, line, cut)

    def _take_line(self, text: bytes, line: int, cut: Cut | None) -> None:
        """Take a line the long way, and remember what it says."""
        self._read += 1
        if self._read % _TRIED == 0 and len(text) <= _LONGEST:
            self._beside.note(text)
        try:
            said = self._reader.read(text, line)
        except UnfitError:
            self._take_unread(text, line)
            return
        if said is None:
            return
        if said.noted:
            self._take_noted(said, line)
            return
        entry = self._take_said(said, line)
        if entry is not None and cut is not None and self._may_learn(text, line):
            self._learn(text, cut, entry, said)

    def _take_noted(self, said: Said, line: int) -> None:
        """Take a record about which the reader says something: the reference tells it."""
        host = said.who.host
        if said.who.home is not None and said.session is not None:
            self._take_said(said, line)
        elif said.symbol.kind == OBSERVER:
            self._take_strange(said.who, said.symbol, line)
        else:
            self._take_said(said, line)
            host.spreads = True

    def _take_said(self, said: Said, line: int) -> Entry | None:
        """Take a record; give its entry if it belongs to a session."""
        symbol, who, process, name, time, *_ = said
        if who.home is None or name is None:
            self._take_apart(who, symbol, time, line)
            return None
        rest = self._entry(symbol, who, process if who.asks else None)
        entry, key = rest.entry, written(name)
        session = entry.host.sessions.get(key) or self._wake(entry.host, key)
        session.in_question |= bool(said.noted)
        self._take_step(session, entry, self._step_of(session, rest), time, line)
        return entry

    def _take_step(
        self, session: Session, entry: Entry, step: Step, time: int | None, line: int
    ) -> None:
        """Take a record of *session*."""
        if not entry.acts:
            self._take_call(session, entry, time)
        elif time is not None:
            session.host.spreads |= time < entry.writer.time
            entry.writer.time = time
        session.step = step
        session.count(step.more)
        session.lines.append(line)
        if entry.tells:
            entry.writer.told = line
        if entry.is_timed:
            session.take_time(entry, time)
        if entry.is_more:
            self._take_more(session, entry)

    def _take_more(self, session: Session, entry: Entry) -> None:
        """Take what a record asks for beside a step of its session."""
        if entry.is_special:
            self._touch_others(session, entry)
        if entry.is_last and not session.waits:
            self._wait(session)

    def _entry(self, symbol: Symbol, who: Who, process: str | None) -> Rest:
        """Give an entry as what a line without a rest says."""
        found = self._entries.get((symbol, who, process))
        if found is None:
            if len(self._entries) >= _KEPT:
                self._entries.clear()
            self._begin_writer(who)
            found = self._entries[symbol, who, process] = Rest(Entry(symbol, who, process))
        return found

    def _may_learn(self, text: bytes, line: int) -> bool:
        """Tell whether rests come again: known ones did, or these are the first; try some more."""
        if len(text) > _LONGEST:
            return False
        few = self._learned < _FIRST or 4 * self._learned < line - self._read
        return few or self._read % _TRIED == 0

    def _learn(self, text: bytes, cut: Cut, entry: Entry, said: Said) -> None:
        """Remember what the rest of a line says, if it says so whatever was cut out."""
        assert self._layout is not None
        bare = self._beside.cut_one(text)
        values = values_of(said.given)
        other = read_values(self._beside.fill(proof(self._layout, bare, cut)))
        asks = entry.who.asks
        if is_proven(values, other) and self._beside.proves(bare, values, other, asks=asks):
            self._learned += 1
            self._kept += 1
            if self._kept > _KEPT:
                self._rests.clear()
                self._kept = 1
            self._cuts.learn(cut)
            rest = Rest(entry, cut.head, cut.tail)
            self._rests.setdefault(rest.head, {})[rest.tail] = rest

    def _wake(self, host: Host, name: bytes) -> Session:
        """Give a session that something was hidden from since its last record, or a new one."""
        session = host.asleep.pop(name, None) if host.asleep else None
        if session is None:
            return self._begin_session(host, name)
        node, roster, more, _ = self._ways.hide(session.step.node, session.step.roster)
        session.step = Step(node, roster)
        session.count(more)
        host.sessions[name] = session
        return session

    def _begin_session(self, host: Host, name: bytes) -> Session:
        self.begun += 1
        self._open += 1
        self._most_open = max(self._most_open, self._open)
        if self._most_open > MOST_SESSIONS:  # the reference forgets who is open
            raise UnfitError
        node = self._graph.root(turns=host.turns)
        if host.is_holed:
            node = self._ways.hide(node, host.roster).node
        start = host.start
        if start is None or start.node is not node:
            start = host.start = Step(node, host.roster)
        found = host.sessions[name] = Session(host, name, start)
        if name in host.doubted:
            found.doubt()
        return found

    # --- ends ------------------------------------------------------------------
    def _wait(self, session: Session) -> None:
        """Wait for late records of a session that may have ended."""
        session.waits = True
        self._waiting.append((session, len(session.lines)))
        for _ in range(2):  # one that went on waits once more
            if len(self._waiting) > _WAITING + len(self._whos.hosts):
                self._retire(*self._waiting.popleft())

    def _retire(self, session: Session, length: int) -> None:
        """Judge a session that waited long enough since it may have ended."""
        if len(session.lines) != length:
            self._waiting.append((session, len(session.lines)))
        elif not session.in_question:
            session.waits = False
            self._end(session)

    def _end_silent(self, line: int) -> None:
        """Judge sessions that had no record for long: they may end without saying so."""
        for host in self.hosts:
            for session in [*host.sessions.values()]:
                if not session.waits and line - session.lines[-1] > _SILENT:
                    self._end(session)
        self._many = self._open + max(_MORE, self._open // _PART)

    def _end(self, session: Session) -> None:
        """Judge a session; it goes if it is sound."""
        host, verdict = session.host, self._ends.judge(session)
        if verdict is None:
            return
        host.spreads |= verdict.spreads
        if self.begun > MOST_SESSIONS and session.pauses(MOST_SESSIONS):
            session.in_question = True  # it may be forgotten, as a whole
        if session.in_question or not verdict.is_sound:
            return
        if session.times and is_late(session):
            session.in_question = True
            return
        self._open -= 1
        self._near.pop(session.name, None)
        host.close(session, verdict)

    def finish(self) -> None:
        """Judge what is still open."""
        for host in self.hosts:  # what is hidden at the end helps only who owes something
            host.sessions |= host.asleep
            host.asleep.clear()
        for _ in range(2):  # the first of a kind waits for others
            for host in self.hosts:
                for session in [*host.sessions.values()]:
                    self._end(session)
        for host in self.hosts:
            for session in host.sessions.values():
                if not session.in_question and not (session.times and is_late(session)):
                    self._ends.part(session)
            host.spreads |= host.has_twice()
        self._rests.clear()
        self._entries.clear()

    def leave_out(self, session: Session, text: bytes, line: int) -> bool:
        """Tell whether a record of *session* is of one who is sound."""
        return self._whos[read_who(text, line)] in session.sound
