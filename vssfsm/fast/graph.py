"""
What sessions have seen so far, as nodes of a graph: sessions alike are at the same node.

Writers that take turns at the same event come to the same node in any order. Nodes at which the
reference remembers the same are twins: sessions go on from one as from the other.
"""

from typing import Final

from vssfsm.fast.symbols import HOLE, REQUESTER, Symbol, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.fast.owners import Session
    from vssfsm.fast.shapes import Joined, Reached, Verdict

#: nodes that are kept
KEPT: Final = 50_000
#: place of what could not be read: it may be of anybody
NOWHERE: Final = -1

#: who joins a session with a record of a row of turns, in order
Joining = tuple["Joined", ...]


class Node:
    """
    Everything up to a record.

    Args:
        parent: what was before; of a row of turns, before all of them.
        symbol: of the record; None at the root.
        places: bits of the places whose it is.
        is_bound: those who take part have to do with one another; else each is judged alone.
        joining: who had no record before.
    """

    __slots__ = (
        *("count", "is_bound", "is_lost", "joining", "met", "next", "parent", "places", "reached"),
        *("rests", "rows", "symbol", "taken", "turns", "twin", "verdict"),
    )

    def __init__(
        self,
        parent: "Node | None",
        symbol: Symbol | None,
        places: int,
        *,
        is_bound: bool,
        joining: Joining = (),
    ) -> None:
        self.parent = parent
        self.symbol = symbol
        self.places = places
        self.joining = joining
        #: who has taken part so far
        self.count: int = len(joining) + (0 if parent is None else parent.count)
        #: records of several writers may have changed places
        self.turns: bool = not is_bound if parent is None else parent.turns
        self.is_bound = is_bound
        #: where each record leads to, as far as it was seen; who joins with it is told
        self.next: dict[Token | tuple[Token, Joined] | Symbol, Node] = {}
        #: where rows of turns lead to
        self.rows: dict[tuple[Symbol, int, Joining], Node] | None = None
        #: the first node found at which the same is remembered, or this one
        self.twin: Node = self
        #: what is remembered, once that was looked up: of all together, or of each alone
        self.reached: tuple[Reached, ...] = ()
        #: codes of the rows that the records behind its parent take, once that was looked up
        self.taken: frozenset[str] = frozenset()
        #: something was found on the way, or it is dear to know what is remembered
        self.is_lost: bool = parent is not None and parent.is_lost
        #: what is said of sessions that end here
        self.verdict: Verdict | None = None
        #: sessions that are here touch no other one, once somebody asked
        self.rests: bool | None = None
        #: the only session so far that ended here
        self.met: Session | None = None

    def trail(self) -> "list[Node]":
        """Give the nodes from the root, without it; of a row of turns, the last one."""
        found, node = [], self
        while node.parent is not None:
            found.append(node)
            node = node.parent
        return found[::-1]

    def records(self) -> list[tuple[Symbol, int]]:
        """Give the symbols behind the parent, with their places, turns in the order of these."""
        symbol = self.symbol
        assert symbol is not None
        places = [NOWHERE] if symbol is HOLE else _bits(self.places)
        return [(symbol, place) for place in places]

    def path(self) -> list[tuple[Symbol, int]]:
        """Give all symbols from the root, with their places."""
        return [record for node in self.trail() for record in node.records()]


class Graph:
    """The nodes of one input; when there are too many, new sessions begin a new graph."""

    def __init__(self) -> None:
        self._room = 0
        self._roots: dict[bool, Node] = {}
        #: the first node at which each is remembered
        self._known: dict[object, Node] = {}

    def root(self, *, turns: bool) -> Node:
        """
        Give the node of a session that begins.

        Args:
            turns: writers may change places; levels would tell them apart.
        """
        if self._room <= 0:
            self._room = KEPT
            self._roots = {each: Node(None, None, 0, is_bound=not each) for each in (True, False)}
            self._known = {}
        return self._roots[turns]

    def follow(self, node: Node, token: Token, joined: "Joined | None" = None) -> tuple[Node, Node]:
        """
        Give the node to which *token* leads, and the one before it: *node*, or its twin.

        Args:
            node: where a session is.
            token: of its next record.
            joined: whose it is, if he has no record before it.
        """
        key = token if joined is None else (token, joined)
        found = node.next.get(key)
        if found is not None:
            return node, found
        symbol = token.symbol
        binds = symbol.kind == REQUESTER or symbol.has_level
        binds |= joined is not None and joined.is_again
        if node.twin is not node and node.is_bound >= binds:
            return self.follow(node.twin, token, joined)
        found = self._find(node, token, joined, is_bound=binds or node.is_bound)
        node.next[key] = found
        return node, found

    def hide(self, node: Node) -> tuple[Node, Node]:
        """Give the node to which records lead that could not be read, and the one before it."""
        if node.symbol is HOLE:
            return node, node
        found = node.next.get(HOLE)
        if found is not None:
            return node, found
        if node.twin is not node:
            return self.hide(node.twin)
        self._room -= 1
        found = node.next[HOLE] = Node(node, HOLE, 0, is_bound=node.is_bound)
        return node, found

    def settle(
        self, node: Node, names: "tuple[Joined, ...]", reached: "tuple[Reached, ...]"
    ) -> None:
        """
        Note what is remembered at *node*.

        Args:
            node: where.
            names: who has taken part so far.
            reached: see `Node.reached`; with the rows that were taken behind the parent.
        """
        memory = tuple((one.states, one.state) for one in reached)
        node.taken = frozenset().union(*(one.rows for one in reached))
        node.reached = tuple(one._replace(rows=frozenset()) for one in reached)
        node.twin = self._known.setdefault((names, node.turns, memory), node)

    def _find(self, node: Node, token: Token, joined: "Joined | None", *, is_bound: bool) -> Node:
        symbol, places = token.symbol, 1 << token.place
        joining: Joining = () if joined is None else (joined,)
        if not node.turns or not symbol.turns:
            self._room -= 1
            return Node(node, symbol, places, is_bound=is_bound, joining=joining)
        if node.parent is not None and node.symbol is symbol and not node.places & places:
            places |= node.places
            joining = node.joining + joining
            node = node.parent
        if node.rows is None:
            node.rows = {}
        found = node.rows.get((symbol, places, joining))
        if found is None:
            self._room -= 1
            found = Node(node, symbol, places, is_bound=is_bound, joining=joining)
            node.rows[symbol, places, joining] = found
        return found


def _bits(number: int) -> list[int]:
    """Give the places of the bits of *number*."""
    return [place for place in range(number.bit_length()) if number >> place & 1]
