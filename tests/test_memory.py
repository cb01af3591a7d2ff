"""What monitors remember: equal memories, equal findings from there on."""

import json
from pathlib import Path
from random import Random

import fuzz
import pytest

from benchmarks.traces import records
from vssfsm import fast
from vssfsm.core.record import Record
from vssfsm.fast import ends
from vssfsm.fast.contexts import Context, Named
from vssfsm.fast.graph import Graph
from vssfsm.fast.shapes import Cast, Joined, Shapes
from vssfsm.fast.symbols import HOLE, Symbol, Symbols
from vssfsm.fast.ways import Ways
from vssfsm.monitor import Monitor
from vssfsm.monitor.copies import copy_of
from vssfsm.monitor.memory import PARTS, Memories, UnlikeError
from vssfsm.traces.canonical import read_mapping

_TWO = list(records(200, "backups", hosts=1, faulty=0))
BACKUP = [record for record in _TWO if record["session"] == _TWO[0]["session"]]
WHO = ("actor", "instance", "writer_id", "writer")


def _read(given: list[fuzz.Record]) -> list[Record]:
    """Read records; they have no times."""
    return [
        read_mapping({**r, "time": None, "process": None}, line)[0] for line, r in enumerate(given)
    ]


def _fed(given: list[Record]) -> Monitor:
    monitor = Monitor()
    for number, record in enumerate(given, 1):
        monitor.feed(record._replace(line=number))
    return monitor


def _parts(value: object, seen: dict[int, object]) -> None:
    """Find all parts that *value* holds."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    held = vars(value) if type(value) in PARTS else value
    if isinstance(held, dict):
        for each in held.values():
            _parts(each, seen)


def test_what_is_left_out() -> None:
    """Every kind of part is found, and has what is left out of it."""
    seen: dict[int, object] = {}
    released = next(i for i, r in enumerate(BACKUP) if r["event"] == "Release")
    _parts(_fed(_read(BACKUP)[:released]), seen)
    found = {type(value): value for value in seen.values()}
    assert set(PARTS) <= set(found)
    for kind, left_out in PARTS.items():
        assert left_out <= set(vars(found[kind]))


def test_alike() -> None:
    """What was said long ago is forgotten where it makes no difference; who says it is not."""
    given = _read(BACKUP)
    waiting = next(i for i, r in enumerate(given) if r.event == "QueryStatus")
    pending = given[waiting]._replace(async_result=0x00042309)
    memories = Memories()
    plain = memories.of(_fed(given[: waiting + 1]))
    assert plain is not None
    assert memories.of(_fed([*given[:waiting], pending, *given[waiting : waiting + 1]])) is plain
    assert memories.of(_fed([*given[:waiting], pending])) is not plain
    event = next(i for i, r in enumerate(given) if r.event == "PrepareBackup")
    turned = [*given[:event], given[event + 1], given[event]]
    assert memories.of(_fed(turned)) is memories.of(_fed(given[: event + 2]))
    assert memories.of(_fed(given[: event + 1])) is not memories.of(_fed(turned[:-1]))


def test_unlike() -> None:
    """What was accused, holes, or something that is held, is like nothing that was not."""
    given, memories = _read(BACKUP), Memories()
    plain = memories.of(_fed(given[:10]))
    assert memories.of(_fed([*given[:9], Record(hole=True), given[9]])) is not plain
    loose = [record._replace(host=None) for record in given[:9]]
    assert memories.of(_fed([*given[:9], *loose])) is None
    entry = [*given[:20], next(r for r in given if r.event == "PrepareBackup")._replace(at="entry")]
    assert memories.of(_fed(entry)) is None


@pytest.mark.property
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))]
)
def test_equal_futures(seed: int) -> None:
    """Two that remember the same find the same in whatever comes, and at the end."""
    random, memories = Random(seed), Memories()
    known: dict[object, list[Record]] = {}
    given, compared = _read(BACKUP), 0
    for _ in range(150):
        way = _varied(given, random)[: random.randrange(1, len(given))]
        if _said(way[:-1], way[-1:])[0]:
            continue
        memory = memories.of(_fed(way))
        other = None if memory is None else known.setdefault(memory, way)
        if other is None or other == way:
            continue
        at = random.randrange(max(0, len(way) - 3), len(way) + 1)
        rest = _mangled(given[at:] or given, random, 2)
        assert _said(way, rest) == _said(other, rest)
        compared += 1
    assert compared > 20


def _varied(given: list[Record], random: Random) -> list[Record]:
    """Let requesters wait longer, writers take turns in another order, and hide a few records."""
    found: list[Record] = []
    for record in given:
        if record.event == "QueryStatus":
            found += [record._replace(async_result=0x00042309)] * random.randrange(2)
        at = len(found)
        if found and record.actor == "writer" and found[-1].event == record.event:
            at -= random.randrange(2)
        found.insert(at, record)
        if not random.randrange(100):
            found[-1] = Record(hole=True)
    return found


def _mangled(given: list[Record], random: Random, most: int) -> list[Record]:
    """Drop, repeat, exchange or hide a few records."""
    found = list(given)
    for _ in range(random.randrange(1, most + 1)):
        at = random.randrange(len(found))
        found[at : at + 1] = random.choice(
            ([], [found[at]] * 2, [Record(hole=True)], found[at : at + 2][::-1], [found[at]])
        )
    return found


def _said(way: list[Record], rest: list[Record]) -> list[object]:
    """Give what is found in *rest*, behind *way*, and at the end."""
    monitor = _fed(way)
    found: list[object] = []
    for number, record in enumerate(rest, len(way) + 1):
        findings = monitor.feed(record._replace(line=number))
        found.append([(f.rule, f.severity, f.writer) for f in findings])
        if findings:  # what comes next is told with what came before
            return found
    found.append([(f.rule, f.severity, f.writer) for f in monitor.close()])
    found.append([(s.verdict, s.owed, s.reasons) for s in monitor.sessions])
    return [*found, monitor.failed_writers]


@pytest.mark.parametrize("at", [0, 1, 20, 45, 70])
def test_copies(at: int) -> None:
    """A copy goes on as the monitor does that it was made of, and neither sees the other's part."""
    given, memories = _read(BACKUP), Memories()
    monitor = _fed(given[:at])
    before, judged = memories.of(monitor), monitor.judged
    copy = copy_of(monitor)
    assert not copy.coverage
    assert memories.of(copy) is before
    found = [copy.feed(record._replace(line=n)) for n, record in enumerate(given[at:], at + 1)]
    assert not any(found)
    assert (memories.of(monitor), monitor.judged) == (before, judged)
    whole = _fed(given)
    assert memories.of(copy) is memories.of(whole)
    assert copy.judged == whole.judged
    assert copy.close() == whole.close() == []
    wrong = _fed(given[:at]).feed(given[60]._replace(line=at + 1))
    assert copy_of(monitor).feed(given[60]._replace(line=at + 1)) == wrong


