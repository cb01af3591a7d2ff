"""What a conformance run says: as text, as JSON, as a canonical trace, and as a pytest test."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from vssfsm.reports.json import tool_facts
from vssfsm.reports.page import sentence
from vssfsm.reports.words import count, either, inert, listed, one_line, wrap
from vssfsm.spec.sources import PAGES
from vssfsm.testing.faults import Fault
from vssfsm.testing.program import REPLY_TIMEOUT_S
from vssfsm.testing.requesters.conformance import RequesterOutcome, Warned
from vssfsm.testing.requesters.records import exchange_record
from vssfsm.testing.writers.conformance import Outcome

VERSION: Final = 1
_WIDTH: Final = 10
Command = Sequence[str]


class Maker(NamedTuple):
    """
    What makes the adapter under test, as printed tests name it.

    Args:
        module: where it is imported from; empty if it cannot be.
        name: the expression that makes it, such as a class.
    """

    module: str
    name: str

    @classmethod
    def of(cls, make: Callable[..., object]) -> "Maker":
        """Give the name of a class or a function; what has none is left to the reader."""
        module, name = getattr(make, "__module__", ""), getattr(make, "__qualname__", "<none>")
        return cls("", "make") if "<" in name else cls(str(module), str(name))


# --- The sequence ------------------------------------------------------------
def records(outcome: Outcome) -> list[dict[str, object]]:
    """Give the failing sequence as canonical records; what was not answered is left out."""
    name = outcome.name or "writer under test"
    return [
        exchange_record(one, str(number), name, outcome.release)
        for number, session in enumerate(outcome.sessions, 1)
        for one in session
    ]


def trace(outcome: Outcome) -> str:
    """Give the failing sequence as a canonical trace."""
    return "".join(json.dumps(record) + "\n" for record in records(outcome))


def pytest_test(
    outcome: Outcome, command: Command | Maker, reply_timeout: float = REPLY_TIMEOUT_S
) -> str:
    """Give a pytest test that fails as long as the writer answers like this."""
    name, before, inside = _subject(command)
    lines = [
        *before,
        "from vssfsm.testing import replay",
        "",
        "",
        "def test_writer_conforms() -> None:",
    ]
    text = _plain_words(outcome.fault.says if outcome.fault else "")
    lines += [f'    """Not again: {text}."""', *inside, "    sessions = ["]
    for session in outcome.sessions:
        lines += [
            "        [",
            *(f"            {one.step.request!r}," for one in session),
            "        ],",
        ]
    lines += ["    ]"]
    options = _options(outcome.release, reply_timeout)
    arguments = ", ".join([name, "sessions", *options])
    return "\n".join([*lines, f'    assert replay({arguments}) == ""']) + "\n"


def _subject(command: Command | Maker) -> tuple[str, list[str], list[str]]:
    """Give what a printed test calls, the lines before it, and the first lines inside of it."""
    if not isinstance(command, Maker):
        return "program", [], [f"    program = {_quoted(command)}"]
    if not command.module:
        return command.name, [], [f"    {command.name} = ...  # what makes the adapter under test"]
    outer = command.name.partition(".")[0]
    return command.name, [f"from {command.module} import {outer}"], []


def _options(release: str | None, reply_timeout: float) -> list[str]:
    options = [f"release={json.dumps(release)}"] if release else []
    return options + [f"reply_timeout={reply_timeout!r}"] * (reply_timeout != REPLY_TIMEOUT_S)


def _quoted(command: Command) -> str:
    return "[" + ", ".join(json.dumps(part) for part in command) + "]"


def _plain_words(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")


# --- Text --------------------------------------------------------------------
def text(outcome: Outcome, command: Command, reply_timeout: float = REPLY_TIMEOUT_S) -> str:
    """Give the report for people, with a final line end."""
    again = "fails again in a new process" if outcome.is_repeatable else "was not replayed"
    lines = [*failure(outcome, command, again, reply_timeout), *_summary(outcome)]
    return "\n".join(lines) + "\n"


def failure(
    outcome: Outcome,
    command: Command | Maker,
    again: str,
    reply_timeout: float = REPLY_TIMEOUT_S,
) -> Iterator[str]:
    """Give the lines about the fault and its sequence; *again* says what became of replays."""
    if outcome.fault:
        yield from (*_fault(outcome.fault), "")
        if outcome.sessions:
            yield f"The sequence ({count(len(outcome.sessions), 'session')}; it {again}):"
            yield from _sequence(trace(outcome), pytest_test(outcome, command, reply_timeout))
            yield ""


def _fault(found: Fault) -> Iterator[str]:
    yield f"error {found.rule} {found.name}" if found.rule else f"error {found.name}"
    yield from _row("what", sentence(f"{found.says}: {found.message}"))
    if found.expected:
        yield from _row("expected", either(found.expected))
    yield from _row("why", sentence(found.why))
    for slug in found.sources:
        title, address = PAGES[slug]
        yield f"  {'source':{_WIDTH}}{title}  {address}"
    for line in found.detail.splitlines():
        yield from _row("stderr", line)


def _row(label: str, words: str) -> Iterator[str]:
    first = f"  {label:{_WIDTH}}"
    for line in wrap(one_line(words), 100 - len(first)):
        yield inert(first + line)
        first = " " * len(first)


def _sequence(records: str, test: str) -> Iterator[str]:
    yield from (inert(line) for line in records.splitlines())
    yield from ("", "The same as a test for pytest:")
    yield from test.splitlines()


def _summary(outcome: Outcome) -> Iterator[str]:
    faults = "1 fault" if outcome.fault else "no fault"
    yield inert(
        one_line(
            f"{outcome.verdict}: {faults} in {count(outcome.events, 'event')},"
            f" {count(outcome.ran, 'session')} of {outcome.name or 'the writer'}"
        )
    )
    least, mean = visits(outcome.rows)
    total = len(outcome.rows) + len(outcome.missing)
    yield f"  rows: {len(outcome.rows)} of {total} taken; least {least}, mean {mean} times"
    yield f"  pairs of rows: {outcome.pairs} of {outcome.pairs_known} taken"
    yield from _doubts(outcome)
    if outcome.abilities.unknown:
        names = ", ".join(outcome.abilities.unknown)
        yield inert(one_line(f"  not known, so left out: {names}"))
    if not outcome.fault:
        yield from _not_taken(outcome.missing)


def _doubts(outcome: Outcome | RequesterOutcome) -> Iterator[str]:
    for doubt in outcome.doubts:
        yield inert(f"  inconclusive: {one_line(doubt)}")


def _not_taken(missing: Mapping[str, str]) -> Iterator[str]:
    whys = dict.fromkeys(missing.values())
    for why in whys:
        codes = [code for code, reason in missing.items() if reason == why]
        yield f"  not taken ({why}): {listed(codes)}"


def visits(rows: Mapping[str, int]) -> tuple[int, int]:
    """Give how often the least visited row was taken, and the rounded mean."""
    if not rows:
        return 0, 0
    return min(rows.values()), round(sum(rows.values()) / len(rows))


# --- Requesters --------------------------------------------------------------
def requester_trace(outcome: RequesterOutcome) -> str:
    """Give the calls of what was played as a canonical trace."""
    return "".join(json.dumps(record) + "\n" for record in outcome.records)


def requester_test(
    outcome: RequesterOutcome, command: Command | Maker, reply_timeout: float = REPLY_TIMEOUT_S
) -> str:
    """Give a pytest test that fails as long as the requester behaves like this."""
    name, before, inside = _subject(command)
    says = _plain_words(outcome.fault.says if outcome.fault else "")
    options = _options(outcome.release, reply_timeout)
    arguments = ", ".join([name, "scenarios", *options])
    made = [one for one in outcome.played if not isinstance(one, str)]
    names = ["Play", "Scenario"] * bool(made) + ["replay_scenarios"]
    lines = [*before, f"from vssfsm.testing import {', '.join(names)}", "", ""]
    lines += ["def test_requester_conforms() -> None:", f'    """Not again: {says}."""', *inside]
    if made:
        lines += ["    scenarios = [", *(f"        {one!r}," for one in outcome.played), "    ]"]
    else:
        lines += [f"    scenarios = {_quoted(list(map(str, outcome.played)))}"]
    return "\n".join([*lines, f'    assert replay_scenarios({arguments}) == ""']) + "\n"


def requester_text(
    outcome: RequesterOutcome, command: Command, reply_timeout: float = REPLY_TIMEOUT_S
) -> str:
    """Give the report for people, with a final line end."""
    again = "fails again in a new process" if outcome.is_repeatable else "did not fail again"
    lines = [*requester_failure(outcome, command, again, reply_timeout)]
    faults = "1 fault" if outcome.fault else "no fault"
    lines += [
        inert(
            one_line(
                f"{outcome.verdict}: {faults} in {count(outcome.ran, 'scenario')},"
                f" {count(outcome.calls, 'call')} of {outcome.name or 'the requester'}"
            )
        )
    ]
    lines += _doubts(outcome)
    lines += _warnings(outcome.warnings)
    return "\n".join(lines) + "\n"


def _warnings(warnings: Sequence[Warned]) -> Iterator[str]:
    """Say of each rule how often, and in which scenarios."""
    for rule in sorted({(w.finding.rule, w.finding.name) for w in warnings}):
        here = [w.scenario for w in warnings if w.finding.rule == rule[0]]
        where = listed(list(dict.fromkeys(here)))
        yield inert(f"  warning {' '.join(rule)}: {count(len(here), 'time')}, in {where}")


def requester_failure(
    outcome: RequesterOutcome,
    command: Command | Maker,
    again: str,
    reply_timeout: float = REPLY_TIMEOUT_S,
) -> Iterator[str]:
    """Give the lines about the fault and its calls; *again* says what became of replays."""
    if outcome.fault:
        yield from (*_fault(outcome.fault), "")
        if outcome.played:
            names = [one if isinstance(one, str) else one.name for one in outcome.played]
            where = f"scenario {names[0]}" if names[1:] == [] else f"scenarios {listed(names)}"
            yield f"The calls in {where} (it {again}):"
            test = requester_test(outcome, command, reply_timeout)
            yield from (*_sequence(requester_trace(outcome), test), "")


def requester_json(
    outcome: RequesterOutcome, command: Command, reply_timeout: float = REPLY_TIMEOUT_S
) -> str:
    """Give the report for programs, with a final line end."""
    found = outcome.fault
    report = {
        "version": VERSION,
        "tool": tool_facts(),
        "verdict": outcome.verdict,
        "inconclusive": outcome.doubts,
        "requester": outcome.name,
        "counts": {
            "scenarios": outcome.ran,
            "calls": outcome.calls,
            "errors": int(found is not None),
            "warnings": len(outcome.warnings),
        },
        "scenarios": outcome.played,
        "warnings": [
            {
                "rule": w.finding.rule,
                "name": w.finding.name,
                "event": w.finding.event,
                "scenario": w.scenario,
            }
            for w in outcome.warnings
        ],
        "findings": []
        if found is None
        else [
            {
                **_facts(found, "requester"),
                "repeatable": outcome.is_repeatable,
                "trace": outcome.records,
                "test": requester_test(outcome, command, reply_timeout) if outcome.played else "",
            }
        ],
    }
    return json.dumps(report, indent=2) + "\n"


# --- JSON --------------------------------------------------------------------
def as_json(outcome: Outcome, command: Command, reply_timeout: float = REPLY_TIMEOUT_S) -> str:
    """Give the report for programs, with a final line end."""
    least, mean = visits(outcome.rows)
    report = {
        "version": VERSION,
        "tool": tool_facts(),
        "verdict": outcome.verdict,
        "inconclusive": outcome.doubts,
        "writer": outcome.name,
        "counts": {
            "sessions": outcome.ran,
            "events": outcome.events,
            "errors": int(outcome.fault is not None),
            "rows": len(outcome.rows),
            "rows_known": len(outcome.rows) + len(outcome.missing),
            "pairs": outcome.pairs,
            "pairs_known": outcome.pairs_known,
            "least_visits": least,
            "mean_visits": mean,
        },
        "rows": dict(sorted(outcome.rows.items())),
        "not_taken": dict(sorted(outcome.missing.items())),
        "findings": list(_findings(outcome, command, reply_timeout)),
    }
    return json.dumps(report, indent=2) + "\n"


def _facts(found: Fault, blame: str) -> dict[str, object]:
    return {
        "rule": found.rule,
        "name": found.name,
        "severity": "error",
        "message": f"{found.says}: {found.message}",
        "expected": found.expected,
        "blame": blame,
        "sources": found.sources,
        "stderr": found.detail,
    }


def _findings(
    outcome: Outcome, command: Command, reply_timeout: float
) -> Iterable[dict[str, object]]:
    found = outcome.fault
    if found is None:
        return
    yield {
        **_facts(found, "writer"),
        "repeatable": outcome.is_repeatable,
        "sessions": [[one.step.request for one in session] for session in outcome.sessions],
        "trace": records(outcome),
        "test": pytest_test(outcome, command, reply_timeout) if outcome.sessions else "",
    }
