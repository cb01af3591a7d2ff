"""What the names of a table of another program stand for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from vssfsm.errors import UsageError
from vssfsm.traces.values import KEYS


class Columns(NamedTuple):
    """
    What the names of a table, or of attributes, stand for.

    Args:
        names: name in the input -> key of the format, where they differ.
        constants: key of the format -> value of every record that does not say another.
    """

    names: Mapping[str, str] = MappingProxyType({})
    constants: Mapping[str, str] = MappingProxyType({})


NO_COLUMNS: Final = Columns()


def columns_of(
    names: Mapping[str, str] | None = None, constants: Mapping[str, str] | None = None
) -> Columns:
    """
    Give what names of columns stand for, and values of every record.

    Raises:
        UsageError: one of them stands for no key of the format.
    """
    given = Columns(names or {}, constants or {})
    for key in (*given.names.values(), *given.constants):
        if key not in KEYS:
            raise UsageError(f"{key!r} is no key of the trace format; known: {', '.join(KEYS)}")
    return given
