"""Listings of `vssadmin list writers` as people paste them: what is read, and where."""

from pathlib import Path
from typing import NamedTuple

import pytest

import vssfsm
from vssfsm.core.record import Record
from vssfsm.spec.hresults import NAMES
from vssfsm.traces.readers.vssadmin import read
from vssfsm.traces.source import open_input

LISTINGS = Path(__file__).parent / "data" / "listings"
#: class and instance ids that the listings repeat
SYSTEM = ("{e8132975-6f93-4464-a53e-1050253ae220}", "{0c1d7b0e-6e36-4f6a-8a5f-3f1c5f0f2a11}")
SQL = ("{a65faa63-5ea8-4ebc-9dbd-a0c4db26912a}", "{77d3b0b1-51e2-4a0f-9f0a-6c1f8a3c1d22}")
ASR = ("{be000cbe-11fe-4426-9c58-531aa6355fc4}", "{5d3f0d2e-7a44-4c3d-9e51-2f0b6b1c7e33}")
EXCHANGE = "{76fe1ac4-15f7-4bcd-987e-8e1acb462fb7}"
OK = "S_OK"
RETRYABLE = "VSS_E_WRITERERROR_RETRYABLE"
NONRETRYABLE = "VSS_E_WRITERERROR_NONRETRYABLE"
TIMEOUT = "VSS_E_WRITERERROR_TIMEOUT"
INCONSISTENT = "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT"


class Block(NamedTuple):
    """What is read of one block: ids without braces, the failure by name."""

    line: int
    writer: str | None
    writer_id: str | None
    instance: str | None
    state: int | None
    failure: str | None


def block(
    line: int, writer: str | None, ids: tuple[str, ...], state: int | None, failure: str | None
) -> Block:
    """Give what a block with *ids*, class before instance, has to be read as."""
    own = [name.strip("{}") for name in ids]
    return Block(
        line,
        writer,
        own[0] if len(own) == 2 else None,
        own[-1] if own else None,
        state,
        failure,
    )


def instance(tail: str, class_id: str = SYSTEM[0]) -> tuple[str, str]:
    """Give the ids of an instance that the listings count up."""
    return class_id, f"{{00000000-0000-0000-0000-0000000000{tail}}}"


def three(*lines: int) -> list[Block]:
    """Give the three blocks of `en.txt`, with their states on *lines*."""
    found = (
        ("System Writer", SYSTEM, 1, OK),
        ("SqlServerWriter", SQL, 8, INCONSISTENT),
        ("ASR Writer", ASR, 5, OK),
    )
    return [block(line, *rest) for line, rest in zip(lines, found, strict=True)]


