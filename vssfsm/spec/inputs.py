"""Rules about evidence that could not be read. All are warnings and cause exit code 3."""

from typing import Final

from vssfsm.spec.rows import OPEN, STATED, Row


def _rule(code: str, name: str, says: str, why: str) -> Row:
    return Row(
        code=code,
        name=name,
        grade=STATED,
        mild=True,
        sources=("trace-format",),
        says=says,
        why=why,
        blame="recorder",
    )


_HOLE: Final = "The line is a hole: what it may have held is given the benefit of the doubt."
UNREADABLE: Final = _rule("INP101", "unreadable-line", "the line is no JSON object", _HOLE)
UNKNOWN_NAME: Final = _rule(
    "INP102",
    "unknown-name",
    "the record has a name that the format does not know",
    _HOLE,
)
WRONG_TYPE: Final = _rule("INP103", "wrong-type", "a value has the wrong type", _HOLE)
DUPLICATE_KEY: Final = _rule(
    "INP104",
    "duplicate-key",
    "a key stands twice in one record; the last one counts",
    "Two recorders may have written into one line.",
)
NEWER_VERSION: Final = _rule(
    "INP105", "newer-version", "the record is of a newer version of the format", _HOLE
)
LINE_TOO_LONG: Final = _rule("INP106", "line-too-long", "the line is too long for a record", _HOLE)
TRUNCATED: Final = _rule(
    "INP107",
    "truncated-input",
    "the input ends in the middle",
    "What stood behind is a hole; the end of the trace says nothing about what is owed.",
)
EMPTY: Final = _rule(
    "INP108", "empty-input", "the input holds no record", "Nothing was judged: that is no success."
)
UNKNOWN_FORMAT: Final = _rule(
    "INP109",
    "unknown-format",
    "the input is in no format that we know",
    "Nothing was judged: that is no success.",
)
CLOCK_STEP: Final = _rule(
    "INP110",
    "clock-step",
    "the clock of a participant went backwards",
    "Durations across the step are not judged; the order of lines counts, never the times.",
)
INCOMPLETE_BLOCK: Final = _rule(
    "INP111", "incomplete-block", "a block of the listing is not complete", _HOLE
)
NO_WRITERS: Final = _rule(
    "INP112",
    "listing-without-writers",
    "the listing holds no writer",
    "A listing that was made without elevation, or with writers that did not answer, is no proof"
    " of health.",
)
MORE_UNREAD: Final = _rule(
    "INP113",
    "more-unread-lines",
    "further lines could not be read",
    "They are counted, not listed.",
)
UNREADABLE_INPUT: Final = _rule(
    "INP114", "unreadable-input", "the input cannot be opened or decoded", _HOLE
)
UNKNOWN_LABEL: Final = Row(
    code="INP115",
    name="unknown-error-label",
    grade=OPEN,
    sources=("vssadmin-list-writers",),
    says="the text of the last error is not known in any language",
    why="The state is read from its number; whether the writer recorded a failure stays open.",
    blame="unknown",
)
MISFIT_ROW: Final = _rule(
    "INP116", "misfit-row", "the row of the table does not fit its header", _HOLE
)
MISFIT_HEADER: Final = _rule(
    "INP117",
    "misfit-header",
    "the header of the table names no records, or a column twice",
    "Without the columns `event` and `actor` nothing says what a row tells of; of two columns with"
    " one name nothing says which counts.",
)

ROWS: Final = (
    *(UNREADABLE, UNKNOWN_NAME, WRONG_TYPE, DUPLICATE_KEY, NEWER_VERSION, LINE_TOO_LONG),
    *(TRUNCATED, EMPTY, UNKNOWN_FORMAT, CLOCK_STEP, INCOMPLETE_BLOCK, NO_WRITERS, MORE_UNREAD),
    *(UNREADABLE_INPUT, UNKNOWN_LABEL, MISFIT_ROW, MISFIT_HEADER),
)
