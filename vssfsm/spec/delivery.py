"""
Calls and the events that they raise: regions over the records of both participants.

`events_of_CALL`: an event of a writer needs the call that raises it; a call's events are accepted
on either side of its line, unless the line says at which end it was written. `bystanders`: contexts
without writers. `delivery_of_CALL`: a writer that takes part gets a call's events before the next
step. Events are named as handlers here (`OnFreeze`). What was not observed may have done anything
legal: before a requester's first record its events are free, and so they are after its Release,
with which the monitor forgets the session: rows of Release stand for completeness.
"""

from typing import Final

from vssfsm.spec.calls import (
    ANY_CALL,
    ANY_RESULT,
    BEGUN,
    BEGUN_FOLDED,
    CALL,
    CALL_FAILED,
    CALL_OK,
    results,
)
from vssfsm.spec.methods import ASYNC, METHODS, RESULTS
from vssfsm.spec.raises import ALONE, RAISES, handler
from vssfsm.spec.rows import INFERRED, OPEN, SAME, STATED, Region, Row, State, When
from vssfsm.spec.vocabulary import OUTCOMES, RESTORE_EVENTS

_CALLED: Final = ANY_CALL
_RESULTS: Final = ANY_RESULT
_SUCCEEDED: Final[tuple[When, ...]] = (
    *BEGUN_FOLDED,
    *results("finished"),
)
_GOES_ON: Final[tuple[When, ...]] = (
    *BEGUN,
    *results("pending"),
)
_UNCERTAIN: Final[tuple[When, ...]] = (
    *CALL_FAILED,
    *results("ended", "failed", "cancelled", "wait-failed"),
)
_METHODS: Final = (*(m.name for m in METHODS if m.name not in RESULTS), "Release")


def _events(call: str) -> tuple[str, ...]:
    return tuple(handler(event) for event in RAISES[call])


def _others(call: str) -> tuple[str, ...]:
    return tuple(name for name in _METHODS if name not in (call, "Release"))


def _row(  # noqa: PLR0913 - a row has that many facts
    code: str, on: tuple[str, ...], source: tuple[str, ...], to: str, says: str, page: str,
    *, when: tuple[When, ...] = ({},), grade: str = INFERRED,
) -> Row:  # fmt: skip
    return Row(
        code=code, on=on, source=source, to=(to,), says=says, sources=(page,), when=when,
        grade=grade,
    )  # fmt: skip


# --- events_of_CALL: no event without its call -----------------------------------
_UNSEEN: Final = State(name="UNOBSERVED", means="no call of the requester was recorded yet")
_NOT: Final = State(name="NOT_CALLED", means="the requester is observed; the call has not come")
_EARLY: Final = State(name="EVENT_FIRST", means="an event came, and its call has to be next")
_DONE: Final = State(name="CALLED", means="the call came")
_SEEN: Final = (_NOT.name, _DONE.name)
_EVERY: Final = (_UNSEEN.name, _NOT.name, _EARLY.name, _DONE.name)


def _event_without_call(on: tuple[str, ...], page: str, when: tuple[When, ...] = _CALLED) -> Row:
    return Row(
        code="CPL102",
        name="event-without-call",
        on=on,
        source=(_EARLY.name,),
        when=when,
        grade=INFERRED,
        sources=(page,),
        says="a writer got an event, and the requester never made the call that raises it",
        why="Nothing else raises it: records are missing, out of order, or of another session.",
        blame="recorder",
    )


def _events_of(call: str) -> Region:
    events, page = _events(call), call.lower()
    code = f"CPL-{call.upper()}"
    return Region(
        name=f"events_of_{call}",
        title=f"no event of {call} without the call",
        scope="coupling",
        states=(_UNSEEN, _NOT, _EARLY, _DONE),
        rows=(
            _row(f"{code}-OBSERVED", _others(call), (_UNSEEN.name,), _NOT.name,
                 "from its first call on, the requester is observed", page, when=_CALLED),
            _row(f"{code}-OTHER", _others(call), _SEEN, SAME,
                 "other calls raise other events", page, when=_CALLED),
            _row(f"{code}-CALLED", (call,), (_UNSEEN.name, *_SEEN), _DONE.name,
                 "the call may raise its events from now on", page, when=_CALLED),
            _row(f"{code}-AFTER-EVENT", (call,), (_EARLY.name,), _DONE.name,
                 "the line of a call may stand after the events that it raised", page,
                 when=({"stage": (CALL,), "at": ("return",)},)),
            _row(f"{code}-RESULT", (call, *(n for n in ASYNC if n != call)), _EVERY, SAME,
                 "results are judged elsewhere", page, when=_RESULTS),
            _row(f"{code}-EVENT", events, (_UNSEEN.name, _EARLY.name, _DONE.name), SAME,
                 "the call raises the event", page),
            _row(f"{code}-EVENT-FIRST", events, (_NOT.name,), _EARLY.name,
                 "an event may stand before the line of its call", page),
            _row(f"{code}-RELEASED", ("Release",), (_UNSEEN.name, *_SEEN), _UNSEEN.name,
                 "after its release nothing is known of the object", page, when=_CALLED),
            _event_without_call((*_others(call), "Release"), page),
            _event_without_call((call,), page, ({"stage": (CALL,), "at": ("entry",)},)),
        ),
    )  # fmt: skip


