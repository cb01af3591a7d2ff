"""Share what is to be judged among processes."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from vssfsm.errors import TraceFormatError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
#: where a system that copies processes tells of the threads of one, those of libraries too
_THREADS: Final = "/proc/self/task"


def check_jobs(jobs: int) -> None:
    """
    Refuse a number of processes that there cannot be.

    Raises:
        UsageError: it is one.
    """
    if jobs < 1:
        raise UsageError(f"--jobs takes a number of processes from 1, not {jobs}")


def shared(judge: Callable[[_Given], _Made], given: Sequence[_Given], jobs: int) -> Iterator[_Made]:
    """
    Judge what is given in as many processes as are wanted and of use.

    Args:
        judge: judges one of them.
        given: paths, or tuples of paths.
        jobs: processes that are wanted.

    Returns:
        What became of each, in the order given; the longest are begun first, so that none of them
        keeps one process at work when the others have ended.

    Raises:
        TraceFormatError: a process was killed.
    """
    jobs = min(jobs, len(given))
    if jobs < 2:
        yield from map(judge, given)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    pool = ProcessPoolExecutor(jobs, mp_context=_context(), initializer=_begin)
    try:
        order = sorted(range(len(given)), key=lambda index: -_size(given[index]))
        judged = {index: pool.submit(judge, given[index]) for index in order}
        for index in range(len(given)):
            try:
                yield judged.pop(index).result()
            except BrokenProcessPool as error:
                text = "a process that judged was ended from outside, perhaps for want of memory"
                raise TraceFormatError(f"{text}; try fewer --jobs") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _context() -> "BaseContext":
    """
    Give how processes are made: copied, which takes no time, where nothing can go wrong.

    A copy has one thread, and what the others held it would hold for ever.
    """
    from multiprocessing import get_context

    return get_context("fork" if _is_alone() else "spawn")


def _is_alone() -> bool:
    """Tell whether this process is known to have one thread, and may be copied."""
    try:
        return hasattr(os, "fork") and len(os.listdir(_THREADS)) == 1
    except OSError:
        return False


def _begin() -> None:
    """Load what judging needs, in a process that ends when it is interrupted, or left alone."""
    import gc
    import signal
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()
    # Collecting garbage while the tables are built takes a tenth of a start.
    gc.disable()
    import vssfsm.judging  # noqa: F401 - for what is judged next

    gc.freeze()
    gc.enable()


def _end_with_parent() -> None:
    """Wait until the process that wanted results is gone, killed perhaps; nobody else ends this."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _size(given: object) -> int:
    """Give the bytes of a file, or of all in a tuple; 0 for what is none."""
    if isinstance(given, tuple):
        return sum(map(_size, given))
    try:
        return os.path.getsize(given) if isinstance(given, str) else 0
    except OSError:
        return 0
