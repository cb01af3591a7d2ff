"""A graph as a Mermaid flowchart, which GitHub draws from text."""

from collections.abc import Iterator
from typing import Final

from vssfsm.draw.dot import COLORS, FILLS, LIT
from vssfsm.draw.graph import LOOKS, VIOLATION, Edge, Graph, Node, Sheet

_ARROWS: Final = {"STATED": "==>", "INFERRED": "-->"}
_DOTTED: Final = "-.->"


def render(graph: Graph) -> str:
    """Give *graph* as Mermaid text."""
    edges = [edge for edge in graph.edges if edge.source != edge.target]
    lines = ["---", f'title: "{graph.title}"', "---", f"flowchart {'LR' if graph.across else 'TD'}"]
    for key, label in graph.clusters:
        inside = [f"    {_node(graph, node)}" for node in graph.nodes if node.cluster == key]
        lines += [f'  subgraph phase_{key}["{_text(label)}"]', *inside, "  end"]
    lines += [f"  {_node(graph, node)}" for node in graph.nodes if not node.cluster]
    if graph.sheet:
        lines += _sheet(graph.sheet)
    lines += [f"  {_edge(graph, edge)}" for edge in edges]
    lines += [f"  linkStyle {i} {_link(edge)}" for i, edge in enumerate(edges)]
    lines += [f"  classDef {look} fill:{FILLS[look]},stroke:#78828a,color:#222" for look in LOOKS]
    lines += [f"  style {node.key} {style}" for node in graph.nodes if (style := _marks(node))]
    return "\n".join((*lines, ""))


def _node(graph: Graph, node: Node) -> str:
    texts = [f"<b>{_text(node.title)}</b>", *map(_text, node.detail.split("\n"))]
    if loops := graph.loops(node.key):
        texts.append(_text(f"stays on: {', '.join(loops)}"))
    texts.append(_text(node.broken))
    return f'{node.key}["{"<br/>".join(text for text in texts if text)}"]:::{node.look}'


def _edge(graph: Graph, edge: Edge) -> str:
    target = edge.target
    if edge.to_cluster:
        target = next(f"phase_{node.cluster}" for node in graph.nodes if node.key == target)
    label = f'|"{_text(edge.label)}"|' if edge.label else ""
    back = "<" if edge.is_both else ""
    return f"{edge.source} {back}{_ARROWS.get(edge.line, _DOTTED)}{label} {target}"


def _link(edge: Edge) -> str:
    width = ",stroke-width:4px" if edge.lit or edge.kind == VIOLATION else ""
    return f"stroke:{LIT if edge.lit else COLORS[edge.kind]}{width}"


def _marks(node: Node) -> str:
    color = COLORS[VIOLATION] if node.broken else LIT if node.lit else ""
    return f"stroke:{color},stroke-width:4px" if color else ""


def _sheet(sheet: Sheet) -> Iterator[str]:
    for line, shade in zip(sheet.lines, sheet.shades, strict=True):
        code, *rest = (_text(text) for text in line)
        yield f'  {code.replace("-", "_")}["<b>{code}</b><br/>{"<br/>".join(rest)}"]:::{shade}'


def _text(text: str) -> str:
    escaped = text.replace("&", "#amp;").replace('"', "#quot;")
    return escaped.replace("<", "#lt;").replace(">", "#gt;").replace("\n", "<br/>")
