"""`vssfsm explain`: answers that are true, complete, and fit on a screen."""

import json
import random
import re
from pathlib import Path

import pytest

from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.monitor import requesters
from vssfsm.reports.explain import explain
from vssfsm.reports.words import either
from vssfsm.run import check
from vssfsm.spec.codes import MEANINGS, codes_of
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.methods import METHOD
from vssfsm.spec.notes import (
    CODE_MEANS,
    EVENTS,
    GROUP_ADVICE,
    LOG_EVENTS,
    METHODS_NOTES,
    NOT_PROVED,
    PUBLISHED,
    PURPOSES,
)
from vssfsm.spec.sources import PAGES
from vssfsm.spec.status import ADVICE, CELLS, CODES
from vssfsm.spec.vocabulary import (
    COUNT,
    HANDLERS,
    LIFECYCLE_EVENTS,
    METHODS,
    OBSERVER_NAMES,
    REQUESTER_NAMES,
    STATE_NAMES,
    WRITER_NAMES,
    WRITER_STATES,
)

RULES = Path(__file__).parent / "data" / "rules"
STATES = (*WRITER_STATES, COUNT)
NAMES = sorted({*WRITER_NAMES, *REQUESTER_NAMES, *OBSERVER_NAMES})
WIDTH = 100
SCREEN = 40
#: letters of the matrix -> verdict
VERDICTS = {**dict.fromkeys(".sfv", "LEGAL"), **dict.fromkeys("uintcr", "SUSPICIOUS")}
CLEAN = [
    {"actor": "writer", "writer": "W", "event": "PrepareBackup", "outcome": "ok"},
    {"actor": "writer", "writer": "W", "event": "PrepareSnapshot", "outcome": "ok"},
    {"actor": "writer", "writer": "W", "event": "Freeze", "outcome": "ok", "state": 3},
    {"actor": "writer", "writer": "W", "event": "Thaw", "outcome": "ok"},
]


def field(page: str, label: str) -> str:
    """Give the text behind *label* on one line."""
    pattern = rf"^  {re.escape(f'{label:<11}')}(.*(?:\n {{13}}.*)*)"
    match = re.search(pattern, page, re.MULTILINE)
    return re.sub(r"\s+", " ", match[1]) if match else ""


def write(path: Path, records: list[dict[str, object]]) -> Path:
    """Write *records* as a trace."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    return path


def assert_fits(page: str) -> None:
    """A page is as narrow and as short as a screen; an address cannot be broken."""
    lines = page.splitlines()
    wide = [line for line in lines if len(line) > WIDTH and not line.startswith("  https://")]
    assert wide == []
    assert len(lines) <= SCREEN


# --- Everything has an answer ------------------------------------------------
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_state_is_explained_by_number_and_by_each_of_its_names(state) -> None:
    """A state's page is the same by number, short name, full name and vssadmin's brackets."""
    page = explain([str(state.number)])
    spellings = (state.name, f"VSS_WS_{state.name}", state.name.lower(), f"[{state.number}]")
    assert [explain([text]) for text in spellings] == [page] * len(spellings)
    assert page.startswith(f"Writer state {state.number} VSS_WS_{state.name}\n")
    assert PAGES["ne-vss-vss_writer_state"][1] in page
    assert_fits(page)


@pytest.mark.parametrize("name", HRESULTS)
def test_a_code_is_explained_by_name_and_by_each_of_its_numbers(name: str) -> None:
    """A code's page is the same by name, hexadecimal, and signed or unsigned decimal."""
    value = HRESULTS[name]
    page = explain([name])
    assert explain([f"0x{value:08x}"]) == page
    if value > 999:
        assert explain([str(value)]) == page
        assert explain([str(value - (1 << 32) if value >> 31 else value)]) == page
    assert name in page.splitlines()[0]
    assert f"0x{value:08X}" in page.splitlines()[0]
    assert "  https://" in page
    assert_fits(page)


