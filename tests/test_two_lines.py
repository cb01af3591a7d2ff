"""
Law: a call that has two lines, when it began and when it returned, is judged as if it had one.

Every trace of a rule is told again with two lines for each call of a requester or a writer.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import pieces
import pytest
from tabled import write
from test_at_rest import FORMATS, agree, mixed, seeds
from test_coarser import LESS, RELEASES, ROLES, Less, accused, drawn
from test_mended import repaired

from vssfsm import fast
from vssfsm.monitor import Monitor
from vssfsm.run import Run, check
from vssfsm.spec.rows import ERROR
from vssfsm.spec.vocabulary import OWN_CALLS
from vssfsm.testing.generate import legal
from vssfsm.traces.canonical import read_mapping

DATA = Path(__file__).parent / "data"
#: rules of family INP are about lines, not about what they say
TRACES = [path for path in sorted(DATA.glob("rules/*.jsonl")) if not path.name.startswith("INP")]
#: what is known of a call only when it has returned
RESULTS = ("hresult", "async_result", "state", "failure", "outcome")
#: rules about what others did before such a call, or before it is known to be over
BESIDE = ("CPL102", "CPL201", "CPL202", "FLR205", "REQ324")
Line = dict[str, object]


def is_call(line: Line) -> bool:
    """Tell whether a record is a call of one line."""
    named = line.get("actor") == "requester" or line.get("event") in OWN_CALLS
    return named and not line.keys() & {"at"} and bool(line.get("event"))


def in_two(line: Line) -> tuple[Line, Line]:
    """Give the lines of a call when it begins and when it returns."""
    known = {key: value for key, value in line.items() if key not in RESULTS}
    if line["actor"] == "writer" and "failure" in line:  # an argument
        known["failure"] = line["failure"]
    return {**known, "at": "entry"}, {**line, "at": "return"}


def read(path: Path) -> Iterator[Line | str]:
    """Give the records of a trace, and as texts the lines that are none."""
    for text in path.read_text("utf-8").splitlines():
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        yield value if isinstance(value, dict) else text


def told_twice(lines: Iterable[Line | str], path: Path) -> list[int]:
    """Write the trace with two lines for every call; give the old line of each new one."""
    new, old = [], []
    for number, line in enumerate(lines, 1):
        parts = in_two(line) if isinstance(line, dict) and is_call(line) else (line,)
        new += [part if isinstance(part, str) else json.dumps(part) for part in parts]
        old += [number] * len(parts)
    path.write_text("".join(f"{text}\n" for text in new), encoding="utf-8")
    return old


def accusations(run: Run, old: list[int]) -> list[tuple[str, str, int]]:
    """Give rules and severities, with the old lines of what broke them."""
    return sorted((i.rule, i.severity, old[i.line - 1]) for i in run.findings)


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name)
def test_two_lines_of_a_call_are_one_call(path: Path, tmp_path: Path) -> None:
    """The same rules are broken at the same calls."""
    lines = list(read(path))
    twice = tmp_path / path.name
    old = told_twice(lines, twice)
    before = accusations(check(path), [*range(1, len(lines) + 1)])
    run = check(twice)
    assert accusations(run, old) == before
    mended = tmp_path / "mended.jsonl"
    mended.write_text(repaired(twice, run), encoding="utf-8")
    again = check(mended).findings
    assert [(i.line, i.rule) for i in again if i.severity == ERROR] == []


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name)
def test_a_call_that_has_its_first_line_alone(path: Path, tmp_path: Path) -> None:
    """Without a second line a call counts as it stands; its events come after it."""
    lines = list(read(path))
    begun = (
        {**line, "at": "entry"} if isinstance(line, dict) and is_call(line) else line
        for line in lines
    )
    alone = tmp_path / path.name
    texts = (line if isinstance(line, str) else json.dumps(line) for line in begun)
    alone.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    same = [*range(1, len(lines) + 1)]
    found, before = (
        [each for each in accusations(check(name), same) if each[0] not in BESIDE]
        for name in (alone, path)
    )
    assert found == before


def around(records: list[Line]) -> Iterator[Line]:
    """Tell each call in two lines: its events are between them."""
    waiting: dict[object, Line] = {}
    for record in records:
        owner = record.get("host"), record.get("session")
        if record["actor"] == "requester" and owner in waiting:
            yield waiting.pop(owner)
        if is_call(record):
            first, last = in_two(record)
            yield first
            if record["actor"] == "requester":
                waiting[owner] = last
            else:
                yield last
        else:
            yield record
    yield from waiting.values()


@pytest.mark.parametrize("role", ["requester", "writer", "session"])
@pytest.mark.parametrize("seed", range(10))
def test_legal_traces_in_two_lines(role: str, seed: int) -> None:
    """Nobody is accused whose events come within the call that raises them."""
    for release in RELEASES:
        given = [dict(record) for record in legal(role, seed=seed, release=release)]
        assert accused(list(around(given))) == accused(given) == []


@pytest.mark.parametrize("less", LESS)
@pytest.mark.parametrize("role", ROLES)
def test_less_evidence_of_two_lines(role: str, less: Less) -> None:
    """Where one of the two lines may be missing, or something between them, nobody is accused."""
    for number in range(6):
        chance = Random(f"{less.__name__} {role} {number}")
        given = around([dict(record) for record in drawn(role, number, chance)])
        records, kind = less(list(given), chance)
        assert accused(records, kind) == [], records


def some_in_two(records: list[Line], random: Random) -> list[Line]:
    """Tell some calls in two lines; between them there may be others, and one may be missing."""
    given: list[tuple[float, Line]] = []
    for number, record in enumerate(records):
        if not is_call(record) or random.random() < 0.5:
            given.append((number, record))
            continue
        first, last = in_two(record)
        apart = random.choice((0.1, 0.1, 0.1, 3.1, 20.1))
        both = [(float(number), first), (number + apart, last)]
        given += both if random.random() < 0.95 else [random.choice(both)]
    return [record for _, record in sorted(given, key=lambda each: each[0])]


@pytest.mark.property
@pytest.mark.parametrize("seed", seeds(3, 6))
def test_each_way_of_reading_agrees(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Record by record, by scan, by columns and in pieces."""
    monkeypatch.setattr(fast, "SMALL", 0)
    random = Random(seed)
    given = some_in_two(mixed(random), random)
    if random.random() < 0.5:
        given[random.randrange(len(given))] = {"event": 5, "host": given[0].get("host")}
    runs = [agree(write(tmp_path, given, name)) for name in FORMATS]
    assert len({len(run.findings) for run in runs}) == 1
    pieces.agrees(tmp_path / "trace.jsonl", 3, seed)


