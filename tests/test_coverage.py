"""What a corpus covers: counted from literal traces, and closed by the tests that are missing."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.spec.catalogue import REGIONS
from vssfsm.testing.coverage.counts import COUNTED, coverage, permitted, possible_pairs
from vssfsm.testing.coverage.missing import missing_tests, rows_of, shortest_test
from vssfsm.testing.generate import legal, near_miss, text
from vssfsm.testing.generation.row_steps import WRITER

KEYS = {"host": "h", "session": "1", "instance": "i", "actor": "writer", "outcome": "ok"}
BACKUP = [
    KEYS | {"event": "PrepareBackup", "state": 1},
    KEYS | {"event": "PrepareSnapshot", "state": 2},
    KEYS | {"event": "Freeze", "state": 3},
    KEYS | {"event": "Abort", "state": 1, "failure": "S_OK"},
]
#: permitted rows that no short legal run of one object shows
NO_WAY = {
    ("requester", "REQ-PRERESTORE-ELSEWHERE"),
    ("requester", "REQ-POSTRESTORE-ELSEWHERE"),
    ("due", "REQ-DUE-READ-LATER"),
    ("listing", "REQ-LISTING-AGAIN"),
    ("listing", "REQ-LISTING-STATUS-RESULT"),
    # Registers tell what a report says of a failure that was read before.
    ("heeding", "REQ-KNOWN-RECOVERED"),
    ("heeding", "REQ-KNOWN-UNCLEAR"),
    ("heeding", "REQ-KNOWN-UNCLEAR-KEPT"),
}


def write(path: Path, records: list[dict[str, Any]]) -> str:
    """Write a trace and give its name."""
    path.write_text(text(records), encoding="utf-8")
    return str(path)


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    """Give a directory with one literal trace."""
    home = tmp_path / "corpus"
    home.mkdir()
    write(home / "a.jsonl", BACKUP)
    return str(home)


def test_a_listing_takes_no_rows(capsys: pytest.CaptureFixture[str], corpus: str) -> None:
    """States alone are no coverage: that is said, and is no success; a trace beside them is."""
    listing = str(Path(__file__).parent / "data" / "listings" / "blank-lines.txt")
    assert main(["coverage", listing]) == 3
    assert "coverage needs traces" in capsys.readouterr().err
    assert main(["coverage", listing, corpus]) == 0
    assert capsys.readouterr().err == ""


# --- counts ------------------------------------------------------------------
def test_rows_and_pairs_are_counted(corpus: str) -> None:
    """Each row that a trace takes counts once a time, each pair of neighbours likewise."""
    found = coverage([corpus])
    (region,) = found.regions
    assert region.name == "writer"
    taken = {code: times for code, times in region.rows.items() if times}
    assert taken == {
        "WTR-PREPAREBACKUP": 1,
        "WTR-PREPARESNAPSHOT": 1,
        "WTR-FREEZE": 1,
        "WTR-ABORT-FROM-WAITING_FOR_THAW": 1,
    }
    assert {pair for pair, times in region.pairs.items() if times} == {
        ("WTR-PREPAREBACKUP", "WTR-PREPARESNAPSHOT"),
        ("WTR-PREPARESNAPSHOT", "WTR-FREEZE"),
        ("WTR-FREEZE", "WTR-ABORT-FROM-WAITING_FOR_THAW"),
    }
    assert found.rows == (4, len(permitted(WRITER)))
    assert found.percent == pytest.approx(100 * 4 / len(permitted(WRITER)))


def test_traces_are_merged(corpus: str, tmp_path: Path) -> None:
    """Several inputs count together; pairs never reach from one session into another."""
    again = write(tmp_path / "b.jsonl", [*BACKUP, *(r | {"session": "2"} for r in BACKUP)])
    (region,) = coverage([corpus, again]).regions
    assert region.rows["WTR-PREPAREBACKUP"] == 3
    assert region.pairs["WTR-PREPARESNAPSHOT", "WTR-FREEZE"] == 3
    assert not any(times for (a, _), times in region.pairs.items() if a.startswith("WTR-ABORT"))


def test_a_hole_ends_a_pair(tmp_path: Path) -> None:
    """What may lie between two records is not known: they are no neighbours."""
    path = write(tmp_path / "a.jsonl", [r | {"observation": "partial"} for r in BACKUP])
    (region,) = coverage([path]).regions
    assert region.rows["WTR-FREEZE"] == 1
    assert not any(region.pairs.values())


def test_rows_are_those_of_the_run(tmp_path: Path) -> None:
    """What is counted is what `Run.coverage` names, of the regions with a history."""
    path = write(tmp_path / "a.jsonl", legal("session", number=34, length=120))
    found = coverage([path])
    counted = {code for _, code in found.run.taken.rows}
    assert counted <= set(found.run.coverage)
    assert found.run.coverage == vssfsm.check(path).coverage
    assert vssfsm.check(path).taken.rows == {}
    region = {r.name: r for r in found.regions}
    assert set(region) == set(COUNTED)
    assert region["requester"].rows["REQ-CREATE"] == sum(
        record["event"] == "CreateVssBackupComponents" and "hresult" not in record
        for record in map(json.loads, Path(path).read_text("utf-8").splitlines())
    )


def test_only_the_least_reading_counts(tmp_path: Path) -> None:
    """A record that lacks its outcome takes what it may mean at no cost, and breaks no rule."""
    records = [{k: v for k, v in r.items() if k not in ("outcome", "state")} for r in BACKUP]
    (region,) = coverage([write(tmp_path / "a.jsonl", records)]).regions
    assert region.rows["WTR-PREPAREBACKUP"] == region.rows["WTR-PREPAREBACKUP-VETO"] == 1
    assert region.rules == {}


def test_broken_rules_are_listed(tmp_path: Path) -> None:
    """Near misses do not add to the permitted rows; the rule that they break is named."""
    path = write(tmp_path / "a.jsonl", near_miss("WTR112"))
    (region,) = coverage([path]).regions
    assert region.rules["WTR112"] == 1
    assert "WTR112" not in region.rows


def test_pairs_follow_from_states() -> None:
    """A pair is possible where the second row begins in a state that the first may lead to."""
    pairs = possible_pairs("writer")
    assert ("WTR-PREPARESNAPSHOT", "WTR-FREEZE") in pairs
    assert ("WTR-FREEZE", "WTR-PREPARESNAPSHOT") not in pairs
    assert len(set(pairs)) == len(pairs)


# --- missing tests -----------------------------------------------------------
@pytest.fixture(scope="module")
def every() -> dict[tuple[str, str], Any]:
    """Give the test of each permitted row."""
    keys = [(name, code) for name in COUNTED for code in permitted(REGIONS[name])]
    return {key: shortest_test(*key) for key in keys}


@pytest.mark.long
def test_every_row_has_a_test(every: dict[tuple[str, str], Any]) -> None:
    """Enumerated: a way is known to every row but those named, and its test takes it."""
    assert {key for key, test in every.items() if test is None} <= NO_WAY
    wrong = {
        key for key, test in every.items() if test is not None and key not in rows_of(test.records)
    }
    assert wrong == set()


def test_missing_tests_are_legal(every: dict[tuple[str, str], Any], tmp_path: Path) -> None:
    """Each of them conforms."""
    for number, test in enumerate(every.values()):
        if test is not None:
            write(tmp_path / f"{number}.jsonl", test.records)
    run = vssfsm.check(tmp_path)
    assert [f for f in run.findings if f.severity != "info"] == []
    assert run.verdict == "CONFORMS"


def test_missing_tests_close_the_gap(corpus: str, tmp_path: Path) -> None:
    """With the tests that were missing, every row of the region is taken; none is left over."""
    before = coverage([corpus], regions=["writer", "rounds", "operation"])
    tests, lost = missing_tests(before)
    assert lost == []
    for test in tests:
        write(tmp_path / f"{test.name}.jsonl", test.records)
    after = coverage([corpus, *(str(p) for p in sorted(tmp_path.glob("*.jsonl")))],
                     regions=["writer", "rounds", "operation"])  # fmt: skip
    assert after.percent == 100
    assert 0 < len(tests) < before.rows[1] - before.rows[0]


def test_missing_tests_of_a_writer_are_short(every: dict[tuple[str, str], Any]) -> None:
    """A way has no detour: Freeze is three events away, and its veto as well."""
    assert len(every["writer", "WTR-PREPAREBACKUP"].records) == 2
    for code in ("WTR-FREEZE", "WTR-FREEZE-VETO"):
        events = [record["event"] for record in every["writer", code].records]
        assert events[:3] == ["PrepareBackup", "PrepareSnapshot", "Freeze"]
        assert len(events) <= 4


# --- the command -------------------------------------------------------------
def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run `vssfsm coverage`: exit code, standard output, standard error."""
    code = main(["coverage", *arguments])
    return code, *capsys.readouterr()