@pytest.mark.parametrize("name", NAMES)
def test_an_event_or_method_is_explained_under_its_own_name(name: str) -> None:
    """Every name of the alphabet has a page that says the name and fits."""
    page = explain([name])
    assert name in page
    assert explain([name.lower()]) == page
    if name in WRITER_NAMES:
        assert "  https://" in page
    assert_fits(page)


@pytest.mark.parametrize("event", EVENTS)
def test_a_handler_is_explained_by_its_method_too(event: str) -> None:
    """The event and its handler's name give one page."""
    page = explain([f"On{event}"])
    assert page.startswith(f"{event}: an event to a writer, received by On{event}")
    assert (explain([event]) == page) == (event not in METHODS)


# --- Pairs -------------------------------------------------------------------
@pytest.mark.parametrize(("state", "code"), CELLS, ids=lambda value: value)
def test_the_verdict_of_a_pair_is_that_of_the_matrix(state: str, code: str) -> None:
    """The first verdict of each pair is what the matrix of the specification says."""
    page = explain([state, code])
    assert field(page, "verdict").startswith(VERDICTS[CELLS[state, code]])
    assert state in page.splitlines()[0]
    assert code in page.splitlines()[0]
    assert_fits(page)


@pytest.mark.parametrize("name", [name for name in HRESULTS if name not in CODES])
def test_a_method_return_code_is_no_failure_code_beside_any_state(name: str) -> None:
    """Beside a state, a code of methods is illegal, and the page says what it is."""
    page = explain(["9", name])
    assert field(page, "verdict").startswith("ILLEGAL on every release (STS201 ")
    assert field(page, "code").startswith("No writer failure code: a ")
    assert_fits(page)


@pytest.mark.parametrize("number", [16, 17, 255, -1])
def test_a_number_outside_of_the_enumeration_is_illegal_with_any_code(number: int) -> None:
    """State 16 and others are illegal alone and beside a code; state 15 is not."""
    assert "ILLEGAL on every release (STS202 " in explain([str(number)])
    assert "ILLEGAL on every release (STS202 " in explain([str(number), "0x800423f2"])
    assert "STS202" not in explain(["15", "0x800423f3"])


def test_the_order_of_state_and_code_does_not_matter() -> None:
    """A code before its state is the same pair."""
    assert explain(["0x800423f2", "9"]) == explain(["9", "0x800423f2"])


def test_a_pair_comes_before_what_else_was_asked() -> None:
    """A pair is taken first, and further topics follow on pages of their own."""
    page = explain(["9", "0x800423f2", "Freeze"])
    assert page == explain(["9", "0x800423f2"]) + "\n" + explain(["Freeze"])


def test_two_states_are_two_pages_but_zero_behind_a_state_is_s_ok() -> None:
    """`9 0` is a pair as a trace writes it, `9 7` are two states."""
    assert explain(["9", "0"]) == explain(["9", "S_OK"])
    assert explain(["9", "7"]) == explain(["9"]) + "\n" + explain(["7"])


def test_the_canonical_timeout_pair_says_what_a_support_engineer_needs() -> None:
    """(9, TIMEOUT): legal, set by the writer or its timer, wait, and what it does not prove."""
    page = explain(["9", "0x800423f2"])
    assert field(page, "verdict").startswith("LEGAL on every release; it reports a failure")
    assert "freeze timer" in field(page, "set by")
    assert "ten minutes" in field(page, "do")
    assert "60 s" in field(page, "do")
    assert "10 s" in field(page, "proves not")
    assert "after Abort" in field(page, "proves not")
    assert field(page, "vssadmin") == "State: [9] Failed; Last error: Timed out"
    assert PAGES["kb-915331"][1] in page


def test_a_soft_failure_is_legal_and_still_a_failure() -> None:
    """(1, RETRYABLE) is legal and to be treated as a failure; (1, S_OK) is healthy."""
    soft = explain(["1", "RETRYABLE"])
    assert "it reports a failure" in field(soft, "verdict")
    assert "treat it as a failure" in field(soft, "why")
    assert "failure" not in field(explain(["1", "S_OK"]), "verdict")


