"""A Dask cluster, one of whose two workers is killed midway, prepares the same bytes as one process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_commands_preprocess import contents, pipelines

from seqpipe.commands.preprocess import preprocess
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline
from seqpipe.report import Note, Progress, silent

__all__ = ["pipelines"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and the processes of its two workers."""
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    scheduler = subprocess.Popen(
        [*dask, "scheduler", "--host", address, "--no-dashboard"],
        cwd=tmp_path,
        **quiet,  # type: ignore[call-overload]
    )
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    workers = [subprocess.Popen(worker, cwd=tmp_path, **quiet) for _ in range(2)]  # type: ignore[call-overload]
    try:
        yield address, workers
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def wait_for_both(address: str) -> None:
    from distributed import Client

    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing(
    pipelines: dict[str, Pipeline],
    cluster: tuple[str, list[subprocess.Popen[bytes]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("seqpipe.features.stock.TOGETHER", 4)  # so that most is not yet asked for when it is killed
    address, (first, _) = cluster
    preprocess(pipelines["tones"], silent, jobs=1)
    one = contents(Path("data/features/tones"))
    for path in Path(".seqpipe").rglob("*.arrow"):
        path.unlink()
    wait_for_both(address)
    killed: list[int] = []

    def kill(event: Note | Progress) -> None:
        if isinstance(event, Progress) and "sources of" in event.step and not killed:
            os.kill(first.pid, 9)
            killed.append(len(list(Path(".seqpipe").rglob("*.arrow"))))

    preprocess(pipelines["tones"], kill, cluster=address)
    shards = len(list(Path(".seqpipe").rglob("*.arrow")))
    assert killed[0] < shards / 2
    assert first.wait(10) == -9
    assert contents(Path("data/features/tones")) == one


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_an_error(
    pipelines: dict[str, Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqpipe.workers.WAIT", 1)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(SeqpipeError, match=f"No Dask scheduler answers at {address}"):
        preprocess(pipelines["tones"], silent, cluster=address)
