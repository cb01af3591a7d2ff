"""
The page of one record of a trace: what was legal there, and what the record did.

The lifecycle of the record's writer, or every region of its requester, is replayed from the start
of the input up to the record, with holes where other records may hide something. What was found on
its line comes from `check` itself.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Final, NamedTuple

from vssfsm.core.finding import Finding, Note
from vssfsm.core.record import Record, Symbol, state_class, symbol
from vssfsm.core.track import Track
from vssfsm.errors import UsageError
from vssfsm.monitor import table
from vssfsm.monitor.calls import is_vague
from vssfsm.monitor.keys import Key, key_of
from vssfsm.monitor.tables import only_row
from vssfsm.reports import calls
from vssfsm.reports.calls import cheapest_rows
from vssfsm.reports.page import Page, sentence
from vssfsm.reports.status import show_code, show_state
from vssfsm.reports.words import either, show_edit
from vssfsm.run import check
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.rows import ERROR, FREE, INFO, Row
from vssfsm.spec.vocabulary import (
    HANDLERS,
    HELPERS,
    LIFECYCLE_EVENTS,
    NO_LIFECYCLE_STATE,
    RESULT_CALLS,
    SESSION_STARTS,
    STATUS_CALLS,
)
from vssfsm.traces.formats import AUTO
from vssfsm.traces.reading import enter

_WRITER: Final = table("writer")
#: lines of a block of a listing before its state
_BLOCK: Final = 4
_SAMPLED: Final = "sampled"


def explain_record(path: str, line: int) -> str:
    """
    Give the page of the record on 1-based *line* of the input *path*.

    Raises:
        UsageError: the input cannot be read, or the line holds no record.
    """
    records, kind = _records(path)
    record = _at(records, line, path, kind)
    page = Page(f"{path}:{record.line}: {_title(record)}")
    page.row("record", _show(record))
    if record.actor == "writer" and record.event in LIFECYCLE_EVENTS and kind != _SAMPLED:
        _lifecycle(page, records, record, kind)
    elif record.actor == "requester" and not record.hole and kind != _SAMPLED:
        _calls(page, records, record, kind)
        if record.event in STATUS_CALLS:
            _pair(page, record)
    else:
        _alone(page, record)
    found = _findings(path, record.line)
    page.items("findings", [_show_finding(page, item) for item in found] or ["none on this line"])
    page.items("repair", [show_edit(edit) for item in found for edit in item.repair])
    if record.state is not None and record.actor != "writer" and record.failure is not None:
        page.row("more", f"vssfsm explain {record.state} 0x{record.failure:08x}")
    return page.text()


def _findings(path: str, line: int) -> list[Finding]:
    """Give what is found on a line; repairs are looked for where something is to be mended."""
    stamp = _stamp(path)
    plain = [item for item in _judged(path, stamp, repair=False) if item.line == line]
    if all(item.severity == INFO for item in plain):
        return plain
    return [item for item in _judged(path, stamp, repair=True) if item.line == line]


def _stamp(path: str) -> tuple[int, int]:
    """Tell whether a file was written since it was judged."""
    try:
        facts = os.stat(path)
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=8)
def _judged(path: str, stamp: tuple[int, int], *, repair: bool) -> tuple[Finding, ...]:  # noqa: ARG001 - another file
    return check(path, repair=repair).findings


# --- Reading -----------------------------------------------------------------
def _records(path: str) -> tuple[list[Record], str]:
    """Give the records of an input, as far as it can be read, and its kind of observation."""
    records: list[Record] = []
    with enter(path, AUTO) as entered:
        if isinstance(entered, Note):
            raise UsageError(f"cannot read {path}: {entered.message}")
        reader = entered.reader
        with suppress(EOFError):
            records.extend(record for record, _ in reader.read(entered.opened))
    return records, reader.OBSERVATION


def _at(records: list[Record], line: int, path: str, kind: str) -> Record:
    """Find the record on *line*; in a listing, any line of its block will do."""
    near = range(line - 1, line + _BLOCK) if kind == _SAMPLED else (line,)
    for number in (line, *near):
        for record in records:
            if record.line == number:
                return record
    last = records[-1].line if records else 0
    raise UsageError(f"line {line} of {path} holds no record; the last one is on line {last}")


def _title(record: Record) -> str:
    if record.hole:
        return "a line that could not be read"
    who = record.writer or record.instance or record.writer_id or record.actor or "somebody"
    return f"{record.event} of {who}"


def _kind_of(record: Record) -> str:
    return "handler" if record.event in HANDLERS else "call"


def _show(record: Record) -> str:
    parts = [f"outcome {record.outcome}"] if record.outcome else []
    parts += [f"{record.at} of the {_kind_of(record)}"] if record.at else []
    parts += [f"during {record.during}"] if record.during else []
    parts += [f"state {show_state(record.state)}"] if record.state is not None else []
    parts += [f"failure {show_code(record.failure)}"] if record.failure is not None else []
    parts += [f"of {record.of}"] if record.of else []
    parts += [f"async_result {show_code(record.async_result)}"] if record.async_result else []
    parts += [f"context {record.context}"] if record.context is not None else []
    parts += [f"hresult {show_code(record.hresult)}"] if record.hresult is not None else []
    where = (("host", record.host), ("session", record.session), ("release", record.release))
    parts += [f"{name} {value}" for name, value in where if value]
    return ", ".join(parts) or ("" if record.hole else "nothing but its name")


# --- The lifecycle -----------------------------------------------------------
class _Replayed(NamedTuple):
    """The writer's session around a record."""

    before: tuple[str, ...]
    since: int
    after: tuple[str, ...]
    rows: tuple[Row, ...]


