"""The core by itself: what its small functions give, said literally."""

import gc

import pytest

from vssfsm.core import coverage, record, timeline
from vssfsm.core.finding import Finding, finding, one_accusation, participant
from vssfsm.core.garbage import RARELY, collected_rarely
from vssfsm.core.record import Record, Symbol
from vssfsm.core.table import COST, MARGIN, Move, Table, counts_of
from vssfsm.core.track import Track
from vssfsm.core.walk import Walk, permitted, walk_of
from vssfsm.spec.catalogue import REGIONS, RULES
from vssfsm.spec.rows import ERROR, FREE, INFO, OPEN, STATED, WARNING, Region, Row, State

WRITER = Table(REGIONS["writer"])


# --- records -----------------------------------------------------------------------
def test_classes_of_values():
    """Each value of a record has one class; what is missing has none, or stands for success."""
    assert record.failure_class(None) is None
    assert record.failure_class(0) == "S_OK"
    assert record.failure_class(0x800423F3) == "VSS_E_WRITERERROR_RETRYABLE"
    assert record.failure_class(0x80070005) == record.failure_class(0x1234) == "other"
    assert [record.state_class(n) for n in (None, 0, 5, 15)] == [
        None, "UNKNOWN", "WAITING_FOR_BACKUP_COMPLETE", "FAILED_AT_BACKUPSHUTDOWN",
    ]  # fmt: skip
    assert record.state_class(16) == record.state_class(-1) == "beyond"
    assert [record.code_class(n) for n in (None, 0, 1, 0x80070005)] == [
        *["success"] * 3, "E_ACCESSDENIED",
    ]  # fmt: skip


def test_codes_that_are_not_documented_are_told_by_their_block():
    """A code of VSS is told from others by its bytes, not by its name."""
    assert record.code_class(0x800423EE) == record.code_class(0x800424EE) == "other-vss"
    assert record.code_class(0x800425EE) == record.code_class(0x800422EE) == "other"


@pytest.mark.parametrize(
    ("hresult", "result"),
    [(None, "ok"), (0, "ok"), (1, "s_false"), (2, "ok"), (0x80004005, "failed")],
)
def test_results(hresult, result):
    """A missing code means success, S_FALSE is a success of its own, a failure is one."""
    assert record.symbol(Record(event="SetContext", hresult=hresult), None).result == result


def test_symbols_say_what_records_say():
    """The release of the record counts before the default; how a status was read is its event."""
    said = Record(event="Freeze", outcome="veto", state=9, failure=0x800423F3, release="10")
    seen = record.symbol(said, "xp")
    assert seen == Symbol(
        "Freeze", "veto", "FAILED_AT_FREEZE", "VSS_E_WRITERERROR_RETRYABLE", "ok", release="10",
        via=seen.via, code="success",
    )  # fmt: skip
    assert record.symbol(Record(event="Freeze"), "xp").release == "xp"
    events = ("GetWriterStatus", "GetWriterStatusEx", "Freeze", None)
    assert len({record.symbol(Record(event=event), None).via for event in events[:3]}) == 3
    assert record.symbol(Record(), None).via == seen.via


def test_masks_and_levels():
    """A mask is the documented one or another; a level has a name, a number, or is none."""
    assert record.symbol(Record(event="Subscribe"), None).mask is None
    masks = [record.symbol(Record(event="Subscribe", mask=n), None).mask for n in (6, 7, 2)]
    assert masks == ["6", "other", "other"]
    assert record.level_class(None) is None
    assert record.level_class(1) == record.level_class("VSS_APP_SYSTEM") == "VSS_APP_SYSTEM"
    assert record.level_class(77) == record.level_class("VSS_APP_AUTO") == record.level_class("x")


# --- findings ----------------------------------------------------------------------
def test_a_finding_says_what_its_rule_says():
    """A message adds to the rule's words behind a colon; without one they stand alone."""
    row = RULES["WTR101"]
    assert finding("WTR101").message == row.says
    assert finding("WTR101", "on line 3").message == f"{row.says}: on line 3"
    made = finding("WTR101", severity=INFO, line=7)
    assert (made.severity, made.line, made.rule, made.name) == (INFO, 7, "WTR101", row.name)
    assert finding("WTR101").severity == row.severity == ERROR
    other = next(r for r in REGIONS["writer"].rows if not r.to and r.severity != ERROR)
    assert finding("WTR101", row=other).severity == other.severity
    assert finding("WTR101", row=other).message == other.says