def test_a_failed_state_without_a_code_is_not_waved_through() -> None:
    """Beside a FAILED state, S_OK does not turn the advice into "nothing"."""
    assert field(explain(["9", "S_OK"]), "do").startswith("Treat the writer as failed")
    assert field(explain(["1", "S_OK"]), "do").startswith("Nothing")


def test_releases_and_methods_split_a_verdict() -> None:
    """What depends on the release or on the method has a line each."""
    partial = field(explain(["9", "PARTIAL_FAILURE"]), "verdict")
    assert "LEGAL since 7/2008r2 by GetWriterStatusEx" in partial
    assert "SUSPICIOUS since 7/2008r2 by GetWriterStatus (STS107" in partial
    assert "ILLEGAL up to 2008sp2 (STS204" in partial
    assert "ILLEGAL on xp (STS203" in field(explain(["15", "RETRYABLE"]), "verdict")
    assert " on xp " not in field(explain(["14", "RETRYABLE"]), "verdict")


# --- Codes -------------------------------------------------------------------
def test_nonretryable_says_both_wordings_of_the_pages() -> None:
    """Pages disagree on how likely the error comes back; both are said."""
    advice = field(explain(["NONRETRYABLE"]), "do")
    assert "might recur" in advice
    assert "would likely occur" in advice


def test_codes_with_advice_of_their_own_give_it() -> None:
    """Leaked sessions, privileges, services and the boilerplate sentence are told."""
    assert "leaked" in explain(["VSS_E_WRITER_STATUS_NOT_AVAILABLE"])
    assert "privileges" in field(explain(["E_ACCESSDENIED"]), "means")
    assert "Event System" in field(explain(["VSS_E_WRITER_INFRASTRUCTURE"]), "means")
    assert "do not read it as a rule" in field(explain(["VSS_E_BAD_STATE"]), "means")
    assert "provider refused" in field(explain(["VSS_E_PROVIDER_VETO"]), "means")


def test_a_code_that_nobody_documents_is_described_by_its_facility() -> None:
    """An unknown number is no documented code; its facility says whose it is."""
    assert "facility 7 (Win32), code 32" in field(explain(["0x80070020"]), "code")
    assert "facility" not in explain(["0x80070005"])


def test_who_may_set_a_code_comes_from_the_interface_rows() -> None:
    """TIMEOUT is settable around the freeze only, PARTIAL_FAILURE by the Ex method only."""
    assert "in Freeze, Thaw or Abort" in field(explain(["TIMEOUT"]), "set by")
    assert "in every handler" in field(explain(["RETRYABLE"]), "set by")
    assert "SetWriterFailure or" not in field(explain(["PARTIAL_FAILURE"]), "set by")
    assert field(explain(["NOT_RESPONDING"]), "set by") == "The service."


# --- Events ------------------------------------------------------------------
def test_the_page_of_freeze_follows_from_its_rows() -> None:
    """Freeze is legal in WAITING_FOR_FREEZE, ends as its rows say, and is judged elsewhere."""
    page = explain(["Freeze"])
    legal = field(page, "legal in")
    assert legal.startswith("WAITING_FOR_FREEZE: ok -> WAITING_FOR_THAW;")
    assert "veto -> FAILED_AT_FREEZE;" in legal
    assert "timeout -> FAILED_AT_FREEZE_timed_out" in legal
    assert field(page, "next") == "Thaw or Abort, after a success"
    assert "WTR102 freeze-before-prepare-snapshot (error)" in field(page, "illegal")
    assert "STABLE_idle" not in legal


@pytest.mark.parametrize("name", ["BackupComplete", "PreRestore", "PostRestore"])
def test_a_name_of_both_participants_is_the_method_and_points_to_the_event(name: str) -> None:
    """The method comes first; each page names the words that give the other one."""
    page, event = explain([name]), explain([f"On{name}"])
    assert page.startswith(f"{name}: an asynchronous method of the requester")
    assert field(page, "raises") == f"{name} at the writers"
    assert field(page, "event").startswith(f"vssfsm explain On{name}: ")
    assert f"requester's {name}" in field(event, "raised by")
    assert field(event, "method").startswith(f"vssfsm explain {name}: ")


