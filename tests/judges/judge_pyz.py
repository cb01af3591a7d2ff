"""The one file for servers: it runs without a network, without packages, from anywhere."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: no packages of this Python, no directory of the user, no variables for Python
BARE = (sys.executable, "-I", "-S")


def build(target):
    """Make the file for this Python only."""
    words = [sys.executable, str(ROOT / "tools" / "pyz.py"), "--here", "-o", str(target)]
    subprocess.run(words, check=True, capture_output=True)
    return target


@pytest.fixture(scope="module")
def pyz(tmp_path_factory):
    """Give the file."""
    return build(tmp_path_factory.mktemp("pyz") / "vssfsm.pyz")


@pytest.fixture
def start(pyz, tmp_path):
    """Give a function that starts a copy of the file in a directory of its own."""

    def run(*words, program=pyz, cache=tmp_path / "cache"):
        environment = {**os.environ, "VSSFSM_CACHE": str(cache), "NO_COLOR": "1"}
        place = tmp_path / "elsewhere"
        place.mkdir(exist_ok=True)
        command = [*BARE, str(program), *map(str, words)]
        return subprocess.run(
            command, cwd=place, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_without_packages_there_is_no_vssfsm(tmp_path):
    """The Python that the file is started with could not run it from its own packages."""
    done = subprocess.run([*BARE, "-c", "import msgspec"], cwd=tmp_path, check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert "ModuleNotFoundError" in done.stderr


def test_it_judges_as_the_package_does(start, tmp_path):
    """Report and exit code are those of the package, at the first start and at the second."""
    demo = ROOT / "demo"
    words = [sys.executable, "-m", "vssfsm", "check", str(demo)]
    package = subprocess.run(words, capture_output=True, text=True, check=False)
    for _ in range(2):
        done = start("check", demo)
        assert (done.returncode, done.stderr) == (package.returncode, "")
        assert done.stdout == package.stdout
        assert len(list((tmp_path / "cache").iterdir())) == 1
    assert start("check", demo / "clean.jsonl").returncode == 0


def test_what_the_package_holds_is_there(start):
    """Example traces, pictures and machines are found in the unpacked file."""
    rule = start("rule", "WTR131")
    assert (rule.returncode, rule.stderr) == (0, "")
    assert "bad" in rule.stdout
    assert start("lint").returncode == 0
    drawn = start("diagram", "writer", "--as", "mermaid")
    assert "flowchart TD" in drawn.stdout
    page = start("check", ROOT / "demo" / "vetoed.jsonl", "--output-format", "html")
    assert "<svg" in page.stdout


def test_a_cache_that_cannot_be_written_does_not_matter(start, tmp_path):
    """Then it unpacks for this start only."""
    (tmp_path / "file").write_text("in the way", "utf-8")
    done = start("check", ROOT / "demo" / "clean.jsonl", cache=tmp_path / "file" / "cache")
    assert (done.returncode, done.stderr) == (0, "")


def test_another_python_is_told(start, pyz, tmp_path):
    """Where nothing is compiled for this Python, it says for which there is, and ends with 2."""
    other = tmp_path / "other.pyz"
    shutil.copy(pyz, other)
    with zipfile.ZipFile(pyz) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, b"cpython-310-amiga-m68k" if name == "keys" else data)
    done = start("check", ROOT / "demo", program=other)
    assert (done.returncode, done.stdout) == (2, "")
    assert "only for cpython-310-amiga-m68k; install the package" in done.stderr


def test_two_builds_are_the_same(pyz, tmp_path):
    """Nothing of the machine or the time is in the file."""
    assert build(tmp_path / "again.pyz").read_bytes() == pyz.read_bytes()
