"""
What a broken rule means for the backup, and what to do next: our advice, not a claim of the pages.

One entry serves all rules whose codes begin with one of its prefixes; the longest prefix counts.
"""

from typing import Final, NamedTuple


class Advice(NamedTuple):
    """
    Advice on some rules.

    Args:
        codes: codes or beginnings of codes.
        stake: what is at stake for the backup or restore.
        then: what to do next.
    """

    codes: tuple[str, ...]
    stake: str
    then: str


_RECORD: Final = "Correct the recorder or the file, and check again."
_ORDER: Final = (
    "Look at the calls of the requester around this time: the events follow from them. If the calls"
    " are in order, the log has mixed sessions or lost records."
)
_MAKER: Final = "Show the writer's maker this trace; `vssfsm conform --role writer` reproduces it."
_CALLER: Final = "Change the order of calls; `vssfsm explain METHOD` shows what is legal when."

_UNREAD: Final = "What could not be read was not judged; nothing is proved about it."

ADVICE: Final = (
    # --- evidence ----------------------------------------------------------------
    Advice(
        ("INP",),
        _UNREAD,
        _RECORD,
    ),
    Advice(
        ("INP101",),
        _UNREAD,
        f"{_RECORD} If it is the last line, the file was cut: get the whole of it.",
    ),
    Advice(
        ("INP107", "INP108", "INP109", "INP111", "INP112", "INP114"),
        _UNREAD,
        "Give the evidence itself, whole: a trace, the output of `vssadmin list writers` from an"
        " elevated window, or an event log. `vssfsm triage FILE` says how to collect it.",
    ),
    Advice(
        ("INP110",),
        "Durations across the step are worth nothing; the order of lines still counts.",
        "Synchronise the clock, and read time budgets of this session with care.",
    ),
    # --- status pairs ------------------------------------------------------------
    Advice(
        ("STS001", "STS002"),
        "What this writer holds is not protected by this backup, or only in part.",
        "Look into the writer's own log at this time; whether a retry may help is in its code:"
        " `vssfsm explain CODE`.",
    ),
    Advice(
        ("STS003",),
        "How the writer stands is unknown; it may have failed.",
        "Ask again while the backup's session lasts; a report from outside may be an older one.",
    ),
    Advice(
        ("STS1",),
        "The report cannot be relied on to tell how the writer stands, nor whether a retry helps.",
        "Read the writer's status again within the session, and compare it with the writer's log.",
    ),
    Advice(
        ("STS2",),
        "The report is impossible, so it says nothing of the writer: neither health nor failure.",
        "Check what wrote it: a code of a method may stand where the writer's belongs, or the"
        " release may be another one (`--release`).",
    ),
    # --- a writer's own calls ----------------------------------------------------
    Advice(
        ("FLR1",),
        "The requester may learn of the failure too late, wrongly, or not at all.",
        _MAKER,
    ),
    Advice(
        ("FLR11",),
        "The call cannot have worked on this release; the record or the release is wrong.",
        "Name the right release with `--release`, or correct the recorder.",
    ),
    Advice(
        ("FLR131",),
        "The writer is reported as failed, and the requester cannot tell whether to retry.",
        "Call SetWriterFailure before the handler returns false.",
    ),
    Advice(
        ("FLR14", "FLR20", "FLR21"),
        "The writer may get no events, or events that it is not ready for: its data may be missing"
        " from every backup on this machine.",
        "Initialize once, subscribe once, and unsubscribe only when the writer ends.",
    ),
    # --- the writer's lifecycle --------------------------------------------------
    Advice(
        ("WTR",),
        "What the writer flushed, held and released does not fit the shadow copy: do not count on"
        " its data in this backup.",
        _ORDER,
    ),
    Advice(
        ("WTR105", "WTR115", "WTR142", "WTR143", "WTR114"),
        "The copy itself is not in doubt, but what the writer does afterwards is: truncating logs,"
        " or recording a backup that did not end.",
        _ORDER,
    ),
    Advice(
        ("WTR133", "WTR134", "WTR141", "WTR144", "WTR123"),
        "A backup and a restore are mixed: the writer may have restored, or saved, half of its"
        " data.",
        _ORDER,
    ),
    Advice(
        ("WTR131", "WTR132"),
        "The writer had let go of everything; what came afterwards protects nothing.",
        _ORDER,
    ),
    Advice(
        ("WTR118", "WTR206"),
        "Data was written after the freeze had run out, so the copy may hold it in halves.",
        _MAKER,
    ),
    Advice(
        ("WTR15", "WTR160"),
        "The writer, or who recorded it, is wrong about its own state; a requester that trusts it"
        " may take a failed backup for a good one.",
        _MAKER,
    ),
    Advice(
        ("WTR161", "WTR162", "WTR205"),
        "The record is of something that does not happen; the backup is not in doubt for it.",
        _RECORD,
    ),
    Advice(
        ("WTR20",),
        "The pages leave open what the writer does then; its data may or may not be protected.",
        "Read the writer's status in this session before you count on the backup.",
    ),
    Advice(
        ("WTR301",),
        "How the session ended is not recorded; nothing is proved about its end.",
        "Record until the last event, or merge the log that holds the rest.",
    ),
    # --- the requester's calls ---------------------------------------------------
    Advice(
        ("REQ",),
        "Other releases and providers may refuse the call, and the backup then fails.",
        _CALLER,
    ),
    Advice(
        ("REQ11", "REQ12", "REQ501"),
        "The shadow copy may not be made, or without volumes that were asked for.",
        _CALLER,
    ),
    Advice(
        ("REQ13", "REQ22"),
        "Writers are told of a success that did not happen, or never told of one that did: logs may"
        " be truncated without a backup, or kept for ever.",
        _CALLER,
    ),
    Advice(
        ("REQ14",),
        "The backup's document does not say what was saved, so a restore may miss components.",
        _CALLER,
    ),
    Advice(
        ("REQ15", "REQ313"),
        "Writers are left waiting, and the set may stay under creation: the next backup on this"
        " machine is then refused with VSS_E_SNAPSHOT_SET_IN_PROGRESS.",
        "Call AbortBackup, or complete the backup, before the object is released.",
    ),
    Advice(
        ("REQ105", "REQ106", "REQ16"),
        "Writers may restore the wrong parts, or not take notice of what was restored.",
        _CALLER,
    ),
    Advice(
        ("REQ20",),
        "The backup is planned on metadata that is not there: writers and components may be left"
        " out.",
        "Gather metadata once, wait for it, read it, then free it.",
    ),
    Advice(
        ("REQ3",),
        "A writer's failure can go unnoticed, and a backup without its data be called a success.",
        "Gather and read the status of every writer after PrepareForBackup, DoSnapshotSet and"
        " BackupComplete.",
    ),
    Advice(
        ("REQ321",),
        "The backup went on without what the failed writer holds.",
        "Leave the writer's components out and say so, or abort the backup.",
    ),
    Advice(
        ("REQ337", "REQ338", "REQ339", "REQ335", "REQ336"),
        "It is in doubt which writer a report is about.",
        "Compare instance ids of metadata and status in the same session.",
    ),
    Advice(
        ("REQ401", "REQ402"),
        "The call may be refused, or work on what is not there yet.",
        "Wait for the asynchronous call, and ask QueryStatus how it ended.",
    ),
    Advice(
        ("REQ403", "REQ404", "REQ405", "REQ406"),
        "It is in doubt how the operation ended.",
        _RECORD,
    ),
    Advice(
        ("REQ601", "REQ602", "REQ603", "REQ604", "REQ605", "REQ606", "REQ102"),
        "The call cannot have worked there; the record or the release is wrong.",
        "Name the right release with `--release`, or correct the recorder.",
    ),
    Advice(
        ("REQ701",),
        "How the session ended is not recorded; nothing is proved about its end.",
        "Record until the object is released.",
    ),
    # --- return codes ------------------------------------------------------------
    Advice(
        ("RET",),
        "A requester that follows the page does not know this code, and may treat it wrongly.",
        "Treat it as a failure, and look for the provider's or the service's own message at this"
        " time.",
    ),
    Advice(
        ("RET201",),
        "The service refused a call for a reason that is not in the evidence.",
        "Look for another backup on the machine, and for calls that were not recorded.",
    ),
    # --- participants together ---------------------------------------------------
    Advice(
        ("CPL",),
        "The records of the participants do not describe one backup; none can be relied on alone.",
        "Check that the records are of one session and host, and that none is missing.",
    ),
    Advice(
        ("CPL101",),
        "What a front end wrote after its back end was frozen is torn in the copy.",
        "Check the application levels that the writers give to Initialize.",
    ),
    Advice(
        ("CPL104",),
        "The writer never froze, or never learned how the backup ended.",
        "Look for errors of the service and the writer between the call and the next one.",
    ),
    Advice(
        ("CPL2",),
        "One of the two backups is refused, or its set stays in the way of the next one.",
        "Run the backups one after the other; end a set that was left with AbortBackup.",
    ),
    # --- time --------------------------------------------------------------------
    Advice(
        ("TIM1",),
        "The writer may have thawed by itself: data written since is in the copy in halves.",
        "Look for what takes time between Freeze and Thaw: slow disks, many volumes, a provider.",
    ),
    Advice(
        ("TIM2",),
        "Retries in quick succession keep writers frozen and can fail one another.",
        "Wait ten minutes between retries, and give up after three.",
    ),
)


def advice(code: str) -> Advice:
    """Give the advice on a rule: that of the longest prefix of its code."""
    entry, _ = max(
        ((entry, prefix) for entry in ADVICE for prefix in entry.codes if code.startswith(prefix)),
        key=lambda found: len(found[1]),
    )
    return entry
