"""Whatever stands in an input: findings with path and line, an exit code, never a traceback."""

import errno
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import fuzz_readers
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.cli import main
from vssfsm.traces.canonical import LONGEST_LINE
from vssfsm.traces.formats import READERS

ROOT = Path(vssfsm.__file__).parents[1]
KEYS = {"host": "srv", "session": "s1", "instance": "i1", "actor": "writer"}


def record(event: str, outcome: str = "ok", **more: object) -> str:
    """Give one line of a canonical trace."""
    return json.dumps(KEYS | {"event": event, "outcome": outcome} | more)


GOOD = (record("PrepareBackup"), record("BackupComplete"))
#: judged on its own, it is an error on its second line
BAD = (record("PrepareBackup"), record("Thaw"))

Check = Callable[..., tuple[int, dict, str]]


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Run `check` in this process: exit code, JSON report, standard error."""

    def run(*arguments: object) -> tuple[int, dict, str]:
        code = main(["check", *map(str, arguments), "--output-format", "json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, json.loads(out) if out else {}, err

    return run


def told(report: dict) -> list[tuple[str, int]]:
    """Give (rule, line) of what could not be read."""
    return [(i["rule"], i["line"]) for i in report["findings"] if i["rule"].startswith("INP")]


def write(path: Path, *lines: str, end: str = "\n", encoding: str = "utf-8") -> Path:
    """Write lines without translating their ends."""
    path.write_bytes("".join(line + end for line in lines).encode(encoding, "surrogatepass"))
    return path


# --- lines -------------------------------------------------------------------
DEEP = 100_000
LINES = {
    "no-json": ("no json", "INP101"),
    "cut-object": ('{"event": "Fre', "INP101"),
    "two-objects": ("{} {}", "INP101"),
    "array": ("[1, 2]", "INP101"),
    "string": ('"Freeze"', "INP101"),
    "number": ("17", "INP101"),
    "true": ("true", "INP101"),
    "null": ("null", "INP101"),
    "nan": ('{"time": NaN}', "INP101"),
    "infinity": ('{"state": -Infinity}', "INP101"),
    "deep-list": ("[" * DEEP, "INP101"),
    "deep-object": ('{"a":' * DEEP, "INP101"),
    "deep-value": ('{"args": ' + "[" * DEEP + "]" * DEEP + "}", "INP101"),
    "huge-number": ('{"state": ' + "9" * 5000 + "}", "INP101"),
    "nul-bytes": ("\x00\x00\x00", "INP101"),
    "nul-inside": ('{"event": "Fre\x00eze"}', "INP101"),
    "unknown-event": ('{"actor": "writer", "event": "Frieze"}', "INP102"),
    "event-of-another": ('{"actor": "requester", "event": "Thaw"}', "INP102"),
    "unknown-actor": ('{"actor": "auditor", "event": "Thaw"}', "INP102"),
    "surrogate-event": ('{"actor": "writer", "event": "\\ud800"}', "INP102"),
    "newer": ('{"v": 2, "actor": "writer", "event": "Thaw"}', "INP105"),
    "wide-hresult": ('{"failure": 4294967296}', "INP103"),
    "big-integer": ('{"failure": 123456789012345678901234567890}', "INP103"),
    "bad-time": ('{"time": "yesterday"}', "INP103"),
    "no-such-day": ('{"time": "2024-02-30T00:00:00Z"}', "INP103"),
    "bad-args": ('{"args": "[1]"}', "INP103"),
    "deep-args": (json.dumps({"args": "[" * DEEP}), "INP103"),
}


@pytest.mark.parametrize(("line", "rule"), LINES.values(), ids=LINES)
def test_an_unread_line_is_told_and_the_rest_is_judged(
    line: str, rule: str, check: Check, tmp_path: Path
) -> None:
    """A line that cannot be read is one finding on its line; other sessions are judged."""
    path = write(tmp_path / "t.jsonl", GOOD[0], line, GOOD[1])
    code, report, _ = check(path)
    assert (code, told(report)) == (3, [(rule, 2)])
    assert report["findings"][0]["path"] == str(path)
    assert report["counts"]["records"] == 3
    assert report["counts"]["unread"] == 1
    assert (report["counts"]["errors"], report["verdict"]) == (0, "INCONCLUSIVE")


@pytest.mark.parametrize("line", [line for line, _ in LINES.values()], ids=LINES)
def test_an_error_before_an_unread_line_stays(line: str, check: Check, tmp_path: Path) -> None:
    """An error outranks what could not be read: exit code 1, and both are told."""
    code, report, _ = check(write(tmp_path / "t.jsonl", *BAD, line))
    assert code == 1
    assert [i["line"] for i in report["findings"] if i["severity"] != "info"] == [2, 3]


WRONG = {
    "v": [1.5, "x", [], {}, True],
    "time": [[], {}, True, 1.5, ""],
    "ended": [[], "soon", False],
    "at": [1, [], "middle", ""],
    "host": [[], {}, True, 1.5],
    "session": [[], {}, False],
    "process": [[], {}],
    "actor": [1, [], {}, ""],
    "event": [1, [], {}, "", True],
    "writer": [[], {}],
    "writer_id": [[], {}],
    "instance": [[], 0.5],
    "outcome": [1, [], "OK", "failed"],
    "state": [[], {}, True, 1.5, "HALF", "", "0x3"],
    "failure": [[], {}, True, 1.5, "VSS_E_NOTHING", "", -(2**31) - 1],
    "hresult": [[], "S_MAYBE", 2**32],
    "of": [[], {}, "Freeze"],
    "async_result": [[], "soon"],
    "during": [1, [], "SetWriterFailure", "Frieze"],
    "thread": [[], {}, "main", 1.5, True],
    "args": [1, [], "text", True],
    "release": [1, [], "2020", "Vista"],
    "observation": [1, [], "whole"],
    "source": [1, [], "text"],
}


@pytest.mark.parametrize(
    ("key", "value"), [(k, v) for k, values in WRONG.items() for v in values], ids=repr
)
def test_a_wrong_value_of_any_key_makes_a_hole(
    key: str, value: object, check: Check, tmp_path: Path
) -> None:
    """A value of the wrong type or an unknown name is one INP finding on its line."""
    line = json.dumps(KEYS | {"event": "BackupComplete"} | {key: value})
    code, report, _ = check(write(tmp_path / "t.jsonl", *GOOD, line))
    assert code == 3
    assert [line for _, line in told(report)] == [3]
    assert told(report)[0][0] in ("INP102", "INP103")
    assert key in report["findings"][0]["message"]
    assert report["counts"]["errors"] == 0


def test_the_last_of_a_doubled_key_counts(check: Check, tmp_path: Path) -> None:
    """A key that stands twice is told, and its last value is judged."""
    line = record("Thaw")[:-1] + ', "event": "BackupComplete"}'
    code, report, _ = check(write(tmp_path / "t.jsonl", GOOD[0], line))
    assert (code, told(report)) == (3, [("INP104", 2)])
    assert report["counts"]["errors"] == 0
    line = record("BackupComplete")[:-1] + ', "event": "Thaw"}'
    code, report, _ = check(write(tmp_path / "t.jsonl", GOOD[0], line))
    assert (code, report["counts"]["errors"]) == (1, 1)


def test_lone_surrogates_in_names_are_printed(check: Check, tmp_path: Path) -> None:
    """A lone surrogate in a name is no reason to fail, in any report."""
    path = write(tmp_path / "t.jsonl", *(line[:-1] + ', "writer": "\\udc80"}' for line in BAD))
    code, report, _ = check(path)
    assert (code, report["counts"]["errors"]) == (1, 1)
    assert main(["check", str(path)]) == 1


@pytest.mark.parametrize("end", ["\n", "", " " * 10 + "\n"], ids=["line", "unended", "padded"])
def test_a_huge_line_is_told_and_swallowed(end: str, check: Check, tmp_path: Path) -> None:
    """A line beyond the limit is one finding; the line after it keeps its number."""
    huge = '{"note": "' + "x" * (LONGEST_LINE + 10) + '"}' + end
    path = tmp_path / "t.jsonl"
    rest = "" if not end.endswith("\n") else BAD[1] + "\n"
    path.write_text(BAD[0] + "\n" + huge + rest, encoding="utf-8")
    code, report, _ = check(path)
    assert ("INP106", 2) in told(report)
    assert (code, report["counts"]["records"]) == (3, 3 if rest else 2)


def test_blank_lines_count_as_lines(check: Check, tmp_path: Path) -> None:
    """Blank lines are skipped, and still counted."""
    code, report, _ = check(write(tmp_path / "t.jsonl", "", BAD[0], "  ", "\t", BAD[1]))
    assert (code, told(report)) == (1, [])
    assert [i["line"] for i in report["findings"] if i["severity"] == "error"] == [5]


# --- encodings ---------------------------------------------------------------
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_every_encoding_is_read_alike(
    mark: bytes, encoding: str, end: str, check: Check, tmp_path: Path
) -> None:
    """Encoding, mark and line ends change neither findings nor lines."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(mark + "".join(line + end for line in BAD).encode(encoding))
    code, report, _ = check(path)
    assert (code, told(report)) == (1, [])
    assert [i["line"] for i in report["findings"] if i["severity"] == "error"] == [2]


