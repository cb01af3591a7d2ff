"""
A machine drives a writer's session with legal and illegal events; two judges have to agree.

Each step is an event with an outcome and the (state, HRESULT) pair that is reported after it. The
monitor judges the records as they come; the oracle prices them straight from the rows.
"""

import oracle
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from strategies import KEYS, WRITER, steps, worst

from vssfsm import Finding, Monitor
from vssfsm.core.record import Symbol
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.rows import SEVERITIES
from vssfsm.spec.status import CODES, OTHER
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, OUTCOMES, STATE_NAMES
from vssfsm.testing.visits import visits_of

_REPORTED = {state.name: STATE_NAMES[state.reported] for state in WRITER.states}
_REAL = sorted(set(_REPORTED.values()))
_HRESULTS = st.sampled_from((*CODES, "E_ACCESSDENIED", "VSS_E_BAD_STATE", "S_FALSE"))


ANYTIME = {row.code for row in oracle.REGIONS["anytime"].rows}


class WriterSession(RuleBasedStateMachine):
    """One writer in one session, and the model of what its records cost."""

    @initialize(release=st.sampled_from((None, "2003", "2019")))
    def begin(self, release: str | None) -> None:
        """Start with an idle writer and nothing judged."""
        self.release = release
        self.monitor = Monitor(release=release)
        self.findings: list[Finding] = []
        self.belief = {WRITER.initial: oracle.PRICE["free"]}
        self.paid = 0
        self.unsure = False
        self.merged = False
        self.here = WRITER.initial

    # --- what happens ---------------------------------------------------------
    @rule(data=st.data())
    @precondition(lambda self: self.here is not None and steps(self.here))
    def legal(self, data: st.DataObject) -> None:
        """Take a permitted step from the state that the writer is in."""
        step = data.draw(st.sampled_from(steps(self.here)), label="step")
        way = (WRITER.name, step.source, step.event, step.target)
        visits_of(type(self).__name__).take((), (step.row.code,), (way,))
        self.report(step.event, step.outcome, _REPORTED[step.target], step.failure)
        self.here = step.target

    @rule(
        event=st.sampled_from(LIFECYCLE_EVENTS),
        outcome=st.sampled_from(OUTCOMES),
        state=st.sampled_from(_REAL),
        failure=_HRESULTS,
    )
    def any_event(self, event: str, outcome: str, state: str, failure: str) -> None:
        """Deliver any event, with any report."""
        self.report(event, outcome, state, failure)
        cheapest = min(self.belief.values())
        self.here = next(s for s, cost in sorted(self.belief.items()) if cost == cheapest)

    @rule(event=st.sampled_from(LIFECYCLE_EVENTS), outcome=st.sampled_from(OUTCOMES))
    def unreported(self, event: str, outcome: str) -> None:
        """Deliver any event, of which the record holds neither state nor code."""
        self.report(event, outcome, None, None)
        cheapest = min(self.belief.values())
        self.here = next(s for s, cost in sorted(self.belief.items()) if cost == cheapest)

    def report(self, event: str, outcome: str, state: str | None, failure: str | None) -> None:
        """Give one record to both judges."""
        record = KEYS | {"actor": "writer", "event": event, "outcome": outcome}
        record |= {} if state is None else {"state": state}
        record |= {} if failure is None else {"failure": failure}
        self.findings += self.monitor.feed(record)
        code = None if failure is None else failure if failure in CODES else OTHER
        seen = Symbol(event, outcome, state, code, release=self.release, via="other")
        illegal = state is not None and self.price("status", seen._replace(event="status")) >= 3
        seen = seen._replace(state=None, failure=None) if illegal else seen
        self.unsure |= seen.state is None
        self.merged |= illegal  # the error of the pair may stand for that of the event
        self.price("anytime", seen)
        self.price("interface", seen)
        self.belief = oracle.step("writer", self.belief, seen)

    def price(self, region: str, symbol: Symbol) -> int:
        """Note what a region of one state costs; gives the rank of its severity."""
        if not any(symbol.event in row.on for row in oracle.REGIONS[region].rows):
            return 0
        rank = _rank(oracle.moves(region, "any", symbol)["any"])
        self.paid = max(self.paid, rank)
        return rank

    # --- what has to hold -----------------------------------------------------
    @invariant()
    def severities_agree(self) -> None:
        """The worst finding is as severe as the dearest region of the oracle."""
        expected = max(self.paid, _rank(min(self.belief.values())))
        # a note or warning gives way where its record has an error; the worst always stays
        assert worst(self.findings) == expected

    @invariant()
    def errors_agree(self) -> None:
        """Each error of the oracle is one finding; fewer, if a record may have hidden a report."""
        errors = [i.rule for i in self.findings if i.severity == "error" and i.family == "WTR"]
        own, least = [r for r in errors if r not in ANYTIME], min(self.belief.values())[0]
        if not self.merged:
            assert len(own) >= least if self.unsure else len(own) == least

    def teardown(self) -> None:
        """End the evidence: nothing worse than a note may come."""
        if hasattr(self, "monitor"):
            assert worst(self.monitor.close()) <= SEVERITIES.index("info")


def _rank(cost: tuple[int, int, int]) -> int:
    errors, warnings, notes = cost
    return 3 if errors else 2 if warnings else 1 if notes else 0


TestWriterSession = WriterSession.TestCase
TestWriterSession.settings = settings(stateful_step_count=16)
TestWriterSession.__doc__ = "The monitor agrees with the oracle on every sequence of events."


def test_the_codes_of_the_machine_are_known() -> None:
    """Every HRESULT that the machine reports has a value."""
    assert set(CODES) <= set(HRESULTS)


def test_a_silent_event_of_another_session_moves_nothing() -> None:
    """An event that is only warned of, and reports nothing, may not be this session's."""
    events = ("Freeze", "PrepareBackup", "Thaw")
    monitor, belief = Monitor(), {WRITER.initial: oracle.PRICE["free"]}
    found: list[Finding] = []
    for event in events:
        found += monitor.feed(KEYS | {"actor": "writer", "event": event, "outcome": "ok"})
        belief = oracle.step("writer", belief, Symbol(event, "ok"))
    assert [(item.line, item.rule) for item in found] == [(1, "WTR102"), (2, "WTR122")]
    assert min(belief.values()) == (1, 1, 0)
