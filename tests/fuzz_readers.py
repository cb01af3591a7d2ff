"""
Readers under fuzz: damaged and spliced samples of each format, and noise.

Whatever stands in an input, a reader raises nothing but what it documents, and what comes of it is
legal or is told as unreadable. A changed digit makes another number, so pairs of state and code may
be illegal; in formats that hold an order, so may events. Noise gives nothing but `INP`.
"""

import io
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random

import renderers

from vssfsm.convert import convert
from vssfsm.monitor import Monitor
from vssfsm.traces.formats import READERS
from vssfsm.traces.reading import Entered, Reading
from vssfsm.traces.source import Opened, look

DATA = Path(__file__).parent / "data"
#: format -> families that a damaged sample may break rules of, beside INP
MAY_BREAK = {
    **dict.fromkeys(READERS, frozenset({"STS"})),
    "sqlwriter": frozenset({"WTR"}),
    **dict.fromkeys(
        ("jsonl", "csv", "parquet", "xes"),
        frozenset({"STS", "FLR", "WTR", "REQ", "RET", "CPL", "TIM"}),
    ),
}
_FOLDERS = {
    "vssadmin": ("listings",),
    "status": ("status",),
    "eventlog": ("logs",),
    "sqlwriter": ("products",),
    "backuplog": ("products",),
    "mail": ("listings", "logs", "products", "status"),
}
_ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp437", "cp850", "cp852"),
    *("cp866", "cp1250", "cp1251", "cp1252", "cp932", "cp936", "cp949", "cp950"),
)
_BITS = (
    *(b"\x00", b"\xff", b"\xfe\xff", b"\r\n", b"\n", b"\r", b"\t", b"\x1a", b"\x1b[2J", b"%s"),
    *(b"<br>", b"&nbsp;", b"&#0;", b"&#55296;", b"> ", b"**", b"\\[", b"\\", b'"', b"'", b"`"),
    *(b"[", b"]", b"{", b"}", b"(", b")", b":", b";", b",", b"0x", b"=", b"-", b"<", b">", b"</"),
    *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"<![CDATA[", b"]]>", b"<?xml version='1.0'?>", b"<!--"),
    *(b"State", b"Status", b"Writer name", b"WRITER ", b"NaN", b"null", b"\xe2\x80\xa8"),
    *("é’–：［］ー".encode(), "٣".encode(), "²".encode(), b"\xed\xa0\x80", b"\xc3", b"\xf0\x9f"),
)
_NOISE = (*_BITS, b" ", b" ", b"\n", b"abc", b"Writer", b"error", b"event")


def _writer_backup() -> list[dict[str, object]]:
    steps = (
        *(("PrepareBackup", "ok", 1, "S_OK"), ("PrepareSnapshot", "ok", 2, "S_OK")),
        *(("Freeze", "veto", 9, "VSS_E_WRITERERROR_TIMEOUT"), ("Abort", "ok", 9, 0)),
    )
    return [
        {"actor": "writer", "event": event, "outcome": outcome, "state": state, "failure": code}
        for event, outcome, state, code in steps
    ]


@cache
def samples(form: str) -> tuple[bytes, ...]:
    """Give sound inputs of a format."""
    if form in _FOLDERS:
        found = [path for folder in _FOLDERS[form] for path in sorted((DATA / folder).iterdir())]
        rendered = [make(_writer_backup()) for make in renderers.OF_FORMAT.get(form, ())]
        return (*(path.read_bytes() for path in found), *rendered)
    if form == "evtx":
        return (renderers.binary(_writer_backup()), renderers.binary(_writer_backup() * 2))
    traces = sorted((DATA / "rules").glob("WTR1*.jsonl"))[:12]
    if form == "jsonl":
        return tuple(path.read_bytes() for path in traces)
    return tuple(convert([str(path)], to=form).content for path in traces)


