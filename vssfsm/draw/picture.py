"""DOT text as a picture: Graphviz's `dot` where it is installed, else the wheel `graphviz-pure`."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from vssfsm.errors import MissingExtra, VssfsmError

_SYSTEM: Final = "dot"
_WHEEL: Final = "graphviz-pure"


def find_program() -> str:
    """
    Give the path of the program that draws.

    Raises:
        MissingExtra: there is none.
    """
    beside = (os.path.dirname(sys.executable), sysconfig.get_path("scripts"))
    found = shutil.which(_SYSTEM) or shutil.which(_WHEEL)
    for directory in beside:
        found = found or shutil.which(_WHEEL, path=directory)
    if found is None:
        raise MissingExtra("drawing SVG and PNG", "draw")
    return found


def render(text: str, picture: str) -> bytes:
    """
    Lay *text* out as `svg` or `png`.

    Raises:
        MissingExtra: no program that draws is installed.
        VssfsmError: the program failed.
    """
    program = find_program()
    from graphviz.backend import dot_command, pipe

    usual = dot_command.DOT_BINARY
    dot_command.DOT_BINARY = Path(program)
    try:
        data: bytes = pipe("dot", picture, text.encode(), quiet=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise VssfsmError(f"{program} could not draw: {error}") from error
    else:
        return data
    finally:
        dot_command.DOT_BINARY = usual