def test_whose_session_a_record_belongs_to():
    """A requester has no writer, whoever's status it reads."""
    where = {"host": "h", "session": "s", "writer": "w", "instance": "i"}
    assert participant("writer", **where) == ("writer", "h", "s", "w", "i")
    assert participant("requester", **where) == ("requester", "h", "s", "", "")
    assert finding("WTR101", actor="writer", **where).participant == ("writer", "h", "s", "w", "i")


def test_what_a_finding_is_about():
    """Family, region and place among the findings of an input."""
    made = finding("WTR101", line=4, instance="i")
    assert (made.family, made.region, made.order) == ("WTR", "writer", (4, "WTR101", "i"))
    assert finding("TIM101").region == ""
    shared = next(code for code in RULES if len(finding(code).region.split(" or ")) > 1)
    assert all(name in REGIONS for name in finding(shared).region.split(" or "))


def test_fingerprints_hold_no_place():
    """A finding elsewhere has the same name; another rule, writer, event or state has not."""
    made = finding("WTR101", line=4, writer="w", event="Freeze", states=("a", "b"))
    assert len(made.fingerprint) == 16
    assert made._replace(line=5, host="h", message="x").fingerprint == made.fingerprint
    others = [
        made._replace(rule="WTR102"), made._replace(writer="v"), made._replace(event="Thaw"),
        made._replace(states=("a",)), made._replace(blame="x"),
    ]  # fmt: skip
    assert len({one.fingerprint for one in (made, *others)}) == 6


def said(rule, severity, line=1, instance="i"):
    """Give a finding of a severity."""
    return Finding(rule, "", severity, "", line=line, instance=instance)


def test_one_record_of_one_participant_is_accused_once():
    """The most severe stays, among equals the first family; notes, other lines and others stay."""
    error, warning, note = (said("WTR101", s) for s in (ERROR, WARNING, INFO))
    assert one_accusation([warning, note, error], {}) == [note, error]
    assert one_accusation([error, warning], {}) == [error]
    twin = said("STS101", ERROR)
    assert one_accusation([error, twin], {}) == one_accusation([twin, error], {}) == [twin]
    assert one_accusation([error, error._replace(line=2)], {}) == [error, error._replace(line=2)]
    both = [error, said("WTR101", WARNING, instance="j")]
    assert one_accusation(both, {}) == both


def test_what_was_said_of_a_record_is_remembered():
    """A later error gives way to an equal one, but not to a warning; a note is no accusation."""
    error, warning, note = (said("WTR101", s) for s in (ERROR, WARNING, INFO))
    told = {}
    assert one_accusation([note], told) == [note]
    assert one_accusation([warning], told) == [warning]
    assert one_accusation([warning], told) == []
    assert one_accusation([error], told) == [error]
    assert one_accusation([error, warning, note], told) == [note]


# --- timelines ---------------------------------------------------------------------
def test_a_mark_says_what_the_record_says():
    """Every key that a timeline shows, and nothing where the record has none."""
    made = timeline.mark(
        Record(
            line=3, time_ns=5, at="return", host="h", session="s", actor="writer", event="Freeze",
            writer="W", writer_id="{x}", instance="i", outcome="veto", state=9,
            failure=0x800423F3, during="Freeze", args={"index": 1},
        )
    )  # fmt: skip
    assert made == timeline.Mark(
        3, 5, "h", "s", "writer", "W", "i", "Freeze",
        "return, veto, during Freeze, 9 FAILED_AT_FREEZE, VSS_E_WRITERERROR_RETRYABLE",
        "return", "veto", None, 9, 0x800423F3, {"index": 1},
    )  # fmt: skip
    assert timeline.mark(Record(line=1)) == timeline.Mark(1, None, *[""] * 7)
    assert timeline.mark(Record(writer_id="{x}")).writer == "{x}"


