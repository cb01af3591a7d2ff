"""A sequence picture as a Mermaid sequence diagram."""

from collections.abc import Iterator
from typing import Final

from vssfsm.draw.dot import FILLS
from vssfsm.draw.graph import WAITING
from vssfsm.draw.sequence import (
    BEGIN,
    CALL,
    EVENT,
    LANES,
    RETURN,
    WORK,
    WRITERS,
    Chart,
    Step,
    written,
)

_ARROWS: Final = {CALL: "->>", BEGIN: "-)", RETURN: "-->>", EVENT: "->>"}
#: what has a meaning of its own in a text
_ENTITIES: Final = {"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "\n": "<br/>"}


def render(chart: Chart) -> str:
    """Give *chart* as Mermaid text."""
    title = chart.title.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    lines = ["---", f'title: "{title}"', "---", "sequenceDiagram"]
    lines += [f"  participant {lane} as {_text(label)}" for lane, label in LANES.items()]
    first, last = chart.window or (-1, -1)
    for number, step in enumerate(chart.steps):
        if number == first:
            lines.append(f"  rect {_rgb(FILLS[WAITING])}")
        lines += [f"  {line}" for line in _step(step)]
        if number == first:
            lines.append(f"  Note right of {WRITERS}: {_text(chart.budget)}")
        if number == last:
            lines.append("  end")
    if chart.legend:
        lines.append(f"  Note over {','.join((*LANES,)[:2])}: {_text(chart.legend)}")
    return "\n".join((*lines, ""))


def _step(step: Step) -> Iterator[str]:
    if step.kind == WORK:
        yield f"Note over {step.source}: {_text(step.text)}"
        return
    text = f"{step.text} ({step.detail})" if step.detail else step.text
    yield f"{step.source}{_ARROWS[step.kind]}{step.target}: {_text(text)}"
    if step.state:
        yield f"Note right of {WRITERS}: {_text(written(step.state))}"


def _rgb(color: str) -> str:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def _text(text: str) -> str:
    return "".join(_ENTITIES.get(letter, letter) for letter in text)
