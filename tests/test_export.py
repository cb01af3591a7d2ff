"""Exports: every permitted row is an edge in every format, read back by other means."""

import functools
import itertools
import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from vssfsm import requester_regions, writer_machine
from vssfsm.cli import main
from vssfsm.commands import EXPORTS as OFFERED
from vssfsm.errors import UsageError
from vssfsm.export import EXPORTS, export
from vssfsm.export.graph import NAMES, Graph, Place, Step, graph_of
from vssfsm.export.names import names, one_line, quoted
from vssfsm.export.promela import events_of, said_of, sets_of, states_of
from vssfsm.export.tla import RESERVED
from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.calls import ASYNC_RESULTS, CALL_RESULTS
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.lint import DOMAINS, is_possible, matches
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import OPEN, Row
from vssfsm.spec.writer import WRITER

BOTH = [(machine, form) for machine in NAMES for form in EXPORTS]
LIFECYCLES = ("writer", *(name for name, r in REGIONS.items() if r.scope == REQUESTER.scope))


@functools.cache
def text_of(machine: str, form: str) -> str:
    """Export once."""
    return export(machine, form)


# --- The graph ---------------------------------------------------------------
def moves_of(region):
    """Give every (code, source, event, target) of the permitted rows of *region*."""
    return {
        (row.code, source, event, source if to == "=" else to)
        for row in region.rows
        for source in row.source
        for event in row.on
        for to in row.to
    }


def moves_in(graph):
    """Give every (code, source, event, target) of the steps of *graph*."""
    return {(code, s.source, s.event, s.target) for s in graph.steps for code in s.codes}


@pytest.mark.parametrize("name", [name for name in REGIONS if name != "writer"])
def test_a_graph_holds_every_permitted_row_and_no_other(name):
    """The steps of a region are the moves of its rows, one by one, in both directions."""
    assert moves_in(graph_of(name)) == moves_of(REGIONS[name])


def test_the_writers_graph_has_the_loops_of_identify_too():
    """Events without a place in the lifecycle are loops on each of its states."""
    (identify,) = (row.code for row in ANYTIME.rows if row.on == ("Identify",))
    loops = {(identify, s.name, "Identify", s.name) for s in WRITER.states}
    assert moves_in(graph_of("writer")) == moves_of(WRITER) | loops


def test_the_restore_is_the_part_of_the_writer_around_its_own_states():
    """Every step from or to a state of a restore is in it, and loops of Identify at the ends."""
    whole, part = graph_of("writer"), graph_of("restore")
    inside = {state.name for state in WRITER.states if state.phase == "restore"}
    around = [step for step in whole.steps if inside & {step.source, step.target}]
    ends = {end for step in around for end in (step.source, step.target)}
    loops = [s for s in whole.steps if s.event == "Identify" and s.source in ends]
    assert [s for s in whole.steps if s in around or s in loops] == [*part.steps]
    assert {place.name for place in part.places} == ends == {*inside, "STABLE_idle", UNCLOSED}
    assert part.initial == "STABLE_idle"


UNCLOSED = "FAILED_AT_BACKUPSHUTDOWN"


@functools.cache
def machines():
    """Make the `transitions` machines of the lifecycles, by name."""
    return {"writer": writer_machine(), **requester_regions()}


def pairs_of(machine):
    """Give {(state, trigger): target} of a `transitions` machine."""
    return {
        (source, name): transition.dest
        for name, event in machine.events.items()
        for source, transitions in event.transitions.items()
        for transition in transitions
    }


@pytest.mark.parametrize("name", LIFECYCLES)
def test_a_graph_has_the_triggers_of_the_machine(name):
    """The steps are the transitions of the machine that the package gives, names included."""
    graph = graph_of(name)
    steps = {(step.source, step.trigger): step.target for step in graph.steps}
    assert len(steps) == len(graph.steps)
    assert steps == pairs_of(machines()[name])


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_is_deterministic_by_its_triggers(name):
    """A state and a trigger have one target, and every end of a step is a place."""
    graph = graph_of(name)
    assert len({(step.source, step.trigger) for step in graph.steps}) == len(graph.steps)
    ends = {end for step in graph.steps for end in (step.source, step.target)}
    assert ends | {graph.initial} == {place.name for place in graph.places}
    assert all(step.rows for step in graph.steps)


