"""
Return codes: every pair of method and code of the pages, both ways, and refusals explained.

`data/requester-codes.json` holds what the pages list: method -> codes with their note on releases,
and those that only QueryStatus delivers. It was collected from the pages apart from `vssfsm.spec`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from strategies import judge

from vssfsm.core.record import code_class
from vssfsm.spec.codes import BY_QUERY_STATUS, FAILURES, MEANINGS, codes_of, releases_of
from vssfsm.spec.hresults import HRESULTS, NAMES, is_failure
from vssfsm.spec.methods import ASYNC, METHOD
from vssfsm.spec.releases import RELEASES, span
from vssfsm.spec.returns import OTHER_CODE, OTHER_VSS, RETURN_CODES, SUCCESS

PAGES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "requester-codes.json").read_text("utf-8")
)
#: what a note on releases means: a release that has the code, and one that has not
NOTES = {
    "": ("2019", None),
    "7/2008R2 and later only; XP/2003/Vista/2008 give E_UNEXPECTED (0x8000FFFF)": ("7", "2008sp2"),
    "XP only: only VSS_CTX_BACKUP exists (DOC, remarks)": ("xp", "2003"),
    "FIELD: bad attribute OR (restic issue 4512)": ("2019", None),
    "not on XP/2003/Vista/2008 (7/2008R2+)": ("2008r2", "2008"),
    "not on XP/2003": ("vista", "2003sp1"),
    "INFERRED async result": ("2019", None),
    "Server 2003: any timeout other than INFINITE": ("2003", "vista"),
    "in pHrResult": ("2019", None),
}
#: codes that no header knows: one of the blocks of VSS, one outside
UNKNOWN = ("0x80042388", "0x80070015")
CODED = [name for name, page in PAGES.items() if page["codes"]]
#: asynchronous methods that are not reserved
RUNNING = [name for name in CODED if PAGES[name]["async"]]
#: what a result can be of every method
ALWAYS = ("S_OK", "VSS_S_ASYNC_PENDING", "VSS_S_ASYNC_FINISHED", "VSS_S_ASYNC_CANCELLED")


def returned(method: str, code: str, release: str | None = "2019", **keys: Any) -> dict[str, Any]:
    """Give the record of a call; the evidence is partial, so that its order is not judged."""
    record = {"actor": "requester", "event": method, "hresult": code, "observation": "partial"}
    if METHOD.get(method) and METHOD[method].interface == "IVssAsync":
        record["of"] = "BackupComplete"
    return record | ({"release": release} if release else {}) | keys


def told(method: str, code: str, release: str | None = "2019") -> dict[str, Any]:
    """Give a QueryStatus that hands out *code* as the result of *method*."""
    return returned("QueryStatus", "S_OK", release, of=method, async_result=code)


def rules(*records: dict[str, Any]) -> list[tuple[str, str]]:
    """Give (rule, severity) of every finding of the family RET."""
    return [(f.rule, f.severity) for f in judge(list(records)) if f.family == "RET"]


def family_rule(code: str) -> str:
    """Give the rule for a code that is listed nowhere."""
    return "RET101" if code.startswith(("VSS_", "0x80042")) else "RET102"


def listed() -> Iterator[tuple[str, str, str, str | None]]:
    """Give every method and code of the pages, with a release that has it and one that has not."""
    for name in CODED:
        for code, note in PAGES[name]["codes"].items():
            yield name, code, *NOTES[note]


# --- The data ----------------------------------------------------------------
def test_methods_and_codes_are_those_of_the_pages() -> None:
    """Every method lists the codes of its page, and those that QueryStatus delivers are known."""
    assert {name: list(page["codes"]) for name, page in PAGES.items()} == {
        name: list(method.codes) for name, method in METHOD.items()
    }
    later = {(name, code) for name, page in PAGES.items() for code in page["by_query_status"]}
    in_result = {("QueryStatus", c) for c, note in PAGES["QueryStatus"]["codes"].items()
                 if note == "in pHrResult"}  # fmt: skip
    assert later | in_result == BY_QUERY_STATUS


def test_every_code_has_a_meaning() -> None:
    """What a method can return has a meaning of its own."""
    returned_codes = {code for name in CODED for code in codes_of(name)} - {"S_OK"}
    assert returned_codes - set(MEANINGS) == set()


def test_every_code_has_a_class() -> None:
    """A failure is its name, a success a success, another number whose it is."""
    for value, name in NAMES.items():
        assert code_class(value) == (name if is_failure(value) else SUCCESS)
    assert code_class(None) == SUCCESS
    assert code_class(0x80042388) == code_class(0x80042499) == OTHER_VSS
    assert code_class(0x80042588) == code_class(0x80042288) == OTHER_CODE
    assert set(FAILURES) == set(RETURN_CODES) - {SUCCESS, OTHER_VSS, OTHER_CODE}


@pytest.mark.parametrize("release", RELEASES)
def test_one_of_two_codes_for_the_unexpected(release: str) -> None:
    """Every release has exactly one of VSS_E_UNEXPECTED and E_UNEXPECTED."""
    for name in CODED:
        if "VSS_E_UNEXPECTED" in METHOD[name].codes:
            found = [c for c in ("VSS_E_UNEXPECTED", "E_UNEXPECTED")
                     if release in releases_of(name, c)]  # fmt: skip
            assert len(found) == 1


def test_releases_are_named_as_a_run() -> None:
    """A run of releases is named by its ends."""
    assert span(RELEASES) == "on every release"
    assert span(("xp",)) == "on xp"
    assert span(releases_of("SetContext", "VSS_E_UNEXPECTED")) == "since 7/2008r2"
    assert span(releases_of("SetContext", "E_UNEXPECTED")) == "up to 2008sp2"
    assert span(releases_of("Wait", "E_INVALIDARG")) == "from 2003 to 2003sp1"
    assert span(()) == "on no release"


# --- Every pair --------------------------------------------------------------
@pytest.mark.parametrize(("method", "code", "on", "off"), list(listed()))
def test_a_listed_code_is_legal_where_it_exists(
    method: str, code: str, on: str, off: str | None
) -> None:
    """On a release that has it nothing is found; on another one it is a warning."""
    assert rules(returned(method, code, on)) == []
    if off is None:
        return
    rule = "RET103" if code.startswith("VSS_") else "RET104"
    shared = method in ("Wait", "Cancel") and off in releases_of("BackupComplete", code)
    assert rules(returned(method, code, off)) == ([] if shared else [(rule, "warning")])
    assert rules(returned(method, code, None)) == ([] if shared else [(rule, "info")])


@pytest.mark.parametrize("method", CODED)
def test_every_other_code_is_a_warning(method: str) -> None:
    """A failure that the page does not list is one warning; a success is never one."""
    known = set(PAGES[method]["codes"])
    if method in ("Wait", "Cancel"):
        known |= set(PAGES["BackupComplete"]["codes"])
    for code in (*HRESULTS, *UNKNOWN):
        if code in known:
            continue
        expected = [(family_rule(code), "warning")]
        if code in HRESULTS and not is_failure(HRESULTS[code]):
            expected = []
        elif code == "E_UNEXPECTED" and "VSS_E_UNEXPECTED" in known:
            expected = [("RET104", "warning")]
            assert rules(returned(method, code, "2008sp2")) == []
        assert rules(returned(method, code)) == expected, code


@pytest.mark.parametrize("method", RUNNING)
def test_every_result_is_judged_by_the_method(method: str) -> None:
    """QueryStatus may hand out what the method lists, and what says how far it is."""
    known = {*PAGES[method]["codes"], *ALWAYS}
    for code in (*HRESULTS, *UNKNOWN):
        if code in known or (code in HRESULTS and not is_failure(HRESULTS[code])):
            expected = []
        elif code == "E_UNEXPECTED" and "VSS_E_UNEXPECTED" in known:
            expected = [("RET104", "warning")]
        else:
            expected = [(family_rule(code), "warning")]
        if code not in ("VSS_E_REBOOT_REQUIRED", "VSS_E_NESTED_VOLUME_LIMIT"):
            assert rules(told(method, code)) == expected, code


def test_blame_follows_the_kind_of_code() -> None:
    """A VSS code is the provider's; nobody knows whose any other code is."""
    records = [returned("SetBackupState", code) for code in ("VSS_E_PROVIDER_IN_USE", "E_FAIL")]
    blame = {f.rule: f.blame for f in judge(records) if f.family == "RET"}
    assert blame == {"RET101": "provider", "RET102": "unknown"}


