"""
Workflow commands of GitHub Actions: each finding becomes an annotation of its file and line.

What a command means is decided by characters, so each value is escaped; the lines after the
commands are for the log and hold none.
"""

import os
from collections.abc import Iterator
from typing import Final

from vssfsm.core.finding import Finding
from vssfsm.reports.page import sentence
from vssfsm.reports.text import summary
from vssfsm.reports.words import either, inert, one_line
from vssfsm.results import Run
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.rows import ERROR, INFO, WARNING
from vssfsm.traces.source import STDIN

_COMMANDS: Final = {ERROR: "error", WARNING: "warning", INFO: "notice"}


def render(run: Run) -> str:
    """Give the report with a final line end."""
    lines = [_command(item) for item in run.findings]
    return "\n".join([*lines, *summary(run)]) + "\n"


def _command(item: Finding) -> str:
    place = {} if item.path == STDIN else {"file": _path(item.path), "line": str(item.line)}
    properties = {**place, "title": f"{item.rule} {item.name}"}
    text = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[item.severity]} {text}::{_data(chr(10).join(_message(item)))}"


def _path(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _message(item: Finding) -> Iterator[str]:
    yield one_line(sentence(item.message))
    who = item.writer or item.instance
    if who:
        yield one_line(f"Of: {who}")
    if item.expected:
        yield one_line(f"Expected: {either(item.expected)}")
    yield one_line(f"Why: {sentence(RULES[item.rule].why)}")
    yield f"Blame: {item.blame}; evidence {item.grade}"


def _data(text: str) -> str:
    return inert(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