def test_marks_of_calls_and_of_holes():
    """Budgets stand beside Initialize alone; a hole says that it is one, and has no event."""
    assert timeline.mark(Record(event="InitializeEx", timeout_ms=7)).budget_ms == 7
    assert timeline.mark(Record(event="Freeze", timeout_ms=7)).budget_ms is None
    hole = timeline.mark(Record(event="Freeze", hole=True, outcome="ok"))
    assert (hole.event, hole.says) == ("", "could not be read")
    call = Record(event="QueryStatus", of="DoSnapshotSet", hresult=0, async_result=0x4230A)
    assert timeline.mark(call).says == "of DoSnapshotSet, S_OK, VSS_S_ASYNC_FINISHED"
    assert timeline.mark(Record(state=16)).says == "16 (no such state)"
    assert timeline.mark(Record(state=0)).says == "0 UNKNOWN"


# --- tables ------------------------------------------------------------------------
def test_costs_are_counted_apart():
    """A thousand notes are no warning, and a thousand warnings no error."""
    assert COST[FREE] == 0 < COST[INFO] * 1000 < COST[WARNING]
    assert COST[WARNING] * 1000 < COST[ERROR]
    assert counts_of(2 * COST[ERROR] + 3 * COST[WARNING] + 4) == {ERROR: 2, WARNING: 3, INFO: 4}
    assert 2 * COST[ERROR] == MARGIN


def test_beliefs_are_interned():
    """Equal beliefs are one object, whatever the order of their states."""
    one = WRITER.belief({"STABLE_idle": 0, "STABLE_prepared": 1})
    assert WRITER.belief({"STABLE_prepared": 1, "STABLE_idle": 0}) is one
    assert one.cheapest == ("STABLE_idle",)
    assert WRITER.start.costs == {"STABLE_idle": 0}


def test_a_table_knows_its_events_only():
    """What no row names is free, and changes nothing."""
    assert WRITER.knows("Freeze")
    assert not WRITER.knows("SetContext")
    assert not WRITER.knows(None)
    symbol = WRITER.project(Symbol("SetContext"))
    assert WRITER.moves("STABLE_idle", symbol) == {"STABLE_idle": Move(0, None)}


def test_projection_blanks_what_no_row_names():
    """Two records that differ in what the region does not see are one symbol to it."""
    first = WRITER.project(Symbol("Freeze", outcome="ok", level="VSS_APP_FRONT_END"))
    assert first == WRITER.project(Symbol("Freeze", outcome="ok")) == Symbol("Freeze", outcome="ok")
    assert first != WRITER.project(Symbol("Freeze", outcome="veto"))


def test_what_is_owed_and_expected():
    """Nothing is owed as soon as one cheapest state is final; dear states do not count."""
    frozen = WRITER.belief({"WAITING_FOR_THAW": 0})
    assert "Thaw" in WRITER.owed(frozen)
    assert not WRITER.may_have_ended(frozen)
    assert WRITER.owed(WRITER.start) == ()
    assert WRITER.may_have_ended(WRITER.start)
    either = WRITER.belief({"WAITING_FOR_THAW": 0, "STABLE_idle": 0})
    assert WRITER.owed(either) == ()
    assert WRITER.may_have_ended(either)
    dear = WRITER.belief({"WAITING_FOR_THAW": 0, "STABLE_idle": 1})
    assert WRITER.owed(dear) == WRITER.owed(frozen)
    assert not WRITER.may_have_ended(dear)
    assert "Thaw" in WRITER.expected(["WAITING_FOR_THAW"])
    assert "Freeze" not in WRITER.expected(["WAITING_FOR_THAW"])
    assert {"Thaw", "Freeze"} <= set(WRITER.expected(["WAITING_FOR_THAW", "WAITING_FOR_FREEZE"]))


def test_steps_beyond_the_margin_explain_nothing():
    """A state that is dearer than the cheapest by more than two errors is dropped."""
    belief = WRITER.belief({"STABLE_idle": 0, "WAITING_FOR_FREEZE": MARGIN + 1})
    after, rise = WRITER.step(belief, WRITER.project(Symbol("Freeze", outcome="ok", state=None)))
    assert rise == COST[ERROR]
    assert max(after.costs.values()) <= MARGIN
    assert min(after.costs.values()) == 0
    assert WRITER.step(belief, WRITER.project(Symbol("Freeze", outcome="ok")))[0] is after


