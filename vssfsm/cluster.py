"""
The engine `dask`: files become summaries on a cluster, neighbours are merged, groups are judged.

Thin: all but the mapping is `vssfsm.fleet`. Every task is a function of files and summaries alone,
so what a lost worker had is made again by another one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from vssfsm.errors import MissingExtra, UsageError, VssfsmError
from vssfsm.fleet import (
    Group,
    groups_of,
    judge_pieces,
    pair,
    settings_of,
    summary_of_file,
)
from vssfsm.judging import Judged, Options, judge_input
from vssfsm.results import Run
from vssfsm.run import together
from vssfsm.summary import Summary
from vssfsm.summary.opening import is_stored
from vssfsm.traces.source import STDIN

#: tries of a task whose workers are lost
_TRIES: Final = 5
_CONNECT_S: Final = 30


def check_on_dask(
    paths: Sequence[str], options: Options, *, scheduler: str | None = None, pieces: bool = False
) -> Run:
    """
    Judge inputs on a Dask cluster; the Run is that of `vssfsm.check`.

    Args:
        paths: as for `vssfsm.fleet.groups_of`; every worker has to be able to read them.
        options: of the check.
        scheduler: address of the cluster; None: one is started here, and ended.
        pieces: the files of one directory follow one another.

    Raises:
        MissingExtra: Dask is not installed.
        UsageError: there is no such cluster, or the inputs cannot be read elsewhere.
    """
    if STDIN in paths:
        raise UsageError("--engine dask needs files; workers cannot read standard input")
    groups = groups_of(paths, pieces=pieces)
    with _client(scheduler) as client:
        futures = [_submit(client, group, options, pieces=pieces) for group in groups]
        judged = client.gather(futures)
    failed = [item for item in judged if isinstance(item, VssfsmError)]
    if failed:
        raise failed[0]
    return together([one for group in judged for one in group], options)


@contextmanager
def _client(scheduler: str | None) -> Iterator[Any]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise MissingExtra("--engine dask", "dask") from None
    if scheduler is None:
        with (
            distributed.LocalCluster(dashboard_address=None) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_S)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        yield client


def _submit(client: Any, group: Group, options: Options, *, pieces: bool) -> Any:
    """Give the future of a group's judgement."""
    (first, *rest) = group.files
    if not pieces and not rest and not is_stored(first):
        return client.submit(_judge_file, first, options, pure=False, retries=_TRIES)
    settings = settings_of(options)
    made = [
        client.submit(_summarise, file, settings, pure=False, retries=_TRIES)
        for file in group.files
    ]
    while len(made) > 1:
        made = [
            client.submit(_merge, *made[at : at + 2], pure=False, retries=_TRIES)
            for at in range(0, len(made), 2)
        ]
    return client.submit(_judge, made[0], options, pure=False, retries=_TRIES)


# What a task cannot do is its value: only what the machines cannot do is tried again.
def _judge_file(path: str, options: Options) -> list[Judged] | VssfsmError:
    try:
        return [judge_input(path, options)]
    except VssfsmError as error:
        return error


def _summarise(file: str, settings: Any) -> Summary | VssfsmError:
    try:
        return summary_of_file(file, settings)
    except VssfsmError as error:
        return error


def _merge(one: Summary | VssfsmError, *others: Summary | VssfsmError) -> Summary | VssfsmError:
    for item in (one, *others):
        if isinstance(item, VssfsmError):
            return item
    try:
        return pair(one, *others) if others else one  # type: ignore[arg-type]
    except VssfsmError as error:
        return error


def _judge(summary: Summary | VssfsmError, options: Options) -> list[Judged] | VssfsmError:
    if isinstance(summary, VssfsmError):
        return summary
    try:
        return judge_pieces(summary, options)
    except VssfsmError as error:
        return error
