"""Real trainings that are killed at random moments, and inside the write of a state, end with the same bits."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from scratch_project import dvc, use_own_tools
from trained_project import seqpipe

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PARAMS = """\
pipelines: {words: text, chars: text}

words:
  task: seq2seq
  source: {}
  features: {source: {level: char, vocabulary: 20}, target: {level: char, vocabulary: 20}}
  model: {hidden: 6, embedding: 5, layers: 2, dropout: 0.3}
  train: {epochs: 30, budget: 100, average: exponential, checkpoint_seconds: 0.02, device: cpu}
  decode: {}

chars:
  task: language-model
  source: {}
  features: {source: {level: char, vocabulary: 20}}
  model: {hidden: 6, embedding: 5, dropout: 0.3}
  train: {epochs: 3, streams: 3, span: 5, checkpoint_seconds: 0, device: cpu}
  decode: {}
"""
RUNNER = """
import os
import signal
import sys
from contextlib import contextmanager

import seqpipe.commands.train
from seqpipe.cli import main
from seqpipe.training import checkpoint


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def half(path):
    path.with_name(".state.1.tmp").write_bytes(b"half")
    die()
    yield


def counted(place, name, deadly, count):
    function, calls = getattr(place, name), 0

    def call(*arguments):
        nonlocal calls
        calls += 1
        return (deadly if calls == count else function)(*arguments)

    setattr(place, name, call)


DEATHS = [(checkpoint, "whole_file", half, 1), (os, "fsync", die, 2), (os, "replace", die, 1), (os, "fsync", die, 2)]

sys.argv = ["seqpipe", "train", "chars"]
for number in range(1, 100):
    child = os.fork()
    if not child:
        place, name, deadly, calls = DEATHS[number % 4]
        if number <= 12:
            counted(place, name, deadly, (2 + number % 3) * calls - (number % 4 == 1))
        main()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(code)
    if code == 0:
        break
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Features of both pipelines; the tests run in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    rng = np.random.default_rng(0)
    for split, count in (("train", 150), ("valid", 5), ("test", 3)):
        texts = ["".join(rng.choice(list("abcd"), 6)) for _ in range(count)]
        for name, lines in (
            ("words/%s.tsv", ["source\ttarget", *(f"{text}\t{text[::-1]}" for text in texts)]),
            ("chars/%s.txt", texts[:60]),
        ):
            path = tmp_path / "data/raw" / (name % split)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert seqpipe("preprocess", "text").code == 0
    return tmp_path


def outcome(project: Path, name: str) -> tuple[bytes, bytes]:
    """The weights and the history, which are then removed; nothing of the state may be left."""
    assert not (project / ".seqpipe").exists()
    model, plots = project / "data/models" / name, project / "data/plots" / name
    found = (model / "model.safetensors").read_bytes(), (plots / "history.csv").read_bytes()
    shutil.rmtree(model)
    shutil.rmtree(plots)
    return found


def uninterrupted(project: Path, name: str) -> tuple[bytes, bytes]:
    assert seqpipe("train", name).code == 0
    return outcome(project, name)


def start(project: Path, name: str) -> subprocess.Popen[str]:
    """``python -m seqpipe train``, at the moment when it has learned something new, or has ended."""
    before = states(project)
    process = subprocess.Popen([sys.executable, "-m", "seqpipe", "train", name], stderr=subprocess.PIPE, text=True)
    while process.poll() is None and states(project) == before:
        time.sleep(0.005)
    return process


def states(project: Path) -> list[int]:
    """When each state was written."""
    found = []
    for path in project.glob(".seqpipe/*/state"):
        with suppress(FileNotFoundError):
            found.append(path.stat().st_mtime_ns)
    return found


def test_a_training_killed_at_ten_random_moments(project: Path) -> None:
    expected, chance, kills, resumed = uninterrupted(project, "words"), random.Random(4), 0, 0
    while kills < 10:
        process = start(project, "words")
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        _, said = process.communicate()
        resumed += "words: goes on from .seqpipe" in said
        if process.returncode == -signal.SIGKILL:
            kills += 1
        else:  # it was faster
            assert process.returncode == 0, said
            assert outcome(project, "words") == expected
    assert resumed >= 5
    assert seqpipe("train", "words").code == 0
    assert outcome(project, "words") == expected


def test_a_training_killed_while_it_writes_its_state(project: Path) -> None:
    expected = uninterrupted(project, "chars")
    done = subprocess.run([sys.executable, "-c", RUNNER], capture_output=True, text=True, check=True)
    assert [int(code) for code in done.stdout.split()] == [-signal.SIGKILL] * 12 + [0]
    assert done.stderr.count("chars: goes on from .seqpipe") >= 11
    assert outcome(project, "chars") == expected


def test_a_killed_dvc_repro_goes_on(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = uninterrupted(project, "words")
    use_own_tools(monkeypatch, tmp_path / "home")
    for name in ("dvc.yaml", ".gitignore", ".dvcignore"):
        shutil.copyfile(ROOT / name, project / name)
    dvc("init", "--no-scm", cwd=project)
    command = [sys.executable, "-m", "dvc", "repro", "--single-item", "train@words"]
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(project.glob(".seqpipe/words-*/state")):
        time.sleep(0.01)
    time.sleep(0.2)
    killed = [process, *process.children(recursive=True)]
    for one in killed:
        one.kill()
    psutil.wait_procs(killed)
    assert len(killed) > 1
    assert not (project / "data/models/words").exists()
    (project / "data/models/words").mkdir()  # DVC deletes what a stage has left
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "words: goes on from .seqpipe" in done.stderr
    assert outcome(project, "words") == expected


def test_other_parameters_start_afresh_and_say_so(project: Path) -> None:
    process = start(project, "words")
    process.kill()
    process.communicate()
    params = (project / "params.yaml").read_text(encoding="utf-8")
    (project / "params.yaml").write_text(params.replace("epochs: 30", "epochs: 2"), encoding="utf-8")
    done = seqpipe("train", "words")
    assert done.code == 0
    assert "words: parameters, features, device, number of processes or seqpipe itself changed since" in done.err
    assert "goes on" not in done.err
    assert outcome(project, "words") == uninterrupted(project, "words")