def row(code, on, *source, to=(), **more):
    """Give a row of the small machine."""
    return Row(code, STATED, (), "", on=(on,), source=source, to=to, **more)


def outcome(*values):
    """Limit a row to outcomes."""
    return {"when": tuple({"outcome": (value,)} for value in values)}


#: what is reported tells its states apart; `go` may be vetoed, and `poke` is never permitted
SMALL = Table(
    Region(
        "small", "", "session",
        (State("I", "", 1), State("W", "", 2, owed=("go",)), State("F", "", 9)),
        (
            row("P1", "go", "I", to=("W",), **outcome("ok")),
            row("P2", "go", "I", to=("F",), **outcome("veto")),
            row("F1", "go", "W"), row("F2", "go", "F", mild=True),
            row("F3", "poke", *"IWF", **outcome("ok", "timeout")),
            row("F4", "poke", *"IWF", mild=True, **outcome("veto")),
        ),
        (row("U", "go"),),
    )
)  # fmt: skip
RESTS, WAITS = "STABLE", "WAITING_FOR_FREEZE"


@pytest.mark.parametrize(
    ("state", "event", "how", "reported", "moves"),
    [
        ("I", "go", "ok", None, "W P1 free"),
        ("I", "go", "ok", WAITS, "W P1 free"),
        ("I", "go", None, None, "W P1 free, F P2 free"),
        ("I", "go", None, WAITS, "W P1 free"),
        ("I", "go", "soft", None, "I - free"),
        ("I", "go", "ok", RESTS, "I U error, W U error"),
        ("I", "go", "ok", "FAILED_AT_THAW", "W U error"),
        ("W", "go", "ok", None, "W F1 error"),
        ("W", "go", None, None, "W F1 error, F F1 error"),
        ("W", "go", "ok", RESTS, "I F1 error"),
        ("F", "go", "ok", None, "W F2 warning, F F2 warning"),
        ("F", "go", "ok", WAITS, "W F2 warning"),
        ("F", "go", "ok", RESTS, "I U error"),
        ("I", "poke", "ok", None, "I F3 error"),
        ("I", "poke", "timeout", None, "I F3 error"),
        ("I", "poke", "ok", WAITS, "W F3 error"),
        ("I", "poke", "veto", None, "I F4 warning"),
        ("I", "poke", None, None, "I F4 warning"),
        ("I", "poke", "soft", None, "I - free"),
    ],
)
def test_moves_of_a_small_machine(state, event, how, reported, moves):
    """What is permitted, what is broken, and what is believed then."""
    small = Table(SMALL.region)
    found = small.moves(state, small.project(Symbol(event, outcome=how, state=reported)))
    price = {cost: name for name, cost in COST.items()}
    said = [f"{to} {m.row.code if m.row else '-'} {price[m.cost]}" for to, m in found.items()]
    assert ", ".join(said) == moves


def costs(moves):
    """Give the cost of each state."""
    return {state: move.cost for state, move in moves.items()}


def test_what_hidden_steps_may_reach():
    """Rules may be broken in a hole, at their cost; where nothing is owed a session may begin."""
    small, error = Table(SMALL.region), COST[ERROR]
    assert costs(small.closure("I", restart=False)) == {"I": 0, "W": 0, "F": 0}
    assert costs(small.closure("W", restart=False)) == {"W": 0, "F": error}
    assert costs(small.closure("W", restart=True)) == {"W": 0, "F": error, "I": error}
    assert costs(small.closure("F", restart=True)) == {"F": 0, "I": 0, "W": 0}
    assert small.closure("W", restart=True)["I"].row.code == "F1"