def test_ends_and_sets_of_the_writer():
    """A session ends where nothing is owed; phases and what is reported are sets of states."""
    graph = graph_of("writer")
    assert "WAITING_FOR_THAW" not in graph.ends
    assert "STABLE_completed" in graph.ends
    assert "FAILED_AT_FREEZE" in graph.sets["reports_failed"]
    assert "FAILED_AT_FREEZE" in graph.sets["phase_frozen"]
    assert "STABLE_restored" in graph.sets["reports_idle"]
    assert set(graph.sets["phase_restore"]) == {
        s.name for s in WRITER.states if s.phase == "restore"
    }


def test_what_has_too_many_values_is_named_by_its_row():
    """Pairs of codes and states have no names of their own; levels and ends of calls have."""
    assert {step.trigger for step in graph_of("status").steps} == {
        *("status_STS_HEALTHY", "status_STS001", "status_STS002", "status_STS003")
    }
    assert "Freeze_VSS_APP_FRONT_END" in {step.trigger for step in graph_of("levels").steps}
    late = {step.trigger for step in graph_of("events_of_DoSnapshotSet").steps}
    assert {"DoSnapshotSet_ok_return", "OnFreeze"} <= late
    assert "Initialize_s_false" in {step.trigger for step in graph_of("subscription").steps}


def told_of(region, event):
    """Give the fields that rows of *region* tell apart for *event*, in the order of a name."""
    fields = {f for row in region.rows if event in row.on for when in row.when for f in when}
    return [f for f in FIELDS if f in fields] if fields <= {*FIELDS} else None


FIELDS = ("context", "stage", "result", "folded", "outcome", "level", "at")


def symbols_of(region, event):
    """Give (what is recorded, symbol) for all that a record of *event* can say to *region*."""
    fields = told_of(region, event)
    calls = [("call", result) for result in CALL_RESULTS]
    results = [("result", result) for result in ASYNC_RESULTS if event in ASYNC]
    told = "stage" in fields or "result" in fields
    others = [f for f in fields if f not in ("stage", "result")]
    for stage, result in (*calls, *results) if told else ((None, None),):
        for values in itertools.product(*(DOMAINS[f] for f in others)):
            symbol = {"stage": stage, "result": result, **dict(zip(others, values, strict=True))}
            if not is_possible(event, symbol):
                continue
            words = [symbol.get("context"), "result" if stage == "result" else None, result]
            words += ["folded" if symbol.get("folded") == "yes" else None]
            words += [symbol.get(field) for field in ("outcome", "level", "at")]
            yield "_".join(word for word in words if word), symbol


@pytest.mark.parametrize("name", [n for n in REGIONS if n not in (*LIFECYCLES, "anytime")])
def test_a_region_beside_permits_what_its_rows_permit(name):
    """For every record that a name can tell, the targets are those of the rows that match it."""
    region, steps = REGIONS[name], {}
    for step in graph_of(name).steps:
        steps.setdefault((step.source, step.event, step.said), set()).add(step.target)
    for event in {event for row in region.rows for event in row.on if told_of(region, event)}:
        for (said, symbol), state in itertools.product(symbols_of(region, event), region.states):
            rows = [r for r in region.rows if event in r.on and state.name in r.source and r.to]
            wanted = {
                state.name if to == "=" else to for r in rows if matches(r, symbol) for to in r.to
            }
            plain = said.removesuffix("_folded")
            found = steps.get((state.name, event, said)) or steps.get((state.name, event, plain))
            assert (found or set()) == wanted, (state.name, event, said)


# --- Read back ---------------------------------------------------------------
def from_scxml(text):
    """Give (initial, {(state, event, target): codes}) of SCXML; a comment follows each edge."""
    builder = ET.TreeBuilder(insert_comments=True)
    root = ET.fromstring(text, ET.XMLParser(target=builder))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2005/07/scxml}"
    assert root.tag == f"{space}scxml"
    edges = {}
    for state in root.iter(f"{space}state"):
        children = list(state)
        for child, comment in itertools.pairwise(children):
            if child.tag == f"{space}transition":
                key = state.get("id"), child.get("event"), child.get("target")
                assert key not in edges
                edges[key] = tuple(comment.text.split())
    return root.get("initial"), edges


