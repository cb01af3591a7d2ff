"""Every accepted spelling of the canonical trace, and beside it one that is refused."""

import json

import pytest

from vssfsm.core.record import Record
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import (
    HANDLERS,
    HELPERS,
    LIFECYCLE_EVENTS,
    METHODS,
    OBSERVATIONS,
    OUTCOMES,
    OWN_CALLS,
    RESERVED_EVENTS,
)
from vssfsm.traces.canonical import read_line, read_mapping
from vssfsm.traces.values import read_hresult, read_time


def read(**keys: object) -> Record:
    """Read a record that has to be readable."""
    record, notes = read_mapping(keys, 1)
    assert notes == ()
    assert not record.hole
    return record


def refused(**keys: object) -> str:
    """Give the code of what makes a record unreadable."""
    record, notes = read_mapping(keys, 1)
    assert record.hole
    assert len(notes) == 1
    return notes[0].code


def test_records_share_what_they_say() -> None:
    """Many are kept, so each text is there once, and not once a record."""
    texts = ("host", "session", "process", "writer", "writer_id", "instance")
    said = dict.fromkeys(texts, "a name") | {
        "actor": "requester",
        "event": "Wait",
        "of": "DoSnapshotSet",
    }
    line = json.dumps(said)
    (first, _), (second, _) = read_line(line, 1), read_line(line, 2)
    for key in said:
        assert getattr(first, key) is getattr(second, key), key


# --- events ------------------------------------------------------------------
SPELLINGS = {
    **{f"On{event}": event for event in HANDLERS},
    **{f"{event}Ex": event for event in HANDLERS},
    **{f"On{event}Ex": event for event in HANDLERS},
    "PrepareForBackup": "PrepareBackup",
    "PrepareForSnapshot": "PrepareSnapshot",
    "OnPrepareForBackup": "PrepareBackup",
    "OnPrepareForSnapshot": "PrepareSnapshot",
    **{event: event for event in (*HANDLERS, *OWN_CALLS, *RESERVED_EVENTS)},
}


@pytest.mark.parametrize(("spelling", "event"), SPELLINGS.items())
def test_spellings_of_writer_events(spelling: str, event: str) -> None:
    """A prefix On, a suffix Ex and the two names with For are a handler's."""
    assert read(actor="writer", event=spelling).event == event


@pytest.mark.parametrize(
    "name",
    [
        *("freeze", "FREEZE", " Freeze", "Freeze ", "OnOnFreeze", "On", "Ex", "", "FreezeExEx"),
        *("PrepareForFreeze", "OnSubscribe", "UnsubscribeEx", "OnVSSShutdown", "DoSnapshotSet"),
    ],
)
def test_other_names_are_no_writer_events(name: str) -> None:
    """Any other name is unknown, also one that is spelled nearly so."""
    assert refused(actor="writer", event=name) == "INP102"


@pytest.mark.parametrize("name", [*METHODS, *HELPERS, "Release"])
def test_methods_of_a_requester(name: str) -> None:
    """Every documented method is an event of a requester, by its own name only."""
    assert read(actor="requester", event=name).event == name
    assert refused(actor="requester", event=f"On{name}") == "INP102"


def test_events_depend_on_the_actor() -> None:
    """A name is looked up among its actor's; without an actor among all."""
    assert read(actor="observer", event="WriterStatus").event == "WriterStatus"
    assert refused(actor="observer", event="Freeze") == "INP102"
    assert refused(actor="requester", event="Freeze") == "INP102"
    assert refused(actor="writer", event="GetWriterStatus") == "INP102"
    assert read(event="GetWriterStatus").event == "GetWriterStatus"
    assert read(event="OnFreeze").event == "Freeze"
    assert refused(event="Frieze") == "INP102"


@pytest.mark.parametrize("name", [*HANDLERS, "OnFreeze", "PrepareForSnapshot"])
def test_handlers_of_own_calls(name: str) -> None:
    """`during` names a handler in any of its spellings."""
    assert read(actor="writer", event="SetWriterFailure", during=name).during in HANDLERS


@pytest.mark.parametrize("name", [*OWN_CALLS, "freeze", ""])
def test_other_names_are_no_handlers(name: str) -> None:
    """`during` names nothing else."""
    assert refused(actor="writer", event="SetWriterFailure", during=name) == "INP102"


# --- numbers -----------------------------------------------------------------
@pytest.mark.parametrize("number", [*range(-1, 18), 2**31, 2**70])
def test_a_state_is_any_integer(number: int) -> None:
    """Numbers outside of the enumeration are read, to be judged; text equals the number."""
    assert read(state=number).state == number
    assert read(state=str(number)).state == number
    assert read(state=f" {number} ").state == number