def told(*records: Line) -> list[tuple[str, int]]:
    """Give the rules that calls of one object break, with their lines."""
    monitor = Monitor()
    found = []
    for number, record in enumerate(records, 1):
        line = {"actor": "requester", "host": "h", "session": "s", **record}
        found += monitor.feed(*read_mapping(line, number))
    found += monitor.close()
    return [(item.rule, item.line) for item in found]


BEGUN: list[Line] = [
    {"event": "CreateVssBackupComponents"},
    {"event": "InitializeForBackup"},
    {"event": "GatherWriterMetadata"},
    {"event": "Wait", "of": "GatherWriterMetadata"},
    {"event": "StartSnapshotSet"},
]


def test_a_wait_that_another_thread_ends() -> None:
    """A Wait lasts while others are called; it says how it ended when it returns."""
    gathering = BEGUN[:3]
    wait: Line = {"event": "Wait", "of": "GatherWriterMetadata"}
    cancel: Line = {"event": "Cancel", "of": "GatherWriterMetadata"}
    after = [{**wait, "at": "return", "hresult": "VSS_S_ASYNC_CANCELLED"}, {"event": "Release"}]
    given = [*gathering, {**wait, "at": "entry"}, *in_two({"actor": "requester", **cancel}), *after]
    assert told(*given) == []


def test_a_call_that_returned_late_and_failed() -> None:
    """Anything may have been hidden where a call was judged as a success, and was none."""
    start: Line = {"event": "StartSnapshotSet", "at": "entry"}
    add: Line = {"event": "AddToSnapshotSet"}
    failed = {**start, "at": "return", "hresult": "VSS_E_SNAPSHOT_SET_IN_PROGRESS"}
    end: Line = {"event": "Release"}
    assert told(*BEGUN[:4], start, add, {**start, "at": "return"}, end)
    assert told(*BEGUN[:4], start, add, failed, end) == []


def test_calls_of_other_threads() -> None:
    """A call that another thread makes does not show that the first one is over."""
    start: Line = {"event": "StartSnapshotSet", "thread": 1}
    failed: Line = {**start, "at": "return", "hresult": "E_OUTOFMEMORY"}
    other: Line = {"event": "GetWriterMetadataCount", "thread": 2}
    begun = {**start, "at": "entry"}
    given = [*BEGUN[:4], begun, other, failed, start, {"event": "AddToSnapshotSet"}]
    assert "REQ111" not in {rule for rule, _ in told(*given)}
    assert ("REQ111", 8) in told(*(line | {"thread": 1} for line in given))


def test_a_call_that_never_returns() -> None:
    """It is judged at the end, and its session still owes its Release."""
    again: Line = {"event": "StartSnapshotSet", "at": "entry"}
    assert told(*BEGUN, again) == [("REQ111", 6), ("REQ701", 6)]


def test_events_during_own_calls() -> None:
    """Events come from where Subscribe began, and until Unsubscribe has returned."""
    writer = {"actor": "writer", "writer": "W", "instance": "i", "host": "h", "session": None}
    identify = {**writer, "event": "Identify"}
    begin, subscribed = in_two({**writer, "event": "Subscribe"})
    leave, left = in_two({**writer, "event": "Unsubscribe"})
    initialize = {**writer, "event": "Initialize"}
    given = [initialize, begin, identify, subscribed, identify, leave, identify, left]
    assert told(*given) == []
    assert told(*given, identify) == [("FLR205", 9)]
    assert told(initialize, identify, begin, subscribed) == [("FLR204", 2)]


def test_the_clock_of_calls_that_wait() -> None:
    """Times are those of lines, in the order of lines: who waits long does not step back."""
    times = iter(range(1_000, 2_000))
    wait = {"event": "Wait", "of": "GatherWriterMetadata", "at": "entry"}
    query: Line = {"event": "QueryStatus", "of": "GatherWriterMetadata"}
    given = [*BEGUN[:3], wait, *in_two({**query, "actor": "requester"}), {"event": "Release"}]
    timed = [{**line, "time": next(times)} for line in given]
    assert told(*timed) == []
    timed[-2]["time"] = 1_001
    assert told(*timed) == [("INP110", 6)]
