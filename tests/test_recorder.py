"""What is recorded in Python is what happened, and is judged as it was."""

import io
import json

import pytest

import vssfsm
from vssfsm.errors import UsageError
from vssfsm.testing import (
    SCENARIOS,
    Broken,
    Recorder,
    ReferenceRequester,
    ReferenceWriter,
    Reply,
    Service,
    conform,
    conform_requester,
)

RETRYABLE = "VSS_E_WRITERERROR_RETRYABLE"
BACKUP = ("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot", "BackupComplete")


def judged(tmp_path, *runs, **keys):
    """Record what *runs* do with a recorder, and judge it: run and records."""
    path = tmp_path / "trace.jsonl"
    with Recorder(path, **keys) as recorder:
        for run in runs:
            run(recorder)
        flushed = path.read_bytes()
    assert [json.loads(line) for line in flushed.splitlines()] == recorder.records
    return vssfsm.check(path), recorder.records


# --- Records of one's own ----------------------------------------------------
def test_a_record_is_a_line_with_the_keys_of_all(tmp_path):
    """Keys of the recorder are in every line, its own win, and time comes from the clock."""
    path = tmp_path / "t.jsonl"
    path.write_text("old\n", "utf-8")
    with Recorder(path, clock=lambda: 7, host="ä", release="2019") as recorder:
        recorder.write({"actor": "writer", "event": "Freeze", "release": "2022"})
        recorder.write({"actor": "writer", "event": "Thaw", "time": 8})
    assert path.read_bytes().splitlines() == [
        b'{"time": 7, "host": "\\u00e4", "release": "2022", "actor": "writer", "event": "Freeze"}',
        b'{"host": "\\u00e4", "release": "2019", "actor": "writer", "event": "Thaw", "time": 8}',
    ]
    with pytest.raises(ValueError, match="closed"):
        recorder.write({"actor": "writer", "event": "Abort"})


def test_a_stream_stays_open():
    """A stream of one's own is written to, and is not closed."""
    stream = io.BytesIO()
    with Recorder(stream) as recorder:
        recorder.write({"actor": "requester", "event": "AbortBackup"})
    assert stream.getvalue() == b'{"actor": "requester", "event": "AbortBackup"}\n'
    assert not stream.closed


@pytest.mark.parametrize(
    "record",
    [
        {"actor": "writer", "event": "Frieze"},
        {"actor": "writer", "event": "Freeze", "state": "FROZEN"},
        {"actor": "writer", "event": "Freeze", "outcome": "fine"},
        {"actor": "nobody", "event": "Freeze"},
    ],
)
def test_a_record_that_nobody_reads_is_refused(record):
    """It is an error at once, and no line."""
    stream = io.BytesIO()
    with pytest.raises(UsageError, match="no reader takes this record"):
        Recorder(stream).write(record)
    assert stream.getvalue() == b""


def test_keys_of_the_recorder_are_read_too():
    """A wrong value is found before anything is recorded."""
    with pytest.raises(UsageError, match="release"):
        Recorder(io.BytesIO(), release="95")


# --- Writers -----------------------------------------------------------------
def backup(writer):
    """Deliver a whole backup."""
    writer.reset()
    for event in BACKUP:
        writer.deliver(event)
    writer.status()
    writer.deliver("BackupShutdown")


def test_a_right_writer_conforms(tmp_path):
    """Events, replies and a status are recorded; two sessions are told apart."""
    run, records = judged(tmp_path, *[lambda r: backup(r.writer(ReferenceWriter()))] * 2)
    assert run.verdict == "CONFORMS"
    assert run.counts["sessions"] == 2
    assert [one["event"] for one in records[:8]] == [*BACKUP, "WriterStatus", "BackupShutdown"]
    assert records[2] == {
        "session": records[0]["session"],
        "actor": "writer",
        "event": "Freeze",
        "outcome": "ok",
        "state": 3,
        "failure": "S_OK",
        "writer": "reference (plain)",
    }


def test_a_wrong_writer_does_not(tmp_path):
    """A writer that is asked out of order, and one that reports what it cannot, are found."""

    class Wrong(ReferenceWriter):
        def deliver(self, event, fail=None, soft=False):  # noqa: FBT002
            reply = super().deliver(event, fail, soft)
            return reply._replace(state=10) if event == "Freeze" else reply

    run, _ = judged(tmp_path, lambda r: backup(r.writer(Wrong())))
    assert [one.rule for one in run.findings if one.severity == "error"] == ["WTR153"]
    run, _ = judged(tmp_path, lambda r: r.writer(ReferenceWriter()).deliver("OnThaw"))
    assert [one.rule for one in run.findings if one.severity == "error"] == ["WTR101"]


