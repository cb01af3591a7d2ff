"""The digest of the specification: the same in every process, another one for other rows."""

import os
import subprocess
import sys

import pytest

from vssfsm.spec import digest as home
from vssfsm.spec.digest import digest
from vssfsm.spec.rows import OPEN


@pytest.mark.parametrize("seed", ["0", "1", "77"])
def test_hash_seeds_do_not_change_it(seed: str) -> None:
    """It names the rows, and not the process that asked."""
    program = "from vssfsm.spec.digest import digest; print(digest())"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    assert run.stdout.strip() == digest()


def test_an_edited_row_changes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of another grade is another specification."""
    before = digest()
    first, *rest = home.ROWS
    monkeypatch.setattr(home, "ROWS", (first._replace(grade=OPEN), *rest))
    assert digest() != before
