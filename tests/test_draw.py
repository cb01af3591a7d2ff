"""Diagrams stand for every permitted row, are the same on every run, and are kept fresh."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from vssfsm.cli import main
from vssfsm.draw import MACHINES, draw, failures, graph_of, picture
from vssfsm.draw.__main__ import KEPT
from vssfsm.draw.__main__ import main as draw_main
from vssfsm.draw.graph import BROKEN, GATHER, GIVEN_UP, OVER, RELEASE, RUNNING, VETO, VIOLATION
from vssfsm.errors import MissingExtra, UsageError, VssfsmError
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.writer import WRITER

ROOT = Path(__file__).parent.parent
LIFECYCLE = ("writer", "restore", "failures")
SHEETS = ("anytime", "status", "interface", "methods", "returns")
CALLS = sorted(n for n, r in REGIONS.items() if r.scope == "requester" and n not in SHEETS)
PHASE = {state.name: state.phase for state in WRITER.states}
NUMBER = {state.name: state.reported for state in WRITER.states}


def permitted(region):
    """Give every (code, source, event, target) of the permitted rows, read off the rows."""
    return Counter(
        (row.code, source, event, source if to == "=" else to)
        for row in region.rows
        for source in row.source
        for event in row.on
        for to in row.to
    )


def drawn(machine):
    """Give every (code, source, event, target) that the edges of a machine stand for."""
    moves = (move for edge in graph_of(machine).edges for move in edge.moves)
    return Counter((move.row.code, move.source, move.event, move.target) for move in moves)


def trace(tmp_path, *events):
    """Write a trace of one writer, from pairs of an event and its keys."""
    path = tmp_path / "trace.jsonl"
    records = ({"actor": "writer", "writer": "W", "event": event, **keys} for event, keys in events)
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


OK = {"outcome": "ok"}


# --- Rows and edges ----------------------------------------------------------
def test_writer_and_restore_hold_each_permitted_row_once():
    """Every edge of the lifecycle's rows is in one drawn edge of one of the two diagrams."""
    assert drawn("writer") + drawn("restore") == permitted(WRITER)


@pytest.mark.parametrize("machine", CALLS)
def test_machines_of_the_requester_hold_each_permitted_row_once(machine):
    """Condensing merges moves into edges, and drops none."""
    assert drawn(machine) == permitted(REGIONS[machine])


def test_subscription_holds_each_permitted_row_once():
    """A region that is drawn as it is leaves nothing out."""
    assert drawn("subscription") == permitted(REGIONS["subscription"])


def test_failures_hold_each_row_that_newly_fails_once():
    """The diagram of failures stands for what enters a FAILED state, and nothing else."""
    failed = {key: n for key, n in permitted(WRITER).items() if NUMBER[key[3]] >= 6}
    fresh = Counter({key: n for key, n in failed.items() if NUMBER[key[1]] != NUMBER[key[3]]})
    assert drawn("failures") == fresh


@pytest.mark.parametrize("machine", ["writer", "restore"])
def test_moves_start_and_end_where_they_are_drawn(machine):
    """A move's edge begins at its state or a gather node that lists it, and ends at its state."""
    graph = graph_of(machine)
    nodes = {node.key: node for node in graph.nodes}
    for edge in graph.edges:
        source, target = nodes[edge.source], nodes[edge.target]
        for move in edge.moves:
            if source.look == GATHER:
                assert PHASE[move.source] in source.detail
            else:
                assert move.source in source.states
            if edge.to_cluster:
                assert PHASE[move.target] == target.cluster
            else:
                assert move.target in target.states


@pytest.mark.parametrize("machine", ["writer", "restore", *CALLS])
def test_every_state_has_one_node(machine):
    """Nodes share the states of the machine out among them."""
    names = [state for node in graph_of(machine).nodes for state in node.states]
    ends = {state for _, source, _, target in drawn(machine) for state in (source, target)}
    assert sorted(names) == sorted(ends)


