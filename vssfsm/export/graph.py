"""
A machine as a small graph: what every format writes, and nothing that only one of them knows.

A step carries every row that permits it. What a row is, and which pages it restates, is said once,
in the heading of a text; at its edge stands its code.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.arrows import Arrow, arrows_of, triggers_of
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import FREE, Row, State
from vssfsm.spec.sources import PAGES
from vssfsm.spec.vocabulary import WRITER_STATES
from vssfsm.spec.writer import WRITER

_RESTORE: Final = "restore"
#: the regions, and the part of the writer's lifecycle that is about a restore
NAMES: Final = (*REGIONS, _RESTORE)
_GROUPS: Final = {state.number: state.group for state in WRITER_STATES}


class Place(NamedTuple):
    """
    A state.

    Args:
        name, means: as the region says.
        sets: the sets that it belongs to: `phase_PHASE`, and `reports_GROUP` of what it reports.
        may_end: nothing is owed here, so a session may end.
    """

    name: str
    means: str
    sets: tuple[str, ...]
    may_end: bool


class Step(NamedTuple):
    """
    An edge.

    Args:
        source, target: names of places.
        event: what happens.
        said: what is recorded of it, words joined by underscores; empty where nothing is told.
        trigger: event, said, and the target where readings differ: deterministic.
        rows: the permitted rows that it stands for; never empty.
    """

    source: str
    target: str
    event: str
    said: str
    trigger: str
    rows: tuple[Row, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its rows, each once."""
        return tuple(dict.fromkeys(row.code for row in self.rows))


class Graph(NamedTuple):
    """A machine: the first of its places is the initial one; steps are sorted by trigger."""

    name: str
    title: str
    places: tuple[Place, ...]
    steps: tuple[Step, ...]

    @property
    def initial(self) -> str:
        """The name of the place where a session starts."""
        return self.places[0].name

    @property
    def ends(self) -> tuple[str, ...]:
        """The names of the places where a session may end."""
        return tuple(place.name for place in self.places if place.may_end)

    @property
    def sets(self) -> dict[str, tuple[str, ...]]:
        """The names of places by the name of their set, in the order of the places."""
        found: dict[str, list[str]] = {}
        for place in self.places:
            for name in place.sets:
                found.setdefault(name, []).append(place.name)
        return {name: tuple(held) for name, held in found.items()}

    def leaving(self, place: str) -> tuple[Step, ...]:
        """Give the steps that start at *place*."""
        return tuple(step for step in self.steps if step.source == place)


def graph_of(name: str) -> Graph:
    """
    Give the graph of a machine of `NAMES`.

    `writer` is the whole lifecycle with the loops of `anytime`, as `vssfsm.writer_machine` has it;
    `restore` its steps from or to a state of a restore, and the loops of `anytime` at their ends;
    another name a region alone.
    """
    region = REGIONS[WRITER.name if name == _RESTORE else name]
    places = tuple(_place(state) for state in region.states)
    graph = Graph(name, region.title, places, _steps([*arrows_of(region)]))
    return _restore_of(graph) if name == _RESTORE else graph


def _restore_of(graph: Graph) -> Graph:
    inside = set(graph.sets[f"phase_{_RESTORE}"])
    moves = [step for step in graph.steps if inside.intersection((step.source, step.target))]
    ends = {end for step in moves for end in (step.source, step.target)}
    loops = {row.code for row in ANYTIME.rows}
    return Graph(
        graph.name,
        "the writer's lifecycle in one restore session",
        tuple(place for place in graph.places if place.name in ends),
        tuple(
            step
            for step in graph.steps
            if step in moves or (step.source in ends and loops.issuperset(step.codes))
        ),
    )


def _place(state: State) -> Place:
    group = () if state.reported is None else (f"reports_{_GROUPS[state.reported]}",)
    phase = (f"phase_{state.phase}",) if state.phase else ()
    return Place(state.name, state.means, (*phase, *group), not state.owed)


def _steps(arrows: list[tuple[Arrow, Row]]) -> tuple[Step, ...]:
    rows: dict[Arrow, list[Row]] = {}
    for arrow, row in arrows:
        rows.setdefault(arrow, []).append(row)
    return tuple(
        Step(a.source, a.target, a.event, "_".join(a.parts), trigger, tuple(rows[a]))
        for a, trigger in triggers_of(rows).items()
    )


def heading(graph: Graph) -> Iterator[str]:
    """Give the lines of a comment that says what the text is, and where each row comes from."""
    yield f"{graph.name}: {graph.title}."
    yield f"Written by `vssfsm diagram {graph.name}` from the permitted rows; do not edit."
    yield "Grades: STATED by a page; INFERRED from names and definitions; OPEN: pages are silent."
    known: dict[str, Row] = {}
    pages: dict[str, dict[str, None]] = {}
    for step in graph.steps:
        for row in step.rows:
            known.setdefault(row.code, row)
            pages.setdefault(row.code, {}).update(dict.fromkeys(row.sources))
    yield "Rows:"
    for code in sorted(known):
        row = known[code]
        note = ", worth a note" if row.pays != FREE else ""
        yield f"  {code} [{row.grade}{note}; {', '.join(pages[code])}] {row.says}"
    yield "Pages:"
    for slug in sorted({slug for held in pages.values() for slug in held}):
        yield f"  {slug}: {PAGES[slug][1]}"
