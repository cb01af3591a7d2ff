"""AALpy learns each machine back from the answers of the checker's table: it is the rows."""

import functools

import pytest

from vssfsm import requester_regions, writer_machine
from vssfsm.core.record import Symbol
from vssfsm.core.table import Table
from vssfsm.spec.anytime import ANYTIME
from vssfsm.spec.arrows import arrows_of, triggers_of
from vssfsm.spec.catalogue import REGIONS
from vssfsm.spec.lint import DOMAINS
from vssfsm.spec.rows import FREE, INFO, SAME
from vssfsm.spec.writer import WRITER

REFUSED = "refused"
#: states that no answer tells from another: only the rule that a refusal breaks differs there
ALIKE = {"rounds": 1}
NAMES = ("writer", *(name for name, region in REGIONS.items() if region.scope == "requester"))


# --- The rows, as machines of `transitions` -----------------------------------
@functools.cache
def machines():
    """Make the machine of each lifecycle."""
    return {"writer": writer_machine(), **requester_regions()}


@functools.cache
def rows_of(name):
    """Give the initial state of the machine *name* and {(state, trigger): (target, answer)}."""
    machine, region = machines()[name], REGIONS[name]
    owed = {state.name: state.owed for state in region.states}
    pays = {}
    for arrow, row in arrows_of(region):
        pays.setdefault(arrow, set()).add(row.pays)
    named = {(a.source, trigger): pays[a] for a, trigger in triggers_of(pays).items()}
    return machine.initial, {
        (source, trigger): (
            to.dest,
            (FREE if FREE in named[source, trigger] else INFO, owed[to.dest]),
        )
        for trigger, event in machine.events.items()
        for source, transitions in event.transitions.items()
        for to in transitions
    }


# --- The checker, asked step by step ------------------------------------------
class Checker:
    """A table, and what the record of each trigger looks like to it; knows no target of a row."""

    def __init__(self, region):
        self.table = Table(region)
        self.beside = Table(ANYTIME)
        self.symbols = {
            name: (symbol_of(region, arrow), name.removeprefix(f"{arrow.trigger}_to_"))
            for arrow, name in triggers_of([a for a, _ in arrows_of(REGIONS[region.name])]).items()
        }
        self.start = region.initial

    def step(self, state, trigger):
        """Give the next state, and the answer: a note or none and what is owed, or refused."""
        symbol, wanted = self.symbols[trigger]
        table, here = self.table, state
        if not table.knows(symbol.event):
            table, here = self.beside, self.beside.region.initial
        moves = table.moves(here, table.project(symbol))
        found = [to for to, move in moves.items() if move.row is not None and move.row.to]
        targets = found if table is self.table else [state for _ in found]
        # A name has its target in it exactly where the checker leaves several open.
        (target,) = targets if len(targets) == 1 else (wanted if wanted in targets else None,)
        if target is None or (wanted == trigger) != (len(targets) == 1):
            return state, REFUSED
        paid = moves[here if table is self.beside else target].row.pays
        return target, (paid, self.table.owed(self.table.belief({target: 0})))


def symbol_of(region, arrow):
    """Give what the tables see of a record of *arrow*: the words of its name, field by field."""
    whens = [when for row in region.rows if arrow.event in row.on for when in row.when]
    told = {field for when in whens for field in when}
    fields = {"folded": "no"} if "folded" in told else {}
    words = list(arrow.parts)
    if region.name == "writer":
        return Symbol(arrow.event, outcome=words[0])
    if "context" in told and words[0] in DOMAINS["context"]:
        fields["context"] = words.pop(0)
    fields["stage"] = words.pop(0) if words[0] == "result" else "call"
    fields["result"] = words.pop(0)
    if words:
        assert words == ["folded"]
        fields["folded"] = "yes"
    return Symbol(arrow.event, **fields)


# --- What AALpy learns ---------------------------------------------------------
def learned(region):
    """Let AALpy learn *region* by questions to its checker alone, each from the start."""
    from aalpy.base import SUL, Oracle
    from aalpy.learning_algs import run_KV

    checker = Checker(region)

    class Asked(SUL):
        """The checker behind the interface of AALpy."""

        def pre(self):
            self.state = checker.start

        def post(self):
            """Nothing is kept."""

        def step(self, letter):
            self.state, answer = checker.step(self.state, letter)
            return answer

    class Search(Oracle):
        """Every step of both, together: exact, where a random walk would miss the rare ones."""

        def find_cex(self, hypothesis):
            return difference(
                (hypothesis.initial_state, lambda s, e: (s.transitions[e], s.output_fun[e])),
                (checker.start, checker.step),
                self.alphabet,
            )

    alphabet, asked = sorted(checker.symbols), Asked()
    return run_KV(alphabet, asked, Search(alphabet, asked), "mealy", print_level=0)


def difference(one, other, alphabet):
    """Give a shortest word on which two machines answer differently, None if there is none."""
    (first, step_one), (second, step_other) = one, other
    queue, seen = [(first, second, ())], {(first, second)}
    for here, there, word in queue:
        for letter in alphabet:
            (to, said), (other_to, other_said) = step_one(here, letter), step_other(there, letter)
            if said != other_said:
                return (*word, letter)
            if (to, other_to) not in seen:
                seen.add((to, other_to))
                queue.append((to, other_to, (*word, letter)))
    return None


def told_apart(model, name):
    """Give a word on which a learned *model* differs from the rows of *name*, None if none does."""
    initial, rows = rows_of(name)

    def step(state, trigger):
        return rows.get((state, trigger), (state, REFUSED))

    return difference(
        (model.initial_state, lambda s, e: (s.transitions[e], s.output_fun[e])),
        (initial, step),
        sorted({trigger for _, trigger in rows}),
    )


pytestmark = pytest.mark.usefixtures("aalpy")


@pytest.fixture(scope="session")
def aalpy(need):
    """Skip, or fail in CI, without AALpy."""
    need(modules=("aalpy",))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_learned_is_the_rows(name):
    """The automaton learned from answers alone agrees with the rows on every word."""
    model = learned(REGIONS[name])
    assert told_apart(model, name) is None
    alike = len(REGIONS[name].states) - len(model.states)
    assert alike == ALIKE.get(name, 0)


def twin_of(region):
    """Give *region* with one row retargeted: the first that leaves the initial state, or stays."""
    first, second = region.states[0].name, region.states[1].name
    number, row = next(
        (number, row)
        for number, row in enumerate(region.rows)
        if len(row.to) == 1 and first in row.source
    )
    other = second if row.to[0] in (SAME, first) else first
    rows = [*region.rows]
    rows[number] = row._replace(to=(other,))
    return region._replace(rows=tuple(rows))


@pytest.mark.parametrize("name", [name for name in NAMES if len(REGIONS[name].states) > 1])
def test_a_machine_with_one_row_retargeted_is_told_apart(name):
    """A checker that goes elsewhere by one row is not the rows, and a word shows it."""
    assert told_apart(learned(twin_of(REGIONS[name])), name)


def test_a_machine_without_a_row_is_told_apart():
    """A checker that lacks the first row of the writer refuses what the rows permit."""
    (gone,) = [number for number, row in enumerate(WRITER.rows) if row.to][:1]
    short = WRITER._replace(rows=WRITER.rows[:gone] + WRITER.rows[gone + 1 :])
    assert told_apart(learned(short), "writer")
