"""
Status lines of diskshadow, vshadow and betest: state and failure code of each writer, in numbers.

diskshadow (`list writers status`, old and new) and vshadow print a block: a line with the writer's
name, below it lines with state, failure code and ids. betest prints one line a writer. A line of a
requester's log names a state only. Anything else in a transcript is prose, which is skipped.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from typing import Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.spec import inputs
from vssfsm.spec.hresults import hresult_name
from vssfsm.spec.vocabulary import STATE_NUMBERS, STATE_PREFIX
from vssfsm.traces.aside import PROSE, Aside, Seen, Share, Tally
from vssfsm.traces.beside import beside
from vssfsm.traces.pasted import DASH, GUID, QUOTES, hyphens, joined, parts
from vssfsm.traces.source import Opened, text_of
from vssfsm.traces.wrapped import Wrapped, whole_lines

OBSERVATION: Final = "sampled"
_QUOTES: Final = f"{QUOTES}[]*_|"
#: what stands before a line of a block: a hyphen, or what became of it; a log puts more there
_LED: Final = rf"^(?:(?:{DASH}|[•·*_])\s*)*"
_HEAD: Final = re.compile(r"(?:^[•·_|]?\s*|\*\s+)WRITER\s+(?P<name>\S.*)$")
_FAILED_HEAD: Final = re.compile(r"Selected writer\s+(?P<name>.+?)\s+is in failed state")
_STATE: Final = re.compile(
    rf"(?:{_LED}Status\s*:\s*(?P<number>\d{{1,18}})\b"
    rf"|\s(?:{DASH}\s*Status\s*:\s*(?P<listed>\d{{1,18}})\s*\("
    rf"|Status\s*:\s*(?P<logged>\d{{1,18}})\s*\(\s*{STATE_PREFIX}))",
    re.IGNORECASE,
)
_FAILURE: Final = re.compile(
    rf"(?:{_LED}|\s)Writer failure code\s*:\s*(?:0x)?(?P<code>[0-9a-f]{{8}})\b", re.IGNORECASE
)
_ID: Final = re.compile(
    rf"(?:{_LED}|\s)(?P<kind>Writer(?: class)? ID|(?:Writer )?Instance ID)\s*:\s*"
    rf"\{{?(?P<guid>{GUID})\}}?",
    re.IGNORECASE,
)
_BETEST: Final = re.compile(
    r"Status for writer\s+(?P<name>.+?)\s*:\s*(?P<state>[A-Z_]+)\s*"
    r"(?:\(\s*0x(?P<code>[0-9a-fA-F]{8})\b)?"
)
_LOGGED: Final = re.compile(
    r"GetWriterStatus\b.*\bwriter\s+\[(?P<name>[^\]]+)\].*\bstate\s+\[(?P<number>\d{1,18})\]"
)

#: what stands before the number of a state
_BEFORE_STATE: Final = "- Status: "
_CODED: Final = re.compile(_BETEST.pattern.removesuffix("?"))
_LABEL: Final = re.compile(
    rf"{DASH}\s+(?:Status|Writer Failure code|Writer(?: class)? ID|(?:Writer )?Instance ID)\s*:\s*",
    re.IGNORECASE,
)
#: lines that a mail may wrap: their beginning, all that they tell, and what is enough
_WRAPPED: Final = (
    Wrapped(re.compile(r"Status for writer(?=\s|$)"), _CODED, _BETEST),
    Wrapped(re.compile(r"GetWriterStatus FAILED\b"), _LOGGED, _LOGGED),
    Wrapped(re.compile(r"ERROR: Selected writer\b"), _FAILED_HEAD, _FAILED_HEAD),
    Wrapped(_LABEL, re.compile(rf"{_LABEL.pattern}\{{?(?:0x)?[0-9a-f]+\b", re.IGNORECASE), _LABEL),
)

#: what begins a line; where line ends were lost, a line has several
_STARTS: Final = re.compile(
    r"(?:\*\s+WRITER\s|(?:ERROR:\s+)?(?<!for )Selected writer\s|Status for writer\s"
    r"|GetWriterStatus FAILED\b"
    rf"|{DASH}\s+(?:Status|Writer Failure code|Writer ID|Instance ID)\s*:"
    r"|(?<!\d)\d{1,9} writers listed)",
    re.IGNORECASE,
)
#: lines that are known and hold no status; of diskshadow as its pages show it
_KNOWN: Final = (
    ("heading", re.compile(r"^Listing writer status", re.IGNORECASE)),
    ("footer", re.compile(r"^\d+ writers listed\.?$", re.IGNORECASE)),
    (
        "refused call",
        re.compile(rf"{_LED}Returned HRESULT\s*:\s*(?:0x)?([0-9a-f]{{8}})\b", re.IGNORECASE),
    ),
    ("text of an error", re.compile(rf"{_LED}Error text\s*:\s*(\S+)", re.IGNORECASE)),
)


class _Block(NamedTuple):
    """A writer's block as far as it was read, and the lines that it was read from."""

    record: Record
    lines: frozenset[int]
    ended: bool = False
    #: it has several failure codes
    clash: bool = False


