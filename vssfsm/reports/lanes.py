"""
The data of the HTML report's timeline: sessions, lanes, marks, freezes and ways, small as JSON.

A lane is one participant in one session of one input. Texts stand once, in `words`; marks are
columns of numbers. Beyond `MARKS` records, whole sessions are left out, the worst ones last.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from vssfsm.core.finding import Finding
from vssfsm.core.timeline import Mark, Timeline, Way
from vssfsm.draw.layout import layouts_of
from vssfsm.reports.words import one_line
from vssfsm.run import CONFORMS, Run
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.deadlines import FREEZE
from vssfsm.spec.rows import ERROR, INFO, SEVERITIES, WARNING

#: marks that a page holds at most
MARKS: Final = 50_000
#: events that end a freeze, should Thaw not come
_ENDS: Final = (FREEZE.end, "Abort", "BackupShutdown")
_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_CALL, _EVENT, _STATUS, _UNREAD = range(4)
_KINDS: Final = {"requester": _CALL, "writer": _EVENT, "observer": _STATUS}

Scope = tuple[str, str, str]
Who = tuple[str, str]


class _Lane(NamedTuple):
    """A participant in a session."""

    scope: Scope
    actor: str
    name: str
    instance: str


class Words:
    """Numbers for texts; each text is kept once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Give the number of *text*, with its control characters made visible."""
        return self._numbers.setdefault(one_line(text), len(self._numbers))

    @property
    def texts(self) -> list[str]:
        """All texts, by number."""
        return list(self._numbers)


def who_of(item: Mark | Way | Finding) -> Who:
    """Give what tells participants of one session apart: the actor, and what names it."""
    name = item.instance.strip("{}").lower() or item.writer
    return item.actor, "" if item.actor == "requester" else name


class _Lanes:
    """Lanes and sessions in the order in which they first come."""

    def __init__(self) -> None:
        self.numbers: dict[tuple[Scope, Who], int] = {}
        self.lanes: list[_Lane] = []
        self.scopes: dict[Scope, int] = {}

    def number(self, path: str, item: Mark | Way | Finding) -> int:
        """Give the number of the item's lane."""
        scope = path, item.host, item.session
        key = scope, who_of(item)
        if key not in self.numbers:
            self.numbers[key] = len(self.lanes)
            self.scopes.setdefault(scope, len(self.scopes))
            name = item.writer or item.instance or item.actor or "(nobody named)"
            name = "requester" if item.actor == "requester" else name
            self.lanes.append(_Lane(scope, item.actor, name, item.instance))
        return self.numbers[key]


class _Row(NamedTuple):
    """A mark in its lane, and its place among all."""

    lane: int
    path: str
    mark: Mark


def timeline_data(run: Run, findings: list[Finding]) -> dict[str, Any]:
    """
    Give the timeline of *run* as plain data.

    Args:
        run: its records were kept.
        findings: those that the page lists, in its order; marks refer to them by number.
    """
    lanes, words = _Lanes(), Words()
    rows = [
        _Row(lanes.number(line.path, mark), line.path, mark)
        for line in run.timelines
        for mark in line.marks
    ]
    of_finding = [lanes.number(item.path, item) for item in findings]
    ways = _ways(run.timelines, lanes, words)
    kept = _kept(rows, lanes, run)
    base = min((r.mark.time_ns for r in kept if r.mark.time_ns is not None), default=None)
    return {
        "base_ms": None if base is None else base // _NS_PER_MS,
        "sessions": _sessions(run, lanes, rows),
        "lanes": [
            [lanes.scopes[lane.scope], words.number(lane.name), lane.actor, one_line(lane.instance)]
            for lane in lanes.lanes
        ],
        "finding_lanes": of_finding,
        "marks": _marks(kept, words, base, findings),
        "left_out": len(rows) - len(kept),
        "freezes": list(_freezes(kept)),
        "ways": ways,
        "words": words.texts,
    }


def _kept(rows: list[_Row], lanes: _Lanes, run: Run) -> list[_Row]:
    """Leave out whole sessions beyond the limit, those without findings first."""
    if len(rows) <= MARKS:
        return rows
    rank = dict.fromkeys(lanes.scopes, -1)
    for item in run.findings:
        scope = item.path, item.host, item.session
        rank[scope] = max(rank.get(scope, -1), SEVERITIES.index(item.severity))
    sizes = Counter(lanes.lanes[row.lane].scope for row in rows)
    room, wanted = MARKS, set()
    for scope in sorted(sizes, key=lambda scope: (-rank[scope], lanes.scopes[scope])):
        if sizes[scope] <= room:
            wanted.add(scope)
            room -= sizes[scope]
    kept = [row for row in rows if lanes.lanes[row.lane].scope in wanted]
    return kept or rows[:MARKS]


# --- Sessions ----------------------------------------------------------------
def _sessions(run: Run, lanes: _Lanes, rows: list[_Row]) -> list[dict[str, Any]]:
    told = {(s.path, s.host, s.session): (s.verdict, s.owed) for s in run.sessions}
    for case in run.cases:  # what several inputs tell of a session stands beside each of them
        for one in (*run.sessions, *run.conforming):
            if one.path == case.path:
                place = one.host, one.session
                told |= {(path, *place): (one.verdict, one.owed) for path in case.merged}
    for line in run.timelines:
        told |= {(line.path, *key): (CONFORMS, ()) for key in line.conforming}
    counts = {scope: dict.fromkeys((ERROR, WARNING, INFO), 0) for scope in lanes.scopes}
    for item in run.findings:
        if (item.path, item.host, item.session) in counts:
            counts[item.path, item.host, item.session][item.severity] += 1
    records = Counter(lanes.lanes[row.lane].scope for row in rows)
    writers = Counter(lane.scope for lane in lanes.lanes if lane.actor == "writer")
    return [
        {
            "path": one_line(scope[0]),
            "host": one_line(scope[1]),
            "session": one_line(scope[2]),
            "verdict": told.get(scope, ("", ()))[0],
            "owed": list(told.get(scope, ("", ()))[1]),
            **counts[scope],
            "writers": writers[scope],
            "records": records[scope],
        }
        for scope in lanes.scopes
    ]


