"""
A record of behaviour, and the symbol that the tables see of it.

`Record` holds what a line of a trace says, typed and with names resolved; readers make it.
`symbol` is the only function that reads a record's keys for the tables.
"""

from typing import NamedTuple

from vssfsm.spec.hresults import NAMES, is_failure
from vssfsm.spec.interface import LEVEL_NUMBERS, LEVELS, MASK, NO_LEVEL, OTHER_MASK
from vssfsm.spec.returns import OTHER_CODE, OTHER_VSS, RETURN_CODES, SUCCESS
from vssfsm.spec.status import BEYOND, CODES, OTHER, VIA_EX, VIA_OTHER, VIA_PLAIN
from vssfsm.spec.vocabulary import STATE_NAMES

#: class of a code that says that a call failed
FAILED = "failed"
_S_FALSE = 1
#: VSS codes of the headers lie in these blocks of 256
_VSS_BLOCKS = (0x800423, 0x800424)


class Record(NamedTuple):
    """
    One line of a trace.

    Args:
        line: 1-based physical line (or record number) where it starts.
        hole: the line was not read; its other keys serve only to tell whose hole it is.
        time_ns, ended_ns: nanoseconds since 1970 UTC.
        actor: `requester`, `writer` or `observer`; None if the line does not say.
        event: documented name; None only in a hole.
        state: number as reported, may be outside of 0..15.
        failure, hresult, async_result: unsigned 32-bit.
        mask, timeout_ms, app_level, context, folded, succeeded: of `args`;
            position and total are its index and count.
        second: line that says that the call or handler returned, where another one says that it
            began.
        observation: one of `OBSERVATIONS`, or None if the line does not say.
    """

    line: int = 0
    hole: bool = False
    time_ns: int | None = None
    ended_ns: int | None = None
    at: str | None = None
    host: str | None = None
    session: str | None = None
    process: str | None = None
    actor: str | None = None
    event: str | None = None
    writer: str | None = None
    writer_id: str | None = None
    instance: str | None = None
    outcome: str | None = None
    state: int | None = None
    failure: int | None = None
    hresult: int | None = None
    of: str | None = None
    async_result: int | None = None
    during: str | None = None
    thread: int | None = None
    mask: int | None = None
    app_level: int | str | None = None
    context: int | str | None = None
    folded: bool | None = None
    timeout_ms: int | None = None
    position: int | None = None
    total: int | None = None
    succeeded: bool | None = None
    args: dict[str, object] | None = None
    release: str | None = None
    observation: str | None = None
    version: int | None = None
    source: dict[str, object] | None = None
    second: int | None = None


class Symbol(NamedTuple):
    """What the tables see of a record; None stands for every value of a field."""

    event: str | None
    outcome: str | None = None
    state: str | None = None
    failure: str | None = None
    result: str | None = None
    during: str | None = None
    release: str | None = None
    mask: str | None = None
    level: str | None = None
    stage: str | None = None
    folded: str | None = None
    context: str | None = None
    via: str | None = None
    health: str | None = None
    succeeded: str | None = None
    code: str | None = None
    at: str | None = None


def failure_class(code: int | None) -> str | None:
    """Give the name of a writer failure code, `other` for any other code, None for none."""
    if code is None:
        return None
    name = NAMES.get(code, OTHER)
    return name if name in CODES else OTHER


def state_class(number: int | None) -> str | None:
    """Give the name of a writer state, `beyond` outside of the enumeration, None for none."""
    return None if number is None else STATE_NAMES.get(number, BEYOND)


def _result_class(hresult: int | None) -> str:
    # A missing hresult means S_OK: the single default of the trace format.
    if hresult == _S_FALSE:
        return "s_false"
    return FAILED if is_failure(hresult or 0) else "ok"


def code_class(hresult: int | None) -> str:
    """Give the name of a failure code, `success` for any success, else whose code it is."""
    value = hresult or 0
    if not is_failure(value):
        return SUCCESS
    name = NAMES.get(value, "")
    return name if name in RETURN_CODES else OTHER_VSS if value >> 8 in _VSS_BLOCKS else OTHER_CODE


def _mask_class(mask: int | None) -> str | None:
    if mask is None:
        return None
    return MASK if str(mask) == MASK else OTHER_MASK


def level_class(level: int | str | None) -> str | None:
    """Give the name of a writer's application level, `none` for no level, None for unknown."""
    if level is None:
        return None
    name = LEVEL_NUMBERS.get(level) if isinstance(level, int) else level
    return name if name in LEVELS else NO_LEVEL


def symbol(record: Record, release: str | None) -> Symbol:
    """Project *record* onto the fields that rows can name; *release* is the default."""
    via = {"GetWriterStatus": VIA_PLAIN, "GetWriterStatusEx": VIA_EX}.get(record.event or "")
    return Symbol(
        event=record.event,
        outcome=record.outcome,
        state=state_class(record.state),
        failure=failure_class(record.failure),
        result=_result_class(record.hresult),
        during=record.during,
        release=record.release or release,
        mask=_mask_class(record.mask),
        level=level_class(record.app_level),
        via=via or VIA_OTHER,
        code=code_class(record.hresult),
    )
