"""A digest of the specification: two reports with the same one were judged by the same rows."""

import hashlib

from vssfsm.spec.catalogue import REGIONS, ROWS
from vssfsm.spec.rulings import RULINGS

_SHOWN = 12


def digest() -> str:
    """Give the first hexadecimal digits of the SHA-256 of all rows, states and rulings."""
    facts = [REGIONS, ROWS, RULINGS]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:_SHOWN]
