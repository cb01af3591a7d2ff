"""Legal courses that look like faults: each beside its neighbour that is one."""

import json
from pathlib import Path

import pytest

from vssfsm import Monitor, Run, check

Record = dict[str, object]
ROUND = ("GatherWriterStatus", "GetWriterStatusCount", "GetWriterStatus", "FreeWriterStatus")
START = ("CreateVssBackupComponents", "InitializeForBackup")
#: up to the set, in a folded session
SET = (*START, "SetBackupState", "GatherWriterMetadata", "FreeWriterMetadata", "StartSnapshotSet")


def calls(*events: str, **keys: object) -> list[Record]:
    """Give a requester's calls."""
    return [{"actor": "requester", "event": event, **keys} for event in events]


def events(*names: str, **keys: object) -> list[Record]:
    """Give a writer's events."""
    record = {"actor": "writer", "host": "h", "instance": "i", "outcome": "ok", **keys}
    return [{**record, "event": name} for name in names]


def codes(records: list[Record]) -> list[str]:
    """Give the codes of everything that is found."""
    monitor = Monitor()
    found = [item for record in records for item in monitor.feed(record)]
    return [item.rule for item in found + monitor.close()]


def test_the_first_call_after_a_release_is_the_mistake() -> None:
    """Then the record is believed: the object was not released."""
    late = ("SetBackupState", "Query", "Query", "Release")
    for keys in ({}, {"host": "h", "session": "s"}):
        released = calls(*START, "Release", **keys)
        assert codes([*released, *calls(*late, **keys)]) == ["REQ107"]
        assert codes([*released, *calls(*late[1:2], **keys)]) == ["REQ107"]


@pytest.mark.parametrize("after", ["StartSnapshotSet", "PrepareForBackup", "DoSnapshotSet"])
def test_a_set_that_a_folded_session_has_made(after: str) -> None:
    """It is made on the line of its call; until then it is under creation."""
    whole = (*SET, "AddToSnapshotSet", "PrepareForBackup", "DoSnapshotSet")
    first = calls(*whole[: whole.index(after) + 1], host="h", session="a")
    second = calls(*SET, host="h", session="b")
    assert ("CPL201" in codes([*first, *second])) == (after != "DoSnapshotSet")


def test_a_set_of_which_nothing_is_told() -> None:
    """Until a result names its call, a session counts as folded."""
    plain: Record = {"args": {"context": "VSS_CTX_FILE_SHARE_BACKUP"}}
    begun = [
        [
            *calls("InitializeForBackup", host="h", session=name),
            *calls("SetContext", host="h", session=name, **plain),
            *calls("StartSnapshotSet", host="h", session=name),
        ]
        for name in ("a", "b")
    ]
    made = calls("DoSnapshotSet", host="h", session="a")
    assert "CPL201" not in codes([*begun[0], *made, *begun[1]])
    assert "CPL201" in codes([*begun[0], *begun[1]])


TIMES = {"PrepareBackup": 0, "PrepareSnapshot": 1, "Freeze": 5, "Thaw": 80, "PostSnapshot": 81}


@pytest.mark.parametrize("at", ["return", None])
def test_a_thaw_that_returned_late_may_have_come_in_time(at: str | None) -> None:
    """The budget ends when it is received."""
    known = {} if at is None else {"at": at}
    told = [
        *events("Initialize", "Subscribe", args={"timeout_ms": 60_000}),
        *(
            {**one, **known, "time": 10**9 * TIMES[str(one["event"])]}
            for one in events(*TIMES, session="s", host="h")
        ),
    ]
    assert ("TIM101" in codes(told)) == (at != "return")


@pytest.mark.parametrize("at", ["entry", "return"])
def test_a_freeze_that_returned_had_come_before(at: str) -> None:
    """Whoever says that time has run out may count from an entry that was not recorded."""
    keys: Record = {"session": "s", "host": "h"}
    failed = {"failure": "VSS_E_WRITERERROR_TIMEOUT", "during": "Thaw", "time": 65 * 10**9}
    told = [
        *events("Initialize", "Subscribe", args={"timeout_ms": 60_000}),
        *events("PrepareBackup", "PrepareSnapshot", **keys),
        *events("Freeze", time=25 * 10**9, at=at, **keys),
        *({**one, **failed} for one in events("SetWriterFailure", **keys)),
    ]
    assert ("FLR134" in codes(told)) == (at == "entry")


def test_handlers_may_overlap() -> None:
    """A line that stands where the handler ended is no step of the clock."""
    inner = events("Identify", time=5, ended=6)
    assert "INP110" not in codes([*inner, *events("PrepareBackup", time=0, ended=9)])
    assert "INP110" in codes([*inner, *events("PrepareBackup", time=0, ended=4)])
    assert "INP110" in codes([*inner, *events("PrepareBackup", time=0)])


