"""The command line. Every command imports what it needs when it runs, so that help is fast."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence

import vssfsm
from vssfsm.config import FAIL_ON
from vssfsm.errors import UsageError, VssfsmError
from vssfsm.reports.formats import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from vssfsm.config.settings import Settings
    from vssfsm.outputs import Target
    from vssfsm.results import Accepted, Run

    _Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001

_EXIT_CODES = """\
exit codes:
  0  judged, no error
  1  an error (with --strict also a warning or an inconclusive verdict)
  2  wrong usage or configuration, or a missing extra
  3  something could not be read, or nothing at all could be judged
  4  a defect of vssfsm"""
_INPUT_FORMATS = ("auto", "jsonl", "csv", "parquet", "vssadmin", "status", "eventlog")
_PICTURES = ("dot", "svg", "png", "mermaid")
_EXPORTS = ("plantuml", "scxml", "promela", "tla", "xstate")


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
        from vssfsm.reports.words import inert, one_line

        print(inert(one_line(f"vssfsm: {error}")), file=sys.stderr)
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
    for add in (
        *(_add_check, _add_align, _add_convert, _add_explain, _add_rule, _add_diagram),
        *(_add_conform, _add_lint),
    ):
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
    files = parser.add_mutually_exclusive_group()
    files.add_argument(
        "--config",
        metavar="FILE",
        help="read settings here, not in the nearest vssfsm.toml or pyproject.toml",
    )
    files.add_argument("--no-config", action="store_true", help="read no settings")


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
    run = check(
        *paths,
        release=settings.release,
        observation=settings.observation,
        input_format=arguments.input_format,
        select=settings.select or (),
        ignore=settings.ignore or (),
        keep_records=any(target.format == "html" for target in targets),
    )
    return _report(run, settings, accepted, targets, arguments.write_baseline)


def _split(values: list[str]) -> list[str]:
    return [code.strip() for value in values for code in value.split(",") if code.strip()]


def _settings(arguments: argparse.Namespace) -> "Settings":
    """Give what the command line says, and for the rest what a file says."""
    from vssfsm.config.settings import Settings, find, load

    path = None if arguments.no_config else arguments.config or find(".")
    told = load(path) if path else Settings()
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


def _write(content: str | bytes, target: str) -> None:
    from vssfsm.outputs import write_all

    if target != "-":
        write_all([(target, content)])
    elif isinstance(content, str):
        sys.stdout.write(content)
    else:
        sys.stdout.buffer.write(content)


# --- align -------------------------------------------------------------------
def _add_align(commands: "_Commands") -> None:
    example = "vssfsm align trace.jsonl -o repaired.jsonl"
    what = "show a trace beside the cheapest legal run of each session, and repair it"
    parser = _command(commands, "align", what, example, _align)
    parser.add_argument("trace", metavar="TRACE", help="a file; its sessions are aligned")
    parser.add_argument("--observation", metavar="KIND", help="as for check")
    parser.add_argument("--release", metavar="NAME", help="as for check")
    parser.add_argument(
        "-o", "--repaired", metavar="FILE", help="write the repaired trace here, as JSON Lines"
    )


def _align(arguments: argparse.Namespace) -> int:
    from vssfsm.reports.align import align_trace, repaired

    found = align_trace(
        arguments.trace, release=arguments.release, observation=arguments.observation
    )
    if arguments.repaired:
        _write(repaired(arguments.trace, found), arguments.repaired)
    if arguments.repaired != "-":
        sys.stdout.write(found.page)
    return found.run.exit_code()


# --- convert -----------------------------------------------------------------
def _add_convert(commands: "_Commands") -> None:
    example = "vssfsm convert listing.txt --redact | vssfsm check -"
    what = "write traces and listings as canonical records, with their origin"
    parser = _command(commands, "convert", what, example, _convert)
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="file, directory, pattern, or - for standard input",
    )
    parser.add_argument("--input-format", choices=_INPUT_FORMATS, default="auto")
    parser.add_argument("--to", choices=("jsonl", "csv", "parquet"), default="jsonl")
    what = "tokens for names of hosts, sessions, programs, writers, volumes and components"
    parser.add_argument(
        "--redact",
        action="store_true",
        help=f"{what}; what the format does not know is dropped",
    )
    what = "redact, and write here which token stands for which name; keep it apart"
    parser.add_argument("--redact-map", metavar="FILE", help=what)
    what = "the file appears whole or not at all; standard output by default"
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help=what)


def _convert(arguments: argparse.Namespace) -> int:
    from vssfsm.convert import run

    return run(
        arguments.paths,
        to=arguments.to,
        input_format=arguments.input_format,
        redact=arguments.redact,
        names=arguments.redact_map,
        output=arguments.output,
    )


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
    what = "draw a machine from its rows, or write it for another tool"
    parser = _command(commands, "diagram", what, example, _diagram)
    parser.add_argument(
        "machine",
        metavar="MACHINE",
        help="writer, restore, requester, failures, sequence-backup, sequence-restore, or a region",
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=(*_PICTURES, *_EXPORTS),
        default="dot",
        help="dot, svg, png and mermaid are pictures; the others are machines for other tools, with"
        " every permitted row as an edge: promela is for Spin, tla for TLC",
    )
    parser.add_argument("--overlay", metavar="TRACE", help="light the path of a trace")
    parser.add_argument("-o", "--output", metavar="FILE", default="-")


def _diagram(arguments: argparse.Namespace) -> int:
    machine, form, overlay = arguments.machine, arguments.form, arguments.overlay
    if form in _EXPORTS:
        from vssfsm.export import export

        if overlay is not None:
            raise UsageError(f"--overlay is for pictures: {', '.join(_PICTURES)}")
        _write(export(machine, form), arguments.output)
        return 0
    from vssfsm.draw import draw

    _write(draw(machine, form, overlay=overlay), arguments.output)
    return 0


# --- conform -----------------------------------------------------------------
def _add_conform(commands: "_Commands") -> None:
    example = "vssfsm conform --role writer -- python my_writer.py"
    what = "drive a writer or requester implementation through sequences, and judge it"
    parser = _command(commands, "conform", what, example, _conform)
    parser.add_argument(
        "program", nargs="*", metavar="-- PROGRAM ARGS", help="speaks JSON Lines on its streams"
    )
    roles = ("writer", "requester")
    parser.add_argument("--role", choices=roles, default="writer", help="what the program is")
    parser.add_argument(
        "--goal",
        default="pairs",
        metavar="rows|pairs|N",
        help="each row of the specification, each pair of rows (the default), or N events",
    )
    parser.add_argument(
        "--scenario",
        metavar="NAME",
        action="append",
        default=[],
        help="of a requester; repeatable, all of them by default",
    )
    parser.add_argument("--list-scenarios", action="store_true", help="list them, and end")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the walks by chance")
    parser.add_argument("--release", metavar="NAME", help="Windows release, such as 2019")
    parser.add_argument(
        "--reply-timeout",
        type=float,
        default=2.0,
        metavar="S",
        help="seconds that a reply may take (2); a later one is a finding",
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")


def _conform(arguments: argparse.Namespace) -> int:
    from vssfsm.testing.command import Options, run

    options = Options(
        role=arguments.role,
        goal=arguments.goal,
        seed=arguments.seed,
        release=arguments.release,
        reply_timeout=arguments.reply_timeout,
        output_format=arguments.output_format,
        scenarios=arguments.scenario,
        lists=arguments.list_scenarios,
    )
    return run(arguments.program, options)


# --- lint --------------------------------------------------------------------
def _add_lint(commands: "_Commands") -> None:
    what = "prove that our own tables are total and sound, and the requester's regions together"
    _command(commands, "lint", what, "vssfsm lint", _lint)


def _lint(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - same shape as the others
    from vssfsm.spec.lint import lint
    from vssfsm.spec.product import prove

    problems = lint()
    if not problems:  # what is wrong in one region would be found again in all of them
        proof = prove()
        problems = [*proof.problems]
        print(proof)
    sys.stdout.write("".join(f"{problem}\n" for problem in problems))
    return 4 if problems else 0
