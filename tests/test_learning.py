"""The machine that traces show, and how it differs from the rows: by literal traces."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.spec.catalogue import REGIONS
from vssfsm.testing.generate import legal, near_miss, text
from vssfsm.testing.learning.learned import learn
from vssfsm.testing.learning.moves import REGION_OF, difference, watched

KEYS = {"host": "h", "session": "1", "instance": "i", "actor": "writer", "outcome": "ok"}
BACKUP = [
    KEYS | {"event": "PrepareBackup", "state": 1},
    KEYS | {"event": "PrepareSnapshot", "state": 2},
    KEYS | {"event": "Freeze", "state": 3},
]
THAWED = [*BACKUP, KEYS | {"event": "Thaw", "state": 4}]
#: Freeze without PrepareSnapshot: no row permits it
LEAP = [BACKUP[0], BACKUP[2], THAWED[3]]


def write(path, records):
    """Write a trace and give its name."""
    path.write_text(text(records), encoding="utf-8")
    return str(path)


@pytest.fixture
def legal_trace(tmp_path):
    """Give the path of a trace that the rows permit."""
    return write(tmp_path / "legal.jsonl", THAWED)


@pytest.fixture
def leap(tmp_path):
    """Give the path of a trace with a move that no row permits."""
    return write(tmp_path / "leap.jsonl", LEAP)


# --- diff ----------------------------------------------------------------------
def test_legal_moves_are_counted_and_nothing_is_forbidden(legal_trace, capsys):
    """Each move comes once, the rows that it takes are not missing, and the exit code is 0."""
    found = difference(watched([legal_trace]), "writer")
    assert found.moves == {
        ("STABLE_idle", "PrepareBackup", "STABLE_prepared"): 1,
        ("STABLE_prepared", "PrepareSnapshot", "WAITING_FOR_FREEZE"): 1,
        ("WAITING_FOR_FREEZE", "Freeze", "WAITING_FOR_THAW"): 1,
        ("WAITING_FOR_THAW", "Thaw", "WAITING_FOR_POST_SNAPSHOT"): 1,
    }
    assert not found.forbidden
    (region,) = found.coverage.regions
    assert "WTR-FREEZE" not in region.missing
    assert "WTR-FREEZE-VETO" in region.missing
    assert main(["diff", legal_trace]) == 0
    said = capsys.readouterr().out
    assert "writer: 0 moves that no row permits" in said
    assert "rows that came: 4 of 77, 5.2 %" in said
    assert "  WTR-FREEZE-VETO  " in said


def test_a_move_that_no_row_permits_is_named_with_its_rule(leap, capsys):
    """It is red in the picture and an error in the exit code, and it is none of the moves."""
    assert main(["diff", leap, "--as", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    (wrong,) = said["forbidden"]
    assert (wrong["source"], wrong["event"], wrong["severity"], wrong["times"]) == (
        *("STABLE_prepared", "Freeze", "error"),
        1,
    )
    assert "Freeze" not in {move["event"] for move in said["moves"]}
    assert "WTR-FREEZE" in said["rows_never_seen"]
    assert set(said["rows_never_seen"]) < set(said["rows"])
    assert main(["diff", leap, "--as", "dot"]) == 1
    said = capsys.readouterr().out
    assert f">{wrong['rule']}<" in said
    assert [line for line in said.splitlines() if f"{wrong['rule']}" in line and " -> " in line]


def test_the_picture_has_grey_black_and_red(legal_trace, leap):
    """Each edge of the machine came or did not; what no row permits is an edge beside them."""
    for path, wrong in ((legal_trace, 0), (leap, 1)):
        found = difference(watched([path]), "writer")
        came = [edge for edge in found.graph.edges if edge.visits]
        assert came
        assert [edge for edge in found.graph.edges if edge.visits == 0]
        assert [edge.kind for edge in found.graph.edges].count("violation") == wrong


@pytest.mark.parametrize("machine", REGION_OF)
def test_generated_legal_traces_show_no_forbidden_move(machine, tmp_path):
    """What the rows generate, the rows permit."""
    role = "requester" if machine == "requester" else "writer"
    paths = [
        write(tmp_path / f"{n}.jsonl", legal(role, seed=n, number=n, length=40)) for n in range(10)
    ]
    found = difference(watched(paths), machine)
    assert found.moves
    assert not [one for one in found.forbidden if one.severity == "error"]
    assert found.graph.is_compared


@pytest.mark.parametrize("rule", ["WTR131", "WTR111", "WTR121"])
def test_near_misses_show_their_rule(rule, tmp_path):
    """One step that breaks a rule of the writer's lifecycle is one forbidden move."""
    path = write(tmp_path / "miss.jsonl", near_miss(rule, seed=3, number=0, length=40))
    found = difference(watched([path]), "writer")
    assert {one.rule for one in found.forbidden} == {rule}


