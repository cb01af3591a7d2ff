"""
A sequence picture as DOT text: every box and every end of an arrow has its place.

The layout is `neato` with nothing left to lay out: lanes stand side by side, steps below each
other, and what has a place keeps it.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from vssfsm.draw.condense import look_of
from vssfsm.draw.dot import (
    COLORS,
    FILLS,
    FONT,
    STYLES,
    escape,
    joined,
    quote,
    sample,
    small,
    swatch,
)
from vssfsm.draw.graph import LINES, LOOKS, SUCCESS, WAITING
from vssfsm.draw.sequence import (
    BEGIN,
    CALL,
    EVENT,
    KINDS,
    LANES,
    REQUESTER,
    RETURN,
    SERVICE,
    WORK,
    WRITERS,
    Chart,
    Step,
    written,
)
from vssfsm.spec.rows import State

#: where the lanes stand, in points
_LEFT: Final = {REQUESTER: 0, SERVICE: 340, WRITERS: 610}
#: distance between steps, and of a text above its arrow
_HIGH: Final = 25
_ABOVE: Final = 8
#: half the width of the bar of the freeze; where states begin; their size
_BAR: Final = 6
_BESIDE: Final = 16
_STATE: Final = (230, 25)
_LINE: Final = 12
_GREY: Final = "#78828a"
_COLORS: Final = {
    CALL: "#1f4e79",
    BEGIN: "#1f4e79",
    RETURN: "#1f4e79",
    EVENT: COLORS[SUCCESS],
    WORK: _GREY,
}
_DRAWN: Final = {CALL: "solid", BEGIN: "bold", RETURN: "dashed"}


def render(chart: Chart) -> str:
    """Give *chart* as DOT."""
    lines = [f"digraph {quote(chart.name)} {{", *_defaults(chart)]
    lines += _heads(chart)
    if chart.window:
        lines += _bar(chart, *chart.window)
    for number, step in enumerate(chart.steps):
        lines += _work(number, step) if step.kind == WORK else _arrow(chart, number, step)
        if step.state:
            lines.append(_state(number, step.state))
    return "\n".join((*lines, _legend(chart), "}", ""))


def _defaults(chart: Chart) -> Iterator[str]:
    yield "  graph [layout=neato, inputscale=72, splines=line, outputorder=edgesfirst,"
    yield f'    fontname="{FONT}", fontsize=16, label=<<b>{escape(chart.title)}</b>>, labelloc=t];'
    yield f'  node [shape=point, width=0.01, height=0.01, color="{_GREY}", fontname="{FONT}",'
    yield "    fontsize=11];"
    yield "  edge [arrowsize=0.7];"


def _place(across: float, number: float) -> str:
    """Give the place of something on step *number*."""
    return f'"{across:g},{-_HIGH * (number + 1.8):g}!"'


# --- Lanes -------------------------------------------------------------------
def _heads(chart: Chart) -> Iterator[str]:
    for lane, label in LANES.items():
        facts = {
            "label": f"<<b>{escape(label)}</b>>",
            "shape": "box",
            "style": '"filled"',
            "fillcolor": '"#dbe9f6"',
            "fixedsize": "true",
            "width": "1.6",
            "height": "0.35",
            "fontsize": "12",
            "pos": _place(_LEFT[lane], -1.3),
        }
        yield f"  {quote(lane)} [{joined(facts)}];"
        yield f"  {quote(f'{lane}_end')} [pos={_place(_LEFT[lane], len(chart.steps))}];"
        yield (
            f"  {quote(lane)} -> {quote(f'{lane}_end')}"
            f' [dir=none, color="#b5bcc2", tailclip=false, headclip=false];'
        )


def _bar(chart: Chart, first: int, last: int) -> Iterator[str]:
    """Mark the freeze on the writers' lane, and write its budget beside it."""
    middle = (first + last) / 2
    facts = {
        "label": '""',
        "shape": "box",
        "style": '"filled"',
        "fillcolor": f'"{FILLS[WAITING]}"',
        "fixedsize": "true",
        "width": f"{2 * _BAR / 72:.3f}",
        "height": f"{_HIGH * (last - first) / 72:.3f}",
        "pos": _place(_LEFT[WRITERS], middle),
    }
    yield f"  {quote('freeze')} [{joined(facts)}];"
    text = "<br/>".join(small(line) for line in chart.budget.split("\n"))
    across = _LEFT[WRITERS] + _BESIDE + _STATE[0] / 2
    yield f"  {quote('budget')} [{_text(f'<{text}>')}, pos={_place(across, middle)}];"


