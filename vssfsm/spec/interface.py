"""
A writer's own calls: SetWriterFailure(Ex), identities, Initialize to Unsubscribe.

Two regions: `interface` has one state and limits codes, handlers, masks and releases;
`subscription` is the order of Initialize, Subscribe and Unsubscribe of one instance on its host.
What needs two records (threads, a second call in one handler) is a register row.
"""

from typing import Any, Final

from vssfsm.spec.anytime import ANY
from vssfsm.spec.releases import before, since
from vssfsm.spec.rows import INFERRED, INFO, OPEN, SAME, STATED, Region, Row, State, When
from vssfsm.spec.status import CODES, OTHER
from vssfsm.spec.vocabulary import FAILURE_CALLS, HANDLERS, LIFECYCLE_EVENTS, OUTCOMES

_SETTABLE: Final = (
    "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT",
    "VSS_E_WRITERERROR_OUTOFRESOURCES",
    "VSS_E_WRITERERROR_TIMEOUT",
    "VSS_E_WRITERERROR_RETRYABLE",
    "VSS_E_WRITERERROR_NONRETRYABLE",
)
_TIMEOUT: Final = ("VSS_E_WRITERERROR_TIMEOUT",)
_SETTABLE_EX: Final = (*_SETTABLE, "S_OK", "VSS_E_WRITERERROR_PARTIAL_FAILURE")
_ALL_CODES: Final = (*CODES, OTHER)
#: handlers in which the freeze time can run out
_FREEZE_WINDOW: Final = ("Freeze", "Thaw", "Abort")
_OUTSIDE_WINDOW: Final = tuple(event for event in LIFECYCLE_EVENTS if event not in _FREEZE_WINDOW)
_SET_ID_VALID: Final = ("Freeze", "Thaw", "PostSnapshot")
_SET_ID_GONE: Final = ("BackupComplete", "BackupShutdown")
#: VSS_APPLICATION_LEVEL of writers; 0 is an application error, -1 is reserved
LEVELS: Final = ("VSS_APP_SYSTEM", "VSS_APP_BACK_END", "VSS_APP_FRONT_END", "VSS_APP_SYSTEM_RM")
LEVEL_NUMBERS: Final = dict(enumerate(LEVELS, start=1))
NO_LEVEL: Final = "none"
#: the only supported mask: backup and restore events
MASK: Final = "6"
OTHER_MASK: Final = "other"


def _without(codes: tuple[str, ...], *gone: str) -> tuple[str, ...]:
    return tuple(code for code in codes if code not in gone)


def _settable(
    codes: tuple[str, ...], releases: dict[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], ...]:
    return (
        {"failure": _without(codes, *_TIMEOUT), "during": LIFECYCLE_EVENTS, **releases},
        {"failure": _TIMEOUT, "during": _FREEZE_WINDOW, **releases},
    )


