"""The HTML report: one inert file whose policy fits it, whatever stands in the input."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import vssfsm
from vssfsm.cli import main
from vssfsm.core.track import Taken
from vssfsm.draw import graph_of, layout
from vssfsm.reports import html, lanes
from vssfsm.reports.words import one_line
from vssfsm.run import Run, check
from vssfsm.spec.catalogue import RULES
from vssfsm.spec.sources import PAGES

ROOT = Path(__file__).parent.parent
KEYS = {"host": "srv", "session": "s1", "instance": "i1", "writer": "W", "actor": "writer"}
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>'\"&amp;",
    "\x1b[31mred\x00\x07",
    "\u2028\u2029\u202eevil",
    "{{data}}{{script}}",
    "javascript:alert(1)",
)


class Elements(HTMLParser):
    """Collect elements with their attributes, and the text of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note what stands in a script or a style."""
        if self.elements and self.elements[-1][0] in ("script", "style") and data.strip():
            self.blocks.append((self.elements[-1][0], data))


def trace(tmp_path: Path, *events: dict[str, object], name: str = "trace.jsonl") -> Path:
    """Write records of one writer, with keys of their own."""
    path = tmp_path / name
    lines = (json.dumps(KEYS | {"outcome": "ok"} | event) + "\n" for event in events)
    path.write_text("".join(lines), encoding="utf-8")
    return path


def page_of(*paths: Path) -> str:
    """Give the page of some inputs."""
    return html.render(check(*paths, keep_records=True))


def data_of(page: str) -> dict:
    """Give the data of a page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="module")
def demo() -> str:
    """The page of the shipped evidence."""
    return page_of(ROOT / "demo")


# --- One file, inert ---------------------------------------------------------
def test_page_is_the_same_on_every_run(demo: str) -> None:
    """Two runs give the same bytes, all of them ASCII."""
    assert demo == page_of(ROOT / "demo")
    assert demo.isascii()


def test_policy_names_the_blocks_by_their_hashes(demo: str) -> None:
    """The policy forbids everything but the script and the style that stand in the page."""
    parsed = Elements(demo)
    policy = next(a["content"] or "" for t, a in parsed.elements if t == "meta" and "content" in a)
    texts = dict(parsed.blocks)  # the last script is the code, the one before it data
    assert set(texts) == {"style", "script"}
    hashes = {
        tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for tag, text in texts.items()
    }
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}';"
        f" style-src 'sha256-{hashes['style']}'; img-src data:; base-uri 'none';"
        " form-action 'none'"
    )


def test_page_refers_to_nothing(demo: str) -> None:
    """No element loads anything or carries a handler, and addresses are those of cited pages."""
    for tag, attributes in Elements(demo).elements:
        assert tag not in ("iframe", "img", "object", "embed", "base", "image", "use")
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert attributes.get("href", "data:,") == "data:,"
        assert "src" not in attributes
    style = html._asset("page.css")
    assert "url(" not in style
    assert "@import" not in style
    cited = {address for _, address in PAGES.values()}
    assert "http:" not in demo
    assert {a for a in re.findall(r'https:[^"\s]+', demo) if a not in cited} <= {"https://"}


def test_code_never_reads_text_as_markup() -> None:
    """No script of the page makes markup, or code, of a text."""
    for name in html._SCRIPTS:
        text = html._asset(name)
        for way in (
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval",
            "Function(",
        ):
            assert way not in text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert(text: str, tmp_path: Path) -> None:
    """Whatever stands in a key changes no element of the page; controls arrive written out."""
    plain = {"event": "Thaw", "writer": "W", "host": "h", "session": "s", "instance": "i"}
    hostile = plain | dict.fromkeys(("writer", "host", "session", "instance"), text)
    tame, wild = (page_of(trace(tmp_path, events, name="t.jsonl")) for events in (plain, hostile))
    assert [t for t, _ in Elements(wild).elements] == [t for t, _ in Elements(tame).elements]
    shown = data_of(wild)["findings"][0]["writer"]
    assert all(c.isprintable() for c in shown)
    assert shown == one_line(text)


def test_lone_surrogates_are_shown(tmp_path: Path) -> None:
    """A half character in a name is written out, so that the page can be stored."""
    page = page_of(trace(tmp_path, {"event": "Thaw", "writer": "\ud800x"}))
    assert page.isascii()
    assert data_of(page)["findings"][0]["writer"].endswith("x")


