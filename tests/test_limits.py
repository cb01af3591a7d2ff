"""Limits of the reference: each is known to the fast path, which gives way where it counts."""

import ast
import importlib
import json
import pkgutil
import tracemalloc
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from random import Random
from types import ModuleType

import pytest
from pieces import cut, merged

import vssfsm
import vssfsm.monitor
from benchmarks.traces import _EVENTS, records
from vssfsm import fast
from vssfsm.cli import main
from vssfsm.fast import beyond, limits, lines, owners, scan, tabular, trace, verdicts
from vssfsm.judging import Options
from vssfsm.monitor import instances, lives, retries
from vssfsm.monitor.scopes import Scope
from vssfsm.results import CONFORMS
from vssfsm.spec.hresults import HRESULTS
from vssfsm.summary import Settings, judge, summarise
from vssfsm.summary import scan as pieces
from vssfsm.testing.generate import legal

Record = dict[str, object]
_TWO = list(records(200, "backups", hosts=1, faulty=0))
BACKUP = [record for record in _TWO if record["session"] == _TWO[0]["session"]]
#: of several at once, the number of what a limit is for
MOST = 10


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(vssfsm.monitor.__path__):
        yield importlib.import_module(f"vssfsm.monitor.{found.name}")
    for name in ("core.coverage", "core.table", "core.track", "judging"):
        yield importlib.import_module(f"vssfsm.{name}")


