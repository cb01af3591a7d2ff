"""XES in and out: what a log of process mining holds, and what is refused."""

import json
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.core.record import Record
from vssfsm.traces.columns import columns_of
from vssfsm.traces.reading import Entered, Reading, enter
from vssfsm.traces.xes import render

DEMO = Path(vssfsm.__file__).parents[1] / "demo"
HEAD = '<log xes.version="1849-2016">'


def event(name: str, **more: str) -> str:
    """Give an event of a foreign log."""
    keys = {"concept:name": name, "actor": "writer", "writer": "w"} | more
    inner = "".join(f'<string key="{key}" value="{value}"/>' for key, value in keys.items())
    return f"<event>{inner}</event>\n"


def trace(name: str, *events: str) -> str:
    """Give a trace of a foreign log."""
    return f'<trace><string key="concept:name" value="{name}"/>\n{"".join(events)}</trace>\n'


def read(path: Path, wanted: str = "auto", **columns: dict[str, str]) -> list[Record]:
    """Give the records of a log."""
    with enter(str(path), wanted, columns_of(**columns)) as entered:
        assert isinstance(entered, Entered)
        assert entered.format == "xes"
        return [record for record, _ in Reading(entered)]


def log(path: Path, *traces: str) -> Path:
    """Write a log."""
    path.write_text(f"{HEAD}\n{''.join(traces)}</log>\n", "utf-8")
    return path


# --- a foreign log -----------------------------------------------------------
def test_standard_attributes_are_read(tmp_path: Path) -> None:
    """The name of an event is the event, the name of a trace the session; lines are real."""
    path = log(
        tmp_path / "a.xes",
        trace("s1", event("PrepareBackup", **{"time:timestamp": "2026-03-03T01:00:00+01:00"})),
    )
    (record,) = read(path)
    assert (record.event, record.session, record.writer) == ("PrepareBackup", "s1", "w")
    assert (record.line, record.time_ns) == (3, 1_772_496_000_000_000_000)
    assert vssfsm.check(path).inputs[0].observation == "complete"


def test_a_broken_rule_is_found_in_a_foreign_log(tmp_path: Path) -> None:
    """A Thaw without a Freeze is an error with its line; the legal twin is none."""
    bad = log(tmp_path / "bad.xes", trace("s1", event("PrepareBackup"), event("Thaw")))
    run = vssfsm.check(bad)
    assert [(f.severity, f.line) for f in run.findings if f.severity == "error"] == [("error", 4)]
    good = log(tmp_path / "good.xes", trace("s1", event("PrepareBackup"), event("BackupComplete")))
    assert vssfsm.check(good).exit_code() == 0


def test_order_across_traces_is_that_of_times_or_unknown(tmp_path: Path) -> None:
    """Events of two traces are put in order by their times; without any they are partial."""
    times = ["2026-03-03T01:00:0" + second for second in "0213"]
    events = [event("PrepareBackup", time=moment) for moment in times]
    path = log(tmp_path / "a.xes", trace("s1", *events[:2]), trace("s2", *events[2:]))
    assert [record.session for record in read(path)] == ["s1", "s2", "s1", "s2"]
    path = log(
        tmp_path / "b.xes",
        trace("s1", event("PrepareBackup")),
        trace("s2", event("PrepareBackup")),
    )
    assert {record.observation for record in read(path)} == {"partial"}
    path = log(tmp_path / "c.xes", trace("s1", event("PrepareBackup")))
    assert {record.observation for record in read(path)} == {None}


def test_attributes_may_stand_for_keys(tmp_path: Path) -> None:
    """Settings say what the attributes of another program mean."""
    path = tmp_path / "a.xes"
    path.write_text(
        f'{HEAD}<trace><event><string key="Activity" value="OnFreeze"/></event></trace></log>',
        "utf-8",
    )
    (record,) = read(path, names={"Activity": "event"}, constants={"actor": "writer"})
    assert (record.event, record.actor) == ("Freeze", "writer")


# --- there and back ----------------------------------------------------------
ODD = [
    {"actor": "writer", "event": "Freeze", "writer": "a\tb\r\n<&>\"'\x00", "state": 3},
    {"actor": "writer", "event": "Thaw", "x": [1, {"y": None}], "ü": 1.5, "b": True, "": "n"},
    {"event": 7, "time": 10**30, "actor": "writer"},
    {"time": -(10**18), "session": "s\x01", "actor": "requester", "event": "Release"},
    {"time": "2026-03-03T01:00:00Z", "host": "h", "session": "s"},
]


