"""
Drive a requester under test through the scenarios of the simulated service.

A requester is an object with `run(service) -> bool`, or a program that speaks the protocol. The
first fault ends the run; its scenario is played once more, alone and in a new life.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from vssfsm.core.finding import Finding
from vssfsm.errors import UsageError
from vssfsm.spec.releases import RELEASES
from vssfsm.testing.adapters import Broken
from vssfsm.testing.faults import Fault, fault
from vssfsm.testing.program import REPLY_TIMEOUT_S, Channel
from vssfsm.testing.scenarios import SCENARIOS, Scenario
from vssfsm.testing.service import Service
from vssfsm.testing.visits import Visits

#: seconds that all scenarios may take
_RUN_S: Final = 25.0


class RequesterAdapter(Protocol):
    """A requester under test."""

    def run(self, service: Service) -> bool:
        """Do a backup or a restore with *service*; tell whether it succeeded."""


Maker = Callable[[], RequesterAdapter]


class RequesterOutcome(NamedTuple):
    """
    What a run gave.

    Args:
        name: of the requester.
        fault: the first one, or None.
        played: scenarios that lead to the fault, else all that were played, by name if they have
            one.
        records: canonical records of the last one.
        warnings: what the monitor only warns of, in all scenarios.
        calls: number of calls.
        is_repeatable: the fault came again in a new life.
        is_cut: time ran out.
        visits: what all scenarios visited.
    """

    name: str
    fault: Fault | None
    played: tuple[str | Scenario, ...]
    records: tuple[dict[str, object], ...]
    warnings: tuple[Finding, ...]
    calls: int
    is_repeatable: bool
    is_cut: bool
    visits: Visits
    release: str | None

    @property
    def verdict(self) -> str:
        """CONFORMS, VIOLATES or INCONCLUSIVE."""
        return "VIOLATES" if self.fault else "INCONCLUSIVE" if self.doubts else "CONFORMS"

    @property
    def doubts(self) -> list[str]:
        """Reasons why the outcome proves less than it could."""
        cut = ["time ran out before everything was tried"] * self.is_cut
        return cut + ["no call was made, so that nothing was judged"] * (not self.calls)


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
        while True:
            message = self._channel.receive("the last answer")
            if "done" in message:
                return _truth(message)
            if "sleep_ms" in message:
                service.sleep_ms(_number(message["sleep_ms"]))
                self._channel.send({})
            elif "call" in message:
                name, args, of = _call(message)
                answer = service.call(name, args, of)
                self._channel.send({"hresult": answer.hresult, "out": answer.out})
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


# --- runs --------------------------------------------------------------------
class RequesterLife:
    """
    One life of a requester: scenario after scenario, until a fault.

    Args:
        make: makes the adapter.
        seed: told to the requester.
        release: Windows release, or None for the newest.
    """

    def __init__(self, make: Maker, seed: int = 0, release: str | None = None) -> None:
        self._seed, self._release = seed, release or RELEASES[-1]
        self.release = release
        self.name = ""
        self.fault: Fault | None = None
        #: names of scenarios that are known, and the others themselves
        self.played: list[str | Scenario] = []
        self.warnings: list[Finding] = []
        self.records: list[dict[str, object]] = []
        self.calls = 0
        #: what all scenarios visited
        self.visits = Visits()
        self._adapter: RequesterAdapter | None = None
        try:
            self._adapter = make()
            self.name = str(getattr(self._adapter, "name", "") or type(self._adapter).__name__)
        except Broken as broken:
            self._blame(broken)

    def play(self, scenario: Scenario) -> None:
        """Play one scenario and judge it."""
        service = Service(scenario, self._release)
        is_known = SCENARIOS.get(scenario.name) == scenario
        self.played.append(scenario.name if is_known else scenario)
        self.records = service.records
        try:
            success = self._run(service)
            self.fault = service.done(success=success)
        except Broken as broken:
            self._blame(broken)
        except Exception as error:  # noqa: BLE001 - whatever a requester under test raises is its fault
            self.fault = fault("crash", f"the adapter raised {type(error).__name__}: {error}")
        self.fault = service.faults[0] if service.faults else self.fault
        self.calls += len(service.records)
        self.visits.add(service.visits)
        if self.fault and not self.fault.rule:  # it belongs to no state
            self.visits.broken["", "", "", self.fault.name] += 1
        self.warnings += service.warnings

    def _run(self, service: Service) -> bool:
        if self._adapter is None:
            raise Broken("crash", "there is no requester")
        begin = getattr(self._adapter, "begin", None)
        if begin is not None:
            begin(service.scenario, self._seed, self._release)
        return bool(self._adapter.run(service))

    def leave(self) -> None:
        """Take leave of a program."""
        bye = getattr(self._adapter, "bye", None)
        try:
            if bye is not None:
                bye()
        except Broken as broken:
            self._blame(broken)

    def end(self) -> None:
        """End a program."""
        end = getattr(self._adapter, "end", None)
        if end is not None:
            end()

    def _blame(self, broken: Broken) -> None:
        message, _, detail = broken.text.partition("\n")
        self.fault = fault(broken.kind, message, (), detail)


def conform_requester(
    make: Maker,
    scenarios: Sequence[str | Scenario] = (),
    *,
    seed: int = 0,
    release: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RequesterOutcome:
    """
    Test a requester.

    Args:
        make: makes a new requester under test; called again for a replay.
        scenarios: names of `SCENARIOS`, or scenarios; all known ones by default.
        seed: told to the requester.
        release: Windows release of the service; the newest by default.
        clock: seconds; decides when to stop.

    Returns:
        The outcome; a fault of the requester is a value, never an exception.

    Raises:
        UsageError: an option is wrong, or a program cannot be started.
    """
    names = _known(scenarios, release)
    until = clock() + _RUN_S
    for is_last in (False, True):
        life = _play(make, names, seed, release, lambda: clock() > until)
        again, played = False, tuple(life.played)
        if life.fault and played:
            alone = _play(make, played[-1:], seed, release, lambda: False)
            again = _same(alone, life)
        if again:
            life.records, played = alone.records, played[-1:]
        # A hang that does not come again may have been the machine's: it has to come twice.
        if is_last or again or life.fault is None or life.fault.name != "hang":
            break
    return RequesterOutcome(
        name=life.name,
        fault=life.fault,
        played=played,
        records=tuple(life.records),
        warnings=tuple(life.warnings),
        calls=life.calls,
        is_repeatable=again,
        is_cut=life.fault is None and len(life.played) < len(names),
        visits=life.visits,
        release=release,
    )


def replay_scenarios(
    make: Maker | Sequence[str],
    scenarios: Sequence[str | Scenario],
    *,
    seed: int = 0,
    release: str | None = None,
    reply_timeout: float = REPLY_TIMEOUT_S,
) -> str:
    """
    Play scenarios again, as printed tests do.

    Args:
        make: makes the requester, or the program and its arguments.
        scenarios: names of `SCENARIOS`, or scenarios, in their order.
        seed: told to the requester.
        release: Windows release of the service; the newest by default.
        reply_timeout: seconds that a program may take from an answer to its next call.

    Returns:
        What is wrong, in one sentence; empty if nothing is.

    Raises:
        UsageError: a scenario is unknown.
    """
    if not callable(make):
        make = requester_program(list(make), reply_timeout)
    found = _play(make, _known(scenarios, release), seed, release, lambda: False).fault
    return f"{found.rule or found.name}: {found.message}" if found else ""


def _known(scenarios: Sequence[str | Scenario], release: str | None) -> tuple[str | Scenario, ...]:
    for name in scenarios:
        if isinstance(name, str) and name not in SCENARIOS:
            raise UsageError(f"unknown scenario {name!r}; known: {', '.join(SCENARIOS)}")
    if release is not None and release not in RELEASES:
        raise UsageError(f"unknown release {release!r}; known: {', '.join(RELEASES)}")
    return tuple(scenarios) or tuple(SCENARIOS)


def _play(
    make: Maker,
    scenarios: Sequence[str | Scenario],
    seed: int,
    release: str | None,
    is_late: Callable[[], bool],
) -> RequesterLife:
    life = RequesterLife(make, seed, release)
    try:
        for one in scenarios:
            if life.fault or is_late():
                return life
            life.play(SCENARIOS[one] if isinstance(one, str) else one)
        if not life.fault:
            life.leave()
        return life
    finally:
        life.end()


def _same(one: RequesterLife, other: RequesterLife) -> bool:
    if one.fault is None or other.fault is None:
        return False
    return (one.fault.rule, one.fault.name) == (other.fault.rule, other.fault.name)
