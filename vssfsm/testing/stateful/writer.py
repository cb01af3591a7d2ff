"""
Hypothesis drives a writer under test: a state machine to subclass, or to make of an adapter.

`WriterConformance.of(MyWriter).TestCase` is a test as every machine of `hypothesis.stateful` has
it, and `class TestMyWriter(WriterConformance.for_adapter(MyWriter))` is the same as a class. The
writer is explored first, so that each row that it can be led to gets its quota: a row is drawn, and
the shortest way to it is taken. Every (state, HRESULT) pair that comes back is judged by the rows.

A failure is shrunk by Hypothesis. What is raised shows the sequence as a canonical trace, and as a
test without Hypothesis that can be pasted.
"""

from collections.abc import Iterable
from typing import ClassVar, Final, NamedTuple, Self
from unittest import TestCase
from weakref import WeakKeyDictionary

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from vssfsm.testing.adapters import WriterAdapter
from vssfsm.testing.report import failure
from vssfsm.testing.stateful import AGAIN, Nonconformance, machine_subject, made, prepare
from vssfsm.testing.subject import Subject
from vssfsm.testing.visits import visits_of
from vssfsm.testing.writers.conformance import Explored, Outcome, explore
from vssfsm.testing.writers.drive import Factory, Life
from vssfsm.testing.writers.steps import STATUS, Step
from vssfsm.testing.writers.walks import START, Edge, Node, possible_rows

#: the next session begins
_RESET: Final = Step("reset")
#: steps after which a row is given up: the writer answers otherwise than before
_PATIENCE: Final = 25
#: one of so many draws takes any legal step instead of aiming at a row
_FREE: Final = 3


class Chosen(NamedTuple):
    """A step, and the edge for which it is taken."""

    step: Step
    aim: Edge | None = None

    def __repr__(self) -> str:
        step = self.step
        if step.op != "deliver":
            return f"{step.op}()"
        told = f", fail={step.fail!r}" if step.fail else ""
        return f"deliver({step.event!r}{told}{', soft=True' if step.soft else ''})"


class WriterConformance(RuleBasedStateMachine):
    """
    Drive a writer through guided sequences, and judge each reply.

    A subclass says how the writer is made: `make` is a class, or a method that gives a
    `WriterAdapter`. It is called once for each sequence.
    """

    #: Windows release that decides on pairs and events, or None
    release: ClassVar[str | None] = None

    def make(self) -> WriterAdapter:
        """Make the writer under test."""
        raise NotImplementedError(f"{type(self).__name__} has no make(): use WriterConformance.of")

    @classmethod
    def of(cls, make: Factory, *, release: str | None = None) -> type[Self]:
        """
        Give the machine of a writer.

        Args:
            make: makes a new writer under test: a class, a function, or `writer_program(command)`.
            release: Windows release, or None.

        Raises:
            UsageError: the release is unknown.
        """
        return made(cls, make, release)

    @classmethod
    def for_adapter(cls, make: Factory, *, release: str | None = None) -> type[TestCase]:
        """Give the test of a writer, to subclass; arguments as for `of`."""
        case: type[TestCase] = cls.of(make, release=release).TestCase
        return case

    @classmethod
    def maker(cls) -> Factory:
        """Give what makes the writer without a machine around it, as printed tests need it."""
        return lambda: cls.__new__(cls).make()

    def __init__(self) -> None:
        super().__init__()
        self._visits = visits_of(type(self).__name__)
        self._known = _known_of(type(self))
        self._life = Life(self.make, self.release)
        self._visits.known |= possible_rows(self._life.abilities, self.release)
        self._aim: Edge | None = None
        self._patience = 0
        self._script: list[Step] = []
        self._asks = False

    def __init_subclass__(cls, **facts: object) -> None:
        super().__init_subclass__(**facts)

        def explore_first(_: TestCase) -> None:
            """Explore outside of the examples, which may have a deadline."""
            _known_of(cls)

        prepare(cls)
        cls.TestCase.setUp = explore_first  # type: ignore[assignment, method-assign]

    # --- rules ---------------------------------------------------------------
    @initialize(asks=st.booleans(), is_known=st.booleans())
    def begin(self, asks: bool, is_known: bool) -> None:  # noqa: FBT001 - given by name
        """
        Begin the first session.

        Args:
            asks: the writer is asked for its status now and then.
            is_known: the sequence begins with steps that are known to fail, if there are any.
        """
        if self._known.raised is not None:
            raise self._known.raised
        self._script = list(self._known.script) if is_known else []
        self._asks = asks and not self._script
        self._reset()

    @rule(
        step=st.composite(lambda draw: draw(st.runner()).choose(draw))(),
        asks=st.runner().flatmap(lambda machine: machine.asking),
    )
    def take(self, step: Chosen, asks: bool) -> None:  # noqa: FBT001
        """Take *step*, and ask for the status after it."""
        node = self._life.judge.states
        if step.step is _RESET:
            self._reset()
        else:
            self._take(step.step)
        self._follow(step, node)
        if asks:
            self._take(STATUS)

    def teardown(self) -> None:
        """Take leave of the writer."""
        life = self._life
        self._visits.add(life.visits)
        try:
            if life.fault is None:
                life.bye()
                self._see()
        finally:
            life.end()

    # --- the choice ----------------------------------------------------------
    @property
    def asking(self) -> st.SearchStrategy[bool]:
        """Draw whether the writer is asked for its status."""
        return st.booleans() if self._asks else st.just(value=False)

    def choose(self, draw: st.DrawFn) -> Chosen:
        """Draw a step: the next one on the way to the row that is aimed at."""
        judge = self._life.judge
        if self._script:
            return Chosen(self._script.pop(0))
        if judge.is_lost:
            return Chosen(_RESET, self._aim)
        aim = self._aim
        if aim is None and draw(st.integers(1, _FREE)) < _FREE:
            edges = draw(st.sampled_from(self._known.edges))
            aim = draw(st.sampled_from(edges))
        step = aim and self._known.toward(judge.states, aim, may_end=not judge.owed)
        if step is not None:
            return Chosen(step, aim)
        steps = self._known.walks.options(judge.states)
        kinds = _by_kind((*steps, *(_RESET,) * (not judge.owed)))
        return Chosen(draw(st.sampled_from(draw(st.sampled_from(kinds)))))

    def _follow(self, chosen: Chosen, node: Node) -> None:
        """Keep what is aimed at, unless it was taken just now, or never comes."""
        aim = chosen.aim
        self._patience = self._patience - 1 if aim is self._aim else _PATIENCE
        is_taken = aim is not None and (node, chosen.step) == aim
        self._aim = None if is_taken or self._patience < 0 else aim

    # --- the writer ----------------------------------------------------------
    def _reset(self) -> None:
        self._life.begin()
        self._see()

    def _take(self, step: Step) -> None:
        self._life.take(step)
        self._see()

    def _see(self) -> None:
        """Tell what is wrong, if anything is."""
        if self._life.fault is not None:
            raise _failure(self._life, machine_subject(type(self)), AGAIN)


