"""
Texts that hold several kinds of evidence, as a mail to support does: each has its own reader.

All readers get the whole text, so lines keep their numbers. Between two kinds of evidence nothing
is known of any order, so the whole shows single moments only.
"""

import io
from collections.abc import Collection, Generator, Iterator, Sequence
from importlib import import_module
from typing import Any, Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.traces.aside import PROSE, Aside, Share, Tally
from vssfsm.traces.beside import is_beside, kinds_in
from vssfsm.traces.source import Opened, beginning, everything, first_bytes

OBSERVATION: Final = "sampled"
_Read = tuple[Record, tuple[Note, ...]]


def read(opened: Opened) -> Generator[_Read, None, Aside]:
    """
    Give the records of every kind of evidence, in the order of their lines.

    Returns:
        What the readers know beside their records; what became of the lines.
    """
    data = bytes(opened.head.mark) + everything(opened)
    names = kinds_in(data[opened.head.mark :].decode(opened.head.encoding, "replace"))
    found = {name: _one(name, data, opened) for name in names or ("vssadmin",)}
    records = [item for read, _ in found.values() for item in read]
    yield from sorted(records, key=lambda item: item[0].line)
    asides = [aside for _, aside in found.values()]
    share = _share(asides, {record.line for record, _ in records if record.hole})
    return Aside(
        dict(share.known).get(PROSE, 0),
        next((aside.guessed for aside in asides if aside.guessed), ""),
        tuple(one for aside in asides for one in aside.seen if not is_beside(one)),
        share,
        tuple(name for name, (read, aside) in found.items() if _tells(read, aside)),
    )


def is_mail(opened: Opened, own: str) -> bool:
    """Tell whether a reader other than *own* finds something in the beginning of an input."""
    data = first_bytes(opened)
    names = kinds_in(beginning(opened))
    return any(name != own and _tells(*_one(name, data, opened)) for name in names)


def _one(name: str, data: bytes, opened: Opened) -> tuple[list[_Read], Aside]:
    """Give what one reader makes of the text."""
    reader: Any = import_module(f"vssfsm.traces.readers.{name}")
    stream: Any = io.BufferedReader(io.BytesIO(data))
    read: list[_Read] = []
    aside = Aside()

    def run() -> Iterator[_Read]:
        nonlocal aside
        aside = yield from reader.read(opened._replace(stream=stream))

    read.extend(run())
    return read, aside


def _tells(read: list[_Read], aside: Aside) -> bool:
    records = any(not record.hole for record, _ in read)
    return records or any(not is_beside(one) for one in aside.seen)


def _share(asides: Sequence[Aside], holes: Collection[int]) -> Share:
    """Put the shares of the readers together: what one uses is prose to the others."""
    tally = Tally()
    shares = [aside.share for aside in asides if aside.share]
    total = max((share.total for share in shares), default=0)
    tally.unread = min(len(holes), total)
    tally.used = min(sum(share.used for share in shares), total - tally.unread)
    left = total - tally.used - tally.unread
    for name, times in sorted(pair for share in shares for pair in share.known):
        if name != PROSE:
            tally.know(name, min(times, left))
            left -= min(times, left)
    tally.know(PROSE, left)
    return tally.share()
