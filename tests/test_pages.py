"""Parquet files are looked at before polars reads them, which may end the process."""

import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

pl = pytest.importorskip("polars")

from vssfsm import check  # noqa: E402
from vssfsm.traces import pages  # noqa: E402

ROWS = 300
FRAME = pl.DataFrame(
    {
        "actor": ["writer"] * ROWS,
        "event": ["PrepareBackup", "Thaw", None] * (ROWS // 3),
        "state": range(ROWS),
        "args": [{"index": 1, "list": [1, 2]}, {"index": None, "list": []}, None] * (ROWS // 3),
    }
)


def written(**options: object) -> bytes:
    """Give a sound file."""
    data = io.BytesIO()
    FRAME.write_parquet(data, **options)
    return data.getvalue()


def in_first_page(data: bytes, before: bytes, after: bytes) -> bytes:
    """Give *data* with another value in the head of its first page, which begins at its start."""
    at = data.index(before, 4, 64)
    return data[:at] + after + data[at + len(before) :]


@pytest.mark.parametrize(
    "options",
    [
        *({"compression": name} for name in ("zstd", "snappy", "gzip", "uncompressed")),
        *({"data_page_size": 100}, {"row_group_size": 7}, {"statistics": "full"}),
    ],
)
def test_sound_files_are_sound(options: dict[str, object]) -> None:
    """However a file was written, nothing is found in it."""
    assert pages.problem(written(**options)) == ""
    assert pages.problem(b"") == pages.problem(b"PAR1") == pages.problem(b"no such file") == ""


#: end of the head of a dictionary's page: its packed size, and its one value
HEAD = bytes.fromhex("26 4c 15 02")
NEGATIVE = bytes.fromhex("26 4c 15 01")
DAMAGED = {
    NEGATIVE: "a page of more than its column",
    bytes.fromhex("26 2c 15 02"): "pages of fewer than their column",
    bytes.fromhex("26 4d 15 02"): "a value of no kind",
    bytes.fromhex("26 4c 16 02"): "",  # a number of another size is one all the same
    bytes.fromhex("26 4c 18 02"): "a head without its numbers",
}


@pytest.mark.parametrize("head", DAMAGED)
def test_heads_that_cannot_be_are_damage(head: bytes) -> None:
    """A negative count, of which polars makes a huge number, a kind that is none, a lack."""
    assert pages.problem(in_first_page(written(), HEAD, head)) == DAMAGED[head]


def test_whatever_becomes_of_a_byte_is_told_or_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is raised for any cut and any flipped byte, and most of the heads are looked at."""
    monkeypatch.setattr(pages, "_ends_its_process", lambda _: True)
    data = written()
    told = 0
    for at in range(4, len(data), 3):
        flipped = bytearray(data)
        flipped[at] ^= 0x81
        told += bool(pages.problem(bytes(flipped)))
        pages.problem(data[:at])
        pages.problem(data[at:])
    assert told > 100


def test_the_file_of_a_negative_count_is_unreadable_and_its_process_lives(tmp_path: Path) -> None:
    """Polars would end the process here: as it is, the input cannot be read."""
    file = tmp_path / "trace.parquet"
    file.write_bytes(in_first_page(written(), HEAD, NEGATIVE))
    found = check(str(file)).findings
    assert [item.rule for item in found] == ["INP114"]
    assert "a page of more than its column" in found[0].message


@pytest.mark.parametrize(("code", "told"), [(0, False), (1, False), (-6, True), (3, True)])
def test_odd_sizes_are_tried_in_another_process(
    monkeypatch: pytest.MonkeyPatch, code: int, *, told: bool
) -> None:
    """If the library ends that one, by whatever signal or code, the file is damaged."""
    calls: list[Sequence[str]] = []

    def run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        calls.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(pages, "_check_pages", _raise_odd)
    assert bool(pages.problem(b"x")) is told
    assert [command[0] for command in calls] == [sys.executable]


def _raise_odd(_: bytes) -> None:
    raise pages._Odd("a page that does not end")


def test_the_other_process_reads_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds polars where this process does, and ends well; without a program all is damage."""
    assert not pages._ends_its_process(written())
    assert not pages._ends_its_process(b"no such file")
    monkeypatch.setattr(pages, "_READ", "import os; os.abort()")
    assert pages._ends_its_process(written())
    monkeypatch.setattr(sys, "executable", "")
    assert pages._ends_its_process(written())
