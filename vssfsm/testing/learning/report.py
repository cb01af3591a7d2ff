"""A learned machine, and a difference from the rows: for people, programs, and as pictures."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from vssfsm.draw import dot
from vssfsm.reports.words import count
from vssfsm.spec import SPEC_VERSION
from vssfsm.spec.catalogue import REGIONS
from vssfsm.testing.coverage.counts import permitted, share
from vssfsm.testing.coverage.report import missing, summary
from vssfsm.testing.learning.learned import Edge, Learned
from vssfsm.testing.learning.moves import Difference

VERSION: Final = 1
_RED: Final = '"#c0392b"'


# --- diff ----------------------------------------------------------------------
def text(found: Difference) -> str:
    """Give the report for people: what no row permits, then the rows that never came."""
    (region,) = found.coverage.regions
    taken, known = found.coverage.rows
    lines = [*summary(found.coverage), ""]
    lines.append(f"{found.region}: {count(len(found.forbidden), 'move')} that no row permits")
    for one, times in sorted(found.forbidden.items()):
        lines.append(f"  {one.source} on {one.event} to {one.target}")
        lines.append(f"    {one.severity} {one.rule}, {count(times, 'time')}")
    part = f"{taken} of {known}, {share(taken, known):.1f} %"
    lines += ["", f"{found.region}: rows that came: {part}", *missing(region)]
    return "\n".join(lines) + "\n"


def as_json(found: Difference) -> str:
    """Give the report for programs."""
    (region,) = found.coverage.regions
    facts = {
        "version": VERSION,
        "spec_version": SPEC_VERSION,
        "machine": found.machine,
        "rows": [*permitted(REGIONS[found.region])],
        "rows_never_seen": [*region.missing],
        "moves": [
            {"source": source, "event": event, "target": target, "times": times}
            for (source, event, target), times in sorted(found.moves.items())
        ],
        "forbidden": [
            {**one._asdict(), "times": times} for one, times in sorted(found.forbidden.items())
        ],
    }
    return json.dumps(facts, indent=2) + "\n"


def as_dot(found: Difference) -> str:
    """Give the picture: grey what never came, red what no row permits."""
    return dot.render(found.graph)


# --- learn ---------------------------------------------------------------------
def learned_text(found: Learned) -> str:
    """Give the machine for people: each state with its edges."""
    sessions, states = count(found.words, "session"), count(len(found.states), "state")
    lines = [f"{found.region}: {states} and {count(len(found.edges), 'edge')} from {sessions}"]
    if found.left_out:
        lines.append(f"  left out: {count(found.left_out, 'session')} that begin elsewhere")
    if not found.words:
        lines.append("  nothing to learn from: no session begins in the initial state")
    for state in found.states:
        lines += ["", state]
        lines += _leaving(state, found.edges)
    return "\n".join(lines) + "\n"


def _leaving(state: str, edges: Mapping[Edge, int]) -> Iterator[str]:
    for edge, times in sorted(edges.items()):
        if edge.source == state:
            wrong = f"; no row permits it: {edge.rule}" if edge.rule else ""
            yield f"  {edge.letter} -> {edge.target}  {count(times, 'time')}{wrong}"


def learned_json(found: Learned) -> str:
    """Give the machine for programs."""
    facts = {
        "version": VERSION,
        "spec_version": SPEC_VERSION,
        "region": found.region,
        "sessions": found.words,
        "left_out": found.left_out,
        "states": [*found.states],
        "edges": [
            {**edge._asdict(), "times": times} for edge, times in sorted(found.edges.items())
        ],
    }
    return json.dumps(facts, indent=2) + "\n"


def learned_dot(found: Learned) -> str:
    """Give the machine as a picture; what no row permits is red."""
    lines = ["digraph learned {", "  rankdir=LR;", "  node [shape=box, style=rounded];"]
    lines += [f"  {dot.quote(state)};" for state in found.states]
    for edge, times in sorted(found.edges.items()):
        label = "\n".join(filter(None, (edge.letter, edge.rule, f"{times} x")))
        color = f", color={_RED}, fontcolor={_RED}, penwidth=3" if edge.rule else ""
        ends = f"{dot.quote(edge.source)} -> {dot.quote(edge.target)}"
        lines.append(f"  {ends} [label={dot.quote(label)}{color}];")
    return "\n".join((*lines, "}", ""))
