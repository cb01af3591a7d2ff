"""Canonical records of what the test bed did: an exchange with a writer, a requester's call."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from vssfsm.spec.hresults import hresult_name
from vssfsm.testing.writers.drive import Exchange
from vssfsm.traces.canonical import read_mapping

#: keys of arguments that stand beside `args` in a record
BESIDE: Final = ("writer", "writer_id", "instance")
#: out parameters that a record holds
_REPORTED: Final = ("state", "failure", "async_result", *BESIDE)


def exchange_record(
    one: Exchange, session: str, writer: str, release: str | None = None
) -> dict[str, object]:
    """
    Give the record of a step and its reply.

    Args:
        one: what a writer was asked, and what it replied.
        session: tells sessions apart; a status belongs to none.
        writer: its name.
        release: Windows release, or None.
    """
    seen = one.seen
    pair = {"state": seen.state, "failure": hresult_name(seen.failure)} if seen else {}
    if one.step.op == "status":
        head: dict[str, object] = {"actor": "observer", "event": "WriterStatus"}
    else:
        head = {"session": session, "actor": "writer", "event": one.step.event}
        if one.outcome:
            head["outcome"] = one.outcome
    return {**head, **pair, **({"release": release} if release else {}), "writer": writer}


class Answer(NamedTuple):
    """What a call gives back: its HRESULT by name, and its out parameters."""

    hresult: str
    out: dict[str, object]


def call_record(
    name: str,
    args: Mapping[str, object],
    answer: Answer,
    of: str | None = None,
    known: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """
    Give the record of a requester's call; arguments that no record can hold are left out.

    Args:
        name: documented name of the method.
        args: arguments by their names in the trace format.
        answer: what came back.
        of: for `Wait`, `QueryStatus`, `Cancel`, `Release`: the asynchronous call.
        known: keys of the record that the call does not give, such as `session`.
    """
    record = {
        **(known or {}),
        "actor": "requester",
        "event": name,
        "hresult": answer.hresult,
    }
    beside = {key: args[key] for key in BESIDE if isinstance(args.get(key), str)}
    facts = {k: v for k, v in answer.out.items() if k in _REPORTED}
    given = {key: value for key, value in args.items() if key not in BESIDE}
    if "count" in answer.out:
        given["count"] = answer.out["count"]
    for extra in ({"of": of} if of else {}, beside, facts, {"args": given} if given else {}):
        if not read_mapping({**record, **extra}, 1)[1]:
            record |= extra
    return record
