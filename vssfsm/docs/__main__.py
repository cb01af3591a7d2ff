"""Write the generated pages of the documentation, or tell whether they are what the rows say."""

import argparse
import os
import sys
from collections.abc import Sequence

from vssfsm.docs import pages


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code: 1 if a page is stale, missing, or left behind."""
    parser = argparse.ArgumentParser(prog="python -m vssfsm.docs", description=__doc__)
    parser.add_argument("directory", metavar="DIR")
    parser.add_argument("--check", action="store_true", help="write nothing; name stale files")
    arguments = parser.parse_args(argv)
    made = pages()
    stale = [path for path, text in made.items() if _read(arguments.directory, path) != text]
    left = _left(arguments.directory, made)
    if arguments.check:
        again = f"python -m vssfsm.docs {arguments.directory} writes it anew"
        sys.stdout.write("".join(f"{path} is stale; {again}\n" for path in (*stale, *left)))
        return 1 if stale or left else 0
    for path in stale:
        _write(arguments.directory, path, made[path])
    for path in left:
        os.remove(os.path.join(arguments.directory, path))
    return 0


def _left(directory: str, made: dict[str, str]) -> list[str]:
    """Give the pages of rules that are gone."""
    rules = os.path.join(directory, "rules")
    names = sorted(os.listdir(rules)) if os.path.isdir(rules) else []
    return [f"rules/{name}" for name in names if f"rules/{name}" not in made]


def _read(directory: str, path: str) -> str:
    full = os.path.join(directory, path)
    if not os.path.exists(full):
        return ""
    with open(full, encoding="utf-8", newline="") as file:
        return file.read()


def _write(directory: str, path: str, text: str) -> None:
    full = os.path.join(directory, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    with open(full, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


if __name__ == "__main__":
    sys.exit(main())
