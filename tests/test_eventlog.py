"""Event logs as XML, JSON, CSV and pasted text: the vetoes they hold, and what is not used."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vssfsm
from vssfsm.core.record import Record
from vssfsm.reports.text import render
from vssfsm.spec.eventlog import BY_NUMBER, EVENTS, HARMLESS, OLD_SESSION_MEANS, REMARK, VETO
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.vocabulary import HANDLERS
from vssfsm.traces.aside import Share
from vssfsm.traces.reading import Entered, Reading, enter

LOGS = Path(__file__).parent / "data" / "logs"
SQL = ("a65faa63-5ea8-4ebc-9dbd-a0c4db26912a", "77d3b0b1-51e2-4a0f-9f0a-6c1f8a3c1d22")
SYSTEM = ("e8132975-6f93-4464-a53e-1050253ae220", "0c1d7b0e-6e36-4f6a-8a5f-3f1c5f0f2a11")
ASR = ("be000cbe-11fe-4426-9c58-531aa6355fc4", "5d3f0d2e-7a44-4c3d-9e51-2f0b6b1c7e33")
IDLE, SLOW = ("VSS 8224", 1), ("VSS 12349", 1)

Veto = tuple[int, str, str | None, tuple[str | None, ...], str | None, str | None]
#: line, event, writer, ids, outcome, failure of each veto
_REFUSED: list[Veto] = [
    (29, "WriterStatus", None, (None, None), None, None),
    (11, "PrepareBackup", "ASR Writer", ASR, "veto", "VSS_E_WRITERERROR_RETRYABLE"),
]
#: log -> vetoes, events that are known and not used
EXPECTED: dict[str, tuple[list[Veto], list[tuple[str, int]]]] = {
    "events.xml": (
        [(4, "PostSnapshot", "SqlServerWriter", SQL, "veto", "VSS_E_WRITERERROR_NONRETRYABLE")],
        [("VSS 12289", 1), IDLE],
    ),
    "events.json": ([_REFUSED[0], _REFUSED[1]], [SLOW, IDLE]),
    "events.csv": ([(15, *_REFUSED[0][1:]), (3, *_REFUSED[1][1:])], [SLOW, IDLE]),
    "pasted.txt": (
        [(4, "PrepareSnapshot", "SqlServerWriter", SQL, "veto", "VSS_E_WRITERERROR_TIMEOUT")],
        [IDLE],
    ),
    "collapsed.txt": (
        [(1, "PostSnapshot", "System Writer", SYSTEM, "veto", "VSS_E_WRITERERROR_NONRETRYABLE")],
        [],
    ),
    "page.txt": (
        [(2, "PostSnapshot", "SqlServerWriter", SQL, "veto", "VSS_E_WRITERERROR_NONRETRYABLE")],
        [],
    ),
    "collapsed-ja.txt": (
        [
            (
                *(1, "PrepareSnapshot", "Cluster Shared Volume VSS Writer"),
                ("1072ae1c-e5a7-4ea1-9e4a-6f7964656570", SQL[1]),
                *("veto", "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT"),
            )
        ],
        [],
    ),
    "collapsed-fr.txt": ([], [("VSS 12298", 1)]),
    "bare.txt": (
        [(1, "PrepareSnapshot", "Cluster Shared Volume VSS Writer", (None, None), None, None)],
        [],
    ),
    "german.txt": ([], [("VSS 12289", 1)]),
}


def text_of(name: str) -> str:
    """Give a log, with its line ends."""
    return (LOGS / name).read_bytes().decode("utf-8")


def records(path: Path) -> tuple[list[Record], list[tuple[str, int]]]:
    """Give the records of a log, and what is known and not used."""
    with enter(str(path), "eventlog") as entered:
        assert isinstance(entered, Entered)
        reading = Reading(entered)
        return [record for record, _ in reading], [(s.name, s.times) for s in reading.aside.seen]


def vetoes(path: Path) -> list[Veto]:
    """Give what is read of each veto."""
    names = {code: name for name, code in HRESULTS.items()}
    return [
        (
            r.line,
            r.event or "",
            r.writer,
            tuple(one and one.lower() for one in (r.writer_id, r.instance)),
            r.outcome,
            None if r.failure is None else names[r.failure],
        )
        for r in records(path)[0]
    ]


def told(path: Path) -> list[tuple[int, str]]:
    """Give (line, rule) of everything but notes."""
    run = vssfsm.check(path, input_format="eventlog")
    return [(item.line, item.rule) for item in run.findings if item.severity != "info"]


def test_every_log_is_expected() -> None:
    """No log stands there without saying what it shows."""
    assert sorted(path.name for path in LOGS.iterdir()) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_vetoes_of_a_log(name: str) -> None:
    """Each veto gives handler, writer, ids and failure; other events are counted."""
    assert (vetoes(LOGS / name), records(LOGS / name)[1]) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_log_is_told_by_its_content_and_accuses_nobody(name: str) -> None:
    """A veto is legal: a log gives notes; without a veto nothing was judged."""
    run = vssfsm.check(LOGS / name)
    assert [(item.format, item.observation) for item in run.inputs] == [("eventlog", "sampled")]
    assert run.counts["errors"] == 0
    failing = sum(veto[5] is not None for veto in EXPECTED[name][0])
    assert (run.counts["failed_writers"], run.exit_code()) == (failing, 0 if failing else 3)
    report = render(run)
    for known, times in EXPECTED[name][1]:
        dated = rf"{re.escape(f'{LOGS / name}: {known}')}, {times} time( at \S+Z)?, not used: "
        assert re.search(dated, report)


def test_machine_and_time_stand_in_the_record() -> None:
    """A machine's name and a time with a zone are kept; a time in words of a country is not."""
    noon = 1_772_499_609_000_000_000
    assert [(r.host, r.time_ns) for r in records(LOGS / "events.xml")[0]] == [
        ("srv1.example.org", noon)
    ]
    assert [r.time_ns for r in records(LOGS / "events.json")[0]] == [
        noon - 3_668_876_543_300,
        noon,
    ]
    assert [r.time_ns for r in records(LOGS / "events.csv")[0]] == [None, None]
    assert records(LOGS / "pasted.txt")[0][0].host == "srv1.example.org"


