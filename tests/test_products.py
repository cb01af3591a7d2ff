"""Logs of programs: SQL Server's writer, Bareos and Bacula, Druva, NTBackup, Veeam."""

import html
import re
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec.evidence import NOT_READ
from vssfsm.spec.hresults import HRESULTS
from vssfsm.traces.aside import Aside, Share
from vssfsm.traces.readers import backuplog
from vssfsm.traces.reading import Entered, Reading, enter

PRODUCTS = Path(__file__).parent / "data" / "products"
Told = tuple[int, str | None, str | None, int | None, str | None]
_BAREOS: list[Told] = [
    (1, "WriterStatus", "System Writer", 1, None),
    (2, "WriterStatus", "SqlServerWriter", 7, None),
    (3, "WriterStatus", "Registry Writer", 11, None),
]


def _sql(line: int, event: str) -> Told:
    return line, event, "SqlServerWriter", None, None


#: log -> format, records, shares
EXPECTED: dict[str, tuple[str, list[Told], Share]] = {
    "sqlwriter-success.txt": (
        "sqlwriter",
        [
            *(_sql(1, "Identify"), _sql(2, "PrepareBackup"), _sql(4, "PrepareSnapshot")),
            *(_sql(5, "Freeze"), _sql(6, "Thaw"), _sql(7, "PostSnapshot")),
            *(_sql(8, "Identify"), _sql(9, "BackupComplete")),
        ],
        Share(8, (("other line of the writer", 1),)),
    ),
    "sqlwriter-veto.txt": (
        "sqlwriter",
        [
            *(_sql(1, "Identify"), _sql(2, "PrepareBackup"), _sql(3, "PrepareSnapshot")),
            *(_sql(5, "Abort"), _sql(6, "PrepareBackup"), _sql(7, "PrepareBackup")),
        ],
        Share(6, (("exception", 1),)),
    ),
    "bareos-old.txt": ("backuplog", _BAREOS, Share(3, (), 1)),
    "mail.txt": (
        "backuplog",
        [
            (1, "WriterStatus", "System Writer", 1, None),
            (1, "WriterStatus", "SqlServerWriter", 11, None),
            (2, "WriterStatus", "MSDEWriter", None, "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT"),
        ],
        Share(2),
    ),
    "bareos-new.txt": (
        "backuplog",
        [(1, "WriterStatus", "SqlServerWriter", None, None)],
        Share(1),
    ),
    "mixed.txt": (
        "backuplog",
        [
            (1, "WriterStatus", None, 8, None),
            (2, "WriterStatus", "MSDEWriter", None, "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT"),
        ],
        Share(2, (("code of NTBackup", 1), ("error of Veeam", 1)), 1),
    ),
}


def text_of(name: str) -> str:
    """Give a log."""
    return (PRODUCTS / name).read_text("utf-8")


def read(path: Path) -> tuple[list[tuple[Record, tuple[Note, ...]]], Aside]:
    """Give the records of a log with notes, and what its reader knows beside them."""
    with enter(str(path), "auto") as entered:
        assert isinstance(entered, Entered)
        reading = Reading(entered)
        return list(reading), reading.aside


def records(path: Path) -> list[Told]:
    """Give line, event, writer, state and failure of each record."""
    names = {code: name for name, code in HRESULTS.items()}
    return [
        (r.line, r.event, r.writer, r.state, None if r.failure is None else names[r.failure])
        for r, _ in read(path)[0]
    ]


