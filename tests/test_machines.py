"""The machines of `transitions` are the permitted rows: by full enumeration, both directions."""

import functools
import itertools

import pytest
from transitions import MachineError

import vssfsm
from vssfsm import requester_machine, requester_regions, writer_machine
from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.calls import ASYNC_RESULTS, CALL_RESULTS
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.methods import METHOD
from vssfsm.spec.vocabulary import LIFECYCLE_EVENTS, OUTCOMES
from vssfsm.spec.writer import PERMITTED, STATES, WRITER

BESIDE = sorted(name for name, region in REGIONS.items() if region.scope == "requester")
NAMES = ("writer", *BESIDE)
CONTEXTS = ("writers", "plain", "all")


@functools.cache
def machine_of(name):
    """Make the machine *name*; the tests set its state themselves."""
    return writer_machine() if name == "writer" else regions()[name]


@functools.cache
def regions():
    """Make the machines of the requester."""
    return requester_regions()


def states_of(name):
    """Give the names of the states of the region *name*."""
    return [state.name for state in REGIONS[name].states]


# --- What the rows permit, read off a second time ----------------------------
def of_writer():
    """Give {(source, trigger without target): targets} of what the rows permit a writer."""
    table = {}
    for source in (state.name for state in STATES):
        for outcome in OUTCOMES:
            table[source, f"Identify_{outcome}"] = {source}
            for event in LIFECYCLE_EVENTS:
                targets = {
                    source if to == "=" else to
                    for row in PERMITTED
                    if event in row.on and source in row.source
                    if any(outcome in when.get("outcome", (outcome,)) for when in row.when)
                    for to in row.to
                }
                if targets:
                    table[source, f"{event}_{outcome}"] = targets
    return table


def spelled(region, event):
    """Give every call and result of *event*, with the values that the fields of a row may have."""
    split = event == "SetContext" and region.name == "requester"
    for context in CONTEXTS if split else (None,):
        for result in CALL_RESULTS:
            known = {"stage": "call", "result": result, "context": context}
            words = (event, context, result)
            yield "_".join(word for word in words if word), known
    if event in METHOD and METHOD[event].is_async:
        for result in ASYNC_RESULTS:
            known = {"stage": "result", "result": result}
            yield f"{event}_result_{result.replace('-', '_')}", known


def of_requester(region):
    """Give what the rows permit a requester; what differs in a folded session has two triggers."""
    table = {}
    for event in {event for row in region.rows for event in row.on}:
        whens = [(r, when) for r in region.rows if r.to and event in r.on for when in r.when]
        for name, known in spelled(region, event):
            fitting = [
                (row, when)
                for row, when in whens
                if all(known[field] in when[field] for field in set(when) & set(known))
            ]
            split = any("folded" in when for _, when in fitting)
            for (row, when), folded in itertools.product(fitting, ("no", "yes")):
                if folded in when.get("folded", (folded,)):
                    trigger = f"{name}_folded" if split and folded == "yes" else name
                    for source, to in itertools.product(row.source, row.to):
                        target = source if to == "=" else to
                        table.setdefault((source, trigger), set()).add(target)
    return table


@functools.cache
def expected_triggers(name):
    """Give every (trigger, source, target) that the rows ask for."""
    permitted = of_writer() if name == "writer" else of_requester(REGIONS[name])
    return {
        (trigger + (f"_to_{target}" if len(targets) > 1 else ""), source, target)
        for (source, trigger), targets in permitted.items()
        for target in targets
    }


def transitions_of(machine):
    """Give every (trigger, source, target) that the machine holds, repeated if it is."""
    return [
        (name, source, transition.dest)
        for name, event in machine.events.items()
        for source, transitions in event.transitions.items()
        for transition in transitions
    ]


# --- Every machine -----------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_rows_and_machine_are_equal(name):
    """Every permitted row is a transition, and every transition is a permitted row."""
    assert set(transitions_of(machine_of(name))) == expected_triggers(name)