def fuzzed(form: str, seed: int) -> tuple[bytes, bool]:
    """Give an input by chance, and whether it is noise."""
    random = Random(f"{form} {seed}")
    if random.random() < 0.1:
        size = random.randrange(40)
        kinds = (lambda: random.choice(_NOISE), lambda: random.randbytes(random.randrange(1, 9)))
        return b"".join(random.choice(kinds)() for _ in range(size)), True
    data = bytearray(random.choice(samples(form)))
    if form not in ("evtx", "parquet") and random.random() < 0.25:
        text = bytes(data).decode("utf-8", "replace")
        data = bytearray(text.encode(random.choice(_ENCODINGS), "replace"))
    for _ in range(random.choice((0, 1, 1, 1, 2, 3, 5, 9, 20))):
        _damage(data, random, samples(form))
    return bytes(data), False


def _damage(data: bytearray, random: Random, others: Sequence[bytes]) -> None:
    at = random.randrange(len(data) + 1)
    to = min(len(data), at + random.choice((1, 1, 2, 4, 16, 64, 400)))
    kind = random.randrange(9)
    if kind == 0 and data:
        data[at % len(data)] ^= 1 << random.randrange(8)
    elif kind == 1:
        del data[at:to]
    elif kind == 2:
        data[at:at] = random.choice(_BITS)
    elif kind == 3:
        data[at:at] = random.randbytes(random.randrange(1, 9))
    elif kind == 4:
        data[at:at] = data[at:to] * random.choice((1, 1, 2, 30))
    elif kind == 5:
        other = random.choice(others)
        start = random.randrange(len(other) + 1)
        data[at:to] = other[start : start + random.choice((1, 8, 60, 400))]
    elif kind == 6 and random.random() < 0.3:
        del data[at:]
    elif kind == 7:
        lines = bytes(data).split(b"\n")
        one, two = random.randrange(len(lines)), random.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        data[:] = b"\n".join(lines)
    else:
        data[at:to] = bytes(to - at)


def broken_rules(form: str, data: bytes) -> Counter[str]:
    """Give the rules that *data*, read as *form*, breaks with an error or a warning."""
    stream = io.BufferedReader(io.BytesIO(data), 1 << 16)
    reading = Reading(Entered(Opened(stream, look(stream)), form))
    monitor = Monitor(observation=reading.reader.OBSERVATION)
    found = []
    try:
        for record, notes in reading:
            found += monitor.feed(record, notes)
    except EOFError:
        found += monitor.close(truncated=True)
    else:
        found += monitor.close()
    return Counter(item.rule for item in found if item.severity != "info")


def complaints(form: str, seed: int) -> list[str]:
    """Give what is wrong with how the input *seed* was read: no list, no fault."""
    data, noise = fuzzed(form, seed)
    start = time.process_time()
    try:
        rules = broken_rules(form, data)
    except Exception as error:  # noqa: BLE001 - whatever a reader raises is a fault
        return [f"{form} {seed}: {type(error).__name__}: {error}"]
    slow = time.process_time() - start
    allowed = {"INP"} | (frozenset() if noise else MAY_BREAK[form])
    wrong = sorted(rule for rule in rules if rule[:3] not in allowed)
    return [f"{form} {seed}: {rule}" for rule in wrong] + (
        [f"{form} {seed}: took {slow:.1f} s"] if slow > 5 else []
    )


def apart(form: str, seeds: range) -> tuple[list[str], list[int]]:
    """
    Read inputs in a process of its own.

    Returns:
        What is wrong, and the inputs on which a library ended the process: polars does so where a
        damaged file asks for more memory than there is, and nothing in the process can catch it.
    """
    faults: list[str] = []
    ended: list[int] = []
    start = seeds.start
    while start < seeds.stop:
        done = subprocess.run(
            [sys.executable, __file__, form, str(start), str(seeds.stop)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        faults += [line.removeprefix("fault ") for line in lines if line.startswith("fault ")]
        if done.returncode == 0:
            break
        reached = [int(line.split()[1]) for line in lines if line.startswith("seed ")]
        if not reached or "memory allocation" not in done.stderr:
            return [*faults, f"{form} from {start}: {done.stderr[-200:]}"], ended
        ended.append(reached[-1])
        start = reached[-1] + 1
    return faults, ended


def main(form: str, start: int, stop: int) -> None:
    """Fuzz one reader, and print what came of it."""
    for seed in range(start, stop):
        print(f"seed {seed}", flush=True)
        for fault in complaints(form, seed):
            print(f"fault {fault}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
