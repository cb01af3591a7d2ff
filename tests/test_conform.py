"""Writers under test: the right ones are never accused, the wrong ones always are."""

# Mutants have the signature of what they replace, whether or not they use it.
# ruff: noqa: ARG001, ARG002, ARG005, D102, FBT002

import time
from functools import partial

import pytest

import vssfsm
from vssfsm.spec.rows import OPEN, SAME
from vssfsm.testing import VARIANTS, ReferenceWriter, Reply, Report, conform, replay, report
from vssfsm.testing.writers.steps import ARGUMENTS, TABLE, is_open, matching
from vssfsm.testing.writers.walks import expected_rows

EXPECTED = expected_rows(None)
#: only a writer whose freeze timer fires after a Thaw takes it
NEVER = "WTR-ABORT-BY-TIMER-AFTER-THAW"
ROWS = sorted(set(EXPECTED) - {NEVER})
#: rows of points that the pages leave open, as what an Abort sets: there any code may show
OPEN_ROWS = {
    row.code
    for row in TABLE.region.rows
    if row.to
    and (
        all(is_open(state, row.on[0]) for state in row.source)
        or (row.grade == OPEN and not any("outcome" in when for when in row.when))
    )
}
RETRYABLE = "VSS_E_WRITERERROR_RETRYABLE"


class Mutant(ReferenceWriter):
    """A reference writer that reports something else when it takes one row."""

    def __init__(self, code: str, change) -> None:
        self.code, self.change = code, change
        super().__init__()

    def reset(self) -> None:
        super().reset()
        self.said = None

    def _choose(self, event, told):
        found = super()._choose(event, told)
        self.before, self.taken = self.state, found and found[0].code
        return found

    def deliver(self, event, fail=None, soft=False):
        self.taken = None
        return self._say(super().deliver(event, fail, soft), event)

    def timeout(self):
        self.before, self.taken = self.state, "WTR-ABORT-BY-TIMER"
        return self._say(super().timeout(), "Abort")

    def _say(self, reply, event):
        self.said = self.change(self, event, reply) if self.taken == self.code else reply
        return self.said

    def status(self):
        return Report(*self.said[:2]) if self.said else super().status()


def no_target(writer, event, reply):
    """Give a waiting state that no row of the event leads to; the last one, as it goes on."""
    known = {
        TABLE.states[writer.before if to == SAME else to].reported
        for row in matching(writer.before, event)
        for to in row.to
    }
    return reply._replace(state=[number for number in range(1, 6) if number not in known][-1])


def no_code(writer, event, reply):
    """Give a code that is no failure code of a writer."""
    return reply._replace(failure="E_ACCESSDENIED")


def other_code(writer, event, reply):
    """Give a failure code of a writer that is not the one that was set."""
    return reply._replace(failure=ARGUMENTS[reply.failure == ARGUMENTS[0]])


@pytest.mark.parametrize("variant", VARIANTS)
def test_reference_is_never_accused(variant) -> None:
    """Every legal variant passes, and takes every pair of rows that it can be led to."""
    outcome = conform(lambda: ReferenceWriter(variant))
    assert (outcome.verdict, outcome.fault) == ("CONFORMS", None)
    assert outcome.pairs == outcome.pairs_known > 200
    least, mean = min(outcome.rows.values()), sum(outcome.rows.values()) / len(outcome.rows)
    assert least >= mean / 10


@pytest.mark.parametrize("release", ["xp", "2003", "2025"])
def test_releases(release) -> None:
    """A right writer passes on every release, and gets no BackupShutdown where there is none."""
    outcome = conform(ReferenceWriter, goal="rows", release=release)
    assert outcome.verdict == "CONFORMS"
    shutdowns = [code for code in outcome.rows if "BACKUPSHUTDOWN" in code]
    assert bool(shutdowns) == (release != "xp")


