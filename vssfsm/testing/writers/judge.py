"""
Judge the replies of a writer under test, by the compiled tables of the monitor.

The handler was told what to do, so the outcome is known; where the pages leave everything about an
event open, any outcome may be meant. The judge keeps every state that the replies allow. A reply
that no permitted row explains is a fault whatever the grade of the row that it breaks. What pages
leave open is never one: whether a failure is kept or cleared after Abort and BackupShutdown, what
follows an ignored veto, which session shows before the first event of a new one.
"""

from collections.abc import Iterable
from typing import Final

from vssfsm.core.record import Symbol, failure_class, state_class
from vssfsm.core.table import Move
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec import writer
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.hresults import hresult_name
from vssfsm.spec.rows import ERROR, FREE, OPEN, SAME, Row
from vssfsm.spec.status import OTHER
from vssfsm.spec.vocabulary import FAILED_STATES, STATE_NAMES
from vssfsm.testing.adapters import Seen
from vssfsm.testing.faults import Fault, fault
from vssfsm.testing.writers.steps import (
    IDENTIFY,
    TABLE,
    TIMER,
    Step,
    is_delivered,
    is_note,
    is_open,
    matching,
    status_symbol,
)

_OK: Final = "S_OK"
_STABLE: Final = STATE_NAMES[writer.IDLE.reported or 0]
#: phases in which the session is over: a status may be that of no session any more
_OVER: Final = (writer.ABORTED.phase, writer.CLOSED.phase)
#: states that a writer may show at a point that is open as a whole
_AT_REST: Final = frozenset((_STABLE, *FAILED_STATES))


