"""`vssfsm triage`: which writers failed, where, since when, what hosts them, what is missing."""

import html
import json
import re
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.reports.triage import as_html, as_text
from vssfsm.spec.evidence import KINDS
from vssfsm.spec.services import SERVICES, services_of
from vssfsm.traces.formats import READERS
from vssfsm.triage import Triage, triage

DATA = Path(__file__).parent / "data"
LOG = DATA / "logs" / "events.xml"
LISTING = DATA / "listings" / "en-errors.txt"


def found(*paths: Path, **options: object) -> Triage:
    """Judge, and give what it shows."""
    return triage(vssfsm.check(*paths, keep_records=True, **options))


def write(path: Path, *records: dict[str, object]) -> Path:
    """Write a trace of the writer Mail."""
    keys = {"actor": "writer", "writer": "Mail"}
    path.write_text("".join(json.dumps(keys | record) + "\n" for record in records), "utf-8")
    return path


FAILED = {"event": "Freeze", "outcome": "veto", "state": 9, "failure": "VSS_E_WRITERERROR_TIMEOUT"}
FINE = {"event": "PrepareBackup", "outcome": "ok", "state": 1, "failure": "S_OK"}


def test_a_failed_writer_is_told_with_phase_and_time(tmp_path: Path) -> None:
    """State, code, place, and the earliest time of the failure that lasts."""
    path = write(
        tmp_path / "a.jsonl",
        FAILED | {"time": "2026-03-01T00:00:00Z"},  # an earlier failure that did not last
        FINE | {"time": "2026-03-02T00:00:00Z"},
        FAILED | {"time": "2026-03-03T01:00:00Z"},
        {"actor": "observer", "event": "WriterStatus", "state": 9, "time": "2026-03-03T02:00:00Z"},
    )
    shown = found(path)
    (one,) = shown.failed
    assert (one.name, one.last.state, one.first.line, one.first.event) == ("Mail", 9, 3, "Freeze")
    text = as_text(shown)
    assert "2026-03-03T01:00:00Z at the latest" in text
    assert "9 FAILED_AT_FREEZE" in text
    assert (shown.healthy, [r.line for r in one.reports]) == (0, [4])


def test_a_writer_that_recovered_did_not_fail(tmp_path: Path) -> None:
    """What was seen last decides, in each input."""
    path = write(tmp_path / "a.jsonl", FAILED, FINE)
    shown = found(path)
    assert (shown.failed, shown.healthy) == ((), 1)
    assert as_text(shown).startswith("No writer failed: 1 writer seen\n")
    other = write(tmp_path / "b.jsonl", FAILED)
    assert [one.reports[0].path for one in found(path, other).failed] == [str(other)]


def test_nothing_known_is_no_good_news(tmp_path: Path) -> None:
    """Evidence without a writer says so, lists what is missing, and ends with exit code 3."""
    path = tmp_path / "a.jsonl"
    path.write_text("", "utf-8")
    text = as_text(found(path))
    assert text.startswith("Nothing is known of any writer\n")
    assert [kind.name for kind in KINDS if f"Missing: {kind.name}\n" not in text] == []
    assert main(["triage", str(path)]) == 3


def test_inputs_are_joined_by_the_name_of_the_writer(tmp_path: Path) -> None:
    """A listing and a log about one writer give one section; of two machines, two."""
    status = {"actor": "observer", "event": "WriterStatus", "writer": "SqlServerWriter", "state": 9}
    path = write(tmp_path / "a.jsonl", status)
    (one,) = found(path, LOG).failed
    assert (one.name, one.host, len(one.reports)) == ("SqlServerWriter", "srv1.example.org", 2)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    log = tmp_path / "one" / "pasted.txt"
    log.write_bytes(Path(LOG).read_bytes())
    beside = write(tmp_path / "two" / "a.jsonl", status)
    assert [item.host for item in found(str(log), beside).failed] == [""]
    inside = write(tmp_path / "one" / "a.jsonl", status)
    assert [item.host for item in found(str(log), inside).failed] == ["srv1.example.org"]
    path = write(tmp_path / "a.jsonl", status | {"host": "srv2"})
    assert [item.host for item in found(path, LOG).failed] == ["srv1.example.org", "srv2"]


def test_the_process_of_a_log_leads_to_the_service() -> None:
    """Event 8229 names the process, and the command names the service."""
    text = as_text(found(LOG))
    assert 'tasklist /svc /fi "PID eq 2552"' in text
    assert f"Process 2552 hosted it ({LOG}:4)" in " ".join(text.split())


def test_tables_that_disagree_are_both_shown(tmp_path: Path) -> None:
    """Where published tables name different services, each stands there with its source."""
    path = write(tmp_path / "a.jsonl", FAILED | {"writer": "certificate authority"})
    text = as_text(found(path))
    assert "Published tables disagree:" in text
    for answer in SERVICES:
        assert f"{answer.service}, says {answer.by}" in text
    assert len({answer.service for answer in services_of("Certificate Authority")}) == 2
    assert services_of("SqlServerWriter") == ()
    assert all(answer.by for answer in SERVICES)


def test_an_illegal_failure_is_told_as_one(tmp_path: Path) -> None:
    """A broken rule is named with blame and place; without one the failure is legal."""
    path = write(tmp_path / "a.jsonl", FINE, {"event": "Thaw"}, FAILED)
    shown = found(path)
    rules = [item.rule for item in shown.failed[0].accusations]
    assert rules
    assert f"No: {rules[0]} " in as_text(shown)
    assert "it broke no rule" in as_text(found(LISTING))
    assert main(["triage", str(path)]) == 1


