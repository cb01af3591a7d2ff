"""Canonical traces as CSV and Parquet: what is read, on which line, and what is told."""

import datetime as dt
import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.cli import main
from vssfsm.core.record import Record
from vssfsm.traces.reading import Entered, enter

HEAD = "actor,event,instance,outcome,state"
ROWS = ("writer,PrepareBackup,i1,ok,1", "writer,PrepareSnapshot,i1,ok,2")
#: judged on its own, it is an error on its third line
BAD = f"{HEAD}\n{ROWS[0]}\nwriter,Thaw,i1,ok,\n"


def records(path: Path, wanted: str = "auto") -> list[Record]:
    """Give the records of *path*."""
    with enter(str(path), wanted) as entered:
        assert isinstance(entered, Entered)
        return [record for record, _ in entered.reader.read(entered.opened)]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write text without translating its line ends."""
    path.write_bytes(text.encode(encoding))
    return path


def found(path: Path, wanted: str = "auto") -> list[tuple[int, str]]:
    """Give (line, rule) of everything but notes."""
    run = vssfsm.check(path, input_format=wanted)
    return [(item.line, item.rule) for item in run.findings if item.severity != "info"]


# --- CSV ---------------------------------------------------------------------
def test_cells_are_the_values_of_json(tmp_path: Path) -> None:
    """Empty cells are missing, numbers are text, args are JSON, unknown columns are ignored."""
    path = write(
        tmp_path / "t.csv",
        "v,time,host,actor,event,state,failure,thread,args,comment,release\n"
        '1,2024-03-15T12:00:00Z,,writer,Initialize,,,7,"{""timeout_ms"": 500}",x,10\n'
        "1,1710504000000000000,a,writer,OnFreeze,VSS_WS_STABLE,-2147212302,,,,8.1\n",
    )
    first, second = records(path)
    assert (first.time_ns, first.thread, first.timeout_ms, first.release) == (
        second.time_ns,
        7,
        500,
        "10",
    )
    assert (first.host, first.state, first.failure) == (None, None, None)
    assert (second.event, second.state, second.failure) == ("Freeze", 1, 0x800423F2)
    assert (second.args, second.release, second.line) == (None, "8.1", 3)


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [("", "utf-8"), ("\ufeff", "utf-8"), ("\ufeff", "utf-16-le"), ("", "utf-16-be")],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["t.csv", "t"])
def test_every_dialect_is_read_alike(
    name: str, delimiter: str, mark: str, encoding: str, end: str, tmp_path: Path
) -> None:
    """Delimiter, encoding, mark, line ends and name of the file change nothing."""
    text = mark + BAD.replace(",", delimiter).replace("\n", end)
    assert found(write(tmp_path / name, text, encoding)) == [(3, "WTR101")]


def test_what_spreadsheets_add_is_skipped(tmp_path: Path) -> None:
    """A line that tells the delimiter, blank rows and empty cells at the end are no records."""
    rows = BAD.replace(",", ";").replace("\n", ";;\n").replace("state;;", "state")
    path = write(tmp_path / "t.csv", "sep=;\n" + rows + ";;;;;\n\n")
    assert found(path) == [(4, "WTR101")]
    assert len(records(path)) == 2


def test_a_record_starts_where_its_first_cell_does(tmp_path: Path) -> None:
    """Quoted line ends move the lines of later records, and stay in the value."""
    path = write(
        tmp_path / "t.csv",
        '\nactor,event,instance,writer\nwriter,PrepareBackup,i1,"a\r\n\nb"\n\nwriter,Thaw,i1,"""x"""\n',
    )
    first, second = records(path)
    assert (first.line, first.writer) == (3, "a\r\n\nb")
    assert (second.line, second.writer) == (7, '"x"')
    assert found(path) == [(7, "WTR101")]


ROW_FAULTS = {
    "short": ("writer,Freeze", "INP116"),
    "long": ("writer,Freeze,i1,ok,3,more", "INP116"),
    "quote": ('writer,"Freeze"x,i1,ok,3', "INP116"),
    "event": ("writer,Frieze,i1,ok,3", "INP102"),
    "state": ("writer,Freeze,i1,ok,soon", "INP102"),
    "outcome": ("writer,Freeze,i1,OK,3", "INP102"),
}


@pytest.mark.parametrize(("row", "rule"), ROW_FAULTS.values(), ids=ROW_FAULTS)
def test_a_bad_row_is_told_and_the_others_are_judged(row: str, rule: str, tmp_path: Path) -> None:
    """A row that cannot be read is one finding on its line, and a hole."""
    path = write(tmp_path / "t.csv", f"{HEAD}\n{ROWS[0]}\n{row}\n{ROWS[1]}\n")
    assert found(path) == [(3, rule)]
    assert len(records(path)) == 3


def test_a_quote_that_never_ends_is_told_where_it_starts(tmp_path: Path) -> None:
    """What stands behind an open quote is one hole."""
    path = write(tmp_path / "t.csv", f'{HEAD}\n{ROWS[0]}\nwriter,"Freeze,i1,ok,3\n{ROWS[1]}\n')
    assert found(path) == [(3, "INP116")]


def test_bytes_that_are_no_utf_8_are_told(tmp_path: Path) -> None:
    """A row in a code page is unread; its neighbours are judged."""
    path = tmp_path / "t.csv"
    path.write_bytes(f"{HEAD}\n{ROWS[0]}\n".encode() + b"writer,Freeze,\xe9,ok,3\n" + BAD.encode())
    assert found(path)[0] == (3, "INP101")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("actor,state", "no column event"),
        ("event,state", "no column actor"),
        ("Actor,Event,state,time", "no column event and no column actor"),
        ("actor,event,state,event", "twice: event"),
        ("no,such,table", "found: no, such, table"),
        ('"a"b,c', "no column event"),
    ],
)
def test_a_header_that_heads_no_records_is_told(head: str, words: str, tmp_path: Path) -> None:
    """Without `event` and `actor`, or with a doubled column, nothing is judged."""
    run = vssfsm.check(write(tmp_path / "t.csv", f"{head}\nwriter,Freeze,3,x\n"))
    (item,) = run.findings
    assert (item.line, item.rule, words in item.message) == (1, "INP117", True), item.message
    assert run.exit_code() == 3


@pytest.mark.parametrize("text", ["", "\n\n", HEAD, f"{HEAD}\n\n,,,,\n"], ids=repr)
def test_a_table_without_rows_is_empty(text: str, tmp_path: Path) -> None:
    """A header alone is no success."""
    assert found(write(tmp_path / "t.csv", text)) == [(1, "INP108")]


def test_other_texts_are_no_tables(tmp_path: Path) -> None:
    """JSON Lines and listings in a file named .csv are read as what they are."""
    listing = "Writer name: 'a, b'\n   State: [1] Stable\n   Last error: No error\n"
    for text, name in (
        ('{"actor": "writer", "event": "Freeze"}\n', "jsonl"),
        (listing, "vssadmin"),
    ):
        run = vssfsm.check(write(tmp_path / "t.csv", text))
        assert [item.format for item in run.inputs] == [name]
    run = vssfsm.check(write(tmp_path / "t.txt", "Dear actor, what an event\n"))
    assert [item.rule for item in run.findings] == ["INP109"]


@pytest.mark.parametrize("kind", ["gz", "zst"])
def test_packed_tables_are_read(kind: str, tmp_path: Path) -> None:
    """Compression is told by content, as everywhere; a cut end is told."""
    if kind == "gz":
        data = gzip.compress(BAD.encode(), mtime=0)
    else:
        data = pytest.importorskip("zstandard").ZstdCompressor().compress(BAD.encode())
    path = tmp_path / f"t.csv.{kind}"
    path.write_bytes(data)
    assert found(path) == [(3, "WTR101")]
    path.write_bytes(data[:-5])
    assert {rule for _, rule in found(path)} & {"INP107", "INP114"}


def test_a_directory_holds_tables(tmp_path: Path) -> None:
    """Tables of records are found in a directory, other tables are left alone."""
    write(tmp_path / "a.csv", BAD)
    write(tmp_path / "prices.csv", "article,price\nnail,3\n")
    assert [Path(item.path).name for item in vssfsm.check(tmp_path).inputs] == ["a.csv"]


@given(
    data=st.binary(max_size=200),
    head=st.sampled_from(("", f"{HEAD}\n", f'{HEAD}\n{ROWS[0]}\n"')),
)
def test_arbitrary_bytes_below_a_header_are_read_or_told(
    data: bytes, head: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No bytes raise, and none accuse."""
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(head.encode() + data)
    run = vssfsm.check(path)
    assert {item.rule[:3] for item in run.findings if item.severity != "info"} <= {"INP"}