def test_events_that_are_not_used_have_their_dates(tmp_path: Path) -> None:
    """The first and the last time of an event stand beside its meaning, where times are known."""
    noted = {one.name: one for one in vssfsm.check(LOGS / "events.xml").inputs[0].seen}
    assert (noted["VSS 8224"].first, noted["VSS 8224"].last) == (2 * ("2026-03-03T01:20:00Z",))
    assert {one.first for one in vssfsm.check(LOGS / "pasted.txt").inputs[0].seen} == {""}
    path = tmp_path / "t.xml"
    events = re.findall(r"<Event .*?</Event>", text_of("events.xml"), re.DOTALL)
    later = events[0].replace("01:20:00", "03:20:00")
    path.write_text(f"{later}\n{events[0]}\n", "utf-8")
    run = vssfsm.check(path)
    said = "VSS 8224, 2 times from 2026-03-03T01:20:00Z to 2026-03-03T03:20:00Z, not used: "
    assert said in render(run)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.source} {event.number}")
def test_every_event_of_the_table_is_known_in_a_pasted_log(event, tmp_path: Path) -> None:
    """Its source tells the format, and it is a veto or named with its meaning."""
    path = tmp_path / "t.txt"
    path.write_text(f"Source: {event.source}\nEvent ID: {event.number}\nText.\n", "utf-8")
    run = vssfsm.check(path)
    assert run.inputs[0].format == "eventlog"
    names = [(one.name, one.means) for one in run.inputs[0].seen]
    expected = [] if event.use == VETO else [(f"{event.source} {event.number}", event.means)]
    assert names == expected


