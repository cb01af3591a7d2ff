"""
Faults planted in legal traces, aimed at one prohibition row each, and what two judges say.

A legal trace that comes near the row is damaged in one place: a record is dropped, doubled, swapped
with its neighbour, delayed, or gets a wrong identity or a wrong code. `interpreter` says whether
the result is illegal; `vssfsm.check` has to agree.

    python tests/planted.py [--count N] [--jobs N]
"""

import argparse
import json
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import interpreter

import vssfsm
from vssfsm.spec.catalogue import REGIONS, REGIONS_OF
from vssfsm.spec.examples import GOOD, example
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import event_of
from vssfsm.spec.returns import OTHER_CODE, OTHER_VSS, SUCCESS
from vssfsm.spec.rows import INFO
from vssfsm.spec.status import BEYOND, CODES, OTHER
from vssfsm.spec.vocabulary import OUTCOMES, STATE_NUMBERS
from vssfsm.testing.generate import ROLES, legal

SEED = 20
#: legal traces per role and release that faults are planted in
BASES = 60
LENGTHS = (6, 12, 24)
_FRESH = "{0badc0de-0000-0000-0000-000000000000}"
#: values of a record that stand for classes of codes, and for values outside of a list
_CODES = {SUCCESS: "S_OK", OTHER_VSS: 0x800423EE, OTHER_CODE: 0x80041234}
_RESULTS = {
    "ok": "S_OK",
    "s_false": "S_FALSE",
    "failed": "E_UNEXPECTED",
    "pending": "VSS_S_ASYNC_PENDING",
    "finished": "VSS_S_ASYNC_FINISHED",
    "cancelled": "VSS_S_ASYNC_CANCELLED",
    "ended": "S_OK",
    "wait-failed": "E_UNEXPECTED",
}
#: keys that would need more than the interpreter knows
_BEYOND = {"at", "observation", "thread", "process", "time", "ended", "v"}


# --- rows ----------------------------------------------------------------------
class Target(NamedTuple):
    """A prohibition row of a region, and its place among all."""

    region: str
    row: object
    index: int

    @property
    def name(self):
        """Name it in words."""
        return f"{self.region}/{self.row.code}/{self.index}"


def targets():
    """Give every prohibition row."""
    return [
        Target(name, row, index)
        for name, region in REGIONS.items()
        for index, row in enumerate((*region.rows, *region.unexplained))
        if not row.to
    ]


# --- legal traces ----------------------------------------------------------------
@cache
def bases(release):
    """Give legal traces: of writers, of requesters, of both."""
    return [
        legal(role, seed=SEED, number=number, length=LENGTHS[number % 3], release=release)
        for role in ROLES
        for number in range(BASES)
    ]


@cache
def places(release):
    """Give event -> (trace, index) of the records that are about it."""
    found = {}
    for trace in bases(release):
        for at, record in enumerate(trace):
            for event in events_told(record):
                found.setdefault(event, []).append((trace, at))
    return found


def events_told(record):
    """Give the events of the regions that a record is about."""
    named = {record["event"], record.get("of")} - {None}
    return named | ({"status"} if "state" in record or "failure" in record else set())


@cache
def good_example(code):
    """Give the literal good trace of a rule with all keys, None where it cannot be judged here."""
    found = example(code, GOOD)
    try:
        records = [json.loads(line) for line in found.lines if line.strip()]
    except (AttributeError, ValueError):
        return None
    if any(_BEYOND & set(r) or "actor" not in r or "event" not in r for r in records):
        return None
    keyed = [_keyed(record) for record in records]
    worst = max(interpreter.judge(keyed), default=interpreter.ERROR)
    return keyed if worst <= interpreter.INFO else None


def _keyed(record):
    whose = record.get("instance") or record.get("writer_id") or record.get("writer") or "w"
    keys = {"host": "example", "session": "1"}
    writer = {"instance": whose} if record["actor"] == "writer" else {}
    return {**keys, **record, **writer}


def base(rng, row):
    """Draw a legal trace, and a record of it that is about the row's event."""
    releases = [r for when in row.when for r in when.get("release", ())]
    release = rng.choice((releases[0], releases[-1])) if releases else None
    events = [event_of(on) for on in row.on]
    near = [place for event in events for place in places(release).get(event, ())]
    shown = good_example(row.code)
    own = [(shown, at) for at, r in enumerate(shown or ()) if events_told(r) & set(events)]
    if own and (not near or rng.random() < 0.3):
        return rng.choice(own)
    if near:
        return rng.choice(near)
    trace = rng.choice(bases(release))
    return trace, rng.randrange(len(trace))


def is_shown(row):
    """Tell whether some legal trace has an event of the row."""
    events = {event_of(on) for on in row.on}
    releases = [r for when in row.when for r in when.get("release", ())] or [None]
    shown = good_example(row.code) or ()
    return any(events & set(places(release)) for release in {releases[0], releases[-1]}) or any(
        events_told(record) & events for record in shown
    )


