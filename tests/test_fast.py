"""The fast path gives the same Run as the reference, and is taken where it should be."""

import io
import json
import re
from pathlib import Path
from random import Random

import fuzz
import pytest

import vssfsm
from benchmarks.traces import records
from vssfsm import fast
from vssfsm.fast import beside, lines, states, trace
from vssfsm.fast.ends import Ends

TRACES = sorted(fuzz.DATA.glob("**/*.jsonl"))
_TWO = list(records(200, "backups", hosts=1, faulty=0))
BACKUP = [record for record in _TWO if record["session"] == _TWO[0]["session"]]
WRITERS = list(records(28 * 3, "writers", hosts=1, faulty=0))


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scan however short a trace is."""
    monkeypatch.setattr(fast, "SMALL", 0)


def _write(path: Path, given: list[fuzz.Record], extra: str = "") -> str:
    path.write_text("".join(f"{json.dumps(r)}\n" for r in given) + extra, encoding="utf-8")
    return str(path)


def _agree(path: str, release: str | None = None) -> vssfsm.Run:
    run = vssfsm.check(path, release=release, repair=False)
    assert run == vssfsm.check(path, release=release, fast=False, repair=False)
    return run


@pytest.mark.long
def test_test_data() -> None:
    """Every trace of the test data; those without keys are for the reference."""
    assert len(TRACES) > 400
    scanned = [path for path in TRACES if fast.scan_file(str(path), None)]
    assert len(scanned) > 20
    for path in scanned:
        _agree(str(path))


@pytest.mark.long
@pytest.mark.property
@pytest.mark.parametrize("part", range(4))
def test_fuzzed(tmp_path: Path, part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The literal traces under new keys, damaged and interleaved; most of them are scanned."""
    monkeypatch.setattr(Ends, "is_eager", part % 2 == 0)
    monkeypatch.setattr(states, "_CREDIT", (0, 16_000)[part // 2])
    traces = fuzz.literal_traces()
    scanned = wanted = number = 0
    for seed in range(20 * part, 20 * (part + 1)):
        given = fuzz.trace(traces, seed)
        path = _write(tmp_path / "trace.jsonl", given)
        found = fast.scan_file(path, None)
        scanned += found is not None
        wanted += len(found.wanted) if found else len(given)
        number += len(given)
        _agree(path, ("2019", None)[seed % 2])
    assert scanned > 10
    assert wanted < (0.95 if part % 2 == 0 else 1) * number


@pytest.mark.parametrize(
    "shape", ["writers", "backups", pytest.param("varied", marks=pytest.mark.long)]
)
def test_generated(tmp_path: Path, shape: str) -> None:
    """Interleaved sessions: the reference sees few of them."""
    given = list(records(2_000, shape, hosts=5, faulty=0.05))
    path = _write(tmp_path / "trace.jsonl", given)
    run = _agree(path)
    assert len(run.findings) > 5
    assert vssfsm.check(path) == vssfsm.check(path, fast=False)
    found = fast.scan_file(path, None)
    assert found is not None
    assert len(found.wanted) < 0.4 * len(given)


@pytest.mark.parametrize(
    "line",
    [
        '{"actor":"writer","event":"Freeze"}',
        '{"actor":"writer","event":"Freeze","session":"s","outcome":"x"}',
        '{"event":"Freeze","host":"h","session":"s"}',
        '{"actor":"writer","event":"Freeze","host":"host-00000","session":"s","state":1,"state":2}',
        '{"actor":"writer","event":"Freeze","host":"","session":"s","instance":"i"}',
        '{"actor":"writer","event":"Freeze","host":"h","session":"s","observation":"partial"}',
        '{"actor":"writer","event":"Freeze","host":"h","session":"s","source":{"path":"p"}}',
        '{"actor":"writer","event":"Freeze","host":"h","session":"s","instance":"i","ended":1}',
    ],
)
def test_unfit(tmp_path: Path, line: str) -> None:
    """One record that could be of any session, or be read in no way, hands all to the reference."""
    path = _write(tmp_path / "trace.jsonl", [*BACKUP, *WRITERS], line + "\n")
    assert fast.scan_file(path, None) is None
    _agree(path)


@pytest.mark.parametrize(
    "line",
    [
        "",
        " \t",
        '{"actor":"observer","event":"WriterStatus","host":"h","instance":"i","state":1}',
        '{"actor":"observer","event":"WriterStatus","host":"h","instance":"i","state":9}',
        '{"actor":"writer","event":"Identify","host":"h","instance":"i","outcome":"ok"}',
        '{ "actor" : "writer" , "event":"Initialize","host":"h","instance":"i","new":"\\"" }',
        '{"actor":"writer","event":"Freeze","host":"host-00000","session":7,"instance":5,"time":1}',
        '{"actor":"writer","event":"Freeze","host":7,"session":"7","instance":"5","state":"1"}',
        '{"actor":"writer","event":"Identify","host":"h","instance":"i","session":"","process":""}',
        '{"actor":"writer","event":"Initialize","host":"h","instance":"i","process":5,"args":"{}"}',
    ],
)
def test_fit(tmp_path: Path, line: str) -> None:
    """What belongs to no session, and odd but sound text, is scanned."""
    path = _write(tmp_path / "trace.jsonl", [*BACKUP, *WRITERS], f"{line}\r\n\n{line}")
    assert fast.scan_file(path, None) is not None
    _agree(path)


_SESSION = BACKUP[0]["session"]
_HOLES = [
    b'{"actor":"writer"',
    b"\x00\x00",
    b"[1]",
    b'{"\xff"}',
    b'{"event":"Nothing"}',
    b'{"actor":"writer","event":"Nothing"}',
    b'{"actor":"writer","event":"Nothing","host":"host-00000","session":"s","instance":"i"}',
    b'{"actor":"writer","event":"Nothing","host":"host-00000","session":"%s"}' % _SESSION.encode(),
    b'{"actor":"writer","event":"Nothing","host":"host-00000","instance":"i"}',
    b'{"actor":"writer","event":"Nothing","host":"host-00001"}',
    b'{"actor":"writer","event":"Freeze","host":"h","session":"s","instance":"i","time":"x"}',
    b'{"actor":"observer","event":"Nothing","host":"host-00000"}',
    b'{"actor":"writer","event":"Initialize","host":"host-00001","instance":"x"}',
]


@pytest.mark.long
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("line", _HOLES)
def test_unread(
    tmp_path: Path, line: bytes, *, eager: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a line that cannot be read only those sessions are in question whose it may be."""
    monkeypatch.setattr(Ends, "is_eager", eager)
    monkeypatch.setattr(states, "_CREDIT", 0)
    other = [{**r, "host": "host-00001", "session": f"{r['session']}x"} for r in WRITERS]
    lines = [json.dumps(r).encode() for r in [*BACKUP, *WRITERS, *other]]
    path = tmp_path / "trace.jsonl"
    for places in ((0,), (50,), (3, 60, 61, 120, len(lines)), (len(lines),)):
        given = list(lines)
        for place in reversed(places):
            given[place:place] = [line]
        path.write_bytes(b"\n".join(given))
        assert fast.scan_file(str(path), None) is not None
        _agree(str(path))


@pytest.mark.property
@pytest.mark.parametrize("shape", ["writers", "backups"])
@pytest.mark.parametrize("seed", range(4))
def test_damaged(tmp_path: Path, shape: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines cut, garbled and of every kind, anywhere among sessions with faults."""
    from vssfsm.fast import scan

    monkeypatch.setattr(Ends, "is_eager", seed % 2 == 0)
    monkeypatch.setattr(states, "_CREDIT", (0, 16_000, 300, 16_000)[seed])
    monkeypatch.setattr(scan, "_WAITING", (-1, 64)[seed // 2])
    random = Random(seed)
    given = records(1_500, shape, hosts=3, faulty=0.05, seed=seed)
    lines = [json.dumps(r).encode() for r in given]
    for _ in range((1, 8, 2, 15)[seed]):
        at = random.randrange(len(lines))
        kind = random.randrange(3)
        if kind == 0:
            lines[at] = lines[at][: random.randrange(len(lines[at]))]
        elif kind == 1:
            lines[at] = lines[at].replace(b'"event": "', b'"event": "No', 1)
        else:
            lines[at:at] = [random.choice(_HOLES)]
    path = tmp_path / "trace.jsonl"
    path.write_bytes(b"\n".join(lines))
    found = fast.scan_file(str(path), None)
    assert found is not None
    assert shape == "backups" or len(found.wanted) < 0.8 * len(lines)
    _agree(str(path))


def _ordered(record: fuzz.Record, keys: list[str]) -> fuzz.Record:
    return {key: record[key] for key in [*keys, *record] if key in record}


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize(
    "keys", [["time"], ["actor", "time"], ["session", "event", "time"], ["session", "time"]]
)
def test_layouts(tmp_path: Path, keys: list[str], separators: tuple[str, str] | None) -> None:
    """Whatever the order of keys, lines that differ in time and session alone are read once."""
    given = list(records(600, "backups", hosts=2, faulty=0.05))
    lines = [json.dumps(_ordered(r, keys), separators=separators) for r in given]
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    _agree(str(path))
    scanned = trace._scan(str(path), None)
    assert 100 < scanned._learned < 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"session": "', '"session": "\\u0041'),
        ('"session": "', '"session": "\t'),
        ('"session": "', '"session": "x", "session": "'),
        ('"session": "', '"process": "\\"session\\": ", "session": "'),
        ('"session": "', '"args": {"session": "y"}, "session": "'),
        ('"time": "2026-', '"time": "2026-2-'),
        ('"time": "2026-01-', '"time": "2026-13-'),
        ('"time": "2026', '"time": "\\u0032026'),
        ('Z", ', 'z", '),
        ('Z", ', '+0200", '),
        ('Z", ', '+02:00", '),
        ('Z", ', '1234567Z", '),
        ('Z", ', '", "time": null, '),
        ('"}', '"} '),
        ('"}', '"},'),
        ('"}', '"}{}'),
        ('"time": ', '"tame": '),
    ],
)
def test_line_like_others(tmp_path: Path, old: str, new: str) -> None:
    """A line whose rest is known, and one that only looks so, mean what the reference says."""
    lines = [json.dumps(r) for r in [*WRITERS, *BACKUP]]
    assert old in lines[60]
    lines[60] = lines[60].replace(old, new)
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    _agree(str(path))


@pytest.mark.parametrize("time", ["2026", "2026-01-01", "1:2", ""])
def test_short_times(tmp_path: Path, time: str) -> None:
    """What is shorter than any time is cut nowhere, and nothing is lost."""
    lines = [json.dumps({**r, "time": time}) for r in WRITERS[:20]]
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    _agree(str(path))


def test_names_of_many_lengths(tmp_path: Path) -> None:
    """Lines as long as others that are cut elsewhere are taken as what they are."""
    given = list(records(1_500, "backups", hosts=12, faulty=0.05))
    hosts = {name: "h" * (1 + n) for n, name in enumerate(sorted({r["host"] for r in given}))}
    names = {
        name: f"{n}" * (n % 7 + 1) for n, name in enumerate(sorted({r["session"] for r in given}))
    }
    lines = [
        json.dumps({**r, "host": hosts[r["host"]], "session": names[r["session"]]}) for r in given
    ]
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    _agree(str(path))


def test_the_same_line_again(tmp_path: Path) -> None:
    """A line that comes twice is two records, also where it is all that a session has."""
    line = json.dumps(WRITERS[-1])
    other = json.dumps({**WRITERS[-1], "session": "another"})
    path = tmp_path / "trace.jsonl"
    path.write_text(f"{line}\n{other}\n{other}\n{line}\n{line}", encoding="utf-8", newline="\n")
    _agree(str(path))


def test_numbers_as_times(tmp_path: Path) -> None:
    """Nanoseconds since 1970 are times as well; one that steps back is told."""
    given = [{**r, "time": 10**18 + n} for n, r in enumerate(WRITERS)]
    assert not _agree(_write(tmp_path / "sound.jsonl", given)).findings
    given[70]["time"] -= 10
    assert {f.rule for f in _agree(_write(tmp_path / "back.jsonl", given)).findings} == {"INP110"}


@pytest.mark.parametrize("last", [False, True])
def test_values_beside(tmp_path: Path, *, last: bool) -> None:
    """A thread, and when a handler returned, change from line to line and are cut out."""
    given = []
    for n, record in enumerate(records(1_000, "backups", hosts=2, faulty=0.05)):
        more = {"ended": record["time"][:-1] + "5Z", "thread": n}
        if record["actor"] == "requester":
            del more["thread"]
        given.append({**record, **more} if last else {**more, **record})
    path = _write(tmp_path / "trace.jsonl", given)
    _agree(path)
    scanned = trace._scan(path, None)
    assert 100 < scanned._learned < 200


@pytest.mark.parametrize(
    "more",
    [
        {"thread": "x"},
        {"thread": 1.5},
        {"thread": "17"},
        {"thread": None},
        {"thread": 10**18},
        {"thread": -1},
        {"ended": "2026-13-01T00:00:00Z"},
        {"ended": 10**18},
        {"ended": ""},
        {"ended": "2026-01-01T00:00:00Z,"},
        {"args": {"thread": 3}},
        {"process": '"thread": 5,'},
    ],
)
def test_values_beside_that_differ(tmp_path: Path, more: fuzz.Record) -> None:
    """A value of another kind, or in another place, means what the reference says."""
    given = [{"ended": r["time"], "thread": n, **r} for n, r in enumerate(WRITERS)]
    for whole in ({**given[60], **more}, {**more, **WRITERS[60]}):
        given[60] = whole
        _agree(_write(tmp_path / "trace.jsonl", given))
    lines = [json.dumps(r) for r in [*given[:60], *given[61:]]]
    for number, old in ((30, "}"), (31, "9"), (32, '"thread": ')):
        lines[number] = lines[number].replace(old, "\x02")
    path = tmp_path / "raw.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    _agree(str(path))


def _with_source(given: list[fuzz.Record], **more: object) -> list[fuzz.Record]:
    return [
        {**r, "source": {"path": "a.log", "line": 3 * n, "format": "vsstrace", **more}}
        for n, r in enumerate(given, 1)
    ]


@pytest.mark.parametrize("shape", ["writers", "backups"])
def test_converted(tmp_path: Path, shape: str) -> None:
    """What `convert` writes is scanned; findings name the lines of the evidence."""
    from vssfsm.cli import main

    given = list(records(2_000, shape, hosts=5, faulty=0.05))
    first = _write(tmp_path / "a.jsonl", given)
    path = str(tmp_path / "b.jsonl")
    assert main(["convert", first, "-o", path]) == 0
    run = _agree(path)
    assert len(run.findings) > 5
    for finding in run.findings:
        assert finding.origin == f"{first}:{finding.line}"
    scanned = trace._scan(path, None)
    assert scanned._learned == trace._scan(first, None)._learned < 500
    assert len(trace.Scanned(path, scanned).wanted) < 0.4 * len(given)


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize("first", [False, True])
def test_sources(tmp_path: Path, separators: tuple[str, str] | None, *, first: bool) -> None:
    """The line of an origin is cut out, wherever it stands."""
    given = _with_source(list(records(1_000, "backups", hosts=2, faulty=0.05)))
    if first:
        given = [_ordered(r, ["source"]) for r in given]
    path = tmp_path / "trace.jsonl"
    lines = [json.dumps(r, separators=separators) for r in given]
    path.write_text("\n".join(lines), encoding="utf-8")
    _agree(str(path))
    assert 100 < trace._scan(str(path), None)._learned < 200


@pytest.mark.parametrize(
    "more",
    [
        {"source": None},
        {"source": {}},
        {"source": {"line": 3}},
        {"source": {"path": "b.log", "line": True, "format": "x"}},
        {"source": {"path": "b.log", "line": "17"}},
        {"source": {"path": "b.log", "line": 17.0}},
        {"source": {"path": "b.log", "line": -1}},
        {"source": {"path": "b.log", "line": 10**18}},
        {"source": {"path": "b.log", "line": 10**400}},
        {"source": {"path": 'b"\\.log', "line": 7}},
        {"source": {"path": "b.log", "line": 7, "offset": 12, "within": {"line": 8}}},
        {"source": '{"path": "b.log", "line": 7, "format": "x"}'},
        {"source": {"path": "b.log", "line": 7, "unread": True}},
        {"source": {"path": "b.log", "line": 7, "unread": True, "notes": []}},
        {"args": {"line": 3}},
        {"process": '"line": 5,'},
        {"line": 5},
        {"line": "x"},
    ],
)
def test_sources_that_differ(tmp_path: Path, more: fuzz.Record) -> None:
    """An origin of another kind, and a line that is not its own, mean what the reference says."""
    plain = [dict(r) for r in WRITERS]
    plain[40] |= {"outcome": "veto"}
    given = _with_source(plain)
    for whole in ({**given[60], **more}, {**more, **given[60], **more}):
        for places in ((60,), range(50, 84), range(84)):
            lines = list(given)
            for at in places:
                lines[at] = {key: given[at].get(key, whole[key]) for key in whole} | more
            path = _write(tmp_path / "trace.jsonl", lines)
            assert _agree(path).findings
            assert fast.scan_file(path, None) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"line": ', '"line": 0'),
        ('"line": ', '"line": "'),
        ('"line": ', '"line": 1,"line": '),
        ('"line": ', "\x03"),
        ('"format"', '"line": 1, "format"'),
        ("}}", "}}}"),
        ("}}", "}"),
        ('"source": {', '"source": {"line": {"line": 3}}, "sauce": {'),
        ('"source": {', '"source": [{"line": 3}], "sauce": {'),
    ],
)
def test_sources_that_are_broken(tmp_path: Path, old: str, new: str) -> None:
    """A line that only looks like others means what the reference says."""
    lines = [json.dumps(r) for r in _with_source(WRITERS)]
    for number in (60, 70, 80):
        assert old in lines[number]
        lines[number] = lines[number].replace(old, new)
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    _agree(str(path))


def _chatty(given: list[fuzz.Record]) -> list[fuzz.Record]:
    """Give records with keys that nobody reads, and others' programs; all change."""
    found = []
    for n, r in enumerate(given):
        args = {"pid": n, **r.get("args", {}), "note": f"n {n}"}
        more = {} if r["actor"] == "requester" else {"process": f"p{n}"}
        found.append({"seq": n, **r, **more, "args": args})
    return found


@pytest.mark.parametrize("separators", [None, (",", ":")])
@pytest.mark.parametrize("shape", ["writers", "backups"])
def test_keys_that_nobody_reads(
    tmp_path: Path, shape: str, separators: tuple[str, str] | None
) -> None:
    """What changes and decides nothing is cut out."""
    plain = list(records(2_000, shape, hosts=2, faulty=0.05))
    given = _chatty(plain)
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(json.dumps(r, separators=separators) for r in given), "utf-8")
    run = _agree(str(path))
    scanned = trace._scan(str(path), None)
    assert 50 < scanned._learned < 250
    assert scanned._read < 500
    assert len(trace.Scanned(str(path), scanned).wanted) < 0.4 * len(given)
    same = _agree(_write(tmp_path / "plain.jsonl", plain))
    assert [(f.rule, f.line) for f in run.findings] == [(f.rule, f.line) for f in same.findings]