def test_an_old_session_is_told_apart(tmp_path: Path) -> None:
    """Event 12289 tells of an old session by its code, else of something unexpected."""
    run = vssfsm.check(LOGS / "events.xml")
    assert OLD_SESSION_MEANS in {one.means for one in run.inputs[0].seen}
    path = tmp_path / "t.xml"
    path.write_text(text_of("events.xml").replace("0x80042409", "0x80070005"), "utf-8")
    means = {one.means for one in vssfsm.check(path).inputs[0].seen}
    assert BY_NUMBER["vss", 12289].means in means


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_operation_is_a_handler(handler: str, tmp_path: Path) -> None:
    """The operation is found in every spelling and case that logs have."""
    path = tmp_path / "t.txt"
    spelled = handler.replace("Prepare", "PrepareFor")
    for name in (f"{handler} event", f"On{handler} Event", f"{spelled} EVENT"):
        path.write_text(f"rejected an event with error 0x800423f4. Operation: {name}\n", "utf-8")
        assert [(r.actor, r.event) for r in records(path)[0]] == [("writer", handler)]


def test_a_code_of_no_writer_is_no_failure(tmp_path: Path) -> None:
    """What the service logs beside writer codes is kept, and accuses nobody."""
    path = tmp_path / "t.txt"
    path.write_text("rejected an event with error 0x80070005. Operation: Freeze Event\n", "utf-8")
    (record,) = records(path)[0]
    assert (record.failure, record.outcome, record.args) == (None, "veto", {"logged": "0x80070005"})
    run = vssfsm.check(path)
    assert (run.findings, run.counts["failed_writers"]) == ((), 1)


def test_the_table_of_events_is_sound() -> None:
    """Each event stands once, and the ids that matter have their use."""
    assert len(BY_NUMBER) == len(EVENTS)
    assert {event.use for event in EVENTS} == {VETO, REMARK, HARMLESS}
    assert [event.number for event in EVENTS if event.use == VETO] == [8229]
    assert BY_NUMBER["vss", 8224].use == HARMLESS
    for number in (12340, 12341, 12349):
        assert BY_NUMBER["vss", number].means.startswith("time: ")


# --- what transport does -----------------------------------------------------
MANGLED = {
    "crlf": lambda text: re.sub("\r?\n", "\r\n", text).encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "mark": lambda text: text.encode("utf-8-sig"),
    "upper-ids": lambda text: re.sub(
        r"\{[0-9a-f-]{36}\}", lambda match: match[0].upper(), text
    ).encode(),
}


@pytest.mark.parametrize("how", MANGLED)
@pytest.mark.parametrize("name", EXPECTED)
def test_what_transport_does_changes_no_veto(name: str, how: str, tmp_path: Path) -> None:
    """Line ends, encodings and the case of ids lose nothing."""
    path = tmp_path / name
    path.write_bytes(MANGLED[how](text_of(name)))
    assert (vetoes(path), records(path)[1]) == EXPECTED[name]
    assert vssfsm.check(path).inputs[0].format == "eventlog"


@pytest.mark.parametrize("quote", ["> ", ">> ", "  "])
def test_a_pasted_event_may_be_quoted(quote: str, tmp_path: Path) -> None:
    """A mail puts marks before the lines of an event."""
    path = tmp_path / "t.txt"
    lines = text_of("pasted.txt").splitlines()
    path.write_text("".join(f"{quote}{line}\n" for line in lines), "utf-8")
    assert (vetoes(path), records(path)[1]) == EXPECTED["pasted.txt"]


def test_events_of_a_log_without_a_root_are_read(tmp_path: Path) -> None:
    """`wevtutil` writes one event behind the other."""
    path = tmp_path / "t.xml"
    path.write_text(re.sub(r"</?Events>|<\?.*\?>", "", text_of("events.xml")), "utf-8")
    assert (vetoes(path), records(path)[1]) == EXPECTED["events.xml"]


