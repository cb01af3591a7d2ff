"""
A trace of JSON Lines in two passes: the scan, then the reference over the lines in question.

The second pass gives the reference the same records, with the same lines, as if it had seen all.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from vssfsm.core.finding import Note
from vssfsm.core.garbage import collected_rarely
from vssfsm.core.record import Record
from vssfsm.fast.limits import check_forgotten
from vssfsm.fast.lines import Stream, UnfitError, lines_at, lines_of, read_who, read_whole
from vssfsm.fast.scan import Scan
from vssfsm.monitor import Monitor, SessionReport
from vssfsm.monitor.keys import Key
from vssfsm.monitor.scopes import UNREAD
from vssfsm.results import INCONCLUSIVE, Sound
from vssfsm.traces.source import STDIN, open_input
from vssfsm.traces.unpack import Metered, is_packed


class Scanned:
    """What a scan gives: the lines that the reference needs, and what the others count for."""

    def __init__(self, path: str, scan: Scan) -> None:
        self._path = path
        self._scan = scan
        self._wanted = set(self._lines_in_question())
        self.wanted = sorted(self._wanted)
        #: sessions of which not all lines are needed, by line
        self._partly = {
            line: session
            for host in scan.hosts
            if not host.spreads
            for session in host.sessions.values()
            if session.sound
            for line in session.lines
        }

    def _lines_in_question(self) -> Iterator[int]:
        hosts = self._scan.hosts
        spreading = {host.name for host in hosts if host.spreads}
        if None in spreading:
            raise UnfitError
        for host in hosts:
            if not host.spreads:
                yield from host.strange
                for session in host.sessions.values():
                    yield from session.lines
                if host.sessions:
                    yield from host.apart
        yield from self._scan.unread
        if spreading:
            yield from _lines_of(self._path, spreading)

    def records(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        """Give the records that the reference needs."""
        with _opened(self._path) as stream:
            for line, text in lines_at(stream, self._scan.blocks, self.wanted):
                session = self._partly.get(line)
                if session is not None and self._scan.leave_out(session, text, line):
                    self._wanted.discard(line)
                else:
                    yield read_whole(text, line)

    def credit(self, monitor: Monitor) -> None:
        """
        Tell *monitor*, which has ended, of the records that it was not given.

        Raises:
            UnfitError: it remembers a session that is forgotten where all are given.
        """
        scan = self._scan
        check_forgotten(monitor, scan.begun)
        for host in scan.hosts:
            if host.spreads:
                continue
            monitor.credit(host.records, host.judged, host.judged_records)
            monitor.credit_rows(host.coverage)
            if not host.sessions:
                monitor.credit(len(host.apart), host.apart_judged, host.apart_judged_records)
            for session in host.sessions.values():
                for part in session.sound.values():
                    monitor.credit(0, part.judged, part.judged_records)
                    monitor.credit_rows(part.rows)
        monitor.credit(len(self.wanted) - len(self._wanted), 0, 0)
        monitor.credit_health(self._healthy())
        monitor.credit_events(scan.events)

    @property
    def sound(self) -> Sound:
        """Backup sessions that conform, of which the reference was given nothing."""
        return self._named(are_holed=False)

    @property
    def doubtful(self) -> Iterator[SessionReport]:
        """The others of which it was given nothing: something of them could not be read."""
        for report in self._named(are_holed=True).reports():
            yield report._replace(verdict=INCONCLUSIVE, reasons=(UNREAD,))

    def _named(self, *, are_holed: bool) -> Sound:
        hosts = [host for host in self._scan.hosts if not host.spreads and host.sound]
        wanted = [host for host in hosts if host.is_holed == are_holed]
        return Sound(self._path, {host.name or "": host.sound for host in wanted})

    def _healthy(self) -> Iterator[Key]:
        """Give the writers of which a sound record was the last to tell."""
        for host in self._scan.hosts:
            for writer in host.writers.values():
                if writer.told not in self._wanted and not host.spreads:
                    yield writer.key._replace(host=host.name)


def scan_file(path: str, release: str | None) -> Scanned | None:
    """
    Scan a file of JSON Lines; None where only the reference can judge it.

    Args:
        path: of a file in UTF-8, packed or not.
        release: of records that do not name theirs.
    """
    if path == STDIN:
        return None
    try:
        with collected_rarely():  # cycles are made where shapes are judged alone
            return Scanned(path, _scan(path, release))
    except (UnfitError, EOFError):
        return None


def _scan(path: str, release: str | None) -> Scan:
    found = Scan(release)
    line = 0
    with _opened(path) as stream:
        for lines in lines_of(stream):
            found.take(lines, line)
            found.blocks.add(lines)
            line += len(lines)
    found.finish()
    return found


@contextmanager
def _opened(path: str) -> Iterator[Stream]:
    """Open a file behind its byte order mark; what is taken of it counts as progress."""
    opened = open_input(path)
    with opened.stream as stream:
        if opened.head.encoding != "utf-8":
            raise UnfitError
        if is_packed(path):
            stream.read(opened.head.mark)
            yield stream
            return
        with Metered(path) as plain:
            plain.seek(opened.head.mark)
            yield plain


def _lines_of(path: str, hosts: set[str | None]) -> Iterator[int]:
    """Give the lines of the records of *hosts*."""
    before = 0
    with _opened(path) as stream:
        for lines in lines_of(stream):
            for number, text in enumerate(lines, before + 1):
                try:
                    _, host, *_ = read_who(text, number)
                except UnfitError:
                    continue  # what could not be read is taken as a whole
                if host in hosts:
                    yield number
            before += len(lines)
