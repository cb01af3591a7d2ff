"""A mapping that is filled as it is read."""

from collections.abc import Callable
from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Lazy(dict[_Key, _Value]):
    """
    What *find* gives for a key, found once; looking it up again costs what a dict costs.

    Whoever owns it has to bound how many keys are asked for.
    """

    __slots__ = ("_find",)

    def __init__(self, find: Callable[[_Key], _Value]) -> None:
        self._find = find

    def __missing__(self, key: _Key) -> _Value:
        """Find what was not asked for before."""
        found = self[key] = self._find(key)
        return found
