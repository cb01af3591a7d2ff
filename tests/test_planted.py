"""Planted faults are found where an independent judge says so, and nowhere else."""

from collections import Counter

import interpreter
import planted
import pytest
from test_corpus import SEQUENCES, label
from test_corpus import records as calls_of

import vssfsm
from vssfsm.spec.rows import ERROR, INFO, SEVERITIES
from vssfsm.testing import Recorder, ReferenceRequester, ReferenceWriter, conform, conform_requester
from vssfsm.testing.generate import ROLES, legal

#: faults per row here; `make nightly` plants 200
FAULTS = 6
PARTS = 12


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_illegal_is_found_and_nothing_else(part, tmp_path):
    """For every prohibition row: recall 100 %, and no accusation that the rows do not carry."""
    total, apart = Counter(), []
    for target in planted.targets()[part::PARTS]:
        counts, differences = planted.compare(target, FAULTS, tmp_path / "t.jsonl")
        total += counts
        apart += differences
    assert apart == []
    assert total["found"] == total["illegal"] > total["planted"] / 4
    assert total["legal to both"] > total["planted"] / 20


@pytest.mark.long
def test_every_kind_of_fault_breaks_rules_and_is_forgiven():
    """A kind of fault that never or always breaks a rule would show nothing."""
    illegal, legal_too = set(), set()
    for target in planted.targets()[::25]:
        for number in range(12):
            one = planted.plant(target, number)
            worst = max(interpreter.judge(one.records), default=interpreter.FREE)
            (illegal if worst >= interpreter.WARNING else legal_too).add(one.how)
    names = {how.__name__ for how in planted.OPERATORS}
    assert names <= illegal
    assert names <= legal_too


def test_the_same_faults_are_planted_every_time():
    """A fault is decided by its row and its number."""
    target = planted.targets()[3]
    first = planted.plant(target, 5)
    assert planted.plant(target, 5) == first
    assert planted.plant(target, 6) != first


def test_a_checker_that_overlooks_is_told(monkeypatch, tmp_path):
    """The comparison sees a missing finding, and an accusation without a cause."""
    target = next(t for t in planted.targets() if t.row.code == "WTR101")
    monkeypatch.setattr(planted, "accusations", lambda traces, _: [set() for _ in traces])
    counts, apart = planted.compare(target, 12, tmp_path / "t.jsonl")
    assert len(apart) == counts["illegal"] > 0
    monkeypatch.setattr(planted, "accusations", lambda traces, _: [{"WTR101"} for _ in traces])
    counts, apart = planted.compare(target, 12, tmp_path / "t.jsonl")
    assert len(apart) == 12 - counts["illegal"] > 0


def test_a_long_run_says_how_far_it_is(monkeypatch):
    """A region is told when its last row is done, with what was found in it."""
    every = planted.targets()
    chosen = [next(t for t in every if t.region == name) for name in ("anytime", "writer")]
    monkeypatch.setattr(planted, "targets", lambda: [*chosen, every[1]])
    said = []
    by_family, apart = planted.run(3, 1, said.append)
    assert apart == []
    assert sum(counts["rows"] for counts in by_family.values()) == 3
    assert sorted(line.partition(" planted")[0] for line in said) == [
        "anytime: 1 rows, 3",
        "writer: 2 rows, 6",
    ]
    assert said[-1].endswith("; 0 to do")


# --- what is legal -----------------------------------------------------------------
@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_legal_traces_have_no_error(part, tmp_path):
    """A thousand legal traces in one file: no error, no warning; the other judge agrees."""
    traces = [
        legal(ROLES[number % 3], seed=91, number=number, length=(8, 16)[number % 2])
        for number in range(1000 * part, 1000 * part + 1000)
    ]
    assert planted.accusations(traces, tmp_path / "t.jsonl") == [set()] * 1000
    for trace in traces[::25]:
        assert max(interpreter.judge(trace)) <= interpreter.INFO


@pytest.mark.parametrize("sequence", SEQUENCES, ids=label)
def test_both_judges_accuse_the_same_public_requesters(sequence):
    """The corpus of call orders: an error to one judge is an error to the other."""
    keyed = [{"host": "h", "session": "1", **call} for call in calls_of(sequence)]
    monitor = vssfsm.Monitor()
    found = [item for call in keyed for item in monitor.feed(call)] + monitor.close()
    judged = [item for item in found if item.region]
    worst = max((SEVERITIES.index(item.severity) for item in judged), default=interpreter.FREE)
    assert worst == max(interpreter.judge(keyed))


def test_what_the_recorder_writes_of_sound_programs_has_no_error(tmp_path):
    """A sound writer and a sound requester are recorded: no error, and one opinion."""
    path = tmp_path / "t.jsonl"
    with Recorder(path, host="h") as recorder:
        assert conform(lambda: recorder.writer(ReferenceWriter()), goal="rows").fault is None
        conform_requester(lambda: recorder.requester(ReferenceRequester()))
    assert {one["actor"] for one in recorder.records} >= {"writer", "requester"}
    keyed = [
        {**one, "instance": "w"} if one["actor"] == "writer" else one for one in recorder.records
    ]
    levels = interpreter.judge(keyed)
    assert max(levels) < interpreter.ERROR
    found = vssfsm.check(path).findings
    assert [item for item in found if item.severity == ERROR] == []
    warned = [n for n, severity in enumerate(levels, 1) if severity == interpreter.WARNING]
    assert [item.line for item in found if item.severity != INFO] == warned
