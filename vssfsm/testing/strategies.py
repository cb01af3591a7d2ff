"""
Strategies of Hypothesis: legal traces, near misses, interleavings, status pairs, scenarios.

Everything is drawn from the rows, so that whatever these strategies give is legal, or breaks the
rule that was asked for. A drawn trace is a list of canonical records: complete evidence, in
observed order. All of them shrink to short ones.
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Final, Self, TypeVar

from hypothesis import strategies as st

from vssfsm.errors import UsageError
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import ASYNC, METHODS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.rows import ERROR
from vssfsm.spec.status import BEYOND, CODES, OTHER
from vssfsm.spec.vocabulary import OBJECT_STARTS, RESTORE_EVENTS, WRITER_STATES
from vssfsm.testing.adapters import VETOED, Report
from vssfsm.testing.generate import LENGTH, check_options, rule_of
from vssfsm.testing.generation.near import near_miss, why_not
from vssfsm.testing.generation.operations import operations
from vssfsm.testing.generation.writer_traces import Records, interleaved, writer_trace
from vssfsm.testing.requesters.scenarios import SCENARIOS, Play, Scenario
from vssfsm.testing.writers.steps import ARGUMENTS, status_symbol

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem

__all__ = [
    "interleavings",
    "near_misses",
    "requester_traces",
    "scenarios",
    "session_traces",
    "status_pairs",
    "writer_traces",
]

T = TypeVar("T")

#: what a pair can be
PAIRS: Final = ("legal", "suspicious", "illegal")


# --- legal traces --------------------------------------------------------------
def writer_traces(
    *, max_size: int = LENGTH, release: str | None = None
) -> st.SearchStrategy[Records]:
    """
    Draw legal traces of one to three writers, each with sessions of its own.

    Args:
        max_size: records of a trace, about.
        release: Windows release that every record names, or None.

    Raises:
        UsageError: an option is wrong.
    """
    return _legal("writer", max_size, release)


def requester_traces(
    *, max_size: int = LENGTH, release: str | None = None
) -> st.SearchStrategy[Records]:
    """Draw legal traces of a requester alone; arguments as for `writer_traces`."""
    return _legal("requester", max_size, release)


def session_traces(
    *, max_size: int = LENGTH, release: str | None = None
) -> st.SearchStrategy[Records]:
    """Draw legal traces of a requester and its writers; arguments as for `writer_traces`."""
    return _legal("session", max_size, release)


def _legal(role: str, max_size: int, release: str | None) -> st.SearchStrategy[Records]:
    check_options(role, max_size, release)
    return _traces(role, max_size, release)


@st.composite
def _traces(draw: st.DrawFn, role: str, max_size: int, release: str | None) -> Records:
    rng, size = _Drawn(draw), draw(st.integers(1, max_size))
    if role == "writer":
        return writer_trace(rng, size, release)
    return operations(rng, size, release, number=0, observed=role == "session")


class _Drawn(Random):
    """
    A generator of random numbers whose choices Hypothesis makes, and can shrink.

    Shrunk choices are the first ones, and what has a chance does not happen.
    """

    def __new__(cls, _: st.DrawFn) -> Self:
        return super().__new__(cls)

    def __init__(self, draw: st.DrawFn) -> None:
        super().__init__(0)
        self._draw = draw

    def random(self) -> float:
        """Draw a number from 0 up to 1."""
        return 1 - self._draw(st.integers(1, _STEPS)) / _STEPS

    def randint(self, a: int, b: int) -> int:
        """Draw a number from *a* to *b*."""
        return self._draw(st.integers(a, b))

    def choice(self, seq: "SupportsLenAndGetItem[T]") -> T:
        """Draw one of *seq*."""
        return seq[self.randint(0, len(seq) - 1)]

    def choices(  # type: ignore[override]
        self, population: Sequence[T], weights: Sequence[int], *, k: int = 1
    ) -> list[T]:
        """Draw *k* of *population*, each as often as its weight says."""
        marks = list(accumulate(weights))
        return [population[bisect_left(marks, self.randint(1, marks[-1]))] for _ in range(k)]


#: steps between 0 and 1
_STEPS: Final = 1 << 10


# --- near misses ---------------------------------------------------------------
def near_misses(
    rule: str, *, max_size: int = LENGTH, release: str | None = None
) -> st.SearchStrategy[Records]:
    """
    Draw traces that break *rule* once, and no other rule: ready negative tests.

    Args:
        rule: code or name of a rule, such as `WTR101` or `thaw-before-freeze`.
        max_size: records of a trace, about.
        release: Windows release, or None.

    Raises:
        UsageError: there is no such rule, or no step of a writer or a requester breaks it.
    """
    check_options("writer", max_size, release)
    code = rule_of(rule)
    if reason := why_not(code):
        raise UsageError(reason)
    return _near(code, max_size, release)


@st.composite
def _near(draw: st.DrawFn, code: str, max_size: int, release: str | None) -> Records:
    size = draw(st.integers(1, max_size))
    return near_miss(_Drawn(draw), code, size, release)


# --- interleavings ---------------------------------------------------------------
@st.composite
def interleavings(
    draw: st.DrawFn,
    traces: st.SearchStrategy[Records] | None = None,
    *,
    min_size: int = 2,
    max_size: int = 3,
) -> Records:
    """
    Draw the records of several traces mixed, each in its own order and on a host of its own.

    Args:
        draw: given by Hypothesis.
        traces: what is mixed; legal traces of writers by default. Their records need a session and
            an instance where other records have one.
        min_size: least number of traces.
        max_size: largest number of traces.
    """
    one = writer_traces() if traces is None else traces
    drawn = draw(st.lists(one, min_size=min_size, max_size=max_size))
    lanes = [
        [{**record, "host": f"{record.get('host', 'host')}-{index}"} for record in trace]
        for index, trace in enumerate(drawn)
    ]
    return interleaved(_Drawn(draw), lanes)


# --- status pairs --------------------------------------------------------------
def status_pairs(kind: str = "legal", *, release: str | None = None) -> st.SearchStrategy[Report]:
    """
    Draw what a writer may report as its status: a state and a failure code.

    Args:
        kind: `legal`; `suspicious`: a rule warns of it or notes it; `illegal`: an error.
        release: Windows release, or None where it is not known.

    Raises:
        UsageError: there is no such kind or release.
    """
    if kind not in PAIRS:
        raise UsageError(f"unknown kind of pairs {kind!r}; known: {', '.join(PAIRS)}")
    _check_release(release)
    return st.sampled_from(_pairs(release)[kind])


@cache
def _pairs(release: str | None) -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {kind: [] for kind in PAIRS}
    states: list[int | str] = [f"VSS_WS_{state.name}" for state in WRITER_STATES]
    names = {f"VSS_WS_{state.name}": state.name for state in WRITER_STATES}
    outside = [max(state.number for state in WRITER_STATES) + 1, -1]
    for state in (*states, *outside):
        for code in (*CODES, *_OTHER_CODES):
            symbol = status_symbol(
                names.get(str(state), BEYOND), code if code in CODES else OTHER, release
            )
            row = only_row(table("status"), symbol)
            is_error = row is not None and row.severity == ERROR
            kind = "legal" if row is None or row.to else "illegal" if is_error else "suspicious"
            found[kind].append(Report(state, code))
    return found


#: codes that are none of a writer's
_OTHER_CODES: Final = ("E_ACCESSDENIED", "VSS_E_BAD_STATE")


# --- scenarios -----------------------------------------------------------------
def scenarios(*, restores: bool | None = None) -> st.SearchStrategy[Scenario]:
    """
    Draw what a requester meets: a scenario of `vssfsm.testing.SCENARIOS`, or another one.

    Args:
        restores: only scenarios of restores, or only others; any by default. The names of those of
            restores begin with `restore`.
    """
    known = [s for s in SCENARIOS.values() if restores in (None, _restores(s))]
    drawn = [_scenarios(one) for one in (False, True) if restores in (None, one)]
    return st.one_of(st.sampled_from(known), *drawn)


def _restores(scenario: Scenario) -> bool:
    return scenario.name.startswith("restore")


def _scenarios(restores: bool) -> st.SearchStrategy[Scenario]:  # noqa: FBT001 - a filter
    events = [event for event in VETOED if (event in RESTORE_EVENTS) == restores]
    plays = st.builds(
        Play,
        event=st.sampled_from([event for event in events if event not in _UNSEEN]),
        failure=st.sampled_from(ARGUMENTS),
        soft=st.booleans(),
        sessions=st.sampled_from((1, 2, 1_000)),
    )
    return st.builds(
        Scenario,
        name=st.just("restore-drawn" if restores else "drawn"),
        says=st.just("drawn by Hypothesis"),
        play=st.none() | plays,
        results=_some(_failures(ASYNC)),
        refusals=_some(_failures(_REFUSED)),
    )


def _some(
    ends: tuple[tuple[str, str], ...],
) -> st.SearchStrategy[tuple[tuple[str, str], ...]]:
    return st.lists(st.sampled_from(ends), max_size=1).map(tuple)


@cache
def _failures(methods: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Give each of *methods* with every failure that it is documented to return."""
    return tuple(
        (method.name, code)
        for method in METHODS
        if method.name in methods
        for code in method.codes
        if is_failure(HRESULTS[code])
    )


#: a requester that has released its object never sees it
_UNSEEN: Final = ("BackupShutdown",)
#: a requester that gets no object has nothing to clean up with
_REFUSED: Final = tuple(m.name for m in METHODS if m.name != OBJECT_STARTS[0])


def _check_release(release: str | None) -> None:
    if release is not None and release not in RELEASES:
        raise UsageError(f"unknown release {release!r}; known: {', '.join(RELEASES)}")
