"""Participants together: what may be missing between them accuses nobody."""

import json
from pathlib import Path

import pytest

from vssfsm import Monitor
from vssfsm.reports.replay import explain_record

RULES = Path(__file__).parent / "data" / "rules"


def codes(events: list[dict[str, object]]) -> list[str]:
    """Give the codes of all findings."""
    monitor = Monitor()
    found = [item for event in events for item in monitor.feed(event)]
    return [item.rule for item in found + monitor.close()]


def test_a_hole_may_hide_a_second_identify() -> None:
    """A writer that failed Identify may have been asked again where a record is missing."""
    text = (RULES / "CPL105.bad.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in text]
    after = 1 + next(n for n, event in enumerate(events) if event["event"] == "Identify")
    assert "CPL105" in codes(events)
    assert "CPL105" not in codes([*events[:after], {"event": 5}, *events[after:]])


def test_a_result_without_its_call_is_explained_as_it_is_judged(tmp_path: Path) -> None:
    """A page about a record knows the same states as the monitor that judged it."""
    calls = ("CreateVssBackupComponents", "InitializeForBackup", "GatherWriterMetadata")
    pending = {"of": "GatherWriterMetadata", "async_result": "VSS_S_ASYNC_PENDING"}
    events = [
        *({"event": event} for event in calls),
        {"event": "QueryStatus", **pending},
        {"event": "QueryStatus", "async_result": "VSS_S_ASYNC_FINISHED"},
        {"event": "GetWriterMetadataCount"},
    ]
    path = tmp_path / "t.jsonl"
    lines = [json.dumps({"actor": "requester", **event}) for event in events]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert "REQ401" not in codes([json.loads(line) for line in lines])
    page = explain_record(str(path), 6)
    assert "REQ401" not in page
    assert "ENDED_GatherWriterMetadata" in page


def test_what_was_hidden_before_the_requester_may_have_been_its_call() -> None:
    """Where a record is missing before its first one, it may have called what raised an event."""
    keys = {"session": "s", "host": "h"}
    seen = [
        {"actor": "requester", "event": "SetBackupState", **keys},
        {"actor": "writer", "event": "PrepareBackup", "instance": "i", "outcome": "ok", **keys},
        {"actor": "requester", "event": "GatherWriterMetadata", **keys},
    ]
    assert "CPL102" in codes(seen)
    assert "CPL102" not in codes([{"event": 5}, *seen])
    assert "CPL102" not in codes([seen[1], {"event": 5}, *seen])
    assert "CPL102" not in codes([{**one, "observation": "window"} for one in seen])
    assert "CPL102" not in codes([{**one, "observation": "partial"} for one in seen])
    created = {"actor": "requester", "event": "CreateVssBackupComponents", **keys}
    assert "CPL102" in codes([{"event": 5}, created, *seen])


@pytest.mark.parametrize("event", ["Unsubscribe", "Identify"])
def test_a_writer_that_unsubscribed_gets_no_events(event: str) -> None:
    """It left all of its sessions: nothing is to be delivered to it."""
    text = (RULES / "CPL104.bad.jsonl").read_text("utf-8").splitlines()
    events = [json.loads(line) for line in text]
    at = max(n for n, each in enumerate(events) if each["actor"] == "writer")
    who = ("host", "writer", "writer_id", "instance")
    left = {"actor": "writer", "event": event, **{k: events[at].get(k) for k in who}}
    found = codes([*events[: at + 1], left, *events[at + 1 :]])
    assert ("CPL104" in found) == (event == "Identify")
