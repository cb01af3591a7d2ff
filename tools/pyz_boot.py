"""
The beginning of `vssfsm.pyz`: unpack once, then run.

Python cannot import a compiled module out of an archive, and msgspec has one. So the first start
unpacks what fits this Python into a cache directory whose name holds the digest of the contents;
later starts take it from there. Nothing is loaded from a network. `VSSFSM_CACHE` names another
place for the cache; where there is none to write to, each start unpacks into a temporary one.
"""

import atexit
import os
import platform
import shutil
import sys
import tempfile
import zipfile

OLDEST = (3, 11)


def native_key() -> str:
    """Name this Python: what compiled modules are made for."""
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    parts = [f"{sys.implementation.cache_tag}{'' if has_lock else 't'}", sys.platform, machine]
    parts += ["32bit"] * (sys.maxsize < 2**32)
    parts += ["musl"] * (sys.platform == "linux" and platform.libc_ver()[0] != "glibc")
    return "-".join(parts)


def cache_home() -> str:
    """Give the directory of this user in which programs keep what they can make again."""
    home = os.environ.get("VSSFSM_CACHE")
    if home:
        return home
    if sys.platform == "win32":
        known = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")
    elif sys.platform == "darwin":
        known = os.path.expanduser("~/Library/Caches")
    else:
        known = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(known, "vssfsm")


def unpack(archive: zipfile.ZipFile, parts: list[str], target: str) -> None:
    """Unpack what lies below *parts* into *target*, without their names."""
    for info in archive.infolist():
        for part in parts:
            if info.filename.startswith(part) and not info.is_dir():
                info.filename = info.filename[len(part) :]
                archive.extract(info, target)
                break


def site(archive: zipfile.ZipFile, key: str) -> str:
    """Give the directory to import from; it is made if it is not there yet."""
    parts = ["site/", f"native/{key}/"]
    digest = archive.read("digest").decode("ascii")
    home = cache_home()
    target = os.path.join(home, f"{digest[:32]}-{key}")
    if os.path.isdir(target):
        return target
    try:
        os.makedirs(home, mode=0o700, exist_ok=True)
        made = tempfile.mkdtemp(prefix="new-", dir=home)
    except OSError:
        made = target = tempfile.mkdtemp(prefix="vssfsm-")
        atexit.register(shutil.rmtree, target, ignore_errors=True)
    unpack(archive, parts, made)
    if made != target:
        try:
            os.rename(made, target)  # whole, or not at all
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            if not os.path.isdir(target):  # another start made it meanwhile, else it is our fault
                raise
    return target


def main() -> int:
    """Run the command line; 2 where this Python is none that the file is for."""
    if sys.version_info < OLDEST:
        print("vssfsm needs Python 3.11 or newer", file=sys.stderr)
        return 2
    here = os.path.dirname(os.path.abspath(__file__))
    key = native_key()
    with zipfile.ZipFile(here) as archive:
        known = archive.read("keys").decode("ascii").split()
        if key not in known:
            print(
                f"vssfsm: this file holds nothing compiled for {key}, only for {', '.join(known)};"
                " install the package instead: python -m pip install vssfsm",
                file=sys.stderr,
            )
            return 2
        sys.path.insert(0, site(archive, key))
    from vssfsm.cli import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