@pytest.mark.parametrize("name", NAMES)
def test_no_trigger_is_ambiguous(name):
    """A state and a trigger have one transition, so that none wins silently."""
    found = [(trigger, source) for trigger, source, _ in transitions_of(machine_of(name))]
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", NAMES)
def test_every_transition_fires(name):
    """Firing each trigger from each state ends where the row says, and nowhere else."""
    machine = machine_of(name)
    for trigger, source, target in sorted(expected_triggers(name)):
        machine.set_state(source)
        assert machine.model.trigger(trigger) is True
        assert machine.model.state == target


@pytest.mark.parametrize("name", NAMES)
def test_what_has_no_row_is_refused(name):
    """A trigger that the rows do not give to a state raises, and leaves the state."""
    machine = machine_of(name)
    wanted = {(trigger, source) for trigger, source, _ in expected_triggers(name)}
    for source, trigger in itertools.product(states_of(name), machine.events):
        if (trigger, source) not in wanted:
            machine.set_state(source)
            with pytest.raises(MachineError):
                machine.model.trigger(trigger)
            assert machine.model.state == source


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_reachable(name):
    """From the initial state a walk of triggers leads to each of the states."""
    machine = machine_of(name)
    edges = transitions_of(machine)
    seen, found = {REGIONS[name].initial}, True
    while found:
        found = {target for _, source, target in edges if source in seen} - seen
        seen |= found
    assert seen == set(states_of(name)) == set(machine.states)


def test_machines_start_where_a_session_starts():
    """The model of a new machine stands in the initial state of its region."""
    assert writer_machine().model.state == WRITER.initial == "STABLE_idle"
    assert requester_machine().model.state == "START"
    starts = {name: machine.model.state for name, machine in requester_regions().items()}
    assert starts == {name: REGIONS[name].initial for name in BESIDE}


@pytest.mark.parametrize("name", NAMES)
def test_triggers_are_attributes_and_none_is_automatic(name):
    """A trigger can be called by its name; none leads into a state just because it exists."""
    machine = machine_of(name)
    assert [trigger for trigger in machine.events if not trigger.isidentifier()] == []
    assert [trigger for trigger in machine.events if trigger.startswith("to_")] == []


@pytest.mark.parametrize("make", [writer_machine, requester_machine])
def test_machines_are_the_same_on_every_call_and_independent(make):
    """Each call gives a machine of its own, with the same triggers in the same order."""
    first, second = make(), make()
    assert transitions_of(first) == transitions_of(second)
    before = second.model.state
    source, trigger = next((s, t) for t, s, target in transitions_of(first) if s != target)
    first.set_state(source)
    first.model.trigger(trigger)
    assert first.model is not second.model
    assert second.model.state == before


# --- The writer --------------------------------------------------------------
def test_names_of_a_writers_triggers():
    """One target: event and outcome; several readings: the target too; a release adds none."""
    events = writer_machine().events
    assert {"Freeze_ok", "Freeze_veto", "Freeze_timeout"} <= set(events)
    assert "Abort_ok_to_STABLE_aborted" in events
    extra = {event for row in ANYTIME.rows if row.to for event in row.on} - {"Identify"}
    assert extra == {"BackupShutdown"}
    assert "STABLE_idle" in events["BackupShutdown_ok"].transitions


# --- The requester -----------------------------------------------------------
def test_names_of_a_requesters_triggers():
    """Calls, results, contexts and folded calls are told apart; readings name their target."""
    events = requester_machine().events
    assert {"PrepareForBackup_ok", "PrepareForBackup_failed"} <= set(events)
    assert {"PrepareForBackup_ok_folded", "PrepareForBackup_result_finished"} <= set(events)
    assert {"SetContext_plain_ok", "SetContext_all_failed"} <= set(events)
    assert "PrepareForBackup_result_ended_to_PREPARE_FAILED" in events
    assert "PrepareForBackup_result_wait_failed_to_PREPARING" in events
    assert "PREPARING" not in events["PrepareForBackup_result_ended"].transitions


