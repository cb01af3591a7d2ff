"""Status pairs: each record that reports a state or a failure, judged on its own."""

from typing import Final

from vssfsm.core.finding import finding
from vssfsm.core.record import Record, Symbol, failure_class, state_class
from vssfsm.core.table import CAP
from vssfsm.monitor.evidence import Draft, Evidence
from vssfsm.monitor.keys import Key, participant
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.hresults import is_failure
from vssfsm.spec.rows import ERROR, FREE, INFO, WARNING, Row
from vssfsm.spec.status import BEYOND, OTHER
from vssfsm.spec.vocabulary import (
    FAILED_STATES,
    FAILURE_CALLS,
    HANDLERS,
    LIFECYCLE_EVENTS,
    NO_LIFECYCLE_STATE,
    SESSION_STARTS,
    STATUS_CALLS,
)

_FAILED: Final = frozenset(FAILED_STATES) | {"UNKNOWN"}
_REPORTING: Final = frozenset((*HANDLERS, *STATUS_CALLS, "WriterStatus"))


class Pairs:
    """Judge pairs, and remember which writers were last seen with a failure."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._rows: dict[Symbol, Row | None] = {}
        #: whether a writer was last seen with a failure
        self.failed: dict[Key, bool] = {}

    @property
    def failed_writers(self) -> int:
        """Number of writers last seen with a failure."""
        return sum(self.failed.values())

    def forget_rows(self) -> None:
        """Look up anew which row each pair takes."""
        self._rows.clear()

    def take(self, record: Record, key: Key, seen: Symbol) -> list[Draft]:
        """Judge the pair of *record*, if it reports one."""
        if record.state is None and (record.failure is None or record.event not in _REPORTING):
            self._note_outcome(record, key)
            return []
        code = record.failure
        if record.event in FAILURE_CALLS:  # its argument is no report (family FLR)
            code, seen = None, seen._replace(failure=None)
        self._evidence.judged += 1
        if not (record.event in STATUS_CALLS and is_failure(record.hresult or 0)):
            failed = seen.state in _FAILED or seen.failure not in (None, "S_OK")
            self.failed[participant(key)] = failed
        row = self._row(seen)
        if row is None or row.severity == FREE:
            return []
        text = f"{_show_state(record.state)}, {_show_code(code)}"
        severity = self._severity(row.severity, record)
        if (participant(key), code) in self._evidence.accused_codes:
            severity = INFO  # the call that set the code was the mistake
        return [Draft(finding(row.code, text, severity=severity, **self._evidence.where(record)))]

    def _row(self, seen: Symbol) -> Row | None:
        """Give the row of the pair that *seen* reports."""
        if seen not in self._rows:
            if len(self._rows) >= CAP:
                self._rows.clear()
            pair = seen._replace(event="status", outcome=None)
            self._rows[seen] = self._evidence.row("status", pair)
        return self._rows[seen]

    def _severity(self, severity: str, record: Record) -> str:
        """A sampled source may show another session: what is only suspicious is a note there."""
        sampled = record.actor == "observer" or self._evidence.kind(record) == "sampled"
        return INFO if sampled and severity == WARNING else severity

    def _note_outcome(self, record: Record, key: Key) -> None:
        if record.actor == "writer" and record.event in LIFECYCLE_EVENTS and record.outcome:
            # A handler that succeeds without a report proves no health, save at a new start.
            failed = record.outcome != "ok"
            if failed or record.event in SESSION_STARTS:
                self.failed[participant(key)] = failed


def reported(seen: Symbol, drafts: list[Draft]) -> Symbol:
    """An illegal pair counts as not reported; two states name none of the lifecycle."""
    rules = [RULES[d.finding.rule] for d in drafts if d.finding.family == "STS"]
    if any(rule.severity == ERROR for rule in rules):
        return seen._replace(state=None, failure=None)
    if seen.state in NO_LIFECYCLE_STATE:
        return seen._replace(state=None)
    return seen


def _show_state(number: int | None) -> str:
    if number is None:
        return "no state"
    name = state_class(number)
    return str(number) if name == BEYOND else f"{number} {name}"


def _show_code(code: int | None) -> str:
    if code is None:
        return "no failure code"
    name = failure_class(code)
    return f"0x{code:08X}" if name == OTHER else f"{name} (0x{code:08X})"
