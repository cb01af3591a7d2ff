"""Sessions at their end: each node of the graph is judged once for each cast."""

from collections.abc import Iterable

from vssfsm.fast.graph import NOWHERE
from vssfsm.fast.owners import HOLD_NS, Session, Who, near_ns
from vssfsm.fast.shapes import Cast, Shapes, Verdict
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

    def judge(self, session: Session) -> tuple[Verdict, bool] | None:
        """
        Give what is said of a session that may have ended, and whether its rows were counted.

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
            if session.asked and self._is_alone(session, cast):
                return None
            node.met.pop(cast, None)
            found = node.verdicts[cast] = self._judge_path(session), False
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

    def _judge_path(self, session: Session) -> Verdict:
        symbols, places = session.node.path()
        order = _order(places)
        whos = [session.host.whos[place] for place in order]
        places = tuple(NOWHERE if place == NOWHERE else order.index(place) for place in places)
        apart = not session.asked and len({who.writer for who in whos}) == len(whos)
        if not apart or len(whos) == 1 or not session.node.turns:
            return self.shapes.judge(self._cast(whos), symbols, places)
        return self.shapes.judge_writers([self._cast([who]) for who in whos], symbols, places)

    def _cast(self, whos: list[Who]) -> Cast:
        named = whos[0].host.name is not None
        contexts = [who.writer.context for who in whos]
        return self.shapes.cast([who.words for who in whos], contexts, named=named)

    def part(self, session: Session) -> None:
        """Tell who is sound in a session whose writers have nothing to do with one another."""
        found = self.judge(session)
        if found is None or not found[0].parts:
            return
        verdict, _ = found
        symbols, places = session.node.path()
        order = _order(places)
        accused = {
            place for place, part in zip(order, verdict.parts, strict=False) if not part.is_sound
        }
        if any(p in accused and s.is_lifecycle for s, p in zip(symbols, places, strict=True)):
            session.sound = {
                session.host.whos[place]: part
                for place, part in zip(order, verdict.parts, strict=True)
                if part.is_sound
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
