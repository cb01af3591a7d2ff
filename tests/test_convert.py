"""`convert`: the same findings in every format, with the origin of each record; redaction."""

import gzip
import json
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.cli import main
from vssfsm.convert import convert
from vssfsm.core.finding import Finding, Note
from vssfsm.core.record import Record
from vssfsm.traces.canonical import LONGEST_LINE, read_mapping
from vssfsm.traces.reading import Entered, enter
from vssfsm.traces.table import guarded, unguarded
from vssfsm.traces.values import KEYS

DATA = Path(__file__).parent / "data"
EVIDENCE = sorted(
    path
    for path in (
        *DATA.glob("rules/*"),
        *DATA.glob("rows/*"),
        *DATA.glob("listings/*"),
        *DATA.glob("status/*"),
        *DATA.glob("products/*"),
    )
    if not path.name.endswith(".expect.json")
)
#: family of rules, or directory -> its evidence; what is large, or passes, is compared by records
GROUPS: dict[str, list[Path]] = {}
for _path in EVIDENCE:
    _group = _path.name[:3] if _path.parent.name == "rules" else _path.parent.name
    if ".good." not in _path.name and _path.stat().st_size < 18_000:
        GROUPS.setdefault(_group, []).append(_path)
#: rules about inputs that end early, or have no reader
UNREADABLE = ("INP107", "INP109", "metadata")
TABLES = ("csv", "parquet", "xes")
#: names that tell of somebody: they may stand nowhere in redacted evidence
SECRETS = ("srv-7", "Payroll Writer", "payroll.exe", "E:\\payroll", "ledger", "{AB12-cd}")
SECRET = {
    "actor": "writer",
    "event": "Freeze",
    "host": "srv-7",
    "session": "{AB12-cd}",
    "process": "payroll.exe",
    "writer": "Payroll Writer",
    "instance": "{AB12-cd}",
    "state": 3,
    "args": {
        "volume": "E:\\payroll",
        "component": "ledger",
        "selected": ["ledger", 1],
        "x": "srv-7",
    },
    "note": "srv-7",
}