def _lifecycle(page: Page, records: list[Record], record: Record, kind: str) -> None:
    loose = _missing(records, record)
    if loose:
        page.row(
            "before",
            f"Unknown: the record has no {either(loose)}, which others carry, so it may belong to"
            " several sessions.",
        )
        return
    replayed = _replay(records, record, kind)
    page.entries("before", [_with_meaning(name) for name in replayed.before])
    page.row("since", f"line {replayed.since}" if replayed.since else "the begin of the session")
    page.row("legal", either(_WRITER.expected(replayed.before)))
    page.entries("did", [_show_row(page, row, record) for row in replayed.rows])
    page.row("after", either(replayed.after))
    page.row("then legal", either(_WRITER.expected(replayed.after)))


def _with_meaning(name: str) -> str:
    return f"{name}: {_WRITER.states[name].means}"


def _show_row(page: Page, row: Row, record: Record) -> str:
    page.cite(*row.sources)
    if row.to and row.pays == FREE:
        return f"permitted: {sentence(row.says)} ({row.code}, {row.grade})"
    verb = "permitted with a note" if row.to else "broke"
    return f"{record.event} {verb}: {row.code} {row.name} ({row.severity}, {row.grade})"


def _missing(records: list[Record], record: Record) -> tuple[str, ...]:
    """Give the keys that tell sessions apart elsewhere in the input, and that *record* lacks."""
    keys = [key_of(r) for r in records if r.actor == "writer" and not r.hole]
    own = key_of(record)
    fields = ("host", "session", "instance") if own.instance else Key._fields
    return tuple(
        field
        for field in fields
        if getattr(own, field) is None and any(getattr(key, field) is not None for key in keys)
    )


def _replay(records: list[Record], target: Record, kind: str) -> _Replayed:
    """Step the session of *target* through the records up to it."""
    own = key_of(target)
    track = Track(_WRITER, restart=own.session is None)
    if kind == "window":
        track.take_hole(0)
    for record in _up_to(records, target):
        if _is_hole(record, own):
            track.take_hole(record.line)
        elif _same(key_of(record), own) and record.event in LIFECYCLE_EVENTS:
            if "partial" in (kind, record.observation):
                track.take_hole(record.line)
            seen = _symbol(record)
            track = _maybe_anew(track, record, seen, own)
            track.take(seen, record.line, record.at)
    return _around(track)


def _up_to(records: list[Record], target: Record) -> Iterator[Record]:
    for record in records:
        yield record
        if record is target:
            return


def _is_hole(record: Record, own: Key) -> bool:
    key = key_of(record)
    if not key.may_be(own):
        return False
    if record.hole or record.actor is None:
        return record.actor in (None, "writer")
    return record.actor == "writer" and record.event in LIFECYCLE_EVENTS and not _same(key, own)


def _same(key: Key, own: Key) -> bool:
    if (key.host, key.session) != (own.host, own.session):
        return False
    return key.instance == own.instance if own.instance else key == own


