"""
Repairs into findings: each finding carries the edits that stand closest to it.

The edits of a lifecycle, and of the regions beside it, come from an alignment of the whole session.
What a single record breaks (a pair, an own call, a budget, a register) is mended at that record: a
writer's own call is dropped, any other record is replaced by its bare event, which reports nothing.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from vssfsm.core.align import Repair
from vssfsm.core.edit import Edit, of_both_lines
from vssfsm.core.finding import Finding, Participant, participant
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.edits import COST_OF, DROP, INSERT, LEFT_OUT, REPLACE
from vssfsm.spec.interface import REGISTERS
from vssfsm.spec.methods import METHOD
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, RESULT_CALLS, SUBSCRIPTION_CALLS

_ANYTIME = frozenset(row.code for row in REGIONS["anytime"].rows)
_INTERFACE = frozenset(row.code for row in REGIONS["interface"].rows)
#: rules about a call whose findings name its handler
_ON_CALLS = frozenset(row.code for row in REGISTERS)
#: rules that an alignment of a requester's session sees, unless a result breaks them
_ALIGNED = frozenset(
    row.code for region in REGIONS.values() if region.scope == "requester" for row in region.rows
)
_SINGLE = frozenset({"STS", "FLR", "TIM"})


class _Part(NamedTuple):
    """An edit, the number of repairs that are as cheap as the one it is of, and its finding."""

    edit: Edit
    alternatives: int
    finding: int | None = None


def with_repairs(
    findings: Sequence[Finding], repairs: Mapping[Participant, Sequence[Repair]]
) -> list[Finding]:
    """Give *findings* with their share of *repairs*; all of a session's, applied, mend it."""
    shares: dict[int, list[_Part]] = {}
    accusing: dict[Participant, list[tuple[int, int]]] = {}
    for index, item in enumerate(findings):
        if _accuses(item):
            accusing.setdefault(item.participant, []).append((item.line, index))
    for who, parts in _all_parts(findings, repairs).items():
        closest = _Closest(accusing.get(who, ()))
        for part in parts:
            at = closest.to(part.edit) if part.finding is None else part.finding
            shares.setdefault(at, []).append(part)
    return [_with_parts(item, shares.get(index, ())) for index, item in enumerate(findings)]


def edits_of(
    findings: Sequence[Finding], repairs: Mapping[Participant, Sequence[Repair]]
) -> dict[Participant, list[Edit]]:
    """Give every edit of an input, by whose session it is of."""
    return {
        who: [part.edit for part in parts] for who, parts in _all_parts(findings, repairs).items()
    }


def _with_parts(item: Finding, parts: Sequence[_Part]) -> Finding:
    counts = [part.alternatives for part in parts]
    return item._replace(
        repair=tuple(part.edit.as_dict() for part in parts),
        repair_cost=sum(COST_OF[part.edit.op] for part in parts),
        repair_alternatives=max(counts) if all(counts) and counts else 0,
    )


def _all_parts(
    findings: Sequence[Finding], repairs: Mapping[Participant, Sequence[Repair]]
) -> dict[Participant, list[_Part]]:
    found = {
        who: [_Part(edit, repair.alternatives) for repair in known for edit in repair.edits]
        for who, known in repairs.items()
    }
    changed = {who: _changed(parts) for who, parts in found.items()}
    for index, item in enumerate(findings):
        if item.repair:
            who, parts = _joint(index, item)
            touched = _changed(parts)
        elif _accuses(item) and _is_single(item):
            who, touched = item.participant, {item.line}
            parts = [_Part(edit, 1) for edit in of_both_lines(_mend(item), item.second_line)]
        else:
            continue
        lines = changed.setdefault(who, set())
        if lines.isdisjoint(touched):
            found.setdefault(who, []).extend(parts)
            lines |= _changed(parts)
    return found


def _joint(index: int, item: Finding) -> tuple[Participant, list[_Part]]:
    """Give the edits that the finding brings, and whose records they are of."""
    edits = [Edit(**edit) for edit in item.repair]  # type: ignore[arg-type]
    who = item.participant
    if any(edit.event in METHOD for edit in edits):
        who = participant("requester", item.host, item.session, "", "")
    return who, [_Part(edit, 0, index) for edit in edits]


def _changed(parts: Sequence[_Part]) -> set[int]:
    return {part.edit.line for part in parts if part.edit.op != INSERT}


def _is_single(item: Finding) -> bool:
    """Tell whether a single record broke the rule, so that no alignment mends it."""
    if item.actor == "requester" and item.family in ("REQ", "RET"):
        return item.rule not in _ALIGNED or (item.family == "RET" and item.event in RESULT_CALLS)
    return item.family in _SINGLE or item.rule in _ANYTIME


def _mend(item: Finding) -> Edit:
    """Mend a single record: what must not be there goes, the rest loses what it reports."""
    if item.rule in LEFT_OUT and (item.actor == "requester" or item.event in LIFECYCLE_EVENTS):
        return Edit(INSERT, item.line, LEFT_OUT[item.rule])
    if item.actor == "requester":
        return Edit(REPLACE, item.line, item.event)
    if item.rule in _INTERFACE and item.event in SUBSCRIPTION_CALLS:
        return Edit(REPLACE, item.line, item.event.removesuffix("Ex"))
    bare = item.event in LIFECYCLE_EVENTS and item.rule not in (*_ANYTIME, *_ON_CALLS)
    return Edit(REPLACE if bare else DROP, item.line, item.event)


def _accuses(item: Finding) -> bool:
    return item.severity in (ERROR, WARNING) and item.family != "INP"


class _Closest:
    """
    Find the finding that an edit stands closest to.

    Args:
        accusing: line and index of each finding of a participant, by index.
    """

    def __init__(self, accusing: Sequence[tuple[int, int]]) -> None:
        self._first = accusing[0][1] if accusing else -1
        by_line = sorted(accusing)
        self._lines = [line for line, _ in by_line]
        self._last = [*accumulate((index for _, index in by_line), max)]

    def to(self, edit: Edit) -> int:
        """Give the last one at or before the edit's line, else the first one; -1 for none."""
        at = bisect_right(self._lines, edit.line)
        return self._last[at - 1] if at else self._first
