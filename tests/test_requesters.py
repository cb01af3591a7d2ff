"""Requesters under test: the right ones are never accused, the wrong ones always are."""

# ruff: noqa: D102 - the classes say what their one method changes

import json
import sys
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.spec.methods import METHODS
from vssfsm.spec.releases import KERNELS
from vssfsm.testing import (
    SCENARIOS,
    ReferenceRequester,
    RequesterProgram,
    Service,
    conform_requester,
    replay_scenarios,
    report,
)
from vssfsm.testing.requesters.records import Answer

PROGRAM = [sys.executable, "-m", "vssfsm.testing.reference_requester"]
SCRIPT = Path(__file__).parent / "programs" / "requester.py"


class Either:
    """A requester that restores where the scenario says so."""

    def begin(self, scenario, seed, release) -> None:  # noqa: ARG002
        """Learn what comes."""
        self.inner = ReferenceRequester(is_restore=scenario.name.startswith("restore"))

    def run(self, service) -> bool:
        """Do it."""
        return self.inner.run(service)


class Filter:
    """A reference requester whose calls are changed on their way."""

    #: what it claims, whatever happened
    claims: bool | None = None

    def run(self, service) -> bool:
        """Back up through the filter."""
        self.service = service
        self.seen: list[str] = []
        success = ReferenceRequester().run(self)
        return success if self.claims is None else self.claims

    def sleep_ms(self, milliseconds) -> None:
        """Pass it on."""
        self.service.sleep_ms(milliseconds)

    def call(self, name, args=None, of=None):
        """Pass it on, changed."""
        self.seen.append(name)
        return self.change(name, args, of)

    def change(self, name, args, of):
        """Change a call or its answer."""
        return self.service.call(name, args, of)


class Blind(Filter):
    """Sees every writer healthy, and every result finished."""

    def change(self, name, args, of):
        answer = self.service.call(name, args, of)
        if name == "GetWriterStatus":
            return answer._replace(out={**answer.out, "state": 1, "failure": "S_OK"})
        return answer


class Half(Blind):
    """Looks at states only, not at codes."""

    def change(self, name, args, of):
        answer = self.service.call(name, args, of)
        if name == "GetWriterStatus":
            return answer._replace(out={**answer.out, "failure": "S_OK"})
        return answer


class Hopeful(Filter):
    """Takes every asynchronous call for done."""

    def change(self, name, args, of):
        answer = self.service.call(name, args, of)
        fine = {"async_result": "VSS_S_ASYNC_FINISHED"}
        return answer._replace(hresult="S_OK", out={**answer.out, **fine}) if of else answer


class Hasty(Filter):
    """Does not wait for DoSnapshotSet."""

    def change(self, name, args, of):
        if of == "DoSnapshotSet":
            answer = self.service.call("Release", {}, of)
            return answer._replace(out={"async_result": "VSS_S_ASYNC_FINISHED"})
        return self.service.call(name, args, of)


class Careless(Filter):
    """Releases without AbortBackup."""

    def change(self, name, args, of):
        return self.service.call(name, args, of) if name != "AbortBackup" else None


class Leaving(Filter):
    """Neither aborts nor releases when something fails."""

    def change(self, name, args, of):
        failed = "AbortBackup" in self.seen
        return Answer("E_FAIL", {}) if failed else self.service.call(name, args, of)


class Twice(Filter):
    """Gathers metadata twice."""

    def change(self, name, args, of):
        if name == "AddComponent" and self.seen.count(name) == 1:
            self.service.call("GatherWriterMetadata")
            self.service.call("Wait", {}, "GatherWriterMetadata")
        return self.service.call(name, args, of)


class Stubborn(Filter):
    """Completes a backup whose snapshot failed."""

    def change(self, name, args, of):
        if name == "AbortBackup" and "GetSnapshotProperties" not in self.seen:
            self.service.call("BackupComplete")
        return self.service.call(name, args, of)


class Boastful(Filter):
    """Says that it succeeded, whatever happened."""

    claims = True


