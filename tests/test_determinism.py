"""The same input gives the same bytes: whatever the hash seed, the locale, the zone, the cores."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import vssfsm

ROOT = Path(vssfsm.__file__).parents[1]
#: what a machine may be like; the first one is compared with each of the others
MACHINES = {
    "plain": {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC", "COLUMNS": "80"},
    "another seed": {"PYTHONHASHSEED": "12345", "LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu"},
    "Turkish": {"PYTHONHASHSEED": "77", "LC_ALL": "tr_TR.UTF-8", "TZ": "America/St_Johns"},
    "no UTF-8 mode": {"PYTHONHASHSEED": "random", "PYTHONUTF8": "0", "COLUMNS": "200"},
    "optimized": {"PYTHONHASHSEED": "9", "PYTHONOPTIMIZE": "2", "TZ": "Pacific/Apia"},
}
FORMATS = ("text", "json", "sarif", "junit", "github", "html")
DIAGRAMS = ("dot", "mermaid", "plantuml", "scxml", "promela", "tla", "xstate")
COMMANDS = [
    *(f"check traces --output-format {name}" for name in FORMATS),
    "check traces --strict --fail-on writer-failure --release 2019",
    "explain traces/a.jsonl:2 VSS_WS_STABLE 0x800423F2 DoSnapshotSet Freeze",
    "align traces/a.jsonl",
    *(f"diagram writer --as {name}" for name in DIAGRAMS),
    *("diagram requester --as dot", "diagram writer --as dot --overlay traces/a.jsonl"),
    "generate --role session --count 3 --seed 5",
    "generate --rule WTR101 --rule REQ204 --count 2",
    "coverage traces",
    "convert traces --to jsonl",
    "convert traces --to csv",
    "convert traces --to xes",
    *("diff traces", "learn traces/a.jsonl", "convert traces --redact"),
    *("triage traces", "triage traces --output-format html"),
    *("lint", "rule", "rule WTR101"),
]
#: these read whole inputs, and may share them among processes
SHARED = [f"check traces --output-format {name}" for name in FORMATS]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A directory with traces: sound ones, faulty ones, a listing, and a long one."""
    place = tmp_path_factory.mktemp("home")
    traces = place / "traces"
    shutil.copytree(ROOT / "demo", traces)
    data = ROOT / "tests" / "data" / "rules"
    for number, code in enumerate(("WTR101", "REQ204", "CPL102", "STS101", "FLR132", "INP101")):
        for path in data.glob(f"{code}.bad.*"):
            shutil.copy(path, traces / f"{'abcdef'[number]}{path.suffix}")
    sound = subprocess.run(
        [sys.executable, "-m", "vssfsm", "generate", "--role", "session", "--count", "6"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    faulty = (data / "WTR101.bad.jsonl").read_bytes()
    (traces / "long.jsonl").write_bytes(sound.stdout + faulty)
    return place


def output(command, home, machine, *more):
    """Run a command on a machine: exit code, standard output, standard error."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **MACHINES[machine]}
    done = subprocess.run(
        [sys.executable, "-m", "vssfsm", *command.split(), *more],
        cwd=home,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1, 3), done.stderr.decode()
    return done.returncode, done.stdout, done.stderr


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize("command", COMMANDS)
def test_output_is_the_same_on_every_machine(command, home):
    """Not a byte differs, and something is said."""
    plain, *others = (output(command, home, machine) for machine in MACHINES)
    assert len(plain[1]) > 20
    for machine, other in zip(list(MACHINES)[1:], others, strict=True):
        assert other == plain, machine


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize("command", SHARED)
def test_processes_that_share_the_inputs_change_nothing(command, home):
    """Two processes, three, and more than there are inputs give the bytes of one."""
    alone = output(command, home, "plain")
    for jobs in ("2", "3", "40"):
        assert output(command, home, "another seed", "--jobs", jobs) == alone


@pytest.mark.long
@pytest.mark.nightly
def test_what_has_to_differ_differs(home):
    """The comparison sees a difference: another seed of a generator is another output."""
    command = COMMANDS[COMMANDS.index("generate --role session --count 3 --seed 5")]
    assert output(command, home, "plain") != output(f"{command}1", home, "plain")
