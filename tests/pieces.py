"""Pieces of one trace: cut, merged in any grouping, and the report that has to be the same."""

import random
from pathlib import Path

import vssfsm
from vssfsm.fleet import judge_summary
from vssfsm.reports import json as json_report
from vssfsm.reports import text as text_report
from vssfsm.run import options_of
from vssfsm.summary import Settings, Summary, decode, encode, merge, summarise


def report(run: vssfsm.Run) -> str:
    """Give all that a report says."""
    return json_report.render(run) + text_report.render(run)


def cut(path: Path, count: int, chance: random.Random) -> list[str]:
    """Write pieces of *path*, cut at ends of lines; some are empty."""
    lines = path.read_bytes().splitlines(keepends=True)
    cuts = sorted(chance.randint(0, len(lines)) for _ in range(count - 1))
    pieces = []
    for start, end in zip([0, *cuts], [*cuts, len(lines)], strict=True):
        piece = path.with_name(f"piece-{len(pieces):02}{path.suffix}")
        piece.write_bytes(b"".join(lines[start:end]))
        pieces.append(str(piece))
    return pieces


def merged(summaries: list[Summary], chance: random.Random) -> Summary:
    """Merge neighbours in a tree of any shape."""
    while len(summaries) > 1:
        at = chance.randrange(len(summaries) - 1)
        most = min(len(summaries), at + chance.choice((2, 3, 20)))
        together = merge(summaries[at:most])
        summaries[at:most] = [decode(encode(together), "x")]
    return summaries[0]


def agrees(path: Path, count: int, seed: int, *, repair: bool = True, **options: str) -> Summary:
    """Compare the report of all pieces with that of the whole."""
    chance = random.Random(f"{seed}-{count}")
    want = report(vssfsm.check(path, repair=repair, **options))
    settings = Settings(**options)
    made = [summarise(piece, settings) for piece in cut(path, count, chance)]
    together = merged(made, chance)
    taken = options_of()._replace(repair=repair)
    assert report(judge_summary(together, taken, str(path))) == want
    return together