class Raising(Filter):
    """Cannot bear a refusal."""

    def change(self, name, args, of):
        answer = self.service.call(name, args, of)
        if answer.hresult == "VSS_E_SNAPSHOT_SET_IN_PROGRESS":
            raise ZeroDivisionError("no set")
        return answer


class Inventive(Filter):
    """Calls a method that does not exist."""

    def change(self, name, args, of):
        return self.service.call("FreezeEverything" if name == "AddComponent" else name, args, of)


class Endless(Filter):
    """Asks for ever."""

    def change(self, name, args, of):
        while name == "DoSnapshotSet":
            self.service.call("IsVolumeSupported")
        return self.service.call(name, args, of)


#: class -> the rule or kind, and a scenario that has to show it
WRONG = {
    Blind: ("success-despite-writer", "veto-in-prepare-backup"),
    Half: ("success-despite-writer", "soft-failure"),
    Hopeful: ("REQ132", "copy-fails"),
    Hasty: ("REQ401", "plain"),
    Careless: ("REQ151", "veto-in-prepare-backup"),
    Leaving: ("leaked-set", "veto-in-prepare-backup"),
    Twice: ("REQ204", "plain"),
    Stubborn: ("REQ132", "copy-fails"),
    Boastful: ("success-despite-failure", "prepare-fails"),
    Raising: ("crash", "set-in-progress"),
    Inventive: ("wrong-value", "plain"),
    Endless: ("hang", "plain"),
}


def test_reference_is_never_accused() -> None:
    """The reference requester plays every scenario without a fault."""
    outcome = conform_requester(Either)
    assert (outcome.verdict, outcome.fault) == ("CONFORMS", None)
    assert outcome.played == tuple(SCENARIOS)


@pytest.mark.long
@pytest.mark.parametrize("kernel", KERNELS)
def test_releases(kernel) -> None:
    """A careful requester is right on every release."""
    assert conform_requester(Either, release=kernel[-1]).fault is None


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_requester(wrong) -> None:
    """A defect is found by all scenarios, and by the one that is made for it."""
    kind, scenario = WRONG[wrong]
    assert conform_requester(wrong).fault is not None
    outcome = conform_requester(wrong, [scenario])
    assert kind in (outcome.fault.rule, outcome.fault.name)
    assert outcome.is_repeatable
    assert outcome.played == (scenario,)


@pytest.mark.parametrize("wrong", [wrong for wrong in WRONG if WRONG[wrong][0].startswith("REQ")])
def test_trace_is_judged_alike(wrong) -> None:
    """The printed trace is canonical, and `check` finds the same rule in it."""
    outcome = conform_requester(wrong, [WRONG[wrong][1]])
    monitor = vssfsm.Monitor()
    found = [item for record in outcome.records for item in monitor.feed(record)]
    rules = {item.rule for item in found if item.severity == "error"}
    assert outcome.fault.rule in rules


def test_folded_requester() -> None:
    """A requester that never waits gets results as return codes, and is not accused."""

    class Folded(Filter):
        def change(self, name, args, of):
            if of is not None:
                return self.service.call("IsVolumeSupported")._replace(
                    out={"async_result": "VSS_S_ASYNC_FINISHED"}
                )
            return self.service.call(name, args, of)

    outcome = conform_requester(Folded)
    assert outcome.fault is None


def test_out_of_order_call_is_refused() -> None:
    """An illegal call gets the documented code, and changes nothing."""
    service = Service(SCENARIOS["plain"])
    for name in ("CreateVssBackupComponents", "InitializeForBackup"):
        service.call(name)
    assert service.call("DoSnapshotSet").hresult == "VSS_E_BAD_STATE"
    assert service.faults[0].rule == "REQ123"
    assert service.call("GatherWriterMetadata").hresult == "S_OK"


