"""
Scenarios out of a configuration of Microsoft's Test Writer: each `FailEvent` is one.

Attributes that are read: `writerEvent`, the event to fail in; `retryable`, whether the failure asks
for a repetition; `numFailures`, how often it fails. The rest of the file is left alone.
"""

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from vssfsm.errors import UsageError
from vssfsm.spec.vocabulary import writer_event
from vssfsm.testing.adapters import VETOED
from vssfsm.testing.requesters.scenarios import RETRYABLE, Play, Scenario

_ELEMENT: Final = "failevent"
_NONRETRYABLE: Final = "VSS_E_WRITERERROR_NONRETRYABLE"
_TRUE: Final = ("yes", "true", "1")
_FALSE: Final = ("no", "false", "0")
_EVENTS: Final = {event.casefold(): event for event in VETOED}
#: bytes of a configuration
_LONGEST: Final = 1 << 20


def read_scenarios(path: str) -> tuple[Scenario, ...]:
    """
    Give the scenarios of the file *path*, in its order.

    Raises:
        UsageError: it cannot be read, is no XML, or has a `FailEvent` that says nothing usable;
            the message names file and line.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > _LONGEST:
        raise UsageError(f"{path} is too long for a configuration of the Test Writer")
    found = tuple(_scenario(path, *item) for item in _fail_events(path, data))
    if not found:
        raise UsageError(f"{path} holds no FailEvent")
    return found


def _fail_events(path: str, data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Give line and attributes of each `FailEvent`, names of attributes in lower case."""
    found: list[tuple[int, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2].casefold() == _ELEMENT:
            given = {key.casefold(): value for key, value in attributes.items()}
            found.append((parser.CurrentLineNumber, given))

    def declare(*_: object) -> None:
        line = parser.CurrentLineNumber
        raise UsageError(f"{path}:{line}: document types and entities are not read")

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = declare
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise UsageError(f"{path}:{parser.CurrentLineNumber}: no XML: {error}") from error
    yield from found


def _scenario(path: str, line: int, given: dict[str, str]) -> Scenario:
    place = f"{path}:{line}"
    name = given.get("writerevent", "")
    event = _EVENTS.get((writer_event(name) or name).casefold())
    if event is None:
        known = ", ".join(VETOED)
        raise UsageError(f"{place}: writerEvent {name!r} is no event to fail in; known: {known}")
    failure = RETRYABLE if _is_true(place, given.get("retryable", "yes")) else _NONRETRYABLE
    times = given.get("numfailures", "1")
    if not (times.isascii() and times.isdigit() and 0 < int(times) < 1_000_000):
        raise UsageError(
            f"{place}: numFailures is a number from 1, not {times!r}; what another one means is"
            " not documented"
        )
    says = f"a writer vetoes {event} {times} time(s), as the Test Writer is told to"
    return Scenario(f"{place}:{event}", says, Play(event, failure, sessions=int(times)))


def _is_true(place: str, text: str) -> bool:
    word = text.strip().casefold()
    if word not in (*_TRUE, *_FALSE):
        raise UsageError(f"{place}: retryable is yes or no, not {text!r}")
    return word in _TRUE
