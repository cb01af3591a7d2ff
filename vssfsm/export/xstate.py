"""
A graph as a machine of XState 5: JSON for `createMachine`, deterministic as SCXML is.

JSON has no comments: what the others say in comments is in `description`, `tags` and `meta`.
"""

import json
from typing import Any

from vssfsm.export.graph import Graph, Place, heading
from vssfsm.export.names import names


def render(graph: Graph) -> str:
    """Give *graph* as JSON text."""
    states = names(place.name for place in graph.places)
    events = names(step.trigger for step in graph.steps)
    machine = {
        "id": names((graph.name,))[graph.name],
        "description": "\n".join(heading(graph)),
        "initial": states[graph.initial],
        "states": {
            states[place.name]: _state(graph, place, states, events) for place in graph.places
        },
    }
    return json.dumps(machine, indent=1) + "\n"


def _state(
    graph: Graph, place: Place, states: dict[str, str], events: dict[str, str]
) -> dict[str, Any]:
    return {
        "description": place.means,
        "tags": [*place.sets, *(["may-end"] if place.may_end else [])],
        "on": {
            events[step.trigger]: {
                "target": states[step.target],
                "meta": {"rows": list(step.codes)},
            }
            for step in graph.leaving(place.name)
        },
    }