def test_who_identified_itself_may_be_asked_again_by_anybody() -> None:
    """Only who failed all the time must not be listed."""
    begun = calls("InitializeForBackup", "GatherWriterMetadata", host="h")
    failed = events("Identify", outcome="veto")
    listed = calls("GetWriterMetadata", instance="i", host="h")
    assert "CPL105" not in codes([*begun, *events("Identify"), *failed, *listed])
    assert "CPL105" in codes([*begun, *failed, *listed])
    assert "CPL105" not in codes([*begun, *failed, *events("Identify"), *listed])


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("x/b", "y/b", False),
        ("C:\\", "D:\\", False),
        ("DB", "db", False),
        ("x/b", "x/b", True),
    ],
)
def test_components_with_names_of_their_own(one: str, other: str, alike: bool) -> None:  # noqa: FBT001
    """Where the logical path is given, the name may hold anything."""
    added = [
        {"args": {"component": name, "logical_path": "p"}, "instance": "i"} for name in (one, other)
    ]
    told = [
        *calls(*START, "SetBackupState", "GatherWriterMetadata"),
        *(record | {"actor": "requester", "event": "AddComponent"} for record in added),
    ]
    assert ("REQ223" in codes(told)) == alike


def test_what_was_refused_was_tried_to_be_told() -> None:
    """Nobody is accused of not having called what was called."""
    added = [{"args": {"component": name}, "instance": "i"} for name in ("a", "b")]
    begun = [
        *calls(*START, "SetBackupState", "GatherWriterMetadata"),
        *({**one, "actor": "requester", "event": "AddComponent"} for one in added),
        *calls("StartSnapshotSet", "AddToSnapshotSet", "PrepareForBackup", *ROUND),
        *calls("DoSnapshotSet", *ROUND),
    ]
    tell = {"actor": "requester", "event": "SetBackupSucceeded"}
    refused = {"hresult": "VSS_E_OBJECT_NOT_FOUND"}
    end = calls("BackupComplete")
    assert "REQ224" in codes([*begun, {**added[0], **tell}, *end])
    assert "REQ224" not in codes(
        [*begun, {**added[0], **tell}, {**added[1], **tell, **refused}, *end]
    )


def _tried(event: str, name: str, time: int, *, fails: bool = True, **more: object) -> list[Record]:
    keys: Record = {"host": "h", "process": "p", "session": name, "time": time * 10**9}
    start = "InitializeForRestore" if event == "PreRestore" else "InitializeForBackup"
    code = "VSS_E_WRITERERROR_RETRYABLE" if fails else "S_OK"
    state = "FAILED_AT_PREPARE_BACKUP" if fails else "STABLE"
    return [
        *calls("CreateVssBackupComponents", start, **keys),
        *(calls("SetBackupState", **keys) if event != "PreRestore" else []),
        *calls("GatherWriterMetadata", **keys),
        *(calls("AddComponent", **keys, **more) if more else []),
        *(calls("StartSnapshotSet", "AddToSnapshotSet", **keys) if event != "PreRestore" else []),
        *calls(event, "GatherWriterStatus", **keys),
        *calls("GetWriterStatus", writer_id="w", state=state, failure=code, **keys),
        *calls("AbortBackup", "Release", **keys),
    ]


def test_what_repeats_what() -> None:
    """A restore repeats no backup, and nothing repeats what did not fail, or another writer's."""
    backup = _tried("PrepareForBackup", "a", 0)
    assert "TIM201" in codes([*backup, *_tried("PrepareForBackup", "b", 60)])
    assert "TIM201" not in codes([*backup, *_tried("PreRestore", "b", 60)])
    assert "TIM201" not in codes(
        [*_tried("PrepareForBackup", "a", 0, fails=False), *_tried("PrepareForBackup", "b", 60)]
    )
    unneeded = _tried("PrepareForBackup", "a", 0, writer_id="v", args={"component": "c"})
    assert "TIM201" not in codes([*unneeded, *_tried("PrepareForBackup", "b", 60)])


def test_successes_end_a_row_of_repetitions() -> None:
    """Each repetition worked: none is one too many."""
    told = [
        record
        for n in range(12)
        for record in _tried("PrepareForBackup", f"s{n}", 700 * n, fails=n % 2 == 0)
    ]
    assert "TIM202" not in codes(told)
    told = [r for n in range(6) for r in _tried("PrepareForBackup", f"s{n}", 700 * n)]
    assert "TIM202" in codes(told)


@pytest.mark.parametrize(
    ("failure", "judged"), [("VSS_E_WRITER_NOT_RESPONDING", False), ("S_OK", True)]
)
def test_a_state_beside_a_code_of_the_service_is_old(failure: str, judged: bool) -> None:  # noqa: FBT001
    """It contradicts nobody."""
    keys: Record = {"session": "s", "host": "h"}
    told = [
        *calls(*SET, "PrepareForBackup", **keys),
        *events("PrepareBackup", **keys, state="STABLE"),
        *calls("DoSnapshotSet", **keys),
        *events("PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot", **keys),
        *calls("GatherWriterStatus", **keys),
        *calls("GetWriterStatus", **keys, instance="i", state="STABLE", failure=failure),
    ]
    assert ("CPL301" in codes(told)) == judged


