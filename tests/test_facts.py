"""Every documented fact is carried by a row or by data, or says why not; every row has a fact."""

import importlib
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from strategies import blamed, judge
from test_requester import trace

import vssfsm.spec
from vssfsm.spec.catalogue import REGIONS, ROWS, RULES
from vssfsm.spec.rows import SAME
from vssfsm.spec.status import CODES, STATUS, VIA_PLAIN
from vssfsm.spec.vocabulary import STATE_NAMES
from vssfsm.spec.writer import STATES, WRITER

FACTS: list[dict[str, Any]] = tomllib.loads(
    Path(vssfsm.spec.__file__).with_name("facts.toml").read_text(encoding="utf-8")
)["fact"]
FACT = {fact["id"]: fact for fact in FACTS}
CARRIERS = ("rows", "data", "unobservable")
CODES_OF_ROWS = {row.code for row in ROWS}
SHAPE = re.compile(r"(?:W[1-6]|S00[0-4]|R[1-5])(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+|T[0-9]{2}b?|T\.owed")

#: section -> number of facts; a change here has to be meant
COUNTS = {
    "W1": 28,
    "W2": 51,
    "W2.1": 6,
    "W2.2": 6,
    "W2.3": 8,
    "W2.4": 16,
    "T": 47,
    "W4.1": 12,
    "W4.2": 29,
    "W5": 34,
    "W6": 17,
    "S000": 7,
    "S001": 21,
    "S002": 16,
    "S003": 8,
    "S004": 9,
    "R1.1": 56,
    "R1.2": 11,
    "R1.3": 23,
    "R1.4": 11,
    "R1.5": 8,
    "R1.6": 9,
    "R1.7": 7,
    "R2.1": 15,
    "R2.2": 15,
    "R2.3": 6,
    "R2.4": 13,
    "R2.5": 8,
    "R2.6": 3,
    "R2.7": 6,
    "R2.8": 8,
    "R3": 35,
    "R4": 20,
    "R5": 36,
}
#: rows that follow from sense, not from a page: what a call that failed leaves is what there was
WITHOUT_FACT = {
    "FLR-INITIALIZE-FAILED",
    "FLR-SUBSCRIBE-FAILED",
    "FLR-UNSUBSCRIBE-FAILED",
    "FLR211",  # no page speaks of it
    "FLR-SUBSCRIBE-AGAIN-FAILED",
    "WTR-BACKUPCOMPLETE-FROM-FAILED_AT_POST_SNAPSHOT",  # ruling: pages are silent
    "WTR-BACKUPCOMPLETE-FROM-FAILED_AT_POST_SNAPSHOT-VETO",
}
#: rows of requesters that follow from other rows or from the trace format, and why
DERIVED = {
    r"REQ-[A-Z-]+-REFUSED": "a call that fails changes nothing",
    r"REQ-[A-Z]+-FROM-[A-Z_]+-[A-Z-]+": "the results of an asynchronous call, as of every other",
    r"REQ-OPERATION-[A-Z]+(?:-[A-Z-]+)?": "every asynchronous call begins, runs and ends alike",
    r"REQ-OPERATION-NEEDED-BESIDE-[A-Za-z_]+": "what is not asked to wait may come at any time",
    r"REQ-[A-Z]+-ELSEWHERE": "a result that is judged in another region",
    r"REQ-[A-Z-]+-RESULTS?": "a result that is judged in another region",
    r"RET-[A-Z]+(?:-NOT-ON-PAGE)?": "the codes of a method, made from the table of methods",
    r"CPL-[A-Z-]+": "every call is joined with its events alike",
}
#: further rows of requesters that keep a region total, and why no page speaks of them
TOTAL = {
    "REQ-METADATA-GATHER-ENDED": "a result that is judged in another region",
    "REQ-METADATA-GATHER-SOMEHOW": "a result that does not say how the gathering ended",
    "REQ-METADATA-GATHER-FAILED": "a gathering that failed leaves what a refused one leaves",
    "REQ-ROUND-RELEASE": "the prohibition beside it has the fact",
    "REQ-DUTY-PREPARE": "the duty is counted from here",
    "REQ-DUTY-SNAPSHOT": "a result that leaves the duty open",
    "REQ-DUTY-SNAPSHOT-GOES-ON": "a result that leaves no duty",
    "REQ-DUTY-SNAPSHOT-WITHOUT-WRITERS": "the lifecycle has the facts about no writers",
    "REQ-DUTY-KEPT": "a call that fails changes nothing",
    "REQ-DUTY-COMPLETE": "it ends what the duty is counted from",
    "REQ-DUTY-COMPLETE-ELSEWHERE": "the lifecycle has the fact",
    "REQ-DUTY-RELEASE": "the prohibition beside it has the fact",
    "REQ-DUTY-TRIED": "a ruling: pages are silent on an abort that is refused",
    "REQ-SETBACKUPSUCCEEDED-AFTER-ABORT": "the prohibition beside it has the fact",
    "REQ-DUE-COMPLETE-FAILED": "pages are silent on what a failed call leaves to complete",
    "REQ-DUE-GATHERED-BEFORE": "a call that fails changes nothing",
    "REQ-DUE-ABORT": "what was aborted is due no more",
    "REQ-DUE-RELEASE": "the prohibition beside it has the fact",
    "REQ-FRESH-ABORT": "it raises an event, as the fact about the call says",
    "REQ-FRESH-FAILED": "a gathering that failed leaves what a refused one leaves",
    "REQ-IMPORTS-BEGUN": "what begins imports nothing yet",
    "REQ-IMPORTS-DECIDES": "a result that tells of a folded call after all",
    "REQ-IMPORTS-ENDED": "a result that does not say how the import ended",
    "REQ-IMPORTS-KNOWN": "a result that does not say how the import ended",
    "REQ-KNOWN-ABORT": "the prohibition beside it has the fact",
    "REQ-KNOWN-CLAIMED": "the prohibition beside it has the fact",
    "REQ-KNOWN-MARKED": "the prohibition beside it has the fact",
    "REQ-KNOWN-NOTHING": "a call that fails changes nothing",
    "REQ-KNOWN-UNCLEAR": "a report that does not say enough",
    "REQ-KNOWN-UNCLEAR-KEPT": "a report that does not say enough",
    "REQ-KNOWN-STALE": "what came before a backup says nothing of it",
    "REQ-LISTING-AGAIN": "a second initialization is judged in another region",
    "REQ-LISTING-RESTORE": "a ruling: pages disagree about restores",
}
MOST_UNOBSERVABLE = 0.15


