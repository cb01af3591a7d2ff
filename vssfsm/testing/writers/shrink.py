"""
Make a failing sequence small, by replaying smaller ones on the writer itself.

Sessions first, then steps. A smaller sequence counts if it is legal and ends in the same fault.
Hangs and crashes are replayed at most twice (a hang once, as each costs a time-out), so the most
likely sequence is guessed for them.
"""

from collections.abc import Callable
from typing import TypeVar

from vssfsm.testing.writers.steps import Step

T = TypeVar("T")
Sessions = list[list[Step]]
#: tells whether a sequence fails in the same way
Fails = Callable[[Sessions], bool]
#: sessions that are guessed to matter where a step went well before: a failure and three more
_GUESSED = 4


def shrink(sessions: Sessions, fails: Fails) -> Sessions:
    """
    Give a smallest sequence that still fails.

    No session and no step of it can be left out, and no failure that the writer is told to have.
    """
    sessions = _last_sessions(sessions, fails)
    asked = [[step for step in session if step.op != "status"] for session in sessions]
    if asked[-1][-1:] == sessions[-1][-1:] and fails(asked):
        sessions = asked
    sessions = without_each(sessions, fails, least=1)
    for at in range(len(sessions) - 1, -1, -1):

        def still(steps: list[Step], at: int = at) -> bool:
            return fails([*sessions[:at], steps, *sessions[at + 1 :]])

        sessions[at] = without_each(sessions[at], still, least=int(at == len(sessions) - 1))
        sessions[at] = _plainer(sessions[at], still)
    return sessions


def _plainer(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """Let each event succeed that need not fail."""
    for at, step in enumerate(steps):
        if step.op == "deliver" and step.fail is not None:
            plain = [*steps[:at], step._replace(fail=None, soft=False), *steps[at + 1 :]]
            steps = plain if fails(plain) else steps
    return steps


def guess(sessions: Sessions, fails: Fails, *, tries: int, is_new: bool) -> Sessions:
    """
    Give a likely small sequence, tried at most *tries* times, else all of *sessions*.

    Args:
        sessions: what failed.
        fails: replays a sequence.
        tries: replays at most.
        is_new: the failing step had never been delivered before.
    """
    fewest = 1 if sessions[-1] else 2  # the begin of a session depends on the one before it
    counts = (fewest, _GUESSED) if is_new else (_GUESSED, fewest)
    for count in counts[:tries]:
        if count < len(sessions) and fails(sessions[-count:]):
            return sessions[-count:]
    return sessions


def _last_sessions(sessions: Sessions, fails: Fails) -> Sessions:
    count = 1
    while count < len(sessions):
        if fails(sessions[-count:]):
            return sessions[-count:]
        count *= 2
    return sessions


def without_each(items: list[T], fails: Callable[[list[T]], bool], *, least: int) -> list[T]:
    """
    Leave out ever smaller blocks of *items* as long as the rest fails.

    Args:
        items: that fail.
        fails: tells whether a smaller sequence fails in the same way.
        least: number of last items that have to stay.

    Returns:
        The fewest that still fail: no one of them can be left out.
    """
    size = max(len(items) // (1 + least), 1)
    while True:
        at, before = 0, len(items)
        while at < len(items) - least:
            rest = [*items[:at], *items[min(at + size, len(items) - least) :]]
            if fails(rest):
                items = rest
            else:
                at += size
        if size == 1 and len(items) == before:
            return items
        size = max(size // 2, 1)
