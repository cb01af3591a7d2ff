"""
Baselines: findings that a team knows and has accepted, by fingerprint.

What a baseline covers is not reported and fails no run; it is counted apart. What could not be read
(`INP`) is never covered: nobody can accept what nobody has seen. The file is JSON, sorted, without
times and versions of the program, so that it changes only when the findings do.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from vssfsm.core.finding import Finding
from vssfsm.errors import UsageError
from vssfsm.results import CONFORMS, Accepted, Run, by_severity, by_verdict, verdict_of
from vssfsm.spec.rows import ERROR

VERSION: Final = 1
_FOR_PEOPLE: Final = ("rule", "name", "writer", "event")


def accepted(findings: Iterable[Finding]) -> tuple[Accepted, ...]:
    """Give the entries that cover *findings*, sorted by rule and fingerprint."""
    covered = [item for item in findings if _may_be_accepted(item)]
    times = Counter(item.fingerprint for item in covered)
    entries = {
        item.fingerprint: Accepted(
            fingerprint=item.fingerprint,
            times=times[item.fingerprint],
            rule=item.rule,
            name=item.name,
            writer=item.writer,
            event=item.event,
        )
        for item in covered
    }
    return tuple(sorted(entries.values(), key=lambda entry: (entry.rule, entry.fingerprint)))


def text(entries: Iterable[Accepted]) -> str:
    """Give the content of a baseline file, with a final line end."""
    report = {"version": VERSION, "findings": [as_mapping(entry) for entry in entries]}
    return json.dumps(report, indent=2) + "\n"


def as_mapping(entry: Accepted) -> dict[str, object]:
    """Give an entry as it stands in files and reports."""
    people = {name: getattr(entry, name) for name in _FOR_PEOPLE}
    return {"fingerprint": entry.fingerprint, "count": entry.times, **people}


def load(path: str) -> tuple[Accepted, ...]:
    """
    Read a baseline file.

    Raises:
        UsageError: it cannot be read, or is no baseline; the message names it.
    """
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise UsageError(f"cannot read baseline {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"baseline {path} is no JSON: {error}") from error
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise UsageError(f"baseline {path} is not of version {VERSION}; write it anew")
    findings = content.get("findings")
    if not isinstance(findings, list):
        raise UsageError(f"baseline {path} has no list of findings; write it anew")
    return tuple(_entry(item, path, number) for number, item in enumerate(findings, start=1))


def _entry(item: object, path: str, number: int) -> Accepted:
    known = item if isinstance(item, dict) else {}
    fingerprint, times = known.get("fingerprint"), known.get("count", 1)
    if not isinstance(fingerprint, str) or type(times) is not int or times < 1:
        raise UsageError(f"baseline {path}: finding {number} has no fingerprint or no fit count")
    people = {name: str(known.get(name, "")) for name in _FOR_PEOPLE}
    return Accepted(fingerprint, times, **people)


def apply(run: Run, entries: Sequence[Accepted]) -> Run:
    """Give *run* without the findings that *entries* cover: n of them for an entry of n times."""
    left = Counter[str]()
    for entry in entries:
        left[entry.fingerprint] += entry.times
    kept, covered = [], []
    for item in run.findings:
        if _may_be_accepted(item) and left[item.fingerprint] > 0:
            left[item.fingerprint] -= 1
            covered.append(item)
        else:
            kept.append(item)
    return _without(run, kept, covered)._replace(baseline_unused=_unused(entries, left))


def _may_be_accepted(item: Finding) -> bool:
    return item.family != "INP"


def _unused(entries: Sequence[Accepted], left: Counter[str]) -> tuple[Accepted, ...]:
    named = {entry.fingerprint: entry for entry in entries}
    unused = [entry._replace(times=left[name]) for name, entry in named.items() if left[name]]
    return tuple(sorted(unused, key=lambda entry: (entry.rule, entry.fingerprint)))


def _without(run: Run, kept: list[Finding], covered: list[Finding]) -> Run:
    """Give *run* with the findings *kept*; its verdicts and counts are those of what is left."""
    accused = {_session_of(item) for item in kept if item.severity == ERROR}
    cleared = {_session_of(item) for item in covered if item.severity == ERROR} - accused
    sessions = [
        session._replace(verdict=verdict_of((), session.reasons))
        if (session.path, session.host, session.session) in cleared
        else session
        for session in (*run.sessions, *run.conforming)
    ]
    return run._replace(
        verdict=verdict_of(kept, run.inconclusive),
        findings=tuple(kept),
        counts=run.counts
        | by_severity(kept)
        | by_verdict(sessions)
        | {"baselined": run.counts["baselined"] + len(covered)},
        sessions=tuple(one for one in sessions if one.verdict != CONFORMS),
        conforming=tuple(one for one in sessions if one.verdict == CONFORMS),
        inputs=tuple(
            one._replace(
                verdict=verdict_of(
                    (item for item in kept if item.path == one.path), one.inconclusive
                )
            )
            for one in run.inputs
        ),
    )


def _session_of(item: Finding) -> tuple[str, str, str]:
    return item.path, item.host, item.session