def test_text(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has counts and shares; unvisited rows are listed with what they say."""
    code, out, err = run(corpus, capsys=capsys)
    assert (code, err) == (0, "")
    assert "1 input, 4 records, 0 unread" in out
    known = len(permitted(WRITER))
    assert f"4 of {known:>4} {100 * 4 / known:>6.1f} %" in out
    assert f"writer: {known - 4} rows that no trace takes" in out
    assert "  WTR-FREEZE-VETO  " in out
    assert "  WTR-FREEZE  " not in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_json(corpus: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON report says the same."""
    code, out, _ = run(corpus, "--output-format", "json", capsys=capsys)
    report = json.loads(out)
    assert code == 0
    assert report["counts"]["rows"] == 4
    assert report["counts"]["pairs"] == 3
    (region,) = report["regions"]
    assert region["rows"]["WTR-FREEZE"] == 1
    assert region["rows"]["WTR-FREEZE-VETO"] == 0
    assert "WTR-FREEZE-VETO" in region["missing"]
    assert {"row": "WTR-FREEZE", "next": "WTR-ABORT-FROM-WAITING_FOR_THAW", "times": 1} in region[
        "pairs"
    ]


@pytest.mark.parametrize(("least", "expected"), [("0", 0), ("5", 0), ("6", 1), ("100", 1)])
def test_fail_under(
    corpus: str, least: str, expected: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Less than was asked for is exit code 1, and said on standard error."""
    code, _, err = run(corpus, "--fail-under", least, capsys=capsys)
    assert code == expected
    assert ("less than" in err) == bool(expected)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--fail-under", "101"), "0 to 100, not 101"),
        (("--fail-under", "nan"), "0 to 100, not nan"),
        (("--region", "nowhere"), "unknown region 'nowhere'"),
        (("--release", "win95"), "unknown release"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...], says: str, corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is exit code 2 and one line."""
    code, out, err = run(corpus, *arguments, capsys=capsys)
    assert (code, out) == (2, "")
    assert says in err


def test_what_cannot_be_read(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3 where something could not be read; 1 wins over it; the rest is counted."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text("no record\n", encoding="utf-8")
    code, out, _ = run(corpus, str(bad), capsys=capsys)
    assert code == 3
    assert f"{bad}: 1 unread" in out
    assert "4 of" in out
    assert run(str(bad), capsys=capsys)[0] == 3
    assert run(str(tmp_path / "gone.jsonl"), capsys=capsys)[0] == 3
    assert run(corpus, str(bad), "--fail-under", "90", capsys=capsys)[0] == 1


def test_missing_directory(corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Traces and one module of tests are written; the module runs."""
    out = tmp_path / "new" / "missing"
    code, said, _ = run(corpus, "--missing", str(out), capsys=capsys)
    assert code == 0
    names = sorted(path.name for path in out.iterdir())
    assert "test_missing.py" in names
    assert f"{len(names) - 1} missing tests written to {out}" in said
    source = (out / "test_missing.py").read_text("utf-8")
    space: dict[str, Any] = {}
    exec(compile(source, "test_missing.py", "exec"), space)  # noqa: S102 - our own text
    tests = [name for name in space if name.startswith("test_")]
    assert len(tests) == len(names) - 1
    space["test_writer_wtr_thaw_veto"]()


def test_a_requesters_missing_tests_run() -> None:
    """Of a requester the trace itself is held against the rules."""
    from vssfsm.testing.coverage.missing import pytest_file

    test = shortest_test("rounds", "REQ-ROUND-READ")
    assert test is not None
    space: dict[str, Any] = {}
    exec(compile(pytest_file([test]), "x", "exec"), space)  # noqa: S102 - our own text
    space["test_rounds_req_round_read"]()
    assert space["accused"]([*BACKUP[:1], *BACKUP[2:]]) == ["WTR102"]


def test_missing_cannot_be_written(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A directory that cannot be made is exit code 2."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = run(
        corpus, "--missing", os.path.join(str(tmp_path / "file"), "x"), capsys=capsys
    )
    assert code == 2
    assert "cannot make" in err
