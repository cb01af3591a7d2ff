"""
Attacks on what reads evidence: each ends, in bounded memory, with something said.

The table of `docs/explanation/hostile-input.md` names a test for every attack; those that stand
elsewhere are not repeated here.
"""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from test_hostile import BAD, GOOD, ROOT, record

import vssfsm
from vssfsm.errors import UsageError
from vssfsm.monitor import instances, lives, requesters, writers
from vssfsm.reports.formats import FORMATS
from vssfsm.traces import source, unpack
from vssfsm.traces.canonical import LONGEST_LINE

MIB = 1024 * 1024
#: what a run may take, whatever stands in its input; an interpreter with nothing to do takes 10
MOST_MEMORY = 200 * MIB


def rules(run):
    """Give (rule, line) of what could not be read."""
    return [(item.rule, item.line) for item in run.findings if item.family == "INP"]


# --- memory --------------------------------------------------------------------
_PEAK = """
import os, re, resource, sys
from vssfsm.cli import main
code = main(sys.argv[1:])
unit = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
if os.path.exists("/proc/self/status"):  # on Linux the other number begins with the parent's size
    with open("/proc/self/status", encoding="ascii") as status:
        peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status.read())[1]) * 1024
print(peak, file=sys.stderr)
sys.exit(code)
"""