def test_leaked_set_stays_in_progress() -> None:
    """An object that was left behind keeps its set: the next one cannot start another."""
    service = Service(SCENARIOS["plain"])
    start = ("CreateVssBackupComponents", "InitializeForBackup", "StartSnapshotSet")
    assert [service.call(name).hresult for name in start] == ["S_OK"] * 3
    again = [service.call(name).hresult for name in start]
    assert again == ["S_OK", "S_OK", "VSS_E_SNAPSHOT_SET_IN_PROGRESS"]


@pytest.mark.parametrize("method", [method.name for method in METHODS])
def test_every_method_is_answered(method) -> None:
    """Whatever is called first gets an answer."""
    service = Service(SCENARIOS["plain"])
    of = "DoSnapshotSet" if method in ("Wait", "QueryStatus", "Cancel") else None
    assert service.call(method, {"index": "many", "context": [1]}, of).hresult
    service.done(success=False)


def test_without_writers_nothing_vetoes() -> None:
    """In a context without writers, a scenario's writer takes no part."""
    service = Service(SCENARIOS["veto-in-freeze"])
    service.call("CreateVssBackupComponents")
    service.call("InitializeForBackup")
    service.call("SetContext", {"context": "VSS_CTX_NAS_ROLLBACK"})
    for name in ("StartSnapshotSet", "AddToSnapshotSet", "DoSnapshotSet"):
        assert service.call(name).hresult == "S_OK"
    assert service.call("Wait", {}, "DoSnapshotSet").hresult == "S_OK"
    assert service.call("QueryStatus", {}, "DoSnapshotSet").out["async_result"].endswith("FINISHED")
    service.call("Release")
    assert service.done(success=True) is None


# --- Programs ----------------------------------------------------------------
def test_program_passes(capsys) -> None:
    """The reference program plays every scenario in one life; the exit code is 0."""
    assert main(["conform", "--role", "requester", "--", *PROGRAM]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"CONFORMS: no fault in {len(SCENARIOS)} scenarios, ")


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("hang", "hang"),
        ("crash", "crash"),
        ("garbage", "garbage"),
        ("nothing", "missing-key"),
        ("type", "wrong-value"),
        ("sleep", "wrong-value"),
        ("claim", "missing-key"),
        ("stay", "hang"),
    ],
)
def test_broken_program(mode, kind) -> None:
    """A program that breaks the protocol is a finding."""
    command = [sys.executable, str(SCRIPT), mode]
    outcome = conform_requester(lambda: RequesterProgram(command, 0.7), ["plain"])
    assert outcome.fault.name == kind


def test_printed_test_fails_against_the_same_program(capsys) -> None:
    """The report holds the trace and a test that fails; the exit code is 1."""
    command = [sys.executable, str(SCRIPT), "early"]
    assert main(["conform", "--role", "requester", "--", *command]) == 1
    out = capsys.readouterr().out
    assert out.startswith("error REQ123 snapshot-without-set\n")
    outcome = conform_requester(lambda: RequesterProgram(command))
    names: dict[str, object] = {}
    exec(report.requester_test(outcome, command), names)  # noqa: S102 - it is what we print
    with pytest.raises(AssertionError):
        names["test_requester_conforms"]()
    assert replay_scenarios(Either, ["plain", "copy-fails"]) == ""


def test_json(capsys) -> None:
    """The JSON report holds the finding with its trace and test."""
    options = ["--output-format", "json", "--scenario", "plain", "--release", "2008"]
    command = [sys.executable, str(SCRIPT), "early"]
    assert main(["conform", "--role", "requester", *options, "--", *command]) == 1
    told = json.loads(capsys.readouterr().out)
    (found,) = told["findings"]
    assert (found["rule"], found["blame"]) == ("REQ123", "requester")
    assert found["trace"][-2]["hresult"] == "VSS_E_BAD_STATE"
    assert told["scenarios"] == ["plain"]


