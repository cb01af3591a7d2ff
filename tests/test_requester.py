"""What the contract says of asynchronous calls, sessions, holes, tombstones and releases."""

import json
from pathlib import Path
from typing import Any

import pytest
from strategies import blamed, judge

from vssfsm.run import check

INIT = "CreateVssBackupComponents InitializeForBackup SetBackupState GatherWriterMetadata"
#: the first record that names its call: the session is not folded
NOT_FOLDED = f"{INIT} QueryStatus:GatherWriterMetadata=VSS_S_ASYNC_FINISHED GetWriterMetadataCount"
FOLDED = f"{INIT} GetWriterMetadataCount"
SET = "StartSnapshotSet AddToSnapshotSet"
ROUND = "GatherWriterStatus GetWriterStatusCount GetWriterStatus FreeWriterStatus"
SLOW_ROUND = (
    "GatherWriterStatus QueryStatus:GatherWriterStatus=VSS_S_ASYNC_FINISHED"
    " GetWriterStatusCount GetWriterStatus FreeWriterStatus"
)
BACKUP = (
    f"{FOLDED} {SET} PrepareForBackup {ROUND} DoSnapshotSet {ROUND} BackupComplete {ROUND} Release"
)
LEFT = f"{FOLDED} {SET} PrepareForBackup {ROUND} Release"
FINISHED = "VSS_S_ASYNC_FINISHED"
PENDING = "VSS_S_ASYNC_PENDING"
CANCELLED = "VSS_S_ASYNC_CANCELLED"


def trace(text: str, **keys: Any) -> list[dict[str, Any]]:
    """Give the records of `Call!HRESULT` and `Wait:Call=RESULT`, each with *keys*."""
    found = []
    for word in text.split():
        name, _, result = word.partition("=")
        name, _, hresult = name.partition("!")
        event, _, of = name.partition(":")
        record = {"actor": "requester", "event": event} | keys
        if of:
            record["of"] = of
        if result:
            record["async_result" if event == "QueryStatus" else "hresult"] = result
        if hresult:
            record["hresult"] = hresult
        found.append(record)
    return found


def accused(text: str, **keys: Any) -> list[tuple[str, str, str]]:
    """Give (event, rule, severity) of each error and warning of what was read."""
    found = trace(text, **keys)
    return [(found[line - 1]["event"], rule, how) for line, rule, how in blamed(judge(found))]


# --- folded, or not ----------------------------------------------------------
def test_a_folded_call_ends_on_its_own_line() -> None:
    """Without any result, a whole backup is legal."""
    assert accused(BACKUP) == []


def test_a_folded_call_fails_by_its_own_code() -> None:
    """In a folded session a failure code is the operation's."""
    failed = f"{FOLDED} {SET} PrepareForBackup {ROUND} DoSnapshotSet!VSS_E_FLUSH_WRITES_TIMEOUT"
    assert accused(f"{failed} Release") == [("Release", "REQ151", "error")]
    assert accused(f"{failed} AbortBackup Release") == []


@pytest.mark.parametrize(
    ("before", "call", "rule"),
    [
        (f"{NOT_FOLDED} {SET} PrepareForBackup", "DoSnapshotSet", "REQ122"),
        (f"{NOT_FOLDED} {SET} PrepareForBackup", "GatherWriterStatus", "REQ401"),
        (f"{NOT_FOLDED} GatherWriterStatus", "GetWriterStatusCount", "REQ401"),
        (f"{NOT_FOLDED} GatherWriterStatus", "GatherWriterStatus", "REQ402"),
        (f"{NOT_FOLDED} BreakSnapshotSetEx", "Release", "REQ401"),
    ],
)
def test_a_call_that_is_not_folded_has_to_end_first(before: str, call: str, rule: str) -> None:
    """Once a record has named its call, the next call has to wait for its own."""
    assert accused(f"{before} {call}") == [(call, rule, "error")]


@pytest.mark.parametrize("call", ["GetWriterMetadataCount", "FreeWriterMetadata", "AddComponent"])
def test_the_first_call_that_needs_an_end_settles_it(call: str) -> None:
    """A session whose first needing call comes without a result is folded, not wrong."""
    assert accused(f"{INIT} {call} AbortBackup Release") == []


def test_release_of_a_call_names_it() -> None:
    """An IVssAsync that was released, and never asked, leaves its call without an end."""
    released = f"{INIT} Release:GatherWriterMetadata GetWriterMetadataCount"
    assert accused(released) == [("GetWriterMetadataCount", "REQ401", "error")]
    waited = f"{INIT} Wait:GatherWriterMetadata Release:GatherWriterMetadata GetWriterMetadataCount"
    assert accused(waited) == []


