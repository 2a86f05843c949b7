"""The loop: it learns, keeps the best epoch, repeats itself to the bit, and stops at the first bad number."""

import itertools

import numpy as np
import pytest
import tiny
import torch

from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import SCHEMAS
from seqpipe.params.training import StreamTrain, Train
from seqpipe.report import Note, silent
from seqpipe.schedules import factor
from seqpipe.store import Store
from seqpipe.tasks import TASKS
from seqpipe.training.loop import evaluate, fit, set_threads


@pytest.fixture(params=sorted(TASKS))
def stores(request, tmp_path):
    task = request.param
    tiny.write(tmp_path / "train.arrow", task, tiny.rows(task, count=30))
    tiny.write(tmp_path / "valid.arrow", task, tiny.rows(task, count=9, seed=1))
    return task, Store(tmp_path / "train.arrow"), Store(tmp_path / "valid.arrow")


def train(task, train_store, valid_store, report=silent, **params):
    torch.manual_seed(0)
    model = tiny.model(task)
    own = {"streams": 3, "span": 5} if SCHEMAS[task].train is StreamTrain else {}
    options = SCHEMAS[task].train.model_validate({"epochs": 4, "budget": 60, "learning_rate": 0.01, **own, **params})
    batches = TASKS[task].batches
    history = fit(model, TASKS[task].loss, train_store, valid_store, options, "tiny", report, batches)
    return model, history


def test_training_lowers_the_loss_and_says_so_once_an_epoch(stores):
    notes = []
    _, history = train(*stores, report=lambda event: notes.append(event) if isinstance(event, Note) else None)
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    assert history[-1].train_loss < history[0].train_loss
    assert len(notes) == 4


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(stores):
    (one, first), (two, second), (other, _) = train(*stores), train(*stores), train(*stores, seed=2)
    weights = [torch.cat([weight.flatten() for weight in model.parameters()]) for model in (one, two, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert [epoch[:-1] for epoch in first] == [epoch[:-1] for epoch in second]


def test_the_model_ends_with_the_weights_of_its_best_epoch(stores):
    task, train_store, valid_store = stores
    model, history = train(task, train_store, valid_store, learning_rate=0.3, schedule="constant", epochs=6)
    best = min(epoch.valid_loss for epoch in history)
    assert evaluate(model, TASKS[task].loss, valid_store, 60) == pytest.approx(best)


def test_patience_ends_training_early(stores):
    _, history = train(*stores, learning_rate=1.0, schedule="constant", epochs=50, patience=2)
    losses = [epoch.valid_loss for epoch in history]
    assert len(losses) < 50
    assert len(losses) - 1 - int(np.argmin(losses)) == 2


def test_a_loss_that_is_not_finite_stops_training_and_names_the_example(tmp_path):
    rows = tiny.rows("forecast", count=5)
    rows[3]["target"][0] = np.nan
    for split in ("train", "valid"):
        tiny.write(tmp_path / f"{split}.arrow", "forecast", rows)
    with pytest.raises(SeqpipeError, match=r"The loss of row-3 is not finite"):
        train("forecast", Store(tmp_path / "train.arrow"), Store(tmp_path / "valid.arrow"))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_validation_loss_that_is_not_finite_stops_training_too(tmp_path, bad):
    rows = tiny.rows("forecast", count=5)
    tiny.write(tmp_path / "train.arrow", "forecast", rows)
    rows[2]["target"][1] = bad
    tiny.write(tmp_path / "valid.arrow", "forecast", rows)
    with pytest.raises(SeqpipeError, match=r"The loss of row-2 is not finite"):
        train("forecast", Store(tmp_path / "train.arrow"), Store(tmp_path / "valid.arrow"))


def test_a_step_is_clipped_to_the_norm_that_was_asked_for(stores):
    _, history = train(*stores, clip=1e-4, epochs=1)
    assert history[0].clipped == 1.0
    assert history[0].gradient_norm > 1e-4


def test_threads_are_as_told():
    before = torch.get_num_threads()
    try:
        set_threads(Train(threads=2), tiny.model("ctc"))
        assert torch.get_num_threads() == 2
        set_threads(Train(), tiny.model("ctc"))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_a_schedule_rises_to_one_and_then_only_falls(schedule):
    factors = [factor(step, 50, 0.2, schedule) for step in range(50)]
    assert factors[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert factors[10] == 1.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(factors[10:]))
    assert factors[-1] == (1.0 if schedule == "constant" else pytest.approx(0, abs=0.03))
