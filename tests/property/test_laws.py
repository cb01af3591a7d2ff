"""The laws of the mechanism, each as a property over the real rows."""

import os
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path

import oracle
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import (
    KEYS,
    WRITER,
    Step,
    blamed,
    interleavings,
    judge,
    mutated_walks,
    records_of,
    steps,
    symbols,
    timed,
    walks,
    worst,
)

import vssfsm
from vssfsm.core.record import Symbol
from vssfsm.core.table import MARGIN, Table, counts_of
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import ERROR, INFO, SEVERITIES, WARNING, Row
from vssfsm.spec.vocabulary import OBSERVATIONS, OUTCOMES, STATE_NAMES, STATE_NUMBERS

pytestmark = pytest.mark.property
TABLES = {name: Table(region) for name, region in REGIONS.items()}


def digits(cost: int) -> tuple[int, int, int]:
    """Give a cost as (errors, warnings, notes)."""
    counts = counts_of(cost)
    return counts[ERROR], counts[WARNING], counts[INFO]


@cache
def all_symbols(region: str, *, missing: bool = False) -> tuple[Symbol, ...]:
    """Give every symbol of a region, one value of each kind; with missing fields if asked for."""
    none = (None,) if missing else ()
    fields = oracle.fields(region)
    return tuple(
        Symbol(event, **facts)
        for event in TABLES[region].events
        for values in product(*((*kinds, *none) for kinds in fields.values()))
        if oracle.possible(event, facts := dict(zip(fields, values, strict=True)))
    )


# --- 1: total ----------------------------------------------------------------
@pytest.mark.long
@pytest.mark.parametrize("region", REGIONS)
def test_every_state_has_a_move_for_every_symbol(region: str) -> None:
    """Every (state, symbol) of a region has moves, and each that is paid has its row."""
    table = TABLES[region]
    for state, symbol in product(table.states, all_symbols(region, missing=True)):
        moves = table.moves(state, table.project(symbol))
        assert moves, (state, symbol)
        assert all(move.row is not None for move in moves.values() if move.cost)


@pytest.mark.long
@pytest.mark.parametrize("region", REGIONS)
def test_moves_are_those_of_the_oracle(region: str) -> None:
    """The moves of every fully known symbol are those that the definitions give."""
    table = TABLES[region]
    for state, symbol in product(table.states, all_symbols(region)):
        moves = table.moves(state, table.project(symbol))
        expected = oracle.moves(region, state, symbol)
        assert expected == {target: digits(m.cost) for target, m in moves.items()}, (state, symbol)


# --- 2: isotone --------------------------------------------------------------
_NAMES = st.sampled_from(sorted(TABLES["writer"].states))
beliefs = st.dictionaries(_NAMES, st.integers(0, 2 << 64), min_size=1, max_size=9)


def absolute(costs: dict[str, int], symbol: Symbol | None) -> dict[str, int]:
    """Step a belief of the writer and give what each state costs in all."""
    table, least = TABLES["writer"], min(costs.values())
    belief = table.belief({s: c - least for s, c in costs.items() if c - least <= MARGIN})
    if symbol is None:
        after, rise = table.hole(belief, restart=False)
    else:
        after, rise = table.step(belief, table.project(symbol))
    return {state: least + rise + cost for state, cost in after.costs.items()}


@given(dear=beliefs, cheap=beliefs, symbol=symbols("writer") | st.none())
def test_a_cheaper_belief_steps_to_a_cheaper_belief(
    dear: dict[str, int], cheap: dict[str, int], symbol: Symbol | None
) -> None:
    """A belief that is cheaper in every state is cheaper in every state after a step."""
    least = {s: min(dear.get(s, MARGIN * 9), cheap.get(s, MARGIN * 9)) for s in {*dear, *cheap}}
    before, after = absolute(dear, symbol), absolute(least, symbol)
    beyond = min(after.values()) + MARGIN
    assert all(after.get(s, c if c > beyond else c + 1) <= c for s, c in before.items())


@pytest.mark.parametrize("region", REGIONS)
def test_a_hole_is_as_cheap_as_any_symbol(region: str) -> None:
    """A hole reaches whatever any symbol reaches, for no graver a severity, and rises nothing."""
    table = TABLES[region]
    for state in table.states:
        hole = table.closure(state, restart=False)
        assert hole[state].cost == 0
        for symbol in all_symbols(region):
            for target, move in table.moves(state, table.project(symbol)).items():
                assert gravest(hole[target].cost) <= gravest(move.cost), (state, target, symbol)


