"""
Guided walks: which step to deliver next, so that every row and every pair of rows is taken soon.

What a writer does where the pages leave a choice is not known beforehand, so the walk learns: nodes
are the sets of states that the replies allow, edges the steps that were delivered. A target is an
edge, or two in a row; the way to it is the shortest one over the edges learned so far.

Phases, each shortest first: every step in every node; each failure, Abort and time-out followed by
three whole backups (defects that depend on earlier sessions); every pair of rows; and then seeded
walks that take the least visited rows, until these are not left behind.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from random import Random
from typing import Final, NamedTuple

from vssfsm.spec.rows import SAME, Row
from vssfsm.spec.vocabulary import BACKUP_EVENTS
from vssfsm.testing.adapters import Abilities
from vssfsm.testing.writers.steps import TABLE, Step, is_delivered, options

Node = tuple[str, ...]
START: Final[Node] = (TABLE.region.initial,)
_CHAIN: Final = (*BACKUP_EVENTS, "BackupShutdown")
#: no node: the session is not taken on from here
NOWHERE: Final[Node] = ()
#: a session is ended at this many events
_LONGEST: Final = 40
#: whole backups after each failure
_AFTER: Final = 3
#: the least visited row is to be visited at least this share of the mean
_SHARE: Final = 0.1
#: sessions of the seeded phase, however even the visits are
_SEEDED: Final = 150
_SEEDED_MOST: Final = 3000
#: times that a pair of rows is tried, as a writer may answer otherwise than before
_TRIES: Final = 3


class Edge(NamedTuple):
    """A step in a node."""

    node: Node
    step: Step


class Walks:
    """
    Choose steps.

    Args:
        abilities: what the writer can be told to do.
        goal: `rows`, `pairs`, or a number of events.
        release: Windows release, or None.
        seed: of the last phase.
    """

    def __init__(
        self, abilities: Abilities, goal: str = "pairs", release: str | None = None, seed: int = 0
    ) -> None:
        self._abilities = abilities
        self._goal = goal
        self._release = release
        self._random = Random(seed)  # noqa: S311 - walks are no secret
        self._learned: dict[Node, dict[Step, Node]] = {START: {}}
        self._rows_of: dict[Edge, tuple[str, ...]] = {}
        self._tried: Counter[object] = Counter()
        #: visits of rows, and of rows that followed one another
        self.rows: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.events = 0
        self._before: tuple[str, ...] = ()
        self._is_thorough = False

    # --- what is known -------------------------------------------------------
    def options(self, node: Node) -> tuple[Step, ...]:
        """Give the legal steps of *node*."""
        return () if node == NOWHERE else options(node, self._abilities, self._release)

    def begin(self) -> None:
        """A session begins."""
        self._before = ()

    def learn(self, node: Node, step: Step, reached: Node, rows: tuple[str, ...]) -> None:
        """Take note of where *step* led, by which rows."""
        edge = Edge(node, step)
        self.events += 1
        self._learned.setdefault(node, {})[step] = reached
        self._learned.setdefault(reached, {})
        if rows:
            self._rows_of[edge] = rows
        self.rows.update(rows)
        self.pairs.update((a, b) for a in self._before for b in rows)
        self._before = rows

    def knows(self, node: Node, step: Step) -> bool:
        """Tell whether *step* was delivered in *node* and went well."""
        return step in self._learned.get(node, {})

    @property
    def ways(self) -> dict[str, tuple[Edge, ...]]:
        """Give each row that was taken, with the edges that take it."""
        found: dict[str, list[Edge]] = {}
        for edge, rows in self._rows_of.items():
            for row in rows:
                found.setdefault(row, []).append(edge)
        return {row: tuple(edges) for row, edges in found.items()}

    def reachable_pairs(self) -> set[tuple[str, str]]:
        """Give every pair of rows that follow one another on the edges known."""
        return set(self._pair_edges())

    def _pair_edges(self) -> dict[tuple[str, str], tuple[Edge, Edge]]:
        found: dict[tuple[str, str], tuple[Edge, Edge]] = {}
        for node, steps in self._learned.items():
            for step, reached in steps.items():
                first = Edge(node, step)
                for after in self._learned.get(reached, ()):
                    second = Edge(reached, after)
                    for a in self._rows_of.get(first, ()):
                        for b in self._rows_of.get(second, ()):
                            found.setdefault((a, b), (first, second))
        return found

    # --- sessions ------------------------------------------------------------
    def sessions(self) -> Iterator["Plan"]:
        """Give one plan a session, in the order of the phases, up to the goal."""
        wanted = int(self._goal) if self._goal.isdecimal() else None
        for plan in self._phases():
            if wanted is not None and self.events >= wanted:
                return
            yield plan

    def _phases(self) -> Iterator["Plan"]:
        yield from self._every_step()
        if self._goal == "rows":
            return
        yield from self._whole_after_failures()
        if self._goal == "pairs":
            yield from self._every_pair()
        yield from self._evenly()

    def _every_step(self) -> Iterator["Plan"]:
        for self._is_thorough in (False, True):
            while self.toward_new(START) is not None:
                before = self.events
                yield Plan(self)
                if self.events == before:  # nothing could be delivered
                    return

    def _whole_after_failures(self) -> Iterator["Plan"]:
        seen: set[tuple[Node, tuple[str, str, str]]] = set()
        for edge in self._edges():
            plain = edge.step.fail is None and edge.step.event != "Abort"
            if plain or (edge.node, edge.step.kind) in seen:
                continue
            seen.add((edge.node, edge.step.kind))
            yield Plan(self, [edge])
            for _ in range(_AFTER):
                yield Plan(self, whole=True)

    def _edges(self) -> list[Edge]:
        return [Edge(node, step) for node, steps in self._learned.items() for step in steps]

    def _every_pair(self) -> Iterator["Plan"]:
        while missing := [
            (pair, edges) for pair, edges in self._pair_edges().items() if self._is_missing(pair)
        ]:
            for pair, edges in missing:
                if self._is_missing(pair):
                    self._tried[pair] += 1
                    yield Plan(self, list(edges))

    def _is_missing(self, pair: tuple[str, str]) -> bool:
        return not self.pairs[pair] and self._tried[pair] < _TRIES

    def _evenly(self) -> Iterator["Plan"]:
        """Take the least visited rows: by chance for a while, and until none is left behind."""
        ways = self.ways
        is_endless = self._goal.isdecimal()
        turn = 0
        while ways and (is_endless or turn < _SEEDED or self._is_uneven(ways)):
            turn += 1
            if turn > _SEEDED_MOST and not is_endless:
                return
            least = min(ways, key=lambda row: (self.rows[row] + self._tried[row], row))
            self._tried[least] += 1
            drawn = self._random if is_endless or turn <= _SEEDED else None
            yield Plan(self, [self._random.choice(ways[least])], drawn=drawn)

    def _is_uneven(self, ways: Iterable[str]) -> bool:
        mean = sum(self.rows.values()) / len(self.rows)
        return min(self.rows[row] for row in ways) < 2 * _SHARE * mean

    # --- ways ----------------------------------------------------------------
    def new_in(self, node: Node) -> Step | None:
        """Give a step of *node* that was never delivered there; first one code of a kind."""
        known = self._learned.get(node, {})
        steps = (step for step in self.options(node) if step not in known)
        if self._is_thorough:
            return next(steps, None)
        kinds = {step.kind for step in known}
        return next((step for step in steps if step.kind not in kinds), None)

    def toward_new(self, node: Node) -> Step | None:
        """Give the first step of the shortest way to a step that was never delivered."""
        return self._toward(node, lambda here: self.new_in(here) is not None, self.new_in)

    def toward(self, node: Node, target: Edge) -> Step | None:
        """Give the first step of the shortest way to *target*, itself if it is here."""
        return self._toward(node, target.node.__eq__, lambda _: target.step)

    def _toward(
        self, node: Node, is_there: Callable[[Node], bool], at: Callable[[Node], Step | None]
    ) -> Step | None:
        first: dict[Node, Step | None] = {node: None}
        queue = deque([node])
        while queue:
            here = queue.popleft()
            if is_there(here):
                return first[here] or at(here)
            for step, reached in self._learned.get(here, {}).items():
                if reached not in first:
                    first[reached] = first[here] or step
                    queue.append(reached)
        return None

    def is_over(self, node: Node) -> bool:
        """Tell whether a session may end in *node*."""
        return any(not TABLE.states[state].owed for state in node)

    def ending(self, node: Node) -> Step | None:
        """Give a step that leads to an end that owes nothing, None if this is one."""
        if self.is_over(node):
            return None
        owed = [event for state in node for event in TABLE.states[state].owed]
        steps = [step for step in self.options(node) if step.op == "deliver" and step.fail is None]
        return next((s for event in reversed(owed) for s in steps if s.event == event), None)

    def forward(self, node: Node) -> Step | None:
        """Give the next event of a whole backup, None at its end."""
        known = self._learned.get(node, {})
        steps = {s.event: s for s in self.options(node) if s.op == "deliver" and s.fail is None}
        chain = (steps[event] for event in _CHAIN if event in steps)
        return next((step for step in chain if known.get(step) != node), None)


class Plan:
    """
    One session: targets in their order, then an end.

    Args:
        walks: what is known.
        targets: edges to take; without them every new step, or the *whole* chain.
        whole: a backup from its start to its end.
        drawn: after the targets, steps by chance.
    """

    def __init__(
        self,
        walks: Walks,
        targets: list[Edge] | None = None,
        *,
        whole: bool = False,
        drawn: Random | None = None,
    ) -> None:
        self._walks = walks
        self._targets = targets
        self._whole = whole
        self._drawn = drawn
        self._length = 0

    def next(self, node: Node) -> Step | None:
        """Give the next step, None at the session's end."""
        self._length += 1
        step = self._wanted(node) if self._length <= _LONGEST else None
        return step or self._walks.ending(node)

    def _wanted(self, node: Node) -> Step | None:
        if self._whole:
            return self._walks.forward(node)
        if self._targets is None:
            return self._walks.toward_new(node)
        while self._targets:
            target = self._targets[0]
            step = self._walks.toward(node, target)
            if step is None:
                self._targets = []
                break
            if node == target.node:
                self._targets.pop(0)
            return step
        return self._by_chance(node) if self._drawn else None

    def _by_chance(self, node: Node) -> Step | None:
        if self._drawn is None or self._drawn.random() < _END:
            return None
        return self._drawn.choice(self._walks.options(node))


