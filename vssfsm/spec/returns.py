"""
Which codes a requester's method may return, per release.

One state. A method's documented set is its return codes and, where it is asynchronous, the results
that QueryStatus delivers, without distinction (contract of the trace format). Success codes are
never judged: a page that does not list one is silent. Reserved methods and `Release` have no list.
"""

from itertools import groupby
from typing import Final

from vssfsm.spec.anytime import ANY
from vssfsm.spec.codes import FAILURES, NOT_ON_PAGE, codes_of
from vssfsm.spec.methods import METHODS, Method
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import INFERRED, OBSERVED, OPEN, SAME, STATED, Region, Row, When

#: what a record's code is where it is no known failure
SUCCESS: Final = "success"
OTHER_VSS: Final = "other-vss"
OTHER_CODE: Final = "other"
#: every value of the field
RETURN_CODES: Final = (SUCCESS, *FAILURES, OTHER_VSS, OTHER_CODE)
_VSS: Final = tuple(c for c in RETURN_CODES if c.startswith("VSS_") or c == OTHER_VSS)
_PLAIN: Final = tuple(c for c in RETURN_CODES if c not in (SUCCESS, *_VSS))
#: methods whose codes are listed
JUDGED: Final = tuple(method for method in METHODS if method.codes)

_LIST: Final = (
    "A requester handles what the page lists. Another code meets a path that nobody wrote, or the"
    " record is wrong."
)
#: code, name, what it says, why, blame
_UNDOCUMENTED: Final = (
    (
        *("RET101", "undocumented-vss-code", _VSS, "provider"),
        "a method returned a VSS code that its page does not list",
    ),
    (
        *("RET102", "undocumented-com-code", _PLAIN, "unknown"),
        "a method returned a code from outside VSS that its page does not list",
    ),
)
_ELSEWHERE: Final = (
    (
        *("RET103", "vss-code-of-another-release", _VSS, "provider"),
        "a method returned a VSS code that its page gives to other releases only",
    ),
    (
        *("RET104", "com-code-of-another-release", _PLAIN, "unknown"),
        "a method returned a code from outside VSS that its page gives to other releases only",
    ),
)
_RELEASE: Final = (
    "The page says on which releases the code exists: the record, its release or the component that"
    " answered is not what it seems."
)
#: rules that are worth a note where the release is not known, and would decide
DEPENDING: Final = ("RET103", "RET104")


def _limited(method: Method) -> dict[str, tuple[str, ...]]:
    """Give the codes of *method* that not every release has, with the releases that do."""
    return {code: on for code, on in codes_of(method.name).items() if on != RELEASES}


def _rows(method: Method) -> tuple[Row, ...]:
    limited = _limited(method)
    seen = {code for name, code in NOT_ON_PAGE if name == method.name and code in FAILURES}
    always = tuple(c for c in FAILURES if c in method.codes and c not in (*limited, *seen))
    return (
        _permit(method, "", (SUCCESS, *always), limited),
        *([_permit(method, "-NOT-ON-PAGE", tuple(sorted(seen)), {})] if seen else []),
        *_forbid(method, {*limited, *always, *seen}, limited),
    )


def _permit(
    method: Method, part: str, always: tuple[str, ...], limited: dict[str, tuple[str, ...]]
) -> Row:
    whens: list[When] = [{"code": always}]
    whens += [{"code": (code,), "release": on} for code, on in limited.items()]
    return Row(
        code=f"RET-{method.name.upper()}{part}",
        on=(method.name,),
        source=(ANY.name,),
        to=(SAME,),
        when=tuple(whens),
        grade=OBSERVED if part else STATED,
        sources=(method.name.lower(), *(("vsserror.h",) if part else ())),
        says=f"{method.name} may return a code that no page lists, as the code or the field says"
        if part
        else f"{method.name} returns the codes of its page",
    )


def _forbid(
    method: Method, known: set[str], limited: dict[str, tuple[str, ...]]
) -> tuple[Row, ...]:
    """Make the rules that *method* can break: codes of no release, and of other releases."""
    found = []
    for code, name, codes, blame, says in _UNDOCUMENTED:
        when: tuple[When, ...] = ({"code": tuple(c for c in codes if c not in known)},)
        found.append((code, name, blame, says, _LIST, INFERRED, when))
    for code, name, codes, blame, says in _ELSEWHERE:
        when = tuple(_elsewhere({c: on for c, on in limited.items() if c in codes}))
        found.append((code, name, blame, says, _RELEASE, STATED, when))
    return tuple(
        Row(
            code=code,
            name=name,
            on=(method.name,),
            source=(ANY.name,),
            when=when,
            grade=grade,
            mild=True,
            sources=(method.name.lower(),),
            says=says,
            why=why,
            blame=blame,
        )
        for code, name, blame, says, why, grade, when in found
        if when
    )


def _elsewhere(limited: dict[str, tuple[str, ...]]) -> list[When]:
    """Give the releases that do not have the codes, those of the same releases together."""
    by_release = sorted(limited.items(), key=lambda item: item[1])
    return [
        {
            "code": tuple(code for code, _ in group),
            "release": tuple(r for r in RELEASES if r not in on),
        }
        for on, group in groupby(by_release, key=lambda item: item[1])
    ]


RETURNS: Final = Region(
    name="returns",
    title="codes that methods return, per release",
    scope="requester",
    states=(ANY,),
    rows=tuple(row for method in JUDGED for row in _rows(method)),
)

#: what a refusal is worth that the machine does not expect
UNEXPLAINED: Final = Row(
    code="RET201",
    name="unexplained-bad-state",
    on=tuple(method.name for method in JUDGED if "VSS_E_BAD_STATE" in method.codes),
    grade=OPEN,
    sources=("gatherwriterstatus", "prepareforbackup"),
    says="a call was refused with VSS_E_BAD_STATE, and no recorded call explains why",
    why="The pages do not say in full when a call is refused. What led to it may lie outside the"
    " trace, or in what the machines leave out.",
)