def test_bytes_of_another_encoding_are_told(check: Check, tmp_path: Path) -> None:
    """A line that is no UTF-8 is unread; its neighbours are judged."""
    path = tmp_path / "t.jsonl"
    latin = record("Thaw", writer="é").encode().replace(b"\\u00e9", b"\xe9")
    path.write_bytes(BAD[0].encode() + b"\n" + latin + b"\n" + BAD[1].encode() + b"\n")
    code, report, _ = check(path)
    assert (code, told(report)) == (3, [("INP101", 2)])


# --- whole inputs ------------------------------------------------------------
@pytest.mark.parametrize("name", ["t.jsonl", "t.txt", "t", "t.gz"])
@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\n\n\n", b"\xef\xbb\xbf"], ids=repr)
def test_an_empty_input_is_no_success(name: str, data: bytes, check: Check, tmp_path: Path) -> None:
    """Nothing to judge is told, and is exit code 3."""
    path = tmp_path / name
    path.write_bytes(data)
    code, report, _ = check(path)
    assert (code, told(report)) == (3, [("INP108", 1)])
    assert report["verdict"] == "INCONCLUSIVE"


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 40, os.urandom(0) + b"\x89PNG\r\n\x1a\n" + b"\x00" * 99, b"MZ\x90"]
)
def test_binary_is_told(data: bytes, check: Check, tmp_path: Path) -> None:
    """A binary file is in no format that we know."""
    path = tmp_path / "t.dat"
    path.write_bytes(data)
    code, report, _ = check(path)
    assert code == 3
    assert told(report)
    assert all(line >= 1 for _, line in told(report))


