"""
A program on its standard streams as an adapter: JSON Lines, one request, one reply.

Whatever the program does instead of replying (nothing, too late, too much, something else, its own
end) becomes a `Broken`; nothing it does can hold us up for longer than the time-out.
"""

import contextlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final, Self

from vssfsm.errors import UsageError
from vssfsm.testing.adapters import (
    Broken,
    Reply,
    Report,
    Seen,
    read_abilities,
    read_reply,
)
from vssfsm.testing.process import Tree

VERSION: Final = 1
REPLY_TIMEOUT_S: Final = 2.0
#: reply time-outs that a program may take for its start
_START: Final = 2.0
#: bytes of a reply; a longer line is none
_LONGEST: Final = 1 << 20
_SHOWN: Final = 80
#: seconds that the end of a program may follow after that of its output
_ENDING_S: Final = 0.5
#: seconds that a line beyond the reply may take where a reply is wrong
_SURPLUS_S: Final = 0.05
#: exit codes from here on are exceptions on Windows; negative ones are signals elsewhere
_EXCEPTION: Final = 0xC0000000


class Channel:
    """
    A program that speaks in lines: started, asked, listened to, ended.

    Args:
        command: program and arguments.
        timeout: seconds that an answer may take.

    Raises:
        UsageError: it cannot be started.
    """

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self.timeout = timeout
        try:
            self.tree = Tree(command)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"cannot start {command[0]!r}: {reason}") from error
        self._lines = _Lines(self.tree.process.stdout)
        self._lines.start()

    def send(self, message: Mapping[str, object]) -> None:
        """Write a line; a program that does not read is told by its silence."""
        stream = self.tree.process.stdin
        data = json.dumps(message).encode("ascii") + b"\n"
        with contextlib.suppress(OSError, ValueError):
            while data and stream is not None:
                data = data[stream.write(data) or 0 :]

    def receive(self, what: str, seconds: float | None = None) -> dict[str, object]:
        """
        Read the next object.

        Args:
            what: what it answers, for messages.
            seconds: that it may take; the time-out by default.

        Raises:
            Broken: there is none.
        """
        limit = seconds or self.timeout
        deadline = time.monotonic() + limit
        while True:
            line = self._lines.take(deadline)
            if line is None:
                raise self._silent(what, limit)
            if line.strip():
                return _object(line)

    def greet(self) -> dict[str, object]:
        """Say hello; a start may take longer than an answer."""
        self.send({"op": "hello", "version": VERSION})
        return self.receive("hello", self.timeout * _START)

    def surplus(self, seconds: float = 0.0) -> str | None:
        """Give a line that nobody asked for, if one comes within *seconds*."""
        early = self._lines.early(time.monotonic() + seconds)
        return None if early is None else _shown(early)

    def see_end(self) -> None:
        """
        Wait for the end of the program that was told to end.

        Raises:
            Broken: it goes on, or crashes.
        """
        code = self.tree.wait(self.timeout)
        if code is None:
            raise Broken("hang", f"the program did not end within {self.timeout:g} s after bye")
        if code < 0 or code >= _EXCEPTION:
            raise Broken("crash", f"after bye {_ended(code)}{self._errors()}")

    def end(self) -> None:
        """End the program and whatever it started; idempotent."""
        self._lines.close()
        self.tree.end()

    def _silent(self, what: str, limit: float) -> Broken:
        """Tell why there is no answer."""
        rest = self._lines.rest()
        if len(rest) >= _LONGEST:
            return Broken("garbage", f"a line of more than {_LONGEST} bytes: {_shown(rest)}")
        code = self.tree.wait(_ENDING_S if self._lines.is_over else 0)
        if code is None and not self._lines.is_over:
            part = f"; an unfinished line stands there: {_shown(rest)}" if rest else ""
            return Broken("hang", f"no reply to {what} within {limit:g} s{part}")
        how = _ended(code) if code is not None else "the program closed its standard output"
        return Broken("crash", f"at {what} {how}{self._errors()}")

    def _errors(self) -> str:
        text = self.tree.errors.text(_ENDING_S)
        return f"\n{text}" if text else ""