# --- Results, and what is not judged -----------------------------------------
@pytest.mark.parametrize("event", ["Wait", "Cancel"])
def test_a_failing_wait_has_either_list(event: str) -> None:
    """Its own codes and those of the operation are legal, any other one is a warning."""
    own = returned(event, "E_ACCESSDENIED", of="PrepareForBackup")
    theirs = returned(event, "VSS_E_BAD_STATE", of="PrepareForBackup")
    assert rules(own | {"hresult": "VSS_E_UNEXPECTED"}, theirs) == []
    assert rules(returned(event, "VSS_E_FLUSH_WRITES_TIMEOUT", of="DoSnapshotSet")) == []
    strange = returned(event, "VSS_E_FLUSH_WRITES_TIMEOUT", of="PrepareForBackup")
    assert rules(strange) == [("RET101", "warning")]


def test_query_status_has_its_own_list() -> None:
    """The code of QueryStatus itself is not the operation's."""
    own = returned("QueryStatus", "VSS_E_FLUSH_WRITES_TIMEOUT", of="DoSnapshotSet")
    assert rules(own) == [("RET101", "warning")]
    assert rules(told("DoSnapshotSet", "VSS_E_FLUSH_WRITES_TIMEOUT")) == []


@pytest.mark.parametrize("event", ["Wait", "Cancel", "QueryStatus"])
@pytest.mark.parametrize("of", [None, "SetContext", "PreFastRecovery"])
def test_a_result_of_no_known_call_is_not_judged(event: str, of: str | None) -> None:
    """Without the call, or of one without a list, any code may be right."""
    record = returned(event, "E_FAIL", of=of, async_result="E_FAIL")
    assert rules({key: value for key, value in record.items() if value is not None}) == []