def _numbers(module: ModuleType) -> Iterator[str]:
    """Give the names of numbers that may be limits: neither few nor many, and no codes."""
    assert module.__file__ is not None
    for node in ast.parse(Path(module.__file__).read_text("utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = getattr(module, node.target.id, None)
            if type(value) is int and 100 <= value < 10**8 and value not in HRESULTS.values():
                yield node.target.id


def test_every_limit_is_known() -> None:
    """Whoever adds one has to say what the fast path makes of it."""
    found = {(module.__name__.split(".")[-1], n) for module in _modules() for n in _numbers(module)}
    assert found == set(limits.LIMITS)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reference remember few of everything, and the scan know it."""
    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(lives, "TOMBSTONES", MOST)
    monkeypatch.setattr(instances, "INSTANCES_KEPT", MOST)
    monkeypatch.setattr(retries, "PROCESSES_KEPT", MOST)
    for module in (limits, scan, tabular, verdicts, pieces):
        monkeypatch.setattr(module, "MOST_SESSIONS", MOST)
    monkeypatch.setattr(owners, "MOST_INSTANCES", MOST)
    monkeypatch.setattr(beyond, "MOST_PROCESSES", MOST)


def _backups(count: int, key: str) -> list[Record]:
    """Give backups that differ in their session and in *key*."""
    given = []
    for number in range(count):
        for record in BACKUP:
            more = {"process": "p", "time": None, "session": f"s{number}"}
            if key != "process" or record["actor"] == "requester":
                more[key] = f"{key[0]}{number}"
            given.append({**record, **more})
    return given


@pytest.mark.parametrize("count", [1, MOST + 1])
@pytest.mark.parametrize("key", ["instance", "process"])
@pytest.mark.usefixtures("few")
def test_beyond_it_the_reference_judges(tmp_path: Path, key: str, count: int) -> None:
    """With as many as it remembers, most records are not given to it; with more, all are."""
    path = _written(tmp_path, _backups(count, key))
    assert (trace.scan_file(str(path), None) is None) == (count > MOST)
    run = vssfsm.check(path, repair=False)
    assert run == vssfsm.check(path, repair=False, fast=False)


def _written(where: Path, given: list[Record]) -> Path:
    path = where / "t.jsonl"
    path.write_text("".join(f"{json.dumps(r)}\n" for r in given), encoding="utf-8")
    return path


# --- sessions: those that are over are forgotten, and that changes nothing ----------
#: of a trace of more sessions than are remembered, the number of them
MANY = 4 * MOST
FORGOTTEN = "it was evicted from memory before its end"


def _alike(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[vssfsm.Run, list[int]]:
    """Judge a trace as a file of each format and as merged pieces; give how much was left."""
    monkeypatch.setattr(scan, "_WAITING", 2)
    monkeypatch.setattr(pieces, "WAITING", 2)
    left = []
    for name in ("jsonl", "csv", "parquet"):
        given = path.with_suffix(f".{name}")
        if name != "jsonl":
            assert main(["convert", str(path), "--to", name, "-o", str(given)]) == 0
        found = trace.scan_file if name == "jsonl" else partial(tabular.scan_table, name=name)
        scanned = found(str(given), release=None)
        left.append(-1 if scanned is None else len(scanned.wanted))
        assert vssfsm.check(given) == vssfsm.check(given, fast=False)
    wanted = vssfsm.check(path, fast=False)
    chance = Random(0)
    summary = merged([summarise(one, Settings()) for one in cut(path, 4, chance)], chance)
    judged = judge(summary, str(path), Options(None, "complete", "jsonl", bool))
    assert judged.findings == [*wanted.findings]
    assert [one for one in judged.sessions if one.verdict != CONFORMS] == [
        one for one in wanted.sessions if one.verdict != CONFORMS
    ]
    assert judged.coverage == wanted.coverage
    return wanted, left


@pytest.mark.usefixtures("few")
def test_sessions_that_are_over_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are, the reference gets those in question alone; and they are mended."""
    given = [record for one in _written_alone(MANY) for record in one]
    lost = next(n for n, r in enumerate(given) if r["event"] == "PostSnapshot")
    del given[lost]
    run, left = _alike(_written(tmp_path, given), monkeypatch)
    assert [one.session for one in run.sessions if one.verdict == "VIOLATES"] == ["s0"]
    assert any(item.repair for item in run.findings)
    assert max(left) < len(given) / MANY


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("last", ["Freeze", "BackupComplete"])
def test_who_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str) -> None:
    """One that owes something is remembered; one that owes nothing is not, and is not accused."""
    first, *others = _written_alone(MANY)
    at = max(n for n, record in enumerate(first) if record["event"] == last) + 1
    given = [*first[:at], *(record for other in others for record in other), *first[at:]]
    run, left = _alike(_written(tmp_path, given), monkeypatch)
    assert not any(item.severity in ("error", "warning") for item in run.findings)
    forgotten = [one.session for one in run.sessions if FORGOTTEN in one.reasons]
    assert forgotten == (["s0"] if last == "BackupComplete" else [])
    assert run.verdict == ("INCONCLUSIVE" if forgotten else "CONFORMS")
    assert max(left) < len(first) + 1


@pytest.mark.usefixtures("few")
def test_too_many_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those that owe something the oldest are forgotten, too; then it is not known what for."""
    given = [r for one in _written_alone(3 * MOST) for r in one if r["event"] != "BackupComplete"]
    given = [record for record in given if record["event"] != "BackupShutdown"]
    run, left = _alike(_written(tmp_path, given), monkeypatch)
    assert left == [-1, -1, -1]
    forgotten = [one for one in run.sessions if FORGOTTEN in one.reasons]
    assert len(forgotten) == 2 * MOST
    assert {one.verdict for one in forgotten} == {"INCONCLUSIVE"}


def _written_alone(count: int) -> list[list[Record]]:
    """Give what the writers of backups recorded, by session."""
    written = (record for record in _backups(count, "session") if record["actor"] == "writer")
    return [[*records] for _, records in groupby(written, lambda record: record["session"])]


@pytest.mark.parametrize("comes_again", [False, True])
def test_sessions_that_do_not_say_that_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, comes_again: bool
) -> None:
    """They are judged when they were silent for long; where one goes on, nothing is lost."""
    for name, value in (("_SILENT", 200), ("_MORE", 5), ("_WAITING", 2)):
        monkeypatch.setattr(scan, name, value)
    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(lines, "BLOCK", 5_000)
    given = [
        record
        for one in _written_alone(MANY)
        for record in one
        if record["event"] != "BackupShutdown"
    ]
    given += [given[0] | {"event": "Thaw"}] * comes_again
    path = _written(tmp_path, given)
    found = trace.scan_file(str(path), None)
    assert found is not None
    assert found.wanted == (list(range(1, len(given) + 1)) if comes_again else [])
    assert found._scan._most_open < MANY / 2
    assert vssfsm.check(path) == vssfsm.check(path, fast=False)


def _alone(events: dict[str, str], count: int, seed: int) -> Iterator[list[bytes]]:
    """Give the lines of sessions of one writer, one behind the other, in lists."""
    keys = {"time": "2026-01-01T00:00:00Z", "actor": "writer", "host": "h", "instance": "i"}
    said = [keys | {"session": "?", "event": each, "state": events[each]} for each in events]
    text = "".join(f"{json.dumps(each | {'outcome': 'ok'})}\n" for each in said)
    chance = Random(seed)
    for _ in range(0, count, 1_000):
        names = (f"{chance.getrandbits(128):032x}" for _ in range(1_000))
        yield "".join(text.replace("?", name) for name in names).encode().splitlines(keepends=True)


def _take(found: scan.Scan, events: dict[str, str], count: int, before: int = 0) -> int:
    """Let a scan take sessions behind so many lines; give the number of lines."""
    for given in _alone(events, count, before):
        found.take(given, before)
        before += len(given)
    return before


def test_of_a_session_that_is_over_its_name_is_left_in_few_bytes() -> None:
    """So many sessions as there may be in ten million records fit beside all else."""
    found = scan.Scan(None)
    before = _take(found, _EVENTS, 1_000)
    tracemalloc.start()
    try:
        _take(found, _EVENTS, 5_000, before)
        assert found.begun == 6_000
        assert tracemalloc.get_traced_memory()[0] / 5_000 < 32
    finally:
        tracemalloc.stop()


def test_of_a_session_that_the_reference_forgot_little_is_left() -> None:
    """Its verdict is told at the end, so what it counts stays, and nothing that is empty."""
    kept: list[Scope | None] = [None] * 1_000
    tracemalloc.start()
    try:
        for at in range(len(kept)):
            kept[at] = Scope()
        assert tracemalloc.get_traced_memory()[0] / len(kept) < 160
    finally:
        tracemalloc.stop()


def test_sessions_that_may_be_over_are_not_kept_for_long() -> None:
    """If they do not say that they end, they are forgotten before they are very many."""
    restores = {"PreRestore": "STABLE", "PostRestore": "STABLE"}
    found = scan.Scan(None)
    _take(found, restores, 180_000)
    assert found._most_open < 140_000
    found.finish()
    assert sum(len(host.sound) + len(host.silent) for host in found.hosts) == found.begun == 180_000
    assert not any(host.spreads or host.sessions for host in found.hosts)


@pytest.mark.usefixtures("few")
def test_who_comes_again_beside_a_writer_in_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session is forgotten as a whole, also where the reference needs one writer's part alone."""
    first, *others = _written_alone(MANY)
    whos = list(dict.fromkeys(str(record["instance"]) for record in first))
    failed = {"state": "FAILED_AT_FREEZE", "failure": "VSS_E_WRITERERROR_NONRETRYABLE"}
    early = [record for record in first if record["instance"] == whos[0]][:3]
    early[2] = {**early[2], "outcome": "veto", **failed}
    early += [{**early[0], "event": "Abort"}, {**early[0], "event": "BackupShutdown"}]
    late = [record for record in first if record["instance"] == whos[1]]
    given = [*early, *late[:-1], *(record for other in others for record in other), late[-1]]
    run, _ = _alike(_written(tmp_path, given), monkeypatch)
    assert [one.session for one in run.sessions if FORGOTTEN in one.reasons] == ["s0"]
    assert run.verdict == "INCONCLUSIVE"


# --- what is forgotten is a hole, and accuses nobody --------------------------------------
REQUESTER: Record = {"actor": "requester"}
WRITER: Record = {"actor": "writer", "instance": "i", "outcome": "ok"}
CHAIN = (
    *("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot", "BackupComplete"),
    "BackupShutdown",
)
NOBODY = 10**6


def _told(events: str, record: Record, **keys: object) -> list[Record]:
    return [{**record, "event": event, **keys} for event in events.split()]


def _judged(where: Path, given: list[Record]) -> vssfsm.Run:
    return vssfsm.check(_written(where, given), fast=False, repair=False)


def _accused(where: Path, given: list[Record]) -> list[str]:
    """Give the codes of errors and warnings."""
    return [item.rule for item in _judged(where, given).findings if item.severity != "info"]


_CREATED = "CreateVssBackupComponents InitializeForBackup"
LOOSE = {
    "a host turns up": [
        *_told(_CREATED, REQUESTER, session="s"),
        *_told("CreateVssBackupComponents", REQUESTER, session="t"),
        *_told("SetBackupState", REQUESTER, session="s", host="h"),
    ],
    "a session turns up": [
        *_told("PrepareBackup PrepareSnapshot Freeze", WRITER, host="h"),
        *_told("PrepareBackup PrepareSnapshot Freeze", WRITER, host="g"),
        *_told("Thaw", WRITER, host="h", session="s"),
    ],
    "what was held": [
        *_told(" ".join(CHAIN).replace("PrepareSnapshot ", ""), WRITER, session="s"),
        *_told(" ".join(CHAIN), WRITER, session="t"),
        *_told("PrepareBackup", WRITER, session="u", host="h"),
    ],
    "what was released": [
        *_told(f"{_CREATED} GatherWriterMetadata Release", REQUESTER, session="s"),
        *_told("BackupComplete", REQUESTER, session="s"),
        *_told("CreateVssBackupComponents", REQUESTER, session="u", host="h"),
    ],
}


@pytest.mark.parametrize("most", [1, NOBODY])
@pytest.mark.parametrize("name", LOOSE)
def test_sessions_that_were_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    """Records that turn out to lack a key are holes, also where they are forgotten."""
    monkeypatch.setattr(lives, "TOMBSTONES", most)
    assert _accused(tmp_path, LOOSE[name]) == []
    doubts = _judged(tmp_path, LOOSE[name]).inconclusive
    assert any("lack a key" in doubt for doubt in doubts)
    assert not any("evicted" in doubt for doubt in doubts)


def test_one_with_its_keys_is_accused(
    tmp_path,
) -> None:
    """The same records, all with their host, are of one session each."""
    given = [{**record, "host": "h"} for record in LOOSE["what was held"]]
    assert _accused(tmp_path, given) == ["WTR102"]


OTHERS = [
    record
    for name in ("j", "k")
    for record in _told(" ".join(CHAIN), WRITER, instance=name, session="o", host="h")
]


@pytest.mark.parametrize("most", [1, NOBODY])
def test_instances_that_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Behind instances that were forgotten, one may have subscribed before, or not."""
    monkeypatch.setattr(instances, "INSTANCES_KEPT", most)
    new = _told("Initialize Subscribe", WRITER, host="h")
    assert _accused(tmp_path, [*OTHERS, *new]) == []
    life = [*new, *_told("Unsubscribe", WRITER, host="h")]
    assert _accused(tmp_path, [*life, *OTHERS, *life[1:]]) == []
    assert _accused(tmp_path, [*life, *OTHERS, *new]) == []


@pytest.mark.parametrize("most", [1, NOBODY])
def test_instances_with_budgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """A freeze is not measured against the default where the writer's own budget is forgotten."""
    monkeypatch.setattr(instances, "INSTANCES_KEPT", most)
    budget = {"timeout_ms": 600_000}
    mine = _told(" ".join(CHAIN), WRITER, session="s", host="h")
    at = [{**one, "time": 10**9 * (120 if n > 2 else n)} for n, one in enumerate(mine)]
    told = _told("Initialize Subscribe", WRITER, host="h", args=budget)
    assert _accused(tmp_path, [*told, *at[:3], *OTHERS, *at[3:]]) == []
    assert _accused(tmp_path, [*told, *at[:1], {"event": 5}, *at[1:]]) == ["INP103"]
    if most == NOBODY:
        assert _accused(tmp_path, at) == ["TIM102"]


@pytest.mark.usefixtures("few")
def test_one_whose_call_runs_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gathers on its host is told of it, whatever came between."""
    pending = {"of": "GatherWriterMetadata", "async_result": "VSS_S_ASYNC_PENDING"}
    running = [
        {**REQUESTER, "event": "QueryStatus", **pending},
        *_told("GatherWriterStatus", REQUESTER),
    ]
    given = [{**record, "session": "a", "host": "h"} for record in running]
    given += [record for one in _written_alone(MANY) for record in one]
    given += _told(
        f"{_CREATED} GatherWriterStatus FreeWriterStatus Release", REQUESTER, session="b", host="h"
    )
    run, _ = _alike(_written(tmp_path, given), monkeypatch)
    assert "REQ324" in [item.rule for item in run.findings]


@pytest.mark.parametrize("most", [1, NOBODY])
def test_one_object_does_not_repeat_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """A call that one process repeats for an object is no other object's, forgotten or not."""
    monkeypatch.setattr(lives, "TOMBSTONES", most)
    keys: Record = {"session": "s", "host": "h", "process": "p"}
    prepare = {**REQUESTER, "event": "PrepareForBackup", "process": "q"}
    failed = {"of": "PrepareForBackup", "async_result": "VSS_E_UNEXPECTED_PROVIDER_ERROR"}
    before = [
        *_told(f"{_CREATED} SetBackupState GatherWriterMetadata StartSnapshotSet", REQUESTER),
        {**prepare, "time": 0},
        {**prepare, "event": "QueryStatus", **failed, "time": 0},
    ]
    after = [*_told(f"{_CREATED} IsVolumeSupported", REQUESTER)[2:], {**prepare, "time": 10**9}]
    others = [
        {**record, "session": name, "host": "g"}
        for name in ("t", "u")
        for record in _told("PrepareBackup PrepareSnapshot Freeze", WRITER)
    ]
    given = [*({**keys, **one} for one in before), *others, *({**keys, **one} for one in after)]
    assert "TIM201" not in _accused(tmp_path, given)
    others = [{**keys, **one, "session": "x"} for one in [*before[:-2], *after]]
    assert "TIM201" in _accused(tmp_path, [*({**keys, **one} for one in before), *others])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("role", ["requester", "writer", "session"])
def test_legal_traces_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: str, seed: int
) -> None:
    """Where next to nothing is remembered of traces that go on in turn, nobody is accused."""
    for module, name in (
        (lives, "TOMBSTONES"),
        (instances, "INSTANCES_KEPT"),
        (retries, "PROCESSES_KEPT"),
    ):
        monkeypatch.setattr(module, name, 1)
    chance = Random(seed)
    traces = [legal(role, seed=seed, number=number) for number in range(12)]
    given: list[Record] = []
    while traces:
        one = chance.choice(traces)
        length = chance.randint(1, 20)
        given += one[:length]
        del one[:length]
        traces = [trace for trace in traces if trace]
    assert _accused(tmp_path, given) == []
    assert "evicted" in "".join(_judged(tmp_path, given).inconclusive)


def test_open_sessions_are_small() -> None:
    """A million of them may be open at once: one more mark of each is 16 MiB."""
    assert owners.Session.__basicsize__ <= 128