@pytest.mark.parametrize("value", ["stable", "VSS_WS_", "VSS_STABLE", "VSS_WS_vss", "1.0"])
def test_other_texts_are_no_states(value: str) -> None:
    """A name has to be the documented one."""
    assert refused(state=value) == "INP102"


@pytest.mark.parametrize("value", [1.0, True, [], {}])
def test_other_types_are_no_states(value: object) -> None:
    """A float is no integer, nor is a boolean."""
    assert refused(state=value) == "INP103"


def test_hresults_are_unsigned_inside() -> None:
    """Signed, unsigned, hex and decimal text are one code."""
    timeout = HRESULTS["VSS_E_WRITERERROR_TIMEOUT"]
    for value in ("VSS_E_WRITERERROR_TIMEOUT", "0x800423F2", "0X800423f2", timeout, str(timeout)):
        assert read_hresult(value) == timeout
    for value in (timeout - 2**32, str(timeout - 2**32), " 0x800423F2 ", f"{timeout:+d}"):
        assert read_hresult(value) == timeout
    assert read_hresult(-(2**31)) == 2**31
    assert read_hresult(2**32 - 1) == 2**32 - 1


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("800423F2", "INP102"),
        ("0x", "INP102"),
        ("vss_e_bad_state", "INP102"),
        ("VSS_WS_STABLE", "INP102"),
        ("", "INP102"),
        ("1_000", "INP102"),
        (2**32, "INP103"),
        (-(2**31) - 1, "INP103"),
        ("0x1FFFFFFFF", "INP103"),
        (0.0, "INP103"),
        (True, "INP103"),
    ],
)
def test_other_values_are_no_hresults(value: object, code: str) -> None:
    """Text without 0x is decimal; nothing has more than 32 bits."""
    for key in ("failure", "hresult", "async_result"):
        assert refused(**{key: value}) == code


def test_numeric_text_equals_the_number() -> None:
    """CSV cannot tell them apart, so nothing does."""
    numbers = {"v": 1, "thread": 7, "time": 12, "ended": -3, "state": 4, "hresult": 1}
    assert read(**numbers) == read(**{key: str(value) for key, value in numbers.items()})
    names = {"host": 1, "session": 2, "process": 3, "writer": 4, "writer_id": 5, "instance": 6}
    assert read(**names) == read(**{key: str(value) for key, value in names.items()})
    assert refused(thread="7.0") == "INP103"
    assert refused(session=1.0) == "INP103"


# --- missing -----------------------------------------------------------------
KEYS = (
    *("v", "time", "ended", "at", "host", "session", "process", "actor", "event", "writer"),
    *("writer_id", "instance", "outcome", "state", "failure", "hresult", "of", "async_result"),
    *("during", "thread", "args", "release", "observation", "source"),
)
MAY_BE_EMPTY = ("host", "session", "process", "of", "writer", "writer_id", "instance")


def test_null_is_missing() -> None:
    """Null in any key reads as no key."""
    assert read(**dict.fromkeys(KEYS)) == read() == Record(line=1)


@pytest.mark.parametrize("key", MAY_BE_EMPTY)
def test_an_empty_name_is_missing(key: str) -> None:
    """An empty string in a name is no name."""
    assert read(**{key: ""}) == Record(line=1)


@pytest.mark.parametrize("key", [key for key in KEYS if key not in MAY_BE_EMPTY])
def test_an_empty_value_is_wrong(key: str) -> None:
    """An empty string elsewhere is no value."""
    assert refused(**{key: ""}) in ("INP102", "INP103")


def test_unknown_keys_are_ignored() -> None:
    """Keys that the format does not know change nothing."""
    assert read(actor="writer", event="Freeze", note=[1], States=3, Event="Thaw") == read(
        actor="writer", event="Freeze"
    )


def test_the_last_of_a_doubled_key_counts() -> None:
    """The last value stands, null included, and the double is told once."""
    record, notes = read_line('{"state": 1, "state": 3, "thread": 1, "thread": null}', 4)
    assert (record.state, record.thread) == (3, None)
    assert [(n.code, n.line) for n in notes] == [("INP104", 4)]
    assert read_line('{"state": 1, "stat": 3}', 4)[1] == ()


