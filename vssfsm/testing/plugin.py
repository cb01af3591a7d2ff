"""
The plugin of pytest: fixtures, a marker for traces, a gate on rows, and a summary.

It is registered for everybody who has the package installed, so that nothing is imported here that
costs time: the work is done by modules that are imported where a test asks for them.
"""

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from vssfsm.results import Run
    from vssfsm.testing.judging import Trace
    from vssfsm.testing.visits import Visits
    from vssfsm.testing.watch import WatchedMonitor

_KEY: Final = "vssfsm"
_MARKER: Final = "vss_traces"
_HELP: Final = {
    "fail-under": "fail if fewer percent of the rows were visited",
    "rows": "rows that count for this, by the beginnings of their codes; those of every machine"
    " that was visited by default",
    "release": "Windows release of writers, requesters and records that do not name theirs",
    "select": "rules that count in judging traces: codes, names or families",
    "ignore": "rules that do not",
    "seed": "seed of the walks of vssfsm_conform",
    "diagrams": "folder for the machines, drawn with what was visited",
    "traces": "patterns of traces that are judged, each as a test, where they are collected",
}
_LISTS: Final = ("rows", "select", "ignore", "traces")
_METAVARS: Final = {
    "fail-under": "PERCENT",
    "release": "NAME",
    "seed": "N",
    "diagrams": "DIR",
    "traces": "PATTERN",
}


# --- options -------------------------------------------------------------------
def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and the same in the configuration file: `vssfsm_fail_under` and so on."""
    group = parser.getgroup("vssfsm", "conformance to the volume shadow copy protocol")
    for name, text in _HELP.items():
        is_list = name in _LISTS
        group.addoption(
            f"--vssfsm-{name}",
            action="append" if is_list else "store",
            metavar=_METAVARS.get(name, "CODES"),
            help=text,
        )
        kind: Literal["args", "string"] = "args" if is_list else "string"
        parser.addini(_ini(name), text, type=kind, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, and look at the options."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(*patterns, judge=True): run the test with each trace that matches, as the"
        " fixture vss_trace; patterns are relative to the test's file",
    )
    under = _option(config, "fail-under")
    if under is not None and not _is_percent(under):
        raise pytest.UsageError(f"--vssfsm-fail-under is a percentage, not {under}")
    seed = _option(config, "seed")
    if seed is not None and not seed.lstrip("-").isdecimal():
        raise pytest.UsageError(f"--vssfsm-seed is a whole number, not {seed}")
    options, rows = _judging(config), _options(config, "rows")
    if rows or any(options.values()):
        from vssfsm.testing.judging import complaint

        if text := complaint(options, rows):
            raise pytest.UsageError(text)


def _ini(name: str) -> str:
    return f"vssfsm_{name.replace('-', '_')}"


def _option(config: pytest.Config, name: str) -> str | None:
    """Give what the command line says, else the configuration file."""
    given = config.getoption(f"--vssfsm-{name}")
    found = config.getini(_ini(name)) if given is None else given
    return str(found) if found else None


def _options(config: pytest.Config, name: str) -> list[str]:
    given = config.getoption(f"--vssfsm-{name}") or config.getini(_ini(name)) or []
    return [part for text in given for part in text.split(",") if part]


def _is_percent(text: str) -> bool:
    try:
        return 0 <= float(text) <= 100
    except ValueError:
        return False


# --- fixtures ------------------------------------------------------------------
@pytest.fixture
def vssfsm_monitor(request: pytest.FixtureRequest) -> "Iterator[WatchedMonitor]":
    """
    Judge events that the test feeds, one by one.

    A test that calls `close()` looks at the findings itself. Else the evidence ends with the test,
    and an error of what was fed is an error of the test.
    """
    from vssfsm.testing.watch import WatchedMonitor

    monitor = WatchedMonitor(release=_option(request.config, "release"), path="event")
    yield monitor
    _end(monitor)
    _collect("vssfsm_monitor", monitor.visits)


@pytest.fixture
def vssfsm_check(request: pytest.FixtureRequest) -> "Callable[..., Run]":
    """Judge files as `vssfsm.check` does, with the options of the run; gives the `Run`."""
    from vssfsm.testing.judging import check

    def judge(*paths: "str | Path", **options: object) -> "Run":
        run = check(paths, {**_judging(request.config), **options})
        _collect_run("vssfsm_check", run)
        return run

    return judge


@pytest.fixture
def vssfsm_conform(request: pytest.FixtureRequest) -> Callable[..., None]:
    """
    Drive a writer through every row and pair of rows, and fail with what is wrong.

    The function takes what makes the writer, and the options of `vssfsm.testing.conform`.
    """
    from vssfsm.testing.judging import conform_writer

    def drive(make: Callable[[], Any], **options: Any) -> None:
        text, name, visits = conform_writer(make, {**_driving(request.config), **options})
        _collect(name, visits)
        if text:
            pytest.fail(text, pytrace=False)

    return drive


@pytest.fixture
def vssfsm_conform_requester(request: pytest.FixtureRequest) -> Callable[..., None]:
    """
    Play every scenario to a requester, and fail with what is wrong.

    The function takes what makes the requester, and the arguments of
    `vssfsm.testing.conform_requester`.
    """
    from vssfsm.testing.judging import conform_requester

    def drive(make: Callable[[], Any], *scenarios: str, **options: Any) -> None:
        chosen = {**_driving(request.config), **options}
        text, name, visits = conform_requester(make, scenarios, chosen)
        _collect(name, visits)
        if text:
            pytest.fail(text, pytrace=False)

    return drive


@pytest.fixture
def vss_trace(request: pytest.FixtureRequest) -> "Trace":
    """Give one of the traces that the marker `vss_traces` names; its errors fail the test."""
    path = getattr(request, "param", None)
    if path is None:
        pytest.fail(f"vss_trace needs the marker {_MARKER}", pytrace=False)
    from vssfsm.testing.judging import Trace

    return Trace(path, _judging(request.config))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Judge the trace before a test, and what it fed to the monitor after it."""
    marker = pyfuncitem.get_closest_marker(_MARKER)
    if marker is not None and marker.kwargs.get("judge", True):
        from vssfsm.testing.judging import Trace

        trace = pyfuncitem.funcargs.get("vss_trace")
        path = str(pyfuncitem.callspec.params["vss_trace"])  # the test may do without the fixture
        _judge(trace if isinstance(trace, Trace) else Trace(path, _judging(pyfuncitem.config)))
    result = yield
    module = sys.modules.get("vssfsm.testing.watch")
    monitor = pyfuncitem.funcargs.get("vssfsm_monitor")
    if module and isinstance(monitor, module.WatchedMonitor):
        _end(monitor)
    return result


