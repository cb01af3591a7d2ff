"""What distinct cells of a table stand for: who speaks, and what is said, each as a number."""

from typing import Final

from vssfsm.core.record import Record
from vssfsm.fast.limits import MOST_PROCESSES
from vssfsm.fast.lines import SEEN, WHO, UnfitError, who_of
from vssfsm.fast.owners import Host, Who, Whos, Writer
from vssfsm.fast.symbols import OBSERVER, Symbol, Symbols
from vssfsm.traces.canonical import read_mapping

#: columns that say who, in the order of `Whos`; then the requester's program
VOICE: Final = (*WHO, "process")
SAID: Final = tuple(SEEN)
#: symbols and participants of one host that are told apart by numbers of 16 bits
MOST: Final = 1 << 16
_OTHER: Final = -1


class Voice:
    """
    Who speaks.

    Args:
        values: as they were given.
        who: None where it cannot be told.
        host: where.
        process: the requester's.
    """

    __slots__ = ("host", "process", "values", "who")

    def __init__(
        self, values: dict[str, object], who: Who | None, host: Host, process: str | None
    ) -> None:
        self.values = values
        self.who = who
        self.host = host
        self.process = process


class Voices:
    """All who speak in an input."""

    def __init__(self) -> None:
        self.whos = Whos()
        self.all: list[Voice] = []
        self.hosts: list[Host] = []
        #: writers by their number, and where they are
        self.writers: list[Writer] = []
        self.homes: list[Host] = []
        self._host_numbers: dict[Host, int] = {}
        self._writer_numbers: dict[Writer, int] = {}
        self._processes = 0
        #: which names the writers' records carry
        self._names: tuple[bool, ...] | None = None
        #: by the number of a voice: host, place on it, writer; whether it acts, asks, is understood
        self.host: list[int] = []
        self.place: list[int] = []
        self.writer: list[int] = []
        self.acts: list[bool] = []
        self.asks: list[bool] = []
        self.fits: list[bool] = []

    def learn(self, values: dict[str, object]) -> None:
        """Take a new combination of `VOICE`."""
        record, notes = read_mapping(values, 0)
        if notes or record.hole or record.actor is None:
            self._learn_bad(values, record)
            return
        who = self.whos[who_of(record)]
        host, process = who.host, record.process
        if who.asks and process and process not in host.processes:
            host.processes.add(process)
            self._processes += 1
            if self._processes > MOST_PROCESSES:
                raise UnfitError
        if who.acts:
            self._begin_writer(who.writer)
        self._add(Voice(values, who, host, process))

    def _begin_writer(self, writer: Writer) -> None:
        """Note that a writer has records; all have to carry the same names."""
        key = writer.key
        names = (True,) if key.instance else (False, key.writer_id is None, key.writer is None)
        self._names = self._names or names
        if names != self._names or names == (False, True, True):
            raise UnfitError

    def _learn_bad(self, values: dict[str, object], record: Record) -> None:
        """Take one that may be anybody of its host."""
        if not record.host or None in self.whos.hosts:
            raise UnfitError
        host = self.whos.hosts.setdefault(record.host, Host(record.host))
        host.spreads = True
        self._add(Voice(values, None, host, None))

    def _add(self, voice: Voice) -> None:
        who, host = voice.who, voice.host
        self.all.append(voice)
        if host not in self._host_numbers:
            self._host_numbers[host] = len(self.hosts)
            self.hosts.append(host)
        self.host.append(self._host_numbers[host])
        self.place.append(0 if who is None else who.place)
        if self.place[-1] >= MOST:
            raise UnfitError
        self.acts.append(who is not None and who.acts)
        self.asks.append(who is not None and who.asks)
        self.fits.append(who is not None)
        self.writer.append(_OTHER if who is None else self._number(who))

    def _number(self, who: Who) -> int:
        """Give the number of a writer."""
        found = self._writer_numbers.get(who.writer)
        if found is None:
            found = self._writer_numbers[who.writer] = len(self.writers)
            self.writers.append(who.writer)
            self.homes.append(who.host)
        return found


class Sayings:
    """
    All that is said in an input.

    Args:
        release: of records that do not name theirs.
    """

    def __init__(self, release: str | None) -> None:
        self._symbols = Symbols(release)
        self.values: list[dict[str, object]] = []
        #: what is said, each symbol once; None where it is not understood
        self.symbols: list[Symbol | None] = []
        self._numbers: dict[Symbol | None, int] = {}
        #: by the number of a saying: its symbol
        self.symbol: list[int] = []

    @property
    def events(self) -> set[str]:
        """Events that records tell of."""
        return self._symbols.events

    def learn(self, values: dict[str, object]) -> None:
        """Take a new combination of `SAID`."""
        symbol: Symbol | None
        try:
            symbol = self._symbols.get(values)
        except UnfitError:
            symbol = None
        self.values.append(values)
        number = self._numbers.get(symbol)
        if number is None:
            number = self._numbers[symbol] = len(self.symbols)
            self.symbols.append(symbol)
            if number >= MOST:
                raise UnfitError
        self.symbol.append(number)

    def which(self, name: str) -> list[bool]:
        """Tell of each symbol whether its attribute *name* holds."""
        return [symbol is not None and bool(getattr(symbol, name)) for symbol in self.symbols]

    def of_observers(self) -> list[bool]:
        """Tell of each symbol whether an observer says it."""
        return [symbol is not None and symbol.kind == OBSERVER for symbol in self.symbols]