@pytest.mark.long
@pytest.mark.parametrize("region", REGIONS)
def test_a_missing_key_is_the_union_of_its_values(region: str) -> None:
    """Without a field, every target of every value is reached for no graver a severity."""
    table = TABLES[region]
    wrong = {
        f"{row.code} without {field}"
        for state, symbol in product(table.states, all_symbols(region))
        for field in oracle.fields(region)
        if (row := _dearer_without(table, state, symbol, field)) is not None
    }
    assert sorted(wrong) == []


def _dearer_without(table: Table, state: str, symbol: Symbol, field: str) -> Row | None:
    known = table.moves(state, table.project(symbol))
    missing = table.moves(state, table.project(symbol._replace(**{field: None})))
    for target, move in known.items():
        if gravest(move.cost) < (gravest(missing[target].cost) if target in missing else 3):
            return move.row
    return None


def gravest(cost: int) -> int:
    """Give the rank of the gravest severity in a cost."""
    errors, warnings, notes = digits(cost)
    return 3 if errors else 2 if warnings else 1 if notes else 0


keyed = mutated_walks().map(lambda records: [record | KEYS for record in records])
keyed_timed = timed().map(lambda records: [record | KEYS for record in records])
traces = keyed | keyed_timed | interleavings()


def chain(*events: str, **last: object) -> list[dict[str, object]]:
    """Give literal records: `Freeze:ok:3` each; *last* changes the last one."""
    records = [
        KEYS | {"actor": "writer", "event": e, "outcome": o, "state": int(s)}
        for e, o, s in (text.split(":") for text in events)
    ]
    return [*records[:-1], records[-1] | last]


_START = ("PrepareBackup:ok:1", "PrepareSnapshot:ok:2")
#: a late Thaw that succeeds is a warning; what comes next must not become an error
LATE_THAW = chain(*_START, "Freeze:timeout:9", "Thaw:ok:4", "PostSnapshot:ok:5")
#: a second PrepareBackup is a warning, with a report that none can give an error
ODD_REPORT = chain("PrepareBackup:ok:1", "PrepareBackup:ok:3", "Thaw:ok:4", "PostSnapshot:ok:5")


@given(records=traces, data=st.data())
def test_a_dropped_key_never_accuses(records: list[dict[str, object]], data: st.DataObject) -> None:
    """A record without one of its keys is judged no worse than with it."""
    if records:
        at = data.draw(st.integers(0, len(records) - 1), label="record")
        key = data.draw(st.sampled_from(sorted(records[at])), label="key")
        coarse = [dict(record) for record in records]
        del coarse[at][key]
        assert worst(judge(coarse)) <= worst(judge(records))


@pytest.mark.parametrize("key", sorted(LATE_THAW[3]))
def test_a_late_thaw_is_no_error_without_a_key(key: str) -> None:
    """What only a warning followed from is no error once a key is missing."""
    without = {k: v for k, v in LATE_THAW[3].items() if k != key}
    assert worst(judge(LATE_THAW)) == SEVERITIES.index(WARNING)
    assert worst(judge([*LATE_THAW[:3], without, LATE_THAW[4]])) <= SEVERITIES.index(WARNING)


def test_a_report_that_no_row_gives_is_an_error_wherever_it_comes() -> None:
    """A suspicious event is one error where its report contradicts all of its rows."""
    assert blamed(judge(ODD_REPORT)) == [(2, "WTR151", ERROR)]
    assert blamed(judge([*ODD_REPORT[:1], *chain("PrepareBackup:ok:1")])) == [
        (2, "WTR122", WARNING)
    ]


@pytest.mark.parametrize("kind", OBSERVATIONS[1:])
def test_a_record_that_is_only_sampled_is_a_hole(kind: str) -> None:
    """A record whose own observation is coarser hides steps: the next ones are not accused."""
    first, *rest = chain("PrepareBackup:ok:1", "PrepareSnapshot:ok:2", "Freeze:ok:3")
    assert blamed(judge([first | {"observation": kind}, *rest])) == []
    assert blamed(judge(rest)) == [(1, "WTR103", ERROR)]


