"""
What sessions have seen so far, as nodes of a graph: sessions alike are at the same node.

Writers that take turns at the same event come to the same node in any order. What the reference
says of sessions that end at a node is kept there.
"""

from typing import Final

from vssfsm.fast.symbols import HOLE, Symbol, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vssfsm.fast.owners import Session
    from vssfsm.fast.shapes import Cast, Verdict

#: nodes that are kept
KEPT: Final = 50_000
#: place of what could not be read: it may be of anybody
NOWHERE: Final = -1


class Node:
    """
    Everything up to a record.

    Args:
        parent: what was before; of a row of turns, before all of them.
        symbol: of the record; None at the root.
        places: bits of the places whose it is.
        turns: records of several writers may have changed places.
    """

    __slots__ = ("met", "next", "parent", "places", "rows", "symbol", "turns", "used", "verdicts")

    def __init__(
        self, parent: "Node | None", symbol: Symbol | None, places: int, *, turns: bool
    ) -> None:
        self.parent = parent
        self.symbol = symbol
        self.places = places
        #: bits of all places so far
        self.used: int = places | (0 if parent is None else parent.used)
        self.turns = turns
        #: where each record leads to, as far as it was seen
        self.next: dict[Token | Symbol, Node] = {}
        #: where rows of turns lead to
        self.rows: dict[tuple[Symbol, int], Node] | None = None
        #: what is said of sessions that end here
        self.verdicts: dict[Cast, Verdict] = {}
        #: the only session so far that ended here
        self.met: dict[Cast, Session] = {}

    def path(self) -> tuple[tuple[Symbol, ...], tuple[int, ...]]:
        """Give symbols and places from the root, turns in the order of the places."""
        symbols: list[Symbol] = []
        places: list[int] = []
        node = self
        while node.parent is not None and node.symbol is not None:
            turns = [NOWHERE] if node.symbol is HOLE else _bits(node.places)
            places += reversed(turns)
            symbols += [node.symbol] * len(turns)
            node = node.parent
        return tuple(reversed(symbols)), tuple(reversed(places))


class Graph:
    """The nodes of one input; when there are too many, new sessions begin a new graph."""

    def __init__(self) -> None:
        self._room = 0
        self._roots: dict[bool, Node] = {}

    def root(self, *, turns: bool) -> Node:
        """
        Give the node of a session that begins.

        Args:
            turns: writers may change places; levels would tell them apart.
        """
        if self._room <= 0:
            self._room = KEPT
            self._roots = {each: Node(None, None, 0, turns=each) for each in (True, False)}
        return self._roots[turns]

    def follow(self, node: Node, token: Token) -> Node:
        """Give the node behind *node* to which *token* leads."""
        found = node.next.get(token)
        if found is None:
            found = node.next[token] = self._find(node, token)
        return found

    def hide(self, node: Node) -> Node:
        """Give the node behind *node* and records that could not be read."""
        if node.symbol is HOLE:
            return node
        found = node.next.get(HOLE)
        if found is None:
            self._room -= 1
            found = node.next[HOLE] = Node(node, HOLE, 0, turns=node.turns)
        return found

    def _find(self, node: Node, token: Token) -> Node:
        symbol, places = token.symbol, 1 << token.place
        if not node.turns or not symbol.turns:
            self._room -= 1
            return Node(node, symbol, places, turns=node.turns)
        if node.parent is not None and node.symbol is symbol and not node.places & places:
            node, places = node.parent, node.places | places
        if node.rows is None:
            node.rows = {}
        found = node.rows.get((symbol, places))
        if found is None:
            self._room -= 1
            found = node.rows[symbol, places] = Node(node, symbol, places, turns=True)
        return found


def _bits(number: int) -> list[int]:
    """Give the places of the bits of *number*."""
    return [place for place in range(number.bit_length()) if number >> place & 1]
