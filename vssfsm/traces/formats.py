"""Names of the formats that are read, for the command line too, which loads no reader."""

AUTO = "auto"
#: formats; each is a module of `vssfsm.traces.readers`, imported when it is needed
READERS = (
    *("jsonl", "csv", "parquet", "xes", "vssadmin", "status", "eventlog", "evtx"),
    *("sqlwriter", "backuplog", "mail"),
)
#: those that may stand together in one text
PASTED = ("vssadmin", "status", "sqlwriter", "backuplog", "eventlog")
