"""Binary event logs: what is in them, and what is told of damaged ones."""

import builtins
import random
import re
from pathlib import Path
from typing import Any

import pytest
from evtx_file import CHUNK, CHUNK_HEADER, FILE_HEADER, evtx
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.cli import main
from vssfsm.results import Run
from vssfsm.traces.aside import Share

pytest.importorskip("evtx")
LOG = Path(__file__).parent / "data" / "logs" / "events.xml"
EVENTS = re.findall(r"<Event[ >].*?</Event>", LOG.read_text("utf-8"), re.DOTALL)
#: the idle stop, the veto, an old session, another program; the veto stands in a chunk of its own
WHOLE = evtx(EVENTS[:1], EVENTS[1:2], EVENTS[2:])


def check(path: Path, data: bytes) -> Run:
    """Judge a file with *data*."""
    path.write_bytes(data)
    return vssfsm.check(path)


def told(run: Run) -> list[tuple[str, int]]:
    """Give (rule, line) of what could not be read."""
    return [(item.rule, item.line) for item in run.findings if item.rule.startswith("INP")]


def broken(data: bytes, at: int, size: int) -> bytes:
    """Overwrite a part of *data*."""
    return data[:at] + b"\xee" * size + data[at + size :]


def test_a_binary_log_says_what_its_export_says(tmp_path: Path) -> None:
    """Findings, what is known and not used, and the kind of evidence are those of the XML."""
    run, exported = check(tmp_path / "a.evtx", WHOLE), vssfsm.check(LOG)
    assert [item.format for item in run.inputs] == ["evtx"]
    assert run.inputs[0].observation == exported.inputs[0].observation == "sampled"
    assert run.inputs[0].seen == exported.inputs[0].seen
    assert [f._replace(path="", line=0) for f in run.findings] == [
        f._replace(path="", line=0) for f in exported.findings
    ]
    assert [item.line for item in run.findings] == [2]
    assert run.inputs[0].lines == Share(
        1, (("VSS 12289", 1), ("VSS 8224", 1), ("other programs", 1)), 0, "event"
    )
    assert run.exit_code() == 0


def test_a_bad_chunk_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    """A chunk without its mark is one finding with its number; the veto behind it is found."""
    run = check(tmp_path / "a.evtx", broken(WHOLE, FILE_HEADER, 8))
    assert told(run) == [("INP111", 1)]
    assert "chunk number 0" in run.findings[0].message
    assert run.counts["failed_writers"] == 1
    assert run.inputs[0].lines is not None
    assert (run.inputs[0].lines.used, run.inputs[0].lines.unread) == (1, 1)
    assert run.exit_code() == 3


def test_a_bad_event_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    """An event whose content is damaged is a hole of its own."""
    run = check(tmp_path / "a.evtx", broken(WHOLE, FILE_HEADER + CHUNK_HEADER + 60, 40))
    assert told(run) == [("INP111", 1)]
    assert "record number 1" in run.findings[0].message
    assert run.counts["failed_writers"] == 1


def test_an_empty_chunk_holds_nothing(tmp_path: Path) -> None:
    """A chunk of zero bytes was reserved and never written."""
    data = WHOLE[: FILE_HEADER + CHUNK] + bytes(CHUNK) + WHOLE[FILE_HEADER + CHUNK :]
    run = check(tmp_path / "a.evtx", data)
    assert (told(run), run.counts["failed_writers"]) == ([], 1)


@pytest.mark.parametrize("cut", [1, CHUNK // 2, CHUNK, CHUNK + 5])
def test_a_cut_file_is_told(cut: int, tmp_path: Path) -> None:
    """A file that ends before its last chunk does says so; what stands before is read."""
    run = check(tmp_path / "a.evtx", WHOLE[:-cut])
    assert [rule for rule, _ in told(run)] == ["INP107"]
    assert run.counts["failed_writers"] == (0 if cut > CHUNK else 1)
    assert run.exit_code() == 3


@pytest.mark.parametrize("size", [8, 100, FILE_HEADER - 1])
def test_a_header_alone_is_no_log(size: int, tmp_path: Path) -> None:
    """A file without a whole header is a finding."""
    run = check(tmp_path / "a.evtx", WHOLE[:size])
    assert told(run)
    assert run.exit_code() == 3


def test_converted_records_give_the_same_findings(tmp_path: Path) -> None:
    """`convert` keeps what `check` found, the bad chunk included."""
    path, made = tmp_path / "a.evtx", tmp_path / "a.jsonl"
    run = check(path, broken(WHOLE, FILE_HEADER, 8))
    assert main(["convert", str(path), "-o", str(made)]) == 3
    again = vssfsm.check(made)
    assert [(f.rule, f.severity, f.writer) for f in again.findings] == [
        (f.rule, f.severity, f.writer) for f in run.findings
    ]


def test_a_missing_extra_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the library the exit code is 2, and the message is what to type."""
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name == "evtx":
            raise ImportError(name)
        return real(name, *args, **more)

    path = tmp_path / "a.evtx"
    path.write_bytes(WHOLE)
    monkeypatch.setattr(builtins, "__import__", without)
    assert main(["check", str(path)]) == 2
    assert "python -m pip install 'vssfsm[eventlog]'" in capsys.readouterr().err


def test_a_directory_holds_binary_logs(tmp_path: Path) -> None:
    """A binary log in a directory is a trace, packed or not."""
    (tmp_path / "a.evtx").write_bytes(WHOLE)
    (tmp_path / "b.txt").write_text("nothing\n", "utf-8")
    assert [Path(item.path).name for item in vssfsm.check(tmp_path).inputs] == ["a.evtx"]


@given(seed=st.integers(0, 2**32))
def test_damaged_logs_are_read_or_told(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is overwritten or cut, nothing raises and nobody is accused."""
    run = check(tmp_path_factory.getbasetemp() / "any.evtx", mutated(WHOLE, random.Random(seed)))
    assert {item.rule[:3] for item in run.findings if item.severity != "info"} <= {"INP"}


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Overwrite some bytes of headers and events, and now and then cut the file."""
    made = bytearray(data)
    spans = [(0, 128)] + [
        (at, at + CHUNK_HEADER + 1500) for at in range(FILE_HEADER, len(data), CHUNK)
    ]
    for _ in range(dice.randint(1, 6)):
        start, end = dice.choice(spans)
        made[dice.randrange(start, end)] = dice.randrange(256)
    return bytes(made[: dice.randrange(len(made))] if dice.random() < 0.2 else made)
