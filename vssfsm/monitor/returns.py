"""
What a requester's record asks of the regions with one state: the call, its code, a result.

A record of `IVssAsync` asks two things: about its own code, and about the result that it hands
out. Where Wait or Cancel fails, the code is its own or the operation's: the mildest reading counts.
"""

from typing import Final, NamedTuple

from vssfsm.core.record import Record, Symbol, code_class
from vssfsm.core.table import CAP
from vssfsm.monitor.evidence import Evidence
from vssfsm.monitor.tables import only_row, table
from vssfsm.spec.calls import CALL, RESULT
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.codes import releases_of
from vssfsm.spec.hresults import NAMES
from vssfsm.spec.releases import RELEASES, span
from vssfsm.spec.requester import REQUESTER
from vssfsm.spec.returns import DEPENDING, JUDGED, SUCCESS
from vssfsm.spec.rows import FREE, INFO, SEVERITIES, Row
from vssfsm.spec.vocabulary import RESULT_CALLS

#: regions of the requester that have no history
ONE_STATE: Final = tuple(
    region.name
    for region in REGIONS.values()
    if region.scope == REQUESTER.scope and len(region.states) == 1
)
#: calls whose results are judged, if a record names them in `of`
_NAMED: Final = frozenset(method.name for method in JUDGED if method.is_async)


class Question(NamedTuple):
    """What a record says: readings, of which the mildest counts, and the code that it gives."""

    readings: tuple[Symbol, ...]
    code: int


class Answer(NamedTuple):
    """The rule that a question breaks, for how much, and in a sentence."""

    row: Row
    severity: str
    says: str


def questions(record: Record, seen: Symbol) -> list[Question]:
    """
    Give what *record* asks; nothing if it may be about any call.

    Args:
        record: of a requester.
        seen: its symbol.
    """
    code = record.hresult or 0
    own = seen._replace(stage=CALL)
    if record.event not in RESULT_CALLS:
        return [Question((own,), code)]
    if record.of not in _NAMED:
        return []
    # QueryStatus has a parameter for the operation's code; the others have only their own.
    shared = record.event != "QueryStatus"
    asked = [Question((own, _result(record, seen, code)) if shared else (own,), code)]
    if record.async_result is not None:
        told = record.async_result
        asked.append(Question((_result(record, seen, told),), told))
    return asked


def _result(record: Record, seen: Symbol, code: int) -> Symbol:
    return seen._replace(event=record.of, stage=RESULT, result=None, code=code_class(code))


class OneState:
    """Ask the regions with one state; what is asked again is answered from memory."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[tuple[object, ...], tuple[bool, tuple[Answer, ...]]] = {}

    def forget(self) -> None:
        """Ask the regions anew."""
        self._known.clear()

    def judge(self, record: Record, seen: Symbol) -> tuple[bool, tuple[Answer, ...]]:
        """Tell whether a region knows what *record* asks, and give what is broken."""
        key = seen, record.of, record.hresult, record.async_result
        found = self._known.get(key)
        if found is None:
            found = self._judge(record, seen)
            if len(self._known) < CAP:
                self._known[key] = found
        return found

    def _judge(self, record: Record, seen: Symbol) -> tuple[bool, tuple[Answer, ...]]:
        answers = [
            self._answer(name, question, record)
            for question in questions(record, seen)
            for name in ONE_STATE
            if any(table(name).knows(symbol.event) for symbol in question.readings)
        ]
        return bool(answers), tuple(answer for answer in answers if answer is not None)

    def _answer(self, name: str, question: Question, record: Record) -> Answer | None:
        readings = [symbol for symbol in question.readings if table(name).knows(symbol.event)]
        found = [(symbol, *self._broken(name, symbol)) for symbol in readings]
        symbol, row, severity = min(found, key=lambda item: SEVERITIES.index(item[2]))
        if row is None or not row.name:
            return None
        return Answer(row, severity, _says(record, row, symbol, question.code))

    def _broken(self, name: str, symbol: Symbol) -> tuple[Row | None, str]:
        row = self._evidence.row(name, symbol)
        if row is None or not row.to:
            return row, row.severity if row else FREE
        if symbol.release is None and symbol.code != SUCCESS:
            # No release is named: what every one has is legal, what only some have is a note.
            for release in reversed(RELEASES):
                other = only_row(table(name), symbol._replace(release=release))
                if other is not None and other.code in DEPENDING:
                    return other, INFO
        return row, row.severity


def _says(record: Record, row: Row, symbol: Symbol, code: int) -> str:
    if not any("code" in when for when in row.when):
        return symbol.event or ""
    method = symbol.event or ""
    name = NAMES.get(code)
    shown = f"0x{code:08X}" if name is None else f"{name} (0x{code:08X})"
    text = f"{_whose(record, symbol)} {shown}"
    if row.code not in DEPENDING:
        return f"{text}; `vssfsm explain {method}` lists its codes"
    releases = span(releases_of(method, name or ""))
    on = f"the release is {symbol.release}" if symbol.release else "the record names no release"
    return f"{text}, which {method} is documented to return {releases}; {on}"


def _whose(record: Record, symbol: Symbol) -> str:
    if record.of is None:
        return f"{record.event} returned"
    if record.event == "QueryStatus" and symbol.stage == RESULT:
        return f"QueryStatus gave, as the result of {record.of},"
    return f"{record.event} for {record.of} returned"