def test_prepare_for_backup_is_a_method_and_another_spelling_of_an_event() -> None:
    """The method's page says everything that a row knows, and points to PrepareBackup."""
    page = explain(["PrepareForBackup"])
    assert "asynchronous" in field(page, "use")
    assert field(page, "legal in") == "SET_OPEN -> PREPARING"
    assert field(page, "also") == (
        "METADATA or METADATA_FREED (writer metadata: gathered once, read, freed)"
        " DESCRIBED (SetBackupState before PrepareForBackup)"
    )
    assert field(page, "then").startswith("PREPARED when it has succeeded; PREPARE_FAILED when")
    assert field(page, "raises") == "PrepareBackup at the writers"
    assert "SetBackupSucceeded" in field(page, "needed by")
    assert field(page, "next").startswith("DoSnapshotSet, BackupComplete or AbortBackup")
    assert "VSS_E_BAD_STATE" in field(page, "codes")
    assert "REQ117 prepare-without-set" in field(page, "rules")
    assert field(page, "event").startswith("vssfsm explain PrepareBackup: ")
    assert explain(["OnPrepareForBackup"]) == explain(["PrepareBackup"])


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("GatherWriterMetadata", "Identify"),
        ("DoSnapshotSet", "PrepareSnapshot, Freeze, Thaw, PostSnapshot"),
        ("AbortBackup", "Abort"),
        ("Release", "BackupShutdown"),
        ("AddComponent", ""),
    ],
)
def test_a_method_says_which_events_it_raises(name: str, events: str) -> None:
    """The events are those whose notes name the method."""
    assert field(explain([name]), "raises") == (f"{events} at the writers" if events else "")


def test_a_method_names_contexts_notes_and_what_is_left_open() -> None:
    """Contexts lead apart, a round falls due, a ruling stands where pages disagree."""
    assert "-> PLAIN (context: plain)" in field(explain(["SetContext"]), "legal in")
    assert "status round is due" in field(explain(["DoSnapshotSet"]), "due")
    assert "stock sentence" in field(explain(["SaveAsXML"]), "left open")
    assert field(explain(["GetWriterStatus"]), "needs").startswith("the end of GatherWriterStatus")
    assert field(explain(["GetWriterMetadata"]), "also").startswith("METADATA (writer metadata")


def test_get_session_id_is_a_method_and_a_writers_own_call() -> None:
    """Both pages are given, and the rules of one do not stand on the other."""
    method, own = explain(["GetSessionId"]).split("\n\nGetSessionId: a call that a writer makes\n")
    assert "REQ601" in field(method, "rules")
    assert "FLR" not in method
    assert "REQ" not in own


def _listed(text: str) -> list[str]:
    """Split a list at commas; notes in parentheses hold none."""
    return text.split(", ") if text else []


@pytest.mark.parametrize("name", METHODS)
def test_every_method_says_what_it_is_for_where_and_since_when(name: str) -> None:
    """Purpose, use, first release, page; codes, rules and a place, unless it is reserved."""
    page, method = explain([name]), METHOD[name]
    assert field(page, "does") == PURPOSES[name]
    assert f"since {method.since};" in field(page, "use")
    codes = [code.split(" (")[0] for code in _listed(field(page, "codes"))]
    assert codes == list(codes_of(name))
    assert PAGES[name.lower()][1] in page
    assert ("asynchronous:" in field(page, "use")) == method.is_async
    assert bool(field(page, "legal in")) == (method.use != "reserved")
    assert "not judge" not in page


def test_helpers_are_the_only_calls_without_a_rule() -> None:
    """A helper says so; a method of the requester never does."""
    assert field(explain(["CoInitializeEx"]), "judged").startswith("No: helper functions")


@pytest.mark.parametrize("event", LIFECYCLE_EVENTS)
def test_every_event_of_the_lifecycle_says_where_it_is_illegal(event: str) -> None:
    """Except BackupShutdown, which may come in any state, each event has prohibitions."""
    assert bool(field(explain([f"On{event}"]), "illegal")) == (event != "BackupShutdown")