# --- words -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("outcome", OUTCOMES),
        ("at", ("entry", "return")),
        ("actor", ("requester", "writer", "observer")),
        ("release", RELEASES),
        ("observation", OBSERVATIONS),
        ("of", METHODS),
    ],
)
def test_words_are_as_documented(key: str, names: tuple[str, ...]) -> None:
    """Every documented word is read, and none that is spelled otherwise."""
    for name in names:
        assert getattr(read(**{key: name}), key) == name
        assert refused(**{key: f"{name} "}) == "INP102"
    assert refused(**{key: names[0].swapcase() + "x"}) == "INP102"


def test_releases_are_those_of_the_contract() -> None:
    """All nineteen names of releases are known."""
    names = "xp 2003 2003sp1 vista vistasp1 2008 2008sp2 7 2008r2 8 2012 8.1 2012r2 10 2016 2019"
    assert {*names.split(), "2022", "11", "2025"} == set(RELEASES)


# --- args --------------------------------------------------------------------
def test_args_are_an_object_or_its_text() -> None:
    """CSV holds args as JSON text."""
    args = {"timeout_ms": 500, "mask": 6, "count": 3}
    record = read(args=args)
    assert record == read(args=json.dumps(args))
    assert (record.timeout_ms, record.mask, record.args) == (500, 6, args)
    as_text = {"timeout_ms": "500", "mask": "0x6", "count": "3"}
    assert read(args=as_text)._replace(args=args) == record
    assert read(args={"timeout_ms": None}).timeout_ms is None
    assert read(source='{"path": "x"}').source == {"path": "x"}


@pytest.mark.parametrize(
    "value", ["text", "[1]", "1", "null", [], 1, {"timeout_ms": "soon"}, {"mask": 1.5}]
)
def test_other_args_are_refused(value: object) -> None:
    """Anything but an object, or with a wrong value inside, makes a hole."""
    assert refused(args=value) == "INP103"


# --- time --------------------------------------------------------------------
NOON = 1_710_504_000_000_000_000


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-03-15T12:00:00Z", NOON),
        ("2024-03-15t12:00:00z", NOON),
        ("2024-03-15 12:00:00Z", NOON),
        ("2024-03-15T14:00:00+02:00", NOON),
        ("2024-03-15T06:30:00-05:30", NOON),
        ("2024-03-15T12:00:00-00:00", NOON),
        ("2024-03-15T12:00:00.5Z", NOON + 500_000_000),
        ("2024-03-15T12:00:00.123456789Z", NOON + 123_456_789),
        ("2024-03-15T12:00:00.1234567890Z", NOON + 123_456_789),
        ("2024-03-15T11:59:60Z", NOON),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59Z", -1_000_000_000),
        (NOON, NOON),
        (str(NOON), NOON),
        (-1, -1),
    ],
)
def test_times(value: object, expected: int) -> None:
    """RFC 3339 with any offset and precision, or nanoseconds."""
    assert read_time(value) == expected
    assert read(time=value).time_ns == read(ended=value).ended_ns == expected


@pytest.mark.parametrize(
    "value",
    [
        *("2024-03-15", "12:00:00Z", "2024-13-15T12:00:00Z", "2024-03-15T24:00:00Z"),
        *("2024-03-15T12:60:00Z", "2024-03-15T12:00:61Z", "2024-03-15T12:00Z", "15.03.2024"),
        *("2024-03-15T12:00:00+25:00", "2024-03-15T12:00:00.Z", "1.5", "0x10", ""),
    ],
)
def test_other_texts_are_no_times(value: str) -> None:
    """What is no RFC 3339 time is refused."""
    assert refused(time=value) == "INP103"


def test_versions() -> None:
    """Version 1 is read, a newer one is told, others are none."""
    assert read(v=1).version is None or read(v=1).version == 1
    assert refused(v=2) == "INP105"
    assert refused(v="2") == "INP105"
    assert refused(v=0) == "INP103"


def test_a_hole_keeps_what_tells_whose_it_is() -> None:
    """The keys that could be read still say to which session an unread record may belong."""
    record, _ = read_mapping({"host": "a", "session": 3, "actor": "writer", "state": []}, 5)
    assert (record.hole, record.host, record.session, record.line) == (True, "a", "3", 5)
    assert record.actor == "writer"


def test_several_wrong_values_are_one_mistake() -> None:
    """An unread record is one finding that names each cause."""
    record, notes = read_mapping({"state": [], "thread": "x", "event": "Frieze"}, 5)
    assert record.hole
    (note,) = notes
    assert all(word in note.message for word in ("state", "thread", "event"))


def test_every_lifecycle_event_is_a_handler() -> None:
    """The handlers are the lifecycle and Identify."""
    assert {*LIFECYCLE_EVENTS, "Identify"} == set(HANDLERS)