def from_xstate(text):
    """Give (initial, {(state, event, target): codes}) of a machine of XState."""
    machine = json.loads(text)
    assert set(machine) == {"id", "description", "initial", "states"}
    edges = {
        (state, event, move["target"]): tuple(move["meta"]["rows"])
        for state, node in machine["states"].items()
        for event, move in node["on"].items()
    }
    return machine["initial"], edges


def from_plantuml(text):
    """Give (initial, {(state, trigger, target): codes}) of a state diagram."""
    initial, edges = "", {}
    for line in text.splitlines():
        if found := re.fullmatch(r"\[\*\] --> (\w+)", line):
            initial = found[1]
        loop = re.fullmatch(r"(\w+) : stays on (.+)", line)
        arrow = re.fullmatch(r"(\w+) --> (\w+) : (.+)", line)
        if loop or arrow:
            source, target = (loop[1], loop[1]) if loop else (arrow[1], arrow[2])
            for label in (loop[2] if loop else arrow[3]).split(r"\n"):
                trigger, codes = re.fullmatch(r"(\w+) \((.+)\)", label).groups()
                edges[source, trigger, target] = tuple(codes.split())
    return initial, edges


def deterministic(graph):
    """Give what formats with triggers have to hold: the edges of *graph* under their safe names."""
    states = names(place.name for place in graph.places)
    events = names(step.trigger for step in graph.steps)
    edges = {(states[s.source], events[s.trigger], states[s.target]): s.codes for s in graph.steps}
    assert len(edges) == len(graph.steps)
    return states[graph.initial], edges


READERS = {"scxml": from_scxml, "xstate": from_xstate, "plantuml": from_plantuml}


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("machine", NAMES)
def test_deterministic_formats_hold_every_edge_with_its_rows(machine, form):
    """What is read back are the steps of the graph, with the codes of their rows."""
    assert READERS[form](text_of(machine, form)) == deterministic(graph_of(machine))


def from_promela(text):
    """Give (declared names by type, {(state, event, said, target): codes}) of a model."""
    kinds = dict(re.findall(r"^mtype:(\w+) = \{ (.+) \};$", text, re.MULTILINE))
    kinds = {kind: held.split(", ") for kind, held in kinds.items()}
    option = (
        r"  :: d_step \{ state == (\w+) -> before = (\w+); event = (\w+);"
        r" said = (\w+); state = (\w+) \} /\* (.+) \*/"
    )
    edges = {}
    for line in text.splitlines():
        if found := re.fullmatch(option, line):
            source, before, event, said, target, codes = found.groups()
            assert source == before
            edges[source, event, said, target] = tuple(codes.split())
    assert len(edges) == text.count("d_step {")
    return kinds, edges


@pytest.mark.parametrize("machine", NAMES)
def test_promela_holds_every_edge_with_its_rows(machine):
    """Each step is an option; every name is declared once, in a type that Spin can hold."""
    graph, (kinds, edges) = graph_of(machine), from_promela(text_of(machine, "promela"))
    states, events, said = states_of(graph), events_of(graph), said_of(graph)
    assert kinds == {
        "State": [*states.values()],
        "Event": [*events.values()],
        "Said": [*said.values()],
    }
    every = [name for held in kinds.values() for name in held]
    assert len(every) == len(set(every))
    assert max(map(len, kinds.values())) <= 255
    assert edges == {
        (states[s.source], events[s.event], said[s.said or "none"], states[s.target]): s.codes
        for s in graph.steps
    }


@pytest.mark.parametrize("machine", NAMES)
def test_promela_names_sets_and_ends(machine):
    """The macros hold the states of their sets; a session ends where nothing is owed."""
    graph, text = graph_of(machine), text_of(machine, "promela")
    states = states_of(graph)
    macros = dict(re.findall(r"^#define (\w+)\(x\) \((.+)\)$", text, re.MULTILINE))
    held = {name: re.findall(r"\(x\) == (\w+)", body) for name, body in macros.items()}
    wanted = {sets_of(graph)[name]: members for name, members in graph.sets.items()}
    wanted["may_end"] = graph.ends
    assert held == {name: [states[m] for m in members] for name, members in wanted.items()}
    assert f"mtype:State state = {states[graph.initial]}, before = {states[graph.initial]};" in text


