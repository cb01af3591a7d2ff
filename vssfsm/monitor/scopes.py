"""Backup sessions as scopes of verdicts, and how many of them an input holds."""

from typing import Final, NamedTuple

from vssfsm.monitor.evidence import Evidence
from vssfsm.monitor.keys import Key

#: why less is proved of a session where something could not be read
UNREAD: Final = "a record that may belong to it could not be read"


class SessionReport(NamedTuple):
    """
    Verdict of one backup session, what it still owes, and the input that it is in.

    Args:
        reasons: why less is proved of it than could be; also where it violates.
        segments: number of sessions where no key tells them apart; they share the verdict.
    """

    host: str
    session: str
    verdict: str
    owed: tuple[str, ...]
    path: str
    reasons: tuple[str, ...] = ()
    segments: int = 1


#: of a scope within which no session began anew; most are like that, and there are very many
_ONE: Final[dict[object, int]] = {}


class Scope:
    """One backup session, or the file where no key tells sessions apart."""

    def __init__(self) -> None:
        self.errors = 0
        self.judged = 0
        self.owed: tuple[str, ...] = ()
        self._segments = _ONE

    def owe(self, events: tuple[str, ...]) -> None:
        """Note events one of which is still to come."""
        self.owed += tuple(event for event in events if event not in self.owed)

    def renewed(self, who: object) -> None:
        """Note that *who* began another session within this scope."""
        if self._segments is _ONE:
            self._segments = {}
        self._segments[who] = self._segments.get(who, 1) + 1

    @property
    def segments(self) -> int:
        """Number of backup sessions: the most that any participant began."""
        return max(self._segments.values(), default=1)


class Scopes:
    """All backup sessions of one input."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._scopes: dict[tuple[str | None, str | None], Scope] = {}

    def get(self, key: Key) -> Scope:
        """Give the scope of *key*'s host and session."""
        own = key.host, key.session
        scope = self._scopes.get(own)
        if scope is None:
            scope = self._scopes[own] = Scope()
        return scope

    def accuse(self, host: str, session: str) -> None:
        """Count an error, if it belongs to a session."""
        scope = self._scopes.get((host or None, session or None))
        if scope is not None:
            scope.errors += 1

    def dissolve(self, field: str) -> None:
        """Drop the scopes whose key lacks *field*."""
        if field in ("host", "session"):
            index = ("host", "session").index(field)
            self._scopes = {k: scope for k, scope in self._scopes.items() if k[index] is not None}

    @property
    def owing(self) -> int:
        """Number of scopes that still owe an event."""
        return sum(bool(scope.owed) for scope in self._scopes.values())

    @property
    def unjudged(self) -> int:
        """Number of scopes of which nothing was judged."""
        return sum(not scope.judged for scope in self._scopes.values())

    def reports(self, path: str) -> list[SessionReport]:
        """Give a verdict per scope, sorted."""
        reports = []
        for (host, session), scope in self._scopes.items():
            reasons = self._reasons(scope, Key(host, session))
            verdict = "VIOLATES" if scope.errors else "INCONCLUSIVE" if reasons else "CONFORMS"
            reports.append(
                SessionReport(
                    host=host or "",
                    session=session or "",
                    verdict=verdict,
                    owed=scope.owed,
                    path=path,
                    reasons=reasons,
                    segments=scope.segments,
                )
            )
        return sorted(reports)

    def _reasons(self, scope: Scope, key: Key) -> tuple[str, ...]:
        """Say why less is proved of a session than could be."""
        reasons = (
            (scope.owed, f"it still owes {' or '.join(scope.owed)}"),
            (
                self._evidence.unread_holes.since(0, key),
                UNREAD,
            ),
            (key in self._evidence.lives.cut, "it was evicted from memory before its end"),
            (not scope.judged, "nothing of it was judged"),
        )
        return tuple(text for holds, text in reasons if holds)
