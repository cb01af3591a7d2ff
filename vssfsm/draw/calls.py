"""What a requester's moves are called and coloured like, in all of its machines."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from vssfsm.draw.graph import SUCCESS, VETO, Edge, Move, line_of, strength
from vssfsm.spec.requester import ASYNC_RESULTS, CALL, CALL_RESULTS, RESULT
from vssfsm.spec.rows import When

#: said once in a picture instead of in every box
STAYING: Final = "a call that fails at once and a result change nothing, unless an arrow says so"
_ENDED: Final = ("finished", "failed")
#: what says how a call or an operation ended; the other results leave it open
_TOLD: Final = ("pending", "finished", "failed", "cancelled")
_SUCCEEDED: Final = ("ok", "s_false", "finished")
#: events that are named; more are counted
_NAMED: Final = 4
_WIDTH: Final = 34


def kind_of(moves: Iterable[Move]) -> str:
    """Give the kind of an edge that stands for *moves*."""
    results = {result for move in moves for _, result in _told(move)}
    return SUCCESS if results.intersection(_SUCCEEDED) or not results else VETO


def label_of(moves: Sequence[Move], *, named: bool = True) -> str:
    """
    Name *moves*: the calls, and what results say of them.

    Args:
        moves: of one edge.
        named: name the call that a result belongs to, too.
    """
    results: dict[str, dict[str, None]] = {}
    for move in moves:
        for stage, result in _told(move):
            if stage == RESULT:
                results.setdefault(move.event, {})[result] = None
    begun = dict.fromkeys(
        _spelled(move) for move in moves if _stages(move) != {RESULT} and not _is_refused(move)
    )
    refused = {m.event: None for m in moves if _is_refused(m) and m.event not in begun}
    if results and not named:
        return _ends(dict.fromkeys(r for held in results.values() for r in held))
    texts = [_counted(list(begun))] if begun else []
    texts += [f"{_counted(list(refused))} refused"] if refused and not results else []
    by_word: dict[str, list[str]] = {}
    for event, held in results.items():
        by_word.setdefault(_ends(held), []).append(event)
    texts += [f"{_counted(events)}: {word}" for word, events in by_word.items()]
    return "\n".join(line for text in texts for line in textwrap.wrap(text, _WIDTH))


def edge_of(source: str, target: str, moves: Sequence[Move], *, named: bool = True) -> Edge:
    """Make the edge that stands for *moves*; the strongest row gives the line."""
    row = min((move.row for move in moves), key=strength)
    label = label_of(moves, named=named)
    return Edge(source, target, label, kind_of(moves), line_of(row), tuple(moves))


def is_quiet(move: Move) -> bool:
    """Tell whether *move* is a refused call or a result: text says once that they stay."""
    return all(
        when.get("stage") == (RESULT,) or when.get("result") == ("failed",)
        for when in move.row.when
    )


def _is_refused(move: Move) -> bool:
    return all(
        when.get("stage") == (CALL,) and when.get("result") == ("failed",) for when in move.row.when
    )


def _stages(move: Move) -> set[str]:
    return {stage for when in move.row.when for stage in when.get("stage", (CALL,))}


def _told(move: Move) -> list[tuple[str, str]]:
    return [
        (stage, result)
        for when in move.row.when
        for stage in when.get("stage", (CALL,))
        for result in when.get("result", CALL_RESULTS if stage == CALL else ASYNC_RESULTS)
    ]


def _spelled(move: Move) -> str:
    contexts = _contexts(move.row.when)
    return " ".join((move.event, *contexts))


def _contexts(whens: Iterable[When]) -> tuple[str, ...]:
    return tuple(context for when in whens for context in when.get("context", ()))


def _ends(results: Iterable[str]) -> str:
    found = set(results)
    if found.issuperset(_ENDED):
        return "ended"
    words = [word for word in _TOLD if word in found]
    return " or ".join(words or sorted(found))


def _counted(events: Sequence[str]) -> str:
    if len(events) > _NAMED:
        return f"{events[0]} and {len(events) - 1} other calls"
    return ", ".join(events)
