"""
Public requesters, as their sources call: no error on a working path, the known faults found.

`data/requester-sequences.jsonl` holds call orders read from the sources of eight programs, facts
without text of theirs. Arguments and results were not recorded; `records` says what it assumes.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from strategies import blamed, judge

from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import METHOD

SEQUENCES: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "requester-sequences.jsonl")
    .read_text("utf-8")
    .splitlines()
]
#: codes that these calls are known to fail with; others fail with the first of their page
_KNOWN = {
    "StartSnapshotSet": "VSS_E_SNAPSHOT_SET_IN_PROGRESS",
    "DoSnapshotSet": "VSS_E_FLUSH_WRITES_TIMEOUT",
}


def label(sequence: dict[str, Any]) -> str:
    """Name a sequence: program, variant, path and clean-up."""
    cleanup = sequence.get("cleanup")
    parts = [sequence["name"], sequence["variant"], sequence["path"]]
    return " | ".join([*parts, *([" ".join(cleanup)] if cleanup else [])])


def _failure(method: str) -> str:
    codes = METHOD[method].codes
    return _KNOWN.get(method) or next(code for code in codes if is_failure(HRESULTS[code]))


def records(sequence: dict[str, Any], *, refuse: str = "") -> list[dict[str, Any]]:
    """
    Give the records of a sequence.

    A failing call gets a code of its page; of two SetContext the first failed; programs without
    writers ask for VSS_CTX_FILE_SHARE_BACKUP, any other context is missing. A call of the clean-up
    named *refuse* gets VSS_E_BAD_STATE, and the conditional clean-up follows it.
    """
    events = sequence["events"]
    contexts = [at for at, event in enumerate(events) if event == "SetContext"]
    found = []
    for at, event in enumerate(events):
        if sequence["name"] == "bareos" and event == "SetContext":
            continue  # dead code, in front of InitializeForBackup
        record: dict[str, Any] = {"actor": "requester", "event": event}
        if at == sequence.get("failed_index"):
            record["hresult"] = _failure(event)
        if len(contexts) == 2 and at == contexts[0]:
            record["hresult"] = "VSS_E_UNSUPPORTED_CONTEXT"
        if event == "SetContext" and "without writers" in sequence["variant"]:
            record["args"] = {"context": "VSS_CTX_FILE_SHARE_BACKUP"}
        found.append(record)
    for event in sequence.get("cleanup", ()):
        found.append({"actor": "requester", "event": event})
        if event == refuse:
            found[-1]["hresult"] = "VSS_E_BAD_STATE"
            found += [
                {"actor": "requester", "event": more}
                for more, _ in sequence.get("cleanup_conditional", ())
            ]
    return found


def accusations(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Give (event, rule, severity) of each error and warning."""
    return [(found[line - 1]["event"], rule, how) for line, rule, how in blamed(judge(found))]


