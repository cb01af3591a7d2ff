"""Processes that share work: how they are made, and that none of them stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: what every script here begins with; a worker says that it works, and then takes long
BEGIN = """
import os, sys, threading, time
from pathlib import Path
from vssfsm import processes
from vssfsm.processes import shared

def slow(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)

def method(_):
    import multiprocessing
    how = type(multiprocessing.current_process()).__name__
    return how, "vssfsm.judging" in sys.modules
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of threads")
POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows knows no groups of processes")
#: how processes are made, where it is for us to say
WAYS = [pytest.param("", id="as it is"), pytest.param("processes._THREADS = ''", id="spawned")]


def _script(path: Path, *lines: str) -> Path:
    body = "\n".join(f"    {line}" for line in lines)
    path.write_text(f'{BEGIN}\nif __name__ == "__main__":\n{body}\n', encoding="utf-8")
    return path


def _run(script: Path) -> str:
    command = [sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=_env(), check=True)
    assert not done.stderr
    return done.stdout.strip()


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@LINUX
def test_a_process_with_one_thread_is_copied(tmp_path: Path) -> None:
    """One with several threads, or of which nobody knows, is never copied: it could hang."""
    ask = "print([type(one).__name__ for one in [processes._context()]])"
    assert "Fork" in _run(_script(tmp_path / "alone.py", ask))
    beside = "threading.Thread(target=time.sleep, args=(1,)).start()"
    assert "Spawn" in _run(_script(tmp_path / "beside.py", beside, ask))
    assert "Spawn" in _run(_script(tmp_path / "unknown.py", "processes._THREADS = ''", ask))


@pytest.mark.parametrize("way", WAYS)
def test_work_comes_back_in_the_order_given(tmp_path: Path, way: str) -> None:
    """Each process has loaded what judging needs before it begins, however it was made."""
    lines = ("print(list(shared(method, [1, 2], 2)))", "print(list(shared(abs, [-3, 2, -1], 2)))")
    methods, numbers = _run(_script(tmp_path / "order.py", way, *lines)).splitlines()
    assert numbers == "[3, 2, 1]"
    assert methods.count("True") == 2
    assert ("Spawn" in methods) == (bool(way) or sys.platform != "linux")


@POSIX
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "whom", "code"),
    [
        ("SIGINT", "all", 130),
        pytest.param("SIGTERM", "one", -15, marks=pytest.mark.long),
        ("SIGKILL", "one", -9),
    ],
)
def test_nothing_stays_of_what_was_ended(
    tmp_path: Path, way: str, name: str, whom: str, code: int
) -> None:
    """An interruption ends work that began, and begins no other; the killed leave none behind."""
    begun = [tmp_path / str(number) for number in range(4)]
    script = _script(
        tmp_path / "slow.py",
        way,
        "try:",
        f"    list(shared(slow, {[*map(str, begun)]}, 2))",
        "except KeyboardInterrupt:",
        "    sys.exit(130)",
    )
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=_env(),
        start_new_session=True,
    )
    _wait_until(lambda: sum(path.exists() and bool(path.read_text()) for path in begun) == 2)
    kill = os.killpg if whom == "all" else os.kill
    kill(process.pid, getattr(signal, name))
    _, said = process.communicate(timeout=30)  # each piece of work takes a minute
    assert process.returncode == code
    assert "Traceback" not in said
    working = [int(path.read_text()) for path in begun if path.exists()]
    assert len(working) == 2
    _wait_until(lambda: not any(map(_is_there, working)))


def _wait_until(is_so) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
