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


def span(releases: tuple[str, ...]) -> str:
    """Say which releases these are; they follow one another, and hold whole kernels."""
    kernels = [kernel for kernel in KERNELS if kernel[0] in releases]
    if not kernels:
        return "on no release"
    first, last = "/".join(kernels[0]), "/".join(kernels[-1])
    if len(kernels) == 1:
        return f"on {first}"
    if len(kernels) == len(KERNELS):
        return "on every release"
    if kernels[-1] == KERNELS[-1]:
        return f"since {first}"
    return f"up to {last}" if kernels[0] == KERNELS[0] else f"from {first} to {last}"


def since(release: str) -> tuple[str, ...]:
    """Give every release that is as new as *release* or newer."""
    return tuple(name for kernel in KERNELS[_rank(release) :] for name in kernel)


def before(release: str) -> tuple[str, ...]:
    """Give every release that is older than *release*."""
    return tuple(name for kernel in KERNELS[: _rank(release)] for name in kernel)