@pytest.mark.parametrize("machine", [name for name in CALLS if name != "requester"])
def test_moves_of_a_requesters_region_end_where_they_are_drawn(machine):
    """Each end of an edge stands for the states of its moves."""
    graph = graph_of(machine)
    states = {node.key: node.states for node in graph.nodes}
    for edge in graph.edges:
        assert {move.source for move in edge.moves} <= set(states[edge.source])
        assert {move.target for move in edge.moves} <= set(states[edge.target])


def test_moves_of_the_requester_are_drawn_at_their_ends_or_through_a_state():
    """A move ends at its state; it begins there, at a gather node, or where it passes through."""
    graph = graph_of("requester")
    nodes = {node.key: node for node in graph.nodes}
    phases = {state.name: state.phase for state in REGIONS["requester"].states}
    moves = {(move.event, move.source, move.target) for e in graph.edges for move in e.moves}
    for edge in graph.edges:
        for move in edge.moves:
            source, target = edge.source, edge.target
            if edge.is_both and (move.source, move.target) == (target, source):
                source, target = target, source
            assert move.target == target
            if nodes[source].look == GATHER:
                listed = " ".join(nodes[source].detail.split("\n"))
                assert re.search(rf"\b({move.source}|all of {phases[move.source]})\b", listed)
            elif move.source != source:
                assert (move.event, move.source, source) in moves
                assert (move.event, source, target) in moves


# --- The requester -----------------------------------------------------------
def ends_of(graph):
    """Give the pairs of nodes that edges lead between."""
    return {(edge.source, edge.target) for edge in graph.edges if edge.source != edge.target}


def test_the_requester_is_drawn_in_phases():
    """Each phase is a cluster, in the order of the states."""
    phases = {state.name: state.phase for state in REGIONS["requester"].states}
    graph = graph_of("requester")
    assert graph.clusters == tuple((phase, phase) for phase in dict.fromkeys(phases.values()))
    assert {node.key: node.cluster for node in graph.nodes if node.states} == phases


def test_calls_go_through_the_state_in_which_they_run():
    """A folded call and a refused one have no edge of their own."""
    ends = ends_of(graph_of("requester"))
    assert {("SET_OPEN", "PREPARING"), ("PREPARING", "PREPARED")} <= ends
    assert ("PREPARING", "PREPARE_FAILED") in ends
    assert not ends & {("SET_OPEN", "PREPARED"), ("SET_OPEN", "PREPARE_FAILED")}


def test_results_that_correct_a_folded_call_have_arrows_of_their_own():
    """Each leads from the success to the failure, and holds nothing else."""
    edges = {(edge.source, edge.target): edge for edge in graph_of("requester").edges}
    for ends in (
        ("PREPARED", "PREPARE_FAILED"),
        ("SNAPSHOT_DONE", "SNAPSHOT_FAILED"),
        ("PLAIN_DONE", "PLAIN_FAILED"),
        ("PRE_RESTORED", "PRE_RESTORE_FAILED"),
    ):
        assert edges[ends].kind == VETO
        assert edges[ends].label == "folded: failed or cancelled"
        assert all(move.row.code.endswith("-DECIDES") for move in edges[ends].moves)


def test_colours_of_the_requester():
    """Failures, AbortBackup and Release have kinds of their own; running states their look."""
    graph = graph_of("requester")
    kinds = {(edge.source, edge.target): edge.kind for edge in graph.edges}
    assert kinds["SNAPPING", "SNAPSHOT_FAILED"] == VETO
    assert kinds["from_AbortBackup_ABORTED", "ABORTED"] == GIVEN_UP
    assert kinds["from_Release_RELEASED", "RELEASED"] == RELEASE
    assert kinds["from_Release_RELEASED_noted", "RELEASED"] == RELEASE
    by_look = {}
    for node in graph.nodes:
        by_look.setdefault(node.look, set()).add(node.key)
    assert by_look[RUNNING] == {
        *("PREPARING", "SNAPPING", "COMPLETING", "PLAIN_SNAPPING", "IMPORTING"),
        *("PRE_RESTORING", "POST_RESTORING"),
    }
    failed = {"PREPARE_FAILED", "SNAPSHOT_FAILED", "PLAIN_FAILED", "PRE_RESTORE_FAILED", "GIVEN_UP"}
    assert by_look[BROKEN] == failed
    assert by_look[OVER] == {"RELEASED"}
    assert "AbortBackup" in draw("requester", "dot").split("  legend ")[1]


