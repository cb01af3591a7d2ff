"""The numbers of the page that says why to trust us are those of the tables and the judges."""

import re
import sys
import tomllib
from pathlib import Path

import judge_readers
import planted
import pytest
import test_coarser
import test_determinism
import test_planted
import test_rows
from renderers import RENDERERS
from test_corpus import SEQUENCES

import vssfsm
from vssfsm import cli
from vssfsm.export.graph import NAMES, graph_of
from vssfsm.export.tla import actions_of
from vssfsm.spec.catalogue import REGIONS, RULES
from vssfsm.spec.lint import size
from vssfsm.traces.formats import READERS

ROOT = Path(vssfsm.__file__).parents[1]
PAGE = (ROOT / "docs" / "explanation" / "trust.md").read_text("utf-8")
PAGE_OF_ATTACKS = ROOT / "docs" / "explanation" / "hostile-input.md"
JUDGES = ROOT / "tests" / "judges"


def edges():
    """Count the edges that TLC has to find: action, state, state."""
    graphs = map(graph_of, NAMES)
    return sum(
        len(
            {(name, s.source, s.target) for name, steps in actions_of(graph).items() for s in steps}
        )
        for graph in graphs
    )


ATTACKS = sum(
    line.startswith("| ")
    for line in (PAGE_OF_ATTACKS.read_text("utf-8").splitlines())
) - 2  # fmt: skip
ROWS = [row for region in REGIONS.values() for row in region.rows]
REQUESTERS = [region for region in REGIONS.values() if region.scope == "requester"]


@pytest.mark.parametrize(
    "said",
    [
        f"| {len(RULES)} rules |",
        f"| {len(ROWS):,} rows, of which {sum(1 for row in ROWS if row.to)} permit |",
        f"| {sum(1 for r in REGIONS.values() for _ in test_rows.mutants(r)):,} edits |",
        f"| {len(NAMES)} machines, {edges():,} edges |",
        f"| {len(planted.targets())} rows that forbid, {test_planted.FAULTS} faults each |",
        f"| {planted.FAULTS} faults each |",
        f"| {len(SEQUENCES)} call orders |",
        f"| {len(REGIONS)} regions |",
        f"| {len(test_determinism.COMMANDS)} commands, {len(test_determinism.MACHINES)} machines |",
        f"| {ATTACKS} attacks |",
        f"| {len(NAMES)} machines, 10,000 events each |",
        f"| {len(REQUESTERS) + 1} machines: the writer's and all {len(REQUESTERS)} of a requester",
        f"| {judge_readers.COUNT:,} inputs for each of {len(READERS)} readers |",
        f"| {test_coarser.TRACES:,} traces |",
        f"| {len(RENDERERS)} formats |",
        f"the {sum(1 for r in REQUESTERS if len(r.states) > 1) + 1} that have more than one state",
    ],
)
def test_the_page_says_the_number(said):
    """A number that the tables give stands in the page, once."""
    assert PAGE.count(said) == 1


def test_the_page_counts_the_properties():
    """Spin judges as many named properties as the page says."""
    properties = tomllib.loads((JUDGES / "properties.toml").read_text("utf-8"))["property"]
    assert PAGE.count(f"| {len(properties)} properties |") == 1


@pytest.mark.parametrize(
    ("program", "judge"),
    [
        *(("Spin", "spin"), ("AALpy", "learning"), ("Qt SCXML", "scxml"), ("TLC", "tla")),
        *(("PlantUML", "plantuml"), ("SARIF validator", "sarif"), ("XState", "xstate")),
    ],
)
def test_the_page_names_judges_that_are_there(program, judge):
    """A judge in a table is a module of tests; the command beside it is the one that runs it."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {program}")]
    text = (JUDGES / f"judge_{judge}.py").read_text("utf-8")
    verb = "nightly" if "pytest.mark.nightly" in text else "judges"
    assert line.endswith(f"| `make {verb}` |")


def test_the_page_names_commands_that_are_there():
    """Every verb of make, and every command of ours in the page, exists; a wrong one is seen."""
    verbs = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    help_text = cli._parser().format_help()
    commands = set(re.findall(r"^    ([a-z]+) ", help_text, re.MULTILINE))
    told = re.findall(r"`(make|vssfsm) ([a-z-]+)", PAGE)
    assert len(told) > 25
    assert {name for program, name in told if program == "make"} <= verbs
    assert {name for program, name in told if program == "vssfsm"} <= commands
    assert not {"nightlies", "lints"} & (verbs | commands)


def test_the_page_says_what_lint_and_rule_show(capsys):
    """The size of the tables, of the product and of the catalogue are those that are printed."""
    assert cli.main(["rule"]) == 0
    assert f"\n{len(RULES)} rules: " in capsys.readouterr().out
    permit = f"{len(ROWS):,} rows, of which {sum(1 for row in ROWS if row.to)} permit"
    assert f"tables: {permit}, " in size()
    product = re.search(r"\| ([0-9,]+ states, [0-9,]+ edges) \| `vssfsm lint` \|", PAGE)
    soundness = (ROOT / "docs" / "explanation" / "soundness.md").read_text("utf-8")
    assert f"requester product: {product[1]};" in soundness  # `test_docs` runs what stands there


def test_the_page_counts_the_edits_of_the_code():
    """The core has about as many edits as the page says, and so many of them are drawn."""
    sys.path.insert(0, str(ROOT / "tests" / "nightly"))
    import edits

    count = round(len(edits.every_mutant()), -2)
    assert PAGE.count(f"| about {count} edits, of which {edits.SAMPLE} are drawn |") == 1