def test_only_nul_bytes_are_told(check: Check, tmp_path: Path) -> None:
    """What a crash leaves of a file is unread, not empty."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\x00" * 5000)
    code, report, _ = check(path)
    assert code == 3
    assert told(report)


LONG = [record("PrepareBackup", session=f"s{n}") for n in range(800)]


@pytest.mark.parametrize("cut", [1, 3, 12, 0.3, 0.9, -9, -1])
def test_a_cut_gzip_is_judged_up_to_its_end(cut: float, check: Check, tmp_path: Path) -> None:
    """A truncated .gz is told once; what stands before is judged."""
    _check_cut(gzip.compress("\n".join(LONG).encode(), mtime=0), cut, "t.jsonl.gz", check, tmp_path)


@pytest.mark.parametrize("cut", [1, 3, 12, 0.3, 0.9, -9, -1])
def test_a_cut_zstandard_is_judged_up_to_its_end(cut: float, check: Check, tmp_path: Path) -> None:
    """A truncated .zst is told once; what stands before is judged."""
    zstandard = pytest.importorskip("zstandard")
    packed = zstandard.ZstdCompressor().compress("\n".join(LONG).encode())
    _check_cut(packed, cut, "t.jsonl.zst", check, tmp_path)


def _check_cut(packed: bytes, cut: float, name: str, check: Check, tmp_path: Path) -> None:
    at = cut if isinstance(cut, int) else int(len(packed) * cut)
    path = tmp_path / name
    path.write_bytes(packed)
    assert check(path)[0] == 0
    path.write_bytes(packed[:at])
    code, report, _ = check(path)
    assert code == 3
    assert told(report)
    assert report["counts"]["errors"] == 0
    assert report["verdict"] == "INCONCLUSIVE"


@pytest.mark.parametrize("kind", ["gz", "zst"])
@pytest.mark.parametrize("at", [4, 10, 100, -5])
def test_a_damaged_packing_is_told(kind: str, at: int, check: Check, tmp_path: Path) -> None:
    """A byte that was changed in a .gz or .zst is told, never a traceback."""
    data = "\n".join(LONG).encode()
    if kind == "gz":
        packed = bytearray(gzip.compress(data, mtime=0))
        at = 2 if at == 4 else at  # byte 4 of a gzip head is a time, which nobody reads
    else:
        zstandard = pytest.importorskip("zstandard")
        packed = bytearray(zstandard.ZstdCompressor(write_checksum=True).compress(data))
    packed[at] ^= 0xFF
    path = tmp_path / f"t.jsonl.{kind}"
    path.write_bytes(bytes(packed))
    code, report, _ = check(path)
    assert code == 3
    assert told(report)


def test_a_cut_last_line_is_told(check: Check, tmp_path: Path) -> None:
    """A trace that ends in the middle of a record has a hole at its end."""
    path = tmp_path / "t.jsonl"
    path.write_text(BAD[0] + "\n" + BAD[1][:20], encoding="utf-8")
    code, report, _ = check(path)
    assert (code, told(report)) == (3, [("INP101", 2)])
    assert "WTR301" not in {item["rule"] for item in report["findings"]}


def test_many_unread_lines_are_counted(check: Check, tmp_path: Path) -> None:
    """Of very many unread lines a hundred are listed, and the rest is counted."""
    code, report, _ = check(write(tmp_path / "t.jsonl", *["no json"] * 300, *GOOD))
    assert (code, report["counts"]["unread"]) == (3, 300)
    assert len(told(report)) == 101
    assert told(report)[-1][0] == "INP113"


# --- paths -------------------------------------------------------------------
def test_a_missing_file_is_told_and_the_others_are_judged(check: Check, tmp_path: Path) -> None:
    """A path that does not exist is a finding of that path; an error elsewhere is exit 1."""
    missing = tmp_path / "missing.jsonl"
    assert check(missing)[0] == 3
    code, report, _ = check(missing, write(tmp_path / "t.jsonl", *BAD))
    assert code == 1
    assert [i["path"] for i in report["findings"] if i["rule"] == "INP114"] == [str(missing)]
    assert [i["records"] for i in report["inputs"]] == [0, 2]


def test_a_directory_is_every_trace_in_it(check: Check, tmp_path: Path) -> None:
    """A directory stands for its traces, sorted; other files are left alone."""
    (tmp_path / "sub").mkdir()
    write(tmp_path / "b.jsonl", *GOOD)
    write(tmp_path / "sub" / "a.jsonl", *BAD)
    write(tmp_path / "a.jsonl", *GOOD)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    code, report, _ = check(tmp_path)
    assert code == 1
    names = [Path(i["path"]).relative_to(tmp_path).as_posix() for i in report["inputs"]]
    assert names == ["a.jsonl", "b.jsonl", "sub/a.jsonl"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"actr,event,host\n1,2,3\n"),
        ("a.csv", b""),
        ("a.tsv", b"writer\tevent\n"),
        ("a.CSV.gz", gzip.compress(b"Time,Host,what\n1,2,3\n", mtime=0)),
        ("a.parquet", b""),
        ("a.parquet", b"PA"),
        ("a.evtx", b"ElfF"),
        ("a.evtx", b""),
        ("a.evtx.gz", gzip.compress(b"ElfF", mtime=0)),
        ("a.xes", b"<lo"),
        ("a.jsonl", b""),
    ],
)
def test_what_claims_to_be_evidence_is_told(
    check: Check, tmp_path: Path, name: str, data: bytes
) -> None:
    """A file in a directory whose ending says that it is a trace is read, or told."""
    write(tmp_path / "good.jsonl", *GOOD)
    (tmp_path / name).write_bytes(data)
    code, report, _ = check(tmp_path)
    assert code == 3
    assert [(i["rule"][:3], Path(i["path"]).name) for i in report["findings"]] == [("INP", name)]


def test_json_in_a_directory_is_read_where_it_is_a_trace(check: Check, tmp_path: Path) -> None:
    """Settings and reports are JSON, too: they are left alone."""
    write(tmp_path / "good.jsonl", *GOOD)
    bad = write(tmp_path / "bad.jsonl", *BAD)
    for shown in ("json", "sarif"):
        main(["check", str(bad), "--output-format", shown, "-o", str(tmp_path / f"{shown}.json")])
    (tmp_path / "package.json").write_text('{"name": "x",\n "event": 1}', "utf-8")
    (tmp_path / "one.json").write_text('{"name": "x", "event": "push", "actor": "me"}', "utf-8")
    (tmp_path / "list.json").write_text("[1]", "utf-8")
    bad.rename(tmp_path / "sub.json")
    (tmp_path / "b.json.gz").write_bytes(gzip.compress("\n".join(GOOD).encode()))
    (tmp_path / "late.json").write_text("\n".join([GOOD[0][3:], *GOOD[1:]]), "utf-8")
    code, report, _ = check(tmp_path)
    assert code == 1
    names = [Path(i["path"]).name for i in report["inputs"]]
    assert names == ["b.json.gz", "good.jsonl", "late.json", "sub.json"]


def test_a_pattern_is_expanded(check: Check, tmp_path: Path) -> None:
    """Patterns are ours to expand, as a Windows shell leaves them alone."""
    write(tmp_path / "a1.jsonl", *GOOD)
    write(tmp_path / "a2.jsonl", *BAD)
    code, report, _ = check(tmp_path / "a*.jsonl")
    assert (code, len(report["inputs"])) == (1, 2)
    write(tmp_path / "odd[1].jsonl", *GOOD)
    assert check(tmp_path / "odd[1].jsonl")[0] == 0


def test_nothing_to_read_is_told(check: Check, tmp_path: Path) -> None:
    """A pattern without files is wrong usage; in a directory without traces nothing is judged."""
    code, report, err = check(tmp_path / "*.jsonl")
    assert (code, report) == (2, {})
    assert err.startswith("vssfsm: ")
    code, report, err = check(tmp_path)
    assert (code, told(report), err) == (3, [("INP114", 1)], "")


@pytest.mark.parametrize("options", [[], ["--merge"], ["--pieces"], ["--jobs", "2"]])
@pytest.mark.parametrize("case", [False, True])
def test_an_error_wins_over_an_empty_directory(
    check: Check, tmp_path: Path, options: list[str], *, case: bool
) -> None:
    """What stands beside a directory without traces is judged, in whatever order they are named."""
    (tmp_path / "empty").mkdir()
    if case:
        (tmp_path / "empty" / "case.toml").write_text("", "utf-8")
    bad = write(tmp_path / "bad.jsonl", *BAD)
    for paths in ((bad, tmp_path / "empty"), (tmp_path / "empty", bad)):
        code, report, _ = check(*paths, *options)
        assert code == 1
        assert sorted(i["rule"] for i in report["findings"]) == ["INP114", "WTR101"]


def _pieces(tmp_path: Path, lost: str) -> list[Path]:
    """Give three pieces; the one between a violation and what would be one is cut, or missing."""
    first = write(tmp_path / "a.jsonl", *BAD, record("PrepareBackup", session="s2"))
    if lost.endswith(".gz"):
        data = gzip.compress(f"{GOOD[0]}\n".encode() + os.urandom(999), mtime=0)
        (tmp_path / lost).write_bytes(data[:-200])
    return [first, tmp_path / lost, write(tmp_path / "c.jsonl", record("Thaw", session="s2"))]


@pytest.mark.parametrize(("lost", "rule"), [("b.jsonl.gz", "INP107"), ("b.jsonl", "INP114")])
def test_an_error_wins_over_a_piece_that_cannot_be_read(
    check: Check, tmp_path: Path, lost: str, rule: str
) -> None:
    """It is a hole: what stands before it is judged, what stands behind it more mildly."""
    files = _pieces(tmp_path, lost)
    code, report, _ = check("--pieces", files[0], files[2])
    errors = [Path(i["path"]).name for i in report["findings"] if i["severity"] == "error"]
    assert (code, errors) == (1, ["a.jsonl", "c.jsonl"])
    code, report, _ = check("--pieces", *files)
    errors = [Path(i["path"]).name for i in report["findings"] if i["severity"] == "error"]
    assert (code, errors) == (1, ["a.jsonl"])
    unread = [(i["rule"], Path(i["path"]).name) for i in report["findings"] if i["rule"] == rule]
    assert unread == [(rule, lost)]
    assert check("--pieces", *files[1:])[0] == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo") or os.geteuid() == 0, reason="root reads anything")
def test_a_file_that_may_not_be_read_is_told(check: Check, tmp_path: Path) -> None:
    """A file without permission is a finding."""
    path = write(tmp_path / "t.jsonl", *GOOD)
    path.chmod(0)
    code, report, _ = check(path)
    assert (code, told(report)) == (3, [("INP114", 1)])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("\n".join(GOOD), 0),
        ("\n".join(BAD), 1),
        ("", 3),
        ("no json", 3),
        ("\ufeff" + "\n".join(BAD), 1),
    ],
    ids=["good", "bad", "empty", "garbage", "mark"],
)
def test_standard_input_is_read(data: str, code: int) -> None:
    """`-` reads standard input as a file is read."""
    done = subprocess.run(
        [sys.executable, "-m", "vssfsm", "check", "-"],
        input=data.encode(),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, b"")


# --- anything ----------------------------------------------------------------
@given(data=st.binary(max_size=300), name=st.sampled_from(("t.jsonl", "t.txt", "t.gz")))
def test_arbitrary_bytes_are_read_or_told(
    data: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No bytes raise; without a readable record it is no success."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    run = vssfsm.check(str(path))
    assert run.unreadable
    assert run.exit_code() == 3


def _spliced(form: str) -> st.SearchStrategy[bytes]:
    """Draw bytes by chance, and sound evidence of a format with such bytes in the place of some."""
    place, size = st.floats(0, 1), st.integers(0, 60)

    def splice(whole: bytes, new: bytes, at: float, drop: int) -> bytes:
        start = int(at * len(whole))
        return whole[:start] + new + whole[start + drop :]

    sound = st.sampled_from(fuzz_readers.samples(form))
    return st.binary(max_size=300) | st.builds(splice, sound, st.binary(max_size=60), place, size)


@pytest.mark.parametrize("form", READERS)
@given(data=st.data())
def test_every_reader_takes_any_bytes(
    form: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a reader is given is read or told; nobody is accused of what it cannot show."""
    if form in ("evtx", "parquet"):
        pytest.importorskip({"parquet": "polars"}.get(form, form))
    path = tmp_path_factory.getbasetemp() / f"any-{form}"
    path.write_bytes(data.draw(_spliced(form)))
    run = vssfsm.check(str(path), input_format=form)
    assert run.exit_code() in (0, 1, 3)
    assert run.exit_code() == 3 or run.counts["judged"]
    for item in run.findings:
        assert item.line >= 1
        assert item.path == str(path)
    accused = {item.family for item in run.findings if item.severity != "info"}
    assert accused <= {"INP"} | fuzz_readers.MAY_BREAK[form]
    for report in ("text", "json", "junit"):
        assert import_module(f"vssfsm.reports.{report}").render(run)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
