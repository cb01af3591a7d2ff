"""`vssfsm rule`: every rule has a page, and the catalogue lists them all."""

import json
from pathlib import Path

import pytest

from vssfsm.cli import main
from vssfsm.errors import UsageError
from vssfsm.reports.rule import FAMILY_TITLES, render_all, render_rule
from vssfsm.spec.catalogue import FAMILIES, RULES
from vssfsm.spec.examples import BAD, GOOD, directory, example
from vssfsm.spec.rulings import RULINGS
from vssfsm.spec.sources import PAGES


def flat(text: str) -> str:
    """Undo the breaking of lines."""
    return " ".join(text.split())


@pytest.mark.parametrize("code", RULES)
def test_a_rule_page_says_what_why_how_bad_and_where_from(code: str) -> None:
    """The page holds everything that the row holds, whichever way it was asked for."""
    row = RULES[code]
    page = render_rule(code)
    assert page == render_rule(row.name) == render_rule(code.lower())
    assert page.startswith(f"{code} {row.name}\n")
    facts = (row.says[1:], row.why, row.severity, row.grade, f"blame: {row.blame}", row.status)
    assert [fact for fact in facts if flat(fact) not in flat(page)] == []
    assert flat(RULINGS.get(row.ruling, "")) in flat(page)
    assert [slug for slug in row.sources if PAGES[slug][1] not in page] == []


@pytest.mark.parametrize("code", RULES)
def test_the_prose_of_a_rule_page_keeps_to_its_width(code: str) -> None:
    """Only addresses and records of the traces are wider than the page."""
    prose = [line for line in render_rule(code).splitlines() if not line.startswith("    ")]
    wide = [line for line in prose if len(line) > 100 and "https://" not in line]
    assert wide == []


@pytest.mark.parametrize("code", RULES)
def test_a_rule_page_shows_the_traces_that_there_are(code: str) -> None:
    """A bad trace is shown with the line that breaks the rule; a missing one is left out."""
    page = render_rule(code)
    for kind in (BAD, GOOD):
        shown = example(code, kind)
        assert (f"\n  {kind} trace\n" in page) == (shown is not None)
    bad = example(code, BAD)
    if bad is not None:
        marks = [f"-> line {line}: {', '.join(codes)}" for line, codes in bad.expected.items()]
        assert [mark for mark in marks if mark not in page] == []
        assert code in {found for codes in bad.expected.values() for found in codes}


def test_the_catalogue_lists_every_rule_once_in_families() -> None:
    """Each rule stands once, under the title of its family, and the footer counts them."""
    text = render_all()
    assert [code for code in RULES if text.count(f"\n  {code}  ") != 1] == []
    used = [family for family in FAMILIES if any(code.startswith(family) for code in RULES)]
    heads = [line for line in text.splitlines() if line[:3] in FAMILIES]
    assert heads == [f"{family}  {FAMILY_TITLES[family]}" for family in used]
    assert f"{len(RULES)} rules: " in text
    assert max(len(line) for line in text.splitlines()) <= 110


def test_a_family_is_listed_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """`rule WTR` lists the rules of the writer, in any case, and counts those alone."""
    assert main(["rule", "wtr"]) == 0
    text = capsys.readouterr().out
    codes = [code for code in RULES if code.startswith("WTR")]
    assert [code for code in RULES if f"\n  {code}  " in text] == codes
    assert f"\n{len(codes)} rules: " in text
    assert [main(["rule", name]) for name in ("WT", "MD")] == [2, 2]


def test_every_family_has_a_title() -> None:
    """A family without a title would fail only once it has a rule."""
    assert set(FAMILY_TITLES) == set(FAMILIES)


def test_an_unknown_rule_gets_close_matches() -> None:
    """A near miss names what was meant, nonsense points to the list."""
    with pytest.raises(UsageError, match="did you mean WTR1"):
        render_rule("WTR1O1")
    with pytest.raises(UsageError, match="did you mean thaw-before-freeze"):
        render_rule("thaw-before-freez")
    with pytest.raises(UsageError, match="lists them"):
        render_rule("qqqqqqqq")


def test_the_command_line_prints_pages_and_refuses_unknown_codes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`rule` lists, `rule CODE` shows, an unknown code is wrong usage."""
    assert main(["rule"]) == 0
    assert capsys.readouterr().out == render_all()
    assert main(["rule", "WTR101"]) == 0
    assert capsys.readouterr().out == render_rule("WTR101")
    assert main(["rule", "WTR999"]) == 2
    assert "WTR999" in capsys.readouterr().err


# --- Examples ----------------------------------------------------------------
def test_the_key_expect_is_read_and_stripped(tmp_path: Path) -> None:
    """What a line declares is no part of the trace that is shown."""
    lines = ('{"event":"Freeze"}', '{"event": "Thaw", "expect": ["WTR101"]}', '{"expect')
    (tmp_path / "X.bad.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    shown = example("X", BAD, tmp_path)
    assert shown is not None
    assert shown.lines == ('{"event":"Freeze"}', '{"event": "Thaw"}', '{"expect')
    assert shown.expected == {2: ("WTR101",)}


def test_a_sidecar_declares_what_lines_cannot(tmp_path: Path) -> None:
    """A listing's findings stand beside it; without an example there is none."""
    (tmp_path / "X.bad.txt").write_text("State: [16]\n", "utf-8")
    pairs = [[1, "STS202"], [1, "STS001"]]
    (tmp_path / "X.bad.txt.expect.json").write_text(json.dumps(pairs), "utf-8")
    shown = example("X", BAD, tmp_path)
    assert shown is not None
    assert shown.lines == ("State: [16]",)
    assert shown.expected == {1: ("STS202", "STS001")}
    assert example("X", GOOD, tmp_path) is None


def test_the_checkout_has_examples() -> None:
    """The directory that pages read is there, and is not empty."""
    assert list(directory().glob("*.bad.jsonl"))