# --- Parquet -----------------------------------------------------------------
def parquet(path: Path, **columns: object) -> Path:
    """Write a table of polars."""
    polars = pytest.importorskip("polars")
    polars.DataFrame(columns).write_parquet(path)
    return path


NOON = dt.datetime(2024, 3, 15, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", ["t.parquet", "t.dat"])
def test_a_column_may_have_any_fitting_type(name: str, tmp_path: Path) -> None:
    """Text, integers, whole floats, dates with times, structs and bytes are values."""
    path = parquet(
        tmp_path / name,
        actor=["writer", "writer"],
        event=["Initialize", "Freeze"],
        writer=[b"SqlServerWriter", None],
        state=[float("nan"), 3.0],
        thread=[7, None],
        time=[NOON, NOON.replace(tzinfo=None).replace(tzinfo=dt.UTC)],
        args=[{"timeout_ms": 500, "mask": None}, {"timeout_ms": None, "mask": None}],
        other=[[1], None],
    )
    first, second = records(path)
    assert (first.line, first.writer, first.thread, first.state) == (1, "SqlServerWriter", 7, None)
    assert (first.timeout_ms, first.args) == (500, {"timeout_ms": 500})
    assert (second.line, second.state, second.writer) == (2, 3, None)
    assert first.time_ns == second.time_ns == int(NOON.timestamp()) * 10**9


def test_times_of_every_precision_are_utc(tmp_path: Path) -> None:
    """A column of times without a zone is UTC; one with a zone is converted."""
    polars = pytest.importorskip("polars")
    for unit in ("ms", "us", "ns"):
        for zone in (None, "Europe/Berlin"):
            time = polars.Series([NOON.replace(tzinfo=None)], dtype=polars.Datetime(unit))
            time = time.dt.replace_time_zone("UTC").dt.convert_time_zone(zone) if zone else time
            path = parquet(tmp_path / "t.parquet", actor=["writer"], event=["Freeze"], time=time)
            assert records(path)[0].time_ns == int(NOON.timestamp()) * 10**9


def test_rows_of_a_parquet_file_are_judged(tmp_path: Path) -> None:
    """The number of the record is its line; a wrong value is one finding."""
    path = parquet(
        tmp_path / "t.parquet",
        actor=["writer"] * 3,
        event=["PrepareBackup", "Thaw", "Frieze"],
        args=['{"timeout_ms": 1}', None, ""],
    )
    assert found(path) == [(2, "WTR101"), (3, "INP103")]


def test_wrong_types_in_a_parquet_file_are_told(tmp_path: Path) -> None:
    """Fractions are no states, days no times."""
    path = parquet(tmp_path / "t.parquet", actor=["writer"], event=["Freeze"], state=[1.5])
    assert found(path) == [(1, "INP103")]
    path = parquet(tmp_path / "t.parquet", actor=["writer"], event=["Freeze"], time=[NOON.date()])
    assert found(path) == [(1, "INP103")]


def test_a_parquet_file_without_records_is_told(tmp_path: Path) -> None:
    """Missing columns, no rows, no bytes, damaged bytes: one finding each, never a traceback."""
    assert found(parquet(tmp_path / "a.parquet", actor=["writer"])) == [(1, "INP117")]
    assert found(parquet(tmp_path / "b.parquet", actor=[], event=[])) == [(1, "INP108")]
    assert found(write(tmp_path / "c.parquet", "")) == [(1, "INP108")]
    whole = parquet(tmp_path / "d.parquet", actor=["writer"], event=["Freeze"]).read_bytes()
    for data in (whole[:9], whole[:-9], b"PAR1" * 9, whole[:4] + b"\xff" * 60 + whole[-60:]):
        path = tmp_path / "e.parquet"
        path.write_bytes(data)
        assert found(path) == [(1, "INP114")]


def test_a_packed_parquet_file_is_read(tmp_path: Path) -> None:
    """Compression around a table is taken off."""
    plain = parquet(tmp_path / "t.parquet", actor=["writer"], event=["Freeze"]).read_bytes()
    path = tmp_path / "t.parquet.gz"
    path.write_bytes(gzip.compress(plain))
    assert len(records(path)) == 1


def test_parquet_without_its_package_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message holds the exact command, for reading and for writing; CSV needs nothing."""
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    text = write(tmp_path / "t.jsonl", json.dumps({"actor": "writer", "event": "Freeze"}))
    monkeypatch.setitem(sys.modules, "polars", None)
    for arguments in (["check", str(path)], ["convert", str(text), "--to", "parquet"]):
        assert main(arguments) == 2
        assert "python -m pip install 'vssfsm[parquet]'" in capsys.readouterr().err
    assert main(["convert", str(text), "--to", "csv", "-o", str(tmp_path / "t.csv")]) == 0


def test_a_format_can_be_told(tmp_path: Path) -> None:
    """`--input-format` outweighs name and content."""
    path = write(tmp_path / "t.jsonl", BAD)
    assert found(path, "csv") == [(3, "WTR101")]
    assert found(write(tmp_path / "t.csv", BAD), "jsonl")[0] == (1, "INP101")


def test_standard_input_may_be_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is told by its content."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    assert [item.format for item in vssfsm.check("-").inputs] == ["csv"]