def _section(identity: str) -> str:
    match = re.match(r"T|S00[0-4]|[WR][124]\.[0-9](?=\.)|[WR][1-6]", identity)
    assert match, identity
    return match[0]


def _carrier(fact: dict[str, Any]) -> str:
    (carrier,) = set(fact) & set(CARRIERS)
    return carrier


def test_identities_are_unique_and_shaped() -> None:
    """No fact is entered twice, and every identity names its section."""
    assert [i for i, n in Counter(fact["id"] for fact in FACTS).items() if n > 1] == []
    assert [fact["id"] for fact in FACTS if not SHAPE.fullmatch(fact["id"])] == []


@pytest.mark.parametrize("fact", FACTS, ids=[fact["id"] for fact in FACTS])
def test_fact_is_carried_once(fact: dict[str, Any]) -> None:
    """A fact says something, and exactly one thing carries it."""
    assert fact["says"].strip()
    carrier = _carrier(fact)
    assert set(fact) == {"id", "says", carrier}
    assert fact[carrier]


@pytest.mark.parametrize("fact", [f for f in FACTS if "rows" in f], ids=lambda fact: fact["id"])
def test_rows_exist(fact: dict[str, Any]) -> None:
    """Every code that a fact names is one of the catalogue, and is named once."""
    assert [code for code in fact["rows"] if code not in CODES_OF_ROWS] == []
    assert len(set(fact["rows"])) == len(fact["rows"])


