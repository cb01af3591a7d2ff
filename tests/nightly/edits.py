"""
Small edits of code, one at a time: a comparison, a sign, a constant, a branch, a call left out.

What cannot decide anything is not edited: annotations, decorators, the sizes of caches, and
`strict` of `zip`, which checks what is so.
"""

import ast
import copy
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "vssfsm" / "core"
#: edits that a night tries; all of them take an hour
SAMPLE = 200


class Mutant(NamedTuple):
    """
    One edit.

    Args:
        module: of the core.
        place: qualified name of the function or class that it is in, empty outside of both.
        text: what the line says; the number of a line moves.
        before, after: the code.
        number: its place among the edits of the module.
        turn: how many such edits of the place come before it.
    """

    module: str
    place: str
    line: int
    text: str
    before: str
    after: str
    number: int
    turn: int = 0

    @property
    def name(self) -> str:
        """Name the edit without the number of its line."""
        again = f" ({self.turn + 1})" if self.turn else ""
        where = ".".join(filter(None, (self.module, self.place)))
        return f"{where}: {self.text} | {self.before} -> {self.after}{again}"


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
    """Replace one node, wherever it is."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace *node*, or look into it."""
        return self._new if node is self._old else self.generic_visit(node)


# --- nodes -----------------------------------------------------------------------
_SKIPPED = {"annotation", "returns", "decorator_list", "bases"}
#: keywords that decide nothing: sizes of caches, checks of what is so
_IDLE = {"maxsize", "strict"}


def code_nodes(node: ast.AST, place: str = "") -> Iterator[tuple[ast.AST, str]]:
    """Give the nodes of code below *node*, and the function or class that each is in."""
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            idle = isinstance(child, ast.keyword) and child.arg in _IDLE
            if isinstance(child, ast.AST) and field not in _SKIPPED and not idle:
                named = isinstance(child, ast.FunctionDef | ast.ClassDef)
                inside = f"{place}.{child.name}".lstrip(".") if named else place
                yield child, inside
                yield from code_nodes(child, inside)


def _edits_of(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST, str]]:
    """Give node, what may stand in its place, and the function or class that it is in."""
    for node, place in code_nodes(tree):
        for new in edits(node):
            yield node, new, place


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Give every mutant of a module; an edit that stands twice is told apart by its turn."""
    text, turns = path.read_text("utf-8"), Counter[str]()
    lines = text.splitlines()
    for number, (node, new, place) in enumerate(_edits_of(ast.parse(text))):
        before, after = (ast.unparse(one).partition("\n")[0] for one in (node, new))
        said = lines[node.lineno - 1].strip()
        made = Mutant(path.stem, place, node.lineno, said, before, after, number)
        yield made._replace(turn=turns[made.name])
        turns[made.name] += 1


def source_of(mutant: Mutant) -> str:
    """Give the module of a mutant with its edit."""
    tree = ast.parse((CORE / f"{mutant.module}.py").read_text("utf-8"))
    node, new, _ = next(islice(_edits_of(tree), mutant.number, None))
    changed = _Replace(node, ast.copy_location(new, node)).visit(tree)
    return ast.unparse(ast.fix_missing_locations(changed))


@cache
def every_mutant() -> tuple[Mutant, ...]:
    """Give the mutants of the core."""
    return tuple(one for path in sorted(CORE.glob("*.py")) for one in mutants_of(path))