@pytest.mark.long
def test_keys_that_come_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes from some line on is learned there; what was known before stays known."""
    monkeypatch.setattr(beside, "_SAMPLE", 20)
    plain = [{**r, "args": {"a": 1}} for r in records(7_000, "backups", hosts=2, faulty=0.05)]
    given = [{**r, "day": n} for n, r in enumerate(plain)]
    for at, change in ((600, _with_source), (1_500, _chatty), (6_000, list)):
        given[at:] = change(given[at:] if at < 6_000 else plain[at:])
    path = _write(tmp_path / "trace.jsonl", [_ordered(r, ["time"]) for r in given])
    assert len(_agree(path).findings) > 10
    scanned = trace._scan(path, None)
    keys = {kind.key for kind, _ in scanned._beside._keys}
    assert keys == {"day", "line", "pid", "note", "seq", "process"}
    assert scanned._read < 2_500
    monkeypatch.setattr(beside, "_SAMPLE", 4_000)
    assert trace._scan(path, None)._read > 5_000


@pytest.mark.long
@pytest.mark.parametrize("key", ["pid", "process"])
@pytest.mark.parametrize(
    "value",
    [
        *(
            "1.5",
            "-3",
            "1e5",
            "1E400",
            "007",
            "-",
            "1.",
            "9" * 30,
            "9" * 5_000,
            "true",
            "null",
            "NaN",
        ),
        *(
            '"\\"',
            '"\\\\"',
            '"\\\\""',
            '"\\u0022"',
            '"\\u00"',
            '"\\x"',
            '"a\tb"',
            '"\x05"',
            '"\udcff"',
            '"ü"',
        ),
        *("[1]", '{"a": 1}', '{"a": 1, "a": 1}', "5, 5", '5, "pid": 5', '5, "folded": "x"', "\x05"),
        *('5, "x\\"pid": 6', '5, "\\u0070id": 5', '5}, "args": {"pid": 5', '5, "folded": true'),
        *('"\\"pid\\": 5"', '"x", "session": "x"', ""),
    ],
)
def test_values_that_nobody_reads(tmp_path: Path, key: str, value: str) -> None:
    """Whatever stands there, it means what the reference says."""
    plain = [dict(r) for r in [*WRITERS, *BACKUP]]
    plain[40] |= {"outcome": "veto"}
    lines = [json.dumps(r) for r in _chatty(plain)]
    for number in (5, 60, 70, 80, len(lines) - 3):
        old = f'("{key}": )(?:[0-9]+|"[^"]*")'
        lines[number] = re.sub(old, lambda found: found[1] + value, lines[number], count=1)
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines), "utf-8", errors="surrogateescape")
    assert _agree(str(path)).findings
    _agree(str(path))


@pytest.mark.parametrize("gap", range(1, 9))
def test_gaps_in_lines(tmp_path: Path, gap: int) -> None:
    """What stands for a value in a rest stands in no line: it is no JSON."""
    given = _with_source(_chatty([{"ended": r["time"], "thread": 5, **r} for r in WRITERS]))
    keys = ("ended", "thread", "line", "process", "pid", "note", "seq")
    path = tmp_path / "trace.jsonl"
    for key in keys:
        lines = [json.dumps(r) for r in given]
        old = rf'"{key}": (?:[0-9]+|"[^"]*")'
        lines[60], times = re.subn(old, chr(gap), lines[60], count=1)
        assert times == 1
        path.write_text("\n".join(lines), encoding="utf-8")
        assert _agree(str(path)).counts["unread"] == 1


@pytest.mark.parametrize("actor", ["requester", "requ\\u0065ster"])
def test_programs_of_requesters(tmp_path: Path, actor: str) -> None:
    """A program tells who tries again: what it is called is cut out of others' lines alone."""
    given = []
    for n, record in enumerate(records(3_000, "backups", hosts=3, faulty=0.1)):
        name = record["session"] if record["actor"] == "requester" else n
        given.append({**record, "process": f"p{name}"})
    path = tmp_path / "trace.jsonl"
    lines = [json.dumps(r).replace('"requester"', f'"{actor}"') for r in given]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert _agree(str(path)).findings
    scanned = trace._scan(str(path), None)
    assert {name for host in scanned.hosts for name in host.processes} == {
        r["process"] for r in given if r["actor"] == "requester"
    }
    assert scanned._read < 0.8 * len(given)