FRENCH = f"""Nom du journal :Application
Source :       VSS
ID de l’événement :8229
Description :
Un rédacteur VSS a rejeté un événement avec l’erreur 0x800423f4.

Opération :
   Événement PostSnapshot

Contexte :
   Contexte d’exécution: Writer
   ID de classe du rédacteur: {{{SQL[0]}}}
   Nom du rédacteur: SqlServerWriter
   ID d’instance du rédacteur: {{{SQL[1]}}}
"""
WHOLE = (2, "PostSnapshot", "SqlServerWriter", SQL, "veto", "VSS_E_WRITERERROR_NONRETRYABLE")


@pytest.mark.parametrize("operation", ["Événement PostSnapshot", "PostSnapshot-Ereignis"])
def test_keys_of_other_languages_are_told_by_their_place(operation: str, tmp_path: Path) -> None:
    """Class, name and instance stand in one order; the handler's own name is no translation."""
    path = tmp_path / "t.txt"
    path.write_text(FRENCH.replace("Événement PostSnapshot", operation), "utf-8")
    assert vetoes(path) == [WHOLE]


def test_what_a_place_does_not_tell_is_left_out(tmp_path: Path) -> None:
    """An operation in words of the language, an id too few: no guess."""
    path = tmp_path / "t.txt"
    text = FRENCH.replace("Événement PostSnapshot", "Un moment entre Freeze et Thaw")
    path.write_text(text.replace(f"   ID de classe du rédacteur: {{{SQL[0]}}}\n", ""), "utf-8")
    code = "VSS_E_WRITERERROR_NONRETRYABLE"
    assert vetoes(path) == [(2, "WriterStatus", None, (None, None), None, code)]


@pytest.mark.parametrize("number", ["Event ID: 8229", "Event ID: 8,229", "EventID: 8.229"])
def test_a_number_may_stand_above_its_source(number: str, tmp_path: Path) -> None:
    """The number of a process is none of an event, wherever that stands."""
    path = tmp_path / "t.txt"
    above = text_of("pasted.txt").replace("Event ID:      8229", "User: N/A")
    lines = above.replace("Source:        VSS", f"{number}\nSource: VSS", 1)
    path.write_text(lines.rpartition("Log Name: ")[0], "utf-8")
    assert [veto[1:] for veto in vetoes(path)] == [EXPECTED["pasted.txt"][0][0][1:]]
    first, second = "Event ID: 8224\nSource: VSS\nidle\n\n", f"{number}\nSource: VSS\n0x800423f4\n"
    path.write_text(first + second, "utf-8")
    assert [veto[0] for veto in vetoes(path)] == [6]
    assert records(path)[1] == [IDLE]


def test_a_pasted_event_and_its_xml_are_one(tmp_path: Path) -> None:
    """The viewer copies both; an event without XML beside them is read as well."""
    path = tmp_path / "t.txt"
    pasted = text_of("pasted.txt").rpartition("\n\nLog Name:      Application\nSource")[0]
    events = re.findall(r"(?s)<Event[ >].*?</Event>", text_of("events.xml"))
    event = next(one for one in events if ">8229<" in one)
    whole = f"{pasted}\nEvent Xml:\n{event}\n"
    path.write_text(whole, "utf-8")
    assert len(vetoes(path)) == 1
    path.write_text(f"{pasted}\n\n{whole}", "utf-8")
    found = vetoes(path)
    assert [veto[0] for veto in found] == sorted(veto[0] for veto in found)
    assert [veto[1:] for veto in found] == [
        EXPECTED[name][0][0][1:] for name in ("pasted.txt", "events.xml")
    ]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_columns_are_parted_by_any_sign(sign: str, tmp_path: Path) -> None:
    """A country or an option chooses it; newer tools quote only what has to be."""
    path = tmp_path / "t.csv"
    text = "rejected an event with error 0x800423f4. Operation: PostSnapshot Event"
    rows = [["Message", "Id", "ProviderName", "MachineName"], [text, "8229", "VSS", "srv1"]]
    for quote in ('"', ""):
        lines = [sign.join(f"{quote}{cell}{quote}" for cell in row) for row in rows]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        found = [(one.event, one.host) for one in records(path)[0]]
        assert found == [("PostSnapshot", "srv1")]
    path.write_text("Message,Number,ProviderName\nx,8229,VSS\n", "utf-8")
    assert vssfsm.check(path).inputs[0].format != "eventlog"


