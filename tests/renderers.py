"""
Readers backwards: records of a writer's session written as other programs would have written them.

Each renderer takes canonical records and gives the bytes of a file; what the format cannot hold is
left out. The formats are those of the readers' own samples in `tests/data`.
"""

from datetime import datetime, timedelta

from evtx_file import evtx

from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.labels import ERROR_LABELS
from vssfsm.spec.vocabulary import HANDLERS, STATE_NAMES

NAME = "SqlServerWriter"
CLASS = "{a65faa63-5ea8-4ebc-9dbd-a0c4db26912a}"
INSTANCE = "{77d3b0b1-51e2-4a0f-9f0a-6c1f8a3c1d22}"
_LABELS = {code: text for text, code in ERROR_LABELS["en"].items()}


def code_of(record):
    """Give the failure code of a record as a number, None if it has none."""
    code = record.get("failure")
    return HRESULTS[code] if code in HRESULTS else code if code is None else int(str(code), 0)


def reports(records):
    """Give (state, failure code) of each record that has both, as numbers."""
    pairs = [(record.get("state"), code_of(record)) for record in records]
    return [(state, code) for state, code in pairs if state in STATE_NAMES and code is not None]


def vssadmin(records):
    """Give a listing with a block per report; codes without a text are left out."""
    names = {HRESULTS[code]: text for code, text in _LABELS.items()}
    blocks = [
        f"Writer name: '{NAME}'\n   Writer Id: {CLASS}\n   Writer Instance Id: {INSTANCE}\n"
        f"   State: [{state}] Any\n   Last error: {names[code]}\n\n"
        for state, code in reports(records)
        if code in names
    ]
    return ("vssadmin 1.1 - Volume Shadow Copy Service\n\n" + "".join(blocks)).encode()


def diskshadow(records):
    """Give what `list writers status` prints, once per report."""
    blocks = [
        f'* WRITER "{NAME}"\n        - Status: {state} (VSS_WS_{STATE_NAMES[state]})\n'
        f"        - Writer Failure code: 0x{code:08x} (ANY)\n        - Writer ID: {CLASS}\n"
        f"        - Instance ID: {INSTANCE}\n"
        for state, code in reports(records)
    ]
    return ("Listing writer status ...\n\n" + "".join(blocks) + "1 writers listed.\n").encode()


def betest(records):
    """Give a status line per report."""
    return "".join(
        f"Status for writer {NAME}: {STATE_NAMES[state]}(0x{code:08x} - ANY)\n"
        for state, code in reports(records)
    ).encode()


def bareos(records):
    """Give a line per report; the format has no codes."""
    return "".join(
        f'VSS Writer (BackupComplete): "{NAME}", State: 0x{state:x} (VSS_WS_{STATE_NAMES[state]})\n'
        for state, _ in reports(records)
    ).encode()


def sqlwriter(records):
    """Give a line per handler, one second after another, on one thread."""
    start = datetime(2026, 3, 3, 2)  # noqa: DTZ001 - the log names no zone
    lines = [
        f"[{start + timedelta(seconds=number):%m/%d/%Y %H:%M:%S}, TID 1a2c]"
        f" Entering SQL Writer On{record['event']}.\n"
        for number, record in enumerate(records)
        if record.get("event") in HANDLERS
    ]
    return "".join(lines).encode()


def events(records):
    """Give event 8229 for each veto with a code, and an idle stop at the end, as XML texts."""
    vetoes = [
        _event(
            8229,
            number,
            f"0x{code_of(record):08x}, refused.\n\nOperation:\n   {_operation(record)} Event\n\n"
            f"Context:\n   Writer Class Id: {CLASS}\n   Writer Name: {NAME}\n"
            f"   Writer Instance ID: {INSTANCE}",
        )
        for number, record in enumerate(records, start=1)
        if record.get("outcome") == "veto" and code_of(record) is not None
    ]
    return [*vetoes, _event(8224, len(records) + 1, "idle")]


def _operation(record):
    return record["event"].replace("Prepare", "PrepareFor")


def _event(number, record, text):
    return (
        "<Event><System><Provider Name='VSS'/>"
        f"<EventID>{number}</EventID><EventRecordID>{record}</EventRecordID>"
        f"<Computer>srv1</Computer></System><EventData><Data>{text}</Data></EventData></Event>"
    )


def exported(records):
    """Give the events as exported XML."""
    return f"<Events>\n{''.join(events(records))}</Events>\n".encode()


def binary(records):
    """Give the events as a binary log."""
    return evtx(events(records))


#: format -> renderer
RENDERERS = {
    "vssadmin": vssadmin,
    "diskshadow": diskshadow,
    "betest": betest,
    "bareos": bareos,
    "sqlwriter": sqlwriter,
    "exported": exported,
    "binary": binary,
}