#: each rule that is broken leads one state on; the first is only warned of
STAIRS = Region(
    "stairs", "", "session", tuple(State(name, "") for name in "ABCDE"),
    (
        row("PB", "b", "E", to=("B",)), row("FB", "b", "A", mild=True),
        row("PC", "c", "E", to=("C",)), row("FC", "c", "B"),
        row("PD", "d", "E", to=("D",)), row("FD", "d", "C"),
        row("PF", "end", "B", to=("=",)), row("FF", "end", "A"),
    ),
)  # fmt: skip


def test_what_is_too_dear_is_not_hidden():
    """Hidden steps may break rules up to the margin, and no more."""
    stairs, warning, error = Table(STAIRS), COST[WARNING], COST[ERROR]
    assert costs(stairs.closure("A", restart=False)) == {
        "A": 0, "B": warning, "C": warning + error,
    }  # fmt: skip
    assert costs(stairs.closure("B", restart=False)) == {"B": 0, "C": error, "D": 2 * error}
    assert stairs.closure("A", restart=False)["C"].row.code == "FC"
    track = Track(stairs, start="B")
    track.take_hole(1)
    assert dict(track.belief.costs) == {"B": 0, "C": error, "D": 2 * error}
    assert costs(track.layers()[1]) == dict(track.belief.costs)


def test_a_rule_that_was_broken_in_a_hole():
    """It is told where a record proves it, and said to be hidden."""
    track = Track(Table(STAIRS))
    track.take(Symbol("other"), 1)
    track.take_hole(2)
    (paid,) = track.take(Symbol("end"), 3)
    assert (paid.row.code, paid.line, paid.hidden, paid.event) == ("FB", 3, True, "end")
    assert (paid.since_line, paid.states) == (1, ("A",))
    assert [one.event for one in track.path()] == ["other", "", "end"]


def test_steps_of_a_small_machine():
    """The cheapest of all ways, and how far the least cost rose."""
    small = Table(SMALL.region)
    either = small.belief({"I": 0, "F": COST[WARNING]})
    after, rise = small.step(either, Symbol("go", outcome="ok"))
    assert (dict(after.costs), rise) == ({"W": 0, "F": 2 * COST[WARNING]}, 0)
    after, rise = small.step(after, Symbol("go", outcome="ok"))
    assert (dict(after.costs), rise) == ({"W": 0, "F": 0}, 3 * COST[WARNING])
    after, rise = small.hole(small.belief({"W": 0}), restart=False)
    assert (dict(after.costs), rise) == ({"W": 0, "F": COST[ERROR]}, 0)
    assert small.hole(small.belief({"W": 0}), restart=True)[0] is not after


def test_questions_of_a_small_machine():
    """What may succeed, what breaks a report, and what is owed, in the order of the rows."""
    small = Table(SMALL.region)
    assert small.expected(["I"]) == ("go",)
    assert small.expected(["W", "F"]) == ()
    assert small.owed(small.belief({"W": 0})) == ("go",)
    (unexplained,), (first, *_) = small.region.unexplained, small.region.rows
    assert small.is_about_report(unexplained)
    assert not small.is_about_report(first)


def test_beyond_the_cap_nothing_is_stored(monkeypatch):
    """What is computed without being stored is the same."""
    import vssfsm.core.table as module

    monkeypatch.setattr(module, "CAP", 0)
    bare = Table(SMALL.region)
    one = bare.belief({"I": 0})
    assert bare.belief({"I": 0}) is not one
    symbol = bare.project(Symbol("go", outcome="ok", level="x"))
    assert symbol == Symbol("go", outcome="ok")
    assert bare.moves("I", symbol) is not bare.moves("I", symbol)
    assert bare.step(one, symbol)[0].costs == {"W": 0}
    assert one.next == {}


# --- walks -------------------------------------------------------------------------
def test_notes_are_permitted_and_rules_are_not():
    """What costs less than a warning is permitted."""
    moves = {"a": Move(0, None), "b": Move(COST[INFO], None), "c": Move(COST[WARNING], None)}
    assert permitted(moves) == [("a", 0), ("b", COST[INFO])]


def test_a_walk_is_shared():
    """Walks of one table, base and kind are one object."""
    assert walk_of(WRITER) is walk_of(WRITER)
    assert walk_of(WRITER) is not walk_of(WRITER, "STABLE_prepared")
    assert walk_of(WRITER) is not walk_of(WRITER, restart=True)
    assert not walk_of(WRITER).is_large