# --- what is known of a writer -------------------------------------------------
class _Known:
    """
    What an exploration found, before Hypothesis begins: it never changes, so that examples replay.

    Args:
        explored: what it found.
        subject: what printed tests call.
    """

    def __init__(self, explored: Explored, subject: Subject) -> None:
        self.walks, life, is_repeatable = explored
        first = self.walks.options(START)[:1]
        #: edges of each row
        self.edges = list(self.walks.ways.values()) or [(Edge(START, step),) for step in first]
        #: the steps that failed; some examples begin with them
        self.script: tuple[Step, ...] = ()
        #: a fault that examples must not wait for, or that does not come again
        self.raised: Nonconformance | None = None
        if life.fault and (life.fault.name == "hang" or not is_repeatable):
            self.raised = _failure(life, subject, AGAIN if is_repeatable else "was not replayed")
        elif life.fault and not life.has_left:
            steps = [step for one in life.sessions for step in (_RESET, *(e.step for e in one))]
            self.script = tuple(steps[1:])

    def toward(self, node: Node, aim: Edge, *, may_end: bool) -> Step | None:
        """Give the first step of the shortest way to *aim*; a new session begins if it has to."""
        step = self.walks.toward(node, aim)
        if step is not None:
            return step
        return _RESET if may_end else self.walks.ending(node)


_KNOWN: "Final[WeakKeyDictionary[type[WriterConformance], _Known]]" = WeakKeyDictionary()


def _known_of(machine: type[WriterConformance]) -> _Known:
    """Explore the writer of *machine*, once."""
    found = _KNOWN.get(machine)
    if found is None:
        found = _Known(explore(machine.maker(), machine.release), machine_subject(machine))
        _KNOWN[machine] = found
    return found


def _by_kind(steps: Iterable[Step]) -> list[list[Step]]:
    """Group steps that differ in their codes only."""
    kinds: dict[tuple[str, str, str], list[Step]] = {}
    for step in steps:
        kinds.setdefault(step.kind, []).append(step)
    return list(kinds.values())


def _failure(life: Life, subject: Subject, again: str) -> Nonconformance:
    """Give what is raised for the fault of *life*."""
    outcome = _outcome(life)
    rule = life.fault.code if life.fault else ""
    return Nonconformance(
        "\n".join(failure(outcome, subject.command, again, subject.reply_timeout)), rule, outcome
    )


def _outcome(life: Life) -> Outcome:
    """Give what the failing sequence of *life* is reported with."""
    return Outcome(
        name=life.name,
        fault=life.fault,
        sessions=() if life.has_left else tuple(tuple(one) for one in life.sessions),
        is_repeatable=True,
        ran=len(life.sessions),
        events=sum(map(len, life.sessions)),
        rows={},
        pairs=0,
        pairs_known=0,
        missing={},
        is_cut=False,
        visits=life.visits,
        abilities=life.abilities,
        release=life.release,
    )