def test_every_value_comes_back(tmp_path: Path) -> None:
    """Keys, types and order are kept, whatever XML can hold."""
    path = tmp_path / "a.xes"
    path.write_bytes(render(ODD))
    with enter(str(path), "auto") as entered:
        assert isinstance(entered, Entered)
        rows = list(entered.reader.rows(entered.opened))
    for row, values in zip(rows, ODD, strict=True):
        assert {key: value for key, value in (row.values or {}).items() if key in values} == {
            key: str(value) if type(value) in (int, bool) else value
            for key, value in values.items()
        } | ({"b": "true"} if "b" in values else {})
    parts = ET.fromstring(path.read_bytes())  # noqa: S314 - our own
    dates = [item.get("value") for item in parts.iter() if item.tag.endswith("date")]
    assert dates == ["1938-04-24T22:13:20.000000000+00:00", "2026-03-03T01:00:00Z"]


def test_a_demo_gives_the_same_findings_there_and_back(tmp_path: Path) -> None:
    """`convert --to xes` and `check` agree with `check` alone."""
    for path in sorted(DEMO.glob("*.jsonl")):
        values = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
        made = tmp_path / f"{path.stem}.xes"
        made.write_bytes(render(values))
        again, before = vssfsm.check(made), vssfsm.check(path)
        told = [[(f.rule, f.severity, f.event) for f in run.findings] for run in (again, before)]
        assert told[0] == told[1]


# --- what is refused ---------------------------------------------------------
BAD = {
    "entities": '<!DOCTYPE log [<!ENTITY a "b">]>' + HEAD + "</log>",
    "document type": "<!DOCTYPE log SYSTEM 'x'>" + HEAD + "</log>",
    "deep": HEAD + "<a>" * 100_000 + "</a>" * 100_000 + "</log>",
    "cut": HEAD + "<trace><event>",
    "no xml": HEAD + "<trace></event></log>",
    "undeclared": HEAD + "<trace>&a;</trace></log>",
    "two roots": HEAD + "</log><log/>",
    "encoding": '<?xml version="1.0" encoding="klingon"?>' + HEAD + "</log>",
    "nul": HEAD + "\x00</log>",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_no_log_needs_is_a_finding(text: str, tmp_path: Path) -> None:
    """Entities, depth and damage give one finding, fast, and exit code 3."""
    path = tmp_path / "a.xes"
    path.write_text(text, "utf-8")
    start = time.process_time()
    run = vssfsm.check(path, input_format="xes")
    assert [item.rule for item in run.findings] == ["INP114"]
    assert run.exit_code() == 3
    assert time.process_time() - start < 2


def test_events_before_the_damage_are_read(tmp_path: Path) -> None:
    """What stands before a cut is judged, and what stood behind is a hole."""
    path = log(tmp_path / "a.xes", trace("s", event("PrepareBackup"), event("Thaw"), event("Thaw")))
    path.write_text(path.read_text("utf-8")[:-120], "utf-8")
    run = vssfsm.check(path)
    assert (run.counts["records"], run.counts["unread"], run.counts["errors"]) == (3, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "iso-8859-1"])
def test_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    """What the mark or the declaration says is how it is read."""
    path = tmp_path / "a.xes"
    declared = f'<?xml version="1.0" encoding="{encoding}"?>\n' if encoding[0] == "i" else ""
    text = f"{declared}{HEAD}{trace('s', event('Freeze', writer='Müller'))}</log>"
    path.write_bytes(text.encode(encoding))
    assert [record.writer for record in read(path)] == ["Müller"]


WHOLE = render([json.loads(line) for line in (DEMO / "clean.jsonl").read_text("utf-8").split("\n")
                if line])  # fmt: skip


@given(data=st.binary(max_size=40), at=st.integers(0, len(WHOLE)), drop=st.integers(0, 60))
def test_arbitrary_bytes_are_read_or_told(
    data: bytes, at: int, drop: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in a log, nothing raises."""
    path = tmp_path_factory.getbasetemp() / "any.xes"
    path.write_bytes(WHOLE[:at] + data + WHOLE[at + drop :])
    run = vssfsm.check(path, input_format="xes")
    assert run.exit_code() in (0, 1, 3)
