"""
Record in Python: what tests deliver to a writer, what a requester calls, or records of your own.

Each record is a line of the trace format, on its way to the file when the call returns. A record
that no reader could take is refused at once, so that a trace never holds holes of ours.
"""

import os
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any, Final, Self

from vssfsm.errors import UsageError
from vssfsm.spec.vocabulary import HANDLERS, OBJECT_STARTS, writer_event
from vssfsm.testing.adapters import Reply, Report, WriterAdapter, read_object
from vssfsm.testing.reference_requester import Calls
from vssfsm.testing.requesters.records import Answer, call_record, exchange_record
from vssfsm.testing.writers.drive import Exchange
from vssfsm.testing.writers.judge import Judge
from vssfsm.testing.writers.steps import IDENTIFY, STATUS, TIMEOUT, Step
from vssfsm.traces.canonical import read_mapping
from vssfsm.traces.render import json_line

_RELEASE: Final = "Release"


class Recorder:
    """
    A trace that is being written.

    Args:
        target: path of a file, which is begun anew, or a binary stream, which stays open.
        clock: gives nanoseconds since 1970 UTC, such as `time.time_ns`; without one, records have
            no time, and the same test gives the same bytes.
        keys: keys of every record, such as `host` or `release`.

    Raises:
        OSError: the file cannot be opened.
        UsageError: one of *keys* is none of the format, or has a wrong value.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | IO[bytes],
        *,
        clock: Callable[[], int] | None = None,
        **keys: object,
    ) -> None:
        _refuse_unread({"actor": "writer", "event": IDENTIFY, **keys})
        self._keys = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions = 0
        self._is_ours = isinstance(target, str | os.PathLike)
        #: what was written
        self.records: list[dict[str, object]] = []
        self._stream: IO[bytes] = open(target, "wb") if self._is_ours else target  # type: ignore[arg-type, assignment]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it was opened here; idempotent."""
        if self._is_ours:
            self._stream.close()

    def write(self, record: Mapping[str, object]) -> None:
        """
        Write a record; keys that it does not have are those of the recorder.

        Raises:
            UsageError: no reader takes it: an unknown event, or a value of the wrong type.
        """
        time = {"time": self._clock()} if self._clock and "time" not in record else {}
        whole = {**time, **self._keys, **record}
        _refuse_unread(whole)
        with self._lock:
            self._stream.write(json_line(whole))
            self._stream.flush()
            self.records.append(whole)

    def writer(self, adapter: WriterAdapter) -> "RecordedWriter":
        """Give *adapter* recorded: an adapter that does what it does."""
        return RecordedWriter(adapter, self)

    def calls(self, service: Calls) -> "RecordedCalls":
        """Give *service*, what a requester calls, recorded."""
        return RecordedCalls(service, self)

    def requester(self, adapter: Any) -> "RecordedRequester":
        """Give a requester under test recorded: each of its runs is with recorded calls."""
        return RecordedRequester(adapter, self)

    def new_session(self) -> str:
        """Give a name that no other session of this trace has."""
        with self._lock:
            self._sessions += 1
            return str(self._sessions)


def _refuse_unread(record: Mapping[str, object]) -> None:
    notes = read_mapping(record, 1)[1]
    if notes:
        raise UsageError(f"no reader takes this record: {notes[0].message}")


class _Around:
    """Whatever is not recorded is that of the object inside."""

    def __init__(self, inner: Any, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class RecordedWriter(_Around):
    """A writer under test whose events and replies become records."""

    def __init__(self, inner: WriterAdapter, recorder: Recorder) -> None:
        super().__init__(inner, recorder)
        self._name = str(getattr(inner, "name", "") or type(inner).__name__)
        self._judge = Judge()
        self._session = recorder.new_session()
        if hasattr(inner, "timeout"):
            self.timeout = self._timeout

    def reset(self) -> None:
        """Begin the next session."""
        self._inner.reset()
        self._judge.reset()
        self._session = self._recorder.new_session()

    def deliver(self, event: str, fail: str | None = None, soft: bool = False) -> Reply:  # noqa: FBT001, FBT002 - as the contract has it
        """
        Deliver *event*, and record the reply.

        Raises:
            UsageError: there is no such event.
            Broken: the reply cannot be read.
        """
        name = writer_event(event)
        if name not in HANDLERS:
            raise UsageError(f"{event!r:.60} is no event to a writer")
        reply: Reply = self._inner.deliver(event, fail, soft)
        self._take(Step("deliver", str(name), fail, soft), reply)
        return reply

    def status(self) -> Report:
        """Give what GetWriterStatus reports now, and record it as seen from outside."""
        report: Report = self._inner.status()
        self._take(STATUS, report)
        return report

    def _timeout(self) -> Reply:
        """Let the time between Freeze and Thaw run out, and record the writer's own Abort."""
        reply: Reply = self._inner.timeout()
        self._take(TIMEOUT, reply)
        return reply

    def _take(self, step: Step, answer: object) -> None:
        seen = read_object(answer, step.event or "Freeze")
        wrong = self._judge.take(step, seen) is not None
        told = step.outcome if wrong and step.op == "deliver" and step.event != IDENTIFY else None
        one = Exchange(step, seen, self._judge.outcome or told)
        self._recorder.write(exchange_record(one, self._session, self._name))


class RecordedCalls(_Around):
    """What a requester calls, recorded call by call."""

    def __init__(self, inner: Calls, recorder: Recorder) -> None:
        super().__init__(inner, recorder)
        self._session = recorder.new_session()
        self._is_fresh = True
        self._is_released = False

    def call(
        self, name: str, args: Mapping[str, object] | None = None, of: str | None = None
    ) -> Answer:
        """Call a method, and record it with what came back."""
        answer: Answer = self._inner.call(name, args, of)
        self._follow(name, of)
        known = {"session": self._session}
        self._recorder.write(call_record(name, args or {}, answer, of, known))
        return answer

    def _follow(self, name: str, of: str | None) -> None:
        """Begin a session with each object; what is called after Release belongs to the old one."""
        begins = name == OBJECT_STARTS[0] or (name in OBJECT_STARTS and self._is_released)
        if begins and not self._is_fresh:
            self._session = self._recorder.new_session()
            self._is_released = False
        self._is_fresh = False
        self._is_released = self._is_released or (name == _RELEASE and of is None)


class RecordedRequester(_Around):
    """A requester under test whose calls become records."""

    def run(self, service: Calls) -> bool:
        """Do a backup or a restore with *service*; tell whether it succeeded."""
        return bool(self._inner.run(self._recorder.calls(service)))
