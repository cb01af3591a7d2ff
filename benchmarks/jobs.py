"""
What a second process brings: the wall time of `check --jobs 2` over eight files, against one job's.

    python benchmarks/jobs.py [RECORDS_PER_FILE]

One job and two take turns, so that a busy machine slows both alike; the median of the ratios is
what counts. Target: at most 0.6, on two cores that nobody else uses. Seconds of the processor are
told beside: where two jobs need no more of them than one, and are hardly faster, somebody else has
the cores.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

FILES: Final = 8
PAIRS: Final = 3


def _seconds(jobs: int, paths: list[Path]) -> tuple[float, float]:
    """Give how long it takes, and the seconds of the processor that it takes (0 on Windows)."""
    command = [sys.executable, "-m", "vssfsm", "check", "--jobs", str(jobs), *map(str, paths)]
    begun, before = time.perf_counter(), os.times()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    taken, after = time.perf_counter() - begun, os.times()
    spent = (now - then for now, then in zip(after[2:4], before[2:4], strict=True))
    return taken, sum(spent)


def main() -> None:
    """Print the ratios."""
    from benchmarks.traces import made

    each = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    paths = [made(each, "writers", seed=seed) for seed in range(1, FILES + 1)]
    ratios = []
    for _ in range(PAIRS):
        (one, alone), (two, shared) = (_seconds(jobs, paths) for jobs in (1, 2))
        ratios.append(two / one)
        print(
            f"one job {one:6.2f} s (processor {alone:6.2f}),"
            f" two {two:6.2f} s ({shared:6.2f}): {ratios[-1]:.2f}"
        )
    print(f"{FILES} files of {each:,} records: median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
