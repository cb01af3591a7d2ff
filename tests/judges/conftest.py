"""Judges are programs that others wrote; `make judges` asks them, `make test` does not."""

import importlib.util
import os
import shutil

import pytest


@pytest.fixture(scope="session")
def need():
    """Give a function that skips, or fails in CI, where a program or module is missing."""

    def check(*programs: str, modules: tuple[str, ...] = ()) -> None:
        missing = [name for name in programs if shutil.which(name) is None]
        missing += [name for name in modules if importlib.util.find_spec(name) is None]
        if missing and os.environ.get("CI"):
            pytest.fail(f"CI has to have {', '.join(missing)}", pytrace=False)
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")

    return check
