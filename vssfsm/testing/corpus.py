"""The commands `vssfsm generate` and `vssfsm coverage`."""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from vssfsm.errors import UsageError
from vssfsm.outputs import refuse_twice, show, write_all
from vssfsm.testing import generate
from vssfsm.testing.coverage import report
from vssfsm.testing.coverage.counts import COUNTED, coverage
from vssfsm.testing.coverage.missing import files, missing_tests
from vssfsm.testing.generation.near import why_not
from vssfsm.testing.generation.writer_traces import Records

_FINE, _TOO_LITTLE, _UNREAD = 0, 1, 3
#: traces that are written together: all of them, or none
_BATCH: Final = 200


class Wanted(NamedTuple):
    """What the command line of `generate` says."""

    role: str = generate.ROLES[0]
    rules: Sequence[str] = ()
    number: int = 1
    seed: int = 0
    length: int | None = None
    release: str | None = None
    output: str = "-"


def run_generate(wanted: Wanted) -> int:
    """
    Write traces.

    Raises:
        UsageError: an option is wrong, no step breaks a rule, or something cannot be written.
    """
    length = generate.LENGTH if wanted.length is None else wanted.length
    generate.check_options(wanted.role, length, wanted.release)
    if wanted.number < 1:
        raise UsageError(f"--count is a number of traces, at least 1, not {wanted.number}")
    for name in wanted.rules:
        if reason := why_not(generate.rule_of(name)):
            raise UsageError(reason)
    if wanted.output == "-":
        for _, records in _traces(wanted):
            if not show(generate.text(records)):
                break
    elif os.path.isdir(wanted.output) or wanted.output.endswith(("/", os.sep)):
        _write_each(wanted)
    else:
        content = "".join(generate.text(records) for _, records in _traces(wanted))
        write_all([(wanted.output, content)])
    return _FINE


def _traces(wanted: Wanted) -> Iterator[tuple[str, Records]]:
    """Give name and records of each trace; numbers go on, so that no two share a key."""
    facts: dict[str, Any] = {"seed": wanted.seed, "release": wanted.release}
    if wanted.length is not None:
        facts["length"] = wanted.length
    width = len(str(wanted.number - 1))
    for index, kind in enumerate(wanted.rules or (wanted.role,)):
        for turn in range(wanted.number):
            number = index * wanted.number + turn
            if wanted.rules:
                records = generate.near_miss(kind, number=number, **facts)
            else:
                records = generate.legal(kind, number=number, **facts)
            yield f"{kind}-{turn:0{width}}.jsonl", records


def _write_each(wanted: Wanted) -> None:
    try:
        os.makedirs(wanted.output, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {wanted.output}: {error.strerror}") from error
    batch: list[tuple[str, str]] = []
    for name, records in _traces(wanted):
        batch.append((os.path.join(wanted.output, name), generate.text(records)))
        if len(batch) == _BATCH:
            write_all(batch)
            batch = []
    write_all(batch)


_NO_ROWS: Final = (
    "nothing could be counted: no record took a row. Listings and status reports show states;"
    " coverage needs traces of calls and events"
)


class Asked(NamedTuple):
    """What the command line of `coverage` says."""

    paths: Sequence[str]
    regions: Sequence[str] = ()
    release: str | None = None
    observation: str | None = None
    input_format: str = "auto"
    output_format: str = "text"
    missing: str | None = None
    fail_under: float | None = None


def run_coverage(asked: Asked) -> int:
    """
    Print what traces cover, and write the tests that are missing.

    Raises:
        UsageError: an option or a pattern is wrong, or something cannot be written.
    """
    if asked.fail_under is not None and not 0 <= asked.fail_under <= 100:
        raise UsageError(f"--fail-under is a share in percent, 0 to 100, not {asked.fail_under:g}")
    for name in asked.regions:
        if name not in COUNTED:
            raise UsageError(f"unknown region {name!r}; known: {', '.join(COUNTED)}")
    found = coverage(
        asked.paths,
        regions=asked.regions,
        release=asked.release,
        observation=asked.observation,
        input_format=asked.input_format,
    )
    lost: list[tuple[str, str]] = []
    said = ""
    if asked.missing is not None:
        tests, lost = missing_tests(found)
        said = _write_missing(asked, list(files(tests)), lost)
    is_json = asked.output_format == "json"
    show(report.as_json(found, lost) if is_json else report.text(found) + said)
    if asked.fail_under is not None and found.percent < asked.fail_under:
        share = f"{found.percent:.1f} % of the rows are taken, less than {asked.fail_under:g} %"
        print(f"vssfsm: {share}", file=sys.stderr)
        return _TOO_LITTLE
    if not (found.run.taken.rows or found.run.unreadable):
        print(f"vssfsm: {_NO_ROWS}", file=sys.stderr)
        return _UNREAD
    return _UNREAD if found.run.unreadable else _FINE


def _write_missing(
    asked: Asked, made: Sequence[tuple[str, str]], lost: Sequence[tuple[str, str]]
) -> str:
    """Write the tests, and give what is to be said about them."""
    directory = asked.missing or ""
    try:
        os.makedirs(directory, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {directory}: {error.strerror}") from error
    contents = [(os.path.join(directory, name), content) for name, content in made]
    refuse_twice([path for path, _ in contents], [p for p in asked.paths if p != "-"])
    write_all(contents)
    lines = [f"\n{max(len(made) - 1, 0)} missing tests written to {directory}\n"]
    lines += [f"  no way is known to {code} of {region}\n" for region, code in lost]
    return "".join(lines)
