"""Nothing that reads a model out takes for granted that it is on the CPU: all runs where the model is, the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from elsewhere import ELSEWHERE, elsewhere
from trained_project import MODALITIES, edit, seqpipe

from seqpipe import load
from seqpipe.batches import collate
from seqpipe.commands import saved
from seqpipe.commands.trained import Trained, build
from seqpipe.commands.watched import metric_of
from seqpipe.features import features_of
from seqpipe.inspect import costs, invariance
from seqpipe.inspect.maps import MAPS
from seqpipe.inspect.view import views
from seqpipe.project import read_pipeline
from seqpipe.report import silent
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.store import Store
from seqpipe.tasks import TASKS

NEAR = {"rtol": 1e-5, "atol": 1e-6}


# ------------------------------------------------------------------------------------------------------- the device
def test_what_a_gpu_refuses_is_refused() -> None:
    here = torch.arange(3)
    with elsewhere() as device:
        there = here.to(device)
        assert there.device == device
        assert (there + 1).tolist() == [1, 2, 3]
        assert (there + torch.tensor(1)).tolist() == [1, 2, 3], "a number without axes may be anywhere"
        assert there[here].tolist() == [0, 1, 2], "and so may an index"
        assert torch.tensor([4], device=device).item() == 4
        assert torch.arange(2, device=device).cpu().numpy().tolist() == [0, 1]
        for refused in (lambda: there + here, lambda: here[there], lambda: there.index_select(0, here)):
            with pytest.raises(AssertionError, match="in two places"):
                refused()
        with pytest.raises((TypeError, RuntimeError)):
            there.numpy()
        with pytest.raises(AssertionError, match="generator of the CPU"):
            torch.multinomial(there.double() + 1, 1, generator=torch.Generator())


# ---------------------------------------------------------------------------------------------------- models and rows
def numbers(value: Any) -> Iterator[float]:
    """All numbers in JSON, in order."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers(one)
    elif isinstance(value, int | float):
        yield value


def same(found: Hypothesis, own: Hypothesis) -> None:
    assert found.more.keys() == own.more.keys()
    for one, other in ((found.output, own.output), (found.score, own.score), (found.log_prob, own.log_prob)):
        np.testing.assert_allclose(one, other, **NEAR)
    for name in own.more:
        np.testing.assert_allclose(found.more[name], own.more[name], **NEAR)


CASES = [case for case in tiny.SIZES if tiny.task_of(case) != "seq2seq"]


@pytest.mark.parametrize("case", CASES)
def test_a_batch_is_read_out_where_the_model_is(case: str) -> None:
    task, model, rows = TASKS[tiny.task_of(case)], tiny.model(case), tiny.rows(case)
    own = task.decode(model, collate(rows), tiny.options(case))
    with elsewhere() as device:
        model = model.to(device)
        found = task.decode(model, collate(rows).beside(model), tiny.options(case))
    for several, others in zip(found, own, strict=True):
        for one, other in zip(several, others, strict=True):
            same(one, other)


class Named:
    """Features that name every token by its id."""

    def __init__(self, case: str) -> None:
        self.sizes = tiny.SIZES[case]

    def tokens(self, output: list[int]) -> list[str]:
        return [str(token) for token in output]

    def source_tokens(self, row: dict[str, Any]) -> list[str]:
        return [str(step) for step in range(len(row["source"]))]


