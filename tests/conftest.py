"""Profiles of Hypothesis, the option of the suite, and defects that are not caught.

No fixture with logic lives here.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("VSSFSM_TRACEBACK", "1")  # a defect ends the test that shows it

_COMMON = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": (HealthCheck.too_slow, HealthCheck.data_too_large),
}
settings.register_profile("ci", derandomize=True, database=None, max_examples=50, **_COMMON)
settings.register_profile("deep", max_examples=2_000, **_COMMON)
settings.load_profile(os.environ.get("VSSFSM_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the golden outputs."""
    group = parser.getgroup("vssfsm tests")
    group.addoption("--golden", action="store_true", help="write the golden outputs anew")
