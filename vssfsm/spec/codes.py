"""
Return codes of the requester's methods: on which releases, by which way, and what they mean.

Which codes a method's page lists stands in `spec.methods`. Here stands what holds for a code,
whoever returns it: the releases that know it, what stands in for it elsewhere, its meaning, and
what to do next. Codes that a writer reports have their meaning in `spec.notes`, `spec.status`.

Source: the pages of the methods; `vsserror.h` for constants that no page lists.
"""

from typing import Final

from vssfsm.spec.hresults import HRESULTS, is_failure
from vssfsm.spec.methods import METHOD, METHODS
from vssfsm.spec.notes import METHOD_CODES, Fact
from vssfsm.spec.releases import RELEASES, before, since

# --- Releases ----------------------------------------------------------------
#: a code that some releases do not have -> the releases that do, whichever method returns it
CODE_RELEASES: Final = {
    "VSS_E_UNEXPECTED": since("7"),
    "VSS_E_NESTED_VOLUME_LIMIT": since("7"),
    "VSS_E_REBOOT_REQUIRED": since("vista"),
    "VSS_E_TRANSACTION_FREEZE_TIMEOUT": since("vista"),
    "VSS_E_TRANSACTION_THAW_TIMEOUT": since("vista"),
}
#: a code -> what the same methods return on the releases that do not have it
STANDS_IN: Final = {"VSS_E_UNEXPECTED": "E_UNEXPECTED"}
#: (method, code) that the method's remarks give for these releases only
REMARKED: Final = {
    ("SetContext", "E_NOTIMPL"): before("2003"),
    ("Wait", "E_INVALIDARG"): tuple(r for r in before("vista") if r in since("2003")),
}

# --- Ways --------------------------------------------------------------------
#: (method, code) that QueryStatus delivers as the result, never the call itself
BY_QUERY_STATUS: Final = frozenset(
    {
        ("DoSnapshotSet", "VSS_E_INSUFFICIENT_STORAGE"),
        ("DoSnapshotSet", "VSS_E_PROVIDER_VETO"),
        ("DoSnapshotSet", "VSS_E_UNEXPECTED_PROVIDER_ERROR"),
        ("QueryStatus", "VSS_S_ASYNC_PENDING"),
        ("QueryStatus", "VSS_S_ASYNC_FINISHED"),
        ("QueryStatus", "VSS_S_ASYNC_CANCELLED"),
    }
)
#: (method, code) that no page lists: seen in published output, or a constant made for the method
NOT_ON_PAGE: Final = {
    ("SetContext", "VSS_E_UNSUPPORTED_CONTEXT"): "seen in the field for wrong attributes",
    ("ImportSnapshots", "VSS_E_NO_SNAPSHOTS_IMPORTED"): "a constant made for imports",
    ("ImportSnapshots", "VSS_E_SOME_SNAPSHOTS_NOT_IMPORTED"): "a constant made for imports",
    ("ImportSnapshots", "VSS_S_SOME_SNAPSHOTS_NOT_IMPORTED"): "a constant made for imports",
}


def releases_of(method: str, code: str) -> tuple[str, ...]:
    """
    Give the releases on which *method* may return *code*.

    Args:
        method: documented name.
        code: name of an HRESULT.

    Returns:
        Names of releases, oldest first; none if the method is not documented to return it at all.
    """
    codes = METHOD[method].codes
    if code in codes:
        return REMARKED.get((method, code), CODE_RELEASES.get(code, RELEASES))
    for missing, other in STANDS_IN.items():
        if code == other and missing in codes:
            return tuple(r for r in RELEASES if r not in CODE_RELEASES[missing])
    return ()


def codes_of(method: str) -> dict[str, tuple[str, ...]]:
    """Give every code that *method* is documented to return, with its releases."""
    codes = METHOD[method].codes
    added = [other for code, other in STANDS_IN.items() if code in codes and other not in codes]
    return {code: releases_of(method, code) for code in (*codes, *added)}


def methods_of(code: str) -> tuple[str, ...]:
    """Give every method that is documented to return *code* on some release."""
    return tuple(method.name for method in METHODS if releases_of(method.name, code))


# --- Meanings ----------------------------------------------------------------
def _listed(code: str) -> tuple[str, ...]:
    return tuple(name.lower() for name in methods_of(code)[:2])