_NOTE = {"rule": "INP101", "message": "odd"}
_OPEN_NOTE = {"rule": "INP115", "message": "odd"}


def _noted(record: fuzz.Record, more: str) -> str:
    return f"{json.dumps(record)[:-1]}, {more}}}"


@pytest.mark.parametrize(
    "more",
    [
        '"state": 5, "state": 5',
        '"new": 5, "new": 5',
        '"args": {"pid": 5, "pid": 5}',
        '"args": {"pid": {"a": [{"b": 1, "b": 2}]}}',
        '"args": {"\\u0070id": 5, "pid": "\\u0022\\u0022"}',
        '"source": {"path": "a", "line": 3, "line": 3}',
        '"source": {"path": "a", "line": 3, "more": {"line": 3, "line": 3}}',
        f'"source": {{"path": "a", "line": 3, "notes": [{json.dumps(_NOTE)}]}}',
        f'"source": {{"path": "a", "line": 3, "notes": [{json.dumps(_OPEN_NOTE)}]}}',
        f'"source": {{"n\\u006ftes": [{json.dumps(_NOTE)}]}}',
        f'"source": {json.dumps(json.dumps({"notes": [_NOTE]}))}',
        f'"source": {{"unread": true, "notes": [{json.dumps(_OPEN_NOTE)}]}}',
    ],
)
def test_noted(tmp_path: Path, more: str) -> None:
    """Of a record about which the reader says something its own session alone is in question."""
    first = [{**r, "host": "host-00001"} for r in WRITERS]
    lines = [json.dumps(r) for r in [*first, *BACKUP]]
    path = tmp_path / "trace.jsonl"
    for number, size in ((0, 28), (40, 28), (41, 28), (28 * 3 + 5, len(BACKUP))):
        given = list(lines)
        given[number] = _noted(json.loads(given[number]), more)
        path.write_text("\n".join(given), encoding="utf-8")
        run = _agree(str(path))
        assert {finding.line for finding in run.findings} == {number + 1}
        found = fast.scan_file(str(path), None)
        assert found is not None
        assert len(found.wanted) - len(BACKUP) in (0, size, size - len(BACKUP))


