"""Law of observation over readers: evidence of a backup never accuses where the backup does not."""

import importlib.util

import pytest
from hypothesis import given
from renderers import RENDERERS
from strategies import Step, interleavings, judge, mutated_walks, records_of, walks, worst

import vssfsm
from vssfsm.spec.rows import ERROR, SEVERITIES
from vssfsm.spec.vocabulary import HANDLERS

pytestmark = pytest.mark.property
_ERROR = SEVERITIES.index(ERROR)


#: formats that print a failure code as a number
HOLDING_CODES = ("diskshadow", "vshadow", "betest", "ntbackup", "xes", "table", "mail")
_FORMS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            name == "binary" and importlib.util.find_spec("evtx") is None,
            reason="the extra `eventlog` is not installed",
        ),
    )
    for name in RENDERERS
]
each_form = pytest.mark.parametrize("form", _FORMS)


def seen(records: list[dict[str, object]], form: str, factory: pytest.TempPathFactory) -> list:
    """Give the findings of *records* as a program with that format would have told of them."""
    path = factory.getbasetemp() / f"{form}.txt"
    path.write_bytes(RENDERERS[form](records))
    return list(vssfsm.check(path).findings)


@each_form
@given(records=mutated_walks())
def test_a_reader_never_accuses_where_the_trace_does_not(
    form: str, records: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An error in a rendering is an error in the whole trace."""
    found = seen(records, form, tmp_path_factory)
    assert worst(found) < _ERROR or worst(judge(records)) == _ERROR


@each_form
@given(walk=walks())
def test_a_legal_backup_is_accused_of_nothing_in_any_format(
    form: str, walk: list[Step], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What the rows permit gives neither error nor warning, whoever tells of it."""
    found = seen(records_of(walk), form, tmp_path_factory)
    assert [item.rule for item in found if item.severity == ERROR] == []
    told = {item.rule for item in found if item.family == "INP"}
    assert told <= {"INP108", "INP109", "INP112"}  # nothing to tell of


@each_form
def test_an_illegal_report_stays_an_error(
    form: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The law is no gift: a code of no writer is an error wherever the format can hold it."""
    record = {"actor": "writer", "event": "Freeze", "state": 9, "failure": 0x80042302}
    found = seen([record], form, tmp_path_factory)
    assert ("STS" in {i.family for i in found if i.severity == ERROR}) == (form in HOLDING_CODES)


@given(records=interleavings())
def test_threads_of_one_log_are_sessions(
    records: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Several backups on threads of their own, mixed in one log, accuse no more than apart."""
    keys = {"host": "srv", "instance": "i"}
    apart = [
        record | keys | {"session": f"{record['host']}{record['session']}{record['instance']}"}
        for record in records
    ]
    names = sorted({record["session"] for record in apart})
    path = tmp_path_factory.getbasetemp() / "threads.txt"
    lines = [
        f"[03/03/2026 02:00:00, TID {names.index(record['session']) + 16:x}]"
        f" Entering SQL Writer On{record['event']}.\n"
        for record in apart
        if record["event"] in HANDLERS
    ]
    path.write_text("".join(lines), "utf-8")
    found = list(vssfsm.check(path).findings)
    assert worst(found) < _ERROR or worst(judge(apart)) == _ERROR
