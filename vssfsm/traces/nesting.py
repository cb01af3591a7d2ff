"""
How deeply JSON is nested.

How much a decoder takes depends on who calls it: so what is too deep is told before.
"""

import re
from typing import Final

#: objects and lists that may lie in one another
DEEPEST: Final = 500
_without_strings: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL).sub
_find_signs: Final = re.compile(r"[\[\]{}]").findall


def is_deep(text: str) -> bool:
    """Tell whether more than `DEEPEST` objects and lists lie in one another."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for sign in _find_signs(_without_strings("", text)):
        depth += 1 if sign in "[{" else -1
        if depth > DEEPEST:
            return True
    return False