@pytest.mark.parametrize("path", sorted({fact["data"] for fact in FACTS if "data" in fact}))
def test_data_resolves(path: str) -> None:
    """A path to data names a public object of the specification that holds something."""
    module, name = path.split(".")
    assert not name.startswith("_")
    assert getattr(importlib.import_module(f"vssfsm.spec.{module}"), name)


@pytest.mark.parametrize("who", ["W", "R"])
def test_few_facts_are_unobservable(who: str) -> None:
    """Most facts about writers, and most about requesters, can be seen in a trace."""
    carriers = [_carrier(fact) for fact in FACTS if fact["id"].startswith(who)]
    assert carriers
    assert carriers.count("unobservable") <= MOST_UNOBSERVABLE * len(carriers)


def test_no_fact_was_lost() -> None:
    """Every section holds as many facts as it held when it was read."""
    assert dict(Counter(_section(fact["id"]) for fact in FACTS)) == COUNTS


def test_transition_table_is_complete() -> None:
    """Every line of the transition table is there."""
    expected = {f"T{number:02}" for number in range(1, 46)} | {"T15b", "T.owed"}
    assert expected == {i for i in FACT if _section(i) == "T"}


NAMED = {code for fact in FACTS for code in fact.get("rows", ())}


def _codes(*scopes: str) -> set[str]:
    regions = [region for region in REGIONS.values() if region.scope in scopes]
    return {row.code for region in regions for row in (*region.rows, *region.unexplained)}


def _derived(codes: set[str]) -> set[str]:
    return {code for code in codes if any(re.fullmatch(shape, code) for shape in DERIVED)}


def test_every_row_has_a_fact() -> None:
    """No row of a writer's region judges or permits what no document says, save a known few."""
    left = _codes("session", "instance", "coupling") - NAMED
    assert left - _derived(left) == WITHOUT_FACT


def test_every_row_of_a_requester_has_a_fact() -> None:
    """A row of a requester's region has a fact, or is derived by a rule that has a reason."""
    left = _codes("requester") - NAMED
    assert left - _derived(left) == set(TOTAL)
    assert [c for c in left if c in RULES] == []


def test_every_rule_has_a_fact() -> None:
    """No rule about participants accuses without a fact; rules about evidence have none."""
    assert {code for code in RULES if not code.startswith("INP")} - NAMED <= WITHOUT_FACT


@pytest.mark.parametrize("shape", DERIVED)
def test_derived_rows_exist(shape: str) -> None:
    """No reason for rows without a fact outlives its rows."""
    assert [c for c in _codes("requester", "coupling") - NAMED if re.fullmatch(shape, c)]


# --- Facts that can be compared with their rows by machine -------------------
_REPORTED = {state.name: state.reported for state in STATES}
#: fact -> reported states before, event, outcome, reported states after
TRANSITIONS = {
    "T03": ({1}, "PrepareBackup", "ok", {1}),
    "T04": ({1}, "PrepareBackup", "soft", {1}),
    "T05": ({1}, "PrepareBackup", "veto", {7}),
    "T07": ({1}, "PrepareSnapshot", "ok", {2}),
    "T08": ({1}, "PrepareSnapshot", "soft", {2}),
    "T09": ({1}, "PrepareSnapshot", "veto", {8}),
    "T11": ({2}, "Freeze", "ok", {3}),
    "T12": ({2}, "Freeze", "soft", {3}),
    "T13": ({2}, "Freeze", "veto", {9}),
    "T15": ({2}, "Freeze", "timeout", {9}),
    "T15b": ({3}, "Thaw", "timeout", {9, 10}),
    "T16": ({3}, "Thaw", "ok", {4}),
    "T17": ({3}, "Thaw", "soft", {4}),
    "T18": ({3}, "Thaw", "veto", {10}),
    "T19": ({9}, "Thaw", "timeout", {9, 10}),
    "T20": ({4}, "PostSnapshot", "ok", {5}),
    "T21": ({4}, "PostSnapshot", "soft", {5}),
    "T22": ({4}, "PostSnapshot", "veto", {11}),
    "T23": ({5}, "BackupComplete", "ok", {1}),
    "T24": ({5}, "BackupComplete", "soft", {1}),
    "T25": ({5}, "BackupComplete", "veto", {12}),
    "T26": ({1}, "BackupComplete", "ok", {1}),
    "T29": (set(range(1, 16)) - {6}, "BackupShutdown", "veto", {15}),
    "T30": ({5}, "BackupShutdown", "ok", {1, 5}),
    "T37": ({1}, "PreRestore", "soft", {1}),
    "T38": ({1}, "PreRestore", "veto", {13}),
    "T39": ({1, 13}, "PostRestore", "ok", {1, 13}),
    "T40": ({1}, "PostRestore", "veto", {14}),
}
#: fact -> reported state before an Abort -> reported states after it
ABORTS = {
    "T31": {1: {1, 7, 8}, 2: {1, 8, 9}, 3: {1, 9, 10}, 4: {1, 10, 11}},
    "T32": {9: {1, 9}, 10: {1, 10}},
    "T33": {7: {1, 7}, 8: {1, 8}},
}


