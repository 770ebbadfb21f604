"""Other engines carry the same decisions, whatever happens to their workers."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas
import pytest

from tests.conftest import SAMPLE, run_cli, write_csv
from tsur_nlp import TableError
from tsur_nlp.batch.dataframe import route_partition
from tsur_nlp.batch.job import RESULT_COLUMNS


def test_a_frame_is_routed_like_a_table(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run_cli("route", str(SAMPLE), "-o", str(out)).returncode == 0
    table = pandas.read_csv(out, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    frame = route_partition(pandas.read_csv(SAMPLE, dtype=str, encoding="utf-8-sig"))
    assert list(frame.columns) == list(table.columns)
    for column in ("topic", "authority", "action", "topic_2"):
        assert frame[column].tolist() == table[column].tolist()


def test_a_frame_in_parts_is_the_frame() -> None:
    frame = pandas.read_csv(SAMPLE, dtype=str, encoding="utf-8-sig")
    whole = route_partition(frame)
    parts = pandas.concat([route_partition(frame.iloc[start : start + 20]) for start in range(0, len(frame), 20)])
    for column in ("topic", "authority", "action"):
        assert parts[column].tolist() == whole[column].tolist()
    assert parts.index.tolist() == frame.index.tolist()
    assert list(route_partition(frame.head(0)).columns) == [*frame.columns, *RESULT_COLUMNS]


def test_odd_frames_are_answered_or_refused() -> None:
    odd = route_partition(pandas.DataFrame({"text": [None, float("nan"), 5, "Яма на дороге"], "topic": list("абвг")}))
    assert odd["action"].tolist()[:3] == ["not_an_appeal"] * 3
    assert odd["input_topic"].tolist() == list("абвг")
    with pytest.raises(TableError, match="столбец с текстом"):
        route_partition(pandas.DataFrame({"x": [1]}))


def test_a_host_with_threads_gets_workers_of_its_own_too(tmp_path: Path) -> None:
    """Such a process can't be copied: its workers begin empty."""
    rows = [["№", "Текст", "Дата"], *([str(i), f"Яма на дороге у дома {i}", "13.05.2024"] for i in range(1500))]
    source = write_csv(tmp_path / "in.csv", rows)
    assert run_cli("route", str(source), "-o", str(tmp_path / "out.csv")).returncode == 0
    code = f"""if True:
        import threading
        from pathlib import Path
        from tsur_nlp.batch import Job, route_table
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        print(route_table(Job(Path({str(source)!r}), Path({str(tmp_path / "two.csv")!r}), jobs=2)).routed)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["1500"]), done.stderr
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_killed_worker_of_a_cluster_loses_nothing(tmp_path: Path) -> None:
    from distributed import LocalCluster

    rows = [["№", "Текст", "Дата"], *([str(i), f"Яма на дороге у дома {i}", "13.05.2024"] for i in range(12_000))]
    source = write_csv(tmp_path / "in.csv", rows)
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    assert run_cli("route", str(source), "-o", str(whole)).returncode == 0
    progress = tmp_path / "out.csv.progress"
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        killed = threading.Event()

        def kill_one() -> None:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                if progress.exists() and progress.read_bytes().count(b"\n") >= 2:
                    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
                    killed.set()
                    return
                time.sleep(0.01)

        killer = threading.Thread(target=kill_one)
        killer.start()
        command = [sys.executable, "-m", "tsur_nlp", "route", str(source), "-o", str(out), "--engine", "dask"]
        environment = os.environ | {"DASK_SCHEDULER_ADDRESS": cluster.scheduler_address}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        killer.join()
    assert done.returncode == 0, done.stderr
    assert killed.is_set(), "the run ended before a worker could be killed"
    assert out.read_bytes() == whole.read_bytes()
