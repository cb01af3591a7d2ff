"""
`vssfsm explain`: what a state, a failure code, a pair, an event, a method or a record means.

Every sentence comes from the specification: rows, rulings, and the facts of `spec.notes`. Names are
taken in any case and without their prefix. A state and a code that stand side by side are a pair.
"""

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from vssfsm.errors import UsageError
from vssfsm.reports.events import explain_event
from vssfsm.reports.replay import explain_record
from vssfsm.reports.rule import render_rule
from vssfsm.reports.status import explain_code, explain_pair, explain_state
from vssfsm.reports.words import either
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.hresults import HRESULTS, hresult_name
from vssfsm.spec.labels import CODE_OF_LABEL
from vssfsm.spec.vocabulary import (
    HANDLERS,
    METHODS,
    OBSERVER_NAMES,
    REQUESTER_NAMES,
    SPELLINGS,
    STATE_NUMBERS,
    STATE_PREFIX,
    WRITER_NAMES,
    writer_event,
)

STATE: Final = "state"
CODE: Final = "code"
EVENT: Final = "event"
RECORD: Final = "record"
RULE: Final = "rule"
#: decimal numbers up to here are states, greater ones are codes
_GREATEST_STATE: Final = 999
_SHORT: Final = ("VSS_E_", "VSS_S_")
_CODE_PREFIXES: Final = ("", "VSS_E_WRITERERROR_", "VSS_E_WRITER_", "VSS_E_WRITER_STATUS_", *_SHORT)
_PLACE: Final = re.compile(r"(?P<path>.+):(?P<line>\d{1,12}):?", re.DOTALL)
_BITS: Final = 32


class Topic(NamedTuple):
    """What an argument turned out to name: its kind, and a number or a name."""

    kind: str
    value: int | str


def explain(topics: Sequence[str]) -> str:
    """
    Explain each topic, with a page each; a state beside a code is one page.

    Args:
        topics: a state (`9`, `FAILED_AT_FREEZE`), a failure code (`0x800423f2`, `-2147212302`,
            `TIMEOUT`), an event or method, a rule's code or name, or `TRACE:LINE`.

    Returns:
        The pages with a final line end, an empty line between them.

    Raises:
        UsageError: a topic names nothing; the message holds close matches.
    """
    known = [_topic(text) for text in topics]
    if [topic.kind for topic in known] == [STATE, STATE] and known[1].value == 0:
        known[1] = Topic(CODE, 0)  # `explain 9 0`: a trace writes S_OK as 0
    pages = []
    while known:
        pages.append(_pair(known) or _page(known.pop(0)))
    return "\n".join(pages)


def _pair(topics: list[Topic]) -> str:
    """Take a state and a code off the front of *topics*, in any order; empty if there are none."""
    front = {topic.kind: topic.value for topic in topics[:2]}
    if set(front) != {STATE, CODE}:
        return ""
    del topics[:2]
    return explain_pair(int(front[STATE]), int(front[CODE]))


def _page(topic: Topic) -> str:
    pages: dict[str, Callable[[str], str]] = {
        STATE: lambda value: explain_state(int(value)),
        CODE: lambda value: explain_code(int(value)),
        EVENT: explain_event,
        RULE: render_rule,
        RECORD: _explain_place,
    }
    return pages[topic.kind](str(topic.value))


def _explain_place(place: str) -> str:
    path, _, line = place.rpartition(":")
    return explain_record(path, int(line))


# --- What an argument names --------------------------------------------------
def _topic(text: str) -> Topic:
    bare = text.strip()
    for find in (_number, _place, _name):
        topic = find(bare)
        if topic is not None:
            return topic
    raise UsageError(_unknown(bare))


def _number(text: str) -> Topic | None:
    """Read a number as a state if it is small, else as a code; vssadmin puts states in brackets."""
    text = text.removeprefix("[").removesuffix("]").strip()
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return _code(int(text, 16), text)
    if not re.fullmatch(r"[+-]?\d{1,20}", text):
        return None
    number = int(text)
    return Topic(STATE, number) if abs(number) <= _GREATEST_STATE else _code(number, text)