def test_a_veto_without_its_text_is_told(tmp_path: Path) -> None:
    """Where the source is not installed the text is missing: nothing is green."""
    path = tmp_path / "t.txt"
    path.write_text("Source: VSS\nEvent ID: 8229\nThe description cannot be found.\n", "utf-8")
    assert (told(path), vssfsm.check(path).exit_code()) == ([(1, "INP111")], 3)
    path.write_text("Source: VSS\nEvent ID: 8229\nError 0x800423f4.\n", "utf-8")
    assert told(path) == []


# --- damage ------------------------------------------------------------------
def test_a_cut_log_is_told(tmp_path: Path) -> None:
    """What stands before the cut is read, and the cut event is one finding on its line."""
    path = tmp_path / "t.xml"
    path.write_text(text_of("events.xml")[:-420], "utf-8")
    assert told(path) == [(31, "INP111")]
    assert [veto for veto in vetoes(path) if veto[1]] == EXPECTED["events.xml"][0]
    path.write_text(text_of("events.json")[:-60], "utf-8")
    assert told(path) == [(29, "INP111")]
    path.write_text(text_of("events.csv")[:-60], "utf-8")
    assert told(path) == [(15, "INP111")]


HEADED = "Source: VSS\nEvent ID: 8229\nError 0x800423f4.\nContext:\n"


@pytest.mark.parametrize("size", range(1, 40))
def test_an_id_that_was_cut_is_none(size: int, tmp_path: Path) -> None:
    """A part of an id would join records that have nothing in common; a whole one is kept."""
    path = tmp_path / "t.txt"
    own = "{b2014c9e-8711-4c5c-a5a9-3cf384484757}"
    for label, place in (("Writer Class Id", 0), ("Writer Instance ID", 1)):
        for text in (own[:size], own[:size].replace("-", "\u2013")):
            path.write_text(f"{HEADED}   {label}: {text}", "utf-8")
            (veto,) = vetoes(path)
            assert veto[3][place] == (own.strip("{}") if size > 36 else None)
    path.write_text(f"{HEADED}   Writer Class Id: {{ID}}\n   Writer Name: NTDS\n", "utf-8")
    assert vetoes(path)[0][2:4] == ("NTDS", (None, None))


ABROAD = (
    "Source : VSS\nNuméro : 8229\nErreur 0x800423f4.\nOpération :\n   Événement PostSnapshot\n"
    "Contexte :\n   Contexte d’exécution: Writer\n"
    "   ID de classe: {b2014c9e-8711-4c5c-a5a9-3cf384484757}\n   Nom: Microsoft Exchange Writer\n"
    "   ID d’instance: {11111111-2222-3333-4444-555555555555}\n"
)


def test_what_a_table_or_a_log_puts_around_an_event_is_none_of_it(tmp_path: Path) -> None:
    """Bars of a table and times before lines go; a handler is told where all is one line."""
    path = tmp_path / "t.txt"
    path.write_text(ABROAD, "utf-8")
    ((_, *whole),) = vetoes(path)
    assert whole[:2] == ["PostSnapshot", "Microsoft Exchange Writer"]
    path.write_text(
        "".join(f"2026-03-03 01:00:00 x: {line}\n" for line in ABROAD.split("\n")), "utf-8"
    )
    assert [rest for _, *rest in vetoes(path)] == [whole]
    path.write_text(" ".join(ABROAD.split()), "utf-8")
    assert vetoes(path)[0][1] == "PostSnapshot"
    path.write_text(" ".join(ABROAD.replace("PostSnapshot", "PostSnapshots").split()), "utf-8")
    assert vetoes(path)[0][1] == "WriterStatus"
    own = "{b2014c9e-8711-4c5c-a5a9-3cf384484757}"
    lines = ("Source: VSS", "Event ID: 8229", "Writer Class Id: " + own, "Writer Name: NTDS")
    path.write_text("".join(f"| {line} |\n" for line in (*lines, "Error 0x800423f4.")), "utf-8")
    assert vetoes(path)[0][2:4] == ("NTDS", (own.strip("{}"), None))


