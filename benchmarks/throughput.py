"""
What a record costs, side by side with others on the same file in the same run.

    python benchmarks/throughput.py [--records N] [--also N] [--runs N] [--write-readme]

Every engine runs in a process of its own, all of them in turn, and the median counts; what a run
over one record takes is subtracted. CPU time is measured, so other work disturbs less. An engine
that is not installed is named and left out.
"""

import argparse
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.traces import SHAPES, made  # noqa: E402 - where it lies is known only now

#: those that polars reads: it gives up at a line that was cut
WHOLE: Final = tuple(shape for shape in SHAPES if shape != "broken")
#: records of a run of the slow engines
SLOW: Final = 30_000
#: CPU seconds of a scan that others are compared with, at least
LEAST_S: Final = 0.1
BEGIN, END = "<!-- made by `make bench-readme` -->", "<!-- end -->"


# --- Engines -----------------------------------------------------------------
def _vssfsm(path: str) -> None:
    import vssfsm
    from vssfsm import fast

    # What a short file takes is subtracted: it has to go the same way.
    fast.SMALL = 0  # type: ignore[misc]
    vssfsm.check(path)


def _reference(path: str) -> None:
    import vssfsm

    vssfsm.check(path, fast=False)


def _polars(path: str) -> None:
    import polars as pl

    pl.scan_ndjson(path).collect(engine="streaming")


def _polars_csv(path: str) -> None:
    import polars as pl

    pl.scan_csv(path).collect(engine="streaming")


def _polars_parquet(path: str) -> None:
    import polars as pl

    pl.scan_parquet(path).collect(engine="streaming")


def _events(path: str) -> "list[tuple[str, str]]":
    """Give (case, activity) of every writer's record."""
    found = []
    with Path(path).open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            case = f"{record['host']}/{record['session']}/{record['instance']}"
            found.append((case, f"{record['event']}_{record['outcome']}"))
    return found


def _transitions(path: str) -> None:
    """One model a case; what is no trigger, or not allowed, is caught."""
    import transitions

    import vssfsm

    machine = vssfsm.writer_machine()
    begin = machine.initial
    model = machine.models[0]
    states: dict[str, str] = {}
    for case, activity in _events(path):
        machine.set_state(states.get(case, begin), model)
        try:
            model.trigger(activity)
        except (transitions.MachineError, AttributeError):
            continue
        states[case] = model.state


def _statemachine(path: str) -> None:
    """One machine a case, with the calls of a backup in their order."""
    from statemachine import State, StateMachine
    from statemachine.exceptions import TransitionNotAllowed

    names = (
        *("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot"),
        *("BackupComplete", "BackupShutdown"),
    )
    last = len(names) - 1
    states = [
        State(name="begin", initial=True),
        *(State(name=name, final=at == last) for at, name in enumerate(names)),
    ]
    body: dict[str, object] = {f"s{i}": state for i, state in enumerate(states)}
    for i, name in enumerate(names):
        body[f"{name}_ok"] = states[i].to(states[i + 1])
    made = type("Writer", (StateMachine,), body)
    machines: dict[str, object] = {}
    for case, activity in _events(path):
        machine = machines.get(case) or machines.setdefault(case, made())
        try:
            machine.send(activity)  # type: ignore[attr-defined]
        except TransitionNotAllowed:
            continue


def _pm4py(path: str) -> None:
    """Token replay over the net that its inductive miner finds in the same log."""
    import pandas as pd
    import pm4py

    frame = pd.DataFrame(_events(path), columns=["case:concept:name", "concept:name"])
    frame["time:timestamp"] = pd.to_datetime(range(len(frame)), unit="s", utc=True)
    net = pm4py.discover_petri_net_inductive(frame)
    pm4py.conformance_diagnostics_token_based_replay(frame, *net)


class Engine(NamedTuple):
    """Something that takes a file of a *format*; *module* has to be installed."""

    run: Callable[[str], None]
    module: str
    most: int | None = None
    shapes: tuple[str, ...] = SHAPES
    format: str = "jsonl"


ENGINES: Final = {
    "vssfsm": Engine(_vssfsm, "vssfsm"),
    "vssfsm, record by record": Engine(_reference, "vssfsm", SLOW),
    "polars scan_ndjson": Engine(_polars, "polars", shapes=WHOLE),
    "vssfsm on CSV": Engine(_vssfsm, "polars", shapes=WHOLE, format="csv"),
    "polars scan_csv": Engine(_polars_csv, "polars", shapes=WHOLE, format="csv"),
    "vssfsm on Parquet": Engine(_vssfsm, "polars", shapes=WHOLE, format="parquet"),
    "polars scan_parquet": Engine(_polars_parquet, "polars", shapes=WHOLE, format="parquet"),
    "transitions": Engine(_transitions, "transitions", SLOW, ("writers",)),
    "python-statemachine": Engine(_statemachine, "statemachine", SLOW, ("writers",)),
    "pm4py token replay": Engine(_pm4py, "pm4py", SLOW, ("writers",)),
}


