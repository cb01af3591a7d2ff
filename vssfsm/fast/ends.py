"""Sessions at their end: what leads to a node of the graph is judged once."""

from collections.abc import Sequence

from vssfsm.fast.contexts import Named
from vssfsm.fast.graph import NOWHERE, Graph, Node
from vssfsm.fast.owners import HOLD_NS, NOTHING_MORE, Roster, Session, Who, near_ns
from vssfsm.fast.shapes import Cast, Reached, Shapes, Verdict
from vssfsm.fast.symbols import HOLE


class Ends:
    """
    Judge sessions that may have ended.

    Args:
        shapes, graph: those of the input.
    """

    #: judge the first session of a kind, too
    is_eager = False

    def __init__(self, shapes: Shapes, graph: Graph) -> None:
        self._shapes = shapes
        self._graph = graph

    def judge(self, session: Session) -> Verdict | None:
        """
        Give what is said of a session that may have ended.

        Returns:
            None where it is a requester's, touches no other, and no other was alike so far: if that
            stays so the reference takes it, which is all that judging its shape would do.
        """
        host, step = session.host, session.step
        if host.changed >= session.lines[0]:
            changed = max(who.writer.changed for who in step.roster.whos)
            host.spreads |= changed >= session.lines[0]
        node = step.node
        if node.verdict is None:
            path = Path(node, step.roster.cast)
            verdict = path.look_up(self._shapes, self._graph)
            if verdict is None and session.asked and self._is_alone(session, path):
                return None
            node.met = None
            node.verdict = verdict or path.judge(self._shapes)
        return node.verdict

    def _is_alone(self, session: Session, path: "Path") -> bool:
        """Tell whether it is the first of its kind, and surely changes nothing for others."""
        node = session.step.node
        node.met = node.met or session
        return node.met is session and not self.is_eager and path.all_stay(self._shapes)

    def part(self, session: Session) -> None:
        """Tell who is sound in a session whose writers have nothing to do with one another."""
        verdict = self.judge(session)
        if verdict is not None and session.more == NOTHING_MORE:  # else it is all together
            session.sound = sound_parts(session.step.node, session.step.roster, verdict)


class Path:
    """
    What leads to a node.

    Args:
        node: where sessions end.
        cast: who takes part.
    """

    def __init__(self, node: Node, cast: Cast) -> None:
        self._node = node
        self._cast = cast
        places = range(len(cast.names))
        #: those who are judged together: all, or each alone
        self._casts = [cast] if node.is_bound else [cast.alone(place) for place in places]
        # What nobody was told before is the same for all; then nodes with one memory are twins.
        self._settles = not any(one.context.symbols for one in cast.names)

    def judge(self, shapes: Shapes) -> Verdict:
        """Let the reference judge it."""
        if self._node.is_bound:
            return shapes.judge(self._cast, self._node.path())
        return shapes.judge_writers(self._casts, self._node.path())

    def all_stay(self, shapes: Shapes) -> bool:
        """Tell whether no record changes what was said before."""
        names, stays = self._cast.names, shapes.contexts.stays
        return all(
            symbol is HOLE or stays(names[place].context, symbol)
            for symbol, place in {*self._node.path()}
        )

    def look_up(self, shapes: Shapes, graph: Graph) -> Verdict | None:
        """Give what the reference says by what it said of others; None where that is dear."""
        reached = self._reach(shapes, graph)
        if reached is None:
            return None
        if any(one.state is None for one in reached) and not self.all_stay(shapes):
            return None
        verdicts = [*map(shapes.end, reached)]
        return verdicts[0] if self._node.is_bound else shapes.together(verdicts)

    def _reach(self, shapes: Shapes, graph: Graph) -> list[Reached] | None:
        """Give what is remembered at the end; None where that is dear to know."""
        reached, ahead = self._start(shapes)
        for node in ahead:
            for symbol, place in node.records():
                for at in self._parts(place, len(reached)):
                    named = None if symbol is HOLE else self._named(place)
                    found = shapes.go(reached[at], (symbol, named))
                    if found is None:
                        return None
                    reached[at] = found
            if self._settles and node.is_bound == self._node.is_bound:
                self._settle(graph, node, reached)
        return reached[: len(self._casts)]

    def _start(self, shapes: Shapes) -> tuple[list[Reached], list[Node]]:
        """
        Give what is known to be remembered somewhere on the way, and the nodes from there.

        Behind those who take part stands one who never comes, but has seen holes as they have.
        """
        is_bound, casts = self._node.is_bound, self._casts
        trail = self._node.trail()
        if self._settles:
            for at in range(len(trail) - 1, -1, -1):
                known = trail[at].reached
                if known and trail[at].is_bound == is_bound:
                    more = len(casts) + 1 - len(known)
                    reached = [*known] if is_bound else [*known, *[known[-1]] * more]
                    return reached, trail[at + 1 :]
        nobody = [] if is_bound else [Cast((), self._cast.has_host)]
        return [shapes.start(cast) for cast in (*casts, *nobody)], trail

    def _named(self, place: int) -> Named:
        """Give what one who takes part is called by."""
        is_bound = self._node.is_bound
        return self._cast.names[place].named if is_bound else self._casts[place].names[0].named

    def _parts(self, place: int, every: int) -> Sequence[int]:
        """Give the numbers of those, of *every*, who see a record of *place*."""
        if self._node.is_bound:
            return (0,)
        return range(every) if place == NOWHERE else (place,)

    def _settle(self, graph: Graph, node: Node, reached: list[Reached]) -> None:
        """Note what is remembered at a node on the way."""
        so_far = reached if self._node.is_bound else [*reached[: node.count], reached[-1]]
        if all(one.state is not None for one in so_far):
            graph.settle(node, self._cast.names[: node.count], tuple(so_far))


def judge_node(
    shapes: Shapes, graph: Graph, node: Node, roster: Roster, *, waits: bool
) -> Verdict | None:
    """Judge what leads to a node, once; *waits*: give None where it is dear."""
    if node.verdict is None:
        path = Path(node, roster.cast)
        verdict = path.look_up(shapes, graph)
        if verdict is None and waits:
            return None
        node.verdict = verdict or path.judge(shapes)
    return node.verdict


def sound_parts(node: Node, roster: Roster, verdict: Verdict) -> dict[Who, Verdict]:
    """Tell who is sound where others, who have nothing to do with them, are not."""
    parts = verdict.parts
    if verdict.is_sound or not parts:
        return {}
    records = [(symbol, place) for symbol, place in node.path() if place != NOWHERE]
    if not any(symbol.is_lifecycle and not parts[place].is_sound for symbol, place in records):
        return {}
    return {who: part for who, part in zip(roster.whos, parts, strict=True) if part.is_sound}


def is_late(session: Session) -> bool:
    """Tell whether a time comes near a budget: each writer's, and the session's."""
    times = session.times[::2]
    # A time that is missing is before all others.
    if max(times) - min(times) < session.host.least_ns:
        return False
    frozen: dict[Who, int | None] = {}
    held: int | None = None
    for time, who, starts, ends in session.moments:
        if starts:
            frozen[who] = held = time
        elif who in frozen and _is_long(who, frozen.pop(who), time):
            return True
        if ends and held is not None:
            if session.asked and (time is None or time - held >= HOLD_NS):
                return True
            held = None
    return False


def _is_long(who: Who, before: int | None, after: int | None) -> bool:
    """Tell whether a writer was frozen for most of its budget."""
    if before is None or after is None:
        return False
    return not 0 <= after - before < near_ns(who.writer.context)
