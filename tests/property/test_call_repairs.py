"""Law 6 for requesters: all repairs of a session, applied together, make it conform; none less."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vssfsm
from vssfsm.core import group, space
from vssfsm.core.align import align
from vssfsm.core.reader import Plain
from vssfsm.core.record import Record, Symbol
from vssfsm.core.track import Step
from vssfsm.monitor import aligning, requesters, table
from vssfsm.monitor.calls import NO, YES, Memory
from vssfsm.spec.catalogue import REGIONS, RULES
from vssfsm.spec.edits import ALTERNATIVES, COST_OF, DROP, EDITS, INSERT, NOT_INSERTED, REPLACE
from vssfsm.spec.regions import NEEDERS
from vssfsm.spec.rows import ERROR, INFO, WARNING

pytestmark = pytest.mark.property

TRACES = Path(__file__).parents[1] / "data" / "rules"
_KEYS = ("host", "session", "process")
Line = dict[str, object]


def call(event: str, of: str = "", **more: object) -> Line:
    """Give a requester's record."""
    return {"actor": "requester", "event": event} | ({"of": of} if of else {}) | more


def told(name: str) -> list[Line]:
    """Give an asynchronous call that is waited for and asked."""
    finished = {"async_result": "VSS_S_ASYNC_FINISHED"}
    return [call(name), call("Wait", name), call("QueryStatus", name, **finished)]


def _round() -> list[Line]:
    names = ("GetWriterStatusCount", "GetWriterStatus", "FreeWriterStatus")
    return [*told("GatherWriterStatus"), *map(call, names)]


#: a whole backup that tells how its asynchronous calls end; without results it is a folded one
BACKUP = [
    *map(call, ("CreateVssBackupComponents", "InitializeForBackup", "SetBackupState")),
    *told("GatherWriterMetadata"),
    *map(call, ("GetWriterMetadataCount", "GetWriterMetadata", "StartSnapshotSet")),
    *map(call, ("AddToSnapshotSet", "AddComponent")),
    *told("PrepareForBackup"),
    *_round(),
    *told("DoSnapshotSet"),
    *_round(),
    *map(call, ("GetSnapshotProperties", "SetBackupSucceeded")),
    *told("BackupComplete"),
    *_round(),
    *map(call, ("SaveAsXML", "Release")),
]
FOLDED = [line for line in BACKUP if "of" not in line]


def check(lines: list[Line], path: Path) -> vssfsm.Run:
    """Judge *lines* as a file, which is what repairs need."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return vssfsm.check(str(path))


def edits_of(run: vssfsm.Run) -> list[Line]:
    """Give the edits of every finding, in the order of lines; the sort keeps what stands alike."""
    edits = [edit for item in run.findings for edit in item.repair]
    return sorted(edits, key=lambda edit: edit["line"])


def repaired(lines: list[Line], edits: list[Line]) -> list[Line]:
    """Apply *edits* to *lines*: insert before a line, drop it, replace it."""
    result: list[Line] = []
    for number in range(1, len(lines) + 2):
        here = [edit for edit in edits if edit["line"] == number]
        keys = lines[min(number, len(lines)) - 1]
        kept = {key: keys[key] for key in _KEYS if key in keys}
        bare = [kept | call(str(e["event"]), str(e.get("of", ""))) for e in here]
        result += [line for line, e in zip(bare, here, strict=True) if e["op"] == INSERT]
        result += [line for line, e in zip(bare, here, strict=True) if e["op"] == REPLACE]
        changes = [edit for edit in here if edit["op"] != INSERT]
        assert len(changes) <= (number <= len(lines)), "two changes of one record"
        if not changes:
            result += lines[number - 1 : number]
    return result


def accused(run: vssfsm.Run) -> list[tuple[int, str]]:
    """Give (line, rule) of each error and warning."""
    return [(i.line, i.rule) for i in run.findings if i.severity in (ERROR, WARNING)]


def assert_mended(lines: list[Line], path: Path) -> None:
    """Apply the repairs of an accused session; one that is not accused has none."""
    run = check(lines, path)
    edits = edits_of(run)
    assert sum(i.repair_cost for i in run.findings) == sum(COST_OF[str(e["op"])] for e in edits)
    assert bool(edits) == bool(accused(run)), (lines, edits)
    again = check(repaired(lines, edits), path)
    assert accused(again) == [], (lines, edits, accused(again))
    if edits:
        assert (again.verdict, again.inconclusive) == ("CONFORMS", ()), (lines, edits)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give one file that every example overwrites."""
    return tmp_path_factory.mktemp("repairs") / "t.jsonl"


