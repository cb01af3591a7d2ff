"""Sessions at their end: each node of the graph is judged once for each cast."""

from collections.abc import Iterable, Mapping, Sequence

from vssfsm.fast.graph import NOWHERE, Node
from vssfsm.fast.owners import HOLD_NS, Session, Who, near_ns
from vssfsm.fast.shapes import Cast, Context, Shapes, Verdict
from vssfsm.fast.symbols import HOLE


class Ends:
    """
    Judge sessions that may have ended.

    Args:
        shapes: those of the input.
    """

    #: judge the first session of a kind, too
    is_eager = False

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def judge(self, session: Session) -> Verdict | None:
        """
        Give what is said of a session that may have ended.

        Returns:
            None where it is a requester's, touches no other, and no other was alike so far: if that
            stays so the reference takes it, which is all that judging its shape would do.
        """
        host, node = session.host, session.node
        if host.changed >= session.lines[0]:
            changed = max(who.writer.changed for who in host.takers(node.used))
            host.spreads |= changed >= session.lines[0]
        cast = host.casts.get(node.used)
        if cast is None:
            cast = host.casts[node.used] = self._cast(host.takers(node.used))
        found = node.verdicts.get(cast)
        if found is None:
            path = self._path(session)
            verdict = path.look_up(self.shapes)
            if verdict is None and session.asked and self._is_alone(session, cast):
                return None
            node.met.pop(cast, None)
            found = node.verdicts[cast] = verdict or path.judge(self.shapes)
        return found

    def _is_alone(self, session: Session, cast: Cast) -> bool:
        """Tell whether it is the first of its kind, and surely changes nothing for others."""
        if self.is_eager or session.node.met.setdefault(cast, session) is not session:
            return False
        whos = session.host.whos
        steps = set(zip(*session.node.path(), strict=True))
        return all(
            one is HOLE or self.shapes.stays(whos[place].writer.context, one)
            for one, place in steps
        )

    def _path(self, session: Session) -> "Path":
        whos = session.host.takers(session.node.used)
        contexts = {who: who.writer.context for who in whos}
        return Path(self.shapes, session.node, contexts, asked=session.asked)

    def _cast(self, whos: list[Who]) -> Cast:
        return cast_of(self.shapes, whos, [who.writer.context for who in whos])

    def part(self, session: Session) -> None:
        """Tell who is sound in a session whose writers have nothing to do with one another."""
        found = self.judge(session)
        if found is not None and found.parts:
            whos = dict(enumerate(session.host.whos))
            session.sound = sound_parts(session.node, whos, found)


def cast_of(shapes: Shapes, whos: Sequence[Who], contexts: Sequence[Context]) -> Cast:
    """Give the cast of *whos*, of whom *contexts* were said before."""
    named = whos[0].host.name is not None
    return shapes.cast([who.words for who in whos], contexts, named=named)


class Path:
    """
    What leads to a node, each participant by itself where nothing binds them to one another.

    Args:
        shapes: those of the input.
        node: where sessions end.
        contexts: who takes part, by place; and what was said before.
        asked: a requester takes part.
    """

    def __init__(
        self, shapes: Shapes, node: Node, contexts: dict[Who, Context], *, asked: bool
    ) -> None:
        known = {who.place: who for who in contexts}
        symbols, places = node.path()
        order = _order(places)
        whos = [known[place] for place in order]
        places = tuple(NOWHERE if place == NOWHERE else order.index(place) for place in places)
        apart = not asked and len({who.writer for who in whos}) == len(whos) and node.turns
        groups = [[who] for who in whos] if apart else [whos]
        self._casts = [cast_of(shapes, group, [contexts[w] for w in group]) for group in groups]
        self._symbols = symbols
        self._places = places

    def judge(self, shapes: Shapes) -> Verdict:
        """Let the reference judge it."""
        if len(self._casts) == 1:
            return shapes.judge(self._casts[0], self._symbols, self._places)
        return shapes.judge_writers(self._casts, self._symbols, self._places)

    def look_up(self, shapes: Shapes) -> Verdict | None:
        """Give what the reference says by what it said of others; None if that would be dear."""
        if len(self._casts) == 1:
            return shapes.look_up(self._casts[0], self._symbols, self._places)
        return shapes.judge_writers(self._casts, self._symbols, self._places)


def judge_node(
    shapes: Shapes, node: Node, contexts: dict[Who, Context], *, asked: bool, waits: bool
) -> tuple[Verdict, dict[Who, Verdict]] | None:
    """Judge a `Path` once, and tell who is sound in it; *waits*: give None where it is dear."""
    cast = cast_of(shapes, [*contexts], [*contexts.values()])
    verdict = node.verdicts.get(cast)
    if verdict is None:
        path = Path(shapes, node, contexts, asked=asked)
        verdict = path.look_up(shapes)
        if verdict is None and waits:
            return None
        verdict = node.verdicts[cast] = verdict or path.judge(shapes)
    if verdict.is_sound or not verdict.parts:
        return verdict, {}
    return verdict, sound_parts(node, {who.place: who for who in contexts}, verdict)


def sound_parts(node: Node, whos: Mapping[int, Who], verdict: Verdict) -> dict[Who, Verdict]:
    """Tell who is sound where others, who have nothing to do with them, are not."""
    symbols, places = node.path()
    order = _order(places)
    accused = {place for place, part in zip(order, verdict.parts, strict=True) if not part.is_sound}
    if not any(p in accused and s.is_lifecycle for s, p in zip(symbols, places, strict=True)):
        return {}
    return {
        whos[place]: part for place, part in zip(order, verdict.parts, strict=True) if part.is_sound
    }


def _order(places: Iterable[int]) -> list[int]:
    """Give the places in the order in which they come first."""
    return [place for place in dict.fromkeys(places) if place != NOWHERE]


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
