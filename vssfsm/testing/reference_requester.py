"""
A requester that is correct: it waits, asks for results and states, heeds them, and cleans up.

`python -m vssfsm.testing.reference_requester` speaks the protocol, as an example and for tests. Its
calls are those of the sequences that the diagrams show.
"""

import json
import sys
from collections.abc import Mapping
from typing import Final, Protocol, TextIO

from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.sequences import BACKUP, EACH, RESTORE
from vssfsm.spec.vocabulary import FAILED_STATES, STATE_NAMES
from vssfsm.testing.requesters.records import Answer

_FINISHED: Final = "VSS_S_ASYNC_FINISHED"
_PENDING: Final = "VSS_S_ASYNC_PENDING"
_WAIT_MS: Final = 600_000
_TRIES: Final = 2
_WRITERS: Final = ("writer", "component")
_GATHER: Final = "GatherWriterMetadata"


class Calls(Protocol):
    """What a requester calls: the simulated service, or a stand-in for it."""

    def call(
        self, name: str, args: Mapping[str, object] | None = None, of: str | None = None
    ) -> Answer:
        """Call a method."""

    def sleep_ms(self, milliseconds: float) -> None:
        """Wait."""


class _Failed(Exception):
    """A call or a writer failed: the operation is given up."""


class ReferenceRequester:
    """
    A requester that backs up and restores.

    Args:
        is_restore: restore instead of backing up.
    """

    def __init__(self, *, is_restore: bool = False) -> None:
        self._calls = (RESTORE if is_restore else BACKUP).calls
        self._may_abort = not is_restore
        self._count = 0
        self._writers: list[dict[str, object]] = []

    def run(self, service: Calls) -> bool:
        """Run the operation, once more after ten minutes if it failed; tell whether it worked."""
        for attempt in range(_TRIES):
            if attempt:
                service.sleep_ms(_WAIT_MS)
            if self._attempt(service):
                return True
        return False

    def _attempt(self, service: Calls) -> bool:
        try:
            for name in self._calls:
                self._step(service, name)
        except _Failed:
            if self._may_abort:
                service.call("AbortBackup")
            service.call("Release")
            return False
        return True

    def _step(self, service: Calls, name: str) -> None:
        if name == "GetWriterStatus":
            self._check(service)
        elif EACH.get(name) in _WRITERS and name != "SetBackupSucceeded":
            self._each(service, name)
        elif name == "SetBackupSucceeded":
            for facts in self._writers:
                self._ask(service, name, {**facts, "succeeded": True})
        else:
            answer = self._ask(service, name, {})
            if name.endswith("Count"):
                self._count = int(str(answer.out["count"]))

    def _each(self, service: Calls, name: str) -> None:
        if name.startswith("GetWriter"):
            reads = [self._ask(service, name, {"index": i}).out for i in range(self._count)]
            self._writers = [_identity(facts) for facts in reads]
            return
        for facts in self._writers:
            self._ask(service, name, facts)

    def _check(self, service: Calls) -> None:
        """Read the status of every writer; any failure is one of ours."""
        reports = [
            self._ask(service, "GetWriterStatus", {"index": i}).out for i in range(self._count)
        ]
        listed = [report.get("instance") for report in reports]
        missing = any(facts["instance"] not in listed for facts in self._writers)
        if missing or any(_is_bad(report) for report in reports):
            service.call("FreeWriterStatus")
            raise _Failed

    def _ask(self, service: Calls, name: str, args: Mapping[str, object]) -> Answer:
        answer = service.call(name, args)
        if is_failure(HRESULTS[answer.hresult]):
            raise _Failed
        if name in ASYNC:
            self._await(service, name)
        return answer

    def _await(self, service: Calls, name: str) -> None:
        service.call("Wait", {}, name)
        result: object = _PENDING
        while result == _PENDING:
            result = service.call("QueryStatus", {}, name).out["async_result"]
        service.call("Release", {}, name)
        if result != _FINISHED:
            raise _Failed


def _identity(facts: Mapping[str, object]) -> dict[str, object]:
    return {key: facts[key] for key in ("writer", "writer_id", "instance")}


def _is_bad(report: Mapping[str, object]) -> bool:
    number = int(str(report["state"]))
    return report["failure"] != "S_OK" or STATE_NAMES[number] in FAILED_STATES


# --- as a program ------------------------------------------------------------
class _Remote:
    """The service at the other end of two streams."""

    def __init__(self, replies: TextIO, requests: TextIO) -> None:
        self._replies, self._requests = replies, requests

    def _send(self, message: Mapping[str, object]) -> dict[str, object]:
        print(json.dumps(message), file=self._requests, flush=True)
        reply: dict[str, object] = json.loads(self._replies.readline())
        return reply

    def call(
        self, name: str, args: Mapping[str, object] | None = None, of: str | None = None
    ) -> Answer:
        """Call a method."""
        reply = self._send({"call": name, "args": args or {}, "of": of})
        out = reply["out"]
        return Answer(str(reply["hresult"]), dict(out) if isinstance(out, dict) else {})

    def sleep_ms(self, milliseconds: float) -> None:
        """Wait."""
        self._send({"sleep_ms": milliseconds})


def serve(replies: TextIO, requests: TextIO) -> None:
    """Play every scenario that comes, until `bye`."""
    for line in replies:
        message = json.loads(line)
        if message["op"] == "scenario":
            is_restore = str(message["name"]).startswith("restore")
            success = ReferenceRequester(is_restore=is_restore).run(_Remote(replies, requests))
            print(json.dumps({"done": True, "success": success}), file=requests, flush=True)
        else:
            print(json.dumps({"name": "reference requester"}), file=requests, flush=True)
            if message["op"] == "bye":
                return


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