# --- the law -----------------------------------------------------------------
@st.composite
def damaged(draw: st.DrawFn) -> list[Line]:
    """Damage a whole backup in up to three places: lost, doubled and swapped records."""
    lines = list(draw(st.sampled_from((BACKUP, FOLDED))))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(1, len(lines) - 1))
        kind = draw(st.sampled_from(("lost", "doubled", "swapped")))
        if kind == "lost":
            del lines[at]
        elif kind == "doubled":
            lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
        else:
            lines[at - 1 : at + 1] = lines[at - 1 : at + 1][::-1]
    keys = draw(st.sampled_from(({}, {"host": "h", "session": "s"})))
    return [line | keys for line in lines]


def repairs_of(sessions: list[list[Line]], path: Path, size: int) -> list[tuple[object, ...]]:
    """Give what findings say of repairs, with so much room for what sessions share."""
    aligning._align_alike.cache_clear()
    groups = group.Groups(size)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(space, "group_of", groups.of)
        run = check([line for session in sessions for line in session], path)
    return [(i.line, i.rule, i.repair, i.repair_cost, i.repair_alternatives) for i in run.findings]


@pytest.mark.long
@settings(max_examples=10)
@given(sessions=st.lists(damaged(), min_size=2, max_size=4), size=st.integers(1, 5_000))
def test_what_sessions_share_changes_no_repair(
    sessions: list[list[Line]], size: int, path: Path
) -> None:
    """With room for everything, for a part of it, and for nothing, found anew for each session."""
    apart = [
        [line | {"host": f"h{number}", "session": "s"} for line in session]
        for number, session in enumerate(sessions)
    ]
    alone = repairs_of(apart, path, 0)
    assert repairs_of(apart, path, size) == alone
    assert repairs_of(apart, path, group.KEPT) == alone


@given(lines=damaged())
def test_repairs_mend_a_damaged_backup(lines: list[Line], path: Path) -> None:
    """A damaged backup with all its repairs conforms and owes nothing."""
    assert_mended(lines, path)


@pytest.mark.parametrize("lines", [BACKUP, FOLDED], ids=["told", "folded"])
def test_a_whole_backup_needs_no_repair(lines: list[Line], path: Path) -> None:
    """The backups that the other cases damage have no finding themselves."""
    run = check(lines, path)
    assert (run.verdict, edits_of(run), run.findings) == ("CONFORMS", [], ())


def _bad(name: Path) -> list[Line]:
    return [json.loads(line) for line in name.read_text(encoding="utf-8").splitlines()]


BAD = {
    name.name.removesuffix(".bad.jsonl"): _bad(name)
    for name in sorted(TRACES.glob("*.bad.jsonl"))
    if name.name[:3] in ("REQ", "RET")
}
#: rules that only ever give notes: what they say is no mistake, so nothing is repaired
NOTES = frozenset(code for code, rule in RULES.items() if rule.severity == INFO)


@pytest.mark.parametrize("code", BAD)
def test_repairs_mend_the_bad_trace_of_a_rule(code: str, path: Path) -> None:
    """The bad trace of each rule about requesters has a repair, and conforms after it."""
    run = check(BAD[code], path)
    assert bool(edits_of(run)) == (code not in NOTES)
    assert_mended(BAD[code], path)


def test_every_rule_of_the_regions_is_tried() -> None:
    """Each rule of the requester's regions has a bad trace here."""
    regions = [region for region in REGIONS.values() if region.scope == "requester"]
    assert {row.code for region in regions for row in region.rows if row.name} <= set(BAD)


