"""
Which act, after which ones, takes each row of a requester's regions: permitted or not.

Places are explored from the roads outward: the sequences of whole operations first, then what lies
one act beside them, and so on, until every row that was asked for was met. What was explored is
kept, so that the next question begins where the last one ended.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from vssfsm.monitor.calls import NO, YES
from vssfsm.spec.catalogue import REGIONS_OF
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.product import ABSTRACTED
from vssfsm.spec.rounds import HEALTHY
from vssfsm.spec.sequences import BACKUP, RESTORE, Sequence
from vssfsm.spec.vocabulary import STATUS_CALLS
from vssfsm.testing.generation.acts import RELEASE, Act
from vssfsm.testing.generation.calls import WITH_HISTORY, Calls, Place, calls_of, path

#: places that are explored at most, for a row and for a rule
_MOST_FREE: Final = 1_000
_MOST_PAID: Final = 400
_STRETCH: Final = 20
_FINISHED: Final = "VSS_S_ASYNC_FINISHED"
#: operations that no picture shows: without writers, and on a copy that is imported
_OTHERS: Final = (
    (
        *(Act("InitializeForBackup"), Act("SetContext", context="VSS_CTX_FILE_SHARE_BACKUP")),
        *(Act("StartSnapshotSet"), Act("AddToSnapshotSet"), Act("DoSnapshotSet"), RELEASE),
    ),
    (Act("InitializeForBackup"), Act("ImportSnapshots"), RELEASE),
    (Act("InitializeForBackup"), Act("QueryRevertStatus"), RELEASE),
    (Act("InitializeForRestore"), Act("AddSnapshotToRecoverySet"), Act("RecoverSet"), RELEASE),
)
_IDLE: Final = tuple(WITH_HISTORY.index(name) for name in ABSTRACTED)


class Found(NamedTuple):
    """Acts from the beginning, and the one that takes the row."""

    before: tuple[Act, ...]
    act: Act


class _Paid(NamedTuple):
    """Where a rule was broken, by which act, and in which stretch of the exploration."""

    place: Place
    act: Act
    stretch: int


class Atlas:
    """
    What was explored of one release.

    Args:
        calls: the acts of the release.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._before: dict[Place, tuple[Place, Act] | None] = {calls.start: None}
        self._bare: set[Place] = set()
        self._queue: deque[Place] = deque()
        #: (region, code) -> where a permitted row was met first, and where a rule was broken
        self._free: dict[tuple[str, str], tuple[Place, Act]] = {}
        self._paid: dict[str, list[_Paid]] = {}
        self._explored = 0
        for road in roads():
            self._walk(road)

    def free(self, region: str, code: str) -> Found | None:
        """Give acts that take the row *code* of *region* at no cost, None where none were met."""
        key = region, code
        while key not in self._free and self._explore(_MOST_FREE):
            pass
        return self._found(*self._free[key]) if key in self._free else None

    def paid(self, code: str) -> list[Found]:
        """
        Give ways of breaking the rule *code* by one act, and no other rule beside it.

        What was asked before changes nothing: ways count up to the end of the stretch that the
        first one was found in.
        """
        if not set(ABSTRACTED).isdisjoint(REGIONS_OF[code]):
            return []
        while code not in self._paid and self._explore(_MOST_PAID):
            pass
        first = self._paid[code][0].stretch if code in self._paid else 0
        while code in self._paid and self._stretch <= first and self._explore(_MOST_PAID):
            pass
        ways = [one for one in self._paid.get(code, ()) if one.stretch == first]
        return [self._found(one.place, one.act) for one in ways]

    @property
    def _stretch(self) -> int:
        return self._explored // _STRETCH

    def _found(self, place: Place, act: Act) -> Found:
        return Found(path(self._before, place), act)

    def _walk(self, road: tuple[Act, ...]) -> None:
        place = self._calls.start
        self._add(place)
        for act in road:
            after, cost = self._calls.step(place, act)
            if cost:
                return
            self._before.setdefault(after, (place, act))
            self._add(place := after)

    def _add(self, place: Place) -> None:
        bare = self._without_idle(place)
        if bare not in self._bare:
            self._bare.add(bare)
            self._queue.append(place)

    def _without_idle(self, place: Place) -> Place:
        """Leave out regions that only count: nothing else depends on them."""
        beliefs = list(place.beliefs)
        for index in _IDLE:
            beliefs[index] = self._calls.start.beliefs[index]
        return place._replace(beliefs=tuple(beliefs))

    def _explore(self, most: int) -> bool:
        """Look at everything that may be called in the next place; False where none is left."""
        if not self._queue or self._explored >= most:
            return False
        here = self._queue.popleft()
        for act in self._calls.acts:
            after, cost = self._calls.step(here, act)
            rows = self._calls.rows(here, act)
            if cost:
                paid = {taken.row.code for taken in rows if taken.paid}
                if len(paid) == 1 and (act.event in STATUS_CALLS or here.status != "counted"):
                    entry = _Paid(here, act, self._stretch)
                    self._paid.setdefault(paid.pop(), []).append(entry)
            elif self._calls.is_fit(here, act):
                for taken in rows:
                    self._free.setdefault((taken.region, taken.row.code), (here, act))
                if act != RELEASE:
                    self._before.setdefault(after, (here, act))
                    self._add(after)
        self._explored += 1
        return True


@cache
def atlas_of(release: str | None) -> Atlas:
    """Give what is explored of a release; kept."""
    return Atlas(calls_of(release))


def roads() -> Iterator[tuple[Act, ...]]:
    """Give whole operations, with results of asynchronous calls and folded."""
    for calls in (_calls(BACKUP), _calls(RESTORE), *_OTHERS):
        yield from _both_ways(calls)


def backups() -> Iterator[tuple[Act, ...]]:
    """Give the backups among `roads`."""
    return _both_ways(_calls(BACKUP))


def _both_ways(calls: Iterable[Act]) -> Iterator[tuple[Act, ...]]:
    for folded in (NO, YES):
        yield tuple(act for call in calls for act in _with_result(call, folded))


def _calls(sequence: Sequence) -> tuple[Act, ...]:
    return tuple(_act(name) for name in sequence.calls)


def _act(name: str) -> Act:
    if name == "SetContext":
        return Act(name, context="VSS_CTX_BACKUP")
    if name in STATUS_CALLS:
        return Act(name, health=HEALTHY)
    return Act(name, succeeded=True) if name == "SetBackupSucceeded" else Act(name)


def _with_result(act: Act, folded: str) -> tuple[Act, ...]:
    if act.event in ASYNC and folded == NO:
        return act, Act("QueryStatus", of=act.event, async_result=_FINISHED)
    return (act,)
