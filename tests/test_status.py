"""Status lines of diskshadow, vshadow and betest: what is read, and where."""

import html
import re
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.vocabulary import WRITER_STATES
from vssfsm.traces.readers.status import read
from vssfsm.traces.source import open_input

STATUS = Path(__file__).parent / "data" / "status"
SYSTEM = ("e8132975-6f93-4464-a53e-1050253ae220", "0c1d7b0e-6e36-4f6a-8a5f-3f1c5f0f2a11")
SQL = ("a65faa63-5ea8-4ebc-9dbd-a0c4db26912a", "77d3b0b1-51e2-4a0f-9f0a-6c1f8a3c1d22")
NONE = (None, None)
OK = "S_OK"
RETRYABLE = "VSS_E_WRITERERROR_RETRYABLE"
NONRETRYABLE = "VSS_E_WRITERERROR_NONRETRYABLE"
TIMEOUT = "VSS_E_WRITERERROR_TIMEOUT"

Block = tuple[int, str | None, str | None, str | None, int | None, str | None]


def block(
    line: int, name: str | None, ids: tuple[str | None, ...], state: int | None, code: str | None
) -> Block:
    """Give what a block has to be read as."""
    return (line, name, *ids, state, code)


DISKSHADOW = [
    block(9, "System Writer", SYSTEM, 5, OK),
    block(15, "SqlServerWriter", SQL, 8, NONRETRYABLE),
]
#: transcript -> blocks, exit code
EXPECTED: dict[str, tuple[list[Block], int]] = {
    "diskshadow-old": (DISKSHADOW, 0),
    "diskshadow-new": (DISKSHADOW, 0),
    "vshadow": (
        [
            block(3, "SqlServerWriter", SQL, 9, TIMEOUT),
            block(8, "Example Mail Writer", SYSTEM, 15, NONRETRYABLE),
        ],
        0,
    ),
    "betest": (
        [
            block(2, "System Writer", NONE, 1, OK),
            block(3, "Example Mail Writer", NONE, 1, RETRYABLE),
            block(4, "SqlServerWriter", NONE, 9, TIMEOUT),
            block(5, "Registry Writer", NONE, 9, None),
        ],
        0,
    ),
    "product-log": ([block(3, "SqlServerWriter", SQL, 9, TIMEOUT)], 0),
    "requester-log": (
        [
            block(1, "SqlServerWriter", NONE, 9, None),
            block(2, "Example Mail Writer", NONE, 7, None),
        ],
        0,
    ),
    "typographic": ([block(4, "System Writer", SYSTEM, 5, OK)], 0),
    "metadata": ([block(8, None, NONE, None, None)], 3),
}


def text_of(name: str) -> str:
    """Give a transcript."""
    return (STATUS / f"{name}.txt").read_text("utf-8")


def blocks(path: Path) -> list[Block]:
    """Give what the reader makes of *path*."""
    names = {code: name for name, code in HRESULTS.items()}
    opened = open_input(str(path))
    with opened.stream:
        return [
            block(
                r.line,
                r.writer,
                (r.writer_id, r.instance),
                r.state,
                None if r.failure is None else names[r.failure],
            )
            for r, _ in read(opened)
        ]


def told(path: Path) -> list[str]:
    """Give the rules about reading that *path* breaks."""
    run = vssfsm.check(path, input_format="status")
    return [item.rule for item in run.findings if item.family == "INP"]


def test_every_transcript_is_expected() -> None:
    """No transcript stands there without saying what it shows."""
    assert sorted(path.stem for path in STATUS.iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_blocks_of_a_transcript(name: str) -> None:
    """Each writer gives name, ids, state and failure on the line of its state."""
    assert blocks(STATUS / f"{name}.txt") == EXPECTED[name][0]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "metadata"])
def test_a_transcript_is_told_by_its_content(name: str) -> None:
    """The format is seen, nothing is accused, what stands around is prose."""
    run = vssfsm.check(STATUS / f"{name}.txt")
    assert (run.exit_code(), run.counts["errors"]) == (EXPECTED[name][1], 0)
    assert [(item.format, item.observation) for item in run.inputs] == [("status", "sampled")]
    assert run.counts["unread"] == 0
    assert run.counts["failed_writers"] == sum(
        b[4] > 5 or b[5] not in (OK, None) for b in EXPECTED[name][0]
    )


def test_a_list_of_metadata_holds_no_status() -> None:
    """Writers without states are no records; that is told."""
    assert told(STATUS / "metadata.txt") == ["INP112"]


@pytest.mark.parametrize("state", WRITER_STATES, ids=lambda state: state.name)
def test_every_state_of_betest(state: object, tmp_path: Path) -> None:
    """States of betest have no prefix; with it they are the same."""
    path = tmp_path / "t.txt"
    for name in (state.name, f"VSS_WS_{state.name}"):
        path.write_text(f"Status for writer A: b: {name}(0x80070005)\n", "utf-8")
        assert blocks(path) == [block(1, "A: b", NONE, state.number, "E_ACCESSDENIED")]