def test_a_listing_without_writers_is_no_evidence_and_a_quiet_log_is(tmp_path: Path) -> None:
    """A refused listing is still missing; a log in which nothing failed is there."""
    refused = found(DATA / "listings" / "not-elevated.txt")
    assert [kind.name for kind in refused.missing] == [kind.name for kind in KINDS]
    path = tmp_path / "log.txt"
    path.write_text("Source: VSS\nEvent ID: 8224\nidle\n", "utf-8")
    assert [kind.name for kind in found(path).present] == ["event logs"]
    path.write_text("", "utf-8")
    assert found(path, input_format="eventlog").present == ()


def test_missing_evidence_comes_with_its_command(tmp_path: Path) -> None:
    """What is there is not asked for; what is not has a command or a hint."""
    names = {kind.name for kind in found(LISTING).missing}
    assert names == {kind.name for kind in KINDS[1:]}
    assert "wevtutil epl Application application.evtx" in as_text(found(LISTING))
    assert {kind.name for kind in found(LOG).missing} == {
        kind.name for kind in (KINDS[0], *KINDS[2:])
    }
    calls = write(tmp_path / "a.jsonl", {"actor": "requester", "event": "Release"})
    assert KINDS[3] not in found(calls).missing
    assert KINDS[2] not in found(DATA / "products" / "sqlwriter-veto.txt").missing
    for kind in KINDS:
        assert kind.collect or kind.hint
        assert {*kind.formats} <= {*READERS}


def test_the_page_loads_nothing_and_shows_hostile_names_as_they_are(tmp_path: Path) -> None:
    """Everything of the text stands in the page; a name cannot act."""
    name = "<script>alert(1)</script>\x1b[31m&é"
    path = write(tmp_path / "a.jsonl", FAILED | {"writer": name})
    page = as_html(found(path))
    assert page.isascii()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\x1b[31m&amp;&#233;" in page
    assert not re.search(r"\b(src|href)=(?!\"data:)", page)
    assert "default-src 'none'" in page
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    for line in as_text(found(path)).splitlines():
        assert " ".join(line.split()[-3:]) in plain


def test_the_command_writes_a_file_whole(tmp_path: Path) -> None:
    """The page goes where it is told, never over the evidence."""
    path, page = write(tmp_path / "a.jsonl", FAILED), tmp_path / "t.html"
    assert main(["triage", str(path), "--output-format", "html", "-o", str(page)]) == 1
    assert page.read_text("ascii").startswith("<!DOCTYPE html>")
    assert main(["triage", str(path), "-o", str(path)]) == 2


@pytest.mark.parametrize(
    ("time", "shown"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (2**63 - 1, "2262-04-11T23:47:16Z"),
        (-(2**63), "1677-09-21T00:12:43Z"),
        (2**63, "Nothing is known of any writer"),
    ],
)
def test_times_at_the_ends_of_the_calendar_are_shown(time: int, shown: str, tmp_path: Path) -> None:
    """Every time of 64 bits is a date; one beyond them cannot be read."""
    path = write(tmp_path / "a.jsonl", FAILED | {"time": time})
    assert shown in as_text(found(path))


def test_a_local_time_is_told_as_one(tmp_path: Path) -> None:
    """A time of no named zone is shown, and said to be one."""
    path = write(tmp_path / "a.jsonl", FAILED | {"args": {"local_time": "2026-03-03T02:00:00"}})
    assert "2026-03-03T02:00:00 at the latest, in a zone that is not named" in " ".join(
        as_text(found(path)).split()
    )


def test_a_failure_without_a_name_is_no_silence(tmp_path: Path) -> None:
    """Some programs and cut events name no writer: one failed all the same, if nothing names it."""
    path = tmp_path / "t.log"
    line = "method=checkWriterStatus message=x WriterState={} Error=null\n"
    path.write_text(line.format(8) * 2, "utf-8")
    shown = found(path)
    assert [(one.name, one.last.state, one.first.line) for one in shown.failed] == [("", 8, 1)]
    assert as_text(shown).startswith("1 writer failed, 0 did not\n\nA writer that no record names")
    path.write_text(line.format(1), "utf-8")
    assert found(path).failed == ()
    named = write(tmp_path / "a.jsonl", FAILED, FAILED | {"writer": None})
    assert [one.name for one in found(named).failed] == ["Mail"]


@pytest.mark.parametrize("listed_first", [True, False])
def test_kinds_of_a_mail_stand_for_themselves(tmp_path: Path, *, listed_first: bool) -> None:
    """A veto stays one beside a listing in which the writer is stable, wherever that stands."""
    event = (DATA / "logs" / "pasted.txt").read_text("utf-8")
    listing = "Writer name: 'SqlServerWriter'\n   State: [{}\n   Last error: No error\n"
    path = tmp_path / "mail.txt"
    texts = [listing.format("1] Stable"), event]
    path.write_text("\n".join(texts if listed_first else texts[::-1]), "utf-8")
    shown = found(path)
    assert [one.name for one in shown.failed] == ["SqlServerWriter"]
    assert {kind.name for kind in shown.present} >= {"a listing of writers", "event logs"}
    assert shown.healthy == 0
