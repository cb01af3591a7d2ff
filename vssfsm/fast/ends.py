"""Sessions at their end: each node of the graph is judged once for each cast."""

from collections.abc import Mapping, Sequence

from vssfsm.fast.graph import Node
from vssfsm.fast.owners import HOLD_NS, Entry, Session, Who, near_ns
from vssfsm.fast.shapes import Cast, Context, Shapes, Verdict


class Ends:
    """
    Judge sessions that may have ended.

    Args:
        shapes: those of the input.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def judge(self, session: Session) -> tuple[Verdict, bool]:
        """Give what is said of a session, and whether its rows were counted."""
        host, node = session.host, session.node
        if host.changed >= session.lines[0]:
            changed = max(who.writer.changed for who in host.takers(node.used))
            host.spreads |= changed >= session.lines[0]
        cast = host.casts.get(node.used)
        if cast is None:
            takers = host.takers(node.used)
            contexts = [who.writer.context for who in takers]
            cast = host.casts[node.used] = cast_of(self.shapes, takers, contexts)
        found = node.verdicts.get(cast)
        if found is None:
            found = node.verdicts[cast] = self._judge_path(session), False
        return found

    def _judge_path(self, session: Session) -> Verdict:
        takers = session.host.takers(session.node.used)
        contexts = {who: who.writer.context for who in takers}
        return judge_path(self.shapes, session.node, contexts, asked=session.asked)

    def part(self, session: Session) -> None:
        """Tell who is sound in a session whose writers have nothing to do with one another."""
        verdict, _ = self.judge(session)
        session.sound |= sound_parts(session.node, dict(enumerate(session.host.whos)), verdict)


def cast_of(shapes: Shapes, whos: Sequence[Who], contexts: Sequence[Context]) -> Cast:
    """Give the cast of *whos*, of whom *contexts* were said before."""
    named = whos[0].host.name is not None
    return shapes.cast([who.words for who in whos], contexts, named=named)


def judge_node(
    shapes: Shapes, node: Node, contexts: dict[Who, Context], *, asked: bool
) -> tuple[Verdict, dict[Who, Verdict]]:
    """Judge what leads to a node, as `judge_path` does, once; and tell who is sound in it."""
    cast = cast_of(shapes, list(contexts), list(contexts.values()))
    found = node.verdicts.get(cast)
    if found is None:
        found = node.verdicts[cast] = judge_path(shapes, node, contexts, asked=asked), False
    whos = {who.place: who for who in contexts}
    return found[0], {} if found[0].is_sound else sound_parts(node, whos, found[0])


def judge_path(shapes: Shapes, node: Node, contexts: dict[Who, Context], *, asked: bool) -> Verdict:
    """
    Judge what leads to a node.

    Args:
        shapes: those of the input.
        node: where sessions end.
        contexts: who takes part, by place; and what was said before.
        asked: a requester takes part.
    """
    known = {who.place: who for who in contexts}
    symbols, places = node.path()
    order = list(dict.fromkeys(places))
    whos = [known[place] for place in order]
    places = tuple(map(order.index, places))
    apart = not asked and len({who.writer for who in whos}) == len(whos)
    if not apart or len(whos) == 1 or not node.turns:
        return shapes.judge(cast_of(shapes, whos, [contexts[who] for who in whos]), symbols, places)
    casts = [cast_of(shapes, [who], [contexts[who]]) for who in whos]
    return shapes.judge_writers(casts, symbols, places)


def sound_parts(node: Node, whos: Mapping[int, Who], verdict: Verdict) -> dict[Who, Verdict]:
    """Tell who is sound where others, who have nothing to do with them, are not."""
    symbols, places = node.path()
    order = list(dict.fromkeys(places))
    accused = {
        place for place, part in zip(order, verdict.parts, strict=False) if not part.is_sound
    }
    if not any(p in accused and s.is_lifecycle for s, p in zip(symbols, places, strict=True)):
        return {}
    return {
        whos[place]: part for place, part in zip(order, verdict.parts, strict=True) if part.is_sound
    }


def is_late(session: Session) -> bool:
    """Tell whether a time comes near a budget: each writer's, and the session's."""
    times = session.times
    if None not in times and max(times) - min(times) < session.host.least_ns:  # type: ignore[operator, type-var]
        return False
    frozen: dict[Who, int | None] = {}
    held: int | None = None
    for entry, time in zip(session.timed, times, strict=True):
        if entry.symbol.starts:
            frozen[entry.who] = held = time
        elif entry.who in frozen and _is_long(entry, frozen.pop(entry.who), time):
            return True
        if entry.symbol.ends and held is not None:
            if session.asked and (time is None or time - held >= HOLD_NS):
                return True
            held = None
    return False


def _is_long(entry: Entry, before: int | None, after: int | None) -> bool:
    """Tell whether a writer was frozen for most of its budget."""
    if before is None or after is None:
        return False
    return not 0 <= after - before < near_ns(entry.writer.context)