def test_scenarios_are_listed(capsys) -> None:
    """Every scenario is listed with what it says."""
    assert main(["conform", "--list-scenarios"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SCENARIOS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--role", "requester", "--scenario", "no-such", "--", *PROGRAM],
        ["--role", "requester", "--release", "95", "--", *PROGRAM],
        ["--role", "writer", "--scenario", "plain", "--", *PROGRAM],
        ["--role", "requester", "--", "no-such-requester"],
    ],
)
def test_command_is_used_wrongly(arguments, capsys) -> None:
    """Wrong usage has exit code 2."""
    assert main(["conform", *arguments]) == 2
    assert capsys.readouterr().err.startswith("vssfsm: ")


@pytest.mark.parametrize(("release", "code"), [("xp", "E_NOTIMPL"), ("2003", "S_OK")])
def test_a_release_answers_what_it_cannot_do(release, code) -> None:
    """XP has the default context only: SetContext is refused there, and nobody is to blame."""
    service = Service(SCENARIOS["plain"], release=release)
    for name in ("CreateVssBackupComponents", "InitializeForBackup"):
        assert service.call(name, {}).hresult == "S_OK"
    assert service.call("SetContext", {"context": 0}).hresult == code
    assert service.faults == []


class Idle:
    """A requester that makes no call, and claims something all the same."""

    def __init__(self, *, claim: bool) -> None:
        self.claim = claim

    def run(self, service) -> bool:  # noqa: ARG002 - it makes no use of it
        return self.claim


def test_success_without_a_call_is_a_finding() -> None:
    """Nothing was saved, and success was claimed."""
    outcome = conform_requester(lambda: Idle(claim=True))
    assert outcome.fault is not None
    assert (outcome.fault.name, outcome.verdict) == ("success-without-calls", "VIOLATES")


def test_no_call_at_all_judges_nothing() -> None:
    """A requester that reports failure without a call is not right: nothing is known of it."""
    outcome = conform_requester(lambda: Idle(claim=False))
    assert (outcome.fault, outcome.verdict) == (None, "INCONCLUSIVE")
    assert outcome.doubts == ["no call was made, so that nothing was judged"]


class Unreleased(Filter):
    """Never releases its object."""

    def change(self, name, args, of):
        is_own = name == "Release" and of is None
        return Answer("S_OK", {}) if is_own else self.service.call(name, args, of)


class Gloomy(Filter):
    """Says that it failed, whatever happened."""

    claims = False


@pytest.mark.parametrize(
    ("make", "doubt"),
    [
        (Unreleased, "the requester was done, and Release of its object was still owed: plain"),
        (Gloomy, "failure was claimed, and nothing had failed: plain"),
    ],
)
def test_doubts(make, doubt) -> None:
    """What is no fault, and leaves open whether the requester works, is no green."""
    outcome = conform_requester(make, ["plain"])
    assert (outcome.fault, outcome.verdict, outcome.doubts) == (None, "INCONCLUSIVE", [doubt])


def test_claim_of_failure_is_right_where_something_failed() -> None:
    """A failed call, a failed writer and a refusal are reasons."""
    scenarios = ["veto-in-freeze", "copy-fails", "volume-refused", "writer-gone"]
    assert conform_requester(Gloomy, scenarios).doubts == []


def test_strict(capsys) -> None:
    """With `--strict` a verdict that leaves a doubt exits 1, and one that leaves none exits 0."""
    command = ["conform", "--role", "requester", "--scenario", "plain", "--strict", "--"]
    assert main([*command, *PROGRAM]) == 0
    assert main([*command, sys.executable, str(SCRIPT), "right"]) == 1
    assert "failure was claimed, and nothing had failed" in capsys.readouterr().out
    command.remove("--strict")
    assert main([*command, sys.executable, str(SCRIPT), "right"]) == 0


class GivesUp(Filter):
    """Aborts what it began, and says that all is well."""

    claims = True

    def change(self, name, args, of):
        if name == "PrepareForBackup":
            self.service.call("AbortBackup")
            self.service.call("Release")
            return Answer("E_FAIL", {})
        return (
            Answer("E_FAIL", {})
            if "PrepareForBackup" in self.seen
            else super().change(name, args, of)
        )


