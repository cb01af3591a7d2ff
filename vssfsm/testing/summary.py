"""What tests visited, in words: rows, pairs and faults of each, and the share of all rows."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from vssfsm.reports.words import count, inert, listed, one_line
from vssfsm.spec.catalogue import REGIONS
from vssfsm.testing.coverage.counts import COUNTED, permitted
from vssfsm.testing.generation.calls import WITH_HISTORY
from vssfsm.testing.visits import Visits


class Summary:
    """
    The summary of a run.

    Args:
        collected: by name of what was tested.
        wanted: beginnings of the codes of rows that count; all by default.
    """

    def __init__(self, collected: Mapping[str, Visits], wanted: Sequence[str] = ()) -> None:
        self._collected = dict(sorted(collected.items()))
        self._wanted = tuple(wanted)
        self._known = {name: self._rows_of(visits) for name, visits in self._collected.items()}

    def _rows_of(self, visits: Visits) -> frozenset[str]:
        """Give the rows that could be visited: those that the test named, else whole machines."""
        if self._wanted:
            return frozenset(code for code in all_rows() if code.startswith(self._wanted))
        return frozenset(visits.known or _of_participants(visits))

    @property
    def taken(self) -> set[str]:
        """Rows that count and were visited."""
        return {c for name, one in self._collected.items() for c in one.rows} & self.known

    @property
    def known(self) -> set[str]:
        """Rows that count."""
        if self._wanted:
            return {code for code in all_rows() if code.startswith(self._wanted)}
        return set().union(*self._known.values())

    @property
    def percent(self) -> float:
        """Percent of the rows that were visited; 0 where there are none."""
        return 100 * len(self.taken) / len(self.known) if self.known else 0.0

    def lines(self, under: float | None = None) -> Iterator[str]:
        """Give the lines; *under* is the least percentage that is accepted."""
        width = max((len(name) for name in self._collected), default=0)
        for name, visits in self._collected.items():
            known = self._known[name]
            text = f"{name:{width}}  {len(known & visits.rows.keys()):4} of {len(known):4} rows"
            text += f"  {count(len(visits.pairs), 'pair')}"
            broken = sorted({code for *_, code in visits.broken})
            text += f"  broken: {', '.join(broken)}" if broken else ""
            yield inert(one_line(text))
        missing = [code for code in all_rows() if code in self.known - self.taken]
        if missing:
            yield f"not visited: {listed(missing)}"
        text = f"total: {self.percent:.1f} % of {len(self.known)} rows"
        if under is not None:
            is_short = self.percent < under
            text += f"; FAIL: under {under:g} %" if is_short else f"; at least {under:g} % wanted"
        yield text

    def draw(self, directory: str) -> Iterator[str]:
        """Draw what was visited into *directory*; gives what has to be said about that."""
        from vssfsm.testing.pictures import write

        for name, visits in self._collected.items():
            yield from write(directory, name, visits)


def _of_participants(visits: Visits) -> set[str]:
    """Give the rows that `vssfsm coverage` counts, of the participants that were seen."""
    seen = {name for name, codes in _permitted().items() if codes & visits.rows.keys()}
    calls = not seen.isdisjoint(WITH_HISTORY)
    names = [name for name in COUNTED if name in seen or (calls and name in WITH_HISTORY)]
    return set().union(*(_permitted()[name] for name in names))


@cache
def _permitted() -> dict[str, frozenset[str]]:
    """Give the codes of the permitted rows of each region that is counted."""
    return {name: frozenset(permitted(REGIONS[name])) for name in COUNTED}


@cache
def all_rows() -> tuple[str, ...]:
    """Give the codes of all permitted rows, in the order of the tables."""
    return tuple(
        dict.fromkeys(row.code for region in REGIONS.values() for row in region.rows if row.to)
    )
