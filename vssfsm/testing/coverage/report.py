"""What a corpus covers, for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from typing import Final

import vssfsm
from vssfsm.reports.json import input_facts
from vssfsm.reports.words import count, inert, one_line
from vssfsm.spec import SPEC_VERSION
from vssfsm.spec.catalogue import REGIONS, RULES
from vssfsm.testing.coverage.counts import Coverage, RegionCoverage, permitted, share

VERSION: Final = 1
_WIDTH: Final = 100


def text(found: Coverage) -> str:
    """Give the report for people, with a final line end."""
    lines = [*summary(found), "", *_table(found)]
    for region in found.regions:
        lines += missing(region)
    lines += _rules(found)
    return "\n".join(lines) + "\n"


def summary(found: Coverage) -> Iterator[str]:
    """Give the lines about what was read."""
    counts = found.run.counts
    traces = count(len(found.run.inputs), "input")
    yield f"{traces}, {count(counts['records'], 'record')}, {counts['unread']} unread"
    for one in found.run.inputs:
        if one.unread or not one.judged:
            what = f"{one.unread} unread" if one.unread else "nothing could be judged"
            yield inert(one_line(f"  {one.path}: {what}"))


def _table(found: Coverage) -> Iterator[str]:
    names = [region.name for region in found.regions]
    width = max(map(len, [*names, "region", "all"]))
    yield f"{'region':{width}}  {'rows':>21}  {'pairs':>23}"
    for region in found.regions:
        alone = found._replace(regions=(region,))
        yield _line(region.name, width, alone)
    yield _line("all", width, found)


def _line(name: str, width: int, found: Coverage) -> str:
    rows, pairs = found.rows, found.pairs
    return (
        f"{name:{width}}  {rows[0]:>5} of {rows[1]:>4} {share(*rows):>6.1f} %"
        f"  {pairs[0]:>5} of {pairs[1]:>6} {share(*pairs):>6.1f} %"
    )


def missing(region: RegionCoverage) -> Iterator[str]:
    """Give the lines about the rows of *region* that no trace takes."""
    if not region.missing:
        return
    rows = permitted(REGIONS[region.name])
    yield ""
    yield f"{region.name}: {count(len(region.missing), 'row')} that no trace takes"
    for code in region.missing:
        yield _cut(f"  {code}  {rows[code].says}")


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."


def _rules(found: Coverage) -> Iterator[str]:
    taken = broken(found)
    if taken:
        yield ""
        yield "rows that are forbidden or worth a note, and were taken"
        for code, times in taken.items():
            yield _cut(f"  {code} {RULES[code].name}  {count(times, 'time')}")


def broken(found: Coverage) -> dict[str, int]:
    """Give code -> times of the rules that the corpus breaks, in regions with a history."""
    times: dict[str, int] = {}
    for region in found.regions:
        for code, count_ in region.rules.items():
            times[code] = times.get(code, 0) + count_
    return dict(sorted(times.items()))


def as_json(found: Coverage, lost: Sequence[tuple[str, str]] = ()) -> str:
    """Give the report for programs; *lost* are rows to which no test was found."""
    rows, pairs = found.rows, found.pairs
    report = {
        "version": VERSION,
        "tool": {"name": "vssfsm", "version": vssfsm.__version__, "spec": SPEC_VERSION},
        "percent": round(found.percent, 2),
        "counts": {
            "records": found.run.counts["records"],
            "unread": found.run.counts["unread"],
            "rows": rows[0],
            "rows_known": rows[1],
            "pairs": pairs[0],
            "pairs_known": pairs[1],
        },
        "inputs": [input_facts(one) for one in found.run.inputs],
        "regions": [_facts(region, found) for region in found.regions],
        "rules": broken(found),
        "no_test": [{"region": region, "row": code} for region, code in lost],
    }
    return json.dumps(report, indent=2) + "\n"


def _facts(region: RegionCoverage, found: Coverage) -> dict[str, object]:
    alone = found._replace(regions=(region,))
    return {
        "region": region.name,
        "percent": round(alone.percent, 2),
        "rows": dict(region.rows),
        "missing": region.missing,
        "pairs_known": len(region.pairs),
        "pairs": [
            {"row": a, "next": b, "times": times} for (a, b), times in region.pairs.items() if times
        ],
    }
