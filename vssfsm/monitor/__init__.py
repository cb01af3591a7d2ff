"""Records into sessions: keys, holes, registers and the monitor. No input, no output, no clock."""

from vssfsm.monitor.sessions import Monitor, SessionReport, table

__all__ = ["Monitor", "SessionReport", "table"]