def from_tla(text):
    """Give {(action, state, target): codes} of a TLA+ module, and the actions of Next."""
    edges, action = {}, ""
    for line in text.splitlines():
        if found := re.fullmatch(r"(\w+) ==", line):
            action = found[1]
        move = r"  \\/ state = \"(.*)\" /\\ state' = \"(.*)\" \\\* (.+)"
        if found := re.fullmatch(move, line):
            edges[action, found[1], found[2]] = tuple(found[3].split())
    (following,) = re.findall(r"^Next ==\n((?:  \\/ \w+\n)+)", text, re.MULTILINE)
    return edges, re.findall(r"\w+", following)


@pytest.mark.parametrize("machine", NAMES)
def test_tla_holds_every_edge_with_its_rows(machine):
    """Each step is a disjunct of the action of its event; Next takes each action once."""
    graph, text = graph_of(machine), text_of(machine, "tla")
    edges, following = from_tla(text)
    wanted = {}
    for step in graph.steps:
        action = "_".join(filter(None, (step.event, step.said))).replace("-", "_")
        wanted[action, step.source, step.target] = step.codes
    assert edges == wanted
    assert following == list(dict.fromkeys(action for action, _, _ in edges))
    assert not {name.casefold() for name in following} & {word.casefold() for word in RESERVED}
    assert text.startswith(f"---- MODULE {machine} ----\n")
    assert text.endswith("\nSpec == Init /\\ [][Next]_state\n\n====\n")
    assert f'\nInit == state = "{graph.initial}"\n' in text


@pytest.mark.parametrize("machine", NAMES)
def test_tla_defines_every_name_once_before_its_use(machine):
    """Definitions are distinct; Next stands after the actions, Spec after Next."""
    text = text_of(machine, "tla")
    defined = re.findall(r"^(\w+) ==", text, re.MULTILINE)
    assert len(defined) == len(set(defined))
    assert defined[-2:] == ["Next", "Spec"]
    sets = dict(re.findall(r"^(States|MayEnd) == \{(.*)\}$", text, re.MULTILINE))
    graph = graph_of(machine)
    assert re.findall(r'"(\w+)"', sets["States"]) == [place.name for place in graph.places]
    assert re.findall(r'"(\w+)"', sets["MayEnd"]) == list(graph.ends)


@pytest.mark.parametrize("form", ["scxml", "xstate"])
def test_an_interpreter_agrees_with_the_writers_machine(form):
    """The document goes where `transitions` goes, from every state and with every trigger."""
    _, edges = READERS[form](text_of("writer", form))
    wanted = pairs_of(machines()["writer"])
    triggers = {trigger for _, trigger in wanted}
    table = {}
    for state, event, target in edges:
        table.setdefault(state, {})[event] = target
    assert len(table) * len(triggers) == 47 * 195
    for state in (state.name for state in WRITER.states):
        for trigger in triggers:
            assert table[state].get(trigger) == wanted.get((state, trigger))


# --- What every format says --------------------------------------------------
@pytest.mark.parametrize(("machine", "form"), BOTH)
def test_an_export_names_its_rows_and_their_pages(machine, form):
    """Each code is explained once, with the slugs of its pages, and each page has its address."""
    text = text_of(machine, form)
    for row in {row.code: row for step in graph_of(machine).steps for row in step.rows}.values():
        assert f"  {row.code} [{row.grade}" in text
        assert [slug for slug in row.sources if f"  {slug}: https://" not in text] == []
    assert f"`vssfsm diagram {machine}`" in text
    assert text.endswith("\n")
    assert text.isascii()