#: chance that a drawn session ends after a step
_END: Final = 0.15


def expected_rows(release: str | None) -> dict[str, tuple[str, str]]:
    """
    Give each row that the test bed may take, with its event and what it needs.

    What needs a handler that times out is not among them: the protocol only has the freeze timer.
    """
    exists = {step.event for step in options(START, Abilities(), release)}
    gone = tuple(event for event in _CHAIN[-1:] if event not in exists)
    found: dict[str, tuple[str, str]] = {}
    for row in _reached_rows(gone):
        if row.code not in found:
            fails = all("ok" not in when.get("outcome", ("ok",)) for when in row.when)
            found[row.code] = (row.on[0], "fail" if fails else "ok")
    return found


@cache
def possible_rows(abilities: Abilities, release: str | None) -> frozenset[str]:
    """Give the codes of the rows that a writer with these *abilities* may be led to."""
    able = (*abilities.can_fail, *abilities.can_soft)
    rows = expected_rows(release).items()
    return frozenset(code for code, (event, needs) in rows if needs != "fail" or event in able)


@cache
def _reached_rows(gone: tuple[str, ...]) -> tuple[Row, ...]:
    """Give every row that can be delivered from a state that such rows lead to."""
    rows = [row for row in TABLE.region.rows if is_delivered(row) and not _only_times_out(row)]
    rows = [row for row in rows if row.on[0] not in gone]
    states = set(START)
    while True:
        reached = {to for row in rows if states & set(row.source) for to in row.to if to != SAME}
        if reached <= states:
            return tuple(row for row in rows if states & set(row.source))
        states |= reached


def _only_times_out(row: Row) -> bool:
    return all(when.get("outcome") == ("timeout",) for when in row.when)