def test_many_states_of_one_stem_are_few_nodes():
    """Volumes are the first, the last, and those between; operations run or have ended."""
    volumes = [node for node in graph_of("volumes").nodes if node.states]
    assert {node.key: len(node.states) for node in volumes} == {
        "VOLUMES_0": 1,
        "VOLUMES_more": 63,
        "VOLUMES_64": 1,
    }
    assert len([node for node in graph_of("operation").nodes if node.states]) == 3


@pytest.mark.parametrize("machine", CALLS)
def test_machines_of_the_requester_can_be_read(machine):
    """Few boxes, few arrows, and no line of text that is a paragraph."""
    graph = graph_of(machine)
    edges = [edge for edge in graph.edges if edge.source != edge.target]
    texts = [line for edge in edges for line in edge.label.split("\n")]
    texts += [line for node in graph.nodes for line in node.detail.split("\n")]
    assert len(graph.nodes) <= 40
    assert len(edges) <= 40
    assert max(map(len, texts)) <= 90


@pytest.mark.parametrize("machine", SHEETS)
def test_sheets_list_every_row(machine):
    """A region of one state is a sheet of all its rows, the permitted ones first."""
    lines = graph_of(machine).sheet.lines
    assert sorted(line[0] for line in lines) == sorted(row.code for row in REGIONS[machine].rows)
    assert lines[0][3].startswith("permitted")


def test_failures_lead_where_their_name_says():
    """A veto in an event leads to that event's state alone, and a late Thaw to Freeze's too."""
    edges = {(edge.source, edge.target, edge.label) for edge in graph_of("failures").edges}
    assert ("Freeze", "FAILED_AT_FREEZE", "veto") in edges
    assert ("Freeze", "FAILED_AT_FREEZE", "timeout") in edges
    assert ("Thaw", "FAILED_AT_FREEZE", "timeout") in edges
    assert ("Freeze", "FAILED_AT_THAW", "veto") not in edges


def test_failures_say_which_moves_fail():
    """A failure that is kept is none that the event leads to."""
    moves = [move for edge in graph_of("failures").edges for move in edge.moves]
    assert all(failures.fails(move) for move in moves)
    kept = [m for e in graph_of("writer").edges for m in e.moves if m.source == m.target]
    assert not any(failures.fails(move) for move in kept)


# --- Text --------------------------------------------------------------------
@pytest.mark.parametrize("machine", KEPT)
def test_kept_diagrams_are_fresh(machine):
    """The DOT text in the repository is what the rows give."""
    kept = (ROOT / "diagrams" / f"{machine}.dot").read_text(encoding="utf-8")
    assert kept == draw(machine, "dot")


def test_text_does_not_depend_on_hashing():
    """Another seed of Python's hashes gives the same bytes of every machine."""
    code = (
        "from vssfsm.draw import MACHINES, SEQUENCES, draw;"
        "[print(draw(m, p)) for m in (*sorted(MACHINES), *SEQUENCES) for p in ('dot', 'mermaid')]"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "4711")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_dot_names_every_node(machine):
    """DOT text declares each node once and uses no node that it does not declare."""
    graph, text = graph_of(machine), draw(machine, "dot")
    declared = re.findall(r'^ +"([^"]+)" \[', text, re.MULTILINE)
    assert sorted(declared) == sorted(node.key for node in graph.nodes)
    used = {
        key for pair in re.findall(r'^ +"([^"]+)" -> "([^"]+)"', text, re.MULTILINE) for key in pair
    }
    assert used <= set(declared)


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_mermaid_is_sane(machine):
    """Mermaid text closes what it opens, and colours exactly the arrows that it draws."""
    graph, text = graph_of(machine), draw(machine, "mermaid")
    lines = text.splitlines()
    assert lines[3] in ("flowchart TD", "flowchart LR")
    assert sum(line.startswith("  subgraph ") for line in lines) == lines.count("  end")
    arrows = [line for line in lines if re.search(r" <?(==>|-->|-\.->)(\|| )", line)]
    assert len(arrows) == sum(edge.source != edge.target for edge in graph.edges)
    assert len(arrows) == sum(line.startswith("  linkStyle ") for line in lines)
    assert text.count('"') % 2 == 0