_CLOSE = "BackupComplete GatherWriterStatus SaveAsXML DeleteSnapshots FreeWriterStatus Release"
_DISPOSE = "BackupComplete DeleteSnapshots Release"
_FREED = ("GetWriterMetadata", "REQ203", "error")
_NOTHING_PREPARED = ("BackupComplete", "REQ131", "error")
_AFTER_FAILURE = ("BackupComplete", "REQ132", "error")
_LEAKED = ("Release", "REQ151", "error")
_BLIND = ("DoSnapshotSet", "REQ311", "warning")
_BLIND_END = ("BackupComplete", "REQ311", "warning")
_NOT_FREED = ("Release", "REQ304", "warning")
#: everything that these programs are accused of; a sequence without an entry is accused of nothing
ACCUSED = {
    "qemu-ga | freeze-thaw (guest-fsfreeze) | main": [
        ("DoSnapshotSet", "REQ312", "warning"),
        # Not REQ304: the QueryStatus that names no call may say that the gathering failed.
        _BLIND_END,
    ],
    "qemu-ga | freeze-thaw (guest-fsfreeze) | error:DoSnapshotSet | Release": [_LEAKED],
    "qemu-ga | freeze-thaw (guest-fsfreeze) | error:DoSnapshotSet | AbortBackup Release": [
        _NOT_FREED
    ],
    f"bareos | filed backup job | error:StartSnapshotSet | {_CLOSE}": [_NOTHING_PREPARED],
    f"bareos | filed backup job | error:PrepareForBackup | {_CLOSE}": [_NOTHING_PREPARED],
    f"bareos | filed backup job | error:DoSnapshotSet | {_CLOSE}": [_AFTER_FAILURE, _LEAKED],
    "vshadow | backup with writers | main": [_NOT_FREED],
    "vshadow | backup with writers | error:(after)DoSnapshotSet |"
    " SetBackupSucceeded BackupComplete GatherWriterStatus": [_BLIND_END],
    "vshadow | backup with writers | error:DoSnapshotSet | Release": [_LEAKED],
    "vshadow | restore | main": [("PostRestore", "REQ311", "warning"), _NOT_FREED],
    "vshadow | list writer status (-ws) | main": [_NOT_FREED],
    "alphavss-vssbackup-sample | component mode off | main": [_BLIND, _BLIND_END],
    f"alphavss-vssbackup-sample | component mode off | error:StartSnapshotSet | {_DISPOSE}": [
        _NOTHING_PREPARED
    ],
    f"alphavss-vssbackup-sample | component mode off | error:AddToSnapshotSet | {_DISPOSE}": [
        _NOTHING_PREPARED
    ],
    f"alphavss-vssbackup-sample | component mode off | error:PrepareForBackup | {_DISPOSE}": [
        _NOTHING_PREPARED
    ],
    f"alphavss-vssbackup-sample | component mode off | error:DoSnapshotSet | {_DISPOSE}": [
        _AFTER_FAILURE,
        _LEAKED,
    ],
    "duplicati | AlphaVSS backend | main": [_FREED, _BLIND, _BLIND_END],
    f"duplicati | AlphaVSS backend | error:StartSnapshotSet | {_DISPOSE}": [
        _FREED,
        _NOTHING_PREPARED,
    ],
    f"duplicati | AlphaVSS backend | error:AddToSnapshotSet | {_DISPOSE}": [
        _FREED,
        _NOTHING_PREPARED,
    ],
    f"duplicati | AlphaVSS backend | error:PrepareForBackup | {_DISPOSE}": [
        _FREED,
        _NOTHING_PREPARED,
    ],
    f"duplicati | AlphaVSS backend | error:DoSnapshotSet | {_DISPOSE}": [
        _FREED,
        _AFTER_FAILURE,
        _LEAKED,
    ],
    "duplicati | Vanara backend (default) | main": [_BLIND, _BLIND_END],
    "duplicati | list-only (Hyper-V discovery) | main": [_FREED, _NOTHING_PREPARED],
    "hobocopy | backup | main": [_BLIND, _BLIND_END],
    "hobocopy | /simulate | main": [_LEAKED],
    "breeze | backup | main": [_BLIND],
    "breeze | backup | error:GetSnapshotProperties | FreeWriterMetadata Release": [
        _BLIND,
        ("Release", "REQ153", "warning"),
    ],
    "betest | backup | main": [("BackupComplete", "REQ221", "warning")],
    "betest | backup | error:DoSnapshotSet | FreeWriterMetadata Release": [_LEAKED],
    "betest | ASR restore | main": [("PostRestore", "REQ311", "warning")],
}
#: working paths on which the collection itself names an error
NAMED_ON_SUCCESS = {
    "duplicati | AlphaVSS backend | main",
    "duplicati | list-only (Hyper-V discovery) | main",
}


@pytest.mark.parametrize("sequence", SEQUENCES, ids=label)
def test_a_program_is_accused_of_what_it_does(sequence: dict[str, Any]) -> None:
    """The findings are those of the table, and nothing else."""
    assert accusations(records(sequence)) == ACCUSED.get(label(sequence), [])


@pytest.mark.parametrize("sequence", [s for s in SEQUENCES if s["outcome"] == "success"], ids=label)
def test_a_working_path_has_no_error(sequence: dict[str, Any]) -> None:
    """What works in respected programs is no error, but for the faults that are known."""
    errors = [rule for _, rule, severity in accusations(records(sequence)) if severity == "error"]
    assert bool(errors) == (label(sequence) in NAMED_ON_SUCCESS)


@pytest.mark.parametrize(
    "sequence",
    [s for s in SEQUENCES if ["AbortBackup", "if BackupComplete returned an error"] in
     s.get("cleanup_conditional", [])],
    ids=label,
)  # fmt: skip
def test_an_abort_after_a_refused_end_is_enough(sequence: dict[str, Any]) -> None:
    """Where BackupComplete is refused and AbortBackup follows, nothing is left behind."""
    found = accusations(records(sequence, refuse="BackupComplete"))
    saved = [("SaveAsXML", "REQ141", "error")] if "StartSnapshotSet" in sequence["path"] else []
    assert found == [*ACCUSED[label(sequence)][:1], *saved]


def test_every_entry_of_the_table_is_a_sequence() -> None:
    """No entry is left over, and no two sequences have one name."""
    names = [label(sequence) for sequence in SEQUENCES]
    assert len(names) == len(set(names))
    assert set(ACCUSED) | NAMED_ON_SUCCESS <= set(names)
