"""
What a line says, read alone: as most lines are written, or else as the reference reads it.

Lines that come again are known by their rests; this is for the others.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from vssfsm.fast.lines import (
    FIELDS,
    REST_AT,
    SAID_AT,
    WHO_AT,
    UnfitError,
    read_line,
    read_odd,
    who_of,
)
from vssfsm.fast.owners import Who, Whos
from vssfsm.fast.symbols import Spellings, Symbol, Symbols
from vssfsm.fast.times import Times


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
        try:
            return self._read_plain(text)
        except UnfitError:
            return self._read_odd(text, line)

    def _read_plain(self, text: bytes) -> Said:
        values = read_line(text)
        args, given, ended, session, process = values[REST_AT]
        symbol = self._spellings.find(values[SAID_AT], args)
        who = self._whos[values[WHO_AT]]
        time = None if given is None else self.times.value(given)
        if ended is not None:
            self.times.value(ended)
            _check(time)
        return Said(symbol, who, process, session or None, time, False, values)

    def _read_odd(self, text: bytes, line: int) -> Said | None:
        found = read_odd(text, line)
        if found is None:
            return None
        record = found.record
        symbol, who, time = self._symbols.of(record), self._whos[who_of(record)], record.time_ns
        if record.ended_ns is not None:
            _check(time)
        names = record.process, record.session
        return Said(symbol, who, *names, time, found.noted, found.values)


def values_of(given: Any) -> Mapping[str, object]:
    """Give what is `Said.given` by the keys of the format."""
    return given if isinstance(given, Mapping) else dict(zip(FIELDS, given, strict=True))


def read_values(text: bytes) -> Mapping[str, object]:
    """Give the values of a line by their keys, as they stand there; none if it may be no record."""
    try:
        try:
            return values_of(read_line(text))
        except UnfitError:
            found = read_odd(text, 0)
    except UnfitError:
        return {}
    return {} if found is None or found.noted else found.values


def _check(time: int | None) -> None:
    """Look at the time of a handler that ended: how long writes are held counts from its end."""
    if time is None:  # from its start, which is all that is looked at, it is longer
        raise UnfitError
