"""
Generated traces of a seeded shape: sessions interleaved over hosts, some of them faulty.

A host runs one backup at a time: a requester, its writers in rounds, two status rounds. A faulty
session loses, repeats or swaps one record, or a writer vetoes. The `writers` shape leaves the
requester out; `broken` is the same with lines that were cut in their middle. In the `varied` shape
no two backups are alike: they have more volumes, wait longer, and their writers take turns in any
order. In the `open` shape each event comes for all sessions before the next one does, so all of
them are open at once; none is faulty.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Final

SHAPES: Final = ("writers", "backups", "varied", "broken", "open")
#: share of the lines of the `broken` shape that were cut
BROKEN: Final = 0.001
#: where traces are kept that were made
KEPT: Final = Path(__file__).parents[1] / ".build" / "traces"
_START_NS: Final = 1_767_225_600_000_000_000
_WRITERS: Final = (
    ("System Writer", "{e8132975-6f93-4464-a53e-1050253ae220}"),
    ("SqlServerWriter", "{a65faa63-5ea8-4ebc-9dbd-a0c4db26912a}"),
    ("Registry Writer", "{afbab4a2-367d-4d15-a586-71dbb18f8485}"),
    ("WMI Writer", "{a6ad56c2-b509-4e6c-bb19-49d8f43532f0}"),
)
_EVENTS: Final = {
    "PrepareBackup": "STABLE",
    "PrepareSnapshot": "WAITING_FOR_FREEZE",
    "Freeze": "WAITING_FOR_THAW",
    "Thaw": "WAITING_FOR_POST_SNAPSHOT",
    "PostSnapshot": "WAITING_FOR_BACKUP_COMPLETE",
    "BackupComplete": "STABLE",
    "BackupShutdown": "STABLE",
}
Record = dict[str, Any]


@lru_cache(10_000)
def _second(number: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(number, UTC):%Y-%m-%dT%H:%M:%S}"


def _time(ns: int) -> str:
    return f"{_second(ns // 1_000_000_000)}.{ns // 1_000_000 % 1000:03d}Z"


class _Host:
    def __init__(self, number: int, random: Random) -> None:
        self.name = f"host-{number:05d}"
        self.random = random
        self.ns = _START_NS + random.randrange(10**12)
        self.instances = [f"{{{random.getrandbits(128):032x}}}" for _ in _WRITERS]

    def stamp(self) -> str:
        self.ns += self.random.randrange(1_000_000, 400_000_000)
        return _time(self.ns)

    def handlers(self, event: str, session: str) -> Iterator[Record]:
        for (writer, writer_id), instance in zip(_WRITERS, self.instances, strict=True):
            yield {
                "actor": "writer",
                "host": self.name,
                "session": session,
                "writer": writer,
                "writer_id": writer_id,
                "instance": instance,
                "event": event,
                "outcome": "ok",
                "state": _EVENTS[event],
                "failure": "S_OK",
            }

    def call(self, event: str, session: str, **more: object) -> Record:
        keys = {"actor": "requester", "host": self.name, "session": session}
        return {**keys, "process": "backup.exe", "event": event, "hresult": "S_OK", **more}

    def awaited(self, event: str, session: str, events: tuple[str, ...] = ()) -> Iterator[Record]:
        yield self.call(event, session)
        for handler in events:
            yield from self.handlers(handler, session)
        yield self.call("Wait", session, of=event)
        yield self.call("QueryStatus", session, of=event, async_result="VSS_S_ASYNC_FINISHED")

    def round(self, session: str, states: str) -> Iterator[Record]:
        yield from self.awaited("GatherWriterStatus", session)
        yield self.call("GetWriterStatusCount", session, args={"count": len(_WRITERS)})
        for index, ((writer, writer_id), instance) in enumerate(
            zip(_WRITERS, self.instances, strict=True)
        ):
            who = {"writer": writer, "writer_id": writer_id, "instance": instance}
            yield self.call(
                "GetWriterStatus",
                session,
                **who,
                state=states,
                failure="S_OK",
                args={"index": index},
            )
        yield self.call("FreeWriterStatus", session)

    def backup(self, session: str) -> Iterator[Record]:
        yield self.call("CreateVssBackupComponents", session)
        yield self.call("InitializeForBackup", session)
        yield self.call("SetBackupState", session)
        yield self.call("SetContext", session, args={"context": "VSS_CTX_BACKUP"})
        yield from self.awaited("GatherWriterMetadata", session)
        yield self.call("FreeWriterMetadata", session)
        yield self.call("StartSnapshotSet", session)
        yield self.call("AddToSnapshotSet", session, args={"volume": "C:\\"})
        yield from self.awaited("PrepareForBackup", session, ("PrepareBackup",))
        yield from self.round(session, "STABLE")
        snapshot = ("PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot")
        yield from self.awaited("DoSnapshotSet", session, snapshot)
        yield from self.round(session, "WAITING_FOR_BACKUP_COMPLETE")
        yield from self.awaited("BackupComplete", session, ("BackupComplete",))
        yield from self.round(session, "STABLE")
        yield self.call("Release", session)
        yield from self.handlers("BackupShutdown", session)

    def varied(self, session: str) -> list[Record]:
        """Give a backup that differs from others in what makes no difference."""
        found: list[Record] = []
        for record in self.backup(session):
            if record["event"] == "QueryStatus":
                pending = {**record, "async_result": "VSS_S_ASYNC_PENDING"}
                found += [dict(pending) for _ in range(self.random.randrange(4))]
            if record["event"] == "AddToSnapshotSet":
                names = "DEFGHIJK"[: self.random.randrange(8)]
                found += [{**record, "args": {"volume": f"{name}:\\"}} for name in names]
            at = len(found)
            while at and found[at - 1]["actor"] == "writer" == record["actor"]:
                if found[at - 1]["event"] != record["event"] or self.random.randrange(2):
                    break
                at -= 1
            found.insert(at, record)
        return found

    def events(self, session: str) -> Iterator[Record]:
        for event in _EVENTS:
            yield from self.handlers(event, session)


def _spoil(records: list[Record], random: Random) -> None:
    """Make one mistake."""
    at = random.randrange(1, len(records) - 1)
    kind = random.randrange(4)
    if kind == 0:
        del records[at]
    elif kind == 1:
        records.insert(at, dict(records[at]))
    elif kind == 2:
        records[at - 1], records[at] = records[at], records[at - 1]
    else:
        vetoed = random.choice([r for r in records if r["event"] == "Freeze"])
        vetoed |= {
            "outcome": "veto",
            "state": "FAILED_AT_FREEZE",
            "failure": "VSS_E_WRITERERROR_NONRETRYABLE",
        }


def _sessions(host: _Host, shape: str, faulty: float) -> Iterator[Record]:
    number = 0
    while True:
        number += 1
        session = f"{host.random.getrandbits(128):032x}"
        makes = {"backups": host.backup, "varied": host.varied}.get(shape, host.events)
        records = list(makes(session))
        if host.random.random() < faulty:
            _spoil(records, host.random)
        for record in records:
            yield {"time": host.stamp(), **record}


def records(
    count: int, shape: str, *, seed: int = 1, hosts: int = 40, faulty: float = 0.01
) -> Iterator[Record]:
    """Give *count* records: each comes from a host that is chosen by chance."""
    if shape == "open":
        yield from _open(count, seed=seed, hosts=hosts)
        return
    random = Random(seed)  # noqa: S311 - test data
    streams = [
        _sessions(_Host(n, Random(f"{seed}-{n}")), shape, faulty)  # noqa: S311
        for n in range(hosts)
    ]
    for _ in range(count):
        yield next(random.choice(streams))


def _open(count: int, *, seed: int, hosts: int) -> Iterator[Record]:
    """Give *count* records, at most, of sessions of one writer each, all open at once."""
    made = [_Host(n, Random(f"{seed}-{n}")) for n in range(hosts)]  # noqa: S311
    number = max(1, count // len(_EVENTS))
    for at, event in enumerate(_EVENTS):
        for index in range(min(number, count - at * number)):
            record = next(made[index % hosts].handlers(event, f"{seed:08x}{index:024x}"))
            yield {"time": _time(_START_NS + (at * number + index) * 1_000), **record}


def made(count: int, shape: str, kind: str = "jsonl", *, seed: int = 1) -> Path:
    """Give a trace that is made once and kept: as `jsonl`, `csv` or `parquet`."""
    path = KEPT / f"{shape}-{count}-seed-{seed}.{kind}"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-of-{path.name}")
        (write if kind == "jsonl" else write_table)(part, count, shape, seed=seed)
        part.replace(path)
    return path


def write(path: Path, count: int, shape: str, **options: Any) -> None:
    """Write a trace of *count* records."""
    encode = json.JSONEncoder(separators=(",", ":")).encode
    random = Random(f"{options.get('seed', 1)}-cuts")  # noqa: S311 - test data
    share = BROKEN if shape == "broken" else 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records(count, shape, **options):
            text = encode(record)
            if share and random.random() < share:
                text = text[: len(text) // 2]
            file.write(text + "\n")


def write_table(path: Path, count: int, shape: str, **options: Any) -> None:
    """Write a trace of *count* records as CSV or Parquet, by its ending; it needs polars."""
    import polars as pl

    encode = json.JSONEncoder(separators=(",", ":")).encode
    given = list(records(count, shape, **options))
    names = dict.fromkeys(name for record in given for name in record)
    cells = {
        name: [
            encode(cell) if isinstance(cell := record.get(name), dict) else cell for record in given
        ]
        for name in names
    }
    frame = pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String))
    if path.suffix == ".csv":
        frame.write_csv(path)
    else:
        frame.write_parquet(path)