def test_metadata_behind_a_status_list_is_prose(tmp_path: Path) -> None:
    """A list without states does not make the one before it incomplete."""
    path = tmp_path / "t.txt"
    path.write_text(text_of("diskshadow-old") + text_of("metadata"), "utf-8")
    assert (blocks(path), told(path)) == (DISKSHADOW, [])


MANGLED = {
    "flat": lambda text: "\n".join(line.strip() for line in text.split("\n")),
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "mail": lambda text: "".join(f"> {line}\n" for line in text.split("\n")),
    "mail-twice": lambda text: "".join(f">> {line}\n" for line in text.split("\n")),
    "spaces": lambda text: text.replace("\n", "   \n"),
    "tabs": lambda text: text.replace("        -", "\t-"),
    "quotes": lambda text: text.replace('"', "”"),
    "breaks": lambda text: text.replace("\n", "<br>\n"),
    "entities": lambda text: html.escape(html.escape(text)),
    "spaces of a page": lambda text: text.replace(" ", "&nbsp;"),
    "dashes": lambda text: text.replace("-", "\u2013"),
    "list": lambda text: re.sub(r"(?m)^ *(\S)", r"- \1", text),
    "stamped": lambda text: re.sub(r"(?m)^", "[2026-03-03 02:00:00.1] ", text),
    "underlined": lambda text: re.sub(r"(?m)^ *(\S.*)$", r"_\1_", text),
    "bold": lambda text: text.replace("- Status", "- **Status").replace(")", ")**"),
}


@pytest.mark.parametrize("how", MANGLED)
@pytest.mark.parametrize("name", [name for name in EXPECTED if name != "metadata"])
def test_what_transport_does_changes_no_block(name: str, how: str, tmp_path: Path) -> None:
    """Lost indentation, line ends, quoting and emphasis lose nothing."""
    path = tmp_path / "t.txt"
    path.write_bytes(MANGLED[how](text_of(name)).encode())
    assert blocks(path) == EXPECTED[name][0]
    assert vssfsm.check(path).inputs[0].format == "status"


JOINED = ("diskshadow-old", "diskshadow-new", "vshadow", "betest", "requester-log", "product-log")


@pytest.mark.parametrize("name", JOINED)
def test_lines_that_were_joined_are_told_apart(name: str, tmp_path: Path) -> None:
    """A mail may have lost every line end: no writer is lost, and none takes what is another's."""
    path = tmp_path / "t.txt"
    path.write_text(" ".join(text_of(name).split()), "utf-8")
    assert [b[1:] for b in blocks(path)] == [b[1:] for b in EXPECTED[name][0]]


@pytest.mark.parametrize("count", range(8, 19))
def test_a_cut_transcript_keeps_what_was_whole(count: int, tmp_path: Path) -> None:
    """Blocks before the cut are those of the whole, and a cut one is told."""
    path = tmp_path / "t.txt"
    path.write_text("".join(text_of("diskshadow-old").splitlines(keepends=True)[:count]), "utf-8")
    whole = [b[:2] for b in DISKSHADOW if b[0] < count]
    assert [b[:2] for b in blocks(path) if b[5] is not None] == whole
    cut = count in (9, 14, 15)  # behind a name or a state
    assert told(path) == (["INP112"] if count == 8 else ["INP111"] if cut else [])


def _wrapped(text: str, width: int, mark: str = "") -> str:
    """Wrap each line as a mail does."""
    kept = (textwrap.wrap(line, width, break_on_hyphens=False) or [""] for line in text.split("\n"))
    return "".join(f"{mark}{line}\n" for lines in kept for line in lines)


@pytest.mark.parametrize("mark", ["", "> ", "\n"])
@pytest.mark.parametrize("width", [72, 78])
@pytest.mark.parametrize("name", [*JOINED, "typographic"])
def test_lines_that_a_mail_wrapped_are_whole(
    name: str, width: int, mark: str, tmp_path: Path
) -> None:
    """A status goes on below its beginning, with a blank line or without."""
    path = tmp_path / "t.txt"
    path.write_text(_wrapped(text_of(name), width, mark), "utf-8")
    assert [b[1:] for b in blocks(path)] == [b[1:] for b in EXPECTED[name][0]]
    read = vssfsm.check(path).inputs[0]
    assert (read.format, read.unread, read.lines.unread if read.lines else 1) == ("status", 0, 0)


BEGUN = (
    "Status for writer SqlServerWriter: ",
    "* WRITER SqlServerWr",
    "* WRITER SqlServerWriter\n        - Sta",
    "ERROR: Selected writer 'SqlServerWriter' is in",
    "GetWriterStatus FAILED for Selected writer [SqlServerWriter], writer",
)


