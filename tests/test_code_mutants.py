"""Mutants of the core: the edits, how they are put in place, and what is said of survivors."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "nightly"))
import edits

NIGHTLY = Path(edits.__file__).parent
CODE = '''"""A module."""
from typing import Final
LIMIT: Final[int] = 3
def least(values: list[int], *, strict: bool = False) -> int | None:
    """Give the least."""
    found = None
    for value in values:
        if not value:
            continue
        if found is None or value < found:
            found = value + 1 if strict else value
    values.clear()
    return found
'''
EDITS = {
    ("3", "4"), ("False", "True"), ("not value", "value"), ("continue", "pass"),
    ("found is None", "found is not None"), ("value < found", "value <= found"),
    ("found is None or value < found", "found is None and value < found"),
    ("value + 1 if strict else value", "value + 1"), ("value + 1 if strict else value", "value"),
    ("value + 1", "value - 1"), ("1", "2"), ("values.clear()", "pass"),
    ("return found", "return None"), ("if not value:", "if not (not value):"),
    ("if found is None or value < found:", "if not (found is None or value < found):"),
}  # fmt: skip


def test_every_place_of_code_is_edited(tmp_path, monkeypatch):
    """Types, docstrings and names are no code; everything that decides is."""
    path = tmp_path / "m.py"
    path.write_text(CODE, encoding="utf-8")
    monkeypatch.setattr(edits, "CORE", tmp_path)
    made = list(edits.mutants_of(path))
    shown = {(one.before, one.after.replace("not not value", "not (not value)")) for one in made}
    assert shown == EDITS
    plain = ast.unparse(ast.parse(CODE)).splitlines()
    for one in made:
        source = edits.source_of(one)
        compile(source, "m.py", "exec")
        lines = source.splitlines()
        assert len(lines) == len(plain)
        assert sum(a != b for a, b in zip(lines, plain, strict=True)) == 1
        assert one.text == CODE.splitlines()[one.line - 1].strip()


def test_every_module_is_edited(tmp_path, monkeypatch):
    """All modules of the core are edited."""
    (tmp_path / "m.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setattr(edits, "CORE", tmp_path)
    assert len(edits.every_mutant.__wrapped__()) == len(EDITS)


@pytest.mark.parametrize("name", ["walk", "reader"])
def test_edits_of_the_core_differ_from_it(name):
    """No edit gives back the module."""
    path = edits.CORE / f"{name}.py"
    plain = ast.unparse(ast.parse(path.read_text("utf-8")))
    sources = [edits.source_of(one) for one in edits.mutants_of(path)]
    assert plain not in sources
    assert len(sources) > 5


def test_names_tell_edits_apart():
    """No two edits of the core have one name, and none holds the number of a line."""
    names = [one.name for one in edits.every_mutant()]
    assert len(names) == len(set(names)) > 500


# --- judging ---------------------------------------------------------------------
needs_forks = pytest.mark.skipif(os.name == "nt", reason="mutants are forked processes")

IN_PLACE = """
import sys
sys.path[:0] = sys.argv[1:]
import code_mutants, edits
from vssfsm.core import align, finding, table, track
from vssfsm.monitor import calls
from vssfsm.spec.rows import ERROR, INFO

def change(module, before, after):
    source = (edits.CORE / f"{module}.py").read_text("utf-8")
    assert source.count(before) == 1
    code_mutants.changed_in_place(module, source.replace(before, after))

counts = table.counts_of
assert counts(7)[INFO] == 7
change("table", "INFO: cost & digit}", "INFO: cost | digit}")
assert counts(7)[INFO] > 7
step = track.Step
change("track", "    report: int = 0", "    report: int = 1")
assert step(None, 1, None).report == 1
paths = track.Track.accused
change("track", "return self.total >= COST[WARNING]", "return 'changed'")
assert paths.fget(None) == "changed"
change("align", "TOO_LONG: Final = 20_000", "TOO_LONG: Final = 3")
assert align.TOO_LONG == 3
change("table", "MARGIN: Final = 2 * COST[ERROR]", "MARGIN: Final = 5")
assert (table.MARGIN, track.MARGIN) == (5, 5)
"""


@needs_forks
def test_everybody_holds_what_was_changed():
    """Functions, methods, properties, defaults and constants change for those who have them."""
    command = [sys.executable, "-c", IN_PLACE, str(NIGHTLY), str(edits.ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_forks
def test_what_is_wrong_with_survivors_is_said(monkeypatch):
    """One without a reason, a reason without an edit or a survivor, too few that are killed."""
    import code_mutants

    made = edits.every_mutant()[:20]
    names = [one.name for one in made]
    monkeypatch.setattr(code_mutants, "every_mutant", lambda: made)
    monkeypatch.setattr(code_mutants, "known_survivors", lambda: {names[0]: "", names[1]: ""})
    assert code_mutants.complaints(made, made[:2]) == []
    assert code_mutants.complaints(made[2:], []) == []
    assert code_mutants.complaints(made, made[:1]) == [f"listed, but killed: {names[1]}"]
    assert code_mutants.complaints(made, made[:3]) == [
        f"survives without a reason: {names[2]}", "fewer than 90% are killed",
    ]  # fmt: skip
    monkeypatch.setattr(code_mutants, "known_survivors", lambda: {"gone": ""})
    assert code_mutants.complaints(made, []) == ["listed, but no edit of the core: gone"]


@needs_forks
def test_known_survivors_are_edits_with_a_reason():
    """Each reason is a sentence, and each edit it is given for can be made."""
    import code_mutants

    known = code_mutants.known_survivors()
    assert set(known) <= {one.name for one in edits.every_mutant()}
    assert all(len(reason) > 20 and reason.endswith(".") for reason in known.values())
