"""
What the state machines of Hypothesis share: how they are made of an adapter, and how they fail.

The machines are `vssfsm.testing.stateful.writer` and `vssfsm.testing.stateful.requester`.
"""

import inspect
from collections.abc import Callable
from typing import Final, TypeVar

from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine

from vssfsm.errors import UsageError
from vssfsm.spec.releases import RELEASES
from vssfsm.testing.report import Maker
from vssfsm.testing.requesters.conformance import RequesterOutcome
from vssfsm.testing.subject import Subject, subject_of
from vssfsm.testing.writers.conformance import Outcome

#: what became of the sequence that is shown
AGAIN: Final = "was made small by Hypothesis"


class Nonconformance(AssertionError):
    """
    What was tested did not behave as the protocol has it.

    Args:
        text: the report: what, why, the sequence as a trace and as a test.
        rule: code of the rule that it broke, or the name of the fault.
        outcome: the failing sequence, as `conform` or `conform_requester` gives it.
    """

    def __init__(self, text: str, rule: str, outcome: Outcome | RequesterOutcome) -> None:
        super().__init__(f"{rule}\n{text}")
        self.rule = rule
        self.outcome = outcome


_Machine = TypeVar("_Machine", bound=RuleBasedStateMachine)


def made(
    machine: type[_Machine], make: Callable[[], object], release: str | None, **facts: object
) -> type[_Machine]:
    """
    Give a machine of *machine* for what *make* makes.

    Raises:
        UsageError: *release* is unknown.
    """
    if release is not None and release not in RELEASES:
        raise UsageError(f"unknown release {release!r}; known: {', '.join(RELEASES)}")
    name = getattr(make, "__name__", type(make).__name__).strip("<>")
    module = getattr(make, "__module__", machine.__module__)
    facts |= {"make": staticmethod(make), "release": release, "__module__": module}
    return type(f"{name}Conformance", (machine,), facts)


def prepare(machine: type[RuleBasedStateMachine], steps: int | None = None) -> None:
    """
    Set what suits a machine, where its user sets nothing.

    The phase that explains is left out: it takes most of the time, and names lines of ours.
    """
    case = machine.TestCase
    phases = [phase for phase in case.settings.phases if phase is not Phase.explain]
    steps = steps or case.settings.stateful_step_count
    case.settings = settings(case.settings, phases=phases, stateful_step_count=steps)


def machine_subject(machine: type[RuleBasedStateMachine]) -> Subject:
    """Give what makes the adapter of *machine*, for printed tests."""
    make = inspect.getattr_static(machine, "make")
    if isinstance(make, staticmethod):
        make = make.__func__
    elif not isinstance(make, type):  # a method, which needs a machine
        whole = Maker.of(machine)
        name = f"{whole.name}.maker()" if whole.module else whole.name
        return Subject(whole._replace(name=name))
    return subject_of(make)