# --- Records -----------------------------------------------------------------
def test_a_record_is_explained_by_what_came_before(tmp_path: Path) -> None:
    """TRACE:LINE says the state before, what was legal, what the record did, and after."""
    trace = write(tmp_path / "t.jsonl", CLEAN)
    page = explain([f"{trace}:3"])
    assert field(page, "before").startswith("WAITING_FOR_FREEZE: ")
    assert field(page, "since") == "line 2"
    assert field(page, "legal") == "Freeze, Abort or BackupShutdown"
    assert "WTR-FREEZE, INFERRED" in field(page, "did")
    assert field(page, "after") == "WAITING_FOR_THAW"
    assert field(page, "findings") == "- none on this line"


def test_an_illegal_record_names_its_rule_and_repair(tmp_path: Path) -> None:
    """Without its Freeze, the Thaw of the same trace breaks a rule, and a repair is given."""
    trace = write(tmp_path / "t.jsonl", [*CLEAN[:2], CLEAN[3]])
    page = explain([f"{trace}:3"])
    assert "WTR101 thaw-before-freeze (error, STATED)" in field(page, "did")
    assert "line 3" in field(page, "repair")


@pytest.mark.parametrize("path", sorted(RULES.glob("WTR1*.bad.jsonl")), ids=lambda p: p.stem)
def test_the_states_before_a_record_are_those_of_its_finding(path: Path) -> None:
    """The replay stands where the monitor stood, for every finding about the lifecycle."""
    findings = [f for f in check(path).findings if f.family == "WTR" and f.states]
    for item in findings:
        before = explain([f"{path}:{item.line}"]).split("  before")[1].split("  since")[0]
        states = [line.split(":")[0].strip() for line in before.splitlines() if ": " in line]
        assert states == list(item.states)


@pytest.mark.parametrize("path", sorted(RULES.glob("*.jsonl")), ids=lambda p: p.stem)
def test_every_record_of_every_example_has_a_page(path: Path) -> None:
    """Whatever a line holds, its page names it and what was found there; a blank line is none."""
    found = {item.line: item.rule for item in check(path).findings}
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line.strip(b" \r"):
            page = explain([f"{path}:{number}"])
            assert f"{path.name}:{number}:" in page
            assert found.get(number, "none on this line") in page


# --- Records of a requester --------------------------------------------------
CALLS = [
    {"event": "InitializeForBackup"},
    {"event": "SetBackupState"},
    {"event": "StartSnapshotSet"},
    {"event": "PrepareForBackup"},
    {"event": "Wait", "of": "PrepareForBackup"},
    {"event": "QueryStatus", "of": "PrepareForBackup", "async_result": "VSS_S_ASYNC_FINISHED"},
    {"event": "AbortBackup"},
    {"event": "Release"},
]


def calls(path: Path, records: list[dict[str, object]]) -> Path:
    """Write *records* as a trace of a requester."""
    return write(path, [{"actor": "requester", **record} for record in records])


def test_a_call_is_explained_by_every_region_that_knows_it(tmp_path: Path) -> None:
    """The states before, what was legal, where each region went, and the rows."""
    gathered = [
        {"event": "GatherWriterMetadata"},
        {**CALLS[5], "of": "GatherWriterMetadata"},
    ]
    page = explain([f"{calls(tmp_path / 't.jsonl', [CALLS[0], *gathered, *CALLS[1:]])}:6"])
    assert field(page, "before") == "SET_OPEN: a shadow copy set was started"
    assert field(page, "since") == "line 5"
    assert field(page, "legal") == "PrepareForBackup or AbortBackup"
    assert "requester: SET_OPEN -> PREPARING" in field(page, "regions")
    assert "description: DESCRIBED" in field(page, "regions")
    assert "(REQ-PREPAREFORBACKUP-FROM-SET_OPEN, STATED)" in field(page, "did")
    assert field(page, "findings") == "- none on this line"


