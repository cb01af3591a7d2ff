"""A requester under test that is a program: it calls the service over its standard streams."""

from collections.abc import Mapping, Sequence

from vssfsm.testing.adapters import Broken
from vssfsm.testing.program import REPLY_TIMEOUT_S, Channel
from vssfsm.testing.requesters.scenarios import Scenario
from vssfsm.testing.requesters.service import Service


class RequesterProgram:
    """
    A program that calls the service over its standard streams.

    Args:
        command: program and arguments.
        reply_timeout: seconds that it may take from an answer to its next call.
    """

    def __init__(self, command: Sequence[str], reply_timeout: float = REPLY_TIMEOUT_S) -> None:
        self._channel = Channel(command, reply_timeout)
        try:
            self.name = str(self._channel.greet().get("name") or "")
        except BaseException:
            self.end()
            raise

    def begin(self, scenario: Scenario, seed: int, release: str) -> None:
        """Tell what comes; the program begins to call."""
        facts = {"name": scenario.name, "seed": seed, "release": release}
        self._channel.send({"op": "scenario", **facts})

    def run(self, service: Service) -> bool:
        """Answer calls until the program is done; give what it claims."""
        asked = f"scenario {service.scenario.name}"
        while True:
            message = self._channel.receive(asked)
            if "done" in message:
                return _truth(message)
            if "sleep_ms" in message:
                service.sleep_ms(_number(message["sleep_ms"]))
                self._channel.send({})
                asked = "the answer to sleep_ms"
            elif "call" in message:
                name, args, of = _call(message)
                answer = service.call(name, args, of)
                self._channel.send({"hresult": answer.hresult, "out": answer.out})
                asked = f"the answer to {name}"
            else:
                raise Broken("missing-key", "a message is no call, no sleep_ms and no done")

    def bye(self) -> None:
        """Take leave; the program has to end."""
        self._channel.send({"op": "bye"})
        self._channel.see_end()

    def end(self) -> None:
        """End the program and whatever it started; idempotent."""
        self._channel.end()


def _truth(message: Mapping[str, object]) -> bool:
    if "success" not in message:
        raise Broken("missing-key", "the message that ends a scenario has no success")
    if message["done"] is not True:
        raise Broken("wrong-value", f"done is not true: {message['done']!r:.60}")
    if not isinstance(message["success"], bool):
        raise Broken(
            "wrong-value", f"success is neither true nor false: {message['success']!r:.60}"
        )
    return bool(message["success"])


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    raise Broken("wrong-value", f"sleep_ms is no number of milliseconds: {value!r:.60}")


def _call(message: Mapping[str, object]) -> tuple[str, dict[str, object], str | None]:
    name, args, of = message["call"], message.get("args"), message.get("of")
    if not isinstance(name, str):
        raise Broken("wrong-value", f"call is no name of a method: {name!r:.60}")
    if args is not None and not isinstance(args, dict):
        raise Broken("wrong-value", f"args is no object: {args!r:.60}")
    if of is not None and not isinstance(of, str):
        raise Broken("wrong-value", f"of is no name of a method: {of!r:.60}")
    return name, dict(args or {}), of or None


class RequesterPrograms:
    """
    What makes a program anew.

    Args:
        command: program and arguments.
        reply_timeout: seconds that it may take from an answer to its next call.
    """

    def __init__(self, command: Sequence[str], reply_timeout: float = REPLY_TIMEOUT_S) -> None:
        self.command, self.reply_timeout = tuple(command), reply_timeout

    def __call__(self) -> RequesterProgram:
        """Start it."""
        return RequesterProgram(self.command, self.reply_timeout)


def requester_program(
    command: Sequence[str], reply_timeout: float = REPLY_TIMEOUT_S
) -> RequesterPrograms:
    """Give what makes a program anew."""
    return RequesterPrograms(command, reply_timeout)
