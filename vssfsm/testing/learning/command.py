"""The commands `vssfsm learn` and `vssfsm diff`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from vssfsm.draw.picture import render
from vssfsm.outputs import refuse_twice, show, write_all
from vssfsm.results import Run
from vssfsm.spec.rows import ERROR
from vssfsm.testing.learning import report
from vssfsm.testing.learning.learned import learn
from vssfsm.testing.learning.moves import difference, watched


class Shown(NamedTuple):
    """What the command line of `learn` or `diff` says."""

    paths: Sequence[str]
    machine: str = "writer"
    release: str | None = None
    observation: str | None = None
    input_format: str = "auto"
    form: str = "text"
    output: str = "-"


def run_learn(shown: Shown) -> int:
    """
    Write the machine that traces show.

    Raises:
        UsageError: an option or a pattern is wrong, or something cannot be written.
        MissingExtra: AALpy, or what draws, is not installed.
    """
    run = _watched(shown)
    found = learn(run, shown.machine)
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: report.learned_text(found),
        "json": lambda: report.learned_json(found),
    }
    _write(shown, forms.get(shown.form, lambda: report.learned_dot(found))())
    return 3 if run.unreadable else 0


def run_diff(shown: Shown) -> int:
    """
    Write what traces show against the rows; 1 if a move breaks a rule with an error.

    Raises:
        UsageError: an option or a pattern is wrong, or something cannot be written.
        MissingExtra: what draws is not installed.
    """
    run = _watched(shown)
    found = difference(run, shown.machine)
    forms: dict[str, Callable[[], str]] = {
        "text": lambda: report.text(found),
        "json": lambda: report.as_json(found),
    }
    _write(shown, forms.get(shown.form, lambda: report.as_dot(found))())
    if any(one.severity == ERROR for one in found.forbidden):
        return 1
    return 3 if run.unreadable else 0


def _watched(shown: Shown) -> Run:
    return watched(
        shown.paths,
        release=shown.release,
        observation=shown.observation,
        input_format=shown.input_format,
    )


def _write(shown: Shown, content: str) -> None:
    """Write to a file, whole or not at all, or to standard output; DOT is drawn for SVG."""
    if shown.form == "svg":
        content = render(content, "svg").decode().replace("\r\n", "\n")
    if shown.output != "-":
        refuse_twice([shown.output], [path for path in shown.paths if path != "-"])
        write_all([(shown.output, content)])
    else:
        show(content)