@pytest.mark.long
@pytest.mark.parametrize("release", [None, "xp"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_row_is_taken_soon(variant, release) -> None:
    """Each row that a writer can be led to comes within 20 steps for each row that there is."""
    quick = conform(lambda: ReferenceWriter(variant), goal="rows", release=release)
    assert quick.verdict == "CONFORMS"
    assert set(quick.missing) >= {NEVER}
    assert quick.events <= 20 * len(expected_rows(release))
    whole = conform(lambda: ReferenceWriter(variant), release=release)
    assert set(quick.rows) == set(whole.rows)


def test_only_the_late_timer_is_never_met() -> None:
    """A plain writer takes every row but the one that only a late timer takes."""
    assert set(conform(ReferenceWriter, goal="rows").missing) == {NEVER}


def test_number_of_events() -> None:
    """A number as goal is a number of events."""
    assert 700 <= conform(ReferenceWriter, goal="700").events < 700 + 50


def test_same_seed_same_run() -> None:
    """A run is repeatable, and the seed changes it."""
    sturdy = partial(ReferenceWriter, can_fail=(), can_soft=())
    runs = [conform(sturdy, goal="1500", seed=seed) for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0].rows != runs[2].rows


def test_what_cannot_fail_is_never_told_to() -> None:
    """A writer that can fail at nothing is not told to, and what stays untried is named."""

    class Careful(ReferenceWriter):
        def deliver(self, event, fail=None, soft=False):
            assert fail is None
            return super().deliver(event, fail, soft)

    outcome = conform(lambda: Careful(can_fail=(), can_soft=()), goal="rows")
    assert outcome.verdict == "CONFORMS"
    assert outcome.missing["WTR-FREEZE-VETO"] == "can_fail has no Freeze"


@pytest.mark.parametrize("change", [no_target, no_code])
@pytest.mark.parametrize("code", ROWS)
def test_mutant_of_each_row(code, change) -> None:
    """A state or a code that no row gives is found, whichever row it is reported for."""
    outcome = conform(lambda: Mutant(code, change))
    assert outcome.fault is not None
    assert outcome.is_repeatable
    assert len(outcome.sessions) == 1


@pytest.mark.parametrize("code", [code for code in ROWS if code not in OPEN_ROWS])
def test_wrong_code_of_each_row(code) -> None:
    """Where the pages say what shows, another failure code is found."""
    outcome = conform(lambda: Mutant(code, other_code))
    assert outcome.fault is not None
    shown = ("lost-code", "code-from-nowhere", "status-disagrees", "identify-changed-state")
    assert outcome.fault.name in shown


# --- Defects that depend on what was before ----------------------------------
class Deep(ReferenceWriter):
    """A reference writer that remembers its sessions."""

    def __init__(self) -> None:
        self.past, self.events, self.last = [], [], None
        super().__init__()

    def reset(self) -> None:
        super().reset()
        self.past.append(tuple(self.events))
        self.events, self.last = [], None

    def deliver(self, event, fail=None, soft=False):
        self.events.append((event, fail))
        self.last = self.lie(event, fail, soft, super().deliver(event, fail, soft))
        return self.last

    def timeout(self):
        self.events.append(("timeout", None))
        self.last = self.lie("timeout", None, False, super().timeout())
        return self.last

    def status(self):
        return self.tell(Report(*self.last[:2]) if self.last else super().status())

    def lie(self, event, fail, soft, reply):
        return reply

    def tell(self, report):
        return report

    def before(self, sessions: int) -> set[str]:
        """Give the events of the session that was so many sessions ago."""
        return {event for event, _ in self.past[-sessions]} if len(self.past) >= sessions else set()


def deep(name: str, **methods):
    """Make a mutant with other methods."""
    return type(name, (Deep,), methods)


def _said(**facts):
    """Change a reply."""
    return lambda reply: reply._replace(**facts)


def _when(condition, change):
    """Lie where *condition* holds."""

    def lie(self, event, fail, soft, reply):
        return change(reply) if condition(self, event, fail, reply) else reply

    return {"lie": lie}


def _count(self, name):
    return sum(event == name for event, _ in self.events)


def _tell(condition, **facts):
    return {"tell": lambda self, told: told._replace(**facts) if condition(self) else told}


def _thawing(self):
    """Give the status, and another one when it is asked for again."""
    told, now = Deep.status(self), (len(self.past), len(self.events))
    again, self.asked = getattr(self, "asked", None) == now, now
    return told._replace(state=4) if again and told.state == 3 else told


def _failed_before(self):
    return any(fail for session in self.past for _, fail in session)


DEEP = {
    "third session after an abort": _when(
        lambda s, e, f, r: e == "Freeze" and not f and "Abort" in s.before(3), _said(state=2)
    ),
    "a lie in status only": _tell(lambda s: s.last and s.last[0] == 3, state=2),
    "a lie in status only, about the code": _tell(
        lambda s: s.last and s.last[0] == 9, failure="S_OK"
    ),
    "a lie in status only, after a failed session": _tell(
        lambda s: s.last and s.last[0] == 4 and s.past[-1:] and any(f for _, f in s.past[-1]),
        state=5,
    ),
    "a failure that sticks across sessions": _when(
        lambda s, e, f, r: e == "PrepareBackup" and not f and any(x for _, x in s.past[-1]),
        _said(failure=RETRYABLE),
    ),
    "a failed state that sticks for ever": _when(
        lambda s, e, f, r: _failed_before(s) and e == "PrepareBackup",
        _said(state=7, failure=RETRYABLE),
    ),
    "thaw fails after a time-out in the session before": _when(
        lambda s, e, f, r: e == "Thaw" and not f and r.state == 4 and "timeout" in s.before(1),
        _said(state=10, failure=RETRYABLE),
    ),
    "a time-out that goes unnoticed": _when(lambda s, e, f, r: e == "timeout", _said(state=3)),
    "a time-out without its code": _when(
        lambda s, e, f, r: e == "timeout", _said(failure="VSS_E_WRITERERROR_NONRETRYABLE")
    ),
    "a second Abort that wakes the writer": _when(
        lambda s, e, f, r: e == "Abort" and _count(s, e) == 2, _said(state=2)
    ),
    "Identify thaws": _when(lambda s, e, f, r: e == "Identify" and r.state == 3, _said(state=4)),
    "Identify clears the code only": _when(
        lambda s, e, f, r: e == "Identify" and r.state == 9, _said(failure="S_OK")
    ),
    "asking for the status thaws": {"status": _thawing},
    "Identify clears a failure": _when(
        lambda s, e, f, r: e == "Identify" and r.state == 10, _said(state=1, failure="S_OK")
    ),
    "one code is taken for another in one handler": _when(
        lambda s, e, f, r: e == "PostSnapshot" and f == ARGUMENTS[-1], _said(failure=ARGUMENTS[-2])
    ),
    "a soft failure without its code": _when(
        lambda s, e, f, r: e == "Freeze" and f and r.state == 3, _said(failure="S_OK")
    ),
    "false without a failure": _when(
        lambda s, e, f, r: e == "PostSnapshot" and r.state == 5, _said(returned=False)
    ),
    "a backup without snapshot waits for ever": _when(
        lambda s, e, f, r: e == "BackupComplete" and not f and _count(s, "Freeze") == 0,
        _said(state=5),
    ),
    "a restore after a backup fails": _when(
        lambda s, e, f, r: e == "PreRestore" and "PostSnapshot" in s.before(1), _said(state=13)
    ),
    "a restore does not end": _when(
        lambda s, e, f, r: e == "PostRestore" and r.state == 1, _said(state=5)
    ),
    "the second BackupShutdown fails": _when(
        lambda s, e, f, r: e == "BackupShutdown" and not f and _count(s, e) == 2, _said(state=15)
    ),
    "wrong after thirty sessions": _when(
        lambda s, e, f, r: e == "Thaw" and r.state == 4 and len(s.past) > 30, _said(state=3)
    ),
    "a veto that goes unnoticed after an aborted session": _when(
        lambda s, e, f, r: f and e == "PrepareSnapshot" and "Abort" in s.before(1),
        _said(state=2, failure="S_OK"),
    ),
    "a number beyond the enumeration": _when(
        lambda s, e, f, r: e == "BackupShutdown" and f, _said(state=16)
    ),
    "no state": _when(lambda s, e, f, r: e == "Freeze" and f, _said(state=None)),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_mutant(name) -> None:
    """A defect that depends on the past is found, and its sequence is small and repeatable."""
    # CPU time, so that a busy machine leaves as much time to make it small
    outcome = conform(deep("Writer", **DEEP[name]), clock=time.process_time)
    assert outcome.fault is not None
    assert outcome.is_repeatable
    long = name == "wrong after thirty sessions"
    assert len(outcome.sessions) == 30 if long else len(outcome.sessions) <= 4
    assert sum(map(len, outcome.sessions)) <= 8


def test_deep_writer_itself_is_right() -> None:
    """The mutants are wrong by what they change, not by what they are made of."""
    assert conform(Deep, goal="rows").verdict == "CONFORMS"


def test_small_sequence_is_minimal() -> None:
    """Exactly the events that are needed are left, with the failures that are needed."""
    outcome = conform(
        deep("Writer", **DEEP["third session after an abort"]), clock=time.process_time
    )
    words = [[one.step.words for one in session] for session in outcome.sessions]
    assert words == [["Abort"], [], [], ["PrepareBackup", "PrepareSnapshot", "Freeze"]]


# --- Adapters ----------------------------------------------------------------
class Bare:
    """The least that an adapter can be: three methods, and objects of its own."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.inner = ReferenceWriter()

    def deliver(self, event, fail=None, soft=False):
        reply = self.inner.deliver(event, fail, soft)
        return Reply(f"VSS_WS_{vssfsm.spec.vocabulary.STATE_NAMES[reply.state]}", reply.failure)

    def status(self):
        return self.inner.status()


def test_bare_adapter() -> None:
    """Names of states count as numbers do, and nobody needs more than the three methods."""
    outcome = conform(Bare, goal="rows")
    assert outcome.verdict == "CONFORMS"
    assert "WTR-ABORT-BY-TIMER" in outcome.missing


def test_exception_is_a_finding() -> None:
    """What an adapter raises is its fault, never a traceback of ours."""

    class Raising(ReferenceWriter):
        def deliver(self, event, fail=None, soft=False):
            if event == "Thaw":
                raise ZeroDivisionError("in the writer")
            return super().deliver(event, fail, soft)

    outcome = conform(Raising)
    assert outcome.fault.name == "crash"
    assert "ZeroDivisionError: in the writer" in outcome.fault.message


@pytest.mark.parametrize(("key", "value"), [("goal", "all"), ("goal", "-1"), ("release", "95")])
def test_wrong_option(key, value) -> None:
    """An unknown goal or release is wrong usage."""
    with pytest.raises(vssfsm.VssfsmError):
        conform(ReferenceWriter, **{key: value})


def test_slow_writer_is_cut_and_inconclusive() -> None:
    """A run ends when its time is over, and says that it did not try everything."""
    ticks = iter(range(10_000))
    outcome = conform(ReferenceWriter, clock=lambda: next(ticks) / 10)
    assert outcome.is_cut
    assert outcome.verdict == "INCONCLUSIVE"
    assert "time ran out" in report.text(outcome, ["writer"])


# --- What is printed ---------------------------------------------------------
def test_trace_is_judged_alike() -> None:
    """The printed trace is canonical, and `check` finds the same rule in it."""
    outcome = conform(
        deep("Writer", **DEEP["third session after an abort"]), clock=time.process_time
    )
    monitor = vssfsm.Monitor()
    found = [item for record in report.records(outcome) for item in monitor.feed(record)]
    found += monitor.close()
    assert [item.rule for item in found if item.severity == "error"] == [outcome.fault.rule]


def test_replay_of_a_right_writer() -> None:
    """A sequence that a writer answers rightly gives no fault."""
    events = [{"op": "deliver", "event": e, "fail": None} for e in ("Abort", "PrepareBackup")]
    sessions = [events[:1], [], [*events[1:], {"op": "status"}]]
    assert replay(ReferenceWriter, sessions) == ""
    liar = deep("Liar", tell=lambda self, told: Report(2))
    assert replay(liar, sessions).startswith("status-disagrees: ")


def test_replay_refuses_what_the_service_never_delivers() -> None:
    """The test bed stands in for the service: it does not deliver Thaw before Freeze."""
    with pytest.raises(vssfsm.VssfsmError, match="would not be legal"):
        replay(ReferenceWriter, [[{"op": "deliver", "event": "Thaw", "fail": None}]])
