"""The commands that make corpora of traces, and measure them."""

import argparse

from vssfsm.commands import add_inputs, command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vssfsm.commands import Commands
    from vssfsm.testing.learning.command import Shown


# --- generate ----------------------------------------------------------------
def _add_generate(commands: "Commands") -> None:
    example = "vssfsm generate --role session --count 20 --seed 7 -o corpus/"
    what = "write traces that are legal, or that break one rule, made from the rows"
    parser = command(commands, "generate", what, example, _generate)
    parser.add_argument(
        "--role",
        choices=("writer", "requester", "session"),
        default="writer",
        help="whose records: a session is a requester with its writers",
    )
    parser.add_argument(
        "--rule",
        metavar="CODE",
        action="append",
        default=[],
        help="near misses instead: one step that breaks this rule, legal before and after;"
        " code or name, repeatable; the rule decides whose records",
    )
    parser.add_argument(
        "--count",
        type=int,
        default=1,
        metavar="N",
        help="traces, of each rule if there are several (1)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the same seed gives the same bytes (0)"
    )
    parser.add_argument(
        "--length",
        type=int,
        metavar="N",
        help="records of a trace, about (40 of a writer, 80 of a requester, 120 of both)",
    )
    parser.add_argument("--release", metavar="NAME", help="Windows release, such as 2019")
    parser.add_argument(
        *("-o", "--output"),
        metavar="DIR|FILE",
        default="-",
        help="a file for each trace in a directory that exists or ends in /, else one file;"
        " standard output by default",
    )


def _generate(arguments: argparse.Namespace) -> int:
    from vssfsm.testing.corpus import Wanted, run_generate

    return run_generate(
        Wanted(
            role=arguments.role,
            rules=arguments.rule,
            number=arguments.count,
            seed=arguments.seed,
            length=arguments.length,
            release=arguments.release,
            output=arguments.output,
        )
    )


# --- coverage ----------------------------------------------------------------
def _add_coverage(commands: "Commands") -> None:
    example = "vssfsm coverage corpus/ --missing missing/ --fail-under 80"
    what = "count which rows and pairs of rows a corpus of traces takes"
    parser = command(commands, "coverage", what, example, _coverage)
    add_inputs(parser, "+")
    parser.add_argument("--observation", metavar="KIND", help="as for check")
    parser.add_argument("--release", metavar="NAME", help="as for check")
    parser.add_argument(
        "--region",
        metavar="NAME",
        action="append",
        default=[],
        help="count this region only, repeatable; by default those of the participants recorded",
    )
    parser.add_argument(
        "--missing",
        metavar="DIR",
        help="write tests for the rows that no trace takes: short traces, and test_missing.py",
    )
    parser.add_argument("--output-format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--fail-under",
        type=float,
        metavar="PERCENT",
        help="exit 1 if a smaller share of the permitted rows is taken",
    )


def _coverage(arguments: argparse.Namespace) -> int:
    from vssfsm.testing.corpus import Asked, run_coverage

    return run_coverage(
        Asked(
            paths=arguments.paths,
            regions=arguments.region,
            release=arguments.release,
            observation=arguments.observation,
            input_format=arguments.input_format,
            output_format=arguments.output_format,
            missing=arguments.missing,
            fail_under=arguments.fail_under,
        )
    )


# --- learn and diff ----------------------------------------------------------
def _add_learn(commands: "Commands") -> None:
    example = "vssfsm learn traces/ --as svg -o learned.svg"
    what = "learn the machine that traces of a vendor show (needs vssfsm[learn])"
    _add_shown(command(commands, "learn", what, example, _learn), ("writer", "requester"))


def _add_diff(commands: "Commands") -> None:
    example = "vssfsm diff traces/ --as svg -o difference.svg"
    what = "compare what traces show with the rows: rows that never come, moves that none permits"
    machines = ("writer", "restore", "requester")
    _add_shown(command(commands, "diff", what, example, _diff), machines)


def _add_shown(parser: argparse.ArgumentParser, machines: "tuple[str, ...]") -> None:
    add_inputs(parser, "+")
    parser.add_argument("--observation", metavar="KIND", help="as for check")
    parser.add_argument("--release", metavar="NAME", help="as for check")
    parser.add_argument(
        "--machine", choices=machines, default=machines[0], help="what is compared with"
    )
    parser.add_argument(
        "--as",
        dest="form",
        choices=("text", "json", "dot", "svg"),
        default="text",
        help="dot and svg are pictures; what no row permits is red",
    )
    parser.add_argument("-o", "--output", metavar="FILE", default="-")


def _shown(arguments: argparse.Namespace) -> "Shown":
    from vssfsm.testing.learning.command import Shown

    return Shown(
        paths=arguments.paths,
        machine=arguments.machine,
        release=arguments.release,
        observation=arguments.observation,
        input_format=arguments.input_format,
        form=arguments.form,
        output=arguments.output,
    )


def _learn(arguments: argparse.Namespace) -> int:
    from vssfsm.testing.learning.command import run_learn

    return run_learn(_shown(arguments))


def _diff(arguments: argparse.Namespace) -> int:
    from vssfsm.testing.learning.command import run_diff

    return run_diff(_shown(arguments))


#: what adds each command, in the order of the help
ADD: "tuple[Callable[[Commands], None], ...]" = (
    *(_add_generate, _add_coverage),
    *(_add_learn, _add_diff),
)
