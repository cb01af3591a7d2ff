"""Compilers, on the C++ headers in `examples/cpp`; and we, on what programs with them record."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import vssfsm
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.vocabulary import METHODS, RESULT_CALLS

ROOT = Path(__file__).parents[2]
HEADERS = ROOT / "examples" / "cpp"
SOURCES = Path(__file__).with_name("cpp")
NATIVE, WINDOWS = "g++", "x86_64-w64-mingw32-g++-posix"
#: where MinGW keeps its headers; behind those of the system, so that only Windows' own are taken
MINGW = "/usr/x86_64-w64-mingw32/include"
STRICT = ("-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror")


@pytest.fixture(scope="session")
def build(tmp_path_factory, need):
    """Give a function that compiles a source to a program, without a warning."""
    directory = tmp_path_factory.mktemp("cpp")

    def run(source, *options, compiler=NATIVE):
        need(compiler)
        program = directory / f"program{len(list(directory.iterdir()))}.exe"
        words = [compiler, *STRICT, f"-I{HEADERS}", *options, "-o", str(program), str(source)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return program

    return run


@pytest.fixture(scope="session")
def stub(build):
    """Give the stub of a writer, compiled."""
    return build(HEADERS / "writer_stub.cpp", "-pthread")


def record(program, trace, *before, arguments=()):
    """Run *program* with its records going to *trace*."""
    environment = {**os.environ, "VSSFSM_TRACE": str(trace), "HOSTNAME": "srv"}
    words = [*before, str(program), *arguments]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


def conform(program, trace):
    """Run the test bed on a writer."""
    command = (sys.executable, "-m", "vssfsm", "conform", "--role", "writer", "--")
    return record(program, trace, *command)


# --- The recorder ------------------------------------------------------------
def test_recorder_writes_what_readers_take(build, tmp_path):
    """Hard text and eight threads: every line is read, whole, with what was said."""
    trace = tmp_path / "t.jsonl"
    done = record(build(SOURCES / "record.cpp", "-pthread"), trace)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(set(done.stdout.split())) == 2
    first, *rest = [json.loads(line) for line in trace.read_bytes().splitlines()]
    assert abs(first.pop("time") - trace.stat().st_mtime_ns) < 60 * 10**9
    assert first == {
        "actor": "writer",
        "event": "Freeze",
        "writer": '\U0001f600ä�x� "\\\n\t\x01\x7f ��� ���',
        "instance": "€",
        "outcome": "veto",
        "failure": "0x800423F3",
        "process": 'p\n"q',
        "host": "srv ä",
        "args": {"component": "C:\\data\\", "selected": True},
    }
    assert Counter(one["instance"] for one in rest) == {f"t{n}": 200 for n in range(8)}
    assert len({one["thread"] for one in rest}) == 8
    run = vssfsm.check(trace)
    assert (run.counts["records"], run.counts["unread"]) == (1601, 0)


def test_a_recorder_without_a_file_records_nothing(build, tmp_path):
    """Where the file cannot be opened, `is_open` says so, and nothing breaks."""
    done = record(build(SOURCES / "record.cpp", "-pthread"), tmp_path / "none" / "t.jsonl")
    assert (done.returncode, done.stderr) == (3, "")


# --- The stub of a writer ----------------------------------------------------
def test_stub_conforms_and_so_does_its_trace(stub, tmp_path):
    """The test bed finds no fault, and what the stub recorded of it is judged alike."""
    trace = tmp_path / "t.jsonl"
    done = conform(stub, trace)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("CONFORMS: no fault in ")
    run = vssfsm.check(trace)
    assert (run.verdict, run.counts["errors"], run.counts["warnings"]) == ("CONFORMS", 0, 0)
    assert run.counts["sessions"] > 1000


def test_a_fault_in_the_stub_is_found(build, tmp_path):
    """A veto that nobody learns of is a finding of the test bed, and of its trace."""
    program = build(HEADERS / "writer_stub.cpp", "-DVSSFSM_PLANT_FAULT")
    trace = tmp_path / "t.jsonl"
    done = conform(program, trace)
    assert done.returncode == 1
    assert done.stdout.startswith("error WTR1")
    assert "unexplained-report-of-" in done.stdout
    assert vssfsm.check(trace).verdict == "VIOLATES"


@pytest.mark.parametrize("line", ["", "{", '{"op": "hello"', '{"op": }', "[]", '{"op": {}}'])
def test_stub_ends_at_what_is_no_request(stub, line):
    """A line that is no request ends the program with an error, and no reply."""
    done = subprocess.run([stub], input=line + "\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_stub_reads_any_spelling_of_json(stub):
    """Escapes, spaces, CRLF and keys of other versions are read."""
    lines = (
        '{ "op" : "\\u0064eliver", "new": 1.5, "event": "PrepareBackup", "fail": null }',
        '{"event":"Freeze\\ud83d\\ude00\\n","op":"deliver","fail":null,"soft":false}',
        '{"op": "bye"}',
    )
    text = "".join(line + "\r\n" for line in lines)
    done = subprocess.run([stub], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"state": 1, "failure": "S_OK", "returned": True},
        {"state": 1, "failure": "S_OK", "returned": True},
        {},
    ]


def test_stub_compiles_for_windows(build):
    """The portable part compiles with MinGW, too."""
    assert build(HEADERS / "writer_stub.cpp", compiler=WINDOWS).stat().st_size
    assert build(SOURCES / "record.cpp", compiler=WINDOWS).stat().st_size


# --- Windows' interfaces -----------------------------------------------------
@pytest.fixture(scope="session")
def windows(build):
    """Give a function that compiles a source for Windows, and natively with a stand-in for it."""

    def run(source):
        assert build(source, f"-I{SOURCES}", compiler=WINDOWS).stat().st_size
        here = ("-isystem", SOURCES / "standin", "-idirafter", MINGW, f"-I{SOURCES}", "-pthread")
        return build(source, *map(str, here))

    return run


@pytest.fixture(scope="session")
def writer(windows):
    """Give a program with recorded writers."""
    return windows(SOURCES / "writer.cpp")


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        (("old",), []),
        (("old", "veto"), []),
        (("old", "throw"), []),
        (("new",), ["FLR133"]),  # twice in one handler is open
        (("new", "thread"), ["FLR132", "FLR133"]),
        (("new", "deaf"), ["FLR204", "FLR133"]),
    ],
)
def test_a_recorded_writer_is_judged(writer, tmp_path, told, rules):
    """What handlers and own calls did is in the trace: right ones conform, wrong ones are found."""
    trace = tmp_path / "t.jsonl"
    done = record(writer, trace, arguments=told)
    assert (done.returncode, done.stderr) == (0, "")
    run = vssfsm.check(trace)
    assert [one.rule for one in run.findings] == rules
    assert run.verdict == ("CONFORMS" if len(rules) < 2 else "VIOLATES")


def test_a_recorded_writer_tells_all(writer, tmp_path):
    """Each handler has two lines, own calls lie between them, and outcomes are what was done."""
    trace = tmp_path / "t.jsonl"
    record(writer, trace, arguments=("new",))
    lines = [json.loads(line) for line in trace.read_bytes().splitlines()]
    seen = outcomes(lines)
    assert seen[-10:-1] == [
        ("PostSnapshot", "entry"),
        ("SetWriterFailureEx", "call"),
        ("PostSnapshot", "soft"),
        ("BackupComplete", "entry"),
        ("SetWriterFailureEx", "call"),
        ("SetWriterFailureEx", "call"),
        ("BackupComplete", "ok"),
        ("BackupShutdown", "entry"),
        ("BackupShutdown", "ok"),
    ]
    own = lines[-9]
    assert (own["during"], own["failure"]) == ("PostSnapshot", "0x800423F3")
    assert own["session"] == "{abcdef01-0002-0003-0405-060708090a0b}"
    assert lines[0]["args"] == {"app_level": 3, "timeout_ms": 60000}
    assert lines[1]["args"] == {"mask": 6}
    assert [event for event, _ in seen[2:4]] == ["Identify"] * 2
    assert "session" not in lines[2]
    assert {one["writer"] for one in lines} == {"New"}
    assert len({(one["instance"], one["writer_id"], one["thread"]) for one in lines}) == 1


def outcomes(lines):
    """Give each event with its outcome, else with where its line stands."""
    return [(one["event"], one.get("outcome") or one.get("at", "call")) for one in lines]


def test_a_handler_that_throws_has_no_outcome(writer, tmp_path):
    """It has left all the same, and the next one is recorded."""
    trace = tmp_path / "t.jsonl"
    record(writer, trace, arguments=("old", "throw"))
    seen = outcomes(json.loads(line) for line in trace.read_bytes().splitlines())
    start = seen.index(("Freeze", "entry"))
    assert seen[start + 1 : start + 4] == [
        ("Freeze", "return"),
        ("Abort", "entry"),
        ("Abort", "ok"),
    ]


@pytest.fixture(scope="session")
def requester(windows):
    """Give a program with a recorded requester."""
    return windows(SOURCES / "requester.cpp")


@pytest.mark.parametrize(
    ("told", "rules"),
    [
        (("good",), []),
        (("good", "old"), []),
        (("restore",), []),
        (("beyond",), []),  # the service refuses it
        (("early",), ["REQ121"] * 2),
        (("hasty",), ["REQ401"] * 2),
    ],
)
def test_a_recorded_requester_is_judged(requester, tmp_path, told, rules):
    """Two objects, one after the other: right calls conform, wrong ones are found in each."""
    trace = tmp_path / "t.jsonl"
    done = record(requester, trace, arguments=told)
    assert (done.returncode, done.stderr) == (0, "")  # no reference is left, either
    run = vssfsm.check(trace)
    assert [one.rule for one in run.findings] == rules
    assert run.counts["sessions"] == 2
    assert run.verdict == ("VIOLATES" if rules else "CONFORMS")


def test_a_recorded_requester_tells_all(requester, tmp_path):
    """Arguments, counts, statuses, results and references stand where the format has them."""
    trace = tmp_path / "t.jsonl"
    record(requester, trace, arguments=("beyond",))
    lines = [json.loads(line) for line in trace.read_bytes().splitlines()]
    first = [one for one in lines if one["session"] == lines[0]["session"]]
    assert (first[0]["event"], first[-1]["event"]) == ("CreateVssBackupComponents", "Release")
    assert [one["event"] for one in first if one.get("of") == "PrepareForBackup"] == [
        *("QueryStatus", "Wait", "QueryStatus", "Release"),
    ]
    assert [one["async_result"] for one in first if one.get("of") == "PrepareForBackup"
            and "async_result" in one] == ["0x00042309", "0x0004230A"]  # fmt: skip
    assert args(first, "SetContext") == {"context": 0}
    assert args(first, "GetWriterMetadataCount") == {"count": 1}
    assert args(first, "GetWriterMetadata") == {"index": 7}
    assert event(first, "GetWriterMetadata")["hresult"] == "0x80042308"
    assert args(first, "AddComponent") == {"component": "files", "logical_path": "data"}
    assert args(first, "AddToSnapshotSet")["volume"] == "C:\\"
    assert args(first, "SetBackupSucceeded")["succeeded"] is True
    status = event(first, "GetWriterStatusEx")
    assert (status["writer"], status["state"], status["failure"]) == ("Test ä", 1, "0x00000000")
    assert status["writer_id"] == "{12345678-9abc-def0-0102-030405060708}"
    assert all(one["ended"] >= one["time"] and one["process"] == "test.exe" for one in lines)


def event(lines, name):
    """Give the first record of an event."""
    return next(one for one in lines if one["event"] == name)


def args(lines, name):
    """Give the arguments of the first record of an event."""
    return event(lines, name)["args"]


def test_every_method_is_recorded_by_its_name():
    """The header names each method that the tables know, and no other."""
    text = (HEADERS / "vssfsm_requester.hpp").read_text("utf-8")
    said = re.findall(r'(?:\bcall|Call one)\((?:own, )?"(\w+)"\)', text)
    assert sorted(set(said)) == sorted({*METHODS, *RESULT_CALLS, "Release"})
    own = re.findall(r"\b(\w+)\([^;{}]*?\) override \{\s+Call one = [^\"]*\"(\w+)\"", text)
    assert len(own) > 60
    assert [name for name, recorded in own if name != recorded] == []
    began = re.findall(r'real\(?\)?_?->(\w+)\([^;]*async, "(\w+)"\);', text)
    assert {recorded for _, recorded in began} == set(ASYNC)
    assert [name for name, recorded in began if name != recorded] == []
