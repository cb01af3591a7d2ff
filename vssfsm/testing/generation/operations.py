"""
Whole operations drawn from the rows: a requester's object, alone or with the writers it tells.

An operation follows a road of the atlas and leaves it now and then; each act is legal where it is
taken. Calls that raise events raise them at the writers, whose own steps are drawn from their rows;
what a requester reads of a writer is what that writer reported.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Final

from vssfsm.core.record import Symbol
from vssfsm.monitor.calls import NO, YES
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.raises import RAISES
from vssfsm.spec.rounds import FAILED, HEALTHY
from vssfsm.spec.rows import FREE, INFO
from vssfsm.spec.sequences import EACH
from vssfsm.spec.status import CODES, VIA_PLAIN
from vssfsm.spec.vocabulary import FAILED_STATES, STATE_NAMES, STATUS_CALLS
from vssfsm.testing.generation.acts import RELEASE, Act
from vssfsm.testing.generation.atlas import backups, roads
from vssfsm.testing.generation.calls import Calls, Place, calls_of
from vssfsm.testing.generation.row_steps import WRITER, RowStep, is_over, row_steps
from vssfsm.testing.generation.writer_traces import Records, guid, own_calls

#: chances that an act leaves the road, that it may end the road, and that it changes nothing
_ASIDE: Final = 0.3
_ASTRAY: Final = 0.1
_IDLE: Final = 0.3
#: chance that an operation is a backup, and that it ends where its road does, act by act
_USUAL: Final = 0.6
_HOME: Final = 0.2
#: acts that are looked at where the road is left
_TRIED: Final = 40
#: chance that a handler fails, and of that, that it only records the failure
_FAILS: Final = 0.06
#: chance that a Wait stands before a result
_WAITS: Final = 0.5
_MOST_WRITERS: Final = 3
_NUMBERS: Final = {state.name: state.reported for state in WRITER.states}
#: a veto in these ends the creation: the service aborts it (page aborting-vss-operations)
_FATAL: Final = ("Freeze", "Thaw")
_ENDS: Final = ("BackupShutdown", "Abort")
#: what a writer reports that is not part of the trace, and failed
_FAILURE: Final = "VSS_E_WRITERERROR_RETRYABLE"


class PlayedWriter:
    """One writer of an operation: who it is, and what it reports."""

    def __init__(self, number: int, index: int) -> None:
        self.facts: dict[str, object] = {
            "writer": f"Writer {index}",
            "writer_id": guid(1, number, index),
            "instance": guid(number, index),
        }
        self.state = WRITER.initial
        self.failure = CODES[0]
        self.takes_part = False

    @property
    def report(self) -> dict[str, object]:
        """What GetWriterStatus gives."""
        return {"state": _NUMBERS[self.state], "failure": self.failure}


def _can_be_read(step: RowStep, release: str | None) -> bool:
    """Tell whether the plain GetWriterStatus may give what *step* leaves."""
    seen = Symbol(
        "status",
        state=STATE_NAMES[_NUMBERS[step.target] or 0],
        failure=step.failure,
        release=release,
        via=VIA_PLAIN,
    )
    row = only_row(table("status"), seen)
    return row is None or row.severity in (FREE, INFO)


def _is_bad(report: dict[str, object]) -> bool:
    name = STATE_NAMES[int(str(report["state"]))]
    return name in FAILED_STATES or report["failure"] != CODES[0]


class Operation:
    """
    One object of a requester from its creation to its release.

    Args:
        rng: decides.
        release: Windows release, or None.
        keys: of every record.
        number: of the trace; it makes names that no other trace has.
        observed: the writers' records are part of the trace.
        writers: number of writers; drawn by default.
    """

    def __init__(  # noqa: PLR0913 - an operation has that many facts
        self,
        rng: Random,
        release: str | None,
        keys: dict[str, object],
        *,
        number: int = 0,
        observed: bool = False,
        writers: int = 0,
    ) -> None:
        self._rng = rng
        self._release = release
        self._keys = keys
        self._observed = observed
        self._calls: Calls = calls_of(release, observed=observed)
        writers = writers or rng.randint(1, _MOST_WRITERS)
        self._writers = [PlayedWriter(number, index) for index in range(writers)]
        self.place: Place = self._calls.start
        self.records: Records = []
        self._components: list[dict[str, object]] = []
        self._optioned = 0
        self._chosen: set[object] = set()
        self._round: Records = []
        self.is_released = False

    # --- the walk ------------------------------------------------------------
    def play(self, length: int) -> None:
        """Draw an operation of about *length* records, to its release."""
        mode = self._rng.choice((NO, YES))
        likely = backups() if self._rng.random() < _USUAL else roads()
        road = list(self._rng.choice(list(likely))[:-1])
        while not self.is_released and len(self.records) < length:
            act = self._next(road, mode)
            if act is None:
                break
            self.take(act)
        self.leave(mode)

    def go_on(self, length: int, mode: str = "") -> None:
        """Take acts by chance, up to about *length* records."""
        while not self.is_released and len(self.records) < length:
            act = self._aside(mode)
            if act is None:
                return
            self.take(act)

    def leave(self, mode: str = "") -> None:
        """Go to the release by the shortest way; the writers go to their ends."""
        while not self.is_released:
            way = self._calls.way_out(self.place, mode=mode)
            self.take(way[0])

    def _next(self, road: list[Act], mode: str) -> Act | None:
        """Give the next act of the road that is legal, or now and then one beside it."""
        while road and not self._fits(self.place, road[0], mode):
            road.pop(0)
        if not road:
            return None if self._rng.random() < _HOME else self._aside(mode)
        if self._rng.random() < _ASIDE:
            beside = self._aside(mode)
            if beside is not None and self._may_leave(beside, road[0], mode):
                return beside
        return road.pop(0)

    def _may_leave(self, beside: Act, onward: Act, mode: str) -> bool:
        """Tell whether the road goes on after *beside*; seldom it may end there."""
        after, _ = self._calls.step(self.place, beside)
        return self._fits(after, onward, mode) or self._rng.random() < _ASTRAY

    def _fits(self, place: Place, act: Act, mode: str) -> bool:
        if act not in self._calls.acts or act.event == "GetWriterStatusCount":
            return False
        if act.of and mode == YES:
            return False
        return any(True for _ in self._calls.legal(place, (act,), mode=mode))

    def _aside(self, mode: str) -> Act | None:
        """Draw an act of any kind; those that move something are likelier."""
        tried = self._rng.sample(self._calls.acts, _TRIED)
        legal = [p for p in self._calls.legal(self.place, tried, mode=mode) if p[0] != RELEASE]
        moving = [act for act, after in legal if after != self.place]
        idle = [act for act, after in legal if after == self.place]
        pool = idle if idle and (not moving or self._rng.random() < _IDLE) else moving
        if not pool:
            return None
        event = self._rng.choice(sorted({act.event for act in pool}))
        return self._rng.choice([act for act in pool if act.event == event])

    # --- one act -------------------------------------------------------------
    def take_one(self, act: Act) -> None:
        """Take an act as one record, legal or not."""
        self.place, _ = self._calls.step(self.place, act)
        facts = {} if act.fails or act.of else self._facts(act)
        if act.health:
            facts = {**self._writers[0].facts, **self._report(self._writers[0], act.health)}
        self._add(act, facts)
        self.is_released = self.is_released or act == RELEASE

    def take(self, act: Act) -> None:
        """Take an act as it is here: with what writers report, and the events that it raises."""
        act = self._as_it_is(act)
        for one, facts in self._spread(act):
            self.place, _ = self._calls.step(self.place, one)
            self._add(one, facts)
        if act.fails or act.of:
            return
        self._note(act)
        self._raise(act.event)
        self.is_released = act == RELEASE

    def _as_it_is(self, act: Act) -> Act:
        """Let a status tell what the writers reported."""
        if act.event in STATUS_CALLS and self._observed:
            health = FAILED if any(map(_is_bad, self._round)) else HEALTHY
            return act._replace(health=health)
        return act

    def _add(self, act: Act, facts: dict[str, object]) -> None:
        keys = act.keys
        beside = {key: value for key, value in facts.items() if key != "args"}
        args = {**_mapping(keys.get("args")), **_mapping(facts.get("args"))}
        if act.of and act.event == "QueryStatus" and self._rng.random() < _WAITS:
            self.records.append({"actor": "requester", "event": "Wait", "of": act.of, **self._keys})
        record = {**keys, **beside, **({"args": args} if args else {}), **self._keys}
        self.records.append(record)

    def _spread(self, act: Act) -> Iterator[tuple[Act, dict[str, object]]]:
        """Give the records of an act: one for each writer, component or volume that it is about."""
        if act.fails or act.of:
            yield act, {}
        elif act.event in STATUS_CALLS:
            if self.place.status == "fresh":
                yield Act("GetWriterStatusCount"), {"args": {"count": len(self._writers)}}
            yield from self._reads(act)
        elif EACH.get(act.event) == "writer":
            for index, writer in enumerate(self._writers):
                yield act, {**writer.facts, "args": {"index": index}}
        elif act.event == "SetBackupSucceeded" and self._components:
            for component in self._components:
                yield act, component
        else:
            yield act, self._facts(act)

    def _reads(self, act: Act) -> Iterator[tuple[Act, dict[str, object]]]:
        needed = [w for w in self._writers if w.facts["writer_id"] in self._chosen]
        failed = [*self._writers, *needed][-1]
        for index, writer in enumerate(self._writers):
            health = act.health if writer is failed else HEALTHY
            report = self._report(writer, health)
            if self._observed:
                report = self._round[index]
                health = FAILED if _is_bad(report) else HEALTHY
            yield act._replace(health=health), {**writer.facts, **report, "args": {"index": index}}

    def _report(self, writer: PlayedWriter, health: str) -> dict[str, object]:
        if health == FAILED:
            return {"state": "FAILED_AT_PREPARE_BACKUP", "failure": _FAILURE}
        return writer.report

    def _facts(self, act: Act) -> dict[str, object]:
        """Give what a record says of its arguments, so that none is asked for twice."""
        if act.event == "AddComponent":
            writer = self._rng.choice(self._writers)
            name = f"component-{len(self._components)}"
            facts = {**writer.facts, "args": {"component": name, "logical_path": "data"}}
            self._components.append(facts)
            return facts
        if act.event == "SetRestoreOptions":
            self._optioned += 1
            name = f"option-{self._optioned}"
            return {"args": {"component": name, "logical_path": "data"}}
        if act.event.startswith("SetSelectedForRestore"):
            return {**self._rng.choice(self._writers).facts, "args": {"component": "files"}}
        if act.event == "AddToSnapshotSet":
            return {"args": {"volume": f"C:\\mount{len(self.records)}\\"}}
        if act.event.startswith("GetWriter") and act.event.endswith("Count"):
            return {"args": {"count": len(self._writers)}}
        return {}

    def _note(self, act: Act) -> None:
        if act.event == "GatherWriterStatus":
            self._round = [writer.report for writer in self._writers]
        elif act.event in ("AddComponent", "SetSelectedForRestore", "SetSelectedForRestoreEx"):
            self._chosen.add(self.records[-1]["writer_id"])

    # --- events --------------------------------------------------------------
    def _raise(self, call: str) -> None:
        """Let the writers that take part get the events of *call*."""
        if not self._observed or self.place.is_plain:
            return
        for event in RAISES.get(call, ()):
            for writer in self._writers:
                self._deliver(writer, event)
        if call == RELEASE.event:
            for writer in self._writers:
                self._finish(writer)

    def _deliver(self, writer: PlayedWriter, event: str) -> None:
        if event == "Identify":
            self._put(writer, {"actor": "writer", "event": event, "outcome": "ok"})
            return
        first = event in ("PrepareBackup", "PreRestore")
        chosen = not self._chosen or writer.facts["writer_id"] in self._chosen
        writer.takes_part = writer.takes_part or (first and chosen)
        steps = [s for s in self._steps(writer) if s.event == event]
        if writer.takes_part and steps:
            self._step(writer, self._drawn(steps))

    def _steps(self, writer: PlayedWriter) -> list[RowStep]:
        """Give what *writer* may get; an end of what it owes may be worth a note."""
        here = writer.state
        noted = () if is_over(here) else row_steps(here, self._release, noted=True)
        ends = [s for s in noted if s.event in _ENDS and s.outcome == "ok"]
        steps = list(row_steps(here, self._release))
        return [
            s
            for s in [*steps, *(s for s in ends if s not in steps)]
            if _can_be_read(s, self._release)
        ]

    def _drawn(self, steps: Sequence[RowStep]) -> RowStep:
        fails = self._rng.random() < _FAILS
        good = [step for step in steps if step.outcome == "ok"]
        bad = [step for step in steps if step.outcome != "ok" and step.event not in _FATAL]
        return self._rng.choice((bad if fails else good) or good or bad or list(steps))

    def _step(self, writer: PlayedWriter, step: RowStep) -> None:
        for call in own_calls(self._rng, step, self._release):
            self._put(writer, call)
        writer.state, writer.failure = step.target, step.failure
        self._put(writer, step.record)

    def _finish(self, writer: PlayedWriter) -> None:
        """End a session that still owes something: the service aborts it."""
        while writer.takes_part and not is_over(writer.state):
            steps = [s for s in self._steps(writer) if s.event in _ENDS]
            ends = [s for s in steps if s.outcome == "ok" and is_over(s.target)]
            if not ends:
                return
            self._step(writer, self._rng.choice(ends))

    def _put(self, writer: PlayedWriter, record: dict[str, object]) -> None:
        self.records.append({**record, **writer.facts, **self._keys})


def _mapping(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


# --- traces ------------------------------------------------------------------
def operations(
    rng: Random, length: int, release: str | None = None, *, number: int = 0, observed: bool = False
) -> Records:
    """
    Draw operations of one requester, in turn on one host.

    Args:
        rng: decides.
        length: records in all, about.
        release: Windows release, or None.
        number: of the trace; it makes keys that no other trace has.
        observed: with the records of the writers.
    """
    named: dict[str, object] = {"release": release} if release else {}
    found: Records = []
    while len(found) < length:
        keys = {"host": f"host-{number}", "session": f"{number}-{len(found)}", **named}
        operation = Operation(rng, release, keys, number=number, observed=observed)
        operation.play(length - len(found))
        found += operation.records
    return found
