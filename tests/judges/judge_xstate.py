"""XState, on the machines that we write: its walks and the edges that it finds are the rows."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from walks_of_events import walks

from vssfsm.export import export
from vssfsm.export.graph import NAMES, graph_of
from vssfsm.export.names import names

pytestmark = pytest.mark.nightly
PROGRAM = Path(__file__).with_name("walk.mjs")
EVENTS = 10_000


@pytest.fixture(scope="session")
def modules(need):
    """Give the directory whose `node_modules` has XState: `VSSFSM_XSTATE`."""
    directory = Path(os.environ.get("VSSFSM_XSTATE", "."))
    found = (directory / "node_modules" / "@xstate" / "graph").is_dir()
    need("node", *([] if found else ["xstate and @xstate/graph (VSSFSM_XSTATE=DIRECTORY)"]))
    return str(directory.resolve())


def answers(directory, machine, events):
    """Give the states of each walk, and {(state, event, state)} of a full search."""
    done = subprocess.run(
        ("node", str(PROGRAM), directory),
        input=json.dumps({"machine": machine, "walks": events}),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said["walks"], {tuple(edge) for edge in said["edges"]}


def edges_of(graph):
    """Give {(state, event, state)} of the steps of *graph*, under their safe names."""
    states = names(place.name for place in graph.places)
    events = names(step.trigger for step in graph.steps)
    return {(states[s.source], events[s.trigger], states[s.target]) for s in graph.steps}


@pytest.mark.parametrize("name", NAMES)
def test_xstate_agrees(name, modules):
    """Each of 10,000 events leads where the rows say, and a full search finds the edges."""
    found, _ = walks(name, EVENTS)
    states, edges = answers(modules, json.loads(export(name, "xstate")), [e for e, _ in found])
    assert states == [passed for _, passed in found]
    assert edges == edges_of(graph_of(name))


def test_xstate_sees_a_planted_twin(modules):
    """An edge that goes elsewhere is an edge too many and one too few, and walks show it."""
    found, _ = walks("restore", EVENTS)
    machine = json.loads(export("restore", "xstate"))
    machine["states"]["STABLE_restoring"]["on"]["PostRestore_ok"]["target"] = "STABLE_idle"
    states, edges = answers(modules, machine, [events for events, _ in found])
    assert states != [passed for _, passed in found]
    assert ("STABLE_restoring", "PostRestore_ok", "STABLE_idle") in edges - edges_of(
        graph_of("restore")
    )
