"""
The machine that traces show, learned by AALpy's RPNI.

A letter is an event and its outcome, and the next state where one letter leads to several; a state
is labelled with the state of the specification that explains the record. RPNI merges what has the
same label as long as no trace speaks against it; so a machine with more than one state of a label
shows where a vendor's states are finer than the specification's.
"""

import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from vssfsm.core.timeline import Timeline, Way
from vssfsm.errors import MissingExtra
from vssfsm.results import Run
from vssfsm.spec.catalogue import REGIONS
from vssfsm.testing.learning.moves import broken_by, ways_of

Word = tuple["Letter", ...]
_PERMITTED: Final = ""


class Letter(NamedTuple):
    """One step of a word: what is read, the state that explains it, and the rule it breaks."""

    text: str
    state: str
    rule: str


class Edge(NamedTuple):
    """An edge of the learned machine; *rule* is empty where a row permits it."""

    source: str
    letter: str
    target: str
    rule: str


class Learned(NamedTuple):
    """
    A learned machine.

    Args:
        region: whose states label it.
        states: names, the initial one first: the label, and a number where several share it.
        edges: edge -> times that traces take it.
        words: number of sessions that it was learned from.
        left_out: number of those that do not begin in the initial state.
    """

    region: str
    states: tuple[str, ...]
    edges: dict[Edge, int]
    words: int
    left_out: int


def learn(run: Run, region: str) -> Learned:
    """
    Learn the machine that the sessions of *run* show.

    Args:
        run: of `watched`.
        region: `writer` or `requester`.

    Raises:
        MissingExtra: AALpy is not installed.
    """
    initial = REGIONS[region].initial
    begun, left_out = _sessions(ways_of(run, region), initial)
    words = _words(begun)
    model = _rpni(initial, words)
    names = _names(model)
    edges: Counter[Edge] = Counter()
    for word in words:
        here = model.initial_state
        for letter in word:
            there = here.transitions[letter.text]
            edges[Edge(names[here], letter.text, names[there], letter.rule)] += 1
            here = there
    return Learned(region, tuple(names.values()), dict(edges), len(words), left_out)


def _sessions(
    ways: Iterable[tuple[Timeline, Way]], initial: str
) -> tuple[list[tuple[Timeline, Way]], int]:
    """
    Give the sessions that begin in the *initial* state, and the number of the others.

    What comes after the end of a session, such as a second BackupShutdown, is a way of its own that
    goes on where the last one of the same key ended; it is put back.
    """
    found: list[tuple[Timeline, Way]] = []
    latest: dict[tuple[str, ...], int] = {}
    left_out = 0
    for timeline, way in ways:
        key, first = (timeline.path, *way[1:6]), way.steps[0].source if way.steps else ""
        if first == initial:
            latest[key] = len(found)
            found.append((timeline, way))
        elif key in latest and found[latest[key]][1].steps[-1].target == first:
            before = found[latest[key]][1]
            found[latest[key]] = timeline, before._replace(steps=before.steps + way.steps)
        else:
            left_out += 1
    return found, left_out


def _words(ways: Sequence[tuple[Timeline, Way]]) -> list[Word]:
    """Give the words of *ways*; one ends where records may be missing."""
    spelled = [[*_spelled(timeline, way)] for timeline, way in ways]
    targets: dict[tuple[str, str], set[str]] = {}
    for word in spelled:
        for source, text, state, _ in word:
            targets.setdefault((source, text), set()).add(state)
    return [
        tuple(
            Letter(f"{text} to {state}" if len(targets[source, text]) > 1 else text, state, rule)
            for source, text, state, rule in word
        )
        for word in spelled
    ]


def _spelled(timeline: Timeline, way: Way) -> Iterator[tuple[str, str, str, str]]:
    outcomes = {mark.line: mark.outcome for mark in timeline.marks}
    for step in way.steps:
        if not step.event:
            return
        rule = broken_by(step)
        text = f"{step.event} {outcomes.get(step.line, '')}".strip()
        yield step.source, text, step.target, rule.code if rule else _PERMITTED


def _rpni(initial: str, words: Sequence[Word]) -> Any:
    """Let AALpy learn a Moore machine whose outputs are the labels."""
    try:
        from aalpy.learning_algs import run_GSM
    except ImportError:
        raise MissingExtra("learning a machine", "learn") from None
    steps = sorted({tuple((letter.text, letter.state) for letter in word) for word in words})
    # RPNI is its merging of states for deterministic machines; whole traces keep it linear.
    with warnings.catch_warnings():
        # Few traces show every event in every state; nobody asked for that.
        warnings.filterwarnings("ignore", "Automaton is not input-complete")
        return run_GSM([[initial, *one] for one in steps or [()]], data_format="io_traces")


def _names(model: Any) -> dict[Any, str]:
    """Name the states in the order in which a search reaches them: no name hangs on a hash."""
    queue, times = [model.initial_state], Counter[str]()
    names: dict[Any, str] = {}
    for here in queue:
        times[here.output] += 1
        number = times[here.output]
        names[here] = here.output if number == 1 else f"{here.output} #{number}"
        following = (here.transitions[letter] for letter in sorted(here.transitions))
        queue += [there for there in dict.fromkeys(following) if there not in queue]
    return names
