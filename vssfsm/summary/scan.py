"""
A scan that can be left and taken up again, and that takes in what another one made of later lines.

What goes from one to the other are facts: of sessions that are closed only what others may be
touched by, of all the rest the records. A session is closed only where it began and ended in the
lines that were seen, was sound, and others of its host could not touch it. Facts of later lines are
taken as they are for each host where nothing before them reaches into a closed session; where
something may, all lines of the host are asked for, and scanned again.
"""

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Final

from vssfsm.core.record import Record
from vssfsm.fast.limits import MOST_PROCESSES, MOST_SESSIONS
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.names import name_of, written
from vssfsm.fast.owners import Host, Session, Writer
from vssfsm.fast.scan import Scan
from vssfsm.monitor.keys import key_of
from vssfsm.summary.form import Facts, HostFacts, WriterFacts
from vssfsm.summary.seen import FirstOfWriter, Seen, key_of_names, lines_in

#: sessions that may have ended and wait for a late record, beside one for each host
WAITING: Final = 64
_LEVEL: Final = 6
_NOTHING: Final = FirstOfWriter(0)
_NEVER: Final = Writer(key_of(Record(0))).time

#: gives the lines of hosts, by their numbers
Fetch = Callable[[set[str | None]], Mapping[int, bytes]]
_Lines = Sequence[tuple[int, bytes]]