def test_what_one_region_forbids_is_not_called_legal(tmp_path: Path) -> None:
    """Without SetBackupState, PrepareForBackup is legal in the lifecycle and nowhere else."""
    page = explain([f"{calls(tmp_path / 't.jsonl', [CALLS[0], *CALLS[2:]])}:3"])
    assert field(page, "legal") == "AbortBackup"
    assert "REQ211 prepare-without-backup-state (error, STATED)" in field(page, "did")
    assert "REQ211" in field(page, "findings")


def test_a_result_is_explained_by_its_call(tmp_path: Path) -> None:
    """A Wait says that it ended, a QueryStatus says how; the session is not folded."""
    trace = calls(tmp_path / "t.jsonl", CALLS)
    page = explain([f"{trace}:5"])
    assert field(page, "before").startswith("PREPARING: ")
    assert field(page, "did").startswith("It says that PrepareForBackup ended, not how")
    page = explain([f"{trace}:6"])
    assert field(page, "record").startswith(
        "of PrepareForBackup, async_result VSS_S_ASYNC_FINISHED"
    )
    assert "results of their own" in field(page, "session")
    assert "requester: PREPARING -> PREPARED " in field(page, "regions")


def test_a_wait_alone_leaves_both_ends_to_the_next_call(tmp_path: Path) -> None:
    """Without a QueryStatus the next call meets a success or a failure."""
    trace = calls(tmp_path / "t.jsonl", [*CALLS[:5], *CALLS[6:]])
    before = explain([f"{trace}:6"]).split("  before")[1].split("  since")[0]
    assert "PREPARED: " in before
    assert "PREPARE_FAILED: " in before


def test_calls_that_no_region_knows_say_why(tmp_path: Path) -> None:
    """A helper, a result of nothing, a release of an IVssAsync: each has its sentence."""
    records = [
        CALLS[0],
        {"event": "IsVolumeSnapshotted"},
        {"event": "Wait"},
        {"event": "Release", "of": "PrepareForBackup"},
    ]
    trace = calls(tmp_path / "t.jsonl", records)
    assert "helper function" in field(explain([f"{trace}:2"]), "did")
    assert "names no call" in field(explain([f"{trace}:3"]), "did")
    assert "changes nothing" in field(explain([f"{trace}:4"]), "did")


def test_objects_sessions_and_holes_of_requesters_do_not_mix(tmp_path: Path) -> None:
    """A new object starts anew, another session is another one, a hole leaves things open."""
    trace = calls(tmp_path / "t.jsonl", [*CALLS, *CALLS[:2]])
    assert field(explain([f"{trace}:10"]), "before").startswith("INITIALIZED: ")
    assert field(explain([f"{trace}:9"]), "before").startswith("START: ")
    keyed = [{**record, "session": key} for record in CALLS[:3] for key in ("a", "b")]
    trace = calls(tmp_path / "k.jsonl", [*keyed, CALLS[3]])
    assert field(explain([f"{trace}:5"]), "since") == "line 3"
    assert field(explain([f"{trace}:7"]), "before").startswith("Unknown: the record has no session")


def test_a_hole_before_a_call_leaves_the_object_open(tmp_path: Path) -> None:
    """Behind a line that cannot be read, and in a partial trace, anything may have happened."""
    trace = calls(tmp_path / "t.jsonl", [{**record, "session": "s"} for record in CALLS[:4]])
    whole = trace.read_text("utf-8").splitlines(keepends=True)
    trace.write_text("".join([*whole[:2], "{\n", whole[3]]), "utf-8")
    before = explain([f"{trace}:4"]).split("  before")[1].split("  since")[0]
    assert "SET_OPEN: " in before
    assert "RESTORE_READY" not in before
    assert field(explain([f"{trace}:4"]), "findings").startswith("- info REQ701")
    partial = calls(tmp_path / "p.jsonl", [{**CALLS[3], "observation": "partial"}])
    assert "SET_OPEN: " in explain([f"{partial}:1"])


