"""Times for people."""

from typing import Final

_NS_PER_S: Final = 1_000_000_000
#: seconds since 1970 that a calendar holds: years 1 to 9999
_SECONDS: Final = range(-62_135_596_800, 253_402_300_800)


def moment(time_ns: int) -> str:
    """Give a time as RFC 3339 in UTC, in whole seconds; beyond all calendars its number."""
    from datetime import UTC, datetime, timedelta

    seconds = time_ns // _NS_PER_S
    if seconds not in _SECONDS:
        return f"{time_ns} ns since 1970"
    day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{day.isoformat(timespec='seconds').removesuffix('+00:00')}Z"
