"""
vssfsm: an executable specification of the Volume Shadow Copy Service protocol, and its checker.

Public names are loaded when they are first used, so that the command line starts fast.
"""

TYPE_CHECKING = False  # as typing has it, whose import would double the time of `--help`
if TYPE_CHECKING:
    from vssfsm.core.finding import Finding
    from vssfsm.errors import VssfsmError
    from vssfsm.machines import requester_machine, requester_regions, writer_machine
    from vssfsm.run import Monitor, Run, check

__version__ = "0.1.0"

_HOMES = {
    "Finding": "vssfsm.core.finding",
    "Monitor": "vssfsm.run",
    "Run": "vssfsm.run",
    "VssfsmError": "vssfsm.errors",
    "check": "vssfsm.run",
    "requester_machine": "vssfsm.machines",
    "requester_regions": "vssfsm.machines",
    "writer_machine": "vssfsm.machines",
}

__all__ = [
    "Finding",
    "Monitor",
    "Run",
    "VssfsmError",
    "check",
    "requester_machine",
    "requester_regions",
    "writer_machine",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'vssfsm' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted((*globals(), *__all__))
