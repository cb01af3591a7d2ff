"""
What stands between the test bed and a writer: the adapter, its replies, and how they are read.

An adapter is any object with the methods of `WriterAdapter`. It may also have `timeout()`, which
lets the time between Freeze and Thaw run out, and `can_fail` and `can_soft`: the events at which it
can be told to fail. Without them it is told to fail wherever the rows know a veto.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from vssfsm.spec.rows import ALWAYS
from vssfsm.spec.vocabulary import HANDLERS, writer_event
from vssfsm.spec.writer import WRITER
from vssfsm.traces.canonical import read_mapping

#: events with a row for a veto; Identify has none, as a writer that fails there has no status
VETOED: Final = tuple(
    dict.fromkeys(
        event
        for event in HANDLERS
        for row in WRITER.rows
        if event in row.on and row.to and row.when != ALWAYS
        if any("veto" in when.get("outcome", ()) for when in row.when)
    )
)


class Reply(NamedTuple):
    """
    What a writer reports after an event.

    Args:
        state: VSS_WRITER_STATE, as a number or a name.
        failure: failure code, as a name, 0x digits or an integer.
        returned: what the handler returned, or None where the writer does not say.
    """

    state: int | str
    failure: int | str = "S_OK"
    returned: bool | None = None


class Report(NamedTuple):
    """What a writer reports as its status, whenever it is asked."""

    state: int | str
    failure: int | str = "S_OK"


class WriterAdapter(Protocol):
    """A writer under test."""

    def reset(self) -> None:
        """Begin the next session."""

    def deliver(self, event: str, fail: str | None = None, soft: bool = False) -> Reply:  # noqa: FBT001, FBT002 - as the contract has it
        """
        Deliver *event*.

        Args:
            event: documented name, such as `Freeze`.
            fail: failure code that the handler is to set, or None.
            soft: the handler sets the code and goes on.
        """

    def status(self) -> Report:
        """Give what GetWriterStatus reports now."""


class Broken(Exception):
    """
    The writer did not answer as the protocol has it.

    Args:
        kind: a name of `vssfsm.testing.faults.FAULTS`.
        text: what was seen.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


class Seen(NamedTuple):
    """A reply or report, read: numbers."""

    state: int
    failure: int
    returned: bool | None = None


class Abilities(NamedTuple):
    """What a writer can be told to do."""

    can_fail: tuple[str, ...] = ()
    can_soft: tuple[str, ...] = ()
    can_time_out: bool = True
    unknown: tuple[str, ...] = ()


def read_reply(value: Mapping[str, object], event: str = "Freeze") -> Seen:
    """
    Read what an adapter or a program replied.

    Raises:
        Broken: a key is missing, or a value is of the wrong type.
    """
    facts = {key: value.get(key) for key in ("state", "failure")}
    record, notes = read_mapping({"actor": "writer", "event": event, **facts}, 1)
    if notes:
        raise Broken("wrong-value", notes[0].message)
    if record.state is None or record.failure is None:
        missing = " and ".join(key for key, given in facts.items() if given is None)
        raise Broken("missing-key", f"the reply has no {missing}")
    returned = value.get("returned")
    if returned is not None and returned not in (True, False):
        raise Broken("wrong-value", f"returned is neither true nor false: {returned!r:.60}")
    return Seen(record.state, record.failure, None if returned is None else bool(returned))


def read_object(value: object, event: str = "Freeze") -> Seen:
    """Read a reply of a Python object: `Reply`, `Report`, or what has their attributes."""
    names = ("state", "failure", "returned")
    return read_reply({name: getattr(value, name, None) for name in names}, event)


def read_abilities(can_fail: object, can_soft: object, *, can_time_out: bool) -> Abilities:
    """
    Read the events at which a writer can be told to fail.

    Raises:
        Broken: *can_fail* or *can_soft* is no list of names.
    """
    if isinstance(can_soft, bool):  # a short form: wherever it can fail, or nowhere
        can_soft = can_fail if can_soft else []
    hard = [writer_event(name) or name for name in _names("can_fail", can_fail)]
    soft = [writer_event(name) or name for name in _names("can_soft", can_soft)]
    return Abilities(
        can_fail=tuple(event for event in VETOED if event in hard),
        can_soft=tuple(event for event in VETOED if event in soft),
        can_time_out=can_time_out,
        unknown=tuple(dict.fromkeys(n for n in (*hard, *soft) if n not in HANDLERS)),
    )


def _names(key: str, value: object) -> list[str]:
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return [str(name) for name in value]
    raise Broken("wrong-value", f"{key} is no list of events: {value!r:.60}")
