"""Records into sessions: keys, holes, registers and the monitor. No input, no output, no clock."""

from vssfsm.monitor.scopes import SessionReport
from vssfsm.monitor.sessions import Monitor
from vssfsm.monitor.tables import table

__all__ = ["Monitor", "SessionReport", "table"]
