"""
Near misses: legal behaviour in which one row that is forbidden is taken, and legal behaviour after.

What rows say of a writer's and a requester's steps is enumerated: a state and a step that breaks
one rule and no other. Rules that compare records, or participants, are broken as their literal
example breaks them, among other sessions.
"""

import json
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Final, NamedTuple

from vssfsm.core.coverage import taken_rows
from vssfsm.core.record import Symbol
from vssfsm.core.table import Belief, counts_of
from vssfsm.errors import UsageError
from vssfsm.monitor.tables import table
from vssfsm.spec.catalogue import REGIONS, REGIONS_OF, RULES
from vssfsm.spec.examples import BAD, example
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.status import CODES
from vssfsm.spec.vocabulary import NO_LIFECYCLE_STATE, OBJECT_STARTS, OUTCOMES, STATE_NAMES
from vssfsm.testing.generation.atlas import Found, atlas_of
from vssfsm.testing.generation.calls import WITH_HISTORY
from vssfsm.testing.generation.operations import Operation, operations
from vssfsm.testing.generation.row_steps import (
    WRITER,
    RowStep,
    quiet_codes,
    reachable,
    reported,
    stands_alone,
    way,
)
from vssfsm.testing.generation.writer_traces import (
    Records,
    drawn_steps,
    guid,
    interleaved,
    session_records,
    symbol_of,
    writer_trace,
)

#: rules of these families are about evidence, not about what was done
_OF_EVIDENCE: Final = "INP"
#: chance that other sessions are in the trace
_OTHERS: Final = 0.5


class WrongStep(NamedTuple):
    """A step of a writer that breaks a rule: where, what was recorded, and where it may lead."""

    source: str
    step: RowStep


def why_not(code: str) -> str:
    """Give the reason why no step breaks rule *code*; empty if one does."""
    if code.startswith(_OF_EVIDENCE):
        return f"{code} is about how evidence is read: no step of a writer or a requester breaks it"
    if example(code, BAD) is None and not (_in_writer(code) or _in_requester(code)):
        return f"no step that breaks {code} is known"
    return ""


def breakable() -> tuple[str, ...]:
    """Give the codes of the rules that a step can break, sorted."""
    return tuple(code for code in RULES if not why_not(code))


def _in_writer(code: str) -> bool:
    return WRITER.name in REGIONS_OF[code]


def _in_requester(code: str) -> bool:
    return bool(set(WITH_HISTORY) & set(REGIONS_OF[code]))