# --- Marks -------------------------------------------------------------------
def _marks(
    rows: list[_Row], words: Words, base: int | None, findings: list[Finding]
) -> dict[str, list[int | None]]:
    worst: dict[tuple[str, int], int] = {}
    for number, item in enumerate(findings):
        known = worst.get((item.path, item.line))
        if known is None or _rank(item) > _rank(findings[known]):
            worst[item.path, item.line] = number
    return {
        "lane": [row.lane for row in rows],
        "line": [row.mark.line for row in rows],
        "time": [_since(row.mark.time_ns, base) for row in rows],
        "event": [words.number(row.mark.event or "(not read)") for row in rows],
        "says": [words.number(row.mark.says) for row in rows],
        "kind": [_KINDS.get(m.actor, _STATUS) if m.event else _UNREAD for _, _, m in rows],
        "refused": [int(row.mark.outcome in ("veto", "timeout", "soft")) for row in rows],
        "finding": [worst.get((row.path, row.mark.line), -1) for row in rows],
    }


def _rank(item: Finding) -> int:
    return SEVERITIES.index(item.severity)


def _since(time_ns: int | None, base: int | None) -> int | None:
    """Give microseconds since the first record: a number that every browser holds exactly."""
    return None if time_ns is None or base is None else (time_ns - base) // _NS_PER_US


def _freezes(rows: list[_Row]) -> Iterator[list[int | None]]:
    """Give each freeze: lane, marks of its ends, microseconds (or None), budget, whose budget."""
    budgets: dict[tuple[str, str, Who], int | None] = {}
    begun: dict[int, int] = {}
    for number, (lane, path, mark) in enumerate(rows):
        who = path, mark.host, who_of(mark)
        if mark.event.startswith("Initialize"):
            budgets[who] = (mark.budget_ms or 0) & 0xFFFFFFFF or None
        elif mark.event == FREEZE.start and (mark.at != "return" or lane not in begun):
            begun[lane] = number
        elif mark.event in _ENDS and lane in begun:
            yield _freeze(rows, begun.pop(lane), number, budgets.get(who))
    for lane, number in begun.items():
        _, path, mark = rows[number]
        yield [lane, number, None, None, *_budget(budgets.get((path, mark.host, who_of(mark))))]


def _freeze(rows: list[_Row], start: int, end: int, own: int | None) -> list[int | None]:
    began, ended = rows[start].mark.time_ns, rows[end].mark.time_ns
    length = None
    if rows[end].mark.event == FREEZE.end and began is not None and ended is not None:
        length = (ended - began) // _NS_PER_US if ended >= began else None
    return [rows[start].lane, start, end, length, *_budget(own)]


def _budget(own: int | None) -> tuple[int, int]:
    """Give the budget in milliseconds, and whether it is the writer's own."""
    return (int(FREEZE.budget_s * 1_000), 0) if own is None else (own, 1)


# --- Ways --------------------------------------------------------------------
def _ways(timelines: Iterable[Timeline], lanes: _Lanes, words: Words) -> dict[int, dict[str, Any]]:
    """Give the ways by lane: line, state, event, state, and the code of a broken rule."""
    ways: dict[int, dict[str, Any]] = {}
    for line in timelines:
        for way in line.ways:
            number = lanes.number(line.path, way)
            known = ways.setdefault(number, {"region": way.region, "steps": []})
            for taken in way.steps:
                code = taken.row.code if taken.row else ""
                texts = taken.source, taken.event or "(hidden)", taken.target, code
                known["steps"].append([taken.line, *map(words.number, texts)])
    return ways


def machines_data(timelines: Iterable[Timeline]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """
    Give the drawn machines that the ways of *timelines* touch.

    Returns:
        By region, a list of machines: name, title, parts by step ("source event target") and parts
        by state; and pairs of a name and its SVG element.
    """
    taken: dict[str, set[tuple[str, str, str]]] = {}
    for line in timelines:
        for way in line.ways:
            known = taken.setdefault(way.region, set())
            known.update((step.source, step.event, step.target) for step in way.steps)
    data: dict[str, Any] = {}
    pictures: list[tuple[str, str]] = []
    for region in sorted(taken):
        for layout in layouts_of(region):
            steps = {" ".join(s): p for s, p in layout.steps.items() if s in taken[region]}
            if not steps and region == "writer" and layout.name != region:
                continue
            data.setdefault(region, []).append(
                {
                    "name": layout.name,
                    "title": layout.title,
                    "steps": dict(sorted(steps.items())),
                    "states": layout.states,
                }
            )
            pictures.append((layout.name, layout.svg))
    return data, pictures


def states_data(findings: Iterable[Finding], timelines: Iterable[Timeline]) -> dict[str, str]:
    """Give what the states mean that *findings* or ways name."""
    names = {name for item in findings for name in item.states}
    for line in timelines:
        names |= {s for way in line.ways for t in way.steps for s in (t.source, t.target)}
    means = {state.name: state.means for region in REGIONS.values() for state in region.states}
    return {name: means[name] for name in sorted(names) if name in means}
