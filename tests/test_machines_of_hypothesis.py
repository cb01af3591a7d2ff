"""State machines for adapters: right ones pass, wrong ones fail with a small sequence."""

# ruff: noqa: D102, FBT002 - adapters have the signatures of the protocol

import sys
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from test_conform import Mutant, no_code, no_target, other_code
from test_requesters import (
    Blind,
    Careless,
    Either,
    Half,
    Hasty,
    Leaving,
    Raising,
    Twice,
)

from vssfsm.errors import UsageError
from vssfsm.testing import (
    SCENARIOS,
    VARIANTS,
    Nonconformance,
    Play,
    ReferenceRequester,
    ReferenceWriter,
    Reply,
    Report,
    RequesterConformance,
    Scenario,
    WriterConformance,
    conform,
    replay_scenarios,
    requester_program,
    writer_program,
)
from vssfsm.testing import visits as counts
from vssfsm.testing.stateful import writer as machine
from vssfsm.testing.strategies import scenarios
from vssfsm.testing.writers.walks import expected_rows

pytestmark = pytest.mark.long

#: only a writer whose freeze timer fires after a Thaw takes it
NEVER = "WTR-ABORT-BY-TIMER-AFTER-THAW"


@pytest.fixture(autouse=True)
def collected(monkeypatch):
    """Keep what these tests visit out of the summary of the suite."""
    found: dict[str, counts.Visits] = {}
    monkeypatch.setattr(counts, "COLLECTED", found)
    return found


def run(tested, examples=25, **options):
    """Run the test of a machine; gives what was raised, None if it passes."""
    case = tested.TestCase
    case.settings = settings(case.settings, max_examples=examples, database=None, **options)
    test = case()
    test.setUp()
    try:
        test.runTest()
    except Nonconformance as found:
        return found
    return None


# --- writers -----------------------------------------------------------------
@pytest.mark.parametrize("variant", VARIANTS)
def test_reference_passes(variant) -> None:
    """Every legal variant passes."""
    assert run(WriterConformance.of(lambda: ReferenceWriter(variant))) is None


class Naive(WriterConformance):
    """Takes any legal step."""

    make = ReferenceWriter

    def choose(self, draw):
        steps = self._known.walks.options(self._life.judge.states)
        may_end = not self._life.judge.owed or self._life.judge.is_lost
        steps = () if self._life.judge.is_lost else steps
        step = draw(st.sampled_from((*steps, *(machine._RESET,) * may_end)))
        return machine.Chosen(step)


def test_every_row_has_its_quota(collected) -> None:
    """Each row is visited, and more evenly than by a walk that takes any step."""
    assert run(WriterConformance.of(ReferenceWriter), 100) is None
    assert run(Naive, 100) is None
    guided, naive = (collected[f"{name}"].rows for name in ("ReferenceWriterConformance", "Naive"))
    expected = set(expected_rows(None)) - {NEVER}
    assert expected - set(guided) == set()
    assert len(expected - set(naive)) > 15
    assert guided["WTR-BACKUPCOMPLETE-VETO"] >= 5 > naive["WTR-BACKUPCOMPLETE-VETO"]
    assert collected["ReferenceWriterConformance"].known == expected | {NEVER}


@pytest.mark.parametrize("change", [no_target, no_code])
@pytest.mark.parametrize(
    "code",
    [
        "WTR-PREPAREBACKUP",
        "WTR-FREEZE-FROM-FAILED_AT_PREPARE_SNAPSHOT-VETO",
        "WTR-THAW-LATE-ABORTED",
        "WTR-BACKUPCOMPLETE-VETO",
        "WTR-ABORT-BY-TIMER",
        "WTR-POSTRESTORE-AFTER-FAILURE",
    ],
)
def test_wrong_writer_is_caught(code, change) -> None:
    """A writer that is wrong in one row fails, with a sequence as small as `conform` finds."""

    def make():
        return Mutant(code, change)

    found = run(WriterConformance.of(make))
    small = conform(make, goal="rows")
    assert found is not None
    assert found.rule == small.fault.code
    assert len(found.outcome.sessions) == 1
    assert len(found.outcome.sessions[0]) == len(small.sessions[0])
    assert str(found).startswith(f"{found.rule}\nerror {found.rule}")
    assert "The same as a test for pytest:" in str(found)
    assert any("state.take(" in note for note in found.__notes__)


