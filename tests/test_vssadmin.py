"""Listings of `vssadmin list writers` as people paste them: what is read, and where."""

import html
import re
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.core.record import Record
from vssfsm.reports.text import render
from vssfsm.spec.hresults import NAMES
from vssfsm.spec.labels import CODE_OF_LABEL
from vssfsm.traces.aside import Share
from vssfsm.traces.codepage import PAGES as PAGE_NAMES
from vssfsm.traces.readers.vssadmin import read
from vssfsm.traces.reading import Entered, Reading, enter
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


def two(*lines: int) -> list[Block]:
    """Give two blocks that several listings repeat, with their states on *lines*."""
    found = (("System Writer", SYSTEM, 1, OK), ("SqlServerWriter", SQL, 8, NONRETRYABLE))
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
    "not-elevated-es": ([block(3, None, (), None, None)], 3, [(3, "INP112")]),
    "cut-in-ids": (
        [block(7, "System Writer", SYSTEM, 1, OK), block(11, None, (), None, None)],
        3,
        [(11, "INP111")],
    ),
    "mail-with-log": (three(40, 46, 52), 0, []),
    "one-line": (two(2, 2), 0, []),
    "escaped-ends": (two(1, 1), 0, []),
    "no-line-ends": (two(1, 1), 0, []),
    "found-lines": (two(4, 9), 0, []),
    "word-processor": (
        [
            block(4, "System Writer", SYSTEM, 1, OK),
            block(10, "Microsoft Hyper-V VSS Writer", SQL, 8, NONRETRYABLE),
        ],
        0,
        [],
    ),
    "placeholders": (
        [
            block(4, "System Writer", (), 1, OK),
            block(10, "SqlServerWriter", (), 8, NONRETRYABLE),
            Block(16, "Registry Writer", SYSTEM[0].strip("{}"), None, 5, OK),
            block(22, "WMI Writer", SYSTEM[1:], 1, OK),
        ],
        0,
        [],
    ),
    "lost-state": (
        [block(2, None, (), None, None), block(8, "SqlServerWriter", SQL, 8, NONRETRYABLE)],
        3,
        [(2, "INP111")],
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
    form = "mail" if name.startswith("mail") else "vssadmin"
    assert [(item.format, item.observation) for item in run.inputs] == [(form, "sampled")]


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
    whole = listing("en").read_text(encoding="utf-8").rstrip("\n").encode("utf-16")
    path.write_bytes(whole[:-3])  # in the middle of a character of the last error
    assert [code for _, code in reading(vssfsm.check(path))] == ["INP111"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("name", ["en", "fr"])
def test_a_cut_utf_16_listing_is_told(
    name: str, encoding: str, tmp_path: Path, *, marked: bool
) -> None:
    """It is cut in a character, or in a block: no listing without writers, and no whole one."""
    path = tmp_path / "redirected.txt"
    text = listing(name).read_text("utf-8").rstrip("\n")
    first = text.index(next(line for line in text.split("\n") if "System" in line))
    mark = "\ufeff".encode(encoding) if marked else b""
    for end in range(first + 1, len(text), 7):
        whole = [item for item in EXPECTED[name][0] if item.line < text[:end].count("\n")]
        is_whole = text[:end].rstrip().endswith((": No error", ": Aucune erreur", " copy"))
        for odd in (0, 1):
            if text[end] == "\n" and odd:
                continue  # a byte that a tool may have put there
            path.write_bytes(mark + text.encode(encoding)[: 2 * end + odd])
            codes = [code for _, code in reading(vssfsm.check(path))]
            told = [["INP111"], ["INP107"]] if odd or not is_whole else [[]]
            assert codes in told, text[:end]
            assert blocks(path)[: len(whole)] == whole


def test_a_character_that_is_cut_between_blocks_is_told(tmp_path: Path) -> None:
    """All blocks are whole, and yet there was more: in two bytes a character, or in UTF-8."""
    path = tmp_path / "t.txt"
    text = listing("en").read_text("utf-8")
    for data in (f"{text}W".encode("utf-16")[:-1], f"{text}Я".encode()[:-1]):
        path.write_bytes(data)
        run = vssfsm.check(path)
        assert (run.exit_code(), reading(run), blocks(path)[:3]) == (
            3,
            [(20, "INP107")],
            three(7, 13, 19),
        )


@pytest.mark.parametrize("count", range(4, 20))
def test_a_cut_listing_keeps_what_was_whole(count: int, tmp_path: Path) -> None:
    """Blocks before the cut are those of the whole, and the cut one is told."""
    lines = listing("en").read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "cut.txt"
    path.write_text("".join(lines[:count]), encoding="utf-8")
    whole = [item for item in three(7, 13, 19) if item.line < count]
    read_up_to_cut = [item for item in blocks(path) if item.failure is not None]
    assert read_up_to_cut == whole
    # Behind a name, and before the last error.
    in_a_block = (count - 3) % 6 in (1, 2, 3, 4)
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


@pytest.mark.parametrize("size", range(1, 60))
def test_a_listing_that_is_cut_anywhere_is_told(size: int, tmp_path: Path) -> None:
    """A cut inside the last block never looks like a whole listing, wherever it falls."""
    text = listing("en").read_text(encoding="utf-8").rstrip("\n")
    block_of_asr = text.index("Writer name: 'ASR")
    path = tmp_path / "cut.txt"
    for end in range(block_of_asr + 13 + size, len(text), 60):
        path.write_text(text[:end], encoding="utf-8")
        run = vssfsm.check(path)
        assert (run.exit_code(), [code for _, code in reading(run)]) == (3, ["INP111"]), text[:end]


#: what loses line ends or puts something before them, in languages whose labels are known
JOINED = {
    "breaks": lambda text: text.replace("\n", "<br />"),
    "separators": lambda text: text.replace("\n", "\u2028"),
    "returns": lambda text: text.replace("\n", "\r"),
    "one line": lambda text: " ".join(text.split()),
    "wrapped": lambda text: re.sub(r"(?m)^( +\S[^:：\n]*[:：]) *(.*)$", r"\1\n\2", text),
    "numbered": lambda text: re.sub(r"(?m)^", "12: ", text),
    "stamped": lambda text: re.sub(r"(?m)^", "[2026-03-03 02:00:00.1] ", text),
    "logged": lambda text: re.sub(r"(?m)^", "02:00:00 INFO: [12] ", text),
}


@pytest.mark.parametrize("how", JOINED)
@pytest.mark.parametrize("name", ["en", "fr", "de", "en-errors"])
def test_known_labels_tell_lines_apart(name: str, how: str, tmp_path: Path) -> None:
    """Names, ids and pairs stay exact where line ends were lost, or a log put its own before."""
    path = tmp_path / "t.txt"
    path.write_bytes(JOINED[how](listing(name).read_text("utf-8")).encode())
    found = [item._replace(line=0) for item in blocks(path)]
    assert found == [item._replace(line=0) for item in EXPECTED[name][0]]
    assert vssfsm.check(path).inputs[0].format == "vssadmin"


def test_a_class_id_alone_is_no_instance(tmp_path: Path) -> None:
    """Where one id line was filtered out, its label tells which one is left."""
    path = tmp_path / "t.txt"
    for name, label in (
        ("en", "Writer Instance Id"),
        ("fr", "ID de l’instance"),
        ("de", "instanz"),
    ):
        kept = [x for x in listing(name).read_text("utf-8").splitlines() if label not in x]
        path.write_text("\n".join(kept), "utf-8")
        ids = [(item.writer_id, item.instance) for item in blocks(path)]
        assert ids[0] == (SYSTEM[0].strip("{}"), None)


def test_a_character_that_is_cut_is_no_other_code_page(tmp_path: Path) -> None:
    """Half a character at the end leaves the text what it is."""
    path = tmp_path / "t.txt"
    data = listing("fr").read_text("utf-8").encode()
    path.write_bytes(data[: data.rindex("é".encode()) + 1])
    run = vssfsm.check(path)
    assert (run.inputs[0].guessed, blocks(path)[0]) == ("", EXPECTED["fr"][0][0])


def test_a_number_in_brackets_is_no_listing(tmp_path: Path) -> None:
    """A log whose lines begin with a time and a number of a thread is not taken for a listing."""
    path = tmp_path / "t.txt"
    path.write_text("02:00:11 [7] Backup of srv1 begins\n02:00:12 [7] done\n", "utf-8")
    assert [item.format for item in vssfsm.check(path).inputs] == ["unknown"]


@pytest.mark.parametrize("name", ["en", "fr", "de", "unknown"])
@pytest.mark.parametrize("ends", ["\n", "\n\n", "<br>", " "])
def test_a_block_with_several_last_errors_is_told(name: str, ends: str, tmp_path: Path) -> None:
    """Which of them counts nobody knows: neither does; where they agree, nothing is wrong."""
    path = tmp_path / "t.txt"
    text = listing("en" if name == "unknown" else name).read_text("utf-8")
    labels = {"en": "Last error", "fr": "Dernière erreur", "de": "Letzter Fehler"}
    error = next(line for line in text.splitlines() if labels.get(name, "Last error") in line)
    label, sound = error.split(":")
    again = f"{label}: Timed out"
    for first, second, codes in ((error, again, ["INP111"]), (again, error, ["INP111"])):
        torn = text.replace(error, f"{first}\n{second}", 1)
        if name == "unknown":
            torn = torn.replace("Last error", "Seneste fejl")
        path.write_text(ends.join(torn.splitlines()), "utf-8")
        if name == "unknown" and ends == " ":
            continue  # without line ends a label has to be known
        run = vssfsm.check(path)
        assert [code for _, code in reading(run)][:1] == codes
        assert (run.exit_code(), blocks(path)[0].failure) == (3, None)
        assert "Timed out" in run.findings[0].message + run.findings[-1].message
    path.write_text(text.replace(error, f"{error}\n{label}:{sound.upper()}", 1), "utf-8")
    run = vssfsm.check(path)
    assert (run.exit_code(), blocks(path)[0].failure) == (0, OK)


def test_a_text_that_only_looks_cut_is_unknown(tmp_path: Path) -> None:
    """The beginning of a known text is a text of its own where its line is ended."""
    text = listing("en").read_text(encoding="utf-8")
    path = tmp_path / "t.txt"
    path.write_text(text.replace("Last error: Inconsistent shadow copy", "Last error: In"), "utf-8")
    assert reading(vssfsm.check(path)) == [(13, "INP115")]
    path.write_text(text.replace("Last error: Inconsistent shadow copy", "Last error:"), "utf-8")
    assert reading(vssfsm.check(path)) == [(13, "INP111")]


def test_a_refusal_is_cited(tmp_path: Path) -> None:
    """Where there are no writers, the finding says what the program said instead."""
    (item,) = vssfsm.check(listing("not-elevated")).findings
    assert "Error: You don't have the correct permissions" in item.message
    path = tmp_path / "t.txt"
    path.write_text("vssadmin 1.1 - \n(C) Copyright 2001-2013 Microsoft Corp.\n", "utf-8")
    (item,) = vssfsm.check(path).findings
    assert item.message == "the listing holds no writer"


# --- what transport does -----------------------------------------------------
MANGLED = {
    "flat": lambda text: "\n".join(line.strip() for line in text.split("\n")),
    "mail": lambda text: "".join(f"> {line}\n" for line in text.split("\n")),
    "mail-twice": lambda text: "".join(f">> {line}\n" for line in text.split("\n")),
    "html": lambda text: text.replace("\n", "<br>\n").replace("   ", "&nbsp;&nbsp; "),
    "spaces": lambda text: text.replace("\n", "  \n"),
    "tabs": lambda text: text.replace("   ", "\t"),
    "marks": lambda text: text.replace("{", "\u200e{").replace("[", "\u200f["),
    "escaped": lambda text: text.replace("[", "\\[").replace("]", "\\]"),
    "bold": lambda text: text.replace("   ", "   **").replace("]", "]**"),
    "unquoted": lambda text: text.replace("'", ""),
    "typographic": lambda text: re.sub("'(.*)'", "‘\\1’", text),
    "decomposed": lambda text: normalize("NFD", text),
    "emphasised": lambda text: re.sub(r"(?m)^ *(\S.*)$", r"_*\1*_", text),
    "entities": lambda text: html.escape(html.escape(text)),
    "spaces of a page": lambda text: text.replace(" ", "&nbsp;"),
    "no-break": lambda text: text.replace(" ", "\u00a0"),
    "dashes": lambda text: re.sub(r"(?<=\w)-(?=\w)", "\u2013", text),
    "quoted in double": lambda text: text.replace("'", '"'),
    "cells": lambda text: re.sub(
        r"(?m)^ *(\S[^:：\n]*[:：])(.*)$", r"<td>\1</td><td>\2</td>", text
    ),
    "list": lambda text: re.sub(r"(?m)^ *(\S)", r"- \1", text),
    "bullets": lambda text: re.sub(r"(?m)^ *(\S)", r"• \1", text),
    "code": lambda text: re.sub(r"(?m)^ *(\S.*)$", r"`\1`", text),
    "carriage returns": lambda text: text.replace("\n", "\r\r\n"),
    "preamble": lambda text: text.replace("Corp.\n", "Corp.\n\nWaiting: a moment\n", 1),
}
#: how many lines a mangled listing has more before its first writer
BEFORE = {"preamble": 2}


@pytest.mark.parametrize("how", MANGLED)
@pytest.mark.parametrize("name", ["en", "fr", "de", "es", "ja", "en-errors"])
def test_what_transport_does_changes_no_block(name: str, how: str, tmp_path: Path) -> None:
    """Lost indentation, quoting, emphasis, marks of direction: names, ids, pairs stay exact."""
    path = tmp_path / "t.txt"
    path.write_text(MANGLED[how](listing(name).read_text("utf-8")), "utf-8")
    more = BEFORE.get(how, 0)
    assert [item._replace(line=item.line - more) for item in blocks(path)] == EXPECTED[name][0]
    run = vssfsm.check(path)
    told = [(line - more, code) for line, code in reading(run)]
    assert (run.exit_code(), told) == EXPECTED[name][1:]
    assert run.inputs[0].format == "vssadmin"


@pytest.mark.parametrize(("text", "code"), CODE_OF_LABEL.items())
def test_every_known_text_of_an_error(text: str, code: str, tmp_path: Path) -> None:
    """A text stands for its code in any case, with a full stop, and in UTF-16."""
    path = tmp_path / "t.txt"
    for said in (text, text.upper(), f"{text}.", text.replace(" ", "  ")):
        whole = listing("fr").read_text("utf-8").replace("Aucune erreur", said)
        path.write_bytes(whole.encode("utf-16"))
        assert [item.failure for item in blocks(path)] == [code, code]


# --- code pages --------------------------------------------------------------
#: language -> labels of a listing (ours, after the banners that are known), and its code pages
LANGUAGES = {
    "fr": ("Nom du rédacteur|État|Dernière erreur|Délai dépassé", "850 1252 437 858 863"),
    "de": ("Verfassername|Status|Letzter Fehler|Zeitüberschreitung für Änderung", "850 1252 437"),
    "es": ("Nombre de escritor|Estado|Último error|Línea sin conexión", "850 1252"),
    "pt": ("Nome do gravador|Estado|Último erro|Não há erros", "850 1252"),
    "da": ("Skrivernavn|Tilstand|Seneste fejl|Værktøj på", "850 1252 865"),
    "pl": ("Nazwa składnika|Stan|Ostatni błąd|Przekroczono limit w usłudze", "852 1250"),
    "cs": ("Název zapisovače|Stav|Poslední chyba|Příkazového řádku", "852 1250"),
    "ru": ("Имя компонента|Состояние|Последняя ошибка|Нет ошибок", "866 1251 855"),
    "el": ("Όνομα συντάκτη|Κατάσταση|Τελευταίο σφάλμα|Κανένα σφάλμα", "737 1253"),
    "tr": ("Yazıcı adı|Durum|Son hata|Gölge kopyası değiştirildi, şimdi", "857 1254"),
    "he": ("שם כותב|מצב|שגיאה אחרונה|אין שגיאה", "862 1255"),
    "ar": ("اسم الكاتب|الحالة|الخطأ الأخير|لا يوجد خطأ", "720 1256"),
    "lt": ("Rašytuvo pavadinimas|Būsena|Paskutinė klaida|Klaidų nėra", "775 1257"),
    "hu": ("Író neve|Állapot|Utolsó hiba|Időtúllépés történt a műveletben", "852 1250"),
    "ro": ("Numele scriitorului|Stare|Ultima eroare|Fără eroare şi încercaţi", "852 1250"),
    "sv": ("Skrivarnamn|Tillstånd|Senaste fel|Åtgärden tog för lång tid", "850 1252 437"),
    "it": ("Nome writer|Stato|Ultimo errore|L'attività è già scaduta", "850 1252"),
    "uk": ("Ім'я модуля|Стан|Остання помилка|Помилок немає", "1251"),
    "vi": ("Tên bộ ghi|Trạng thái|Lỗi cuối cùng|Không có lỗi", "1258"),
    "th": ("ชื่อตัวเขียน|สถานะ|ข้อผิดพลาดล่าสุด|ไม่มีข้อผิดพลาด", "874"),
    "ja": ("ライター名|状態|最後のエラー|エラーなし", "932"),
    "zh-CN": ("编写器名称|状态|上一个错误|无错误", "936"),
    "zh-TW": ("寫入器名稱|狀態|上次錯誤|沒有錯誤", "950"),
    "ko": ("작성기 이름|상태|마지막 오류|오류 없음", "949"),
}
WIDE = ("ja", "zh-CN", "zh-TW", "ko")


def spoken(language: str) -> str:
    """Give a listing in a language."""
    name, state, error, text = LANGUAGES[language][0].split("|")
    colon = "：" if language in WIDE else " : " if language == "fr" else ": "
    block = f"{name}{colon}'System Writer'\n   Id{colon}{SYSTEM[0]}\n   Id{colon}{SYSTEM[1]}\n"
    return f"{block}   {state}{colon}[8] x\n   {error}{colon}{text}\n\n" * 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_in_brackets_beside_a_listing_is_no_state(language: str, tmp_path: Path) -> None:
    """A ticket has words of its own; a line counts if its label is that of the states."""
    path = tmp_path / "t.txt"
    above = "Ticket: 4711\nPriority: [2] High\n\nHello,\nour Status: [1] bad\n\n"
    path.write_text(f"{above}{spoken(language)}\nSigned: [3] Bob\nTel: [5] 123\n", "utf-8")
    assert [(item.writer, item.state) for item in blocks(path)] == [("System Writer", 8)] * 3
    path.write_text("Hello, our Status: [1] ok\nThanks: Bob\n", "utf-8")
    assert [code for _, code in reading(vssfsm.check(path))] == ["INP112"]
    path.write_text("State: [1] Stable\nLast error: No error\n", "utf-8")
    assert [(item.writer, item.state) for item in blocks(path)] == [(None, 1)]


@pytest.mark.parametrize("sign", ["?", "\ufffd"])
def test_quotes_that_a_console_could_not_print_are_no_name(sign: str, tmp_path: Path) -> None:
    """They stand on both sides; a sign on one side is of the name."""
    path = tmp_path / "t.txt"
    text = (
        spoken("ja").replace("'", sign, 2).replace("'", "", 1).replace("Writer'", f"Writer{sign}")
    )
    path.write_text(text, "utf-8")
    names = [item.writer for item in blocks(path)]
    assert names == ["System Writer", *[f"System Writer{sign}"] * 2]


#: labels of the lines of a block, of languages that are known and of one that nobody speaks
LINES = {
    "en": ("Writer name", "Writer Id", "Writer Instance Id", "State", "Last error"),
    "none": ("Kav", "Ka kavi", "Ko kavi", "Mon", "Fel"),
}


@pytest.mark.parametrize("quote", ["'", ""])
@pytest.mark.parametrize("language", LINES)
@pytest.mark.parametrize(
    "lost", [(5,), (6,), (7,), (8,), (9,), (0, 5), (8, 10), (8, 9, 10), (8, 11)]
)
def test_no_block_takes_what_is_of_another(
    lost: tuple[int, ...], language: str, quote: str, tmp_path: Path
) -> None:
    """Where lines are missing, the others say what they said; a state or error lost is told."""
    path = tmp_path / "t.txt"
    name, own, instance, state, error = LINES[language]
    names = ["A Writer", "B Writer", "C Writer", "D Writer"]
    ids = [
        (f"{n}" * 8 + SYSTEM[0].strip("{}")[8:], f"{n}" * 8 + SYSTEM[1].strip("{}")[8:])
        for n in range(4)
    ]
    lines = [
        line
        for n, writer in enumerate(names)
        for line in (
            f"{name}: {quote}{writer}{quote}",
            *(f"   {own}: {{{ids[n][0]}}}", f"   {instance}: {{{ids[n][1]}}}"),
            *(f"   {state}: [{n + 1}] x", f"   {error}: No error"),
        )
    ]
    path.write_text("".join(f"{x}\n" for at, x in enumerate(lines) if at not in lost), "utf-8")
    gone = {at // 5 for at in lost if at % 5 == 3}
    found = [block_of for block_of in blocks(path) if block_of.state is not None]
    assert [(b.writer, b.writer_id, b.instance, b.state, b.failure) for b in found] == [
        (
            None if n * 5 in lost else names[n],
            None if n * 5 + 1 in lost else ids[n][0],
            None if n * 5 + 2 in lost else ids[n][1],
            n + 1,
            None if n * 5 + 4 in lost else "S_OK",
        )
        for n in range(4)
        if n not in gone
    ]
    told = bool(gone) or any(at % 5 == 4 for at in lost)
    assert vssfsm.check(path).exit_code() == (3 if told else 0)


#: letters of Vietnamese that its code page puts together out of a letter and a mark
MARKED = {"ộ": "ô\u0323", "ạ": "a\u0323", "ỗ": "ô\u0303", "ố": "ô\u0301"}
PAGES = [
    (language, f"cp{page}") for language in LANGUAGES for page in LANGUAGES[language][1].split()
]


@pytest.mark.parametrize(("language", "page"), PAGES)
def test_every_code_page_is_read(language: str, page: str, tmp_path: Path) -> None:
    """A listing in OEM or ANSI is found, read as its text, and the guess is said."""
    path = tmp_path / "t.txt"
    text = spoken(language)
    if page == "cp1258":  # it has marks beside letters
        text = "".join(MARKED.get(sign, sign) for sign in text)
    path.write_bytes(text.encode(page).replace(b"\n", b"\r\n"))
    run = vssfsm.check(path)
    assert [item.writer for item in blocks(path)] == ["System Writer"] * 3
    assert [(item.writer_id, item.instance, item.state) for item in blocks(path)] == [
        (SYSTEM[0].strip("{}"), SYSTEM[1].strip("{}"), 8)
    ] * 3
    assert run.inputs[0].guessed in PAGE_NAMES
    said = [item.message.partition(": ")[2] for item in run.findings if item.rule == "INP115"]
    last = LANGUAGES[language][0].split("|")[-1]
    code = CODE_OF_LABEL.get(last.casefold())
    assert [normalize("NFC", text) for text in said] == ([] if code else [last] * 3)
    assert {item.failure for item in blocks(path)} == {code}
    assert f"{path}: in code page {run.inputs[0].guessed}, which is a guess" in render(run)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_is_no_guess(language: str, code: str, tmp_path: Path) -> None:
    """UTF-8 and UTF-16 are seen in every language, with their mark and without."""
    path = tmp_path / "t.txt"
    path.write_bytes(spoken(language).encode(code))
    run = vssfsm.check(path)
    assert [(item.writer, item.state) for item in blocks(path)] == [("System Writer", 8)] * 3
    assert run.inputs[0].guessed == ""


@given(data=st.binary(max_size=60), name=st.sampled_from(sorted(EXPECTED)), at=st.integers(0, 900))
def test_arbitrary_bytes_are_read_or_told(
    data: bytes, name: str, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in a listing, nothing raises, and only a number that is no state is wrong."""
    path = tmp_path_factory.getbasetemp() / "any-listing.txt"
    text = listing(name).read_bytes()
    path.write_bytes(text[:at] + data + text[at:])
    run = vssfsm.check(path, input_format="vssadmin")
    assert {item.rule for item in run.findings if item.severity == "error"} <= {"STS202"}


@pytest.mark.parametrize("name", sorted(path.name for path in LISTINGS.iterdir()))
def test_every_line_of_a_listing_is_used_known_or_unread(name: str) -> None:
    """Shares add up to the lines with text; the banner is known, prose is no unread line."""
    run = vssfsm.check(LISTINGS / name)
    (item,) = run.inputs
    share = item.lines
    assert share is not None
    known = dict(share.known)
    others = {"VSS 8224", "code of NTBackup", "error of Veeam"}
    assert {*known} <= {"banner", "prose"} | (others if name.startswith("mail") else set())
    lines = sum(bool(line.strip()) for line in (LISTINGS / name).read_bytes().split(b"\n"))
    assert share.used + sum(known.values()) + share.unread == lines
    assert (share.unread > 0) == (item.unread > 0)


def test_all_kinds_of_evidence_in_a_mail_are_read() -> None:
    """Each kind is read by its reader, in the order of lines; of the whole no order is known."""
    run = vssfsm.check(listing("mail-with-log"))
    (item,) = run.inputs
    assert (item.format, item.observation) == ("mail", "sampled")
    assert sorted(item.holds) == ["backuplog", "eventlog", "vssadmin"]
    alone = [vssfsm.check(listing("mail-with-log"), input_format=name) for name in item.holds]
    assert item.records == sum(one.inputs[0].records for one in alone) == 6
    assert {(one.rule, one.line, one.message) for one in run.findings} == {
        (one.rule, one.line, one.message) for part in alone for one in part.findings
    }
    assert f"several kinds of evidence: {', '.join(item.holds)}" in render(run)
    assert [one.name for one in item.seen if "--input-format" in one.means] == []


def test_a_kind_that_was_asked_for_is_read_alone() -> None:
    """Naming a format reads it, and what another reader would know is told."""
    for name in ("vssadmin", "backuplog", "eventlog"):
        run = vssfsm.check(listing("mail-with-log"), input_format=name)
        named = [one for one in run.inputs[0].seen if "--input-format" in one.means]
        assert sorted([*(one.name for one in named), name]) == ["backuplog", "eventlog", "vssadmin"]
        assert all(f"--input-format {one.name}" in one.means for one in named)
    assert vssfsm.check(listing("en")).inputs[0].seen == ()


@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp850"])
def test_a_mail_in_any_encoding(code: str, tmp_path: Path) -> None:
    """A French listing and an event below it, as a console, an editor or a mail wrote them."""
    path = tmp_path / "t.txt"
    log = (LISTINGS.parent / "logs" / "pasted.txt").read_text("utf-8")
    text = listing("fr").read_text("utf-8").replace("’", "'") + "\n" + log
    path.write_bytes(text.encode(code))
    run = vssfsm.check(path)
    assert sorted(run.inputs[0].holds) == ["eventlog", "vssadmin"]
    assert run.inputs[0].guessed == ("cp850" if code == "cp850" else "")
    assert run.inputs[0].records == len(EXPECTED["fr"][0]) + 1


@pytest.mark.parametrize("above", ["Subject: VSS", "Betreff: VSS", 'We use "SqlServerWriter".'])
def test_words_of_a_mail_are_no_evidence(above: str, tmp_path: Path) -> None:
    """A listing stays one where nothing else can be read of the text around it."""
    path = tmp_path / "t.txt"
    path.write_text(f"{above}\n\n{listing('en').read_text('utf-8')}", "utf-8")
    assert (vssfsm.check(path).inputs[0].format, blocks(path)) == ("vssadmin", three(9, 15, 21))


def test_a_refusal_beside_an_event_is_told(tmp_path: Path) -> None:
    """The listing that holds no writer is a finding, and the veto below it is read."""
    path = tmp_path / "t.txt"
    log = (LISTINGS.parent / "logs" / "pasted.txt").read_text("utf-8")
    path.write_text(f"{listing('not-elevated').read_text('utf-8')}\n{log}", "utf-8")
    run = vssfsm.check(path)
    assert (run.exit_code(), [code for _, code in reading(run)]) == (3, ["INP112"])
    assert run.counts["failed_writers"] == 1


def test_a_listing_below_an_event_is_not_of_it(tmp_path: Path) -> None:
    """A veto without names does not take those of the listing behind it."""
    path = tmp_path / "t.txt"
    event = "Source: VSS\nEvent ID: 8229\nrejected an event with error 0x800423f4\n\n"
    bare = listing("en").read_text("utf-8").partition("\n\n")[2]
    path.write_text(event + bare, "utf-8")
    with enter(str(path), "auto") as entered:
        assert isinstance(entered, Entered)
        found = [record for record, _ in Reading(entered)]
    assert [record.writer for record in found][:2] == [None, "System Writer"]
    text = f"Hello\n{path.read_text('utf-8')}"
    path.write_text(text, "utf-8")
    assert vssfsm.check(path).inputs[0].lines == Share(
        used=sum(bool(line) for line in text.splitlines()) - 1, known=(("prose", 1),)
    )


def test_a_listing_before_an_event_is_whole(tmp_path: Path) -> None:
    """The ids of an event's context make no block that lacks its state."""
    path = tmp_path / "t.txt"
    log = (LISTINGS.parent / "logs" / "pasted.txt").read_text("utf-8")
    path.write_text(f"{listing('en').read_text('utf-8')}\n{log}", "utf-8")
    assert (blocks(path), reading(vssfsm.check(path))) == (three(7, 13, 19), [])


def test_the_banner_and_prose_are_told_apart(tmp_path: Path) -> None:
    """What the program says of itself, and what people write around it, have their names."""
    path = tmp_path / "t.txt"
    path.write_text(
        "Hello\nvssadmin 1.1 - x\n(C) Copyright\n\nWriter name: 'a'\n   State: [1] Stable\n"
        "   Last error: No error\nbye\n",
        "utf-8",
    )
    assert vssfsm.check(path).inputs[0].lines == Share(3, (("banner", 2), ("prose", 2)))
    path.write_text("vssadmin 1.1 - x\n(C) Copyright\n\nError: no rights.\n", "utf-8")
    assert vssfsm.check(path).inputs[0].lines == Share(0, (("banner", 2),), 1)


OTHER_LISTS = {
    "providers": "Provider name: 'Some provider 1.0'\n   Provider type: System\n"
    f"   Provider Id: {SYSTEM[0]}\n   Version: 1.0.0.7\n",
    "shadows": f"Contents of shadow copy set ID: {SYSTEM[0]}\n   Created at: 02:00:00\n"
    f"      Shadow Copy ID: {SYSTEM[1]}\n         Volume: (C:)\\\\?\\Volume{SQL[0]}\\\n"
    "         Machine: srv1\n",
    "foreign": f"Jméno: 'Some provider 1.0'\n   Číslo: {SYSTEM[0]}\n   Verze: 1.0.0.7\n",
}


@pytest.mark.parametrize("name", OTHER_LISTS)
def test_other_lists_hold_no_writer(name: str, tmp_path: Path) -> None:
    """What vssadmin lists of providers and copies is no writer that was cut; a writer's ids are."""
    path = tmp_path / "t.txt"
    path.write_text("vssadmin 1.1 - tool\n\n" + OTHER_LISTS[name], "utf-8")
    run = vssfsm.check(path)
    assert ([code for _, code in reading(run)], run.exit_code()) == (["INP112"], 3)
    writer = f"Jméno: 'W'\n   Třída: {SYSTEM[0]}\n   Instance: {SYSTEM[1]}\n   Verze: 1\n"
    path.write_text("vssadmin 1.1 - tool\n\n" + writer, "utf-8")
    assert [code for _, code in reading(vssfsm.check(path))] == ["INP111"]


NO_BREAK = [(language, page) for language, page in PAGES if language not in (*WIDE, "vi", "th")]


@pytest.mark.parametrize(("language", "page"), NO_BREAK)
def test_spaces_that_do_not_break_are_spaces(language: str, page: str, tmp_path: Path) -> None:
    """Where a page put such a space for every one, a code page of one byte a sign is found."""
    path = tmp_path / "t.txt"
    space = "\u00a0".encode(page, "ignore")
    if not space:
        pytest.skip("the code page has none")
    path.write_bytes(spoken(language).encode(page).replace(b" ", space))
    assert [(item.writer, item.state) for item in blocks(path)] == [("System Writer", 8)] * 3
    assert vssfsm.check(path).inputs[0].format == "vssadmin"


@pytest.mark.parametrize("size", range(1, 12))
def test_a_listing_that_is_cut_in_a_name_line_is_told(size: int, tmp_path: Path) -> None:
    """A few letters of the next writer's first line are no prose; any other last words are."""
    text = listing("en").read_text(encoding="utf-8")
    path = tmp_path / "t.txt"
    path.write_text(text.rstrip("\n") + "\n\n" + "Writer name"[:size], "utf-8")
    assert [code for _, code in reading(vssfsm.check(path))] == ["INP111"]
    path.write_text(text.rstrip("\n") + "\n\n" + "riter name"[:size], "utf-8")
    assert reading(vssfsm.check(path)) == []


WRAPPED = (
    *(("'Microsoft Exchange Replica Writer'", "Exchange\n", "Timed out", ""),),
    *(("'A: B Writer'", "B\n", "Inconsistent shadow copy", "Inconsistent\n   "),),
    *(("'W'", "", "Non-retryable error", "Non-retryable\n"),),
)


@pytest.mark.parametrize(("name", "at", "error", "cut"), WRAPPED)
def test_a_value_that_a_mail_wrapped_is_whole(
    name: str, at: str, error: str, cut: str, tmp_path: Path
) -> None:
    """An open name and the text of an error that goes on below are one; other lines are not."""
    path = tmp_path / "t.txt"
    block_of = f"Writer name: {name.replace(at.strip() + ' ', at) if at else name}\n"
    ids = f"   Writer Id: {SYSTEM[0]}\n   Writer Instance Id: {SYSTEM[1]}\n   State: [8] Failed\n"
    last = f"   Last error: {error.replace(cut.strip() + ' ', cut) if cut else error}\n\nBye\n"
    whole = block_of + ids.replace(" {", "\n{") + last
    for text in (block_of + ids + last, whole, "\n\n".join(whole.split("\n"))):
        path.write_text(text, "utf-8")
        (found,) = blocks(path)
        assert (found.writer, found.failure) == (name.strip("'"), CODE_OF_LABEL[error.casefold()])
        assert (found.writer_id, found.instance) == tuple(one.strip("{}") for one in SYSTEM)
        assert reading(vssfsm.check(path)) == []
    path.write_text(block_of + ids + "   Last error: Inconsistent\nBye\n", "utf-8")
    assert [code for _, code in reading(vssfsm.check(path))] == ["INP115"]


def test_ids_are_told_by_their_labels(tmp_path: Path) -> None:
    """Where a program sorted the lines, no writer takes an id that is not its own."""
    path = tmp_path / "t.txt"
    ids = [f"   Writer Id: {SYSTEM[0]}\n", f"   Writer Instance Id: {SYSTEM[1]}\n"]
    state = "   State: [8] Failed\n   Last error: Timed out\n"
    path.write_text(f"Writer name: 'W'\n{ids[1]}{ids[0]}{state}", "utf-8")
    assert blocks(path) == [block(4, "W", SYSTEM, 8, TIMEOUT)]
    turned = "".join(f"Writer name: '{name}'\n{state}{''.join(ids)}\n" for name in "WV")
    path.write_text(turned, "utf-8")
    found = [item for item in blocks(path) if item.state is not None]
    assert found == [block(2, "W", (), 8, TIMEOUT), block(8, "V", (), 8, TIMEOUT)]


APPENDED = {
    "wide, then narrow": lambda one, two: one.encode("utf-16") + two.encode(),
    "wide, then a page": lambda one, two: one.encode("utf-16") + two.encode("cp850", "replace"),
    "narrow, then wide": lambda one, two: one.encode() + two.encode("utf-16-le"),
    "wide, then other": lambda one, two: one.encode("utf-8-sig") + two.encode("utf-16-be"),
}


@pytest.mark.parametrize("how", APPENDED)
def test_what_another_console_appended_is_read(how: str, tmp_path: Path) -> None:
    """One shell begins the file in UTF-16 and another goes on, or the other way round."""
    path = tmp_path / "t.txt"
    text = listing("en").read_text("utf-8")
    path.write_bytes(APPENDED[how](text, text))
    assert [item._replace(line=0) for item in blocks(path)] == [
        item._replace(line=0) for item in three(7, 13, 19) * 2
    ]


def test_a_listing_in_a_string_of_json_is_one(tmp_path: Path) -> None:
    """A guest agent gives the output so; a trace that cites the banner stays a trace."""
    path = tmp_path / "t.txt"
    text = listing("en").read_text("utf-8").replace("\n", "\\r\\n")
    path.write_text(f'{{"return": {{"exitcode": 0, "out": "{text}"}}}}\n', "utf-8")
    assert [item._replace(line=0) for item in blocks(path)] == [
        item._replace(line=0) for item in three(7, 13, 19)
    ]
    assert vssfsm.check(path).inputs[0].format == "vssadmin"
    path.write_text('{"actor": "writer", "event": "Freeze", "x": "vssadmin 1.1"}\n', "utf-8")
    assert vssfsm.check(path).inputs[0].format == "jsonl"


STAMPS = ("2026-03-03 02:00:00,123 INFO vss: ", "[03.03.2026 02:00:00] ", "02:00:00.5 [12] job - ")


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_log_puts_before_each_line_is_none_of_it(
    language: str, stamp: str, tmp_path: Path
) -> None:
    """Where no label is known, times and what all lines begin with are taken away."""
    path = tmp_path / "t.txt"
    text = "vssadmin 1.1 - x\n\n" + spoken(language)
    for whole in (text, spoken(language), spoken(language).replace("\n", "<br>\n"), "stripped"):
        stamped = re.sub(r"(?m)^(?!\Z)", stamp, text if whole == "stripped" else whole)
        if whole == "stripped":
            stamped = "\n".join(line.rstrip() for line in stamped.split("\n"))
        path.write_text(f"Hello,\nsee: below\n{stamped}\nBye\n", "utf-8")
        assert [(item.writer, item.state, item.writer_id) for item in blocks(path)] == [
            ("System Writer", 8, SYSTEM[0].strip("{}"))
        ] * 3
        read = vssfsm.check(path).inputs[0]
        assert (read.format, read.unread) == ("vssadmin", 0)


@pytest.mark.parametrize("quote", ["'", ""])
@pytest.mark.parametrize("language", ["cs", "ja", "ru", "fr", "de"])
def test_an_event_above_a_listing_names_none_of_its_writers(
    language: str, quote: str, tmp_path: Path
) -> None:
    """The nearest line names a writer, not one whose label happens to be known."""
    path = tmp_path / "t.txt"
    context = f'Writer Class Id: {SQL[0]}\nWriter Name: NTDS\nCommand Line: "C:\\a.exe" b\n'
    listed = spoken(language).replace("'System Writer'", f"{quote}System Writer{quote}")
    path.write_text(f"Hello,\n{context}Process ID: 2552\n\n{listed}", "utf-8")
    assert [item.writer for item in blocks(path)] == ["System Writer"] * 3
