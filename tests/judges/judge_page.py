"""The HTML report in a real browser: silent, alone, quick, and for everybody to use."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest

from vssfsm.reports import html
from vssfsm.reports.triage import as_html
from vssfsm.run import check
from vssfsm.triage import triage

ROOT = Path(__file__).parents[2]
#: outside of CI a missing tool is a skip; in CI the tests fail without it
OPTIONAL = not os.environ.get("CI")
pytestmark = pytest.mark.skipif(
    OPTIONAL and bool(chromium.why_not()), reason=chromium.why_not() or "it can"
)
SIZES = ((1280, 800), (390, 844))
AXE = os.environ.get("VSSFSM_AXE", "")
#: milliseconds that nothing in the page may take
LIMIT = 100
WATCH = """
  window.slow = [];
  window.spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
  new PerformanceObserver((list) => window.slow.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "longtask", buffered: true });
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    """One browser for all tests of this file."""
    browser = chromium.Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the shipped evidence."""
    return written(tmp_path_factory.mktemp("demo") / "demo.html", ROOT / "demo")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 10,000 events: 100 sessions of ten writers, every fifth with a fault."""
    home = tmp_path_factory.mktemp("fleet")
    (home / "fleet.jsonl").write_text(fleet_trace(100), encoding="utf-8")
    return written(home / "fleet.html", home / "fleet.jsonl")


def written(target: Path, *inputs: Path) -> Path:
    """Write the page of *inputs*."""
    target.write_text(html.render(check(*inputs, keep_records=True)), encoding="utf-8")
    return target


def fleet_trace(sessions: int) -> str:
    """Give a trace with ten events of ten writers in each session."""
    events = ("PrepareBackup", "PrepareSnapshot", "Freeze", "Thaw", "PostSnapshot")
    events += ("BackupComplete", "BackupShutdown", "Identify", "Identify", "Identify")
    lines = []
    for session in range(sessions):
        order = list(events)
        if session % 5 == 0:
            order[2:4] = order[3:1:-1]
        for at, event in enumerate(order):
            for writer in range(10):
                second = session * 120 + at * 9
                record = {
                    "time": f"2026-03-03T{second // 3600:02}:{second // 60 % 60:02}:"
                    f"{second % 60:02}.{writer:03}Z",
                    "host": f"srv{session % 7}",
                    "session": f"backup-{session}",
                    "instance": f"{session % 7}-{writer}",
                    "writer": f"Writer {writer}",
                    "actor": "writer",
                    "event": event,
                    "outcome": "ok",
                }
                lines.append(json.dumps(record))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["demo", "fleet"])
def test_page_is_silent_and_alone(
    name: str,
    size: tuple[int, int],
    browser: chromium.Browser,
    request: pytest.FixtureRequest,
) -> None:
    """The page logs nothing, asks for nothing, and fits into the width of the window."""
    browser.events.clear()
    browser.open(request.getfixturevalue(name), *size)
    assert browser.messages() == []
    assert browser.requests() == []
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.querySelectorAll('#list button').length > 0")


@pytest.mark.parametrize("size", SIZES)
def test_triage_stands_in_columns(
    size: tuple[int, int], browser: chromium.Browser, tmp_path: Path
) -> None:
    """Labels stand below each other, and so do texts, however many belong to a label."""
    path = tmp_path / "triage.html"
    listing = ROOT / "tests" / "data" / "listings" / "en-errors.txt"
    path.write_text(as_html(triage(check(listing, keep_records=True))), encoding="utf-8")
    browser.events.clear()
    browser.open(path, *size)
    assert (browser.messages(), browser.requests()) == ([], [])
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    lefts = (
        "[...new Set([...document.querySelectorAll('%s')]"
        ".map(e => Math.round(e.getBoundingClientRect().x)))]"
    )
    labels, texts = browser.run(lefts % "dt"), browser.run(lefts % "dd")
    assert (len(labels), len(texts)) == (1, 1)
    assert (labels < texts) == (size[0] > 640)
    assert browser.run("document.querySelectorAll('dd + dd').length > 0")


