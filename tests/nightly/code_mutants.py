"""
Mutants of the core: each small edit of its code has to be noticed by a test.

    python tests/nightly/code_mutants.py [--sample N] [--jobs N] [--write]

Every mutant gets a process of its own, forked from one that has loaded pytest and nothing of ours.
Mutants that no test kills stand in `survivors.toml` with a reason, or the run fails.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import multiprocessing
import os
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "vssfsm" / "core"
SURVIVORS = Path(__file__).with_name("survivors.toml")
#: tests that have to kill, the quickest first; a mutant meets the second list if the first misses
FIRST = ("tests/test_align.py", "tests/test_rules.py", "tests/test_requester.py")
SECOND = (
    *("tests/test_corners.py", "tests/test_canonical.py", "tests/test_status.py"),
    *("tests/test_returns.py", "tests/test_reports.py", "tests/test_coverage.py"),
    *("tests/test_explain.py", "tests/test_html.py", "tests/test_fast.py"),
    *("tests/test_requesters.py", "tests/test_machines.py", "tests/test_attacks.py"),
    *("tests/property/test_repairs.py", "tests/property/test_call_repairs.py"),
    *("tests/property/test_laws.py", "tests/test_stateful.py"),
)
#: seconds for all tests of a mutant; without one they take a tenth of it
PATIENCE = 600
#: mutants of a nightly run; all of them take hours on two cores
SAMPLE = 400
LEAST = 0.9


class Mutant(NamedTuple):
    """One edit: the module, the line and what it says, the code before and after, all source."""

    module: str
    line: int
    text: str
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """Name the edit without the number of its line, which moves."""
        return f"{self.module}: {self.text} | {self.before} -> {self.after}"


# --- edits -----------------------------------------------------------------------
_COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


def _with_op(node: ast.AST, op: ast.AST) -> ast.AST:
    new = copy.deepcopy(node)
    new.op = op  # type: ignore[attr-defined]
    return new


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    new = copy.deepcopy(node)
    new.ops[0] = _COMPARED[type(node.ops[0])]()
    yield new


def _join(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with_op(node, ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _invert(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _compute(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    if type(node.op) in _COMPUTED:
        yield _with_op(node, _COMPUTED[type(node.op)]())


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)


def _either(node: ast.IfExp) -> Iterator[ast.AST]:
    yield node.body
    yield node.orelse


def _leave_out(node: ast.Expr) -> Iterator[ast.AST]:
    if not isinstance(node.value, ast.Constant | ast.Yield | ast.YieldFrom):
        yield ast.Pass()


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not isinstance(node.value, ast.Constant):
        yield ast.Return(ast.Constant(None))


def _branch(node: ast.If) -> Iterator[ast.AST]:
    new = copy.deepcopy(node)
    new.test = ast.UnaryOp(ast.Not(), new.test)
    yield new


_EDITS: dict[type[ast.AST], Callable[[Any], Iterator[ast.AST]]] = {
    ast.Compare: _compare,
    ast.BoolOp: _join,
    ast.UnaryOp: _invert,
    ast.BinOp: _compute,
    ast.AugAssign: _compute,
    ast.Constant: _constant,
    ast.IfExp: _either,
    ast.Break: lambda _: iter([ast.Continue()]),
    ast.Continue: lambda _: iter([ast.Pass()]),
    ast.Delete: lambda _: iter([ast.Pass()]),
    ast.Expr: _leave_out,
    ast.Return: _return,
    ast.If: _branch,
}


def edits(node: ast.AST) -> Iterator[ast.AST]:
    """Give what may stand in the place of *node*."""
    edit = _EDITS.get(type(node))
    return iter(()) if edit is None else edit(node)


class _Replace(ast.NodeTransformer):
    """Replace the node at a place of the walk; annotations are no code."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace *node*, or look into it."""
        return self._new if node is self._old else self.generic_visit(node)


