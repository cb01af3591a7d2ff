"""Shadow copy contexts: what SetContext takes, and whether writers take part."""

from typing import Final

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


def context_class(value: int | str | None) -> str | None:
    """Give `writers`, `plain` or `all` for a context with its attribute bits; None: unknown."""
    number = CONTEXTS.get(value) if isinstance(value, str) else value
    if number is None:
        return None
    if number & 0xFFFFFFFF == CONTEXTS["VSS_CTX_ALL"]:
        return "all"
    return "plain" if number & NO_WRITERS else "writers"