@pytest.mark.parametrize("begun", BEGUN)
def test_a_line_that_was_cut_before_its_status_is_told(begun: str, tmp_path: Path) -> None:
    """It was about to tell of a writer, whose name may be cut as well; other words are prose."""
    path = tmp_path / "t.txt"
    path.write_text(text_of("diskshadow-new") + begun, "utf-8")
    assert (vssfsm.check(path).exit_code(), told(path)) == (3, ["INP111"])
    opened = open_input(str(path))
    with opened.stream:
        (hole,) = (record for record, _ in read(opened) if record.hole)
    assert (hole.writer, hole.event) == (None, None)
    path.write_text(
        text_of("diskshadow-new") + f"See {begun.rsplit(maxsplit=1)[-1]} below.\n", "utf-8"
    )
    assert (vssfsm.check(path).exit_code(), told(path)) == (0, [])


def test_a_block_with_several_failure_codes_is_told(tmp_path: Path) -> None:
    """Which of them counts nobody knows; where they agree, nothing is wrong."""
    path = tmp_path / "t.txt"
    text = text_of("diskshadow-new")
    line = next(one for one in text.split("\n") if "Failure code" in one)
    other = line[: line.index("0x")] + "0x800423f3"
    for second, codes in ((line, []), (other, ["INP111"])):
        path.write_text(text.replace(line, f"{line}\n{second}", 1), "utf-8")
        assert (vssfsm.check(path).exit_code(), told(path)) == (3 if codes else 0, codes)
    assert blocks(path)[0][-1] is None


def test_writers_without_names_stay_apart(tmp_path: Path) -> None:
    """A state is one writer's, also where the names were filtered out."""
    path = tmp_path / "t.txt"
    kept = [line for line in text_of("diskshadow-old").split("\n") if "WRITER " not in line]
    path.write_text("\n".join(kept), "utf-8")
    assert [b[2:] for b in blocks(path)] == [b[2:] for b in DISKSHADOW]


@given(data=st.binary(max_size=100), name=st.sampled_from(sorted(EXPECTED)), at=st.integers(0, 900))
def test_arbitrary_bytes_are_read_or_told(
    data: bytes, name: str, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in a transcript, nothing raises and nothing is accused."""
    path = tmp_path_factory.getbasetemp() / "any.txt"
    text = text_of(name).encode()
    path.write_bytes(text[:at] + data + text[at:])
    run = vssfsm.check(path, input_format="status")
    # A digit that was put in may make a number that is no state.
    assert {item.rule for item in run.findings if item.severity == "error"} <= {"STS202"}


def test_shares_of_a_transcript_name_what_is_known() -> None:
    """Heading, footer and refused calls are known; a line of a block is used."""
    share = vssfsm.check(STATUS / "diskshadow-old.txt").inputs[0].lines
    assert share is not None
    assert (share.used, share.unread) == (10, 0)
    assert {"heading", "footer"} <= {name for name, _ in share.known}


def test_a_status_that_is_none_is_unread(tmp_path: Path) -> None:
    """A state of no known name leaves its line unread, and the others used."""
    path = tmp_path / "t.txt"
    path.write_text("Status for writer X: FOO (0x0)\n" + text_of("betest"), "utf-8")
    whole = vssfsm.check(STATUS / "betest.txt").inputs[0].lines
    share = vssfsm.check(path).inputs[0].lines
    assert whole
    assert share == whole._replace(unread=whole.unread + 1)


def test_a_refused_call_is_told_and_not_used(tmp_path: Path) -> None:
    """Diskshadow prints the code without its prefix, and not which call it was."""
    path = tmp_path / "t.txt"
    text = (STATUS / "diskshadow-old.txt").read_text("utf-8")
    path.write_text(f"{text}- Returned HRESULT: 80042306\n- Error text: VSS_E_X\n", "utf-8")
    (item,) = vssfsm.check(path).inputs
    assert [(one.name, one.times) for one in item.seen] == [("VSS_E_PROVIDER_VETO", 2)]
    assert item.lines is not None
    assert {("refused call", 2), ("text of an error", 2)} <= {*item.lines.known}


def test_a_refused_call_alone_is_told(tmp_path: Path) -> None:
    """A transcript without writers is no success, and the code of the call that failed is named."""
    path = tmp_path / "t.txt"
    path.write_text("- Returned HRESULT: 80042306\n- Error text: VSS_E_PROVIDER_VETO\n", "utf-8")
    run = vssfsm.check(path)
    assert (run.exit_code(), [item.rule for item in run.findings]) == (3, ["INP112"])
    assert [one.name for one in run.inputs[0].seen] == ["VSS_E_PROVIDER_VETO"]
    path.write_text("Returned HRESULT of something: 8004\n", "utf-8")
    assert vssfsm.check(path).inputs[0].format == "unknown"


def test_length_costs_no_time(tmp_path: Path) -> None:
    """Long runs of digits, hyphens and spaces are passed over as fast as others."""
    path = tmp_path / "t.txt"
    start = time.process_time()
    for sign in ("1", "-", " - ", "* ", "Status for writer "):
        path.write_text(f"Status for writer A: STABLE(0x00000000)\n{sign * 200_000}\n" * 2, "utf-8")
        read = vssfsm.check(path, input_format="status").inputs[0]
        assert read.records - read.unread == 2
    assert time.process_time() - start < 20
