"""
What a writer under test can do wrong that no rule of the catalogue is about.

That is the protocol of the test bed, and codes and reports that do not fit what the writer was
told to do. A report that no row allows is a rule of the catalogue; the names here are beside them.
"""

from typing import Final, NamedTuple

from vssfsm.spec.catalogue import RULES


class FaultKind(NamedTuple):
    """A kind of fault: its name, what it says, why it matters, slugs of `PAGES`."""

    name: str
    says: str
    why: str
    sources: tuple[str, ...] = ()


_PROTOCOL: Final = "One request has one reply: a JSON object on a line, within the time-out."
FAULTS: Final = {
    kind.name: kind
    for kind in (
        FaultKind("hang", "the program did not answer in time", _PROTOCOL),
        FaultKind("crash", "the program ended or failed where a reply was due", _PROTOCOL),
        FaultKind("garbage", "the program wrote something that is no reply", _PROTOCOL),
        FaultKind("missing-key", "a reply lacks a key that is required", _PROTOCOL),
        FaultKind("wrong-value", "a reply holds a value that cannot be read", _PROTOCOL),
        FaultKind(
            "lost-code",
            "the writer does not report the failure that its handler recorded",
            "A requester decides by the reported code whether to retry; without it a failure stays"
            " unseen.",
            ("setwriterfailure", "getwriterstatus"),
        ),
        FaultKind(
            "code-from-nowhere",
            "the writer reports a failure that nothing in this session set",
            "State and failure belong to a session; a failure of an earlier one makes a good backup"
            " look bad.",
            ("setwriterfailure", "getwriterstatus"),
        ),
        FaultKind(
            "returned-without-failure",
            "the handler returned false, and the writer reports a state that is no failure",
            "A handler that returns false has failed; a writer that goes on all the same hides it.",
            ("writer-errors-and-vetoes", "setwriterfailure"),
        ),
        FaultKind(
            "identify-changed-state",
            "Identify changed what the writer reports",
            "Identify is no part of the sequence and may come at any time, from any program.",
            ("onidentify", "writers"),
        ),
        FaultKind(
            "status-disagrees",
            "the status is not what the writer replied to its last event",
            "A requester sees the status only; a status that differs from the writer's state"
            " misleads it.",
            ("getwriterstatus", "determining-writer-status"),
        ),
        FaultKind(
            "leaked-set",
            "a shadow copy set was left under creation",
            "Until it is ended, no other program on the machine can create a shadow copy.",
            ("abortbackup", "aborting-vss-operations"),
        ),
        FaultKind(
            "success-despite-writer",
            "success was claimed although a writer of the operation reports a failure",
            "The writer's data is not saved, or not restored, and nobody is told.",
            ("getwriterstatus", "determining-writer-status"),
        ),
        FaultKind(
            "success-without-calls",
            "success was claimed, and nothing was called that saves, restores or lists",
            "Nothing was saved or restored; whoever relies on the claim has no backup.",
            ("createvssbackupcomponents",),
        ),
        FaultKind(
            "success-despite-failure",
            "success was claimed although an operation had failed",
            "S_OK of an asynchronous call says that it began; only its result says how it ended.",
            ("querystatus",),
        ),
    )
}


class Fault(NamedTuple):
    """
    One fault of the writer under test.

    Args:
        rule: code of the rule that is broken, empty for a name of `FAULTS`.
        name: name of the rule, or of `FAULTS`.
        message: one sentence about this reply.
        expected: what the writer could have reported.
        detail: lines of standard error, where the program ended.
    """

    rule: str
    name: str
    message: str
    expected: tuple[str, ...] = ()
    detail: str = ""

    @property
    def code(self) -> str:
        """Code of the rule, else the name of the fault."""
        return self.rule or self.name

    @property
    def why(self) -> str:
        """Why it matters."""
        return RULES[self.rule].why if self.rule else FAULTS[self.name].why

    @property
    def sources(self) -> tuple[str, ...]:
        """Slugs of `PAGES`."""
        return RULES[self.rule].sources if self.rule else FAULTS[self.name].sources

    @property
    def says(self) -> str:
        """What the rule says."""
        return RULES[self.rule].says if self.rule else FAULTS[self.name].says


def fault(name: str, message: str, expected: tuple[str, ...] = (), detail: str = "") -> Fault:
    """Make a fault of a name of `FAULTS`."""
    return Fault("", name, message, expected, detail)