# --- Pictures ----------------------------------------------------------------
def has_renderer():
    """Tell whether anything that draws is installed."""
    try:
        picture.find_program()
    except MissingExtra:
        return False
    return True


drawing = pytest.mark.skipif(not has_renderer(), reason="neither dot nor graphviz-pure is there")


@drawing
@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_svg(machine):
    """Every machine is laid out, and every node's title stands in the picture."""
    text = draw(machine, "svg")
    assert text.rstrip().endswith("</svg>")
    for node in graph_of(machine).nodes:
        assert node.title.split()[-1] in text


@drawing
def test_png():
    """PNG comes as bytes."""
    assert draw("restore", "png")[:8] == b"\x89PNG\r\n\x1a\n"


@drawing
def test_broken_dot_is_our_message():
    """Text that cannot be drawn raises an error that names the program."""
    with pytest.raises(VssfsmError, match="could not draw"):
        picture.render("digraph {", "svg")


def test_without_a_renderer(monkeypatch):
    """Where nothing draws, the message holds the pip command."""
    monkeypatch.setattr(picture.shutil, "which", lambda *_, **__: None)
    with pytest.raises(MissingExtra, match=r"vssfsm\[draw\]"):
        draw("writer", "svg")


def test_system_program_is_preferred(monkeypatch):
    """`dot` on the path wins; the wheel is found beside the interpreter too."""
    monkeypatch.setattr(picture.shutil, "which", lambda name, path=None: f"{path or ''}/{name}")
    assert picture.find_program() == "/dot"
    monkeypatch.setattr(
        picture.shutil, "which", lambda name, path=None: f"{path}/{name}" if path else None
    )
    assert picture.find_program() == f"{os.path.dirname(sys.executable)}/graphviz-pure"


# --- Usage -------------------------------------------------------------------
def test_unknown_machine():
    """A name that is none lists those that are."""
    with pytest.raises(UsageError, match=r"anytime, .* context, .* requester, restore"):
        draw("rocket", "dot")


def test_unknown_picture():
    """A picture that is none lists those that are."""
    with pytest.raises(UsageError, match="dot, svg, png, mermaid"):
        draw("writer", "gif")


def test_command_line(capsys):
    """The command prints what `draw` gives, and exits 2 for an unknown machine."""
    assert main(["diagram", "restore"]) == 0
    assert capsys.readouterr().out == draw("restore", "dot")
    assert main(["diagram", "rocket"]) == 2
    assert "unknown machine 'rocket'" in capsys.readouterr().err


@drawing
def test_command_line_writes_bytes(tmp_path, capsysbinary):
    """A PNG goes to a file or to standard output; a place that is none is wrong usage."""
    target = tmp_path / "restore.png"
    assert main(["diagram", "restore", "--as", "png", "-o", str(target)]) == 0
    assert main(["diagram", "restore", "--as", "png"]) == 0
    assert capsysbinary.readouterr().out == target.read_bytes()
    assert main(["diagram", "restore", "--as", "png", "-o", str(tmp_path / "no" / "x")]) == 2
    assert b"cannot write" in capsysbinary.readouterr().err


# --- Overlay -----------------------------------------------------------------
def lit(graph):
    """Give the ends of the lit edges, and the keys of the lit nodes."""
    edges = {(edge.source, edge.target) for edge in graph.edges if edge.lit}
    return edges, {node.key for node in graph.nodes if node.lit}


