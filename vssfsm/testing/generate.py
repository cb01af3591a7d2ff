"""
Canonical traces made from the rows: legal ones, and such that break one rule.

Every choice is drawn from a seed and the number of the trace, so that the same arguments give the
same bytes, and a longer run begins with the traces of a shorter one. No judge takes part: rows are
walked, and the tests hold every trace against the monitor.
"""

import json
from random import Random
from typing import Final

from vssfsm.errors import UsageError
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.releases import RELEASES
from vssfsm.testing.generation import near
from vssfsm.testing.generation.operations import operations
from vssfsm.testing.generation.writer_traces import Records, writer_trace

#: whose records a legal trace has
ROLES: Final = ("writer", "requester", "session")
#: records of a trace, about, where nothing else is said: a whole operation of that role
LENGTHS: Final = {"writer": 40, "requester": 80, "session": 120}
LENGTH: Final = LENGTHS["writer"]


def legal(
    role: str = "writer",
    *,
    seed: int = 0,
    number: int = 0,
    length: int | None = None,
    release: str | None = None,
) -> Records:
    """
    Give the records of one legal trace: complete evidence, in observed order.

    Args:
        role: one of `ROLES`; `session` is a requester with its writers.
        seed: decides every choice.
        number: of the trace; another one has other choices and other keys.
        length: records of the trace, about; by default that of `LENGTHS`.
        release: Windows release that every record names, or None.

    Raises:
        UsageError: an option is wrong.
    """
    check_options(role, LENGTH if length is None else length, release)
    length = LENGTHS[role] if length is None else length
    rng = drawn("legal", role, seed, number, length, release)
    if role == "writer":
        return writer_trace(rng, length, release, number=number)
    observed = role == "session"
    return operations(rng, length, release, number=number, observed=observed)


def near_miss(
    code: str,
    *,
    seed: int = 0,
    number: int = 0,
    length: int = LENGTH,
    release: str | None = None,
) -> Records:
    """
    Give the records of one trace in which one step breaks a rule, and nothing else is wrong.

    Args:
        code: code or name of a rule.
        seed: decides every choice.
        number: of the trace; another one has other choices and other keys.
        length: records of the trace, about.
        release: Windows release that every record names; None: the one that the rule needs, if any.

    Raises:
        UsageError: an option is wrong, or no step breaks the rule.
    """
    check_options(ROLES[0], length, release)
    rule = rule_of(code)
    rng = drawn("near", rule, seed, number, length, release)
    return near.near_miss(rng, rule, length, release, number=number)


def rule_of(name: str) -> str:
    """
    Give the code of the rule with this code or name.

    Raises:
        UsageError: there is none.
    """
    found = [code for code, row in RULES.items() if name in (code, row.name)]
    if not found:
        raise UsageError(f"no rule has the code or name {name!r}; `vssfsm rule` lists them")
    return found[0]


def check_options(role: str, length: int, release: str | None) -> None:
    """
    Refuse what no trace can be made of.

    Raises:
        UsageError: an option is wrong.
    """
    if role not in ROLES:
        raise UsageError(f"unknown role {role!r}; known: {', '.join(ROLES)}")
    if release is not None and release not in RELEASES:
        raise UsageError(f"unknown release {release!r}; known: {', '.join(RELEASES)}")
    if length < 1:
        raise UsageError(f"a trace has at least one record, not {length}")


def drawn(*parts: object) -> Random:
    """Give a generator of random numbers that *parts* decide, on every machine alike."""
    return Random("/".join(map(str, parts)))  # noqa: S311 - walks are no secret


def text(records: Records) -> str:
    """Give *records* as canonical JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records)
