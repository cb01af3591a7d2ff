"""
What vssfsm could not do. A violation is a value, never an exception of this module.
"""


class VssfsmError(Exception):
    """Something that we could not do; the message says what to do about it."""

    exit_code = 2


class UsageError(VssfsmError):
    """Wrong usage or configuration: exit code 2."""


class OtherAnswer(UsageError):
    """A writer answers otherwise, as it may, so that a sequence cannot go on as it was written."""


class MissingExtra(VssfsmError):
    """An optional package is not installed; the message holds the pip command."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an extra: python -m pip install 'vssfsm[{extra}]'")
        self._given = purpose, extra

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Cross from one process to another."""
        return MissingExtra, self._given


class SpecError(VssfsmError):
    """Our own tables are wrong: a defect of ours, exit code 4."""

    exit_code = 4


class TraceFormatError(VssfsmError):
    """An input cannot be read at all: exit code 3."""

    exit_code = 3