# --- What it says ------------------------------------------------------------
def test_data_holds_findings_and_the_rules_that_occur(demo: str) -> None:
    """Every finding is there with its rule, its pages, its repair and its lane."""
    run, data = check(ROOT / "demo"), data_of(demo)
    assert [(f["rule"], f["line"]) for f in data["findings"]] == [
        (f.rule, f.line) for f in run.findings
    ]
    assert set(data["rules"]) == {f.rule for f in run.findings}
    assert set(data["pages"]) == {slug for f in run.findings for slug in f.sources}
    for item, number in zip(run.findings, data["finding_lanes"], strict=True):
        assert data["words"][data["lanes"][number][1]] == item.writer
    assert data["findings"][-1]["repair"] == [["drop", 5, "BackupComplete"]]


def test_health_stands_first_and_doubts_are_told(demo: str) -> None:
    """Failed writers are named before the counts, and what was not judged is said."""
    health = demo.index("2 writers were last seen with a failure.")
    assert health < demo.index("2 errors, 0 warnings, 2 notes")
    assert "Evidence is sampled in part" in demo


def test_static_list_holds_each_finding(demo: str) -> None:
    """Without scripts, a plain table names rule, place and reason."""
    table = demo[demo.index("<noscript>") : demo.index("</noscript>")]
    for item in check(ROOT / "demo").findings:
        assert f"<td>{item.severity}: {item.rule} {item.name}</td>" in table
    assert table.count("<tr>") == 5


def test_freezes_have_their_budgets(demo: str) -> None:
    """A freeze has its length and its writer's budget, or the default of 60 s."""
    freezes = [tuple(item[3:]) for item in data_of(demo)["freezes"]]
    assert freezes == [(3_000_000, 60_000, 0), (47_000_000, 20_000, 1)]


@pytest.mark.parametrize(
    ("events", "freeze"),
    [
        ([{"event": "Freeze"}], [0, 0, None, None, 60_000, 0]),
        ([{"event": "Freeze"}, {"event": "Abort"}], [0, 0, 1, None, 60_000, 0]),
        ([{"event": "Freeze"}, {"event": "Thaw"}], [0, 0, 1, None, 60_000, 0]),
        (
            [
                {"event": "Freeze", "at": "entry", "time": 1_000},
                {"event": "Freeze", "at": "return", "time": 2_000},
                {"event": "Thaw", "at": "entry", "time": 9_000},
                {"event": "Thaw", "at": "return", "time": 11_000},
            ],
            [0, 0, 2, 8, 60_000, 0],
        ),
    ],
)
def test_freeze_ends(tmp_path: Path, events: list[dict], freeze: list[int | None]) -> None:
    """A freeze lasts to Thaw's entry; without Thaw or times it has no length."""
    assert data_of(page_of(trace(tmp_path, *events)))["freezes"] == [freeze]


def test_ways_are_those_of_the_monitor(demo: str) -> None:
    """A lane's way holds the steps of the cheapest path, with the code of what it broke."""
    data = data_of(demo)
    lane = data["finding_lanes"][-1]
    steps = [
        [s[0], *(data["words"][word] for word in s[1:])] for s in data["ways"][str(lane)]["steps"]
    ]
    assert [s[0] for s in steps] == [1, 3, 4, 5, 6]
    assert steps[3][2:] == ["BackupComplete", "STABLE_completed", "WTR131"]


def test_ways_of_several_sessions_in_one_file(tmp_path: Path) -> None:
    """Writers and requesters keep their ways if they are asked for, and none otherwise."""
    calls = [{"actor": "requester", "event": e} for e in ("InitializeForBackup", "Release")]
    first = [{"event": e} for e in ("PrepareBackup", "Thaw", "PrepareBackup", "BackupShutdown")]
    path = trace(tmp_path, *calls, *first)
    (line,) = check(path, keep_records=True).timelines
    assert [way.region for way in line.ways] == ["requester", "writer"]
    assert all(isinstance(step, Taken) for way in line.ways for step in way.steps)
    assert check(path).timelines == ()


