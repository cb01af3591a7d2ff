"""A graph as DOT text: sorted, and the same on every run."""

import textwrap
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from math import log10
from typing import Final

from vssfsm.draw.graph import (
    ABORT,
    BROKEN,
    EVENT,
    FAILED,
    GATHER,
    GIVEN_UP,
    IGNORED,
    KINDS,
    LINES,
    LOOKS,
    NOTED,
    OBJECT,
    OVER,
    PLAIN,
    RELEASE,
    RUNNING,
    SHUTDOWN,
    STABLE,
    SUCCESS,
    TERMINAL,
    TIMEOUT,
    VETO,
    VIOLATION,
    WAITING,
    Edge,
    Graph,
    Node,
    Sheet,
)

#: characters of what stays on one line
_WIDTH: Final = 60
FONT: Final = "Helvetica"
#: what no test visited: its lines and letters, and its boxes
UNVISITED: Final = "#b4bcc2"
_UNVISITED_FILL: Final = "#f2f4f5"
#: what came, in a picture that compares
_CAME: Final = "#1b1f23"
#: widths of the lines of a way that was visited once, and of one taken a thousand times
_THIN, _PER_TENFOLD = 1.2, 1.1
LIT: Final = "#0b3d91"
COLORS: Final = {
    SUCCESS: "#2e7d32",
    VETO: "#c62828",
    TIMEOUT: "#e07b00",
    ABORT: "#7b3fa0",
    SHUTDOWN: "#546e7a",
    IGNORED: "#a1663c",
    GIVEN_UP: "#7b3fa0",
    RELEASE: "#546e7a",
    VIOLATION: "#ff0000",
}
FILLS: Final = {
    STABLE: "#dcefdc",
    WAITING: "#fff3c4",
    FAILED: "#fbdcd9",
    TERMINAL: "#e2e5e8",
    EVENT: "#dbe9f6",
    PLAIN: "#dbe9f6",
    OBJECT: "#dcefdc",
    RUNNING: "#fff3c4",
    BROKEN: "#fbdcd9",
    OVER: "#e2e5e8",
    GATHER: "#ffffff",
}
STYLES: Final = {"STATED": "bold", "INFERRED": "solid", "OPEN": "dotted", NOTED: "dashed"}
#: success holds the picture upright, the rest follows it
_WEIGHTS: Final = {SUCCESS: 20, VETO: 2, IGNORED: 2}


def render(graph: Graph) -> str:
    """Give *graph* as DOT."""
    lines = [f"digraph {graph.name} {{", *_defaults(graph)]
    if graph.sheet:
        lines.append(_sheet(graph, graph.sheet))
    for key, label in graph.clusters:
        lines += _cluster(graph, key, label)
    lines += [_node(graph, node) for node in _loose(graph)]
    lines += [_edge(graph, edge) for edge in graph.edges if edge.source != edge.target]
    if graph.edges:
        lines += [_legend(graph), *_column(graph), *_rows(graph)]
    return "\n".join((*lines, "}", ""))


def _loose(graph: Graph) -> list[Node]:
    """Give the nodes outside of clusters; first those whose edges others may draw over."""
    starts = [edge.source for edge in graph.edges]
    loose = [node for node in graph.nodes if not node.cluster]
    return sorted(loose, key=lambda node: -starts.count(node.key)) if graph.across else loose


def _defaults(graph: Graph) -> Iterator[str]:
    direction, apart = ("LR", 0.1) if graph.across else ("TB", 0.25)
    yield f'  graph [rankdir={direction}, compound=true, fontname="{FONT}", fontsize=16,'
    yield f"    label=<<b>{escape(graph.title)}</b>>, labelloc=t, nodesep={apart}, ranksep=0.5];"
    yield f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=11,'
    yield '    color="#78828a", margin="0.14,0.07"];'
    yield f'  edge [fontname="{FONT}", fontsize=10, arrowsize=0.7];'


def _cluster(graph: Graph, key: str, label: str) -> Iterator[str]:
    yield f"  subgraph {quote('cluster_' + key)} {{"
    yield f'    label=<<b>{escape(label)}</b>>; labeljust=l; fontsize=12; fontcolor="#56616a";'
    yield '    style="rounded,filled"; color="#d5dade"; fillcolor="#f7f8f9"; margin=10;'
    yield from ("  " + _node(graph, node) for node in graph.nodes if node.cluster == key)
    yield "  }"


def _node(graph: Graph, node: Node) -> str:
    facts = {"label": f"<{_label(graph, node)}>", "fillcolor": f'"{FILLS[node.look]}"'}
    if node.look == GATHER:
        facts |= {"shape": "plaintext", "style": '""', "margin": '"0.04,0.02"'}
    elif _is_on_chain(graph, node):
        facts["group"] = "chain"
    if node.visits == 0:
        facts |= {"color": f'"{UNVISITED}"', "fillcolor": f'"{_UNVISITED_FILL}"'}
    if node.lit:
        facts |= {"color": f'"{LIT}"', "penwidth": "3"}
    if node.broken:
        facts |= {"color": f'"{COLORS[VIOLATION]}"', "penwidth": "3"}
    return f"  {quote(node.key)} [{joined(facts)}];"


