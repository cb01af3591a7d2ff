"""A fuzzer that follows the code looks for evidence that we cannot read and say so."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.nightly
ROOT = Path(__file__).resolve().parents[2]
#: what reached new code, from one run to the next
CORPUS = ROOT / ".build" / "fuzz"
SECONDS = int(os.environ.get("VSSFSM_FUZZ_SECONDS", "300"))


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="not installed: atheris")
def test_no_bytes_are_a_traceback():
    """For some minutes no input is found on which anything but our own errors is raised."""
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "tests" / "nightly" / "fuzz_readers.py", CORPUS),
            *(f"-max_total_time={SECONDS}", "-timeout=20", "-rss_limit_mb=2000"),
            *("-print_final_stats=1", f"-artifact_prefix={CORPUS.parent}/crash-"),
        ],
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    told = (done.stdout + done.stderr).decode("utf-8", "replace")
    assert done.returncode == 0, told[-4000:]
    assert "stat::number_of_executed_units" in told
