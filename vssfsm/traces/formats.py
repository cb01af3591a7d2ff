"""Names of the formats that are read, for the command line too, which loads no reader."""

from typing import Final

AUTO: Final = "auto"
#: formats; each is a module of `vssfsm.traces.readers`, imported when it is needed
READERS: Final = (
    *("jsonl", "csv", "parquet", "xes", "vssadmin", "status", "eventlog", "evtx"),
    *("sqlwriter", "backuplog", "mail"),
)
#: those that may stand together in one text
PASTED: Final = ("vssadmin", "status", "sqlwriter", "backuplog", "eventlog")