class Refused:
    """Releases its object when a call is refused, and says that all is well."""

    def run(self, service) -> bool:
        calls = "CreateVssBackupComponents InitializeForBackup SetBackupState GatherWriterMetadata"
        for name in calls.split():
            service.call(name)
        service.call("Wait", {}, "GatherWriterMetadata")
        if service.call("StartSnapshotSet").hresult == "S_OK":
            service.call("AddToSnapshotSet")
        service.call("Release")
        return True


class OnlyCreates:
    """Creates an object."""

    def run(self, service) -> bool:
        service.call("CreateVssBackupComponents")
        service.call("Release")
        return True


class Lists:
    """Lists what there is: no backup, and no failure."""

    def run(self, service) -> bool:
        for name in ("CreateVssBackupComponents", "InitializeForBackup", "SetContext", "Query"):
            service.call(name, {"context": "VSS_CTX_ALL"} if name == "SetContext" else {})
        service.call("Release")
        return True


class Stranger(Boastful):
    """Adds a component of a writer that nobody knows, and claims success."""

    def change(self, name, args, of):
        bogus = {"writer": "of another machine", "component": "x"}
        return self.service.call(name, bogus if name == "AddComponent" else args, of)


class First(Filter):
    """Looks at the first writer only."""

    def change(self, name, args, of):
        answer = self.service.call(name, args, of)
        if name == "GetWriterStatus" and args["index"]:
            return answer._replace(out={**answer.out, "state": 1, "failure": "S_OK"})
        return answer


@pytest.mark.parametrize(
    ("make", "scenario", "kind"),
    [
        (GivesUp, "plain", "success-despite-failure"),
        (Refused, "volume-refused", "success-despite-failure"),
        (Refused, "set-in-progress", "success-despite-failure"),
        (OnlyCreates, "plain", "success-without-calls"),
        (Stranger, "veto-in-post-snapshot", "success-despite-writer"),
        (First, "veto-by-second-writer", "success-despite-writer"),
    ],
)
def test_false_claims(make, scenario, kind) -> None:
    """What was not done is not claimed; what failed is not overlooked."""
    outcome = conform_requester(make, [scenario])
    assert outcome.fault is not None
    assert outcome.fault.name == kind


def test_who_lists_makes_no_false_claim() -> None:
    """A query is no backup, and may succeed."""
    assert conform_requester(Lists, ["plain", "copy-fails"]).verdict == "CONFORMS"


class Sleeper:
    """Sleeps for ever, in virtual time."""

    def run(self, service) -> bool:
        service.call("CreateVssBackupComponents")
        while True:
            service.sleep_ms(1)


def test_endless_sleep_is_a_hang() -> None:
    """Virtual time ends no scenario, so the number of sleeps does."""
    assert conform_requester(Sleeper, ["plain"]).fault.name == "hang"


def test_slow_requester_is_cut_and_inconclusive() -> None:
    """Time runs out within a scenario, too; the run proves less, and nobody is accused."""
    times = iter(range(1000))
    outcome = conform_requester(Either, clock=lambda: float(next(times)))
    assert (outcome.fault, outcome.verdict, outcome.ran) == (None, "INCONCLUSIVE", 1)
    assert outcome.doubts == ["time ran out before everything was tried"]


def test_program_that_ends_with_its_input(tmp_path) -> None:
    """A loop over standard input ends when that is closed, which bye does."""
    program = tmp_path / "loop.py"
    text = SCRIPT.read_text("utf-8").replace("        break\n", "        continue\n", 1)
    program.write_text(text, "utf-8")
    command = [sys.executable, str(program), "right"]
    assert conform_requester(lambda: RequesterProgram(command, 0.7), ["plain"]).fault is None


