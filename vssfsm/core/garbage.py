"""How often cycles of garbage are looked for."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: new objects after which they are looked for, where most of what is made stays
RARELY: Final = 20_000


@contextmanager
def collected_rarely() -> Iterator[None]:
    """Look for garbage rarely in here: each look goes through all that was made before."""
    thresholds = gc.get_threshold()
    gc.set_threshold(RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
