"""A requester that speaks the protocol of `vssfsm conform`; its argument says what is wrong."""

import json
import sys
import time

MODE = sys.argv[1]
WRONG = {
    "nothing": '{"what": 1}',
    "garbage": "Traceback",
    "type": '{"call": 7}',
    "sleep": '{"sleep_ms": "long"}',
    "claim": '{"done": true}',
}


def call(name: str) -> None:
    """Call a method, and read its answer."""
    print(json.dumps({"call": name, "args": {}, "of": None}), flush=True)
    json.loads(sys.stdin.readline())


for line in sys.stdin:
    message = json.loads(line)
    if message["op"] == "bye":
        time.sleep(60 if MODE == "stay" else 0)
        break
    if message["op"] == "hello":
        print('{"name": "plain requester"}', flush=True)
        continue
    call("CreateVssBackupComponents")
    call("InitializeForBackup")
    if MODE in WRONG:
        print(WRONG[MODE], flush=True)
    elif MODE == "hang":
        time.sleep(60)
    elif MODE == "crash":
        sys.exit("the last words")
    elif MODE == "early":
        call("DoSnapshotSet")
    if MODE not in WRONG:
        call("Release")
        print('{"done": true, "success": false}', flush=True)
