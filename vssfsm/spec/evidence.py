"""
Kinds of evidence about a failed backup: what each shows, and the command that collects it.

Commands are typed at an elevated prompt: without elevation `vssadmin` lists no writers.
"""

from typing import Final, NamedTuple


class Evidence(NamedTuple):
    """
    One kind of evidence.

    Args:
        name: what people call it.
        shows: what it tells that the others do not.
        collect: commands, one a line; none where only the program itself can keep it.
        hint: what to do where there is no command, or beside it.
        formats: formats of inputs that are such evidence.
        actors: actors of a trace's records that are; empty: formats decide.
        silence: that nothing stands in it tells something too; a listing without writers is none.
    """

    name: str
    shows: str
    collect: tuple[str, ...] = ()
    hint: str = ""
    formats: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    silence: bool = False


LISTING: Final = Evidence(
    "a listing of writers",
    "the state and the last error of every writer, with ids",
    ("vssadmin list writers > writers.txt",),
    "Take it before the next backup: a state belongs to one session.",
    ("vssadmin", "status"),
)
EVENT_LOG: Final = Evidence(
    "event logs",
    "vetoes with their operation, code, process and time; time-outs; trouble of providers and of"
    " the volume",
    (
        "wevtutil epl Application application.evtx",
        "wevtutil epl System system.evtx",
    ),
    "VSS and ESENT write into Application, VolSnap into System.",
    ("eventlog", "evtx"),
    silence=True,
)
WRITER_TRACE: Final = Evidence(
    "a log of the writer's events",
    "the order of events, and how long the writer was frozen",
    hint="SQL Server's writer keeps one (SqlWriterLogger); other writers write one if they were"
    " made to. Keys are in the reference of the trace format.",
    formats=("sqlwriter",),
    actors=("writer",),
)
REQUESTER_TRACE: Final = Evidence(
    "a log of the backup program's calls",
    "whether the program called in order, waited, read statuses and ended what it began",
    hint="Ask for the program's own log at its most detailed level, or record its calls as a"
    " trace.",
    formats=(),
    actors=("requester",),
)
KINDS: Final = (LISTING, EVENT_LOG, WRITER_TRACE, REQUESTER_TRACE)

#: command that names the service of a process
SERVICE_OF_PROCESS: Final = 'tasklist /svc /fi "PID eq {process}"'

_NOWHERE: Final = "whose lines no page documents"
#: tools whose output no reader knows, and what is so about it
NOT_READ: Final = {
    "burp": _NOWHERE,
    "urbackup": _NOWHERE,
    "vsstrace": _NOWHERE,
    "tracerpt": _NOWHERE,
    "diskshadow": "of which only `list writers status` is documented",
    "vshadow": "of which only status lines are documented, as option -ws lists them",
    "betest": "of which only status lines are documented",
}
