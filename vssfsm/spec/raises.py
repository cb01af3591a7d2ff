"""
Which call of a requester raises which events at the writers.

Only what a success raises, in the order in which it comes. A creation that fails, or a freeze that
takes too long, raises Abort as well, within `DoSnapshotSet`; so may a provider and the service.
`Release` is the last one, of an object that took part in a backup.

Source: the pages of the calls; `the-shadow-copy-creation-process`, `aborting-vss-operations`,
`handling-backupshutdown-events`.
"""

from typing import Final

#: method of the requester (or `Release`) -> writer events
RAISES: Final[dict[str, tuple[str, ...]]] = {
    "GatherWriterMetadata": ("Identify",),
    "PrepareForBackup": ("PrepareBackup",),
    "DoSnapshotSet": ("PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot"),
    "BackupComplete": ("BackupComplete",),
    "AbortBackup": ("Abort",),
    "Release": ("BackupShutdown",),
    "PreRestore": ("PreRestore",),
    "PostRestore": ("PostRestore",),
}
#: writer event -> the method that raises it
RAISED_BY: Final = {event: method for method, events in RAISES.items() for event in events}
#: methods whose events nothing else raises
ALONE: Final = ("PrepareForBackup", "DoSnapshotSet", "BackupComplete", "PreRestore", "PostRestore")


def handler(event: str) -> str:
    """Give the name that a writer's event has beside calls: several events share a call's name."""
    return f"On{event}"


def event_of(name: str) -> str:
    """Give the event of a handler's name; a call's name stays what it is."""
    return name.removeprefix("On")
