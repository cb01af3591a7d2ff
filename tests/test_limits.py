"""Limits of the reference: each is known to the fast path, which gives way where it counts."""

import ast
import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import vssfsm
import vssfsm.monitor
from benchmarks.traces import records
from vssfsm import fast
from vssfsm.fast import beyond, limits, owners, scan, trace
from vssfsm.monitor import coupling, instances, requesters, retries, writers
from vssfsm.spec.hresults import HRESULTS

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
    for module in (writers, requesters):
        monkeypatch.setattr(module, "TOMBSTONES", MOST)
    monkeypatch.setattr(coupling, "SESSIONS_KEPT", MOST)
    monkeypatch.setattr(instances, "INSTANCES_KEPT", MOST)
    monkeypatch.setattr(retries, "PROCESSES_KEPT", MOST)
    monkeypatch.setattr(scan, "MOST_SESSIONS", MOST)
    monkeypatch.setattr(owners, "MOST_INSTANCES", MOST)
    monkeypatch.setattr(beyond, "MOST_PROCESSES", MOST)


def _backups(count: int, key: str) -> list[Record]:
    """Give backups that differ in their session and in *key*."""
    given = []
    for number in range(count):
        for record in BACKUP:
            more = {"session": f"s{number}", "process": "p", "time": None}
            if key != "process" or record["actor"] == "requester":
                more[key] = f"{key}{number}"
            given.append({**record, **more})
    return given


@pytest.mark.parametrize("count", [1, MOST + 1])
@pytest.mark.parametrize("key", ["session", "instance", "process"])
@pytest.mark.usefixtures("few")
def test_beyond_it_the_reference_judges(tmp_path: Path, key: str, count: int) -> None:
    """With as many as it remembers, most records are not given to it; with more, all are."""
    given = _backups(count, key)
    given.append(given[0])  # a session comes again that may have been forgotten
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f"{json.dumps(r)}\n" for r in given), encoding="utf-8")
    assert (trace.scan_file(str(path), None) is None) == (count > MOST)
    run = vssfsm.check(path, repair=False)
    assert run == vssfsm.check(path, repair=False, fast=False)
