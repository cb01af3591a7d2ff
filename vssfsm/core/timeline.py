"""What happened, kept for reports that show it: marks of records, and ways through a machine."""

from typing import NamedTuple

from vssfsm.core.record import Record
from vssfsm.core.track import Taken
from vssfsm.spec.hresults import hresult_name
from vssfsm.spec.vocabulary import STATE_NAMES


class Mark(NamedTuple):
    """
    One record, as far as a timeline shows it.

    Args:
        line: where it stands.
        time_ns: nanoseconds since 1970 UTC, or None.
        host, session, actor, writer, instance, event: as in a finding.
        says: what it reports, in words: outcome, state, codes.
        at: `entry` or `return` of a handler's two lines, else empty.
        outcome: as recorded, or empty.
        budget_ms: the freeze budget that an Initialize asks for, or None.
        state, failure: as recorded, or None.
        args: as recorded, or None.
    """

    line: int
    time_ns: int | None
    host: str
    session: str
    actor: str
    writer: str
    instance: str
    event: str
    says: str
    at: str = ""
    outcome: str = ""
    budget_ms: int | None = None
    state: int | None = None
    failure: int | None = None
    args: dict[str, object] | None = None


class Way(NamedTuple):
    """The cheapest path of one participant in one session through the machine *region*."""

    region: str
    host: str
    session: str
    actor: str
    writer: str
    instance: str
    steps: tuple[Taken, ...]


class Timeline(NamedTuple):
    """
    The records of one input in observed order, and the ways of its participants.

    Args:
        path: of the input.
        marks: one per record.
        ways: the paths of sessions; a key that begins anew has several.
        conforming: (host, session) of the sessions that conform.
    """

    path: str
    marks: tuple[Mark, ...]
    ways: tuple[Way, ...]
    conforming: tuple[tuple[str, str], ...] = ()


def mark(record: Record) -> Mark:
    """Give the mark of *record*; one that could not be read has no event."""
    return Mark(
        line=record.line,
        time_ns=record.time_ns,
        host=record.host or "",
        session=record.session or "",
        actor=record.actor or "",
        writer=record.writer or record.writer_id or "",
        instance=record.instance or "",
        event="" if record.hole else record.event or "",
        says=_says(record),
        at=record.at or "",
        outcome=record.outcome or "",
        budget_ms=record.timeout_ms if (record.event or "").startswith("Initialize") else None,
        state=record.state,
        failure=record.failure,
        args=record.args,
    )


def _says(record: Record) -> str:
    if record.hole:
        return "could not be read"
    parts = [text for text in (record.at, record.outcome) if text]
    parts += [f"during {record.during}"] if record.during else []
    if record.state is not None:
        parts.append(f"{record.state} {STATE_NAMES.get(record.state, '(no such state)')}")
    parts += [f"of {record.of}"] if record.of else []
    codes = (record.failure, record.hresult, record.async_result)
    parts += [hresult_name(code) for code in codes if code is not None]
    return ", ".join(parts)
