"""Processes that share the rows of every batch learn what one process learns."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import tiny
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from tiny_training import section, stores
from trained_project import edit, seqpipe

from seqpipe.batches import Streams, collate
from seqpipe.tasks import TASKS
from seqpipe.training.distributed import Group

PARAMS = """\
pipelines: {words: text, chars: text}

words:
  task: seq2seq
  source: {}
  features: {source: {level: char, vocabulary: 20}, target: {level: char, vocabulary: 20}}
  model: {hidden: 6, embedding: 5, dropout: 0}
  train: {epochs: 2, budget: 40, accumulate: 2, average: exponential, watch: cer, device: cpu}
  decode: {}

chars:
  task: language-model
  source: {}
  features: {source: {level: char, vocabulary: 20}}
  model: {hidden: 6, embedding: 5, dropout: 0}
  train: {epochs: 2, streams: 3, span: 5, checkpoint_seconds: 0, device: cpu}
  decode: {}
"""
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "seqpipe"]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 9), size=st.integers(1, 5))
def test_every_row_is_in_one_share(tmp_path: Path, rows: int, size: int) -> None:
    store, _ = stores(tmp_path, "seq2seq")
    batch = collate([store[row] for row in range(rows)])
    shares = [Group(rank, size).share(batch) for rank in range(size)]
    assert sorted(key for share in shares for key in share.ids) == sorted(batch.ids)
    loss, model = TASKS["seq2seq"].loss, tiny.model("seq2seq")
    expected = dict(zip(batch.ids, loss(model, batch).total.tolist(), strict=True))
    for share in shares:
        losses = loss(model, share)
        assert torch.isfinite(losses.total).all()  # also of a share without rows, which must not count
        assert dict(zip(share.ids, losses.total.tolist(), strict=False)) == pytest.approx(
            {key: expected[key] for key in share.ids}, rel=1e-5
        )


def test_a_stream_stays_with_its_process(tmp_path: Path) -> None:
    store, _ = stores(tmp_path, "language-model")
    batches = list(Streams(store, section("language-model", streams=5), np.random.default_rng(0)))
    for rank in range(2):
        for batch in batches:
            share = Group(rank, 2).share(batch)
            assert share.ids == batch.ids[rank::2]
            assert torch.equal(share.target.data, batch.target.data[rank::2])


def test_one_process_has_all(tmp_path: Path) -> None:
    store, _ = stores(tmp_path, "ctc")
    batch, alone = collate([store[0], store[1]]), Group()
    assert alone.share(batch) is batch
    assert alone.gather("a") == ["a"]
    assert alone.from_first("a") == "a"
    assert alone.sum(torch.ones(2)).tolist() == [1, 1]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Features of both pipelines; the tests run in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    rng = np.random.default_rng(0)
    for split, count in (("train", 25), ("valid", 5), ("test", 3)):
        texts = ["".join(rng.choice(list("abcd"), rng.integers(3, 20))) for _ in range(count)]
        for name, lines in (
            ("words/%s.tsv", ["source\ttarget", *(f"{text}\t{text[::-1]}" for text in texts)]),
            ("chars/%s.txt", texts),
        ):
            path = tmp_path / "data/raw" / (name % split)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert seqpipe("preprocess", "text").code == 0
    return tmp_path


@pytest.mark.slow
def test_no_thread_outlives_the_group(tmp_path: Path) -> None:
    """A thread that is left may drop a tensor while the interpreter ends, which aborts the process."""
    script = tmp_path / "script.py"
    script.write_text(
        "import psutil, torch\n"
        "from seqpipe.training.distributed import group, together\n"
        "before = psutil.Process().num_threads()\n"
        "with together():\n"
        "    assert group().sum(torch.ones(1)) == 2\n"
        "    assert psutil.Process().num_threads() > before\n"
        "    import torch._dynamo\n"  # as optimisers do
        "assert psutil.Process().num_threads() == before\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [*TORCHRUN[:-2], script], capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr


def outcome(project: Path, name: str) -> tuple[torch.Tensor, np.ndarray]:
    """The weights and the history, which are then removed; nothing of the state may be left."""
    assert not (project / ".seqpipe").exists()
    model, plots = project / "data/models" / name, project / "data/plots" / name
    weights = torch.cat([weight.flatten() for weight in load_file(model / "model.safetensors").values()])
    history = np.genfromtxt(plots / "history.csv", delimiter=",", skip_header=1)
    shutil.rmtree(model)
    shutil.rmtree(plots)
    return weights, history


def same(one: tuple[torch.Tensor, np.ndarray], other: tuple[torch.Tensor, np.ndarray]) -> None:
    torch.testing.assert_close(one[0], other[0], atol=1e-6, rtol=0)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-4)


@pytest.mark.slow
def test_two_processes_learn_the_weights_of_one(project: Path) -> None:
    """Some batches of ``words`` have one row, so one process has none; ``chars`` has three streams for the two."""
    assert seqpipe("train").code == 0
    expected = {name: outcome(project, name) for name in ("words", "chars")}
    done = subprocess.run([*TORCHRUN, "train"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in expected:
        same(outcome(project, name), expected[name])
        assert done.stderr.count(f"{name} epoch 2/2") == 1, "one of them reports"


@pytest.mark.slow
def test_two_processes_that_are_killed_go_on(project: Path) -> None:
    edit("params.yaml", "epochs: 2, streams", "epochs: 30, streams")
    assert seqpipe("train", "chars").code == 0
    expected = outcome(project, "chars")
    process = psutil.Popen([*TORCHRUN, "train", "chars"], stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(project.glob(".seqpipe/chars-*/state")):
        time.sleep(0.01)
    time.sleep(0.1)
    killed = [process, *process.children(recursive=True)]
    assert len(killed) == 3
    for one in killed:
        one.kill()
    psutil.wait_procs(killed)
    done = subprocess.run([*TORCHRUN, "train", "chars"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("chars: goes on from .seqpipe") == 1
    same(outcome(project, "chars"), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("train: {epochs: 2, budget", "train: {learning_rate: 1e30, epochs: 2, budget", "is not finite; look at these"),
        ("watch: cer", "watch: wer", "words.train.watch is 'wer', but must be loss or a metric of seq2seq"),
        ("dropout: 0}\n  train: {epochs: 2, b", "dropout: 0}\n  trian: {epochs: 2, b", "unknown key 'words.trian'"),
    ],
)
def test_a_mistake_ends_all_processes_with_one_sentence(project: Path, before: str, after: str, sentence: str) -> None:
    edit("params.yaml", before, after)
    done = subprocess.run([*TORCHRUN, "train", "words"], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if line.startswith("seqpipe: ")]
    assert len(said) == 1, done.stderr
    assert sentence in said[0]
    assert done.returncode != 0
    assert "exitcode  : 2" in done.stderr  # torchrun's own end: its table of processes, which ends with code 1
    assert not (project / ".seqpipe").exists()
    assert not (project / "data/models").exists()
