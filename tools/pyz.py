"""
Make `.build/vssfsm.pyz`: the whole program in one file, for servers without a network.

    python tools/pyz.py [-o FILE] [--here]

It holds the wheel of this checkout, its base dependencies, and msgspec's compiled modules for each
Python and system below; pip gets them. With `--here` only those of the Python that runs it. The
same wheels give the same bytes. What the file does when it is started is in `pyz_boot.py`.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pyz_boot import native_key

ROOT = Path(__file__).parents[1]
NATIVE = "msgspec>=0.19"
PURE = ("transitions>=0.9.2", "graphviz>=0.20", "six")
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
#: what pip calls a system -> what the boot code calls it
SYSTEMS = {
    "win_amd64": "win32-x86_64",
    "manylinux_2_17_x86_64": "linux-x86_64",
    "manylinux_2_17_aarch64": "linux-aarch64",
    "macosx_11_0_arm64": "darwin-aarch64",
}
SHEBANG = b"#!/usr/bin/env python3\n"
#: the beginning of time for archives, so that no build tells when it was made
EPOCH = (1980, 1, 1, 0, 0, 0)
Members = dict[str, bytes]


def pip(*words: str) -> None:
    """Run pip; what it says is shown only where it fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def wheels(directory: Path, *words: str) -> list[Path]:
    """Let pip put wheels into *directory*, and give them in order."""
    pip("download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(directory), *words)
    return sorted(directory.glob("*.whl"))


def own_wheel(directory: Path) -> Path:
    """Build the wheel of this checkout with the project's own backend."""
    program = f"from hatchling.build import build_wheel; print(build_wheel({str(directory)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return directory / done.stdout.split()[-1]


def unpacked(wheel: Path, part: str) -> Members:
    """Give what is in a wheel, below *part*."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return {part + name: archive.read(name) for name in names}


def natives(directory: Path, *, here: bool) -> Iterator[tuple[str, Path]]:
    """Give each key of a Python with the wheel for it."""
    if here:
        yield native_key(), wheels(directory / "here", NATIVE)[0]
        return
    for version in VERSIONS:
        for system, name in SYSTEMS.items():
            words = ("--python-version", version, "--platform", system, NATIVE)
            key = f"cpython-{version.replace('.', '')}-{name}"
            yield key, wheels(directory / key, *words)[0]


def collect(directory: Path, *, here: bool) -> Members:
    """Give all members of the archive by name."""
    members = unpacked(own_wheel(directory), "site/")
    for wheel in wheels(directory / "pure", *PURE):
        members |= unpacked(wheel, "site/")
    keys = []
    for key, wheel in natives(directory, here=here):
        members |= unpacked(wheel, f"native/{key}/")
        keys.append(key)
    members["keys"] = "\n".join(keys).encode("ascii")
    whole = hashlib.sha256()
    for name in sorted(members):
        whole.update(f"{name}\0{len(members[name])}\0".encode() + members[name])
    members["digest"] = whole.hexdigest().encode("ascii")
    members["__main__.py"] = Path(__file__).with_name("pyz_boot.py").read_bytes()
    return members


def write(members: Members, target: Path) -> None:
    """Write the archive behind a line that names the interpreter."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as stream:
        stream.write(SHEBANG)
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(members):
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, members[name])
    target.chmod(0o755)


def main() -> None:
    """Make the file."""
    parser = argparse.ArgumentParser(description="Make vssfsm.pyz.")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / ".build" / "vssfsm.pyz")
    parser.add_argument("--here", action="store_true", help="for the Python that runs this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        write(collect(Path(directory), here=options.here), options.output)
    print(f"{options.output} ({options.output.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