def test_bytes_do_not_depend_on_hashes():
    """Two runs with other hash seeds write the same bytes."""
    code = (
        "from vssfsm.export import *; import hashlib; print(hashlib.sha256(''.join("
        "export(m, f) for m in ('writer', 'due') for f in EXPORTS).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] != b""


# --- Hostile names and texts -------------------------------------------------
HOSTILE = (
    *("end", "END", "state", "1", "", "a-b", "a_b", "a b", "Next", "WF_x", "ltl", "none"),
    *('quote"', "back\\slash", "*/ /*", "--", "]]>", "line\nfeed", "<b>", "====", "@enduml", "é"),
)


def hostile():
    """Make a graph whose names and texts are what a language reads as its own."""
    row = Row(code="X-1", grade=OPEN, sources=("writers",), says="*/ --> ]]> ---- \n@enduml\n====")
    places = tuple(
        Place(name, f"{name} -->\n' */ \\", (f"phase_{name}",), True) for name in HOSTILE
    )
    steps = tuple(
        Step(source, target, f"e{target}", target, f"t{target}", (row,))
        for source, target in zip(HOSTILE, (*HOSTILE[1:], HOSTILE[0]), strict=True)
    )
    return Graph("end", "title */ --> <b>", places, steps)


@pytest.mark.parametrize("form", ["scxml", "xstate"])
def test_hostile_names_stay_apart_in_documents(form):
    """Each state and edge of a hostile graph is there once, under a name of its own."""
    assert READERS[form](EXPORTS[form](hostile())) == deterministic(hostile())


def test_hostile_names_stay_apart_in_plantuml():
    """No name or text ends the diagram, or is read as something else."""
    text = EXPORTS["plantuml"](hostile())
    initial, edges = from_plantuml(text)
    assert text.count("\n@enduml") == 1
    assert text.endswith("\n@enduml\n")
    assert len(edges) == len(HOSTILE)
    assert initial == "end_2"
    assert [line for line in text.splitlines() if line.split(" ")[0] in ("end", "END")] == []


def test_hostile_names_stay_apart_in_promela():
    """Comments end where they should, and each name is declared once."""
    text = EXPORTS["promela"](hostile())
    _, edges = from_promela(text)
    assert len(edges) == len(HOSTILE)
    code = re.sub(r"/\*.*?\*/", "", text)
    assert "*/" not in code
    assert "/*" not in code
    assert [name for name in re.findall(r"\w+", code) if name in ("end", "ltl")] == []


def test_hostile_names_stay_apart_in_tla():
    """No text begins a line, a string holds its quotes, and no action is a word of the language."""
    text = EXPORTS["tla"](hostile())
    edges, following = from_tla(text)
    assert len(edges) == len(following) == len(HOSTILE)
    assert [line for line in text.splitlines() if line.startswith("====")] == ["===="]
    assert '"quote\\""' in text
    assert "back\\\\slash" in text


def test_names_are_injective_and_safe():
    """Each text has an identifier of its own, in any case, and none is a reserved word."""
    found = names(HOSTILE, reserved=("end", "Next"), starts=("WF_",))
    assert len({name.casefold() for name in found.values()}) == len(HOSTILE)
    assert [n for n in found.values() if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", n)] == []
    assert (found["a-b"], found["a_b"], found["a b"]) == ("a_b", "a_b_2", "a_b_3")
    assert (found["end"], found["Next"], found["WF_x"]) == ("end_2", "Next_2", "n_WF_x")
    assert names(["a_2", "a", "A"]) == {"a_2": "a_2", "a": "a", "A": "A_3"}
    assert names(["x"], "s_") == {"x": "s_x"}


def test_texts_are_made_safe():
    """Controls become blanks, and strings escape what ends them."""
    assert one_line("a\r\nb\x00c\u2028d") == "a b c d"
    assert quoted('a"b\\c\n') == '"a\\"b\\\\c "'


# --- The command line --------------------------------------------------------
def test_the_command_line_exports(capsys, tmp_path):
    """`diagram --as` prints what `export` gives, or writes it to a file."""
    assert tuple(EXPORTS) == OFFERED
    assert main(["diagram", "restore", "--as", "scxml"]) == 0
    assert capsys.readouterr().out == text_of("restore", "scxml")
    path = tmp_path / "writer.tla"
    assert main(["diagram", "writer", "--as", "tla", "-o", str(path)]) == 0
    assert path.read_text("utf-8") == text_of("writer", "tla")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("failures", "--as", "tla"), "no machine 'failures' to export; known: anytime, "),
        (("sequence-backup", "--as", "xstate"), "no machine 'sequence-backup'"),
        (("rocket", "--as", "promela"), "no machine 'rocket'"),
        (("writer", "--as", "scxml", "--overlay", "x"), "--overlay is for pictures: dot"),
    ],
)
def test_what_cannot_be_exported_is_wrong_usage(arguments, said, capsys):
    """Pictures alone, unknown machines and overlays end with exit code 2 and a reason."""
    assert main(["diagram", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_an_unknown_format_lists_those_that_are():
    """The function refuses what the command line cannot ask for."""
    with pytest.raises(UsageError, match="plantuml, scxml, promela, tla, xstate"):
        export("writer", "vhdl")