# --- bystanders: contexts without writers ----------------------------------------
_WITH: Final = State(name="WITH_WRITERS", means="writers take part, as far as is known")
_WITHOUT: Final = State(name="WITHOUT_WRITERS", means="the context has no writers")
_CREATION_EVENTS: Final = tuple(
    name
    for call in ("PrepareForBackup", "DoSnapshotSet", "BackupComplete")
    for name in _events(call)
)
_DETAILS: Final = "shadow-copy-creation-details"
BYSTANDERS: Final = Region(
    name="bystanders",
    title="no events of a backup in a context without writers",
    scope="coupling",
    states=(_WITH, _WITHOUT),
    rows=(
        _row("CPL-CONTEXT-WRITERS", ("SetContext",), (_WITH.name, _WITHOUT.name), _WITH.name,
             "a context with writers", _DETAILS,
             when=({**CALL_OK[0], "context": ("writers",)},)),
        _row("CPL-CONTEXT-PLAIN", ("SetContext",), (_WITH.name, _WITHOUT.name), _WITHOUT.name,
             "a context without writers", _DETAILS, grade=STATED,
             when=({**CALL_OK[0], "context": ("plain", "all")},)),
        _row("CPL-CONTEXT-REFUSED", ("SetContext",), (_WITH.name, _WITHOUT.name), SAME,
             "a SetContext that fails sets nothing", _DETAILS,
             when=CALL_FAILED),
        _row("CPL-CONTEXT-EVENT", _CREATION_EVENTS, (_WITH.name,), _WITH.name,
             "writers get the events of a backup", _DETAILS),
        Row(
            code="CPL103",
            name="writer-event-without-writers",
            on=_CREATION_EVENTS,
            source=(_WITHOUT.name,),
            grade=STATED,
            sources=(_DETAILS,),
            says="a writer got an event of a backup in a context without writers",
            why="In these contexts the copy is made without telling writers; the event belongs to"
            " another session, or the context was not what was recorded.",
            blame="coordinator",
        ),
    ),
)  # fmt: skip

# --- delivery_of_CALL: no call without its events ---------------------------------
_ASIDE: Final = State(name="ASIDE", means="the writer is not known to take part")
_READY: Final = State(name="TAKES_PART", means="the writer takes part, and nothing is due")
_DUE: Final = State(name="EVENT_DUE", means="the call succeeded, and its events have not come")
_PLACES: Final = (_ASIDE.name, _READY.name, _DUE.name)
_BAD_OUTCOMES: Final = tuple(outcome for outcome in OUTCOMES if outcome != "ok")
#: call -> the event that shows that a writer takes part, the calls that come too late, and how
#: sure it is that the event comes: a page says that BackupComplete may never come
_DELIVERIES: Final = (
    ("DoSnapshotSet", "PrepareBackup", ("BackupComplete", "Release"), INFERRED),
    ("BackupComplete", "PostSnapshot", ("Release",), OPEN),
    ("PostRestore", "PreRestore", ("Release",), INFERRED),
)


