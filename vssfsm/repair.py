"""
Repairs into findings: each finding carries the edits that stand closest to it.

The lifecycle's edits come from an alignment of the whole session. What a single record breaks (a
pair, an own call, a budget) is mended at that record: a call is dropped, a handler's record is
replaced by its bare event, which reports nothing.
"""

from collections.abc import Mapping, Sequence

from vssfsm.core.align import DROP, REPLACE, Edit
from vssfsm.core.finding import Finding
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.interface import REGISTERS
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, SUBSCRIPTION_CALLS

_ANYTIME = frozenset(row.code for row in REGIONS["anytime"].rows)
_INTERFACE = frozenset(row.code for row in REGIONS["interface"].rows)
#: rules about a call whose findings name its handler
_ON_CALLS = frozenset(row.code for row in REGISTERS)
_Key = tuple[str, str, str, str]


def with_repairs(
    findings: Sequence[Finding], repairs: Mapping[_Key, Sequence[Edit]]
) -> list[Finding]:
    """Give *findings* with their share of *repairs*; all of a session's, applied, mend it."""
    shares: dict[int, list[Edit]] = {}
    for key, edits in _all_edits(findings, repairs).items():
        mine = [i for i, item in enumerate(findings) if _key(item) == key and _accuses(item)]
        for edit in edits:
            shares.setdefault(_closest(findings, mine, edit), []).append(edit)
    return [
        item._replace(
            repair=tuple(edit._asdict() for edit in shares.get(index, ())),
            repair_cost=len(shares.get(index, ())),
        )
        for index, item in enumerate(findings)
    ]


def _all_edits(
    findings: Sequence[Finding], repairs: Mapping[_Key, Sequence[Edit]]
) -> dict[_Key, list[Edit]]:
    edits = {key: list(value) for key, value in repairs.items()}
    for item in findings:
        if _accuses(item) and (item.family in ("STS", "FLR", "TIM") or item.rule in _ANYTIME):
            known = edits.setdefault(_key(item), [])
            if all(edit.line != item.line or edit.op not in (DROP, REPLACE) for edit in known):
                known.append(_mend(item))
    return edits


def _mend(item: Finding) -> Edit:
    """Mend a single record: what must not be there goes, the rest loses what it reports."""
    if item.rule in _INTERFACE and item.event in SUBSCRIPTION_CALLS:
        return Edit(REPLACE, item.line, item.event.removesuffix("Ex"))
    bare = item.event in LIFECYCLE_EVENTS and item.rule not in (*_ANYTIME, *_ON_CALLS)
    return Edit(REPLACE if bare else DROP, item.line, item.event)


def _accuses(item: Finding) -> bool:
    return item.severity in (ERROR, WARNING) and item.family != "INP"


def _key(item: Finding) -> _Key:
    return item.host, item.session, item.writer, item.instance


def _closest(findings: Sequence[Finding], candidates: Sequence[int], edit: Edit) -> int:
    """Give the last finding at or before the edit's line, else the first one; -1 for none."""
    before = [index for index in candidates if findings[index].line <= edit.line]
    return before[-1] if before else candidates[0] if candidates else -1
