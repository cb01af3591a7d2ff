"""PlantUML, on the state diagrams that we write: all are accepted, a planted error is not."""

import subprocess

from vssfsm.export import export
from vssfsm.export.graph import NAMES


def refused(directory):
    """Let PlantUML check every diagram in *directory*, and tell whether it refuses one."""
    paths = sorted(str(path) for path in directory.iterdir())
    command = ("plantuml", "-checkonly", *paths)
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    return done.returncode != 0


def test_plantuml_accepts_every_machine(tmp_path, need):
    """The diagram of each machine has no error."""
    need("plantuml", "java")
    for name in NAMES:
        (tmp_path / f"{name}.puml").write_text(export(name, "plantuml"), "utf-8")
    assert len(list(tmp_path.iterdir())) == len(NAMES)
    assert not refused(tmp_path)


def test_plantuml_refuses_a_broken_diagram(tmp_path, need):
    """An arrow to nothing is an error, so that acceptance says something."""
    need("plantuml", "java")
    text = export("restore", "plantuml").replace("[*] --> ", "[*] ==>> :", 1)
    (tmp_path / "broken.puml").write_text(text, "utf-8")
    assert refused(tmp_path)