@pytest.mark.parametrize("case", [case for case in tiny.SIZES if tiny.task_of(case) in MAPS])
def test_a_map_is_made_where_the_model_is(case: str) -> None:
    paint, model, (row, *_) = MAPS[tiny.task_of(case)], tiny.model(case), tiny.rows(case)
    found, batch, features = Hypothesis([3, 4], 0.0, 0.0), collate([row]), Named(case)
    own = paint(model, batch, found, features, row)  # type: ignore[arg-type]
    with elsewhere() as device:
        model = model.to(device)
        there = paint(model, batch.beside(model), found, features, row)  # type: ignore[arg-type]
    np.testing.assert_allclose([*numbers([*there])], [*numbers([*own])], atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_invariance_is_checked_where_the_model_is(case: str) -> None:
    task, model, rows = TASKS[tiny.task_of(case)], tiny.model(case).double(), tiny.rows(case, count=3)
    with elsewhere() as device:
        found = invariance.differences(task, model.to(device), rows, tiny.options(case))
    assert all(one.exact() for one in found)


@pytest.mark.parametrize("case", tiny.SIZES)
def test_insides_are_looked_at_where_the_model_is(case: str) -> None:
    rows = tiny.rows(case, count=3)
    own = views(tiny.model(case), rows, 1, tiny.task_of(case))
    with elsewhere() as device:
        found = views(tiny.model(case).to(device), rows, 1, tiny.task_of(case))
    assert list(found) == list(own)
    for name, view in own.items():
        np.testing.assert_allclose(found[name].gradient.hidden, view.gradient.hidden, rtol=1e-9)
        np.testing.assert_allclose([*found[name].jacobian.values()], [*view.jacobian.values()], rtol=1e-9)
        assert found[name].saturated == view.saturated
        for gate, values in view.activations.items():
            np.testing.assert_allclose(found[name].activations[gate], values, rtol=1e-9)


@pytest.mark.parametrize("task", costs.SEARCHED)
def test_a_step_of_a_search_is_timed_where_the_model_is(task: str) -> None:
    model, (row, *_) = tiny.model(task), tiny.rows(task)
    with elsewhere() as device:
        model = model.to(device)
        assert costs.seconds(costs.SEARCHED[task](model, collate([row]).beside(model))) > 0


# ------------------------------------------------------------------------------------------------------------ commands
@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Trained pipelines open elsewhere; what they were asked for is noted."""
    asked: list[str] = []

    def chosen(wanted: str, key: str) -> torch.device:
        asked.append(f"{key} {wanted}")
        return ELSEWHERE

    monkeypatch.setattr(saved, "chosen", chosen)
    with elsewhere():
        yield asked


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MODALITIES if name != "words"])
def test_commands_write_the_same(project: Path, away: list[str], name: str) -> None:
    decoded = Path(f"data/decoded/{name}.jsonl")
    own = [json.loads(line) for line in decoded.read_text(encoding="utf-8").splitlines()]
    assert seqpipe("decode", name, "--device", "cuda").code == 0
    assert away == ["decode.device cuda"]
    found = [json.loads(line) for line in decoded.read_text(encoding="utf-8").splitlines()]
    np.testing.assert_allclose([*numbers(found)], [*numbers(own)], **NEAR)
    done = seqpipe("evaluate", name, "--check-invariance")
    assert (done.code, "DIFFERS" in done.out) == (0, False)
    shutil.rmtree("data/plots")
    assert seqpipe("inspect", name).code == 0
    assert Path(f"data/plots/{name}/inspect/inspect.json").exists()


def test_what_is_loaded_in_python(project: Path, away: list[str]) -> None:
    wave = "data/raw/tones/test0.wav"
    (record,) = load("data/models/tones", device="cpu")([wave])
    assert away == ["decode.device cpu"]
    assert record["hypotheses"][0]["text"] is not None


def test_the_watched_metric_is_read_out_where_training_is(project: Path) -> None:
    edit(
        "params.yaml",
        "model: {hidden: 6}\n  train: {epochs: 1, threads: 1}\n  decode: {arima: false}",
        "model: {hidden: 6}\n  train: {epochs: 1, threads: 1, watch: mae}\n  decode: {arima: false}",
    )
    pipeline = read_pipeline("waves")
    folder = Path("data/features/waves")
    features = features_of("series", "forecast").load(pipeline.features, folder, silent)
    built = Trained(pipeline, features, build(pipeline, features))
    metric = metric_of(built, Store(folder / "valid.arrow"))
    assert metric is not None
    own = metric.figure(built.model)
    with elsewhere() as device:
        assert metric.figure(built.model.to(device)) == pytest.approx(own, rel=1e-5)
