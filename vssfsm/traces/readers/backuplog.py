"""
Lines of backup programs that tell of a writer's status: Bareos and Bacula, Druva, NTBackup, Veeam.

A line that names a writer's state or failure code becomes an observer's report. A line with a code
of the requester alone is known and not used: which call it was is not said. All other lines of such
a log are unread.
"""

import re
from collections.abc import Generator
from typing import Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import hresult_name
from vssfsm.traces.aside import Aside
from vssfsm.traces.beside import beside
from vssfsm.traces.pasted import joined
from vssfsm.traces.source import Opened, text_of
from vssfsm.traces.transcript import Made, Pattern, transcribe

OBSERVATION: Final = "sampled"
_REFUSED: Final = "a call of the requester failed; the line names no writer's state"


def read(opened: Opened) -> Generator[Made, None, Aside]:
    """
    Give an observer's record per line that tells of a writer's status.

    Returns:
        Codes of the requester, as known and not used; what became of the lines.
    """
    text, guessed, _ = text_of(opened)
    found = transcribe(text, PATTERNS)
    yield from found.made
    return Aside(0, guessed, (*found.seen, *beside(text, "backuplog")), found.share)


def _record(line: int, **values: object) -> Record:
    record = Record(line=line, actor="observer", event="WriterStatus")
    return record._replace(**values)  # type: ignore[arg-type]


def _bareos(match: re.Match[str], line: int) -> Made:
    return _record(line, writer=joined(match["name"]) or None, state=int(match["state"], 16)), ()


def _bareos_invalid(match: re.Match[str], line: int) -> Made:
    # There is one sentence per state, but none of them is documented.
    said = match["said"].strip()
    note = Note(inputs.UNKNOWN_LABEL.code, line, said)
    return _record(line, writer=joined(match["name"]) or None, args={"last_error": said}), (note,)


def _druva(match: re.Match[str], line: int) -> Made:
    return _record(line, state=int(match["state"])), ()


def _ntbackup(match: re.Match[str], line: int) -> Made:
    return _record(line, writer=joined(match["name"]) or None, failure=int(match["code"], 16)), ()


def _code(match: re.Match[str]) -> tuple[str, str]:
    return hresult_name(int(match["code"], 16)), _REFUSED


PATTERNS: Final = (
    Pattern(
        "status of Bareos or Bacula",
        re.compile(
            r"VSS Writer \([A-Za-z]+\): \"(?P<name>[^\"]*)\","
            r" State: 0x(?P<state>[0-9a-fA-F]{1,8})\b"
        ),
        _bareos,
        begins=re.compile(r"VSS Writer \([A-Za-z]+\):"),
        anywhere=True,
    ),
    Pattern(
        "warning of Bareos",
        re.compile(r"VSS Writer \"(?P<name>[^\"]*)\" has invalid state\. ERR=(?P<said>.*)"),
        _bareos_invalid,
        begins=re.compile(r"VSS Writer \"[^\"]*(?:\" has invalid\b|\" has$|\"?$)"),
    ),
    Pattern(
        "status of Druva",
        re.compile(r"\bmethod=checkWriterStatus\b.*?\bWriterState=(?P<state>\d{1,9})\b"),
        _druva,
        begins=re.compile(r"\bmethod=checkWriterStatus\b"),
    ),
    Pattern(
        "error of NTBackup",
        re.compile(r"\"(?P<name>[^\"]+)\" has reported an error 0x(?P<code>[0-9a-fA-F]{8})\b"),
        _ntbackup,
        begins=re.compile(r"\"[^\"]+\" has(?:$| reported$| reported an\b)"),
    ),
    Pattern(
        "code of NTBackup",
        re.compile(r"shadow copy: ?(?P<code>[0-9a-fA-F]{8})\b"),
        tells=_code,
    ),
    Pattern(
        "error of Veeam",
        re.compile(r"VSSControl: .*?\bCode: ?\[0x(?P<code>[0-9a-fA-F]{8})\]"),
        tells=_code,
        begins=re.compile(r"\bVSSControl:"),
    ),
)
