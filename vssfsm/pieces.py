"""The commands for evidence in pieces."""

import argparse
import sys

from vssfsm import reporting
from vssfsm.commands import add_config, command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from vssfsm.commands import Commands
    from vssfsm.progress import Watch
    from vssfsm.results import Run
    from vssfsm.summary import Summary


def run_of(
    paths: list[str],
    options: "dict[str, Any]",
    arguments: argparse.Namespace,
    watch: "Watch | None",
) -> "Run":
    """Judge inputs that belong together, or that grow, as `check` was told."""
    from vssfsm import fleet
    from vssfsm.processes import check_jobs
    from vssfsm.run import options_of

    if arguments.engine == "dask":
        from vssfsm.cluster import check_on_dask

        return check_on_dask(
            paths,
            options_of(**options),
            scheduler=arguments.scheduler,
            pieces=arguments.pieces,
        )
    if arguments.state:
        return fleet.check_growing(paths, arguments.state, options_of(**options), _say)
    check_jobs(arguments.jobs)
    return fleet.check_pieces(paths, options_of(**options), jobs=arguments.jobs, watch=watch)


def _say(text: str) -> None:
    print(f"vssfsm: {text}", file=sys.stderr)


def _add_merge(commands: "Commands") -> None:
    example = "vssfsm merge monday.sum tuesday.sum --output-format json"
    what = "judge summaries of pieces of one evidence as the whole"
    parser = command(commands, "merge", what, example, _merge)
    parser.add_argument(
        "summaries",
        nargs="+",
        metavar="FILE",
        help="made by `check --summary-out`, in the order of time; or a pattern",
    )
    parser.add_argument(
        "--as",
        dest="name",
        metavar="NAME",
        help="name of the whole in the report, with its lines counted through; by default findings"
        " name the piece that they are in, and its own line",
    )
    parser.add_argument(
        "--summary-out",
        metavar="FILE",
        help="judge nothing yet: write the summary of all of them",
    )
    reporting.add_selection(parser)
    reporting.add_reports(parser)
    add_config(parser, "read settings")


def _merge(arguments: argparse.Namespace) -> int:
    from vssfsm.fleet import judge_summary, read_summaries
    from vssfsm.run import options_of

    summary = read_summaries(arguments.summaries)
    if arguments.summary_out:
        return _write_summary(summary, arguments.summary_out)
    settings = reporting.settings_from(arguments)
    targets = reporting.targets(arguments, settings)
    accepted = reporting.baseline(settings.baseline, arguments.write_baseline)
    options = reporting.options(arguments, settings, targets) | {
        "release": None,
        "observation": None,
    }
    run = judge_summary(summary, options_of(**options), arguments.name)
    return reporting.report(run, settings, accepted, targets, arguments.write_baseline)


def _write_summary(summary: "Summary", path: str) -> int:
    from vssfsm.outputs import refuse_twice, write_all
    from vssfsm.summary import encode

    refuse_twice([path], [piece.path for piece in summary.pieces])
    write_all([(path, encode(summary))])
    return 0


def write_summary_of(paths: list[str], options: "dict[str, Any]", written: str) -> int:
    """Write the summary of files that follow one another."""
    from vssfsm.fleet import settings_of as taken_of
    from vssfsm.fleet import summary_of
    from vssfsm.run import options_of

    return _write_summary(summary_of(paths, taken_of(options_of(**options))), written)


#: what adds each command, in the order of the help
ADD: "tuple[Callable[[Commands], None], ...]" = (_add_merge,)
