"""The machine of `transitions` is the permitted rows: by full enumeration, in both directions."""

import pytest
from transitions import MachineError

from vssfsm import writer_machine
from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, OUTCOMES
from vssfsm.spec.writer import PERMITTED, STATES, WRITER

NAMES = [state.name for state in STATES]


def permitted():
    """Give {(source, event, outcome): targets} read off the rows."""
    table = {}
    for source in NAMES:
        for outcome in OUTCOMES:
            table[source, "Identify", outcome] = {source}
            for event in LIFECYCLE_EVENTS:
                targets = {
                    source if to == "=" else to
                    for row in PERMITTED
                    if event in row.on and source in row.source
                    if any(outcome in when.get("outcome", (outcome,)) for when in row.when)
                    for to in row.to
                }
                if targets:
                    table[source, event, outcome] = targets
    return table


def transitions_of(machine):
    """Give every (trigger, source, target) that the machine holds, repeated if it is."""
    return [
        (name, source, transition.dest)
        for name, event in machine.events.items()
        for source, transitions in event.transitions.items()
        for transition in transitions
    ]


def expected_triggers():
    """Give every (trigger, source, target) that the rows ask for."""
    return {
        (f"{event}_{outcome}" + (f"_to_{target}" if len(targets) > 1 else ""), source, target)
        for (source, event, outcome), targets in permitted().items()
        for target in targets
    }


def test_rows_and_machine_are_equal():
    """Every permitted row is a transition, and every transition is a permitted row."""
    assert set(transitions_of(writer_machine())) == expected_triggers()


def test_no_trigger_is_ambiguous():
    """A state and a trigger have one transition, so that none wins silently."""
    found = [(name, source) for name, source, _ in transitions_of(writer_machine())]
    assert len(found) == len(set(found))


def test_every_transition_fires():
    """Firing each trigger from each state ends where the row says, and nowhere else."""
    machine = writer_machine()
    for trigger, source, target in sorted(expected_triggers()):
        machine.set_state(source)
        assert machine.model.trigger(trigger) is True
        assert machine.model.state == target


def test_what_has_no_row_is_refused():
    """A trigger that the rows do not give to a state raises, and leaves the state."""
    machine = writer_machine()
    wanted = {(trigger, source) for trigger, source, _ in expected_triggers()}
    for source in NAMES:
        for trigger in machine.events:
            if (trigger, source) not in wanted:
                machine.set_state(source)
                with pytest.raises(MachineError):
                    machine.model.trigger(trigger)
                assert machine.model.state == source


def test_initial_state():
    """A machine starts where a session starts."""
    assert writer_machine().model.state == WRITER.initial == "STABLE_idle"


def test_every_state_is_reachable():
    """From the initial state a walk of triggers leads to each of the states."""
    edges = transitions_of(writer_machine())
    seen, found = {WRITER.initial}, True
    while found:
        found = {target for _, source, target in edges if source in seen} - seen
        seen |= found
    assert seen == set(NAMES) == set(writer_machine().states)


def test_no_auto_transitions():
    """No trigger leads into a state just because the state exists."""
    assert not [name for name in writer_machine().events if name.startswith("to_")]


def test_names_of_triggers():
    """One target: event and outcome; several readings: the target too; a release adds none."""
    events = writer_machine().events
    assert {"Freeze_ok", "Freeze_veto", "Freeze_timeout"} <= set(events)
    assert "Abort_ok_to_STABLE_aborted" in events
    extra = {event for row in ANYTIME.rows if row.to for event in row.on} - {"Identify"}
    assert extra == {"BackupShutdown"}
    assert "STABLE_idle" in events["BackupShutdown_ok"].transitions


def test_machines_are_independent():
    """Each call gives a machine of its own."""
    first, second = writer_machine(), writer_machine()
    first.model.PrepareBackup_ok()
    assert (first.model.state, second.model.state) == ("STABLE_prepared", "STABLE_idle")
