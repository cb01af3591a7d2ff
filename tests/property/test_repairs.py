"""Law 6: all repairs of a session, applied together, make it conform; none is superfluous."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from strategies import KEYS, Step, mutated_walks, records_of, walks

import vssfsm
from vssfsm.spec.rows import ERROR, WARNING
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS

pytestmark = pytest.mark.property

RULES = Path(__file__).parents[1] / "data" / "rules"
#: what tells sessions and writers apart; a record that replaces another keeps it
_KEYS = ("host", "session", "process", "writer", "writer_id", "instance")
#: a whole backup, as bare events
BACKUP = (
    *("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot"),
    *("BackupComplete", "BackupShutdown"),
)
Record = dict[str, object]


def check(records: list[Record], path: Path) -> vssfsm.Run:
    """Judge *records* as a file, which is what repairs need."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return vssfsm.check(str(path))


def bare(event: object, keys: Record) -> Record:
    """Give the record of *event* that reports nothing."""
    return {"actor": "writer", "event": event} | {k: keys[k] for k in _KEYS if k in keys}


def edits_of(run: vssfsm.Run) -> list[Record]:
    """Give the edits of every finding, in the order of lines; the sort keeps what stands alike."""
    edits = [edit for item in run.findings for edit in item.repair]
    return sorted(edits, key=lambda edit: edit["line"])


def repaired(records: list[Record], edits: list[Record]) -> list[Record]:
    """Apply *edits* to *records*: insert before a line, drop it, replace it."""
    result: list[Record] = []
    for line in range(1, len(records) + 2):
        here = [edit for edit in edits if edit["line"] == line]
        keys = records[min(line, len(records)) - 1]
        result += [bare(edit["event"], keys) for edit in here if edit["op"] == "insert"]
        changes = [edit for edit in here if edit["op"] != "insert"]
        assert len(changes) <= (line <= len(records)), "two changes of one record"
        if changes and changes[0]["op"] == "replace":
            result.append(bare(changes[0]["event"], keys))
        elif not changes:
            result += records[line - 1 : line]
    return result


def accused(run: vssfsm.Run) -> list[tuple[int, str]]:
    """Give (line, rule) of each error and warning."""
    return [(i.line, i.rule) for i in run.findings if i.severity in (ERROR, WARNING)]


def assert_mended(records: list[Record], path: Path) -> None:
    """Apply the repairs of an accused session; one that is not accused has none."""
    run = check(records, path)
    edits = edits_of(run)
    assert [item.repair_cost for item in run.findings] == [len(i.repair) for i in run.findings]
    assert bool(edits) == bool(accused(run)), (records, edits)
    result = repaired(records, edits)
    again = check(result, path)
    assert accused(again) == [] or not result, (records, edits, accused(again))
    if edits and result:  # what is only owed is no mistake, and an empty trace proves nothing
        assert (again.verdict, again.inconclusive) == ("CONFORMS", ()), (records, edits)
        assert edits_of(again) == []


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one file that every example overwrites."""
    return tmp_path_factory.mktemp("repairs") / "t.jsonl"


# --- the law -----------------------------------------------------------------
@given(records=mutated_walks())
def test_repairs_mend_a_walk_that_went_wrong(records: list[Record], path: Path) -> None:
    """A mutated walk with all its repairs conforms and owes nothing."""
    if records:
        assert_mended([record | KEYS for record in records], path)


@given(walk=walks())
def test_a_legal_walk_needs_no_repair(walk: list[Step], path: Path) -> None:
    """A walk over permitted rows has no edit, whatever it still owes."""
    run = check(records_of(walk, **KEYS), path)
    assert edits_of(run) == []
    assert {item.repair_cost for item in run.findings} <= {0}


def _one_writer(name: Path) -> list[Record]:
    records = [json.loads(line) for line in name.read_text(encoding="utf-8").splitlines()]
    writers = {json.dumps([r.get(k) for k in _KEYS]) for r in records}
    of_writer = {record.get("actor") == "writer" for record in records} == {True}
    return records if of_writer and len(writers) == 1 else []


BAD = {
    name.name.removesuffix(".bad.jsonl"): records
    for name in sorted(RULES.glob("*.bad.jsonl"))
    if name.name[:3] in ("WTR", "STS", "FLR", "TIM") and (records := _one_writer(name))
}


@pytest.mark.parametrize("code", BAD)
def test_repairs_mend_the_bad_trace_of_a_rule(code: str, path: Path) -> None:
    """The bad trace of each rule about one writer conforms after its repairs."""
    assert_mended(BAD[code], path)


def test_bad_traces_are_there() -> None:
    """Most rules about writers have a bad trace of one writer."""
    families = [code[:3] for code in BAD]
    assert {name for name in ("WTR", "STS", "FLR", "TIM") if name in families} == set(families)
    assert families.count("WTR") > 20
    assert families.count("FLR") > 5


# --- minimality --------------------------------------------------------------
def _session(events: tuple[str, ...]) -> list[Record]:
    return [bare(event, KEYS) for event in events]


@pytest.mark.parametrize("missing", BACKUP[1:4])
def test_one_missing_event_is_one_insert(missing: str, path: Path) -> None:
    """A backup that lost one event between two others is mended by inserting just that."""
    at = BACKUP.index(missing)
    run = check(_session(BACKUP[:at] + BACKUP[at + 1 :]), path)
    assert edits_of(run) == [{"op": "insert", "line": at + 1, "event": missing}]
    assert sum(item.repair_cost for item in run.findings) == 1


@pytest.mark.parametrize("event", ["Thaw", "PostRestore", "PreRestore"])
@pytest.mark.parametrize("at", [1, 2, 5])
def test_one_stray_event_is_one_drop(event: str, at: int, path: Path) -> None:
    """An event that fits nowhere near is dropped from its line, and nothing else is touched."""
    run = check(_session((*BACKUP[:at], event, *BACKUP[at:])), path)
    assert len(edits_of(run)) == 1
    assert_mended(_session((*BACKUP[:at], event, *BACKUP[at:])), path)


def test_a_doubled_session_is_whole(path: Path) -> None:
    """The backup that the other cases damage needs no repair itself."""
    run = check(_session(BACKUP), path)
    assert (run.verdict, run.findings) == ("CONFORMS", ())


def test_every_event_can_be_inserted() -> None:
    """A repair speaks the words of the trace format."""
    assert set(BACKUP) <= set(LIFECYCLE_EVENTS)


@pytest.mark.parametrize("first", [["Initialize"], ["Initialize", "Subscribe", "Unsubscribe"]])
def test_an_event_without_a_subscription_is_mended(first: list[str], path: Path) -> None:
    """What was left out comes before the event: the writer subscribes."""
    calls: list[Record] = [
        {"actor": "writer", "instance": "i", "event": event, "state": 1, "outcome": "ok"}
        for event in ("PrepareBackup", "BackupComplete", "BackupShutdown")
    ]
    before: list[Record] = [{"actor": "writer", "instance": "i", "event": e} for e in first]
    lines = [*before, *calls]
    run = check(lines, path)
    assert [edit["event"] for edit in edits_of(run)] == ["Subscribe"]
    again = check(repaired(lines, edits_of(run)), path)
    assert (accused(again), again.verdict) == ([], "CONFORMS")
