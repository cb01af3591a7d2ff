"""
What a requester's object does in the simulated service: it tells writers, and ends what was begun.

Writers are played by the reference writer, so that what a status round shows is what the rows
allow. An asynchronous call ends when it is waited for, or at the second QueryStatus.
"""

from collections.abc import Mapping
from typing import Final

from vssfsm.spec.contexts import context_class
from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import ASYNC
from vssfsm.spec.raises import RAISES
from vssfsm.spec.vocabulary import REQUESTER_NAMES, STATUS_CALLS
from vssfsm.testing.requesters.played import PlayedWriter
from vssfsm.testing.requesters.records import BESIDE, Answer
from vssfsm.testing.requesters.refusals import unexpected
from vssfsm.testing.requesters.scenarios import Scenario

OK: Final = "S_OK"
_PENDING, _FINISHED, _CANCELLED = (
    f"VSS_S_ASYNC_{name}" for name in ("PENDING", "FINISHED", "CANCELLED")
)
_COPY: Final = "DoSnapshotSet"
ABORT: Final = "AbortBackup"
#: asynchronous calls that gather, or only begin a backup or a restore
_PREPARE: Final = ("GatherWriterMetadata", "GatherWriterStatus", "PrepareForBackup", "PreRestore")
#: those whose good end is what was wanted
_ACHIEVE: Final = frozenset(ASYNC) - frozenset(_PREPARE)
#: methods that read a list by index, and those that count one
_LISTS: Final = ("GetWriterMetadata", "GetWriterMetadataEx", "GetWriterComponents", *STATUS_CALLS)
_COUNTS: Final = {f"{name}Count": name for name in _LISTS if f"{name}Count" in REQUESTER_NAMES}
#: a failure in these ends the creation: Abort follows (page aborting-vss-operations)
_FATAL: Final = ("Freeze", "Thaw")


