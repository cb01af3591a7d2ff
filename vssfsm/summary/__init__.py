"""
Pieces of one evidence: each becomes a summary, and summaries of neighbours become one.

A summary holds what its pieces show by themselves, and their text: where what comes before or
behind reaches into what seemed to be over, the text is there to be judged again. So any grouping of
pieces in their order gives the report of the whole.
"""

from vssfsm.summary.condense import Settings, merge, summarise
from vssfsm.summary.form import Summary, decode, encode, read_whole
from vssfsm.summary.judge import judge, placed

__all__ = [
    "Settings",
    "Summary",
    "decode",
    "encode",
    "judge",
    "merge",
    "placed",
    "read_whole",
    "summarise",
]