@given(records=traces, data=st.data())
def test_a_record_that_could_be_of_any_session_never_accuses(
    records: list[dict[str, object]], data: st.DataObject
) -> None:
    """A record that lost host, session or instance is judged no worse than with them."""
    if records:
        at = data.draw(st.integers(0, len(records) - 1), label="record")
        lost = data.draw(st.sets(st.sampled_from(("host", "session", "instance")), min_size=1))
        coarse = [dict(record) for record in records]
        coarse[at] = {key: value for key, value in coarse[at].items() if key not in lost}
        assert worst(judge(coarse)) <= worst(judge(records))


UNREAD = ({"event": "Nonsense"}, {"state": "half"}, {"v": 2}, {"outcome": []}, {"time": "soon"})


@given(records=traces, data=st.data())
def test_an_unread_record_never_accuses(
    records: list[dict[str, object]], data: st.DataObject
) -> None:
    """A record that cannot be read is judged no worse than one that can."""
    if records:
        at = data.draw(st.integers(0, len(records) - 1), label="record")
        garbage = data.draw(st.sampled_from(UNREAD), label="unread")
        keep = data.draw(st.booleans(), label="with its keys")
        coarse = [dict(record) for record in records]
        coarse[at] = (coarse[at] if keep else {}) | garbage
        assert worst(judge(coarse)) <= worst(judge(records))


@given(
    records=traces | mutated_walks() | timed(),
    kind=st.sampled_from(OBSERVATIONS[1:]),
)
def test_coarser_observation_never_accuses(records: list[dict[str, object]], kind: str) -> None:
    """The same records, declared as coarser evidence, are judged no worse."""
    fine = worst(judge(records))
    assert worst(judge(records, observation=kind)) <= fine
    assert worst(judge([record | {"observation": kind} for record in records])) <= fine


@given(
    records=traces | mutated_walks() | timed(),
    kind=st.sampled_from(OBSERVATIONS[1:]),
    data=st.data(),
)
def test_one_coarser_record_never_accuses(
    records: list[dict[str, object]], kind: str, data: st.DataObject
) -> None:
    """One record declared as coarser evidence makes nothing worse."""
    if records:
        at = data.draw(st.integers(0, len(records) - 1), label="record")
        coarse = [dict(record) for record in records]
        coarse[at]["observation"] = kind
        assert worst(judge(coarse)) <= worst(judge(records))


@given(records=mutated_walks() | timed(), at=st.integers(0, 9))
def test_a_hole_between_unkeyed_records_never_accuses(
    records: list[dict[str, object]], at: int
) -> None:
    """Without keys too, an unread record is judged no worse than the one that it was."""
    if at < len(records):
        coarse = [*records[:at], {"event": "Nonsense"}, *records[at + 1 :]]
        assert worst(judge(coarse)) <= worst(judge(records))


# --- 3: one mistake, one finding ---------------------------------------------
def report(state: str) -> int | None:
    """Give the number that a state of the writer reports."""
    return next(s.reported for s in WRITER.states if s.name == state)


@cache
def walks_to(state: str) -> tuple[tuple[Step, ...], ...]:
    """Give short legal walks to a state, shortest first, at most forty."""
    found: list[tuple[Step, ...]] = [()] if state == WRITER.initial else []
    queue: list[tuple[Step, ...]] = [()]
    seen: dict[str, int] = {}
    while queue and len(found) < 40:
        walk = queue.pop(0)
        here = walk[-1].target if walk else WRITER.initial
        if seen.setdefault(here, 0) >= 12:
            continue
        seen[here] += 1
        for step in steps(here):
            queue.append((*walk, step))
            if step.target == state:
                found.append(queue[-1])
    return tuple(found)


@cache
def legal_end(state: str) -> tuple[Step, ...]:
    """Give the shortest legal continuation of a state to one that owes nothing."""
    owed = {s.name for s in WRITER.states if s.owed}
    queue: list[tuple[Step, ...]] = [()]
    while queue:
        walk = queue.pop(0)
        here = walk[-1].target if walk else state
        if here not in owed:
            return walk
        queue += [(*walk, step) for step in steps(here)]
    raise AssertionError(state)


def known_only(walk: tuple[Step, ...], state: str) -> bool:
    """Tell whether the records of *walk* leave no doubt that the writer is in *state*."""
    belief = {WRITER.initial: (0, 0, 0)}
    for step in walk:
        belief = oracle.step("writer", belief, _symbol_of(step.record))
    return [s for s, cost in belief.items() if not cost[0]] == [state]


