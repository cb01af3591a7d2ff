"""
Long traces: sessions that are alike are judged once, those in question go to the reference.

Findings come from the reference alone, so both ways give the same report. What scans is loaded when
a trace is long: that takes a third of a short check.
"""

import os
from typing import Final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.fast.lines import UnfitError
    from vssfsm.fast.tabular import Tabled, scan_table
    from vssfsm.fast.trace import Scanned, scan_file

__all__ = ["Scanned", "Tabled", "UnfitError", "is_small", "scan_file", "scan_table"]

#: bytes of a file below which the reference is as fast; Parquet packs at least so many into one
SMALL: Final = 1 << 18
_PACKS: Final = 8
_HOMES: Final = {
    "Scanned": "vssfsm.fast.trace",
    "Tabled": "vssfsm.fast.tabular",
    "UnfitError": "vssfsm.fast.lines",
    "scan_file": "vssfsm.fast.trace",
    "scan_table": "vssfsm.fast.tabular",
}


def is_small(path: str, name: str = "jsonl") -> bool:
    """Tell whether a scan of *path* in the format *name* would not pay."""
    try:
        return os.path.getsize(path) * (_PACKS if name == "parquet" else 1) < SMALL
    except OSError:
        return True


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vssfsm.fast' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)