# --- examples ----------------------------------------------------------------
def _without(event: str, of: str = "") -> list[Line]:
    at = next(i for i, x in enumerate(BACKUP) if (x["event"], x.get("of", "")) == (event, of))
    return BACKUP[:at] + BACKUP[at + 1 :]


def test_a_missing_call_is_inserted(path: Path) -> None:
    """
    A backup without SetBackupState is mended by it, at the place nearest to the finding.

    It can be inserted in nine places, or take that of one of six records that nothing depends on.
    """
    run = check(_without("SetBackupState"), path)
    (edit,) = edits_of(run)
    assert edit == {"op": "insert", "line": 11, "event": "SetBackupState"}
    assert [item.repair_alternatives for item in run.findings if item.repair] == [9 + 6]


def test_a_missing_wait_names_its_call(path: Path) -> None:
    """Where a session tells how its calls end, one that is not waited for lacks its Wait."""
    lines = [line for line in BACKUP if line.get("of") != "PrepareForBackup"]
    assert edits_of(check(lines, path)) == [
        {"op": "insert", "line": 13, "event": "Wait", "of": "PrepareForBackup"}
    ]


def test_a_reported_pair_becomes_a_bare_call(path: Path) -> None:
    """A status that is no pair is read without it: dropping the call would break the round."""
    lines = [
        line | {"state": 99, "writer": "w"} if line["event"] == "GetWriterStatus" else line
        for line in BACKUP
    ]
    run = check(lines, path)
    assert {(e["op"], e["event"]) for e in edits_of(run)} == {("replace", "GetWriterStatus")}
    assert_mended(lines, path)


def test_repairs_of_one_session_leave_another_alone(path: Path) -> None:
    """Interleaved sessions are mended apart."""
    pairs = zip(_without("SetBackupState"), BACKUP[1:], strict=True)
    lines = [BACKUP[0] | {"session": "b"}]
    lines += [x | {"session": s} for a, b in pairs for x, s in ((a, "a"), (b, "b"))]
    assert_mended(lines, path)
    assert len(edits_of(check(lines, path))) == 1


# --- exactness ---------------------------------------------------------------
SMALL = ("metadata", "context", "success", "description")
EVENTS = tuple(dict.fromkeys(e for name in SMALL for e in table(name).events))
_LESS_THAN_WARNING = (0, 0, 1 << 30)


def _advance(beliefs: tuple, event: str) -> tuple | None:
    """Step every belief of the oracle by a bare event; None where a region forbids it."""
    after = []
    for name, belief in zip(SMALL, beliefs, strict=True):
        if event in table(name).events:
            moved = oracle.step(name, dict(belief), Symbol(event))
            moved = {s: c for s, c in moved.items() if c < _LESS_THAN_WARNING}
            if not moved:
                return None
            least = min(moved.values())
            spare = [
                (state, tuple(a - b for a, b in zip(cost, least, strict=True)))
                for state, cost in moved.items()
            ]
            belief = tuple(sorted(spare))  # noqa: PLW2901 - the next one
        after.append(belief)
    return tuple(after)


@cache
def _scripts(events: tuple[str, ...], beliefs: tuple, left: int) -> int:
    """Count the lists of *left* edits that make *events* permitted, each with some effect."""
    ways = 0
    if not events:
        ways += left == 0
    else:
        kept = _advance(beliefs, events[0])
        ways += _scripts(events[1:], kept, left) if kept else 0
        ways += _scripts(events[1:], beliefs, left - 1) if left else 0
    for event in EVENTS if left else ():
        there = None if event in NOT_INSERTED else _advance_freely(beliefs, event)
        if there not in (None, beliefs):
            ways += _scripts(events, there, left - 1)
            ways += _scripts(events[1:], there, left - 1) if events else 0
    return ways


@cache
def _advance_freely(beliefs: tuple, event: str) -> tuple | None:
    notes = [
        min(oracle.step(name, dict(b), Symbol(event)).values())
        for name, b in zip(SMALL, beliefs, strict=True)
        if event in table(name).events
    ]
    return _advance(beliefs, event) if all(note == (0, 0, 0) for note in notes) else None


