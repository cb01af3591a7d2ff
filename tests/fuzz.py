"""Traces by chance: the literal traces of the rules, under new keys, damaged and interleaved."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.traces import records

DATA = Path(__file__).parent / "data"
Record = dict[str, Any]


def literal_traces() -> list[list[Record]]:
    """Give the records of every trace of the test data, a list per session."""
    found: list[list[Record]] = []
    for path in sorted([*DATA.glob("rules/*.jsonl"), *DATA.glob("rows/*.jsonl")]):
        sessions: dict[object, list[Record]] = {}
        for text in path.read_text(encoding="utf-8").splitlines():
            try:
                record = json.loads(text)
            except ValueError:
                continue
            if isinstance(record, dict):
                key = (record.get("host"), record.get("session")) if "rows" in path.parts else None
                sessions.setdefault(key, []).append(record)
        found += sessions.values()
    return found


def _sound(random: Random) -> list[Record]:
    shape, count = random.choice(("writers", "backups")), random.choice((28, 69, 138))
    return list(records(count, shape, seed=random.random(), hosts=1, faulty=0.3))


def _rekeyed(given: list[Record], random: Random, name: str, options: Record) -> Iterator[Record]:
    host = f"h{random.randrange(options['hosts'])}"
    for record in given:
        new = dict(record)
        if options["host"]:
            new["host"] = host
        if "Initialize" in str(new.get("event")) and "For" not in str(new.get("event")):
            new.pop("session", None)
        elif options["session"]:
            new["session"] = f"{name}-{record.get('session', '')}-{record.get('host', '')}"
        if options["instance"] and new.get("actor") == "writer":
            new["instance"] = f"i{record.get('instance') or record.get('writer')}"
        if options["process"] and new.get("actor") == "requester":
            new["process"] = "p"
        if not options["time"]:
            new.pop("time", None)
        yield new


def _damaged(given: list[Record], random: Random) -> list[Record]:
    damaged = [dict(record) for record in given]
    if len(damaged) < 2:
        return damaged
    at = random.randrange(len(damaged) - 1)
    kind = random.randrange(6)
    if kind == 0:
        del damaged[at]
    elif kind == 1:
        damaged.insert(at, dict(damaged[at]))
    elif kind == 2:
        damaged[at], damaged[at + 1] = damaged[at + 1], damaged[at]
    elif kind == 3:
        key = random.choice(sorted(damaged[at]))
        if key not in ("host", "session", "actor", "event"):
            del damaged[at][key]
    return damaged


def trace(traces: list[list[Record]], seed: int) -> list[Record]:
    """Give the records of a trace by chance."""
    random = Random(seed)
    options = {
        "host": random.random() < 0.9,
        "session": random.random() < 0.95,
        "instance": random.random() < 0.9,
        "process": random.random() < 0.5,
        "time": random.random() < 0.5,
        "hosts": random.choice((1, 2, 5)),
    }
    chosen = [random.choice(traces) for _ in range(random.randrange(2, 8))]
    chosen += [_sound(random) for _ in range(random.randrange(3))]
    streams = [
        list(_rekeyed(_damaged(each, random), random, str(n), options))
        for n, each in enumerate(chosen)
    ]
    together = random.random() < 0.5
    merged: list[Record] = []
    while any(streams):
        stream = random.choice([s for s in streams if s])
        size = 1 if together else len(stream)
        merged += stream[:size]
        del stream[:size]
    return merged
