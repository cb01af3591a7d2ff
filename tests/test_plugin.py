"""The plugin of pytest: what it judges, counts, draws and refuses; alone, and with xdist."""

import subprocess
import sys

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.long

#: the plugin as a module, whether or not this installation registers it
PLUGIN = ("-p", "no:vssfsm", "-p", "vssfsm.testing.plugin", "-p", "no:cacheprovider")
KEYS = '"session": "1", "host": "h", "instance": "i", "actor": "writer"'
GOOD = "".join(
    f'{{{KEYS}, "event": "{event}", "state": {state}, "outcome": "ok", "failure": "S_OK"}}\n'
    for event, state in (("PrepareBackup", 1), ("BackupComplete", 1), ("BackupShutdown", 1))
)
BAD = f'{{{KEYS}, "event": "Thaw"}}\n'
WRITERS = """
    from vssfsm.testing import ReferenceRequester, ReferenceWriter

    class Right(ReferenceWriter):
        pass

    class Wrong(ReferenceWriter):
        def deliver(self, event, fail=None, soft=False):
            reply = super().deliver(event, fail, soft)
            return reply._replace(state=5) if event == "BackupComplete" and fail else reply
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Give what runs pytest with the plugin: arguments, then files by name."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def play(*arguments, **files):
        for name, text in files.items():
            pytester.makepyfile(**{name: text})
        return pytester.runpytest_subprocess(*PLUGIN, "-W", "error", *arguments)

    return play


def trace(pytester, name, text):
    """Write a trace."""
    path = pytester.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


# --- nothing for those who do not use it -------------------------------------------
@pytest.mark.parametrize("arguments", [["--version"], ["-q", "empty"]])
def test_nothing_heavy_is_imported_where_it_is_not_used(tmp_path, arguments) -> None:
    """With the plugin, an empty run imports no part that costs time."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "test_one.py").write_text("def test_one(): pass", "utf-8")
    code = (
        "import sys, pytest\n"
        f"code = pytest.main({[*PLUGIN, '-p', 'no:hypothesispytest', *arguments]!r})\n"
        "heavy = ('transitions', 'hypothesis', 'graphviz', 'msgspec', 'vssfsm.core')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "print(sorted(name for name in sys.modules if name.startswith('vssfsm')))\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    heavy, ours = done.stdout.splitlines()[-2:]
    assert heavy == "[]"
    loaded = "['vssfsm', 'vssfsm.testing', 'vssfsm.testing.plugin']"
    assert ours == ("[]" if arguments == ["--version"] else loaded)


def test_nothing_is_said_where_nothing_was_visited(run) -> None:
    """A run without our tests ends as it would without us."""
    result = run(test_one="def test_one(): pass")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*vssfsm: rows*")


# --- the monitor -----------------------------------------------------------------
MONITOR = f"""
    def feed(monitor, event):
        monitor.feed({{{KEYS}, "event": event, "outcome": "ok"}})

    def test_right(vssfsm_monitor):
        feed(vssfsm_monitor, "PrepareBackup")

    def test_wrong(vssfsm_monitor):
        feed(vssfsm_monitor, "Thaw")

    def test_looked_at(vssfsm_monitor):
        feed(vssfsm_monitor, "Thaw")
        vssfsm_monitor.close()
        assert [item.rule for item in vssfsm_monitor.findings] == ["WTR101"]
"""


def test_errors_of_what_was_fed_fail_the_test(run) -> None:
    """The test that does not look at the findings fails by them, and by errors only."""
    result = run(test_monitor=MONITOR)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*test_wrong*", "event:1: error WTR101 thaw-before-freeze"])
    result.stdout.fnmatch_lines(["vssfsm_monitor * of * rows*broken: WTR101"])


# --- traces ------------------------------------------------------------------------
TRACES = """
    import pytest

    @pytest.mark.vss_traces("traces/*.jsonl")
    def test_each(vss_trace):
        assert vss_trace.path.endswith(".jsonl")
        assert vss_trace.run.counts["records"]

    @pytest.mark.vss_traces("traces/*.jsonl")
    def test_fixture_is_not_needed():
        pass

    @pytest.mark.vss_traces("traces/bad.jsonl", judge=False)
    def test_alone(vss_trace):
        assert vss_trace.run.verdict == "VIOLATES"
"""


def test_marker_runs_a_test_with_each_trace(run, pytester) -> None:
    """Traces are judged before their tests; with judge=False the test has the run alone."""
    trace(pytester, "traces/good.jsonl", GOOD)
    trace(pytester, "traces/bad.jsonl", BAD)
    result = run("-v", test_traces=TRACES)
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines_random(
        [
            "*test_each?traces/bad.jsonl? FAILED*",
            "*test_each?traces/good.jsonl? PASSED*",
            "*test_fixture_is_not_needed?traces/bad.jsonl? FAILED*",
            "*test_alone?traces/bad.jsonl? PASSED*",
        ]
    )
    result.stdout.fnmatch_lines(["*bad.jsonl:1: error WTR101 thaw-before-freeze"])


def test_marker_that_matches_nothing_is_an_error(run) -> None:
    """A pattern without a trace would be a test that cannot fail."""
    result = run(test_traces=TRACES)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*no trace matches traces/?.jsonl in *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_traces_are_collected_as_tests(run, pytester) -> None:
    """Each trace that the configuration names is a test; others are not."""
    trace(pytester, "traces/good.jsonl", GOOD)
    trace(pytester, "traces/bad.jsonl", BAD)
    trace(pytester, "other/bad.jsonl", BAD)
    pytester.makeini("[pytest]\nvssfsm_traces = traces/*.jsonl\n")
    result = run("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["traces/bad.jsonl::conforms FAILED*"])
    run("--vssfsm-ignore", "WTR").assert_outcomes(passed=2)


def test_what_cannot_be_read_fails(run, pytester) -> None:
    """A trace that holds nothing to judge is no trace that conforms."""
    trace(pytester, "empty.jsonl", "\n")
    result = run("--vssfsm-traces", "*.jsonl")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*INP*"])


CHECK = """
    def test_release(vssfsm_check):
        assert vssfsm_check("shutdown.jsonl").verdict == "VERDICT"
"""


@pytest.mark.parametrize(("release", "verdict"), [("xp", "VIOLATES"), ("2019", "CONFORMS")])
def test_release_reaches_the_judge(run, pytester, release, verdict) -> None:
    """An event that came later is wrong on the release that the run names."""
    trace(pytester, "shutdown.jsonl", GOOD)
    test = CHECK.replace("VERDICT", verdict)
    run("--vssfsm-release", release, test_check=test).assert_outcomes(passed=1)


# --- adapters --------------------------------------------------------------------
CONFORM = (
    WRITERS
    + """
    def test_right(vssfsm_conform):
        vssfsm_conform(Right, goal="rows")

    def test_wrong(vssfsm_conform):
        vssfsm_conform(Wrong, goal="rows")

    def test_requester(vssfsm_conform_requester):
        vssfsm_conform_requester(ReferenceRequester, "plain", "freeze-timeout")
"""
)


def test_adapters_are_driven(run, pytester) -> None:
    """A wrong writer fails with the rule, the trace and a test that fails likewise when pasted."""
    result = run("--vssfsm-seed", "7", test_conform=CONFORM)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "error WTR156 unexplained-report-of-backup-complete",
            '*"event": "BackupComplete"*',
            "from test_conform import Wrong",
            "    assert replay(Wrong, sessions) == *",
            "Wrong * broken: WTR156",
        ]
    )
    lines = result.stdout.lines
    start = lines.index("from test_conform import Wrong")
    end = next(i for i, line in enumerate(lines) if line.startswith("    assert replay"))
    pasted = "\n".join(lines[start : end + 1])
    pytester.makepyfile(test_conform=WRITERS)
    pytester.makepyfile(test_pasted=pasted)
    result = pytester.runpytest_subprocess(*PLUGIN, "test_pasted.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*AssertionError*WTR156*"])


