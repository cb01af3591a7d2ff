"""
A requester's calls as an alignment reads them: what each means depends on those before it.

Modes are whether the session is folded. From the mode alone a call may mean more than from all that
is remembered, which is what lower bounds need.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.bound import Outline, Outlines
from vssfsm.core.reader import Insert
from vssfsm.core.record import Record, Symbol
from vssfsm.monitor.calls import HIDDEN, NO, OPEN, YES, Memory, call_symbol, is_vague, needs
from vssfsm.monitor.calls import result as result_symbol
from vssfsm.spec.calls import EARLIER
from vssfsm.spec.edits import NOT_INSERTED
from vssfsm.spec.regions import NEEDERS
from vssfsm.spec.vocabulary import RESULT_CALLS

#: whether the session is folded, and whether a Wait has ended a call and nothing came after it
_Mode = tuple[str | None, bool]
_MODES: Final[tuple[_Mode, ...]] = (
    *((OPEN, False), (NO, False), (YES, False), (HIDDEN, False)),
    *((NO, True), (YES, True), (HIDDEN, True)),
)
#: what may be said of the session beside a result
_ENDED_IN: Final = (NO, YES, EARLIER, HIDDEN)


class Call(NamedTuple):
    """
    One step of a requester's session.

    A symbol of None is a hole; *perhaps*: a result that names no call may be of any, or of none.
    """

    symbol: Symbol | None
    line: int
    event: str | None
    record: Record = Record()
    perhaps: bool = False

    @property
    def second(self) -> int:
        """Where its second line stands; 0 if it has one only."""
        return self.record.second or 0


def alike(calls: Sequence[Call]) -> tuple[Call, ...]:
    """Give *calls* with nothing that makes no difference here; their lines are numbers, from 1."""
    return tuple(
        call._replace(line=number, record=_told(call.record))
        for number, call in enumerate(calls, 1)
    )


def _told(record: Record) -> Record:
    """Give what a `CallReader` reads of *record*."""
    return Record(
        event=record.event,
        of=record.of,
        hresult=record.hresult,
        async_result=record.async_result,
        context=record.context,
        folded=record.folded,
        succeeded=record.succeeded,
    )


class CallReader:
    """
    Reader of a requester's steps.

    Args:
        steps: what will be read, as `alike` gives it.
        start: what is remembered before the first step.
        events: that the regions know.
        symbol: gives what tables see of a record.
        tells_ends: the session has results of asynchronous calls; then no edit may turn it into
            a folded one, in which a call that was never waited for counts as ended.
    """

    def __init__(
        self,
        steps: Sequence[Call],
        start: Memory,
        events: Iterable[str],
        symbol: Callable[[Record], Symbol],
        *,
        tells_ends: bool = False,
    ) -> None:
        self._tells_ends = tells_ends
        self._named = frozenset(step.record.of for step in steps if step.record.of)
        if any(step.perhaps for step in steps):
            self._named = frozenset(NEEDERS)
        self._forced = any(step.record.folded for step in steps)
        self.start = self._without_idle(start)
        folds = self._forced or start.state == YES or not tells_ends
        hides = not start.is_whole or any(step.symbol is None for step in steps)
        # Neither comes up in other sessions; the fewer modes, the faster.
        without = {HIDDEN: not hides, YES: not folds}
        self._modes = tuple(mode for mode in _MODES if not without.get(mode[0]))
        self.modes = len(self._modes)
        bare = [Record(event=name) for name in events if name not in NOT_INSERTED]
        bare += [Record(event="Wait", of=name) for name in NEEDERS]
        self.inserts: Sequence[Insert] = tuple(
            Insert(
                record.event or "",
                record.of or "",
                Call(symbol(record), 0, None, record),
                (result_symbol(record.of, "ended", NO),) if record.of else (),
            )
            for record in bare
        )
        said = tuple((item.event, item.of, item.step.symbol) for item in self.inserts)
        self.kind: Hashable = (said, tells_ends, self._named, self._forced, self._modes)

    def told(self, step: Call) -> Hashable:
        """Give what is the same of a step wherever it stands."""
        return step._replace(line=0)

    def read(self, memory: Memory, step: Call) -> tuple[tuple[Symbol, ...], Memory] | None:
        """Give what *step* implies and its own symbol, and what is remembered after it."""
        implied, after = memory.learn(step.record)
        settled = memory.state == OPEN and after.state == YES and step.record.folded is None
        if settled and self._tells_ends:
            return None
        if step.perhaps:
            return after.unnamed(), after
        own = call_symbol(step.record, step.symbol or Symbol(None), after)
        return (implied if own is None else (*implied, own)), self._without_idle(after)

    def _without_idle(self, memory: Memory) -> Memory:
        """Forget the calls that no result to come depends on; the fewer memories, the faster."""
        folds = self._forced or memory.state == YES or not self._tells_ends
        folds |= not memory.is_whole
        kept = memory.called & self._named if folds else frozenset()
        last = memory.last if memory.last in kept else ""
        return memory._replace(called=kept, last=last, ended=memory.ended & kept)

    def hidden(self, memory: Memory) -> Memory:
        """Give what is remembered after a hole."""
        return self._without_idle(memory.hidden())

    def mode(self, memory: Memory) -> int:
        """Give the mode of *memory*."""
        return self._modes.index((memory.state, bool(memory.waited)))

    def outlines(self, step: Call) -> Outlines:
        """Give, per mode, everything that `read` may give; what a Wait ended is silent."""
        return _outlines(step._replace(line=0), self._modes, tells_ends=self._tells_ends)

    def silent(self, mode: int) -> Outline:
        """Give the ends that may be due in *mode*."""
        state, waiting = self._modes[mode]
        if not waiting:
            return ()
        after = self._modes.index((state, False))
        ends = (result_symbol(name, "ended", f) for name in NEEDERS for f in _ENDED_IN)
        return tuple(((end,), after) for end in ends)


@lru_cache(maxsize=4_096)
def _outlines(step: Call, modes: tuple[_Mode, ...], *, tells_ends: bool) -> Outlines:
    each = (_outline(step, mode, tells_ends=tells_ends) for mode in modes)
    return tuple(
        tuple((symbols, modes.index(after)) for symbols, after in outline) for outline in each
    )


def _outline(
    step: Call, mode: _Mode, *, tells_ends: bool
) -> Iterable[tuple[tuple[Symbol, ...], _Mode]]:
    record, (state, waiting) = step.record, mode
    if record.folded is not None:
        state = YES if record.folded else NO
    if record.event in RESULT_CALLS:
        yield from _outline_result(step, state, waiting=waiting)
        return
    yield _own(step, Memory(state)), (state, False)
    if state == OPEN and not tells_ends:
        for name in NEEDERS:
            if needs(record, name):
                ended = result_symbol(name, "finished", OPEN)
                own = _own(step, Memory(YES))
                yield (ended, *own), (YES, False)


def _own(step: Call, memory: Memory) -> tuple[Symbol, ...]:
    own = call_symbol(step.record, step.symbol or Symbol(None), memory)
    return () if own is None else (own,)


def _outline_result(
    step: Call, state: str | None, *, waiting: bool
) -> Iterable[tuple[tuple[Symbol, ...], _Mode]]:
    name = step.record.of
    if name is None:
        yield (), (state, waiting)
        return
    state = NO if state == OPEN else state
    if is_vague(step.record):
        yield (), (state, True)
        return
    called = frozenset({name})
    memories = [Memory(NO), Memory(NO, called=called), Memory(NO, called=called, last=name)]
    memories += [Memory(state, called=called)] * (state != NO)
    memories += [Memory(state, called=called, ended=called)] * (state != NO)
    for memory in memories:
        for still in {waiting, False}:
            yield _own(step, memory), (state, still)