# --- faults ----------------------------------------------------------------------
def lane(records, at):
    """Give the indexes of the records of the same participant in the same session."""
    keys = ("host", "session", "actor", "instance")
    mine = [records[at].get(key) for key in keys[: 3 + (records[at]["actor"] == "writer")]]
    return [i for i, r in enumerate(records) if [r.get(k) for k in keys[: len(mine)]] == mine]


def drop(rng, records, at, _row):
    """Lose the record, or one of those right before it."""
    mine = lane(records, at)
    gone = rng.choice([i for i in mine if i <= at][-4:])
    return [*records[:gone], *records[gone + 1 :]]


def duplicate(rng, records, at, _row):
    """Record it twice: at once, or a little later."""
    later = rng.choice([i for i in lane(records, at) if i >= at][:5])
    return [*records[: later + 1], dict(records[at]), *records[later + 1 :]]


def swap(rng, records, at, _row):
    """Let it change places with a neighbour of its session."""
    mine = lane(records, at)
    here = mine.index(at)
    near = [mine[i] for i in (here - 1, here + 1) if 0 <= i < len(mine)]
    if not near:
        return None
    other, swapped = rng.choice(near), list(records)
    swapped[at], swapped[other] = swapped[other], swapped[at]
    return swapped


def delay(rng, records, at, _row):
    """Let it come later than it did."""
    later = [i for i in lane(records, at) if i > at][1:8]
    if not later:
        return None
    to = rng.choice(later)
    return [*records[:at], *records[at + 1 : to + 1], records[at], *records[to + 1 :]]


def wrong_id(rng, records, at, _row):
    """Let it be of another session, another instance, or another asynchronous call."""
    record = records[at]
    keys = [key for key in ("session", "instance", "of") if record.get(key)]
    if not keys:
        return None
    key = rng.choice(keys)
    others = [r[key] for r in records if r.get(key) and r[key] != record[key]]
    others += list(ASYNC) if key == "of" else [_FRESH]
    return _changed(records, at, {key: rng.choice(others)})


def wrong_code(rng, records, at, row):
    """Let it report something else: what the row forbids, or anything."""
    record = records[at]
    aimed = [
        change
        for when in row.when
        for field, values in when.items()
        for value in values
        if (change := _saying(record, field, value)) is not None
    ]
    if aimed and rng.random() < 0.7:
        return _changed(records, at, rng.choice(aimed))
    fields = [key for key in _ANY if key in record]
    if record["actor"] == "requester" and "hresult" not in fields:
        fields.append("hresult")
    key = rng.choice(fields or ["outcome"])
    return _changed(records, at, {key: rng.choice(_ANY[key])})


_ANY = {
    "state": range(18),
    "failure": (*CODES, "E_ACCESSDENIED"),
    "outcome": OUTCOMES,
    "hresult": sorted(HRESULTS),
    "async_result": sorted(HRESULTS),
}


def _saying(record, field, value):
    """Give the change by which a record says *value* of *field*, None if it cannot."""
    late = "async_result" if record["event"] == "QueryStatus" else "hresult"
    if record["actor"] == "requester" and field in ("code", "result"):
        codes = _CODES if field == "code" else _RESULTS
        return {late: codes.get(value, value)}
    if field in ("failure", "outcome") and record["actor"] == "writer":
        return {field: "E_ACCESSDENIED" if value == OTHER else value}
    if field == "state" and "state" in record:
        return {field: len(STATE_NUMBERS) + 1 if value == BEYOND else STATE_NUMBERS[value]}
    if field == "during" and "during" in record:
        return {field: value}
    key = {"level": "app_level", "mask": "mask"}.get(field)
    return {"args": {**record.get("args", {}), key: _number(value)}} if key else None


def _number(value):
    return int(value) if value.isdecimal() else value if value.startswith("VSS_APP") else 2


def _changed(records, at, change):
    return [*records[:at], {**records[at], **change}, *records[at + 1 :]]


def insert(rng, records, _at, row):
    """Let an event come that no legal trace has."""
    own = [i for i, record in enumerate(records) if record["actor"] == _actor(row)]
    if not own:
        return None
    after = rng.choice(own)
    kept = {k: v for k, v in records[after].items() if k in _WHOSE}
    event = {**kept, "event": event_of(rng.choice(row.on))}
    new = wrong_code(rng, [event], 0, row)[0] if rng.random() < 0.8 else event
    return [*records[: after + 1], new, *records[after + 1 :]]


_WHOSE = ("host", "session", "actor", "writer", "writer_id", "instance", "release")


def _actor(row):
    return "requester" if row.code[:3] in ("REQ", "RET") else "writer"


OPERATORS = (drop, duplicate, swap, delay, wrong_id, wrong_code)


class Planted(NamedTuple):
    """A damaged trace: how it was damaged, and its records, under keys of its own."""

    how: str
    records: list


