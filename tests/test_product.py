"""Defects planted in some of the requester's regions are found in their product."""

from collections.abc import Callable

import pytest

from vssfsm.spec.alphabet import HIDDEN, constants_of
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.checks import CHECKS
from vssfsm.spec.product import ABSTRACTED, EXCUSED, LEFT_OUT, prove
from vssfsm.spec.rows import OPEN, Region, Row

#: a product that is small enough to be made anew for every planted defect
SMALL = ("requester", "description", "duty", "due")


# --- planted defects ---------------------------------------------------------
def _small(change: Callable[[Row], Row | None] = lambda row: row, **more: Row) -> list[Region]:
    """Give the regions of `SMALL` with each row changed or dropped, and one more in some."""
    found = []
    for name in SMALL:
        rows = [new for row in REGIONS[name].rows if (new := change(row)) is not None]
        rows += [more[name]] if name in more else []
        found.append(REGIONS[name]._replace(rows=tuple(rows)))
    return found


def _row(region: str, code: str) -> Row:
    return next(row for row in REGIONS[region].rows if row.code == code)


def _without(code: str) -> Callable[[Row], Row | None]:
    return lambda row: None if row.code == code else row


def _not_from(code: str, state: str) -> Callable[[Row], Row]:
    return lambda row: (
        row._replace(source=tuple(s for s in row.source if s != state)) if row.code == code else row
    )


def _graded_open(code: str) -> Callable[[Row], Row]:
    return lambda row: row._replace(grade=OPEN) if row.code == code else row


def _leads(code: str, to: str) -> Callable[[Row], Row]:
    return lambda row: row._replace(to=(to,)) if row.code == code else row


_IDLE_ROW = _row("due", "REQ-DUE-FIRST")._replace(
    code="REQ-IDLE", on=("PreRestore",), source=("COMPLETION_DUE",)
)
#: name -> check, a word of what it says, regions with one defect
PLANTED: dict[str, tuple[str, str, list[Region]]] = {
    "release is not permitted": (
        "MDL401",
        "COMPLETE",
        _small(_not_from("REQ-RELEASE", "COMPLETE")),
    ),
    "a restore cannot end": (
        "MDL401",
        "PRE_RESTORED",
        _small(_without("REQ-POSTRESTORE-FROM-PRE_RESTORED")),
    ),
    "a region forgets a refusal": ("MDL402", "due", _small(_without("REQ-DUE-REFUSED"))),
    "a region forgets a result": ("MDL402", "duty", _small(_without("REQ-DUTY-SNAPSHOT-FAILED"))),
    "a prohibition forbids nothing": ("MDL402", "description", _small(_graded_open("REQ211"))),
    "no row leads to a state": ("MDL403", "DESCRIBED", _small(_without("REQ-DESCRIBE"))),
    "another region bars a state": ("MDL403", "PREPARED", _small(_without("REQ-DESCRIBE"))),
    "a row has no occasion": ("MDL404", "REQ-IDLE", _small(due=_IDLE_ROW)),
    "regions read a result apart": (
        "MDL406",
        "DoSnapshotSet",
        _small(_leads("REQ-DUTY-SNAPSHOT", "NO_DUTY")),
    ),
}


def test_the_small_product_has_no_defect_of_its_own() -> None:
    """The regions that defects are planted in are clean together."""
    assert prove(_small()).problems == ()


@pytest.mark.parametrize("name", PLANTED)
def test_planted_defect_is_found(name: str) -> None:
    """The check finds the defect and says where it is."""
    code, word, regions = PLANTED[name]
    found = [
        text for text in prove(regions).problems if text.startswith(f"{code} {CHECKS[code].name}: ")
    ]
    assert any(word in text for text in found)


def test_excuses_are_needed() -> None:
    """What is excused is not reported, and an excuse without a need is."""
    regions = _small(due=_IDLE_ROW)
    assert prove(regions, excused={"REQ-IDLE": "planted"}).problems == ()
    (text,) = prove(_small(), excused={"REQ-IDLE": "planted"}).problems
    assert text == "MDL405 needless-excuse: the product shows REQ-IDLE"


def _with_outside(name: str, *rows: Row) -> list[Region]:
    """Give the small regions, and two outside of their product, one of them with more rows."""
    outside = [REGIONS["volumes"], REGIONS["methods"]]
    return _small() + [r._replace(rows=(*r.rows, *rows)) if r.name == name else r for r in outside]


def test_what_regions_outside_take_away_is_no_way() -> None:
    """A way to a Release needs nothing that a region outside of the product may forbid."""
    assert prove(_with_outside("volumes")).problems == ()
    full = _row("volumes", "REQ501")._replace(on=("Release",))
    problems = prove(_with_outside("volumes", full)).problems
    assert {text.split()[0] for text in problems} == {"MDL401"}


def test_rows_outside_have_an_occasion_too() -> None:
    """A permitted row of a region outside of the product is taken somewhere."""
    idle = _row("methods", "REQ-METHOD-RESULT")._replace(code="REQ-IDLE", on=("FastRecovery",))
    (text,) = prove(_with_outside("methods", idle)).problems
    assert text == "MDL404 row-never-taken: REQ-IDLE of methods"


def test_every_check_has_a_planted_defect() -> None:
    """A check that no bad table shows to work is no check."""
    planted = {code for code, _, _ in PLANTED.values()} | {"MDL405"}
    assert planted == {code for code in CHECKS if code.startswith("MDL4")}


def test_what_is_left_out_is_there() -> None:
    """Abstracted regions exist, and excuses have a reason."""
    regions = [
        region
        for region in REGIONS.values()
        if region.scope == "requester" and region.name not in LEFT_OUT
    ]
    assert set(ABSTRACTED) < {region.name for region in regions}
    assert all(EXCUSED.values())
    inside = [region for region in regions if len(region.states) > 1]
    constants = list(constants_of(inside))
    assert len(constants) == 2 * 2
    assert {chosen["folded"] for chosen in constants} == set(HIDDEN["folded"])
