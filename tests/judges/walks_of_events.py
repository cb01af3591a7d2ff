"""Walks over the rows that take every edge, for other engines to repeat."""

import random

from vssfsm.export.graph import graph_of
from vssfsm.export.names import names

#: how many of the events a state knows; an engine has to ignore the others
_KNOWN = 0.8
#: events of a walk; a session ends, and a set of shadow copies has 64 volumes
_LENGTH = 100


def walks(name, total, seed=0):
    """
    Walk the machine *name* from its start, again and again, *total* events in all.

    A walk goes to any edge that none has taken, by a shortest way, then to the nearest one; where
    none is left, it goes at random. In between come events that a state does not know; they change
    nothing.

    Returns:
        for each walk its events and the states at the start and after each, under their safe
        names; and the share of the edges that were taken.
    """
    graph = graph_of(name)
    walker = _Walker(graph, random.Random(seed))
    found = [walker.walk() for _ in range(total // _LENGTH)]
    return found, 1 - len(walker.left) / len(graph.steps)


class _Walker:
    """A graph, and the edges that no walk has taken yet: (state, trigger)."""

    def __init__(self, graph, chance):
        self.chance, self.start = chance, graph.initial
        self.states = names(place.name for place in graph.places)
        self.events = names(step.trigger for step in graph.steps)
        self.every = [*self.events]
        self.leaving = {place.name: {} for place in graph.places}
        for step in graph.steps:
            self.leaving[step.source][step.trigger] = step.target
        self.left = {(step.source, step.trigger) for step in graph.steps}
        self.ways = {place.name: self._ways(place.name) for place in graph.places}

    def _ways(self, start):
        """Give a shortest way from *start* to every state, in the order of their lengths."""
        ways, queue = {start: ()}, [start]
        for here in queue:
            for trigger, target in self.leaving[here].items():
                if target not in ways:
                    ways[target] = (*ways[here], trigger)
                    queue.append(target)
        return ways

    def walk(self):
        """Give the events of one walk, and the states that it passes through."""
        here, plan = self.start, self._far_plan()
        said, passed = [], [self.states[here]]
        while len(said) < _LENGTH:
            trigger = self.chance.choice(self.every)
            if trigger in self.leaving[here] or self.chance.random() < _KNOWN:
                plan = plan or self._plan(here)
                trigger = plan.pop(0)
            self.left.discard((here, trigger))
            here = self.leaving[here].get(trigger, here)
            said.append(self.events[trigger])
            passed.append(self.states[here])
        return said, passed

    def _far_plan(self):
        """Give the triggers from the start to any edge that is left."""
        ways = self.ways[self.start]
        left = sorted(one for one in self.left if one[0] in ways)
        state, trigger = self.chance.choice(left) if left else (self.start, self.every[0])
        return [*ways[state], trigger]

    def _plan(self, here):
        """Give the triggers to the nearest edge that is left, else one at random."""
        for state, way in self.ways[here].items() if self.left else ():
            new = [one for one in self.leaving[state] if (state, one) in self.left]
            if new:
                return [*way, self.chance.choice(new)]
        return [self.chance.choice([*self.leaving[here], *self.every[:1]])]
