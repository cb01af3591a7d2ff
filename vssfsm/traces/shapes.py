"""Formats told by their content: what the first lines of each look like."""

import re
from typing import Final

from vssfsm.spec.eventlog import ANY_HEAD, ANY_SOURCE, ENGLISH_HEAD
from vssfsm.spec.labels import LINE_LABELS, STATE
from vssfsm.traces.values import KEYS

#: patterns, compiled only where the first character does not decide
_BANNER: Final = r"(?i)vssadmin 1\.1"
#: a number in brackets behind a colon is the weakest sign: a log may hold one
_BRACKETS: Final = r"(?m)^[^:：\n]{1,60}[:：][^\w\n\[]{0,9}\[ ?\d{1,2} ?\\?\]"
_LISTING: Final = (
    # where line ends were lost, a label that is known
    rf"(?i)(?:{'|'.join(LINE_LABELS[STATE])})[ ]?[:：][ ]?\[[ ]?\d{{1,2}}[ ]?\]"
    # in a code page nobody knows the colon yet: a number in brackets below an id
    r"|[0-9a-f]{4}-[0-9a-f]{12}\}?[ \t\r]*\n[^\n]*\[\d{1,2}\\?\]"
)
#: event logs: exported XML, the head of a pasted event in lines or in one, the text of a veto
_LOG: Final = (
    r"<Event[\s>][^<]*<System>"
    rf"|(?im:^[ \t>]*[^:：\n]{{1,40}}[:：][ \t]*(?:{ANY_SOURCE})[ \t\r]*$)"
    rf"|(?i:{ENGLISH_HEAD}|{ANY_HEAD})"
    r"|(?i:rejected an event with error 0x)"
)
#: properties of the events of `Get-WinEvent`, as JSON or CSV
_PROPERTIES: Final = ('"ProviderName"', '"Id"')
#: what parts the columns of such a CSV, by country and options
_DELIMITERS: Final = (",", ";", "\t", "|")
#: status lines of diskshadow, vshadow and betest, and what diskshadow says of a refused call
_STATUS: Final = (
    r"(?m)-[ \t]+Status: \d+ \(|\bStatus: ?\d+ ?\(VSS_WS_"
    r"|Status for writer [^\n]{1,400}: ?[A-Z_]+ ?\("
    r"|Selected writer [^\n]{1,400} is in (?:failed )?state|^[ \t>]*Listing writer status"
    r"|^[ \t>]*(?:Status for writer \S[^\n]*:|ERROR: Selected writer )"
    r"|GetWriterStatus FAILED for Selected writer \["
    r"|^[ \t>]*-[ \t]+Returned HRESULT: [0-9a-fA-F]{8}\b"
)
#: the trace of SQL Server's writer
_SQLWRITER: Final = r"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d, TID (?:0x)?[0-9a-fA-F]{1,8}\]"
#: lines of backup programs: Bareos and Bacula, Druva, NTBackup, Veeam
_BACKUPLOG: Final = (
    r"VSS Writer (?:\([A-Za-z]+\): )?\"[^\"\n]*\"(?:, State: 0x| has invalid state)"
    r"|\bVSS Writer \([A-Za-z]+\): \""
    r"|\bmethod=checkWriterStatus\b"
    r"|\"[^\"\n]+\" has reported an error 0x[0-9a-fA-F]{8}\b"
    r"|VSSControl: [^\n]{0,400}\bCode: ?\[0x[0-9a-fA-F]{8}\]"
)
#: formats of texts, in the order in which one counts before another
TEXTS: Final = (
    *((_BANNER, "vssadmin"), (_STATUS, "status"), (_SQLWRITER, "sqlwriter")),
    *((_BACKUPLOG, "backuplog"), (_LISTING, "vssadmin"), (_LOG, "eventlog")),
)
#: the root of a log of process mining
_XES: Final = r"\A[\s\ufeff]*(?:<\?xml[^<>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<log(?:\s[^<>]*)?>"
_OBJECT: Final = r"(?m)^[ \t]*\{"
#: what a spreadsheet may write before the header of a table
_SEPARATOR: Final = r"(?i)\s*\"?sep=.\"?\s*\n"


def shape_of(text: str) -> str | None:
    """Give the format that the beginning of an input shows; None if it is none that we know."""
    found = _shape(text)
    if found not in (None, "vssadmin"):
        return found
    # Most inputs end above: what undoes the marks of a page is made only for the others.
    from vssfsm.traces.pasted import broken, unstamped

    # Without the marks of a page, more is seen; what a number in brackets shows may be wrong then.
    if (clear := broken(text)) != text:
        found = _shape(clear) or found
    return found or _shape("\n".join(unstamped(broken(text).split("\n"))))


def _shape(text: str) -> str | None:
    if (all(name in text for name in _PROPERTIES) and '"actor"' not in text) or delimiter_of(text):
        return "eventlog"
    if text.lstrip().startswith("{"):
        # A guest agent gives a listing in a string.
        return "vssadmin" if '"actor"' not in text and re.search(_BANNER, text) else "jsonl"
    if _is_header(text):
        return "csv"
    known = ((_XES, "xes"), *TEXTS[:-1], (_BRACKETS, "vssadmin"), TEXTS[-1], (_OBJECT, "jsonl"))
    return next((name for shape, name in known if re.search(shape, text)), None)


def _is_header(text: str) -> bool:
    """Tell whether the first line heads a table: it has two names of the format, and parts them."""
    separator = re.match(_SEPARATOR, text)
    first = text[separator.end() if separator else 0 :].lstrip().partition("\n")[0]
    names = {name.strip(" \r\"'") for name in re.split(r"[,;\t|]", first)}
    return len(names & {*KEYS}) > 1


def delimiter_of(text: str) -> str:
    """Give what parts the columns of `Get-WinEvent | Export-Csv`; empty if it is no such table."""
    head = next((line for line in text.splitlines() if not line.startswith("#TYPE")), "")
    for sign in _DELIMITERS:
        if {"ProviderName", "Id"} <= {name.strip('"') for name in head.split(sign)}:
            return sign
    return ""
