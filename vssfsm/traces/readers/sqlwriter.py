"""
The trace of SQL Server's writer (SqlWriterLogger): which handlers were entered, on which thread.

A line names a handler when it is entered; how the handler ended is not said. The thread is the key
of a session, and PrepareBackup or PreRestore begin a new one on it. An exception is no outcome:
its code stands in `args` of the handler before it on its thread, as `logged`. Times are of the
machine's own zone, which the log does not name, so they stand in `args` as `local_time`.
"""

import re
from collections.abc import Generator
from datetime import datetime
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.vocabulary import HANDLERS, SESSION_STARTS, writer_event
from vssfsm.traces.aside import Aside
from vssfsm.traces.beside import beside
from vssfsm.traces.source import Opened, text_of
from vssfsm.traces.transcript import Made, Pattern, transcribe

OBSERVATION: Final = "partial"
#: name of the writer that keeps this log
WRITER: Final = "SqlServerWriter"
_PREFIX: Final = (
    r"\[(?P<time>\d\d/\d\d/\d{4} \d\d:\d\d:\d\d), TID (?:0x)?(?P<thread>[0-9a-fA-F]{1,8})\]"
)
_ENTERING: Final = re.compile(rf"{_PREFIX} *Entering SQL Writer (?P<handler>On[A-Za-z]+)")
_EXCEPTION: Final = re.compile(
    rf"(?:{_PREFIX} *)?HRESULT EXCEPTION CAUGHT: *hr: *0x(?P<code>[0-9a-fA-F]{{8}})"
)
_OTHER: Final = re.compile(_PREFIX)
#: how a handler's line begins; another line of the writer may begin so
_BEGINS: Final = re.compile(rf"{_PREFIX} *Entering\b")
_CAUGHT: Final = "the writer caught an exception; whether the handler failed by it is not said"


def read(opened: Opened) -> Generator[Made, None, Aside]:
    """
    Give a record per handler that was entered.

    Returns:
        Exceptions, as known and not used; what became of the lines; a guessed code page.
    """
    text, guessed, _ = text_of(opened)
    log = _Log()
    found = transcribe(text, log.patterns)
    for record, notes in found.made:
        code = log.exceptions.get(record.line)
        args = (record.args or {}) | ({"logged": code} if code else {})
        yield record._replace(args=args or None), notes
    return Aside(0, guessed, (*found.seen, *beside(text, "sqlwriter")), found.share)


class _Log:
    """What is remembered from line to line: sessions of threads, and exceptions of handlers."""

    def __init__(self) -> None:
        self.patterns = (
            Pattern("handler", _ENTERING, self._entered, begins=_BEGINS),
            Pattern("exception", _EXCEPTION, tells=self._caught),
            Pattern("other line of the writer", _OTHER),
        )
        #: line of a handler -> code of the exception that was caught behind it
        self.exceptions: dict[int, str] = {}
        self._sessions: dict[str, int] = {}
        self._last: dict[str, int] = {}

    def _entered(self, match: re.Match[str], line: int) -> Made:
        event, thread = writer_event(match["handler"]), match["thread"].lower()
        if event not in HANDLERS:
            note = Note(inputs.UNKNOWN_NAME.code, line, f"handler {match['handler']}")
            return Record(line=line, hole=True, actor="writer", writer=WRITER), (note,)
        if event in SESSION_STARTS or thread not in self._sessions:
            self._sessions[thread] = self._sessions.get(thread, 0) + 1
        self._last[thread] = line
        record = Record(
            line=line,
            actor="writer",
            event=event,
            writer=WRITER,
            session=f"thread {thread}, {self._sessions[thread]}",
            thread=int(thread, 16),
            args=_local_time(match["time"]),
        )
        return record, ()

    def _caught(self, match: re.Match[str]) -> tuple[str, str]:
        code = f"0x{match['code'].lower()}"
        line = self._last.get((match["thread"] or "").lower())
        if line is not None:
            self.exceptions.setdefault(line, code)
        return f"exception {code}", _CAUGHT


def _local_time(text: str) -> dict[str, object]:
    try:
        moment = datetime.strptime(text, "%m/%d/%Y %H:%M:%S")  # noqa: DTZ007 - no zone is named
    except ValueError:
        return {}
    return {"local_time": moment.isoformat()}