def test_wrong_code_is_caught() -> None:
    """A writer that reports another code than it was told to set fails."""
    found = run(WriterConformance.of(lambda: Mutant("WTR-FREEZE-VETO", other_code)))
    assert found is not None
    assert found.rule == "lost-code"


class Leaky(ReferenceWriter):
    """Reports the failure of a PostSnapshot once more, in the session after the next."""

    def __init__(self) -> None:
        self.left = 0
        super().__init__()

    def reset(self) -> None:
        self.left = max(self.left - 1, 0)
        super().reset()

    def deliver(self, event, fail=None, soft=False):
        reply = super().deliver(event, fail, soft)
        if event == "PostSnapshot" and fail and not soft:
            self.left = 3
        leaks = event == "PrepareBackup" and self.left == 1 and fail is None
        return Reply(7, "VSS_E_WRITERERROR_RETRYABLE", False) if leaks else reply


def test_fault_of_an_earlier_session_is_caught() -> None:
    """Sequences have several sessions, and the small one keeps those that it needs."""
    found = run(WriterConformance.of(Leaky), 100)
    assert found is not None
    assert len(found.outcome.sessions) == 3
    assert [len(session) for session in found.outcome.sessions][1] == 0
    events = [one.step.event for one in found.outcome.sessions[0]]
    assert events[-1] == "PostSnapshot"


class Liar(ReferenceWriter):
    """Has a status that is not its state."""

    def status(self):
        return Report(2) if self.state == "WAITING_FOR_THAW" else super().status()


class Crashing(ReferenceWriter):
    """Raises in PreRestore."""

    def deliver(self, event, fail=None, soft=False):
        if event == "PreRestore":
            raise ValueError("no such table")
        return super().deliver(event, fail, soft)


@pytest.mark.parametrize(("make", "rule"), [(Liar, "status-disagrees"), (Crashing, "crash")])
def test_faults_that_are_no_rules(make, rule) -> None:
    """A status that differs and an exception are faults by their names."""
    found = run(WriterConformance.of(make))
    assert found is not None
    assert found.rule == rule


class Fickle(ReferenceWriter):
    """Is wrong once in its program's life."""

    wrong = True

    def deliver(self, event, fail=None, soft=False):
        reply = super().deliver(event, fail, soft)
        if event == "Thaw" and Fickle.wrong:
            Fickle.wrong = False
            return Reply(1)
        return reply


def test_fault_that_does_not_come_again_is_told() -> None:
    """What was seen once is not forgotten because it cannot be replayed."""
    Fickle.wrong = True
    found = run(WriterConformance.of(Fickle))
    assert found is not None
    assert "it was not replayed" in str(found)


def old_writer():
    """Make a writer for an old release."""
    return ReferenceWriter()


def test_ways_to_name_the_writer() -> None:
    """A class, a function, a subclass with `make`, and a program are all the same."""

    class Method(WriterConformance):
        release = "2019"

        def make(self):
            return ReferenceWriter("last")

    command = [sys.executable, "-m", "vssfsm.testing.reference"]
    assert run(Method, 5) is None
    assert run(WriterConformance.of(writer_program(command)), 2, stateful_step_count=10) is None
    base = WriterConformance.for_adapter(ReferenceWriter, release="xp")
    test = type("TestMine", (base,), {"settings": settings(base.settings, max_examples=5)})()
    test.setUp()
    test.runTest()
    with pytest.raises(NotImplementedError, match="WriterConformance has no make"):
        WriterConformance.maker()()
    with pytest.raises(UsageError, match="unknown release '95'"):
        WriterConformance.of(ReferenceWriter, release="95")


def test_release_decides_what_comes(collected) -> None:
    """Windows XP delivers no BackupShutdown."""
    assert run(WriterConformance.of(ReferenceWriter, release="xp"), 10) is None
    assert run(WriterConformance.of(old_writer, release="2003"), 10) is None
    old, new = (collected[f"{name}Conformance"].rows for name in ("ReferenceWriter", "old_writer"))
    assert not [code for code in old if "BACKUPSHUTDOWN" in code]
    assert [code for code in new if "BACKUPSHUTDOWN" in code]


def test_a_program_that_hangs_is_told_at_once(tmp_path) -> None:
    """Examples do not wait for a time-out again and again."""
    script = tmp_path / "hangs.py"
    script.write_text(
        "import sys, time\nfrom vssfsm.testing.reference import *\n"
        "class Slow(ReferenceWriter):\n"
        "    def deliver(self, event, fail=None, soft=False):\n"
        "        time.sleep(60 if event == 'Freeze' else 0)\n"
        "        return super().deliver(event, fail, soft)\n"
        "serve(Slow(), sys.stdin, sys.stdout)\n",
        "utf-8",
    )
    command = writer_program([sys.executable, str(script)], 0.5)
    found = run(WriterConformance.of(command))
    assert found is not None
    assert found.rule == "hang"
    assert "Freeze" in str(found)
    assert "reply_timeout=0.5" in str(found)


