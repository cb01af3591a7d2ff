"""The package that is built: all of the product and nothing else, the same bytes twice."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: parts of the wheel that come from elsewhere in the checkout
MOVED = {
    "vssfsm/spec/examples/": "tests/data/rules/",
    "vssfsm/draw/pictures/": "diagrams/",
}


def build(kind, target, root=ROOT, **more):
    """Build a wheel or an sdist with the project's own backend."""
    program = f"from hatchling.build import build_{kind}; print(build_{kind}({str(target)!r}))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
        env=os.environ | more,
    )
    return target / run.stdout.split()[-1]


@pytest.fixture(scope="module")
def tracked():
    """Files under version control."""
    run = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, check=True, text=True)
    return set(run.stdout.splitlines())


def test_the_wheel_holds_the_package(tracked, tmp_path):
    """Every tracked file of the package is in the wheel, and no other but what is moved there."""
    with zipfile.ZipFile(build("wheel", tmp_path)) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = {name for name in tracked if name.startswith("vssfsm/")}
    assert package - names == set()
    for name in names - package:
        home = next((home for home in MOVED if name.startswith(home)), None)
        assert home is not None, f"{name} does not belong into the wheel"
        assert MOVED[home] + name.removeprefix(home) in tracked


def test_the_sdist_holds_tracked_files_only(tracked, tmp_path):
    """What is not under version control is not handed out."""
    with tarfile.open(build("sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names - tracked - {"PKG-INFO", ""} == set()
    assert {"README.md", "LICENSE", "CHANGELOG.md", "tests/test_rows.py"} <= names


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_two_builds_are_the_same(kind, tracked, tmp_path):
    """Nothing of the machine, the place or the time is in the package."""
    homes = [tmp_path / name for name in ("a", "b", "copy")]
    for home in homes:
        home.mkdir()
    for name in tracked:
        if (ROOT / name).is_file():
            (homes[2] / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, homes[2] / name)
    shutil.copymode(ROOT / ".ci" / "run", homes[2] / ".ci" / "run")
    first = build(kind, homes[0], PYTHONHASHSEED="1", TZ="UTC").read_bytes()
    elsewhere = {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    assert first == build(kind, homes[1], homes[2], **elsewhere).read_bytes()
    dated = build(kind, homes[1], SOURCE_DATE_EPOCH="1700000000").read_bytes()
    assert dated == build(kind, homes[0], SOURCE_DATE_EPOCH="1700000000").read_bytes()
    assert dated != first
