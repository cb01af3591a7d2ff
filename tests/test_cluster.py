"""The engine `dask`: the same bytes as here, also from object stores, also if a worker dies."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.traces import records
from vssfsm import cluster
from vssfsm.cli import main
from vssfsm.fleet import check_pieces
from vssfsm.reports import json as json_report
from vssfsm.run import check, options_of


def _write(directory: Path) -> list[str]:
    """Write three files of each of two hosts; a session may begin in one and end in the next."""
    names = []
    for host in ("a", "b"):
        (directory / host).mkdir()
        given = list(records(300, "writers", hosts=1, faulty=0.2, seed=ord(host)))
        for number in range(3):
            path = directory / host / f"{number}.jsonl"
            part = given[100 * number : 100 * (number + 1)]
            path.write_text("".join(f"{json.dumps(r)}\n" for r in part), "utf-8")
            names.append(str(path))
    return names


def test_missing_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without Dask the command to install it is named."""
    names = _write(tmp_path)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert main(["check", *names, "--engine", "dask"]) == 2
    assert "python -m pip install 'vssfsm[dask]'" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert main(["check", "s3://logs/*.jsonl", "--pieces"]) == 2
    assert "python -m pip install 'vssfsm[dask]'" in capsys.readouterr().err


def test_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """What a cluster cannot do is refused."""
    for given in (
        ["-", "--engine", "dask"],
        ["x.jsonl", "--scheduler", "tcp://h:1"],
        ["x.jsonl", "--engine", "dask", "--state", "s"],
        ["x.jsonl", "--engine", "dask", "--merge"],
    ):
        assert main(["check", *given]) == 2
        assert "dask" in capsys.readouterr().err


def test_object_store(tmp_path: Path) -> None:
    """Pieces in an object store are found by patterns, and judged like files."""
    fsspec = pytest.importorskip("fsspec")
    names = _write(tmp_path)
    memory = fsspec.filesystem("memory")
    for name in names:
        host, file = name.replace("\\", "/").split("/")[-2:]
        memory.pipe(f"/logs/{host}/{file}", Path(name).read_bytes())
    run = check_pieces(["memory://logs/*/*.jsonl"], options_of())
    here = check_pieces([str(tmp_path / "[ab]")], options_of())
    assert [i.path for i in run.inputs] == [f"memory:///logs/{h}/0.jsonl and 2 more" for h in "ab"]
    assert run.counts == here.counts
    assert [f.message for f in run.findings] == [f.message for f in here.findings]
    assert run.findings[0].path.startswith("memory:///logs/")
    with pytest.raises(cluster.UsageError, match="no file matches"):
        check_pieces(["memory://logs/*/*.csv"], options_of())


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_a_worker_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed in the middle costs another try, and no result."""
    distributed = pytest.importorskip("distributed")
    names = _write(tmp_path)
    flag = tmp_path / "died"
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as local:
        address = local.scheduler_address
        want = json_report.render(check(*names))
        assert json_report.render(_on_dask(names, address)) == want
        want = json_report.render(check_pieces(names, options_of()))
        assert json_report.render(_on_dask(names, address, pieces=True)) == want
        monkeypatch.setattr(cluster, "_merge", _dying(str(flag)))
        assert json_report.render(_on_dask(names, address, pieces=True)) == want
    assert flag.exists()


def _on_dask(names: list[str], address: str, **more: Any) -> Any:
    return cluster.check_on_dask(names, options_of(), scheduler=address, **more)


def _dying(flag: str) -> Any:
    """Give a merge of summaries whose first worker is killed; it is sent to workers by value."""

    def merge(*given: Any) -> Any:
        import os
        import signal

        from vssfsm import cluster as real

        try:
            os.close(os.open(flag, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return real._merge(*given)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return None

    return merge
