"""Pictures of whole operations: what is drawn is legal, and follows from the rows."""

import json
import re
from pathlib import Path

import pytest

import vssfsm
from vssfsm.draw import SEQUENCES, draw, picture, sequence_dot, sequence_mermaid
from vssfsm.draw.graph import NOTED
from vssfsm.draw.sequence import (
    BEGIN,
    CALL,
    EVENT,
    LANES,
    RETURN,
    SERVICE,
    WORK,
    WRITERS,
    Chart,
    Step,
    draw_sequence,
)
from vssfsm.errors import MissingExtra
from vssfsm.spec.deadlines import FREEZE
from vssfsm.spec.methods import ASYNC, METHOD
from vssfsm.spec.notes import EVENTS, FLUSH_AND_HOLD_S
from vssfsm.spec.raises import RAISED_BY, RAISES
from vssfsm.spec.sequences import EACH
from vssfsm.spec.sources import PAGES
from vssfsm.spec.vocabulary import HANDLERS

NAMES = sorted(SEQUENCES)


# --- Which call raises which events ------------------------------------------
def test_raises_is_what_the_notes_say() -> None:
    """Each event's note begins with the call that raises it; no other call is named first."""
    for event, note in EVENTS.items():
        named = re.match(r"the (?:requester's|last) (\w+)", note.raised_by)
        assert named is not None
        assert named[1] == RAISED_BY[event]


def test_raises_knows_every_event_once() -> None:
    """Every handler of a writer is raised by one known call, and in the order of a lifecycle."""
    raised = [event for events in RAISES.values() for event in events]
    assert sorted(raised) == sorted(HANDLERS)
    assert set(RAISES) <= {*METHOD, "Release"}
    assert RAISES["DoSnapshotSet"] == ("PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot")


# --- The lists are legal -----------------------------------------------------
def records(name: str) -> list[dict[str, object]]:
    """Give the trace of a sequence: its calls, their results, and the events of one writer."""
    drawn = [step for step in draw_sequence(name).steps if step.kind == EVENT]
    trace: list[dict[str, object]] = []
    for call in SEQUENCES[name].calls:
        keys = {"args": {"context": "VSS_CTX_BACKUP"}} if call == "SetContext" else {}
        trace.append({"actor": "requester", "event": call, **keys})
        while drawn and drawn[0].text in RAISES.get(call, ()):
            step = drawn.pop(0)
            state = {"state": step.state.reported, "failure": "S_OK"} if step.state else {}
            trace.append({"actor": "writer", "event": step.text, "outcome": "ok", **state})
        if call in ASYNC:
            trace.append({"actor": "requester", "event": "Wait", "of": call})
            result = {"of": call, "async_result": "VSS_S_ASYNC_FINISHED"}
            trace.append({"actor": "requester", "event": "QueryStatus", **result})
    assert not drawn
    return [{**record, "session": "S", "instance": "I"} for record in trace]


def judge(trace: list[dict[str, object]]) -> list[vssfsm.Finding]:
    """Give all findings of a trace."""
    monitor = vssfsm.Monitor()
    findings = [finding for record in trace for finding in monitor.feed(record)]
    return [*findings, *monitor.close()]


@pytest.mark.parametrize("release", ["2003", "2019", None])
@pytest.mark.parametrize("name", NAMES)
def test_sequences_are_legal(name: str, release: str | None, tmp_path: Path) -> None:
    """A whole operation conforms, without any finding, on old releases and on new ones."""
    assert judge(records(name)) == []
    path = tmp_path / "trace.jsonl"
    path.write_text("\n".join(map(json.dumps, records(name))), encoding="utf-8")
    run = vssfsm.check(path, release=release)
    assert (run.verdict, run.findings, run.inconclusive) == ("CONFORMS", (), ())


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        *(
            ("sequence-backup", c)
            for c in ("SetBackupState", "StartSnapshotSet", "PrepareForBackup")
        ),
        *(("sequence-restore", c) for c in ("InitializeForRestore", "PreRestore")),
    ],
)
def test_a_sequence_without_a_call_is_illegal(name: str, left_out: str) -> None:
    """The judge is awake: a call that is left out is found."""
    trace = [r for r in records(name) if left_out not in (r["event"], r.get("of"))]
    assert any(finding.severity in ("error", "warning") for finding in judge(trace))


