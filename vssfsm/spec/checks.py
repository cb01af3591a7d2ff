"""What `lint` looks for in our own tables: code, name, what it finds, what to do about it."""

from typing import Final, NamedTuple


class Check(NamedTuple):
    """One check of the tables, whose findings are defects of ours."""

    name: str
    finds: str
    mend: str


CHECKS: Final = {
    "MDL101": Check(
        "malformed-code",
        "a rule's code is no family with three digits, its name is not in kebab case, or a"
        " permitted row has no speaking code",
        "Give the row a code of its family; a rule also needs a name that reads after `allow`.",
    ),
    "MDL102": Check(
        "code-with-two-meanings",
        "rows of one code have different names or sentences, or one name belongs to two codes",
        "Give one of them another code; a code is never used again for something else.",
    ),
    "MDL103": Check(
        "row-without-source", "a row cites no page", "Cite the page that it was taken from."
    ),
    "MDL104": Check(
        "unknown-page",
        "a row cites a page that `spec/sources.py` does not have",
        "Add the page there, or mend its name in the row.",
    ),
    "MDL105": Check(
        "unknown-ruling",
        "a row cites a ruling that there is not",
        "Write the ruling into `spec/rulings.py`, or mend its name in the row.",
    ),
    "MDL106": Check(
        "unused-ruling",
        "no row cites a ruling",
        "Cite it in the rows that it decides, or take it away.",
    ),
    "MDL107": Check(
        "unknown-grade",
        "a row has a grade that there is not, or a permitted row costs more than a note",
        "Take STATED, INFERRED, OBSERVED or OPEN; what costs more is a prohibition.",
    ),
    "MDL108": Check(
        "incomplete-row",
        "a row lacks what it says, its targets, or, for a rule, why it matters",
        "Fill it in.",
    ),
    "MDL109": Check(
        "unknown-event",
        "a row names an event that the vocabulary does not have",
        "Mend its name, or add the event to the vocabulary.",
    ),
    "MDL110": Check(
        "unknown-value",
        "a row wants a value of a field, or a field, that there is not, or no value at all",
        "Mend the value, or add it to the field's domain.",
    ),
    "MDL111": Check(
        "unused-word",
        "no row names an event of the vocabulary or a value of a field, and nothing excuses it",
        "Write the row that is missing, or list the word among those that are read and not judged.",
    ),
    "MDL201": Check(
        "repeated-state", "a region has a state twice", "Give one of them another name."
    ),
    "MDL202": Check(
        "unknown-state",
        "a row names a state that its region does not have",
        "Mend its name, or add the state.",
    ),
    "MDL203": Check(
        "unreachable-state",
        "no permitted rows lead from the first state to this one",
        "Write the row that leads there, or take the state away.",
    ),
    "MDL204": Check(
        "no-way-to-an-end",
        "from a state every way owes something for ever: a trap",
        "Write the row that pays what is owed.",
    ),
    "MDL205": Check(
        "duty-without-row",
        "a state owes an event that no row permits there",
        "Permit it, or owe something else.",
    ),
    "MDL301": Check(
        "uncovered-symbol",
        "a state has no row for an event with these values, a release among them",
        "Write a permitted row, or the prohibition that it falls under.",
    ),
    "MDL302": Check(
        "no-rule-for-unexplained-report",
        "an event has no rule, or several, for a report that none of its rows allows",
        "Write exactly one.",
    ),
    "MDL303": Check(
        "two-prohibitions-at-once",
        "of several rules that match, none is the most specific",
        "Say in their conditions which of them is meant.",
    ),
    "MDL304": Check(
        "permitted-and-prohibited",
        "in a region of one state a row permits what another forbids",
        "Say in their conditions which of them is meant.",
    ),
    "MDL305": Check(
        "rule-that-never-counts",
        "another rule always goes before a prohibition",
        "Take it away, or say in its conditions what only it forbids.",
    ),
    "MDL306": Check(
        "rows-alike",
        "two rows of different codes permit the same moves under the same conditions",
        "Keep one of them, with the sources of both.",
    ),
    "MDL401": Check(
        "no-way-to-release",
        "from a state of the requester's regions together no Release can be reached",
        "Permit what leads out of it.",
    ),
    "MDL402": Check(
        "regions-apart-accept-more",
        "regions that are judged apart accept what their product does not",
        "Carry what they have to know of one another in their states.",
    ),
    "MDL403": Check(
        "state-outside-product",
        "a state of a region is in no state of the product, and nothing excuses it",
        "Write the row that leads there, take the state away, or excuse it with a reason.",
    ),
    "MDL404": Check(
        "row-never-taken",
        "no state of the product takes a row, and nothing excuses it",
        "Mend its states or conditions, take it away, or excuse it with a reason.",
    ),
    "MDL405": Check(
        "needless-excuse",
        "a row or a state is excused, and needs no excuse",
        "Take the excuse away.",
    ),
    "MDL406": Check(
        "result-without-one-reading",
        "what a result may have been is read by the regions in ways that no one outcome explains",
        "Let one outcome explain it to all of them.",
    ),
}
