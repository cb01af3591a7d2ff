"""Programs as writers under test: whatever they do is a finding, and nothing holds us up."""

import json
import sys
import time
from pathlib import Path

import pytest

from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.testing import Broken, Program, conform, replay, report
from vssfsm.testing.writers.conformance import writer_program

SCRIPT = Path(__file__).parent / "programs" / "writer.py"
#: seconds; above what a reply takes, below the default
QUICK = 0.7
#: seconds for a reply that surely comes
PATIENT = 4.0


def command(mode: str = "") -> list[str]:
    """Give the command line of the writer that is wrong in *mode*."""
    return [sys.executable, str(SCRIPT), *filter(None, [mode])]


BROKEN = {
    "hang": ("hang", "no reply to deliver Thaw within 0.7 s"),
    "partial": ("hang", r'an unfinished line stands there: "{\"state\":"'),
    "crash": ("crash", "ended with exit code 3"),
    "orphan": ("crash", "ended with exit code 3"),
    "garbage": ("garbage", 'a reply is no JSON: "Traceback'),
    "missing": ("missing-key", "the reply has no failure"),
    "type": ("wrong-value", "state is a list, not an integer"),
    "endless": ("garbage", "a line of more than"),
}


@pytest.mark.parametrize("mode", BROKEN)
def test_broken_reply(mode) -> None:
    """A program that breaks the protocol is found, in a small sequence that repeats."""
    kind, text = BROKEN[mode]
    outcome = conform(writer_program(command(mode), QUICK), goal="rows")
    assert outcome.fault.name == kind
    assert text in outcome.fault.message
    assert outcome.is_repeatable
    assert len(outcome.sessions) == 1
    assert outcome.sessions[0][-1].step.event == "Thaw"


@pytest.mark.parametrize("mode", ["", "crlf", "flood"])
def test_right_program(mode) -> None:
    """A right program passes, with either line end, and however much it logs."""
    outcome = conform(writer_program(command(mode)), goal="400")
    assert (outcome.verdict, outcome.fault) == ("CONFORMS", None)
    assert outcome.name == "plain writer"
    assert outcome.abilities.unknown == ("Nap",)


def test_replay_of_a_machine_that_stalls_once(tmp_path) -> None:
    """The printed test does not fail for one late reply, but does for a hang."""
    stalls = ("PrepareBackup", "PrepareSnapshot", "Freeze")
    sessions = [[{"op": "deliver", "event": event, "fail": None} for event in stalls]]
    once = [*command("stall"), str(tmp_path / "stalled")]
    assert replay(once, sessions, reply_timeout=QUICK) == ""
    assert (tmp_path / "stalled").exists()
    always = [{"op": "deliver", "event": "Thaw", "fail": "VSS_E_WRITERERROR_RETRYABLE"}]
    found = replay(command("hang"), [sessions[0] + always], reply_timeout=QUICK)
    assert found.startswith("hang: no reply to deliver Thaw")


def test_crash_between_sessions() -> None:
    """A program that ends at the begin of a session is shown with the sessions before it."""
    outcome = conform(writer_program(command("reset")), goal="rows")
    assert outcome.fault.name == "crash"
    assert "at reset the program ended with exit code 4" in outcome.fault.message
    assert outcome.is_repeatable
    assert outcome.sessions[-1] == ()


def test_last_words_are_kept() -> None:
    """The end of standard error stands in the report of a crash."""
    outcome = conform(writer_program(command("crash")), goal="rows")
    assert outcome.fault.detail == "the last words"
    assert "stderr    the last words" in report.text(outcome, command("crash"))


def test_machine_that_stalls_once_is_not_blamed(tmp_path) -> None:
    """A hang that does not come again, neither in a replay nor in a second run, is no finding."""
    mark = tmp_path / "stalled"
    # A slow machine must not make a second hang of it: the program has time enough to start.
    outcome = conform(writer_program([*command("stall"), str(mark)], PATIENT), goal="60")
    assert mark.exists()
    assert outcome.fault is None


def test_line_that_nobody_asked_for() -> None:
    """A second reply to one request is a fault at the next request."""
    with Program(command("twice")) as writer:
        writer.deliver("Thaw", "VSS_E_WRITERERROR_RETRYABLE")
        time.sleep(0.1)
        with pytest.raises(Broken, match="nobody asked for, after the reply to deliver Thaw"):
            writer.status()