def run_measured(*arguments, feed=None):
    """Run the command line in a process of its own: exit code, report, most bytes taken."""
    pytest.importorskip("resource")
    command = [sys.executable, "-c", _PEAK, *map(str, arguments), "--output-format", "json"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        for data in feed or ():
            process.stdin.write(data)
        out, err = process.communicate()
    return process.returncode, json.loads(out), int(err.split()[-1])


# --- bombs -----------------------------------------------------------------------
def zstandard_of(data, size):
    """Pack *data*, *size* bytes over and over."""
    zstandard = pytest.importorskip("zstandard")
    packer = zstandard.ZstdCompressor(level=3).compressobj()
    return b"".join(packer.compress(data) for _ in range(size // len(data))) + packer.flush()


def gzip_of(data, size):
    """Pack *data*, *size* bytes over and over."""
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(data) for _ in range(size // len(data))) + packer.flush()


BOMBS = {
    "one line": b"\x00" * MIB,
    "blank lines": b"\n" * MIB,
    "many lines": (b" " * 4095 + b"\n") * (MIB // 4096),
}


@pytest.mark.long
@pytest.mark.parametrize("pack", [gzip_of, zstandard_of], ids=["gzip", "zstandard"])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(data, id=name, marks=pytest.mark.long if "lines" in name else ())
        for name, data in BOMBS.items()
    ],
)
def test_a_bomb_is_told_and_takes_no_memory(data, pack, tmp_path):
    """What grows a thousand times is left at 16 MiB; what stood before it is judged."""
    path = tmp_path / "t.jsonl.gz"
    head = "\n".join([*BAD, ""]).encode()
    path.write_bytes(pack(head, len(head)) + pack(data, 48 * MIB))
    code, report, memory = run_measured("check", path)
    assert code == 1
    (cut,) = [item for item in report["findings"] if item["rule"] == "INP107"]
    assert f"unpacks to more than {unpack.MOST_GROWTH} times its size" in cut["message"]
    assert report["verdict"] == "VIOLATES"
    assert memory < MOST_MEMORY


@pytest.mark.parametrize("pack", [gzip_of, zstandard_of], ids=["gzip", "zstandard"])
@pytest.mark.parametrize("name", ["t.txt", "t.xml", "t.xes", "t.csv", "t.evtx"])
def test_a_bomb_is_told_in_every_format(name, pack, tmp_path, monkeypatch):
    """What is read as a whole is no bomb's way in either."""
    monkeypatch.setattr(unpack, "FREE_OUTPUT", MIB)
    heads = {
        "t.txt": b"vssadmin 1.1 - Volume Shadow Copy Service administrative command-line tool\n",
        "t.xml": b"<Event xmlns='x'><System></System></Event>\n",
        "t.xes": b"<log>\n",
        "t.csv": b"event,actor\n",
        "t.evtx": b"ElfFile\x00",
    }
    path = tmp_path / f"{name}.gz"
    path.write_bytes(pack(heads[name], len(heads[name])) + pack(b" " * MIB, 16 * MIB))
    run = vssfsm.check(path)
    assert run.exit_code() == 3
    assert "unpacks to more than" in " ".join(item.message for item in run.findings)


@pytest.mark.long
def test_what_only_compresses_well_is_no_bomb(tmp_path, monkeypatch):
    """The same backup over and over is evidence, however well it packs."""
    monkeypatch.setattr(unpack, "FREE_OUTPUT", MIB)
    lines = [record(event, session=f"s{n}", time=n * 10**9) for n in range(9000)
             for event in ("PrepareBackup", "BackupComplete")]  # fmt: skip
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode(), 9))
    assert sum(map(len, lines)) > 2 * MIB
    run = vssfsm.check(path)
    assert (run.verdict, run.counts["records"]) == ("CONFORMS", len(lines))


@pytest.mark.parametrize("name", ["t.txt", "t.xes"])
def test_a_file_that_is_read_as_a_whole_has_a_limit(name, tmp_path, monkeypatch):
    """A listing or a document beyond the limit is told, and not read into memory."""
    path = tmp_path / name
    text = ROOT / "demo" / "listing.txt"
    head = text.read_text("utf-8") if name == "t.txt" and text.exists() else "<log>\n"
    path.write_text(head + " " * 4096, encoding="utf-8")
    assert "is read up to" not in str(vssfsm.check(path).findings)
    monkeypatch.setattr(source, "MOST_WHOLE", 1024)
    run = vssfsm.check(path)
    assert run.exit_code() == 3
    assert "is read up to 1,024 bytes" in " ".join(item.message for item in run.findings)


def test_a_small_file_that_is_read_as_a_whole_takes_little_memory(tmp_path):
    """What is reserved is what the file needs, not what it might."""
    path = tmp_path / "t.txt"
    path.write_bytes((ROOT / "demo" / "listing-fr.txt").read_bytes())
    tracemalloc.start()
    try:
        assert vssfsm.check(path).counts["records"] > 0
        assert tracemalloc.get_traced_memory()[1] < 64 * MIB
    finally:
        tracemalloc.stop()


def test_an_endless_line_takes_no_memory():
    """A line of 256 MiB on standard input is one finding; what comes after it is judged."""
    feed = [BAD[0].encode() + b"\n", *[b"x" * MIB] * 256, b"\n" + BAD[1].encode() + b"\n"]
    code, report, memory = run_measured("check", "-", feed=feed)
    found = [(item["rule"], item["line"]) for item in report["findings"]]
    assert (code, ("INP106", 2) in found) == (3, True)
    assert report["counts"]["records"] == 3
    assert memory < MOST_MEMORY + 4 * LONGEST_LINE


# --- files of ours, which come back from elsewhere ----------------------------------------
@pytest.fixture
def ours(tmp_path, capsys):
    """Give a trace, its summary and its state."""
    trace, *files = (tmp_path / name for name in ("t.jsonl", "t.sum", "t.state"))
    trace.write_text("\n".join([*BAD, ""]), encoding="utf-8")
    main = vssfsm.cli.main
    assert main(["check", str(trace), "--summary-out", str(files[0])]) == 0
    assert main(["check", str(trace), "--state", str(files[1])]) == 1
    capsys.readouterr()
    return trace, *files


@pytest.mark.parametrize("change", ["flipped", "cut", "longer"])
def test_a_damaged_summary_or_state_is_refused(change, ours, capsys):
    """Whatever byte is another one: no report, least of all a good one, comes of it."""
    trace, summary, state = ours
    assert vssfsm.cli.main(["merge", str(summary)]) == 1
    assert vssfsm.cli.main(["check", str(trace), "--state", str(state)]) == 1
    capsys.readouterr()
    for path, command in (
        (summary, ["merge", str(summary)]),
        (state, ["check", str(trace), "--state", str(state)]),
    ):
        sound = path.read_bytes()
        start = sound.index(b"\n") + 1
        for at in range(start, len(sound), 1 + len(sound) // 12):
            data = bytearray(sound)
            if change == "flipped":
                data[at] ^= 1 << at % 8
            elif change == "cut":
                del data[at:]
            else:
                data.insert(at, 0)
            path.write_bytes(data)
            assert vssfsm.cli.main(command) == 2
            out, err = capsys.readouterr()
            assert (out, len(err.splitlines())) == ("", 1)
            assert "is a damaged" in err
            assert path.read_bytes() == data


def zlib_of(data, size):
    """Pack *data*, *size* bytes over and over, as a summary does."""
    import zlib

    packer = zlib.compressobj(9)
    return b"".join(packer.compress(data) for _ in range(size // len(data))) + packer.flush()


def test_a_summary_is_no_way_in(ours, capsys):
    """A summary that somebody forged names no file of ours, no new words, and is no bomb."""
    import msgspec

    from vssfsm.summary import decode, encode

    trace, path, _ = ours
    sound = decode(path.read_bytes(), str(path))
    facts = msgspec.structs.replace(sound.facts, numbers=[1], kept=zlib_of(b"x" * MIB, 64 * MIB))
    (piece,) = sound.pieces
    for values, said in (
        ({"facts": facts}, f"unpacks to more than {unpack.MOST_GROWTH} times its size"),
        ({"pieces": [msgspec.structs.replace(piece, path=str(trace), text=None)]}, "did not write"),
        ({"pieces": [msgspec.structs.replace(piece, lines=-1)]}, "did not write"),
        ({"pieces": [msgspec.structs.replace(piece, lost=("x", ""))]}, "did not write"),
        ({"pieces": [msgspec.structs.replace(piece, format="x")]}, "reader 'x' cannot be loaded"),
        ({"observation": "whole"}, "did not write"),
        ({"release": "2020"}, "did not write"),
    ):
        path.write_bytes(encode(msgspec.structs.replace(sound, **values)))
        assert vssfsm.cli.main(["merge", str(path)]) == 2
        assert said in capsys.readouterr().err
    path.write_bytes(encode(sound))
    assert vssfsm.cli.main(["merge", str(path)]) == 1


@pytest.mark.long
def test_the_text_of_a_summary_takes_no_memory(ours):
    """An endless line in the text of a summary is one finding, as it is in a trace."""
    import msgspec

    from vssfsm.summary import decode, encode

    _, path, _ = ours
    sound = decode(path.read_bytes(), str(path))
    text = zlib_of(b"x" * MIB, 256 * MIB)
    endless = msgspec.structs.replace(sound.pieces[0], text=text, lines=1)
    path.write_bytes(encode(msgspec.structs.replace(sound, pieces=[endless], facts=None)))
    code, report, memory = run_measured("merge", path)
    assert (code, [item["rule"] for item in report["findings"]]) == (3, ["INP106"])
    assert memory < MOST_MEMORY


def test_what_is_no_summary_is_not_read_whole(tmp_path, capsys):
    """Of a file that is none, however long, no more is read than tells so."""
    path = tmp_path / "t.sum"
    with path.open("wb") as file:
        file.truncate(1 << 40 if os.name != "nt" else 1 << 28)
    assert vssfsm.cli.main(["merge", str(path)]) == 2
    assert "is no summary" in capsys.readouterr().err


# --- encodings and values ------------------------------------------------------------
def test_encodings_that_are_mixed_spoil_only_their_lines(tmp_path):
    """Lines in Latin-1 and in UTF-16 among UTF-8: each is told, the others are judged."""
    odd = [record("Thaw", writer="W").replace("W", "é").encode("latin-1"), "Thaw".encode("utf-16")]
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\n".join([*(line.encode() for line in BAD), *odd, GOOD[0].encode()]))
    run = vssfsm.check(path)
    assert rules(run) == [("INP101", 3), ("INP101", 4)]
    assert (run.counts["records"], run.counts["errors"]) == (5, 1)


@pytest.mark.parametrize("key", ["time", "ended"])
@pytest.mark.parametrize("kind", [int, str])
def test_a_time_has_64_bits(key, kind, tmp_path):
    """Nanoseconds beyond 64 bits are no time; the largest ones are."""
    path = tmp_path / "t.jsonl"
    for number, code in ((2**63 - 1, 0), (-(2**63), 0), (2**63, 3), (-(2**63) - 1, 3)):
        path.write_text(record("PrepareBackup", **{key: kind(number)}), encoding="utf-8")
        run = vssfsm.check(path)
        assert rules(run) == ([] if code == 0 else [("INP103", 1)])
        assert (run.exit_code() == 3) == bool(code)
        if code:
            assert f"{key} {number} has more than 64 bits" in run.findings[0].message


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["huge", "hugely negative"])
@pytest.mark.parametrize(
    "key",
    ["v", "time", "ended", "host", "session", "thread", "state", "failure", "hresult", "writer"],
)
def test_an_event_with_a_huge_number_is_a_hole(key, number):
    """A number that nobody could print is told, and its event is a hole."""
    monitor = vssfsm.Monitor()
    (found,) = monitor.feed({"actor": "writer", "event": "Thaw", key: number})
    assert found.rule == "INP103"
    assert [item for item in monitor.close() if item.severity == "error"] == []


@pytest.mark.parametrize("to", ["jsonl", "csv", "parquet", "xes"])
def test_large_numbers_are_converted_or_told(to, tmp_path, capsys):
    """What a table cannot hold is no traceback."""
    if to == "parquet":
        pytest.importorskip("polars")
    path = tmp_path / "t.jsonl"
    path.write_text(record("PrepareBackup", thread=2**80, state=2**80, note=2**80), "utf-8")
    code = vssfsm.cli.main(["convert", str(path), "--to", to, "-o", str(tmp_path / "out")])
    err = capsys.readouterr().err
    assert code in (0, 3) or err.startswith("vssfsm: ")


# --- sessions ------------------------------------------------------------------------
@pytest.fixture
def _few(monkeypatch):
    """Let the monitor remember a hundred sessions."""
    for module, name in (*((lives, "TOMBSTONES"), (instances, "INSTANCES_KEPT")),):
        monkeypatch.setattr(module, name, 100)


def fed(monitor, records):
    """Feed records, and give the findings."""
    from vssfsm.traces.canonical import read_mapping

    return [
        found
        for number, one in enumerate(records, 1)
        for found in monitor.feed(*read_mapping(one, number))
    ]


def sizes(monitor):
    """Give how many sessions and instances a monitor remembers, part by part."""
    parts = monitor._requesters, monitor._writers, monitor._coupling
    return [
        *(len(part._sessions) for part in parts),
        len(monitor._requesters._live),
        len(monitor._instances.known),
    ]


def backup(number, *, ends=True):
    """Give the records of one backup with one writer."""
    keys = {"host": "srv", "session": f"s{number}"}
    calls = ["CreateVssBackupComponents", "InitializeForBackup"]
    who = {"actor": "writer", "instance": f"w{number}"}
    return [
        *({**keys, "actor": "requester", "event": event} for event in calls),
        {**keys, **who, "event": "PrepareBackup", "outcome": "ok"},
        *([{**keys, **who, "event": "BackupComplete", "outcome": "ok"}] if ends else []),
        *([{**keys, **who, "event": "BackupShutdown", "outcome": "ok"}] if ends else []),
        *([{**keys, "actor": "requester", "event": "Release"}] if ends else []),
    ]


@pytest.mark.long
@pytest.mark.usefixtures("_few")
@pytest.mark.parametrize("ends", [True, False], ids=["ended", "never ended"])
def test_memory_of_sessions_has_a_limit(ends):
    """Of thousands of sessions the last ones are remembered, whether they end or not."""
    from vssfsm.monitor import Monitor

    monitor = Monitor()
    fed(monitor, [one for n in range(3000) for one in backup(n, ends=ends)])
    assert max(sizes(monitor)) <= 100
    monitor.close()
    evicted = [text for text in monitor.doubts if "evicted from memory" in text]
    assert bool(evicted) == (not ends)
    said = [s for s in monitor.sessions if "it was evicted from memory before its end" in s.reasons]
    assert len(said) == (0 if ends else 2900)
    assert {s.verdict for s in said} <= {"INCONCLUSIVE"}


@pytest.mark.usefixtures("_few")
def test_who_comes_back_after_eviction_is_not_accused():
    """What a forgotten session did before is not known: anything legal may have been done."""
    from vssfsm.monitor import Monitor

    late = backup(0)[2:]
    others = [one for n in range(1, 300) for one in backup(n, ends=False)]
    monitor = Monitor()
    found = fed(monitor, [*backup(0)[:2], *late[:1], *others, *late[1:]])
    found += monitor.close()
    assert [item for item in found if item.severity in ("error", "warning")] == []


def test_a_session_that_never_ends_keeps_its_last_steps(monkeypatch):
    """An endless session is judged as a short one is, and only its newest steps are kept."""
    from vssfsm.monitor import Monitor

    for module in (requesters, writers):
        monkeypatch.setattr(module, "STEPS_KEPT", 50)
    keys = {"host": "srv", "session": "s1"}
    writer = {**keys, "actor": "writer", "instance": "w", "outcome": "ok"}
    call = {**keys, "actor": "requester"}
    calls = [*backup(1)[:2], {**call, "event": "GatherWriterMetadata"}]
    endless = [{**writer, "event": "Abort"}, {**call, "event": "GetWriterMetadataCount"}]
    wrong = {**writer, "event": "Thaw"}
    start = [*calls, {**writer, "event": "PrepareBackup"}]
    monitor = Monitor()
    found = fed(monitor, [*start, *endless * 500, wrong, *endless * 200, wrong])
    (session,) = monitor._requesters._sessions.values()
    tracks = [*session.tracks.values(), *(w.track for w in monitor._writers._sessions.values())]
    assert max(len(track.history) for track in tracks) <= 51
    assert len(session.calls) <= 51
    short = Monitor()
    expected = fed(short, [*start, *endless, wrong, *endless, wrong])
    told = [(item.rule, item.severity) for item in found if item.severity == "error"]
    assert told == [(item.rule, item.severity) for item in expected if item.severity == "error"]
    assert told
    assert monitor.close()


def test_a_session_that_turns_out_to_be_none_is_not_in_the_way():
    """Records without a session are loose once others have one: they bar no set on the host."""
    monitor = vssfsm.Monitor()
    calls = ("CreateVssBackupComponents", "InitializeForBackup", "GatherWriterMetadata",
             "SetBackupState", "StartSnapshotSet")  # fmt: skip
    first = [{"host": "h", "actor": "requester", "event": call} for call in calls]
    found = [item for one in first for item in monitor.feed(one)]
    for one in first:
        found += monitor.feed({**one, "session": "2"})
    found += monitor.close()
    assert "CPL201" not in {item.rule for item in found}


# --- files ---------------------------------------------------------------------------
needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a right there")


@needs_links
def test_links_that_loop_end(tmp_path):
    """Directories that hold themselves are searched once, by name and by pattern."""
    (tmp_path / "a").mkdir()
    (tmp_path / "t.jsonl").write_text(GOOD[0], encoding="utf-8")
    (tmp_path / "a" / "u.jsonl").write_text(GOOD[0], encoding="utf-8")
    for name in ("loop", "again"):
        (tmp_path / "a" / name).symlink_to(tmp_path, target_is_directory=True)
    for path in (tmp_path, tmp_path / "**" / "*.jsonl"):
        paths = [Path(one.path) for one in vssfsm.check(path).inputs]
        names = [path.relative_to(tmp_path).as_posix() for path in paths]
        assert names == ["a/u.jsonl", "t.jsonl"]


@needs_links
def test_a_link_to_itself_is_told(tmp_path):
    """A file that cannot be opened because it is its own target is a finding of its path."""
    (tmp_path / "t.jsonl").symlink_to(tmp_path / "t.jsonl")
    (tmp_path / "u.jsonl").write_text(GOOD[0], encoding="utf-8")
    run = vssfsm.check(tmp_path)
    assert [(item.rule, Path(item.path).name) for item in run.findings if item.family == "INP"] == [
        ("INP114", "t.jsonl")
    ]
    assert run.counts["records"] == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes there")
def test_pipes_among_evidence_are_left_alone(tmp_path):
    """A pipe that nobody writes into stops no search; one that is named is read."""
    import threading

    (tmp_path / "t.jsonl").write_text("\n".join(GOOD), encoding="utf-8")
    for name in ("p.jsonl", "p.txt"):
        os.mkfifo(tmp_path / name)
    for path in (tmp_path, tmp_path / "*", tmp_path / "**" / "*.jsonl"):
        assert [Path(one.path).name for one in vssfsm.check(path).inputs] == ["t.jsonl"]
    named = tmp_path / "p.jsonl"
    writer = threading.Thread(target=named.write_text, args=("\n".join(BAD), "utf-8"))
    writer.start()
    run = vssfsm.check(named)
    writer.join()
    assert (run.counts["records"], run.exit_code()) == (2, 1)


def test_patterns_are_expanded_as_everybody_does(tmp_path, monkeypatch):
    """Two stars are any depth, none included; hidden directories are left alone."""
    monkeypatch.chdir(tmp_path)
    for name in ("a/b/c.jsonl", "a/d.jsonl", "e.jsonl", ".git/f.jsonl", "a/b/g.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(GOOD[0], encoding="utf-8")

    def found(pattern):
        return [name.replace(os.sep, "/") for name in source.expand([pattern])]

    assert found("**/*.jsonl") == ["a/b/c.jsonl", "a/d.jsonl", "e.jsonl"]
    assert found("a/**/*.jsonl") == ["a/b/c.jsonl", "a/d.jsonl"]
    assert found("a/**") == ["a/b/c.jsonl", "a/b/g.txt", "a/d.jsonl"]
    assert found("**/b/*") == ["a/b/c.jsonl", "a/b/g.txt"]
    assert found("**/b/**/*.txt") == ["a/b/g.txt"]
    with pytest.raises(UsageError):
        found("**/*.none")


# --- outputs ---------------------------------------------------------------------------
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")


def started(*arguments, stdout):
    """Run the command line with its output sent somewhere."""
    command = [sys.executable, "-m", "vssfsm", *arguments]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, cwd=ROOT, check=False)


#: every kind of output: reports, records, pictures, lists
OUTPUTS = [
    *(f"check demo --output-format {name}" for name in FORMATS),
    *("triage demo", "triage demo --output-format html", "align demo/vetoed.jsonl"),
    *(f"convert demo/clean.jsonl --to {name}" for name in ("jsonl", "csv", "parquet", "xes")),
    *("rule", "explain Freeze", "generate --count 50", "coverage demo", "diff demo"),
    *("diff demo --as json", "learn demo/clean.jsonl", "diagram writer --as dot"),
]
_NEEDS = {"--to parquet": "polars", "learn": "aalpy"}


def _outputs():
    for command in OUTPUTS:
        needs = [name for sign, name in _NEEDS.items() if sign in command]
        missing = any(importlib.util.find_spec(name) is None for name in needs)
        mark = pytest.mark.skipif(missing, reason=f"{', '.join(needs)} is not installed")
        yield pytest.param(command.split(), id=command, marks=mark)


@needs_full
@pytest.mark.parametrize("arguments", [*_outputs()])
def test_a_full_disk_is_told(arguments):
    """Output that nobody can store is exit code 2 and one line, never a success."""
    with FULL.open("wb") as full:
        done = started(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "vssfsm: cannot write standard output: No space left on device"
    ]


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [
        "check demo -o",
        "check demo --output-format json -o",
        "check demo --write-baseline",
        "check demo/clean.jsonl --summary-out",
        "triage demo -o",
        "convert demo -o",
        "convert demo --to csv -o",
        "convert demo --redact-map",
        "align demo/vetoed.jsonl -o",
        "diagram writer --as dot -o",
        "diff demo --as json -o",
    ],
)
def test_a_file_on_a_full_disk_is_told(arguments):
    """What cannot be stored is exit code 2, and names the file."""
    done = started(*arguments.split(), str(FULL), stdout=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr.decode() == "vssfsm: cannot write /dev/full: No space left on device\n"


@pytest.mark.parametrize("size", [0, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("arguments", [*_outputs()])
def test_a_reader_that_disappears_is_no_traceback(arguments, size):
    """Who closes the pipe at once, or after a few bytes, wants no more; the exit code stays."""
    command = [sys.executable, "-m", "vssfsm", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        process.stdout.read(size)
        process.stdout.close()
        told = process.stderr.read().decode()
    remarks = {"vssfsm: "} if arguments[0] == "convert" else set()
    assert {line[:8] for line in told.splitlines()} <= remarks
    assert process.returncode == started(*arguments, stdout=subprocess.DEVNULL).returncode


@pytest.mark.parametrize(("name", "code"), [("bad.jsonl", 1), ("none.jsonl", 3), ("-", 3)])
@pytest.mark.parametrize("option", [[], ["--pieces"], ["--output-format", "html"]])
def test_the_exit_code_needs_no_reader(tmp_path, name, code, option):
    """What was found, and what could not be read, is told also where standard output is gone."""
    (tmp_path / "bad.jsonl").write_text("\n".join(BAD), encoding="utf-8")
    command = [sys.executable, "-m", "vssfsm", "check", name, *option]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        process.stdout.close()
        told = process.stderr.read().decode()
    assert process.returncode == code
    assert "Error" not in told


@pytest.mark.skipif(os.name == "nt", reason="streams are closed otherwise there")
@pytest.mark.parametrize(("name", "code"), [("bad.jsonl", 1), ("none.jsonl", 3)])
def test_the_exit_code_needs_no_standard_output(tmp_path, name, code):
    """It may be closed from the start, as it is for a service."""
    (tmp_path / "bad.jsonl").write_text("\n".join(BAD), encoding="utf-8")
    program = "import os, sys; os.close(1); os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-c", program, sys.executable, "-m", "vssfsm", "check", name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stderr) == (code, b"")


def test_a_terminal_is_shown_no_escape_sequence(monkeypatch, tmp_path, capsysbinary):
    """Records in CSV hold names as they are; on a terminal they stand by their numbers."""
    path = tmp_path / "t.jsonl"
    path.write_text(record("PrepareBackup", writer="a\x1b[2J\x9b\r\u202eb"), encoding="utf-8")
    arguments = ["convert", str(path), "--to", "csv"]
    assert vssfsm.cli.main(arguments) == 0
    assert b"\x1b[2J" in capsysbinary.readouterr().out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert vssfsm.cli.main(arguments) == 0
    out = capsysbinary.readouterr().out
    assert b"a\\x1b[2J\\x9b\\x0d\\u202eb" in out
    assert out.decode("ascii").replace("\n", "").isprintable()


# --- the page --------------------------------------------------------------------------
def test_the_page_names_tests_that_are_there():
    """Every row of the table names tests, each of them exists, and every attack here is named."""
    import re

    page = (ROOT / "docs" / "explanation" / "hostile-input.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 20
    named = [re.findall(r"`(test_\w+\.py)::(test_\w+)`", row) for row in rows]
    assert all(named)
    for file, name in {pair for pairs in named for pair in pairs}:
        text = (Path(__file__).parent / file).read_text("utf-8")
        assert f"def {name}(" in text, f"{file}::{name}"
    here = re.findall(r"def (test_\w+)\(", Path(__file__).read_text("utf-8"))
    missing = set(here) - {name for pairs in named for _, name in pairs} - BESIDE
    assert missing == set()


#: what shows that legal evidence is still read, and what was found on the way
BESIDE = {
    "test_what_only_compresses_well_is_no_bomb",
    "test_a_session_that_turns_out_to_be_none_is_not_in_the_way",
    "test_patterns_are_expanded_as_everybody_does",
    "test_the_page_names_tests_that_are_there",
    "test_the_page_says_the_limits",
}


def test_the_page_says_the_limits():
    """The limits in the page are those of the code."""
    from vssfsm.core.track import STEPS_KEPT
    from vssfsm.traces.values import LONGEST_NUMBER

    page = (ROOT / "docs" / "explanation" / "hostile-input.md").read_text("utf-8")
    for said in (
        f"beyond {unpack.FREE_OUTPUT // MIB} MiB it may grow {unpack.MOST_GROWTH} times at most",
        f"up to {source.MOST_WHOLE // MIB // 1024} GiB",
        f"beyond {LONGEST_LINE // MIB} MiB it is swallowed",
        f"any number {LONGEST_NUMBER:,}",
        f"its last {STEPS_KEPT:,} steps",
    ):
        assert page.count(said) == 1, said
    assert lives.TOMBSTONES == 1_000_000