def test_backup_complete_may_never_come() -> None:
    """A page says so: it is worth a note."""
    keys: Record = {"session": "s", "host": "h"}
    chain = ("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot")
    monitor = Monitor()
    told = [
        *calls(*SET, "PrepareForBackup", **keys),
        *events(chain[0], **keys),
        *calls("DoSnapshotSet", **keys),
        *events(*chain[1:], **keys),
        *calls("BackupComplete", "Release", **keys),
    ]
    found = [item for record in told for item in monitor.feed(record)]
    assert [item.severity for item in found if item.rule == "CPL104"] == ["info"]


@pytest.mark.parametrize("event", ["BackOffIOOnVolume", "SetWriterFailure", "GetSessionId"])
def test_what_only_a_writer_knows_is_hidden_from_it_without_an_actor(
    tmp_path: Path, event: str
) -> None:
    """A record without an actor is a hole for whoever knows its name."""
    from vssfsm import check

    keys: Record = {"host": "h", "session": "s", "instance": "i"}
    chain = ("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot")
    whole = events(*chain, "BackupComplete", "BackupShutdown", **keys)
    for records, verdict in ((whole, "CONFORMS"), ([*whole, {"event": event, **keys}], None)):
        path = tmp_path / "t.jsonl"
        path.write_text("".join(f"{json.dumps(r)}\n" for r in records), encoding="utf-8")
        assert check(path).verdict == (verdict or "INCONCLUSIVE")


@pytest.mark.parametrize(
    ("of", "accused"), [({"writer_id": "w"}, True), ({"writer_id": "v"}, False), ({}, False)]
)
def test_who_may_not_be_needed(of: Record, accused: bool) -> None:  # noqa: FBT001
    """A failure of a writer without a component stops nobody; nor where it is not said whose."""
    failed = {"state": "FAILED_AT_PREPARE_BACKUP", "failure": "VSS_E_WRITERERROR_NONRETRYABLE"}
    told = [
        *calls(*START, "SetBackupState", "GatherWriterMetadata"),
        *calls("AddComponent", writer_id="w", args={"component": "c"}),
        *calls("StartSnapshotSet", "AddToSnapshotSet", "PrepareForBackup", "GatherWriterStatus"),
        *calls("GetWriterStatus", writer="Writer", **of, **failed),
        *calls("FreeWriterStatus", "DoSnapshotSet"),
    ]
    assert ("REQ321" in codes(told)) == accused


@pytest.mark.parametrize("at", ["entry", None])
@pytest.mark.parametrize(("event", "accused"), [("Identify", False), ("Freeze", True)])
def test_handlers_that_run_at_once(event: str, accused: bool, at: str | None) -> None:  # noqa: FBT001
    """Each call is made on the thread of its own handler; that of a Freeze is one."""
    before = {} if at is None else {"at": at}
    asked = [record for n in (1, 2) for record in events("GetSessionId", during=event, thread=n)]
    handled = [record for n in (1, 2) for record in events(event, thread=n, **before)]
    told = [*handled, *asked] if at else [*asked, *handled]
    assert ("FLR132" in codes(told)) == accused


@pytest.mark.parametrize(("at", "found"), [("return", []), (None, ["WTR131"])])
def test_a_handler_that_ran_when_a_timer_aborted(at: str | None, found: list[str]) -> None:
    """It returns behind the Abort, before which it was entered; the next one was not."""
    keys = {"session": "s"} | ({} if at is None else {"at": at})
    begun = events("PrepareBackup", "PrepareSnapshot", "Abort", "Freeze", **keys)
    assert [code for code in codes(begun) if code == "WTR131"] == found
    after = events("Thaw", **keys)
    assert [code for code in codes([*begun, *after]) if code == "WTR131"] == ["WTR131"]


def run(path: Path, records: list[Record], **options: object) -> Run:
    """Judge records as a file."""
    path /= "trace.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return check(path, **options)


def test_who_could_not_read_has_seen_nobody_well(tmp_path: Path) -> None:
    """A call that failed tells nothing of its writer, whatever stands beside it."""
    begun = calls("CreateVssBackupComponents", "GatherWriterStatus")
    reads = calls("GetWriterStatus", instance="i", state=8, failure="VSS_E_WRITERERROR_TIMEOUT")
    (well,) = calls("GetWriterStatus", instance="i", state=1, failure="S_OK")
    for last, number in ((well, 0), ({**well, "hresult": "E_FAIL"}, 1)):
        assert run(tmp_path, [*begun, *reads, last]).counts["failed_writers"] == number


def test_a_rule_that_is_not_selected_softens_no_other(tmp_path: Path) -> None:
    """The pair is the mistake where nobody asked how its code was set."""
    called, told = events("SetWriterFailure", "Freeze", session="s")
    called |= {"failure": "E_FAIL", "during": "Freeze"}
    told |= {"outcome": "veto", "state": "FAILED_AT_FREEZE", "failure": "E_FAIL"}
    for select, severity in ((["STS"], "error"), (["STS", "FLR"], "info")):
        found = run(tmp_path, [called, told], select=select).findings
        assert [item.severity for item in found if item.family == "STS"] == [severity]