def _judge(trace: "Trace") -> None:
    """Count what *trace* visits, and fail with its errors."""
    from vssfsm.testing.judging import run_text

    _collect_run("traces", trace.run)
    if text := run_text(trace.run):
        pytest.fail(text, pytrace=False)


def _end(monitor: "WatchedMonitor") -> None:
    """End the evidence, unless the test did, and fail with its errors."""
    from vssfsm.testing.judging import error_text

    if not monitor.is_closed:
        monitor.close()
        if text := error_text(monitor.findings):
            pytest.fail(text, pytrace=False)


def _judging(config: pytest.Config) -> dict[str, object]:
    select, ignore = _options(config, "select"), _options(config, "ignore")
    return {"release": _option(config, "release"), "select": select, "ignore": ignore}


def _driving(config: pytest.Config) -> dict[str, object]:
    return {"release": _option(config, "release"), "seed": int(_option(config, "seed") or 0)}


# --- traces --------------------------------------------------------------------
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with each trace that its marker names."""
    markers = list(metafunc.definition.iter_markers(_MARKER))
    if not markers:
        return
    from vssfsm.errors import VssfsmError
    from vssfsm.testing.judging import matches

    folders = (str(metafunc.definition.path.parent), str(metafunc.config.rootpath))
    patterns = [pattern for marker in markers for pattern in marker.args]
    try:
        found = matches(patterns, folders)
    except VssfsmError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    if "vss_trace" not in metafunc.fixturenames:
        metafunc.fixturenames.append("vss_trace")
    names = [name for name, _ in found]  # the paths would be long
    metafunc.parametrize("vss_trace", [path for _, path in found], ids=names, indirect=True)


def pytest_collect_file(file_path: "Path", parent: pytest.Collector) -> "TraceFile | None":
    """Collect a trace that `--vssfsm-traces` or `vssfsm_traces` names."""
    patterns = _options(parent.config, "traces")
    if not any(_is_match(file_path, parent.config.rootpath, pattern) for pattern in patterns):
        return None
    file: TraceFile = TraceFile.from_parent(parent, path=file_path)
    return file


def _is_match(path: "Path", root: "Path", pattern: str) -> bool:
    from fnmatch import fnmatch

    inside = path.is_relative_to(root)
    shown = path.relative_to(root).as_posix() if inside else path.as_posix()
    return fnmatch(shown, pattern) or fnmatch(path.name, pattern)


class TraceFile(pytest.File):
    """A trace on disk."""

    def collect(self) -> "Iterator[TraceItem]":
        """Give the one test of it."""
        yield TraceItem.from_parent(self, name="conforms")


class TraceItem(pytest.Item):
    """The test that a trace holds no error."""

    def runtest(self) -> None:
        """Judge it."""
        from vssfsm.testing.judging import Trace

        _judge(Trace(str(self.path), _judging(self.config)))

    def reportinfo(self) -> "tuple[Path, int, str]":
        """Name it by its path."""
        return self.path, 0, self.name


# --- what was visited ------------------------------------------------------------
def _collect(name: str, visits: "Visits") -> None:
    from vssfsm.testing.visits import visits_of

    visits_of(name).add(visits)


def _collect_run(name: str, run: "Run") -> None:
    from vssfsm.testing.watch import visits_of_run

    _collect(name, visits_of_run(run))


def _collected() -> "dict[str, Visits]":
    """Give what was visited; nothing is imported to find out that nothing was."""
    module = sys.modules.get("vssfsm.testing.visits")
    return getattr(module, "COLLECTED", {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ARG001 - as xdist has it
    """Add what a worker visited."""
    found = getattr(node, "workeroutput", {}).get(_KEY, {})
    if found:
        from vssfsm.testing.visits import Visits

        for name, data in sorted(found.items()):
            _collect(name, Visits.from_data(data))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what a worker visited; else draw it, and fail the run if it is too little."""
    config, found = session.config, _collected()
    if hasattr(config, "workeroutput"):
        config.workeroutput[_KEY] = {name: found[name].as_data() for name in sorted(found)}
        return
    if config.option.collectonly:
        return
    under = _option(config, "fail-under")
    if found or under is not None:
        from vssfsm.testing.summary import Summary

        summary = Summary(found, _options(config, "rows"))
        config.stash[_SUMMARY] = list(summary.lines(None if under is None else float(under)))
        if directory := _option(config, "diagrams"):
            config.stash[_SUMMARY] += summary.draw(os.path.join(config.rootpath, directory))
        is_short = under is not None and summary.percent < float(under)
        if is_short and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


_SUMMARY: Final = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was visited."""
    lines = terminalreporter.config.stash.get(_SUMMARY, [])
    if lines:
        terminalreporter.section("vssfsm: rows of the protocol")
        for line in lines:
            terminalreporter.write_line(line)
