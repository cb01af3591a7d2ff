"""Legal traces that were observed less: whatever is missing of them, nobody is accused."""

from collections.abc import Callable
from random import Random

import pytest

from vssfsm.monitor import Monitor
from vssfsm.spec.raises import RAISES
from vssfsm.spec.rows import INFO
from vssfsm.spec.vocabulary import OBJECT_STARTS
from vssfsm.testing.generate import legal
from vssfsm.traces.canonical import read_mapping

Record = dict[str, object]
ROLES = ("requester", "writer", "session")
RELEASES = (None, "xp", "2003", "2008", "2019", "11")
UNREAD: Record = {"event": 5}
#: traces of each role
FEW, MANY = 10, 600
#: of the calls of a requester, behind how many another one stands that changes nothing
SHARE = 0.8


def accused(records: list[Record], kind: str = "complete") -> list[tuple[str, int]]:
    """Give the codes of errors and warnings, but for those about the evidence, with their lines."""
    monitor = Monitor(observation=kind)
    found = [
        item
        for number, record in enumerate(records, 1)
        for item in monitor.feed(*read_mapping(record, number))
    ]
    found += monitor.close()
    return [
        (item.rule, item.line)
        for item in found
        if item.severity != INFO and not item.rule.startswith("INP")
    ]


def first_of(records: list[Record], chance: Random) -> int:
    """Draw where evidence begins: half of the time right behind a call that raises events."""
    calls = [n for n, record in enumerate(records, 1) if record["event"] in RAISES]
    anywhere = [*range(len(records))]
    return chance.choice(calls if calls and chance.random() < 0.5 else anywhere)


def begin(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """Recording begins late."""
    return records[first_of(records, chance) :], "window"


def end(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """Recording ends early."""
    return records[: chance.randrange(len(records))], "window"


def middle(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """Recording begins late, and ends early."""
    first, last = sorted(chance.randrange(len(records)) for _ in range(2))
    return records[first:last], "window"


def sieve(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """Records are missing anywhere."""
    share = chance.random()
    return [record for record in records if chance.random() < share], "partial"


def unread_begin(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """The first records cannot be read."""
    return [UNREAD, *records[first_of(records, chance) :]], "complete"


def unread(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """Some records in a row cannot be read."""
    first = chance.randrange(len(records))
    length = chance.choice((1, 3, 10, 40))
    return [*records[:first], UNREAD, *records[first + length :]], "complete"


def alone(records: list[Record], chance: Random) -> tuple[list[Record], str]:
    """One of those who take part is not observed at all."""
    actor = chance.choice(("requester", "writer"))
    return [record for record in records if record["actor"] != actor], "complete"


Less = Callable[[list[Record], Random], tuple[list[Record], str]]
LESS = (begin, end, middle, sieve, unread_begin, unread, alone)
#: of those that take long, how many there are
TRACES = len(ROLES) * len(LESS) * (MANY - FEW)


def drawn(role: str, number: int, chance: Random) -> list[Record]:
    """Give a legal trace; events may stand apart from the calls that raise them."""
    records = legal(role, seed=7, number=number, release=chance.choice(RELEASES))
    longer: list[Record] = []
    is_open = False
    for record in records:
        longer.append(record)
        is_open |= record["event"] in OBJECT_STARTS[1:] and "hresult" not in record
        is_open &= record["event"] != "Release" or "of" in record
        if is_open and record["actor"] == "requester" and chance.random() < SHARE:
            keys = {k: record[k] for k in ("host", "session", "release") if k in record}
            longer.append({"actor": "requester", "event": "GetWriterComponentsCount", **keys})
    # Where no such call may stand, the trace is taken as it is.
    return records if accused(longer) else longer


def check(less: Less, role: str, n: int) -> None:
    """Judge a trace that was observed less."""
    chance = Random(f"{less.__name__} {role} {n}")
    records = drawn(role, n, chance)
    seen, kind = less(records, chance)
    assert accused(seen, kind) == [], seen


@pytest.mark.parametrize("less", LESS)
@pytest.mark.parametrize("role", ROLES)
def test_less_evidence_accuses_nobody(role: str, less: Less) -> None:
    """Of a few traces."""
    for number in range(FEW):
        check(less, role, number)


@pytest.mark.nightly
@pytest.mark.parametrize("less", LESS)
@pytest.mark.parametrize("role", ROLES)
def test_less_evidence_accuses_nobody_at_length(role: str, less: Less) -> None:
    """Of many."""
    for number in range(FEW, MANY):
        check(less, role, number)


def test_what_is_seen_is_judged() -> None:
    """The same calls, and no event of theirs: what is complete is accused."""
    chance = Random(1)
    records = drawn("session", 1, chance)
    assert accused(records) == []
    lost = next(n for n, r in enumerate(records) if r["event"] == "Thaw")
    assert accused([*records[:lost], *records[lost + 1 :]])