_Read = tuple[Record, tuple[Note, ...]]


def read(opened: Opened) -> Generator[_Read, None, Aside]:
    """
    Give one observer's record per writer, with the line of its state.

    Returns:
        How many lines with text belong to no writer, and the code page if it was guessed.
    """
    text, guessed, torn = text_of(opened)
    given = [[one for part in parts(line) for one in _apart(part)] for line in text.split("\n")]
    filled = {number for number, line in enumerate(given, start=1) if any(line)}
    lines, rests, cut = whole_lines(given, _WRAPPED)
    used, unread = set(rests), set[int]()
    blocks = (*_blocks(lines), *(_Block(_hole(number), frozenset()) for number in cut))
    notes: tuple[Note, ...] = ()
    for block in sorted(blocks, key=lambda one: one.record.line):
        if block.record.state is None and not block.record.hole:
            continue  # what a list of metadata heads alike
        if block.record.hole:
            unread |= {block.record.line}
        else:
            used |= block.lines
        record, notes = _finish(block)
        yield record, notes
    if torn and not notes:
        unread |= {max(filled, default=1)}
        yield (
            _hole(max(unread)),
            (Note(inputs.TRUNCATED.code, max(unread), "its last character is cut"),),
        )
    skipped = len(filled - used)
    seen = (*_refusals(lines), *beside(text, "status"))
    if not used | unread:
        line = max(filled, default=1)
        yield _hole(line), (Note(inputs.NO_WRITERS.code, line, ""),)
        return Aside(skipped, guessed, seen, _share(given, skipped, skipped))
    return Aside(skipped, guessed, seen, _share(given, skipped, len(unread)))


def _apart(text: str) -> list[str]:
    """Give the lines that were joined to one."""
    starts = [match.start() for match in _STARTS.finditer(text)]
    if len(starts) < 2:
        return [text]
    ends = [*starts[1:], len(text)]
    return [
        text[: starts[0]].strip(),
        *(text[a:b].strip() for a, b in zip(starts, ends, strict=True)),
    ]


_Lines = Sequence[Sequence[str]]


def _share(lines: _Lines, skipped: int, unread: int) -> Share:
    """Give the shares of a transcript, of whose lines *skipped* belong to no writer."""
    tally = Tally()
    tally.used = sum(map(any, lines)) - skipped
    for name, pattern in _KNOWN:
        tally.know(name, sum(any(map(pattern.search, line)) for line in lines))
    rest = max(skipped - sum(times for _, times in tally.share().known), 0)
    tally.unread = min(unread, rest)
    tally.know(PROSE, rest - tally.unread)
    return tally.share()


def _refusals(lines: _Lines) -> tuple[Seen, ...]:
    """Give the codes that calls were refused with; which call, the transcript does not say."""
    codes: dict[int, int] = {}
    pattern = dict(_KNOWN)["refused call"]
    for match in filter(None, (pattern.search(text) for line in lines for text in line)):
        code = int(match[1], 16)
        codes[code] = codes.get(code, 0) + 1
    means = "a call of the requester was refused; which one is not said"
    return tuple(Seen(hresult_name(code), means, times) for code, times in sorted(codes.items()))