@pytest.mark.parametrize(
    ("line", "reads"),
    [
        (
            '{"actor":"observer","event":"WriterStatus","host":"host-00000","instance":"i","state":1',
            1,
        ),
        ('{"actor":"writer","event":"Identify","host":"host-00001","instance":"i"', 2),
        ('{"actor":"writer","event":"Subscribe","host":"host-00001","instance":"i"', 2),
        ('{"actor":"writer","event":"Freeze","host":"host-00001","instance":"i"', None),
        ('{"actor":"requester","event":"BackupComplete","host":"host-00001"', None),
        ('{"event":"Freeze","host":"host-00001","session":"s","instance":"i"', None),
        ('{"actor":"writer","event":"Freeze","session":"s","instance":"i"', None),
    ],
)
def test_noted_apart(tmp_path: Path, line: str, reads: int | None) -> None:
    """Without a session, its host is; an observer's record stands alone."""
    other = '{"actor":"writer","event":"Initialize","host":"host-00001","instance":"i"}'
    path = _write(tmp_path / "trace.jsonl", WRITERS, f'{other}\n{line},"new":1,"new":2}}\n')
    run = _agree(path)
    found = fast.scan_file(path, None)
    assert (found is None) == (reads is None)
    if found is not None:
        assert {finding.line for finding in run.findings} == {len(WRITERS) + 2}
        assert len(found.wanted) == reads


