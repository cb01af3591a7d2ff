"""
The space in which a repair is searched: nodes, and the edits between them.

A node is (steps consumed, memory, a place per table). *Memory* is what a reader of records keeps to
tell what they mean: nothing for a writer's, how asynchronous calls end for a requester's. What
leads where, and what is left at least, sessions share: see `core/group.py`.
"""

from collections.abc import Collection, Sequence

from vssfsm.core.edit import Edit
from vssfsm.core.group import group_of
from vssfsm.core.reader import Entry, Reader
from vssfsm.core.stage import Places, Stage
from vssfsm.core.walk import Walk

Node = tuple[int, int, Places]
#: price, what is left at least after it, where it leads, and the edit without its line if it is one
Edge = tuple[int, int, Node, Edit | None]
#: steps consumed, when the memory was met, and the states of each table with their notes
Rank = tuple[int, int, tuple[tuple[tuple[str, int], ...], ...]]


class Space:
    """
    The nodes of one session.

    Args:
        walks: a table each, from its base.
        steps: of the session, in order.
        reader: tells what steps mean.
        banned: lines of records that must not stay, whatever the tables say.
    """

    def __init__(
        self,
        walks: Sequence[Walk],
        steps: Sequence[Entry],
        reader: Reader,
        banned: Collection[int] = frozenset(),
    ) -> None:
        self.walks = walks
        self.steps = steps
        self._group = group_of(walks, reader)
        self._stages = self._find_stages(banned)
        #: per memory how many were met before it, in this session
        self._met: dict[int, int] = {}
        memory = self._group.number(reader.start)
        self._meet((memory,))
        #: nothing is consumed, and every table is at its base
        self.start: Node = (0, memory, (0,) * len(walks))

    def _find_stages(self, banned: Collection[int]) -> list[Stage]:
        stages = [self._group.end]
        for step in reversed(self.steps):
            stays = step.line not in banned
            stages.append(self._group.stage(step, stages[-1].here, stays=stays))
        return stages[::-1]

    def _meet(self, memories: Sequence[int]) -> None:
        for memory in memories:
            self._met.setdefault(memory, len(self._met))

    def is_end(self, node: Node) -> bool:
        """Tell whether all steps are consumed, and nothing is owed."""
        taken, _, places = node
        return taken == len(self.steps) and all(
            walk.may_end(place) for walk, place in zip(self.walks, places, strict=True)
        )

    def least(self, node: Node) -> list[int]:
        """Give, per table, a price that the way to an end takes at least."""
        taken, memory, places = node
        return self._stages[taken].here.least(self._group.modes[memory], places)

    def rank(self, node: Node) -> Rank:
        """Give the order of nodes, the same whatever sessions were searched before."""
        taken, memory, places = node
        states = (walk.states(p) for walk, p in zip(self.walks, places, strict=True))
        return taken, self._met[memory], tuple(states)

    def edges(self, node: Node) -> list[Edge]:
        """Give every edge out of *node*; inserting stays at the index, the others consume."""
        taken, memory, places = node
        ways, met = self._stages[taken].ways(self._group, memory, places)
        self._meet(met)
        return [
            (price, least, (taken + onward, then, there), edit)
            for price, least, onward, then, there, edit in ways
        ]

    def placed(self, edit: Edit, taken: int) -> Edit:
        """Give the edit with its line, made with so many steps consumed."""
        if taken < len(self.steps):
            return edit._replace(line=self.steps[taken].line)
        return edit._replace(line=self.steps[-1].line + 1 if self.steps else 1)