_FAILURE_ROWS: Final = (
    Row(
        code="FLR-SETWRITERFAILURE",
        on=("SetWriterFailure",),
        source=("any",),
        when=_settable(_SETTABLE, {}),
        to=(SAME,),
        grade=STATED,
        sources=("setwriterfailure",),
        says="SetWriterFailure takes five codes, in any handler but Identify",
    ),
    Row(
        code="FLR-SETWRITERFAILUREEX",
        on=("SetWriterFailureEx",),
        source=("any",),
        when=_settable(_SETTABLE_EX, {"release": since("7")}),
        to=(SAME,),
        grade=STATED,
        sources=("setwriterfailureex",),
        says="SetWriterFailureEx takes S_OK and PARTIAL_FAILURE too; Windows 7 and later",
    ),
    Row(
        code="FLR101",
        name="unsettable-failure-code",
        on=("SetWriterFailure",),
        source=("any",),
        when=({"failure": _without(_ALL_CODES, *_SETTABLE)},),
        grade=STATED,
        sources=("setwriterfailure",),
        says="SetWriterFailure was given a code that it does not take",
        why="Only five codes have a meaning for requesters; others are the service's own, or"
        " need SetWriterFailureEx.",
        blame="writer",
    ),
    Row(
        code="FLR102",
        name="unsettable-failure-code-ex",
        on=("SetWriterFailureEx",),
        source=("any",),
        when=({"failure": _without(_ALL_CODES, *_SETTABLE_EX)},),
        grade=STATED,
        sources=("setwriterfailureex",),
        says="SetWriterFailureEx was given a code that it does not take",
        why="Seven codes have a meaning for requesters.",
        blame="writer",
    ),
    Row(
        code="FLR103",
        name="failure-set-in-identify",
        on=FAILURE_CALLS,
        source=("any",),
        when=({"during": ("Identify",)},),
        grade=STATED,
        sources=("setwriterfailure", "onidentify"),
        says="a failure was set in Identify",
        why="Identify belongs to no session, so there is nothing that could hold the failure; the"
        " handler only returns false.",
        blame="writer",
    ),
    Row(
        code="FLR104",
        name="timeout-set-outside-freeze",
        on=FAILURE_CALLS,
        source=("any",),
        when=({"failure": _TIMEOUT, "during": _OUTSIDE_WINDOW},),
        grade=INFERRED,
        sources=("setwriterfailure",),
        says="the TIMEOUT code was set in a handler outside of the freeze",
        why="The code means that the time between Freeze and Thaw ran out.",
        blame="writer",
    ),
    Row(
        code="FLR111",
        name="method-newer-than-release",
        on=("SetWriterFailureEx", "GetSessionId"),
        source=("any",),
        when=({"release": before("7")},),
        grade=STATED,
        sources=("setwriterfailureex", "nl-vswriter-cvsswriterex2"),
        says="a method of CVssWriterEx2 was called on a release that does not have it",
        why="CVssWriterEx2 came with Windows 7 and Server 2008 R2.",
        blame="recorder",
    ),
    Row(
        code="FLR112",
        name="extended-start-newer-than-release",
        on=("InitializeEx", "SubscribeEx"),
        source=("any",),
        when=({"release": before("vista")},),
        grade=STATED,
        sources=("nl-vswriter-cvsswriterex",),
        says="a method of CVssWriterEx was called on a release that does not have it",
        why="CVssWriterEx came with Windows Vista.",
        blame="recorder",
    ),
    Row(
        code="FLR-GETSESSIONID",
        on=("GetSessionId",),
        source=("any",),
        when=({"release": since("7")},),
        to=(SAME,),
        grade=STATED,
        sources=("nl-vswriter-cvsswriterex2",),
        says="GetSessionId may be called in any handler; Windows 7 and later",
    ),
    Row(
        code="FLR-GETCURRENTSNAPSHOTSETID",
        on=("GetCurrentSnapshotSetId",),
        source=("any",),
        when=({"during": _SET_ID_VALID},),
        to=(SAME,),
        grade=STATED,
        sources=("getcurrentsnapshotsetid",),
        says="the set's id is valid in Freeze, Thaw and PostSnapshot",
    ),
    Row(
        code="FLR121",
        name="snapshot-set-id-after-post-snapshot",
        on=("GetCurrentSnapshotSetId",),
        source=("any",),
        when=({"during": ("BackupComplete",)},),
        grade=STATED,
        sources=("getcurrentsnapshotsetid",),
        says="the snapshot set's id was asked for in BackupComplete",
        why="The call is not to be made once PostSnapshot has returned.",
        blame="writer",
    ),
    Row(
        code="FLR122",
        name="snapshot-set-id-in-shutdown",
        on=("GetCurrentSnapshotSetId",),
        source=("any",),
        when=({"during": ("BackupShutdown",)},),
        grade=STATED,
        mild=True,
        sources=("handling-backupshutdown-events",),
        says="the snapshot set's id was asked for in BackupShutdown",
        why="After the death of a requester the id can be that of another backup.",
        blame="writer",
    ),
    Row(
        code="FLR123",
        name="snapshot-set-id-elsewhere",
        on=("GetCurrentSnapshotSetId",),
        source=("any",),
        when=({"during": _without(HANDLERS, *_SET_ID_VALID, *_SET_ID_GONE)},),
        to=(SAME,),
        pays=INFO,
        grade=OPEN,
        sources=("getcurrentsnapshotsetid",),
        says="the snapshot set's id was asked for in a handler that no page speaks of",
        why="The id is documented for Freeze, Thaw and PostSnapshot only.",
        blame="writer",
    ),
    Row(
        code="FLR-OUTCOME",
        on=LIFECYCLE_EVENTS,
        source=("any",),
        when=(
            {"outcome": _without(OUTCOMES, "veto")},
            {"outcome": ("veto",), "failure": _without(_ALL_CODES, "S_OK")},
        ),
        to=(SAME,),
        grade=STATED,
        sources=("setwriterfailure", "writer-errors-and-vetoes"),
        says="a veto carries a failure code",
    ),
    Row(
        code="FLR131",
        name="veto-without-failure",
        on=LIFECYCLE_EVENTS,
        source=("any",),
        when=({"outcome": ("veto",), "failure": ("S_OK",)},),
        grade=STATED,
        mild=True,
        ruling="failed-without-code",
        sources=("setwriterfailure",),
        says="a handler vetoed without setting a failure",
        why="The requester sees a failure and cannot tell whether a retry may help.",
        blame="writer",
    ),
    Row(
        code="FLR-MASK",
        on=("Subscribe", "SubscribeEx"),
        source=("any",),
        when=({"mask": (MASK,), "release": since("vista")},),
        to=(SAME,),
        grade=STATED,
        sources=("ne-vswriter-vss_subscribe_mask",),
        says="writers subscribe to backup and restore events together",
    ),
    Row(
        code="FLR-MASK-BEFORE-VISTA",
        on=("Subscribe",),
        source=("any",),
        when=({"mask": (MASK,), "release": before("vista")},),
        to=(SAME,),
        grade=STATED,
        sources=("ne-vswriter-vss_subscribe_mask",),
        says="writers subscribe to backup and restore events together",
    ),
    Row(
        code="FLR-INITIALIZE-LEVEL",
        on=("Initialize",),
        source=("any",),
        when=({"level": LEVELS},),
        to=(SAME,),
        grade=STATED,
        sources=("ne-vss-vss_application_level", "initialize"),
        says="a writer gives one of four application levels",
    ),
    Row(
        code="FLR142",
        name="no-application-level",
        on=("Initialize", "InitializeEx"),
        source=("any",),
        when=({"level": (NO_LEVEL,)},),
        grade=STATED,
        mild=True,
        sources=("ne-vss-vss_application_level", "initialize"),
        says="a writer initialized with an application level that writers do not have",
        why="UNKNOWN stands for an application error and AUTO is reserved; the order of Freeze"
        " depends on the level.",
        blame="writer",
    ),
    Row(
        code="FLR-INITIALIZEEX",
        on=("InitializeEx",),
        source=("any",),
        when=({"release": since("vista"), "level": LEVELS},),
        to=(SAME,),
        grade=STATED,
        sources=("nl-vswriter-cvsswriterex",),
        says="InitializeEx exists since Windows Vista",
    ),
    Row(
        code="FLR141",
        name="unsupported-subscribe-mask",
        on=("Subscribe", "SubscribeEx"),
        source=("any",),
        when=({"mask": (OTHER_MASK,)},),
        grade=STATED,
        sources=("ne-vswriter-vss_subscribe_mask",),
        says="a writer subscribed with a mask other than backup and restore events (6)",
        why="Other masks are reserved or not supported; the writer may miss events.",
        blame="writer",
    ),
)

