"""
One pass over the records of a trace: which sessions are sound, and which lines the reference needs.

An open session is its symbols, participants and lines; when it may have ended, its shape is judged.
A session *in question* goes to the reference with all of its records. Where one session may touch
another, both do; where it cannot be told which, the whole host does.
"""

from collections import deque
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, Final

from vssfsm.fast.cut import SESSION, TIME, Cut, Layout, is_plain, layout_of, proof
from vssfsm.fast.ends import Ends, is_late
from vssfsm.fast.graph import Graph
from vssfsm.fast.lines import SEEN, UnfitError, read_line
from vssfsm.fast.owners import Entry, Host, Session, Who, Whos, near_ns
from vssfsm.fast.shapes import LATE, Shapes
from vssfsm.fast.symbols import OBSERVER, REQUESTER, Spellings, Symbol, Symbols
from vssfsm.fast.times import Times, read
from vssfsm.monitor.retries import PROCESSES_KEPT
from vssfsm.monitor.writers import TOMBSTONES
from vssfsm.spec.vocabulary import SUBSCRIPTION_CALLS

#: sessions that may have ended and wait for a late record; and one more for each host
_WAITING: Final = 64
#: rests of lines that are kept, and the longest of them
_KEPT: Final = 50_000
_LONGEST: Final = 1_000
_WHO: Final = attrgetter("host", "actor", "instance", "writer_id", "writer")
_SAID: Final = attrgetter(*(key for key in SEEN if key != "args"))