def _is_on_chain(graph: Graph, node: Node) -> bool:
    """Tell whether *node* stands on the way of success, which is drawn straight."""
    ends = (key for edge in graph.edges if edge.kind == SUCCESS for key in edge[:2])
    return node.look in (STABLE, WAITING) and node.key in ends


def _label(graph: Graph, node: Node) -> str:
    if node.look == GATHER:
        return "<br/>".join((f"<b>{escape(node.title)}</b>", *map(small, node.detail.split("\n"))))
    lines = [f"<b>{escape(node.title)}</b>"]
    lines += [small(text) for text in node.detail.split("\n") if text]
    if loops := graph.loops(node.key):
        lines += map(small, textwrap.wrap(f"stays on: {', '.join(loops)}", _WIDTH))
    if node.broken:
        lines.append(f'<font color="{COLORS[VIOLATION]}"><b>{escape(node.broken)}</b></font>')
    return "<br/>".join(lines)


def small(text: str) -> str:
    """Give *text* in small, pale letters."""
    return f'<font point-size="9" color="#4a545c">{escape(text)}</font>'


def _edge(graph: Graph, edge: Edge) -> str:
    color = _color(edge, compared=graph.is_compared)
    text = edge.label + (f"\n{edge.visits} x" if edge.visits else "")
    label = _boxed(text) if graph.across and text else quote(_padded(text))
    facts = {"label": label, "color": f'"{color}"', "fontcolor": f'"{color}"'}
    if STYLES[edge.line] != "solid":
        facts["style"] = STYLES[edge.line]
    if edge.lit or edge.kind == VIOLATION:
        facts["penwidth"] = "3.5"
    elif edge.visits is not None:
        facts["penwidth"] = "3.5" if edge.is_broken else _width(edge.visits)
    if edge.kind == VIOLATION:
        facts["constraint"] = "false"
    if edge.kind in _WEIGHTS and edge.line != NOTED:
        facts["weight"] = str(_WEIGHTS[edge.kind])
    if edge.kind == TIMEOUT and _is_inside(graph, edge):
        # its middle is where lines to the next cluster cross it
        facts |= {"taillabel": facts.pop("label"), "labeldistance": "6", "labelangle": "-22"}
    if edge.is_both:
        facts["dir"] = "both"
    if graph.is_stacked and (ranks := _ranks(graph, edge)) > 1:
        facts["minlen"] = str(ranks)
    if edge.to_cluster:
        cluster = next(node.cluster for node in graph.nodes if node.key == edge.target)
        facts["lhead"] = quote(f"cluster_{cluster}")
    return f"  {quote(edge.source)} -> {quote(edge.target)} [{joined(facts)}];"


def _color(edge: Edge, *, compared: bool) -> str:
    if edge.is_broken or edge.kind == VIOLATION:
        return COLORS[VIOLATION]
    if edge.visits == 0:
        return UNVISITED
    if compared:
        return _CAME
    return LIT if edge.lit else COLORS[edge.kind]


def _width(visits: int) -> str:
    """Give the width of a line in points; a tenfold number is a step wider."""
    return f"{_THIN + _PER_TENFOLD * log10(max(visits, 1)):.1f}"


def _is_inside(graph: Graph, edge: Edge) -> bool:
    """Tell whether *edge* leads from a state to another one of the same cluster."""
    nodes = {node.key: node for node in graph.nodes}
    source, target = nodes[edge.source], nodes[edge.target]
    return source.look != GATHER and source.cluster == target.cluster != ""


def _ranks(graph: Graph, edge: Edge) -> int:
    """Give how many ranks *edge* spans, so that one cluster stands below the other."""
    nodes = {node.key: node for node in graph.nodes}
    source, target = nodes[edge.source], nodes[edge.target]
    if source.cluster == target.cluster:
        return 1
    above, below = _depths(graph, source.cluster), _depths(graph, target.cluster)
    return 1 + max(above.values()) - above[source.key] + below[target.key]


def _depths(graph: Graph, cluster: str) -> dict[str, int]:
    """Give the rank of each node inside of *cluster*, from 0."""
    depths = {node.key: 0 for node in graph.nodes if node.cluster == cluster}
    inside = [
        (edge.source, edge.target)
        for edge in graph.edges
        if edge.source in depths and edge.target in depths and edge.source != edge.target
    ]
    for _ in depths:
        for source, target in inside:
            depths[target] = max(depths[target], min(depths[source] + 1, len(depths) - 1))
    return depths


def _padded(text: str) -> str:
    """Keep a label off its line."""
    return "\n".join(f" {line} " for line in text.split("\n")) if text else ""


