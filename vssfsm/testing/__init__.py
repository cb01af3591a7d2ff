"""
Test somebody's writer or requester: guided walks, a simulated service, a judge, and adapters.

`conform` drives a writer through sequences that are derived from the rows and judges each reply;
`conform_requester` plays scenarios to a requester and judges its calls. `replay` and
`replay_scenarios` do it again, as the tests that are printed do. `Recorder` writes what a test does
down as a trace. Public names are loaded when they are first used.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.testing.adapters import Broken, Reply, Report, WriterAdapter
    from vssfsm.testing.program import Program
    from vssfsm.testing.recorder import Recorder
    from vssfsm.testing.reference import VARIANTS, ReferenceWriter
    from vssfsm.testing.reference_requester import ReferenceRequester
    from vssfsm.testing.requesters.conformance import (
        RequesterAdapter,
        RequesterOutcome,
        conform_requester,
        replay_scenarios,
    )
    from vssfsm.testing.requesters.scenarios import SCENARIOS, Play, Scenario
    from vssfsm.testing.requesters.service import Service
    from vssfsm.testing.requesters.streams import RequesterProgram, requester_program
    from vssfsm.testing.stateful import Nonconformance
    from vssfsm.testing.stateful.requester import RequesterConformance
    from vssfsm.testing.stateful.writer import WriterConformance
    from vssfsm.testing.visits import Visits
    from vssfsm.testing.writers.conformance import Outcome, conform, replay, writer_program

_HOMES = {
    "SCENARIOS": "requesters.scenarios",
    "VARIANTS": "reference",
    "Broken": "adapters",
    "Nonconformance": "stateful",
    "Outcome": "writers.conformance",
    "Play": "requesters.scenarios",
    "Program": "program",
    "Recorder": "recorder",
    "ReferenceRequester": "reference_requester",
    "ReferenceWriter": "reference",
    "Reply": "adapters",
    "Report": "adapters",
    "RequesterAdapter": "requesters.conformance",
    "RequesterConformance": "stateful.requester",
    "RequesterOutcome": "requesters.conformance",
    "RequesterProgram": "requesters.streams",
    "Scenario": "requesters.scenarios",
    "Service": "requesters.service",
    "Visits": "visits",
    "WriterAdapter": "adapters",
    "WriterConformance": "stateful.writer",
    "conform": "writers.conformance",
    "conform_requester": "requesters.conformance",
    "replay": "writers.conformance",
    "replay_scenarios": "requesters.conformance",
    "requester_program": "requesters.streams",
    "writer_program": "writers.conformance",
}

__all__ = [
    "SCENARIOS",
    "VARIANTS",
    "Broken",
    "Nonconformance",
    "Outcome",
    "Play",
    "Program",
    "Recorder",
    "ReferenceRequester",
    "ReferenceWriter",
    "Reply",
    "Report",
    "RequesterAdapter",
    "RequesterConformance",
    "RequesterOutcome",
    "RequesterProgram",
    "Scenario",
    "Service",
    "Visits",
    "WriterAdapter",
    "WriterConformance",
    "conform",
    "conform_requester",
    "replay",
    "replay_scenarios",
    "requester_program",
    "writer_program",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vssfsm.testing' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"vssfsm.testing.{home}"), name)