def test_a_failed_gathering_has_nothing_to_free() -> None:
    """Who gathered in vain owes no FreeWriterStatus; who gathered well does."""
    prepared = f"{NOT_FOLDED} {SET} PrepareForBackup Wait:PrepareForBackup GatherWriterStatus"
    end = "AbortBackup Release"
    vain = f"{prepared} QueryStatus:GatherWriterStatus=VSS_E_WRITER_INFRASTRUCTURE {end}"
    assert accused(vain) == []
    well = f"{prepared} QueryStatus:GatherWriterStatus={FINISHED} {end}"
    assert accused(well) == [("Release", "REQ304", "warning")]


def test_args_folded_says_so() -> None:
    """`args.folded` decides before any result."""
    records = trace(f"{INIT} GetWriterMetadataCount")
    records[0]["args"] = {"folded": False}
    assert [rule for _, rule, _ in blamed(judge(records))] == ["REQ401"]
    records[0]["args"] = {"folded": True}
    assert blamed(judge(records)) == []


# --- results -----------------------------------------------------------------
def test_pending_is_no_end() -> None:
    """A call that is reported as pending still runs, by QueryStatus and by a timed Wait."""
    for result in (f"QueryStatus:PrepareForBackup={PENDING}", f"Wait:PrepareForBackup={PENDING}"):
        found = accused(f"{NOT_FOLDED} {SET} PrepareForBackup {result} DoSnapshotSet")
        assert found == [("DoSnapshotSet", "REQ122", "error")]


def test_cancelled_is_no_success() -> None:
    """CANCELLED is a success code, and the call was not done."""
    start = f"{NOT_FOLDED} {SET} PrepareForBackup QueryStatus:PrepareForBackup={CANCELLED}"
    assert accused(f"{start} {SLOW_ROUND} DoSnapshotSet") == [("DoSnapshotSet", "REQ121", "error")]
    assert accused(f"{start} Release") == []
    taken = f"{NOT_FOLDED} {SET} PrepareForBackup QueryStatus:PrepareForBackup={FINISHED}"
    taken += f" {SLOW_ROUND} DoSnapshotSet QueryStatus:DoSnapshotSet={CANCELLED}"
    assert accused(f"{taken} Release") == [("Release", "REQ151", "error")]
    assert accused(f"{taken} AbortBackup Release") == []


def test_finished_and_s_ok_are_the_same() -> None:
    """A result of S_OK is FINISHED."""
    for result in (FINISHED, "S_OK"):
        end = f"QueryStatus:PrepareForBackup={result} Release"
        found = accused(f"{NOT_FOLDED} {SET} PrepareForBackup {end}")
        assert found == [("Release", "REQ151", "error")]


def test_wait_alone_says_that_it_ended_not_how() -> None:
    """After Wait with S_OK both ends are possible, and what follows decides."""
    waited = f"{NOT_FOLDED} {SET} PrepareForBackup Wait:PrepareForBackup"
    assert accused(f"{waited} Release") == []
    taken = f"{waited} {SLOW_ROUND} DoSnapshotSet Wait:DoSnapshotSet"
    assert accused(f"{taken} AbortBackup Release") == []


def test_a_failing_wait_is_the_failure_or_says_nothing() -> None:
    """Both readings of a failing Wait stay: a Release is legal, and so is a later success."""
    waited = f"{NOT_FOLDED} {SET} PrepareForBackup Wait:PrepareForBackup=VSS_E_UNEXPECTED"
    assert accused(f"{waited} Release") != [("Release", "REQ151", "error")]
    finished = f"{waited} QueryStatus:PrepareForBackup={FINISHED} AbortBackup Release"
    assert accused(finished) == []


def test_a_failed_query_says_nothing() -> None:
    """QueryStatus that fails itself tells nothing of the operation."""
    asked = f"{NOT_FOLDED} {SET} PrepareForBackup QueryStatus:PrepareForBackup!E_INVALIDARG"
    assert accused(f"{asked} DoSnapshotSet") == [("DoSnapshotSet", "REQ122", "error")]


@pytest.mark.parametrize("event", ["Wait", "QueryStatus", "Cancel"])
def test_a_result_that_names_no_call_accuses_of_nothing(event: str) -> None:
    """A result without `of` belongs to any call; it is no error and unfolds nothing."""
    assert accused(BACKUP.replace("DoSnapshotSet", f"DoSnapshotSet {event}")) == []


