"""The command line. Every command imports what it needs when it runs, so that help is fast."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext

import vssfsm
from vssfsm import reporting
from vssfsm.commands import ADD, EXIT_CODES, Help, add_config, add_inputs, command
from vssfsm.corpora import ADD as CORPORA
from vssfsm.errors import REPORT_AT, SpecError, UsageError, VssfsmError, defect
from vssfsm.pieces import ADD as PIECES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from vssfsm.commands import Commands
    from vssfsm.progress import Watch


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    _make_output_safe()
    parser = _parser()
    arguments = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] | None = getattr(arguments, "run", None)
    if run is None:
        parser.print_help(sys.stderr)
        return 2
    return _attempted(run, arguments)


def _attempted(run: Callable[[argparse.Namespace], int], arguments: argparse.Namespace) -> int:
    """Run a command; whatever ends it is one line, and an exit code that accuses nobody."""
    try:
        return run(arguments)
    except VssfsmError as error:
        where = f"; please report it at {REPORT_AT}" if isinstance(error, SpecError) else ""
        return _say(f"{error}{where}", error.exit_code)
    except OSError as error:
        return _lost_output(error)
    except MemoryError:
        return _say("there is not enough memory for this", 3)
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - a traceback would end with 1, which accuses somebody
        return _say(defect(error), SpecError.exit_code)


def _say(text: str, code: int) -> int:
    """Say why nothing more comes, and give the exit code."""
    reporting.say(text)
    return code


def _lost_output(error: OSError) -> int:
    """Say that standard output takes no more; a reader that is gone is none of these cases."""
    from vssfsm.outputs import forget_stdout

    if error.filename is not None:
        return _say(f"cannot use {error.filename}: {error.strerror}", 2)
    forget_stdout()
    print(f"vssfsm: cannot write standard output: {error.strerror}", file=sys.stderr)
    return 2


def _make_output_safe() -> None:
    """Give every console a character it can print, and every file the same bytes."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as it is for a service: nobody is there to be told
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
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
    for add in (_add_check, *PIECES, *ADD, *CORPORA):
        add(commands)
    return parser


# --- check -------------------------------------------------------------------
def _add_check(commands: "Commands") -> None:
    example = "vssfsm check trace.jsonl listing.txt --output-format json -o report.json"
    what = "judge traces and listings"
    parser = command(commands, "check", what, example, _check)
    add_inputs(parser, "*")
    _add_evidence(parser)
    reporting.add_selection(parser)
    reporting.add_reports(parser)
    _add_pieces(parser)
    add_config(parser, "read settings")


def _add_pieces(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take evidence that comes in pieces, or grows."""
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        metavar="N",
        help="share the inputs among N processes (1); the report is the same",
    )
    parser.add_argument(
        "--engine",
        choices=("local", "dask"),
        default="local",
        help="where the work is done: here, or on a Dask cluster (needs vssfsm[dask]), for files"
        " that every worker can read and addresses such as s3://logs/*.jsonl",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDR",
        help="of the Dask cluster, such as tcp://scheduler:8786; by default one is started here",
    )
    parser.add_argument(
        "--pieces",
        action="store_true",
        help="the files of one directory follow one another, and are judged as one input",
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        help="keep here how far the input was read and what it showed, and go on from there the"
        " next time: for one file of JSON Lines that grows, or a run that was interrupted",
    )
    parser.add_argument(
        "--summary-out",
        metavar="FILE",
        help="judge nothing yet: write a summary of the inputs, in their order, for `vssfsm merge`",
    )


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


def _check(arguments: argparse.Namespace) -> int:
    # Collecting garbage while the tables are built takes a tenth of a short check.
    gc.disable()
    from vssfsm.run import check

    gc.freeze()
    gc.enable()
    settings = reporting.settings_from(arguments)
    targets = reporting.targets(arguments, settings)
    paths = arguments.paths
    if not paths:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("nothing to check; name a file, or see `vssfsm check --help`")
        paths = ["-"]
    _refuse_together(arguments)
    accepted = reporting.baseline(settings.baseline, arguments.write_baseline)
    options = reporting.options(arguments, settings, targets)
    if arguments.summary_out:
        from vssfsm.pieces import write_summary_of

        return write_summary_of(paths, options, arguments.summary_out)
    with _progress() as watch:
        if arguments.pieces or arguments.state or arguments.engine != "local":
            from vssfsm.pieces import run_of

            run = run_of(paths, options, arguments, watch)
        else:
            run = check(
                *paths,
                **options,
                merge=arguments.merge,
                tolerance_s=arguments.tolerance,
                jobs=arguments.jobs,
                watch=watch,
            )
    return reporting.report(run, settings, accepted, targets, arguments.write_baseline)


#: options of which one at most says how the inputs belong together
_APART = ("merge", "pieces", "state", "summary_out")


def _refuse_together(arguments: argparse.Namespace) -> None:
    given = [f"--{name.replace('_', '-')}" for name in _APART if getattr(arguments, name)]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude one another")
    if arguments.engine == "local":
        if arguments.scheduler:
            raise UsageError("--scheduler is for --engine dask")
    elif given and given != ["--pieces"]:
        raise UsageError(f"{given[0]} is no work for --engine dask")


def _progress() -> "AbstractContextManager[Watch | None]":
    """Say how far a long check is, to somebody who sits before it."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from vssfsm.progress import shown

    return shown(sys.stderr)