class PieceScan(Scan):
    """
    A scan of a part of an evidence.

    Args:
        release: of records that do not name theirs.
        merges: it may take in what others made of later lines; then each line has to be read.

    Every method raises `UnfitError` where only the whole evidence can be judged.
    """

    def __init__(self, release: str | None, *, merges: bool = True) -> None:
        super().__init__(release)
        self._merges = merges
        self._ends.is_eager = True  # a session that is closed need not be kept
        self._ways.finds_twins = False  # one that is open may have begun elsewhere
        self._seen = Seen()
        #: hashes of the names of sessions that are over
        self._over: dict[str | None, set[int]] = {}
        #: open sessions of hosts that spread, whose records are not kept
        self._unkept: dict[str | None, int] = {}
        #: lines come out of their order, or long after they were first taken
        self._is_fed = False

    def take_part(self, lines: list[bytes], before: int) -> None:
        """Take whole lines, behind *before* others."""
        late = self._seen.take(lines_in(lines, before + 1))
        self.take(lines, before)
        for name, key in late:
            session = self._host(name).get(written(key))
            if session is not None:
                session.in_question = True
        self._settle()

    def _let_rest(self, host: Host) -> None:
        if not self._merges:  # one that began in lines before these may be anywhere
            super()._let_rest(host)

    def _retire(self, session: Session, length: int) -> None:
        if self._is_fed:
            self._waiting.append((session, length))
        else:
            super()._retire(session, length)

    def _begin_session(self, host: Host, name: bytes) -> Session:
        host.spreads |= hash(name) in self._over.get(host.name, ())
        return super()._begin_session(host, name)

    def _doubt(self, host: Host, name: bytes) -> None:
        host.spreads |= hash(name) in self._over.get(host.name, ())
        super()._doubt(host, name)

    def _end(self, session: Session) -> None:
        super()._end(session)
        host = session.host
        if host.get(session.name) is None:
            self._over.setdefault(host.name, set()).add(hash(session.name))

    def _settle(self) -> None:
        """Judge sessions that may have ended, without the newest: late records may come."""
        waiting = sorted((one for one, _ in self._waiting), key=lambda one: one.lines[-1])
        self._waiting = deque((one, len(one.lines)) for one in waiting)
        for _ in range(min(len(waiting), len(waiting) - WAITING - len(self._whos.hosts))):
            self._retire(*self._waiting.popleft())

    # --- facts ---------------------------------------------------------------
    def open_lines(self) -> list[int]:
        """Give the lines that have to be kept, in order."""
        found = [*self.unread]
        for host in self.hosts:
            if not host.spreads:
                found += host.strange + host.apart
                for session in host.open:
                    found += session.lines
        return sorted(found)

    def facts(self, lines: Mapping[int, bytes]) -> Facts:
        """
        Give what is known.

        Args:
            lines: those that have to be kept are among them.
        """
        numbers = self.open_lines()
        text = b"\n".join(lines[number] for number in numbers)
        return Facts(
            hosts=[self._host_facts(host) for host in self.hosts],
            names=self._names,
            begun=self.begun,
            most_open=self._most_open,
            events=sorted(self.events),
            numbers=numbers,
            kept=zlib.compress(text, _LEVEL),
        )

    def _host_facts(self, host: Host) -> HostFacts:
        seen = self._seen.sessions.get(host.name, {})
        still = {name_of(session.name) for session in host.open}
        over = [key for key in seen if key not in still]
        return HostFacts(
            name=host.name,
            spreads=host.spreads,
            open=len(host.open) + self._unkept.get(host.name, 0),
            subscribed=_is_subscribed(host),
            over=over,
            silent=sorted(set(over).difference(host.sound)),
            first=min((seen[key] for key in over), default=0),
            last=host.last_over,
            records=host.records,
            judged=host.judged,
            judged_records=host.judged_records,
            coverage=sorted(host.coverage),
            processes=sorted(host.processes),
            failed=sorted(host.failed),
            writers=[self._writer_facts(host, writer) for writer in host.writers.values()],
        )

    def _writer_facts(self, host: Host, writer: Writer) -> WriterFacts:
        key = writer.key
        first = self._seen.writers.get((host.name, key), _NOTHING)
        return WriterFacts(
            names=(key.instance, key.writer_id, key.writer),
            first_line=first.line,
            first_time=first.time,
            time=writer.time if writer.time > _NEVER else None,
            told=writer.told,
        )

    # --- taking up -----------------------------------------------------------
    def take_up(self, facts: Facts) -> dict[int, bytes]:
        """Go on where another scan was left; give the lines that it kept."""
        lines = facts.lines
        hosts = [(self._host(one.name), one) for one in facts.hosts]
        for host, one in hosts:
            self._add_closed(host, one, 0)
        begun = [item for host, one in hosts for item in _begun(host, one, 0)]
        self._feed(sorted(lines.items()), begun)
        for host, one in hosts:
            host.failed = set(one.failed)
            host.spreads |= one.spreads
            if one.spreads:
                self._add_unkept(one)
            _add_newest(host, one, 0)
        self._add_common(facts)
        self.begun, self._most_open = facts.begun, facts.most_open
        return lines

    def take_in(self, facts: Facts, base: int, fetch: Fetch) -> dict[int, bytes]:
        """
        Take what another scan made of the lines behind these.

        Args:
            facts: of the other one.
            base: number of lines before its first one.
            fetch: gives all of its lines that are of some hosts, by their numbers here.

        Returns:
            The lines that were taken, by their numbers here.
        """
        self._add_common(facts)
        self.begun += facts.begun
        self._most_open = max(self._most_open, self._open + facts.most_open)
        lines = {base + number: line for number, line in facts.lines.items()}
        records = _by_host(lines)
        lacking: dict[str | None, set[int]] = {}
        for one in facts.hosts:
            fed = self._take_host(one, base, records.get(one.name, []))
            if fed is not None:
                lacking[one.name] = fed
        if lacking:
            more = fetch(set(lacking))
            self._take_again(more, lacking)
            lines.update(more)
        self._settle()
        self._check_limits()
        return lines

    def _take_host(self, one: HostFacts, base: int, records: _Lines) -> set[int] | None:
        """Take a host's facts; where they may be wrong, give the lines that were fed."""
        host = self._host(one.name)
        early = [item for item in records if not one.first or item[0] < one.first + base]
        back = any(
            fact.first_time is not None and fact.first_time < _writer(host, fact).time
            for fact in one.writers
        )
        if not (one.spreads or host.spreads):
            self._feed(early, ())
        if one.spreads or host.spreads:
            self._add_closed(host, one, base)
            self._add_unkept(one)
            host.spreads = True
            return None
        if one.over and (back or not self._fits(host, one)):
            return {number for number, _ in early}
        self._add_closed(host, one, base)
        self._feed(records[len(early) :], _begun(host, one, base))
        host.failed.update(one.failed)
        _add_newest(host, one, base)
        return None

    def _fits(self, host: Host, one: HostFacts) -> bool:
        """Tell whether nothing on *host* reaches into the closed sessions of later lines."""
        if host.live or host.failed or one.subscribed or _is_subscribed(host):
            return False
        over = self._over.get(host.name, set())
        names = [*map(written, one.over)]
        return not any(hash(name) in over or name in host.sessions for name in names)

    def _take_again(self, lines: Mapping[int, bytes], fed: Mapping[str | None, set[int]]) -> None:
        """Take whole hosts, without what was fed before."""
        for name, records in _by_host(lines).items():
            host = self._host(name)
            told = {key: writer.told for key, writer in host.writers.items()}
            self._feed([item for item in records if item[0] not in fed[name]], ())
            for key, line in told.items():
                host.writers[key].told = max(host.writers[key].told, line)

    def _feed(self, lines: _Lines, begun: Iterable[tuple[int, Writer]]) -> None:
        """
        Take single lines in order.

        Args:
            lines: with their numbers.
            begun: writers, with the line of their first record; it may be of a closed session.
        """
        waiting = sorted(begun, key=itemgetter(0), reverse=True)
        self._is_fed = True
        for number, text in lines:
            while waiting and waiting[-1][0] < number:
                waiting.pop()[1].has_begun = True
            self._seen.take(lines_in([text], number))
            self.take([text], number - 1)
        self._is_fed = False
        for _, writer in waiting:
            writer.has_begun = True

    def _host(self, name: str | None) -> Host:
        return self._whos.host(name)

    def _take_unread(self, text: bytes, line: int) -> None:
        if self._merges:
            raise UnfitError
        super()._take_unread(text, line)

    def _add_closed(self, host: Host, one: HostFacts, base: int) -> None:
        """Add what is left of closed sessions, and what counts for records that are not kept."""
        self._seen.add(one, base)
        silent = frozenset(one.silent)
        for key in one.over:
            name = written(key)
            self._over.setdefault(host.name, set()).add(hash(name))
            if key not in silent:
                host.sound.append(name)
        host.last_over = max(host.last_over, base + one.last if one.last else 0)
        host.records += one.records
        host.judged += one.judged
        host.judged_records += one.judged_records
        host.rows.add(frozenset(one.coverage))
        host.processes.update(one.processes)

    def _add_unkept(self, one: HostFacts) -> None:
        """Count open sessions whose records are not kept, for the host spreads."""
        self._unkept[one.name] = self._unkept.get(one.name, 0) + one.open
        self._open += one.open

    def _add_common(self, facts: Facts) -> None:
        if self._names is None:
            self._names = facts.names
        if facts.names not in (None, self._names):
            raise UnfitError
        self.events.update(facts.events)

    def _check_limits(self) -> None:
        self._processes = sum(len(host.processes) for host in self.hosts)
        if self._processes > MOST_PROCESSES or self._most_open > MOST_SESSIONS:
            raise UnfitError


def _is_subscribed(host: Host) -> bool:
    return any(writer.changed for writer in host.writers.values())


def _writer(host: Host, fact: WriterFacts) -> Writer:
    return host.writer(key_of_names(fact.names))


def _begun(host: Host, one: HostFacts, base: int) -> list[tuple[int, Writer]]:
    """Give the writers that have records, each with the line of its first one."""
    return [
        (base + fact.first_line, _writer(host, fact)) for fact in one.writers if fact.first_line
    ]


def _add_newest(host: Host, one: HostFacts, base: int) -> None:
    """Bring the writers of *host* up to what they did last."""
    for fact in one.writers:
        writer = _writer(host, fact)
        if fact.time is not None:
            writer.time = max(writer.time, fact.time)
        if fact.told:
            writer.told = max(writer.told, base + fact.told)


def _by_host(lines: Mapping[int, bytes]) -> dict[str | None, list[tuple[int, bytes]]]:
    """Sort lines by the host that they name."""
    found: dict[str | None, list[tuple[int, bytes]]] = {}
    for number, text in sorted(lines.items()):
        for _, line in lines_in([text], number):
            found.setdefault(line.host, []).append((number, text))
    return found