# --- Steps -------------------------------------------------------------------
def _arrow(chart: Chart, number: int, step: Step) -> Iterator[str]:
    ends = {f"{number}_from": step.source, f"{number}_to": step.target}
    for key, lane in ends.items():
        frozen = chart.window and chart.window[0] <= number <= chart.window[1]
        aside = _BAR if frozen and lane == WRITERS else 0
        yield f"  {quote(key)} [pos={_place(_LEFT[lane] - aside, number)}];"
    color = _COLORS[step.kind]
    facts = {"color": f'"{color}"', "style": STYLES.get(step.line) or _DRAWN[step.kind]}
    yield f"  {quote(f'{number}_from')} -> {quote(f'{number}_to')} [{joined(facts)}];"
    across = (_LEFT[step.source] + _LEFT[step.target]) / 2
    place = _place(across, number - _ABOVE / _HIGH)
    text = f'<font color="{color}">{escape(step.text)}</font>'
    text += f"  {small(f'({step.detail})')}" if step.detail else ""
    yield f"  {quote(f'{number}_text')} [{_text(f'<{text}>')}, pos={place}];"


def _text(label: str) -> str:
    return joined({"label": label, "shape": "plaintext", "margin": "0"})


def _work(number: int, step: Step) -> Iterator[str]:
    label = "<br/>".join(escape(line) for line in step.text.split("\n"))
    facts = {
        "label": f"<{label}>",
        "shape": "note",
        "style": '"filled"',
        "fillcolor": '"#ffffff"',
        "fontsize": "9",
        "margin": '"0.06,0.02"',
        "pos": _place(_LEFT[step.source], number),
    }
    yield f"  {quote(f'{number}_work')} [{joined(facts)}];"


def _state(number: int, state: State) -> str:
    width, height = _STATE
    label = f"<b>{escape(written(state))}</b><br/>{small(state.means)}"
    facts = {
        "label": f"<{label}>",
        "shape": "box",
        "style": '"rounded,filled"',
        "fillcolor": f'"{FILLS[look_of(state)]}"',
        "fontsize": "9",
        "fixedsize": "true",
        "width": f"{width / 72:.3f}",
        "height": f"{(height - 2) / 72:.3f}",
        "pos": _place(_LEFT[WRITERS] + _BESIDE + width / 2, number),
    }
    return f"  {quote(f'{number}_state')} [{joined(facts)}];"


# --- Legend ------------------------------------------------------------------
def _legend(chart: Chart) -> str:
    left = [_key(kind) for kind in chart.kinds]
    right = [
        sample(STYLES[line], _COLORS[EVENT], f"{EVENT}: {LINES[line]}") for line in chart.lines
    ]
    right += [swatch(FILLS[look], f"then: {LOOKS[look]}") for look in chart.looks]
    if chart.legend:
        left.append(f'<td colspan="2" align="left">{escape(chart.legend)}</td>')
    rows = list(zip_longest(left, right, fillvalue="<td></td><td></td>"))
    table = '<table border="0" cellborder="0" cellspacing="2" cellpadding="1">'
    body = "".join(f'<tr>{a}<td width="14"></td>{b}</tr>' for a, b in rows)
    facts = {
        "label": f"<{table}{body}</table>>",
        "shape": "plaintext",
        "fontsize": "9",
        "pos": _place(_LEFT[SERVICE], len(chart.steps) + 0.4 + len(rows) * _LINE / _HIGH),
    }
    return f"  legend [{joined(facts)}];"


def _key(kind: str) -> str:
    return sample(_DRAWN.get(kind, "solid"), _COLORS[kind], KINDS[kind])
