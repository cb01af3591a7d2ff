"""
Bytes that a fuzzer makes, read as evidence: whatever they are, something is said about them.

    python tests/nightly/fuzz_bytes.py CORPUS [options of libFuzzer]

The corpus is a directory: it is begun with the traces, listings and logs of the test data, and what
reaches new code is kept there for the next run. The first byte of an input chooses its name.
"""

import contextlib
import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import atheris

os.environ["VSSFSM_TRACEBACK"] = "1"  # a defect is what is looked for

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
# The fuzzer follows what reads; what judges would be slow under its eyes.
with atheris.instrument_imports(include=["vssfsm.traces"]):
    import vssfsm
    from vssfsm.errors import VssfsmError
    from vssfsm.reports import json as report
    from vssfsm.reports import text
    from vssfsm.traces.formats import READERS

    for name in READERS:
        import_module(f"vssfsm.traces.readers.{name}")

#: names by which an input may come; what is packed or binary is known by its first bytes
NAMES = ("t.jsonl", "t", "t.txt", "t.log", "t.csv", "t.xml", "t.xes", "t.json", "t.evtx")
#: bytes of a seed; longer ones only slow it down
_LONGEST = 20_000
_HOME = tempfile.mkdtemp(prefix="vssfsm-fuzz-")


def seeds(corpus: Path) -> None:
    """Begin a corpus with evidence of every kind."""
    corpus.mkdir(parents=True, exist_ok=True)
    known = {ending: number for number, ending in enumerate(Path(name).suffix for name in NAMES)}
    for number, path in enumerate(sorted((ROOT / "tests" / "data").rglob("*.*"))):
        data = path.read_bytes() if path.is_file() else b""
        if 0 < len(data) <= _LONGEST:
            first = bytes([known.get(path.suffix, 1)])
            (corpus / f"seed-{number:04}").write_bytes(first + data)


def judge(data: bytes) -> None:
    """Judge bytes as an input: a report, an exit code, and no exception that is not ours."""
    if not data:
        return
    path = os.path.join(_HOME, NAMES[data[0] % len(NAMES)])
    with open(path, "wb") as file:
        file.write(data[1:])
    with contextlib.suppress(VssfsmError):
        run = vssfsm.check(path)
        assert run.exit_code() in (0, 1, 3)
        assert run.exit_code() == 3 or run.counts["judged"]
        assert report.render(run).isascii()
        assert text.render(run)


def main() -> None:
    """Fuzz."""
    seeds(Path(sys.argv[1]))
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
