"""
Drive a requester under test through the scenarios of the simulated service.

A requester is an object with `run(service) -> bool`, or a program that speaks the protocol. The
first fault ends the run; the fewest scenarios that lead to it are sought in new lives.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from vssfsm.core.finding import Finding
from vssfsm.errors import UsageError
from vssfsm.reports.words import listed
from vssfsm.spec.releases import RELEASES
from vssfsm.testing.adapters import Broken
from vssfsm.testing.faults import Fault, fault
from vssfsm.testing.program import REPLY_TIMEOUT_S
from vssfsm.testing.requesters.scenarios import SCENARIOS, Scenario
from vssfsm.testing.requesters.service import Service, TimeIsUpError
from vssfsm.testing.requesters.streams import requester_program
from vssfsm.testing.visits import Visits
from vssfsm.testing.writers.conformance import TIME_RAN_OUT
from vssfsm.testing.writers.shrink import without_each

#: seconds that all scenarios may take
_RUN_S: Final = 25.0
#: seconds that replays may take to make a failing sequence small
_SHRINK_S: Final = 4.0


class RequesterAdapter(Protocol):
    """A requester under test."""

    def run(self, service: Service) -> bool:
        """Do a backup or a restore with *service*; tell whether it succeeded."""


Maker = Callable[[], RequesterAdapter]


class Warned(NamedTuple):
    """A warning, and the name of the scenario that it came in."""

    scenario: str
    finding: Finding


class RequesterOutcome(NamedTuple):
    """
    What a run gave.

    Args:
        name: of the requester.
        fault: the first one, or None.
        played: scenarios that lead to the fault, else all that were played, by name if they have
            one.
        records: canonical records of *played*.
        warnings: what the monitor only warns of, each with the name of its scenario.
        unsure: reasons why what was played proves less than it could.
        ran: number of scenarios that were played in all; *calls* of all their calls.
        is_repeatable: the fault came again in a new life.
        is_cut: time ran out.
        visits: what all scenarios visited.
    """

    name: str
    fault: Fault | None
    played: tuple[str | Scenario, ...]
    records: tuple[dict[str, object], ...]
    warnings: tuple[Warned, ...]
    unsure: tuple[str, ...]
    ran: int
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
        idle = ["no call was made, so that nothing was judged"] * (not self.calls)
        return [*[TIME_RAN_OUT] * self.is_cut, *self.unsure, *idle]


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
        self.warnings: list[Warned] = []
        #: doubt -> names of the scenarios that it came in
        self._doubts: dict[str, list[str]] = {}
        self.records: list[dict[str, object]] = []
        self._service: Service | None = None
        #: time ran out in a scenario
        self.is_cut = False
        #: what all scenarios visited
        self.visits = Visits()
        self._adapter: RequesterAdapter | None = None
        try:
            self._adapter = make()
            self.name = str(getattr(self._adapter, "name", "") or type(self._adapter).__name__)
        except Broken as broken:
            self._blame(broken)

    def play(self, scenario: Scenario, is_late: Callable[[], bool] = bool) -> None:
        """Play one scenario and judge it; *is_late* tells when to give up."""
        service = Service(scenario, self._release, after=self._service, is_late=is_late)
        self._service = service
        is_known = SCENARIOS.get(scenario.name) == scenario
        self.played.append(scenario.name if is_known else scenario)
        try:
            success = self._run(service)
            self.fault = service.done(success=success)
        except Broken as broken:
            self._blame(broken)
        except TimeIsUpError:
            self.is_cut = True
        except Exception as error:  # noqa: BLE001 - whatever a requester under test raises is its fault
            self.fault = fault("crash", f"the adapter raised {type(error).__name__}: {error}")
        self.fault = service.faults[0] if service.faults else self.fault
        self.records += service.records
        self.visits.add(service.visits)
        if self.fault and not self.fault.rule:  # it belongs to no state
            self.visits.broken["", "", "", self.fault.name] += 1
        self.warnings += [Warned(scenario.name, one) for one in service.warnings]
        for doubt in service.doubts:
            self._doubts.setdefault(doubt, []).append(scenario.name)

    @property
    def doubts(self) -> tuple[str, ...]:
        """Reasons why what was played proves less than it could."""
        return tuple(f"{doubt}: {listed(names)}" for doubt, names in self._doubts.items())

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
    life = _play(make, names, seed, release, lambda: clock() > until)
    small = _small(make, life, seed, clock)
    if small is None and life.fault and life.fault.name == "hang":
        # One that does not come again alone may have been the machine's: it has to come twice.
        first, life = life, _play(make, names, seed, release, lambda: clock() > until)
        small = life if _same(life, first) else _small(make, life, seed, clock)
    return RequesterOutcome(
        name=life.name,
        fault=life.fault,
        played=tuple((small or life).played),
        records=tuple((small or life).records),
        warnings=tuple(life.warnings),
        unsure=life.doubts,
        ran=len(life.played),
        calls=len(life.records),
        is_repeatable=small is not None,
        is_cut=life.fault is None and (life.is_cut or len(life.played) < len(names)),
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
            if life.fault or is_late() or life.is_cut:
                return life
            life.play(SCENARIOS[one] if isinstance(one, str) else one, is_late)
        if not life.fault and not life.is_cut:
            life.leave()
        return life
    finally:
        life.end()


def _small(
    make: Maker, life: RequesterLife, seed: int, clock: Callable[[], float]
) -> RequesterLife | None:
    """
    Give a life of the fewest scenarios that end in the same fault; None if it did not come again.

    What costs time is replayed at most twice: a hang once, as all is played again if that fails.
    """
    if life.fault is None or not life.played:
        return None
    until = clock() + _SHRINK_S
    best: list[RequesterLife] = []

    def fails(scenarios: list[str | Scenario]) -> bool:
        if clock() > until:
            return False
        again = _play(make, scenarios, seed, life.release, lambda: clock() > until)
        if _same(again, life):
            best[:] = [again]
        return bool(best) and best[0] is again

    played = list(life.played)
    is_whole = not fails(played[-1:]) and life.fault.name != "hang" and fails(played)
    if is_whole and life.fault.name != "crash":
        without_each(played, fails, least=1)
    return best[0] if best else None


def _same(one: RequesterLife, other: RequesterLife) -> bool:
    if one.fault is None or other.fault is None:
        return False
    return (one.fault.rule, one.fault.name) == (other.fault.rule, other.fault.name)