Run = Callable[..., tuple[int, bytes, str]]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run the command line: exit code, output, standard error."""

    def call(*arguments: object) -> tuple[int, bytes, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return code, out, err.decode()

    return call


def told(run: vssfsm.Run) -> list[object]:
    """Give what the findings say, apart from where, and the verdicts of the sessions."""
    verdicts = [(item.host, item.session, item.verdict) for item in run.sessions]
    counts = (run.counts["unread"], run.counts["failed_writers"], run.exit_code())
    return [*map(_facts, run.findings), verdicts, run.verdict, counts]


def _facts(item: Finding) -> Finding:
    bare = item._replace(path="", line=0, since_line=None, origin="", repair=())
    return bare._replace(message=re.sub(r"\bline \d+", "line", item.message))


def made(path: Path, to: str, home: Path, *, redact: bool = False) -> Path:
    """Convert *path* into a file of *home*."""
    file = home / f"made.{to}"
    file.write_bytes(convert([str(path)], to=to, redact=redact).content)
    return file


def write(path: Path, *values: dict[str, object]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(item) + "\n" for item in values), "utf-8")
    return path


def records(content: bytes) -> list[dict[str, object]]:
    """Give the records of JSON Lines."""
    return [json.loads(line) for line in content.decode("ascii").splitlines()]


def read(path: Path) -> list[tuple[Record, tuple[Note, ...]]]:
    """Give what a reader makes of *path*, numbered by the order of the records."""
    with enter(str(path), "auto") as entered:
        assert isinstance(entered, Entered)
        found = list(entered.reader.read(entered.opened))
    return [
        (record._replace(line=number), tuple(note._replace(line=number) for note in notes))
        for number, (record, notes) in enumerate(found, start=1)
    ]


def judged(path: Path) -> vssfsm.Run:
    """Judge without repairs, which follow from the records: those are compared elsewhere here."""
    return vssfsm.check(path, repair=False)


# --- the law -----------------------------------------------------------------
@cache
def checked(path: Path) -> vssfsm.Run:
    """Judge evidence of the repository, once."""
    return judged(path)


@cache
def canonical(path: Path) -> bytes:
    """Give evidence of the repository as JSON Lines, once."""
    return convert([str(path)], to="jsonl").content


def kept(home: Path, content: bytes) -> Path:
    """Write JSON Lines that were made."""
    path = home / "made.jsonl"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("group", GROUPS)
def test_conversion_changes_no_finding(group: str, tmp_path: Path) -> None:
    """What is found in evidence is found in its canonical records, in the same order."""
    for path in GROUPS[group]:
        again = judged(kept(tmp_path, canonical(path)))
        assert told(again) == told(checked(path)), path.name


@pytest.mark.parametrize("kind", ["rules", "rows", "listings", "status", "logs"])
def test_conversion_changes_no_record(kind: str, tmp_path: Path) -> None:
    """What is read of canonical records, and told of their lines, is what was before."""
    bare = {"source": None, "observation": None, "version": None}
    for path in (
        p for p in EVIDENCE if p.parent.name == kind and not p.name.startswith(UNREADABLE)
    ):
        before, after = read(path), read(kept(tmp_path, canonical(path)))
        assert [(item._replace(**bare), notes) for item, notes in after] == [
            (item._replace(**bare), notes) for item, notes in before
        ], path.name


@pytest.mark.parametrize("group", GROUPS)
def test_tables_hold_the_same_records(group: str, tmp_path: Path) -> None:
    """CSV and Parquet give the very records that JSON Lines give, and the same notes of reading."""
    pytest.importorskip("polars")
    for path in GROUPS[group]:
        expected = read(kept(tmp_path, canonical(path)))
        for to in TABLES:
            table = made(path, to, tmp_path)
            if expected:  # without records there are no columns that tell the format
                assert read(table) == expected, (path.name, to)


@pytest.mark.parametrize("to", TABLES)
def test_tables_are_judged_alike(to: str, tmp_path: Path) -> None:
    """What is found in small evidence is found in its tables."""
    pytest.importorskip("polars")
    small = [path for path in GROUPS["INP"] if ".bad." in path.name]
    for path in (*small, *GROUPS["listings"], *GROUPS["status"]):
        assert told(judged(made(path, to, tmp_path))) == told(checked(path)), path.name


@pytest.mark.parametrize("group", GROUPS)
def test_redaction_changes_nothing_but_names(group: str, tmp_path: Path) -> None:
    """Redacted evidence gives the same records, with tokens for names and none for others."""
    named = ("host", "session", "process", "writer", "writer_id", "instance", "args", "source")
    bare = dict.fromkeys(named)
    for path in GROUPS[group]:
        before = read(kept(tmp_path, canonical(path)))
        after = read(made(path, "jsonl", tmp_path, redact=True))
        assert [item._replace(**bare) for item, _ in after] == [
            item._replace(**bare) for item, _ in before
        ]
        assert [[note.code for note in notes] for _, notes in after] == [
            [note.code for note in notes] for _, notes in before
        ]
        for name in named[:-2]:
            pairs = {
                (_fold(name, getattr(a, name)), getattr(b, name))
                for (a, _), (b, _) in zip(before, after, strict=True)
            }
            assert len({one for one, _ in pairs}) == len(pairs) == len({to for _, to in pairs})


def _fold(name: str, value: str | None) -> str | None:
    return value.strip("{}").lower() if value and name in ("writer_id", "instance") else value


def test_redacted_evidence_is_judged_alike(tmp_path: Path) -> None:
    """Rules, severities and states are those of the evidence."""
    same = ("rule", "severity", "event", "states", "expected", "blame")
    for path in (p for p in EVIDENCE if ".bad." in p.name):
        before, after = checked(path), judged(made(path, "jsonl", tmp_path, redact=True))
        assert [[getattr(item, name) for name in same] for item in after.findings] == [
            [getattr(item, name) for name in same] for item in before.findings
        ]
        assert (after.verdict, after.exit_code()) == (before.verdict, before.exit_code())


def test_converting_twice_changes_nothing(tmp_path: Path) -> None:
    """A converted trace keeps its origin, in every format."""
    pytest.importorskip("polars")
    first = convert([str(DATA / "listings" / "cut-in-ids.txt")], to="jsonl").content
    for to in ("jsonl", *TABLES):
        again = tmp_path / f"again.{to}"
        again.write_bytes(convert([str(DATA / "listings" / "cut-in-ids.txt")], to=to).content)
        assert records(convert([str(again)], to="jsonl").content) == records(first) or to in TABLES
        assert [r["source"] for r in records(convert([str(again)], to="jsonl").content)] == [
            r["source"] for r in records(first)
        ]


@pytest.mark.parametrize("cut", [0.5, -4])
def test_a_cut_input_stays_cut(cut: float, tmp_path: Path) -> None:
    """Where compressed evidence ends in the middle, its conversion has a hole at its end."""
    plain = (DATA / "rows" / "abort.jsonl").read_bytes()
    packed = gzip.compress(plain, mtime=0)
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(packed[: int(len(packed) * cut) if isinstance(cut, float) else cut])
    before, after = judged(path), judged(made(path, "jsonl", tmp_path))
    assert "INP107" in {item.rule for item in before.findings}
    assert told(after)[:-3] == told(before)[:-3]


ODD = {
    "infinite": '{"actor": "writer", "event": "Freeze", "x": 1e999, "state": -1e999}',
    "surrogate": '{"actor": "writer", "event": "Freeze", "writer": "\\udc80"}',
    "deep": '{"actor": "writer", "event": "Freeze", "x": ' + "[" * 900 + "]" * 900 + "}",
    "deep-args": '{"actor": "writer", "event": "Freeze", "args": {"x": '
    + "[" * 900
    + "]" * 900
    + ', "timeout_ms": 5}}',
    "own-source": '{"actor": "writer", "event": "Freeze", "source": {"path": 1, "line": "x"}}',
    "bad-source": '{"actor": "writer", "event": "Freeze", "source": 3}',
    "bad-kind": '{"actor": "writer", "event": "Freeze", "observation": "whole"}',
    "own-kind": '{"actor": "writer", "event": "Freeze", "observation": "partial"}',
    "nulls": '{"actor": "writer", "event": "Freeze", "source": null, "state": null, "v": null}',
    "empty": "{}",
    "spaces": '{"actor": "writer", "event": "Freeze", " state": 1, "": 2, "host": " a\\r\\nb "}',
    "formula": '{"actor": "writer", "event": "Freeze", "writer": "=1+1", "=x": "@y"}',
    "twice": '{"actor": "writer", "event": "Freeze", "state": 1, "state": 3}',
    "braces": '{"actor": "writer", "event": "Freeze", "instance": "{}", "args": "{}"}',
    "no-json": "Freeze",
    "wrong-key": '{"actor": "writer", "event": "Freeze", "host": [], "session": "s"}',
}


@pytest.mark.parametrize("to", ["jsonl", *TABLES])
@pytest.mark.parametrize("name", ODD)
def test_odd_records_are_the_same_afterwards(name: str, to: str, tmp_path: Path) -> None:
    """Whatever a line holds, its conversion is read as the line is."""
    pytest.importorskip("polars")
    path = tmp_path / "odd.jsonl"
    path.write_text(ODD[name] + "\n" + ODD["own-kind"] + "\n", "utf-8")
    before, after = read(path), read(made(path, to, tmp_path))
    bare = {"source": None, "observation": None, "version": None, "args": None}
    kept = [item._replace(**bare) for item, _ in before]
    if to in ("csv", "parquet") and name == "surrogate":  # no table holds it
        kept[0] = kept[0]._replace(writer="\\udc80")
    assert [item._replace(**bare) for item, _ in after] == kept
    assert [notes for _, notes in after] == [notes for _, notes in before]


def test_a_line_that_grows_too_long_loses_what_is_unknown(tmp_path: Path) -> None:
    """ASCII may take more room than the line had; then unknown keys are left out."""
    path = tmp_path / "long.jsonl"
    text = json.dumps(
        {"actor": "writer", "event": "Freeze", "x": "é" * 3_000_000}, ensure_ascii=False
    )
    path.write_text(text, "utf-8")
    (record,) = records(convert([str(path)], to="jsonl").content)
    assert list(record) == ["v", "actor", "event", "observation", "source"]
    assert len(text.encode()) < LONGEST_LINE


_lines = st.lists(
    st.dictionaries(
        st.sampled_from(("host", "session", "instance", "state", "failure", "source", "args", "x")),
        st.none() | st.integers(-2, 20) | st.text(max_size=3) | st.floats() | st.lists(st.none()),
        max_size=4,
    ).map(lambda more: json.dumps({"actor": "writer", "event": "Freeze"} | more))
    | st.text(max_size=9),
    max_size=5,
)


@given(lines=_lines)
def test_conversion_of_anything_changes_no_finding(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever the lines are, readable or not, their conversion is judged alike."""
    home = tmp_path_factory.getbasetemp()
    path = home / "anything.jsonl"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    assert told(judged(made(path, "jsonl", home))) == told(judged(path))