def _delivery_of(call: str, before: str, late: tuple[str, ...], grade: str) -> Region:
    code, page, joins = f"CPL-DELIVERY-{call.upper()}", call.lower(), (handler(before),)
    raised = tuple(name for name in _events(call) if name not in joins)
    return Region(
        name=f"delivery_of_{call}",
        title=f"no {call} without its events",
        scope="coupling",
        states=(_ASIDE, _READY, _DUE),
        rows=(
            _row(f"{code}-JOINS", joins, _PLACES, _READY.name,
                 "a writer that handled the event before takes part", page,
                 when=({"outcome": ("ok",)},)),
            _row(f"{code}-FAILS", joins, _PLACES, _ASIDE.name,
                 "what a writer gets after a failure is not documented", page,
                 when=({"outcome": _BAD_OUTCOMES},)),
            _row(f"{code}-SERVED", (*raised, handler("Abort")), _PLACES, _ASIDE.name,
                 "the event came, or the session was aborted", page),
            _row(f"{code}-UNSUBSCRIBED", ("Unsubscribe",), _PLACES, _ASIDE.name,
                 "a writer that is not subscribed gets no events", "unsubscribe"),
            _row(f"{code}-SUCCEEDED", (call,), (_READY.name, _DUE.name), _DUE.name,
                 "a call that succeeded has raised its events", page, when=_SUCCEEDED),
            _row(f"{code}-GOES-ON", (call,), (_READY.name, _DUE.name), SAME,
                 "the call still runs", page, when=_GOES_ON),
            _row(f"{code}-UNCERTAIN", (call,), (_READY.name, _DUE.name), _ASIDE.name,
                 "a call that failed may have raised none of its events", page, when=_UNCERTAIN),
            _row(f"{code}-ASIDE", (call,), (_ASIDE.name,), SAME,
                 "a writer that takes no part gets no events", page,
                 when=(*_CALLED, *_RESULTS)),
            _row(f"{code}-OVER", late, (_ASIDE.name, _READY.name), _ASIDE.name,
                 "the next step begins", page, when=_CALLED),
            *(
                _row(f"{code}-LATE-RESULT", (name,), _PLACES, SAME,
                     "results are judged elsewhere", page, when=_RESULTS)
                for name in late if name in ASYNC
            ),
            Row(
                code="CPL104",
                name="call-without-event",
                on=late,
                source=(_DUE.name,),
                when=_CALLED,
                grade=grade,
                sources=(page, "writers"),
                says="a call succeeded, and a writer that takes part never got its events",
                why="A writer that was not told has not frozen, or never learns how it ended.",
                blame="coordinator",
            ),
        ),
    )  # fmt: skip


#: regions of a backup session, over all of its participants
SHARED: Final = (*(_events_of(call) for call in ALONE), BYSTANDERS)
#: regions of one writer and the requester of its session
PAIRED: Final = tuple(_delivery_of(*delivery) for delivery in _DELIVERIES)
REGIONS: Final = (*SHARED, *PAIRED)

# --- registers --------------------------------------------------------------------
REPORT_DIFFERS: Final = Row(
    code="CPL301",
    name="report-contradicts-writer",
    on=("GetWriterStatus", "GetWriterStatusEx"),
    grade=INFERRED,
    sources=("getwriterstatus", "gatherwriterstatus"),
    says="the requester read a state that the writer had at no moment of the gathering",
    why="The report describes the writer between GatherWriterStatus and its completion; one of"
    " the two records is wrong, or of another session.",
    blame="unknown",
)
UNIDENTIFIED: Final = Row(
    code="CPL105",
    name="failed-identify-and-listed",
    on=("GetWriterMetadata", "GetWriterMetadataEx", "GetWriterStatus", "GetWriterStatusEx"),
    grade=INFERRED,
    sources=("determining-writer-status",),
    says="a writer whose Identify failed is listed in the same session",
    why="Only writers that identified themselves have metadata and a status.",
    blame="coordinator",
)
#: releases on which one instance of a class gets the restore events
ONE_INSTANCE_RELEASES: Final = ("2003",)
TWO_INSTANCES: Final = Row(
    code="CPL106",
    name="restore-event-to-two-instances",
    on=RESTORE_EVENTS,
    grade=INFERRED,
    sources=("prerestore",),
    says="a restore event reached two instances of one class on Server 2003",
    why="There, one instance of a class gets the restore events.",
    blame="coordinator",
)
UNCHOSEN: Final = Row(
    code="CPL107",
    name="event-to-unchosen-writer",
    on=("PrepareBackup", *RESTORE_EVENTS),
    grade=OPEN,
    sources=("prerestore", "onpreparebackup"),
    says="a writer got an event, and no component of it had been chosen",
    why="In component mode PrepareBackup, and in a restore both events, go to writers with a"
    " chosen component. Whether a backup is in component mode is not recorded.",
    blame="coordinator",
)
IN_PROGRESS: Final = Row(
    code="CPL202",
    name="set-in-progress-explained",
    on=("StartSnapshotSet",),
    grade=OPEN,
    sources=("startsnapshotset", "abortbackup"),
    says="VSS_E_SNAPSHOT_SET_IN_PROGRESS: another session's set is in the way",
    why="One set at a time is created on a machine. A set that was left without AbortBackup stays"
    " in the way.",
    blame="requester",
)
REGISTERS: Final = (REPORT_DIFFERS, UNIDENTIFIED, TWO_INSTANCES, UNCHOSEN, IN_PROGRESS)
