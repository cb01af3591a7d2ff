"""All regions and all rules in one place; everything that prints or draws starts here."""

from typing import Final

from vssfsm.spec import coupling, deadlines, delivery, inputs, interface, needs, requests, rounds
from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.coupling import LEVELS
from vssfsm.spec.interface import INTERFACE, SUBSCRIPTION
from vssfsm.spec.raises import event_of
from vssfsm.spec.regions import REGIONS as BESIDE
from vssfsm.spec.requester import LEFT_OPEN, REQUESTER
from vssfsm.spec.returns import RETURNS, UNEXPLAINED
from vssfsm.spec.rows import Region, Row
from vssfsm.spec.status import STATUS
from vssfsm.spec.writer import OWED, WRITER

REGIONS: Final[dict[str, Region]] = {
    region.name: region
    for region in (
        *(WRITER, ANYTIME, STATUS, INTERFACE, SUBSCRIPTION, REQUESTER),
        *(*BESIDE, *rounds.REGIONS, *needs.REGIONS, RETURNS, LEVELS, *delivery.REGIONS),
    )
}

#: families in the order in which one record's findings give way to one another (contract 4.2)
FAMILIES: Final = ("INP", "STS", "FLR", "WTR", "REQ", "RET", "CPL", "TIM", "MDL")

ROWS: Final[tuple[Row, ...]] = (
    *(row for region in REGIONS.values() for row in (*region.rows, *region.unexplained)),
    OWED,
    LEFT_OPEN,
    UNEXPLAINED,
    *interface.REGISTERS,
    *rounds.REGISTERS,
    *requests.REGISTERS,
    *coupling.REGISTERS,
    *delivery.REGISTERS,
    *deadlines.ROWS,
    *inputs.ROWS,
)


def _regions_of() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {row.code: {} for row in ROWS}
    for name, region in REGIONS.items():
        for row in (*region.rows, *region.unexplained):
            found[row.code][name] = None
    return {code: tuple(names) for code, names in found.items()}


def _events_of() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {row.code: set() for row in ROWS if row.name}
    for row in ROWS:
        if row.code in found:
            found[row.code].update(map(event_of, row.on))
    return {code: frozenset(events) for code, events in found.items() if events}


#: code -> names of the regions that it judges in; a register compares records, and has none
REGIONS_OF: Final[dict[str, tuple[str, ...]]] = _regions_of()

#: code -> events that its rows name, without those of reading and of a trace's end
EVENTS_OF: Final[dict[str, frozenset[str]]] = _events_of()

#: code -> the row that names the rule
RULES: Final[dict[str, Row]] = {
    row.code: row for row in sorted(ROWS, key=lambda row: row.code) if row.name
}
