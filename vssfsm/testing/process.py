"""
A program and everything that it starts: begun apart from us, ended as a whole.

On POSIX the program leads a session of its own, whose process group is killed. On Windows it is put
into a job object, which its children belong to as well.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

#: bytes of standard error that are kept
KEPT: Final = 4096
#: on Windows a process group of its own, so that a Ctrl+C of ours is not its own
_OWN_GROUP: Final[int] = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
#: seconds that a killed process has until its end is seen
_GRACE_S: Final = 5.0


class Tree:
    """
    A running program with pipes to its three streams.

    Args:
        command: program and arguments.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._job = _Job()
        self.process = subprocess.Popen(  # noqa: S603 - it is what the user asks for
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=os.name == "posix",
            creationflags=_OWN_GROUP,
        )
        self._job.add(self.process)
        self.errors = _Tail(self.process.stderr)
        self.errors.start()

    def wait(self, seconds: float) -> int | None:
        """Wait for the program's end: its exit code, None if it goes on."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def end(self) -> None:
        """End the program and whatever it started."""
        if os.name == "posix":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self._job.end()
        with contextlib.suppress(ProcessLookupError, OSError):
            self.process.kill()
        self.wait(_GRACE_S)
        self.errors.join(_GRACE_S / 10)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class _Tail(threading.Thread):
    """Drain a stream, and keep its end."""

    def __init__(self, stream: object) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._end = b""

    def run(self) -> None:
        """Read until the stream ends or is closed."""
        with contextlib.suppress(OSError, ValueError):
            while chunk := self._stream.read(65536):  # type: ignore[attr-defined]
                self._end = (self._end + chunk)[-KEPT:]

    def text(self, seconds: float) -> str:
        """Give the end of what was written, after waiting a little for the rest."""
        self.join(seconds)
        return self._end.decode("utf-8", "replace").strip()


if sys.platform == "win32":

    class _Job:
        """A job object: every process that a member starts is a member."""

        def __init__(self) -> None:
            import ctypes
            from ctypes import wintypes

            self._kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            self._kernel.CreateJobObjectW.restype = wintypes.HANDLE
            self._kernel.CreateJobObjectW.argtypes = (wintypes.LPVOID, wintypes.LPCWSTR)
            self._kernel.AssignProcessToJobObject.argtypes = (wintypes.HANDLE, wintypes.HANDLE)
            self._kernel.TerminateJobObject.argtypes = (wintypes.HANDLE, wintypes.UINT)
            self._kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
            self._handle = self._kernel.CreateJobObjectW(None, None)

        def add(self, process: subprocess.Popen[bytes]) -> None:
            """Make *process* a member; what it starts from now on is one too."""
            if self._handle:
                self._kernel.AssignProcessToJobObject(self._handle, int(process._handle))  # noqa: SLF001

        def end(self) -> None:
            """End all members."""
            if self._handle:
                self._kernel.TerminateJobObject(self._handle, 1)
                self._kernel.CloseHandle(self._handle)
                self._handle = None

else:

    class _Job:
        """Process groups do it elsewhere."""

        def add(self, process: subprocess.Popen[bytes]) -> None:
            """Leave *process* to its group."""

        def end(self) -> None:
            """Leave the end to the group."""