def test_places_of_a_walk():
    """Symbols lead from place to place, or nowhere; what may be another's leaves the old one."""
    walk = Walk(WRITER)
    assert walk.states(0) == (("STABLE_idle", 0),)
    assert Walk(WRITER, "WAITING_FOR_THAW").cheapest(0) == ("WAITING_FOR_THAW",)
    symbol = WRITER.project(Symbol("PrepareBackup", outcome="ok"))
    place, notes = walk.step(0, symbol)
    assert (walk.cheapest(place), notes) == (("STABLE_prepared",), 0)
    assert walk.step(0, WRITER.project(Symbol("Thaw", outcome="ok"))) is None
    either, _ = walk.step(0, symbol, perhaps=True)
    assert set(walk.cheapest(either)) == {"STABLE_idle", "STABLE_prepared"}
    assert walk.may_end(0)
    assert not Walk(WRITER, "WAITING_FOR_THAW").may_end(0)
    hole, _ = walk.step(0, None)
    assert len(walk.states(hole)) > 20


# --- coverage ----------------------------------------------------------------------
def test_counts_add_up():
    """What was not counted adds nothing."""
    one = coverage.Counts({("r", "a"): 1}, {("r", "a", "b"): 2})
    two = coverage.Counts({("r", "a"): 3, ("r", "c"): 1}, {})
    both = coverage.merged([one, None, two])
    assert dict(both.rows) == {("r", "a"): 4, ("r", "c"): 1}
    assert dict(both.pairs) == {("r", "a", "b"): 2}


def walked(visits):
    """Take a writer through three events, with what is kept of its visits."""
    track = Track(WRITER, visits=visits)
    for line, event in enumerate(("PrepareBackup", "PrepareSnapshot", "Freeze"), 1):
        track.take(Symbol(event, outcome="ok"), line)
    return track


def test_visits_are_counted_with_what_follows():
    """Each row that was taken, and each pair in one track, as often as it came."""
    visits = coverage.CountedVisits()
    walked(visits)
    walked(visits)
    counts = visits.counts
    assert len(visits.codes) == 3
    assert sorted(counts.rows.values()) == [2, 2, 2]
    assert sorted(counts.pairs.values()) == [2, 2]
    assert {region for region, _ in counts.rows} == {"writer"}


def test_very_many_visits_are_kept_as_rows(monkeypatch):
    """Beyond the cap only the rows are kept, and none is lost."""
    plain = coverage.Visits()
    walked(plain)
    assert len(plain) == 3
    monkeypatch.setattr(coverage, "CAP", 1)
    capped = coverage.Visits()
    walked(capped)
    assert len(capped) <= 1
    assert capped.codes == plain.codes


# --- tracks ------------------------------------------------------------------------
def test_a_track_tells_what_is_paid_and_where():
    """The line of the record, of the one before it, and of the one that led to the state."""
    track = walked(None)
    assert (track.total, track.accused, track.last_line) == (0, False, 3)
    (paid,) = track.take(Symbol("Freeze", outcome="ok"), 9)
    assert (paid.line, paid.since_line, paid.since_event, paid.led_line) == (9, 3, "Freeze", 3)
    assert (paid.event, paid.hidden, paid.states) == ("Freeze", False, ("WAITING_FOR_THAW",))
    assert track.accused
    assert track.total == COST[ERROR]


def test_a_track_that_forgets_keeps_where_it_is():
    """After a session is closed its findings explain themselves from there."""
    track = walked(None)
    track.forget()
    assert (track.base, track.history, track.last_line) == ("WAITING_FOR_THAW", [], 3)
    assert (track.has_begun, track.total) == (True, 0)
    assert not Track(WRITER).has_begun
    assert track.path() == []
    (paid,) = track.take(Symbol("Freeze", outcome="ok"), 9)
    assert (paid.since_line, paid.led_line, paid.states) == (3, None, ("WAITING_FOR_THAW",))