def test_overlay_lights_the_path(tmp_path):
    """Nodes and edges of the walk are lit, no others, and nothing is marked as broken."""
    path = trace(tmp_path, ("PrepareBackup", OK), ("PrepareSnapshot", OK), ("Freeze", OK))
    graph = graph_of("writer", path)
    assert lit(graph) == (
        {
            ("STABLE_idle", "STABLE_prepared"),
            ("STABLE_prepared", "WAITING_FOR_FREEZE"),
            ("WAITING_FOR_FREEZE", "WAITING_FOR_THAW"),
        },
        {"STABLE_idle", "STABLE_prepared", "WAITING_FOR_FREEZE", "WAITING_FOR_THAW"},
    )
    assert not [node for node in graph.nodes if node.broken]
    assert "#0b3d91" in draw("writer", "dot", overlay=path)
    assert "stroke-width:4px" in draw("writer", "mermaid", overlay=path)


def test_overlay_marks_the_violation(tmp_path):
    """The broken step is an edge of its own, with the rule's code at it and at its state."""
    path = trace(tmp_path, ("PrepareBackup", OK), ("Freeze", {**OK, "state": 3}))
    graph = graph_of("writer", path)
    broken = {node.key: node.broken for node in graph.nodes if node.broken}
    assert broken == {"STABLE_prepared": "WTR102 freeze-before-prepare-snapshot"}
    (edge,) = [edge for edge in graph.edges if edge.kind == VIOLATION]
    assert edge[:3] == ("STABLE_prepared", "WAITING_FOR_THAW", "Freeze\nWTR102")
    assert "WTR102" in draw("writer", "dot", overlay=path)
    assert "WTR102" in draw("writer", "mermaid", overlay=path)


def test_overlay_of_the_demo():
    """The shipped veto shows the Abort that was not the end."""
    graph = graph_of("writer", str(ROOT / "demo" / "vetoed.jsonl"))
    assert [node.broken for node in graph.nodes if node.broken] == ["WTR131 event-after-abort"]
    assert "WTR131" not in draw("writer", "dot")


def test_overlay_takes_the_first_session(tmp_path):
    """A session that begins after the first one ended is not drawn."""
    path = trace(
        tmp_path,
        ("PrepareBackup", OK),
        ("BackupComplete", OK),
        ("PrepareBackup", {"outcome": "veto", "state": 7}),
    )
    _, nodes = lit(graph_of("writer", path))
    assert "FAILED_AT_PREPARE_BACKUP" not in nodes


def test_overlay_takes_one_writer(tmp_path):
    """Records of another writer leave the path alone."""
    path = trace(
        tmp_path,
        ("PrepareBackup", OK),
        ("PrepareBackup", {"writer": "V", "outcome": "veto", "state": 7}),
    )
    assert lit(graph_of("writer", path))[1] == {"STABLE_idle", "STABLE_prepared"}


def test_overlay_on_failures(tmp_path):
    """The edge of the failure is lit between its event and its state."""
    path = trace(tmp_path, ("PrepareBackup", {"outcome": "veto", "state": 7}))
    edges, nodes = lit(graph_of("failures", path))
    assert edges == {("PrepareBackup", "FAILED_AT_PREPARE_BACKUP")}
    assert nodes == {"PrepareBackup", "FAILED_AT_PREPARE_BACKUP"}


def test_overlay_over_holes(tmp_path):
    """A partial trace hides steps: its states are lit, with no edge between them."""
    path = trace(tmp_path, ("Thaw", {**OK, "state": 4, "observation": "partial"}))
    edges, nodes = lit(graph_of("writer", path))
    assert edges == {("WAITING_FOR_THAW", "WAITING_FOR_POST_SNAPSHOT")}
    assert nodes == {"STABLE_idle", "WAITING_FOR_THAW", "WAITING_FOR_POST_SNAPSHOT"}


def test_unread_lines_are_holes(tmp_path):
    """A damaged line in the middle accuses nobody."""
    path = trace(tmp_path, ("PrepareBackup", OK), ("Freeze", OK))
    text = Path(path).read_text(encoding="utf-8").split("\n")
    Path(path).write_text("\n".join([text[0], "{", text[1]]), encoding="utf-8")
    assert not [node for node in graph_of("writer", path).nodes if node.broken]


@pytest.mark.parametrize("state", [0, 77], ids=("names-no-state", "illegal"))
def test_reports_that_name_no_state(tmp_path, state):
    """A report that names no state of the lifecycle counts as none."""
    path = trace(tmp_path, ("PrepareBackup", {**OK, "state": state}))
    assert lit(graph_of("writer", path))[0] == {("STABLE_idle", "STABLE_prepared")}