_RETRY: Final = "Wait ten minutes and repeat the whole creation, up to three times."
_ASK_PROVIDER: Final = (
    "Read the provider's entries in the event log. Where DoSnapshotSet ended so, wait ten minutes"
    " and repeat the whole creation, up to three times."
)
#: code -> what it says, and what a requester does next, in our own words
_TEXTS: Final = {
    "E_NOTIMPL": (
        "Not available here: SetContext on Windows XP, which has VSS_CTX_BACKUP only; a revert or a"
        " resynchronization that the provider does not implement.",
        "On XP leave SetContext out; else use another provider.",
    ),
    "E_POINTER": ("A pointer that is needed is NULL.", "Correct the call."),
    "E_FAIL": ("An internal failure of the service or the provider.", "Read the event log."),
    "VSS_E_PROVIDER_NOT_REGISTERED": (
        "No provider is registered under the id that was given.",
        "Compare the id with `vssadmin list providers`.",
    ),
    "VSS_E_PROVIDER_VETO": (
        "The provider refused: an expected failure on its side, which it logged. BreakSnapshotSet"
        " answers it for a copy of the software provider, which cannot be broken.",
        _ASK_PROVIDER,
    ),
    "VSS_E_UNEXPECTED_PROVIDER_ERROR": (
        "The provider failed with a code that the service did not expect.",
        _ASK_PROVIDER,
    ),
    "VSS_E_VOLUME_NOT_SUPPORTED": (
        "No provider supports the volume, or none with the attributes of the context. A revert or"
        " a recovery set also refuses dynamic, quorum and non-hardware volumes.",
        "Ask IsVolumeSupported before; leave the volume out.",
    ),
    "VSS_E_VOLUME_NOT_SUPPORTED_BY_PROVIDER": (
        "The provider that was chosen does not support the volume.",
        "Let the service choose (GUID_NULL), or leave the volume out.",
    ),
    "VSS_E_OBJECT_ALREADY_EXISTS": (
        "A component with the same logical path and name was added before.",
        "Add each component once.",
    ),
    "VSS_E_INVALID_XML_DOCUMENT": (
        "The XML document could not be loaded, or is not valid.",
        "Read the event log; check that the saved document is whole and of this kind of operation.",
    ),
    "VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED": (
        "The set holds 64 volumes or shares, which is the limit.",
        "Make a second set for the others.",
    ),
    "VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED": (
        "The volume has as many shadow copies as it may have.",
        "Delete old ones.",
    ),
    "VSS_E_UNEXPECTED_WRITER_ERROR": (
        "Talking to the writers failed unexpectedly; the event log has the details.",
        "Read the event log, then ask every writer for its status.",
    ),
    "VSS_E_UNSUPPORTED_CONTEXT": (
        "The operation does not support the context; a revert wants a persistent copy.",
        "Choose another context, or another copy.",
    ),
    "VSS_E_VOLUME_IN_USE": (
        "The volume to be reverted could not be locked.",
        "Close what holds files open on it, and repeat.",
    ),
    "VSS_E_INSUFFICIENT_STORAGE": (
        "The system or the provider has not enough room for the copy's differences.",
        "Free space or delete old persistent copies first, then repeat.",
    ),
    "VSS_E_NO_SNAPSHOTS_IMPORTED": (
        "Nothing of the transportable set was imported; no page lists the code.",
        "Check that the LUNs are visible to this machine.",
    ),
    "VSS_E_SOME_SNAPSHOTS_NOT_IMPORTED": (
        "Only a part of the transportable set was imported; no page lists the code.",
        "Ask Query which copies are there.",
    ),
    "VSS_S_SOME_SNAPSHOTS_NOT_IMPORTED": (
        "Only a part of the transportable set was imported, told by a success code: FAILED() does"
        " not catch it. No page lists it.",
        "Ask Query which copies are there.",
    ),
    "VSS_E_REVERT_IN_PROGRESS": (
        "Another revert of the volume is running.",
        "Wait for it with QueryRevertStatus.",
    ),
    "VSS_E_REBOOT_REQUIRED": (
        "The provider needs a restart of the machine before it can make copies.",
        "Restart the machine, then repeat.",
    ),
    "VSS_E_TRANSACTION_FREEZE_TIMEOUT": (
        "The transaction managers (DTC, KTM) could not be frozen in time.",
        "Repeat the creation; the pages give no interval.",
    ),
    "VSS_E_TRANSACTION_THAW_TIMEOUT": (
        "The transaction managers (DTC, KTM) could not be thawed in time.",
        "Repeat the creation; the pages give no interval.",
    ),
    "VSS_E_UNSELECTED_VOLUME": (
        "The disk to be overwritten also holds a volume that was not included.",
        "Include that volume, or choose another destination.",
    ),
    "VSS_E_SNAPSHOT_NOT_IN_SET": (
        "The backup components document does not hold this shadow copy.",
        "Use the document of the backup that made the copy.",
    ),
    "VSS_E_NESTED_VOLUME_LIMIT": (
        "The volume is nested too deep: a virtual disk inside a virtual disk, or a virtual disk and"
        " the volume that it lies on in one set.",
        "Put them into separate sets.",
    ),
    "VSS_E_BREAK_REVERT_ID_FAILED": (
        "The disks could not get back the identities of the original LUNs.",
        "Read the provider's entries in the event log.",
    ),
    "VSS_E_LEGACY_PROVIDER": (
        "The hardware provider is too old for the operation.",
        "Update the provider.",
    ),
    "VSS_E_CANNOT_REVERT_DISKID": (
        "The signature or the GPT id of a disk could not be set.",
        "Look for another disk with the same id.",
    ),
    "VSS_E_RESYNC_IN_PROGRESS": (
        "Another resynchronization of LUNs is running.",
        "Wait until it has ended.",
    ),
}
#: what a requester does next, for codes whose meaning stands in `spec.notes`
_NEXT: Final = {
    "VSS_E_FLUSH_WRITES_TIMEOUT": _RETRY,
    "VSS_E_HOLD_WRITES_TIMEOUT": _RETRY,
    "VSS_E_UNEXPECTED": "Read the event log of that time.",
    "E_UNEXPECTED": "Read the event log of that time.",
    "VSS_E_BAD_STATE": "`vssfsm check` tells which call came out of order, and what led there.",
    "VSS_E_OBJECT_NOT_FOUND": "Ask for what exists: by its count, by Query, or by the document.",
    "E_INVALIDARG": "Correct the call.",
    "E_OUTOFMEMORY": "Lower the load, and repeat.",
}
#: constants of the header that no page of a method lists, by what their names say
_NAMES_SAY: Final = {
    "VSS_E_PROVIDER_ALREADY_REGISTERED": "a provider is registered a second time",
    "VSS_E_PROVIDER_IN_USE": "a provider is in use",
    "VSS_E_CORRUPT_XML_DOCUMENT": "an XML document is damaged",
    "VSS_E_MAXIMUM_DIFFAREA_ASSOCIATIONS_REACHED": "no more storage areas can be assigned",
    "VSS_E_MAXIMUM_NUMBER_OF_REMOTE_MACHINES_REACHED": "too many remote machines take part",
    "VSS_E_REMOTE_SERVER_UNAVAILABLE": "a remote server cannot be reached",
    "VSS_E_REMOTE_SERVER_UNSUPPORTED": "a remote server does not support the operation",
    "VSS_E_REVERT_VOLUME_LOST": "a volume was lost in a revert",
    "VSS_E_VOLUME_NOT_LOCAL": "a volume does not belong to this machine",
    "VSS_E_CLUSTER_TIMEOUT": "a cluster did not answer in time",
    "VSS_E_NOT_SUPPORTED": "the operation is not supported",
    "VSS_E_MISSING_DISK": "a disk is missing",
    "VSS_E_MISSING_HIDDEN_VOLUME": "a hidden volume is missing",
    "VSS_E_MISSING_VOLUME": "a volume is missing",
    "VSS_E_AUTORECOVERY_FAILED": "the recovery of a copy by its writers failed",
    "VSS_E_DYNAMIC_DISK_ERROR": "a dynamic disk is in the way",
    "VSS_E_NONTRANSPORTABLE_BCD": "boot configuration data cannot be transported",
    "VSS_E_CLUSTER_ERROR": "a cluster failed",
    "VSS_E_ASRERROR_DISK_ASSIGNMENT_FAILED": "system recovery could not assign disks",
    "VSS_E_ASRERROR_DISK_RECREATION_FAILED": "system recovery could not create disks anew",
    "VSS_E_ASRERROR_NO_ARCPATH": "system recovery found no ARC path",
    "VSS_E_ASRERROR_MISSING_DYNDISK": "system recovery misses a dynamic disk",
    "VSS_E_ASRERROR_SHARED_CRIDISK": "a critical disk of a system recovery is shared",
    "VSS_E_ASRERROR_DATADISK_RDISK0": "system recovery found a data disk as disk 0",
    "VSS_E_ASRERROR_RDISK0_TOOSMALL": "disk 0 is too small for a system recovery",
    "VSS_E_ASRERROR_CRITICAL_DISKS_TOO_SMALL": "critical disks are too small for a recovery",
    "VSS_E_ASRERROR_DYNAMIC_VHD_NOT_SUPPORTED": "system recovery supports no dynamic VHD",
    "VSS_E_CRITICAL_VOLUME_ON_INVALID_DISK": "a critical volume lies on a disk that cannot be used",
    "VSS_E_ASRERROR_RDISK_FOR_SYSTEM_DISK_NOT_FOUND": "system recovery found no system disk",
    "VSS_E_ASRERROR_NO_PHYSICAL_DISK_AVAILABLE": "system recovery found no physical disk",
    "VSS_E_ASRERROR_FIXED_PHYSICAL_DISK_AVAILABLE_AFTER_DISK_EXCLUSION": "system recovery has to do"
    " with fixed disks that are left after others were excluded",
    "VSS_E_ASRERROR_CRITICAL_DISK_CANNOT_BE_EXCLUDED": "a critical disk was to be excluded",
    "VSS_E_ASRERROR_SYSTEM_PARTITION_HIDDEN": "the system partition is hidden",
    "VSS_E_FSS_TIMEOUT": "a copy of a file share did not come in time",
}

#: every code that is no writer failure code -> what it means
MEANINGS: Final = {
    **METHOD_CODES,
    **{code: Fact(says=says, sources=_listed(code)) for code, (says, _) in _TEXTS.items()},
    **{
        code: Fact(
            says=f"By its name: {says}. A constant of the header that no page of a method lists.",
            sources=("vsserror.h",),
        )
        for code, says in _NAMES_SAY.items()
    },
}
#: code -> what a requester does next
NEXT: Final = {**_NEXT, **{code: what for code, (_, what) in _TEXTS.items()}}
#: names of failing codes, in the order of their values
FAILURES: Final = tuple(name for name, value in HRESULTS.items() if is_failure(value))