def plant(target, number):
    """Plant fault *number* of a row."""
    rng, shown = Random(f"{target.name}/{number}"), is_shown(target.row)
    for turn in range(20):
        how = OPERATORS[(number + turn // 4) % len(OPERATORS)] if shown else insert
        trace, at = base(rng, target.row)
        damaged = how(rng, trace, at, target.row)
        if damaged is not None and damaged != trace:
            own = [{**r, "host": f"{r['host']}.{number}"} for r in damaged]
            return Planted(how.__name__, own)
    raise AssertionError(target.name)


# --- two judges --------------------------------------------------------------------
def accusations(traces, path):
    """Let `vssfsm.check` judge all traces in one file; give the rules that each breaks."""
    lines = [json.dumps(record) for trace in traces for record in trace]
    if not lines:
        return [set() for _ in traces]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    owner = [number for number, trace in enumerate(traces) for _ in trace]
    found = [set() for _ in traces]
    for item in vssfsm.check(path, repair=False).findings:
        assert item.family != "INP", item
        if item.severity != INFO:
            found[owner[item.line - 1]].add(item.rule)
    return found


class Disagreement(NamedTuple):
    """A trace on which the judges differ."""

    target: str
    number: int
    how: str
    levels: list
    rules: set


def compare(target, count, path):
    """Plant *count* faults of a row; give what was counted, and where the judges differ."""
    planted = [plant(target, number) for number in range(count)]
    counts, apart = Counter(rows=1, planted=count), []
    rules = accusations([one.records for one in planted], path)
    for number, (one, found) in enumerate(zip(planted, rules, strict=True)):
        levels = interpreter.judge(one.records)
        illegal = max(levels, default=0) >= interpreter.WARNING
        by_rows = {rule for rule in found if REGIONS_OF[rule]}
        counts["illegal"] += illegal
        counts["found"] += illegal and bool(found)
        counts["by its rule"] += target.row.code in found
        counts["legal to both"] += not illegal and not found
        counts["by registers alone"] += not illegal and bool(found) and not by_rows
        if bool(found if illegal else by_rows) != illegal:
            apart.append(Disagreement(target.name, number, one.how, levels, found))
    return counts, apart


COLUMNS = (
    "rows",
    "planted",
    "illegal",
    "found",
    "by its rule",
    "legal to both",
    "by registers alone",
)


def table(by_family):
    """Give the counts as text, a line a family."""
    total = sum(by_family.values(), Counter())
    lines = ["family  " + "  ".join(COLUMNS)]
    for name, counts in [*sorted(by_family.items()), ("all", total)]:
        lines.append(f"{name:6}  " + "  ".join(f"{counts[c]:>{len(c)},}" for c in COLUMNS))
    return "\n".join(lines)


# --- the whole run -------------------------------------------------------------------
#: faults per row of a nightly run
FAULTS = 200


def run(count, jobs, say=print):
    """
    Plant faults of every row in several processes.

    Args:
        count: faults per row.
        jobs: processes.
        say: takes a line for each region whose rows are done, as soon as they are.

    Returns:
        Counts by family, and disagreements.
    """
    by_family, by_region, apart = {}, {}, []
    left = Counter(target.region for target in targets())
    with TemporaryDirectory() as home, ProcessPoolExecutor(jobs) as pool:
        work = [pool.submit(_compare_one, target, count, home) for target in targets()]
        for done in as_completed(work):
            target, counts, differences = done.result()
            by_family.setdefault(target.row.code[:3], Counter()).update(counts)
            by_region.setdefault(target.region, Counter()).update(counts)
            apart += differences
            left[target.region] -= 1
            if not left[target.region]:
                say(_line(target.region, by_region[target.region], sum(left.values())))
    for one in sorted(apart)[:20]:
        say(f"{one.target}: fault {one.number} ({one.how}): {one.levels}, {sorted(one.rules)}")
    return by_family, apart


def _line(region, counts, left):
    told = f"{counts['illegal']:,} illegal, {counts['found']:,} found"
    return f"{region}: {counts['rows']} rows, {counts['planted']:,} planted, {told}; {left} to do"


def _compare_one(target, count, home):
    path = Path(home) / f"{target.name.replace('/', '-')}.jsonl"
    counts, apart = compare(target, count, path)
    path.unlink()
    return target, counts, apart


def _say(text):
    """Print a line at once, also into a file."""
    print(text, flush=True)


def main():
    """Print the table; exit code 1 where the judges differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--count", type=int, default=FAULTS, help="faults per row")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    by_family, apart = run(chosen.count, chosen.jobs, _say)
    total = sum(by_family.values(), Counter())
    print(table(by_family))
    print(f"recall {total['found'] / total['illegal']:.2%}; the judges differ on {len(apart)}")
    return int(bool(apart))


if __name__ == "__main__":
    sys.exit(main())