def test_what_cannot_be_copied() -> None:
    """What is not known is not shared in silence."""
    monitor = _fed(_read(BACKUP)[:10])
    vars(monitor)["news"] = Random()
    with pytest.raises(UnlikeError):
        copy_of(monitor)
    assert Memories().of(monitor) is None


@pytest.mark.property
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))]
)
def test_looked_up(seed: int) -> None:
    """What is looked up step by step is what judging all records gives."""
    random, shapes, symbols = Random(seed), Shapes(None), Symbols(None)
    whos: list[tuple[str | None, ...]] = []
    steps: list[tuple[Symbol, int]] = []
    for record in BACKUP:
        who = tuple(record.get(key) for key in WHO)
        if who not in whos:
            whos.append(who)
        said = {k: v for k, v in record.items() if k in ("actor", "event", "args") or k not in WHO}
        left = ("time", "host", "session", "process")
        symbol = symbols.get({k: v for k, v in said.items() if k not in left})
        steps.append((symbol, whos.index(who)))
    names = tuple(Joined(Named(*who[1:]), Context()) for who in whos)
    graph, sound = Graph(), 0
    for _ in range(40):
        given = list(steps)
        for _ in range(random.randrange(3)):
            at = random.randrange(len(given))
            given[at : at + 1] = random.choice(
                ([], [given[at]] * 2, [(HOLE, -1)], given[at : at + 2][::-1], given[at : at + 1])
            )
        node = graph.root(turns=True)
        whole: list[int] = []
        for symbol, place in given:
            if symbol is HOLE:
                _, node = graph.hide(node)
                continue
            if place not in whole:
                whole.append(place)
                joined = names[place]
            else:
                joined = None
            _, node = graph.follow(node, symbol.token(whole.index(place)), joined)
        cast = Cast(tuple(names[place] for place in whole), has_host=True)
        path = ends.Path(node, cast)
        found, judged = (
            path.look_up(shapes, Ways(graph, shapes)),
            shapes.judge(cast, node.path(), 0),
        )
        assert found is not None
        assert found.is_sound == judged.is_sound
        assert found.spreads == judged.spreads
        if judged.is_sound:
            told = frozenset().union(*(one.taken for one in node.trail()))
            assert found._replace(rows=found.rows | told) == judged
            assert path.judge(shapes) == found
            sound += 1
    assert sound > 8


def test_too_dear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no steps come again, making them ends; the rest goes to the reference."""
    import vssfsm
    from vssfsm.fast import states, trace

    monkeypatch.setattr(fast, "SMALL", 0)
    monkeypatch.setattr(states, "_CREDIT", 8 * len(BACKUP) + 4)
    path = tmp_path / "trace.jsonl"
    given = [BACKUP, [r for r in BACKUP if r["event"] != "FreeWriterMetadata"]]
    lines = [
        json.dumps({**r, "session": f"s{n}", "time": None}) for n, g in enumerate(given) for r in g
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    scanned = trace._scan(str(path), None)
    assert len(trace.Scanned(str(path), scanned).wanted) == len(given[1])
    run = vssfsm.check(str(path), repair=False)
    assert run == vssfsm.check(str(path), repair=False, fast=False)
