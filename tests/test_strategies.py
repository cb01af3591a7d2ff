"""Strategies for users: legal traces are legal, near misses break one rule, pairs fit."""

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from strategies import judge

from vssfsm.errors import UsageError
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.releases import RELEASES
from vssfsm.testing import strategies as ours
from vssfsm.testing.adapters import read_object
from vssfsm.testing.generation.near import breakable
from vssfsm.testing.writers.steps import status_symbol

QUICK = settings(
    max_examples=15,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
LEGAL = (ours.writer_traces, ours.requester_traces, ours.session_traces)


def accused(records):
    """Give the rules that errors and warnings name."""
    return [item.rule for item in judge(records) if item.severity in ("error", "warning")]


@pytest.mark.parametrize("traces", LEGAL)
def test_legal_traces_are_legal(traces) -> None:
    """Nothing is wrong in them, on any release; nothing is owed at their ends."""

    @QUICK
    @given(st.sampled_from((None, "xp", "2008", "2019")).flatmap(lambda r: traces(release=r)))
    def check(records) -> None:
        assert accused(records) == []

    check()


@pytest.mark.long
@pytest.mark.parametrize("traces", LEGAL)
def test_legal_traces_shrink(traces) -> None:
    """A trace with three records shrinks to three records."""
    small = find(traces(), lambda records: len(records) >= 3, settings=QUICK)
    assert len(small) == 3


def test_actors_are_those_asked_for() -> None:
    """A requester's trace has no writers; a session has both, sooner or later."""
    assert find(ours.session_traces(), _has("writer"), settings=QUICK)
    for traces, actor in ((ours.requester_traces, "writer"), (ours.writer_traces, "requester")):

        @QUICK
        @given(traces(), st.just(actor))
        def check(records, other) -> None:
            assert not _has(other)(records)

        check()


def _has(actor):
    return lambda records: any(record.get("actor") == actor for record in records)


@pytest.mark.parametrize("code", breakable()[::12])
def test_near_misses_break_their_rule_alone(code) -> None:
    """Exactly one finding that accuses, or the note where the rule is one."""

    @QUICK
    @given(ours.near_misses(code, max_size=12))
    def check(records) -> None:
        assert code in [item.rule for item in judge(records)]
        assert accused(records) in ([], [code])

    check()


def test_near_misses_by_name() -> None:
    """A name is as good as a code; what no step breaks is refused."""
    small = find(ours.near_misses("thaw-before-freeze"), lambda _: True, settings=QUICK)
    assert [record["event"] for record in small] == ["Thaw"]
    with pytest.raises(UsageError, match="INP101 is about how evidence is read"):
        ours.near_misses("INP101")
    with pytest.raises(UsageError, match="no-such-rule"):
        ours.near_misses("no-such-rule")
    with pytest.raises(UsageError, match="unknown release"):
        ours.writer_traces(release="95")
    with pytest.raises(UsageError, match="at least one record"):
        ours.requester_traces(max_size=0)


@QUICK
@given(st.data())
def test_interleaved_sessions_are_judged_as_apart(data) -> None:
    """Mixed legal traces are legal, and a near miss among them is found alone."""
    near = ours.near_misses("WTR101", max_size=4)
    assert accused(data.draw(ours.interleavings())) == []
    mixed = data.draw(ours.interleavings(near, min_size=2, max_size=2))
    assert accused(mixed) == ["WTR101", "WTR101"]
    hosts = {record["host"] for record in mixed}
    assert len(hosts) >= 2


@pytest.mark.parametrize("release", [None, "xp", "vista", RELEASES[-1]])
@pytest.mark.parametrize("kind", ours.PAIRS)
def test_pairs_are_what_they_say(kind, release) -> None:
    """Each pair of a kind is judged so, and the kinds are disjoint and cover all."""
    pairs = ours._pairs(release)
    assert pairs[kind]
    assert sum(map(len, pairs.values())) == len(
        {pair for found in pairs.values() for pair in found}
    )
    severities = {"legal": {"free", "info"}, "illegal": {"error"}}
    expected = severities.get(kind, {"info", "warning"})
    for state, code in pairs[kind]:
        found = judge([{"actor": "observer", "event": "WriterStatus", "writer": "w", "state": state,
                        "failure": code, **({"release": release} if release else {})}])  # fmt: skip
        status = [item.severity for item in found if item.family == "STS"] or ["free"]
        assert set(status) <= expected, (state, code, found)


def test_pairs_are_drawn() -> None:
    """The strategy draws from the kind; an adapter may report what it draws."""
    assert find(ours.status_pairs(), lambda pair: pair.failure != "S_OK", settings=QUICK)
    found = find(ours.status_pairs("illegal"), lambda _: True, settings=QUICK)
    assert read_object(found).state == found.state or isinstance(found.state, str)
    seen = status_symbol("STABLE", "S_OK", None)
    assert only_row(table("status"), seen).to
    with pytest.raises(UsageError, match="unknown kind of pairs 'good'"):
        ours.status_pairs("good")
