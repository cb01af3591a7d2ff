"""What the scan knows of hosts, writers and open sessions."""

from typing import Any

from vssfsm.core.record import Record
from vssfsm.fast.lines import UnfitError
from vssfsm.fast.shapes import LATE, Cast
from vssfsm.monitor.keys import Key, key_of, participant

#: before every time
_NEVER = -(1 << 80)


class Writer:
    """A writer on its host, over all of its sessions."""

    def __init__(self, key: Key) -> None:
        self.key = key
        #: what its subscription said
        self.context = LATE
        #: it has had a record
        self.has_begun = False
        #: line of the newest record that changed the context
        self.changed = 0
        #: time of its newest handler
        self.time = _NEVER
        #: line of the newest record that told of its health
        self.told = 0


class Who:
    """
    What one combination of names stands for.

    Args:
        host: where it is.
        kind: of the records that name it so.
        key: the names as the reference compares them.
        quotes: that the names need in a record.
    """

    def __init__(self, host: "Host", kind: str, key: Key, quotes: int) -> None:
        self.host = host
        #: whose sessions it takes part in; an observer takes part in none
        self.home = None if kind == "observer" else host
        self.acts = kind == "writer"
        self.writer = host.writer(participant(key))
        self.words = key.instance, key.writer_id, key.writer
        self.quotes = quotes


class Whos(dict[tuple[str | None, ...], Who]):
    """Who is named by host, actor, instance, class and name."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts: dict[str | None, Host] = {}

    def __missing__(self, names: tuple[str | None, ...]) -> Who:
        name, actor, instance, writer_id, writer = names
        if "" in names or actor is None:
            raise UnfitError
        if self.hosts and (name is None) != (None in self.hosts):
            raise UnfitError
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = Host(name)
        record = Record(0, instance=instance, writer_id=writer_id, writer=writer)
        # the actor belongs to the symbol
        quotes = 4 * (len(names) - 1 - names.count(None))
        found = self[names] = Who(host, actor, key_of(record), quotes)
        return found


class Session(list[Any]):  # noqa: PLW1641 - a list has no hash either
    """Symbol, who, line and time of every record, one after the other."""

    __slots__ = ("asked", "host", "in_question", "key", "released", "waits")

    def __init__(self, host: "Host", key: str) -> None:
        super().__init__()
        self.host = host
        self.key = key
        #: a requester took part, and released its object
        self.asked = self.released = False
        self.in_question = self.waits = False

    def __eq__(self, other: object) -> bool:
        return self is other


class Host:
    """A host, its writers and its sessions."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.sessions: dict[str, Session] = {}
        self.writers: dict[Key, Writer] = {}
        self.casts: dict[Any, Cast] = {}
        #: all of its records are in question
        self.spreads = False
        #: lines of observers' records that are in question
        self.strange: list[int] = []
        #: lines of writers' records without a session, and how many symbols were judged there
        self.apart: list[int] = []
        self.apart_judged = 0
        self.apart_judged_records = 0
        #: sessions whose requester is at work
        self.live: list[Session] = []
        #: processes, and those whose last operation failed
        self.processes: set[str] = set()
        self.failed: set[str] = set()
        #: hashes of the keys of sessions that are over, and their last line
        self.over: set[int] = set()
        self.last_over = 0
        #: backup sessions that are over
        self.sound: list[str] = []
        #: of the sound records that are over
        self.records = self.judged = self.judged_records = 0

    def writer(self, key: Key) -> Writer:
        """Give the writer of *key*."""
        return self.writers.setdefault(key, Writer(key))

    def credit(self, records: int, judged: int, judged_records: int) -> None:
        """Count sound records."""
        self.records += records
        self.judged += judged
        self.judged_records += judged_records

    def overlaps(self, session: Session) -> bool:
        """Tell whether another session's requester may have been at work since this one began."""
        first = session[2]
        return self.last_over > first or any(
            other is not session and other.asked and other[-2] > first
            for other in self.sessions.values()
        )
