"""
Edits of a session, and their prices.

A price is one integer whose digits are edits, ranks and notes, in that order of weight; so prices
add up exactly.
"""

from typing import Final, NamedTuple

from vssfsm.core.bound import Prices
from vssfsm.spec.edits import DROP, EDITS, INSERT, REPLACE, UNLIKELY, UNLIKELY_RANK

#: an edit outweighs all ranks, a rank outweighs all notes of a session that is short enough
EDIT_BITS: Final = 40
_RANK_BITS: Final = 20
_PRICE: Final = {e.op: (e.cost << EDIT_BITS) + (e.rank << _RANK_BITS) for e in EDITS}
_UNLIKELY: Final = UNLIKELY_RANK << _RANK_BITS
PRICES: Final = Prices(_PRICE[INSERT], _PRICE[DROP], _PRICE[REPLACE])


class Edit(NamedTuple):
    """One edit: `insert` an event before *line*, `drop` that record, or `replace` it."""

    op: str
    line: int
    event: str
    of: str = ""

    def as_dict(self) -> dict[str, object]:
        """Give the keys that say something: `of` for the result of an asynchronous call only."""
        return {key: value for key, value in self._asdict().items() if key != "of" or value}


def of_both_lines(edit: Edit, second: int) -> tuple[Edit, ...]:
    """
    Give the edits of a record that may have a *second* line; 0: it has none.

    A record that goes or becomes another one takes along the line that says how it ended. An edit
    of that line lets it go.
    """
    if edit.op == INSERT or not second:
        return (edit,)
    drop = Edit(DROP, second, edit.event)
    return (drop,) if second == edit.line else (edit, drop)


def price_of_insert(event: str) -> int:
    """Give the price of inserting *event*."""
    return PRICES.insert + (_UNLIKELY if event in UNLIKELY else 0)