def test_a_release_with_of_closes_nothing() -> None:
    """The IVssAsync is released, the backup object goes on."""
    released = BACKUP.replace("DoSnapshotSet", "DoSnapshotSet Release:DoSnapshotSet")
    assert accused(released) == []
    assert "REQ701" in [i.rule for i in judge(trace(f"{FOLDED} Release:GatherWriterMetadata"))]


# --- sessions ----------------------------------------------------------------
def verdict(text: str, tmp_path: Path) -> tuple[str, int]:
    """Give the verdict on a file, and how many sessions it holds."""
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in trace(text)), encoding="utf-8")
    run = check(path)
    return run.verdict, run.counts["sessions"]


def test_two_objects_in_one_file(tmp_path: Path) -> None:
    """Where no key tells sessions apart, another object begins another session."""
    assert accused(f"{BACKUP} {BACKUP}") == []
    assert accused(f"{FOLDED} Release {LEFT} {BACKUP}") == [("Release", "REQ151", "error")]
    assert verdict(f"{BACKUP} {BACKUP}", tmp_path) == ("CONFORMS", 2)


def test_an_object_that_is_left_behind_is_owed(tmp_path: Path) -> None:
    """A second object without a Release of the first leaves the first one open."""
    assert accused(f"{FOLDED} {BACKUP}") == []
    assert verdict(f"{FOLDED} {BACKUP}", tmp_path) == ("INCONCLUSIVE", 2)


def test_keyed_sessions_are_judged_apart() -> None:
    """Two objects at a time, each with its key, are two sessions."""
    one, two = trace(BACKUP, host="a", session="1"), trace(LEFT, host="b", session="2")
    mixed = [record for pair in zip(one, two, strict=False) for record in pair]
    mixed += one[len(two) :]
    assert [(i.rule, i.session) for i in judge(mixed) if i.severity == "error"] == [("REQ151", "2")]


def test_a_keyed_session_does_not_begin_anew() -> None:
    """With a key, a second object of one session is a finding."""
    found = accused(f"{FOLDED} CreateVssBackupComponents Release", session="1")
    assert found == [("CreateVssBackupComponents", "REQ102", "warning")]


def test_a_call_after_release_is_one_error() -> None:
    """A closed session leaves a tombstone: the first call is the finding, then it is believed."""
    after = f"{BACKUP} DeleteSnapshots"
    assert accused(after) == [("DeleteSnapshots", "REQ107", "error")]
    assert accused(after, session="1") == [("DeleteSnapshots", "REQ107", "error")]
    assert accused(f"{BACKUP} Release", session="1") == [("Release", "REQ107", "error")]


# --- holes -------------------------------------------------------------------
@pytest.mark.parametrize("keys", [{}, {"session": "1"}])
def test_a_hole_hides_any_call(keys: dict[str, str]) -> None:
    """Where a line was not read, the call that is missed may stand there."""
    records = trace(f"{LEFT}", **keys)
    unread = {"actor": "requester", "event": "Nonsense"} | keys
    assert [rule for _, rule, _ in blamed(judge(records))] == ["REQ151"]
    found = blamed(judge([*records[:-1], unread, records[-1]]))
    assert [rule for _, rule, _ in found] == ["INP102"]


@pytest.mark.parametrize("kind", ["partial", "window", "sampled"])
def test_coarser_evidence_accuses_no_more(kind: str) -> None:
    """A session that was recorded in part began before, and went on between the records."""
    records = trace("DoSnapshotSet BackupComplete Release", session="1")
    if kind != "window":
        assert blamed(judge(records, observation=kind)) == []
    assert blamed(judge(trace(LEFT), observation="partial")) == []


def test_a_window_is_complete_inside() -> None:
    """Before the first record anything may have been, between two nothing."""
    end = f"{ROUND} Release"
    assert blamed(judge(trace(f"AbortBackup {end}"), observation="window")) == []
    after = trace("AbortBackup Release DeleteSnapshots", session="1")
    assert [r for _, r, _ in blamed(judge(after, observation="window"))] == ["REQ107"]


# --- releases ----------------------------------------------------------------
NOT_COMPLETED = (
    f"{FOLDED} {SET} PrepareForBackup {ROUND} DoSnapshotSet {ROUND} BackupComplete Release"
)


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("2003", [("Release", "REQ313", "error")]),
        ("2008sp2", [("Release", "REQ313", "error")]),
        ("7", []),
        ("2019", []),
        (None, []),
    ],
)
def test_gathering_after_the_end_is_due_on_old_releases(
    release: str | None, expected: list[tuple[str, str, str]]
) -> None:
    """Up to Server 2008 SP2 GatherWriterStatus completes the session; later it is advice."""
    keys = {"release": release} if release else {}
    assert accused(NOT_COMPLETED, **keys) == expected
    assert accused(BACKUP, **keys) == []


