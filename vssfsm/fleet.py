"""Evidence in pieces: files that follow one another, their summaries, and groups of them."""

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from typing import NamedTuple

from vssfsm.errors import TraceFormatError, UsageError
from vssfsm.judging import Judged, Options, attempt
from vssfsm.processes import shared
from vssfsm.results import Run
from vssfsm.run import together
from vssfsm.summary import Settings, Summary, decode, judge, merge, placed, read_whole, summarise
from vssfsm.summary.opening import is_stored, store
from vssfsm.traces import source

Watch = Callable[[str, int, int], None]


class Group(NamedTuple):
    """Files that are judged as one input, in this order, and its name in reports."""

    name: str
    files: tuple[str, ...]


def groups_of(paths: Iterable[str], *, pieces: bool = False) -> list[Group]:
    """
    Give what is judged by itself.

    Args:
        paths: files, directories, patterns, addresses in object stores and patterns of them.
        pieces: the files of one directory follow one another; else each file stands by itself.

    Raises:
        UsageError: a pattern matches nothing.
    """
    files = [file for path in paths for file in _expand(path)]
    if not pieces:
        return [Group(file, (file,)) for file in files]
    found: dict[str, list[str]] = {}
    for file in files:
        stored = is_stored(file)
        directory = file.rpartition("/")[0] if stored else os.path.dirname(file)
        found.setdefault(file if os.path.isdir(file) else directory, []).append(file)
    return [Group(name_of(group), tuple(group)) for group in found.values()]


def name_of(files: Sequence[str]) -> str:
    """Give the name of an evidence in pieces."""
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def _expand(path: str) -> list[str]:
    if not is_stored(path):
        return source.expand([path])
    try:
        system, bare = store().core.url_to_fs(path)
        found = sorted(system.glob(bare)) if source.is_pattern(path) else [bare]
    except (OSError, ValueError, ImportError) as error:
        raise TraceFormatError(f"cannot look into {path}: {error}") from error
    if not found:
        raise UsageError(f"no file matches {path}")
    return [str(system.unstrip_protocol(name)) for name in found]


def settings_of(options: Options) -> Settings:
    """Give what pieces are summarised by."""
    return Settings(options.release, options.observation, options.input_format)


def summary_of(paths: Iterable[str], settings: Settings) -> Summary:
    """
    Give the summary of files that follow one another; it holds their text.

    Raises:
        TraceFormatError: one cannot be read, or only in part; a summary of it would hide that.
    """
    summary = merge([summarise(group.files[0], settings) for group in groups_of(paths)])
    for piece in summary.pieces:
        if piece.lost:
            raise TraceFormatError(f"cannot read {piece.path}: {piece.lost[1]}")
    return summary


def read_summaries(paths: Iterable[str]) -> Summary:
    """
    Give what the summaries in files are together.

    Raises:
        UsageError: one is none, is of another specification, or was made by other settings.
    """
    return merge([_read(path) for name in paths for path in _matches(name)])


def _matches(name: str) -> list[str]:
    if os.path.exists(name) or not source.is_pattern(name):
        return [name]
    return source.expand([name])


def _read(path: str) -> Summary:
    try:
        return decode(read_whole(path), path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def judge_summary(summary: Summary, options: Options, name: str | None = None) -> Run:
    """
    Judge what a summary holds.

    Args:
        summary: of all pieces.
        options: of the check; the summary says which release, observation and format.
        name: of the whole in the report, where lines are counted through; None: findings name the
            piece, and its own line.
    """
    return together(judge_pieces(summary, options, name), options)


def judge_pieces(summary: Summary, options: Options, name: str | None = None) -> list[Judged]:
    """
    Judge the pieces of each format as one input, as `judge_summary` does.

    Raises:
        UsageError: one name was given, and they are of several formats.
    """
    evidences = summary.evidences
    if name is None:
        return [_judge_evidence(one, options) for one in evidences]
    if len(evidences) > 1:
        paths = ", ".join(one.pieces[0].path for one in evidences)
        raise UsageError(f"--as names one evidence; there are several formats here: {paths}")
    return [judge(evidences[0], name, options)]


def _judge_evidence(summary: Summary, options: Options) -> Judged:
    judged = judge(summary, name_of([piece.path for piece in summary.pieces]), options)
    # A page that shows the records shows those of one input, under one name.
    alone = options.keep_records or len(summary.pieces) == 1
    return judged if alone else placed(judged, summary.pieces)


def check_pieces(
    paths: Iterable[str], options: Options, *, jobs: int = 1, watch: Watch | None = None
) -> Run:
    """
    Judge the files of each directory as one evidence, in their order.

    Args:
        paths: as for `groups_of`.
        options: of the check.
        jobs: processes that share the groups, as for `vssfsm.check`.
        watch: is told the name of each group, its number, and how many there are.

    Raises:
        UsageError: a pattern matches nothing, or a file is no text.
    """
    groups = groups_of(paths, pieces=True)
    each = shared(partial(_judge_group, options), groups, jobs)
    judged: list[Judged] = []
    for number, group in enumerate(groups, start=1):
        if watch is not None:
            watch(group.name, number, len(groups))
        judged += next(each)
    return together(judged, options)


def check_growing(
    paths: Sequence[str], state: str, options: Options, say: Callable[[str], None]
) -> Run:
    """
    Judge one file, and read only what is new since the last time; see `vssfsm.summary.state`.

    Raises:
        UsageError: there are several files, or it cannot be followed.
    """
    from vssfsm.summary.state import follow

    files = source.expand(list(paths))
    if len(files) != 1:
        raise UsageError(f"--state follows one file, not {len(files)}; give each its own")
    if os.path.realpath(state) == os.path.realpath(files[0]):
        raise UsageError(f"{state} is what is judged; keep the state in another file")
    judged = attempt(lambda: follow(files[0], state, options, say), files[0])
    return together([judged], options)


def _judge_group(options: Options, group: Group) -> list[Judged]:
    settings = settings_of(options)
    made = (summary_of_file(file, settings) for file in group.files)
    judged = attempt(lambda: judge_pieces(reduce(pair, made), options), group.name)
    return [judged] if isinstance(judged, Judged) else judged


def summary_of_file(file: str, settings: Settings) -> Summary:
    """Give the summary of a piece that can be read again where its text is needed."""
    return summarise(file, settings, text=file == source.STDIN)


def pair(one: Summary, other: Summary) -> Summary:
    """Give the summary of two neighbours."""
    return merge([one, other])
