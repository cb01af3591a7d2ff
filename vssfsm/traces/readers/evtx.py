"""
Binary event logs of Windows (`.evtx`): the same records as those of exported XML.

The extra `eventlog` reads the file. A chunk or a record that it cannot read is a hole which names
it, and the rest is read. A line is the number of an event in the file, from 1.
"""

import io
from collections.abc import Generator, Iterator
from typing import Any, Final

from vssfsm.core.record import Record
from vssfsm.errors import MissingExtra
from vssfsm.traces.aside import Aside, Tally
from vssfsm.traces.logs import Entry, xml_entry
from vssfsm.traces.readers.eventlog import pattern_of, records_of
from vssfsm.traces.source import Opened, everything

OBSERVATION: Final = "sampled"
#: bytes of the header of the file, and of each chunk behind it
_HEADER: Final = 0x1000
_CHUNK: Final = 0x10000
#: place of the number of chunks in the header
_CHUNKS: Final = slice(42, 44)


def read(opened: Opened) -> Generator[tuple[Record, tuple[Any, ...]], None, Aside]:
    """
    Give a record per veto, and a hole per chunk or event that cannot be read.

    Returns:
        What else was seen: events with their meaning, and how many were used.

    Raises:
        MissingExtra: the extra is not installed.
        EOFError: the file ends in the middle of a chunk, or before the last one.
    """
    data = everything(opened)
    found = list(_entries(data))
    tally = Tally()
    for entry in found:
        tally.take(pattern_of(entry))
    seen = yield from records_of(found)
    _refuse_cut(data)
    return Aside(seen=seen, share=tally.share("event"))


def _entries(data: bytes) -> Iterator[Entry]:
    try:
        from evtx import PyEvtxParser
    except ImportError:
        raise MissingExtra("reading an .evtx file", "eventlog") from None
    try:
        events = iter(PyEvtxParser(io.BytesIO(data), number_of_threads=1).records())
    except (OSError, RuntimeError) as error:
        yield Entry(1, "", None, str(error))
        return
    for number in range(1, len(data)):  # every event takes bytes, so this ends
        # The iterator tells of a bad chunk by raising, and goes on behind it when asked again.
        try:
            event = next(events, None)
        except (OSError, RuntimeError, ValueError) as error:
            yield Entry(number, "", None, str(error))
            continue
        if event is None:
            return
        yield xml_entry(event["data"], number)


def _refuse_cut(data: bytes) -> None:
    whole, rest = divmod(max(len(data) - _HEADER, 0), _CHUNK)
    if rest or whole < int.from_bytes(data[_CHUNKS], "little"):
        raise EOFError("the event log ends before its last chunk")
