"""A file that grows, and runs that are interrupted: the report is that of an undisturbed check."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import vssfsm
from benchmarks.traces import records
from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.fast import scan as fast_scan
from vssfsm.summary import condense, scan, state

FOLLOWER = Path(__file__).with_name("follower.py")
CHUNK = 20_000


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Give a trace with faults."""
    given = list(records(600, "writers", hosts=2, faulty=0.2))
    path = tmp_path / "t.jsonl"
    path.write_text("".join(f"{json.dumps(r)}\n" for r in given), encoding="utf-8")
    return path


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a state often, and close sessions soon."""
    monkeypatch.setattr(condense, "CHUNK", CHUNK)
    monkeypatch.setattr(condense, "_READ", CHUNK)
    monkeypatch.setattr(state, "_READ", CHUNK)
    monkeypatch.setattr(fast_scan, "_WAITING", 3)
    monkeypatch.setattr(scan, "WAITING", 3)


def _check(path: Path, *more: str) -> tuple[int, str]:
    report = path.with_name("report.json")
    code = main(["check", str(path), "--output-format", "json", "-o", str(report), *more])
    return code, report.read_text("utf-8")


def _load(path: Path) -> state.State:
    found = state._load(str(path))
    assert found is not None
    return found


# --- growing -------------------------------------------------------------------
@pytest.mark.long
@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("seed", range(3))
def test_growing(tmp_path: Path, trace: Path, seed: int) -> None:
    """Whatever is there is judged, also a last line without an end; nothing is read twice."""
    whole = trace.read_bytes()
    kept = tmp_path / "state"
    chance = random.Random(seed)
    last = -1
    for end in [0, *sorted(chance.randint(1, len(whole)) for _ in range(4)), len(whole)]:
        trace.write_bytes(whole[:end])
        want = _check(trace)
        assert _check(trace, "--state", str(kept)) == want
        assert _check(trace, "--state", str(kept)) == want
        found = _load(kept)
        assert last < found.offset <= end or end == 0
        assert found.offset == whole[:end].rfind(b"\n") + 1
        assert found.lines == whole[: found.offset].count(b"\n")
        last = found.offset - 1
    assert found.facts is not None
    assert sum(len(host.over) for host in found.facts.hosts) > 1


@pytest.mark.usefixtures("_small")
def test_what_is_closed_is_not_read_again(tmp_path: Path, trace: Path) -> None:
    """What is over is kept as counts."""
    kept = tmp_path / "state"
    want = _check(trace, "--state", str(kept))
    facts = _load(kept).facts
    assert facts is not None
    assert len(facts.numbers) < 400
    assert len(facts.numbers) > 20
    assert _check(trace, "--state", str(kept)) == want


def test_unfit(tmp_path: Path, trace: Path) -> None:
    """A record that may be of any session: all is judged from the start each time."""
    kept = tmp_path / "state"
    with trace.open("ab") as file:
        file.write(b'{"actor":"writer","event":"Freeze"}\n')
    assert _check(trace, "--state", str(kept)) == _check(trace)
    assert _load(kept).facts is None
    with trace.open("ab") as file:
        file.write(trace.read_bytes().splitlines(keepends=True)[0])
    assert _check(trace, "--state", str(kept)) == _check(trace)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("more", [{"thread": 0}, {"process": ""}, {"ended": 10**18}])
def test_values_beside(tmp_path: Path, trace: Path, more: dict[str, object]) -> None:
    """Values that change from line to line are cut out of new lines, too."""
    kept = tmp_path / "state"
    lines = [json.loads(line) for line in trace.read_text("utf-8").splitlines()]
    for n, record in enumerate(lines):
        record.update({key: type(value)(n) for key, value in more.items()})
    whole = "".join(f"{json.dumps(record)}\n" for record in lines)
    for end in (len(whole) // 2, len(whole)):
        trace.write_text(whole[:end], encoding="utf-8")
        assert _check(trace, "--state", str(kept)) == _check(trace)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("event", ["Freeze", "Nothing"])
def test_line_of_a_closed_session(tmp_path: Path, trace: Path, event: str) -> None:
    """What may belong to a session that is over is told of it, whether it can be read or not."""
    kept = tmp_path / "state"
    for _ in range(2):
        _check(trace, "--state", str(kept))
        facts = _load(kept).facts
        assert facts is not None
        (host, *_) = [each for each in facts.hosts if each.over]
        keys = {"actor": "writer", "host": host.name, "session": host.over[0], "event": event}
        with trace.open("ab") as file:
            file.write(json.dumps({**keys, "instance": "i"}).encode() + b"\n")
        assert _check(trace, "--state", str(kept)) == _check(trace)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 4))]
)
def test_broken_lines(tmp_path: Path, trace: Path, seed: int) -> None:
    """Lines that cannot be read do not make it start over."""
    chance = random.Random(seed)
    lines = trace.read_bytes().splitlines(keepends=True)
    for _ in range(1 + 3 * seed):
        at = chance.randrange(len(lines))
        lines[at] = (
            lines[at][: chance.randrange(len(lines[at]) - 1)] + b"\n",
            lines[at].replace(b'"event": "', b'"event": "No'),
            b'{"event":"Nothing","host":"host-00001"}\n',
        )[chance.randrange(3)]
    whole = b"".join(lines)
    kept = tmp_path / "state"
    last = 0
    for end in [*sorted(chance.randint(1, len(whole)) for _ in range(4)), len(whole)]:
        trace.write_bytes(whole[:end])
        assert _check(trace, "--state", str(kept)) == _check(trace)
        found = _load(kept)
        assert found.facts is not None
        assert found.offset >= last
        last = found.offset
    assert found.facts is not None
    assert sum(len(host.over) for host in found.facts.hosts) > 1


def test_marked(tmp_path: Path, trace: Path) -> None:
    """A mark of UTF-8 is no part of the first line."""
    trace.write_bytes(b"\xef\xbb\xbf" + trace.read_bytes())
    kept = str(tmp_path / "state")
    assert _check(trace, "--state", kept) == _check(trace)
    assert _check(trace, "--state", kept) == _check(trace)


# --- another file ----------------------------------------------------------------
def test_shrunk_or_changed(tmp_path: Path, trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that was cut, turned or written anew is named, and judged from its start."""
    kept = str(tmp_path / "state")
    whole = trace.read_bytes()
    lines = whole.splitlines(keepends=True)
    _check(trace, "--state", kept)
    assert capsys.readouterr().err == ""
    for content, said in (
        (b"".join(lines[:100]), "is shorter than before"),
        (b"".join([*lines[1:], *lines]), "is another one than before"),
        (whole, "is shorter than before"),
    ):
        trace.write_bytes(content)
        assert _check(trace, "--state", kept) == _check(trace)
        assert said in capsys.readouterr().err
    assert _check(trace, "--release", "2019", "--state", kept) == _check(trace, "--release", "2019")
    assert "another --release" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.jsonl", "empty"])