def test_a_name_in_which_a_text_ends_is_left_out(tmp_path: Path) -> None:
    """It may be cut, unless it ends as names of writers do, or its line does."""
    path = tmp_path / "t.txt"
    ids = f"{HEADED}   Writer Class Id: {{b2014c9e-8711-4c5c-a5a9-3cf384484757}}\n"
    path.write_text(f"{ids}   Writer Name: Microsoft Exch", "utf-8")
    assert (told(path), vetoes(path)[0][2]) == ([(1, "INP111")], None)
    for whole in ("Microsoft Exchange Writer", "NTDS\n"):
        path.write_text(f"{ids}   Writer Name: {whole}", "utf-8")
        assert (told(path), vetoes(path)[0][2]) == ([], whole.strip())


def test_a_table_that_ends_in_a_cell_is_cut(tmp_path: Path) -> None:
    """The last cell may have lost what it says, wherever it stands."""
    path = tmp_path / "t.csv"
    head = '"Id","ProviderName","Message"\r\n'
    row = f'"8229","VSS","{HEADED}\n   Writer Name: Microsoft Exchange Writer"'
    path.write_text(head + f"{row}\r\n" + row[:-8], "utf-8", newline="")
    assert told(path) == [(8, "INP111")]
    path.write_text(head + f"{row}\r\n" + row, "utf-8", newline="")
    assert told(path) == []


@pytest.mark.parametrize("source", ["VSS", "Microsoft-Windows-VSS", "VolSnap", "SQLWRITER"])
def test_an_event_of_a_number_that_nobody_explains_is_named(source: str, tmp_path: Path) -> None:
    """It is of no other program; of a database's events only some are about shadow copies."""
    path = tmp_path / "t.txt"
    path.write_text(f"Source: {source}\nEvent ID: 9999\n", "utf-8")
    read = vssfsm.check(path).inputs[0]
    name = f"{source.removeprefix('Microsoft-Windows-')} 9999"
    assert [one.name for one in read.seen] == [name]
    assert read.lines
    assert read.lines.known == ((name, 2),)
    path.write_text("Source: ESENT\nEvent ID: 9999\n", "utf-8")
    assert vssfsm.check(path).inputs[0].seen == ()


def test_events_as_json_lines_are_no_trace(tmp_path: Path) -> None:
    """The name of a file does not make a trace of events; that of a trace stays one."""
    path = tmp_path / "t.jsonl"
    path.write_text('{"Id": 8224, "ProviderName": "VSS", "Message": "x"}\n' * 2, "utf-8")
    assert vssfsm.check(path).inputs[0].format == "eventlog"
    path.write_text('{"actor": "writer", "event": "Freeze", "x": "ProviderName"}\n', "utf-8")
    assert vssfsm.check(path).inputs[0].format == "jsonl"


BAD_EVENTS = {
    "no-number": "<Event><System><Provider Name='VSS'/></System></Event>",
    "words": "<Event><System><Provider Name='VSS'/><EventID>many</EventID></System></Event>",
    "no-xml": "<Event><System><Provider Name='VSS'></System></Event>",
    "inside": "<Event><System><Event><System></System></Event>",
    "entities": "<Event><System><!DOCTYPE a [<!ENTITY b 'c'>]></System></Event>",
    "huge": f"<Event><System>{'x' * (1 << 20)}</System></Event>",
    "undeclared": "<Event><System><EventID>&b;</EventID></System></Event>",
}


