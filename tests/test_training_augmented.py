"""Training on changed recordings: another change each epoch, the same in every process and after a kill."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_training_distributed import TORCHRUN
from trained_project import edit, refused

from seqpipe.commands.alignable import alignable, frames_needed
from seqpipe.commands.train import train
from seqpipe.features.augmenting import Augmenter
from seqpipe.features.sizes import Sizes
from seqpipe.files import SeqpipeError
from seqpipe.models.ctc import Ctc
from seqpipe.params.augment import Augment
from seqpipe.params.models import CtcModel
from seqpipe.params.training import Train
from seqpipe.project import read_pipeline
from seqpipe.report import Note, silent
from seqpipe.store import Store, Writer
from seqpipe.training.checkpoint import Checkpoint
from seqpipe.training.views import Augmented, Some, augmented

COLUMNS = {"id": "text", "source": "frames:2", "target": "ids"}
ALL = {"speed": 0.3, "gain": 6.0, "noise": 0.2, "frequency_masks": 1, "frequency_width": 2, "time_masks": 1}


def store(path: Path, rows: list[tuple[int, list[int]]]) -> Store:
    with Writer(path, COLUMNS) as writer:
        for at, (length, target) in enumerate(rows):
            source = np.random.default_rng(at).normal(size=(length, 2)).astype(np.float32)
            writer.add({"id": f"row {at}", "source": source, "target": np.array(target, np.int32)})
    return Store(path)


def test_each_epoch_changes_a_row_otherwise_and_alike_for_all_who_read_it(tmp_path: Path) -> None:
    table = store(tmp_path / "a.arrow", [(9, [1]), (7, [2, 2]), (11, [3])])
    augmenter = Augmenter(Augment(noise=1.0, speed=0.5), 2, np.ones(2, np.float32))
    plan, params = augmented(augmenter, lambda row: 1), Train(budget=12)

    def epochs() -> list[dict[str, Any]]:
        order = np.random.default_rng(5)
        found = []
        for _ in range(3):
            batches = list(plan(table, params, order))
            found.append(
                {name: one for batch in batches for name, one in zip(batch.ids, batch.source.data, strict=True)}
            )
        return found

    first, again = epochs(), epochs()
    for one, other in zip(first, again, strict=True):
        assert {name: value.tolist() for name, value in one.items()} == {
            name: value.tolist() for name, value in other.items()
        }
    assert first[0]["row 0"].tolist() != first[1]["row 0"].tolist() != first[2]["row 0"].tolist()


def test_a_row_keeps_the_frames_that_its_labels_need(tmp_path: Path) -> None:
    table = store(tmp_path / "a.arrow", [(9, [1, 1, 1, 2])])  # six steps, with blanks between equal ones
    augmenter = Augmenter(Augment(speed=0.9), 2, np.ones(2, np.float32))
    model = Ctc(CtcModel(hidden=3, stack=1), Sizes("frames", 2, 5))
    counts = [
        len(Augmented(table, augmenter, lambda row: frames_needed(model, row), salt)[0]["source"]) for salt in range(60)
    ]
    assert min(counts) == 6
    assert max(counts) > 20


@pytest.mark.parametrize("stack", [1, 2, 3])
def test_what_ctc_cannot_align_after_joining_frames_is_told_and_left_out(tmp_path: Path, stack: int) -> None:
    long = [(40, [1, 2])] * 200
    table = store(tmp_path / "a.arrow", [*long[:7], (5, [1, 1, 2]), *long, (5, [1, 2, 3])])
    model = Ctc(CtcModel(hidden=3, stack=stack), Sizes("frames", 2, 5))
    notes: list[Any] = []
    found = alignable(model, table, "mine", notes.append)
    left_out = {1: [], 2: ["row 7"], 3: ["row 7", "row 208"]}[stack]  # four steps are needed by one, three by the other
    assert [
        table[at]["id"] for at in range(len(table)) if len(table[at]["source"]) < frames_needed(model, table[at])
    ] == (left_out)
    assert len(found) == len(table) - len(left_out)
    assert found.lengths("source").sum() == table.lengths("source").sum() - 5 * len(left_out)
    assert found[7]["id"] == ("row 8" if left_out else "row 7")
    said = f"{len(left_out)} of 209 examples of mine have fewer steps than labels once {stack} frames are joined to one"
    assert notes == ([Note(f"{said}, and are left out: {', '.join(left_out)}")] if left_out else [])
    few = Some(table, np.arange(9))
    with pytest.raises(SeqpipeError, match=r"1 of 9 .* \(row 7\); set model\.stack lower"):
        alignable(Ctc(CtcModel(hidden=3, stack=3), Sizes("frames", 2, 5)), few, "mine", silent)  # type: ignore[arg-type]


def test_a_killed_training_ends_with_the_same_weights(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    pipeline, weights = read_pipeline("tones"), Path("data/models/tones/model.safetensors")
    plain = weights.read_bytes()
    options = pipeline.train.model_copy(update={"epochs": 3, "augment": Augment(**ALL), "checkpoint_seconds": 0.0})
    pipeline = pipeline.model_copy(update={"train": options})
    train(pipeline, silent)
    expected, save, saved = weights.read_bytes(), Checkpoint.save, 0
    assert expected != plain

    def deadly(self: Checkpoint, state: dict[str, object]) -> None:
        nonlocal saved
        save(self, state)
        saved += 1
        if saved in (1, 3):
            raise Killed

    monkeypatch.setattr(Checkpoint, "save", deadly)
    for _ in range(2):
        with pytest.raises(Killed):
            train(pipeline, silent)
    train(pipeline, silent)
    assert weights.read_bytes() == expected


@pytest.mark.parametrize(
    ("name", "features", "augment", "said"),
    [
        ("words", "", "speed: 0.1", "train.augment is for audio, but words is a pipeline of text; remove it"),
        ("tones", "utterance", "gain: 3", "train.augment.gain has no effect where features.normalize is utterance"),
        ("tones", "corpus", "frequency_width: 3", "'frequency_width' is for frequency_masks above 0"),
        ("tones", "corpus", "pitch: 3", "pitch"),
    ],
)
def test_what_has_no_effect_is_refused(project: Path, name: str, features: str, augment: str, said: str) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    before, after = text.split(f"\n{name}:\n")
    Path("params.yaml").write_text(
        f"{before}\n{name}:\n" + after.replace("threads: 1", f"threads: 1, augment: {{{augment}}}", 1)
    )
    if features:
        edit("params.yaml", "normalize: corpus", f"normalize: {features}")
    assert said in refused("train", name)


@pytest.mark.slow
def test_two_processes_learn_from_the_same_changes_as_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    shown = ", ".join(f"{key}: {value}" for key, value in ALL.items())
    before, after = (
        "{hidden: 6}\n  train: {epochs: 1, threads: 1}\n  decode: {beam: 2}",
        "train: {epochs: 2, threads: 1",
    )
    edit("params.yaml", before, f"{{hidden: 6, dropout: 0}}\n  {after}, augment: {{{shown}}}}}\n  decode: {{beam: 2}}")
    weights, found = Path("data/models/tones/model.safetensors"), []
    for command in ([sys.executable, "-m", "seqpipe"], TORCHRUN):
        done = subprocess.run([*command, "train", "tones"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(load_file(weights))
    assert all(torch.allclose(found[0][name], found[1][name], rtol=0, atol=1e-6) for name in found[0])
