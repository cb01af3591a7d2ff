"""Steps of sessions: who has taken part, where a line led to, and what came behind it last time."""

from collections.abc import Mapping
from typing import Final

from vssfsm.fast.contexts import Context, Named
from vssfsm.fast.graph import Node
from vssfsm.fast.shapes import Cast, Joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.fast.owners import Entry, Who, Writer

#: rosters behind one that are kept
_ROSTERS: Final = 1_000
_NO_WORDS: Final[Mapping[str, str]] = {}
#: ends no line
_NO_TAIL: Final = b"\n\n"


class Roster:
    """
    Who takes part in a session, in the order of their first records; on a host mostly the same one.

    Args:
        has_host: records name their host.
        whos: they.
        names: what they are called by, and what was said of them before.
        words: what stands for each of their names.
    """

    __slots__ = ("has_host", "is_plain", "names", "next", "places", "whos", "words")

    def __init__(
        self,
        *,
        has_host: bool,
        whos: "tuple[Who, ...]" = (),
        names: tuple[Joined, ...] = (),
        words: Mapping[str, str] = _NO_WORDS,
    ) -> None:
        self.has_host = has_host
        self.whos = whos
        self.names = names
        self.words = words
        #: nothing was said of anybody before
        self.is_plain = self.cast.is_plain
        self.places = {who: place for place, who in enumerate(whos)}
        #: with one more
        self.next: dict[tuple[Who, Context], Roster] = {}

    @property
    def cast(self) -> Cast:
        """What matters of them."""
        return Cast(self.names, self.has_host)

    def join(self, who: "Who", context: Context) -> "Roster":
        """Give it with *who* as the last; *context* was said before of its writer."""
        found = self.next.get((who, context))
        if found is None:
            words = dict(self.words)
            named = Named(
                *(word and words.setdefault(word, f"x{len(words)}") for word in who.words)
            )
            is_again = any(one.writer is who.writer for one in self.whos)
            joined = Joined(named, context, is_again)
            if len(self.next) >= _ROSTERS:
                self.next.clear()
            found = Roster(
                has_host=self.has_host,
                whos=(*self.whos, who),
                names=(*self.names, joined),
                words=words,
            )
            self.next[who, context] = found
        return found


class Rest:
    """
    What is left of a line without its time and session, and what it says.

    Args:
        entry: what it says.
        head, tail: before and behind the session; of no line if they are not known.
    """

    __slots__ = ("entry", "head", "steps", "tail")

    def __init__(self, entry: "Entry", head: bytes = b"", tail: bytes = _NO_TAIL) -> None:
        self.head = head
        self.tail = tail
        self.entry = entry
        #: by what came before it in a session, and who took part
        self.steps: dict[tuple[Node, Roster], Step] = {}


#: judged symbols and records
More = tuple[int, int]
NOTHING_MORE: Final[More] = (0, 0)


class Step:
    """
    The newest record of a session, behind others: where it led to.

    Args:
        node: where.
        roster: who has taken part.
        more: what counts for it beside what leads to the node.
        rest: of its line; None where it is not known, or no record has come.
    """

    __slots__ = (
        *("acts", "after", "entry", "head", "is_more", "is_timed", "more", "node", "roster"),
        *("tail", "tells", "writer"),
    )

    entry: "Entry"
    writer: "Writer"

    def __init__(
        self, node: Node, roster: Roster, more: More = NOTHING_MORE, rest: Rest | None = None
    ) -> None:
        self.node = node
        self.roster = roster
        self.more = more
        if rest is None:  # then what it says is never asked for
            self.head, self.tail, self.after = b"", _NO_TAIL, self
            return
        #: what came behind it the last time
        self.after = UNSEEN
        self.head, self.tail, self.entry = rest.head, rest.tail, rest.entry
        # What each line is asked is at hand.
        self.writer = rest.entry.writer
        self.acts = rest.entry.acts
        self.tells = rest.entry.tells
        self.is_timed = rest.entry.is_timed
        self.is_more = rest.entry.is_more or more != NOTHING_MORE


#: stands for a step that nobody made
UNSEEN: Final = Step(Node(None, None, 0, is_bound=True), Roster(has_host=False))