class Backup:
    """
    An object with its writers.

    Args:
        scenario: what the requester meets.
        release: Windows release.
        session: its number among those of the scenario, from 1.
    """

    def __init__(self, scenario: Scenario, release: str, session: int) -> None:
        self._scenario = scenario
        self._release = release
        self._session = session
        self.is_fresh = True
        self.is_released = False
        #: a set is under creation
        self.holds_set = False
        self.writers = [PlayedWriter(1), PlayedWriter(2)]
        #: how asynchronous calls end, in the order in which they were made
        self.ends: dict[str, str] = {}
        #: those whose end was told
        self.done: set[str] = set()
        #: calls that tell writers, and failed
        self.failed: list[str] = []
        #: an operation that ends a backup, a restore or an import has ended well
        self.has_achieved = False
        #: what stood in the way
        self.hindered: list[str] = []
        self._round: list[dict[str, object]] = []
        self._polled: set[str] = set()
        self._selected: set[object] = set()
        self._has_writers = True
        self._has_begun = False

    # --- answers ---------------------------------------------------------------
    def answer(self, name: str, args: Mapping[str, object], number: int) -> Answer:
        """
        Give what a legal call answers, before anything comes of it.

        Args:
            name: of the method.
            args: by their names in the trace format.
            number: makes an identifier that is asked for.
        """
        if name in _LISTS:
            return _at(self._list(name), args)
        out: dict[str, object] = {}
        if name in _COUNTS:
            out = {"count": len(self._list(_COUNTS[name]))}
        elif name == "IsVolumeSupported":
            out = {"supported": True}
        elif name in ("StartSnapshotSet", "AddToSnapshotSet"):
            out = {"id": f"{{{number:08d}-0000-0000-0000-000000000000}}"}
        return Answer(OK, out)

    def _list(self, name: str) -> list[dict[str, object]]:
        """Give the list that *name* reads by index."""
        if name in STATUS_CALLS:
            return self._round
        return [{**w.facts, "components": ["files"]} for w in self.writers if w.is_listed]

    def result(self, name: str, of: str | None) -> Answer:
        """Answer `Wait`, `QueryStatus` or `Cancel` of a call; without a name, of the last one."""
        target = of or next(reversed(self.ends), None)
        ends = self.ends.get(str(target), _FINISHED)
        if name == "Cancel" and target is not None and target not in self.done:
            self.ends[target] = ends = _CANCELLED
            self.failed += [target] * (target in RAISES)
        if name == "QueryStatus":
            polled = self._poll(str(target), ends)
            return Answer(OK, {"async_result": polled, "pHrResult": polled})
        self.done.add(str(target))
        return Answer(ends if is_failure(HRESULTS[ends]) else OK, {})

    def _poll(self, target: str, ends: str) -> str:
        if target in self.done or target in self._polled:
            self.done.add(target)
            return ends
        self._polled.add(target)
        return _PENDING

    # --- effects ---------------------------------------------------------------
    def take(self, name: str, args: Mapping[str, object]) -> None:
        """Let happen what a legal call does."""
        if name == "AddComponent":
            self._selected |= {args[key] for key in BESIDE if args.get(key)}
            self._selected |= set() if self._selected else {None}
        elif name == "StartSnapshotSet":
            self._has_begun = self.holds_set = True
        elif name == "SetContext":
            context = args.get("context")
            known = context if isinstance(context, int | str) else None
            self._has_writers = context_class(known) in (None, "writers")
        elif name == ABORT:
            if self._has_begun:
                self.hindered.append(f"{name} gave up what was begun")
            self.holds_set = False
            self._raise(name)
        elif name == "Release":
            self.is_released = True
        elif name in ASYNC:
            self._start(name)

    def _start(self, name: str) -> None:
        self.ends[name] = self._planned_end(name)
        self._polled.discard(name)
        self.done.discard(name)
        if name == "GatherWriterStatus":
            self._round = [writer.report for writer in self.writers if writer.is_listed]
        if not is_failure(HRESULTS[dict(self._scenario.results).get(name, OK)]):
            self._raise(name)
            self.ends[name] = self._planned_end(name)
        self._has_begun |= name in RAISES
        if not is_failure(HRESULTS[self.ends[name]]):
            self.has_achieved |= name in _ACHIEVE
            self.holds_set &= name != _COPY
        elif name in RAISES:
            self.failed.append(name)

    def _planned_end(self, name: str) -> str:
        """Give how a call ends; a veto in Freeze or Thaw fails the creation."""
        own = dict(self._scenario.results).get(name)
        if own is not None:
            return own
        vetoed = {writer.failed_in for writer in self.writers}
        if name == _COPY and vetoed & set(_FATAL):
            return unexpected(self._release)
        return _FINISHED

    # --- writers ---------------------------------------------------------------
    def _raise(self, name: str) -> None:
        """Deliver the events that a call raises to every writer."""
        events = RAISES.get(name, ()) if self._has_writers else ()
        for event in events:
            for number, writer in enumerate(self.writers):
                self._deliver(writer, event, number)
                if writer.failed_in:
                    writer.note()
            if event in _FATAL and any(w.failed_in == event for w in self.writers):
                for writer in self.writers:
                    writer.inner.deliver("Abort")
                return
        for writer in self.writers:  # a failure that a later event hides cannot be seen
            writer.note()

    def _deliver(self, writer: PlayedWriter, event: str, number: int) -> None:
        play = self._scenario.play
        if (
            play is None
            or play.writer != number
            or play.event != event
            or self._session > play.sessions
        ):
            writer.inner.deliver(event)
        elif play.timer:
            writer.inner.timeout()
            writer.failed_in = event
        elif play.gone:
            writer.is_listed = False
        elif play.unreachable:
            writer.inner.deliver(event)
            writer.overlay = play.failure
        else:
            writer.inner.deliver(event, play.failure, play.soft)
            writer.failed_in = "" if play.soft else event

    def lost(self) -> list[PlayedWriter]:
        """Give the writers that failed, and of which a component was added or may have been."""
        return [writer for writer in self.writers if writer.failure and self._is_needed(writer)]

    def _is_needed(self, writer: PlayedWriter) -> bool:
        """Tell whether a component of *writer* was added; unknown ones tell nothing."""
        listed_ones = {fact for one in self.writers for fact in one.facts.values()}
        known = self._selected & listed_ones
        return not known or bool(known & set(writer.facts.values()))


def _at(items: list[dict[str, object]], args: Mapping[str, object]) -> Answer:
    index = args.get("index", 0)
    if isinstance(index, int) and 0 <= index < len(items):
        return Answer(OK, items[index])
    return Answer("VSS_E_OBJECT_NOT_FOUND", {})