def _symbol_of(record: dict[str, object]) -> Symbol:
    return Symbol(
        record["event"],
        record.get("outcome"),
        STATE_NAMES.get(record.get("state")),
        record.get("failure"),
        release=record.get("release"),
    )


WRITER_RULES = [row for row in (*WRITER.rows, *WRITER.unexplained) if row.name]


def departures(row: Row) -> list[tuple[str, str, dict[str, object]]]:
    """Give every (source, event, record) of *row* whose step the definitions price as the row."""
    found = []
    sources = row.source or tuple(s.name for s in WRITER.states)
    for source, event, outcome in product(sources, row.on, OUTCOMES):
        for state in dict.fromkeys(s.reported for s in WRITER.states):
            code = "S_OK" if state in (1, 2, 3, 4, 5) else "VSS_E_WRITERERROR_RETRYABLE"
            if outcome == "veto" and code == "S_OK":
                continue  # another mistake
            record = {"actor": "writer", "event": event, "outcome": outcome, "state": state}
            record["failure"] = code
            table = TABLES["writer"]
            moves = table.moves(source, table.project(_symbol_of(record)))
            if {move.row.code for move in moves.values() if move.row} == {row.code}:
                found.append((source, event, record))
    return found


@pytest.mark.parametrize("row", WRITER_RULES, ids=lambda row: "-".join((row.code, *row.source[:1])))
def test_one_departure_pays_exactly_its_row(row: Row) -> None:
    """A legal walk, one departure and a legal continuation give one finding, on its line."""
    judged = set()
    for source, event, record in departures(row):
        if (source, event) in judged:
            continue
        for walk in walks_to(source):
            if known_only(walk, source):
                targets = oracle.moves("writer", source, _symbol_of(record))
                for target in sorted(targets)[:2]:
                    _pays_once(row, walk, record, legal_end(target))
                judged.add((source, event))
                break
    assert judged, f"no walk shows {row.code}"


@pytest.mark.parametrize("code", sorted({row.code for row in WRITER_RULES}))
def test_no_coarser_reading_of_a_departure_accuses(code: str) -> None:
    """A departure's trace without any one key, or any one record, is judged no worse."""
    row = next(row for row in WRITER_RULES if row.code == code)
    records = _example_of(row)
    for at, record in enumerate(records):
        for key in record:
            without = {k: v for k, v in record.items() if k != key}
            assert worst(judge(_put(records, at, without))) <= worst(judge(records)), (at, key)
        for unread in (UNREAD[0], record | UNREAD[0]):
            assert worst(judge(_put(records, at, unread))) <= worst(judge(records)), at


def _put(records: list, at: int, record: dict[str, object]) -> list:
    return [*records[:at], record, *records[at + 1 :]]


def _example_of(row: Row) -> list[dict[str, object]]:
    return next(
        [r | KEYS for r in (*records_of(walk), record, *records_of(legal_end(target)))]
        for source, _, record in departures(row)
        for walk in walks_to(source)
        if known_only(walk, source)
        for target in sorted(oracle.moves("writer", source, _symbol_of(record)))
    )


def _pays_once(
    row: Row, walk: tuple[Step, ...], record: dict[str, object], end: tuple[Step, ...]
) -> None:
    records = [r | KEYS for r in (*records_of(walk), record, *records_of(end))]
    findings = [i for i in judge(records) if i.family == "WTR" or i.severity != INFO]
    paid = [(i.rule, i.severity, i.line) for i in findings]
    assert paid == [(row.code, row.severity, len(walk) + 1)], records


ONE_STATE = [
    (name, row)
    for name in ("anytime", "interface", "status")
    for row in REGIONS[name].rows
    if row.name
]
_PRELUDE = (
    *("CreateVssBackupComponents", "InitializeForBackup", "SetBackupState", "GatherWriterMetadata"),
    *("FreeWriterMetadata", "GatherWriterStatus"),
)