@pytest.mark.parametrize("name", NAMES)
def test_sequences_have_sources(name: str) -> None:
    """Each list cites known pages and known methods, and works right before one of its calls."""
    sequence = SEQUENCES[name]
    assert sequence.sources
    assert set(sequence.sources) <= set(PAGES)
    assert set(sequence.calls) <= {*METHOD, "Release"}
    assert set(sequence.work) <= set(sequence.calls)
    assert set(EACH) <= set(METHOD)


# --- The steps ---------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_every_call_is_drawn_once_and_in_order(name: str) -> None:
    """Calls share arrows, and none is lost; asynchronous ones have one of their own."""
    steps = [step for step in draw_sequence(name).steps if step.kind in (CALL, BEGIN)]
    drawn = [call for step in steps for call in step.text.replace(" *", "").split(", ")]
    assert tuple(c for c in drawn if c not in ("Wait", "QueryStatus")) == SEQUENCES[name].calls
    begun = [step.text for step in steps if step.kind == BEGIN]
    assert begun == [call for call in SEQUENCES[name].calls if call in ASYNC]
    assert drawn.count("Wait") == len(begun)


@pytest.mark.parametrize("name", NAMES)
def test_every_asynchronous_call_returns(name: str) -> None:
    """There is one return for each, between the coordinator and the requester."""
    returns = [step for step in draw_sequence(name).steps if step.kind == RETURN]
    assert len(returns) == sum(call in ASYNC for call in SEQUENCES[name].calls)


def test_states_of_a_backup_follow_from_the_rows() -> None:
    """Each event of the lifecycle says what the writer reports then; Identify says nothing."""
    steps = [step for step in draw_sequence("sequence-backup").steps if step.kind == EVENT]
    assert [(s.text, s.state.reported if s.state else None) for s in steps] == [
        ("Identify", None),
        ("PrepareBackup", 1),
        ("PrepareSnapshot", 2),
        ("Freeze", 3),
        ("Thaw", 4),
        ("PostSnapshot", 5),
        ("BackupComplete", 1),
        ("BackupShutdown", 1),
    ]
    assert steps[-1].line == "OPEN"


def test_a_restore_has_no_shutdown() -> None:
    """An event that would cost a note is not drawn, though the call may raise it."""
    steps = draw_sequence("sequence-restore").steps
    assert [step.text for step in steps if step.kind == EVENT] == [
        *("Identify", "PreRestore", "PostRestore"),
    ]
    assert all(step.line != NOTED for step in steps)
    assert draw_sequence("sequence-restore").window is None


def test_the_freeze_is_marked_with_its_budgets() -> None:
    """The window spans Freeze to Thaw; volumes are flushed inside of it; numbers are the rows'."""
    chart = draw_sequence("sequence-backup")
    assert chart.window is not None
    first, last = chart.window
    inside = chart.steps[first : last + 1]
    assert (inside[0].text, inside[-1].text) == (FREEZE.start, FREEZE.end)
    assert inside[0].detail == "front end, then back end, then system"
    assert [step.kind for step in inside] == [EVENT, WORK, EVENT]
    assert f"at most {FLUSH_AND_HOLD_S:g} s" in inside[1].text
    assert f"{FREEZE.budget_s:g} s" in chart.budget


