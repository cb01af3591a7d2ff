"""The command `vssfsm conform`."""

from collections.abc import Sequence
from typing import NamedTuple

from vssfsm.errors import UsageError
from vssfsm.outputs import show
from vssfsm.testing import report
from vssfsm.testing.requesters.conformance import RequesterOutcome, conform_requester
from vssfsm.testing.requesters.scenarios import SCENARIOS, Scenario
from vssfsm.testing.requesters.streams import requester_program
from vssfsm.testing.writers.conformance import Outcome, conform, writer_program

#: exit codes of the contract: judged without error, an error
_CONFORMS, _VIOLATES, _NOTHING_JUDGED = 0, 1, 3


class Options(NamedTuple):
    """What the command line says."""

    role: str
    goal: str
    seed: int
    release: str | None
    reply_timeout: float
    output_format: str
    scenarios: Sequence[str] = ()
    lists: bool = False
    is_strict: bool = False


def run(command: Sequence[str], options: Options) -> int:
    """
    Test a program, and print the report.

    Args:
        command: program and arguments.
        options: what the command line says.

    Returns:
        The exit code.

    Raises:
        UsageError: an option is wrong, or the program cannot be started.
    """
    if options.lists:
        width = max(map(len, SCENARIOS))
        show("".join(f"{one.name:{width}}  {one.says}\n" for one in SCENARIOS.values()))
        return _CONFORMS
    if not command:
        raise UsageError("nothing to test; name a program after --, see `vssfsm conform --help`")
    if not 0 < options.reply_timeout < float("inf"):
        given = f"{options.reply_timeout:g}"
        raise UsageError(f"a reply time-out is a number of seconds above 0, not {given}")
    test = _test_requester if options.role == "requester" else _test_writer
    text, code = test(command, options)
    show(text)
    return code


def _test_writer(command: Sequence[str], options: Options) -> tuple[str, int]:
    if options.scenarios:
        raise UsageError("scenarios are for requesters: --role requester")
    outcome = conform(
        writer_program(command, options.reply_timeout),
        goal=options.goal,
        seed=options.seed,
        release=options.release,
    )
    render = report.as_json if options.output_format == "json" else report.text
    code = _VIOLATES if outcome.fault else _CONFORMS
    return render(outcome, command, options.reply_timeout), _strictly(code, outcome, options)


def _strictly(code: int, outcome: Outcome | RequesterOutcome, options: Options) -> int:
    """Give the exit code where an outcome that leaves a doubt is none to go on with."""
    is_sound = outcome.verdict == "CONFORMS" and not getattr(outcome, "warnings", ())
    return _VIOLATES if options.is_strict and not is_sound else code


def _test_requester(command: Sequence[str], options: Options) -> tuple[str, int]:
    outcome = conform_requester(
        requester_program(command, options.reply_timeout),
        _scenarios(options.scenarios),
        seed=options.seed,
        release=options.release,
    )
    is_json = options.output_format == "json"
    render = report.requester_json if is_json else report.requester_text
    code = _VIOLATES if outcome.fault else _CONFORMS if outcome.calls else _NOTHING_JUDGED
    return render(outcome, command, options.reply_timeout), _strictly(code, outcome, options)


def _scenarios(names: Sequence[str]) -> tuple[str | Scenario, ...]:
    """Give the scenarios that are named: those known, and those of files of the Test Writer."""
    found: list[str | Scenario] = []
    for name in names:
        if name.lower().endswith(".xml"):
            from vssfsm.testing.requesters.testwriter import read_scenarios

            found += read_scenarios(name)
        else:
            found.append(name)
    return tuple(found)
