"""Sessions at their end: what leads to a node of the graph is judged once."""

from vssfsm.fast.graph import NOWHERE, Node
from vssfsm.fast.owners import HOLD_NS, Session, Who, near_ns
from vssfsm.fast.shapes import Cast, Shapes, Verdict
from vssfsm.fast.steps import NOTHING_MORE, Roster
from vssfsm.fast.symbols import HOLE
from vssfsm.fast.ways import Ways, known_before


class Ends:
    """
    Judge sessions that may have ended.

    Args:
        shapes, ways: those of the input.
    """

    #: judge the first session of a kind, too
    is_eager = False

    def __init__(self, shapes: Shapes, ways: Ways) -> None:
        self._shapes = shapes
        self._ways = ways

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
        node, roster = step.node, step.roster
        verdict = judge_node(self._shapes, self._ways, node, roster, waits=session.asked)
        if verdict is None and not self._is_alone(session):
            node.met = None
            verdict = judge_node(self._shapes, self._ways, node, roster, waits=False)
        return verdict

    def _is_alone(self, session: Session) -> bool:
        """Tell whether it is the first of its kind, and surely changes nothing for others."""
        node, cast = session.step.node, session.step.roster.cast
        node.met = node.met or session
        is_first = node.met is session and not self.is_eager
        return is_first and Path(node, cast).all_stay(self._shapes)

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

    def judge(self, shapes: Shapes) -> Verdict:
        """Let the reference judge it."""
        records, told = self._node.path(), 0
        if self._cast.is_plain:  # then it was told on the way which rows are taken
            told = len(records) - sum(len(one.records()) for one in known_before(self._node)[1])
        judge = shapes.judge if self._node.is_bound else shapes.judge_writers
        return judge(self._cast, records, told)

    def all_stay(self, shapes: Shapes) -> bool:
        """Tell whether no record changes what was said before."""
        names, stays = self._cast.names, shapes.contexts.stays
        return all(
            symbol is HOLE or stays(names[place].context, symbol)
            for symbol, place in {*self._node.path()}
        )

    def rests(self, shapes: Shapes) -> bool:
        """Tell whether a session that is there touches no other one of its host."""
        node = self._node
        if node.rests is None:
            node.rests = shapes.rests(self._cast, node.path())
        return node.rests

    def look_up(self, shapes: Shapes, ways: Ways) -> Verdict | None:
        """Give what the reference says by what it said of others; None where that is dear."""
        reached = ways.reach(self._node, self._cast)
        if reached is None:
            return None
        if any(one.state is None for one in reached) and not self.all_stay(shapes):
            return None
        verdicts = [*map(shapes.end, reached)]
        return verdicts[0] if self._node.is_bound else shapes.together(verdicts)


def judge_node(
    shapes: Shapes, ways: Ways, node: Node, roster: Roster, *, waits: bool
) -> Verdict | None:
    """Judge what leads to a node, once; *waits*: give None where it is dear."""
    if node.verdict is None:
        path = Path(node, roster.cast)
        verdict = path.look_up(shapes, ways)
        if verdict is None and waits:
            return None
        node.verdict = verdict or path.judge(shapes)
    return node.verdict


def is_at_rest(shapes: Shapes, session: Session) -> bool:
    """Tell whether *session* touches no other one of its host until its next record."""
    step, is_met = session.step, session in session.host.overtaken
    rests = is_met or Path(step.node, step.roster.cast).rests(shapes)
    return rests and not session.is_doubted


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