def test_overlay_without_writer_events(tmp_path):
    """A trace of a requester has no path in a writer's machine."""
    path = trace(tmp_path, ("StartSnapshotSet", {"actor": "requester"}))
    with pytest.raises(UsageError, match="holds no writer event"):
        draw("writer", "dot", overlay=path)


def test_overlay_that_is_elsewhere(tmp_path):
    """A backup is not drawn over failures that it never had."""
    path = trace(tmp_path, ("PrepareBackup", OK))
    with pytest.raises(UsageError, match="does not touch the machine failures"):
        draw("failures", "dot", overlay=path)


def test_overlay_that_is_not_there(tmp_path):
    """A path that cannot be opened is wrong usage."""
    with pytest.raises(UsageError, match="cannot read"):
        draw("writer", "dot", overlay=str(tmp_path / "none.jsonl"))


def test_overlay_on_a_region():
    """What has no states to light takes no overlay, and says what does."""
    for machine in ("status", "levels", "methods", "sequence-backup"):
        with pytest.raises(UsageError, match="writer, restore, failures, requester"):
            draw(machine, "dot", overlay="any.jsonl")


# --- Overlay of a requester --------------------------------------------------
PREPARED = (
    *("CreateVssBackupComponents", "InitializeForBackup", "GatherWriterMetadata"),
    *("StartSnapshotSet", "PrepareForBackup"),
)


def calls(tmp_path, *records):
    """Write a trace of a requester, from names of calls, and pairs of a name and its keys."""
    told = (record if isinstance(record, tuple) else (record, {}) for record in records)
    path = tmp_path / "calls.jsonl"
    lines = (json.dumps({"actor": "requester", "event": name, **keys}) for name, keys in told)
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def ended(of, result="VSS_S_ASYNC_FINISHED"):
    """Give the record of a QueryStatus."""
    return "QueryStatus", {"of": of, "async_result": result}


AWAITED = (
    *PREPARED[:3],
    ended("GatherWriterMetadata"),
    *PREPARED[3:],
    ended("PrepareForBackup"),
)
LAST = ("PREPARED", "SNAPPING")
WAY = {
    ("START", "CREATED"),
    ("CREATED", "INITIALIZED"),
    ("INITIALIZED", "SET_OPEN"),
    ("SET_OPEN", "PREPARING"),
    ("PREPARING", "PREPARED"),
}


@pytest.mark.parametrize("is_folded", [True, False])
def test_overlay_on_the_requester(tmp_path, is_folded):
    """A call that ended on its own line is lit through where it ran; a result is lit likewise."""
    path = calls(tmp_path, *(PREPARED if is_folded else AWAITED), "DoSnapshotSet")
    graph = graph_of("requester", path)
    edges, nodes = lit(graph)
    drawn = {ends for ends in edges if ends[0] != ends[1]}
    assert drawn == WAY | ({LAST, ("SNAPPING", "SNAPSHOT_DONE")} if is_folded else {LAST})
    assert nodes == {state for ends in drawn for state in ends}
    assert not [node for node in graph.nodes if node.broken]


def test_overlay_on_the_requester_of_a_failure(tmp_path):
    """The failure's edge is lit, the success's is not; Release is lit from its gather node."""
    failed = ended("PrepareForBackup", "VSS_E_UNEXPECTED")
    edges, _ = lit(graph_of("requester", calls(tmp_path, *AWAITED[:-1], failed, "Release")))
    assert ("PREPARING", "PREPARE_FAILED") in edges
    assert ("PREPARING", "PREPARED") not in edges
    assert ("from_Release_RELEASED", "RELEASED") in edges


