"""
Traces of writers, drawn from the rows: sessions in turn and interleaved, calls of their own.

A session is a walk over permitted rows. Everything is decided by the generator of random numbers
that is given, so the same seed gives the same records.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from vssfsm.core.record import Symbol, symbol
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.rows import FREE
from vssfsm.spec.vocabulary import BACKUP_EVENTS, FAILURE_CALLS, HANDLER_CALLS
from vssfsm.testing.generation.row_steps import WRITER, RowStep, is_over, row_steps, way, way_out
from vssfsm.traces.canonical import read_mapping

Records = list[dict[str, object]]

#: how much likelier a step is that goes on than one that fails or ends the session
_ONWARD: Final = 8
_NOTED: Final = 0.1
#: chance that a session ends where it may
_OVER: Final = 0.3
#: chance of a call of the writer's own, and of Identify, beside a step
_OWN_CALL: Final = 0.3
_IDENTIFY: Final = 0.08
#: chances that a writer is recorded from its start, and to its end
_FROM_START: Final = 0.4
_TO_END: Final = 0.3
_QUERIES: Final = tuple(name for name in HANDLER_CALLS if name not in FAILURE_CALLS)
#: writers of one trace at most, and parts of its length that a session may have
_MOST_WRITERS: Final = 3
_MOST_SESSIONS: Final = 4


def guid(*parts: int) -> str:
    """Give a GUID made of small numbers, the last one longest."""
    first, second, third, last = (*(0,) * (4 - len(parts)), *parts)
    return f"{{{first:08x}-{second:04x}-{third:04x}-0000-{last:012x}}}"


# --- one session -------------------------------------------------------------
def drawn_steps(
    rng: Random, length: int, release: str | None = None, *, state: str = "", noted: bool = True
) -> Iterator[RowStep]:
    """
    Draw a walk of a writer, up to a state that owes nothing.

    Args:
        rng: decides.
        length: steps after which the walk goes to its end; it may come sooner.
        release: Windows release, or None.
        state: where it begins; the initial one by default.
        noted: with rows that cost a note.
    """
    here, code, taken = state or WRITER.initial, "", 0
    while taken < length:
        steps = row_steps(here, release, noted=noted and rng.random() < _NOTED)
        if not steps:
            break
        step = _with_code(_draw(rng, steps), steps, code)
        yield step
        here, code, taken = step.target, step.failure, taken + 1
        if is_over(here) and rng.random() < _OVER:
            return
    for step in way_out(here, release):
        yield step


def _draw(rng: Random, steps: Sequence[RowStep]) -> RowStep:
    """Draw a row first and then a step of it: the many codes of a veto count as one."""
    by_row: dict[tuple[str, str], list[RowStep]] = {}
    for step in steps:
        by_row.setdefault((step.row.code, step.outcome), []).append(step)
    kinds = list(by_row.values())
    weights = [_ONWARD if _is_onward(kind[0]) else 1 for kind in kinds]
    return rng.choice(rng.choices(kinds, weights)[0])


def _is_onward(step: RowStep) -> bool:
    return step.outcome == "ok" and step.event in BACKUP_EVENTS


def _with_code(step: RowStep, steps: Sequence[RowStep], code: str) -> RowStep:
    """Keep the code that was reported before, where nothing new failed and it may stay."""
    kept = step._replace(failure=code)
    return kept if step.outcome == "ok" and kept in steps else step


def session_records(rng: Random, steps: Sequence[RowStep], release: str | None = None) -> Records:
    """Give the records of a walk, with calls of the writer's own where they are legal."""
    found: Records = []
    for step in steps:
        found += own_calls(rng, step, release)
        found.append(step.record)
    return found


def own_calls(rng: Random, step: RowStep, release: str | None) -> Records:
    """Give what a handler may call before its line; a failure that is reported may be set."""
    if rng.random() >= _OWN_CALL:
        return []
    calls: Records = [{"event": name} for name in _QUERIES]
    if step.outcome in ("soft", "veto"):
        calls += [{"event": name, "failure": step.failure} for name in FAILURE_CALLS]
    drawn: dict[str, object] = {"actor": "writer", **rng.choice(calls), "during": step.event}
    return [drawn] if is_free("interface", drawn, release) else []


def is_free(name: str, record: dict[str, object], release: str | None) -> bool:
    """Tell whether the region *name*, which has one state, permits *record* without a note."""
    seen = symbol_of(record, release)
    row = only_row(table(name), seen) if table(name).knows(seen.event) else None
    return row is None or row.severity == FREE


def symbol_of(record: dict[str, object], release: str | None) -> Symbol:
    """Give what tables see of a canonical record."""
    return symbol(read_mapping(record, 0)[0], release)


# --- writers -----------------------------------------------------------------
def writer_trace(
    rng: Random, length: int, release: str | None = None, *, number: int = 0, row: str = ""
) -> Records:
    """
    Draw the records of one to three writers, each with sessions of its own.

    Args:
        rng: decides.
        length: records in all, about.
        release: Windows release, or None.
        number: of the trace; it makes keys that no other trace has.
        row: code of a row that the first session takes.
    """
    writers = rng.randint(1, _MOST_WRITERS)
    lanes: list[Records] = []
    for index in range(writers):
        share = max(1, length // writers)
        lanes.append(_writer(rng, share, release, (number, index), row if not index else ""))
    return interleaved(rng, lanes)


def _writer(
    rng: Random, length: int, release: str | None, place: tuple[int, int], row: str
) -> Records:
    number, index = place
    keys = {"host": f"host-{number}", "writer": f"Writer {index}", "instance": guid(number, index)}
    most = max(1, length // rng.randint(1, _MOST_SESSIONS))
    sessions: list[Records] = []
    while sum(map(len, sessions)) < length:
        turn = len(sessions)
        steps = [*_to_row(row if not turn else "", release)]
        state = steps[-1].target if steps else ""
        steps += drawn_steps(rng, most, release, state=state)
        session = {"session": f"{number}-{index}-{turn}"}
        sessions.append([record | session for record in session_records(rng, steps, release)])
    in_turn = rng.random() < 0.5
    records = [r for one in sessions for r in one] if in_turn else interleaved(rng, sessions)
    records = _with_identify(rng, records)
    named = {"release": release} if release else {}
    return [r | keys | named for r in [*_start(rng), *records, *_end(rng)]]


def _to_row(code: str, release: str | None) -> tuple[RowStep, ...]:
    found = way(WRITER.initial, lambda step: step.row.code == code, release, noted=True)
    return found or ()


def _with_identify(rng: Random, records: Records) -> Records:
    """Put Identify anywhere: it belongs to no session."""
    found: Records = []
    for record in records:
        if rng.random() < _IDENTIFY:
            found.append({"actor": "writer", "event": "Identify", "outcome": "ok"})
        found.append(record)
    return found


def _start(rng: Random) -> Records:
    if rng.random() >= _FROM_START:
        return []
    calls = ({"event": "Initialize"}, {"event": "Subscribe", "args": {"mask": 6}})
    return [{"actor": "writer", **call} for call in calls]


def _end(rng: Random) -> Records:
    return [{"actor": "writer", "event": "Unsubscribe"}] if rng.random() < _TO_END else []


def interleaved(rng: Random, lanes: Sequence[Records]) -> Records:
    """Mix *lanes*, each in its own order."""
    rest = [lane[::-1] for lane in lanes if lane]
    found: Records = []
    while rest:
        lane = rng.choice(rest)
        found.append(lane.pop())
        rest = [one for one in rest if one]
    return found
