"""
One pass over the records of a trace: which sessions are sound, and which lines the reference needs.

An open session is its symbols, participants and lines; when it may have ended, its shape is judged.
A session *in question* goes to the reference with all of its records. Where one session may touch
another, both do; where it cannot be told which, the whole host does.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import count
from operator import attrgetter
from typing import Any, Final

from vssfsm.fast.lines import REST, Form, UnfitError
from vssfsm.fast.owners import Host, Session, Who, Whos
from vssfsm.fast.shapes import LATE, Cast, Shapes, Verdict
from vssfsm.fast.symbols import OBSERVER, REQUESTER, Spellings, Symbol, Symbols
from vssfsm.fast.times import Times, read
from vssfsm.monitor.retries import PROCESSES_KEPT
from vssfsm.monitor.writers import TOMBSTONES
from vssfsm.spec.deadlines import FLUSH_AND_HOLD_S, FREEZE
from vssfsm.spec.vocabulary import SUBSCRIPTION_CALLS

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
#: sessions that may have ended and wait for a late record; and one more for each host
_WAITING: Final = 64
_WHO: Final = attrgetter("host", "actor", "instance", "writer_id", "writer")
_WHERE: Final = attrgetter("session", "time", "process")


class Scan:
    """
    Take the records of one input, then `finish`.

    Args:
        release: of records that do not name theirs.

    Every method raises `UnfitError` where only the reference can judge the input.
    """

    def __init__(self, release: str | None, form: Form) -> None:
        self.shapes = Shapes(release)
        self._form = form
        self._symbols = Symbols(release)
        self._spellings = Spellings(self._symbols, form.seen)
        self._whos = Whos()
        self._times = Times()
        self._sessions: dict[str | None, Session] = {}
        self._waiting: deque[tuple[Session, int]] = deque()
        self._ended = self._processes = 0
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

    # --- records -------------------------------------------------------------
    def take(self, records: list[Any], line: int) -> int:  # noqa: C901, PLR0912 - the inner loop
        """Take *records*, the first of which stands behind *line*; give the quotes they need."""
        times, sessions = self._times, self._sessions
        minutes, seconds, fractions = times.minutes, times.seconds, times.fractions
        quotes = sum(map(self._rest, records)) if self._form.has_rest else 0
        for line, (symbol, needs), who, (key, time, process) in zip(  # noqa: B020, PLR1704
            count(line + 1),
            self._spelled(records),
            map(self._whos.__getitem__, map(_WHO, records)),
            map(_WHERE, records),
            strict=False,
        ):
            quotes += needs + who.quotes
            if time.__class__ is str:
                quotes += 4
                try:
                    time = (  # noqa: PLW2901
                        minutes[time[:16]] + seconds[time[16:20]] + fractions[time[20:]]
                    )
                except KeyError:
                    time = read(time)  # noqa: PLW2901
            elif time is not None:
                quotes += 2
            try:
                session = sessions[key]
            except KeyError:
                session = None
            if session is None or session.host is not who.home:
                session = self._session(who, key, symbol, time, line)
                if session is None:
                    quotes += 4 * (key is not None) + 4 * (process is not None)
                    continue
            quotes += 4
            session += (symbol, who, line, time)
            if process is not None:
                quotes += 4
            if who.acts:
                if time is not None and symbol.is_handler:
                    writer = who.writer
                    if time < writer.time:
                        session.host.spreads = True
                    writer.time = time
            else:
                self._take_call(session, process)
            if symbol.is_special:
                self._take_special(session, symbol, process)
        return quotes

    def _spelled(self, records: list[Any]) -> Iterator[tuple[Symbol, int]]:
        """Give the symbols of records, with the quotes that they need."""
        spellings, seen = self._spellings, attrgetter(*self._form.seen)
        if not self._form.has_args:
            return map(spellings.__getitem__, map(seen, records))
        return (
            spellings[seen(r)] if r.args is None else spellings[(*seen(r), bytes(r.args))]
            for r in records
        )

    def _rest(self, record: Any) -> int:
        """Look at keys that few records have; give the quotes that they need."""
        thread, ended, source = (getattr(record, key, None) for key in REST)
        if source is not None:
            raise UnfitError
        if ended is not None:
            # How long writes are held counts from there; from the start it is longer.
            if record.time is None:
                raise UnfitError
            read(ended)
        return 2 * (thread is not None) + (4 if isinstance(ended, str) else 2 * (ended is not None))

    def _session(
        self, who: Who, key: str | None, symbol: Symbol, time: int | None, line: int
    ) -> Session | None:
        """Find or begin the session of a record; None if it belongs to none."""
        if who.home is None or key is None:
            self._take_apart(who, symbol, time, line)
            return None
        host = who.host
        found = host.sessions.get(key)
        if found is None:
            if not key:
                raise UnfitError
            host.spreads |= hash(key) in host.over
            found = host.sessions[key] = Session(host, key)
            # The same key on another host is found the long way.
            self._sessions.setdefault(key, found)
        return found

    def _take_apart(self, who: Who, symbol: Symbol, time: int | None, line: int) -> None:
        """Take a record that belongs to no session."""
        host, writer = who.host, who.writer
        if symbol.tells_health:
            writer.told = line
        if symbol.kind == OBSERVER:
            if symbol.is_sound:
                host.credit(1, symbol.judged, int(symbol.judged > 0))
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
        open_now = any(
            who.writer is other.writer for s in host.sessions.values() for other in s[1::4]
        )
        before = writer.context if writer.has_begun or open_now else None
        self._begin(who)
        writer.context, judged = self.shapes.subscribe(before, symbol, named=host.name is not None)
        host.spreads |= not writer.context.is_sound
        if writer.context is not (before or LATE):
            writer.changed = line
        host.apart.append(line)
        host.apart_judged += judged
        host.apart_judged_records += judged > 0

    def _begin(self, who: Who) -> None:
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
    def _take_call(self, session: Session, process: str | None) -> None:
        """Take a requester's record: others of its host and process may be touched."""
        host = session.host
        if not session.asked or session.released:
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
        session.asked = True
        if host.name is None:
            return
        host.spreads |= session.released
        if host.live:
            for other in (session, *host.live):
                other.in_question = True
        session.released = False
        host.live.append(session)

    def _take_special(self, session: Session, symbol: Symbol, process: str | None) -> None:
        host = session.host
        if symbol.is_involved or symbol.is_busy:
            session.in_question = True
            host.spreads |= symbol.is_busy or symbol.record.event in SUBSCRIPTION_CALLS
        if symbol.is_passing and process:
            session.in_question = True
            host.failed.add(process)
            host.spreads |= host.overlaps(session)
        if symbol.settles and process:
            host.failed.discard(process)
        if symbol.is_release and session in host.live:
            session.released = True
            host.live.remove(session)
        if symbol.is_last and not session.waits:
            session.waits = True
            self._waiting.append((session, len(session)))
            if len(self._waiting) > _WAITING + len(self._whos.hosts):
                self._retire(*self._waiting.popleft())

    # --- ends ------------------------------------------------------------------
    def _retire(self, session: Session, length: int) -> None:
        """Judge a session that waited long enough since it may have ended."""
        if len(session) != length:
            self._waiting.append((session, len(session)))
        elif not session.in_question:
            session.waits = False
            self._end(session)

    def _end(self, session: Session) -> None:
        """Judge a session; it goes if it is sound."""
        host = session.host
        symbols, whos, lines, times = (tuple(session[part::4]) for part in range(4))
        verdict = self._judge(session, symbols, whos)
        host.spreads |= verdict.spreads
        for place in verdict.told:
            writer = whos[place].writer
            writer.told = max(writer.told, lines[place])
        if session.in_question or not verdict.is_sound:
            return
        if _is_late(verdict, whos, times):
            session.in_question = True
            return
        del host.sessions[session.key]
        if self._sessions.get(session.key) is session:
            del self._sessions[session.key]
        host.over.add(hash(session.key))
        host.last_over = max(host.last_over, lines[-1])
        host.credit(len(symbols), verdict.judged, verdict.judged_records)
        if verdict.counts:
            host.sound.append(session.key)

    def _judge(
        self, session: Session, symbols: tuple[Symbol, ...], whos: tuple[Who, ...]
    ) -> Verdict:
        host, distinct = session.host, tuple(dict.fromkeys(whos))
        self._ended += len(distinct)
        if self._ended > TOMBSTONES:
            raise UnfitError
        for who in distinct:
            if not who.writer.has_begun:
                self._begin(who)
            host.spreads |= who.writer.changed >= session[2]
        place = {who: index for index, who in enumerate(distinct)}
        cast, places = self._cast(host, distinct), tuple(map(place.__getitem__, whos))
        known = self.shapes.get(cast, symbols, places)
        if known is not None:
            return known
        apart = not session.asked and len({who.writer for who in distinct}) == len(distinct)
        if not apart or len(distinct) == 1 or _has_levels(symbols, distinct):
            return self.shapes.judge(cast, symbols, places)
        found = self._judge_writers(host, symbols, whos, distinct)
        self.shapes.keep(cast, symbols, places, found)
        return found

    def _judge_writers(
        self,
        host: Host,
        symbols: tuple[Symbol, ...],
        whos: tuple[Who, ...],
        distinct: tuple[Who, ...],
    ) -> Verdict:
        """Judge writers of a session without a requester: each by itself."""
        parts: dict[Who, list[Symbol]] = {who: [] for who in distinct}
        places: dict[Who, list[int]] = {who: [] for who in distinct}
        for place, (symbol, who) in enumerate(zip(symbols, whos, strict=True)):
            parts[who].append(symbol)
            places[who].append(place)
        judged = {
            who: self.shapes.judge(self._cast(host, (who,)), tuple(part), (0,) * len(part))
            for who, part in parts.items()
        }
        verdicts = judged.values()
        return Verdict(
            is_sound=all(one.is_sound for one in verdicts),
            spreads=any(one.spreads for one in verdicts),
            counts=any(one.counts for one in verdicts),
            judged=sum(one.judged for one in verdicts),
            judged_records=sum(one.judged_records for one in verdicts),
            frozen=tuple(
                (places[who][start], places[who][end])
                for who, one in judged.items()
                for start, end in one.frozen
            ),
            told=tuple(places[who][place] for who, one in judged.items() for place in one.told),
        )

    def _cast(self, host: Host, distinct: tuple[Who, ...]) -> Cast:
        contexts = [who.writer.context for who in distinct]
        key = distinct, *map(id, contexts)
        found = host.casts.get(key)
        if found is None:
            found = self.shapes.cast(
                [who.words for who in distinct], contexts, named=host.name is not None
            )
            host.casts[key] = found
        return found

    def finish(self) -> None:
        """Judge what is still open."""
        for host in self.hosts:
            for session in [*host.sessions.values()]:
                self._end(session)


def _has_levels(symbols: tuple[Symbol, ...], whos: tuple[Who, ...]) -> bool:
    """Tell whether application levels are given: then the writers of a session are compared."""
    return any(who.writer.context.level for who in whos) or any(s.has_level for s in symbols)


def _is_late(verdict: Verdict, whos: tuple[Who, ...], times: tuple[int | None, ...]) -> bool:
    """Tell whether a time comes near a budget."""
    for start, end in verdict.frozen:
        before, after = times[start], times[end]
        if before is not None and after is not None:
            budget = whos[end].writer.context.budget_ms
            limit = FREEZE.budget_s * _NS_PER_S if budget is None else budget * _NS_PER_MS
            if not 0 <= after - before < FREEZE.near_share * limit:
                return True
    for start, end in verdict.held:
        before, after = times[start], times[end]
        if before is not None and (after is None or after - before >= FLUSH_AND_HOLD_S * _NS_PER_S):
            return True
    return False
