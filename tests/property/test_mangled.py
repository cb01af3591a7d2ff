"""The literal traces with less in them: what is unknown never raises the worst severity."""

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vssfsm import Monitor
from vssfsm.spec.rows import SEVERITIES

pytestmark = pytest.mark.property
RULES = Path(__file__).parents[1] / "data" / "rules"
NAMES = sorted(path.name for path in RULES.glob("*.jsonl") if not path.name.startswith("INP"))
KEYS = (
    *("outcome", "state", "failure", "args", "host", "session", "instance", "writer", "of"),
    *("async_result", "process", "time", "actor"),
)
#: an S_FALSE of Initialize needs an actor to be judged at all, and a session whose result names no
#: call is a folded one, whose calls succeeded: a note is all that these can give
NOTES_ONLY = {"FLR212.good.jsonl", "REQ173.good.jsonl"}

Events = list[dict[str, object]]


@cache
def _lines(name: str) -> tuple[str, ...]:
    return tuple((RULES / name).read_text(encoding="utf-8").splitlines())


def _events(name: str) -> Events:
    values = [json.loads(line) for line in _lines(name) if line.strip()]
    return [value for value in values if isinstance(value, dict)]


def worst(events: Events, observation: str = "complete") -> int:
    """Give the rank of the worst severity; what could not be read is no accusation."""
    monitor = Monitor(observation=observation)
    found = [item for event in events for item in monitor.feed(event)] + monitor.close()
    ranks = [SEVERITIES.index(item.severity) for item in found if item.family != "INP"]
    return max(ranks, default=0)


@pytest.mark.parametrize("observation", ["partial", "window"])
@pytest.mark.parametrize("name", NAMES)
def test_coarser_observation_is_never_dearer(name: str, observation: str) -> None:
    """The same records, said to be all or not to be all."""
    events = _events(name)
    assert worst(events, observation) <= worst(events)


@given(st.data())
def test_less_in_a_record_is_never_dearer(data: st.DataObject) -> None:
    """A key that is missing stands for all of its values, a record that is unread for all."""
    name = data.draw(st.sampled_from(NAMES))
    events = _events(name)
    before = worst(events)
    index = data.draw(st.integers(0, len(events) - 1))
    known = [key for key in KEYS if key in events[index]]
    key = data.draw(st.sampled_from(["", *known]))
    if key:
        del events[index][key]
    else:
        events[index] = {"event": 5}
    assert worst(events) <= max(before, name in NOTES_ONLY)
