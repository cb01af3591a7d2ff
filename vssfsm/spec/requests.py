"""
Registers over what a requester asks for: components, bits of a context, shares.

They compare one call's arguments with another's, or with the release, which no table can do.
"""

from typing import Final

from vssfsm.spec.calls import forbid
from vssfsm.spec.releases import before
from vssfsm.spec.rows import INFERRED, OPEN

COMPONENT_TWICE: Final = forbid(
    "REQ223",
    "component-added-twice",
    ("AddComponent",),
    (),
    "a component was added a second time, and was answered S_OK",
    "A component that was added before is refused with VSS_E_OBJECT_ALREADY_EXISTS; the record or"
    " the service is wrong.",
    "addcomponent",
    grade=INFERRED,
    blame="unknown",
)
NEVER_TOLD: Final = forbid(
    "REQ224",
    "component-never-told",
    ("BackupComplete",),
    (),
    "BackupComplete came before SetBackupSucceeded was called for each component that was added",
    "The writer takes a component as failed, or cannot tell what was saved.",
    "setbackupsucceeded",
    mild=True,
)
OPTIONS_TWICE: Final = forbid(
    "REQ225",
    "repeated-restore-options",
    ("SetRestoreOptions",),
    (),
    "SetRestoreOptions was called twice for one component",
    "It may be called once for a component.",
    "setrestoreoptions",
    mild=True,
)
UNKNOWN_BIT: Final = forbid(
    "REQ605",
    "context-not-in-release",
    ("SetContext",),
    (),
    "a context was accepted that its release does not have",
    "The release or the record is wrong.",
    "setcontext",
    grade=INFERRED,
    blame="recorder",
)
TWO_WAYS: Final = forbid(
    "REQ213",
    "transport-with-auto-recovery",
    ("SetContext",),
    (),
    "a context asks for a transportable copy and for auto-recovery",
    "The two exclude one another; how the call is refused is not documented.",
    "setcontext",
    grade=OPEN,
)
EARLY_SHARE: Final = forbid(
    "REQ606",
    "share-not-in-release",
    ("AddToSnapshotSet", "IsVolumeSupported"),
    (),
    "a share was accepted on a release that has none in shadow copy sets",
    "Shares came with Windows 8 and Server 2012; the release or the record is wrong.",
    "addtosnapshotset",
    grade=INFERRED,
    blame="recorder",
)
REGISTERS: Final = (COMPONENT_TWICE, NEVER_TOLD, OPTIONS_TWICE, UNKNOWN_BIT, TWO_WAYS, EARLY_SHARE)

#: releases on which a UNC path is no volume
WITHOUT_SHARES: Final = before("8")
