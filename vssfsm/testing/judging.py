"""What the fixtures of the pytest plugin do: judge, drive, and say what is wrong."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from vssfsm.core.finding import Finding
from vssfsm.errors import UsageError, VssfsmError
from vssfsm.reports import text as text_report
from vssfsm.results import Run
from vssfsm.run import Monitor, codes
from vssfsm.run import check as check_files
from vssfsm.spec.rows import ERROR
from vssfsm.testing import report
from vssfsm.testing.requesters import conformance as requesters
from vssfsm.testing.subject import subject_of
from vssfsm.testing.summary import all_rows
from vssfsm.testing.visits import Visits
from vssfsm.testing.writers import conformance as writers
from vssfsm.testing.writers.drive import Factory
from vssfsm.testing.writers.walks import possible_rows
from vssfsm.traces import source


class Trace:
    """
    A trace on disk.

    Args:
        path: where it is.
        options: of `vssfsm.check`.
    """

    def __init__(self, path: str, options: Mapping[str, object]) -> None:
        self.path = path
        self._options = options

    @cached_property
    def run(self) -> Run:
        """What a check of it gives."""
        return check([self.path], self._options)


def check(paths: Iterable[str | os.PathLike[str]], options: Mapping[str, Any]) -> Run:
    """Judge files, and keep what is needed to count visits."""
    return check_files(*paths, keep_records=True, keep_counts=True, **options)


def matches(patterns: Sequence[str], folders: Sequence[str]) -> list[tuple[str, str]]:
    """
    Give the traces that *patterns* name in the first of *folders* that has any, with short names.

    Raises:
        UsageError: no trace matches a pattern, or there is no pattern.
    """
    if not patterns:
        raise UsageError("the marker vss_traces needs a pattern, such as traces/*.jsonl")
    return [found for pattern in patterns for found in _matches(pattern, folders)]


def _matches(pattern: str, folders: Sequence[str]) -> list[tuple[str, str]]:
    for folder in folders:
        try:
            found = source.expand([os.path.join(folder, pattern)])
        except VssfsmError:
            continue
        there = [path for path in found if os.path.isfile(path)]
        if there:
            return [(os.path.relpath(path, folder).replace(os.sep, "/"), path) for path in there]
    raise UsageError(f"no trace matches {pattern} in {' or '.join(folders)}")


def complaint(options: Mapping[str, Any], rows: Sequence[str] = ()) -> str:
    """Say what is wrong with options of `vssfsm.check` and with *rows*; empty if nothing is."""
    try:
        Monitor(release=options["release"])
        for name in (*options["select"], *options["ignore"]):
            codes(name)
    except UsageError as error:
        return str(error)
    unknown = [name for name in rows if not any(code.startswith(name) for code in all_rows())]
    return f"no row has a code that begins with {unknown[0]}" if unknown else ""


# --- words ---------------------------------------------------------------------
def error_text(findings: Iterable[Finding]) -> str:
    """Give the report about the errors among *findings*; empty without one."""
    errors = [item for item in findings if item.severity == ERROR]
    return "\n".join(line for item in errors for line in (*text_report.block(item), ""))


def run_text(run: Run) -> str:
    """Give the report about *run*, if it has an error or could not be read; else nothing."""
    return text_report.render(run) if run.exit_code() else ""


# --- adapters --------------------------------------------------------------------
def conform_writer(make: Factory, options: Mapping[str, Any]) -> tuple[str, str, Visits]:
    """Drive a writer: what is wrong, its name, and what was visited."""
    outcome = writers.conform(make, **options)
    outcome.visits.known |= possible_rows(outcome.abilities, outcome.release)
    subject = subject_of(make)
    lines = report.failure(outcome, subject.command, _again(outcome), subject.reply_timeout)
    _warn(outcome)
    return "\n".join(lines), outcome.name, outcome.visits


def conform_requester(
    make: requesters.Maker, scenarios: Sequence[str], options: Mapping[str, Any]
) -> tuple[str, str, Visits]:
    """Play scenarios to a requester: what is wrong, its name, and what was visited."""
    outcome = requesters.conform_requester(make, scenarios, **options)
    subject, again = subject_of(make), _again(outcome)
    lines = [*report.requester_failure(outcome, subject.command, again, subject.reply_timeout)]
    if not outcome.calls and not lines:
        return "\n".join(outcome.doubts), outcome.name, outcome.visits
    _warn(outcome)
    return "\n".join(lines), outcome.name, outcome.visits


def _warn(outcome: writers.Outcome | requesters.RequesterOutcome) -> None:
    """Let pytest tell why a test that passes proves less than it could."""
    for doubt in () if outcome.fault else outcome.doubts:
        warnings.warn(f"{outcome.name}: {doubt}", stacklevel=3)


def _again(outcome: writers.Outcome | requesters.RequesterOutcome) -> str:
    return "fails again in a new life" if outcome.is_repeatable else "did not fail again"
