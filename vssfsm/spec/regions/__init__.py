"""
What runs beside the requester's lifecycle: small machines that each see every call.

Kept apart, never multiplied.
"""

from typing import Final

from vssfsm.spec.regions.availability import METHODS_REGION
from vssfsm.spec.regions.due import DUE
from vssfsm.spec.regions.duty import DUTY
from vssfsm.spec.regions.metadata import METADATA
from vssfsm.spec.regions.operation import NEEDERS, OPERATION, is_running
from vssfsm.spec.regions.rounds import ROUNDS
from vssfsm.spec.regions.settings import CONTEXT, DESCRIPTION, VOLUMES
from vssfsm.spec.regions.success import SUCCESS

__all__ = ["DUE", "METHODS_REGION", "NEEDERS", "OPERATION", "REGIONS", "is_running"]

REGIONS: Final = (
    *(OPERATION, METADATA, ROUNDS, DESCRIPTION, CONTEXT, VOLUMES, METHODS_REGION),
    *(DUTY, DUE, SUCCESS),
)
