"""
Readers backwards: records of a writer's session written as other programs would have written them.

Each renderer takes canonical records and gives the bytes of a file; what the format cannot hold is
left out. The formats are those of the readers' own samples in `tests/data`.
"""

import csv
import io
import json
from datetime import datetime, timedelta

from evtx_file import evtx

from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.labels import ERROR_LABELS
from vssfsm.spec.vocabulary import HANDLERS, STATE_NAMES
from vssfsm.traces.render import render

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


def vshadow(records):
    """Give a block per report of a failed writer; the tool names no code of writers."""
    return "".join(
        f"ERROR: Selected writer '{NAME}' is in failed state!\n"
        f" - Status: {state} (VSS_WS_{STATE_NAMES[state]})\n"
        f" - Writer Failure code: 0x{code:08x} (<Unknown error code>)\n"
        f" - Writer ID: {CLASS}\n - Instance ID: {INSTANCE}\n\n"
        for state, code in reports(records)
        if state > 5 or code
    ).encode()


def requester_log(records):
    """Give a line per report of a failed writer; the format has no codes."""
    return "".join(
        f"GetWriterStatus FAILED for Selected writer [{NAME}],"
        f" writer is in state [{state}] [VSS_WS_{STATE_NAMES[state]}]\n"
        for state, _ in reports(records)
        if state > 5
    ).encode()


def druva(records):
    """Give a line per report; the format has neither codes nor names."""
    return "".join(
        f'method=checkWriterStatus message="checked" WriterState={state} Error=null\n'
        for state, _ in reports(records)
    ).encode()


def ntbackup(records):
    """Give a line per failure code; the format has no states."""
    return "".join(
        f'"{NAME}" has reported an error 0x{code:08x}.\n' for _, code in reports(records) if code
    ).encode()


def events(records):
    """Give what a log holds of each veto with a code, and an idle stop: number, text."""
    vetoes = [
        (
            8229,
            f"A VSS writer has rejected an event with error 0x{code_of(record):08x}, refused.\n\n"
            f"Operation:\n   {_operation(record)} Event\n\n"
            f"Context:\n   Writer Class Id: {CLASS}\n   Writer Name: {NAME}\n"
            f"   Writer Instance ID: {INSTANCE}",
        )
        for record in records
        if record.get("outcome") == "veto" and code_of(record) is not None
    ]
    return [*vetoes, (8224, "The VSS service is shutting down due to idle timeout.")]


def _operation(record):
    return record["event"].replace("Prepare", "PrepareFor")


def _xml(records):
    return [
        "<Event><System><Provider Name='VSS'/>"
        f"<EventID>{number}</EventID><EventRecordID>{order}</EventRecordID>"
        f"<Computer>srv1</Computer></System><EventData><Data>{text}</Data></EventData></Event>"
        for order, (number, text) in enumerate(events(records), start=1)
    ]


def exported(records):
    """Give the events as exported XML."""
    return f"<Events>\n{''.join(_xml(records))}</Events>\n".encode()


def binary(records):
    """Give the events as a binary log."""
    return evtx(_xml(records))


def _properties(records):
    return [
        {"Message": text, "Id": number, "ProviderName": "VSS", "RecordId": order}
        for order, (number, text) in enumerate(events(records), start=1)
    ]


def events_json(records):
    """Give the events as `Get-WinEvent | ConvertTo-Json` does."""
    return json.dumps(_properties(records), indent=4).encode("utf-16")


def events_csv(records):
    """Give the events as `Get-WinEvent | Export-Csv` does."""
    rows = _properties(records)
    file = io.StringIO()
    table = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
    table.writeheader()
    table.writerows(rows)
    return file.getvalue().encode()


def pasted(records):
    """Give the events as they are pasted into a mail."""
    return "".join(
        f"Source: VSS\r\nEvent ID: {number}\r\n{text}\r\n\r\n" for number, text in events(records)
    ).encode()


def _converted(records, to):
    return render([record for record in records if "event" in record], to)


def xes(records):
    """Give the records as a log of process mining."""
    return _converted(records, "xes")


def table(records):
    """Give the records as a table."""
    return _converted(records, "csv")


def mail(records):
    """Give a mail of all kinds that stand in texts."""
    kinds = (vssadmin, diskshadow, sqlwriter, bareos, pasted)
    return b"Hello,\n\n" + b"\nand:\n\n".join(kind(records) for kind in kinds) + b"\nBye\n"


#: format -> renderer
RENDERERS = {
    "vssadmin": vssadmin,
    "diskshadow": diskshadow,
    "vshadow": vshadow,
    "betest": betest,
    "requester-log": requester_log,
    "bareos": bareos,
    "druva": druva,
    "ntbackup": ntbackup,
    "sqlwriter": sqlwriter,
    "exported": exported,
    "binary": binary,
    "events-json": events_json,
    "events-csv": events_csv,
    "pasted": pasted,
    "xes": xes,
    "table": table,
    "mail": mail,
}
#: format of a reader -> its renderers
OF_FORMAT = {
    "vssadmin": (vssadmin,),
    "status": (diskshadow, vshadow, betest, requester_log),
    "backuplog": (bareos, druva, ntbackup),
    "sqlwriter": (sqlwriter,),
    "eventlog": (exported, events_json, events_csv, pasted),
    "evtx": (binary,),
    "xes": (xes,),
    "csv": (table,),
    "mail": (mail,),
}
