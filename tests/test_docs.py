"""The documentation: pages from the tables are fresh, links lead somewhere, examples are real."""

import html
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import _parser, main
from vssfsm.docs import pages
from vssfsm.docs.__main__ import main as write
from vssfsm.reports.page import Page, marked
from vssfsm.reports.rule import page_of, render_rule
from vssfsm.spec.catalogue import REGIONS, RULES
from vssfsm.spec.checks import CHECKS
from vssfsm.spec.hresults import HRESULTS
from vssfsm.spec.sources import PAGES
from vssfsm.spec.vocabulary import WRITER_STATES
from vssfsm.traces.schema import schema

ROOT = Path(vssfsm.__file__).parents[1]
DOCS = ROOT / "docs"
MADE = pages()
ALL = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
BY_HAND = [path for path in ALL if path not in MADE]
_BLOCK = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read(path):
    """Read a page of the documentation."""
    return (DOCS / path).read_text("utf-8")


def blocks(text, kind):
    """Give (title, text) of every fenced block of *kind*."""
    return [(title, body) for found, title, body in _BLOCK.findall(text) if found == kind]


# --- Pages from the tables ---------------------------------------------------
@pytest.mark.parametrize("path", MADE)
def test_generated_pages_are_fresh(path):
    """A page that is made from the tables says what they say; `make docs-pages` writes it anew."""
    assert read(path) == MADE[path]


def test_every_rule_has_a_page_and_no_page_is_left_behind():
    """Pages of rules are the rules, and the catalogue links each of them."""
    found = {path.name for path in (DOCS / "rules").iterdir()}
    assert found == {"index.md", *(f"{code}.md" for code in (*RULES, *CHECKS))}
    index = MADE["rules/index.md"]
    assert [code for code in (*RULES, *CHECKS) if index.count(f"[{code}]({code}.md)") != 1] == []


@pytest.mark.parametrize("code", RULES)
def test_a_page_of_a_rule_says_what_the_command_says(code):
    """Both are one page: the facts, the traces and the addresses are the same."""
    text, page = render_rule(code), page_of(code).markdown()
    traces = [line.strip() for line in text.splitlines() if line.startswith("    {")]
    assert [line for line in traces if line not in page.splitlines()] == []
    sources = text[text.rindex("\n  sources\n") :]
    assert [url for url in re.findall(r"https://\S+", sources) if f"<{url}>" not in page] == []
    assert [url for url in re.findall(r"https://\S+", text) if url not in page] == []
    flat = " ".join(text.split())
    plain = html.unescape(re.sub(r"\\(\W|_)", r"\1", page))
    facts = re.findall(r"^\* \*\*\w+\*\*: (.+)$", plain, re.MULTILINE)
    assert len(facts) >= 4
    assert [fact for fact in facts if fact not in flat and "https" not in fact] == []


def test_reference_pages_name_everything_in_the_tables():
    """States, codes, keys and machines are all there."""
    states, codes = MADE["reference/states.md"], MADE["reference/codes.md"]
    assert [s.name for s in WRITER_STATES if f"`VSS_WS_{s.name}`" not in states] == []
    assert [n for n, v in HRESULTS.items() if f"| `{n}` | `0x{v:08X}` | " not in codes] == []
    keys = schema()["properties"]
    assert [key for key in keys if f"| `{key}` |" not in MADE["reference/trace-format.md"]] == []
    assert [name for name in REGIONS if f"| `{name}` |" not in MADE["reference/machines.md"]] == []


@pytest.mark.parametrize("path", [path for path in MADE if "| --- |" in MADE[path]])
def test_tables_have_the_same_cells_in_every_line(path):
    """No text of a cell ends the cell."""
    table = [line for line in MADE[path].splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in table]
    rulers = [i for i, line in enumerate(table) if line.startswith("| ---") or "| --- |" in line]
    assert rulers
    for start, end in zip(rulers, [*rulers[1:], len(table) + 1], strict=True):
        assert len(set(widths[start - 1 : end - 1])) == 1


