"""The writers of the simulated service: reference writers, told what to do by a scenario."""

from vssfsm.testing.reference import ReferenceWriter


class PlayedWriter:
    """A writer of the scenario; the first one may misbehave."""

    def __init__(self, number: int) -> None:
        self.facts = {
            "writer": f"Writer {number}",
            "writer_id": f"{{{number:08d}-0000-0000-0000-000000000000}}",
            "instance": f"{{00000000-0000-0000-0000-{number:012d}}}",
        }
        self.inner = ReferenceWriter()
        self.is_listed = True
        self.overlay = ""
        #: event in which it failed, and the code that it reported
        self.failed_in = ""
        self.failure = ""

    @property
    def report(self) -> dict[str, object]:
        """What GetWriterStatus gives."""
        known = self.inner.status()
        return {**self.facts, "state": known.state, "failure": self.overlay or known.failure}

    def note(self) -> None:
        """Remember a failure that a requester can see, should it show no longer."""
        if self.is_listed and self.report["failure"] != "S_OK":
            self.failure = str(self.report["failure"])
