"""The alignments of an input's sessions: of those that were accused, or of every one."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from vssfsm.core.align import Repair
from vssfsm.core.finding import Participant, participant
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


#: alignments that are kept, and steps of a session that is
_KNOWN: Final = 10_000
_LONGEST_KNOWN: Final = 500
_Find = Callable[[Sequence[Any]], Repair | None]
#: fields of a record that no alignment looks at
_BLANK: Final = dict.fromkeys(
    (
        *("time_ns", "ended_ns", "host", "session", "process", "writer", "writer_id", "instance"),
        *("thread", "args", "source"),
    )
)


def _meaning(step: Any) -> Hashable:
    """Give what an alignment sees of a step: all but where it stands, and whose it is."""
    record = getattr(step, "record", None)
    blank = record and record._replace(line=0, **_BLANK)
    return step.symbol, step.event, step.perhaps, blank


def _with_lines(repair: Repair | None, steps: Sequence[Any]) -> Repair | None:
    """Give *repair* of numbered steps with the lines where they stand."""
    if repair is None:
        return None
    lines = [0, *(step.line for step in steps)]
    lines.append(lines[-1] + 1)
    moves = tuple(
        move._replace(edit=move.edit and move.edit._replace(line=lines[move.edit.line]))
        for move in repair.moves
    )
    edits = tuple(move.edit for move in moves if move.edit is not None)
    return repair._replace(edits=edits, moves=moves)


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
        self._ended: list[tuple[Participant, Sequence[Any], _Find, Hashable]] = []
        self._known: dict[Hashable, Repair | None] = {}

    def wanted(self, accused: bool) -> bool:  # noqa: FBT001 - the only thing that decides
        """Tell whether a session is to be aligned."""
        return self._every or accused

    def add(
        self,
        where: Mapping[str, Any],
        steps: Sequence[Any],
        find: "_Find",
        key: Hashable,
    ) -> None:
        """
        Keep a session that ended; it is aligned when somebody asks.

        Args:
            where: the fields of the findings of its record.
            steps: of the session; nobody appends to them any more.
            find: aligns steps.
            key: of all that *find* depends on beside the steps.
        """
        self._ended.append((participant(**where), steps, find, key))

    def _find(self, steps: Sequence[Any], find: "_Find", key: Hashable) -> Repair | None:
        """Align *steps*; sessions that differ in their lines alone are aligned once."""
        if len(steps) > _LONGEST_KNOWN:
            return find(steps)
        key = key, tuple(map(_meaning, steps))
        if key not in self._known:
            places = [step._replace(line=place) for place, step in enumerate(steps, 1)]
            if len(self._known) >= _KNOWN:
                return _with_lines(find(places), steps)
            self._known[key] = find(places)
        return _with_lines(self._known[key], steps)

    @cached_property
    def aligned(self) -> tuple[Aligned, ...]:
        """The alignments; read it when every session has ended."""
        found = (
            Aligned(who, tuple(steps) if self._every else (), self._find(steps, find, key))
            for who, steps, find, key in self._ended
        )
        return tuple(item for item in found if item.repair is not None or self._every)

    def by_participant(self) -> dict[Participant, list[Repair]]:
        """Give the repairs that have edits."""
        found: dict[Participant, list[Repair]] = {}
        for item in self.aligned:
            if item.repair is not None and item.repair.edits:
                found.setdefault(item.who, []).append(item.repair)
        return found