@pytest.mark.property
@pytest.mark.parametrize("shape", ["writers", "backups"])
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 4))]
)
def test_noted_at_random(tmp_path: Path, shape: str, seed: int) -> None:
    """Notes, origins, odd values and keys that nobody reads, anywhere among faults and holes."""
    random = Random(seed)
    given = list(records(1_500, shape, hosts=4, faulty=0.05, seed=seed))
    if seed % 2:
        given = _with_source(given)
    if seed > 1:
        given = _chatty(given)
    odd: list[fuzz.Record] = [
        {"args": {"pid": 7}},
        {"args": {"pid": "x", "note": 'a "b"', "at": [1, {"c": None}]}},
        {"args": {"line": 4, "thread": 5, "folded": 1}},
        {"args": {"folded": 1.0}},
        {"args": {"folded": True}},
        {"args": {"timeout_ms": "5000", "volume": 'a"'}},
        {"args": {"volume": "b"}},
        {"seq": 5},
        {"process": "p"},
        {"state": "5"},
        {"thread": "17"},
        {"source": {"path": "b", "line": 9, "notes": [_NOTE]}},
        {"source": {"path": "b", "line": 9, "notes": [_NOTE], "unread": True}},
    ]
    lines = [json.dumps(r) for r in given]
    for at in random.sample(range(len(lines)), (2, 30, 200, 1_000)[seed]):
        lines[at] = json.dumps({**given[at], **random.choice(odd)})
        if random.random() < 0.02:
            lines[at] = _noted(given[at], '"x": 1, "x": 2')
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert fast.scan_file(str(path), None) is not None
    _agree(str(path))


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize(
    "proof",
    [
        {"session": "a session"},
        {"time": "2001-02-03T04:05:06Z"},
        {"ended": "2001-02-03T04:05:07Z"},
        {"thread": 736_451_982_034},
        {"source": {"line": 736_451_982_035}},
    ],
)
def test_proofs_that_lines_hold(tmp_path: Path, proof: fuzz.Record, *, escaped: bool) -> None:
    """A line that holds what stands in proofs teaches nothing about what is cut out of it."""
    given = []
    for n, record in enumerate(WRITERS):
        time = f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z"
        args = {"session": f"s{n}", "time": time, "ended": time, "thread": n}
        (key,) = proof
        args = {"line": n} if key == "source" else {key: args[key]}
        given.append({"args": args, **record, **proof})
    lines = [json.dumps(r) for r in given]
    if escaped:
        lines = [line.replace("a session", "a\\u0020session") for line in lines]
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    _agree(str(path))
    assert trace._scan(str(path), None)._learned == 0