# --- Text --------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_dot_places_everything(name: str) -> None:
    """Every node of the DOT text has a place, and every arrow ends at nodes that are there."""
    text = draw(name, "dot")
    assert isinstance(text, str)
    nodes = re.findall(r'^  ("[^"]+"|legend) \[(.*)\];$', text, re.MULTILINE)
    assert all(re.search(r'pos="-?[\d.]+,-?[\d.]+!"', facts) for _, facts in nodes)
    keys = [key for key, _ in nodes]
    assert len(keys) == len(set(keys))
    arrows = re.findall(r'^  ("[^"]+") -> ("[^"]+") \[', text, re.MULTILINE)
    assert {key for ends in arrows for key in ends} <= set(keys)
    steps = [step for step in draw_sequence(name).steps if step.kind != WORK]
    assert len(arrows) == len(steps) + len(LANES)


@pytest.mark.parametrize("name", NAMES)
def test_mermaid_draws_every_step(name: str) -> None:
    """There is an arrow for each step between lanes, and what is opened is closed."""
    text = draw(name, "mermaid")
    assert isinstance(text, str)
    lines = text.splitlines()
    assert lines[3] == "sequenceDiagram"
    arrows = [line for line in lines if re.match(r"  \w+(->>|-\)|-->>)\w+: .", line)]
    steps = draw_sequence(name).steps
    assert len(arrows) == sum(step.kind != WORK for step in steps)
    notes = sum(line.startswith("  Note right of writers: ") for line in lines)
    assert notes == sum(step.state is not None for step in steps) + lines.count("  end")
    assert sum(line.startswith("  rect ") for line in lines) == lines.count("  end")


HOSTILE = 'a"b<c>&d\\e;f#g\n]\x1b'


def hostile() -> Chart:
    """Give a chart whose every text is hostile."""
    steps = (
        Step(CALL, "requester", SERVICE, HOSTILE),
        Step(EVENT, SERVICE, WRITERS, HOSTILE, HOSTILE, "STATED"),
        Step(WORK, SERVICE, SERVICE, HOSTILE),
    )
    return Chart("a-b", HOSTILE, steps, (1, 1), HOSTILE, HOSTILE)


def test_mermaid_escapes_text() -> None:
    """No text ends a line, a statement or a quoted title."""
    text = sequence_mermaid.render(hostile())
    body = text.split("sequenceDiagram\n")[1]
    assert "<c>" not in body
    assert not re.search(r";(?<!#lt;)(?<!#gt;)(?<!#59;)(?<!#35;)", body)
    assert text.splitlines()[1].startswith('title: "a\\"b')
    assert len(body.splitlines()) == len(LANES) + 7


def test_dot_escapes_text() -> None:
    """No text closes a label; with a renderer, the picture holds it as it is."""
    text = sequence_dot.render(hostile())
    assert "<c>" not in text
    assert "&lt;c&gt;&amp;d" in text
    assert text.count("<b>") == text.count("</b>")


def has_renderer() -> bool:
    """Tell whether anything that draws is installed."""
    try:
        picture.find_program()
    except MissingExtra:
        return False
    return True


drawing = pytest.mark.skipif(not has_renderer(), reason="neither dot nor graphviz-pure is there")


@drawing
@pytest.mark.parametrize("name", NAMES)
def test_pictures(name: str) -> None:
    """Steps stand below each other in the picture, as they are placed."""
    text = draw(name, "svg")
    assert isinstance(text, str)
    assert text.rstrip().endswith("</svg>")
    steps = [s for s in draw_sequence(name).steps if s.kind in (EVENT, BEGIN)]
    found = [re.search(rf'y="(-?[\d.]+)"[^>]*>{step.text}<', text) for step in steps]
    assert all(found)
    drawn = re.findall(r'<text [^>]*y="(-?[\d.]+)"[^>]*fill="#1f4e79"[^>]*>', text)
    heights = [float(height) for height in drawn]
    assert heights == sorted(heights)
    assert draw(name, "png")[:8] == b"\x89PNG\r\n\x1a\n"


@drawing
def test_hostile_text_can_be_drawn() -> None:
    """A renderer takes the escaped text, and gives it back."""
    svg = picture.render(sequence_dot.render(hostile()).replace("\x1b", ""), "svg").decode()
    assert "a&quot;b&lt;c&gt;&amp;d\\e;f#g" in svg
