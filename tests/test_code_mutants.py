"""Edits of code: each changes one place, can be compiled, and leaves the rest as it was."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "nightly"))
import code_mutants

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


def test_every_place_of_code_is_edited(tmp_path):
    """Types, docstrings and names are no code; everything that decides is."""
    path = tmp_path / "m.py"
    path.write_text(CODE, encoding="utf-8")
    made = list(code_mutants.mutants_of(path))
    shown = {(one.before, one.after.replace("not not value", "not (not value)")) for one in made}
    assert shown == EDITS
    plain = ast.unparse(ast.parse(CODE)).splitlines()
    for one in made:
        compile(one.source, "m.py", "exec")
        lines = one.source.splitlines()
        assert len(lines) == len(plain)
        assert sum(a != b for a, b in zip(lines, plain, strict=True)) == 1
        assert one.text == CODE.splitlines()[one.line - 1].strip()


def test_they_are_counted_as_they_are_made(tmp_path, monkeypatch):
    """Counting makes nothing, and gives the same number."""
    (tmp_path / "m.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setattr(code_mutants, "CORE", tmp_path)
    assert code_mutants.count_mutants() == len(code_mutants.every_mutant()) == len(EDITS)


@pytest.mark.parametrize("name", ["walk", "reader"])
def test_edits_of_the_core_differ_from_it(name):
    """No edit gives back the module."""
    path = code_mutants.CORE / f"{name}.py"
    plain = ast.unparse(ast.parse(path.read_text("utf-8")))
    sources = [one.source for one in code_mutants.mutants_of(path)]
    assert plain not in sources
    assert len(sources) > 5
