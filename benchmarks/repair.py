"""
Repairs beside A* alignments: CPU seconds on one faulty log, in one run.

`python benchmarks/repair.py [EVENTS]`. The log holds writer sessions, each with one to three lost,
doubled or swapped events. pm4py (development only, AGPL) aligns the same log with a Petri net made
of the same rows; it is left out by name where it is not installed. Both group sessions that are
alike. A replacement here is two moves there, so costs differ.
"""

import random
import sys
import time
from typing import Any, Final

from vssfsm.core.align import LONGEST, align
from vssfsm.core.record import Symbol
from vssfsm.core.table import Table
from vssfsm.core.track import Step
from vssfsm.core.walk import permitted
from vssfsm.monitor import table

BACKUP: Final = (
    *("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot"),
    *("BackupComplete", "BackupShutdown"),
)
Session = tuple[str, ...]


def faulty_log(events: int) -> list[Session]:
    """Give at least *events* events of sessions with one to three faults each."""
    rng = random.Random(1)  # noqa: S311 - a log, no secret
    log: list[Session] = []
    size = 0
    while size < events:
        session = list(BACKUP)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(1, len(session))
            kind = rng.choice(("lost", "doubled", "swapped"))
            if kind == "lost" and len(session) > 2:
                del session[at]
            elif kind == "doubled":
                session.insert(at, rng.choice(BACKUP))
            else:
                session[at - 1], session[at] = session[at], session[at - 1]
        log.append(tuple(session))
        size += len(session)
    return log


def repaired(log: list[Session]) -> tuple[float, list[int | None]]:
    """Align every session; CPU seconds, and the number of edits each."""
    writer = table("writer")
    start = time.process_time()
    found = [
        align((writer,), [Step(Symbol(name), n, name) for n, name in enumerate(session, 1)])
        for session in log
    ]
    took = time.process_time() - start
    return took, [None if repair is None else len(repair.edits) for repair in found]


def net_of(known: Table) -> tuple[Any, Any, Any]:
    """Give the permitted moves of a table as a Petri net with one token."""
    from pm4py.objects.petri_net.obj import Marking, PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to as arc

    net = PetriNet(known.region.name)
    places = {name: PetriNet.Place(name) for name in (*known.states, "end")}
    net.places.update(places.values())

    def move(label: str | None, source: str, target: str) -> None:
        made = PetriNet.Transition(f"{source} {label} {target}", label)
        net.transitions.add(made)
        arc(places[source], made, net)
        arc(made, places[target], net)

    for source, state in known.states.items():
        for name in BACKUP:
            for target, notes in permitted(known.moves(source, known.project(Symbol(name)))):
                if not notes:
                    move(name, source, target)
        if not state.owed:
            move(None, source, "end")
    return net, Marking({places[known.region.initial]: 1}), Marking({places["end"]: 1})


def aligned_by_pm4py(log: list[Session]) -> float | None:
    """Let pm4py align every session; CPU seconds, None where it is not installed."""
    try:
        from pm4py.algo.conformance.alignments.petri_net import algorithm
        from pm4py.objects.log.obj import Event, EventLog, Trace
    except ModuleNotFoundError:
        return None
    net, first, last = net_of(table("writer"))
    events = EventLog([Trace([Event({"concept:name": name}) for name in one]) for one in log])
    start = time.process_time()
    algorithm.apply(events, net, first, last, parameters={"show_progress_bar": False})
    return time.process_time() - start


def main() -> None:
    """Print both, and their ratio."""
    log = faulty_log(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    events = sum(map(len, log))
    assert max(map(len, log)) <= LONGEST
    took, edits = repaired(log)
    print(f"{events} events, {len(log)} sessions, {len(set(log))} of them unlike the others")
    print(
        f"vssfsm repairs   {took:8.2f} s CPU  {events / took:10.0f} events/s"
        f"  {sum(n or 0 for n in edits)} edits, {edits.count(None)} without"
    )
    other = aligned_by_pm4py(log)
    if other is None:
        print("pm4py alignments: not installed, left out")
        return
    print(f"pm4py alignments {other:8.2f} s CPU  {events / other:10.0f} events/s")
    print(f"ratio            {other / took:8.1f} x")


if __name__ == "__main__":
    main()