def test_what_cannot_be_read_is_told_as_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A trace that is not there gives the report and the exit code of `check`."""
    (tmp_path / "empty").mkdir()
    path, kept = str(tmp_path / name), str(tmp_path / "state")
    code = main(["check", path])
    want = capsys.readouterr()
    assert main(["check", path, "--state", kept]) == code == 3
    assert capsys.readouterr() == want
    assert not os.path.exists(kept)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_no_pipe_is_waited_for(
    tmp_path: Path, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a state nor what is followed is a pipe or a device."""
    pipe, kept = tmp_path / "pipe", tmp_path / "state"
    os.mkfifo(pipe)
    for given in (
        [str(trace), "--state", str(pipe)],
        [str(trace), "--state", os.devnull],
        [str(pipe), "--state", str(kept)],
        [os.devnull, "--state", str(kept)],
    ):
        assert main(["check", *given]) == 2, given
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert main(["check", str(trace), "--state", str(kept)]) == main(["check", str(trace)])
    assert kept.is_file()


def test_refused(tmp_path: Path, trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be followed, or be a state, is refused; nothing is lost."""
    other = tmp_path / "other.jsonl"
    other.write_bytes(trace.read_bytes())
    kept = str(tmp_path / "state")
    listing = tmp_path / "l.csv"
    listing.write_text("actor,event\nwriter,Freeze\n", "utf-8")
    for given in (
        [str(trace), str(other), "--state", kept],
        [str(trace), "--state", str(other)],
        [str(trace), "--state", str(trace)],
        [str(trace), "--state", str(tmp_path)],
        [str(listing), "--state", kept],
        [str(trace), "--state", kept, "--observation", "partial"],
        [str(trace), "--state", kept, "--pieces"],
        ["-", "--state", kept],
        [str(tmp_path / "none.jsonl"), "--state", str(tmp_path)],
    ):
        assert main(["check", *given]) == 2, given
        assert capsys.readouterr().err.startswith("vssfsm: ")
    assert other.read_bytes() == trace.read_bytes()
    assert not os.path.exists(kept)
    magic, version, rows = state.head_of("vssfsm-state", state.VERSION).decode().split()
    for head, why in (
        (f"{magic} {version} 000000000000", "specification"),
        (f"{magic} {int(version) - 1} {rows}", f"format {int(version) - 1}"),
    ):
        Path(kept).write_text(f"{head}\n", "ascii")
        assert main(["check", str(trace), "--state", kept]) == 2
        assert why in capsys.readouterr().err


# --- failures --------------------------------------------------------------------
@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_full_disk(tmp_path: Path, trace: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A state that cannot be written leaves the old one, and says why."""
    kept = tmp_path / "state"
    whole = trace.read_bytes()
    trace.write_bytes(whole[: len(whole) // 2])
    _check(trace, "--state", str(kept))
    before = kept.read_bytes()
    trace.write_bytes(whole)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, name, full)
        assert main(["check", str(trace), "--state", str(kept)]) == 2
    assert kept.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".new")] == []
    assert _check(trace, "--state", str(kept)) == _check(trace)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_dev_full(tmp_path: Path) -> None:
    """A device that is always full: what was there before still is."""
    kept = tmp_path / "state"
    kept.write_bytes(b"old")
    (tmp_path / "state.new").symlink_to("/dev/full")
    with pytest.raises(UsageError, match="No space left"):
        state.save(state.State(None, 0, 0, "", "", None), str(kept))
    assert kept.read_bytes() == b"old"
    assert os.path.exists("/dev/full")