def test_lines_that_never_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every line is another one, few are remembered; they are scanned all the same."""
    from vssfsm.fast import scan

    monkeypatch.setattr(scan, "_FIRST", 5)
    given = [{**r, "new": n} for n, r in enumerate(WRITERS)]
    path = _write(tmp_path / "trace.jsonl", given)
    assert not _agree(path).findings
    assert trace._scan(path, None)._learned <= len(given) // 4 + 5
    monkeypatch.setattr(scan, "_FIRST", len(WRITERS))
    path = _write(tmp_path / "alike.jsonl", WRITERS)
    assert trace._scan(path, None)._learned == 28


def test_writers_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers that take turns in another order are not in question; few steps are made."""
    from vssfsm.fast import scan

    monkeypatch.setattr(scan, "_WAITING", 2)
    random = Random(5)
    given = []
    for number in range(40):
        for at in range(0, 28, 4):
            turn = WRITERS[at : at + 4]
            random.shuffle(turn)
            given += [{**r, "session": f"s{number}"} for r in turn]
    path = _write(tmp_path / "trace.jsonl", [{**r, "time": None} for r in given])
    assert not _agree(path).findings
    scanned = trace._scan(path, None)
    assert scanned.shapes._common.states == len(WRITERS[:28]) // 4
    assert len(scanned._waiting) < 10  # sessions that are over are forgotten


