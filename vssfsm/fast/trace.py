"""
A trace of JSON Lines in two passes: the scan, then the reference over the lines in question.

The second pass gives the reference the same records, with the same lines, as if it had seen all.
"""

import gc
import os
from collections.abc import Iterator
from typing import Any, Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.fast.lines import Form, UnfitError, blocks, form_of, whole_form
from vssfsm.fast.scan import Scan
from vssfsm.monitor import Monitor, SessionReport
from vssfsm.monitor.keys import Key
from vssfsm.traces.canonical import read_line
from vssfsm.traces.source import STDIN, open_input
from vssfsm.traces.unpack import is_packed

#: bytes of a file below which the reference is as fast
SMALL: Final = 1 << 18
#: new containers after which garbage is collected
_GARBAGE: Final = 20_000
#: bytes that show which keys records have
_HEAD: Final = 1 << 18


class _CarelessError(Exception):
    """A block holds more than its records tell: read it line by line."""


class Scanned:
    """What a scan gives: the lines that the reference needs, and what the others count for."""

    def __init__(self, path: str, scan: Scan) -> None:
        self._path = path
        self._scan = scan
        self.wanted = sorted(self._lines_in_question())
        self._wanted = frozenset(self.wanted)

    def _lines_in_question(self) -> Iterator[int]:
        hosts = self._scan.hosts
        spreading = {host.name for host in hosts if host.spreads}
        if None in spreading:
            raise UnfitError
        for host in hosts:
            if not host.spreads:
                yield from host.strange
                for session in host.sessions.values():
                    yield from session[2::4]
                if host.sessions:
                    yield from host.apart
        if spreading:
            yield from _lines_of(self._path, spreading)

    def records(self) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        """Give the records that the reference needs."""
        wanted = iter(self.wanted)
        next_one = next(wanted, 0)
        for number, line in enumerate(_lines(self._path), 1):
            if number == next_one:
                yield read_line(line.decode("utf-8").rstrip("\r\n"), number)
                next_one = next(wanted, 0)
                if not next_one:
                    return

    def credit(self, monitor: Monitor) -> None:
        """Tell *monitor*, which has ended, of the records that it was not given."""
        scan = self._scan
        for host in scan.hosts:
            if host.spreads:
                continue
            monitor.credit(host.records, host.judged, host.judged_records)
            if not host.sessions:
                monitor.credit(len(host.apart), host.apart_judged, host.apart_judged_records)
        monitor.credit_sessions(self._sound())
        monitor.credit_rows(scan.shapes.coverage)
        monitor.credit_health(self._healthy())
        monitor.credit_events(scan.events)

    def _sound(self) -> Iterator[SessionReport]:
        for host in self._scan.hosts:
            if not host.spreads:
                for key in host.sound:
                    yield SessionReport(host.name or "", key, "CONFORMS", (), self._path)

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
    thresholds = gc.get_threshold()
    gc.set_threshold(_GARBAGE)  # cycles are made where shapes are judged alone
    try:
        for form in (_form_of(path), whole_form()):
            try:
                return Scanned(path, _scan(path, release, form))
            except _CarelessError:
                continue
        return Scanned(path, _scan(path, release, whole_form(), careful=True))
    except (UnfitError, EOFError):
        return None
    finally:
        gc.set_threshold(*thresholds)


def _form_of(path: str) -> Form:
    """Give the form of the first records."""
    head = next(_blocks(path), b"")
    return form_of(whole_form().keys_in(head[: head.rfind(b"\n", 0, _HEAD) + 1]))


def is_small(path: str) -> bool:
    """Tell whether a scan of *path* would not pay."""
    try:
        return os.path.getsize(path) < SMALL
    except OSError:
        return True


def _scan(path: str, release: str | None, form: Form, *, careful: bool = False) -> Scan:
    found = Scan(release, form)
    line = 0
    for block in _blocks(path):
        if careful:
            line += _take_lines(found, form, block, line)
            continue
        records = form.decode(block)
        if records is None or found.take(records, line) != block.count(b'"'):
            raise _CarelessError
        line += len(records)
    found.finish()
    return found


def _take_lines(scan: Scan, form: Form, block: bytes, line: int) -> int:
    """Take a block line by line; give the number of its lines."""
    lines = block.split(b"\n")[:-1]
    for number, text in enumerate(lines, line):
        record = form.decode_one(text, number + 1)
        if record is not None:
            scan.take([record], number)
    return len(lines)


def _blocks(path: str) -> Iterator[bytes]:
    opened = open_input(path)
    with opened.stream as stream:
        if opened.head.encoding != "utf-8":
            raise UnfitError
        if not is_packed(path):
            with open(path, "rb", buffering=0) as plain:
                plain.seek(opened.head.mark)
                yield from blocks(plain)
            return
        stream.read(opened.head.mark)
        yield from blocks(stream)


def _lines(path: str) -> Iterator[bytes]:
    for block in _blocks(path):
        yield from block.split(b"\n")[:-1]


def _lines_of(path: str, hosts: set[str | None]) -> Iterator[int]:
    """Give the lines of the records of *hosts*."""
    line = 0
    form = whole_form()
    for block in _blocks(path):
        records: list[Any] | None = form.decode(block)
        if records is None:
            records = [
                form.decode_one(text, line + index)
                for index, text in enumerate(block.split(b"\n")[:-1], 1)
            ]
        for number, record in enumerate(records, line + 1):
            if record is not None and record.host in hosts:
                yield number
        line += len(records)
