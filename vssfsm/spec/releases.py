"""Windows releases, oldest kernel first; client and server names of one kernel are equal."""

from typing import Final

#: one tuple per kernel, oldest first
KERNELS: Final = (
    ("xp",),
    ("2003",),
    ("2003sp1",),
    ("vista",),
    ("vistasp1", "2008"),
    ("2008sp2",),
    ("7", "2008r2"),
    ("8", "2012"),
    ("8.1", "2012r2"),
    ("10", "2016", "2019", "2022"),
    ("11", "2025"),
)
RELEASES: Final = tuple(name for kernel in KERNELS for name in kernel)
#: releases of Windows that is no server
CLIENTS: Final = ("xp", "vista", "vistasp1", "7", "8", "8.1", "10", "11")


def _rank(release: str) -> int:
    return next(rank for rank, kernel in enumerate(KERNELS) if release in kernel)


def since(release: str) -> tuple[str, ...]:
    """Give every release that is as new as *release* or newer."""
    return tuple(name for kernel in KERNELS[_rank(release) :] for name in kernel)


def before(release: str) -> tuple[str, ...]:
    """Give every release that is older than *release*."""
    return tuple(name for kernel in KERNELS[: _rank(release)] for name in kernel)