def _column(graph: Graph) -> Iterator[str]:
    """Stack the clusters that only gather nodes lead into below the rest."""
    boxes = {key: [n for n in graph.nodes if n.cluster == key] for key, _ in graph.clusters}
    ends = [key for key, nodes in boxes.items() if not _is_entered(graph, nodes)]
    for above, key in pairwise([*(key for key in boxes if key not in ends)][-1:] + ends):
        last = _lowest(graph, above)
        first = [node.key for node in boxes[key] if node.look == GATHER]
        yield from (f"  {quote(last)} -> {quote(node)} [style=invis, weight=0];" for node in first)


def _boxed(text: str) -> str:
    """Keep a label legible where lines that were drawn before it cross it."""
    cell = f'<td bgcolor="white">{escape(text)}</td>'
    return f'<<table border="0" cellspacing="0" cellpadding="1"><tr>{cell}</tr></table>>'


def _lowest(graph: Graph, cluster: str) -> str:
    """Give the node in the middle of the last rank of *cluster*."""
    depths = _depths(graph, cluster)
    keys = [key for key, depth in depths.items() if depth == max(depths.values())]
    return keys[len(keys) // 2]


def _rows(graph: Graph) -> Iterator[str]:
    """Keep the order of the nodes in each column of a graph that is drawn from left to right."""
    for look in graph.looks if graph.across else ():
        keys = [quote(node.key) for node in graph.nodes if node.look == look]
        yield f"  {{ rank=same; {' -> '.join(keys)} [style=invis]; }}"


def _is_entered(graph: Graph, nodes: list[Node]) -> bool:
    keys = {node.key for node in nodes}
    gathered = any(node.look == GATHER for node in nodes)
    entered = any(edge.target in keys and edge.source not in keys for edge in graph.edges)
    return entered or not gathered


# --- Legend and sheets -------------------------------------------------------
def _legend(graph: Graph) -> str:
    kinds = [kind for kind in graph.kinds if kind == VIOLATION or not graph.is_compared]
    left = [sample("solid", COLORS[kind], KINDS[kind]) for kind in kinds]
    right = [sample(STYLES[line], "#333333", LINES[line]) for line in graph.lines]
    right += [swatch(FILLS[look], LOOKS[look]) for look in graph.looks if look != GATHER]
    if graph.is_weighed:
        left.append(sample("bold", "#333333", "wider: visited more often"))
        left.append(sample("solid", UNVISITED, "not visited"))
    if any(edge.is_broken for edge in graph.edges):
        left.append(sample("solid", COLORS[VIOLATION], "a rule was broken here"))
    table = '<table border="0" cellborder="0" cellspacing="2" cellpadding="1">'
    empty, gap = "<td></td><td></td>", '<td width="14"></td>'
    rows = "".join(f"<tr>{a}{gap}{b}</tr>" for a, b in zip_longest(left, right, fillvalue=empty))
    return f'  legend [shape=plaintext, style="", fontsize=9, label=<{table}{rows}</table>>];'


def sample(style: str, color: str, text: str) -> str:
    """Give a line of the legend: a line, and what it means."""
    width, drawn = (3, "solid") if style == "bold" else (1, style)
    line = f'<td width="34" border="{width}" sides="b" style="{drawn}" color="{color}"></td>'
    return f'{line}<td align="left">{escape(text)}</td>'


def swatch(fill: str, text: str) -> str:
    """Give a line of the legend: a box, and what it means."""
    box = f'<td width="34" border="1" color="#78828a" bgcolor="{fill}"></td>'
    return f'{box}<td align="left">{escape(text)}</td>'


def _sheet(graph: Graph, sheet: Sheet) -> str:
    head = "".join(f'<td align="left"><b>{escape(text)}</b></td>' for text in sheet.heading)
    rows = [
        f"<tr>{''.join(_cell(text, shade) for text in line)}</tr>"
        for line, shade in zip(sheet.lines, sheet.shades, strict=True)
    ]
    table = '<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="#c3c9ce">'
    text = f"<{table}<tr>{head}</tr>{''.join(rows)}</table>>"
    return f'  {graph.name} [shape=plaintext, style="", fontsize=10, label={text}];'


def _cell(text: str, shade: str) -> str:
    lines = "".join(escape(line) + '<br align="left"/>' for line in text.split("\n"))
    return f'<td align="left" balign="left" bgcolor="{FILLS[shade]}">{lines}</td>'


# --- Text --------------------------------------------------------------------
def joined(facts: dict[str, str]) -> str:
    """Give *facts* as attributes."""
    return ", ".join(f"{key}={value}" for key, value in facts.items())


def quote(text: str) -> str:
    """Give *text* as a quoted string of DOT."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def escape(text: str) -> str:
    """Give *text* for labels that are like HTML."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # `dot` fails on a bracket before the end of an element.
    return text.replace("]", "&#93;")
