"""The commands beside `check`, and what every command is made of."""

import argparse
from collections.abc import Callable

from vssfsm.errors import UsageError
from vssfsm.traces.formats import AUTO, READERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from vssfsm.config.settings import Settings

    Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001

EXIT_CODES = """\
exit codes:
  0  judged, no error
  1  an error (with --strict also a warning or an inconclusive verdict)
  2  wrong usage or configuration, or a missing extra
  3  something could not be read, or nothing at all could be judged
  4  a defect of vssfsm"""
_PICTURES = ("dot", "svg", "png", "mermaid")
EXPORTS = ("plantuml", "scxml", "promela", "tla", "xstate")


class Help(argparse.RawDescriptionHelpFormatter):
    """Help of a fixed width: the same bytes everywhere, and no look at the terminal."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=100)


def command(
    commands: "Commands", name: str, what: str, example: str, run: Callable[..., int]
) -> argparse.ArgumentParser:
    """Add a command with its help, an example and the exit codes."""
    parser = commands.add_parser(
        name,
        help=what,
        description=what[:1].upper() + what[1:] + ".",
        epilog=f"example: {example}\n\n{EXIT_CODES}",
        formatter_class=Help,
    )
    parser.set_defaults(run=run)
    return parser


def add_inputs(parser: argparse.ArgumentParser, nargs: str) -> None:
    """Let *parser* take paths, and the format that they are in."""
    parser.add_argument(
        "paths",
        nargs=nargs,
        metavar="PATH",
        help="file, directory, pattern, or - for standard input",
    )
    parser.add_argument(
        "--input-format",
        metavar="NAME",
        default=AUTO,
        help=f"told by the content by default (.gz and .zst are unpacked): {', '.join(READERS)},"
        " or the name of a reader of another package",
    )


def add_config(parser: argparse.ArgumentParser, what: str) -> None:
    """Let *parser* take the file of settings, or none; *what* says what for."""
    files = parser.add_mutually_exclusive_group()
    files.add_argument(
        "--config",
        metavar="FILE",
        help=f"{what} here, not in the nearest vssfsm.toml or pyproject.toml",
    )
    files.add_argument("--no-config", action="store_true", help="read no settings")


def settings_of(arguments: argparse.Namespace) -> "Settings":
    """Give what the file of settings says, if there is one."""
    from vssfsm.config.settings import Settings, find, load

    path = None if arguments.no_config else arguments.config or find(".")
    return load(path) if path else Settings()


def write(content: str | bytes, target: str) -> None:
    """Write to a file, whole or not at all; `-` is standard output."""
    from vssfsm.outputs import show, write_all

    if target == "-":
        show(content)
    else:
        write_all([(target, content)])


# --- align -------------------------------------------------------------------
def _add_align(commands: "Commands") -> None:
    example = "vssfsm align trace.jsonl -o repaired.jsonl"
    what = "show a trace beside the cheapest legal run of each session, and repair it"
    parser = command(commands, "align", what, example, _align)
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
        write(repaired(arguments.trace, found), arguments.repaired)
    if arguments.repaired != "-":
        write(found.page, "-")
    return found.run.exit_code()


# --- convert -----------------------------------------------------------------
def _add_convert(commands: "Commands") -> None:
    example = "vssfsm convert listing.txt --redact | vssfsm check -"
    what = "write traces and listings as canonical records, with their origin"
    parser = command(commands, "convert", what, example, _convert)
    add_inputs(parser, "+")
    parser.add_argument("--to", choices=("jsonl", "csv", "parquet", "xes"), default="jsonl")
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
    add_config(parser, "read what columns stand for")


def _convert(arguments: argparse.Namespace) -> int:
    from vssfsm.convert import run
    from vssfsm.traces.columns import columns_of

    settings = settings_of(arguments)

    return run(
        arguments.paths,
        to=arguments.to,
        input_format=arguments.input_format,
        redact=arguments.redact,
        names=arguments.redact_map,
        output=arguments.output,
        columns=columns_of(settings.columns, settings.constants),
    )


# --- triage ------------------------------------------------------------------
def _add_triage(commands: "Commands") -> None:
    example = "vssfsm triage writers.txt application.evtx"
    what = "say which writers failed, where, since when, what to do, and what evidence is missing"
    parser = command(commands, "triage", what, example, _triage)
    add_inputs(parser, "+")
    parser.add_argument("--release", metavar="NAME", help="as for check")
    parser.add_argument("--merge", action="store_true", help="as for check")
    parser.add_argument("--output-format", choices=("text", "html"), default="text")
    what = "the file appears whole or not at all; standard output by default"
    parser.add_argument("-o", "--output", metavar="FILE", default="-", help=what)


def _triage(arguments: argparse.Namespace) -> int:
    from vssfsm.outputs import STDOUT, refuse_twice
    from vssfsm.reports.triage import as_html, as_text
    from vssfsm.run import check
    from vssfsm.triage import triage

    run = check(
        *arguments.paths,
        release=arguments.release,
        input_format=arguments.input_format,
        merge=arguments.merge,
        keep_records=True,
        repair=False,
    )
    if arguments.output != STDOUT:
        refuse_twice([arguments.output], [one.path for one in run.inputs])
    render = as_html if arguments.output_format == "html" else as_text
    write(render(triage(run)), arguments.output)
    return run.exit_code()


# --- explain, rule -----------------------------------------------------------
def _add_explain(commands: "Commands") -> None:
    example = "vssfsm explain 9 0x800423f2"
    what = "explain states, failure codes, pairs of both, events, or a record of a trace"
    parser = command(commands, "explain", what, example, _explain)
    parser.add_argument(
        "topics",
        nargs="+",
        metavar="STATE|HRESULT|METHOD|EVENT|TRACE:LINE",
        help="a state's number or name, a code as name, hex or decimal, an event, a line",
    )


def _explain(arguments: argparse.Namespace) -> int:
    from vssfsm.reports.explain import explain

    write(explain(arguments.topics), "-")
    return 0


def _add_rule(commands: "Commands") -> None:
    what = "list the rules, or show one: what it says, why, a bad and a good trace, sources"
    parser = command(commands, "rule", what, "vssfsm rule WTR101", _rule)
    parser.add_argument(
        "code", nargs="?", metavar="CODE", help="code or name of a rule, or a family such as WTR"
    )


def _rule(arguments: argparse.Namespace) -> int:
    from vssfsm.reports.rule import render, render_all

    write(render(arguments.code) if arguments.code else render_all(), "-")
    return 0


# --- diagram -----------------------------------------------------------------
def _add_diagram(commands: "Commands") -> None:
    example = "vssfsm diagram writer --as svg --overlay trace.jsonl -o writer.svg"
    what = "draw a machine from its rows, or write it for another tool"
    parser = command(commands, "diagram", what, example, _diagram)
    parser.add_argument(
        "machine",
        metavar="MACHINE",
        help="writer, restore, requester, failures, sequence-backup, sequence-restore, or a region",
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=(*_PICTURES, *EXPORTS),
        default="dot",
        help="dot, svg, png and mermaid are pictures; the others are machines for other tools, with"
        " every permitted row as an edge: promela is for Spin, tla for TLC",
    )
    parser.add_argument("--overlay", metavar="TRACE", help="light the path of a trace")
    parser.add_argument("-o", "--output", metavar="FILE", default="-")


def _diagram(arguments: argparse.Namespace) -> int:
    machine, form, overlay = arguments.machine, arguments.form, arguments.overlay
    if form in EXPORTS:
        from vssfsm.export import export

        if overlay is not None:
            raise UsageError(f"--overlay is for pictures: {', '.join(_PICTURES)}")
        write(export(machine, form), arguments.output)
        return 0
    from vssfsm.draw import draw

    write(draw(machine, form, overlay=overlay), arguments.output)
    return 0


# --- conform -----------------------------------------------------------------
def _add_conform(commands: "Commands") -> None:
    example = "vssfsm conform --role writer -- python my_writer.py"
    what = "drive a writer or requester implementation through sequences, and judge it"
    parser = command(commands, "conform", what, example, _conform)
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
        metavar="NAME|FILE",
        action="append",
        default=[],
        help="of a requester, or a file.xml of Microsoft's Test Writer, whose FailEvents are"
        " scenarios; repeatable, all that are known by default",
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
    parser.add_argument(
        "--strict", action="store_true", help="exit 1 for a warning or INCONCLUSIVE as well"
    )


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
        is_strict=arguments.strict,
    )
    return run(arguments.program, options)


# --- lint --------------------------------------------------------------------
def _add_lint(commands: "Commands") -> None:
    what = "prove that our own tables are total and sound, and the requester's regions together"
    command(commands, "lint", what, "vssfsm lint", _lint)


def _lint(arguments: argparse.Namespace) -> int:  # noqa: ARG001 - same shape as the others
    from vssfsm.spec.lint import lint, size
    from vssfsm.spec.product import prove

    problems = lint()
    said: list[object] = []
    if not problems:  # what is wrong in one region would be found again in all of them
        proof = prove()
        problems = [*proof.problems]
        said = [proof] if problems else [size(), proof]
    said += problems
    if problems:
        said.append(f"`vssfsm rule {problems[0][:6]}` says what that is, and how it is mended")
    write("".join(f"{text}\n" for text in said), "-")
    return 4 if problems else 0


#: what adds each command, in the order of the help
ADD: "tuple[Callable[[Commands], None], ...]" = (
    *(
        _add_align,
        _add_convert,
        _add_triage,
        _add_explain,
        _add_rule,
        _add_diagram,
        _add_conform,
        _add_lint,
    ),
)
