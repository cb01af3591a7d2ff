"""The JSON report, version 1 (contract 4.1): ASCII, keys in the order of the contract."""

import json

import vssfsm
from vssfsm.core.finding import Finding
from vssfsm.run import Run
from vssfsm.spec import SPEC_VERSION

VERSION = 1


def render(run: Run) -> str:
    """Give the report with a final line end."""
    report = {
        "version": VERSION,
        "tool": {"name": "vssfsm", "version": vssfsm.__version__, "spec": SPEC_VERSION},
        "verdict": run.verdict,
        "inconclusive": run.inconclusive,
        "counts": run.counts,
        "inputs": [item._asdict() for item in run.inputs],
        "sessions": [session._asdict() for session in run.sessions],
        "findings": [_finding(item) for item in run.findings],
    }
    return json.dumps(report, indent=2) + "\n"


_ORDER = (
    *("rule", "name", "severity", "message", "path", "line", "since_line", "host", "session"),
    *("actor", "writer", "instance", "event", "states", "expected", "blame", "grade", "sources"),
    *("repair", "repair_cost", "fingerprint"),
)


def _finding(item: Finding) -> dict[str, object]:
    return {name: getattr(item, name) for name in _ORDER}