def test_the_path_is_what_was_walked():
    """Every step with the states before and after it."""
    path = walked(None).path()
    assert [(one.source, one.event, one.line) for one in path] == [
        ("STABLE_idle", "PrepareBackup", 1), ("STABLE_prepared", "PrepareSnapshot", 2),
        ("WAITING_FOR_FREEZE", "Freeze", 3),
    ]  # fmt: skip
    assert path[-1].target == "WAITING_FOR_THAW"
    assert all(one.row is None for one in path)


def test_holes_are_taken_once():
    """Two holes in a row are one; a hole frees what comes after it."""
    track = Track(WRITER)
    assert not track.is_free(Symbol("Thaw", outcome="ok"))
    track.take_hole(1)
    track.take_hole(2)
    assert len(track.history) == 1
    assert track.history[0] == (None, 1, None, 0, False)
    assert track.is_free(Symbol("Thaw", outcome="ok"))
    assert track.take(Symbol("Thaw", outcome="ok"), 3) == []
    assert track.last_line == 3


def test_a_phase_is_certain_if_every_state_is_in_it():
    """One state of another phase, however dear, leaves a doubt."""
    track = Track(WRITER, start="STABLE_completed")
    assert track.is_in("completed")
    assert not track.is_in("closed")
    track.take_hole(1)
    assert not track.is_in("completed")


def paid_by(track, *taken):
    """Let a track take (event, outcome, state, at) on lines 1, 2, …; give code and line of pays."""
    found = []
    for line, (event, how, reported, at) in enumerate(taken, track.last_line + 1):
        found += track.take(Symbol(event, outcome=how, state=reported), line, at)
    return [(one.row.code, one.line) for one in found]


def test_the_mildest_explanation_counts():
    """Of two states that can explain the records the one that pays less does."""
    track = Track(SMALL)
    unknown, known = ("go", None, None, None), ("go", "ok", None, None)
    assert paid_by(track, unknown, known) == [("F2", 2)]
    assert (track.total, track.accused) == (COST[WARNING], True)
    assert [(one.source, one.target, one.row and one.row.code) for one in track.path()] == [
        ("I", "F", None), ("F", "W", "F2"),
    ]  # fmt: skip
    assert paid_by(track, known) == [("F2", 3)]
    assert track.total == 2 * COST[WARNING]
    assert [one.row.code for one in track.path() if one.row] == ["F2", "F2"]


def test_every_row_is_told_once():
    """An error after an error is one more, on its own line."""
    track = Track(SMALL)
    known = ("go", "ok", None, None)
    assert paid_by(track, known, known, known) == [("F1", 2), ("F1", 3)]
    assert track.total == 2 * COST[ERROR]
    poke = ("poke", "veto", None, None)
    assert paid_by(track, poke, known) == [("F4", 4), ("F1", 5)]


def test_as_many_rows_are_told_as_the_least_cost_rose():
    """Where another path turns out to be cheaper, what it paid before is not told again."""
    forks = Region(
        "forks", "", "session", (State("A", ""), State("P", ""), State("Q", "")),
        (
            row("XP", "x", "A", to=("P",)), row("XQ", "x", "A", to=("Q",), pays=INFO),
            row("YP", "y", "P")._replace(grade=OPEN), row("YQ", "y", "Q", to=("=",)),
            row("ZP", "z", "P"), row("ZQ", "z", "Q")._replace(grade=OPEN),
        ),
    )  # fmt: skip
    track = Track(Table(forks))
    ways = [(event, None, None, None) for event in "xyz"]
    assert paid_by(track, *ways) == [("YP", 2), ("ZQ", 3)]
    assert track.total == 2 * COST[INFO]


def test_the_line_of_a_report():
    """What a report breaks is told at the return, what the event breaks at the entry."""
    entry = ("go", None, None, "entry")
    assert paid_by(Track(SMALL), entry, ("go", "ok", RESTS, "return")) == [("U", 2)]
    track = Track(SMALL, start="W")
    assert paid_by(track, entry) == [("F1", 1)]
    assert paid_by(track, ("go", "ok", None, "return")) == []
    track = Track(SMALL)
    assert paid_by(track, ("poke", None, None, "entry")) == [("F4", 1)]
    assert paid_by(track, ("poke", "ok", None, "return")) == [("F3", 1)]
    track = Track(SMALL)
    assert paid_by(track, entry, ("poke", "veto", None, None)) == [("F4", 2)]
    assert track.take(Symbol("go", outcome="ok"), 3, "return") == []
    assert len(track.history) == 2


