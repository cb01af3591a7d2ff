"""
Write the diagrams of the repository, or tell whether they are what the rows say.

Only DOT text is compared: pictures differ from one version of Graphviz to the next.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from vssfsm.draw import draw
from vssfsm.errors import VssfsmError
from vssfsm.spec.sequences import SEQUENCES

#: machines whose diagrams are kept in the repository
KEPT: Final = ("writer", "restore", "failures", "requester", *SEQUENCES)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code: 1 if a diagram is stale."""
    parser = argparse.ArgumentParser(prog="python -m vssfsm.draw", description=__doc__)
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; name stale files")
    arguments = parser.parse_args(argv)
    try:
        if arguments.check:
            return _check(arguments.directory)
        _write_all(arguments.directory)
    except VssfsmError as error:
        print(f"vssfsm.draw: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _check(directory: str) -> int:
    paths = {machine: os.path.join(directory, f"{machine}.dot") for machine in KEPT}
    stale = [path for machine, path in paths.items() if _read(path) != draw(machine, "dot")]
    for path in stale:
        print(f"{path} is stale; python -m vssfsm.draw {directory} draws it anew")
    return 1 if stale else 0


def _read(path: str) -> str:
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def _write_all(directory: str) -> None:
    os.makedirs(directory, exist_ok=True)
    for machine in KEPT:
        for picture in ("dot", "svg"):
            path = os.path.join(directory, f"{machine}.{picture}")
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(str(draw(machine, picture)))


if __name__ == "__main__":
    sys.exit(main())
