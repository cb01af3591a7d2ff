"""
The shape of a row.

A *permitted* row names targets; several targets are readings that the pages leave open. A
*prohibition* row has none: its target is derived by believing the record. `when` limits a row
to values of a record's fields; a field that the record lacks counts as every value.
"""

import copyreg
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

# Grades of evidence (contract 2.1).
STATED: Final = "STATED"
INFERRED: Final = "INFERRED"
OBSERVED: Final = "OBSERVED"
OPEN: Final = "OPEN"
#: grade -> what it says of the evidence
GRADE_SAYS: Final = {
    STATED: "a page says it",
    INFERRED: "it follows from names and definitions on the pages",
    OBSERVED: "seen in published output; it never accuses",
    OPEN: "pages are silent or disagree",
}
GRADES: Final = tuple(GRADE_SAYS)

# Severities, mildest first. FREE is the cost of a permitted row.
FREE: Final = "free"
INFO: Final = "info"
WARNING: Final = "warning"
ERROR: Final = "error"
SEVERITIES: Final = (FREE, INFO, WARNING, ERROR)

#: The target "the state stays what it was".
SAME: Final = "="

When = Mapping[str, tuple[str, ...]]
ALWAYS: Final[tuple[When, ...]] = (MappingProxyType({}),)


def frozen(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """Give *mapping* so that it cannot be changed."""
    return MappingProxyType(mapping)


# Rows and counts travel between processes, which the type itself refuses.
copyreg.pickle(MappingProxyType, lambda mapping: (frozen, (dict(mapping),)))


class Row(NamedTuple):
    """
    One row of a region's table, or one rule of the catalogue.

    Args:
        code: stable code; `WTR-...` for permitted rows, family and three digits for rules.
        on: names of the events that the row is about.
        source: states that the row starts from.
        when: alternatives; each maps a field to the values it may have.
        to: targets, one per reading; empty for a prohibition.
        grade: grade of the evidence (`GRADES`).
        sources: slugs of `PAGES`; never empty.
        says: what the row says, in our own words.
        name: rule name, reads after "allow"; rules only.
        why: why it matters; rules only.
        pays: `INFO` for a permitted row that is worth a note, else `FREE`.
        mild: breaking it is at most a warning: the page says "should", or another reading is left.
        ruling: key of `RULINGS` where pages are silent or disagree.
        blame: who broke the rule; rules only.
    """

    code: str
    grade: str
    sources: tuple[str, ...]
    says: str
    on: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    when: tuple[When, ...] = ALWAYS
    to: tuple[str, ...] = ()
    name: str = ""
    why: str = ""
    pays: str = FREE
    mild: bool = False
    ruling: str = ""
    blame: str = "unknown"
    status: str = "stable"

    @property
    def severity(self) -> str:
        """The severity of taking this row, derived from its grade."""
        if self.to:
            return self.pays
        if self.grade == STATED:
            return WARNING if self.mild else ERROR
        if self.grade == INFERRED:
            return ERROR if self.ruling and not self.mild else WARNING
        return INFO


class State(NamedTuple):
    """
    One state of a region.

    Args:
        name: the reported state's name and, after it, the phase.
        reported: number of `VSS_WRITER_STATE`, or None where nothing is reported.
        phase: the part of the lifecycle that the state belongs to; groups diagrams.
        means: what the state means, in our own words.
        owed: events one of which must still come.
        is_gone: there is no object any more; whatever is recorded of it later shows that there was.
    """

    name: str
    means: str
    reported: int | None = None
    phase: str = ""
    owed: tuple[str, ...] = ()
    is_gone: bool = False


class Region(NamedTuple):
    """
    A small machine: total over its states and the events its rows name.

    Args:
        name: short name, as in `vssfsm diagram NAME`.
        title: what it is about.
        scope: `session` (one writer in one session) or `instance` (a writer on its host).
        states: all states; the first is the initial one.
        rows: permitted rows and prohibitions.
        unexplained: per event, the prohibition that is broken where an event is permitted but
            the state reported beside it belongs to no reading.
    """

    name: str
    title: str
    scope: str
    states: tuple[State, ...]
    rows: tuple[Row, ...]
    unexplained: tuple[Row, ...] = ()

    @property
    def initial(self) -> str:
        """The state that a session starts in."""
        return self.states[0].name


class Deadline(NamedTuple):
    """
    A limit on the time between two records of one session; it never moves a state.

    Args:
        start, end: events that open and close the interval.
        budget_s: default limit in seconds, where the participant gave none of its own.
        own, default, near: codes of the rules for its own limit, the default, and closeness.
        near_share: share of the limit from which closeness is worth a note.
    """

    start: str
    end: str
    budget_s: float
    own: str
    default: str
    near: str
    near_share: float
