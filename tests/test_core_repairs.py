"""Repairs of a machine that can be read at a glance: what they cost, and which is shown."""

from itertools import count, product

import pytest

from vssfsm.core import align as aligning
from vssfsm.core import bound, group, space, walk
from vssfsm.core.align import Move, align
from vssfsm.core.bound import NEVER, Prices, bound_of, graph_of
from vssfsm.core.edit import Edit
from vssfsm.core.reader import Plain
from vssfsm.core.record import Symbol
from vssfsm.core.table import COST, Table
from vssfsm.core.track import Step, Track
from vssfsm.core.walk import Walk
from vssfsm.spec.rows import INFO, STATED, WARNING, Region, Row, State

STATES = (State("A", "at rest"), State("B", "at work", owed=("stop",)), State("C", "done"))


def permit(on, source, to, **more):
    """Give a permitted row."""
    return Row(f"P-{on}", STATED, (), "", on=(on,), source=(source,), to=(to,), **more)


def forbid(on, *source, **more):
    """Give a prohibition."""
    return Row(f"F-{on}", STATED, (), "", on=(on,), source=source, **more)


#: A -start-> B -stop-> C -again-> A; the last with a note
TABLE = Table(
    Region(
        "toy", "", "session", STATES,
        (
            permit("start", "A", "B"), forbid("start", "B", "C"),
            permit("stop", "B", "C"), forbid("stop", "A", "C"),
            permit("again", "C", "A", pays=INFO), forbid("again", "A", "B", mild=True),
        ),
    )
)  # fmt: skip


def steps(*events, hole=""):
    """Give steps on lines 10, 20, …; `?` before an event: it may be another session's."""
    return [
        Step(None, line, None)
        if event == hole
        else Step(Symbol(event.strip("?")), line, event.strip("?"), perhaps=event[0] == "?")
        for line, event in zip(range(10, 10_000_000, 10), events, strict=False)
    ]


def repair(*events, **more):
    """Give edits and the number of alternatives, of a table that is built anew."""
    found = align([Table(TABLE.region)], steps(*events), **more)
    return list(found.edits), found.alternatives


# --- edits -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("events", "edits", "alternatives"),
    [
        ((), [], 1),
        (("start", "stop"), [], 1),
        (("start", "stop", "again", "start", "stop"), [], 1),
        (("start",), [("insert", 11, "stop")], 2),
        (("stop",), [("insert", 10, "start")], 2),
        (("again",), [("drop", 10, "again")], 1),
        (("start", "stop", "stop"), [("drop", 30, "stop")], 2),
        (("start", "start", "stop"), [("drop", 20, "start")], 2),
        (("start", "again", "stop"), [("drop", 20, "again")], 1),
        (("start", "stop", "again", "again"), [("drop", 40, "again")], 2),
        (("start", "stop", "start", "stop"), [("drop", 30, "start"), ("drop", 40, "stop")], 3),
    ],
)
def test_the_fewest_edits(events, edits, alternatives):
    """An insertion is shown before a drop, and all that cost as much are counted."""
    found, count = repair(*events)
    assert [(one.op, one.line, one.event) for one in found] == edits
    assert count == alternatives


LEADS = {("A", "start"): "B", ("B", "stop"): "C", ("C", "again"): "A"}
#: what can be inserted: `again` costs a note
INSERTED = ("start", "stop")


def ways(events, state, left):
    """Count the ways to the end with so many edits, one after the other."""
    into = [LEADS[state, one] for one in INSERTED if (state, one) in LEADS] if left else []
    total = sum(ways(events, there, left - 1) for there in into)
    if not events:
        return total + (not left and state != "B")
    rest = events[1:]
    if (state, events[0]) in LEADS:
        total += ways(rest, LEADS[state, events[0]], left)
    if left:
        total += ways(rest, state, left - 1) + sum(ways(rest, there, left - 1) for there in into)
    return total


@pytest.mark.parametrize("length", range(6))
def test_no_repair_is_shorter_and_all_are_counted(length):
    """Of every sequence of events, as a search says that tries all edits."""
    for events in product(("start", "stop", "again"), repeat=length):
        least = next(n for n in count() if ways(events, "A", n))
        found, alternatives = repair(*events)
        assert (len(found), alternatives) == (least, ways(events, "A", least))
        assert conforms(applied(events, found))


