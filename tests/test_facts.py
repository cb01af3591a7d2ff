"""Every documented fact is carried by a row or by data, or says why not; every row has a fact."""

import importlib
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import vssfsm.spec
from vssfsm.spec import delivery
from vssfsm.spec.catalogue import REGIONS, ROWS
from vssfsm.spec.rows import SAME
from vssfsm.spec.status import CODES, STATUS, VIA_PLAIN
from vssfsm.spec.vocabulary import STATE_NAMES
from vssfsm.spec.writer import STATES, WRITER

FACTS: list[dict[str, Any]] = tomllib.loads(
    Path(vssfsm.spec.__file__).with_name("facts.toml").read_text(encoding="utf-8")
)["fact"]
FACT = {fact["id"]: fact for fact in FACTS}
CARRIERS = ("rows", "data", "unobservable", "later", "missing")
CODES_OF_ROWS = {row.code for row in ROWS}
SHAPE = re.compile(r"(?:W[1-6]|S00[0-4])(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+|T[0-9]{2}b?|T\.owed")

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
    "S001": 15,
    "S002": 9,
    "S003": 6,
    "S004": 9,
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
MOST_UNOBSERVABLE = 0.15


def _section(identity: str) -> str:
    match = re.match(r"T|S00[0-4]|W[24]\.[0-9](?=\.)|W[1-6]", identity)
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
    assert set(fact) <= {"id", "says", "scope", carrier}
    assert fact[carrier]
    if "scope" in fact:
        assert (fact["scope"], carrier) == ("requester", "later")


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


def test_few_facts_of_writers_are_unobservable() -> None:
    """Most facts about writers can be seen in a trace."""
    writers = [_carrier(fact) for fact in FACTS if "later" not in fact]
    assert writers.count("unobservable") <= MOST_UNOBSERVABLE * len(writers)


def test_no_fact_was_lost() -> None:
    """Every section holds as many facts as it held when it was read."""
    assert dict(Counter(_section(fact["id"]) for fact in FACTS)) == COUNTS


def test_transition_table_is_complete() -> None:
    """Every line of the transition table is there."""
    expected = {f"T{number:02}" for number in range(1, 46)} | {"T15b", "T.owed"}
    assert expected == {i for i in FACT if _section(i) == "T"}


def test_every_row_has_a_fact() -> None:
    """No row of a writer's region judges or permits what no document says, save a known few."""
    named = {code for fact in FACTS for code in fact.get("rows", ())}
    regions = [region for region in REGIONS.values() if region.scope != "requester"]
    regions = [region for region in regions if region not in delivery.REGIONS]
    rows = {row.code for region in regions for row in (*region.rows, *region.unexplained)}
    assert rows - named == WITHOUT_FACT


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