def _after(codes: list[str], before: int, event: str, outcome: str) -> set[int | None]:
    """Give what the permitted rows of *codes* let *event* leave from reported state *before*."""
    return {
        _REPORTED[source if to == SAME else to]
        for row in WRITER.rows
        if row.code in codes and event in row.on
        for source in row.source
        if _REPORTED[source] == before
        if any(outcome in when.get("outcome", (outcome,)) for when in row.when)
        for to in row.to
    }


@pytest.mark.parametrize("identity", TRANSITIONS)
def test_rows_decide_transition(identity: str) -> None:
    """The rows of a line of the table lead where the line says, from each state."""
    before, event, outcome, expected = TRANSITIONS[identity]
    rows = FACT[identity]["rows"]
    found = {state: _after(rows, state, event, outcome) for state in before}
    assert all(found.values()), found
    assert expected == set().union(*found.values())


@pytest.mark.parametrize("identity", ABORTS)
def test_rows_decide_abort(identity: str) -> None:
    """An Abort leaves what its line says, from each state."""
    rows = FACT[identity]["rows"]
    found = {state: _after(rows, state, "Abort", "ok") for state in ABORTS[identity]}
    assert ABORTS[identity] == found


@pytest.mark.parametrize("number", STATE_NAMES)
def test_rows_decide_pairs(number: int) -> None:
    """The rows of a line of the matrix are those that its cells name."""
    deciding = {
        row.code
        for row in STATUS.rows
        for when in row.when
        if when.get("state") == (STATE_NAMES[number],)
        and when.get("failure", ("",))[0] in CODES[:-1]
        and when.get("via") != (VIA_PLAIN,)
    }
    assert deciding == set(FACT[f"W4.2.row{number}"]["rows"])