def _symbol(record: Record) -> Symbol:
    """Give the symbol of the lifecycle: an illegal pair, and two states, are not reported."""
    seen = symbol(record, None)
    pair = table("status").project(seen._replace(event="status", outcome=None))
    (move,) = table("status").moves("any", pair).values()
    illegal = move.row is not None and move.row.severity == ERROR
    if illegal or state_class(record.state) in NO_LIFECYCLE_STATE:
        return seen._replace(state=None, failure=None if illegal else seen.failure)
    return seen


def _maybe_anew(track: Track, record: Record, seen: Symbol, own: Key) -> Track:
    """Begin the next session where the file is the scope and the last one may have ended."""
    begins = own.session is None and record.event in SESSION_STARTS
    if begins and not track.is_free(seen) and track.may_have_ended:
        return Track(_WRITER, restart=True)
    return track


def _around(track: Track) -> _Replayed:
    index = len(track.history) - 1
    step = track.history[index]
    before = track.states_before(index)
    earlier = (track.history[i].line for i in range(index - 1, -1, -1) if track.history[i].symbol)
    rows = () if step.symbol is None else cheapest_rows(_WRITER, before, step.symbol)
    return _Replayed(before, next(earlier, 0), track.belief.cheapest, rows)


# --- Calls -------------------------------------------------------------------
def _calls(page: Page, records: list[Record], record: Record, kind: str) -> None:
    loose = calls.missing(records, record)
    if loose:
        page.row(
            "before",
            f"Unknown: the record has no {either(loose)}, which others carry, so it may belong to"
            " several sessions.",
        )
        return
    replayed = calls.replay(records, record, kind)
    page.entries("before", [_object(name) for name in replayed.lifecycle])
    page.row("since", f"line {replayed.since}" if replayed.since else "the begin of the session")
    page.row("session", calls.session_words(replayed))
    page.row("legal", either(replayed.legal))
    page.row("did", _unjudged(record, replayed))
    page.entries("regions", [calls.region_words(seen) for seen in replayed.regions])
    rows = {row.code: row for seen in replayed.regions for row in seen.rows}
    page.entries("did", [_show_row(page, row, record) for row in rows.values()])
    methods = table("methods")
    if methods.knows(record.event):
        row = only_row(methods, methods.project(symbol(record, None)))
        page.entries("did", [_show_row(page, row, record)] if row else [])


def _object(name: str) -> str:
    return f"{name}: {table(REQUESTER.name).states[name].means}"


def _unjudged(record: Record, replayed: calls.Replayed) -> str:
    """Say why no region of the object knows the record."""
    if replayed.regions:
        return ""
    if record.event in HELPERS:
        return "A helper function: it is read, and no rule is about it."
    if calls.is_unnamed_result(record):
        return "A result that names no call in `of`: it may belong to any, and says nothing."
    if record.event in RESULT_CALLS and is_vague(record):
        return (
            f"It says that {record.of} ended, not how: a QueryStatus before the next call can tell;"
            " without one, either may be true."
        )
    if record.event in RESULT_CALLS or record.of is not None:
        return "It says nothing of how a call ended, and changes nothing."
    return "No region of the object knows it." if not table("methods").knows(record.event) else ""


# --- Other records -----------------------------------------------------------
def _alone(page: Page, record: Record) -> None:
    """Explain a record that moves no lifecycle."""
    if record.hole:
        page.row("did", "It is a hole: what it may have held is given the benefit of the doubt.")
    elif record.event in STATUS_CALLS or record.actor == "observer":
        page.row("did", "A status report: judged as a pair; it moves no session.")
        _pair(page, record)
    elif record.event in HANDLERS:
        page.row("did", "It belongs to no place in the lifecycle.")
    for name in ("anytime", "interface"):
        known = table(name)
        if record.actor == "writer" and known.knows(record.event):
            rows = cheapest_rows(known, ("any",), known.project(symbol(record, None)))
            page.entries("did", [_show_row(page, row, record) for row in rows])


def _pair(page: Page, record: Record) -> None:
    status = table("status")
    seen = symbol(record, None)._replace(event="status", outcome=None)
    for row in cheapest_rows(status, ("any",), status.project(seen)):
        page.row("pair", f"{sentence(row.says)} ({row.code})", *row.sources)


def _show_finding(page: Page, item: Finding) -> str:
    page.cite(*item.sources)
    return f"{item.severity} {item.rule} {item.name}: {item.message}"
