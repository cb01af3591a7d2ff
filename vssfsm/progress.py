"""
A line on a terminal that says how far a long check is; nothing anywhere else.

It goes to standard error, comes after a second, and is gone before the report.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from vssfsm.reports.words import inert, one_line
from vssfsm.traces.unpack import METER

#: seconds before the line comes, and between two of its updates
WAIT_S: Final = 1.0
_EVERY_S: Final = 0.5
_WIDTH: Final = 78

#: told of each input before it is judged: its name, its number from 1, and how many there are
Watch = Callable[[str, int, int], None]


@contextmanager
def shown(stream: TextIO, *, wait_s: float = WAIT_S) -> Iterator[Watch]:
    """Give what to tell of inputs; *stream* is a terminal."""
    line = _Line(stream, wait_s)
    line.start()
    try:
        yield line.watch
    finally:
        line.end()


class _Line(threading.Thread):
    def __init__(self, stream: TextIO, wait_s: float) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._wait_s = wait_s
        self._begun = time.monotonic()
        self._over = threading.Event()
        self._text = ""
        #: bytes of the input, 0 if they are not known
        self._size = 0
        self._width = 0

    def watch(self, name: str, number: int, total: int) -> None:
        """Take what is judged next."""
        count = f" ({number} of {total})" if total > 1 else ""
        self._text = f"{inert(one_line(name))}{count}"
        self._size = os.path.getsize(name) if os.path.isfile(name) else 0

    def run(self) -> None:
        """Show the line until it is over."""
        pause = self._wait_s
        while not self._over.wait(pause):
            pause = _EVERY_S
            far = f"{self._share()}, {time.monotonic() - self._begun:.0f} s"
            self._show(f"checking {self._text}"[: _WIDTH - len(far)] + far)

    def _share(self) -> str:
        """Say how much of the input was read; a long one is read twice."""
        taken = METER.taken
        return f", {min(100, 100 * taken // self._size)} % read" if self._size and taken else ""

    def end(self) -> None:
        """Take the line away."""
        self._over.set()
        self.join()
        if self._width:
            self._show("")
            self._stream.write("\r")
            self._stream.flush()

    def _show(self, text: str) -> None:
        self._stream.write(f"\r{text:{self._width}}")
        self._stream.flush()
        self._width = len(text)
