"""
Long traces: sessions that are alike are judged once, those in question go to the reference.

Findings come from the reference alone, so both ways give the same report.
"""

from vssfsm.fast.lines import UnfitError
from vssfsm.fast.tabular import Tabled, scan_table
from vssfsm.fast.trace import Scanned, is_small, scan_file

__all__ = ["Scanned", "Tabled", "UnfitError", "is_small", "scan_file", "scan_table"]
