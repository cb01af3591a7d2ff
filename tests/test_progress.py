"""Progress: on a terminal, of what takes long, and gone before the report."""

import io
import json
import sys
import time
from pathlib import Path

import pytest

from vssfsm.cli import main
from vssfsm.progress import shown
from vssfsm.run import check
from vssfsm.traces.unpack import METER


class Terminal(io.StringIO):
    """A terminal that keeps what was written."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def wait_for(text: str, stream: io.StringIO) -> None:
    """Wait until *text* was written; half a minute is enough for any machine."""
    end = time.monotonic() + 30
    while text not in stream.getvalue():
        assert time.monotonic() < end, stream.getvalue()
        time.sleep(0.01)


def test_the_line_names_the_input_and_goes() -> None:
    """It says which of how many inputs is judged, and is overwritten with blanks at the end."""
    stream = Terminal()
    with shown(stream, wait_s=0) as watch:
        watch("big\x1b[1m.jsonl", 2, 3)
        wait_for("big", stream)
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "(2 of 3), " in text
    last = text.removesuffix("\r").rpartition("\r")[2]
    assert last == " " * len(last)
    assert len(last) >= len("checking big.jsonl (2 of 3), 0 s")


def test_the_line_says_how_much_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file the share that was read is shown, of anything else none."""
    record = json.dumps({"actor": "writer", "event": "Identify", "writer": "w"}) + "\n"
    monkeypatch.chdir(tmp_path)
    path = Path("long.jsonl")
    path.write_text(record * 4_000, encoding="utf-8")
    stream = Terminal()
    with shown(stream, wait_s=0) as watch:
        check(path)
        watch(str(path), 1, 1)
        wait_for("long.jsonl, 100 % read, ", stream)
        METER.taken = path.stat().st_size // 4
        wait_for("long.jsonl, 25 % read, ", stream)
        watch("-", 1, 1)
        wait_for("checking -, ", stream)


def test_what_is_quick_shows_nothing() -> None:
    """Within the first second nothing is written."""
    stream = Terminal()
    with shown(stream, wait_s=60) as watch:
        watch("small.jsonl", 1, 1)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_the_report_is_the_same(
    kind: type[io.StringIO],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """A terminal for errors changes nothing of the report."""
    path = tmp_path / "t.jsonl"
    path.write_text(json.dumps({"actor": "writer", "event": "Identify", "writer": "w"}) + "\n")
    monkeypatch.setattr(sys, "stderr", kind())
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out.startswith("CONFORMS")


def test_each_input_is_told(tmp_path: Path) -> None:
    """`check` tells of every input in turn."""
    paths = [tmp_path / name for name in ("a.jsonl", "b.jsonl")]
    for path in paths:
        path.write_text(json.dumps({"actor": "writer", "event": "Identify", "writer": "w"}) + "\n")
    told: list[tuple[str, int, int]] = []
    check(*paths, watch=lambda *one: told.append(one))
    assert told == [(str(paths[0]), 1, 2), (str(paths[1]), 2, 2)]