@pytest.mark.parametrize("event", BAD_EVENTS.values(), ids=BAD_EVENTS)
def test_a_damaged_event_is_told_and_the_others_are_read(event: str, tmp_path: Path) -> None:
    """An event that is none is a finding on its line; nothing is expanded."""
    path = tmp_path / "t.xml"
    path.write_text(f"{event}\n{text_of('events.xml')}", "utf-8")
    found = told(path)
    assert {rule for _, rule in found} == {"INP111"}
    assert found[0][0] == 1
    assert "SqlServerWriter" in {veto[2] for veto in vetoes(path)}


def test_shares_of_lines_name_the_pattern_that_knew_them(tmp_path: Path) -> None:
    """Each line with text is used, known or unread, also where an event cannot be read."""
    shares = {name: vssfsm.check(LOGS / name).inputs[0].lines for name in EXPECTED}
    for name, share in shares.items():
        assert share is not None
        lines = sum(bool(line.strip()) for line in text_of(name).splitlines())
        assert share.used + sum(times for _, times in share.known) + share.unread == lines
    assert shares["pasted.txt"] == Share(20, (("VSS 8224", 7), ("prose", 2)), 0)
    assert shares["events.xml"] == Share(
        25, (("VSS 12289", 1), ("VSS 8224", 1), ("other programs", 2), ("prose", 2)), 0
    )
    path = tmp_path / "t.xml"
    path.write_text(f"<Event><System></Event>\n{text_of('events.xml')}", "utf-8")
    share = vssfsm.check(path).inputs[0].lines
    assert share is not None
    assert share.unread == 3


@pytest.mark.long
def test_depth_and_length_cost_no_time(tmp_path: Path) -> None:
    """Deep nesting, blank lines and runs of spaces are read as fast as anything."""
    path = tmp_path / "t.txt"
    veto = "rejected an event with error 0x800423f4 Writer Name: a"
    deep = "<Event><System>" + "<a>" * 100_000 + "</a>" * 100_000 + "</System></Event>"
    texts = (deep, "\n" * 60_000 + veto, veto + " " * 100_000, "Source: VSS " * 5_000)
    start = time.process_time()
    for text in texts:
        path.write_text(text, "utf-8")
        vssfsm.check(path)
        assert told(path) is not None
    assert time.process_time() - start < 8


def test_a_subject_is_no_event(tmp_path: Path) -> None:
    """A line that only looks like the source of an event is prose."""
    path = tmp_path / "t.txt"
    path.write_text(f"Subject: VSS\n\n{text_of('bare.txt')}", "utf-8")
    assert [veto[1:] for veto in vetoes(path)] == [EXPECTED["bare.txt"][0][0][1:]]
    path.write_text("Subject: VSS\n\nHello\n", "utf-8")
    assert told(path) == [(1, "INP108")]


def test_a_directory_holds_logs_and_leaves_settings_alone(tmp_path: Path) -> None:
    """JSON in a directory is read if it is a log."""
    (tmp_path / "log.json").write_text(text_of("events.json"), "utf-8")
    (tmp_path / "settings.json").write_text('{"color": "red"}', "utf-8")
    (tmp_path / "log.xml").write_text(text_of("events.xml"), "utf-8")
    found = [Path(item.path).name for item in vssfsm.check(tmp_path).inputs]
    assert found == ["log.json", "log.xml"]


@given(data=st.binary(max_size=60), name=st.sampled_from(sorted(EXPECTED)), at=st.integers(0, 2500))
def test_arbitrary_bytes_are_read_or_told(
    data: bytes, name: str, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever stands in a log, nothing raises and nothing is accused."""
    path = tmp_path_factory.getbasetemp() / f"any-{name}"
    whole = (LOGS / name).read_bytes()
    path.write_bytes(whole[:at] + data + whole[at:])
    run = vssfsm.check(path, input_format="eventlog")
    assert {item.rule[:3] for item in run.findings if item.severity != "info"} <= {"INP"}