# --- origin ------------------------------------------------------------------
def test_a_listing_becomes_a_record_a_writer() -> None:
    """Names, ids, state and failure stand in the record, with path and line of the listing."""
    path = DATA / "listings" / "en.txt"
    found = records(convert([str(path)], to="jsonl").content)
    assert found[1] == {
        "v": 1,
        "actor": "observer",
        "event": "WriterStatus",
        "writer": "SqlServerWriter",
        "writer_id": "a65faa63-5ea8-4ebc-9dbd-a0c4db26912a",
        "instance": "77d3b0b1-51e2-4a0f-9f0a-6c1f8a3c1d22",
        "state": 8,
        "failure": "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT",
        "observation": "sampled",
        "source": {"path": str(path), "line": 13, "format": "vssadmin"},
    }
    assert [item["source"]["line"] for item in found] == [7, 13, 19]


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    """What the format does not know stays, in tables as a column."""
    path = write(
        tmp_path / "t.jsonl", {"actor": "writer", "event": "Freeze", "x": {"y": [1]}, "z": 7}
    )
    (record,) = records(convert([str(path)], to="jsonl").content)
    assert (record["x"], record["z"]) == ({"y": [1]}, 7)
    head, row = convert([str(path)], to="csv").content.decode().splitlines()
    assert head == "v,event,actor,observation,source,x,z".replace("event,actor", "actor,event")
    assert row.endswith(',"{""y"": [1]}",7')


