"""A requester's record in its session: the states of every region before it, what was legal."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from vssfsm.core.coverage import Visits
from vssfsm.core.record import Record, Symbol, symbol
from vssfsm.core.table import Table
from vssfsm.core.track import Track
from vssfsm.monitor.calls import NO, YES
from vssfsm.monitor.entries import in_one
from vssfsm.monitor.keys import Key, key_of
from vssfsm.monitor.requesters import KEYS, RequesterSession, begins_anew
from vssfsm.reports.words import either
from vssfsm.spec.requester import RELEASED, REQUESTER
from vssfsm.spec.rows import FREE, SAME, Row
from vssfsm.spec.vocabulary import NAMES_OF, RESULT_CALLS

_FOLDED: Final = {
    YES: "An asynchronous call may end on its own line: the session is folded.",
    NO: "Asynchronous calls end with results of their own.",
}


class Seen(NamedTuple):
    """One region around a record: states before, states after, and the rows that were taken."""

    table: Table
    before: tuple[str, ...]
    after: tuple[str, ...]
    rows: tuple[Row, ...]


class Replayed(NamedTuple):
    """A requester's session around a record; *regions* know its call, the lifecycle is first."""

    since: int
    lifecycle: tuple[str, ...]
    legal: tuple[str, ...]
    regions: tuple[Seen, ...]
    folding: str | None


def missing(records: list[Record], record: Record) -> tuple[str, ...]:
    """Give the keys that tell sessions apart elsewhere in the input, and that *record* lacks."""
    keys = [key_of(r) for r in records if r.actor == "requester" and not r.hole]
    own = key_of(record)
    return tuple(
        field
        for field in KEYS
        if getattr(own, field) is None and any(getattr(key, field) is not None for key in keys)
    )


def replay(records: list[Record], target: Record, kind: str) -> Replayed:
    """
    Step the session of *target* through the records up to it.

    Args:
        records: of the input, in order.
        target: one of them.
        kind: of observation of the input.
    """
    together = in_one(records)
    call = next((each for each in together if target.line in (each.line, each.second)), None)
    if call is not None:  # else it is the second line of what was judged before it
        records, target = together, call
    own = _session_of(target)
    session = RequesterSession(own, Visits())
    if kind == "window":
        session.hide(0)
    since = 0
    for record in records:
        if record is target:
            return _around(session, target, kind, since)
        if _is_hole(record, own):
            session.hide(record.line)
        elif record.actor == "requester" and _session_of(record) == own:
            _take(session, record, kind)
            since = record.line
    raise AssertionError  # the target is one of the records


def cheapest_rows(known: Table, states: tuple[str, ...], seen: Symbol) -> tuple[Row, ...]:
    """Give the cheapest rows of *known* that *seen* takes from *states*."""
    moves = [move for state in states for move in known.moves(state, seen).values()]
    least = min(move.cost for move in moves)
    rows = [move.row for move in moves if move.cost == least and move.row is not None]
    return tuple({row.code: row for row in rows}.values())


def _session_of(record: Record) -> Key:
    return Key(record.host, record.session)


def _is_hole(record: Record, own: Key) -> bool:
    """Tell whether *record* may hide a call of the session *own*."""
    key = _session_of(record)
    if not key.may_be(own):
        return False
    if record.hole or record.actor is None or record.event is None:
        may_be = record.event is None or record.event in NAMES_OF["requester"]
        return record.actor in (None, "requester") and may_be
    return record.actor == "requester" and key != own


def _take(session: RequesterSession, record: Record, kind: str) -> Symbol | None:
    """Step every region that knows the call; gives the symbol that they saw."""
    seen = _ready(session, record, kind)
    if seen is None:
        return None
    for track in session.tracks.values():
        if track.table.knows(seen.event):
            track.take(seen, record.line)
    if session.lifecycle.is_in(RELEASED.phase):
        for track in session.tracks.values():
            track.forget()
    return seen


def _ready(session: RequesterSession, record: Record, kind: str) -> Symbol | None:
    """Bring *session* to the point before *record*, and give its symbol."""
    if "partial" in (kind, record.observation):
        session.hide(record.line)
    if session.key.session is None and begins_anew(record, session.lifecycle):
        session.renew()
    for implied in session.implied(record):
        for track in session.tracks.values():
            if track.table.knows(implied.event):
                track.take(implied, record.line)
    seen = symbol(record, None)
    told = session.seen(record, seen)
    own = session.symbol_of(record, told)
    session.rounds.take(record)
    session.note_status(record, seen, told)
    return own


def _around(session: RequesterSession, target: Record, kind: str, since: int) -> Replayed:
    seen = _ready(session, target, kind)
    lifecycle, legal = session.lifecycle.belief.cheapest, tuple(_legal(session))
    regions = []
    for track in session.tracks.values() if seen is not None else ():
        if seen is not None and track.table.knows(seen.event):
            before = track.belief.cheapest
            rows = cheapest_rows(track.table, before, track.table.project(seen))
            track.take(seen, target.line)
            regions.append(Seen(track.table, before, track.belief.cheapest, rows))
    return Replayed(since, lifecycle, legal, tuple(regions), session.folding.state)


def _legal(session: RequesterSession) -> Iterator[str]:
    """Give the calls that move the lifecycle on and that no region forbids."""
    states = set(session.lifecycle.belief.cheapest)
    moving = {
        event
        for row in REQUESTER.rows
        if row.pays == FREE and states.intersection(row.source)
        for event in row.on
        if any(to not in (SAME, *states) for to in row.to)
    }
    for event in session.lifecycle.table.expected(states):
        if event in moving and all(_allows(track, event) for track in session.tracks.values()):
            yield event


def _allows(track: Track, event: str) -> bool:
    known = track.table
    return not known.knows(event) or event in known.expected(track.belief.cheapest)


def session_words(replayed: Replayed) -> str:
    """Say whether the session is folded, where that is settled."""
    return _FOLDED.get(replayed.folding or "", "")


def region_words(seen: Seen) -> str:
    """Say where a region stood and where it went."""
    before, after = either(seen.before), either(seen.after)
    moved = f" -> {after}" if after != before else ""
    return f"{seen.table.region.name}: {before}{moved}"


def is_unnamed_result(record: Record) -> bool:
    """Tell whether *record* is a result that does not say whose it is."""
    return record.event in RESULT_CALLS and record.of is None
