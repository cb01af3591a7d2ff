"""
Events of the Windows event log that tell of shadow copies: what they mean, and what is read.

Source: the message table of the VSS service, and the articles that explain single events.
"""

from typing import Final, NamedTuple

#: what an event is to us: a record, a remark with a meaning, or nothing to do with legality
VETO: Final = "veto"
REMARK: Final = "remark"
HARMLESS: Final = "harmless"


class LogEvent(NamedTuple):
    """One event: the source that writes it, its number, its use, and its meaning."""

    source: str
    number: int
    use: str
    means: str


def _vss(number: int, means: str, use: str = REMARK) -> LogEvent:
    return LogEvent("VSS", number, use, means)


def _exchange(source: str, number: int) -> LogEvent:
    # The logs of backups hold them; their texts are on none of our pages.
    return LogEvent(source, number, REMARK, "Exchange tells of a backup; read its text")


#: code of an old session that is collected, in event 12289
OLD_SESSION: Final = 0x80042409
OLD_SESSION_MEANS: Final = (
    "an old session was collected: leftovers of days ago, nothing of the backup that runs"
)
EVENTS: Final = (
    _vss(8229, "a writer rejected an event; its changes to the components are lost", VETO),
    _vss(31, "a writer waited for running calls before its end"),
    _vss(34, "the event class of VSS is not registered: writers get no events"),
    _vss(4003, "Freeze came more than two minutes ago, and neither Thaw nor Abort since"),
    _vss(5015, "a writer of the system could not change its state"),
    _vss(6015, "a call of the database writer failed"),
    _vss(6016, "an express writer could not be loaded"),
    _vss(8193, "a routine failed unexpectedly"),
    _vss(8194, "a writer cannot call the requester back, as a rule for want of rights"),
    _vss(8195, "the components of a writer are no valid XML"),
    _vss(8216, "the metadata of a writer are no valid XML"),
    _vss(8206, "two writers share one instance id"),
    _vss(8211, "a writer was started in safe mode"),
    _vss(8212, "a writer was started during setup"),
    _vss(8213, "the account of a writer's process lacks rights: it cannot subscribe"),
    _vss(8214, "a writer cannot reach the service; the backup program may have died"),
    _vss(8215, "the requester added a component that no writer declares"),
    _vss(8217, "a writer broke the rule for several instances"),
    _vss(8218, "two instances of a writer have one name"),
    _vss(8219, "no time was left to expand a file specification"),
    _vss(8220, "no time was left to delete files of the shadow copy"),
    _vss(8226, "no time was left to expand file specifications"),
    _vss(8222, "a shadow copy was created", HARMLESS),
    _vss(8223, "a hardware shadow copy was imported", HARMLESS),
    _vss(8224, "the service stopped because it was idle: no error", HARMLESS),
    _vss(8225, "the service was stopped by the system: no error", HARMLESS),
    _vss(8230, "an account of the access control could not be resolved"),
    _vss(12289, "something unexpected failed"),
    _vss(12290, "something unexpected was noticed"),
    _vss(12291, "the interface for the publisher of events failed"),
    _vss(12292, "a provider could not be created: not the writers"),
    _vss(12293, "a routine of a provider failed: not the writers"),
    _vss(12294, "a provider refused an argument: not the writers"),
    _vss(12297, "writes could not be flushed on a volume"),
    _vss(12298, "writes could not be held on a volume"),
    _vss(12299, "a provider committed another number of shadow copies"),
    _vss(12300, "a writer initialized itself during setup"),
    _vss(12301, "a writer did not answer when its status was gathered"),
    _vss(12302, "the infrastructure of writers is inconsistent"),
    _vss(12310, "a shadow copy was not committed in time"),
    _vss(12323, "the transaction manager did not freeze in time"),
    _vss(12324, "the transaction manager did not thaw in time"),
    _vss(12325, "the transaction coordinator did not freeze in time"),
    _vss(12326, "the transaction coordinator did not thaw in time"),
    _vss(12338, "opening and flushing volumes took too long"),
    _vss(12339, "opening and flushing volumes took long"),
    _vss(12340, "time: volumes were not flushed within the time that writes are held; no veto"),
    _vss(12341, "time: flushing and holding writes was slow; no veto"),
    _vss(12342, "the Registry writer could not start"),
    _vss(12343, "the Registry writer could not start"),
    _vss(12344, "the Registry writer could not prepare the registry"),
    _vss(12345, "the Registry writer ran out of space"),
    _vss(12346, "the Registry writer failed"),
    _vss(12347, "the Registry writer did not answer"),
    _vss(12348, "the service has no access to the root of a volume"),
    _vss(12349, "time: a writer spent too long in Freeze; it and others may run out of time"),
    _vss(12366, "a handler of a writer ended with an exception"),
    LogEvent("VolSnap", 8, REMARK, "flush and hold ran out of time, waiting for the release"),
    LogEvent("VolSnap", 9, REMARK, "flush and hold ran out of time, waiting for the file system"),
    LogEvent("VolSnap", 21, REMARK, "memory was short"),
    LogEvent("VolSnap", 25, REMARK, "the area of differences could not grow: copies were deleted"),
    LogEvent("ESENT", 2001, HARMLESS, "a database began to freeze"),
    LogEvent("ESENT", 2002, REMARK, "a database could not freeze"),
    LogEvent("ESENT", 2003, HARMLESS, "the freeze of a database ended"),
    LogEvent("ESENT", 2004, REMARK, "the freeze of a database ran out of time"),
    LogEvent("ESENT", 2005, HARMLESS, "a database began its part of a shadow copy"),
    LogEvent("ESENT", 2006, HARMLESS, "a database completed its part of a shadow copy"),
    LogEvent("ESENT", 2007, REMARK, "a database gave up its part of a shadow copy"),
    LogEvent("ESE", 2002, REMARK, "a database of Exchange could not freeze"),
    LogEvent("SQLWRITER", 24579, REMARK, "the writer of SQL Server met an error in a backup"),
    *(_exchange("MSExchangeRepl", number) for number in (2021, 2023, 2034, 2110, 2153)),
    *(_exchange("MSExchangeIS", number) for number in (9606, 9607, 9611, 9539)),
    _exchange("MSExchangeIS Mailbox Store", 9539),
)
#: sources whose every event tells of shadow copies, in folded case -> as they are written
DEDICATED: Final = {name.casefold(): name for name in ("VSS", "VolSnap", "SQLWRITER")}
UNKNOWN_MEANS: Final = "no page of ours says what it means; read its text"
#: source in folded case and number -> event
BY_NUMBER: Final = {(event.source.casefold(), event.number): event for event in EVENTS}
#: what newer systems put before the name of a source
PREFIX: Final = "microsoft-windows-"
#: sources in folded case
SOURCES: Final = frozenset(event.source.casefold() for event in EVENTS)
_LONGER_FIRST: Final = sorted(SOURCES, key=lambda name: (-len(name), name))
#: one of them, as a pattern: longer names first, since a shorter one may begin them
ANY_SOURCE: Final = rf"(?:{PREFIX})?(?:{'|'.join(_LONGER_FIRST)})"
_NUMBERS: Final = "|".join(str(number) for number in sorted({event.number for event in EVENTS}))
#: the head of an event that was pasted into one line: in English, and in any language, where the
#: number has to be one of ours, for lack of its label
ENGLISH_HEAD: Final = rf"Source:\s*({ANY_SOURCE})\s.{{0,200}}?Event ID:\s*(\d{{1,5}})\b"
ANY_HEAD: Final = rf"[:：]\s*({ANY_SOURCE})\s.{{0,200}}?(?<!\d)[:：]\s*({_NUMBERS})(?=\s)"
