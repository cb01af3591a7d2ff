"""
Drive a writer under test through guided walks, and say what is wrong with it.

The first fault ends the run: after it the writer's state is anybody's guess. Its sequence is made
small by replays in new lives of the writer.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from vssfsm.errors import OtherAnswer, UsageError
from vssfsm.spec.releases import RELEASES
from vssfsm.testing.adapters import Abilities
from vssfsm.testing.faults import Fault
from vssfsm.testing.program import REPLY_TIMEOUT_S, Program
from vssfsm.testing.visits import Visits
from vssfsm.testing.writers.drive import Exchange, Factory, Life, replay_steps
from vssfsm.testing.writers.shrink import Sessions, guess, shrink
from vssfsm.testing.writers.steps import STATUS, Step, step_of
from vssfsm.testing.writers.walks import NOWHERE, Plan, Walks, expected_rows

TIME_RAN_OUT: Final = "time ran out before everything was tried"
GOALS: Final = ("rows", "pairs")
#: seconds that walks, and then replays, may take
_WALK_S: Final = 25.0
_SHRINK_S: Final = 4.0
_EXPLORE_S: Final = 10.0
#: replays of a fault that costs time
_TRIES: Final = {"hang": 1, "crash": 2}
#: how often status is asked after each event, session by session: asking might matter
_ASKED: Final = (0, 1, 2, 1)


class Outcome(NamedTuple):
    """
    What a run gave.

    Args:
        name: of the writer.
        fault: the first one, or None.
        sessions: the small failing sequence with its replies; empty without a fault.
        is_repeatable: the small sequence failed again in a new life.
        ran: number of sessions; events likewise, with all time-outs and Identify.
        rows, pairs: visits.
        missing: row -> why it was not taken.
        pairs_known: pairs that can be taken with this writer.
        is_cut: time ran out before the goal.
        visits: what was visited, with the ways through the lifecycle.
    """

    name: str
    fault: Fault | None
    sessions: tuple[tuple[Exchange, ...], ...]
    is_repeatable: bool
    ran: int
    events: int
    rows: Mapping[str, int]
    pairs: int
    pairs_known: int
    missing: Mapping[str, str]
    is_cut: bool
    abilities: Abilities
    visits: Visits
    release: str | None = None

    @property
    def verdict(self) -> str:
        """CONFORMS, VIOLATES or INCONCLUSIVE."""
        return "VIOLATES" if self.fault else "INCONCLUSIVE" if self.doubts else "CONFORMS"

    @property
    def doubts(self) -> list[str]:
        """Reasons why the outcome proves less than it could."""
        return [TIME_RAN_OUT] * self.is_cut


def conform(
    make: Factory,
    *,
    goal: str = "pairs",
    seed: int = 0,
    release: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """
    Test a writer.

    Args:
        make: makes a new writer under test; called again for replays.
        goal: `rows`, `pairs`, or a number of events.
        seed: of the walks by chance.
        release: Windows release, or None.
        clock: seconds; decides when to stop.

    Returns:
        The outcome; a fault of the writer is a value, never an exception.

    Raises:
        UsageError: an option is wrong, or a program cannot be started.
    """
    if goal not in GOALS and not (goal.isdecimal() and int(goal)):
        raise UsageError(f"unknown goal {goal!r}; known: {', '.join(GOALS)}, or a number of events")
    if release is not None and release not in RELEASES:
        raise UsageError(f"unknown release {release!r}; known: {', '.join(RELEASES)}")
    until = clock() + _WALK_S
    first: Fault | None = None
    while True:
        life, walks, is_cut = _run(make, goal, seed, release, lambda: clock() > until)
        # One more replay of a hang would be the third.
        small, again = life, _is_same(life.fault, first)
        if life.fault and not again and not life.has_left:
            small, again = _small(make, life, walks, release, clock)
        # A hang that does not come again may have been the machine's: it has to come twice.
        if first or again or life.fault is None or life.fault.name != "hang":
            break
        first = life.fault
    return _outcome(small, life, walks, is_repeatable=again, is_cut=is_cut)


def _outcome(
    small: Life, life: Life, walks: Walks, *, is_repeatable: bool, is_cut: bool
) -> Outcome:
    missing = _missing(walks, life, is_cut=is_cut)
    reachable = walks.reachable_pairs()
    sessions = small.sessions if small.fault and not small.has_left else []
    return Outcome(
        name=life.name,
        fault=small.fault,
        sessions=tuple(tuple(one) for one in sessions),
        is_repeatable=is_repeatable,
        ran=len(life.sessions),
        events=walks.events,
        rows=dict(walks.rows),
        pairs=sum(1 for pair in reachable if walks.pairs[pair]),
        pairs_known=len(reachable),
        missing=missing,
        is_cut=is_cut,
        abilities=life.abilities,
        visits=life.visits,
        release=life.release,
    )


def replay(
    make: Factory | Sequence[str],
    sessions: Sequence[Sequence[Mapping[str, object]]],
    *,
    release: str | None = None,
    reply_timeout: float = REPLY_TIMEOUT_S,
) -> str:
    """
    Replay a sequence that `conform` printed.

    A hang is told where it comes twice: one late reply may be a busy machine's.

    Args:
        make: makes the writer, or the program and its arguments.
        sessions: the requests of each session.
        release: Windows release, or None.
        reply_timeout: seconds that a program's reply may take.

    Returns:
        What is wrong, in one sentence; empty if nothing is.

    Raises:
        OtherAnswer: the service would not deliver the sequence after these replies.
    """
    if not callable(make):
        make = writer_program(list(make), reply_timeout)
    steps = [[step_of(dict(request)) for request in session] for session in sessions]
    found = _fault_in(make, steps, release)
    if found and found.name == "hang":
        found = _fault_in(make, steps, release)
    return f"{found.rule or found.name}: {found.message}" if found else ""


def _fault_in(make: Factory, steps: Sequence[Sequence[Step]], release: str | None) -> Fault | None:
    """Replay *steps* in a new life; give the fault that ended it."""
    life = replay_steps(make, steps, release)
    if life is None:
        raise OtherAnswer("the writer answers otherwise now: the sequence would not be legal")
    return life.fault


class Programs:
    """
    What makes a program anew.

    Args:
        command: program and arguments.
        reply_timeout: seconds that a reply may take.
    """

    def __init__(self, command: Sequence[str], reply_timeout: float = REPLY_TIMEOUT_S) -> None:
        self.command, self.reply_timeout = tuple(command), reply_timeout

    def __call__(self) -> Program:
        """Start it."""
        return Program(self.command, self.reply_timeout)


def writer_program(command: Sequence[str], reply_timeout: float = REPLY_TIMEOUT_S) -> Programs:
    """Give what makes a program anew."""
    return Programs(command, reply_timeout)


class Explored(NamedTuple):
    """
    What one walk over all rows found.

    Args:
        walks: what was learned about the ways.
        life: ended; with a small failing sequence, if there was a fault.
        is_repeatable: that sequence failed again in a new life.
    """

    walks: Walks
    life: Life
    is_repeatable: bool


def explore(make: Factory, release: str | None = None) -> Explored:
    """Take every row once, as far as the writer that *make* makes can be led to it."""
    until = time.monotonic() + _EXPLORE_S
    life, walks, _ = _run(make, "rows", 0, release, lambda: time.monotonic() > until)
    if life.fault and not life.has_left:
        life, again = _small(make, life, walks, release, time.monotonic)
        return Explored(walks, life, again)
    return Explored(walks, life, is_repeatable=True)


# --- the walk ----------------------------------------------------------------
def _run(
    make: Factory, goal: str, seed: int, release: str | None, is_late: Callable[[], bool]
) -> tuple[Life, Walks, bool]:
    """Give the life that was tried, what was walked, and whether time ran out."""
    # First only a greeting and a farewell: whoever fails there need not be walked.
    greeted = replay_steps(make, (), release)
    if greeted is not None and greeted.fault:
        return greeted, Walks(greeted.abilities, goal, release, seed), False
    life = Life(make, release)
    walks = Walks(life.abilities, goal, release, seed)
    try:
        is_cut = life.fault is None and not _walk(life, walks, is_late)
    finally:
        life.end()
    return life, walks, is_cut


def _walk(life: Life, walks: Walks, is_late: Callable[[], bool]) -> bool:
    """Run every plan; False if time ran out. The life holds the fault, if there is one."""
    for plan in walks.sessions():
        done = _session(life, walks, plan, is_late)
        if life.fault:
            return True
        if not done:
            return False
    life.bye()
    return True


def _session(life: Life, walks: Walks, plan: Plan, is_late: Callable[[], bool]) -> bool:
    """Run one session; False at a fault, or when it is late."""
    walks.begin()
    if not life.begin():
        return False
    times = _ASKED[len(life.sessions) % len(_ASKED)]
    if not _ask(life, times):
        return False
    while not life.judge.is_lost and (step := plan.next(life.judge.states)):
        if is_late():
            return False
        node = life.judge.states
        if not life.take(step):
            return False
        codes = tuple(row.code for row in life.judge.rows)
        reached = NOWHERE if life.judge.is_lost else life.judge.states
        walks.learn(node, step, reached, codes)
        if not _ask(life, times):
            return False
    return True


def _ask(life: Life, times: int) -> bool:
    """Ask for the status; False at a fault."""
    return all(life.take(STATUS) for _ in range(times))


def _missing(walks: Walks, life: Life, *, is_cut: bool) -> dict[str, str]:
    missing = {}
    otherwise = "time ran out" if is_cut else "no reply led there"
    able = (*life.abilities.can_fail, *life.abilities.can_soft)
    for code, (event, needs) in expected_rows(life.release).items():
        if not walks.rows[code]:
            unable = needs == "fail" and event not in able
            missing[code] = f"can_fail has no {event}" if unable else otherwise
    return missing


# --- the small sequence ------------------------------------------------------
def _small(
    make: Factory, life: Life, walks: Walks, release: str | None, clock: Callable[[], float]
) -> tuple[Life, bool]:
    """Give a life with a small failing sequence, and whether it failed again."""
    wanted = life.fault
    whole: Sessions = [[one.step for one in session] for session in life.sessions]
    until = clock() + _SHRINK_S
    best = [life, False]

    def fails(sessions: Sessions) -> bool:
        if clock() > until:
            return False
        again = replay_steps(make, sessions, release, is_late=lambda: clock() > until)
        same = again is not None and _is_same(again.fault, wanted)
        if same:
            best[:] = [again, True]
        return same

    if wanted is None or not whole:
        return life, False
    tries = _TRIES.get(wanted.name)
    if tries is None:
        shrink(whole, fails)
    else:
        last = whole[-1][-1:]
        is_new = not any(walks.knows(life.judge.states, step) for step in last)
        guess(whole, fails, tries=tries, is_new=is_new)
    return best[0], bool(best[1])  # type: ignore[return-value]


def _is_same(found: Fault | None, wanted: Fault | None) -> bool:
    return bool(found and wanted and (found.rule, found.name) == (wanted.rule, wanted.name))
