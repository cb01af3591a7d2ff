"""
Lines of JSON, typed: blocks of them at once, and only where nothing can be wrong with them.

A block is taken as it is if it is proved that every line holds one object, that no key is unknown
or comes twice, and that no string holds an escaped quote: each record needs a number of quotes that
its keys and values tell, and no line has fewer. So one count for the whole block is enough. What
cannot be proved is read line by line with the tolerant reader; what that one complains about is not
for the fast path.
"""

import json
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, Final, Literal, Protocol

import msgspec

from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.releases import RELEASES
from vssfsm.spec.vocabulary import (
    ACTORS,
    HANDLERS,
    METHODS,
    NAMES_OF,
    OBSERVATIONS,
    OUTCOMES,
    SPELLINGS,
    STATE_NUMBERS,
    STATE_PREFIX,
    writer_event,
)
from vssfsm.traces.canonical import KEYS, LONGEST_LINE, row_of_line

#: bytes of a block
BLOCK: Final = 1 << 20


class UnfitError(Exception):
    """The input has something that only the reference can judge."""


def _spellings(names: Collection[str]) -> tuple[str, ...]:
    """Give accepted spellings of events; one that is missed here is only slower."""
    bare = (*names, *SPELLINGS)
    found = (f"{on}{name}{ex}" for name in bare for on in ("", "On") for ex in ("", "Ex"))
    return tuple(name for name in found if writer_event(name) in names)


_TEXT: Final = str | None
_NUMBER: Final = int | None
_CODES: Final = tuple(
    dict.fromkeys(
        text for name, code in HRESULTS.items() for text in (name, f"0x{code:08X}", f"0x{code:08x}")
    )
)
_STATES: Final = (*STATE_NUMBERS, *(f"{STATE_PREFIX}{name}" for name in STATE_NUMBERS))
_EVENTS: Final = dict.fromkeys(
    (*NAMES_OF["requester"], *NAMES_OF["observer"], *_spellings(NAMES_OF["writer"]))
)


def _names(*names: str) -> Any:
    return Literal[names] | None


#: what a symbol depends on, in this order; then who and when
SEEN: Final[dict[str, Any]] = {
    "event": _names(*_EVENTS),
    "state": int | _names(*_STATES),
    "outcome": _names(*OUTCOMES),
    "failure": int | _names(*_CODES),
    "actor": _names(*ACTORS),
    "hresult": int | _names(*_CODES),
    "of": _names(*METHODS),
    "async_result": int | _names(*_CODES),
    "release": _names(*RELEASES),
    "at": _names("entry", "return"),
    "during": _names(*dict.fromkeys(_spellings(HANDLERS))),
    "observation": _names(*OBSERVATIONS),
    "v": _NUMBER,
}
#: also takes `null`
_RAW: Final = msgspec.Raw
_FIELDS: Final[dict[str, Any]] = {
    **SEEN,
    "args": _RAW,
    "time": int | _TEXT,
    "ended": int | _TEXT,
    "host": _TEXT,
    "session": _TEXT,
    "process": _TEXT,
    "writer": _TEXT,
    "writer_id": _TEXT,
    "instance": _TEXT,
    "thread": _NUMBER,
    "source": _RAW,
}
assert _FIELDS.keys() == set(KEYS)
#: they say whose a record is, and when
_ALWAYS: Final = ("time", "host", "session", "instance", "writer_id", "writer", "process")
#: keys that the scan looks at by themselves
REST: Final = ("thread", "ended", "source")


class Form:
    """
    The keys that the records of a trace have; a record with another one needs more quotes.

    Args:
        keys: as far as they are known.
    """

    def __init__(self, keys: Collection[str]) -> None:
        keys = {*keys, *_ALWAYS, "event", "actor"}
        fields = [(name, kind, None) for name, kind in _FIELDS.items() if name in keys]
        self._line: Any = msgspec.defstruct("Line", fields, gc=False)
        self._decoder: Any = msgspec.json.Decoder(self._line)
        #: keys that a symbol depends on, in order
        self.seen = tuple(name for name in SEEN if name in keys)
        self.has_args = "args" in keys
        #: some record has a key that the scan has to look at by itself
        self.has_rest = not keys.isdisjoint(REST)

    def decode(self, block: bytes) -> list[Any] | None:
        """Give the records of a block, one per line; None where that is not proved."""
        lines = block.count(b"\n")
        between = block.count(b"}\n{")
        if between != lines - 1:
            between += block.count(b"}\r\n{")
        if between != lines - 1 or len(block) > LONGEST_LINE:
            return None
        try:
            found: list[Any] = self._decoder.decode_lines(block)
        except (msgspec.DecodeError, RecursionError):
            return None
        return found if len(found) == lines else None

    def keys_in(self, block: bytes) -> frozenset[str]:
        """Give the keys that records of *block* have; of the whole form."""
        records = self.decode(block) or []
        return frozenset(
            name for record in records for name in _FIELDS if getattr(record, name) is not None
        )

    def decode_one(self, line: bytes, number: int) -> Any:
        """
        Read one line; None for a blank one.

        Raises:
            UnfitError: something is wrong with it, or it has a value of another type.
        """
        try:
            found = self._decoder.decode(line)
        except (msgspec.DecodeError, RecursionError):
            return self._read_slowly(line, number)
        if line.count(b'"') != _quotes(found) or len(line) > LONGEST_LINE:
            return self._read_slowly(line, number)
        return found

    def _read_slowly(self, line: bytes, number: int) -> Any:
        """Read one line with the tolerant reader."""
        if not line.strip(b" \t\r\n"):
            return None
        try:
            row = row_of_line(line.decode("utf-8").rstrip("\r\n"), number)
            if row.notes or row.values is None or len(line) > LONGEST_LINE:
                raise UnfitError
            known = {key: row.values[key] for key in KEYS if row.values.get(key) is not None}
            for key in ("args", "source"):
                if key in known:
                    known[key] = msgspec.Raw(json.dumps(known[key]).encode())
            return msgspec.convert(known, self._line)
        except (UnicodeError, msgspec.ValidationError):
            raise UnfitError from None


@lru_cache(64)
def form_of(keys: frozenset[str]) -> Form:
    """Give the form of records that have *keys*; a decoder takes a while to make."""
    return Form(keys)


def whole_form() -> Form:
    """Give the form of all keys."""
    return form_of(frozenset(_FIELDS))


def _quotes(record: Any) -> int:
    """Give the number of quotes that *record* needs."""
    values = [value for value in msgspec.structs.astuple(record) if value is not None]
    return 2 * len(values) + sum(
        2 if isinstance(value, str) else bytes(value).count(b'"')
        for value in values
        if not isinstance(value, int)
    )


class _Bytes(Protocol):
    """What bytes are read from, packed or not."""

    def read(self, size: int, /) -> bytes | None:
        """Give at most *size* bytes, none at the end."""


def blocks(stream: "_Bytes") -> Iterator[bytes]:
    """Give the bytes of *stream* in blocks of whole lines."""
    rest = b""
    while data := stream.read(BLOCK):
        cut = data.rfind(b"\n") + 1
        if not cut:
            rest += data
            if len(rest) > LONGEST_LINE:
                raise UnfitError
            continue
        yield rest + data[:cut]
        rest = data[cut:]
    if rest:
        yield rest + b"\n"
