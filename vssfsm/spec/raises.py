"""
Which call of a requester raises which events in writers.

Abort may also come from the service: a failed Freeze or Thaw, a provider's failure, a lost
requester. Identify may come from any program that lists writers.
"""

from typing import Final

#: method -> events, in their order
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
#: methods whose events nothing else raises
ALONE: Final = ("PrepareForBackup", "DoSnapshotSet", "BackupComplete", "PreRestore", "PostRestore")


def handler(event: str) -> str:
    """Give the name that a writer's event has beside calls: several events share a call's name."""
    return f"On{event}"
