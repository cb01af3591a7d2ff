"""What a requester's moves are called and coloured like, in all of its machines."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from vssfsm.draw.graph import SUCCESS, VETO, Edge, Move, line_of, strength
from vssfsm.spec.calls import ASYNC_RESULTS, CALL, CALL_RESULTS, RESULT

#: said once in a picture instead of in every box
STAYING: Final = "a call that fails at once and a result change nothing, unless an arrow says so"
_ENDED: Final = ("finished", "failed")
#: what says how a call or an operation ended; the other results leave it open
_TOLD: Final = ("pending", "finished", "failed", "cancelled")
_SUCCEEDED: Final = ("ok", "s_false", "finished")
#: events that are named; more are counted
_NAMED: Final = 5
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
    begun = [move for move in moves if _begins(move)]
    refused = dict.fromkeys(move.event for move in moves if (CALL, "failed") in _told(move))
    results: dict[str, dict[str, None]] = {}
    for move in moves:
        for stage, result in _told(move):
            if stage == RESULT:
                results.setdefault(move.event, {})[result] = None
    if results and not named:
        return _ends(dict.fromkeys(r for held in results.values() for r in held))
    texts = [_counted(_spelled(begun))] if begun else []
    texts += [f"{_counted(list(refused))}: refused"] if refused and not begun else []
    by_word: dict[str, list[str]] = {}
    for event, held in results.items():
        by_word.setdefault(_ends(held), []).append(event)
    texts += [f"{_counted(events)}: {word}" for word, events in by_word.items()]
    return "\n".join(line for text in texts for line in textwrap.wrap(text, _WIDTH))


def loop_of(key: str, moves: Sequence[Move], *, quiet: bool) -> Edge:
    """Make the loop that stands for *moves*: its text names the calls, none if it is *quiet*."""
    calls = [] if quiet else _spelled(move for move in moves if _begins(move))
    return edge_of(key, key, moves)._replace(label=_counted(calls))


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


def _begins(move: Move) -> bool:
    """Tell whether *move* is a call that succeeds, or begins."""
    return any(stage == CALL and result in _SUCCEEDED for stage, result in _told(move))


def _told(move: Move) -> list[tuple[str, str]]:
    return [
        (stage, result)
        for when in move.row.when
        for stage in when.get("stage", (CALL,))
        for result in when.get("result", CALL_RESULTS if stage == CALL else ASYNC_RESULTS)
    ]


def _spelled(moves: Iterable[Move]) -> list[str]:
    """Give the calls once each, with the contexts that they name."""
    contexts: dict[str, dict[str, None]] = {}
    for move in moves:
        told = contexts.setdefault(move.event, {})
        told.update({c: None for when in move.row.when for c in when.get("context", ())})
    return [f"{event} {'/'.join(told)}".strip() for event, told in contexts.items()]


def _ends(results: Iterable[str]) -> str:
    found = set(results)
    if found.issuperset(_ENDED):
        return "ended"
    words = [word for word in _TOLD if word in found]
    return " or ".join(
        words or [word.replace("wait-failed", "Wait failed") for word in sorted(found)]
    )


def _counted(events: Sequence[str]) -> str:
    if len(events) > _NAMED:
        return f"{events[0]} and {len(events) - 1} other calls"
    return ", ".join(events)
