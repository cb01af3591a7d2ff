"""
What a line says, read alone: as most lines are written, or else as the reference reads it.

Lines that come again are known by their rests; this is for the others.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any, Final, NamedTuple

from msgspec.structs import asdict

from vssfsm.fast.lines import SEEN, UnfitError, read_line, read_odd, text_of
from vssfsm.fast.owners import Who, Whos
from vssfsm.fast.symbols import Spellings, Symbol, Symbols
from vssfsm.fast.times import Times

WHO: Final = attrgetter("host", "actor", "instance", "writer_id", "writer")
_SEEN: Final = attrgetter(*(key for key in SEEN if key != "args"))


class Said(NamedTuple):
    """
    A record in a line.

    Args:
        symbol: what is said.
        who: whose it is.
        process: as it is named there.
        session: None where there is none.
        time: in nanoseconds since 1970 UTC.
        noted: the reader says something about it: the reference has to tell it.
        given: the values as they stand there; see `values_of`.
    """

    symbol: Symbol
    who: Who
    process: str | None
    session: str | None
    time: int | None
    noted: bool
    given: Any


class Reader:
    """
    Read lines one by one.

    Args:
        symbols, whos: those of the input.
        times: how it writes them.
    """

    def __init__(self, symbols: Symbols, whos: Whos) -> None:
        self._symbols = symbols
        self._spellings = Spellings(symbols)
        self._whos = whos
        self.times = Times(b"", is_number=False)

    def read(self, text: bytes, line: int) -> Said | None:
        """
        Read a line; None for a blank one.

        Raises:
            UnfitError: it is no record, or only the reference can judge it.
        """
        whole = text_of(text)
        try:
            return self._read_plain(whole)
        except UnfitError:
            return self._read_odd(whole, line)

    def _read_plain(self, text: str) -> Said:
        record = read_line(text)
        args = None if record.args is None else bytes(record.args)
        symbol, who = self._spellings[*_SEEN(record), args], self._whos[WHO(record)]
        time = None if record.time is None else self.times.value(record.time)
        if record.ended is not None:
            self.times.value(record.ended)
            _check(time)
        return Said(symbol, who, record.process, record.session or None, time, False, record)

    def _read_odd(self, text: str, line: int) -> Said | None:
        found = read_odd(text, line)
        if found is None:
            return None
        record = found.record
        symbol, who, time = self._symbols.of(record), self._whos[WHO(record)], record.time_ns
        if record.ended_ns is not None:
            _check(time)
        names = record.process, record.session
        return Said(symbol, who, *names, time, found.noted, found.values)


def values_of(given: Any) -> Mapping[str, object]:
    """Give what is `Said.given` by the keys of the format."""
    return given if isinstance(given, Mapping) else asdict(given)


def read_values(text: bytes) -> Mapping[str, object]:
    """Give the values of a line by their keys, as they stand there; none if it may be no record."""
    try:
        whole = text_of(text)
        try:
            return values_of(read_line(whole))
        except UnfitError:
            found = read_odd(whole, 0)
    except UnfitError:
        return {}
    return {} if found is None or found.noted else found.values


def _check(time: int | None) -> None:
    """Look at the time of a handler that ended: how long writes are held counts from its end."""
    if time is None:  # from its start, which is all that is looked at, it is longer
        raise UnfitError
