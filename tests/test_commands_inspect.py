"""``seqpipe inspect``: what it writes for every pipeline, what the table says, and how it refuses."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from scratch_project import dvc, run, use_own_tools
from torch import nn
from trained_project import edit, refused, remove, seqpipe, tree

from seqpipe.batches import collate
from seqpipe.commands.insides import draw_insides
from seqpipe.commands.inspect import longest, spent, write_lags
from seqpipe.commands.opened import open_with_features
from seqpipe.commands.samples import evenly
from seqpipe.inspect import costs
from seqpipe.inspect.view import views
from seqpipe.losses import Losses
from seqpipe.params.training import Sampling
from seqpipe.project import read_pipeline
from seqpipe.report import silent
from seqpipe.store import Store

ROOT = Path(__file__).parent.parent
LAYERS = {
    "words": ["encoder 1 forward", "encoder 1 backward", "decoder 1"],
    "tones": ["encoder 1 forward", "encoder 1 backward"],
    "waves": ["encoder 1 forward"],
}


def check_picture(path: Path) -> None:
    from matplotlib import image

    pixels = image.imread(path)[..., :3]
    assert min(pixels.shape[:2]) > 200, path
    assert (np.abs(pixels - pixels[0, 0]) > 0.2).any(axis=-1).mean() > 0.005, f"{path} is blank"


def test_a_training_step_is_one_of_the_middle_of_training(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its precision, with smoothed labels and what is sampled by then."""
    timed: list[tuple[nn.Module, Callable[..., Losses]]] = []
    nothing = costs.Training(1.0, 1, 1)
    monkeypatch.setattr(costs, "training", lambda model, loss, batches: timed.append((model, loss)) or nothing)
    trained, folder = open_with_features(read_pipeline("words"), silent)
    store, found = Store(folder / "train.arrow"), []
    for changes in ({}, {"label_smoothing": 0.4}, {"precision": "bf16"}, {"sampling": Sampling(decay="linear")}):
        options = trained.pipeline.train.model_copy(update=changes)
        other = trained._replace(pipeline=trained.pipeline.model_copy(update={"train": options}))
        spent(other, store, store[0])
        torch.manual_seed(1)
        model, loss = timed[-1]
        found.append(loss(model, collate([store[0], store[1]])).mean().item())
    assert len(set(found)) == 4