def test_a_folded_session_has_triggers_of_its_own_where_rows_tell_it_apart():
    """A call ends on its line; a failure still decides; elsewhere one trigger serves both."""
    events = requester_machine().events
    begun, folded = events["PrepareForBackup_ok"], events["PrepareForBackup_ok_folded"]
    assert [t.dest for t in begun.transitions["SET_OPEN"]] == ["PREPARING"]
    assert [t.dest for t in folded.transitions["SET_OPEN"]] == ["PREPARED"]
    decides = events["PrepareForBackup_result_failed_folded"]
    assert [t.dest for t in decides.transitions["PREPARED"]] == ["PREPARE_FAILED"]
    assert "PREPARED" not in events["PrepareForBackup_result_failed"].transitions
    assert not {"PrepareForBackup_failed_folded", "AddComponent_ok_folded"} & set(events)


def test_a_refused_call_stays_unless_it_leaves_a_failed_step():
    """BackupComplete that fails at once changes nothing; PrepareForBackup is to be aborted."""
    for trigger, source, target in (
        ("BackupComplete_failed", "SNAPSHOT_DONE", "SNAPSHOT_DONE"),
        ("ImportSnapshots_failed", "PLAIN", "PLAIN"),
        ("PostRestore_failed", "PRE_RESTORED", "PRE_RESTORED"),
        ("PrepareForBackup_failed", "SET_OPEN", "PREPARE_FAILED"),
    ):
        machine = requester_machine()
        machine.set_state(source)
        assert machine.model.trigger(trigger) is True
        assert machine.model.state == target


def test_a_backup_a_restore_and_a_query_walk_through_the_lifecycle():
    """Whole sessions fire, with results of their own and folded."""
    walks = {
        "RELEASED": (
            *("CreateVssBackupComponents_ok", "InitializeForBackup_ok", "SetContext_writers_ok"),
            *("SetBackupState_ok", "GatherWriterMetadata_ok", "AddComponent_ok"),
            *("StartSnapshotSet_ok", "AddToSnapshotSet_ok", "PrepareForBackup_ok"),
            *("PrepareForBackup_result_pending", "PrepareForBackup_result_finished"),
            *("DoSnapshotSet_ok_folded", "SetBackupSucceeded_ok", "BackupComplete_ok"),
            *("BackupComplete_result_finished", "Release_ok"),
        ),
        "RESTORED": ("InitializeForRestore_ok", "PreRestore_ok_folded", "PostRestore_ok_folded"),
        "QUERYING": ("InitializeForBackup_ok", "SetContext_all_ok", "Query_ok"),
        "ABORTED": ("InitializeForBackup_ok", "StartSnapshotSet_ok", "AbortBackup_ok"),
    }
    for end, walk in walks.items():
        machine = requester_machine()
        for trigger in walk:
            assert machine.model.trigger(trigger) is True
        assert machine.model.state == end


def test_regions_of_the_requester():
    """Every region of the requester has its machine, under its name; the lifecycle is one."""
    machines = regions()
    assert sorted(machines) == BESIDE
    assert transitions_of(machines["requester"]) == transitions_of(requester_machine())
    assert "AddToSnapshotSet_ok" in machines["volumes"].get_triggers("VOLUMES_63")
    assert "AddToSnapshotSet_ok" not in machines["volumes"].get_triggers("VOLUMES_64")
    assert "SetContext_ok" in machines["context"].events


def test_public_names():
    """The package lists what it gives, sorted."""
    assert vssfsm.__all__ == sorted(vssfsm.__all__)
    assert {"requester_machine", "requester_regions", "writer_machine"} <= set(vssfsm.__all__)
    assert all(hasattr(vssfsm, name) for name in vssfsm.__all__)
