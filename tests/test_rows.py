"""
Every row of every region is decided by a literal trace: without it, some trace is judged otherwise.

The traces (`data/rows`, `data/rules`) say by `expect` keys what is to be found in them. Each row
is dropped, and each target of a permitted row replaced by another state; a change that no trace
notices is a row that nobody checks. See data/README.md.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

import oracle
import pytest
from test_rules import DATA, expected, found

from vssfsm.core.finding import Note
from vssfsm.core.record import Record, Symbol
from vssfsm.core.table import Belief, Moves, Stride, Table
from vssfsm.monitor import Monitor, requesters, writers
from vssfsm.monitor.tables import TABLES
from vssfsm.run import check
from vssfsm.spec import delivery
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.raises import ALONE, handler
from vssfsm.spec.rows import SAME, Region, Row
from vssfsm.traces.canonical import read_line

ROW_TRACES = sorted(DATA.glob("rows/*.jsonl"))
#: traces of rules about evidence itself, or about two sessions, say nothing about rows
_NO_ROWS = ("INP1", "INP2", "CPL2", "REQ324")
TRACES = (
    *ROW_TRACES,
    *sorted(p for p in DATA.glob("rules/*.jsonl") if not p.name.startswith(_NO_ROWS)),
)

Found = Counter[tuple[int, str]]


@pytest.fixture(scope="module", autouse=True)
def without_repairs() -> Iterator[None]:
    """Leave out what is slow and compared nowhere here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writers, "align", lambda *_, **__: None)
        patch.setattr(requesters, "align_calls", lambda *_, **__: None)
        yield


class Piece(NamedTuple):
    """
    One session of a trace, or a trace without sessions.

    Args:
        name: of the trace and the session.
        records: with what was wrong with them.
        expected: line and code of what is to be found.
        events: that rows can name; every report is a `status`.
        calls: whether a requester has records in it.
    """

    name: str
    records: tuple[tuple[Record, tuple[Note, ...]], ...]
    expected: Found
    events: frozenset[str]
    calls: bool


def pieces(path: Path) -> Iterator[Piece]:
    """Give the sessions of a trace one by one: they are judged apart anyway."""
    text = path.read_text("utf-8").split("\n")
    read = [read_line(line, number) for number, line in enumerate(text, start=1) if line]
    declared = expected(path)
    names = dict.fromkeys(record.session for record, _ in read)
    for name in [None] if None in names else names:
        mine = tuple(item for item in read if name in (None, item[0].session))
        lines = {record.line for record, _ in mine}
        of_mine = Counter({key: count for key, count in declared.items() if key[0] in lines})
        named = (name for record, _ in mine for name in (record.event, record.of) if name)
        named_so = (name for event in named for name in (event, handler(event)))
        events = frozenset(named_so)
        label = f"{path.stem} {name}" if name else path.stem
        calls = any(record.actor == "requester" for record, _ in mine)
        yield Piece(label, mine, of_mine, events | {"status"}, calls)


PIECES = tuple(piece for path in TRACES for piece in pieces(path))


def judge(piece: Piece) -> Found:
    """Judge a piece with the tables that the monitor has now."""
    monitor = Monitor()
    findings = [item for record, notes in piece.records for item in monitor.feed(record, notes)]
    return found(tuple(findings + monitor.close()))


@pytest.mark.parametrize("path", ROW_TRACES, ids=lambda path: path.stem)
def test_literal_trace(path: Path) -> None:
    """The whole trace, all sessions together, has exactly the findings that it declares."""
    got, declared = found(check(path).findings), expected(path)
    assert got == declared, (
        f"not declared: {sorted(got - declared)}; not found: {sorted(declared - got)}"
    )


@pytest.mark.parametrize("piece", PIECES, ids=lambda piece: piece.name)
def test_session_apart(piece: Piece) -> None:
    """A session alone is judged as among others."""
    assert judge(piece) == piece.expected


# --- Tables that the monitor can be given ------------------------------------
def install(monkeypatch: pytest.MonkeyPatch, compiled: Mapping[str, Table]) -> None:
    """Make the monitor judge by *compiled*."""
    for name, table in compiled.items():
        monkeypatch.setitem(TABLES, name, table)


#: a region, a state and a symbol whose moves were asked for
Asked = tuple[str, str, Symbol]