def test_findings_name_the_origin(tmp_path: Path, run: Run) -> None:
    """A finding of converted evidence says where the evidence had it; the line is the trace's."""
    listing = DATA / "listings" / "strange-states.txt"
    path = made(listing, "jsonl", tmp_path)
    code, out, _ = run("check", path, "--output-format", "json")
    found = [item for item in json.loads(out)["findings"] if item["rule"] == "STS202"]
    assert (code, [(i["path"], i["line"], i["origin"]) for i in found]) == (
        1,
        [(str(path), 2, f"{listing}:13")],
    )
    assert f"  from      {listing}:13" in run("check", path)[1].decode()


def test_what_a_trace_says_of_its_reading_accuses_nobody() -> None:
    """Notes that a record carries are believed if they are about reading, and well-formed."""
    notes = [{"rule": "WTR101", "message": "x"}, {"rule": []}, 3, {"rule": "INP104", "message": 4}]
    record, found = read_mapping({"source": {"notes": notes, "unread": True}}, 5)
    assert (record.hole, found) == (True, (Note("INP104", 5, ""),))
    for source in ({"notes": "x", "unread": True}, {"notes": notes[:3], "unread": True}):
        record, found = read_mapping({"source": source}, 5)
        assert (record.hole, found) == (False, ())
    unknown = {"notes": [{"rule": "INP115"}], "unread": True}
    assert read_mapping({"source": unknown}, 5)[0].hole is False


