"""`vssfsm align`: trace and model side by side, and the repaired trace."""

import json
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.reports.align import MODEL_ONLY, SYNC, TRACE_ONLY

RULES = Path(__file__).parent / "data" / "rules"
KEYS = {"host": "srv", "session": "s1"}
OWN = KEYS | {"actor": "writer", "instance": "i1", "writer": "W"}
#: an interleaved session with a lost call and a lost event
LINES = [
    KEYS | {"actor": "requester", "event": "CreateVssBackupComponents"},
    KEYS | {"actor": "requester", "event": "GatherWriterMetadata"},
    OWN | {"event": "PrepareBackup"},
    OWN | {"event": "PrepareSnapshot"},
    OWN | {"event": "Thaw"},
    OWN | {"event": "PostSnapshot", "thread": 7},
    OWN | {"event": "BackupComplete"},
    KEYS | {"actor": "requester", "event": "Release"},
]


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Give a file with the lines, an unread one and a blank one."""
    lines = [json.dumps(line) for line in LINES]
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join([*lines[:3], "", *lines[3:]]) + "\n", encoding="utf-8")
    return path


def test_moves_are_shown_side_by_side(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each session has a table; what was missing has no line, and an error gives exit code 1."""
    assert main(["align", str(trace)]) == 1
    out = capsys.readouterr().out
    requester, writer = out.split("\n\n")[:2]
    assert requester.splitlines()[0] == "requester (host srv, session s1)"
    assert writer.splitlines()[0] == "writer W (host srv, session s1)"
    rows = [line.split() for line in writer.splitlines()[2:]]
    assert rows[2][:2] == [MODEL_ONLY, "Freeze"]
    assert rows[3][:4] == ["6", "Thaw", SYNC, "Thaw"]
    assert requester.splitlines()[3].split()[:2] == [MODEL_ONLY, "InitializeForBackup"]


def test_a_stray_record_is_of_the_trace_only(capsys: pytest.CaptureFixture[str]) -> None:
    """A record that is dropped has no event of the model, one that is replaced has its own row."""
    assert main(["align", str(RULES / "REQ122.bad.jsonl")]) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["12", "DoSnapshotSet", TRACE_ONLY, "PREPARING"] in rows
    assert [MODEL_ONLY, "Wait", "of", "PrepareForBackup", "PREPARING"] in rows


def test_the_repaired_trace_conforms(trace: Path, tmp_path: Path) -> None:
    """Records that stay keep their bytes; an inserted one has the keys of its session."""
    target = tmp_path / "repaired.jsonl"
    assert main(["align", str(trace), "-o", str(target)]) == 1
    run = vssfsm.check(str(target))
    assert run.verdict == "CONFORMS"
    # The requester never made the writer's calls: no edit of one session mends that.
    assert {item.family for item in run.findings} <= {"CPL"}
    before = trace.read_text(encoding="utf-8").splitlines()
    after = target.read_text(encoding="utf-8").splitlines()
    assert [line for line in after if line in before] == before
    new = [json.loads(line) for line in after if line not in before]
    assert new == [
        KEYS | {"actor": "requester", "event": "InitializeForBackup"},
        OWN | {"event": "Freeze"},
    ]


def test_what_is_owed_is_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A session that ends too early is no mistake, and its repaired trace has an end."""
    trace, target = tmp_path / "t.jsonl", tmp_path / "r.jsonl"
    trace.write_text(json.dumps(LINES[0]) + "\n", encoding="utf-8")
    assert main(["align", str(trace), "-o", str(target)]) == 0
    assert MODEL_ONLY in capsys.readouterr().out
    assert vssfsm.check(str(trace)).verdict == "INCONCLUSIVE"
    assert vssfsm.check(str(target)).verdict == "CONFORMS"


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(p.name for p in RULES.glob("*.bad.jsonl")))
def test_the_repaired_bad_trace_of_a_rule_has_no_error(name: str, tmp_path: Path) -> None:
    """Every bad trace of a session's rules is repaired to one without errors."""
    target = tmp_path / "repaired.jsonl"
    if not (RULES / name).read_bytes():
        pytest.skip("an empty trace has nothing to repair")
    code = main(["align", str(RULES / name), "--repaired", str(target)])
    assert code == vssfsm.check(str(RULES / name)).exit_code()
    errors = [i.rule for i in vssfsm.check(str(target)).findings if i.severity == "error"]
    assert errors == [] or name[:3] == "CPL", errors


def test_a_legal_trace_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trace without a mistake has moves of one kind only, and is not changed."""
    trace = RULES / "REQ121.good.jsonl"
    target = tmp_path / "same.jsonl"
    assert main(["align", str(trace), "-o", str(target)]) == 0
    out = capsys.readouterr().out
    assert TRACE_ONLY not in out
    assert MODEL_ONLY not in out
    assert target.read_bytes() == trace.read_bytes()


def test_the_repaired_trace_can_go_to_standard_output(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then nothing else does."""
    assert main(["align", str(trace), "-o", "-"]) == 1
    assert all(json.loads(line) for line in capsys.readouterr().out.splitlines() if line)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("-", 2),
        ("missing.jsonl", 3),
        ("empty.jsonl", 3),
        ("empty.jsonl -o r.jsonl", 2),
        ("listing.txt -o r.jsonl", 2),
        ("cut.jsonl.gz", 3),
        ("cut.jsonl.gz -o r.jsonl", 2),
        ("binary.jsonl -o r.jsonl", 2),
        ("t.jsonl --release 2020", 2),
        ("t.jsonl --observation whole", 2),
        ("t.jsonl --observation partial", 0),
        ("t.jsonl -o no/such/directory.jsonl", 2),
    ],
)
def test_exit_codes(
    arguments: str, code: int, trace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit codes are those of `check`; what cannot be repaired is wrong usage."""
    monkeypatch.chdir(trace.parent)
    Path("empty.jsonl").write_text("", encoding="utf-8")
    Path("listing.txt").write_bytes((RULES / "INP109.good.txt").read_bytes())
    Path("cut.jsonl.gz").write_bytes((RULES / "INP107.bad.jsonl.gz").read_bytes())
    Path("binary.jsonl").write_bytes(trace.read_bytes() + b"\xff\xfe\xfa\n")
    assert main(["align", *arguments.split()]) == code
