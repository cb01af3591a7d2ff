"""
Repairs into findings: each finding carries the edits that stand closest to it.

The edits of a lifecycle, and of the regions beside it, come from an alignment of the whole session.
What a single record breaks (a pair, an own call, a budget, a register) is mended at that record: a
writer's own call is dropped, any other record is replaced by its bare event, which reports nothing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vssfsm.core.align import Edit, Repair
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
    for who, parts in _all_parts(findings, repairs).items():
        mine = [i for i, f in enumerate(findings) if f.participant == who and _accuses(f)]
        for part in parts:
            at = _closest(findings, mine, part.edit) if part.finding is None else part.finding
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
    for index, item in enumerate(findings):
        if item.repair:
            _add_joint(found, index, item)
        elif _accuses(item) and _is_single(item):
            known = found.setdefault(item.participant, [])
            if item.line not in _changed(known):
                known.append(_Part(_mend(item), 1))
    return found


def _add_joint(found: dict[Participant, list[_Part]], index: int, item: Finding) -> None:
    """Add the edits that the finding brings: they may be of another participant's records."""
    edits = [Edit(**edit) for edit in item.repair]  # type: ignore[arg-type]
    who = item.participant
    if any(edit.event in METHOD for edit in edits):
        who = participant("requester", item.host, item.session, "", "")
    known = found.setdefault(who, [])
    if _changed(known).isdisjoint(edit.line for edit in edits if edit.op != INSERT):
        known += [_Part(edit, 0, index) for edit in edits]


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


def _closest(findings: Sequence[Finding], candidates: Sequence[int], edit: Edit) -> int:
    """Give the last finding at or before the edit's line, else the first one; -1 for none."""
    before = [index for index in candidates if findings[index].line <= edit.line]
    return before[-1] if before else candidates[0] if candidates else -1
