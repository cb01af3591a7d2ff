"""
Mutants of the core: each small edit of its code has to be noticed by a test.

    python tests/nightly/code_mutants.py [--sample N] [--only MODULE] [--jobs N]

Pytest collects the tests once, and they are run once to see how long each takes. A mutant gets a
process that is forked from there: it changes the functions in place, and runs the tests of their
module, the quickest first, until one fails. Mutants that no test kills stand in `survivors.toml`
with a reason, or the run fails.
"""

import argparse
import contextlib
import importlib
import os
import random
import resource
import signal
import sys
import time
import tomllib
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from edits import CORE, ROOT, SAMPLE, Mutant, every_mutant, source_of

SURVIVORS = Path(__file__).with_name("survivors.toml")
#: what tests a module, the quickest first
_REPAIRS = (
    "test_core",
    "test_core_repairs",
    "property/test_repairs",
    "test_align",
    "property/test_call_repairs",
)
_STEPS = (
    "test_core",
    "test_corners",
    "test_requester",
    "test_rules",
    "test_explain",
    "property/test_laws",
)
TESTS = {
    "align": _REPAIRS,
    "bound": _REPAIRS,
    "walk": _REPAIRS,
    "reader": _REPAIRS,
    "space": _REPAIRS,
    "coverage": ("test_core", "test_coverage"),
    "finding": ("test_core", "test_reports", "test_corners", "test_requesters", "test_rules"),
    "record": ("test_core", "test_canonical", "test_status", "test_returns", "test_rules"),
    "table": _STEPS,
    "timeline": ("test_core", "test_sequences", "test_html"),
    "track": _STEPS,
}
#: seconds of processor that the tests of a mutant may take, after which it survives
PATIENCE = 10.0
#: seconds of processor that one test may take; none takes a third of it
LONGEST = 20.0
#: seconds by the clock, for what waits for ever
TOO_LONG = 1200.0
#: bytes that a mutant may take beyond what there is
ROOM = 3 << 30
#: share of the mutants that have to be killed
LEAST = 0.9
#: where a process tells what it must: its streams are closed
TOLD = 99
#: how a process ends
SURVIVED, KILLED, BROKEN = 0, 1, 3