# --- requesters ----------------------------------------------------------------
@pytest.mark.parametrize("make", [Either, ReferenceRequester])
def test_right_requester_passes(make) -> None:
    """The reference passes in scenarios that nobody wrote down."""
    assert run(RequesterConformance.of(make), 15) is None


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (Blind, "success-despite-writer"),
        (Hasty, "REQ401"),
        (Careless, "REQ151"),
        (Leaving, "leaked-set"),
        (Twice, "REQ204"),
        (Raising, "crash"),
    ],
)
def test_wrong_requester_is_caught(make, rule) -> None:
    """Each fails, after one scenario."""
    found = run(RequesterConformance.of(make), 40)
    assert found is not None
    assert found.rule == rule
    assert len(found.outcome.played) == 1
    assert f"from test_requesters import {make.__name__}" in str(found)
    assert replay_scenarios(make, found.outcome.played).startswith(found.rule)


def test_ways_to_name_the_requester() -> None:
    """Scenarios and the release can be chosen; a program is the same as a class."""
    command = [sys.executable, "-m", "vssfsm.testing.reference_requester"]
    only = st.just(SCENARIOS["veto-once"])
    made = RequesterConformance.of(requester_program(command), scenarios=only, release="2008")
    assert run(made, 2, stateful_step_count=2) is None
    base = RequesterConformance.for_adapter(ReferenceRequester, scenarios=only)
    test = type("TestMine", (base,), {"settings": settings(base.settings, max_examples=2)})()
    test.runTest()
    with pytest.raises(NotImplementedError, match="RequesterConformance has no make"):
        RequesterConformance.maker()()


def test_a_drawn_scenario_is_printed_as_a_test() -> None:
    """A scenario without a name in the table is written out, and fails likewise when pasted."""
    ours = Scenario("drawn", "ours", Play("PostSnapshot", "VSS_E_WRITERERROR_TIMEOUT", soft=True))
    found = run(RequesterConformance.of(Half, scenarios=st.just(ours)), 2)
    assert found is not None
    text = str(found)
    assert "from vssfsm.testing import Play, Scenario, replay_scenarios" in text
    pasted = text[text.index("from test_requesters import Half") :]
    space: dict = {}
    exec(compile(pasted, "pasted", "exec"), space)  # noqa: S102 - our own text
    with pytest.raises(AssertionError):  # the text is pytest's, where it rewrites
        space["test_requester_conforms"]()


def test_a_failure_that_nobody_can_see_is_no_fault_of_the_requester() -> None:
    """What a soft failure left is gone before it can be asked for; later ones are seen."""
    hidden = Scenario("drawn", "hidden", Play("PrepareSnapshot", soft=True))
    seen = Scenario("drawn", "seen", Play("PostSnapshot", soft=True))
    assert replay_scenarios(ReferenceRequester, [hidden, seen]) == ""
    assert replay_scenarios(Blind, [hidden]) == ""
    assert replay_scenarios(Blind, [seen]).startswith("success-despite-writer")


def test_scenarios_can_be_limited() -> None:
    """Restores are told apart by their names, as programs tell them apart."""
    seen = Counter()

    @settings(max_examples=60, database=None)
    @__import__("hypothesis").given(scenarios(restores=True), scenarios(restores=False))
    def collect(restore, backup) -> None:
        seen[restore.name.startswith("restore"), backup.name.startswith("restore")] += 1

    collect()
    assert set(seen) == {(True, False)}


# --- counts --------------------------------------------------------------------
def test_counts_survive_the_way_between_processes() -> None:
    """Plain values give the same counts, and counts add up."""
    one = counts.Visits()
    one.take(("A",), ("B", "C"), (("writer", "s", "e", "t"),))
    one.broken["writer", "s", "e", "WTR101"] += 2
    one.known |= {"B"}
    again = counts.Visits.from_data(one.as_data())
    assert again == one
    again.add(one)
    assert again != one
    assert again.rows == {"B": 2, "C": 2}
    assert again.pairs == {("A", "B"): 2, ("A", "C"): 2}
    assert again.broken.total() == 4
