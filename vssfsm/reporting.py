"""Options and reports of the commands that judge: which rules count, and what is written where."""

import argparse
import os
import sys

from vssfsm.commands import settings_of
from vssfsm.config import FAIL_ON
from vssfsm.reports.formats import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from vssfsm.config.settings import Settings
    from vssfsm.outputs import Target
    from vssfsm.results import Accepted, Run


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take the rules that count."""
    parser.add_argument(
        "--select",
        metavar="CODES",
        action="append",
        default=[],
        help="judge by these rules only: codes, names or families such as WTR, with commas",
    )
    parser.add_argument(
        "--ignore", metavar="CODES", action="append", default=[], help="leave these rules out"
    )


def add_reports(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take where reports go, and what makes the exit code."""
    parser.add_argument(
        "--output-format",
        choices=tuple(FORMATS),
        action=_InOrder,
        const="format",
        help="repeatable, each with its -o; one of them may go to standard output",
    )
    parser.add_argument(
        *("-o", "--output"),
        metavar="FILE",
        action=_InOrder,
        const="file",
        help="write the report of the format before it here; the file appears whole or not at all",
    )
    parser.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        help="warnings and inconclusive verdicts fail too",
    )
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        action="append",
        default=[],
        help="exit 1 also if a writer was last seen with a failure",
    )
    parser.add_argument(
        "--baseline", metavar="FILE", help="leave out the findings that this file accepts"
    )
    parser.add_argument(
        "--write-baseline",
        metavar="FILE",
        help="accept all findings of this run, for later ones; what could not be read never is",
    )


class _InOrder(argparse.Action):
    """Keep the order of formats and files: it tells which of them belong together."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - as argparse calls it
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        known = getattr(namespace, "targets", None) or []
        namespace.targets = [*known, (self.const, values)]


def targets(arguments: argparse.Namespace, settings: "Settings") -> "list[Target]":
    """Give the reports that are wanted."""
    from vssfsm.outputs import plan

    return plan(getattr(arguments, "targets", None) or [], settings.output_format or "text")


def options(
    arguments: argparse.Namespace, settings: "Settings", targets: "list[Target]"
) -> "dict[str, Any]":
    """Give what every input is judged by, as `vssfsm.check` takes it."""
    return {
        "release": settings.release,
        "observation": settings.observation,
        "input_format": getattr(arguments, "input_format", "auto"),
        "select": settings.select or (),
        "ignore": settings.ignore or (),
        "columns": settings.columns,
        "constants": settings.constants,
        "keep_records": any(target.format == "html" for target in targets),
    }


def _split(values: list[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",") if code.strip()]


def settings_from(arguments: argparse.Namespace) -> "Settings":
    """Give what the command line says, and for the rest what a file says."""
    told = settings_of(arguments)
    given = {
        "select": _split(arguments.select) or None,
        "ignore": _split(arguments.ignore) or None,
        "release": getattr(arguments, "release", None),
        "observation": getattr(arguments, "observation", None),
        "strict": arguments.strict,
        "fail_on": arguments.fail_on or None,
        "baseline": arguments.baseline,
    }
    return told._replace(**{name: value for name, value in given.items() if value is not None})


def baseline(path: str | None, written: str | None) -> "tuple[Accepted, ...] | None":
    """Read the baseline; the one that this run writes for the first time is still missing."""
    from vssfsm.baseline import load

    if not path:
        return None
    first = bool(written) and os.path.realpath(written or "") == os.path.realpath(path)
    if first and not os.path.exists(path):
        return None
    return load(path)


def say(text: str) -> None:
    """Say on standard error what a user has to know beside the report."""
    from vssfsm.reports.words import inert, one_line

    print(inert(one_line(f"vssfsm: {text}")), file=sys.stderr)


def report(
    run: "Run",
    settings: "Settings",
    accepted: "tuple[Accepted, ...] | None",
    targets: "list[Target]",
    written: str | None,
) -> int:
    """Write everything, files first and whole, and give the exit code."""
    from vssfsm.baseline import accepted as accept
    from vssfsm.baseline import apply, text
    from vssfsm.outputs import STDOUT, refuse_twice, show, write_all

    files = [(written, text(accept(run.findings)))] if written else []
    if accepted is not None:
        run = apply(run, accepted)
    run = run._replace(strict=bool(settings.strict), fail_on=tuple(settings.fail_on or ()))
    files += [(path, _render(run, name, path)) for name, path in targets if path != STDOUT]
    kept = [one.path for one in run.inputs] + [settings.path] * bool(settings.path)
    refuse_twice([path for path, _ in files], kept)
    printed = [_render(run, name, path) for name, path in targets if path == STDOUT]
    write_all(files)
    show("".join(printed))
    for told in run.defects:
        say(told)
    return run.exit_code(strict=run.strict, fail_on=run.fail_on)


def _render(run: "Run", name: str, target: str) -> str:
    from importlib import import_module

    module = import_module(FORMATS[name])
    colors = {"color": True} if name == "text" and target == "-" and _wants_color() else {}
    text: str = module.render(run, **colors)
    return text


def _wants_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
