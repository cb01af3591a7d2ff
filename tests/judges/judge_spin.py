"""Spin, on the Promela that we write: named properties with false twins, and no dead row."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from vssfsm.export import export
from vssfsm.export.graph import NAMES, graph_of
from vssfsm.export.names import names
from vssfsm.export.promela import render, states_of

ALWAYS, POSSIBLE = "always", "possible"
PROPERTIES = tomllib.loads(Path(__file__).with_name("properties.toml").read_text("utf-8"))[
    "property"
]
MACHINES = ("writer", "requester")


class Claim(NamedTuple):
    """One formula to be judged, and whether Spin has to find a run that violates it."""

    machine: str
    name: str
    formula: str
    violated: bool


def claims():
    """Give every claim and every twin of the properties, one for each state that they repeat."""
    for one in PROPERTIES:
        for suffix, state in states_for(one):
            for part in ("claim", "twin"):
                formula = one[part].replace("{state}", state)
                holds = part == "claim"
                if one["kind"] == POSSIBLE:
                    formula, holds = f"[] !({formula})", not holds
                yield Claim(one["machine"], f"{one['name']}{suffix}-{part}", formula, not holds)


def states_for(one):
    """Give the suffix of a name and the Promela state for each that *one* is repeated for."""
    if "each" not in one:
        return [("", "")]
    graph = graph_of(one["machine"])
    known = states_of(graph)
    chosen = known if one["each"] == "all" else graph.sets[one["each"]]
    return [(f"-{name}", known[name]) for name in chosen]


CLAIMS = tuple(claims())


@pytest.fixture(scope="session")
def verifiers(tmp_path_factory, need):
    """Compile one verifier for each machine, with all of its claims in it."""
    need("spin", "gcc")
    made = {}
    for machine in MACHINES:
        mine = [claim for claim in CLAIMS if claim.machine == machine]
        ids = names((claim.name for claim in mine), "p_")
        claims = "".join(f"ltl {ids[claim.name]} {{ {claim.formula} }}\n" for claim in mine)
        made[machine] = compiled(machine, tmp_path_factory.mktemp(machine), claims), ids
    return made


def compiled(machine, directory, claims=""):
    """Compile the model of *machine* with *claims*, and give the directory of the verifier."""
    graph = graph_of(machine) if isinstance(machine, str) else machine
    (directory / "model.pml").write_text(render(graph) + claims, "utf-8")
    call(directory, "spin", "-a", "model.pml")
    call(directory, "gcc", "-O0", "-w", "-o", "pan", "pan.c")
    return directory


def call(directory, *command):
    """Run a program in *directory* and give what it prints."""
    done = subprocess.run(
        command, cwd=directory, capture_output=True, encoding="utf-8", check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def errors_of(directory, *arguments):
    """Run a verifier: the number of errors, and what it prints; the exit status says nothing."""
    printed = call(directory, "./pan", "-w12", "-m100000", *arguments)
    assert "max search depth too small" not in printed
    (errors,) = re.findall(r"errors: (\d+)", printed)
    return int(errors), printed


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_spin_agrees(claim, verifiers):
    """Spin finds a run against a claim exactly where the property says that there is one."""
    directory, ids = verifiers[claim.machine]
    errors, printed = errors_of(directory, "-a", "-N", ids[claim.name])
    assert f"({ids[claim.name]})" in printed
    assert bool(errors) == claim.violated, claim.formula


@pytest.mark.parametrize("machine", MACHINES)
def test_no_state_is_a_trap_and_no_row_is_dead(machine, tmp_path, need):
    """Without claims Spin finds no invalid end, and takes every option of the model."""
    need("spin", "gcc")
    errors, printed = errors_of(compiled(machine, tmp_path))
    assert errors == 0
    assert "invalid end states\t+" in printed
    assert re.search(r"unreached in proctype machine\n\s*\(0 of \d+ states\)", printed)


def test_spin_tells_a_trap_and_a_dead_row(tmp_path, need):
    """A state that no option leaves is an invalid end, and an option without a way is unreached."""
    need("spin", "gcc")
    graph = graph_of("restore")
    trap, dead = graph.places[1]._replace(may_end=False), graph.places[2].name
    steps = tuple(s for s in graph.steps if s.source != trap.name and s.target != dead)
    places = (graph.places[0], trap, *graph.places[2:])
    planted = graph._replace(places=places, steps=steps)
    errors, printed = errors_of(compiled(planted, tmp_path))
    assert errors == 1
    assert not re.search(r"unreached in proctype machine\n\s*\(0 of \d+ states\)", printed)


@pytest.mark.parametrize("machine", NAMES)
def test_spin_accepts_every_machine(machine, tmp_path, need):
    """Spin reads each model and writes a verifier of it, without a word of complaint."""
    need("spin")
    (tmp_path / "model.pml").write_text(export(machine, "promela"), "utf-8")
    assert call(tmp_path, "spin", "-a", "model.pml") == ""


def test_properties_are_many_and_have_twins():
    """At least 25 named properties, no name twice, and no twin that repeats its claim."""
    found = [one["name"] for one in PROPERTIES]
    assert len(found) >= 25
    assert len(set(found)) == len(found)
    assert {one["kind"] for one in PROPERTIES} == {ALWAYS, POSSIBLE}
    assert [one["name"] for one in PROPERTIES if one["claim"] == one["twin"]] == []
    assert {one["machine"] for one in PROPERTIES} == set(MACHINES)