@given(events=st.lists(st.sampled_from(EVENTS), max_size=6).map(tuple))
def test_no_repair_is_cheaper_and_all_are_counted(events: tuple[str, ...]) -> None:
    """Brute force over all lists of edits finds none with fewer, and as many with as few."""
    start = tuple(((REGIONS[name].initial, (0, 0, 0)),) for name in SMALL)
    steps = [Step(Symbol(event), line, event) for line, event in enumerate(events, 1)]
    insertable = [event for event in EVENTS if event not in NOT_INSERTED]
    found = align([table(name) for name in SMALL], steps, reader=Plain(Step, insertable))
    assert found is not None
    cost = len(found.edits)
    assert [_scripts(events, start, left) for left in range(cost)] == [0] * cost
    assert min(_scripts(events, start, cost), ALTERNATIVES) == found.alternatives


def _single_edits(lines: list[Line]) -> Iterator[Line]:
    events = {e for r in REGIONS.values() if r.scope == "requester" for w in r.rows for e in w.on}
    bare = [{"event": event} for event in sorted(events - NOT_INSERTED)]
    bare += [{"event": "Wait", "of": name} for name in NEEDERS]
    for number in range(1, len(lines) + 2):
        yield from ({"op": INSERT, "line": number} | item for item in bare)
        if number <= len(lines):
            yield {"op": DROP, "line": number, "event": lines[number - 1]["event"]}
            yield from ({"op": REPLACE, "line": number} | item for item in bare)


def _folds(lines: list[Line]) -> str:
    memory = Memory()
    for line in lines:
        _, memory = memory.learn(Record(event=str(line["event"]), of=line.get("of")))
    return memory.state


def _conforms(lines: list[Line]) -> bool:
    monitor = vssfsm.Monitor()
    found = [item for line in lines for item in monitor.feed(line)] + monitor.close()
    return {item.severity for item in found} <= {"info"} and not any(
        item.rule == "REQ701" for item in found
    )


OPENING = BACKUP[:2]
SHORT = {
    "no-object": [call("Query"), call("Release")],
    "wait-missing": [*OPENING, *told("GatherWriterMetadata")[:2], call("GatherWriterStatus"),
                     call("GetWriterStatusCount"), call("FreeWriterStatus"), call("Release")],
    "two-waits-missing": [*OPENING, *told("GatherWriterMetadata"), call("GatherWriterStatus"),
                          call("GatherWriterStatus"), call("Release")],
    "result-of-nothing": [*OPENING, call("QueryStatus", "DoSnapshotSet", async_result=0x42309),
                          call("Release")],
    "twice-gathered": [*OPENING, call("GatherWriterMetadata"), call("GetWriterMetadata"),
                       call("GatherWriterMetadata"), call("Release")],
    "nothing-prepared": [*OPENING, call("StartSnapshotSet"), call("DoSnapshotSet"),
                         call("AbortBackup"), call("Release")],
    "after-release": [*OPENING, call("Release"), call("Query")],
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", SHORT)
def test_no_single_edit_mends_what_takes_two(
    name: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every single edit is tried: one mends the session exactly if its repair is one edit."""
    lines = [line | {"session": "s"} for line in SHORT[name]]
    edits = edits_of(check(lines, path))
    assert edits
    # What is tried needs no repair.
    monkeypatch.setattr(requesters, "align_calls", lambda *_, **__: None)
    kept_apart = _folds(lines) == NO
    mending = (
        edit
        for edit in _single_edits(lines)
        if _conforms(mended := repaired(lines, [edit]))
        and not (kept_apart and _folds(mended) == YES)
    )
    assert (next(mending, None) is not None) == (len(edits) == 1), edits


# --- costs -------------------------------------------------------------------
def test_costs_are_sound() -> None:
    """Every kind of edit costs something; a replacement is no cheaper way to drop a record."""
    assert {edit.op for edit in EDITS} == {INSERT, DROP, REPLACE}
    assert min(COST_OF.values()) > 0
    assert COST_OF[DROP] <= COST_OF[REPLACE]