IDLE = """
    from vssfsm.testing import ReferenceRequester

    class Idle:
        def run(self, service):
            return False

    class Gloomy(ReferenceRequester):
        def run(self, service):
            return super().run(service) and False

    def test_idle(vssfsm_conform_requester):
        vssfsm_conform_requester(Idle, "plain")

    def test_gloomy(vssfsm_conform_requester):
        vssfsm_conform_requester(Gloomy, "plain")
"""


def test_nothing_judged_fails_and_doubts_are_told(run, pytester) -> None:
    """No call proves nothing; a claim of failure where nothing had failed is a warning."""
    result = run(test_idle=IDLE)  # warnings are errors
    result.assert_outcomes(failed=2)
    result = pytester.runpytest_subprocess(*PLUGIN, "test_idle.py")
    result.assert_outcomes(failed=1, passed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["no call was made, so that nothing was judged", "*Gloomy: failure was claimed, and *"]
    )


# --- the gate and the summary ------------------------------------------------------
ROWS = WRITERS + (
    """
    import pytest

    @pytest.mark.parametrize("number", range(2))
    def test_right(vssfsm_conform, number):
        vssfsm_conform(Right, goal="rows")
"""
)


def test_gate_counts_what_all_workers_visited(run) -> None:
    """98.6 % of the rows pass a gate of 98, and fail one of 99; workers add up."""
    workers = ("-n", "2")
    result = run("--vssfsm-fail-under", "98", *workers, test_rows=ROWS)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "*vssfsm: rows of the protocol*",
            "Right * 70 of   71 rows *",
            "not visited: WTR-ABORT-BY-TIMER-AFTER-THAW",
            "total: 98.6 % of 71 rows; at least 98 % wanted",
        ]
    )
    result = run("--vssfsm-fail-under", "99", *workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["total: 98.6 % of 71 rows; FAIL: under 99 %"])