INTERFACE: Final = Region(
    name="interface",
    title="a writer's own calls: codes, handlers, releases",
    scope="session",
    states=(ANY,),
    rows=_FAILURE_ROWS,
)

# --- Registers: rows that compare two records --------------------------------
OTHER_THREAD: Final = Row(
    code="FLR132",
    name="call-on-another-thread",
    on=("SetWriterFailure", "SetWriterFailureEx", "GetSessionId"),
    grade=STATED,
    sources=("writers", "setwriterfailure"),
    says="a call that belongs to the handler's thread was made on another one",
    why="A worker thread has to hand its result to the thread that entered the handler.",
    blame="writer",
)
#: handlers that may run on several threads at once: any program asks writers to identify
#: themselves, and a timer aborts beside whoever else does
AT_ONCE: Final = ("Identify", "Abort")
FAILURE_TWICE: Final = Row(
    code="FLR133",
    name="failure-set-twice",
    on=FAILURE_CALLS,
    grade=OPEN,
    ruling="failure-outside-handler",
    sources=("setwriterfailure",),
    says="a failure was set twice in one handler",
    why="Which of the two counts is not documented.",
    blame="writer",
)
TIMEOUT_TOO_EARLY: Final = Row(
    code="FLR134",
    name="timeout-set-within-budget",
    on=FAILURE_CALLS,
    grade=INFERRED,
    sources=("setwriterfailure", "initialize"),
    says="the TIMEOUT code was set although the writer's own freeze budget was not used up",
    why="The code means that the time between Freeze and Thaw exceeded the budget.",
    blame="writer",
)
REGISTERS: Final = (OTHER_THREAD, FAILURE_TWICE, TIMEOUT_TOO_EARLY)

