"""How printed tests name what makes the adapter under test."""

from collections.abc import Callable
from typing import Any, NamedTuple

from vssfsm.testing.program import REPLY_TIMEOUT_S
from vssfsm.testing.report import Command, Maker
from vssfsm.testing.requesters.streams import RequesterPrograms
from vssfsm.testing.writers.conformance import Programs


class Subject(NamedTuple):
    """What is under test: its command or what makes it, and the seconds that a reply may take."""

    command: Command | Maker
    reply_timeout: float = REPLY_TIMEOUT_S


def subject_of(make: Callable[..., Any]) -> Subject:
    """Give the command of a program, else the name of a class or a function."""
    if isinstance(make, Programs | RequesterPrograms):
        return Subject(make.command, make.reply_timeout)
    return Subject(Maker.of(make))