def test_only_the_accused(tmp_path: Path) -> None:
    """Of writers alone in a session, those that are sound are left out of the second pass."""
    given = [dict(r) for r in WRITERS]
    del given[40]
    path = _write(tmp_path / "trace.jsonl", given)
    assert _agree(path).counts["errors"] == 1
    found = fast.scan_file(path, None)
    assert found is not None
    assert len(found.wanted) == 27
    assert len(list(found.records())) == 6


def test_released_twice(tmp_path: Path) -> None:
    """A second release is an error of its session alone, not a reason to doubt its host."""
    given = list(records(400, "backups", hosts=1, faulty=0))
    at = next(n for n, r in enumerate(given) if r["event"] == "Release")
    given.insert(at + 1, dict(given[at]))
    path = _write(tmp_path / "trace.jsonl", given)
    assert _agree(path).counts["errors"] == 1
    found = fast.scan_file(path, None)
    assert found is not None
    assert len(found.wanted) < 250


def test_one_name_on_two_hosts(tmp_path: Path) -> None:
    """Sessions of the same name on two hosts, at the same time, are two sessions."""
    given = [
        {**r, "host": host, "instance": f"{r['instance']}{host}"}
        for r in WRITERS[:28]
        for host in ("a", "b")
    ]
    assert not _agree(_write(tmp_path / "sound.jsonl", given)).findings
    del given[20]
    assert _agree(_write(tmp_path / "trace.jsonl", given)).counts["sessions_violates"] == 1


