"""The command line. Every command imports what it needs when it runs, so that help is fast."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence

import vssfsm
from vssfsm.errors import UsageError, VssfsmError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    _Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001

_EXIT_CODES = """\
exit codes:
  0  judged, no error
  1  an error (with --strict also a warning or an inconclusive verdict)
  2  wrong usage, or a missing extra
  3  something could not be read, or nothing at all could be judged
  4  a defect of vssfsm"""
_OUTPUT_FORMATS = ("text", "json")
_INPUT_FORMATS = ("auto", "jsonl", "vssadmin")
_PICTURES = ("dot", "svg", "png", "mermaid")


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
        return run(arguments)
    except VssfsmError as error:
        print(f"vssfsm: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output is gone; nothing is left to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _make_output_safe() -> None:
    """Give every console a character it can print, and every file the same bytes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", newline="\n")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width: the same bytes everywhere, and no look at the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vssfsm",
        description="Hold recorded behaviour of VSS writers and requesters against the protocol.",
        epilog="example: vssfsm check trace.jsonl\n\n" + _EXIT_CODES,
        formatter_class=_Help,
    )
    parser.add_argument("--version", action="version", version=f"vssfsm {vssfsm.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND")
    for add in (_add_check, _add_explain, _add_rule, _add_diagram, _add_lint):
        add(commands)
    return parser


def _command(
    commands: "_Commands", name: str, what: str, example: str, run: Callable[..., int]
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=what,
        description=what[:1].upper() + what[1:] + ".",
        epilog=f"example: {example}\n\n{_EXIT_CODES}",
        formatter_class=_Help,
    )
    parser.set_defaults(run=run)
    return parser


# --- check -------------------------------------------------------------------
def _add_check(commands: "_Commands") -> None:
    example = "vssfsm check trace.jsonl listing.txt --output-format json -o report.json"
    what = "judge traces and listings"
    parser = _command(commands, "check", what, example, _check)
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="file, directory, pattern, or - for standard input",
    )
    parser.add_argument(
        "--input-format",
        choices=_INPUT_FORMATS,
        default="auto",
        help="told by the content by default; .gz and .zst are unpacked",
    )
    parser.add_argument(
        "--observation",
        metavar="KIND",
        help="complete, partial, window or sampled: what the evidence holds of what happened",
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
    parser.add_argument(
        "--output-format",
        choices=_OUTPUT_FORMATS,
        action="append",
        help="repeatable; the n-th goes with the n-th -o, one without -o to standard output",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", action="append", default=[], help="write a report here"
    )
    parser.add_argument("--strict", action="store_true", help="warnings and doubts fail too")
    parser.add_argument(
        "--fail-on",
        choices=("writer-failure",),
        action="append",
        default=[],
        help="exit 1 also if a writer was last seen with a failure",
    )


def _check(arguments: argparse.Namespace) -> int:
    # Collecting garbage while the tables are built takes a tenth of a short check.
    gc.disable()
    from vssfsm.run import check

    gc.freeze()
    gc.enable()
    paths = arguments.paths
    if not paths:
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError("nothing to check; name a file, or see `vssfsm check --help`")
        paths = ["-"]
    run = check(
        *paths,
        release=arguments.release,
        observation=arguments.observation,
        input_format=arguments.input_format,
        select=_split(arguments.select),
        ignore=_split(arguments.ignore),
    )
    formats = arguments.output_format or ["text"]
    if len(arguments.output) > len(formats):
        raise UsageError("there are more -o than --output-format")
    for index, name in enumerate(formats):
        target = arguments.output[index] if index < len(arguments.output) else "-"
        _write(_render(run, name, target), target)
    return run.exit_code(strict=arguments.strict, fail_on=arguments.fail_on)


def _split(values: list[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",") if code.strip()]


def _render(run: object, name: str, target: str) -> str:
    from importlib import import_module

    module = import_module(f"vssfsm.reports.{name}")
    text: str
    if name == "text":
        text = module.render(run, color=target == "-" and _wants_color())
    else:
        text = module.render(run)
    return text


def _wants_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _write(text: str, target: str) -> None:
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        with open(target, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error


# --- explain, rule -----------------------------------------------------------
def _add_explain(commands: "_Commands") -> None:
    example = "vssfsm explain 9 0x800423f2"
    what = "explain states, failure codes, pairs of both, events, or a record of a trace"
    parser = _command(commands, "explain", what, example, _explain)
    parser.add_argument(
        "topics",
        nargs="+",
        metavar="STATE|HRESULT|METHOD|EVENT|TRACE:LINE",
        help="a state's number or name, a code as name, hex or decimal, an event, a line",
    )


def _explain(arguments: argparse.Namespace) -> int:
    from vssfsm.reports.explain import explain

    sys.stdout.write(explain(arguments.topics))
    return 0


def _add_rule(commands: "_Commands") -> None:
    what = "list the rules, or show one: what it says, why, a bad and a good trace, sources"
    parser = _command(commands, "rule", what, "vssfsm rule WTR101", _rule)
    parser.add_argument("code", nargs="?", metavar="CODE", help="code or name of a rule")


def _rule(arguments: argparse.Namespace) -> int:
    from vssfsm.reports.rule import render_all, render_rule

    sys.stdout.write(render_rule(arguments.code) if arguments.code else render_all())
    return 0


# --- diagram -----------------------------------------------------------------
def _add_diagram(commands: "_Commands") -> None:
    example = "vssfsm diagram writer --as svg --overlay trace.jsonl -o writer.svg"
    parser = _command(commands, "diagram", "draw a machine from its rows", example, _diagram)
    parser.add_argument(
        "machine",
        metavar="MACHINE",
        help="writer, restore, requester, failures, sequence-backup, sequence-restore, or a region",
    )
    parser.add_argument("--as", dest="picture", choices=_PICTURES, default="dot")
    parser.add_argument("--overlay", metavar="TRACE", help="light the path of a trace")
    parser.add_argument("-o", "--output", metavar="FILE", default="-")


def _diagram(arguments: argparse.Namespace) -> int:
    from vssfsm.draw import draw

    data = draw(arguments.machine, arguments.picture, overlay=arguments.overlay)
    if isinstance(data, str):
        _write(data, arguments.output)
    elif arguments.output == "-":
        sys.stdout.buffer.write(data)
    else:
        _write_bytes(data, arguments.output)
    return 0


def _write_bytes(data: bytes, target: str) -> None:
    try:
        with open(target, "wb") as file:
            file.write(data)
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from error


# --- lint --------------------------------------------------------------------
def _add_lint(commands: "_Commands") -> None:
    what = "prove that our own tables are total and sound"
    _command(commands, "lint", what, "vssfsm lint", _lint)


def _lint(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - same shape as the others
    from vssfsm.spec.lint import lint

    problems = lint()
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return 4 if problems else 0