def test_moves_are_the_whole_alignment():
    """Each step with its number, each insertion without one, and the states after it."""
    found = align([TABLE], steps("start", "stop", "again", "start"))
    assert found.moves == (
        Move(0, None, ("B",)), Move(1, None, ("C",)), Move(2, None, ("A",)),
        Move(3, None, ("B",)), Move(None, Edit("insert", 41, "stop"), ("C",)),
    )  # fmt: skip
    dropped = align([TABLE], steps("again"))
    assert dropped.moves == (Move(0, Edit("drop", 10, "again"), ("A",)),)


def test_a_call_that_turns_to_another_plan_is_shown_last():
    """Of insertions that cost as much, the unlikely one comes after the others."""
    rows = (permit("start", "A", "B"), permit("AbortBackup", "B", "C"), permit("stop", "B", "C"))
    found = align([Table(TABLE.region._replace(rows=rows))], steps("start"))
    assert (found.edits, found.alternatives) == ((Edit("insert", 11, "stop"),), 3)


def test_a_base_is_where_the_session_begins():
    """The states before the first step."""
    assert align([TABLE], steps("stop"), ["B"]).edits == ()
    assert align([TABLE], steps("start"), ["B"]).edits == (Edit("replace", 10, "stop"),)
    assert align([TABLE], [], ["B"]).edits == (Edit("insert", 1, "stop"),)


def test_a_hole_hides_what_is_permitted():
    """It may hide a start, but no rule that is broken; a new session only if that may be."""
    assert align([TABLE], steps("_", "stop", hole="_")).edits == ()
    assert align([TABLE], steps("start", "_", hole="_")).edits == ()
    assert align([TABLE], steps("stop", "_", hole="_")).edits != ()
    assert align([TABLE], steps("_", "stop", "stop", hole="_")).edits != ()
    one_way = Table(TABLE.region._replace(rows=(*TABLE.region.rows[:4], forbid("again", *"ABC"))))
    session = steps("start", "stop", "_", "start", "stop", hole="_")
    assert len(align([one_way], session).edits) == 2
    assert align([one_way], session, restart=True).edits == ()


def test_what_may_be_of_another_session_is_left_to_it():
    """It costs nothing to take it or to leave it."""
    assert align([TABLE], steps("?stop", "start", "stop")).edits == ()
    assert align([TABLE], steps("?start", "stop")).edits == ()
    assert len(align([TABLE], steps("stop", "?start")).edits) == 1


def test_a_banned_line_does_not_stay():
    """Whatever the tables say, its record goes, or another comes in its place."""
    reader = Plain(Step, TABLE.events)
    session = steps("start", "stop", "again")
    assert align([TABLE], session, reader=reader).edits == ()
    found = align([TABLE], session, reader=reader, banned={30})
    assert found.edits == (Edit("drop", 30, "again"),)
    found = align([TABLE], session, reader=reader, banned={10, 20})
    assert {one.line for one in found.edits} >= {10, 20}


def test_several_tables_have_to_permit_a_step():
    """A step is permitted if each that knows it permits it; each is left where nothing is owed."""
    other = Table(
        Region("other", "", "session", STATES, (permit("stop", "A", "C"), forbid("stop", *"BC")))
    )
    reader = Plain(Step, TABLE.events)
    assert align([TABLE, other], steps("start", "stop"), reader=reader).edits == ()
    twice = steps("start", "stop", "again", "start", "stop")
    assert align([TABLE], twice, reader=reader).edits == ()
    assert len(align([TABLE, other], twice, reader=reader).edits) == 2
    assert len(align([TABLE, other], steps("stop"), ["B", "A"], reader).edits) == 0
    assert align([TABLE, other], steps("stop"), ["B", "C"], reader) is None


