"""
How long the command line takes to start, as ratios to a bare interpreter.

Medians of 20 runs each, taken in turn so that a busy machine slows all of them alike. The package
is compiled first, as an installation does.
Targets: `--help` below 3, a check of 20 lines below 6.
"""

import compileall
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 20
LINES = 20
_RECORD = (
    '{{"actor":"writer","writer":"Writer {0}","event":"PrepareBackup","outcome":"ok","state":1}}\n'
)


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def main() -> None:
    """Print the ratios."""
    compileall.compile_dir(Path(__file__).parents[1] / "vssfsm", quiet=1)
    with tempfile.TemporaryDirectory() as directory:
        trace = Path(directory, "trace.jsonl")
        trace.write_text("".join(_RECORD.format(i) for i in range(LINES)), encoding="utf-8")
        commands = {
            "bare interpreter": [sys.executable, "-c", "pass"],
            "vssfsm --help": [sys.executable, "-m", "vssfsm", "--help"],
            f"vssfsm check ({LINES} lines)": [sys.executable, "-m", "vssfsm", "check", str(trace)],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                times[name].append(_seconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    bare = medians["bare interpreter"]
    for name, median in medians.items():
        print(f"{name:28} {median * 1000:7.1f} ms  {median / bare:5.2f} x")


if __name__ == "__main__":
    main()