def near_miss(
    rng: Random, code: str, length: int, release: str | None = None, *, number: int = 0
) -> Records:
    """
    Draw a trace that breaks rule *code* and no other.

    Args:
        rng: decides.
        code: code of a rule of `breakable()`.
        length: records in all, about.
        release: Windows release, or None; then one is named only if the rule needs it.
        number: of the trace; it makes keys that no other trace has.

    Raises:
        UsageError: no step breaks the rule, or none does on that release.
    """
    reason = why_not(code)
    if reason:
        raise UsageError(reason)
    has_others = rng.random() < _OTHERS
    mine = max(1, length // 2 if has_others else length)
    if _in_writer(code):
        records = _of_writer(rng, code, mine, release, 2 * number)
    elif _in_requester(code):
        records = _of_requester(rng, code, mine, release, 2 * number)
    else:
        records = _as_example(code, release, 2 * number)
    if not has_others:
        return records
    draw = operations if _is_by_requester(records) else writer_trace
    others = draw(rng, max(1, length - len(records)), release, number=2 * number + 1)
    return interleaved(rng, [records, others])


def _is_by_requester(records: Records) -> bool:
    return any(record.get("actor") == "requester" for record in records)


# --- writers -----------------------------------------------------------------
def _of_writer(rng: Random, code: str, length: int, release: str | None, number: int) -> Records:
    ways = wrong_steps(code, release)
    if not ways:
        raise _not_there(code, release)
    chosen = rng.choice(ways)
    steps = [*(way_to(chosen.source, release)), chosen.step]
    rest = max(0, length - len(steps))
    steps += drawn_steps(rng, rest, release, state=chosen.step.target, noted=False)
    keys: dict[str, object] = {
        "host": f"host-{number}",
        "session": f"{number}",
        "writer": "Writer",
        "instance": guid(number, 0),
    }
    named: dict[str, object] = {"release": release} if release else {}
    return [{**r, **keys, **named} for r in session_records(rng, steps, release)]


def way_to(state: str, release: str | None) -> tuple[RowStep, ...]:
    """Give the fewest steps of a writer to *state*."""
    if state == WRITER.initial:
        return ()
    found = way(WRITER.initial, lambda step: step.target == state, release)
    return found or way(WRITER.initial, lambda s: s.target == state, release, noted=True) or ()


@cache
def wrong_steps(code: str, release: str | None = None) -> tuple[WrongStep, ...]:
    """Give every step of a writer that breaks rule *code* alone, by states in their order."""
    states = [WRITER.initial, *dict.fromkeys(step.target for step in reachable(release))]
    rows = [row for row in (*WRITER.rows, *WRITER.unexplained) if row.code == code]
    events = dict.fromkeys(event for row in rows for event in row.on)
    whens = [when for row in rows for when in row.when]
    outcomes = tuple(o for o in OUTCOMES if any(o in w.get("outcome", OUTCOMES) for w in whens))
    return tuple(
        WrongStep(state, step)
        for state in dict.fromkeys(states)
        for belief in (_belief(way_to(state, release), release),)
        for event in events
        for outcome in outcomes
        for step in _wrong(belief, event, outcome, code, release)
        if stands_alone(step, release)
    )


def _belief(steps: tuple[RowStep, ...], release: str | None) -> Belief:
    """Give what the records of *steps* leave open: several states may explain them."""
    known = table(WRITER.name)
    belief = known.start
    for step in steps:
        belief, _ = known.step(belief, known.project(symbol_of(step.record, release)))
    return belief


def _wrong(
    belief: Belief, event: str, outcome: str, code: str, release: str | None
) -> Iterator[RowStep]:
    """Give the steps by which *event* breaks the rule, one for each report."""
    known = table(WRITER.name)
    for name in STATE_NAMES.values():
        for failure in () if name in NO_LIFECYCLE_STATE else _codes(name, outcome):
            seen = Symbol(event, outcome=outcome, state=name, failure=failure, release=release)
            after, cost = known.step(belief, known.project(seen))
            if sum(counts_of(cost).values()) != 1:
                continue
            rows = taken_rows(known, belief, known.project(seen))
            # Where the report is wrong, the event's own targets are believed beside it.
            reached = [s for s in after.cheapest if reported(s) == name]
            if reached and all(row.code == code for row in rows):
                yield RowStep(belief.cheapest[0], rows[0], reached[0], event, outcome, failure)


def _codes(state: str, outcome: str) -> tuple[str, ...]:
    codes = quiet_codes(state)
    failures = tuple(code for code in codes if code != CODES[0])[-1:]
    if CODES[0] not in codes or outcome in ("soft", "veto"):
        return failures
    return CODES[:1]


def _not_there(code: str, release: str | None) -> UsageError:
    on = f" on release {release}" if release else ""
    return UsageError(f"no single step of a legal run breaks {code}{on}")


# --- requesters --------------------------------------------------------------
def _of_requester(rng: Random, code: str, length: int, release: str | None, number: int) -> Records:
    named, ways = _ways(code, release)
    if not ways:
        return _as_example(code, release, number)
    chosen = rng.choice(ways)
    keys: dict[str, object] = {"host": f"host-{number}", "session": f"{number}"}
    if named:
        keys["release"] = named
    operation = Operation(rng, named, keys, number=number)
    for act in chosen.before:
        operation.take(act)
    operation.take_one(chosen.act)
    if not operation.is_released and len(operation.records) < length:
        operation.go_on(length)
    operation.leave()
    return operation.records


def _ways(code: str, release: str | None) -> tuple[str | None, list[Found]]:
    """Give ways of breaking the rule, and the release that they need."""
    needed = _needed_releases(code)
    if release and needed and release not in needed:
        return release, []
    for named in (release,) if release else needed or (None,):
        found = atlas_of(named).paid(code)
        if found:
            return named, found
    return release, []


def _needed_releases(code: str) -> tuple[str, ...]:
    """Give releases on which the rule can be broken, the newest first; none where any will do."""
    rows = [row for name in WITH_HISTORY for row in REGIONS[name].rows if row.code == code]
    named = {r for row in rows for when in row.when for r in when.get("release", ())}
    return tuple(release for release in reversed(RELEASES) if release in named)


# --- examples ----------------------------------------------------------------
def _as_example(code: str, release: str | None, number: int) -> Records:
    """Give the literal example of a rule, with keys that no other session has."""
    found = example(code, BAD)
    lines = found.lines if found is not None else ()
    records: Records = [json.loads(line) for line in lines]
    has = {key: any(r.get(key) for r in records) for key in ("host", "session", "instance")}
    names: dict[object, int] = {}
    turn = 0
    for record in records:
        turn += record["event"] == OBJECT_STARTS[0]
        _rename(record, f"{number}-{turn}", has)
        if record["actor"] == "writer" and not has["instance"]:
            who = record.get("writer_id"), record.get("writer")
            record["instance"] = guid(2, number, names.setdefault(who, len(names)))
        if release and record.setdefault("release", release) != release:
            raise _not_there(code, release)
    return records


def _rename(record: dict[str, object], name: str, has: dict[str, bool]) -> None:
    """Let the keys of a record be those of no other trace."""
    trace = name.partition("-")[0]
    if record.get("host") or not has["host"]:
        record["host"] = f"{record.get('host') or 'host'}-{trace}"
    if record.get("session"):
        record["session"] = f"{record['session']}-{trace}"
    elif not has["session"] and record["actor"] != "observer":
        record["session"] = name