@pytest.mark.parametrize("seed", range(8))
def test_names_that_hosts_share(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts that number their sessions alike, record by record in turn; some names come again."""
    from vssfsm.fast import scan

    monkeypatch.setattr(scan, "_WAITING", -1 if seed % 2 else 2)
    monkeypatch.setattr(scan, "_NEAR", 3 if seed % 3 == 0 else 100)
    random = Random(seed)
    given = list(records(2_000, "writers", hosts=4, faulty=0.1, seed=seed))
    numbers: dict[str, dict[str, int]] = {}
    for record in given:
        known = numbers.setdefault(record["host"], {})
        number = known.setdefault(record["session"], len(known))
        record["session"] = f"s{number % (9 if seed > 5 else 99)}"
    texts = [f"{json.dumps(record)}\n" for record in given]
    for at in random.sample(range(len(texts)), 3 if seed % 4 == 1 else 0):
        texts[at] = texts[at][:40] + "\n"
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(texts), encoding="utf-8")
    assert _agree(str(path)).counts["errors"]


def test_lines_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are picked are those of the whole, wherever blocks end."""
    random = Random(1)
    for size in (1, 2, 7, 64):
        monkeypatch.setattr(lines, "BLOCK", size)
        for _ in range(30):
            text = bytes(random.choices(b"ab\r\n", (3, 3, 1, 2), k=random.randrange(40)))
            every = dict(enumerate(io.BytesIO(text).readlines(), 1))
            wanted = sorted(random.sample(sorted(every), random.randrange(len(every) + 1)))
            path = tmp_path / "lines"
            path.write_bytes(text)
            blocks = lines.Blocks()
            with path.open("rb", buffering=0) as file:
                for block in lines.lines_of(file):
                    blocks.add(block)
            with path.open("rb", buffering=0) as file:
                found = list(lines.lines_at(file, blocks, wanted))
            assert found == [(number, every[number]) for number in wanted]


def test_an_input_that_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gone when lines are read again is told; nothing passes in silence."""
    path = tmp_path / "trace.jsonl"
    given = [{**r, "session": f"s{n}"} for n in range(200) for r in WRITERS[:3]]
    _write(path, given)
    found = fast.scan_file(str(path), None)
    assert found
    assert found.wanted
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(EOFError, match="became shorter"):
        list(found.records())
    monkeypatch.setattr(fast, "scan_file", lambda *_: found)
    run = vssfsm.check(str(path))
    assert "INP107" in {finding.rule for finding in run.findings}
    assert run.verdict == "INCONCLUSIVE"


def test_the_first_of_a_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A requester's session that is like no other is judged once, where dear by the reference."""
    path = _write(tmp_path / "one.jsonl", BACKUP)
    assert not _agree(path).findings
    scanned = trace._scan(path, None)
    assert scanned.shapes._common.states == len(BACKUP)
    assert not trace.Scanned(path, scanned).wanted
    monkeypatch.setattr(states, "_CREDIT", 0)
    assert not _agree(path).findings
    assert len(trace.Scanned(path, trace._scan(path, None)).wanted) == len(BACKUP)
    other = [{**r, "session": "other", "time": None} for r in BACKUP]
    path = _write(tmp_path / "two.jsonl", [*BACKUP, *other])
    assert not _agree(path).findings
    assert not trace.Scanned(path, trace._scan(path, None)).wanted


def test_no_two_alike(tmp_path: Path) -> None:
    """Sessions that differ in what makes no difference later are judged by the same steps."""
    random = Random(7)
    given, made = [], []
    for number in range(40):
        session: list[fuzz.Record] = []
        for record in BACKUP:
            if record["event"] == "QueryStatus":
                waits = {**record, "async_result": "VSS_S_ASYNC_PENDING"}
                session += [waits] * random.randrange(3)
            if record["event"] == "AddToSnapshotSet":
                others = "DEFGH"[: random.randrange(6)]
                session += [{**record, "args": {"volume": f"{name}:\\"}} for name in others]
            session.append(record)
        made.append([r["event"] for r in session])
        given += [{**r, "session": f"s{number}", "time": None} for r in session]
    assert len({*map(tuple, made)}) > 30
    path = _write(tmp_path / "trace.jsonl", given)
    assert not _agree(path).findings
    scanned = trace._scan(path, None)
    assert not trace.Scanned(path, scanned).wanted
    assert scanned.shapes._common.states < 8 * len(BACKUP)


def _late(given: list[fuzz.Record], event: str, seconds: int) -> list[fuzz.Record]:
    """Let *event* and what follows it come later."""
    at = next(i for i, r in enumerate(given) if r["event"] == event)
    hour = f"T{10 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"
    return [
        {**r, "time": "2026-01-01T10:00:00Z" if i < at else f"2026-01-01{hour}"}
        for i, r in enumerate(given)
    ]


@pytest.mark.parametrize(("seconds", "codes"), [(9, set()), (12, {"TIM105"}), (55, {"TIM105"})])
def test_held(
    tmp_path: Path, seconds: int, codes: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hold that is too long is in question, a short one is not."""
    monkeypatch.setattr(Ends, "is_eager", True)
    path = _write(tmp_path / "trace.jsonl", _late(BACKUP, "Thaw", seconds))
    run = _agree(path)
    assert {item.rule for item in run.findings} >= codes
    found = fast.scan_file(path, None)
    assert found is not None
    assert bool(found.wanted) == bool(codes)


@pytest.mark.parametrize(("seconds", "rule"), [(50, None), (55, "TIM104"), (61, "TIM102")])
def test_frozen(tmp_path: Path, seconds: int, rule: str | None) -> None:
    """The same for a writer alone, whose own time counts."""
    run = _agree(_write(tmp_path / "trace.jsonl", _late(WRITERS[:28], "Thaw", seconds)))
    assert [item.rule for item in run.findings] == ([rule] * 4 if rule else [])


def test_frozen_beside_the_accused(tmp_path: Path) -> None:
    """A writer that nothing is wrong with but its time is not left out beside another's mistake."""
    given = _late(WRITERS[:28], "Thaw", 61)
    del given[18]
    run = _agree(_write(tmp_path / "trace.jsonl", given))
    assert [item.rule for item in run.findings] == ["TIM102"] * 4 + ["WTR105"]


def test_session_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call on a session that was over, and forgotten, is still an error."""
    from vssfsm.fast import scan

    monkeypatch.setattr(scan, "_WAITING", -1)
    given = list(records(400, "backups", hosts=1, faulty=0))
    again = {**given[3], "time": given[-1]["time"]}
    run = _agree(_write(tmp_path / "trace.jsonl", [*given, again]))
    assert run.counts["errors"]
    assert not _agree(_write(tmp_path / "sound.jsonl", given)).counts["errors"]


def test_writer_recovers(tmp_path: Path) -> None:
    """A writer that failed in one session and works in the next is healthy."""
    given = [dict(r) for r in records(28 * 2, "writers", hosts=1, faulty=0)]
    assert given[8]["event"] == "Freeze"
    given[8] |= {"outcome": "veto", "state": 9, "failure": "VSS_E_WRITERERROR_TIMEOUT"}
    given = [*given[:12], *given[28:]]
    assert _agree(_write(tmp_path / "1.jsonl", given[:12])).counts["failed_writers"] == 1
    assert _agree(_write(tmp_path / "2.jsonl", given)).counts["failed_writers"] == 0


def test_jobs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several processes give the same report, and the same refusal."""
    from vssfsm.cli import main

    for number in range(3):
        given = list(records(300, "writers", hosts=2, faulty=0.2, seed=number))
        _write(tmp_path / f"{number}.jsonl", given)
    (tmp_path / "broken.jsonl").write_text("{\n", encoding="utf-8")
    printed = []
    for jobs in ("1", "2"):
        code = main(["check", str(tmp_path), "--jobs", jobs, "--output-format", "json"])
        printed.append((code, capsys.readouterr().out))
    assert printed[0] == printed[1]
    assert "INP" in printed[0][1]
    assert main(["check", str(tmp_path), "--jobs", "0"]) == 2
    assert "--jobs" in capsys.readouterr().err