# --- Subscription ------------------------------------------------------------
CREATED: Final = State(name="created", means="the writer object exists")
INITIALIZED: Final = State(name="initialized", means="Initialize succeeded")
INACTIVE: Final = State(name="inactive", means="Initialize said S_FALSE: safe mode or set-up")
SUBSCRIBED: Final = State(name="subscribed", means="the writer gets events")
UNSUBSCRIBED: Final = State(name="unsubscribed", means="the writer gets no more events")
_INITIALIZE: Final = ("Initialize", "InitializeEx")
_SUBSCRIBE: Final = ("Subscribe", "SubscribeEx")
_OK: Final[tuple[When, ...]] = ({"result": ("ok", "s_false")},)
_FAILED: Final[tuple[When, ...]] = ({"result": ("failed",)},)


def _step(  # noqa: PLR0913 - a row has that many facts
    code: str,
    on: tuple[str, ...],
    source: tuple[State, ...],
    to: str | tuple[str, ...],
    says: str,
    page: str,
    when: tuple[When, ...] = _OK,
    **more: Any,
) -> Row:
    return Row(
        code=code,
        on=on,
        source=tuple(state.name for state in source),
        when=when,
        to=(to,) if isinstance(to, str) else to,
        grade=more.pop("grade", STATED),
        sources=("nl-vswriter-cvsswriter", page),
        says=says,
        **more,
    )


def _order(code: str, name: str, on: tuple[str, ...], source: tuple[State, ...], says: str) -> Row:
    return Row(
        code=code,
        name=name,
        on=on,
        source=tuple(state.name for state in source),
        grade=STATED,
        sources=("nl-vswriter-cvsswriter", "initialize", "subscribe"),
        says=says,
        why="A writer is initialized once, then subscribed; between Subscribe and Unsubscribe it"
        " gets events.",
        blame="writer",
    )