def test_overlay_on_the_requester_marks_the_violation(tmp_path):
    """The broken step is red, with its rule, and its own edge of the machine is not lit."""
    path = calls(tmp_path, "CreateVssBackupComponents", "InitializeForBackup", "PrepareForBackup")
    graph = graph_of("requester", path)
    broken = {node.key: node.broken for node in graph.nodes if node.broken}
    assert broken == {"INITIALIZED": "REQ117 prepare-without-set"}
    (edge,) = [edge for edge in graph.edges if edge.kind == VIOLATION]
    assert edge.source == "INITIALIZED"
    assert edge.label == "PrepareForBackup\nREQ117"
    assert ("SET_OPEN", "PREPARING") not in lit(graph)[0]
    assert "REQ117" in draw("requester", "dot", overlay=path)
    assert "REQ117" not in draw("requester", "dot")


def test_overlay_on_the_requester_takes_the_first_object(tmp_path):
    """Another object, or another session, is not drawn; records between are."""
    again = calls(tmp_path, *PREPARED[:2], "Release", "CreateVssBackupComponents", *PREPARED[1:])
    assert "SET_OPEN" not in lit(graph_of("requester", again))[1]
    keyed = calls(
        tmp_path,
        *((name, {"session": "a"}) for name in PREPARED[:2]),
        ("CreateVssBackupComponents", {"session": "b"}),
        ("InitializeForRestore", {"session": "b"}),
    )
    assert lit(graph_of("requester", keyed))[1] == {"START", "CREATED", "INITIALIZED"}


def test_overlay_on_the_requester_over_holes(tmp_path):
    """What hidden steps may have led to accuses nobody."""
    path = calls(tmp_path, PREPARED[0], ("DoSnapshotSet", {"observation": "partial"}))
    text = Path(path).read_text(encoding="utf-8").split("\n")
    damaged = tmp_path / "damaged.jsonl"
    damaged.write_text("\n".join((text[0], "{", text[1])), encoding="utf-8")
    for trace_of in (path, str(damaged)):
        graph = graph_of("requester", trace_of)
        assert not [node for node in graph.nodes if node.broken]
        assert "SNAPPING" in lit(graph)[1]


@pytest.mark.parametrize("machine", [name for name in CALLS if name != "requester"])
def test_overlay_on_a_region_of_the_requester(tmp_path, machine):
    """Every region that has states can be lit, and begins where it begins."""
    begun = ("SetContext", "SetBackupState", "GatherWriterMetadata", "AddComponent")
    ending = ("AddToSnapshotSet", *PREPARED[4:], "GatherWriterStatus", "SetBackupSucceeded")
    other = ("ImportSnapshots", "SetSelectedForRestore", "RecoverSet")
    path = calls(tmp_path, *PREPARED[:2], *begun, PREPARED[3], *ending, *other)
    first = REGIONS[machine].states[0].name
    (start,) = [node for node in graph_of(machine, path).nodes if first in node.states]
    assert start.lit
    with pytest.raises(UsageError, match=f"does not touch the machine {machine}"):
        graph_of(machine, calls(tmp_path, "CoInitializeEx"))


def test_overlay_without_calls(tmp_path):
    """A trace of a writer has no path in a requester's machine."""
    with pytest.raises(UsageError, match="holds no call of a requester"):
        draw("requester", "dot", overlay=trace(tmp_path, ("PrepareBackup", OK)))


# --- python -m vssfsm.draw ---------------------------------------------------
@drawing
def test_write_and_check(tmp_path, capsys):
    """What was written is fresh; a changed DOT file is named, a changed SVG is not."""
    folder = str(tmp_path / "pictures")
    assert draw_main([folder, "--check"]) == 1
    assert capsys.readouterr().out.count("is stale") == len(KEPT)
    assert draw_main([folder]) == 0
    (tmp_path / "pictures" / "writer.svg").write_text("another Graphviz", encoding="utf-8")
    assert draw_main([folder, "--check"]) == 0
    (tmp_path / "pictures" / "writer.dot").write_text("edited", encoding="utf-8")
    assert draw_main([folder, "--check"]) == 1
    assert "writer.dot is stale" in capsys.readouterr().out


def test_write_without_a_renderer(tmp_path, monkeypatch, capsys):
    """The command says what is missing, and exits 2."""
    monkeypatch.setattr(picture.shutil, "which", lambda *_, **__: None)
    assert draw_main([str(tmp_path)]) == 2
    assert "vssfsm[draw]" in capsys.readouterr().err
