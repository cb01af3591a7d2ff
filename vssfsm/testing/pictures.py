"""Draw the machines that a test visited, into a folder."""

import os
import re
from collections.abc import Iterator
from typing import Final

from vssfsm.draw import MACHINES
from vssfsm.draw.dot import render as as_dot
from vssfsm.draw.graph import Graph
from vssfsm.draw.picture import render as as_picture
from vssfsm.draw.visited import touches, weigh
from vssfsm.errors import MissingExtra, UsageError
from vssfsm.testing.visits import Visits

#: machines that are drawn of each region
_DRAWN: Final = {"writer": ("writer", "restore", "failures"), "requester": ("requester",)}


def graphs(visits: Visits) -> Iterator[tuple[str, Graph]]:
    """Give each machine that was visited, weighed, with its name."""
    for region, names in _DRAWN.items():
        ways = {way[1:]: times for way, times in visits.ways.items() if way[0] == region}
        broken = [way[1:] for way in visits.broken if way[0] == region]
        for name in names:
            graph = MACHINES[name]()
            if touches(graph, ways, broken):
                yield name, weigh(graph, ways, broken)


def write(directory: str, name: str, visits: Visits) -> Iterator[str]:
    """
    Write a DOT file and an SVG file of each machine that was visited.

    Args:
        directory: made if it is missing.
        name: of what was tested; the files begin with it.
        visits: what was visited.

    Yields:
        What has to be said about it: the paths, and why there is no SVG.

    Raises:
        UsageError: the directory cannot be written to.
    """
    for machine, graph in graphs(visits):
        path = os.path.join(directory, f"{_safe(name)}-{machine}")
        text = as_dot(graph)
        _save(f"{path}.dot", text)
        try:
            picture = as_picture(text, "svg").decode().replace("\r\n", "\n")
        except MissingExtra as missing:
            yield f"drawn: {path}.dot; no SVG: {missing}"
        else:
            _save(f"{path}.svg", picture)
            yield f"drawn: {path}.dot, {path}.svg"


def _safe(name: str) -> str:
    """Give a file name of *name*, for every system."""
    return re.sub(r"[^\w.-]+", "_", name) or "_"


def _save(path: str, text: str) -> None:
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
