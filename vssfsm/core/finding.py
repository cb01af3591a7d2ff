"""A finding: the row that was paid, where, and what would have been legal."""

from typing import Any, NamedTuple

from vssfsm.spec.catalogue import FAMILIES, REGIONS_OF, RULES
from vssfsm.spec.rows import ERROR, INFO, SEVERITIES, WARNING, Row


class Note(NamedTuple):
    """
    A finding before it is placed: rule, line, detail, and a severity other than the rule's.

    *second* is the second line of another record than the one that showed it.
    """

    code: str
    line: int
    message: str
    severity: str = ""
    second: int = 0


#: actor, host, session, writer and instance; a requester has no writer
Participant = tuple[str, str, str, str, str]


def participant(
    actor: str, host: str, session: str, writer: str, instance: str, **_: object
) -> Participant:
    """Tell whose session a record belongs to; a requester may read any writer's status."""
    if actor == "requester":
        return actor, host, session, "", ""
    return actor, host, session, writer, instance


class Finding(NamedTuple):
    """
    One departure from the specification, or a note about one record.

    Args:
        rule, name, grade, sources, blame: of the row that was paid.
        severity: `error`, `warning` or `info`.
        message: one sentence.
        path, line: where it is; line is 1-based.
        since_line: line of the record that led to the state, or None.
        since_event: the event of that record, or empty.
        since_path: the input of that line, where it is another one.
        states: names of the states that the participant may have been in.
        expected: events that would have been legal there.
        repair, repair_cost: edits that mend it, and what they cost.
        repair_alternatives: number of equally cheap repairs of the session, this one among them;
            0 if there is none, or they were not counted.
        second_line: line that says that the call or handler returned, where *line* is that of its
            begin, or itself; 0 where one line says both.
        origin: path and line of the evidence that the record was converted from, or empty.
    """

    rule: str
    name: str
    severity: str
    message: str
    path: str = ""
    line: int = 0
    since_line: int | None = None
    host: str = ""
    session: str = ""
    actor: str = ""
    writer: str = ""
    instance: str = ""
    event: str = ""
    states: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    blame: str = "unknown"
    grade: str = ""
    sources: tuple[str, ...] = ()
    repair: tuple[dict[str, object], ...] = ()
    repair_cost: int = 0
    repair_alternatives: int = 0
    since_event: str = ""
    origin: str = ""
    since_path: str = ""
    second_line: int = 0

    @property
    def participant(self) -> Participant:
        """Whose session it is about."""
        return participant(self.actor, self.host, self.session, self.writer, self.instance)

    @property
    def family(self) -> str:
        """The family of the rule: its code without digits."""
        return self.rule[:3]

    @property
    def region(self) -> str:
        """The region whose row it broke; empty where records were compared."""
        return " or ".join(REGIONS_OF.get(self.rule, ()))

    @property
    def fingerprint(self) -> str:
        """A stable name of the finding; holds no times, GUIDs or lines."""
        import hashlib

        text = "\x1f".join((self.rule, self.writer, self.event, *self.states, self.blame))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def order(self) -> tuple[int, str, str]:
        """The place among the findings of one input."""
        return self.line, self.rule, self.instance


def finding(
    code: str, message: str = "", *, severity: str = "", row: Row | None = None, **where: Any
) -> Finding:
    """
    Make a finding of rule *code*; *message* adds to what the rule says.

    *row* is the one that was paid, where a rule has several of different grades.
    """
    row = row or RULES[code]
    return Finding(
        rule=code,
        name=row.name,
        severity=severity or row.severity,
        message=f"{row.says}: {message}" if message else row.says,
        blame=row.blame,
        grade=row.grade,
        sources=row.sources,
        **where,
    )


def one_accusation(findings: list[Finding], told: dict[tuple[object, ...], int]) -> list[Finding]:
    """
    Keep at most one error or warning of one record of one participant (contract 4.2).

    The most severe stays, among equals the first family of `FAMILIES`; notes all stay. *told* holds
    the rank of what was said of a record before, and is brought up to date: an error that is proved
    late gives way to an equal one, but not to a warning.
    """
    best: dict[tuple[object, ...], Finding] = {}
    for item in findings:
        if item.severity in (ERROR, WARNING):
            key = item.line, item.host, item.writer, item.instance
            if told.get(key, -1) < SEVERITIES.index(item.severity) and (
                key not in best or _weight(item) > _weight(best[key])
            ):
                best[key] = item
    told.update((key, SEVERITIES.index(item.severity)) for key, item in best.items())
    kept = {id(item) for item in best.values()}
    return [item for item in findings if item.severity == INFO or id(item) in kept]


def _weight(item: Finding) -> tuple[int, int]:
    return SEVERITIES.index(item.severity), -FAMILIES.index(item.family)