@pytest.mark.parametrize("event", ["Release", "PreFastRecovery", "FastRecovery", "CoInitializeEx"])
def test_a_call_without_a_list_is_not_judged(event: str) -> None:
    """Release counts, reserved methods have no page, helpers are read only."""
    assert rules(returned(event, "E_FAIL")) == []


@pytest.mark.parametrize("event", ["Initialize", "Subscribe", "SetWriterFailure"])
def test_a_writers_own_call_is_not_judged(event: str) -> None:
    """Pages leave the codes of a writer's calls open."""
    assert rules(returned(event, "E_FAIL") | {"actor": "writer"}) == []


def test_a_missing_code_is_a_success() -> None:
    """A record without `hresult` returned S_OK."""
    assert rules({"actor": "requester", "event": "DeleteSnapshots", "release": "2019"}) == []


@pytest.mark.parametrize(("method", "code"), sorted(BY_QUERY_STATUS))
def test_what_only_query_status_delivers_is_legal_on_the_line_of_the_call(
    method: str, code: str
) -> None:
    """Return codes and results are one documented set, in folded sessions and in others."""
    for folded in (True, False):
        assert rules(returned(method, code) | {"args": {"folded": folded}}) == []
    assert method not in ASYNC or rules(told(method, code)) == []


def test_one_record_has_one_accusation() -> None:
    """A call out of order outweighs a code that is not listed."""
    calls = ("CreateVssBackupComponents", "InitializeForBackup", "BackupComplete")
    records = [{"actor": "requester", "event": event, "release": "2019"} for event in calls]
    records[2]["hresult"] = "VSS_E_PROVIDER_IN_USE"
    found = [(f.rule, f.line) for f in judge(records) if f.severity != "info"]
    assert found == [("REQ131", 3)]


# --- Refusals ----------------------------------------------------------------
def refused(*events: str, **last: Any) -> list[tuple[str, str, str]]:
    """Judge calls of which the last is refused; give rule, severity and message on its line."""
    records: list[dict[str, Any]] = [{"actor": "requester", "event": event} for event in events]
    records[-1] |= {"hresult": "VSS_E_BAD_STATE"} | last
    found = [f for f in judge(records) if f.line == len(records) and f.rule != "REQ701"]
    return [(f.rule, f.severity, f.message) for f in found]


BEGIN = ("CreateVssBackupComponents", "InitializeForBackup")


def test_a_refusal_that_the_machine_expects_is_explained() -> None:
    """The accusation says that the service refused for that, the state, and what led there."""
    ((rule, severity, message),) = refused(*BEGIN, "GetWriterComponentsCount", "BackupComplete")
    assert (rule, severity) == ("REQ131", "error")
    end = "BackupComplete in INITIALIZED (line 2 led there); the service answered VSS_E_BAD_STATE"
    assert message.endswith(f"{end} because of it")


def test_an_accusation_of_a_success_does_not_speak_of_a_refusal() -> None:
    """Where the call succeeded, or failed otherwise, no refusal is explained."""
    for code in ("S_OK", "E_INVALIDARG"):
        ((rule, _, message),) = refused(*BEGIN, "BackupComplete", hresult=code)
        assert rule == "REQ131"
        assert "BAD_STATE" not in message


def test_a_refusal_without_a_reason_is_a_note() -> None:
    """It is no violation; the note says that nothing recorded explains it."""
    ((rule, severity, _),) = refused(*BEGIN, "SetBackupState")
    assert (rule, severity) == ("RET201", "info")


def test_a_refused_call_that_would_have_been_wrong_is_explained_in_silence() -> None:
    """What only a success would have broken needs no note."""
    assert refused(*BEGIN, "SetContext", "SetContext") == []


def test_a_refusal_behind_a_hole_is_no_note() -> None:
    """Where records may be missing, one of them may be the reason."""
    assert refused(*BEGIN, "SetBackupState", observation="partial") == []
    assert refused(*BEGIN, "SetBackupState", "Nonsense", "SetBackupState") == []
    assert refused("SetBackupState", observation="window") == []


def test_a_refusal_that_is_not_listed_is_one_finding() -> None:
    """The page of DeleteSnapshots has no VSS_E_BAD_STATE: that is the finding."""
    found = refused(*BEGIN, "DeleteSnapshots")
    assert [(rule, severity) for rule, severity, _ in found] == [("RET101", "warning")]
    assert "vssfsm explain DeleteSnapshots" in found[0][2]


@pytest.mark.parametrize("name", ["PreFastRecovery", "BreakSnapshotSetEx"])
def test_a_method_that_a_release_does_not_have_is_one_if_it_fails_too(name: str) -> None:
    """A failing asynchronous call is judged like a failing synchronous one."""
    record = returned(name, "E_OUTOFMEMORY", "xp", observation="complete")
    found = [f.rule for f in judge([record]) if f.rule in ("REQ601", "REQ602")]
    assert found == ["REQ602" if name == "PreFastRecovery" else "REQ601"]