def test_failures_and_the_timer_are_recorded(tmp_path):
    """A veto, a failure that goes on, and the Abort of a writer's own timer have their outcomes."""

    def run(recorder):
        writer = recorder.writer(ReferenceWriter())
        writer.deliver("PrepareBackup", RETRYABLE, soft=True)
        writer.deliver("PrepareSnapshot")
        assert writer.deliver("Freeze", RETRYABLE).state == 9
        writer.deliver("Abort")
        writer.reset()
        for event in BACKUP[:3]:
            writer.deliver(event)
        assert writer.timeout().failure == "VSS_E_WRITERERROR_TIMEOUT"
        writer.deliver("Abort")

    judgement, records = judged(tmp_path, run)
    assert judgement.counts["errors"] == 0
    assert [one.get("outcome") for one in records[:3]] == ["soft", "ok", "veto"]
    assert (records[-2]["event"], records[-2]["state"]) == ("Abort", 9)


def test_the_test_bed_may_drive_a_recorded_writer(tmp_path):
    """A right writer conforms under `conform`, and so does what was recorded."""

    def run(recorder):
        outcome = conform(lambda: recorder.writer(ReferenceWriter("recovering")), goal="rows")
        assert outcome.fault is None
        assert outcome.name == "reference (recovering)"

    judgement, records = judged(tmp_path, run)
    assert judgement.counts["errors"] == 0
    assert len(records) > 200


def test_what_cannot_be_recorded_is_told():
    """No event, and a reply that cannot be read, raise what an adapter's user can act on."""

    class Mute:
        def reset(self):
            """Begin a session."""

        def deliver(self, event, fail=None, soft=False):  # noqa: ARG002, FBT002
            """Say nothing of use."""
            return Reply("FROZEN")

    writer = Recorder(io.BytesIO()).writer(Mute())
    with pytest.raises(UsageError, match="'Melt' is no event to a writer"):
        writer.deliver("Melt")
    with pytest.raises(Broken, match="FROZEN"):
        writer.deliver("Freeze")
    assert not hasattr(writer, "timeout")


# --- Requesters --------------------------------------------------------------
def test_a_right_requester_conforms(tmp_path):
    """Backup and restore: the calls are those that the service saw, and no error."""
    seen = []

    def run(is_restore):
        def go(recorder):
            for scenario in list(SCENARIOS.values())[::4]:
                service = Service(scenario)
                requester = recorder.requester(ReferenceRequester(is_restore=is_restore))
                service.done(success=requester.run(service))
                seen.extend(service.records)

        return go

    judgement, records = judged(tmp_path, run(is_restore=False), run(is_restore=True))
    assert judgement.counts["errors"] == 0
    assert [(one["event"], one["hresult"], one.get("of"), one.get("args")) for one in records] == [
        (one["event"], one["hresult"], one.get("of"), one.get("args")) for one in seen
    ]


def test_a_wrong_requester_does_not(tmp_path):
    """Calls out of order and after Release are found in the session of their object."""

    def run(recorder):
        calls = recorder.calls(Lenient())
        for name in ("CreateVssBackupComponents", "InitializeForBackup", "Release", "AbortBackup"):
            calls.call(name)
        calls.call("InitializeForBackup")
        calls.call("PrepareForBackup", {"index": "none"})
        calls.sleep_ms(1)

    judgement, records = judged(tmp_path, run)
    assert [one["session"] for one in records] == ["1"] * 4 + ["2"] * 2
    assert "args" not in records[-1]
    found = [(one.line, one.session) for one in judgement.findings if one.severity == "error"]
    assert found == [(4, "1"), (6, "2")]


class Lenient:
    """A service that says yes to everything."""

    def call(self, name, args=None, of=None):  # noqa: ARG002
        """Say yes."""
        from vssfsm.testing.requesters.records import Answer

        return Answer("S_OK", {})

    def sleep_ms(self, milliseconds):
        """Let no time pass."""


def test_the_service_may_serve_a_recorded_requester(tmp_path):
    """Under `conform_requester` the requester is the same, and what it called is in the trace."""

    def run(recorder):
        outcome = conform_requester(lambda: recorder.requester(ReferenceRequester()))
        assert outcome.fault is None

    judgement, _ = judged(tmp_path, run)
    assert judgement.counts["errors"] == 0
    assert judgement.counts["sessions"] >= len(SCENARIOS)
