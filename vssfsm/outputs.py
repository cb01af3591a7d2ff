"""
Where reports go: which format into which file, and files that appear whole or not at all.

A file is written beside its place and moved there when all of them are complete, so that nobody
reads half a report, and a failure leaves what was there before.
"""

import errno
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from vssfsm.errors import UsageError

STDOUT: Final = "-"
#: the two options, in the order in which the command line had them
FORMAT: Final = "format"
FILE: Final = "file"


class Target(NamedTuple):
    """One report: its format, and its file (`-` is standard output)."""

    format: str
    path: str


def plan(options: Sequence[tuple[str, str]], default: str) -> list[Target]:
    """
    Pair formats with files: as many of both in order, else each file with the format before it.

    Args:
        options: pairs of `FORMAT` or `FILE` and the value, in the order they were given.
        default: format where none was given.

    Raises:
        UsageError: a file has no format, two reports would share a file or standard output.
    """
    formats = [value for kind, value in options if kind == FORMAT]
    files = [value for kind, value in options if kind == FILE]
    if not formats:
        formats, options = [default], [(FORMAT, default), *options]
    if len(files) > len(formats):
        raise UsageError("there are more -o than --output-format")
    paired = len(files) == len(formats)
    targets = [*map(Target, formats, files)] if paired else _neighbours(options)
    _refuse_shared(targets)
    return targets


def _neighbours(options: Iterable[tuple[str, str]]) -> list[Target]:
    targets: list[Target] = []
    free = False
    for kind, value in options:
        if kind == FORMAT:
            targets.append(Target(value, STDOUT))
        elif free:
            targets[-1] = targets[-1]._replace(path=value)
        else:
            raise UsageError(
                f"which format goes into {value}? Put each -o right behind its --output-format"
            )
        free = kind == FORMAT
    return targets


def _refuse_shared(targets: Sequence[Target]) -> None:
    printed = [target.format for target in targets if target.path == STDOUT]
    if len(printed) > 1:
        names = " and ".join(printed)
        raise UsageError(f"{names} would share standard output; give all but one a file with -o")
    refuse_twice([target.path for target in targets if target.path != STDOUT])


def refuse_twice(paths: Iterable[str], kept: Iterable[str] = ()) -> None:
    """
    Refuse to write a file twice, or one of the files *kept*, which hold evidence or settings.

    Raises:
        UsageError: one of *paths* would be lost.
    """
    known = {_identity(path) for path in kept if path != STDOUT}
    seen: set[str] = set()
    for path in paths:
        name = _identity(path)
        if name in known:
            raise UsageError(f"{path} is read by this run; write the report to another file")
        if name in seen and not _is_device(path):
            raise UsageError(f"{path} would be written twice; give each report its own file")
        seen.add(name)


def _identity(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))


# --- Standard output -----------------------------------------------------------
def show(content: str | bytes) -> bool:
    """
    Write to standard output; False where its reader is gone.

    Nobody is left to be told then, but what was found stays: the exit code tells of it.

    Raises:
        OSError: it cannot be written for another reason.
    """
    try:
        if isinstance(content, str):
            sys.stdout.write(content)
        else:
            sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except OSError as error:
        if not _is_gone(error):
            raise
        forget_stdout()
        return False
    return True


def _is_gone(error: OSError) -> bool:
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)


def forget_stdout() -> None:
    """Let whatever waits to be written, or comes, go nowhere; the interpreter writes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# --- Writing -----------------------------------------------------------------
def write_all(contents: Sequence[tuple[str, str | bytes]]) -> None:
    """
    Write pairs of path and content: all of them, or none.

    Raises:
        UsageError: a file cannot be written; the message names it and the reason.
    """
    waiting: list[tuple[str, str]] = []
    path = ""
    try:
        for path, content in contents:
            place, data = _place(path), _encoded(content)
            if place is None:
                with open(path, "wb") as device:
                    device.write(data)
            else:
                waiting.append((_beside(place, len(waiting)), place))
                _write_new(*waiting[-1], data)
        while waiting:
            path = waiting[0][1]
            os.replace(*waiting[0])
            del waiting[0]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot write {path}: {reason}") from error
    finally:
        for temporary, _ in waiting:
            _remove(temporary)


def _place(path: str) -> str | None:
    """Give the file behind links that *path* stands for; None for what is no file to replace."""
    if _is_device(path):
        return None
    place = os.path.realpath(path)
    if os.path.isdir(place):
        raise UsageError(f"cannot write {path}: it is a directory")
    if os.path.exists(place) and not os.access(place, os.W_OK):
        raise UsageError(f"cannot write {path}: it may not be changed")
    return place


def _is_device(path: str) -> bool:
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _beside(place: str, number: int) -> str:
    return os.path.join(os.path.dirname(place), f".vssfsm-{os.getpid()}-{number}.tmp")


def _write_new(temporary: str, place: str, data: bytes) -> None:
    with open(temporary, "xb") as file:
        file.write(data)
    if os.path.exists(place):
        os.chmod(temporary, stat.S_IMODE(os.stat(place).st_mode))


def _encoded(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def _remove(path: str) -> None:
    from contextlib import suppress

    with suppress(OSError):
        os.unlink(path)
