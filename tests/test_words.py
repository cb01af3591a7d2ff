"""Times that are read as words are what the reader of single times makes of them."""

import random

import pytest

from vssfsm.fast.words import WIDTH, read_words
from vssfsm.traces.values import accepts, read_time

polars = pytest.importorskip("polars")


def _read(texts: list[str | None]) -> list[int | None] | None:
    found = read_words(polars.Series(texts), len(next(filter(None, texts)).encode()), polars)
    return None if found is None else found.to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00.000Z",
        "2026-12-31T23:59:59.999Z",
        "2024-02-29T12:34:56.789Z",
        "1969-12-31T23:59:59.999Z",
        "2026-01-01T00:00:00.0001Z",
        "2026-03-04T05:06:07.1234567Z",
        "1700-01-01T00:00:00.987654321Z",
        "2261-12-31T23:59:59.999999999Z",
    ],
)
def test_times(text: str) -> None:
    """Alone, beside one of another month, and beside none."""
    other = f"1999-09{text[7:8]}09{text[10:]}"
    assert _read([text]) == [read_time(text)]
    assert _read([other, None, text]) == [read_time(other), None, read_time(text)]


@pytest.mark.parametrize("at", range(WIDTH))
def test_anything_else(at: int) -> None:
    """Whatever stands at one place: it is read as it is elsewhere, or left to others."""
    for text in ("2026-11-22T11:34:45.123Z", "2026-11-22T20:34:45.1234Z"):
        for mark in "0123456789-+:;./TtZz @?\0\u0660\u00fc":
            changed = f"{text[:at]}{mark}{text[at + 1 :]}"
            found = _read([changed])
            if found is not None:
                assert accepts("time", changed)
                assert found == [read_time(changed)]
            elif mark.isascii() and mark.isdigit() and at > 3 and changed.endswith("Z"):
                assert changed[17:19] == "60" or not accepts("time", changed)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00.000Z",
        "2026-04-31T00:00:00.000Z",
        "2026-04-00T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "2026-01-01T00:00:00.000+01:00",
        "2026-01-01T00:00:00.0000000000Z",
        "2262-01-01T00:00:00.000Z",
    ],
)
def test_left_to_others(text: str) -> None:
    """No time, none in UTC, one of more digits than count or of more bits."""
    assert _read([text]) is None
    assert _read([f"2026-03{text[7:8]}09T09:09:09{text[19:]}", text]) is None


def test_many_months() -> None:
    """So many in one column that nobody tells them apart here."""
    texts = [f"{1900 + n}-01-01T00:00:00.000Z" for n in range(100)]
    random.Random(1).shuffle(texts)
    assert _read([*texts]) is None
    assert _read([*texts[:50]]) == [*map(read_time, texts[:50])]