class Judge:
    """
    Follow one writer through its sessions.

    Args:
        release: Windows release that decides on pairs, or None.
    """

    def __init__(self, release: str | None = None) -> None:
        self._release = release
        self._earlier: set[tuple[int, int]] = set()
        self._shown: set[tuple[int, int]] = set()
        self.reset()

    def reset(self) -> None:
        """Begin the next session."""
        self._earlier = self._shown or self._earlier
        self._shown = set()
        self._codes = {_OK}
        self._last: Seen | None = None
        #: states that the replies allow
        self.states: tuple[str, ...] = (TABLE.region.initial,)
        #: rows that explain the last reply, the first of each state
        self.rows: tuple[Row, ...] = ()
        #: ways through the lifecycle that explain it: state, event, state
        self.edges: tuple[tuple[str, str, str], ...] = ()
        #: the outcome that the last reply was judged by; None where any may be meant
        self.outcome: str | None = None
        #: nothing more is to be learned from this session
        self.is_lost = False

    @property
    def owed(self) -> tuple[str, ...]:
        """Events one of which must come before the session may end."""
        states = [TABLE.states[name] for name in self.states]
        if any(not state.owed for state in states):
            return ()
        return tuple(dict.fromkeys(event for state in states for event in state.owed))

    def take(self, step: Step, seen: Seen) -> Fault | None:
        """Judge the reply to *step*; states are brought up to date if it is right."""
        self.rows, self.edges, self.outcome = (), (), None
        found = self._illegal_pair(seen)
        if found is None:
            if step.op == "status":
                found = self._status(seen)
            elif step.event == IDENTIFY:
                found = self._identify(seen)
            else:
                found = self._event(step, seen)
        if found is None:
            self._shown.add((seen.state, seen.failure))
            if step.op != "status":
                self._last = seen
        return found

    # --- pairs ---------------------------------------------------------------
    def _illegal_pair(self, seen: Seen) -> Fault | None:
        """What is no state or no code of a writer is wrong wherever it is reported."""
        row = self._pair_row(seen)
        return _broken(row, _show(seen)) if row and row.severity == ERROR else None

    def _pair_row(self, seen: Seen) -> Row | None:
        """Give the rule that the pair breaks, None for a legal one."""
        symbol = status_symbol(state_class(seen.state), _code(seen), self._release)
        row = only_row(table("status"), symbol)
        return row if row and not row.to else None

    # --- events --------------------------------------------------------------
    def _event(self, step: Step, seen: Seen) -> Fault | None:
        moves = [(state, self._moves(state, step, seen)) for state in self.states]
        ways = [(s, t, m.row) for s, one in moves for t, m in one.items() if m.row and m.row.to]
        taken = [(target, row) for _, target, row in ways]
        if not taken:
            return self._unexplained(step, seen, [row for _, one in moves for row in _rows(one)])
        row = min((row for _, row in taken), key=lambda row: row.grade == OPEN)
        found = self._wrong_code(step, seen, row) or self._wrong_return(step, seen, row)
        if found is None:
            self.outcome = self._told(self.states[0], step)
            self.rows = self._taken(step, taken)
            self.edges = tuple((source, step.event, target) for source, target, _ in ways)
            self.states = _in_order(target for target, _ in taken)
            self._codes.add(_code(seen))
            # Whether a session goes on after an Abort with nothing running is not documented.
            self.is_lost = all(row.to == (SAME,) for row in self.rows)
        return found

    def _taken(self, step: Step, taken: list[tuple[str, Row]]) -> tuple[Row, ...]:
        """Give the rows that explain the reply: those of what the handler was told, if any do."""
        known = {row.code: row for _, row in taken}
        if step.op == "timeout":
            return tuple(known.values())
        reached = {target for target, _ in taken}
        told = {
            row.code: row
            for state in self.states
            for row in matching(state, step.event, step.outcome)
            if is_delivered(row) and reached & {state if to == SAME else to for to in row.to}
        }
        return tuple((told or known).values())

    def _told(self, state: str, step: Step) -> str | None:
        return None if is_open(state, step.event) else step.outcome

    def _symbol(self, state: str, step: Step, seen: Seen | None) -> Symbol:
        told = None if step.op == "timeout" else self._told(state, step)
        reported = state_class(seen.state) if seen else None
        code = _code(seen) if seen else None
        return TABLE.project(Symbol(step.event, outcome=told, state=reported, failure=code))

    def _moves(self, state: str, step: Step, seen: Seen) -> dict[str, Move]:
        moves = dict(TABLE.moves(state, self._symbol(state, step, seen)))
        if step.op == "timeout":  # the row that names the timer's code explains it best
            timer = {t: m for t, m in moves.items() if m.row in TIMER}
            return timer or moves
        free = {t: m for t, m in moves.items() if m.row and m.row.to and m.row.pays == FREE}
        return free or moves

    def _unexplained(self, step: Step, seen: Seen, rows: list[Row]) -> Fault | None:
        if self._is_tolerated(step, seen):
            self.is_lost = True
            return None
        pair = self._pair_row(seen)
        if pair and state_class(seen.state) not in self._reported():
            return _broken(pair, f"{step.words}: {_show(seen)}", self._expected(step))
        rule = next((row for row in rows if TABLE.is_about_report(row)), None)
        rule = rule or next(row for row in TABLE.region.unexplained if step.event in row.on)
        return _broken(rule, f"{step.words}: {_show(seen)}", self._expected(step))

    def _is_tolerated(self, step: Step, seen: Seen) -> bool:
        """
        Tell whether the point is so open that no reading of it can be held against the writer.

        That is an event that is worth a note wherever it leads, and a late Thaw: it should be
        rejected, but no page says what a writer that accepts it shows.
        """
        at_rest = state_class(seen.state) in _AT_REST
        if at_rest and all(is_note(state, step.event) for state in self.states):
            return True
        if any(matching(state, step.event, "ok") for state in self.states):
            return False
        done = {
            TABLE.states[target].reported
            for state in TABLE.order
            for row in matching(state, step.event, "ok")
            for target in row.to
        }
        return at_rest or seen.state in done

    def _reported(self) -> frozenset[str]:
        """Give every state that some state of the lifecycle reports."""
        return frozenset(
            STATE_NAMES[state.reported]
            for state in TABLE.region.states
            if state.reported is not None
        )

    def _expected(self, step: Step) -> tuple[str, ...]:
        targets = _in_order(
            target
            for state in self.states
            for target, move in TABLE.moves(state, self._symbol(state, step, None)).items()
            if move.row and move.row.to
        )
        numbers = [TABLE.states[name].reported for name in targets]
        return tuple(dict.fromkeys(STATE_NAMES[n] for n in numbers if n is not None))

    def _wrong_code(self, step: Step, seen: Seen, row: Row) -> Fault | None:
        """Compare the code with what the writer was told, and with what the session recorded."""
        if self._is_right_code(step, seen, row):
            return None
        told = step.fail is not None and _code(seen) not in self._codes - {_OK}
        expected = (str(step.fail),) if told else tuple(sorted(self._codes))
        name = "lost-code" if told else "code-from-nowhere"
        return fault(name, f"{step.words}: {_show(seen)}", expected)

    def _is_right_code(self, step: Step, seen: Seen, row: Row) -> bool:
        code = _code(seen)
        failed = state_class(seen.state) in FAILED_STATES
        if step.op == "timeout":
            return code == step.fail or (code == _OK and not failed)
        told = _names_outcome(row) and not is_open(self.states[0], step.event)
        if told and step.fail is not None:
            return code == step.fail or code in self._codes - {_OK}
        if code in self._codes and (code != _OK or not failed or row.grade == OPEN):
            return True
        if code in (step.fail, *self._timer_codes(step)):
            return True
        return row.grade == OPEN and not told and self._pair_row(seen) is None

    def _timer_codes(self, step: Step) -> tuple[str, ...]:
        """Give the codes that the freeze timer may have set where *step* meets it."""
        rows = [row for state in self.states for row in matching(state, step.event)]
        return tuple(code for row in rows for when in row.when for code in when.get("failure", ()))

    def _wrong_return(self, step: Step, seen: Seen, row: Row) -> Fault | None:
        told = step.op == "deliver" and _names_outcome(row)
        strict = told and not any(is_open(state, step.event) for state in self.states)
        if seen.returned is not False or not strict or state_class(seen.state) in FAILED_STATES:
            return None
        return fault("returned-without-failure", f"{step.words}: {_show(seen)}")

    # --- reports -------------------------------------------------------------
    def _identify(self, seen: Seen) -> Fault | None:
        if self._is_as_before(seen):
            return None
        names = tuple(STATE_NAMES[n] for n in sorted(self._numbers))
        before = f", after {_show(self._last)}" if self._last else ""
        return fault("identify-changed-state", f"{_show(seen)}{before}", names)

    def _status(self, seen: Seen) -> Fault | None:
        if self._is_as_before(seen):
            return None
        if self._last is None:
            return fault("status-disagrees", f"before any event: {_show(seen)}", (_STABLE,))
        return fault("status-disagrees", f"{_show(seen)}, after the reply {_show(self._last)}")

    @property
    def _numbers(self) -> set[int]:
        found = (TABLE.states[state].reported for state in self.states)
        return {number for number in found if number is not None}

    def _is_as_before(self, seen: Seen) -> bool:
        """Tell whether what must change nothing has changed nothing."""
        fresh = (seen.state, seen.failure) == (writer.IDLE.reported, 0)
        if self._last is None:
            return fresh or self._is_earlier(seen)
        over = all(TABLE.states[state].phase in _OVER for state in self.states)
        return seen[:2] == self._last[:2] or (over and fresh)

    def _is_earlier(self, seen: Seen) -> bool:
        """Tell whether a report before the first event may be left from an earlier session."""
        return (seen.state, seen.failure) in self._earlier


def _names_outcome(row: Row) -> bool:
    return any("outcome" in when for when in row.when)


def _rows(moves: dict[str, Move]) -> list[Row]:
    return [move.row for move in moves.values() if move.row]


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=TABLE.order.__getitem__))


def _code(seen: Seen) -> str:
    return failure_class(seen.failure) or OTHER


def _show(seen: Seen) -> str:
    name = STATE_NAMES.get(seen.state, "no writer state")
    returned = "" if seen.returned is None else f", returned {str(seen.returned).lower()}"
    return f"{seen.state} {name}, {hresult_name(seen.failure)}{returned}"


def _broken(rule: Row, message: str, expected: tuple[str, ...] = ()) -> Fault:
    return Fault(rule.code, RULES[rule.code].name, message, expected)