@pytest.mark.parametrize("seed", range(12))
def test_a_requesters_findings_are_explained_where_they_stand(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The replay stands where the monitor stood: of every finding, a region held its states."""
    monkeypatch.setattr(requesters, "align_calls", lambda *_, **__: None)  # not looked at here
    choose = random.Random(seed)
    names = [name for name in METHODS if name not in ("Wait", "QueryStatus", "Cancel")]
    walk = [{"event": choose.choice(names)} for _ in range(8)]
    results = [{"event": "Wait", "of": record["event"]} for record in walk]
    pairs = zip(walk, results, strict=True)
    records = [record for pair in pairs for record in pair[: choose.choice((1, 2))]]
    trace = calls(tmp_path / "t.jsonl", [*CALLS[: choose.randrange(1, 7)], *records])
    found = [f for f in check(trace).findings if f.family == "REQ" and f.states]
    assert found
    for item in found:
        if item.event != "Wait" and item.rule != "REQ701":
            page = " ".join(explain([f"{trace}:{item.line}"]).split())
            assert f": {either(item.states)}" in page


def test_a_path_may_hold_a_colon_and_the_place_may_end_in_one(tmp_path: Path) -> None:
    """The last colon counts, as behind a drive and in the lines that check prints."""
    trace = write(tmp_path / "C:t.jsonl", CLEAN)
    assert explain([f"{trace}:3:"]) == explain([f"{trace}:3"])
    assert explain([f"{trace}:3"]).startswith(f"{trace}:3: Freeze of W\n")


def test_a_hole_before_a_record_leaves_its_state_open(tmp_path: Path) -> None:
    """Behind a line that cannot be read, more than one state may have been reached."""
    trace = write(tmp_path / "t.jsonl", CLEAN)
    trace.write_text(trace.read_text("utf-8").replace(json.dumps(CLEAN[1]), "{"), "utf-8")
    assert "WAITING_FOR_FREEZE: " in field(explain([f"{trace}:3"]), "before")
    assert "a line that could not be read" in " ".join(explain([f"{trace}:2"]).split())


def test_a_record_without_a_key_that_others_carry_has_no_single_state(tmp_path: Path) -> None:
    """A record that may belong to several sessions is not assigned to one."""
    keyed = [{**record, "session": "s1"} for record in CLEAN]
    trace = write(tmp_path / "t.jsonl", [*keyed, CLEAN[0]])
    assert field(explain([f"{trace}:5"]), "before").startswith("Unknown: the record has no session")
    assert field(explain([f"{trace}:3"]), "before").startswith("WAITING_FOR_FREEZE: ")


def test_sessions_of_other_writers_do_not_mix(tmp_path: Path) -> None:
    """Another writer's records do not move this one's state."""
    other = [{**record, "writer": "V"} for record in CLEAN]
    trace = write(tmp_path / "t.jsonl", [CLEAN[0], *other, CLEAN[1]])
    page = explain([f"{trace}:6"])
    assert field(page, "before").startswith("STABLE_prepared: ")
    assert field(page, "since") == "line 1"


def test_any_line_of_a_listing_block_finds_its_writer() -> None:
    """In a listing, the name, the ids and the last error lead to the block's state."""
    listing = Path(__file__).parents[1] / "demo" / "listing-fr.txt"
    pages = {explain([f"{listing}:{line}"]) for line in range(16, 21)}
    assert len(pages) == 1
    page = pages.pop()
    assert "STS103" in field(page, "pair")
    assert field(page, "more") == "vssfsm explain 9 0x00000000"


def test_a_line_without_a_record_is_wrong_usage(tmp_path: Path) -> None:
    """Behind the last line there is nothing to explain, and the message says where it ends."""
    trace = write(tmp_path / "t.jsonl", CLEAN)
    with pytest.raises(
        UsageError, match=r"line 5 of .* holds no record; the last one is on line 4"
    ):
        explain([f"{trace}:5"])
    with pytest.raises(UsageError, match="name a line of"):
        explain([str(trace)])
    with pytest.raises(UsageError, match="there is no file"):
        explain([f"{tmp_path}/missing.jsonl:1"])


# --- Wrong usage, the command line -------------------------------------------
def test_a_typing_mistake_gets_close_matches() -> None:
    """A near miss is answered with the documented names, nonsense with the kinds of topics."""
    with pytest.raises(UsageError, match="did you mean Freeze"):
        explain(["Freze"])
    with pytest.raises(UsageError, match="did you mean FAILED_AT_FREEZE"):
        explain(["FAILD_AT_FREEZE"])
    with pytest.raises(UsageError, match="name a state, a code, an event, or TRACE:LINE"):
        explain(["qqqqqqqq"])
    with pytest.raises(UsageError, match="more than 32 bits"):
        explain(["0x1800423f2"])


def test_a_negative_number_is_a_code_and_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    """The command line takes signed codes as event logs print them."""
    assert main(["explain", "-2147212302"]) == 0
    assert capsys.readouterr().out == explain(["VSS_E_WRITERERROR_TIMEOUT"])
    assert main(["explain", "9", "-2147212302"]) == 0
    assert capsys.readouterr().out == explain(["9", "TIMEOUT"])
    assert main(["explain", "frezee"]) == 2


# --- The facts ---------------------------------------------------------------
def test_every_fact_has_sources_that_exist() -> None:
    """No sentence stands without a page."""
    tables = (GROUP_ADVICE, MEANINGS, METHODS_NOTES, EVENTS)
    facts = [*NOT_PROVED, *LOG_EVENTS, *(fact for table in tables for fact in table.values())]
    assert [fact for fact in facts if not fact.sources] == []
    assert {slug for fact in facts for slug in fact.sources} - set(PAGES) == set()


def test_facts_speak_of_names_that_exist() -> None:
    """States, codes and events of the facts are those of the vocabulary."""
    states = {state for fact in (*NOT_PROVED, *LOG_EVENTS) for state in fact.states}
    codes = {code for fact in (*NOT_PROVED, *LOG_EVENTS) for code in fact.codes}
    assert states - set(STATE_NAMES.values()) == set()
    assert codes - set(CODES) == set()
    assert set(CODE_MEANS) == set(CODES) == set(ADVICE)
    assert set(PUBLISHED) - set(CELLS) == set()
    assert set(METHODS_NOTES) - {*METHODS, "Release"} == set()
    assert set(PURPOSES) == {*METHODS, "Release"}
    assert set(MEANINGS) | set(CODES) == set(HRESULTS)
    assert set(MEANINGS) & set(CODES) == set()
    assert set(EVENTS) == {"Identify", *LIFECYCLE_EVENTS}


def test_published_pairs_are_legal_in_the_matrix() -> None:
    """What a support article shows cannot be called suspicious."""
    assert {VERDICTS[CELLS[pair]] for pair in PUBLISHED} == {"LEGAL"}


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_accepted_spelling_of_a_handler_is_explained(handler: str) -> None:
    """An `On` prefix and an `Ex` suffix, in any case, lead to the page of the handler."""
    page = explain([f"On{handler}"])
    for name in (f"On{handler}Ex", f"on{handler}ex", f"{handler}Ex"):
        assert explain([name]) == page
    with pytest.raises(UsageError):
        explain([f"On{handler}Exx"])


def test_every_kind_of_evidence_in_a_mail_is_explained(tmp_path: Path) -> None:
    """A line of an event below a listing is found; a text of no format is refused."""
    data = Path(__file__).parent / "data"
    path = tmp_path / "mail.txt"
    parts = [data / "listings" / "en.txt", data / "logs" / "pasted.txt"]
    path.write_text("\n".join(part.read_text("utf-8") for part in parts), "utf-8")
    lines = path.read_text("utf-8").splitlines()
    event = lines.index("Source:        VSS") + 1
    for line, title in ((event, "PrepareSnapshot of SqlServerWriter"), (7, "of System Writer")):
        assert title in " ".join(explain([f"{path}:{line}"]).split())
    path.write_text("nothing that anybody knows\n", "utf-8")
    with pytest.raises(UsageError, match="cannot read"):
        explain([f"{path}:1"])
