"""
Evidence of other formats in one text, as a mail may hold.

A reader that was asked for by name reads its own kind; the report names the others, so that nobody
takes them for read. Where no reader was named, all kinds are read.
"""

import re
from typing import Final

from vssfsm.traces.aside import Seen
from vssfsm.traces.pasted import broken
from vssfsm.traces.shapes import TEXTS, shape_of

#: characters that are searched: what holds several kinds of evidence is a mail, not a log
_SEARCHED: Final = 1 << 16
_MEANS: Final = "the input holds such evidence too; --input-format {} reads it"
#: formats of texts
_NAMES: Final = frozenset(name for _, name in TEXTS)


def kinds_in(text: str) -> tuple[str, ...]:
    """Give the formats of texts of which something stands in *text*, the first one that counts."""
    start = text[:_SEARCHED]
    clear = broken(start)
    found = (name for shape, name in TEXTS if re.search(shape, start) or re.search(shape, clear))
    names = dict.fromkeys((shape_of(start), *found))
    return tuple(name for name in names if name in _NAMES)


def beside(text: str, own: str) -> tuple[Seen, ...]:
    """Give the formats of which something stands in *text*, which is read as *own*."""
    names = (name for name in kinds_in(text) if name != own)
    return tuple(Seen(name, _MEANS.format(name), 1) for name in sorted(names))


def is_beside(seen: Seen) -> bool:
    """Tell whether *seen* names a format that stands beside another one."""
    return seen.means == _MEANS.format(seen.name)
