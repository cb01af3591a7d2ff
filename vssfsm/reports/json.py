"""The JSON report, version 1 (contract 4.1): ASCII, keys in the order of the contract."""

import json

import vssfsm
from vssfsm.baseline import as_mapping
from vssfsm.core.finding import Finding
from vssfsm.monitor import SessionReport
from vssfsm.results import Input, Run
from vssfsm.spec import SPEC_VERSION
from vssfsm.spec.digest import digest
from vssfsm.traces.aside import Seen

VERSION = 1


def render(run: Run) -> str:
    """Give the report with a final line end."""
    report: dict[str, object] = {
        "version": VERSION,
        "tool": tool_facts(),
        "verdict": run.verdict,
        "inconclusive": run.inconclusive,
        "counts": run.counts,
        "inputs": [input_facts(item) for item in run.inputs],
        "sessions": [session_facts(session) for session in run.sessions],
        "findings": [finding_facts(item) for item in run.findings],
        "baseline_unused": [as_mapping(entry) for entry in run.baseline_unused],
    }
    if run.cases:
        report["cases"] = [case._asdict() for case in run.cases]
    return json.dumps(report, indent=2) + "\n"


_ORDER = (
    *("rule", "name", "severity", "message", "path", "line", "since_line", "host", "session"),
    *("actor", "writer", "instance", "event", "states", "expected", "blame", "grade", "sources"),
    *("repair", "repair_cost", "repair_alternatives", "region", "since_event", "fingerprint"),
)
#: keys of an input that stand there only if there is something to say
_IF_ANY = ("guessed", "seen", "lines", "holds")
_SESSION = (
    *(("host", "host"), ("session", "session"), ("verdict", "verdict"), ("owed", "owed")),
    *(("path", "path"), ("inconclusive", "reasons"), ("sessions", "segments")),
)


def tool_facts() -> dict[str, str]:
    """Say what judged: the same digest is the same rows."""
    return {
        "name": "vssfsm",
        "version": vssfsm.__version__,
        "spec": SPEC_VERSION,
        "spec_digest": digest(),
    }


def input_facts(item: Input) -> dict[str, object]:
    """Give what became of an input; remarks on reading it stand there if there are any."""
    facts = item._asdict() | {"seen": [_seen(one) for one in item.seen]}
    if item.lines:
        known = [{"pattern": name, "times": times} for name, times in item.lines.known]
        facts["lines"] = item.lines._asdict() | {"known": known}
    return {key: value for key, value in facts.items() if value or key not in _IF_ANY}


def _seen(one: Seen) -> dict[str, object]:
    return {key: value for key, value in one._asdict().items() if value != ""}


def finding_facts(item: Finding) -> dict[str, object]:
    """Give a finding's facts in the order of the contract."""
    facts = {name: getattr(item, name) for name in _ORDER}
    more = {"origin": item.origin, "since_path": item.since_path}
    return facts | {key: value for key, value in more.items() if value}


def session_facts(session: SessionReport) -> dict[str, object]:
    """Give a session's verdict and what stands behind it."""
    return {key: getattr(session, name) for key, name in _SESSION}