# --- Measuring ---------------------------------------------------------------
class Cost(NamedTuple):
    """CPU seconds and peak memory in bytes of one run."""

    seconds: float
    memory: int


def _measured(name: str, path: Path) -> Cost:
    command = [sys.executable, __file__, "--engine", name, str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Cost(*json.loads(text.splitlines()[-1]))


def _run_here(name: str, path: str) -> None:
    """Run an engine in this process and print what it took."""
    ENGINES[name].run(path)
    times = os.times()
    print(json.dumps([times.user + times.system + times.children_user, _peak()]))


def _peak() -> int:
    """Give the peak of resident memory in bytes; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # what `getrusage` tells there begins with the peak of the parent
        found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text(encoding="ascii"))
        if found:
            return int(found[1]) * 1024
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class Line(NamedTuple):
    """One line of the table: nanoseconds of CPU per record, and peak memory."""

    shape: str
    engine: str
    records: int
    each_ns: float
    memory: int

    @property
    def seconds(self) -> float:
        """What all records took."""
        return self.each_ns * self.records / 1e9


def _measure(shape: str, count: int, runs: int) -> list[Line]:
    """Measure all engines in turn, so that a busy machine slows all of them; give medians."""
    engines = {name: engine for name, engine in ENGINES.items() if shape in engine.shapes}
    for name in [*engines]:
        if importlib.util.find_spec(engines[name].module) is None:
            print(f"{name}: left out, {engines[name].module} is not installed", file=sys.stderr)
            del engines[name]
    numbers = {name: min(count, engine.most or count) for name, engine in engines.items()}
    found: dict[str, list[Cost]] = {name: [] for name in engines}
    for _ in range(runs):
        for name, engine in engines.items():
            path, one = (made(each, shape, engine.format) for each in (numbers[name], 1))
            cost, base = _measured(name, path), _measured(name, one)
            found[name].append(Cost(cost.seconds - base.seconds, cost.memory))
    lines = []
    for name, costs in found.items():
        each = statistics.median(cost.seconds for cost in costs) / numbers[name] * 1e9
        most = max(cost.memory for cost in costs)
        lines.append(Line(shape, name, numbers[name], each, most))
        print(f"{shape:8} {name:26} {numbers[name]:9} {each:10.0f} ns/record", file=sys.stderr)
    return lines


def _table(lines: list[Line]) -> str:
    rows = [
        "| sessions | engine | records | records/s of CPU | against polars | peak memory |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for line in lines:
        same = [x for x in lines if ENGINES[x.engine].format == ENGINES[line.engine].format]
        scan = [x for x in same if x.shape == line.shape and x.engine.startswith("polars")]
        same = [x for x in scan if x.records == line.records] or scan[-1:]
        # Of a short scan nothing can be said: what one record takes differs by as much.
        known = line.each_ns > 0 and bool(same) and same[0].seconds >= LEAST_S
        ratio = f"{same[0].each_ns / line.each_ns:.3f}" if known else ""
        speed = f"{1e9 / line.each_ns:,.0f}" if line.each_ns > 0 else ""
        rows.append(
            f"| {line.shape} | {line.engine} | {line.records:,} | {speed}"
            f" | {ratio} | {line.memory / 2**20:.0f} MiB |"
        )
    return "\n".join(rows)


def _write_readme(table: str) -> None:
    path = ROOT / "README.md"
    text = path.read_text("utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8", newline="\n")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--also", type=int, nargs="*", default=[100_000], help="growth")
    parser.add_argument(
        "--shapes", nargs="*", choices=SHAPES, default=SHAPES, help="as benchmarks/traces.py says"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each engine; medians count")
    parser.add_argument("--write-readme", action="store_true")
    parser.add_argument("--engine", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        _run_here(*arguments.engine)
        return
    lines: list[Line] = []
    for shape in arguments.shapes:
        for count in (*arguments.also, arguments.records):
            known = {(x.engine, x.records) for x in lines if x.shape == shape}
            measured = _measure(shape, count, arguments.runs)
            lines += [x for x in measured if (x.engine, x.records) not in known]
    table = _table(lines)
    print(table)
    if arguments.write_readme:
        _write_readme(table)


if __name__ == "__main__":
    main()
