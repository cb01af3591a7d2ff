"""
What tests visited: rows, pairs of rows, and the ways through the machines, by the test's name.

Everything that is tested in this process adds to `COLLECTED`; the pytest plugin reads it at the
end, and sends it from workers to the controller. Nothing is imported here that costs time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

#: a way through a machine: region, state, event, state
Way = tuple[str, str, str, str]


class Visits:
    """Counts of what one test visited; they add up."""

    def __init__(self) -> None:
        #: visits of rows, and of rows of one region that followed one another
        self.rows: Counter[str] = Counter()
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.ways: Counter[Way] = Counter()
        #: what was wrong: region, state, event, and the code of the rule or the name of the fault
        self.broken: Counter[Way] = Counter()
        #: rows that the test could take, as far as that is known
        self.known: set[str] = set()

    def take(self, before: Iterable[str], rows: Iterable[str], ways: Iterable[Way] = ()) -> None:
        """Add one step: the *rows* that explain it, those of the step *before*, and the ways."""
        rows = tuple(rows)
        self.rows.update(rows)
        self.pairs.update((a, b) for a in before for b in rows)
        self.ways.update(ways)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Visits) and self.as_data() == other.as_data()

    __hash__ = None  # type: ignore[assignment]  # counts change

    def add(self, other: "Visits") -> None:
        """Add the counts of *other*."""
        self.rows += other.rows
        self.pairs += other.pairs
        self.ways += other.ways
        self.broken += other.broken
        self.known |= other.known

    # --- between processes ---------------------------------------------------
    def as_data(self) -> dict[str, list[list[object]]]:
        """Give plain values, in a fixed order."""
        return {
            "known": [[code] for code in sorted(self.known)],
            "rows": [[code, count] for code, count in sorted(self.rows.items())],
            **{
                name: [[*key, count] for key, count in sorted(getattr(self, name).items())]
                for name in ("pairs", "ways", "broken")
            },
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Iterable[Iterable[object]]]) -> "Visits":
        """Read what `as_data` gave."""
        visits = cls()
        visits.known = {str(code) for (code,) in data["known"]}
        for code, count in data["rows"]:
            visits.rows[str(code)] = int(str(count))
        for name in ("pairs", "ways", "broken"):
            counter = getattr(visits, name)
            for *key, count in data[name]:
                counter[tuple(map(str, key))] = int(str(count))
        return visits


#: by the name of what was tested
COLLECTED: Final[dict[str, Visits]] = {}


def visits_of(name: str) -> Visits:
    """Give the counts of *name*, begun now if there were none."""
    return COLLECTED.setdefault(name, Visits())
