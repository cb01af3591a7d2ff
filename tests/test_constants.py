"""Every number and name of the headers, both ways."""

import json
from pathlib import Path

import pytest

from vssfsm.spec.hresults import HRESULTS, NAMES, hresult_name, is_failure
from vssfsm.spec.interface import MASK
from vssfsm.spec.status import CODES
from vssfsm.spec.vocabulary import COUNT, STATE_NAMES, STATE_NUMBERS, STATE_PREFIX, WRITER_STATES
from vssfsm.traces.canonical import read_mapping
from vssfsm.traces.values import read_hresult

HEADERS = json.loads((Path(__file__).parent / "data" / "constants.json").read_text("utf-8"))
STATES = HEADERS["enums"]["VSS_WRITER_STATE"]
CODES_OF_HEADERS = {
    name: int(entry["hex"], 16)
    for name, entry in HEADERS["constants"].items()
    if name.startswith(("VSS_E_", "VSS_S_"))
}
#: plain COM codes: winerror.h, not in the dump
COM = {
    "S_OK": 0,
    "S_FALSE": 1,
    "E_NOTIMPL": 0x80004001,
    "E_POINTER": 0x80004003,
    "E_FAIL": 0x80004005,
    "E_UNEXPECTED": 0x8000FFFF,
    "E_ACCESSDENIED": 0x80070005,
    "E_OUTOFMEMORY": 0x8007000E,
    "E_INVALIDARG": 0x80070057,
}


def test_the_dump_is_not_empty() -> None:
    """The header dump holds the states and the codes that are compared here."""
    assert len(STATES) == 17
    assert len(CODES_OF_HEADERS) > 60


def test_codes_are_those_of_the_headers() -> None:
    """Every VSS code of the headers is known with its value, and no other name is."""
    assert CODES_OF_HEADERS | COM == HRESULTS


def test_every_value_has_one_name() -> None:
    """No two names share a value, so that a value can be shown by its name."""
    assert len(NAMES) == len(HRESULTS)
    assert all(hresult_name(value) == name for name, value in HRESULTS.items())
    assert hresult_name(0x8004FFFF) == "0x8004FFFF"


def test_success_and_failure_follow_the_severity_bit() -> None:
    """Codes named E are failures, codes named S are none."""
    assert all(is_failure(v) == ("E_" in n.removeprefix("VSS_")[:2]) for n, v in HRESULTS.items())


def test_writer_states_are_those_of_the_enumeration() -> None:
    """Names and numbers of VSS_WRITER_STATE agree with the header, COUNT apart."""
    ours = {STATE_PREFIX + state.name: state.number for state in (*WRITER_STATES, COUNT)}
    assert ours == STATES
    assert {STATE_PREFIX + name: n for name, n in STATE_NUMBERS.items()} == STATES
    assert [state.number for state in WRITER_STATES] == list(range(16))
    assert COUNT.number not in STATE_NAMES


def test_subscribe_mask_is_backup_and_restore() -> None:
    """The supported mask is the union of backup and restore events."""
    mask = HEADERS["enums"]["VSS_SUBSCRIBE_MASK"]
    assert int(MASK) == mask["VSS_SM_BACKUP_EVENTS_FLAG"] | mask["VSS_SM_RESTORE_EVENTS_FLAG"]


def test_writer_codes_are_codes() -> None:
    """Every code of the status matrix has a value."""
    assert set(CODES) <= set(HRESULTS)


@pytest.mark.parametrize("name", sorted(HRESULTS))
def test_every_spelling_of_a_code_is_read(name: str) -> None:
    """A code is read from its name, from hex, and from both integers."""
    value = HRESULTS[name]
    signed = value - 2**32 if value >= 2**31 else value
    spellings = (name, f"0x{value:08X}", f"0x{value:x}", value, signed, str(value), str(signed))
    assert {read_hresult(spelling) for spelling in spellings} == {value}


@pytest.mark.parametrize("name", sorted(STATES))
def test_every_spelling_of_a_state_is_read(name: str) -> None:
    """A state is read from its full name, its short name and its number."""
    number = STATES[name]
    for spelling in (name, name.removeprefix(STATE_PREFIX), number, str(number)):
        record, notes = read_mapping({"state": spelling}, 1)
        assert (record.state, notes) == (number, ())