def test_the_command_writes_checks_and_removes(tmp_path, capsys):
    """Stale and left pages are named by --check, and gone after a run."""
    directory = str(tmp_path / "docs")
    assert write([directory, "--check"]) == 1
    assert capsys.readouterr().out.count(" is stale; ") == len(MADE)
    assert write([directory]) == 0
    (tmp_path / "docs" / "rules" / "OLD999.md").write_text("gone", "utf-8")
    (tmp_path / "docs" / "rules" / "WTR101.md").write_text("stale", "utf-8")
    assert write([directory, "--check"]) == 1
    said = capsys.readouterr().out
    assert re.findall(r"^(\S+) is stale", said, re.MULTILINE) == [
        "rules/WTR101.md",
        "rules/OLD999.md",
    ]
    assert write([directory]) == 0
    assert write([directory, "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_markdown_shows_hostile_text_as_it_is():
    """What Markdown or HTML would act on is escaped; bullets hang below the first one."""
    shown = r"a_b &lt;i&gt; \*x\* \[y\](z) \`c\` \\ \| &amp; \\x0a"
    assert marked("a_b <i> *x* [y](z) `c` \\ | & \n") == shown
    page = Page("A <b>")
    page.items("next", ["one", "two"])
    assert page.markdown() == "# A &lt;b&gt;\n\n* **Next**: one\n    * two\n"


# --- The site ----------------------------------------------------------------
def test_the_site_lists_every_page_by_hand_and_loads_nothing():
    """Each page stands in the navigation; no font, script or style comes from elsewhere."""
    config = (ROOT / "mkdocs.yml").read_text("utf-8")
    listed = re.findall(r"([\w/-]+\.md)$", config, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert set(listed) == {path for path in ALL if not re.fullmatch(r"rules/[A-Z]{3}\d+\.md", path)}
    assert "\n  font: false\n" in config
    assert "http" not in config
    assert "extra_" not in config


@pytest.mark.parametrize("path", ALL)
def test_links_lead_to_pages(path):
    """A relative link names a page that is there; every address is one of a source, or known."""
    text = _BLOCK.sub("", read(path))
    for target in re.findall(r"(?<!!)\]\(([^)]+)\)", text):
        if not target.startswith("https://"):
            assert ((DOCS / path).parent / target.partition("#")[0]).is_file(), target
    addresses = {url for _, url in PAGES.values()} | {"https://pre-commit.com"}
    assert [url for url in re.findall(r"https?://[^\s<>)]*[^\s<>).]", text) if url not in addresses
            and f"{url})" not in addresses] == []  # fmt: skip
    assert not re.search(r"!\[[^\]]*\]\(http|<script|<img|```mermaid", text)


# --- Examples ----------------------------------------------------------------
def played(text, directory, monkeypatch, capsys):
    """Run the commands of a page in *directory*, and give the page with what they print."""
    shutil.copytree(ROOT / "demo", directory / "demo")
    monkeypatch.chdir(directory)
    monkeypatch.setenv("NO_COLOR", "1")
    # programs that a page tests are run by the Python of these tests
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    code, parts, last = 0, [], 0
    for found in _BLOCK.finditer(text):
        kind, title, body = found.groups()
        if title:
            (directory / title).write_text(body, "utf-8")
        if kind == "console":
            printed = []
            for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE):
                if command != "echo $?":
                    code, output = run(command, capsys)
                else:
                    output = f"{code}\n"
                printed.append(f"$ {command}\n{output}")
            parts += [text[last : found.start(3)], "".join(printed)]
            last = found.end(3)
    return "".join([*parts, text[last:]])


def run(command, capsys):
    """Run one command of ours: exit code, and all that it prints."""
    program, *arguments = shlex.split(command)
    assert program == "vssfsm"
    try:
        code = main(arguments)
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, (out + err).replace(f'"{vssfsm.__version__}"', '"VERSION"')


@pytest.mark.parametrize("path", BY_HAND)
def test_examples_print_what_the_page_shows(path, tmp_path, monkeypatch, capsys, request):
    """Each command of a page prints what stands below it; `make golden` writes it anew."""
    text = played(read(path), tmp_path, monkeypatch, capsys)
    if request.config.getoption("--golden"):
        (DOCS / path).write_text(text, "utf-8", newline="\n")
    assert text == read(path)


def test_examples_are_there():
    """Pages by hand have commands, and each command that the program has is shown somewhere."""
    texts = [read(path) for path in BY_HAND]
    commands = "".join(body for text in texts for _, body in blocks(text, "console"))
    shown = set(re.findall(r"^\$ vssfsm (\w+)", commands, re.MULTILINE))
    assert {"check", "explain", "rule", "lint"} <= shown
    assert any("vssfsm diagram" in text for text in texts)


def test_python_examples_run(tmp_path, monkeypatch):
    """What a page shows of Python runs, its assertions included."""
    monkeypatch.chdir(tmp_path)
    found = [body for path in BY_HAND for _, body in blocks(read(path), "python")]
    assert found
    for body in found:
        assert "assert" in body
        exec(compile(body, "page", "exec"), {})  # noqa: S102 - our own page


def test_pasted_commands_parse():
    """Every command of a set-up to paste, and every one in the text, has options that exist."""
    texts = {path: read(path) for path in BY_HAND}
    pasted = [
        command
        for text in texts.values()
        for kind in ("yaml", "groovy", "sh")
        for _, body in blocks(text, kind)
        for command in re.findall(r"\bvssfsm ((?:check|diagram) [^'\n]*)", body)
    ]
    pasted += [
        " ".join(command.split())
        for text in texts.values()
        for command in re.findall(r"`vssfsm ((?:check|diagram) [^`]*)`", _BLOCK.sub("", text))
    ]
    assert len(pasted) > 8
    for command in pasted:
        if command != "check" and not command.endswith("--help"):
            assert _parser().parse_args(shlex.split(command)).run
