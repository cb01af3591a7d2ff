"""Shadow copy contexts: what SetContext takes, and whether writers take part."""

from typing import Final

from vssfsm.spec.releases import before

#: VSS_SNAPSHOT_CONTEXT
CONTEXTS: Final = {
    "VSS_CTX_BACKUP": 0x00,
    "VSS_CTX_APP_ROLLBACK": 0x09,
    "VSS_CTX_CLIENT_ACCESSIBLE_WRITERS": 0x0D,
    "VSS_CTX_FILE_SHARE_BACKUP": 0x10,
    "VSS_CTX_NAS_ROLLBACK": 0x19,
    "VSS_CTX_CLIENT_ACCESSIBLE": 0x1D,
    "VSS_CTX_ALL": 0xFFFFFFFF,
}
#: attribute bit of contexts in which no writer takes part
NO_WRITERS: Final = 0x10
#: attribute bit of a copy that another machine imports
TRANSPORTABLE: Final = 0x20
#: attribute bit of a copy that is recovered before it is shown
AUTORECOVER: Final = 0x00400000
#: attribute bit -> its name, and the releases that do not have it
BITS: Final = {
    0x02: ("VSS_VOLSNAP_ATTR_NO_AUTORECOVERY", before("2003sp1")),
    0x80: ("VSS_VOLSNAP_ATTR_NOT_TRANSACTED", before("2003sp1")),
    AUTORECOVER: ("VSS_VOLSNAP_ATTR_AUTORECOVER", before("2003sp1")),
    0x01000000: ("VSS_VOLSNAP_ATTR_DELAYED_POSTSNAPSHOT", before("vistasp1")),
    0x02000000: ("VSS_VOLSNAP_ATTR_TXF_RECOVERY", before("vistasp1")),
}
#: contexts without their attribute bits -> the releases that do not have them
YOUNG_CONTEXTS: Final = {"VSS_CTX_CLIENT_ACCESSIBLE_WRITERS": before("2003sp1")}


def context_number(value: int | str | None) -> int | None:
    """Give the unsigned number of a context, None for an unknown one."""
    number = CONTEXTS.get(value) if isinstance(value, str) else value
    return None if number is None else number & 0xFFFFFFFF


def not_in_release(value: int | str | None, release: str | None) -> str:
    """Name what *release* does not have of a context; empty: nothing that is known."""
    number = context_number(value)
    if number is None or number == CONTEXTS["VSS_CTX_ALL"]:
        return ""
    bits = sum(bit for bit in BITS)
    for name, lacking in YOUNG_CONTEXTS.items():
        if number & ~(bits | TRANSPORTABLE) == CONTEXTS[name] and release in lacking:
            return name
    return next((n for bit, (n, old) in BITS.items() if number & bit and release in old), "")


def excludes_itself(value: int | str | None) -> bool:
    """Tell whether a context asks for a transportable copy and for auto-recovery."""
    number = context_number(value)
    both = TRANSPORTABLE | AUTORECOVER
    return number is not None and number != CONTEXTS["VSS_CTX_ALL"] and number & both == both


def context_class(value: int | str | None) -> str | None:
    """Give `writers`, `plain` or `all` for a context with its attribute bits; None: unknown."""
    number = context_number(value)
    if number is None:
        return None
    if number == CONTEXTS["VSS_CTX_ALL"]:
        return "all"
    return "plain" if number & NO_WRITERS else "writers"