def _code(number: int, text: str) -> Topic:
    if not -(1 << _BITS - 1) <= number < 1 << _BITS:
        raise UsageError(f"{text} has more than {_BITS} bits: it is neither a state nor a code")
    return Topic(CODE, number % (1 << _BITS))


def _place(text: str) -> Topic | None:
    """Read TRACE:LINE; the last colon counts, as a Windows path has one behind its drive."""
    match = _PLACE.fullmatch(text)
    if match and Path(match["path"]).is_file():
        return Topic(RECORD, f"{match['path']}:{match['line']}")
    if match and _looks_like_path(match["path"]):
        raise UsageError(f"there is no file {match['path']}")
    if _looks_like_path(text) and Path(text).is_file():
        raise UsageError(f"name a line of {text}, as in {text}:4; `vssfsm check` judges all of it")
    return None


def _looks_like_path(text: str) -> bool:
    return any(sign in text for sign in "./\\")


def _name(text: str) -> Topic | None:
    return _find(text, _NAMES)


def _find(text: str, names: dict[str, Topic]) -> Topic | None:
    return names.get(text.casefold())


def _all_names() -> dict[str, Topic]:
    """Give every name in folded case; where two share one, the earlier kind counts."""
    names: dict[str, Topic] = {}
    for number, prefix in ((n, p) for n in STATE_NUMBERS.items() for p in ("", STATE_PREFIX)):
        names.setdefault((prefix + number[0]).casefold(), Topic(STATE, number[1]))
    for name in sorted((*WRITER_NAMES, *REQUESTER_NAMES, *OBSERVER_NAMES)):
        names.setdefault(name.casefold(), Topic(EVENT, name))
    handlers = (*HANDLERS, *SPELLINGS)
    spelled = (f"{on}{name}{ex}" for name in handlers for on in ("", "On") for ex in ("", "Ex"))
    for name in (*SPELLINGS, *spelled, *(f"On{name}" for name in sorted(WRITER_NAMES))):
        event = writer_event(name) or name.removeprefix("On")
        # The bare name is the method's, where it is one, too.
        handled = f"On{event}" if event in HANDLERS and event in METHODS else event
        names.setdefault(name.casefold(), Topic(EVENT, handled))
    names.update(_code_names(names))
    for code, row in RULES.items():
        names.setdefault(code.casefold(), Topic(RULE, code))
        names.setdefault(row.name.casefold(), Topic(RULE, code))
    return names


def _code_names(taken: dict[str, Topic]) -> dict[str, Topic]:
    found: dict[str, Topic] = {}
    for prefix in _CODE_PREFIXES:
        for name, value in HRESULTS.items():
            short = name.removeprefix(prefix).casefold()
            if name.startswith(prefix) and short not in taken:
                found.setdefault(short, Topic(CODE, value))
    for label, name in CODE_OF_LABEL.items():
        found.setdefault(label, Topic(CODE, HRESULTS[name]))
    return found


_NAMES: Final = _all_names()


def _unknown(text: str) -> str:
    close = difflib.get_close_matches(text.casefold(), _NAMES, n=6, cutoff=0.6)
    names = list(dict.fromkeys(_spelled(key) for key in close))[:3]
    if names:
        return f"nothing is called {text!r}; did you mean {either(names)}?"
    return f"nothing is called {text!r}; name a state, a code, an event, or TRACE:LINE"


def _spelled(key: str) -> str:
    """Give the documented name of a known name in folded case."""
    kind, value = _NAMES[key]
    if kind == STATE:
        return next(name for name, number in STATE_NUMBERS.items() if number == value)
    if kind == CODE:
        return hresult_name(int(value))
    return str(value) if kind == EVENT else RULES[str(value)].name
