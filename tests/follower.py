"""
A run of `check --state` that dies: `python follower.py TRACE STATE REPORT CHUNK DIES_AT`.

It is killed right before the operation with the number DIES_AT on the state's file; 0 lets it live.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from vssfsm.cli import main
from vssfsm.fast import scan as fast_scan
from vssfsm.summary import condense, scan
from vssfsm.summary import state as kept


def _dying(count: int) -> None:
    """Kill this process before one of the operations that bring a state to the disk."""
    left = [count]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            return real(*given, **named)

        return call

    os.fsync = counted(os.fsync)
    os.replace = counted(os.replace)


if __name__ == "__main__":
    trace, state, report, chunk, dies_at = sys.argv[1:]
    condense.CHUNK = int(chunk)
    kept._READ = condense._READ = int(chunk)
    fast_scan._WAITING = 3
    scan.WAITING = 3
    if int(dies_at):
        _dying(int(dies_at))
    arguments = ["--state", state, "--output-format", "json", "-o", report]
    sys.exit(main(["check", trace, *arguments]))
