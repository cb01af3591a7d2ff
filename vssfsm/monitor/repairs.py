"""The alignments of an input's sessions: of those that were accused, or of every one."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from vssfsm.core.align import Repair
from vssfsm.core.finding import Participant, participant
from vssfsm.core.garbage import collected_rarely
from vssfsm.core.reader import Entry
from vssfsm.core.record import Record


def whose(record: Record) -> Participant:
    """Tell whose session *record* belongs to, as its findings do."""
    return participant(
        record.actor or "",
        record.host or "",
        record.session or "",
        record.writer or record.writer_id or "",
        record.instance or "",
    )


class Aligned(NamedTuple):
    """One participant's session, and its repair; None where it is too far away."""

    who: Participant
    steps: tuple[Entry, ...]
    repair: Repair | None


class Repairs:
    """
    Alignments in the order in which sessions ended.

    Args:
        every: sessions that were not accused are aligned too.
    """

    def __init__(self, *, every: bool = False) -> None:
        self._every = every
        self._ended: list[tuple[Participant, Sequence[Entry], Callable[[], Repair | None]]] = []

    def wanted(self, accused: bool) -> bool:  # noqa: FBT001 - the only thing that decides
        """Tell whether a session is to be aligned."""
        return self._every or accused

    def add(
        self,
        where: Mapping[str, Any],
        steps: Sequence[Entry],
        find: Callable[[], Repair | None],
    ) -> None:
        """
        Keep a session that ended; it is aligned when somebody asks.

        Args:
            where: the fields of the findings of its record.
            steps: of the session; nobody appends to them any more.
            find: aligns it.
        """
        self._ended.append((participant(**where), steps, find))

    @cached_property
    def aligned(self) -> tuple[Aligned, ...]:
        """The alignments; read it when every session has ended."""
        with collected_rarely():
            found = [
                Aligned(who, tuple(steps) if self._every else (), find())
                for who, steps, find in self._ended
            ]
        return tuple(item for item in found if item.repair is not None or self._every)

    def by_participant(self) -> dict[Participant, list[Repair]]:
        """Give the repairs that have edits."""
        found: dict[Participant, list[Repair]] = {}
        for item in self.aligned:
            if item.repair is not None and item.repair.edits:
                found.setdefault(item.who, []).append(item.repair)
        return found
