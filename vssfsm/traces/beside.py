"""
Evidence of other formats in one text, as a mail may hold: named, so that nobody takes it for read.

A text has one reader. What the others would know in it, the report names; it can be read by naming
the format.
"""

import re
from typing import Final

from vssfsm.traces.aside import Seen
from vssfsm.traces.shapes import TEXTS

#: characters that are searched: what holds several kinds of evidence is a mail, not a log
_SEARCHED: Final = 1 << 16
_MEANS: Final = "the input holds such evidence too; --input-format {} reads it"


def beside(text: str, own: str) -> tuple[Seen, ...]:
    """Give the formats of which something stands in *text*, which is read as *own*."""
    start = text[:_SEARCHED]
    found = (name for shape, name in TEXTS if name != own and re.search(shape, start))
    return tuple(Seen(name, _MEANS.format(name), 1) for name in sorted({*found}))