# --- Facts that a trace of their own shows -----------------------------------
_BEGIN = "CreateVssBackupComponents InitializeForBackup"
_BACKUP = f"{_BEGIN} SetBackupState GatherWriterMetadata GetWriterMetadataCount StartSnapshotSet"
_ROUND = "GatherWriterStatus GetWriterStatusCount GetWriterStatus FreeWriterStatus"
_PREPARED = f"{_BACKUP} PrepareForBackup {_ROUND}"
_RESTORE = "CreateVssBackupComponents InitializeForRestore"
#: fact -> calls, and the rule that the last of them breaks; none if all of it is legal
SHOWN = {
    "R1.1.02.twice": (f"{_BACKUP} InitializeForBackup", "REQ103"),
    "R1.1.04": (f"{_BEGIN} GatherWriterMetadata StartSnapshotSet PrepareForBackup", "REQ211"),
    "R1.1.11.none": (f"{_BACKUP} PrepareForBackup", ""),
    "R1.1.13.metadata": (f"{_BEGIN} SetBackupState StartSnapshotSet PrepareForBackup", "REQ207"),
    "R1.1.15b": (f"{_PREPARED} BackupComplete {_ROUND} Release", ""),
    "R1.1.18.failed": (f"{_PREPARED} DoSnapshotSet!VSS_E_BAD_STATE SetBackupSucceeded", "REQ132"),
    "R1.1.19.failed": (f"{_PREPARED} DoSnapshotSet!VSS_E_BAD_STATE BackupComplete", "REQ132"),
    "R1.1.21": (f"{_BACKUP} SaveAsXML", "REQ141"),
    "R1.1.abort.early": (f"{_BEGIN} GatherWriterMetadata Release", ""),
    "R1.1.abort.prepare-failed": (f"{_BACKUP} PrepareForBackup!VSS_E_UNEXPECTED Release", ""),
    "R1.1.abort.prepared": (f"{_PREPARED} Release", "REQ151"),
    "R1.1.abort.snapshot-done": (f"{_PREPARED} DoSnapshotSet AbortBackup Release", ""),
    "R1.1.abort.nothing": (f"{_BEGIN} AbortBackup Release", ""),
    "R1.1.abort.restore": (f"{_RESTORE} AbortBackup", "REQ104"),
    "R1.1.abort.aborted": (f"{_PREPARED} AbortBackup DeleteSnapshots Release", ""),
    "R1.1.abort.new": (f"{_PREPARED} AbortBackup StartSnapshotSet", "REQ112"),
    "R1.3.11": (f"{_RESTORE} GatherWriterMetadata SetFileRestoreStatus", "REQ166"),
    "R1.4.no-set": (f"{_BEGIN} ImportSnapshots StartSnapshotSet", "REQ137"),
    "R1.4.end": (f"{_BEGIN} ImportSnapshots GetSnapshotProperties DeleteSnapshots Release", ""),
    "R1.5.restart": (f"{_BEGIN} QueryRevertStatus Release", ""),
    "R1.7.reserved": (f"{_BEGIN} FastRecovery", "REQ602"),
    "R2.2.5": (f"{_BEGIN} {_ROUND} Release", ""),
    "R2.2.8": (f"{_BEGIN} GatherWriterMetadata {_ROUND} GetWriterStatus", "REQ303"),
    "R2.3.final": (f"{_BEGIN} GatherWriterMetadata FreeWriterMetadata GetWriterMetadata", "REQ203"),
    "R2.3.once": (f"{_BEGIN} GatherWriterMetadata GatherWriterMetadata", "REQ204"),
    "R2.4.refused": (
        f"{_BEGIN} StartSnapshotSet!VSS_E_SNAPSHOT_SET_IN_PROGRESS StartSnapshotSet AbortBackup",
        "",
    ),
    "R2.8.open": (f"{_RESTORE} SetBackupState SaveAsXML Release", ""),
    "R4.veto": (f"{_PREPARED} DoSnapshotSet {_ROUND} BackupComplete {_ROUND} Release", ""),
    "R5.03.set": (f"{_BEGIN} StartSnapshotSet GatherWriterMetadata AbortBackup Release", ""),
    "R5.04": (f"{_BACKUP} AddComponent PrepareForBackup {_ROUND} AddComponent", "REQ142"),
    "R5.07": (f"{_BEGIN} GatherWriterMetadata SetContext Release", ""),
    "R5.07.query": (f"{_BEGIN} Query Release", ""),
    "R5.25": (f"{_BACKUP} PrepareForBackup Query", ""),
}


@pytest.mark.parametrize("identity", SHOWN)
def test_rows_decide_fact(identity: str) -> None:
    """The rule that a fact names is the one that its trace breaks; else nothing is accused."""
    text, rule = SHOWN[identity]
    records = trace(text, session="s")
    accused = [(line, code) for line, code, _ in blamed(judge(records))]
    assert accused == ([(len(records), rule)] if rule else [])
    assert rule in ("", *FACT[identity]["rows"])