#: listing -> blocks, exit code, findings of reading
EXPECTED: dict[str, tuple[list[Block], int, list[tuple[int, str]]]] = {
    "en": (three(7, 13, 19), 0, []),
    "flat": (three(7, 13, 19), 0, []),
    "blank-lines": (three(11, 21, 31), 0, []),
    "no-blank-lines": (three(6, 11, 16), 0, []),
    "joined-lists": ([*three(7, 13, 19), *three(30, 36, 42)], 0, []),
    "quoted-mail": (three(11, 17, 0)[:2], 0, []),
    "waiting": ([block(10, "System Writer", SYSTEM, 1, OK)], 0, []),
    "en-errors": (
        [
            block(7, "Microsoft Hyper-V VSS Writer", instance("a1"), 8, RETRYABLE),
            block(13, "NTDS", instance("a2"), 11, NONRETRYABLE),
            block(19, "SqlServerWriter", instance("a3"), 10, TIMEOUT),
            block(
                25, "Microsoft Exchange Writer", instance("a4"), 8, "VSS_E_WRITER_NOT_RESPONDING"
            ),
            block(31, "WMI Writer", instance("a5"), 9, OK),
            block(37, "Microsoft Exchange Replica Writer", instance("a6"), 1, RETRYABLE),
        ],
        0,
        [],
    ),
    "fr": (
        [
            block(7, "System Writer", SYSTEM, 1, OK),
            block(13, "SqlServerWriter", SQL, 9, OK),
        ],
        0,
        [],
    ),
    "de": (
        [
            block(7, "System Writer", SYSTEM, 1, OK),
            block(13, "SqlServerWriter", SQL, 7, None),
        ],
        0,
        [(13, "INP115")],
    ),
    "es": (
        [
            block(7, "System Writer", SYSTEM, 1, None),
            block(13, "SqlServerWriter", SQL, 11, None),
        ],
        0,
        [(7, "INP115"), (13, "INP115")],
    ),
    "ja": ([block(7, "System Writer", SYSTEM, 1, None)], 0, [(7, "INP115")]),
    "markdown": (
        [
            block(6, "System Writer", SYSTEM, 8, RETRYABLE),
            block(12, "SqlServerWriter", SQL, 11, NONRETRYABLE),
        ],
        0,
        [],
    ),
    "names": (
        [
            block(7, "System Writer", instance("b1"), 1, OK),
            block(13, "SqlServerWriter", instance("b2"), 1, OK),
            block(19, "Registry Writer", instance("b3"), 1, OK),
            block(25, "COM+ REGDB Writer", instance("b4"), 1, OK),
            block(31, "WMI Writer", instance("b5"), 1, OK),
            block(37, "Vendor: Agent [2] Writer", instance("B6"), 1, OK),
            block(43, None, instance("b7"), 1, OK),
        ],
        0,
        [],
    ),
    "no-ids": (
        [
            block(5, "System Writer", (), 1, OK),
            block(10, "SqlServerWriter", SQL[1:], 8, RETRYABLE),
            block(16, "WMI Writer", (), 1, OK),
        ],
        0,
        [],
    ),
    "no-error-lines": (
        [
            block(7, "System Writer", SYSTEM, 1, None),
            block(12, "SqlServerWriter", SQL, 8, RETRYABLE),
        ],
        3,
        [(7, "INP111")],
    ),
    "two-writers-one-class": (
        [
            block(7, "Microsoft Exchange Replica Writer", instance("c1", EXCHANGE), 7, RETRYABLE),
            block(13, "Microsoft Exchange Writer", instance("c2", EXCHANGE), 1, OK),
        ],
        0,
        [],
    ),
    "strange-states": (
        [
            block(7, "System Writer", SYSTEM, 3, TIMEOUT),
            block(13, "SqlServerWriter", SQL, 16, TIMEOUT),
        ],
        1,
        [],
    ),
    "not-elevated": ([block(4, None, (), None, None)], 3, [(4, "INP112")]),
    "cut-in-ids": (
        [block(7, "System Writer", SYSTEM, 1, OK), block(11, None, (), None, None)],
        3,
        [(11, "INP111")],
    ),
    "cut-before-error": (
        [
            block(7, "System Writer", SYSTEM, 1, OK),
            block(13, "SqlServerWriter", SQL, 8, None),
        ],
        3,
        [(13, "INP111")],
    ),
}


def _block_of(record: Record) -> Block:
    failure = None if record.failure is None else NAMES[record.failure]
    return Block(
        record.line, record.writer, record.writer_id, record.instance, record.state, failure
    )


def blocks(path: Path) -> list[Block]:
    """Give what the reader makes of *path*."""
    opened = open_input(str(path))
    with opened.stream:
        return [_block_of(record) for record, _ in read(opened)]


def reading(run: vssfsm.Run) -> list[tuple[int, str]]:
    """Give (line, rule) of each finding of reading."""
    return [(item.line, item.rule) for item in run.findings if item.family == "INP"]


def listing(name: str) -> Path:
    """Give the path of a listing."""
    return LISTINGS / f"{name}.txt"