def _run(trace: Path, kept: Path, dies_at: int) -> subprocess.Popen[bytes]:
    report = kept.with_name("resumed.json")
    given = [str(trace), str(kept), str(report), str(CHUNK), str(dies_at)]
    root = str(Path(vssfsm.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.Popen([sys.executable, str(FOLLOWER), *given], env=environment)


def _resumed(trace: Path, kept: Path) -> str:
    assert _run(trace, kept, 0).wait() in (0, 1)
    return kept.with_name("resumed.json").read_text("utf-8")


@pytest.mark.long
@pytest.mark.nightly
def test_killed_after_every_write(tmp_path: Path, trace: Path) -> None:
    """A run that dies before any operation on the state's file is taken up by the next one."""
    _, want = _check(trace)
    died = 0
    for number in range(1, 100):
        kept = tmp_path / "state"
        kept.unlink(missing_ok=True)
        code = _run(trace, kept, number).wait()
        if code in (0, 1):
            break
        died += 1
        assert _resumed(trace, kept) == want
    assert died > 8


@pytest.mark.long
@pytest.mark.nightly
def test_killed_at_random(tmp_path: Path, trace: Path) -> None:
    """Killed at any moment, again and again, over one and the same state."""
    _, want = _check(trace)
    chance = random.Random(7)
    times = int(os.environ.get("VSSFSM_KILLS", "20"))
    kept = tmp_path / "state"
    start = time.monotonic()
    _resumed(trace, kept)
    took = time.monotonic() - start
    for number in range(times):
        if number % 4 == 0:
            kept.unlink(missing_ok=True)
        run = _run(trace, kept, 0)
        time.sleep(took * chance.random())
        run.kill()
        run.wait()
        if number % 4 == 3:
            assert _resumed(trace, kept) == want