# --- processes -------------------------------------------------------------------
def forked(act: Callable[[], int]) -> int:
    """Let a new process act, and end with what it gives; give its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries, not in use
        number = os.fork()
    if number:
        return number
    code, null = BROKEN, os.open(os.devnull, os.O_RDWR)
    os.dup2(2, TOLD)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        code = act()
    except MemoryError:
        code = KILLED
    except BaseException:  # noqa: BLE001 - whatever it is, it is told
        os.write(TOLD, traceback.format_exc().encode("utf-8", "replace"))
    os._exit(code)


def in_processes(
    work: Iterable[tuple[Any, Callable[[], int]]], jobs: int
) -> Iterator[tuple[Any, int]]:
    """Give each name of *work* with the exit code of its process; late ones are ended."""
    waiting, running = list(work)[::-1], {}
    while waiting or running:
        while waiting and len(running) < jobs:
            name, act = waiting.pop()
            running[forked(act)] = name, time.monotonic() + TOO_LONG
        for number, (name, end) in list(running.items()):
            done, status = os.waitpid(number, os.WNOHANG)
            if not done and time.monotonic() < end:
                continue
            if not done:
                os.kill(number, signal.SIGKILL)
                _, status = os.waitpid(number, 0)
            del running[number]
            yield name, os.waitstatus_to_exitcode(status)
        time.sleep(0.002)


# --- tests -----------------------------------------------------------------------
def tests_of(module: str, items: list[Any]) -> list[Any]:
    """Give the tests of a module, in the order of their files."""
    order = {str(ROOT / "tests" / f"{name}.py"): at for at, name in enumerate(TESTS[module])}
    own = [item for item in items if str(item.path) in order]
    return sorted(own, key=lambda item: order[str(item.path)])


def run_tests(items: list[Any]) -> int:
    """Run tests until one fails, which ends this process, or there is no more time."""
    since = time.process_time()
    for item, following in zip(items, [*items[1:], None], strict=True):
        signal.setitimer(signal.ITIMER_PROF, LONGEST)  # its signal ends the process
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if time.process_time() - since > PATIENCE:
            break
    return SURVIVED


# --- mutants ---------------------------------------------------------------------
def changed_in_place(name: str, source: str) -> None:
    """Let all who hold a function, class or constant of a module of the core hold another."""
    module = importlib.import_module(f"vssfsm.core.{name}")
    new = ModuleType(module.__name__)
    new.__file__ = module.__file__
    with registered(new):
        exec(compile(source, f"{name}.py", "exec"), new.__dict__)  # noqa: S102
    for known, value in vars(new).items():
        if not known.startswith("__"):
            _change(known, vars(module)[known], value)


@contextlib.contextmanager
def registered(module: ModuleType) -> Iterator[None]:
    """Let a module be found under its name while it is made: named tuples look there."""
    before = sys.modules[module.__name__]
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        sys.modules[module.__name__] = before


def _change(name: str, old: Any, new: Any) -> None:
    if isinstance(old, FunctionType):
        _change_function(old, new)
    elif isinstance(old, type) and old.__module__ == new.__module__ and old is not new:
        _change_class(old, new)
    elif hasattr(old, "cache_clear"):
        if isinstance(old.__wrapped__, FunctionType):
            _change_function(old.__wrapped__, new.__wrapped__)
    elif not isinstance(old, ModuleType | type) and old != new:
        for module in list(sys.modules.values()):
            if getattr(module, "__dict__", {}).get(name) is old:
                setattr(module, name, new)


def _change_function(old: FunctionType, new: FunctionType) -> None:
    if old.__code__ is not new.__code__:
        old.__code__, old.__defaults__ = new.__code__, new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__


def _change_class(old: type, new: type) -> None:
    for name, value in vars(new).items():
        was = vars(old).get(name)
        if isinstance(value, FunctionType):
            _change_function(was, value)
        elif isinstance(value, staticmethod):
            _change_function(was.__func__, value.__func__)
        elif isinstance(value, property):
            _change_function(was.fget, value.fget)
        elif isinstance(value, int) and value != was:
            setattr(old, name, value)


def judged_by(module: str, source: Callable[[], str], items: list[Any]) -> Callable[[], int]:
    """Give what judges a mutant: its process, which ends as killed where a test fails."""

    def act() -> int:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        room = pages * resource.getpagesize() + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (room, room))
        try:
            changed_in_place(module, source())
        except Exception:  # noqa: BLE001 - whatever it is, nobody could import that
            return KILLED
        return run_tests(items)

    return act


class Judging:
    """A plugin of pytest: in the place of running the tests, mutants are judged by them."""

    def __init__(self, mutants: list[Mutant], jobs: int, *, verbose: bool = False) -> None:
        self._mutants = mutants
        self._verbose = verbose
        self._jobs = jobs
        self.survivors: list[Mutant] = []
        self.is_loud = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """End the process of a mutant as soon as a test fails."""
        if report.failed:
            if self.is_loud:
                os.write(TOLD, f"{report.nodeid}\n{report.longreprtext[-2000:]}\n".encode())
            os._exit(KILLED)

    def pytest_runtestloop(self, session: Any) -> bool:
        """Judge."""
        chosen = {module: tests_of(module, session.items) for module in TESTS}
        work = [
            (one, judged_by(one.module, partial(source_of, one), chosen[one.module]))
            for one in self._mutants
        ]
        for mutant, code in in_processes(work, self._jobs):
            if code == BROKEN:
                raise SystemExit(f"cannot judge {mutant.name}")
            if code == SURVIVED:
                self.survivors.append(mutant)
            if code == SURVIVED or self._verbose:
                said = "survives" if code == SURVIVED else f"killed ({code})"
                print(f"{said}: line {mutant.line}: {mutant.name}", flush=True)
        # Where a mutant survives, the tests pass without an edit too.
        unsure = {m.module for m in self._mutants} - {m.module for m in self.survivors}
        self.is_loud = True
        for module in sorted(unsure):
            control(module, chosen[module])
        return True


def control(module: str, items: list[Any]) -> None:
    """Refuse to have judged if a module without an edit dies."""
    bare = partial((CORE / f"{module}.py").read_text, "utf-8")
    if [code for _, code in in_processes([("", judged_by(module, bare, items))], 1)] != [SURVIVED]:
        raise SystemExit(f"{module}: the tests fail without an edit")


# --- what is known ---------------------------------------------------------------
def known_survivors() -> dict[str, str]:
    """Give the survivors that are known, each with its reason."""
    found = tomllib.loads(SURVIVORS.read_text("utf-8"))["survivor"]
    return {edit: group["reason"] for group in found for edit in group["edits"]}


def complaints(judged: list[Mutant], survivors: list[Mutant]) -> list[str]:
    """Say what is wrong: too few are killed, a survivor has no reason, or a reason no survivor."""
    known, alive = set(known_survivors()), {mutant.name for mutant in survivors}
    made = {mutant.name for mutant in every_mutant()}
    killed = {mutant.name for mutant in judged} - alive
    wrong = [f"survives without a reason: {name}" for name in sorted(alive - known)]
    wrong += [f"listed, but killed: {name}" for name in sorted(known & killed)]
    wrong += [f"listed, but no edit of the core: {name}" for name in sorted(known - made)]
    if len(killed) < LEAST * len(judged):
        wrong.append(f"fewer than {LEAST:.0%} are killed")
    return wrong


def main() -> int:
    """Judge mutants: exit code 1 if too many survive, or one without a reason."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--sample", type=int, default=SAMPLE, help="as many, drawn; 0: all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="mutants whose name begins so")
    parser.add_argument("--verbose", action="store_true", help="print those that are killed too")
    chosen = parser.parse_args()
    mutants = [m for m in every_mutant() if m.name.startswith(chosen.only)]
    total = len(mutants)
    if 0 < chosen.sample < total:
        mutants = random.Random(chosen.seed).sample(mutants, chosen.sample)
    judging = Judging(mutants, chosen.jobs, verbose=chosen.verbose)
    options = [
        "-s",
        "-qq",
        "-p",
        "no:cacheprovider",
        "-m",
        "not mutants and not nightly and not long",
    ]
    names = sorted({name for names in TESTS.values() for name in names})
    files = [str(ROOT / "tests" / f"{name}.py") for name in names]
    os.chdir(ROOT)
    if code := int(pytest.main([*options, *files], plugins=[judging])):
        return code
    survivors = judging.survivors
    made = Counter(mutant.module for mutant in mutants)
    alive = Counter(mutant.module for mutant in survivors)
    for module, count in sorted(made.items()):
        print(f"{module:10} {count - alive[module]:5} of {count:5} killed")
    share = 1 - len(survivors) / len(mutants)
    print(f"{len(mutants) - len(survivors):,} of {len(mutants):,} mutants killed ({share:.1%}); "
          f"the core has {total:,}")  # fmt: skip
    wrong = complaints(mutants, survivors)
    for one in wrong:
        print(one)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