def one_state_records(name: str, when: dict[str, tuple[str, ...]], event: str) -> list:
    """Give a session in which one record holds what *when* names."""
    values = {field: allowed[-1] for field, allowed in when.items()}
    record = KEYS | {"actor": "writer", "event": event}
    if name == "status":
        via = values.pop("via", "GetWriterStatusEx")
        record |= {"actor": "requester", "event": via if via != "other" else "GetWriterStatusEx"}
        record |= {"state": "STABLE", "failure": "S_OK"}
    record |= {k: values[k] for k in ("outcome", "release", "during") if k in values}
    if "failure" in values:
        record["failure"] = {"other": "E_ACCESSDENIED"}.get(values["failure"], values["failure"])
    if "state" in values:
        record["state"] = {"beyond": 16}.get(values["state"], values["state"])
    if "mask" in values:
        record["args"] = {"mask": 2}
    if "level" in values:
        record["args"] = {"app_level": 0}
    before = []
    if name == "status":
        calls = [KEYS | {"actor": "requester", "event": call} for call in _PRELUDE]
        for call in calls:
            del call["instance"]
        before = calls
    elif event in ("Subscribe", "SubscribeEx"):
        before = [KEYS | {"actor": "writer", "event": "Initialize"}]
    return [*before, record]


@pytest.mark.parametrize(("name", "row"), ONE_STATE, ids=lambda v: getattr(v, "code", v))
def test_one_record_pays_exactly_its_row(name: str, row: Row) -> None:
    """Every cell of a region with one state is one finding of its severity."""
    for when, event in product(row.when, row.on):
        records = one_state_records(name, when, event)
        here = [i for i in judge(records) if i.line == len(records)]
        if {i.rule for i in here if i.severity != INFO} - {row.code}:
            # the record makes another mistake too, which is as grave: one of them stays
            assert SEVERITIES.index(row.severity) <= worst(here)
            continue
        own = [(i.rule, i.severity) for i in here if i.family == row.code[:3]]
        assert own == [(row.code, row.severity)], records


SUBSCRIPTION = REGIONS["subscription"]
_TO = {
    "created": (("Initialize", 0x80070005),),
    "initialized": (("Initialize", 0),),
    "inactive": (("Initialize", 1),),
    "subscribed": (("Initialize", 0), ("Subscribe", 0)),
    "unsubscribed": (("Initialize", 0), ("Subscribe", 0), ("Unsubscribe", 0)),
}


@pytest.mark.parametrize("row", [r for r in SUBSCRIPTION.rows if r.name], ids=lambda r: r.code)
def test_one_departure_of_a_subscription_pays_its_row(row: Row) -> None:
    """Every rule of Initialize to Unsubscribe is one finding on its line, from each state."""
    for state, event in product(row.source, row.on):
        calls = [*_TO[state], (event, 0)]
        records = [KEYS | {"actor": "writer", "event": e, "hresult": h} for e, h in calls]
        findings = [i for i in judge(records) if i.family == "FLR"]
        expected = [(row.code, row.severity, len(records))]
        assert expected == [(i.rule, i.severity, i.line) for i in findings], records


# --- 4: the fast path --------------------------------------------------------
@given(st.lists(symbols("writer") | st.none(), max_size=12))
def test_the_memo_costs_what_the_oracle_says(sequence: list[Symbol | None]) -> None:
    """The total of memoized steps is the cheapest cost by the definitions."""
    _same_total("writer", sequence)


@given(st.lists(symbols("subscription") | st.none(), max_size=12))
def test_the_memo_of_a_subscription_costs_what_the_oracle_says(
    sequence: list[Symbol | None],
) -> None:
    """The total of memoized steps is the cheapest cost in the region of an instance too."""
    _same_total("subscription", sequence)


def _same_total(name: str, sequence: list[Symbol | None]) -> None:
    table, total = TABLES[name], 0
    belief = table.start
    for symbol in sequence:
        if symbol is None:
            belief, rise = table.hole(belief, restart=False)
        else:
            belief, rise = table.step(belief, table.project(symbol))
        total += rise
    assert oracle.total(name, sequence) == digits(total)


# --- 5: a function of a session's symbols ------------------------------------
@given(interleavings())
def test_sessions_apart_are_judged_as_together(records: list[dict[str, object]]) -> None:
    """Sessions that are interleaved in one input get the findings that each gets alone."""
    together = judge(records)
    for keys in {tuple(r[k] for k in ("host", "session", "instance")) for r in records}:
        lines = [
            number
            for number, record in enumerate(records, start=1)
            if tuple(record[k] for k in ("host", "session", "instance")) == keys
        ]
        alone = judge([records[line - 1] for line in lines])
        mapped = [
            item._replace(
                line=lines[item.line - 1],
                since_line=item.since_line and lines[item.since_line - 1],
            )
            for item in alone
        ]
        own = [i for i in together if (i.host, i.session, i.instance) == keys]
        assert own == mapped


