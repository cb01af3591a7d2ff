"""
Deliver steps to an adapter and judge what comes back: one life of a writer under test.

`Life` is used by the first run, which chooses its steps as it goes, and by replays, which are given
theirs.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from vssfsm.testing.adapters import (
    VETOED,
    Abilities,
    Broken,
    Seen,
    WriterAdapter,
    read_abilities,
    read_object,
)
from vssfsm.testing.faults import Fault, fault
from vssfsm.testing.visits import Visits
from vssfsm.testing.writers.judge import Judge
from vssfsm.testing.writers.steps import IDENTIFY, TABLE, Step, options

Factory = Callable[[], WriterAdapter]


class Exchange(NamedTuple):
    """A step, what the writer replied, and the outcome that it was judged by."""

    step: Step
    seen: Seen | None
    outcome: str | None = None


class Life:
    """
    One life of a writer: it begins with its first session and ends with `end`.

    Args:
        make: makes the adapter.
        release: Windows release, or None.
    """

    def __init__(self, make: Factory, release: str | None = None) -> None:
        self.release = release
        self.judge = Judge(release)
        self.sessions: list[list[Exchange]] = []
        self.fault: Fault | None = None
        self.abilities = Abilities()
        self.name = ""
        self.visits = Visits()
        self._before: tuple[str, ...] = ()
        #: the fault came after the last session
        self.has_left = False
        self._adapter: WriterAdapter | None = None
        try:
            self._adapter = make()
            self.abilities = _abilities(self._adapter)
            self.name = str(getattr(self._adapter, "name", "") or type(self._adapter).__name__)
        except Broken as broken:
            self._blame(broken)

    def begin(self) -> bool:
        """Begin the next session; False if the writer did not let us."""
        self.judge.reset()
        self.sessions.append([])
        self._before = ()
        adapter = self._adapter
        return adapter is not None and self._guard(adapter.reset) is not _BROKEN

    def take(self, step: Step) -> bool:
        """Deliver *step* and judge the reply; False at a fault."""
        here, states = self.sessions[-1], self.judge.states
        here.append(Exchange(step, None))
        answer = self._guard(lambda: self._call(step))
        if isinstance(answer, Seen):
            self.fault = self._in_step(self.judge.take(step, answer))
            here[-1] = Exchange(step, answer, self.judge.outcome or _told(self, step))
            self._count(step)
        if self.fault:
            where = [(_REGION, state, step.event, self.fault.code) for state in states]
            self.visits.broken.update(where)
        return self.fault is None

    def _in_step(self, found: Fault | None) -> Fault | None:
        """Give the fault, or why the reply that shows it may be that to an earlier request."""
        surplus = getattr(self._adapter, "surplus", None) if found else None
        line = surplus() if surplus else None
        if found is None or line is None:
            return found
        return fault(
            "garbage",
            f"a line that nobody asked for: {line}; so this may be the reply to an earlier request:"
            f" {found.message}",
        )

    def _count(self, step: Step) -> None:
        """Count what a reply visited; a status visits nothing."""
        if step.op != "status":
            rows = tuple(row.code for row in self.judge.rows)
            self.visits.take(self._before, rows, ((_REGION, *edge) for edge in self.judge.edges))
            self._before = rows

    def is_legal(self, step: Step) -> bool:
        """Tell whether the service may deliver *step* now."""
        if step.op == "status":
            return True
        return step in options(self.judge.states, self.abilities, self.release)

    def bye(self) -> bool:
        """Take leave of a program; False at a fault."""
        self.has_left = True
        bye = getattr(self._adapter, "bye", None)
        return bye is None or self._guard(bye) is not _BROKEN

    def end(self) -> None:
        """End the writer, if it is a program."""
        end = getattr(self._adapter, "end", None)
        if end is not None:
            end()

    def _call(self, step: Step) -> Seen:
        adapter = self._adapter
        if adapter is None:
            raise Broken("crash", "there is no writer")
        if step.op == "status":
            return read_object(adapter.status())
        if step.op == "timeout":
            return read_object(adapter.timeout())  # type: ignore[attr-defined]
        return read_object(adapter.deliver(step.event, step.fail, step.soft), step.event)

    def _guard(self, action: Callable[[], object]) -> object:
        try:
            return action()
        except Broken as broken:
            self._blame(broken)
        except Exception as error:  # noqa: BLE001 - whatever a writer under test raises is its fault
            where = f"{type(error).__name__}: {error}"
            self.fault = fault("crash", f"the adapter raised {where}")
        return _BROKEN

    def _blame(self, broken: Broken) -> None:
        message, _, detail = broken.text.partition("\n")
        self.fault = fault(broken.kind, message, (), detail)


_BROKEN = object()
_REGION: Final = TABLE.region.name


def _told(life: Life, step: Step) -> str | None:
    """Give the outcome that a record shows where a reply was a fault."""
    wrong = life.fault is not None and step.op == "deliver" and step.event != IDENTIFY
    return step.outcome if wrong else None


def _abilities(adapter: object) -> Abilities:
    found = getattr(adapter, "abilities", None)
    if isinstance(found, Abilities):
        return found
    can_fail = getattr(adapter, "can_fail", VETOED)
    can_soft = getattr(adapter, "can_soft", can_fail)
    return read_abilities(can_fail, can_soft, can_time_out=hasattr(adapter, "timeout"))


def replay_steps(
    make: Factory,
    sessions: Sequence[Sequence[Step]],
    release: str | None = None,
    *,
    is_late: Callable[[], bool] = bool,
) -> Life | None:
    """
    Replay *sessions* in a new life, up to its end.

    Args:
        make: makes the adapter.
        sessions: steps of each session.
        release: Windows release, or None.
        is_late: tells when to give up.

    Returns:
        The life, ended; None where it was late, or a step would not be legal after the replies.
    """
    life = Life(make, release)
    try:
        return life if life.fault or _play(life, sessions, is_late) else None
    finally:
        life.end()


def _play(life: Life, sessions: Sequence[Sequence[Step]], is_late: Callable[[], bool]) -> bool:
    """Play everything; False where a step is not legal, or a session must not end."""
    for session in sessions:
        if life.sessions and life.judge.owed:
            return False
        if not life.begin():
            return True
        for step in session:
            if is_late() or not life.is_legal(step):
                return False
            if not life.take(step):
                return True
    life.bye()
    return True
