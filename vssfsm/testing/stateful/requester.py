"""
Hypothesis drives a requester under test: scenario after scenario, known ones and others.

`RequesterConformance.of(MyRequester).TestCase` is a test, and so is a class that is derived from
`RequesterConformance.for_adapter(MyRequester)`. The simulated service judges every call.
"""

from typing import ClassVar, Final, Self
from unittest import TestCase

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from vssfsm.testing.report import requester_failure
from vssfsm.testing.requesters.conformance import (
    Maker,
    RequesterAdapter,
    RequesterLife,
    RequesterOutcome,
)
from vssfsm.testing.requesters.scenarios import Scenario
from vssfsm.testing.stateful import AGAIN, Nonconformance, machine_subject, made, prepare
from vssfsm.testing.strategies import scenarios
from vssfsm.testing.visits import visits_of

#: scenarios of one sequence, where settings do not say otherwise
_SCENARIOS: Final = 4


class RequesterConformance(RuleBasedStateMachine):
    """
    Play scenarios to a requester, and judge its calls and its claims.

    A subclass says how the requester is made: `make` is a class, or a method that gives a
    `RequesterAdapter`. It is called once for each sequence of scenarios.
    """

    #: Windows release of the service, or None for the newest
    release: ClassVar[str | None] = None
    #: draws what the requester meets
    scenarios: ClassVar[st.SearchStrategy[Scenario]] = scenarios()

    def make(self) -> RequesterAdapter:
        """Make the requester under test."""
        name = type(self).__name__
        raise NotImplementedError(f"{name} has no make(): use RequesterConformance.of")

    @classmethod
    def of(
        cls,
        make: Maker,
        *,
        release: str | None = None,
        scenarios: st.SearchStrategy[Scenario] | None = None,
    ) -> type[Self]:
        """
        Give the machine of a requester.

        Args:
            make: makes a new requester under test: a class, a function, or what
                `requester_program(command)` gives.
            release: Windows release of the service, or None for the newest.
            scenarios: draws what it meets; by default any scenario.

        Raises:
            UsageError: the release is unknown.
        """
        facts = {} if scenarios is None else {"scenarios": scenarios}
        return made(cls, make, release, **facts)

    @classmethod
    def for_adapter(
        cls,
        make: Maker,
        *,
        release: str | None = None,
        scenarios: st.SearchStrategy[Scenario] | None = None,
    ) -> type[TestCase]:
        """Give the test of a requester, to subclass; arguments as for `of`."""
        case: type[TestCase] = cls.of(make, release=release, scenarios=scenarios).TestCase
        return case

    @classmethod
    def maker(cls) -> Maker:
        """Give what makes the requester without a machine around it, as printed tests need it."""
        return lambda: cls.__new__(cls).make()

    def __init_subclass__(cls, **facts: object) -> None:
        super().__init_subclass__(**facts)
        prepare(cls, _SCENARIOS)

    def __init__(self) -> None:
        super().__init__()
        self._visits = visits_of(type(self).__name__)
        self._life = RequesterLife(self.make, 0, self.release)

    @rule(scenario=st.runner().flatmap(lambda machine: machine.scenarios))
    def play(self, scenario: Scenario) -> None:
        """Play *scenario*; the requester lives on."""
        self._life.play(scenario)
        self._see()

    def teardown(self) -> None:
        """Take leave of the requester."""
        life = self._life
        self._visits.add(life.visits)
        try:
            if life.fault is None:
                life.leave()
                self._see()
        finally:
            life.end()

    def _see(self) -> None:
        """Tell what is wrong, if anything is."""
        life = self._life
        if life.fault is not None:
            outcome, subject = _outcome(life), machine_subject(type(self))
            lines = requester_failure(outcome, subject.command, AGAIN, subject.reply_timeout)
            raise Nonconformance("\n".join(lines), life.fault.code, outcome)


def _outcome(life: RequesterLife) -> RequesterOutcome:
    """Give what the fault of *life* is reported with."""
    return RequesterOutcome(
        name=life.name,
        fault=life.fault,
        played=tuple(life.played),
        records=tuple(life.records),
        warnings=tuple(life.warnings),
        unsure=life.doubts,
        ran=len(life.played),
        calls=len(life.records),
        is_repeatable=True,
        is_cut=False,
        visits=life.visits,
        release=life.release,
    )