# --- far and long ------------------------------------------------------------------
def applied(events, edits):
    """Give the events after the edits."""
    result = []
    for line in range(10, 10 * len(events) + 20):
        here = [one for one in edits if one.line == line]
        result += [one.event for one in here if one.op == "insert"]
        result += [one.event for one in here if one.op == "replace"]
        stays = line % 10 == 0 and line <= 10 * len(events)
        if stays and not any(one.op != "insert" for one in here):
            result.append(events[line // 10 - 1])
    return result


def conforms(events):
    """Tell whether events break no rule, and nothing is owed."""
    track = Track(TABLE)
    for line, event in enumerate(events, 1):
        track.take(Symbol(event), line)
    return not track.accused and track.may_have_ended


def test_a_far_repair_is_short_and_not_counted():
    """Beyond twelve edits some repair will do; up to there it is a cheapest one."""
    found = align([TABLE], steps(*["again"] * 18))
    assert (len(found.edits), found.alternatives) == (12, 1)
    found = align([TABLE], steps(*["again"] * 19))
    assert (len(found.edits), found.alternatives) == (13, 0)
    assert conforms(applied(["again"] * 19, found.edits))
    mixed = ["stop", "start", "start", "again"] * 8
    found = align([TABLE], steps(*mixed))
    assert found.alternatives == 0
    assert conforms(applied(mixed, found.edits))
    assert len(found.edits) <= len(mixed)


def test_what_is_too_long_gets_no_repair(monkeypatch):
    """One step more than the most is none; what is long gets one that is not counted."""
    session = ["start", "stop", "again"] * 2
    monkeypatch.setattr(aligning, "LONGEST", 6)
    assert align([TABLE], steps(*session)).alternatives == 1
    monkeypatch.setattr(aligning, "LONGEST", 5)
    found = align([TABLE], steps(*session[:-1], "stop"))
    assert found.alternatives == 0
    assert conforms(applied([*session[:-1], "stop"], found.edits))
    monkeypatch.setattr(aligning, "LONGEST", 14)
    reader, two = Plain(Step, TABLE.events), [TABLE, Table(TABLE.region)]
    assert align(two[:1], steps(*session[:3]), reader=reader).alternatives == 1
    assert align(two, steps(*session[:2]), reader=reader).alternatives == 1
    assert align(two, steps(*session[:3]), reader=reader).alternatives == 0
    monkeypatch.setattr(aligning, "TOO_LONG", 6)
    assert align([TABLE], steps(*session)) is not None
    monkeypatch.setattr(aligning, "TOO_LONG", 5)
    assert align([TABLE], steps(*session)) is None


def test_a_search_that_takes_too_long_gives_a_short_repair(monkeypatch):
    """Where the nodes are too many, what is found need not be cheapest, and is not counted."""
    events = ["stop", "start", "start", "again", "stop"]
    reader = Plain(Step, TABLE.events)
    assert align([TABLE], steps(*events), reader=reader).alternatives == 4
    with monkeypatch.context() as few:
        few.setattr(aligning, "COUNTED_NODES", 0)
        few.setattr(aligning, "WIDTHS", ())
        found = align([TABLE], steps(*events), reader=reader)
        assert (len(found.edits), found.alternatives) == (3, 0)
    monkeypatch.setattr(aligning, "MOST_NODES", -10)
    found = align([TABLE], steps(*events), reader=reader)
    assert (len(found.edits), found.alternatives) == (3, 0)
    assert conforms(applied(events, found.edits))
    found = align([TABLE], [], ["B"], reader)
    assert (found.edits, found.alternatives) == ((Edit("insert", 1, "stop"),), 0)


def test_sessions_that_are_alike_are_aligned_once():
    """The same steps on other lines have the same repair, on their lines."""
    first, second = steps("start", "again", "stop"), steps("_", "start", "again", "stop")[1:]
    assert align([TABLE], first).edits == (Edit("drop", 20, "again"),)
    assert align([TABLE], second).edits == (Edit("drop", 30, "again"),)
    assert align([TABLE], second).moves[1] == Move(1, Edit("drop", 30, "again"), ("B",))


def test_an_edit_tells_what_it_has():
    """Whose result it is stands only where it is one's."""
    assert Edit("drop", 3, "Wait").as_dict() == {"op": "drop", "line": 3, "event": "Wait"}
    assert Edit("drop", 3, "Wait", "Query").as_dict()["of"] == "Query"


# --- bounds ------------------------------------------------------------------------
START, STOP, AGAIN = (Symbol(event) for event in ("start", "stop", "again"))
PRICES = Prices(10, 100, 1000)


class Bounds:
    """The bounds of one table at each level of a session."""

    def __init__(self, walk, graph, outlines):
        self.walk = walk
        self._bound = bound_of(walk, graph)
        self._levels = [self._bound.end()]
        for one in reversed(outlines):
            self._levels.insert(0, self._bound.before(self._levels[0], one))

    def least(self, taken, mode, place):
        """Give a lower bound of the cost from *place*, with *taken* steps consumed."""
        return self._bound.costs(self._levels[taken], mode)[place]


def bounds(*outlines, silent=((), ())):
    """Give the bounds of two modes; starts can be inserted, in the second mode stops too."""
    inserts = ((((START,), 0),), (((START,), 1), ((STOP,), 1)))
    return Bounds(Walk(TABLE), graph_of(TABLE, inserts, silent, PRICES), outlines)


def places(known):
    """Give the places of A, B and C."""
    after_start, _ = known.walk.step(0, START)
    after_stop, _ = known.walk.step(after_start, STOP)
    return 0, after_start, after_stop


def least(known, taken, mode):
    """Give the bounds of A, B and C."""
    return [known.least(taken, mode, place) for place in places(known)]


def test_bounds_of_an_end():
    """What is owed has to be inserted, in a mode where it can be; what comes unasked is free."""
    assert least(bounds(), 0, 0) == [0, NEVER, 0]
    assert least(bounds(), 0, 1) == [0, 10, 0]
    assert least(bounds(silent=((((STOP,), 0),), ())), 0, 0) == [0, 0, 0]
    assert least(bounds(silent=((((), 1),), ())), 0, 0) == [0, 10, 0]


def test_bounds_of_a_reading_that_takes_a_note():
    """Of several states that a place may be, the cheapest to the end counts, with its notes."""
    rows = (permit("go", "A", "B"), permit("go", "A", "C", pays=INFO))
    table = Table(TABLE.region._replace(rows=rows))
    known = Bounds(Walk(table), graph_of(table, ((),), ((),), PRICES), [])
    place, _ = known.walk.step(0, Symbol("go"))
    assert known.walk.states(place) == (("B", 0), ("C", COST[INFO]))
    assert known.least(0, 0, place) == COST[INFO]


def test_bounds_before_a_record():
    """It stays where it is permitted, with its notes, or is dropped or replaced."""
    again = [(((AGAIN,), mode),) for mode in (0, 1)]
    known = bounds(again)
    note = COST[INFO]
    assert least(known, 0, 1) == [20 + note, 10 + note, note]
    assert least(known, 0, 0) == [100, NEVER + 100, note]
    assert least(known, 1, 1) == [0, 10, 0]
    assert least(bounds([(((START,), 0),), (((START,), 1),)]), 0, 1) == [10, 110, 100]
    turned = bounds([(((START,), 1),), (((START,), 1),)])
    assert least(turned, 0, 0)[0] == 10


def test_bounds_of_a_replacement():
    """Where neither staying nor dropping leads to the end, another event does."""
    dear = Prices(10, NEVER, 1000)
    nothing = [(((STOP, STOP), mode),) for mode in (0, 1)]
    inserts = ((((START,), 0), ((STOP,), 0)), (((STOP,), 1),))
    known = Bounds(Walk(TABLE), graph_of(TABLE, inserts, ((), ()), dear), [nothing])
    assert [known.least(0, 0, place) for place in places(known)] == [1010, 1000, NEVER]


def test_bounds_before_a_hole():
    """It leads wherever hidden steps may."""
    assert least(bounds(None), 0, 0) == [0, 0, 0]
    assert least(bounds(None, [(((STOP,), 0),)] * 2), 0, 0) == [0, 0, COST[INFO]]


def test_bounds_are_shared_until_they_are_many(monkeypatch):
    """Beyond the cap what was found is forgotten, and found again."""
    first = least(bounds([(((AGAIN,), 0),)] * 2), 0, 1)
    monkeypatch.setattr(bound, "CAP", 0)
    monkeypatch.setattr(walk, "CAP", 0)
    assert least(bounds([(((AGAIN,), 0),)] * 2), 0, 1) == first
    assert [one.op for one in align([TABLE], steps("start", "again", "stop")).edits] == ["drop"]


# --- what sessions share -----------------------------------------------------------
@pytest.fixture
def groups(monkeypatch):
    """Give a function that sets the room for what sessions share, and gives their groups."""

    def sized(size):
        found = group.Groups(size)
        monkeypatch.setattr(space, "group_of", found.of)
        return found

    return sized


def searched(sessions):
    """Give the repair of each session in turn, from a search; walks are theirs."""
    reader, walks = Plain(Step, TABLE.events), [Walk(TABLE)]
    return [aligning._Search(space.Space(walks, steps(*one), reader)).run() for one in sessions]


#: sessions that begin alike, that end alike, and one with a hole
SESSIONS = [
    (*("start", "stop", "again") * first, *fault, *("start", "stop", "again") * last)
    for first, last in ((0, 3), (3, 0), (2, 2))
    for fault in (("stop",), ("?again",), ("", "again"), ("again", "start"), ())
]  # fmt: skip


def test_what_is_shared_changes_no_repair(groups):
    """With room for everything, for a part of it, for nothing: the same repairs in any order."""
    groups(0)
    alone = [searched([one])[0] for one in SESSIONS]
    for size in (0, 1, 50, 200, group.KEPT):
        groups(size)
        assert searched(SESSIONS) == alone
        assert searched(SESSIONS[::-1]) == alone[::-1]


def test_no_more_is_kept_than_there_is_room_for(groups):
    """What finds no room is found again when it is needed; the next session begins anew."""
    walks, reader = [Walk(TABLE)], Plain(Step, TABLE.events)
    work, _ = walks[0].step(0, START)
    for size, is_kept in ((6, False), (30, True)):
        known = groups(size)
        first = known.of(walks, reader)
        memory = first.number(None)
        kept = [first.end.ways(first, memory, (place,)) for place in (0, work)]
        again = [first.end.ways(first, memory, (place,)) for place in (0, work)]
        assert again == kept
        assert again[0] is kept[0]
        assert (again[1] is kept[1]) is is_kept
        assert (known.of(walks, reader) is first) is is_kept


def test_only_sessions_that_are_read_alike_share(groups):
    """Of the same walks and the same kind of reader; then steps with the same to come do."""
    walks, known = [Walk(TABLE)], groups(group.KEPT)
    shared = known.of(walks, Plain(Step, TABLE.events))
    assert known.of(walks, Plain(Step, TABLE.events)) is shared
    assert known.of(walks, Plain(Step, ("start",))) is not shared
    assert known.of([Walk(TABLE)], Plain(Step, TABLE.events)) is not shared
    one, other = steps("start", "stop")
    last = shared.stage(other, shared.end.here, stays=True)
    assert shared.stage(other._replace(line=99), shared.end.here, stays=True) is last
    assert shared.stage(other, shared.end.here, stays=False) is not last
    assert shared.stage(one, shared.end.here, stays=True) is not last
    assert shared.stage(other._replace(perhaps=True), shared.end.here, stays=True) is not last
    assert shared.stage(one, last.here, stays=True).here is not last.here


class Recalling(Plain):
    """A reader that remembers the last event."""

    def read(self, memory, step):  # noqa: ARG002 - nothing else is remembered
        """Give the step's own symbol, and remember its event."""
        return (step.symbol,), step.event


def test_nodes_are_ordered_as_a_session_meets_them(groups):
    """Memories come as it met them, places by their states, whatever sessions came before."""
    walks, reader = [Walk(TABLE)], Recalling(Step, ("again",))

    def ranks(*events):
        nodes = space.Space(walks, steps(*events), reader)
        found = [target for _, _, target, _ in nodes.edges(nodes.start)]
        return [nodes.rank(node) for node in found]

    groups(0)
    alone = ranks("start", "stop")
    assert alone == [(1, 1, ((("B", 0),),)), (1, 0, ((("A", 0),),))]
    groups(group.KEPT)
    walks[0] = Walk(TABLE)
    assert walks[0].step(0, None) == (1, 0)  # the number that was that of B
    ranks("again", "start", "stop")
    assert ranks("start", "stop") == alone


def test_groups_are_few(groups, monkeypatch):
    """Beyond so many all begin anew."""
    monkeypatch.setattr(group, "GROUPS", 2)
    known, reader = groups(group.KEPT), Plain(Step, TABLE.events)
    three = [[Walk(TABLE)] for _ in range(3)]
    first, second = (known.of(walks, reader) for walks in three[:2])
    assert known.of(three[0], reader) is first
    assert known.of(three[2], reader) is known.of(three[2], reader)
    assert known.of(three[1], reader) is not second


def test_permitted_is_what_costs_less_than_a_warning():
    """A rule that only warns is broken all the same."""
    walked = Walk(TABLE)
    assert walked.step(0, AGAIN) is None
    assert TABLE.moves("A", AGAIN)["A"].cost == COST[WARNING]
