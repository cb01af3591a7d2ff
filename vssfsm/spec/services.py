"""
Which Windows service hosts a writer, as far as published tables say so.

No page lists the services of all writers: those who restart services after a failure typed tables
of their own, which disagree. A writer stands here only with what such a table says, and every
answer with those who give it. A writer that is not here is found by its process: see `evidence`.
"""

from typing import Final, NamedTuple


class Hosted(NamedTuple):
    """
    One answer.

    Args:
        writer: name of the writer, as the tables have it.
        service: short name of the Windows service.
        by: who says so.
    """

    writer: str
    service: str
    by: str


SERVICES: Final = (
    Hosted("Certificate Authority", "EventSystem", "VSSWriter.ps1 of tapaswinimca/Automation"),
    Hosted("Certificate Authority", "CertSvc", "two other published restart scripts"),
)


def services_of(writer: str) -> tuple[Hosted, ...]:
    """Give every answer for *writer*; none if no table that we know names it."""
    return tuple(one for one in SERVICES if one.writer.casefold() == writer.casefold())
