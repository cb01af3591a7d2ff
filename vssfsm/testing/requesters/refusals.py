"""The codes by which the simulated service refuses a call."""

from functools import cache
from typing import Final

from vssfsm.core.record import Symbol
from vssfsm.monitor import table
from vssfsm.monitor.tables import only_row
from vssfsm.spec.calls import CALL
from vssfsm.spec.codes import REMARKED
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import METHODS
from vssfsm.spec.releases import before

_CODES: Final = {method.name: method.codes for method in METHODS}
_FIRST_EX: Final = "7"
#: who is to blame where a record says that a release did what it cannot do
_NOT_THE_REQUESTER: Final = "recorder"


def refusal(name: str) -> str:
    """Give the documented code for a call that comes out of order."""
    codes = [code for code in _CODES.get(name, ()) if is_failure(HRESULTS.get(code, 0))]
    return "VSS_E_BAD_STATE" if "VSS_E_BAD_STATE" in codes or not codes else codes[-1]


@cache
def missing(name: str, release: str) -> str | None:
    """Give the code that the page has for a release on which *name* cannot succeed."""
    methods = table("methods")
    seen = Symbol(name, result="ok", stage=CALL, release=release)
    row = only_row(methods, seen) if methods.knows(name) else None
    if row is None or row.to or row.blame != _NOT_THE_REQUESTER:
        return None
    codes = (code for method, code in REMARKED if method == name)
    return next((code for code in codes if release in REMARKED[name, code]), None)


def unexpected(release: str) -> str:
    """Give the code for what should not have happened: it has a name of its own since 7."""
    return "E_UNEXPECTED" if release in before(_FIRST_EX) else "VSS_E_UNEXPECTED"