def test_reply_that_may_belong_to_an_earlier_request(tmp_path) -> None:
    """A second line that comes late is read as the next reply; what is found says so."""
    program = tmp_path / "late.py"
    text = SCRIPT.read_text("utf-8")
    # Each reply to a delivery comes once more, just before the next reply.
    late = "waiting = []\nfor line in sys.stdin:\n    while waiting:\n        say(waiting.pop())\n"
    text = text.replace("for line in sys.stdin:\n", late)
    reply = '        say(deliver(request["event"], request["fail"]))\n'
    assert reply in text
    text = text.replace(reply, f"{reply}        waiting = [dict(now)]\n")
    program.write_text(text, "utf-8")
    outcome = conform(writer_program([sys.executable, str(program)]), goal="rows")
    assert outcome.fault.name == "garbage"
    assert "nobody asked for" in outcome.fault.message
    assert "may be the reply to an earlier request" in outcome.fault.message


@pytest.mark.parametrize(
    ("mode", "kind", "text"),
    [
        ("start", "crash", "at hello the program ended with exit code 1"),
        ("stay", "hang", "did not end within 0.7 s after bye"),
        ("mute", "crash", "at bye the program ended with exit code 0"),
    ],
)
def test_greeting_and_farewell(mode, kind, text) -> None:
    """A program has to greet, to take leave, and to end; no sequence is needed to show it."""
    outcome = conform(writer_program(command(mode), QUICK))
    assert outcome.fault.name == kind
    assert text in outcome.fault.message
    assert outcome.sessions == ()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_running() -> None:
    """The children of a program end with it."""
    with Program(command("orphan"), QUICK) as writer:
        group = writer._channel.tree.process.pid
        with pytest.raises(Broken):
            writer.deliver("Thaw", "VSS_E_WRITERERROR_RETRYABLE")
    for _ in range(50):  # a killed process takes a moment to be gone
        if not _running(group):
            return
        time.sleep(0.1)
    pytest.fail("a child of the program still runs")


def _running(group: int) -> list[str]:
    """Give the processes of a group that have not ended."""
    stats = [path.read_text().rpartition(") ") for path in Path("/proc").glob("[0-9]*/stat")]
    facts = [(name, *rest.split()[:3]) for name, _, rest in stats]
    return [name for name, state, _, own in facts if own == str(group) and state not in "ZX"]


def test_program_that_cannot_be_started() -> None:
    """A program that is not there is wrong usage, not a finding."""
    with pytest.raises(UsageError, match="cannot start 'no-such-writer'"):
        conform(writer_program(["no-such-writer"]))


def test_printed_test_fails_against_the_same_program() -> None:
    """The printed test runs as it stands, fails, and passes once the program is right."""
    outcome = conform(writer_program(command("missing")), goal="rows")
    text = report.pytest_test(outcome, command("missing"))
    names: dict[str, object] = {}
    exec(compile(text, "test_printed.py", "exec"), names)  # noqa: S102 - it is what we print
    with pytest.raises(AssertionError):
        names["test_writer_conforms"]()
    assert '"missing"' in text
    names = {}
    exec(text.replace(', "missing"', ""), names)  # noqa: S102
    names["test_writer_conforms"]()


# --- The command -------------------------------------------------------------
def test_command_finds_a_fault(capsys) -> None:
    """The text report holds rule, trace and test; the exit code is 1."""
    assert main(["conform", "--role", "writer", "--", *command("missing")]) == 1
    out = capsys.readouterr().out
    assert out.startswith("error missing-key\n")
    assert '"event": "Thaw"' in out
    assert "def test_writer_conforms() -> None:" in out
    assert "VIOLATES: 1 fault in" in out


def test_command_passes_a_right_program(capsys) -> None:
    """The JSON report counts rows and pairs; the exit code is 0."""
    options = ["--goal", "rows", "--output-format", "json", "--seed", "3", "--release", "2019"]
    assert main(["conform", *options, "--", *command()]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "CONFORMS"
    assert told["findings"] == []
    assert told["counts"]["rows"] == len(told["rows"]) > 40
    assert set(told["rows"]).isdisjoint(told["not_taken"])


def test_command_gives_findings_as_json(capsys) -> None:
    """A finding for programs holds the requests, the trace and the test."""
    assert main(["conform", "--output-format", "json", "--", *command("missing")]) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["name"] == "missing-key"
    assert found["severity"] == "error"
    assert replay(command("missing"), found["sessions"]).startswith("missing-key: ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--goal", "everything", "--", *command()],
        ["--release", "95", "--", *command()],
        ["--reply-timeout", "0", "--", *command()],
        ["--", "no-such-writer"],
    ],
)
def test_command_is_used_wrongly(arguments, capsys) -> None:
    """Wrong usage has exit code 2 and one line that says what to do."""
    assert main(["conform", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("vssfsm: ")
    assert err.count("\n") == 1