def code_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Give the nodes of code: annotations, decorators and types are none."""
    skipped = {"annotation", "returns", "decorator_list", "bases", "keywords_of_class"}
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and field not in skipped:
                yield child
                yield from code_nodes(child)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a module."""
    text = path.read_text("utf-8")
    tree, lines = ast.parse(text), text.splitlines()
    for node in list(code_nodes(tree)):
        for new in edits(node):
            changed = _Replace(node, ast.copy_location(new, node)).visit(tree)
            source = ast.unparse(ast.fix_missing_locations(changed))
            shown = [ast.unparse(one).partition("\n")[0] for one in (node, new)]
            _Replace(new, node).visit(tree)
            yield Mutant(path.stem, node.lineno, lines[node.lineno - 1].strip(), *shown, source)


def every_mutant() -> list[Mutant]:
    """Give the mutants of the core; an edit that stands twice is told apart by its number."""
    return [one for path in sorted(CORE.glob("*.py")) for one in mutants_of(path)]


# --- judging ---------------------------------------------------------------------
class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from changed source."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"vssfsm.core.{mutant.module}"
        self._mutant = mutant

    def find_spec(self, name, path, target=None):  # noqa: ARG002 - the protocol
        """Find the mutated module."""
        if name != self._name:
            return None
        file = CORE / f"{self._mutant.module}.py"
        return importlib.util.spec_from_file_location(name, file, loader=self)

    def exec_module(self, module) -> None:
        """Run the changed source."""
        exec(compile(self._mutant.source, module.__spec__.origin, "exec"), module.__dict__)  # noqa: S102


def _survives(mutant: Mutant) -> None:
    import pytest

    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, _Mutated(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not mutants and not nightly"]
    for tests in (FIRST, SECOND):
        if pytest.main([*options, *tests]) != 0:
            os._exit(1)
    os._exit(0)


def judged(mutants: list[Mutant], jobs: int) -> Iterator[tuple[Mutant, bool]]:
    """Give each mutant with whether it survives, as they end."""
    import hypothesis  # noqa: F401 - loaded once for all
    import pytest  # noqa: F401

    context = multiprocessing.get_context("fork")
    waiting, running = mutants[::-1], {}
    while waiting or running:
        while waiting and len(running) < jobs:
            process = context.Process(target=_survives, args=(waiting[-1],))
            process.start()
            running[process] = waiting.pop(), time.monotonic()
        for process, (mutant, since) in list(running.items()):
            if process.is_alive() and time.monotonic() - since < PATIENCE:
                continue
            if process.is_alive():
                process.kill()
            process.join()
            del running[process]
            yield mutant, process.exitcode == 0
        time.sleep(0.02)


def known() -> dict[str, str]:
    """Give the survivors that are known, each with its reason."""
    if not SURVIVORS.exists():
        return {}
    found = tomllib.loads(SURVIVORS.read_text("utf-8")).get("survivor", [])
    return {one["edit"]: one["reason"] for one in found}


def main() -> int:
    """Judge mutants: exit code 1 if too many survive, or one without a reason."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--sample", type=int, default=SAMPLE, help="0: every mutant")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="a module")
    chosen = parser.parse_args()
    mutants = [m for m in every_mutant() if chosen.only in ("", m.module)]
    total = len(mutants)
    if chosen.sample and chosen.sample < total:
        mutants = random.Random(chosen.seed).sample(mutants, chosen.sample)
    killed, made, new, reasons = Counter(), Counter(), [], known()
    for mutant, survives in judged(mutants, chosen.jobs):
        made[mutant.module] += 1
        killed[mutant.module] += not survives
        if survives:
            print(f"survives: core/{mutant.module}.py:{mutant.line} {mutant.name}", flush=True)
            new += [mutant.name] * (mutant.name not in reasons)
    for module in sorted(made):
        print(f"{module:10} {killed[module]:5} of {made[module]:5} killed")
    share = sum(killed.values()) / len(mutants)
    print(f"{sum(killed.values()):,} of {len(mutants):,} mutants killed ({share:.1%}); "
          f"the core has {total:,}; {len(new)} survivor(s) without a reason")  # fmt: skip
    return int(share < LEAST or bool(new))


if __name__ == "__main__":
    sys.exit(main())