def _blocks(lines: _Lines) -> Iterator[_Block]:
    """Give each writer's block, and lines that are a whole one."""
    block: _Block | None = None
    known = False
    texts = [(n, text) for n, line in enumerate(lines, start=1) for text in line if text]
    for number, text in texts:
        alone, name = _alone(text, number), _name(text)
        if block and (alone or name):
            yield block
            block = None
        if alone:
            yield alone
        elif name:
            block = _Block(_record(number, name), frozenset((number,)))
        else:
            if _is_second(block, text):
                yield from (block,) if block else ()
                block = _Block(_record(number, None), frozenset())
            block = _grow(block, text, number) if block else None
            known = known or bool(block and block.record.state is not None)
    if block:
        cut = known and block.record.state is None and _is_cut(block, texts)
        yield block._replace(record=_hole(block.record.line)) if cut else block


def _is_cut(block: _Block, texts: Sequence[tuple[int, str]]) -> bool:
    """Tell whether a text ends in the head of *block*, or before the state that follows it."""
    number, last = texts[-1]
    below = sum(at > block.record.line for at, _ in texts)
    return number == block.record.line or (below == 1 and _BEFORE_STATE.startswith(last))


def _is_second(block: _Block | None, text: str) -> bool:
    """Tell whether a state is that of another writer, whose name was taken out."""
    if not _STATE.search(text) or STATE_PREFIX not in text:
        return False
    return block is None or block.record.state is not None


def _hole(line: int) -> Record:
    return Record(line=line, hole=True, actor="observer")


def _record(line: int, name: str | None) -> Record:
    writer = joined((name or "").strip(_QUOTES)) or None
    return Record(line=line, actor="observer", event="WriterStatus", writer=writer)


def _name(text: str) -> str | None:
    match = _HEAD.search(text) or _FAILED_HEAD.search(text)
    return match["name"] if match else None


def _alone(text: str, number: int) -> _Block | None:
    """Give a writer whose status stands in one line."""
    if match := _BETEST.search(text):
        state = STATE_NUMBERS.get(match["state"].removeprefix(STATE_PREFIX))
        record = _record(number, match["name"])._replace(state=state, hole=state is None)
        whole = match["code"] is not None
        return _Block(_with_code(record, match["code"]), frozenset((number,)), whole)
    if match := _LOGGED.search(text):
        record = _record(number, match["name"])._replace(state=int(match["number"]))
        return _Block(record, frozenset((number,)), ended=True)
    return None


def _grow(block: _Block, text: str, number: int) -> _Block:
    """Give the block with what a line below its head says."""
    record, clash = block.record, block.clash
    if match := _STATE.search(text):
        state = match["number"] or match["listed"] or match["logged"]
        record = record._replace(state=int(state), line=number)
    elif match := _FAILURE.search(text):
        known, record = record.failure, _with_code(record, match["code"])
        clash = clash or known not in (None, record.failure)
    elif match := _ID.search(text):
        own = "instance" in match["kind"].lower()
        guid = hyphens(match["guid"])
        record = record._replace(instance=guid) if own else record._replace(writer_id=guid)
    else:
        return block
    return _Block(record, block.lines | {number}, record.failure is not None, clash)


def _with_code(record: Record, digits: str | None) -> Record:
    return record._replace(failure=int(digits, 16)) if digits else record


def _finish(block: _Block) -> _Read:
    if block.record.hole:
        hole = block.record._replace(event=None, state=None, failure=None)
        return hole, (_incomplete(hole.line, "the state is missing or unknown"),)
    if block.clash:
        text = "several failure codes stand in it"
        return block.record._replace(failure=None), (_incomplete(block.record.line, text),)
    if not block.ended:
        return block.record, (_incomplete(block.record.line, "the failure code is missing"),)
    return block.record, ()


def _incomplete(line: int, text: str) -> Note:
    return Note(inputs.INCOMPLETE_BLOCK.code, line, text)
