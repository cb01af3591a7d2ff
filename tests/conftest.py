"""Profiles of Hypothesis, and the options of the suite. No fixture with logic lives here."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

_COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": (HealthCheck.too_slow, HealthCheck.data_too_large),
}
settings.register_profile("ci", derandomize=True, database=None, max_examples=50, **_COMMON)
settings.register_profile("deep", max_examples=2_000, **_COMMON)
settings.load_profile(os.environ.get("VSSFSM_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that write files: the covered machine, and golden outputs."""
    group = parser.getgroup("vssfsm tests")
    group.addoption(
        "--vssfsm-diagrams",
        metavar="DIR",
        help="write the machine that the stateful test covered to DIR/writer-covered.dot",
    )
    group.addoption("--golden", action="store_true", help="write the golden outputs anew")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Draw what the stateful test covered, if it was asked for."""
    directory = session.config.getoption("--vssfsm-diagrams")
    if directory:
        from strategies import covered_dot

        path = Path(directory)
        path.mkdir(parents=True, exist_ok=True)
        (path / "writer-covered.dot").write_text(covered_dot(), encoding="utf-8", newline="\n")