def test_what_may_be_of_another_session_leaves_the_state_too():
    """It is taken or not, at what each costs."""
    track = Track(SMALL)
    track.take_perhaps(Symbol("go", outcome="ok"), 1)
    assert dict(track.belief.costs) == {"I": 0, "W": 0}
    assert track.history[0].perhaps
    assert paid_by(track, ("go", "ok", None, None)) == []
    assert [(one.source, one.target) for one in track.path()] == [("I", "I"), ("I", "W")]
    track.take_perhaps(Symbol("go", outcome="ok"), 3)
    assert dict(track.belief.costs) == {"W": 0}
    assert not track.accused


def test_what_led_to_the_state():
    """The line of the last step that changed the state, if it was recorded."""
    track = Track(SMALL)
    for line, event in enumerate(("go", "poke", "poke"), 1):
        track.take(Symbol(event, outcome={"go": "ok"}.get(event, "soft")), line)
    (paid,) = track.take(Symbol("go", outcome="ok"), 7)
    assert (paid.led_line, paid.since_line, paid.since_event) == (1, 3, "poke")
    track = Track(SMALL, start="W")
    (paid,) = track.take(Symbol("go", outcome="ok"), 7)
    assert (paid.led_line, paid.since_line, paid.since_event) == (None, None, "")
    track = Track(SMALL)
    track.take(Symbol("go", outcome="ok"), 1)
    track.take_hole(2)
    (paid,) = track.take(Symbol("go", outcome="ok"), 3)
    assert (paid.since_line, paid.states) == (1, ("W",))


def test_a_step_at_another_place():
    """Whether a record could have come earlier, from each state that is as cheap."""
    track = Track(SMALL)
    for line, event in enumerate(("poke", "go", "go"), 1):
        track.take(Symbol(event, outcome={"go": "ok"}.get(event, "soft")), line)
    assert track.permits_at(0, 2)
    assert track.permits_at(1, 2)
    assert not track.permits_at(2, 2)
    assert [track.states_before(n) for n in range(4)] == [("I",), ("I",), ("W",), ("W",)]


def test_a_track_starts_where_it_is_told():
    """The state of the start is the base of its repair."""
    track = Track(SMALL, start="F")
    assert (track.base, dict(track.belief.costs), track.may_have_ended) == ("F", {"F": 0}, True)
    assert Track(SMALL).base == "I"
    assert Track(SMALL, start="W").owed == ("go",)
    assert not Track(SMALL, start="W").may_have_ended
    track.take_hole(1)
    assert track.base == "F"
    track = Track(SMALL, start="W", restart=True)
    track.take_hole(1)
    assert track.is_free(Symbol("go", outcome="ok")) is False
    assert dict(track.belief.costs) == {"W": 0, "F": COST[ERROR], "I": COST[ERROR]}


def test_an_entry_is_redone_at_its_return():
    """Two lines of a handler are one step, told where each stands."""
    track = walked(None)
    assert track.take(Symbol("Thaw"), 4, "entry") == []
    assert track.is_return(Symbol("Thaw"), "return")
    assert not track.is_return(Symbol("Thaw"), None)
    assert not track.is_return(Symbol("Freeze"), "return")
    assert track.take(Symbol("Thaw", outcome="ok"), 5, "return") == []
    assert len(track.history) == 4
    assert (track.history[-1].line, track.history[-1].report) == (4, 5)
    assert track.belief.cheapest == ("WAITING_FOR_POST_SNAPSHOT",)


# --- garbage -----------------------------------------------------------------------
def test_garbage_is_looked_for_rarely_for_a_while():
    """Whatever happens in between, it is as it was afterwards."""
    before = gc.get_threshold()

    def fail():
        with collected_rarely():
            assert gc.get_threshold()[0] == RARELY > before[0]
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.get_threshold() == before
