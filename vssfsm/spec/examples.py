"""
Bad and good traces of the rules, as files: in the package, or in a checkout's tests.

`CODE.bad.jsonl` breaks the rule, `CODE.good.jsonl` is its nearest legal neighbour; listings end in
`.txt`, tables in `.csv`. The key `expect` of a line holds the codes that are found there; it is no
part of the trace. Where a line cannot carry it, `NAME.expect.json` beside the file holds pairs of
line and code.
"""

import json
from pathlib import Path
from typing import Final, NamedTuple

_PACKAGE: Final = Path(__file__).with_name("examples")
_CHECKOUT: Final = Path(__file__).parents[2] / "tests" / "data" / "rules"
_ENDINGS: Final = (".jsonl", ".txt", ".csv")
BAD: Final = "bad"
GOOD: Final = "good"


class Example(NamedTuple):
    """One example: its lines as a trace has them, and the codes expected per 1-based line."""

    lines: tuple[str, ...]
    expected: dict[int, tuple[str, ...]]


def directory() -> Path:
    """Give the directory that the examples lie in; it may be missing."""
    return _PACKAGE if _PACKAGE.is_dir() else _CHECKOUT


def example(code: str, kind: str, home: Path | None = None) -> Example | None:
    """Give the example of *kind* (`BAD` or `GOOD`) of rule *code*, or None if there is none."""
    path = example_path(code, kind, home)
    return None if path is None else _read(path)


def example_path(code: str, kind: str, home: Path | None = None) -> Path | None:
    """Give the file of an example, or None if there is none."""
    paths = ((home or directory()) / f"{code}.{kind}{ending}" for ending in _ENDINGS)
    return next((path for path in paths if path.is_file()), None)


def _read(path: Path) -> Example:
    lines: list[str] = []
    expected: dict[int, tuple[str, ...]] = {}
    text = path.read_bytes().decode("utf-8", "replace")
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        bare, codes = _without_expect(line.rstrip("\r"))
        lines.append(bare)
        if codes:
            expected[number] = codes
    return Example(tuple(lines), expected | _sidecar(path))


def _sidecar(path: Path) -> dict[int, tuple[str, ...]]:
    """Give the codes per line that stand in a file of their own."""
    beside = path.with_name(f"{path.name}.expect.json")
    pairs = json.loads(beside.read_text("utf-8")) if beside.is_file() else ()
    found: dict[int, tuple[str, ...]] = {}
    for line, code in pairs:
        found[line] = (*found.get(line, ()), code)
    return found


def _without_expect(line: str) -> tuple[str, tuple[str, ...]]:
    """Strip the key; a line that is no such object stays as it is."""
    if '"expect"' not in line:
        return line, ()
    try:
        value = json.loads(line)
    except ValueError:
        return line, ()
    if not isinstance(value, dict):
        return line, ()
    codes = value.pop("expect", ())
    separators = (", ", ": ") if '": ' in line else (",", ":")
    bare = json.dumps(value, ensure_ascii=False, separators=separators)
    return bare, (codes,) if isinstance(codes, str) else tuple(map(str, codes))
