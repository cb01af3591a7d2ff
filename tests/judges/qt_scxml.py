"""
Step documents of SCXML with Qt; a program of its own, for the Python that has Qt's module.

On standard input: JSON, `{"scxml": text, "walks": [[name, ...], ...]}`. On standard output: JSON,
for each walk a list of the state before its first event and after every one.
"""

import json
import os
import sys
import tempfile

from PySide2.QtCore import QCoreApplication
from PySide2.QtScxml import QScxmlStateMachine


def machine_of(scxml):
    """Give the machine of a document; end the program where Qt finds an error in it."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "machine.scxml")
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(scxml)
        machine = QScxmlStateMachine.fromFile(path)
    if machine.parseErrors():
        sys.exit("; ".join(error.toString() for error in machine.parseErrors()))
    return machine


def walked(app, scxml, events):
    """Give the states that Qt passes through."""
    machine = machine_of(scxml)
    machine.start()
    app.processEvents()
    states = [machine.activeStateNames()]
    for event in events:
        machine.submitEvent(event)
        app.processEvents()
        states.append(machine.activeStateNames())
    return [" ".join(names) for names in states]


def main():
    """Answer what is asked."""
    app, asked = QCoreApplication([]), json.load(sys.stdin)
    json.dump([walked(app, asked["scxml"], events) for events in asked["walks"]], sys.stdout)


main()
