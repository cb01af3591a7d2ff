"""
Strategies of Hypothesis: legal traces, near misses, interleavings, status pairs, scenarios.

Everything is drawn from the rows, so that whatever these strategies give is legal, or breaks the
rule that was asked for. A drawn trace is a list of canonical records: complete evidence, in
observed order. All of them shrink to short ones.
"""

from functools import cache
from typing import Final

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
from vssfsm.testing.scenarios import SCENARIOS, Play, Scenario
from vssfsm.testing.steps import ARGUMENTS, status_symbol

__all__ = ["scenarios", "status_pairs"]

#: what a pair can be
PAIRS: Final = ("legal", "suspicious", "illegal")


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
