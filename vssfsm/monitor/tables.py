"""Regions, each compiled when it is first needed."""

from typing import Final

from vssfsm.core.record import Symbol
from vssfsm.core.table import Table
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import Row


class _Tables(dict[str, Table]):
    def __missing__(self, name: str) -> Table:
        self[name] = compiled = Table(REGIONS[name])
        return compiled


TABLES: Final = _Tables()


def table(name: str) -> Table:
    """Give the compiled region *name*."""
    return TABLES[name]


def only_row(known: Table, seen: Symbol) -> Row | None:
    """Give the row that a region with one state takes, None if it does not know the event."""
    (move,) = known.moves("any", known.project(seen)).values()
    return move.row
