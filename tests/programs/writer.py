"""
A writer that speaks the protocol of `vssfsm conform`, written without vssfsm.

Its argument says what is wrong with it, when Thaw is told to fail; without one it is right.
"""

import json
import os
import subprocess
import sys
import time

DONE = {
    "PrepareBackup": 1,
    "PrepareSnapshot": 2,
    "Freeze": 3,
    "Thaw": 4,
    "PostSnapshot": 5,
    "BackupComplete": 1,
    "BackupShutdown": 1,
    "PreRestore": 1,
    "PostRestore": 1,
    "Abort": 1,
}
FAILED = {
    "PrepareBackup": 7,
    "PrepareSnapshot": 8,
    "Freeze": 9,
    "Thaw": 10,
    "PostSnapshot": 11,
    "BackupComplete": 12,
    "PreRestore": 13,
    "PostRestore": 14,
    "BackupShutdown": 15,
}
MODE = sys.argv[1] if len(sys.argv) > 1 else ""
END = "\r\n" if MODE == "crlf" else "\n"
now = {"state": 1, "failure": "S_OK"}


def say(value: object) -> None:
    """Reply in one line."""
    sys.stdout.buffer.write((json.dumps(value) + END).encode())
    sys.stdout.buffer.flush()


def misbehave() -> None:
    """Do what the mode says, instead of a reply or before it."""
    if MODE in ("hang", "partial"):
        sys.stdout.write('{"state":' if MODE == "partial" else "")
        sys.stdout.flush()
        time.sleep(60)
    elif MODE in ("crash", "orphan"):
        if MODE == "orphan":  # its child keeps the pipes open
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        sys.stderr.write("the last words\n")
        sys.stderr.flush()
        os._exit(3)
    elif MODE == "garbage":
        print("Traceback (most recent call last):", flush=True)
    elif MODE == "twice":
        say({"state": 10, "failure": "VSS_E_WRITERERROR_RETRYABLE"})
    elif MODE == "flood":
        sys.stderr.write("x" * 300_000)
    elif MODE == "endless":
        while True:
            sys.stdout.write("y" * 65536)


def deliver(event: str, fail: str | None) -> dict[str, object]:
    """Go on, or fail."""
    if event == "Thaw" and fail:
        misbehave()
    if MODE == "stall" and event == "Freeze" and not os.path.exists(sys.argv[2]):
        with open(sys.argv[2], "w", encoding="ascii"):
            time.sleep(60)
    if event != "Identify":
        now["state"] = FAILED[event] if fail else DONE[event]
        now["failure"] = fail or "S_OK"
    reply = {**now, "returned": fail is None}
    if event == "Thaw" and fail and MODE == "missing":
        del reply["failure"]
    if event == "Thaw" and fail and MODE == "type":
        reply["state"] = [10]
    return reply


if MODE == "start":
    sys.exit("no licence")
for line in sys.stdin:
    request = json.loads(line)
    op = request["op"]
    if op == "hello":
        say({"name": "plain writer", "can_fail": [*FAILED, "Identify", "Nap"]})
    elif op == "deliver":
        say(deliver(request["event"], request["fail"]))
    elif op == "timeout":
        now.update(state=9, failure="VSS_E_WRITERERROR_TIMEOUT")
        say({**now, "returned": False})
    elif op == "status":
        say(now)
    else:
        if MODE == "reset" and now["state"] == 15:
            sys.exit(4)
        now.update(state=1, failure="S_OK")
        if MODE != "mute" or op != "bye":
            say({})
        if op == "bye":
            if MODE == "stay":
                time.sleep(60)
            break
