"""
What a record touches beyond its session: its writer, its host, others that are at work.

Where one session may touch another, both are in question; where it cannot be told which, the whole
host is.
"""

from array import array
from collections.abc import Iterable
from itertools import islice
from typing import Final

from vssfsm.fast.contexts import LATE
from vssfsm.fast.ends import is_at_rest
from vssfsm.fast.limits import MOST_PROCESSES, Patterns
from vssfsm.fast.lines import UnfitError, read_hole
from vssfsm.fast.names import written
from vssfsm.fast.owners import Entry, Host, Session, Who, Whos
from vssfsm.fast.shapes import Shapes
from vssfsm.fast.symbols import OBSERVER, REQUESTER, Symbol, Symbols
from vssfsm.monitor.keys import ANYTHING, Key

#: requesters at work on one host that are looked at, the oldest ones
_FEW: Final = 16


class Beyond:
    """
    Take what reaches beyond sessions.

    Args:
        release: of records that do not name theirs.
    """

    def __init__(self, release: str | None) -> None:
        self.shapes = Shapes(release)
        self._symbols = Symbols(release)
        self._whos = Whos()
        self._processes = 0
        #: open sessions by their names as lines hold them; of those with one name, one at most
        self._near: dict[bytes, Session] = {}
        #: lines that could not be read, and whose they may be
        self.unread = array("I")
        self._holes = Patterns()
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

    # --- writers -------------------------------------------------------------
    def _take_apart(self, who: Who, symbol: Symbol, time: int | None, line: int) -> None:
        """Take a record that belongs to no session."""
        host, writer = who.host, who.writer
        if symbol.tells_health:
            writer.told = line
        if symbol.kind == OBSERVER:
            host.observe(symbol, line)
            return
        if symbol.kind == REQUESTER or symbol.is_lifecycle:
            raise UnfitError
        if symbol.is_handler and time is not None:
            host.spreads |= time < writer.time
            writer.time = time
        self._subscribe(host, who, symbol, line)

    def _take_strange(self, who: Who, symbol: Symbol, line: int) -> None:
        """Leave an observer's record to the reference."""
        if symbol.tells_health:
            who.writer.told = line
        who.host.strange.append(line)

    def _subscribe(self, host: Host, who: Who, symbol: Symbol, line: int) -> None:
        """Take what a writer's subscription says."""
        writer = who.writer
        before = writer.context if writer.has_begun else None
        self._begin_writer(who)
        heard = self.shapes.contexts.subscribe(before, symbol, named=host.name is not None)
        writer.context = heard.context
        host.hear(heard, line)
        if writer.context is not (before or LATE):
            writer.changed = line
            host.change(line)
            host.spreads |= host.is_hidden
        if writer.context.level and host.turns:
            host.turns = False
            for session in host.open:
                session.in_question = True

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

    # --- what could not be read --------------------------------------------------
    def _take_unread(self, text: bytes, line: int) -> None:
        """Take a line that is no record: whose it may be has something hidden there."""
        record = read_hole(text, line)
        self.unread.append(line)
        self._near.clear()  # some may be hidden now
        if record.actor == "observer":
            return
        key = self._holes.note(record)
        if key == ANYTHING:
            self._whos.is_holed = True
            for host in self.hosts:
                host.hide()
            return
        if key.host is None:
            raise UnfitError
        host = self._whos.host(key.host)
        if key == Key(key.host):
            host.hide()
        elif key.session is None:
            host.spreads = True
        else:
            self._doubt(host, written(key.session))

    def _doubt(self, host: Host, name: bytes) -> None:
        """Leave a session to the reference; what it says of its writers reaches further."""
        host.doubted.add(name)
        host.hide_writers()
        session = host.get(name)
        if session is not None:
            session.doubt()

    # --- requesters ------------------------------------------------------------
    def _take_call(self, session: Session, entry: Entry, time: int | None) -> None:
        """Take a requester's record: others of its host and process may be touched."""
        if not entry.who.asks:
            return
        if time is not None:
            session.in_question |= time < session.time
            session.time = time
        host, process = session.host, entry.process
        if session.is_idle:
            self._ask(host, session)
        if process:
            if process not in host.processes:
                host.processes.add(process)
                self._processes += 1
                if self._processes > MOST_PROCESSES:
                    raise UnfitError
            if process in host.failed:
                session.in_question = True

    def _ask(self, host: Host, session: Session) -> None:
        """Take a requester's first record, or one behind its release."""
        again = session.asked and not session.rests
        session.asked, session.is_idle, session.rests = True, False, False
        if host.name is None:
            return
        host.spreads |= again and host.overlaps(session, session.lines[-1])
        self._let_rest(host)
        if host.live:
            # Where there are several, all of them are in question already.
            session.in_question = next(iter(host.live)).in_question = True
        host.live[session] = None

    def _let_rest(self, host: Host) -> None:
        """Find requesters that are at rest: they are not at work until their next record."""
        for session in [*islice(host.live, _FEW)]:
            if is_at_rest(self.shapes, session):
                session.is_idle = session.rests = True
                del host.live[session]

    def _overtake(self, host: Host, session: Session) -> None:
        """Note who is at work while *session* begins a set: after that he is in nobody's way."""
        host.overtaken.discard(session)
        for other in islice(host.live, _FEW):
            if other is not session and not is_at_rest(self.shapes, other):
                host.overtaken.add(other)

    def _touch_others(self, session: Session, entry: Entry) -> None:
        """Take a record that says more than a step of its session."""
        host, symbol, process = session.host, entry.symbol, entry.process
        session.in_question |= symbol.doubts
        host.spreads |= symbol.spreads
        if symbol.is_passing and process:
            session.in_question = True
            host.failed.add(process)
            host.spreads |= host.overlaps(session, session.lines[0])
        if symbol.settles and process:
            host.failed.discard(process)
        if symbol.starts_set:
            self._overtake(host, session)
        if symbol.is_release and session in host.live:
            session.is_idle = True
            del host.live[session]
