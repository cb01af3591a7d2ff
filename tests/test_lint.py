"""The real tables lint clean, and for each check a table with a planted defect is found."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from vssfsm.reports import rule
from vssfsm.spec.catalogue import REGIONS, ROWS
from vssfsm.spec.checks import CHECKS
from vssfsm.spec.lint import DOMAINS, lint, unused
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import INFERRED, SAME, STATED, Region, Row, State

A = State(name="a", means="at the begin", reported=1)
B = State(name="b", means="on the way", reported=2, owed=("Thaw",))
_PAGE = ("writers",)
_GO = Row(
    code="WTR-GO", grade=STATED, sources=_PAGE, says="go", on=("Freeze",), source=("a",), to=("b",)
)
_BACK = Row(
    code="WTR-BACK",
    grade=STATED,
    sources=_PAGE,
    says="back",
    on=("Thaw",),
    source=("b",),
    to=("a",),
)
_AGAIN = Row(
    code="WTR901",
    name="again",
    grade=STATED,
    sources=_PAGE,
    says="again",
    why="one is enough",
    on=("Freeze",),
    source=("b",),
)
_EARLY = _AGAIN._replace(code="WTR902", name="early", says="early", on=("Thaw",), source=("a",))
_REPORT = _AGAIN._replace(
    code="WTR903", name="report", says="report", on=("Freeze", "Thaw"), source=()
)
_ROWS = (_GO, _BACK, _AGAIN, _EARLY)


def _region(*rows: Row, states: tuple[State, ...] = (A, B)) -> Region:
    return Region(
        name="small", title="a", scope="session", states=states, rows=rows, unexplained=(_REPORT,)
    )


def _lint(*rows: Row, states: tuple[State, ...] = (A, B), **more: dict[str, str]) -> list[str]:
    return lint([_region(*rows, states=states)], rulings=more.get("rulings", {}))


def _one(*rows: Row) -> list[str]:
    """Lint a region with one state that reports nothing."""
    moved = [
        row._replace(source=("any",), to=(SAME,) if row.to else (), on=("Freeze",)) for row in rows
    ]
    state = State(name="any", means="any")
    region = Region(name="one", title="one", scope="session", states=(state,), rows=tuple(moved))
    return lint([region], rulings={})


def _without_unexplained() -> list[str]:
    return lint([_region(*_ROWS)._replace(unexplained=())], rulings={})


def _changed(old: Row, **values: Any) -> list[str]:
    """Lint the good table with *old* changed."""
    return _lint(*(row._replace(**values) if row is old else row for row in _ROWS))


_NEVER = State(name="c", means="nowhere")
_TRAP = State(name="c", means="for ever", owed=("Thaw",))
_INTO_TRAP = _GO._replace(code="WTR-TRAP", source=("b",), to=("c",))
_VETO = ({"outcome": ("veto",)},)
_ONLY_VETO = _AGAIN._replace(code="WTR904", name="veto", says="veto", when=_VETO)
_MILD = _AGAIN._replace(code="WTR905", name="mild", says="mild", grade=INFERRED)

#: check -> tables that it has to find, each with one defect
PLANTED: dict[str, list[Callable[[], list[str]]]] = {
    "MDL101": [
        lambda: _changed(_GO, code="WTR101"),
        lambda: _changed(_AGAIN, code="WTR-AGAIN"),
        lambda: _changed(_AGAIN, code="ZZZ901"),
        lambda: _changed(_AGAIN, name="Not Kebab"),
    ],
    "MDL102": [
        lambda: _changed(_BACK, code=_GO.code),
        lambda: _changed(_EARLY, name=_AGAIN.name),
    ],
    "MDL103": [lambda: _changed(_GO, sources=())],
    "MDL104": [lambda: _changed(_GO, sources=("no-such-page",))],
    "MDL105": [lambda: _changed(_GO, ruling="no-such-ruling")],
    "MDL106": [lambda: _lint(*_ROWS, rulings={"never-cited": "so"})],
    "MDL107": [
        lambda: _changed(_GO, grade="GUESSED"),
        lambda: _changed(_GO, pays="error"),
    ],
    "MDL108": [
        lambda: _changed(_GO, says=""),
        lambda: _changed(_AGAIN, why=""),
        lambda: _changed(_GO, to=()),
    ],
    "MDL109": [lambda: _changed(_GO, on=("Freeze", "Frieze"))],
    "MDL110": [
        lambda: _changed(_GO, when=({"outcome": ("okay",)},)),
        lambda: _changed(_GO, when=({"outcum": ("ok",)},)),
        lambda: _changed(_GO, when=({"outcome": ()},)),
    ],
    "MDL111": [
        lambda: list(
            unused(row._replace(on=tuple(o for o in row.on if o != "Thaw")) for row in ROWS)
        ),
        lambda: list(
            unused(
                row._replace(when=tuple(w for w in row.when if "soft" not in w.get("outcome", ())))
                for row in ROWS
            )
        ),
    ],
    "MDL201": [lambda: _lint(*_ROWS, states=(A, B, B))],
    "MDL202": [
        lambda: _changed(_GO, to=("nowhere",)),
        lambda: _changed(_GO, source=("a", "nowhere")),
        lambda: _changed(_GO, source=("a", SAME)),
    ],
    "MDL203": [lambda: _lint(*_ROWS, states=(A, B, _NEVER))],
    "MDL204": [lambda: _lint(*_ROWS, _INTO_TRAP, states=(A, B, _TRAP))],
    "MDL205": [
        lambda: _lint(
            *(_GO, _AGAIN, _EARLY._replace(source=("a", "b"))),
            *(_BACK._replace(on=("Abort",)), _EARLY._replace(on=("Abort",), source=("a",))),
        )
    ],
    "MDL301": [
        lambda: _lint(_GO, _BACK, _AGAIN),
        lambda: _changed(_GO, when=_VETO),
        lambda: _changed(_AGAIN, when=_VETO),
        lambda: _changed(_GO, when=({"release": RELEASES[:4]}, {"release": RELEASES[5:]})),
    ],
    "MDL302": [_without_unexplained],
    "MDL303": [lambda: _lint(*_ROWS, _ONLY_VETO)],
    "MDL304": [lambda: _one(_GO, _ONLY_VETO)],
    "MDL305": [
        lambda: _lint(*_ROWS, _MILD),
        lambda: _lint(*_ROWS, _AGAIN._replace(code="WTR906", name="hidden", source=("a",))),
        lambda: _one(_AGAIN, _ONLY_VETO),
    ],
    "MDL306": [
        lambda: _lint(*_ROWS, _GO._replace(code="WTR-GO-TOO", says="go too")),
        lambda: _lint(*_ROWS, _GO._replace(code="WTR-GO-TOO", says="too", on=("Freeze", "Abort"))),
    ],
}


def _codes(problems: Iterable[str]) -> set[str]:
    return {problem.split()[0] for problem in problems}


def test_real_tables_are_clean() -> None:
    """Nothing is wrong with the tables that we ship."""
    assert lint() == []


def test_small_table_is_clean() -> None:
    """The table that all defects are planted in has none of its own."""
    assert _lint(*_ROWS) == []
    assert _lint(*_ROWS, rulings={}) == []
    assert _one(_GO) == []


def test_every_check_has_a_planted_defect() -> None:
    """A check that no bad table shows to work is no check; `test_product` has those of MDL4."""
    assert set(PLANTED) == {code for code in CHECKS if not code.startswith("MDL4")}


@pytest.mark.parametrize(
    ("code", "number"),
    [(code, n) for code, planted in PLANTED.items() for n in range(len(planted))],
)
def test_planted_defect_is_found(code: str, number: int) -> None:
    """The check finds the defect, and its sentence begins with code and name."""
    problems = PLANTED[code][number]()
    assert code in _codes(problems)
    for problem in problems:
        assert re.fullmatch(r"MDL[0-9]{3} [a-z-]+: \S.*", problem)
        assert CHECKS[problem[:6]].name == problem.split()[1].rstrip(":")


def test_tie_is_ordered_in_one_state() -> None:
    """Rules of a one-state region may meet: the first counts, as long as each counts somewhere."""
    identify = _AGAIN._replace(when=({"during": ("Identify",)},))
    assert "MDL303" not in _codes(_one(_ONLY_VETO, identify))
    assert "MDL305" not in _codes(_one(_ONLY_VETO, identify))


def test_permitted_row_is_an_exception_in_a_history() -> None:
    """A permitted row may stand inside a prohibition that covers whole phases."""
    wide = _EARLY._replace(on=("Freeze", "Thaw"), source=("a",))
    assert _lint(_GO, _BACK, _AGAIN, wide) == []


def test_rows_that_differ_in_a_condition_are_not_alike() -> None:
    """Rows of one move with conditions of their own are no repetition."""
    veto = _GO._replace(code="WTR-GO-VETO", says="go and fail", when=_VETO)
    assert "MDL306" not in _codes(_lint(*_ROWS, veto))
    assert list(unused(ROWS)) == []


def test_each_check_has_a_page() -> None:
    """`vssfsm rule` shows what each finding of lint means, by code, by name and as a family."""
    for code, check in CHECKS.items():
        for name in (code, code.lower(), check.name):
            page = rule.render(name)
            assert page.startswith(f"{code} {check.name}\n")
            assert "next" in page
        assert rule.render("MDL").count(f"{code} {check.name}") == 1
    assert len(set(CHECKS.values())) == len({check.name for check in CHECKS.values()})


def test_row_may_repeat_its_code() -> None:
    """One rule may need several rows: they share code, name and sentence."""
    other = _AGAIN._replace(on=("Thaw",), source=("a",))
    assert _lint(_GO, _BACK, _AGAIN, other) == []


def test_domains_hold_what_rows_name() -> None:
    """Every field that a row limits has a domain, and every domain is used."""
    named = {field for row in ROWS for when in row.when for field in when}
    assert named == set(DOMAINS)


@pytest.mark.parametrize(
    "row", [r for r in REGIONS["writer"].rows if not r.to], ids=lambda r: r.code
)
def test_removed_prohibition_leaves_a_gap(row: Row) -> None:
    """Every prohibition of the lifecycle is needed: without it the table is not total."""
    region = REGIONS["writer"]
    rows = tuple(r for r in region.rows if r.code != row.code and row.on[0] in r.on)
    assert "MDL301" in _codes(lint([region._replace(rows=rows)], rows=()))