class Scan:
    """
    Take the lines of one input, then `finish`.

    Args:
        release: of records that do not name theirs.

    Every method raises `UnfitError` where only the reference can judge the input.
    """

    def __init__(self, release: str | None) -> None:
        self.shapes = Shapes(release)
        self._ends = Ends(self.shapes)
        self._graph = Graph()
        self._symbols = Symbols(release)
        self._spellings = Spellings(self._symbols)
        self._whos = Whos()
        self._layout: Layout | None = None
        self._times = Times(b'"')
        #: by the rest of a line, and by what it says
        self._rests: dict[bytes, dict[bytes, Entry]] = {}
        self._entries: dict[tuple[Symbol, Who, str | None], Entry] = {}
        #: by name as it is written; the same name on another host is found the long way
        self._sessions: dict[bytes, Session] = {}
        self._waiting: deque[tuple[Session, int]] = deque()
        self._begun = self._processes = self._learned = 0
        #: which names the writers' records carry
        self._names: tuple[bool, ...] | None = None

    @property
    def hosts(self) -> Iterable[Host]:
        """All hosts."""
        return self._whos.hosts.values()

    @property
    def events(self) -> set[str]:
        """Events that records tell of."""
        return self._symbols.events

    # --- lines -------------------------------------------------------------
    def take(self, lines: list[bytes], before: int) -> None:
        """Take *lines*, behind *before* others."""
        if self._layout is None:
            self._layout = next(filter(None, map(layout_of, lines)), None)
            if self._layout is None:
                for number, text in enumerate(lines, before + 1):
                    self._take_line(text, number, None)
                return
            self._times = Times(self._layout.before)
        self._take_cuts(self._layout, lines, before + 1)

    def _take_cuts(  # noqa: C901, PLR0912 - the inner loop
        self, layout: Layout, lines: list[bytes], first: int
    ) -> None:
        """Take lines, the number of the first is *first*: the inner loop."""
        rests, sessions, times = self._rests, self._sessions, self._times
        seconds, fractions, size = times.seconds, times.fractions, times.size
        marker = layout.session
        for line, text in enumerate(layout.ordered(lines), first):
            head, _, tail = text.partition(marker)
            key, _, tail = tail.partition(b'"')
            start, _, head = head.partition(b",")
            try:
                entry = rests[head][tail]
                try:
                    time = seconds[start[:size]] + fractions[start[size:]]
                except KeyError:
                    time = times.read(start)
            except KeyError:
                self._take_line(lines[line - first], line, Cut(head, tail, start, key))
                continue
            session = sessions.get(key)
            if session is None or session.host is not entry.home:
                if is_plain(key):
                    self._take_entry(entry, _decode(key), time, line)
                else:
                    self._take_line(lines[line - first], line, Cut(head, tail, start, key))
                continue
            if entry.acts:
                writer = entry.writer
                if time < writer.time:
                    session.host.spreads = True
                writer.time = time
                if entry.is_timed:
                    session.timed.append(entry)
                    session.times.append(time)
            elif session.is_idle or entry.failed:
                self._take_call(session, entry)
            try:
                session.node = session.node.next[entry.token]
            except KeyError:
                session.node = self._graph.follow(session.node, entry.token)
            session.lines.append(line)
            if entry.tells:
                entry.writer.told = line
            if entry.is_special:
                self._take_special(session, entry)
            elif entry.is_last and not session.waits:
                self._wait(session)

    def _take_line(self, text: bytes, line: int, cut: Cut | None) -> None:
        """Take a line the long way, and remember what it says."""
        record = read_line(_decode(text), line)
        if record is None:
            return
        time = None if record.time is None else read(record.time)
        self._check(record, time)
        args = None if record.args is None else bytes(record.args)
        symbol, who = self._spellings[*_SAID(record), args], self._whos[_WHO(record)]
        if who.home is None or record.session is None:
            self._take_apart(who, symbol, time, line)
            return
        entry = self._entry(symbol, who, record.process)
        self._take_entry(entry, record.session, time, line)
        if cut is not None and len(text) <= _LONGEST:
            self._learn(text, cut, entry)

    def _take_entry(self, entry: Entry, key: str, time: int | None, line: int) -> None:
        """Take a record of the session *key*."""
        host = entry.who.host
        session = host.sessions.get(key) or self._begin_session(host, key)
        if entry.acts:
            self._take_time(session, entry, time)
        else:
            self._take_call(session, entry)
        session.node = self._graph.follow(session.node, entry.token)
        session.lines.append(line)
        if entry.tells:
            entry.writer.told = line
        if entry.is_special:
            self._take_special(session, entry)
        elif entry.is_last and not session.waits:
            self._wait(session)

    def _check(self, record: Any, time: int | None) -> None:
        """Look at keys that few records have."""
        if record.source is not None:
            raise UnfitError
        if record.ended is not None:
            # How long writes are held counts from there; from the start it is longer.
            if time is None:
                raise UnfitError
            read(record.ended)

    def _entry(self, symbol: Symbol, who: Who, process: str | None) -> Entry:
        found = self._entries.get((symbol, who, process))
        if found is None:
            if len(self._entries) >= _KEPT:
                self._entries.clear()
            self._begin_writer(who)
            found = self._entries[symbol, who, process] = Entry(symbol, who, process)
        return found

    def _learn(self, text: bytes, cut: Cut, entry: Entry) -> None:
        """Remember what the rest of a line says, if it says so whatever was cut out."""
        assert self._layout is not None
        other = proof(self._layout, text, cut)
        if not other:
            return
        try:
            record = read_line(other.decode(), 0)
        except UnfitError:
            return
        if (record.time, record.session) == (TIME, SESSION):
            self._learned += 1
            if self._learned > _KEPT:
                self._rests.clear()
                self._learned = 1
            self._rests.setdefault(cut.head, {})[cut.tail] = entry

    def _begin_session(self, host: Host, key: str) -> Session:
        if not key:
            raise UnfitError
        self._begun += 1
        if self._begun > TOMBSTONES:
            raise UnfitError
        host.spreads |= hash(key) in host.over
        root = self._graph.root(turns=host.turns)
        found = host.sessions[key] = Session(host, key, root)
        if is_plain(found.written):
            self._sessions.setdefault(found.written, found)
        return found

    def _take_apart(self, who: Who, symbol: Symbol, time: int | None, line: int) -> None:
        """Take a record that belongs to no session."""
        host, writer = who.host, who.writer
        if symbol.tells_health:
            writer.told = line
        if symbol.kind == OBSERVER:
            if symbol.is_sound:
                host.records += 1
                host.judged += symbol.judged
                host.judged_records += symbol.judged > 0
                self.shapes.coverage.update(symbol.coverage)
            else:
                host.strange.append(line)
            return
        if symbol.kind == REQUESTER or symbol.is_lifecycle:
            raise UnfitError
        if symbol.is_handler and time is not None:
            host.spreads |= time < writer.time
            writer.time = time
        self._subscribe(host, who, symbol, line)

    def _subscribe(self, host: Host, who: Who, symbol: Symbol, line: int) -> None:
        """Take what a writer's subscription says."""
        writer = who.writer
        before = writer.context if writer.has_begun else None
        self._begin_writer(who)
        writer.context, judged = self.shapes.subscribe(before, symbol, named=host.name is not None)
        host.spreads |= not writer.context.is_sound
        host.least_ns = min(host.least_ns, near_ns(writer.context))
        if writer.context is not (before or LATE):
            writer.changed = host.changed = line
            host.casts.clear()
        if writer.context.level and host.turns:
            host.turns = False
            for session in host.sessions.values():
                session.in_question = True
        host.apart.append(line)
        host.apart_judged += judged
        host.apart_judged_records += judged > 0

    def _begin_writer(self, who: Who) -> None:
        """Note that a writer has records; all have to carry the same names."""
        writer = who.writer
        if writer.has_begun or not who.acts:
            return
        writer.has_begun = True
        key = writer.key
        names = (True,) if key.instance else (False, key.writer_id is None, key.writer is None)
        if self._names is None:
            self._names = names
        if names != self._names or names == (False, True, True):
            raise UnfitError

    # --- what reaches beyond a session ------------------------------------------
    def _take_time(self, session: Session, entry: Entry, time: int | None) -> None:
        """Take the time of a writer's handler."""
        if time is not None:
            session.host.spreads |= time < entry.writer.time
            entry.writer.time = time
        if entry.is_timed:
            session.timed.append(entry)
            session.times.append(time)

    def _take_call(self, session: Session, entry: Entry) -> None:
        """Take a requester's record: others of its host and process may be touched."""
        if not entry.who.asks:
            return
        host, process = session.host, entry.process
        if session.is_idle:
            self._ask(host, session)
        if process:
            if process not in host.processes:
                host.processes.add(process)
                self._processes += 1
                if self._processes > PROCESSES_KEPT:
                    raise UnfitError
            if process in host.failed:
                session.in_question = True

    def _ask(self, host: Host, session: Session) -> None:
        """Take a requester's first record, or one behind its release."""
        again, session.asked, session.is_idle = session.asked, True, False
        if host.name is None:
            return
        host.spreads |= again and host.overlaps(session, session.lines[-1])
        if host.live:
            for other in (session, *host.live):
                other.in_question = True
        host.live.append(session)

    def _take_special(self, session: Session, entry: Entry) -> None:
        host, symbol, process = session.host, entry.symbol, entry.process
        if symbol.is_involved or symbol.is_busy or symbol.has_level:
            session.in_question = True
            host.spreads |= symbol.is_busy or symbol.record.event in SUBSCRIPTION_CALLS
        if symbol.is_passing and process:
            session.in_question = True
            host.failed.add(process)
            host.spreads |= host.overlaps(session, session.lines[0])
        if symbol.settles and process:
            host.failed.discard(process)
        if symbol.is_release and session in host.live:
            session.is_idle = True
            host.live.remove(session)
        if symbol.is_last and not session.waits:
            self._wait(session)

    def _wait(self, session: Session) -> None:
        """Wait for late records of a session that may have ended."""
        session.waits = True
        self._waiting.append((session, len(session.lines)))
        if len(self._waiting) > _WAITING + len(self._whos.hosts):
            self._retire(*self._waiting.popleft())

    # --- ends ------------------------------------------------------------------
    def _retire(self, session: Session, length: int) -> None:
        """Judge a session that waited long enough since it may have ended."""
        if len(session.lines) != length:
            self._waiting.append((session, len(session.lines)))
        elif not session.in_question:
            session.waits = False
            self._end(session)

    def _end(self, session: Session) -> None:
        """Judge a session; it goes if it is sound."""
        host, lines = session.host, session.lines
        verdict, is_counted = self._ends.judge(session)
        if verdict.spreads:
            host.spreads = True
        if session.in_question or not verdict.is_sound:
            return
        if session.times and is_late(session):
            session.in_question = True
            return
        del host.sessions[session.key]
        if self._sessions.get(session.written) is session:
            del self._sessions[session.written]
        host.over.add(hash(session.key))
        host.last_over = max(host.last_over, lines[-1])
        host.records += len(lines)
        host.judged += verdict.judged
        host.judged_records += verdict.judged_records
        if verdict.counts:
            host.sound.append(session.key)
        if not is_counted:
            self.shapes.coverage |= verdict.rows
            session.node.verdicts[host.casts[session.node.used]] = verdict, True

    def finish(self) -> None:
        """Judge what is still open."""
        for host in self.hosts:
            for session in [*host.sessions.values()]:
                self._end(session)
                if not session.in_question:
                    self._ends.part(session)

    def leave_out(self, session: Session, text: bytes, line: int) -> bool:
        """Tell whether a record of *session* is of one who is sound."""
        return self._whos[_WHO(read_line(_decode(text), line))] in session.sound


def _decode(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise UnfitError from None