@pytest.mark.slow
@pytest.mark.parametrize("name", LAYERS)
def test_figures_and_pictures_of_a_pipeline(project: Path, name: str) -> None:
    done = seqpipe("inspect", name)
    assert done.code == 0, done.err
    folder = project / f"data/plots/{name}/inspect"
    figures = json.loads((folder / "inspect.json").read_text(encoding="utf-8"))
    assert sorted(figures["layers"]) == sorted(LAYERS[name])
    pictures = ["gradient", "jacobian", "saturation", "singular_values"]
    pictures += [f"gates_{layer.replace(' ', '_')}" for layer in LAYERS[name]]
    assert {path.name for path in folder.iterdir()} == {"inspect.json", "gradient.csv", *(f"{p}.png" for p in pictures)}
    for path in folder.glob("*.png"):
        check_picture(path)
    with (folder / "gradient.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["lag", *LAYERS[name]]
    for column, layer in enumerate(LAYERS[name], start=1):
        norms = figures["layers"][layer]["gradient"]["hidden"]
        assert [row[column] for row in rows] == [f"{one:.6g}" for one in norms] + [""] * (len(rows) - len(norms))
    weights = sum(weight for weight in figures["parameters"].values())
    assert figures["bytes"]["weights"] >= 4 * weights
    assert all(0 < value < 60 for value in figures["seconds"].values())
    assert ("decoding_step" in figures["seconds"]) == (name == "words")
    for word in (*LAYERS[name], f"{weights:,}", "σ_max of U", "ms a training step", f"data/plots/{name}/inspect"):
        assert word in done.out


@pytest.mark.slow
def test_all_pipelines_and_a_second_look_replaces_the_first(project: Path) -> None:
    stray = project / "data/plots/words/inspect/stray.png"
    stray.parent.mkdir()
    stray.touch()
    models = tree(project / "data/models")
    assert seqpipe("inspect").code == 0
    assert not stray.exists()
    assert all((project / f"data/plots/{name}/inspect/inspect.json").exists() for name in LAYERS)
    assert tree(project / "data/models") == models


def test_refusals_name_what_is_missing_and_write_nothing(project: Path) -> None:
    assert "has no pipeline 'word' (did you mean 'words'?)" in refused("inspect", "word")
    edit("params.yaml", "    target: {level: char, vocabulary: 20}", "    target: {level: char, vocabulary: 21}")
    assert seqpipe("preprocess", "text", "words").code == 0
    assert "were made with different features; run `seqpipe train words`" in refused("inspect", "words")
    remove("data/features/words")
    assert "data/features/words is missing; run `seqpipe preprocess text words`" in refused("inspect", "words")
    remove("data/models/words")
    assert "data/models/words is missing; train first" in refused("inspect", "words")


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=[] if case == "language-model" else pytest.mark.slow) for case in tiny.SIZES],
)
def test_pictures_of_every_task(case: str, tmp_path: Path) -> None:
    rows = tiny.rows(case, count=2, shortest=5)
    found = views(tiny.model(case, cell="lstm"), rows, 0, tiny.task_of(case))
    draw_insides(found, ["▁tok$en"] * len(rows[0]["source"]), tmp_path)
    assert len(list(tmp_path.glob("gates_*.png"))) == len(found) > 0
    write_lags(tmp_path / "gradient.csv", found)
    header = (tmp_path / "gradient.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.split(",") == ["lag", *(f"{name}{part}" for name in found for part in ("", " cell"))]


def test_jacobians_begin_where_a_gradient_can_go_on() -> None:
    """An encoder starts from zeros, which nothing has made; a decoder from what the encoder found."""
    found = views(tiny.model("seq2seq"), tiny.rows("seq2seq", count=1, shortest=5), 0, "seq2seq")
    firsts = {name.split()[0]: min(view.jacobian) for name, view in found.items()}
    assert firsts == {"encoder": 1, "decoder": 0}


@pytest.mark.parametrize("cell", ["irnn", "mingru"])
def test_a_cell_without_gates_or_recurrent_weights_has_its_pictures(cell: str, tmp_path: Path) -> None:
    found = views(tiny.model("forecast", cell=cell), tiny.rows("forecast", count=2), 0, "forecast")
    draw_insides(found, [], tmp_path)
    names = {path.stem for path in tmp_path.iterdir()}
    assert ("singular_values" in names) == (cell != "mingru")
    assert ("saturation" in names) == (cell != "irnn")
    assert {"gradient", "jacobian", "gates_encoder_1_forward"} <= names


@pytest.mark.parametrize(("there", "asked"), [(1, 16), (7, 3), (16, 16), (100, 16)])
def test_rows_are_evenly_far_apart(there: int, asked: int) -> None:
    found = evenly(there, asked)
    assert len(found) == min(there, asked)
    gaps = {after - before for before, after in pairwise(found)}
    assert all(gap in (math.floor(there / len(found)), math.ceil(there / len(found))) for gap in gaps)
    assert found[0] <= there / len(found)


def test_the_example_shown_is_the_longest_that_has_room() -> None:
    rows = [{"source": [0] * length} for length in (7, 90, 101, 100, 300)]
    assert longest(rows, 100) == 3
    assert longest(rows[2:3] + rows[4:], 100) == 0


@pytest.mark.slow
def test_pictures_are_plots_of_dvc_and_numbers_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_tools(monkeypatch, tmp_path / "home")
    project = tmp_path / "project"
    assert seqpipe("init", project, "--recipe", "memory").code == 0
    monkeypatch.chdir(project)
    folder = Path("data/plots/memory/inspect")
    folder.mkdir(parents=True)
    found = views(tiny.model("classify"), tiny.rows("classify"), 0, "classify")
    draw_insides(found, [], folder)
    write_lags(folder / "gradient.csv", found)
    (folder / "inspect.json").write_text('{"a": {"b": 1}}', encoding="utf-8")
    shown = dvc("plots", "show", "--json", cwd=project)
    assert "data/plots/memory/inspect/gradient.png" in shown
    assert "inspect.json" not in shown
    plot = json.loads(dvc("plots", "show", "--json", f"{folder}/gradient.csv", "-x", "lag", cwd=project))
    assert "encoder 1 backward" in json.dumps(plot)
    assert "inspect" not in run("git", "status", "--short", "--untracked-files=all", cwd=project)
