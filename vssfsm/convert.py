"""
Any evidence as canonical records, with their origin and their kind of observation.

What could not be read is told, and stays in the output as a hole with what was wrong with it, so
that `check` of the converted evidence finds what `check` of the evidence does.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.errors import MissingExtra, UsageError
from vssfsm.spec import inputs
from vssfsm.spec.rows import WARNING
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces import source
from vssfsm.traces.aside import remarks as said_of
from vssfsm.traces.columns import NO_COLUMNS, Columns
from vssfsm.traces.origin import NOTES, UNREAD, origin
from vssfsm.traces.reading import Entered, Reading, check_format, enter
from vssfsm.traces.redact import Redactor
from vssfsm.traces.render import PARQUET, render, values_of
from vssfsm.traces.values import VERSION

#: lines that are told
TOLD: Final = 100
_RULES: Final = {row.code: row for row in inputs.ROWS}


class Told(NamedTuple):
    """What was wrong with a line of an input."""

    path: str
    note: Note


class Converted(NamedTuple):
    """Evidence in another format, and what was wrong with it."""

    content: bytes
    records: int
    told: tuple[Told, ...]
    remarks: tuple[str, ...]
    names: str = ""

    @property
    def unreadable(self) -> bool:
        """Tell whether something could not be read, or nothing was there."""
        return not self.records or any(_RULES[t.note.code].severity == WARNING for t in self.told)


def convert(
    paths: Sequence[str],
    *,
    to: str,
    input_format: str = "auto",
    redact: bool = False,
    columns: Columns = NO_COLUMNS,
) -> Converted:
    """
    Convert evidence.

    Args:
        paths: files, directories, patterns, or `-` for standard input.
        to: a format of `vssfsm.traces.render.FORMATS`.
        input_format: `auto`, or a format of `READERS`.
        redact: put tokens in the place of names.
        columns: what names in tables and attributes stand for.

    Raises:
        UsageError: an option or a pattern is wrong.
        MissingExtra: a format needs a package that is not installed.
    """
    check_format(input_format)
    redactor = Redactor() if redact else None
    records: list[dict[str, object]] = []
    told: list[Told] = []
    remarks: list[str] = []
    for path in source.expand(list(paths)):
        for item, place in _items(path, input_format, columns, remarks):
            records.append(_convert(item, place, redactor))
            told += [Told(path, note) for note in item.notes]
    names = redactor.map() if redactor else ""
    content = render(records, to)
    return Converted(content, len(records), tuple(told), tuple(remarks), names)


def run(  # noqa: PLR0913 - options by name
    paths: Sequence[str],
    *,
    to: str,
    input_format: str,
    redact: bool,
    names: str | None,
    output: str,
    columns: Columns = NO_COLUMNS,
) -> int:
    """
    Convert evidence for the command line: files whole or not at all, then the exit code.

    Args:
        paths: as for `convert`.
        to: as for `convert`.
        input_format: as for `convert`.
        redact: as for `convert`.
        names: file for the map of tokens, or None.
        output: file for the records; `-` is standard output.
        columns: as for `convert`.

    Raises:
        UsageError: as for `convert`, or a file cannot be written.
        MissingExtra: as for `convert`.
    """
    from vssfsm.outputs import STDOUT, refuse_twice, show, write_all

    printed = output == STDOUT
    if printed and to == PARQUET and sys.stdout.isatty():
        raise UsageError("a terminal shows no Parquet; name a file with -o")
    kept = source.expand(list(paths))
    refuse_twice([path for path in (names, output) if path and path != STDOUT], kept)
    hidden = redact or bool(names)
    made = convert(kept, to=to, input_format=input_format, redact=hidden, columns=columns)
    files: list[tuple[str, str | bytes]] = [(names, made.names)] if names else []
    write_all(files if printed else [*files, (output, packed(output, made.content))])
    if printed:
        show(visible(made.content) if sys.stdout.isatty() else made.content)
    sys.stderr.write(tell(made))
    return 3 if made.unreadable else 0


def visible(content: bytes) -> bytes:
    """Give records as a terminal may show them: what it would act on stands there by its number."""
    from vssfsm.reports.words import one_line

    lines = content.decode("utf-8", "backslashreplace").split("\n")
    return "\n".join(one_line(line.removesuffix("\r")) for line in lines).encode()


def packed(path: str, content: bytes) -> bytes:
    """
    Give *content* packed as the ending of *path* says.

    Raises:
        MissingExtra: it ends in .zst, and the package is not installed.
    """
    if path.lower().endswith(".gz"):
        from gzip import compress

        return compress(content, mtime=0)
    if path.lower().endswith(".zst"):
        try:
            import zstandard
        except ImportError:
            raise MissingExtra("writing a .zst file", "zst") from None
        data: bytes = zstandard.ZstdCompressor(write_checksum=True).compress(content)
        return data
    return content


def tell(made: Converted) -> str:
    """Give what was wrong, a line each; of very many the first ones, and their number."""
    from vssfsm.reports.words import inert, one_line

    lines = [inert(one_line(_line(one))) for one in made.told[:TOLD]]
    if len(made.told) > TOLD:
        lines.append(f"vssfsm: {len(made.told) - TOLD} more")
    lines += [inert(one_line(remark)) for remark in made.remarks]
    if not made.records:
        lines.append(f"vssfsm: {inputs.EMPTY.says}")
    return "".join(f"{line}\n" for line in lines)


def _line(told: Told) -> str:
    row, note = _RULES[told.note.code], told.note
    text = f"{row.says}: {note.message}" if note.message else row.says
    return f"{told.path}:{note.line}: {note.code} {row.name}: {text}"


class _Place(NamedTuple):
    """The input that a record stands in."""

    path: str
    format: str
    observation: str


class _Item(NamedTuple):
    """A record as it was read, and the keys and values that it was read from."""

    record: Record
    notes: tuple[Note, ...]
    values: Mapping[str, object]


def _items(
    path: str, input_format: str, columns: Columns, remarks: list[str]
) -> Iterator[tuple[_Item, _Place]]:
    with enter(path, input_format, columns) as entered:
        if isinstance(entered, Note):
            yield _hole(entered), _Place(path, "unknown", OBSERVATIONS[0])
            return
        reader = entered.reader
        place = _Place(path, entered.format, reader.OBSERVATION)
        line = 0
        try:
            for item in _read(path, entered, reader, remarks):
                line = item.record.line
                yield item, place
        except EOFError as error:
            yield _hole(Note(inputs.TRUNCATED.code, line + 1, str(error))), place


def _hole(note: Note) -> _Item:
    return _Item(Record(line=note.line, hole=True), (note,), {})


def _read(path: str, entered: Entered, reader: Any, remarks: list[str]) -> Iterator[_Item]:
    """Give keys and values as they stand in the input, where its reader knows them."""
    if hasattr(reader, "rows"):
        for row in reader.rows(entered.opened):
            record, notes = row.read()
            yield _Item(record, notes, row.values or {})
        return
    reading = Reading(entered)
    for record, notes in reading:
        yield _Item(record, notes, values_of(record))
    remarks += [f"{path}: {remark}" for remark in said_of(reading.aside)]


def _convert(item: _Item, place: _Place, redactor: Redactor | None) -> dict[str, object]:
    """Give the values of one record, with its origin and kind of observation."""
    given = redactor.values(item.values, item.record) if redactor else item.values
    values = {"v": VERSION} | {k: v for k, v in given.items() if v is not None}
    values["observation"] = max(
        *(item.record.observation or OBSERVATIONS[0], place.observation), key=OBSERVATIONS.index
    )
    values["source"] = _source(item, place, redactor)
    return values


def _source(item: _Item, place: _Place, redactor: Redactor | None) -> dict[str, object]:
    """Give where the record was first written; one that was converted before says so itself."""
    record, notes = item.record, redactor.notes(item.notes) if redactor else item.notes
    made = origin(place.path, record.line, place.format, notes, unread=record.hole)
    before = {k: v for k, v in (record.source or {}).items() if k not in (NOTES, UNREAD)}
    if redactor is None:
        return made | before
    path, line = before.get("path", place.path), before.get("line")
    hidden = {"path": redactor.token("path", str(path))}
    return made | hidden | ({"line": line} if isinstance(line, int) else {})
