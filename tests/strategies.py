"""Every strategy: symbols, walks over permitted rows, walks that went wrong, interleavings."""

from hypothesis import strategies as st

from vssfsm import Monitor
from vssfsm.core.record import Symbol
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.rows import SEVERITIES
from vssfsm.spec.status import CODES
from vssfsm.spec.vocabulary import (
    HANDLERS,
    LIFECYCLE_EVENTS,
    OUTCOMES,
    OWN_CALLS,
)
from vssfsm.testing.generation.row_steps import WRITER, row_steps
from vssfsm.testing.generation.row_steps import RowStep as Step

KEYS = {"host": "srv", "session": "s1", "instance": "{00000000-0000-0000-0000-000000000001}"}


def steps(state: str) -> tuple[Step, ...]:
    """Give every permitted step of *state* that costs nothing, in the order of the rows."""
    return row_steps(state)


@st.composite
def walks(draw: st.DrawFn, most: int = 10) -> list[Step]:
    """Draw a legal walk of a writer from its initial state."""
    state, walk = WRITER.initial, []
    for _ in range(draw(st.integers(1, most))):
        if not steps(state):  # a restored session may only be shut down, for a note
            break
        walk.append(draw(st.sampled_from(steps(state))))
        state = walk[-1].target
    return walk


def records_of(walk: list[Step], **keys: object) -> list[dict[str, object]]:
    """Give the records of *walk*, each with *keys*."""
    return [step.record | keys for step in walk]


_CODES = st.sampled_from((*CODES, "E_ACCESSDENIED", "0x8004230F"))
HANDLER_RECORDS = st.fixed_dictionaries(
    {"actor": st.just("writer"), "event": st.sampled_from(LIFECYCLE_EVENTS)},
    optional={
        "outcome": st.sampled_from(OUTCOMES),
        "state": st.integers(-1, 17),
        "failure": _CODES,
        "release": st.sampled_from(("xp", "2003", "2008", "2019")),
    },
)
OWN_CALL_RECORDS = st.fixed_dictionaries(
    {"actor": st.just("writer"), "event": st.sampled_from(OWN_CALLS)},
    optional={
        "failure": _CODES,
        "during": st.sampled_from(HANDLERS),
        "thread": st.integers(1, 2),
        "hresult": st.sampled_from((0, 1, 0x8000FFFF)),
        "args": st.sampled_from(({"timeout_ms": 500}, {"mask": 6}, {"mask": 2})),
    },
)


@st.composite
def mutated_walks(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw the records of a walk of which some are lost, doubled, swapped, changed or foreign."""
    records = records_of(draw(walks(8)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(len(records) - 1, 0)))
        kind = draw(st.sampled_from(("drop", "double", "swap", "change", "insert")))
        if kind == "insert" or not records:
            records.insert(at, draw(HANDLER_RECORDS))
        elif kind == "drop":
            del records[at]
        elif kind == "double":
            records.insert(at, dict(records[at]))
        elif kind == "swap":
            records[at], records[at - 1] = records[at - 1], records[at]
        else:
            records[at] = records[at] | {"state": draw(st.integers(0, 15))}
    return records


@st.composite
def timed(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw a mutated walk with times, threads, releases and calls of the writer in between."""
    records, now = [], 0
    for record in draw(mutated_walks()):
        records += draw(st.lists(OWN_CALL_RECORDS, max_size=1))
        records.append(record | draw(st.sampled_from(({}, {"thread": 1}, {"release": "vista"}))))
    for record in records:
        now += draw(st.sampled_from((0, 1, 40, 70))) * 1_000_000_000
        record["time"] = now
    return records


SESSION_KEYS = tuple(
    {"host": host, "session": session, "instance": instance}
    for host in "AB"
    for session in "12"
    for instance in "xy"
)


@st.composite
def interleavings(draw: st.DrawFn) -> list[dict[str, object]]:
    """Draw the records of several keyed sessions, shuffled together, each in its order."""
    count = draw(st.integers(2, 3))
    apart = [
        [record | SESSION_KEYS[index] for record in draw(mutated_walks())] for index in range(count)
    ]
    order = draw(st.permutations([i for i, one in enumerate(apart) for _ in one]))
    rest = [iter(one) for one in apart]
    return [next(rest[index]) for index in order]


def symbols(region: str) -> st.SearchStrategy[Symbol]:
    """Draw symbols of *region* whose fields are all known."""
    from oracle import fields, possible

    events = list(dict.fromkeys(event for row in REGIONS[region].rows for event in row.on))
    known = {field: st.sampled_from(values) for field, values in fields(region).items()}
    drawn = st.builds(Symbol, event=st.sampled_from(events), **known)
    return drawn.filter(lambda symbol: possible(symbol.event, symbol._asdict()))


# --- judging -----------------------------------------------------------------
def judge(records: list[dict[str, object]], **options: object) -> list:
    """Give all findings of *records*, by the lines on which they stand."""
    monitor = Monitor(**options)
    findings = [item for record in records for item in monitor.feed(record)]
    return sorted([*findings, *monitor.close()], key=lambda item: item.order)


def worst(findings: list) -> int:
    """Give the rank of the worst severity, without notes on reading and on what is owed."""
    judged = [item for item in findings if item.family != "INP" and item.rule != "WTR301"]
    return max((SEVERITIES.index(item.severity) for item in judged), default=0)


def blamed(findings: list) -> list[tuple[int, str, str]]:
    """Give (line, rule, severity) of each error and warning."""
    return [(i.line, i.rule, i.severity) for i in findings if i.severity in ("error", "warning")]