def test_no_task_is_long(browser: chromium.Browser, fleet: Path) -> None:
    """Zoom, filters and clicks on 10,000 events take no task over the limit."""
    browser.events.clear()
    browser.open(fleet, 1280, 800)
    assert browser.run("JSON.parse(data.textContent).marks.line.length") == 10_000
    browser.run(WATCH)
    browser.run("new Promise((done) => setTimeout(() => done(spin(150)), 0))")
    browser.settle(500)
    assert max(browser.run("slow")) > LIMIT, "the watch does not see a long task"
    browser.run("slow.length = 0")
    box = browser.run(
        "(({x, y}) => [x, y])(document.querySelector('#canvas').getBoundingClientRect())"
    )
    for name in ("zoom-in", "zoom-in", "zoom-in", "zoom-out", "zoom-fit", "axis", "axis"):
        browser.run(f"document.getElementById('{name}').click()")
        browser.settle(60)
    for field, index in (
        ("session", 5),
        ("session", 0),
        ("writer", 3),
        ("rule", 1),
        ("severity", 1),
    ):
        browser.run(
            f"(f => {{ f.selectedIndex = {index}; f.dispatchEvent(new Event('change')); }})"
            f"(document.getElementById('f-{field}'))"
        )
        browser.settle(100)
    browser.key("Escape", 27)
    browser.key("/")
    for letter in "thaw":
        browser.key(letter)
    browser.settle()
    browser.key("Escape", 27)
    browser.settle()
    for step in range(0, 900, 60):
        browser.click(box[0] + 260 + step, box[1] + 60)
    for letter in "jjjjkk+++-0":
        browser.key(letter)
    browser.run("document.querySelector('#lanes').scrollTop = 9000")
    browser.settle(500)
    assert max(browser.run("slow"), default=0) <= LIMIT, browser.run("slow")
    assert browser.messages() == []
    assert browser.requests() == []


def test_keys_choose_and_read(browser: chromium.Browser, demo: Path) -> None:
    """A finding is chosen, read and left again without a mouse; `/` filters, Escape clears."""
    browser.open(demo, 1280, 800)
    chosen = "document.querySelector('#list [aria-current=true] strong').textContent"
    first = browser.run(chosen)
    browser.key("j")
    assert browser.run(chosen) != first
    browser.key("k")
    assert browser.run(chosen) == first
    browser.key("Enter", 13)
    assert browser.run("document.activeElement.id") == "detail"
    browser.key("Escape", 27)
    assert browser.run("document.activeElement.closest('#list') !== null")
    browser.key("/")
    for letter in "abort":
        browser.key(letter)
    browser.settle()
    assert browser.run("document.querySelectorAll('#list button').length") == 1
    assert browser.run("document.querySelector('#machine-box .broken') !== null")
    browser.key("Escape", 27)
    browser.settle()
    assert browser.run("document.querySelectorAll('#list button').length") == 4


def test_lanes_are_walked_by_arrows(browser: chromium.Browser, demo: Path) -> None:
    """With the timeline in focus, arrows walk along records, and Enter opens one."""
    browser.open(demo, 1280, 800)
    browser.run("document.querySelector('#lanes').focus()")
    before = browser.run("document.querySelector('#hover').textContent")
    browser.key("ArrowRight", 39)
    after = browser.run("document.querySelector('#hover').textContent")
    assert before.startswith("line 6 ")
    assert after.startswith("line 7 ")
    browser.key("Enter", 13)
    assert browser.run("document.querySelector('#detail-title').textContent").startswith("PostSnap")


def test_page_works_without_scripts(browser: chromium.Browser, demo: Path) -> None:
    """With scripts off, the verdict, the health and all findings stand in plain text."""
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.send("Page.navigate", url=demo.as_uri())
        time.sleep(1)  # nothing in the page can tell that it is there
        shown = browser.run("document.body.innerText")
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)
    assert "VIOLATES" in shown
    assert "2 writers were last seen with a failure." in shown
    assert "WTR131 event-after-abort" in shown


@pytest.mark.skipif(OPTIONAL and not AXE, reason="VSSFSM_AXE names no axe.min.js")
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["demo", "fleet"])
def test_nothing_bars_anybody(
    name: str,
    size: tuple[int, int],
    browser: chromium.Browser,
    request: pytest.FixtureRequest,
    *,
    is_dark: bool,
) -> None:
    """Axe finds no barrier that it calls serious or critical."""
    browser.dark(is_dark=is_dark)
    try:
        browser.open(request.getfixturevalue(name), *size)
        browser.run(Path(AXE).read_text(encoding="utf-8") + ";0")
        found = browser.run("axe.run().then((r) => r.violations)")
    finally:
        browser.dark(is_dark=False)
    bad = [
        (v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert bad == []