def test_gate_over_chosen_rows(run, pytester) -> None:
    """Rows that count can be chosen; a run that visits none of them fails."""
    pytester.makeini("[pytest]\nvssfsm_fail_under = 100\nvssfsm_rows = WTR-PRERESTORE WTR-THAW\n")
    result = run(test_rows=ROWS, test_one="def test_one(): pass")
    result.stdout.fnmatch_lines(["total: ??.? % of ?? rows; FAIL: under 100 %"])
    assert run("--vssfsm-rows", "WTR-PRERESTORE").ret == pytest.ExitCode.OK
    result = run("test_one.py")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["total: 0.0 % of ?? rows; FAIL: under 100 %"])


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (("--vssfsm-fail-under", "most"), "--vssfsm-fail-under is a percentage, not most"),
        (("--vssfsm-seed", "x"), "--vssfsm-seed is a whole number, not x"),
        (("--vssfsm-release", "95"), "unknown release '95'; known: xp, *"),
        (("--vssfsm-rows", "ABC"), "no row has a code that begins with ABC"),
    ],
)
def test_wrong_options_are_refused(run, option, text) -> None:
    """A usage error names the option; nothing runs."""
    result = run(*option, test_one="def test_one(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{text}"])


# --- diagrams --------------------------------------------------------------------
def test_diagrams_show_what_was_visited(run, pytester) -> None:
    """DOT and SVG of each machine: grey where nothing came, red where a rule was broken."""
    result = run("--vssfsm-diagrams", "out", test_monitor=MONITOR)
    result.stdout.fnmatch_lines(["drawn: *vssfsm_monitor-writer.dot, *vssfsm_monitor-writer.svg"])
    dot = (pytester.path / "out" / "vssfsm_monitor-writer.dot").read_text("utf-8")
    assert "1 x" in dot
    assert "WTR101" in dot
    assert "not visited" in dot
    svg = (pytester.path / "out" / "vssfsm_monitor-writer.svg").read_text("utf-8")
    assert "<svg" in svg


def test_without_a_renderer_only_dot_is_written(run, pytester) -> None:
    """Where nothing draws SVG, the DOT file is there, and the summary says why it is alone."""
    none = "from vssfsm.errors import MissingExtra\nimport vssfsm.draw.picture as p\n"
    none += "def find_program(): raise MissingExtra('drawing SVG and PNG', 'draw')\n"
    pytester.makeconftest(none + "p.find_program = find_program\n")
    result = run("--vssfsm-diagrams", "out", test_monitor=MONITOR)
    result.stdout.fnmatch_lines(["drawn: *writer.dot; no SVG: *pip install*vssfsm?draw?*"])
    assert [path.suffix for path in (pytester.path / "out").iterdir()] == [".dot"]


# --- Hypothesis --------------------------------------------------------------------
MACHINES = WRITERS + (
    """
    from hypothesis import settings
    from vssfsm.testing import WriterConformance

    TestRight = WriterConformance.of(Right).TestCase
    TestRight.settings = settings(TestRight.settings, max_examples=5, database=None)

    class TestWrong(WriterConformance.for_adapter(Wrong)):
        settings = settings(TestRight.settings, max_examples=20)
"""
)


def test_machines_are_tests(run) -> None:
    """State machines are collected, fail with the report, and are counted by their names."""
    result = run("-n", "2", test_machines=MACHINES)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines_random(
        [
            "*Nonconformance: WTR156",
            "*state.take(*step=deliver('BackupComplete', fail='*'))",
            "RightConformance * of   71 rows *",
            "WrongConformance * broken: WTR156",
        ]
    )


def test_names_are_registered() -> None:
    """The entry point names the module, if this installation has one."""
    from importlib.metadata import entry_points

    found = [one.value for one in entry_points(group="pytest11", name="vssfsm")]
    assert found in ([], ["vssfsm.testing.plugin"])