def test_every_log_is_expected() -> None:
    """No log stands there without saying what it shows."""
    assert sorted(path.name for path in PRODUCTS.iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_records_and_shares_of_a_log(name: str) -> None:
    """The format is told by the content; each line is used, known or unread."""
    form, expected, share = EXPECTED[name]
    run = vssfsm.check(PRODUCTS / name)
    assert (run.inputs[0].format, run.inputs[0].lines) == (form, share)
    assert run.inputs[0].observation == ("partial" if form == "sqlwriter" else "sampled")
    assert records(PRODUCTS / name) == expected
    assert {item.severity for item in run.findings} <= {"info"}


MANGLED = {
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "mark": lambda text: text.encode("utf-8-sig"),
    "quoted": lambda text: re.sub(r"(?m)^", "> ", text).encode(),
    "breaks": lambda text: text.replace("\n", "<br>\n").encode(),
    "entities": lambda text: html.escape(text).encode(),
    "typographic": lambda text: re.sub(r'"([^"\n]*)"', r"“\1”", text).encode(),
    "bold": lambda text: re.sub(r"(?m)^(.+)$", r"**\1**", text).encode(),
    "spaced": lambda text: re.sub(r"(?m)$", "  ", text).encode(),
    "code page": lambda text: (text + "Größe ändern für später\n").encode("cp1252"),
}


@pytest.mark.parametrize("how", MANGLED)
@pytest.mark.parametrize("name", EXPECTED)
def test_what_transport_does_changes_no_record(name: str, how: str, tmp_path: Path) -> None:
    """Line ends, encodings, quote marks and code pages lose nothing."""
    path = tmp_path / name
    path.write_bytes(MANGLED[how](text_of(name)))
    assert records(path) == EXPECTED[name][1]


# --- SQL Server's writer -----------------------------------------------------
@pytest.mark.parametrize("mark", ["", "> "])
@pytest.mark.parametrize("name", ["bareos-old.txt", "mixed.txt", "sqlwriter-success.txt"])
def test_lines_that_a_mail_wrapped_are_whole(name: str, mark: str, tmp_path: Path) -> None:
    """Records are those of the whole lines, and every line is used, known or unread."""
    path = tmp_path / "t.txt"
    lines = (PRODUCTS / name).read_text("utf-8").split("\n")
    text = "\n".join(mark + part for line in lines for part in textwrap.wrap(line, 66) or [""])
    path.write_text(text, "utf-8")
    assert [one[1:] for one in records(path)] == [one[1:] for one in EXPECTED[name][1]]
    share = vssfsm.check(path).inputs[0].lines
    assert share
    assert share.total == sum(bool(line.strip("> ")) for line in text.split("\n"))


BEGUN = (
    'job 7: VSS Writer (BackupComplete): "SqlServerWr',
    'Warning: VSS Writer "SqlServerWriter" has',
    "level=error method=checkWriterStatus message=x",
    '"SqlServerWriter" has reported an err',
)


@pytest.mark.parametrize("begun", BEGUN)
def test_a_line_that_was_cut_before_its_status_is_told(begun: str, tmp_path: Path) -> None:
    """The end of a file that was about to tell of a writer is no silence; another end is none."""
    path = tmp_path / "t.txt"
    whole = (PRODUCTS / "bareos-old.txt").read_text("utf-8")
    path.write_text(whole + begun, "utf-8")
    run = vssfsm.check(path)
    assert (run.exit_code(), [item.rule for item in run.findings][-1]) == (3, "INP111")
    path.write_text(whole + "job 7: VSS Writers were asked", "utf-8")
    assert vssfsm.check(path).exit_code() == 0


def test_a_handler_that_was_cut_is_told(tmp_path: Path) -> None:
    """A log ends behind a line or in it; another line of the writer is no handler."""
    path = tmp_path / "t.txt"
    whole = (PRODUCTS / "sqlwriter-success.txt").read_text("utf-8")
    for end, code in (("Entering SQL Wri", 3), ("Leaving SQL Wri", 0)):
        path.write_text(f"{whole}[03/03/2026 03:00:09, TID 1f00] {end}", "utf-8")
        assert vssfsm.check(path).exit_code() == code
        assert len([one for one in records(path) if one[1]]) == 8


def test_a_thread_is_a_session_and_prepare_backup_begins_another() -> None:
    """Three backups on two threads are three sessions; the thread and the local time are kept."""
    found = [record for record, _ in read(PRODUCTS / "sqlwriter-veto.txt")[0]]
    assert [(r.session, r.thread) for r in found] == [
        ("thread 1f00, 1", 0x1F00),
        *(3 * [("thread 1f00, 2", 0x1F00)]),
        ("thread 1f00, 3", 0x1F00),
        ("thread 0a10, 1", 0xA10),
    ]
    assert found[0].time_ns is None
    assert found[0].args == {"local_time": "2026-03-03T03:00:00"}
    assert vssfsm.check(PRODUCTS / "sqlwriter-veto.txt").counts["sessions"] == 3


def test_an_exception_belongs_to_the_handler_before_it_on_its_thread(tmp_path: Path) -> None:
    """Its code is kept beside the handler and told; it is no outcome."""
    found, aside = read(PRODUCTS / "sqlwriter-veto.txt")
    logged = {r.event: (r.args or {}).get("logged") for r, _ in found if r.line == 3}
    assert logged == {"PrepareSnapshot": "0x80780002"}
    assert {r.outcome for r, _ in found} == {None}
    assert [(one.name, one.times) for one in aside.seen] == [("exception 0x80780002", 1)]
    path = tmp_path / "t.txt"
    path.write_text(text_of("sqlwriter-veto.txt").replace("1f00] HRES", "1f01] HRES"), "utf-8")
    assert [(r.args or {}).get("logged") for r, _ in read(path)[0]] == [None] * 6


def test_an_impossible_time_and_an_unknown_handler(tmp_path: Path) -> None:
    """A day that is none is left out; a handler that is none is a hole."""
    path = tmp_path / "t.txt"
    path.write_text(
        "[13/41/2026 02:00:05, TID 1a2c] Entering SQL Writer OnFreeze.\n"
        "[03/03/2026 02:00:05, TID 1a2c] Entering SQL Writer OnLunch.\n",
        "utf-8",
    )
    (first, _), (second, notes) = read(path)[0]
    assert (first.event, first.args) == ("Freeze", None)
    assert (second.hole, [note.code for note in notes]) == (True, ["INP102"])
    assert vssfsm.check(path).exit_code() == 3


# --- backup programs ---------------------------------------------------------
def test_a_sentence_that_nobody_documents_is_kept() -> None:
    """The newer Bareos says a sentence where the state was: it is told, and nothing is guessed."""
    run = vssfsm.check(PRODUCTS / "bareos-new.txt")
    assert [item.rule for item in run.findings] == ["INP115"]
    assert run.findings[0].message.endswith("The writer did not like it.")
    assert run.exit_code() == 3  # nothing could be judged


def test_codes_of_the_requester_are_told_and_not_used() -> None:
    """Veeam's and NTBackup's codes name no writer."""
    aside = read(PRODUCTS / "mixed.txt")[1]
    assert [(one.name, one.times) for one in aside.seen] == [
        ("VSS_E_INSUFFICIENT_STORAGE", 1),
        ("VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT", 1),
    ]


def test_every_pattern_knows_a_line_of_the_samples() -> None:
    """No pattern stands there without a sample."""
    lines = [line for name in EXPECTED for line in text_of(name).splitlines()]
    known = {p.name for p in backuplog.PATTERNS if any(p.regex.search(line) for line in lines)}
    assert known == {pattern.name for pattern in backuplog.PATTERNS}


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "bareos-new.txt"])
def test_lines_that_were_joined_are_told_apart(name: str, tmp_path: Path) -> None:
    """A log in one line holds the records of all its lines."""
    path = tmp_path / "t.txt"
    path.write_text(" ".join(text_of(name).split()), "utf-8")
    form = EXPECTED[name][0]
    whole, flat = (vssfsm.check(one, input_format=form) for one in (PRODUCTS / name, path))
    assert flat.counts["records"] == whole.counts["records"]
    assert flat.counts["failed_writers"] == whole.counts["failed_writers"]
    assert flat.inputs[0].seen == whole.inputs[0].seen


