"""How printed tests name what makes the adapter under test."""

from collections.abc import Callable
from typing import Any

from vssfsm.testing.conformance import Programs
from vssfsm.testing.report import Command, Maker
from vssfsm.testing.requesters import RequesterPrograms


def subject_of(make: Callable[..., Any]) -> Command | Maker:
    """Give the command of a program, else the name of a class or a function."""
    if isinstance(make, Programs | RequesterPrograms):
        return make.command
    return Maker.of(make)