_plausible = {
    "event": st.sampled_from(("Freeze", "OnThaw", "Wait", "SetWriterFailure", "Subscribe")),
    "actor": st.sampled_from(("writer", "requester", "observer")),
    "at": st.sampled_from(("entry", "return")),
    "outcome": st.sampled_from(("ok", "soft", "veto", "timeout")),
    "state": st.integers(-2, 20),
    "failure": st.sampled_from((0, -1, "S_OK", "0x800423F2")),
    "time": st.integers(),
    "thread": st.integers(),
    "during": st.sampled_from(("Freeze", "Identify")),
    "args": st.dictionaries(st.sampled_from(("timeout_ms", "mask", "count")), _values, max_size=2),
    "host": st.sampled_from(("a", "b", 7, "")),
    "session": st.sampled_from(("1", "2", "")),
    "instance": st.sampled_from(("x", "y")),
    "observation": st.sampled_from(("complete", "partial", "window", "sampled")),
    "release": st.sampled_from(("xp", "2019")),
}
events = st.fixed_dictionaries(
    {}, optional={key: known | _values for key, known in _plausible.items()}
) | st.fixed_dictionaries({}, optional=_plausible)


@given(st.lists(events | st.dictionaries(st.text(max_size=9), _values), max_size=8))
def test_arbitrary_events_are_judged_or_told(sequence: list[dict[str, object]]) -> None:
    """No event raises, whatever its keys and values are."""
    monitor = vssfsm.Monitor()
    findings = [item for event in sequence for item in monitor.feed(event)]
    findings += monitor.close()
    assert all(1 <= item.line <= len(sequence) for item in findings)


def test_a_directory_that_cannot_be_opened_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies in it was not read; the traces beside it are."""
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "good.jsonl").write_text('{"actor":"observer","event":"WriterStatus"}\n', "utf-8")
    scandir = os.scandir

    def refused(path: str) -> object:
        if os.fspath(path) == str(closed):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    for pattern in (str(tmp_path), f"{tmp_path}/**/*.jsonl"):
        run = vssfsm.check(pattern)
        assert run.exit_code() == 3
        assert [(f.rule, f.path) for f in run.findings] == [("INP114", str(closed))]