@given(records=timed() | mutated_walks() | traces)
def test_a_stream_is_judged_as_a_file(
    records: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Feeding events one by one and checking a file give the same findings."""
    import json

    path = tmp_path_factory.getbasetemp() / "stream.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    run = vssfsm.check(str(path))
    fed = [_without_repair(item) for item in judge(records, path=str(path))]
    checked = [_without_repair(item) for item in run.findings if item.family != "INP"]
    assert sorted(checked) == sorted(item for item in fed if item.family != "INP")


def test_an_error_that_is_proved_late_is_told_alike(tmp_path: Path) -> None:
    """One record has one accusation, also where a later record proves a second one."""
    import json

    events = ("Subscribe", "PrepareSnapshot", "Initialize", "Freeze")
    records = [KEYS | {"actor": "writer", "event": event} for event in events]
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    assert blamed(judge(records)) == blamed(list(vssfsm.check(str(path)).findings))


def _without_repair(item: vssfsm.Finding) -> vssfsm.Finding:
    return item._replace(repair=(), repair_cost=0, repair_alternatives=0)


# --- 7: determinism ----------------------------------------------------------
ROOT = Path(vssfsm.__file__).parents[1]


@pytest.mark.parametrize("output", ["text", "json"])
def test_output_is_the_same_everywhere(output: str, tmp_path: Path) -> None:
    """Neither hash seed, locale nor time zone changes a byte of a report."""
    import json

    other = chain("Thaw:ok:4", writer="Sçhreiber", session="2")
    lines = [json.dumps(record) for record in (*LATE_THAW, *other)]
    lines += ['{"actor": "writer", "event": "Nonsense"}', "no json", *lines[::-1]]
    (tmp_path / "trace.jsonl").write_text("\n".join(lines), encoding="utf-8")
    seen = set()
    for seed, locale, zone in (("0", "C", "UTC"), ("1", "C.UTF-8", "Asia/Kathmandu")):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "LC_ALL": locale,
            "TZ": zone,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }
        arguments = ["check", "trace.jsonl", "--output-format", output]
        command = [sys.executable, "-m", "vssfsm", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 1
        assert done.stderr == b""
        seen.add(done.stdout)
    assert len(seen) == 1


# --- legal walks -------------------------------------------------------------
@given(walk=walks(), keys=st.sampled_from(({}, KEYS)))
def test_a_legal_walk_is_accused_of_nothing(walk: list[Step], keys: dict[str, str]) -> None:
    """Every walk over permitted rows is judged without error and warning."""
    assert blamed(judge(records_of(walk, **keys))) == []


@given(first=walks(), second=walks(), keys=st.sampled_from(({}, KEYS)))
def test_sessions_one_after_another_are_accused_of_nothing(
    first: list[Step], second: list[Step], keys: dict[str, str]
) -> None:
    """A second session of the same writer begins anew, with keys and without."""
    end = legal_end(first[-1].target)
    start = [step for step in second if step.event in ("PrepareBackup", "PreRestore")]
    if start and second[0] is start[0]:
        before = records_of([*first, *end], **keys)
        after = records_of(second, **keys)
        if keys:
            after = [record | {"session": "s2"} for record in after]
        assert blamed(judge([*before, *after])) == []


@example(walk=[], keys=KEYS)
@given(walk=walks(), keys=st.sampled_from(({}, KEYS)))
def test_a_walk_of_entries_and_returns_is_accused_of_nothing(
    walk: list[Step], keys: dict[str, str]
) -> None:
    """A pair of entry and return stands for a handler's single record."""
    records = []
    for step in walk:
        records.append(keys | {"actor": "writer", "event": step.event, "at": "entry"})
        records.append(keys | step.record | {"at": "return"})
    assert blamed(judge(records)) == []


@given(walk=walks(), at=st.integers(0, 9), keys=st.sampled_from(({}, KEYS)))
def test_reported_states_may_be_missing(walk: list[Step], at: int, keys: dict[str, str]) -> None:
    """A legal walk stays legal where a record's outcome, state or code is missing."""
    records = records_of(walk, **keys)
    for key in ("outcome", "state", "failure"):
        if at < len(records):
            coarse = [dict(record) for record in records]
            del coarse[at][key]
            assert blamed(judge(coarse)) == []


def test_numbers_and_names_of_states_agree() -> None:
    """Every state of the writer's region reports a number that has a name."""
    assert {STATE_NUMBERS[STATE_NAMES[s.reported]] for s in WRITER.states} <= set(range(16))