SUBSCRIPTION: Final = Region(
    name="subscription",
    title="Initialize, Subscribe and Unsubscribe of one writer instance",
    scope="instance",
    states=(CREATED, INITIALIZED, INACTIVE, SUBSCRIBED, UNSUBSCRIBED),
    rows=(
        _step(
            "FLR-INITIALIZE",
            _INITIALIZE,
            (CREATED, UNSUBSCRIBED),
            INITIALIZED.name,
            "a writer is initialized first",
            "initialize",
            ({"result": ("ok",)},),
        ),
        _step(
            "FLR-INITIALIZE-INACTIVE",
            _INITIALIZE,
            (CREATED, UNSUBSCRIBED),
            INACTIVE.name,
            "S_FALSE: safe mode or set-up, the writer gets no events",
            "initialize",
            ({"result": ("s_false",)},),
            ruling="safe-mode",
        ),
        _step(
            "FLR-INITIALIZE-FAILED",
            _INITIALIZE,
            (CREATED, UNSUBSCRIBED),
            SAME,
            "a failed Initialize changes nothing",
            "initialize",
            _FAILED,
        ),
        _step(
            "FLR-SUBSCRIBE",
            _SUBSCRIBE,
            (INITIALIZED,),
            SUBSCRIBED.name,
            "an initialized writer subscribes",
            "subscribe",
        ),
        _step(
            "FLR-SUBSCRIBE-FAILED",
            _SUBSCRIBE,
            (INITIALIZED,),
            SAME,
            "a failed Subscribe changes nothing",
            "subscribe",
            _FAILED,
        ),
        _step(
            "FLR-SUBSCRIBE-INACTIVE",
            _SUBSCRIBE,
            (INACTIVE,),
            SAME,
            "an inactive writer stays inactive",
            "initialize",
            ({},),
            grade=OPEN,
            ruling="safe-mode",
        ),
        _step(
            "FLR-EVENT",
            HANDLERS,
            (SUBSCRIBED,),
            (SUBSCRIBED.name, SAME),  # one that comes too early leaves it open which
            "a subscribed writer gets events",
            "subscribe",
            ({},),
        ),
        _step(
            "FLR-UNSUBSCRIBE",
            ("Unsubscribe",),
            (SUBSCRIBED,),
            UNSUBSCRIBED.name,
            "a subscribed writer unsubscribes before it is destroyed",
            "unsubscribe",
        ),
        _step(
            "FLR-UNSUBSCRIBE-FAILED",
            ("Unsubscribe",),
            (SUBSCRIBED,),
            SAME,
            "a failed Unsubscribe changes nothing",
            "unsubscribe",
            _FAILED,
        ),
        _step(
            "FLR211",
            _SUBSCRIBE,
            (UNSUBSCRIBED,),
            SUBSCRIBED.name,
            "a writer subscribed again after Unsubscribe",
            "subscribe",
            name="subscribe-after-unsubscribe",
            why="No page describes a second life of the same object.",
            grade=OPEN,
            pays=INFO,
            ruling="subscribe-again",
            blame="writer",
        ),
        _step(
            "FLR-SUBSCRIBE-AGAIN-FAILED",
            _SUBSCRIBE,
            (UNSUBSCRIBED,),
            SAME,
            "a failed Subscribe after Unsubscribe changes nothing",
            "subscribe",
            _FAILED,
            grade=OPEN,
            ruling="subscribe-again",
        ),
        _step(
            "FLR212",
            ("Unsubscribe",),
            (CREATED, INITIALIZED, INACTIVE, UNSUBSCRIBED),
            SAME,
            "Unsubscribe was called by a writer that is not subscribed",
            "unsubscribe",
            ({},),
            name="unsubscribe-without-subscribe",
            why="No code is documented for it.",
            grade=OPEN,
            pays=INFO,
            ruling="unsubscribe-not-subscribed",
            blame="writer",
        ),
        _order(
            "FLR201",
            "repeated-initialize",
            _INITIALIZE,
            (INITIALIZED, INACTIVE, SUBSCRIBED),
            "Initialize came again",
        ),
        _order(
            "FLR202",
            "subscribe-before-initialize",
            _SUBSCRIBE,
            (CREATED,),
            "Subscribe came before Initialize",
        ),
        _order(
            "FLR203",
            "repeated-subscribe",
            _SUBSCRIBE,
            (SUBSCRIBED,),
            "Subscribe came again (VSS_E_WRITER_ALREADY_SUBSCRIBED)",
        ),
        _order(
            "FLR204",
            "event-before-subscribe",
            HANDLERS,
            (CREATED, INITIALIZED),
            "an event reached a writer that had not subscribed",
        ),
        _order(
            "FLR205",
            "event-after-unsubscribe",
            HANDLERS,
            (UNSUBSCRIBED,),
            "an event reached a writer that had unsubscribed",
        ),
        _order(
            "FLR206",
            "event-while-inactive",
            HANDLERS,
            (INACTIVE,),
            "an event reached a writer whose Initialize had said S_FALSE",
        ),
    ),
)
#: the state of an instance whose first record is none of these calls
SEEN_LATE: Final = SUBSCRIBED