# --- learn -----------------------------------------------------------------------
def test_the_learned_machine_is_what_the_trace_shows(legal_trace, capsys):
    """States are those that explain the records; every edge is one that came."""
    pytest.importorskip("aalpy")
    found = learn(watched([legal_trace]), "writer")
    assert found.states == (
        *("STABLE_idle", "STABLE_prepared", "WAITING_FOR_FREEZE", "WAITING_FOR_THAW"),
        "WAITING_FOR_POST_SNAPSHOT",
    )
    edges = {(e.source, e.letter, e.target): times for e, times in found.edges.items()}
    assert edges == {
        ("STABLE_idle", "PrepareBackup ok", "STABLE_prepared"): 1,
        ("STABLE_prepared", "PrepareSnapshot ok", "WAITING_FOR_FREEZE"): 1,
        ("WAITING_FOR_FREEZE", "Freeze ok", "WAITING_FOR_THAW"): 1,
        ("WAITING_FOR_THAW", "Thaw ok", "WAITING_FOR_POST_SNAPSHOT"): 1,
    }
    assert main(["learn", legal_trace]) == 0
    assert "5 states and 4 edges from 1 session\n" in capsys.readouterr().out


def test_a_forbidden_edge_is_marked(leap, capsys):
    """The learned machine has it, with its rule, in words and in red."""
    pytest.importorskip("aalpy")
    assert main(["learn", leap]) == 0
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "no row permits it" in x]
    assert line.startswith("  Freeze ok -> ")
    assert main(["learn", leap, "--as", "dot"]) == 0
    red = [x for x in capsys.readouterr().out.splitlines() if "penwidth=3" in x]
    assert len(red) == 1


def test_learned_from_legal_traces_every_edge_is_a_row(tmp_path):
    """Each edge, freed of numbers and readings, is a move of the rows; the reverse is not so."""
    pytest.importorskip("aalpy")
    paths = [
        write(tmp_path / f"{n}.jsonl", legal("writer", seed=n, number=n, length=40))
        for n in range(20)
    ]
    found = learn(watched(paths), "writer")
    rows = {
        (source, event, source if to == "=" else to)
        for row in REGIONS["writer"].rows
        for source in row.source
        for event in row.on
        for to in row.to
    }
    edges = {
        (e.source.split(" ")[0], e.letter.split(" ")[0], e.target.split(" ")[0])
        for e in found.edges
        if not e.rule
    }
    assert edges
    assert edges < rows


def test_what_comes_after_the_end_belongs_to_the_session(tmp_path):
    """A second BackupShutdown of the same key goes on where the first ended."""
    pytest.importorskip("aalpy")
    shutdown = KEYS | {"event": "BackupShutdown", "state": 1}
    path = write(tmp_path / "a.jsonl", [BACKUP[0], shutdown, shutdown, shutdown])
    found = learn(watched([path]), "writer")
    assert (found.words, found.left_out) == (1, 0)
    edges = {(e.source, e.letter, e.target): times for e, times in found.edges.items()}
    assert edges["STABLE_closed", "BackupShutdown ok", "STABLE_closed"] == 2


def test_where_records_may_be_missing_a_word_ends(tmp_path, capsys):
    """A trace that may lack anything teaches no step."""
    pytest.importorskip("aalpy")
    path = write(tmp_path / "a.jsonl", THAWED)
    assert main(["learn", path, "--observation", "partial"]) == 0
    said = capsys.readouterr().out
    assert "1 state and 0 edges" in said


def test_the_same_traces_learn_the_same_bytes(tmp_path):
    """Whatever the seed of hashes."""
    pytest.importorskip("aalpy")
    paths = [
        write(tmp_path / f"{n}.jsonl", legal("writer", seed=n, number=n, length=40))
        for n in range(10)
    ]
    said = {
        subprocess.run(
            (sys.executable, "-m", "vssfsm", "learn", *paths, "--as", "json"),
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(vssfsm.__file__).parents[1],
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(said) == 1


def test_without_aalpy_the_extra_is_named(tmp_path, capsys, monkeypatch):
    """Exit code 2, and nothing is written; a comparison needs no extra."""
    path = write(tmp_path / "a.jsonl", THAWED)
    monkeypatch.setitem(sys.modules, "aalpy.learning_algs", None)
    target = tmp_path / "out.txt"
    assert main(["learn", path, "-o", str(target)]) == 2
    assert "python -m pip install 'vssfsm[learn]'" in capsys.readouterr().err
    assert not target.exists()
    assert main(["diff", path, "-o", str(target)]) == 0
    assert target.exists()


def test_what_cannot_be_read_is_said(tmp_path, capsys):
    """No such file is wrong usage; a file of nothing is exit code 3; no input is overwritten."""
    assert main(["diff", str(tmp_path / "none.jsonl")]) in {2, 3}
    path = write(tmp_path / "a.jsonl", THAWED)
    assert main(["diff", path, "-o", path]) == 2
    assert "Traceback" not in capsys.readouterr().err