# --- known defects -----------------------------------------------------------
WAITED = f"{NOT_FOLDED} {SET} PrepareForBackup Wait:PrepareForBackup"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"{WAITED} QueryStatus:PrepareForBackup={FINISHED} {SLOW_ROUND} Release",
            ("Release", "REQ151", "error"),
        ),
        (
            f"{WAITED} QueryStatus:PrepareForBackup=VSS_E_UNEXPECTED {SLOW_ROUND} DoSnapshotSet",
            ("DoSnapshotSet", "REQ121", "error"),
        ),
        (
            f"{FOLDED} {SET} PrepareForBackup {ROUND} DoSnapshotSet"
            " QueryStatus:DoSnapshotSet=VSS_E_FLUSH_WRITES_TIMEOUT Release",
            ("Release", "REQ151", "error"),
        ),
    ],
)
def test_wait_and_query_together_hide_nothing(text: str, expected: tuple[str, str, str]) -> None:
    """Wait and then QueryStatus, the documented way, leave one reading."""
    assert accused(text) == [expected]


def test_a_finding_has_the_severity_of_its_row() -> None:
    """PrepareForBackup without writers is stated to fail: an error."""
    context = {"actor": "requester", "event": "SetContext", "args": {"context": 16}}
    records = trace("CreateVssBackupComponents InitializeForBackup")
    records += [context, *trace(f"SetBackupState {SET} PrepareForBackup AbortBackup Release")]
    assert [(r, how) for _, r, how in blamed(judge(records))] == [("REQ118", "error")]


def test_a_refused_end_ends_nothing() -> None:
    """A call that fails leaves the state as it was."""
    refused = f"{FOLDED} {SET} PrepareForBackup {ROUND} BackupComplete!VSS_E_BAD_STATE Release"
    assert accused(refused) == [("Release", "REQ151", "error")]


def test_a_window_gives_one_finding_for_one_fault() -> None:
    """One mistake is one finding, however little is known of what came before."""
    found = [rule for _, rule, _ in blamed(judge(trace(LEFT), observation="window"))]
    assert found == ["REQ151"]


def test_not_waiting_is_one_finding() -> None:
    """A round that is read without waiting is one mistake."""
    early = f"{NOT_FOLDED} GatherWriterStatus GetWriterStatusCount GetWriterStatus FreeWriterStatus"
    assert accused(early) == [("GetWriterStatusCount", "REQ401", "error")]


def test_a_call_after_a_suspicious_release_is_found() -> None:
    """Released is released, whatever else was wrong with it."""
    left = BACKUP.replace(f"BackupComplete {ROUND} Release", "Release DeleteSnapshots")
    found = [("Release", "REQ153", "warning"), ("DeleteSnapshots", "REQ107", "error")]
    assert accused(left) == found


@pytest.mark.parametrize(
    ("before", "call", "rule"),
    [
        (FOLDED, "AddComponent", "REQ223"),
        (FOLDED.replace("Backup S", "Restore S"), "SetRestoreOptions", "REQ225"),
    ],
)
def test_instances_of_one_class_have_components_of_their_own(
    before: str, call: str, rule: str
) -> None:
    """The same names in two instances are two components; in one instance they are one."""
    writer = {"writer_id": "{c}", "args": {"component": "db", "logical_path": "SRV"}}

    def told(*instances: dict[str, str]) -> bool:
        calls = [record for keys in instances for record in trace(call, **writer, **keys)]
        return rule in [item.rule for item in judge([*trace(before), *calls])]

    assert told({"instance": "{A}"}, {"instance": "a"})
    assert told({}, {})
    assert not told({"instance": "{A}"}, {"instance": "{B}"})
    assert not told({"instance": "{A}"}, {})


@pytest.mark.parametrize("before", [FOLDED, NOT_FOLDED])
def test_a_call_that_is_asked_for_late_may_still_run(before: str) -> None:
    """Who tells how some calls went on may leave that out of others: its records decide."""
    begun = f"{before} {SET} PrepareForBackup QueryStatus:PrepareForBackup={PENDING}"
    ends = f"QueryStatus:PrepareForBackup={FINISHED}"
    assert accused(f"{begun} {ends}") == []
    assert accused(f"{begun} Wait:PrepareForBackup {ends} {ends}") == []
    assert accused(f"{begun} DoSnapshotSet") == [("DoSnapshotSet", "REQ122", "error")]
    assert accused(f"{begun} {ends} QueryStatus:PrepareForBackup={PENDING}") == [
        ("QueryStatus", "REQ405", "warning")
    ]
