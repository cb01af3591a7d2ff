"""
What vssfsm could not do. A violation is a value, never an exception of this module.
"""

#: where defects are reported
REPORT_AT = "https://github.com/vssfsm/vssfsm/issues"
#: variable of the environment that asks for the traceback of a defect
TRACEBACK = "VSSFSM_TRACEBACK"
#: calls, innermost last, and characters of a message that say where a defect is
_FRAMES, _LONGEST = 3, 300


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


def defect(error: BaseException) -> str:
    """
    Say what of ours failed, where, and where to report it: what nobody foresaw was raised.

    Raises:
        BaseException: it, where the environment asks for tracebacks.
    """
    import os
    from traceback import extract_tb

    if os.environ.get(TRACEBACK):
        raise error
    root = os.path.dirname(os.path.abspath(__file__))
    frames = [f for f in extract_tb(error.__traceback__) if f.filename.startswith(root)]
    names = [f.filename[len(root) + 1 :].replace(os.sep, "/") for f in frames]
    at = [f"{name}:{f.lineno}" for name, f in zip(names, frames, strict=True)]
    told = f"{type(error).__name__}: {error}"[:_LONGEST]
    return (
        f"a defect of vssfsm: {told} (at {' > '.join(at[-_FRAMES:])});"
        f" please report it, with what shows it, at {REPORT_AT}"
    )
