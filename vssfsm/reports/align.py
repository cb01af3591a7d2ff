"""
A trace beside the cheapest legal run of each of its sessions, and the trace that it repairs to.

Moves: SYNC, the record is legal there; TRACE_ONLY, the record goes; MODEL_ONLY, the event was
missing. A record that is replaced is one of each.
"""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

from vssfsm.core.align import Move
from vssfsm.core.edit import Edit
from vssfsm.core.finding import Participant
from vssfsm.core.record import Record
from vssfsm.errors import UsageError
from vssfsm.monitor import Monitor
from vssfsm.monitor.repairs import Aligned, whose
from vssfsm.repair import edits_of
from vssfsm.reports import text
from vssfsm.reports.words import count, equally_cheap, one_line, show_edit, some
from vssfsm.run import Run, check
from vssfsm.spec.edits import DROP, INSERT, REPLACE
from vssfsm.traces import source

SYNC: Final = "SYNC"
TRACE_ONLY: Final = "TRACE_ONLY"
MODEL_ONLY: Final = "MODEL_ONLY"
_TITLES: Final = ("line", "trace", "move", "model", "state")
#: what an inserted record keeps of another one of its session
_KEPT: Final = (
    *("actor", "host", "session", "process", "writer", "writer_id", "instance"),
    *("observation", "v"),
)
_Row = tuple[str, str, str, str, str]
_Edits = dict[Participant, list[Edit]]


class Alignment(NamedTuple):
    """
    A trace, aligned.

    Args:
        run: the verdict on the trace as it is.
        page: trace and model side by side, per session.
        edits: of every session, completed where it owes something.
    """

    run: Run
    page: str
    edits: _Edits


def align_trace(
    path: str, *, release: str | None = None, observation: str | None = None
) -> Alignment:
    """
    Align every session of the trace *path*.

    Raises:
        UsageError: an option is wrong, or *path* is standard input, which is read once only.
    """
    if path == source.STDIN:
        raise UsageError("standard input cannot be aligned; name a file")
    run = check(path, release=release, observation=observation)
    if not run.counts["records"]:
        return Alignment(run, text.render(run), {})
    kind = run.inputs[0].observation
    monitor = Monitor(release=release, observation=kind, path=path, every=True)
    findings = []
    reader = import_module(f"vssfsm.traces.readers.{run.inputs[0].format}")
    opened = source.open_input(path)
    cut = False
    with opened.stream:
        try:
            for record, notes in reader.read(opened):
                findings += monitor.feed(record, notes)
        except EOFError:
            cut = True
    findings += monitor.close(truncated=cut)
    edits = edits_of(findings, monitor.repairs)
    return Alignment(run, "\n".join(_page(run, monitor.aligned, edits)) + "\n", edits)


# --- The page ----------------------------------------------------------------
def _page(run: Run, aligned: Sequence[Aligned], edits: _Edits) -> Iterator[str]:
    for item in aligned:
        yield _title(item)
        if item.repair is None:
            yield "  too long to align"
        else:
            yield from _table([row for move in item.repair.moves for row in _rows(item, move)])
            cheap = equally_cheap(item.repair.alternatives) if item.repair.edits else ""
            yield f"  {count(len(item.repair.edits), 'edit')}{cheap}"
        yield ""
    told = {edit for item in aligned if item.repair for edit in item.repair.edits}
    for single in (edit for found in edits.values() for edit in found if edit not in told):
        yield f"also {show_edit(single.as_dict())}: the record breaks a rule of its own"
    yield f"{run.verdict}: {count(run.counts['errors'], 'error')} in the trace as it is"


def _title(item: Aligned) -> str:
    actor, host, session, writer, instance = item.who
    where = [f"host {host}"] if host else []
    where += [f"session {session}"] if session else []
    name = writer or instance
    parts = ", ".join(where)
    return one_line(f"{actor}{f' {name}' if name else ''}{f' ({parts})' if parts else ''}")


def _rows(item: Aligned, move: Move) -> Iterator[_Row]:
    state, edit = some(move.states), move.edit
    if move.number is None:
        yield "", "", MODEL_ONLY, _name(edit), state
        return
    step: Any = item.steps[move.number]
    of = getattr(getattr(step, "record", None), "of", None)
    event = "(hidden)" if step.symbol is None else f"{step.event}{f' of {of}' if of else ''}"
    line = str(step.line)
    if edit is None:
        yield line, event, SYNC, "" if step.symbol is None else event, state
        return
    yield line, event, TRACE_ONLY, "", "" if edit.op == REPLACE else state
    if edit.op == REPLACE:
        yield "", "", MODEL_ONLY, _name(edit), state


def _name(edit: Edit | None) -> str:
    return f"{edit.event} of {edit.of}" if edit and edit.of else edit.event if edit else ""


def _table(rows: Sequence[_Row]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(_TITLES, *rows, strict=True)]
    for row in (_TITLES, *rows):
        cells = (f"{one_line(cell):{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


# --- The repaired trace ------------------------------------------------------
def repaired(path: str, alignment: Alignment) -> str:
    """
    Give the trace *path* with all edits applied, as canonical JSON Lines.

    Lines that could not be read as records, and blank ones, stay as they are.

    Raises:
        UsageError: *path* is no canonical trace, or one that is cut or holds lines of no text.
    """
    if alignment.run.inputs[0].format != "jsonl" or not alignment.run.counts["records"]:
        raise UsageError(f"{path} is no canonical trace; only such a one can be repaired")
    try:
        return "".join(f"{line}\n" for line in _Rewriting(alignment.edits).lines(path))
    except EOFError as error:
        raise UsageError(f"{path} ends in the middle, and cannot be repaired") from error


class _Rewriting:
    """Applies edits line by line; an inserted record takes its keys from its session."""

    def __init__(self, edits: _Edits) -> None:
        self._edits = edits
        self._latest: dict[Participant, dict[str, object]] = {}

    def lines(self, path: str) -> Iterator[str]:
        """Give the lines of the repaired trace."""
        reader = import_module("vssfsm.traces.readers.jsonl")
        opened = source.open_input(path)
        with opened.stream:
            records = {record.line: record for record, _ in reader.read(opened)}
        opened, number = source.open_input(path), 0
        with opened.stream:
            for number, raw in source.lines(opened):
                if not isinstance(raw, str):
                    raise UsageError(f"line {number} of {path} is no text, and cannot be kept")
                yield from self._line(number, raw, records.get(number))
        yield from self._inserted(number + 1)

    def _line(self, number: int, raw: str, record: Record | None) -> Iterator[str]:
        import json

        if record is None or record.hole:
            yield from self._inserted(number)
            yield raw.rstrip("\r\n")
            return
        who = whose(record)
        self._latest[who] = json.loads(raw)
        yield from self._inserted(number)
        changes = [e for e in self._edits.get(who, ()) if e.line == number and e.op != INSERT]
        for edit in changes[:1]:
            if edit.op != DROP:
                yield self._bare(who, edit)
        if not changes:
            yield raw.rstrip("\r\n")

    def _inserted(self, number: int) -> Iterator[str]:
        for who, edits in self._edits.items():
            for edit in edits:
                if edit.line == number and edit.op == INSERT:
                    yield self._bare(who, edit)

    def _bare(self, who: Participant, edit: Edit) -> str:
        import json

        known = self._latest.get(who, {})
        kept = {key: known[key] for key in _KEPT if key in known}
        of = {"of": edit.of} if edit.of else {}
        return json.dumps({"actor": who[0], **kept, "event": edit.event, **of})