class Tired:
    """A requester that goes wrong from its third AbortBackup on, in the way that it is told."""

    def __init__(self, how) -> None:
        self.how, self.aborts = how, 0

    def run(self, service) -> bool:
        self.service = service
        return ReferenceRequester().run(self)

    def sleep_ms(self, milliseconds) -> None:
        self.service.sleep_ms(milliseconds)

    def call(self, name, args=None, of=None):
        self.aborts += name == "AbortBackup"
        if name == "AbortBackup" and self.aborts >= 3:
            return self.how(self)
        return self.service.call(name, args, of)


def _raise(self):
    raise ZeroDivisionError(self.aborts)


@pytest.mark.parametrize(
    ("how", "name", "fewest", "lives"),
    [
        (lambda _: Answer("S_OK", {}), "release-without-abort", True, None),
        (_raise, "crash", False, 3),
        (lambda tired: tired.service.call("Sleep"), "wrong-value", True, None),
    ],
)
def test_fault_that_depends_on_earlier_scenarios(how, name, fewest, lives) -> None:
    """What leads to it is kept, and nothing else; a crash is replayed twice at most."""
    made = []

    def make() -> Tired:
        made.append(None)
        return Tired(how)

    outcome = conform_requester(make)
    assert (outcome.fault.name, outcome.is_repeatable) == (name, True)
    assert len(outcome.played) > 1
    assert replay_scenarios(make, outcome.played) != ""
    if fewest:
        for at in range(len(outcome.played)):
            rest = [*outcome.played[:at], *outcome.played[at + 1 :]]
            assert replay_scenarios(make, rest) == ""
    else:
        assert len(made) == lives + 1
    sessions = {record["session"] for record in outcome.records}
    assert len(sessions) >= len(outcome.played)


def test_hang_in_a_later_scenario_is_replayed_at_most_twice(tmp_path) -> None:
    """Alone, and then all: the second one shows it again."""
    program = tmp_path / "later.py"
    text = SCRIPT.read_text("utf-8")
    counted = (
        'MODE = sys.argv[1]\nopen(sys.argv[2], "a", encoding="ascii").write("x")\nplayed = 0\n'
    )
    text = text.replace("MODE = sys.argv[1]\n", counted)
    text = text.replace(
        '    call("CreateVss',
        '    played += 1\n    if played == 3:\n        time.sleep(60)\n    call("CreateVss',
    )
    program.write_text(text, "utf-8")
    starts = tmp_path / "starts"
    command = [sys.executable, str(program), "right", str(starts)]
    outcome = conform_requester(lambda: RequesterProgram(command, 0.7))
    assert (outcome.fault.name, outcome.is_repeatable) == ("hang", True)
    assert outcome.fault.message == "no reply to scenario veto-in-prepare-backup within 0.7 s"
    assert outcome.played == tuple(SCENARIOS)[:3]
    assert starts.read_text("ascii") == "xxx"


def test_message_says_once_what_the_rule_says() -> None:
    """The report does not repeat the sentence of the rule."""
    outcome = conform_requester(Hasty, ["plain"])
    (what,) = (
        line for line in report.requester_text(outcome, ["x"]).splitlines() if "what" in line
    )
    assert outcome.fault.message.startswith("GatherWriterStatus in RUNNING_")
    assert outcome.fault.says.lower() in " ".join(what.lower().split())


@pytest.mark.parametrize(
    "message",
    ['{"done": "true", "success": true}', '{"done": true, "success": 1}'],
)
def test_words_of_the_end_have_their_types(message, tmp_path, capsys) -> None:
    """A string is no truth value, and neither is a number."""
    program = tmp_path / "idle.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    op = json.loads(line)['op']\n"
        "    print('{\"name\": \"idle\"}' if op == 'hello' else "
        f"{message!r} if op == 'scenario' else '{{}}', flush=True)\n"
        "    if op == 'bye':\n        break\n",
        encoding="utf-8",
    )
    command = ["conform", "--role", "requester", "--scenario", "plain", "--", sys.executable]
    assert main([*command, str(program)]) == 1
    assert "wrong-value" in capsys.readouterr().out
