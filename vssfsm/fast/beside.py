"""
Values that change from line to line and decide nothing for sessions of the fast path.

Such a value is cut out of a line, and a gap is left. A line with another value there says the same,
as long as the value is one of its kind. Keys that nobody reads and whose values change are learned
from the first lines.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from vssfsm.fast.cut import Layout
from vssfsm.fast.symbols import READ_OF_ARGS
from vssfsm.fast.times import Times
from vssfsm.traces import origin
from vssfsm.traces.values import KEYS

#: stands where a line must be like no other; no JSON holds it
_UNLIKE: Final = b"\x1f"
#: values, and what stands behind them
_NUMBER: Final = rb"-?(?:0|[1-9][0-9]{0,17})"
_TEXT: Final = rb'"[ !#-\[\]-~]*"'
_ESCAPED: Final = rb'"(?:[ !#-\[\]-~]|\\["\\/bfnrt])*"'
_ANYTHING: Final = rb"(?:%s|%s(?:\.[0-9]{1,17})?|true|false|null)" % (_ESCAPED, _NUMBER)
_END: Final = rb"(?=[ \t]*[,}])"
#: lines that are looked at for keys that nobody reads, and such keys; values that are few
_SAMPLE: Final = 200
_MOST: Final = 8
_FEW: Final = 2
#: of the values of a key, one in so many is another one: it changes
_SHARE: Final = 4
#: keys that have a meaning, wherever they stand
_READ: Final = frozenset((*KEYS, *READ_OF_ARGS, *origin.KEYS, *origin.NOTE_KEYS))
_is_name: Final = re.compile(r"[ !#-\[\]-~]+").fullmatch


_Cut = Callable[[bytes], bytes]


class Kind(NamedTuple):
    """
    A key whose values are cut out.

    Args:
        key: of a record, or of the object that is the value of its key *within*.
        gap: what stands for a value.
        pattern: of the values that are cut out.
        value: the one that a proof has; hardly ever that of a line.
        within: see *key*.
        unless: what stands in lines of which it is not cut out.
        is_read: somebody may read it. If not, it may stand anywhere.
    """

    key: str
    gap: bytes
    pattern: bytes
    value: object
    within: str = ""
    unless: bytes = b""
    is_read: bool = True

    @property
    def written(self) -> bytes:
        """The value in JSON."""
        return json.dumps(self.value).encode("ascii")

    def of(self, values: Mapping[str, object]) -> object:
        """Give its value among those of a line; None if there is none."""
        if not self.within:
            return values.get(self.key)
        inner = values.get(self.within)
        return inner.get(self.key) if isinstance(inner, dict) else getattr(inner, self.key, None)


_ENDED: Final = Kind("ended", b"\x01", rb"(?:%s|%s)" % (_TEXT, _NUMBER), "2001-02-03T04:05:07Z")
#: of requesters it tells who tries again
_PROCESS: Final = Kind("process", b"\x04", _TEXT, "a process", unless=b'"requester"')
_ALWAYS: Final = (
    _ENDED,
    Kind("thread", b"\x02", _NUMBER, 736_451_982_034),
    Kind("line", b"\x03", _NUMBER, 736_451_982_035, "source"),
)
#: gaps of keys that nobody reads
_GAPS: Final = tuple(bytes([number]) for number in (*range(5, 9), *range(14, 31)))[:_MOST]


class Beside:
    """
    Cut such values out.

    Args:
        lines: some of the trace, to learn how it writes them.
        is_time: tells whether a text is one.
    """

    def __init__(self, lines: Sequence[bytes], is_time: Callable[[bytes], bool]) -> None:
        self._is_time = is_time
        self._keys: tuple[tuple[Kind, bytes], ...] = ()
        self._gaps: tuple[bytes, ...] = ()
        self._cuts: tuple[_Cut, ...] = ()
        #: those that depend on the line
        self._alone: tuple[tuple[bytes, _Cut], ...] = ()
        self._odd: list[bytes] = []
        self._learn(lines)

    def note(self, text: bytes) -> None:
        """
        Take a line that did not come again: it is learned from many what else changes.

        What is left of lines so far stays as it is, or has another gap that none had before.
        """
        self._odd.append(text)
        if len(self._odd) >= _SAMPLE:
            self._learn(self._odd)
            self._odd.clear()

    def _learn(self, lines: Sequence[bytes]) -> None:
        known = {kind.key for kind, _ in self._keys}
        gaps = [gap for gap in _GAPS if gap not in self._gaps]
        always = (kind for kind in _ALWAYS if kind.key not in known)
        kinds = (*always, *_changing(lines, gaps, known))
        new = [(kind, key) for kind in kinds if (key := _key_in(lines, kind))]
        self._keys = (*self._keys, *new)
        self._gaps = tuple(kind.gap for kind, _ in self._keys)
        for kind, key in new:
            cut = _cutter(kind, key, self._is_time)
            if kind.unless:
                self._alone = (*self._alone, (kind.unless, cut))
            else:
                self._cuts = (*self._cuts, cut)

    def cut(self, lines: Sequence[bytes]) -> Iterable[bytes]:
        """Give lines without the values; all but the last one have ends, or none has."""
        if not self._keys:
            return lines
        has_ends = lines[0].endswith(b"\n")
        whole = (b"" if has_ends else b"\n").join(lines)
        if any(gap in whole for gap in self._gaps):
            return map(self.cut_one, lines)
        for cut in self._cuts:
            whole = cut(whole)
        found = io.BytesIO(whole).readlines() if has_ends else whole.split(b"\n")
        return map(self._cut_alone, found) if self._alone else found

    def cut_one(self, text: bytes) -> bytes:
        """Give a line without the values; like no other if it holds a gap."""
        if any(gap in text for gap in self._gaps):
            return text + _UNLIKE
        for cut in self._cuts:
            text = cut(text)
        return self._cut_alone(text)

    def _cut_alone(self, text: bytes) -> bytes:
        for unless, cut in self._alone:
            if unless not in text:
                text = cut(text)
        return text

    def fill(self, text: bytes) -> bytes:
        """Give a line with the values of a proof where some were cut out."""
        for kind, key in self._keys:
            text = text.replace(kind.gap, key + kind.written)
        return text

    def proves(
        self,
        text: bytes,
        values: Mapping[str, object],
        other: Mapping[str, object],
        *,
        asks: bool,
    ) -> bool:
        """
        Tell whether what was cut out of *text* is what is read of it, and nothing else.

        Of a key that nobody reads it is enough that the proof is a record.

        Args:
            text: without it.
            values: of the line.
            other: those of its proof; they are those of one where *values* are not.
            asks: it is a requester's.
        """
        return all(
            kind.of(values) != kind.value == kind.of(other) and not (asks and kind.unless)
            for kind, _ in self._keys
            if kind.is_read and kind.gap in text
        )


def learned(layout: Layout, lines: Sequence[bytes]) -> tuple[Times, Beside]:
    """Learn how a trace writes times and what is beside, from its first lines."""
    times = Times(layout.before, is_number=layout.is_number)
    beside = Beside(lines, times.is_one)
    width = layout.width(beside.cut(lines))
    return Times(layout.before, is_number=layout.is_number, width=width), beside


def _cutter(kind: Kind, key: bytes, is_time: Callable[[bytes], bool]) -> Callable[[bytes], bytes]:
    """Give what cuts the values of *key* out of lines; they may stand in several places."""
    pattern = re.compile(rb"%s(%s)%s" % (re.escape(key), kind.pattern, _END))
    if kind is _ENDED:
        return partial(pattern.sub, lambda found: kind.gap if is_time(found[1]) else found[0])
    return partial(pattern.sub, kind.gap)


def _changing(lines: Sequence[bytes], gaps: Sequence[bytes], known: set[str]) -> Iterator[Kind]:
    """Give other keys that decide nothing, and whose values change, as far as there are gaps."""
    seen: dict[str, Counter[str]] = {}
    for line in lines[:_SAMPLE]:
        for key, value in _unread(line):
            seen.setdefault(key, Counter())[repr(value)] += 1
    changing = [key for key, values in seen.items() if key not in known and _changes(values)]
    if _PROCESS.key in changing:
        changing.remove(_PROCESS.key)
        yield _PROCESS
    changing.sort(key=lambda key: len(seen[key]), reverse=True)
    for key, gap in zip(changing, gaps, strict=False):
        yield Kind(key, gap, _ANYTHING, 7, is_read=False)


def _changes(values: Counter[str]) -> bool:
    return len(values) > _FEW and len(values) * _SHARE >= values.total()


def _unread(line: bytes) -> Iterator[tuple[str, Any]]:
    """Give keys and values of a line that nobody reads."""
    try:
        record = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return
    if not isinstance(record, dict):
        return
    if record.get("actor") != "requester" and _PROCESS.key in record:
        yield _PROCESS.key, record[_PROCESS.key]
    args = record.get("args")
    for part in (record, args if isinstance(args, dict) else {}):
        for key, value in part.items():
            if key not in _READ and _is_name(key) and not isinstance(value, dict | list):
                yield key, value


def _key_in(lines: Sequence[bytes], kind: Kind) -> bytes:
    """Find how a key is written; empty if it is not there."""
    outer = rb'"%s"\s*:\s*\{[^{}]*' % kind.within.encode("ascii") if kind.within else b""
    key = re.escape(kind.key.encode("ascii"))
    pattern = re.compile(rb'%s("%s"\s*:\s*)' % (outer, key))
    found = next(filter(None, map(pattern.search, lines)), None)
    return b"" if found is None else found[1]