@pytest.mark.parametrize("tool", NOT_READ)
def test_what_no_reader_knows_is_told_by_its_name(tool: str, tmp_path: Path) -> None:
    """A text that names a tool whose output nobody documents is no evidence, and that is said."""
    path = tmp_path / "t.txt"
    for text in (f"{tool}[12] begins\n", f"12:00 {tool.upper()}.EXE 3.0\nOnFreeze 0x800423f2\n"):
        path.write_text(text, "utf-8")
        run = vssfsm.check(path)
        (found,) = run.findings
        assert (found.rule, run.exit_code()) == ("INP109", 3)
        assert NOT_READ[tool] in found.message
        assert tool in found.message.lower()
    path.write_text(f"a{tool}s are not meant\n", "utf-8")
    assert NOT_READ[tool] not in vssfsm.check(path).findings[0].message


@given(data=st.binary(max_size=60), name=st.sampled_from(sorted(EXPECTED)), at=st.integers(0, 700))
def test_arbitrary_bytes_are_read_or_told(
    data: bytes, name: str, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in a log, nothing raises and nothing but reading is complained of."""
    path = tmp_path_factory.getbasetemp() / f"any-{name}"
    whole = (PRODUCTS / name).read_bytes()
    path.write_bytes(whole[:at] + data + whole[at:])
    run = vssfsm.check(path, input_format=EXPECTED[name][0])
    told = {item.rule[:3] for item in run.findings if item.severity == "error"}
    assert told <= {"STS"}  # a digit may make a state out of another