# --- the command -------------------------------------------------------------
def test_unread_lines_are_told_and_end_in_3(tmp_path: Path, run: Run) -> None:
    """Standard error names each line that could not be read; the others are converted."""
    path = tmp_path / "t.jsonl"
    path.write_text('no json\n{"actor": "writer", "event": "Freeze"}\n', "utf-8")
    code, out, err = run("convert", path)
    assert (code, len(records(out))) == (3, 2)
    assert err.startswith(f"{path}:1: INP101 unreadable-line: the line is no JSON object: ")
    assert err.count("\n") == 1
    path.write_text("no json\n" * 300, "utf-8")
    code, _, err = run("convert", path)
    assert (code, err.count("\n")) == (3, 101)
    assert err.endswith("vssfsm: 200 more\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("missing.jsonl", 3, "INP114"),
        ("empty.jsonl", 3, "holds no record"),
        ("prose.txt", 3, "INP109"),
        ("nothing*.jsonl", 2, "no file matches"),
        ("good.jsonl --to xml", 2, "invalid choice"),
        ("good.jsonl -o good.jsonl", 2, "is read by this run"),
        ("good.jsonl --redact-map x -o x", 2, "written twice"),
        ("good.jsonl -o no/such/place.csv", 2, "cannot write"),
        ("good.jsonl --input-format csv", 3, "INP117"),
        ("", 2, "PATH"),
    ],
)
def test_exit_codes_of_convert(
    arguments: str,
    code: int,
    message: str,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """0: all was converted; 2: wrong usage; 3: something could not be read."""
    monkeypatch.chdir(tmp_path)
    write(Path("good.jsonl"), {"actor": "writer", "event": "Freeze"})
    Path("empty.jsonl").touch()
    Path("prose.txt").write_text("Dear all,\n", "utf-8")
    found, _, err = run("convert", *arguments.split())
    assert (found, message in err) == (code, True), err
    assert run("convert", "good.jsonl")[0] == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_parquet_is_not_written_to_a_terminal(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal shows no Parquet."""
    path = write(tmp_path / "t.jsonl", {"actor": "writer", "event": "Freeze"})
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert run("convert", path, "--to", "parquet")[0] == 2


def test_output_does_not_depend_on_where_it_goes(tmp_path: Path, run: Run) -> None:
    """A file holds what standard output gets, run after run."""
    for to in ("jsonl", "csv"):
        file = tmp_path / "out"
        printed = run("convert", DATA / "listings" / "fr.txt", "--to", to)[1]
        assert run("convert", DATA / "listings" / "fr.txt", "--to", to, "-o", file) == (0, b"", "")
        assert file.read_bytes() == printed


def test_a_guessed_code_page_is_said(tmp_path: Path, run: Run) -> None:
    """Standard error says in which code page a listing was read; nothing was unread."""
    path = tmp_path / "t.txt"
    text = (DATA / "listings" / "fr.txt").read_text("utf-8").replace("’", "'")
    path.write_bytes(text.encode("cp850"))
    code, out, err = run("convert", path)
    assert (code, len(records(out))) == (0, 2)
    assert err == f"{path}: in code page cp850, which is a guess\n"


@pytest.mark.parametrize("ending", ["gz", "zst"])
@pytest.mark.parametrize("to", ["jsonl", "csv"])
def test_output_is_packed_as_its_name_says(to: str, ending: str, tmp_path: Path, run: Run) -> None:
    """A file that is named after a compression has it, and is read again."""
    pytest.importorskip("zstandard")
    listing, plain, packed = DATA / "listings" / "en.txt", tmp_path / "a", tmp_path / f"b.{ending}"
    for file in (plain, packed):
        assert run("convert", listing, "--to", to, "-o", file) == (0, b"", "")
    assert packed.read_bytes()[:2] != plain.read_bytes()[:2]
    assert read(packed) == read(plain)


def test_packing_without_its_package_is_told(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message holds the exact command, and no file is left."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    code, _, err = run("convert", DATA / "listings" / "en.txt", "-o", tmp_path / "t.jsonl.zst")
    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert "python -m pip install 'vssfsm[zst]'" in err


# --- redaction ---------------------------------------------------------------
@pytest.mark.parametrize("to", ["jsonl", *TABLES])
def test_redacted_evidence_holds_no_name(to: str, tmp_path: Path, run: Run) -> None:
    """Names, paths and what is unknown are gone; the map, kept apart, has them all."""
    pytest.importorskip("polars")
    path = write(tmp_path / "srv-7.jsonl", SECRET, {**SECRET, "host": "SRV-8", "event": "Payroll"})
    out, names = tmp_path / f"out.{to}", tmp_path / "names.json"
    code, _, _ = run("convert", path, "--to", to, "-o", out, "--redact-map", names)
    assert code == 3
    assert [secret for secret in SECRETS if secret.encode() in out.read_bytes()] == []
    assert b"Payroll" not in out.read_bytes()
    known = json.loads(names.read_text("utf-8"))
    assert {*SECRETS, "SRV-8"} <= {*known.values()}
    assert known["host-1"] == "srv-7"


def test_one_name_has_one_token(tmp_path: Path) -> None:
    """The same name gives the same token, a GUID in any spelling, a number as its text."""
    rows = [
        {"actor": "writer", "event": "Thaw", "host": 7, "instance": "{AB}", "session": "s"},
        {"actor": "writer", "event": "Thaw", "host": "7", "instance": "ab", "session": "S"},
    ]
    made = records(
        convert([str(write(tmp_path / "t.jsonl", *rows))], to="jsonl", redact=True).content
    )
    keys = ("host", "instance", "session")
    assert [[item[key] for key in keys] for item in made] == [
        ["host-1", "instance-1", "session-1"],
        ["host-1", "instance-1", "session-2"],
    ]


def test_args_without_names_are_kept(tmp_path: Path) -> None:
    """What is judged of args stays; texts become tokens, the rest is dropped."""
    args = {"app_level": 2, "timeout_ms": 5, "volume": "C:", "selected": True, "other": 1}
    rows = [
        {"actor": "writer", "event": "Initialize", "args": given}
        for given in (args, json.dumps(args))
    ]
    made = records(
        convert([str(write(tmp_path / "t.jsonl", *rows))], to="jsonl", redact=True).content
    )
    kept = {"timeout_ms": 5, "app_level": 2, "volume": "volume-1", "selected": True}
    assert [item["args"] for item in made] == [kept, kept]


ARGS = [
    (
        {"component": "SRV\\db", "logical_path": "a/b", "succeeded": False},
        {
            "component": "directory-1\\component-1",
            "logical_path": "directory-2\\directory-3",
            "succeeded": False,
        },
    ),
    ({"component": "DB"}, {"component": "component-1"}),
    ({"component": "srv\\db", "logical_path": ""}, None),
    ({"volume": "\\\\srv\\share\\"}, {"volume": "\\\\volume-1"}),
    ({"volume": "\\\\?\\Volume{1}\\"}, {"volume": "\\\\?\\volume-2"}),
    (
        {"logged": "0x80780002", "process_id": 7, "local_time": "2026-03-03T03:00:00"},
        {"logged": "0x80780002", "process_id": 7, "local_time": "2026-03-03T03:00:00"},
    ),
    ({"logged": "bob", "process_id": "bob", "local_time": "at bob's"}, {}),
]


def test_what_rules_look_at_in_args_stays_to_be_seen(tmp_path: Path) -> None:
    """One text has one token, a path keeps its parts, a share its mark; a name has no case."""
    rows = [{"actor": "requester", "event": "AddComponent", "args": given} for given, _ in ARGS]
    path = write(tmp_path / "t.jsonl", *rows)
    made = records(convert([str(path)], to="jsonl", redact=True).content)
    shown = [item.get("args", {}) for item in made]
    assert shown[2] == {"component": "directory-4\\component-1", "logical_path": ""}
    assert [(a, b) for a, (_, b) in zip(shown, ARGS, strict=True) if b is not None and a != b] == []


# --- formulas ----------------------------------------------------------------
@given(st.text(alphabet="'=+-@\t\r\n1.x ", max_size=6) | st.text(max_size=6))
def test_a_guarded_cell_is_no_formula_and_reads_back(text: str) -> None:
    """No spreadsheet computes a cell, except a number; and every text comes back."""
    cell = guarded(text)
    assert unguarded(cell) == text
    number = re.fullmatch(r"[+-]?\d+(\.\d+)?", cell)
    assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


_names = st.text(st.characters(codec="utf-8"), max_size=8)
_rows = st.lists(
    st.fixed_dictionaries(
        {"actor": st.just("writer"), "event": st.just("Freeze")},
        optional=dict.fromkeys(("host", "session", "writer", "instance"), _names)
        | {"args": st.dictionaries(_names, _names | st.integers(), max_size=2)}
        | {"state": st.integers(-(2**70), 2**70), "note": _names},
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("to", TABLES)
@given(rows=_rows)
def test_any_names_survive_tables(
    rows: list[dict[str, object]], to: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Quotes, line ends, formulas and numbers in names come back as they were."""
    pytest.importorskip("polars")
    home = tmp_path_factory.getbasetemp()
    path = write(home / "any.jsonl", *rows)
    bare = {"source": None, "observation": None, "version": None}
    before, after = read(path), read(made(path, to, home))
    assert [item._replace(**bare) for item, _ in after] == [i._replace(**bare) for i, _ in before]


def test_tables_have_the_columns_of_the_format(tmp_path: Path) -> None:
    """Columns stand in the order of the format, and only those that occur."""
    row = {"state": 3, "event": "Freeze", "actor": "writer", "host": "a", "release": 10}
    (head, _) = convert([str(write(tmp_path / "t.jsonl", row))], to="csv").content.splitlines()
    assert head.decode().split(",") == [
        key for key in KEYS if key in {*row, "v", "observation", "source"}
    ]