class Watched(Table):
    """A table that remembers what it was asked, and which rows the cheapest states took."""

    def __init__(self, region: Region) -> None:
        super().__init__(region)
        self.taken: set[int] = set()
        self.asked: set[Asked] = set()

    def stride(self, belief: Belief, symbol: Symbol) -> Stride:
        """Look at what the cheapest states do; a remembered step would not."""
        for state in belief.cheapest:
            self.moves(state, symbol)
        self.asked.update((self.region.name, state, symbol) for state in belief.costs)
        return super().stride(belief, symbol)

    def moves(self, state: str, symbol: Symbol) -> Moves:
        """Note the rows of all moves."""
        moves = super().moves(state, symbol)
        self.asked.add((self.region.name, state, symbol))
        self.taken.update(id(move.row) for move in moves.values() if move.row)
        return moves


def rows(region: Region) -> tuple[Row, ...]:
    """Give all rows of *region*."""
    return (*region.rows, *region.unexplained)


class Visits(NamedTuple):
    """The rows that the pieces take, and who asks what, the short pieces first."""

    taken: set[int]
    asked: dict[str, dict[Asked, list[Piece]]]


@pytest.fixture(scope="module")
def visits() -> Visits:
    """Judge every piece with tables that remember; what they were asked stands per event."""
    watched = {name: Watched(region) for name, region in REGIONS.items()}
    asked: dict[str, dict[Asked, list[Piece]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        install(patch, watched)
        for piece in sorted(PIECES, key=lambda piece: len(piece.records)):
            for table in watched.values():
                table.asked.clear()
            # A piece that is judged otherwise anyway would notice every edit.
            assert judge(piece) == piece.expected, piece.name
            for question in set().union(*(table.asked for table in watched.values())):
                asked.setdefault(question[2].event or "", {}).setdefault(question, []).append(piece)
    return Visits(set().union(*(table.taken for table in watched.values())), asked)


@pytest.mark.parametrize("name", REGIONS)
def test_every_row_is_taken(name: str, visits: Visits) -> None:
    """Row coverage is complete."""
    missed = [
        f"{row.code} {row.on} from {row.source}"
        for row in rows(REGIONS[name])
        if id(row) not in visits.taken
    ]
    assert not missed, f"rows that no literal trace takes: {missed}"


# --- Mutants -----------------------------------------------------------------
#: rows that are made from others by one rule: their phases and sources are tried there
DERIVED = ("WTR205",)
_UNTOUCHED = "it changes nothing where nothing is forbidden, as an event without a row does"
#: rows that can be dropped without any difference, and why
EQUIVALENT = {
    "WTR-IDENTIFY": _UNTOUCHED,
    "FLR-EVENT": _UNTOUCHED,
    "FLR-INITIALIZE-FAILED": _UNTOUCHED,
    "FLR-SUBSCRIBE-FAILED": _UNTOUCHED,
    "FLR-SUBSCRIBE-INACTIVE": _UNTOUCHED,
    "FLR-SUBSCRIBE-AGAIN-FAILED": _UNTOUCHED,
    "FLR-UNSUBSCRIBE-FAILED": _UNTOUCHED,
}
#: regions that step only in sessions in which a requester was recorded
_OVER_CALLS = frozenset(region.name for region in delivery.REGIONS)


class Undecided(NamedTuple):
    """Edits of a row that no literal trace can show, and why."""

    why: str
    edits: tuple[str, ...]


_EXCUSED = "NO_DUTY is believed beside it, and excuses whatever the other state owes"
_BESIDE = "{} is believed beside {}, and permits all that it does"
_FORGOTTEN = "a session is forgotten with its Release: nothing is asked of it afterwards"
_STAYS = "it stays where it is, as an event without a row does"
UNDECIDED = {
    "REQ-POSTRESTORE-FROM-PRE_RESTORED-WAIT-FAILED": Undecided(
        "POST_RESTORING permits all that RESTORED does, and is believed beside it", ("dropped",)
    ),
    "REQ-DUE-COMPLETE-RESULT": Undecided(
        f"after a failed Wait {_BESIDE.format('NOTHING_DUE', 'COMPLETION_DUE')}",
        ("dropped", "not from COMPLETION_DUE"),
    ),
    "REQ-DUE-GATHER-RESULT": Undecided(
        "after a failed Wait ROUND_TRIED is believed beside ROUND_UNREAD, and costs no more",
        ("dropped", "not from ROUND_UNREAD"),
    ),
    "REQ-DUTY-PREPARE-RESULT": Undecided(_EXCUSED, ("= is WRITERS_PREPARED", "= is ABORT_DUE")),
    "REQ-METHOD-RESULT": Undecided(_STAYS, ("dropped",)),
    "REQ-FRESH-RESULT": Undecided(
        f"after a failed Wait {_BESIDE.format('NOT_LOOKED', 'LOOKED')}",
        ("dropped", "not from LOOKED"),
    ),
    "REQ-IMPORTS-ENDED": Undecided(_BESIDE.format("NOT_IMPORTED", "IMPORTED_ONCE"), ("dropped",)),
    **{
        f"CPL-{call.upper()}-OTHER": Undecided(
            f"after CPL102 {_BESIDE.format('NOT_CALLED', 'EVENT_FIRST')}", ("dropped",)
        )
        for call in ALONE
    },
    **{
        f"CPL-{call.upper()}-RELEASED": Undecided(
            _FORGOTTEN,
            (
                *("dropped", "not from NOT_CALLED", "not from CALLED"),
                *("UNOBSERVED is NOT_CALLED", "UNOBSERVED is EVENT_FIRST", "UNOBSERVED is CALLED"),
            ),
        )
        for call in ALONE
    },
    **{
        f"CPL-DELIVERY-{call}-OVER": Undecided(
            _FORGOTTEN,
            (
                *("dropped", "not from TAKES_PART"),
                *("ASIDE is TAKES_PART", "ASIDE is EVENT_DUE"),
            ),
        )
        for call in ("BACKUPCOMPLETE", "POSTRESTORE")
    },
    "CPL-FREEZE-FRONT-END": Undecided(_STAYS, ("dropped",)),
    "CPL-FREEZE-BACK-END": Undecided(_STAYS, ("not from BACK_END_FREEZES",)),
    "CPL-FREEZE-SYSTEM": Undecided(_STAYS, ("not from SYSTEM_FREEZES",)),
    "CPL-FREEZE-ELSEWHERE": Undecided(
        _STAYS,
        (
            *("dropped", "not from FRONT_END_FREEZES"),
            *("not from BACK_END_FREEZES", "not from SYSTEM_FREEZES"),
        ),
    ),
    "CPL-FREEZE-AGAIN": Undecided(_STAYS, ("not from FRONT_END_FREEZES",)),
}


class Mutant(NamedTuple):
    """A region with one row edited."""

    what: str
    row: Row
    region: Region
    edit: str


def edited(region: Region, row: Row, new: Row | None) -> Region:
    """Give *region* with *new* in the place of *row*."""

    def edit(old: tuple[Row, ...]) -> tuple[Row, ...]:
        changed = (new if r is row else r for r in old)
        return tuple(r for r in changed if r is not None)

    return region._replace(rows=edit(region.rows), unexplained=edit(region.unexplained))


def elsewhere(region: Region, row: Row, target: str) -> Iterator[str]:
    """Give what *target* is replaced by: every state that reports the same, and one other."""
    reported = {state.name: state.reported for state in region.states}
    others = [name for name in reported if name not in row.to and (name,) != row.source]
    if len(others) >= 10 and not any(reported.values()):  # a few of many that look alike
        yield from dict.fromkeys((others[0], others[len(others) // 2], others[-1]))
    elif len(others) < 10:  # nothing is reported, or there is nowhere to go
        yield from others if len(reported) > 1 else ()
    elif target == SAME:
        yield "WAITING_FOR_THAW"
    else:
        given = {reported.get(name) for name in row.to}
        if row.code not in DERIVED:
            yield from (name for name in others if reported[name] == reported[target])
        yield next(n for n in others if reported[n] in (3, 5) and reported[n] not in given)


def changes(region: Region, row: Row) -> Iterator[tuple[str, Row | None]]:
    """Give the edits of *row*: dropped, a source less, a target replaced."""
    if row.code not in EQUIVALENT:
        yield "dropped", None
    if row.to and len(row.source) > 1 and row.code not in (*DERIVED, *EQUIVALENT):
        for gone in row.source:
            rest = tuple(name for name in row.source if name != gone)
            yield f"not from {gone}", row._replace(source=rest)
    for target in row.to:
        for other in elsewhere(region, row, target):
            to = tuple(other if name == target else name for name in row.to)
            yield f"{target} is {other}", row._replace(to=to)


def mutants(region: Region) -> Iterator[Mutant]:
    """Give every edit of every row."""
    for row in rows(region):
        source = row.source[0] if row.source else "any"
        for what, new in changes(region, row):
            label = f"{row.code} {'/'.join(row.on)} from {source}: {what}"
            yield Mutant(label, row, edited(region, row, new), what)


#: the tables as they are; they remember their moves
UNEDITED = {name: Table(region) for name, region in REGIONS.items()}


def answers(moves: Moves) -> dict[str, tuple[int, str]]:
    """Give what can be seen of *moves*: what each target costs, and by which rule."""
    return {name: (move.cost, move.row.code if move.row else "") for name, move in moves.items()}


def touched(mutant: Mutant, table: Table, visits: Visits) -> list[Piece]:
    """Give the pieces that ask *table* something that it now answers otherwise."""
    old = UNEDITED[mutant.region.name]
    found = {
        piece.name: piece
        for event in mutant.row.on
        for question, pieces in visits.asked.get(event, {}).items()
        if question[0] == old.region.name
        and answers(table.moves(*question[1:])) != answers(old.moves(*question[1:]))
        for piece in pieces
    }
    return sorted(found.values(), key=lambda piece: len(piece.records))


def needs_calls(region: Region) -> bool:
    """Tell whether only sessions with a requester are judged by *region*."""
    return region.scope == "requester" or region.name in _OVER_CALLS


def survives(mutant: Mutant, visits: Visits, patch: pytest.MonkeyPatch) -> bool:
    """Tell whether the edit changes something, and every piece is still judged as it declares."""
    table = Table(mutant.region)
    install(patch, {mutant.region.name: table})
    try:
        if any(judge(piece) != piece.expected for piece in touched(mutant, table, visits)):
            return False
        if changes_nothing(mutant):
            return False
        mine = [piece for piece in PIECES if not piece.events.isdisjoint(mutant.row.on)]
        if needs_calls(mutant.region):  # no writer's trace holds a call
            mine = [piece for piece in mine if piece.calls]
        return all(judge(piece) == piece.expected for piece in mine)
    except KeyError:  # the table is not total any more: an unexplained report has no rule
        return False


def symbols_of(region: Region, event: str) -> list[Symbol]:
    """Give every symbol of *event* that its rows in *region* can tell apart."""
    named = {f for row in region.rows if event in row.on for when in row.when for f in when}
    kinds = {f: values for f, values in oracle.fields(region.name).items() if f in named}
    facts = [dict(zip(kinds, values, strict=True)) for values in product(*kinds.values())]
    return [Symbol(event, **f) for f in facts if oracle.possible(event, f)]


def costs(moves: Moves) -> dict[str, int]:
    """Give what each target costs."""
    return {target: move.cost for target, move in moves.items()}


def changes_nothing(mutant: Mutant) -> bool:
    """Tell whether a region over calls moves in the same way with the edited row as without."""
    region, table = REGIONS[mutant.region.name], Table(mutant.region)
    old = UNEDITED[region.name]
    return needs_calls(region) and all(
        costs(old.moves(state, symbol)) == costs(table.moves(state, symbol))
        for event in mutant.row.on
        for symbol in symbols_of(region, event)
        for state in table.states
    )


#: big regions are judged in parts, so that two cores share them
PARTS = 4


@pytest.mark.mutants
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", REGIONS)
def test_every_row_is_decided(
    name: str, part: int, visits: Visits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No edit of a row goes unnoticed."""
    left = [
        m.what
        for m in [*mutants(REGIONS[name])][part::PARTS]
        if not (m.row.code in UNDECIDED and m.edit in UNDECIDED[m.row.code].edits)
        and survives(m, visits, monkeypatch)
    ]
    assert not left, f"{len(left)} edits that no literal trace notices: {left}"


def test_equivalent_rows_change_nothing() -> None:
    """The exceptions are permitted rows that stay where they are, where nothing is forbidden."""
    for code in EQUIVALENT:
        region, row = next((g, r) for g in REGIONS.values() for r in rows(g) if r.code == code)
        forbidden = {(e, s) for r in region.rows if not r.to for e in r.on for s in r.source}
        for state in row.source:
            assert {state if to == SAME else to for to in row.to} == {state}
            assert forbidden.isdisjoint((event, state) for event in row.on)


def test_undecided_edits_are_edits() -> None:
    """Every exception names an edit that a row of its code has."""
    made = {(m.row.code, m.edit) for region in REGIONS.values() for m in mutants(region)}
    named = {(code, edit) for code, item in UNDECIDED.items() for edit in item.edits}
    assert named - made == set()