def test_page_says_what_became_of_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares of each input, what is known and not used, and guesses stand on the page."""
    data = ROOT / "tests" / "data"
    paths = (data / "listings" / "quoted-mail.txt", data / "logs" / "pasted.txt")
    run = check(*paths)
    page = html.render(run)
    told = [f"{one.path}: {remark}." for one in run.inputs for remark in one.remarks]
    assert len(told) == 3
    assert [text for text in told if f"<li>{text}</li>" not in page] == []
    monkeypatch.setattr(html, "REMARKS", 1)
    page = html.render(run)
    assert "2 remarks more about inputs" in page
    assert [f"<li>{text}</li>" in page for text in told] == [True, False, False]


def test_page_without_records_says_so() -> None:
    """A run that kept no records still gives findings, and says why there is no timeline."""
    page = html.render(check(ROOT / "demo"))
    assert "No timeline: the records were not kept." in page
    assert len(data_of(page)["findings"]) == 4
    assert data_of(page)["marks"]["line"] == []


# --- Limits ------------------------------------------------------------------
def test_whole_sessions_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, sessions without findings go first, and are counted."""
    monkeypatch.setattr(lanes, "MARKS", 3)
    good = [{"event": e, "session": "good"} for e in ("PrepareBackup", "BackupShutdown")]
    bad = [{"event": e, "session": "bad"} for e in ("PrepareBackup", "Thaw")]
    data = data_of(page_of(trace(tmp_path, *good, *bad)))
    kept = {data["sessions"][data["lanes"][lane][0]]["session"] for lane in data["marks"]["lane"]}
    assert kept == {"bad"}
    assert data["left_out"] == 2


def test_findings_beyond_the_limit_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst findings are listed, in their order, and the page says how many there are."""
    monkeypatch.setattr(html, "FINDINGS", 2)
    monkeypatch.setattr(html, "PLAIN", 1)
    page = page_of(ROOT / "demo")
    assert [item["severity"] for item in data_of(page)["findings"]] == ["error", "error"]
    assert "The page lists 2 of 4 findings" in page
    assert "3 more findings are in the JSON report." in page


def test_unread_lines_are_marks(tmp_path: Path) -> None:
    """A line that could not be read has a mark, and is told of as not judged."""
    path = trace(tmp_path, {"event": "PrepareBackup"})
    path.write_text(path.read_text(encoding="utf-8") + "{oops\n", encoding="utf-8")
    page = page_of(path)
    data = data_of(page)
    assert "Not judged: 1 record that could not be read." in page
    assert data["words"][data["marks"]["event"][1]] == "(not read)"


# --- Pictures ----------------------------------------------------------------
@pytest.mark.parametrize("region", layout.MACHINES)
def test_pictures_show_every_state_and_step(region: str) -> None:
    """Each drawn step and state is found again in the picture that is shipped."""
    found = layout.layouts_of(region)
    assert tuple(item.name for item in found) == layout.MACHINES[region]
    for item in found:
        graph = graph_of(item.name)
        moves = {
            (m.source, m.event, m.target)
            for edge in graph.edges
            if edge.source != edge.target
            for m in edge.moves
        }
        assert set(item.steps) == moves
        parts = {*item.states.values(), *(p for parts in item.steps.values() for p in parts)}
        assert all(f'data-part="{part}"' in item.svg for part in parts)
        assert not re.search(r'\sid="|http|<title|<!--', item.svg)


def test_stale_picture_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that lacks an edge of the rows, or is missing, is left out."""
    text = (ROOT / "diagrams" / "restore.svg").read_text(encoding="utf-8")
    (tmp_path / "restore.svg").write_text(text.replace('"edge3"', '"edge999"'), encoding="utf-8")
    monkeypatch.setattr(layout, "_CHECKOUT", tmp_path)
    assert layout._layout("restore") is None
    assert layout._layout("writer") is None


# --- The command line --------------------------------------------------------
def test_command_writes_the_page(
    tmp_path: Path, demo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check --output-format html -o` writes the page, and judges as always."""
    monkeypatch.chdir(ROOT)
    target = tmp_path / "report.html"
    assert main(["check", "demo", "--output-format", "html", "-o", str(target)]) == 1
    written = target.read_text(encoding="ascii")
    assert written.startswith("<!DOCTYPE html>")
    assert data_of(written)["ways"] == data_of(demo)["ways"]


def test_every_rule_can_be_shown() -> None:
    """Each rule of the catalogue has words for the page."""
    for code in RULES:
        rule = html._rule(code)
        assert rule["says"].endswith(".")
        assert rule["why"].endswith((".", "?", "!"))


def test_records_are_kept_on_demand_only() -> None:
    """An ordinary check keeps no records."""
    run = check(ROOT / "demo")
    assert isinstance(run, Run)
    assert run.timelines == ()
    assert vssfsm.check is check