class Program:
    """
    A writer under test that speaks the protocol.

    Args:
        command: program and arguments.
        reply_timeout: seconds that a reply may take.

    Raises:
        UsageError: it cannot be started.
        Broken: it does not greet.
    """

    def __init__(self, command: Sequence[str], reply_timeout: float = REPLY_TIMEOUT_S) -> None:
        self._channel = Channel(command, reply_timeout)
        self._asked = "hello"
        try:
            self._greet()
        except BaseException:
            self.end()
            raise

    def _greet(self) -> None:
        hello = self._channel.greet()
        if hello.get("can_fail") is None:
            raise Broken("missing-key", "the reply to hello has no can_fail")
        soft = hello.get("can_soft")
        told = [] if soft is None else soft
        self.abilities = read_abilities(hello["can_fail"], told, can_time_out=True)
        self.name = str(hello.get("name") or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    # --- the adapter ---------------------------------------------------------
    def reset(self) -> None:
        """Begin the next session."""
        self._ask({"op": "reset"})

    def deliver(self, event: str, fail: str | None = None, soft: bool = False) -> Reply:  # noqa: FBT001, FBT002 - as the contract has it
        """Deliver *event*; *fail* is the code to set, with *soft* the handler goes on."""
        told = {"soft": True} if soft else {}
        return _reply(self.ask({"op": "deliver", "event": event, "fail": fail, **told}))

    def timeout(self) -> Reply:
        """Let the time between Freeze and Thaw run out."""
        return _reply(self.ask({"op": "timeout"}))

    def status(self) -> Report:
        """Give what the writer reports now."""
        seen = self.ask({"op": "status"})
        return Report(seen.state, seen.failure)

    def bye(self) -> None:
        """
        Take leave; the program has to end.

        Raises:
            Broken: it does not, or does so by a crash.
        """
        self._ask({"op": "bye"})
        self._channel.see_end()

    def end(self) -> None:
        """End the program and whatever it started; idempotent."""
        self._channel.end()

    def ask(self, request: Mapping[str, object]) -> Seen:
        """Send *request* and read the reply."""
        return read_reply(self._ask(request))

    def surplus(self) -> str | None:
        """Give a line beyond the reply to the last request; what was read may be out of step."""
        return self._channel.surplus(_SURPLUS_S)

    def _ask(self, request: Mapping[str, object]) -> dict[str, object]:
        early = self._channel.surplus()
        if early is not None:
            raise Broken(
                "garbage",
                f"a line that nobody asked for, after the reply to {self._asked}: {early}",
            )
        self._asked = f"{request['op']} {request.get('event') or ''}".strip()
        self._channel.send(request)
        return self._channel.receive(self._asked)


def _reply(seen: Seen) -> Reply:
    return Reply(seen.state, seen.failure, seen.returned)


def _ended(code: int) -> str:
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return f"the program ended {how}"


def _object(line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Broken("garbage", f"a reply is no JSON: {_shown(line)}") from None
    if not isinstance(value, dict):
        raise Broken("garbage", f"a reply is no JSON object: {_shown(line)}")
    return value


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace").strip()
    return json.dumps(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


class _Lines(threading.Thread):
    """Read the program's standard output, as far ahead as one too long line."""

    def __init__(self, stream: object) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._data = b""
        self._change = threading.Condition()
        self._is_closed = False
        self.is_over = False

    def run(self) -> None:
        """Read until the stream ends, or nobody listens any more."""
        with contextlib.suppress(OSError, ValueError):
            while chunk := self._stream.read(65536):  # type: ignore[attr-defined]
                with self._change:
                    self._data += chunk
                    self._change.notify_all()
                    self._change.wait_for(lambda: len(self._data) < _LONGEST or self._is_closed)
                    if self._is_closed:
                        return
        with self._change:
            self.is_over = True
            self._change.notify_all()

    def take(self, deadline: float) -> bytes | None:
        """Take the next line; None if none comes until *deadline*, or ever."""
        with self._change:
            while b"\n" not in self._data and not self.is_over and len(self._data) < _LONGEST:
                if not self._change.wait(max(deadline - time.monotonic(), 0)):
                    break
            line, end, rest = self._data.partition(b"\n")
            if not end and not (self.is_over and line):
                return None
            self._data = rest
            self._change.notify_all()
            return line

    def early(self, deadline: float) -> bytes | None:
        """Give a line that stands there before anything was asked, or comes until *deadline*."""
        with self._change:
            while not self._data and not self.is_over:
                if not self._change.wait(max(deadline - time.monotonic(), 0)):
                    break
            line = self._data.strip()
            return line.partition(b"\n")[0] if line else None

    def rest(self) -> bytes:
        """Give what was read of an unfinished line."""
        with self._change:
            return self._data

    def close(self) -> None:
        """Stop reading ahead."""
        with self._change:
            self._is_closed = True
            self._change.notify_all()
