"""
Columns of numbers, eagerly: what the library offers for them alone.

Many of its methods set up a query for one column, which takes longer than the work itself.
"""

from typing import Any, Final

#: two numbers of 32 bits in one
WIDE: Final = 1 << 32


def sorted_by(keys: Any, polars: Any) -> Any:
    """Give the places of *keys*, numbers of 32 bits, in the order of the keys; it is stable."""
    places = keys.to_frame("").with_row_index("place")["place"]
    packed = (keys.cast(polars.UInt64) * WIDE + places).sort(multithreaded=False)
    return low_bits(packed, polars)


def low_bits(words: Any, polars: Any) -> Any:
    """Give the lower 32 of 64 bits; a cast that checks its values takes much longer."""
    return words.cast(polars.UInt32, wrap_numerical=True)


def places_of(mask: Any, first: int = 0) -> Any:
    """Give the places where *mask* is true; that of its first value is *first*."""
    return mask.to_frame("").with_row_index("place", offset=first)["place"].filter(mask)


def begins_of(keys: Any, polars: Any) -> Any:
    """Tell of each of *keys*, of which none is null, whether another one is before it."""
    if not len(keys):
        return polars.Series([], dtype=polars.Boolean)
    differs = keys.slice(1) != keys.slice(0, len(keys) - 1)
    return polars.Series([True]).append(differs).rechunk()


def lasts_of(firsts: Any, size: int, polars: Any) -> Any:
    """Give the last places of runs that begin at *firsts*, of *size* places in all."""
    if not size:
        return firsts
    return firsts.slice(1).append(polars.Series([size], dtype=polars.UInt32)).rechunk() - 1