def test_every_listing_is_expected() -> None:
    """No listing stands there without saying what it shows."""
    assert sorted(path.stem for path in LISTINGS.iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_blocks_of_a_listing(name: str) -> None:
    """Each block gives its writer, ids, state and failure on the line of its state."""
    assert blocks(listing(name)) == EXPECTED[name][0]


@pytest.mark.parametrize("name", EXPECTED)
def test_findings_and_exit_code_of_a_listing(name: str) -> None:
    """A listing is recognized by content; only what cannot be read or is no state fails."""
    run = vssfsm.check(str(listing(name)))
    assert (run.exit_code(), reading(run)) == EXPECTED[name][1:]
    assert [(item.format, item.observation) for item in run.inputs] == [("vssadmin", "sampled")]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_listing_never_accuses_more_than_the_enumeration(name: str) -> None:
    """A sampled source gives notes only, save for a number that is no state."""
    run = vssfsm.check(str(listing(name)))
    errors = [(item.line, item.rule) for item in run.findings if item.severity == "error"]
    assert errors == ([(13, "STS202")] if name == "strange-states" else [])


def test_failed_writers_are_counted() -> None:
    """A writer is failed by its number or its error, in any language."""
    counts = {
        name: vssfsm.check(str(listing(name))).counts["failed_writers"]
        for name in ("en", "en-errors", "fr", "de", "es", "ja", "waiting")
    }
    assert counts == {"en": 1, "en-errors": 6, "fr": 1, "de": 1, "es": 1, "ja": 0, "waiting": 0}


# --- bytes -------------------------------------------------------------------
BYTES = {
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "utf-8-mark": lambda text: text.encode("utf-8-sig"),
    "utf-16-le-mark": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "utf-16-be-mark": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "utf-16-crlf": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "utf-16-no-mark": lambda text: text.encode("utf-16-le"),
    "cp850": lambda text: text.replace("’", "'").encode("cp850"),
    "cp1252": lambda text: text.encode("cp1252"),
}


@pytest.mark.parametrize("code", BYTES)
@pytest.mark.parametrize("name", ["en", "fr"])
def test_bytes_of_a_listing(name: str, code: str, tmp_path: Path) -> None:
    """Line ends, marks and code pages change neither blocks nor findings."""
    path = tmp_path / "redirected.txt"
    path.write_bytes(BYTES[code](listing(name).read_text(encoding="utf-8")))
    assert blocks(path) == EXPECTED[name][0]
    run = vssfsm.check(str(path))
    assert (run.exit_code(), reading(run)) == (0, [])


def test_an_odd_byte_at_the_end_of_utf_16_costs_nothing(tmp_path: Path) -> None:
    """A copy that was cut in the middle of a character is read up to there."""
    path = tmp_path / "redirected.txt"
    path.write_bytes(listing("en").read_text(encoding="utf-8").encode("utf-16") + b"\n")
    assert blocks(path) == EXPECTED["en"][0]


@pytest.mark.parametrize("count", range(4, 20))
def test_a_cut_listing_keeps_what_was_whole(count: int, tmp_path: Path) -> None:
    """Blocks before the cut are those of the whole, and the cut one is told."""
    lines = listing("en").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "cut.txt"
    path.write_text("".join(lines[:count]), encoding="utf-8")
    whole = [item for item in three(7, 13, 19) if item.line < count]
    read_up_to_cut = [item for item in blocks(path) if item.failure is not None]
    assert read_up_to_cut == whole
    in_a_block = (count - 3) % 6 in (2, 3, 4)  # behind an id, before the last error
    codes = [code for _, code in reading(vssfsm.check(str(path), input_format="vssadmin"))]
    assert codes == (["INP111"] if in_a_block else [] if whole else ["INP112"])


def test_a_cut_listing_is_inconclusive(tmp_path: Path) -> None:
    """A block without its last error leaves the verdict open; a whole one does not."""
    block = "Writer name: 'System Writer'\n   State: [1] Stable\n   Last error: No error\n"
    whole, cut = tmp_path / "whole.txt", tmp_path / "cut.txt"
    whole.write_text(block, encoding="utf-8")
    cut.write_text(block.rsplit("   Last", 1)[0], encoding="utf-8")

    assert vssfsm.check(whole).verdict == "CONFORMS"
    assert vssfsm.check(cut).verdict == "INCONCLUSIVE"
