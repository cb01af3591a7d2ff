"""
Readers of other packages: entry points of the group `vssfsm.readers`, looked for when needed.

The name of an entry point is the name of the format; what it loads has

* `OBSERVATION`: the kind of evidence, one of complete, partial, window, sampled;
* `events(data)`: gives pairs of a line, from 1, and the keys and values of a canonical record;
* `shows(text)`, if the format can be told by the beginning of an input: True if this is it.

What such a reader raises is a hole behind what it gave before; nothing of it is believed silently.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from vssfsm.core.finding import Note
from vssfsm.core.record import Record
from vssfsm.errors import UsageError
from vssfsm.spec import inputs
from vssfsm.spec.vocabulary import OBSERVATIONS
from vssfsm.traces.canonical import Row, no_row
from vssfsm.traces.source import Opened, everything

GROUP: Final = "vssfsm.readers"
_LONGEST: Final = 200


class Plugin:
    """A reader of another package, with the interface of our own."""

    def __init__(self, name: str, module: Any) -> None:
        self.name = name
        self._module = module
        self.OBSERVATION = getattr(module, "OBSERVATION", None)
        if self.OBSERVATION not in OBSERVATIONS or not callable(getattr(module, "events", None)):
            known = ", ".join(OBSERVATIONS)
            raise UsageError(f"reader {name!r} needs events(data), and OBSERVATION of {known}")

    def shows(self, text: str) -> bool:
        """Tell whether the beginning of an input is in its format; a reader that fails says no."""
        try:
            return bool(self._module.shows(text)) if hasattr(self._module, "shows") else False
        except Exception:  # noqa: BLE001 - it is not ours, and others may know the format
            return False

    def read(self, opened: Opened) -> Iterator[tuple[Record, tuple[Note, ...]]]:
        """Give each record with what was wrong with it."""
        return (row.read() for row in self.rows(opened))

    def rows(self, opened: Opened) -> Iterator[Row]:
        """
        Give keys and values of each event.

        Raises:
            EOFError: the compressed data ends in the middle, or is damaged.
        """
        line, data = 1, everything(opened)
        try:
            for number, values in self._module.events(data):
                line = int(number)
                if isinstance(values, Mapping):
                    yield Row(line, {str(key): value for key, value in values.items()})
                else:
                    yield no_row(line, f"reader {self.name!r} gave no mapping")
        except Exception as error:  # noqa: BLE001 - a foreign reader may raise anything
            text = f"reader {self.name!r} failed: {type(error).__name__}: {error}"[:_LONGEST]
            yield no_row(line, text, inputs.UNREADABLE_INPUT.code)


def names() -> tuple[str, ...]:
    """Give the names of the readers of other packages, sorted."""
    return tuple(sorted(_found()))


def load(name: str) -> Plugin:
    """
    Give the reader *name*.

    Raises:
        UsageError: it cannot be loaded, or is none.
    """
    try:
        module = _found()[name].load()
    except Exception as error:
        raise UsageError(f"reader {name!r} cannot be loaded: {error}") from error
    return Plugin(name, module)


def telling(text: str) -> str | None:
    """Give the first reader, by name, that knows the beginning of an input; None if none does."""
    return next((name for name in names() if load(name).shows(text)), None)


def _found() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}
