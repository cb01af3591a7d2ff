"""The command line. Every command imports what it needs when it runs, so that help is fast."""

import argparse
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import vssfsm
from vssfsm.commands import ADD, EXIT_CODES, Help, add_config, add_inputs, command, settings_of
from vssfsm.config import FAIL_ON
from vssfsm.corpora import ADD as CORPORA
from vssfsm.errors import UsageError, VssfsmError
from vssfsm.reports.formats import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from vssfsm.commands import Commands
    from vssfsm.config.settings import Settings
    from vssfsm.outputs import Target
    from vssfsm.progress import Watch
    from vssfsm.results import Accepted, Run


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    _make_output_safe()
    parser = _parser()
    arguments = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] | None = getattr(arguments, "run", None)
    if run is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        return _flushed(run(arguments))
    except VssfsmError as error:
        from vssfsm.reports.words import inert, one_line

        print(inert(one_line(f"vssfsm: {error}")), file=sys.stderr)
        return error.exit_code
    except OSError as error:
        return _lost_output(error)
    except KeyboardInterrupt:
        return 130


def _flushed(code: int) -> int:
    """Write what waits, so that a closed pipe and a full disk are noticed before the end."""
    sys.stdout.flush()
    return code


def _lost_output(error: OSError) -> int:
    """Say that standard output takes no more, unless its reader is gone: nobody is left to tell."""
    if error.filename is not None:
        raise error
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL):
        return 0
    print(f"vssfsm: cannot write standard output: {error.strerror}", file=sys.stderr)
    return 2


def _make_output_safe() -> None:
    """Give every console a character it can print, and every file the same bytes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", newline="\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vssfsm",
        description="Hold recorded behaviour of VSS writers and requesters against the protocol.",
        epilog="example: vssfsm check trace.jsonl\n\n" + EXIT_CODES,
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=f"vssfsm {vssfsm.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in (_add_check, *ADD, *CORPORA):
        add(commands)
    return parser


# --- check -------------------------------------------------------------------
def _add_check(commands: "Commands") -> None:
    example = "vssfsm check trace.jsonl listing.txt --output-format json -o report.json"
    what = "judge traces and listings"
    parser = command(commands, "check", what, example, _check)
    add_inputs(parser, "*")
    _add_evidence(parser)
    _add_reports(parser)
    add_config(parser, "read settings")


def _add_evidence(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take what is known of the evidence, and by which rules it is judged."""
    parser.add_argument(
        "--observation",
        metavar="KIND",
        help="complete, partial, window or sampled: what the evidence holds of what happened",
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        help="judge all inputs as one case, in the order of their times; a directory with a"
        " case.toml always is one",
    )
    parser.add_argument(
        "--tolerance",
        type=float,
        metavar="S",
        help="seconds that the clocks of a case may differ by (1, or what case.toml says)",
    )
    parser.add_argument("--release", metavar="NAME", help="Windows release, such as 2019")
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


def _add_reports(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="share the inputs among N processes (1); the report is the same",
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


def _check(arguments: argparse.Namespace) -> int:
    # Collecting garbage while the tables are built takes a tenth of a short check.
    gc.disable()
    from vssfsm.run import check

    gc.freeze()
    gc.enable()
    from vssfsm.outputs import plan

    settings = _settings(arguments)
    targets = plan(getattr(arguments, "targets", None) or [], settings.output_format or "text")
    paths = arguments.paths
    if not paths:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("nothing to check; name a file, or see `vssfsm check --help`")
        paths = ["-"]
    accepted = _baseline(settings.baseline, arguments.write_baseline)
    with _progress() as watch:
        run = check(
            *paths,
            release=settings.release,
            observation=settings.observation,
            input_format=arguments.input_format,
            select=settings.select or (),
            ignore=settings.ignore or (),
            merge=arguments.merge,
            tolerance_s=arguments.tolerance,
            columns=settings.columns,
            constants=settings.constants,
            keep_records=any(target.format == "html" for target in targets),
            jobs=arguments.jobs,
            watch=watch,
        )
    return _report(run, settings, accepted, targets, arguments.write_baseline)


def _progress() -> "AbstractContextManager[Watch | None]":
    """Say how far a long check is, to somebody who sits before it."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from vssfsm.progress import shown

    return shown(sys.stderr)


def _split(values: list[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",") if code.strip()]


def _settings(arguments: argparse.Namespace) -> "Settings":
    """Give what the command line says, and for the rest what a file says."""
    told = settings_of(arguments)
    given = {
        "select": _split(arguments.select) or None,
        "ignore": _split(arguments.ignore) or None,
        "release": arguments.release,
        "observation": arguments.observation,
        "strict": arguments.strict,
        "fail_on": arguments.fail_on or None,
        "baseline": arguments.baseline,
    }
    return told._replace(**{name: value for name, value in given.items() if value is not None})


def _baseline(path: str | None, written: str | None) -> "tuple[Accepted, ...] | None":
    """Read the baseline; the one that this run writes for the first time is still missing."""
    from vssfsm.baseline import load

    if not path:
        return None
    first = bool(written) and os.path.realpath(written or "") == os.path.realpath(path)
    if first and not os.path.exists(path):
        return None
    return load(path)


def _report(
    run: "Run",
    settings: "Settings",
    accepted: "tuple[Accepted, ...] | None",
    targets: "list[Target]",
    written: str | None,
) -> int:
    """Write everything, files first and whole, and give the exit code."""
    from vssfsm.baseline import accepted as accept
    from vssfsm.baseline import apply, text
    from vssfsm.outputs import STDOUT, refuse_twice, write_all

    files = [(written, text(accept(run.findings)))] if written else []
    if accepted is not None:
        run = apply(run, accepted)
    run = run._replace(strict=bool(settings.strict), fail_on=tuple(settings.fail_on or ()))
    files += [(path, _render(run, name, path)) for name, path in targets if path != STDOUT]
    kept = [one.path for one in run.inputs] + [settings.path] * bool(settings.path)
    refuse_twice([path for path, _ in files], kept)
    printed = [_render(run, name, path) for name, path in targets if path == STDOUT]
    write_all(files)
    sys.stdout.write("".join(printed))
    return run.exit_code(strict=run.strict, fail_on=run.fail_on)


def _render(run: "Run", name: str, target: str) -> str:
    from importlib import import_module

    module = import_module(FORMATS[name])
    colors = {"color": True} if name == "text" and target == "-" and _wants_color() else {}
    text: str = module.render(run, **colors)
    return text


def _wants_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
