"""Records that are missing: what they may have said accuses nobody, what is certain still does."""

import json
from pathlib import Path

import pytest
from strategies import blamed, judge
from test_requester import FOLDED, NOT_FOLDED, SET, trace

RULES = Path(__file__).parent / "data" / "rules"
#: a round whose end is not waited for, where a later record names another call
LATE = "QueryStatus:DoSnapshotSet=VSS_S_ASYNC_FINISHED"
UNREAD = {"event": 5}


def rules(records: list[dict[str, object]], **options: object) -> list[str]:
    """Give the rules of errors and warnings, without notes on reading."""
    return [rule for _, rule, _ in blamed(judge(records, **options)) if not rule.startswith("INP")]


def read(code: str) -> list[dict[str, object]]:
    """Give the records of the bad trace of a rule."""
    lines = (RULES / f"{code}.bad.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


# --- whether a session is folded ---------------------------------------------
ROUND = "GatherWriterStatus GetWriterStatusCount GetWriterStatus FreeWriterStatus"
BACKUP = f"{FOLDED} {SET} PrepareForBackup {ROUND} DoSnapshotSet {LATE} {ROUND}"


def test_what_settled_that_a_session_is_folded_may_come_before_a_window() -> None:
    """A log that begins in a folded backup, and tells one result, is not accused of the others."""
    end = trace(BACKUP, session="1")[-5:]
    assert [record["event"] for record in end][:2] == ["QueryStatus", "GatherWriterStatus"]
    assert rules(trace(BACKUP, session="1")) == []
    assert rules(end, observation="window") == []
    assert rules(end) != []


LATER = (
    f"{FOLDED} QueryStatus:GatherWriterMetadata=VSS_S_ASYNC_FINISHED {SET} PrepareForBackup {ROUND}"
)


@pytest.mark.parametrize("at", range(len(LATER.split())))
def test_what_settled_that_a_session_is_folded_may_be_unread(at: int) -> None:
    """Whatever line of a legal folded backup cannot be read, the rest is legal."""
    records = trace(LATER, session="1")
    assert rules(records) == []
    assert rules([*records[:at], UNREAD, *records[at + 1 :]]) == []


@pytest.mark.parametrize("kind", ["unread", "window"])
def test_a_session_that_begins_in_the_evidence_is_known(kind: str) -> None:
    """Nothing of an object comes before its creation."""
    early = trace(f"{NOT_FOLDED} {ROUND}", session="1")
    before = [UNREAD] if kind == "unread" else []
    options = {"observation": "window"} if kind == "window" else {}
    assert rules([*before, *early], **options) == ["REQ401"]


def test_what_was_settled_before_a_hole_is_settled() -> None:
    """A session that told its ends apart goes on to do so."""
    records = trace(f"{NOT_FOLDED} {ROUND}", session="1")
    begun = len(NOT_FOLDED.split())
    assert rules([*records[:begun], UNREAD, *records[begun:]]) == ["REQ401"]


def test_args_folded_settles_it_after_a_hole() -> None:
    """Who says that ends are told apart is held to it."""
    records = trace(f"{FOLDED} {ROUND}", session="1")
    begun = len(FOLDED.split())
    records[begun] |= {"args": {"folded": False}}
    assert rules([*records[:begun], UNREAD, *records[begun:]]) == ["REQ401"]


def test_results_of_calls_that_are_missing_go_beside_one_another() -> None:
    """Two results whose calls came before the evidence, or between its records."""
    results = trace("Wait:QueryRevertStatus Wait:BreakSnapshotSetEx AbortBackup", session="1")
    assert rules(results, observation="partial") == []
    assert rules(results, observation="window") == []
    assert rules(results) != []


# --- what another session did last -------------------------------------------
def test_a_set_may_have_ended_where_a_record_is_missing() -> None:
    """The other session's set may be made, and its object released, before this one begins."""
    records = read("CPL201")
    second = [r["event"] for r in records].index("StartSnapshotSet") + 1
    unread = {"actor": "requester", "host": "sql7", "session": "A", "event": "Nonsense"}
    assert "CPL201" in rules(records)
    assert "CPL201" not in rules([*records[:second], unread, *records[second:]])
    elsewhere = unread | {"session": "B"}
    assert "CPL201" in rules([*records[:second], elsewhere, *records[second:]])


@pytest.mark.parametrize("kind", ["partial", "window"])
def test_a_set_may_have_ended_after_the_last_record_of_a_part(kind: str) -> None:
    """Of a session that was recorded in part, more may have come than its last record."""
    records = read("CPL201")
    apart = [r | ({"observation": kind} if r["session"] == "A" else {}) for r in records]
    assert "CPL201" in rules(records)
    assert "CPL201" not in rules(apart)


def test_what_failed_may_have_succeeded_where_a_record_is_missing() -> None:
    """The process may have gone on without the writer that failed, and then begun another."""
    records = read("TIM201")
    second = [r["event"] for r in records].index("DoSnapshotSet") + 1
    again = next(
        n for n in range(second, len(records)) if records[n]["event"] == records[0]["event"]
    )
    keyed = [r | {"host": "h", "session": str(n >= again)} for n, r in enumerate(records)]
    unread = {"actor": "requester", "host": "h", "session": "False", "event": "Nonsense"}
    assert "TIM201" in rules(keyed)
    assert "TIM201" not in rules([*keyed[:second], unread, *keyed[again:]])
    assert "TIM201" in rules([*keyed[:second], unread | {"host": "i"}, *keyed[again:]])
